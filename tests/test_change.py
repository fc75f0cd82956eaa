"""Change of the same people: other programs' numbers, laws that hold for any data, the degenerate cases."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from conftest import shared
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from evaltools.statistics import describe
from evaltools.statistics.change import correlation, mean_change, pairs, t_paired
from evaltools.statistics.estimate import field_records
from evaltools.statistics.standardised_change import d_av, d_z, g_z

# Student (1908), R's `sleep` data: extra hours of sleep of ten patients under two drugs.
SLEEP = ([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])

paired_scores = st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), min_size=2, max_size=12)


def test_mean_change_agrees_with_r() -> None:
    # R 4.2.2: with(sleep, t.test(extra[group == 2], extra[group == 1], paired = TRUE))
    found = mean_change(*SLEEP)
    assert (found.value, found.low, found.high) == pytest.approx((1.58, 0.700114236723, 2.459885763277), rel=1e-11)
    assert (found.n, found.df) == (10, 9)


def test_t_and_p_agree_with_r() -> None:
    # R 4.2.2, the same call: t = 4.0621, df = 9, p-value = 0.002833
    t, p = t_paired(*SLEEP)
    assert (round(float(t.value), 4), round(float(p.value), 6), float(p.df)) == (4.0621, 0.002833, 9)


def golden(method: str) -> list[dict[str, Any]]:
    path = shared("golden/visible.json")
    return [case for case in json.loads(path.read_text("utf-8"))["cases"] if case["method"] == method]


def scores(case: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    before, after = (
        np.array([np.nan if value is None else value for value in case["input"][wave]], float)
        for wave in ("pre", "post")
    )
    return before, after


def test_d_z_and_its_interval_agree_with_effectsize_and_mbess() -> None:
    for case in golden("cohens_dz"):
        found, expected = d_z(*scores(case)), case["expected"]
        assert float(found.value) == pytest.approx(expected["d_z"], rel=1e-9), case["id"]
        assert [found.low, found.high] == pytest.approx(expected["d_z_ci"], rel=1e-6), case["id"]
        assert found.n == expected["n"], case["id"]


def test_d_av_and_correlation_agree_with_effectsize() -> None:
    for case in golden("repeated_measures_d"):
        expected = case["expected"]
        assert float(d_av(*scores(case)).value) == pytest.approx(expected["d_av"], rel=1e-8), case["id"]
        assert float(correlation(*scores(case)).value) == pytest.approx(expected["r_pre_post"], rel=1e-8), case["id"]


def of_moments(mean: float, sds: tuple[float, float], r: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of n people with exactly these standard deviations, correlation and mean change."""
    drawn = np.random.default_rng(n).normal(size=(2, n))
    drawn -= drawn.mean(axis=1, keepdims=True)
    one, other = np.linalg.solve(np.linalg.cholesky(drawn @ drawn.T), drawn) * np.sqrt(n - 1)
    return sds[0] * one, mean + sds[1] * (r * one + np.sqrt(1 - r**2) * other)


@pytest.mark.parametrize(
    ("mean", "sds", "r", "n", "value", "error"),
    [(8.3, (15.3, 14.6), 0.75, 25, 0.5550319, 0.1609934), (-103.2, (33.17, 51.08), 0.769, 8, -2.3963, 0.65209)],
)
def test_d_av_has_the_standard_error_of_statpsych_and_t_limits(
    mean: float, sds: tuple[float, float], r: float, n: int, value: float, error: float
) -> None:
    # R package statpsych 1.7 and 2.0, the documented output of ci.stdmean.ps(.05, m1, m2, sd1, sd2, cor, n)
    found = d_av(*of_moments(mean, sds, r, n))
    digits = 1e-4 if n == 8 else 1e-7
    assert float(found.value) == pytest.approx(value, abs=digits)
    assert float(found.high - found.low) / 2 / stats.t.ppf(0.975, n - 1) == pytest.approx(error, abs=digits / 2)


@pytest.mark.parametrize("people", [3, 4, 6, 10])
@pytest.mark.parametrize("shift", [0.0, 0.5, 1.5])
def test_standardised_changes_hold_the_truth_as_often_as_they_say(people: int, shift: float) -> None:
    """Normal scores whose waves correlate .6: d_av is the shift, d_z the shift over the root of .8."""
    random = np.random.default_rng([people, round(10 * shift)])
    before = random.normal(size=(4000, people))
    after = shift + 0.6 * before + 0.8 * random.normal(size=(4000, people))
    for statistic, truth in ((d_av, shift), (g_z, shift / np.sqrt(0.8))):
        found = statistic(before, after)
        assert ((found.low <= truth) & (truth <= found.high)).mean() > 0.94
        assert (found.low < found.value).all()
        assert (found.value < found.high).all()


def test_d_av_of_a_wave_where_all_answered_alike_has_an_interval() -> None:
    found = d_av([3.0, 3.0, 3.0, 3.0], [3.0, 4.0, 4.0, 5.0])
    assert float(found.value) == pytest.approx(1 / np.sqrt(2 / 3 / 2))
    assert np.isfinite([found.low, found.high]).all()
    with pytest.raises(ValueError, match="bonett"):
        d_av([1, 2, 3], [2, 3, 5], interval="feldt")


def test_paired_t_agrees_with_r_on_every_golden_case() -> None:
    for case in golden("paired_t"):
        found, expected = mean_change(*scores(case)), case["expected"]
        t, p = t_paired(*scores(case))
        assert [found.low, found.high] == pytest.approx(expected["ci95"], rel=1e-9, abs=1e-12), case["id"]
        wider = mean_change(*scores(case), level=0.90)
        assert [wider.low, wider.high] == pytest.approx(expected["ci90"], rel=1e-9, abs=1e-12), case["id"]
        assert float(t.value) == pytest.approx(expected["t"], rel=1e-9, abs=1e-12), case["id"]
        assert float(p.value) == pytest.approx(expected["p_two_sided"], rel=1e-9, abs=1e-12), case["id"]


@given(paired_scores, st.integers(-3, 3))
def test_shifting_everyone_shifts_the_change(scores: list[tuple[int, int]], shift: int) -> None:
    before, after = np.array(scores, float).T
    assert float(mean_change(before, after + shift).value) == pytest.approx(
        float(mean_change(before, after).value) + shift, abs=1e-9
    )


@given(paired_scores)
def test_swapping_the_waves_turns_the_sign(scores: list[tuple[int, int]]) -> None:
    before, after = np.array(scores, float).T
    for statistic in (mean_change, d_z):
        there, back = statistic(before, after), statistic(after, before)
        assert [there.value, there.low, there.high] == pytest.approx(
            [-back.value, -back.high, -back.low], abs=1e-9, nan_ok=True
        )


@given(st.lists(paired_scores, min_size=1, max_size=4))
def test_many_groups_at_once_give_what_each_gives_alone(groups: list[list[tuple[int, int]]]) -> None:
    width = max(map(len, groups))
    padded = np.full((2, len(groups), width), np.nan)
    for at, group in enumerate(groups):
        padded[:, at, : len(group)] = np.array(group, float).T
    together = mean_change(*padded)
    for at, group in enumerate(groups):
        alone = mean_change(*np.array(group, float).T)
        fields = ("value", "low", "high", "n", "df")
        assert [float(getattr(together, name)[at]) for name in fields] == pytest.approx(
            [float(getattr(alone, name)) for name in fields], nan_ok=True
        )
        assert together.note[at] == alone.note


@pytest.mark.parametrize(("n", "t"), [(2, 11.0), (2, 60.0), (3, 30.0), (6, 45.0), (11, 8.0), (480, 25.0)])
def test_the_limits_of_d_z_are_the_noncentralities_that_its_definition_confirms(n: int, t: float) -> None:
    """Far out, scipy's distribution function has holes; the definition, integrated, has none."""
    spread = np.resize([-1.0, 1.0], n) if n % 2 == 0 else np.r_[np.resize([-1.0, 1.0], n - 1), 0.0]
    change = spread / spread.std(ddof=1) + t / np.sqrt(n)
    found = d_z(np.zeros(n), change)
    for limit, tail in ((found.low, 0.975), (found.high, 0.025)):
        assert _noncentral_t_below(t, n - 1, float(limit) * np.sqrt(n)) == pytest.approx(tail, abs=1e-6)


def _noncentral_t_below(t: float, df: int, noncentrality: float) -> float:
    """P(T < t) from the definition: a normal over the root of a chi-square, integrated over the chi-square."""

    def share(root: float) -> float:
        return float(stats.norm.cdf(t * root - noncentrality) * stats.chi.pdf(root * np.sqrt(df), df) * np.sqrt(df))

    ends = stats.chi.ppf([1e-12, 1 - 1e-12], df) / np.sqrt(df)
    return float(integrate.quad(share, *ends, limit=500, epsabs=1e-10)[0])


def test_everyone_up_by_one_is_a_change_without_interval() -> None:
    for statistic in (mean_change, d_z, lambda *waves: t_paired(*waves)[0]):
        found = statistic([2, 3, 4, 4], [3, 4, 5, 5])
        assert found.note == "no_variance"
        assert np.isnan(found.low)
        assert not np.isinf(found.value)
    assert mean_change([2, 3, 4, 4], [3, 4, 5, 5]).value == 1.0


def test_thirds_printed_with_six_decimals_are_still_equal_changes() -> None:
    assert mean_change([3.333333, 4.666667], [3.666667, 5.0]).note == "no_variance"


@pytest.mark.parametrize(("people", "note"), [(1, "too_few"), (0, "too_few")])
def test_one_or_no_pair_is_a_row_with_a_note(people: int, note: str) -> None:
    before, after = np.array([2.0, np.nan])[:people], np.array([3.0, 4.0])[:people]
    for statistic in (mean_change, d_z, d_av, correlation):
        found = statistic(before, after)
        assert found.note == note
        assert np.isnan(found.low)
    assert pairs(before, after).value == people
    assert bool(np.isnan(mean_change(before, after).value)) == (people == 0)


def test_a_person_without_one_of_the_waves_is_left_out() -> None:
    with_missing = mean_change([2, np.nan, 3, 3, 4], [3, 5, 3, 4, 5])
    assert with_missing.n == 4
    assert with_missing.value == mean_change([2, 3, 3, 4], [3, 3, 4, 5]).value


def test_scores_of_different_numbers_of_people_are_never_paired() -> None:
    with pytest.raises(ValueError, match="same people"):
        mean_change([1, 2, 3], [1, 2])


def test_records_hold_every_field_of_a_cell() -> None:
    record = field_records(mean_change([[1, 2, 3]], [[2, 2, 4]]))[0]
    assert (record["measure"], record["n"], record["of"], record["note"]) == ("mean_change", 3, 3.0, "")


def test_an_infinite_score_is_no_score() -> None:
    assert float(describe.mean([1.0, np.inf, 3.0]).value) == 2
    assert float(describe.mean([1.0, np.inf, 3.0]).n) == 2
    assert float(mean_change([1, 2, -np.inf], [2, 4, 5]).value) == 1.5
