"""An evaluation folder becomes one frozen `Evaluation`: validated tables, with a count of what was left out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from evaltools.checks import Found, check_answers, check_links, check_plan, check_repeats, people_of, with_unlinked
from evaltools.errors import Problem, Problems
from evaltools.exports.decode import Source, decode_table
from evaltools.exports.documents import read_document
from evaltools.exports.grid import Grid, file_bytes, read_grid
from evaltools.exports.mapping import Mapping as ColumnMapping
from evaltools.exports.records import Catalogue, Records, table_records
from evaltools.exports.responses import response_records
from evaltools.exports.roster import Roster
from evaltools.instruments import Instrument, read_keys, score_only_scale, shipped_instruments
from evaltools.language import DEFAULT
from evaltools.link_checks import check_codes, check_people_links, check_wave_links
from evaltools.linking import Codes
from evaltools.pseudonyms import load_key, pseudonymiser
from evaltools.schemas import TABLES, empty_table, row_dicts, typed_column
from evaltools.session_files import DATED, dated_records
from evaltools.settings import FILE, Settings, read_settings

_FROM_FILES = ("people", "sessions", "attendance", "responses")
_LOG = ("file", "sheet", "table", "rows_read", "rows_used", "blank_rows", "columns_left_out", "rows_left_out",
        "left_out_because")  # fmt: skip
OWN_KEYS = "scoring_keys"


@dataclass(frozen=True, repr=False, eq=False)
class Evaluation:
    """One supervision assignment, read and validated.

    The tables are those of the data model. ``people`` stands in the order of the original codes, which is
    the order of people everywhere, so that nothing depends on the pseudonym key; its column ``linked`` is False for
    those who answered without a code, each of whom is known in one row of one file only and paired with nobody.
    ``load_log`` says for every file how many rows were read, used and left out; ``notes`` what else is to be known
    of the files.
    """

    id: str
    language: str
    report_date: date
    notice: str
    policy: str
    recommendations: str
    contract: pd.DataFrame
    supervisor_periods: pd.DataFrame
    goals: pd.DataFrame
    evaluation_plan: pd.DataFrame
    groups: pd.DataFrame
    waves: pd.DataFrame
    people: pd.DataFrame
    sessions: pd.DataFrame
    attendance: pd.DataFrame
    responses: pd.DataFrame
    load_log: pd.DataFrame
    notes: tuple[Problem, ...]
    instruments: Mapping[str, Instrument]

    def __repr__(self) -> str:
        """Only the name: what people answered is never printed by accident."""
        return f"<Evaluation {self.id}>"


def read_evaluation(folder: str | Path, *, language: str = "") -> Evaluation:
    """Read an evaluation folder.

    Parameters
    ----------
    folder : path
        Holds ``evaluation.toml`` and the files that it names.
    language : str, optional
        Language of the error messages; the evaluation's own where none is given.

    Returns
    -------
    Evaluation
        Person codes replaced by keyed pseudonyms, every table validated.

    Raises
    ------
    FolderError
        With every problem of the folder, each with file, sheet, row, column, what, why and how to mend.
    KeyFileError
        If the pseudonym key cannot be used.

    Examples
    --------
    >>> read_evaluation("data/sample/hemtjanst")  # doctest: +SKIP
    <Evaluation hemtjanst-lindmarka>
    """
    folder, problems = Path(folder), Problems()
    settings = read_settings(folder, problems)
    if settings is None:
        problems.raise_if_any(language or DEFAULT, folder)
        raise AssertionError("settings are missing only together with a problem")
    told_in = language or settings.language
    instruments = _instruments(folder, settings, problems)
    codes = Codes(settings.codes)
    found = _read_files(folder, settings, instruments, codes, problems)
    check_repeats(found, problems)
    people = with_unlinked(people_of(found, settings, problems), found, settings, problems)
    check_links(found, people, settings, instruments, problems)
    check_people_links(found, people, problems)
    check_wave_links(found, settings, problems)
    check_codes(codes, settings, len(found.sources) == len(settings.tables["files"]), problems)
    check_plan(settings, instruments, problems)
    check_answers(found, instruments, settings, problems)
    problems.raise_if_any(told_in, folder)
    pseudonym = pseudonymiser(load_key(folder, told_in), settings.id)
    return _evaluation(settings, found, people, instruments, pseudonym, problems)


def _instruments(folder: Path, settings: Settings, problems: Problems) -> dict[str, Instrument]:
    """The shipped instruments, the folder's own keys, and the scales of which only the score is known."""
    instruments = dict(shipped_instruments())
    if (folder / OWN_KEYS).is_dir():
        own, faults = read_keys(folder / OWN_KEYS)
        for name, wrong in faults.items():
            problems.add("own_key_broken", file=f"{OWN_KEYS}/{name}", wrong="; ".join(wrong))
        for name in sorted(set(own) & set(instruments)):
            problems.add("instrument_id_twice", file=OWN_KEYS, instrument=name)
        instruments |= own
    for row in row_dicts(settings.tables["scales"].dropna(subset=["scale"]).drop_duplicates("scale")):
        key = _score_only(row, problems)
        if key.id in instruments:
            problems.add("scale_id_twice", file=FILE, scale=key.id)
        instruments[key.id] = key
    scales = [scale.id for key in instruments.values() for scale in key.scales]
    for name in sorted({name for name in scales if scales.count(name) > 1}):
        problems.add("scale_id_twice", file=FILE, scale=name)
    return instruments


def _score_only(row: Mapping[str, Any], problems: Problems) -> Instrument:
    """A scale of ``[[scales]]``; a blank cell has been told, and stands for any number until it is mended."""
    low, high, items, step = (
        default if pd.isna(row[name]) else float(row[name])
        for name, default in (("low", -float("inf")), ("high", float("inf")), ("items", 1.0), ("step", 0.0))
    )
    if not low < high or step > high - low or (step == 0 and pd.notna(row["step"])):
        problems.add("scale_unclear", file=FILE, scale=row["scale"])
    better = True if pd.isna(row["higher_is_better"]) else bool(row["higher_is_better"])
    return score_only_scale(row["scale"], str(row["label"]), low, high, int(items), step or 1 / items, better)


def _read_files(
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
        roster = _roster(parts, codes)
        records = None if at in again else _file_records(folder, entry, settings, catalogue, roster, codes, problems)
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
        if tuple(entry.values()) in declared:
            problems.add("file_listed_twice", file=FILE, row=line, path=entry["path"])
            again.add(at)
            continue
        declared[tuple(entry.values())] = at
        mark = (_digest(folder, entry["path"]), entry["table"], entry["sheet"])
        if content.setdefault(mark, entry["path"]) != entry["path"] and mark[0]:
            problems.add("file_copied", file=entry["path"], other=content[mark])
            again.add(at)
    return again


def _digest(folder: Path, name: str) -> str:
    """The SHA-256 of a file's bytes; blank where it cannot be read, which is told when it is."""
    data = file_bytes(folder / name, name, Problems()) if name and _is_inside(folder, name) else None
    return hashlib.sha256(data).hexdigest() if data else ""


def _file_records(
    folder: Path,
    entry: Mapping[str, Any],
    settings: Settings,
    catalogue: Catalogue,
    roster: Roster,
    codes: Codes,
    problems: Problems,
) -> Records | None:
    """The records of one file; None where it, or a table or mapping that it needs, is not there."""
    name = entry["path"]
    mapping = settings.mappings.get(entry["mapping"]) if entry["mapping"] else ColumnMapping()
    unknown = mapping is None or entry["instrument"] not in {"", *catalogue.instruments}  # `check_plan` tells it
    if unknown or mapping is None or not name or entry["table"] not in _FROM_FILES:
        return None
    if not _is_inside(folder, name):
        problems.add("path_outside", file=FILE, path=name)
        return None
    if entry["table"] in DATED or entry["as"]:
        return dated_records(folder / name, entry, mapping, settings, roster, problems)
    grid = _grid(folder / name, name, entry["sheet"], mapping, problems)
    if grid is None:
        return None
    if entry["table"] == "responses":
        return response_records(grid, mapping, entry["wave"], entry["instrument"], catalogue, problems,
                                entry["group"], codes.meant)  # fmt: skip
    return table_records(grid, mapping, entry["table"], problems)


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


def _is_inside(folder: Path, name: str) -> bool:
    try:
        return (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # links in a circle, or a letter that no file name can hold
        return False


def _placed(frame: pd.DataFrame, records: Records | None, part: int) -> pd.DataFrame:
    """The frame with its file, row and column beside each row, so that later checks can point at the cell."""
    rows = records.source.rows if records else []
    places = records.source.answers if records and records.source.answers else [""] * len(frame)
    return frame.assign(_part=part, _row=pd.Series(rows, dtype="int64"), _column=pd.Series(places, dtype="object"))


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def _evaluation(
    settings: Settings, found: Found, people: pd.DataFrame, instruments: Mapping[str, Instrument],
    pseudonym: Callable[[str], str], problems: Problems,
) -> Evaluation:  # fmt: skip
    """Pseudonyms in, places out: from here on nobody sees a code."""
    order = {code: at for at, code in enumerate(people["person"])}

    def closed(table: pd.DataFrame, keep_source: bool = False) -> pd.DataFrame:
        table = table.sort_values("person", key=lambda codes: codes.map(order), kind="stable", ignore_index=True)
        table = table.assign(person=typed_column([pseudonym(code) for code in table["person"]], "code"))
        if keep_source:
            files = [found.sources[part].file for part in table["_part"]]
            table = table.assign(file=typed_column(files, "text")).rename(columns={"_row": "row"})
        return table.drop(columns=[column for column in table if str(column).startswith("_")])

    tables = found.tables
    used = set(tables["responses"]["instrument"])
    groups = settings.tables["groups"]
    if groups.empty:
        codes = sorted(people["group"].unique())
        groups = empty_table("groups").reindex(range(len(codes))).assign(
            group=typed_column(codes, "code"), label=typed_column(codes, "text"))  # fmt: skip
    sessions = tables["sessions"].sort_values(["date", "session"], ignore_index=True)
    return Evaluation(
        id=settings.id, language=settings.language, report_date=settings.report_date, notice=settings.notice,
        policy=settings.policy, recommendations=settings.recommendations,
        contract=settings.tables["contract"], supervisor_periods=settings.tables["supervisor_periods"],
        goals=settings.tables["goals"], evaluation_plan=settings.tables["evaluation_plan"], groups=groups,
        waves=settings.tables["waves"], people=closed(people),
        sessions=sessions.drop(columns=[column for column in sessions if str(column).startswith("_")]),
        attendance=closed(tables["attendance"]), responses=closed(tables["responses"], keep_source=True),
        load_log=found.log, instruments={name: key for name, key in instruments.items() if name in used},
        notes=tuple(problems.notes),
    )  # fmt: skip
