"""Person codes over the waves: what is proposed, what is never joined, and what a person decides."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from evaluations import analysed
from folders import PEOPLE, POST, PRE, SETTINGS, answers, small, told
from hypothesis import given
from hypothesis import strategies as st

from evaltools.folder import Evaluation, read_evaluation
from evaltools.linking import near_codes, near_over_waves, turnover

UNLISTED = SETTINGS.replace('[[files]]\npath = "people.csv"\ntable = "people"\n\n', "")
LOG = '\n[[files]]\npath = "attendance.csv"\ntable = "attendance"\n[[files]]\npath = "s.csv"\ntable = "sessions"\n'
HELD = {"s.csv": "Session;Group;Date;Status\n1;A;2025-02-01;held\n"}


def notes(evaluation: Evaluation) -> list[tuple[str, str, int | None]]:
    return [(note.key, note.file, note.row) for note in evaluation.notes]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ab01", "AB01"), ("007", "7"), ("0007", "07"), ("AB 01", "AB01"), ("AB-01", "AB01"), ("AB\u00a001", "AB01"),
        ("ABO1", "AB01"), ("ABl2", "AB12"), ("ABI2", "AB12"), ("ANNA03", "ANNA3"), ("BERIT", "BERI"),
        ("ANNA03", "ANMA03"), ("ANNA03", "ANNA30"), ("ÅKE11", "åke11"), ("STRASSE", "straße"),
    ],
)  # fmt: skip
def test_codes_that_are_written_nearly_alike_are_near(one: str, other: str) -> None:
    assert near_codes([one], [other]) == {one: (other,)}
    assert near_codes([other], [one]) == {other: (one,)}


@pytest.mark.parametrize(
    ("one", "other"),
    [("A1", "A2"), ("AB1", "AB2"), ("AB12", "AB21C"), ("ANNA03", "ANNA14"), ("AB12", "AB12"), ("ABCD", "ABC"),
     ("ABCDE", "CBADE"), ("-", "0")],
)  # fmt: skip
def test_other_codes_are_not_near(one: str, other: str) -> None:
    assert near_codes([one], [other]) == near_codes([other], [one]) == {}


def distance(one: str, other: str) -> int:
    """Letters added, left out or changed, or neighbours swapped: the whole table, as in the textbook."""
    table = np.add.outer(np.arange(len(one) + 1), np.arange(len(other) + 1))
    for row in range(1, len(one) + 1):
        for column in range(1, len(other) + 1):
            same = one[row - 1] == other[column - 1]
            ways = [table[row - 1, column] + 1, table[row, column - 1] + 1, table[row - 1, column - 1] + (not same)]
            if row > 1 and column > 1 and one[row - 2 : row] == other[column - 2 : column][::-1]:
                ways.append(table[row - 2, column - 2] + 1)
            table[row, column] = min(ways)
    return int(table[-1, -1])


@given(st.sets(st.text("AB2", min_size=4, max_size=6)), st.sets(st.text("AB2", min_size=4, max_size=6)))
def test_the_files_find_what_comparing_letter_by_letter_finds(codes: set[str], others: set[str]) -> None:
    # no letter of these codes looks like another, so only the distance decides
    expected = {code: tuple(sorted(other for other in others if distance(code, other) == 1)) for code in codes}
    assert near_codes(codes, others) == {code: near for code, near in expected.items() if near}


def test_a_code_that_both_waves_have_is_nobodys_near_miss() -> None:
    assert near_over_waves({"pre": {"AB12", "AB13"}, "post": {"AB13"}}) == {}
    assert near_over_waves({"pre": {"AB12"}, "post": {"AB13"}}) == {"AB13": ("AB12",)}
    together = {"pre": {"AB12"}, "mid": {"AB13"}, "post": {"AB12", "AB13"}}
    assert near_over_waves(together) == {}  # at the last wave they are two people


def test_a_pair_is_proposed_once_over_many_waves() -> None:
    waves = {"a": {"AB12"}, "b": {"ab12"}, "c": {"AB12"}, "d": {"ab12"}}
    assert near_over_waves(waves) == {"ab12": ("AB12",)}


def test_twenty_thousand_codes_take_no_time() -> None:
    made = np.random.default_rng(7).choice(list("ABCDEFGHJKMNPQRSTUVWXYZ23456789"), (10_000, 8))
    pre = {"".join(code) for code in made}
    post = {code[:3] + code[4] + code[3] + code[5:] for code in pre}
    began = time.process_time()
    found = near_over_waves({"pre": pre, "post": post})
    assert time.process_time() - began < 2
    assert len(found) > 9_000


def test_a_near_code_is_proposed_by_its_place_and_never_joined(tmp_path: Path) -> None:
    found = read_evaluation(small(tmp_path, {"post.csv": POST.replace("AB02", "ab02")}, settings=UNLISTED))
    assert notes(found) == [("code_near", "post.csv", 3)]
    assert dict(found.notes[0].details) == {"near": "pre.csv", "near_row": "3"}
    assert len(found.people) == 4
    wide = answers(found)
    assert [(2, "post", "js1") in wide, (3, "pre", "js1") in wide] == [False, False]


def test_a_near_code_that_may_be_several_peoples_is_named_as_such(tmp_path: Path) -> None:
    files = {"pre.csv": PRE.replace("AB01", "AB03"), "post.csv": POST.replace("AB02", "AB04").replace("AB01", "XY99")}
    found = read_evaluation(small(tmp_path / "a", files, settings=UNLISTED))
    assert notes(found) == [("code_near_several", "post.csv", 3)]
    assert dict(found.notes[0].details)["places"] == "pre.csv:3, pre.csv:2"  # AB02, AB03, in the order of the codes
    claimed = {"pre.csv": PRE.replace("AB01", "XY99"), "post.csv": POST.replace("AB02", "ab02").replace("AB01", "Ab02")}
    found = read_evaluation(small(tmp_path / "b", claimed, settings=UNLISTED))
    assert [note.key for note in found.notes] == ["code_near_several", "code_near_several"]


def test_with_a_list_of_people_the_unknown_code_is_an_error_that_names_the_near_one(tmp_path: Path) -> None:
    message = told(small(tmp_path / "a", {"pre.csv": PRE.replace("AB02", "ab02").replace("007", "7")}))
    assert "pre.csv, row 3, column A (Code): The person code is not in the list of people, but is like" in message
    assert "the one in row 3 of people.csv." in message
    assert "the one in row 4 of people.csv." in message
    assert "AB02" not in message.upper()
    log = HELD | {"attendance.csv": "Session;Person;Present\n1;AB-01;yes\n"}
    assert "EV-270 attendance.csv, row 2" in told(small(tmp_path / "b", log, more=LOG))
    listed = PEOPLE + "AB03;A\nAB04;A\n"
    lost = {"people.csv": listed, "pre.csv": PRE.replace("AB02", "AB05")}
    assert "but is like 3 codes there (people.csv:3, people.csv:5, people.csv:6)" in told(small(tmp_path / "c", lost))


def test_a_listed_person_who_has_answered_is_nobodys_near_miss(tmp_path: Path) -> None:
    message = told(small(tmp_path, {"pre.csv": PRE + "ab02;1;1;1;1\n"}))
    assert "EV-080 pre.csv, row 5" in message
    assert "EV-270" not in message


def test_two_listed_people_with_codes_alike_are_no_note(tmp_path: Path) -> None:
    files = {"pre.csv": PRE.replace("AB02;3;3;;3\n", ""), "post.csv": POST.replace("AB01;2;2;4;2\n", "")}
    assert read_evaluation(small(tmp_path, files)).notes == ()


def test_a_changed_code_is_the_same_persons_where_that_is_said(tmp_path: Path) -> None:
    post = {"post.csv": POST.replace("AB02", "ny kod")}
    joined = read_evaluation(small(tmp_path / "a", post, more='\n[codes]\n"ny kod" = "AB02"\n'))
    assert answers(joined) == answers(read_evaluation(small(tmp_path / "b")))
    assert notes(joined) == [("codes_applied", "post.csv", 3)]
    unlisted = read_evaluation(small(tmp_path / "c", post, settings=UNLISTED, more='\n[codes]\n"ny kod" = "AB02"\n'))
    assert answers(unlisted) == answers(joined)


def test_a_changed_code_counts_in_the_sessions_too(tmp_path: Path) -> None:
    log = HELD | {"attendance.csv": "Session;Person;Present\n1;Bo;yes\n"}
    plain = read_evaluation(small(tmp_path / "a", log, more=LOG + '[codes]\nBo = "AB02"\n'))
    assert plain.attendance["person"].tolist() == [plain.people["person"][2]]
    matrix = HELD | {"attendance.csv": "Datum;Bo;AB01\n2025-02-01;x;x\n"}
    found = read_evaluation(small(tmp_path / "b", matrix, more=LOG + '[codes]\nBo = "AB02"\n'))
    assert set(found.attendance["person"]) == set(found.people["person"][1:])
    assert "codes_unused" not in [key for key, _, _ in notes(found)]


def test_two_codes_of_one_person_at_one_wave_are_told(tmp_path: Path) -> None:
    message = told(small(tmp_path, {"pre.csv": PRE + "ny;1;1;1;1\n"}, more='\n[codes]\nny = "AB02"\n'))
    assert "pre.csv, row 5" in message
    assert "more than once" in message


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('"a" = "b"\n"b" = "AB02"', "EV-276 evaluation.toml, row 26: The code on the right"),
        ('"a" = "b"\n# why\n"b" = "a"', "EV-276 evaluation.toml, rows 26, 28: The code on the right"),
        ('"AB02" = "AB02"', "EV-276 evaluation.toml, row 26:"),
        ('\n"a" = "AB99"', "EV-277 evaluation.toml, row 27: The code on the right of the line"),
        ('"a" = 7', "EV-275 evaluation.toml, row 26, column codes: A line under [codes] cannot"),
        ('"a" = " "', "EV-275 evaluation.toml, row 26"),
        ('" " = "AB02"', "EV-275 evaluation.toml, row 26"),
        ('"a" = "AB02"\n"a " = "AB01"', "EV-275 evaluation.toml, row 27"),
        ('"19811218-9876" = "AB02"', "EV-071 evaluation.toml, row 26"),
    ],
)
def test_what_is_wrong_in_the_section_of_codes_is_told_with_its_line(tmp_path: Path, lines: str, says: str) -> None:
    codes = f"[codes]\n{lines}\n\n[[files]]"
    message = told(small(tmp_path, change={"[[files]]": codes}))
    assert says in message
    assert "AB99" not in message
    assert "1218" not in message


def test_a_line_of_codes_that_does_nothing_is_a_note(tmp_path: Path) -> None:
    found = read_evaluation(small(tmp_path, more='\n[codes]\n"never" = "AB02"\n'))
    assert [note.key for note in found.notes] == ["codes_unused"]


def test_a_file_that_cannot_be_read_makes_no_code_unknown(tmp_path: Path) -> None:
    message = told(small(tmp_path, change={'"people.csv"': '"gone.csv"'}, more='\n[codes]\n"a" = "AB77"\n'))
    assert "EV-277" not in message


def test_waves_that_share_no_code_are_told_with_what_can_still_be_computed(tmp_path: Path) -> None:
    strangers = "Code;Q1;Q2;Q3;Q4\nKK11;5;4;1;5\nLL22;4;4;2;4\nMM33;2;2;4;2\n"
    folder = small(tmp_path, {"post.csv": strangers}, settings=UNLISTED)
    found = read_evaluation(folder)
    assert [note.key for note in found.notes] == ["waves_not_linked"]
    rows = analysed(folder).estimates
    rows = rows[(rows["group"] == "all") & (rows["scale"] == "job_satisfaction")]
    levels = rows[(rows["measure"] == "mean") & (rows["wave_to"] == "")]
    assert levels["value"].notna().sum() == 2
    assert rows[rows["measure"] == "mean_change"]["value"].isna().all()


def test_who_is_new_gone_and_back_is_counted_wave_by_wave() -> None:
    waves = {"a": "pqr", "b": "", "c": "ps", "d": "qrst", "e": "qrst"}
    assert [tuple(wave) for wave in turnover(waves)] == [
        ("a", 3, 0, 0, 0), ("c", 2, 1, 2, 0), ("d", 4, 1, 1, 2), ("e", 4, 0, 0, 0),
    ]  # fmt: skip
    assert turnover({}) == []


@given(st.lists(st.sets(st.integers(0, 9).map(str)), max_size=6))
def test_those_before_less_those_gone_and_those_who_came_are_those_now(people: list[set[str]]) -> None:
    told_of = turnover({str(at): codes for at, codes in enumerate(people)})
    for before, now in pairwise(told_of):
        assert before.people - now.gone + now.new + now.back == now.people


def test_a_person_without_a_code_in_the_list_is_told_also_where_answers_have_unknown_codes(tmp_path: Path) -> None:
    files = {"people.csv": "Person;Group\nAB01;A\n;A\nAB02;A\n", "pre.csv": PRE}
    message = told(small(tmp_path, files))
    assert "EV-080 pre.csv, row 4" in message
    assert "people.csv, row 3" in message
