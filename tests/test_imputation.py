"""Rubin's rules: what they must become at the ends (numbers: the golden cases from mice)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evaltools.statistics.imputation import pool_imputations


def test_imputations_that_agree_leave_nearly_the_complete_data_answer() -> None:
    pooled, p, missing = pool_imputations("mean_change", [0.5] * 5, [0.04] * 5, 7, 8)
    # with nothing between imputations, Barnard and Rubin leave (7 + 1) / (7 + 3) of the 7 degrees of freedom
    assert float(pooled.df) == pytest.approx(5.6)
    assert [pooled.low, pooled.high] == pytest.approx(stats.t.interval(0.95, 5.6, 0.5, 0.2))
    assert float(p.value) == pytest.approx(2 * stats.t.sf(2.5, 5.6))
    assert float(missing.value) == pytest.approx(2 / (5.6 + 3))


def test_without_small_sample_or_missingness_it_is_the_normal_interval() -> None:
    pooled, p, missing = pool_imputations("mean_change", [0.5, 0.5], [0.04, 0.04], np.inf, 800)
    assert [pooled.low, pooled.high] == pytest.approx(stats.norm.interval(0.95, 0.5, 0.2))
    assert float(p.value) == pytest.approx(2 * stats.norm.sf(2.5))
    assert float(missing.value) == 0


def test_no_variance_anywhere_is_a_value_with_a_note() -> None:
    pooled, p, missing = pool_imputations("mean_change", [0.5, 0.5], [0.0, 0.0], 7, 8)
    assert (float(pooled.value), str(pooled.note)) == (0.5, "no_variance")
    assert np.isnan([pooled.low, p.value, missing.value]).all()


def test_all_information_is_missing_when_only_imputations_differ() -> None:
    pooled, _, missing = pool_imputations("mean_change", [0.4, 0.6], [0.0, 0.0], np.inf, 8)
    assert float(missing.value) == 1
    assert float(pooled.df) == pytest.approx(1)


@pytest.mark.parametrize(
    ("values", "variances"), [([1.0], [1.0]), ([1.0, np.nan], [1.0, 1.0]), ([1.0, 2.0], [1.0, -1.0])]
)
def test_what_cannot_be_pooled_is_refused(values: list[float], variances: list[float]) -> None:
    with pytest.raises(ValueError, match="at least two imputations"):
        pool_imputations("mean_change", values, variances, 7, 8)
