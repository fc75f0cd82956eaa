"""Pictures as files of their own: for formats that cannot hold SVG, and for slides."""

from __future__ import annotations

import tempfile
from pathlib import Path

_PAGE = """#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg")
"""


def fonts() -> Path:
    """The fonts that come with matplotlib: the same letters on every machine."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def picture_png(svg: str, dots_per_inch: float) -> bytes:
    """A picture as PNG, drawn with the letters that it was made with; equal pictures give equal bytes."""
    import typst

    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "picture.typ"
        page.write_text(_PAGE, "utf-8")
        made: bytes = typst.compile(str(page), font_paths=[str(fonts())], ignore_system_fonts=True, format="png",
                                    ppi=dots_per_inch, sys_inputs={"svg": svg})  # fmt: skip
    return made


def picture_svg(svg: str) -> bytes:
    """A picture as a file of its own, for slides; it keeps its text alternative."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{svg}\n'.encode()
