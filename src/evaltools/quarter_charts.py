"""A series of quarters as a chart: from how many points it is one, its middle, its limits, and what may be a signal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaltools.statistics import run_charts


@dataclass(frozen=True)
class Chart:
    """What is known of a series: its middle; from twelve points on also the limits of ordinary variation.

    ``limits`` are None and ``signals`` empty where the series is too short for limits; ``signals`` holds the places of
    points that lie outside them. ``shift`` is whether the whole series stays on one side of its middle for longer, or
    crosses it more seldom, than chance has it.
    """

    middle: float
    limits: tuple[float, float] | None
    signals: tuple[int, ...]
    shift: bool


def chart_of(values: Sequence[float]) -> Chart | None:
    """The chart of a series in the order of time; None where it is too short to be one.

    Parameters
    ----------
    values : sequence of float
        A measured point each, in any unit.

    Returns
    -------
    Chart or None
        From six points the run chart about the median, from twelve also XmR limits (`run_charts.chart_kind`). Where all
        points are equal there are no limits.

    Notes
    -----
    Anhøj's rules for runs, Wheeler's limits for individual values: see `run_charts.runs` and `run_charts.xmr_chart`.

    Examples
    --------
    >>> chart_of([1, 2, 3, 4, 5]) is None
    True
    >>> chart_of([5, 6, 4, 5, 7, 5])
    Chart(middle=5.0, limits=None, signals=(), shift=False)
    """
    series, kind = np.asarray(values, float), run_charts.chart_kind(len(values))
    if kind == "list":
        return None
    middle = float(np.median(series))
    longest, crossings = run_charts.runs(series, middle)
    shift = bool(longest.value > longest.high or crossings.value < crossings.low)
    centre, _ = run_charts.xmr_chart(series)
    if kind != "control_chart" or not np.isfinite(centre.low):
        return Chart(middle, None, (), shift)
    marked = run_charts.beyond_limits(series, centre)  # of runs `shift` tells: about the mean one wild point makes many
    return Chart(middle, (float(centre.low), float(centre.high)), tuple(map(int, np.flatnonzero(marked))), shift)
