"""Four of the hard cases with all their traps in one file each, as tools and people make them; read as a folder."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from folders import small, told
from test_calendars import calendar, entry, stockholm
from test_conformance_rows import EXPECTED, OWN, ROWS, by_person, left_out, one_wave, rules, table

from evaltools.folder import read_evaluation

DONE = "2025-01-15 10:00:00"


def workbook(rows: Sequence[Sequence[Any]], *merged: str, from_1904: bool = False) -> bytes:
    book, stream = openpyxl.Workbook(), io.BytesIO()
    if from_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for row in rows:
        book.worksheets[0].append(list(row))
    for cells in merged:
        book.worksheets[0].merge_cells(cells)
    book.save(stream)
    return stream.getvalue()


# -- 12: "other", its text, and questions that were not shown -------------------------------------------------------

CODES = ("id", "submitdate", "lastpage", "startlanguage", "token")
TEXTS = ("Response ID", "Date submitted", "Last page", "Start language", "Access code")
OTHER = {  # two rows of headings in vv files; the text of "other" stands in a column of its own
    "code": ([(*CODES, "js1", "js1[other]", "js2", "js3", "js4")], ",", "code"),
    "em_code": ([(*CODES, "js1", "js1_other", "js2", "js3", "js4")], ",", "code"),
    "full": ([(*TEXTS, "js1", "js1 [Other]", "js2", "js3", "js4")], ",", "heading"),
    "vv": ([(*TEXTS, "Trivs?", "Trivs? [Annat]", "2", "3", "4"),
            (*CODES, "js1", "js1_other", "js2", "js3", "js4")], "\t", "code"),
}  # fmt: skip
SCALE = '[mapping.wide.scales.s]\nlabels = {{ "A1" = 1, "A2" = 2{more} }}\n'


def other_file(form: str, more: str) -> tuple[str, str]:
    heads, delimiter, match = OTHER[form]
    row = ("1", DONE, "2", "sv", "AB01", "-oth-", "KANARIE", "{question_not_shown}", "5", "2")
    mapping = SCALE.format(more=more) + rules(f'{match} = "js1"', 'item = "js1"\nscale = "s"')
    mapping += "".join(rules(f'{match} = "js{at}"', f'item = "js{at}"') for at in (2, 3, 4))
    return table([*heads, row], delimiter), mapping


@pytest.mark.parametrize("form", OTHER)
def test_12_other_is_an_answer_as_declared_and_its_text_is_kept_nowhere(form: str, tmp_path: Path) -> None:
    found = read_evaluation(one_wave(tmp_path, *other_file(form, ', "-oth-" = 5')))
    assert by_person(found) == {(1, "pre"): [5.0, "not_shown", 5.0, 2.0]}
    assert "KANARIE" not in found.responses.to_csv() + found.load_log.to_csv() + repr(found.notes)


@pytest.mark.parametrize("form", OTHER)
def test_12_other_that_is_not_declared_is_asked_about_without_its_text(form: str, tmp_path: Path) -> None:
    message = told(one_wave(tmp_path, *other_file(form, "")))
    assert "not one of those declared" in message
    assert "KANARIE" not in message


# -- 18: a workbook for people to look at: titles, headings of two rows, notes, sums ---------------------------------


def sheet_for_people() -> list[Sequence[Any]]:
    return [("Trivselenkät, hemtjänsten", *[None] * 5), ("Ifylld på papper, våren 2025", *[None] * 5), (None,),
            ("Code", "Arbetet", None, "Gruppen", None, "Medel"), (None, "Q1", "Q2", "Q1", "Q2", None),
            *((who, *map(int, given), 3.0) for who, *given in ROWS), (None,), ("Summa", 9, 10, 10, 10, None),
            ("* AB01 svarade per telefon.", *[None] * 5)]  # fmt: skip


MERGED = ("A1:F1", "A4:A5", "B4:C4", "D4:E4", "F4:F5")


def test_18_headings_of_two_rows_below_titles_are_asked_about_and_then_read_by_position(tmp_path: Path) -> None:
    content = workbook(sheet_for_people(), *MERGED)
    mapping = rules('heading = "Code"', OWN)
    mapping += "".join(rules(f"position = {at + 1}", f'item = "js{at}"') for at in range(1, 5))
    asked = told(one_wave(tmp_path / "a", content, mapping, name="pre.xlsx"))
    assert "header_rows = " in asked
    assert "AB01" not in asked
    declared = "[mapping.wide.source]\nheader_rows = 5\n"
    found = read_evaluation(one_wave(tmp_path / "b", content, declared + mapping, name="pre.xlsx"))
    assert by_person(found) == EXPECTED
    assert left_out(found) == {"total_row": 1, "note_row": 1}


# -- 20: dates as workbooks have them ---------------------------------------------------------------------------------

LISTED = '[[files]]\npath = "who.xlsx"\ntable = "attendance"\n{order}'
ATTENDED = LISTED + LISTED.replace("attendance", "sessions")


def dated(folder: Path, days: Sequence[Any], order: str = "", *, from_1904: bool = True) -> Path:
    rows = [("Datum", "AB01", "007", "AB02"), *((day, "x", "x", "nej") for day in days)]
    files = {"who.xlsx": workbook(rows, from_1904=from_1904)}
    return small(folder, files, more=ATTENDED.format(order=order))


@pytest.mark.parametrize("from_1904", [True, False])
def test_20_a_workbook_counts_its_days_from_its_own_year(from_1904: bool, tmp_path: Path) -> None:
    days = [date(2025, 3, 3), datetime(2025, 3, 10, 9, 30), "3.4.2025"]
    found = read_evaluation(dated(tmp_path, days, 'date_order = "dmy"\n', from_1904=from_1904)).sessions
    assert [f"{day:%Y-%m-%d}" for day in sorted(found["date"])] == ["2025-03-03", "2025-03-10", "2025-04-03"]


@pytest.mark.parametrize(
    ("day", "order", "says"),
    [
        ("10/3/2025", "", "date_order"),  # 10 March or 3 October: asked
        ("10/1", 'date_order = "dmy"\n', "year"),
        ("30/2/2025", 'date_order = "dmy"\n', "row 3"),
    ],
)
def test_20_a_typed_date_is_never_guessed(day: str, order: str, says: str, tmp_path: Path) -> None:
    message = told(dated(tmp_path, [date(2025, 3, 3), day], order))
    assert says in message
    assert "who.xlsx" in message
    assert "row 3" in message
    assert day not in message


# -- 25: one calendar with every trap ---------------------------------------------------------------------------------

CUSTOM = ("BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\n"
          "TZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\n"
          "DTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\n"
          "END:DAYLIGHT\nEND:VTIMEZONE")  # fmt: skip
SERIES = entry(*stockholm("20250303T090000", "20250303T110000"), "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4", uid="series")
MOVED = entry(*stockholm("20250402T130000", "20250402T150000"), "RECURRENCE-ID;TZID=Europe/Stockholm:20250331T090000",
              uid="series")  # fmt: skip
CALLED_OFF = entry(*stockholm("20250317T090000", "20250317T110000"), "STATUS:CANCELLED",
                   "RECURRENCE-ID;TZID=Europe/Stockholm:20250317T090000", uid="series")  # fmt: skip
WINDOWS = entry("DTSTART;TZID=W. Europe Standard Time:20250505T090000",
                "DTEND;TZID=W. Europe Standard Time:20250505T110000", uid="outlook")  # fmt: skip
OLDER = entry(*stockholm("20250519T090000", "20250519T110000"), "SEQUENCE:1", uid="twice")
NEWER = entry(*stockholm("20250520T090000", "20250520T110000"), "SEQUENCE:2", uid="twice")
OWN_ZONE = entry("DTSTART;TZID=Customized Time Zone:20250602T090000",
                 "DTEND;TZID=Customized Time Zone:20250602T110000", uid="own")  # fmt: skip
UNKNOWN = entry("DTSTART;TZID=Middle Earth:20250609T090000", uid="unknown")
SESSIONS = '[[files]]\npath = "cal.ics"\ntable = "sessions"\nsubject = "Handledning"\ntimezone = "Europe/Stockholm"\n'
GOOD = (CUSTOM, SERIES, MOVED, CALLED_OFF, WINDOWS, NEWER, OLDER, OWN_ZONE)


def test_25_a_calendar_with_every_trap_gives_the_right_days(tmp_path: Path) -> None:
    found = read_evaluation(small(tmp_path, {"cal.ics": calendar(*GOOD)}, more=SESSIONS))
    told_of = sorted(zip(found.sessions["date"].dt.strftime("%Y-%m-%d"), found.sessions["status"], strict=True))
    assert told_of == [
        ("2025-03-03", "held"), ("2025-03-17", "cancelled"), ("2025-03-31", "moved"), ("2025-04-02", "held"),
        ("2025-04-14", "held"), ("2025-05-05", "held"), ("2025-05-20", "held"), ("2025-06-02", "held"),
    ]  # fmt: skip
    held = found.sessions[found.sessions["status"] == "held"]
    assert set(held["planned_minutes"]) == {120.0}
    log = found.load_log.set_index("file").loc["cal.ics"]
    assert log["rows_read"] == log["rows_used"] + log["blank_rows"] + log["rows_left_out"]
    assert log["left_out_because"] == "older_version: 1"


def test_25_one_unknown_zone_among_them_is_an_error_and_no_time_of_its_own(tmp_path: Path) -> None:
    message = told(small(tmp_path, {"cal.ics": calendar(*GOOD, UNKNOWN)}, more=SESSIONS))
    line = calendar(*GOOD, UNKNOWN).decode().splitlines().index("UID:unknown")  # the meeting begins before it
    assert f"cal.ics, row {line}, column DTSTART" in message
    assert message.count("EV-") == 1
    assert "Handledning" not in message
