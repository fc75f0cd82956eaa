"""The mapping: what an export's columns and rows mean. Declared in ``evaluation.toml``, never guessed."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any

from evaltools.canonical import MISSING_REASONS
from evaltools.errors import Problems
from evaltools.exports.answer_scales import Labels, answer_scale_labels, folded_answer
from evaltools.exports.recognition import signatures
from evaltools.exports.several_answers import folded_option
from evaltools.exports.times import is_zone

DATE_ORDERS = ("ymd", "dmy", "mdy")
DUPLICATES = ("error", "first", "last_complete")
PARTIAL = ("keep", "leave_out")
_SECTIONS = {"source", "rows", "waves", "scales", "columns", "privacy"}
_SOURCE = {"tool", "encoding", "delimiter", "header_rows", "timezone", "date_order"}
_ROWS = {"respondent", "submitted", "partial", "duplicates", "anonymous"}
_RULE = {"match", "column", "item", "score", "options", "wave", "scale"}
_PIECES = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)  # an escaped letter, a set of letters, a letter
_MATCH = {"code", "heading", "heading_regex", "position"}
_LABELS = {"labels", "missing"}


@dataclass(frozen=True)
class Rule:
    """What the columns that match mean: a canonical column, an item, or a scale's score, perhaps at a named wave.

    Where several answers may be chosen, ``options`` leads from each to an item, which is 1 if it was chosen, else 0.
    """

    match: Table[str, Any]
    column: str = ""
    item: str = ""
    score: str = ""
    options: Table[str, str] = field(default_factory=dict)
    wave: str = ""
    scale: str = ""

    @property
    def described(self) -> str:
        """The rule as messages call it.

        >>> Rule({"code": "Q3"}).described
        'code = Q3'
        """
        return " = ".join(str(part) for part in next(iter(self.match.items())))


@dataclass(frozen=True)
class Mapping:
    """One ``[mapping.NAME]`` section. Without rules, headings are taken as canonical column names.

    ``header_rows`` is 0 where it is not declared. ``waves`` leads from a word of the file to the id of a wave, or to
    a blank where those rows are left out. ``drop`` names columns that nobody reads and that may hold anything.
    """

    name: str = ""
    tool: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_rows: int = 0
    timezone: str = ""
    date_order: str = ""
    respondent: str = ""
    submitted: str = ""
    partial: str = PARTIAL[0]
    duplicates: str = DUPLICATES[0]
    anonymous: bool = False
    waves: Table[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    labels: Table[str, Labels] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    def scale(self, name: str) -> Labels | None:
        """The answer scale that a rule names: the mapping's own goes before a built-in one."""
        return self.labels.get(name) or answer_scale_labels().get(name)


def read_mapping(name: str, table: Any, file: str, problems: Problems) -> Mapping:
    """A mapping section as declared; what is not understood is a problem, never ignored."""
    place = f"mapping.{name}"
    table = checked_table(table, place, _SECTIONS, file, problems)
    scales = checked_table(table.get("scales", {}), f"{place}.scales", None, file, problems)
    labels = {key: _read_labels(entry, f"{place}.scales.{key}", file, problems) for key, entry in scales.items()}
    rules = _read_rules(table.get("columns", []), place, {*labels, *answer_scale_labels()}, file, problems)
    rows = _read_rows(table.get("rows", {}), f"{place}.rows", file, problems)
    if rows.get("anonymous") and (rows["respondent"] or any(rule.column == "person" for rule in rules)):
        problems.add("anonymous_with_codes", file=file, key=f"{place}.rows.anonymous")
    return Mapping(
        name, labels=labels, rules=rules, waves=_read_waves(table.get("waves", {}), place, file, problems),
        drop=_read_drop(table.get("privacy", {}), f"{place}.privacy", file, problems),
        **_read_source(table.get("source", {}), f"{place}.source", file, problems), **rows,
    )  # fmt: skip


def checked_table(value: Any, key: str, allowed: set[str] | None, file: str, problems: Problems) -> dict[str, Any]:
    """A section of ``evaluation.toml`` as a table; what is none, or holds unknown keys, is a problem."""
    if not isinstance(value, dict):
        problems.add("setting_not_a_table", file=file, key=key)
        return {}
    for name in sorted(set(value) - allowed) if allowed is not None else ():
        problems.add("setting_unknown", file=file, key=f"{key}.{name}", allowed=", ".join(sorted(allowed or ())))
    return value


def _read_source(value: Any, place: str, file: str, problems: Problems) -> dict[str, Any]:
    source = checked_table(value, place, _SOURCE, file, problems)
    texts = {key: _text(source, key, place, file, problems) for key in ("encoding", "timezone")}
    tool = _one_of(source, "tool", ("", *signatures()["tools"]), place, file, problems)
    order = _one_of(source, "date_order", ("", *DATE_ORDERS), place, file, problems)
    if texts["timezone"] and not is_zone(texts["timezone"]):
        problems.add("timezone_unknown", file=file, timezone=texts["timezone"])
        texts["timezone"] = ""
    delimiter, header_rows = source.get("delimiter", ""), source.get("header_rows", 1)
    if not isinstance(delimiter, str) or len(delimiter) > 1 or (delimiter and delimiter in '"\r\n'):
        problems.add("delimiter_unclear", file=file, key=f"{place}.delimiter")
        delimiter = ""
    if type(header_rows) is not int or header_rows < 1:
        problems.add("header_rows_unclear", file=file, key=f"{place}.header_rows")
        header_rows = 1
    header_rows = header_rows if "header_rows" in source else 0
    return texts | {"tool": tool, "date_order": order, "delimiter": delimiter, "header_rows": header_rows}


def _read_rows(value: Any, place: str, file: str, problems: Problems) -> dict[str, Any]:
    rows = checked_table(value, place, _ROWS, file, problems)
    anonymous = rows.get("anonymous", False)
    if not isinstance(anonymous, bool):
        problems.add("setting_not_one_of", file=file, key=f"{place}.anonymous", allowed="true, false")
    return {
        "respondent": _text(rows, "respondent", place, file, problems),
        "submitted": _text(rows, "submitted", place, file, problems),
        "partial": _one_of(rows, "partial", PARTIAL, place, file, problems),
        "duplicates": _one_of(rows, "duplicates", DUPLICATES, place, file, problems),
        "anonymous": anonymous is True,
    }


def _read_waves(value: Any, place: str, file: str, problems: Problems) -> dict[str, str]:
    waves = checked_table(value, f"{place}.waves", None, file, problems)
    return {folded_answer(word): _text(waves, word, f"{place}.waves", file, problems) for word in waves}


def _read_drop(value: Any, place: str, file: str, problems: Problems) -> tuple[str, ...]:
    drop = checked_table(value, place, {"drop"}, file, problems).get("drop", [])
    if not isinstance(drop, list) or not all(isinstance(name, str) and name for name in drop):
        problems.add("names_not_a_list", file=file, key=f"{place}.drop")
        return ()
    return tuple(drop)


def _text(table: dict[str, Any], name: str, place: str, file: str, problems: Problems) -> str:
    value = table.get(name, "")
    if not isinstance(value, str):
        problems.add("setting_not_text", file=file, key=f"{place}.{name}")
        return ""
    return value


def _one_of(
    table: dict[str, Any], name: str, allowed: tuple[str, ...], place: str, file: str, problems: Problems
) -> str:  # fmt: skip
    """A setting with a closed list of values, the first of which stands where nothing is declared."""
    value = table.get(name, allowed[0])
    if value not in allowed:
        problems.add("setting_not_one_of", file=file, key=f"{place}.{name}", allowed=", ".join(filter(None, allowed)))
        return allowed[0]
    return str(value)


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
    labels = [folded_answer(label) for label in (*codes, *missing)]
    if len(set(labels)) < len(labels):
        problems.add("label_twice", file=file, key=place)
    return Labels.of(codes, missing)


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
            problems.add("labels_not_found", file=file, key=f"{place}.scales.{rule.scale}", match=rule.described)
        rules.append(rule)
    return tuple(rules)


def _rule_is_clear(entry: dict[str, Any], match: dict[str, Any]) -> bool:
    means = [key for key in ("column", "item", "score", "options") if key in entry]
    texts = [value for key, value in entry.items() if key not in ("match", "options")]
    if "options" in entry and ("scale" in entry or not _options_are_clear(entry["options"])):
        return False
    if len(means) != 1 or len(match) != 1 or not all(isinstance(text, str) and text for text in texts):
        return False
    kind, wanted = next(iter(match.items()))
    if kind == "position":
        return type(wanted) is int and wanted > 0
    return isinstance(wanted, str) and (kind != "heading_regex" or _compiles(wanted))


def _options_are_clear(options: Any) -> bool:
    """Whether each option leads to an item of its own, and no two options are written alike."""
    if (
        not isinstance(options, dict)
        or not options
        or not all(isinstance(item, str) and item for item in options.values())
    ):
        return False
    labels = {folded_option(label) for label in options}
    return "" not in labels and len(labels) == len(set(options.values())) == len(options)


def _runs_away(expression: str) -> bool:
    """Whether a group that holds a repetition is itself repeated.

    >>> _runs_away(r"((a+)b)*"), _runs_away(r"(.*[(*])?tc([1-7]|x+)[+]")
    (True, False)
    """
    pieces = _PIECES.findall(expression)
    inner, holds, closed = (
        False,
        [False],
        False,
    )  # for each open group, whether something in it is repeated; was a group just closed
    for piece in pieces:
        repeated = piece in ("*", "+", "{")
        if repeated and closed and inner:
            return True
        holds[-1] |= repeated
        closed = piece == ")" and len(holds) > 1
        if piece == "(":
            holds.append(False)
        elif closed:
            inner = holds.pop()
            holds[-1] |= inner
    return False


def _compiles(expression: str) -> bool:
    """Whether a regular expression is one, and has no repeated part in a repeated part, which can run for ever."""
    if _runs_away(expression):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            re.compile(expression)
        except (re.error, OverflowError, RecursionError):
            return False
    return True
