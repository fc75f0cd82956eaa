"""One person followed over time: whether the time with supervision differs from the time before it.

Individual supervision has one person with many measurements, so people cannot be averaged; measurements before the
start (phase A) are compared with those after it (phase B), each with each. ``n`` of these estimates counts
measurements. NaN = not measured, and is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import R_ROOT_TOLERANCE, Array, Estimate, estimate, numbers

_TIED = 1e-9  # means of thirds tie only up to floating error


def nap(before: ArrayLike, during: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Nonoverlap of all pairs: how often a measurement of phase B is above one of phase A.

    Parameters
    ----------
    before, during : array_like, shape (n_points,)
        One person's scores in phase A and in phase B. Where lower is better, give both negated.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    Estimate
        Share of all pairs (one of A, one of B) in which B is higher, ties counted half: .5 is no difference. NaN with
        note ``"too_few"`` where a phase has no measurement.

    Notes
    -----
    The interval takes in every value from which the estimate does not differ by more than a normal quantile of its
    standard error at that value [1]_ [2]_; at 0 and 1 too, so that it is never of no width. It assumes that
    measurements do not depend on the one before; where they do, it is too narrow.

    References
    ----------
    .. [1] Parker & Vannest (2009). An improved effect size for single-case research: nonoverlap of all pairs.
       Behavior Therapy, 40(4), 357-367.
    .. [2] Newcombe (2006). Confidence intervals for an effect size measure based on the Mann-Whitney statistic.
       Part 2. Statistics in Medicine, 25(4), 559-573.

    Examples
    --------
    >>> found = nap([20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29])
    >>> round(float(found.value), 3), round(float(found.low), 3), round(float(found.high), 3)
    (0.917, 0.597, 0.986)
    """
    a, b = _measured(before), _measured(during)
    n, method = len(a) + len(b), "score interval"
    if not (len(a) and len(b)):
        return estimate("nap", np.nan, n, method, note="too_few")
    value = (_dominance(a, b).mean() + 1) / 2
    low, high = _score_interval(value, len(a), len(b), level)
    return estimate("nap", value, n, method, low=low, high=high, level=level)


def tau_ab(before: ArrayLike, during: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Kendall's tau between phases: pairs in which B is higher minus pairs in which it is lower, as a share.

    Parameters
    ----------
    before, during : array_like, shape (n_points,)
        As in `nap`.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    Estimate
        Between -1 and 1, twice `nap` minus 1, as its interval is. NaN with note ``"too_few"`` where a phase is empty.

    References
    ----------
    Parker, Vannest, Davis & Sauber (2011). Combining nonoverlap and trend for single-case research: Tau-U.
    Behavior Therapy, 42(2), 284-299.

    Examples
    --------
    >>> round(float(tau_ab([20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29]).value), 3)
    0.833
    """
    return _as_tau("tau_ab", nap(before, during, level=level), "score interval")


def tau_u(before: ArrayLike, during: ArrayLike) -> Estimate:
    r"""Tau-U: the difference between phases, less the trend that phase A already had.

    Parameters
    ----------
    before, during : array_like, shape (n_points,)
        One person's scores in time order within each phase.

    Returns
    -------
    Estimate
        :math:`(S_{AB} - S_A)/(n_A n_B)` with Kendall's S between the phases and within A [1]_. It is no correlation
        and can leave [-1, 1]; no interval is given, since those in use contradict their own p-values. Use it only
        where correction for the baseline's trend was declared beforehand. NaN with note ``"too_few"`` where a phase
        is empty.

    References
    ----------
    .. [1] Parker, Vannest, Davis & Sauber (2011). Combining nonoverlap and trend for single-case research: Tau-U.
       Behavior Therapy, 42(2), 284-299.

    Examples
    --------
    >>> round(float(tau_u([20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29]).value), 3)
    0.738
    """
    a, b = _measured(before), _measured(during)
    n = len(a) + len(b)
    if not (len(a) and len(b)):
        return estimate("tau_u", np.nan, n, "Tau-U", note="too_few")
    value = (_dominance(a, b).sum() - kendall_s(a)) / (len(a) * len(b))
    return estimate("tau_u", value, n, "Tau-U")


def tau_baseline_corrected(before: ArrayLike, during: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Tau between phases after the straight trend of phase A has been taken out of both.

    Parameters
    ----------
    before, during : array_like, shape (n_points,)
        One person's scores, evenly spaced in time, B following A; NaN keeps its place in time.
    level : float, default 0.95
        Coverage of the interval, which does not hold the uncertainty of the trend taken out.

    Returns
    -------
    Estimate
        Between -1 and 1. NaN with note ``"too_few"`` below two measurements in A or one in B.

    References
    ----------
    Tarlow (2017). An improved rank correlation effect size statistic for single-case designs: Baseline corrected
    Tau. Behavior Modification, 41(4), 427-467.

    Examples
    --------
    >>> found = tau_baseline_corrected([20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29])
    >>> round(float(found.value), 3)
    0.286
    """
    a, b = numbers(before), numbers(during)
    slope = trend(a).value
    weeks = np.arange(len(a) + len(b))
    left = np.concatenate([a, b]) - slope * weeks
    found = nap(left[: len(a)], left[len(a) :], level=level)
    return _as_tau("tau_bc", found, "Theil-Sen trend removed, score interval")


def trend(values: ArrayLike, times: ArrayLike | None = None, *, level: float = 0.95) -> Estimate:
    r"""Trend of one series: the median of the slopes between all pairs of points (Theil-Sen).

    Parameters
    ----------
    values : array_like, shape (n_points,)
        One person's scores.
    times : array_like, shape (n_points,), optional
        When they were measured, no two alike; default 0, 1, 2 ... A point that was not measured keeps its time.
    level : float, default 0.95
        Least coverage of the interval.

    Returns
    -------
    Estimate
        Points of the scale per unit of time. The interval leaves out 0 exactly when Kendall's exact test of the
        series finds a trend. Below five points no 95 % interval exists: the value stands with note
        ``"too_few"``; below two it is NaN.

    Raises
    ------
    ValueError
        If two points have the same time.

    Notes
    -----
    The interval leaves out so many of the smallest and largest slopes as the exact distribution of Kendall's S
    allows [1]_ [2]_. Points are taken not to depend on the one before; where they do, it is too narrow.

    References
    ----------
    .. [1] Sen (1968). Estimates of the regression coefficient based on Kendall's tau. Journal of the American
       Statistical Association, 63, 1379-1389.
    .. [2] Hollander, Wolfe & Chicken (2014). Nonparametric statistical methods, 3rd ed. Wiley, section 9.3.

    Examples
    --------
    >>> found = trend([2, 2.5, 3, 3, 3.5, 4])
    >>> round(float(found.value), 3), round(float(found.low), 3), round(float(found.high), 3)
    (0.375, 0.25, 0.5)
    """
    points = numbers(values)
    when = np.arange(len(points), dtype=float) if times is None else numbers(times)
    kept = np.isfinite(points)
    n, method = int(kept.sum()), "Theil-Sen, exact Kendall interval"
    if n < 2:
        return estimate("trend", np.nan, n, method, note="too_few")
    slopes = _slopes(points[kept], when[kept])
    out = _left_out(n, (1 - level) / 2)
    low, high = (slopes[out - 1], slopes[-out]) if out else (np.nan, np.nan)
    return estimate("trend", np.median(slopes), n, method, low=low, high=high, level=level,
                    note="" if out else "too_few")  # fmt: skip


def kendall_s(values: ArrayLike) -> float:
    """Kendall's S of a series against time: pairs that rise minus pairs that fall.

    >>> kendall_s([20, 20, 26, 25, 22, 23])
    4.0
    """
    series = _measured(values)
    return float(np.triu(_dominance(series, series), 1).sum())


def _measured(values: ArrayLike) -> Array:
    points = numbers(values)
    measured: Array = points[np.isfinite(points)]
    return measured


def _dominance(a: Array, b: Array) -> Array:
    """For every pair 1 where b is higher, -1 where lower, 0 where equal; shape (a, b)."""
    gap = b[None, :] - a[:, None]
    slack = _TIED * max(1.0, float(np.abs(b).max(initial=0)), float(np.abs(a).max(initial=0)))
    signs: Array = np.where(np.abs(gap) <= slack, 0.0, np.sign(gap))
    return signs


def _score_interval(value: float, m: int, n: int, level: float) -> tuple[float, float]:
    """The two values from which the estimate lies just a normal quantile of their standard error away.

    At an estimate of 0 or 1 the equation has that value as a root, which is divided away before the other is sought.
    """
    h, z = (m + n) / 2 - 1, float(special.ndtri((1 + level) / 2))

    def distance(x: float) -> float:
        error = z**2 * (2 + h + (1 + 2 * h) * x * (1 - x))
        reach = m * n * (2 - x) * (1 + x)
        if value >= 1:
            return reach * (1 - x) - error * x
        if value <= 0:
            return reach * x - error * (1 - x)
        return reach * (value - x) ** 2 - error * x * (1 - x)

    from scipy import optimize  # a quarter of a second, wanted here only

    low = float(optimize.brentq(distance, 0, min(value, 1), xtol=R_ROOT_TOLERANCE)) if value > 0 else 0.0
    high = float(optimize.brentq(distance, max(value, 0), 1, xtol=R_ROOT_TOLERANCE)) if value < 1 else 1.0
    return low, high


def _as_tau(measure: str, found: Estimate, method: str) -> Estimate:
    value, low, high = (2 * end - 1 for end in (found.value, found.low, found.high))
    return estimate(measure, value, found.n, method, low=low, high=high, level=found.level, note=found.note)


def _slopes(points: Array, when: Array) -> Array:
    first, second = np.triu_indices(len(points), 1)
    steps = when[second] - when[first]
    if (steps == 0).any():
        raise ValueError("two points have the same time")
    return np.sort((points[second] - points[first]) / steps)


def _left_out(n: int, tail: float) -> int:
    """Which slope from either end is the interval's: the first is 1, and 0 means that no such interval exists.

    Counts the orders of n points by their number of falling pairs: the chance, without trend, that fewer than so
    many pairs fall must not pass the tail.
    """
    orders = np.ones(1)
    for size in range(2, n + 1):
        orders = np.convolve(orders, np.ones(size) / size)
    below = np.cumsum(orders)  # chance that at most 0, 1, 2 ... pairs fall
    return int((below <= tail * (1 + 1e-12)).sum())
