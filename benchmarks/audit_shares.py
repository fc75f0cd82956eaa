"""Shares of places, questions and ideas: read from the delivered page, and attacked by listing everything that fits.

Each person owns known numbers of things, and of each it is unknown whether it came to a yes. What is published is a
band for the sum. Sums of whole numbers in given limits fill everything between their ends, so what a person's own
number can be is an interval, found exactly; of ideas, which helped only if they were tried, a triangle.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from audit_logs import Thing
from audit_transcript import SHARES, Page, Statement, TranscriptError, check_drawing, drawing_of

_NAMES = {  # how a row's name ends: which things, and which of their answers
    "Platser vid träffarna där någon kom": ("place", 0),
    "Frågor som togs upp": ("question", 0),
    "Idéer som prövades": ("idea", 0),
    "Idéer som hjälpte": ("idea", 1),
}
_FORMS = (
    re.compile(r"^(?P<most>\d+) procent eller lägre$"),
    re.compile(r"^(?P<least>\d+) procent eller högre$"),
    re.compile(r"^mellan (?P<least>\d+) och (?P<most>\d+) procent$"),
)


@dataclass(frozen=True)
class Share:
    """One published share: of which things, which answer, of whom, how many people, between which per cents."""

    kind: str
    answer: int
    group: str
    n: int
    low: int
    high: int


def transcribe_shares(page: str) -> list[Share]:
    """Every share of a Swedish commissioner's report.

    Raises
    ------
    TranscriptError
        If a row is of a form that nobody has declared, or if the drawing shows another number than the table.
    """
    read = Page()
    read.feed(page)
    shares = []
    for table in read.tables:
        if table["caption"] in SHARES:
            own = [_share(*row) for row in table["rows"][1:]]
            told = [Statement("", ("0", "100"), "", "", one.n, str(one.low), str(one.high), 0) for one in own]
            check_drawing(drawing_of(page, str(table["caption"])), told)
            shares += own
    return shares


def _share(name: str, shown: str, people: str, *_: str) -> Share:
    form = next((match for pattern in _FORMS if (match := pattern.match(shown))), None)
    what = next((ending for ending in _NAMES if name.endswith(ending)), None)
    if form is None or what is None:
        raise TranscriptError("a share in a form that nobody has declared")
    told = {"least": 0, "most": 100} | {end: int(number) for end, number in form.groupdict().items()}
    return Share(*_NAMES[what], name.removesuffix(what).rstrip(": ,"), int(people), told["least"], told["most"])


@dataclass(frozen=True)
class Owned:
    """A share and what stands behind it: each person's number of things, and of yes."""

    share: Share
    things: Mapping[str, int]
    yes: Mapping[str, int]

    @property
    def total(self) -> tuple[int, int]:
        """Between which numbers the sum of yes lies."""
        of = sum(self.things.values())
        return math.ceil(self.share.low * of / 100 - 1e-9), math.floor(self.share.high * of / 100 + 1e-9)

    def is_true(self) -> bool:
        """Whether the number of people is right and the band holds the true sum."""
        low, high = self.total
        return len(self.things) == self.share.n and low <= sum(self.yes.values()) <= high


def behind(share: Share, things: Iterable[Thing], members: Iterable[str]) -> Owned:
    """Who owns what of a share, by what is recorded."""
    own = [thing for thing in things if thing.kind == share.kind and thing.person in set(members)]
    count: dict[str, int] = {}
    yes: dict[str, int] = {}
    for thing in own:
        count[thing.person] = count.get(thing.person, 0) + 1
        yes[thing.person] = yes.get(thing.person, 0) + thing.yes[share.answer]
    return Owned(share, count, yes)


def share_findings(out: Iterable[Owned], protect: float = 0.5) -> Iterator[str]:
    """What the shares give away of anybody to a colleague: less than half of what the person's number can be."""
    chains: dict[tuple[str, frozenset[tuple[str, int]]], list[Owned]] = {}
    for one in out:
        chains.setdefault((one.share.kind, frozenset(one.things.items())), []).append(one)
    for (_, things), chain in chains.items():
        for colleague, other in ((a, b) for a in dict(things) for b in dict(things) if a != b):
            for answer, (low, high) in _left(dict(things), chain, colleague, other).items():
                if high - low < protect * dict(things)[other]:
                    yield f"SHARE_{answer}"


def _left(things: dict[str, int], chain: list[Owned], colleague: str, other: str) -> dict[int, tuple[int, int]]:
    """Between which numbers another person's yes of each answer can lie, for a colleague who knows their own."""
    rest = sum(things.values()) - things[colleague] - things[other]
    limits = {one.share.answer: one.total for one in chain}
    own = {one.share.answer: one.yes[colleague] for one in chain}
    fits: dict[int, set[int]] = {answer: set() for answer in limits}
    for first in range(things[other] + 1):
        for second in range(first + 1):
            ends = {}
            for answer, value in ((0, first), (1, second)):
                low, high = limits.get(answer, (0, 10**6))
                taken = value + own.get(answer, 0)
                ends[answer] = max(0, low - taken), min(rest, high - taken)
            possible = all(low <= high for low, high in ends.values()) and ends[1][0] <= ends[0][1]
            if possible:
                for answer, value in ((0, first), (1, second)):
                    fits.get(answer, set()).add(value)
    return {answer: (min(values), max(values)) for answer, values in fits.items()}
