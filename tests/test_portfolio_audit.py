"""Random portfolios, reported at evaluation and organisation level, under attack; and that the attack sees a leak."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from audit_portfolios import attack, random_portfolio
from audit_worlds import Report, World
from conftest import shared

from evaltools import partial, partial_counts, safe_counts


@pytest.fixture(autouse=True)
def _with_auditor() -> None:
    shared("tools/audit/reconstruct.py")


def team(at: int, *people: int) -> World:
    """Everybody's one answer from 1 to 5, the same at both waves."""
    answers = {f"{'abcdefgh'[at]}{number}": [[own], [own]] for number, own in enumerate(people)}
    handed_in = Report(dict.fromkeys(answers, "a"), answers, 2)
    return World(at, 1, 5, 1, "standard", True, (handed_in,))


# Two teams near the top who together leave room, one in the middle; then one of whom all gave the highest answer.
NEAR_THE_TOP = [team(0, 5, 5, 4, 3, 3, 5), team(1, 5, 5, 5, 3, 3, 4), team(2, 3, 3, 2, 2, 3), team(3, 5, 5, 5, 5, 5)]
ONE_AT_THE_TOP = [team(0, 5, 5, 5, 5, 5), team(1, 3, 2, 3, 2, 3), team(2, 2, 3, 3, 2, 3), team(3, 3, 3, 3, 2, 2)]

TWO = [team(0, 3, 3, 2, 2, 3, 4, 3, 3), team(1, 3, 3, 2, 2, 3, 4, 3, 2)]


@pytest.mark.parametrize("seed", [3, 5, 7, 8, 14, 29, 34])
def test_nobody_is_worked_out_from_a_portfolio_that_is_reported_at_both_levels(seed: int, tmp_path: Path) -> None:
    worlds = random_portfolio(seed, [5, 5, 5] if seed % 5 == 4 else [])
    assert attack(worlds, tmp_path)[0] == []


@pytest.mark.parametrize("worlds", [NEAR_THE_TOP, ONE_AT_THE_TOP])
def test_nobody_is_worked_out_near_the_end_of_the_scale(worlds: list[World], tmp_path: Path) -> None:
    found, told = attack(worlds, tmp_path)
    assert found == []
    assert told["totals"] == 1


def _any_sum(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(partial, "sum_may_go_out", lambda *_: True)


def _totals_that_overlap(patch: pytest.MonkeyPatch) -> None:
    """Every run makes totals of whatever folders are named, as if nothing were out."""
    patch.setattr(partial, "_totals_known", lambda *_: [])
    patch.setattr(partial._Change, "is_free", True)


def _few_groups(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(partial, "_may_pool", lambda _: True)


@pytest.mark.parametrize(("leak", "worlds"), [
    (_any_sum, ONE_AT_THE_TOP),
    (_totals_that_overlap, NEAR_THE_TOP),
    (_few_groups, TWO),
])  # fmt: skip
def test_the_attack_sees_a_leak(
    leak: Callable[[pytest.MonkeyPatch], None], worlds: list[World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leak(monkeypatch)
    assert attack(worlds, tmp_path)[0] != []


def _exact_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(partial_counts, "stretch", lambda count, *_: (count, count))


def _any_cases(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(safe_counts.CountRule, "may_tell_cases", lambda _, cases: sum(cases) > 0)
    patch.setattr(partial_counts, "case_stretch", lambda count, _: (count, count))


def _counts_that_overlap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(partial_counts, "_known", lambda *_: [])
    patch.setattr(partial_counts, "_refusal", lambda _, __, tally: "" if tally else "not_recorded")


@pytest.mark.parametrize(("leak", "seed", "found"), [
    (_exact_counts, 8, "COUNT_"),
    (_any_cases, 8, "CASES_"),
    (_counts_that_overlap, 8, "TWICE"),
])  # fmt: skip
def test_the_attack_sees_counts_that_leak(
    leak: Callable[[pytest.MonkeyPatch], None], seed: int, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leak(monkeypatch)
    assert any(rule.startswith(found) for rule in attack(random_portfolio(seed), tmp_path)[0])
