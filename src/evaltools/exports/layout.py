"""How a table lies in its grid: where headings and rows are, and what its columns are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evaltools.errors import Problems
from evaltools.exports.grid import Grid, column_letter
from evaltools.exports.mapping import Mapping
from evaltools.exports.recognition import Recognition, first_rows, folded, shortened, signatures, value
from evaltools.exports.session_tools import generic
from evaltools.exports.signatures import recognise
from evaltools.pseudonyms import looks_personal

SHOWN = 60  # letters of a heading in a message
_TYPED = ("sav", "zsav", "por", "dta", "json")  # the first row is the names of the variables, whatever they look like
_ASSIGNED = re.compile(r"""["'](\w+)["']\s*:\s*["']([^"']*)["']""")
_CODE_AND_TEXT = re.compile(r"(\w+(?:\[\w+\])*)\s*[.:|/\-]\s*.+")
_MOST_HEADER_ROWS = 20


@dataclass(frozen=True, repr=False)
class Layout:
    """A grid, what it was recognised as, and the names of its columns.

    ``headings`` has for every column the headings by which a rule may find it, the one to show first; ``codes`` its
    stable keys in the tool, as `spelled_code` spells them.
    """

    grid: Grid
    recognition: Recognition
    headings: tuple[tuple[str, ...], ...]
    codes: tuple[frozenset[str], ...]

    @property
    def known(self) -> bool:
        """Whether the tool is sure enough, or declared, for its own marks to be believed."""
        return self.recognition.confidence != "guess"

    @property
    def body(self) -> Grid:
        """The rows below the headings, to the end of the table."""
        grid, start = self.grid, self.recognition.header_rows
        end = self.recognition.end
        return replace(grid, rows=grid.rows[start:end], numbers=grid.numbers[start:end])

    def place(self, position: int) -> str:
        """How messages call a column: its letter, and its heading where it is nobody's."""
        heading = self.headings[position][0] if position < len(self.headings) else ""
        shown = shortened(heading, SHOWN)
        hidden = not heading or looks_personal(heading)
        return column_letter(position) if hidden else f"{column_letter(position)} ({shown})"

    def named(self, name: str) -> list[int]:
        """The columns that have a name as their code, or else as a heading."""
        coded = [at for at, codes in enumerate(self.codes) if spelled_code(name) in codes]
        return coded or [at for at, headings in enumerate(self.headings) if " ".join(name.split()) in headings]


def spelled_code(code: str) -> str:
    """A tool's key as keys are compared: LimeSurvey writes the same one with brackets or with a low line.

    >>> spelled_code("Q3[SQ001]") == spelled_code("Q3_SQ001"), spelled_code("race___1") == spelled_code("race_1")
    (True, False)
    """
    return " ".join(code.replace("[", "_").replace("]", "").split())


def table_layout(grid: Grid, mapping: Mapping, table: str, problems: Problems) -> Layout:
    """How a table lies in its grid: as declared, else as its tool writes it, else with its headings in the first row.

    Parameters
    ----------
    grid : Grid
        The file as text.
    mapping : Mapping
        Its ``tool`` and ``header_rows`` go before what is recognised.
    table : str
        The canonical table that is to be read; a file of another kind is not taken for its tool's.
    problems : Problems
        Told where headings seem to stand further down and nobody has said so: the row is proposed, not taken.
    """
    found = _declared(grid, mapping) if mapping.header_rows else _recognised(grid, mapping, table, problems)
    columns = range(grid.width)
    return Layout(grid, found, tuple(_headings(grid, found, at) for at in columns),
                  tuple(_codes(grid, found, at) for at in columns))  # fmt: skip


def _recognised(grid: Grid, mapping: Mapping, table: str, problems: Problems) -> Recognition:
    found = recognise(grid, mapping.tool)
    plain = generic(grid)
    signed = ("no_signature", "") not in found.reasons and ("no_headings", "") not in found.reasons
    sure = signed and found.confidence != "guess" and found.kind != "structure" and found.tool != "attendance_matrix"
    if sure and (table != "responses" or found.kind == "answers"):
        return found
    if plain.header_rows > 1 and plain.variant != "no_headings" and grid.form not in _TYPED:
        problems.add("title_rows_unclear", file=grid.file, sheet=grid.sheet, row=grid.numbers[plain.key_row],
                     n=plain.header_rows)  # fmt: skip
    return Recognition(mapping.tool or "generic", "", "declared" if mapping.tool else "guess", (), 1, 0)


def _declared(grid: Grid, mapping: Mapping) -> Recognition:
    """The recognition whose headings end where it is declared, perhaps below some titles; else just the row."""
    rows = mapping.header_rows
    for titles in range(min(rows, _MOST_HEADER_ROWS)):
        found = recognise(grid.below(titles), mapping.tool)
        if found.confidence != "guess" and found.kind == "answers" and found.header_rows + titles == rows:
            end = None if found.end is None else found.end + titles
            return replace(found, header_rows=rows, key_row=found.key_row + titles, end=end)
    return Recognition(mapping.tool or "generic", "", "declared" if mapping.tool else "guess", (), rows, rows - 1)


def _headings(grid: Grid, found: Recognition, at: int) -> tuple[str, ...]:
    """The headings of a column by which it can be found; the one that messages show first."""
    if found.tool == "surveymonkey" and found.header_rows - found.key_row > 1:
        return (_question_and_row(grid, found, at),)
    rows = [found.key_row]
    if found.variant in ("three_rows", "legacy", "two_rows", "vv"):
        top = next(iter(first_rows(grid)), 0)
        rows = [row for row in range(max(top, found.key_row - 2), found.header_rows) if _is_heading(grid, found, row)]
        rows.sort(key=lambda row: row != found.key_row)
    cells = (" ".join(value(grid.rows[row], at).split()) for row in rows if row < len(grid.rows))
    return tuple(dict.fromkeys(cells)) or ("",)


def _is_heading(grid: Grid, found: Recognition, row: int) -> bool:
    return any(grid.rows[row]) and not (found.variant == "three_rows" and row == found.key_row)


def _question_and_row(grid: Grid, found: Recognition, at: int) -> str:
    """SurveyMonkey's two rows as one heading: the question, which stands in its first column only, and its row."""
    questions, options = grid.rows[found.key_row], grid.rows[found.header_rows - 1]
    question = next((value(questions, place) for place in range(at, -1, -1) if value(questions, place)), "")
    option = value(options, at)
    answer = not option or folded(option) in signatures()["surveymonkey"]["second_row"]["answer"]
    return " ".join((question if answer else f"{question} [{option}]").split())


def _codes(grid: Grid, found: Recognition, at: int) -> frozenset[str]:
    """A column's stable keys in its tool."""
    if found.key_row >= len(grid.rows):
        return frozenset()
    key = value(grid.rows[found.key_row], at)
    keys: Sequence[str] = [key]
    if found.tool == "qualtrics" and found.variant == "three_rows":
        parts = dict(_ASSIGNED.findall(key))
        own, choice = parts.get("ImportId", ""), parts.get("choiceId", "")
        keys = [own, f"{own}_{choice}" if choice else "", value(grid.rows[next(iter(first_rows(grid)))], at)]
    elif found.tool == "limesurvey" and found.variant == "code_text":
        coded = _CODE_AND_TEXT.fullmatch(key[:200])
        keys = [coded[1] if coded else ""]
    elif found.tool == "kobo":
        keys = [key, key.rsplit("/", 1)[-1]]
    return frozenset(spelled_code(name) for name in keys if name)


def zone_of(layout: Layout, position: int) -> str:
    """The time zone in which the tool says that a column's times are; blank where it does not say."""
    found, grid = layout.recognition, layout.grid
    if found.tool == "typeform" or (found.tool == "kobo" and found.column("submitted") == position):
        return "UTC"
    if found.variant != "three_rows" or found.key_row >= len(grid.rows):
        return ""
    zone = dict(_ASSIGNED.findall(value(grid.rows[found.key_row], position))).get("timeZone", "")
    return "UTC" if zone == "Z" else zone
