"""The only door out: `release` decides what of an analysis the commissioner may see, and seals it in a `Release`.

Every figure is decided by the number of people, by their sets and by the policy, never by the answers: a refusal
tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from evaltools import __version__
from evaltools.analysis import Analysis
from evaltools.errors import DisclosureError, message
from evaltools.facts import Facts
from evaltools.instruments import Scale
from evaltools.ledger import Entry, Ledger, append
from evaltools.policy import Policy, Shown, read_change, released_minimal_change, shown_mean
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.sealed import Release, issue

SCHEMA = 1
_Json = dict[str, Any]


def release(analysis: Analysis, policy: Policy, ledger: Ledger) -> Release:
    """Let out what the policy allows, and note it in the ledger.

    Parameters
    ----------
    analysis : Analysis
        Estimates, the people behind every row, and the facts that a release copies.
    policy : Policy
        One of `policies`; locked at the first release.
    ledger : Ledger
        What is out already, as `open_ledger` reads it. A figure that is out is repeated as it was.

    Returns
    -------
    Release
        Figures, and in their place a key for their absence.

    Raises
    ------
    DisclosureError
        If the policy is not the one of the first release.
    LedgerError
        If another run has released something in the meantime.
    """
    if any(entry.policy != policy.hash for entry in ledger.entries):
        raise DisclosureError(message("policy_locked", ledger.language, policy=policy.name))
    draft = _Draft(analysis, policy, ledger)
    out_first = sorted(analysis.facts.scales.values(), key=lambda scale: not ledger.divided_by(scale.id))
    for scale in out_first:  # what is out already keeps its items from every other scale
        _release_scale(draft, scale)
    document = _document(draft)
    issued = issue(document)  # checked against the closed vocabulary before anything is written
    append(ledger, draft.new)
    return issued


@dataclass
class _Draft:
    """A release in the making: what it may draw on, and what has been decided so far."""

    analysis: Analysis
    policy: Policy
    ledger: Ledger
    new: list[Entry] = field(default_factory=list)
    figures: list[_Json] = field(default_factory=list)
    changes: list[_Json] = field(default_factory=list)
    absences: list[_Json] = field(default_factory=list)
    items_shown: set[tuple[str, str]] = field(default_factory=set)

    @property
    def facts(self) -> Facts:
        return self.analysis.facts


@dataclass(frozen=True)
class _Panel:
    """One scale's panel in one group at one wave: its row of the estimates and the people behind it."""

    group_by: str
    group: str
    wave: str
    mean: float
    people: frozenset[str]


@dataclass(frozen=True)
class _Out:
    """A level that goes out, new or repeated."""

    shown: Shown
    people: frozenset[str]
    n: int


def _release_scale(draft: _Draft, scale: Scale) -> None:
    """Levels and changes of one scale, for the whole evaluation or for each group, never for both."""
    panels = _panels(draft.analysis, scale)
    items = {(scale.instrument, item) for item in scale.items}
    divided = draft.ledger.divided_by(scale.id) or ("evaluation" if _may_pool(panels, draft.policy) else "group")
    if items & draft.items_shown:  # a scale and its parts: never both
        _absent(draft, scale, SUMMARY_GROUP, "not_shown")
        return
    for group in [SUMMARY_GROUP] if divided == "evaluation" else list(draft.facts.groups):
        own = [panel for panel in panels if (panel.group_by, panel.group) == (divided, group)]
        levels = _levels(draft, scale, own)
        if levels:
            draft.items_shown |= items
        else:
            one_wave = len(draft.facts.compared[scale.id]) < 2
            _absent(draft, scale, group, "one_wave" if one_wave else "not_shown")
        _changes(draft, scale, group, levels)


def _panels(analysis: Analysis, scale: Scale) -> list[_Panel]:
    rows = analysis.estimates
    rows = rows[(rows["measure"] == "panel_mean") & (rows["scale"] == scale.id)]
    return [
        _Panel(row["group_by"], row["group"], row["wave"], row["value"],
               analysis.sets[row["people_set"]] if row["n"] else frozenset())
        for row in row_dicts(rows)
    ]  # fmt: skip


def _may_pool(panels: Sequence[_Panel], policy: Policy) -> bool:
    """Whether the whole evaluation is large and mixed enough to be shown as one."""
    sizes = {panel.group: len(panel.people) for panel in panels if panel.group_by == "group" and panel.people}
    total = sum(sizes.values())
    return (
        len(sizes) >= policy.pooled_groups
        and total >= policy.pooled_people
        and max(sizes.values()) <= policy.pooled_largest_share * total
    )


def _levels(draft: _Draft, scale: Scale, panels: Sequence[_Panel]) -> dict[str, _Out]:
    """The levels that go out for one group, by wave."""
    levels = {}
    for panel in panels:
        entry = draft.ledger.figure(scale.id, panel.group_by, panel.group, panel.wave)
        if entry:
            levels[panel.wave] = _Out(Shown(**entry.figure["shown"]), entry.people, entry.figure["n"])
        elif _may_go_out(draft, scale, panel, len(panels)):
            shown = shown_mean(panel.mean, len(panel.people), scale, draft.policy)
            levels[panel.wave] = _Out(shown, panel.people, len(panel.people))
            figure = {"shown": asdict(shown), "n": len(panel.people)}
            draft.new.append(Entry(draft.policy.hash, draft.ledger.key, scale.id, panel.group_by, panel.group,
                                   panel.wave, panel.people, figure))  # fmt: skip
    label = _group_label(draft, panels[0].group) if panels else ""
    for wave, out in levels.items():
        draft.figures.append({"measure": "level", "scale": scale.id, "group": label, "wave": _ordinal(draft, wave),
                              "n": out.n, "shown": asdict(out.shown)})  # fmt: skip
    return levels


def _may_go_out(draft: _Draft, scale: Scale, panel: _Panel, waves: int) -> bool:
    """By size, number of waves and sets alone: the answers have no say in it."""
    smallest = max(draft.policy.smallest_panel, draft.facts.smallest_groups[scale.id])  # the contract may only raise it
    if len(panel.people) < smallest or waves < 2 or not draft.ledger.same_key():
        return False
    out = draft.ledger.sets_at(scale.id, panel.wave)
    out += [entry.people for entry in draft.new if (entry.scale, entry.wave) == (scale.id, panel.wave)]
    return min(_parts([panel.people, *out])) >= draft.policy.smallest_panel


def _parts(sets: Sequence[frozenset[str]]) -> Iterator[int]:
    """Sizes of the smallest parts that published sets can be cut into by adding and subtracting.

    People who stand in exactly the same sets cannot be told apart by any sum or difference of the sets' figures,
    so what is worked out is always about a union of such parts.
    """
    together: dict[tuple[bool, ...], int] = {}
    for person in frozenset().union(*sets):
        mark = tuple(person in one for one in sets)
        together[mark] = together.get(mark, 0) + 1
    return iter(together.values())


def _changes(draft: _Draft, scale: Scale, group: str, levels: Mapping[str, _Out]) -> None:
    """Change from the first wave to each later one, read from the published levels of the same people."""
    waves = list(levels)
    for wave in waves[1:]:
        before, after = levels[waves[0]], levels[wave]
        if before.people != after.people:
            _absent(draft, scale, group, "people_not_same")
            continue
        draft.changes.append(
            {"measure": "change", "scale": scale.id, "group": _group_label(draft, group),
             "wave": _ordinal(draft, waves[0]), "wave_to": _ordinal(draft, wave)}
            | read_change(before.shown, after.shown, before.n, scale)
        )  # fmt: skip


def _absent(draft: _Draft, scale: Scale, group: str, key: str) -> None:
    absence = {"scale": scale.id, "group": _group_label(draft, group), "absence": key}
    if absence not in draft.absences:
        draft.absences.append(absence)


def _group_label(draft: _Draft, group: str) -> str:
    """A group as the contract names it; "" for the whole evaluation."""
    return draft.facts.groups.get(group, "") if len(draft.facts.groups) > 1 else ""


def _ordinal(draft: _Draft, wave: str) -> int:
    return list(draft.facts.waves).index(wave)


def _document(draft: _Draft) -> _Json:
    """The release in its closed vocabulary; only named facts are copied."""
    facts, policy = draft.facts, draft.policy
    return {
        "schema": SCHEMA, "evaluation": facts.evaluation, "language": facts.language,
        "report_date": facts.report_date.isoformat(), "notice": facts.notice,
        "contract": _contract(facts), "process": _process(facts),
        "scales": [
            {"scale": scale.id, "label": dict(scale.label), "instrument": scale.instrument,
             "low": scale.score_range[0], "high": scale.score_range[1], "items": scale.item_count,
             "higher_is_better": scale.higher_is_better,
             "minimal_change": {"value": released_minimal_change(scale), "citation": scale.minimal_change.citation}}
            for scale in facts.scales.values()
        ],
        "figures": _by_scale(draft.figures), "changes": _by_scale(draft.changes),
        "absences": _by_scale(draft.absences),
        "instruments": [
            {"instrument": key.id, "label": dict(key.label), "version": key.version, "status": key.status,
             "licence": key.licence, "source": key.source}
            for key in facts.instruments
        ],
        "policy": {"name": policy.name, "hash": policy.hash, "smallest_panel": policy.smallest_panel,
                   "pooled_groups": policy.pooled_groups, "pooled_people": policy.pooled_people},
        "quotes": [], "recommendations": facts.recommendations, "versions": {"evaltools": __version__},
    }  # fmt: skip


def _by_scale(rows: list[_Json]) -> list[_Json]:
    """Rows in the order of the scales' names, so that a repeated release has the same bytes as the first."""
    return sorted(rows, key=lambda row: str(row["scale"]))


def _contract(facts: Facts) -> _Json:
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
    goals = [
        {name: goal[name] for name in ("goal", "text", "owner", "level", "indicator") if name in goal}
        for goal in facts.goals
    ]
    return copied | {
        "supervisors": list(facts.supervisors), "groups": list(facts.groups.values()),
        "waves": list(facts.waves.values()), "goals": goals,
    }  # fmt: skip


def _process(facts: Facts) -> _Json:
    totals: _Json = {}
    for counts in facts.sessions.values():
        for status, number in counts.items():
            totals[f"sessions_{status}"] = totals.get(f"sessions_{status}", 0) + number
    if "sessions_planned" in facts.contract:
        totals["sessions_planned"] = int(facts.contract["sessions_planned"])
    return totals
