"""All groups of a register as the ledger knows them, and the change of those that belong together, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.errors import ReportError, message
from evaltools.measures import limits
from evaltools.pooled_changes import pooled_change
from evaltools.portfolio import SUPERVISORS, in_order
from evaltools.pseudonyms import looks_personal
from evaltools.register.declaration import Register
from evaltools.register.door import ALPHA, CHANGE, COURSE, About, Door
from evaltools.register.marks import Marks, figure_marks
from evaltools.register.summary import numbers_told
from evaltools.register.told_groups import MOST, Behind, Counts, Ids, Sizes, behind
from evaltools.statistics.estimate import Array

COLUMN = {"unit": "unit", "sector": "sector", SUPERVISORS: "supervisor", "year": "year"}  # of each of `portfolio.BY`
READ = ("group", "n", "change", "sd_change", "n_items", "mark_items", "n_course", "mark_course")


@dataclass(frozen=True, repr=False)
class Roster:
    """All groups, in the order of the register.

    Attributes
    ----------
    order : ndarray, shape (groups,)
        Their places, by their keyed marks.
    ids : ndarray, shape (groups,)
        Their keyed marks, in order.
    people, marks : mapping
        Of each measure of `door`: how many people are behind it, and marks of what it rests on, shape (scales, groups).
    classes : mapping
        Of each declared column: each group's class by number, in the order in which they are met, and their names.
    """

    order: NDArray[np.intp]
    ids: Ids
    people: Mapping[str, Sizes]
    marks: Mapping[str, Marks]
    classes: Mapping[str, tuple[Counts, list[str]]]

    def behind(self, measure: str, scale: int) -> Behind:
        """The groups behind the figure of all together."""
        return behind(self.ids, self.marks[measure][scale][self.order], self.people[measure][scale][self.order])


def roster_of(
    tables: Iterable[pd.DataFrame], register: Register, ids: Callable[[NDArray[np.object_]], Ids], language: str
) -> Roster:
    """The roster of all parts.

    Parameters
    ----------
    tables : iterable of DataFrame
        Of each part the table of groups with the columns `READ` and those of ``register.by``.
    register : Register
        What is declared.
    ids : callable
        Makes the groups' keyed marks.
    language : str
        Of messages.

    Raises
    ------
    ReportError
        If the name of a unit, sector or year looks like a person.
    """
    many, found = len(register.scales), list[tuple[Any, ...]]()
    names: dict[str, dict[str, int]] = {name: {} for name in register.by}
    for table in tables:
        first = table.iloc[::many]
        n, change, spread = (table[name].to_numpy(float) for name in ("n", "change", "sd_change"))
        own = np.where(np.isfinite(change), n, 0)
        columns = [own, figure_marks(own, np.nan_to_num(change), np.nan_to_num(spread))]
        columns += [table[name].to_numpy() for name in READ[4:]]
        codes = [_codes(first[name], known) for name, known in names.items()]
        by_scale = (_by_scale(one, many, counts=at % 2 == 0) for at, one in enumerate(columns))
        found.append((ids(first["group"].to_numpy(object)), *by_scale, *codes))
    _refuse_personal([word for name in register.by if name != COLUMN[SUPERVISORS] for word in names[name]], language)
    pieces = [list(own) for own in zip(*found, strict=True)]
    found.clear()
    whole: list[Any] = []
    while pieces:  # one after the other, so that no more than one of them is there twice
        whole.append(np.concatenate(pieces.pop(0), axis=-1))
    order = np.argsort(whole[0], kind="stable")
    return Roster(
        order, whole[0][order], dict(zip((CHANGE, ALPHA, COURSE), whole[1:7:2], strict=True)),
        dict(zip((CHANGE, ALPHA, COURSE), whole[2:7:2], strict=True)),
        {name: (own, list(names[name])) for name, own in zip(register.by, whole[7:], strict=True)},
    )  # fmt: skip


def _by_scale(values: NDArray[Any], scales: int, *, counts: bool) -> NDArray[Any]:
    """A column of the table of groups, in small, shape (scales, groups)."""
    own = np.minimum(values, MOST).astype(np.uint16) if counts else values
    return np.ascontiguousarray(own.reshape(-1, scales).T)


def classes_told(
    by: str, scale: int, asked: About, roster: Roster, door: Door, effects: tuple[Array, Array, float]
) -> dict[str, Any]:
    """The mean change of each class that may be told apart.

    Parameters
    ----------
    by : str
        Of `portfolio.BY`.
    scale : int
        Which of the register's scales.
    asked : About
        The change of all groups together, which has been let out.
    roster, door
        All groups, and what is out.
    effects : tuple
        The groups' changes and sampling variances, in the order of the roster, and by how much a change can be.

    Returns
    -------
    dict
        ``classes``: of each its name (a supervisor's number), groups, people and mean change with its interval; years
        in the order of time, others as they are met. ``others``: how many groups with a change are in none of them.
    """
    codes, names = roster.classes[COLUMN[by]]
    least = int(limits()["pooled_groups"]) if by == SUPERVISORS else 1
    if by == SUPERVISORS and "" in names:
        codes = np.where(codes == names.index(""), -1, codes).astype(np.int32)
    people, rows = roster.people[CHANGE][scale], list[dict[str, Any]]()
    there = roster.order[people[roster.order] > 0]
    told = door.classes(replace(asked, by=by), roster.behind(CHANGE, scale), codes[there], least)
    for name in in_order([names[one] for one in np.flatnonzero(told)], by):
        own = (codes == names.index(name)) & (people > 0)
        rows.append({"name": str(names.index(name) + 1) if by == SUPERVISORS else name,
                     "groups": int(own.sum()), "with_change": int(people[own].sum()),
                     "mean": _mean(effects[0][own], effects[1][own], effects[2])})  # fmt: skip
    return {"classes": rows, "others": int((people > 0).sum()) - sum(row["groups"] for row in rows)}


def _mean(y: Array, v: Array, most: float) -> list[float | None]:
    found = pooled_change(y, v, np.zeros_like(y))
    return numbers_told(found.value, *np.clip([found.low, found.high], -most, most))


def _codes(column: pd.Series[Any], known: dict[str, int]) -> Counts:
    """Each group's class by number; a class that is met for the first time gets the next."""
    words = pd.Categorical(column)
    met = words.codes[np.sort(np.unique(words.codes, return_index=True)[1])]
    table = np.zeros(len(words.categories), np.int32)
    for code in met:
        table[code] = known.setdefault(str(words.categories[code]), len(known))
    found: Counts = table[words.codes]
    return found


def _refuse_personal(words: Iterable[str], language: str) -> None:
    for kind in filter(None, map(looks_personal, words)):
        raise ReportError(message(f"looks_like_{kind}", language))
