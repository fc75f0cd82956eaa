"""Releases with figures of our choosing, and what a section says; for the tests of an organisation's review."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from evaltools.blocks import Figure, KeyFigures, Section, Table, Text
from evaltools.portfolio import Portfolio
from evaltools.sealed import Release, issue

_Json = dict[str, Any]
Make = Callable[..., Release]
_CONTRACT = ("commissioner", "sector", "supervisors", "goals", "start_month", "end_month", "interval_days", "groups",
             "individual")  # fmt: skip


def made_release(
    template: _Json, name: str, before: str, after: str, n: int = 6, verdict: str = "cannot_tell", **changed: Any
) -> Release:
    """A release like the template with other figures: the levels as values, or as ends "low-high"."""

    def shown(level: str) -> _Json:
        low, _, high = level.partition("-")
        return {"kind": "between" if high else "value", "low": low, "high": high or low}

    document = deepcopy(template) | {"evaluation": name}
    del document["checksum"]
    levels = [shown(before), shown(after)]
    for figure, level in zip(document["figures"], levels, strict=True):
        figure |= {"n": n, "shown": level}
    ends = [float(level[end]) for level in levels for end in ("low", "high")]
    known = {"kind": "value", "low": f"{ends[2] - ends[0]:.1f}", "high": f"{ends[2] - ends[0]:.1f}"}
    between = {"kind": "between", "low": f"{ends[2] - ends[1]:.1f}", "high": f"{ends[3] - ends[0]:.1f}"}
    exact = all(level["kind"] == "value" for level in levels)
    document["changes"][0] |= {"n": n, "verdict": verdict, "shown": known if exact else between}
    document["contract"] |= {key: changed.pop(key) for key in _CONTRACT if key in changed}
    return issue(document | changed)


def ten(make: Make, *, last: str = "3.4") -> Portfolio:
    """Ten groups of eight or seven that hardly differ, the last as told."""
    levels = ["3.2", "3.5", "3.4", "3.6", "3.3", "3.4", "3.5", "3.3", "3.4"]
    return Portfolio(tuple(make(f"e{at}", "3.0", after, 8 - at % 2) for at, after in enumerate([*levels, last])))


def tables(section: Section) -> list[Table]:
    """The tables of a section, those behind pictures too."""
    found = (block.table if isinstance(block, Figure) else block for block in section.blocks)
    return [block for block in found if isinstance(block, Table)]


def said(section: Section) -> str:
    """All words of a section."""
    parts: list[str] = []
    for block in section.blocks:
        table = block.table if isinstance(block, Figure) else block
        parts += block.paragraphs if isinstance(block, Text) else ()
        parts += [word for row in block.figures for word in row] if isinstance(block, KeyFigures) else []
        if isinstance(table, Table):
            parts += [table.caption, table.note, *(cell for row in (table.columns, *table.rows) for cell in row)]
    return "\n".join(parts)
