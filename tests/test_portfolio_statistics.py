"""The figures of a review: other programs' numbers through the review's own functions, laws, how often it names."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import portfolios
import pytest
from conftest import ROOT, shared
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaltools.pooled_changes import between_groups, funnel, pooled_change, shrunken_changes, standing_out
from evaltools.quarter_charts import chart_of
from evaltools.released_work import REACHED, reached_share
from evaltools.statistics.cautious_shrinkage import cautious_empirical_bayes
from evaltools.statistics.deviations import deviation, naming_level
from evaltools.statistics.heterogeneity import ESTIMATORS, tau2
from evaltools.statistics.pooling import empirical_bayes, random_effects

groups = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.02, 1)), min_size=5, max_size=12)
KEPT = pd.read_csv(ROOT / "benchmarks" / "results" / "portfolios.csv")


def golden(method: str) -> list[dict[str, Any]]:
    """The cases of one method; metafor's, with five groups and more."""
    import json

    content = json.loads(shared("golden/visible.json").read_text("utf-8"))["cases"]
    found = [case for case in content if case["method"] == method]
    assert found
    return found


# --- other programs' numbers, through the functions that the review calls


def test_the_pooled_change_its_heterogeneity_and_prediction_are_metafor_s() -> None:
    for case in golden("random_effects_REML"):
        y, v = case["input"]["yi"], case["input"]["vi"]
        expected, none = case["expected"], np.zeros(len(case["input"]["yi"]))
        mean, between = pooled_change(y, v, none), between_groups(y, v, none)
        assert between is not None
        assert float(mean.value) == pytest.approx(expected["estimate"], abs=1e-5)
        assert [float(mean.low), float(mean.high)] == pytest.approx(expected["ci_kh"], abs=1e-4)
        assert float(between.tau2.value) == pytest.approx(expected["tau2"], abs=1e-4)
        assert 100 * float(between.i_squared.value) == pytest.approx(expected["I2"], abs=0.05)
        ends = [float(between.prediction.low), float(between.prediction.high)]
        assert ends == pytest.approx(expected["pi_kh_t_km1"], abs=1e-3)
        drawn = shrunken_changes(y, v, none)
        assert drawn is not None
        assert drawn.value.tolist() == pytest.approx(expected["blup"], abs=1e-4)


def test_the_funnel_s_lines_are_those_of_the_golden_case() -> None:
    (case,) = golden("funnel_limits_mean")
    given_, expected = case["input"], case["expected"]
    narrow, wide = funnel(given_["mean"], expected["sd_pooled"], given_["n"])
    assert float(narrow.value[0]) == pytest.approx(expected["target"], abs=1e-9)
    for limit, name in ((narrow, "95"), (wide, "998")):
        assert limit.low.tolist() == pytest.approx(expected[f"lower{name}"], abs=1e-9)
        assert limit.high.tolist() == pytest.approx(expected[f"upper{name}"], abs=1e-9)


def test_the_share_of_goals_reached_is_svyciprop_s() -> None:
    for case in golden("clustered_proportion"):
        table = pd.read_csv(shared("golden") / case["input"]["file"])
        answers = table["y"].map({1: REACHED, 0: "cannot_tell"})
        found = reached_share([list(own) for _, own in answers.groupby(table["cluster"])])
        assert float(found.value) == pytest.approx(case["expected"]["p_hat"], abs=1e-12)
        assert [float(found.low), float(found.high)] == pytest.approx(case["expected"]["svyciprop_beta"], abs=1e-9)


def test_quarters_are_charted_as_qicharts2_and_wheeler_have_it() -> None:
    seen = []
    for case in [case for case in golden("xmr_chart") if not case["input"]["baseline"]]:
        values, expected = case["input"]["values"], case["expected"]
        chart, runs = chart_of(values), expected["anhoej_median_run_chart"]
        assert chart is not None
        assert chart.middle == pytest.approx(expected["median"])
        assert chart.shift == runs["signal"]
        assert (chart.limits is None) == (len(values) < 12), "the review shows no limits of so short a series"
        if chart.limits:
            assert chart.limits == pytest.approx((expected["lcl_x"], expected["ucl_x"]), rel=1e-9)
            assert [at + 1 for at in chart.signals] == expected["rule1_beyond_limits"]
        seen.append((chart.shift, bool(chart.limits), bool(chart.signals)))
    assert len(set(seen)) > 2, "cases with and without a shift, limits and signals"


def test_below_five_groups_the_interval_is_student_s() -> None:
    theirs = stats.ttest_1samp([0.1, 0.5, 0.3, 0.9], 0).confidence_interval()
    ours = pooled_change([0.1, 0.5, 0.3, 0.9], [0.1] * 4, [0] * 4)
    assert (float(ours.low), float(ours.high)) == pytest.approx((theirs.low, theirs.high))
    assert between_groups([0.1] * 4, [0.1] * 4, [0] * 4) is None
    assert shrunken_changes([0.1] * 4, [0.1] * 4, [0] * 4) is None


# --- naming


def test_the_limit_is_shared_out_so_that_all_groups_together_keep_it() -> None:
    for k in (1, 7, 1000):
        assert float(naming_level(k)) ** k == pytest.approx(0.95)


@given(groups)
def test_the_others_are_what_is_left_without_the_group(pairs: list[tuple[float, float]]) -> None:
    """Distance and width are those of the other groups taken by themselves, alike or differing."""
    y, v = np.array(pairs).T
    found, z = deviation(y, v), stats.norm.ppf(1 - (1 - 0.95 ** (1 / len(y))) / 2)
    for at in range(len(y)):
        others, weights = np.delete(y, at), 1 / np.delete(v, at)
        alike = np.average(others, weights=weights)
        half = z * np.sqrt(v[at] + 1 / weights.sum())
        if abs(y[at] - alike) <= half:
            assert found.low[at] <= 0 <= found.high[at]
            assert (found.low[at], found.high[at]) == pytest.approx((y[at] - alike - half, y[at] - alike + half))
        else:
            between = float(tau2(others, np.delete(v, at)).value)
            middle = float(random_effects(others, np.delete(v, at)).value)
            wide = z * np.sqrt(v[at] + between + 1 / (1 / (np.delete(v, at) + between)).sum())
            assert float(found.value[at]) == pytest.approx(y[at] - middle, abs=1e-6)
            assert float(found.high[at] - found.low[at]) == pytest.approx(2 * wide, rel=1e-6)


@given(groups, st.randoms(use_true_random=False))
def test_order_shift_and_groups_without_a_figure_do_not_matter(pairs: list[tuple[float, float]], draw: Any) -> None:
    y, v = np.array(pairs).T
    order = np.array(draw.sample(range(len(y)), len(y)))
    one, other = deviation(y, v), deviation(np.append(y[order] + 3, np.nan), np.append(v[order], 0.1))
    assert other.value[:-1] == pytest.approx(one.value[order], abs=1e-6)
    assert other.low[:-1] == pytest.approx(one.low[order], abs=1e-6)
    assert other.note[-1] == "too_few"


def test_many_portfolios_at_once_are_each_by_itself() -> None:
    draw = np.random.default_rng(4)
    y, v = draw.normal(0, 1.5, (3, 2, 9)), draw.uniform(0.05, 0.2, (3, 2, 9))
    y[0, 0, 3] = np.nan
    whole = deviation(y, v)
    assert ((whole.low > 0) | (whole.high < 0)).any(), "else the second step is not tried"
    for at in np.ndindex(3, 2):
        assert deviation(y[at], v[at]).low == pytest.approx(whole.low[at], nan_ok=True)


def test_of_very_many_groups_each_is_looked_at_without_itself_as_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The short way over sums of groups of equal variance, against the long way with every group by itself."""
    rng = np.random.default_rng(4)
    n = rng.integers(4, 10, 1_500)
    y = rng.normal(0, 0.4, len(n)) + rng.normal(0, 1, len(n)) / np.sqrt(n)
    y[:6] += [3, -3, 2.5, 6, np.nan, -4]
    short = deviation(y, 1 / n)
    monkeypatch.setattr("evaltools.statistics.heterogeneity._MANY", 10**9)
    long = deviation(y, 1 / n)
    named = (long.low > 0) | (long.high < 0)
    assert 3 <= named.sum() <= 6
    assert short.low == pytest.approx(long.low, rel=1e-6, abs=1e-9, nan_ok=True)
    assert ((short.low > 0) | (short.high < 0)).tolist() == named.tolist()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_of_very_many_groups_the_variance_is_that_of_each_by_itself(
    estimator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(5)
    n = rng.integers(4, 10, 1_500)
    y = rng.normal(0, 0.4, len(n)) + rng.normal(0, 1, len(n)) / np.sqrt(n)
    short = tau2(y, 1 / n, estimator=estimator)
    monkeypatch.setattr("evaltools.statistics.heterogeneity._MANY", 10**9)
    long = tau2(y, 1 / n, estimator=estimator)
    for name in ("value", "low", "high"):
        assert getattr(short, name) == pytest.approx(getattr(long, name), rel=1e-6)


def test_too_few_groups_and_figures_without_chance_name_nobody() -> None:
    assert deviation([1.0, 9.0], [0.1, 0.1]).note.tolist() == ["too_few"] * 2
    assert deviation([1.0, 2.0, 9.0], [0.0, 0.1, 0.1]).note.tolist() == ["no_variance"] * 3
    assert deviation([], []).value.shape == (0,)
    assert not standing_out([0.1, 0.1, 0.1, 9.0], [0.1] * 4, [0] * 4).any()


def test_a_group_known_by_its_ends_is_named_only_if_all_between_them_stands_out() -> None:
    y, v = [0.2, 0.3, 0.1, 0.2, 0.3, 2.5], [0.1] * 6
    assert standing_out(y, v, [0] * 6).tolist() == [False] * 5 + [True]
    assert standing_out(y, v, [0, 0, 0, 0, 0, 0.6]).tolist() == [False] * 5 + [True]
    assert not standing_out(y, v, [0, 0, 0, 0, 0, 1.6]).any()


# --- each group in the others' light


@given(groups)
def test_the_cautious_interval_holds_empirical_bayes_own(pairs: list[tuple[float, float]]) -> None:
    y, v = np.array(pairs).T
    ours, theirs = cautious_empirical_bayes(y, v), empirical_bayes(y, v)
    assert ours.value == pytest.approx(theirs.value, nan_ok=True)
    known = np.isfinite(theirs.low)
    assert (ours.low[known] <= theirs.low[known] + 1e-9).all()
    assert (ours.high[known] >= theirs.high[known] - 1e-9).all()


def test_where_groups_seem_not_to_differ_the_interval_still_allows_for_it() -> None:
    y, v = [0.2, 0.5, 0.0, 0.3, -0.1, 0.4, 0.1, 0.6], [0.15] * 8
    assert float(tau2(y, v).value) == 0
    ours, theirs = cautious_empirical_bayes(y, v), empirical_bayes(y, v)
    assert (ours.low < theirs.low - 0.05).all()
    assert (ours.high > theirs.high + 0.05).all()
    assert ours.low.argmin() == 4, "the group that lies lowest may be the lowest"


def test_bands_of_all_groups_move_the_ends_as_far_as_themselves() -> None:
    y, v = [0.2, 0.9, 0.4, 0.6, 0.1, 0.5], [0.1] * 6
    exact, banded = pooled_change(y, v, [0] * 6), pooled_change(y, v, [0.3] * 6)
    assert float(banded.low) == pytest.approx(float(exact.low) - 0.3)
    assert float(banded.high) == pytest.approx(float(exact.high) + 0.3)


def test_equal_changes_and_single_groups_have_no_interval() -> None:
    assert cautious_empirical_bayes([0.3] * 6, [0.1] * 6).note.tolist() == ["no_variance"] * 6
    assert np.isnan(cautious_empirical_bayes([0.3] * 6, [0.1] * 6).low).all()
    assert cautious_empirical_bayes([0.3], [0.1]).note.tolist() == ["too_few"]


@given(groups, st.floats(0, 2))
def test_bands_only_widen(pairs: list[tuple[float, float]], room: float) -> None:
    y, v = np.array(pairs).T
    slack = np.zeros_like(y)
    slack[0] = room
    exact, banded = pooled_change(y, v, slack * 0), pooled_change(y, v, slack)
    assert float(banded.value) == float(exact.value)
    if exact.note == "":
        assert banded.low <= exact.low
        assert banded.high >= exact.high


# --- the kept tables


def test_where_all_groups_are_alike_somebody_is_named_in_at_most_six_of_a_hundred_reviews() -> None:
    alike = KEPT[(KEPT["away"] == 0) & (KEPT["spread"] == 1)]
    assert alike["groups"].tolist() == list(portfolios.SIZES)
    assert (alike["reviews"] >= 5000).all()
    assert (alike["named"] <= 0.06).all()
    assert (alike["named"] >= 0.03).all(), "a limit that names nobody ever would be no limit"
    assert (alike["traffic_light"] == 1).all()
    assert (alike["funnel_95"] > 0.25).all()


def test_a_group_that_deviates_is_found_as_often_as_theory_says() -> None:
    apart = KEPT[(KEPT["between"] > 0) & (KEPT["groups"] <= 100)]
    assert len(apart) == 9
    assert (apart["found"] - apart["theory"]).between(-0.03, 0.1).all()
    one = KEPT[(KEPT["between"] == 0) & (KEPT["away"] > 0)]
    assert sorted(set(one["groups"])) == list(portfolios.SIZES)
    assert (one["found"] - one["theory"]).between(-0.15, 0.06).all(), "with few groups the others are not known exactly"
    assert (one["found"] - one["theory"])[one["groups"] == 100].abs().max() < 0.05
    assert (one.loc[one["away"] > 2, "found"] > 0.85).all()


def test_the_review_s_intervals_hold_in_the_kept_table() -> None:
    right = KEPT[KEPT["spread"] == 1].dropna(subset=["groups_held"])
    assert (right["groups_held"] >= 0.94).all()
    assert (right["mean_held"] >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / np.minimum(right["reviews"], 300))).all()
    assert right["empirical_bayes_held"].min() < 0.9, "that is why it does not stand alone"


def test_the_page_shows_the_kept_table(tmp_path: Path) -> None:
    page = tmp_path / "review.md"
    shutil.copy(ROOT / "docs" / "review.md", page)
    portfolios.write_page(page)
    assert page.read_text("utf-8") == (ROOT / "docs" / "review.md").read_text("utf-8")
    assert "](docs/review.md)" in (ROOT / "README.md").read_text("utf-8")
    assert len(re.findall(r"^\| 1000 ", page.read_text("utf-8"), flags=re.M)) >= 6


def test_a_small_run_says_the_same() -> None:
    alike, apart = portfolios.Scenario(30, 0.0), portfolios.Scenario(10, 0.8)
    row = portfolios.tried(alike, 1500, seed=7)
    assert 0.02 < row["named"] < 0.065
    row = portfolios.tried(apart, 200, seed=7)
    assert row["found"] == pytest.approx(row["theory"], abs=0.15)
    assert row == portfolios.tried(apart, 200, seed=7), "seeded"
