"""The commissioner's report answers the contract: every goal, and the plan row by row."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from evaluations import group_of, released, write_folder

from evaltools.blocks import Table
from evaltools.folder import read_evaluation
from evaltools.plan_items import plan_hash, plan_items
from evaltools.released_contract import goal_answer, goals, plan
from evaltools.reports import commissioner_report
from evaltools.sealed import Release, issue
from evaltools.wording import words

LEVELS = 'levels = ["mycket mindre", "mindre", "som väntat", "mer", "mycket mer"]'
MORE = f"""
[[goals]]
id = "g2"
text = "Vi ska ha ett gemensamt arbetssätt"
level = "group"
organisation_goal = "God vård"
{LEVELS}

[[goals]]
id = "g3"
text = "Vi ska våga mer"
level = "individual"
{LEVELS}

[[goals]]
id = "g4"
text = "Färre ska sluta"
owner = "Beställaren"
level = "organisation"

[[evaluation_plan]]
what = "own"
wave = "w1"
to = "participants"
due = 2025-10-01
delivered = 2025-10-11

[[evaluation_plan]]
what = "own"
wave = "w0"
to = "participants"
due = 2026-01-31

[[evaluation_plan]]
what = "own"
wave = "w0"
to = "supervisor"
due = 2025-12-01

[[files]]
path = "ratings.csv"
table = "goal_ratings"
"""
RISING = group_of(6, [2, 2, 3], [4, 4, 4])


def folder(path: Path, ratings: str = "", *, people: dict[str, list[list[int]]] = RISING, goal: str = "",
           more: str = MORE) -> Path:  # fmt: skip
    """One group that answers twice, four goals, and ratings of two of them."""
    write_folder(path, {"A": people}, more=more)
    (path / "ratings.csv").write_text("goal;wave;person;reached;rater\n" + ratings, "utf-8")
    return changed(path, 'indicator = "own"', f'indicator = "own"\n{goal}')


def changed(path: Path, old: str, new: str) -> Path:
    text = (path / "evaluation.toml").read_text("utf-8")
    assert old in text
    (path / "evaluation.toml").write_text(text.replace(old, new, 1), "utf-8")
    return path


def rated_by(number: int, reached: int = 1) -> str:
    return "".join(f"g3;w1;p{at};{reached};participant\n" for at in range(number))


def answers(issued: Release, language: str = "en") -> list[str]:
    """The last column of the table of goals."""
    return [row[-1] for row in _table(goals(issued, language)).rows]


def _table(section: Any) -> Table:
    (table,) = [block for block in section.blocks if isinstance(block, Table)]
    return table


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_goal_is_answered_in_the_contracts_order_and_none_is_left_out(tmp_path: Path, language: str) -> None:
    issued = released(folder(tmp_path / "it", "g2;w1;;1;supervisor\n" + rated_by(3)))
    own, rows = words(language), _table(goals(issued, language)).rows
    assert [row[0].split(" (")[0] for row in rows] == [
        "Målet", "Vi ska ha ett gemensamt arbetssätt", "Vi ska våga mer", "Färre ska sluta"
    ]  # fmt: skip
    assert "God vård" in rows[1][0]
    assert [row[1:3] for row in rows[2:]] == [
        ("", own.text("contract_report.levels.individual")),
        ("Beställaren", own.text("contract_report.levels.organisation")),
    ]
    assert rows[0][3] == own.text("goals.increase", scale=own.label({"sv": "Egen skala", "en": "Own scale"}), n=6)
    assert [row[3] for row in rows[1:]] == [
        own.text("goals.rated"), own.text("goals.rated_by_few"), own.text("goals.not_measured")
    ]  # fmt: skip


def test_goals_with_levels_do_not_tell_whether_few_people_have_rated_them(tmp_path: Path) -> None:
    told = [answers(released(folder(tmp_path / str(number), rated_by(number)))) for number in (0, 1, 4, 5)]
    assert told[0] == told[1] == told[2]
    assert told[3] != told[0]
    assert "Not measured, or" in told[0][2]


def test_no_rating_and_no_answer_changes_what_is_told_of_the_plan_and_of_ratings(tmp_path: Path) -> None:
    """Whatever people answer and however they rate, the same rows of the plan and the same words about ratings."""
    seen = set()
    for at, (before, after, reached) in enumerate([([2, 2, 3], [4, 4, 4], 2), ([5, 5, 5], [1, 1, 1], -2)]):
        path = folder(tmp_path / str(at), rated_by(6, reached), people=group_of(6, before, after))
        document = released(path).document
        seen.add(json.dumps([document["plan"], document["contract"]["goals"]]))
    assert len(seen) == 1


def test_the_plan_stands_though_nobody_has_answered(tmp_path: Path) -> None:
    whole = released(folder(tmp_path / "a")).document["plan"]
    files = '[[files]]\npath = "answers.csv"\ntable = "responses"\ninstrument = "own"\n'
    document = released(changed(folder(tmp_path / "b"), files, "")).document
    assert document["plan"] == whole
    assert document["figures"] == []


def test_the_plan_is_told_row_by_row_with_its_mark(tmp_path: Path) -> None:
    path = folder(tmp_path / "it")  # the report is of 31 January 2026
    issued = released(path)
    mark = plan_hash(read_evaluation(path))
    rows = _table(plan(issued, "en")).rows
    assert [row[1:] for row in rows] == [
        ("The commissioner", "No day agreed", "No delivery recorded"),
        ("The commissioner", "No day agreed", "No delivery recorded"),
        ("The participants", "1 October 2025", "Delivered 11 October 2025, 10 days late"),
        ("The participants", "31 January 2026", "To be delivered today at the latest"),
        ("The supervisor", "1 December 2025", "Not delivered, 61 days late"),
    ]
    assert {row[0] for row in rows} == {"Own scale, Mätning 1", "Own scale, Mätning 2"}
    for language, kept in (("sv", "har 1 av 2 levererats."), ("en", "1 of 2 have been delivered.")):
        page = re.sub(r"<[^>]+>", " ", commissioner_report(issued, language))
        assert kept in page
        assert mark in page
    assert (issued.document["plan"]["due"], issued.document["plan"]["delivered"]) == (2, 1)


def test_what_is_due_on_the_day_of_the_report_is_late_the_day_after(tmp_path: Path) -> None:
    path = folder(tmp_path / "it")
    assert [item.state for item in plan_items(read_evaluation(path))][3] == "today"
    changed(path, "report_date = 2026-01-31", "report_date = 2026-02-01")
    late = plan_items(read_evaluation(path))[3]
    assert (late.state, late.days_late) == ("overdue", 1)


def test_a_plan_without_recorded_deliveries_is_not_said_to_be_broken(tmp_path: Path) -> None:
    issued = released(folder(tmp_path / "it", more=MORE.replace("delivered = 2025-10-11\n", "")))
    told = str(plan(issued, "en").blocks)
    assert "Whether they have been is not recorded." in told
    assert "days late" not in told
    assert "deliveries of the plan made" not in commissioner_report(issued, "en")


def test_a_contract_without_plan_or_deliveries_says_so(tmp_path: Path) -> None:
    issued = released(folder(tmp_path / "a", more=""))
    assert "Nothing in the plan was to be delivered yet." in str(plan(issued, "en").blocks)
    document = {name: it for name, it in issued.document.items() if name != "checksum"}
    none = issue(document | {"plan": {"hash": "0" * 64, "items": [], "due": 0, "delivered": 0}})
    assert "The contract has no evaluation plan." in str(plan(none, "en").blocks)


CHANGE = {"measure": "change", "scale": "own", "group": "", "wave": 0, "wave_to": 1, "n": 6, "basis": "assumed",
          "uncertainty": "0.5", "verdict": "increase"}  # fmt: skip
SCALE = {"scale": "own", "label": {"sv": "Egen", "en": "Own"}, "higher_is_better": True}


def expectation(expected: float, **shown: str) -> str:
    document = {"scales": [SCALE], "changes": [CHANGE | {"shown": shown}], "absences": []}
    return goal_answer({"indicator": "own", "expected": expected}, document, words("en"))[1]


@pytest.mark.parametrize(
    ("expected", "word"),
    [(0.3, "this has been reached"), (0.31, "not possible to tell"), (1.7, "not possible to tell"),
     (1.71, "this has not been reached"), (-0.1, "this has not been reached")],
)  # fmt: skip
def test_an_expected_change_is_held_against_the_released_one_with_its_reserve(expected: float, word: str) -> None:
    # 1.0 shown, 0.5 uncertain, widened by a fifth (0.6), and each level rounded by up to 0.05 (0.1): from 0.3 to 1.7
    assert word in expectation(expected, kind="value", low="1.0", high="1.0")


def test_an_expected_fall_is_reached_by_a_fall() -> None:
    assert "this has been reached" in expectation(-0.3, kind="value", low="-1.0", high="-1.0")
    assert "this has not been reached" in expectation(-0.3, kind="value", low="1.0", high="1.0")
    assert "not possible to tell" in expectation(-0.5, kind="between", low="-1.1", high="0.2")  # its nearer end counts


def test_a_goal_of_one_group_is_answered_by_that_group_alone(tmp_path: Path) -> None:
    groups = {name: group_of(6, [2, 2, 2], [4, 3, 4], name=name) for name in "ab"}
    apart = changed(write_folder(tmp_path / "two", groups), 'indicator = "own"', 'indicator = "own"\ngroup = "b"')
    (told,) = answers(released(apart))
    assert told.startswith("Grupp b.")
    assert "Grupp a" not in told
    three = groups | {"c": group_of(6, [2, 2, 2], [4, 3, 4], name="c")}
    pooled = changed(write_folder(tmp_path / "three", three), 'indicator = "own"', 'indicator = "own"\ngroup = "b"')
    assert answers(released(pooled)) == [words("en").text("goals.whole_only", scale="Own scale", group="Grupp b")]


def test_groups_of_which_the_same_is_said_stand_in_one_sentence(tmp_path: Path) -> None:
    groups = {name: group_of(6, [2, 2, 2], [4, 3, 4], name=name) for name in "ab"}
    (told,) = answers(released(write_folder(tmp_path, groups)))
    assert told.startswith("Grupp a and Grupp b. Own scale")
    assert told.count("Own scale") == 1
