"""Scale scores, reliability, agreement: printed tables, other definitions of the same thing, degenerate cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evaltools.statistics.agreement import group_icc, intraclass_correlations, r_wg_j, retest_error
from evaltools.statistics.item_analysis import alpha_without_item, item_rest_correlations
from evaltools.statistics.omega import omega_total, one_factor
from evaltools.statistics.reliability import (
    cronbach_alpha,
    minimal_detectable_change,
    standard_error_of_measurement,
    standardised_alpha,
)
from evaltools.statistics.scale_scores import prorated_scores

# Shrout & Fleiss (1979), table 2: six targets, four judges; table 4 prints the coefficients.
JUDGES = np.array([[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]], float)


def test_intraclass_correlations_are_those_printed_by_shrout_and_fleiss() -> None:
    found = intraclass_correlations(JUDGES)
    assert [round(float(icc.value), 2) for icc in found] == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    assert [icc.measure for icc in found] == ["icc_1", "icc_2", "icc_3", "icc_1k", "icc_2k", "icc_3k"]


def test_the_mean_of_all_waves_has_cronbachs_alpha_for_consistency() -> None:
    """ICC(3,k) is alpha, and its F interval is Feldt's."""
    alpha, consistency = cronbach_alpha(JUDGES), intraclass_correlations(JUDGES)[5]
    for field in ("value", "low", "high"):
        assert float(getattr(consistency, field)) == pytest.approx(float(getattr(alpha, field)), rel=1e-10)


def test_a_person_missing_at_a_wave_is_left_out() -> None:
    more = np.column_stack([JUDGES, [5, np.nan, 6, 7]])
    for with_, without in zip(intraclass_correlations(more), intraclass_correlations(JUDGES), strict=True):
        assert float(with_.value) == pytest.approx(float(without.value), rel=1e-12)
        assert with_.n == 6


def test_agreement_that_is_perfect_or_absent_is_a_note() -> None:
    perfect = intraclass_correlations([[1, 2, 3, 4], [1, 2, 3, 4]])
    assert [float(icc.value) for icc in perfect] == [1] * 6
    assert {str(icc.note) for icc in perfect} == {"no_variance"}
    assert np.isnan([icc.low for icc in perfect]).all()
    assert {str(icc.note) for icc in intraclass_correlations([[1, 2], [2, 1]])} == {"too_few"}
    assert {str(icc.note) for icc in intraclass_correlations([[1, 2, 3, 4]])} == {"too_few"}
    nobody_differs = intraclass_correlations([[3, 3, 3], [4, 4, 4]])
    assert float(nobody_differs[0].value) == -1  # what is left is within people
    assert np.isnan(nobody_differs[2].value)
    assert nobody_differs[2].note == "no_variance"


def test_the_interval_of_absolute_agreement_covers() -> None:
    """People, occasions and error with variances 1, 0.2 and 0.5: the true ICC(2,1) is 1 / 1.7."""
    rng = np.random.default_rng(4)
    size = (4000, 3, 12)
    scores = rng.normal(0, 1, (4000, 1, 12)) + rng.normal(0, 0.2**0.5, (4000, 3, 1)) + rng.normal(0, 0.5**0.5, size)
    found = intraclass_correlations(scores)[1]
    assert ((found.low <= 1 / 1.7) & (found.high >= 1 / 1.7)).mean() == pytest.approx(0.95, abs=0.015)


def test_measurement_error_of_two_waves_is_the_spread_of_changes_over_root_two() -> None:
    before, after = np.array([10.0, 12, 15, 11, 13]), np.array([11.0, 12, 17, 11, 12])
    sem, mdc = retest_error([before, after])
    assert float(sem.value) == pytest.approx(np.std(after - before, ddof=1) / np.sqrt(2), rel=1e-12)
    assert float(mdc.value) == pytest.approx(1.959963984540054 * np.std(after - before, ddof=1), rel=1e-12)
    assert retest_error([[1.0], [2.0]])[0].note == "too_few"


def test_group_icc_is_the_variance_share_that_was_put_in() -> None:
    rng = np.random.default_rng(8)
    groups = rng.normal(0, 1, (4000, 1)) + rng.normal(0, 2, (4000, 6))
    one, two = group_icc(groups)
    assert float(one.value) == pytest.approx(0.2, abs=0.015)
    assert float(two.value) == pytest.approx(6 * 0.2 / (1 + 5 * 0.2), abs=0.03)  # standard error .01
    f = stats.f_oneway(*groups[:20]).statistic
    assert float(group_icc(groups[:20])[1].value) == pytest.approx(1 - 1 / f, rel=1e-10)


def test_groups_of_one_say_nothing_of_agreement() -> None:
    assert group_icc([[1, np.nan], [2, np.nan]])[0].note == "too_few"
    assert group_icc([[2, 2], [2, 2]])[0].note == "no_variance"
    assert r_wg_j([[4.0], [5.0]], 5).note == "too_few"


def test_r_wg_is_one_for_equal_answers_and_nought_for_a_group_split_in_two() -> None:
    assert r_wg_j([[4, 4, 4], [3, 3, 3]], 5).value == 1
    assert r_wg_j([[1, 5, 1, 5], [5, 1, 5, 1]], 5).value == 0


def test_alpha_of_standardised_items_is_alpha_of_their_z_scores() -> None:
    answers = np.random.default_rng(1).normal(0, [[1], [2], [5], [0.5]], (4, 30)) + np.linspace(-1, 1, 30)
    z = stats.zscore(answers, axis=1, ddof=1)
    alpha, r = standardised_alpha(answers)
    assert float(alpha.value) == pytest.approx(float(cronbach_alpha(z).value), rel=1e-12)
    correlations = np.corrcoef(answers)[np.triu_indices(4, 1)]
    assert float(r.value) == pytest.approx(correlations.mean(), rel=1e-12)


def test_bonetts_interval_covers_and_an_unknown_interval_is_refused() -> None:
    rng = np.random.default_rng(12)
    answers = rng.normal(0, 1, (3000, 1, 40)) + rng.normal(0, 1, (3000, 4, 40))  # alpha = 4 * .5 / (1 + 3 * .5) = .8
    found = cronbach_alpha(answers, interval="bonett")
    assert ((found.low <= 0.8) & (found.high >= 0.8)).mean() == pytest.approx(0.95, abs=0.015)
    with pytest.raises(ValueError, match="feldt"):
        cronbach_alpha(answers, interval="wald")


def test_omega_finds_the_loadings_that_were_put_in() -> None:
    rng = np.random.default_rng(7)
    loadings = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    own = np.sqrt(1 - loadings**2)
    answers = loadings[:, None] * rng.normal(0, 1, 40_000) + own[:, None] * rng.normal(0, 1, (5, 40_000))
    found, unique = one_factor(answers)
    assert found == pytest.approx(loadings, abs=0.02)
    assert unique == pytest.approx(own**2, abs=0.02)
    truth = loadings.sum() ** 2 / (loadings.sum() ** 2 + (own**2).sum())
    assert float(omega_total(answers).value) == pytest.approx(truth, abs=0.01)
    assert float(omega_total(10 * answers, standardised=True).value) == pytest.approx(truth, abs=0.01)


def test_omega_without_a_model_that_can_be_fitted_is_a_note() -> None:
    rng = np.random.default_rng(3)
    assert omega_total(rng.normal(size=(2, 50))).note == "too_few"
    assert omega_total(rng.normal(size=(6, 6))).note == "too_few"
    same = rng.normal(size=(4, 50))
    same[1] = same[0]
    assert omega_total(same).note == "no_variance"
    same[1] = 3
    assert omega_total(same).note == "no_variance"
    both = omega_total(np.array([rng.normal(size=(3, 9)), np.full((3, 9), 2.0)]))
    assert both.note.tolist() == ["", "no_variance"]


def test_items_alone_or_without_spread_are_notes() -> None:
    assert item_rest_correlations([[1, 2, 3, 4]]).note.tolist() == ["too_few"]
    assert item_rest_correlations([[3, 3, 3, 3], [1, 2, 3, 4]]).note.tolist() == ["no_variance", "no_variance"]
    assert alpha_without_item([[1, 2, 3, 4], [2, 1, 4, 3]]).note.tolist() == ["too_few", "too_few"]


def test_a_score_needs_enough_answers_and_a_sum_is_made_up_to_all_items() -> None:
    answers = [[4, 4, np.nan], [5, np.nan, np.nan], [3, np.nan, np.nan], [4, 2, np.nan]]
    assert prorated_scores(answers, 2).tolist() == pytest.approx([4, 3, np.nan], nan_ok=True)
    assert prorated_scores(answers, 2, rule="sum").tolist() == pytest.approx([16, 12, np.nan], nan_ok=True)
    assert prorated_scores(answers, 3).tolist() == pytest.approx([4, np.nan, np.nan], nan_ok=True)
    assert np.isnan(prorated_scores(answers, 0)[2])  # nobody gets a score from no answer


def test_measurement_error_is_weirs_example_and_impossible_numbers_give_none() -> None:
    # Weir (2005), J Strength Cond Res 19, 231-240: SEM 53.4 gives a minimal difference of 148.0
    assert float(minimal_detectable_change(53.4)) == pytest.approx(148.0, abs=0.05)
    # Jacobson & Truax (1991): SD 7.5, reliability .80: 3.35
    assert float(standard_error_of_measurement(7.5, 0.80)) == pytest.approx(3.35, abs=0.005)
    assert np.isnan(standard_error_of_measurement([-1, 5, 5], [0.8, 1.2, -0.1])).all()


def test_an_item_that_merely_goes_its_own_way_is_not_called_reversed() -> None:
    rng = np.random.default_rng(14)
    person = rng.normal(0, 1, 300)
    answers = np.array([*(person + rng.normal(0, 0.7, (4, 300))), 0.08 * person + rng.normal(0, 1, 300)])
    found = item_rest_correlations(answers)
    assert 0 < found.value[4] < 0.2
    assert found.note.tolist() == [""] * 5


@pytest.mark.parametrize(
    "answers", [[[1, 2, 3, 4]] * 3, [[1, 2, 3, 4], [2, 2, 2, 2], [4, 2, 3, 1]], [[1], [2], [3]], [[], [], []]]
)
def test_a_factor_that_cannot_be_fitted_is_missing(answers: list[list[int]]) -> None:
    loadings, unique = one_factor(np.array(answers, float))
    assert np.isnan(loadings).all()
    assert np.isnan(unique).all()
    assert str(omega_total(np.array(answers, float)).note) in ("too_few", "no_variance")
