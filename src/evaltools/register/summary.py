"""What has been found fit to be told of a register, as the bytes of one file. The page is made of it alone.

It holds figures of all groups together, or of classes of many, and no row of a group; `pooled.summarise` makes it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaltools.closed_vocabulary import outside_vocabulary
from evaltools.errors import DisclosureError, message
from evaltools.language import DEFAULT
from evaltools.sealed import canonical_bytes, checksum

SUMMARY_FILE = "register.json"
VOCABULARY = "register/summary.schema.json"
_DIGITS = 4


@dataclass(frozen=True)
class Summary:
    """Pooled figures of a register, as the nested tables of ``register.json``; see `pooled.summarise`.

    Raises
    ------
    DisclosureError
        If it holds anything outside the closed vocabulary, whoever made it; names the place, never the content.
    """

    document: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Refuse what does not belong there."""
        place = outside_vocabulary(self.document, VOCABULARY)
        if place:
            raise DisclosureError(message("register_summary_outside", DEFAULT, place=place))

    @property
    def content(self) -> bytes:
        """The bytes of ``register.json``: the same register gives the same bytes."""
        return canonical_bytes({**self.document, "checksum": checksum(self.document)})


def read_summary(path: str | Path) -> Summary:
    """Read a ``register.json`` back, as the walled report process does.

    Raises
    ------
    DisclosureError
        If it has been edited or is damaged, or holds anything outside the closed vocabulary.
    """
    try:
        document = json.loads(Path(path).read_bytes())
        claimed = document.pop("checksum")
    except (OSError, ValueError, KeyError, AttributeError):
        document, claimed = {}, ""
    if not claimed or claimed != checksum(document):
        raise DisclosureError(message("register_summary_damaged", DEFAULT, file=Path(path).name))
    return Summary(document)


def numbers_told(*values: Any) -> list[float | None]:
    """Figures as they are told: with four decimals, None where there is none.

    >>> numbers_told(0.123456, float("nan"))
    [0.1235, None]
    """
    return [round(float(value), _DIGITS) + 0.0 if math.isfinite(value) else None for value in values]
