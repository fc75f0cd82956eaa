"""Whole reports under attack: made, delivered as pages, read back by a stranger, and given to the auditor."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import audit_sets
import pytest
from audit_logs import Thing
from audit_pairs import pages, twin
from audit_reports import attack
from audit_worlds import Report, World, delivered, let_out, prepare, random_world
from conftest import shared

from evaltools import commissioner, disclosure, ledger, released_rates
from evaltools.blocks import Table
from evaltools.plots import Mark
from evaltools.policy import banded, policies
from evaltools.released_rates import shown_share
from evaltools.reports import commissioner_report
from evaltools.shown import Shown

CEILING = [[5], [4], [5], [5], [4], [5]]


@pytest.fixture(autouse=True)
def _with_auditor() -> None:
    shared("tools/audit/reconstruct.py")


def team(*waves: list[list[int]], answers: int = 1, low: int = 1, high: int = 5, **more: Any) -> World:
    """One group, a list of everybody's answers a wave, one report of all of them."""
    people = {f"a{at}": [wave[at] or None for wave in waves] for at in range(len(waves[0]))}
    report = Report(dict.fromkeys(people, "a"), people, len(waves), **more)
    return World(1, low, high, answers, "standard", every_wave=True, reports=(report,))


def found_in(world: World, folder: Path) -> list[str]:
    """What the whole suite finds in a world's reports: the auditor's findings, or what could not be transcribed."""
    return attack(world, folder, whole=True)[0]


def quickly_audited(seed: int) -> bool:
    """The auditor takes seconds for a cell of twelve people and ten questions; the benchmark has the time."""
    world = random_world(seed)
    return len(world.reports[-1].groups) * world.items <= 40


@pytest.mark.parametrize("seed", list(filter(quickly_audited, range(1000, 1040)))[:20])
def test_nobody_is_worked_out_from_all_reports_of_a_random_evaluation(seed: int, tmp_path: Path) -> None:
    assert attack(random_world(seed), tmp_path)[0] == []


def test_half_of_the_random_evaluations_have_short_scales_and_many_let_something_out() -> None:
    worlds = [random_world(seed) for seed in range(400)]
    assert sum(world.items <= 2 for world in worlds) >= 200
    assert {(world.low, world.high) for world in worlds if world.seed % 2} == {(1, 4), (1, 6), (0, 10)}
    assert {len(world.reports) for world in worlds} == {1, 2, 3, 4}
    assert {5, 12} <= {len(world.reports[0].groups) for world in worlds}


def test_a_page_made_in_one_warm_process_has_the_bytes_of_the_walled_one(tmp_path: Path) -> None:
    world = team(CEILING, CEILING, [[3]] * 6)
    prepare(world, tmp_path)
    issued = let_out(world, world.reports[0], tmp_path)
    assert issued.content == let_out(world, world.reports[0], tmp_path, whole=True).content
    assert delivered(issued) == commissioner_report(issued, "sv")


@pytest.mark.parametrize("seed", [seed for seed in range(60) if random_world(seed).reports[-1].waves > 1][:16])
def test_other_answers_with_the_same_release_give_the_same_page(seed: int, tmp_path: Path) -> None:
    world = random_world(seed)
    assert twin(world, world.reports[-1]).answers != world.reports[-1].answers
    one, other = pages(seed, tmp_path)
    assert one == other


# --- the suite sees a leak: each gate is taken away, and the same attack must find something


def _with_spread(patch: pytest.MonkeyPatch) -> None:
    """The gate replaced by mean and standard deviation, with two decimals, as such reports usually are."""
    entry = disclosure._entry
    table = commissioner._levels_table

    def leaking_entry(draft: Any, scale: Any, panel: Any) -> Any:
        made = entry(draft, scale, panel)
        rows = draft.analysis.estimates
        own = rows[(rows["measure"] == "sd") & (rows["wave"] == panel.wave) & (rows["group_by"] == panel.group_by)]
        shown = {"kind": "value", "low": f"{panel.mean:.2f}", "high": f"{own['value'].iloc[0]:.2f}"}
        return replace(made, figure=made.figure | {"shown": shown})

    def leaking_table(figures: Any, *rest: Any) -> Table:
        made = table(figures, *rest)
        spreads = [figure["shown"]["high"].replace(".", ",") for figure in figures]
        rows = tuple((*row, spread) for row, spread in zip(made.rows, spreads, strict=True))
        return replace(made, columns=(*made.columns, "Standardavvikelse"), rows=rows)

    patch.setattr(disclosure, "_entry", leaking_entry)
    patch.setattr(commissioner, "_levels_table", leaking_table)


def _with_open_ends(patch: pytest.MonkeyPatch) -> None:
    def rounded(mean: float, *_: object) -> Shown:
        return Shown("value", f"{mean:.1f}", f"{mean:.1f}")

    patch.setattr(disclosure, "shown_mean", rounded)


def _with_melting_panels(patch: pytest.MonkeyPatch) -> None:
    """Every report recomputes everything for whoever is left."""
    patch.setattr(ledger.Ledger, "figure", lambda *_: None)
    patch.setattr(ledger.Ledger, "panel", lambda *_: None)
    patch.setattr(disclosure, "free", lambda *_: True)


def _with_totals_and_parts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(disclosure, "free", lambda *_: True)


def _with_fine_drawings(patch: pytest.MonkeyPatch) -> None:
    """The figure is rounded, its drawing is not."""

    def finer(name: str, words: str, dot: float | None, bar: tuple[float, float] | None) -> Mark:
        return Mark(name, words, None if dot is None else dot + 0.033, bar)

    patch.setattr(commissioner, "Mark", finer)


def _leaver() -> World:
    """Six, of whom one leaves after the second wave; the second report compares the waves again."""
    first, second = [[2], [3], [2], [3], [2], [5]], [[3], [3], [2], [3], [3], [5]]
    world = team(first, second, low=1, high=5)
    before = world.reports[0]
    gone = {who: [*own, [3]] for who, own in before.answers.items() if who != "a5"}
    early = replace(before, answers={who: [*own, None] for who, own in before.answers.items()})
    late = Report(dict.fromkeys(gone, "a"), gone, 3)
    return replace(world, reports=(early, late))


def _total_and_part() -> World:
    """Three questions, and the first of them as a scale of its own: low there, and so nearly highest in the others."""
    answers = [[0, 2, 2]] * 4 + [[0, 1, 2]]
    return team(answers, answers, answers=3, low=0, high=2, scales=("own", "z_part"))


def _with_exact_shares(patch: pytest.MonkeyPatch) -> None:
    """Shares to the per cent, without bands."""

    def exact(share: float, *_: object) -> Shown:
        return Shown("between", f"{math.floor(100 * share)}", f"{math.ceil(100 * share)}")

    patch.setattr(released_rates, "shown_share", exact)


def _with_open_shares(patch: pytest.MonkeyPatch) -> None:
    """Bands whose ends do not mind how much somebody owns."""

    def banded_only(share: float, owned: Any, policy: Any) -> Shown:
        return banded(100 * share, 0, 100, 0, policy.edges(len(owned)), places=0)

    patch.setattr(released_rates, "shown_share", banded_only)


def _log(yes: int, owned: tuple[int, ...] = (1, 1, 1, 1, 1)) -> World:
    """A team whose ideas were tried: of as many things as each person owns, the first so many."""
    world = team([[3]] * 5, [[3]] * 5)
    who = [f"a{at}" for at, count in enumerate(owned) for _ in range(count)]
    things = tuple(Thing("idea", person, 0, (at < yes, False)) for at, person in enumerate(who))
    return replace(world, reports=(replace(world.reports[0], things=things),))


LEAKS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Callable[[], World]]] = {
    "mean and standard deviation": (_with_spread, lambda: team(CEILING, CEILING)),
    "open ends": (_with_open_ends, lambda: team([[5]] * 6, [[5]] * 6)),
    "panels that are not frozen": (_with_melting_panels, _leaver),
    "totals and parts": (_with_totals_and_parts, _total_and_part),
    "exact shares": (_with_exact_shares, lambda: _log(5)),
    "shares with open ends": (_with_open_shares, lambda: _log(1)),
    "drawings finer than figures": (_with_fine_drawings, lambda: team(*[[[3, 3, 4]] * 6] * 2, answers=3)),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_the_suite_sees_a_leak(leak: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, made = LEAKS[leak]
    gate(monkeypatch)
    assert found_in(made(), tmp_path) != []


@pytest.mark.parametrize("leak", LEAKS)
def test_the_same_evaluation_passes_with_its_gate(leak: str, tmp_path: Path) -> None:
    assert found_in(LEAKS[leak][1](), tmp_path) == []


# --- why an answer stands in one figure only


def test_a_total_and_a_part_of_fifteen_and_five_show_what_the_other_ten_answered() -> None:
    """Every set is large, no sum isolates fewer than five, and both figures would pass alone."""
    people = [f"p{at}" for at in range(15)]
    total, part = {"interval": ["4", "4.4"], "closed": "both"}, {"interval": ["2", "2.2"], "closed": "both"}
    releases = [
        {"measure": "m", "who": people, "stats": {"mean": total}},
        {"measure": "m", "who": people[:5], "stats": {"mean": part}},
    ]
    document = {"format": "evaltools-audit/1", "measures": {"m": {"min": 1, "max": 5}}, "releases": releases}
    audit = audit_sets.auditor()
    assert audit.structural_check(audit.load_problem(document), 5) == []
    for release in releases:
        assert audit.audit(document | {"releases": [release]})["pass"]
    assert not audit.audit(document)["pass"]


# --- shares of things that people own


def _states(owned: list[int]) -> Iterator[tuple[int, ...]]:
    return itertools.product(*(range(most + 1) for most in owned))


@pytest.mark.parametrize("policy", policies())
@pytest.mark.parametrize(
    "owned",
    [
        [1] * 5,
        [1] * 8,
        [2] * 5,
        [2] * 7,
        [3] * 6,
        [2, 2, 1, 1, 1],
        [3, 2, 2, 2, 1, 1],
        [4, 3, 3, 3, 3],
        [1, 1, 1, 1, 2],
    ],
    ids=str,
)
def test_no_colleague_narrows_anyones_share_to_half(owned: list[int], policy: str) -> None:
    """All ways in which everybody's number of yes can be, against every band that can be printed."""
    things, fits = sum(owned), dict[Shown, list[tuple[int, ...]]]()
    for state in _states(owned):
        shown = shown_share(sum(state) / things, owned, policies()[policy])
        if shown is not None:
            fits.setdefault(shown, []).append(state)
    for states in fits.values():
        for colleague, other in itertools.permutations(range(len(owned)), 2):
            for own in {state[colleague] for state in states}:
                left = {state[other] for state in states if state[colleague] == own}
                assert max(left) - min(left) >= owned[other] / 2


def test_the_share_of_somebody_who_owns_nearly_everything_has_no_form() -> None:
    assert shown_share(0.5, [9, 1, 1, 1, 1], policies()["standard"]) is None


@pytest.mark.parametrize("n", [5, 6, 7])
def test_tried_and_helped_of_the_same_ideas_do_not_narrow_each_other(n: int) -> None:
    """What helped was tried: each person's idea was not tried, tried in vain, or helped."""
    policy, cells = policies()["standard"], dict[tuple[Shown | None, Shown | None], list[tuple[int, ...]]]()
    for state in itertools.product(range(3), repeat=n):
        tried, helped = sum(one > 0 for one in state), sum(one > 1 for one in state)
        key = (shown_share(tried / n, [1] * n, policy), shown_share(helped / n, [1] * n, policy))
        cells.setdefault(key, []).append(state)
    for states in cells.values():
        for own in {state[0] for state in states}:
            left = [state[1] for state in states if state[0] == own]
            assert {one > 0 for one in left} == {True, False} or {one > 1 for one in left} == {True, False}


def test_the_width_of_an_end_band_is_the_least_that_holds() -> None:
    """Five who own one thing each: with at most one yes, a colleague who said yes would know all the others' no."""
    shown = shown_share(0.0, [1] * 5, policies()["standard"])
    assert shown == Shown("at_most", "0", "40")
    assert math.isclose(statistics.mean([1, 1, 0, 0, 0]), 0.4)
