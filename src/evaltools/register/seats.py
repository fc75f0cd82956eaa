"""Who the people of a part are: everybody, known by group and code, has a seat, numbered as they come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

_NOBODY = -2  # in the place of a group; -1 stands for a missing one
_SLICE = 2**16  # rows: what is worked out of so many stays in the processor's cache

Codes = NDArray[np.int64]


class Seats:
    """A code is first taken for the person who had it first; the same code in another group has a seat of its own.

    >>> seats = Seats()
    >>> group, person = (pd.Categorical(list(words)) for words in ("aabb", "xyzx"))
    >>> len(set(seats.of_rows(group, person).tolist()))
    4
    >>> [words.tolist() for words in seats.in_order()[:2]]
    [['a', 'a', 'b', 'b'], ['x', 'y', 'x', 'z']]
    """

    def __init__(self) -> None:
        """Nobody yet."""
        self._groups, self._codes = _Words(), _Words()
        self._group_of: Codes = np.empty(0, np.int64)  # of each seat, by number
        self._code_of: Codes = np.empty(0, np.int64)
        self._first: Codes = np.empty(0, np.int64)  # of each code: the seat of who had it first
        self._others: dict[tuple[int, int], int] = {}  # of group and code, where somebody else had the code first
        self._frame: _Frame | None = None

    def __len__(self) -> int:
        """How many have a seat."""
        return len(self._group_of)

    def of_rows(self, group: pd.Categorical, person: pd.Categorical, rows: Codes | None = None) -> Codes:
        """The seat of each row's person, or of some rows'; who is new gets one; -1 where group or person is missing."""
        if self._frame is None or not self._frame.has(group, person):
            self._frame = _Frame(group, person)
        of_group, of_person = cast("Codes", group.codes), cast("Codes", person.codes)
        if rows is not None:
            of_group, of_person = of_group[rows], of_person[rows]
        return self._looked_up(self._frame, of_group, of_person)

    def _looked_up(self, frame: _Frame, of_group: Codes, of_person: Codes) -> Codes:
        """The same, by the frame's table; only who is new, in two groups or missing is looked at by itself."""
        found = np.empty(len(of_person), np.int64)
        for rows in slices(len(found)):
            found[rows] = frame.seat[of_person[rows]]
            odd = np.flatnonzero(frame.owner[of_person[rows]] != of_group[rows]) + rows.start
            if len(odd):
                found[odd] = self._odd(frame, of_group[odd], of_person[odd])
        return found

    def _odd(self, frame: _Frame, of_group: Codes, of_person: Codes) -> Codes:
        """Seats of rows whose person the frame's table does not have in this group."""
        groups, codes = self._groups.numbers(frame.groups), self._codes.numbers(frame.people)
        there = (of_group >= 0) & (of_person >= 0)
        new = np.flatnonzero(there & (frame.owner[of_person] == _NOBODY))
        frame.owner[of_person[new[::-1]]] = of_group[new[::-1]]  # backwards: of several the first is written last
        who = np.unique(of_person[new])
        frame.seat[who] = self._seated(groups[frame.owner[who]], codes[who])
        found = np.where(there, frame.seat[of_person], -1)
        others = np.flatnonzero(there & (frame.owner[of_person] != of_group))
        found[others] = self._seated(groups[of_group[others]], codes[of_person[others]])
        return found

    def _seated(self, groups: Codes, codes: Codes) -> Codes:
        """The seats of these people, in as many groups as codes, who get one where new."""
        if len(self._codes) > len(self._first):
            self._first = np.append(self._first, np.full(len(self._codes) - len(self._first), -1))
        new, at = np.unique(codes[self._first[codes] < 0], return_index=True)
        if len(new):
            at = np.flatnonzero(self._first[codes] < 0)[at]
            self._first[new] = self._sit(groups[at], new)
        seats = self._first[codes]
        others = np.flatnonzero(self._group_of[seats] != groups)
        if len(others):
            keys = list(zip(groups[others].tolist(), codes[others].tolist(), strict=True))
            fresh = [key for key in dict.fromkeys(keys) if key not in self._others]
            if fresh:
                self._others.update(zip(fresh, self._sit(*np.array(fresh).T).tolist(), strict=True))
            seats[others] = [self._others[key] for key in keys]
        return seats

    def _sit(self, groups: Codes, codes: Codes) -> Codes:
        """Give the next seats to new people."""
        before = len(self)
        self._group_of, self._code_of = np.append(self._group_of, groups), np.append(self._code_of, codes)
        return np.arange(before, len(self))

    def in_order(self) -> tuple[NDArray[np.object_], NDArray[np.object_], Codes]:
        """Everybody in order of group and then of code: the groups, the codes and the seats."""
        groups, codes = self._groups.words(), self._codes.words()
        order = np.lexsort((_ranks(codes)[self._code_of], _ranks(groups)[self._group_of]))
        return groups[self._group_of[order]], codes[self._code_of[order]], order


class _Frame:
    """What is known of the person codes of a frame, and of those after it as long as they have the same words.

    Of each code, by its number in the frame: in which of the frame's groups somebody has it, and that person's seat.
    """

    def __init__(self, group: pd.Categorical, person: pd.Categorical) -> None:
        self.groups, self.people = group.categories, person.categories
        self.owner = np.full(len(self.people) + 1, _NOBODY, np.int32)  # the last one stands for a missing code
        self.seat = np.full(len(self.owner), -1, np.int64)

    def has(self, group: pd.Categorical, person: pd.Categorical) -> bool:
        """Whether these have the same words."""
        return group.categories is self.groups and person.categories is self.people


class _Words:
    """Different words, numbered as they come."""

    def __init__(self) -> None:
        self._known: defaultdict[str, int] = defaultdict()
        self._known.default_factory = self._known.__len__
        self._last: tuple[Any, Codes] = (None, np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self._known)

    def numbers(self, words: pd.Index[Any]) -> Codes:
        """The number of each of a column's words; new ones get the next. Often the column before had the same."""
        if words is not self._last[0]:
            numbers = np.fromiter(map(self._known.__getitem__, texts_of(words)), np.int64, len(words))
            self._last = words, numbers
        return self._last[1]

    def words(self) -> NDArray[np.object_]:
        """All of them, by number."""
        return np.array(list(self._known), object)


def _ranks(words: NDArray[np.object_]) -> Codes:
    """The place of each word in their order."""
    found = np.empty(len(words), np.int64)
    found[pa.compute.sort_indices(pa.array(words, pa.string())).to_numpy()] = np.arange(len(words))
    return found


def stretches(*columns: Codes) -> Codes | None:
    """Where stretches of equal rows begin; None where rows do not lie together, by the first of them.

    >>> stretches(np.array([1, 1, 1, 1, 2, 2, 2]), np.array([5, 5, 6, 6, 6, 6, 6])).tolist()
    [0, 2, 4]
    """
    looked_at = columns[0][:_SLICE]
    if 2 * np.count_nonzero(looked_at[1:] != looked_at[:-1]) >= len(looked_at):
        return None
    return beginnings(*columns)


def beginnings(*columns: NDArray[Any]) -> Codes:
    """Where stretches of equal rows begin.

    >>> beginnings(np.array(["a", "a", "b"])).tolist(), beginnings(np.array([])).tolist()
    ([0, 2], [])
    """
    begins = np.zeros(len(columns[0]), bool)
    begins[:1] = True
    for column in columns:
        begins[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(begins)


def texts_of(words: pd.Index[Any]) -> NDArray[np.object_]:
    """A categorical's words as texts; a number is written as it is."""
    texts = words.to_numpy(object)
    if len(texts) and not isinstance(texts[0], str):
        texts = np.array([str(word) for word in texts], object)
    return texts


def slices(rows: int) -> Iterator[slice]:
    """So many rows, some at a time."""
    return (slice(start, start + _SLICE) for start in range(0, rows, _SLICE))
