"""Groups of people as cells: rows of the table of estimates, with the people behind each, marked below their limit.

The only module that splits people into groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from types import EllipsisType
from typing import Any

import numpy as np
import pandas as pd

from evaltools.folder import Evaluation
from evaltools.instruments import Scale
from evaltools.measures import limits, measures
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.statistics.estimate import Array, Estimate, estimate, field_records

Row = dict[str, Any]
_ASSUMED = {"audience": "staff", "form": "group"}
_INDIVIDUAL = "_individual"  # the end of the name of a kind
_COUNTS = ("people_measured", "pairs")
PERSON = "person"  # rows of one person, ``group`` being the person's place among the people; for the supervisor alone
OWN_RECORD = "own_record"  # the limit of what the supervisor has noted about the sessions: it is nobody's answer


@dataclass(frozen=True)
class Cells:
    """The groups that rows are about: the whole evaluation first, then each group; who belongs to which.

    ``names`` holds (group_by, group); ``member`` has a row a cell and a column a person. One row may serve several
    names: an evaluation of one group is computed once.
    """

    names: tuple[tuple[str, str], ...]
    member: np.ndarray[Any, np.dtype[np.bool_]]

    def only(self, *, groups: bool) -> Cells:
        """The single groups, or the cells in which several groups may stand together."""
        chosen = [(kind == "group") == groups for kind, _ in self.names]
        return Cells(tuple(name for name, it in zip(self.names, chosen, strict=True) if it), self.member[chosen])


def audiences_of(evaluation: Evaluation) -> dict[str, tuple[str, ...]]:
    """The groups of each kind: staff, managers, and those with individual supervision.

    Returns
    -------
    dict from str to tuple of str
        Under the name of a cell (``all_staff``, ``all_managers``, ``all_staff_individual`` ...) its groups in the
        contract's order; what a group does not say is taken from the contract. Empty where all are of one kind: then
        they stand together as the whole evaluation.
    """
    kinds = _kinds(evaluation)
    return kinds if len(kinds) > 1 else {}


def individual_groups(evaluation: Evaluation) -> tuple[str, ...]:
    """The groups that are one person's individual supervision."""
    return tuple(group for kind, own in _kinds(evaluation).items() if kind.endswith(_INDIVIDUAL) for group in own)


def _kinds(evaluation: Evaluation) -> dict[str, tuple[str, ...]]:
    """The groups of each kind, also where there is one kind only."""
    contract = evaluation.contract
    said = {name: contract[name].iloc[0] if len(contract) else None for name in ("audience", "form")}
    audience, form = (default if pd.isna(said[name]) else said[name] for name, default in _ASSUMED.items())
    kinds: dict[str, tuple[str, ...]] = {}
    for group in row_dicts(evaluation.groups):
        own = audience if pd.isna(group["audience"]) else group["audience"]
        how = form if pd.isna(group["form"]) else group["form"]
        kind = f"all_{own}" + (_INDIVIDUAL if how == "individual" else "")
        kinds[kind] = (*kinds.get(kind, ()), group["group"])
    return kinds


def cells_of(evaluation: Evaluation) -> Cells:
    """The whole evaluation and each of its groups, in the order of the contract.

    Where there are groups of several kinds, a cell for each kind stands in the place of the whole evaluation: no figure
    is one of staff and managers together, or of individual supervision and groups.
    """
    groups = evaluation.groups["group"].tolist()
    of = evaluation.people["group"].to_numpy()
    kinds = audiences_of(evaluation)
    pooled = [np.isin(of.astype(str), list(own)) for own in kinds.values()] or [np.ones(len(of), bool)]
    names = [("audience", kind) for kind in kinds] or [("evaluation", SUMMARY_GROUP)]
    member = np.array([*pooled, *(of == group for group in groups)])
    return Cells((*names, *(("group", group) for group in groups)), member.astype(bool))


def plain_row(measure: str, value: float, **known: Any) -> Row:
    """A row about no scale: a count or a share of what the contract or the session log tells.

    It is about the whole evaluation, everybody, no wave and nobody's answers, except for what is ``known``.

    >>> plain_row("plan_items_due", 4, of=6)["of"]
    6
    """
    figure = estimate(measure, [value], [len(known.get("people", ()))], str(known.pop("method", "count")))
    where = {"scale": "", "group_by": "evaluation", "group": SUMMARY_GROUP, "wave": "", "wave_to": "", "people": ()}
    return field_records(figure)[0] | where | known


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
        yield from figure_rows(figure, cells, measured, scale=scale.id, wave=wave, wave_to=wave_to, least=least)


def figure_rows(
    figure: Estimate, cells: Cells, measured: np.ndarray[Any, np.dtype[np.bool_]], *, scale: str = "", wave: str = "",
    wave_to: str = "", period: str = "", least: float = 0,
) -> Iterator[Row]:  # fmt: skip
    """Rows about one figure, which may belong to no scale and no wave; ``period`` is a session."""
    where = {"scale": scale, "wave": wave, "wave_to": wave_to, "period": period}
    records = field_records(figure)
    for at, (group_by, group) in enumerate(cells.names):
        cell = at if len(cells.member) > 1 else 0
        people = tuple(np.flatnonzero(measured[cell]))
        yield _within_limits(records[cell] | where | {"group_by": group_by, "group": group, "people": people}, least)


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


def one_persons(row: Row) -> Row:
    """The row, without its value where it is made of one person: that stands on the person's own page and nowhere else.

    >>> one_persons({"n": 1, "value": 3.0, "low": 2.0, "high": 4.0, "note": ""})["note"]
    'too_few'
    """
    alone = row["n"] == 1
    return row | {"value": np.nan, "low": np.nan, "high": np.nan, "note": "too_few"} if alone else row


def _within_limits(row: Row, least: float) -> Row:
    """The row, marked where it has fewer people than it needs; without a value below two people."""
    limit = measures()[row["measure"]].limit
    if row["measure"] in _COUNTS or limit == OWN_RECORD:
        return row
    if row["n"] < limits()["estimate_value"]:
        return row | {"value": np.nan, "low": np.nan, "high": np.nan, "note": "too_few"}
    if row["n"] < max(least, limits()[limit]) and row["note"] != "no_reference":
        return row | {"note": "below_limit"}
    return row
