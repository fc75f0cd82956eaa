"""Scales that belong to no goal and are not told to the commissioner: a row each, in a table for each kind of group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from evaltools.analysis import Analysis
from evaltools.blocks import Block, Heading, Table, Text
from evaltools.companions import reversed_items
from evaltools.instruments import Scale
from evaltools.levels import taken_apart
from evaltools.outcome_choice import answered_scales, answered_waves, is_one_person, last_change, main_scales, titled
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.wording import Words, confidential_verdict, figure_text, interval_text

_MOST_GROUPS = 4  # of which each has a column of its own beside everyone


def other_scales(analysis: Analysis, own: Words) -> list[Block]:
    """The scales that belong to no goal and are not the commissioner's, a table for each kind of group."""
    blocks: list[Block] = []
    warnings: list[str] = []
    for kind, part, scales in remaining(analysis, own):
        blocks.append(_overview(part, scales, titled(own.text("supervisor.others"), kind, own), own))
        for scale in scales:
            rows = part.estimates[part.estimates["scale"] == scale.id]
            warnings += reversed_items(rows, scale, part.facts.waves, own)
    if not blocks:
        return []
    lead = Text((own.text("supervisor.others_lead"),))
    return [Heading(own.text("supervisor.others"), 3), lead, *blocks, *([Text(tuple(warnings))] if warnings else [])]


def remaining(analysis: Analysis, own: Words) -> list[tuple[str, Analysis, list[Scale]]]:
    """The kinds of group, each with its part of the analysis and the scales that are not told one by one."""
    told = main_scales(analysis.facts)
    kinds = [(kind, part) for kind, part in taken_apart(analysis) if not is_one_person(part)]
    rest = [(kind, part, [it for it in answered_scales(part) if it.id not in told]) for kind, part in kinds]
    return [(kind, part, scales) for kind, part, scales in rest if scales]


def _overview(part: Analysis, scales: list[Scale], caption: str, own: Words) -> Table:
    """A row a scale: from when to when, how many, level before and after, the change, what it may be called."""
    groups = part.facts.groups if 1 < len(part.facts.groups) <= _MOST_GROUPS else {}
    heads = ("scale", "people", "mean_before", "mean_after", "change_and_interval", "word")
    told = [(_compared(part, scale, own), _overview_row(part, scale, groups, own)) for scale in scales]
    usual = Counter(waves for waves, _ in told).most_common(1)[0][0]
    body = tuple((name if waves == usual else own.text("supervisor.scale_at", scale=name, waves=waves), *rest)
                 for waves, (name, *rest) in told)  # fmt: skip
    return Table(caption, (*(own.text(f"heads.{head}") for head in heads), *groups.values()), body,
                 own.text("supervisor.others_note", waves=usual))  # fmt: skip


def _compared(part: Analysis, scale: Scale, own: Words) -> str:
    """From when to when a scale is compared; the only wave where there is one."""
    change, waves = last_change(part, scale), part.facts.waves
    if change is None:
        rows = part.estimates[part.estimates["scale"] == scale.id]
        return next(iter(answered_waves(rows, part.facts).values()))
    return own.text("language.from_to", low=waves[change["wave"]], high=waves[change["wave_to"]])


def _overview_row(part: Analysis, scale: Scale, groups: Mapping[str, str], own: Words) -> tuple[str, ...]:
    rows = part.estimates[part.estimates["scale"] == scale.id]
    label, change = own.label(scale.label), last_change(part, scale)
    if change is None:
        means = rows[(rows["measure"] == "mean") & (rows["group"] == SUMMARY_GROUP) & (rows["n"] > 0)]
        first = row_dicts(means)[0]
        level = figure_text(first, own.language)
        blank = own.text("process.report.blank")
        return (label, str(first["n"]), level, *[blank] * (3 + len(groups)))
    pair = rows[(rows["wave"] == change["wave"]) & (rows["wave_to"] == change["wave_to"])]
    by = {(row["measure"], row["group"]): row for row in row_dicts(pair)}
    levels = [figure_text(by[f"mean_{when}", SUMMARY_GROUP], own.language) for when in ("before", "after")]
    own_changes = [figure_text(by["mean_change", group], own.language, signed=True) for group in groups]
    told = change_text(change, own), word_of(change, scale, own)
    return (label, str(change["n"]), *levels, *told, *own_changes)


def word_of(change: Mapping[Any, Any], scale: Scale, own: Words) -> str:
    """What a change may be called, in a word or two; why not where there are too few people."""
    if change["note"] in ("below_limit", "too_few"):
        return own.text(f"notes.{change['note']}")
    return own.text(f"supervisor.words.{confidential_verdict(change, scale.minimal_change.value)}")


def change_text(row: Mapping[Any, Any], own: Words) -> str:
    """A change and, in brackets, its interval, where it has one."""
    value, interval = figure_text(row, own.language, signed=True), interval_text(row, own.language, signed=True)
    return own.text("details.with_interval", value=value, interval=interval) if interval else value
