"""Which rows of a table are answers that count, and why the others are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evaltools.exports.answer_scales import folded_answer
from evaltools.exports.columns import Column
from evaltools.exports.grid import Grid
from evaltools.exports.layout import Layout
from evaltools.exports.mapping import Mapping
from evaltools.exports.recognition import signatures, value
from evaltools.exports.signatures import row_mark

_NO_NOTES = ("text", "json", "sav", "zsav", "por", "dta")  # only in a workbook do people write below the table


@dataclass(frozen=True, repr=False)
class Row:
    """A row that counts: its cells, its number in the file, and whether it was submitted."""

    cells: tuple[str, ...]
    line: int
    complete: bool


@dataclass(repr=False)
class Counted:
    """The rows of a table that count, and how many do not: wholly blank, or left out for a reason."""

    kept: list[Row]
    read: int
    blank: int
    left_out: Counter[str]


def counted_rows(layout: Layout, mapping: Mapping, columns: Sequence[Column], answers: Sequence[Column]) -> Counted:
    """Sort the rows of a file of answers into those that count and those that do not.

    Parameters
    ----------
    layout : Layout
        The table; its tool's marks of tests, previews and submission are believed where it is known.
    mapping : Mapping
        Whether responses that were begun and not submitted are kept; which words of the file stand for no wave.
    columns, answers : sequence of Column
        The columns that mean something, and those of them that hold answers.

    Returns
    -------
    Counted
        Reasons: ``"test"``, ``"preview"``, ``"total_row"``, ``"note_row"``, ``"other_event"``, ``"opened_only"``
        (nothing at all is answered), ``"nothing_answered"`` (none of the questions that are read), ``"partial"``.
    """
    body = layout.body
    counted = Counted([], len(body.rows), 0, Counter())
    last = _last_of_table(body)
    wide = bool(answers) and not any(column.rule.column == "code" for column in answers)
    for at, (cells, line) in enumerate(zip(body.rows, body.numbers, strict=True)):
        if not any(cells):
            counted.blank += 1
            continue
        finished = _finished(cells, layout, mapping, columns)
        reason = _unlike_answers(cells, layout, columns, after_table=at > last)
        if not reason and mapping.waves and wave_of(cells, layout, mapping, columns) == "":
            reason = "other_event"
        if not reason and wide:
            reason = _not_counted(cells, finished, layout, mapping, columns, answers)
        if reason:
            counted.left_out[reason] += 1
        else:
            counted.kept.append(Row(cells, line, finished is not False))
    return counted


def _last_of_table(body: Grid) -> int:
    """The last row that holds more than one cell; what stands alone below it is a note."""
    if body.form in _NO_NOTES:
        return len(body.rows)
    wide = [at for at, cells in enumerate(body.rows) if sum(1 for cell in cells if cell) > 1]
    return max(wide, default=len(body.rows))


def _unlike_answers(cells: tuple[str, ...], layout: Layout, columns: Sequence[Column], *, after_table: bool) -> str:
    """Why a row is no response of a person; blank where it may be one."""
    if layout.known and (mark := row_mark(cells, layout.recognition).unreal):
        return mark
    person = value(cells, _position(columns, "person"))
    first = next(cell for cell in cells if cell)
    if folded_answer(first) in signatures()["rows"]["total"]["words"] and person in ("", first):
        return "total_row"
    alone = after_table and (person == "" or len(person.split()) > 1)
    return "note_row" if alone else ""


def _not_counted(
    cells: tuple[str, ...], finished: bool | None, layout: Layout, mapping: Mapping, columns: Sequence[Column],
    answers: Sequence[Column],
) -> str:  # fmt: skip
    """Why a row of a wide file is no response that counts; blank where it is one."""
    if not any(is_answer(value(cells, column.position)) for column in answers):
        own = {at for places in layout.recognition.columns.values() for at in places}
        own |= {column.position for column in columns}
        others = any(is_answer(cell) for at, cell in enumerate(cells) if at not in own)
        if not (finished and layout.recognition.tool not in ("redcap", "kobo")):
            return "nothing_answered" if others or finished is None else "opened_only"
    return "partial" if finished is False and mapping.partial == "leave_out" else ""


def is_answer(cell: str) -> bool:
    """Whether a cell holds what a person answered: neither blank nor the tool's word for a question not shown.

    >>> is_answer("4"), is_answer(""), is_answer("{question_not_shown}")
    (True, False, False)
    """
    return bool(cell) and cell not in signatures()["rows"]["not_shown"]["words"]


def wave_of(
    cells: Sequence[str], layout: Layout, mapping: Mapping, columns: Sequence[Column]
) -> str | None:  # fmt: skip
    """The wave of a row by ``[mapping.NAME.waves]``: blank where it is declared as none, None where it is undeclared.

    In REDCap an event's word may be followed by ``/`` and the instance of a repeated event or form.
    """
    told = value(cells, _position(columns, "wave"))
    own = layout.recognition
    instance = value(cells, own.column("instance")) if own.tool == "redcap" else ""
    repeat = value(cells, own.column("repeat")) if own.tool == "redcap" else ""
    words = [f"{told}/{instance}", f"{repeat}/{instance}"] if instance else []
    plain = (folded_answer(word) for word in (*words, told))
    return next((mapping.waves[word] for word in plain if word in mapping.waves), None)


def _finished(cells: Sequence[str], layout: Layout, mapping: Mapping, columns: Sequence[Column]) -> bool | None:
    """Whether a row was submitted: by the declared column, else by the tool's mark; None where neither tells."""
    told = row_mark(cells, layout.recognition).finished if layout.known else None
    if told is None and mapping.submitted:
        return bool(value(cells, _position(columns, "answered_at")))
    return told


def _position(columns: Sequence[Column], meaning: str) -> int | None:
    return next((column.position for column in columns if column.rule.column == meaning), None)
