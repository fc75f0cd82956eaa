"""Single people, shares and goals: printed examples, other programs, coverage, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as mcnemar_of_statsmodels

from evaltools.statistics.clinical_significance import (
    class_shares,
    clinical_classes,
    cutoff,
    percentage_change,
    percentage_classes,
    reliable_classes,
)
from evaltools.statistics.clustered_rates import clustered_share, design_effect
from evaltools.statistics.goals import goal_attainment_t
from evaltools.statistics.rates import clopper_pearson, mcnemar, wilson
from evaltools.statistics.reliable_change_indices import (
    edwards_nunnally_index,
    gulliksen_lord_novick_index,
    hageman_arrindell_index,
    hsu_linn_lord_index,
    nunnally_kotsch_index,
    reliable_change_index,
)


def test_the_cut_offs_are_those_of_the_published_example() -> None:
    # Jacobson & Truax (1991), p. 13: clinical 40 (7.5), functional 60 (7.5): a = 55, b = 45, c = 50
    norms = {"mean": 40, "sd": 7.5, "functional_mean": 60, "functional_sd": 7.5}
    assert [cutoff(kind, "higher", **norms) for kind in "abc"] == [55, 45, 50]
    turned = {"mean": 60, "sd": 7.5, "functional_mean": 40, "functional_sd": 7.5}
    assert [cutoff(kind, "lower", **turned) for kind in "abc"] == [45, 55, 50]
    assert np.isnan(cutoff("c", "higher", mean=40, sd=7.5))
    for wrong in (("d", "higher"), ("a", "up")):
        with pytest.raises(ValueError, match="must be"):
            cutoff(*wrong)


def test_recovered_is_reliable_and_across_while_a_large_change_on_one_side_is_not() -> None:
    before = [40, 40, 60, 60, 45, np.nan, 50]
    after = [60, 49, 40, 75, 46, 70, 60]
    index = reliable_change_index(before, after, 7.5, 0.9)
    assert clinical_classes(before, after, index, 1.96, 50, "higher").tolist() == [
        "recovered", "improved", "harmed", "improved", "unchanged", "", "recovered",
    ]  # fmt: skip


def test_higher_and_lower_are_mirror_images() -> None:
    rng = np.random.default_rng(1)
    before, after = rng.integers(0, 40, (2, 50)).astype(float)
    index = reliable_change_index(before, after, 8, 0.8)
    up = clinical_classes(before, after, index, 1.96, 20.5, "higher")
    mirrored = clinical_classes(-before, -after, -index, 1.96, -20.5, "lower")
    assert up.tolist() == mirrored.tolist()
    assert len(set(up.tolist())) == 5


def test_every_index_keeps_those_without_both_scores_as_missing() -> None:
    before, after = [3.0, np.nan, 2.0, 4.0, 1.5], [4.0, 3.0, np.nan, 4.5, 3.5]
    indices = [
        reliable_change_index(before, after, 1, 0.8), gulliksen_lord_novick_index(before, after, 3, 1, 0.8),
        hsu_linn_lord_index(before, after, 3, 3.2, 1, 0.8), edwards_nunnally_index(before, after, 3, 1, 0.8),
        nunnally_kotsch_index(before, after, 3, 1, 0.8, 0.8), hageman_arrindell_index(before, after, 1, 0.9)[0],
    ]  # fmt: skip
    for index in indices:
        assert np.isnan(index).tolist() == [False, True, True, False, False]
        assert reliable_classes(index, 1.0, "higher")[1] == ""


def test_an_impossible_reference_is_refused_by_every_index() -> None:
    with pytest.raises(ValueError, match="positive"):
        nunnally_kotsch_index([1], [2], 1.5, 1, 0.8, 1.2)
    with pytest.raises(ValueError, match="positive"):
        gulliksen_lord_novick_index([1], [2], 1.5, 0, 0.8)


def test_reaching_the_percentage_is_enough() -> None:
    assert percentage_classes([10, 10, 10, 0], [13, 12.9, 7, 5], 0.3, "higher").tolist() == [
        "improved", "unchanged", "deteriorated", "improved",
    ]  # fmt: skip


def test_a_change_from_nothing_is_more_than_any_percentage_and_nothing_both_times_is_no_change() -> None:
    before, after = [0, 0, 0, np.nan, 4], [3, -1, 0, 2, 4]
    assert percentage_change(before, after)[:2].tolist() == [np.inf, -np.inf]  # as R divides
    assert np.isnan(percentage_change(before, after)[2:4]).all()
    assert percentage_classes(before, after, 0.3, "lower").tolist() == [
        "deteriorated", "improved", "unchanged", "", "unchanged",
    ]  # fmt: skip


def test_with_everybody_measured_the_share_has_wilsons_interval() -> None:
    classes = np.array([["improved"] * 3 + ["unchanged"] * 5, [""] * 8])
    improved = class_shares(classes, [8, 0], method="m", basis="b")[1]
    plain = wilson("share_improved", 3, 8)
    assert [improved.low[0], improved.high[0]] == pytest.approx([float(plain.low), float(plain.high)])
    assert improved.note.tolist() == ["", "too_few"]
    with pytest.raises(ValueError, match="more people"):
        class_shares(classes[:1], [7], method="m", basis="b")


@pytest.mark.parametrize(("x", "n"), [(0, 6), (1, 5), (3, 8), (6, 6), (11, 12)])
def test_clopper_pearson_agrees_with_scipy(x: int, n: int) -> None:
    for level in (0.8, 0.95):
        found, scipys = clopper_pearson("share_improved", x, n, level=level), stats.binomtest(x, n).proportion_ci(level)
        assert (float(found.low), float(found.high)) == pytest.approx((scipys.low, scipys.high), rel=1e-10)
    assert clopper_pearson("share_improved", 0, 0).note == "too_few"


@pytest.mark.parametrize(("gained", "lost", "n"), [(4, 1, 8), (5, 0, 10), (0, 0, 6), (2, 2, 9)])
def test_mcnemar_agrees_with_statsmodels(gained: int, lost: int, n: int) -> None:
    p, change = mcnemar(gained, lost, n)
    stays = n - gained - lost
    assert float(p.value) == pytest.approx(mcnemar_of_statsmodels([[stays, gained], [lost, 0]], exact=True).pvalue)
    assert float(change.value) == pytest.approx((gained - lost) / n)
    assert change.high - change.low > 0.1


def test_mcnemar_refuses_more_changes_than_people_and_says_nothing_of_nobody() -> None:
    with pytest.raises(ValueError, match="at most"):
        mcnemar(5, 4, 8)
    p, change = mcnemar(0, 0, 0)
    assert p.note == change.note == "too_few"
    assert np.isnan(p.value)


def test_things_of_the_same_people_count_less_than_things_of_different_people() -> None:
    alike, mixed = (
        clustered_share("idea_helped", [5, 5, 5, 0, 0, 5], [5] * 6),
        clustered_share("idea_helped", [3, 4, 3, 4, 3, 3], [5] * 6),
    )
    assert float(alike.value) == float(mixed.value) == pytest.approx(2 / 3)
    assert alike.high - alike.low > 1.3 * (mixed.high - mixed.low)
    assert design_effect([5, 5, 5, 0, 0, 5], [5] * 6).value > 4
    assert design_effect([3, 4, 3, 4, 3, 3], [5] * 6).value < 1


def test_the_clustered_interval_covers_when_people_differ() -> None:
    """Eight people with five ideas each, whose own shares vary widely around .6."""
    rng = np.random.default_rng(15)
    own = rng.beta(1.2, 0.8, (5000, 8))
    found = clustered_share("idea_helped", rng.binomial(5, own), np.full((5000, 8), 5))
    assert ((found.low <= 0.6) & (found.high >= 0.6)).mean() > 0.94
    plain = wilson("idea_helped", found.value * found.of, found.of)
    assert ((plain.low <= 0.6) & (plain.high >= 0.6)).mean() < 0.85  # what not thinking of people would give


def test_things_that_all_agree_count_each_person_once() -> None:
    found = clustered_share("idea_helped", [3, 4, 5, 2], [3, 4, 5, 2])
    exact = clopper_pearson("idea_helped", 4, 4)
    assert (float(found.low), float(found.high)) == pytest.approx((float(exact.low), 1))
    robust = clustered_share("idea_helped", [3, 4, 5, 2], [3, 4, 5, 2], interval="cr2")
    assert robust.note == "no_variance"
    assert np.isnan(robust.low)


def test_a_person_without_things_is_no_person_of_the_share() -> None:
    with_, without = (
        clustered_share("idea_helped", x, n) for x, n in (([1, 2, 0, np.nan], [3, 2, 0, 4]), ([1, 2], [3, 2]))
    )
    assert (float(with_.n), float(with_.low)) == pytest.approx((float(without.n), float(without.low)))
    alone = clustered_share("idea_helped", [2], [3])
    assert alone.note == "too_few"
    assert np.isnan(alone.low)
    assert clustered_share("idea_helped", [0, 0], [0, 0]).note == "too_few"
    with pytest.raises(ValueError, match="between"):
        clustered_share("idea_helped", [4], [3])
    with pytest.raises(ValueError, match="interval"):
        clustered_share("idea_helped", [1], [3], interval="wald")


def test_goal_attainment_is_fifty_where_every_goal_is_met_whatever_the_weights() -> None:
    for weights in (1, [1, 2, 5], [0.2, 0, 3]):
        for rho in (0, 0.3, 1):
            assert goal_attainment_t([0, 0, 0], weights, rho=rho).value == 50


def test_a_goal_that_was_not_rated_is_left_out_with_its_weight() -> None:
    with_, without = goal_attainment_t([1, np.nan, -1], [1, 7, 2]), goal_attainment_t([1, -1], [1, 2])
    assert float(with_.value) == pytest.approx(float(without.value), rel=1e-12)
    assert with_.of == 2
    assert goal_attainment_t([np.nan, np.nan]).note == "too_few"
    # computed in R: weights 2 and 3, levels 1 and -1
    assert float(goal_attainment_t([1, -1], [2, 3]).value) == pytest.approx(47.5456, abs=5e-5)


def test_impossible_goals_are_refused() -> None:
    for levels, weights, rho in (([3], [1], 0.3), ([1], [-1], 0.3), ([1], [1], 1.2), ([1], [1], -0.1)):
        with pytest.raises(ValueError, match=r"goal level|weights"):
            goal_attainment_t(levels, weights, rho=rho)
