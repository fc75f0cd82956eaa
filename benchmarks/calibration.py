"""False alarms and coverage of the default methods in groups of 3 to 12, written to a table in the repository.

    python benchmarks/calibration.py            a few minutes on two cores
    python benchmarks/calibration.py --full     ten times as many groups
    python benchmarks/calibration.py --tables   only writes docs/calibration.md anew from the results

A run that is broken off goes on where it was: every finished scenario is kept in results/calibration.jsonl under its
seed, size and version. Numbers do not depend on the order or on how many processes there are.
"""

from __future__ import annotations

import argparse
import csv
import json
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from groups import Scenario, draw, generator
from methods import METHODS, RATES, Method, Rate, Tried
from scipy import stats
from tables import write_page
from tqdm import tqdm

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "calibration.csv"
KEPT = HERE / "results" / "calibration.jsonl"
VERSION = 1  # one more where a change in this folder changes what a scenario or a row means
SEED, GROUPS, FULL = 20261122, 10_000, 100_000
BATCH = 2_000
RATE_SIZES = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 30)
_Row = dict[str, Any]


def scenarios() -> Iterator[Scenario]:
    """Every scenario of scenarios.toml."""
    for grid, lists in tomllib.loads((HERE / "scenarios.toml").read_text("utf-8")).items():
        for values in product(*lists.values()):
            yield Scenario(grid, **dict(zip(lists, values, strict=True)))


def tried(scenario: Scenario, method: Method, groups: int, seed: int) -> _Row:
    """One method on one scenario: how often it gives a false alarm, and how often its interval holds the truth."""
    rng, truth, left = generator(seed, scenario.name), method.truth(scenario), groups
    parts, people = [], []
    while left > 0:
        answers = draw(scenario, min(BATCH, left), rng)
        parts.append(method.run(answers))
        measured = np.isfinite(answers[..., 0])
        people.append((measured[:, 0] & measured[:, -1]).sum(axis=-1).mean())
        left -= BATCH
    said = Tried(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("p", "low", "high")))
    known = np.isfinite(said.low) & np.isfinite(said.high)
    no_change = scenario.change == 0 and np.isfinite(said.p).any()
    width = said.high[known] - said.low[known]
    return {
        "method": method.name, "grid": scenario.grid, "n": scenario.n, "waves": scenario.waves,
        "items": scenario.items, "middle": scenario.middle, "change": scenario.change, "trend": scenario.trend,
        "dropout": scenario.dropout, "exact": int(method.exact), "groups": groups,
        "people": float(np.mean(people)), "without_interval": float(1 - known.mean()),
        "false_alarms": float((said.p[known] < 0.05).mean()) if no_change else float("nan"),
        "coverage": float(((said.low <= truth) & (truth <= said.high))[known].mean()),
        "zero_width": float((width <= 0).mean()),
    }  # fmt: skip


def tried_rate(rate: Rate, n: int) -> _Row:
    """Coverage of a share's interval on average over all true shares, by enumeration of every possible count."""
    counts = np.arange(n + 1.0)
    figure = rate.interval(counts, np.full(n + 1, float(n)))
    # Averaged over a true share that is equally likely anywhere from 0 to 1, each count is equally likely, and the
    # share given the count is beta distributed.
    inside = [stats.beta.cdf(high, k + 1, n - k + 1) - stats.beta.cdf(low, k + 1, n - k + 1)
              for k, low, high in zip(counts, figure.low, figure.high, strict=True)]  # fmt: skip
    return {"method": rate.name, "grid": "all_shares", "n": n, "waves": 1, "items": 1, "middle": float("nan"),
            "change": 0.0, "trend": 0.0, "dropout": 0.0, "exact": int(rate.exact), "groups": 0,
            "people": float(n), "without_interval": 0.0, "false_alarms": float("nan"),
            "coverage": float(np.mean(inside)), "zero_width": float((figure.high <= figure.low).mean())}  # fmt: skip


def tasks(groups: int, seed: int) -> dict[str, tuple[Scenario, int]]:
    """What there is to draw, by the key under which it is kept: a method on a scenario."""
    return {
        json.dumps([VERSION, seed, _size(method, groups), scenario.name, method.name]): (scenario, at)
        for scenario in scenarios()
        for at, method in enumerate(METHODS)
        if scenario.grid in method.grids
    }


def _size(method: Method, groups: int) -> int:
    return groups // 5 if method.slow else groups


def _drawn(scenario: Scenario, at: int, groups: int, seed: int) -> _Row:
    return tried(scenario, METHODS[at], _size(METHODS[at], groups), seed)


def run(groups: int, seed: int = SEED, processes: int = 2, kept: Path = KEPT) -> list[_Row]:
    """Every row of the table; what ``kept`` holds already is not drawn again."""
    wanted = tasks(groups, seed)
    done = {key: row for key, row in _read_kept(kept).items() if key in wanted}
    waiting = {key: (*task, groups, seed) for key, task in wanted.items() if key not in done}
    with kept.open("a", encoding="utf-8") as stream:
        for key, row in tqdm(_finished(waiting, processes), total=len(waiting), desc="scenarios", disable=not waiting):
            done[key] = row
            stream.write(json.dumps([key, row]) + "\n")
            stream.flush()
    return [done[key] for key in wanted] + [tried_rate(rate, n) for rate in RATES for n in RATE_SIZES]


def _finished(waiting: dict[str, tuple[Any, ...]], processes: int) -> Iterator[tuple[str, _Row]]:
    """Tasks as they come to their end, in one process or in several."""
    if processes == 1:
        yield from ((key, _drawn(*task)) for key, task in waiting.items())
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        running = {pool.submit(_drawn, *task): key for key, task in waiting.items()}
        yield from ((running[one], one.result()) for one in as_completed(running))


def _read_kept(kept: Path) -> dict[str, _Row]:
    """Rows of earlier runs; a last line that was broken off is left out and drawn again."""
    found: dict[str, _Row] = {}
    for line in kept.read_text("utf-8").splitlines() if kept.exists() else []:
        try:
            key, row = json.loads(line)
        except ValueError:
            continue
        found[key] = row
    return found


def write_csv(rows: list[_Row], path: Path) -> None:
    """The table, sorted, four decimals, blank where a figure does not exist."""
    names = list(rows[0])
    lines = [[_cell(row[name]) for name in names] for row in rows]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([names, *lines])


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{round(value, 4):g}"
    return str(value)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="ten times as many groups")
    parser.add_argument("--groups", type=int, default=0, help="how many groups of each kind")
    parser.add_argument("--tables", action="store_true", help="only write the page anew")
    chosen = parser.parse_args()
    if not chosen.tables:
        rows = run(chosen.groups or (FULL if chosen.full else GROUPS))
        write_csv(rows, RESULTS)
    write_page()


if __name__ == "__main__":
    main()
