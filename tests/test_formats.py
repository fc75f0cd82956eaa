"""The three formats of a report say the same: the same numbers, tables, header cells and alternative texts."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from datetime import date
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import page as validator
import pikepdf
import pypdf
import pytest
from conftest import ROOT
from evaluations import group_of, write_folder
from PIL import Image

from evaltools.analysis import analyse
from evaltools.blocks import Callout, Figure, Heading, KeyFigures, Section, Table, Text
from evaltools.cli import main
from evaltools.disclosure import release
from evaltools.folder import read_evaluation
from evaltools.ledger import open_ledger
from evaltools.notebook import notebook_path, run_notebook
from evaltools.page import Page, column_widths
from evaltools.pdf import pdf_file
from evaltools.plots import Mark, levels_plot, with_alternative
from evaltools.policy import policies
from evaltools.reports import FORMATS, PICTURES, write_reports
from evaltools.web_page import web_page
from evaltools.word_file import word_file
from evaltools.wording import words

NUMBER = re.compile(r"[−+]?\d+(?:[.,]\d+)?")
SPARKS = "En <b>&amp; tabell</b> #typst $x$ \\n =1+1 med långaordsominteskabrytas"


def made_page() -> Page:
    """A page with every kind of block, and with what a renderer could take for markup."""
    levels = Table(
        "Nivåer", ("Mätning", "Medelvärde", "n"), (("Före", "3,3", "15"), ("Efter", "−0,4", "15")), "Not 77."
    )
    alternative = "Två prickar på en skala från 1 till 5: 3,3 före och 4,1 efter."
    svg = with_alternative(
        levels_plot([Mark("Före", "3,3", 3.3), Mark("Efter", "4,1", 4.1)], (1, 5), ("1", "5"), "a"), alternative
    )
    return Page(
        (
            Heading("Rapport", 1, "Kommunen"), Callout("Observera.", SPARKS), Heading("I korthet"),
            KeyFigures((("57", "träffar"), ("2 av 4", "mål"))), Text((SPARKS, "Förändring +0,41 (16 personer).")),
            Heading("Del", 3), Table("Mål", ("Mål", "Resultat"), ((SPARKS, "Inte mätt"),)),
            Figure(svg, alternative, "Skalan 1 till 5", levels),
        ),
        "sv", date(2026, 10, 14), "Konfidentiellt",
    )  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Page:
    return made_page()


@lru_cache
def commissioners_page(language: str, folder: Path) -> Page:
    """The commissioner's report of a copy of the sample; made once, with the key of the first test that asks."""
    shutil.copytree(ROOT / "data" / "sample" / "hemtjanst", folder, ignore=shutil.ignore_patterns("ledger.jsonl"))
    ledger = open_ledger(folder)
    issued = release(analyse(read_evaluation(folder), ledger), policies()["standard"], ledger)
    blocks = run_notebook(notebook_path("commissioner"), {"language": language, "release": issued})
    return Page(blocks, language, date(2026, 10, 14))


@pytest.fixture(params=["made", "sv", "en"])
def any_page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The made page, and the commissioner's report of the sample in both languages."""
    if request.param == "made":
        return made_page()
    return commissioners_page(request.param, tmp_path_factory.getbasetemp() / f"formats-{request.param}")


def pdf_of(page: Page) -> Any:
    return pikepdf.open(io.BytesIO(pdf_file(page)))


def elements(top: Any) -> list[Any]:
    """The elements of a PDF's structure, in reading order."""
    below = list(top.K) if isinstance(top.get("/K"), pikepdf.Array) else [top.get("/K")]
    return [top, *(one for each in below if isinstance(each, pikepdf.Dictionary) for one in elements(each))]


def docx_of(page: Page) -> Any:
    return docx.Document(io.BytesIO(word_file(page)))


def tables_of(page: Page) -> list[Table]:
    """Every table in the order in which it stands; that of a picture may stand apart from it, as a block of its own."""
    return [block.table if isinstance(block, Figure) else block for block in page.blocks
            if isinstance(block, Table) or (isinstance(block, Figure) and not block.apart)]  # fmt: skip


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def numbers(text: str) -> list[str]:
    return sorted(NUMBER.findall(text))


def said(page: Page) -> str:
    """All that a page says in words, block by block."""
    parts: list[str] = []
    for block in page.blocks:
        if isinstance(block, Heading):
            parts += [block.text, block.lead]
        elif isinstance(block, Text):
            parts += block.paragraphs
        elif isinstance(block, Callout):
            parts += [block.title, block.text]
        elif isinstance(block, KeyFigures):
            parts += [text for figure in block.figures for text in figure]
        elif isinstance(block, Figure):
            parts += [block.caption, block.apart]
    for table in tables_of(page):
        parts += [table.caption, *table.columns, *(cell for row in table.rows for cell in row), table.note]
    return " ".join(parts)


def test_html_holds_every_word_and_number(any_page: Page) -> None:
    html = web_page(any_page)
    body = re.sub(r"<svg.*?</svg>", "", html[html.index("<main") :], flags=re.DOTALL)
    assert numbers(plain(body)) == numbers(said(any_page))
    assert html.count('<th scope="col">') == sum(len(table.columns) for table in tables_of(any_page))
    assert html.count('<th scope="row">') == sum(len(table.rows) for table in tables_of(any_page))


def test_word_holds_the_same_words_numbers_tables_and_alternatives(any_page: Page) -> None:
    document = docx_of(any_page)
    tables = tables_of(any_page)
    assert [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables] == [
        [list(table.columns), *(list(row) for row in table.rows)] for table in tables
    ]
    outside = " ".join(paragraph.text for paragraph in document.paragraphs)
    inside = " ".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    links = " ".join(block.text for block in any_page.blocks if isinstance(block, Heading) and block.level == 2)
    assert numbers(f"{outside} {inside}") == numbers(f"{said(any_page)} {links} {any_page.banner}")
    described = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert described == [figure.alternative for figure in any_page.figures()]
    assert document.core_properties.title == any_page.title


def test_every_header_row_in_word_repeats_and_headings_are_real(page: Page) -> None:
    document = docx_of(page)
    for table in document.tables:
        assert "w:tblHeader" in table.rows[0]._tr.xml
        assert 'w:firstColumn="1"' in table._tbl.tblPr.xml
    styles = [paragraph.style.name for paragraph in document.paragraphs if paragraph.style.name.startswith("Heading")]
    assert styles == ["Heading 1", "Heading 2", "Heading 3"]
    assert 'w:val="sv-SE"' in document.styles.element.xml


def test_the_pdf_holds_the_same_numbers_tables_and_alternatives(any_page: Page) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf_file(any_page)))
    text = " ".join(part.extract_text() for part in reader.pages)
    for number in set(numbers(said(any_page))):
        assert number in text, number
    document = pdf_of(any_page)
    tree = elements(document.Root.StructTreeRoot)
    tables = tables_of(any_page)
    scopes = [str((one.A[0] if isinstance(one.A, pikepdf.Array) else one.A).get("/Scope"))
              for one in tree if one.get("/S") == "/TH"]  # fmt: skip
    assert scopes.count("/Row") == sum(len(table.rows) for table in tables)
    assert scopes.count("/Column") == sum(len(table.columns) for table in tables)
    alternatives = [str(one.Alt) for one in tree if "/Alt" in one]
    assert alternatives == [figure.alternative for figure in any_page.figures()]


def test_every_page_of_the_pdf_has_its_number_and_all_but_the_first_the_title(any_page: Page) -> None:
    own = words(any_page.language)
    pages = [part.extract_text() for part in pypdf.PdfReader(io.BytesIO(pdf_file(any_page))).pages]
    for at, text in enumerate(pages, start=1):
        assert own.text("report.page_of", page=at, pages=len(pages)) in text
        assert at == 1 or text.startswith(any_page.title)


def test_the_pdf_is_right_for_screen_readers_and_archives(any_page: Page) -> None:
    for profile in ("ua1", "3a"):
        told = validator.validate_pdf_bytes(pdf_file(any_page), profile=profile)
        assert told.rules.total > 100
        assert [str(failure) for failure in told.failures] == []


def test_the_data_of_every_figure_lie_in_the_pdf(page: Page) -> None:
    document = pdf_of(page)
    attached = document.attachments
    assert list(attached) == ["figure-1.csv"]
    assert attached["figure-1.csv"].get_file().read_bytes().decode("utf-8-sig").split("\r\n")[:2] == [
        "Mätning;Medelvärde;n", "Före;3,3;15",
    ]  # fmt: skip


def test_what_looks_like_markup_is_text_in_every_format(page: Page) -> None:
    assert SPARKS in plain(web_page(page)).replace("&amp;", "&") or SPARKS in unescape(web_page(page))
    assert any(SPARKS in paragraph.text for paragraph in docx_of(page).paragraphs)
    text = "".join(part.extract_text() for part in pypdf.PdfReader(io.BytesIO(pdf_file(page))).pages)
    assert "#typst $x$" in text.replace("\n", " ")


def test_equal_pages_give_equal_bytes_whenever_they_are_made(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    first = (pdf_file(page), word_file(page))
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    monkeypatch.setattr("time.time", lambda: 4e9)
    assert (pdf_file(page), word_file(page)) == first
    names = zipfile.ZipFile(io.BytesIO(first[1])).infolist()
    assert {entry.date_time[0] for entry in names} == {2026}


def test_in_word_the_page_that_stands_alone_begins_and_ends_with_a_new_page() -> None:
    headings = (
        Heading("Rapport", 1),
        Heading("I korthet"),
        Heading("Så gjordes det", off_first_page=True),
        Heading("Mål"),
    )
    document = docx_of(Page(headings, "sv", date(2026, 1, 1)))
    own = {
        made.text: made.paragraph_format.page_break_before
        for made in document.paragraphs
        if made.style.name == "Heading 2"
    }
    assert own == {"I korthet": True, "Så gjordes det": True, "Mål": None}


def test_libreoffice_opens_the_word_file(page: Page, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if not office:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "report.docx").write_bytes(word_file(page))
    home = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run([office, home, "--headless", "--convert-to", "txt:Text", "--outdir", str(tmp_path),
                    str(tmp_path / "report.docx")], check=True, capture_output=True, timeout=120)  # fmt: skip
    text = (tmp_path / "report.txt").read_text("utf-8-sig")
    assert "Förändring +0,41 (16 personer)." in text
    assert SPARKS in text


def test_a_section_shows_itself_in_jupyter(page: Page) -> None:
    shown = Section(page.blocks)._repr_mimebundle_()
    assert "<table>" in shown["text/html"]


def test_every_format_can_be_asked_for_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["report", "folder", "--format", "none"])
    assert f"choose from {', '.join([*FORMATS, *PICTURES])}," in capsys.readouterr().err


def test_the_pictures_can_be_had_as_files_for_slides(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "e", {"g": group_of(6, [3, 4, 3], [4, 4, 4])})
    paths = write_reports(folder, (), tmp_path / "out", formats=("svg", "png"))
    drawn = {path.name: path for path in paths if path.parent.name == "figures"}
    assert sorted(drawn) == [f"commissioner-{number}.{form}" for number in (1, 2, 3, 4) for form in ("png", "svg")]
    for number in (1, 2):
        top = ElementTree.fromstring(drawn[f"commissioner-{number}.svg"].read_bytes())
        assert len(top.attrib["aria-label"]) > 20
        with Image.open(drawn[f"commissioner-{number}.png"]) as picture:
            width, height = map(float, top.attrib["viewBox"].split()[2:])
            assert picture.width / picture.height == pytest.approx(width / height, rel=0.01)
            assert picture.width > 1200
            assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 10  # not blank
    assert not any(path.suffix in (".html", ".pdf", ".docx") for path in paths if path.parent.name != "confidential")


def test_a_column_of_short_texts_stands_on_one_line_beside_one_of_long_texts() -> None:
    table = Table("", ("Fact", "What"), (("Date of the report", "word " * 60),))
    short, long = column_widths(table, 91)
    assert short == len("Date of the report") + 2
    assert short + long == pytest.approx(91)


def test_figures_with_a_blank_that_does_not_break_stay_on_one_line() -> None:
    table = Table("", ("Change", "Said"), (("+0.50\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}+1.50", "word " * 60),))
    assert column_widths(table, 40)[0] == len("+0.50 to +1.50") + 2
