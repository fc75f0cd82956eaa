"""What counts over several evaluations give away, beside what is out of each, to somebody who knows who is where.

Numbers of answers, questions and ideas are attacked exactly: what every total and every difference of two totals leaves
of each evaluation's number is worked out, and then what that leaves of each person's, to a colleague in the same
evaluation or in another. Wishes and complaints are attacked by listing every number that every evaluation can have,
with one of the others' known exactly.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pandas as pd
from audit_totals import Box, Groups, Sum, differences, left_of
from audit_worlds import World, _table

from evaltools.folder import Evaluation

# Of each measure: its number, what stands behind it in a log, which of its answers is yes, its share in a release.
_THINGS = {"handled": ("questions", "question", 0, "question_handled_share"),
           "tried": ("ideas", "idea", 0, "idea_tried"), "helped": ("ideas", "idea", 1, "idea_helped")}  # fmt: skip
_RESPONSES = {"response_first": 0, "response_last": 1}
_HALF = 0.5
_MOST_CASES = 6  # of one evaluation, where all are listed
_FEWEST = 3  # numbers that an evaluation's cases must be able to be, none among them
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Holding:
    """What each in an evaluation has of a measure: how many things, how many yes; and what is out of the sum of yes."""

    things: Mapping[str, int]
    yes: Mapping[str, int]
    box: Box


def with_cases(evaluation: Evaluation, draw: random.Random) -> Evaluation:
    """The evaluation with wishes and complaints, mostly few or none, and a supervisor who has supervision or not."""
    rows: list[tuple[object, ...]] = [
        (f"{kind}{at}", "2025-03-01", kind, f"2025-03-{draw.randint(2, 28):02d}" if draw.random() < 0.8 else None)
        for kind in ("wish", "complaint") for at in range(draw.choice((0, 0, 1, 2, 3)))
    ]  # fmt: skip
    name = draw.choice("ABCDEF")
    own: list[tuple[object, ...]] = [(name, "2025-05-01", "own_supervision")] if draw.random() < 0.7 else []
    return replace(
        evaluation, feedback=_table("feedback", ["case", "date", "kind", "closed"], rows),
        load_log=pd.DataFrame({"table": ["feedback", "supervisor_development"]}),
        supervisor_periods=_table("supervisor_periods", ["supervisor", "from"], [(name, "2024-09-01")]),
        supervisor_development=_table("supervisor_development", ["supervisor", "date", "kind"], own),
    )  # fmt: skip


def count_findings(worlds: Sequence[World], releases: Sequence[Json], counts: Sequence[Json]) -> list[str]:
    """What all counts that are out tell of anybody, or of one evaluation's wishes or complaints."""
    found = [rule for count in counts for rule in _pool_findings(count)]
    places = [(count["measure"], member["evaluation"]) for count in counts for member in count["members"]]
    found += ["TWICE"] if len(set(places)) < len(places) else []
    by_name = {f"world-{world.seed}": world for world in worlds}
    told = {release["evaluation"]: release for release in releases}
    for number, (measure, kind, answer, share) in _THINGS.items():
        holdings = {name: _of_things(by_name[name], told[name], kind, answer, share) for name in told}
        found += _narrowed(number, holdings, [count for count in counts if count["measure"] == measure])
    for measure, wave in _RESPONSES.items():
        holdings = {name: _of_answers(by_name[name], told[name], wave) for name in told}
        found += _narrowed("answered", holdings, [count for count in counts if count["measure"] == measure])
    found += [f"CASES_{count['measure']}" for count in counts if count["measure"] in ("wishes", "complaints")
              and not cases_are_open(len(count["members"]), count["numbers"])]  # fmt: skip
    return found


def counts_are_those(tables: Sequence[Json], counts: Sequence[Json]) -> bool:
    """Whether the page's table of counts holds no number but those of the files: added up, in per cent, as a mean."""
    rows = [row for table in tables if str(table["caption"]).startswith("Så gick arbetet till")
            for row in table["rows"][1:]]  # fmt: skip
    known: set[str] = set()
    for measure in {count["measure"] for count in counts}:
        known |= set(_numbers_of([count["numbers"] for count in counts if count["measure"] == measure]))
    told = {number for row in rows for cell in row[1:3] for number in re.findall(r"[\d,]+", cell)}
    return bool(rows) == bool(counts) and told <= known


def _numbers_of(told: Sequence[Json]) -> Iterator[str]:
    """Every number that a page may make of several counts of one measure."""
    ends = {name: [numbers[name] for numbers in told if name in numbers] for name in set().union(*told)}
    sums = {name: tuple(map(sum, zip(*own, strict=True))) for name, own in ends.items() if name != "days_to_close"}
    for low, high in sums.values():
        yield from map(str, (low, high))
    for mean in ends.get("days_to_close", ()):
        yield from map(str, range(min(ends["days_to_close"])[0] - 1, mean[0] + 2))
    if sums.get("intervals", (0,))[0]:
        yield f"{sums['days'][0] / sums['intervals'][0]:.1f}".replace(".", ",")
    for part, whole in itertools.product(sums.values(), repeat=2):
        if whole[0]:
            yield from map(str, (100 * part[0] // whole[0], -(-100 * part[1] // whole[0])))


def _pool_findings(count: Json) -> list[str]:
    sizes = [size for member in count["members"] for size in member["groups"]]
    return ["POOL"] if len(sizes) < 3 or sum(sizes) < 15 or max(sizes) > sum(sizes) / 2 else []


def _of_things(world: World, told: Json, kind: str, answer: int, share: str) -> Holding:
    own = [thing for thing in world.reports[0].things if thing.kind == kind]
    things, yes = dict[str, int](), dict[str, int]()
    for thing in own:
        things[thing.person] = things.get(thing.person, 0) + 1
        yes[thing.person] = yes.get(thing.person, 0) + thing.yes[answer]
    low, high = 0, 100
    for row in told["shares"]:
        if row["measure"] == share:
            low, high = int(row["shown"]["low"]), int(row["shown"]["high"])
    return Holding(things, yes, (-(-len(own) * low // 100), len(own) * high // 100))


def _of_answers(world: World, told: Json, wave: int) -> Holding:
    answers = world.reports[0].answers
    panel = max((row["n"] for row in told["figures"] if row["wave"] == wave), default=0)
    return Holding(dict.fromkeys(answers, 1), {who: int(bool(own[wave])) for who, own in answers.items()},
                   (panel, len(answers)))  # fmt: skip


def _narrowed(number: str, holdings: Mapping[str, Holding], counts: Sequence[Json]) -> Iterator[str]:
    """The rule by which somebody is narrowed to less than half of what their number can be."""
    sums = [Sum(frozenset(member["evaluation"] for member in count["members"]), *count["numbers"][number])
            for count in counts if number in count["numbers"]]  # fmt: skip
    sums += list(differences(sums))
    boxes = {name: holding.box for name, holding in holdings.items()}
    for name, holding in holdings.items():
        insiders = {(things, holding.yes[who]) for who, things in holding.things.items()}
        for things, yes in [(0, 0), *insiders]:
            low, high = holding.box
            mine = (max(low, yes), min(high, sum(holding.things.values()) - things + yes))
            known = {**boxes, name: mine}  # without the counts, to somebody who knows the own things
            for other, box in left_of(Groups(0, {}, known), sums).items():
                taken = (things, yes) if other == name else (0, 0)
                if box != known[other] and _someone_is_narrow(holdings[other], box, *taken):
                    yield f"COUNT_{number}"


def _someone_is_narrow(holding: Holding, box: Box, things: int, yes: int) -> bool:
    """Whether a person's number of yes is known to less than half, when a colleague takes the own things away."""
    whole = sum(holding.things.values()) - things
    owned = list(holding.things.values())
    if things:
        owned.remove(things)
    return any(min(own, box[1] - yes) - max(0, box[0] - yes - (whole - own)) < own * _HALF for own in set(owned))


@cache
def _all_cases(evaluations: int) -> tuple[tuple[int, ...], ...]:
    return tuple(itertools.product(range(_MOST_CASES + 1), repeat=evaluations))


def cases_are_open(evaluations: int, numbers: Json, most: int = 6) -> bool:
    """Whether every evaluation may have had none, or several numbers of cases, even if one of the others' is known.

    To somebody who does not know by which rule they are told of, and to somebody who does.
    """
    if not numbers or evaluations > most:  # the more there are the less is known of each
        return True
    for low, high in (numbers[name] for name in ("cases", "closed") if name in numbers):
        fits = [cases for cases in _all_cases(evaluations) if low <= sum(cases) <= high]
        by_the_rule = [cases for cases in fits if sum(map(bool, cases)) >= _FEWEST and 2 * max(cases) <= sum(cases)]
        if not (_are_open(fits) and _are_open(by_the_rule)):
            return False
    return True


def _are_open(fits: Sequence[tuple[int, ...]]) -> bool:
    """Evaluations are alike, so that one of them, another's number being known, stands for all."""
    left: dict[int, set[int]] = {}
    for own, known, *_ in fits:
        left.setdefault(known, set()).add(own)
    return all(0 in numbers and len(numbers) >= _FEWEST for numbers in left.values())
