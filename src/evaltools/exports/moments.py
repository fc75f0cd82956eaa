"""When each response was given, where the file says so in a way that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from evaltools.errors import Problems
from evaltools.exports.columns import Column
from evaltools.exports.layout import Layout, zone_of
from evaltools.exports.mapping import Mapping
from evaltools.exports.recognition import folded, signatures, value
from evaltools.exports.rows import Row
from evaltools.exports.times import point_in_time

_MEANINGS = ("submitted", "last_action", "ended", "started")
_NOT_RECORDED = "1980-01-01"  # LimeSurvey, where it was told not to record when a survey was submitted


@dataclass(repr=False)
class Moments:
    """The points in time of rows, by row number, and the rows whose time cannot be read, with the problem's key."""

    at: dict[int, datetime] = field(default_factory=dict)
    unread: dict[int, tuple[str, str]] = field(default_factory=dict)
    recorded: bool = False

    def ask(self, lines: Sequence[int], layout: Layout, problems: Problems) -> bool:
        """Tell, as errors, why the times of some rows cannot be read; whether there was anything to tell."""
        asked = [line for line in lines if line in self.unread]
        for line in asked:
            key, place = self.unread[line]
            problems.add(key, file=layout.grid.file, sheet=layout.grid.sheet, row=line, column=place)
        return bool(asked)


def read_moments(
    rows: Sequence[Row], layout: Layout, mapping: Mapping, columns: Sequence[Column], problems: Problems
) -> Moments:  # fmt: skip
    """The time of each row, by the declared column or else the tool's own.

    A time in a declared column that cannot be read is a problem. One in the tool's own column is asked for only where
    it is needed: where a person has answered twice (`Moments.ask`); and where there are no codes, by which that could
    be seen, it is told of.
    """
    declared = [column.position for column in columns if column.rule.column == "answered_at"]
    places = declared or [at for meaning in _MEANINGS for at in _own_columns(layout, meaning)]
    moments = Moments(recorded=bool(places))
    doubtful = []
    zones = set()
    for row in rows:
        position = next((at for at in places if _is_recorded(value(row.cells, at))), None)
        if position is None:
            continue
        own_zone = "" if mapping.timezone else zone_of(layout, position)
        moment, key = point_in_time(value(row.cells, position), mapping.date_order, mapping.timezone or own_zone)
        if moment is None:
            moments.unread[row.line] = (key, layout.place(position))
            continue
        moments.at[row.line] = moment
        zones.add(own_zone)
        doubtful += [(row.line, layout.place(position))] if key else []
    _tell(moments, doubtful, zones - {""}, layout, problems)
    if declared:
        moments.ask(list(moments.unread), layout, problems)
    elif mapping.anonymous:
        for place in sorted({place for _, place in moments.unread.values()}):
            problems.add("times_not_read", file=layout.grid.file, sheet=layout.grid.sheet, column=place)
    return moments


def _own_columns(layout: Layout, meaning: str) -> tuple[int, ...]:
    return layout.recognition.columns.get(meaning, ()) if layout.known else ()


def _is_recorded(cell: str) -> bool:
    return bool(cell) and not cell.startswith(_NOT_RECORDED) and folded(cell) not in (
        signatures()["redcap"]["values"]["unfinished"]
    )  # fmt: skip


def _tell(
    moments: Moments, doubtful: Sequence[tuple[int, str]], zones: set[str], layout: Layout, problems: Problems
) -> None:  # fmt: skip
    file, sheet = layout.grid.file, layout.grid.sheet
    for line, place in doubtful:
        problems.add("times_in_autumn_hour", file=file, sheet=sheet, row=line, column=place)
    for zone in sorted(zones):
        problems.add("times_zone_from_file", file=file, sheet=sheet, zone=zone)
