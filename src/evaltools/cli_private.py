"""The commands about what is kept private: the key, the release ledger, and a person's own page."""

from __future__ import annotations

import argparse
import getpass
import sys
from functools import partial
from pathlib import Path

from evaltools.arguments import add_language
from evaltools.errors import KeyFileError, message
from evaltools.language import DEFAULT, texts
from evaltools.run_command import Run, language_of, run_each


def add_ledger(command: argparse.ArgumentParser) -> None:
    """Show what has been released."""
    command.add_argument("--json", action="store_true", help="as JSON, for programs")
    _on_a_folder(command, _ledger)


def add_key(command: argparse.ArgumentParser) -> None:
    """Make, move or destroy the key of an evaluation."""
    commands = command.add_subparsers(title="commands", required=True, metavar="make|move|destroy")
    _on_a_folder(commands.add_parser("make", help="make the key now, or say where it lies"), _make)
    moved = commands.add_parser("move", help="take the key to another computer, in a file locked with a code")
    way = moved.add_mutually_exclusive_group(required=True)
    way.add_argument("--out", type=Path, metavar="FILE", help="on the old computer: the file to write")
    way.add_argument("--from", type=Path, metavar="FILE", dest="source", help="on the new computer: the file to read")
    _on_a_folder(moved, _move)
    _on_a_folder(
        commands.add_parser("destroy", help="destroy the key for ever; asks for the evaluation's id"), _destroy
    )


def add_person(command: argparse.ArgumentParser) -> None:
    """Make a person's own page."""
    _on_a_folder(command, _person)
    command.add_argument("code", metavar="CODE", help="the person's code, as in the files")
    command.add_argument("--out", type=Path, required=True, metavar="FILE.html",
                         help="the file to write; not in the evaluation's folder, not among the reports")  # fmt: skip


def _on_a_folder(command: argparse.ArgumentParser, run: Run) -> None:
    """The folder and the language, and what the command does."""
    command.add_argument("folders", nargs=1, metavar="FOLDER", type=Path, help="an evaluation folder")
    add_language(command, DEFAULT)
    command.set_defaults(run=partial(run_each, run))


def _ledger(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.ledger import open_ledger
    from evaltools.ledger_text import ledger_json, ledger_text

    opened = open_ledger(folder, language=language_of(given))
    print(ledger_json(opened) if given.json else ledger_text(opened, language_of(given)))


def _make(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.key_places import key_place
    from evaltools.keys import load_key
    from evaltools.settings import evaluation_id

    words, evaluation = texts(language_of(given))["cli"], evaluation_id(folder, language_of(given))
    load_key(folder, evaluation, language_of(given))
    place = key_place(folder, evaluation, language_of(given))
    told = words["key_in_keyring" if place.in_keyring else "key_in_file"]
    print(told.format(evaluation=evaluation, path=place.path))
    print(words["key_back_up"].format(folder=folder))


def _move(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.key_transfer import receive_key, send_key
    from evaltools.settings import evaluation_id

    language = language_of(given)
    words, evaluation = texts(language)["cli"], evaluation_id(folder, language)
    if given.out:
        code = send_key(folder, evaluation, given.out, language)
        print(words["key_sent"].format(evaluation=evaluation, out=given.out))
        print(f"\n    {code}\n")
        print(words["key_sent_next"].format(folder=folder))
    else:
        receive_key(folder, evaluation, given.source, _asked(words["key_ask_code"]), language)
        print(words["key_received"].format(evaluation=evaluation))


def _destroy(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.keys import destroy_key, find_key
    from evaltools.settings import evaluation_id

    language = language_of(given)
    words, evaluation = texts(language)["cli"], evaluation_id(folder, language)
    if find_key(folder, evaluation, language) is None:
        raise KeyFileError(message("key_none", language, evaluation=evaluation))
    print(words["key_destroy_ask"].format(evaluation=evaluation), end="", flush=True)
    written = sys.stdin.readline().strip()
    if not sys.stdin.isatty():
        print()  # nobody pressed Enter on the screen
    if written != evaluation:
        raise KeyFileError(message("key_not_confirmed", language))
    left = destroy_key(folder, evaluation, language)
    print(words["key_destroyed"].format(evaluation=evaluation))
    if left:
        print(words["key_common_left"].format(path=left))


def _person(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.person import person_page, write_person_page

    language = given.lang[0] if given.lang else ""
    write_person_page(person_page(folder, given.code, language), given.out, folder, language or DEFAULT)
    print(texts(language or DEFAULT)["cli"]["person_written"].format(out=given.out))


def _asked(question: str) -> str:
    """What the user writes, not shown on the screen; a line of a file or another program where there is no screen."""
    if sys.stdin.isatty():
        return getpass.getpass(question)
    return sys.stdin.readline()
