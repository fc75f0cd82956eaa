"""The commissioner's report: a first page that stands alone and is fair whichever way it went; a glossary; tables."""

from __future__ import annotations

import io
import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pikepdf
import pypdf
import pytest
from conftest import ROOT
from evaluations import group_of, released, write_folder

from evaltools.blocks import Block, Figure, Heading, Table, Text
from evaltools.commissioner import outcomes
from evaltools.glossary import glossary
from evaltools.goal_verdicts import goal_verdict, verdict_text
from evaltools.notebook import notebook_path, run_notebook
from evaltools.number_sources import require_sources
from evaltools.one_page import summary
from evaltools.page import Page
from evaltools.pdf import pdf_file
from evaltools.sealed import Release
from evaltools.web_page import web_page
from evaltools.word_file import word_file
from evaltools.wording import words

SAMPLES = ("hemtjanst", "socialtjanst")  # with two outcomes, and with thirteen


@pytest.fixture(params=["sv", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=SAMPLES)
def issued(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of a copy of a sample, made once."""
    folder = tmp_path_factory.mktemp("one-page") / request.param
    shutil.copytree(ROOT / "data" / "sample" / request.param, folder, ignore=shutil.ignore_patterns("ledger.jsonl"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALTOOLS_KEY_FILE", str(folder.parent / "a.key"))
        return released(folder)


def test_outcomes_stand_in_the_order_of_the_contracts_goals(issued: Release) -> None:
    told = [block.text for block in outcomes(issued, "sv").blocks if isinstance(block, Heading) and block.level == 3]
    assert told in (
        ["Upplevd kompetens", "Arbetstillfredsställelse"],
        ["Handlingsberedskap", "Arbetstillfredsställelse", "Grupptrygghet", "Trygghet och utveckling i chefsrollen",
         "Upplevd kompetens"],
    )  # fmt: skip


def one_group(path: Path, before: list[int], after: list[int], goal: str = "") -> Release:
    """Six people of one group who all answer alike, and the contract's only goal with more lines."""
    folder = write_folder(path, {"A": group_of(6, before, after)})
    settings = (folder / "evaluation.toml").read_text("utf-8")
    (folder / "evaluation.toml").write_text(
        settings.replace('indicator = "own"', f'indicator = "own"\n{goal}', 1), "utf-8"
    )
    return released(folder)


def sentences(issued: Release, language: str = "sv") -> tuple[str, ...]:
    return next(block.paragraphs for block in summary(issued, language).blocks if isinstance(block, Text))


def report(issued: Release, language: str) -> tuple[Block, ...]:
    return run_notebook(notebook_path("commissioner"), {"language": language, "release": issued})


def texts_of(blocks: tuple[Block, ...]) -> str:
    """All that blocks say, and the words in their pictures."""
    return json.dumps([vars(block) if not isinstance(block, Figure) else [block.caption, block.alternative,
                       vars(block.table), re.findall(r"<text[^>]*>(.*?)</text>", block.svg, re.DOTALL)]
                       for block in blocks], ensure_ascii=False, default=vars)  # fmt: skip


def test_it_is_three_sentences_one_picture_and_the_goals_in_the_contracts_words(issued: Release, language: str) -> None:
    heading, text, picture, goals = summary(issued, language).blocks
    assert isinstance(heading, Heading)
    assert isinstance(picture, Figure)
    assert isinstance(text, Text)
    assert isinstance(goals, Table)
    assert len(text.paragraphs) == 3
    assert all(paragraph.count(". ") == 0 and paragraph.endswith(".") for paragraph in text.paragraphs)
    contract = issued.document["contract"]["goals"]
    assert [row[0] for row in goals.rows] == [goal["text"] for goal in contract]
    assert all(row[1] for row in goals.rows)


def test_no_p_value_is_on_it_and_no_star_anywhere_in_the_report(issued: Release, language: str) -> None:
    first = texts_of(summary(issued, language).blocks)
    assert not re.search(r"\bp\s*[=<>]|\bp-v[aä]", first)
    assert not re.search(r"[*★☆✱]", texts_of(report(issued, language)))


def test_with_the_cover_it_takes_two_pages_at_most(issued: Release, language: str) -> None:
    made = pdf_file(Page(report(issued, language), language, date.fromisoformat(issued.document["report_date"])))
    pages = [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(made)).pages]
    own = words(language)
    assert all(sentence[:40] in pages[0] for sentence in sentences(issued, language))
    assert own.text("figures.changes_caption")[:40] in pages[0]
    assert any(own.text("tables.verdicts") in page for page in pages[:2])
    assert any(own.text("report.no_cause")[:60] in page for page in pages[:2])
    assert own.text("how_done.title") not in pages[0]


def test_the_counts_of_goals_and_of_outcomes_add_up(issued: Release, language: str) -> None:
    _, goals, outcomes = sentences(issued, language)
    first, of, *others = map(int, re.findall(r"\d+", goals))
    assert first + sum(others) == of == len(issued.document["contract"]["goals"])
    counted = re.findall(r"(\d+) (?:av|of) (\d+)", outcomes)
    shown = {(change["scale"], change["group"]) for change in issued.document["changes"]}
    hidden = {(row["scale"], row["group"]) for row in issued.document["absences"]}
    assert {int(of) for _, of in counted} <= {len(shown | hidden)}


def test_of_many_outcomes_the_picture_shows_those_that_the_goals_are_about_and_says_so(issued: Release) -> None:
    many = len(issued.document["scales"]) > 2
    _, _, picture, _ = summary(issued, "sv").blocks
    assert isinstance(picture, Figure)
    asked = {goal["indicator"] for goal in issued.document["contract"]["goals"] if "indicator" in goal}
    labels = {scale["label"]["sv"] for scale in issued.document["scales"] if scale["scale"] in asked}
    drawn = [row[0].rpartition(", ")[2] for row in picture.table.rows]
    assert set(drawn) == labels
    assert (len(drawn) < len({(row["scale"], row["group"]) for row in issued.document["changes"]})) == many
    assert (f"{len(drawn)} av {len(issued.document['changes'])}" in picture.caption) == many


@pytest.mark.parametrize("goal", ["", "expected = 0.2"])
def test_it_says_as_plainly_that_it_got_worse_as_that_it_got_better(tmp_path: Path, goal: str, language: str) -> None:
    low, high = [2, 2, 3], [4, 4, 4]
    better = one_group(tmp_path / "better", low, high, goal)
    worse = one_group(tmp_path / "worse", high, low, goal)
    told = {"better": sentences(better, language), "worse": sentences(worse, language)}
    assert told["better"][0] == told["worse"][0]
    swapped = {"sv": ("ökning", "minskning"), "en": ("an increase", "a decrease")}[language]
    assert swapped[0] in told["better"][2]
    assert told["worse"][2] == told["better"][2].replace(*swapped)
    own, entry = words(language), better.document["contract"]["goals"][0]
    assert goal_verdict(entry, worse.document) == "worse"
    assert verdict_text(entry, worse.document, own) == own.text("goal_verdicts.word.worse")
    assert own.text("one_page.goals.worse", count=1) in told["worse"][1]
    assert "0 a" in told["worse"][1] or "0 o" in told["worse"][1]  # 0 av 1, 0 of 1
    assert "1 a" in told["better"][1] or "1 o" in told["better"][1]


def test_nothing_measured_is_said_in_three_sentences_too(tmp_path: Path, language: str) -> None:
    folder = write_folder(tmp_path / "e", {"A": group_of(3, [3, 4, 3], [4, 4, 4])})
    issued = released(folder)
    own = words(language)
    assert len(sentences(issued, language)) == 3
    assert own.text("one_page.outcomes.lead_none") in sentences(issued, language)[2]
    require_sources(report(issued, language), issued.document, language)


def test_without_goals_it_says_that_the_contract_has_none(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "e", {"A": group_of(6, [3, 4, 3], [4, 4, 4])})
    settings = (folder / "evaluation.toml").read_text("utf-8")
    (folder / "evaluation.toml").write_text(
        settings.replace('[[goals]]\nid = "g1"\ntext = "Målet"\nindicator = "own"\n', ""), "utf-8"
    )
    issued = released(folder)
    assert words("sv").text("report.no_goals") in sentences(issued)
    assert words("sv").text("report.no_cause") in texts_of(summary(issued, "sv").blocks)


def test_the_glossary_explains_words_that_the_report_uses_and_no_others(issued: Release, language: str) -> None:
    blocks = report(issued, language)
    title = words(language).text("glossary.title")
    at = next(at for at, block in enumerate(blocks) if isinstance(block, Heading) and block.text == title)
    rest = texts_of((*blocks[:at], *blocks[at + 2 :])).casefold()
    table = blocks[at + 1]
    assert isinstance(table, Table)
    assert len(table.rows) > 8
    assert [row[0] for row in table.rows if row[0].casefold() not in rest] == []
    assert all(all(row) for row in table.rows)


def test_a_report_without_answers_explains_no_words_about_answers(tmp_path: Path) -> None:
    few = released(write_folder(tmp_path / "e", {"A": group_of(3, [3, 4, 3], [4, 4, 4])}))
    [_, table] = glossary(few, "sv").blocks
    assert isinstance(table, Table)
    assert {row[0] for row in table.rows} == {"Handledning", "Kontrollsumma", "Regeln för utlämnande"}


def test_every_picture_leads_to_its_table_among_the_appendices_in_all_formats(issued: Release, language: str) -> None:
    page = Page(report(issued, language), language, date.fromisoformat(issued.document["report_date"]))
    pictures = list(page.figures())
    html = web_page(page)
    links = re.findall(r'<a href="#(figure-\d+)">', html)
    assert len(links) == len(pictures) > 5
    assert [html.count(f'id="{link}"') for link in links] == [1] * len(links)
    assert all(html.index(f'id="{link}"') > html.index(words(language).text("appendix.about")) for link in links)
    document = docx.Document(io.BytesIO(word_file(page)))
    marks = re.findall(r'w:bookmarkStart w:id="(\d+)" w:name="(.*?)"', document.element.xml)
    assert len({number for number, _ in marks}) == len(marks)
    assert set(re.findall(r'w:hyperlink w:anchor="(.*?)"', document.element.xml)) == {name for _, name in marks}
    made = pikepdf.open(io.BytesIO(pdf_file(page)))
    notes = [note for sheet in made.pages for note in sheet.get("/Annots", []) if note.Subtype == "/Link"]
    assert len({str(note.get("/Dest", note.get("/A", {}).get("/D"))) for note in notes}) >= len(pictures)


def document(verdict: str, *, low: str = "0.5", upwards: bool = True, **goal: Any) -> tuple[Any, Any]:
    """A goal on one scale, and a document in which that scale has one released change of six people."""
    change = {"scale": "own", "group": "", "verdict": verdict, "uncertainty": "0.2", "n": 6,
              "shown": {"kind": "value", "low": low, "high": low}}  # fmt: skip
    entry = {"indicator": "own", "text": "Målet", **goal}
    return entry, {"scales": [{"scale": "own", "higher_is_better": upwards}], "changes": [change], "absences": [],
                   "shares": [], "share_absences": [], "contract": {"goals": [entry]}}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "upwards", "goal", "expected"),
    [
        (("increase", "1.5"), True, {}, "better"),
        (("increase", "1.5"), False, {}, "worse"),  # of exhaustion more is worse
        (("decrease", "-1.5"), False, {}, "better"),
        (("suggests_decrease", "-0.5"), True, {}, "suggests_worse"),
        (("suggests_decrease", "-0.5"), False, {}, "suggests_better"),
        (("cannot_tell", "0.1"), True, {}, "cannot_tell"),
        (("increase", "1.5"), True, {"expected": 0.5}, "reached"),
        (("increase", "0.6"), True, {"expected": 0.5}, "better"),  # it rose; whether by enough is not sure
        (("suggests_increase", "0.3"), True, {"expected": 0.5}, "cannot_tell"),
        (("cannot_tell", "0.1"), True, {"expected": 2.0}, "not_reached"),
        (("decrease", "-1.5"), True, {"expected": 0.5}, "worse"),
        (("decrease", "-1.5"), False, {"expected": -0.5}, "reached"),
        (("increase", "1.5"), False, {"expected": -0.5}, "worse"),
    ],
)
def test_a_goals_verdict_follows_from_the_released_change(
    said: tuple[str, str], upwards: bool, goal: dict[str, Any], expected: str
) -> None:
    entry, released_document = document(said[0], low=said[1], upwards=upwards, **goal)
    assert goal_verdict(entry, released_document) == expected


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        ({}, "not_measured"), ({"rated": True}, "rated"), ({"rated": False}, "rated_by_few"),
        ({"indicator": "own", "group": "Norr"}, "not_shown"),  # the scale goes out for all together
        ({"indicator": "idea_tried"}, "not_measured"),
    ],
)  # fmt: skip
def test_a_goal_without_a_figure_says_why(goal: dict[str, Any], expected: str) -> None:
    _, released_document = document("increase")
    assert goal_verdict(goal, released_document) == expected


def test_a_goal_that_went_differently_in_two_groups_is_told_group_by_group() -> None:
    entry, released_document = document("increase", low="1.5")
    [change] = released_document["changes"]
    released_document["changes"] = [
        change | {"group": "Norr"}, change | {"group": "Söder", "verdict": "decrease"}, change | {"group": "Väst"},
    ]  # fmt: skip
    assert goal_verdict(entry, released_document) == "differs"
    assert verdict_text(entry, released_document, words("sv")) == "Norr och Väst: Åt rätt håll. Söder: Åt fel håll."
