"""Who was there: reports of Teams and Zoom, and Excel lists with a row a date and a column a person."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import shared
from folders import small, told
from test_calendars import calendar, entry, stockholm

from evaltools.errors import Problems, problem_text
from evaltools.exports.attendance import attendance_records, list_kind
from evaltools.exports.grid import read_grid
from evaltools.exports.mapping import Mapping
from evaltools.exports.records import Records
from evaltools.exports.roster import Asked, Roster, declared_date
from evaltools.folder import read_evaluation

Rows = Sequence[Sequence[Any]]
DAYS = (("2025-03-03", "A", "S1"), ("2025-03-10", "A", "S2"))
PEOPLE = Roster.of(["AB01", "AB02", "Vera Vall", "bo@example.se"], DAYS)
MATRIX: Rows = [["Datum", "AB01", "AB02"], [date(2025, 3, 3), "x", "nej"], [date(2025, 3, 10), "x", "x"]]
TEAMS = """1. Sammanfattning
Mötesrubrik\tHandledning
Starttid\t3/10/25, 9:00:12 AM
Sluttid\t3/10/25, 11:01:13 AM

2. Deltagare
Namn\tFörsta anslutning\tSenast lämnade\tE-post\tRoll
Vera  Vall\t3/10/25, 9:01:00 AM\t3/10/25, 11:01:00 AM\tvera@example.se\tPresentatör
B. Ek\t3/10/25, 9:02:00 AM\t3/10/25, 11:01:00 AM\tBo@Example.se\tPresentatör
Sofi Saga\t3/10/25, 8:59:00 AM\t3/10/25, 11:01:00 AM\tsofi@example.se\tArrangör
Vera Vall\t3/10/25, 9:31:00 AM\t3/10/25, 11:01:00 AM\tvera@example.se\tPresentatör

3. Aktiviteter i mötet
Namn\tTid
Någon Annan\t3/10/25, 9:31:00 AM
"""
ZOOM = """Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants,
000,Handledning,03/10/2025 09:00:16 AM,03/10/2025 10:49:20 AM,sofi@example.se,110,3,

Name (Original Name),User Email,Total Duration (Minutes),Guest
Sofi Saga,sofi@example.se,110,
Vera (Vera Vall),,100,
Bo,bo@example.se,90,Yes
"""


def workbook(rows: Rows, *merged: str) -> bytes:
    book, stream = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(stream)
    return stream.getvalue()


def lists(
    path: Path, data: bytes | str, table: str = "attendance", *, roster: Roster = PEOPLE, **asked: Any
) -> tuple[Records | None, list[tuple[str, int | None, str]], str]:  # fmt: skip
    """The records, the problems, and what they say in both languages."""
    raw = data.encode() if isinstance(data, str) else data
    path.write_bytes(raw)
    problems = Problems()
    grid = read_grid(path, "who.xlsx", problems)
    assert grid is not None
    kind = list_kind(grid, table) or "matrix"
    wanted = Asked(group="A", until=date(2026, 1, 1), **asked)
    found = attendance_records(grid, kind, table, Mapping(), wanted, roster, problems)
    text = "".join(problem_text(problems.found, language) for language in ("sv", "en"))
    return found, [(problem.key, problem.row, problem.column) for problem in problems.errors], text


def marks(records: Records | None) -> list[tuple[str, str, str]]:
    assert records is not None
    return [(row["session"], row["person"], row["present"]) for row in records.values]


def test_a_matrix_becomes_a_row_a_person_and_session(tmp_path: Path) -> None:
    found, wrong, _ = lists(tmp_path / "a", workbook(MATRIX))
    assert marks(found) == [("S1", "AB01", "x"), ("S1", "AB02", "nej"), ("S2", "AB01", "x"), ("S2", "AB02", "x")]
    assert wrong == []
    assert found is not None
    assert (found.source.rows, found.source.answers) == ([2, 2, 3, 3], ("B", "C", "B", "C"))


def test_titles_second_headings_notes_and_sums_are_no_sessions(tmp_path: Path) -> None:
    rows: Rows = [
        ["Närvaro 2025"], ["Hemtjänsten"], ["Datum", "Grupp A", None, None, "Summa"],
        [None, "AB01", "AB02", "Vera\nVall"], [date(2025, 3, 3), "x", "nej", "x", 2], ["Ledigt i påsk"], [],
        [date(2025, 3, 10), "x", "x", "nej", 2], [date(2025, 3, 17), "nej", "nej", "nej", 0],
        [date(2026, 3, 17), None, None, None, None], ["Summa:", 2, 1, 1, 4],
    ]  # fmt: skip
    found, wrong, _ = lists(tmp_path / "a", workbook(rows, "B3:D3", "A3:A4"))
    assert wrong == []
    assert found is not None
    assert {(person, session) for session, person, mark in marks(found) if mark == "x"} == {
        ("AB01", "S1"), ("Vera Vall", "S1"), ("AB01", "S2"), ("AB02", "S2")
    }  # fmt: skip
    assert found.left_out == {"note_row": 1, "nobody_present": 1, "after_report_date": 1, "total_row": 1}
    assert (found.rows_read, found.blank_rows, found.unused_columns) == (7, 1, 1)
    assert found.rows_read == 2 + found.blank_rows + found.left_out.total()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["Datum", "AB01", "Nils Noll"], [date(2025, 3, 3), "x", "x"]], ("attendee_unknown", 1, "C")),
        ([["Datum", "AB01", "19811218-9876"], [date(2025, 3, 3), "x", "x"]], ("looks_like_personnummer", 1, "C")),
        ([["Datum", "AB01", None], [date(2025, 3, 3), "x", "x"]], ("matrix_heading_blank", 1, "C")),
        ([["Datum", "AB01", "AB01"], [date(2025, 3, 3), "x", "x"]], ("column_meant_twice", None, "C")),
        ([["Datum", "AB01", "AB02"], [date(2025, 3, 3), "x", None]], ("matrix_blank_unclear", 2, "")),
        ([["Datum", "AB01", "AB02"], ["10/3", "x", "nej"]], ("date_without_year", 2, "A")),
        ([["Datum", "AB01", "AB02"], ["10/3/2025", "x", "nej"]], ("date_order_missing", 2, "A")),
        ([["Datum", "AB01", "AB02"], ["10 mars 2025", "x", "nej"]], ("date_unreadable", 2, "A")),
        ([["Datum", "AB01", "AB02"], ["Uppstart", "x", "nej"]], ("date_unreadable", 2, "A")),
        ([["Datum", "AB01", "AB02"], [None, "x", "nej"]], ("date_unreadable", 2, "A")),
        ([["Datum", "AB01", "AB02"], [date(2025, 3, 4), "x", "nej"]], ("session_of_day_missing", 2, "A")),
        ([["När", "AB01", "AB02"], [date(2025, 3, 3), "x", "nej"]], ("matrix_header_not_found", None, "")),
    ],
)
def test_what_is_unclear_in_a_matrix_is_asked(tmp_path: Path, rows: Rows, expected: tuple[str, int, str]) -> None:
    _, wrong, text = lists(tmp_path / "a", workbook(rows))
    assert wrong == [expected]
    assert "Nils" not in text
    assert "AB0" not in text
    assert "1981" not in text


def test_the_meaning_of_a_blank_cell_is_declared(tmp_path: Path) -> None:
    rows: Rows = [["Datum", "AB01", "AB02"], [date(2025, 3, 3), "x", None]]
    absent, _, _ = lists(tmp_path / "a", workbook(rows), blank="no")
    unknown, _, _ = lists(tmp_path / "a", workbook(rows), blank="unknown")
    assert marks(absent) == [("S1", "AB01", "x"), ("S1", "AB02", "no")]
    assert marks(unknown) == [("S1", "AB01", "x")]


def test_text_dates_follow_the_declared_order(tmp_path: Path) -> None:
    rows: Rows = [["Datum", "AB01", "AB02"], ["3.3.2025", "x", "nej"], ["10/3/2025", "x", "nej"]]
    found, wrong, _ = lists(tmp_path / "a", workbook(rows), date_order="dmy")
    assert ([session for session, _, _ in marks(found)][::2], wrong) == (["S1", "S2"], [])
    assert declared_date("3/10/2025", "mdy") == (date(2025, 3, 10), "")
    assert declared_date("31/31/2025", "mdy") == (None, "date_unreadable")
    assert declared_date("3/10/25", "mdy") == (None, "date_unreadable")


def test_two_sessions_on_a_day_are_asked_about(tmp_path: Path) -> None:
    twice = Roster.of(["AB01", "AB02"], [*DAYS, ("2025-03-03", "A", "S3"), ("2025-03-10", "B", "T2")])
    _, wrong, _ = lists(tmp_path / "a", workbook(MATRIX), roster=twice)
    assert wrong == [("session_of_day_unclear", 2, "A")]


def test_those_declared_as_others_are_left_out(tmp_path: Path) -> None:
    rows: Rows = [["Datum", "AB01", "Sofi Saga"], [date(2025, 3, 3), "x", "x"]]
    found, wrong, _ = lists(tmp_path / "a", workbook(rows), others=frozenset({"Sofi Saga"}))
    assert (marks(found), wrong) == ([("S1", "AB01", "x")], [])
    assert found is not None
    assert found.unused_columns == 1


def test_teams_tables_are_kept_apart_and_people_found_by_name_or_address(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-8-sig"):
        found, wrong, _ = lists(tmp_path / "a", TEAMS.encode(encoding), date_order="mdy")
        assert (marks(found), wrong) == ([("S2", "Vera Vall", "yes"), ("S2", "bo@example.se", "yes")], [])
        assert found is not None
        assert (found.rows_read, found.left_out) == (4, {"host": 1, "same_person_again": 1})
        assert found.source.rows == [8, 9]


def test_zoom_tables_are_kept_apart_and_renamed_people_found(tmp_path: Path) -> None:
    found, wrong, _ = lists(tmp_path / "a", ZOOM.encode("utf-8-sig"), date_order="mdy")
    assert (marks(found), wrong) == ([("S2", "Vera Vall", "yes"), ("S2", "bo@example.se", "yes")], [])
    assert found is not None
    assert (found.rows_read, found.left_out) == (3, {"host": 1})


def test_a_report_is_a_session_too(tmp_path: Path) -> None:
    found, wrong, _ = lists(tmp_path / "a", ZOOM, "sessions", date_order="mdy")
    assert found is not None
    assert found.values == [
        {"session": "A-2025-03-10", "group": "A", "date": "2025-03-10", "status": "held", "actual_minutes": "110"}
    ]
    assert wrong == []


def test_a_report_whose_day_is_not_declared_is_asked_about(tmp_path: Path) -> None:
    assert lists(tmp_path / "a", ZOOM)[1] == [("date_order_missing", 2, "C")]
    assert lists(tmp_path / "a", TEAMS)[1] == [("date_order_missing", 3, "B")]
    found, wrong, _ = lists(tmp_path / "a", ZOOM, session="S1")
    assert ([session for session, _, _ in marks(found)], wrong) == (["S1", "S1"], [])
    assert lists(tmp_path / "a", ZOOM, session="S9")[1] == [("session_of_day_missing", None, "")]


def test_a_stranger_in_a_report_is_told_by_place_only(tmp_path: Path) -> None:
    text = ZOOM + "Nils Noll,nils@example.se,3,\n"
    _, wrong, said = lists(tmp_path / "a", text, date_order="mdy")
    assert wrong == [("attendee_unknown", 8, "A")]
    assert "ils" not in said.replace("details", "")


def test_a_row_that_fits_two_people_is_told(tmp_path: Path) -> None:
    text = ZOOM.replace("Bo,bo@example.se", "Vera Vall,bo@example.se")
    assert lists(tmp_path / "a", text, date_order="mdy")[1] == [("attendee_unclear", 7, "A")]


def test_without_a_list_of_people_nobody_is_guessed(tmp_path: Path) -> None:
    assert lists(tmp_path / "a", ZOOM, roster=Roster())[1] == [("people_list_needed", None, "")]


@pytest.mark.parametrize("number", ["001", "002", "003"])
def test_real_zoom_reports(tmp_path: Path, number: str) -> None:
    data = shared(f"exports/attendance/zoom_meeting{number}_participants.csv").read_bytes()
    names = ["George Harrison", "John Lennon", "Wings", "ringorocks@beatles.org", "George Martin", "Yoko Ono",
             "Peter Best", "Eric Clapton", "Clapton"]  # fmt: skip
    day = {"001": "2020-09-24", "002": "2020-09-27", "003": "2020-09-30"}[number]
    known = Roster.of(names, [(day, "A", "S")])
    found, wrong, _ = lists(tmp_path / "a", data, roster=known, date_order="mdy")
    assert ([person for _, person, _ in marks(found)], wrong) == (names, [])
    assert found is not None
    assert (found.rows_read, found.left_out) == (10, {"host": 1})
    as_session, _, _ = lists(tmp_path / "a", data, "sessions", date_order="mdy")
    assert as_session is not None
    assert (as_session.values[0]["date"], as_session.values[0]["actual_minutes"]) == (day, "75")


def test_the_real_matrix_has_one_day_with_anyone_there(tmp_path: Path) -> None:
    names = ["Ben Ashley", "Tom Brooks", "Jimmy Cooney", "Sue Daniels", "Berlinda Fong", "Terry Jones",
             "Angelina Little", "Linda Smith"]  # fmt: skip
    known = Roster.of(names, [("2020-10-01", "A", "S")])
    data = shared("exports/attendance/sheetjs_Attendance.xlsx").read_bytes()
    found, wrong, _ = lists(tmp_path / "a", data, roster=known)
    assert [(person, mark) for _, person, mark in marks(found)] == [
        (name, "false" if name in ("Ben Ashley", "Angelina Little") else "true") for name in names
    ]
    assert found is not None
    assert (wrong, found.rows_read, found.left_out) == ([], 24, {"nobody_present": 22, "total_row": 1})
    csv = shared("exports/attendance/sheetjs_Attendance.csv").read_bytes()
    _, wrong, _ = lists(tmp_path / "a", csv, roster=known)
    assert wrong == [("date_without_year", row, "A") for row in range(4, 27)]


@pytest.mark.parametrize("table", ["attendance", "sessions"])
@pytest.mark.parametrize(
    ("content", "cell"),
    [
        (TEAMS.replace("Handledning", "Handledning om 811218-9876"), (2, "B")),
        (ZOOM.replace("Handledning", "198112189876"), (2, "B")),
        (workbook([["Närvaro, 19811218-9876"], *MATRIX]), (1, "A")),
        (workbook([*MATRIX, ["Sjuk: 19811218+9876"]]), (4, "A")),
        (workbook([[*MATRIX[0], ""], *([*row, "ring 811218-9876"] for row in MATRIX[1:])]), (2, "D")),
    ],
)
def test_a_personnummer_anywhere_in_a_list_is_refused_and_never_printed(
    tmp_path: Path, content: bytes | str, cell: tuple[int, str], table: str
) -> None:
    _, wrong, text = lists(tmp_path / "a", content, table, date_order="mdy")
    assert ("looks_like_personnummer", *cell) in wrong
    assert "9876" not in text


def test_feedback_and_logs_are_no_attendance_lists(tmp_path: Path) -> None:
    for name in ("carpentrycon2020_session_feedback_raw.csv", "carpentrycon2022_session_log.csv"):
        grid = read_grid(shared(f"exports/attendance/{name}"), name, Problems())
        assert grid is not None
        assert list_kind(grid, "attendance") == ""


FILES = """
[[files]]
path = "who.xlsx"
table = "attendance"
[[files]]
path = "cal.ics"
table = "sessions"
"""


def test_a_folder_with_sessions_from_a_calendar_and_attendance_from_excel(tmp_path: Path) -> None:
    rows: Rows = [["Närvaro"], ["Datum", "AB01", "007", "AB02"], [datetime(2025, 3, 3), "x", "x", "nej"],
                  [datetime(2025, 3, 10), "nej", "x", "x"], ["Summa", 1, 2, 1]]  # fmt: skip
    weekly = entry(*stockholm("20250303T090000", "20250303T110000"), "RRULE:FREQ=WEEKLY;COUNT=2")
    files = {"who.xlsx": workbook(rows), "cal.ics": calendar(weekly)}
    evaluation = read_evaluation(small(tmp_path, files, more=FILES))
    place = {code: at for at, code in enumerate(evaluation.people["person"])}  # 007, AB01, AB02
    found = {
        (row["session"], place[row["person"]]): bool(row["present"]) for row in evaluation.attendance.to_dict("records")
    }
    assert found == {
        ("A-2025-03-03", 0): True, ("A-2025-03-03", 1): True, ("A-2025-03-03", 2): False,
        ("A-2025-03-10", 0): True, ("A-2025-03-10", 1): False, ("A-2025-03-10", 2): True,
    }  # fmt: skip
    log = evaluation.load_log
    assert log["file"].tolist() == ["people.csv", "pre.csv", "post.csv", "who.xlsx", "cal.ics"]
    assert (log["rows_read"] == log["rows_used"] + log["blank_rows"] + log["rows_left_out"]).all()
    assert log["left_out_because"].tolist()[3:] == ["total_row: 1", ""]


def test_the_same_matrix_can_give_the_sessions(tmp_path: Path) -> None:
    rows: Rows = [["Datum", "AB01", "AB02"], [date(2025, 3, 3), "x", "nej"]]
    both = FILES.replace("cal.ics", "who.xlsx")
    evaluation = read_evaluation(small(tmp_path, {"who.xlsx": workbook(rows)}, more=both))
    assert evaluation.sessions["session"].tolist() == ["A-2025-03-03"]
    assert len(evaluation.attendance) == 2


def test_everything_wrong_is_told_at_once_without_a_name(tmp_path: Path) -> None:
    rows: Rows = [["Datum", "AB01", "Nils Noll"], ["4/3", "x", "x"], [date(2025, 3, 3), "sjuk", "x"]]
    data = calendar(entry("DTSTART;TZID=Nowhere:20250303T090000"))
    message = told(small(tmp_path, {"who.xlsx": workbook(rows), "cal.ics": data}, more=FILES))
    assert "cal.ics, row 3, column DTSTART: The meeting that begins here has an unknown time zone" in message
    assert "who.xlsx, sheet Sheet, row 1, column C: The person is not in the list of people" in message
    assert "who.xlsx, sheet Sheet, row 2, column A: The date has no year" in message
    assert "Nils" not in message
    wrong_mark: Rows = [["Datum", "AB01"], [date(2025, 3, 3), "sjuk"]]
    right = calendar(entry(*stockholm("20250303T090000")))
    message = told(small(tmp_path / "b", {"who.xlsx": workbook(wrong_mark), "cal.ics": right}, more=FILES))
    assert "row 2, column B: The cell cannot be read as yes or no" in message
    assert "sjuk" not in message


def test_a_report_of_another_shape_is_told(tmp_path: Path) -> None:
    more = FILES.replace('"attendance"', '"attendance"\nas = "teams"')
    files = {"who.xlsx": workbook(MATRIX), "cal.ics": calendar(entry(*stockholm("20250303T090000")))}
    assert "does not look like an attendance report from teams" in told(small(tmp_path, files, more=more))
