"""Text cells to typed, validated canonical tables, by declaration only."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from evaltools.canonical import TABLES
from evaltools.errors import Problems
from evaltools.language import known_as
from evaltools.pseudonyms import looks_personal
from evaltools.schemas import Failure, typed_column, validate

_NUMBER = re.compile(r"[+\-−]?\d+(?:[.,]\d+)?")
_YEARS = range(1900, 2200)  # other years are slips of the pen, or stand for "never"
_UNSHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T].*)?")


@dataclass(frozen=True)
class Source:
    """Where a table's cells come from: file, sheet, the row of each record, and how messages name a column.

    In a wide export every answer of a row is a record of its own; ``answers`` then names each record's column.
    """

    file: str
    sheet: str
    rows: Sequence[int | None]
    columns: Mapping[str, str]
    answers: Sequence[str] = ()

    def place(self, column: str, at: int | None) -> str:
        """How a message names the column: letter and heading, or the name in ``evaluation.toml``."""
        if self.answers and at is not None and column not in ("person", "wave", "session"):
            return self.answers[at]
        return self.columns.get(column, column)


def number(text: str) -> float | None:
    """A number with decimal point or decimal comma; None where it is none.

    Without thousands separators there is nothing to guess: "3,5" and "3.5" are the same number.

    >>> number("3,5"), number("−2"), number("1 000"), number("1.000,5")
    (3.5, -2.0, None, None)
    """
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text.replace(",", ".").replace("−", "-"))
    return value if math.isfinite(value) else None


def iso_date(text: str) -> date | None:
    """A date written as year-month-day, a time after it left out; None where it is none.

    >>> iso_date("2025-03-01 00:00:00"), iso_date("1/3 2025")
    (datetime.date(2025, 3, 1), None)
    """
    found = _DATE.fullmatch(text)
    if not found or int(found[1]) not in _YEARS:
        return None
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3])).date()
    except ValueError:
        return None


def decode_table(records: Sequence[Mapping[str, str]], name: str, source: Source, problems: Problems) -> pd.DataFrame:
    """Text records as one canonical table, typed by its declaration and validated.

    Parameters
    ----------
    records : sequence of mappings
        One a row: canonical column to text; a blank or absent column is missing.
    name : str
        The canonical table.
    source : Source
        Where the records stand, for messages.
    problems : Problems
        Collects everything that is wrong, cell by cell.

    Returns
    -------
    DataFrame
        Rows in the order of the records, every declared column present; a cell that cannot be read is missing,
        so that what else is wrong with the rows can be told too.
    """
    before = len(problems.found)
    fields = TABLES[name]
    absent = [column for column, field in fields.items() if field.required and column not in source.columns]
    for column in absent:
        problems.add("column_missing", file=source.file, sheet=source.sheet, column=column, table=name)
    columns = {}
    for column, field in fields.items():
        texts = [record.get(column, "") for record in records]
        values = [_cell(text, field.kind, column) for text in texts]
        for at, (text, value) in enumerate(zip(texts, values, strict=True)):
            key = _cell_problem(text, value, field.kind, column)
            if key:
                place = source.place(column, at)
                problems.add(key, file=source.file, sheet=source.sheet, row=source.rows[at], column=place)
        columns[column] = typed_column(values, field.kind)
    frame = pd.DataFrame(columns)
    unread = {(problem.row, problem.column) for problem in problems.found[before:]}
    for failure in validate(frame, name):
        _tell(failure, source, absent, unread, problems)
    return frame


def _tell(
    failure: Failure,
    source: Source,
    absent: list[str],
    unread: set[tuple[int | None, str]],
    problems: Problems,
) -> None:
    """Note a failure, unless the column is wholly absent or the cell has been told already."""
    row = None if failure.row is None else source.rows[failure.row]
    place = source.place(failure.column, failure.row)
    if failure.column not in absent and (row, place) not in unread:
        problems.add(failure.key, file=source.file, sheet=source.sheet, row=row, column=place, allowed=failure.allowed)


def _cell(text: str, kind: str, column: str) -> Any:
    """The typed value of a text; None for a blank and for what cannot be read (`_cell_problem` tells which)."""
    if not text:
        return None
    if kind in ("code", "person", "text"):
        return None if _UNSHOWN.search(text) else text
    if kind == "date":
        return iso_date(text)
    if kind == "time":  # as `evaltools.exports.moments` has read it
        return datetime.fromisoformat(text)
    if kind in ("number", "count"):
        value = number(text)
        return None if kind == "count" and value is not None and not value.is_integer() else value
    if kind == "yes_no":
        return {"yes": True, "no": False}.get(known_as("yes_no").get(text.casefold(), ""))
    return known_as(column).get(text.casefold(), text)


def _cell_problem(text: str, value: Any, kind: str, column: str) -> str:
    if not text:
        return ""
    if value is None:
        return "not_a_text" if kind in ("code", "person") else f"not_a_{kind}"
    personal = looks_personal(text) if kind in ("code", "person", "text") else ""
    if personal == "email" and kind == "person":  # replaced by a pseudonym before anything else sees it
        return ""
    if column == "response":  # a tool's running numbers, some of which look like a personnummer; see `personal_data`
        return ""
    return f"looks_like_{personal}" if personal else ""
