"""A calendar file (ICS) to records of sessions: time zones, series, moved and cancelled meetings.

Only when something took place is taken over. Subjects, places, descriptions and participants of a calendar are
other people's business: they are neither kept nor told.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, time, tzinfo
from zoneinfo import ZoneInfo

from evaltools.errors import Problems
from evaltools.exports.decode import Source
from evaltools.exports.file_forms import calendar_is_too_large
from evaltools.exports.meetings import Entry, Meeting, UnclearError, is_cancelled, meetings_of, status_of
from evaltools.exports.records import Records
from evaltools.exports.roster import Asked, session_id
from evaltools.personal_data import personnummer_lines

EVERY_SUBJECT = "*"
_COLUMNS = {"session": "UID", "date": "DTSTART", "status": "STATUS", "planned_minutes": "DTEND"}


def calendar_records(data: bytes, name: str, asked: Asked, problems: Problems) -> Records:
    """The sessions of a calendar file.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        How messages call it; rows are lines, and columns the calendar's own words (DTSTART, DTEND).
    asked : Asked
        ``subject`` chooses entries by their exact subject (``"*"``: every entry), ``timezone`` is the zone in which
        a time counts that is given in UTC or without any, ``group`` is whose sessions they are.
    problems : Problems
        Collects what cannot be read.

    Returns
    -------
    Records
        Of the table ``sessions``. Rows read are the calendar's entries, of which a series is one; of the versions
        of an entry the newest counts. A meeting of a series that was moved to another day is a row ``moved`` on the
        old day and a row ``held`` on the new one. What is after the report's date has not happened.
    """
    meetings, entries, left_out = calendar_meetings(data, name, asked, problems)
    records = Records(Source(name, "", [meeting.row for meeting in meetings], _COLUMNS | _group_place(asked)))
    records.rows_read, records.left_out = entries, left_out
    records.values = _rows(meetings, asked.group)
    return records


def calendar_meetings(
    data: bytes, name: str, asked: Asked, problems: Problems
) -> tuple[list[Meeting], int, Counter[str]]:  # fmt: skip
    """The meetings of a calendar file in order of time, with their local times (see `calendar_records`).

    Also how many entries the calendar has, and how many of them give no meeting, by reason.
    """
    if calendar_is_too_large(data):
        problems.add("calendar_too_large", file=name)
        return [], 0, Counter()
    for row, column in personnummer_lines(_text(data)):
        problems.add("looks_like_personnummer", file=name, row=row, column=column)
    entries = _entries(data, name, asked, problems)
    chosen = _of_subject(entries, name, asked.subject, problems)
    newest = _newest(chosen, name, problems)
    left_out = Counter(other_subject=len(entries) - len(chosen), older_version=len(chosen) - len(newest))
    found: list[Meeting] = []
    for series in _by_uid(newest):
        try:
            meetings, reasons = meetings_of(series, asked.until)
        except UnclearError as unclear:
            problems.add(unclear.key, file=name, row=unclear.row, column=unclear.column)
            continue
        found += meetings
        left_out += reasons
    return sorted(found, key=_order), len(entries), +left_out


def _order(meeting: Meeting) -> tuple[date, time, str]:
    return meeting.day, meeting.at or time(), meeting.status


def _entries(data: bytes, name: str, asked: Asked, problems: Problems) -> list[Entry]:
    """Every entry of every calendar in the file."""
    from icalendar import Calendar

    declared = _zone(asked.timezone)
    if asked.timezone and declared is None:
        problems.add("timezone_unknown", file=name, timezone=asked.timezone)
        return []
    text, found = _text(data), None
    with contextlib.suppress(Exception), warnings.catch_warnings():  # the reader fails in many ways on damaged files
        warnings.simplefilter("ignore")
        found = [(calendar, list(calendar.walk("VEVENT"))) for calendar in Calendar.from_ical(text, multiple=True)]
    events = [event for _, own in found or () for event in own]
    if not events:
        problems.add("calendar_broken" if found is None else "calendar_empty", file=name)
        return []
    lines = [at for at, line in enumerate(text.splitlines(), 1) if line.strip().upper() == "BEGIN:VEVENT"]
    rows = iter(lines if len(lines) == len(events) else [1] * len(events))
    return [
        Entry(event, next(rows), declared or _zone(str(calendar.get("X-WR-TIMEZONE", ""))), declared is not None,
               str(calendar.get("METHOD", "")).upper() == "CANCEL")
        for calendar, own in found or () for event in own
    ]  # fmt: skip


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")  # what counts in a calendar is ASCII


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except Exception:  # the name may hold anything, and then be no file name
        return None


def _of_subject(entries: list[Entry], name: str, subject: str, problems: Problems) -> list[Entry]:
    """The entries that are asked for. A series goes with its changed meetings, however they are called."""
    subjects = {entry.subject for entry in entries if not is_cancelled(entry)}
    if not subject and len(subjects) > 1:
        problems.add("calendar_subject_missing", file=name)
        return []
    if subject in ("", EVERY_SUBJECT):
        return entries
    subject = " ".join(subject.split())
    series = {_uid(entry) for entry in entries if _fits(entry, subject)} - {""}
    chosen = [entry for entry in entries if _fits(entry, subject) or _uid(entry) in series]
    if entries and not chosen:
        problems.add("calendar_subject_not_found", file=name)
    return chosen


def _fits(entry: Entry, subject: str) -> bool:
    """Whether an entry has a subject; calendars put a word and a colon before that of a cancelled one."""
    return entry.subject == subject or (is_cancelled(entry) and entry.subject.endswith(f": {subject}"))


def _uid(entry: Entry) -> str:
    return str(entry.event.get("UID", ""))


def _by_uid(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The entries that belong to the same series; one without UID belongs to none."""
    series: dict[object, list[Entry]] = {}
    for at, entry in enumerate(entries):
        series.setdefault(_uid(entry) or at, []).append(entry)
    return list(series.values())


def _newest(entries: list[Entry], name: str, problems: Problems) -> list[Entry]:
    """Of every entry the version with the highest SEQUENCE, of those the latest stamp."""
    newest: dict[object, Entry] = {}
    for at, entry in enumerate(entries):
        key = (_uid(entry), _raw(entry, "RECURRENCE-ID")) if _uid(entry) else at
        before = newest.setdefault(key, entry)
        if _version(entry) == _version(before) and _tells(entry) != _tells(before):
            problems.add("calendar_entry_twice", file=name, row=entry.row, other=before.row)
        newest[key] = max(before, entry, key=_version)
    return list(newest.values())


def _raw(entry: Entry, name: str) -> str:
    """A property as it stands in the file, with its zone."""
    value = entry.event.get(name)
    if value is None:
        return ""
    with contextlib.suppress(Exception):
        return f"{value.to_ical().decode()} {dict(value.params)}"
    return repr(type(value))


def _tells(entry: Entry) -> tuple[str, ...]:
    return (status_of(entry), *(_raw(entry, name) for name in ("DTSTART", "DTEND", "DURATION", "RRULE")))


def _version(entry: Entry) -> tuple[int, str]:
    sequence = re.match(r"\d{1,9}", str(entry.event.get("SEQUENCE", "")))
    stamps = [_raw(entry, name).partition(" ")[0] for name in ("LAST-MODIFIED", "DTSTAMP")]
    return int(sequence[0]) if sequence else 0, max(stamps)


def _group_place(asked: Asked) -> dict[str, str]:
    return {"group": "group"} if asked.group else {}


def _rows(meetings: Sequence[Meeting], group: str) -> list[dict[str, str]]:
    """Records of the table ``sessions``. The id is group and date, so that attendance by date finds it."""
    held = Counter(meeting.day for meeting in meetings if meeting.status == "held")
    used: Counter[str] = Counter()
    rows = []
    for meeting in meetings:
        name = session_id(group, meeting.day)
        if meeting.status != "held" or held[meeting.day] > 1:
            name += f"-{meeting.status}" if meeting.at is None else f"-{meeting.at:%H%M}"
        used[name] += 1
        name += f"-{used[name]}" if used[name] > 1 else ""
        minutes = "" if meeting.minutes is None else f"{meeting.minutes:.0f}"
        rows.append({"session": name, "group": group, "date": meeting.day.isoformat(), "status": meeting.status,
                     "planned_minutes": minutes})  # fmt: skip
    return rows
