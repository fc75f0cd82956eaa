"""The commands that need no evaluation yet: the questionnaires, what an evaluation can show, what is measured."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from evaltools.arguments import add_language
from evaltools.language import DEFAULT
from evaltools.run_command import language_of, run_each

_NO_FOLDER = Path("measures")  # stands for itself, not for a folder of that name


def add_instruments(command: argparse.ArgumentParser) -> None:
    """List the questionnaires."""
    command.add_argument("--json", action="store_true", help="everything that is known, as JSON")
    add_language(command, DEFAULT)
    command.set_defaults(run=partial(run_each, _instruments), folders=[Path("instruments")])


def add_plan(command: argparse.ArgumentParser) -> None:
    """Say what so many people can show."""
    command.add_argument("--people", type=int, required=True, metavar="N", help="people in the group")
    command.add_argument("--waves", type=int, required=True, metavar="N", help="how many times they answer")
    command.add_argument("--scale", required=True, metavar="NAME", help="a scale, named as in `evaltools instruments`")
    command.add_argument("--json", action="store_true", help="as JSON, for programs")
    add_language(command, DEFAULT)
    command.set_defaults(run=partial(run_each, _plan), folders=[Path("plan")])


def add_measures(command: argparse.ArgumentParser) -> None:
    """List the elements of a process; of an evaluation, too, what is recorded."""
    command.add_argument("folders", nargs="*", default=[_NO_FOLDER], metavar="FOLDER", type=Path,
                         help="an evaluation folder: say too what is recorded in it")  # fmt: skip
    command.add_argument("--json", action="store_true", help="as JSON, for programs")
    add_language(command, DEFAULT)
    command.set_defaults(run=partial(run_each, _measures))


def _instruments(_: Path, given: argparse.Namespace) -> None:
    from evaltools.instrument_list import instruments_json, instruments_text

    print(instruments_json() if given.json else instruments_text(language_of(given)))


def _plan(_: Path, given: argparse.Namespace) -> None:
    from evaltools.plan import plan_evaluation
    from evaltools.plan_text import plan_json, plan_text

    language = language_of(given)
    plan = plan_evaluation(given.people, given.waves, given.scale, language)
    print(plan_json(plan) if given.json else plan_text(plan, language))


def _measures(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.coverage import coverage
    from evaltools.coverage_text import coverage_json, coverage_text

    language, analysis = language_of(given), None
    if folder is not _NO_FOLDER:
        from evaltools.analysis import analyse
        from evaltools.folder import read_evaluation

        evaluation = read_evaluation(folder, language=given.lang[0] if given.lang else "")
        language, analysis = given.lang[0] if given.lang else evaluation.language, analyse(evaluation)
    found = coverage(analysis)
    print(coverage_json(found) if given.json else coverage_text(found, language))
