"""An evaluation folder becomes one frozen `Evaluation`: validated tables, with a count of what was left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from evaltools.canonical import DECLARED, FROM_FILES, person_columns
from evaltools.checks import Found, check_answers, check_links, check_plan, check_repeats, people_of, with_unlinked
from evaltools.errors import Problem, Problems
from evaltools.folder_files import read_files
from evaltools.instruments import Instrument, read_keys, score_only_scale, shipped_instruments
from evaltools.keys import load_key
from evaltools.language import DEFAULT
from evaltools.link_checks import check_codes, check_people_links, check_wave_links
from evaltools.linking import Codes
from evaltools.process_checks import check_process
from evaltools.pseudonyms import pseudonymiser
from evaltools.schemas import empty_table, row_dicts, typed_column
from evaltools.session_checks import check_session_answers, check_who_answers, session_form_waves, with_sessions
from evaltools.settings import FILE, Settings, read_settings

OWN_KEYS = "scoring_keys"


@dataclass(frozen=True, repr=False, eq=False)
class Evaluation:
    """One supervision assignment, read and validated.

    The tables are those of the data model. ``people`` stands in the order of the original codes, which is
    the order of people everywhere, so that nothing depends on the pseudonym key; its column ``linked`` is False for
    those who answered without a code, each of whom is known in one row of one file only and paired with nobody.
    ``session_responses`` are the answers to forms filled in after sessions (waves of kind ``session_form``); all other
    answers are ``responses``.
    ``load_log`` says for every file how many rows were read, used and left out; ``notes`` what else is to be known
    of the files. ``planned`` holds the names, by language, of what the plan names, answered or not.
    """

    id: str
    language: str
    report_date: date
    notice: str
    policy: str
    recommendations: str
    contract: pd.DataFrame
    supervisor_periods: pd.DataFrame
    supervisors: pd.DataFrame
    qualifications: pd.DataFrame
    goals: pd.DataFrame
    evaluation_plan: pd.DataFrame
    groups: pd.DataFrame
    waves: pd.DataFrame
    events: pd.DataFrame
    people: pd.DataFrame
    sessions: pd.DataFrame
    attendance: pd.DataFrame
    questions: pd.DataFrame
    ideas: pd.DataFrame
    follow_ups: pd.DataFrame
    strengths: pd.DataFrame
    feedback: pd.DataFrame
    supervisor_development: pd.DataFrame
    contacts: pd.DataFrame
    goal_ratings: pd.DataFrame
    comments: pd.DataFrame
    approvals: pd.DataFrame
    responses: pd.DataFrame
    session_responses: pd.DataFrame
    load_log: pd.DataFrame
    notes: tuple[Problem, ...]
    instruments: Mapping[str, Instrument]
    planned: Mapping[str, Mapping[str, str]]

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
    found = with_sessions(read_files(folder, settings, instruments, codes, problems), settings)
    check_repeats(found, problems)
    people = with_unlinked(people_of(found, settings, problems), found, settings, instruments, problems)
    check_links(found, people, settings, instruments, problems)
    check_people_links(found, people, problems)
    check_wave_links(found, settings, problems)
    check_codes(codes, settings, len(found.sources) == len(settings.tables["files"]), problems)
    check_plan(settings, instruments, problems)
    check_process(found, people, settings, problems)
    check_answers(found, instruments, settings, problems)
    check_session_answers(found, people, settings, instruments, problems)
    check_who_answers(found, people, instruments, problems)
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

    def closed(name: str, table: pd.DataFrame, *by: str) -> pd.DataFrame:
        if by:
            table = table.sort_values(list(by), key=_in_order(order), kind="stable", ignore_index=True)
        hidden = {
            column: typed_column([None if pd.isna(code) else pseudonym(code) for code in table[column]], "person")
            for column in person_columns(name)
        }
        kept = [column for column in table if not str(column).startswith("_")]
        return table.assign(**hidden)[kept]

    tables = found.tables
    used = set(tables["responses"]["instrument"])
    groups = settings.tables["groups"]
    if groups.empty:
        codes = sorted(people["group"].unique())
        groups = empty_table("groups").reindex(range(len(codes))).assign(
            group=typed_column(codes, "code"), label=typed_column(codes, "text"))  # fmt: skip
    files = typed_column([found.sources[part].file for part in tables["responses"]["_part"]], "text")
    placed = tables["responses"].assign(file=files).rename(columns={"_row": "row"})
    answers = closed("responses", placed, "person")
    after_sessions = answers["wave"].isin(session_form_waves(settings)["wave"])
    declared = {name: settings.tables[name] for name in DECLARED if name != "groups"}
    read = {
        name: closed(name, tables[name]) for name in FROM_FILES if name not in ("people", "attendance", "responses")
    }
    return Evaluation(
        id=settings.id, language=settings.language, report_date=settings.report_date, notice=settings.notice,
        policy=settings.policy, recommendations=settings.recommendations, groups=groups,
        **declared, **(read | {"sessions": closed("sessions", tables["sessions"], "date", "session")}),
        people=closed("people", people, "person"), attendance=closed("attendance", tables["attendance"], "person"),
        responses=answers[~after_sessions].reset_index(drop=True),
        session_responses=answers[after_sessions].reset_index(drop=True),
        load_log=found.log, instruments={name: key for name, key in instruments.items() if name in used},
        notes=tuple(problems.notes), planned=_planned(settings, instruments),
    )  # fmt: skip


def _planned(settings: Settings, instruments: Mapping[str, Instrument]) -> dict[str, Mapping[str, str]]:
    """What the plan's questionnaires and scales are called, whether anybody has answered them or not."""
    labels = {key.id: key.label for key in instruments.values()}
    labels |= {scale.id: scale.label for key in instruments.values() for scale in key.scales}
    return {name: labels[name] for name in settings.tables["evaluation_plan"]["what"]}


def _in_order(order: Mapping[str, int]) -> Callable[[pd.Series[Any]], pd.Series[Any]]:
    """Sorts people by the order of their codes, whatever their pseudonyms, and every other column by its values."""
    return lambda column: column.map(order) if column.name == "person" else column
