"""Change over several waves, person by person, summarised by t: the default for one group.

Everyone's waves are first made one number, a change or a trend, and the people's numbers are then compared with 0.
Nothing is assumed about how waves vary together, and people who differ in trend do no harm.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.change import mean_change, t_paired
from evaltools.statistics.estimate import Array, Estimate


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
    values = np.asarray(scores, float)
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
    values = np.asarray(scores, float)
    t = _times(values, times)[:, None]
    seen = np.isfinite(values)
    count = seen.sum(axis=-2)
    own = np.where(seen, t - (seen * t).sum(axis=-2, keepdims=True) / np.maximum(count, 1)[..., None, :], 0.0)
    squares = np.where(count >= 2, (own**2).sum(axis=-2), np.nan)
    trends: Array = (own * np.where(seen, values, 0.0)).sum(axis=-2) / squares
    return trends


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
    """Mean of each person's own trend, with its t interval.

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
    Unlike a model with a random intercept only, it keeps its level when people differ in trend.

    References
    ----------
    Matthews, Altman, Campbell & Royston (1990). Analysis of serial measurements in medical research. BMJ, 300,
    230-235.

    Examples
    --------
    >>> found = mean_trend([[1, 2, 3], [2, 2, 3], [3, 2, 4]])
    >>> round(float(found.value), 3), round(float(found.low), 3), round(float(found.high), 3)
    (0.5, -0.742, 1.742)
    """
    trends, step = _trends_per_step(scores, times)
    found = mean_change(np.zeros_like(trends), trends, level=level)
    return replace(found, measure="mean_trend", value=found.value / step, low=found.low / step,
                   high=found.high / step, method="t of people's own least-squares trends")  # fmt: skip


def t_trend(scores: ArrayLike, times: ArrayLike | None = None) -> tuple[Estimate, Estimate]:
    """Student's t of people's own trends, and its two-sided p-value.

    Parameters
    ----------
    scores, times
        As in `mean_trend`.

    Returns
    -------
    tuple of Estimate
        t and p; NaN with note ``"too_few"`` below two people with two waves and ``"no_variance"`` where all
        trends are equal.

    References
    ----------
    Matthews, Altman, Campbell & Royston (1990). BMJ, 300, 230-235.

    Examples
    --------
    >>> t, p = t_trend([[1, 2, 3], [2, 2, 3], [3, 2, 4]])
    >>> round(float(t.value), 3), round(float(p.value), 3)
    (1.732, 0.225)
    """
    trends, _ = _trends_per_step(scores, times)
    t, p = t_paired(np.zeros_like(trends), trends)
    method = "t of people's own least-squares trends"
    return replace(t, measure="t_trend", method=method), replace(p, measure="p_t_trend", method=f"{method}, two-sided")


def _trends_per_step(scores: ArrayLike, times: ArrayLike | None) -> tuple[Array, float]:
    """Trends per mean distance of two waves, so that what counts as rounding does not depend on the unit of time."""
    t = _times(np.asarray(scores, float), times)
    step = float(np.ptp(t)) / max(len(t) - 1, 1) or 1.0
    return individual_trends(scores, times) * step, step


def _times(values: Array, times: ArrayLike | None) -> Array:
    waves = values.shape[-2]
    t = np.arange(waves, dtype=float) if times is None else np.asarray(times, float)
    if t.shape != (waves,) or len(np.unique(t)) < waves:
        raise ValueError("times must hold one time a wave, all different")
    return t
