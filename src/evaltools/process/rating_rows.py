"""Rows about the forms that people fill in after a session: the mean of each scale, by session and by method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from evaltools.cells import Cells, Row, figure_rows, of_members
from evaltools.folder import Evaluation
from evaltools.instruments import Scale
from evaltools.process.session_rows import named_in
from evaltools.process.things import group_rows, looked_up
from evaltools.scores import score, side_by_side
from evaltools.statistics.bounded import mean_on_scale
from evaltools.statistics.estimate import Array


def rating_rows(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """The mean of every scale of a session form, of those who answered after a session; ``period`` is the session.

    Then the same for each method that the log names, of all sessions with it: ``basis`` is the method. A person counts
    once, with the mean of their own ratings. It describes; sessions with a method differ in more than the method.

    Parameters
    ----------
    evaluation : Evaluation
        Its sessions and session responses.
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
            ratings = side_by_side(score(own, scale), people, sessions)
            for session, values in zip(sessions, ratings, strict=True):
                rated = of_members(values, cells)
                figure = replace(mean_on_scale(rated, *scale.score_range), measure="session_mean")
                rows = figure_rows(figure, cells, np.isfinite(rated), scale=scale.id, wave=str(wave),
                                   period=str(session))  # fmt: skip
                yield from group_rows(row for row in rows if row["n"])
            yield from _method_rows(evaluation, cells, scale, str(wave), dict(zip(sessions, ratings, strict=True)))


def _method_rows(
    evaluation: Evaluation, cells: Cells, scale: Scale, wave: str, ratings: Mapping[str, Array]
) -> Iterator[Row]:
    """The mean rating of the sessions with each method, over people; ``ratings`` has a row of people a session."""
    sessions = evaluation.sessions
    used = {session: named_in(cell) for session, cell in zip(sessions["session"], sessions["methods"], strict=True)}
    for method in sorted(set().union(*(used[session] for session in ratings))):
        chosen = np.array([values for session, values in ratings.items() if method in used[session]])
        known = np.isfinite(chosen)
        times = known.sum(axis=0)
        mean = np.where(known, chosen, 0.0).sum(axis=0) / np.where(times, times, np.nan)
        rated = of_members(mean, cells)
        figure = replace(mean_on_scale(rated, *scale.score_range), measure="session_mean_by_method", basis=method)
        rows = figure_rows(figure, cells, np.isfinite(rated), scale=scale.id, wave=wave)
        yield from (row for row in rows if row["n"])


def _answered_scales(evaluation: Evaluation, answers: pd.DataFrame) -> list[Scale]:
    used = set(answers["instrument"])
    return [scale for name, key in evaluation.instruments.items() if name in used for scale in key.scales]


def _with_session(evaluation: Evaluation) -> pd.DataFrame:
    """The answers of which the session is known: each answer's own, else the one that its wave is about."""
    answers = evaluation.session_responses
    of_wave = looked_up(answers["wave"], evaluation.waves, "wave", "session")
    answers = answers.assign(session=answers["session"].fillna(of_wave))
    return answers[answers["session"].notna()]
