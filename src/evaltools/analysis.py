"""Runs the plan over scales, groups and waves: one table of estimates, with the people behind every row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.agreement_rows import agreement_rows
from evaltools.case_rows import case_rows, session_series_rows
from evaltools.cells import PERSON, Cells, Row, cell_rows, cells_of, of_members, one_persons
from evaltools.change_rows import change_rows, holm_rows, primary_contrast
from evaltools.contract_facts import composition_rows
from evaltools.facts import Facts, facts_of
from evaltools.folder import Evaluation
from evaltools.goal_rows import expected_rows, goal_rows
from evaltools.instruments import Scale
from evaltools.item_rows import item_rows
from evaltools.ledger import Ledger
from evaltools.measures import measures
from evaltools.plan_items import plan_rows
from evaltools.process.rows import process_rows
from evaltools.schemas import ESTIMATES, SUMMARY_GROUP, validate_estimates
from evaltools.scores import item_arrays, score, side_by_side
from evaltools.statistics import describe
from evaltools.statistics.bounded import mean_on_scale
from evaltools.statistics.estimate import Array, estimate, mean_and_sd
from evaltools.threat_rows import then_test_rows, threat_rows
from evaltools.timeline import membership_rows
from evaltools.wave_rows import dose_rows, wave_rows


@dataclass(frozen=True, repr=False)
class Analysis:
    """Everything computed about one evaluation, confidential.

    ``estimates`` is the one table of results; ``sets`` holds, under a row's ``people_set``, the pseudonyms of
    the people behind it. ``owned`` tells of a share of things (ideas, questions) how many of them each of these people
    answers for, under the share's measure, group_by and group.
    """

    estimates: pd.DataFrame
    sets: Mapping[int, frozenset[str]]
    facts: Facts
    owned: Mapping[tuple[str, str, str], Mapping[str, int]] = field(default_factory=dict)

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
    cells, facts = cells_of(evaluation), facts_of(evaluation, ledger)
    people, waves = evaluation.people["person"].tolist(), list(facts.waves)
    linked = evaluation.people["linked"].to_numpy(bool)  # who has no code is nobody's before or after
    rows: list[Row] = []
    for scale in facts.scales.values():
        scores = score(evaluation.responses, scale)
        values = side_by_side(scores, people, waves)
        known = np.where(linked, values, np.nan)
        every = np.where(linked, side_by_side(scores, people, [*waves, *facts.then_tests]), np.nan)
        rows += _level_rows(values, cells, waves, scale)
        items = item_arrays(evaluation.responses, scale, people, waves)
        rows += item_rows(items, cells, waves, scale)
        rows += _over_time(known, linked, evaluation, cells, facts, scale)
        rows += _panel_rows(known, cells, people, facts, scale, ledger)
        rows += then_test_rows(every, cells, facts, scale)
        rows += agreement_rows(values, items, cells, waves, scale)
        rows += map(one_persons, case_rows(known, evaluation, cells, waves, scale))
    rows += _contract_rows(evaluation, cells, people, facts, rows)
    rows += process_rows(evaluation, cells)
    return _assembled(rows, people, facts)


def _contract_rows(
    evaluation: Evaluation, cells: Cells, people: list[str], facts: Facts, rows: list[Row]
) -> list[Row]:  # fmt: skip
    """What answers to the contract: its plan, its goals, who belonged when, each supervisor's time."""
    return [*plan_rows(evaluation), *composition_rows(evaluation), *membership_rows(evaluation, cells),
            *map(one_persons, session_series_rows(evaluation, cells, people)), *goal_rows(evaluation, cells),
            *expected_rows(rows, facts)]  # fmt: skip


def _over_time(
    values: Array, linked: NDArray[np.bool_], evaluation: Evaluation, cells: Cells, facts: Facts, scale: Scale
) -> list[Row]:  # fmt: skip
    """Everything about change: from wave to wave, over all waves, and what can make it look other than it is."""
    waves = list(facts.waves)
    answered = [wave for wave, own in zip(waves, values, strict=True) if np.isfinite(own).any()]
    rows = list(change_rows(values, linked, cells, waves, scale))
    if answered:
        primary = primary_contrast(facts, scale, answered)
        rows += list(holm_rows(rows, primary, answered[0], several_groups=len(facts.groups) > 1))
    rows += wave_rows(values, evaluation, cells, waves, scale)
    rows += dose_rows(values, evaluation, cells, waves, scale)
    rows += threat_rows(values, cells, waves, scale)
    return rows


def _level_rows(values: Array, cells: Cells, waves: list[str], scale: Scale) -> Iterator[Row]:
    """How many, mean and spread of everyone measured, for every cell and wave."""
    for at, wave in enumerate(waves):
        own = of_members(values[at], cells)
        measured = cells.member & np.isfinite(values[at])
        figures = (describe.people_measured(own), mean_on_scale(own, *scale.score_range), describe.sd(own))
        yield from cell_rows(figures, cells, measured, scale, wave)


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


def _assembled(rows: list[Row], people: list[str], facts: Facts) -> Analysis:
    """One sorted, validated table; sets of people numbered in the order in which the table meets them."""
    order = _sort_order(facts)
    rows = sorted(({"period": ""} | row for row in rows), key=order)
    numbers: dict[tuple[int, ...], int] = {}
    for row in rows:
        row["people_set"] = numbers.setdefault(row.pop("people"), len(numbers))
    owned = {(row["measure"], row["group_by"], row["group"]): {people[at]: count for at, count in things.items()}
             for row in rows if (things := row.pop("owned", {})) and _may_go_out(row)}  # fmt: skip
    table = pd.DataFrame(rows).assign(evaluation=facts.evaluation) if rows else pd.DataFrame(columns=list(ESTIMATES))
    table = table[list(ESTIMATES)].astype(ESTIMATES)
    sets = {number: frozenset(people[at] for at in members) for members, number in numbers.items()}
    return Analysis(validate_estimates(table), sets, facts, owned)


def _may_go_out(row: Row) -> bool:
    """Whether a row is a share of all things over the whole period, which the commissioner may see in some form."""
    return bool(measures()[row["measure"]].form) and row["period"] == "" and row["basis"] in ("", "all")


def _sort_order(facts: Facts) -> Callable[[Row], tuple[Any, ...]]:
    """Scale, group, wave, measure, basis and session in their own order; the rows of single people last."""
    waves = {wave: at for at, wave in enumerate(["", *facts.waves, *facts.then_tests])}
    groups = {group: at for at, group in enumerate([SUMMARY_GROUP, *facts.audiences, *facts.groups])}
    measure = {name: at for at, name in enumerate(measures())}
    sessions = {session: at for at, session in enumerate(["", *facts.session_dates])}

    def order(row: Row) -> tuple[Any, ...]:
        group = int(row["group"]) if row["group_by"] == PERSON else groups[row["group"]]
        period = sessions.get(row["period"], len(sessions))  # a half of the process is no session
        wave = waves.get(row["wave"], len(waves))  # a form after sessions is no point in time
        return (row["scale"], row["group_by"], group, wave, waves[row["wave_to"]],
                measure[row["measure"]], row["basis"], period, row["period"])  # fmt: skip

    return order
