"""Change judged by flipping signs: had nothing happened, each person's change could as well have had the other sign."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.statistics.estimate import (
    NO_SPREAD,
    Array,
    Estimate,
    complete_pairs,
    estimate,
    mean_and_sd,
    same_number_of_people,
)

_ENUMERATED = 20  # people up to whom every subset is written down
_COUNTED = 44  # people up to whom subsets can be counted by halves (4 million a half)
_AT_ONCE = 2**17  # subset sums held at a time: few enough for the processor's cache
_HALVINGS = 60


def sign_flip(before: ArrayLike, after: ArrayLike, *, alternative: str = "two-sided") -> Estimate:
    """Exact sign-flip (paired permutation) test of the mean change.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        Scores of the same people in the same order; a person with NaN in either wave is left out.
    alternative : {"two-sided", "greater", "less"}
        The change that counts against "no change": either way, a rise, a fall.

    Returns
    -------
    Estimate
        The p-value: share of all 2^n ways to give the changes signs whose sum is at least as far out as the one
        seen, which is among them. Changes of 0 stay in. With one pair it is 1; NaN with note ``"too_few"`` without
        pairs and ``"too_many"`` above 44.

    Raises
    ------
    ValueError
        If before and after hold different numbers of people, or the alternative is unknown.

    Notes
    -----
    With n pairs none of which is 0 the smallest two-sided p is 2 / 2^n: .125 at four, .0625 at five, .031 at six.
    Up to 20 people every sum is written down; above, sums of two halves are counted against each other [1]_.

    References
    ----------
    .. [1] Fisher (1935). The design of experiments. Oliver & Boyd. Section 21; Horowitz & Sahni (1974). Computing
       partitions with applications to the knapsack problem. Journal of the ACM, 21(2), 277-292.

    Examples
    --------
    >>> float(sign_flip([1, 2, 3, 4, 2, 3], [2, 3, 5, 5, 4, 4]).value)
    0.03125
    """
    if alternative not in ("two-sided", "greater", "less"):
        raise ValueError('alternative must be "two-sided", "greater" or "less"')
    first, second = complete_pairs(before, after)
    change = second - first
    n = np.isfinite(change).sum(axis=-1).astype(float)
    p = np.full(n.size, np.nan)
    for at, changes in same_number_of_people(change):
        if 1 <= changes.shape[1] <= _COUNTED:
            p[at] = _p(changes, alternative)
    note = np.where(n < 1, "too_few", np.where(n > _COUNTED, "too_many", ""))
    return estimate("p_sign_flip", p.reshape(n.shape), n, f"exact sign-flip, {alternative}", note=note)


def sign_flip_change(before: ArrayLike, after: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Mean change with the interval that the sign-flip test gives.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `sign_flip`.
    level : float, default 0.95
        Coverage asked for.

    Returns
    -------
    Estimate
        In points of the scale. ``level`` is the coverage reached, with note ``"level_not_reached"`` where it
        lies below the one asked for: five people reach .9375, four .875, whatever they answer. One pair, or
        everybody changed alike: the value without interval, note ``"too_few"`` or ``"no_variance"``; above 44
        people likewise, note ``"too_many"``.

    Notes
    -----
    The limits are the k-th smallest and the k-th largest of the means of all :math:`2^n - 1` non-empty subsets of
    the changes, k the largest with :math:`k \le (1 - level) 2^n / 2`, at least 1; the coverage is
    :math:`1 - 2k/2^n` [1]_.

    References
    ----------
    .. [1] Hartigan (1969). Using subsample values as typical values. Journal of the American Statistical
       Association, 64(328), 1303-1317.

    Examples
    --------
    >>> found = sign_flip_change([1, 2, 3, 4, 2], [2, 2, 5, 5, 4])
    >>> float(found.low), float(found.high), float(found.level), str(found.note)
    (0.0, 2.0, 0.9375, 'level_not_reached')
    """
    first, second = complete_pairs(before, after)
    change = second - first
    n = np.isfinite(change).sum(axis=-1).astype(float)
    value, sd = mean_and_sd(change)
    low, high, reached = np.full((3, n.size), np.nan)
    for at, changes in same_number_of_people(change):
        size = changes.shape[1]
        if 2 <= size <= _COUNTED:
            k = max(1, int((1 - level) / 2 * 2**size + 1e-9))
            low[at], high[at] = _subset_mean(changes, k), -_subset_mean(-changes, k)
            reached[at] = 1 - 2 * k / 2**size
    none = (n < 2) | (n > _COUNTED) | (sd == 0)
    low, high, reached = (np.where(none, np.nan, limit.reshape(n.shape)) for limit in (low, high, reached))
    note = np.select(
        [n < 2, sd == 0, n > _COUNTED, reached < level - 1e-9],
        ["too_few", "no_variance", "too_many", "level_not_reached"],
        "",
    )
    return estimate("sign_flip_change", value, n, "exact sign-flip", low=low, high=high, level=reached, note=note)


def share_of_subsets(values: Array, bar: Array) -> Array:
    """Share of all subsets of a cell's values whose sum reaches its bar; shape (cells, n) against (cells,).

    >>> share_of_subsets(np.array([[1.0, 2.0]]), np.array([2.0]))
    array([0.5])
    """
    n = values.shape[1]
    if n > _ENUMERATED:
        return np.array([_count_at_least(row, least) / 2**n for row, least in zip(values, bar, strict=True)])
    shares = np.empty(len(values))
    for part in _parts(len(values), n):
        reached = _subset_sums(values[part].T) >= bar[part]
        shares[part] = np.count_nonzero(reached, axis=0) / 2**n
    return shares


def _subset_sums(values: Array) -> Array:
    """Sums of all subsets: from shape (n, cells) to (2^n, cells); subset s holds person i where bit i of s is 1."""
    sums = np.zeros((2 ** len(values), values.shape[1]))
    for person, value in enumerate(values):
        half = 2**person
        np.add(sums[:half], value, out=sums[half : 2 * half])
    return sums


def _p(changes: Array, alternative: str) -> Array:
    """A cell's p. A flipped sum is twice the sum of those who keep their sign, minus the sum of all sizes."""
    sizes = np.abs(changes)
    seen = changes.sum(axis=1)
    if alternative == "two-sided":
        # the sums lie symmetrically around 0, and those at 0 count once
        p: Array = np.minimum(1, 2 * _share_at_least(sizes, np.abs(seen)))
        return np.where(np.abs(seen) <= NO_SPREAD, 1.0, p)
    return _share_at_least(sizes, seen if alternative == "greater" else -seen)


def _share_at_least(sizes: Array, seen: Array) -> Array:
    """Share of the sign assignments whose sum is at least the one seen (up to rounding noise)."""
    return share_of_subsets(sizes, (seen + sizes.sum(axis=1)) / 2 - NO_SPREAD)


def _count_at_least(values: Array, bar: float) -> float:
    """How many subsets have a sum of at least ``bar``: every sum of one half against the sorted other half."""
    half = len(values) // 2
    one, other = _subset_sums(values[:half, None])[:, 0], np.sort(_subset_sums(values[half:, None])[:, 0])
    return float(other.size * one.size - np.searchsorted(other, bar - one, side="left").sum())


def _subset_mean(changes: Array, k: int) -> Array:
    """The k-th smallest mean of a non-empty subset, cell by cell."""
    n = changes.shape[1]
    if n > _ENUMERATED:
        return np.array([_subset_mean_by_halving(row, k) for row in changes])
    people = _subset_sums(np.ones((n, 1)))[1:]
    limits = np.empty(len(changes))
    for part in _parts(len(changes), n):
        means = _subset_sums(changes[part].T)[1:] / people
        limits[part] = means.min(axis=0) if k == 1 else np.partition(means, k - 1, axis=0)[k - 1]
    return limits


def _subset_mean_by_halving(changes: Array, k: int) -> float:
    """A mean is at most m exactly where the sum of (change - m) is at most 0; the empty subset counts as one."""
    low, high = float(changes.min()), float(changes.max())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = _count_at_least(middle - changes, -1e-12) - 1
        low, high = (low, middle) if below >= k else (middle, high)
    return high


def _parts(cells: int, n: int) -> list[NDArray[np.intp]]:
    """The cells, so many at a time that their subset sums fit in memory."""
    step = max(1, _AT_ONCE // 2**n)
    return [np.arange(start, min(start + step, cells)) for start in range(0, cells, step)]
