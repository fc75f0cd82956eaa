"""What cannot have happened is an error with its cell; what is only unusual is a note."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from folders import small, told

from evaltools.errors import problem_kinds
from evaltools.folder import read_evaluation

TABLES = {
    "people": "person;group;joined;left\nAB01;A;;\nAB02;A;2025-02-10;\n007;A;;2025-06-30\nCC1;B;;\n",
    "sessions": (
        "session;group;date;status;supervisor\nt1;A;2025-01-20;held;Vera Lind\nt2;A;2025-02-17;held;\n"
        "t3;A;2025-03-17;cancelled;\nt4;A;2025-09-15;held;\n"
    ),
    "attendance": "session;person;present\nt1;AB01;yes\nt1;007;yes\nt2;AB01;no\nt2;AB02;yes\nt4;AB01;yes\n",
    "questions": (
        "question;session;owner;order_decided;order_taken;handled;carried_to\n"
        "q1;t1;AB01;1;1;yes;\nq2;t1;007;2;2;no;t2\nq3;t2;AB02;1;1;yes;\nq4;t3;AB01;1;;no;t4\n"
    ),
    "ideas": "idea;session;person;question\ni1;t1;AB01;q1\ni2;t2;AB02;\n",
    "follow_ups": "idea;session;followed_up;tried;helped;still_used\ni1;t2;yes;yes;partly;yes\ni2;t4;no;;;\n",
    "strengths": "session;person;given\nt1;AB01;yes\nt2;AB01;no\n",
    "feedback": "case;date;kind;group;closed\nf1;2025-02-17;complaint;A;2025-03-01\nf2;2025-04-01;wish;;\n",
    "contacts": "date;with;kind\n2025-06-01;commissioner;midterm\n",
    "supervisor_development": "supervisor;date;kind;hours\nVera Lind;2025-05-05;own_supervision;2\n",
    "goal_ratings": "goal;wave;person;reached;rater\ng1;post;AB01;1;participant\n",
    "comments": "comment;person;wave;session;text\nc1;AB01;post;t1;Bra\n",
    "approvals": "comment;reader;by;on;withdrawn\nc1;commissioner;AB01;2025-12-10;2025-12-20\n",
}
MORE = """
[[groups]]
id = "B"
label = "Grupp B"

[[supervisor_periods]]
supervisor = "Vera Lind"
from = 2025-01-20
to = 2025-12-31

[[goals]]
id = "g1"
text = "Målet"
group = "A"
levels = ["mycket mindre", "mindre", "som väntat", "mer", "mycket mer"]

[[evaluation_plan]]
what = "toolkit_job_satisfaction"
wave = "post"
to = "commissioner"
due = 2025-12-20
delivered = 2025-12-10

[[events]]
date = 2025-05-01
kind = "reorganisation"
label = "Två enheter blev en"
""" + "".join(f'\n[[files]]\npath = "{name}.csv"\ntable = "{name}"\n' for name in TABLES if name != "people")


def folder(tmp_path: Path, tables: Mapping[str, tuple[str, str]], more: Mapping[str, str]) -> Path:
    """A right folder with some words of its tables, and of its settings, changed."""
    files = {f"{name}.csv": text for name, text in TABLES.items()}
    for name, (old, new) in tables.items():
        assert old in files[f"{name}.csv"], old
        files[f"{name}.csv"] = files[f"{name}.csv"].replace(old, new, 1)
    settings = MORE
    for old, new in more.items():
        assert old in settings, old
        settings = settings.replace(old, new, 1)
    contract = {'purpose = "': 'end = 2025-12-31\nsigned = 2025-01-10\npurpose = "'}
    return small(tmp_path / "it", files, change=contract, more=settings)


def test_a_right_folder_has_no_problem(tmp_path: Path) -> None:
    assert read_evaluation(folder(tmp_path, {}, {})).notes == ()


WRONG = (  # the problem, the table, what stands there, what is written instead, the row of the file, its column
    ("session_outside_contract", "sessions", "2025-01-20", "2025-01-09", 2, "C (date)"),
    ("session_outside_contract", "sessions", "2025-09-15", "2026-01-02", 5, "C (date)"),
    ("attendance_after_leaving", "attendance", "t4;AB01", "t4;007", 6, "B (person)"),
    ("attendance_before_joining", "attendance", "t1;007", "t1;AB02", 3, "B (person)"),
    ("happened_at_cancelled", "attendance", "t4;AB01;yes", "t3;AB01;yes", 6, "A (session)"),
    ("happened_at_cancelled", "questions", "q4;t3;AB01;1;;no", "q4;t3;AB01;1;;partly", 5, "B (session)"),
    ("happened_at_cancelled", "strengths", "t1;AB01", "t3;AB01", 2, "A (session)"),
    ("happened_at_cancelled", "ideas", "i2;t2", "i2;t3", 3, "B (session)"),
    ("happened_at_cancelled", "follow_ups", "i1;t2", "i1;t3", 2, "B (session)"),
    ("follow_up_too_early", "follow_ups", "i1;t2", "i1;t1", 2, "B (session)"),
    ("follow_up_too_early", "ideas", "i1;t1", "i1;t4", 2, ""),
    ("order_used_twice", "questions", "q2;t1;007;2;2", "q2;t1;007;2;1", 3, "E (order_taken)"),
    ("order_used_twice", "questions", "q2;t1;007;2;2", "q2;t1;007;1;2", 3, "D (order_decided)"),
    ("carried_backwards", "questions", "q3;t2;AB02;1;1;yes;", "q3;t2;AB02;1;1;no;t1", 4, "G (carried_to)"),
    ("carried_backwards", "questions", "q2;t1;007;2;2;no;t2", "q2;t1;007;2;2;no;t1", 3, "G (carried_to)"),
    ("strength_of_absent", "strengths", "t2;AB01;no", "t2;AB01;yes", 3, "B (person)"),
    ("helped_not_tried", "follow_ups", "yes;yes;partly;yes", "yes;no;partly;", 2, "E (helped)"),
    ("helped_not_tried", "follow_ups", "yes;yes;partly;yes", "yes;no;;yes", 2, ""),
    ("not_asked_but_answered", "follow_ups", "i2;t4;no;;", "i2;t4;no;yes;", 3, "C (followed_up)"),
    ("closed_before_it_came", "feedback", "2025-03-01", "2025-02-01", 2, "E (closed)"),
    ("withdrawn_before_given", "approvals", "2025-12-20", "2025-12-01", 2, "E (withdrawn)"),
    ("quote_names_participant", "comments", "t1;Bra", "t1;Tack vare AB02.", 2, "E (text)"),
    ("quote_names_participant", "comments", "t1;Bra", "t1;Som jag (AB01) sa", 2, "E (text)"),
    ("dates_backwards", "people", "007;A;;2025", "007;A;2025-07-01;2025", 4, "D (left)"),
    ("session_unknown", "questions", "q1;t1", "q1;t9", 2, "B (session)"),
    ("session_unknown", "questions", "no;t2", "no;t9", 3, "G (carried_to)"),
    ("session_unknown", "strengths", "t1;AB01", "t9;AB01", 2, "A (session)"),
    ("session_unknown", "ideas", "i2;t2", "i2;t9", 3, "B (session)"),
    ("session_unknown", "follow_ups", "i1;t2", "i1;t9", 2, "B (session)"),
    ("session_unknown", "comments", "post;t1", "post;t9", 2, "D (session)"),
    ("question_unknown", "ideas", ";q1", ";q9", 2, "D (question)"),
    ("idea_unknown", "follow_ups", "i1;t2", "i9;t2", 2, "A (idea)"),
    ("comment_unknown", "approvals", "c1;comm", "c9;comm", 2, "A (comment)"),
    ("goal_unknown", "goal_ratings", "g1;post", "g9;post", 2, "A (goal)"),
    ("wave_unknown", "goal_ratings", "g1;post", "g1;sen", 2, "B (wave)"),
    ("wave_unknown", "comments", "AB01;post", "AB01;sen", 2, "C (wave)"),
    ("group_unknown", "feedback", ";A;", ";Z;", 2, "D (group)"),
    ("supervisor_unknown", "supervisor_development", "Vera Lind", "Vera Lindh", 2, "A (supervisor)"),
    ("supervisor_unknown", "sessions", "Vera Lind", "Vera Lindh", 2, "E (supervisor)"),
)  # fmt: skip


@pytest.mark.parametrize(("key", "table", "old", "new", "row", "column"), WRONG)
def test_what_cannot_have_happened_is_an_error_with_its_cell(
    tmp_path: Path, key: str, table: str, old: str, new: str, row: int, column: str
) -> None:
    text = told(folder(tmp_path, {table: (old, new)}, {}))
    wrong = [line for line in text.splitlines() if line.startswith(problem_kinds()[key].id)]
    file = f"{table}.csv" if column else "follow_ups.csv"
    assert wrong
    assert re.search(rf"{file}.*row {row}\b", wrong[0])
    assert column in wrong[0]
    assert not re.search(r"AB0|007|Vera|t9|2025-0", wrong[0])  # no code, name or date of a cell


SETTINGS = (
    ("dates_backwards", "from = 2025-01-20", "from = 2026-01-20", "supervisor_periods.to"),
    ("rating_without_levels", 'levels = ["mycket mindre", "mindre", "som väntat", "mer", "mycket mer"]\n', "", "goal"),
    ("group_unknown", 'group = "A"\nlevels', 'group = "Z"\nlevels', "goals.group"),
    ("group_name_reserved", 'id = "B"', 'id = "all_staff"', "groups.id"),
    ("supervisor_unknown", "[[events]]", '[[qualifications]]\nsupervisor = "X"\nname = "Kurs"\n\n[[events]]',
     "qualifications.supervisor"),
    ("session_unknown", "[[events]]", '[[waves]]\nid = "w"\nlabel = "W"\nsession = "t9"\n\n[[events]]',
     "waves.session"),
)  # fmt: skip


@pytest.mark.parametrize(("key", "old", "new", "column"), SETTINGS)
def test_what_the_contract_says_is_possible_too(tmp_path: Path, key: str, old: str, new: str, column: str) -> None:
    text = told(folder(tmp_path, {}, {old: new}))
    wrong = [line for line in text.splitlines() if line.startswith(problem_kinds()[key].id)]
    assert wrong
    assert column in wrong[0]


@pytest.mark.parametrize(("old", "new"), [("2025-12-31", "2025-01-10"), ("signed", "planned_end")])
def test_a_contract_does_not_end_before_it_begins(tmp_path: Path, old: str, new: str) -> None:
    it = folder(tmp_path, {}, {})
    settings = (it / "evaluation.toml").read_text("utf-8").replace(old, new, 1)
    (it / "evaluation.toml").write_text(settings, "utf-8")
    assert "EV-418" in told(it)


@pytest.mark.parametrize("text", ["Nummer 007", "XAB02 hos AB023", "ab02"])
def test_a_number_or_part_of_a_word_names_nobody(tmp_path: Path, text: str) -> None:
    assert read_evaluation(folder(tmp_path, {"comments": ("t1;Bra", f"t1;{text}")}, {})).comments["text"].tolist() == [
        text
    ]


def test_a_comment_that_goes_to_nobody_may_name_a_participant(tmp_path: Path) -> None:
    it = folder(tmp_path, {"comments": ("t1;Bra", "t1;Tack vare AB02.")}, {})
    approvals = it / "approvals.csv"
    approvals.write_text(approvals.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    assert len(read_evaluation(it).comments) == 1


UNUSUAL = (
    ("absence_not_member", "attendance", "t4;AB01;yes", "t4;007;no", 6),
    ("owner_absent", "questions", "q3;t2;AB02", "q3;t2;AB01", 4),
    ("other_group_attends", "attendance", "t4;AB01", "t4;CC1", 6),
    ("rating_without_rater", "goal_ratings", ";participant", ";", 2),
)


@pytest.mark.parametrize(("key", "table", "old", "new", "row"), UNUSUAL)
def test_what_is_only_unusual_is_a_note(tmp_path: Path, key: str, table: str, old: str, new: str, row: int) -> None:
    notes = read_evaluation(folder(tmp_path, {table: (old, new)}, {})).notes
    assert [(note.key, note.file, note.row) for note in notes] == [(key, f"{table}.csv", row)]


DATED = (
    ("sessions", "2025-09-15", "2026-02-02", "sessions.csv", {"end = 2025": "end = 2026"}),
    ("feedback", "2025-03-01", "2026-03-01", "feedback.csv", {}),
    ("contacts", "2025-06-01", "2026-06-01", "contacts.csv", {}),
    ("supervisor_development", "2025-05-05", "2026-05-05", "supervisor_development.csv", {}),
)


@pytest.mark.parametrize(("table", "old", "new", "file", "contract"), DATED)
def test_what_is_dated_after_the_report_is_a_note(
    tmp_path: Path, table: str, old: str, new: str, file: str, contract: Mapping[str, str]
) -> None:
    it = folder(tmp_path, {table: (old, new)}, {})
    for before, after in contract.items():
        text = (it / "evaluation.toml").read_text("utf-8").replace(before, after, 1)
        (it / "evaluation.toml").write_text(text, "utf-8")
    assert [(note.key, note.file) for note in read_evaluation(it).notes] == [("dated_after_report", file)]


@pytest.mark.parametrize(
    ("old", "new"), [("delivered = 2025", "delivered = 2026"), ("date = 2025-05", "date = 2026-05")]
)
def test_so_is_what_the_contract_dates_after_the_report(tmp_path: Path, old: str, new: str) -> None:
    assert [note.key for note in read_evaluation(folder(tmp_path, {}, {old: new})).notes] == ["dated_after_report"]


def test_several_people_in_a_group_of_individual_supervision_are_told_of(tmp_path: Path) -> None:
    it = folder(
        tmp_path, {"people": ("CC1;B", "CC1;B;;\nCC2;B")}, {'label = "Grupp B"': 'label = "B"\nform = "individual"'}
    )
    assert [note.key for note in read_evaluation(it).notes] == ["individual_group_of_several"]


def test_a_session_between_signature_and_start_is_inside_the_contract(tmp_path: Path) -> None:
    assert read_evaluation(folder(tmp_path, {"sessions": ("2025-01-20", "2025-01-12")}, {})).notes == ()
