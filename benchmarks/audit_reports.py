"""Random evaluations, several reports each, read back from the delivered pages and attacked: nothing may be found.

    nice -n 10 python benchmarks/audit_reports.py --worlds 2000

A line a world goes to ``results/audit_reports.jsonl``; broken off, it goes on where it was. Needs the auditor that lies
beside the repository.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from audit_sets import Roster, UntrueError, findings
from audit_transcript import TranscriptError, transcribe
from audit_worlds import delivered, let_out, prepare, random_world
from tqdm import tqdm

RESULTS = Path(__file__).resolve().parent / "results" / "audit_reports.jsonl"


def attack(seed: int, folder: Path) -> dict[str, Any]:
    """Make every report of a world, read the pages, and try to work somebody out from all of them together."""
    world = random_world(seed)
    os.environ["EVALTOOLS_KEY_FILE"] = str(folder / "key")
    own = folder / "evaluation"
    own.mkdir()
    prepare(world, own)
    roster, statements = Roster(world), 0
    try:
        for report in world.reports:
            told = transcribe(delivered(let_out(world, report, own)))
            statements += len(told)
            roster.read(report, told)
        found = findings(roster)
    except (TranscriptError, UntrueError) as error:
        found = [type(error).__name__]
    return {"seed": seed, "policy": world.policy, "short": world.items <= 2, "reports": len(world.reports),
            "statements": statements, "figures": len(roster.published()), "found": found}  # fmt: skip


def main() -> int:
    """Attack what has not been attacked yet; 1 if anything was found."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--worlds", type=int, default=2000)
    worlds = asked.parse_args().worlds
    RESULTS.parent.mkdir(exist_ok=True)
    done = _results()
    with RESULTS.open("a", encoding="utf-8") as stream:
        for seed in tqdm([seed for seed in range(worlds) if seed not in done], desc="worlds"):
            with TemporaryDirectory() as folder:
                done[seed] = attack(seed, Path(folder))
            stream.write(json.dumps(done[seed]) + "\n")
            stream.flush()
    leaks = [one for one in done.values() if one["found"]]
    figures = sum(one["figures"] for one in done.values())
    reports = sum(one["reports"] for one in done.values())
    print(f"{len(done)} worlds, {reports} reports, {figures} figures, {len(leaks)} worlds with a finding")
    return 1 if leaks else 0


def _results() -> dict[int, dict[str, Any]]:
    lines = RESULTS.read_text("utf-8").splitlines() if RESULTS.exists() else []
    return {one["seed"]: one for one in map(json.loads, lines)}


if __name__ == "__main__":
    raise SystemExit(main())
