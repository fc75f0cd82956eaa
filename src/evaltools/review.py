"""The organisation's review as files: reads what many folders have released, lets out nothing, writes one report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from evaltools.analysis import Analysis, analyse
from evaltools.counts import Count
from evaltools.disclosure import release
from evaltools.errors import EvaltoolsError, ReportError, fault_told, message
from evaltools.folder import read_evaluation
from evaltools.jobs import each_result
from evaltools.language import DEFAULT
from evaltools.ledger import Ledger, open_ledger
from evaltools.measures import share_measures
from evaltools.notebook import RELEASE_FILE, notebook_path, run_walled
from evaltools.page import Page
from evaltools.partial_file import is_partial, open_partial, read_partial
from evaltools.policy import policies
from evaltools.portfolio import PORTFOLIO_FILE, Portfolio
from evaltools.reports import report_files, written
from evaltools.schemas import row_dicts
from evaltools.sealed import Release, open_release, read_release
from evaltools.settings import FILE
from evaltools.totals import Total

REVIEW = "organisation"
_NOBODY = -1  # a set of people that no row has


def write_review(
    folders: Sequence[Path], languages: Sequence[str] = (DEFAULT,), out: str | Path = "reports",
    by: Sequence[str] = ("year",), formats: Sequence[str] = ("html",),
    step: Callable[[str], None] = lambda _name: None,
    refused: Callable[[Path, Exception], None] = lambda _folder, _error: None, jobs: int = 1,
) -> tuple[Portfolio, list[Path]]:  # fmt: skip
    """Write an organisation's report about many evaluations, from what they have released.

    Parameters
    ----------
    folders : sequence of Path
        Evaluation folders, folders with a ``release.json``, or files of `evaltools partial`; all are left as they are.
    languages : sequence of str
        Languages of the report; with several, a file's name holds its language.
    out : path
        The report goes to ``out/organisation/``.
    by : sequence of str
        Of `portfolio.BY`: after what the figures are told apart.
    formats : sequence of str
        Keys of `reports.FORMATS`.
    step : callable
        Told ``"read"`` at each folder and ``"page"`` before each language, for showing progress.
    refused : callable
        Told each folder that could not be read or counted, and why; the others are not stopped.
    jobs : int
        Processes that read folders, see `jobs.each_result`; the files are the same whatever their number.

    Returns
    -------
    tuple
        What was read, and the files written.

    Raises
    ------
    ReportError
        If no folder has anything released, or the report cannot be made or written.
    """
    portfolio = read_folders(folders, by, languages[0], step, refused, jobs)
    if not portfolio.releases:
        raise ReportError(message("review_nothing", languages[0]))
    day = max(date.fromisoformat(each.document["report_date"]) for each in portfolio.releases)
    made = {PORTFOLIO_FILE: portfolio.content}
    for language in languages:
        step("page")
        page = Page(run_walled(notebook_path(REVIEW), portfolio, language), language, day)
        made |= report_files(REVIEW, page, languages, formats)
    return portfolio, written(Path(out) / REVIEW, made, languages[0])


def read_folders(
    folders: Sequence[Path], by: Sequence[str], language: str, step: Callable[[str], None],
    refused: Callable[[Path, Exception], None], jobs: int = 1,
) -> Portfolio:  # fmt: skip
    """What the folders have released, in their order; whatever holds an evaluation again does not count."""
    releases: dict[str, Release] = {}
    totals: list[Total] = []
    counts: list[Count] = []
    waiting: list[str] = []
    unread: list[str] = []
    for folder, content in zip(folders, each_result(partial(_content_of, language), folders, jobs), strict=True):
        step("read")
        found = content if isinstance(content, Exception) else _handed_on(folder, content, language)
        if not isinstance(found, Exception):
            found = _twice(found.evaluations, releases, language) or found
        if isinstance(found, Exception):
            refused(folder, found)
            unread.append(_name(folder))
            continue
        waiting += found.waiting
        releases |= dict(zip(found.evaluations, found.releases, strict=True))
        totals += found.totals
        counts += found.counts
    return Portfolio(tuple(releases.values()), tuple(waiting), tuple(unread), tuple(by), tuple(totals), tuple(counts))


@dataclass(frozen=True)
class _Found:
    """What one folder or file brings: releases with all that is in them, sums and counts, who has nothing yet."""

    releases: tuple[Release, ...] = ()
    totals: tuple[Total, ...] = ()
    counts: tuple[Count, ...] = ()
    waiting: tuple[str, ...] = ()

    @property
    def evaluations(self) -> list[str]:
        return [release.document["evaluation"] for release in self.releases]


def _handed_on(place: Path, content: bytes | None, language: str) -> _Found:
    if content is None:
        return _Found(waiting=(_name(place),))
    if is_partial(place):
        handed_on = open_partial(content, place.name, language)
        return _Found(handed_on.releases, handed_on.totals, handed_on.counts, handed_on.waiting)
    return _Found((open_release(content, RELEASE_FILE),))


def _twice(names: Sequence[str], known: Mapping[str, Release], language: str) -> ReportError | None:
    """What is wrong where an evaluation is in what has been read already: its people would count twice."""
    again = next((name for name in names if name in known), "")
    return ReportError(message("review_twice", language, evaluation=again)) if again else None


def _content_of(language: str, folder: Path) -> bytes | None:
    """What has been released, as bytes that go from process to process; a fault of ours in words, which do so too."""
    try:
        found = read_partial(folder, language) if is_partial(folder) else released_of(folder, language)
    except Exception as error:
        told = error if isinstance(error, EvaltoolsError) else ReportError(fault_told(error, language))
    else:
        return found.content if found else None
    raise told  # outside, so that the first error with data in it does not ride along


def released_of(folder: Path, language: str = DEFAULT) -> Release | None:
    """What has been released of an evaluation, as it was; None where nothing has. Lets out nothing new.

    Parameters
    ----------
    folder : Path
        An evaluation folder, whose ledger says what is out; or the folder of its reports, with ``release.json``.
    language : str
        Language of messages.

    Raises
    ------
    EvaltoolsError
        Whatever is wrong with the folder, its key, its ledger or the release.
    """
    if (folder / FILE).exists() or not folder.is_dir():
        return _repeated(folder, language)
    if not (folder / RELEASE_FILE).exists():
        raise ReportError(message("review_no_folder", language))
    return read_release(folder / RELEASE_FILE)


def _repeated(folder: Path, language: str) -> Release | None:
    """The release that `report` would repeat, without anything that is not out yet."""
    evaluation = read_evaluation(folder, language=language)
    ledger = open_ledger(folder, language=language)
    if not ledger.entries:
        return None
    return repeated(analyse(evaluation, ledger), ledger)


def repeated(analysis: Analysis, ledger: Ledger) -> Release:
    """What is out of an evaluation, as it was let out: nothing that is not in its ledger.

    Raises
    ------
    EvaltoolsError
        If the evaluation hides something that is out.
    """
    known = _only_what_is_out(analysis, ledger)
    return release(known, policies()[analysis.facts.policy], replace(ledger, events=()))  # nor are quotes touched


def _only_what_is_out(analysis: Analysis, ledger: Ledger) -> Analysis:
    """The analysis with nobody behind any figure that is not out, for so few are never let out; and without quotes."""
    out = {(entry.measure, entry.scale, entry.group_by, entry.group, entry.wave) for entry in ledger.entries}
    shares = share_measures()
    table = analysis.estimates.copy()
    known = [
        (row["measure"], "", row["group_by"], row["group"], "") in out if row["measure"] in shares else
        ("level", row["scale"], row["group_by"], row["group"], row["wave"]) in out
        for row in row_dicts(table)
    ]  # fmt: skip
    table["people_set"] = np.where(known, table["people_set"], _NOBODY)
    facts = replace(analysis.facts, quotes=())
    return replace(analysis, estimates=table, sets={**analysis.sets, _NOBODY: frozenset()}, facts=facts)


def _name(folder: Path) -> str:
    """A folder's own name, also where it was named as ``.``."""
    return folder.resolve().name
