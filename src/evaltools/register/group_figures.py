"""The figures of every group of a part: scores from the cube, and the same statistics as for one group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.instruments import Scale
from evaltools.measures import limits
from evaltools.register.cube import MISSING, NOTHING, Bytes, People
from evaltools.register.declaration import Register
from evaltools.register.marks import group_marks
from evaltools.register.seats import beginnings
from evaltools.register.wave_sums import WaveSums, wave_sums
from evaltools.statistics.change import mean_change
from evaltools.statistics.describe import sd
from evaltools.statistics.estimate import Array, complete_pairs
from evaltools.statistics.scale_scores import score_of_sum
from evaltools.statistics.sign_flip import sign_flip

COLUMNS = ("group", "scale", "n", "mean_before", "mean_after", "change", "low", "high", "sd_change", "p_sign_flip",
           "note")  # fmt: skip
# Behind the figures of all groups: who answered every question at the first wave compared, and who has a score at any
# wave, with marks of what they answered.
BEHIND = ("n_items", "mark_items", "n_course", "mark_course")
_MILLIONTHS = 1e6  # of a point: scores that lie closer together are the same
_NARROWEST = 8  # people for whom there is room in the smallest groups; doubled for larger ones

Counts = NDArray[np.int64]


class ItemSums(NamedTuple):
    """Sums over people who answered every item of a scale: whole numbers, so exact in any order.

    ``n`` people; of each item the sum and the sum of squares, shape (items,); of people's totals the same.
    """

    n: int
    sums: Counts
    squares: Counts
    total: int
    total_squares: int


def scores(answers: Bytes, scale: Scale, register: Register) -> Array:
    """Scores of a scale, shape (people, waves), from a cube (people, waves, items); NaN where too few were answered."""
    return _scored(*totals(answers, scale, register), scale)


def _scored(total: Counts, answered: Counts, scale: Scale) -> Array:
    return score_of_sum(total, answered, len(scale.items), scale.min_answered, rule=scale.rule)


def totals(answers: Bytes, scale: Scale, register: Register) -> tuple[Counts, Counts]:
    """Of every person and wave: the sum of the answers to a scale's items, turned, and how many were answered."""
    lowest = int(min(instrument.low for instrument in register.instruments))
    forward, backward = (
        [register.items.index(item) for item in scale.items if (item in scale.reversed) is turned]
        for turned in (False, True)
    )
    (up, answered_up), (down, answered_down) = (_added(answers, places) for places in (forward, backward))
    answered = answered_up + answered_down
    backwards = int(scale.low + scale.high) * answered_down - (down + (lowest - 1) * answered_down)
    return up + (lowest - 1) * answered_up + backwards, answered


def _added(answers: Bytes, places: list[int]) -> tuple[Counts, Counts]:
    """Sum of the stored answers to some items, and how many there are, for each person and wave."""
    total, answered = np.zeros((2, *answers.shape[:2]), np.min_scalar_type(MISSING * len(places)))
    for place in places:
        stored = np.ascontiguousarray(answers[..., place])
        stored *= stored != MISSING
        total += stored
        answered += stored > 0
    return total.astype(np.int64), answered.astype(np.int64)


def item_sums(answers: Bytes, scale: Scale, register: Register) -> ItemSums:
    """Sums of the turned answers at the first of the waves compared, of those who answered every item."""
    at = register.waves.index(register.compare[0])
    lowest = int(min(instrument.low for instrument in register.instruments))
    own = answers[:, at, _places(scale, register)]
    answered = own[_complete(own)].astype(np.int64) + (lowest - 1)
    backward = [at for at, item in enumerate(scale.items) if item in scale.reversed]
    answered[:, backward] = int(scale.low + scale.high) - answered[:, backward]
    added_up = answered.sum(axis=1)
    return ItemSums(len(answered), answered.sum(axis=0), (answered**2).sum(axis=0), int(added_up.sum()),
                    int((added_up**2).sum()))  # fmt: skip


def _places(scale: Scale, register: Register) -> list[int]:
    return [register.items.index(item) for item in scale.items]


def _complete(answers: Bytes) -> NDArray[np.bool_]:
    """Who answered everything."""
    found: NDArray[np.bool_] = ((answers > NOTHING) & (answers != MISSING)).all(axis=1)
    return found


def added(one: ItemSums, other: ItemSums) -> ItemSums:
    """Sums over the people of two parts."""
    return ItemSums(one.n + other.n, one.sums + other.sums, one.squares + other.squares, one.total + other.total,
                    one.total_squares + other.total_squares)  # fmt: skip


def group_figures(people: People, register: Register) -> tuple[pd.DataFrame, Counts, tuple[WaveSums, ...]]:
    """A row for every group and scale, and how many people have a score.

    Parameters
    ----------
    people : People
        Everybody of a part, in order of group.
    register : Register
        What is declared of it.

    Returns
    -------
    tuple
        The table (`COLUMNS`, `BEHIND` and the declared classes; groups in order, of each the scales in order), the
        people with a score, shape (scales, waves), and of each scale the sums over waves.
    """
    starts = beginnings(people.groups)
    groups, sizes = people.groups[starts], np.diff(starts, append=len(people.groups))
    measured = np.zeros((len(register.scales), len(register.waves)), np.int64)
    tables, courses = [], []
    before, after = (register.waves.index(wave) for wave in register.compare)
    for at, scale in enumerate(register.scales):
        total, answered = totals(people.answers, scale, register)
        values = _scored(total, answered, scale)
        measured[at] = np.isfinite(values).sum(axis=0)
        tables.append(_rows(values[:, before], values[:, after], starts, sizes)
                      | _behind(people.answers, values, starts, scale, register))  # fmt: skip
        courses.append(wave_sums(total, answered, scale))
    return _table(groups, people, tables, register), measured, tuple(courses)


def _table(
    groups: NDArray[np.object_], people: People, tables: list[dict[str, NDArray[Any]]], register: Register
) -> pd.DataFrame:  # fmt: skip
    """The figures of each scale, in order of the groups, as one table in which the scales of a group follow it."""
    scales, names = len(tables), pd.CategoricalDtype([scale.id for scale in register.scales])
    found: dict[str, Any] = {
        "group": pd.array(np.repeat(groups, scales), "string"),
        "scale": pd.Categorical.from_codes(np.tile(np.arange(scales), len(groups)), dtype=names),
    }
    found |= {name: np.stack([own[name] for own in tables], axis=1).reshape(-1) for name in tables[0]}
    found["note"] = pd.array(found["note"], "string")
    for name in register.by:
        own = pd.Categorical(people.belonging.of(name, groups.tolist()))
        found[name] = own.take(np.repeat(np.arange(len(groups)), scales))
    return pd.DataFrame(found, columns=[*COLUMNS, *BEHIND, *register.by])


def _behind(answers: Bytes, values: Array, starts: Counts, scale: Scale, register: Register) -> dict[str, Any]:
    """The columns of `BEHIND`."""
    own = answers[:, register.waves.index(register.compare[0]), _places(scale, register)]
    n_items, mark_items = group_marks(own.astype(np.int64), _complete(own), scale.items, starts)
    there: NDArray[np.bool_] = np.isfinite(values)
    whole = np.rint(np.where(there, values, 0) * _MILLIONTHS).astype(np.int64) * 2 + there
    n_course, mark_course = group_marks(whole, np.asarray(there.any(axis=1)), register.waves, starts)
    return {"n_items": n_items, "mark_items": mark_items, "n_course": n_course, "mark_course": mark_course}


def _rows(before: Array, after: Array, starts: Counts, sizes: Counts) -> dict[str, NDArray[Any]]:
    """Figures of the change in every group, whose people lie one after the other."""
    which, found = [], []
    for at, places in _laid_out(starts, sizes):
        first, last = (np.where(places >= 0, values[places], np.nan) for values in (before, after))
        which.append(at)
        found.append(_figures(first, last))
    if not found:
        return _figures(*np.empty((2, 0, _NARROWEST)))
    order = np.argsort(np.concatenate(which))
    return {name: np.concatenate([own[name] for own in found])[order] for name in found[0]}


def _laid_out(starts: Counts, sizes: Counts) -> Iterator[tuple[Counts, Counts]]:
    """Groups of about the same size together: which they are, and their people's places, -1 where there is nobody.

    The width depends on a group's own size only, so that its figures are the same to the last digit whatever other
    groups stand in the part.
    """
    widths = np.maximum(_NARROWEST, 2 ** np.ceil(np.log2(np.maximum(sizes, 1))).astype(np.int64))
    for width in np.unique(widths):
        at = np.flatnonzero(widths == width)
        seats = np.arange(width)
        places = starts[at][:, None] + seats
        yield at, np.where(seats < sizes[at][:, None], places, -1)


def _figures(before: Array, after: Array) -> dict[str, NDArray[Any]]:
    """Of scores (groups, people); what would tell one person's answers is left out."""
    first, last = complete_pairs(before, after)
    change = mean_change(first, last)
    few = change.n < limits()["estimate_value"]
    figures = {"mean_before": _mean(first, change.n), "mean_after": _mean(last, change.n), "change": change.value,
               "low": change.low, "high": change.high, "sd_change": sd(last - first).value,
               "p_sign_flip": sign_flip(first, last).value}  # fmt: skip
    hidden: dict[str, NDArray[Any]] = {name: np.where(few, np.nan, values) for name, values in figures.items()}
    return {"n": change.n.astype(np.int64), **hidden, "note": change.note}


def _mean(values: Array, n: Array) -> Array:
    total: Array = np.nansum(values, axis=-1) / np.where(n > 0, n, np.nan)
    return total
