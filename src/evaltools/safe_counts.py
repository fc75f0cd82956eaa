"""Which counts over several groups may go out beside what is out of each group, and between which numbers.

What is out of each group already leaves its count between two numbers. The sum is told as one of several stretches of
numbers into which all that is left open is cut. No stretch is shorter than what the rule asks for; so whoever takes
what is known of all the other groups away is left with a stretch as long for the last one, or with what was known of
it before. How it is cut depends on what is out and on how many things people have, never on the count itself.

Complaints are few, and nothing is out about them: they are told of only where several evaluations have any.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from evaltools.counts import Span

_STEP = 5  # a stretch is lengthened by fives, so that its length hardly says how many things anybody has


@dataclass(frozen=True)
class CountRule:
    """How few may stand behind a count, and how much it leaves open. See ``policies.toml`` for the fields."""

    values: int
    supervisor_values: int
    supervisors: int
    case_evaluations: int
    with_cases: int
    cases: int
    things_a_person: float
    largest_share: float

    def may_tell_things(self, owned: Sequence[int], people: int) -> bool:
        """Whether it may be told how many things so many people have, if those who have any have so many each.

        Of few things, or where most are one person's, that person knows that the others have next to none.

        >>> may = count_rule().may_tell_things
        >>> may([9, 8, 4], people=18), may([12, 4, 4], people=18), may([2, 1, 2], people=18)
        (True, False, False)
        """
        total = sum(owned)
        return total >= self.things_a_person * people and max(owned, default=0) <= self.largest_share * total

    def may_tell_cases(self, cases: Sequence[int]) -> bool:
        """Whether cases, so many in each evaluation, may be told of at all.

        >>> rule = count_rule()
        >>> rule.may_tell_cases([0, 2, 1, 0, 2]), rule.may_tell_cases([0, 4, 1, 0, 0]), rule.may_tell_cases([2, 2, 2])
        (True, False, False)
        """
        total, having = sum(cases), sum(number > 0 for number in cases)
        enough = len(cases) >= self.case_evaluations and having >= self.with_cases and total >= self.cases
        return enough and max(cases) <= self.largest_share * total


@lru_cache
def count_rule() -> CountRule:
    """The rule of all counts, whatever the policy of an evaluation."""
    table = tomllib.loads((files("evaltools") / "policies.toml").read_text("utf-8"))
    return CountRule(**table["counts"])


def stretch(count: int, low: int, high: int, values: int) -> Span:
    """Between which two numbers a count is told to lie.

    Parameters
    ----------
    count : int
        The count itself, between ``low`` and ``high``.
    low, high : int
        Between what it is known to lie already.
    values : int
        How many numbers a stretch holds at the least.

    Returns
    -------
    tuple
        The stretch of the count; all of them, as long as each other to one number, hold every number once. Where there
        is no room for two, there is one: nothing is told that was not known.

    Examples
    --------
    >>> [stretch(count, 10, 24, 5) for count in (10, 14, 15, 24)]
    [(10, 14), (10, 14), (15, 19), (20, 24)]
    >>> stretch(6, 0, 8, 5)
    (0, 8)
    """
    room = high - low + 1
    pieces = max(1, room // values)
    starts = [low + at * room // pieces for at in range(pieces + 1)]
    at = max(piece for piece in range(pieces) if starts[piece] <= count)
    return starts[at], starts[at + 1] - 1


def case_stretch(count: int, rule: CountRule) -> Span:
    """Between which two numbers a count of cases is told to lie: fives, from the least that is told of on.

    >>> case_stretch(7, count_rule()), case_stretch(10, count_rule())
    ((5, 9), (10, 14))
    """
    low = rule.cases + (count - rule.cases) // rule.values * rule.values
    return low, low + rule.values - 1


def values_for(owned: Iterable[int], least: int) -> int:
    """How many numbers a stretch must hold where people have so many things each.

    Returns
    -------
    int
        More than the two who have most have together: one of them knows of the own things, and is left with anything
        between none and all of the other's. At least ``least``; lengthened by fives from there.

    Examples
    --------
    >>> values_for([1] * 18, 5), values_for([8, 7, 2, 2], 5), values_for([2, 2, 1], 3)
    (5, 20, 8)
    """
    needed = sum(sorted(owned)[-2:]) + 1
    return least + max(0, -(-(needed - least) // _STEP)) * _STEP
