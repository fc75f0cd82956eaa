"""Who was there: attendance reports of Teams and Zoom, and which kind of list a file is.

A report is several tables under each other; only the meeting's day and who took part are taken over. People are
found by name or e-mail address in the list of people, exactly; a name is never told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from evaltools.errors import Problems
from evaltools.exports.decode import Source
from evaltools.exports.grid import Grid, column_letter
from evaltools.exports.mapping import Mapping
from evaltools.exports.matrix import header_place, matrix_records
from evaltools.exports.records import Records
from evaltools.exports.roster import Asked, Roster, declared_date, session_id, session_of, spelled
from evaltools.language import known_as
from evaltools.pseudonyms import names_personnummer

KINDS = ("teams", "zoom", "matrix")
_ZOOM_NAMES = {"name (original name)", "namn (ursprungligt namn)", "namn (originalnamn)"}
_ZOOM_MINUTES = {"duration (minutes)", "varaktighet (minuter)", "längd (minuter)"}
_ORGANISERS = {"organizer", "organiser", "organisatör", "arrangör", "mötesorganisatör"}
_SECTION = re.compile(r"([1-9])\.(?:\s.*)?")
_SEARCHED = 6  # rows of a report among which its headings stand
_RENAMED = re.compile(r"(.+?)\s*\((.+)\)")
_ORDINARY = {"session", "person", "present"}

_Row = tuple[tuple[str, ...], int]


@dataclass(frozen=True, repr=False)
class _Report:
    """A report taken apart: what it says of the meeting, and the rows of those who took part, with their rows."""

    meeting: Sequence[_Row]
    people: Sequence[_Row]
    minutes: str = ""

    def host_addresses(self) -> set[str]:
        """The e-mail addresses that stand beside the meeting and not beside a participant: its host's."""
        return {spelled(cell) for row, _ in self.meeting for cell in row if "@" in cell}


def list_kind(grid: Grid, table: str) -> str:
    """Which kind of list a file is by its content: ``"teams"``, ``"zoom"``, ``"matrix"`` or blank for a plain table."""
    if _teams(grid):
        return "teams"
    if _zoom(grid):
        return "zoom"
    at = header_place(grid, Mapping())
    if at is None:
        return ""
    known = {column for cell in grid.rows[at] if (column := known_as("columns").get(cell.casefold()))}
    return "" if known & _ORDINARY or (table == "sessions" and known - {"date"}) else "matrix"


def attendance_records(grid: Grid, kind: str, table: str, mapping: Mapping, asked: Asked, roster: Roster,
                       problems: Problems) -> Records | None:  # fmt: skip
    """Records of ``attendance`` or ``sessions`` out of a list of who was there.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    table : str
        ``"sessions"`` takes the meetings over, ``"attendance"`` those who were there.
    mapping : Mapping
        Its ``header_rows`` says where the headings of a matrix end, if they are not to be searched for.
    asked, roster : Asked, Roster
        What the evaluation says of the file; the people and the sessions that it knows.

    Returns
    -------
    Records or None
        None, with a problem, where the file is no such list.
    """
    _refuse_personnummer(grid, problems)
    if table == "attendance" and not roster.people:
        problems.add("people_list_needed", file=grid.file, sheet=grid.sheet)
        return None
    if kind == "matrix":
        return matrix_records(grid, table, mapping, asked, roster, problems)
    report = _teams(grid) if kind == "teams" else _zoom(grid)
    if report is None:
        problems.add("report_shape_unknown", file=grid.file, sheet=grid.sheet, kind=kind)
        return None
    day = _meeting_day(report, grid, asked, problems) if table == "sessions" or not asked.session else None
    if table == "sessions":
        return _as_session(grid, report, day, asked)
    session = session_of(day, asked, roster, grid, problems) if day or asked.session else ""
    return _as_attendance(grid, report, session, asked, roster, problems)


def _refuse_personnummer(grid: Grid, problems: Problems) -> None:
    """Names are what such a list is made of; a personnummer is refused in any of its cells, read or not."""
    for row, line in zip(grid.rows, grid.numbers, strict=True):
        for at, cell in enumerate(row):
            if names_personnummer(cell):
                problems.add("looks_like_personnummer", file=grid.file, sheet=grid.sheet, row=line,
                             column=column_letter(at))  # fmt: skip


def _filled(grid: Grid) -> list[_Row]:
    return [(row, line) for row, line in zip(grid.rows, grid.numbers, strict=True) if any(row)]


def _teams(grid: Grid) -> _Report | None:
    """The report as Teams writes it, in any language: tables under the titles "1. …", "2. …", "3. …"."""
    sections: dict[str, list[_Row]] = {}
    number = ""
    for row, line in _filled(grid):
        title = _SECTION.fullmatch(row[0]) if not any(row[1:]) else None
        number = title[1] if title else number
        if not title:
            sections.setdefault(number, []).append((row, line))
    if "" in sections or not sections.get("1") or not sections.get("2"):
        return None
    return _Report(sections["1"], sections["2"][1:])


def _zoom(grid: Grid) -> _Report | None:
    """The report as Zoom writes it: the meeting, a blank row, the participants; or the participants only."""
    filled = _filled(grid)
    for at, (row, _) in enumerate(filled[:_SEARCHED]):
        if row[0].casefold() in _ZOOM_NAMES:
            return _Report(filled[:at], filled[at + 1 :], _zoom_minutes(filled[:at]))
    return None


def _zoom_minutes(meeting: Sequence[_Row]) -> str:
    if len(meeting) < 2:
        return ""
    heads, values = meeting[0][0], meeting[1][0]
    found = [value for head, value in zip(heads, values, strict=False) if head.casefold() in _ZOOM_MINUTES]
    return found[0] if len(found) == 1 else ""


def _meeting_day(report: _Report, grid: Grid, asked: Asked, problems: Problems) -> date | None:
    """The day on which a meeting began: the first point in time of the report, in the declared order."""
    key, row, column = "meeting_day_missing", None, ""
    for cells, line in (*report.meeting, *report.people):
        for at, cell in enumerate(cells):
            if ":" not in cell:
                continue
            day, wrong = declared_date(cell, asked.date_order, short_years=True)
            if day:
                return day
            if wrong != "date_unreadable" and row is None:
                key, row, column = wrong, line, column_letter(at)
    problems.add(key, file=grid.file, sheet=grid.sheet, row=row, column=column)
    return None


def _as_session(grid: Grid, report: _Report, day: date | None, asked: Asked) -> Records:
    """A report as one session; its participants' rows are read for the attendance, not here."""
    columns = dict.fromkeys(("session", "date", "status", "actual_minutes"), "")
    row = report.meeting[0][1] if report.meeting else grid.numbers[0]
    records = Records(Source(grid.file, grid.sheet, [row] if day else [], columns))
    records.rows_read = 1
    if day is None:
        return records
    if day > asked.until:
        records.source = Source(grid.file, grid.sheet, [], columns)
        records.left_out["after_report_date"] = 1
        return records
    records.values = [{"session": session_id(asked.group, day), "group": asked.group, "date": day.isoformat(),
                       "status": "held", "actual_minutes": report.minutes}]  # fmt: skip
    return records


def _as_attendance(grid: Grid, report: _Report, session: str, asked: Asked, roster: Roster,
                   problems: Problems) -> Records:  # fmt: skip
    """Those who took part; who is not in the list of people is a problem, unless host or declared as someone else."""
    hosts = report.host_addresses()
    left_out: Counter[str] = Counter()
    found: dict[str, int] = {}
    for row, line in report.people:
        names = _spellings(row)
        person = roster.person(*names)
        if person in found:
            left_out["same_person_again"] += 1
        elif person:
            found[person] = line
        elif person is None:
            problems.add("attendee_unclear", file=grid.file, sheet=grid.sheet, row=line, column="A")
        elif any(spelled(name) in asked.others for name in names):
            left_out["not_a_participant"] += 1
        elif any(spelled(name) in hosts for name in names) or any(cell.casefold() in _ORGANISERS for cell in row):
            left_out["host"] += 1
        else:
            problems.add("attendee_unknown", file=grid.file, sheet=grid.sheet, row=line, column="A")
    if not session:
        found = {}  # that is a problem already
    columns = {"session": "", "person": "A", "present": ""}
    records = Records(Source(grid.file, grid.sheet, list(found.values()), columns))
    records.values = [{"session": session, "person": person, "present": "yes"} for person in found]
    records.rows_read, records.left_out = len(report.people), left_out
    return records


def _spellings(row: Iterable[str]) -> list[str]:
    """What a row calls a person: the name, for "name (earlier name)" both, and the e-mail addresses."""
    name, *rest = row
    both = _RENAMED.fullmatch(" ".join(name.split()))
    return [name, *(both.groups() if both else ()), *(cell for cell in rest if "@" in cell)]
