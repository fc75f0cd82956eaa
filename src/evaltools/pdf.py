"""A page as a tagged PDF that a screen reader can read (PDF/UA-1) and an archive can keep (PDF/A-3a).

Typst sets the page from a fixed template; what is said comes in as data. The cells that head a row are marked as such
afterwards, since Typst cannot say it.
"""

from __future__ import annotations

import io
import json
from importlib.resources import as_file, files
from typing import Any

from evaltools.blocks import Block, Figure, Table, to_data
from evaltools.errors import ReportError, message
from evaltools.page import Page, column_widths, table_csv
from evaltools.pictures import fonts
from evaltools.wording import words

_LETTERS = 91  # of a table in a line, at full size
_SMALLEST = 0.7  # of full size


def pdf_file(page: Page) -> bytes:
    """The page as a PDF file; equal pages give equal bytes.

    Parameters
    ----------
    page : Page
        Each of its pictures is kept with its alternative text, and its data lie in the file as CSV.

    Raises
    ------
    ReportError
        If the package that sets PDF files is not installed (the extra ``documents``).
    """
    try:
        import typst
    except ImportError:
        raise ReportError(message("documents_not_installed", page.language)) from None
    with as_file(files("evaltools") / "templates" / "report.typ") as template:
        made = typst.compile(
            str(template), font_paths=fonts(), ignore_system_fonts=True, timestamp=0,
            sys_inputs={"report": json.dumps(_report(page), ensure_ascii=False)}, pdf_standards=["ua-1", "a-3a"],
        )  # fmt: skip
    return _with_row_headers(made)


def _report(page: Page) -> dict[str, Any]:
    own = words(page.language)
    lang, _, region = own.text("language.tag").partition("-")
    return {
        "main": page.brand.main, "second": page.brand.second,
        "logo": list(page.brand.logo), "logo_text": page.brand.logo_text,
        "title": page.title, "lang": lang, "region": region, "banner": page.banner, "running": page.title,
        "day": [page.day.year, page.day.month, page.day.day],
        "page": own.text("report.page_of", page="{page}", pages="{pages}"),
        "blocks": [_drawn(block) for block in page.blocks],
        "attached": [{"name": f"figure-{at}.csv", "data": table_csv(figure.table).decode("utf-8"),
                      "about": figure.caption} for at, figure in enumerate(page.figures(), start=1)],
    }  # fmt: skip


def _drawn(block: Block) -> dict[str, Any]:
    """A block as data, its tables with the share of the width that every column gets and the size of their letters."""
    data = to_data((block,))[0]
    if isinstance(block, Figure):
        data["table"] |= _set_out(block.table)
    if isinstance(block, Table):
        data |= _set_out(block)
    return data


def _set_out(table: Table) -> dict[str, Any]:
    """The widths of a table's columns, and smaller letters where its words would not fit side by side."""
    widths = column_widths(table, _LETTERS)
    return {"widths": widths, "size": max(min(_LETTERS / sum(widths), 1.0), _SMALLEST)}


def _with_row_headers(made: bytes) -> bytes:
    """The first cell of every row of a table's body as the header of its row."""
    import pikepdf

    with pikepdf.open(io.BytesIO(made)) as document:
        for element in _elements(document.Root.StructTreeRoot):
            if element.get("/S") == "/TR" and element.get("/P", {}).get("/S") == "/TBody":
                first = element.K[0] if isinstance(element.K, pikepdf.Array) else element.K
                first.S = pikepdf.Name.TH
                first.A = pikepdf.Dictionary(O=pikepdf.Name.Table, Scope=pikepdf.Name.Row)
        saved = io.BytesIO()
        document.save(saved, deterministic_id=True, fix_metadata_version=False)
    return saved.getvalue()


def _elements(top: Any) -> Any:
    """Every element of the document's structure, from the top."""
    import pikepdf

    waiting = [top]
    while waiting:
        element = waiting.pop()
        if isinstance(element, pikepdf.Dictionary):
            yield element
            below = element.get("/K")
            waiting += list(below) if isinstance(below, pikepdf.Array) else [below]
