"""What the supervisor reads, confidentially: everything computed, down to groups of five."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaltools.analysis import Analysis
from evaltools.blocks import Block, Callout, Figure, Heading, KeyFigures, Section, Table, Text
from evaltools.caveats import caveats
from evaltools.companions import companion, everyone_kept, individuals, reversed_items, sensitivity
from evaltools.details import details
from evaltools.errors import sentences
from evaltools.facts import Facts
from evaltools.instruments import Scale
from evaltools.levels import taken_apart
from evaltools.plots import Mark, levels_plot, with_alternative
from evaltools.process_report import process
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.statistics.verdicts import verdict_rule
from evaltools.tables import changes, group_labels, load_log, measured
from evaltools.wording import Words, confidential_change, figure_text, interval_text, minimal_change_text, words


def cover(analysis: Analysis, language: str) -> Section:
    """Title, a warning whom it is for, and the size of the evaluation."""
    facts, own = analysis.facts, words(language)
    blocks: list[Block] = [
        Heading(own.text("supervisor.title"), 1, facts.contract.get("commissioner", facts.evaluation)),
        Callout(own.text("supervisor.confidential"), own.text("supervisor.confidential_why")),
    ]
    if facts.notice:
        blocks.append(Callout(own.text("report.notice"), facts.notice))
    figures = [
        (str(sum(facts.people.values())), own.text("key.people_all")),
        (str(len(facts.groups)), own.text("key.groups")),
        (str(len(facts.waves)), own.text("key.waves")),
        (
            str(sum(counts.get("held", 0) for counts in facts.sessions.values())),
            own.text("key.sessions_held"),
        ),
    ]
    return Section((*blocks, KeyFigures(tuple(figures))))


def data(analysis: Analysis, language: str) -> Section:
    """What was read, used and left out, what is to be known about it, and who has been measured when."""
    facts, own = analysis.facts, words(language)
    counts = (
        measured(part.estimates, scale.id, _titled(own.label(scale.label), kind, own), group_labels(part.facts, own),
                 facts.waves, language)
        for kind, part in taken_apart(analysis)
        for scale in _answered_scales(part)
    )  # fmt: skip
    told = sentences(facts.notes, language)
    notes: tuple[Block, ...] = (Heading(own.text("supervisor.notes"), 3), Text(tuple(told))) if told else ()
    return Section((Heading(own.text("supervisor.data")), load_log(facts.load_log, language), *notes, *counts))


def outcomes(analysis: Analysis, language: str) -> Section:
    """Each outcome: a sentence for every change, picture, table, reliable change, consistency of the scale."""
    facts, own = analysis.facts, words(language)
    blocks: list[Block] = [
        Heading(own.text("report.outcomes")),
        Text((own.text("supervisor.outcomes_lead", **_levels(own)),)),
    ]
    told = [(kind, part, scale) for kind, part in taken_apart(analysis) for scale in _answered_scales(part)]
    for number, (kind, part, scale) in enumerate(told):
        rows = part.estimates[part.estimates["scale"] == scale.id]
        blocks += _outcome(rows, scale, part.facts, own, f"s{number}", _titled(own.label(scale.label), kind, own))
    if not facts.scales:
        blocks.append(Text((own.text("report.no_outcomes"),)))
    return Section(tuple(blocks))


def statistics(analysis: Analysis, language: str) -> Section:
    """For the statistically minded: robust, exact and standardised figures, and those over several waves."""
    own = words(language)
    blocks: list[Block] = [Heading(own.text("details.title")), Text((own.text("details.lead"),))]
    for kind, part in taken_apart(analysis):
        for scale in _answered_scales(part):
            rows = part.estimates[part.estimates["scale"] == scale.id]
            groups = _asked(rows, part.facts, own)
            waves = _linked(rows, _answered(rows, part.facts))
            if len(waves) > 1:
                label = _titled(own.label(scale.label), kind, own)
                blocks += [Heading(label, 3), *details(_shown_once(rows, groups), label, groups, waves, own)]
    return Section(tuple(blocks))


def sessions(analysis: Analysis, language: str) -> Section:
    """The session cycle: sessions, who took part, questions, ideas, wishes and complaints, and what stands out."""
    return process(analysis, language)


def method(analysis: Analysis, language: str) -> Section:
    """How the figures were computed, and which instruments they rest on."""
    facts, own = analysis.facts, words(language)
    heads = tuple(own.text(f"heads.{head}") for head in ("instrument", "version", "status", "licence", "source"))
    rows = tuple(
        (own.label(key.label), key.version, own.text(f"status.{key.status}"), key.licence, key.source)
        for key in facts.instruments
    )
    points = ("change", "interval", "standardised", "several", "reliable", "cause")
    return Section((
        Heading(own.text("supervisor.method")), Text(tuple(own.text(f"method.{point}") for point in points)),
        Table(own.text("tables.instruments"), heads, rows),
    ))  # fmt: skip


def _levels(own: Words) -> dict[str, str]:
    """The levels of the two intervals by which a change gets its word, in per cent."""
    rule = verdict_rule()
    return {"sure": own.number(rule.sure * 100, 0), "likely": own.number(rule.likely * 100, 0)}


def _titled(label: str, kind: str, own: Words) -> str:
    """A scale's name; where kinds of groups are told apart, with whom it is about."""
    if not kind:
        return label
    return own.text("contract_report.scale_of", scale=label, kind=own.text(f"contract_report.audiences.{kind}"))


def _answered_scales(part: Analysis) -> list[Scale]:
    """The scales that anybody of a kind of group answered."""
    scales = part.facts.scales.values()
    rows = part.estimates[(part.estimates["measure"] == "people_measured") & (part.estimates["n"] > 0)]
    return [scale for scale in scales if (rows["scale"] == scale.id).any()]


def _asked(rows: pd.DataFrame, facts: Facts, own: Words) -> dict[str, str]:
    """Labels of groups, without those of which nobody has answered the scale: they were not asked."""
    measured = set(rows["group"][(rows["measure"] == "people_measured") & (rows["n"] > 0)])
    return {group: label for group, label in group_labels(facts, own).items() if group in measured | {SUMMARY_GROUP}}


def _outcome(
    rows: pd.DataFrame, scale: Scale, facts: Facts, own: Words, key: str, label: str
) -> list[Block]:  # fmt: skip
    every, groups, waves = rows, _asked(rows, facts, own), _answered(rows, facts)
    rows = _shown_once(rows[rows["wave"].isin(list(waves)) & rows["wave_to"].isin(["", *waves])], groups)
    heading = Heading(label, 3)
    if not waves:
        return [heading, Text((own.text("report.no_outcomes"),))]
    figure, linked = _figure(rows, scale, waves, groups, own, key), _linked(rows, waves)
    if not linked:
        return [heading, Text((own.text("supervisor.not_linked"),)), figure]
    checked = caveats(every, linked, facts.then_tests, own)
    blocks: list[Block] = [heading, Text(_change_sentences(rows, scale, groups, linked, own)), figure]
    if len(linked) > 1:
        blocks.append(changes(rows, label, groups, linked, own.language))
    return [
        *blocks, Text((own.text("caveats.lead"), *checked)),
        Text((individuals(rows, linked, own), _consistency(rows, waves, own),
              *reversed_items(rows, scale, waves, own))),
    ]  # fmt: skip


def _linked(rows: pd.DataFrame, waves: Mapping[str, str]) -> dict[str, str]:
    """The waves from the first at which somebody answered with a code: between them change is counted."""
    first = set(rows["wave"][rows["measure"] == "at_floor"])
    at = next((at for at, wave in enumerate(waves) if wave in first), len(waves))
    return dict(list(waves.items())[at:])


def _answered(rows: pd.DataFrame, facts: Facts) -> dict[str, str]:
    """The waves at which anybody was measured on the scale; a planned one is not told of yet."""
    measured = rows[(rows["measure"] == "people_measured") & (rows["n"] > 0)]
    return {wave: label for wave, label in facts.waves.items() if (measured["wave"] == wave).any()}


def _change_sentences(
    rows: pd.DataFrame, scale: Scale, groups: Mapping[str, str], waves: Mapping[str, str], own: Words
) -> tuple[str, ...]:
    """A sentence for every change from the first wave, to the last with a companion; or that there is none yet."""
    first, last, minimal = next(iter(waves)), list(waves)[-1], scale.minimal_change
    main = row_dicts(rows[(rows["measure"] == "mean_change") & (rows["wave"] == first)])
    told = []
    for row in main:
        labels = groups[row["group"]], waves[first], waves[row["wave_to"]]
        beside = companion(rows, row, own) if row["wave_to"] == last else ""
        told.append(f"{confidential_change(row, *labels, minimal.value, own.language)} {beside}".rstrip())
    if not told:
        return (own.text("supervisor.one_wave"),)
    rule = minimal_change_text(f"{minimal.value:.3g}", minimal.citation, own.language)
    more = everyone_kept(rows, waves, own), sensitivity(rows, main, own)
    return (*told, *filter(None, more), rule)


def _shown_once(rows: pd.DataFrame, groups: Mapping[str, str]) -> pd.DataFrame:
    """Rows of the groups shown; an only group is told under the whole evaluation, not twice."""
    wanted = rows["group"].isin(list(groups)) & ((rows["group_by"] == "group") | (rows["group"] == SUMMARY_GROUP))
    return rows[wanted & ((rows["group_by"] == "evaluation") | (len(groups) > 1))]


def _figure(
    rows: pd.DataFrame, scale: Scale, waves: Mapping[str, str], groups: Mapping[str, str], own: Words, key: str
) -> Figure:
    means = rows[rows["measure"] == "mean"]
    low, high = scale.score_range
    marks, body = [], []
    for row in row_dicts(means):
        name = own.text("figures.wave_and_people", wave=waves[row["wave"]], n=row["n"])
        name = own.text("figures.group_and", group=groups[row["group"]], rest=name)
        marks.append(_mark(row, name, (low, high), own))
        body.append((name, figure_text(row, own.language), interval_text(row, own.language)))
    ends = (own.number(low, 0), own.number(high, 0))
    fill = {"scale": own.label(scale.label), "low": ends[0], "high": ends[1]}
    alternative = own.text(
        "figures.levels_alternative", **fill, marks="; ".join(f"{mark.name}: {mark.words}" for mark in marks)
    )
    heads = tuple(own.text(f"heads.{head}") for head in ("group_and_wave", "mean", "interval"))
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
