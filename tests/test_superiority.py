"""Probability of superiority and rank-biserial: their intervals cover what they promise and never shrink to a point."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import special

from evaltools.statistics.superiority import probability_of_superiority, rank_biserial


@pytest.mark.parametrize("n", [4, 5, 6, 7, 8])
def test_superiority_covers_at_every_mix_of_rises_ties_and_falls(n: int) -> None:
    """No simulation: every outcome with its probability, over a grid of 231 truths."""
    outcomes = [(up, tied, n - up - tied) for up in range(n + 1) for tied in range(n + 1 - up)]
    changes = np.array([[1.0] * up + [0.0] * tied + [-1.0] * down for up, tied, down in outcomes])
    found = probability_of_superiority(np.zeros_like(changes), changes)
    assert (found.high - found.low > 0.3).all()
    ways = np.array([special.factorial(n) / np.prod(special.factorial(counts)) for counts in outcomes])
    worst = 1.0
    for up, tied in product(range(21), repeat=2):
        if up + tied > 20:
            continue
        shares = np.array([up, tied, 20 - up - tied]) / 20
        chance = ways * np.prod(shares ** np.array(outcomes), axis=1)
        truth = shares[0] + shares[1] / 2
        worst = min(worst, chance[(found.low <= truth + 1e-9) & (truth <= found.high + 1e-9)].sum())
    assert worst >= 0.95


def likert_changes(rng: np.random.Generator, shift: float, items: int, size: tuple[int, int]) -> np.ndarray:
    person = rng.normal(0, 0.6, (*size, 1))
    before, after = (
        np.clip(np.round(3.2 + up + person + rng.normal(0, 0.8, (*size, items))), 1, 5).mean(axis=-1)
        for up in (0, shift)
    )
    return after - before


CHANGES = {
    "normal, no change": lambda rng, size: rng.normal(0, 1, size),
    "normal, one SD up": lambda rng, size: rng.normal(1, 1, size),
    "normal, two SD up": lambda rng, size: rng.normal(2, 1, size),
    "heavy tails": lambda rng, size: rng.standard_t(2, size) + 0.7,
    "some respond": lambda rng, size: np.where(
        rng.random(size) < 0.3, rng.normal(2, 0.7, size), rng.normal(0, 0.7, size)
    ),
    "three items, no change": lambda rng, size: likert_changes(rng, 0.0, 3, size),
    "three items, up": lambda rng, size: likert_changes(rng, 0.6, 3, size),
    "one item, up": lambda rng, size: likert_changes(rng, 0.8, 1, size),
}


@pytest.mark.parametrize("changes", CHANGES)
def test_rank_biserial_covers_in_at_least_93_percent(changes: str) -> None:
    rng = np.random.default_rng(11)
    pairs = CHANGES[changes](rng, (400_000, 2))
    pairs = np.round(pairs[(np.round(pairs, 9) != 0).all(axis=1)], 9)
    both = np.round(pairs.sum(axis=1), 9)
    truth = (both > 0).mean() - (both < 0).mean()  # what the coefficient tends to in a large group
    for n in (4, 5, 6, 7, 8):
        found = rank_biserial(np.zeros((6000, n)), CHANGES[changes](rng, (6000, n)))
        some = ~np.isnan(found.value)
        assert ((found.low <= truth) & (truth <= found.high))[some].mean() >= 0.93
        assert (found.high - found.low)[some].min() > 0.1


def test_values_lie_inside_their_intervals_and_bounds() -> None:
    changes = np.random.default_rng(2).integers(-2, 3, (500, 7)).astype(float)
    for statistic, lowest in ((probability_of_superiority, 0), (rank_biserial, -1)):
        found = statistic(np.zeros_like(changes), changes)
        some = ~np.isnan(found.value)
        assert (found.low <= found.value + 1e-12)[some].all()
        assert (found.value <= found.high + 1e-12)[some].all()
        assert (found.low[some] >= lowest).all()
        assert (found.high[some] <= 1).all()


def test_where_nobody_changed_there_is_no_rank_to_compare() -> None:
    found = rank_biserial([3, 4], [3, 4])
    assert np.isnan(found.value)
    assert (found.n, found.of, found.note) == (2, 0, "no_variance")
    assert probability_of_superiority([3, 4], [3, 4]).value == 0.5
    assert probability_of_superiority([np.nan], [1]).note == rank_biserial([np.nan], [1]).note == "too_few"
