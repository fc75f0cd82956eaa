"""Questionnaire forms: what each survey tool asks for, and that exports of them fit the mapping that is written."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from evaltools.cli import main
from evaltools.forms import LIMESURVEY_COLUMNS, REDCAP_COLUMNS, form_code, heading_rules, is_held, part_of, write_forms
from evaltools.instrument_list import instruments_json, instruments_text
from evaltools.instruments import shipped_instruments
from evaltools.language import languages

KEYS = shipped_instruments()
OWN = ["toolkit_competence", "toolkit_job_satisfaction", "job_satisfaction_single"]
DOCUMENTED = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip


def form(name: str, language: str = "sv") -> str:
    return write_forms([KEYS[key] for key in OWN], language)[f"forms/{name}"].decode("utf-8-sig")


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.parametrize("language", languages())
def test_every_form_holds_every_question_of_our_own(language: str) -> None:
    for name in ("google_microsoft_forms.txt", "limesurvey.txt", "redcap.csv", "print.html"):
        text = form(name, language).replace("&#39;", "'")
        for key in OWN:
            assert all(item.text[language] in text for item in KEYS[key].items), (name, key)


def test_the_redcap_dictionary_has_its_eighteen_columns_and_a_row_a_question() -> None:
    assert REDCAP_COLUMNS == DOCUMENTED
    found = rows(form("redcap.csv"))
    assert tuple(found[0]) == DOCUMENTED
    names = [row["Variable / Field Name"] for row in found]
    assert names[:3] == ["record_id", "person", "tc1"]
    assert len(set(names)) == len(names) == 2 + sum(len(KEYS[key].items) for key in OWN)
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in names)
    satisfied = next(row for row in found if row["Variable / Field Name"] == "js1")
    assert satisfied["Field Type"] == "radio"
    assert satisfied["Choices, Calculations, OR Slider Labels"].startswith("1, Stämmer inte alls | 2, ")
    for row in found:  # a choice is its code, a comma and its label
        for choice in filter(None, row["Choices, Calculations, OR Slider Labels"].split(" | ")):
            assert re.fullmatch(r"\d+, [^|]+", choice)


def test_the_limesurvey_structure_has_the_documented_columns_and_codes_that_fit() -> None:
    text = form("limesurvey.txt")
    found = rows(text, "\t")
    assert tuple(found[0]) == LIMESURVEY_COLUMNS
    assert LIMESURVEY_COLUMNS[:9] == (
        "id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language",
    )  # fmt: skip
    classes = [row["class"] for row in found]
    assert set(classes) == {"S", "SL", "G", "Q", "SQ", "A"}
    assert next(row["name"] for row in found if row["class"] == "S") == "language"
    assert all(row["language"] == "sv" for row in found if row["class"] != "S")
    codes = [row["name"] for row in found if row["class"] in ("Q", "SQ")]
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", code) for code in codes)
    assert len(set(codes)) == len(codes)
    assert {row["type/scale"] for row in found if row["class"] == "Q"} == {"S", "F", "L"}
    assert not any("\n" in cell for row in found for cell in row.values())


@pytest.mark.parametrize("key", KEYS)
def test_the_rules_find_each_question_once_in_the_headings_of_every_tool(key: str) -> None:
    instrument = KEYS[key]
    for item in instrument.items:
        code = form_code(item.id)
        for heading in (code, f"{code}. Frågan?", f"Tänk på nuläget. [{code}. Frågan [här].]", f"q1[{code}]"):
            fits = [(re.fullmatch(regex, heading), meant) for other in KEYS.values() for regex, meant in
                    heading_rules(other)]  # fmt: skip
            named = [meant.replace("{number}", found.groupdict().get("number", "")) for found, meant in fits if found]
            assert named == [item.id], heading
        assert not any(re.fullmatch(regex, f"{code}00 other") for regex, _ in heading_rules(instrument))


def test_published_wording_is_never_written_only_where_it_is_found() -> None:
    made = write_forms([KEYS["biajs"]], "sv")
    assert set(made) == {"forms/google_microsoft_forms.txt", "forms/paper_answers.xlsx"}
    text = made["forms/google_microsoft_forms.txt"].decode("utf-8-sig")
    assert "Thompson" in text
    assert "biajs1, biajs2, biajs3, biajs4" in text
    assert "ingen känd officiell version på svenska" in text
    assert not is_held(KEYS["biajs"], "en")


def test_a_scale_of_which_only_the_ends_are_named_says_what_they_mean() -> None:
    part = part_of(KEYS["toolkit_competence"], "en")
    assert part.ends == "1 = Not true at all, 7 = Completely true."
    assert part.options[0] == (1, "1")
    assert part_of(KEYS["toolkit_job_satisfaction"], "en").ends == ""


def test_the_list_as_json_holds_every_key_and_what_is_known_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instruments", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads(instruments_json())
    by_id = {entry["id"]: entry for entry in found["instruments"]}
    assert set(by_id) == set(KEYS)
    for key, entry in by_id.items():
        assert [item["id"] for item in entry["items"]] == [item.id for item in KEYS[key].items]
        assert entry["valid_before_start"] is KEYS[key].valid_before_start
        assert entry["certainty"] == "sure"
        assert entry["licence"]
        assert set(entry["licence_terms"]) == {"sv", "en"}
    assert by_id["toolkit_competence"]["wording_held_in"] == ["sv", "en"]
    assert by_id["biajs"]["wording_held_in"] == []
    reference = by_id["edmondson_team_safety"]["scales"][0]["references"][0]
    assert (reference["sd"], reference["reliability"]) == (None, 0.82)


@pytest.mark.parametrize("language", languages())
def test_the_list_for_people_names_every_key(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instruments", "--lang", language]) == 0
    text = capsys.readouterr().out
    assert text.strip() == instruments_text(language)
    for key, instrument in KEYS.items():
        assert f"\n{key}: " in text
        assert instrument.licence_terms[language] in text
    assert "{" not in text
