"""Each person's change and trend, summarised by t: other programs' numbers, laws, degenerate cases."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable

import numpy as np
import pytest
from conftest import shared
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from waves import ORDINARY, drawn, seeds, shapes

from evaltools.statistics.cluster_robust import cluster_robust
from evaltools.statistics.growth import first_and_last, individual_trends, mean_last_change, mean_trend, t_trend


def test_for_complete_data_the_mean_trend_is_lmer_s_with_random_slopes() -> None:
    # lmerTest 3.1.3, lmer(y ~ wave + (1 + wave | id)) on lme4's sleepstudy: 18 people, 10 days
    cases = json.loads(shared("golden/visible.json").read_text("utf-8"))["cases"]
    case = next(case for case in cases if case["id"] == "d.lmm_rs_linear.sleep_all")
    with shared(f"golden/{case['input']['file']}").open(encoding="utf-8", newline="") as lines:
        rows = [(row["id"], int(row["wave"]), float(row["y"])) for row in csv.DictReader(lines)]
    people = sorted({row[0] for row in rows})
    scores = np.full((10, len(people)), np.nan)
    for person, wave, y in rows:
        scores[wave, people.index(person)] = y
    expected = case["expected"]["fixed"]["wave"]
    found, (t, p) = mean_trend(scores), t_trend(scores)
    assert float(found.value) == pytest.approx(expected["estimate"], rel=1e-9)
    assert float(t.value) == pytest.approx(expected["kenward_roger"]["t"], rel=1e-6)
    assert float(p.value) == pytest.approx(expected["kenward_roger"]["p"], rel=1e-5)
    assert [float(found.low), float(found.high)] == pytest.approx(expected["kenward_roger"]["ci95"], rel=1e-6)
    assert float(found.df) == pytest.approx(17)


def test_a_person_s_trend_is_the_line_through_the_waves_that_there_are() -> None:
    times = [0.0, 3.5, 8.0, 12.0]
    for person, trend in zip(ORDINARY.T, individual_trends(ORDINARY, times), strict=True):
        seen = np.isfinite(person)
        assert trend == pytest.approx(stats.linregress(np.array(times)[seen], person[seen]).slope, rel=1e-12)


def test_where_nobody_missed_a_wave_the_interval_is_scipy_s_for_people_s_own_trends() -> None:
    complete = drawn(4, 5, 7)
    found, (t, p) = mean_trend(complete), t_trend(complete)
    other = stats.ttest_1samp(individual_trends(complete), 0)
    interval = other.confidence_interval(0.95)
    assert [float(found.low), float(found.high)] == pytest.approx([interval.low, interval.high], rel=1e-12)
    assert (float(t.value), float(p.value)) == pytest.approx((other.statistic, other.pvalue), rel=1e-12)
    assert (float(found.n), float(found.df)) == (7, pytest.approx(6))


@pytest.mark.parametrize(
    ("scores", "times"),
    [(ORDINARY, None), (drawn(3, 5, 9, missing=0.4), [0, 1, 3, 4, 7]), (drawn(8, 6, 6, missing=0.3), None)],
)
def test_where_waves_are_missing_it_is_the_slope_within_people_with_cr2(
    scores: np.ndarray, times: list[float] | None
) -> None:
    """`cluster_robust` agrees with clubSandwich in the golden cases; a column for each person takes out the levels."""
    t = np.arange(len(scores)) if times is None else np.array(times)
    twice = scores[:, np.isfinite(scores).sum(axis=0) >= 2]
    wave, person = np.nonzero(np.isfinite(twice))
    design = np.column_stack([np.eye(twice.shape[1])[person], t[wave]])
    slope, error, df = (float(found[-1]) for found in cluster_robust(twice[wave, person], design, person))
    half = stats.t.ppf(0.975, df) * error
    found, (t_value, p) = mean_trend(scores, times), t_trend(scores, times)
    assert [float(found.value), float(found.low), float(found.high), float(found.df)] == pytest.approx(
        [slope, slope - half, slope + half, df], rel=1e-9
    )
    assert float(t_value.value) == pytest.approx(slope / error, rel=1e-9)
    assert float(p.value) == pytest.approx(2 * stats.t.sf(abs(slope / error), df), rel=1e-9)


def test_a_person_of_two_waves_does_not_outweigh_one_of_six() -> None:
    """Five people who rise by .1 a wave, and one who left after the second wave, two points down."""
    scores = 3 + 0.1 * np.arange(6)[:, None] + np.array([0.0, 0.02, -0.02, 0.01, -0.01, 0.0]) * np.ones((6, 1))
    scores[1, 5], scores[2:, 5] = 1.0, np.nan
    assert float(individual_trends(scores).mean()) < -0.2
    assert 0.05 < float(mean_trend(scores).value) < 0.1


def test_the_last_change_uses_everyone_with_two_waves() -> None:
    before, after = first_and_last(ORDINARY)
    assert before.tolist() == [3.2, 2.4, 3.0, 4.0, 2.2, 3.0]
    assert after.tolist() == [3.4, 3.4, 3.6, 4.2, 2.6, 3.2]
    other = stats.ttest_rel(after, before).confidence_interval(0.95)
    found = mean_last_change(ORDINARY)
    assert [found.low, found.high] == pytest.approx([other.low, other.high], rel=1e-12)


def test_many_groups_are_computed_at_once() -> None:
    two = np.stack([ORDINARY, ORDINARY[:, ::-1] + 1])
    assert mean_trend(two).value.shape == (2,)
    assert mean_trend(two).low[0] == pytest.approx(float(mean_trend(ORDINARY).low), rel=1e-12)
    assert mean_last_change(two).n.tolist() == [6.0, 6.0]


@given(seeds, shapes, st.floats(0.5, 4), st.floats(-50, 50))
def test_units_and_order_change_nothing_but_the_unit(
    seed: int, shape: tuple[int, int], scale: float, shift: float
) -> None:
    scores = drawn(seed, *shape, missing=0.2)
    turned = np.random.default_rng(seed).permutation(shape[1])
    found, other = mean_trend(scores), mean_trend(scale * scores[:, turned] + shift)
    assert [other.value, other.low, other.high] == pytest.approx(
        [scale * found.value, scale * found.low, scale * found.high], rel=1e-7, abs=1e-9
    )
    months = mean_trend(scores, 4.0 * np.arange(shape[0]) + 100)
    assert 4 * months.low == pytest.approx(found.low, rel=1e-7, abs=1e-9)
    assert 4 * months.high == pytest.approx(found.high, rel=1e-7, abs=1e-9)


def test_tiny_trends_in_a_long_unit_of_time_are_not_taken_for_rounding() -> None:
    days = 180.0 * np.arange(4)
    assert float(t_trend(ORDINARY, days)[0].value) == pytest.approx(float(t_trend(ORDINARY)[0].value), rel=1e-9)


def test_everyone_on_the_same_course_has_a_value_and_no_interval() -> None:
    same = np.array([[1.0, 2.0, 3.0], [1.5, 2.5, 3.5], [2.0, 3.0, 4.0]])
    found = mean_trend(same)
    assert (float(found.value), str(found.note)) == (pytest.approx(0.5), "no_variance")
    assert np.isnan(found.low)
    assert np.isnan(t_trend(same)[1].value)


@pytest.mark.parametrize(("people", "value"), [(1, 0.2), (0, np.nan)])
def test_one_person_or_nobody_has_no_interval(people: int, value: float) -> None:
    scores = np.full((3, 2), np.nan)
    scores[:, :people] = [[3.0], [3.2], [3.4]]
    found = mean_trend(scores)
    assert float(found.value) == pytest.approx(value, nan_ok=True)
    assert (str(found.note), float(found.n)) == ("too_few", people)


def test_one_wave_is_no_trend() -> None:
    assert str(mean_trend(np.ones((1, 5))).note) == "too_few"
    assert str(mean_last_change(np.ones((1, 5))).note) == "too_few"


@pytest.mark.parametrize("statistic", [mean_trend, t_trend, mean_last_change, individual_trends, first_and_last])
def test_scores_without_waves_are_refused(statistic: Callable[[list[float]], object]) -> None:
    with pytest.raises(ValueError, match="waves on the last axis but one"):
        statistic([3.0, 4.0, 3.5])


def test_waves_without_their_own_times_are_refused() -> None:
    with pytest.raises(ValueError, match="one time a wave"):
        mean_trend(ORDINARY, [0, 1, 2])
    with pytest.raises(ValueError, match="all different"):
        mean_trend(ORDINARY, [0, 1, 1, 2])
