"""The picture of goals: how far each goal of the contract has come, by what has been released."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evaltools.blocks import Figure, Section, Table
from evaltools.goal_verdicts import goal_verdicts, verdict_word
from evaltools.plots import with_alternative
from evaltools.released_contract import final_changes, is_about
from evaltools.sealed import Release, require_release
from evaltools.shown import Shown
from evaltools.steps_plot import Step, steps_plot
from evaltools.wording import Words, words

_Json = Mapping[str, Any]
_STEPS = {"worse": 0, "not_reached": 1, "suggests_worse": 1, "cannot_tell": 2, "suggests_better": 3, "better": 3,
          "reached": 4}  # fmt: skip
_SURE = ("worse", "not_reached", "better", "reached")
_MIDDLE = 2


def attainment(release: Release, language: str) -> Section:
    """The picture of how far each goal has come; nothing where no goal has a verdict that can be shown."""
    picture = goals_picture(require_release(release).document, words(language))
    return Section((picture,) if picture else ())


def goals_picture(document: _Json, own: Words) -> Figure | None:
    """How far every goal has come, on steps from the wrong direction to reached; None where there is none to draw.

    A goal with different verdicts in different groups has a row for each group. The table tells the change that the
    contract expected and the one that was released.
    """
    drawn, body = [], []
    for goal in document["contract"]["goals"]:
        for group, key, word in _verdicts(goal, document, own):
            name = own.text("figures.group_and", group=group, rest=goal["text"]) if group else goal["text"]
            drawn.append(Step(name, word, _STEPS.get(key), key in _SURE))
            body.append((name, _shown(goal, group, document, own), _expected(goal, own), word))
    if not any(step.at is not None for step in drawn):
        return None
    told = "; ".join(f"{step.name} {step.words}" for step in drawn)
    alternative = own.text("figures.goals_alternative", marks=told)
    ends = (own.text("goal_verdicts.word.worse"), own.text("goal_verdicts.word.reached"))
    svg = with_alternative(steps_plot(drawn, ends, _MIDDLE, max(_STEPS.values()) + 1, "goals"), alternative)
    heads = tuple(own.text(f"heads.{head}") for head in ("goal", "shown", "expected", "verdict"))
    return Figure(
        svg, alternative, own.text("figures.goals_caption"), Table(own.text("tables.goals_far"), heads, tuple(body))
    )


def _verdicts(goal: _Json, document: _Json, own: Words) -> Iterator[tuple[str, str, str]]:
    """Group ("" where all have the same), key and words of each verdict on a goal."""
    found = goal_verdicts(goal, document)
    said = {group: verdict_word(key, goal, group, document, own) for group, key in found.items()}
    if len(set(said.values())) == 1:
        group, key = next(iter(found.items()))
        yield "", key, said[group]
    else:
        yield from ((group, key, said[group]) for group, key in found.items())


def _expected(goal: _Json, own: Words) -> str:
    if "expected" not in goal:
        return own.text("figures.no_level")
    return own.decimal(f"{goal['expected']:.3g}", signed=True)


def _shown(goal: _Json, group: str, document: _Json, own: Words) -> str:
    """The released changes that a goal is judged by, with the group where there are several."""
    changes = [change for change in final_changes(goal.get("indicator", ""), document)
               if group in ("", change["group"]) and is_about(goal, change)]  # fmt: skip
    told = [(change["group"], own.shown(Shown(**change["shown"]), signed=True)) for change in changes]
    if len(told) == 1:
        return told[0][1]
    named = [own.text("figures.group_and_shown", group=name, shown=shown) for name, shown in told]
    return "; ".join(named) or own.text("figures.no_change_shown")
