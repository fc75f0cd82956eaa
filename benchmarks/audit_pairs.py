"""Two groups that answered quite differently and have the same release get the same page, byte for byte.

    nice -n 10 python benchmarks/audit_pairs.py --pairs 200 --jobs 2

A line a pair goes to ``results/audit_pairs.jsonl``; broken off, it goes on where it was.
"""

from __future__ import annotations

import argparse
import os
import random
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from audit_logs import Thing
from audit_reports import go_on
from audit_worlds import Report, World, delivered, let_out, prepare, random_world

RESULTS = Path(__file__).resolve().parent / "results" / "audit_pairs.jsonl"


def twin(world: World, report: Report) -> Report:
    """Other people with other answers, whose released means are the same.

    Who is in the panel swap their answers at each wave and give and take points; everybody else answers anything.
    """
    draw = random.Random(world.seed + 1)
    compared = world.compared(report)
    answers = {who: list(own) for who, own in report.answers.items()}
    for group in sorted(set(report.groups.values())):
        members = [who for who in report.groups if report.groups[who] == group]
        panel = [who for who in members if all(report.answers[who][wave] for wave in compared)]
        for wave in range(len(next(iter(answers.values())))):
            if wave in compared and len(panel) > 1:
                given = draw.sample(panel, len(panel))
                for who, other in zip(panel, given, strict=True):
                    answers[who][wave] = list(report.answers[other][wave] or [])
                _trade(draw, world, [answers[who][wave] or [] for who in panel])
            anything = [who for who in members if who not in panel or wave not in compared]
            for who in (who for who in anything if answers[who][wave]):
                answers[who][wave] = [draw.randint(world.low, world.high) for _ in range(world.items)]
    names = {who: f"{draw.getrandbits(40):x}" for who in report.groups}
    return replace(report, groups={names[who]: group for who, group in report.groups.items()},
                   answers={names[who]: own for who, own in answers.items()},
                   things=_swapped(draw, report, names))  # fmt: skip


def _swapped(draw: random.Random, report: Report, names: dict[str, str]) -> tuple[Thing, ...]:
    """The same things of the other people; within a group and kind, another one's came to a yes."""
    alike: dict[tuple[str, str], list[tuple[bool, ...]]] = {}
    for thing in report.things:
        alike.setdefault((thing.kind, report.groups[thing.person]), []).append(thing.yes)
    for came in alike.values():
        draw.shuffle(came)
    return tuple(
        replace(thing, person=names[thing.person], yes=alike[thing.kind, report.groups[thing.person]].pop())
        for thing in report.things
    )


def _trade(draw: random.Random, world: World, given: list[list[int]]) -> None:
    """Somebody gives a point of a question to somebody else: the sum stays."""
    for _ in range(20):
        one, other = draw.sample(given, 2)
        item = draw.randrange(world.items)
        if one[item] > world.low and other[item] < world.high:
            one[item], other[item] = one[item] - 1, other[item] + 1


def pages(seed: int, folder: Path) -> tuple[tuple[bytes, str], tuple[bytes, str]]:
    """The release and the page of a world's last report, and those of its twin."""
    world = random_world(seed)
    report = world.reports[-1]
    made = []
    for name, handed_in in (("one", report), ("other", twin(world, report))):
        own = folder / name / "evaluation"
        own.mkdir(parents=True)
        os.environ["EVALTOOLS_KEY_FILE"] = str(folder / name / "key")
        prepare(world, own)
        issued = let_out(world, handed_in, own)
        made.append((issued.content, delivered(issued)))
    return made[0], made[1]


def compared(seed: int) -> dict[str, Any]:
    """Whether a pair has the same release, and the same page."""
    with TemporaryDirectory() as folder:
        one, other = pages(seed, Path(folder))
    return {"seed": seed, "release": one[0] == other[0], "page": one[1] == other[1]}


def main() -> int:
    """Compare what has not been compared yet; 1 if a page differs where the release does not."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--pairs", type=int, default=200)
    asked.add_argument("--jobs", type=int, default=1)
    told = asked.parse_args()
    done = go_on(RESULTS, range(told.pairs), compared, told.jobs, "pairs")
    same, alike = (sum(one["release"] and one["page"] for one in done), sum(one["release"] for one in done))
    print(f"{same} pairs with the same release and the same page, {len(done) - alike} with another release")
    return 0 if same == alike else 1


if __name__ == "__main__":
    raise SystemExit(main())
