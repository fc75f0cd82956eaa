"""Change over waves by models: when they must equal a plain t, laws for any data, edges, people with missing waves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from waves import ORDINARY, drawn, seeds, shapes

from evaltools.statistics.change import mean_change, t_paired
from evaltools.statistics.estimate import Estimate
from evaltools.statistics.growth import mean_trend, t_trend
from evaltools.statistics.marginal_models import can_be_fitted, fit_marginal
from evaltools.statistics.mixed_models import wave_design
from evaltools.statistics.model_changes import mixed_change, mixed_mean, mmrm_change, wave_effect
from evaltools.statistics.model_trend import mixed_trend

Pair = tuple[Estimate, Estimate]
MODELS: list[Callable[[np.ndarray], Pair]] = [
    mixed_change,
    lambda scores: mmrm_change(scores, "compound_symmetry"),
    lambda scores: mmrm_change(scores, "autoregressive"),
    lambda scores: mmrm_change(scores, "unstructured"),
]
BY_MODEL = pytest.mark.parametrize("model", MODELS, ids=["mixed", "cs", "ar1", "us"])


@BY_MODEL
def test_two_complete_waves_are_the_paired_t(model: Callable[[np.ndarray], Pair]) -> None:
    scores = drawn(4, 2, 7)
    (change, p), plain = model(scores), mean_change(*scores)
    assert str(change.note[0]) == ""
    expected = [float(field) for field in (plain.value, plain.low, plain.high, plain.df)]
    assert [change.value[0], change.low[0], change.high[0], change.df[0]] == pytest.approx(expected, rel=1e-5)
    assert float(p.value[0]) == pytest.approx(float(t_paired(*scores)[1].value), rel=1e-5)


def test_unstructured_and_complete_is_the_paired_t_of_every_wave() -> None:
    scores = drawn(9, 4, 9)
    change, p = mmrm_change(scores, "unstructured")
    for at in range(3):
        plain = mean_change(scores[0], scores[at + 1])
        assert [change.low[at], change.high[at], change.df[at]] == pytest.approx(
            [float(plain.low), float(plain.high), 8], rel=1e-5
        )
        assert p.value[at] == pytest.approx(float(t_paired(scores[0], scores[at + 1])[1].value), rel=1e-4)


def test_complete_waves_of_a_random_intercept_are_the_repeated_measures_anova() -> None:
    # F = MS(waves) / MS(waves x people), from two-way sums of squares
    scores = drawn(1, 4, 8)
    left = scores - scores.mean(axis=0) - scores.mean(axis=1, keepdims=True) + scores.mean()
    between = 8 * ((scores.mean(axis=1) - scores.mean()) ** 2).sum() / 3
    expected = between / ((left**2).sum() / 21)
    f, p = wave_effect(scores)
    assert (float(f.value), float(f.df)) == pytest.approx((expected, 21), rel=1e-6)
    assert float(p.value) == pytest.approx(stats.f.sf(expected, 3, 21), rel=1e-6)


def test_everyone_counts_who_was_measured_at_all() -> None:
    change, _ = mixed_change(ORDINARY)
    assert change.n.tolist() == [6, 6, 6]
    assert np.isfinite(change.low).all()
    alone = np.column_stack([ORDINARY, [np.nan] * 4])
    assert mixed_change(alone)[0].n.tolist() == [6, 6, 6]


def test_means_of_complete_waves_are_the_plain_means_and_their_changes_the_changes() -> None:
    scores = drawn(2, 3, 8)
    assert mixed_mean(scores).value == pytest.approx(scores.mean(axis=1), rel=1e-9)
    means, (change, _) = mixed_mean(ORDINARY), mixed_change(ORDINARY)
    assert means.value[1:] - means.value[0] == pytest.approx(change.value, abs=1e-9)


@settings(max_examples=12)
@given(seeds, shapes, st.floats(0.2, 20), st.floats(-100, 100))
@BY_MODEL
def test_units_and_order_of_people_change_nothing_but_the_unit(
    model: Callable[[np.ndarray], Pair], seed: int, shape: tuple[int, int], scale: float, shift: float
) -> None:
    # with few people and missing waves an unstructured fit may lie on an edge, which rounding decides
    scores = drawn(seed, *shape, missing=0.0 if model is MODELS[3] else 0.15)
    turned = np.random.default_rng(seed).permutation(shape[1])
    (found, p), (other, q) = model(scores), model(scale * scores[:, turned] + shift)
    assume((found.note == "").all() and (np.abs(found.low) < 100).all())
    assert other.value == pytest.approx(scale * found.value, rel=1e-3, abs=1e-3 * scale)
    assert other.high - other.low == pytest.approx(scale * (found.high - found.low), rel=1e-2)
    assert q.value == pytest.approx(p.value, abs=1e-3)


def test_a_flat_likelihood_gives_the_paired_t_whatever_the_unit_and_the_order() -> None:
    # Eight people, ten parameters: wave 1 has a spread of 7.9 points where the others have .6, and all but follows from
    # the others. Two maxima lie within .08 of each other, and rounding decided which was found.
    scores = drawn(6862, 4, 8, missing=0.15)
    turned = np.random.default_rng(6862).permutation(8)
    plain = mean_change(np.broadcast_to(scores[0], scores[1:].shape), scores[1:]).value
    for unit, shift, order in (
        (1, 0, slice(None)),
        (1, 0, turned),
        (3.7, 0, turned),
        (1, 50, turned),
        (0.2, 100, turned),
    ):
        found, _ = mmrm_change(unit * scores[:, order] + shift, "unstructured")
        assert set(found.note.tolist()) == {"singular"}
        assert found.value / unit == pytest.approx(plain, abs=1e-9)


@settings(max_examples=12)
@given(seeds, shapes)
@BY_MODEL
def test_interval_and_p_never_disagree(model: Callable[[np.ndarray], Pair], seed: int, shape: tuple[int, int]) -> None:
    for change, p in (model(drawn(seed, *shape, missing=0.15)), mixed_trend(drawn(seed, *shape, missing=0.15))):
        known = np.isfinite(p.value)
        assert (known == np.isfinite(change.low)).all()
        outside = (np.atleast_1d(change.low) > 0) | (np.atleast_1d(change.high) < 0)
        clear = np.abs(np.atleast_1d(p.value) - 0.05) > 1e-9
        assert (outside == (np.atleast_1d(p.value) < 0.05))[np.atleast_1d(known) & clear].all()


def test_the_times_of_waves_do_not_matter_to_a_model_of_levels_but_their_order_does_to_ar1() -> None:
    scores = drawn(6, 4, 8, missing=0.1)
    swapped = scores[[0, 2, 1, 3]]
    assert mixed_change(swapped)[0].value[[1, 0, 2]] == pytest.approx(mixed_change(scores)[0].value, abs=1e-8)
    ar1 = mmrm_change(scores, "autoregressive")[0].low
    assert np.abs(mmrm_change(swapped, "autoregressive")[0].low[[1, 0, 2]] - ar1).max() > 1e-4


def test_a_singular_fit_gives_the_paired_t_and_says_so() -> None:
    scores = np.array([[1.0, 2.0, 3.0, 4.0, np.nan], [4.0, 3.0, 2.5, 1.0, 2.0]])
    change, p = mixed_change(scores)
    plain = mean_change(*scores)
    assert [change.low[0], change.high[0], change.n[0]] == pytest.approx([float(plain.low), float(plain.high), 4])
    assert p.value[0] == pytest.approx(float(t_paired(*scores)[1].value))
    assert (change.note[0], p.note[0]) == ("singular", "singular")
    assert "paired t" in change.method
    f, _ = wave_effect(scores)
    assert str(f.note) == "singular"
    assert np.isfinite(f.value)


def test_a_trend_whose_model_is_singular_is_people_s_own_trends() -> None:
    scores = np.array([[2, 3, 2, 4], [3, 3, 4, 4], [3, 5, 4, 4], [5, 5, 4, 6]], float)
    (trend, p), plain = mixed_trend(scores), mean_trend(scores)
    assert [float(trend.value), float(trend.low), float(trend.high)] == pytest.approx(
        [float(plain.value), float(plain.low), float(plain.high)]
    )
    assert float(p.value) == pytest.approx(float(t_trend(scores)[1].value))
    assert (str(trend.note), str(p.note)) == ("singular", "singular")


@BY_MODEL
def test_everybody_changing_alike_has_a_value_and_no_interval(model: Callable[[np.ndarray], Pair]) -> None:
    scores = np.array([2.0, 3.0, 3.6, 4.2, 2.8]) + np.array([[0.0], [0.4], [1.0]])
    change, p = model(scores)
    assert change.value == pytest.approx([0.4, 1.0], abs=1e-4)
    assert change.note.tolist() == ["no_variance", "no_variance"]
    assert np.isnan([*change.low, *p.value]).all()


@BY_MODEL
@pytest.mark.parametrize(
    "scores",
    [np.ones((3, 1)), np.full((3, 4), np.nan), np.array([[1.0, np.nan], [np.nan, 2.0]])],
    ids=["one person", "nobody", "nobody twice"],
)
def test_too_few_people_is_a_row_with_a_note(model: Callable[[np.ndarray], Pair], scores: np.ndarray) -> None:
    change, p = model(scores)
    assert set(change.note.tolist()) == {"too_few"}
    assert np.isnan([*change.value, *p.value]).all()


@BY_MODEL
def test_one_wave_has_no_change_at_all(model: Callable[[np.ndarray], Pair]) -> None:
    change, _ = model(np.array([[1.0, 2.0, 3.0]]))
    assert change.value.shape == (0,)


@BY_MODEL
def test_a_wave_that_nobody_answered_is_empty_and_the_others_stand(model: Callable[[np.ndarray], Pair]) -> None:
    scores = drawn(3, 3, 8)
    gap = np.insert(scores, 1, np.nan, axis=0)
    (found, _), (whole, _) = model(gap), model(scores)
    assert found.note.tolist() == ["too_few", "", ""]
    assert found.n.tolist() == [0, 8, 8]
    if model is not MODELS[2]:  # under AR(1) a gap makes the others stand further apart
        assert found.low[1:] == pytest.approx(whole.low, rel=1e-6)


def test_without_a_first_wave_there_is_no_change_from_it() -> None:
    scores = drawn(3, 3, 8)
    scores[0] = np.nan
    assert set(mixed_change(scores)[0].note.tolist()) == {"too_few"}


def test_not_more_people_than_waves_is_too_few_for_an_unstructured_matrix() -> None:
    scores = drawn(3, 4, 4)
    assert not can_be_fitted(scores, "unstructured")
    assert set(mmrm_change(scores, "unstructured")[0].note.tolist()) == {"too_few"}
    with pytest.raises(ValueError, match="too few people"):
        fit_marginal(scores, wave_design(4), "unstructured")
    with pytest.raises(ValueError, match="structure must be one of"):
        fit_marginal(scores, wave_design(4), "toeplitz")


def test_three_levels_answer_for_people_in_groups() -> None:
    groups = np.repeat(["a", "b", "c", "d"], 6)
    scores = drawn(12, 3, 24, missing=0.1) + np.repeat([0.0, 1.5, 0.7, 2.2], 6)
    change, _ = mixed_change(scores, groups)
    assert change.note.tolist() == ["", ""]
    assert mixed_mean(scores, groups).low[0] < mixed_mean(scores).low[0], "groups that differ make a mean less certain"
    assert np.isfinite(wave_effect(scores, groups)[0].value)


@pytest.mark.parametrize("found", [mixed_change(ORDINARY)[0], mixed_trend(ORDINARY)[0], wave_effect(ORDINARY)[0]])
def test_all_fields_have_the_shape_of_the_value(found: Estimate) -> None:
    shapes = {np.shape(getattr(found, field.name)) for field in fields(found)
              if field.name in ("value", "low", "high", "n", "of", "df", "note")}  # fmt: skip
    assert shapes == {found.value.shape}


def awkward(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A table of the sort that stops programs: few people, gaps, ties, no spread, a stranger, a huge or tiny unit."""
    waves, people = random.integers(1, 7), random.integers(1, 13)
    scores = random.normal(3, random.choice([0.0, 1.0]), people) + random.normal(
        0, random.choice([0.0, 1e-7, 0.5]), (waves, people)
    )
    kind = random.integers(5)
    if kind == 0:
        scores = np.clip(np.rint(scores * 3), 3, 15) / 3
    if kind == 1:
        scores = np.clip(np.rint(scores), 1, 5)
    if kind == 2:
        scores[:, random.integers(people)] += 50
    if kind == 3:
        scores[random.integers(waves)] = 3.0
    scores = scores * random.choice([1.0, 1.0, 1e6, 1e-3, 1e12]) + random.choice([0.0, 100.0])
    scores[random.random(scores.shape) < random.choice([0.0, 0.1, 0.3, 0.6])] = np.nan
    groups = random.choice([np.arange(people), np.arange(people) % 3, np.zeros(people, int)])
    return scores, groups


@pytest.mark.parametrize("seed", range(10))
def test_awkward_tables_give_a_figure_or_a_note_and_never_an_error(seed: int) -> None:
    random = np.random.default_rng(seed)
    for _ in range(5):
        scores, groups = awkward(random)
        pairs = [model(scores) for model in MODELS]
        pairs += [mixed_change(scores, groups), mixed_change(scores, degrees="satterthwaite"), mixed_trend(scores)]
        for change, p in pairs:
            assert (np.isfinite(change.value) | (change.note != "")).all()
            assert ((p.value >= 0) & (p.value <= 1) | np.isnan(p.value)).all()
            between = (change.low <= change.value) & (change.value <= change.high)
            assert (between | np.isnan(change.low) & np.isnan(change.high)).all()
            assert (np.isfinite(change.low) | (change.note != "")).all()
        for f, p in (wave_effect(scores), wave_effect(scores, groups), wave_effect(scores, degrees="satterthwaite")):
            assert (np.isfinite([f.value, p.value]).all() and 0 <= p.value <= 1) or str(f.note) != ""
        for means in (mixed_mean(scores), mixed_mean(scores, groups)):
            assert (np.isfinite(means.low) | (means.note != "")).all()


@settings(max_examples=30)
@given(seeds, shapes, st.sampled_from([1e-3, 0.2, 1.0, 7.0, 1e4, 1e9]), st.sampled_from([-1e3, 0.0, 50.0]))
def test_the_random_intercept_knows_no_unit_and_no_zero(
    seed: int, shape: tuple[int, int], scale: float, shift: float
) -> None:
    scores = drawn(seed, *shape, missing=0.25)
    for degrees in ("kenward_roger", "satterthwaite"):
        (found, p), (other, q) = (mixed_change(own, degrees=degrees) for own in (scores, scale * (scores + shift)))
        assert other.note.tolist() == found.note.tolist()
        assert other.value / scale == pytest.approx(found.value, abs=1e-6)
        assert other.low / scale == pytest.approx(found.low, rel=1e-5, abs=1e-6, nan_ok=True)
        assert q.value == pytest.approx(p.value, rel=1e-5, abs=1e-9, nan_ok=True)
        f, g = (wave_effect(own, degrees=degrees) for own in (scores, scale * (scores + shift)))
        assert float(g[1].value) == pytest.approx(float(f[1].value), rel=1e-4, abs=1e-9, nan_ok=True)


def test_three_people_whose_f_has_two_degrees_of_freedom_are_no_division_by_zero() -> None:
    f, p = wave_effect(np.array([[3.0, 1.5, 3.0], [2.0, 2.0, 1.5]]))
    t, plain = t_paired([3.0, 1.5, 3.0], [2.0, 2.0, 1.5])
    if str(f.note) == "":
        assert (float(f.value), float(p.value)) == pytest.approx((float(t.value) ** 2, float(plain.value)), rel=1e-6)
    assert np.isfinite(p.value)
