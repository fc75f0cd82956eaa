"""Bytes to text cells: encodings, delimiters, workbooks, and what cannot be read."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaltools.errors import Problems
from evaltools.exports.grid import Grid, read_grid
from evaltools.inspect_file import inspect_file
from evaltools.measures import limits

CELLS = st.text("abcåäöÅÄÖé0123456789,;.| \t\n\"'–", max_size=8).map(str.strip)
ROWS = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=6)
)


def read(path: Path, **declared: str) -> tuple[Grid | None, list[Any]]:
    problems = Problems()
    return read_grid(path, path.name, problems, **declared), problems.found


def keys(path: Path, **declared: str) -> list[str]:
    grid, found = read(path, **declared)
    assert grid is None or found
    return [problem.key for problem in found]


def written(folder: Path, content: str | bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(path: Path, sheets: dict[str, list[list[Any]]], *, hidden: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    book.save(path)
    return path


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    delimiter=st.sampled_from([";", ",", "\t", "|"]),
    ending=st.sampled_from(["\r\n", "\n", "\r"]),
    hint=st.booleans(),
)
def test_any_spelling_of_a_table_is_the_same_table(
    tmp_path: Path, rows: list[list[str]], encoding: str, delimiter: str, ending: str, hint: bool
) -> None:
    heads = [f"rubrik å{at}" for at in range(len(rows[0]))]
    stream = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if ending == "\r" else csv.QUOTE_MINIMAL
    csv.writer(stream, delimiter=delimiter, lineterminator=ending, quoting=quoting).writerows([heads, *rows])
    text = f"sep={delimiter}{ending}{stream.getvalue()}" if hint else stream.getvalue()
    path = written(tmp_path, text.encode(encoding))
    declared = {} if hint else {"delimiter": delimiter}
    grid, found = read(path, **declared)
    assert found == []
    assert grid is not None
    assert [list(row) for row in grid.rows] == [heads, *rows]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_delimiter_and_encoding_of_a_questionnaire_are_found(tmp_path: Path, delimiter: str, encoding: str) -> None:
    rows = [("Kod", "Trivs på jobbet", "Vikt"), ("AB01", "3", '"3,5"'), ("ÅÄ02", "4", '"4,25"'), ("AB03", "", '"1,0"')]
    grid, found = read(written(tmp_path, "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)))
    assert found == []
    assert grid is not None
    assert grid.rows == tuple(tuple(cell.strip('"') for cell in row) for row in rows)


def test_decimal_commas_do_not_win_the_vote_for_a_delimiter(tmp_path: Path) -> None:
    grid, _ = read(written(tmp_path, "a;b\n" + "1,5;2,5\n" * 50))
    assert grid is not None
    assert grid.width == 2


def test_nothing_is_guessed_from_a_cells_text(tmp_path: Path) -> None:
    row = ("007", "NA", "None", "-", "true", "1e5", "3,50", "2025-03-01")
    grid, _ = read(written(tmp_path, ";".join(f"c{at}" for at in range(8)) + "\n" + ";".join(row)))
    assert grid is not None
    assert grid.rows[1] == row


def test_rows_are_counted_from_the_files_first_line(tmp_path: Path) -> None:
    content = 'sep=;\r\nKod;Text\r\nA;"två\r\nrader"\r\n\r\nB;en\r\n'
    grid, found = read(written(tmp_path, content))
    assert found == []
    assert grid is not None
    assert grid.numbers == (2, 3, 5, 6)


def test_a_byte_order_mark_is_believed_before_a_declaration(tmp_path: Path) -> None:
    path = written(tmp_path, "Kod;Å\nA;1\n".encode("utf-8-sig"))
    for encoding in ("utf-8", "cp1252", ""):
        grid, _ = read(path, encoding=encoding)
        assert grid is not None
        assert grid.rows[0] == ("Kod", "Å")


def test_a_declared_encoding_is_used(tmp_path: Path) -> None:
    grid, _ = read(written(tmp_path, "Kod;Träff\nA;1\n".encode("mac_roman")), encoding="mac_roman")
    assert grid is not None
    assert grid.rows[0] == ("Kod", "Träff")


@pytest.mark.parametrize(
    ("content", "declared", "key"),
    [
        ("Kod;Träffar på Öland\nA;1\n".encode("mac_roman"), "", "encoding_likely"),
        ("Κωδικός;Ερώτηση\nA;1\n".encode("cp1253"), "", "encoding_unknown"),
        (b"\xef\xbb\xbfKod;\xe5\n", "", "encoding_mark_wrong"),
        ("Kod;Å\n".encode("cp1252"), "utf-8", "encoding_declared_wrong"),
        (b"Kod;A\n", "no-such-encoding", "encoding_declared_wrong"),
        (b"Kod;A\n", "base64", "encoding_declared_wrong"),
        (b"Kod;A\n", "undefined", "encoding_declared_wrong"),
        (b"Kod;A\n", "a\x00b", "encoding_declared_wrong"),
        (b"", "", "file_empty"),
        (b" \r\n\r\n", "", "file_empty"),
        (b"\xef\xbb\xbf", "", "file_empty"),
        (b'Kod;A\nX;"begun\nY;1\n', "", "csv_broken"),
        (b'Kod;A\nX;"one"two\n', "", "csv_broken"),
        (b"Kod;A\nX;\x00\n", "", "text_binary"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "", "workbook_broken"),
        (b"PK\x03\x04 but nothing else", "", "workbook_broken"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, content: bytes, declared: str, key: str) -> None:
    assert keys(written(tmp_path, content, "file.dat"), encoding=declared) == [key]


def test_a_renamed_file_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    book = workbook(tmp_path / "book.xlsx", {"Blad1": [["Kod"], ["A"]]})
    renamed, _ = read(book.rename(tmp_path / "book.csv"))
    assert renamed is not None
    assert renamed.rows == (("Kod",), ("A",))
    plain, _ = read(written(tmp_path, "Kod;B\nA;1\n", "plain.xlsx"))
    assert plain is not None
    assert plain.rows[1] == ("A", "1")
    assert keys(written(tmp_path, b"\xd0\xcf\x11\xe0" + bytes(600), "old.xlsx")) == ["workbook_broken"]


def test_a_file_that_is_missing_locked_or_too_large_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert keys(tmp_path / "none.csv") == ["file_not_found"]
    assert keys(tmp_path) == ["file_not_found"]
    assert len(keys(tmp_path / ("long" * 100))) == 1
    path = written(tmp_path, "Kod;A\n")
    with path.open("r+b") as stream:
        os.truncate(stream.fileno(), 51_000_000)
    assert keys(path) == ["file_too_large"]

    def locked(_: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", locked)
    assert keys(written(tmp_path, "Kod;A\n", "other.csv")) == ["file_locked"]


def test_spreadsheet_values_become_the_text_that_a_person_sees(tmp_path: Path) -> None:
    row = ["007", 3, 3.0, 3.5, True, date(2025, 3, 1), datetime(2025, 3, 1, 8, 30), None, " blank "]
    grid, found = read(workbook(tmp_path / "b.xlsx", {"Blad1": [row]}))
    assert found == []
    assert grid is not None
    assert grid.rows[0] == ("007", "3", "3", "3.5", "true", "2025-03-01", "2025-03-01 08:30:00", "", "blank")


def test_rows_and_columns_of_a_sheet_keep_their_numbers(tmp_path: Path) -> None:
    grid, _ = read(workbook(tmp_path / "b.xlsx", {"Blad1": [[], [], [None, "Kod"], [], [None, "A"]]}))
    assert grid is not None
    assert grid.numbers == (1, 2, 3, 4, 5)
    assert grid.rows[4] == ("", "A")


def test_error_cells_are_told_with_their_place(tmp_path: Path) -> None:
    path = workbook(tmp_path / "b.xlsx", {"Blad1": [["Kod", "Q1"], ["A", "#N/A"], ["B", "#DIV/0!"]]})
    _, found = read(path)
    assert [(problem.key, problem.sheet, problem.row, problem.column) for problem in found] == [
        ("error_cell", "Blad1", 2, "B"),
        ("error_cell", "Blad1", 3, "B"),
    ]


def edited(path: Path, edit: Callable[[str], str], part: str = "xl/worksheets/sheet1.xml") -> Path:
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[part] = edit(parts[part].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return path


def test_error_cells_are_found_though_the_file_lies_about_its_size(tmp_path: Path) -> None:
    path = workbook(tmp_path / "b.xlsx", {"Blad1": [["Kod", "Q1"], ["A", "#N/A"]]})
    path = edited(path, lambda xml: xml.replace('<dimension ref="A1:B2"', '<dimension ref="A1"'))
    assert keys(path) == ["error_cell"]


@pytest.mark.parametrize("place", ["/", "2", "-B2", "B-2", "Å2", "A" * 40_000 + "2"])
def test_an_error_cell_that_stands_nowhere_is_damage_and_told_at_once(tmp_path: Path, place: str) -> None:
    path = workbook(tmp_path / "b.xlsx", {"Blad1": [["Kod", "Q1"], ["A", "#N/A"]], "Blad2": [["x"]]})
    path = edited(path, lambda xml: xml.replace('r="B2"', f'r="{place}"'))
    assert keys(path, sheet="Blad1") == ["workbook_broken"]
    told = inspect_file(path)
    assert [(problem["key"], problem["sheet"]) for problem in told["problems"]] == [("workbook_broken", "Blad1")]
    assert [table["sheet"] for table in told["tables"]] == ["Blad2"]


@pytest.mark.parametrize("far", ["XFD1048576", "J1048576", "XFD1"])  # in the corner, far down, far to the right
def test_one_cell_far_away_does_not_fill_the_memory(tmp_path: Path, far: str) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "Kod"
    book.active[far] = "x"
    book.save(tmp_path / "far.xlsx")
    assert keys(tmp_path / "far.xlsx") == ["sheet_too_large"]


def test_a_workbook_that_unpacks_to_too_much_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "b.xlsx", {"Blad1": [["Kod"]]})
    monkeypatch.setitem(limits(), "unpacked_megabytes", 0)
    assert keys(path) == ["file_unpacks_too_large"]


def test_entities_in_a_workbook_are_not_expanded(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    path = workbook(tmp_path / "b.xlsx", {"Blad1": [["Kod"]]})
    assert keys(edited(path, lambda xml: bomb + xml.partition("?>")[2] if "?>" in xml else bomb + xml)) == [
        "workbook_broken"
    ]


def test_only_visible_sheets_are_read_and_none_is_guessed(tmp_path: Path) -> None:
    rows = [["Kod"], ["A"]]
    both = workbook(tmp_path / "both.xlsx", {"Svar": rows, "Mer": [["Annat"]]})
    assert keys(both) == ["sheet_not_named"]
    assert keys(both, sheet="Saknas") == ["sheet_not_found"]
    chosen, _ = read(both, sheet="Mer")
    assert chosen is not None
    assert chosen.rows == (("Annat",),)
    hidden = workbook(tmp_path / "hidden.xlsx", {"Svar": rows, "Gömt": [["Annat"]]}, hidden=("Gömt",))
    only, _ = read(hidden)
    assert only is not None
    assert only.sheet == "Svar"
    assert keys(hidden, sheet="Gömt") == ["sheet_hidden"]


def test_a_grid_does_not_print_its_cells(tmp_path: Path) -> None:
    grid, _ = read(written(tmp_path, "Kod;Svar\nKANARIE;5\n"))
    assert "KANARIE" not in repr(grid)


def test_a_workbook_with_a_damaged_directory_is_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Blad": [["person", "group"]]})
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\x01\x02") + 6] = 99  # an archive format from the future
    path.write_bytes(data)
    assert keys(path) == ["workbook_broken"]
