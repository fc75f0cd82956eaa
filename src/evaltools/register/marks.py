"""Marks of what a group's figures rest on: by them a ledger sees that a group is not the same as it was.

A mark changes where an answer does that the figure draws on, and only there. Nothing of an answer can be read from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Marks = NDArray[np.uint32]
_FIGURES = 1e9  # of a figure's unit: what lies closer together is the same


def group_marks(
    values: NDArray[np.int64], counted: NDArray[np.bool_], names: Sequence[str], starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Marks]:
    """How many people of each group count, and a mark of their values, in whatever order the people stand.

    Parameters
    ----------
    values : ndarray, shape (people, k)
        Whole numbers, the people of a group one after the other.
    counted : ndarray of bool, shape (people,)
        Who counts.
    names : sequence of str
        Of the k columns; a column's place makes no difference.
    starts : ndarray, shape (groups,)
        Where each group begins.

    Returns
    -------
    tuple
        People and marks, shape (groups,).

    Examples
    --------
    >>> n, marks = group_marks(np.array([[1, 2], [3, 4], [3, 4], [1, 2]]), np.ones(4, bool), "ab", np.array([0, 2]))
    >>> n.tolist(), bool(marks[0] == marks[1])
    ([2, 2], True)
    """
    if not len(starts):
        return np.zeros(0, np.int64), np.zeros(0, np.uint32)
    factors = np.array([_odd(name) for name in names], np.uint64)
    own = np.where(counted, _mixed(values.astype(np.uint64) @ factors), np.uint64(0))
    return np.add.reduceat(counted.astype(np.int64), starts), _mark(np.add.reduceat(own, starts))


def figure_marks(*figures: ArrayLike) -> Marks:
    """A mark of some figures of each group, to nine decimals.

    >>> figure_marks([0.5, 0.5, 0.5000000001], [6, 6, 6]).tolist() == [figure_marks([0.5], [6])[0]] * 3
    True
    """
    columns = [np.rint(np.asarray(own, float) * _FIGURES).astype(np.int64).view(np.uint64) for own in figures]
    factors = np.array([_odd(str(at)) for at in range(len(columns))], np.uint64)
    return _mark(np.stack(columns, axis=-1) @ factors)


def _odd(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") | 1


def _mixed(sums: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Sums so mixed up that adding them tells which they were (the end of MurmurHash 3)."""
    sums = (sums ^ (sums >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    sums = (sums ^ (sums >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return sums ^ (sums >> np.uint64(33))


def _mark(sums: NDArray[np.uint64]) -> Marks:
    return (_mixed(sums) >> np.uint64(32)).astype(np.uint32)
