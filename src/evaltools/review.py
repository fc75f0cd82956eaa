"""The organisation's review as files: reads what many folders have released, lets out nothing, writes one report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from evaltools.analysis import Analysis, analyse
from evaltools.disclosure import release
from evaltools.errors import ReportError, message
from evaltools.folder import Evaluation, read_evaluation
from evaltools.language import DEFAULT
from evaltools.ledger import Ledger, open_ledger
from evaltools.measures import share_measures
from evaltools.notebook import RELEASE_FILE, notebook_path, run_walled
from evaltools.page import Page
from evaltools.partial_file import PARTIAL_SUFFIX, Partial, read_partial
from evaltools.policy import policies
from evaltools.portfolio import PORTFOLIO_FILE, Portfolio
from evaltools.reports import report_files, written
from evaltools.schemas import row_dicts
from evaltools.sealed import Release, read_release
from evaltools.settings import FILE
from evaltools.totals import Total

REVIEW = "organisation"
_NOBODY = -1  # a set of people that no row has


def write_review(
    folders: Sequence[Path], languages: Sequence[str] = (DEFAULT,), out: str | Path = "reports",
    by: Sequence[str] = ("year",), formats: Sequence[str] = ("html",),
    step: Callable[[str], None] = lambda _name: None,
    refused: Callable[[Path, Exception], None] = lambda _folder, _error: None,
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
        Of `portfolio.BY`: after what the pooled changes are told apart.
    formats : sequence of str
        Keys of `reports.FORMATS`.
    step : callable
        Told ``"read"`` before each folder and ``"page"`` before each language, for showing progress.
    refused : callable
        Told each folder that could not be read or counted, and why; the others are not stopped.

    Returns
    -------
    tuple
        What was read, and the files written.

    Raises
    ------
    ReportError
        If no folder has anything released, or the report cannot be made or written.
    """
    portfolio = read_folders(folders, by, languages[0], step, refused)
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
    refused: Callable[[Path, Exception], None],
) -> Portfolio:  # fmt: skip
    """What the folders have released, in their order; whatever holds an evaluation again does not count."""
    releases: dict[str, Release] = {}
    totals: list[Total] = []
    waiting: list[str] = []
    unread: list[str] = []
    for folder in folders:
        step("read")
        try:
            found = _handed_on(folder, language)
            for name in found.evaluations:
                if name in releases:
                    raise ReportError(message("review_twice", language, evaluation=name))
        except Exception as error:  # whatever it is, it must not stop the others
            refused(folder, error)
            unread.append(_name(folder))
            continue
        waiting += found.waiting
        releases |= dict(zip(found.evaluations, found.releases, strict=True))
        totals += found.totals
    return Portfolio(tuple(releases.values()), tuple(waiting), tuple(unread), tuple(by), tuple(totals))


def _handed_on(place: Path, language: str) -> Partial:
    """What a folder's evaluation has released, or what a site has handed on in a file."""
    if place.is_file() and place.suffix.casefold() == PARTIAL_SUFFIX:
        return read_partial(place, language)
    found = released_of(place, language)
    return Partial((found,)) if found else Partial((), waiting=(_name(place),))


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
    return repeated(evaluation, ledger)


def repeated(evaluation: Evaluation, ledger: Ledger) -> Release:
    """What is out of an evaluation, as it was let out: nothing that is not in its ledger.

    Raises
    ------
    EvaltoolsError
        If the evaluation hides something that is out.
    """
    analysis = _only_what_is_out(analyse(evaluation, ledger), ledger)
    return release(analysis, policies()[evaluation.policy], replace(ledger, events=()))  # nor are quotes touched


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
