"""Failures of other programs on an ordinary group over several waves, and what ours does instead."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from waves import ORDINARY

from evaltools.statistics.change import mean_change, t_paired
from evaltools.statistics.friedman import friedman
from evaltools.statistics.growth import mean_last_change, mean_trend, t_trend
from evaltools.statistics.model_changes import mixed_change, mmrm_change
from evaltools.statistics.model_trend import mixed_trend


def test_f1_one_small_sample_method_with_its_degrees_of_freedom() -> None:
    # three programs print p = .001 (z), .017 and .004 for one model; ours says by which t, with how many df
    for trend, p in ((mean_trend(ORDINARY), t_trend(ORDINARY)[1]), mixed_trend(ORDINARY)):
        assert np.isfinite(p.df)
        assert p.df < 6
        t = float(trend.value) / ((float(trend.high) - float(trend.low)) / 2 / stats.t.ppf(0.975, float(trend.df)))
        assert float(p.value) == pytest.approx(2 * stats.t.sf(abs(t), float(p.df)), rel=1e-9)
        assert float(p.value) > 2 * stats.norm.sf(abs(t)), "z would claim more"


def groups_without_a_mean_trend(count: int) -> np.ndarray:
    """Groups of six at four waves: means of five items from 1 to 5, people's trends differ (SD .15 a wave) around
    none; one joins at the second wave, and each may leave after the second or third."""
    random = np.random.default_rng(20261122)
    level = random.normal(3.2, 0.6, (count, 1, 6))
    trend = random.normal(0, 0.15, (count, 1, 6)) * np.arange(4)[:, None]
    items = np.clip(np.rint((level + trend)[..., None] + random.normal(0, 0.8, (count, 4, 6, 5))), 1, 5)
    scores = items.mean(axis=-1)
    scores[:, 0, 5] = np.nan
    leaves = random.choice([2, 3, 4], (count, 1, 6), p=[0.12, 0.12, 0.76])
    return np.asarray(np.where(np.arange(4)[:, None] >= leaves, np.nan, scores), float)


def test_f2_people_who_differ_in_trend_do_not_raise_false_alarms() -> None:
    # GEE 17 %, MixedLM 16 %, lmerTest random intercept 12 %, Kenward-Roger 11.5 % in such data
    scores = groups_without_a_mean_trend(2000)
    p, found = t_trend(scores)[1].value, mean_trend(scores)
    assert np.isfinite(p).mean() > 0.999
    assert 0.035 <= (p < 0.05).mean() <= 0.065
    assert ((found.low <= 0) & (found.high >= 0)).mean() >= 0.935
    last = mean_last_change(scores)
    assert 0.035 <= ((last.low > 0) | (last.high < 0)).mean() <= 0.065


def test_f6_every_comparison_uses_all_its_pairs_and_counts_them() -> None:
    # pingouin drops to the 3 complete people in every comparison, also where 5 pairs exist
    before = np.broadcast_to(ORDINARY[0], ORDINARY[1:].shape)
    assert mean_change(before, ORDINARY[1:]).n.tolist() == [5, 4, 3]
    assert mixed_change(ORDINARY)[0].n.tolist() == [6, 6, 6]
    assert float(friedman(ORDINARY)[0].n) == 3


def test_f7_no_structure_is_judged_from_fewer_people_than_waves_need() -> None:
    # pingouin's sphericity at n = 3, k = 4: W = 0, p = 0, rejected in 200 of 200 groups of independent normals
    for seed in range(5):
        scores = np.random.default_rng(seed).normal(size=(4, 4))
        change, p = mmrm_change(scores, "unstructured")
        assert set(change.note.tolist()) == {"too_few"}
        assert np.isnan([*change.value, *p.value]).all()


def test_f8_everyone_up_by_one_is_a_change_without_a_t() -> None:
    scores = np.array([2.0, 2.6, 3.2, 4.0]) + np.array([[0.0], [1.0]])
    for found in (mean_change(*scores), mixed_change(scores)[0], mmrm_change(scores, "autoregressive")[0]):
        assert np.allclose(found.value, 1.0, atol=1e-6)
        assert np.isnan(found.low).all()
        assert (found.note == "no_variance").all()


def test_f12_people_measured_twice_are_never_two_groups() -> None:
    # eight answers of four people who all rose a little: an unpaired test sees nothing, one that pairs does
    scores = np.array([[2.0, 3.0, 4.0, 5.0], [2.4, 3.5, 4.5, 5.6]])
    assert stats.ttest_ind(*scores).pvalue > 0.5
    assert float(mixed_change(scores)[1].value[0]) == pytest.approx(float(t_paired(*scores)[1].value), rel=1e-5)
    assert float(t_paired(*scores)[1].value) < 0.01


def test_f21_unequal_numbers_of_people_are_refused_and_partly_different_people_kept_apart() -> None:
    # rstatix pairs by row order: 4 + 4 rows of partly different people gave p = .032 without a word
    with pytest.raises(ValueError, match="same people"):
        mean_change([1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0])
    before, after = [1.0, 2.0, 3.0, 4.0, np.nan], [np.nan, 3.0, 3.0, 5.0, 4.0]
    assert float(mean_change(before, after).n) == 3
    assert float(mixed_change([before, after])[0].n[0]) == 5


def test_f19_a_p_below_five_per_cent_never_stands_beside_an_interval_with_zero() -> None:
    scores = groups_without_a_mean_trend(300)
    found, p = mean_trend(scores), t_trend(scores)[1].value
    assert (((found.low > 0) | (found.high < 0)) == (p < 0.05)).all()
