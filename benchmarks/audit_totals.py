"""What totals over groups give away beside the groups' own figures, to somebody who knows who is in which group.

Sums are attacked exactly: a total takes the room that the groups' figures leave, group by group, and what is left of
each group's sum goes to the auditor. Squares are attacked by listing every sum of squares that each group can have,
supposing that all groups' sums are known exactly, which is more than is ever told. Every attack also has one insider.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from audit_sets import auditor

_HALF = Fraction(1, 2)
Box = tuple[int, int]  # between which a group's sum lies, in steps above the lowest


@dataclass(frozen=True)
class Groups:
    """Groups at one wave: people and the ends of what is known of each sum; ``steps`` is a person's highest score."""

    steps: int
    people: Mapping[str, int]
    boxes: Mapping[str, Box]


@dataclass(frozen=True)
class Sum:
    """Between which numbers the sum over some groups lies, in steps above the lowest."""

    groups: frozenset[str]
    low: int
    high: int


def sum_findings(known: Groups, sums: Sequence[Sum]) -> list[str]:
    """What the sums tell of anybody beyond what may be known: the auditor's rules, and ``"FOREIGN_INSIDER"``."""
    sums = [*sums, *differences(sums)]
    left = left_of(known, sums)
    found = [rule for group, box in left.items() if box != known.boxes[group]
             for rule in _cell(known.steps, known.people[group], *box)]  # fmt: skip
    return found + (["FOREIGN_INSIDER"] if any(_narrowed(known, sums)) else [])


def differences(sums: Sequence[Sum]) -> Iterator[Sum]:
    """What two sums say of the groups that are in one of them only."""
    for one, other in itertools.permutations(sums, 2):
        if other.groups < one.groups:
            yield Sum(one.groups - other.groups, one.low - other.high, one.high - other.low)


def left_of(known: Groups, sums: Iterable[Sum]) -> dict[str, Box]:
    """What is left of each group's sum when every total has been held against the other groups' figures."""
    boxes = dict(known.boxes)
    for one in sums:
        low, high = (sum(known.boxes[group][end] for group in one.groups) for end in (0, 1))
        for group in one.groups:
            own = known.boxes[group]
            at_least, at_most = one.low - (high - own[1]), one.high - (low - own[0])
            boxes[group] = (max(boxes[group][0], at_least), min(boxes[group][1], at_most))
    return boxes


def _narrowed(known: Groups, sums: Sequence[Sum]) -> Iterator[bool]:
    """Whether an insider of one group narrows somebody of another to less than half of the scale."""
    for group, (low, high) in known.boxes.items():
        rest = (known.people[group] - 1) * known.steps
        for own in (0, known.steps):
            mine = (max(low, own), min(high, own + rest))
            if mine[0] > mine[1]:
                continue
            left = left_of(Groups(known.steps, known.people, {**known.boxes, group: mine}), sums)
            for other, (least, most) in left.items():
                others = (known.people[other] - 1) * known.steps
                width = min(known.steps, most) - max(0, least - others)
                if other != group and least <= most:
                    yield width < known.steps * _HALF


@cache
def _cell(steps: int, people: int, low: int, high: int) -> tuple[str, ...]:
    """What the auditor finds in a group whose sum lies between two numbers."""
    return tuple(audited({"m": {"min": 0, "max": steps}}, [
        {"measure": "m", "n": people, "stats": {"sum": {"interval": [low, high], "closed": "both"}}}
    ]))  # fmt: skip


def audited(measures: dict[str, Any], releases: list[dict[str, Any]]) -> list[str]:
    """The rules that the auditor finds broken."""
    result = auditor().audit({"format": "evaltools-audit/1", "measures": measures, "releases": releases})
    return [] if result["pass"] else [finding["rule"] for finding in result["findings"] if finding["severity"] != "low"]


def jointly(known: Groups, sums: Sequence[Sum], most: float) -> list[str] | None:
    """The same by listing all answers of all groups at once; None where there are too many to list."""
    size = math.prod(math.comb(known.steps + n, n) for n in known.people.values())
    if size > most:
        return None
    who = {group: [f"{group}{at}" for at in range(n)] for group, n in known.people.items()}
    told = [Sum(frozenset([group]), *box) for group, box in known.boxes.items()] + list(sums)
    releases = [
        {"measure": "m", "who": sorted(itertools.chain.from_iterable(who[group] for group in one.groups)),
         "stats": {"sum": {"interval": [one.low, one.high], "closed": "both"}}}
        for one in told
    ]  # fmt: skip
    return audited({"m": {"min": 0, "max": known.steps}}, releases)


def square_findings(scores: Mapping[str, Sequence[int]], steps: int) -> list[str]:
    """What the exact sum of squares of all groups tells of anybody, the groups' sums being known.

    Parameters
    ----------
    scores : mapping
        Everybody's true score, in steps above the lowest, by group.
    steps : int
        A person's highest score.
    """
    sums = {group: (len(own), sum(own)) for group, own in scores.items()}
    squares = sum(score * score for own in scores.values() for score in own)
    for group, (n, total) in sums.items():
        others = [_squares(steps, *sums[other]) for other in sums if other != group]
        own = _that_leave(squares, _all_sums(others))
        if _someone_is_narrowed(steps, n, total, own):
            return ["SQUARES"]
    return []


def _someone_is_narrowed(steps: int, n: int, total: int, own: int) -> bool:
    """Whether anybody in a group, or an insider of it, narrows another in it to less than half of the scale."""
    insiders = [None, *(score for score in range(steps + 1) if _can(steps, n, total, own, (score,)))]
    for insider in insiders:
        mine = () if insider is None else (insider,)
        can = [score for score in range(steps + 1) if _can(steps, n, total, own, (*mine, score))]
        if can and max(can) - min(can) < steps * _HALF:
            return True
    return False


def _can(steps: int, n: int, total: int, own: int, scores: tuple[int, ...]) -> bool:
    """Whether people of a group can have these scores, the group's squares being among ``own``."""
    rest = _squares(steps, n - len(scores), total - sum(scores))
    return bool(rest << sum(score * score for score in scores) & own)


@cache
def _squares(steps: int, n: int, total: int) -> int:
    """Every sum of squares of n scores with a given sum, as the bits of a number."""
    if n < 0 or not 0 <= total <= n * steps:
        return 0
    if n == 0:
        return 1
    found = 0
    for score in range(min(steps, total) + 1):
        found |= _squares(steps, n - 1, total - score) << (score * score)
    return found


def _all_sums(sets: Iterable[int]) -> int:
    """Every sum of one number of each set."""
    found = 1
    for each in sets:
        small, large = sorted((found, each), key=int.bit_count)
        found = 0
        while small:
            bit = small & -small
            found |= large << (bit.bit_length() - 1)
            small ^= bit
    return found


def _that_leave(squares: int, rest: int) -> int:
    """The numbers that, taken from the squares of all, leave one of the rest's."""
    bits = bin(rest)[2:]
    mirrored = int(bits, 2) if squares + 1 >= len(bits) else int(bits[len(bits) - squares - 1 :], 2)
    text = bin(mirrored)[2:].zfill(squares + 1)
    return int(text[::-1], 2)
