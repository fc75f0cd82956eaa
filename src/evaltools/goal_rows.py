"""Rows about the contract's goals: levels reached, goal attainment T, and change against the change expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from evaltools.cells import Cells, Row, one_persons, plain_row
from evaltools.change_rows import primary_contrast
from evaltools.facts import Facts
from evaltools.folder import Evaluation
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.statistics.estimate import field_records
from evaltools.statistics.goals import goal_attainment_t


def goal_rows(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """The level that each goal has reached by each kind of rater at each wave, and T of the goals of one level.

    ``basis`` of ``goal_level`` is the goal and the rater (``g1|participant``), of ``goal_attainment_t`` the goals'
    level and the rater (``group|supervisor``); raters and levels are never mixed. Several people's ratings of a goal
    are averaged within their group or kind of group; ``n`` counts those who rated (0 where a rating is no single
    person's, such as the supervisor's). T weights the goals as the contract does.
    """
    reached = list(_levels_reached(evaluation, cells))
    yield from reached
    goals = {row["goal"]: row for row in row_dicts(evaluation.goals)}
    together: dict[tuple[str, str, str, str, str], list[Row]] = {}
    for row in reached:
        goal, _, rater = row["basis"].partition("|")
        level = goals[goal]["level"]
        key = (row["group_by"], row["group"], row["wave"], "" if pd.isna(level) else level, rater)
        together.setdefault(key, []).append(row)
    for (group_by, group, wave, level, rater), rows in together.items():
        weights = [_weight(goals[row["basis"].partition("|")[0]]) for row in rows]
        people = tuple(sorted({person for row in rows for person in row["people"]}))
        figure = goal_attainment_t([[row["value"] for row in rows]], weights, people=[len(people)])
        yield field_records(figure)[0] | {
            "scale": "", "group_by": group_by, "group": group, "wave": wave, "wave_to": "", "people": people,
            "basis": f"{level}|{rater}", "method": f"{figure.method}, {figure.basis}",
        }  # fmt: skip


def expected_rows(rows: Iterable[Row], facts: Facts) -> Iterator[Row]:
    """For every goal with an expected change: the change of its indicator, less the change that was expected.

    Parameters
    ----------
    rows : iterable of rows
        The estimates so far, with ``mean_change`` of the indicators.
    facts : Facts
        Goals, waves and plan. ``expected`` is in points of the indicator, with its sign.

    Yields
    ------
    Row
        ``change_beyond_expected``, ``basis`` the goal: 0 is as expected. In the goal's own group, else in every cell
        in which groups stand together.
    """
    changes = [row for row in rows if row["measure"] == "mean_change"]
    for goal in facts.goals:
        if "expected" not in goal or goal.get("indicator") not in facts.scales:
            continue
        for row in goal_changes(changes, goal, facts):
            moved = {end: row[end] - goal["expected"] for end in ("value", "low", "high")}
            yield row | moved | {"measure": "change_beyond_expected", "basis": goal["goal"]}


def goal_changes(changes: Iterable[Row], goal: Mapping[str, Any], facts: Facts) -> list[Row]:
    """The rows of mean change that answer a goal: from the first wave to the last that the plan compares."""
    scale = facts.scales[goal["indicator"]]
    own = [row for row in changes if row["scale"] == scale.id and row["n"] > 0]
    answered = [wave for wave in facts.waves if any(wave in (row["wave"], row["wave_to"]) for row in own)]
    waves = primary_contrast(facts, scale, answered)
    group = goal.get("group")
    return [
        row for row in own
        if (row["wave"], row["wave_to"]) == waves
        and (row["group_by"] == "group" and row["group"] == group if group else row["group_by"] != "group")
    ]  # fmt: skip


def goal_rates(rows: Iterable[Row], goal: Mapping[str, Any]) -> list[Row]:
    """The shares that answer a goal whose indicator is one: of all things, over the whole period.

    In the goal's own group, else in every cell in which groups stand together.
    """
    group = goal.get("group")
    return [
        row for row in rows
        if row["measure"] == goal["indicator"] and row["period"] == "" and row["basis"] in ("", "all")
        and (row["group_by"] == "group" and row["group"] == group if group else row["group_by"] != "group")
    ]  # fmt: skip


def _levels_reached(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """Each goal's mean rating by cell, wave and rater."""
    ratings = evaluation.goal_ratings
    ratings = ratings.assign(rater=ratings["rater"].fillna(""), at=_places(evaluation, ratings))
    group_of = dict(zip(evaluation.goals["goal"], evaluation.goals["group"], strict=True))
    for (goal, wave, rater), own in ratings.groupby(["goal", "wave", "rater"], sort=False):
        group = group_of.get(str(goal))
        home = ("evaluation", SUMMARY_GROUP) if pd.isna(group) else ("group", str(group))
        where = {"wave": str(wave), "basis": f"{goal}|{rater}", "method": "mean of the ratings"}
        if home not in cells.names and (own["at"] < 0).any():
            yield _mean_level(own[own["at"] < 0], home, where)
        for name, member in zip(cells.names, cells.member, strict=True):
            if name != home and (pd.notna(group) or name[0] == "group"):
                continue
            inside = own[[member[at] if at >= 0 else name == home for at in own["at"]]]
            if len(inside):
                yield one_persons(_mean_level(inside, name, where))


def _places(evaluation: Evaluation, ratings: pd.DataFrame) -> list[int]:
    """Each rater's place among the people; -1 where a rating is no single person's."""
    places = {person: at for at, person in enumerate(evaluation.people["person"])}
    return [-1 if pd.isna(person) else places[person] for person in ratings["person"]]


def _mean_level(ratings: pd.DataFrame, cell: tuple[str, str], where: Mapping[str, str]) -> Row:
    people = tuple(sorted({int(at) for at in ratings["at"] if at >= 0}))
    return plain_row("goal_level", float(ratings["reached"].mean()), people=people, of=float(len(ratings)),
                     group_by=cell[0], group=cell[1], **where)  # fmt: skip


def _weight(goal: Mapping[str, Any]) -> float:
    return 1.0 if pd.isna(goal["weight"]) else float(goal["weight"])
