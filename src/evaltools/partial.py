"""What a site hands on in place of answers: decides which sums over groups go out, and notes all in every ledger.

An answer stands in one total at most. So two totals never have a difference that is about few people, whatever folders
are named from time to time: a total that is out is repeated as it was, and groups that came later wait until they are
enough for a total of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evaltools.claims import claim_of, free, questions_of
from evaltools.counts import Count
from evaltools.errors import FolderError, message
from evaltools.instruments import Scale
from evaltools.language import DEFAULT
from evaltools.ledger import Entry
from evaltools.ledgers import append_to_all
from evaltools.measures import limits
from evaltools.partial_counts import Uncounted, count_lines, counts_of
from evaltools.partial_file import Partial
from evaltools.partial_site import READER, Site, noted, read_site
from evaltools.policy import shown_mean
from evaltools.released_contract import final_changes
from evaltools.safe_sums import (
    GroupScores,
    has_steps,
    squares_and_products,
    squares_may_go_out,
    sum_may_go_out,
    within_squares,
)
from evaltools.scores import score, side_by_side
from evaltools.shown import Shown
from evaltools.statistics.estimate import Array
from evaltools.totals import Ends, Member, Squares, Total, outcome_key, read_total, told_exactly

TOTAL = "total"  # the measure, and what a figure is divided by, in a ledger


@dataclass(frozen=True)
class LeftOut:
    """A released change that is in no total.

    ``why`` is ``"too_few"``, ``"few_steps"``, ``"corrected"`` or ``"taken"``.
    """

    scale: Mapping[str, str]
    evaluation: str
    group: str
    why: str


@dataclass(frozen=True)
class Made:
    """What has been handed on.

    The file's content, which of its totals are new, and the changes that are in none; which of its counts are new,
    and the evaluations that are not in them.
    """

    partial: Partial
    new: tuple[Total, ...]
    left_out: tuple[LeftOut, ...]
    new_counts: tuple[Count, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()


@dataclass(frozen=True, repr=False)
class _Change:
    """One released change and the people behind it, with what their answers say now."""

    site: Site
    scale: Scale
    told: tuple[dict[str, Any], dict[str, Any], str]
    member: Member
    entries: tuple[Entry, Entry]
    scores: Array

    @property
    def outcome(self) -> str:
        return outcome_key(*self.told)

    @property
    def place(self) -> tuple[str, str, str]:
        return self.member.evaluation, self.member.group, self.scale.id

    @property
    def group_scores(self) -> GroupScores:
        before, after = (Shown(**entry.figure["shown"]) for entry in self.entries)
        return GroupScores(self.scores, (before, after))

    @property
    def sizes(self) -> list[int]:
        """How many people of each group are in it."""
        entry, people = self.entries[0], self.site.evaluation.people
        if entry.group_by == "group":
            return [len(entry.people)]
        return [int(count) for count in people[people["person"].isin(entry.people)]["group"].value_counts()]

    @property
    def is_true(self) -> bool:
        """Whether the answers still give the figures that are out; a corrected answer makes the sum another's."""
        policy = self.site.policy_of(self.scale)
        return bool(np.isfinite(self.scores).all()) and all(
            shown_mean(float(own.mean()), len(own), self.scale, policy) == shown
            for own, shown in zip(self.scores, self.group_scores.shown, strict=True)
        )

    @property
    def is_free(self) -> bool:
        """Whether none of its answers are in a total that is out, or was to go out."""
        return all(free(claim_of(entry), self.site.handed_on(TOTAL)) for entry in self.entries)


def write_partial(
    folders: Sequence[Path], out: Path, language: str = DEFAULT, step: Callable[[str], None] = lambda _name: None
) -> Made:
    """Let out what an organisation may have of several evaluations without their answers, and write it to a file.

    Parameters
    ----------
    folders : sequence of Path
        Evaluation folders of one site. One that cannot be read stops everything: a total cannot be taken up later.
    out : Path
        The file, which must not exist.
    language : str
        Language of messages.
    step : callable
        Told ``"read"`` before each folder and ``"write"`` at the end, for showing progress.

    Returns
    -------
    Made
        Totals of at least three groups and 15 people, none of the groups more than half, of which nobody is in a total
        already; from 30 people with squares, where `safe_sums` allows for them. Counts of the work over as many
        (`partial_counts`). Totals and counts that are out are repeated.

    Raises
    ------
    EvaltoolsError
        If a folder or its ledger cannot be read, if a total is out with folders that are not named, if two folders are
        the same evaluation, or if the file exists or cannot be written. What is noted in the ledgers stays noted; the
        next run repeats it.
    """
    if out.exists():
        raise FolderError(message("partial_out_taken", language, out=out.name))
    sites, waiting = read_site(folders, language, step)
    changes = [change for site in sites for change in _changes(site)]
    known = _totals_known(sites, changes, language)
    fresh, left_out = _new_totals([change for change in changes if change.place not in _places(known)])
    counted, newly, uncounted = counts_of(sites, language)
    totals, counts = (*known, *fresh), (*counted, *newly)
    partial = Partial(tuple(site.release for site in sites), totals, counts, waiting)
    step("write")
    lines = [(site.ledger, [*_lines(site, totals, changes), *count_lines(site, counts)]) for site in sites]
    append_to_all(lines, language)
    _write(partial.content, out, language)
    return Made(partial, tuple(fresh), tuple(left_out), tuple(newly), tuple(uncounted))


def _changes(site: Site) -> Iterator[_Change]:
    """The last released change of every group and scale, with its people's scores."""
    document, waves = site.release.document, list(site.facts.waves)
    instruments = {instrument["instrument"]: instrument for instrument in document["instruments"]}
    for told in document["scales"]:
        scale = site.facts.scales[told["scale"]]
        scored = score(site.evaluation.responses, scale)
        for row in sorted(final_changes(scale.id, document), key=lambda row: str(row["group"])):
            member = Member(site.id, row["group"], row["wave"], row["wave_to"], row["n"])
            before, after = (_entry(site, member, scale, waves[at]) for at in (member.wave, member.wave_to))
            scores = side_by_side(scored, sorted(before.people), [before.wave, after.wave])
            in_order = scores[:, np.lexsort(scores)]  # not in that of the codes, which depends on the key
            yield _Change(site, scale, (told, instruments[told["instrument"]], row["basis"]), member,
                          (before, after), in_order)  # fmt: skip


def _entry(site: Site, member: Member, scale: Scale, wave: str) -> Entry:
    """The line of the ledger behind a level."""
    return next(
        entry for entry in site.ledger.entries
        if (entry.measure, entry.scale, entry.wave) == ("level", scale.id, wave)
        and site.facts.group_label(entry.group) == member.group
    )  # fmt: skip


def _totals_known(sites: Sequence[Site], changes: Sequence[_Change], language: str) -> list[Total]:
    """Totals that are out, and those that a run broken off has noted in some ledgers and can still be noted in all."""
    known = []
    for total, lacking in noted(sites, TOTAL, read_total, language):
        left = [member for member in total.members if member.evaluation in {site.id for site in lacking}]
        if all(any(change.member == member and change.is_free for change in changes) for member in left):
            known.append(total)
    return known


def _places(totals: Sequence[Total]) -> set[tuple[str, str, str]]:
    return {(member.evaluation, member.group, total.scale["scale"]) for total in totals for member in total.members}


def _new_totals(changes: Sequence[_Change]) -> tuple[list[Total], list[LeftOut]]:
    """A total for each outcome of which there are groups enough, and every change that is in none."""
    totals, left_out, ready = [], [], dict[str, list[_Change]]()
    for change in changes:
        why = _refusal(change)
        if why:
            left_out.append(_left(change, why))
        else:
            ready.setdefault(change.outcome, []).append(change)
    for own in ready.values():
        if _may_pool(own):
            totals.append(_total(own))
        else:
            left_out += [_left(change, "too_few") for change in own]
    return totals, left_out


def _refusal(change: _Change) -> str:
    if not has_steps(change.scale):
        return "few_steps"
    if not change.is_free:
        return "taken"
    return "" if change.is_true else "corrected"


def _left(change: _Change, why: str) -> LeftOut:
    return LeftOut(change.scale.label, change.member.evaluation, change.member.group, why)


def _may_pool(changes: Sequence[_Change]) -> bool:
    sizes = [size for change in changes for size in change.sizes]
    return all(change.site.policy_of(change.scale).may_pool(sizes) for change in changes)


def _total(changes: Sequence[_Change]) -> Total:
    """The sums of several groups, each where it tells of no group more than its own figure does."""
    members = tuple(change.member for change in changes)
    return Total(*changes[0].told, members, (_sum(changes, 0), _sum(changes, 1)), _squares(changes))


def _sum(changes: Sequence[_Change], wave: int) -> Ends:
    """Between which numbers the sum of all scores at a wave lies: the same twice where it is told exactly.

    Where it is not, groups near the ends of the scale are counted as their figures say; and so are those inside, where
    they are too few for a sum of their own.
    """
    groups = [change.group_scores for change in changes]
    if sum_may_go_out(groups, wave, changes[0].scale):
        exact, told = groups, list[GroupScores]()
    else:
        inside = [change for change in changes if change.group_scores.is_inside(wave)]
        exact = [change.group_scores for change in inside] if _may_pool(inside) else []
        told = [group for group in groups if not exact or not group.is_inside(wave)]
    known = math.fsum(score for group in exact for score in group.scores[wave].tolist())
    low, high = (sum(group.scores.shape[1] * group.shown[wave].reach[end] for group in told) for end in (0, 1))
    return told_exactly(known + low), told_exactly(known + high)


def _squares(changes: Sequence[_Change]) -> Squares | None:
    """Squares of the groups whose figures lie inside the scale; squares of all people only if that is all groups."""
    inside = [change for change in changes if change.group_scores.is_inside(0) and change.group_scores.is_inside(1)]
    groups, scale = [change.group_scores for change in inside], changes[0].scale
    people = sum(group.scores.shape[1] for group in groups)
    if people < limits()["pooled_squares"] or not _may_pool(inside) or not squares_may_go_out(groups, scale):
        return None
    before, after, change = map(told_exactly, within_squares(groups))
    first, second, both = map(told_exactly, squares_and_products(groups))
    total = (first, second, both) if len(inside) == len(changes) else None
    return Squares(people, len(groups), (before, after, change), total)


def _lines(site: Site, totals: Sequence[Total], changes: Sequence[_Change]) -> list[Entry]:
    """What is to be noted in an evaluation's ledger: of each total its own people, at each of their waves."""
    before = {entry.group for entry in site.handed_on(TOTAL)}
    lines = []
    for total in totals:
        document = total.document
        own = [change for change in changes if change.site is site and change.member in total.members
               and change.scale.id == total.scale["scale"] and document["id"] not in before]  # fmt: skip
        people: dict[str, frozenset[str]] = {}
        for change in own:
            for entry in change.entries:
                people[entry.wave] = people.get(entry.wave, frozenset()) | entry.people
        lines += [_line(site, own[0].scale, document, wave, who) for wave, who in people.items()]
    return lines


def _line(site: Site, scale: Scale, document: dict[str, Any], wave: str, people: frozenset[str]) -> Entry:
    figure = {"answers": sorted(questions_of(scale)), "n": len(people), TOTAL: document}
    return Entry(site.policy_of(scale).hash, site.ledger.key, scale.id, TOTAL, document["id"], wave, people, figure,
                 TOTAL, READER, site.facts.report_date.isoformat())  # fmt: skip


def _write(content: bytes, out: Path, language: str) -> None:
    fault = False
    try:
        with out.open("xb") as stream:
            stream.write(content)
    except OSError:
        fault = True
    if fault:
        raise FolderError(message("partial_not_written", language, out=out.name))
