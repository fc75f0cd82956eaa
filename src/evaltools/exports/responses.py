"""A file of answers becomes records, one an answer: whose, when, at which wave, to which item."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace

from evaltools.errors import Problems
from evaltools.exports.answer_scales import Labels, folded_answer, missing_labels
from evaltools.exports.columns import Column, assign_columns
from evaltools.exports.decode import Source
from evaltools.exports.grid import Grid
from evaltools.exports.layout import Layout, table_layout
from evaltools.exports.mapping import Mapping
from evaltools.exports.moments import Moments, read_moments
from evaltools.exports.recognition import value
from evaltools.exports.records import Catalogue, Records, file_records, people_too_many, places
from evaltools.exports.repeats import Answer, Response, told_alike, without_repeats
from evaltools.exports.rows import Counted, Row, counted_rows, is_answer, wave_of
from evaltools.exports.several_answers import chosen_options

_Answers = list[tuple[Column, dict[str, str]]]


@dataclass(frozen=True, repr=False)
class _File:
    """One file of answers as declared and recognised, with the problems that it has."""

    layout: Layout
    mapping: Mapping
    columns: tuple[Column, ...]
    answers: _Answers
    declared: Table[str, str]
    problems: Problems

    @property
    def grid(self) -> Grid:
        return self.layout.grid

    def tell(self, problem: str, /, *, row: int | None = None, column: str = "", **details: object) -> None:
        self.problems.add(problem, file=self.grid.file, sheet=self.grid.sheet, row=row, column=column, **details)


def response_records(
    grid: Grid, mapping: Mapping, wave: str, instrument: str, catalogue: Catalogue, problems: Problems,
    group: str = "", meant: Callable[[str], str] = str,
) -> Records:  # fmt: skip
    """One record an answer, from long files, wide files (a column is an item, perhaps at a wave) and given scores.

    Parameters
    ----------
    grid, mapping : Grid, Mapping
        The file as text, and what is declared of its columns and rows.
    wave, instrument : str
        As declared for the file; a column or a rule that says otherwise goes first.
    catalogue : Catalogue
        What may be answered; an item that no instrument knows is a problem of its column.
    group : str
        The group as declared for the file, for people without codes.
    meant : callable
        The person's own code for what is written; by default what is written. It decides who has answered twice.

    Returns
    -------
    Records
        Every row read is used, blank, or left out for a reason (`evaltools.exports.rows.counted_rows`, and
        ``"duplicate"``).
    """
    layout = table_layout(grid, mapping, "responses", problems)
    columns = assign_columns(layout, mapping, "responses", problems)
    named = places(columns)
    if people_too_many(layout, mapping, columns, problems):
        return Records(Source(grid.file, grid.sheet, (), named))
    answers = _answer_columns(columns, instrument, grid, catalogue, problems)
    answers = _with_origin(answers, named, wave, instrument, grid, problems)
    declared = {"wave": wave, "instrument": instrument, "given_as": "item"}
    file = _File(layout, mapping, columns, answers, declared, problems)
    records = file_records(layout, mapping, columns, problems)
    counted = counted_rows(layout, mapping, columns, [column for column, _ in answers])
    if not counted.kept:
        file.tell("no_answers")
    _check_waves(file, catalogue)
    moments = read_moments(counted.kept, layout, mapping, columns, problems)
    responses = [_response(file, row, moments, group) for row in counted.kept]
    responses = _kept_once(file, responses, moments, counted, meant)
    known = ("wave", "instrument", "given_as") if "code" in named else (*declared, "item", "code")
    if mapping.anonymous:
        known = (*known, "person")
        records.unlinked = _unlinked(file, responses)
    records.rows_read, records.blank_rows, records.left_out = counted.read, counted.blank, counted.left_out
    lines = [response.line for response in responses for _ in response.answers]
    given = [answer for response in responses for answer in response.answers]
    records.values = [answer.record for answer in given]
    records.source = Source(grid.file, grid.sheet, lines, dict.fromkeys(known, "") | named,
                            tuple(answer.place for answer in given))  # fmt: skip
    return records


def _answer_columns(
    columns: tuple[Column, ...], instrument: str, grid: Grid, catalogue: Catalogue, problems: Problems
) -> _Answers:
    """The columns that hold answers, with what each means: the items and scores of a wide file, or ``code``."""
    wide = [column for column in columns if not column.rule.column]
    if wide:
        wide = [single for column in wide for single in _single_answers(column)]
        meant = [(column, _meant(column, instrument, grid, catalogue, problems)) for column in wide]
        return [(column, known) for column, known in meant if known]
    long = [(column, dict[str, str]()) for column in columns if column.rule.column == "code"]
    if not long:
        problems.add("no_answer_columns", file=grid.file, sheet=grid.sheet)
    return long


def _single_answers(column: Column) -> list[Column]:
    """The column once for every answer that may be chosen in it; else the column itself."""
    rule = column.rule
    return [replace(column, rule=replace(rule, item=item)) for item in rule.options.values()] or [column]


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


def _check_waves(file: _File, catalogue: Catalogue) -> None:
    """The waves to which ``[mapping.NAME.waves]`` leads are those of the evaluation."""
    strange = {wave for wave in file.mapping.waves.values() if wave} - set(catalogue.waves)
    for _ in strange:
        file.problems.add("wave_unknown", file=file.grid.file, sheet=file.grid.sheet,
                          column=f"mapping.{file.mapping.name}.waves", allowed=", ".join(catalogue.waves))  # fmt: skip


def _response(file: _File, row: Row, moments: Moments, group: str) -> Response:
    """One row's answers."""
    told = {column.rule.column: value(row.cells, column.position) for column in file.columns if column.rule.column}
    moment = moments.at.get(row.line)
    common = {
        **file.declared, **told, "status": "complete" if row.complete else "partial",
        "answered_at": moment.isoformat() if moment else "",
    }  # fmt: skip
    if "wave" in told and file.mapping.waves:
        common["wave"] = _wave(file, row)
    answered = [is_answer(value(row.cells, column.position)) for column, _ in file.answers]
    last = max((at for at, given in enumerate(answered) if given), default=-1)
    answers = []
    for at, (column, meant) in enumerate(file.answers):
        blank = "skipped" if row.complete or at < last else "not_reached"
        record = common | meant | {"code": value(row.cells, column.position)}
        if file.mapping.anonymous:
            record["person"] = _nobody(file.grid, row.line, record["wave"])
        record = _decoded(file, record, column, row.line, blank)
        answers.append(Answer(record, column.place, answered[at]))
    return Response(row.line, row.complete, moment, told.get("group") or group, tuple(answers))


def _wave(file: _File, row: Row) -> str:
    """The wave that a word of the file stands for; blank, with a problem, where the word is not declared."""
    wave = wave_of(row.cells, file.layout, file.mapping, file.columns)
    column = next(column for column in file.columns if column.rule.column == "wave")
    if wave is None and value(row.cells, column.position):
        file.tell("wave_word_unknown", row=row.line, column=column.place, key=f"mapping.{file.mapping.name}.waves",
                  allowed=", ".join(file.mapping.waves))  # fmt: skip
        return next(iter(filter(None, file.mapping.waves.values())), "-")  # told; the rest of the row is still checked
    return wave or ""


def _nobody(grid: Grid, line: int, wave: str) -> str:
    """A code of its own for a row without a person, at one wave: nothing can be linked with it."""
    digest = hashlib.sha256(f"{grid.file}\n{grid.sheet}\n{wave}".encode()).hexdigest()[:16]
    letters = "".join(chr(ord("a") + int(digit, 16)) for digit in digest)
    return f"~{letters}-{line:07d}"


def _decoded(file: _File, record: dict[str, str], column: Column, line: int, blank: str) -> dict[str, str]:
    """The record with its answer as a number or a reason for its absence, exactly as declared."""
    answer, labels = record["code"], file.mapping.scale(column.rule.scale)
    if not answer:
        return record | {"missing": record.get("missing") or blank}
    if not is_answer(answer):
        return record | {"code": "", "missing": "not_shown"}
    if column.rule.options:
        return record | _of_several(file, answer, column, line)
    own_label = file.grid.labels.get(column.position, {}).get(answer, "")
    reason = _reason(file, answer, own_label, labels, column)
    if reason:
        return record | {"code": "", "missing": reason}
    if answer in file.grid.user_missing.get(column.position, ()):
        file.tell("user_missing_unclear", row=line, column=column.place)
        return record | {"code": "", "missing": "invalid"}
    if labels is None:
        return record
    code = labels.codes.get(folded_answer(own_label), labels.number(answer))
    if code is not None:
        return record | {"code": f"{code:.15g}"}
    near = labels.near(own_label or answer)
    file.tell("label_near" if near else "label_unknown", row=line, column=column.place,
              allowed=", ".join(labels.declared), **({"near": near} if near else {}))  # fmt: skip
    return record | {"code": "", "missing": "invalid"}


def _of_several(file: _File, answer: str, column: Column, line: int) -> dict[str, str]:
    """Whether one of the answers that may be chosen was; a cell that is unclear is told once, not for every answer."""
    options = column.rule.options
    chosen = chosen_options(answer, options)
    if chosen is not None:
        return {"code": str(int(any(options[option] == column.rule.item for option in chosen)))}
    if column.rule.item == next(iter(options.values())):
        file.tell("options_unclear", row=line, column=column.place, allowed="; ".join(options))
    return {"code": "", "missing": "invalid"}


def _reason(file: _File, answer: str, own_label: str, labels: Labels | None, column: Column) -> str:
    """The reason that a text or a code of SPSS stands for; blank where it is an answer."""
    for text in filter(None, (answer, own_label)):
        if labels and folded_answer(text) in labels.missing:
            return labels.missing[folded_answer(text)]
    if answer in file.grid.user_missing.get(column.position, ()):
        return missing_labels().get(folded_answer(own_label), "")
    return ""


def _kept_once(
    file: _File, responses: list[Response], moments: Moments, counted: Counted, meant: Callable[[str], str]
) -> list[Response]:
    """The responses without repeats; those that are left out are counted."""
    long = any(column.rule.column == "code" for column in file.columns)  # a row an answer: a row is no response
    if long or not file.answers:
        return responses
    if file.mapping.anonymous:
        told_alike(responses, file.layout, file.problems)
        return responses
    place = places(file.columns).get("person", "")
    kept = without_repeats(responses, file.mapping, file.layout, moments, place, file.problems, meant)
    counted.left_out["duplicate"] += len(responses) - len(kept)
    counted.left_out = +counted.left_out
    return kept


def _unlinked(file: _File, responses: Sequence[Response]) -> dict[str, str]:
    """The people whom only this file knows, with their groups; which waves that makes unlinkable is told."""
    waves = dict.fromkeys(answer.record["wave"] for response in responses for answer in response.answers)
    if waves:
        file.tell("wave_not_linked", waves=", ".join(wave for wave in waves if wave))
    return {answer.record["person"]: response.group for response in responses for answer in response.answers}
