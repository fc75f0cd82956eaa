"""The figures of the session cycle as tables: an indicator a row, a group a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaltools.blocks import Block, Table, Text
from evaltools.canonical import TABLES
from evaltools.language import texts
from evaltools.measures import measures
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.wording import Words, figure_text

_Row = Mapping[Any, Any]
_SUMS = ("share of minutes", "share of talks")  # shares of sums: how many sessions they are of is no denominator
HALVES = ("first_half", "second_half")


def figures_table(rows: pd.DataFrame, part: str, names: Sequence[str], groups: Mapping[str, str],
                  own: Words) -> list[Block]:  # fmt: skip
    """The figures of one part of the cycle; what no group has recorded is named below, if another is.

    Parameters
    ----------
    rows : DataFrame
        The estimates of the groups that are shown.
    part : str
        Key of the part's name among the texts.
    names : sequence of str
        Measures in the order in which they are told. One with several bases gets a row for each.
    groups : mapping
        Labels of the groups.
    own : Words
        The words of the reader's language.
    """
    found = rows[rows["measure"].isin(names) & (rows["period"] == "") & (rows["scale"] == "")]
    recorded, several = set(found["measure"]), set(rows["group"][rows["group_by"] != "group"])
    bounded = several & set(groups) or set(groups)  # beside everyone, single groups are told without their intervals
    body = []
    for name in [name for name in names if name in recorded]:
        for basis, same in found[found["measure"] == name].groupby("basis", sort=False):
            by = {row["group"]: row for row in row_dicts(same)}
            cells = [(_cell if group in bounded else _count)(by.get(group), own) for group in groups]
            body.append((_named(name, str(basis), own), *cells))
    missing = [measure_label(name, own) for name in names if name not in recorded]
    told: list[Block] = []
    if body:
        caption = own.text("process.report.figure_caption", part=own.text(f"process.report.{part}"))
        heads = (own.text("heads.figure"), *groups.values())
        told.append(Table(caption, heads, tuple(body), own.text("process.report.note")))
    if body and missing:
        told.append(Text((own.text("process.report.not_recorded", what="; ".join(missing)),)))
    return told


def choices_table(rows: pd.DataFrame, part: str, names: Sequence[str], groups: Mapping[str, str],
                  own: Words) -> list[Block]:  # fmt: skip
    """How the measures of one part are spread over their choices, group by group: a row a choice."""
    body = []
    for name in names:
        found = rows[(rows["measure"] == name) & (rows["period"] == "")]
        by = {(row["basis"], row["group"]): row for row in row_dicts(found)}
        label = measure_label(name, own)
        body += [(own.text("process.report.choice_of", what=label, choice=choice_label(name, choice, own)),
                  *(_count(by.get((choice, group)), own) for group in groups))
                 for choice in _choices(name, found) if any((choice, group) in by for group in groups)]  # fmt: skip
    caption = own.text("process.report.choices_caption", what=own.text(f"process.report.{part}"))
    return [Table(caption, (own.text("process.report.choice"), *groups.values()), tuple(body))] if body else []


def halves_table(rows: pd.DataFrame, name: str, groups: Mapping[str, str], own: Words) -> list[Block]:
    """The same for the first and the second half of the sessions, a row a group and half, a column a choice."""
    found = rows[(rows["measure"] == name) & rows["period"].isin(HALVES)]
    by = {(row["group"], row["period"], row["basis"]): row for row in row_dicts(found)}
    choices = _choices(name, found)
    body = tuple(
        (own.text("process.report.group_half", group=label, half=own.text(f"process.report.{half}")),
         *(_count(by.get((group, half, choice)), own) for choice in choices))
        for group, label in groups.items() for half in HALVES if any(key[:2] == (group, half) for key in by)
    )  # fmt: skip
    caption = own.text("process.report.halves_caption", what=measure_label(name, own))
    heads = (own.text("process.report.group_and_half"), *(choice_label(name, choice, own) for choice in choices))
    return [Table(caption, heads, body)] if body else []


def methods_table(rows: pd.DataFrame, scales: Mapping[str, str], groups: Mapping[str, str],
                  own: Words) -> list[Block]:  # fmt: skip
    """How the sessions with each method were rated: a row a method (and group), a column a scale of the form.

    Parameters
    ----------
    rows : DataFrame
        The estimates of the groups that are shown.
    scales, groups : mapping
        Labels of the scales, and of the groups; of individual supervision the person's own page tells.
    own : Words
        The words of the reader's language.
    """
    found = rows[rows["measure"].eq("session_mean_by_method") & rows["group"].isin(list(groups))]
    rated = [scale for scale in scales if (found["scale"] == scale).any()]
    by = {(row["basis"], row["group"], row["scale"]): row for row in row_dicts(found)}
    told = [(method, group) for method in sorted(set(found["basis"])) for group in groups
            if any(key[:2] == (method, group) for key in by)]  # fmt: skip
    body = tuple((_whose(method, group, groups, own), *(_rated(by.get((method, group, scale)), own) for scale in rated))
                 for method, group in told)  # fmt: skip
    heads = (measure_label("session_method", own), *(scales[scale] for scale in rated))
    caption, note = (own.text(f"process.report.by_method_{part}") for part in ("caption", "note"))
    return [Table(caption, heads, body, note)] if body else []


def _whose(method: str, group: str, groups: Mapping[str, str], own: Words) -> str:
    """A method, and where several are told of the group."""
    return method if len(groups) < 2 else own.text("figures.group_and", group=method, rest=groups[group])


def _rated(row: _Row | None, own: Words) -> str:
    """A mean and how many people rated; in words where they are too few."""
    if row is None:
        return own.text("process.report.blank")
    return own.text("process.report.mean_and_people", mean=figure_text(row, own.language), n=row["n"])


def _choices(name: str, found: pd.DataFrame) -> list[str]:
    """The choices in the order of the log; names in the supervisor's own words by the alphabet."""
    table, _, column = measures()[name].columns[0].partition(".")
    return [choice for choice in TABLES[table][column].allowed or sorted(set(found["basis"])) if len(found)]


def people_table(rows: pd.DataFrame, own: Words) -> list[Block]:
    """How many sessions each person came to, in the order of their codes."""
    found = rows[(rows["group_by"] == "person") & (rows["measure"] == "sessions_attended")]
    body = tuple(
        (own.text("process.report.person", place=row["group"]),
         own.text("language.count_of", count=round(row["value"]), of=int(row["of"])))
        for row in row_dicts(found)
    )  # fmt: skip
    heads = (own.text("process.report.person_head"), own.text("process.report.attended"))
    return [Table(own.text("process.report.people_caption"), heads, body)] if body else []


def shown_rows(rows: pd.DataFrame, groups: Mapping[str, str]) -> pd.DataFrame:
    """The rows of the groups that are told; an only group is told as the whole evaluation, sessions as its own."""
    if len(groups) > 1:
        return rows[rows["group_by"].isin(["evaluation", "audience", "group"]) & rows["group"].isin(list(groups))]
    whole = rows["group_by"] == "evaluation"
    alone = (rows["group_by"] == "group") & ~rows["period"].isin(["", *HALVES])
    charted = (rows["group_by"] == "group") & rows["measure"].str.startswith("series_")
    return rows[whole | alone | charted].assign(group=SUMMARY_GROUP)


def measure_label(name: str, own: Words) -> str:
    """What a measure of the session cycle is called in a report."""
    return own.text(f"process.measures.{name}")


def choice_label(name: str, choice: str, own: Words) -> str:
    """What a choice is called: as in the log; a name in the supervisor's own words as it is."""
    table, _, column = measures()[name].columns[0].partition(".")
    if choice not in TABLES[table][column].allowed:
        return choice
    said = texts(own.language)["values"][column][choice]
    return str(said if isinstance(said, str) else said[0])


def _named(name: str, basis: str, own: Words) -> str:
    label = measure_label(name, own)
    if not basis:
        return label
    bases = texts(own.language)["process"]["bases"]
    said = bases.get(basis) or (
        own.text("process.report.sessions_later", n=int(basis)) if basis.isdecimal() else choice_label(name, basis, own)
    )
    return own.text("process.report.basis", what=label, basis=said)


def _cell(row: _Row | None, own: Words) -> str:
    return own.text("process.report.blank") if row is None else value_text(row, own)


def _count(row: _Row | None, own: Words) -> str:
    """A figure without its interval, for tables of many."""
    return _cell(None if row is None else dict(row) | {"low": np.nan, "high": np.nan}, own)


def value_text(row: _Row, own: Words) -> str:
    """A figure with its interval: a share with what it counts, anything else with its measure's digits."""
    measure = measures()[row["measure"]]
    if not np.isfinite(row["value"]):
        return own.text(f"notes.{row['note'] or 'missing'}")
    bounded = bool(np.isfinite(row["low"]) and np.isfinite(row["high"]))
    if measure.unit in _SUMS:
        return own.text("process.report.percent", share=own.number(row["value"] * 100, 0))
    if measure.unit.startswith("share"):
        low, high = ((own.number(row[end] * 100, 0) if bounded else "") for end in ("low", "high"))
        return own.text(f"process.report.count{'_interval' if bounded else ''}", of=int(row["of"]), low=low, high=high,
                        count=round(row["value"] * row["of"]), share=own.number(row["value"] * 100, 0))  # fmt: skip
    signed = row["measure"].endswith("_change")
    value = own.number(row["value"], measure.digits, signed=signed)
    if not bounded:
        return value
    low, high = (own.number(row[end], measure.digits, signed=signed) for end in ("low", "high"))
    return own.text("process.report.interval", value=value, low=low, high=high)
