"""Pictures as files of their own: for formats that cannot hold SVG, and for slides."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typst

_DOTS_PER_INCH = 220
_PAGE = b"""#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg")
"""


@lru_cache
def fonts() -> typst.Fonts:
    """The fonts that come with matplotlib: the same letters on every machine. They are read once."""
    import typst

    found = find_spec("matplotlib")  # where it lies; a report whose pictures are drawn already need not wait for it
    assert found and found.origin
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    return typst.Fonts(include_system_fonts=False, font_paths=[str(folder)])


@lru_cache(maxsize=64)  # a report in Word and the pictures for slides show the same
def picture_png(svg: str) -> bytes:
    """A picture as PNG, drawn with the letters that it was made with; equal pictures give equal bytes."""
    import typst

    return typst.compile(_PAGE, font_paths=fonts(), ignore_system_fonts=True, format="png", ppi=_DOTS_PER_INCH,
                         sys_inputs={"svg": svg})  # fmt: skip


def picture_svg(svg: str) -> bytes:
    """A picture as a file of its own, for slides; it keeps its text alternative."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{svg}\n'.encode()
