"""The command line: ``evaltools new FOLDER``, ``check``, ``report`` and what else can be asked.

Here are the commands' names only. What a command needs is imported once it is written, so that help comes at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from evaltools import __version__

TYPE_CHECKING = False  # as type checkers read it; typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130  # what a shell expects of a program stopped with Ctrl+C
# Each command, the room in which it is, as ``add_COMMAND``, and its line in the help.
_COMMANDS = {
    "report": ("cli_evaluation", "make the reports of an evaluation folder"),
    "check": ("cli_evaluation", "only check an evaluation folder; leave it as it is"),
    "new": ("cli_evaluation", "make a new evaluation folder, with forms and a session log"),
    "instruments": ("cli_plans", "list the questionnaires and who may use them"),
    "plan": ("cli_plans", "say before the contract what an evaluation can show, and what not"),
    "measures": ("cli_plans", "list the hundred elements of a process and what measures them"),
    "lab": ("cli_evaluation", "open an evaluation in JupyterLab, to explore it; confidential"),
    "ledger": ("cli_private", "show what has been released, to whom and when; never about whom"),
    "key": ("cli_private", "make, move or destroy the pseudonym key of an evaluation"),
    "person": ("cli_private", "make a person's own page, for that person only; it is kept nowhere"),
    "inspect": ("cli_files", "say what a file is: tool, headings, rows, personal data; no answers"),
    "map": ("cli_files", "draft the mapping of a file, to be read and confirmed by hand; no answers"),
    "review": ("cli_organisation", "make an organisation's report of what many evaluations have released"),
    "partial": ("cli_organisation", "hand on released figures and sums over groups, without any answers"),
}


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
    if "--lang" in words:
        from evaltools.arguments import languages_together

        words = languages_together(words)
    given = _parser(words).parse_args(words)
    try:
        failures = given.run(given)
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


class _Help(argparse.HelpFormatter):
    """As wide as the terminal. argparse finds that out with shutil, which takes a tenth of all that help takes."""

    def __init__(self, prog: str) -> None:
        try:
            width = os.get_terminal_size().columns
        except OSError:  # no terminal
            width = 80
        super().__init__(prog, width=width - 2)


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """All commands; the options only of those that are written."""
    parser = argparse.ArgumentParser(
        prog="evaltools", description="Evaluates professional supervision (handledning).", formatter_class=_Help
    )
    parser.add_argument("--version", action="version", version=f"evaltools {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, (room, told) in _COMMANDS.items():
        written = name in words
        command = commands.add_parser(name, help=told, add_help=written)
        if written:
            getattr(import_module(f"evaltools.{room}"), f"add_{name}")(command)
    return parser
