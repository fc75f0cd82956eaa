"""Errors raised on purpose, and the problems that a folder can have.

Every one says what was found, where, why it matters and how to mend it. None quotes an answer,
a name or a person code: messages end up in logs and e-mails.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from evaltools.language import DEFAULT, texts

ROWS_NAMED = 5
PROBLEMS_SHOWN = 50
_LETTERS = re.compile(r"[A-Z]{1,3}(?= \(|$)")  # a column is named by its letters, then its heading


class EvaltoolsError(Exception):
    """An error with a message for a person. Takes one string, so that it can cross process borders."""


class FolderError(EvaltoolsError):
    """An evaluation folder cannot be used as it is; the message lists the problems.

    ``problems`` holds all of them, errors and notes; ``language`` is that of the message.
    """

    problems: tuple[Problem, ...] = ()
    language: str = DEFAULT


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
    """A problem's id, which never changes, and its level: ``"error"`` stops the reading, ``"note"`` is only told.

    A note that ``explains`` is told beside the errors of its file too, since it may be their cause.
    """

    id: str
    level: str
    explains: bool = False


@lru_cache
def problem_kinds() -> dict[str, Kind]:
    """Every problem that can be told, by key.

    >>> problem_kinds()["folder_not_found"]
    Kind(id='EV-001', level='error', explains=False)
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

    @property
    def letters(self) -> str:
        """The letters of its column in a spreadsheet; blank where the column has none.

        >>> Problem("cell_missing", column="AB (Age)").letters, Problem("cell_missing", column="files.path").letters
        ('AB', '')
        """
        found = _LETTERS.match(self.column)
        return found[0] if found else ""


@dataclass
class Problems:
    """Collects problems while a folder is read, so that all are told at once."""

    found: list[Problem] = field(default_factory=list)

    def add(self, key: str, /, *, file: str = "", sheet: str = "", row: int | None = None, column: str = "",
            **details: object) -> None:  # fmt: skip
        """Note one problem."""
        filled = tuple((name, on_one_line(str(value))) for name, value in details.items())
        self.found.append(Problem(key, on_one_line(file), on_one_line(sheet), row, on_one_line(column), filled))

    @property
    def errors(self) -> list[Problem]:
        """What stops the reading, each cell once, by place."""
        return [problem for problem in told_once(self.found) if problem.kind.level == "error"]

    @property
    def notes(self) -> list[Problem]:
        """What is only told, by place."""
        return [problem for problem in told_once(self.found) if problem.kind.level == "note"]

    def raise_if_any(self, language: str, folder: Path | None = None) -> None:
        """Raise `FolderError` with every error, where there is one; it carries the notes too.

        The notes that may explain errors of their own file stand below them; the others wait until all is in order.
        ``folder`` as the user wrote it: where not all errors are listed, the message names the command that does.
        """
        if self.errors:
            wrong = {problem.file for problem in self.errors}
            causes = [problem for problem in self.notes if problem.kind.explains and problem.file in wrong]
            told = [problem_text(problems, language, folder) for problems in (self.errors, causes) if problems]
            refused = FolderError("\n".join(told))
            refused.problems, refused.language = tuple(told_once(self.found)), language
            raise refused


def on_one_line(text: str) -> str:
    """A text that cannot break a message into two lines or steer the terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def told_once(problems: Iterable[Problem]) -> list[Problem]:
    """Problems in the order of file, sheet and row; of a cell that has errors, only the first that was found.

    Reading goes from the cell to what it refers to, so the first error is the cause, and the others follow from it.
    """
    kept: dict[tuple[str, str, int, str] | Problem, Problem] = {}
    for problem in sorted(problems, key=lambda each: each.kind.level):  # errors before notes
        cell = (problem.file, problem.sheet, problem.row or 0, problem.column)
        if cell not in kept:
            is_cell = problem.kind.level == "error" and problem.row is not None and problem.column
            kept.setdefault(cell if is_cell else problem, problem)
    return sorted(kept.values(), key=_position)


def _position(problem: Problem) -> tuple[object, ...]:
    column = (len(problem.letters), problem.letters)
    return problem.file.casefold(), problem.file, problem.sheet, problem.row or 0, column


def sentences(problems: Iterable[Problem], language: str = DEFAULT) -> list[str]:
    """Every problem as a sentence that begins with its id; those that differ only in their row become one."""
    groups: dict[Problem, list[int]] = {}
    for found in told_once(problems):
        groups.setdefault(replace(found, row=None), []).extend([] if found.row is None else [found.row])
    return [_sentence(problem, rows, language) for problem, rows in groups.items()]


def problem_text(problems: Sequence[Problem], language: str = DEFAULT, folder: Path | None = None) -> str:
    """Problems of one level as a text for a person: how many, then a sentence each, the first 50 of them.

    Parameters
    ----------
    problems : sequence of Problem
        Errors, or notes.
    language : str
        Language of the sentences.
    folder : Path, optional
        The evaluation folder as the user wrote it, for the command that writes all of them to a workbook.
    """
    words = texts(language)["problem"]
    lines = sentences(problems, language)
    heads = ("one", "many") if any(problem.kind.level == "error" for problem in problems) else ("note", "notes")
    shown = [words[heads[len(lines) != 1]].format(n=len(lines)), *lines[:PROBLEMS_SHOWN]]
    if len(lines) > PROBLEMS_SHOWN:
        shown.append(words["more"].format(n=len(lines) - PROBLEMS_SHOWN))
        if folder:
            report = words["report_name"].format(folder=folder.resolve().name)
            shown.append(words["all_in_report"].format(command=f'evaltools check "{folder}" --problems "{report}"'))
    return "\n".join(shown)


def message(key: str, /, language: str = DEFAULT, **details: object) -> str:
    """One problem's sentence without a place, for errors that do not stand in a folder's cell."""
    return _sentence(Problem(key, details=tuple((k, str(v)) for k, v in details.items())), [], language)


def fault_text(folder: Path, error: Exception, language: str) -> str:
    """What went wrong with a folder, in words."""
    return f"{folder.name or folder}: {error if isinstance(error, EvaltoolsError) else fault_told(error, language)}"


def fault_told(error: Exception, language: str = DEFAULT) -> str:
    """A fault of ours in words: its kind and place, for its own text could quote data."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return message("internal_fault", language, kind=type(error).__name__, place=place)


def what_why_mend(problem: Problem, language: str = DEFAULT) -> tuple[str, str, str]:
    """What a problem is, why it matters and how it is mended, without its place."""
    entry = texts(language)["problems"][problem.key]
    known = {"file": problem.file, "sheet": problem.sheet, "column": problem.column} | dict(problem.details)
    what, why, mend = (str(entry[part]).format(**known) for part in ("what", "why", "mend"))
    return what, why, mend


def _sentence(problem: Problem, rows: Iterable[int], language: str) -> str:
    place = _place(problem, sorted(set(rows)), texts(language)["problem"])
    text = " ".join(what_why_mend(problem, language))
    return " ".join(filter(None, (problem.kind.id, f"{place}:" if place else "", text)))


def _place(problem: Problem, rows: Sequence[int], words: dict[str, str]) -> str:
    """File, sheet, rows and column; many rows are counted, and only the first is named."""
    parts = [words[part].format(it=it) for part, it in (("file", problem.file), ("sheet", problem.sheet)) if it]
    if len(rows) > ROWS_NAMED:
        parts.append(words["many_rows"].format(n=len(rows), first=rows[0]))
    elif rows:
        parts.append(words["row" if len(rows) == 1 else "rows"].format(it=", ".join(map(str, rows))))
    return ", ".join([*parts, *([words["column"].format(it=problem.column)] if problem.column else [])])
