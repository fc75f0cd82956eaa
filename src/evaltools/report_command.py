"""The command ``evaltools report``: one evaluation folder after another, or several at once."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from evaltools.errors import fault_text
from evaltools.jobs import each_result
from evaltools.language import DEFAULT, texts
from evaltools.progress import progress_bar

if TYPE_CHECKING:
    from evaltools.disclosure import Refusal
    from evaltools.folder import Evaluation

_MOST = 4  # at once, where nothing is said: each takes about 400 MB
_PICTURES = (".svg", ".png")
_STEPS = 4  # read, analyse, release, write; a report in each language comes on top


class Wanted(NamedTuple):
    """What the reports are to be: their languages (none: the evaluation's own), formats, and where they go."""

    languages: Sequence[str]
    formats: Sequence[str]
    out: Path


class _Run(NamedTuple):
    """What came of a folder: all that there is to tell, and what went wrong, if anything."""

    said: tuple[str, ...]
    fault: str


def report_folder(folder: Path, wanted: Wanted) -> None:
    """Make the reports of one evaluation folder, step by step, and say on the screen what was read and made.

    Raises
    ------
    EvaltoolsError
        Whatever is wrong with the folder, the key, the ledger or the policy.
    """
    total = _STEPS + 2 * max(len(wanted.languages), 1)
    with progress_bar(total) as bar:

        def step(name: str, language: str) -> None:
            bar.set_description(texts(language)["cli"][f"step_{name}"])
            bar.update()

        _make(folder, wanted, partial(bar.write, file=sys.stdout), step)


def report_folders(folders: Sequence[Path], wanted: Wanted, jobs: int | None) -> int:
    """Make the reports of many folders, several at once; a folder that is wrong does not stop the others.

    The files, and what is said of every folder, are the same as one after another, and stand in the same order.

    Parameters
    ----------
    folders : sequence of Path
        Evaluation folders. Those of one evaluation come one after another.
    wanted : Wanted
        What the reports are to be.
    jobs : int, optional
        How many at once; else as many as there are processors, but at most four.

    Returns
    -------
    int
        Folders that something was wrong with.
    """
    failures = 0
    with progress_bar(len(folders)) as bar:
        bar.set_description(texts((wanted.languages or [DEFAULT])[0])["cli"]["reports_of_folders"])
        for run in _runs(folders, wanted, jobs or min(_MOST, os.cpu_count() or 1)):
            for line in run.said:
                bar.write(line, file=sys.stdout)
            if run.fault:
                bar.write(run.fault, file=sys.stderr)
            failures += bool(run.fault)
            bar.update()
    return failures


def _runs(folders: Sequence[Path], wanted: Wanted, jobs: int) -> Iterator[_Run]:
    """What came of each folder, in order; every process loads the program once and then makes one after another."""
    names = [_evaluation(folder) for folder in folders]
    own: dict[str, list[Path]] = {}
    for name, folder in zip(names, folders, strict=True):
        own.setdefault(name, []).append(folder)
    coming = zip(own, each_result(partial(_made, wanted), list(own.values()), jobs), strict=True)
    come: dict[str, Iterator[_Run]] = {}
    for name in names:
        while name not in come:
            told, found = next(coming)
            come[told] = iter(_lost(own[told], found, wanted) if isinstance(found, Exception) else found)
        yield next(come[name])


def _evaluation(folder: Path) -> str:
    """The evaluation that a folder says it is; a folder that says nothing stands for itself."""
    from evaltools.settings import FILE

    try:
        named = tomllib.loads((folder / FILE).read_text("utf-8-sig")).get("id")
    except (OSError, ValueError):
        named = None
    return named if isinstance(named, str) else str(folder)


def _made(wanted: Wanted, folders: Sequence[Path]) -> list[_Run]:
    """The reports of folders, one after another, in a process that does not write on the screen."""
    runs = []
    for folder in folders:
        said: list[str] = []
        fault = ""
        try:
            _make(folder, wanted, said.append)
        except Exception as error:  # whatever it is, it must not stop the others
            fault = fault_text(folder, error, (wanted.languages or [DEFAULT])[0])
        runs.append(_Run(tuple(said), fault))
    return runs


def _lost(folders: Sequence[Path], error: Exception, wanted: Wanted) -> list[_Run]:
    """What is told of folders whose process the system has ended, for example for want of memory."""
    return [_Run((), fault_text(folder, error, (wanted.languages or [DEFAULT])[0])) for folder in folders]


def _make(
    folder: Path, wanted: Wanted, say: Callable[[str], None],
    step: Callable[[str, str], None] = lambda _name, _language: None,
) -> None:  # fmt: skip
    """Make the reports; say what was read as soon as it is, and at the end what was made."""
    from evaltools.refusal_text import refusal_text
    from evaltools.reports import CONFIDENTIAL, write_reports

    refusals: list[Refusal] = []
    spoken = [DEFAULT]  # the last language told; the evaluation's own once it is read

    def told(name: str, language: str) -> None:
        spoken.append(language)
        step(name, language)

    def read(evaluation: Evaluation) -> None:
        from evaltools.folder_text import reading_text

        say(reading_text(evaluation, wanted.languages[0] if wanted.languages else evaluation.language, folder))

    paths = write_reports(folder, wanted.languages, wanted.out, told, read, wanted.formats, refusals.append)
    words = texts(spoken[-1])["cli"]
    place = paths[0].parent
    say(words["done"].format(folder=folder.name, place=place))
    pictures = [path for path in paths if path.suffix in _PICTURES]
    for path in (path for path in paths if path not in pictures):
        note = words["only_you"] if path.parent.name == CONFIDENTIAL else ""
        say(f"  {path.relative_to(place)} {note}".rstrip())
    if pictures:
        say(f"  {pictures[0].parent.relative_to(place)} {words['pictures'].format(n=len(pictures))}")
    if kept_in := refusal_text(refusals, spoken[-1]):
        say(kept_in)
