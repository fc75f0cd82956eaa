"""Sums over the people of several groups, as a site lets them out and an organisation adds them up. No row of a group.

What is added up are the same sums that all the answers in one place would give, so means and standard deviations of
all people together come out as if the answers had been collected.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaltools.closed_vocabulary import outside_vocabulary
from evaltools.errors import DisclosureError, message
from evaltools.language import DEFAULT
from evaltools.sealed import with_mark

_Json = Mapping[str, Any]
Ends = tuple[float, float]
_DIGITS = 10  # of a sum: the last digits of a binary number would tell of which numbers it was added up


@dataclass(frozen=True)
class Member:
    """One released change whose people are in a total: which, of how many, from which wave to which."""

    evaluation: str
    group: str
    wave: int
    wave_to: int
    n: int


@dataclass(frozen=True)
class Squares:
    """Sums of squares, in points of the scale squared, over those groups of a total that allow for them.

    ``within`` holds the squares about each group's own mean, summed over the groups: before, after, of the changes.
    ``total`` holds squares before, squares after and products, where every group of the total is in them.
    """

    people: int
    groups: int
    within: tuple[float, float, float]
    total: tuple[float, float, float] | None


@dataclass(frozen=True)
class Total:
    """Sums over the people of at least three groups, of one outcome before and after.

    ``scale`` and ``instrument`` are as the releases tell them, ``basis`` what the uncertainty of the releases rests on;
    ``members`` say who is in it. ``sums`` are of the scores before and after, in points of the scale: between which
    two numbers each lies, the same twice where it is told exactly. It is not where that would tell more of a group
    near the end of the scale than the group's own figure does.
    """

    scale: _Json
    instrument: _Json
    basis: str
    members: tuple[Member, ...]
    sums: tuple[Ends, Ends]
    squares: Squares | None

    def __hash__(self) -> int:
        """By who is in it, since tables have no hash."""
        return hash((self.members, self.sums))

    @property
    def people(self) -> int:
        """How many people are in it."""
        return sum(member.n for member in self.members)

    @property
    def exact(self) -> tuple[bool, bool]:
        """Which of the two sums are told exactly."""
        (low, high), (low_after, high_after) = self.sums
        return low == high, low_after == high_after

    @property
    def document(self) -> dict[str, Any]:
        """The total as nested tables, with a mark of everything in it as its ``id``."""
        return with_mark(self)


@dataclass(frozen=True)
class Together:
    """Several totals of one outcome added up.

    ``people`` and ``groups`` are those of all the totals, ``squared`` the people behind ``sd_within`` and ``compared``
    those behind ``sd``. Means and standard deviations are of before, after and change, in points of the scale; a mean
    as the two numbers between which it lies, the same twice where all sums are exact; NaN where no total tells of it.
    """

    people: int
    groups: int
    means: tuple[Ends, Ends, Ends]
    squared: int
    sd_within: tuple[float, float, float]
    compared: int
    sd: tuple[float, float, float]


def told_exactly(value: float) -> float:
    """A sum as it goes out: to ten decimals.

    >>> told_exactly(0.1 + 0.2)
    0.3
    """
    return round(value, _DIGITS)


def outcome_key(scale: _Json, instrument: _Json, basis: str) -> str:
    """What must be the same for two releases to be of the same outcome: all that they tell of it."""
    told = {name: instrument[name] for name in ("label", "version", "source")}
    return json.dumps([scale, told, basis], sort_keys=True)


def read_total(document: _Json) -> Total:
    """A total of its document.

    Raises
    ------
    DisclosureError
        If it is none, or has been changed since it was made, or is of fewer people or groups than any total may be.
    """
    fault = bool(outside_vocabulary(document, "total.schema.json"))
    if not fault:
        total = _total_of(document)
        fault = total.document != document
    if fault:
        raise DisclosureError(message("total_damaged", DEFAULT))
    return total


def _total_of(document: _Json) -> Total:
    squares = document["squares"]
    return Total(
        document["scale"], document["instrument"], document["basis"],
        tuple(Member(**member) for member in document["members"]),
        (_ends(document["sums"][0]), _ends(document["sums"][1])),
        squares and Squares(**squares | {name: squares[name] and tuple(squares[name])
                                         for name in ("within", "total")}),
    )  # fmt: skip


def added_up(totals: Iterable[Total]) -> Together:
    """Totals of one outcome as one: means and standard deviations of all their people.

    Parameters
    ----------
    totals : iterable of Total
        Of the same outcome, no person in two of them. Their order makes no difference, to the last digit.

    Returns
    -------
    Together
        ``sd_within`` has as many degrees of freedom as people less groups, ``sd`` as people less one.

    Examples
    --------
    >>> scale = {"low": 1, "high": 5}
    >>> members = tuple(Member("e", group, 0, 1, 5) for group in "abc")
    >>> site = Total(scale, {}, "assumed", members, ((45.0, 45.0), (60.0, 61.5)), None)
    >>> added_up([site]).means
    ((3.0, 3.0), (4.0, 4.1), (1.0, 1.1))
    """
    each = list(totals)
    people = sum(total.people for total in each)
    (low, high), (low_after, high_after) = (
        tuple(_sum(total.sums[wave][end] for total in each) for end in (0, 1)) for wave in (0, 1)
    )
    ends = ((low, high), (low_after, high_after), (low_after - high, high_after - low))
    before, after, change = ((_ratio(one, people), _ratio(other, people)) for one, other in ends)
    squares = [total.squares for total in each if total.squares]
    df = sum(one.people - one.groups for one in squares)
    within = [_root(_sum(one.within[at] for one in squares), df) for at in range(3)]
    whole = [total for total in each if total.squares and total.squares.total]
    return Together(
        people, sum(len(total.members) for total in each), (before, after, change),
        sum(one.people for one in squares), (within[0], within[1], within[2]),
        sum(total.people for total in whole), _of_all_people(whole),
    )  # fmt: skip


def _of_all_people(totals: Sequence[Total]) -> tuple[float, float, float]:
    """Standard deviations of all people about the mean of all, from sums, squares and products."""
    n = sum(total.people for total in totals)
    sums = [_sum(total.sums[at][0] for total in totals) for at in (0, 1)]
    squares = [_sum(total.squares.total[at] for total in totals if total.squares and total.squares.total)
               for at in range(3)]  # fmt: skip
    first, second, both = squares
    spread = [(first, sums[0]), (second, sums[1]), (first + second - 2 * both, sums[1] - sums[0])]
    before, after, change = (_root(square - _ratio(one**2, n), n - 1) for square, one in spread)
    return before, after, change


def _ends(told: Sequence[float]) -> Ends:
    low, high = told
    return low, high


def _sum(values: Iterable[float]) -> float:
    return math.fsum(values)


def _ratio(value: float, n: int) -> float:
    return value / n if n else math.nan


def _root(squares: float, df: int) -> float:
    return math.sqrt(max(squares, 0.0) / df) if df > 0 and squares == squares else math.nan
