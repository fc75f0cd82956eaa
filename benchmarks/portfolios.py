"""How often an organisation's review names a group, and whether its intervals hold, in portfolios whose truth is known.

    python benchmarks/portfolios.py            eleven minutes on one core of a busy machine
    python benchmarks/portfolios.py --tables   only writes docs/review.md anew from the results

Groups of 4 to 10 people change by the mean of all, by what sets them apart (a standard deviation of ``between``), and
by chance; what is looked at are the differences of two means that were rounded to one decimal, as they are released.
The functions are those that the review calls.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: its threads only stand in each other's way here

import numpy as np
import pandas as pd
from groups import generator
from numpy.typing import NDArray
from scipy import special
from tables import between as put_between
from tables import markdown
from tqdm import tqdm

from evaltools.pooled_changes import pooled_change, shrunken_changes
from evaltools.statistics.deviations import deviation, naming_level
from evaltools.statistics.pooling import empirical_bayes

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "portfolios.csv"
PAGE = HERE.parent / "docs" / "review.md"
SEED = 20261122
SIZES, BETWEEN = (10, 30, 100, 300, 1000), (0.0, 0.2, 0.4, 0.8)
RIGHT, WRONG = 1.0, 1.2  # spread of people's changes, where 1 is assumed
ROUNDED = 0.1
CELLS = 200_000  # groups that are drawn at once
Array = NDArray[np.float64]
_Row = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """So many groups; how far their true changes lie apart; the true spread of people's changes, where 1 is assumed.

    ``away``: by how much one group deviates where all others are alike; where they differ, it is three times that.
    """

    groups: int
    between: float
    spread: float = RIGHT
    away: float = 0.0

    @property
    def name(self) -> str:
        told = f"groups={self.groups} between={self.between:g} spread={self.spread:g}"
        return f"{told} away={self.away:g}" if self.away else told

    @property
    def deviates(self) -> float:
        return self.away or 3 * self.between

    @property
    def reviews(self) -> int:
        """How many portfolios are drawn: many where all are alike, for there the bar is."""
        if self.between == self.away == 0:
            return 10_000 if self.groups <= 100 else 5_000
        return 1_000 if self.groups <= 100 else 100


def scenarios() -> Iterator[Scenario]:
    for groups in SIZES:
        yield from (Scenario(groups, between) for between in BETWEEN)
        yield Scenario(groups, 0.0, WRONG)
        yield from (Scenario(groups, 0.0, away=3 * between) for between in BETWEEN[1:])


def drawn(scenario: Scenario, reviews: int, rng: np.random.Generator, *, outlier: bool) -> tuple[Array, Array, Array]:
    """Released changes, people and true changes, shape (reviews, groups); with one that deviates."""
    shape = (reviews, scenario.groups)
    n = rng.integers(4, 11, shape).astype(float)
    true = scenario.between * rng.standard_normal(shape)
    if outlier:
        true[:, 0] = scenario.deviates
    before = rng.uniform(2.5, 3.5, shape)
    after = before + true + scenario.spread * rng.standard_normal(shape) / np.sqrt(n)
    return np.round(np.round(after, 1) - np.round(before, 1), 1), n, true


def variance(n: Array) -> Array:
    """As the review reckons it: the assumed spread, and two roundings."""
    return 1 / n + 2 * ROUNDED**2 / 12


def named(y: Array, n: Array) -> NDArray[np.bool_]:
    found = deviation(y, variance(n))
    return np.asarray((found.low > 0) | (found.high < 0))


def tried(scenario: Scenario, reviews: int, seed: int = SEED) -> _Row:
    """How often anybody is named, and a group that truly deviates; by which other rules; which intervals hold."""
    rng = generator(seed, scenario.name)
    anybody, funnel, light, found, theory = [], [], [], [], []
    for size in _batches(reviews, scenario.groups):
        y, n, _ = drawn(scenario, size, rng, outlier=False)
        anybody.append(named(y, n).any(axis=1))
        centre = (n * y).sum(axis=1, keepdims=True) / n.sum(axis=1, keepdims=True)
        funnel.append((np.abs(y - centre) > special.ndtri(0.975) / np.sqrt(n)).any(axis=1))
        light.append((y <= np.quantile(y, 0.25, axis=1, keepdims=True)).any(axis=1))
        if scenario.deviates:
            y, n, _ = drawn(scenario, size, rng, outlier=True)
            found.append(named(y, n)[:, 0])
            theory.append(_power(scenario, n[:, 0]))
    return {
        "groups": scenario.groups, "between": scenario.between, "spread": scenario.spread,
        "away": float(scenario.deviates), "reviews": reviews,
        "named": _share(anybody), "funnel_95": _share(funnel), "traffic_light": _share(light),
        "found": _share(found), "theory": _share(theory), **_held(scenario, min(reviews, 300), rng),
    }  # fmt: skip


def _power(scenario: Scenario, n: Array) -> Array:
    """What theory gives for a group of this size if the others' mean and variance were known exactly."""
    z = -special.ndtri((1 - naming_level(scenario.groups)) / 2)
    own, limit = np.sqrt(variance(n)), z * np.sqrt(variance(n) + scenario.between**2)
    return np.asarray(
        special.ndtr((scenario.deviates - limit) / own) + special.ndtr((-scenario.deviates - limit) / own)
    )


def _held(scenario: Scenario, reviews: int, rng: np.random.Generator) -> _Row:
    """Coverage of the mean of all, of groups' true changes by the review's intervals, and by empirical Bayes alone."""
    mean, own, plain = [], [], []
    reviews = 0 if scenario.away else reviews  # as without the group that deviates
    for y, n, true in zip(*drawn(scenario, reviews, rng, outlier=False), strict=True):
        v, none = variance(n), np.zeros_like(y)
        pooled, shrunken, bayes = pooled_change(y, v, none), shrunken_changes(y, v, none), empirical_bayes(y, v)
        mean.append(np.array([pooled.low <= 0 <= pooled.high]))
        own.append((shrunken.low <= true) & (true <= shrunken.high))
        plain.append((bayes.low <= true) & (true <= bayes.high))
    return {"mean_held": _share(mean), "groups_held": _share(own), "empirical_bayes_held": _share(plain)}


def _batches(reviews: int, groups: int) -> Iterator[int]:
    most = max(1, CELLS // groups)
    yield from (min(most, reviews - start) for start in range(0, reviews, most))


def _share(parts: list[Any]) -> float:
    return float(np.concatenate(parts).mean()) if parts else float("nan")


def write_page(page: Path = PAGE, results: Path = RESULTS) -> None:
    """Put the tables in their places in the page."""
    table, text = pd.read_csv(results), page.read_text("utf-8")
    for name, made in (
        ("naming", naming(table)),
        ("found", found(table)),
        ("finding", finding(table)),
        ("intervals", intervals(table)),
    ):
        text = put_between(text, name, made)
    page.write_text(text, "utf-8", newline="\n")


def naming(table: pd.DataFrame) -> str:
    """All groups alike: how often anybody at all is named."""
    alike = table[(table["between"] == 0) & (table["away"] == 0)]
    rows = [(row["groups"], f"{row['spread']:g}", row["reviews"], *(_percent(row[name]) for name in
             ("named", "funnel_95", "traffic_light"))) for row in alike.to_dict("records")]  # fmt: skip
    return markdown(("groups", "true spread (assumed: 1)", "reviews", "the review names somebody",
                     "somebody lies outside a 95 % funnel", "a traffic light of quarters shows red"), rows)  # fmt: skip


def found(table: pd.DataFrame) -> str:
    """All groups alike but one."""
    one = table[(table["between"] == 0) & (table["away"] > 0)]
    rows = [(row["groups"], f"{row['away']:g}", *(_percent(row[name]) for name in ("found", "theory")))
            for row in one.to_dict("records")]  # fmt: skip
    return markdown(("groups", "the one lies away by", "it is found", "by theory"), rows)


def finding(table: pd.DataFrame) -> str:
    """Groups that differ, and one that lies three standard deviations from the rest."""
    apart = table[table["between"] > 0]
    rows = [(row["groups"], f"{row['between']:g}", *(_percent(row[name]) for name in ("found", "theory", "named")))
            for row in apart.to_dict("records")]  # fmt: skip
    return markdown(("groups", "SD between groups", "the deviating group is found", "by theory",
                     "somebody is named without such a group"), rows)  # fmt: skip


def intervals(table: pd.DataFrame) -> str:
    """Which intervals hold the truth."""
    told = table.dropna(subset=["groups_held"]).to_dict("records")
    rows = [(row["groups"], f"{row['between']:g}", f"{row['spread']:g}", *(_percent(row[name]) for name in
             ("mean_held", "groups_held", "empirical_bayes_held"))) for row in told]  # fmt: skip
    return markdown(("groups", "SD between groups", "true spread (assumed: 1)", "mean of all", "groups' true changes",
                     "the same by empirical Bayes alone"), rows)  # fmt: skip


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def write_csv(rows: list[_Row], path: Path = RESULTS) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        lines = [[_cell(value) for value in row.values()] for row in rows]
        csv.writer(stream, lineterminator="\n").writerows([list(rows[0]), *lines])


def _cell(value: float) -> str:
    return str(value) if isinstance(value, int) else "" if np.isnan(value) else f"{value:.4g}"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", action="store_true", help="only write the page anew")
    if not parser.parse_args().tables:
        began = time.perf_counter()
        every = list(scenarios())
        write_csv([tried(scenario, scenario.reviews) for scenario in tqdm(every, desc="scenarios")])
        print(f"{(time.perf_counter() - began) / 60:.1f} minutes")
    write_page()


if __name__ == "__main__":
    main()
