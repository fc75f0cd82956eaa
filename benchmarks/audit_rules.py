"""What other rules give away, and what ours lets a reader see.

    nice -n 10 python benchmarks/audit_rules.py            # some minutes; the auditor lies beside the repository
    python benchmarks/audit_rules.py --groups 40           # in small

Writes to ``results/``; `audit_tables.py` puts it into ``docs/confidentiality.md``.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from audit_sets import auditor, mean_statistic
from audit_tables import write_page
from audit_worlds import Answers, Report, World, analysed, prepare
from groups import Array, Scenario, draw, generator, spread_with
from tqdm import tqdm
from truth_tables import scale_of

from evaltools.disclosure import release
from evaltools.ledger import open_ledger
from evaltools.policy import policies, read_change, shown_mean
from evaltools.released_contract import goal_answer
from evaltools.sealed import Release
from evaltools.wording import words

RESULTS = Path(__file__).resolve().parent / "results"
WEIGHTS = {"ordinary": (0.05, 0.15, 0.30, 0.35, 0.15), "near the end": (0.01, 0.04, 0.10, 0.35, 0.50)}
TRIED = "one decimal for short scales too"  # not a policy: tried, to see what the bands cost and protect
POLICIES = policies() | {TRIED: replace(policies()["standard"], bands_up_to_items=0)}
_Row = dict[str, Any]


# --- what one published cell gives away, by rule


def naive(scores: Array, _items: int) -> _Row:
    """n, mean and standard deviation with two decimals, as most reports have them."""
    return {"mean": _rounded(scores.mean(), 2), "sd": _rounded(scores.std(ddof=1), 2)}


def suppressed(scores: Array, items: int) -> _Row:
    """Smallest cell 5: from five people mean and spread to one decimal; of one question the counts from five up."""
    stats = {"mean": _rounded(scores.mean(), 1), "sd": _rounded(scores.std(ddof=1), 1)}
    if items > 1:
        return stats
    counts = {value: int((scores == value).sum()) for value in range(1, 6)}
    few = {"interval": [0, 4], "closed": "both"}
    return stats | {"counts": {str(value): count if count >= 5 else few for value, count in counts.items()}}


def mean_only(scores: Array, _items: int) -> _Row:
    """From five people the mean to one decimal, and nothing else."""
    return {"mean": _rounded(scores.mean(), 1)}


def _rounded(value: float, decimals: int) -> _Row:
    return {"value": f"{value:.{decimals}f}", "decimals": decimals}


def ours(policy: str) -> Callable[[Array, int], _Row]:
    """What a policy lets out."""

    def rule(scores: Array, items: int) -> _Row:
        shown = shown_mean(float(scores.mean()), len(scores), scale_of(items), policies()[policy])
        return {"mean": mean_statistic(shown.low, shown.high, 1)}

    return rule


RULES = {
    "n, mean, SD": naive, "smallest cell 5: n, mean, SD, counts": suppressed, "n, mean with one decimal": mean_only,
    "standard": ours("standard"), "strict": ours("strict"),
}  # fmt: skip


def attacks(groups: int) -> list[_Row]:
    """By rule, questions, answers and people: how often all answers are pinned, and how often anything is found."""
    cells = [(items, answers, n) for items in (1, 3) for answers in WEIGHTS for n in (5, 6, 8) + (10,) * (items == 1)]
    rows = []
    for items, answers, n in tqdm(cells, desc="attacks"):
        rng = generator(1, f"{items} {answers} {n}")
        drawn = [_scores(rng, n, items, WEIGHTS[answers]) for _ in range(groups)]
        for name, rule in RULES.items():
            found = [given_away(n, items, json.dumps(rule(scores, items), sort_keys=True)) for scores in drawn]
            rows.append({"rule": name, "items": items, "answers": answers, "n": n, "groups": groups,
                         "pinned": np.mean([pinned for pinned, _ in found]),
                         "found": np.mean([any_ for _, any_ in found])})  # fmt: skip
    return rows


def _scores(rng: np.random.Generator, n: int, items: int, weights: tuple[float, ...]) -> Array:
    """Answers 1 to 5; a person's answers to several questions are alike in six cases of ten."""
    own = rng.choice(5, (n, 1), p=weights)
    answers = np.where(rng.random((n, items)) < 0.6, own, rng.choice(5, (n, items), p=weights)) + 1.0
    scores: Array = answers.mean(axis=1)
    return scores


@cache
def given_away(n: int, items: int, stats: str) -> tuple[bool, bool]:
    """Whether the auditor pins all answers, and whether it finds anything at all."""
    result = auditor().audit({
        "format": "evaltools-audit/1", "measures": {"m": {"min": 1, "max": 5, "items": items}},
        "releases": [{"measure": "m", "n": n, "stats": json.loads(stats)}],
    })  # fmt: skip
    rules = {finding["rule"] for finding in result["findings"]}
    return bool(rules & {"VECTOR_PINNED", "EXACT_VALUE"}), not result["pass"]


# --- what a reader sees


def seen(groups: int) -> list[_Row]:
    """How often a true rise of half a point on a scale from 1 to 5 is visible in the published figures."""
    rows = []
    for policy, items in (("standard", 5), ("standard", 1), (TRIED, 1), ("strict", 5)):
        for n, baseline in ((n, baseline) for n in (5, 6, 7, 8) for baseline in (2.8, 3.6, 4.0)):
            scenario = Scenario("seen", n=n, items=items, middle=(baseline - 1) / 4, change=0.125, retest=0.5,
                                spread=spread_with(1.0, 0.5, items, 5))  # fmt: skip
            scores = draw(scenario, groups, generator(1, scenario.name)).mean(axis=-1).mean(axis=-1)
            told = [_told(before, after, n, items, policy) for before, after in scores.round(6).tolist()]
            rows.append({"policy": policy, "items": items, "n": n, "baseline": baseline, "groups": groups,
                         "rise": np.mean([rise for rise, _ in told]),
                         "word": np.mean([word.endswith("increase") for _, word in told])})  # fmt: skip
    return rows


@cache
def _told(before: float, after: float, n: int, items: int, policy: str) -> tuple[bool, str]:
    scale = scale_of(items)
    forms = [shown_mean(mean, n, scale, POLICIES[policy]) for mean in (before, after)]
    change = read_change(forms[0], forms[1], n, scale)
    return float(change["shown"]["low"]) > 0, str(change["verdict"])


def together(groups: int) -> list[_Row]:
    """One question: how often so many colleagues who put their answers together narrow somebody to less than half."""
    rows = []
    for policy, answers, n in ((p, a, n) for p in ("standard", TRIED) for a in WEIGHTS for n in (5, 6, 8, 10)):
        rng = generator(1, f"together {answers} {n}")
        drawn = [_scores(rng, n, 1, WEIGHTS[answers]) for _ in range(groups)]
        found = {f"of_{k}": np.mean([_narrowed(scores, k, policy) for scores in drawn]) for k in (1, 2, 3)}
        rows.append({"policy": policy, "answers": answers, "n": n, "groups": groups} | found)
    return rows


def _narrowed(scores: Array, colleagues: int, policy: str) -> bool:
    """What is left of the sum for the others, and so the least and most of one of them, who answered 1 to 5."""
    n = len(scores)
    low, high = shown_mean(float(scores.mean()), n, scale_of(1), POLICIES[policy]).reach
    least, most = math.ceil(low * n - 1e-9), math.floor(high * n + 1e-9)
    others = n - colleagues - 1
    for own in (sum(group) for group in combinations(scores, colleagues)):
        if min(5, most - own - others) - max(1, least - own - 5 * others) < 2:
            return True
    return False


def goals(evaluations: int, jobs: int) -> list[_Row]:
    """What stands beside a goal of the contract in the last report: a word, a reason, or nothing.

    Through the release itself, by both policies of the same people and answers.
    """
    rows = []
    with ProcessPoolExecutor(jobs) as pool:
        for n in tqdm((5, 6, 7, 8), desc="goals"):
            told = list(pool.map(_goal_lines, _worlds(n, evaluations), chunksize=5))
            for policy in policies():
                lines = pd.DataFrame([one[policy] for one in told], columns=["kind", "rise", "true"])
                kinds = {kind: (lines["kind"] == kind).mean() for kind in ("change", "reason", "blank")}
                rows.append({"policy": policy, "n": n, "evaluations": evaluations, **kinds,
                             "rise": lines["rise"].mean(), "untrue": (~lines["true"]).mean()})  # fmt: skip
    return sorted(rows, key=lambda row: (row["policy"], row["n"]))


def _worlds(n: int, evaluations: int) -> Iterator[World]:
    """Groups of n over three waves that rise by half a point; one in twenty leaves before each or comes late.

    Two reports, after the second wave and the third.
    """
    scenario = Scenario("goals", n=n, waves=3, items=5, middle=0.6, change=0.125, dropout=0.05, joiners=0.05)
    for number, drawn in enumerate(draw(scenario, evaluations, generator(1, scenario.name))):
        answers: Answers = {
            f"a{who}": [None if np.isnan(given).any() else given.astype(int).tolist() for given in drawn[:, who]]
            for who in range(n)
        }
        early = {who: [*own[:2], None] for who, own in answers.items()}
        reports = (Report(dict.fromkeys(early, "a"), early, 2), Report(dict.fromkeys(answers, "a"), answers, 3))
        yield World(number, 1, 5, 5, "standard", every_wave=True, reports=reports)


def _goal_lines(world: World) -> dict[str, tuple[str, bool, bool]]:
    """By policy, of the last report: the kind of line, whether the figures show a rise, whether the word is true."""
    issued: dict[str, Release] = {}
    with TemporaryDirectory() as name:
        folders = {policy: Path(name) / policy / "evaluation" for policy in policies()}
        for report in world.reports:
            analysis = None
            for policy, folder in folders.items():
                folder.mkdir(parents=True, exist_ok=True)
                os.environ["EVALTOOLS_KEY_FILE"] = f"{folder.parent}/key"
                prepare(world, folder)
                ledger = open_ledger(folder)
                analysis = analysis or analysed(world, report, ledger)  # panels are frozen alike by both
                issued[policy] = release(analysis, policies()[policy], ledger)
    return {policy: _line(made, world) for policy, made in issued.items()}


def _line(issued: Release, world: World) -> tuple[str, bool, bool]:
    document = issued.document
    (goal,) = document["contract"]["goals"]
    line = goal_answer(goal, document, words("sv"))[1]
    rise = any(float(change["shown"]["low"]) > 0 for change in document["changes"])
    if any(word in line for word in ("en ökning", "en minskning", "går inte att avgöra")):
        return "change", rise, _true(world, line)
    return "reason" if "visas" in line or "läsas ut" in line else "blank", rise, True


def _true(world: World, line: str) -> bool:
    """Whether a word of direction is that of the same people's own mean change, to one of the later waves."""
    changes = []
    for report in world.reports:
        people = [own for own in report.answers.values() if all(own[: report.waves])]
        means = [np.mean([np.mean(own[wave] or []) for own in people]) for wave in range(report.waves)]
        changes += [mean - means[0] for mean in means[1:]]
    return ("en ökning" not in line or max(changes) > 0) and ("en minskning" not in line or min(changes) < 0)


def main() -> None:
    """Run from the command line."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--groups", type=int, default=400, help="groups drawn for each attack; others in proportion")
    asked.add_argument("--jobs", type=int, default=1)
    asked.add_argument("--only", choices=("attacks", "seen", "together", "goals"))
    told = asked.parse_args()
    groups = told.groups
    RESULTS.mkdir(exist_ok=True)
    made: dict[str, Callable[[], list[_Row]]] = {
        "attacks": lambda: attacks(groups),
        "seen": lambda: seen(10 * groups),
        "together": lambda: together(groups),
        "goals": lambda: goals(groups // 2, told.jobs),
    }
    for name, make in made.items():
        if told.only in (None, name):
            table = pd.DataFrame(make())
            table.to_csv(RESULTS / f"audit_{name}.csv", index=False, float_format="%.4f", lineterminator="\n")
    write_page()


if __name__ == "__main__":
    main()
