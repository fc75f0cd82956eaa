"""A form with questions of one's own, as README tells it: own key, drafted mapping, and the answers are read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from folders import SETTINGS, small, told
from made_files import as_csv

from evaltools.answer_table import Declared
from evaltools.draft_mapping import draft_mapping
from evaltools.folder import read_evaluation
from evaltools.map_text import map_text

README = Path(__file__).parents[1] / "README.md"
WORDS = ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"]
ROWS = [
    ["Timestamp", "Your code", "Our group [We listen to each other.]", "Our group [I keep my doubts to myself.]"],
    ["2025/01/15 9:00:00 AM CET", "AB01", WORDS[3], WORDS[1]],
    ["2025/01/15 9:05:00 AM CET", "AB02", WORDS[4], WORDS[0]],
]


def own_key() -> str:
    """The key that README shows."""
    return next(block for block in re.findall(r"```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
                if 'id = "our_climate"' in block)  # fmt: skip


def folder_with_draft(folder: Path, key: str) -> Path:
    """The folder with the form's export and the draft of its mapping pasted in, the measurement filled in."""
    start = SETTINGS[: SETTINGS.index('[[files]]\npath = "pre.csv"')]
    files: dict[str, str | bytes] = {"exports/climate.csv": as_csv(ROWS, ","), "scoring_keys/our_climate.toml": key}
    small(folder, files, settings=start)
    draft = draft_mapping(folder / "exports" / "climate.csv", Declared(folder=folder), "en")
    small(folder, files, settings=start, more=map_text(draft, "en").replace('wave = "?"', 'wave = "pre"'))
    return folder


def test_the_key_in_readme_and_a_drafted_mapping_are_all_that_own_questions_need(tmp_path: Path) -> None:
    evaluation = read_evaluation(folder_with_draft(tmp_path / "f", own_key()))
    found = evaluation.responses
    assert sorted(zip(found["item"], found["code"], strict=True)) == [("oc1", 4), ("oc1", 5), ("oc2", 1), ("oc2", 2)]
    assert evaluation.notes == ()


@pytest.mark.parametrize(
    ("right", "wrong", "sign"),
    [
        ('rule = "mean"', "", "rule is missing"),
        ('id = "oc2"', 'id = "oc1"', "oc1"),
        ('id = "oc2"', 'id = "js1"', "oc2 is not among"),
        ('items = ["oc1", "oc2"]', 'items = ["oc1", "oc3"]', "oc3"),
        ("response_range = [1, 5]", "response_range = [5, 1]", "response_range"),
        ("min_answered = 2", "min_answered = 3", "min_answered"),
        ("reversed = true", 'reversed = "yes"', "reversed"),
        ('id = "our_climate"', 'id = "toolkit_competence"', "toolkit_competence"),
        ("schema = 1", "schema = 1\n[[", "our_climate.toml"),
        ('certainty = "sure"', 'certainty = "quite"', "certainty"),
    ],
)
def test_ten_mistakes_in_a_key_are_told_with_their_place(tmp_path: Path, right: str, wrong: str, sign: str) -> None:
    key = own_key()
    assert right in key
    folder = folder_with_draft(tmp_path / "f", key)
    (folder / "scoring_keys" / "our_climate.toml").write_text(key.replace(right, wrong, 1), "utf-8")
    message = told(folder)
    assert sign in message
