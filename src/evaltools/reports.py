"""Reports as files: the notebooks' blocks become self-contained HTML, beside ``release.json`` and the estimates."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaltools.brand import PLAIN, Brand, read_brand
from evaltools.errors import ReportError, message
from evaltools.language import DEFAULT
from evaltools.notebook import RELEASE_FILE, notebook_path, run_notebook, run_walled, start_wall
from evaltools.number_sources import require_sources
from evaltools.page import Page
from evaltools.pdf import pdf_file
from evaltools.pictures import picture_png, picture_svg
from evaltools.sealed import Release, require_release
from evaltools.web_page import web_page
from evaltools.word_file import word_file
from evaltools.wording import words

if TYPE_CHECKING:  # a report of a release needs none of the rooms where answers are read, which take time to load
    from evaltools.analysis import Analysis
    from evaltools.disclosure import Refusal
    from evaltools.folder import Evaluation

CONFIDENTIAL = "confidential"
FIGURES = "figures"
FORMATS: dict[str, Callable[[Page], bytes]] = {
    "html": lambda page: web_page(page).encode(),
    "pdf": pdf_file,
    "docx": word_file,
}
PICTURES: dict[str, Callable[[str], bytes]] = {
    "svg": picture_svg,
    "png": picture_png,
}


def commissioner_report(release: Release, language: str = "sv") -> str:
    """The commissioner's report as one self-contained HTML page, a pure function of the release.

    Parameters
    ----------
    release : Release
        As `evaltools.release` made it; nothing else is accepted.
    language : str
        ``"sv"`` or ``"en"``.

    Raises
    ------
    DisclosureError
        If handed anything but a release.
    ReportError
        If the notebook fails, or a number in the report does not stand in the release.
    """
    return web_page(commissioner_page(release, language))


def commissioner_page(release: Release, language: str, brand: Brand = PLAIN) -> Page:
    """The commissioner's report before it is a file; raises as `commissioner_report` does."""
    document = require_release(release).document
    blocks = run_walled(notebook_path("commissioner"), release, language)
    require_sources(blocks, document, language)
    return Page(blocks, language, date.fromisoformat(document["report_date"]), brand=brand)


def supervisor_report(analysis: Analysis, language: str = "sv") -> str:
    """The supervisor's confidential report as one self-contained HTML page.

    Parameters
    ----------
    analysis : Analysis
        As `evaltools.analyse` made it.
    language : str
        ``"sv"`` or ``"en"``.

    Raises
    ------
    ReportError
        If the notebook fails.
    """
    return web_page(_supervisor(analysis, language))


def _supervisor(analysis: Analysis, language: str, brand: Brand = PLAIN) -> Page:
    blocks = run_notebook(notebook_path("supervisor"), {"language": language, "analysis": analysis})
    return Page(blocks, language, analysis.facts.report_date, words(language).text("supervisor.banner"), brand)


def estimates_json(analysis: Analysis) -> str:
    """Every row of the estimates with full precision: sorted, NaN as null.

    The same estimates give the same text on every machine, whatever its pseudonym key.
    """
    from evaltools.schemas import row_dicts

    rows = [{name: _plain(value) for name, value in row.items()} for row in row_dicts(analysis.estimates)]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)
    return f"[\n{lines}\n]\n" if rows else "[]\n"


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_reports(
    folder: str | Path, languages: Sequence[str] = (), out: str | Path = "reports",
    step: Callable[[str, str], None] = lambda _name, _language: None,
    read: Callable[[Evaluation], None] = lambda _evaluation: None,
    formats: Sequence[str] = ("html",), refused: Callable[[Refusal], None] = lambda _refusal: None,
) -> list[Path]:  # fmt: skip
    """Read an evaluation folder and write both reports, the participants' page, the release and the estimates.

    Parameters
    ----------
    folder : path
        The evaluation folder.
    languages : sequence of str
        Languages of the reports; empty for the evaluation's own. With several, a file's name holds its language.
    out : path
        The reports go to ``out/<evaluation id>/``, the confidential ones to ``confidential/`` in it.
    step : callable
        Told the name of each step before it begins, and the language of the first report, for showing progress.

    read : callable
        Told the evaluation as soon as it is read, for saying what was read, whatever happens afterwards.
    formats : sequence of str
        Keys of `FORMATS`, in each of which every report is written, and of `PICTURES`, in which the pictures of the
        commissioner's report are written to ``figures/``, for slides.
    refused : callable
        Told what the commissioner is not shown, and by which rule; a matter of numbers and sets of people alone.

    Returns
    -------
    list of Path
        The files written, released ones first. No report is written until all of them are made; the ledger is
        written before, since a figure that may have gone out must count as out.

    Raises
    ------
    EvaltoolsError
        Whatever is wrong with the folder, the key, the ledger or the policy.
    """
    from evaltools.analysis import analyse
    from evaltools.disclosure import release
    from evaltools.figures_file import figures_file
    from evaltools.folder import read_evaluation
    from evaltools.ledger import open_ledger
    from evaltools.policy import policies

    told_in = languages[0] if languages else ""
    step("read", told_in or DEFAULT)
    evaluation = read_evaluation(folder, language=told_in)
    read(evaluation)
    brand = read_brand(folder, told_in or evaluation.language)
    languages = list(languages) or [evaluation.language]
    step("analyse", languages[0])
    start_wall()
    ledger = open_ledger(folder, language=languages[0])
    analysis = analyse(evaluation, ledger)
    made: dict[str, bytes] = {f"{CONFIDENTIAL}/estimates.json": estimates_json(analysis).encode()}
    for language in languages:
        step("supervisor", languages[0])
        own = report_files("supervisor", _supervisor(analysis, language, brand), languages, formats)
        made |= {f"{CONFIDENTIAL}/{name}": content for name, content in own.items()}
    made[f"{CONFIDENTIAL}/figures.xlsx"] = figures_file(analysis, languages[0])
    step("release", languages[0])
    issued = release(analysis, policies()[evaluation.policy], ledger, refused)
    made[RELEASE_FILE] = issued.content
    for language in languages:
        step("commissioner", languages[0])
        page = commissioner_page(issued, language, brand)
        made |= report_files("commissioner", page, languages, formats) | _pictures(page, languages, formats)
        asked = run_notebook(notebook_path("participants"), {"language": language, "facts": analysis.facts})
        made |= report_files(
            "participants", Page(asked, language, evaluation.report_date, brand=brand), languages, formats
        )
    step("write", languages[0])
    return written(Path(out) / evaluation.id, made, languages[0])


def report_files(report: str, page: Page, languages: Sequence[str], formats: Sequence[str]) -> dict[str, bytes]:
    """A report's files in all formats, by name; with several languages the name holds the language."""
    stem = _stem(report, page, languages)
    return {f"{stem}.{form}": FORMATS[form](page) for form in formats if form in FORMATS}


def _pictures(page: Page, languages: Sequence[str], formats: Sequence[str]) -> dict[str, bytes]:
    """The pictures of the commissioner's report, numbered as they stand in it, each as files of its own."""
    return {
        f"{FIGURES}/{_stem('commissioner', page, languages)}-{number}.{form}": PICTURES[form](figure.svg)
        for number, figure in enumerate(page.figures(), start=1)
        for form in formats if form in PICTURES
    }  # fmt: skip


def _stem(report: str, page: Page, languages: Sequence[str]) -> str:
    return f"{report}.{page.language}" if len(languages) > 1 else report


def written(folder: Path, made: dict[str, bytes], language: str) -> list[Path]:
    """Write every file beside its place, then move all into place, so that none is ever half written."""
    paths = sorted((folder / name for name in made), key=lambda path: (path.parent != folder, path.name))
    refused = False
    try:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name(path.name + ".unfinished").write_bytes(made[path.relative_to(folder).as_posix()])
        for path in paths:
            path.with_name(path.name + ".unfinished").replace(path)
    except OSError:
        refused = True
    if refused:
        raise ReportError(message("out_not_writable", language, out=folder))
    return paths
