"""Every page in a real browser: no accessibility rule broken, no scrolling sideways on a telephone, colours apart."""

from __future__ import annotations

import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from browser import axe, browser, violations, widths
from conftest import ROOT
from openpyxl import load_workbook

from evaltools.colours import PICTURE_CONTRAST, TEXT_CONTRAST, contrast
from evaltools.person import person_page
from evaltools.reports import write_reports

SAMPLES = {"hemtjanst": ("sv", "en"), "socialtjanst": ("sv",)}  # the second is long
REPORTS = ("commissioner", "participants", "confidential/supervisor")
PAGES = [f"{sample}/{report}{f'.{language}' if len(languages) > 1 else ''}.html"
         for sample, languages in SAMPLES.items() for report in REPORTS for language in languages]  # fmt: skip
TELEPHONE = 320
BROKEN = '<!DOCTYPE html><html><body><img src="x.png"><div style="width:900px">wide</div></body></html>'


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every page of the samples, by name."""
    place = tmp_path_factory.mktemp("browser")
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALTOOLS_KEY_FILE", str(place / "a.key"))
        for sample, languages in SAMPLES.items():
            folder = place / sample
            shutil.copytree(ROOT / "data" / "sample" / sample, folder, ignore=shutil.ignore_patterns("ledger.jsonl"))
            for path in write_reports(folder, languages, place / "out", formats=("html",)):
                if path.suffix == ".html":
                    at = path.relative_to(place / "out").as_posix().partition("/")[2]
                    made[f"{sample}/{at}"] = path.read_text("utf-8")
    assert sorted(made) == sorted(PAGES)
    return made


@pytest.mark.parametrize("page", PAGES)
def test_axe_holds_nothing_against_a_page(page: str, pages: dict[str, str], tmp_path: Path) -> None:
    axe()
    browser()
    assert violations(pages[page], tmp_path) == []


def test_axe_sees_what_is_wrong(tmp_path: Path) -> None:
    assert {"image-alt", "html-has-lang", "document-title"} <= {rule for rule, _ in violations(BROKEN, tmp_path)}


def test_no_page_is_wider_than_a_telephone(pages: dict[str, str], tmp_path: Path) -> None:
    found = widths(pages | {"broken": BROKEN}, TELEPHONE, tmp_path)
    assert found.pop("broken") > 2 * TELEPHONE
    assert {page: width for page, width in found.items() if width > TELEPHONE} == {}
    assert sorted(found) == sorted(PAGES)


def test_contrast_is_as_others_count_it() -> None:
    # WebAIM's contrast checker: #767676 is the lightest grey that passes on white; #0000ff and #ff0000 on white
    for colour, ratio in (("#767676", 4.54), ("#0000ff", 8.59), ("#ff0000", 4.0), ("#ffffff", 1.0)):
        assert contrast(colour, "#ffffff") == pytest.approx(ratio, abs=0.005)


def test_letters_in_pictures_can_be_read_and_marks_told_from_the_paper(pages: dict[str, str]) -> None:
    pictures = [svg for page in pages.values() for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]
    letters = {colour for svg in pictures for text in re.findall(r"<text[^>]*>", svg)
               for colour in re.findall(r"fill: (#\w{6})", text)}  # fmt: skip
    marks = {colour for svg in pictures for colour in re.findall(r"(?:stroke|fill): (#\w{6})", svg)}
    assert letters
    assert all(contrast(colour, "#ffffff") >= TEXT_CONTRAST for colour in letters)
    lines = marks - {"#ffffff"}
    assert lines > letters
    assert [colour for colour in lines if contrast(colour, "#ffffff") < PICTURE_CONTRAST] == []


def test_letters_on_the_page_can_be_read() -> None:
    style = (files("evaltools") / "templates" / "report.css").read_text("utf-8")
    colours = dict(re.findall(r"--(\w+): (#\w{6})", style))
    papers = {"ink": ("#ffffff", "soft", "warm"), "accent": ("#ffffff", "soft"), "note": ("#ffffff",)}
    for letters, behind in papers.items():
        for paper in behind:
            assert contrast(colours[letters], colours.get(paper, paper)) >= TEXT_CONTRAST, (letters, paper)
    assert contrast("#7a1f1f", "#ffffff") >= TEXT_CONTRAST
    assert "background: #7a1f1f; color: #fff" in style


def test_a_persons_own_page_is_accessible_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    axe()
    monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path / "a.key"))
    folder = tmp_path / "sample"
    shutil.copytree(ROOT / "data" / "sample" / "hemtjanst", folder, ignore=shutil.ignore_patterns("ledger.jsonl"))
    code = str(load_workbook(folder / "handledningslogg.xlsx")["Personer"]["A2"].value)
    page = person_page(folder, code, "sv")
    assert violations(page, tmp_path) == []
