"""What one site hands on in place of answers: released figures, and sums over at least three groups. Files add up."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaltools.counts import Count, read_count
from evaltools.errors import DisclosureError, message
from evaltools.language import DEFAULT
from evaltools.measures import limits
from evaltools.portfolio import opened_release, what_an_organisation_sees
from evaltools.sealed import Release, canonical_bytes, checksum
from evaltools.shown import Shown
from evaltools.totals import Member, Total, read_total

FORMAT = "evaltools-partial/2"
_SUFFIX = ".json"
_SLACK = 1e-6  # released ends are decimal, sums are not
_Json = dict[str, Any]


@dataclass(frozen=True)
class Partial:
    """What one site, or several together, have handed on; in an order that does not depend on how it came about.

    ``waiting`` names the evaluations of which nothing has been released yet.

    Raises
    ------
    DisclosureError
        If an evaluation is in it twice, if people are in two totals or an evaluation in two counts of a measure, or if
        a total or count does not fit what was released.
    """

    releases: tuple[Release, ...]
    totals: tuple[Total, ...] = ()
    counts: tuple[Count, ...] = ()
    waiting: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Put it in order, and refuse what does not fit together."""
        releases = sorted(
            map(what_an_organisation_sees, self.releases), key=lambda each: str(each.document["evaluation"])
        )
        totals = sorted(self.totals, key=lambda total: str(total.document["id"]))
        counts = sorted(self.counts, key=lambda count: (count.measure, str(count.document["id"])))
        object.__setattr__(self, "releases", tuple(releases))
        object.__setattr__(self, "totals", tuple(totals))
        object.__setattr__(self, "counts", tuple(counts))
        object.__setattr__(self, "waiting", tuple(sorted(self.waiting)))
        names = self.evaluations
        for name in names:
            if names.count(name) > 1:
                raise DisclosureError(message("partial_twice", DEFAULT, evaluation=name))
        require_fit(self.releases, self.totals)
        require_counts_fit(self.evaluations, self.counts)

    @property
    def evaluations(self) -> tuple[str, ...]:
        """The ids of the evaluations in it."""
        return tuple(release.document["evaluation"] for release in self.releases)

    @property
    def content(self) -> bytes:
        """The bytes of the file: the same content gives the same bytes."""
        document: _Json = {"format": FORMAT, "releases": [release.document for release in self.releases],
                           "totals": [total.document for total in self.totals],
                           "counts": [count.document for count in self.counts],
                           "waiting": self.waiting}  # fmt: skip
        return canonical_bytes(document | {"checksum": checksum(document)})


def merge(one: Partial, other: Partial) -> Partial:
    """Two partials as one. In whatever order and grouping files are merged, the result is the same.

    Raises
    ------
    DisclosureError
        If an evaluation is in both: its people would count twice.
    """
    return Partial((*one.releases, *other.releases), (*one.totals, *other.totals), (*one.counts, *other.counts),
                   (*one.waiting, *other.waiting))  # fmt: skip


def is_partial(place: Path) -> bool:
    """Whether a place is a file such as `evaltools partial` writes, by its name."""
    return place.is_file() and place.suffix.casefold() == _SUFFIX


def read_partial(path: Path, language: str = DEFAULT) -> Partial:
    """Read a file that `evaltools partial` wrote.

    Raises
    ------
    DisclosureError
        If it is damaged or has been changed by hand.
    """
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    return open_partial(content, path.name, language)


def open_partial(content: bytes, file: str, language: str = DEFAULT) -> Partial:
    """What the bytes of such a file hold.

    Raises
    ------
    DisclosureError
        If it is damaged or has been changed by hand; names the file.
    """
    try:
        document = json.loads(content)
        claimed = document.pop("checksum")
        releases, totals, counts = (list(document[name]) for name in ("releases", "totals", "counts"))
        waiting = tuple(map(str, document["waiting"]))
        sound = document["format"] == FORMAT and claimed == checksum(document)
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise DisclosureError(message("partial_damaged", language, file=file))
    opened = tuple(opened_release(release, file) for release in releases)
    return Partial(opened, tuple(map(read_total, totals)), tuple(map(read_count, counts)), waiting)


def require_fit(releases: Iterable[Release], totals: Iterable[Total]) -> None:
    """Refuse totals that are not about released changes, that share people, or that the released figures rule out.

    Raises
    ------
    DisclosureError
        Names the evaluation, where there is one to name.
    """
    documents = {release.document["evaluation"]: release.document for release in releases}
    met: set[tuple[str, str, str]] = set()
    for total in totals:
        if total.people < limits()["pooled_people"]:
            raise DisclosureError(message("total_damaged", DEFAULT))
        for member in total.members:
            place = (member.evaluation, member.group, total.scale["scale"])
            if place in met:
                raise DisclosureError(message("partial_overlap", DEFAULT, evaluation=member.evaluation))
            met.add(place)
        if not _fits(total, documents):
            raise DisclosureError(message("partial_does_not_fit", DEFAULT, evaluation=total.members[0].evaluation))


def require_counts_fit(evaluations: Iterable[str], counts: Iterable[Count]) -> None:
    """Refuse counts of evaluations that are not there, of the same one twice, or of too few people or groups.

    Raises
    ------
    DisclosureError
        Names the evaluation, where there is one to name.
    """
    there, met = set(evaluations), set[tuple[str, str]]()
    for count in counts:
        sizes = count.sizes
        enough = len(sizes) >= limits()["pooled_groups"] and sum(sizes) >= limits()["pooled_people"]
        if not enough or 2 * max(sizes) > sum(sizes):
            raise DisclosureError(message("count_damaged", DEFAULT))
        for name in count.evaluations:
            if name not in there:
                raise DisclosureError(message("partial_does_not_fit", DEFAULT, evaluation=name))
            if (name, count.measure) in met:
                raise DisclosureError(message("partial_overlap", DEFAULT, evaluation=name))
            met.add((name, count.measure))


def _fits(total: Total, documents: dict[str, _Json]) -> bool:
    """Whether every member is a released change of so many people, and the sums lie where the released means allow."""
    levels = [_levels(member, total, documents.get(member.evaluation)) for member in total.members]
    if any(len(level) != 2 for level in levels):
        return False
    for wave, (low, high) in enumerate(total.sums):
        lowest, highest = (
            sum(member.n * level[wave].reach[end] for member, level in zip(total.members, levels, strict=True))
            for end in (0, 1)
        )
        if not lowest - _SLACK < low <= high < highest + _SLACK:
            return False
    return True


def _levels(member: Member, total: Total, document: _Json | None) -> list[Shown]:
    """The two released levels of a member."""
    rows = document["figures"] if document else []
    own = {row["wave"]: Shown(**row["shown"]) for row in rows
           if (row["scale"], row["group"], row["n"]) == (total.scale["scale"], member.group, member.n)}  # fmt: skip
    return [own[wave] for wave in (member.wave, member.wave_to) if wave in own]
