"""The command line: ``evaltools new FOLDER``, ``check``, ``report`` and what else can be asked."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from evaltools import __version__
from evaltools.arguments import a_number, add_language, several_languages, several_of
from evaltools.cli_organisation import PAGES, add_organisation_commands
from evaltools.cli_private import add_private_commands
from evaltools.errors import FolderError, fault_text
from evaltools.language import DEFAULT, languages, texts

INTERRUPTED = 130  # what a shell expects of a program stopped with Ctrl+C
_FORMATS = (*PAGES, "svg", "png")  # as in `evaltools.reports`, which takes time to import
NO_FOLDER = Path("measures")  # stands for itself, not for a folder of that name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, or ask what to do where none is given.

    0 if all went well, 1 if something was wrong and has been told, 130 if it was stopped.
    """
    for stream in (sys.stdout, sys.stderr):  # a Windows console cannot show every letter
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small sums: more threads only wait for each other
    words = sys.argv[1:] if arguments is None else arguments
    if not words and sys.stdin.isatty() and sys.stdout.isatty():
        return _guided()
    given = _parser().parse_args(words)
    language = (given.lang or [DEFAULT])[0]
    try:
        if given.problems and not _succeeds(_refuse_problems, given.problems, given, language):
            return 1
        if len(given.folders) > 1 and given.jobs != 1:
            failures = _reports(given)
        else:
            failures = sum(not _succeeds(given.run, folder, given, language) for folder in given.folders)
        if given.problems:
            failures += not _succeeds(_write_problems, given.problems, given, language)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has read enough; nothing more may be written, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 1 if failures else 0


def _guided() -> int:
    """Somebody who knows no command is asked for everything."""
    from evaltools.guided import guide  # which can open a browser, and takes time to import

    try:
        return guide(main)
    except KeyboardInterrupt:
        print()
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evaltools", description="Evaluates professional supervision (handledning).")
    parser.add_argument("--version", action="version", version=f"evaltools {__version__}")
    parser.set_defaults(problems=None, jobs=1)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    report = commands.add_parser("report", help="make the reports of an evaluation folder")
    check = commands.add_parser("check", help="only check an evaluation folder; leave it as it is")
    for command in (report, check):
        command.add_argument("folders", nargs="+", metavar="FOLDER", type=Path,
                             help="an evaluation folder (with evaluation.toml)")  # fmt: skip
    add_language(check, "the evaluation's own")
    report.add_argument("--lang", type=several_languages, default=[], metavar="LANGUAGE[,LANGUAGE]",
                        help=f"languages, such as {','.join(languages())} (default: the evaluation's own)")  # fmt: skip
    report.add_argument("--format", type=several_of(_FORMATS), default=list(_FORMATS), metavar="FORMAT[,FORMAT]",
                        help=f"file formats (default: {','.join(_FORMATS)})")  # fmt: skip
    new = commands.add_parser("new", help="make a new evaluation folder, with forms and a session log",
                              usage="%(prog)s FOLDER [--lang LANGUAGE] [--instruments ID ...]")  # fmt: skip
    new.add_argument("folders", nargs=1, metavar="FOLDER", type=Path, help="the folder to make; must not exist already")
    new.add_argument("--instruments", nargs="+", default=[], metavar="ID",
                     help="questionnaires, named as in `evaltools instruments` (default: two of our own)")  # fmt: skip
    listed = commands.add_parser("instruments", help="list the questionnaires and who may use them")
    listed.add_argument("--json", action="store_true", help="everything that is known, as JSON")
    plan = commands.add_parser("plan", help="say before the contract what an evaluation can show, and what not")
    plan.add_argument("--people", type=int, required=True, metavar="N", help="people in the group")
    plan.add_argument("--waves", type=int, required=True, metavar="N", help="how many times they answer")
    plan.add_argument("--scale", required=True, metavar="NAME", help="a scale, named as in `evaltools instruments`")
    plan.add_argument("--json", action="store_true", help="as JSON, for programs")
    measured = commands.add_parser("measures", help="list the hundred elements of a process and what measures them")
    measured.add_argument("folders", nargs="*", default=[NO_FOLDER], metavar="FOLDER", type=Path,
                          help="an evaluation folder: say too what is recorded in it")  # fmt: skip
    measured.add_argument("--json", action="store_true", help="as JSON, for programs")
    measured.set_defaults(run=_measures)
    lab = commands.add_parser("lab", help="open an evaluation in JupyterLab, to explore it; confidential")
    lab.add_argument("folders", nargs=1, metavar="FOLDER", type=Path, help="an evaluation folder")
    lab.set_defaults(run=_lab)
    for command in (new, listed, plan, measured, lab, *add_private_commands(commands)):
        add_language(command, DEFAULT)
    inspect = commands.add_parser("inspect", help="say what a file is: tool, headings, rows, personal data; no answers")
    inspect.add_argument("folders", nargs=1, metavar="FILE", type=Path, help="any export, calendar or attendance list")
    inspect.add_argument("--json", action="store_true", help="as JSON, for programs")
    _add_source(inspect)
    inspect.set_defaults(run=_inspect)
    check.add_argument("--problems", type=Path, metavar="FILE.xlsx",
                       help="also write all errors and notes to a new Excel file, with links to the cells")  # fmt: skip
    _add_map(commands)
    add_organisation_commands(commands)
    report.add_argument("--out", type=Path, default=Path("reports"), help="where reports go (default: reports)")
    report.add_argument("--jobs", type=a_number, metavar="N",
                        help="how many folders at once (default: as many as processors, at most 4)")  # fmt: skip
    report.set_defaults(run=_report, jobs=None)
    new.set_defaults(run=_new)
    listed.set_defaults(run=_instruments, folders=[Path("instruments")])
    check.set_defaults(run=_check, told=[])  # told: each folder with its problems and the language of its messages
    plan.set_defaults(run=_plan, folders=[Path("plan")])
    return parser


def _add_map(commands: Any) -> None:
    """The command that drafts a mapping, with what may be declared of the file."""
    drafted = commands.add_parser(
        "map", help="draft the mapping of a file, to be read and confirmed by hand; no answers"
    )
    drafted.add_argument("folders", nargs=1, metavar="FILE", type=Path, help="a survey tool's export")
    drafted.add_argument(
        "--structure", type=Path, help="the survey's structure: .lss, .lsa, .qsf, data dictionary, syntax"
    )
    drafted.add_argument("--folder", type=Path, help="the evaluation folder whose waves and questionnaires are meant")
    drafted.add_argument("--out", type=Path, help="write the draft to this file, which must not exist")
    drafted.add_argument("--labels", default="", metavar="COLUMN",
                         help="only list the different answers of a column: its letter, heading or code")  # fmt: skip
    _add_source(drafted)
    drafted.add_argument("--sheet", default="", help="the sheet of a workbook that has several")
    drafted.set_defaults(run=_map)


def _add_source(command: argparse.ArgumentParser) -> None:
    """What may be said of one file, and the language to speak of it in."""
    for declared in ("tool", "encoding", "delimiter"):
        command.add_argument(f"--{declared}", default="", help=f"the {declared}, where it is recognised wrongly")
    add_language(command, DEFAULT)


def _succeeds(
    run: Callable[[Path, argparse.Namespace], None], folder: Path, given: argparse.Namespace, language: str
) -> bool:
    """Run a command on one folder; what goes wrong is told without a traceback, which could quote data."""
    told = ""
    try:
        run(folder, given)
    except BrokenPipeError:
        raise
    except Exception as error:
        told = fault_text(folder, error, language)
    if told:
        print(told, file=sys.stderr)
    return not told


def _report(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.report_command import Wanted, report_folder

    report_folder(folder, Wanted(given.lang, given.format, given.out))


def _reports(given: argparse.Namespace) -> int:
    """The reports of several folders at once; how many folders something was wrong with."""
    from evaltools.report_command import Wanted, report_folders

    return report_folders(given.folders, Wanted(given.lang, given.format, given.out), given.jobs)


def _lab(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.lab import NOTEBOOK, open_lab

    language = (given.lang or [DEFAULT])[0]
    print(texts(language)["cli"]["lab_opens"].format(notebook=folder / NOTEBOOK))
    open_lab(folder, language)


def _inspect(file: Path, given: argparse.Namespace) -> None:
    from evaltools.inspect_file import inspect_file
    from evaltools.inspect_text import inspection_text, refuse_unread

    language = (given.lang or [DEFAULT])[0]
    told = inspect_file(file, language, tool=given.tool, encoding=given.encoding, delimiter=given.delimiter)
    if given.json:
        print(json.dumps(told, ensure_ascii=False, indent=2))
    refuse_unread(told, language)
    if not given.json:
        print(inspection_text(told, language))


def _map(file: Path, given: argparse.Namespace) -> None:
    from evaltools.answer_table import Declared
    from evaltools.column_labels import column_labels
    from evaltools.draft_mapping import draft_mapping
    from evaltools.map_text import map_text, write_draft

    language = (given.lang or [DEFAULT])[0]
    words = texts(language)["map"]
    declared = Declared(given.tool, given.encoding, given.delimiter, given.sheet, given.structure, given.folder)
    if given.labels:
        shown, hidden = column_labels(file, given.labels, declared, language)
        print(words["labels"].format(column=given.labels, file=file.name))
        print("\n".join(f"  {label}" for label in shown))
        print(words["hidden"].format(n=hidden) if hidden else "", end="\n" if hidden else "")
        return
    told = map_text(draft_mapping(file, declared, language), language)
    if given.out:
        write_draft(told, given.out, language)
        print(words["written"].format(file=given.out))
    else:
        print(told, end="")


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

    refuse_report_path(path, (given.lang or [DEFAULT])[0])


def _write_problems(path: Path, given: argparse.Namespace) -> None:
    """Write what all the folders had to tell, in the language of the first."""
    from evaltools.problem_report import write_problem_report

    language = given.told[0][2] if given.told else (given.lang or [DEFAULT])[0]
    rows = write_problem_report(path, [(folder, problems) for folder, problems, _ in given.told], language)
    words = texts(language)["cli"]
    print(words["problems_written" if rows else "no_problems_to_write"].format(out=path, n=rows))


def _new(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.new_folder import DEFAULT_INSTRUMENTS, write_new_folder

    language = (given.lang or [DEFAULT])[0]
    paths = write_new_folder(folder, language, given.instruments or DEFAULT_INSTRUMENTS)
    words = texts(language)["new"]
    print(words["done"].format(folder=folder))
    for path in paths:
        print(f"  {path}")
    print(words["next"])
    for step in words["steps"]:
        print(f"  {step.format(folder=folder)}")


def _instruments(_: Path, given: argparse.Namespace) -> None:
    from evaltools.instrument_list import instruments_json, instruments_text

    print(instruments_json() if given.json else instruments_text((given.lang or [DEFAULT])[0]))


def _plan(_: Path, given: argparse.Namespace) -> None:
    from evaltools.plan import plan_evaluation
    from evaltools.plan_text import plan_json, plan_text

    language = (given.lang or [DEFAULT])[0]
    plan = plan_evaluation(given.people, given.waves, given.scale, language)
    print(plan_json(plan) if given.json else plan_text(plan, language))


def _measures(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.coverage import coverage
    from evaltools.coverage_text import coverage_json, coverage_text

    language, analysis = (given.lang or [DEFAULT])[0], None
    if folder is not NO_FOLDER:
        from evaltools.analysis import analyse
        from evaltools.folder import read_evaluation

        evaluation = read_evaluation(folder, language=given.lang[0] if given.lang else "")
        language, analysis = given.lang[0] if given.lang else evaluation.language, analyse(evaluation)
    found = coverage(analysis)
    print(coverage_json(found) if given.json else coverage_text(found, language))
