"""What the supervisor reads of change: the outcomes of goals and plan one by one, all other scales in a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from evaltools.analysis import Analysis
from evaltools.blocks import Block, Figure, Heading, Section, Table, Text
from evaltools.caveats import caveats
from evaltools.companions import companion, everyone_kept, individuals, reversed_items, sensitivity
from evaltools.details import details, details_tables
from evaltools.facts import Facts
from evaltools.instruments import Scale
from evaltools.levels import taken_apart
from evaltools.outcome_choice import (
    answered_waves,
    final_wave,
    is_one_person,
    linked_waves,
    main_answered,
    main_outcomes,
    titled,
)
from evaltools.plots import Mark, levels_plot, with_alternative
from evaltools.scale_overview import other_scales
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.statistics.verdicts import verdict_rule
from evaltools.tables import changes, group_labels
from evaltools.wording import Words, confidential_change, figure_text, interval_text, minimal_change_text, words

_RESULT = 2  # heading and sentences of an outcome, which stay with it
_SEVERAL = 2  # so many outcomes share a sentence that is told once


def outcomes(analysis: Analysis, language: str) -> Section:
    """Each outcome of goals and plan: sentences, picture, table, checks; then every other scale as a row."""
    facts, own = analysis.facts, words(language)
    blocks: list[Block] = [
        Heading(own.text("report.outcomes")),
        Text((own.text("supervisor.outcomes_lead", **_levels(own)),)),
    ]
    told = []
    for number, (part, scale, label) in enumerate(main_outcomes(analysis, own)):
        rows = part.estimates[part.estimates["scale"] == scale.id]
        told.append(_outcome(rows, scale, part.facts, own, f"s{number}", label))
    blocks += _said_once(told, own)
    if not facts.scales:
        blocks.append(Text((own.text("report.no_outcomes"),)))
    blocks += other_scales(analysis, own)
    if any(is_one_person(part) for _, part in taken_apart(analysis)):
        blocks.append(Text((own.text("supervisor.one_person"),)))
    return Section(tuple(blocks))


def _said_once(outcomes: list[list[Block]], own: Words) -> list[Block]:
    """The blocks of all outcomes; what is to be weighed in, and notes of tables, the same of every one is told once."""
    said = [[it for block in blocks[_RESULT:] for it in _sentences(block)] for blocks in outcomes]
    flat = [block for blocks in outcomes for block in blocks]
    common = set(said[0]).intersection(*said[1:]) - {own.text("caveats.lead")} if len(outcomes) >= _SEVERAL else set()
    if not common:
        return flat
    first = dict.fromkeys(it for it in said[0] if it in common)
    kept = [_without(block, common) for block in flat]
    return [Text((own.text("supervisor.for_all"), *first)), *(it for it in kept if it != Text(()))]


def _sentences(block: Block) -> tuple[str, ...]:
    """What a block says that others may say too: its paragraphs, or the note of its table."""
    if isinstance(block, Text):
        return block.paragraphs
    table = block.table if isinstance(block, Figure) else block
    return (table.note,) if isinstance(table, Table) and table.note else ()


def _without(block: Block, common: set[str]) -> Block:
    if isinstance(block, Text):
        return Text(tuple(it for it in block.paragraphs if it not in common))
    if isinstance(block, Figure) and block.table.note in common:
        return replace(block, table=replace(block.table, note=""))
    return replace(block, note="") if isinstance(block, Table) and block.note in common else block


def statistics(analysis: Analysis, language: str) -> Section:
    """For the statistically minded: robust, exact and standardised figures, and those over several waves."""
    own = words(language)
    notes = tuple(own.text(f"details.{kind}_note") for kind in ("tests", "sizes", "over_waves"))
    told, no_dose = [], False
    for kind, part in taken_apart(analysis):
        for scale in main_answered(part):
            rows = part.estimates[part.estimates["scale"] == scale.id]
            waves = linked_waves(rows, answered_waves(rows, part.facts))
            if len(waves) > 1:
                final, everyone = final_wave(part.facts, scale, waves), rows[rows["group"] == SUMMARY_GROUP]
                between = own.text("details.figures", wave=next(iter(waves.values())), wave_to=waves[final])
                told.append((titled(between, kind, own), own.label(scale.label), details(everyone, waves, final, own)))
                no_dose |= not (everyone["measure"] == "dose_slope").any()
    lead = (own.text("details.lead"), *(notes if told else ()), *([own.text("details.no_dose")] if no_dose else []))
    return Section((Heading(own.text("details.title")), Text(lead), *details_tables(told, own)))


def _levels(own: Words) -> dict[str, str]:
    """The levels of the two intervals by which a change gets its word, in per cent."""
    rule = verdict_rule()
    return {"sure": own.number(rule.sure * 100, 0), "likely": own.number(rule.likely * 100, 0)}


def _asked(rows: pd.DataFrame, facts: Facts, own: Words) -> dict[str, str]:
    """Labels of groups, without those of which nobody has answered the scale: they were not asked."""
    measured = set(rows["group"][(rows["measure"] == "people_measured") & (rows["n"] > 0)])
    return {group: label for group, label in group_labels(facts, own).items() if group in measured | {SUMMARY_GROUP}}


def _outcome(
    rows: pd.DataFrame, scale: Scale, facts: Facts, own: Words, key: str, label: str
) -> list[Block]:  # fmt: skip
    every, groups, waves = rows, _asked(rows, facts, own), answered_waves(rows, facts)
    rows = _shown_once(rows[rows["wave"].isin(list(waves)) & rows["wave_to"].isin(["", *waves])], groups)
    heading = Heading(label, 3)
    if not waves:
        return [heading, Text((own.text("report.no_outcomes"),))]
    figure, linked = _figure(rows, scale, waves, label, own, key), linked_waves(rows, waves)
    if not linked:
        return [heading, Text((own.text("supervisor.not_linked"),)), figure]
    checked = caveats(every, linked, facts.then_tests, own)
    final = final_wave(facts, scale, linked)
    blocks: list[Block] = [heading, *map(Text, _change_sentences(rows, scale, groups, linked, final, own)), figure]
    if len(linked) > 1:
        counted = rows[(rows["group"] == SUMMARY_GROUP) | (rows["wave_to"] == final)]
        blocks.append(changes(counted, label, groups, linked, own.language))
    return [
        *blocks, Text((own.text("caveats.lead"), *checked)),
        Text((individuals(rows, linked, own), _consistency(rows, waves, own),
              *reversed_items(rows, scale, waves, own))),
    ]  # fmt: skip


def _change_sentences(
    rows: pd.DataFrame, scale: Scale, groups: Mapping[str, str], waves: Mapping[str, str], final: str, own: Words
) -> Iterator[tuple[str, ...]]:
    """A sentence for everyone's change since the first wave, to the last and the one that counts; each group's to that.

    Everyone's change to the last wave has a companion; those to waves between stand in the table. Where there is one
    wave only, that. Then what belongs to all of them: checks, what so few can show, the smallest change that counts.
    """
    first, last, minimal = next(iter(waves)), list(waves)[-1], scale.minimal_change
    found = rows[(rows["measure"] == "mean_change") & (rows["wave"] == first)]
    everyone_last = (found["group"] == SUMMARY_GROUP) & (found["wave_to"] == last)
    main = row_dicts(found[everyone_last | (found["wave_to"] == final)])
    told = []
    for row in main:
        labels = groups[row["group"]], waves[first], waves[row["wave_to"]]
        beside = companion(rows, row, own) if (row["group"], row["wave_to"]) == (SUMMARY_GROUP, last) else ""
        told.append(f"{confidential_change(row, *labels, minimal.value, own.language)} {beside}".rstrip())
    if not told:
        yield (own.text("supervisor.one_wave"),)
        return
    rule = minimal_change_text(f"{minimal.value:.3g}", minimal.citation, own.language)
    more = everyone_kept(rows, waves, own), sensitivity(rows, main, own)
    yield tuple(told)
    yield (*filter(None, more), rule)


def _shown_once(rows: pd.DataFrame, groups: Mapping[str, str]) -> pd.DataFrame:
    """Rows of the groups shown; an only group is told under the whole evaluation, not twice."""
    wanted = rows["group"].isin(list(groups)) & ((rows["group_by"] == "group") | (rows["group"] == SUMMARY_GROUP))
    return rows[wanted & ((rows["group_by"] == "evaluation") | (len(groups) > 1))]


def _figure(rows: pd.DataFrame, scale: Scale, waves: Mapping[str, str], label: str, own: Words, key: str) -> Figure:
    means = rows[(rows["measure"] == "mean") & (rows["group"] == SUMMARY_GROUP)]
    low, high = scale.score_range
    marks, body = [], []
    for row in row_dicts(means):
        name = own.text("figures.wave_and_people", wave=waves[row["wave"]], n=row["n"])
        marks.append(_mark(row, name, (low, high), own))
        body.append((name, figure_text(row, own.language), interval_text(row, own.language)))
    ends = (own.number(low, 0), own.number(high, 0))
    fill = {"scale": label, "low": ends[0], "high": ends[1]}
    alternative = own.text(
        "figures.levels_alternative", **fill, marks="; ".join(f"{mark.name}: {mark.words}" for mark in marks)
    )
    heads = tuple(own.text(f"heads.{head}") for head in ("wave", "mean", "interval"))
    table = Table(own.text("tables.means", **fill), heads, tuple(body), own.text("tables.means_note"))
    svg = with_alternative(levels_plot(marks, (low, high), ends, key), alternative)
    return Figure(svg, alternative, own.text("figures.means_caption", **fill), table)


def _mark(row: Mapping[Any, Any], name: str, ends: tuple[float, float], own: Words) -> Mark:
    if row["note"] in ("below_limit", "too_few"):
        return Mark(name, figure_text(row, own.language))
    bar = None if pd.isna(row["low"]) else (max(row["low"], ends[0]), min(row["high"], ends[1]))
    return Mark(name, figure_text(row, own.language), row["value"], bar)


def _consistency(rows: pd.DataFrame, waves: Mapping[str, str], own: Words) -> str:
    """Alpha at the first wave, where enough people answered to say anything about it."""
    alpha = rows[rows["measure"] == "alpha"]
    if alpha.empty:
        return own.text("supervisor.alpha_not_defined")
    row = row_dicts(alpha)[0]
    if row["note"]:
        return own.text("supervisor.alpha_too_few", n=row["n"])
    return own.text("supervisor.alpha", alpha=figure_text(row, own.language), n=row["n"], wave=waves[row["wave"]])
