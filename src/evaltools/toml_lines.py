"""Lines of TOML for a person to read: texts in quotation marks, comments, lines switched off."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable

_WIDTH = 120


def quoted(text: str) -> str:
    r"""A text as a TOML string.

    >>> quoted('Sade "ja"\x7f')
    '"Sade \\"ja\\"\\u007f"'
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def comment(text: str, indent: str = "") -> list[str]:
    """A text as lines of comment."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return textwrap.wrap(plain, _WIDTH, initial_indent=f"# {indent}", subsequent_indent=f"# {indent}",
                         break_long_words=False, break_on_hyphens=False)  # fmt: skip


def switched_off(lines: Iterable[str]) -> list[str]:
    """Lines of TOML switched off."""
    return [line if line.startswith("#") else f"# {line}" for line in lines]
