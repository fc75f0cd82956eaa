"""Rows about proud moments, and the tools found in them."""

from __future__ import annotations

from collections.abc import Iterator

from evaltools.cells import Cells, Row
from evaltools.folder import Evaluation
from evaltools.process.things import (
    choice_rows,
    group_rows,
    is_known,
    is_true,
    mean_rows,
    numbers,
    share_rows,
    things_of,
)


def strength_rows(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """Everything about the proud moments of each group: of all marks, those given; of those given, what they held.

    Parameters
    ----------
    evaluation : Evaluation
        Its sessions and strengths.
    cells : Cells
        The groups; a moment belongs to the group of its person.
    """
    asked = things_of(evaluation, cells, evaluation.strengths, "person")
    given, known = is_true(asked.rows, "given"), is_known(asked.rows, "given")
    yield from share_rows("moment_given", asked, given, known)
    for session in asked.rows["session"].unique():
        own = known & (asked.rows["session"] == session).to_numpy(bool)
        yield from group_rows(share_rows("moment_given", asked, given, own, period=str(session)))
    moments = asked.where(given)
    for measure, column in (("moment_within_24h", "within_24h"), ("moment_reinforced", "reinforced")):
        yield from share_rows(measure, moments, is_true(moments.rows, column), is_known(moments.rows, column))
    yield from mean_rows("moment_tools", moments, numbers(moments.rows, "tools"))
    yield from choice_rows("moment_what", moments, "what", "strengths")
