"""Which tool a table comes from, with reasons and a confidence, and which of its rows are answers that count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import compress
from typing import NamedTuple

from evaltools.exports.file_forms import LABELLED
from evaltools.exports.grid import Grid
from evaltools.exports.recognition import CONFIDENCES, Recognition, first_rows, folded, signatures, value
from evaltools.exports.session_tools import attendance_matrix, generic, teams, toolkit, zoom
from evaltools.exports.survey_tools import (
    enalyzer,
    formr,
    google_forms,
    kobo,
    limesurvey,
    microsoft_forms,
    qualtrics,
    redcap,
    surveymonkey,
    typeform,
)

STATUSES = ("complete", "partial", "test", "preview", "empty")
_MARKING = ("qualtrics", "redcap", "limesurvey", "microsoft_forms", "formr", "kobo", "typeform")  # which was submitted
_YES = ("true", "1", "yes", "ja", "sant", "wahr", "vrai")
_Signature = Callable[[Grid], Recognition | None]
_TOOLS: tuple[_Signature, ...] = (
    limesurvey, qualtrics, surveymonkey, microsoft_forms, redcap, formr, kobo, typeform, teams, zoom, toolkit,
    google_forms, enalyzer, attendance_matrix,
)  # fmt: skip


def recognise(grid: Grid, tool: str = "") -> Recognition:
    """What a table is: the first tool that is certain, otherwise the best guess.

    Parameters
    ----------
    grid : Grid
        The table as text.
    tool : str
        The tool as declared; then only its own signature is asked, for the layout, and its name stands whatever
        the table looks like.

    Returns
    -------
    Recognition
        A proposal with reasons. A table without a signature is ``"generic"``, which is always a guess.

    Raises
    ------
    KeyError
        If the declared tool is none of those in ``signatures.toml``.

    Examples
    --------
    >>> grid = Grid("svar.csv", "", (("id", "submitdate", "lastpage", "Q1"), ("1", "", "2", "4")), (1, 2))
    >>> found = recognise(grid)
    >>> found.tool, found.variant, found.confidence, found.column("submitted")
    ('limesurvey', 'code', 'certain', 1)
    >>> recognise(grid, tool="redcap").confidence
    'declared'
    """
    if tool:
        return _declared(grid, tool)
    best = generic(grid)
    for signature in _TOOLS if first_rows(grid) else ():
        found = signature(grid)
        if found and found.confidence == "certain":
            return found
        if found and _rank(found) > _rank(best):
            best = found
    return _by_form(grid.form, best) if grid.form in LABELLED else best


def _by_form(form: str, best: Recognition) -> Recognition:
    """What a file of SPSS or Stata is, whose own columns are no tool's for certain."""
    maker = "stata" if form == "dta" else "spss"
    return Recognition(maker, form, "certain", (("first_bytes", ""),), 1, columns=best.columns)


def _rank(found: Recognition) -> tuple[int, bool]:
    return CONFIDENCES.index(found.confidence), found.tool != "generic"


def _declared(grid: Grid, tool: str) -> Recognition:
    if tool not in signatures()["tools"]:
        raise KeyError(tool)
    own = next((signature for signature in _TOOLS if signature.__name__ == tool), None)
    found = (own(grid) if own and first_rows(grid) else None) or generic(grid)
    return replace(found, tool=tool, confidence="declared", reasons=(("declared", ""), *found.reasons))


def row_statuses(grid: Grid, recognition: Recognition) -> list[str]:
    """The status of every row below the headings, by the tool's own marks.

    Parameters
    ----------
    grid : Grid
        The table as text.
    recognition : Recognition
        What it was recognised as.

    Returns
    -------
    list of str
        One of `STATUSES` a row, in the order of the grid. A row is ``"preview"`` or ``"test"`` where the tool says
        so; ``"complete"`` where it is marked as submitted, or answered in a tool that marks nothing; ``"partial"``
        where it is answered and not submitted; ``"empty"`` where nothing is answered and nothing submitted.

    Examples
    --------
    >>> rows = (("id", "submitdate", "lastpage", "Q1"), ("1", "1980-01-01 00:00:00", "2", "4"), ("2", "", "1", "3"),
    ...         ("3", "", "", ""))
    >>> grid = Grid("svar.csv", "", rows, (1, 2, 3, 4))
    >>> row_statuses(grid, recognise(grid))
    ['complete', 'partial', 'empty']
    """
    own = {at for places in recognition.columns.values() for at in places}
    others = [at not in own for at in range(grid.width)]
    rows = grid.rows[recognition.header_rows : recognition.end]
    return [_status(row, row_mark(row, recognition), others) for row in rows]


class Mark(NamedTuple):
    """What a tool says of a row: ``"test"``, ``"preview"`` or blank, and whether it was submitted (None: not said)."""

    unreal: str
    finished: bool | None


_UNMARKED = Mark("", None)


def row_mark(row: Sequence[str], recognition: Recognition) -> Mark:
    """The tool's own marks in a row.

    >>> rows = (("ResponseId", "RecordedDate", "Status", "Finished"), ("R_1", "", "1", "FALSE"))
    >>> grid = Grid("a.csv", "", rows, (1, 2))
    >>> row_mark(grid.rows[1], recognise(grid))
    Mark(unreal='preview', finished=False)
    """
    if recognition.tool not in _MARKING:
        return _UNMARKED
    unreal = ""
    if recognition.tool == "qualtrics":
        told = folded(value(row, recognition.column("status")))
        statuses = signatures()["qualtrics"]["statuses"]
        unreal = next((str(status) for status, words in statuses.items() if told in words), "")
    return Mark(unreal, _finished(row, recognition))


def _status(row: Sequence[str], mark: Mark, others: Sequence[bool]) -> str:
    if mark.unreal:
        return mark.unreal
    if mark.finished:
        return "complete"
    if not any(compress(row, others)):  # nothing in the columns that are not the tool's own
        return "empty"
    return "complete" if mark.finished is None else "partial"


def _finished(row: Sequence[str], recognition: Recognition) -> bool | None:
    """Whether the tool marks a row as submitted; None where it has no such mark."""
    if recognition.tool == "qualtrics":
        if "finished" in recognition.columns:
            return folded(value(row, recognition.column("finished"))) in _YES
        return value(row, recognition.column("progress")) == "100" if "progress" in recognition.columns else None
    if recognition.tool == "redcap":
        return _redcap_finished(row, recognition)
    if "submitted" in recognition.columns:
        return bool(value(row, recognition.column("submitted")))
    return None


def _redcap_finished(row: Sequence[str], recognition: Recognition) -> bool | None:
    """Whether every form that stands in a row is marked complete, and no survey as not completed."""
    if "complete" not in recognition.columns:
        return None
    words = signatures()["redcap"]["values"]
    marks = [folded(value(row, at)) for at in recognition.columns["complete"]]
    begun = any(folded(value(row, at)) in words["unfinished"] for at in recognition.columns.get("submitted", ()))
    told = [mark for mark in marks if mark]
    return bool(told) and all(mark in words["complete"] for mark in told) and not begun
