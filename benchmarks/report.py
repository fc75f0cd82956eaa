"""What one report costs: processor time and memory of all its processes, cold and warm, beside Jupyter's own way.

    python benchmarks/report.py [--pool 100]

Cold is ``evaltools report`` of one folder, in a process of its own: the supervisor's, the commissioner's and the
participants' report in three formats, the pictures for slides, both tables. Warm is what every further folder adds to
such a process. Everything is counted, the walled process too. Prints a table; each time is the least of several, taken
in turn, since a busy machine only adds. Needs Linux.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data" / "sample" / "hemtjanst"
FLOOR = "import pandas, matplotlib.pyplot"
GOALS = {"cold": 3.0, "warm": 0.6}  # times the floor
ROUNDS, FURTHER = 2, 2
COMMISSIONER = "the commissioner's three files alone, from the folder"
JUPYTER = """
import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
book = nbformat.read("commissioner.ipynb", as_version=4)
NotebookClient(book).execute()
open("report.html", "w", encoding="utf-8").write(HTMLExporter().from_notebook_node(book)[0])
"""
ALONE = """
import sys
from evaltools.analysis import analyse
from evaltools.disclosure import release
from evaltools.folder import read_evaluation
from evaltools.ledger import open_ledger
from evaltools.notebook import start_wall
from evaltools.policy import policies
from evaltools.reports import FORMATS, _commissioner
for folder in sys.argv[1:]:
    start_wall()
    evaluation, ledger = read_evaluation(folder), open_ledger(folder)
    page = _commissioner(release(analyse(evaluation, ledger), policies()[evaluation.policy], ledger), "sv")
    files = [make(page) for make in FORMATS.values()]
"""
MEASURED = """
import ctypes, os, resource, subprocess, sys
ctypes.CDLL(None).prctl(36, 1)  # what a process leaves behind becomes ours, and is counted
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


class Cost(NamedTuple):
    """Processor seconds of a command and all it starts, and the largest memory of one of them in megabytes."""

    seconds: float
    megabytes: float


def cost(*command: str, folder: Path) -> Cost:
    """What a command costs. Compiled modules are kept between runs, as they are for everybody."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    own = [sys.executable, "-c", MEASURED, sys.executable, *command]
    told = subprocess.run(own, cwd=folder, env=kept, capture_output=True, text=True, check=True).stdout.split()
    return Cost(*map(float, told))


def folders(place: Path, start: int, number: int) -> list[str]:
    """Copies of the sample as evaluations of their own."""
    made = []
    for at in range(start, start + number):
        folder = place / f"e{at}"
        shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("ledger.jsonl"))
        settings = folder / "evaluation.toml"
        text = re.sub(r'^id = "[^"]*"', f'id = "e{at}"', settings.read_text("utf-8"), count=1, flags=re.MULTILINE)
        settings.write_text(text, "utf-8")
        made.append(str(folder))
    return made


def reports(*options: str) -> list[str]:
    return ["-m", "evaltools", "report", *options]


def rounds(place: Path) -> dict[str, Cost]:
    """The least cost of every way, all ways taken in turn."""
    one, many = folders(place, 0, 1), folders(place, 1, FURTHER)
    ways = {
        "floor": ["-c", FLOOR],
        "cold": reports(*one),
        "further": reports("--jobs", "1", *one, *many),
        COMMISSIONER: ["-c", ALONE, *one],
        "further alone": ["-c", ALONE, *one, *many],
        "jupyter": ["-W", "ignore", "-c", JUPYTER],
    }
    cost(*ways["further"], folder=place)  # compiles the modules, makes keys, ledgers, and what Jupyter's way reads
    shutil.copy(place / "reports" / "e0" / "release.json", place)
    shutil.copy(ROOT / "notebooks" / "commissioner.ipynb", place)
    taken: dict[str, list[Cost]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, command in ways.items():
            taken[name].append(cost(*command, folder=place))
    return {name: min(costs) for name, costs in taken.items()}


def main() -> int:
    """Print the table; 1 if a goal is missed."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--pool", type=int, default=0, help="also make the reports of so many folders in one command")
    pool = asked.parse_args().pool
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ["EVALTOOLS_KEY_FILE"] = str(place / "a.key")
        least = rounds(place)
        floor = least.pop("floor")
        for further, first, name in (
            ("further", "cold", "warm"),
            ("further alone", COMMISSIONER, f"{COMMISSIONER}, warm"),
        ):
            all_of_them = least.pop(further)
            least[name] = Cost((all_of_them.seconds - least[first].seconds) / FURTHER, all_of_them.megabytes)
        if pool:
            made = cost(*reports(*folders(place, 100, pool)), folder=place)
            least[f"each of {pool} in one command"] = Cost(made.seconds / pool, made.megabytes)
    least["nbclient and nbconvert, the commissioner's HTML alone"] = least.pop("jupyter")
    print(f"{FLOOR}: {floor.seconds:.2f} s, {floor.megabytes:.0f} MB")
    for name, (seconds, megabytes) in least.items():
        goal = f", goal {GOALS[name]:.1f}" if name in GOALS else ""
        print(f"{name}: {seconds:.2f} s, {seconds / floor.seconds:.1f} times that{goal}; {megabytes:.0f} MB")
    return int(any(least[name].seconds > times * floor.seconds for name, times in GOALS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
