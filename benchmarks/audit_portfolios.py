"""Random portfolios reported at evaluation and organisation level, read back and attacked: nothing may be found.

    nice -n 10 python benchmarks/audit_portfolios.py --worlds 300

Every world is 3 to 6 evaluations of 5 to 12 people, reported one by one; then a site hands on what an organisation may
have (`evaltools partial`), first of some, later of all; then the review is made. The files and the page are read as a
stranger reads them. A line a world goes to ``results/audit_portfolios.jsonl``; broken off, it goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from audit_counts import count_findings, counts_are_those, with_cases
from audit_logs import random_things
from audit_reports import go_on
from audit_sets import auditor
from audit_totals import Groups, Sum, jointly, square_findings, sum_findings
from audit_transcript import Page
from audit_worlds import LONG, SHORT, STYLES, World, _person, evaluation_of, let_out, prepare
from audit_worlds import Report as Handed
from tables import between as put_between
from tables import markdown

from evaltools.analysis import analyse
from evaltools.errors import ReportError
from evaltools.folder import Evaluation
from evaltools.notebook import notebook_path, run_notebook
from evaltools.partial import write_partial
from evaltools.review import read_folders
from evaltools.shown import Shown
from evaltools.totals import added_up
from evaltools.web_page import web_page

RESULTS = Path(__file__).resolve().parent / "results" / "audit_portfolios.jsonl"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "partial.md"
_SQUARES = [(1, 5, 1), (1, 6, 1), (0, 10, 1), (1, 5, 3), (1, 4, 2)]  # scales whose squares can be listed
_Json = dict[str, Any]


def random_portfolio(seed: int, sizes: Sequence[int] = ()) -> list[World]:
    """Evaluations with the same scale; what they answer is drawn for each, often near an end of the scale.

    Every third portfolio has 30 people or more whose answers lie widely about the middle, as squares need.
    """
    draw = random.Random(seed)
    inside = not sizes and _is_inside(seed)
    low, high, items = draw.choice(_SQUARES if inside else SHORT if seed % 2 else LONG[:3] + LONG[4:8])
    policy, worlds = draw.choice(("standard", "standard", "strict")), []
    styles = draw.choice((STYLES, ("spread",), ("spread", "split"), ("spread", "ceiling")))
    for at, size in enumerate(sizes or _sizes(draw, inside)):
        style = draw.choice(styles)
        groups = {f"{'abcdefgh'[at]}{number}": "a" for number in range(size)}
        answers = {who: [_wide(draw, low, high, items) for _ in range(2)] if inside else
                   _person(draw, 2, low, high, items, style) for who in groups}  # fmt: skip
        things = random_things(random.Random(1000 * seed + at), groups, 2)
        worlds.append(World(at, low, high, items, policy, True, (Handed(groups, answers, 2, things=things),)))
    return worlds


def _wide(draw: random.Random, low: int, high: int, items: int) -> list[int]:
    """Answers near each other, about a middle that may lie anywhere: so people differ widely, as in few real groups."""
    middle = draw.randint(low, high)
    return [min(high, max(low, middle + draw.choice((-1, 0, 0, 1)))) for _ in range(items)]


def _is_inside(seed: int) -> bool:
    return seed % 3 == 0


def _sizes(draw: random.Random, many: bool) -> list[int]:
    return [draw.randint(*((8, 10) if many else (5, 12))) for _ in range(draw.randint(*((5, 6) if many else (3, 6))))]


def attack(worlds: Sequence[World], folder: Path, first: int = 3) -> tuple[list[str], _Json]:
    """Report everything, read it back, and try to work somebody out; what was found, and what was told.

    ``first`` says how many of the evaluations are named the first time that a site hands on anything.
    """
    os.environ["EVALTOOLS_KEY_FILE"] = str(folder / "key")
    evaluations: dict[str, Evaluation] = {}
    for at, world in enumerate(worlds):
        own = folder / f"e{at}"
        own.mkdir()
        prepare(world, own)
        let_out(world, world.reports[0], own)
        evaluations[str(own)] = with_cases(evaluation_of(world, world.reports[0]), random.Random(str(world)))
    read = {"read_evaluation": lambda folder, **_: evaluations[str(folder)]}
    quick = {"analyse": _only_what_is_released}
    places = [folder / f"e{at}" for at in range(len(worlds))]
    with patch.multiple("evaltools.partial_site", **read, **quick), patch.multiple("evaltools.review", **read, **quick):
        for named, out in ((places[:first], folder / "0.json"), (places, folder / "1.json")):
            with suppress(ReportError):  # where so little has been released that there is nothing to hand on
                write_partial(named, out, "sv")
        files = [file for file in (folder / "0.json", folder / "1.json") if file.exists()]
        if not files:
            return [], {"totals": 0, "exact": 0, "squares": 0, "counts": 0}
        portfolio = read_folders(files[-1:], ["year"], "sv", lambda _: None, _raise)
    page = web_page(_page(run_notebook(notebook_path("organisation"), {"language": "sv", "portfolio": portfolio})))
    documents = [json.loads(file.read_bytes()) for file in files]
    totals, counts = (list({one["id"]: one for document in documents for one in document[name]}.values())
                      for name in ("totals", "counts"))  # fmt: skip
    found = [*_on_the_page(page, portfolio), *_in_the_files(worlds, _levels(folder), totals)]
    found += count_findings(worlds, documents[-1]["releases"], counts)
    squares = sum(total["squares"] is not None for total in totals)
    exact = sum(low == high for total in totals for low, high in total["sums"])
    return found, {"totals": len(totals), "exact": exact, "squares": squares, "counts": len(counts)}


def _only_what_is_released(evaluation: Evaluation, ledger: Any) -> Any:
    from audit_worlds import NOT_RELEASED, _nothing

    with patch.multiple("evaltools.analysis", **dict.fromkeys(NOT_RELEASED, _nothing)):
        return analyse(evaluation, ledger)


def _raise(_: Path, error: Exception) -> None:
    raise error


def _page(blocks: Any) -> Any:
    from datetime import date

    from evaltools.page import Page as Made

    return Made(blocks, "sv", date(2026, 1, 31))


def _levels(folder: Path) -> _Json:
    """Every released level of the files, by evaluation and wave."""
    document = json.loads((folder / "1.json").read_bytes())
    return {
        (release["evaluation"], row["wave"]): (row["n"], Shown(**row["shown"]))
        for release in document["releases"] for row in release["figures"]
    }  # fmt: skip


def _on_the_page(page: str, portfolio: Any) -> list[str]:
    """The page tells of all people together no more than the files, to two decimals, and no other counts."""
    read = Page()
    read.feed(page)
    if not counts_are_those(read.tables, [count.document for count in portfolio.counts]):
        return ["PAGE"]
    together = added_up(portfolio.totals)
    rows = [row for table in read.tables if str(table["caption"]).startswith("Medelvärden av alla personer")
            for row in table["rows"][1:]]  # fmt: skip
    if bool(rows) != bool(portfolio.totals):
        return ["PAGE"]
    for row in rows:
        told = {text.replace(",", ".").lstrip("+").replace("−", "-") for text in re.findall(r"[+−]?\d+,\d+", "".join(
            f" {cell} " for cell in row[2:]))}  # fmt: skip
        known = {end for ends in together.means for end in ends} | {together.sd_within[2]}
        if told - {f"{value + 0.0:.2f}" for value in known if math.isfinite(value)}:
            return ["PAGE"]
    return []


def _in_the_files(worlds: Sequence[World], levels: _Json, totals: list[_Json]) -> list[str]:
    found = [rule for total in totals for rule in _pool_findings(total)]
    for wave in (0, 1):
        found += _wave_findings(worlds[0], wave, levels, totals)
    for total in totals:
        if total["squares"]:
            found += _squares_attacked(worlds, levels, total)
    return found


def _pool_findings(total: _Json) -> list[str]:
    """The rule for pooled figures."""
    sizes = [member["n"] for member in total["members"]]
    too_small = len(sizes) < 3 or sum(sizes) < 15 or max(sizes) > sum(sizes) / 2
    return ["POOL"] if too_small or (total["squares"] and total["squares"]["people"] < 30) else []


def _wave_findings(world: World, wave: int, levels: _Json, totals: list[_Json]) -> list[str]:
    """All sums of one wave with all the groups' figures."""
    own = {name: told for (name, at), told in levels.items() if at == wave}
    if not own:
        return []
    unit, steps = 1 / world.items, (world.high - world.low) * world.items
    boxes = {name: tuple(_in_steps([n * (end - world.low) / unit for end in shown.reach])) for name, (n, shown) in
             own.items()}  # fmt: skip
    known = Groups(steps, {name: n for name, (n, _) in own.items()}, boxes)
    sums = []
    for total in totals:
        members = frozenset(member["evaluation"] for member in total["members"])
        n = sum(known.people[name] for name in members)
        low, high = _in_steps([(end - n * world.low) / unit for end in total["sums"][wave]])
        sums.append(Sum(members, low, high))
    found = sum_findings(known, sums)
    problem = auditor().load_problem({"format": "evaltools-audit/1", "measures": {"m": {"min": 0, "max": steps}},
        "releases": [{"measure": "m", "who": sorted(f"{name} {at}" for name in one.groups
                                                    for at in range(known.people[name])), "stats": {"sum": 0}}
                     for one in [*sums, *(Sum(frozenset([name]), 0, 0) for name in own)]]})  # fmt: skip
    found += [finding["rule"] for finding in auditor().structural_check(problem, 5)]
    return found + (jointly(known, sums, 3e5) or [])


def _in_steps(ends: Sequence[float]) -> tuple[int, int]:
    return math.ceil(ends[0] - 1e-6), math.floor(ends[1] + 1e-6)


def _squares_attacked(worlds: Sequence[World], levels: _Json, total: _Json) -> list[str]:
    """Squares before, after and of the changes, over the groups that are inside the scale."""
    names = [member["evaluation"] for member in total["members"]]
    inside = [name for name in names if all(levels[name, wave][1].kind in ("value", "between") for wave in (0, 1))]
    steps = (worlds[0].high - worlds[0].low) * worlds[0].items
    scores: list[dict[str, list[int]]] = [{}, {}, {}]
    for name in inside:
        world = next(world for world in worlds if f"world-{world.seed}" == name)
        both = [tuple(sum(answer) - world.low * world.items for answer in own)
                for own in world.reports[0].answers.values() if all(own)]  # fmt: skip
        scores[0][name], scores[1][name] = ([pair[at] for pair in both] for at in (0, 1))
        scores[2][name] = [pair[1] - pair[0] + steps for pair in both]
    return [rule for own, most in zip(scores, (steps, steps, 2 * steps), strict=True)
            for rule in square_findings(own, most)]  # fmt: skip


def attacked(seed: int) -> _Json:
    """One random portfolio, attacked in a folder of its own that is gone afterwards."""
    worlds = random_portfolio(seed, [5, 5, 5] if seed % 5 == 4 and not _is_inside(seed) else [])
    first = random.Random(seed).randint(5 if _is_inside(seed) else 3, len(worlds))
    with TemporaryDirectory() as folder:
        found, told = attack(worlds, Path(folder), first)
    return {"seed": seed, "policy": worlds[0].policy, "short": worlds[0].items <= 2, "evaluations": len(worlds),
            **told, "found": found}  # fmt: skip


def table_of(done: Sequence[_Json]) -> str:
    """The table of the page: what has been attacked so far."""
    rows = []
    for short in (False, True):
        for policy in ("standard", "strict"):
            own = [one for one in done if (one["short"], one["policy"]) == (short, policy)]
            counts = [sum(one[name] for one in own) for name in ("evaluations", "totals", "exact", "squares", "counts")]
            leaks = sum(bool(one["found"]) for one in own)
            rows.append(("one or two questions" if short else "longer", policy, len(own), *counts, leaks))
    return markdown(("scales", "policy", "portfolios", "evaluations", "totals", "exact sums (two a total)",
                     "totals with squares", "counts", "portfolios with a finding"), rows)  # fmt: skip


def main() -> int:
    """Attack what has not been attacked yet; 1 if anything was found."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--worlds", type=int, default=300)
    asked.add_argument("--jobs", type=int, default=1)
    told = asked.parse_args()
    done = go_on(RESULTS, range(told.worlds), attacked, told.jobs, "portfolios")
    text = PAGE.read_text("utf-8")
    PAGE.write_text(put_between(text, "portfolios", table_of(done)), "utf-8", newline="\n")
    counts = {name: sum(one[name] for one in done) for name in ("totals", "exact", "squares", "counts")}
    leaks = [one for one in done if one["found"]]
    exact = f"{counts['exact']} of {2 * counts['totals']} sums exact"
    print(f"{len(done)} portfolios, {counts['totals']} totals, {exact}, {counts['squares']} with squares, "
          f"{counts['counts']} counts, {len(leaks)} portfolios with a finding")  # fmt: skip
    return 1 if leaks else 0


if __name__ == "__main__":
    raise SystemExit(main())
