"""Unstructured fits to few people: what is marked as flat, and that nothing else depends on a unit or an order.

Tried beforehand on 884 groups of 5 to 50 people at 3 and 4 waves, a fifth of the answers missing, made as here: no
pair of fits differed by more than .000001 points or in their note. Marked were none of 150 groups of 15 at 3 waves,
none of 60 of 30 at 3 and of 15 of 50 at 4 (where the limits allow the model at all), 5 % of groups of 15 at 4 waves,
28 % of 10, and 54 % of 8. Before the degrees of freedom had a least value, limits lay up to 10^143 points away.
"""

from __future__ import annotations

import numpy as np
import pytest

from evaltools.statistics.change import mean_change
from evaltools.statistics.model_changes import mmrm_change


def with_missing(people: int, waves: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of five items from 1 to 5 of people who differ in level and trend, and another order of the people."""
    random = np.random.default_rng([people, waves, seed])
    level, trend = random.normal(3.2, 0.6, people), random.normal(0, 0.15, people) * np.arange(waves)[:, None]
    items = np.clip(np.rint((level + trend)[..., None] + random.normal(0, 0.8, (waves, people, 5))), 1, 5)
    gone = random.random((waves, people)) < 0.2
    gone[:, :2] = False
    return np.where(gone, np.nan, items.mean(axis=-1)), random.permutation(people)


@pytest.mark.parametrize(("people", "waves", "seeds"), [(10, 4, range(3)), (15, 3, range(6)), (15, 4, range(34, 38))])
def test_a_unit_or_an_order_of_people_decides_nothing(people: int, waves: int, seeds: range) -> None:
    for seed in seeds:
        scores, order = with_missing(people, waves, seed)
        found, other = (mmrm_change(each, "unstructured")[0] for each in (scores, 10 * scores[:, order] + 7))
        assert found.note.tolist() == other.note.tolist(), seed
        for field in ("value", "low", "high"):
            assert getattr(other, field) / 10 == pytest.approx(getattr(found, field), abs=1e-5), seed


def test_where_the_model_is_let_loose_no_ordinary_group_is_marked() -> None:
    for seed in range(5):
        found, _ = mmrm_change(with_missing(30, 3, seed)[0], "unstructured")
        assert set(found.note.tolist()) == {""}


def test_less_than_one_degree_of_freedom_gives_the_paired_t() -> None:
    """Fifteen people, four waves: .02 degrees of freedom, and limits 10^49 points away."""
    scores, _ = with_missing(15, 4, 36)
    found, p = mmrm_change(scores, "unstructured")
    paired = mean_change(np.broadcast_to(scores[0], scores[1:].shape), scores[1:])
    assert set(found.note.tolist()) == set(p.note.tolist()) == {"singular"}
    np.testing.assert_array_equal(found.low, paired.low)
    assert (found.df >= 1).all()
