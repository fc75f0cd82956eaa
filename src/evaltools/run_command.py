"""How a command is run on what was named after it: one after the other, each fault told and none stopping the rest."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from evaltools.errors import fault_text
from evaltools.language import DEFAULT

Run = Callable[[Path, argparse.Namespace], None]


def run_each(run: Run, given: argparse.Namespace) -> int:
    """Run a command on each folder that was named; with how many something was wrong."""
    return sum(not succeeds(run, folder, given) for folder in given.folders)


def succeeds(run: Run, folder: Path, given: argparse.Namespace) -> bool:
    """Run a command on one folder; what goes wrong is told without a traceback, which could quote data."""
    told = ""
    try:
        run(folder, given)
    except BrokenPipeError:
        raise
    except Exception as error:
        told = fault_text(folder, error, language_of(given))
    if told:
        print(told, file=sys.stderr)
    return not told


def language_of(given: argparse.Namespace) -> str:
    """The language that was asked for, or the default one."""
    return str((given.lang or [DEFAULT])[0])
