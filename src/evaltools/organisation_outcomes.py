"""What an organisation reads about one outcome after another: all groups together, each in the light of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from evaltools.blocks import Block, Figure, Heading, Section, Table, Text
from evaltools.funnel_plot import Axis, Dot, Limits, funnel_plot
from evaltools.measures import limits
from evaltools.plots import Mark, levels_plot, with_alternative
from evaltools.pooled_changes import (
    between_groups,
    funnel,
    may_compare,
    pooled_change,
    shrunken_changes,
    standing_out,
)
from evaltools.portfolio import Portfolio
from evaltools.released_changes import GroupChange, Outcome, outcomes_of
from evaltools.statistics.estimate import Estimate
from evaltools.wording import Words, minimal_change_text, words

_STEPS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_MOST_TICKS = 7
_DIGITS = 2  # of what is reckoned from means of one decimal


def outcomes(portfolio: Portfolio, language: str) -> Section:
    """For each outcome: the change in all groups together, how the groups differ, each group beside the others."""
    own = words(language)
    blocks: list[Block] = [
        Heading(own.text("organisation.outcomes")),
        Text((own.text("organisation.outcomes_lead"), own.text("organisation.rounded"))),
    ]
    told = known_outcomes(portfolio)
    for number, outcome in enumerate(told):
        blocks += [Heading(outcome_name(outcome, told, own), 3), Text(tuple(_sentences(outcome, own)))]
        blocks += [_groups(outcome, own, f"g{number}"), *_funnel(outcome, own, f"f{number}")]
    if not told:
        blocks.append(Text((own.text("organisation.no_outcomes"),)))
    return Section(tuple(blocks))


@lru_cache(maxsize=4)
def known_outcomes(portfolio: Portfolio) -> tuple[Outcome, ...]:
    """The outcomes of which a change has been released; worked out once for all sections of a report."""
    return tuple(outcomes_of(portfolio))


def outcome_name(outcome: Outcome, among: Sequence[Outcome], own: Words) -> str:
    """A scale's name; where another has the same, with its questionnaire, version and basis as far as they differ."""
    name = own.label(outcome.scale["label"])
    alike = [other for other in among if own.label(other.scale["label"]) == name]
    if len(alike) == 1:
        return name
    place = [id(other) for other in alike].index(id(outcome)) + 1
    return own.text("organisation.same_name", scale=name, instrument=own.label(outcome.instrument["label"]),
                    version=outcome.instrument["version"], place=place)  # fmt: skip


def pooled_sentences(outcome: Outcome, own: Words) -> list[str]:
    """The change in all groups together, and what may be said of it."""
    found = pooled_within(outcome)
    fill = {"groups": len(outcome.changes), "n": people_in(outcome), "scale": own.label(outcome.scale["label"]),
            "low_end": own.number(outcome.scale["low"], 0), "high_end": own.number(outcome.scale["high"], 0),
            "least": int(limits()["modelled_groups"])} | _numbers(found, own)  # fmt: skip
    if len(outcome.changes) == 1:
        return [own.text("organisation.mean.one", **fill)]
    if not np.isfinite(found.low):
        return [own.text("organisation.mean.equal", **fill)]
    said = "up" if found.low > 0 else "down" if found.high < 0 else "unclear"
    sentences = [own.text("organisation.mean.interval", **fill), own.text(f"organisation.mean.{said}", **fill)]
    if not may_compare(len(outcome.changes)):
        sentences.append(own.text("organisation.mean.few", **fill))
    return sentences


def _sentences(outcome: Outcome, own: Words) -> list[str]:
    sentences = [" ".join(pooled_sentences(outcome, own)), *_difference_sentences(outcome, own)]
    if may_compare(len(outcome.changes)):
        sentences.append(_naming_sentence(outcome, own))
    sentences += _rounding_sentences(outcome, own)
    basis = "assumed" if outcome.basis == "assumed" else "reference"
    sentences.append(own.text(f"organisation.spread.{basis}", basis=outcome.basis,
                              sd=own.number(outcome.spread, _DIGITS)))  # fmt: skip
    sentences.append(minimal_change_text(**outcome.scale["minimal_change"], language=own.language))
    if not outcome.scale["higher_is_better"]:
        sentences.append(own.text("goals.lower_is_better"))
    return sentences


def _difference_sentences(outcome: Outcome, own: Words) -> list[str]:
    """How much the groups differ, in plain words, and where a new group is expected."""
    found = between_groups(*outcome.effects)
    if found is None:
        return []
    ends = [float(found.tau2.value), float(found.tau2.low), float(found.tau2.high)]
    sd, low, high = (own.number(end**0.5, _DIGITS) if end >= 0 else "" for end in ends)
    said = "alike" if not high else "sure" if ends[1] > 0 else "unsure"
    share = own.number(100 * float(found.i_squared.value), 0)
    sentences = [own.text(f"organisation.between.{said}", sd=sd, low=low, high=high, share=share)]
    if np.isfinite(found.prediction.low):
        sentences.append(own.text("organisation.prediction", **_numbers(found.prediction, own)))
    return sentences


def _naming_sentence(outcome: Outcome, own: Words) -> str:
    named = standing_out(*outcome.effects)
    found = [change for change, stands in zip(outcome.changes, named, strict=True) if stands]
    if not found:
        return own.text("organisation.named.none")
    return own.text("organisation.named.some", groups=own.listed([group_name(change, own) for change in found]))


def _rounding_sentences(outcome: Outcome, own: Words) -> list[str]:
    """What the form of the released means costs, and which figures are of several groups."""
    coarse = sum(change.slack > 0 for change in outcome.changes)
    whole = sum(change.whole for change in outcome.changes)
    sentences = []
    if coarse:
        sentences.append(own.text("organisation.coarse", n=coarse, groups=len(outcome.changes)))
    if whole:
        sentences.append(own.text("organisation.whole", n=whole))
    return sentences


def group_name(change: GroupChange, own: Words) -> str:
    """The evaluation, and the group where it has several."""
    if not change.group:
        return own.text("organisation.all_groups", evaluation=change.evaluation) if change.whole else change.evaluation
    return own.text("organisation.group", evaluation=change.evaluation, group=change.group)


def _groups(outcome: Outcome, own: Words, key: str) -> Block:
    """Every group's released change, in the order of the folders, and beside it the one that the others' allow for."""
    found = shrunken_changes(*outcome.effects)
    names = [group_name(change, own) for change in outcome.changes]
    released = [own.shown(change.shown, signed=True) for change in outcome.changes]
    heads = ["group", "people", "waves", "released_change"] + ([] if found is None else ["in_their_light"])
    rows = []
    for at, change in enumerate(outcome.changes):
        waves = own.text("organisation.waves", wave=change.waves[0], wave_to=change.waves[1])
        beside = [] if found is None else [_interval(found, at, own)]
        rows.append((names[at], str(change.n), waves, released[at], *beside))
    fill = {"scale": own.label(outcome.scale["label"])}
    note = own.text("organisation.groups_note_few" if found is None else "organisation.groups_note")
    table = Table(own.text("organisation.groups_caption", **fill), heads_of(heads, own), tuple(rows), note)
    if found is None or len(rows) > limits()["drawn_groups"] or not np.isfinite(found.low).all():
        return table
    marks = [Mark(name, _interval(found, at, own), float(found.value[at]),
                  (float(found.low[at]), float(found.high[at]))) for at, name in enumerate(names)]  # fmt: skip
    step, ends = round_scale([*found.low, *found.high, 0.0])
    digits = 2 if step < 0.1 else 1
    end_words = (own.number(ends[0], digits, signed=True), own.number(ends[1], digits, signed=True))
    alternative = own.text("organisation.groups_alternative", **fill,
                           marks="; ".join(f"{mark.name}: {mark.words}" for mark in marks))  # fmt: skip
    svg = levels_plot(marks, ends, end_words, key)
    return Figure(
        with_alternative(svg, alternative), alternative, own.text("organisation.groups_figure", **fill), table
    )


def _funnel(outcome: Outcome, own: Words, key: str) -> list[Block]:
    """Limits for orientation, for every size of group that there is; how many lie outside, not which."""
    if not may_compare(len(outcome.changes)):
        return []
    middle, sizes = outcome.effects[0], np.array([change.n for change in outcome.changes])
    narrow, wide = funnel(middle, outcome.spread, sizes)
    outside = [(middle < limit.low) | (middle > limit.high) for limit in (narrow, wide)]
    rows = []
    for size in np.unique(sizes):
        at = int(np.flatnonzero(sizes == size)[0])
        counts = [str(int((out & (sizes == size)).sum())) for out in outside]
        rows.append(
            (str(size), str(int((sizes == size).sum())), ends_told(narrow, at, own), ends_told(wide, at, own), *counts)
        )
    fill = {"scale": own.label(outcome.scale["label"]), "groups": len(sizes), "narrow": int(outside[0].sum()),
            "wide": int(outside[1].sum()),
            "mean": own.number(float(narrow.value[0]), _DIGITS, signed=True)}  # fmt: skip
    heads = ["people", "groups", "limits_95", "limits_998", "outside_95", "outside_998"]
    table = Table(own.text("organisation.funnel_table", **fill), heads_of(heads, own), tuple(rows),
                  own.text("organisation.funnel_note"))  # fmt: skip
    if len(rows) == 1:  # limits at one size are two points and no line
        return [table]
    alternative = own.text("organisation.funnel_alternative", **fill)
    svg = with_alternative(_funnel_picture(outcome, (narrow, wide), own, key), alternative)
    caption = own.text("organisation.funnel_figure", **fill)
    if any(change.slack for change in outcome.changes):
        caption = f"{caption} {own.text('organisation.funnel_bars')}"
    return [Figure(svg, alternative, caption, table)]


def _funnel_picture(outcome: Outcome, found: tuple[Estimate, Estimate], own: Words, key: str) -> str:
    dots = [Dot(change.n, change.middle, (change.middle - change.slack, change.middle + change.slack))
            for change in outcome.changes]  # fmt: skip
    order = np.argsort([dot.n for dot in dots], kind="stable")
    lines = [Limits([dots[at].n for at in order], limit.low[order].tolist(), limit.high[order].tolist())
             for limit in found]  # fmt: skip
    step, ends = round_scale([*found[1].low, *found[1].high, *(end for dot in dots for end in dot.ends)])
    digits = 2 if step < 0.1 else 1
    at_change = np.arange(round(ends[0] / step), round(ends[1] / step) + 1) * step
    least, most = min(dot.n for dot in dots), max(dot.n for dot in dots)
    every = max(1, -(-(most - least) // _MOST_TICKS))
    people = [(float(n), str(n)) for n in range(least, most + 1, every)]
    change = [(float(at), own.number(float(at), digits, signed=True)) for at in at_change]
    return funnel_plot(dots, float(found[0].value[0]), lines, Axis(own.text("organisation.axes.people"), people),
                       Axis(own.text("organisation.axes.change"), change), key)  # fmt: skip


def pooled_within(outcome: Outcome) -> Estimate:
    """The mean change of the groups; its interval ends where the scale does."""
    found, most = pooled_change(*outcome.effects), outcome.scale["high"] - outcome.scale["low"]
    return replace(found, low=np.clip(found.low, -most, most), high=np.clip(found.high, -most, most))


def round_scale(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """A round step and round ends for a picture that holds all the values."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    step = next((step for step in _STEPS if (high - low) / step <= _MOST_TICKS - 2), _STEPS[-1])
    return step, (float(np.floor(low / step) * step), float(np.ceil(high / step) * step))


def people_in(outcome: Outcome) -> int:
    """People behind all the changes."""
    return sum(change.n for change in outcome.changes)


def heads_of(names: Sequence[str], own: Words) -> tuple[str, ...]:
    """The headings of a table's columns."""
    return tuple(own.text(f"organisation.heads.{name}") for name in names)


def _numbers(found: Estimate, own: Words) -> dict[str, str]:
    return {name: own.number(float(number), _DIGITS, signed=True) if np.isfinite(number) else ""
            for name, number in (("change", found.value), ("low", found.low), ("high", found.high))}  # fmt: skip


def ends_told(found: Estimate, at: int | None, own: Words) -> str:
    """The interval of one group, or of all where ``at`` is None, in words."""
    low, high = (float(end if at is None else end[at]) for end in (found.low, found.high))
    return own.text("language.from_to", low=own.number(low, _DIGITS, signed=True),
                    high=own.number(high, _DIGITS, signed=True))  # fmt: skip


def _interval(found: Estimate, at: int, own: Words) -> str:
    """A shrunken change with its interval in brackets; the value alone where it has none."""
    value = own.number(float(found.value[at]), _DIGITS, signed=True)
    if not np.isfinite(found.low[at]):
        return value
    return own.text("organisation.value_and_interval", value=value, interval=ends_told(found, at, own))
