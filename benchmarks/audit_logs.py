"""Random session logs: who was there, whose questions were taken up, whose ideas were tried and helped."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = tuple[object, ...]
_DATES = ("2025-02-01", "2025-03-01", "2025-04-01", "2025-05-01")


@dataclass(frozen=True)
class Thing:
    """One place at a session, question or idea: whose, since which wave it is recorded, and how far it came.

    ``yes`` has an answer a measure: present; taken up; tried and helped.
    """

    kind: str
    person: str
    wave: int
    yes: tuple[bool, ...]


def random_things(draw: random.Random, groups: Mapping[str, str], waves: int) -> tuple[Thing, ...]:
    """A log of two sessions a wave: everybody's places, few or many questions and ideas, some of nobody."""
    uneven, likely = draw.random() < 0.4, draw.choice((0.05, 0.5, 0.9, 1.0))
    found = []
    for who in groups:
        for wave in range(waves):
            found += [Thing("place", who, wave, (draw.random() < 0.85,)) for _ in range(2)]
            for kind, most in (("question", 2), ("idea", 2)):
                own = draw.choice((0, 0, 1, 6)) if uneven else draw.randint(0, most)
                for _ in range(own):
                    first = draw.random() < likely
                    second = first and draw.random() < 0.6
                    found.append(Thing(kind, who, wave, (first, second) if kind == "idea" else (first,)))
    return tuple(found)


def log_tables(things: Iterable[Thing], groups: Mapping[str, str]) -> dict[str, tuple[list[str], list[Row]]]:
    """Columns and rows of the canonical tables of a log."""
    things = tuple(things)
    sessions: list[Row] = [
        (f"s{wave}{group}", group, _DATES[wave], "held")
        for wave in sorted({thing.wave for thing in things})
        for group in sorted(set(groups.values()))
    ]
    rows: dict[str, list[Row]] = {"place": [], "question": [], "idea": [], "tried": []}
    for number, thing in enumerate(things):
        at = f"s{thing.wave}{groups[thing.person]}"
        if thing.kind == "place":  # one place a person and session is a key; the second place is another session's
            at, seen = _free_session(at, thing, rows["place"])
            sessions += [] if seen else [(at, groups[thing.person], _DATES[thing.wave], "held")]
            rows["place"].append((at, thing.person, thing.yes[0]))
        elif thing.kind == "question":
            rows["question"].append((f"q{number}", at, thing.person, "yes" if thing.yes[0] else "no"))
        else:
            rows["idea"].append((f"i{number}", at, thing.person))
            tried, helped = thing.yes
            rows["tried"].append((f"i{number}", at, tried, "yes" if helped else "no"))
    return {
        "sessions": (["session", "group", "date", "status"], list(dict.fromkeys(sessions))),
        "attendance": (["session", "person", "present"], rows["place"]),
        "questions": (["question", "session", "owner", "handled"], rows["question"]),
        "ideas": (["idea", "session", "person"], rows["idea"]),
        "follow_ups": (["idea", "session", "tried", "helped"], rows["tried"]),
    }


def _free_session(at: str, thing: Thing, taken: list[Any]) -> tuple[str, bool]:
    """The session, or the group's second one of that wave where the person has a place at the first already."""
    if all((session, who) != (at, thing.person) for session, who, _ in taken):
        return at, True
    return f"{at}-2", any(session == f"{at}-2" for session, *_ in taken)
