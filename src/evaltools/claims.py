"""What a released figure draws on, and the one rule that keeps figures apart: an answer stands in one figure at most.

A figure is a sum of answers, known within its cell. If two figures share no answer, the answers that fit both are
the answers that fit each, in every combination: nothing is learnt from the two together that is not learnt from
each alone, by adding, subtracting or any other means, and the least set of people about whom a sum can be worked
out is the set of a figure. Leaving only large remainders is not enough: a total of fifteen and a part of five of
them, each harmless, can show that the other ten all gave the highest answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evaltools.instruments import Scale
from evaltools.ledger import Entry


@dataclass(frozen=True, repr=False)
class Claim:
    """The answers that a figure draws on: to which questions, at which wave, of which people.

    ``questions`` are ids, as ``"instrument/item"``; ``wave`` is "" for what is not asked in a wave.
    """

    questions: frozenset[str]
    wave: str
    people: frozenset[str]

    def shares_an_answer(self, other: Claim) -> bool:
        """Whether some person's answer to some question stands in both.

        >>> whole = Claim(frozenset({"k/1", "k/2"}), "before", frozenset("abcdef"))
        >>> whole.shares_an_answer(Claim(frozenset({"k/2"}), "before", frozenset("fghij")))
        True
        >>> whole.shares_an_answer(Claim(frozenset({"k/2"}), "after", frozenset("fghij")))
        False
        """
        return (
            self.wave == other.wave
            and not self.questions.isdisjoint(other.questions)
            and not self.people.isdisjoint(other.people)
        )


def questions_of(scale: Scale) -> frozenset[str]:
    """The questions behind a scale; of a scale that is known by its score only, the score itself."""
    return frozenset(f"{scale.instrument}/{item}" for item in scale.items or (scale.id,))


def claim_of(entry: Entry) -> Claim:
    """What a figure of the ledger draws on, as it was noted when it went out."""
    return Claim(frozenset(entry.figure["answers"]), entry.wave, entry.people)


def free(claim: Claim, entries: Iterable[Entry]) -> bool:
    """Whether none of the figures that are out shares an answer with what is asked for.

    By sets alone: the answers have no say in it.
    """
    return not any(claim.shares_an_answer(claim_of(entry)) for entry in entries)
