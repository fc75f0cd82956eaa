"""What one report costs: processor time and memory of all its processes, cold and warm, beside Jupyter's own way.

    python benchmarks/report.py [--pool 100]

Prints a table; on a busy machine only the processor times mean something. Needs Linux or macOS.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from evaltools.reports import FORMATS, write_reports

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data" / "sample" / "hemtjanst"
FLOOR = "import pandas, matplotlib.pyplot"
GOALS = {"cold": 3.0, "warm": 0.6}  # times the floor
JUPYTER = """
import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
book = nbformat.read("commissioner.ipynb", as_version=4)
NotebookClient(book).execute()
open("report.html", "w", encoding="utf-8").write(HTMLExporter().from_notebook_node(book)[0])
"""
MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def cost(*command: str, folder: Path) -> tuple[float, float]:
    """Processor seconds of a command and all it starts, and the largest memory of one of them in megabytes."""
    own = [sys.executable, "-c", MEASURED, *command]
    told = subprocess.run(own, cwd=folder, capture_output=True, text=True, check=True).stdout.split()
    return float(told[0]), float(told[1]) / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def cheapest(run: Callable[[], tuple[float, float]], times: int = 3) -> tuple[float, float]:
    return min(run() for _ in range(times))


def folder_of(place: Path, number: int) -> Path:
    """A copy of the sample as an evaluation of its own."""
    folder = place / f"e{number}"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("ledger.jsonl"))
    settings = folder / "evaluation.toml"
    text = re.sub(r'^id = "[^"]*"', f'id = "e{number}"', settings.read_text("utf-8"), count=1, flags=re.MULTILINE)
    settings.write_text(text, "utf-8")
    return folder


def spent() -> float:
    """Processor seconds of this process and of those that it has started and seen end."""
    now = os.times()
    return now.user + now.system + now.children_user + now.children_system


def warm(place: Path) -> tuple[float, float]:
    """The same in a process that has made a report before: what the second one costs, its walled process too."""
    folders = [folder_of(place, number) for number in (1, 2)]
    write_reports(folders[0], (), place / "out", formats=list(FORMATS))
    before = spent()
    write_reports(folders[1], (), place / "out", formats=list(FORMATS))
    return spent() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 10)


def one_of_many(folder: Path, out: Path) -> int:
    return len(write_reports(folder, (), out, formats=list(FORMATS)))


def pooled(place: Path, reports: int) -> tuple[float, float]:
    """Processor seconds a report where a pool of processes makes many."""
    folders = [folder_of(place, 100 + number) for number in range(reports)]
    before = spent()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one_of_many, folders, [place / "many"] * reports))
    return (spent() - before) / reports, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1 << 10)


def main() -> int:
    """Print the table; 1 if a goal is missed."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--pool", type=int, default=0, help="also make so many reports in a pool of processes")
    reports = asked.parse_args().pool
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ["EVALTOOLS_KEY_FILE"] = str(place / "a.key")
        floor = cheapest(lambda: cost(sys.executable, "-c", FLOOR, folder=place))
        sample = folder_of(place, 0)
        command = [
            sys.executable,
            "-m",
            "evaltools",
            "report",
            str(sample),
            "--format",
            ",".join(FORMATS),
            "--out",
            "out",
        ]
        rows = {"cold": cheapest(lambda: cost(*command, folder=place)), "warm": warm(place)}
        shutil.copy(place / "out" / "e0" / "release.json", place)
        shutil.copy(ROOT / "notebooks" / "commissioner.ipynb", place)
        rows["nbclient and nbconvert, the commissioner's HTML alone"] = cheapest(
            lambda: cost(sys.executable, "-W", "ignore", "-c", JUPYTER, folder=place), 2
        )
        if reports:
            rows[f"each of {reports} in a pool"] = pooled(place, reports)
    print(f"{FLOOR}: {floor[0]:.2f} s, {floor[1]:.0f} MB")
    missed = False
    for name, (seconds, megabytes) in rows.items():
        goal = f", goal {GOALS[name]:.1f}" if name in GOALS else ""
        missed |= seconds > GOALS.get(name, float("inf")) * floor[0]
        print(f"{name}: {seconds:.2f} s, {seconds / floor[0]:.1f} times that{goal}; {megabytes:.0f} MB")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
