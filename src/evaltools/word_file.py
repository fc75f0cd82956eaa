"""A page as a Word document (DOCX) to be edited: real headings, tables with header rows, described pictures."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from evaltools.archives import without_times
from evaltools.blocks import Callout, Figure, Heading, KeyFigures, Table, Text
from evaltools.brand import Brand
from evaltools.errors import ReportError, message
from evaltools.page import Page, column_widths
from evaltools.pictures import picture_png
from evaltools.wording import words

if TYPE_CHECKING:
    from docx.document import Document

_INK, _NOTE = "1B2A33", "4F5C66"
_LOGO_HEIGHT = 1.5  # centimetres
_FONT = "Segoe UI"
_TEXT_WIDTH = 16.4  # centimetres between the margins
_LETTERS = 80  # of a table in a line, of the widest letters that may stand in for the font where it is not there
_LARGEST_NUMBER = 0x7FFFFFFF  # that a bookmark may have


def word_file(page: Page) -> bytes:
    """The page as a DOCX file; equal pages give equal bytes.

    Parameters
    ----------
    page : Page
        Headings become Word's heading styles, captions its caption style, header rows repeat on every page, and each
        picture has its alternative text.

    Raises
    ------
    ReportError
        If the packages that write documents are not installed (the extra ``documents``).
    """
    try:
        import docx
    except ImportError:
        raise ReportError(message("documents_not_installed", page.language)) from None
    document = docx.Document()
    _set_up(document, page)
    if page.banner:
        _paragraph(document, page.banner, bold=True)
    _logo(document, page.brand)
    contents_after, on_a_new_page = 0, _on_a_new_page(page)
    for block in page.blocks:
        _WRITERS[block.kind](document, block, page.brand)
        if block in on_a_new_page:
            document.paragraphs[-1].paragraph_format.page_break_before = True
        if isinstance(block, Heading) and block.level == 1:
            contents_after = len(document.element.body) - 1
    _contents(document, page, contents_after)
    written = io.BytesIO()
    document.save(written)
    return without_times(written.getvalue())


def _on_a_new_page(page: Page) -> list[Heading]:
    """The section that stands on a page alone, since here the contents come before it, and the one that follows it."""
    headings = [block for block in page.blocks if isinstance(block, Heading) and block.level == 2]
    return [own for alone, after in pairwise(headings) if after.off_first_page for own in (alone, after)]


def _set_up(document: Document, page: Page) -> None:
    """Paper, margins, fonts, language, title, and page numbers."""
    from docx.shared import Cm

    own = words(page.language)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21.0 - _TEXT_WIDTH) / 2)
    section.top_margin, section.bottom_margin = Cm(2.4), Cm(2.2)
    _styles(document, own.text("language.tag"), page.brand)
    about = document.core_properties
    about.title, about.language = page.title, own.text("language.tag")
    about.author = about.last_modified_by = about.comments = about.keywords = about.subject = ""
    about.created = about.modified = datetime(page.day.year, page.day.month, page.day.day)
    about.revision = 1
    _paragraph(section.header, page.title, style="Header")
    _remove(section.header.paragraphs[0])
    foot = section.footer.paragraphs[0]
    before, _, rest = own.text("report.page_of", page="\0", pages="\1").partition("\0")
    between, _, after = rest.partition("\1")
    for part, field in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
        foot.add_run(part)
        if field:
            _field(foot, field)


def _styles(document: Document, tag: str, brand: Brand) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    sizes = {"Normal": 10.5, "Heading 1": 22, "Heading 2": 15, "Heading 3": 12, "Caption": 10, "Header": 9, "Footer": 9,
             "Subtitle": 13}  # fmt: skip
    for name, size in sizes.items():
        style = document.styles[name]
        style.font.name, style.font.size = _FONT, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(kind), None)
        for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(kind), _FONT)
        if name.startswith(("Heading", "Caption", "Subtitle")):
            style.font.color.rgb = RGBColor.from_string(_INK if name == "Caption" else _code(brand.main))
            style.font.italic = False
    document.styles["Subtitle"].font.color.rgb = RGBColor.from_string(_NOTE)
    defaults = document.styles.element.find(qn("w:docDefaults"))
    for language in defaults.iter(qn("w:lang")):
        language.set(qn("w:val"), tag)
        language.set(qn("w:eastAsia"), tag)


def _code(colour: str) -> str:
    """A colour as Word writes it."""
    return colour.removeprefix("#").upper()


def _logo(document: Document, brand: Brand) -> None:
    from docx.shared import Cm

    if brand.logo:
        picture = document.add_picture(io.BytesIO(brand.logo), height=Cm(_LOGO_HEIGHT))
        picture.width = min(picture.width, Cm(_TEXT_WIDTH))
        picture._inline.docPr.set("descr", brand.logo_text)
        picture._inline.docPr.set("name", "logo")


def _heading(document: Document, block: Heading, brand: Brand) -> None:
    _paragraph(document, block.text, style=f"Heading {block.level}")
    if block.lead:
        _paragraph(document, block.lead, style="Subtitle")


def _text(document: Document, block: Text, brand: Brand) -> None:
    for paragraph in block.paragraphs:
        _paragraph(document, paragraph)


def _callout(document: Document, block: Callout, brand: Brand) -> None:
    """A paragraph with a bar at its left, its title in bold."""
    made = _paragraph(document, f"{block.title} ", bold=True)
    made.add_run(block.text)
    properties = made._p.get_or_add_pPr()
    border = _element("w:pBdr")
    border.append(_element("w:left", val="single", sz="24", space="8", color=_code(brand.second)))
    properties.append(border)
    properties.append(_element("w:shd", val="clear", color="auto", fill="FDF3E4"))


def _key_figures(document: Document, block: KeyFigures, brand: Brand) -> None:
    from docx.shared import Pt, RGBColor

    for value, meaning in block.figures:
        made = _paragraph(document, value, bold=True)
        made.runs[0].font.size, made.runs[0].font.color.rgb = Pt(16), RGBColor.from_string(_code(brand.main))
        made.add_run(f"  {meaning}")


def _table(document: Document, block: Table, brand: Brand) -> None:
    """The caption, the table with its header row repeated on every page, and its note."""
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    caption = _paragraph(document, block.caption, style="Caption")
    caption.paragraph_format.keep_with_next = True
    if block.mark:
        _bookmark(caption._p, block.mark)
    table = document.add_table(rows=0, cols=len(block.columns))
    table.autofit = False
    _thin_lines(table)
    widths = column_widths(block, _LETTERS)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(_TEXT_WIDTH * width / sum(widths))
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    for mark, on in {"firstRow": "1", "firstColumn": "1", "lastRow": "0", "lastColumn": "0", "noVBand": "1"}.items():
        look.set(qn(f"w:{mark}"), on)
    head, line = _line(table, widths, bold=True), _line(table, widths, bold=False)
    head.get_or_add_trPr().append(_element("w:tblHeader"))
    _fill(head, block.columns)
    for row in block.rows:  # copies of one: to make each anew takes ten times as long
        table._tbl.append(made := deepcopy(line))
        _fill(made, row)
    table._tbl.remove(line)
    table._tbl.tblPr.append(_element("w:tblCaption", val=block.caption))
    _paragraph(document, block.note).paragraph_format.space_before = Pt(4)


def _line(table: Any, widths: Sequence[float], *, bold: bool) -> Any:
    """A row of a table that stays on one page, its cells still blank."""
    from docx.shared import Cm, Pt

    made = table.add_row()
    made._tr.get_or_add_trPr().append(_element("w:cantSplit"))
    for cell, width in zip(made.cells, widths, strict=True):
        cell.width = Cm(_TEXT_WIDTH * width / sum(widths))
        run = cell.paragraphs[0].add_run()
        run.bold, run.font.size = bold, Pt(9)
        cell.paragraphs[0].paragraph_format.space_after = Pt(2)
    return made._tr


def _fill(line: Any, texts: Sequence[str]) -> None:
    from docx.oxml.ns import qn

    for run, text in zip(line.iter(qn("w:r")), texts, strict=True):
        run.text = text


def _thin_lines(table: Any) -> None:
    """A line below every row and nothing else."""
    borders = _element("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(_element(f"w:{side}", val="single", sz="4", space="0", color="C3CCD3"))
    table._tbl.tblPr.append(borders)


def _figure(document: Document, block: Figure, brand: Brand) -> None:
    from docx.shared import Cm

    picture = document.add_picture(io.BytesIO(picture_png(block.svg)), width=Cm(_TEXT_WIDTH))
    about = picture._inline.docPr
    about.set("descr", block.alternative)
    about.set("name", block.caption)
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    _paragraph(document, block.caption, style="Caption").runs[0].bold = False
    if block.apart:
        _link(_paragraph(document, ""), block.apart, block.table.mark)
    else:
        _table(document, block.table, brand)


_WRITERS: dict[str, Callable[[Any, Any, Brand], None]] = {
    "heading": _heading, "text": _text, "callout": _callout, "key_figures": _key_figures, "table": _table,
    "figure": _figure,
}  # fmt: skip


def _contents(document: Document, page: Page, after: int) -> None:
    """A list of the sections with links to them, filled in, so that Word has nothing to ask when the file is opened."""
    from docx.oxml.ns import qn

    body = document.element.body
    headings = [made for made in body.iterchildren(qn("w:p")) if made.style == "Heading2"]
    title = _paragraph(document, words(page.language).text("report.contents"), bold=True)
    body.remove(title._p)
    body.insert(after, title._p)
    for number, heading in enumerate(headings, start=1):
        _bookmark(heading, f"section{number}")
        made = document.add_paragraph()
        _link(made, heading.text, f"section{number}")
        made.paragraph_format.space_after = 0
        body.remove(made._p)
        body.insert(after + number, made._p)


def _bookmark(paragraph: Any, name: str) -> None:
    """A place that links can lead to; its number follows from its name, so that no two are the same."""
    number = str(zlib.crc32(name.encode()) & _LARGEST_NUMBER)
    paragraph.insert(1, _element("w:bookmarkStart", id=number, name=name))
    paragraph.append(_element("w:bookmarkEnd", id=number))


def _link(paragraph: Any, text: str, name: str) -> None:
    """Words that lead to a bookmark."""
    link = _element("w:hyperlink", anchor=name, history="1")
    link.append(paragraph.add_run(text)._r)
    paragraph._p.append(link)


def _paragraph(place: Any, text: str, style: str = "", *, bold: bool = False) -> Any:
    made = place.add_paragraph()
    if style:  # by its id, as in the library's template: to find it by its name takes longer than all the rest
        made._p.style = style.replace(" ", "")
    run = made.add_run(text)
    if bold:
        run.bold = True
    return made


def _remove(paragraph: Any) -> None:
    paragraph._p.getparent().remove(paragraph._p)


def _field(paragraph: Any, name: str) -> None:
    """A number that Word fills in: of this page, or of all pages."""
    for kind, text in (("begin", ""), ("", name), ("separate", ""), ("shown", "1"), ("end", "")):
        run = paragraph.add_run()
        if kind == "shown":
            run.text = text
        elif text:
            instruction = _element("w:instrText")
            instruction.text = text
            run._r.append(instruction)
        else:
            run._r.append(_element("w:fldChar", fldCharType=kind))


def _element(kind: str, /, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(kind)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made
