"""The goals of speed and memory as ratios within one run, written to benchmarks/results.md.

    python benchmarks/goals.py [--peers PYTHON] [--pandas2 PYTHON] [--groups N] [--rounds N] [--large FOLDER]
                               [--million FOLDER]

Every case (`goal_cases.py`) runs in a process of its own; ours and the other take turns, and the median of the rounds'
ratios counts. What both found is compared first, and where it differs there is no ratio. Ratios are of processor
seconds after everything is imported, so that others on the machine matter less. ``--peers`` is the Python of an
environment with polars, duckdb, pandera, pingouin and dask, ``--pandas2`` of one with pandera and pandas 2, with which
the goals about pandera were set; without them those goals are *not measured*, as are those against R where there is no
``Rscript`` with lmerTest, pbkrtest and nlme. ``--large`` and ``--million`` are folders that ``make_register.py`` has
made with 100,000 groups (``--planted 0``) and 1,000,000. Where OPENBLAS_CORETYPE is set it slows numpy: unset it first.
Rows without a wanted value are for comparison: no goal was set for them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from make_register import make_register
from tables import between, markdown

HERE = Path(__file__).resolve().parent
PAGE = HERE / "results.md"
_NOT = "not measured"
_Row = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Run:
    """One case run once: what it took and found, and the most memory that its process held, in MB."""

    cpu: float
    wall: float
    check: dict[str, Any]
    memory: float


class Absent(Exception):
    """The other program is not there."""


def ran(case: str, folder: Path, python: str = sys.executable) -> Run:
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([python, str(HERE / "goal_cases.py"), case, str(folder)], stdout=out,
                                   stderr=subprocess.DEVNULL)  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        out.seek(0)
        told = out.read()
    if status or not told:
        raise Absent(case)
    found = json.loads(told.splitlines()[-1])
    return Run(found["cpu"], found["wall"], found["check"], used.ru_maxrss / 1024)


def turns(
    ours: str, other: str, folder: Path, rounds: int, python: str, other_folder: Path | None = None
) -> list[tuple[Run, Run]]:
    """Both cases in turn, so many times."""
    return [(ran(ours, folder), ran(other, other_folder or folder, python)) for _ in range(rounds)]


def same(pairs: list[tuple[Run, Run]], *names: str) -> bool:
    """Whether both found the same, in every round."""
    return all(one.check[name] == other.check[name] for one, other in pairs for name in names)


def ratio(values: list[float], digits: int = 1) -> str:
    """The median, and from which to which."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:,.{digits}f}" + (f" ({low:,.{digits}f} to {high:,.{digits}f})" if len(values) > 1 else " (once)")


def row(goal: str, what: str, target: str, found: str, met: bool | None) -> _Row:
    """A row of the table, which is shown at once too: all of them take half an hour."""
    made = goal, what, target, found, "" if met is None else "yes" if met else "no"
    print(*made, sep=" | ", file=sys.stderr, flush=True)
    return made


def slower(goal: str, what: str, ours: str, other: str, at_most: float, where: Path, given: Any, *,
           names: tuple[str, ...] = (), other_folder: Path | None = None) -> _Row:  # fmt: skip
    """How many times as long ours takes as something that does less; both are quick, so three times as many rounds."""
    pairs = turns(ours, other, where, 3 * given.rounds, sys.executable, other_folder)
    if not same(pairs, *names):
        return row(goal, what, f"at most {at_most}", "not the same numbers", False)
    values = [one.cpu / each.cpu for one, each in pairs]
    return row(goal, what, f"at most {at_most}", ratio(values, 2), statistics.median(values) <= at_most)


def faster(goal: str, what: str, ours: str, other: str, at_least: float | None, where: Path, given: Any, *,
           names: tuple[str, ...], rounds: int = 0, peer: str | None = None, of: str = "cpu") -> _Row:  # fmt: skip
    """How many times as much the other program takes, for as many groups; ``peer`` is its Python, ``of`` what."""
    target = "" if at_least is None else f"at least {at_least:g}"
    try:
        pairs = turns(ours, other, where, rounds or given.rounds, given.peers if peer is None else peer)
    except (Absent, OSError):
        return row(goal, what, target, _NOT, None)
    if not same(pairs, *names):
        return row(goal, what, target, "not the same numbers", False)

    def each(run: Run) -> float:
        return float(getattr(run, of)) / run.check.get("groups", 1)

    values = [each(theirs) / each(one) for one, theirs in pairs]
    met = None if at_least is None else statistics.median(values) >= at_least
    return row(goal, what, target, ratio(values), met)


def started(code: list[str], rounds: int) -> list[float]:
    """Processor seconds from start to end of a Python that does so little."""
    took = []
    for _ in range(rounds):
        process = subprocess.Popen([sys.executable, *code], stdout=subprocess.DEVNULL)
        used = os.wait4(process.pid, 0)[2]
        took.append(used.ru_utime + used.ru_stime)
    return took


def start_up(given: Any) -> list[_Row]:
    rounds = 5 * given.rounds
    bare = started(["-c", "pass"], rounds)
    rows = []
    for what, code, most in (("import evaltools", ["-c", "import evaltools"], 1.2),
                             ("evaltools --help", ["-m", "evaltools", "--help"], 2.5)):  # fmt: skip
        values = [one / other for one, other in zip(started(code, rounds), bare, strict=True)]
        rows.append(row("G12", f"{what}, of an empty Python", f"at most {most}", ratio(values, 2),
                        statistics.median(values) <= most))  # fmt: skip
    return rows


def memory(made: dict[str, Path], given: Any) -> list[_Row]:
    """The most that a review holds: of the register at hand and of the large one."""
    found = [(given.groups, ran("review", made["clean"]).memory)]
    if given.large:
        found.append((100_000, ran("review", given.large).memory))
    told = "; ".join(f"{groups:,} groups: {most:,.0f} MB" for groups, most in found)
    flat = found[-1][1] <= 1.5 * found[0][1] if len(found) > 1 else None
    return [row("G4", "memory of the whole review, parts one after the other", "flat", told, flat)]


def million(given: Any) -> list[_Row]:
    """All of a million groups in one process, and in two; in turn, three times at most."""
    heads = (("G5", "1,000,000 groups, one core", "120 s, 1,000 MB"),
             ("G14", "two processes: processor seconds, of one's", "at most 1.25"),
             ("G14", "one process: time, of two's", "at least 1.6"))  # fmt: skip
    if not given.million:
        return [row(*head, _NOT, None) for head in heads]
    pairs = turns("review", "review_processes", given.million, min(given.rounds, 3), sys.executable)
    took = statistics.median(one.cpu for one, _ in pairs)
    most = max(one.memory for one, _ in pairs)
    cpu, wall = [two.cpu / one.cpu for one, two in pairs], [one.wall / two.wall for one, two in pairs]
    alike = same(pairs, "checksum")
    return [
        row(*heads[0], f"{took:,.0f} processor seconds, {most:,.0f} MB", took <= 120 and most <= 1_000),
        row(*heads[1], ratio(cpu, 2), alike and statistics.median(cpu) <= 1.25),
        row(*heads[2], ratio(wall, 2), alike and statistics.median(wall) >= 1.6),
    ]


def executors(made: dict[str, Path], given: Any) -> list[_Row]:
    """Whether everybody finds the same; Dask with our function against Dask alone."""
    where = given.large or made["clean"]
    one, two = ran("review", where), ran("review_processes", where)
    alike = same([(one, two)], "checksum")
    try:
        dask = ran("review_dask_killed", where)
        alike = alike and dask.check["checksum"] == one.check["checksum"]
        told = (
            f"equal; of two Dask workers one was killed midway ({dask.wall:,.0f} s)"
            if dask.check["killed"]
            else "equal"
        )
    except Absent:
        told = "equal; Dask not measured"
    told = told if alike else "differs"
    return [
        row("G15", "one process, two, Dask: the same summary", "equal", told, alike),
        faster("G16", "Dask with pandera and pandas, of Dask with ours, which reckons every group too: time",
               "parts_dask", "dask_frame", 4, where, given, names=("scores",), rounds=1, of="wall"),
    ]  # fmt: skip


def table(made: dict[str, Path], given: Any) -> list[_Row]:
    clean, bad, shuffled, twice, one = (made[name] for name in ("clean", "bad", "shuffled", "twice", "one"))
    score, repeats = ("sum", "scores"), ("repeats",)
    return [
        slower("G1", "validate and score, of Arrow's decoding alone", "ours", "floor", 2.5, clean, given),
        slower("G1", "the same, rows in no order", "ours", "floor", 4, shuffled, given),
        faster("G2", "pandera and groupby with pandas 2, of ours", "ours", "naive", 30, clean, given, names=score,
               rounds=3, peer=given.pandas2),
        faster("G2", "the same: memory", "ours", "naive", 5, clean, given, names=score, rounds=1, peer=given.pandas2,
               of="memory"),
        faster("G2", "pandera and groupby with pandas 3, of ours", "ours", "naive", None, clean, given, names=score,
               rounds=3),
        faster("G3", "polars with all rules, of ours", "ours", "polars", 5, clean, given, names=score),
        faster("G3", "duckdb with all rules, of ours", "ours", "duckdb", 5, clean, given, names=score),
        *memory(made, given),
        *million(given),
        slower("G6", "1 % bad rows, of none", "ours", "ours", 2, bad, given, other_folder=clean),
        faster("G6", "pandera with pandas 2 telling of 1 % repeats, of our checks of everything", "checks_ours",
               "checks_pandera", 50, twice, given, names=repeats, rounds=3, peer=given.pandas2),
        faster("G6", "the same, with pandas 3", "checks_ours", "checks_pandera", None, twice, given, names=repeats,
               rounds=3),
        faster("G7", "pingouin's alpha, of ours (t, sign-flip, Wilcoxon: docs/speed.md)", "alpha_ours",
               "alpha_pingouin", 500, clean, given, names=()),
        faster("G8", "scipy's BCa with 9,999 draws, of ours exact", "bca_ours", "bca_scipy", 50, clean, given,
               names=(), peer=sys.executable),
        faster("G9", "lmerTest and pbkrtest, of the batched mixed model", "mixed_ours", "mixed_r", 1000, clean, given,
               names=("found",), peer=sys.executable),
        faster("G10", "statsmodels, of one model of 6,000 people", "intercept_ours", "intercept_statsmodels", 1000,
               clean, given, names=("slope",), rounds=3, peer=sys.executable),
        faster("G11", "nlme's gls, of the MMRM's fit", "mmrm_fit", "mmrm_gls", 20, clean, given, names=("found",),
               peer=sys.executable),
        faster("G11", "lmerTest's lmer with Satterthwaite, of the MMRM with the same", "mmrm_ours", "mmrm_lmertest", 20,
               clean, given, names=("found",), peer=sys.executable),
        faster("G11", "lme4's fit without derivatives, of the MMRM's fit", "mmrm_fit", "mmrm_lmer", None, clean, given,
               names=("found",), peer=sys.executable),
        *start_up(given),
        slower("G13", "one group from CSV to figures, of pandas reading it", "one_group", "read_csv", 2.2, one, given,
               names=("rows",)),
        *executors(made, given),
    ]  # fmt: skip


def registers(folder: Path, groups: int) -> dict[str, Path]:
    """Those that the cases need, made in another process: a process counts the memory of the one that begins it."""
    asked: dict[str, dict[str, Any]] = {
        "clean": {"planted": 0},
        "bad": {"planted": 770},
        "twice": {"planted": 4_600, "kinds": ("answer_twice",)},
        "shuffled": {"planted": 0, "shuffled": True},
        "one": {"planted": 0, "csv": True},
    }
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        begun = {
            name: pool.submit(make_register, folder / name, 1 if name == "one" else groups, **options)
            for name, options in asked.items()
        }
        return {name: made.result().parent for name, made in begun.items()}


def machine() -> str:
    """What it was measured on, in words."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line for line in info.read_text("utf-8").splitlines() if line.startswith("model name")]
        name = models[0].partition(":")[2].strip() if models else name
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} cores of {name}, {platform.system()}, Python {platform.python_version()}{load}"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default="", help="the Python that has the other programs")
    parser.add_argument("--pandas2", default="", help="the Python that has pandera and pandas 2")
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--large", type=Path, help="a register of 100,000 groups")
    parser.add_argument("--million", type=Path, help="a register of 1,000,000 groups")
    given = parser.parse_args()
    began = time.strftime("%Y-%m-%d")
    with tempfile.TemporaryDirectory() as folder:
        made = registers(Path(folder), given.groups)
        rows = table(made, given)
    heads = ("goal", "what is compared", "wanted", "found", "met")
    told = f"{began}, {machine()}; {given.groups:,} groups, {given.rounds} rounds.\n\n{markdown(heads, rows)}"
    PAGE.write_text(between(PAGE.read_text("utf-8"), "goals", told), "utf-8", newline="\n")
    print(told)


if __name__ == "__main__":
    main()
