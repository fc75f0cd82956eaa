"""Whether answers belong where they stand: forms after sessions to a session, and forms of managers to managers."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evaltools.checks import Found
from evaltools.errors import Problems
from evaltools.instruments import Instrument
from evaltools.settings import FILE, Settings


def session_form_waves(settings: Settings) -> pd.DataFrame:
    """The waves whose forms are filled in after sessions, each with the one session that it is about, if any."""
    waves = settings.tables["waves"]
    return waves.loc[waves["kind"].eq("session_form").fillna(False).astype(bool), ["wave", "session"]]


def with_sessions(found: Found, settings: Settings) -> Found:
    """The answers, with the session that their wave declares where they name none themselves."""
    waves = session_form_waves(settings).dropna()
    if waves.empty:
        return found
    responses = found.tables["responses"]
    declared = responses["wave"].map(dict(zip(waves["wave"], waves["session"], strict=True)))
    filled = responses.assign(session=responses["session"].fillna(declared.astype(responses["session"].dtype)))
    return Found({**found.tables, "responses": filled}, found.sources, found.log, found.unlinked)


def check_session_answers(
    found: Found, people: pd.DataFrame, settings: Settings, instruments: Mapping[str, Instrument], problems: Problems
) -> None:
    """Every answer after a session names one of the person's own group that was held, and no other answer does."""
    responses = found.tables["responses"]
    after = responses["wave"].isin(session_form_waves(settings)["wave"])
    rows = responses[after].drop_duplicates(["_part", "_row"])
    _tell_without_session(found, rows[rows["session"].isna()], problems)
    named = rows[rows["session"].notna()]
    sessions = found.tables["sessions"].drop_duplicates("session").set_index("session")
    status, group = named["session"].map(sessions["status"]), named["session"].map(sessions["group"])
    found.tell(named[status.notna() & (status != "held")], "session_not_held", problems, "session")
    own = named["person"].map(people.drop_duplicates("person").set_index("person")["group"])
    elsewhere = group.notna() & own.notna() & (group != own)
    found.tell(named[elsewhere.fillna(False)], "session_of_other_group", problems, "session")
    _tell_absent(found, named, problems)
    stray = responses[~after & responses["session"].notna()].drop_duplicates("_part")
    found.tell(stray, "session_at_wave", problems, "session")
    for_sessions = [name for name, key in instruments.items() if key.forms[0] == "session"]
    wrong = responses[~after & responses["instrument"].isin(for_sessions)].drop_duplicates(["_part", "instrument"])
    found.tell(wrong.assign(_column=""), "session_form_at_wave", problems)
    _check_declared(found, settings, problems)


def check_who_answers(
    found: Found, people: pd.DataFrame, instruments: Mapping[str, Instrument], problems: Problems
) -> None:
    """The managers' form is answered by managers, and the commissioner's by nobody who has a code."""
    responses = found.tables["responses"]
    once = responses.drop_duplicates(["_part", "_row", "instrument"])
    staff = set(people.loc[people["role"].eq("staff").fillna(False).astype(bool), "person"])
    home = once["instrument"].map({name: key.forms[0] for name, key in instruments.items()})
    found.tell(once[(home == "manager") & once["person"].isin(staff)], "manager_form_from_staff", problems, "person")
    coded = once[(home == "commissioner") & ~once["person"].isin(list(found.unlinked))]
    found.tell(coded.drop_duplicates("_part"), "commissioner_with_code", problems, "person")


def _tell_without_session(found: Found, rows: pd.DataFrame, problems: Problems) -> None:
    """Rows without a session by their cells; a file that has no column for it once."""
    has_column = rows["_part"].map(lambda part: bool(found.sources[part].columns.get("session"))).astype(bool)
    found.tell(rows[has_column], "session_missing", problems, "session")
    found.tell(rows[~has_column].drop_duplicates("_part").assign(_column=""), "session_column_missing", problems)


def _tell_absent(found: Found, named: pd.DataFrame, problems: Problems) -> None:
    attendance = found.tables["attendance"]
    absent = attendance[attendance["present"].eq(False).fillna(False).astype(bool)]
    away = set(zip(absent["session"], absent["person"], strict=True))
    rows = [pair in away for pair in zip(named["session"], named["person"], strict=True)]
    found.tell(named[rows], "session_form_from_absent", problems, "session")


def _check_declared(found: Found, settings: Settings, problems: Problems) -> None:
    """The session of a wave is one that exists, and is said only of forms after sessions."""
    known = set(found.tables["sessions"]["session"])
    waves = settings.tables["waves"]
    for kind, session, line in zip(waves["kind"], waves["session"], settings.lines["waves"], strict=True):
        if pd.isna(session):
            continue
        if pd.isna(kind) or kind != "session_form":
            problems.add("session_at_wave", file=FILE, row=line, column="waves.session")
        elif session not in known:
            problems.add("session_unknown", file=FILE, row=line, column="waves.session")
