"""Many groups at once against a loop over other programs, as ratios within one run, written to docs/speed.md.

    python benchmarks/speed.py            about a minute
    python benchmarks/speed.py --groups N

Ours takes all groups in one call. The others are called group by group, on so many groups that a round stays short;
ours and theirs take turns, and of each the fastest of several rounds counts. What both computed is compared first. No
test measures time: machines differ, and ratios differ less.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: one core against one core

import numpy as np
from groups import Array, Scenario, draw, generator
from scipy import stats
from statsmodels.regression.mixed_linear_model import MixedLM
from tables import between, markdown

from evaltools.statistics.change import mean_change, t_paired
from evaltools.statistics.growth import t_trend
from evaltools.statistics.mixed_models import wave_design
from evaltools.statistics.model_changes import mixed_change
from evaltools.statistics.rank_change import hodges_lehmann, wilcoxon
from evaltools.statistics.reliability import cronbach_alpha
from evaltools.statistics.sign_flip import sign_flip, sign_flip_change
from evaltools.statistics.standardised_change import d_z

PAGE = Path(__file__).resolve().parents[1] / "docs" / "speed.md"
ROUNDS, LOOPED = 5, 50


@dataclass(frozen=True)
class Race:
    """Ours on all groups, another program's on one; ``goal`` is how many times faster it should be."""

    name: str
    ours: Callable[[Array], Array]
    theirs: Callable[[Array], float] | None = None
    peer: str = ""
    goal: str = ""
    near: float = 1e-9


def pair(scores: Array) -> tuple[Array, Array]:
    return scores[..., 0, :], scores[..., -1, :]


def changes(scores: Array) -> Array:
    before, after = pair(scores)
    return np.asarray((after - before).round(9), float)


def with_gaps(scores: Array) -> Array:
    """One score in seven missing, the same for every round; the first two people have all."""
    gone = np.random.default_rng(7).random(scores.shape) < 1 / 7
    gone[..., :2] = False
    return np.where(gone, np.nan, scores)


def _wilcoxon(scores: Array) -> float:
    change = changes(scores)
    kept = change[change != 0]
    if not len(kept):
        return 1.0
    method = stats.PermutationMethod(n_resamples=np.inf)
    return float(stats.wilcoxon(kept, method=method).pvalue)


def _flipped(scores: Array) -> float:
    found = stats.permutation_test((changes(scores),), np.mean, permutation_type="samples", n_resamples=np.inf)
    return float(found.pvalue)


def _trend(scores: Array) -> float:
    slopes = [stats.linregress(range(len(scores)), person).slope for person in scores.T]
    return float(stats.ttest_1samp(np.round(slopes, 9), 0).pvalue)


def _mixed(scores: Array) -> float:
    waves, people = scores.shape
    design = np.repeat(wave_design(waves), people, axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of every group whose people do not differ in level
        return float(MixedLM(scores.ravel(), design, np.tile(np.arange(people), waves)).fit().fe_params[-1])


RACES = (
    Race("paired t: p", lambda s: t_paired(*pair(s))[1].value, lambda s: float(stats.ttest_rel(*pair(s)[::-1]).pvalue),
         "scipy ttest_rel", "500"),
    Race("paired t: interval", lambda s: mean_change(*pair(s)).low,
         lambda s: float(stats.ttest_rel(*pair(s)[::-1]).confidence_interval().low), "scipy ttest_rel", "500"),
    Race("sign-flip: exact p", lambda s: sign_flip(*pair(s)).value, _flipped, "scipy permutation_test", "500"),
    Race("sign-flip: exact interval", lambda s: sign_flip_change(*pair(s)).low),
    Race("Wilcoxon: exact p", lambda s: wilcoxon(*pair(s))[1].value, _wilcoxon, "scipy wilcoxon", "500"),
    Race("Hodges-Lehmann: exact interval", lambda s: hodges_lehmann(*pair(s)).low),
    Race("d_z: noncentral t interval", lambda s: d_z(*pair(s)).low),
    Race("own trends: p", lambda s: t_trend(s)[1].value, _trend, "scipy linregress and ttest_1samp"),
    Race("Cronbach's alpha with Feldt's interval", lambda s: cronbach_alpha(s).value),
    Race("random intercept: Kenward-Roger interval and p", lambda s: mixed_change(s)[0].value[:, -1], _mixed,
         "statsmodels MixedLM (fit only)", "550", near=1e-3),
    Race("the same, one wave in seven missing", lambda s: mixed_change(with_gaps(s))[0].value[:, -1]),
)  # fmt: skip


def raced(race: Race, scores: Array) -> tuple[object, ...]:
    """One row: microseconds a group for ours and theirs, and how many times longer theirs takes."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        seconds, found = _timed(lambda: race.ours(scores))
        ours.append(seconds / len(scores) * 1e6)
        if race.theirs:
            seconds, other = _timed(lambda: [race.theirs(group) for group in scores[:LOOPED]])
            theirs.append(seconds / LOOPED * 1e6)
            same = np.allclose(found[:LOOPED], other, rtol=0, atol=race.near, equal_nan=True)
            if not same:
                raise SystemExit(f"{race.name}: not the same numbers")
    took = min(ours)
    if not race.theirs:
        return race.name, f"{took:.2g}", "", "", "", ""
    return race.name, f"{took:.2g}", race.peer, f"{min(theirs):.3g}", f"{min(theirs) / took:,.0f}", race.goal


def _timed(call: Callable[[], Array | list[float]]) -> tuple[float, Array]:
    began = time.perf_counter()
    found = call()
    return time.perf_counter() - began, np.asarray(found, float)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=4_000, help="how many groups at once")
    groups = parser.parse_args().groups
    scenario = Scenario("speed", n=6, waves=4, items=5, spread=0.35)
    scores = draw(scenario, groups, generator(1, "speed")).mean(axis=-1)
    spread = scores[:, [0, -1]].round(9)
    varied = (np.ptp(spread[:, 1] - spread[:, 0], axis=-1) > 0) & (np.ptp(scores, axis=-1).min(axis=-1) > 0)
    heads = ("what", "ours, µs a group", "another program", "theirs, µs a group", "times faster", "goal")
    rows = [raced(race, scores[varied]) for race in RACES]
    PAGE.write_text(between(PAGE.read_text("utf-8"), "speed", markdown(heads, rows)), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
