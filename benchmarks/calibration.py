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
import os
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: its threads only stand in each other's way here

import numpy as np
from figures import Tried
from groups import Scenario, draw, generator
from methods import METHODS, RATES, Method, Rate
from scipy import stats
from tables import write_page
from tqdm import tqdm

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "calibration.csv"
KEPT = HERE / "results" / "calibration.jsonl"
VERSION = 3  # one more where a change in this folder changes what a scenario or a row means
SEED, GROUPS, FULL = 20261122, 10_000, 100_000
BATCH = 2_000
NEAR = 1e-9  # means of thirds meet the truth up to rounding noise
RATE_SIZES = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 30)
_Row = dict[str, Any]


def scenarios() -> Iterator[Scenario]:
    """Every scenario of scenarios.toml."""
    for grid, lists in tomllib.loads((HERE / "scenarios.toml").read_text("utf-8")).items():
        for values in product(*lists.values()):
            yield Scenario(grid, **dict(zip(lists, values, strict=True)))


def tried(scenario: Scenario, methods: list[Method], groups: int, seed: int) -> list[_Row]:
    """Methods on the same groups of one scenario: how often each gives a false alarm, and holds the truth."""
    rng, runs = generator(seed, scenario.name), [method.on(scenario) for method in methods]
    parts: list[list[Tried]] = [[] for _ in methods]
    people: list[list[float]] = [[] for _ in methods]
    for start in range(0, max(_size(method, groups) for method in methods), BATCH):
        answers = draw(scenario, BATCH, rng)
        for at, method in enumerate(methods):
            own = answers[: max(_size(method, groups) - start, 0)]
            if len(own):
                parts[at].append(runs[at](own))
                measured = np.isfinite(own[..., 0])
                people[at].append(float((measured[:, 0] & measured[:, -1]).sum(axis=-1).mean()))
    return [
        _row(scenario, method, _joined(own), float(np.mean(several)), _size(method, groups))
        for method, own, several in zip(methods, parts, people, strict=True)
    ]


def _joined(parts: list[Tried]) -> Tried:
    return Tried(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("p", "low", "high", "level")))


def _row(scenario: Scenario, method: Method, said: Tried, people: float, groups: int) -> _Row:
    truth = method.truth(scenario)
    known = np.isfinite(said.low) & np.isfinite(said.high)
    judged = known if known.any() else np.isfinite(said.p)  # a test without an interval
    no_change = truth == 0 and judged.any() and np.isfinite(said.p).any()
    held, width = ((said.low - NEAR <= truth) & (truth <= said.high + NEAR))[known], (said.high - said.low)[known]
    return {
        "method": method.name, "grid": scenario.grid, "n": scenario.n, "waves": scenario.waves,
        "items": scenario.items, "middle": scenario.middle, "change": scenario.change, "trend": scenario.trend,
        "dropout": scenario.dropout, "teams": scenario.teams, "between": scenario.between,
        "exact": int(method.exact), "average": int(method.average),
        "groups": groups, "people": people, "without_interval": float(1 - judged.mean()),
        "false_alarms": float((said.p[judged] < 0.05).mean()) if no_change else float("nan"),
        "coverage": _mean(held), "level": _mean(said.level[known]), "zero_width": _mean(width <= 0),
    }  # fmt: skip


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def tried_rate(rate: Rate, n: int) -> _Row:
    """Coverage of a share's interval on average over all true shares, by enumeration of every possible count."""
    counts = np.arange(n + 1.0)
    figure = rate.interval(counts, np.full(n + 1, float(n)))
    # Averaged over a true share that is equally likely anywhere from 0 to 1, each count is equally likely, and the
    # share given the count is beta distributed.
    inside = [stats.beta.cdf(high, k + 1, n - k + 1) - stats.beta.cdf(low, k + 1, n - k + 1)
              for k, low, high in zip(counts, figure.low, figure.high, strict=True)]  # fmt: skip
    return {"method": rate.name, "grid": "all_shares", "n": n, "waves": 1, "items": 1, "middle": float("nan"),
            "change": 0.0, "trend": 0.0, "dropout": 0.0, "teams": 1, "between": 0.0,
            "exact": int(rate.exact), "average": 1, "groups": 0, "people": float(n), "without_interval": 0.0,
            "false_alarms": float("nan"), "coverage": float(np.mean(inside)), "level": 0.95,
            "zero_width": float((figure.high <= figure.low).mean())}  # fmt: skip


def tasks(groups: int, seed: int) -> dict[Scenario, dict[str, int]]:
    """What there is to draw: for each scenario its methods, by the key under which a row is kept."""
    return {
        scenario: {
            json.dumps([VERSION, seed, _size(method, groups), scenario.name, method.name]): at
            for at, method in enumerate(METHODS)
            if scenario.grid in method.grids
        }
        for scenario in scenarios()
    }


def _size(method: Method, groups: int) -> int:
    return max(1, int(groups * method.part))


def _drawn(scenario: Scenario, wanted: dict[str, int], groups: int, seed: int) -> dict[str, _Row]:
    rows = tried(scenario, [METHODS[at] for at in wanted.values()], groups, seed)
    return dict(zip(wanted, rows, strict=True))


def run(groups: int, seed: int = SEED, processes: int = 2, kept: Path = KEPT) -> list[_Row]:
    """Every row of the table; what ``kept`` holds already is not drawn again."""
    wanted, done = tasks(groups, seed), _read_kept(kept)
    waiting = [
        (scenario, left, groups, seed)
        for scenario, own in wanted.items()
        if (left := {key: at for key, at in own.items() if key not in done})
    ]
    with kept.open("a", encoding="utf-8") as stream:
        for rows in tqdm(_finished(waiting, processes), total=len(waiting), desc="scenarios", disable=not waiting):
            done |= rows
            stream.writelines(json.dumps([key, row]) + "\n" for key, row in rows.items())
            stream.flush()
    drawn = [done[key] for own in wanted.values() for key in own]
    drawn = [{name: value for name, value in row.items() if name != "default"} for row in drawn]
    return drawn + [tried_rate(rate, n) for rate in RATES for n in RATE_SIZES]


def _finished(waiting: list[tuple[Any, ...]], processes: int) -> Iterator[dict[str, _Row]]:
    """Tasks as they come to their end, in one process or in several."""
    if processes == 1:
        yield from (_drawn(*task) for task in waiting)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        running = [pool.submit(_drawn, *task) for task in waiting]
        yield from (one.result() for one in as_completed(running))


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
        began = time.perf_counter()
        rows = run(chosen.groups or (FULL if chosen.full else GROUPS))
        print(f"{(time.perf_counter() - began) / 60:.1f} minutes")
        write_csv(rows, RESULTS)
    write_page()


if __name__ == "__main__":
    main()
