"""The statistics behind the session cycle: means of things from the same people, unevenness, order kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from evaltools.statistics.change import mean_change
from evaltools.statistics.clustered_means import clustered_mean
from evaltools.statistics.clustered_rates import clustered_share
from evaltools.statistics.concentration import gini
from evaltools.statistics.order_agreement import kendall_tau_within


def test_a_clustered_mean_of_yes_and_no_is_the_clustered_share_with_cr2() -> None:
    # clustered_share is checked against R (clubSandwich) on its own
    count, of = [2, 0, 3, 1], [3, 2, 3, 4]
    things = [value for x, n in zip(count, of, strict=True) for value in [1.0] * x + [0.0] * (n - x)]
    people = np.repeat(np.arange(4), of)
    mean, share = clustered_mean("share", things, people), clustered_share("share", count, of, interval="cr2")
    for field in ("value", "low", "high", "df", "n", "of"):
        assert getattr(mean, field) == pytest.approx(getattr(share, field).item(), rel=1e-12)


def test_with_one_thing_each_a_clustered_mean_of_changes_is_the_paired_t() -> None:
    before, after = [6, 8, 5, 7, 9], [4, 5, 5, 6, 4]
    paired = mean_change(before, after)
    found = clustered_mean("difficulty_change", np.subtract(after, before), range(5))
    for field in ("value", "low", "high", "df", "n"):
        assert getattr(found, field) == pytest.approx(getattr(paired, field).item())


def test_a_clustered_mean_covers_about_as_often_as_it_says_where_things_of_a_person_resemble_each_other() -> None:
    random, truth, hits, plain_hits, rounds = np.random.default_rng(7), 5.0, 0, 0, 600
    sizes = [6, 4, 4, 3, 2, 1]
    people = np.repeat(np.arange(6), sizes)
    for _ in range(rounds):
        values = truth + random.normal(0, 1.5, 6)[people] + random.normal(0, 1, len(people))
        found = clustered_mean("question_usefulness", values, people)
        hits += found.low <= truth <= found.high
        plain = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
        plain_hits += plain[0] <= truth <= plain[1]
    assert hits / rounds > 0.90
    assert plain_hits / rounds < 0.80  # as if every thing were a person of its own


@pytest.mark.parametrize(("values", "people", "note"), [([], [], "too_few"), ([3, 4], [1, 1], "too_few"),
                                                        ([1, 3, 1, 3], [0, 0, 1, 1], "no_variance")])  # fmt: skip
def test_a_clustered_mean_without_people_who_differ_has_no_interval(
    values: list[float], people: list[int], note: str
) -> None:
    found = clustered_mean("question_usefulness", values, people)
    assert (str(found.note), np.isnan(found.low), np.isnan(found.level)) == (note, True, True)


def test_things_that_are_not_recorded_are_left_out_of_a_clustered_mean() -> None:
    found = clustered_mean("question_usefulness", [4, np.nan, 6], [0, 1, 2])
    assert (float(found.value), float(found.n), float(found.of)) == (5, 2, 2)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [([1, 1, 1, 1], 0), ([0, 0, 0, 4], 1), ([1, 2, 3], 1 / 3), ([0, 1], 1), ([2, np.nan, 2], 0)],
)
def test_gini_is_0_where_all_have_as_much_and_1_where_one_has_everything(amounts: list[float], expected: float) -> None:
    # 1, 2, 3: the mean difference of two people is 4/3, twice the mean 4
    assert float(gini("owner_gini", amounts).value) == pytest.approx(expected)


def test_gini_of_incomes_agrees_with_the_area_under_the_lorenz_curve() -> None:
    amounts = np.array([3.0, 1, 8, 4, 4, 10])
    shares = np.concatenate([[0], np.cumsum(np.sort(amounts)) / amounts.sum()])
    area = integrate.trapezoid(shares, np.linspace(0, 1, 7))
    assert float(gini("owner_gini", amounts).value) == pytest.approx((1 - 2 * area) * 6 / 5)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=8).filter(any), st.integers(1, 9))
def test_gini_does_not_change_when_everybody_has_so_many_times_more(amounts: list[int], times: int) -> None:
    one, more = (float(gini("owner_gini", [x * factor for x in amounts]).value) for factor in (1, times))
    assert one == pytest.approx(more)
    assert 0 <= one <= 1


def test_gini_of_nobody_or_of_nothing_is_not_defined_and_below_nothing_refused() -> None:
    for amounts in ([3], [0, 0], [np.nan, 2]):
        assert str(gini("owner_gini", amounts).note) == "too_few"
    with pytest.raises(ValueError, match="0 or more"):
        gini("owner_gini", [1, -1])


@given(st.permutations(range(1, 7)))
def test_order_kept_in_one_session_is_kendalls_tau(taken: list[int]) -> None:
    found = kendall_tau_within("order_kept", range(1, 7), taken, [0] * 6)
    assert float(found.value) == pytest.approx(stats.kendalltau(range(1, 7), taken).statistic)


def test_things_of_two_sessions_are_never_compared() -> None:
    # both sessions keep to their order; across them the ranks would be turned around
    found = kendall_tau_within("order_kept", [1, 2, 1, 2], [3, 4, 1, 2], [0, 0, 1, 1])
    assert (float(found.value), float(found.of), float(found.n)) == (1, 2, 4)
    alone = kendall_tau_within("order_kept", [1, 2], [1, np.nan], [0, 0])
    assert (np.isnan(alone.value), str(alone.note)) == (True, "too_few")
