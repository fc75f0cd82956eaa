"""What other programs get wrong about files, tables, pictures and releases of a group of six, and what ours does."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from evaluations import Answers, analysed, released, write_folder
from folders import PRE, SETTINGS, small, told
from test_analysis import row
from test_scores import SCALE

from evaltools.folder import read_evaluation
from evaltools.reports import commissioner_report, supervisor_report
from evaltools.scores import score, side_by_side

# Six people, four waves: one joins at the second, one leaves after the second, one after the third.
ORDINARY: Answers = {
    "p1": [[3, 3, 4], [3, 4, 4], [4, 4, 3], [4, 3, 4]],
    "p2": [[2, 2, 3], [3, 3, 3], [2, 3, 3], [4, 3, 3]],
    "p3": [[3, 3, 3], [3, 3, 3], [4, 3, 3], [4, 4, 3]],
    "p4": [[4, 4, 4], [5, 4, 4], [4, 4, 5], None],
    "p5": [[2, 2, 2], [3, 2, 3], None, None],
    "p6": [None, [3, 3, 3], [4, 3, 3], [3, 3, 4]],
}
SCORES = np.array(
    [[np.nan if answer is None else np.mean(answer) for answer in waves] for waves in ORDINARY.values()]
).T
RISING: Answers = {f"p{at}": [[2, 2, 3], [3, 3 + at % 2, 3]] for at in range(6)}


class Cells(HTMLParser):
    """The words that a reader sees in tables and pictures, and what the pictures are painted with."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("td", "th", "text", "caption", "figcaption"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and tag == self.inside[-1]:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if self.inside and data.strip():
            self.words.append(data.strip())


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as the accessibility guidelines (WCAG 2.2) define it."""
    lights = []
    for colour in (one, other):
        full = colour.lstrip("#")
        full = "".join(2 * digit for digit in full) if len(full) == 3 else full
        parts = [int(full[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_f12_no_sentence_stands_without_a_finite_number_behind_it(tmp_path: Path) -> None:
    """A program of our own kind prints "KMO nan ... supports factor analysis"."""
    nearly_nobody: Answers = {"p1": [[3, 3, 3], None], "p2": [None, [4, 4, 4]], "p3": [[3, 4, 3], [3, 4, 3]]}
    for name, people in (("few", nearly_nobody), ("alike", {f"p{at}": [[3] * 3, [4] * 3] for at in range(6)})):
        analysis = analysed(write_folder(tmp_path / name, {"a": people}))
        for language in ("sv", "en"):
            page = supervisor_report(analysis, language)
            assert not re.search(r"\b(nan|inf|None|NaN|NaT)\b", re.sub(r"<style.*?</style>", "", page, flags=re.S))


def test_f13_n_is_how_many_people_the_figure_beside_it_is_made_of(tmp_path: Path) -> None:
    """DeliberativePolling prints "(n = 5)" beside a mean of three pairs, 2.667; the four who answered had 3.0."""
    table = analysed(write_folder(tmp_path, {"a": ORDINARY})).estimates
    table = table[table["group_by"] == "evaluation"]
    for wave in range(4):
        answered = SCORES[wave][np.isfinite(SCORES[wave])]
        found = row(table, "mean", wave=f"w{wave}", wave_to="")
        assert (found["n"], found["value"]) == (len(answered), pytest.approx(answered.mean()))
        if wave:
            both = np.isfinite(SCORES[0]) & np.isfinite(SCORES[wave])
            for measure, values in (("mean_before", SCORES[0]), ("mean_after", SCORES[wave]),
                                    ("mean_change", SCORES[wave] - SCORES[0])):  # fmt: skip
                pair = row(table, measure, wave="w0", wave_to=f"w{wave}")
                assert pair["n"] == both.sum()
                assert np.isnan(pair["value"]) or pair["value"] == pytest.approx(values[both].mean())


def test_f14_a_mistyped_answer_is_refused_with_its_place_before_anything_is_scored(tmp_path: Path) -> None:
    """scorify made a scale mean of 8.8 of a 33 typed in place of 3, without a message."""
    said = told(small(tmp_path, {"pre.csv": PRE.replace("AB02;3;3", "AB02;33;3")}), "sv")
    assert "pre.csv" in said
    assert re.search(r"rad(en)? 3", said)
    assert "33" not in said


def test_f15_a_code_used_twice_is_told_in_swedish_with_its_place(tmp_path: Path) -> None:
    """pandera: "Columns with duplicate values are not supported in stack"."""
    said = told(small(tmp_path, {"pre.csv": PRE + "AB01;1;2;5;2\n"}), "sv")
    assert "pre.csv" in said
    assert re.search(r"rad(erna)? ?\d", said)
    assert "AB01" not in said
    assert not re.search(r"stack|validator|element-wise|DataFrame|index", said)


def test_f15_rows_from_two_files_are_checked_together_and_told_one_by_one(tmp_path: Path) -> None:
    """A second file begins with row 1 again: what is told is the row in its own file."""
    second = '[[files]]\npath = "late.csv"\ntable = "responses"\nwave = "pre"\nmapping = "wide"\n'
    late = "Code;Q1;Q2;Q3;Q4\n"
    change = {"[[mapping.wide.columns]]": f"{second}\n[[mapping.wide.columns]]"}
    pre = PRE.replace("007;5;5;1;5\n", "")
    last = late + "007;5;5;1;5\n"
    fine = read_evaluation(small(tmp_path / "fine", {"pre.csv": pre, "late.csv": last}, change=change))
    assert (fine.responses["wave"] == "pre").sum() == 12
    twice = small(tmp_path / "twice", {"late.csv": last}, change=change)
    said = told(twice, "sv")
    assert "late.csv" in said
    assert re.search(r"rad(en)? 2", said)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_f16_a_csv_from_swedish_excel_is_read_as_it_was_meant(tmp_path: Path, encoding: str) -> None:
    """pandas: one column "pid;wave;js1", then "3,5" as text, then a UnicodeDecodeError at "ö"."""
    rules = SETTINGS[: SETTINGS.index("[[mapping.wide.columns]]\nmatch = { heading_regex")]
    rules += '[[mapping.wide.columns]]\nmatch = { heading = "Medelvärde före" }\nscore = "job_satisfaction"\n'
    content = "Code;Medelvärde före;Ort\r\nAB01;3,5;Växjö\r\nAB02;4,25;Örebro\r\n007;;Åre\r\n".encode(encoding)
    folder = small(tmp_path, {"pre.csv": content, "post.csv": content + b"\r\n"}, settings=rules)
    found = read_evaluation(folder)
    values = side_by_side(score(found.responses, SCALE), found.people["person"].tolist(), ["pre", "post"])
    assert sorted(values[0][np.isfinite(values[0])].tolist()) == [3.5, 4.25]


def test_f17_six_people_are_told_of_and_nobody_is_worked_out_from_the_next_report(tmp_path: Path) -> None:
    """acro hides every cell of six people, and lets out 11 people in one output and 10 of them in the next."""
    first = released(write_folder(tmp_path, {"a": RISING})).document
    assert {figure["n"] for figure in first["figures"]} == {6}
    assert first["changes"]
    five = {who: answers for who, answers in RISING.items() if who != "p0"}
    second = released(write_folder(tmp_path, {"a": five})).document
    assert {figure["n"] for figure in second["figures"]} <= {6}, "the mean of the five would give away the sixth"
    assert second["figures"] in ([], first["figures"])


@pytest.mark.parametrize("language", ["sv", "en"])
def test_f18_pictures_tell_how_many_people_in_colours_that_can_be_read(tmp_path: Path, language: str) -> None:
    """plot-likert: "66.6667 %" of three people, n not shown, white text on light grey."""
    page = supervisor_report(analysed(write_folder(tmp_path, {"a": ORDINARY})), language)
    pictures = re.findall(r"<svg.*?</svg>", page, flags=re.S)
    assert pictures
    for picture in pictures:
        said = Cells(picture).words
        assert not any("%" in word for word in said)
        assert sum(bool(re.search(rf"\b{n}\b", word)) for word in said for n in (4, 5, 6)) >= 4  # n at every wave
        for colour in re.findall(r"<text[^>]*?fill: (#[0-9a-f]{3,6})", picture):
            assert contrast(colour, "#fff") >= 4.5
        assert re.search(r"<text[^>]*?fill: #", picture)


def test_f18_the_words_of_a_page_can_be_read_on_what_lies_behind_them(tmp_path: Path) -> None:
    page = supervisor_report(analysed(write_folder(tmp_path, {"a": ORDINARY})), "sv")
    style = re.search(r"<style>(.*?)</style>", page, flags=re.S)
    assert style
    colours = dict(re.findall(r"--(\w+): ?(#[0-9a-f]{3,6})", style[1]))
    assert {"ink", "note", "accent", "soft", "warm"} <= set(colours)
    for words in ("ink", "note", "accent"):
        for behind in ("#fff", colours["soft"], colours["warm"]):
            assert contrast(colours[words], behind) >= 4.5, (words, behind)
    for behind, words in re.findall(r"background: (#[0-9a-f]{3,6}); color: (#[0-9a-f]{3,6})", style[1]):
        assert contrast(words, behind) >= 4.5


def test_f18_a_reversed_item_is_turned_and_a_dont_know_counts_as_no_answer(tmp_path: Path) -> None:
    """The third item is reversed: 5 is as bad as 1. "Vet ej" made plot-likert crash."""
    agree = "\n[mapping.wide.scales.agree]\nlabels = { 1 = 1, 2 = 2, 3 = 3, 4 = 4, 5 = 5 }\n"
    agree += 'missing = { "Vet ej" = "dont_know" }\n'
    content = {"pre.csv": PRE.replace("AB02;3;3;;3", "AB02;3;3;Vet ej;3")}
    change = {'item = "js{number}"': 'item = "js{number}"\nscale = "agree"'}
    found = read_evaluation(small(tmp_path, content, change=change, more=agree))
    assert "js3" in SCALE.reversed
    values = side_by_side(score(found.responses, SCALE), found.people["person"].tolist(), ["pre"])
    assert sorted(values[0].tolist()) == pytest.approx([1.5, 3.0, 5.0])


@pytest.mark.parametrize(("language", "foreign"), [("sv", r"\d\.\d"), ("en", r"\d,\d")])
def test_f22_one_way_to_write_numbers_through_the_whole_report(tmp_path: Path, language: str, foreign: str) -> None:
    """great_tables: "2,80" and "3.4" in one row; no caption, no language of the page."""
    folder = write_folder(tmp_path, {"a": ORDINARY | {"p7": [[3, 4, 3]] * 4, "p8": [[4, 3, 3]] * 4}})
    pages = {"supervisor": supervisor_report(analysed(folder), language)}
    pages["commissioner"] = commissioner_report(released(folder), language)
    for name, page in pages.items():
        assert f'<html lang="{language}' in page
        assert page.count("<table") == page.count("<caption>") > 0
        words = Cells(page).words
        assert any(re.search(r"\d[.,]\d", word) for word in words), name
        assert not [word for word in words if re.search(foreign, word) and "CC0" not in word]
        assert not re.search(r"<caption>\s*</caption>", page)
