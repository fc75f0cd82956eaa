"""Which of a column's texts may be shown: none that can be one person's own words."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_exports import CODES, csv_text

from evaltools.answer_table import Declared
from evaltools.column_answers import alike_columns, column_answers, shared_texts
from evaltools.column_labels import column_labels
from evaltools.errors import FolderError
from evaltools.exports.grid import Grid
from evaltools.exports.signatures import recognise


def shown(*columns: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """What is shown of alike columns; row by row the people are A, A, B, C."""
    rows = (("kod", *(f"fråga {at}" for at in range(len(columns)))), *zip("AABC", *columns, strict=True))
    grid = Grid("a.csv", "", tuple(rows), tuple(range(1, 6)))
    return shared_texts(column_answers(grid, recognise(grid), 0)[1:])


def test_a_text_is_shown_from_two_people_in_two_columns() -> None:
    assert shown(("x", "", "x", "y"), ("y", "", "x", "y")) == (("x", "y"), 0)


def test_a_text_of_one_person_is_not_shown_however_often_it_is_given() -> None:
    assert shown(("x", "own", "x", "y"), ("own", "own", "y", "x")) == (("x", "y"), 1)


def test_a_text_in_one_column_is_not_shown_however_many_give_it() -> None:
    assert shown(("x", "boss", "boss", "y"), ("y", "y", "x", "x")) == (("x", "y"), 1)


def test_nothing_is_shown_where_most_texts_stand_alone() -> None:
    assert shown(("x", "p", "x", "q"), ("x", "r", "x", "s")) == ((), 5)


def test_a_column_alone_is_like_no_other() -> None:
    grid = Grid("a.csv", "", (("a", "b"), ("x", "p"), ("y", "q")), (1, 2, 3))
    assert alike_columns(enumerate(column_answers(grid, recognise(grid), None))) == []


def test_labels_of_a_column_where_most_stand_alone_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(csv_text([["kod", "Färg"], *zip(CODES, ("Blå", "Blå", "p", "q", "r", "s"), strict=True)]))
    with pytest.raises(FolderError, match="EV-251"):
        column_labels(path, "B", Declared())
