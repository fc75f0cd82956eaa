"""Errors raised on purpose, and the problems that a folder can have.

Every one says what was found, where, why it matters and how to mend it. None quotes an answer,
a name or a person code: messages end up in logs and e-mails.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from evaltools.language import DEFAULT, texts

ROWS_NAMED = 5
PROBLEMS_SHOWN = 50


class EvaltoolsError(Exception):
    """An error with a message for a person. Takes one string, so that it can cross process borders."""


class FolderError(EvaltoolsError):
    """An evaluation folder cannot be used as it is; the message lists every problem found."""


class InstrumentError(EvaltoolsError):
    """A scoring key breaks the rules for scoring keys."""


class KeyFileError(EvaltoolsError):
    """The pseudonym key cannot be read, made or used where it lies."""


class LedgerError(EvaltoolsError):
    """The release ledger is damaged or edited, so nothing new may be released."""


class DisclosureError(EvaltoolsError):
    """Something other than a release was handed to the released side, or a policy protects too little."""


class ReportError(EvaltoolsError):
    """A report could not be made."""


class Kind(NamedTuple):
    """A problem's id, which never changes, and its level: ``"error"`` stops the reading, ``"note"`` is only told."""

    id: str
    level: str


@lru_cache
def problem_kinds() -> dict[str, Kind]:
    """Every problem that can be told, by key.

    >>> problem_kinds()["folder_not_found"]
    Kind(id='EV-001', level='error')
    """
    table = tomllib.loads((files("evaltools") / "problems.toml").read_text("utf-8"))
    return {key: Kind(**entry) for key, entry in table.items()}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a folder, or to be known about it, and where.

    ``details`` fills the placeholders of the sentence. It holds words of the declaration (column names,
    allowed values, file names), never what a person answered.
    """

    key: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    details: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> Kind:
        """Its id and level."""
        return problem_kinds()[self.key]


@dataclass
class Problems:
    """Collects problems while a folder is read, so that all are told at once."""

    found: list[Problem] = field(default_factory=list)

    def add(self, key: str, /, *, file: str = "", sheet: str = "", row: int | None = None, column: str = "",
            **details: object) -> None:  # fmt: skip
        """Note one problem."""
        filled = tuple((name, _on_one_line(str(value))) for name, value in details.items())
        self.found.append(Problem(key, _on_one_line(file), _on_one_line(sheet), row, _on_one_line(column), filled))

    @property
    def errors(self) -> list[Problem]:
        """What stops the reading."""
        return [problem for problem in self.found if problem.kind.level == "error"]

    @property
    def notes(self) -> list[Problem]:
        """What is only told."""
        return [problem for problem in self.found if problem.kind.level == "note"]

    def raise_if_any(self, language: str) -> None:
        """Raise `FolderError` with every error, where there is one."""
        if self.errors:
            raise FolderError(problem_text(self.errors, language))


def _on_one_line(text: str) -> str:
    """A text that cannot break a message into two lines or steer the terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def problem_text(problems: Sequence[Problem], language: str = DEFAULT) -> str:
    """All problems as a text for a person, equal problems in the same column told once with their rows."""
    words = texts(language)
    groups: dict[Problem, list[int]] = {}
    for found in problems:
        alike = Problem(found.key, found.file, found.sheet, None, found.column, found.details)
        groups.setdefault(alike, []).extend([] if found.row is None else [found.row])
    lines = [_sentence(problem, rows, language) for problem, rows in groups.items()]
    shown = lines[:PROBLEMS_SHOWN]
    if len(lines) > PROBLEMS_SHOWN:
        shown.append(words["problem"]["more"].format(n=len(lines) - PROBLEMS_SHOWN))
    head = words["problem"]["one" if len(lines) == 1 else "many"].format(n=len(lines))
    return "\n".join([head, *shown])


def message(key: str, /, language: str = DEFAULT, **details: object) -> str:
    """One problem's sentence without a place, for errors that do not stand in a folder's cell."""
    return _sentence(Problem(key, details=tuple((k, str(v)) for k, v in details.items())), [], language)


def _sentence(problem: Problem, rows: Iterable[int], language: str) -> str:
    words = texts(language)
    entry = words["problems"][problem.key]
    known = {"file": problem.file, "sheet": problem.sheet, "column": problem.column} | dict(problem.details)
    text = " ".join(entry[part] for part in ("what", "why", "mend")).format(**known)
    place = _place(problem, sorted(set(rows)), words["problem"])
    return " ".join(filter(None, (problem.kind.id, f"{place}:" if place else "", text)))


def _place(problem: Problem, rows: Sequence[int], words: dict[str, str]) -> str:
    named = ", ".join(str(row) for row in rows[:ROWS_NAMED])
    if len(rows) > ROWS_NAMED:
        named = words["and_more"].format(rows=named, n=len(rows) - ROWS_NAMED)
    parts = {
        "file": problem.file,
        "sheet": problem.sheet,
        "rows" if len(rows) > 1 else "row": named,
        "column": problem.column,
    }
    return ", ".join(words[part].format(it=value) for part, value in parts.items() if value)
