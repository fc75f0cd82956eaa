"""A page as one self-contained HTML file: no script, no request, readable by a screen reader and on paper."""

from __future__ import annotations

import base64
from importlib.resources import files

from evaltools.blocks import render
from evaltools.page import Page
from evaltools.wording import words


def web_page(page: Page) -> str:
    """The page as HTML; equal pages give equal text."""
    style = (files("evaltools") / "templates" / "report.css").read_text("utf-8")
    brand = page.brand
    colours = f":root {{ --accent: {brand.main}; --second: {brand.second}; }}"
    logo = f"data:image/{brand.logo_kind};base64,{base64.b64encode(brand.logo).decode()}" if brand.logo else ""
    return render("report.html", blocks=page.blocks, words=words(page.language), title=page.title, banner=page.banner,
                  style=f"{style}{colours}", logo=logo, logo_text=brand.logo_text)  # fmt: skip
