"""Figures of all groups of a register together, those that pass the policy and the ledger; see `summary`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaltools.instruments import Scale
from evaltools.measures import limits
from evaltools.policy import policies, released_minimal_change
from evaltools.pooled_changes import between_groups, funnel, pooled_change, shrunken_changes, standing_out
from evaltools.register.classes import Roster, classes_told
from evaltools.register.declaration import Register
from evaltools.register.door import ALPHA, CHANGE, COURSE, Door, about
from evaltools.register.group_figures import ItemSums
from evaltools.register.partial import Partial
from evaltools.register.summary import Summary, numbers_told
from evaltools.register.wave_sums import WaveSums, mean_course
from evaltools.statistics.estimate import Array, Estimate
from evaltools.statistics.group_changes import pooled_sd
from evaltools.statistics.reliability import alpha_of_squares

POLICY = "standard"
COLUMNS = ("n", "change", "sd_change")  # of the groups' table, that a summary is made of
_SCHEMA = 2
_Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a summary is asked to tell: after what groups are told apart, and which files are not in it."""

    by: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def summarise(whole: Partial, register: Register, roster: Roster, door: Door, asked: Asked = Asked()) -> Summary:
    """What may be told of a register, by the standard policy and beside what is out.

    Parameters
    ----------
    whole : Partial
        All parts together; of the groups' table the columns `COLUMNS` are enough.
    register : Register
        What is declared of it.
    roster : Roster
        The same groups: their marks, and to what they belong.
    door : Door
        What is out; it takes up what is told here.
    asked : Asked
        What is asked for.

    Returns
    -------
    Summary
        Of each scale the mean change over the groups with its interval, how the groups differ and how many lie beyond
        the limit for naming, the spread within groups and alpha from 30 people on, how many groups of each size lie
        outside the limits of a funnel, the mean course over more than two waves, and the mean change of each class. A
        scale with fewer than three groups or fifteen people, or a group that is more than half, is without figures, as
        is one whose figures could be taken apart with those that are out.
    """
    told, many = _Told(whole, register, roster, door, asked), len(register.scales)
    outcomes = [_outcome(at, scale, whole.groups.iloc[at::many], told) for at, scale in enumerate(register.scales)]
    return Summary({
        "schema": _SCHEMA, "register": register.id, "notice": register.notice, "policy": POLICY,
        "report_date": register.report_date.isoformat(), "waves": list(register.waves),
        "compare": list(register.compare), "by": list(asked.by), "unread": list(asked.unread), "rows": whole.rows,
        "missing": whole.missing, "left_out": dict(whole.violations.counts), "people": whole.people,
        "groups": len(roster.ids), "outcomes": outcomes,
    })  # fmt: skip


@dataclass(frozen=True)
class _Told:
    """All that outcomes are made of."""

    whole: Partial
    register: Register
    roster: Roster
    door: Door
    asked: Asked


def changes_of(table: pd.DataFrame) -> tuple[Array, Array, Array, Estimate]:
    """Of one scale: the groups' changes, people and sampling variances, and the spread that these rest on."""
    y, n, sd = (table[name].to_numpy(float) for name in ("change", "n", "sd_change"))
    n = np.where(np.isfinite(y), n, 0.0)
    spread = pooled_sd(sd, n)
    return y, n, spread.value**2 / np.where(n > 0, n, np.nan), spread


def _outcome(at: int, scale: Scale, table: pd.DataFrame, given: _Told) -> _Json:
    register = given.register
    instrument = next(one for one in register.instruments if one.id == scale.instrument)
    low, high = scale.score_range
    told = {
        "scale": scale.id, "label": dict(scale.label), "low": low, "high": high,
        "higher_is_better": scale.higher_is_better, "measured": [int(n) for n in given.whole.measured[at]],
        "minimal_change": {"value": released_minimal_change(scale), "citation": scale.minimal_change.citation},
        "instrument": {"label": dict(instrument.label), "version": instrument.version, "status": instrument.status,
                       "licence": instrument.licence, "source": instrument.source},
    }  # fmt: skip
    y, n, v, spread = changes_of(table)
    asked = about(scale, CHANGE, register.compare, register.compare)
    if not (v[np.isfinite(v)] > 0).all() or not given.door.lets_out(asked, given.roster.behind(CHANGE, at)):
        return told
    there = np.isfinite(y) & np.isfinite(v)
    told |= _figures(y[there], n[there], v[there], spread, high - low) | _alpha(at, scale, given)
    told |= _course(at, scale, given)
    if given.asked.by:
        told["by"] = {by: classes_told(by, at, asked, given.roster, given.door, (y, v, high - low))
                      for by in given.asked.by}  # fmt: skip
    return told


def _figures(y: Array, n: Array, v: Array, spread: Estimate, most: float) -> _Json:
    """Of groups that may be told together."""
    none = np.zeros_like(y)
    mean = pooled_change(y, v, none)
    told = {
        "groups": len(y),
        "with_change": int(n.sum()),
        "mean": numbers_told(mean.value, *np.clip([mean.low, mean.high], -most, most)),
    }
    if n.sum() >= limits()["own_reliability"]:
        told["spread"] = numbers_told(spread.value)[0]
    between, drawn = between_groups(y, v, none), shrunken_changes(y, v, none)
    if between is not None and drawn is not None:
        named = int(standing_out(y, v, none).sum())
        told |= {"tau2": numbers_told(between.tau2.value, between.tau2.low, between.tau2.high),
                 "i_squared": numbers_told(between.i_squared.value)[0],
                 "prediction": numbers_told(between.prediction.low, between.prediction.high),
                 "beyond": _in_band(named, len(y)),
                 "apart": {"own": numbers_told(y.std(ddof=1))[0], "drawn": numbers_told(drawn.value.std(ddof=1))[0]},
                 "funnel": _funnel(y, n, float(spread.value))}  # fmt: skip
    return told


def _funnel(y: Array, n: Array, spread: float) -> list[_Json]:
    """For each size of which there are groups enough: the limits, and how many groups lie outside."""
    narrow, wide = funnel(y, spread, n)
    outside = [(y < limit.low) | (y > limit.high) for limit in (narrow, wide)]
    rows = []
    for size in np.unique(n):
        own = n == size
        if own.sum() < policies()[POLICY].pooled_groups:
            continue
        at = int(np.flatnonzero(own)[0])
        rows.append({"people": int(size), "groups": int(own.sum()),
                     "limits_95": numbers_told(narrow.low[at], narrow.high[at]),
                     "limits_998": numbers_told(wide.low[at], wide.high[at]),
                     "outside": [_in_band(int((out & own).sum()), int(own.sum())) for out in outside]})  # fmt: skip
    return rows


def _in_band(count: int, of: int) -> list[int]:
    """Between which numbers a count of groups lies: fewer than three groups on either side are not told exactly."""
    few = policies()[POLICY].pooled_groups - 1
    if count <= few:
        return [0, min(few, of)]
    return [of - few, of] if count >= of - few else [count, count]


def _alpha(at: int, scale: Scale, given: _Told) -> _Json:
    """Cronbach's alpha of everybody who answered every item at the first of the waves compared."""
    register, sums = given.register, given.whole.items[at]
    asked = about(scale, ALPHA, register.compare[:1], register.compare)
    if sums.n < limits()["own_reliability"] or not given.door.lets_out(asked, given.roster.behind(ALPHA, at)):
        return {}
    found = _alpha_of(sums, len(scale.items))
    return {"alpha": [*numbers_told(found.value, found.low, found.high), sums.n]} if np.isfinite(found.value) else {}


def _alpha_of(sums: ItemSums, items: int) -> Estimate:
    own = float((sums.squares - sums.sums.astype(float) ** 2 / sums.n).sum())
    return alpha_of_squares(own, sums.total_squares - sums.total**2 / sums.n, sums.n, items)


def _course(at: int, scale: Scale, given: _Told) -> _Json:
    """The mean change from the first wave to each later one, of everybody who has a score at any."""
    register, roster = given.register, given.roster
    sums: WaveSums = given.whole.courses[at]
    beside = (roster.people[COURSE][at].astype(int) - roster.people[CHANGE][at]).tolist()
    if len(register.waves) < 3 or (any(beside) and not policies()[POLICY].may_pool(beside)):
        return {}  # else the people who are in the course and not in the change could be told from the two
    found = mean_course(sums, scale)
    asked = about(scale, COURSE, register.waves, register.compare)
    if not np.isfinite(found).all() or not len(found):
        return {}
    if not given.door.lets_out(asked, roster.behind(COURSE, at)):
        return {}
    return {"course": {"people": sum(own.n for own in sums.values()), "changes": numbers_told(*found)}}
