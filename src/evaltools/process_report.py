"""The session cycle as the supervisor reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaltools.analysis import Analysis
from evaltools.blocks import Block, Callout, Figure, Heading, Section, Table, Text
from evaltools.facts import Facts
from evaltools.plots import Mark, levels_plot, with_alternative
from evaltools.process_series import series_blocks, signal_sentences
from evaltools.process_tables import (
    choices_table,
    figures_table,
    halves_table,
    measure_label,
    methods_table,
    people_table,
    shown_rows,
    value_text,
)
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.tables import group_labels
from evaltools.wording import Words, words

_FIGURES: Mapping[str, tuple[str, ...]] = {
    "sessions": (
        "sessions_planned", "sessions_held", "sessions_cancelled", "sessions_moved", "sessions_kept", "interval_median",
        "interval_iqr", "interval_sd", "interval_longest", "interval_as_agreed", "hours_held", "minutes_held",
        "protected_time", "sessions_shortened", "sessions_interrupted", "reflection_share", "reflection_not_advice",
        "mission_clarified", "individual_met", "sessions_with_new", "sessions_with_teaching", "teaching_minutes",
    ),
    "participation": (
        "attendance_share", "mean_sessions_attended", "share_listed", "share_asked", "share_analysed",
        "share_reflected", "share_contributed", "share_took_from_others", "share_feedback_received",
        "share_feedback_useful", "participation_gini", "silent_people",
    ),
    "questions": (
        "questions_listed", "questions_per_session", "questions_carried", "question_waiting_days", "questions_left",
        "owner_gini", "handled_gini", "order_kept", "question_owner_satisfied", "question_minutes",
        "question_concrete", "question_ethics", "question_emotion_named", "question_insight", "question_usefulness",
        "question_alternatives", "question_perspectives", "question_possibilities", "question_resources",
        "difficulty_before", "difficulty_after", "difficulty_change", "lingers_before", "lingers_after",
        "lingers_change", "understanding_before", "understanding_after", "understanding_change",
    ),
    "moments": ("moment_given", "moment_within_24h", "moment_tools", "moment_reinforced"),
    "ideas": (
        "ideas_noted", "idea_followed_up", "idea_tried", "idea_helped", "idea_helped_fully", "idea_still_used",
        "idea_retention", "follow_up_reinforced", "follow_up_adapted", "tools_per_person", "idea_resource_named",
        "idea_spread", "idea_shared_strategy",
    ),
    "feedback": ("feedback_cases", "feedback_closed", "feedback_open", "feedback_days_to_close", "wishes_met"),
}  # fmt: skip
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "sessions": ("session_format", "session_method", "order_decided_by"),
    "questions": ("question_handled", "question_type", "question_formulated_by", "question_concerns",
                  "question_counterpart", "question_focus", "question_level", "question_theme"),
    "moments": ("moment_what",),
    "ideas": ("idea_kind", "idea_noticed_by", "idea_noticed_how"),
    "feedback": ("feedback_from", "feedback_outcome"),
}  # fmt: skip
_HALVES = ("question_type", "question_focus")
_CHAIN = ("ideas_noted", "idea_followed_up", "idea_tried", "idea_helped", "idea_still_used")


def process(analysis: Analysis, language: str) -> Section:
    """The part of the supervisor's report about the session cycle; what is not recorded is told as that.

    Parameters
    ----------
    analysis : Analysis
        Of the evaluation.
    language : str
        Language of the report.
    """
    facts, own = analysis.facts, words(language)
    heading = Heading(own.text("report.process"))
    if not facts.sessions:
        return Section((heading, Text((own.text("process.not_recorded"),))))
    groups = _groups(facts, own)
    rows = shown_rows(analysis.estimates, groups)
    told = signals(analysis, own)
    blocks: list[Block] = [heading, Text((own.text("process.report.lead"),)), *_signal_blocks(told, own)]
    nothing = []
    for part in _FIGURES:
        about = _part(part, rows, groups, analysis, own)
        if any(isinstance(block, (Table, Figure)) for block in about):
            blocks += [Heading(own.text(f"process.report.{part}"), 3), *about]
        else:
            nothing.append(own.text(f"process.report.{part}"))
    if nothing:
        told_of = own.text("process.report.nothing", what="; ".join(nothing))
        blocks += [Heading(own.text("process.report.nothing_title"), 3), Text((told_of,))]
    series = series_blocks(rows, facts, groups, own)
    return Section((*blocks, *series))


def _part(part: str, rows: pd.DataFrame, groups: Mapping[str, str], analysis: Analysis, own: Words) -> list[Block]:
    """What one part of the cycle has: its figures, pictures, choices, and how they are spread."""
    facts = analysis.facts
    blocks = figures_table(rows, part, _FIGURES[part], groups, own)
    blocks += _pictures(part, rows, groups, own)
    if part == "participation":
        blocks += people_table(analysis.estimates, own)
    blocks += choices_table(rows, part, _CHOICES.get(part, ()), _wholes(facts, groups), own)
    if part == "sessions":
        scales = {name: own.label(scale.label) for name, scale in facts.every_scale.items()}
        several = {group: label for group, label in _wholes(facts, groups).items() if group not in facts.individual}
        blocks += methods_table(rows, scales, several, own)
    for name in (name for name in _HALVES if name in _CHOICES.get(part, ())):
        blocks += halves_table(rows, name, _wholes(facts, groups), own)
    return blocks


def _groups(facts: Facts, own: Words) -> dict[str, str]:
    """What figures stand for: everybody and each group; where kinds of groups are told apart, each kind of several."""
    if not facts.audiences:
        return group_labels(facts, own)
    several = [kind for kind, groups in facts.audiences.items() if len(groups) > 1]
    return {kind: own.text(f"contract_report.audiences.{kind}") for kind in several} | dict(facts.groups)


def signals(analysis: Analysis, own: Words) -> list[str]:
    """What stands out in the log, a sentence each; nothing where no session is recorded."""
    if not analysis.facts.sessions:
        return []
    groups = _groups(analysis.facts, own)
    return list(signal_sentences(shown_rows(analysis.estimates, groups), analysis.facts, groups, own))


def _wholes(facts: Facts, groups: Mapping[str, str]) -> dict[str, str]:
    """Everyone of each kind of group: of a kind with several groups their common cell, else its only group."""
    if not facts.audiences:
        return {SUMMARY_GROUP: groups[SUMMARY_GROUP]}
    cells = [kind if len(own) > 1 else own[0] for kind, own in facts.audiences.items()]
    return {cell: groups[cell] for cell in cells}


def _together(rows: pd.DataFrame, groups: Mapping[str, str]) -> dict[str, str]:
    """The cells in which several groups stand together; where there are none, the groups."""
    several = set(rows["group"][rows["group_by"] != "group"])
    return {group: label for group, label in groups.items() if group in several} or dict(groups)


def _signal_blocks(told: list[str], own: Words) -> list[Block]:
    title = own.text("process.report.signals_title")
    if not told:
        return [Callout(title, own.text("process.report.no_signals"))]
    return [Callout(title, own.text("process.report.signals_lead")), Text(tuple(told))]


def _pictures(part: str, rows: pd.DataFrame, groups: Mapping[str, str], own: Words) -> list[Block]:
    if part == "ideas":
        chains = (_chain(rows[rows["group"] == group], label, own, number)
                  for number, (group, label) in enumerate(_together(rows, groups).items()))  # fmt: skip
        return [block for chain in chains for block in chain]
    return _attendance(rows, groups, own) if part == "participation" else []


def _chain(rows: pd.DataFrame, label: str, own: Words, number: int) -> list[Block]:
    """The idea chain of everybody together, each step as a count of all ideas."""
    whole = rows[rows["basis"].isin(["", "all"])]
    by = {row["measure"]: row for row in row_dicts(whole)}
    steps = [by[name] for name in _CHAIN if name in by]
    if len(steps) < 2:
        return []
    n = int(by["ideas_noted"]["value"])
    counts = [n, *(round(row["value"] * n) for row in steps[1:])]
    marks = [Mark(measure_label(row["measure"], own), str(count), bar=(0, count))
             for row, count in zip(steps, counts, strict=True)]  # fmt: skip
    ends = (own.text("process.report.chain_none"), own.text("process.report.chain_all", n=n))
    return [_marks_figure(marks, (0, n), ends, "chain", own, label, number)]


def _attendance(rows: pd.DataFrame, groups: Mapping[str, str], own: Words) -> list[Block]:
    found = rows[(rows["measure"] == "attendance_share") & (rows["period"] == "")]
    marks = [_share_mark(row, groups[row["group"]], own) for row in row_dicts(found)]
    ends = (own.text("process.report.percent", share=0), own.text("process.report.percent", share=100))
    return [_marks_figure(marks, (0, 1), ends, "attendance", own)] if marks else []


def _share_mark(row: Mapping[Any, Any], name: str, own: Words) -> Mark:
    bar = None if pd.isna(row["low"]) else (row["low"], row["high"])
    return Mark(name, value_text(row, own), row["value"], bar)


def _marks_figure(
    marks: list[Mark], ends: tuple[float, float], words: tuple[str, str], key: str, own: Words, group: str = "",
    number: int = 0,
) -> Figure:  # fmt: skip
    told = "; ".join(f"{mark.name}: {mark.words}" for mark in marks)
    alternative = own.text(f"process.report.{key}_alternative", marks=told, group=group)
    heads = (own.text("heads.figure"), own.text("heads.value"))
    caption = own.text(f"process.report.{key}_caption", group=group)
    table = Table(caption, heads, tuple((mark.name, mark.words) for mark in marks))
    svg = with_alternative(levels_plot(marks, ends, words, f"process-{key}-{number}"), alternative)
    return Figure(svg, alternative, caption, table)
