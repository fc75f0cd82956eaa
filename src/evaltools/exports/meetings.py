"""The meetings of one entry of a calendar, or of a series: when they were, in local time, and what became of them."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

_EARLIEST = 1990  # a series that began earlier is a slip of the pen, or made to take for ever
_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH"}  # of a rule that surely comes to an end
_LOST = re.compile(
    r"parts: '(DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|RECURRENCE-ID|STATUS|SEQUENCE)\b", re.IGNORECASE
)
_MORE_PARTS = {
    "DAILY": set(), "WEEKLY": set(), "MONTHLY": {"BYMONTHDAY", "BYSETPOS"}, "YEARLY": {"BYMONTHDAY", "BYSETPOS"},
}  # fmt: skip


class UnclearError(Exception):
    """An entry that cannot be read: the key of the problem, the line and the property."""

    def __init__(self, key: str, entry: Entry, column: str = "DTSTART") -> None:
        super().__init__(key)
        self.key, self.row, self.column = key, entry.row, column


@dataclass(frozen=True, repr=False)
class Entry:
    """One entry of a calendar, the line on which it begins, and what its calendar says of all its entries."""

    event: Any
    row: int
    zone: tzinfo | None
    declared: bool
    cancelled: bool

    @property
    def subject(self) -> str:
        """What the entry is called, with every run of blanks as one."""
        return " ".join(str(self.event.get("SUMMARY", "")).split())


@dataclass(frozen=True, order=True)
class Meeting:
    """A meeting as it stands in the calendar: its local day and time, what became of it, and its length."""

    day: date
    at: time | None
    status: str
    minutes: float | None
    row: int


def is_cancelled(entry: Entry) -> bool:
    """Whether the entry, or the whole calendar that it came in, says that the meeting is called off."""
    return entry.cancelled or status_of(entry) == "CANCELLED"


def status_of(entry: Entry) -> str:
    """What the entry says of itself: CONFIRMED, TENTATIVE, CANCELLED or nothing."""
    return str(entry.event.get("STATUS", "")).strip().upper()


def meetings_of(series: Sequence[Entry], until: date) -> tuple[list[Meeting], Counter[str]]:
    """The meetings of a series (or of an entry that stands alone) up to a day, and why entries have none."""
    changed = [entry for entry in series if "RECURRENCE-ID" in entry.event]
    found: list[Meeting] = []
    left_out: Counter[str] = Counter()
    replaced = {_local(entry, "RECURRENCE-ID") for entry in changed}
    for entry in series:
        _check_lines(entry)
        meetings = list(_changed(entry) if entry in changed else _planned(entry, replaced, until))
        happened = [meeting for meeting in meetings if meeting.day <= until]
        if status_of(entry) == "TENTATIVE":
            left_out["tentative"] += 1
        elif not happened:
            later = meetings or _day(_moment(entry, "DTSTART")) > until
            left_out["after_report_date" if later else "no_meeting"] += 1
        else:
            found += happened
    return found, left_out


def _check_lines(entry: Entry) -> None:
    """Lines that the reader gave up would be silence where they say when a meeting is."""
    for name, fault in entry.event.errors:
        lost = _LOST.search(str(fault)) if name is None else None
        if lost:
            raise UnclearError("calendar_entry_broken", entry, lost[1].upper())


def _planned(entry: Entry, replaced: set[date | datetime], until: date) -> Iterator[Meeting]:
    """The meetings of an entry as they were planned, without those that have an entry of their own."""
    minutes = _minutes(entry)
    status = "cancelled" if is_cancelled(entry) else "held"
    for start in _starts(entry, until):
        if start not in replaced and _day(start) not in replaced:
            yield Meeting(_day(start), _clock(start), status, minutes, entry.row)


def _changed(entry: Entry) -> Iterator[Meeting]:
    """A meeting of a series that has an entry of its own: cancelled, moved, or changed in another way."""
    old, new = _local(entry, "RECURRENCE-ID"), _local(entry, "DTSTART")
    if str(entry.event["RECURRENCE-ID"].params.get("RANGE", "")):
        raise UnclearError("calendar_series_unclear", entry, "RRULE")
    status = "cancelled" if is_cancelled(entry) else "held"
    if status == "held" and _day(old) != _day(new):
        yield Meeting(_day(old), _clock(old), "moved", None, entry.row)
    yield Meeting(_day(new), _clock(new), status, _minutes(entry), entry.row)


def _starts(entry: Entry, until: date) -> list[date | datetime]:
    """When the meetings of an entry begin, up to a day, in local time."""
    first = _moment(entry, "DTSTART")
    unread = {name.upper() for name, _ in entry.event.errors if name} & {"RRULE", "RDATE", "EXDATE"}
    if unread:
        raise UnclearError("calendar_series_unclear", entry, min(unread))
    if "RRULE" not in entry.event and "RDATE" not in entry.event:
        return [_localised(first, entry, "DTSTART")]
    if not _comes_to_an_end(entry, first):
        raise UnclearError("calendar_series_unclear", entry, "RRULE")
    if _day(first) > until:
        return []
    starts = _expanded(entry, _day(first), min(until, date.max - timedelta(days=9)) + timedelta(days=2))
    return [_localised(start, entry, "DTSTART") for start in starts]


def _comes_to_an_end(entry: Entry, first: date | datetime) -> bool:
    """Whether the rule of a series is one that can be followed in reasonable time."""
    rule = entry.event.get("RRULE", {})
    if not isinstance(rule, dict) or ("RRULE" in entry.event and "FREQ" not in rule):  # several rules, or a broken one
        return False
    parts = {str(part).upper() for part in rule}
    often = str([*rule.get("FREQ", []), "DAILY"][0]).upper()
    return first.year >= _EARLIEST and often in _MORE_PARTS and parts <= _PARTS | _MORE_PARTS[often]


def _expanded(entry: Entry, first: date, last: date) -> list[date | datetime]:
    try:
        import recurring_ical_events
        from icalendar import Calendar
    except ImportError:
        raise UnclearError("calendar_extra_missing", entry, "RRULE") from None
    starts: list[date | datetime] | None = None
    with contextlib.suppress(Exception), warnings.catch_warnings():  # rules can be broken in many ways
        warnings.simplefilter("ignore")
        alone = Calendar()
        alone.add_component(entry.event)
        starts = [event["DTSTART"].dt for event in recurring_ical_events.of(alone).between(first, last)]
    if starts is None:
        raise UnclearError("calendar_series_unclear", entry, "RRULE")
    return starts


def _moment(entry: Entry, name: str) -> date | datetime:
    """A property as a date or a time, as the calendar has it."""
    value: object = None
    with contextlib.suppress(Exception):  # a broken property fails when it is looked at
        value = entry.event[name].dt
    if not isinstance(value, date):
        raise UnclearError("calendar_entry_broken", entry, name)
    return value


def _local(entry: Entry, name: str) -> date | datetime:
    return _localised(_moment(entry, name), entry, name)


def _localised(value: date | datetime, entry: Entry, name: str) -> date | datetime:
    """A time in the zone where it counts: the declared one, else its own; UTC is nobody's own zone here."""
    if not isinstance(value, datetime):
        return value
    named = str(entry.event[name].params.get("TZID", ""))
    if named and value.tzinfo is None:
        raise UnclearError("calendar_zone_unknown", entry, name)
    if entry.zone is None and (not named or value.tzname() == "UTC"):
        raise UnclearError("calendar_zone_missing", entry, name)
    try:
        if value.tzinfo is None:
            return value.replace(tzinfo=entry.zone)
        return value.astimezone(entry.zone) if entry.declared or not named or value.tzname() == "UTC" else value
    except (OverflowError, ValueError):
        raise UnclearError("calendar_entry_broken", entry, name) from None


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _clock(value: date | datetime) -> time | None:
    return value.time() if isinstance(value, datetime) else None


def _minutes(entry: Entry) -> float | None:
    """How long a meeting is planned to take; None for whole days and where it is not said."""
    start = _moment(entry, "DTSTART")
    if not isinstance(start, datetime):
        return None
    length: object = None
    if "DURATION" in entry.event:
        with contextlib.suppress(Exception):
            length = entry.event["DURATION"].dt
    elif "DTEND" in entry.event:
        begin, end = _local(entry, "DTSTART"), _local(entry, "DTEND")
        if isinstance(begin, datetime) and isinstance(end, datetime):  # across a change of clocks only UTC counts right
            length = end.astimezone(UTC) - begin.astimezone(UTC)
    else:
        return None
    if not isinstance(length, timedelta):
        raise UnclearError("calendar_entry_broken", entry, "DTEND")
    return length.total_seconds() / 60 or None
