"""Sentences: every verdict in every language, fair in both directions, with the language's own numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from evaltools.instruments import MinimalChange, Reference, shipped_instruments
from evaltools.language import languages, texts
from evaltools.policy import read_change
from evaltools.shown import Shown
from evaltools.statistics.verdicts import verdict_rule
from evaltools.wording import (
    confidential_change,
    confidential_verdict,
    figure_text,
    interval_text,
    minimal_change_text,
    p_text,
    released_change,
    words,
)

SCALE = shipped_instruments()["toolkit_job_satisfaction"].scales[0]
ROW: dict[str, Any] = {
    "measure": "mean_change", "value": 0.9, "low": 0.4, "high": 1.4, "level": 0.95, "n": 8, "of": 8.0, "df": 7.0,
    "note": "",
}  # fmt: skip


@pytest.mark.parametrize("language", languages())
def test_every_verdict_has_its_sentence(language: str) -> None:
    table = texts(language)
    released = set(verdict_rule().words) - {"not_measurable"}
    assert released <= set(table["goals"])
    assert released <= set(table["released"]["ends"])
    assert released | {"unchanged"} == set(table["released"]["value"])
    assert set(verdict_rule().words) <= set(table["confidential"])


@pytest.mark.parametrize("language", languages())
def test_better_and_worse_are_told_in_the_same_way(language: str) -> None:
    """A sentence about a decrease is the sentence about an increase with the direction turned."""
    turned = {"sv": [("ökning", "minskning"), ("uppåt", "nedåt")], "en": [("an increase", "a decrease")]}[language]
    for part in ("goals", "confidential"):
        for verdict in ("increase", "suggests_increase"):
            sentence = texts(language)[part][verdict]
            for up, down in turned:
                sentence = sentence.replace(up, down)
            assert sentence == texts(language)[part][verdict.replace("increase", "decrease")]


def test_the_words_that_name_the_rule_agree_with_it() -> None:
    """ "An eighth" and "a fifth larger" stand in the texts, the numbers in verdicts.toml."""
    assert (verdict_rule().share_of_range, verdict_rule().reserve) == (1 / 8, 1.2)
    assert "åttondel" in texts("sv")["minimal_change"]["assumed"]
    assert "femtedel" in texts("sv")["basis"]["reserve"]


def test_the_minimal_important_change_is_told_with_where_it_comes_from() -> None:
    assert "0,5 poäng: en åttondel" in minimal_change_text("0.5", "", "sv")
    assert minimal_change_text("0.4", "Author (2020).", "en").endswith("0.4 points, according to Author (2020).")


def test_a_published_minimal_important_change_decides_for_both_readers() -> None:
    strict = replace(SCALE, published_change=MinimalChange(1.2, "Author (2020)"))
    three, four = Shown("value", "3.0", "3.0"), Shown("value", "4.0", "4.0")
    assert read_change(three, four, 12, SCALE)["verdict"] == "increase"
    assert read_change(three, four, 12, strict)["verdict"] == "suggests_increase"
    assert confidential_verdict(ROW, SCALE.minimal_change.value) == "increase"
    assert confidential_verdict(ROW, strict.minimal_change.value) == "suggests_increase"


def test_a_published_spread_is_widened_before_a_word_is_chosen_but_not_in_what_is_printed() -> None:
    reference = Reference(1.0, 0.5, "retest", "one year", "norm group", "Author (2020)")
    scale = replace(SCALE, references=(reference,))
    # twelve people: 1.96 * 1.0 / sqrt(12) = 0.566, and 0.679 with the reserve; 0.1 is the rounding of two figures
    before = Shown("value", "3.0", "3.0")
    words_said = [read_change(before, Shown("value", to, to), 12, scale)["verdict"] for to in ("3.7", "3.8")]
    assert words_said == ["suggests_increase", "increase"]
    assert read_change(before, before, 12, scale)["uncertainty"] == "0.6"


def test_swedish_and_english_numbers_and_dates() -> None:
    sv, en = words("sv"), words("en")
    assert (sv.number(-0.04, 1), sv.number(0.04, 1, signed=True)) == ("0,0", "0,0")
    assert (sv.number(-1.25, 1), en.number(1234, 0)) == ("−1,2", "1,234")
    assert (sv.decimal("4.0"), sv.decimal("-0.3", signed=True)) == ("4,0", "−0,3")
    assert (sv.day(date(2026, 5, 1)), en.month("2025-12")) == ("1 maj 2026", "December 2025")
    assert (sv.listed(["A"]), sv.listed(["A", "B", "C"]), sv.listed([])) == ("A", "A, B och C", "")


@pytest.mark.parametrize(
    ("before", "after", "n", "verdict"),
    [
        (Shown("value", "3.0", "3.0"), Shown("value", "4.0", "4.0"), 8, "increase"),
        (Shown("value", "3.0", "3.0"), Shown("value", "3.7", "3.7"), 8, "suggests_increase"),
        (Shown("value", "3.0", "3.0"), Shown("value", "3.3", "3.3"), 8, "cannot_tell"),
        (Shown("value", "4.0", "4.0"), Shown("value", "3.0", "3.0"), 8, "decrease"),
        (Shown("value", "3.0", "3.0"), Shown("at_least", "4.0", "5"), 8, "increase"),
        (Shown("at_least", "4.0", "5"), Shown("at_least", "4.0", "5"), 8, "cannot_tell"),
        (Shown("between", "3.0", "3.8"), Shown("between", "2.2", "3.0"), 8, "cannot_tell"),
    ],
)
def test_a_released_change_is_read_from_the_published_figures(
    before: Shown, after: Shown, n: int, verdict: str
) -> None:
    change = read_change(before, after, n, SCALE)
    assert change["verdict"] == verdict
    for language in languages():
        scale = {"label": dict(SCALE.label), "low": 1.0, "high": 5.0}
        sentence = released_change(change | {"wave": 0, "wave_to": 1}, before, after, scale, ["A", "B"], language)
        assert "{" not in sentence
        assert sentence.count(str(n)) >= 1


def test_an_unchanged_mean_does_not_say_that_nothing_happened() -> None:
    same = Shown("value", "3.4", "3.4")
    change = read_change(same, same, 8, SCALE) | {"wave": 0, "wave_to": 1}
    scale = {"label": dict(SCALE.label), "low": 1.0, "high": 5.0}
    assert "utesluter inte" in released_change(change, same, same, scale, ["A", "B"], "sv")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "ökning, i medeltal +0,90 (+0,40 till +1,40, 95\N{NO-BREAK SPACE}% konfidensintervall, 8 personer)"),
        ({"value": -0.9, "low": -1.4, "high": -0.4}, "minskning, i medeltal −0,90"),
        ({"value": 0.3, "low": -0.6, "high": 1.2}, "går inte att avgöra"),
        ({"note": "too_few", "n": 1, "value": float("nan")}, "för få personer (1)"),
        ({"note": "below_limit", "n": 4}, "för få personer (4)"),
        ({"note": "no_variance", "low": float("nan"), "high": float("nan")}, "lika mycket (+0,90)"),
    ],
)
def test_the_supervisors_sentences(change: dict[str, Any], said: str) -> None:
    assert said in confidential_change(ROW | change, "Grupp A", "före", "efter", 0.5, "sv")


def test_a_figure_below_its_limit_shows_the_note_and_never_the_value() -> None:
    small = ROW | {"note": "below_limit", "n": 4}
    assert figure_text(small, "sv") == "för få personer"
    assert interval_text(small, "sv") == ""
    assert p_text(small | {"measure": "p_t_paired", "value": 0.01}, "sv") == "för få personer"
    assert p_text(ROW | {"measure": "p_t_paired", "value": 0.00001}, "sv") == "under 0,001"
