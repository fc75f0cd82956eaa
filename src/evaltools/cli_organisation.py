"""The commands of an organisation: the review of many evaluations or of a register, and what a site hands on to it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from evaltools.arguments import PAGES, a_number, add_language, several_languages, several_of
from evaltools.errors import ReportError, fault_text, message
from evaltools.language import DEFAULT, languages, texts
from evaltools.run_command import language_of, run_each

BY = ("unit", "sector", "supervisor-period", "year")  # as in `evaltools.portfolio`


def add_review(command: argparse.ArgumentParser) -> None:
    """Review many evaluations, of each what has been released."""
    command.add_argument("evaluations", nargs="+", metavar="FOLDER", type=Path,
                         help="an evaluation folder, the folder of its reports (with release.json), a file of "
                         "`evaltools partial`; or the Parquet or CSV files of a register")  # fmt: skip
    command.add_argument("--by", type=several_of(BY), default=None, metavar=f"{'|'.join(BY)}[,...]",
                         help="commissioners, sectors, supervisors or years side by side (default: year; of a register "
                         "where register.toml declares it)")  # fmt: skip
    command.add_argument("--out", type=Path, default=Path("reports"), help="where the report goes (default: reports)")
    command.add_argument("--lang", type=several_languages, default=[DEFAULT], metavar="LANGUAGE[,LANGUAGE]",
                         help=f"languages, such as {','.join(languages())} (default: {DEFAULT})")  # fmt: skip
    command.add_argument("--format", type=several_of(PAGES), default=list(PAGES), metavar="FORMAT[,FORMAT]",
                         help=f"file formats (default: {','.join(PAGES)})")  # fmt: skip
    command.add_argument("--jobs", type=a_number, default=1, metavar="N",
                         help="processes that read folders or parts of a register (default: 1)")  # fmt: skip
    command.add_argument("--dask", default="", metavar="ADDRESS", help="of a register: a Dask scheduler's address")
    command.set_defaults(run=partial(run_each, _review), folders=[Path("review")])


def add_partial(command: argparse.ArgumentParser) -> None:
    """Hand on sums in place of answers, as one site of an organisation."""
    command.add_argument("evaluations", nargs="+", metavar="FOLDER", type=Path, help="an evaluation folder")
    command.add_argument("--out", type=Path, required=True, metavar="FILE.json",
                         help="the file to write, for `evaltools review`; must not exist already")  # fmt: skip
    add_language(command, DEFAULT)
    command.set_defaults(run=partial(run_each, _partial), folders=[Path("partial")])


def _review(_: Path, given: argparse.Namespace) -> None:
    from evaltools.register.declaration import is_register

    if any(map(is_register, given.evaluations)):
        return _review_register(given)
    return _review_evaluations(given)


def _review_register(given: argparse.Namespace) -> None:
    language, words = given.lang[0], texts(given.lang[0])["cli"]
    if find_spec("pyarrow") is None:
        raise ReportError(message("register_extra_missing", language))
    from evaltools.progress import progress_bar
    from evaltools.register.review import Run, write_register_review

    with progress_bar() as bar:

        def step(done: int, of: int) -> None:
            bar.set_description(words["register_reading"])
            bar.total, bar.n = of, done
            bar.refresh()

        def refused(file: Path, error: Exception) -> None:
            bar.write(fault_text(file, error, language), file=sys.stderr)

        def kept_in(figures: Sequence[tuple[str, str]]) -> None:
            named = "; ".join(words[f"register_{measure}"].format(scale=scale) for measure, scale in figures)
            bar.write(message("register_kept_in", language, figures=named), file=sys.stderr)

        summary, paths = write_register_review(
            given.evaluations, given.lang, given.out, given.format, Run(given.jobs, given.dask), step, refused,
            given.by, kept_in,
        )  # fmt: skip
    told = summary.document
    print(
        words["register_done"].format(groups=told["groups"], rows=told["rows"], left_out=sum(told["left_out"].values()))
    )
    _tell_files(paths, told["unread"], language)


def _review_evaluations(given: argparse.Namespace) -> None:
    from evaltools.progress import progress_bar
    from evaltools.review import write_review

    language, words = given.lang[0], texts(given.lang[0])["cli"]
    if given.dask:
        raise ReportError(message("review_option_unfit", language, option="--dask"))
    with progress_bar(len(given.evaluations) + len(given.lang)) as bar:

        def step(name: str) -> None:
            bar.set_description(words["review_reading" if name == "read" else "review_page"])
            bar.update()

        def refused(folder: Path, error: Exception) -> None:
            bar.write(fault_text(folder, error, language), file=sys.stderr)

        portfolio, paths = write_review(
            given.evaluations, given.lang, given.out, given.by or ["year"], given.format, step, refused, given.jobs
        )
    folders = len(portfolio.releases) + len(portfolio.waiting) + len(portfolio.unread)
    print(words["review_done"].format(reported=len(portfolio.releases), folders=folders))
    _tell_files(paths, portfolio.unread, language)


def _partial(_: Path, given: argparse.Namespace) -> None:
    from evaltools.partial import write_partial
    from evaltools.partial_text import partial_text
    from evaltools.progress import progress_bar

    language = language_of(given)
    words = texts(language)["cli"]
    with progress_bar(len(given.evaluations) + 1) as bar:

        def step(name: str) -> None:
            bar.set_description(words["partial_reading" if name == "read" else "partial_writing"])
            bar.update()

        made = write_partial(given.evaluations, given.out, language, step)
    print(partial_text(made, given.out, language))


def _tell_files(paths: Iterable[Path], unread: Sequence[str], language: str) -> None:
    """The files made; raises `ReportError` where something that was named could not be read."""
    for path in paths:
        print(f"  {path}")
    if unread:
        raise ReportError(message("review_incomplete", language, n=len(unread)))
