"""The page of the commissioner's report that stands alone: three sentences, one picture, every goal and its verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from evaltools.blocks import Block, Heading, Section, Table, Text
from evaltools.goal_verdicts import verdict_counts, verdict_text
from evaltools.released_contract import final_changes
from evaltools.released_pictures import change_picture
from evaltools.sealed import Release, require_release
from evaltools.wording import Words, words

_Json = Mapping[str, Any]
_MOST_DRAWN = 10  # changes in the picture; of more, those of the scales that the contract's goals name
_MOST_NAMED = 3  # outcomes by name in a sentence; more are counted
_OUTCOMES = ("increase", "decrease", "suggests_increase", "suggests_decrease", "cannot_tell", "not_shown")
_GOALS = ("reached", "better", "not_reached", "worse", "suggests_better", "suggests_worse", "cannot_tell", "differs",
          "share")  # fmt: skip
_NOTHING_TOLD = ("rated", "rated_by_few", "not_shown", "not_measured")


def summary(release: Release, language: str) -> Section:
    """The report on one page: three sentences, a picture of the changes, and the goals with a plain verdict each."""
    document, own = require_release(release).document, words(language)
    drawn = drawn_changes(document)
    blocks: list[Block] = [
        Heading(own.text("report.summary")),
        Text((_sessions(document, own), _goals(document, own), _outcomes(document, own))),
    ]
    if drawn:
        caption = own.text("figures.changes_caption")
        if len(drawn) < len(_final(document)):
            left = own.text("one_page.drawn", drawn=len(drawn), of=len(_final(document)))
            caption = f"{caption} {left}"
        blocks.append(change_picture(drawn, document, own, caption))
    goals = document["contract"]["goals"]
    if goals:
        heads = (own.text("heads.goal"), own.text("heads.verdict"))
        rows = tuple((goal["text"], verdict_text(goal, document, own)) for goal in goals)
        blocks.append(Table(own.text("tables.verdicts"), heads, rows, own.text("report.no_cause")))
    else:
        blocks.append(Text((own.text("report.no_cause"),)))
    return Section(tuple(blocks))


def drawn_changes(document: _Json) -> list[_Json]:
    """The changes that the page's picture shows: all, or of many those that the contract's goals are about."""
    final = _final(document)
    aims = [(goal.get("indicator"), goal.get("group", "")) for goal in document["contract"]["goals"]]
    named = [change for change in final
             if any(scale == change["scale"] and group in ("", change["group"]) for scale, group in aims)]  # fmt: skip
    return named if named and len(final) > _MOST_DRAWN else final


def counted(document: _Json) -> set[int]:
    """Every number that the page counts from the release's rows: goals, outcomes, changes drawn, most people."""
    goals, outcomes = (
        verdict_counts(document),
        Counter({key: len(names) for key, names in _by_verdict(document).items()}),
    )
    final = _final(document)
    found = {
        *goals.values(),
        goals.total(),
        sum(goals[key] for key in _NOTHING_TOLD),
        goals["reached"],
        goals["better"],
    }
    found |= {*outcomes.values(), outcomes.total(), len(drawn_changes(document)), len(final)}
    return found | {max((change["n"] for change in final), default=0)}


def scales_in_order(document: _Json) -> list[_Json]:
    """The release's scales: those that the contract's goals name first, in the goals' order."""
    named = [goal.get("indicator") for goal in document["contract"]["goals"]]
    return sorted(
        document["scales"], key=lambda scale: named.index(scale["scale"]) if scale["scale"] in named else len(named)
    )


def _final(document: _Json) -> list[_Json]:
    """The last change of every outcome in every group."""
    return [change for scale in scales_in_order(document) for change in final_changes(scale["scale"], document)]


def _sessions(document: _Json, own: Words) -> str:
    counts, contract = document["process"], document["contract"]
    known = [name for name in ("held", "planned") if f"sessions_{name}" in counts]
    kind = "held_of_planned" if len(known) == 2 else "held" if known == ["held"] else "not_recorded"
    fill = {name: own.number(counts[f"sessions_{name}"], 0) for name in known}
    return own.text(f"one_page.sessions.{kind}", period=own.period(contract), **fill)


def _goals(document: _Json, own: Words) -> str:
    counts = verdict_counts(document)
    if not counts:
        return own.text("report.no_goals")
    first = "reached" if any("expected" in goal for goal in document["contract"]["goals"]) else "better"
    told = [own.text(f"one_page.goals.{key}", count=counts[key]) for key in _GOALS if key != first and counts[key]]
    nothing = sum(counts[key] for key in _NOTHING_TOLD)
    told += [own.text("one_page.goals.nothing", count=nothing)] if nothing else []
    lead = own.text(f"one_page.goals.lead_{first}", count=counts[first], of=counts.total())
    return own.text("one_page.sentence", parts=own.listed([lead, *told]))


def _outcomes(document: _Json, own: Words) -> str:
    """What may be said of all outcomes: like verdicts together, by name where they are few."""
    found = _by_verdict(document)
    if not found:
        return own.text("report.no_outcomes")
    of = sum(map(len, found.values()))
    told = [
        own.text(f"one_page.outcomes.{key}", what=_named(found[key], of, document, own))
        for key in _OUTCOMES
        if key in found
    ]
    people = max((change["n"] for change in _final(document)), default=0)
    lead = own.text("one_page.outcomes.lead", n=people) if people else own.text("one_page.outcomes.lead_none")
    return own.text("one_page.outcomes.sentence", lead=lead, parts="; ".join(told))


def _by_verdict(document: _Json) -> dict[str, list[tuple[str, str]]]:
    """Scale and group of every outcome, by the verdict on its last change; those without one as not shown."""
    found: dict[str, list[tuple[str, str]]] = {}
    told = set()
    for change in _final(document):
        told.add((change["scale"], change["group"]))
        found.setdefault(change["verdict"], []).append((change["scale"], change["group"]))
    hidden = dict.fromkeys((row["scale"], row["group"]) for row in document["absences"])
    left = [pair for pair in hidden if pair not in told]
    return found | ({"not_shown": left} if left else {})


def _named(outcomes: list[tuple[str, str]], of: int, document: _Json, own: Words) -> str:
    if len(outcomes) > _MOST_NAMED:
        return own.text("one_page.outcomes.counted", count=len(outcomes), of=of)
    scales = {scale["scale"]: scale for scale in document["scales"]}
    names = []
    for scale, group in outcomes:
        name = own.label(scales[scale]["label"])
        name = own.text("one_page.outcomes.in_group", scale=name, group=group) if group else name
        better = scales[scale]["higher_is_better"]
        names.append(name if better else own.text("one_page.outcomes.lower_is_better", scale=name))
    return own.listed(names)
