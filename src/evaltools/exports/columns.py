"""Which column of a table means what: the rules of a mapping, or canonical headings, laid over its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from evaltools.canonical import TABLES
from evaltools.errors import Problems
from evaltools.exports.layout import Layout, spelled_code
from evaltools.exports.mapping import Mapping, Rule
from evaltools.language import known_headings

_WORKED_OUT = {"responses": {"status"}}  # columns that no file gives: they follow from the tool's marks


@dataclass(frozen=True)
class Column:
    """One column of a grid that has a meaning, with its place for messages."""

    position: int
    place: str
    rule: Rule


def assign_columns(layout: Layout, mapping: Mapping, table: str, problems: Problems) -> tuple[Column, ...]:
    """The columns of a table that mean something, in the order of the file.

    A rule that fits no column is a problem, and so are a column that two rules fit and two columns that mean
    the same; columns that no rule fits are left out.
    """
    found = _ruled(layout, mapping, table, problems) if mapping.rules else _canonical_columns(layout, mapping, table)
    if table == "responses":
        found += _of_rows(layout, mapping, problems)
        found += _of_tool(layout, mapping, found)
    columns: dict[int, Column] = {}
    first: dict[tuple[str, ...], str] = {}
    for column in found:
        meanings = _meanings(column.rule)
        taken = [first[meant] for meant in meanings if meant in first]
        if column.position in columns:
            _tell(layout, "column_mapped_twice", column.place, problems)
        elif taken:
            _tell(layout, "column_meant_twice", column.place, problems, other=taken[0])
        else:
            columns[column.position] = column
            first |= dict.fromkeys(meanings, column.place)
    return tuple(columns[position] for position in sorted(columns))


def _meanings(rule: Rule) -> list[tuple[str, ...]]:
    """All that a column means: one thing, or an item for each answer that may be chosen."""
    items = rule.options.values() or [rule.item]
    return [(rule.column, item, rule.score, rule.wave) for item in items]


def _tell(layout: Layout, key: str, place: str, problems: Problems, **details: object) -> None:
    problems.add(key, file=layout.grid.file, sheet=layout.grid.sheet, column=place, row=None, **details)


def dropped(layout: Layout, mapping: Mapping, columns: Sequence[Column], problems: Problems) -> set[int]:
    """The columns that the mapping drops; one that it also gives a meaning is a problem, one not there is told."""
    places: set[int] = set()
    for name in mapping.drop:
        found = layout.named(name)
        if not found:
            _tell(layout, "drop_not_found", "", problems, name=name)
        places |= set(found)
    for column in columns:
        if column.position in places:
            _tell(layout, "column_dropped_and_mapped", column.place, problems)
    return places


def _ruled(layout: Layout, mapping: Mapping, table: str, problems: Problems) -> list[Column]:
    columns = []
    allowed = _readable(table, mapping)
    for rule in mapping.rules:
        fits = _matching(layout, rule)
        if not fits:
            _tell(layout, "column_not_found", "", problems, match=rule.described)
        if rule.column and rule.column not in allowed:
            _tell(layout, "rule_column_unknown", "", problems, match=rule.described, allowed=", ".join(allowed))
            continue
        columns += fits
    return columns


def _readable(table: str, mapping: Mapping) -> list[str]:
    """The columns of a table that a file may give; the group of answers only where their people have no codes."""
    own = [column for column in TABLES[table] if column not in _WORKED_OUT.get(table, ())]
    return [*own, "group"] if table == "responses" and mapping.anonymous else own


def _canonical_columns(layout: Layout, mapping: Mapping, table: str) -> list[Column]:
    known = known_headings(table)
    readable = set(_readable(table, mapping))
    meant = ((at, known.get(headings[0].casefold(), "")) for at, headings in enumerate(layout.headings))
    return [Column(at, layout.place(at), Rule({}, column=column)) for at, column in meant if column in readable]


def _of_rows(layout: Layout, mapping: Mapping, problems: Problems) -> list[Column]:
    """The columns that ``[mapping.NAME.rows]`` names: who answered, and when."""
    columns = []
    for key, meaning, name in (
        ("respondent", "person", mapping.respondent), ("submitted", "answered_at", mapping.submitted)
    ):  # fmt: skip
        found = layout.named(name) if name else []
        if name and not found:
            _tell(layout, "column_not_found", "", problems, match=f"{key} = {name}")
        columns += [Column(at, layout.place(at), Rule({}, column=meaning)) for at in found]
    return columns


def _of_tool(layout: Layout, mapping: Mapping, found: Sequence[Column]) -> list[Column]:
    """The tool's own columns, for what nothing else says: who answered, which answer, and the wave of a word."""
    if not layout.known:
        return []
    said = {column.rule.column for column in found}
    taken = {column.position for column in found}
    wanted = {"person": not mapping.anonymous, "response": True, "wave": bool(mapping.waves)}
    meanings = {"person": "respondent", "response": "response", "wave": "wave"}
    places = (
        (column, layout.recognition.column(meanings[column])) for column, is_wanted in wanted.items() if is_wanted
    )
    return [
        Column(at, layout.place(at), Rule({}, column=column))
        for column, at in places
        if at is not None and column not in said and at not in taken
    ]


def _matching(layout: Layout, rule: Rule) -> list[Column]:
    kind, wanted = next(iter(rule.match.items()))
    if kind == "position":  # the heading is not shown: nobody has said that the row holds headings
        return [Column(wanted - 1, _letter(layout, wanted - 1), rule)] if wanted <= layout.grid.width else []
    if kind == "heading_regex":
        fits = ((at, _first_match(wanted, headings)) for at, headings in enumerate(layout.headings))
        return [Column(at, layout.place(at), _filled(rule, match)) for at, match in fits if match]
    if kind == "code":
        sought = spelled_code(wanted)
        places = [at for at, codes in enumerate(layout.codes) if sought in codes]
    else:
        sought = " ".join(wanted.split())
        places = [at for at, headings in enumerate(layout.headings) if sought in headings]
    return [Column(at, layout.place(at), rule) for at in places]


def _letter(layout: Layout, position: int) -> str:
    return layout.place(position).partition(" ")[0]


def _first_match(expression: str, headings: Iterable[str]) -> re.Match[str] | None:
    return next(filter(None, (re.fullmatch(expression, heading) for heading in headings)), None)


def _filled(rule: Rule, match: re.Match[str]) -> Rule:
    """The rule with the named groups of its regular expression put in for ``{name}``."""

    def fill(text: str) -> str:
        for name, value in match.groupdict().items():
            text = text.replace("{" + name + "}", value or "")
        return text

    return replace(rule, item=fill(rule.item), score=fill(rule.score), wave=fill(rule.wave))
