"""Cluster-robust change: equal to plain tests where it must be, laws, degenerate cases (numbers: the golden cases)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from waves import ORDINARY, drawn, seeds, shapes

from evaltools.statistics.change import mean_change
from evaltools.statistics.cluster_robust import cluster_robust, cluster_robust_change


def test_cr0_and_cr1s_agree_with_statsmodels() -> None:
    import statsmodels.api as sm

    wave, person = np.nonzero(np.isfinite(ORDINARY))
    y, x = ORDINARY[wave, person], np.column_stack([np.ones(len(wave)), wave])
    for kind, correction in (("CR0", False), ("CR1S", True)):
        other = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": person, "use_correction": correction})
        beta, error, _ = cluster_robust(y, x, person, kind)
        assert beta == pytest.approx(other.params, rel=1e-10)
        assert error == pytest.approx(other.bse, rel=1e-10)


def test_complete_waves_are_the_paired_t() -> None:
    scores = drawn(5, 3, 7)
    change, _ = cluster_robust_change(scores)
    for at in range(2):
        plain = mean_change(scores[0], scores[at + 1])
        assert [change.low[at], change.high[at], change.df[at]] == pytest.approx(
            [float(plain.low), float(plain.high), 6], rel=1e-9
        )


@given(seeds, shapes)
def test_names_and_order_of_people_do_not_matter(seed: int, shape: tuple[int, int]) -> None:
    scores, people = drawn(seed, *shape, missing=0.2), np.arange(shape[1])
    turned = np.random.default_rng(seed).permutation(shape[1])
    groups = np.array([f"group {at % 3}" for at in people])
    found, other = cluster_robust_change(scores, groups)[0], cluster_robust_change(scores[:, turned], groups[turned])[0]
    assert other.low == pytest.approx(found.low, rel=1e-7, nan_ok=True)


def test_four_groups_have_about_three_degrees_of_freedom_however_many_people() -> None:
    scores = drawn(7, 2, 40)
    change, _ = cluster_robust_change(scores, np.repeat(list("abcd"), 10))
    assert change.df[0] == pytest.approx(3, rel=1e-9)


def test_one_cluster_has_no_interval_and_equal_changes_neither() -> None:
    alone, _ = cluster_robust_change(ORDINARY, ["a"] * 6)
    assert set(alone.note.tolist()) == {"too_few"}
    assert np.isfinite(alone.value).all()
    same, p = cluster_robust_change([[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]])
    assert same.note.tolist() == ["no_variance"]
    assert np.isnan(p.value[0])
    assert set(cluster_robust_change(np.full((3, 2), np.nan))[0].note.tolist()) == {"too_few"}


def test_what_cannot_be_computed_is_refused() -> None:
    with pytest.raises(ValueError, match="kind must be one of"):
        cluster_robust([1, 2], [[1], [1]], ["a", "b"], "CR3")
    with pytest.raises(ValueError, match="does not determine"):
        cluster_robust([1, 2], [[1, 1], [1, 1]], ["a", "b"])
