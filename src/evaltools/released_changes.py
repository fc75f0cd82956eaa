"""The changes that have been released about many groups, outcome by outcome, as numbers that can be pooled."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import special

from evaltools.measures import limits
from evaltools.portfolio import BY, QUARTER, Portfolio, belonging, in_order
from evaltools.released_contract import final_changes
from evaltools.shown import Shown
from evaltools.statistics.estimate import Array
from evaltools.statistics.verdicts import verdict_rule

_Json = Mapping[str, Any]
_ASSUMED = "assumed"  # the basis where no spread is published
_ROUNDED = "value"  # shown as a rounded mean; every other form gives the ends between which the mean lies


@dataclass(frozen=True)
class GroupChange:
    """One released change: of which group, over which waves, from how many people, and after what it is told apart.

    ``before`` and ``after`` are the two levels and ``shown`` their difference, in the form in which they were let out.
    ``whole`` where it is of several groups together; then it counts as one. ``belongs`` holds for each of
    `portfolio.BY`, and for the quarter, to what its evaluation belongs.
    """

    evaluation: str
    group: str
    waves: tuple[str, str]
    n: int
    before: Shown
    after: Shown
    shown: Shown
    basis: str
    uncertainty: float
    whole: bool
    belongs: Mapping[str, str]

    @property
    def middle(self) -> float:
        """The change between the middles of what was shown, in points of the scale."""
        return sum(self.after.reach) / 2 - sum(self.before.reach) / 2

    @property
    def rounding(self) -> float:
        """Variance that the rounding of the two means adds: any value within a rounding is equally likely."""
        rounded = [shown for shown in (self.before, self.after) if shown.kind == _ROUNDED]
        return float(sum((shown.reach[1] - shown.reach[0]) ** 2 / 12 for shown in rounded))

    @property
    def slack(self) -> float:
        """How far the change may lie from `middle` where only the ends of a mean are shown; 0 where both are means."""
        ends = [shown for shown in (self.before, self.after) if shown.kind != _ROUNDED]
        return sum((shown.reach[1] - shown.reach[0]) / 2 for shown in ends)


@dataclass(frozen=True)
class Outcome:
    """One scale, and the last released change of every group that has one, in the folders' order.

    ``scale`` and ``instrument`` are as the releases tell them. ``spread`` is the standard deviation of people's changes
    from which chance is reckoned, in points, ``basis`` what it rests on: ``"assumed"`` or the name of a reference.
    """

    scale: _Json
    instrument: _Json
    changes: tuple[GroupChange, ...]
    spread: float
    basis: str

    @property
    def effects(self) -> tuple[Array, Array, Array]:
        """Changes, their sampling variances (chance and rounding), and slacks, a group a place."""
        y, rounding, slack, n = (
            np.array([getattr(change, name) for change in self.changes], float)
            for name in ("middle", "rounding", "slack", "n")
        )
        return y, self.spread**2 / n + rounding, slack


def outcomes_of(portfolio: Portfolio) -> list[Outcome]:
    """Every outcome of which a change has been released anywhere, in the order in which they are met.

    Two scales are the same outcome where everything that the releases tell of them and of their questionnaire is the
    same, the version too: means of different questions are never pooled. The policy is no difference.
    """
    found: dict[str, tuple[_Json, _Json, list[GroupChange]]] = {}
    for release in portfolio.releases:
        document = release.document
        instruments = {instrument["instrument"]: instrument for instrument in document["instruments"]}
        for scale in scales_of(document):
            instrument = instruments[scale["instrument"]]
            changes = list(_last_changes(scale["scale"], document))
            told = {name: instrument[name] for name in ("label", "version", "source")}
            for basis in dict.fromkeys(change.basis for change in changes):
                entry = found.setdefault(json.dumps([scale, told, basis], sort_keys=True), (scale, instrument, []))
                entry[2].extend(change for change in changes if change.basis == basis)
    return [
        Outcome(scale, instrument, tuple(changes), _spread(scale, changes), changes[0].basis)
        for scale, instrument, changes in found.values()
    ]


def scales_of(document: _Json) -> list[dict[str, Any]]:
    """What a release tells of its scales, but for the policy by which one of them went out."""
    return [{name: value for name, value in scale.items() if name != "policy"} for scale in document["scales"]]


def _spread(scale: _Json, changes: Sequence[GroupChange]) -> float:
    """Standard deviation of people's changes, never from the groups themselves: no release tells it.

    Of a reference the releases tell half widths, rounded up; the smallest spread that fits all of them is the nearest.
    """
    if changes[0].basis == _ASSUMED:
        return float((scale["high"] - scale["low"]) * limits()["assumed_sd_of_change"])
    quantile = float(special.ndtri((1 + verdict_rule().sure) / 2))
    return min(change.uncertainty * math.sqrt(change.n) / quantile for change in changes)


def told_apart(outcome: Outcome, by: str) -> list[tuple[str, Outcome]]:
    """The outcome once for each category, in the order in which they are met; years and quarters in that of time."""
    return [
        (name, replace(outcome, changes=tuple(change for change in outcome.changes if change.belongs[by] == name)))
        for name in in_order((change.belongs[by] for change in outcome.changes), by)
    ]


def _last_changes(scale: str, document: _Json) -> Iterator[GroupChange]:
    contract, waves = document["contract"], document["contract"]["waves"]
    levels = {(level["group"], level["wave"]): Shown(**level["shown"])
              for level in document["figures"] if level["scale"] == scale}  # fmt: skip
    for row in final_changes(scale, document):
        yield GroupChange(
            evaluation=document["evaluation"], group=row["group"], waves=(waves[row["wave"]], waves[row["wave_to"]]),
            n=row["n"], before=levels[row["group"], row["wave"]], after=levels[row["group"], row["wave_to"]],
            shown=Shown(**row["shown"]), basis=row["basis"], uncertainty=float(row["uncertainty"]),
            whole=len(contract["groups"]) > 1 and row["group"] not in contract["groups"],
            belongs={by: belonging(document, by) for by in (*BY, QUARTER)},
        )  # fmt: skip
