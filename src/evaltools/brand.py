"""The commissioner's or supervisor's own look: ``brand.toml`` in the evaluation folder, a logo and two colours."""

from __future__ import annotations

import io
import re
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaltools.colours import PICTURE_CONTRAST, TEXT_CONTRAST, contrast, is_colour
from evaltools.declared_paths import path_fault
from evaltools.errors import Problems
from evaltools.language import DEFAULT, texts

FILE = "brand.toml"
_SETTINGS = ("logo", "logo_text", "main_colour", "second_colour")
_LARGEST_FILE, _LARGEST_LOGO, _MOST_PIXELS = 20_000, 500_000, 4000  # bytes, bytes, to each side
_QUALITY = 95  # of a JPEG drawn anew: no difference is seen
_KINDS = {"PNG": "png", "JPEG": "jpeg"}
_PAPERS = ("#ffffff", "#eef3f7", "#fdf3e4")  # what letters and bars stand on: the page, key figures, callouts


@dataclass(frozen=True)
class Brand:
    """How a report looks: the colour of headings and pictures, that of bars, and a logo where there is one.

    ``logo`` holds the picture as a file (no bytes where there is no logo), without what such a file may tell beside it:
    who made it, where, when and with what. ``logo_kind`` is ``"png"`` or ``"jpeg"``, and ``logo_text`` says what the
    logo says, for those who do not see it.
    """

    main: str = "#0b5394"
    second: str = "#b45309"
    logo: bytes = b""
    logo_kind: str = ""
    logo_text: str = ""


PLAIN = Brand()


def read_brand(folder: str | Path, language: str = DEFAULT) -> Brand:
    """The brand of an evaluation folder; evaltools' own look where there is no ``brand.toml``.

    Parameters
    ----------
    folder : path
        The evaluation folder. ``brand.toml`` in it may hold ``logo`` (a PNG or JPEG file in the folder) with
        ``logo_text``, ``main_colour`` and ``second_colour`` (such as ``"#0b5394"``).
    language : str
        Language of the messages.

    Raises
    ------
    FolderError
        With everything that is wrong; a colour that cannot be read on the page is refused with its contrast.
    """
    folder, problems = Path(folder), Problems()
    if not (folder / FILE).exists():
        return PLAIN
    raw = _load(folder / FILE, problems)
    for name in sorted(set(raw) - set(_SETTINGS)):
        problems.add("setting_unknown", file=FILE, key=name, allowed=", ".join(_SETTINGS))
    main = _colour(raw, "main_colour", PLAIN.main, TEXT_CONTRAST, language, problems)
    second = _colour(raw, "second_colour", PLAIN.second, PICTURE_CONTRAST, language, problems)
    logo, kind = _logo(folder, raw, problems)
    said = raw.get("logo_text", "")
    if raw.get("logo") and not (isinstance(said, str) and said.strip()):
        problems.add("brand_logo_text_missing", file=FILE, column="logo_text")
    problems.raise_if_any(language, folder)
    return Brand(main, second, logo, kind, str(said).strip())


def _load(path: Path, problems: Problems) -> dict[str, Any]:
    place = ""
    try:
        content = path.read_bytes()
        if len(content) <= _LARGEST_FILE:
            return tomllib.loads(content.decode("utf-8-sig"))
        key = "brand_too_large"
    except OSError:
        key = "file_locked"
    except UnicodeDecodeError:
        key = "settings_not_utf8"
    except (ValueError, RecursionError) as error:
        key, place = "settings_broken", str(error)
    line = re.search(r"line (\d+)", place)
    problems.add(key, file=FILE, row=int(line[1]) if line else None)
    return {}


def _colour(raw: dict[str, Any], name: str, usual: str, least: float, language: str, problems: Problems) -> str:
    """A declared colour in small letters; one that is too near what it stands on is refused."""
    given = raw.get(name, usual)
    if not isinstance(given, str) or not is_colour(given):
        problems.add("brand_colour_unclear", file=FILE, column=name)
        return usual
    ratio = min(contrast(given, paper) for paper in _PAPERS)
    if ratio < least:
        told, wanted = (_tenths(value, language) for value in (ratio, least))
        problems.add("brand_contrast_low", file=FILE, column=name, ratio=told, least=wanted)
    return given.lower()


def _tenths(ratio: float, language: str) -> str:
    """A ratio rounded down, so that one that is too low never looks high enough."""
    return f"{int(ratio * 10) / 10:.1f}".replace(".", texts(language)["language"]["decimal_mark"])


def _logo(folder: Path, raw: dict[str, Any], problems: Problems) -> tuple[bytes, str]:
    """The logo's bytes and kind, if it is a picture that every format can show."""
    name = raw.get("logo", "")
    if not name:
        return b"", ""
    fault = path_fault(folder, name) if isinstance(name, str) else "path_outside"
    if fault:
        problems.add(fault, file=FILE, column="logo", path=name if isinstance(name, str) else "logo")
        return b"", ""
    try:
        content = (folder / name).read_bytes()
    except OSError:
        content = b""
    logo, kind = _redrawn(content)
    if not logo:
        problems.add("brand_logo_unusable", file=FILE, column="logo", largest=_LARGEST_LOGO // 1000)
    return logo, kind


def _redrawn(content: bytes) -> tuple[bytes, str]:
    """The picture alone, drawn anew, and its kind; nothing for what is no whole picture of these kinds, or too large.

    A file from a camera or a drawing program tells more than the picture, and the reports go out.
    """
    from PIL import Image, ImageOps

    if not 0 < len(content) <= _LARGEST_LOGO:
        return b"", ""
    made = io.BytesIO()
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(content), formats=list(_KINDS)) as picture:
            if max(picture.size) > _MOST_PIXELS:
                return b"", ""
            kind, upright = str(picture.format), ImageOps.exif_transpose(picture)
            upright.info = {name: value for name, value in upright.info.items() if name == "transparency"}
            upright.save(made, kind, quality=_QUALITY)
            return made.getvalue(), _KINDS[kind]
    except Exception:  # whatever a broken or made-up picture makes the reader of pictures stumble on
        return b"", ""
