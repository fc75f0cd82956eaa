"""How problems are told: grouped, in order, each cell once; on the screen, and all of them in a workbook."""

from __future__ import annotations

import pickle
import re
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest
from folders import PEOPLE, POST, PRE, small
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from evaltools.errors import FolderError, Problem, Problems, ReportError, problem_text, sentences, told_once
from evaltools.folder import read_evaluation
from evaltools.problem_report import ROWS_AT_MOST, write_problem_report


def blanks(rows: list[int], column: str = "B (Q1)") -> list[Problem]:
    return [Problem("cell_missing", "answers.csv", row=row, column=column) for row in rows]


@pytest.mark.parametrize(
    ("rows", "sv", "en"),
    [
        ([12], "rad 12, kolumn", "row 12, column"),
        ([13, 12], "rad 12, 13, kolumn", "rows 12, 13, column"),
        ([5, 4, 3, 2, 6], "rad 2, 3, 4, 5, 6, kolumn", "rows 2, 3, 4, 5, 6, column"),
        ([*range(12, 49), 12], "37 rader, första rad 12, kolumn", "37 rows, first row 12, column"),
    ],
)
def test_rows_alike_are_told_together(rows: list[int], sv: str, en: str) -> None:
    assert f"EV-062 answers.csv, {sv} B (Q1): Cellen är tom." in problem_text(blanks(rows), "sv")
    assert f"EV-062 answers.csv, {en} B (Q1): The cell is blank." in problem_text(blanks(rows), "en")
    assert problem_text(blanks(rows), "sv").startswith("Ett fel att rätta:\n")


def test_problems_stand_in_the_order_of_file_sheet_row_and_column() -> None:
    places = [("b.xlsx", "A", 2, "B (x)"), ("a.csv", "", 7, "C (x)"), ("b.xlsx", "A", 2, "AA (x)"),
              ("a.csv", "", None, ""), ("b.xlsx", "A", 10, ""), ("B.csv", "", 1, "A (x)")]  # fmt: skip
    shuffled = [Problem("cell_missing", *place) for place in (places[2], places[4], *places[:2], places[5], places[3])]
    told = [(problem.file, problem.sheet, problem.row, problem.column) for problem in told_once(shuffled)]
    assert told == [places[3], places[1], places[5], places[0], places[2], places[4]]


def test_a_cell_is_told_once_by_the_first_error_found() -> None:
    cell = {"file": "a.csv", "row": 2, "column": "A (Code)"}
    first, second = Problem("looks_like_email", **cell), Problem("person_unknown", **cell)
    note = Problem("codes_applied", **cell)
    assert told_once([note, first, second]) == [first]
    other = Problem("code_near", **cell)
    assert told_once([note, other]) == [note, other]  # notes follow from nothing
    rows = [Problem("row_too_wide", "a.csv", row=2), Problem("date_unreadable", "a.csv", row=2)]
    assert told_once(rows) == rows  # a row is no cell


def test_fifty_are_shown_and_the_command_for_all_of_them_is_named(tmp_path: Path) -> None:
    many = [Problem("column_missing", "a.csv", column=f"c{at:02}", details=(("table", "people"),)) for at in range(53)]
    lines = problem_text(many, "en", tmp_path / "Home care").split("\n")
    assert lines[0] == "53 errors to correct:"
    assert len([line for line in lines if line.startswith("EV-")]) == 50
    assert lines[-2] == "... and 3 more."
    command = f'evaltools check "{tmp_path / "Home care"}" --problems "Home care-problems.xlsx"'
    assert lines[-1].endswith(f"by: {command}")
    assert "--problems" not in problem_text(many[:50], "en", tmp_path)


def test_notes_are_told_as_notes_and_stop_nothing() -> None:
    problems = Problems()
    problems.add("codes_unused", file="evaluation.toml", row=3)
    problems.raise_if_any("en")
    assert problem_text(problems.notes, "sv").startswith("En sak att känna till:\nEV-278 evaluation.toml, rad 3: ")
    assert problem_text(problems.notes * 2, "en").startswith("One thing to know:")
    problems.add("codes_unused", file="other.toml", row=3)
    assert problem_text(problems.notes, "en").startswith("2 things to know:")
    problems.add("cell_missing", file="a.csv", row=2, column="A")
    with pytest.raises(FolderError) as caught:
        problems.raise_if_any("en")
    assert str(caught.value).startswith("One error to correct:\nEV-062")
    assert "EV-278" not in str(caught.value)
    assert [problem.key for problem in caught.value.problems] == ["cell_missing", "codes_unused", "codes_unused"]
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


def report(tmp_path: Path, problems: list[Problem], *, folder: str = "e", language: str = "sv") -> Worksheet:
    write_problem_report(tmp_path / "fel.xlsx", [(tmp_path / folder, problems)], language)
    sheet = load_workbook(tmp_path / "fel.xlsx").active
    assert isinstance(sheet, Worksheet)
    return sheet


def column(sheet: Worksheet, heading: str) -> list[object]:
    heads = [cell.value for cell in sheet[1]]
    return [sheet.cell(row, heads.index(heading) + 1).value for row in range(2, sheet.max_row + 1)]


def links(sheet: Worksheet) -> list[tuple[str | None, str | None]]:
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.hyperlink]
    return [(cell.hyperlink.target, cell.hyperlink.location) for cell in cells]


def test_the_workbook_has_a_row_a_cell_with_a_link_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "Hemtjänst #2"
    folder.mkdir()
    for name in ("log.xlsx", "a.csv"):
        (folder / name).write_bytes(b"")
    found = [
        Problem("cell_missing", "log.xlsx", "Bo's träffar", 14, "G (Datum)"),
        Problem("cell_missing", "log.xlsx", "Blad 1", None, "AB (Datum)"),
        Problem("no_answers", "log.xlsx", "Blad 1"),
        *blanks([3, 9]), Problem("cell_missing", "a.csv", row=4, column="B (Q1)"), Problem("file_empty", "gone.csv"),
    ]  # fmt: skip
    sheet = report(tmp_path, found, folder=folder.name)
    assert [cell.value for cell in sheet[1]] == ["Id", "Slag", "Fil", "Blad", "Rad", "Kolumn", "Länk", "Vad", "Varför",
                                                 "Så rättas det"]  # fmt: skip
    assert column(sheet, "Rad") == [4, 3, 9, None, None, None, 14]
    assert column(sheet, "Länk") == ["Öppna", None, None, None, "Öppna", "Öppna", "Öppna"]  # only to files that exist
    assert links(sheet) == [
        ("Hemtjänst%20%232/a.csv", None),
        ("Hemtjänst%20%232/log.xlsx", "'Blad 1'!A1"),
        ("Hemtjänst%20%232/log.xlsx", "'Blad 1'!AB1"),
        ("Hemtjänst%20%232/log.xlsx", "'Bo''s träffar'!G14"),
    ]
    for target, _ in links(sheet):
        assert target
        assert (tmp_path / unquote(target)).exists()
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:J8")
    assert all(cell.alignment.wrap_text for cell in sheet["H"][1:])
    with zipfile.ZipFile(tmp_path / "fel.xlsx") as archive:
        targets = archive.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
    assert targets.count('TargetMode="External"') == 4


def test_the_link_goes_from_where_the_workbook_lies(tmp_path: Path) -> None:
    folder = small(tmp_path / "a" / "e")
    (tmp_path / "b").mkdir()
    told = [(folder, [Problem("cell_missing", "pre.csv", row=2, column="A")])]
    write_problem_report(tmp_path / "b" / "fel.xlsx", told, "sv")
    sheet = load_workbook(tmp_path / "b" / "fel.xlsx").active
    assert isinstance(sheet, Worksheet)
    assert links(sheet) == [("../a/e/pre.csv", None)]


def test_a_text_that_begins_like_a_formula_stays_text(tmp_path: Path) -> None:
    for sign in "=+-@":
        (tmp_path / f"{sign}1").mkdir()
        sheet = report(tmp_path / f"{sign}1", [Problem("cell_missing", f"{sign}1+1.csv", row=2, column="=A")])
        cell = sheet["C2"]
        assert (cell.value, cell.data_type, cell.quotePrefix) == (f"{sign}1+1.csv", "s", True)
        assert sheet["F2"].data_type == "s"


def test_equal_problems_give_equal_bytes_and_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    told = [(tmp_path, blanks([2, 3]))]
    first, second = tmp_path / "1.xlsx", tmp_path / "2.xlsx"
    assert write_problem_report(first, told, "sv") == write_problem_report(second, told, "sv") == 2
    assert first.read_bytes() == second.read_bytes()
    with pytest.raises(ReportError, match=r"EV-280 .*finns redan"):
        write_problem_report(first, [(tmp_path, blanks([2]))], "sv")
    assert first.read_bytes() == second.read_bytes()
    with pytest.raises(ReportError, match=r"EV-281 .*cannot be saved"):
        write_problem_report(tmp_path / "none" / "1.xlsx", told, "en")
    with pytest.raises(ReportError, match=r"EV-282 .*does not end with \.xlsx"):
        write_problem_report(tmp_path / "1.txt", told, "en")
    assert write_problem_report(tmp_path / "3.xlsx", [(tmp_path, [])], "sv") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.xlsx", "2.xlsx"]


def test_several_folders_share_a_workbook_with_a_column_for_the_folder(tmp_path: Path) -> None:
    told = [(tmp_path / "a", blanks([2])), (tmp_path / "b", []), (tmp_path / "c", blanks([3]))]
    write_problem_report(tmp_path / "all.xlsx", told, "en")
    sheet = load_workbook(tmp_path / "all.xlsx").active
    assert isinstance(sheet, Worksheet)
    assert column(sheet, "Folder") == [str(tmp_path / "a"), str(tmp_path / "c")]


def test_more_rows_than_excel_can_link_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ROWS_AT_MOST < 65_530  # links on a sheet, "Excel specifications and limits"
    monkeypatch.setattr("evaltools.problem_report.ROWS_AT_MOST", 3)
    sheet = report(tmp_path, blanks([2, 3, 4, 5, 6]), language="en")
    assert column(sheet, "Row") == [2, 3, 4, None]
    assert "2 remain" in str(column(sheet, "What")[-1])
    assert sheet.auto_filter.ref == "A1:J4"


def test_no_message_and_no_workbook_quotes_what_stands_in_the_files(tmp_path: Path) -> None:
    files = {"people.csv": PEOPLE.replace("AB02", "KANARIE1").replace("AB02;A", "KANARIE1;KANARIE2"),
             "pre.csv": PRE.replace("AB01;1", "KANARI1;KANARIE3"),
             "post.csv": POST.replace("AB02", "KANARIE9").replace(";4\n", ";KANARIE4\n", 1)}  # fmt: skip
    folder = small(tmp_path / "e", files, more='\n[codes]\n"KANARIE5" = "KANARIE6"\n"KANARIE7" = 3\n')
    with pytest.raises(FolderError) as caught:
        read_evaluation(folder)
    told = "\n".join(sentences(caught.value.problems, "sv") + sentences(caught.value.problems, "en"))
    sheet = report(tmp_path, list(caught.value.problems), folder="e")
    told += "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
    assert "EV-270" in told
    assert not re.search("kanari", told, re.IGNORECASE)
