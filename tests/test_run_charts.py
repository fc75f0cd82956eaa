"""Charts of one series: laws, degenerate series, and how often the rules cry wolf. R's numbers: tests/reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaltools.statistics.run_charts import (
    beyond_limits,
    chart_kind,
    most_beyond,
    p_chart,
    run_on_one_side,
    runs,
    signals,
    steady_trend,
    xmr_chart,
)

series = st.lists(st.integers(0, 20), min_size=2, max_size=30)


@given(series, st.integers(-5, 5), st.integers(1, 4))
def test_a_chart_moves_and_stretches_with_its_series(values: list[int], shift: int, times: int) -> None:
    points = np.array(values, float)
    for constants in ("textbook", "exact", "median"):
        one, other = (xmr_chart(given, constants=constants)[0] for given in (points, shift + times * points))
        for end in ("value", "low", "high"):
            assert float(getattr(other, end)) == pytest.approx(shift + times * float(getattr(one, end)), nan_ok=True)


@given(series, st.integers(1, 4))
def test_points_that_were_not_measured_change_nothing_else(values: list[int], every: int) -> None:
    points = np.array(values, float)
    holed = np.insert(points, np.arange(0, len(points), every), np.nan)
    measured = np.isfinite(holed)
    (chart, _), (with_holes, _) = xmr_chart(points), xmr_chart(holed)
    assert float(chart.high) == pytest.approx(float(with_holes.high), nan_ok=True)
    centre = float(chart.value)
    for rule in (lambda of: run_on_one_side(of, centre, 3), lambda of: steady_trend(of, 3),
                 lambda of: most_beyond(of, centre, 1.0, 2, 3)):  # fmt: skip
        assert rule(holed)[measured].tolist() == rule(points).tolist()
        assert not rule(holed)[~measured].any()


@given(series)
def test_a_series_read_upside_down_has_the_same_signals(values: list[int]) -> None:
    points = np.array(values, float)
    assert signals(points, xmr_chart(points)[0]).tolist() == signals(-points, xmr_chart(-points)[0]).tolist()


def test_a_series_without_change_has_a_centre_and_no_limits() -> None:
    chart, moving = xmr_chart([3.0] * 14)
    assert (float(chart.value), str(chart.note), str(moving.note)) == (3.0, "no_variance", "no_variance")
    assert np.isnan([chart.low, chart.high, moving.high]).all()
    assert not signals([3.0] * 14, chart).any()


@pytest.mark.parametrize(("values", "value"), [([], np.nan), ([np.nan], np.nan), ([4.0], 4.0)])
def test_fewer_than_two_points_have_no_limits(values: list[float], value: float) -> None:
    chart, _ = xmr_chart(values)
    assert float(chart.value) == pytest.approx(value, nan_ok=True)
    assert str(chart.note) == "too_few"
    assert not signals(values, chart).any()
    assert steady_trend(values).tolist() == [False] * len(values)


def test_limits_rest_on_the_baseline_and_not_on_the_signal() -> None:
    calm, shifted = [5, 6, 4, 5, 6, 5, 4, 6, 5, 5, 6, 4], [9.0] * 8
    chart, _ = xmr_chart(calm + shifted, baseline=np.arange(20) < 12)
    assert float(chart.high) == pytest.approx(float(xmr_chart(calm)[0].high))
    assert chart.n == 12
    assert signals(calm + shifted, chart)[12:].all()


def test_false_alarms_of_the_limits_are_as_rare_as_three_sigma_promises() -> None:
    """Wheeler's limits from many points: about 1 normal point in 370 lies outside (2 Phi(-3) = .0027)."""
    points = np.random.default_rng(5).normal(size=40_000)
    outside = beyond_limits(points, xmr_chart(points)[0]).mean()
    assert outside == pytest.approx(0.0027, abs=0.0006)


def test_an_eighth_of_a_run_has_the_chance_of_a_coin() -> None:
    """A new run of exactly eight starts at one point in 2 to the 8 (of either side): 1/256 end a run of just 8."""
    points = np.random.default_rng(6).normal(size=60_000)
    reached = run_on_one_side(points, 0.0, 8) & ~run_on_one_side(points, 0.0, 9)
    assert reached.mean() == pytest.approx(1 / 256 * 0.5 * 2, abs=0.0012)


def test_the_run_rules_limits_are_those_of_the_published_table() -> None:
    """Anhoej & Olesen 2014, table 1: useful observations, longest run, fewest crossings."""
    for n, longest_allowed, fewest in ((10, 6, 2), (12, 7, 3), (16, 7, 4), (20, 7, 6), (24, 8, 8)):
        longest, crossings = runs([0, 1] * (n // 2), 0.5)
        assert (float(longest.high), float(crossings.low), float(longest.n)) == (longest_allowed, fewest, n)


def test_runs_of_points_all_on_the_centre_are_none() -> None:
    longest, crossings = runs([2.0, 2.0], 2.0)
    assert (str(longest.note), str(crossings.note)) == ("too_few", "too_few")
    one, none = runs([3.0, 2.0], 2.0)
    assert (float(one.value), float(none.value), float(none.low)) == (1, 0, 0)


def test_shares_that_never_vary_have_no_limits_and_an_empty_session_none_either() -> None:
    chart = p_chart([6, 6, 6], [6, 6, 6])
    assert chart.note.tolist() == ["no_variance"] * 3
    assert np.isnan(chart.high).all()
    gap = p_chart([3, np.nan, 0, 5], [6, 6, 0, 6])
    assert gap.note.tolist() == ["", "too_few", "too_few", ""]
    assert gap.value[0] == pytest.approx(8 / 12)
    assert np.isnan(p_chart([0, 0], [0, 0]).value).all()


def test_the_kind_of_chart_follows_the_limits() -> None:
    assert [chart_kind(n) for n in (0, 5, 6, 11, 12, 30)] == ["list"] * 2 + ["run_chart"] * 2 + ["control_chart"] * 2


def test_a_chart_of_many_series_at_once_is_refused() -> None:
    with pytest.raises(ValueError, match="one series"):
        xmr_chart([[1, 2], [3, 4]])
