"""The files that an evaluation folder declares, read to rows of their tables, with a count of what was left out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from evaltools.checks import Found
from evaltools.declared_paths import path_fault
from evaltools.errors import Problems
from evaltools.exports.decode import Source, decode_table
from evaltools.exports.documents import read_document
from evaltools.exports.grid import Grid, file_bytes, read_grid
from evaltools.exports.mapping import Mapping as ColumnMapping
from evaltools.exports.records import Catalogue, Records, table_records
from evaltools.exports.responses import response_records
from evaltools.exports.roster import Roster
from evaltools.instruments import Instrument
from evaltools.linking import Codes
from evaltools.schemas import TABLES, empty_table, row_dicts
from evaltools.session_files import DATED, dated_records
from evaltools.settings import FILE, Settings

_FROM_FILES = ("people", "sessions", "attendance", "responses")
_LOG = ("file", "sheet", "table", "rows_read", "rows_used", "blank_rows", "columns_left_out", "rows_left_out",
        "left_out_because")  # fmt: skip


def read_files(
    folder: Path, settings: Settings, instruments: Mapping[str, Instrument], codes: Codes, problems: Problems
) -> Found:  # fmt: skip
    """Every declared file as rows of its canonical table, and the count of rows read, used and left out."""
    waves = settings.tables["waves"]["wave"].dropna()
    catalogue = Catalogue.of(instruments, waves)
    parts: dict[str, list[pd.DataFrame]] = {name: [_placed(empty_table(name), None, 0)] for name in _FROM_FILES}
    sources: list[Source] = []
    unlinked: dict[str, str] = {}
    log: dict[int, tuple[Any, ...]] = {}
    entries = list(enumerate(row_dicts(settings.tables["files"].fillna(""))))
    again = _read_already(folder, [entry for _, entry in entries], settings, problems)
    for at, entry in sorted(entries, key=lambda numbered: numbered[1]["table"] == "attendance"):  # people first
        records = None if at in again else _file_records(folder, entry, settings, catalogue, parts, codes, problems)
        if records is None:
            continue
        if "person" in TABLES[entry["table"]]:
            codes.apply(records, problems)
        frame = _decoded(entry["table"], records, problems)
        parts[entry["table"]].append(_placed(frame, records, len(sources)))
        sources.append(records.source)
        unlinked |= records.unlinked
        log[at] = (entry["path"], records.source.sheet, entry["table"], *_counts(records))
    if waves.empty and any(entry[2] == "responses" for entry in log.values()):
        problems.add("waves_missing", file=FILE)
    tables = {name: _joined(frames) for name, frames in parts.items()}
    return Found(tables, tuple(sources), pd.DataFrame([log[at] for at in sorted(log)], columns=list(_LOG)), unlinked)


def _counts(records: Records) -> tuple[Any, ...]:
    """What the load log says of a file, from ``rows_read`` on."""
    left_out = records.left_out.total()
    used = records.rows_read - records.blank_rows - left_out
    because = ", ".join(f"{why}: {rows}" for why, rows in sorted(records.left_out.items()))
    return records.rows_read, used, records.blank_rows, records.unused_columns, left_out, because


def _decoded(table: str, records: Records, problems: Problems) -> pd.DataFrame:
    """The records as their table; a personnummer that stands where no cell has been told of is told by its column."""
    before = len(problems.found)
    frame = decode_table(records.values, table, records.source, problems)
    told = {found.column for found in problems.found[before:] if found.key == "looks_like_personnummer"}
    for place in records.personnummer:
        if place not in told:
            problems.add("personnummer_in_column", file=records.source.file, sheet=records.source.sheet, column=place)
    return frame


def _read_already(
    folder: Path, entries: Sequence[Mapping[str, Any]], settings: Settings, problems: Problems
) -> set[int]:  # fmt: skip
    """The entries of ``[[files]]`` that would read the same rows as one before them; each is a problem."""
    again = set()
    declared: dict[tuple[Any, ...], int] = {}
    content: dict[tuple[str, ...], str] = {}
    for at, entry in enumerate(entries):
        line = settings.lines["files"][at]
        rows = tuple(value for key, value in entry.items() if key != "wave")  # the same answers at two waves: no change
        if rows in declared:
            problems.add("file_listed_twice", file=FILE, row=line, path=entry["path"])
            again.add(at)
            continue
        declared[rows] = at
        mark = (_digest(folder, entry["path"]), entry["table"], entry["sheet"])
        if content.setdefault(mark, entry["path"]) != entry["path"] and mark[0]:
            problems.add("file_copied", file=entry["path"], other=content[mark])
            again.add(at)
    return again


def _digest(folder: Path, name: str) -> str:
    """The SHA-256 of a file's bytes; blank where it cannot be read, which is told when it is."""
    data = file_bytes(folder / name, name, Problems()) if name and not path_fault(folder, name) else None
    return hashlib.sha256(data).hexdigest() if data else ""


def _file_records(
    folder: Path,
    entry: Mapping[str, Any],
    settings: Settings,
    catalogue: Catalogue,
    parts: Mapping[str, list[pd.DataFrame]],
    codes: Codes,
    problems: Problems,
) -> Records | None:
    """The records of one file; None where it, or a table or mapping that it needs, is not there."""
    name = entry["path"]
    mapping = settings.mappings.get(entry["mapping"]) if entry["mapping"] else ColumnMapping()
    unknown = mapping is None or entry["instrument"] not in {"", *catalogue.instruments}  # `check_plan` tells it
    if unknown or mapping is None or not name or entry["table"] not in _FROM_FILES:
        return None
    fault = path_fault(folder, name)
    if fault:
        problems.add(fault, file=FILE, path=name)
        return None
    if entry["table"] in DATED or entry["as"]:
        return dated_records(folder / name, entry, mapping, settings, _roster(parts, codes), problems)
    grid = _grid(folder / name, name, entry["sheet"], mapping, problems)
    if grid is None:
        return None
    heard = Problems()
    if entry["table"] == "responses":
        records = response_records(grid, mapping, entry["wave"], entry["instrument"], catalogue, heard,
                                   entry["group"], codes.meant)  # fmt: skip
    else:
        records = table_records(grid, mapping, entry["table"], heard)
    elsewhere = [problem for problem in heard.found if problem.key == "title_rows_unclear"]
    problems.found += elsewhere or heard.found  # where the headings stand elsewhere, all the rest follows from it
    return None if elsewhere else records


def _grid(path: Path, name: str, sheet: str, mapping: ColumnMapping, problems: Problems) -> Grid | None:
    """A file as text: a table of any kind, or JSON that is a list of records."""
    data = file_bytes(path, name, Problems())
    document = read_document(data, name) if data and data.lstrip()[:1] in (b"[", b"{") else None
    if document is None:
        return read_grid(path, name, problems, sheet=sheet, delimiter=mapping.delimiter, encoding=mapping.encoding)
    if document.grid is None:
        problems.add("document_not_answers", file=name)
    return document.grid


def _roster(parts: Mapping[str, list[pd.DataFrame]], codes: Codes) -> Roster:
    """The people and the sessions held that other files have given so far."""
    people, sessions = _joined(parts["people"]), _joined(parts["sessions"])
    held = sessions[(sessions["status"] == "held") & sessions["date"].notna() & sessions["session"].notna()]
    days = held["date"].dt.strftime("%Y-%m-%d")
    known = zip(days, held["group"].fillna(""), held["session"], strict=True)
    return Roster.of(people["person"].dropna(), known, codes.meant)


def _placed(frame: pd.DataFrame, records: Records | None, part: int) -> pd.DataFrame:
    """The frame with its file, row and column beside each row, so that later checks can point at the cell."""
    rows = records.source.rows if records else []
    places = records.source.answers if records and records.source.answers else [""] * len(frame)
    return frame.assign(_part=part, _row=pd.Series(rows, dtype="int64"), _column=pd.Series(places, dtype="object"))


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]
