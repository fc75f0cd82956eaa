"""Rows about what was followed session by session: its middle, its limits, and what may be a signal.

Fewer than six points are a list, from six a run about the median can be seen, from twelve limits can be drawn
(``limits.toml``); nothing is said of a series that is shorter than its rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from evaltools.cells import Row, part
from evaltools.statistics import run_charts
from evaltools.statistics.estimate import Array, estimate, field_records

CHARTED = ("session_mean", "reflection_not_advice", "attendance_share", "moment_given", "idea_helped_at_session")
_RATINGS = ("session_mean", "reflection_not_advice")
_WHERE = ("scale", "group_by", "group", "wave", "wave_to")
_NOTHING = ("below_limit", "too_few")


def series_rows(rows: Iterable[Row], sessions: Sequence[str]) -> Iterator[Row]:
    """The chart of every series among some rows.

    Parameters
    ----------
    rows : iterable of dict
        Rows of the table of estimates; those of one charted measure, scale and group with a session as their
        ``period`` are a series. A point below its limit of people is not a point.
    sessions : sequence of str
        The sessions in the order of time.

    Yields
    ------
    dict
        Rows whose ``basis`` names the measure charted. ``of`` counts points, ``n`` people behind any of them.
    """
    order = {session: at for at, session in enumerate(sessions)}
    series: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if row["measure"] in CHARTED and row["period"] in order and _is_point(row):
            series[(row["measure"], *(row[name] for name in _WHERE))].append(row)
    for points in series.values():
        yield from _chart_rows(sorted(points, key=lambda row: order[row["period"]]))


def _is_point(row: Row) -> bool:
    shown = row["measure"] != "session_mean" or row["note"] not in _NOTHING
    return shown and bool(np.isfinite(row["value"]))


def _chart_rows(points: list[Row]) -> Iterator[Row]:
    values = np.array([row["value"] for row in points])
    kind = run_charts.chart_kind(len(values))
    if kind == "list":
        return
    people = tuple(sorted({person for row in points for person in row["people"]}))
    common = {name: points[0][name] for name in _WHERE} | {"people": people, "n": len(people), "period": "",
              "basis": points[0]["measure"]}  # fmt: skip
    middle = float(np.median(values))
    longest, crossings = run_charts.runs(values, middle)
    for measure, figure in (("series_median", estimate("", middle, 0, "median", of=len(values))),
                            ("series_longest_run", longest), ("series_crossings", crossings)):  # fmt: skip
        yield field_records(part(figure, ...))[0] | common | {"measure": measure}
    if kind == "control_chart":
        yield from _limit_rows(points, values, common)


def _limit_rows(points: list[Row], values: Array, common: Row) -> Iterator[Row]:
    """Limits at every point, of individual values for ratings and of shares for shares; the points that are signals."""
    of = np.array([row["of"] for row in points])
    is_rating = points[0]["measure"] in _RATINGS
    chart = run_charts.xmr_chart(values)[0] if is_rating else run_charts.p_chart(np.round(values * of), of)
    low, high, centre = (np.broadcast_to(field, values.shape) for field in (chart.low, chart.high, chart.value))
    note = np.broadcast_to(chart.note, values.shape)
    limits = estimate("series_limits", centre, 0, chart.method, low=low, high=high, of=len(values), note=note)
    signal = run_charts.beyond_limits(values, limits) | run_charts.run_on_one_side(values, float(centre[0]))
    marked = estimate("series_signal", values, 0, chart.method, of=len(values))
    for at, (limit, mark) in enumerate(zip(field_records(limits), field_records(marked), strict=True)):
        where = common | {"period": points[at]["period"]}
        yield limit | where
        if signal[at]:
            yield mark | where
