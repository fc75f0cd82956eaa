"""Rows about the items of a scale, everyone of a kind pooled: single groups are far too small for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from evaltools.cells import Cells, Row, cell_rows, one_by_one, part
from evaltools.instruments import Scale
from evaltools.statistics.estimate import Array, without_interval
from evaltools.statistics.item_analysis import item_rest_correlations
from evaltools.statistics.reliability import cronbach_alpha


def item_rows(items: Array, cells: Cells, waves: list[str], scale: Scale) -> Iterator[Row]:
    """Alpha, and each item against the rest of its scale, wave by wave; ``basis`` names the item.

    Alpha stands without its interval, which is too short where a scale lies near its end. ``items`` are the turned
    answers, shape (waves, items, people).
    """
    if scale.item_count < 2 or scale.given_as == "score":
        return
    for wave, answers in zip(waves, items, strict=True):
        for pooled in one_by_one(cells.only(groups=False)):
            own = np.where(pooled.member, answers, np.nan)
            measured = np.atleast_2d(np.isfinite(own).all(axis=0))
            rest = item_rest_correlations(own)
            each = (replace(part(rest, slice(at, at + 1)), basis=item) for at, item in enumerate(scale.items))
            yield from cell_rows((without_interval(cronbach_alpha(own[None])), *each), pooled, measured, scale, wave)
