"""A page as one self-contained HTML file: no script, no request, readable by a screen reader and on paper."""

from __future__ import annotations

from importlib.resources import files

from evaltools.blocks import render
from evaltools.page import Page
from evaltools.wording import words


def web_page(page: Page) -> str:
    """The page as HTML; equal pages give equal text."""
    style = (files("evaltools") / "templates" / "report.css").read_text("utf-8")
    return render("report.html", blocks=page.blocks, words=words(page.language), title=page.title, banner=page.banner,
                  style=style)  # fmt: skip
