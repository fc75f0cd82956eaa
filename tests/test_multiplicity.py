"""Adjusted p-values: statsmodels', laws, what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaltools.statistics.multiplicity import benjamini_hochberg, holm

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@settings(max_examples=30)
@given(p_values)
def test_they_agree_with_statsmodels(p: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests

    assert holm(p).value == pytest.approx(multipletests(p, method="holm")[1], rel=1e-12, abs=1e-300)
    assert benjamini_hochberg(p).value == pytest.approx(multipletests(p, method="fdr_bh")[1], rel=1e-12, abs=1e-300)


@given(p_values)
def test_a_test_that_could_not_be_made_does_not_count(p: list[float]) -> None:
    with_gap = holm([np.nan, *p])
    assert with_gap.value[1:] == pytest.approx(holm(p).value, rel=1e-12)
    assert (with_gap.note[0], with_gap.of[1]) == ("missing", len(p))
    assert np.isnan(with_gap.value[0])


def test_no_test_is_no_family_and_a_p_beyond_one_is_refused() -> None:
    assert np.isnan(benjamini_hochberg([np.nan]).value).all()
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.5, 1.2])
