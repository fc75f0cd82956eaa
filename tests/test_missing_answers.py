"""What is hidden in a masked array is missing, whichever statistic it is given to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest
from numpy.typing import ArrayLike

from evaltools.statistics.agreement import r_wg_j
from evaltools.statistics.change import mean_change, t_paired
from evaltools.statistics.cluster_robust import cluster_robust_change
from evaltools.statistics.dose import dose_slope
from evaltools.statistics.estimate import Estimate
from evaltools.statistics.friedman import friedman, kendall_w
from evaltools.statistics.growth import mean_last_change, mean_trend, t_trend
from evaltools.statistics.item_analysis import item_rest_correlations
from evaltools.statistics.model_changes import mixed_change, mmrm_change
from evaltools.statistics.model_trend import mixed_trend
from evaltools.statistics.multiplicity import benjamini_hochberg, holm
from evaltools.statistics.rank_change import hodges_lehmann, wilcoxon
from evaltools.statistics.reliability import cronbach_alpha
from evaltools.statistics.run_charts import xmr_chart
from evaltools.statistics.scale_scores import prorated_scores
from evaltools.statistics.sign_flip import sign_flip
from evaltools.statistics.single_case import trend
from evaltools.statistics.standardised_change import d_av, d_z
from evaltools.statistics.superiority import probability_of_superiority

# Four waves of six people; 99 is a survey tool's code for "no answer".
CODED = np.array([[3.2, 2.4, 3.0, 4.0, 2.2, 99], [3.4, 2.8, 3.0, 4.4, 2.6, 3.0], [3.6, 2.6, 3.4, 4.2, 99, 3.4],
                  [3.4, 3.4, 3.6, 99, 99, 3.2]])  # fmt: skip
HIDDEN = np.ma.masked_equal(CODED, 99)
MISSING = np.where(CODED == 99, np.nan, CODED)
PAIRED = (dose_slope, mean_change, t_paired, d_z, d_av, hodges_lehmann, wilcoxon, sign_flip, probability_of_superiority)
WAVES = (friedman, kendall_w, mean_trend, t_trend, mean_last_change, mixed_change, mixed_trend, cluster_robust_change,
         lambda scores: mmrm_change(scores, "compound_symmetry"), cronbach_alpha, item_rest_correlations)  # fmt: skip
ROWS = (xmr_chart, trend, holm, benjamini_hochberg)
_Statistic = Callable[..., Estimate | tuple[Estimate, ...]]


def same(found: Estimate | tuple[Estimate, ...], expected: Estimate | tuple[Estimate, ...]) -> None:
    if isinstance(found, tuple) and isinstance(expected, tuple):
        for one, other in zip(found, expected, strict=True):
            same(one, other)
        return
    for field in fields(Estimate):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(expected, field.name), field.name)


@pytest.mark.parametrize("statistic", PAIRED)
def test_a_hidden_score_of_a_pair_is_missing(statistic: _Statistic) -> None:
    same(statistic(HIDDEN[0], HIDDEN[2]), statistic(MISSING[0], MISSING[2]))


@pytest.mark.parametrize("statistic", WAVES)
def test_a_hidden_score_of_a_wave_is_missing(statistic: _Statistic) -> None:
    same(statistic(HIDDEN), statistic(MISSING))
    same(statistic(list(HIDDEN)), statistic(MISSING))  # a list of masked rows too


@pytest.mark.parametrize("statistic", ROWS)
def test_a_hidden_point_of_a_row_is_missing(statistic: _Statistic) -> None:
    row = np.ma.masked_equal([0.2, 0.04, 99, 0.3, 0.01], 99)
    same(statistic(row), statistic(row.filled(np.nan)))


def test_a_hidden_answer_to_an_item_is_missing() -> None:
    np.testing.assert_array_equal(prorated_scores(HIDDEN, 3), prorated_scores(MISSING, 3))
    same(r_wg_j(HIDDEN, 5), r_wg_j(MISSING, 5))


@pytest.mark.parametrize("scores", [3.0, [3.0, 4.0, 3.5], np.full((2, 3, 4), 3.0)])
@pytest.mark.parametrize("statistic", [friedman, kendall_w])
def test_ranks_over_waves_take_one_group_of_waves_and_people(statistic: _Statistic, scores: ArrayLike) -> None:
    with pytest.raises(ValueError, match="waves"):
        statistic(scores)


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@pytest.mark.parametrize("p_values", [0.03, [[0.03, 0.04]]])
def test_the_p_values_of_a_family_stand_on_one_axis(adjust: _Statistic, p_values: ArrayLike) -> None:
    with pytest.raises(ValueError, match="one axis"):
        adjust(p_values)
