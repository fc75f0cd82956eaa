"""The only door out: `release` decides what of an analysis the commissioner may see, and seals it in a `Release`.

Every figure is decided by the number of people, by their sets and by the policy, never by the answers: a refusal
tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from evaltools.analysis import Analysis
from evaltools.claims import Claim, free, questions_of
from evaltools.errors import DisclosureError, message
from evaltools.facts import Facts
from evaltools.instruments import Scale
from evaltools.ledger import Entry, Ledger, append
from evaltools.policy import Policy, more_than_yes_or_no, policies, read_change, shown_mean
from evaltools.quotes import held_against, quote_events
from evaltools.release_document import release_document
from evaltools.released_rates import released_rates
from evaltools.released_units import units_of
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.sealed import Release, issue
from evaltools.shown import Shown

_Json = dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """What the policy keeps in, and the rule that does: for the supervisor; the release has the same words for all.

    ``rule`` is ``"too_few"``, ``"yes_or_no"``, ``"answers_out"``, ``"individual"`` or ``"other_key"``. ``group`` is a
    label, blank for all together.
    """

    scale: Scale
    group: str
    rule: str


def release(
    analysis: Analysis, policy: Policy, ledger: Ledger, refused: Callable[[Refusal], None] = lambda _: None
) -> Release:
    """Let out what the policy allows, and note it in the ledger.

    Parameters
    ----------
    analysis : Analysis
        Estimates, the people behind every row, and the facts that a release copies.
    policy : Policy
        One of `policies`, for everything for which the plan names none; locked at the first release.
    ledger : Ledger
        What is out already, as `open_ledger` reads it. A figure that is out is repeated as it was.
    refused : callable
        Told every `Refusal` of a scale once, before the ledger is written.

    Returns
    -------
    Release
        Figures, and in their place a key for their absence; all that is refused has the same.

    Raises
    ------
    DisclosureError
        If the policy is not the one of the first release, or if a measurement or a scale that is out has been taken
        away, renamed or given other questions: then nobody can see what is out already.
    LedgerError
        If another run has released something in the meantime.
    """
    _require_same(analysis.facts, policy, ledger)
    draft = _Draft(analysis, policy, ledger)
    facts = replace(analysis.facts, quotes=held_against(analysis.facts.quotes, ledger))
    out = {entry.scale for entry in ledger.entries}
    told = [scale for scale in facts.scales.values() if facts.compared[scale.id] or scale.id in out]
    out_first = sorted(told, key=lambda scale: not ledger.divided_by(scale.id))
    for scale in out_first:  # what is out already keeps its answers from every other scale
        _release_scale(draft, scale)
    rates = released_rates(analysis, policy, ledger)
    decided = {"figures": draft.figures, "changes": draft.changes, "absences": draft.absences}
    issued = issue(release_document(facts, policy, decided, rates))  # checked before anything is written
    for refusal in draft.refusals:
        refused(refusal)
    append(ledger, [*draft.new, *rates.new], list(quote_events(facts.quotes, ledger, facts.report_date)))
    return issued


def _require_same(facts: Facts, policy: Policy, ledger: Ledger) -> None:
    """Refuse what would hide from the ledger that an answer is out: another policy, another name, other questions."""
    for entry in ledger.entries:
        own = _policy_of(entry.scale, facts, policy)
        if entry.policy != own.hash:
            raise DisclosureError(message("policy_locked", ledger.language, policy=own.name))
    for entry in (entry for entry in ledger.entries if entry.scale):
        if entry.wave not in facts.waves:
            raise DisclosureError(message("released_wave_gone", ledger.language, wave=entry.wave))
        if entry.scale not in facts.scales:
            raise DisclosureError(message("released_scale_gone", ledger.language, scale=entry.scale))
        if questions_of(facts.scales[entry.scale]) != frozenset(entry.figure["answers"]):
            raise DisclosureError(message("released_scale_changed", ledger.language, scale=entry.scale))


def _policy_of(scale: str, facts: Facts, policy: Policy) -> Policy:
    """The policy that the plan names for a scale, else that of the evaluation."""
    named = facts.policies.get(scale)
    return policies()[named] if named else policy


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
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def facts(self) -> Facts:
        return self.analysis.facts

    def policy_of(self, scale: Scale) -> Policy:
        return _policy_of(scale.id, self.facts, self.policy)


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
    """Levels and changes of one scale, for all groups of a kind together or for each group, never for both."""
    panels = _panels(draft.analysis, scale)
    sizes = {panel.group: len(panel.people) for panel in panels if panel.group_by == "group"}
    out = [entry for entry in draft.ledger.entries if entry.scale == scale.id]
    units = units_of(draft.facts)
    for unit in units:
        for divided, group in unit.told_as(sizes, draft.policy_of(scale), out):
            own = [panel for panel in panels if (panel.group_by, panel.group) == (divided, group)]
            if unit.is_asked(scale, draft.facts) or any(panel.people for panel in own):
                levels = _levels(draft, scale, group, own)
                _changes(draft, scale, group, levels)
    if not units:
        _refuse(draft, scale, SUMMARY_GROUP, "individual")


def _panels(analysis: Analysis, scale: Scale) -> list[_Panel]:
    rows = analysis.estimates
    rows = rows[(rows["measure"] == "panel_mean") & (rows["scale"] == scale.id)]
    return [
        _Panel(row["group_by"], row["group"], row["wave"], row["value"],
               analysis.sets[row["people_set"]] if row["n"] else frozenset())
        for row in row_dicts(rows)
    ]  # fmt: skip


def _levels(draft: _Draft, scale: Scale, group: str, panels: Sequence[_Panel]) -> dict[str, _Out]:
    """The levels that go out for one group, by wave; where one does not, why."""
    found = {panel.wave: draft.ledger.figure(scale.id, panel.group_by, panel.group, panel.wave) for panel in panels}
    refused = {panel.wave: _refusal(draft, scale, panel) for panel in panels if not found[panel.wave]}
    new = [panel for panel in panels if refused.get(panel.wave) == ""]
    for rule in filter(None, refused.values()):
        _refuse(draft, scale, group, rule)
    if len(panels) < 2 and not any(refused.values()):
        _absent(draft, scale, group, "one_wave")
    if sum(entry is not None for entry in found.values()) + len(new) > 1:  # one alone would freeze a panel for nothing
        made = {panel.wave: _entry(draft, scale, panel) for panel in new}
        draft.new.extend(made.values())
        found |= made
    levels = {}
    for wave, entry in ((wave, entry) for wave, entry in found.items() if entry):
        levels[wave] = _Out(Shown(**entry.figure["shown"]), entry.people, entry.figure["n"])
        draft.figures.append(
            {"measure": "level", "scale": scale.id, "group": draft.facts.group_label(entry.group),
             "wave": _ordinal(draft, wave), "n": entry.figure["n"], "shown": entry.figure["shown"]}
        )  # fmt: skip
    return levels


def _entry(draft: _Draft, scale: Scale, panel: _Panel) -> Entry:
    """A level as it goes out now, and as it will be repeated."""
    n, policy = len(panel.people), draft.policy_of(scale)
    shown = shown_mean(panel.mean, n, scale, policy)
    figure = {"shown": asdict(shown), "n": n, "answers": sorted(questions_of(scale))}
    return Entry(policy.hash, draft.ledger.key, scale.id, panel.group_by, panel.group, panel.wave, panel.people,
                 figure, on=draft.facts.report_date.isoformat())  # fmt: skip


def _refusal(draft: _Draft, scale: Scale, panel: _Panel) -> str:
    """Which rule keeps a level in, "" where none does; by size, scale and sets alone: the answers have no say in it."""
    least = draft.policy_of(scale).smallest_panel
    smallest = max(least, draft.facts.smallest_groups[scale.id])  # the contract may only raise it
    if not more_than_yes_or_no(scale):
        return "yes_or_no"
    if len(panel.people) < smallest:
        return "too_few"
    if not draft.ledger.same_key():
        return "other_key"
    claim = Claim(questions_of(scale), panel.wave, panel.people)
    return "" if free(claim, [*draft.ledger.entries, *draft.new]) else "answers_out"


def _changes(draft: _Draft, scale: Scale, group: str, levels: Mapping[str, _Out]) -> None:
    """Change from the first wave to each later one, read from the published levels of the same people."""
    waves = list(levels)
    for wave in waves[1:]:
        before, after = levels[waves[0]], levels[wave]
        if before.people != after.people:
            _absent(draft, scale, group, "people_not_same")
            continue
        draft.changes.append(
            {"measure": "change", "scale": scale.id, "group": draft.facts.group_label(group),
             "wave": _ordinal(draft, waves[0]), "wave_to": _ordinal(draft, wave)}
            | read_change(before.shown, after.shown, before.n, scale)
        )  # fmt: skip


def _refuse(draft: _Draft, scale: Scale, group: str, rule: str) -> None:
    """Note what is kept in: in the release in the same words for every rule."""
    refusal = Refusal(scale, draft.facts.group_label(group), rule)
    if refusal not in draft.refusals:
        draft.refusals.append(refusal)
    _absent(draft, scale, group, "not_shown")


def _absent(draft: _Draft, scale: Scale, group: str, key: str) -> None:
    absence = {"scale": scale.id, "group": draft.facts.group_label(group), "absence": key}
    if absence not in draft.absences:
        draft.absences.append(absence)


def _ordinal(draft: _Draft, wave: str) -> int:
    return list(draft.facts.waves).index(wave)
