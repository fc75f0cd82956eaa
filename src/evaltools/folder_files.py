"""The files that an evaluation folder declares, read to rows of their tables, with a count of what was left out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from evaltools.canonical import FROM_FILES, person_columns
from evaltools.checks import Found
from evaltools.declared_paths import path_fault
from evaltools.errors import Problems
from evaltools.exports.decode import Source, decode_table
from evaltools.exports.documents import read_document
from evaltools.exports.grid import File, Grid, grid_of, open_file
from evaltools.exports.mapping import Mapping as ColumnMapping
from evaltools.exports.records import Catalogue, Records, table_records
from evaltools.exports.responses import response_records
from evaltools.exports.roster import Roster
from evaltools.instruments import Instrument
from evaltools.linking import Codes
from evaltools.schemas import empty_table, row_dicts
from evaltools.session_files import DATED, dated_records
from evaltools.settings import FILE, Settings

_FIRST = ("title_rows_unclear", "people_too_many")  # to be mended first: all the rest follows from them
_LOG = ("file", "sheet", "table", "rows_read", "rows_used", "blank_rows", "columns_left_out", "rows_left_out",
        "left_out_because")  # fmt: skip


def read_files(
    folder: Path, settings: Settings, instruments: Mapping[str, Instrument], codes: Codes, problems: Problems
) -> Found:  # fmt: skip
    """Every declared file as rows of its canonical table, and the count of rows read, used and left out."""
    waves = settings.tables["waves"]["wave"].dropna()
    catalogue = Catalogue.of(instruments, waves)
    parts: dict[str, list[pd.DataFrame]] = {name: [_placed(empty_table(name), None, 0)] for name in FROM_FILES}
    sources: list[Source] = []
    unlinked: dict[str, str] = {}
    log: dict[int, tuple[Any, ...]] = {}
    entries = list(enumerate(row_dicts(settings.tables["files"].fillna(""))))
    again = _declared_already([entry for _, entry in entries], settings, problems)
    once = _Once(folder, Counter(entry["path"] for _, entry in entries))
    for at, entry in sorted(entries, key=lambda numbered: numbered[1]["table"] == "attendance"):  # people first
        records = None if at in again else _file_records(once, entry, settings, catalogue, parts, codes, problems)
        if records is None:
            continue
        codes.apply(records, person_columns(entry["table"]), problems)
        frame = _decoded(entry["table"], records, problems)
        parts[entry["table"]].append(_placed(frame, records, len(sources)))
        sources.append(records.source)
        unlinked |= records.unlinked
        log[at] = (entry["path"], records.source.sheet, entry["table"], *_counts(records))
    if waves.empty and any(entry[2] == "responses" for entry in log.values()):
        problems.add("waves_missing", file=FILE)
    tables = {name: _joined(frames) for name, frames in parts.items()}
    return Found(tables, tuple(sources), pd.DataFrame([log[at] for at in sorted(log)], columns=list(_LOG)), unlinked)


class _Once:
    """The files of a folder, each read once, and known again where the same content comes under another name."""

    def __init__(self, folder: Path, entries: Counter[str]) -> None:
        self.folder, self._left = folder, entries
        self._kept: dict[str, File | None] = {}
        self._names: dict[tuple[str, ...], str] = {}

    def file(self, entry: Mapping[str, Any], problems: Problems) -> File | None:
        """The file of an entry; None, with a problem, where it cannot be opened or its content was read before."""
        name = entry["path"]
        if name not in self._kept:
            self._kept[name] = open_file(self.folder / name, name, problems)
        self._left[name] -= 1
        file = self._kept[name] if self._left[name] else self._kept.pop(name)
        if file is None:
            return None
        mark = (hashlib.sha256(file.data).hexdigest(), entry["table"], entry["sheet"])
        if self._names.setdefault(mark, name) != name:
            problems.add("file_copied", file=name, other=self._names[mark])
            return None
        return file


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


def _declared_already(entries: Sequence[Mapping[str, Any]], settings: Settings, problems: Problems) -> set[int]:
    """The entries of ``[[files]]`` that would read the same rows as one before them; each is a problem."""
    again = set()
    declared = set()
    for at, entry in enumerate(entries):
        rows = tuple(value for key, value in entry.items() if key != "wave")  # the same answers at two waves: no change
        if rows in declared:
            problems.add("file_listed_twice", file=FILE, row=settings.lines["files"][at], path=entry["path"])
            again.add(at)
        declared.add(rows)
    return again


def _file_records(
    once: _Once,
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
    if unknown or mapping is None or not name or entry["table"] not in FROM_FILES:
        return None
    fault = path_fault(once.folder, name)
    if fault:
        problems.add(fault, file=FILE, path=name)
        return None
    file = once.file(entry, problems)
    if file is None:
        return None
    if entry["table"] in DATED or entry["as"]:
        return dated_records(file, entry, mapping, settings, _roster(parts, codes), problems)
    grid = _grid(file, entry["sheet"], mapping, problems)
    if grid is None:
        return None
    if grid.encoding_assumed:
        problems.add("encoding_assumed", file=file.name, encoding=grid.encoding)
    heard = Problems()
    if entry["table"] == "responses":
        records = response_records(grid, mapping, entry["wave"], entry["instrument"], catalogue, heard,
                                   entry["group"], codes.meant)  # fmt: skip
    else:
        records = table_records(grid, mapping, entry["table"], heard)
    first = [problem for problem in heard.found if problem.key in _FIRST]
    problems.found += first or heard.found
    return None if first else records


def _grid(file: File, sheet: str, mapping: ColumnMapping, problems: Problems) -> Grid | None:
    """A file as text: a table of any kind, or JSON and XML that are lists of records."""
    document = read_document(file.data, file.name) if file.form in ("json", "xml") else None
    if document is None:
        return grid_of(file, problems, sheet=sheet, delimiter=mapping.delimiter, encoding=mapping.encoding)
    if document.grid is None:
        key = document.problem[0] if document.problem[0] in ("document_broken", "document_too_large") else ""
        problems.add(key or "document_not_answers", file=file.name, form=file.form.upper())
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
