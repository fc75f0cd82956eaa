"""What other programs get wrong about charts, single cases and groups, and what evaltools does there instead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaltools.measures import limits, measures
from evaltools.statistics.pooling import random_effects, t_random_effects
from evaltools.statistics.precision import smallest_exact_p, smallest_shown_change
from evaltools.statistics.run_charts import beyond_limits, chart_kind, runs, signals, xmr_chart
from evaltools.statistics.single_case import nap, tau_ab, tau_u, trend

EIGHT_POINTS = [4.1, 4.3, 3.9, 4.2, 4.0, 4.4, 4.1, 5.9]


def test_n_belongs_to_the_number_beside_it() -> None:
    """DeliberativePolling prints "(n = 5)" beside a mean of three."""
    assert random_effects([0.2, 0.5, np.nan, 0.1, np.nan], [0.1] * 5).n == 3
    assert nap([1, 2, np.nan], [3, np.nan, 4]).n == 4
    assert xmr_chart([1, 2, np.nan, 4])[0].n == 3
    assert runs([1, 2, 3], 2)[0].n == 2  # a point on the centre tells nothing


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(-1, 2), st.floats(0.05, 0.5)), min_size=2, max_size=8),
       st.sampled_from(["Knapp-Hartung", "Knapp-Hartung ad hoc", "Wald"]))  # fmt: skip
def test_interval_and_p_never_disagree(pairs: list[tuple[float, float]], interval: str) -> None:
    """The package scia prints a Tau-U interval of -.07 to .93 beside p < .05."""
    y, v = np.array(pairs).T
    found, (_, p) = random_effects(y, v, interval=interval), t_random_effects(y, v, interval=interval)
    if found.note == "" and abs(float(p.value) - 0.05) > 1e-9:
        assert (found.low > 0 or found.high < 0) == (p.value < 0.05)


def test_t_and_p_belong_to_the_same_degrees_of_freedom() -> None:
    """The same package prints p = .002 beside t = 3.107 with 4 degrees of freedom; it is .036."""
    t, p = t_random_effects([0.9, 0.4, 1.1, 0.2, 0.7], [0.1] * 5)
    assert float(p.value) == pytest.approx(2 * stats.t.sf(float(t.value), 4))
    assert float(p.df) == 4


@given(st.lists(st.integers(1, 7), min_size=2, max_size=9), st.lists(st.integers(1, 7), min_size=2, max_size=9))
def test_nap_and_tau_say_the_same_of_the_same_phases(a: list[int], b: list[int]) -> None:
    share, tau = nap(a, b), tau_ab(a, b)
    assert (share.low > 0.5, share.high < 0.5) == (tau.low > 0, tau.high < 0)


def test_tau_u_has_no_interval_to_contradict() -> None:
    found = tau_u([3, 3, 2, 2], [5, 6, 5, 7])
    assert float(found.value) > 1  # the trend taken out carries it out of -1 to 1, which no correlation could be
    assert np.isnan([found.low, found.high, found.level]).all()


@pytest.mark.parametrize("kind", [list, tuple, np.array, pd.Series])
def test_every_figure_takes_what_the_others_take(kind: type) -> None:
    """In that package `nap` fails on what its siblings accept."""
    a, b = kind([3.0, 3.5, 3.0, 2.5, 3.0]), kind([4.0, 4.5, 4.0, 5.0])
    assert float(nap(a, b).value) == 1
    assert float(tau_ab(a, b).value) == 1
    assert np.isfinite([tau_u(a, b).value, trend(a).value, xmr_chart(a)[0].value]).all()


def test_eight_points_get_no_limits_in_a_report() -> None:
    """The package pyqicharts draws limits around eight points and calls two of them special causes."""
    assert chart_kind(len(EIGHT_POINTS)) == "run_chart"
    chart, moving = xmr_chart(EIGHT_POINTS)
    for figure in (chart, moving):
        assert figure.n < limits()[measures()[figure.measure].limit]  # so its row is noted as below its limit


def test_a_signal_among_twelve_is_one_signal() -> None:
    steady = [4.1, 4.3, 3.9, 4.2, 4.0, 4.4, 4.1, 4.2, 4.0, 4.3, 4.1]
    points = [*steady, 6.9]
    chart, _ = xmr_chart(points)
    assert signals(points, chart).nonzero()[0].tolist() == beyond_limits(points, chart).nonzero()[0].tolist() == [11]


def test_the_smallest_exact_p_values_are_told_as_they_are() -> None:
    """Facts for the text: .25 at three people, .125 at four, .0625 at five, .031 at six."""
    told = [round(float(smallest_exact_p(n).value), 4) for n in (3, 4, 5, 6)]
    assert told == [0.25, 0.125, 0.0625, 0.0312]


def test_six_people_show_a_change_of_one_and_a_half_standard_deviations() -> None:
    """Facts for the text: at six people 80 % needs d = 1.43."""
    assert round(float(smallest_shown_change(6, 1.0, 0.5).value), 2) == 1.43
