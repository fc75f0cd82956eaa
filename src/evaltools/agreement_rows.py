"""Rows about agreement within groups: people may come to see things alike while no mean moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from evaltools.cells import Cells, Row, cell_rows, of_members, one_by_one, part
from evaltools.instruments import Scale
from evaltools.statistics.agreement import group_icc, r_wg_j
from evaltools.statistics.estimate import Array, mean_and_sd
from evaltools.statistics.group_changes import pooled_sd


def agreement_rows(
    values: Array, items: Array, cells: Cells, waves: list[str], scale: Scale
) -> Iterator[Row]:  # fmt: skip
    """For every wave: agreement of each group (of its items), and over groups of a kind the spread within them.

    Parameters
    ----------
    values : ndarray, shape (waves, people)
        Scores; NaN = not measured.
    items : ndarray, shape (waves, items, people)
        Turned answers; NaN = missing.
    cells, waves, scale
        The groups, the waves in order, and the scale.
    """
    groups = cells.only(groups=True)
    for at, wave in enumerate(waves):
        yield from _within_each(items[at], groups, wave, scale)
        for pooled in one_by_one(cells.only(groups=False)):
            yield from _within_all(values[at], pooled, groups, wave, scale)


def _within_each(answers: Array, groups: Cells, wave: str, scale: Scale) -> Iterator[Row]:
    """r_wg(j) of every group; of scales of which only the score is known there are no items to agree on."""
    if scale.given_as == "score" or not scale.items or not np.isfinite(answers).any():
        return
    complete = np.isfinite(answers).all(axis=0)
    own = np.where(groups.member[:, None, :], answers, np.nan)
    figure = r_wg_j(own, round(scale.high - scale.low) + 1)
    yield from cell_rows((figure,), groups, groups.member & complete, scale, wave)


def _within_all(scores: Array, pooled: Cells, groups: Cells, wave: str, scale: Scale) -> Iterator[Row]:
    """Spread within groups, pooled, and the share of all differences that lies between them; of two groups or more."""
    inside = groups.member & pooled.member[0] & np.isfinite(scores)
    several = inside.sum(axis=1) >= 2
    if several.sum() < 2:
        return
    own = of_members(scores, Cells(groups.names, inside))[inside.any(axis=1)]
    spread = mean_and_sd(own)[1]
    figures = (pooled_sd(spread, np.isfinite(own).sum(axis=1)), group_icc(own)[0])
    shaped = tuple(part(replace(figure, basis=""), ...) for figure in figures)
    behind = inside.any(axis=0)[None]
    yield from cell_rows(shaped, pooled, behind, scale, wave)
