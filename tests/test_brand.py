"""A logo and two colours of one's own: the same in all formats, and readable, or refused with the reason."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

import docx
import page as validator
import pikepdf
import pytest
from conftest import ROOT
from folders import small
from PIL import Image, PngImagePlugin
from test_formats import made_page

from evaltools.brand import PLAIN, Brand, read_brand
from evaltools.cli import main
from evaltools.errors import FolderError
from evaltools.page import Page
from evaltools.pdf import pdf_file
from evaltools.plots import ACCENT
from evaltools.reports import write_reports
from evaltools.web_page import web_page
from evaltools.word_file import word_file

GOOD = 'logo = "vapen.png"\nlogo_text = "Lindmarka kommun"\nmain_colour = "#7A1F5C"\nsecond_colour = "#00664f"\n'


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 30)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, (122, 31, 92)).save(made, kind)
    return made.getvalue()


def branded(folder: Path, text: str = GOOD, logo: bytes | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "brand.toml").write_text(text, "utf-8")
    (folder / "vapen.png").write_bytes(picture() if logo is None else logo)
    return folder


def refusal(folder: Path, language: str = "sv") -> str:
    with pytest.raises(FolderError) as refused:
        read_brand(folder, language)
    return str(refused.value)


def test_without_a_file_the_look_is_evaltools_own(tmp_path: Path) -> None:
    assert read_brand(tmp_path) == PLAIN
    assert PLAIN.main == ACCENT
    style = (ROOT / "src/evaltools/templates/report.css").read_text("utf-8")
    assert f"--accent: {PLAIN.main}" in style


def test_every_setting_may_be_left_out(tmp_path: Path) -> None:
    assert read_brand(branded(tmp_path, "")) == PLAIN
    assert read_brand(branded(tmp_path, 'main_colour = "#7a1f5c"')) == Brand(main="#7a1f5c")


@pytest.mark.parametrize(("given", "ratio"), [("#8899aa", "2,6"), ("#ffff00", "1,0"), ("#6f7c88", "3,8")])
def test_a_colour_that_cannot_be_read_is_refused_with_its_contrast(tmp_path: Path, given: str, ratio: str) -> None:
    told = refusal(branded(tmp_path, f'main_colour = "{given}"'))
    assert "EV-473" in told
    assert f"är {ratio} till 1, men måste vara minst 4,5 till 1" in told


def test_the_second_colour_may_be_lighter_since_nothing_is_written_in_it(tmp_path: Path) -> None:
    assert read_brand(branded(tmp_path, 'second_colour = "#6f7c88"')).second == "#6f7c88"
    assert "must be at least 3.0 to 1" in refusal(branded(tmp_path, 'second_colour = "#99aabb"'), "en")


@pytest.mark.parametrize(("text", "logo", "told"), [
    ('main_colour = "blue"', None, "EV-472"), ("main_colour = 7", None, "EV-472"), ('color = "#000000"', None, "color"),
    ('logo = "none.png"\nlogo_text = "x"', None, "EV-474"), (GOOD, b"<svg/>", "EV-474"), (GOOD, b"", "EV-474"),
    (GOOD, picture()[:-30], "EV-474"), (GOOD, picture(size=(4001, 2)), "EV-474"), (GOOD, picture("GIF"), "EV-474"),
    (GOOD, b"\0" * 500_001, "EV-474"), ('logo = "../vapen.png"\nlogo_text = "x"', None, "mapp"),
    ('logo = 7\nlogo_text = "x"', None, "mapp"), ('logo = "vapen.png"', None, "EV-475"),
    ('logo = "vapen.png"\nlogo_text = " "', None, "EV-475"), ("main_colour = ", None, "EV-004"),
    ("#" * 30_000, None, "EV-471"), ("main_colour = 1\n?", None, "rad 2"),
])  # fmt: skip
def test_what_cannot_be_used_is_told_and_nothing_breaks(
    tmp_path: Path, text: str, logo: bytes | None, told: str
) -> None:
    assert told in refusal(branded(tmp_path, text, logo))


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    told = refusal(branded(tmp_path, 'main_colour = "x"\nsecond_colour = "#ffffff"\nlogo = "vapen.png"\nodd = 1'))
    assert all(each in told for each in ("EV-472", "EV-473", "EV-475", "odd"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_nothing_that_the_logos_file_tells_beside_the_picture_goes_out(tmp_path: Path, kind: str) -> None:
    told, words, made = Image.Exif(), PngImagePlugin.PngInfo(), io.BytesIO()
    told[0x013B], told[0x0132], told[0x0112] = "KANARIE Artist", "2026:01:31 12:00:00", 6  # by whom, when, lying down
    words.add_text("Author", "KANARIE text")
    drawn = Image.new("RGB", (60, 30), (122, 31, 92))
    drawn.save(made, kind, exif=told, pnginfo=words, comment=b"KANARIE comment", icc_profile=b"KANARIE profile")
    assert made.getvalue().count(b"KANARIE") >= 2  # a profile may be packed
    brand = read_brand(branded(tmp_path, logo=made.getvalue()))
    page = Page(made_page().blocks, "sv", date(2026, 10, 14), brand=brand)
    with zipfile.ZipFile(io.BytesIO(word_file(page))) as packed:
        parts = [packed.read(name) for name in packed.namelist()]
    assert not [part for part in (brand.logo, pdf_file(page), *parts) if b"KANARIE" in part or b"2026:01:31" in part]
    with Image.open(io.BytesIO(brand.logo)) as seen:
        assert (seen.format, seen.size) == (kind, (30, 60))  # as it was meant to stand
        assert max(abs(a - b) for a, b in zip(seen.getpixel((9, 9)), (122, 31, 92), strict=True)) <= 2


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_logo_and_colours_are_in_every_format(tmp_path: Path, kind: str) -> None:
    brand = read_brand(branded(tmp_path, logo=picture(kind)))
    plain = made_page()
    page = Page(plain.blocks, "sv", date(2026, 10, 14), "Konfidentiellt", brand)
    html = web_page(page)
    assert 'alt="Lindmarka kommun"' in html
    assert "--accent: #7a1f5c; --second: #00664f" in html
    assert ACCENT not in html[html.index("<main") :]
    document = docx.Document(io.BytesIO(word_file(page)))
    descriptions = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert descriptions == ["Lindmarka kommun", *(figure.alternative for figure in page.figures())]
    assert str(document.styles["Heading 1"].font.color.rgb) == "7A1F5C"
    assert 'w:color="00664F"' in document.element.xml
    told = validator.validate_pdf_bytes(pdf_file(page), profile="ua1")
    assert [str(failure) for failure in told.failures] == []
    with pikepdf.open(io.BytesIO(pdf_file(page))) as pdf:
        described = [str(it["/Alt"]) for it in pdf.objects if isinstance(it, pikepdf.Dictionary) and "/Alt" in it]
    assert sorted(described) == sorted(descriptions)
    assert (pdf_file(page), word_file(page), html) == (pdf_file(page), word_file(page), web_page(page))


def test_check_and_report_tell_of_a_brand_that_cannot_be_used_before_anything_is_let_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = small(tmp_path / "a")
    branded(folder, 'main_colour = "#ffff00"')
    assert main(["check", str(folder)]) == 1
    assert "EV-473" in capsys.readouterr().err
    with pytest.raises(FolderError, match="EV-473"):
        write_reports(folder, (), tmp_path / "out")
    assert not (folder / "ledger.jsonl").exists()
    assert not (tmp_path / "out").exists()
