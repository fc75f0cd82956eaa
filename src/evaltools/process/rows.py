"""Every row about the session cycle."""

from __future__ import annotations

from collections.abc import Iterator

from evaltools.cells import Cells, Row
from evaltools.folder import Evaluation
from evaltools.process.attendance_rows import attendance_rows
from evaltools.process.feedback_rows import feedback_rows
from evaltools.process.idea_rows import idea_rows
from evaltools.process.question_rows import question_rows
from evaltools.process.rating_rows import rating_rows
from evaltools.process.series_rows import series_rows
from evaltools.process.session_rows import session_rows
from evaltools.process.strength_rows import strength_rows

_PARTS = {"sessions": session_rows, "attendance": attendance_rows, "questions": question_rows,
          "strengths": strength_rows, "ideas": idea_rows, "feedback": feedback_rows,
          "session_responses": rating_rows}  # fmt: skip


def process_rows(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """Everything that the session log and the session forms tell, as rows of the table of estimates.

    Parameters
    ----------
    evaluation : Evaluation
        As read from its folder. What is not recorded has no row.
    cells : Cells
        The groups.
    """
    filled = [part for table, part in _PARTS.items() if len(getattr(evaluation, table))]
    rows = [row for part in filled for row in part(evaluation, cells)]
    yield from rows
    yield from series_rows(rows, evaluation.sessions["session"].tolist())
