"""How often each word for a change is right and wrong, for both readers, by simulation of groups whose truth is known.

    python benchmarks/truth_tables.py            a few minutes
    python benchmarks/truth_tables.py --groups N

Two routes: *confidential*, the paired t interval of the group itself; *released*, the difference of two published
figures (rounded, closed at the ends, banded for short scales) and a spread that is not the group's own. There ``ratio``
says how large the true spread of people's changes is beside the one that the rule takes from the reference or assumes.
*strict* is the released route under the policy of that name, *no_reserve* shows what the rule's reserve is for.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: its threads only stand in each other's way here

from calibration import write_csv
from groups import Array, Scenario, draw, generator, spread_with
from tables import write_page
from tqdm import tqdm

from evaltools.instruments import Scale
from evaltools.policy import policies, read_change, shown_mean
from evaltools.statistics.change import mean_change
from evaltools.statistics.estimate import field_records
from evaltools.statistics.verdicts import verdict_rule
from evaltools.wording import confidential_verdict

RESULTS = Path(__file__).resolve().parent / "results" / "truth_tables.csv"
SEED, GROUPS = 20261122, 3_000
OPTIONS = 5
CHANGES = (-0.25, -0.125, -0.0625, 0.0, 0.0625, 0.125, 0.25)  # shares of the range: large, important, small, none
MIDDLES = (0.5, 0.8)
SPREADS = ((0.7, 0.8), (1.0, 0.5), (1.2, 0.3), (1.4, 0.3))  # ratio to the assumed spread, retest correlation
SIZES = {
    "confidential": (3, 4, 5, 6, 8, 12), "released": (5, 6, 8, 12), "strict": (5, 8, 12), "no_reserve": (5, 8, 12),
}  # fmt: skip
ITEMS = {"confidential": (1, 3, 10), "released": (1, 2, 3, 5, 10), "strict": (5,), "no_reserve": (3, 10)}
RATIOS = {
    "confidential": (0.7, 1.2), "released": (0.7, 1.0, 1.2, 1.4), "strict": (1.0, 1.4), "no_reserve": (1.0, 1.2, 1.4),
}  # fmt: skip
_Row = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """One row of the table."""

    route: str
    n: int
    items: int
    middle: float
    ratio: float
    retest: float
    change: float


def cells() -> Iterator[Cell]:
    """Every row of the table."""
    for route in SIZES:
        spreads = [spread for spread in SPREADS if spread[0] in RATIOS[route]]
        for n, items, middle, (ratio, retest), change in product(SIZES[route], ITEMS[route], MIDDLES, spreads, CHANGES):
            if change == 0 or route != "no_reserve":
                yield Cell(route, n, items, middle, ratio, retest, change)


def told(cell: Cell, groups: int, seed: int = SEED) -> _Row:
    """How often each word is told of groups of one kind."""
    spread = spread_with(cell.ratio, cell.retest, cell.items, OPTIONS)
    scenario = Scenario("truth", n=cell.n, items=cell.items, options=OPTIONS, middle=cell.middle,
                        change=min(cell.change, 0.97 - cell.middle), spread=spread, retest=cell.retest)  # fmt: skip
    scores = draw(scenario, groups, generator(seed, cell.route, scenario.name)).mean(axis=-1)
    words = _confidential(scores) if cell.route == "confidential" else _released(scores, cell)
    counts = dict.fromkeys(verdict_rule().words, 0) | {word: words.count(word) for word in set(words)}
    return {"route": cell.route, "n": cell.n, "items": cell.items, "middle": cell.middle, "ratio": cell.ratio,
            "change": round(scenario.change, 4), "groups": groups,
            **{word: count / groups for word, count in counts.items()}}  # fmt: skip


def scale_of(items: int) -> Scale:
    """A scale of so many items, answered from 1 to the number of options, without published values."""
    names = tuple(f"q{at}" for at in range(items))
    return Scale("tried", "tried", {"en": "tried"}, names, frozenset(), 1, OPTIONS, "mean", items, True, (), (),
                 items, 1 / items)  # fmt: skip


def _confidential(scores: Array) -> list[str]:
    minimal = scale_of(1).minimal_change.value
    return [confidential_verdict(row, minimal) for row in field_records(mean_change(scores[:, 0], scores[:, 1]))]


def _released(scores: Array, cell: Cell) -> list[str]:
    policy = policies()["strict" if cell.route == "strict" else "standard"]
    rule = replace(verdict_rule(), reserve=1.0) if cell.route == "no_reserve" else verdict_rule()
    scale = scale_of(cell.items)
    shown = lru_cache(None)(lambda mean: shown_mean(mean, cell.n, scale, policy))
    read = lru_cache(None)(lambda before, after: str(read_change(before, after, cell.n, scale)["verdict"]))
    with patch("evaltools.policy.verdict_rule", lambda: rule):
        return [read(shown(before), shown(after)) for before, after in scores.mean(axis=-1).round(6).tolist()]


def run(groups: int, processes: int = 2) -> list[_Row]:
    """Every row of the table."""
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        made = pool.map(told, (every := list(cells())), [groups] * len(every), chunksize=20)
        return list(tqdm(made, total=len(every), desc="cells"))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=GROUPS, help="how many groups of each kind")
    chosen = parser.parse_args()
    rows = run(chosen.groups)
    write_csv(rows, RESULTS)
    write_page()


if __name__ == "__main__":
    main()
