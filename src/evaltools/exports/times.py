"""Points in time as a file writes them, in the declared order and time zone only, to universal time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_ISO = re.compile(
    r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"
    r"(?:[T ](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r" ?(?P<zone>Z|(?:UTC|GMT)?(?:[+-]\d{1,2}(?::?\d{2})?)?)"
)
_OTHER = re.compile(
    r"(?P<a>\d{1,4})(?P<sign>[-/. ])(?P<b>\d{1,2})(?P=sign)(?P<c>\d{1,4})\.?"
    r"(?:[T ,]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r" ?(?P<half>[AaPpFfEe]\.?[Mm]\.?)?(?: ?(?P<zone>(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|[A-Z]{1,5}))?"
)
_WITHOUT_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}\.?(?:[ ,]+\d{1,2}[:.]\d{2}.*)?")
_YEARS = range(1981, 2200)  # LimeSurvey writes 1980-01-01 where it was told not to record the time
_AHEAD = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?")  # of universal time: +01:00, GMT+1
_UNIVERSAL = ("Z", "UTC", "GMT")


def is_zone(name: str) -> bool:
    """Whether a name is that of a time zone.

    >>> is_zone("Europe/Stockholm"), is_zone("Sweden"), is_zone("")
    (True, False, False)
    """
    try:
        return bool(name) and bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):  # no such zone, or a name that no file can have
        return False


def point_in_time(text: str, order: str = "", zone: str = "") -> tuple[datetime | None, str]:
    """A point in time as universal time, by declaration only.

    Parameters
    ----------
    text : str
        The cell. Year-month-day needs no declared order; a time that names its own offset, or UTC, needs no zone.
    order : str
        ``"ymd"``, ``"dmy"``, ``"mdy"``, or blank where none is declared.
    zone : str
        Such as ``"Europe/Stockholm"``, or blank. A short name in the cell (``EST``) must be the zone's own at that
        time, since the same short name is used on several continents.

    Returns
    -------
    tuple
        The point in time and a blank, or None and the key of the problem; the point and ``"times_in_autumn_hour"``
        where the clock shows that time twice (the first is taken) or never.

    Examples
    --------
    >>> point_in_time("2025-01-15 09:30:00", zone="Europe/Stockholm")[0].isoformat()
    '2025-01-15T08:30:00+00:00'
    >>> point_in_time("3/4/2025 2:05 PM", "dmy", "Europe/Stockholm")[0].isoformat()
    '2025-04-03T12:05:00+00:00'
    >>> point_in_time("2025/01/15 2:05:00 em CET", zone="Europe/Stockholm")[0].isoformat()
    '2025-01-15T13:05:00+00:00'
    >>> point_in_time("2025/01/15 2:05:00 PM GMT+1")[0].isoformat()
    '2025-01-15T13:05:00+00:00'
    >>> point_in_time("3/4/2025 14:05"), point_in_time("3/4 14:05", "dmy", "UTC")
    ((None, 'time_order_missing'), (None, 'date_without_year'))
    >>> point_in_time("2025-01-15 09:30"), point_in_time("2025-10-26 02:30", zone="Europe/Stockholm")[1]
    ((None, 'time_zone_missing'), 'times_in_autumn_hour')
    """
    iso = _ISO.fullmatch(text)
    found = iso or _OTHER.fullmatch(text)
    if not found:
        return None, "date_without_year" if _WITHOUT_YEAR.fullmatch(text) else "time_unreadable"
    clock, key = _clock(found.groupdict(), "" if iso else order)
    return _universal(clock, found["zone"] or "", zone) if clock else (None, key)


def _clock(parts: dict[str, str | None], order: str) -> tuple[datetime | None, str]:
    """What the clock on the wall showed."""
    if "a" in parts:
        named = "ymd" if len(parts["a"] or "") == 4 else order
        if not named:
            return None, "time_order_missing"
        parts |= dict(zip(named, (parts["a"], parts["b"], parts["c"]), strict=True))
    hour = int(parts["hour"] or 0)
    half = (parts.get("half") or "").casefold()
    if len(parts["y"] or "") != 4 or int(parts["y"] or 0) not in _YEARS or (half and not 1 <= hour <= 12):
        return None, "time_unreadable"
    if half:
        hour = hour % 12 + (12 if half[0] in "pe" else 0)  # pm, and Swedish em (eftermiddag)
    year, month, day = (int(parts[key] or 0) for key in "ymd")
    try:
        return datetime(year, month, day, hour, int(parts["minute"] or 0), int(parts["second"] or 0)), ""
    except ValueError:
        return None, "time_unreadable"


def _universal(clock: datetime, written: str, zone: str) -> tuple[datetime | None, str]:
    if written in _UNIVERSAL:
        return clock.replace(tzinfo=UTC), ""
    if ahead := _AHEAD.fullmatch(written):
        sign = -1 if ahead[1] == "-" else 1
        hours, minutes = int(ahead[2]), int(ahead[3] or 0)
        if hours > 23 or minutes > 59:
            return None, "time_unreadable"
        return clock.replace(tzinfo=timezone(timedelta(hours=hours, minutes=minutes) * sign)).astimezone(UTC), ""
    if not is_zone(zone):
        return None, "time_zone_missing"
    local = clock.replace(tzinfo=ZoneInfo(zone))
    doubtful = local.utcoffset() != local.replace(fold=1).utcoffset()
    if written:
        local = local.replace(fold=1) if local.replace(fold=1).tzname() == written else local
        if local.tzname() != written:
            return None, "time_suffix_unclear"
        doubtful = False
    return local.astimezone(UTC), "times_in_autumn_hour" if doubtful else ""
