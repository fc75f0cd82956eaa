"""Charts of one series over time: XmR and p charts, the rules that find signals, runs about the median.

One series is one dimension: a point a session or a week, in order. A point that is NaN was not measured and is
passed over, as if the next had followed at once. ``n`` of these estimates counts points.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.measures import limits
from evaltools.statistics.estimate import NO_SPREAD, Array, Estimate, estimate, numbers
from evaltools.statistics.rates import binomial_quantile

Marks = NDArray[np.bool_]

_D2 = 2 / np.pi**0.5  # mean range of two draws from a normal distribution, in standard deviations
_D3 = (2 - 4 / np.pi) ** 0.5  # and its standard deviation
CONSTANTS = {  # distance of the limits from the centre, and the upper limit of the moving range, in moving ranges
    "textbook": (2.66, 3.267),
    "exact": (3 / _D2, 1 + 3 * _D3 / _D2),
    "median": (3.145, 3.865),
}
_ON_THE_LINE = 1e-9  # means of thirds lie on a line only up to floating error


def chart_kind(n_points: int) -> str:
    """What a series of so many points can be shown as in a report.

    Parameters
    ----------
    n_points : int
        Measured points.

    Returns
    -------
    str
        ``"control_chart"`` (limits and signals), ``"run_chart"`` (the points and their median, no signal) or
        ``"list"``; from how many points is data (``limits.toml``).

    Examples
    --------
    >>> chart_kind(12), chart_kind(8), chart_kind(5)
    ('control_chart', 'run_chart', 'list')
    """
    if n_points >= limits()["control_chart_points"]:
        return "control_chart"
    return "run_chart" if n_points >= limits()["run_chart_points"] else "list"


def xmr_chart(
    values: ArrayLike, *, baseline: ArrayLike | None = None, constants: str = "textbook"
) -> tuple[Estimate, Estimate]:
    r"""Centre and natural process limits of an individuals chart, and of its moving range.

    Parameters
    ----------
    values : array_like, shape (n_points,)
        One series in time order; NaN = not measured.
    baseline : array_like of bool, shape (n_points,), optional
        The points that centre and limits rest on; default all. Limits are never worked out through a signal.
    constants : {"textbook", "exact", "median"}
        ``"textbook"``: mean and mean moving range with 2.66 and 3.267; ``"exact"``: the same with
        :math:`d_2 = 2/\sqrt\pi` unrounded; ``"median"``: median and median moving range with 3.145 and 3.865,
        which a single wild point moves less.

    Returns
    -------
    tuple of Estimate
        The centre with its limits, and the average moving range with its upper limit, in the unit of the values;
        ``n`` counts the points that they rest on. Limits are NaN with note ``"too_few"`` below two points and
        ``"no_variance"`` where no point differs from the one before; without points the centre is NaN too.

    Notes
    -----
    Limits :math:`\bar x \pm 2.66\,\overline{mR}`, upper range limit :math:`3.267\,\overline{mR}` [1]_. A report
    shows limits from 12 points only (`chart_kind`).

    References
    ----------
    .. [1] Wheeler (2000). Understanding variation, 2nd ed. SPC Press.

    Examples
    --------
    >>> individuals, ranges = xmr_chart([5, 6, 4, 5, 7, 5])
    >>> round(float(individuals.low), 3), round(float(individuals.high), 3), round(float(ranges.high), 3)
    (1.077, 9.589, 5.227)
    """
    series = _measured_of(values, baseline)
    average = np.median if constants == "median" else np.mean
    ranges = np.abs(np.diff(series))
    n = len(series)
    centre = float(average(series)) if n else np.nan
    spread = float(average(ranges)) if n >= 2 else np.nan
    note = "too_few" if n < 2 else "no_variance" if spread <= NO_SPREAD else ""
    reach = np.nan if note else spread
    wide, top = CONSTANTS[constants]
    method = f"XmR, {constants} constants"
    return (estimate("xmr_centre", centre, n, method, low=centre - wide * reach, high=centre + wide * reach, note=note),
            estimate("xmr_moving_range", spread, n, method, low=reach * 0, high=top * reach, note=note))  # fmt: skip


def p_chart(count: ArrayLike, of: ArrayLike) -> Estimate:
    r"""Centre and control limits of a chart of shares, one cell a point.

    Parameters
    ----------
    count, of : array_like, shape (n_points,)
        How many of how many, for example people who attended of people expected, in time order. A point with NaN,
        or of 0, has no limits.

    Returns
    -------
    Estimate
        Value: the centre, the same at every point; low and high: that point's limits, between 0 and 1; ``n`` and
        ``of``: the point's denominator. Note ``"too_few"`` at a point of 0, ``"no_variance"`` where the share is 0
        or 1 throughout: then there is no limit.

    Notes
    -----
    :math:`\bar p \pm 3\sqrt{\bar p(1 - \bar p)/n_i}` with :math:`\bar p = \sum x_i/\sum n_i` [1]_.

    References
    ----------
    .. [1] Montgomery (2013). Introduction to statistical quality control, 7th ed. Wiley.

    Examples
    --------
    >>> chart = p_chart([5, 6, 3, 6], [6, 6, 6, 6])
    >>> round(float(chart.value[0]), 4), round(float(chart.low[0]), 4), float(chart.high[0])
    (0.8333, 0.3769, 1.0)
    """
    x, total = numbers(count), numbers(of)
    there = np.isfinite(x) & (total > 0)
    n = np.where(there, total, np.nan)
    people = np.nansum(n)
    centre = np.nansum(np.where(there, x, 0)) / people if people > 0 else np.nan
    fixed = centre in (0, 1)
    half = np.nan if fixed else 3 * np.sqrt(centre * (1 - centre) / n)
    note = np.where(there, "no_variance" if fixed else "", "too_few")
    return estimate("p_chart_centre", np.full(x.shape, centre), np.where(there, total, 0), "p chart",
                    low=np.maximum(centre - half, 0), high=np.minimum(centre + half, 1), note=note)  # fmt: skip


def beyond_limits(values: ArrayLike, chart: Estimate) -> Marks:
    """Which points lie outside the limits of a chart.

    Parameters
    ----------
    values : array_like, shape (n_points,)
        The series, for a p chart the shares.
    chart : Estimate
        From `xmr_chart` or `p_chart`; its limits are one pair or a pair a point.

    Returns
    -------
    ndarray of bool, shape (n_points,)
        Points on a limit are inside; without limits nothing is outside.

    Examples
    --------
    >>> series = [5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 14]
    >>> beyond_limits(series, xmr_chart(series)[0]).nonzero()[0].tolist()
    [11]
    """
    points = numbers(values)
    slack = _ON_THE_LINE * np.maximum(1, np.abs(points))
    outside: Marks = (points > chart.high + slack) | (points < chart.low - slack)
    return outside


def run_on_one_side(values: ArrayLike, centre: float, length: int = 8) -> Marks:
    """Which points complete or prolong a run of points strictly on one side of the centre.

    Parameters
    ----------
    values : array_like, shape (n_points,)
        The series.
    centre : float
        The centre; a point on it breaks a run.
    length : int, default 8
        From the how many-th point a run is marked.

    Returns
    -------
    ndarray of bool, shape (n_points,)
        False at points that were not measured.

    References
    ----------
    Nelson (1984). The Shewhart control chart: tests for special causes. Journal of Quality Technology, 16(4).

    Examples
    --------
    >>> run_on_one_side([1, 3, 3, 3, 2, 3], 2, length=3).tolist()
    [False, False, False, True, False, False]
    """
    return _placed(values, lambda points: _run_lengths(_sides(points, centre)) >= length)


def steady_trend(values: ArrayLike, length: int = 6) -> Marks:
    """Which points complete or prolong a row of points, each above (or each below) the one before.

    Parameters
    ----------
    values : array_like, shape (n_points,)
        The series.
    length : int, default 6
        From the how many-th point, the first included, the row is marked. Equal points break it.

    Examples
    --------
    >>> steady_trend([1, 2, 3, 4, 4], length=3).tolist()
    [False, False, True, True, False]
    """

    def found(points: Array) -> Marks:
        steps = _sides(np.diff(points), 0.0)
        return np.concatenate([np.zeros(min(len(points), 1), bool), _run_lengths(steps) >= length - 1])

    return _placed(values, found)


def most_beyond(values: ArrayLike, centre: float, distance: float, k: int, of: int) -> Marks:
    """Which points lie far out on a side where at least k of the last few do.

    Parameters
    ----------
    values : array_like, shape (n_points,)
        The series.
    centre, distance : float
        A point is far out when it lies more than ``distance`` from the centre; two thirds of the way to a limit for
        "two of three", a third for "four of five", half for "three of four closer to the limit".
    k, of : int
        At least k of the last ``of`` points, on the same side; the first ``of`` - 1 points are never marked.

    References
    ----------
    Western Electric (1956). Statistical quality control handbook; Wheeler (2000). Understanding variation.

    Examples
    --------
    >>> most_beyond([0, 3, 0, 3, -3], 0, 2, k=2, of=3).tolist()
    [False, False, False, True, False]
    """

    def found(points: Array) -> Marks:
        marks = np.zeros(len(points), bool)
        for side in (1, -1):
            far = side * (points - centre) > distance + _ON_THE_LINE * max(1, abs(centre))
            among = np.convolve(far, np.ones(of))[: len(points)] if len(points) else np.zeros(0)
            marks |= far & (among >= k)
        marks[: of - 1] = False  # fewer than that many points lie behind
        return marks

    return _placed(values, found)


def signals(values: ArrayLike, chart: Estimate) -> Marks:
    """Which points of an individuals chart are signals: outside the limits, or the eighth of a run on one side.

    Parameters
    ----------
    values : array_like, shape (n_points,)
        The series.
    chart : Estimate
        The first of `xmr_chart`. Each further rule would add false alarms, so these two are all.

    Examples
    --------
    >>> series = [4, 6, 4, 6, 5, 6, 5, 6, 5, 6, 5, 14]
    >>> signals(series, xmr_chart(series)[0]).nonzero()[0].tolist()
    [11]
    """
    return beyond_limits(values, chart) | run_on_one_side(values, float(chart.value))


def runs(values: ArrayLike, centre: float) -> tuple[Estimate, Estimate]:
    r"""Longest run on one side of the centre, and how often the series crosses it.

    Parameters
    ----------
    values : array_like, shape (n_points,)
        The series; points on the centre are not counted.
    centre : float
        Usually the median.

    Returns
    -------
    tuple of Estimate
        The longest run with its upper limit (``high``) and the crossings with their lower limit (``low``); a longer
        run or fewer crossings speak of a shift. ``n`` counts useful points. NaN with note ``"too_few"`` without
        any.

    Notes
    -----
    Upper limit :math:`\log_2 n + 3`, rounded; lower limit the 5 % quantile of a binomial with n - 1 trials and
    probability one half [1]_.

    References
    ----------
    .. [1] Anhøj & Olesen (2014). Run charts revisited. PLoS ONE, 9(11), e113825.

    Examples
    --------
    >>> longest, crossings = runs([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 5.5)
    >>> float(longest.value), float(longest.high), float(crossings.value), float(crossings.low)
    (5.0, 6.0, 1.0, 2.0)
    """
    points = _measured_of(values, None)
    side = _sides(points, centre)
    useful = side[side != 0]
    n, method = len(useful), "Anhøj rules"
    if n == 0:
        nothing = [estimate(name, np.nan, 0, method, note="too_few") for name in ("longest_run", "crossings")]
        return nothing[0], nothing[1]
    longest, crossed = _run_lengths(useful).max(), (np.diff(useful) != 0).sum()
    most, least = np.round(np.log2(n) + 3), binomial_quantile(0.05, n - 1, 0.5) if n > 1 else 0.0
    return (estimate("longest_run", longest, n, method, high=most),
            estimate("crossings", crossed, n, method, low=least))  # fmt: skip


def _measured_of(values: ArrayLike, chosen: ArrayLike | None) -> Array:
    points = numbers(values)
    if points.ndim != 1:
        raise ValueError("a chart is made of one series")
    kept = np.isfinite(points) if chosen is None else np.isfinite(points) & np.asarray(chosen, bool)
    series: Array = points[kept]
    return series


def _placed(values: ArrayLike, rule: Callable[[Array], Marks]) -> Marks:
    """What a rule says of the measured points, at their places in the whole series."""
    points = numbers(values)
    measured = np.isfinite(points)
    marks = np.zeros(points.shape, bool)
    marks[measured] = rule(points[measured])
    return marks


def _sides(points: Array, centre: float) -> Array:
    slack = _ON_THE_LINE * max(1.0, abs(centre))
    side: Array = np.where(np.abs(points - centre) <= slack, 0.0, np.sign(points - centre))
    return side


def _run_lengths(side: Array) -> NDArray[np.int_]:
    """At every point, how many points of the same side in a row end there; 0 on the line."""
    lengths = np.zeros(len(side), int)
    for at, here in enumerate(side):
        before = lengths[at - 1] if at and side[at - 1] == here else 0
        lengths[at] = before + 1 if here else 0
    return lengths
