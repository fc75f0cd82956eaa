"""The way through evaltools without a single command: questions in the terminal, from a folder to its reports."""

from __future__ import annotations

import os
import shlex
import shutil
import textwrap
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from evaltools.language import languages, texts

_SETTINGS = "evaluation.toml"  # as in `evaltools.settings`, which takes time to import
_REPORTS = "reports"
_CONFIDENTIAL = "confidential"  # as in `evaltools.reports`, likewise
_LISTED = 9  # folders to choose from
_UNSEEN = "\u200e\u200f\u202a\u202b\u202c\ufeff"  # what a path copied from Windows' Properties can begin with
_QUOTES = {'"': '"', "'": "'", "“": "”", "”": "”", "«": "»"}

Run = Callable[[Sequence[str]], int]
Ask = Callable[[str], str]


def guide(run: Run, ask: Ask = input, show: Callable[[str], bool] = webbrowser.open) -> int:
    """Ask for language and folder, check the folder until it is in order, and make its reports.

    Parameters
    ----------
    run : callable
        Runs one command of the command line, given as a list of words; 0 if all went well.
    ask : callable
        Shows a question and returns what was typed.
    show : callable
        Opens an address in the web browser; whether that worked.

    Returns
    -------
    int
        0, also where the person stopped on the way; nothing is left half done.

    Raises
    ------
    KeyboardInterrupt
        If a command, or the person, was stopped with Ctrl+C.
    """
    try:
        language = _language(ask)
        words = texts(language)["guided"]
        _say(words["welcome"])
        folder = _folder(run, ask, words, language)
        _checked(folder, run, ask, words, language)
        _reported(folder, run, ask, show, words, language)
        ask(words["end"])
    except EOFError:
        print()
    return 0


def typed_path(typed: str) -> Path:
    r"""The path that somebody typed, pasted, or dragged into the terminal.

    Quotation marks around it, blanks at its ends, the ``&`` of PowerShell, the backslashes that a Mac's terminal puts
    before blanks, and the unseen letters of a path that was copied from a window of properties are no part of it.

    >>> typed_path(' "Årsta, grupp 2" ').name, typed_path("& 'Årsta, grupp 2'").name
    ('Årsta, grupp 2', 'Årsta, grupp 2')
    """
    text = typed.strip().strip(_UNSEEN).strip().removeprefix("& ").strip()
    if text.startswith("file://"):
        return Path(url2pathname(urlsplit(text).path))
    bare = text[1:-1] if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] else text
    if os.name != "nt" and not _is_there(Path(bare)):
        try:
            parts = shlex.split(text)
        except ValueError:  # an apostrophe of the name itself
            parts = []
        if len(parts) == 1:
            bare = parts[0]
    return Path(bare).expanduser()


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or not a path at all
        return False


def _say(text: str) -> None:
    """Show a text, its lines broken between words; lines that are set in, such as paths, stay whole."""
    width = shutil.get_terminal_size().columns - 1
    for line in text.splitlines():
        print(line if line.startswith(" ") else textwrap.fill(line, width, break_long_words=False))


def _language(ask: Ask) -> str:
    """The language of the questions, asked in all of them at once; the first where nothing is typed."""
    spoken = languages()
    _choices([texts(each)["language"]["name"] for each in spoken])
    question = " / ".join(texts(each)["guided"]["language"] for each in spoken)
    return spoken[_number(ask, f"{question} [1]: ", len(spoken), 1) - 1]


def _choices(names: Sequence[str]) -> None:
    print("\n".join(f"  {number}  {name}" for number, name in enumerate(names, start=1)))


def _number(ask: Ask, question: str, most: int, usual: int) -> int:
    """A number from 1, asked for until it is one; ``usual`` where nothing is typed."""
    while True:
        typed = ask(question).strip()
        if not typed:
            return usual
        if typed.isdecimal() and 1 <= int(typed) <= most:
            return int(typed)
        print(f"1–{most}")


def _agreed(ask: Ask, question: str, words: dict[str, Any]) -> bool:
    """Yes or no, asked for until it is one of them."""
    while True:
        typed = ask(question).strip().casefold()
        if typed in words["yes"] or typed in words["no"]:
            return typed in words["yes"]
        print(words["yes_or_no"])


def _folder(run: Run, ask: Ask, words: dict[str, Any], language: str) -> Path:
    """An evaluation folder: one of those lying here, one that is pointed out, or a new one."""
    near = _near()
    _say(words["folder_lead"])
    if near:
        print(words["folder_near"])
        _choices([folder.name for folder in near])
    while True:
        typed = ask(words["folder"]).strip()
        if not typed:
            continue
        if typed.isdecimal() and 1 <= int(typed) <= len(near):
            return near[int(typed) - 1]
        folder = typed_path(typed)
        folder = folder.parent if folder.name == _SETTINGS else folder
        if _is_there(folder / _SETTINGS):
            return folder
        if _made(folder, run, ask, words, language):
            raise EOFError  # there is work to do before it can be read


def _near() -> list[Path]:
    """Evaluation folders here: this one, or those in it."""
    here = Path.cwd()
    try:
        found = sorted(folder for folder in (here, *here.iterdir()) if (folder / _SETTINGS).is_file())
    except OSError:
        found = []
    return found[:_LISTED]


def _made(folder: Path, run: Run, ask: Ask, words: dict[str, Any], language: str) -> bool:
    """Whether a new evaluation folder was wanted, and made."""
    if _is_there(folder) and not folder.is_dir():
        print(words["is_a_file"])
        return False
    if _is_there(folder) and not _is_empty(folder):
        _say(words["no_settings"].format(folder=folder))
        return False
    question = words["is_empty" if _is_there(folder) else "not_found"].format(folder=folder.absolute())
    if not _agreed(ask, question, words):
        return False
    if _run(run, ["new", str(folder), "--lang", language]):
        return False
    _say(words["come_back"])
    ask(words["end"])
    return True


def _is_empty(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except OSError:  # it may not even be looked into
        return False


def _checked(folder: Path, run: Run, ask: Ask, words: dict[str, Any], language: str) -> None:
    """Check the folder until nothing is wrong; between two times the person mends what is told."""
    _say(words["check_lead"].format(folder=folder))
    command = ["check", str(folder), "--lang", language]
    while _run(run, command):
        command = command[:4]
        if ask(words["check_again"]).strip().casefold() in words["as_workbook"]:
            command += ["--problems", str(_new_workbook(folder, words["workbook"]))]


def _new_workbook(folder: Path, name: str) -> Path:
    """A name beside the folder that nothing has yet."""
    number = 1
    while _is_there(path := folder.absolute().parent / name.format(folder=folder.absolute().name, number=number)):
        number += 1
    return path


def _reported(
    folder: Path, run: Run, ask: Ask, show: Callable[[str], bool], words: dict[str, Any], language: str
) -> None:
    """Make the reports, once the person knows what that means, and say where they are."""
    from evaltools.settings import evaluation_id

    _say(words["report_lead"])
    if not _agreed(ask, words["report"], words):
        raise EOFError
    spoken = languages()
    _choices([*(texts(each)["language"]["name"] for each in spoken), words["all_languages"]])
    usual = spoken.index(language) + 1
    at = _number(ask, words["report_language"].format(usual=usual), len(spoken) + 1, usual)
    chosen = spoken if at > len(spoken) else (spoken[at - 1],)
    out = folder.absolute().parent / _REPORTS
    if _run(run, ["report", str(folder), "--lang", ",".join(chosen), "--out", str(out)]):
        _say(words["report_failed"])
        return
    place = out / evaluation_id(folder, language)
    _say(words["where"].format(place=place, confidential=place / _CONFIDENTIAL))
    if _agreed(ask, words["open"], words):
        tail = f".{language if language in chosen else chosen[0]}.html" if len(chosen) > 1 else ".html"
        pages = (place / _CONFIDENTIAL / f"supervisor{tail}", place / f"commissioner{tail}")
        opened = [show(page.as_uri()) for page in pages]
        if not all(opened):
            _say(words["not_opened"])


def _run(run: Run, command: Sequence[str]) -> bool:
    """Run a command; whether something was wrong. One that was stopped stops everything."""
    code = run(command)
    if code not in (0, 1):
        raise KeyboardInterrupt
    return code != 0
