"""Change over several waves, person by person, summarised by t: the default for one group.

Everyone's waves are first made one number, a change or a trend, and the people's numbers are then compared with 0.
Nothing is assumed about how waves vary together, and people who differ in trend do no harm.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evaltools.statistics.change import mean_change
from evaltools.statistics.estimate import Array, Estimate, by_wave, count, estimate, mean_and_sd, note_for, numbers

_TRENDS = "people's own least-squares trends, weighted by the spread of their waves, CR2"


def first_and_last(scores: ArrayLike) -> tuple[Array, Array]:
    """Each person's first and last score.

    Parameters
    ----------
    scores : array_like, shape (..., n_waves, n_people)
        In the order of the waves; NaN = not measured.

    Returns
    -------
    tuple of ndarray, shape (..., n_people)
        NaN in both for a person with fewer than two waves.

    Examples
    --------
    >>> before, after = first_and_last([[1, float("nan")], [2, 3], [float("nan"), 5]])
    >>> before.tolist(), after.tolist()
    ([1.0, 3.0], [2.0, 5.0])
    """
    values = by_wave(scores)
    seen = np.isfinite(values)
    latest = values.shape[-2] - 1 - seen[..., ::-1, :].argmax(axis=-2)
    before, after = (np.take_along_axis(values, at[..., None, :], -2)[..., 0, :] for at in (seen.argmax(-2), latest))
    twice = seen.sum(axis=-2) >= 2
    return np.where(twice, before, np.nan), np.where(twice, after, np.nan)


def individual_trends(scores: ArrayLike, times: ArrayLike | None = None) -> Array:
    r"""Each person's trend: the least-squares line through the waves that the person has.

    Parameters
    ----------
    scores : array_like, shape (..., n_waves, n_people)
        In points of the scale; NaN = not measured.
    times : array_like, shape (n_waves,), optional
        When the waves were, in the unit of the trend; 0, 1, 2 ... if not given.

    Returns
    -------
    ndarray, shape (..., n_people)
        Points of the scale per unit of time; NaN for a person with fewer than two waves.

    Raises
    ------
    ValueError
        If times and scores do not hold the same waves, or two waves have the same time.

    Notes
    -----
    :math:`b_i = \sum_j (t_{ij} - \bar t_i) y_{ij} / \sum_j (t_{ij} - \bar t_i)^2` over the person's own waves.

    Examples
    --------
    >>> individual_trends([[1, 2, 3], [2, 2, 2], [3, 2, float("nan")]]).tolist()
    [1.0, 0.0, -1.0]
    """
    return _lines(scores, times)[0]


def mean_last_change(scores: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Mean of each person's change from the first to the last wave that the person has.

    Parameters
    ----------
    scores : array_like, shape (..., n_waves, n_people)
        In points of the scale; NaN = not measured.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    Estimate
        In points of the scale; ``n`` counts people with at least two waves. Notes as in `mean_change`. People who
        left early have had less time to change.

    References
    ----------
    Matthews, Altman, Campbell & Royston (1990). Analysis of serial measurements in medical research. BMJ, 300,
    230-235.

    Examples
    --------
    >>> found = mean_last_change([[1, 2, 4], [2, 4, float("nan")], [3, float("nan"), 5]])
    >>> round(float(found.value), 3), float(found.n)
    (1.667, 3.0)
    """
    found = mean_change(*first_and_last(scores), level=level)
    return replace(found, measure="mean_last_change", method="t of people's last minus first score")


def mean_trend(scores: ArrayLike, times: ArrayLike | None = None, *, level: float = 0.95) -> Estimate:
    r"""Mean of each person's own trend, with its t interval.

    Who was measured over a longer time counts for more, because that person's trend is known better. Where everyone
    has every wave, all count alike.

    Parameters
    ----------
    scores : array_like, shape (..., n_waves, n_people)
        In points of the scale; NaN = not measured.
    times : array_like, shape (n_waves,), optional
        When the waves were, in the unit of the trend; 0, 1, 2 ... if not given.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    Estimate
        Points of the scale per unit of time; ``n`` counts people with at least two waves. With one such person
        the value stands and the interval is NaN with note ``"too_few"``, with equal trends likewise with
        ``"no_variance"``.

    Notes
    -----
    With :math:`S_i = \sum_j (t_{ij} - \bar t_i)^2` and :math:`w_i = S_i / \sum S` the mean is :math:`b = \sum w_i b_i`,
    the slope within people; its variance :math:`\sum_i a_i (b_i - b)^2` with :math:`a_i = w_i^2 / (1 - w_i)` is CR2
    with people as clusters [2]_, unbiased where true trends are equal and robust where they are not; Satterthwaite's
    degrees of freedom are :math:`1 / (\sum w_i^2 + (\sum a_i)^2 - \sum a_i^2)`. With complete data this is the t of
    people's trends, n - 1 degrees of freedom [1]_. In drawn groups it has 4 to 5.5 % false alarms where half the
    people leave, whether they differ in trend or not; with equal weights it had 3 %, and intervals half as wide again.

    References
    ----------
    .. [1] Matthews, Altman, Campbell & Royston (1990). Analysis of serial measurements in medical research. BMJ, 300,
       230-235.
    .. [2] Pustejovsky & Tipton (2018). Small-sample methods for cluster-robust variance estimation and hypothesis
       testing in fixed effects models. Journal of Business & Economic Statistics, 36(4), 672-683.

    Examples
    --------
    >>> found = mean_trend([[1, 2, 3], [2, 2, 3], [3, 2, 4]])
    >>> round(float(found.value), 3), round(float(found.low), 3), round(float(found.high), 3)
    (0.5, -0.742, 1.742)
    """
    found = _weighted(scores, times)
    half = special.stdtrit(found.df, (1 + level) / 2) * found.error
    return estimate("mean_trend", found.mean, found.n, f"t of {_TRENDS}", low=found.mean - half,
                    high=found.mean + half, level=level, df=found.df, note=found.note)  # fmt: skip


def t_trend(scores: ArrayLike, times: ArrayLike | None = None) -> tuple[Estimate, Estimate]:
    """Student's t of people's own trends, and its two-sided p-value.

    Parameters
    ----------
    scores, times
        As in `mean_trend`.

    Returns
    -------
    tuple of Estimate
        t and p, with the degrees of freedom of `mean_trend`; NaN with note ``"too_few"`` below two people with two
        waves and ``"no_variance"`` where all trends are equal.

    References
    ----------
    As in `mean_trend`.

    Examples
    --------
    >>> t, p = t_trend([[1, 2, 3], [2, 2, 3], [3, 2, 4]])
    >>> round(float(t.value), 3), round(float(p.value), 3)
    (1.732, 0.225)
    """
    found = _weighted(scores, times)
    t = found.mean / found.error
    p = 2 * special.stdtr(found.df, -np.abs(t))
    return (estimate("t_trend", t, found.n, f"t of {_TRENDS}", df=found.df, note=found.note),
            estimate("p_t_trend", p, found.n, f"t of {_TRENDS}, two-sided", df=found.df, note=found.note))  # fmt: skip


class _Weighted(NamedTuple):
    """The weighted mean of people's trends, its standard error and degrees of freedom, from how many, what lacks."""

    mean: Array
    error: Array
    df: Array
    n: Array
    note: NDArray[np.str_]


def _weighted(scores: ArrayLike, times: ArrayLike | None) -> _Weighted:
    trends, squares = _lines(scores, times)
    n = count(trends)
    weights = squares / np.where(n >= 1, np.nansum(squares, axis=-1), np.nan)[..., None]
    mean = np.where(n >= 1, np.nansum(weights * trends, axis=-1), np.nan)
    parts = weights**2 / np.where(weights < 1, 1 - weights, np.nan)
    variance = np.nansum(parts * (trends - mean[..., None]) ** 2, axis=-1)
    below = np.nansum(weights**2 - parts**2, axis=-1) + np.nansum(parts, axis=-1) ** 2
    # Trends per mean distance of two waves, so that what counts as rounding does not depend on the unit of time.
    spread = mean_and_sd(trends * _step(scores, times))[1]
    varies = spread > 0
    return _Weighted(mean, np.sqrt(np.where(varies, variance, np.nan)),
                     1 / np.where(n >= 2, below, np.nan), n, note_for(n, spread))  # fmt: skip


def _lines(scores: ArrayLike, times: ArrayLike | None) -> tuple[Array, Array]:
    """Each person's least-squares slope, and how far the person's own waves spread in time (squares); NaN without."""
    values = by_wave(scores)
    t = _times(values, times)[:, None]
    seen = np.isfinite(values)
    people_waves = seen.sum(axis=-2)
    own = np.where(seen, t - (seen * t).sum(axis=-2, keepdims=True) / np.maximum(people_waves, 1)[..., None, :], 0.0)
    squares = np.where(people_waves >= 2, (own**2).sum(axis=-2), np.nan)
    return (own * np.where(seen, values, 0.0)).sum(axis=-2) / squares, squares


def _step(scores: ArrayLike, times: ArrayLike | None) -> float:
    t = _times(by_wave(scores), times)
    return float(np.ptp(t)) / max(len(t) - 1, 1) or 1.0


def _times(values: Array, times: ArrayLike | None) -> Array:
    waves = values.shape[-2]
    t = np.arange(waves, dtype=float) if times is None else numbers(times)
    if t.shape != (waves,) or len(np.unique(t)) < waves:
        raise ValueError("times must hold one time a wave, all different")
    return t
