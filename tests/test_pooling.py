"""Groups together: laws, degenerate sets, coverage for groups of four to ten. metafor's numbers: tests/reference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from evaltools.statistics.change import mean_change
from evaltools.statistics.estimate import Estimate, mean_and_sd
from evaltools.statistics.funnel import funnel_limits_mean, funnel_limits_share, funnel_z, overdispersion
from evaltools.statistics.group_changes import pooled_sd, sampling_variances, standardised_mean_change
from evaltools.statistics.heterogeneity import ESTIMATORS, cochran_q, i_squared, tau2
from evaltools.statistics.pooling import (
    common_effect,
    empirical_bayes,
    prediction_interval,
    random_effects,
    t_random_effects,
)

groups = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.02, 1)), min_size=2, max_size=12)
INTERVALS = ("Knapp-Hartung", "Knapp-Hartung ad hoc", "Wald")
WHOLE: list[Callable[..., Estimate]] = [common_effect, random_effects, tau2, i_squared, prediction_interval]


def split(pairs: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    y, v = np.array(pairs).T
    return y, v


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # statsmodels lets tau2 fall below 0
@given(groups)
def test_q_and_the_dersimonian_laird_mean_are_those_of_statsmodels(pairs: list[tuple[float, float]]) -> None:
    y, v = split(pairs)
    assume(np.ptp(y) > 1e-3)  # statsmodels divides by 0 where all changed alike
    theirs = combine_effects(y, v, method_re="dl", use_t=True)
    assert float(cochran_q(y, v)[0].value) == pytest.approx(theirs.q, rel=1e-9, abs=1e-9)
    assert float(tau2(y, v, estimator="DL").value) == pytest.approx(max(theirs.tau2, 0), rel=1e-9, abs=1e-12)
    if theirs.tau2 > 0:
        assert float(random_effects(y, v, estimator="DL").value) == pytest.approx(theirs.mean_effect_re, abs=1e-9)


@given(groups)
def test_paule_and_mandel_make_q_what_chance_expects(pairs: list[tuple[float, float]]) -> None:
    """Their definition: with the variance found, Q is its degrees of freedom; or none is needed."""
    y, v = split(pairs)
    between = float(tau2(y, v, estimator="PM").value)
    slack = 2e-4  # metafor's search stops so near to the root, and ours with it
    more, less = (float(cochran_q(y, v + max(at, 0.0))[0].value) for at in (between - slack, between + slack))
    assert less <= len(y) - 1 + 1e-9
    assert between == 0 or more >= len(y) - 1


@given(groups)
def test_no_other_variance_between_groups_is_likelier_than_the_reml_one(pairs: list[tuple[float, float]]) -> None:
    """The restricted likelihood as that of the data's contrasts, which do not know the mean: numpy and scipy."""
    y, v = split(pairs)
    contrasts = np.linalg.svd(np.ones((1, len(y))))[2][1:]

    def likelihood(between: float) -> float:
        covariance = contrasts @ np.diag(v + between) @ contrasts.T
        return float(stats.multivariate_normal.logpdf(contrasts @ y, cov=covariance))

    found = float(tau2(y, v).value)
    others = np.concatenate([[0.0], np.geomspace(1e-4, 50, 60)])
    assert likelihood(found) >= max(map(likelihood, others)) - 1e-9


@settings(max_examples=40)
@given(groups, st.floats(0.1, 20), st.floats(-3, 3))
def test_pooling_moves_and_stretches_with_the_scale(
    pairs: list[tuple[float, float]], times: float, shift: float
) -> None:
    y, v = split(pairs)
    for estimator in ESTIMATORS:
        rough = 2e-3 if estimator == "PM" else 1e-5  # its root is found to within a fixed distance
        one = random_effects(y, v, estimator=estimator)
        other = random_effects(y * times + shift, v * times**2, estimator=estimator)
        for end in ("value", "low", "high"):
            assert float(getattr(other, end)) == pytest.approx(
                float(getattr(one, end)) * times + shift, rel=rough, abs=rough * max(times, 1 / times), nan_ok=True
            )


@settings(max_examples=20)
@given(groups, st.randoms(use_true_random=False))
def test_the_order_of_groups_and_groups_without_a_figure_do_not_matter(
    pairs: list[tuple[float, float]], draw: object
) -> None:
    y, v = split(pairs)
    order = np.array(draw.sample(range(len(y)), len(y)))
    holed_y, holed_v = np.append(y[order], [np.nan, 1.0]), np.append(v[order], [0.5, np.nan])
    for figure in WHOLE:
        one, other = figure(y, v), figure(holed_y, holed_v)
        assert (float(other.value), float(other.n)) == (pytest.approx(float(one.value), abs=1e-7), len(y))
        assert float(other.high) == pytest.approx(float(one.high), abs=1e-6, nan_ok=True)


@given(groups)
def test_a_shrunken_change_lies_between_the_groups_own_and_the_mean(pairs: list[tuple[float, float]]) -> None:
    y, v = split(pairs)
    mean, found = float(random_effects(y, v).value), empirical_bayes(y, v).value
    assert ((found >= np.minimum(y, mean) - 1e-9) & (found <= np.maximum(y, mean) + 1e-9)).all()


@given(groups)
def test_wider_questions_have_wider_intervals(pairs: list[tuple[float, float]]) -> None:
    y, v = split(pairs)
    mean, new = random_effects(y, v), prediction_interval(y, v)
    if mean.note == "":
        assert new.low <= mean.low + 1e-12
        assert new.high >= mean.high - 1e-12
        assert random_effects(y, v, interval="Knapp-Hartung ad hoc").high >= mean.high - 1e-12


def test_many_sets_of_groups_at_once_are_each_set_by_itself() -> None:
    draw = np.random.default_rng(2)
    y, v = draw.normal(0.3, 0.5, (4, 3, 7)), draw.uniform(0.05, 0.4, (4, 3, 7))
    y[0, 0, :2] = np.nan
    for figure in [*WHOLE, empirical_bayes]:
        all_at_once = figure(y, v)
        for at in np.ndindex(4, 3):
            alone = figure(y[at], v[at])
            assert all_at_once.value[at] == pytest.approx(alone.value, nan_ok=True)
            assert all_at_once.low[at] == pytest.approx(alone.low, nan_ok=True)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("interval", INTERVALS)
def test_one_group_is_itself_without_an_interval(estimator: str, interval: str) -> None:
    found = random_effects([0.4], [0.1], estimator=estimator, interval=interval)
    assert (float(found.value), str(found.note)) == (0.4, "too_few")
    assert np.isnan([found.low, found.high]).all()
    assert np.isnan(tau2([0.4], [0.1], estimator=estimator).value)
    assert float(empirical_bayes([0.4], [0.1]).n[0]) == 1


def test_no_group_is_nothing() -> None:
    for figure in WHOLE:
        for y in ([], [np.nan, np.nan]):
            found = figure(y, [0.1] * len(y))
            assert np.isnan(found.value)
            assert str(found.note) == "too_few"


def test_groups_that_changed_exactly_alike_have_no_knapp_hartung_interval() -> None:
    same, v = [0.5, 0.5, 0.5], [0.1, 0.2, 0.1]
    found = random_effects(same, v)
    assert (float(found.value), str(found.note)) == (pytest.approx(0.5), "no_variance")
    assert np.isnan(found.high)
    assert [float(t.value) for t in t_random_effects(same, v)] == pytest.approx([np.nan, np.nan], nan_ok=True)
    assert np.isfinite(random_effects(same, v, interval="Wald").high)
    assert float(tau2(same, v).value) == 0
    assert np.isnan(tau2(same, v).high)
    assert empirical_bayes(same, v).value == pytest.approx(0.5)


def test_two_groups_are_pooled_with_one_degree_of_freedom() -> None:
    # Equal variances: the Knapp-Hartung interval is that of the two changes' own t test.
    found = random_effects([0.2, 0.8], [0.01, 0.01])
    theirs = stats.ttest_1samp([0.2, 0.8], 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    hts = prediction_interval([0.2, 0.8], [0.01, 0.01], lost=2)
    assert (str(hts.note), float(hts.value)) == ("too_few", pytest.approx(0.5))
    assert np.isnan(hts.low)


def test_a_variance_of_nothing_is_told_and_not_weighted_without_end() -> None:
    for figure in WHOLE:
        found = figure([0.2, 0.4, 0.9], [0.1, 0.0, 0.1])
        assert np.isnan(found.value)
        assert str(found.note) == "no_variance"


def test_an_unknown_estimator_is_refused() -> None:
    with pytest.raises(ValueError, match="REML"):
        tau2([0.2, 0.4], [0.1, 0.1], estimator="HE")


@given(st.lists(st.tuples(st.integers(2, 10), st.floats(0.3, 2)), min_size=1, max_size=8))
def test_the_pooled_spread_is_that_of_the_residuals(sizes: list[tuple[int, float]]) -> None:
    draw = np.random.default_rng(len(sizes))
    scores = [draw.normal(level, spread, n) for level, (n, spread) in enumerate(sizes)]
    residuals = np.concatenate([one - one.mean() for one in scores])
    found = pooled_sd([one.std(ddof=1) for one in scores], [len(one) for one in scores])
    assert float(found.value) == pytest.approx((residuals @ residuals / (len(residuals) - len(sizes))) ** 0.5)
    assert float(found.df) == len(residuals) - len(sizes)


def test_a_group_of_one_is_weighed_by_the_others_spread() -> None:
    assert sampling_variances([1.0, np.nan], [4, 1]).tolist() == [0.25, 1.0]
    assert np.isnan(sampling_variances([1.0, np.nan], [4, 0])[1])
    assert str(pooled_sd([np.nan], [1]).note) == "too_few"


@pytest.mark.parametrize(("k", "between"), [(6, 0.1), (10, 0.1), (20, 0.0)])
def test_intervals_cover_when_variances_rest_on_the_pooled_spread_and_not_on_each_groups_own(
    k: int, between: float
) -> None:
    """The simulation of the statistics page: groups of 4 to 10, changes with a spread of 1."""
    draw = np.random.default_rng(k)
    runs, largest = 2000, 10
    n = draw.integers(4, largest + 1, (runs, k))
    true = draw.normal(0.3, between**0.5, (runs, k)) if between else np.full((runs, k), 0.3)
    changes = np.where(np.arange(largest) < n[..., None], draw.normal(true[..., None], 1, (runs, k, largest)), np.nan)
    mean, sd = mean_and_sd(changes)
    found, own = random_effects(mean, sampling_variances(sd, n)), random_effects(mean, sd**2 / n)
    covered, covered_own = (((one.low <= 0.3) & (one.high >= 0.3)).mean() for one in (found, own))
    assert 0.935 <= covered <= 0.975
    assert covered > covered_own


def test_shrunken_changes_lie_nearer_the_truth_than_the_groups_own() -> None:
    draw = np.random.default_rng(8)
    n = draw.integers(4, 11, (500, 12))
    true = draw.normal(0.3, 0.3, n.shape)
    raw = draw.normal(true, 1 / np.sqrt(n))
    found = empirical_bayes(raw, 1 / n)
    assert ((found.value - true) ** 2).mean() < 0.7 * ((raw - true) ** 2).mean()


@pytest.mark.parametrize(("tau", "shrunken", "new"), [(0.0, 0.95, 0.95), (0.3, 0.87, 0.86), (1.0, 0.97, 0.94)])
def test_intervals_that_take_the_variance_between_groups_as_known_cover_as_their_notes_say(
    tau: float, shrunken: float, new: float
) -> None:
    draw = np.random.default_rng(13)
    n = draw.integers(4, 11, (2000, 12))
    true = draw.normal(0.3, tau, n.shape)
    raw = draw.normal(true, 1 / np.sqrt(n))
    own, another = empirical_bayes(raw, 1 / n), prediction_interval(raw, 1 / n)
    assert ((own.low <= true) & (true <= own.high)).mean() == pytest.approx(shrunken, abs=0.02)
    drawn = draw.normal(0.3, tau, 2000)
    assert ((another.low <= drawn) & (drawn <= another.high)).mean() == pytest.approx(new, abs=0.02)


def test_q_profile_intervals_cover_the_variance_between_groups() -> None:
    draw = np.random.default_rng(9)
    v = draw.uniform(0.1, 0.25, (2000, 10))
    found = tau2(draw.normal(0.3, np.sqrt(0.1 + v)), v)
    assert ((found.low <= 0.1) & (found.high >= 0.1)).mean() == pytest.approx(0.95, abs=0.015)


def test_a_change_in_points_needs_no_standardiser_and_a_flat_group_has_none() -> None:
    before, after = np.array([1.0, 2, 3, 4]), np.array([2.0, 2, 5, 5])
    r = np.corrcoef(before, after)[0, 1]
    given = (4, before.mean(), after.mean(), before.std(ddof=1), after.std(ddof=1), r)
    points, variance = standardised_mean_change(*given, standardiser="none")
    assert float(points.value) == pytest.approx(float(mean_change(before, after).value))
    assert float(variance) == pytest.approx((after - before).var(ddof=1) / 4)
    for standardiser in ("change", "before", "none"):
        flat, _ = standardised_mean_change(5, 3, 4, 0, 0, 0.5, standardiser=standardiser)
        assert (str(flat.note), np.isnan(flat.value)) == (
            ("", False) if standardiser == "none" else ("no_variance", True)
        )
        assert str(standardised_mean_change(1, 3, 4, 1, 1, 0.5, standardiser=standardiser)[0].note) == "too_few"


def test_funnels_hold_nineteen_of_twenty_groups_that_differ_by_chance_alone() -> None:
    draw = np.random.default_rng(10)
    n = draw.integers(4, 11, 400)
    mean, sd = np.array([mean_and_sd(draw.normal(0.2, 1, size)) for size in n]).T
    for level, wide in ((0.95, 0.03), (0.998, 0.006)):
        limits = funnel_limits_mean(mean, sd, n, level=level)
        assert ((mean >= limits.low) & (mean <= limits.high)).mean() == pytest.approx(level, abs=wide)
    assert float(overdispersion(mean, sd, n).value) == pytest.approx(1, abs=0.2)
    assert float(overdispersion(mean * 3, sd, n).value) > 4


def test_funnels_without_people_or_spread_say_so() -> None:
    limits = funnel_limits_mean([0.2, np.nan, 0.4], [1.0, 1.0, 1.0], [5, 5, 5])
    assert limits.note.tolist() == ["", "too_few", ""]
    assert limits.value.tolist() == pytest.approx([0.3] * 3)
    flat = funnel_limits_mean([0.2, 0.4], [0.0, 0.0], [5, 5])
    assert flat.note.tolist() == ["no_variance"] * 2
    assert np.isnan(funnel_z([0.2, 0.4], [0.0, 0.0], [5, 5]).value).all()
    assert str(overdispersion([0.2], [1.0], [5]).note) == "too_few"
    assert funnel_limits_share([6, 5], [6, 5]).note.tolist() == ["no_variance"] * 2
    assert funnel_limits_share([1, 0], [6, 0]).note.tolist() == ["", "too_few"]
    assert np.isnan(funnel_limits_share([0, 0], [0, 0]).value).all()


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 40)), min_size=1, max_size=8))
def test_limits_of_shares_stay_within_the_possible(counts: list[tuple[int, int]]) -> None:
    x, n = (np.array(part) for part in zip(*((min(count, of), of) for count, of in counts), strict=True))
    limits = funnel_limits_share(x, n)
    known = np.isfinite(limits.low)
    assert (limits.low[known] >= 0).all()
    assert (limits.high[known] <= 1).all()
    assert (limits.low[known] <= limits.value[known]).all()
