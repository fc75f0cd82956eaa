"""Counts over the groups of several evaluations, as a site lets them out and an organisation adds them up.

How many were asked and answered, how far apart sessions were, what became of questions and ideas, wishes and
complaints, supervisors with supervision of their own. A count is told as the two numbers between which it lies.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaltools.closed_vocabulary import outside_vocabulary
from evaltools.errors import DisclosureError, message
from evaltools.language import DEFAULT
from evaltools.sealed import with_mark

# What is counted together, and the numbers of each; of a share the part stands before the whole.
NUMBERS: dict[str, tuple[str, ...]] = {
    "response_first": ("answered", "asked"),
    "response_last": ("answered", "asked"),
    "intervals": ("days", "intervals"),
    "questions": ("handled", "brought"),
    "ideas": ("helped", "tried", "followed_up", "due", "noted"),
    "wishes": ("cases", "closed", "days_to_close"),
    "complaints": ("cases", "closed", "days_to_close"),
    "own_supervision": ("with_own", "evaluations"),
}
MEAN = "days_to_close"  # a mean over the cases that are closed, in whole days; all other numbers are sums
CLOSED = "closed"
_OF_SOMETHING = ("cases", CLOSED, "intervals")  # which are not told where there are none
_ROUNDED = 0.5  # by how much a mean in whole days may be off
Span = tuple[int, int]
_Json = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Behind:
    """One evaluation in a count, and how many people each of its groups has, the smallest first."""

    evaluation: str
    groups: tuple[int, ...]


@dataclass(frozen=True)
class Count:
    """Numbers over the people of at least three groups.

    ``measure`` is a key of `NUMBERS`; ``members`` say who is in it; ``numbers`` holds between which two numbers each
    lies, the same twice where it is told exactly. One that is not told is not in it.
    """

    measure: str
    members: tuple[Behind, ...]
    numbers: Mapping[str, Span]

    def __hash__(self) -> int:
        """By who is in it, since tables have no hash."""
        return hash((self.measure, self.members))

    @property
    def evaluations(self) -> tuple[str, ...]:
        """The ids of the evaluations in it."""
        return tuple(member.evaluation for member in self.members)

    @property
    def sizes(self) -> list[int]:
        """How many people every group has."""
        return [size for member in self.members for size in member.groups]

    @property
    def document(self) -> dict[str, Any]:
        """The count as nested tables, with a mark of everything in it as its ``id``."""
        return with_mark(self)


@dataclass(frozen=True)
class Counted:
    """One number of several counts added up: between what it lies, and who is behind it."""

    low: int
    high: int
    evaluations: int
    groups: int
    people: int


def read_count(document: _Json) -> Count:
    """A count of its document.

    Raises
    ------
    DisclosureError
        If it is none, has been changed since it was made, or is of fewer people or groups than any count may be.
    """
    fault = bool(outside_vocabulary(document, "count.schema.json"))
    if not fault:
        members = tuple(Behind(member["evaluation"], tuple(member["groups"])) for member in document["members"])
        numbers = {name: (low, high) for name, (low, high) in document["numbers"].items()}
        count = Count(document["measure"], members, numbers)
        fault = count.document != document or not _is_possible(count)
    if fault:
        raise DisclosureError(message("count_damaged", DEFAULT))
    return count


def added_counts(counts: Iterable[Count], measure: str, name: str) -> Counted | None:
    """One number of all the counts that tell it; None where none does.

    Parameters
    ----------
    counts : iterable of Count
        No evaluation in two of the same measure. Their order makes no difference.
    measure, name : str
        A key of `NUMBERS`, and one of its numbers.

    Returns
    -------
    Counted or None
        The low ends added up, and the high ends. Of days until cases are closed, which are told as a mean: between
        what the mean of all the cases lies, whatever the number of cases behind each.

    Examples
    --------
    >>> behind = (Behind("a", (5,)), Behind("b", (6,)), Behind("c", (5,)))
    >>> one = Count("questions", behind, {"handled": (10, 14), "brought": (20, 20)})
    >>> added_counts([one, one], "questions", "handled")
    Counted(low=20, high=28, evaluations=6, groups=6, people=32)
    """
    told = [count for count in counts if count.measure == measure and name in count.numbers]
    if not told:
        return None
    low, high = _mean_ends(told) if name == MEAN else _sum_ends([count.numbers[name] for count in told])
    sizes = [size for count in told for size in count.sizes]
    return Counted(low, high, sum(len(count.members) for count in told), len(sizes), sum(sizes))


def share_ends(part: Counted, whole: Counted) -> Span | None:
    """A part of a whole in per cent, rounded outwards; None where the two ends leave everything open.

    >>> share_ends(Counted(20, 28, 6, 6, 32), Counted(40, 40, 6, 6, 32))
    (50, 70)
    """
    if not whole.low:
        return None
    low, high = math.floor(100 * part.low / whole.high), min(100, math.ceil(100 * part.high / whole.low))
    return None if (low, high) == (0, 100) else (low, high)


def _sum_ends(ends: Sequence[Span]) -> Span:
    return sum(low for low, _ in ends), sum(high for _, high in ends)


def _mean_ends(told: Sequence[Count]) -> Span:
    """Between what the mean of all cases lies; each count tells its own to whole days, and its cases by two numbers."""
    means = [(count.numbers[MEAN][0], count.numbers[CLOSED]) for count in told]
    if len(means) == 1:
        return told[0].numbers[MEAN]
    least, most = _least_mean(means), -_least_mean([(-mean, weights) for mean, weights in means])
    return math.floor(least - _ROUNDED), math.ceil(most + _ROUNDED)


def _least_mean(means: Sequence[tuple[int, Span]]) -> float:
    """The least weighted mean, every weight being anything between two numbers: the smallest weigh most."""
    in_order, found = sorted(means), []
    for heavy in range(len(in_order) + 1):
        weights = [most if at < heavy else least for at, (_, (least, most)) in enumerate(in_order)]
        weighed = zip(weights, in_order, strict=True)
        found.append(sum(weight * mean for weight, (mean, _) in weighed) / sum(weights))
    return min(found)


def _is_possible(count: Count) -> bool:
    """Whether its numbers are those of its measure, in order and of something, and every evaluation is in it once."""
    known, numbers = NUMBERS[count.measure], count.numbers
    told = [known[:0], known[:1], known] if MEAN in known else [known]
    there = set(numbers) in map(set, told) and all(low <= high for low, high in numbers.values())
    of_something = all(numbers[name][0] > 0 for name in _OF_SOMETHING if name in numbers)
    return there and of_something and len(set(count.evaluations)) == len(count.members)
