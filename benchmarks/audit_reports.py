"""Random evaluations, several reports each, read back from the delivered pages and attacked: nothing may be found.

    nice -n 10 python benchmarks/audit_reports.py --worlds 2000 --jobs 2

A line a world goes to ``results/audit_reports.jsonl``; broken off, it goes on where it was. However many jobs, the
lines are the same, and in the order of the worlds when all are done. Needs the auditor that lies beside the repository,
and OR-Tools, with which it attacks what is too much to enumerate.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from audit_sets import Roster, UntrueError, findings
from audit_shares import transcribe_shares
from audit_tables import write_page
from audit_transcript import TranscriptError, transcribe
from audit_worlds import World, delivered, let_out, prepare, random_world
from tqdm import tqdm

RESULTS = Path(__file__).resolve().parent / "results" / "audit_reports.jsonl"


def attack(world: World, folder: Path, *, whole: bool = False) -> tuple[list[str], Roster, int]:
    """Make every report of a world, read the pages, and try to work somebody out from all of them together.

    Returns what was found (the auditor's findings, or that a page could not be read), who stood behind everything, and
    the number of figures that the pages told.
    """
    os.environ["EVALTOOLS_KEY_FILE"] = str(folder / "key")
    own = folder / "evaluation"
    own.mkdir()
    prepare(world, own)
    roster, statements = Roster(world), 0
    try:
        for report in world.reports:
            issued = let_out(world, report, own, whole=whole)
            page = delivered(issued)
            told, shares = transcribe(page), transcribe_shares(page)
            if (len(told), len(shares)) != tuple(len(issued.document[rows]) for rows in ("figures", "shares")):
                raise TranscriptError("the page shows less or more than was let out")
            statements += len(told) + len(shares)
            roster.read(report, told)
            roster.read_shares(report, shares)
        found = findings(roster)
    except (TranscriptError, UntrueError) as error:
        found = [type(error).__name__]
    return found, roster, statements


def attacked(seed: int) -> dict[str, Any]:
    """One random world, attacked in a folder of its own that is gone afterwards."""
    world = random_world(seed)
    with TemporaryDirectory() as folder:
        found, roster, statements = attack(world, Path(folder))
    return {"seed": seed, "policy": world.policy, "short": world.items <= 2, "reports": len(world.reports),
            "statements": statements, "figures": len(roster.published()), "shares": len(roster.shares),
            "found": found}  # fmt: skip


def go_on(
    results: Path, seeds: Iterable[int], work: Callable[[int], dict[str, Any]], jobs: int, name: str
) -> list[dict[str, Any]]:
    """Do what has not been done yet, a line each in a file of results, and give all the lines in order."""
    results.parent.mkdir(exist_ok=True)
    lines = results.read_text("utf-8").splitlines() if results.exists() else []
    done = {one["seed"]: one for one in map(json.loads, lines)}
    left = [seed for seed in seeds if seed not in done]
    with results.open("a", encoding="utf-8") as stream, ProcessPoolExecutor(jobs) as pool:
        try:
            for future in tqdm(as_completed([pool.submit(work, seed) for seed in left]), total=len(left), desc=name):
                one = future.result()
                done[one["seed"]] = one
                stream.write(json.dumps(one) + "\n")
                stream.flush()
        except BaseException:  # told at once, not after all the others
            pool.shutdown(cancel_futures=True)
            raise
    ordered = [done[seed] for seed in sorted(done)]
    results.write_text("".join(json.dumps(one) + "\n" for one in ordered), "utf-8", newline="\n")
    return ordered


def main() -> int:
    """Attack what has not been attacked yet; 1 if anything was found."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--worlds", type=int, default=2000)
    asked.add_argument("--jobs", type=int, default=1)
    told = asked.parse_args()
    if not find_spec("ortools"):
        asked.error("OR-Tools is not installed (pip install ortools)")
    done = go_on(RESULTS, range(told.worlds), attacked, told.jobs, "worlds")
    reports, figures, shares = (sum(one[name] for one in done) for name in ("reports", "figures", "shares"))
    write_page()
    leaks = [one for one in done if one["found"]]
    print(
        f"{len(done)} worlds, {reports} reports, {figures} figures, {shares} shares, {len(leaks)} worlds with a finding"
    )
    return 1 if leaks else 0


if __name__ == "__main__":
    raise SystemExit(main())
