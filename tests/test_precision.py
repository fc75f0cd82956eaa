"""What so many people can show, against statsmodels, scipy, simulation and published tables. R: tests/reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from statsmodels.stats.power import TTestPower

from evaltools.statistics.change import mean_change
from evaltools.statistics.precision import (
    expected_half_width,
    minimal_detectable_dz,
    n_for_dz,
    power_paired_t,
    smallest_detectable_change,
    smallest_exact_p,
    smallest_shown_change,
    verdict_chances,
)


@pytest.mark.parametrize("n", [2, 3, 5, 8, 30, 400])
@pytest.mark.parametrize("d_z", [0.0, 0.2, 0.9, 3.0])
def test_power_is_that_of_statsmodels(n: int, d_z: float) -> None:
    theirs = TTestPower().power(d_z, n, 0.05, alternative="two-sided")
    assert float(power_paired_t(d_z, n).value) == pytest.approx(theirs, rel=1e-7)


def test_the_far_tails_have_no_holes() -> None:
    """Where the noncentral t of scipy has given NaN: against simulation where chance still speaks, else sure."""
    draw = np.random.default_rng(3)
    for n in (2, 3, 5):
        changes = draw.normal(4, 1, (200_000, n))
        found = (mean_change(np.zeros(changes.shape), changes, level=0.90).low > 0).mean()
        assert float(power_paired_t(4, n, sides=1).value) == pytest.approx(found, abs=0.005)
    for n in (2, 5, 7, 10, 40):
        for d_z in (200.0, 1e4, 1e6):
            assert float(power_paired_t(d_z, n).value) == pytest.approx(1, abs=1e-9)
            assert float(power_paired_t(-d_z, n, sides=1).value) == pytest.approx(0, abs=1e-9)


@given(st.integers(2, 60), st.floats(0.05, 3), st.floats(0.01, 0.2))
def test_the_integral_is_the_noncentral_t_distribution(n: int, d_z: float, alpha: float) -> None:
    t = special.stdtrit(n - 1, 1 - alpha)
    theirs = 1 - special.nctdtr(n - 1, d_z * n**0.5, t)
    if np.isfinite(theirs):
        assert float(power_paired_t(d_z, n, alpha=alpha, sides=1).value) == pytest.approx(theirs, abs=2e-7)


def test_the_smallest_change_found_is_that_of_the_tables() -> None:
    # statistics page: R's power.t.test at 80 % power, two-sided 5 %
    table = {5: 1.68, 7: 1.27, 10: 1.00, 12: 0.89, 14: 0.81}
    assert {n: round(float(minimal_detectable_dz(n).value), 2) for n in table} == table
    assert float(smallest_detectable_change(7, 2.0).value) == pytest.approx(2 * float(minimal_detectable_dz(7).value))


@given(st.integers(3, 80), st.floats(0.5, 0.95))
def test_people_needed_for_a_change_turns_the_smallest_change_round(n: int, power: float) -> None:
    d_z = float(minimal_detectable_dz(n, power=power).value)
    assert float(n_for_dz(d_z, power=power).value) == pytest.approx(n, rel=1e-8)
    assert float(n_for_dz(-d_z, power=power).value) == pytest.approx(n, rel=1e-8)


@given(st.integers(2, 40), st.floats(0, 2), st.floats(0.01, 1))
def test_power_grows_with_people_and_with_the_change(n: int, d_z: float, more: float) -> None:
    here = float(power_paired_t(d_z, n).value)
    assert float(power_paired_t(d_z, n + 1).value) >= here - 1e-12
    assert float(power_paired_t(d_z + more, n).value) >= here - 1e-12


def test_no_number_of_people_finds_no_change_and_two_find_a_vast_one() -> None:
    assert str(n_for_dz(0).note) == "no_variance"
    assert float(n_for_dz(1000).value) == 2
    assert float(n_for_dz(0.01).value) == pytest.approx(TTestPower().solve_power(0.01, alpha=0.05, power=0.8), rel=1e-3)


@pytest.mark.parametrize("figure", [lambda n: power_paired_t(1, n), minimal_detectable_dz,
                                    lambda n: smallest_detectable_change(n, 1), lambda n: expected_half_width(n, 1),
                                    lambda n: smallest_shown_change(n, 1, 0.5)])  # fmt: skip
def test_one_person_is_too_few_for_all(figure: object) -> None:
    for n in (0, 1):
        found = figure(n)
        assert np.isnan(found.value)
        assert str(found.note) == "too_few"


def test_a_power_that_chance_alone_gives_is_refused() -> None:
    for power in (0.05, 1.0, 0.0):
        with pytest.raises(ValueError, match="power"):
            minimal_detectable_dz(7, power=power)
        with pytest.raises(ValueError, match="power"):
            n_for_dz(0.5, power=power)


def test_the_half_width_is_the_mean_of_simulated_ones() -> None:
    for n in (2, 5, 9):
        changes = np.random.default_rng(n).normal(0, 1.3, (40_000, n))
        found = mean_change(np.zeros(changes.shape), changes)
        assert float(expected_half_width(n, 1.3).value) == pytest.approx(
            float((found.high - found.low).mean()) / 2, rel=0.01
        )


def test_the_smallest_exact_p_is_that_of_scipys_permutation_test() -> None:
    assert float(smallest_exact_p(1).value) == 1  # one person tells nothing
    for n in (3, 5, 6):
        best = stats.permutation_test((np.arange(1.0, n + 1),), np.mean, permutation_type="samples",
                                      n_resamples=np.inf).pvalue  # fmt: skip
        assert float(smallest_exact_p(n).value) == pytest.approx(best)


@given(st.floats(-2, 2), st.floats(0.2, 2), st.integers(2, 60), st.floats(0, 1), st.sampled_from([0.0, 0.02, 0.1]))
def test_chances_of_verdicts_are_probabilities_and_mirror_each_other(
    change: float, sd: float, n: int, minimal: float, step: float
) -> None:
    chances = verdict_chances(change, sd, n, minimal, step=step)
    mirrored = verdict_chances(-change, sd, n, minimal, step=step)
    assert min(chances) >= -1e-12
    assert sum(chances) == pytest.approx(1)
    assert chances == pytest.approx(mirrored[::-1], abs=1e-12)


@given(st.floats(-2, 2), st.integers(2, 60))
def test_without_a_smallest_change_that_matters_an_increase_is_what_the_t_test_finds(d_z: float, n: int) -> None:
    assert verdict_chances(d_z, 1.0, n, 0.0).increase == pytest.approx(
        float(power_paired_t(d_z, n, alpha=0.025, sides=1).value), abs=1e-9
    )


def test_of_many_people_only_the_size_of_the_change_decides() -> None:
    """With 100 000 people the interval has no width: at the smallest change that matters, half reach it."""
    assert verdict_chances(0.5, 1.0, 100_000, 0.5).increase == pytest.approx(0.5, abs=1e-6)
    assert verdict_chances(0.51, 1.0, 100_000, 0.5).increase == pytest.approx(stats.norm.cdf(0.01 * 100_000**0.5))


def test_a_verdict_needs_two_people_and_a_spread() -> None:
    for n, sd in ((1, 1.0), (5, 0.0)):
        with pytest.raises(ValueError, match="least"):
            verdict_chances(0.5, sd, n, 0.5)
