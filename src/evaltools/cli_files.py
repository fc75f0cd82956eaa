"""The commands about one file of a survey tool: what it is, and a draft of what is to be declared of it."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path

from evaltools.arguments import add_language
from evaltools.language import DEFAULT, texts
from evaltools.run_command import language_of, run_each


def add_inspect(command: argparse.ArgumentParser) -> None:
    """Say what a file is."""
    command.add_argument("folders", nargs=1, metavar="FILE", type=Path, help="any export, calendar or attendance list")
    command.add_argument("--json", action="store_true", help="as JSON, for programs")
    _add_source(command)
    command.set_defaults(run=partial(run_each, _inspect))


def add_map(command: argparse.ArgumentParser) -> None:
    """Draft a file's mapping, with what may be declared of the file."""
    command.add_argument("folders", nargs=1, metavar="FILE", type=Path, help="a survey tool's export")
    command.add_argument(
        "--structure", type=Path, help="the survey's structure: .lss, .lsa, .qsf, data dictionary, syntax"
    )
    command.add_argument("--folder", type=Path, help="the evaluation folder whose waves and questionnaires are meant")
    command.add_argument("--out", type=Path, help="write the draft to this file, which must not exist")
    command.add_argument("--labels", default="", metavar="COLUMN",
                         help="only list the different answers of a column: its letter, heading or code")  # fmt: skip
    _add_source(command)
    command.add_argument("--sheet", default="", help="the sheet of a workbook that has several")
    command.set_defaults(run=partial(run_each, _map))


def _add_source(command: argparse.ArgumentParser) -> None:
    """What may be said of one file, and the language to speak of it in."""
    for declared in ("tool", "encoding", "delimiter"):
        command.add_argument(f"--{declared}", default="", help=f"the {declared}, where it is recognised wrongly")
    add_language(command, DEFAULT)


def _inspect(file: Path, given: argparse.Namespace) -> None:
    from evaltools.inspect_file import inspect_file
    from evaltools.inspect_text import inspection_text, refuse_unread

    language = language_of(given)
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

    language = language_of(given)
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
