"""Restricted maximum likelihood: statsmodels' likelihood, numerical slopes, structures at their edges."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import optimize
from waves import ORDINARY, drawn

from evaltools.statistics import covariance
from evaltools.statistics.blocks import Blocks, blocks
from evaltools.statistics.covariance import Covariance
from evaltools.statistics.mixed_models import (
    fit_random_slope,
    fit_three_level,
    trend_design,
    wave_design,
)
from evaltools.statistics.random_intercept import fit_random_intercept
from evaltools.statistics.reml import fit_at, fit_reml, loglik_and_slopes

STRUCTURES = [
    (covariance.three_level(1, 4), [0.5, 0.1, 0.2]),
    (covariance.autoregressive(4), [0.6, 0.45]),
    (covariance.autoregressive(4), [0.6, 0.0]),
    (covariance.random_slope([-1.0, 0.0, 0.5, 1.5]), [0.5, 0.05, 0.1, 0.2]),
    (covariance.unstructured(np.eye(4)), [0.9, 0.3, 0.8, 0.2, 0.3, 0.7, 0.1, 0.1, 0.2, 0.6]),
]
BY_NAME = pytest.mark.parametrize(("structure", "theta"), STRUCTURES, ids=lambda value: getattr(value, "name", ""))


def pooled(scores: np.ndarray, design: np.ndarray) -> Blocks:
    return blocks(scores.T, np.broadcast_to(design, (*scores.T.shape, design.shape[-1])))


@BY_NAME
def test_slopes_are_the_likelihood_s_own(structure: Covariance, theta: list[float]) -> None:
    data, at = pooled(ORDINARY, wave_design(4)), np.array(theta)
    numerical = optimize.approx_fprime(at, lambda moved: loglik_and_slopes(data, structure, moved)[0], 1e-6)
    assert loglik_and_slopes(data, structure, at)[1] == pytest.approx(numerical, rel=1e-4, abs=1e-4)


@BY_NAME
def test_observed_information_is_the_likelihood_s_curvature(structure: Covariance, theta: list[float]) -> None:
    data, at = pooled(ORDINARY, wave_design(4)), np.array(theta)
    steps = 1e-5 * np.eye(len(at))
    numerical = np.stack([
        (loglik_and_slopes(data, structure, at - step)[1] - loglik_and_slopes(data, structure, at + step)[1]) / 2e-5
        for step in steps
    ])  # fmt: skip
    assert fit_at(data, structure, at).observed == pytest.approx(numerical, rel=1e-4, abs=1e-4)


def test_expected_information_is_the_mean_of_the_observed_over_data_from_the_model() -> None:
    random = np.random.default_rng(5)
    structure, theta = covariance.autoregressive(3), np.array([1.0, 0.5])
    root = np.linalg.cholesky(structure.matrices(theta)[0])
    seen = np.isfinite(drawn(2, 3, 8, missing=0.2).T)
    drawn_fits = [
        fit_at(blocks(np.where(seen, random.normal(size=(8, 3)) @ root.T, np.nan),
                      np.broadcast_to(wave_design(3), (8, 3, 3))), structure, theta)
        for _ in range(4000)
    ]  # fmt: skip
    mean = np.mean([fit.observed for fit in drawn_fits], axis=0)
    assert mean == pytest.approx(drawn_fits[0].expected, rel=0.08)


def long(scores: np.ndarray) -> pd.DataFrame:
    wave, person = np.nonzero(np.isfinite(scores))
    return pd.DataFrame({"wave": wave, "person": person, "y": scores[wave, person]})


@pytest.mark.parametrize("scores", [ORDINARY, drawn(3, 5, 9, missing=0.2)], ids=["six people", "nine people"])
def test_random_intercept_agrees_with_statsmodels(scores: np.ndarray) -> None:
    import statsmodels.formula.api as smf

    other = smf.mixedlm("y ~ C(wave)", long(scores), groups="person").fit()
    found = fit_random_intercept(scores, wave_design(len(scores)))
    assert found.loglik == pytest.approx(other.llf, abs=1e-6)
    assert found.beta == pytest.approx(other.fe_params.to_numpy(), abs=1e-4)
    assert found.theta[1] == pytest.approx(other.scale, rel=1e-2)


def test_random_slope_agrees_with_statsmodels() -> None:
    import statsmodels.formula.api as smf

    scores = drawn(11, 6, 10, missing=0.15, trends=0.4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # statsmodels tells of its search
        other = smf.mixedlm("y ~ wave", long(scores), groups="person", re_formula="1 + wave").fit()
    found = fit_random_slope(scores, np.arange(6))
    assert not found.singular
    assert found.loglik >= other.llf - 1e-6
    assert found.loglik == pytest.approx(other.llf, abs=1e-4)
    assert found.beta == pytest.approx(other.fe_params.to_numpy(), abs=1e-3)


def test_the_slope_s_variance_does_not_depend_on_when_time_begins() -> None:
    scores = drawn(11, 6, 10, missing=0.15, trends=0.4)
    early, late = fit_random_slope(scores, np.arange(6)), fit_random_slope(scores, np.arange(6) + 2024.0)
    assert late.theta[2] == pytest.approx(early.theta[2], rel=1e-6)
    assert late.loglik == pytest.approx(early.loglik, abs=1e-8)
    level = np.array([1.0, 2024.0])
    matrix = np.array([[late.theta[0], late.theta[1]], [late.theta[1], late.theta[2]]])
    assert level @ matrix @ level == pytest.approx(early.theta[0], rel=1e-4)


def test_one_person_a_group_makes_three_levels_two() -> None:
    two = fit_random_intercept(ORDINARY, wave_design(4))
    three = fit_three_level(ORDINARY, wave_design(4), np.arange(6))
    assert three.loglik == pytest.approx(two.loglik, abs=1e-9)
    assert three.theta[0] + three.theta[1] == pytest.approx(two.theta[0], rel=1e-5)


def test_groups_of_different_sizes_and_a_person_without_any_score_are_no_trouble() -> None:
    scores = drawn(8, 3, 9, missing=0.2) + np.repeat([0.0, 1.0, 3.0], [2, 3, 4])
    groups = np.repeat(["a", "b", "c"], [2, 3, 4])
    found = fit_three_level(scores, wave_design(3), groups)
    more = np.column_stack([scores, np.full(3, np.nan)])
    again = fit_three_level(more, wave_design(3), np.append(groups, "nobody"))
    assert again.loglik == pytest.approx(found.loglik, abs=1e-10)
    assert again.theta == pytest.approx(found.theta, rel=1e-6)


def test_a_variance_of_zero_is_dropped_and_said() -> None:
    scores = np.array([[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.5, 1.0]])  # who was high is low: no lasting levels
    found = fit_random_intercept(scores, wave_design(2))
    assert found.singular
    assert found.theta[0] == pytest.approx(0, abs=1e-12)
    assert found.kept.tolist() == [False, True]
    assert found.theta[1] == pytest.approx(scores.var(axis=1, ddof=1).mean(), rel=1e-6)  # least squares


@pytest.mark.parametrize("structure", [covariance.three_level(1, 3), covariance.autoregressive(3)])
def test_nothing_left_to_explain_is_said(structure: Covariance) -> None:
    found = fit_reml(pooled(np.full((3, 4), 3.0), wave_design(3)), structure)
    assert found.exact
    assert found.beta == pytest.approx([3, 0, 0])


def test_a_design_that_the_scores_do_not_determine_is_refused() -> None:
    with pytest.raises(ValueError, match="do not determine"):
        fit_random_intercept([[1.0, 2.0], [np.nan, np.nan]], wave_design(2))
    with pytest.raises(ValueError, match="do not determine"):
        pooled(ORDINARY, trend_design([1, 1, 1, 1]))
