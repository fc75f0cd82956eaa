"""The evaluations of one site, as they are read for handing on sums and counts in place of answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from evaltools.analysis import analyse
from evaltools.counts import Count
from evaltools.errors import DisclosureError, ReportError, message
from evaltools.facts import Facts
from evaltools.folder import Evaluation, read_evaluation
from evaltools.instruments import Scale
from evaltools.ledger import Entry, Ledger, open_ledger
from evaltools.policy import Policy, policies
from evaltools.released_rates import released_rates
from evaltools.review import repeated
from evaltools.sealed import Release
from evaltools.totals import Total

READER = "organisation"
_HandedOn = TypeVar("_HandedOn", Total, Count)


@dataclass(frozen=True, repr=False)
class Site:
    """One evaluation: its answers, its ledger, and what is out of it.

    ``awaited`` says whether the next report of it would let out shares of the work that are not out yet.
    """

    evaluation: Evaluation
    ledger: Ledger
    facts: Facts
    release: Release
    awaited: bool = False

    @property
    def id(self) -> str:
        """The evaluation's id."""
        return self.evaluation.id

    def handed_on(self, measure: str) -> list[Entry]:
        """What is out of it, or was to go out, in sums or in counts over several evaluations."""
        return [entry for entry in self.ledger.entries if entry.measure == measure]

    def policy_of(self, scale: Scale | None = None) -> Policy:
        """The policy of a scale, or of what is about none."""
        return policies()[(self.facts.policies.get(scale.id) if scale else "") or self.evaluation.policy]


def read_site(
    folders: Sequence[Path], language: str, step: Callable[[str], None]
) -> tuple[list[Site], tuple[str, ...]]:  # fmt: skip
    """The evaluations of which something is out, in an order of their own; and the ids of those of which nothing is.

    Raises
    ------
    EvaltoolsError
        If a folder or its ledger cannot be read, two folders are the same evaluation, or nothing at all is out.
    """
    sites: dict[str, Site] = {}
    waiting: list[str] = []
    for folder in folders:
        step("read")
        evaluation, ledger = read_evaluation(folder, language=language), open_ledger(folder, language=language)
        if evaluation.id in [*sites, *waiting]:
            raise ReportError(message("review_twice", language, evaluation=evaluation.id))
        if ledger.entries:
            sites[evaluation.id] = _site(evaluation, ledger)
        else:
            waiting.append(evaluation.id)
    if not sites:
        raise ReportError(message("partial_nothing", language))
    return [sites[name] for name in sorted(sites)], tuple(waiting)


def noted(
    sites: Sequence[Site], measure: str, read: Callable[[Mapping[str, Any]], _HandedOn], language: str
) -> Iterator[tuple[_HandedOn, list[Site]]]:  # fmt: skip
    """Every sum or count that is out, or was to go out, with the sites in it whose ledgers do not have it yet.

    Raises
    ------
    DisclosureError
        If one is out together with evaluations that were not named, or is damaged.
    """
    by_id = {site.id: site for site in sites}
    has = {site.id: {entry.group for entry in site.handed_on(measure)} for site in sites}
    documents = {entry.group: entry.figure[measure] for site in sites for entry in site.handed_on(measure)}
    for name, document in sorted(documents.items()):
        handed_on = read(document)
        evaluations = sorted({member.evaluation for member in handed_on.members})
        absent = [member for member in evaluations if member not in by_id]
        if absent:
            raise DisclosureError(message("partial_named_in_part", language, evaluations=", ".join(absent)))
        yield handed_on, [by_id[member] for member in evaluations if name not in has[member]]


def _site(evaluation: Evaluation, ledger: Ledger) -> Site:
    analysis = analyse(evaluation, ledger)
    awaited = released_rates(analysis, policies()[evaluation.policy], ledger).new
    return Site(evaluation, ledger, analysis.facts, repeated(analysis, ledger), bool(awaited))
