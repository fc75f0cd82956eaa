"""What an organisation may see of its supervision: releases of many evaluations, and who has none yet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from evaltools.errors import DisclosureError, message
from evaltools.language import DEFAULT
from evaltools.sealed import Release, issue, require_release
from evaltools.totals import Total, read_total

PORTFOLIO_FILE = "portfolio.json"
BY = ("unit", "sector", "year")
_SCHEMA = 1


@dataclass(frozen=True)
class Portfolio:
    """Releases of many evaluations, in the order in which their folders were named, and nothing else about them.

    Of each release it keeps the figures, the contract and the plan. Quotes are approved for the commissioner, not for
    everybody to whom a review goes, and no supervisor is compared: quotes, recommendations and supervisors' names are
    taken out, as are the reasons for figures that are missing. ``waiting`` names the folders from which nothing has
    been released yet, ``unread`` those that could not be read. ``totals`` are sums that sites have handed on
    (`partial_file`). ``by`` says after what the pooled changes are told
    apart, of `BY`: the commissioner (``"unit"``), the sector that the contract names, the year of the report.

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

    def __post_init__(self) -> None:
        """Refuse whatever has not been let out."""
        object.__setattr__(self, "releases", tuple(map(what_an_organisation_sees, self.releases)))

    @property
    def content(self) -> bytes:
        """The bytes of ``portfolio.json``: the same releases give the same bytes."""
        document = {"schema": _SCHEMA, "by": self.by, "waiting": self.waiting, "unread": self.unread,
                    "releases": [release.document for release in self.releases],
                    "totals": [total.document for total in self.totals]}  # fmt: skip
        return (json.dumps(document, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


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
        totals = list(document["totals"])
    except (OSError, ValueError, KeyError, TypeError):
        given, names, totals = [], {}, []
    if not names or not set(names["by"]) <= set(BY):
        raise DisclosureError(message("portfolio_damaged", DEFAULT, file=Path(path).name))
    releases = tuple(opened_release(release, Path(path).name) for release in given)
    return Portfolio(releases, **names, totals=tuple(map(read_total, totals)))


def what_an_organisation_sees(release: Release) -> Release:
    """A release without what is for the commissioner alone: see `Portfolio`.

    Raises
    ------
    DisclosureError
        If it is no release.
    """
    document = require_release(release).document
    contract = document["contract"] | {"supervisors": []}
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
