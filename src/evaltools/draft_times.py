"""What a draft says of the times in a file: whether their zone and order have to be declared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evaltools.exports.grid import Grid, column_letter
from evaltools.exports.recognition import Recognition, sample
from evaltools.exports.times import point_in_time

_MEANINGS = ("submitted", "last_action", "ended", "started")
_TELL_THEIR_ZONE = (("typeform", ""), ("qualtrics", "three_rows"))
_ORDERS = ("dmy", "mdy")
_ZONE = "Europe/Stockholm"  # where the toolkit is at home; only tried here, and proposed to be confirmed


class Times(NamedTuple):
    """The column of times; the zone to declare, or a blank; the orders of day and month that all times allow."""

    column: str = ""
    timezone: str = ""
    orders: tuple[str, ...] = ()


def draft_times(grid: Grid, recognition: Recognition) -> Times:
    """What has to be declared so that the tool's own times can be read; nothing where they say all themselves.

    >>> from evaltools.exports.signatures import recognise
    >>> grid = Grid("a.csv", "", (("Timestamp", "Your code"), ("1/20/2027 9:00:00", "AB12")), (1, 2))
    >>> draft_times(grid, recognise(grid))
    Times(column='A', timezone='Europe/Stockholm', orders=('mdy',))
    """
    if (recognition.tool, recognition.variant) in _TELL_THEIR_ZONE:
        return Times()
    for meaning in _MEANINGS:
        for at in recognition.columns.get(meaning, ()):
            cells = sample(grid, recognition.header_rows, at)
            needed = {key for cell in cells if (key := point_in_time(cell)[1])}
            if cells and needed <= {"time_zone_missing", "time_order_missing"} and needed:
                orders = _possible(cells) if "time_order_missing" in needed else ()
                return Times(column_letter(at), _ZONE, orders)
    return Times()


def _possible(cells: Sequence[str]) -> tuple[str, ...]:
    """The orders in which every time is one: a 20 can be no month."""
    return tuple(order for order in _ORDERS if all(point_in_time(cell, order, _ZONE)[0] for cell in cells))
