"""The estimates as tables for the supervisor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pandas as pd

from evaltools.analysis import Analysis
from evaltools.blocks import Table
from evaltools.facts import Facts
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.wording import Words, figure_text, interval_text, words

_Row = Mapping[Any, Any]


def measured(part: Analysis, title: str, language: str) -> Table | None:
    """How many were measured at each wave, of each group; scales that as many answered stand on one row.

    Parameters
    ----------
    part : Analysis
        Of one kind of group.
    title : str
        What the table is called.
    language : str
        Of the table.

    Returns
    -------
    Table or None
        None where nobody has answered anything. Waves without answers are left out.
    """
    own, facts = words(language), part.facts
    counted = part.estimates[(part.estimates["measure"] == "people_measured") & (part.estimates["n"] > 0)]
    waves = {wave: label for wave, label in facts.waves.items() if (counted["wave"] == wave).any()}
    labels = group_labels(facts, own)
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for row in row_dicts(counted[counted["group"].isin(list(labels))]):
        counts.setdefault((row["scale"], row["group"]), {})[row["wave"]] = row["n"]
    single = [group for group in labels if group != SUMMARY_GROUP]
    alike: dict[tuple[str, ...], list[str]] = {}
    for scale in dict.fromkeys(scale for scale, _ in counts):
        numbers = [
            [counts.get((scale, group), {}).get(wave, 0) for group in (SUMMARY_GROUP, *single)] for wave in waves
        ]
        cells = (_whole_and_parts(whole, parts, own) for whole, *parts in numbers)
        alike.setdefault(tuple(cells), []).append(own.label(facts.scales[scale].label))
    body = tuple((", ".join(names), *cells) for cells, names in alike.items())
    note = own.text("tables.measured_note", groups=own.listed([labels[group] for group in single])) if single else ""
    heads = (own.text("heads.scale"), *waves.values())
    return Table(own.text("tables.measured", of=title), heads, body, note) if body else None


def _whole_and_parts(whole: int, parts: list[int], own: Words) -> str:
    """How many together, and of each group."""
    return own.text("tables.parts", whole=whole, parts=" + ".join(map(str, parts))) if parts and whole else str(whole)


def group_labels(facts: Facts, own: Words) -> dict[str, str]:
    """Labels of the rows of a table: the whole evaluation, then each group; an only group is told once."""
    if len(facts.groups) > 1:
        return {SUMMARY_GROUP: own.text("supervisor.everyone")} | dict(facts.groups)
    label = next((label for group, label in facts.groups.items() if group != SUMMARY_GROUP), "")
    return {SUMMARY_GROUP: label or own.text("supervisor.everyone")}


def changes(estimates: pd.DataFrame, title: str, groups: Mapping[str, str], waves: Mapping[str, str],
            language: str) -> Table:  # fmt: skip
    """Change from the first wave to each later one, group by group."""
    own = words(language)
    first = next(iter(waves))
    body = []
    for key, rows in estimates[estimates["wave"] == first].groupby(["group", "wave_to"], sort=False):
        group, wave_to = map(str, cast("tuple[str, str]", key))
        if group not in groups or not wave_to:
            continue
        by = {row["measure"]: row for row in row_dicts(rows)}
        change = by["mean_change"]
        body.append((
            own.text("tables.group_and_waves", group=groups[group], wave_to=waves[wave_to]),
            str(by["pairs"]["n"]), _with_spread(by, "before", language), _with_spread(by, "after", language),
            figure_text(change, language, signed=True), _unbroken(interval_text(change, language, signed=True)),
        ))  # fmt: skip
    heads = ("group_and_wave", "pairs", "before", "after", "change", "interval")
    caption = own.text("tables.changes", scale=title, wave=waves[first])
    return Table(caption, tuple(own.text(f"heads.{head}") for head in heads), tuple(body),
                 own.text("tables.changes_note"))  # fmt: skip


def _with_spread(by: Mapping[str, _Row], when: str, language: str) -> str:
    mean, sd = by[f"mean_{when}"], by[f"sd_{when}"]
    shown = figure_text(mean, language)
    return shown if mean["note"] else _unbroken(f"{shown} ({figure_text(sd, language)})")


def _unbroken(figures: str) -> str:
    """Figures that belong together stay on one line."""
    return figures.replace(" ", "\N{NO-BREAK SPACE}")


def load_log(log: pd.DataFrame, language: str) -> Table:
    """For every file: rows read, used and left out, and columns that nothing declares."""
    own = words(language)
    heads = ("file", "sheet", "rows_read", "rows_used", "blank_rows", "left_out_because", "columns_left_out")
    told = [
        row | {"left_out_because": left_out_text(row["left_out_because"], language) or "0"} for row in row_dicts(log)
    ]
    body = tuple(tuple(str(row[head]) for head in heads) for row in told)
    return Table(own.text("tables.load_log"), tuple(own.text(f"heads.{head}") for head in heads), body)


def left_out_text(because: str, language: str) -> str:
    """Why rows of a file were left out, with how many, in words.

    >>> left_out_text("other_subject: 3", "en")
    'other subject: 3'
    """
    own = words(language)
    reasons = (part.split(": ") for part in because.split(", ") if part)
    return ", ".join(f"{own.text(f'left_out.{reason}')}: {count}" for reason, count in reasons)
