"""Groups of people as cells: rows of the table of estimates, with the people behind each, marked below their limit.

The only module that splits people into groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from types import EllipsisType
from typing import Any

import numpy as np

from evaltools.folder import Evaluation
from evaltools.instruments import Scale
from evaltools.measures import limits, measures
from evaltools.schemas import SUMMARY_GROUP
from evaltools.statistics.estimate import Array, Estimate, field_records

Row = dict[str, Any]
_COUNTS = ("people_measured", "pairs")


@dataclass(frozen=True)
class Cells:
    """The groups that rows are about: the whole evaluation first, then each group; who belongs to which.

    ``names`` holds (group_by, group); ``member`` has a row a cell and a column a person. One row may serve several
    names: an evaluation of one group is computed once.
    """

    names: tuple[tuple[str, str], ...]
    member: np.ndarray[Any, np.dtype[np.bool_]]


def cells_of(evaluation: Evaluation) -> Cells:
    """The whole evaluation and each of its groups, in the order of the contract."""
    groups = evaluation.groups["group"].tolist()
    of = evaluation.people["group"].to_numpy()
    member = np.array([np.ones(len(of), bool), *(of == group for group in groups)])
    return Cells((("evaluation", SUMMARY_GROUP), *(("group", group) for group in groups)), member.astype(bool))


def of_members(values: Array, cells: Cells) -> Array:
    """One wave's scores, a row a cell: those of its members, the others NaN."""
    own: Array = np.where(cells.member, values, np.nan)
    return own


def cell_rows(
    figures: tuple[Estimate, ...], cells: Cells, measured: np.ndarray[Any, np.dtype[np.bool_]], scale: Scale,
    wave: str, wave_to: str = "", *, least: float = 0,
) -> Iterator[Row]:  # fmt: skip
    """Rows of the table, each with the people behind it (taken out again when the table is assembled).

    ``least`` is the number of people that these figures need where it is more than the limit of their measure.
    """
    for figure in figures:
        records = field_records(figure)
        for at, (group_by, group) in enumerate(cells.names):
            cell = at if len(cells.member) > 1 else 0
            where = {
                "scale": scale.id,
                "group_by": group_by,
                "group": group,
                "wave": wave,
                "wave_to": wave_to,
            }
            yield _within_limits(records[cell] | where | {"people": tuple(np.flatnonzero(measured[cell]))}, least)


def one_by_one(cells: Cells) -> Iterator[Cells]:
    """Each set of people alone, under all its names, for a statistic that takes one group at a time."""
    sets: dict[bytes, list[int]] = {}
    for at, own in enumerate(cells.member):
        sets.setdefault(own.tobytes(), []).append(at)
    for alike in sets.values():
        yield Cells(tuple(cells.names[at] for at in alike), cells.member[alike[:1]])


def part(figure: Estimate, where: slice | EllipsisType) -> Estimate:
    """The figure of one cell only, its fields of shape (1,)."""
    own: dict[str, Any] = {field.name: getattr(figure, field.name) for field in fields(figure)}
    arrays = {name: np.atleast_1d(value[where]) for name, value in own.items() if isinstance(value, np.ndarray)}
    return Estimate(**(own | arrays))


def _within_limits(row: Row, least: float) -> Row:
    """The row, marked where it has fewer people than it needs; without a value below two people."""
    if row["measure"] in _COUNTS:
        return row
    if row["n"] < limits()["estimate_value"]:
        return row | {"value": np.nan, "low": np.nan, "high": np.nan, "note": "too_few"}
    if row["n"] < max(least, limits()[measures()[row["measure"]].limit]) and row["note"] != "no_reference":
        return row | {"note": "below_limit"}
    return row
