"""Which pooled figures of a register may be told beside what is out, and which have been told now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from evaltools.claims import questions_of
from evaltools.instruments import Scale
from evaltools.policy import Policy
from evaltools.register.told_groups import Behind, Counts, behind, may_stand_together, tellable

CHANGE, ALPHA, COURSE = "pooled_change", "pooled_alpha", "pooled_course"


@dataclass(frozen=True)
class About:
    """What a figure of many groups is about.

    Attributes
    ----------
    measure, scale : str
        `CHANGE`, `ALPHA` or `COURSE`, and of which scale.
    waves, compare : tuple of str
        The waves that it draws on, and between which the register counts change.
    key : str
        A mark of how the scale is scored.
    questions : frozenset of str
        As `claims.questions_of`.
    by : str
        After what groups are told apart; "" for all together.
    """

    measure: str
    scale: str
    waves: tuple[str, ...]
    compare: tuple[str, ...]
    key: str
    questions: frozenset[str]
    by: str = ""

    def same_figure(self, other: About) -> bool:
        """Whether the other is the same figure, of whichever groups."""
        return (self.measure, self.waves, self.key) == (other.measure, other.waves, other.key)


@dataclass(frozen=True, repr=False)
class Told:
    """A figure, or one for each of several classes, that is out: what it is about, and whom."""

    about: About
    behind: Behind


def about(scale: Scale, measure: str, waves: tuple[str, ...], compare: tuple[str, ...]) -> About:
    """What a figure of a scale is about."""
    told = (scale.id, scale.items, sorted(scale.reversed), scale.low, scale.high, scale.rule, scale.min_answered)
    key = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
    return About(measure, scale.id, waves, compare, key, questions_of(scale))


@dataclass
class Door:
    """What is out of a register, and what goes out now.

    ``new`` are figures that were not out, ``refused`` those that could have been told if nothing else were out.
    Decisions rest on numbers of groups and people and on whether groups have changed, never on what they answered.
    """

    policy: Policy
    out: list[Told] = field(default_factory=list)
    new: list[Told] = field(default_factory=list)
    refused: list[About] = field(default_factory=list)

    def lets_out(self, asked: About, groups: Behind) -> bool:
        """Whether a figure of all groups may be told; then it counts as told."""
        if not may_stand_together([groups], self.policy):
            return False
        beside = [own for own in self._beside(asked) if not own.same(groups)]  # the same again shows nothing more
        fits = not self._clashes(asked) and (not beside or may_stand_together([*beside, groups], self.policy))
        if not fits:
            self.refused.append(asked)
        return fits and self._note(Told(asked, groups))

    def classes(self, asked: About, groups: Behind, classes: Counts, least: int) -> NDArray[np.bool_]:
        """Which classes of these groups may be told apart, see `told_groups.tellable`; they then count as told.

        All together must have been let out before.
        """
        found = tellable(self._beside(asked), groups, classes, self.policy, least=least)
        if found.any():
            own = np.where((classes >= 0) & found[classes], classes, -1)
            self._note(Told(asked, behind(groups.ids, groups.marks, groups.people, own)))
        return found

    def _beside(self, asked: About) -> list[Behind]:
        return [told.behind for told in (*self.out, *self.new) if told.about.same_figure(asked)]

    def _note(self, told: Told) -> bool:
        """Remember it where it is not out already."""
        known = (one for one in (*self.out, *self.new) if replace(one.about, by=told.about.by) == told.about)
        if not any(one.behind.same(told.behind) for one in known):
            self.new.append(told)
        return True

    def _clashes(self, asked: About) -> bool:
        """Whether a figure that is out draws on the same answers in another way, so that the two give a third."""
        near = [told.about for told in (*self.out, *self.new) if told.about.questions & asked.questions]
        if any(one.key != asked.key for one in near):
            return True
        changes = {one.waves for one in near if one.measure == CHANGE}
        courses = {one.waves for one in near if one.measure == COURSE}
        if asked.measure == CHANGE:
            return asked.waves not in changes and (bool(courses) or is_ring([*changes, asked.waves]))
        if asked.measure == COURSE:
            return bool(changes - {asked.compare} or courses - {asked.waves})
        return False


def is_ring(pairs: Iterable[tuple[str, ...]]) -> bool:
    """Whether changes between pairs of waves add up to one that is among them.

    >>> is_ring([("start", "half"), ("start", "end")]), is_ring([("start", "half"), ("half", "end"), ("start", "end")])
    (False, True)
    """
    pieces: list[set[str]] = []
    for pair in pairs:
        held = [piece for piece in pieces if piece & set(pair)]
        if any(set(pair) <= piece for piece in held):
            return True
        pieces = [piece for piece in pieces if piece not in held] + [set(pair).union(*held)]
    return False
