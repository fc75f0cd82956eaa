"""Two groups that answered quite differently and have the same release get the same page, byte for byte.

nice -n 10 python benchmarks/audit_pairs.py --pairs 200
"""

from __future__ import annotations

import argparse
import os
import random
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from audit_worlds import Report, World, delivered, let_out, prepare, random_world
from tqdm import tqdm


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
                   answers={names[who]: own for who, own in answers.items()})  # fmt: skip


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


def main() -> int:
    """Compare so many pairs; 1 if a page differs where the release does not."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--pairs", type=int, default=200)
    same, different = 0, 0
    for seed in tqdm(range(asked.parse_args().pairs), desc="pairs"):
        with TemporaryDirectory() as folder:
            one, other = pages(seed, Path(folder))
        same += one == other
        different += one[0] != other[0]
    print(f"{same} pairs with the same release and the same page, {different} with another release")
    return 0 if different + same == asked.parse_args().pairs else 1


if __name__ == "__main__":
    raise SystemExit(main())
