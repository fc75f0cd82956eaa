"""What releases tell of goals, sessions and shares, as numbers that can be added up; bands add up to bands.

Every function takes documents of releases, as a `Portfolio` holds them.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from evaltools.portfolio import Portfolio
from evaltools.released_contract import final_changes, is_about
from evaltools.statistics.clustered_rates import clustered_share
from evaltools.statistics.estimate import Estimate

REACHED = "wished"  # of a goal's result: established in the wished direction
_Json = Mapping[str, Any]


@dataclass(frozen=True)
class SharesTold:
    """One share of things in many groups: the ends of each released band in per cent, and how many are not shown."""

    ends: tuple[tuple[int, int], ...]
    missing: int

    @property
    def mean(self) -> tuple[int, int] | None:
        """The whole per cent between which the groups' mean lies; None where no group shows the share.

        >>> SharesTold(((50, 71), (0, 30)), 1).mean
        (25, 51)
        """
        if not self.ends:
            return None
        low, high = (sum(end) / len(self.ends) for end in zip(*self.ends, strict=True))
        return math.floor(low), math.ceil(high)


@dataclass(frozen=True)
class Frequency:
    """How often there were sessions: how many, and the fewest and most days of contract time that the groups had.

    ``agreed`` are the ends of the interval that the contract names, None where it names none.
    """

    days: tuple[int, int]
    sessions: int
    agreed: tuple[int, int] | None

    @property
    def kept(self) -> str:
        """Against the agreed interval: ``"as_agreed"``, ``"oftener"``, ``"more_seldom"``, or ``"cannot_tell"``.

        Said only where every day that the months leave open gives the same answer; "" where nothing is agreed.

        >>> Frequency((500, 560), 24, (21, 28)).kept, Frequency((520, 580), 24, (21, 28)).kept
        ('cannot_tell', 'as_agreed')
        """
        if self.agreed is None:
            return ""
        (low, high), (least, most) = (days / self.sessions for days in self.days), self.agreed
        if least <= low and high <= most:
            return "as_agreed"
        return "oftener" if high < least else "more_seldom" if low > most else "cannot_tell"


def documents_of(portfolio: Portfolio) -> list[dict[str, Any]]:
    """The documents of the releases, in the order of the folders."""
    return [release.document for release in portfolio.releases]


def groups_in(document: _Json) -> int:
    """Groups of an evaluation, individual supervision not counted; one where the contract names none."""
    contract = document["contract"]
    return max(len(contract["groups"]), 1) - len(contract.get("individual", ()))


def has_ended(document: _Json) -> bool:
    """Whether the report is of the month in which the contract ends, or later; one without an end has not ended."""
    return bool(document["contract"].get("end_month", "9999") <= document["report_date"][:7])


def goal_results(document: _Json) -> list[tuple[_Json, str]]:
    """For every goal and group that has a released change: the goal's scale, and which way the change points."""
    scales = {scale["scale"]: scale for scale in document["scales"]}
    return [
        (scales[goal["indicator"]], _answer(row["verdict"], scales[goal["indicator"]]["higher_is_better"]))
        for goal in document["contract"]["goals"]
        if goal.get("indicator") in scales
        for row in changes_of(goal, document)
    ]


def changes_of(goal: _Json, document: _Json) -> list[_Json]:
    """The released changes of a goal's scale: of its own group, where it is one group's goal."""
    changes = final_changes(goal.get("indicator", ""), document)
    return [change for change in changes if is_about(goal, change)]


def _answer(verdict: str, higher_is_better: bool) -> str:
    """A released verdict as seen from the goal: whether the level moved as was wished.

    >>> _answer("decrease", False), _answer("suggests_decrease", True), _answer("cannot_tell", True)
    ('wished', 'away', 'cannot_tell')
    """
    if verdict == "cannot_tell":
        return verdict
    wished = verdict.endswith("increase") == higher_is_better
    if verdict.startswith("suggests"):
        return "towards" if wished else "away"
    return REACHED if wished else "against"


def reached_share(results: Sequence[Sequence[str]]) -> Estimate:
    """The share of results that show their goal reached, the results of an evaluation taken to belong together.

    Parameters
    ----------
    results : sequence of sequence of str
        For each evaluation with a result which way each of them points, as `goal_results` says.

    Returns
    -------
    Estimate
        As `clustered_share`, an evaluation in the place of a person.

    Examples
    --------
    >>> found = reached_share([["wished", "towards"], ["cannot_tell"], ["wished"]])
    >>> float(found.value), float(found.n), float(found.of)
    (0.5, 3.0, 4.0)
    """
    return clustered_share("", [answers.count(REACHED) for answers in results], list(map(len, results)))


def shares_told(documents: Sequence[_Json], measure: str) -> SharesTold:
    """One share in all groups that show it."""
    rows = [share for document in documents for share in document["shares"] if share["measure"] == measure]
    ends = tuple((int(row["shown"]["low"]), int(row["shown"]["high"])) for row in rows)
    absent = [row for document in documents for row in document["share_absences"] if row["measure"] == measure]
    return SharesTold(ends, len(absent))


def sessions_kept(documents: Sequence[_Json]) -> tuple[int, int, int]:
    """Sessions held, sessions planned, and of how many evaluations, where both are told and the contract has ended.

    Before the end of a contract, sessions that are planned may still be to come.
    """
    told = [document["process"] for document in documents if has_ended(document)]
    both = [counts for counts in told if counts.get("sessions_planned") and "sessions_held" in counts]
    held, planned = (sum(counts[f"sessions_{name}"] for counts in both) for name in ("held", "planned"))
    return held, planned, len(both)


def frequencies(documents: Sequence[_Json]) -> Iterator[Frequency]:
    """How often each evaluation that tells of sessions held them; not where some of them were individual."""
    for document in documents:
        contract, held = document["contract"], document["process"].get("sessions_held", 0)
        if held and not contract.get("individual") and contract.get("form") != "individual":
            low, high = (groups_in(document) * max(days, 0) for days in _contract_days(document))
            agreed = contract.get("interval_days")
            yield Frequency((low, high), held, (agreed[0], agreed[1]) if agreed else None)


def _contract_days(document: _Json) -> tuple[int, int]:
    """Fewest and most days from the contract's start to its end, or to the report; the release tells months only."""
    reported = date.fromisoformat(document["report_date"])
    first, last = _days_of(document["contract"]["start_month"])
    ends = reported, reported
    if has_ended(document):
        begins, closes = _days_of(document["contract"]["end_month"])
        ends = min(begins, reported), min(closes, reported)
    return (ends[0] - last).days, (ends[1] - first).days


def _days_of(month: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{month}-01")
    return first, first.replace(day=monthrange(first.year, first.month)[1])
