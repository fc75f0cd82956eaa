"""One table of answers, written in every way that programs write tables, gives the same `responses`."""

from __future__ import annotations

import codecs
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from folders import SETTINGS, small
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import as_csv, as_ods, as_sav, as_xls, as_xlsx

from evaltools.folder import Evaluation, read_evaluation

HEADS = ["Kod", "js1", "js2", "js3", "js4", "fritext"]
CODES = ("007", "07", "Åsa-1", "öl9", "b 2", "K\u00a0å")
# Every way in which an answer may be written, and what it stands for.
WRITTEN: dict[str, float | str] = {
    "Stämmer inte alls": 1.0, "Stämmer, men sällan": 2.0, "Stämmer delvis": 3.0, "4 – Stämmer bra": 4.0,
    "Stämmer helt.": 5.0, "stämmer  HELT": 5.0, "3,0": 3.0, "2.0": 2.0, "5": 5.0,
    'Kan "inte" säga': "dont_know", "NA": "refused", "": "skipped",
}  # fmt: skip
MAPPING = """
[[files]]
path = "{name}"
table = "responses"
wave = "pre"
mapping = "any"
[[mapping.any.columns]]
match = {{ heading = "Kod" }}
column = "person"
[[mapping.any.columns]]
match = {{ heading_regex = "js(?P<n>[1-4])" }}
item = "js{{n}}"
scale = "fits"
[mapping.any.scales.fits]
missing = {{ 'Kan "inte" säga' = "dont_know", "NA" = "refused" }}
[mapping.any.scales.fits.labels]
"Stämmer inte alls" = 1
"Stämmer, men sällan" = 2
"Stämmer delvis" = 3
"Stämmer bra" = 4
"Stämmer helt" = 5
"""
DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16-le", "utf-16-be")
ENDINGS = ("\r\n", "\n", "\r")
BOMS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
WORKBOOKS = {"a.xlsx": as_xlsx, "a.ods": as_ods, "a.xls": as_xls}
TEXT = st.text("abåäöÅÄÖé,;|\t'\"\n –", max_size=12).map(str.strip)
PEOPLE = st.lists(st.tuples(st.lists(st.sampled_from(list(WRITTEN)), min_size=4, max_size=4), TEXT),
                  min_size=len(CODES), max_size=len(CODES))  # fmt: skip
Rows = list[list[str]]


def text_file(rows: Rows, delimiter: str, encoding: str, ending: str) -> bytes:
    return BOMS.get(encoding, b"") + as_csv(rows, delimiter, encoding, ending)


def read(name: str, content: bytes) -> Evaluation:
    start = SETTINGS[: SETTINGS.index('[[files]]\npath = "pre.csv"')]
    people = "Person;Group\n" + "".join(f"{code};A\n" for code in CODES)
    with tempfile.TemporaryDirectory() as folder:
        return read_evaluation(small(Path(folder), {name: content, "people.csv": people},
                                     settings=start + MAPPING.format(name=name)))  # fmt: skip


def shown(evaluation: Evaluation) -> pd.DataFrame:
    """What is compared: everything but the file's name and the keyed pseudonyms, which stand in the people's order."""
    order = {code: at for at, code in enumerate(evaluation.people["person"])}
    return evaluation.responses.assign(person=evaluation.responses["person"].map(order)).drop(columns=["file", "row"])


def counted(evaluation: Evaluation) -> tuple[int, int, int, int]:
    row = evaluation.load_log.set_index("table").loc["responses"]
    return row["rows_read"], row["rows_used"], row["blank_rows"], row["rows_left_out"]


def table_of(drawn: list[tuple[list[str], str]]) -> Rows:
    """The people's rows with a blank one among them."""
    rows = [[code, *answers, text] for code, (answers, text) in zip(CODES, drawn, strict=True)]
    return [HEADS, *rows[:3], [""] * len(HEADS), *rows[3:]]


def check(name: str, content: bytes, drawn: list[tuple[list[str], str]]) -> Evaluation:
    """The answers are those that were written, and every row is accounted for."""
    found = read(name, content)
    table = shown(found)
    told = table["missing"].astype("object").where(table["code"].isna(), table["code"])
    order = sorted(CODES)
    got = {
        (order[person], item): answer for person, item, answer in zip(table["person"], table["item"], told, strict=True)
    }
    answered = {code: answers for code, (answers, _) in zip(CODES, drawn, strict=True)}
    assert got == {
        (code, f"js{at}"): WRITTEN[text] for code, answers in answered.items() for at, text in enumerate(answers, 1)
    }
    assert counted(found) == (7, 6, 1, 0)
    return found


@settings(max_examples=25)
@given(
    drawn=PEOPLE,
    delimiter=st.sampled_from(DELIMITERS),
    encoding=st.sampled_from(ENCODINGS),
    ending=st.sampled_from(ENDINGS),
)
def test_any_text_file_gives_the_answers_that_were_written(
    drawn: list[tuple[list[str], str]], delimiter: str, encoding: str, ending: str
) -> None:
    check("a.csv", text_file(table_of(drawn), delimiter, encoding, ending), drawn)


@settings(max_examples=6)
@given(drawn=PEOPLE)
def test_workbooks_and_spss_give_the_same_responses_as_a_text_file(drawn: list[tuple[list[str], str]]) -> None:
    rows = table_of(drawn)
    wanted = shown(check("a.csv", text_file(rows, ";", "cp1252", "\r\n"), drawn))
    for name, write in WORKBOOKS.items():
        pd.testing.assert_frame_equal(shown(check(name, write({"Svar": rows}), drawn)), wanted)
    pd.testing.assert_frame_equal(shown(check("a.sav", as_sav(rows), drawn)), wanted)


FIXED = [(["Stämmer inte alls", "4 – Stämmer bra", "", "3,0"], 'en "bra" dag;\nmed regn, och sol')] * 3 + [
    (["NA", "5", 'Kan "inte" säga', "Stämmer, men sällan"], "åäö | slut")
] * 3


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_every_combination_of_delimiter_encoding_and_line_ending_is_read(delimiter: str, encoding: str) -> None:
    for ending in ENDINGS:
        check("a.csv", text_file(table_of(FIXED), delimiter, encoding, ending), FIXED)
