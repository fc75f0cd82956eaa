"""What an organisation may see of its supervision: releases of many evaluations, and who has none yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from evaltools.counts import Count, read_count
from evaltools.errors import DisclosureError, message
from evaltools.language import DEFAULT
from evaltools.sealed import Release, canonical_bytes, issue, require_release
from evaltools.totals import Total, read_total

PORTFOLIO_FILE = "portfolio.json"
SUPERVISORS = "supervisor-period"
BY = ("unit", "sector", SUPERVISORS, "year")
QUARTER = "quarter"
SEVERAL = "several"  # in place of a supervisor's number where a contract names more than one
_SCHEMA = 1


@dataclass(frozen=True)
class Portfolio:
    """Releases of many evaluations, in the order in which their folders were named, and nothing else about them.

    Of each release it keeps the figures, the contract and the plan. Quotes are approved for the commissioner, not for
    everybody to whom a review goes, and no supervisor is named: quotes, recommendations and supervisors' names are
    taken out, as are the reasons for figures that are missing. ``waiting`` names the folders from which nothing has
    been released yet, ``unread`` those that could not be read. ``by`` says after what the figures are told apart, of
    `BY`: the commissioner (``"unit"``), the sector that the contract names, the supervisor, the year of the report.
    Where supervisors are told apart a number, given in the order in which they are met, stands in place of a name.
    ``totals`` and ``counts`` are what sites have handed on over several evaluations (`partial_file`).

    Raises
    ------
    DisclosureError
        If it holds anything but releases.
    """

    releases: tuple[Release, ...]
    waiting: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    by: tuple[str, ...] = ("year",)
    totals: tuple[Total, ...] = ()
    counts: tuple[Count, ...] = ()

    def __post_init__(self) -> None:
        """Refuse whatever has not been let out."""
        numbers: dict[str, str] = {}
        object.__setattr__(self, "releases", tuple(
            what_an_organisation_sees(release, numbers if SUPERVISORS in self.by else None) for release in self.releases
        ))  # fmt: skip

    @property
    def content(self) -> bytes:
        """The bytes of ``portfolio.json``: the same releases give the same bytes."""
        document = {"schema": _SCHEMA, "by": self.by, "waiting": self.waiting, "unread": self.unread,
                    "releases": [release.document for release in self.releases],
                    "totals": [total.document for total in self.totals],
                    "counts": [count.document for count in self.counts]}  # fmt: skip
        return canonical_bytes(document)


def read_portfolio(path: str | Path) -> Portfolio:
    """Read a ``portfolio.json`` back, as the walled report process does.

    Raises
    ------
    DisclosureError
        If a release in it has been edited or holds anything outside the closed vocabulary, or the file is damaged.
    """
    try:
        document = json.loads(Path(path).read_bytes())
        given = [dict(release) for release in document["releases"]]
        names = {name: tuple(map(str, document[name])) for name in ("waiting", "unread", "by")}
        totals, counts = list(document["totals"]), list(document["counts"])
    except (OSError, ValueError, KeyError, TypeError):
        given, names, totals, counts = [], {}, [], []
    if not names or not set(names["by"]) <= set(BY):
        raise DisclosureError(message("portfolio_damaged", DEFAULT, file=Path(path).name))
    releases = tuple(opened_release(release, Path(path).name) for release in given)
    pooled, counted = tuple(map(read_total, totals)), tuple(map(read_count, counts))
    return Portfolio(releases, **names, totals=pooled, counts=counted)


def belonging(document: Mapping[str, Any], by: str) -> str:
    """To what a release belongs.

    Parameters
    ----------
    document : mapping
        A release of a `Portfolio`.
    by : str
        Of `BY`, or `QUARTER`: that of the report's date.

    Returns
    -------
    str
        The commissioner or sector as the contract writes it, the supervisor's number or `SEVERAL`, the year, or the
        quarter as ``"2026-1"``; "" where the contract does not tell.
    """
    contract, day = document["contract"], date.fromisoformat(document["report_date"])
    if by == SUPERVISORS:
        named = contract["supervisors"]
        return SEVERAL if len(named) > 1 else "".join(named)
    told: dict[str, str] = {"unit": contract["commissioner"], "sector": contract.get("sector", ""),
                            "year": str(day.year), QUARTER: f"{day.year}-{(day.month + 2) // 3}"}  # fmt: skip
    return told[by]


def in_order(categories: Iterable[str], by: str) -> list[str]:
    """Each category once, in the order in which it is met; years and quarters in that of time.

    >>> in_order(["2026-2", "2025-4", "2026-2"], "quarter"), in_order(["b", "a"], "unit")
    (['2025-4', '2026-2'], ['b', 'a'])
    """
    met = list(dict.fromkeys(categories))
    return sorted(met) if by in ("year", QUARTER) else met


def what_an_organisation_sees(release: Release, numbers: dict[str, str] | None = None) -> Release:
    """A release without what is for the commissioner alone; supervisors by number where they are told apart.

    Raises
    ------
    DisclosureError
        If it is no release.
    """
    document = require_release(release).document
    named = document["contract"]["supervisors"]
    told = [] if numbers is None else [numbers.setdefault(name, str(len(numbers) + 1)) for name in named]
    contract = document["contract"] | {"supervisors": told}
    less = {"contract": contract, "quotes": [], "recommendations": "", "absences": []}
    return issue({name: value for name, value in (document | less).items() if name != "checksum"})


def opened_release(given: dict[str, object], file: str) -> Release:
    """A release as a file holds it, if its checksum is that of what it holds.

    Raises
    ------
    DisclosureError
        If it is not; names the file.
    """
    made = issue({name: value for name, value in given.items() if name != "checksum"})
    if made.document != given:
        raise DisclosureError(message("release_edited", DEFAULT, file=file))
    return made
