"""The mapping: which column of an export means what. Declared in ``evaluation.toml``, never guessed."""

from __future__ import annotations

import math
import re
import unicodedata
import warnings
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any

from evaltools.errors import Problems
from evaltools.exports.grid import Grid, column_letter
from evaltools.language import known_as
from evaltools.pseudonyms import looks_personal
from evaltools.schemas import MISSING_REASONS, TABLES

_SECTIONS = {"source", "scales", "columns"}
_SOURCE = {"encoding", "delimiter", "header_rows"}
_RULE = {"match", "column", "item", "score", "wave", "scale"}
_MATCH = {"heading", "heading_regex", "position"}
_LABELS = {"labels", "missing"}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")


@dataclass(frozen=True)
class Labels:
    """How the texts of one answer scale are decoded: label to number, and label to reason for a missing answer.

    The labels are `folded`; ``declared`` has them as they were written, for messages.
    """

    codes: Table[str, float]
    missing: Table[str, str]
    declared: tuple[str, ...]


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

    def header(self, grid: Grid) -> tuple[str, ...]:
        """The headings of a grid, with every run of blanks and line breaks as one blank."""
        row = grid.rows[self.header_rows - 1] if len(grid.rows) >= self.header_rows else ()
        return tuple(" ".join(heading.split()) for heading in row)


@dataclass(frozen=True)
class Column:
    """One column of a grid that a rule gave a meaning, with its place for messages."""

    position: int
    place: str
    rule: Rule


def folded(text: str) -> str:
    r"""An answer's text as labels are compared: letters alike, blanks and dashes alike, no full stop at the end.

    >>> folded("Stämmer  helt.") == folded("stämmer\u00a0HELT"), folded("4 – Ofta")
    (True, '4 - ofta')
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().translate(_DASHES).split()).rstrip(". ")


def read_mapping(name: str, table: Any, file: str, problems: Problems) -> Mapping:
    """A mapping section as declared; what is not understood is a problem, never ignored."""
    place = f"mapping.{name}"
    table = checked_table(table, place, _SECTIONS, file, problems)
    source = checked_table(table.get("source", {}), f"{place}.source", _SOURCE, file, problems)
    encoding, delimiter, header_rows = (
        source.get(key, default) for key, default in (("encoding", ""), ("delimiter", ""), ("header_rows", 1))
    )
    if not isinstance(encoding, str):
        problems.add("setting_not_text", file=file, key=f"{place}.source.encoding")
    if not isinstance(delimiter, str) or len(delimiter) > 1 or (delimiter and delimiter in '"\r\n'):
        problems.add("delimiter_unclear", file=file, key=f"{place}.source.delimiter")
        delimiter = ""
    if type(header_rows) is not int or header_rows < 1:
        problems.add("header_rows_unclear", file=file, key=f"{place}.source.header_rows")
        header_rows = 1
    scales = checked_table(table.get("scales", {}), f"{place}.scales", None, file, problems)
    labels = {key: _read_labels(entry, f"{place}.scales.{key}", file, problems) for key, entry in scales.items()}
    rules = _read_rules(table.get("columns", []), place, set(labels), file, problems)
    return Mapping(name, str(encoding), delimiter, header_rows, labels, rules)


def checked_table(value: Any, key: str, allowed: set[str] | None, file: str, problems: Problems) -> dict[str, Any]:
    """A section of ``evaluation.toml`` as a table; what is none, or holds unknown keys, is a problem."""
    if not isinstance(value, dict):
        problems.add("setting_not_a_table", file=file, key=key)
        return {}
    for name in sorted(set(value) - allowed) if allowed is not None else ():
        problems.add("setting_unknown", file=file, key=f"{key}.{name}", allowed=", ".join(sorted(allowed or ())))
    return value


def _read_labels(entry: Any, place: str, file: str, problems: Problems) -> Labels:
    entry = checked_table(entry, place, _LABELS, file, problems)
    codes = checked_table(entry.get("labels", {}), f"{place}.labels", None, file, problems)
    missing = checked_table(entry.get("missing", {}), f"{place}.missing", None, file, problems)
    if not all(type(code) in (int, float) and math.isfinite(code) for code in codes.values()):
        problems.add("label_codes_unclear", file=file, key=f"{place}.labels")
        codes = {}
    if not all(reason in MISSING_REASONS for reason in missing.values()):
        problems.add("missing_reason_unknown", file=file, key=f"{place}.missing", allowed=", ".join(MISSING_REASONS))
        missing = {}
    labels = [folded(label) for label in (*codes, *missing)]
    if len(set(labels)) < len(labels):
        problems.add("label_twice", file=file, key=place)
    accepted = {folded(label): float(code) for label, code in codes.items()}
    accepted |= {folded(f"{code:g} - {label}"): float(code) for label, code in codes.items()}
    return Labels(accepted, {folded(label): reason for label, reason in missing.items()}, (*codes, *missing))


def _read_rules(entries: Any, place: str, labels: set[str], file: str, problems: Problems) -> tuple[Rule, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.add("section_not_a_list", file=file, key=f"{place}.columns")
        return ()
    rules = []
    for entry in entries:
        checked_table(entry, f"{place}.columns", _RULE, file, problems)
        match = checked_table(entry.get("match", {}), f"{place}.columns.match", _MATCH, file, problems)
        if not _rule_is_clear(entry, match):
            problems.add("rule_unclear", file=file, key=f"{place}.columns")
            continue
        rule = Rule(**{key: value for key, value in entry.items() if key in _RULE})
        if rule.scale and rule.scale not in labels:
            problems.add("labels_not_found", file=file, key=f"{place}.scales.{rule.scale}", match=_describe(rule))
        rules.append(rule)
    return tuple(rules)


def _rule_is_clear(entry: dict[str, Any], match: dict[str, Any]) -> bool:
    means = [key for key in ("column", "item", "score") if key in entry]
    texts = [value for key, value in entry.items() if key != "match"]
    if len(means) != 1 or len(match) != 1 or not all(isinstance(text, str) and text for text in texts):
        return False
    kind, wanted = next(iter(match.items()))
    if kind == "position":
        return type(wanted) is int and wanted > 0
    return isinstance(wanted, str) and (kind != "heading_regex" or _compiles(wanted))


def _compiles(expression: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            re.compile(expression)
        except (re.error, OverflowError, RecursionError):
            return False
    return True


def assign_columns(grid: Grid, mapping: Mapping, table: str, problems: Problems) -> tuple[Column, ...]:
    """The columns of a grid that mean something for a table, in the order of the file.

    A rule that fits no column is a problem, and so are a column that two rules fit and two columns that mean
    the same; columns that no rule fits are left out.
    """
    header = mapping.header(grid)
    found = _ruled(grid, header, mapping, table, problems) if mapping.rules else _canonical_columns(header, table)
    columns: dict[int, Column] = {}
    first: dict[tuple[str, ...], str] = {}
    for column in found:
        rule = column.rule
        meant = (rule.column, rule.item, rule.score, rule.wave)
        if column.position in columns:
            problems.add("column_mapped_twice", file=grid.file, sheet=grid.sheet, column=column.place)
        elif meant in first:
            problems.add("column_meant_twice", file=grid.file, sheet=grid.sheet, column=column.place,
                         other=first[meant])  # fmt: skip
        else:
            columns[column.position] = column
            first[meant] = column.place
    return tuple(columns[position] for position in sorted(columns))


def _ruled(
    grid: Grid, header: tuple[str, ...], mapping: Mapping, table: str, problems: Problems
) -> list[Column]:  # fmt: skip
    columns = []
    for rule in mapping.rules:
        fits = _matching(header, rule, grid.width)
        if not fits:
            problems.add("column_not_found", file=grid.file, sheet=grid.sheet, match=_describe(rule))
        if rule.column and rule.column not in TABLES[table]:
            problems.add("rule_column_unknown", file=grid.file, sheet=grid.sheet, match=_describe(rule),
                         allowed=", ".join(TABLES[table]))  # fmt: skip
            continue
        columns += fits
    return columns


def _canonical_columns(header: tuple[str, ...], table: str) -> list[Column]:
    meant = ((at, heading, known_as("columns").get(heading.casefold(), "")) for at, heading in enumerate(header))
    return [
        Column(at, _place(at, heading), Rule({}, column=column))
        for at, heading, column in meant
        if column in TABLES[table]
    ]


def _matching(header: tuple[str, ...], rule: Rule, width: int) -> list[Column]:
    kind, wanted = next(iter(rule.match.items()))
    if kind == "position":  # the heading is not shown: nobody has said that the row holds headings
        return [Column(wanted - 1, column_letter(wanted - 1), rule)] if wanted <= width else []
    if kind == "heading":
        wanted = " ".join(wanted.split())
        return [Column(at, _place(at, heading), rule) for at, heading in enumerate(header) if heading == wanted]
    found = ((at, heading, re.fullmatch(wanted, heading)) for at, heading in enumerate(header))
    return [Column(at, _place(at, heading), _filled(rule, match)) for at, heading, match in found if match]


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
    hidden = not heading or looks_personal(heading)
    return column_letter(position) if hidden else f"{column_letter(position)} ({shown})"
