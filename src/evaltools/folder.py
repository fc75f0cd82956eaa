"""An evaluation folder becomes one frozen `Evaluation`: validated tables, with a count of what was left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import pandas as pd

from evaltools.errors import EvaltoolsError, Problems
from evaltools.exports.decode import decode_table
from evaltools.exports.grid import read_grid
from evaltools.exports.mapping import Mapping as ColumnMapping
from evaltools.exports.records import Catalogue, Records, response_records, table_records
from evaltools.instruments import Instrument, read_instruments, score_only_scale, shipped_instruments
from evaltools.language import DEFAULT, languages
from evaltools.pseudonyms import load_key, pseudonymiser
from evaltools.schemas import KEYS, empty_table, row_dicts, typed_column
from evaltools.settings import FILE, Settings, read_settings

_FROM_FILES = ("people", "sessions", "attendance", "responses")
OWN_KEYS = "scoring_keys"
_PRINTED = 1e-5  # scores are often printed with a few decimals


@dataclass(frozen=True, repr=False)
class Evaluation:
    """One supervision assignment, read and validated.

    The tables are those of the data model. ``people`` stands in the order of the original codes, which is
    the order of people everywhere, so that nothing depends on the pseudonym key. ``load_log`` says for
    every file how many rows were read, used and left out.
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
        problems.raise_if_any(language or DEFAULT)
        raise AssertionError("settings are missing only together with a problem")
    told_in = language or (settings.language if settings.language in languages() else DEFAULT)
    instruments = _instruments(folder, settings, problems)
    tables, log = _read_files(folder, settings, instruments, problems)
    people = _people(tables, settings, problems)
    _check_links(tables, people, settings, problems)
    _check_answers(tables["responses"], instruments, settings, problems)
    problems.raise_if_any(told_in)
    pseudonym = pseudonymiser(load_key(folder, told_in), settings.id)
    return _evaluation(settings, tables, people, log, instruments, pseudonym)


def _instruments(folder: Path, settings: Settings, problems: Problems) -> dict[str, Instrument]:
    """The shipped instruments, the folder's own keys, and the scales of which only the score is known."""
    instruments = dict(shipped_instruments())
    told = ""
    try:
        if (folder / OWN_KEYS).is_dir():
            instruments |= read_instruments(folder / OWN_KEYS)
    except EvaltoolsError as error:
        told = str(error)
    if told:
        problems.add("own_key_broken", file=OWN_KEYS, wrong=told)
    for row in row_dicts(settings.tables["scales"]):
        better = True if pd.isna(row["higher_is_better"]) else bool(row["higher_is_better"])
        step = 1 / row["items"] if pd.isna(row["step"]) else row["step"]
        key = score_only_scale(row["scale"], row["label"], row["low"], row["high"], int(row["items"]), step, better)
        instruments[key.id] = key
    scales = [scale.id for key in instruments.values() for scale in key.scales]
    for scale in sorted({scale for scale in scales if scales.count(scale) > 1}):
        problems.add("scale_id_twice", file=FILE, scale=scale)
    return instruments


def _read_files(
    folder: Path, settings: Settings, instruments: Mapping[str, Instrument], problems: Problems
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Every declared file as rows of its canonical table, and the count of rows read, used and left out."""
    catalogue = Catalogue.of(instruments)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in _FROM_FILES}
    log = []
    for entry in row_dicts(settings.tables["files"].fillna("")):
        records = _file_records(folder, entry, settings, instruments, catalogue, problems)
        if records is None:
            continue
        frame = decode_table(records.values, entry["table"], records.source, problems)
        log.append({"file": entry["path"], "sheet": records.source.sheet, "table": entry["table"],
                    "rows_read": records.rows_read, "rows_used": records.rows_read - records.blank_rows,
                    "blank_rows": records.blank_rows, "columns_left_out": records.unused_columns})  # fmt: skip
        if frame is not None and len(frame):
            parts[entry["table"]].append(_with_places(frame, records))
    tables = {name: _joined(name, frames, problems) for name, frames in parts.items()}
    return tables, pd.DataFrame(log)


def _file_records(
    folder: Path, entry: Mapping[Any, Any], settings: Settings, instruments: Mapping[str, Instrument],
    catalogue: Catalogue, problems: Problems,
) -> Records | None:  # fmt: skip
    name = entry["path"]
    mapping = settings.mappings.get(entry["mapping"]) if entry["mapping"] else ColumnMapping()
    if mapping is None:
        problems.add("mapping_not_found", file=FILE, mapping=entry["mapping"])
        return None
    if entry["instrument"] and entry["instrument"] not in instruments:
        problems.add("instrument_unknown", file=FILE, instrument=entry["instrument"], allowed=", ".join(instruments))
        return None
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        problems.add("path_outside", file=FILE, path=name)
        return None
    grid = read_grid(path, name, problems, sheet=entry["sheet"], delimiter=mapping.delimiter, encoding=mapping.encoding)
    if grid is None:
        return None
    if entry["table"] == "responses":
        return response_records(grid, mapping, entry["wave"], entry["instrument"], catalogue, problems)
    return table_records(grid, mapping, problems)


def _with_places(frame: pd.DataFrame, records: Records) -> pd.DataFrame:
    """The frame with file, sheet, row and column beside each row, so that later checks can point at the cell."""
    source = records.source
    places = source.answers or [""] * len(frame)
    return frame.assign(_file=source.file, _sheet=source.sheet, _row=pd.Series(source.rows), _column=pd.Series(places))


def _joined(name: str, frames: list[pd.DataFrame], problems: Problems) -> pd.DataFrame:
    """The rows of all files of a table; a key that stands in two files is a problem."""
    if not frames:
        return empty_table(name).assign(_file="", _sheet="", _row=0, _column="")
    joined = pd.concat(frames, ignore_index=True)
    key = list(KEYS[name])
    again = joined.duplicated(subset=key) & ~joined.duplicated(subset=[*key, "_file", "_sheet"])
    for row in row_dicts(joined[again]):
        _at(row, "key_used_twice", problems, allowed=", ".join(key))
    return joined


def _at(row: Mapping[Any, Any], key: str, problems: Problems, column: str = "", **details: object) -> None:
    problems.add(key, file=row["_file"], sheet=row["_sheet"], row=int(row["_row"]),
                 column=column or row["_column"], **details)  # fmt: skip


def _people(tables: Mapping[str, pd.DataFrame], settings: Settings, problems: Problems) -> pd.DataFrame:
    """The people, in the order of their codes; without a people file, those who answered, in the only group."""
    groups = settings.tables["groups"]["group"].tolist()
    people = tables["people"]
    if people.empty:
        codes = sorted(tables["responses"]["person"].dropna().unique())
        if len(groups) > 1:
            problems.add("people_missing", file=FILE)
        people = empty_table("people").reindex(range(len(codes)))
        people = people.assign(person=typed_column(codes, "code"), _file=FILE, _sheet="", _row=0, _column="")
    only = groups[0] if len(groups) == 1 else "all" if not groups and people["group"].isna().all() else None
    people = people.assign(group=people["group"].fillna(only) if only else people["group"])
    for row in row_dicts(people[people["group"].isna()]):
        _at(row, "group_missing", problems)
    if groups:
        for row in row_dicts(people[people["group"].notna() & ~people["group"].isin(groups)]):
            _at(row, "group_unknown", problems, allowed=", ".join(groups))
    return people.sort_values("person", kind="stable", ignore_index=True)


def _check_links(
    tables: Mapping[str, pd.DataFrame], people: pd.DataFrame, settings: Settings, problems: Problems
) -> None:
    """Every code that refers to another table is found there."""
    waves = settings.tables["waves"]["wave"].tolist()
    groups = settings.tables["groups"]["group"].tolist() or people["group"].unique().tolist()
    sessions = tables["sessions"]["session"].tolist()
    links = (
        ("responses", "wave", waves, "wave_unknown"),
        ("responses", "person", people["person"].tolist(), "person_unknown"),
        ("attendance", "person", people["person"].tolist(), "person_unknown"),
        ("attendance", "session", sessions, "session_unknown"),
        ("sessions", "group", [*groups, pd.NA], "group_unknown"),
    )
    for name, column, known, key in links:
        table = tables[name]
        lost = table[~table[column].isin(known) & table[column].notna()].drop_duplicates(
            subset=["_file", "_sheet", "_row"]
        )
        allowed = ", ".join(map(str, known[:20])) if column in ("wave", "group") else ""
        for row in row_dicts(lost):
            _at(row, key, problems, column=column, allowed=allowed.replace(", <NA>", ""))
    dates = settings.tables["waves"]["actual"].fillna(settings.tables["waves"]["planned"]).dropna()
    if not dates.is_monotonic_increasing:
        problems.add("waves_out_of_order", file=FILE)


def _check_answers(
    responses: pd.DataFrame, instruments: Mapping[str, Instrument], settings: Settings, problems: Problems
) -> None:
    """Every answer lies on its scale, before anything is scored; no instrument is used before its time."""
    for key, rows in responses.groupby(["given_as", "instrument", "item"], sort=False):
        given_as, instrument, item = map(str, cast("tuple[str, str, str]", key))
        ends = _ends(given_as, instrument, item, instruments)
        if ends is None:
            _at(row_dicts(rows)[0], "item_unknown", problems, item=item)
            continue
        wrong = (rows["code"] < ends[0] - _PRINTED) | (rows["code"] > ends[1] + _PRINTED)
        if given_as == "item":
            wrong |= rows["code"] % 1 != 0
        for row in row_dicts(rows[wrong & rows["code"].notna()]):
            _at(row, "answer_outside", problems, low=f"{ends[0]:g}", high=f"{ends[1]:g}", instrument=instrument)
    early = [wave for wave in settings.tables["waves"]["wave"] if _before_start(wave, settings)]
    for row in row_dicts(responses[responses["wave"].isin(early)].drop_duplicates("instrument")):
        key_used = instruments.get(row["instrument"])
        if key_used and not key_used.valid_before_start:
            _at(row | {"_column": ""}, "not_before_start", problems, instrument=key_used.id)


def _ends(
    given_as: str, instrument: str, item: str, instruments: Mapping[str, Instrument]
) -> tuple[float, float] | None:
    """Lowest and highest possible answer to an item, or score of a scale; None where it is unknown."""
    key = instruments.get(instrument)
    if key and given_as == "score":
        return next((scale.score_range for scale in key.scales if scale.id == item), None)
    return (key.low, key.high) if key and item in {own.id for own in key.items} else None


def _before_start(wave: str, settings: Settings) -> bool:
    """Whether a wave lies before supervision began: by its date, or as the first of several without dates."""
    waves, contract = settings.tables["waves"], settings.tables["contract"]
    row = waves[waves["wave"] == wave].iloc[0]
    when = row["actual"] if pd.notna(row["actual"]) else row["planned"]
    if pd.isna(when) or contract.empty:
        return len(waves) > 1 and bool(waves["wave"].iloc[0] == wave)
    return bool(when <= contract["start"].iloc[0])


def _evaluation(
    settings: Settings, tables: Mapping[str, pd.DataFrame], people: pd.DataFrame, log: pd.DataFrame,
    instruments: Mapping[str, Instrument], pseudonym: Callable[[str], str],
) -> Evaluation:  # fmt: skip
    """Pseudonyms in, places out: from here on nobody sees a code."""
    order = {code: at for at, code in enumerate(people["person"])}

    def closed(table: pd.DataFrame, keep_source: bool = False) -> pd.DataFrame:
        table = table.sort_values("person", key=lambda codes: codes.map(order), kind="stable", ignore_index=True)
        table = table.assign(person=typed_column([pseudonym(code) for code in table["person"]], "code"))
        if keep_source:
            table = table.rename(columns={"_file": "file", "_row": "row"})
        return table.drop(columns=[column for column in table if str(column).startswith("_")])

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
        load_log=log, instruments={name: key for name, key in instruments.items() if name in used},
    )  # fmt: skip
