"""Which columns seem to hold personal data, told by kind and number of rows, never by what they hold."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from evaltools.exports.grid import Grid, column_letter
from evaltools.exports.recognition import Recognition, folded, signatures, value
from evaltools.pseudonyms import looks_personal, names_personnummer

KINDS = ("personnummer", "email", "phone", "ip", "name")
_SHOWN = 40  # letters of a heading
_SHORT = 80  # letters of a text that is searched as a whole
_SIGN = re.compile(r"@|\d[\d ./()+-]{5,}?\d")  # in all kinds of personal data, but for addresses such as fe80::1
_HEXADECIMAL = re.compile(r"\s*[\dA-Fa-f]{0,4}:[\dA-Fa-f]{0,4}:")  # how these begin
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?")
_NUMBER = re.compile(r"\d{6}[-+ ]?\d{4}")
_PHONE = re.compile(r"(?<![\w.+/-])(?:\+\d{1,3}[ -]?(?:\(0\) ?)?|0(?=[1-9]))\d{1,3}(?:[ /-]{0,3}\d){5,10}(?![\w./-])")
_NO_DIGITS = re.compile(r"\D")
_AMERICAN = re.compile(r"(?<!\d)\(\d{3}\) ?\d{3}-\d{4}(?!\d)")
_LONG_NUMBER = re.compile(r"\d{10}(?:\d\d)?")
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_DATE = re.compile(  # a day with its year, two numbers of a date with slashes and its year, a month with its year
    r"0\d[-/ ][0-3]\d[-/ ](?:19|20)\d\d(?!\d)|0\d/[0-3]\d/\d\d(?!\d)|0\d/(?:19|20)\d\d(?! ?\d)"
)
_PROPERTY = re.compile(r"([A-Za-z-]+)[;:].*", re.DOTALL)
_OF_MACHINES = {"UID", "RELATED-TO"}  # long numbers that are nobody's
_TEXTS = {"SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "ATTENDEE", "ORGANIZER", "CATEGORIES",
          "X-ALT-DESC", "X-WR-CALNAME", "X-WR-CALDESC"}  # what may be named in a message  # fmt: skip
_NAMES = ("name", "first_name", "last_name")


@dataclass(frozen=True)
class Personal:
    """One column that seems to hold one kind of personal data: its place for a message, and in how many rows."""

    column: str
    kind: str
    rows: int
    position: int = field(default=-1, compare=False, repr=False)


def personal_kinds(text: str) -> set[str]:
    """The kinds of personal data that a text seems to hold, wherever in it they stand.

    >>> sorted(personal_kinds("ring 070-123 45 67 eller skriv till a.b@example.se"))
    ['email', 'phone']
    >>> personal_kinds("192.168.1.20"), personal_kinds("2018-03-06 15:52:43"), personal_kinds("19811218-9876")
    ({'ip'}, set(), {'personnummer'})
    """
    found: set[str] = set()
    if not may_be_personal(text):
        return found
    if "@" in text and any(looks_personal(part) == "email" for part in _around_signs(text)):
        found.add("email")
    if holds_personnummer(text):
        found.add("personnummer")
    elif ("(" in text and _AMERICAN.search(text)) or any(_is_phone(part[0]) for part in _PHONE.finditer(text)):
        found.add("phone")
    dotted = text.count(".") > 2  # a search takes long in long texts
    numbered = dotted and any(_is_address(part[0]) for part in _IPV4.finditer(text))
    if numbered or (_HEXADECIMAL.match(text) and _is_address(text)):
        found.add("ip")
    return found


def may_be_personal(text: str) -> bool:
    """Whether a text has the signs without which it holds no personal data; quick, for every text of a large file.

    >>> may_be_personal("nr 070-123 45 67"), may_be_personal("Ofta"), may_be_personal("2027-01-20 09:30:00")
    (True, False, False)
    """
    told = _SIGN.search(text) or _HEXADECIMAL.match(text)
    return told is not None and not _MOMENT.fullmatch(text)


def holds_personnummer(text: str) -> bool:
    """Whether a Swedish personal identity number seems to stand anywhere in a text.

    >>> holds_personnummer("ärendet 19811218-9876"), holds_personnummer("08-123 456 78")
    (True, False)
    """
    if len(text) < _SHORT:
        return names_personnummer(text)
    near = (text[max(0, at.start() - 4) : at.end() + 3] for at in _NUMBER.finditer(text))
    return any(map(names_personnummer, near))


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
        if column not in _OF_MACHINES and holds_personnummer(line):
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


def _around_signs(text: str) -> Iterator[str]:
    """The letters around the first at signs: a whole long text would take the search for addresses too long."""
    for number, sign in enumerate(re.finditer("@", text)):
        if number == 20:
            return
        yield text[max(0, sign.start() - 64) : sign.end() + 128]


def _is_phone(text: str) -> bool:
    digits = len(_NO_DIGITS.sub("", text))
    told_apart = text.startswith(("+", "07")) or not text.isdigit()
    return 8 <= digits <= 15 and told_apart and not _DATE.match(text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip()[:50])
    except ValueError:
        return False
    return True


def personal_columns(grid: Grid, recognition: Recognition) -> list[Personal]:
    """Every column below the headings that seems to hold personal data.

    >>> from evaltools.exports.signatures import recognise
    >>> grid = Grid("a.csv", "", (("Din kod", "Nås på"), ("AB12", "a.b@example.se")), (1, 2))
    >>> personal_columns(grid, recognise(grid))
    [Personal(column='B (Nås på)', kind='email', rows=1)]
    """
    names = {at for meaning in _NAMES for at in recognition.columns.get(meaning, ())}
    spoken = recognition.kind != "structure"  # a list of variables has names that are nobody's
    found = []
    for at in range(grid.width):
        headed = _heading_kind(heading(grid, recognition, at)) if spoken else ""
        cells = Counter(grid.column(at, recognition.header_rows, recognition.end))
        del cells[""]
        rows = _kinds_in_column(cells, "name" if at in names else headed, sure=headed == "personnummer")
        found += [Personal(place(grid, recognition, at), kind, rows[kind], at) for kind in sorted(rows) if rows[kind]]
    return found + _named_headings(grid, recognition)


def _kinds_in_column(cells: Counter[str], own: str, *, sure: bool) -> Counter[str]:
    """In how many rows of a column each kind seems to stand; ``own`` is the kind of everything in it.

    ``sure`` says that its heading promises a personnummer: otherwise a few among many long numbers are chance.
    """
    rows = Counter({own: cells.total()} if own and cells else {})
    numbered = 0
    for cell in filter(may_be_personal, cells):
        for kind in personal_kinds(cell) - {own}:
            rows[kind] += cells[cell]
        numbered += cells[cell] * bool(_LONG_NUMBER.fullmatch(cell))
    if numbered >= 10 and rows["personnummer"] < numbered / 5 and not sure:
        del rows["personnummer"]  # of any long numbers, some three in a hundred look like one
    return rows


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
    return f"{letter} ({shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + '…'})"


def is_answered(text: str, grid: Grid, recognition: Recognition, at: int) -> bool:
    """Whether a heading of no known tool stands below as an answer too: then it may be one itself.

    >>> grid = Grid("a.csv", "", (("Ofta",), ("Ofta",), ("Aldrig",)), (1, 2, 3))
    >>> is_answered("Ofta", grid, Recognition("generic"), 0)
    True
    """
    return recognition.tool == "generic" and text in grid.column(at, recognition.header_rows, recognition.end)
