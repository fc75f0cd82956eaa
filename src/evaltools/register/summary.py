"""What has been found fit to be told of a register, as the bytes of one file. The page is made of it alone.

It holds figures of all groups together and no row of a group; `pooled.summarise` makes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaltools.errors import DisclosureError, message
from evaltools.language import DEFAULT
from evaltools.sealed import canonical_bytes, checksum

SUMMARY_FILE = "register.json"


@dataclass(frozen=True)
class Summary:
    """Pooled figures of a register, as the nested tables of ``register.json``; see `pooled.summarise`."""

    document: Mapping[str, Any]

    @property
    def content(self) -> bytes:
        """The bytes of ``register.json``: the same register gives the same bytes."""
        return canonical_bytes({**self.document, "checksum": checksum(self.document)})


def read_summary(path: str | Path) -> Summary:
    """Read a ``register.json`` back, as the walled report process does.

    Raises
    ------
    DisclosureError
        If it has been edited or is damaged.
    """
    try:
        document = json.loads(Path(path).read_bytes())
        claimed = document.pop("checksum")
    except (OSError, ValueError, KeyError, AttributeError):
        document, claimed = {}, ""
    if not claimed or claimed != checksum(document):
        raise DisclosureError(message("register_summary_damaged", DEFAULT, file=Path(path).name))
    return Summary(document)
