"""The picture of the sample report's first page that README shows; run it after `tasks.py report`.

python data/sample/make_first_page.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import typst

REPORTS = Path(__file__).resolve().parents[2] / "reports" / "hemtjanst-lindmarka"
DOTS_PER_INCH = 150
PAGE = """#set page(width: auto, height: auto, margin: 0.5pt, fill: rgb("#c3ccd3"))
#box(fill: white, image("report.pdf", page: 1, width: 18cm))
"""


def first_page(report: bytes) -> bytes:
    """The first page of a PDF as PNG, with a thin edge; the same bytes every time."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "report.pdf").write_bytes(report)
        (Path(folder) / "page.typ").write_text(PAGE, "utf-8")
        made: bytes = typst.compile(str(Path(folder) / "page.typ"), format="png", ppi=DOTS_PER_INCH)
    return made


if __name__ == "__main__":
    for language in ("sv", "en"):
        made = first_page((REPORTS / f"commissioner.{language}.pdf").read_bytes())
        (REPORTS / f"first-page.{language}.png").write_bytes(made)
