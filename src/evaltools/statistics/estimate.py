"""The one result type of every statistic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# Scores that were printed as thirds with six decimals differ by rounding noise; below this, people did not differ.
NO_SPREAD = 1e-5


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with what belongs to it. Array fields have the shape of the cells; a single cell is 0-d.

    Attributes
    ----------
    measure : str
        Key into ``measures.toml``.
    value, low, high : ndarray
        Never rounded; NaN where not estimable or not defined.
    level : float
        Coverage of the interval; NaN for a figure that has none.
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
        "" or a key that says why something is missing: "too_few", "no_variance", "no_reference", or that a model
        has no proper fit and what stands here is plainer: "singular".
    """

    measure: str
    value: Array
    low: Array
    high: Array
    level: float
    n: Array
    of: Array
    df: Array
    basis: str
    method: str
    note: NDArray[np.str_]


def estimate(
    measure: str, value: ArrayLike, n: ArrayLike, method: str, *, low: ArrayLike = np.nan, high: ArrayLike = np.nan,
    level: float = np.nan, of: ArrayLike | None = None, df: ArrayLike = np.nan, basis: str = "",
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
        measure, spread(value), spread(low), spread(high), level, spread(n), spread(n if of is None else of),
        spread(df), basis, method, np.broadcast_to(np.asarray(note, np.str_), shape),
    )  # fmt: skip


def count(values: Array) -> Array:
    """How many people are measured, along the last axis."""
    measured: Array = np.isfinite(values).sum(axis=-1).astype(float)
    return measured


def mean_and_sd(values: Array) -> tuple[Array, Array]:
    """Mean and standard deviation (n - 1) along the last axis; NaN where not defined, without warnings.

    A spread that is only rounding noise is given as exactly 0.
    """
    n = count(values)
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
    first, second = np.asarray(before, float), np.asarray(after, float)
    if first.shape != second.shape:
        raise ValueError("before and after must hold the same people in the same order")
    both = np.isfinite(first) & np.isfinite(second)
    return np.where(both, first, np.nan), np.where(both, second, np.nan)


def field_records(figure: Estimate) -> list[dict[str, Any]]:
    """One dictionary a cell, for a figure whose cells lie on one axis."""
    common = {
        "measure": figure.measure,
        "level": figure.level,
        "basis": figure.basis,
        "method": figure.method,
    }
    return [
        common
        | {name: float(getattr(figure, name)[cell]) for name in ("value", "low", "high", "of", "df")}
        | {"n": int(figure.n[cell]), "note": str(figure.note[cell])}
        for cell in range(figure.value.shape[0])
    ]
