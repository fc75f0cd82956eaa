"""A list of who was there with a row a date and a column a person, as it is kept in Excel.

Headings are people: they are looked up in the list of people and never told. Titles stand above the headings;
notes and sums among the rows are left out and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import date

from evaltools.errors import Problems
from evaltools.exports.decode import Source
from evaltools.exports.grid import Grid, column_letter
from evaltools.exports.mapping import Mapping
from evaltools.exports.recognition import signatures
from evaltools.exports.records import Records
from evaltools.exports.roster import Asked, Roster, declared_date, session_id, session_of, spelled
from evaltools.language import known_as

_SEARCHED = 20  # rows among which the headings stand
_SESSION = ("session", "group", "date", "status")


@dataclass(frozen=True, repr=False)
class _Layout:
    """Where a matrix has what: the column of dates, the people by column, the columns that hold no person."""

    dates: int
    people: Table[int, str]
    other: int
    body: Grid


_Marked = tuple[date, Table[int, str], int]  # a day, the marks by column, the row


def header_place(grid: Grid, mapping: Mapping) -> int | None:
    """The row that holds the word date, with a date or a second row of headings below; as declared, if it is."""
    if mapping.name:
        at = max(mapping.header_rows, 1) - 1
        return at if at < len(grid.rows) else None
    found = [at for at, row in enumerate(grid.rows[:_SEARCHED]) if _date_column(row) is not None]
    merged = len(found) == 2 and found[0] + 1 == found[1]  # the word stands in both rows of a merged heading
    one = len(found) == 1 or merged
    return found[0] if one and len([cell for cell in grid.rows[found[0]] if cell]) > 1 else None


def matrix_records(grid: Grid, table: str, mapping: Mapping, asked: Asked, roster: Roster,
                   problems: Problems) -> Records | None:  # fmt: skip
    """Records of ``attendance`` or ``sessions`` out of a matrix of dates and people (see `attendance_records`).

    A date on which nobody was there is left out: whether the meeting was cancelled or is yet to come, a matrix
    does not say.
    """
    layout = _layout(grid, mapping, table, asked, roster, problems)
    if layout is None:
        return None
    told = len(problems.found)
    marked, left_out, blank = _marked(layout, asked, problems)
    records = Records(Source(grid.file, grid.sheet, [], dict.fromkeys(_SESSION, "")), [], len(layout.body.rows), blank,
                      layout.other, left_out)  # fmt: skip
    if len(problems.found) > told:
        return records
    if table == "sessions":
        records.source = Source(grid.file, grid.sheet, [line for _, _, line in marked], dict.fromkeys(_SESSION, ""))
        records.values = [
            {"session": session_id(asked.group, day), "group": asked.group, "date": day.isoformat(), "status": "held"}
            for day, _, _ in marked
        ]
        return records
    return _as_attendance(records, marked, layout, asked, roster, problems)


def _as_attendance(records: Records, marked: list[_Marked], layout: _Layout, asked: Asked, roster: Roster,
                   problems: Problems) -> Records:  # fmt: skip
    rows: list[int | None] = []
    places: list[str] = []
    unclear = 0
    for day, marks, line in marked:
        place = column_letter(layout.dates)
        session = session_of(day, asked, roster, layout.body, problems, row=line, column=place)
        for at, mark in marks.items():
            unclear = unclear or (0 if mark or asked.blank else line)
            mark = mark or ("no" if asked.blank == "no" else "")
            if session and mark:
                records.values.append({"session": session, "person": layout.people[at], "present": mark})
                rows.append(line)
                places.append(column_letter(at))
    if unclear:
        problems.add("matrix_blank_unclear", file=layout.body.file, sheet=layout.body.sheet, row=unclear)
    columns = dict.fromkeys(("session", "person", "present"), "")
    records.source = Source(layout.body.file, layout.body.sheet, rows, columns, tuple(places))
    return records


def _date_column(row: tuple[str, ...]) -> int | None:
    known = known_as("columns")
    found = [at for at, cell in enumerate(row) if known.get(cell.casefold()) == "date"]
    return found[0] if len(found) == 1 else None


def _layout(grid: Grid, mapping: Mapping, table: str, asked: Asked, roster: Roster, problems: Problems
            ) -> _Layout | None:  # fmt: skip
    at = header_place(grid, mapping)
    dates = None if at is None else _date_column(grid.rows[at])
    if at is not None and dates is None:
        dates = _first_dates(grid.below(at + 1), asked)
    if at is None or dates is None:
        problems.add("matrix_header_not_found", file=grid.file, sheet=grid.sheet)
        return None
    names = list(grid.rows[at]) + [""] * (grid.width - len(grid.rows[at]))
    below = list(grid.rows[at + 1]) if at + 1 < len(grid.rows) else []
    if _is_second_level(names, below, dates) and not mapping.name:
        at += 1
        names = [lower or upper for upper, lower in zip(names, below + [""] * len(names), strict=False)]
    if table == "sessions" and not roster.people:
        people = {place: "" for place, name in enumerate(names) if name and place != dates and not _is_sum(name)}
        return _Layout(dates, people, 0, grid.below(at + 1))
    people, other = _people(names, dates, grid, at, asked, roster, problems)
    return _Layout(dates, people, other, grid.below(at + 1))


def _first_dates(body: Grid, asked: Asked) -> int | None:
    found = [at for row in body.rows for at, cell in enumerate(row) if declared_date(cell, asked.date_order)[0]]
    return min(found, default=None)


def _is_second_level(names: list[str], below: list[str], dates: int) -> bool:
    """Whether the row below the headings goes on with them: it fills blanks, or tells merged headings apart."""
    if dates >= len(below) or below[dates] not in ("", names[dates]):
        return False
    fills = [cell for name, cell in zip(names, below, strict=False) if cell and (not name or names.count(name) > 1)]
    return bool(fills) and not any(cell.casefold() in known_as("yes_no") for cell in below if cell)


def _people(names: list[str], dates: int, grid: Grid, at: int, asked: Asked, roster: Roster, problems: Problems
            ) -> tuple[dict[int, str], int]:  # fmt: skip
    """The people by their column, and how many columns hold something else."""
    line, other = grid.numbers[at], 0
    people: dict[int, str] = {}
    first: dict[str, int] = {}
    for place, name in enumerate(names):
        held = any(place < len(row) and row[place] for row in grid.below(at + 1).rows)
        if place == dates or not (name or held):
            continue
        person = roster.person(name) if name else ""
        key = "" if person else "attendee_unknown" if name else "matrix_heading_blank"
        if name and not person and (spelled(name) in asked.others or _is_sum(name)):
            other += 1
        elif key:
            problems.add(key, file=grid.file, sheet=grid.sheet, row=line, column=column_letter(place))
        elif person in first:
            problems.add("column_meant_twice", file=grid.file, sheet=grid.sheet, column=column_letter(place),
                         other=column_letter(first[person]))  # fmt: skip
        elif person:
            people[place] = person
            first[person] = place
    return people, other


def _is_sum(text: str) -> bool:
    words = re.findall(r"\w+", text.casefold())
    return bool(words) and words[0] in signatures()["rows"]["total"]["words"]


def _marked(layout: _Layout, asked: Asked, problems: Problems) -> tuple[list[_Marked], Counter[str], int]:
    """The rows that are a session's, why others are left out, and how many are blank."""
    marked: list[_Marked] = []
    left_out: Counter[str] = Counter()
    blank = 0
    for row, line in zip(layout.body.rows, layout.body.numbers, strict=True):
        cells = {at: row[at] if at < len(row) else "" for at in layout.people}
        day, key = declared_date(row[layout.dates] if layout.dates < len(row) else "", asked.date_order)
        reason = _reason(row, layout.dates, cells, day, asked)
        if not any(row):
            blank += 1
        elif reason:
            left_out[reason] += 1
        elif day is None:
            problems.add(key, file=layout.body.file, sheet=layout.body.sheet, row=line,
                         column=column_letter(layout.dates))  # fmt: skip
        else:
            marked.append((day, cells, line))
    return marked, left_out, blank


def _reason(row: tuple[str, ...], dates: int, cells: Table[int, str], day: date | None, asked: Asked) -> str:
    """Why a row is no session's; blank where it is one, or ought to be."""
    known = known_as("yes_no")
    label = row[dates] if dates < len(row) else ""
    if day and day > asked.until:
        return "after_report_date"
    if day:
        return "" if any(cell and known.get(cell.casefold()) != "no" for cell in cells.values()) else "nobody_present"
    if _is_sum(label):
        return "total_row"
    return "" if any(cells.values()) or re.search(r"\d", label) else "note_row"
