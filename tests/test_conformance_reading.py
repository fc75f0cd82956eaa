"""Hard cases of text files read as a whole folder: encodings told, rows counted and named, headings of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from folders import PEOPLE, PRE, small, told
from test_conformance_rows import AGREE, EXPECTED, OWN, by_person, items, left_out, noted, one_wave, rules

from evaltools.folder import read_evaluation

QUESTIONS = ("Q1", "Q2", "Q3", "Q4")
PLAIN = rules('heading = "Code"', OWN) + items("heading", *QUESTIONS)
WORDS = {
    "1": "Stämmer inte alls",
    "2": "Stämmer dåligt",
    "3": "Stämmer delvis",
    "4": "Stämmer bra",
    "5": "Stämmer helt",
}


def in_words(plain: str) -> str:
    """The answers as labels with å and ä."""
    head, *lines = plain.splitlines()
    return "\r\n".join([head, *(";".join(WORDS.get(cell, cell) for cell in line.split(";")) for line in lines), ""])


def test_1_a_file_of_swedish_excel_is_read_in_a_folder_and_its_encoding_told_as_assumed(tmp_path: Path) -> None:
    mapping = AGREE + rules('heading = "Code"', OWN) + items("heading", *QUESTIONS, scale="agree")
    found = read_evaluation(one_wave(tmp_path, in_words(PRE).encode("cp1252"), mapping))
    assert by_person(found) == EXPECTED | {(2, "pre"): [3.0, 3.0, "skipped", 3.0]}
    assert noted(found) == ["encoding_assumed"]
    assert dict(found.notes[0].details)["encoding"] == "cp1252"


@pytest.mark.parametrize("table", ["sessions", "people"])
def test_1_the_encoding_of_every_table_that_is_assumed_is_told(table: str, tmp_path: Path) -> None:
    content = {
        "sessions": ("Träff;Datum;Status\n1;2025-03-01;genomförd\n", PEOPLE),
        "people": ("Person;Grupp;Började\nAB01;A;\n", PEOPLE.replace("AB01;A\n", "")),
    }
    more, people = content[table]
    entry = f'[[files]]\npath = "more.csv"\ntable = "{table}"\n'
    files = {"more.csv": more.encode("cp1252"), "people.csv": people}
    found = read_evaluation(small(tmp_path, files, more=entry))
    assert [(note.key, note.file) for note in found.notes] == [("encoding_assumed", "more.csv")]


def test_2_a_code_with_a_zero_before_it_is_not_the_code_without(tmp_path: Path) -> None:
    people = "Person;Group\r\n01 Norr;A\r\n1 Norr;A\r\n"
    content = "Code;Q1;Q2;Q3;Q4\r\n1 Norr;1;1;1;1\r\n01 Norr;5;5;5;5\r\n"
    found = read_evaluation(one_wave(tmp_path, content, PLAIN, people=people))
    assert sorted(by_person(found).values(), key=str) == [[1.0] * 4, [5.0] * 4]


def test_4_letters_encoded_twice_are_told_in_a_folder_and_never_mended_by_themselves(tmp_path: Path) -> None:
    mapping = AGREE + rules('heading = "Code"', OWN) + items("heading", *QUESTIONS, scale="agree")
    twice = in_words(PRE).encode().decode("cp1252").encode()
    message = told(one_wave(tmp_path / "a", twice, mapping))
    assert "not one of those declared" in message
    assert "EV-162 pre.csv" in message.splitlines()[-1]  # the cause, with its mending, below what follows from it
    assert "Ã¤ → ä" in message
    found = read_evaluation(one_wave(tmp_path / "b", PRE.replace("Q4", "Q4;TrÃ¤ff").encode(), PLAIN))
    assert "encoded_twice" in noted(found)


def test_6_rows_with_a_cell_too_many_are_one_message_that_names_them_all(tmp_path: Path) -> None:
    ragged = PRE.replace("AB01;1;2", "AB01;1;2;2").replace("007;5;5", "007;5;5;5")
    message = told(one_wave(tmp_path / "a", ragged, PLAIN))
    assert "pre.csv, rows 2, 4: The row has more cells than there are headings" in message
    assert message.count("EV-") == 1
    empty = "".join(f"{line};\n" for line in PRE.splitlines())
    found = read_evaluation(one_wave(tmp_path / "b", empty, PLAIN))
    assert [(note.key, dict(note.details)["n"]) for note in found.notes] == [("empty_columns_left_out", "1")]
    assert left_out(found) == {}


def test_7_a_row_after_an_answer_of_several_lines_is_named_by_the_line_in_which_it_begins(tmp_path: Path) -> None:
    written = 'Code;Övrigt;Q1;Q2;Q3;Q4\r\nAB01;"två; tre\r\nrader\r\n\r\ntill";1;2;5;2\r\nAB02;"a;b";3;3;{};3\r\n'
    found = read_evaluation(one_wave(tmp_path / "a", written.format(4), PLAIN))
    assert by_person(found) == {at: EXPECTED[at] for at in ((1, "pre"), (2, "pre"))}
    assert found.load_log.set_index("table").loc["responses", "rows_read"] == 2
    assert "pre.csv, row 6, column E (Q3): The answer lies outside" in told(
        one_wave(tmp_path / "b", written.format(9), PLAIN)
    )


def test_13_the_answers_under_headings_that_are_doubled_blank_or_endless_are_found(tmp_path: Path) -> None:
    endless = ("Hur väl " * 155)[:1235].strip()
    content = f"token;startlanguage;submitdate;lastpage;{endless};;{endless};js4\n"
    content += "".join(
        f"{who};sv;2025-01-15 10:00:00;2;{given}\n" for who, given in (("AB01", "1;2;5;2"), ("007", "5;5;1;5"))
    )
    mapping = "".join(rules(f"position = {at + 4}", f'item = "js{at}"') for at in (1, 2, 3))
    found = read_evaluation(one_wave(tmp_path, content, mapping + rules('code = "js4"', 'item = "js4"')))
    assert by_person(found) == {at: EXPECTED[at] for at in ((0, "pre"), (1, "pre"))}
