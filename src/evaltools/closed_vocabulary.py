"""Closed vocabularies: what a file that leaves the confidential side may hold, and nothing else, as a JSON schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any


def outside_vocabulary(document: Mapping[str, Any], schema: str) -> str:
    """The first place of a document that its vocabulary does not know; "" where everything belongs there.

    Parameters
    ----------
    document : mapping
        Nested tables, as JSON has them.
    schema : str
        The schema's file in this package.

    Returns
    -------
    str
        The place only, such as ``"data.figures[0]"``; never what stands there.

    Examples
    --------
    >>> outside_vocabulary({"answers": [1, 5]}, "release.schema.json")
    'data'
    """
    try:
        vocabulary(schema)(document)
    except ValueError as error:
        return str(error).partition(" ")[0]  # the rest quotes the content
    return ""


@lru_cache
def vocabulary(schema: str) -> Any:
    """The check, made of its schema once; a report's process makes it before it is asked for anything."""
    import fastjsonschema

    return fastjsonschema.compile(json.loads((files("evaltools") / schema).read_text("utf-8")))
