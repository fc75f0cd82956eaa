"""A cell with several answers is divided by the declared options, or not at all."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from folders import PEOPLE, SETTINGS, answers, small, told
from hypothesis import given
from hypothesis import strategies as st

from evaltools.errors import Problems
from evaltools.exports.mapping import read_mapping
from evaltools.exports.several_answers import chosen_options, folded_option
from evaltools.folder import read_evaluation

OPTIONS = ("Samtal, enskilt", "Samtal, i grupp", "Läsning; hemma", "Inget stöd.", "Annat/övrigt")
KEY = """schema = 1
id = "support"
version = "1.0"
label = { sv = "Stöd", en = "Support" }
languages = ["en"]
response_range = [0, 1]
timeframe = { sv = "den senaste månaden", en = "the last month" }
valid_before_start = true
health_data = false
certainty = "sure"
status = "not_yet_validated"
source = "Made for a test."
scales = []

[licence]
name = "Made for a test"
may_ship = true
terms = { sv = "Gjord för ett test.", en = "Made for a test." }
""" + "".join(f'[[items]]\nid = "support{at}"\nreversed = false\ncovers = []\ntext.en = "{at}"\n' for at in range(3))
RULE = """[[mapping.wide.columns]]
match = { heading = "Code" }
column = "person"
[[mapping.wide.columns]]
match = { heading = "Support" }
options = { "Talks, alone" = "support0", "Talks, in a group" = "support1", "None" = "support2" }
"""


def folder(place: Path, cells: str, rule: str = RULE) -> Path:
    start = SETTINGS[: SETTINGS.index('[[files]]\npath = "pre.csv"')]
    entry = '[[files]]\npath = "pre.csv"\ntable = "responses"\nwave = "pre"\nmapping = "wide"\n'
    files = {"pre.csv": cells, "people.csv": PEOPLE, "scoring_keys/support.toml": KEY}
    return small(place, files, settings=start + entry + rule)


@pytest.mark.parametrize("joint", [", ", ",", ";", "; ", "\n", " ", " | "])
@given(chosen=st.sets(st.sampled_from(OPTIONS), min_size=1))
def test_whatever_joins_the_answers_the_same_are_found(joint: str, chosen: set[str]) -> None:
    for end in ("", ";", "."):
        assert chosen_options(joint.join(sorted(chosen)) + end, OPTIONS) == chosen


@given(
    st.sets(st.text("ab, ;", min_size=1, max_size=5).filter(lambda text: text.strip(" ;,")), min_size=1, max_size=6),
    st.data(),
)
def test_what_is_found_is_always_what_was_chosen(options: set[str], data: st.DataObject) -> None:
    told_apart = sorted({folded_option(option): option for option in sorted(options)}.values())
    chosen = data.draw(st.lists(st.sampled_from(told_apart), unique=True, min_size=1))
    found = chosen_options(data.draw(st.sampled_from([", ", ";", " "])).join(chosen), told_apart)
    assert found in (None, set(chosen))


@pytest.mark.parametrize("cell", ["Talks", "A, C", "A, B, C?", "AB", "A-B", ", ;", "a b c d"])
def test_a_cell_that_holds_anything_else_is_not_divided(cell: str) -> None:
    assert chosen_options(cell, ("A", "B")) is None


def test_a_cell_that_can_be_divided_in_two_ways_is_not_divided() -> None:
    assert chosen_options("Talks, alone", ("Talks", "alone", "Talks, alone")) is None
    assert chosen_options("Talks, alone; Talks", ("Talks", "Talks, alone")) == {"Talks", "Talks, alone"}


def test_every_option_is_an_item_with_one_or_nought_and_a_blank_is_skipped_for_all(tmp_path: Path) -> None:
    cells = 'Code,Support,Q1\nAB01,"Talks, in a group, Talks, alone",1\nAB02,None,1\n007,,1\n'
    rule = RULE + '[[mapping.wide.columns]]\nmatch = { heading = "Q1" }\nitem = "js1"\n'
    found = read_evaluation(folder(tmp_path, cells, rule))
    by_person: dict[int, list[float | str]] = {}
    for (person, _, item), answer in sorted(answers(found).items()):
        if item.startswith("support"):
            by_person.setdefault(person, []).append(answer)
    assert by_person == {1: [1.0, 1.0, 0.0], 2: [0.0, 0.0, 1.0], 0: ["skipped"] * 3}


def test_an_undeclared_answer_is_told_once_with_its_place_and_the_options_and_never_quoted(tmp_path: Path) -> None:
    cells = 'Code,Support\nAB01,"Talks, alone, Kanarie"\nAB02,None\n007,None\n'
    message = told(folder(tmp_path, cells))
    assert message.count("EV-440") == 1
    assert "pre.csv, row 2, column B (Support)" in message
    assert "Declared: Talks, alone; Talks, in a group; None." in message
    assert "Kanarie" not in message


def test_an_option_may_not_lead_to_an_item_that_another_column_is(tmp_path: Path) -> None:
    rule = RULE + '[[mapping.wide.columns]]\nmatch = { heading = "Alone" }\nitem = "support0"\n'
    message = told(folder(tmp_path, "Code,Support,Alone\nAB01,None,0\n", rule))
    assert "column C (Alone): The column means the same as column B (Support)" in message


@pytest.mark.parametrize(
    "meaning",
    [
        "options = {}",
        'options = { "A" = "a", "B" = "a" }',
        'options = { "A" = "a", "a." = "b" }',
        'options = { "A" = "a", "A;" = "b" }',
        'options = { " " = "a" }',
        'options = ["A"]',
        'options = { "A" = 1 }',
        'options = { "A" = "a" }\nscale = "agree5"',
        'options = { "A" = "a" }\nitem = "b"',
    ],
)
def test_options_that_are_not_clear_are_refused(meaning: str) -> None:
    problems = Problems()
    rules = tomllib.loads(f'[[columns]]\nmatch = {{ heading = "Q" }}\n{meaning}\n')
    assert read_mapping("wide", rules, "evaluation.toml", problems).rules == ()
    assert [problem.key for problem in problems.errors] == ["rule_unclear"]
