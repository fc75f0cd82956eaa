"""Rows that follow a series of measurements: one person's own (individual supervision), and across a new supervisor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.cells import Cells, Row, cell_rows, part
from evaltools.contract_facts import supervisor_changes
from evaltools.folder import Evaluation
from evaltools.instruments import Scale
from evaltools.measures import limits
from evaltools.scores import score, side_by_side
from evaltools.statistics.estimate import Array, Estimate, field_records
from evaltools.statistics.phase_change import phase_changes
from evaltools.statistics.single_case import nap, tau_ab, trend

_EACH_PHASE = 3  # measurements of one person, the least by which a phase can be seen at all
_EACH_SIDE = 2  # ratings of each person, without which there is no line


def case_rows(
    values: Array, evaluation: Evaluation, cells: Cells, waves: list[str], scale: Scale
) -> Iterator[Row]:  # fmt: skip
    """One person's measurements before the start of supervision against those after it, and their trend.

    Of groups with one person only: there is no mean of people, so the person is compared with himself or herself. ``n``
    is 1, ``of`` counts measurements; below the limit of measurements the row is marked and keeps its value. The values
    are for the person's own page: in the table of estimates these rows stand without them.

    Parameters
    ----------
    values : ndarray, shape (waves, people)
        Scores; NaN = not measured, or answered without a code.
    evaluation, cells, waves, scale
        The evaluation, the groups, the waves in order, and the scale.
    """
    dates = evaluation.waves.set_index("wave")["actual"].fillna(evaluation.waves.set_index("wave")["planned"])
    start = evaluation.contract["start"].iloc[0] if len(evaluation.contract) else pd.NaT
    before = np.array([bool(pd.notna(dates[wave]) and dates[wave] <= start) for wave in waves], dtype=bool)
    for name, person in _alone(cells):
        yield from _case(values[:, person], before, scale, name, person)


def session_series_rows(evaluation: Evaluation, cells: Cells, people: list[str]) -> Iterator[Row]:
    """Ratings after sessions: each person alone over time, and each group across every change of supervisor.

    ``period`` names the first session with the new supervisor, or of a person's whole series; a change is looked for
    between the change before it and the one after it. Time is counted in sessions. The values of one person are for
    the person's own page, as in `case_rows`.
    """
    for scale in session_scales(evaluation):
        answers = evaluation.session_responses
        scores = score(answers.assign(wave=answers["session"]), scale)
        for (group_by, group), member in zip(cells.names, cells.member, strict=True):
            if group_by != "group" or not member.any():
                continue
            held = _sessions(evaluation, group, set(scores["wave"].dropna()))
            values = side_by_side(scores, people, held["session"].tolist())
            own = np.where(member, values, np.nan)
            yield from _across(own, held, evaluation, scale, group)


def session_scales(evaluation: Evaluation) -> list[Scale]:
    """The scales that anybody has answered after a session, in the order of their names."""
    answered = set(zip(evaluation.session_responses["instrument"], evaluation.session_responses["item"], strict=True))
    scales = (scale for key in evaluation.instruments.values() for scale in key.scales)
    return sorted((scale for scale in scales if {(scale.instrument, item) for item in scale.items} & answered),
                  key=lambda scale: scale.id)  # fmt: skip


def _alone(cells: Cells) -> Iterator[tuple[str, int]]:
    """The groups of one person, with the person's place."""
    for (group_by, group), member in zip(cells.names, cells.member, strict=True):
        if group_by == "group" and member.sum() == 1:
            yield group, int(np.flatnonzero(member)[0])


def _sessions(evaluation: Evaluation, group: str, rated: set[str]) -> pd.DataFrame:
    """The sessions of a group that anybody has rated, in order of time."""
    sessions = evaluation.sessions
    own = sessions["group"].isna() | (sessions["group"] == group).fillna(False)
    return sessions[own.astype(bool) & sessions["session"].isin(list(rated))]


def _across(own: Array, held: pd.DataFrame, evaluation: Evaluation, scale: Scale, group: str) -> Iterator[Row]:
    """A person's ratings over all sessions; a group's or a person's from each supervisor to the next."""
    someone = np.flatnonzero(np.isfinite(own).any(axis=0)).tolist()
    alone = someone[0] if len(someone) == 1 else None
    if alone is not None:
        yield _trend_row(own[:, alone], scale, group, alone) | {"period": held["session"].iloc[0]}
    for begins, change, ends in _windows(held, evaluation, group):
        inside, at = own[begins:ends], change - begins
        if alone is None:
            rows = _jump_rows(inside, at, scale, group)
        else:
            rows = _phases(inside[:, alone], np.arange(len(inside)) < at, scale, group, alone)
        yield from (row | {"period": held["session"].iloc[change]} for row in rows)


def _windows(held: pd.DataFrame, evaluation: Evaluation, group: str) -> Iterator[tuple[int, int, int]]:
    """For each change of supervisor the places where its window begins, the new supervisor begins, and it ends."""
    days = [pd.Timestamp(day) for day, _ in supervisor_changes(evaluation, group)]
    at = [int((held["date"] < day).sum()) for day in days]
    windows = zip([0, *at], at, [*at[1:], len(held)], strict=False)
    return ((begins, change, ends) for begins, change, ends in windows if begins < change < ends)


def _jump_rows(ratings: Array, change_at: int, scale: Scale, group: str) -> Iterator[Row]:
    sides = [np.isfinite(side).sum(axis=0) >= _EACH_SIDE for side in (ratings[:change_at], ratings[change_at:])]
    measured = np.atleast_2d(sides[0] & sides[1])
    cell = Cells((("group", group),), measured)
    yield from cell_rows(phase_changes(ratings, change_at), cell, measured, scale, "")


def _case(series: Array, before: NDArray[np.bool_], scale: Scale, group: str, person: int) -> Iterator[Row]:
    if np.isfinite(series).any():
        yield _trend_row(series, scale, group, person)
        yield from _phases(series, before, scale, group, person)


def _trend_row(series: Array, scale: Scale, group: str, person: int) -> Row:
    found = replace(trend(series), measure="case_trend")
    return _of_one(found, int(np.isfinite(series).sum()), scale, group, person, enough=True)


def _phases(series: Array, before: NDArray[np.bool_], scale: Scale, group: str, person: int) -> Iterator[Row]:
    first, then = series[before], series[~before]
    sizes = [int(np.isfinite(phase).sum()) for phase in (first, then)]
    if not all(sizes):
        return
    for found in (nap(first, then), tau_ab(first, then)):
        yield _of_one(found, sum(sizes), scale, group, person, enough=min(sizes) >= _EACH_PHASE)


def _of_one(found: Estimate, points: int, scale: Scale, group: str, person: int, *, enough: bool) -> Row:
    """A figure about one person: ``n`` is 1 and ``of`` counts measurements, by which the limit goes."""
    row = field_records(replace(part(found, ...), n=np.ones(1), of=np.full(1, float(points))))[0]
    where = {"scale": scale.id, "group_by": "group", "group": group, "wave": "", "wave_to": "", "people": (person,)}
    if not enough or points < limits()["single_case_points"]:
        row |= {"note": "below_limit"}
    return row | where
