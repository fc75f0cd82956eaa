"""A grid and its mapping become records of a canonical table: one a row, or one an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from evaltools.errors import Problems
from evaltools.exports.decode import Source, number
from evaltools.exports.grid import Grid
from evaltools.exports.mapping import Column, Labels, Mapping, assign_columns, folded
from evaltools.instruments import Instrument, Scale


@dataclass(repr=False)
class Records:
    """Records of one table out of one file, where they stand, and what was left out."""

    source: Source
    values: list[dict[str, str]] = field(default_factory=list)
    rows_read: int = 0
    blank_rows: int = 0
    unused_columns: int = 0
    left_out: Counter[str] = field(default_factory=Counter)  # rows that are no records of the table, by reason


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
    columns = [column for column in assign_columns(grid, mapping, table, problems) if column.rule.column]
    records, filled = _body(grid, mapping, columns, problems)
    records.values = [{column.rule.column: _cell(row, column) for column in columns} for row, _ in filled]
    records.source = Source(grid.file, grid.sheet, [line for _, line in filled], _places(columns))
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
    columns = assign_columns(grid, mapping, "responses", problems)
    named = _places(columns)
    answers = _answer_columns(columns, instrument, grid, catalogue, problems)
    answers = _with_origin(answers, named, wave, instrument, grid, problems)
    records, filled = _body(grid, mapping, columns, problems)
    if not filled:
        problems.add("no_answers", file=grid.file, sheet=grid.sheet)
    rows: list[int | None] = []
    places: list[str] = []
    declared = {"wave": wave, "instrument": instrument, "given_as": "item"}
    for row, line in filled:
        common = declared | {column.rule.column: _cell(row, column) for column in columns if column.rule.column}
        for column, meant in answers:
            record = common | meant | {"code": _cell(row, column)}
            labels = mapping.labels.get(column.rule.scale)
            records.values.append(_decoded(record, labels, grid, line, column.place, problems))
            rows.append(line)
            places.append(column.place)
    known = ("wave", "instrument", "given_as") if "code" in named else (*declared, "item", "code")
    records.source = Source(grid.file, grid.sheet, rows, dict.fromkeys(known, "") | named, tuple(places))
    return records


_Answers = list[tuple[Column, dict[str, str]]]


def _answer_columns(
    columns: tuple[Column, ...], instrument: str, grid: Grid, catalogue: Catalogue, problems: Problems
) -> _Answers:
    """The columns that hold answers, with what each means: the items and scores of a wide file, or ``code``."""
    wide = [column for column in columns if not column.rule.column]
    if wide:
        meant = [(column, _meant(column, instrument, grid, catalogue, problems)) for column in wide]
        return [(column, known) for column, known in meant if known]
    long = [(column, dict[str, str]()) for column in columns if column.rule.column == "code"]
    if not long:
        problems.add("no_answer_columns", file=grid.file, sheet=grid.sheet)
    return long


def _meant(
    column: Column, instrument: str, grid: Grid, catalogue: Catalogue, problems: Problems
) -> dict[str, str] | None:
    """The part of a wide file's record that its column says; None, with a problem, where nobody knows it."""
    rule = column.rule
    owners = [key for key in catalogue.items.get(rule.item, ()) if instrument in ("", key)]
    key = ""
    if rule.score:
        key = "" if rule.score in catalogue.scales else "scale_unknown"
    elif len(owners) != 1:
        key = "item_ambiguous" if owners else "item_unknown"
    if not key and rule.wave and rule.wave not in catalogue.waves:
        key = "wave_unknown"
    if key:
        problems.add(key, file=grid.file, sheet=grid.sheet, column=column.place, item=rule.score or rule.item,
                     owners=", ".join(owners), allowed=", ".join(catalogue.waves))  # fmt: skip
        return None
    wave = {"wave": rule.wave} if rule.wave else {}
    if rule.score:
        owner = catalogue.scales[rule.score].instrument
        return wave | {"instrument": owner, "item": rule.score, "given_as": "score"}
    return wave | {"instrument": owners[0], "item": rule.item, "given_as": "item"}


def _with_origin(
    answers: _Answers, named: Table[str, str], wave: str, instrument: str, grid: Grid, problems: Problems
) -> _Answers:
    """The answer columns whose wave and instrument are said somewhere: by the column, in a column, or for the file."""
    needed = (("wave", wave, "wave_not_given"), ("instrument", instrument, "instrument_not_given"))
    for column, given, key in needed:
        said = [answer for answer in answers if given or column in named or column in answer[1]]
        if len(said) < len(answers):
            problems.add(key, file=grid.file, sheet=grid.sheet)
        answers = said
    return answers


def _body(
    grid: Grid, mapping: Mapping, columns: Sequence[Column], problems: Problems
) -> tuple[Records, list[tuple[tuple[str, ...], int]]]:
    """The rows below the headings that hold anything, with their row numbers; what is left out is counted."""
    header, body = mapping.header(grid), grid.below(mapping.header_rows)
    filled = [(row, line) for row, line in zip(body.rows, body.numbers, strict=True) if any(row)]
    if grid.form == "text":  # where cells can have slipped to the right
        for row, line in filled:
            if any(row[len(header) :]):
                problems.add("row_too_wide", file=grid.file, row=line)
    used = {column.position for column in columns}
    held = {at for row in (header, *body.rows) for at, cell in enumerate(row) if cell}
    return Records(
        Source(grid.file, grid.sheet, (), {}), [], len(body.rows), len(body.rows) - len(filled), len(held - used)
    ), filled


def _cell(row: tuple[str, ...], column: Column) -> str:
    return row[column.position] if column.position < len(row) else ""


def _places(columns: Sequence[Column]) -> dict[str, str]:
    return {column.rule.column: column.place for column in columns if column.rule.column}


def _decoded(
    record: dict[str, str], labels: Labels | None, grid: Grid, line: int, place: str, problems: Problems
) -> dict[str, str]:
    """The record with its answer as a number or a reason for its absence, exactly as declared."""
    answer = record["code"]
    if not answer:
        return record | {"missing": record.get("missing") or "skipped"}
    if labels is None:
        return record
    if folded(answer) in labels.missing:
        return record | {"code": "", "missing": labels.missing[folded(answer)]}
    code = labels.codes.get(folded(answer), number(answer))
    if code in labels.codes.values():
        return record | {"code": str(code)}
    allowed = ", ".join(labels.declared)
    problems.add("label_unknown", file=grid.file, sheet=grid.sheet, row=line, column=place, allowed=allowed)
    return record | {"code": "", "missing": "invalid"}
