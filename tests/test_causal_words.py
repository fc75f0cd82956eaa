"""No text claims a cause: without a comparison group supervision may be said to have been there, and no more."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT
from test_house import leaves

from evaltools.language import languages, texts

LIST = tomllib.loads((ROOT / "tests" / "causal_words.toml").read_text("utf-8"))
TEMPLATES = sorted((ROOT / "src" / "evaltools" / "templates").rglob("*.*"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def causal(text: str, language: str) -> list[str]:
    return [word for word in LIST["words"][language] if re.search(word, text, re.IGNORECASE)]


@pytest.mark.parametrize("language", languages())
def test_no_text_names_a_cause_but_where_it_says_that_none_can_be_told(language: str) -> None:
    found = {
        key: words
        for key, text in leaves(texts(language)).items()
        if not key.startswith((*LIST["denials"], *LIST["elsewhere"])) and (words := causal(text, language))
    }
    assert found == {}


@pytest.mark.parametrize("language", languages())
def test_the_texts_that_may_name_a_cause_exist_and_deny_it(language: str) -> None:
    denied = {"sv": "(inte|inga|ingen) ", "en": r"(not|no|cannot) "}[language]
    for key in LIST["denials"]:
        text = leaves(texts(language))[key]
        assert causal(text, language) or re.search("orsak|caus", text, re.IGNORECASE), f"{key} needs no exception"
        assert re.search(denied, text), key


@pytest.mark.parametrize("path", [*TEMPLATES, *NOTEBOOKS], ids=lambda path: path.name)
def test_no_template_and_no_notebook_names_a_cause(path: Path) -> None:
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    assert [word for language in languages() for word in causal(text, language)] == []


@pytest.mark.parametrize(
    ("language", "claim"),
    [
        ("sv", "Tack vare handledningen trivs de bättre."),
        ("sv", "Ökningen beror på handledningen."),
        ("sv", "Handledningen ledde till en ökning."),
        ("sv", "Det är en effekt av handledningen."),
        ("en", "The supervision improved job satisfaction."),
        ("en", "The increase was caused by supervision."),
        ("en", "This is an effect of supervision."),
    ],
)
def test_a_claim_of_a_cause_would_be_found(language: str, claim: str) -> None:
    assert causal(claim, language)
