"""The words that a commissioner may not know: what each means, with an example; only those that the report uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evaltools.blocks import Heading, Section, Table
from evaltools.sealed import Release, require_release
from evaltools.wording import words

_Json = Mapping[str, Any]
_ALWAYS = ("supervision", "policy", "checksum")
_OF_LEVELS = ("measurement", "mean", "scale")
_OF_CHANGES = ("same_people", "uncertainty", "cannot_tell", "smallest_change", "comparison_group")


def glossary(release: Release, language: str) -> Section:
    """Each word with its meaning and an example, in the order of the alphabet."""
    document, own = require_release(release).document, words(language)
    heads = tuple(own.text(f"glossary.heads.{head}") for head in ("word", "meaning", "example"))
    rows = [tuple(own.text(f"glossary.words.{word}.{part}") for part in ("word", "meaning", "example"))
            for word in _used(document)]  # fmt: skip
    table = Table(own.text("glossary.caption"), heads, tuple(sorted(rows, key=lambda row: row[0].casefold())))
    return Section((Heading(own.text("glossary.title")), table))


def _used(document: _Json) -> Iterator[str]:
    """The words that a report of this release uses."""
    yield from _ALWAYS
    if document["figures"]:
        yield from _OF_LEVELS
    if document["changes"]:
        yield from _OF_CHANGES
    if any(figure["shown"]["kind"] == "between" for figure in document["figures"]):
        yield "interval"
    if document["shares"]:
        yield "share"
    if any("expected" in goal for goal in document["contract"]["goals"]):
        yield "expected"
    if any(goal.get("rated") for goal in document["contract"]["goals"]):
        yield "level"
