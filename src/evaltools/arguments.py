"""What may be written after the options of several commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from evaltools.language import languages

PAGES = ("html", "pdf", "docx")  # as in `evaltools.reports`, which takes time to import
FORMATS = (*PAGES, "svg", "png")


def add_language(command: argparse.ArgumentParser, default: str) -> None:
    """Give a command the option of one language."""
    command.add_argument("--lang", nargs=1, choices=languages(), default=[], metavar="LANGUAGE",
                         help=f"language: {' or '.join(languages())} (default: {default})")  # fmt: skip


def languages_together(words: Sequence[str]) -> list[str]:
    """What was written, with languages that follow ``--lang`` as one word; a folder of such a name is written ``./en``.

    >>> languages_together(["report", "--lang", "sv", "en", "FOLDER"])
    ['report', '--lang', 'sv,en', 'FOLDER']
    """
    together: list[str] = []
    for word in words:
        if len(together) > 1 and together[-2] == "--lang" and word in languages():
            together[-1] += f",{word}"
        else:
            together.append(word)
    return together


def several_of(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Several of what is known as one word, as languages are: "html,pdf"."""

    def several(told: str) -> list[str]:
        chosen = list(dict.fromkeys(told.split(",")))
        if not set(chosen) <= set(known):
            raise argparse.ArgumentTypeError(f"choose from {', '.join(known)}, with commas between several")
        return chosen

    return several


def a_number(told: str) -> int:
    """A whole number, 1 or more."""
    if not told.isdecimal() or int(told) < 1:
        raise argparse.ArgumentTypeError("a whole number, 1 or more")
    return int(told)


def several_languages(told: str) -> list[str]:
    """Languages as one word, so that a folder may stand after it: "sv,en"."""
    spoken = list(dict.fromkeys(told.split(",")))
    if set(spoken) - set(languages()):
        raise argparse.ArgumentTypeError(
            f"invalid choice (choose from {', '.join(languages())}, or several with a comma)"
        )
    return spoken
