"""Runs the plan over scales, groups and waves: one table of estimates, with the people behind every row.

The only module that splits people into groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from evaltools.errors import Problem
from evaltools.folder import Evaluation
from evaltools.instruments import Instrument, Scale
from evaltools.ledger import Ledger
from evaltools.measures import limits, measures
from evaltools.schemas import ESTIMATES, SUMMARY_GROUP, row_dicts, validate_estimates
from evaltools.scores import item_array, score, side_by_side
from evaltools.statistics import change, describe
from evaltools.statistics.estimate import (
    Array,
    Estimate,
    complete_pairs,
    estimate,
    field_records,
    mean_and_sd,
)
from evaltools.statistics.reliability import cronbach_alpha
from evaltools.statistics.reliable_change import reliable_change
from evaltools.statistics.standardised_change import d_av, d_z

_Row = dict[str, Any]
_COUNTS = ("people_measured", "pairs")


@dataclass(frozen=True, repr=False)
class Facts:
    """What reports tell beside the estimates: the contract, the goals, the sessions, the instruments used.

    ``waves``, ``groups`` and ``goals`` are in the contract's order; ``sessions`` counts sessions by status;
    ``compared`` names for every scale the waves that the commissioner's report compares, and ``smallest_groups``
    the smallest group that the contract's plan lets it tell of (0: as the policy says).
    """

    evaluation: str
    language: str
    report_date: date
    notice: str
    policy: str
    recommendations: str
    contract: Mapping[str, Any]
    supervisors: tuple[str, ...]
    goals: tuple[Mapping[str, Any], ...]
    groups: Mapping[str, str]
    waves: Mapping[str, str]
    sessions: Mapping[str, Mapping[str, int]]
    instruments: tuple[Instrument, ...]
    scales: Mapping[str, Scale]
    compared: Mapping[str, tuple[str, ...]]
    smallest_groups: Mapping[str, int]
    people: Mapping[str, int]
    load_log: pd.DataFrame
    notes: tuple[Problem, ...]


@dataclass(frozen=True, repr=False)
class Analysis:
    """Everything computed about one evaluation, confidential.

    ``estimates`` is the one table of results; ``sets`` holds, under a row's ``people_set``, the pseudonyms of
    the people behind it.
    """

    estimates: pd.DataFrame
    sets: Mapping[int, frozenset[str]]
    facts: Facts

    def __repr__(self) -> str:
        """Only the name: confidential values are never printed by accident."""
        return f"<Analysis {self.facts.evaluation}>"


@dataclass(frozen=True)
class _Cells:
    """The groups that rows are about: the whole evaluation first, then each group; who belongs to which."""

    names: tuple[tuple[str, str], ...]
    member: np.ndarray[Any, np.dtype[np.bool_]]


def analyse(evaluation: Evaluation, ledger: Ledger | None = None) -> Analysis:
    """Compute every estimate of an evaluation.

    Parameters
    ----------
    evaluation : Evaluation
        As read from its folder.
    ledger : Ledger, optional
        What has been released; its panels of people are frozen and taken over.

    Returns
    -------
    Analysis
        One row a scale, group, wave (or pair of waves) and measure. A figure from fewer people than its limit
        keeps its value with the note ``"below_limit"``; from fewer than two people there is no value.

    Examples
    --------
    >>> analyse(read_evaluation("data/sample/hemtjanst"))  # doctest: +SKIP
    <Analysis hemtjanst-lindmarka>
    """
    people, waves = evaluation.people["person"].tolist(), evaluation.waves["wave"].tolist()
    cells = _cells(evaluation)
    facts = _facts(evaluation)
    rows: list[_Row] = []
    for scale in facts.scales.values():
        values = side_by_side(score(evaluation.responses, scale), people, waves)
        rows += _level_rows(values, cells, waves, scale)
        rows += _alpha_rows(evaluation, cells, people, waves, scale)
        linked = np.where(evaluation.people["linked"], values, np.nan)  # who has no code is nobody's before or after
        rows += _change_rows(linked, cells, waves, scale)
        rows += _panel_rows(linked, cells, people, facts, scale, ledger)
    return _assembled(rows, people, facts)


def _cells(evaluation: Evaluation) -> _Cells:
    groups = evaluation.groups["group"].tolist()
    of = evaluation.people["group"].to_numpy()
    member = np.array([np.ones(len(of), bool), *(of == group for group in groups)])
    return _Cells((("evaluation", SUMMARY_GROUP), *(("group", group) for group in groups)), member.astype(bool))


def _of_members(values: Array, cells: _Cells) -> Array:
    """One wave's scores, a row a cell: those of its members, the others NaN."""
    own: Array = np.where(cells.member, values, np.nan)
    return own


def _level_rows(values: Array, cells: _Cells, waves: list[str], scale: Scale) -> Iterator[_Row]:
    """How many, mean and spread of everyone measured, for every cell and wave."""
    for at, wave in enumerate(waves):
        own = _of_members(values[at], cells)
        measured = cells.member & np.isfinite(values[at])
        figures = (describe.people_measured(own), describe.mean(own), describe.sd(own))
        yield from _rows(figures, cells, measured, scale, wave)


def _alpha_rows(
    evaluation: Evaluation, cells: _Cells, people: list[str], waves: list[str], scale: Scale
) -> Iterator[_Row]:
    """Alpha over everyone, wave by wave; single groups are far too small for it."""
    if scale.item_count < 2 or scale.given_as == "score":
        return
    everyone = _Cells(cells.names[:1], cells.member[:1])
    for wave in waves:
        answers = item_array(evaluation.responses, scale, people, wave)
        measured = np.atleast_2d(np.isfinite(answers).all(axis=0))
        yield from _rows((cronbach_alpha(answers[None]),), everyone, measured, scale, wave)


def _change_rows(values: Array, cells: _Cells, waves: list[str], scale: Scale) -> Iterator[_Row]:
    """Change of the people measured at both waves, for every pair of waves."""
    for first, second in combinations(range(len(waves)), 2):
        before, after = (_of_members(values[at], cells) for at in (first, second))
        measured = cells.member & np.isfinite(values[first]) & np.isfinite(values[second])
        yield from _rows(_change_figures(before, after, scale), cells, measured, scale, waves[first], waves[second])


def _change_figures(before: Array, after: Array, scale: Scale) -> tuple[Estimate, ...]:
    reference = scale.reference
    sd, reliability, basis = (
        (reference.sd, reference.reliability, reference.name) if reference else (np.nan, np.nan, "")
    )
    figures = [change.pairs(before, after), change.mean_change(before, after), *change.t_paired(before, after),
               d_z(before, after), d_av(before, after), change.correlation(before, after),
               *reliable_change(before, after, sd, reliability, basis=basis)]  # fmt: skip
    for name, values in zip(("before", "after"), complete_pairs(before, after), strict=True):
        centre, spread = mean_and_sd(values)
        n = figures[0].n
        figures.append(estimate(f"mean_{name}", centre, n, "mean of the pairs", note=np.where(n < 1, "too_few", "")))
        figures.append(
            estimate(
                f"sd_{name}",
                spread,
                n,
                "standard deviation of the pairs",
                note=np.where(n < 2, "too_few", ""),
            )
        )
    return tuple(figures)


def _panel_rows(
    values: Array, cells: _Cells, people: list[str], facts: Facts, scale: Scale, ledger: Ledger | None
) -> Iterator[_Row]:
    """Means of the panel: the people measured at every wave that the commissioner's report compares."""
    waves = list(facts.waves)
    compared = facts.compared[scale.id]
    at = [waves.index(wave) for wave in compared]
    if not at:
        return
    panel = cells.member & np.isfinite(values[at]).all(axis=0)
    for cell, (group_by, group) in enumerate(cells.names):
        frozen = ledger.panel(scale.id, group_by, group) if ledger else None
        if frozen is not None:
            panel[cell] &= np.isin(people, list(frozen))
    for wave, row in zip(compared, at, strict=True):
        centre, _ = mean_and_sd(np.where(panel, values[row], np.nan))
        n = panel.sum(axis=1)
        figure = estimate("panel_mean", centre, n, "mean of the panel", note=np.where(n < 1, "too_few", ""))
        yield from _rows((figure,), cells, panel, scale, wave)


def _rows(
    figures: tuple[Estimate, ...], cells: _Cells, measured: np.ndarray[Any, np.dtype[np.bool_]], scale: Scale,
    wave: str, wave_to: str = "",
) -> Iterator[_Row]:  # fmt: skip
    """Rows of the table, each with the people behind it (taken out again when the table is assembled)."""
    for figure in figures:
        for cell, record in enumerate(field_records(figure)):
            group_by, group = cells.names[cell]
            where = {
                "scale": scale.id,
                "group_by": group_by,
                "group": group,
                "wave": wave,
                "wave_to": wave_to,
            }
            yield _within_limits(record | where | {"people": tuple(np.flatnonzero(measured[cell]))})


def _within_limits(row: _Row) -> _Row:
    """The row, marked where it has fewer people than its measure needs; without a value below two people."""
    if row["measure"] in _COUNTS:
        return row
    if row["n"] < limits()["estimate_value"]:
        return row | {"value": np.nan, "low": np.nan, "high": np.nan, "note": "too_few"}
    if row["n"] < limits()[measures()[row["measure"]].limit] and row["note"] != "no_reference":
        return row | {"note": "below_limit"}
    return row


def _assembled(rows: list[_Row], people: list[str], facts: Facts) -> Analysis:
    """One sorted, validated table; sets of people numbered in the order in which the table meets them."""
    order = _sort_order(facts)
    rows = sorted(rows, key=order)
    numbers: dict[tuple[int, ...], int] = {}
    for row in rows:
        row["people_set"] = numbers.setdefault(row.pop("people"), len(numbers))
    table = (
        pd.DataFrame(rows).assign(evaluation=facts.evaluation, period="")
        if rows
        else pd.DataFrame(columns=list(ESTIMATES))
    )
    table = table[list(ESTIMATES)].astype(ESTIMATES)
    sets = {number: frozenset(people[at] for at in members) for members, number in numbers.items()}
    return Analysis(validate_estimates(table), sets, facts)


def _sort_order(facts: Facts) -> Callable[[_Row], tuple[Any, ...]]:
    waves = {wave: at for at, wave in enumerate(["", *facts.waves])}
    groups = {group: at for at, group in enumerate([SUMMARY_GROUP, *facts.groups])}
    names = list(measures())

    def order(row: _Row) -> tuple[Any, ...]:
        return (row["scale"], row["group_by"], groups[row["group"]], waves[row["wave"]], waves[row["wave_to"]],
                names.index(row["measure"]))  # fmt: skip

    return order


def _facts(evaluation: Evaluation) -> Facts:
    scales = {scale.id: scale for key in evaluation.instruments.values() for scale in key.scales}
    answered = set(zip(evaluation.responses["instrument"], evaluation.responses["item"], strict=True))
    used = {
        name: scale
        for name, scale in sorted(scales.items())
        if any((scale.instrument, item) in answered for item in (*scale.items, name))
    }
    groups = dict(zip(evaluation.groups["group"], evaluation.groups["label"], strict=True))
    sessions: dict[str, dict[str, int]] = {}
    for session in row_dicts(evaluation.sessions):
        counts = sessions.setdefault(session["group"] if pd.notna(session["group"]) else SUMMARY_GROUP, {})
        counts[session["status"]] = counts.get(session["status"], 0) + 1
    linked = evaluation.people[evaluation.people["linked"]]
    contract = evaluation.contract.iloc[0] if len(evaluation.contract) else pd.Series(dtype="object")
    return Facts(
        evaluation=evaluation.id, language=evaluation.language, report_date=evaluation.report_date,
        notice=evaluation.notice, policy=evaluation.policy, recommendations=evaluation.recommendations,
        contract={str(name): value for name, value in contract.items() if pd.notna(value)},
        supervisors=tuple(dict.fromkeys(evaluation.supervisor_periods["supervisor"])),
        goals=tuple({name: value for name, value in goal.items() if pd.notna(value)}
                    for goal in row_dicts(evaluation.goals)),
        groups=groups, waves=dict(zip(evaluation.waves["wave"], evaluation.waves["label"], strict=True)),
        sessions=sessions, instruments=tuple(evaluation.instruments.values()), scales=used,
        compared={name: _compared(evaluation, scale) for name, scale in used.items()},
        smallest_groups={name: _smallest_group(evaluation, scale) for name, scale in used.items()},
        people={group: int((linked["group"] == group).sum()) for group in groups},
        load_log=evaluation.load_log, notes=evaluation.notes,
    )  # fmt: skip


def _planned(evaluation: Evaluation, scale: Scale) -> pd.DataFrame:
    """The rows of the plan that tell the commissioner of a scale."""
    plan = evaluation.evaluation_plan
    return plan[(plan["to"] == "commissioner") & plan["what"].isin([scale.id, scale.instrument])]


def _smallest_group(evaluation: Evaluation, scale: Scale) -> int:
    smallest = _planned(evaluation, scale)["smallest_group"].max()
    return 0 if pd.isna(smallest) else int(smallest)


def _compared(evaluation: Evaluation, scale: Scale) -> tuple[str, ...]:
    """The waves that the commissioner is told of: those of the plan that have answers, else the first and the last."""
    own = evaluation.responses["instrument"] == scale.instrument
    answered = set(evaluation.responses[own & evaluation.responses["code"].notna()]["wave"])
    delivered = [wave for wave in evaluation.waves["wave"] if wave in answered]
    told = set(_planned(evaluation, scale)["wave"])
    if told:
        return tuple(wave for wave in delivered if wave in told)
    return tuple(dict.fromkeys([*delivered[:1], *delivered[-1:]]))
