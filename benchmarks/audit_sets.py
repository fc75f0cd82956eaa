"""Who stands behind every figure of a transcript, found without the toolkit, and what the auditor makes of it all.

The auditor lies beside the repository (``shared/tools/audit``): another program by other people, which lists every
set of answers that fits what was published.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from audit_shares import Owned, Share, behind, share_findings
from audit_transcript import Statement
from audit_worlds import Report, World

AUDITOR = Path(__file__).resolve().parents[2] / "shared" / "tools" / "audit" / "reconstruct.py"
_SCALES = {"Egen skala": "own", "Delskala": "part"}


class UntrueError(Exception):
    """A published figure is not true of anybody that it could be about."""


@dataclass(frozen=True)
class Published:
    """One level that is out: of which questions, at which wave, about whom, and what is known of the mean."""

    part: bool
    wave: str
    people: frozenset[str]
    statement: Statement


@dataclass
class Roster:
    """What a reader who knows everybody keeps: who was in which group and answered when, and what came out."""

    world: World
    out: dict[tuple[str, str, str], list[Published]] = field(default_factory=dict)
    frozen: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    shares: dict[Share, Owned] = field(default_factory=dict)

    def read_shares(self, report: Report, shares: Iterable[Share]) -> None:
        """Take a report's shares in; one that stood in an earlier report is known."""
        for share in shares:
            if share in self.shares:
                continue
            self.shares[share] = behind(share, report.things, self.world.members(report, share.group))
            if not self.shares[share].is_true():
                raise UntrueError(f"world {self.world.seed}")

    def read(self, report: Report, statements: Iterable[Statement]) -> None:
        """Take a report's statements in: those that stood in an earlier one are known, the others are new."""
        latest = {}
        for told in statements:
            earlier = self.out.setdefault((told.scale, told.group, told.wave), [])
            if any(one.statement == told for one in earlier):
                continue
            people = self._about(report, told)
            earlier.append(Published(_SCALES[told.scale] == "part", told.wave, people, told))
            latest[told.scale, told.group] = people
        self.frozen |= latest

    def _about(self, report: Report, told: Statement) -> frozenset[str]:
        """The people of a new figure: those of the group with answers at every wave that is compared, and not let go.

        Other sets are tried after that, as an attacker would: a figure that is true of one of them is about it.
        """
        members = self.world.members(report, told.group)
        wave = ord(told.wave[-1]) - 65
        panel = {who for who in members if all(report.answers[who][at] for at in self.world.compared(report))}
        asked = {who for who in members if report.answers[who][wave]}
        frozen = self.frozen.get((told.scale, told.group))
        for people in ([panel & frozen] if frozen is not None else []) + [panel, asked]:
            if len(people) == told.n and self._true(report, people, wave, told):
                return frozenset(people)
        raise UntrueError(f"world {self.world.seed}")

    def _true(self, report: Report, people: set[str], wave: int, told: Statement) -> bool:
        name = next(scale for scale in report.scales if (scale == "own") == (_SCALES[told.scale] == "own"))
        scores = [self.world.score(report.answers[who][wave] or [], name) for who in people]
        low, high = told.reach
        return low - 1e-9 <= sum(scores) / len(scores) <= high + 1e-9

    def published(self) -> list[Published]:
        """Everything that is out, each thing once."""
        return [one for told in self.out.values() for one in told]


@cache
def auditor() -> Any:
    """The auditor's program."""
    spec = importlib.util.spec_from_file_location("reconstruct", AUDITOR)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["reconstruct"] = module
    spec.loader.exec_module(module)
    return module


def findings(roster: Roster) -> list[str]:
    """What somebody who has every report in hand can work out: the auditor's rules that were broken.

    Figures that share an answer are audited together; a figure that shares none is audited by itself, each kind of
    cell once. The sets are checked all together.
    """
    published, found = roster.published(), list(share_findings(roster.shares.values()))
    for together in _connected(published):
        if len(together) == 1:
            found += _alone(roster.world, together[0])
        else:
            found += _audit(_document(roster.world, together))
    if published:
        problem = auditor().load_problem(_document(roster.world, published))
        found += [finding["rule"] for finding in auditor().structural_check(problem, 5)]
    return found


def _connected(published: list[Published]) -> Iterator[list[Published]]:
    left = list(published)
    while left:
        group = [left.pop()]
        for one in group:
            near = [other for other in left if other.wave == one.wave and not other.people.isdisjoint(one.people)]
            group += near
            left = [other for other in left if other not in near]
        yield group


def _alone(world: World, one: Published) -> tuple[str, ...]:
    items = world.scale_items("part" if one.part else "own")
    told = one.statement
    return cell_findings(told.low, told.high, told.decimals, told.sd, told.n, *told.ends, items)


@cache
def cell_findings(
    low: str, high: str, decimals: int, sd: str, n: int, lowest: str, highest: str, items: int
) -> tuple[str, ...]:
    """What one published level of n people gives away."""
    stats: dict[str, Any] = {"mean": mean_statistic(low, high, decimals)}
    if sd:
        stats["sd"] = {"value": sd, "decimals": len(sd.partition(".")[2])}
    return tuple(_audit({
        "format": "evaltools-audit/1",
        "measures": {"m": {"min": int(lowest), "max": int(highest), "items": items}},
        "releases": [{"measure": "m", "n": n, "stats": stats}],
    }))  # fmt: skip


def mean_statistic(low: str, high: str, decimals: int) -> dict[str, Any]:
    """A published mean as the auditor takes it: rounded, or between two ends."""
    if low == high:
        return {"value": low, "decimals": decimals}
    return {"interval": [low, high], "closed": "both"}


def _document(world: World, published: list[Published]) -> dict[str, Any]:
    """The union as the auditor takes it; a scale and its part are sums of two halves of the questions."""
    first = world.scale_items("part")
    rest = world.items - first
    measures: dict[str, Any] = {"first": {"min": world.low * first, "max": world.high * first, "step": 1}}
    measures["part"] = {"combine": {"first": 1}, "divisor": first}
    measures["own"] = {"combine": {"first": 1}, "divisor": first}
    if rest:
        measures["rest"] = {"min": world.low * rest, "max": world.high * rest, "step": 1}
        measures["own"] = {"combine": {"first": 1, "rest": 1}, "divisor": world.items}
    if not any(one.part for one in published):
        measures = {"own": {"min": world.low, "max": world.high, "items": world.items}}
    releases = []
    for one in published:
        told = one.statement
        stats: dict[str, Any] = {"mean": mean_statistic(told.low, told.high, told.decimals)}
        if told.sd:
            stats["sd"] = {"value": told.sd, "decimals": len(told.sd.partition(".")[2])}
        releases.append({"measure": "part" if one.part else "own", "wave": one.wave, "who": sorted(one.people),
                         "stats": stats})  # fmt: skip
    return {"format": "evaltools-audit/1", "measures": measures, "releases": releases}


def _audit(document: dict[str, Any]) -> list[str]:
    result = auditor().audit(document)
    return [] if result["pass"] else [finding["rule"] for finding in result["findings"] if finding["severity"] != "low"]
