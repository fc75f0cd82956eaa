"""To which unit, sector, supervisor and year the groups of a part belong: what stands on a group's first row counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CLASSES = ("unit", "sector", "supervisor", "year")  # columns of a register's files, those that `by` declares


class Belonging:
    """The classes of groups, as rows come.

    Examples
    --------
    >>> found = Belonging(["unit"])
    >>> rows = pd.DataFrame({"unit": pd.Categorical(["north", None, "south"])})
    >>> found.strays(pd.Categorical(["a", "b", "a"]), rows).tolist(), found.of("unit", ["a", "b"])
    ([False, False, True], ['north', ''])
    """

    def __init__(self, columns: Sequence[str]) -> None:
        """Of no group yet."""
        self._known: dict[str, dict[str, str]] = {name: {} for name in columns}

    def strays(self, group: pd.Categorical, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Take in a frame's rows; returns which of them say another class than their group's first row."""
        found = np.zeros(len(frame), bool)
        for name, known in self._known.items():
            values = frame[name].array
            told = values if isinstance(values, pd.Categorical) else pd.Categorical(frame[name].astype(object))
            found |= _strays(group, told, known)
        return found

    def of(self, column: str, groups: Sequence[str]) -> list[str]:
        """The class of each group; "" where none is told."""
        return [self._known[column].get(group, "") for group in groups]


def _strays(group: pd.Categorical, told: pd.Categorical, known: dict[str, str]) -> NDArray[np.bool_]:
    """Each pair of group and class is looked at once, in the order of the first rows."""
    of_group, classes = (cast("NDArray[np.int64]", np.asarray(one.codes, np.int64)) for one in (group, told))
    width = len(told.categories) + 1
    pair = np.where(of_group >= 0, of_group * width + classes + 1, -1)
    starts = np.append(0, np.flatnonzero(pair[1:] != pair[:-1]) + 1)
    each, first = np.unique(pair[starts], return_index=True)
    group_words, class_words = group.categories, [*map(_word, told.categories), ""]
    odd = []
    for one in each[np.argsort(first)].tolist():
        if one < 0:
            continue
        own = class_words[one % width - 1]
        if known.setdefault(str(group_words[one // width]), own) != own:
            odd.append(one)
    return np.isin(pair, odd) if odd else np.zeros(len(pair), bool)


def _word(value: object) -> str:
    """A class as it is written, without blanks at the ends; 2027.0 is the year 2027."""
    text = str(value).strip()
    return text.removesuffix(".0")
