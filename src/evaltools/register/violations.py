"""Rows of a register that break a declared rule: counted exactly, the first hundred of each named, no value told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NAMED = 100
# A row counts under the first rule that it breaks.
RULES = ("group_missing", "person_missing", "wave_unknown", "item_unknown", "class_differs", "answer_not_whole",
         "answer_outside", "answer_twice", "row_broken")  # fmt: skip


@dataclass(frozen=True)
class Violations:
    """How many rows break each rule, and where the first of them stand, as (file, row).

    >>> first = Violations({"answer_twice": 2}, {"answer_twice": (("a.csv", 3), ("a.csv", 9))})
    >>> joined([first, first]).counts, len(joined([first, first]).rows["answer_twice"])
    ({'answer_twice': 4}, 4)
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Rows that break any rule."""
        return sum(self.counts.values())


def joined(parts: Iterable[Violations]) -> Violations:
    """Those of several parts, in the parts' order."""
    counts: dict[str, int] = {}
    rows: dict[str, tuple[tuple[str, int], ...]] = {}
    found = list(parts)
    for rule in RULES:
        if any(rule in part.counts for part in found):
            counts[rule] = sum(part.counts.get(rule, 0) for part in found)
            rows[rule] = tuple(place for part in found for place in part.rows.get(rule, ()))[:NAMED]
    return Violations(counts, rows)


def broken(rule: str, file: str, rows: NDArray[np.int64]) -> Violations:
    """Rows of one file that break one rule.

    Parameters
    ----------
    rule : str
        Of `RULES`.
    file : str
        The file's name.
    rows : ndarray
        Numbers of the rows in the file, counted from 1.
    """
    if not len(rows):
        return Violations()
    first = np.sort(rows)[:NAMED]
    return Violations({rule: len(rows)}, {rule: tuple((file, int(row)) for row in first)})
