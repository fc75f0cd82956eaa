"""Which outcomes the supervisor's report tells one by one, and between which waves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaltools.analysis import Analysis
from evaltools.change_rows import primary_contrast
from evaltools.facts import Facts
from evaltools.instruments import Scale
from evaltools.levels import taken_apart
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.wording import Words, is_shown


def main_outcomes(analysis: Analysis, own: Words) -> list[tuple[Analysis, Scale, str]]:
    """The scales by which goals are measured, then those that the plan tells the commissioner of, by kind of group.

    Parameters
    ----------
    analysis : Analysis
        Of the whole evaluation.
    own : Words
        The words of the reader's language.

    Returns
    -------
    list of (Analysis, Scale, str)
        The part of the analysis that it is about, the scale, and its name with whom it is about. Nothing of a kind of
        which there is one person only: that stands on the person's own page.
    """
    facts, parts = analysis.facts, taken_apart(analysis)
    told = [(kind, part, main_answered(part)) for kind, part in parts]
    return [(part, facts.scales[name], titled(own.label(facts.scales[name].label), kind, own))
            for name in main_scales(facts) for kind, part, scales in told if facts.scales[name] in scales]  # fmt: skip


def main_answered(part: Analysis) -> list[Scale]:
    """Those of the main scales that a kind of group has answered; none of a kind of one person."""
    answered = [] if is_one_person(part) else answered_scales(part)
    return [part.facts.scales[name] for name in main_scales(part.facts) if part.facts.scales[name] in answered]


def main_scales(facts: Facts) -> list[str]:
    """The scales by which goals are measured, in the order of the goals; then those for the commissioner."""
    indicators = [goal["indicator"] for goal in facts.goals if goal.get("indicator") in facts.scales]
    return list(dict.fromkeys([*indicators, *(name for name in facts.scales if facts.compared[name])]))


def answered_scales(part: Analysis) -> list[Scale]:
    """The scales that anybody of a kind of group answered."""
    scales = part.facts.scales.values()
    rows = part.estimates[(part.estimates["measure"] == "people_measured") & (part.estimates["n"] > 0)]
    answered = set(rows["scale"])
    return [scale for scale in scales if scale.id in answered]


def last_change(part: Analysis, scale: Scale) -> dict[Any, Any] | None:
    """The row of mean change of everyone of a kind to the plan's last wave; None where there is none.

    Where too few answered then, the last wave at which enough did.
    """
    rows = part.estimates[(part.estimates["scale"] == scale.id) & (part.estimates["group"] == SUMMARY_GROUP)]
    waves = linked_waves(rows, answered_waves(rows, part.facts))
    if len(waves) < 2:
        return None
    found = rows[(rows["measure"] == "mean_change") & (rows["wave"] == next(iter(waves)))]
    changes = {row["wave_to"]: row for row in row_dicts(found)}
    planned = changes.get(final_wave(part.facts, scale, waves))
    shown = [row for row in changes.values() if is_shown(row)]
    return planned if planned and is_shown(planned) else next(reversed(shown), planned)


def titled(label: str, kind: str, own: Words) -> str:
    """A scale's name; where kinds of groups are told apart, with whom it is about."""
    if not kind:
        return label
    return own.text("contract_report.scale_of", scale=label, kind=own.text(f"contract_report.audiences.{kind}"))


def linked_waves(rows: pd.DataFrame, waves: Mapping[str, str]) -> dict[str, str]:
    """The waves from the first at which somebody answered with a code: between them change is counted."""
    first = set(rows["wave"][rows["measure"] == "at_floor"])
    at = next((at for at, wave in enumerate(waves) if wave in first), len(waves))
    return dict(list(waves.items())[at:])


def answered_waves(rows: pd.DataFrame, facts: Facts) -> dict[str, str]:
    """The waves at which anybody was measured on the scale; a planned one is not told of yet."""
    measured = rows[(rows["measure"] == "people_measured") & (rows["n"] > 0)]
    return {wave: label for wave, label in facts.waves.items() if (measured["wave"] == wave).any()}


def final_wave(facts: Facts, scale: Scale, waves: Mapping[str, str]) -> str:
    """The wave to which change is told first: the plan's last, else the last with answers."""
    planned = primary_contrast(facts, scale, list(waves))[1]
    return planned if planned in waves else list(waves)[-1]


def is_one_person(part: Analysis) -> bool:
    """Whether a kind of group is one person."""
    return sum(part.facts.people.values()) == 1
