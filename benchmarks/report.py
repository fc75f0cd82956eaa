"""What a report costs: processor time and memory of all its processes, cold and warm, beside Jupyter's own way.

    python benchmarks/report.py [--pool 100]

The goals are for what Jupyter's way is given too: the commissioner's notebook and a release, made into three files,
by a process of its own (cold), and what each further one adds to such a process (warm). Beside it stand the same three
files from the evaluation folder, which is also read and analysed, and ``evaltools report``: the supervisor's, the
commissioner's and the participants' report in three formats, the pictures for slides, both tables. Everything is
counted, the walled process too. Writes the table in docs/speed.md; each time is the least of several, taken in turn,
since a busy machine only adds. Needs Linux.
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

from tables import between, markdown

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "speed.md"
SAMPLE = ROOT / "data" / "sample" / "hemtjanst"
FLOOR = "import pandas, matplotlib.pyplot"
GOALS = {"cold": 3.0, "warm": 0.6}  # times the floor
ROUNDS, FURTHER = 2, 2
CASES = {
    "release": "the commissioner's three files",
    "folder": "the same, the folder read and analysed first",
    "command": "evaltools report, all files",
}
JUPYTER = """
import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
book = nbformat.read("commissioner.ipynb", as_version=4)
NotebookClient(book).execute()
open("report.html", "w", encoding="utf-8").write(HTMLExporter().from_notebook_node(book)[0])
"""
RELEASE = """
import sys
from evaltools.notebook import start_wall
from evaltools.reports import FORMATS, commissioner_page
from evaltools.sealed import read_release
for file in sys.argv[1:]:
    start_wall()
    page = commissioner_page(read_release(file), "sv")
    files = [make(page) for make in FORMATS.values()]
"""
FOLDER = """
import sys
from evaltools.analysis import analyse
from evaltools.disclosure import release
from evaltools.folder import read_evaluation
from evaltools.ledger import open_ledger
from evaltools.notebook import start_wall
from evaltools.policy import policies
from evaltools.reports import FORMATS, commissioner_page
for folder in sys.argv[1:]:
    start_wall()
    evaluation, ledger = read_evaluation(folder), open_ledger(folder)
    page = commissioner_page(release(analyse(evaluation, ledger), policies()[evaluation.policy], ledger), "sv")
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
    """The least cost of every way, all ways taken in turn; ``CASE`` is the first one, ``CASE+`` with further ones."""
    many = folders(place, 0, 1 + FURTHER)
    one = many[:1]
    cost(*reports("--jobs", "1", *many), folder=place)  # compiles the modules, makes keys, ledgers and releases
    released = [f"reports/{Path(folder).name}/release.json" for folder in many]
    shutil.copy(place / released[0], place)
    shutil.copy(ROOT / "notebooks" / "commissioner.ipynb", place)
    ways = {
        "floor": ["-c", FLOOR],
        "release": ["-c", RELEASE, *released[:1]],
        "release+": ["-c", RELEASE, *released],
        "folder": ["-c", FOLDER, *one],
        "folder+": ["-c", FOLDER, *many],
        "command": reports(*one),
        "command+": reports("--jobs", "1", *many),
        "jupyter": ["-W", "ignore", "-c", JUPYTER],
    }
    taken: dict[str, list[Cost]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, command in ways.items():
            taken[name].append(cost(*command, folder=place))
    return {name: min(costs) for name, costs in taken.items()}


def main() -> int:
    """Put the table in docs/speed.md; 1 if a goal is missed."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--pool", type=int, default=0, help="also make the reports of so many folders in one command")
    pool = asked.parse_args().pool
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ["EVALTOOLS_KEY_FILE"] = str(place / "a.key")
        least = rounds(place)
        costs: list[tuple[str, str, Cost]] = [(f"`{FLOOR}`", "", least["floor"])]
        for case, name in CASES.items():
            cold, all_of_them = least[case], least[f"{case}+"]
            warm = Cost((all_of_them.seconds - cold.seconds) / FURTHER, all_of_them.megabytes)
            costs += [(name, "cold", cold), (name, "warm", warm)]
        costs.append(("nbclient and nbconvert, the commissioner's HTML alone", "cold", least["jupyter"]))
        if pool:
            made = cost(*reports(*folders(place, 100, pool)), folder=place)
            costs.append((CASES["command"], f"each of {pool} in one pool", Cost(made.seconds / pool, made.megabytes)))
    floor = least["floor"].seconds
    goals = {(CASES["release"], state): times for state, times in GOALS.items()}
    rows = [
        (name, state, f"{used.seconds:.2f}", f"{used.seconds / floor:.1f}", goals.get((name, state), ""),
         f"{used.megabytes:.0f}")
        for name, state, used in costs
    ]  # fmt: skip
    heads = ("what", "state", "processor seconds", "times the first row", "goal, at most", "MB, the largest process")
    table = markdown(heads, rows)
    print(table)
    PAGE.write_text(between(PAGE.read_text("utf-8"), "report", table), "utf-8", newline="\n")
    return int(any((name, state) in goals and used.seconds > goals[name, state] * floor for name, state, used in costs))


if __name__ == "__main__":
    raise SystemExit(main())
