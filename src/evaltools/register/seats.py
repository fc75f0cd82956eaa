"""Who the people of a part are: everybody, known by group and code, has a seat, numbered as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

_SLICE = 2**16  # rows: what is worked out of so many stays in the processor's cache

Codes = NDArray[np.int64]


class Seats:
    """A code is first taken for the person who had it first; the same code in another group has a seat of its own.

    >>> seats = Seats()
    >>> group, person = (pd.Categorical(list(words)) for words in ("aabb", "xyzx"))
    >>> len(set(seats.of_rows(group, person).tolist()))
    4
    >>> seats.in_order()[:2]
    (['a', 'a', 'b', 'b'], ['x', 'y', 'x', 'z'])
    """

    def __init__(self) -> None:
        """Nobody yet."""
        self._groups, self._codes = _Words(), _Words()
        self._group_of: Codes = np.empty(0, np.int64)  # of each seat, by number
        self._code_of: Codes = np.empty(0, np.int64)
        self._first: Codes = np.empty(0, np.int64)  # of each code: the seat of who had it first
        self._others: dict[tuple[int, int], int] = {}  # of group and code, where somebody else had the code first

    def __len__(self) -> int:
        """How many have a seat."""
        return len(self._group_of)

    def of_rows(self, group: pd.Categorical, person: pd.Categorical) -> Codes:
        """The seat of each row's person, who gets one where new; -1 where group or person is missing."""
        of_group, of_person = cast("Codes", group.codes), cast("Codes", person.codes)
        # A person's rows often lie together: only the first of each stretch is looked at.
        starts = np.flatnonzero((of_person[1:] != of_person[:-1]) | (of_group[1:] != of_group[:-1])) + 1
        if 2 * len(starts) < len(of_person):
            starts = np.concatenate([[0], starts])
            lengths = np.diff(starts, append=len(of_person))
            return np.repeat(self._looked_up(group, person, of_group[starts], of_person[starts]), lengths)
        return self._looked_up(group, person, of_group, of_person)

    def _looked_up(self, group: pd.Categorical, person: pd.Categorical, of_group: Codes, of_person: Codes) -> Codes:
        """The same, by a table of the frame's person codes; only who is in two groups is looked up row by row."""
        owner = np.full(len(person.categories) + 1, -1, of_group.dtype)  # the last one stands for a missing code
        for rows in slices(len(of_person)):
            owner[of_person[rows]] = of_group[rows]
        owner[-1] = -1
        own = np.flatnonzero(owner >= 0)
        groups, codes = self._groups.numbers(group.categories), self._codes.numbers(person.categories)
        table = np.full(len(owner), -1)
        table[own] = self._seated(groups[owner[own]], codes[own])
        found = np.empty(len(of_person), np.int64)
        for rows in slices(len(found)):
            found[rows] = table[of_person[rows]]
            odd = np.flatnonzero(owner[of_person[rows]] != of_group[rows]) + rows.start
            if len(odd):  # a person in two groups, or one of the two missing
                found[odd] = -1
                odd = odd[(of_group[odd] >= 0) & (of_person[odd] >= 0)]
                found[odd] = self._seated(groups[of_group[odd]], codes[of_person[odd]])
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

    def in_order(self) -> tuple[list[str], list[str], Codes]:
        """Everybody in order of group and then of code: the groups, the codes and the seats."""
        people = pa.table({"group": self._groups.at(self._group_of), "code": self._codes.at(self._code_of)})
        order = pa.compute.sort_indices(people, [("group", "ascending"), ("code", "ascending")])
        people = people.take(order)
        return people["group"].to_pylist(), people["code"].to_pylist(), order.to_numpy()


class _Words:
    """Different words, numbered as they come."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._last: tuple[Any, Codes] = (None, np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self._known)

    def numbers(self, words: pd.Index[Any]) -> Codes:
        """The number of each of a column's words; new ones get the next. Often the column before had the same."""
        if words is not self._last[0]:
            known = self._known
            self._last = (
                words,
                np.array([known.setdefault(word, len(known)) for word in texts_of(words).tolist()], np.int64),
            )
        return self._last[1]

    def at(self, numbers: Codes) -> Any:
        """The words of these numbers."""
        return pa.array(list(self._known), pa.string()).take(pa.array(numbers))


def texts_of(words: pd.Index[Any]) -> NDArray[np.object_]:
    """A categorical's words as texts; a number is written as it is."""
    texts = words.to_numpy(object)
    if len(texts) and not isinstance(texts[0], str):
        texts = np.array([str(word) for word in texts], object)
    return texts


def slices(rows: int) -> Iterator[slice]:
    """So many rows, some at a time."""
    return (slice(start, start + _SLICE) for start in range(0, rows, _SLICE))
