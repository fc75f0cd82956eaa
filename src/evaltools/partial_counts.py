"""Which counts a site hands on, over which evaluations; and how they are noted in the ledgers.

An evaluation stands in one count of each measure at most, when its supervision has ended and its report has let out
what it may: then nothing about the same things comes out later beside the count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaltools.counts import CLOSED, MEAN, NUMBERS, Behind, Count, Span, read_count
from evaltools.ledger import Entry
from evaltools.measures import share_measures
from evaltools.partial_site import READER, Site, noted
from evaltools.released_rates import supervision_ended
from evaltools.safe_counts import case_stretch, count_rule, stretch, values_for
from evaltools.site_counts import Tally, tallies

COUNT = "count"  # the measure, and what a figure is divided by, in a ledger
_CASES = ("wishes", "complaints")
_OWN = "own_supervision"
_PARTS = {
    "response_first": ("answered",),
    "response_last": ("answered",),
    "questions": ("handled",),
    _OWN: ("with_own",),
    "ideas": ("helped", "tried", "followed_up"),
}  # of shares; each holds the one before it

# The shares that are released of one evaluation and made of the same things.
_RELEASED = {"questions": ("question_handled_share",), "ideas": ("idea_helped", "idea_tried")}


@dataclass(frozen=True)
class Uncounted:
    """An evaluation that is not in a count.

    ``why`` is ``"individual"``, ``"not_ended"``, ``"report_first"``, ``"not_recorded"``, ``"corrected"``, ``"taken"``,
    ``"too_few"`` or ``"uneven"``.
    """

    measure: str
    evaluation: str
    why: str


@dataclass(frozen=True, repr=False)
class _Own:
    """What one evaluation would bring to a count."""

    site: Site
    tally: Tally

    @property
    def member(self) -> Behind:
        people = self.site.evaluation.people
        groups = people["group"][people["linked"] & people["group"].notna()].value_counts()
        return Behind(self.site.id, tuple(sorted(int(size) for size in groups)))


def counts_of(sites: Sequence[Site], language: str) -> tuple[list[Count], list[Count], list[Uncounted]]:
    """The counts that are out already, those that can go out now, and the evaluations that are in none.

    Parameters
    ----------
    sites : sequence of Site
        All evaluations that were named.
    language : str
        Language of messages.

    Raises
    ------
    DisclosureError
        If a count is out together with evaluations that were not named.
    """
    barred = {site.id: why for site in sites if (why := _bar(site))}
    found = {site.id: {tally.measure: tally for tally in tallies(site.evaluation, site.ledger.entries)}
             for site in sites if site.id not in barred}  # fmt: skip
    known = _known(sites, found, language)
    fresh, left_out = [], []
    for measure in NUMBERS:
        counted = {name for count in known if count.measure == measure for name in count.evaluations}
        ready: list[_Own] = []
        for site in (site for site in sites if site.id not in counted):
            tally = found.get(site.id, {}).get(measure)
            why = barred.get(site.id) or _refusal(site, measure, tally)
            if tally and not why:
                ready.append(_Own(site, tally))
            else:
                left_out.append(Uncounted(measure, site.id, why))
        why = _too_little(measure, ready)
        if why:
            left_out += [Uncounted(measure, own.site.id, why) for own in ready]
        elif ready:
            fresh.append(_count(measure, ready))
    return known, fresh, left_out


def count_lines(site: Site, counts: Sequence[Count]) -> Iterator[Entry]:
    """What is to be noted in an evaluation's ledger: each count that it is in, with all its people."""
    before = {entry.group for entry in site.handed_on(COUNT)}
    people = site.evaluation.people
    own = frozenset(people["person"][people["linked"]])
    for count in counts:
        document = count.document
        if site.id in count.evaluations and document["id"] not in before:
            figure = {"answers": _answers(count.measure), "n": len(own), COUNT: document}
            yield Entry(site.policy_of().hash, site.ledger.key, "", COUNT, document["id"], "", own, figure, COUNT,
                        READER, site.facts.report_date.isoformat())  # fmt: skip


def _answers(measure: str) -> list[str]:
    """What a count draws on: its own things, and those of the shares that may not come out after it."""
    return sorted([f"count/{measure}", *(share_measures()[share].answers for share in _RELEASED.get(measure, ()))])


def _bar(site: Site) -> str:
    """Why nothing of an evaluation may be counted, "" where it may."""
    if site.facts.individual:
        return "individual"
    if not supervision_ended(site.facts):
        return "not_ended"
    return "report_first" if site.awaited else ""


def _refusal(site: Site, measure: str, tally: Tally | None) -> str:
    if tally is None:
        return "not_recorded"
    if any(entry.figure[COUNT]["measure"] == measure for entry in site.handed_on(COUNT)):
        return "taken"
    return "" if tally.is_true else "corrected"


def _known(sites: Sequence[Site], found: Mapping[str, Mapping[str, Tally]], language: str) -> list[Count]:
    """Counts that are out, and those that a run broken off has noted in some ledgers and can still be noted in all."""
    known = []
    for count, lacking in noted(sites, COUNT, read_count, language):
        tallied = {site.id: found.get(site.id, {}).get(count.measure) for site in lacking}
        if not any(_refusal(site, count.measure, tallied[site.id]) for site in lacking):
            known.append(count)
    return known


def _too_little(measure: str, ready: Sequence[_Own]) -> str:
    """Why these cannot be counted together, "" where they can; of own supervision there must be supervisors enough."""
    sizes = [size for own in ready for size in own.member.groups]
    owned = _owned(measure, ready)
    few_supervisors = measure == _OWN and len(owned) < count_rule().supervisors
    if few_supervisors or not all(own.site.policy_of().may_pool(sizes) for own in ready):
        return "too_few"
    told = measure not in _RELEASED or count_rule().may_tell_things([*owned.values()], sum(sizes))
    return "" if told or not ready else "uneven"


def _count(measure: str, ready: Sequence[_Own]) -> Count:
    """The count of several evaluations, each number as far as it may be told."""
    numbers: dict[str, Span]
    if measure in _CASES:
        numbers = _case_numbers([own.tally.numbers for own in ready])
    else:
        totals = {name: sum(own.tally.numbers[name] for own in ready) for name in NUMBERS[measure]}
        numbers = {name: (total, total) for name, total in totals.items()} | _share_numbers(measure, ready)
    return Count(measure, tuple(sorted(own.member for own in ready)), numbers)


def _case_numbers(cases: Sequence[Mapping[str, int]]) -> dict[str, Span]:
    """Cases, those closed and their days, each where several evaluations have any; else nothing, and no reason."""
    rule, numbers = count_rule(), dict[str, Span]()
    if not rule.may_tell_cases([own["cases"] for own in cases]):
        return numbers
    numbers["cases"] = case_stretch(sum(own["cases"] for own in cases), rule)
    closed = sum(own[CLOSED] for own in cases)
    if rule.may_tell_cases([own[CLOSED] for own in cases]):
        mean = round(sum(own[MEAN] for own in cases) / closed)
        numbers |= {CLOSED: case_stretch(closed, rule), MEAN: (mean, mean)}
    return numbers


def _share_numbers(measure: str, ready: Sequence[_Own]) -> dict[str, Span]:
    """The parts of shares, as stretches of what is left open by what is out; each part holds the one before it."""
    values, least = _values(measure, ready), 0
    told = {}
    for name in _PARTS.get(measure, ()):
        low, high = (sum(own.tally.known[name][end] for own in ready) for end in (0, 1))
        total = sum(own.tally.numbers[name] for own in ready)
        told[name] = stretch(total, max(low, least), high, values)
        least = told[name][0]
    return told


def _values(measure: str, ready: Sequence[_Own]) -> int:
    """How many numbers a stretch must hold."""
    rule = count_rule()
    return values_for(_owned(measure, ready).values(), rule.supervisor_values if measure == _OWN else rule.values)


def _owned(measure: str, ready: Sequence[_Own]) -> Counter[tuple[str, str]]:
    """How many things each has; a supervisor is the same one in several evaluations, a person is not."""
    owned = Counter[tuple[str, str]]()
    for own in ready:
        for name, things in own.tally.owned.items():
            owned["" if measure == _OWN else own.site.id, name] += things
    return owned
