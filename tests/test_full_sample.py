"""The second sample: everything that can be recorded is recorded somewhere in it, and it says that it is invented."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from conftest import SAMPLES
from evaluations import released

from evaltools.canonical import DECLARED, FROM_FILES, TABLES
from evaltools.cells import audiences_of, cells_of
from evaltools.errors import Problems
from evaltools.exports.grid import read_grid
from evaltools.exports.signatures import recognise
from evaltools.folder import Evaluation, read_evaluation
from evaltools.instruments import shipped_instruments
from evaltools.process.session_rows import session_rows
from evaltools.released_contract import goal_answer
from evaltools.wording import words

NAME = "socialtjanst"


@cache
def whole() -> Evaluation:
    return read_evaluation(SAMPLES / NAME)


@pytest.fixture
def evaluation(key_file: object) -> Evaluation:
    """Read once: every test has a key of its own, which changes nothing here."""
    return whole()


@pytest.mark.parametrize("table", [*DECLARED, *FROM_FILES])
def test_every_table_is_filled_and_every_column_somewhere(table: str, evaluation: Evaluation) -> None:
    rows = getattr(evaluation, table)
    assert len(rows)
    empty = [column for column in TABLES[table] if rows[column].isna().all()]
    assert empty == (["session"] if table == "responses" else [])  # those of a session stand in session_responses
    assert evaluation.session_responses["session"].notna().all()


@pytest.mark.parametrize("table", [*DECLARED, *FROM_FILES])
def test_every_choice_of_every_column_is_made_somewhere(table: str, evaluation: Evaluation) -> None:
    rows = getattr(evaluation, table)
    for column, field in TABLES[table].items():
        one_only = table == "contract" or (table, column) in {("waves", "kind"), ("responses", "given_as")}
        if field.kind == "choice" and not one_only:
            made = set(rows[column].dropna())
            allowed = set(field.allowed) - ({"partial"} if table == "responses" else set())
            assert made == allowed or column == "missing", column
        if field.kind == "yes_no" and table not in ("contract", "supervisors"):
            assert set(rows[column].dropna()) == {True, False}, column


def test_every_questionnaire_of_our_own_is_answered_in_it(evaluation: Evaluation) -> None:
    ours = {name for name in shipped_instruments() if name.startswith("toolkit_")}
    assert set(evaluation.responses["instrument"]) | set(evaluation.session_responses["instrument"]) == ours


def test_its_story_is_in_the_data(evaluation: Evaluation) -> None:
    people, sessions = evaluation.people, evaluation.sessions
    sizes = people[people["linked"]].groupby("group").size().to_dict()
    assert sizes == {"Chefer": 5, "Enskild": 1, "Familj": 7, "Vuxen": 7}
    assert (people["left"].notna().sum(), (people["joined"] > "2025-06-01").sum()) == (2, 2)
    held = sessions[sessions["status"] == "held"].groupby("group").size()
    assert held.between(18, 20).all()
    led = sessions.groupby("group")["supervisor"].nunique().to_dict()
    assert led == {"Chefer": 1, "Enskild": 1, "Familj": 2, "Vuxen": 2}
    feedback = evaluation.feedback
    assert (feedback["kind"] == "complaint").sum() == 1
    assert feedback["closed"].isna().any()
    last = evaluation.goal_ratings[evaluation.goal_ratings["wave"] == "end"].groupby("goal")["reached"].mean()
    assert last["lugnare-moten"] < 0 < last["gemensamt-arbetssatt"]
    assert evaluation.approvals["withdrawn"].notna().sum() == 1


def test_one_group_got_worse_and_another_better(evaluation: Evaluation) -> None:
    rows = evaluation.responses.merge(evaluation.people[["person", "group"]], on="person")
    safety = rows[rows["item"].isin(["tg1", "tg2", "tg3", "tg4"])]
    means = safety.groupby(["group", "wave"])["code"].mean().unstack()
    change = (means["end"] - means["baseline"]).to_dict()
    assert change["Familj"] > 0.5
    assert change["Vuxen"] < -0.5


def test_the_sessions_of_each_kind_of_group_are_those_of_its_groups(evaluation: Evaluation) -> None:
    rows = [row for row in session_rows(evaluation, cells_of(evaluation)) if row["measure"] == "sessions_held"]
    held = {(row["group_by"], row["group"]): row["value"] for row in rows}
    kinds = audiences_of(evaluation)
    assert max(map(len, kinds.values())) > 1
    for kind, groups in kinds.items():
        assert held["audience", kind] == sum(held["group", group] for group in groups) > 0


def test_nothing_is_left_out_and_nothing_is_wrong(evaluation: Evaluation) -> None:
    assert {problem.key for problem in evaluation.notes} == {"wave_not_linked"}  # the commissioner has no code
    assert (evaluation.load_log["rows_left_out"] == 0).all()


def test_its_exports_are_those_of_four_tools() -> None:
    tools = {}
    for name in ("fore.csv", "mitt.xlsx", "slut.csv"):
        grid = read_grid(SAMPLES / NAME / "exports" / name, name, Problems())
        assert grid is not None
        tools[name] = recognise(grid).tool
    assert tools == {"fore.csv": "google_forms", "mitt.xlsx": "microsoft_forms", "slut.csv": "limesurvey"}


def test_its_files_are_what_the_script_makes(tmp_path: object) -> None:
    script = SAMPLES / f"make_{NAME}.py"
    made = subprocess.run([sys.executable, str(script), str(tmp_path)], capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    paths = [path for path in (SAMPLES / NAME).rglob("*") if path.suffix in (".csv", ".xlsx")]
    assert len(paths) == 17
    for path in paths:
        again = type(path)(str(tmp_path)) / path.relative_to(SAMPLES / NAME)
        assert again.read_bytes() == path.read_bytes(), path.name


def test_it_says_that_it_is_invented(evaluation: Evaluation) -> None:
    assert "påhittade" in evaluation.notice
    assert "PÅHITTADE" in (SAMPLES / NAME / "README.md").read_text("utf-8")


def test_most_goals_have_an_answer_that_is_shown_one_is_not_reached_and_one_group_got_worse(
    sample: Callable[[str], Path],
) -> None:
    document, own = released(sample(NAME)).document, words("en")
    told = {goal["goal"]: goal_answer(goal, document, own) for goal in document["contract"]["goals"]}
    assert {goal for goal, (known, _) in told.items() if known} == {
        "beredda", "trivsel", "lugnare-moten", "ledarskap", "egna-mal"
    }  # fmt: skip
    assert "this has not been reached" in told["lugnare-moten"][1]
    assert "decrease" in told["lugnare-moten"][1]
    assert "per cent (7 people)" in told["egna-mal"][1]
    assert told["insyn"][1] == "Not measured."
