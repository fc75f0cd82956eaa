"""Which columns seem to hold personal data, told by kind and number of rows, never by what they hold."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from evaltools.exports.grid import Grid, column_letter
from evaltools.exports.recognition import Recognition, folded, shortened, signatures, value
from evaltools.personal_texts import personal_kinds, texts_by_kind
from evaltools.pseudonyms import names_personnummer

_SHOWN = 40  # letters of a heading
_LONG = (10, 12)  # digits of a personnummer
_PROPERTY = re.compile(r"([A-Za-z-]+)[;:].*", re.DOTALL)
_OF_MACHINES = {"UID", "RELATED-TO"}  # long numbers that are nobody's
_TEXTS = {"SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "ATTENDEE", "ORGANIZER", "CATEGORIES",
          "X-ALT-DESC", "X-WR-CALNAME", "X-WR-CALDESC"}  # what may be named in a message  # fmt: skip
_NAMES = ("name", "first_name", "last_name")


@dataclass(frozen=True)
class Personal:
    """One column that seems to hold one kind of personal data: its place for a message, and in how many rows.

    ``more`` says that there may be more rows: of most kinds only a thousand are looked for.
    """

    column: str
    kind: str
    rows: int
    more: bool = False
    position: int = field(default=-1, compare=False, repr=False)


def personnummer_lines(calendar: str) -> list[tuple[int, str]]:
    r"""The lines of a calendar that seem to hold a personnummer, each with its property, in any entry, read or not.

    A property that no calendar has by itself is a blank: its name may be anything.

    >>> personnummer_lines("BEGIN:VEVENT\nUID:1\nDESCRIPTION:om 19811218\n -9876\nEND:VEVENT")
    [(3, 'DESCRIPTION')]
    """
    found = []
    for row, line in _unfolded(calendar):
        named = _PROPERTY.fullmatch(line)
        column = named[1].upper() if named else ""
        if column not in _OF_MACHINES and names_personnummer(line):
            found.append((row, column if column in _TEXTS else ""))
    return found


def _unfolded(text: str) -> list[tuple[int, str]]:
    """The lines of a calendar, long ones put together again, each with the number of its first line."""
    parts: list[tuple[int, list[str]]] = []
    for row, line in enumerate(text.splitlines(), 1):
        if parts and line[:1] in (" ", "\t"):
            parts[-1][1].append(line[1:])
        else:
            parts.append((row, [line]))
    return [(row, "".join(lines)) for row, lines in parts]


def personal_columns(grid: Grid, recognition: Recognition) -> list[Personal]:
    """Every column below the headings that seems to hold personal data.

    >>> from evaltools.exports.signatures import recognise
    >>> grid = Grid("a.csv", "", (("Din kod", "Nås på"), ("AB12", "a.b@example.se")), (1, 2))
    >>> personal_columns(grid, recognise(grid))
    [Personal(column='B (Nås på)', kind='email', rows=1, more=False)]
    """
    names = {at for meaning in _NAMES for at in recognition.columns.get(meaning, ())}
    spoken = recognition.kind != "structure"  # a list of variables has names that are nobody's
    found = []
    for at in range(grid.width):
        headed = _heading_kind(heading(grid, recognition, at)) if spoken else ""
        cells = Counter(grid.column(at, recognition.header_rows, recognition.end))
        del cells[""]
        told = _kinds_in_column(cells, "name" if at in names else headed, sure=headed == "personnummer")
        shown = place(grid, recognition, at) if told else ""
        found += [Personal(shown, kind, *told[kind], at) for kind in sorted(told)]
    return found + _named_headings(grid, recognition)


def _kinds_in_column(cells: Counter[str], own: str, *, sure: bool) -> dict[str, tuple[int, bool]]:
    """In how many rows of a column each kind seems to stand, and whether there may be more; ``own`` is all of it.

    ``sure`` says that its heading promises a personnummer: otherwise a few among many long numbers are chance.
    """
    different = list(cells)
    rows = {kind: (sum(cells[different[at]] for at in holders.places), holders.more)
            for kind, holders in texts_by_kind(different).items() if holders.places}  # fmt: skip
    numbered = sum(cells[cell] for cell in different if len(cell) in _LONG and cell.isdecimal())
    if numbered >= 10 and rows.get("personnummer", (0, False))[0] < numbered / 5 and not sure:
        rows.pop("personnummer", None)  # of any long numbers, some three in a hundred look like one
    return rows | ({own: (cells.total(), False)} if own and cells else {})


def _named_headings(grid: Grid, recognition: Recognition) -> list[Personal]:
    """The headings of a matrix of dates by persons are persons, most likely by name."""
    if (recognition.tool, recognition.variant) != ("attendance_matrix", "dates_down") or grid.width < 2:
        return []
    return [Personal(f"B–{column_letter(grid.width - 1)}", "name", 1)]


def _heading_kind(text: str) -> str:
    """What a heading says that its column holds; blank where it says nothing of a person."""
    words = re.findall(r"\w+", folded(text[:200]).replace("_", " "))
    for kind, lists in signatures()["personal"].items():
        if any(word in lists["telling"] for word in words) and set(words) <= {*lists["telling"], *lists["beside"]}:
            return str(kind)
    return ""


def heading(grid: Grid, recognition: Recognition, at: int) -> str:
    """A column's heading with blanks alike; blank where the table has none."""
    row = recognition.key_row
    if recognition.variant == "three_rows":  # the row of keys is for machines
        row = next((number for number, cells in enumerate(grid.rows) if any(cells)), row)
    return " ".join(value(grid.rows[row], at).split()) if row < min(recognition.header_rows, len(grid.rows)) else ""


def place(grid: Grid, recognition: Recognition, at: int) -> str:
    """How a column is called: its letter, and its heading shortened where it cannot be an answer or a name.

    >>> grid = Grid("a.csv", "", (("id", "submitdate", "lastpage"), ("1", "", "2")), (1, 2))
    >>> place(grid, Recognition("limesurvey", "code", "certain"), 1)
    'B (submitdate)'
    """
    letter, shown = column_letter(at), heading(grid, recognition, at)
    if not shown or recognition.tool == "attendance_matrix" or personal_kinds(shown):
        return letter
    if is_answered(shown, grid, recognition, at):
        return letter
    return f"{letter} ({shortened(shown, _SHOWN)})"


def is_answered(text: str, grid: Grid, recognition: Recognition, at: int) -> bool:
    """Whether a heading of no known tool stands below as an answer too: then it may be one itself.

    >>> grid = Grid("a.csv", "", (("Ofta",), ("Ofta",), ("Aldrig",)), (1, 2, 3))
    >>> is_answered("Ofta", grid, Recognition("generic"), 0)
    True
    """
    return recognition.tool == "generic" and text in grid.column(at, recognition.header_rows, recognition.end)
