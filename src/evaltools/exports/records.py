"""A grid and its mapping become records of a canonical table, one a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from evaltools.errors import Problems
from evaltools.exports.columns import Column, assign_columns, dropped
from evaltools.exports.decode import Source
from evaltools.exports.grid import Grid
from evaltools.exports.layout import Layout, table_layout
from evaltools.exports.mapping import Mapping
from evaltools.exports.recognition import value
from evaltools.instruments import Instrument, Scale
from evaltools.language import languages, texts
from evaltools.measures import limits
from evaltools.personal_data import personal_columns


@dataclass(repr=False)
class Records:
    """Records of one table out of one file, where they stand, and what was left out.

    ``unlinked`` has the group of every person that only this file knows; ``personnummer`` the places of the columns
    that seem to hold a Swedish personal identity number.
    """

    source: Source
    values: list[dict[str, str]] = field(default_factory=list)
    rows_read: int = 0
    blank_rows: int = 0
    unused_columns: int = 0
    left_out: Counter[str] = field(default_factory=Counter)  # rows that are no records of the table, by reason
    unlinked: dict[str, str] = field(default_factory=dict)
    personnummer: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """The instruments, items, scales and waves that an evaluation may hold, looked up by id."""

    instruments: frozenset[str]
    items: Table[str, tuple[str, ...]]
    scales: Table[str, Scale]
    waves: tuple[str, ...]

    @classmethod
    def of(cls, instruments: Table[str, Instrument], waves: Iterable[str]) -> Catalogue:
        """The catalogue of some instruments and waves: for an item the ids of the instruments that have it."""
        items: dict[str, tuple[str, ...]] = {}
        for key in instruments.values():
            for item in key.items:
                items[item.id] = (*items.get(item.id, ()), key.id)
        scales = {scale.id: scale for key in instruments.values() for scale in key.scales}
        return cls(frozenset(instruments), items, scales, tuple(waves))


def table_records(grid: Grid, mapping: Mapping, table: str, problems: Problems) -> Records:
    """One record a row, for tables whose columns are canonical columns."""
    layout = table_layout(grid, mapping, table, problems)
    columns = [column for column in assign_columns(layout, mapping, table, problems) if column.rule.column]
    if people_too_many(layout, mapping, columns, problems):
        return Records(Source(grid.file, grid.sheet, (), places(columns)))
    body = layout.body
    filled = [(cells, line) for cells, line in zip(body.rows, body.numbers, strict=True) if any(cells)]
    records = file_records(layout, mapping, columns, problems)
    records.rows_read, records.blank_rows = len(body.rows), len(body.rows) - len(filled)
    records.unused_columns -= len(_own_notes(layout, table, columns))
    records.values = [{column.rule.column: value(cells, column.position) for column in columns} for cells, _ in filled]
    records.source = Source(grid.file, grid.sheet, [line for _, line in filled], places(columns))
    return records


def _own_notes(layout: Layout, table: str, columns: Sequence[Column]) -> set[int]:
    """The column of the session log that is the supervisor's own, which its sheet Read me says that nobody reads."""
    named = {texts(language)["new"]["note"] for language in languages()} if table == "sessions" else set()
    return {at for name in named for at in layout.named(name)} - {column.position for column in columns}


def people_too_many(layout: Layout, mapping: Mapping, columns: Sequence[Column], problems: Problems) -> bool:
    """Whether a file has more different people than any evaluation, which is told: it would take minutes to read."""
    body, most = layout.body, limits()["people"]
    coded = [column for column in columns if column.rule.column == "person"]
    codes = [len(set(body.column(column.position))) for column in coded]
    if max([*codes, len(body.rows) if mapping.anonymous else 0]) <= most:
        return False
    place = coded[0].place if coded else ""
    problems.add("people_too_many", file=layout.grid.file, sheet=layout.grid.sheet, column=place)
    return True


def places(columns: Sequence[Column]) -> dict[str, str]:
    """How messages name the canonical columns."""
    return {column.rule.column: column.place for column in columns if column.rule.column}


def file_records(layout: Layout, mapping: Mapping, columns: Sequence[Column], problems: Problems) -> Records:
    """Records yet to be filled; what is to be told of the whole file is told.

    Rows with more cells than headings, the number of columns that nobody reads, and those that seem to hold personal
    data: a personnummer is refused wherever it stands, unless the mapping drops the column; names, addresses and
    telephone numbers in columns that nobody reads are named in one note.
    """
    grid, body = layout.grid, layout.body
    header = max((len(grid.rows[at]) for at in _heading_rows(layout)), default=0)
    if grid.form == "text":  # where cells can have slipped to the right
        for cells, line in zip(body.rows, body.numbers, strict=True):
            if any(cells[header:]):
                problems.add("row_too_wide", file=grid.file, row=line)
    used = {column.position for column in columns}
    heading = grid.rows[_heading_rows(layout)[-1]] if _heading_rows(layout) else ()
    held = {at for cells in (heading, *body.rows) for at, cell in enumerate(cells) if cell}
    unread = dropped(layout, mapping, columns, problems)
    found = [column for column in personal_columns(grid, layout.recognition) if column.position not in unread]
    numbered = [column.position for column in found if column.kind == "personnummer"]
    others = sorted({column.position for column in found if column.position >= 0} - used - set(numbered))
    if others:
        problems.add("personal_columns_not_read", file=grid.file, sheet=grid.sheet,
                     columns=", ".join(layout.place(at) for at in others))  # fmt: skip
    return Records(Source(grid.file, grid.sheet, (), {}), unused_columns=len(held - used),
                   personnummer=tuple(layout.place(at) for at in numbered))  # fmt: skip


def _heading_rows(layout: Layout) -> list[int]:
    """The rows from the one with stable names to the last row of headings."""
    found = layout.recognition
    return [
        at for at in range(min(found.key_row, found.header_rows - 1), found.header_rows) if at < len(layout.grid.rows)
    ]
