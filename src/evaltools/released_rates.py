"""Figures about the work itself that people stand behind: shares of ideas, questions and the like, in bands.

A share of things goes out for the whole evaluation or for each group, once, when the supervision has ended: a second
figure that holds the first one's answers would show what came between.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd

from evaltools.analysis import Analysis
from evaltools.claims import Claim, free
from evaltools.facts import Facts
from evaltools.ledger import Entry, Ledger
from evaltools.measures import Measure, share_measures
from evaltools.policy import Policy, banded
from evaltools.released_units import units_of
from evaltools.schemas import row_dicts
from evaltools.shown import Shown

_Json = dict[str, Any]
_PERCENT = 100
_OF_ALL = "all"  # the basis of a share whose denominator is all things


@dataclass(frozen=True)
class Rates:
    """What goes out about the work itself: shares in bands, absences, and new lines of the ledger."""

    shares: list[_Json]
    absences: list[_Json]
    new: list[Entry]


def shown_share(share: float, owned: Sequence[int], policy: Policy) -> Shown | None:
    """The band in which a share of things may be shown, in per cent.

    Parameters
    ----------
    share : float
        Between 0 and 1: of all the things, those of which the answer is yes.
    owned : sequence of int
        How many of the things each person answers for.
    policy : Policy
        Its bands for so many people.

    Returns
    -------
    Shown or None
        The end bands hold at least the most that anyone owns and half of the second most: then one insider cannot
        narrow another person's number of yes to half of what it can be. Where one person owns so much that no band
        is wide enough, None.

    Examples
    --------
    >>> from evaltools.policy import policies
    >>> shown_share(0.8, [3, 3, 2, 2, 2, 2], policies()["standard"])
    Shown(kind='at_least', low='64', high='100')
    >>> shown_share(0.8, [12, 1, 1, 1, 1], policies()["standard"]) is None
    True
    """
    largest, second = sorted(owned, reverse=True)[:2]
    least = _PERCENT * (largest + math.ceil(second / 2)) / sum(owned)
    if math.ceil(least) >= _PERCENT / 2:
        return None
    return banded(_PERCENT * share, 0, _PERCENT, least, policy.edges(len(owned)), places=0)


def released_rates(analysis: Analysis, policy: Policy, ledger: Ledger) -> Rates:
    """Everything about the work itself that `measures` lets the commissioner see.

    Parameters
    ----------
    analysis : Analysis
        Rows of measures with a ``form``, of the whole period; ``owned`` tells how many things each person behind a
        share owns.
    policy : Policy
        Decides on size and bands.
    ledger : Ledger
        A share that is out is repeated as it was.
    """
    rates = Rates([], [], [])
    told = list(share_measures().values())
    table = analysis.estimates
    whole = (table["period"] == "") & table["basis"].isin(["", _OF_ALL])
    rows = row_dicts(table[table["measure"].isin([measure.id for measure in told]) & whole])
    for measure in told:
        own = [row for row in rows if row["measure"] == measure.id]
        if own:
            _release_share(rates, own, measure, analysis, policy, ledger)
    return rates


def _release_share(
    rates: Rates, rows: list[_Json], measure: Measure, analysis: Analysis, policy: Policy, ledger: Ledger
) -> None:
    facts, ended = analysis.facts, supervision_ended(analysis.facts)
    out = [entry for entry in ledger.entries if entry.measure == measure.id]
    sizes = {row["group"]: row["n"] for row in rows if row["group_by"] == "group" and row["n"]}
    for unit in units_of(facts):
        for divided, group in unit.told_as(sizes, policy, out):
            row = next((row for row in rows if (row["group_by"], row["group"]) == (divided, group)), None)
            entry = next((entry for entry in out if (entry.group_by, entry.group) == (divided, group)), None)
            if entry is None and row is not None and ended:
                entry = _entry(row, measure, analysis, policy, ledger, rates.new)
                rates.new.extend([entry] if entry else [])
            if entry:
                figure = {name: entry.figure[name] for name in ("shown", "n", "until")}
                rates.shares.append({"measure": measure.id, "group": facts.group_label(group)} | figure)
            else:
                _absent(rates, measure, facts.group_label(group), "not_shown" if ended else "at_the_end")


def _absent(rates: Rates, measure: Measure, group: str, key: str) -> None:
    rates.absences.append({"measure": measure.id, "group": group, "absence": key})


def _entry(
    row: _Json, measure: Measure, analysis: Analysis, policy: Policy, ledger: Ledger, new: Sequence[Entry]
) -> Entry | None:
    """The line of a share that may go out; None where its people are too few, own too unequally, or are out already."""
    people = analysis.sets[row["people_set"]]
    owned: Mapping[str, int] = analysis.owned.get((measure.id, row["group_by"], row["group"]), {})
    if len(people) < policy.smallest_panel or set(owned) != people or not ledger.same_key():
        return None
    claim = Claim(frozenset({measure.answers}), "", people)
    shown = shown_share(row["value"], list(owned.values()), policy)
    if shown is None or not free(claim, [*ledger.entries, *new]):
        return None
    on = analysis.facts.report_date
    figure = {"shown": asdict(shown), "n": len(people), "until": f"{on:%Y-%m}", "answers": [measure.answers]}
    return Entry(policy.hash, ledger.key, "", row["group_by"], row["group"], "", people, figure,
                 measure=measure.id, on=on.isoformat())  # fmt: skip


def supervision_ended(facts: Facts) -> bool:
    """Whether the supervision has ended by the contract; one without an end has."""
    end = facts.contract.get("end", facts.contract.get("planned_end"))
    return end is None or facts.report_date >= date.fromisoformat(f"{pd.Timestamp(end):%Y-%m-%d}")
