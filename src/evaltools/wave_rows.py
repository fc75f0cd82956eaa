"""Rows about several waves at once, with people who missed some kept; and change against sessions attended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.cells import Cells, Row, cell_rows, of_members, one_by_one, part
from evaltools.folder import Evaluation
from evaltools.instruments import Scale
from evaltools.measures import limits
from evaltools.statistics.dose import dose_slope
from evaltools.statistics.estimate import Array, Estimate
from evaltools.statistics.friedman import friedman, kendall_w
from evaltools.statistics.growth import mean_last_change, mean_trend, t_trend
from evaltools.statistics.model_changes import mixed_change, mmrm_change

_SEVERAL = 3  # waves from which there is more to say than one change
_YEAR = 365.25


def wave_rows(
    values: Array, evaluation: Evaluation, cells: Cells, waves: list[str], scale: Scale
) -> Iterator[Row]:  # fmt: skip
    """Change over all waves that have answers, where there are at least three.

    Parameters
    ----------
    values : ndarray, shape (waves, people)
        Scores; NaN = not measured, or answered without a code.
    evaluation : Evaluation
        Knows when the waves were.
    cells, waves, scale
        The groups, the waves in order, and the scale.
    """
    answered = np.flatnonzero(np.isfinite(values).any(axis=1)).tolist()
    if len(answered) < _SEVERAL:
        return
    scores, asked = values[answered], [waves[at] for at in answered]
    yield from _own_changes(scores, _times(evaluation, asked), cells, asked, scale)
    for cell in one_by_one(cells):
        own = of_members(scores[:, None], cell)[:, 0]
        yield from _rank_rows(own, cell, asked, scale)
        yield from _model_rows(own, cell, asked, scale)


def dose_rows(values: Array, evaluation: Evaluation, cells: Cells, waves: list[str], scale: Scale) -> Iterator[Row]:
    """Change from the first wave to the last against the sessions attended between them, where both are known."""
    answered = np.flatnonzero(np.isfinite(values).any(axis=1)).tolist()
    if len(answered) < 2:
        return
    first, last = answered[0], answered[-1]
    attended = sessions_attended(evaluation, waves[first], waves[last])
    if not np.isfinite(attended).any():
        return
    changes = of_members(values[last] - values[first], cells)
    measured = cells.member & np.isfinite(changes) & np.isfinite(attended)
    figures = dose_slope(changes, np.broadcast_to(attended, changes.shape))
    yield from cell_rows(figures, cells, measured, scale, waves[first], waves[last])


def sessions_attended(evaluation: Evaluation, first: str, last: str) -> Array:
    """How many sessions of their group people came to after one wave and until another.

    Parameters
    ----------
    evaluation : Evaluation
        Its sessions, attendance and dates of waves (the actual date, else the planned one).
    first, last : str
        The waves.

    Returns
    -------
    ndarray, shape (people,)
        Sessions that were held; NaN for a person of whom it is not known for every one of them whether the person
        was there, and for everybody where a wave has no date or no session was held.
    """
    begins, ends = _days(evaluation, [first, last])
    sessions, people = evaluation.sessions, evaluation.people
    held = sessions[(sessions["status"] == "held") & (sessions["date"] > begins) & (sessions["date"] <= ends)]
    unknown = np.full(len(people), np.nan)
    if held.empty:
        return unknown
    seen = evaluation.attendance[evaluation.attendance["session"].isin(held["session"])]
    there = seen.assign(present=seen["present"].astype("float64")).pivot(
        index="person", columns="session", values="present"
    )
    present = there.reindex(index=people["person"], columns=held["session"]).to_numpy(float, na_value=np.nan)
    groups, of = held["group"].fillna("").to_numpy(str), people["group"].fillna("").to_numpy(str)
    own = (groups == "") | (groups == of[:, None])
    known = own.any(axis=1) & ~(own & np.isnan(present)).any(axis=1)
    return np.where(known, np.where(own & (present == 1), 1.0, 0.0).sum(axis=1), unknown)


def _days(evaluation: Evaluation, waves: list[str]) -> pd.Series[Any]:
    """When the waves were; missing where neither a date nor a plan is known."""
    table = evaluation.waves.set_index("wave")
    return table["actual"].fillna(table["planned"]).loc[waves]


def _times(evaluation: Evaluation, waves: list[str]) -> tuple[Array | None, str]:
    """When the waves were, in years, and the unit: where dates are missing or not in order, waves are counted."""
    days = _days(evaluation, waves)
    if days.isna().any() or not days.is_monotonic_increasing or not days.is_unique:
        return None, "wave"
    return np.asarray((days - days.iloc[0]).dt.days, float) / _YEAR, "year"


def _own_changes(
    scores: Array, when: tuple[Array | None, str], cells: Cells, waves: list[str], scale: Scale
) -> Iterator[Row]:  # fmt: skip
    """Each person's own change and trend, summarised by t: the default."""
    own = of_members(scores[:, None], cells).swapaxes(0, 1)
    twice = cells.member & (np.isfinite(scores).sum(axis=0) >= 2)
    yield from cell_rows((mean_last_change(own),), cells, twice, scale, waves[0], waves[-1])
    times, unit = when
    trends = (replace(figure, basis=unit) for figure in (mean_trend(own, times), *t_trend(own, times)))
    least = 0.0 if len(waves) >= limits()["trend_waves"] else np.inf
    yield from cell_rows(tuple(trends), cells, twice, scale, waves[0], waves[-1], least=least)


def _rank_rows(own: Array, cell: Cells, waves: list[str], scale: Scale) -> Iterator[Row]:
    """Friedman and Kendall's W, of those measured every time."""
    always = np.atleast_2d(np.isfinite(own).all(axis=0))
    figures = tuple(part(figure, ...) for figure in (*friedman(own), kendall_w(own)))
    yield from cell_rows(figures, cell, always, scale, waves[0], waves[-1])


def _model_rows(own: Array, cell: Cells, waves: list[str], scale: Scale) -> Iterator[Row]:
    """Change from the first wave in models that keep everyone, where anybody missed a wave.

    The unstructured model is not fitted below its limits: it takes seconds, and its figures would not mean anything.
    """
    seen = np.isfinite(own)
    people = int(seen.any(axis=0).sum())
    if people == seen.all(axis=0).sum():
        return
    parameters = len(waves) * (len(waves) + 1) / 2
    many = max(limits()["unstructured_people"], limits()["unstructured_people_per_parameter"] * parameters)
    models = [mixed_change(own), *([mmrm_change(own, "unstructured")] if people >= many else [])]
    for found in models:
        for at, wave in enumerate(waves[1:]):
            figures = tuple(part(figure, slice(at, at + 1)) for figure in found)
            if figures[0].n[0] > 0:
                yield from cell_rows(figures, cell, _behind(figures[0], seen, at + 1), scale, waves[0], wave)


def _behind(figure: Estimate, seen: NDArray[np.bool_], wave: int) -> NDArray[np.bool_]:
    """Everyone with any wave, or, where the paired t stands in for the model, those measured at both."""
    anybody, both = seen.any(axis=0), seen[0] & seen[wave]
    return np.atleast_2d(anybody if figure.n[0] == anybody.sum() else both)
