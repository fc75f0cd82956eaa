"""A release in its closed vocabulary: what has been decided, and the named facts that are copied beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaltools import __version__
from evaltools.facts import Facts
from evaltools.plan_items import due_items
from evaltools.policy import Policy, released_minimal_change
from evaltools.released_rates import Rates
from evaltools.timeline import EVENT_KINDS, Moment

SCHEMA = 1
_OF_A_GOAL = ("goal", "text", "owner", "level", "indicator", "expected", "organisation_goal")
_Json = dict[str, Any]


def release_document(facts: Facts, policy: Policy, decided: Mapping[str, list[_Json]], rates: Rates) -> _Json:
    """The release as nested tables, without its checksum.

    Parameters
    ----------
    facts : Facts
        Of which only what is named here is copied.
    policy : Policy
        The policy by which was decided.
    decided : mapping
        ``figures``, ``changes`` and ``absences`` of scales.
    rates : Rates
        What goes out about the work itself.
    """
    told = {row["scale"] for rows in decided.values() for row in rows}
    scales = [scale for scale in facts.scales.values() if scale.id in told]
    asked = {scale.instrument for scale in scales}
    return {
        "schema": SCHEMA, "evaluation": facts.evaluation, "language": facts.language,
        "report_date": facts.report_date.isoformat(), "notice": facts.notice,
        "contract": _contract(facts, policy), "plan": _plan(facts), "process": _process(facts),
        "scales": [
            {"scale": scale.id, "label": dict(scale.label), "instrument": scale.instrument,
             "low": scale.score_range[0], "high": scale.score_range[1], "items": scale.item_count,
             "higher_is_better": scale.higher_is_better,
             "minimal_change": {"value": released_minimal_change(scale), "citation": scale.minimal_change.citation}}
            | _other_policy(facts, policy, scale.id)
            for scale in scales
        ],
        **{name: _by_scale(rows) for name, rows in decided.items()},
        "shares": rates.shares, "share_absences": rates.absences,
        "instruments": [
            {"instrument": key.id, "label": dict(key.label), "version": key.version, "status": key.status,
             "licence": key.licence, "source": key.source}
            for key in facts.instruments
            if key.id in asked
        ],
        "policy": {"name": policy.name, "hash": policy.hash, "smallest_panel": policy.smallest_panel,
                   "pooled_groups": policy.pooled_groups, "pooled_people": policy.pooled_people},
        "quotes": _quotes(facts), "recommendations": facts.recommendations, "versions": {"evaltools": __version__},
    }  # fmt: skip


def _by_scale(rows: list[_Json]) -> list[_Json]:
    """Rows in the order of the scales' names, so that a repeated release has the same bytes as the first."""
    return sorted(rows, key=lambda row: str(row["scale"]))


def _other_policy(facts: Facts, policy: Policy, scale: str) -> _Json:
    """The policy of a scale, where the plan names another than the evaluation's."""
    named = facts.policies.get(scale, policy.name)
    return {} if named == policy.name else {"policy": named}


def _quotes(facts: Facts) -> list[_Json]:
    """The quotes approved for the commissioner: their words and theme, nothing of who or when."""
    return [
        {"text": quote.text, "theme": quote.theme}
        for quote in facts.quotes
        if (quote.reader, quote.state) == ("commissioner", "out")
    ]


def _contract(facts: Facts, policy: Policy) -> _Json:
    contract = facts.contract
    copied = {
        name: contract[name] for name in ("commissioner", "purpose", "form", "audience", "sector") if name in contract
    }
    months = {
        "start_month": contract.get("start"),
        "end_month": contract.get("end", contract.get("planned_end")),
    }
    copied |= {name: f"{pd.Timestamp(day):%Y-%m}" for name, day in months.items() if day is not None}
    if "interval_days_from" in contract:
        copied["interval_days"] = [int(contract["interval_days_from"]), int(contract["interval_days_to"])]
    if facts.individual:
        copied["individual"] = [facts.groups[group] for group in facts.individual]
    return copied | {
        "supervisors": list(facts.supervisors), "groups": list(facts.groups.values()),
        "waves": list(facts.waves.values()), "goals": [_goal(goal, facts, policy) for goal in facts.goals],
    }  # fmt: skip


def _goal(goal: Mapping[str, Any], facts: Facts, policy: Policy) -> _Json:
    """A goal in the contract's words; of one with levels whether it was rated by enough people to say so."""
    said = {name: goal[name] for name in _OF_A_GOAL if name in goal}
    group = facts.group_label(goal.get("group", ""))
    said |= {"group": group} if group else {}
    if "levels" in goal:
        said["rated"] = goal["rated_together"] or goal["raters"] >= policy.smallest_panel
    return said


def _plan(facts: Facts) -> _Json:
    """The plan row by row as the contract has it, how many rows were due and delivered, and its mark."""
    due = due_items(facts.plan, facts.report_date)
    rows = []
    for item in facts.plan:
        days = {name: day.isoformat() for name in ("due", "delivered") if (day := getattr(item, name))}
        late = {"days_late": item.days_late} if item.days_late is not None else {}
        said = {"what": dict(item.label), "wave": item.wave_label, "to": item.to, "state": item.state}
        rows.append(said | days | late)
    counts = {"due": len(due), "delivered": sum(item.delivered is not None for item in due)}
    return {"hash": facts.plan_hash, "items": rows, **counts}


def _process(facts: Facts) -> _Json:
    """Sessions by status; the months of measurements and events, without the words in which an event was noted."""
    totals: _Json = {}
    for counts in facts.sessions.values():
        for status, number in counts.items():
            totals[f"sessions_{status}"] = totals.get(f"sessions_{status}", 0) + number
    if "sessions_planned" in facts.contract:
        totals["sessions_planned"] = int(facts.contract["sessions_planned"])
    waves = {label: number for number, label in enumerate(facts.waves.values())}
    measured = [{"wave": waves[moment.label], "month": f"{moment.day:%Y-%m}"}
                for moment in facts.moments if moment.kind == "wave" and moment.label in waves]  # fmt: skip
    happened = [_event(moment, facts) for moment in facts.moments if moment.kind in EVENT_KINDS]
    return totals | {name: rows for name, rows in (("measurements", measured), ("events", happened)) if rows}


def _event(moment: Moment, facts: Facts) -> _Json:
    group = facts.group_label(moment.group)
    return {"kind": moment.kind, "month": f"{moment.day:%Y-%m}"} | ({"group": group} if group else {})
