"""The commands of a supervisor's own evaluation: make its folder, check it, explore it, report it."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from evaltools.arguments import FORMATS, a_number, add_language, several_languages, several_of
from evaltools.errors import FolderError
from evaltools.language import DEFAULT, languages, texts
from evaltools.run_command import language_of, run_each, succeeds

_OWN = "the evaluation's own"  # language


def add_report(command: argparse.ArgumentParser) -> None:
    """Make the reports of evaluation folders."""
    _add_folders(command)
    command.add_argument("--lang", type=several_languages, default=[], metavar="LANGUAGE[,LANGUAGE]",
                         help=f"languages, such as {','.join(languages())} (default: {_OWN})")  # fmt: skip
    command.add_argument("--format", type=several_of(FORMATS), default=list(FORMATS), metavar="FORMAT[,FORMAT]",
                         help=f"file formats (default: {','.join(FORMATS)})")  # fmt: skip
    command.add_argument("--out", type=Path, default=Path("reports"), help="where reports go (default: reports)")
    command.add_argument("--jobs", type=a_number, metavar="N",
                         help="how many folders at once (default: as many as processors, at most 4)")  # fmt: skip
    command.set_defaults(run=_reports)


def add_check(command: argparse.ArgumentParser) -> None:
    """Check evaluation folders."""
    _add_folders(command)
    add_language(command, _OWN)
    command.add_argument(
        "--problems", type=Path, metavar="FILE.xlsx",
        help="also write all errors and notes to a new Excel file, with links to the cells",
    )  # fmt: skip
    command.set_defaults(run=_checks, told=[])  # told: each folder with its problems and the language of its messages


def add_new(command: argparse.ArgumentParser) -> None:
    """Make an evaluation folder."""
    command.usage = "%(prog)s FOLDER [--lang LANGUAGE] [--instruments ID ...]"
    command.add_argument("folders", nargs=1, metavar="FOLDER", type=Path,
                         help="the folder to make; must not exist already")  # fmt: skip
    command.add_argument(
        "--instruments", nargs="+", default=[], metavar="ID",
        help="questionnaires, named as in `evaltools instruments` (default: two of our own)",
    )  # fmt: skip
    add_language(command, DEFAULT)
    command.set_defaults(run=partial(run_each, _new))


def add_lab(command: argparse.ArgumentParser) -> None:
    """Open an evaluation in JupyterLab."""
    command.add_argument("folders", nargs=1, metavar="FOLDER", type=Path, help="an evaluation folder")
    add_language(command, DEFAULT)
    command.set_defaults(run=partial(run_each, _lab))


def _add_folders(command: argparse.ArgumentParser) -> None:
    command.add_argument("folders", nargs="+", metavar="FOLDER", type=Path,
                         help="an evaluation folder (with evaluation.toml)")  # fmt: skip


def _reports(given: argparse.Namespace) -> int:
    """The reports of several folders, at once if wished; how many folders something was wrong with."""
    from evaltools.report_command import Wanted, report_folder, report_folders

    wanted = Wanted(given.lang, given.format, given.out)
    if len(given.folders) > 1 and given.jobs != 1:
        return report_folders(given.folders, wanted, given.jobs)
    return run_each(lambda folder, _: report_folder(folder, wanted), given)


def _checks(given: argparse.Namespace) -> int:
    """Check folders, and write what they have to tell to a file if wished; how often something was wrong."""
    if given.problems and not succeeds(_refuse_problems, given.problems, given):
        return 1
    failures = run_each(_check, given)
    if given.problems:
        failures += not succeeds(_write_problems, given.problems, given)
    return failures


def _check(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.brand import read_brand
    from evaltools.folder import read_evaluation
    from evaltools.folder_text import reading_text, verdict_text

    try:
        evaluation = read_evaluation(folder, language=given.lang[0] if given.lang else "")
        read_brand(folder, given.lang[0] if given.lang else evaluation.language)
    except FolderError as refused:
        given.told.append((folder, refused.problems, refused.language))
        raise
    language = given.lang[0] if given.lang else evaluation.language
    given.told.append((folder, evaluation.notes, language))
    print(reading_text(evaluation, language, folder))
    print(verdict_text(evaluation, language))


def _refuse_problems(path: Path, given: argparse.Namespace) -> None:
    from evaltools.problem_report import refuse_report_path

    refuse_report_path(path, language_of(given))


def _write_problems(path: Path, given: argparse.Namespace) -> None:
    """Write what all the folders had to tell, in the language of the first."""
    from evaltools.problem_report import write_problem_report

    language = given.told[0][2] if given.told else language_of(given)
    rows = write_problem_report(path, [(folder, problems) for folder, problems, _ in given.told], language)
    words = texts(language)["cli"]
    print(words["problems_written" if rows else "no_problems_to_write"].format(out=path, n=rows))


def _new(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.new_folder import DEFAULT_INSTRUMENTS, write_new_folder

    language = language_of(given)
    paths = write_new_folder(folder, language, given.instruments or DEFAULT_INSTRUMENTS)
    words = texts(language)["new"]
    print(words["done"].format(folder=folder))
    for path in paths:
        print(f"  {path}")
    print(words["next"])
    for step in words["steps"]:
        print(f"  {step.format(folder=folder)}")


def _lab(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.lab import NOTEBOOK, open_lab

    language = language_of(given)
    print(texts(language)["cli"]["lab_opens"].format(notebook=folder / NOTEBOOK))
    open_lab(folder, language)
