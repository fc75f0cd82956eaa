"""The BCa bootstrap of a mean change; offered for comparison with other programs, never the default."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import (
    NO_SPREAD,
    Array,
    Estimate,
    complete_pairs,
    count,
    estimate,
    mean_and_sd,
    same_number_of_people,
)

_ENUMERATED = 8  # people up to whom every resample is counted: 6,435 of them
_RESAMPLES = 99_999
_SEED = 20_240
_AT_ONCE = 2**22


def bca_change(before: ArrayLike, after: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Mean change with the BCa (bias-corrected and accelerated) bootstrap interval.

    At supervision's numbers this interval is too narrow: it covers 83 % in place of 95 % at five people and 88 % at
    eight (4,000 simulated groups each). Use `mean_change`.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        Scores of the same people in the same order; a person with NaN in either wave is left out.
    level : float, default 0.95
        Nominal coverage.

    Returns
    -------
    Estimate
        In points of the scale. One pair, or everybody changed alike: the value without interval, note ``"too_few"``
        or ``"no_variance"``.

    Notes
    -----
    Resamples that equal the estimate count half in the bias correction; the acceleration comes from the jackknife
    [1]_. Up to eight people all resamples are counted with their probabilities, so there is no chance in the result;
    above, 99,999 are drawn with a fixed seed, the same for every cell.

    References
    ----------
    .. [1] Efron (1987). Better bootstrap confidence intervals. Journal of the American Statistical Association,
       82(397), 171-185.

    Examples
    --------
    >>> found = bca_change([1, 2, 3, 4], [2, 2, 5, 5])
    >>> float(found.value), round(float(found.low), 4), round(float(found.high), 4)
    (1.0, 0.25, 1.75)
    """
    first, second = complete_pairs(before, after)
    change = second - first
    n, (value, sd) = count(change), mean_and_sd(change)
    low, high = np.full((2, n.size), np.nan)
    for at, changes in same_number_of_people(change):
        some = at[sd.reshape(-1)[at] > 0]
        step = max(1, _AT_ONCE // (_RESAMPLES if changes.shape[1] > _ENUMERATED else 6435))
        for start in range(0, len(some), step):
            part = some[start : start + step]
            low[part], high[part] = _bca(changes[np.isin(at, part)], level)
    note = np.where(n < 2, "too_few", np.where(sd == 0, "no_variance", ""))
    return estimate("bca_change", value, n, "BCa bootstrap", low=low.reshape(n.shape), high=high.reshape(n.shape),
                    level=level, note=note)  # fmt: skip


def acceleration(changes: Array) -> Array:
    """Skewness of the jackknifed means, which shifts the limits of BCa.

    Parameters
    ----------
    changes : ndarray, shape (..., n_people)
        Changes without gaps.

    Returns
    -------
    ndarray, shape (...)
        Without unit; 0 for changes that lie evenly around their mean, NaN where all are equal.

    Examples
    --------
    >>> round(float(acceleration(np.array([0.0, 0.0, 1.0, 3.0]))), 4), float(acceleration(np.array([1.0, 1.0])))
    (0.068, nan)
    """
    centred = changes - changes.sum(axis=-1, keepdims=True) / max(changes.shape[-1], 1)
    squares = (centred**2).sum(axis=-1)
    skew: Array = (centred**3).sum(axis=-1) / (6 * np.where(squares > 0, squares, np.nan) ** 1.5)
    return skew


def _bca(changes: Array, level: float) -> tuple[Array, Array]:
    """Limits of each cell; a row of ``changes`` is a cell."""
    counts, chance = _resamples(changes.shape[1])
    means = changes @ counts.T / changes.shape[1]
    order = np.argsort(means, axis=1)
    means = np.take_along_axis(means, order, axis=1)
    chance = np.cumsum(chance[order], axis=1)
    shift = special.ndtri(_share_below(means, chance, changes.mean(axis=1)))
    skew = acceleration(changes)
    low, high = (_quantile(means, chance, _adjusted(shift, skew, tail)) for tail in ((1 - level) / 2, (1 + level) / 2))
    return low, high


def _adjusted(shift: Array, skew: Array, tail: float) -> Array:
    z = shift + special.ndtri(tail)
    share: Array = special.ndtr(shift + z / (1 - skew * z))
    return share


def _share_below(means: Array, chance: Array, bar: Array) -> Array:
    """Probability of a resampled mean below the bar, one equal to it counted half."""
    below, to = ((means < (bar + side * NO_SPREAD)[:, None]).sum(axis=1) for side in (-1, 1))
    padded = np.concatenate([np.zeros((len(means), 1)), chance], axis=1)
    rows = np.arange(len(means))
    share: Array = (padded[rows, below] + padded[rows, to]) / 2
    return share


def _quantile(means: Array, chance: Array, share: Array) -> Array:
    at = np.minimum((chance < share[:, None] - 1e-12).sum(axis=1), means.shape[1] - 1)
    limit: Array = means[np.arange(len(means)), at]
    return limit


@lru_cache(maxsize=16)
def _resamples(n: int) -> tuple[Array, Array]:
    """How often each person is drawn, a row a resample, and the resample's probability."""
    if n > _ENUMERATED:
        drawn = np.random.default_rng(_SEED).multinomial(n, np.full(n, 1 / n), size=_RESAMPLES).astype(float)
        return drawn, np.full(_RESAMPLES, 1 / _RESAMPLES)
    rows = np.array(list(_compositions(n, n)), float)
    log_chance = special.gammaln(n + 1) - special.gammaln(rows + 1).sum(axis=1) - n * np.log(n)
    return rows, np.exp(log_chance)


def _compositions(total: int, parts: int) -> list[tuple[int, ...]]:
    if parts == 1:
        return [(total,)]
    return [(first, *rest) for first in range(total + 1) for rest in _compositions(total - first, parts - 1)]
