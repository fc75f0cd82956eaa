"""Change against sessions attended: scipy's regression, degenerate cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaltools.statistics.dose import dose_slope

people = st.lists(st.tuples(st.integers(-8, 8), st.integers(0, 18)), min_size=3, max_size=12)


@given(people)
def test_the_slope_is_scipy_s(rows: list[tuple[int, int]]) -> None:
    change, sessions = np.array(rows, float).T
    found, p = dose_slope(change / 4, sessions)
    if np.ptp(sessions) == 0:
        assert str(found.note) == "no_variance"
        return
    other = stats.linregress(sessions, change / 4)
    assert float(found.value) == pytest.approx(other.slope, rel=1e-9, abs=1e-12)
    if str(found.note) == "":
        half = stats.t.ppf(0.975, len(rows) - 2) * other.stderr
        assert float(found.high - found.low) / 2 == pytest.approx(half, rel=1e-6)
        assert float(p.value) == pytest.approx(other.pvalue, rel=1e-6, abs=1e-12)


def test_a_person_without_either_number_is_left_out_and_groups_go_at_once() -> None:
    change = np.array([[0.0, 0.5, 0.4, 1.0, np.nan], [0.0, 0.5, 0.4, 1.0, 3.0]])
    sessions = np.array([[4.0, 6, 8, 10, 12], [4.0, 6, 8, 10, np.nan]])
    found, _ = dose_slope(change, sessions)
    assert found.n.tolist() == [4, 4]
    assert found.low[0] == pytest.approx(found.low[1])


def test_too_few_or_all_on_one_line_is_said() -> None:
    two, _ = dose_slope([0.0, 1.0], [4, 8])
    assert (float(two.value), str(two.note), np.isnan(two.low)) == (0.25, "too_few", True)
    line, p = dose_slope([0.0, 1.0, 2.0], [4, 8, 12])
    assert (float(line.value), str(line.note), np.isnan(p.value)) == (0.25, "no_variance", True)
    assert str(dose_slope([1.0], [4])[0].note) == "too_few"
    assert str(dose_slope([1.0, 2.0], [4, 4])[0].note) == "no_variance"
    with pytest.raises(ValueError, match="same people"):
        dose_slope([1.0, 2.0], [4])
