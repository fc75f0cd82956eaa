"""Exact tests of change by signs and ranks: against other programs, against listing everything, and by coverage."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaltools.statistics.bootstrap import acceleration, bca_change
from evaltools.statistics.estimate import Estimate, tied_changes
from evaltools.statistics.rank_change import hodges_lehmann, sign_test, signed_rank_sums, wilcoxon
from evaltools.statistics.sign_flip import sign_flip, sign_flip_change

SIDES = ("two-sided", "greater", "less")
likert_pairs = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=9)


def as_waves(scores: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    before, after = np.array(scores, float).T
    return before, after


@given(likert_pairs, st.sampled_from(SIDES))
def test_the_sign_flip_p_is_the_share_found_by_listing_every_assignment(
    scores: list[tuple[int, int]], side: str
) -> None:
    before, after = as_waves(scores)
    change = after - before
    sums = np.array([change @ np.array(signs) for signs in product((1, -1), repeat=len(change))])
    seen = change.sum()
    far = {"two-sided": np.abs(sums) >= abs(seen), "greater": sums >= seen, "less": sums <= seen}[side]
    assert float(sign_flip(before, after, alternative=side).value) == pytest.approx(far.mean(), abs=1e-12)


@settings(max_examples=30)  # scipy takes its time
@given(likert_pairs, st.sampled_from(SIDES), st.sampled_from(["drop", "pratt"]))
def test_wilcoxons_p_is_what_scipy_finds_with_every_permutation(
    scores: list[tuple[int, int]], side: str, zeros: str
) -> None:
    before, after = as_waves(scores)
    change = after - before
    _, p = wilcoxon(before, after, zeros=zeros, alternative=side)
    if np.count_nonzero(change) < 2:  # scipy wants two; one change is as good as a coin
        far = {"two-sided": True, "greater": change.sum() <= 0, "less": change.sum() >= 0}[side]
        assert p.value == (1.0 if far else 0.5)
        return
    every = stats.PermutationMethod(n_resamples=np.inf)
    scipys = stats.wilcoxon(
        change, zero_method="wilcox" if zeros == "drop" else "pratt", alternative=side, method=every
    )
    assert float(p.value) == pytest.approx(scipys.pvalue, abs=1e-12)


def test_above_ten_people_convolution_gives_what_scipys_exact_table_gives() -> None:
    change = np.array([0.3, -1.1, 2.2, 3.4, -0.6, 5.1, 4.4, 2.9, -1.7, 6.3, 7.2, -0.9, 3.8])  # no ties, no zeros
    for side in SIDES:
        scipys = stats.wilcoxon(change, alternative=side, method="exact").pvalue
        assert float(wilcoxon(np.zeros(13), change, alternative=side)[1].value) == pytest.approx(scipys, rel=1e-12)


def test_counting_by_halves_gives_what_listing_gives() -> None:
    """A person who did not change doubles every count, so 20 people plus one have the p of the 20."""
    rng = np.random.default_rng(5)
    change = np.round(rng.normal(0.4, 1, 20), 2)
    for side in SIDES:
        listed = sign_flip(np.zeros(20), change, alternative=side).value
        by_halves = sign_flip(np.zeros(21), np.append(change, 0), alternative=side).value
        assert float(by_halves) == pytest.approx(float(listed), rel=1e-12)


def test_above_twenty_people_the_interval_is_where_the_test_turns() -> None:
    change = np.round(np.random.default_rng(6).normal(0.4, 1, 23), 2)
    found = sign_flip_change(np.zeros(23), change)
    assert float(found.level) == pytest.approx(0.95, abs=1e-6)
    for limit, side in ((float(found.low), "greater"), (float(found.high), "less")):
        inside, outside = (
            float(sign_flip(np.full(23, limit + step), change, alternative=side).value)
            for step in ((0.01, -0.01) if side == "greater" else (-0.01, 0.01))
        )
        assert outside < 0.025 < inside


def test_thirds_tie_although_the_computer_writes_them_differently() -> None:
    before, after = [1, 2 / 3, 3, 10 / 3], [4 / 3, 1, 10 / 3, 3]  # three up a third, one down
    rises, falls = signed_rank_sums(before, after)
    assert (float(rises), float(falls)) == (7.5, 2.5)
    printed = signed_rank_sums([1.333333, 0.666667, 3, 3.333333], [1.666667, 1, 3.333333, 3])
    assert (float(printed[0]), float(printed[1])) == (7.5, 2.5)


@pytest.mark.parametrize(("n", "reached"), [(2, 0.5), (3, 0.75), (4, 0.875), (5, 0.9375), (6, 0.96875), (8, 0.9609375)])
def test_the_level_reached_is_told(n: int, reached: float) -> None:
    # Hollander & Wolfe (1999), table A.4: P(T+ <= 0) = 1/2^n; at n = 8, P(T+ <= 3) = 5/256
    found = hodges_lehmann(np.zeros(n), np.arange(1.0, n + 1))
    assert float(found.level) == reached
    assert found.note == ("level_not_reached" if reached < 0.95 else "")


@pytest.mark.parametrize("n", [5, 6, 8, 10])
def test_both_exact_intervals_hold_their_level_on_continuous_changes(n: int) -> None:
    changes = np.random.default_rng(n).normal(0.7, 1.3, (20_000, n))
    for statistic in (hodges_lehmann, sign_flip_change):
        found = statistic(np.zeros_like(changes), changes)
        share = ((found.low <= 0.7) & (found.high >= 0.7)).mean()
        assert share == pytest.approx(found.level[0], abs=0.006)


def test_many_groups_at_once_give_what_each_gives_alone() -> None:
    rng = np.random.default_rng(3)
    before, after = rng.integers(1, 6, (2, 40, 12)).astype(float)
    before[rng.random(before.shape) < 0.3] = np.nan
    for statistic in (sign_flip, sign_flip_change, sign_test, hodges_lehmann, lambda *waves: wilcoxon(*waves)[1]):
        together = statistic(before, after)
        for at in range(40):
            alone = statistic(before[at], after[at])
            for field in ("value", "low", "high", "level", "n", "of"):
                assert float(getattr(together, field)[at]) == pytest.approx(
                    float(getattr(alone, field)), abs=1e-12, nan_ok=True
                )
            assert together.note[at] == alone.note


@given(likert_pairs)
def test_swapping_the_waves_turns_the_signs_and_keeps_p(scores: list[tuple[int, int]]) -> None:
    before, after = as_waves(scores)
    for interval in (hodges_lehmann, sign_flip_change):
        there, back = interval(before, after), interval(after, before)
        assert [there.value, there.low, there.high] == pytest.approx(
            [-back.value, -back.high, -back.low], abs=1e-12, nan_ok=True
        )
    for test in (sign_flip, sign_test):
        assert float(test(before, after).value) == pytest.approx(float(test(after, before).value), abs=1e-12)


def test_nobody_measured_twice_is_a_row_with_a_note() -> None:
    nobody = ([2.0, np.nan], [np.nan, 3.0])
    for statistic in (sign_flip, sign_flip_change, sign_test, hodges_lehmann, lambda *waves: wilcoxon(*waves)[1]):
        found = statistic(*nobody)
        assert np.isnan(found.value)
        assert (found.n, found.note) == (0, "too_few")


def test_more_people_than_can_be_counted_is_told() -> None:
    for statistic in (sign_flip, sign_flip_change):
        assert statistic(np.zeros(45), np.arange(45.0)).note == "too_many"
    for statistic in (hodges_lehmann, lambda *waves: wilcoxon(*waves)[1]):
        assert statistic(np.zeros(501), np.arange(501.0)).note == "too_many"
        assert statistic(np.zeros(100), np.arange(100.0)).note == ""


def test_where_nearly_everyone_changed_alike_there_is_no_interval_of_zero_width() -> None:
    found = hodges_lehmann(np.zeros(12), [0.0] * 11 + [1.0])
    assert (float(found.value), str(found.note)) == (0, "no_variance")
    assert np.isnan([found.low, found.high, found.level]).all()
    assert np.isfinite(hodges_lehmann(np.zeros(12), [0.0] * 8 + [1.0] * 4).low)


def test_bca_is_scipys_up_to_its_drawing_of_resamples() -> None:
    change = np.array([1.0, -2, -2, -1, 0, 1, 0])  # resamples that equal the mean must count half here
    scipys = stats.bootstrap((change,), np.mean, n_resamples=99_999, rng=np.random.default_rng(1), confidence_level=0.9)
    found = bca_change(np.zeros(7), change, level=0.9)
    assert (float(found.low), float(found.high)) == pytest.approx(scipys.confidence_interval, abs=1e-9)  # same step


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="alternative"):
        sign_flip([1], [2], alternative="up")
    with pytest.raises(ValueError, match="alternative"):
        wilcoxon([1], [2], alternative="up")
    with pytest.raises(ValueError, match="zeros"):
        wilcoxon([1], [2], zeros="keep")


@pytest.mark.parametrize("items", range(2, 22))
def test_means_printed_with_six_decimals_rank_as_the_sums_that_they_come_from(items: int) -> None:
    """Also where a limit of rounding lies between two printings of the same change, as at eleven items."""
    sums = np.random.default_rng(items).integers(items, 5 * items + 1, size=(2, 300, 8))
    printed = np.round(sums / items, 6)
    for ours, exact in zip(signed_rank_sums(*printed), signed_rank_sums(*sums), strict=True):
        assert ours.tolist() == exact.tolist()


def test_changes_that_differ_in_the_fifth_decimal_are_not_tied() -> None:
    change = 1e-5 * np.array([1, -2, 3, 5, -8])
    assert len(set(np.abs(tied_changes(np.zeros(5), change)))) == 5


def test_noise_is_judged_group_by_group() -> None:
    """Very large scores of another group, whose last digits are noise, do not tie this group's."""
    before, after = np.array([[1.0, 1, 1], [1e12, 2e12, 3e12]]), np.array([[1.1, 1.2, 0.7], [1e12, 2e12, 3e12]])
    assert tied_changes(before, after)[0].tolist() == tied_changes(before[0], after[0]).tolist()


@pytest.mark.parametrize("statistic", [hodges_lehmann, sign_test, sign_flip, sign_flip_change, bca_change])
@pytest.mark.parametrize("shape", [(0,), (3, 0)])
def test_a_group_of_nobody_is_too_few(statistic: Callable[..., Estimate], shape: tuple[int, ...]) -> None:
    found = statistic(np.empty(shape), np.empty(shape))
    assert found.value.shape == shape[:-1]
    assert np.isnan(found.value).all()
    assert (found.note == "too_few").all()
    assert (wilcoxon(np.empty(shape), np.empty(shape))[1].note == "too_few").all()


def test_equal_changes_have_no_skewness() -> None:
    assert np.isnan(acceleration(np.array([[2.0, 2.0, 2.0], [1.0, 2.0, 3.0]]))).tolist() == [True, False]
