"""The commands about what is kept private: the key, the release ledger, and a person's own page."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any

from evaltools.errors import KeyFileError, message
from evaltools.language import DEFAULT, texts


def add_private_commands(commands: Any) -> list[argparse.ArgumentParser]:
    """Add ``ledger``, ``key`` and ``person``; returns them, so that each can be given a language."""
    ledger = commands.add_parser("ledger", help="show what has been released, to whom and when; never about whom")
    ledger.add_argument("--json", action="store_true", help="as JSON, for programs")
    ledger.set_defaults(run=_ledger)
    key = commands.add_parser("key", help="make, move or destroy the pseudonym key of an evaluation")
    key_commands = key.add_subparsers(title="commands", required=True, metavar="make|move|destroy")
    made = key_commands.add_parser("make", help="make the key now, or say where it lies")
    made.set_defaults(run=_make)
    moved = key_commands.add_parser("move", help="take the key to another computer, in a file locked with a code")
    way = moved.add_mutually_exclusive_group(required=True)
    way.add_argument("--out", type=Path, metavar="FILE", help="on the old computer: the file to write")
    way.add_argument("--from", type=Path, metavar="FILE", dest="source", help="on the new computer: the file to read")
    moved.set_defaults(run=_move)
    destroyed = key_commands.add_parser("destroy", help="destroy the key for ever; asks for the evaluation's id")
    destroyed.set_defaults(run=_destroy)
    person = commands.add_parser("person", help="make a person's own page, for that person only; it is kept nowhere")
    for command in (ledger, made, moved, destroyed, person):
        command.add_argument("folders", nargs=1, metavar="FOLDER", type=Path, help="an evaluation folder")
    person.add_argument("code", metavar="CODE", help="the person's code, as in the files")
    person.add_argument("--out", type=Path, required=True, metavar="FILE.html",
                        help="the file to write; not in the evaluation's folder, not among the reports")  # fmt: skip
    person.set_defaults(run=_person)
    return [ledger, made, moved, destroyed, person]


def _ledger(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.ledger import open_ledger
    from evaltools.ledger_text import ledger_json, ledger_text

    opened = open_ledger(folder, language=_language(given))
    print(ledger_json(opened) if given.json else ledger_text(opened, _language(given)))


def _make(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.key_places import key_place
    from evaltools.keys import load_key
    from evaltools.settings import evaluation_id

    words, evaluation = texts(_language(given))["cli"], evaluation_id(folder, _language(given))
    load_key(folder, evaluation, _language(given))
    place = key_place(folder, evaluation, _language(given))
    told = words["key_in_keyring" if place.in_keyring else "key_in_file"]
    print(told.format(evaluation=evaluation, path=place.path))
    print(words["key_back_up"].format(folder=folder))


def _move(folder: Path, given: argparse.Namespace) -> None:
    from evaltools.key_transfer import receive_key, send_key
    from evaltools.settings import evaluation_id

    language = _language(given)
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

    language = _language(given)
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


def _language(given: argparse.Namespace) -> str:
    return str((given.lang or [DEFAULT])[0])
