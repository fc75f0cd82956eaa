"""One person over time: laws, exact enumeration, coverage. SingleCaseES's numbers: tests/reference."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaltools.statistics.single_case import kendall_s, nap, tau_ab, tau_baseline_corrected, tau_u, trend

phase = st.lists(st.integers(1, 7), min_size=1, max_size=12)
PARKER = ([4, 3, 4, 3, 4, 7, 5, 2, 3, 2], [5, 9, 7, 9, 7, 5, 9, 11, 11, 10, 9])


def test_nap_is_the_published_example() -> None:
    # Parker & Vannest (2009) print .96 for these data.
    assert round(float(nap(*PARKER).value), 2) == 0.96


@given(phase, phase)
def test_nap_is_the_mann_whitney_statistic(a: list[int], b: list[int]) -> None:
    u = stats.mannwhitneyu(b, a, method="asymptotic").statistic if len({*a, *b}) > 1 else len(a) * len(b) / 2
    assert float(nap(a, b).value) == pytest.approx(u / (len(a) * len(b)))


@given(phase, phase)
def test_phases_the_other_way_round_turn_everything_round(a: list[int], b: list[int]) -> None:
    one, other = nap(a, b), nap(b, a)
    assert float(one.value) + float(other.value) == pytest.approx(1)
    assert float(one.low) + float(other.high) == pytest.approx(1, abs=1e-9)


@given(phase, phase)
def test_an_interval_holds_its_estimate_has_a_width_and_stays_inside(a: list[int], b: list[int]) -> None:
    found = nap(a, b)
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    assert found.high - found.low > 0.05


def test_intervals_of_nap_cover_where_phases_overlap_and_where_they_hardly_do() -> None:
    """3 to 8 points a phase, normal, shifts of 0 to 2 standard deviations; the true value is Phi(shift / root 2)."""
    draw = np.random.default_rng(11)
    for m, n in ((3, 5), (5, 5), (5, 8)):
        for shift in (0.0, 1.0, 2.0):
            true = stats.norm.cdf(shift / 2**0.5)
            found = [nap(draw.normal(size=m), draw.normal(shift, 1, n)) for _ in range(600)]
            covered = np.mean([one.low <= true <= one.high for one in found])
            assert covered > 0.92, (m, n, shift)


@pytest.mark.parametrize("figure", [nap, tau_ab, tau_u, tau_baseline_corrected])
def test_an_empty_phase_is_a_note_and_no_error(figure: object) -> None:
    for a, b in (([], [1, 2]), ([1, 2], []), ([np.nan], [1.0])):
        found = figure(a, b)
        assert np.isnan(found.value)
        assert str(found.note) == "too_few"


def test_thirds_that_should_tie_do_tie() -> None:
    assert float(nap([(1 + 2 + 4) / 3 + 1], [1 / 3 + 2 / 3 + 7 / 3]).value) == 0.5


def test_a_straight_trend_that_goes_on_is_no_effect_of_the_phase() -> None:
    week = np.arange(12.0)
    assert float(tau_baseline_corrected(week[:6], week[6:]).value) == 0
    assert float(tau_ab(week[:6], week[6:]).value) == 1


def test_a_week_that_was_not_measured_keeps_its_place() -> None:
    week = np.arange(12.0)
    week[[2, 8]] = np.nan
    assert float(tau_baseline_corrected(week[:6], week[6:]).value) == 0
    assert float(trend(week).value) == pytest.approx(1)


@given(st.lists(st.integers(1, 7), min_size=2, max_size=12))
def test_the_slope_is_scipys_theil_sen(values: list[int]) -> None:
    assert float(trend(values).value) == pytest.approx(stats.theilslopes(values).slope, abs=1e-12)


def test_the_interval_of_a_trend_leaves_out_zero_exactly_when_kendalls_exact_test_finds_one() -> None:
    for n in (5, 6):
        for order in permutations(range(n)):
            found = trend(order)
            p = stats.kendalltau(range(n), order, method="exact").pvalue
            assert (found.low > 0 or found.high < 0) == (p <= 0.05 + 1e-12), order


def test_intervals_of_a_trend_cover_also_on_coarse_scores() -> None:
    draw = np.random.default_rng(12)
    for n in (5, 8, 14):
        noise = draw.normal(0, 1, (700, n))
        exact = [trend(0.3 * np.arange(n) + row) for row in noise]
        assert np.mean([one.low <= 0.3 <= one.high for one in exact]) > 0.935
        coarse = [trend(np.round(4 + row)) for row in noise]
        assert np.mean([one.low <= 0 <= one.high for one in coarse]) > 0.935


@pytest.mark.parametrize(("values", "note"), [([], "too_few"), ([3], "too_few"), ([1, 2, 3, 4], "too_few"),
                                              ([1, 2, 3, 4, 5], "")])  # fmt: skip
def test_too_short_a_series_has_no_interval(values: list[float], note: str) -> None:
    found = trend(values)
    assert str(found.note) == note
    assert np.isnan(found.low) == (note != "")
    assert np.isnan(found.value) == (len(values) < 2)


def test_times_need_not_be_even_but_differ() -> None:
    assert float(trend([0, 2, 8], [0, 1, 4]).value) == 2
    with pytest.raises(ValueError, match="same time"):
        trend([1, 2], [3, 3])


@given(st.lists(st.integers(1, 7), min_size=1, max_size=10))
def test_kendalls_s_is_scipys(values: list[int]) -> None:
    series = np.array(values)
    rising = sum(int(np.sign(series[j] - series[i])) for i in range(len(series)) for j in range(i + 1, len(series)))
    assert kendall_s(values) == rising


def test_lists_arrays_and_series_are_the_same() -> None:
    for figure in (nap, tau_ab, tau_u, tau_baseline_corrected):
        given = {float(figure(kind(PARKER[0]), kind(PARKER[1])).value) for kind in (list, np.array, pd.Series)}
        assert len(given) == 1
