"""Answers in one byte each: from frames of rows to people x waves x items, by look-up tables, in whatever order.

A frame has the columns of `COLUMNS`. All but the answer hold words and are categorical (anything else is made so); the
frame's index is the row in its file, counted from 0.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.register.belonging import Belonging
from evaltools.register.declaration import Register
from evaltools.register.seats import Codes, Seats, slices, stretches, texts_of
from evaltools.register.violations import Violations, broken, joined

COLUMNS = ("group", "person", "wave", "item", "answer")
NOTHING, MISSING = 0, 255  # no row; a row without an answer. An answer is its distance from the lowest one, plus 1
_BAD = -(2**50)  # as part of a place: whatever is added, it stays below 0
_WHOLE = re.compile(r"-?[0-9]{1,9}(\.0*)?")
_PEOPLE = 1024  # for how many there is room at first

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]


class People(NamedTuple):
    """The people of a part, by group and then by code, and the cube's answers in the same order."""

    groups: NDArray[np.object_]
    codes: NDArray[np.object_]
    answers: Bytes  # (people, waves, items)
    belonging: Belonging = Belonging(())


class Cube:
    """All answers of a part, as they come. A person is known by group and code; who changes groups counts in each.

    ``rows`` counts all rows, ``missing`` those without an answer, ``violations`` those that break a rule; of several
    rows for the same question the first counts.
    """

    def __init__(self, register: Register, file: str) -> None:
        """An empty one."""
        self._file, self._waves, self._items = file, register.waves, register.items
        ends = [(each.low, each.high, len(each.items)) for each in register.instruments]
        self._low = int(min(low for low, _, _ in ends))
        self._bytes = len(self._waves) * len(self._items)  # of one person
        self._lowest = np.repeat([int(low) for low, _, _ in ends], [n for _, _, n in ends])
        self._highest = np.repeat([int(high) for _, high, _ in ends], [n for _, _, n in ends])
        self._one_range = len({(low, high) for low, high, _ in ends}) == 1
        self._belonging = Belonging(register.by)
        self._seats = Seats()
        self._answers: Bytes = np.zeros((_PEOPLE, len(self._waves), len(self._items)), np.uint8)
        self.rows = self.missing = 0
        self.violations = Violations()

    def add(self, frame: pd.DataFrame) -> None:
        """Take in a frame's rows.

        Raises
        ------
        KeyError
            If a column is not there.
        """
        if frame.empty:
            return
        group, person, wave, item = (_categorical(frame[name]) for name in COLUMNS[:4])
        index: Any = frame.index
        self.rows += len(index)
        answer, missing, unread = _numbers(frame["answer"])
        strays = self._belonging.strays(group, frame)
        waves, items = _table(wave, self._waves, len(self._items)), _table(item, self._items, 1)
        place, stored = self._wave_places(group, person, _codes(wave), waves), np.empty(len(index), np.uint8)
        found = [self.violations]
        for rows in slices(len(index)):
            item_at = items[_codes(item)[rows]]
            place[rows] += item_at
            outside = self._outside(answer[rows], item_at) & ~missing[rows]
            stored[rows] = np.where(missing[rows], MISSING, answer[rows].astype(np.int16) - (self._low - 1))
            if place[rows].min() < 0 or outside.any() or unread[rows].any() or strays[rows].any():
                rules = {"group_missing": _codes(group)[rows] < 0, "person_missing": _codes(person)[rows] < 0,
                         "wave_unknown": waves[_codes(wave)[rows]] < 0, "item_unknown": item_at < 0,
                         "class_differs": strays[rows], "answer_not_whole": unread[rows],
                         "answer_outside": outside}  # fmt: skip
                kept, broken_rules = self._refused(rules, np.asarray(index)[rows])
                place[rows][~kept] = _BAD
                found += broken_rules
        if place.min() < 0:
            kept = place >= 0
            place, stored, index = place[kept], stored[kept], np.asarray(index)[kept]
        taken = self._fill(place, stored)
        self.missing += int(np.count_nonzero((stored == MISSING) & ~taken))
        self.violations = joined([*found, *self._broken("answer_twice", index, taken)])

    def people(self) -> People:
        """Everybody, in order of group and code."""
        groups, codes, seats = self._seats.in_order()
        return People(groups, codes, self._answers[seats], self._belonging)

    def _wave_places(self, group: pd.Categorical, person: pd.Categorical, wave: Codes, waves: Codes) -> Codes:
        """Where each row's person and wave begin; so far below 0 where one is missing that it stays there."""
        starts = stretches(_codes(person), _codes(group), wave)  # of rows that lie together one is enough
        places = self._seats.of_rows(group, person, starts)
        many = len(self._answers)
        if len(self._seats) > many:
            grown = np.zeros((max(len(self._seats), 2 * many), *self._answers.shape[1:]), np.uint8)
            grown[:many] = self._answers
            self._answers = grown
        places *= self._bytes
        if starts is not None:
            return np.repeat(places + waves[wave[starts]], np.diff(starts, append=len(wave)))
        for rows in slices(len(wave)):
            places[rows] += waves[wave[rows]]
        return places

    def _outside(self, answer: Codes, item_at: Codes) -> Mask:
        """Whether an answer is not one of its question's."""
        if self._one_range:
            low, high = int(self._lowest[0]), int(self._highest[0])
            return np.asarray((answer < low) | (answer > high))
        at = np.maximum(item_at, 0)
        return np.asarray((answer < self._lowest[at]) | (answer > self._highest[at]))

    def _refused(self, rules: dict[str, Mask], index: Codes) -> tuple[Mask, list[Violations]]:
        """Which rows break none of the rules; the others, each under the first that it breaks."""
        kept, found = np.ones(len(index), bool), []
        for rule, breaks in rules.items():
            found += self._broken(rule, index, breaks & kept)
            kept &= ~breaks
        return kept, found

    def _broken(self, rule: str, index: Any, rows: Mask) -> list[Violations]:
        return [broken(rule, self._file, np.asarray(index)[rows] + 1)] if rows.any() else []

    def _fill(self, place: Codes, stored: Bytes) -> Mask:
        """Put answers in their places; returns which came second to a place and were not put there."""
        taken: Mask = np.zeros(len(place), bool)
        if not len(place):
            return taken
        cells, lowest = self._answers.reshape(-1), int(place.min())
        touched = cells[lowest : place.max() + 1]
        before = touched.copy()
        cells[place] = stored
        late = len(place) - int(np.count_nonzero(touched) - np.count_nonzero(before))
        if late:  # rows that found no free place: put the answers there once more, without them
            taken = before[place - lowest] != NOTHING
            earlier = np.count_nonzero(taken)
            if earlier < late:
                free = np.flatnonzero(~taken) if earlier else slice(None)
                taken[free] = _second(cells, place[free], int(late - earlier))
            touched[:] = before
            first = np.flatnonzero(~taken)
            cells[place[first]] = stored[first]
        return taken


def _second(cells: Bytes, place: Codes, many: int) -> Mask:
    """Which rows, so many, come to a place where another of them came before; what stands in the places is lost.

    Every row leaves a byte of its number, the first of several last: whoever does not find the own one came second.
    """
    second = np.zeros(len(place), bool)
    numbers = np.arange(len(place), dtype="<u4").view(np.uint8).reshape(-1, 4)
    for digits in numbers.T:
        cells[place[::-1]] = digits[::-1]
        second |= cells[place] != digits
        if np.count_nonzero(second) == many:
            break
    return second


def _categorical(column: pd.Series[Any]) -> pd.Categorical:
    values = column.array
    if isinstance(values, pd.Categorical):
        return values
    return pd.Categorical(column.astype("string").astype(object))


def _codes(column: pd.Categorical) -> Codes:
    return cast("Codes", column.codes)


def _table(column: pd.Categorical, known: tuple[str, ...], each: int) -> Codes:
    """The place of each of a column's words among the known ones, of so many bytes each.

    `_BAD` where a word is not known; and at the end, for a missing one.
    """
    position = {word: at * each for at, word in enumerate(known)}
    return np.array([*(position.get(word, _BAD) for word in texts_of(column.categories)), _BAD])


def _numbers(column: pd.Series[Any]) -> tuple[Codes, Mask, Mask]:
    """Answers as whole numbers, in a type that holds all of them; which are missing; which are no whole number."""
    if pd.api.types.is_integer_dtype(column.dtype):
        gone = column.isna().to_numpy(bool)
        plain: Any = getattr(column.dtype, "numpy_dtype", column.dtype)
        return cast("Codes", column.to_numpy(plain, na_value=0)), gone, np.zeros(len(gone), bool)
    if pd.api.types.is_float_dtype(column.dtype):
        given = column.to_numpy(float, na_value=np.nan)
        usable = (np.abs(given) < 2**31) & (given == np.floor(given))
        gone = np.isnan(given)
        return np.where(usable, given, 0).astype(np.int64), gone, ~usable & ~gone
    words = _categorical(column)
    table, missing, unread = _parsed([word.strip() for word in texts_of(words.categories)])
    codes = _codes(words)
    return table[codes], missing[codes], unread[codes]


def _parsed(words: list[str]) -> tuple[Codes, Mask, Mask]:
    """The same for words, with one more at the end for a missing one."""
    empty = np.array([not word for word in words] + [True])
    whole = np.array([bool(_WHOLE.fullmatch(word)) for word in words] + [False])
    numbers = [int(word.partition(".")[0]) if fits else 0 for word, fits in zip(words, whole, strict=False)]
    return np.array([*numbers, 0], np.int64), empty, ~whole & ~empty
