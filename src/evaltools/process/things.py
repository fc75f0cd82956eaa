"""Things of the session log (questions, ideas, marks of attendance): whose they are, and figures about them.

A thing belongs to its person's group, else to its session's; a session that names no group is everybody's. Things
whose person is not recorded count in every share and mean; for the interval they stand together as one more person,
which is the most careful assumption.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.canonical import TABLES
from evaltools.cells import Cells, Row, audiences_of, figure_rows, of_members, part
from evaltools.folder import Evaluation
from evaltools.measures import measures
from evaltools.statistics import describe
from evaltools.statistics.clustered_means import clustered_mean
from evaltools.statistics.clustered_rates import clustered_share
from evaltools.statistics.estimate import Array, Estimate, estimate

Chosen = NDArray[np.bool_]


@dataclass(frozen=True)
class Things:
    """Rows of a table, with whose they are and which cells they belong to.

    ``owner`` has each row's place among the people, or their number where it is not known; ``inside`` has a row a cell
    and a column a thing. ``owned`` is False where things have no person at all, such as sessions.
    """

    rows: pd.DataFrame
    owner: NDArray[np.intp]
    inside: Chosen
    cells: Cells
    owned: bool = True

    def where(self, chosen: Chosen) -> Things:
        """Only the chosen things."""
        return replace(self, rows=self.rows[chosen], owner=self.owner[chosen], inside=self.inside[:, chosen])

    def cell_by_cell(self) -> Iterator[Things]:
        """The same things in each cell alone: a session may be of one cell of two that have the same people."""
        for at, name in enumerate(self.cells.names):
            cell = Cells((name,), self.cells.member[at : at + 1])
            yield replace(self, inside=self.inside[at : at + 1], cells=cell)

    def within(self, chosen: Chosen) -> Array:
        """How many of the chosen things each person of each cell has, shape (cells, people + 1): last, nobody's."""
        found = np.zeros((self.cells.member.shape[1] + 1, len(self.cells.names)))
        np.add.at(found, self.owner, (self.inside & chosen).T.astype(float))
        return cast("Array", found.T)


def things_of(evaluation: Evaluation, cells: Cells, rows: pd.DataFrame, person: str = "") -> Things:
    """Rows of a table that has a session, or a date and a group, as things.

    Parameters
    ----------
    evaluation : Evaluation
        Its people, in order, and sessions.
    cells : Cells
        The groups.
    rows : DataFrame
        With the columns ``session`` or ``group``, and the one that ``person`` names.
    person : str, optional
        Column that says whose a thing is; "" where things are nobody's.
    """
    places = {code: at for at, code in enumerate(evaluation.people["person"])}
    nobody = len(places)
    whose = rows[person] if person else [None] * len(rows)
    owner = np.array([places.get(code, nobody) if pd.notna(code) else nobody for code in whose], dtype=np.intp)
    by_session = "session" in rows
    groups = looked_up(rows["session"], evaluation.sessions, "session", "group") if by_session else rows["group"]
    kinds = audiences_of(evaluation)
    inside = [_is_inside(cells, kinds, group) for group in groups]
    by_group = np.array(inside, bool).reshape(len(rows), len(cells.names)).T
    by_person = np.column_stack([cells.member, np.zeros(len(cells.names), bool)])[:, owner]
    return Things(rows.reset_index(drop=True), owner, np.where(owner < nobody, by_person, by_group), cells,
                  owned=bool(person))  # fmt: skip


def _is_inside(cells: Cells, kinds: Mapping[str, Collection[str]], group: Any) -> list[bool]:
    """Whether something of a group belongs to each cell; what names no group is everybody's."""
    everywhere = pd.isna(group)
    return [
        everywhere or group_by == "evaluation" or group in kinds.get(name, (name,)) for group_by, name in cells.names
    ]


def days_of(evaluation: Evaluation, sessions: pd.Series[Any]) -> pd.Series[Any]:
    """When some sessions were; missing for one that the log does not have."""
    return looked_up(sessions, evaluation.sessions, "session", "date")


def looked_up(keys: pd.Series[Any], table: pd.DataFrame, key: str, column: str) -> pd.Series[Any]:
    """What a table's column says of some keys, in the column's own type; missing for a key that it does not have."""
    found: pd.Series[Any] = table.set_index(key)[column].reindex(keys)
    return found.set_axis(keys.index)


def is_true(rows: pd.DataFrame, column: str) -> Chosen:
    """The rows that say yes."""
    return cast("Chosen", rows[column].fillna(value=False).to_numpy(bool))


def is_one_of(rows: pd.DataFrame, column: str, *choices: str) -> Chosen:
    """The rows that hold one of some choices."""
    return cast("Chosen", rows[column].isin(choices).to_numpy(bool))


def is_known(rows: pd.DataFrame, *columns: str) -> Chosen:
    """The rows in which all of some columns are filled."""
    return cast("Chosen", rows[list(columns)].notna().all(axis=1).to_numpy(bool))


def numbers(rows: pd.DataFrame, column: str) -> Array:
    """A column of numbers, NaN where blank."""
    return as_numbers(rows[column])


def as_numbers(values: pd.Series[Any]) -> Array:
    """Numbers of a table as an array, NaN where blank."""
    return cast("Array", values.to_numpy(dtype=float, na_value=np.nan))


def share_rows(
    measure: str, things: Things, hit: Chosen, known: Chosen, *, basis: str = "", period: str = ""
) -> Iterator[Row]:  # fmt: skip
    """The share of the known things that hit, clustered by person, in every cell that has any."""
    count, of = things.within(hit & known), things.within(known)
    found = clustered_share(measure, count, of) if things.owned else _plain_share(measure, count, of)
    yield from rows_about(replace(found, basis=basis), things, known, period)


def choice_rows(measure: str, things: Things, column: str, table: str, *, period: str = "") -> Iterator[Row]:
    """The share of each choice of a column, ``basis`` naming the choice, of all things for which one is recorded."""
    known = is_known(things.rows, column)
    for choice in TABLES[table][column].allowed:
        hit = is_one_of(things.rows, column, choice)
        yield from share_rows(measure, things, hit, known, basis=choice, period=period)


def count_rows(measure: str, things: Things, hit: Chosen, known: Chosen, *, basis: str = "") -> Iterator[Row]:
    """How many of the known things hit; 0 only where any is known."""
    count, of = (things.within(chosen).sum(axis=1) for chosen in (hit & known, known))
    yield from rows_about(estimate(measure, count, of, "count", of=of, basis=basis), things, known, "")


def mean_rows(measure: str, things: Things, values: Array, *, period: str = "", basis: str = "") -> Iterator[Row]:
    """The mean of the things' values, clustered by person; without interval where things are nobody's."""
    for single in things.cell_by_cell():
        known = single.inside[0] & np.isfinite(values)
        if not known.any():
            continue
        found = clustered_mean(measure, values[known], things.owner[known])
        own = _possible(replace(part(found, ...), basis=basis))
        if not things.owned:
            own = replace(own, method="mean", note=np.array([""]))
        yield from rows_about(own, single, np.isfinite(values), period)


def _possible(figure: Estimate) -> Estimate:
    """The figure with an interval that does not leave the values which are possible at all."""
    ends = measures()[figure.measure]
    low, high = -np.inf if ends.low is None else ends.low, np.inf if ends.high is None else ends.high
    return replace(figure, low=np.clip(figure.low, low, high), high=np.clip(figure.high, low, high))


def median_rows(measure: str, things: Things, values: Array, *, basis: str = "") -> Iterator[Row]:
    """The median of the things' values."""
    yield from summary_rows(measure, things, values, np.median, "median", basis=basis)


def summary_rows(
    measure: str, things: Things, values: Array, summary: Callable[[Array], Any], method: str, *, basis: str = ""
) -> Iterator[Row]:
    """Any one figure of the things' values: what ``summary`` makes of a list of numbers."""
    known = np.isfinite(values)
    lists = [values[inside & known] for inside in things.inside]
    found = [float(summary(own)) if len(own) else np.nan for own in lists]
    of = np.array([len(own) for own in lists], float)
    yield from rows_about(estimate(measure, found, of, method, of=of, basis=basis), things, known, "")


def rows_about(figure: Estimate, things: Things, known: Chosen, period: str) -> Iterator[Row]:
    """Rows of the cells that have any known thing; ``n`` is the number of people whose things these are."""
    behind = things.within(known)[:, :-1] > 0
    own = replace(figure, n=behind.sum(axis=1).astype(float))
    owned = things.within(known)
    for row, counts in zip(figure_rows(own, things.cells, behind, period=period), owned, strict=True):
        if counts.sum():
            yield row | {"owned": _owned(counts)}


def _owned(counts: Array) -> dict[int, int]:
    """How many things each person has, by the person's place; empty where some are nobody's."""
    return {} if counts[-1] else {int(at): int(counts[at]) for at in np.flatnonzero(counts[:-1])}


def _plain_share(measure: str, count: Array, of: Array) -> Estimate:
    """A share of things that are nobody's: all of them are known, so there is no interval."""
    hit, total = count.sum(axis=1), of.sum(axis=1)
    return estimate(measure, hit / np.where(total > 0, total, np.nan), total, "share", of=total)


def halves(evaluation: Evaluation, things: Things) -> Sequence[tuple[str, Chosen]]:
    """The things of the first and of the second half of each group's held sessions, by their order in time."""
    held = evaluation.sessions[evaluation.sessions["status"] == "held"].sort_values(["date", "session"])
    later: set[str] = set()
    for _, own in held.groupby("group", dropna=False, sort=False):
        later |= set(own["session"].iloc[(len(own) + 1) // 2 :])
    second = things.rows["session"].isin(later).to_numpy(bool)
    return (("first_half", ~second), ("second_half", second))


def people_rows(measure: str, things: Things, values: Array) -> Iterator[Row]:
    """The mean over people of a figure that each of them has, shape (people,), with the t interval."""
    own = of_members(values, things.cells)
    figure = _possible(replace(describe.mean(own), measure=measure))
    rows = figure_rows(figure, things.cells, np.isfinite(own))
    yield from (row for row in rows if row["n"])


def group_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """Only the rows of groups: a session is one group's, and the whole evaluation would tell it a second time."""
    return (row for row in rows if row["group_by"] == "group")
