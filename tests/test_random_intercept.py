"""Equally alike scores, all groups at once: the general likelihood, other searches, groups that end on an edge."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from waves import ORDINARY, drawn, seeds, shapes

from evaltools.statistics import covariance
from evaltools.statistics.blocks import Blocks, blocks
from evaltools.statistics.fit import Fit
from evaltools.statistics.mixed_models import trend_design, wave_design
from evaltools.statistics.model_changes import mixed_change, mixed_mean, mmrm_change, wave_effect
from evaltools.statistics.random_intercept import (
    fit_compound_symmetry,
    fit_random_intercept,
    fit_random_intercept_of_sums,
)
from evaltools.statistics.reml import fit_at, loglik_and_slopes

TWINS = np.array([[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.5, 1.0]])  # who was high is low
ALIKE = np.array([2.0, 3.0, 3.6, 4.2, 2.8]) + np.array([[0.0], [0.4], [1.0]])


def pooled(scores: np.ndarray, design: np.ndarray) -> Blocks:
    return blocks(scores.T, np.broadcast_to(design, (*scores.T.shape, design.shape[-1])))


def by_the_general_likelihood(scores: np.ndarray, design: np.ndarray, theta: np.ndarray) -> Fit:
    """The same model as one of groups of one person each, without a variance between groups."""
    one_person = covariance.three_level(1, len(scores))
    return fit_at(pooled(scores, design), one_person, np.array([theta[0], 0.0, theta[1]]))


@settings(max_examples=25)
@given(seeds, shapes, st.sampled_from([0.0, 0.2, 0.4]))
def test_sums_over_people_with_the_same_waves_give_the_fit_of_their_scores(
    seed: int, shape: tuple[int, int], missing: float
) -> None:
    scores = drawn(seed, *shape, missing=missing)
    design = wave_design(shape[0]) if seed % 2 else trend_design(np.arange(shape[0]))
    there = np.isfinite(scores).T
    kinds = np.unique(there[there.any(axis=1)], axis=0)
    people = [np.nan_to_num(scores.T[(there == kind).all(axis=1)]) for kind in kinds]
    found = fit_random_intercept_of_sums(kinds, [len(own) for own in people], [own.sum(axis=0) for own in people],
                                         [own.T @ own for own in people], design)  # fmt: skip
    expected = fit_random_intercept(scores, design)
    for name in ("beta", "variance", "theta", "loglik", "rows", "singular"):
        mine, theirs = getattr(found, name), getattr(expected, name)
        assert mine == pytest.approx(theirs, rel=1e-7, abs=1e-9), name


@settings(max_examples=25)
@given(seeds, shapes, st.sampled_from([0.0, 0.2, 0.4]))
def test_every_term_is_that_of_the_general_likelihood(seed: int, shape: tuple[int, int], missing: float) -> None:
    scores = drawn(seed, *shape, missing=missing)
    design = wave_design(shape[0]) if seed % 2 else trend_design(np.arange(shape[0]))
    for found in (fit_random_intercept(scores, design), fit_compound_symmetry(scores, design)):
        other = by_the_general_likelihood(scores, design, found.theta)
        assert found.loglik == pytest.approx(other.loglik, abs=1e-8)
        assert found.beta == pytest.approx(other.beta, abs=1e-6)
        assert found.variance == pytest.approx(other.variance, rel=1e-6, abs=1e-9)
        assert found.first == pytest.approx(other.first[[0, 2]], rel=1e-6, abs=1e-6)
        assert found.second == pytest.approx(other.second[np.ix_([0, 2], [0, 2])], rel=1e-6, abs=1e-5)
        assert found.expected == pytest.approx(other.expected[np.ix_([0, 2], [0, 2])], rel=1e-6)
        scale = np.abs(other.observed).max()
        assert found.observed == pytest.approx(other.observed[np.ix_([0, 2], [0, 2])], rel=1e-5, abs=1e-7 * scale)


@settings(max_examples=25)
@given(seeds, shapes, st.sampled_from([0.0, 0.3, 0.5]))
def test_no_other_variances_have_a_higher_likelihood(seed: int, shape: tuple[int, int], missing: float) -> None:
    scores, design = drawn(seed, *shape, missing=missing), wave_design(shape[0])
    found, data = fit_random_intercept(scores, design), pooled(scores, design)
    one_person, rows = covariance.three_level(1, shape[0]), data.rows - shape[0]
    for share in np.append(0.0, np.geomspace(1e-4, 0.9999, 120)):
        at = np.array([share, 0.0, 1 - share])
        residual = scores_left(data, one_person, at) / rows
        assert loglik_and_slopes(data, one_person, at * residual)[0] <= found.loglik + 1e-9


def scores_left(data: Blocks, structure: covariance.Covariance, at: np.ndarray) -> float:
    """Generalised squares that are left, from how the likelihood changes with the size of the variances."""
    low, high = (loglik_and_slopes(data, structure, size * at)[0] for size in (1.0, 2.0))
    return float(4 * (high - low + (data.rows - len(data.ordinary)) / 2 * np.log(2)))


def test_compound_symmetry_reaches_negative_covariances_as_another_search_does() -> None:
    scores = np.round(3 + np.random.default_rng(3).normal(0, 0.5, (3, 7)), 1)
    scores -= 0.9 * (scores.mean(axis=0) - scores.mean())
    data, structure = pooled(scores, wave_design(3)), covariance.three_level(1, 3)
    other = optimize.minimize(
        lambda at: -loglik_and_slopes(data, structure, np.array([at[0], 0.0, at[1]]))[0], [0.0, 0.2],
        method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000},
    )  # fmt: skip
    found = fit_compound_symmetry(scores, wave_design(3))
    assert found.theta[0] < -0.02
    assert not found.singular
    assert found.theta == pytest.approx(other.x, rel=1e-5)
    zero = fit_random_intercept(scores, wave_design(3))
    assert (bool(zero.singular), zero.theta[0]) == (True, 0)


def several() -> np.ndarray:
    """Groups of all sorts: complete, with gaps, a wave without answers, an edge, no spread, nobody."""
    groups = [drawn(seed, 3, 5, missing=0.3) for seed in range(6)]
    more = [
        drawn(9, 3, 5),
        np.column_stack([np.vstack([TWINS, TWINS[:1]]), [np.nan] * 3]),
        ALIKE,
        np.full((3, 5), np.nan),
    ]
    no_wave = drawn(4, 3, 5)
    no_wave[1] = np.nan
    no_start = drawn(5, 3, 5)
    no_start[0] = np.nan
    return np.stack([*groups, *more, no_wave, no_start])


def test_many_groups_at_once_are_each_group_alone() -> None:
    together, fits = several().reshape(3, 4, 3, 5), several()
    for statistic in (mixed_change, lambda s: mmrm_change(s, "compound_symmetry"), wave_effect,
                      lambda s: mmrm_change(s, "autoregressive"), lambda s: (mixed_mean(s),)):  # fmt: skip
        for which, figure in enumerate(statistic(together)):
            assert figure.value.shape[:2] == (3, 4)
            for at, scores in enumerate(fits):
                alone = statistic(scores)[which]
                where = divmod(at, 4)
                assert figure.note[where].tolist() == alone.note.tolist()
                for field in ("value", "low", "high", "n", "df"):
                    assert getattr(figure, field)[where] == pytest.approx(
                        getattr(alone, field), rel=1e-7, abs=1e-9, nan_ok=True
                    )
                assert figure.method == alone.method


def test_more_groups_than_are_searched_at_once_change_nothing() -> None:
    groups = np.stack([drawn(seed, 3, 5, missing=0.2) for seed in range(30)])
    many = mixed_change(np.tile(groups, (50, 1, 1)))[0]
    assert many.low == pytest.approx(np.tile(mixed_change(groups)[0].low, (50, 1)), rel=1e-9, nan_ok=True)


def test_no_groups_at_all_are_no_figures() -> None:
    change, p = mixed_change(np.empty((0, 4, 6)))
    assert change.value.shape == p.value.shape == (0, 3)


def test_people_whose_waves_do_not_tell_levels_from_noise_have_no_fit() -> None:
    # every person's waves are needed to place the waves themselves: nothing within people is left
    scores = np.array([[2.5, 4.3, np.nan, np.nan], [3.0, np.nan, 3.6, np.nan], [np.nan, np.nan, 3.0, 4.0]])
    fit = fit_random_intercept(scores, wave_design(3))
    assert fit.singular
    assert not fit.exact
    assert not fit.kept.any()
    change, _ = mixed_change(scores)
    assert change.note.tolist() == ["too_few", "too_few"]
    assert change.value[0] == pytest.approx(0.5), "the one person measured at both"


def test_nothing_left_within_people_is_exact_also_where_waves_are_missing() -> None:
    gappy = ALIKE.copy()
    gappy[0, 0] = gappy[2, 4] = np.nan
    fit = fit_random_intercept(gappy, wave_design(3))
    assert fit.exact
    assert not fit.singular
    assert fit.beta[1:] == pytest.approx([0.4, 1.0], abs=1e-9)


def test_a_huge_spread_between_people_is_no_trouble() -> None:
    scores = drawn(3, 4, 8, missing=0.2)
    apart = scores + 1e4 * np.arange(8)
    change, far = mixed_change(scores)[0], mixed_change(apart)[0]
    assert set(far.note.tolist()) == {""}
    alone = fit_random_intercept(apart, wave_design(4))
    assert alone.theta[0] == pytest.approx(np.var(1e4 * np.arange(8), ddof=1), rel=1e-3)
    assert far.high - far.low == pytest.approx(change.high - change.low, rel=0.6)


def test_the_fields_of_a_fit_lead_with_the_groups() -> None:
    fit = fit_random_intercept(np.stack([ORDINARY, ORDINARY + 1]), wave_design(4))
    alone = fit_random_intercept(ORDINARY, wave_design(4))
    for field in fields(Fit):
        own, several_groups = getattr(alone, field.name), getattr(fit, field.name)
        assert several_groups.shape == (2, *own.shape)
        shift = np.array([1.0, 0, 0, 0]) if field.name == "beta" else 0.0
        assert several_groups[1] == pytest.approx(own + shift, rel=1e-6, abs=1e-6)
