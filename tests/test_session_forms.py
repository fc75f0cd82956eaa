"""Forms filled in after sessions: each answer belongs to a session, and to nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from folders import PEOPLE, small, told

from evaltools.facts import facts_of
from evaltools.folder import read_evaluation

MORE = """
[[waves]]
id = "after"
label = "After the session"
kind = "session_form"
{declared}
[[files]]
path = "sessions.csv"
table = "sessions"

[[files]]
path = "attendance.csv"
table = "attendance"

[[files]]
path = "after.csv"
table = "responses"
wave = "{wave}"
mapping = "after"

[[mapping.after.columns]]
match = {{ heading = "Code" }}
column = "person"
{column}
[[mapping.after.columns]]
match = {{ heading_regex = "tr(?P<number>[1-8])" }}
item = "tr{{number}}"
"""
COLUMN = """
[[mapping.after.columns]]
match = { heading = "No" }
column = "session"
"""
SESSIONS = """Session;Group;Date;Status
S1;A;2025-02-10;held
S2;A;2025-03-03;cancelled
S3;A;2025-03-24;held
"""
ATTENDANCE = "Session;Person;Present\nS1;AB01;yes\nS1;AB02;yes\nS3;AB01;no\nS3;007;yes\n"
AFTER = "Code;No;tr1;tr2;tr3\nAB01;S1;7;8;9\nAB02;S1;10;0;\n007;S3;5;5;5\n"


def folder(path: Path, after: str = AFTER, *, wave: str = "after", declared: str = "", column: str = COLUMN,
           people: str = PEOPLE, sessions: str = SESSIONS) -> Path:  # fmt: skip
    files = {"sessions.csv": sessions, "attendance.csv": ATTENDANCE, "after.csv": after, "people.csv": people}
    return small(path, files, more=MORE.format(wave=wave, declared=declared, column=column))


def test_one_file_holds_the_answers_of_all_sessions_apart_from_those_of_the_waves(tmp_path: Path) -> None:
    evaluation = read_evaluation(folder(tmp_path))
    after = evaluation.session_responses
    assert after.groupby("session").size().to_dict() == {"S1": 6, "S3": 3}
    assert after["code"].dropna().tolist() == [5, 5, 5, 7, 8, 9, 10, 0]  # in the order of the codes: 007, AB01, AB02
    assert set(evaluation.responses["wave"]) == {"pre", "post"}
    assert list(facts_of(evaluation).waves) == ["pre", "post"]
    assert not evaluation.notes


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (AFTER.replace("AB02;S1", "AB02;"), "EV-390 after.csv, row 3, column B (No):"),
        (AFTER.replace("AB02;S1", "AB02;S9"), "EV-081 after.csv, row 3, column B (No):"),
        (AFTER.replace("AB02;S1", "AB02;S2"), "EV-394 after.csv, row 3, column B (No):"),
        (AFTER.replace("007;S3", "AB01;S1"), "EV-192 after.csv, row 4, column A (Code):"),
    ],
)
def test_an_answer_that_belongs_to_no_session_is_told_with_its_cell(after: str, says: str, tmp_path: Path) -> None:
    message = told(folder(tmp_path, after))
    assert says in message
    assert "One error" in message
    assert "S9" not in message and "AB02" not in message


def test_a_session_of_another_group_is_told(tmp_path: Path) -> None:
    made = folder(tmp_path, sessions=SESSIONS.replace("S3;A", "S3;B"), people=PEOPLE + "X1;B\n")
    settings = made / "evaluation.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("[[waves]]", '[[groups]]\nid = "B"\nlabel = "Group B"\n\n[[waves]]', 1), "utf-8")
    message = told(made)
    assert "EV-395" in message
    assert "after.csv" in message


def test_who_was_absent_and_answers_is_a_note_and_the_answer_is_kept(tmp_path: Path) -> None:
    evaluation = read_evaluation(folder(tmp_path, AFTER.replace("007;S3", "AB01;S3")))
    assert [problem.key for problem in evaluation.notes] == ["session_form_from_absent"]
    assert (evaluation.session_responses["session"] == "S3").sum() == 3


def test_a_file_without_a_column_of_sessions_is_told_once_unless_its_wave_says_which(tmp_path: Path) -> None:
    message = told(folder(tmp_path / "a", column=""))
    assert message.count("EV-391") == 1
    assert "EV-390" not in message
    evaluation = read_evaluation(folder(tmp_path / "b", column="", declared='session = "S1"'))
    assert set(evaluation.session_responses["session"]) == {"S1"}
    assert "EV-081" in told(folder(tmp_path / "c", column="", declared='session = "S7"'))


def test_a_form_of_sessions_is_no_measurement_and_a_measurement_names_no_session(tmp_path: Path) -> None:
    message = told(folder(tmp_path / "a", wave="post"))
    assert "EV-393" in message
    assert "EV-392" in message
    made = folder(tmp_path / "b")
    settings = made / "evaluation.toml"
    text = settings.read_text("utf-8").replace('id = "post"', 'id = "post"\nsession = "S1"')
    settings.write_text(text, "utf-8")
    assert "EV-392" in told(made)


WAVE_FORM = """
[[files]]
path = "more.csv"
table = "responses"
wave = "post"
mapping = "more"

[[mapping.more.columns]]
match = {{ heading_regex = "{item}(?P<number>[1-7])" }}
item = "{item}{{number}}"
"""
CODED = '\n[[mapping.more.columns]]\nmatch = { heading = "Code" }\ncolumn = "person"\n'


def test_the_managers_form_is_not_answered_by_staff(tmp_path: Path) -> None:
    more = WAVE_FORM.format(item="tm") + CODED
    answers = "Code;tm1;tm2\nAB01;5;6\nAB02;4;4\n"
    people = "Person;Group;Role\nAB01;A;manager\nAB02;A;{}\n007;A;staff\n"
    message = told(small(tmp_path / "a", {"more.csv": answers, "people.csv": people.format("staff")}, more=more))
    assert "EV-397" in message
    assert "more.csv" in message and "row 3" in message and "row 2" not in message
    read_evaluation(small(tmp_path / "b", {"more.csv": answers, "people.csv": people.format("manager")}, more=more))


def test_the_commissioner_answers_without_a_code_and_is_counted_in_no_group(tmp_path: Path) -> None:
    more = WAVE_FORM.format(item="tb")
    uncoded = more + "\n[mapping.more.rows]\nanonymous = true\n"
    answers = "Code;tb1;tb2;tb3;tb4;tb5;tb6\n{};5;6;5;5;6;7\n"
    evaluation = read_evaluation(small(tmp_path / "a", {"more.csv": answers.format("")}, more=uncoded))
    theirs = evaluation.people[~evaluation.people["linked"]]
    assert theirs["group"].tolist() == [""]
    assert facts_of(evaluation).people == {"A": 3}
    assert "EV-398" in told(small(tmp_path / "b", {"more.csv": answers.format("AB01")}, more=more + CODED))
