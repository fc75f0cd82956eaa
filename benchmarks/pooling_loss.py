"""What is lost when an organisation pools released figures in place of answers; writes a table in ``docs/partial.md``.

    python benchmarks/pooling_loss.py        # a minute or two on one core; seeded

Groups are drawn whose truth is known. The mean change of all groups and its interval are worked out three times: from
the answers themselves, from the released means with the spread that is assumed, and from the released means with the
spread that sites hand on.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from groups import generator
from numpy.typing import NDArray
from tables import between as put_between
from tables import markdown
from tqdm import tqdm

from evaltools.instruments import Scale, score_only_scale
from evaltools.policy import policies, shown_mean
from evaltools.pooled_changes import pooled_change
from evaltools.safe_sums import GroupScores, squares_may_go_out, sum_may_go_out, within_squares
from evaltools.shown import Shown
from evaltools.statistics.pooling import random_effects

RESULTS = Path(__file__).resolve().parent / "results" / "pooling_loss.csv"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "partial.md"
SEED = 2608
REVIEWS = 120
ITEMS = 5
ASSUMED = 1.0  # on a scale from 1 to 5
SD_BEFORE = 0.7
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Scenario:
    """So many groups, whose true changes have a standard deviation ``between`` and people's changes ``spread``."""

    groups: int
    between: float
    spread: float
    before: float

    @property
    def name(self) -> str:
        return f"groups={self.groups} between={self.between:g} spread={self.spread:g} before={self.before:g}"


SCENARIOS = [Scenario(groups, between, spread, before) for groups in (10, 30) for between in (0.0, 0.3)
             for spread in (0.7, 1.0) for before in (2.8, 3.6)]  # fmt: skip


def people(scenario: Scenario, rng: np.random.Generator) -> list[Array]:
    """Scores before and after, shape (2, people), of each group: means of five questions from 1 to 5."""
    groups = []
    for _ in range(scenario.groups):
        n = int(rng.integers(5, 11))
        before = scenario.before + SD_BEFORE * rng.standard_normal(n)
        change = scenario.between * rng.standard_normal() + scenario.spread * rng.standard_normal(n)
        groups.append(np.clip(np.round(np.array([before, before + change]) * ITEMS) / ITEMS, 1, 5))
    return groups


def once(scenario: Scenario, scale: Scale, rng: np.random.Generator) -> dict[str, float]:
    """One portfolio: width of the interval and distance from the people's own pooled mean, by each way."""
    groups = people(scenario, rng)
    n = np.array([group.shape[1] for group in groups], float)
    own = np.array([(group[1] - group[0]).mean() for group in groups])
    within = sum(float(((group[1] - group[0] - mean) ** 2).sum()) for group, mean in zip(groups, own, strict=True))
    sd = (within / (n.sum() - len(n))) ** 0.5
    shown = [[shown_mean(float(wave.mean()), len(wave), scale, policies()["standard"]) for wave in group]
             for group in groups]  # fmt: skip
    middle, rounding, slack = (np.array(part) for part in zip(*map(_read, shown), strict=True))
    handed = [GroupScores(group, (one, other)) for group, (one, other) in zip(groups, shown, strict=True)]
    inside = [group for group in handed if group.is_inside(0) and group.is_inside(1)]
    squares = sum(group.scores.shape[1] for group in inside) >= 30 and squares_may_go_out(inside, scale)
    df = sum(group.scores.shape[1] - 1 for group in inside)
    told = (within_squares(inside)[2] / df) ** 0.5 if squares else ASSUMED
    raw = random_effects(own, sd**2 / n)
    found = {"raw": raw, "assumed": pooled_change(middle, ASSUMED**2 / n + rounding, slack),
             "handed_on": pooled_change(middle, told**2 / n + rounding, slack)}  # fmt: skip
    exact = [sum_may_go_out(handed, wave, scale) for wave in (0, 1)]
    apart = sum(group.scores.shape[1] * (group.shown[wave].reach[1] - group.shown[wave].reach[0])
                for wave in (0, 1) if not exact[wave] for group in handed if not group.is_inside(wave))  # fmt: skip
    row = {"inside": len(inside) / len(groups), "exact": sum(exact) / 2, "apart": apart / float(n.sum()),
           "squares": float(squares), "spread_told": told / sd if squares else float("nan")}  # fmt: skip
    for name, one in found.items():
        row |= {f"{name}_width": float(one.high - one.low), f"{name}_off": abs(float(one.value - raw.value)),
                f"{name}_holds": float(one.low <= raw.value <= one.high)}  # fmt: skip
    return row


def _read(shown: list[Shown]) -> tuple[float, float, float]:
    """A released change as the review reads it: its middle, the variance of rounding, the slack of its ends."""
    before, after = shown
    half = [(one.reach[1] - one.reach[0]) / 2 for one in shown]
    values = [one.kind == "value" for one in shown]
    rounding = sum((2 * each) ** 2 / 12 for each, value in zip(half, values, strict=True) if value)
    slack = sum(each for each, value in zip(half, values, strict=True) if not value)
    return sum(after.reach) / 2 - sum(before.reach) / 2, rounding, slack


def tried(scenario: Scenario, reviews: int = REVIEWS, seed: int = SEED) -> dict[str, Any]:
    """A row of the table: means over the portfolios of a scenario."""
    rng, scale = generator(seed, scenario.name), score_only_scale("q", "Scale", 1, 5, ITEMS, 1 / ITEMS).scales[0]
    rows = pd.DataFrame([once(scenario, scale, rng) for _ in range(reviews)]).mean()
    return {"groups": scenario.groups, "between": scenario.between, "spread": scenario.spread,
            "before": scenario.before, "reviews": reviews, **rows.to_dict()}  # fmt: skip


def table_of(rows: pd.DataFrame) -> str:
    """The table of the page."""
    heads = ("groups", "SD between groups", "SD of changes", "mean before", "groups inside the scale", "sums exact",
             "ends of the mean change apart by", "squares handed on", "SD handed on / true",
             "interval from the answers", "with the assumed spread, times", "as handed on, times",
             "assumed: mean off by", "as handed on: mean off by")  # fmt: skip
    return markdown(heads, [_cells(row) for row in rows.to_dict("records")])


def _cells(row: dict[Any, Any]) -> tuple[str, ...]:
    shares = [f"{100 * row[name]:.0f} %" for name in ("inside", "exact", "squares")]
    width = row["raw_width"]
    return (str(row["groups"]), f"{row['between']:g}", f"{row['spread']:g}", f"{row['before']:g}", *shares[:2],
            f"{row['apart']:.2f}", shares[2], f"{row['spread_told']:.2f}", f"{width:.2f}",
            f"{row['assumed_width'] / width:.2f}", f"{row['handed_on_width'] / width:.2f}",
            f"{row['assumed_off']:.3f}", f"{row['handed_on_off']:.3f}")  # fmt: skip


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reviews", type=int, default=REVIEWS)
    reviews = parser.parse_args().reviews
    rows = [tried(scenario, reviews) for scenario in tqdm(SCENARIOS, desc="scenarios")]
    with RESULTS.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: f"{value:.5g}" for name, value in row.items()} for row in rows)
    text = PAGE.read_text("utf-8")
    PAGE.write_text(put_between(text, "loss", table_of(pd.read_csv(RESULTS))), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
