"""The item bank: short forms in plain words, each element that only people can answer, and who is asked what."""

from __future__ import annotations

import math
import re
import tomllib

import pytest
from conftest import ROOT, shared

from evaltools.forms import Form, forms_of
from evaltools.instruments import Instrument, shipped_instruments
from evaltools.key_rules import faults_of
from evaltools.language import languages, texts
from evaltools.measures import limits
from evaltools.workbook import short_headings

BANK = {name: key for name, key in shipped_instruments().items() if name.startswith("toolkit_")}
FORMS = forms_of(list(BANK.values()), "sv")
# What only the people themselves can answer, by the field's own numbers.
ASKED = {
    "0": (2, 3, 4, 6, 11, 12, 13, 15, 17, 18, 22, 23, 26),
    "1": (3, 5, 7, 12, 14),
    "2": (1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15),
    "3": (1, 2, 4, 10, 11, 12, 14),
    "4": (3, 16, 17, 18),
}


def questions(form: Form) -> list[dict[str, str]]:
    return [dict(item.text) for key in form.instruments for item in key.items]


def test_every_element_that_only_people_can_answer_is_covered_by_a_scale() -> None:
    covered = {element for key in BANK.values() for scale in key.scales for element in scale.covers}
    assert covered >= {f"{part}.{number}" for part, numbers in ASKED.items() for number in numbers}


def test_what_is_covered_is_an_element_of_the_field() -> None:
    elements = set(re.findall(r"^\| ([0-4]\.\d+) \|", shared("design/measures.md").read_text("utf-8"), re.MULTILINE))
    assert len(elements) == 100
    for key in BANK.values():
        named = {element for item in key.items for element in item.covers}
        named |= {element for scale in key.scales for element in scale.covers}
        assert named <= elements, key.id


@pytest.mark.parametrize("key", BANK.values(), ids=list(BANK))
def test_an_item_that_answers_an_element_stands_in_a_scale_that_says_so(key: Instrument) -> None:
    for item in key.items:
        said = {element for scale in key.scales if item.id in scale.items for element in scale.covers}
        assert set(item.covers) <= said, item.id


@pytest.mark.parametrize("key", BANK.values(), ids=list(BANK))
def test_the_bank_is_free_to_use_and_says_that_it_is_not_yet_validated(key: Instrument) -> None:
    assert (key.licence, key.status, key.may_ship, key.health_data) == ("CC0-1.0", "not_yet_validated", True, False)
    assert not any(scale.references for scale in key.scales)
    for item in key.items:
        assert set(item.text) == set(languages())
        assert all(text.endswith(".") and text[0].isupper() for text in item.text.values())


@pytest.mark.parametrize("form", FORMS, ids=[form.folder for form in FORMS])
@pytest.mark.parametrize("language", languages())
def test_a_form_is_answered_in_the_minutes_that_are_asked_of_people(form: Form, language: str) -> None:
    asked = questions(form)
    allowed = limits()["session_minutes" if form.kind in ("session", "commissioner") else "wave_minutes"]
    assert sum(key.minutes for key in form.instruments) <= allowed
    # another way to count: slow reading, 150 words a minute, three seconds to mark, half a minute for code and lead
    seconds = sum(len(question[language].split()) * 60 / 150 + 3 for question in asked) + 30
    assert seconds / 60 <= allowed
    most = {"session": 8, "commissioner": 6, "manager": 52}.get(form.kind, 45)
    assert len(asked) <= most
    longest = max(len(question[language].split()) for question in asked)
    assert longest <= 26


def test_what_asks_about_the_supervision_is_not_asked_before_it_starts() -> None:
    for key in BANK.values():
        about = [item.id for item in key.items if re.search("handled|träff", item.text["sv"])]
        assert not (key.valid_before_start and about), about
    for form in FORMS:
        assert not form.before_start or all(key.valid_before_start for key in form.instruments)


def test_managers_answer_seven_items_more_which_no_scale_of_the_staff_holds() -> None:
    wave, managers = (
        next(form for form in FORMS if form.kind == kind and not form.before_start) for kind in ("wave", "manager")
    )
    more = [key.id for key in managers.instruments if key not in wave.instruments]
    assert more == ["toolkit_manager"]
    own = {item.id for item in BANK["toolkit_manager"].items}
    assert len(own) == 7
    for name, key in BANK.items():
        for scale in key.scales:
            assert not own & set(scale.items) or (name == "toolkit_manager" and set(scale.items) == own)


def test_who_is_alone_is_asked_nothing_about_a_group() -> None:
    alone = next(form for form in FORMS if form.kind == "individual" and not form.before_start)
    assert not any("gruppen" in question["sv"] for question in questions(alone))
    assert "toolkit_individual" in {key.id for key in alone.instruments}


def test_the_commissioner_has_no_code_and_a_session_form_names_its_session() -> None:
    asked = {form.kind: [one.variable for one in form.asked] for form in FORMS}
    assert asked["commissioner"] == []
    assert asked["session"] == ["person", "session"]
    assert asked["wave"] == asked["manager"] == asked["individual"] == ["person"]


def test_the_session_form_says_how_many_questions_it_has_and_how_long_it_takes() -> None:
    for language, (count, minutes) in {"sv": ("Åtta", "två minuter"), "en": ("Eight", "two minutes")}.items():
        told = texts(language)["bank"]["session"]["description"][0]
        assert told.startswith(count) and minutes in told
    assert len(BANK["toolkit_session"].items) == 8
    assert math.ceil(BANK["toolkit_session"].minutes) == limits()["session_minutes"] == 2


@pytest.mark.parametrize("forms", ["[]", '["wave", "wave"]', '["waves"]', '"wave"', "[1]"])
def test_a_key_belongs_to_forms_that_exist(forms: str) -> None:
    text = (ROOT / "src" / "evaltools" / "scoring_keys" / "toolkit_session.toml").read_text("utf-8")
    assert faults_of(tomllib.loads(text)) == []
    assert any("forms" in wrong for wrong in faults_of(tomllib.loads(text.replace('["session"]', forms))))


def test_readme_counts_the_forms_and_the_cells_of_a_session_as_they_are() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    counts = {(form.kind, form.before_start): len(questions(form)) for form in FORMS}
    for kind, words in (("wave", "at a measurement"), ("manager", "for managers"), ("individual", "for individual")):
        row = next(line for line in readme.splitlines() if line.startswith(f"| {words}"))
        assert f"| {counts[kind, False]}, before the start {counts[kind, True]} |" in row
    rows = {"sessions": 1, "attendance": 6, "questions": 4, "ideas": 2, "follow_ups": 2, "strengths": 6}
    copied = {  # the codes of the session and of who is there, and numbers that are filled down
        "attendance": {"session", "person"}, "strengths": {"session", "person"}, "follow_ups": {"session"},
        "questions": {"question", "session", "order_decided"}, "ideas": {"session"},
    }  # fmt: skip
    short = {table: set(short_headings(table, "sv")) for table in rows}
    assert all(columns <= short[table] for table, columns in copied.items())
    cells = sum(number * len(short[table]) for table, number in rows.items())
    filled = sum(rows[table] * len(columns) for table, columns in copied.items())
    assert f"{cells} cells: {filled} are copied" in readme
    assert f"{cells - filled} are chosen" in readme
