"""Nasty files, by their numbers in the design's list of 25: read right, or refused with the sentence that fits."""

from __future__ import annotations

import io
import random
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import ROOT, SHARED, shared
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_files import as_csv, as_ods, as_sav, as_xls, as_xlsx, container, edited, packed

from evaltools.cli import main
from evaltools.errors import Problem, Problems, problem_text
from evaltools.exports.grid import Grid, read_grid
from evaltools.inspect_file import inspect_file
from evaltools.inspect_text import inspection_text
from evaltools.measures import limits

ROWS = (("Kod", "Trivs på jobbet", "Vikt"), ("01", "3", "3,5"), ("ÅÄ02", "4", "4,25"), ("03", "", "1,0"))


def read(folder: Path, content: bytes, name: str = "fil.dat", **declared: str) -> tuple[Grid | None, list[Problem]]:
    path = folder / name
    path.write_bytes(content)
    problems = Problems()
    grid = read_grid(path, name, problems, **declared)
    assert grid is not None or problems.errors
    for language in ("sv", "en"):
        assert problem_text(problems.found, language)
    return grid, problems.found


def rows(folder: Path, content: bytes, name: str = "fil.dat", **declared: str) -> tuple[tuple[str, ...], ...]:
    grid, _ = read(folder, content, name, **declared)
    assert grid is not None
    return grid.rows


def keys(folder: Path, content: bytes, name: str = "fil.dat", **declared: str) -> list[str]:
    return [problem.key for problem in read(folder, content, name, **declared)[1]]


def test_1_a_file_of_swedish_excel_is_read_and_its_encoding_told_as_assumed(tmp_path: Path) -> None:
    grid, found = read(tmp_path, as_csv(ROWS, ";", "cp1252"), "fil.csv")
    assert found == []
    assert grid is not None
    assert (grid.rows, grid.encoding, grid.encoding_assumed, grid.delimiter) == (ROWS, "cp1252", True, ";")
    told = inspect_file(tmp_path / "fil.csv")
    assert (told["encoding"], told["encoding_assumed"]) == ("cp1252", True)
    assert "cp1252 (antagen)" in inspection_text(told)


def test_2_leading_zeros_stay_in_utf_8_without_a_mark(tmp_path: Path) -> None:
    grid, _ = read(tmp_path, as_csv(ROWS))
    assert grid is not None
    assert (grid.rows[1][0], grid.encoding, grid.encoding_assumed) == ("01", "utf-8", False)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("marked", [True, False])
def test_3_wide_encodings_give_the_same_table(tmp_path: Path, encoding: str, marked: bool) -> None:
    content = as_csv([("\ufeff" * marked + ROWS[0][0], *ROWS[0][1:]), *ROWS[1:]], "\t", encoding)
    if encoding.startswith("utf-32") and not marked:
        assert keys(tmp_path, content) == ["text_binary"]
    else:
        assert rows(tmp_path, content) == ROWS


def test_4_letters_encoded_twice_are_told_with_the_repair_and_stay_as_they_are(tmp_path: Path) -> None:
    twice = as_csv(ROWS).decode("cp1252")
    grid, found = read(tmp_path, twice.encode())
    assert [(problem.key, dict(problem.details)["it"]) for problem in found] == [
        ("encoded_twice", "Ã¥ → å, Ã… → Å, Ã„ → Ä")
    ]
    assert grid is not None
    assert grid.rows[2][0] == "Ã…Ã„02"


def test_4_mac_roman_is_asked_about_and_read_once_declared(tmp_path: Path) -> None:
    content = as_csv(ROWS, ";", "mac_roman")
    assert [(key.key, dict(key.details)) for key in read(tmp_path, content)[1]] == [
        ("encoding_likely", {"encoding": "mac_roman"})
    ]
    assert rows(tmp_path, content, encoding="mac_roman") == ROWS


def test_5_the_line_sep_gives_the_delimiter_and_counts_as_a_row(tmp_path: Path) -> None:
    grid, _ = read(tmp_path, b"sep=|\r\n" + as_csv(ROWS, "|"))
    assert grid is not None
    assert (grid.rows, grid.numbers, grid.delimiter) == (ROWS, (2, 3, 4, 5), "|")


def test_6_a_delimiter_at_the_end_of_every_row_makes_no_column(tmp_path: Path) -> None:
    grid, found = read(tmp_path, as_csv([(*row, "", "") for row in ROWS]))
    assert grid is not None
    assert grid.rows == ROWS
    assert [(problem.key, dict(problem.details)) for problem in found] == [("empty_columns_left_out", {"n": "2"})]


def test_6_a_row_that_is_wider_keeps_its_cells(tmp_path: Path) -> None:
    grid, found = read(tmp_path, b"a,b\n1,2\n1,2,3\n4,5\n")
    assert found == []
    assert grid is not None
    assert grid.rows == (("a", "b"), ("1", "2"), ("1", "2", "3"), ("4", "5"))


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_7_rows_are_numbered_by_the_line_in_which_they_begin(tmp_path: Path, ending: str) -> None:
    lines = ["Kod;Text", 'A;"två; tre', "rader", 'slut"', "", "B;en"]
    grid, _ = read(tmp_path, ending.join(lines).encode())
    assert grid is not None
    assert grid.numbers == (1, 2, 5, 6)
    assert grid.rows[1] == ("A", f"två; tre{ending}rader{ending}slut")


def test_7_an_answer_longer_than_parsers_like_is_read(tmp_path: Path) -> None:
    assert rows(tmp_path, b"Kod;A\nX;" + b"a" * 200_000)[1][1] == "a" * 200_000


def test_13_headings_that_are_doubled_blank_or_very_long_are_kept(tmp_path: Path) -> None:
    heads = ("Kod", "Samma", "Samma", "", "x" * 1235)
    assert rows(tmp_path, as_csv([heads, ("1", "2", "3", "4", "5")]))[0] == heads


def test_16_words_that_others_take_for_missing_are_answers(tmp_path: Path) -> None:
    answers = ("N/A", "None", "NA", "-", "n/a", "nan", "#")
    for content in (as_csv([answers, answers]), as_xlsx({"A": [answers]}), as_xls({"A": [answers]}),
                    as_ods({"A": [answers]})):  # fmt: skip
        assert rows(tmp_path, content)[0] == answers


def test_18_merged_headings_stand_in_every_cell_and_titles_do_not(tmp_path: Path) -> None:
    table = [["Enkät 2025", None, None], ["Kod", "Före", None], [None, "Q1", "Q2"], ["A", 1, None]]
    merged = ["A1:C1", "A2:A3", "B2:C2"]
    assert rows(tmp_path, as_xlsx({"Svar": table}, merged=merged)) == (
        ("Enkät 2025", "", ""), ("Kod", "Före", "Före"), ("Kod", "Q1", "Q2"), ("A", "1", "")
    )  # fmt: skip
    wide = (
        b'<table:table-cell office:value-type="string" table:number-columns-spanned="2"><text:p>F</text:p>'
        b"</table:table-cell>"
    )
    covered = b"<table:covered-table-cell/>"
    assert rows(tmp_path, as_ods({"Svar": [["Kod", wide, covered], ["", "Q1", "Q2"]]}))[0] == ("Kod", "F", "F")


def test_19_error_cells_are_told_with_their_place_in_every_kind_of_workbook(tmp_path: Path) -> None:
    error = (
        b'<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
        b'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    )
    made = {
        "xlsx": as_xlsx({"Svar": [["Kod", "Q1"], ["A", "#N/A"], ["B", "4"]]}),
        "xls": as_xls({"Svar": [["Kod", "Q1"], ["A", ValueError()], ["B", "4"]]}),
        "ods": as_ods({"Svar": [["Kod", "Q1"], ["A", error], ["B", "4"]]}),
    }
    for form, content in made.items():
        found = read(tmp_path, content, f"fil.{form}")[1]
        assert [(each.key, each.sheet, each.row, each.column) for each in found] == [("error_cell", "Svar", 2, "B")]


def test_20_dates_of_1904_and_typed_dates(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.worksheets[0].append(["10/1", "2025-02-30", date(2025, 3, 1), 0.25])
    stream = io.BytesIO()
    book.save(stream)
    assert rows(tmp_path, stream.getvalue())[0] == ("10/1", "2025-02-30", "2025-03-01", "0.25")


def test_20_the_day_that_only_excel_knows_is_told(tmp_path: Path) -> None:
    real = as_xlsx({"A": [["Datum"], [date(1900, 3, 1)]]})
    assert keys(tmp_path, real) == []
    false = edited(real, "xl/worksheets/sheet1.xml", "<v>61</v>", "<v>60</v>")
    found = read(tmp_path, false)[1]
    assert [(problem.key, problem.row, problem.column) for problem in found] == [("day_of_1900", 2, "A")]


PASSWORD = container({"EncryptedPackage": b"x", "EncryptionInfo": b"y"})
EMPTY = as_xlsx({"Svar": []})
UNREAD: dict[str, tuple[str, bytes, str]] = {
    "a workbook with a password": ("svar.xlsx", PASSWORD, "workbook_password"),
    "an old workbook with a password": ("svar.xls", as_xls({"Svar": ROWS}, locked=True), "workbook_password"),
    "a document in the old container": ("svar.xls", container({"WordDocument": b"x"}), "document_unknown"),
    "every sheet hidden": ("svar.xls", as_xls({"Svar": ROWS}, hidden=["Svar"]), "sheets_all_hidden"),
    "every sheet hidden, LibreOffice": ("svar.ods", as_ods({"Svar": ROWS}, hidden=["Svar"]), "sheets_all_hidden"),
    "an empty sheet": ("svar.xlsx", EMPTY, "sheet_empty"),
    "an empty old sheet": ("svar.xls", as_xls({"Svar": []}), "sheet_empty"),
    "several sheets": ("svar.ods", as_ods({"A": ROWS, "B": ROWS}), "sheet_not_named"),
    "the mark of an open workbook": ("~$svar.xlsx", b"\x05Anna" + bytes(160), "file_lock_mark"),
    "a PDF": ("svar.pdf", b"%PDF-1.7", "file_no_table"),
    "a web page": ("svar.dat", b"<html><table><tr><td>1</td></tr></table></html>", "file_no_table"),
    "an archive": ("svar.zip", packed({"svar.csv": b"a;b"}), "archive_unknown"),
    "zeros": ("svar.csv", b"a;b\n\x00;1\n", "text_binary"),
}


@pytest.mark.parametrize("what", UNREAD)
def test_21_each_unreadable_file_has_its_own_sentence(what: str, tmp_path: Path) -> None:
    name, content, key = UNREAD[what]
    grid, found = read(tmp_path, content, name)
    assert (grid, [problem.key for problem in found]) == (None, [key])


def test_21_a_renamed_file_is_read_by_its_content_and_that_is_told(tmp_path: Path) -> None:
    for content in (as_csv(ROWS), as_xls({"Svar": ROWS}), as_ods({"Svar": ROWS})):
        grid, found = read(tmp_path, content, "svar.xlsx")
        assert grid is not None
        assert grid.rows == ROWS
        assert [problem.key for problem in found] == ["suffix_differs"]


def test_21_hidden_sheets_are_never_read_and_that_is_told(tmp_path: Path) -> None:
    for content in (as_xlsx({"A": ROWS, "B": ROWS}, hidden=["B"]), as_xls({"A": ROWS, "B": ROWS}, hidden=["B"]),
                    as_ods({"A": ROWS, "B": ROWS}, hidden=["B"])):  # fmt: skip
        assert keys(tmp_path, content) == ["hidden_sheets_left_out"]
        assert keys(tmp_path, content, sheet="B") == ["sheet_hidden"]


def test_21_a_sheet_named_after_a_person_is_not_told(tmp_path: Path) -> None:
    content = as_xlsx({"Svar": ROWS, "anna.berg@example.se": ROWS})
    found = read(tmp_path, content)[1]
    assert [problem.key for problem in found] == ["sheet_not_named"]
    assert "anna" not in problem_text(found, "sv")
    assert "Svar" in problem_text(found, "sv")


def test_a_report_of_several_tables_is_divided_by_what_divides_its_tables(tmp_path: Path) -> None:
    lines = ["1. Sammanfattning", "Start\t3/1/25, 9:00:00 AM", "Slut\t3/1/25, 10:00:00 AM", "", "2. Deltagare",
             "Namn\tIn\tUt\tTid\tE-post", *(f"P{at}\t3/1/25, 9:0{at}:00\t3/1/25, 10:00:00\t{at} min\tp{at}@x.se"
                                            for at in range(4))]  # fmt: skip
    grid, _ = read(tmp_path, "\r\n".join(lines).encode("utf-16"))
    assert grid is not None
    assert (grid.delimiter, grid.width) == ("\t", 5)


def test_codes_labels_and_missing_codes_of_spss_stay_side_by_side(tmp_path: Path) -> None:
    table = [["kod", "q1", "q2", "dag"], ["A1", 1.0, 9.0, date(2025, 3, 1)], ["A2", None, 2.5, None],
             ["A3", 4.0, 98.0, None]]  # fmt: skip
    options: dict[str, Any] = {
        "variable_value_labels": {"q1": {1.0: "Aldrig", 4.0: "Alltid"}, "q2": {9.0: "Vet ej"}},
        "missing_ranges": {"q2": [9.0, {"lo": 97.0, "hi": 99.0}]},
        "column_labels": ["Din kod", "Hur ofta?", "", ""],
    }
    for suffix in (".sav", ".zsav"):
        grid, found = read(tmp_path, as_sav(table, suffix, **options), f"svar{suffix}")
        assert found == []
        assert grid is not None
        assert grid.rows == (
            ("kod", "q1", "q2", "dag"), ("A1", "1", "9", "2025-03-01"), ("A2", "", "2.5", ""), ("A3", "4", "98", "")
        )  # fmt: skip
        assert grid.labels == {1: {"1": "Aldrig", "4": "Alltid"}, 2: {"9": "Vet ej"}}
        assert grid.user_missing == {2: {"9", "98"}}
        assert grid.questions == {0: "Din kod", 1: "Hur ofta?"}


def test_statas_letters_for_missing_answers_are_kept() -> None:
    problems = Problems()
    grid = read_grid(shared("exports/spss_stata/haven_tagged-na-double.dta"), "a.dta", problems)
    assert grid is not None
    assert [row[0] for row in grid.rows] == ["x", "1", "2", "3", "4", "5", ".a", ".h", ".z"]
    assert (grid.user_missing, grid.labels) == ({0: {".a", ".h", ".z"}}, {0: {".a": "apple", ".z": ".zebra"}})


def test_dates_outside_the_calendar_stay_numbers_and_are_told() -> None:
    problems = Problems()
    grid = read_grid(shared("exports/spss_stata/haven_datetime.sav"), "a.sav", problems)
    assert grid is not None
    assert grid.rows[1][0] == "2014-09-22"
    assert [(each.key, dict(each.details)) for each in problems.found] == [("dates_outside_calendar", {"columns": "B"})]


def test_a_crash_of_the_native_reader_is_a_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crash = tmp_path / "crash.py"
    crash.write_text("import os; os.kill(os.getpid(), 11)" if sys.platform != "win32" else "import os; os._exit(3)")
    monkeypatch.setattr("evaltools.exports.labelled_files.labelled_reader.__file__", str(crash))
    assert keys(tmp_path, as_sav([["a"], [1.0]])) == ["document_broken"]


CELLS = st.text("abcåäöÅÄÖé0123456789,;.| \n\"'–", max_size=8).map(lambda text: " ".join(text.split(" ")).strip())
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=5)
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=TABLES)
def test_a_table_is_the_same_in_every_form(tmp_path: Path, table: list[list[str]]) -> None:
    heads = [f"rubrik{at}" for at in range(len(table[0]))]
    wanted = [heads, *table, ["slut"] * len(heads)]
    made = {"xlsx": as_xlsx({"A": wanted}), "xls": as_xls({"A": wanted}), "ods": as_ods({"A": wanted})}
    made |= {"csv": as_csv(wanted), "tsv": as_csv(wanted, "\t", "utf-16"), "txt": as_csv(wanted, "|", "cp1252", "\n")}
    for form, content in made.items():
        declared = {"delimiter": {"csv": ";", "tsv": "\t", "txt": "|"}[form]} if form in ("csv", "tsv", "txt") else {}
        assert [list(row) for row in rows(tmp_path, content, f"fil.{form}", **declared)] == wanted, form


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=TABLES)
def test_a_table_is_the_same_in_spss_and_stata(tmp_path: Path, table: list[list[str]]) -> None:
    heads = [f"rubrik{at}" for at in range(len(table[0]))]
    wanted = [heads, *table]
    for suffix in (".sav", ".zsav", ".dta"):
        assert [list(row) for row in rows(tmp_path, as_sav(wanted, suffix), f"fil{suffix}")] == wanted


def bomb(sheet: str, strings: str = "") -> bytes:
    """A workbook whose sheet holds the given rows, packed well."""
    data = as_xlsx({"A": [["x"]]})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts: dict[str, bytes | str] = {name: archive.read(name) for name in archive.namelist()}
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    parts["xl/worksheets/sheet1.xml"] = f"<worksheet {space}><sheetData>{sheet}</sheetData></worksheet>"
    if strings:
        parts["xl/sharedStrings.xml"] = f"<sst {space}>{strings}</sst>"
    return packed(parts)


FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
REPEATED = (b'<table:table-cell table:number-columns-repeated="16384" office:value-type="float" office:value="1">'
            b"<text:p>1</text:p></table:table-cell>")  # fmt: skip


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (lambda: bomb(FAR), "sheet_too_large"),
        (lambda: bomb('<row r="1"><c r="A1" s="1"/></row>' * 2_000_000), "file_unpacks_too_large"),
        (lambda: bomb('<row><c t="s"><v>0</v></c></row>' * 5000, f"<si><t>{'a' * 32_000}</t></si>"), "sheet_too_large"),
        (lambda: as_ods({"A": [[REPEATED]] * 100}), "sheet_too_large"),
        (lambda: as_csv([["a"] * 1001] * 1000), "table_too_large"),
        (lambda: as_csv([["kod"], ["a"] * 5001]), "table_too_large"),
        (lambda: bomb('<row r="1"><c r="A1"><v>1</v></c><c r="GJI1"><v>1</v></c></row>'), "sheet_too_large"),
        (lambda: as_xls({"A": [["a"] + [""] * 5000 + ["b"]]}), "sheet_too_large"),
        (lambda: as_sav([[f"v{at}" for at in range(5001)], [1.0] * 5001]), "table_too_large"),
        (lambda: as_sav([["a", "b"], *[[1.0, 2.0]] * 600_000], ".zsav"), "table_too_large"),
    ],
)  # fmt: skip
def test_small_files_that_grow_are_refused(content: Any, key: str, tmp_path: Path) -> None:
    assert keys(tmp_path, content()) == [key]
    assert limits()["table_cells"] == 1_000_000


REAL = sorted(
    path.relative_to(SHARED / "exports").as_posix()
    for path in (SHARED / "exports").rglob("*")
    if path.is_file() and path.suffix != ".md"
)
REFUSED_REAL = {
    ".lss": "file_no_table", ".lsq": "file_no_table", ".json": "file_no_table", ".xml": "file_no_table",
    ".ics": "file_no_table",
}  # fmt: skip
REFUSED_BY_NAME = {
    "csv_quirks/frictionless_empty.csv": "file_empty",
    "redcap/redcapr_potentially-problematic-dictionary_data.csv": "file_empty",
    "surveymonkey/food-world-cup-data.csv": "encoding_likely",
    "excel_quirks/calamine_empty_sheet.xlsx": "sheet_empty",
    "excel_quirks/calamine_pass_protected.xlsx": "workbook_password",
} | {
    f"excel_quirks/{name}.xlsx": "sheet_not_named"
    for name in ("calamine_errors", "readxl_new_line_errors", "readxl_no-yes-col-names", "readxl_skipping",
                 "readxl_type-me", "readxl_whitespace-xlsx")
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_every_real_file_is_read_or_refused_with_the_sentence_that_fits(name: str) -> None:
    problems = Problems()
    grid = read_grid(shared(f"exports/{name}"), name, problems)
    wanted = REFUSED_BY_NAME.get(name) or REFUSED_REAL.get(Path(name).suffix)
    if wanted:
        assert (grid, [problem.key for problem in problems.errors]) == (None, [wanted])
    else:
        assert grid is not None
        assert any(any(row) for row in grid.rows)
        assert len(grid.rows) == len(grid.numbers)


def test_notes_alone_are_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "svar.csv"
    path.write_bytes(as_csv([(*row, "") for row in ROWS]))
    assert main(["inspect", str(path)]) == 0
    out = capsys.readouterr().out
    assert "Att veta: EV-164" in out


@pytest.mark.parametrize("seed", range(3))
def test_damaged_files_are_read_or_refused(seed: int, tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from fuzz_readers import _damaged_bytes

    sys.path.pop(0)
    chance = random.Random(seed)
    files = [as_csv(ROWS, encoding="cp1252"), as_csv(ROWS, "\t", "utf-16"), as_xlsx({"A": ROWS}), as_xls({"A": ROWS}),
             as_ods({"A": ROWS})]  # fmt: skip
    for _ in range(100):
        grid, found = read(tmp_path, _damaged_bytes(chance.choice(files), chance))
        assert grid is not None or found
        assert grid is None or list(grid.numbers) == sorted(set(grid.numbers))
