"""Files of any size: read without losing anything, or refused with their own sentence; never a full memory."""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path

import made_files as made
import pytest
from folders import small, told
from hypothesis import given
from hypothesis import strategies as st

from evaltools import pseudonyms
from evaltools.draft_mapping import Declared, draft_mapping
from evaltools.errors import FolderError, Problems
from evaltools.exports.grid import Grid, read_grid
from evaltools.exports.signatures import recognise
from evaltools.inspect_file import inspect_file
from evaltools.map_text import map_text
from evaltools.measures import limits
from evaltools.personal_data import personal_columns
from evaltools.personal_texts import personal_kinds, texts_by_kind

PERSONAL = {
    "email": st.from_regex(re.compile(r"[a-z.]{1,9}@[a-z]{1,9}\.[a-z]{2,3}", re.ASCII), fullmatch=True),
    "ip": st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str)),
    "phone": st.from_regex(re.compile(r"(\+46 ?|0)7[0236][- ]?[0-9]{3} ?[0-9]{2} ?[0-9]{2}"), fullmatch=True),
    "personnummer": st.sampled_from(["19811218-9876", "811218-9876", "198112189876", "8112189876", "811278-9873"]),
}


@pytest.mark.parametrize("kind", PERSONAL)
def test_the_quick_search_for_personal_data_passes_over_none(kind: str) -> None:
    @given(PERSONAL[kind])
    def holds(text: str) -> None:
        assert {kind, "personnummer"} & personal_kinds(text)  # some numbers could be either

    holds()


@given(st.lists(st.one_of(*PERSONAL.values(), st.text("01279+-/.:@ ()aå\n", max_size=30)), max_size=8))
def test_what_one_text_holds_does_not_hang_on_its_neighbours(texts: list[str]) -> None:
    found = texts_by_kind(texts)
    assert [{kind for kind in found if at in found[kind].places} for at in range(len(texts))] == [
        personal_kinds(text) for text in texts
    ]


@given(st.lists(st.lists(st.integers(0, 65535).map("{:x}".format), max_size=9).map(":".join), min_size=1, max_size=3))
def test_an_address_of_colons_is_one_that_python_takes(parts: list[str]) -> None:
    text = "::".join(parts)
    try:
        known = bool(ipaddress.IPv6Address(text))
    except ValueError:
        known = False
    assert ("ip" in personal_kinds(text)) == known


def test_where_most_cells_hold_a_number_the_count_says_that_it_stops() -> None:
    rows = [(f"P{at}", f"070-{at:03} 12 34", "ring 08-123 45 67") for at in range(1500)]
    grid = Grid("a.csv", "", (("kod", "a", "b"), *rows), tuple(range(1, 1502)))
    found = personal_columns(grid, recognise(grid))
    assert [(each.column, each.rows, each.more) for each in found] == [("B (a)", 1000, True), ("C (b)", 1500, False)]


@given(st.lists(st.integers(0, 99), min_size=5, max_size=5), st.booleans())
def test_a_personnummer_is_known_by_its_check_digit_alone(pairs: list[int], shift: bool) -> None:
    year, month, day, serial, last = pairs[0], pairs[1] % 12 + 1, pairs[2] % 28 + 1 + 60 * shift, pairs[3], pairs[4]
    number = f"{year:02}{month:02}{day:02}{serial:02}{last // 10}"
    right = [check for check in range(10) if pseudonyms.names_personnummer(f"{number}{check}")]
    assert right == [_check_digit(number)]


def _check_digit(number: str) -> int:
    """As the population register describes it: 2, 1, 2, 1 ... times the digits, the digits of the products added."""
    products = "".join(str(int(digit) * factor) for digit, factor in zip(number, (2, 1) * 5, strict=False))
    return -sum(map(int, products)) % 10


def test_one_address_among_thousands_of_different_answers_is_found_with_its_rows() -> None:
    rows = [(f"P{at}", f"ett svar, nummer {at}") for at in range(3000)]
    rows[2500] = rows[2700] = ("P2500", "skriv till a.b@example.se")
    grid = Grid("a.csv", "", (("kod", "fritext"), *rows), tuple(range(1, 3002)))
    found = personal_columns(grid, recognise(grid))
    assert [(column.column, column.kind, column.rows) for column in found] == [("B (fritext)", "email", 2)]


def test_a_column_with_a_thousand_different_texts_is_nobodys_answer_scale(tmp_path: Path) -> None:
    rows = [
        ["Kod", "Mätning", "js1", "js2"],
        *([f"AB{at}", f"gång {at}", f"Ofta {at}", at % 5 + 1] for at in range(2000)),
    ]
    path = tmp_path / "svar.csv"
    path.write_bytes(made.as_csv(rows))
    draft = draft_mapping(path, Declared(), "sv")
    assert [column.role for column in draft.columns] == ["person", "wave", "item", "item"]
    assert [column.scale and column.scale.kind for column in draft.columns[2:]] == [None, "numbers"]
    assert (draft.events, draft.hidden_events) == ((), 2000)
    assert "gång 7" not in map_text(draft, "sv")


DOCUMENTS = {
    "objects.json": b"[" + b"{}," * 1_200_000 + b"{}]",
    "lists.json": b"[" + b"[]," * 1_200_000 + b"[]]",
    "wide.json": json.dumps([{f"q{at}": 1} for at in range(1100)]).encode(),
    "elements.xml": b"<Responses>" + b"<a/>" * 2_100_000 + b"</Responses>",
    "marks.lss": b"<document><LimeSurveyDocType>Survey</LimeSurveyDocType><b " + b" ".join(
        b"a%d=''" % at for at in range(1_100_000)) + b"/>" * 1 + b"<c/>" * 1_000_000 + b"</document>",
    "deep.lsa": made.packed({"survey.lss": "<document>" + "<a/>" * 2_100_000 + "</document>"}),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_would_fill_the_memory_is_refused_before_it_is_taken_apart(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(DOCUMENTS[name])
    assert [problem["key"] for problem in inspect_file(path, "sv")["problems"]] == ["document_too_large"]
    with pytest.raises(FolderError, match="EV-321"):
        draft_mapping(path, Declared(), "sv")


def test_answers_as_a_document_that_is_too_large_are_refused_in_a_folder_too(tmp_path: Path) -> None:
    more = '[[files]]\npath = "more.json"\ntable = "responses"\nwave = "post"\nmapping = "wide"\n'
    folder = small(tmp_path / "f", {"more.json": DOCUMENTS["objects.json"]}, more=more)
    assert "EV-321 more.json" in told(folder)


ENTRY = "BEGIN:VEVENT\r\nUID:%d\r\nDTSTART;TZID=Europe/Stockholm:20250310T090000\r\n%sEND:VEVENT\r\n"
CALENDARS = {
    "entries": "".join(ENTRY % (at, "") for at in range(12_600)),
    "guests": ENTRY % (1, "ATTENDEE:mailto:a@example.se\r\n" * 51_000),
    "dates": ENTRY % (1, "RDATE:" + ",".join(["20250310T090000Z"] * 51_000) + "\r\n"),
    "old line ends": "".join(ENTRY % (at, "") for at in range(12_600)).replace("\r\n", "\r"),
}


@pytest.mark.parametrize("kind", CALENDARS)
def test_a_calendar_that_would_take_minutes_is_refused(tmp_path: Path, kind: str) -> None:
    data = f"BEGIN:VCALENDAR\r\n{CALENDARS[kind]}END:VCALENDAR\r\n".encode()
    path = tmp_path / "calendar.ics"
    path.write_bytes(data)
    assert [problem["key"] for problem in inspect_file(path, "sv")["problems"]] == ["calendar_too_large"]
    folder = small(
        tmp_path / "f", {"c.ics": data}, more='[[files]]\npath = "c.ics"\ntable = "sessions"\nsubject = "*"\n'
    )
    assert "EV-322 c.ics" in told(folder)


def test_a_long_description_with_commas_makes_no_calendar_too_large(tmp_path: Path) -> None:
    text = r"DESCRIPTION:" + r"ett\, två" * 60_000 + "\r\n"
    path = tmp_path / "calendar.ics"
    path.write_text(f"BEGIN:VCALENDAR\r\n{ENTRY % (1, text)}END:VCALENDAR\r\n", "utf-8")
    assert inspect_file(path, "sv")["problems"] == []


LONG = "a long answer, told once, å " * 20
LETTERS = [["Kod", LONG], *([f"A{at}", LONG if at % 3 else "kort"] for at in range(40))]


@pytest.mark.parametrize("most", [40, 57, 300, 8224])
def test_shared_texts_of_an_old_workbook_are_as_long_as_another_reader_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    rows = [["Kod", "Ålder å", LONG], ["A1", "ASCII only " * 9, "kort"], ["A2", "kort", LONG], ["A3", "…" * 30, "slut"]]
    path = tmp_path / "svar.xls"
    path.write_bytes(made.as_xls({"Svar": rows}, shared=most))
    letters = sum(len(cell) for row in rows for cell in row)
    grid = read_grid(path, "svar.xls", Problems())
    assert grid is not None
    assert [list(row) for row in grid.rows] == [[cell.strip() for cell in row] for row in rows]  # calamine's reading
    monkeypatch.setitem(limits(), "table_letters", letters)
    assert read_grid(path, "svar.xls", Problems()) is not None
    monkeypatch.setitem(limits(), "table_letters", letters - 1)
    problems = Problems()
    assert read_grid(path, "svar.xls", problems) is None
    assert [problem.key for problem in problems.found] == ["sheet_too_large"]


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_a_text_that_many_cells_share_counts_in_each_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    make = {"xlsx": made.as_xlsx, "ods": made.as_ods, "xls": lambda sheets: made.as_xls(sheets, shared=500)}[suffix]
    path = tmp_path / f"svar.{suffix}"
    path.write_bytes(make({"Svar": LETTERS}))
    letters = sum(len(cell) for row in LETTERS for cell in row)
    monkeypatch.setitem(limits(), "table_letters", letters)
    assert read_grid(path, path.name, Problems()) is not None
    monkeypatch.setitem(limits(), "table_letters", letters - 50)  # blanks at the ends of texts may not count
    problems = Problems()
    assert read_grid(path, path.name, problems) is None
    assert [problem.key for problem in problems.found] == ["sheet_too_large"]


def test_sheets_beyond_what_is_read_at_once_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["Kod", "Q1"], ["A1", "4"], ["A2", "5"]]
    path = tmp_path / "svar.xlsx"
    path.write_bytes(made.as_xlsx({"Ett": rows, "Tomt": [], "Två": rows, "Tre": rows, "Fyra": rows}))
    monkeypatch.setitem(limits(), "table_cells", 12)
    found = inspect_file(path, "sv")
    assert [table["sheet"] for table in found["tables"]] == ["Ett", "Tomt", "Två"]
    assert [(problem["key"], problem["level"]) for problem in found["problems"]] == [("sheets_not_looked_at", "note")]
    assert "2" in found["problems"][0]["text"]


def test_running_numbers_in_place_of_person_codes_are_told_at_once_and_alone(tmp_path: Path) -> None:
    many = made.as_csv([["Code", "Q1"], *([f"{at}", "9"] for at in range(5001))]).decode()
    assert re.findall("EV-[0-9]+", told(small(tmp_path / "f", {"post.csv": many}))) == ["EV-323"]
    few = made.as_csv([["Code", "Q1"], *([f"{at}", "9"] for at in range(4999))]).decode()
    assert "EV-323" not in told(small(tmp_path / "g", {"post.csv": few}))


def test_a_sheet_without_a_name_is_damage_and_not_silence(tmp_path: Path) -> None:
    path = tmp_path / "svar.xlsx"
    path.write_bytes(
        made.edited(made.as_xlsx({"Svar": [["Kod"], ["A1"]]}), "xl/workbook.xml", 'name="Svar"', 'name=""')
    )
    problems = Problems()
    assert read_grid(path, path.name, problems) is None
    assert [problem.key for problem in problems.found] == ["workbook_broken"]
    assert [problem["key"] for problem in inspect_file(path, "sv")["problems"]] == ["workbook_broken"]
