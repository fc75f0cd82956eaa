"""Figures of all groups of a register together, those that pass the policy; see `summary`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaltools.instruments import Scale
from evaltools.measures import limits
from evaltools.policy import policies, released_minimal_change
from evaltools.pooled_changes import between_groups, funnel, pooled_change
from evaltools.register.declaration import Register
from evaltools.register.group_figures import ItemSums
from evaltools.register.partial import Partial
from evaltools.register.summary import Summary
from evaltools.statistics.estimate import Array, Estimate
from evaltools.statistics.group_changes import pooled_sd
from evaltools.statistics.reliability import alpha_of_squares

POLICY = "standard"
COLUMNS = ("scale", "n", "change", "sd_change")  # of the groups' table, that a summary is made of
_SCHEMA = 1
_DIGITS = 4
_Json = dict[str, Any]


def summarise(whole: Partial, register: Register, unread: Sequence[str] = ()) -> Summary:
    """What may be told of a register, by the standard policy.

    Parameters
    ----------
    whole : Partial
        All parts together; of the groups' table the columns `COLUMNS` are enough.
    register : Register
        What is declared of it.
    unread : sequence of str
        Names of files that are not in it.

    Returns
    -------
    Summary
        Of each scale the mean change over the groups with its interval, how the groups differ, the spread within
        groups and alpha from 30 people on, and how many groups of each size lie outside the limits of a funnel.
        A scale with fewer than three groups or fifteen people, or a group that is more than half, is without figures.
    """
    changes = dict(iter(whole.groups.groupby("scale", sort=False, observed=True)))
    outcomes = [
        _outcome(scale, changes.get(scale.id, whole.groups.iloc[:0]), sums, measured, register)
        for scale, sums, measured in zip(register.scales, whole.items, whole.measured, strict=True)
    ]
    return Summary({
        "schema": _SCHEMA, "register": register.id, "notice": register.notice, "policy": POLICY,
        "report_date": register.report_date.isoformat(), "waves": list(register.waves),
        "compare": list(register.compare), "unread": list(unread), "rows": whole.rows, "missing": whole.missing,
        "left_out": dict(whole.violations.counts), "people": whole.people,
        "groups": len(whole.groups) // len(register.scales), "outcomes": outcomes,
    })  # fmt: skip


def changes_of(table: pd.DataFrame) -> tuple[Array, Array, Array, Estimate]:
    """Of one scale: the groups' changes, people and sampling variances, and the spread that these rest on."""
    y, n, sd = (table[name].to_numpy(float) for name in ("change", "n", "sd_change"))
    n = np.where(np.isfinite(y), n, 0.0)
    spread = pooled_sd(sd, n)
    return y, n, spread.value**2 / np.where(n > 0, n, np.nan), spread


def _outcome(scale: Scale, table: pd.DataFrame, sums: ItemSums, measured: Any, register: Register) -> _Json:
    instrument = next(one for one in register.instruments if one.id == scale.instrument)
    low, high = scale.score_range
    told = {
        "scale": scale.id, "label": dict(scale.label), "low": low, "high": high,
        "higher_is_better": scale.higher_is_better, "measured": [int(n) for n in measured],
        "minimal_change": {"value": released_minimal_change(scale), "citation": scale.minimal_change.citation},
        "instrument": {"label": dict(instrument.label), "version": instrument.version, "status": instrument.status,
                       "licence": instrument.licence, "source": instrument.source},
    }  # fmt: skip
    y, n, v, spread = changes_of(table)
    there = np.isfinite(y) & np.isfinite(v)
    if not policies()[POLICY].may_pool(n[there].astype(int).tolist()) or not (v[there] > 0).all():
        return told
    return told | _figures(y[there], n[there], v[there], spread, high - low) | _alpha(sums, len(scale.items))


def _figures(y: Array, n: Array, v: Array, spread: Estimate, most: float) -> _Json:
    """Of groups that may be told together."""
    none = np.zeros_like(y)
    mean = pooled_change(y, v, none)
    told = {
        "groups": len(y),
        "with_change": int(n.sum()),
        "mean": _numbers(mean.value, *np.clip([mean.low, mean.high], -most, most)),
    }
    if n.sum() >= limits()["own_reliability"]:
        told["spread"] = _numbers(spread.value)[0]
    between = between_groups(y, v, none)
    if between is not None:
        told |= {"tau2": _numbers(between.tau2.value, between.tau2.low, between.tau2.high),
                 "i_squared": _numbers(between.i_squared.value)[0],
                 "prediction": _numbers(between.prediction.low, between.prediction.high),
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
                     "limits_95": _numbers(narrow.low[at], narrow.high[at]),
                     "limits_998": _numbers(wide.low[at], wide.high[at]),
                     "outside": [int((out & own).sum()) for out in outside]})  # fmt: skip
    return rows


def _alpha(sums: ItemSums, items: int) -> _Json:
    """Cronbach's alpha of everybody who answered every item at the first of the waves compared."""
    if sums.n < limits()["own_reliability"]:
        return {}
    own = float((sums.squares - sums.sums.astype(float) ** 2 / sums.n).sum())
    found = alpha_of_squares(own, sums.total_squares - sums.total**2 / sums.n, sums.n, items)
    return {"alpha": [*_numbers(found.value, found.low, found.high), sums.n]} if np.isfinite(found.value) else {}


def _numbers(*values: Any) -> list[float | None]:
    return [round(float(value), _DIGITS) + 0.0 if np.isfinite(value) else None for value in values]
