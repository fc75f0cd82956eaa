"""Friedman's test and Kendall's W: scipy's chi-square, the exact p by enumeration, ties, degenerate cases."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from waves import ORDINARY

from evaltools.statistics.friedman import friedman, kendall_w

small = st.integers(3, 4).flatmap(
    lambda waves: st.lists(st.lists(st.integers(1, 4), min_size=waves, max_size=waves), min_size=2, max_size=4)
)


@settings(max_examples=25)
@given(small)
def test_the_exact_p_is_the_share_of_all_orders(rows: list[list[int]]) -> None:
    found, p = friedman(np.array(rows, float).T)
    ranks = [stats.rankdata(row) for row in rows]
    if all(np.ptp(own) == 0 for own in ranks):
        assert str(found.note) == "no_variance"
        return

    def spread(orders: tuple[np.ndarray, ...]) -> float:
        return float(np.var(np.sum(orders, axis=0)))

    every = [spread(orders) for orders in product(*([np.array(order) for order in permutations(own)] for own in ranks))]
    assert float(p.value) == pytest.approx(np.mean(np.array(every) >= spread(tuple(ranks)) - 1e-9), abs=1e-12)


@settings(max_examples=30)
@given(st.integers(0, 1000), st.integers(3, 5), st.integers(4, 8))
def test_chi_square_is_scipy_s(seed: int, waves: int, people: int) -> None:
    scores = np.random.default_rng(seed).integers(1, 6, (waves, people)).astype(float)
    scores[0, 0], scores[1, 0] = 1, 2
    other = stats.friedmanchisquare(*scores)
    assert float(friedman(scores)[0].value) == pytest.approx(other.statistic, rel=1e-9, abs=1e-9)
    assert float(kendall_w(scores).value) == pytest.approx(other.statistic / (people * (waves - 1)), abs=1e-9)


def test_for_many_people_exact_p_and_f_come_close() -> None:
    scores = np.random.default_rng(3).normal(size=(3, 40)) + np.array([[0.0], [0.2], [0.35]])
    chi2, p = friedman(scores)
    assert p.method == "Friedman, exact"
    assert float(p.value) == pytest.approx(stats.chi2.sf(chi2.value, 2), rel=0.05)


def test_too_many_orders_leave_the_f_of_iman_and_davenport_and_say_so() -> None:
    scores = np.random.default_rng(3).normal(size=(8, 9))
    chi2, p = friedman(scores)
    w = float(kendall_w(scores).value)
    assert p.method == "Friedman, Iman-Davenport F"
    assert float(p.value) == pytest.approx(stats.f.sf(8 * w / (1 - w), 7, 56), rel=1e-9)
    assert float(chi2.df) == 7


def test_many_waves_in_one_order_for_everybody_have_a_small_p_and_not_zero() -> None:
    scores = np.arange(8.0)[:, None] + np.zeros(3)
    assert float(friedman(scores)[1].value) == pytest.approx(1 / 40320**2)


def test_only_people_measured_at_every_wave_are_ranked_and_counted() -> None:
    assert float(friedman(ORDINARY)[0].n) == 3
    assert float(friedman(ORDINARY)[0].value) == pytest.approx(float(friedman(ORDINARY[:, :3])[0].value))


def test_thirds_that_differ_by_rounding_noise_are_ties() -> None:
    scores = np.array([[1 / 3 + 1 / 3, 2.0, 1.0], [2 / 3, 2.0, 1.0], [1.0 - 1 / 3, 3.0, 1.5]])
    exact = np.array([[2.0, 2.0, 1.0], [2.0, 2.0, 1.0], [2.0, 3.0, 1.5]])
    assert float(friedman(scores)[1].value) == float(friedman(exact)[1].value)


def test_nobody_one_wave_and_all_alike_have_notes() -> None:
    assert str(friedman(np.full((3, 2), np.nan))[0].note) == "too_few"
    assert str(friedman(np.ones((1, 4)))[1].note) == "too_few"
    assert str(kendall_w(np.ones((3, 4))).note) == "no_variance"
