"""An evaluation folder becomes one frozen `Evaluation`: validated tables, with a count of what was left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from evaltools.checks import Found, check_answers, check_links, check_plan, check_repeats, people_of, with_unlinked
from evaltools.errors import Problem, Problems
from evaltools.folder_files import read_files
from evaltools.instruments import Instrument, read_keys, score_only_scale, shipped_instruments
from evaltools.keys import load_key
from evaltools.language import DEFAULT
from evaltools.link_checks import check_codes, check_people_links, check_wave_links
from evaltools.linking import Codes
from evaltools.pseudonyms import pseudonymiser
from evaltools.schemas import empty_table, row_dicts, typed_column
from evaltools.settings import FILE, Settings, read_settings

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
    found = read_files(folder, settings, instruments, codes, problems)
    check_repeats(found, problems)
    people = with_unlinked(people_of(found, settings, problems), found, settings, problems)
    check_links(found, people, settings, instruments, problems)
    check_people_links(found, people, problems)
    check_wave_links(found, settings, problems)
    check_codes(codes, settings, len(found.sources) == len(settings.tables["files"]), problems)
    check_plan(settings, instruments, problems)
    check_answers(found, instruments, settings, problems)
    problems.raise_if_any(told_in, folder)
    pseudonym = pseudonymiser(load_key(folder, settings.id, told_in).secret, settings.id)
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
