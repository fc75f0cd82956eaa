"""The review of a register as files: parts evaluated anywhere, kept once finished, one page of pooled figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from evaltools.errors import ReportError, message
from evaltools.language import DEFAULT
from evaltools.ledger import Ledger, open_ledger
from evaltools.notebook import notebook_path, run_walled
from evaltools.page import Page
from evaltools.policy import policies
from evaltools.register.classes import COLUMN, READ, roster_of
from evaltools.register.declaration import ENDINGS, Register, read_register
from evaltools.register.executors import evaluate_part, mapped
from evaltools.register.finished import columns_of_words, finished_file, keep, kept
from evaltools.register.group_figures import COLUMNS as ALL
from evaltools.register.partial import Partial, merged
from evaltools.register.parts import ROWS, Part, parts_of
from evaltools.register.pooled import COLUMNS, POLICY, Asked, changes_of, summarise
from evaltools.register.summary import SUMMARY_FILE, Summary
from evaltools.register.told_before import group_ids, opened_door, remember
from evaltools.reports import CONFIDENTIAL, report_files, written
from evaltools.statistics.cautious_shrinkage import cautious_empirical_bayes

REVIEW = "register"
GROUPS, VIOLATIONS = "groups.parquet", "violations.csv"
_PARTS = "parts"


@dataclass(frozen=True)
class Run:
    """How a review is made: in how many processes, or by which Dask scheduler; rows of a part at least."""

    jobs: int = 1
    dask: str = ""
    rows: int = ROWS


def write_register_review(
    paths: Sequence[Path], languages: Sequence[str] = (DEFAULT,), out: str | Path = "reports",
    formats: Sequence[str] = ("html",), run: Run = Run(),
    step: Callable[[int, int], None] = lambda _done, _all: None,
    refused: Callable[[Path, Exception], None] = lambda _file, _error: None,
    by: Sequence[str] | None = None, kept_in: Callable[[Sequence[tuple[str, str]]], None] = lambda _figures: None,
) -> tuple[Summary, list[Path]]:  # fmt: skip
    """Write the review of a register.

    Parameters
    ----------
    paths : sequence of Path
        Its files, Parquet or CSV, or the folder with all of them; ``register.toml`` lies beside them.
    languages : sequence of str
        Languages of the page.
    out : path
        The page goes to ``out/ID/``; the figures of every group to ``out/ID/confidential/groups.parquet``, and there
        the first hundred rows of each rule that was broken, ``violations.csv``.
    formats : sequence of str
        Keys of `reports.FORMATS`.
    run : Run
        Where it is worked out. The figures do not depend on it.
    step : callable
        Told how many parts are done, of how many.
    refused : callable
        Told each file that could not be read, and why; the others are not stopped.
    by : sequence of str
        Of `portfolio.BY`: after what the groups are told apart; without it the year, where that is declared.
    kept_in : callable
        Told the measure and scale of figures that are kept in, because with those that are out they would show too few.

    Returns
    -------
    tuple
        What the page tells, and the files written. What has been told is noted in the ledger beside the register
        before any page is.

    Raises
    ------
    FolderError
        If ``register.toml`` is not right.
    ReportError
        If the files do not lie together, none of them can be read, something cannot be written, or it is not declared
        to what groups belong that shall be told apart.
    LedgerError
        If the ledger is missing, damaged or cannot be written; then nothing is told.
    """
    language = languages[0]
    folder, files = _files(paths, language)
    register = read_register(folder, language)
    by = _told_apart(by, register, language)
    ledger = open_ledger(folder, language=language)
    home = Path(out) / register.id
    made, unread = _evaluated(files, register, home / CONFIDENTIAL / _PARTS, language, run, step, refused)
    parts = [part for file in made.values() for part in file]
    if not parts:
        raise ReportError(message("register_nothing", language))
    whole, summary, refusals = _told(parts, register, ledger, Asked(tuple(by), tuple(unread)))
    if refusals:
        kept_in(refusals)
    page = {SUMMARY_FILE: summary.content}
    for spoken in languages:
        shown = Page(run_walled(notebook_path(REVIEW), summary, spoken), spoken, register.report_date)
        page |= report_files(REVIEW, shown, languages, formats)
    secret = home / CONFIDENTIAL
    paths_made = written(home, page, language) + written(secret, {VIOLATIONS: _violations(whole)}, language)
    _write_groups(secret / GROUPS, parts, whole.groups, register)
    _remove(secret / _PARTS)
    return summary, [*paths_made, secret / GROUPS]


def _told(
    parts: Sequence[Path], register: Register, ledger: Ledger, asked: Asked
) -> tuple[Partial, Summary, list[tuple[str, str]]]:
    """All parts, what may be told of them beside what is out, which is noted; and what is kept in because of that."""
    door, light = opened_door(ledger, policies()[POLICY]), list[Partial]()

    def tables() -> Iterator[pd.DataFrame]:
        for path in parts:
            found = _kept(path, [*dict.fromkeys((*COLUMNS, *READ)), *register.by])
            light.append(replace(found, groups=found.groups[list(COLUMNS)].copy()))
            yield found.groups

    roster = roster_of(tables(), register, partial(group_ids, ledger=ledger), ledger.language)
    whole = merged(light)
    summary = summarise(whole, register, roster, door, asked)
    remember(ledger, door, register)
    return whole, summary, [(figure.measure, figure.scale) for figure in door.refused]


def _told_apart(by: Sequence[str] | None, register: Register, language: str) -> Sequence[str]:
    """After what groups are told apart; what is not declared cannot be asked for."""
    if by is None:
        return ("year",) if "year" in register.by else ()
    lacking = [COLUMN[one] for one in by if COLUMN[one] not in register.by]
    if lacking:
        raise ReportError(message("register_by_undeclared", language, columns=", ".join(lacking)))
    return by


def _files(paths: Sequence[Path], language: str) -> tuple[Path, list[Path]]:
    """Where the register is declared, and its files, each once; of a folder all, by name."""
    files: list[Path] = []
    for path in paths:
        inside = sorted(each for each in path.iterdir() if each.suffix.lower() in ENDINGS) if path.is_dir() else [path]
        files += [each for each in inside if each not in files]
    folders = {file.resolve().parent for file in files} or {path.resolve() for path in paths}
    if len(folders) > 1:
        raise ReportError(message("register_scattered", language))
    return folders.pop(), files


def _evaluated(
    files: Sequence[Path], register: Register, folder: Path, language: str, run: Run,
    step: Callable[[int, int], None], refused: Callable[[Path, Exception], None],
) -> tuple[dict[Path, list[Path]], list[str]]:  # fmt: skip
    """The finished parts of every file that could be read, and the names of the others."""
    folder.mkdir(parents=True, exist_ok=True)
    faults: dict[Path, Exception] = {}
    parts: dict[Path, list[Part]] = {}
    for file in files:
        try:
            parts[file] = parts_of(file, language, run.rows, register.by)
        except Exception as error:  # whatever it is, it must not stop the others
            faults[file] = error
    lies = {part: finished_file(folder, part, register) for own in parts.values() for part in own}
    todo = [part for part, path in lies.items() if not path.exists()]
    of = {part: file for file, own in parts.items() for part in own}
    step(len(lies) - len(todo), len(lies))
    evaluate = partial(evaluate_part, register=register)
    for done, (part, found) in enumerate(mapped(evaluate, todo, language, jobs=run.jobs, dask=run.dask), start=1):
        if isinstance(found, Exception):
            faults[of[part]] = found
        elif isinstance(found, str):
            faults[of[part]] = ReportError(message(found, language))
        else:
            keep(lies[part], found)
        step(len(lies) - len(todo) + done, len(lies))
    made = {file: [lies[part] for part in own] for file, own in parts.items() if file not in faults}
    faults |= _shared_groups(made, language)
    for file in files:
        if file in faults:
            refused(file, faults[file])
    return {file: own for file, own in made.items() if file not in faults}, [
        file.name for file in files if file in faults
    ]


def _kept(path: Path, columns: Sequence[str]) -> Partial:
    found = kept(path, columns)
    if found is None:  # it was whole a moment ago
        path.unlink(missing_ok=True)
        raise ReportError(message("register_part_lost"))
    return found


def _shared_groups(made: dict[Path, list[Path]], language: str) -> dict[Path, Exception]:
    """Files with a group that stands in an earlier file too: its people cannot be put together any more."""
    if len(made) < 2:
        return {}
    seen: set[str] = set()
    faults: dict[Path, Exception] = {}
    for file, parts in made.items():
        own = {group for path in parts for group in _kept(path, ["group"]).groups["group"].unique()}
        if own & seen:
            faults[file] = ReportError(message("register_group_twice", language, n=len(own & seen)))
        else:
            seen |= own
    return faults


def _violations(whole: Partial) -> bytes:
    """The places of the first rows of each rule, as a table for the one who mends them."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(("rule", "file", "row"))
    table.writerows((rule, file, row) for rule, rows in whole.violations.rows.items() for file, row in rows)
    return text.getvalue().encode("utf-8-sig")


def _write_groups(path: Path, parts: Iterable[Path], light: pd.DataFrame, register: Register) -> None:
    """The table of every group's figures, part after part, with each change in the light of the others."""
    beside = {name: np.full(len(light), np.nan) for name in ("shrunken", "shrunken_low", "shrunken_high")}
    for at in range(len(register.scales)):
        own = slice(at, None, len(register.scales))
        y, _, v, _ = changes_of(light[own])
        found = cautious_empirical_bayes(y, v)
        for name, values in zip(beside, (found.value, found.low, found.high), strict=True):
            beside[name][own] = values
    half, start = path.with_suffix(".half"), 0
    writer = None
    for part in parts:
        full = pa.parquet.read_table(part, columns=[*ALL, *register.by]).replace_schema_metadata(None)
        stop = start + len(full)
        for name, values in beside.items():
            full = full.append_column(name, pa.array(values[start:stop], from_pandas=True))
        writer = writer or pa.parquet.ParquetWriter(
            half, full.schema, compression="zstd", use_dictionary=columns_of_words(full.schema)
        )
        writer.write_table(full)
        start = stop
    if writer:
        writer.close()
        half.replace(path)


def _remove(folder: Path) -> None:
    """The finished parts, which the table of groups now holds."""
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
