"""A grid and its mapping become records of a canonical table: one a row, or one an answer."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from evaltools.errors import Problems
from evaltools.exports.decode import Source, number
from evaltools.exports.grid import Grid
from evaltools.exports.mapping import Column, Labels, Mapping, assign_columns
from evaltools.instruments import Instrument, Scale


@dataclass
class Records:
    """Records of one table out of one file, where they stand, and what was left out."""

    source: Source
    values: list[dict[str, str]] = field(default_factory=list)
    rows_read: int = 0
    blank_rows: int = 0
    unused_columns: int = 0


@dataclass(frozen=True)
class Catalogue:
    """The items and scales that an evaluation may hold, looked up by id."""

    items: Table[tuple[str, str], Instrument]
    scales: Table[str, Scale]

    @classmethod
    def of(cls, instruments: Table[str, Instrument]) -> Catalogue:
        """The catalogue of some instruments."""
        items = {(key.id, item.id): key for key in instruments.values() for item in key.items}
        return cls(items, {scale.id: scale for key in instruments.values() for scale in key.scales})


def table_records(grid: Grid, mapping: Mapping, problems: Problems) -> Records:
    """One record a row, for tables whose columns are canonical columns."""
    columns = [column for column in assign_columns(grid, mapping, problems) if column.rule.column]
    body = grid.below(mapping.header_rows)
    records = _empty(grid, mapping, columns)
    rows: list[int | None] = []
    for row, line in _filled_rows(body, records):
        records.values.append({column.rule.column: _cell(row, column) for column in columns})
        rows.append(line)
    records.source = Source(grid.file, grid.sheet, rows, _places(columns))
    return records


def response_records(
    grid: Grid, mapping: Mapping, wave: str, instrument: str, catalogue: Catalogue, problems: Problems
) -> Records:
    """One record an answer, from long files, wide files (a column is an item, perhaps at a wave) and given scores.

    Parameters
    ----------
    wave, instrument : str
        As declared for the file; a column or a rule that says otherwise goes first.
    catalogue : Catalogue
        What may be answered; an item that no instrument knows is a problem of its column.
    """
    columns = assign_columns(grid, mapping, problems)
    records = _empty(grid, mapping, columns)
    answers = _answer_columns(columns, instrument, grid, catalogue, problems)
    rows: list[int | None] = []
    places: list[str] = []
    for row, line in _filled_rows(grid.below(mapping.header_rows), records):
        common = {"wave": wave, "instrument": instrument, "given_as": "item"}
        common |= {column.rule.column: _cell(row, column) for column in columns if column.rule.column}
        for column in answers:
            record = common if column.rule.column else _wide_record(common, row, column, mapping, catalogue)
            labels = mapping.labels.get(column.rule.scale)
            records.values.append(_decoded(record, labels, grid, line, column.place, problems))
            rows.append(line)
            places.append(column.place)
    declared = dict.fromkeys(("wave", "instrument", "given_as", "item", "code"), "")
    named = _places(columns) if any(column.rule.column == "code" for column in columns) else declared | _places(columns)
    records.source = Source(
        grid.file, grid.sheet, rows, dict.fromkeys(("wave", "instrument", "given_as"), "") | named, tuple(places)
    )
    return records


def _answer_columns(
    columns: tuple[Column, ...], instrument: str, grid: Grid, catalogue: Catalogue, problems: Problems
) -> list[Column]:
    """The columns that hold answers: each item or score of a wide file, or the one column ``code`` of a long file."""
    wide = [column for column in columns if column.rule.item or column.rule.score]
    if wide:
        return [column for column in wide if _is_known(column, instrument, grid, catalogue, problems)]
    long = [column for column in columns if column.rule.column == "code"]
    if not long:
        problems.add("no_answer_columns", file=grid.file, sheet=grid.sheet)
    return long


def _empty(grid: Grid, mapping: Mapping, columns: tuple[Column, ...] | list[Column]) -> Records:
    headings = grid.rows[mapping.header_rows - 1] if len(grid.rows) >= mapping.header_rows else ()
    used = {column.position for column in columns}
    unused = sum(1 for at, heading in enumerate(headings) if heading and at not in used)
    return Records(Source(grid.file, grid.sheet, (), {}), unused_columns=unused)


def _filled_rows(body: Grid, records: Records) -> list[tuple[tuple[str, ...], int]]:
    """Rows that hold anything, with their row numbers; blank ones are counted."""
    records.rows_read = len(body.rows)
    filled = [(row, line) for row, line in zip(body.rows, body.numbers, strict=True) if any(row)]
    records.blank_rows = len(body.rows) - len(filled)
    return filled


def _cell(row: tuple[str, ...], column: Column) -> str:
    return row[column.position] if column.position < len(row) else ""


def _places(columns: tuple[Column, ...] | list[Column]) -> dict[str, str]:
    return {column.rule.column: column.place for column in columns if column.rule.column}


def _is_known(column: Column, instrument: str, grid: Grid, catalogue: Catalogue, problems: Problems) -> bool:
    rule = column.rule
    known = rule.score in catalogue.scales if rule.score else bool(_owners(rule.item, instrument, catalogue))
    if not known:
        key, wanted = ("scale_unknown", rule.score) if rule.score else ("item_unknown", rule.item)
        problems.add(key, file=grid.file, sheet=grid.sheet, column=column.place, item=wanted)
    return known


def _owners(item: str, instrument: str, catalogue: Catalogue) -> list[str]:
    """The instruments that have this item; the one declared for the file, where one is."""
    return [key for key, own in catalogue.items if own == item and instrument in ("", key)]


def _wide_record(
    common: dict[str, str], row: tuple[str, ...], column: Column, mapping: Mapping, catalogue: Catalogue
) -> dict[str, str]:
    rule = column.rule
    if rule.score:
        meant = {
            "instrument": catalogue.scales[rule.score].instrument,
            "item": rule.score,
            "given_as": "score",
        }
    else:
        meant = {"instrument": _owners(rule.item, common["instrument"], catalogue)[0], "item": rule.item}
    return common | meant | {"wave": rule.wave or common["wave"], "code": _cell(row, column)}


def _decoded(
    record: dict[str, str], labels: Labels | None, grid: Grid, line: int, place: str, problems: Problems
) -> dict[str, str]:
    """The record with its answer as a number or a reason for its absence, exactly as declared."""
    answer = record.get("code", "")
    if not answer:
        return record | {"code": "", "missing": record.get("missing") or "skipped"}
    if labels is None:
        return record
    folded = " ".join(answer.casefold().split())
    if folded in labels.missing:
        return record | {"code": "", "missing": str(labels.missing[folded])}
    code = labels.codes.get(folded, number(answer))
    if code in labels.codes.values():
        return record | {"code": str(code)}
    allowed = ", ".join([*labels.codes, *labels.missing])
    problems.add("label_unknown", file=grid.file, sheet=grid.sheet, row=line, column=place, allowed=allowed)
    return record | {"code": "", "missing": "invalid"}
