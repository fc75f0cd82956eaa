"""Keyed one-way codes, and what looks like a person."""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path

import pytest
from conftest import SAMPLES
from folders import PEOPLE, POST, PRE, small, told
from hypothesis import given
from hypothesis import strategies as st

from evaltools.folder import read_evaluation
from evaltools.pseudonyms import looks_personal, pseudonymiser

KEY = b"a key that is long enough"
codes = st.text(min_size=1, max_size=20)


@given(codes, codes, st.text(max_size=10))
def test_codes_are_told_apart_and_not_shown(one: str, other: str, evaluation: str) -> None:
    pseudonym = pseudonymiser(KEY, evaluation)
    assert (pseudonym(one) == pseudonym(other)) == (one == other)
    assert re.fullmatch("[0-9a-f]{32}", pseudonym(one))


def test_another_key_or_evaluation_gives_other_pseudonyms() -> None:
    assert len({pseudonymiser(key, name)("AB01") for key in (KEY, KEY + b"!") for name in ("a", "b")}) == 4
    unkeyed = {hashlib.sha256(b"AB01").hexdigest()[:32], hmac.digest(KEY, b"AB01", "sha256").hex()[:32]}
    assert pseudonymiser(KEY, "a")("AB01") not in unkeyed


def test_codes_do_not_get_past_the_door(tmp_path: Path) -> None:
    found = read_evaluation(small(tmp_path))
    for name in ("people", "responses", "attendance", "sessions", "load_log"):
        text = getattr(found, name).to_csv()
        assert "AB0" not in text
        assert "007" not in text
    assert read_evaluation(SAMPLES / "hemtjanst").people["person"].is_unique


def test_an_email_address_is_a_code_and_nothing_but_a_code(tmp_path: Path) -> None:
    def mailed(text: str) -> str:
        return text.replace("AB01", "anna@example.se")

    files = {"people.csv": mailed(PEOPLE), "pre.csv": mailed(PRE), "post.csv": mailed(POST)}
    assert "anna" not in read_evaluation(small(tmp_path / "a", files)).people.to_csv()
    people = PEOPLE.replace("Group\n", "Group;Profession\n").replace("AB01;A", "AB01;A;anna@example.se")
    message = told(small(tmp_path / "b", {"people.csv": people}))
    assert "people.csv, row 2, column C (Profession): The cell seems to contain an e-mail address" in message
    assert "anna" not in message


def test_headings_that_look_like_a_person_are_not_shown(tmp_path: Path) -> None:
    pre = PRE.replace("Q1", "Q1 anna@example.se").replace("AB01;1", "AB01;11")
    message = told(small(tmp_path, {"pre.csv": pre}, change={"Q(?P<number>[1-4])": "Q(?P<number>[1-4]).*"}))
    assert "pre.csv, row 2, column B: The answer lies outside" in message
    assert "anna" not in message


@pytest.mark.parametrize(
    "text",
    ["19811218-9876", "8112189876", "811218-9876", "811218+9876", "811218 9876", "198112189876", "born 811218-9876.",
     "19811278-9870"[:-1] + "3"],
)  # fmt: skip
def test_a_personnummer_is_found_however_it_is_written(text: str) -> None:
    assert looks_personal(text) == "personnummer"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AB12",
        "811218-9875",
        "813218-9876",
        "0701234567",
        "tel 08-123 456 78",
        "1234567890123",
        "a@b",
        "@",
        "2025-03-01",
    ],
)
def test_other_numbers_are_not_taken_for_a_personnummer(text: str) -> None:
    assert looks_personal(text) == ""


@given(st.integers(0, 99), st.integers(1, 12), st.integers(1, 28), st.integers(0, 999), st.booleans())
def test_every_right_personnummer_is_found(year: int, month: int, day: int, number: int, coordination: bool) -> None:
    digits = f"{year:02}{month:02}{day + 60 * coordination:02}{number:03}"
    total = sum(sum(divmod(int(digit) * (2 - at % 2), 10)) for at, digit in enumerate(digits))
    assert looks_personal(f"{digits[:6]}-{digits[6:]}{-total % 10}") == "personnummer"
