"""The files that say when sessions were and who was there: calendars, lists of who was there, or plain tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaltools.errors import Problems
from evaltools.exports.attendance import attendance_records, list_kind
from evaltools.exports.calendars import calendar_records
from evaltools.exports.grid import File, grid_of
from evaltools.exports.mapping import Mapping as ColumnMapping
from evaltools.exports.records import Records, table_records
from evaltools.exports.roster import Asked, Roster, spelled
from evaltools.settings import Settings

DATED = ("sessions", "attendance")  # the tables that such files hold


def dated_records(
    file: File, entry: Mapping[str, Any], mapping: ColumnMapping, settings: Settings,
    roster: Roster, problems: Problems,
) -> Records | None:  # fmt: skip
    """The records of a file of sessions or attendance: a calendar, a list of who was there, or a plain table."""
    name, table = file.name, entry["table"]
    kind = entry["as"] or ("ics" if file.form == "ics" else "")
    if kind and table not in (("sessions",) if kind == "ics" else DATED):
        problems.add("kind_not_for_table", file=name, kind=kind, table=table)
        return None
    asked = _asked(entry, settings)
    if kind == "ics":
        if not _group_is_given(asked, settings, name, problems):
            return None
        return calendar_records(file.data, name, asked, problems)
    grid = grid_of(file, problems, sheet=entry["sheet"], encoding=mapping.encoding, delimiter=mapping.delimiter)
    if grid is None:
        return None
    if grid.encoding_assumed:
        problems.add("encoding_assumed", file=name, encoding=grid.encoding)
    kind = kind or ("" if mapping.name else list_kind(grid, table))
    if not kind:
        return table_records(grid, mapping, table, problems)
    if not _group_is_given(asked, settings, name, problems):
        return None
    return attendance_records(grid, kind, table, mapping, asked, roster, problems)


def _asked(entry: Mapping[str, Any], settings: Settings) -> Asked:
    """What is asked of a calendar or a list; its group is the only one where none is named."""
    groups = settings.tables["groups"]["group"].dropna().tolist()
    group = entry["group"] or (groups[0] if len(groups) == 1 else "")
    others = frozenset(spelled(name) for name in entry["others"].split(";") if name.strip())
    texts = {name: entry[name] for name in ("subject", "timezone", "date_order", "session", "blank")}
    return Asked(group=group, others=others, until=settings.report_date, **texts)


def _group_is_given(asked: Asked, settings: Settings, name: str, problems: Problems) -> bool:
    given = bool(asked.group) or settings.tables["groups"].empty
    if not given:
        problems.add("group_not_given", file=name)
    return given
