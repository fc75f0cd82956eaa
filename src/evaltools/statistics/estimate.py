"""The one result type of every statistic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# Scores that were printed as thirds with six decimals differ by rounding noise; below this, people did not differ.
NO_SPREAD = 1e-5
# The same, for changes that are ranked or counted: twice what printing four scores with six decimals can make.
TIED = 2.5e-6
_FLOATING = 1e-14  # what subtracting costs, as a share of the scores
# Where a published program looks for a root with R's `uniroot`, ours stops as near to it: the two print the same.
R_ROOT_TOLERANCE = np.finfo(float).eps ** 0.25


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with what belongs to it. Array fields have the shape of the cells; a single cell is 0-d.

    Attributes
    ----------
    measure : str
        Key into ``measures.toml``.
    value, low, high : ndarray
        Never rounded; NaN where not estimable or not defined.
    level : ndarray
        Coverage of the interval; NaN for a figure that has none. An exact interval tells the level that it
        reaches, which in a tiny group can lie below the one asked for.
    n : ndarray
        Number of people (not rows) that the value is made of.
    of : ndarray
        Denominator of a rate, else ``n``.
    df : ndarray
        Degrees of freedom; NaN where there are none.
    basis : str
        Name of the standardiser or reference used, or "".
    method : str
        Name of the method, as in the literature.
    note : ndarray of str
        "" or a key that says why something is missing ("too_few", "no_variance", "no_reference", "no_fit",
        "too_many") or doubtful ("looks_reversed",
        "level_not_reached"), or that a model has no proper fit and what stands here is plainer ("singular").
    """

    measure: str
    value: Array
    low: Array
    high: Array
    level: Array
    n: Array
    of: Array
    df: Array
    basis: str
    method: str
    note: NDArray[np.str_]


def estimate(
    measure: str, value: ArrayLike, n: ArrayLike, method: str, *, low: ArrayLike = np.nan, high: ArrayLike = np.nan,
    level: ArrayLike = np.nan, of: ArrayLike | None = None, df: ArrayLike = np.nan, basis: str = "",
    note: ArrayLike = "",
) -> Estimate:  # fmt: skip
    """An `Estimate` whose fields all have the shape of the cells.

    >>> estimate("sd", [1.0, 2.0], [5, 6], "sd").low.shape
    (2,)
    """
    shape = np.shape(value)

    def spread(field: ArrayLike) -> Array:
        return np.broadcast_to(np.asarray(field, float), shape)

    return Estimate(
        measure, spread(value), spread(low), spread(high), spread(level), spread(n), spread(n if of is None else of),
        spread(df), basis, method, np.broadcast_to(np.asarray(note, np.str_), shape),
    )  # fmt: skip


def without_interval(figure: Estimate) -> Estimate:
    """The value alone, where no interval that is known keeps its level in groups of the size at hand."""
    nothing = np.full(figure.value.shape, np.nan)
    return replace(figure, low=nothing, high=nothing, level=nothing)


def numbers(values: ArrayLike) -> Array:
    """What a statistic is given, as an array; what a masked array hides is NaN, as everything that is missing.

    >>> numbers(np.ma.masked_equal([1, 99, 3], 99))
    array([ 1., nan,  3.])
    """
    given: Array = np.ma.asarray(values, dtype=float).filled(np.nan)
    return given


def by_wave(scores: ArrayLike) -> Array:
    """Scores over waves, shape (..., n_waves, n_people).

    Raises
    ------
    ValueError
        If there is one axis only: then nobody can say what are the waves, and what the people.
    """
    values = numbers(scores)
    if values.ndim < 2:
        raise ValueError("scores must have waves on the last axis but one and people on the last")
    return values


def count(values: Array) -> Array:
    """How many people are measured, along the last axis."""
    measured: Array = np.isfinite(values).sum(axis=-1).astype(float)
    return measured


def mean_and_sd(values: Array) -> tuple[Array, Array]:
    """Mean and standard deviation (n - 1) along the last axis; NaN where not defined, without warnings.

    A spread that is only rounding noise is given as exactly 0.
    """
    n = count(values)
    values = np.where(np.isfinite(values), values, np.nan)
    mean = np.nansum(values, axis=-1) / np.where(n >= 1, n, np.nan)
    squares = np.nansum((values - mean[..., None]) ** 2, axis=-1)
    sd = np.sqrt(squares / np.where(n >= 2, n - 1, np.nan))
    return mean, np.where(sd <= NO_SPREAD, 0.0, sd)


def note_for(n: Array, sd: Array) -> NDArray[np.str_]:
    """Why an interval is missing: too few people, or all values equal."""
    return np.where(n < 2, "too_few", np.where(sd == 0, "no_variance", ""))


def complete_pairs(before: ArrayLike, after: ArrayLike) -> tuple[Array, Array]:
    """Both scores of the people who have both; the others NaN in both.

    Raises
    ------
    ValueError
        If the two do not hold the same number of people; scores are never paired by position.
    """
    first, second = numbers(before), numbers(after)
    if first.shape != second.shape:
        raise ValueError("before and after must hold the same people in the same order")
    both = np.isfinite(first) & np.isfinite(second)
    return np.where(both, first, np.nan), np.where(both, second, np.nan)


def tied_changes(before: ArrayLike, after: ArrayLike) -> Array:
    """Each person's change, with changes that differ by noise only made equal; NaN for a person without both scores.

    Means of three items are thirds, which tie only up to floating error, or up to the last of six printed digits.
    Sizes closer than that become the smallest of them, and 0 is one of the sizes. Rounding would part such a pair
    where a rounding limit lies between the two, as it does between 5/11 printed as .454545 and as .454546.

    >>> tied_changes([3.333333, 4.0, 2.0], [3.666667, 4.333333, 2.000001])
    array([0.333333, 0.333333, 0.      ])
    >>> tied_changes([1.0, 1.545455], [1.454545, 1.090909])
    array([ 0.454545, -0.454545])
    """
    first, second = complete_pairs(before, after)
    change = second - first
    size = np.concatenate([np.zeros_like(change[..., :1]), np.abs(change)], axis=-1)
    order = np.argsort(size, axis=-1, kind="stable")  # NaN last
    ordered = np.take_along_axis(size, order, axis=-1)
    largest = np.fmax.reduce(np.abs(np.stack([first, second])), axis=(0, -1), initial=0.0)
    noise = np.maximum(TIED, _FLOATING * largest)[..., None]
    starts = np.concatenate([np.ones_like(ordered[..., :1], bool), ~(np.diff(ordered) <= noise)], axis=-1)
    places = np.maximum.accumulate(np.where(starts, np.arange(ordered.shape[-1]), 0), axis=-1)
    same = np.empty_like(size)
    np.put_along_axis(same, order, np.take_along_axis(ordered, places, axis=-1), axis=-1)
    changes: Array = np.copysign(same[..., 1:], change) + 0.0  # + 0.0: no minus zero
    return changes


def cell_rows(values: Array) -> Array:
    """The cells one below the other, a row each; also where no cell has anybody, from whose size none could be told.

    >>> cell_rows(np.ones((2, 3, 4))).shape, cell_rows(np.ones((2, 0))).shape
    ((6, 4), (2, 0))
    """
    return values.reshape(prod(values.shape[:-1]), values.shape[-1])


def same_number_of_people(changes: Array) -> Iterator[tuple[NDArray[np.intp], Array]]:
    """Cells of equal size together: their positions in the flattened cells, and their changes without gaps.

    >>> [(at.tolist(), found.shape) for at, found in same_number_of_people(np.array([[1, np.nan], [2, 3], [4, 5]]))]
    [([0], (1, 1)), ([1, 2], (2, 2))]
    """
    flat = cell_rows(changes)
    sizes = np.isfinite(flat).sum(axis=-1)
    closed_up = np.take_along_axis(flat, np.argsort(~np.isfinite(flat), axis=-1, kind="stable"), axis=-1)
    for size in np.unique(sizes):
        at = np.flatnonzero(sizes == size)
        yield at, closed_up[at, :size]


def field_records(figure: Estimate) -> list[dict[str, Any]]:
    """One dictionary a cell, for a figure whose cells lie on one axis."""
    common = {
        "measure": figure.measure,
        "basis": figure.basis,
        "method": figure.method,
    }
    return [
        common
        | {name: float(getattr(figure, name)[cell]) for name in ("value", "low", "high", "level", "of", "df")}
        | {"n": int(figure.n[cell]), "note": str(figure.note[cell])}
        for cell in range(figure.value.shape[0])
    ]
