"""Rows about wishes and complaints: how many, closed or open, how soon, and with what outcome."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evaltools.cells import Cells, Row
from evaltools.folder import Evaluation
from evaltools.process.things import (
    as_numbers,
    choice_rows,
    count_rows,
    is_known,
    is_one_of,
    median_rows,
    share_rows,
    things_of,
)
from evaltools.statistics.estimate import Array

_KINDS = ("wish", "complaint")


def feedback_rows(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """Everything about the wishes and complaints of each group; one that names no group is counted in each.

    Parameters
    ----------
    evaluation : Evaluation
        Its wishes and complaints.
    cells : Cells
        The groups. A case is nobody's: ``n`` is 0, and ``of`` counts cases. Whether cases are closed is recorded where
        at least one of the evaluation is.
    """
    cases = things_of(evaluation, cells, evaluation.feedback)
    rows = cases.rows
    every, closed = is_known(rows, "kind"), is_known(rows, "closed")
    for kind in _KINDS:
        yield from count_rows("feedback_cases", cases, is_one_of(rows, "kind", kind), every, basis=kind)
    if closed.any():
        yield from share_rows("feedback_closed_share", cases, closed, every)
        for kind in _KINDS:
            own = every & is_one_of(rows, "kind", kind)
            yield from share_rows("feedback_closed", cases, closed, own, basis=kind)
            yield from count_rows("feedback_open", cases, ~closed, own, basis=kind)
        days = as_numbers((rows["closed"] - rows["date"]).dt.days)
        for kind in _KINDS:
            of_kind: Array = np.where(is_one_of(rows, "kind", kind), days, np.nan)
            yield from median_rows("feedback_days_to_close", cases, of_kind, basis=kind)
    yield from choice_rows("feedback_from", cases, "from_role", "feedback")
    yield from choice_rows("feedback_outcome", cases, "outcome", "feedback")
    wishes = cases.where(is_one_of(rows, "kind", "wish"))
    met = is_one_of(wishes.rows, "outcome", "met", "partly_met")
    yield from share_rows("wishes_met", wishes, met, is_known(wishes.rows, "outcome"))
