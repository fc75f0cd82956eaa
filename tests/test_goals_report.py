"""Every goal of the contract gets a result or "not measured"; the plan is answered row by row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from evaluations import analysed, group_of, write_folder
from logs import analysed_log

from evaltools import contract_report
from evaltools.analysis import Analysis
from evaltools.blocks import Table, Text
from evaltools.contract_report import expectation
from evaltools.folder import read_evaluation
from evaltools.plan_items import plan_hash, plan_items
from evaltools.schemas import row_dicts

LEVELS = 'levels = ["mycket mindre", "mindre", "som väntat", "mer", "mycket mer"]'
RATED = """
[[goals]]
id = "g2"
text = "Vi ska ha ett gemensamt arbetssätt"
level = "group"
{levels}

[[goals]]
id = "g3"
text = "Vi ska våga mer"
level = "group"
weight = {weight}
{levels}

[[goals]]
id = "g4"
text = "Färre ska sluta"
owner = "Beställaren"
level = "organisation"

[[files]]
path = "ratings.csv"
table = "goal_ratings"
"""


def folder(
    path: Path, ratings: str = "", *, weight: float = 1, more: str = "", goal: str = "", people: int = 6
) -> Path:  # fmt: skip
    """A group whose people all rise by 1 or 2, its goals, and ratings of them."""
    answers = {f"p{at}": [[2, 3], [3 + at % 2, 4 + at % 2]] for at in range(people)}
    write_folder(path, {"A": answers}, more=RATED.format(levels=LEVELS, weight=weight) + more)
    (path / "ratings.csv").write_text("goal;wave;person;reached;rater\n" + ratings, "utf-8")
    if goal:
        text = (path / "evaluation.toml").read_text("utf-8").replace('indicator = "own"', f'indicator = "own"\n{goal}')
        (path / "evaluation.toml").write_text(text, "utf-8")
    return path


def rows_of(analysis: Analysis, measure: str) -> list[Mapping[str, object]]:
    return row_dicts(analysis.estimates[analysis.estimates["measure"] == measure])


def results(analysis: Analysis, language: str = "en") -> list[tuple[str, ...]]:
    """The rows of the table of goals."""
    return next(list(it.rows) for it in contract_report.goals(analysis, language).blocks if isinstance(it, Table))


SHARES = """
[[goals]]
id = "all"
text = "Idéerna ska hjälpa"
indicator = "idea_helped"
baseline = 0.2
expected = 0.3

[[goals]]
id = "B"
text = "Grupp B ska komma"
indicator = "attendance_share"
group = "B"

[[goals]]
id = "none"
text = "Frågorna ska tas upp"
indicator = "question_handled_share"
"""


def test_a_goal_may_be_answered_by_a_share_of_the_session_log(tmp_path: Path) -> None:
    """By hand: the latest answers say that i1 and j1 of the six ideas helped; both of B came to both sessions."""
    told = [row[3] for row in results(analysed_log(tmp_path / "it", more=SHARES, without=["questions.handled"]))]
    assert told[0].startswith("Ideas that helped (All groups): 2 of 6 (33%")
    assert told[0].count("Ideas that helped") == 1  # the other denominators answer other questions
    assert told[0].endswith("The contract expected +0.3: it is not possible to tell whether this has been reached.")
    assert "0.20" in told[0]
    assert told[1].startswith("Places at the sessions where somebody came (Group B): 4 of 4 (100%")
    assert told[2] == "Not measured."


def test_every_goal_has_a_result_in_the_contracts_order(tmp_path: Path) -> None:
    analysis = analysed(folder(tmp_path / "it", "g2;w1;;1;supervisor\n"))
    told = results(analysis)
    assert [row[0] for row in told] == [
        "Målet", "Vi ska ha ett gemensamt arbetssätt", "Vi ska våga mer", "Färre ska sluta"
    ]  # fmt: skip
    assert "+1.50" in told[0][3]
    assert told[1][3] == "Rated by the supervisor (All groups): Mätning 2 +1.0."
    assert [row[3] for row in told[2:]] == ["Not measured.", "Not measured."]
    assert [row[2] for row in told] == ["Level not recorded", "The group", "The group", "The organisation"]


def test_goal_attainment_is_that_of_the_goals_of_one_level(tmp_path: Path) -> None:
    # published: attained 1 and -1 with the weights 2 and 3; T depends on the ratio of the weights only
    ratings = "g2;w1;;1;supervisor\ng3;w1;;-1;supervisor\n"
    analysis = analysed(folder(tmp_path / "it", ratings, weight=1.5))
    (row,) = rows_of(analysis, "goal_attainment_t")
    assert row["value"] == pytest.approx(47.5456, abs=5e-5)
    assert (row["of"], row["n"], row["basis"], row["group_by"]) == (2, 0, "group|supervisor", "evaluation")
    assert "2 goals, rated by the supervisor" in str(contract_report.goals(analysis, "en").blocks)


def test_goal_attainment_of_three_goals_is_the_published_one(tmp_path: Path) -> None:
    third = f'\n[[goals]]\nid = "g5"\ntext = "x"\nlevel = "group"\n{LEVELS}\n'
    ratings = "g2;w1;;1;group\ng3;w1;;0;group\ng5;w1;;1;group\n"
    (row,) = rows_of(analysed(folder(tmp_path / "it", ratings, more=third)), "goal_attainment_t")
    assert row["value"] == pytest.approx(59.1287, abs=5e-5)


def test_raters_are_never_mixed_and_one_persons_rating_is_not_shown(tmp_path: Path) -> None:
    ratings = "".join(f"g2;w1;p{at};{at % 2};participant\n" for at in range(6))
    ratings += "g2;w1;;2;supervisor\ng2;w1;p0;-1;manager\n"
    analysis = analysed(folder(tmp_path / "it", ratings))
    by = {row["basis"]: row for row in rows_of(analysis, "goal_level")}
    assert (by["g2|participant"]["value"], by["g2|participant"]["n"]) == (0.5, 6)
    assert (by["g2|supervisor"]["value"], by["g2|supervisor"]["n"]) == (2, 0)
    assert by["g2|manager"]["value"] != by["g2|manager"]["value"]
    assert by["g2|manager"]["note"] == "too_few"
    assert analysis.sets[int(by["g2|participant"]["people_set"])] == frozenset(
        read_evaluation(tmp_path / "it").people["person"]
    )


EXPECTED = (
    ("expected = 0.5", "this has been reached."),
    ("expected = 1.5", "not possible to tell"),
    ("expected = 2.4", "this has not been reached."),
    ("expected = -0.5", "this has not been reached."),
)


@pytest.mark.parametrize(("goal", "sentence"), EXPECTED)
def test_a_change_is_held_against_the_expected_one(tmp_path: Path, goal: str, sentence: str) -> None:
    analysis = analysed(folder(tmp_path / "it", goal=goal))
    (row,) = rows_of(analysis, "change_beyond_expected")
    (change,) = [it for it in rows_of(analysis, "mean_change") if it["group_by"] == "evaluation"]
    assert row["value"] == pytest.approx(change["value"] - float(goal.split(" = ")[1]))
    assert sentence in results(analysis)[0][3]


def test_what_the_contract_says_of_a_goal_stands_beside_its_result(tmp_path: Path) -> None:
    goal = 'expected = 0.5\nbaseline = 2.5\norganisation_goal = "God vård"'
    name, _, _, result = results(analysed(folder(tmp_path / "it", goal=goal)))[0]
    assert name == "Målet (Belongs to the goal of the organisation: God vård)"
    assert "Level at the start according to the contract: 2.50." in result
    assert "The contract expected +0.50" in result


def test_where_people_are_too_few_nobody_can_tell_whether_a_goal_is_reached(tmp_path: Path) -> None:
    analysis = analysed(folder(tmp_path / "it", goal="expected = 0.5", people=4))
    assert "not possible to tell" in results(analysis)[0][3]
    assert "+1.50" not in results(analysis)[0][3]


@pytest.mark.parametrize(("value", "word"), [(0.45, "suggests_reached"), (-0.45, "suggests_not_reached")])
def test_between_the_two_intervals_the_word_is_careful(value: float, word: str) -> None:
    # t with 5 degrees of freedom: 95 % half width 0.5, 80 % half width 0.287 (R: qt(.9, 5) / qt(.975, 5) = 0.5741)
    row = {"note": "", "value": value, "low": value - 0.5, "high": value + 0.5, "df": 5.0, "level": 0.95}
    assert expectation(row, 1.0) == word


def test_a_goal_of_one_group_is_answered_by_that_group(tmp_path: Path) -> None:
    path = tmp_path / "it"
    write_folder(path, {"A": group_of(6, [2, 2], [4, 3], name="a"), "B": group_of(6, [3, 3], [2, 2], name="b")})
    text = (path / "evaluation.toml").read_text("utf-8").replace('indicator = "own"', 'indicator = "own"\ngroup = "B"')
    (path / "evaluation.toml").write_text(text, "utf-8")
    result = results(analysed(path))[0][3]
    assert "Grupp B" in result
    assert "Grupp A" not in result


PLAN = """
[[evaluation_plan]]
what = "own"
wave = "w0"
to = "supervisor"
due = 2025-10-01
delivered = 2025-10-11

[[evaluation_plan]]
what = "own"
wave = "w1"
to = "participants"
due = 2026-01-21

[[evaluation_plan]]
what = "own"
wave = "w1"
to = "supervisor"
due = 2025-12-01
delivered = 2025-11-20

[[evaluation_plan]]
what = "own"
wave = "w0"
to = "participants"
due = 2026-06-01
"""


def test_the_plan_is_answered_row_by_row(tmp_path: Path) -> None:
    path = folder(tmp_path / "it", more=PLAN)  # the report is of 31 January 2026; two rows have no day
    states = [(item.state, item.days_late) for item in plan_items(read_evaluation(path))]
    assert states == [("no_date", None), ("no_date", None), ("delivered_late", 10), ("overdue", 10), ("delivered", 0),
                      ("waiting", None)]  # fmt: skip
    analysis = analysed(path)
    (due,), (share,) = rows_of(analysis, "plan_items_due"), rows_of(analysis, "plan_items_delivered_share")
    assert (due["value"], due["of"]) == (3, 6)
    assert (share["value"], share["of"]) == (pytest.approx(2 / 3), 3)
    assert [row["value"] for row in rows_of(analysis, "plan_days_late")] == [10, 10, 0]
    text = str(contract_report.contract(analysis, "en").blocks)
    assert "2 of 3 have been delivered." in text
    assert "Not delivered, 10 days late" in text


def test_where_deliveries_are_not_recorded_nothing_is_called_late(tmp_path: Path) -> None:
    without = "".join(line for line in PLAN.splitlines(keepends=True) if not line.startswith("delivered"))
    path = folder(tmp_path / "it", more=without)
    assert {item.state for item in plan_items(read_evaluation(path))} == {"no_date", "not_recorded", "waiting"}
    analysis = analysed(path)
    assert rows_of(analysis, "plan_items_delivered_share") == []
    assert len(rows_of(analysis, "plan_items_due")) == 1


def test_the_plans_mark_is_that_of_what_was_agreed(tmp_path: Path) -> None:
    path = folder(tmp_path / "it", more=PLAN)
    evaluation = read_evaluation(path)
    mark = plan_hash(evaluation)
    plan = [{"what": "own", "wave": f"w{at}", "to": "commissioner"} for at in (0, 1)]
    plan += [{"what": "own", "wave": "w0", "to": "supervisor", "due": "2025-10-01"},
             {"what": "own", "wave": "w1", "to": "participants", "due": "2026-01-21"},
             {"what": "own", "wave": "w1", "to": "supervisor", "due": "2025-12-01"},
             {"what": "own", "wave": "w0", "to": "participants", "due": "2026-06-01"}]  # fmt: skip
    levels = "mycket mindre\nmindre\nsom väntat\nmer\nmycket mer"
    goals = [{"goal": "g1", "text": "Målet", "indicator": "own"},
             {"goal": "g2", "text": "Vi ska ha ett gemensamt arbetssätt", "level": "group", "levels": levels},
             {"goal": "g3", "text": "Vi ska våga mer", "level": "group", "weight": 1.0, "levels": levels},
             {"goal": "g4", "text": "Färre ska sluta", "owner": "Beställaren", "level": "organisation"}]  # fmt: skip
    said = {"contract": [{"commissioner": "Beställaren", "purpose": "Syftet", "start": "2024-09-01"}],
            "goals": goals, "evaluation_plan": plan}  # fmt: skip
    assert mark == hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    text = path / "evaluation.toml"
    text.write_text(text.read_text("utf-8").replace("delivered = 2025-10-11", "delivered = 2025-09-30"), "utf-8")
    assert plan_hash(read_evaluation(path)) == mark  # a delivery changes nothing that was agreed
    text.write_text(text.read_text("utf-8").replace("Färre ska sluta", "Fler ska stanna"), "utf-8")
    assert plan_hash(read_evaluation(path)) != mark


@pytest.mark.parametrize("language", ["sv", "en"])
def test_both_languages_print_the_plans_mark(tmp_path: Path, language: str) -> None:
    analysis = analysed(folder(tmp_path / "it"))
    texts = [block for block in contract_report.contract(analysis, language).blocks if isinstance(block, Text)]
    assert analysis.facts.plan_hash in texts[-1].paragraphs[-1]
    assert len(analysis.facts.plan_hash) == 64
