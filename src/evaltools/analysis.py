"""Runs the plan over scales, groups and waves: one table of estimates, with the people behind every row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from evaltools.cells import Cells, Row, cell_rows, cells_of, of_members
from evaltools.errors import Problem
from evaltools.folder import Evaluation
from evaltools.instruments import Instrument, Scale
from evaltools.ledger import Ledger
from evaltools.measures import measures
from evaltools.schemas import ESTIMATES, SUMMARY_GROUP, row_dicts, validate_estimates
from evaltools.scores import item_array, score, side_by_side
from evaltools.statistics import change, describe, threats
from evaltools.statistics.bounded import mean_on_scale
from evaltools.statistics.estimate import (
    Array,
    Estimate,
    complete_pairs,
    estimate,
    mean_and_sd,
)
from evaltools.statistics.reliability import cronbach_alpha
from evaltools.statistics.reliable_change import reliable_change
from evaltools.statistics.standardised_change import d_av, d_z


@dataclass(frozen=True, repr=False)
class Facts:
    """What reports tell beside the estimates: the contract, the goals, the sessions, the instruments used.

    ``waves``, ``groups`` and ``goals`` are in the contract's order; ``then_tests`` are waves of their own kind, from
    which no change over time is counted, each with its label and the wave beside which it was asked; ``sessions``
    counts sessions by status; ``compared`` names for every scale the waves that the commissioner's report compares,
    and ``smallest_groups`` the smallest group that the contract's plan lets it tell of (0: as the policy says).
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
    then_tests: Mapping[str, tuple[str, str]]
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
    cells, facts = cells_of(evaluation), _facts(evaluation)
    people, waves = evaluation.people["person"].tolist(), list(facts.waves)
    rows: list[Row] = []
    for scale in facts.scales.values():
        values = side_by_side(score(evaluation.responses, scale), people, waves)
        rows += _level_rows(values, cells, waves, scale)
        rows += _alpha_rows(evaluation, cells, people, waves, scale)
        linked = np.where(evaluation.people["linked"], values, np.nan)  # who has no code is nobody's before or after
        rows += _change_rows(linked, cells, waves, scale)
        rows += _panel_rows(linked, cells, people, facts, scale, ledger)
        rows += _threat_rows(linked, cells, waves, scale)
        every = side_by_side(score(evaluation.responses, scale), people, [*waves, *facts.then_tests])
        every = np.where(evaluation.people["linked"], every, np.nan)
        rows += _then_test_rows(every, cells, facts, scale)
    return _assembled(rows, people, facts)


def _level_rows(values: Array, cells: Cells, waves: list[str], scale: Scale) -> Iterator[Row]:
    """How many, mean and spread of everyone measured, for every cell and wave."""
    for at, wave in enumerate(waves):
        own = of_members(values[at], cells)
        measured = cells.member & np.isfinite(values[at])
        figures = (describe.people_measured(own), mean_on_scale(own, *scale.score_range), describe.sd(own))
        yield from cell_rows(figures, cells, measured, scale, wave)


def _alpha_rows(
    evaluation: Evaluation, cells: Cells, people: list[str], waves: list[str], scale: Scale
) -> Iterator[Row]:
    """Alpha over everyone, wave by wave; single groups are far too small for it."""
    if scale.item_count < 2 or scale.given_as == "score":
        return
    everyone = Cells(cells.names[:1], cells.member[:1])
    for wave in waves:
        answers = item_array(evaluation.responses, scale, people, wave)
        measured = np.atleast_2d(np.isfinite(answers).all(axis=0))
        yield from cell_rows((cronbach_alpha(answers[None]),), everyone, measured, scale, wave)


def _change_rows(values: Array, cells: Cells, waves: list[str], scale: Scale) -> Iterator[Row]:
    """Change of the people measured at both waves, for every pair of waves."""
    for first, second in combinations(range(len(waves)), 2):
        before, after = (of_members(values[at], cells) for at in (first, second))
        measured = cells.member & np.isfinite(values[first]) & np.isfinite(values[second])
        yield from cell_rows(_change_figures(before, after, scale), cells, measured, scale, waves[first], waves[second])


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
    values: Array, cells: Cells, people: list[str], facts: Facts, scale: Scale, ledger: Ledger | None
) -> Iterator[Row]:
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
        yield from cell_rows((figure,), cells, panel, scale, wave)


def _threat_rows(values: Array, cells: Cells, waves: list[str], scale: Scale) -> Iterator[Row]:
    """What can make a change look other than it is: ends of the scale, regression to the mean, people who left."""
    answered = np.flatnonzero(np.isfinite(values).any(axis=1))
    if not len(answered):
        return
    first, *later = answered.tolist()
    before, measured = of_members(values[first], cells), cells.member & np.isfinite(values[first])
    known = scale.retest_reference
    mean, retest, basis = (known.mean, known.reliability, known.name) if known else (np.nan, np.nan, "")
    figures = (*threats.at_the_ends(before, *scale.score_range, scale.step),
               threats.regression_to_the_mean(before, mean, retest, basis=basis))  # fmt: skip
    yield from cell_rows(figures, cells, measured, scale, waves[first])
    for wave in later:
        after, again = of_members(values[wave], cells), np.isfinite(values[wave])
        where = (scale, waves[first], waves[wave])
        yield from cell_rows((threats.dropouts(before, after),), cells, measured, *where)
        gone = cell_rows((threats.baseline_of_dropouts(before, after),), cells, measured & ~again, *where)
        yield from (row for row in gone if row["n"])  # where nobody left, there is nobody to tell of
        yield from cell_rows(threats.change_with_dropouts(before, after), cells, measured & again, *where)


def _then_test_rows(values: Array, cells: Cells, facts: Facts, scale: Scale) -> Iterator[Row]:
    """Change from each then-test to the wave beside it, and how the then-test differs from the first wave."""
    at = {wave: row for row, wave in enumerate([*facts.waves, *facts.then_tests])}
    answered = [wave for wave in facts.waves if np.isfinite(values[at[wave]]).any()]
    for then, (_, end) in facts.then_tests.items():
        compared = [("then_test_change", then, end)]
        if answered and answered[0] != end:
            compared.append(("response_shift", answered[0], then))
        for measure, first, second in compared:
            before, after = (of_members(values[at[wave]], cells) for wave in (first, second))
            figure = replace(change.mean_change(before, after), measure=measure)
            measured = np.isfinite(before) & np.isfinite(after)
            yield from cell_rows((figure,), cells, measured, scale, first, second)


def _assembled(rows: list[Row], people: list[str], facts: Facts) -> Analysis:
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


def _sort_order(facts: Facts) -> Callable[[Row], tuple[Any, ...]]:
    waves = {wave: at for at, wave in enumerate(["", *facts.waves, *facts.then_tests])}
    groups = {group: at for at, group in enumerate([SUMMARY_GROUP, *facts.groups])}
    names = list(measures())

    def order(row: Row) -> tuple[Any, ...]:
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
    asked = evaluation.waves[~_is_then_test(evaluation)]
    contract = evaluation.contract.iloc[0] if len(evaluation.contract) else pd.Series(dtype="object")
    return Facts(
        evaluation=evaluation.id, language=evaluation.language, report_date=evaluation.report_date,
        notice=evaluation.notice, policy=evaluation.policy, recommendations=evaluation.recommendations,
        contract={str(name): value for name, value in contract.items() if pd.notna(value)},
        supervisors=tuple(dict.fromkeys(evaluation.supervisor_periods["supervisor"])),
        goals=tuple({name: value for name, value in goal.items() if pd.notna(value)}
                    for goal in row_dicts(evaluation.goals)),
        groups=groups, waves=dict(zip(asked["wave"], asked["label"], strict=True)), then_tests=_then_tests(evaluation),
        sessions=sessions, instruments=tuple(evaluation.instruments.values()), scales=used,
        compared={name: _compared(evaluation, scale) for name, scale in used.items()},
        smallest_groups={name: _smallest_group(evaluation, scale) for name, scale in used.items()},
        people={group: int((linked["group"] == group).sum()) for group in groups},
        load_log=evaluation.load_log, notes=evaluation.notes,
    )  # fmt: skip


def _is_then_test(evaluation: Evaluation) -> pd.Series[bool]:
    return evaluation.waves["kind"].eq("then_test").fillna(False).astype(bool)


def _then_tests(evaluation: Evaluation) -> dict[str, tuple[str, str]]:
    """Each then-test, with its label and the wave beside which it was asked: the nearest one listed before it.

    Where only the first wave is listed before it, the next one after it; where there is none, it is left empty.
    """
    found = {}
    then = _is_then_test(evaluation)
    for at in np.flatnonzero(then):
        before = evaluation.waves["wave"][:at][~then[:at]].tolist()[1:]
        after = evaluation.waves["wave"][at:][~then[at:]].tolist()
        row = evaluation.waves.iloc[at]
        found[str(row["wave"])] = (str(row["label"]), str([*before[-1:], *after, ""][0]))
    return {wave: (label, end) for wave, (label, end) in found.items() if end}


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
    delivered = [wave for wave in evaluation.waves["wave"][~_is_then_test(evaluation)] if wave in answered]
    told = set(_planned(evaluation, scale)["wave"])
    if told:
        return tuple(wave for wave in delivered if wave in told)
    return tuple(dict.fromkeys([*delivered[:1], *delivered[-1:]]))
