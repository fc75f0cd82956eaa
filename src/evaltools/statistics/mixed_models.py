"""Mixed models over waves where people differ in level and trend, or groups differ too; missing waves are kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.statistics import covariance
from evaltools.statistics.blocks import blocks
from evaltools.statistics.estimate import Array
from evaltools.statistics.fit import Fit
from evaltools.statistics.reml import fit_reml


def wave_design(waves: int) -> Array:
    """Design of the change from the first wave: a level, and one coefficient for each later wave.

    >>> wave_design(3).tolist()
    [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
    """
    design = np.eye(waves)
    design[:, 0] = 1
    return design


def trend_design(times: ArrayLike) -> Array:
    """Design of a straight line: a level at time 0 and a trend.

    >>> trend_design([0, 2]).tolist()
    [[1.0, 0.0], [1.0, 2.0]]
    """
    t = np.asarray(times, float)
    return np.stack([np.ones_like(t), t], axis=1)


def fit_random_slope(scores: ArrayLike, times: ArrayLike) -> Fit:
    """Fit by REML: y ~ time + (1 + time | person).

    Parameters
    ----------
    scores : array_like, shape (n_waves, n_people)
        NaN = not measured.
    times : array_like, shape (n_waves,)
        When the waves were, in the unit of the trend.

    Returns
    -------
    Fit
        ``theta``: variance of the levels at time 0, covariance of levels and trends, variance of the trends,
        residual variance.

    References
    ----------
    Laird & Ware (1982). Random-effects models for longitudinal data. Biometrics, 38(4), 963-974.
    """
    by_person, t = np.asarray(scores, float).T, np.asarray(times, float)
    centre, scale = t.mean(), max(float(t.std()), np.finfo(float).tiny)
    data = blocks(by_person, np.broadcast_to(trend_design(t), (*by_person.shape, 2)))
    fit = fit_reml(data, covariance.random_slope((t - centre) / scale))
    back = np.array([[1.0, -centre / scale], [0.0, 1 / scale]])
    (levels, both), (_, trends) = back @ np.array([fit.theta[:2], fit.theta[1:3]]) @ back.T
    return replace(fit, theta=np.array([levels, both, trends, fit.theta[3]]))


def fit_three_level(scores: ArrayLike, design: ArrayLike, groups: ArrayLike) -> Fit:
    """Fit by REML: y ~ design + (1 | group / person).

    Parameters
    ----------
    scores : array_like, shape (n_waves, n_people)
        NaN = not measured.
    design : array_like, shape (n_waves, p)
        Columns of the fixed part.
    groups : array_like, shape (n_people,)
        Each person's group.

    Returns
    -------
    Fit
        ``theta``: variance between groups, between people of a group, residual variance.

    References
    ----------
    Laird & Ware (1982). Random-effects models for longitudinal data. Biometrics, 38(4), 963-974.

    Examples
    --------
    >>> scores = [[1, 2, 5, 6, 3, 2], [2, 2, 7, 6, 3, 4]]
    >>> fit_three_level(scores, wave_design(2), ["a", "a", "b", "b", "c", "c"]).theta.round(2).tolist()
    [4.69, 0.0, 0.33]
    """
    by_person, columns = np.asarray(scores, float).T, np.asarray(design, float)
    slots = _slots(by_person, np.asarray(groups))
    absent = np.full(by_person.shape[1], np.nan)
    units = np.where((slots >= 0)[..., None], by_person[slots], absent).reshape(len(slots), -1)
    tiled = np.tile(columns, (slots.shape[1], 1))
    data = blocks(units, np.broadcast_to(tiled, (*units.shape, tiled.shape[1])))
    return fit_reml(data, covariance.three_level(slots.shape[1], by_person.shape[1]))


def _slots(by_person: Array, groups: NDArray[np.str_]) -> NDArray[np.int_]:
    """Each group's people in a row, -1 where it has no more; alike patterns in the same order, to be pooled."""
    seen = np.isfinite(by_person)
    names = np.unique(groups[seen.any(axis=1)])
    members = [np.flatnonzero((groups == name) & seen.any(axis=1)) for name in names]
    slots = np.full((len(names), max(len(own) for own in members)), -1)
    for row, own in zip(slots, members, strict=True):
        row[: len(own)] = own[np.lexsort(seen[own].T)]
    return slots
