"""The mapping: which column of an export means what. Declared in ``evaluation.toml``, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any

from evaltools.errors import Problems
from evaltools.exports.grid import Grid, column_letter
from evaltools.language import known_as

_SECTIONS = {"source", "scales", "columns"}
_SOURCE = {"encoding", "delimiter", "header_rows"}
_RULE = {"match", "column", "item", "score", "wave", "scale"}
_MATCH = {"heading", "heading_regex", "position"}


@dataclass(frozen=True)
class Labels:
    """How the texts of one answer scale are decoded: label to number, and label to reason for a missing answer."""

    codes: Table[str, float]
    missing: Table[str, str]


@dataclass(frozen=True)
class Rule:
    """What the columns that match mean: a canonical column, an item, or a scale's score, perhaps at a named wave."""

    match: Table[str, Any]
    column: str = ""
    item: str = ""
    score: str = ""
    wave: str = ""
    scale: str = ""


@dataclass(frozen=True)
class Mapping:
    """One ``[mapping.NAME]`` section. Without rules, headings are taken as canonical column names."""

    name: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_rows: int = 1
    labels: Table[str, Labels] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column of a grid that a rule gave a meaning, with its place for messages."""

    position: int
    place: str
    rule: Rule


def read_mapping(name: str, table: dict[str, Any], file: str, problems: Problems) -> Mapping:
    """A mapping section as declared; what is not understood is a problem, never ignored."""

    def unknown(keys: set[str], allowed: set[str], where: str) -> None:
        for key in sorted(keys - allowed):
            problems.add(
                "setting_unknown",
                file=file,
                key=f"mapping.{name}{where}.{key}",
                allowed=", ".join(sorted(allowed)),
            )

    source = table.get("source", {})
    unknown(set(table), _SECTIONS, "")
    unknown(set(source), _SOURCE, ".source")
    rules = []
    for entry in table.get("columns", []):
        unknown(set(entry), _RULE, ".columns")
        unknown(set(entry.get("match", {})), _MATCH, ".columns.match")
        means = [key for key in ("column", "item", "score") if key in entry]
        if len(means) != 1 or not _rule_is_clear(entry):
            problems.add("rule_unclear", file=file, key=f"mapping.{name}.columns")
            continue
        rules.append(Rule(**{key: value for key, value in entry.items() if key in _RULE}))
    return Mapping(
        name=name, encoding=source.get("encoding", ""), delimiter=source.get("delimiter", ""),
        header_rows=int(source.get("header_rows", 1)), rules=tuple(rules),
        labels={key: Labels(_folded(entry.get("labels", {})), _folded(entry.get("missing", {})))
                for key, entry in table.get("scales", {}).items()},
    )  # fmt: skip


def _rule_is_clear(entry: dict[str, Any]) -> bool:
    match = entry.get("match", {})
    if len(match) != 1 or not all(isinstance(entry[key], str) for key in entry if key != "match"):
        return False
    kind, wanted = next(iter(match.items()))
    if not isinstance(wanted, int if kind == "position" else str):
        return False
    try:
        re.compile(str(wanted) if kind == "heading_regex" else "")
    except re.error:
        return False
    return True


def _folded(words: dict[str, Any]) -> dict[str, Any]:
    return {word.strip().casefold(): value for word, value in words.items()}


def assign_columns(grid: Grid, mapping: Mapping, problems: Problems) -> tuple[Column, ...]:
    """The columns of a grid that mean something, in the order of the file.

    A rule that fits no column is a problem, and so is a column that two rules fit; columns that no rule
    fits are left out (`unused_columns` counts them).
    """
    header = grid.rows[mapping.header_rows - 1] if len(grid.rows) >= mapping.header_rows else ()
    if not mapping.rules:
        return _canonical_columns(header)
    columns: dict[int, Column] = {}
    for rule in mapping.rules:
        fits = _matching(header, rule)
        if not fits:
            problems.add("column_not_found", file=grid.file, sheet=grid.sheet, match=_describe(rule))
        for position, meant in fits:
            place = _place(position, header[position])
            if position in columns:
                problems.add("column_mapped_twice", file=grid.file, sheet=grid.sheet, column=place)
            columns[position] = Column(position, place, meant)
    return tuple(columns[position] for position in sorted(columns))


def _canonical_columns(header: tuple[str, ...]) -> tuple[Column, ...]:
    spellings = known_as("columns")
    return tuple(
        Column(position, _place(position, heading), Rule({}, column=spellings[heading.casefold()]))
        for position, heading in enumerate(header)
        if heading.casefold() in spellings
    )


def _matching(header: tuple[str, ...], rule: Rule) -> list[tuple[int, Rule]]:
    kind, wanted = next(iter(rule.match.items()))
    if kind == "position":
        return [(int(wanted) - 1, rule)] if 0 < int(wanted) <= len(header) else []
    if kind == "heading":
        return [(position, rule) for position, heading in enumerate(header) if heading == wanted]
    found = ((position, re.fullmatch(wanted, heading)) for position, heading in enumerate(header))
    return [(position, _filled(rule, match)) for position, match in found if match]


def _filled(rule: Rule, match: re.Match[str]) -> Rule:
    """The rule with the named groups of its regular expression put in for ``{name}``."""

    def fill(text: str) -> str:
        for name, value in match.groupdict().items():
            text = text.replace("{" + name + "}", value or "")
        return text

    return Rule(rule.match, rule.column, fill(rule.item), fill(rule.score), fill(rule.wave), rule.scale)


def _describe(rule: Rule) -> str:
    kind, wanted = next(iter(rule.match.items()))
    return f"{kind} = {wanted}"


def _place(position: int, heading: str) -> str:
    shown = heading if len(heading) <= 60 else heading[:59] + "…"
    return f"{column_letter(position)} ({shown})" if shown else column_letter(position)
