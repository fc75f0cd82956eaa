"""Rows about the forms that people fill in after a session: the mean of each scale, session by session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from evaltools.cells import Cells, Row, figure_rows, of_members
from evaltools.folder import Evaluation
from evaltools.instruments import Scale
from evaltools.process.things import group_rows, looked_up
from evaltools.scores import score, side_by_side
from evaltools.statistics.bounded import mean_on_scale


def rating_rows(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """The mean of every scale of a session form, of those who answered after a session; ``period`` is the session.

    Parameters
    ----------
    evaluation : Evaluation
        Its session responses.
    cells : Cells
        The groups. What people answered is theirs: a mean of fewer than five has a note.
    """
    people = evaluation.people["person"].tolist()
    answers = _with_session(evaluation)
    for wave, given in answers.groupby("wave", sort=False):
        after = set(given["session"])
        sessions = [session for session in evaluation.sessions["session"] if session in after]
        own = given.assign(wave=given["session"])  # each session is an occasion of its own
        for scale in _answered_scales(evaluation, own):
            for session, values in zip(sessions, side_by_side(score(own, scale), people, sessions), strict=True):
                rated = of_members(values, cells)
                figure = replace(mean_on_scale(rated, *scale.score_range), measure="session_mean")
                rows = figure_rows(figure, cells, np.isfinite(rated), scale=scale.id, wave=str(wave),
                                   period=str(session))  # fmt: skip
                yield from group_rows(row for row in rows if row["n"])


def _answered_scales(evaluation: Evaluation, answers: pd.DataFrame) -> list[Scale]:
    used = set(answers["instrument"])
    return [scale for name, key in evaluation.instruments.items() if name in used for scale in key.scales]


def _with_session(evaluation: Evaluation) -> pd.DataFrame:
    """The answers of which the session is known: each answer's own, else the one that its wave is about."""
    answers = evaluation.session_responses
    of_wave = looked_up(answers["wave"], evaluation.waves, "wave", "session")
    answers = answers.assign(session=answers["session"].fillna(of_wave))
    return answers[answers["session"].notna()]
