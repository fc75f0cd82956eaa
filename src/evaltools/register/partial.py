"""What is known of a part of a register, and of two parts together: the figures of its groups, and sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import pandas as pd

from evaltools.register.cube import Cube
from evaltools.register.declaration import Register
from evaltools.register.group_figures import Counts, ItemSums, added, group_figures, item_sums
from evaltools.register.violations import Violations, joined
from evaltools.register.wave_sums import WaveSums, added_sums


@dataclass(frozen=True)
class Partial:
    """Figures of a part's groups, and sums over its people. It holds no answer; it is as confidential as the register.

    Attributes
    ----------
    groups : DataFrame
        A row for every group and scale, see `group_figures.group_figures`.
    rows, missing, people : int
        Rows read, rows used that hold no answer, people.
    measured : ndarray, shape (scales, waves)
        People with a score.
    items : tuple of ItemSums
        For each scale, at the first of the waves compared.
    courses : tuple of mapping
        For each scale, sums over all waves, see `wave_sums`.
    violations : Violations
        Rows that were left out.
    """

    groups: pd.DataFrame
    rows: int
    missing: int
    people: int
    measured: Counts
    items: tuple[ItemSums, ...]
    courses: tuple[WaveSums, ...]
    violations: Violations


def evaluate_partition(frames: Iterable[pd.DataFrame], register: Register, file: str = "") -> Partial:
    """Evaluate a part of a register that holds whole groups.

    Parameters
    ----------
    frames : iterable of DataFrame
        The rows in any order and in pieces of any size, see `cube`; the index is the row in the file, from 0.
    register : Register
        What ``register.toml`` declares.
    file : str
        Name of the file, for the places of rows that break a rule.

    Returns
    -------
    Partial
        Without rows: no groups, and sums of 0.

    Raises
    ------
    KeyError
        If a frame lacks a column.
    """
    cube = Cube(register, file)
    for frame in frames:
        cube.add(frame)
    people = cube.people()
    groups, measured, courses = group_figures(people, register)
    sums = tuple(item_sums(people.answers, scale, register) for scale in register.scales)
    return Partial(groups, cube.rows, cube.missing, len(people.codes), measured, sums, courses, cube.violations)


def merge(one: Partial, other: Partial) -> Partial:
    """Two parts as one, the groups of the first before those of the other.

    Sums are of whole numbers, so they are the same however a register was parted; a group's figures do not change.
    """
    items = tuple(added(mine, theirs) for mine, theirs in zip(one.items, other.items, strict=True))
    courses = tuple(added_sums(mine, theirs) for mine, theirs in zip(one.courses, other.courses, strict=True))
    tables = [table for table in (one.groups, other.groups) if len(table)] or [one.groups]
    return Partial(
        pd.concat(tables, ignore_index=True), one.rows + other.rows, one.missing + other.missing,
        one.people + other.people, one.measured + other.measured, items, courses,
        joined([one.violations, other.violations]),
    )  # fmt: skip


def merged(parts: list[Partial]) -> Partial:
    """Many parts as one, in their order, two by two so that no table is copied often."""
    while len(parts) > 1:
        parts = [reduce(merge, parts[at : at + 2]) for at in range(0, len(parts), 2)]
    return parts[0]
