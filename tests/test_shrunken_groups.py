"""Shrunken group changes: laws, coverage, degenerate cases (numbers: the golden cases from lme4)."""

from __future__ import annotations

import numpy as np
import pytest

from evaltools.statistics.shrunken_groups import fit_groups, overall_change, shrunken_change

GROUPS = np.repeat(list("abcdef"), [4, 5, 6, 7, 4, 8])


def changes(seed: int, between: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    own = random.normal(0.4, between, 6)
    return own, own[np.unique(GROUPS, return_inverse=True)[1]] + random.normal(0, 0.6, len(GROUPS))


def test_every_group_lies_between_its_own_mean_and_the_mean_of_all() -> None:
    _, change = changes(2, 0.5)
    names, found = shrunken_change(change, GROUPS)
    overall = float(overall_change(change, GROUPS)[0].value)
    for name, value in zip(names, found.value, strict=True):
        own = change[name == GROUPS].mean()
        assert min(own, overall) <= value <= max(own, overall)
    assert found.n.tolist() == [4, 5, 6, 7, 4, 8]


def test_intervals_hold_the_groups_true_changes() -> None:
    held = []
    for seed in range(150):
        own, change = changes(seed, 0.5)
        _, found = shrunken_change(change, GROUPS)
        held += ((found.low < own) & (own < found.high))[np.isfinite(found.low)].tolist()
    assert 0.93 < np.mean(held) < 0.985


def test_the_order_of_people_does_not_matter() -> None:
    _, change = changes(3, 0.5)
    turned = np.random.default_rng(1).permutation(len(change))
    assert shrunken_change(change[turned], GROUPS[turned])[1].low == pytest.approx(
        shrunken_change(change, GROUPS)[1].low, rel=1e-6
    )


def test_groups_that_do_not_differ_are_all_the_mean_without_a_false_certainty() -> None:
    alike = np.tile([0.0, 1.0, -1.0, 0.5], 3)
    names, found = shrunken_change(alike, np.repeat(list("abc"), 4))
    assert names == ["a", "b", "c"]
    assert found.value == pytest.approx([0.125] * 3)
    assert set(found.note.tolist()) == {"singular"}
    assert np.isnan(found.low).all()
    mean, _ = overall_change(alike, np.repeat(list("abc"), 4))
    assert (str(mean.note), float(mean.df)) == ("singular", pytest.approx(11))  # as of one group of twelve


@pytest.mark.parametrize("groups", [["a"] * 4, ["a", "b", "c", "d"]], ids=["one group", "one person a group"])
def test_too_few_is_said(groups: list[str]) -> None:
    assert set(shrunken_change([1.0, 2.0, 3.0, 4.0], groups)[1].note.tolist()) == {"too_few"}
    assert str(overall_change([1.0, 2.0, 3.0, 4.0], groups)[1].note) == "too_few"


def test_no_spread_is_said_and_a_person_without_a_change_is_left_out() -> None:
    _, found = shrunken_change([0.5, 0.5, 0.5, np.nan], ["a", "a", "b", "b"])
    assert set(found.note.tolist()) == {"no_variance"}
    assert found.n.tolist() == [2, 1]
    assert fit_groups([1.0, 2.0, 4.0, 5.0, np.nan], ["a", "a", "b", "b", "b"]).rows == 4
