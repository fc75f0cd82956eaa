"""Whether what is told of the process can have happened: dates in order, people present, ideas that were tried."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaltools.checks import Found
from evaltools.errors import Problems
from evaltools.schemas import SUMMARY_GROUP, typed_column
from evaltools.settings import FILE, Settings

# Names that stand for several groups together in the table of estimates.
POOLED_GROUPS = (SUMMARY_GROUP, "all_staff", "all_managers", "all_staff_individual", "all_managers_individual")

_REPORTED = (("feedback", "date"), ("feedback", "closed"), ("contacts", "date"), ("supervisor_development", "date"),
             ("approvals", "on"))  # what has happened, and when  # fmt: skip
_RANKS = ("order_decided", "order_taken")
_Rows = pd.DataFrame


def check_process(found: Found, people: pd.DataFrame, settings: Settings, problems: Problems) -> None:
    """Everything that is told of sessions, questions, ideas and people is possible beside everything else.

    Parameters
    ----------
    found : Found
        The rows of all files, with their places.
    people : DataFrame
        The people, with ``group``, ``joined`` and ``left`` where they are known.
    settings : Settings
        The contract, its dates, goals and supervisors.
    problems : Problems
        Collects what is impossible (errors) and what is only unusual (notes). A date, a state or a person that is not
        recorded contradicts nothing.
    """
    _check_contract(found, settings, problems)
    _check_groups(people, settings, problems)
    _check_membership(found, people, problems)
    _check_sessions(found, settings, problems)
    _check_cancelled(found, problems)
    _check_questions(found, problems)
    _check_presence(found, problems)
    _check_ideas(found, problems)
    _check_cases(found, problems)
    _check_quotes(found, people, problems)
    _check_goal_ratings(found, settings, problems)
    _check_report_date(found, settings, problems)


def _check_contract(found: Found, settings: Settings, problems: Problems) -> None:
    """Nothing that the contract dates ends before it begins; a measurement's session is one of the sessions."""
    sessions = found.tables["sessions"]["session"]
    for session, line in zip(settings.tables["waves"]["session"], settings.lines["waves"], strict=True):
        if pd.notna(session) and session not in set(sessions.dropna()):
            problems.add("session_unknown", file=FILE, row=line, column="waves.session")
    for table, first, second in (("contract", "start", "planned_end"), ("contract", "start", "end"),
                                 ("supervisor_periods", "from", "to")):  # fmt: skip
        dates = settings.tables[table]
        for wrong, line in zip(dates[second] < dates[first], settings.lines[table], strict=True):
            if wrong:
                problems.add("dates_backwards", file=FILE, row=line, column=f"{table}.{second}",
                             first=f"{table}.{first}", second=f"{table}.{second}")  # fmt: skip


def _check_groups(people: pd.DataFrame, settings: Settings, problems: Problems) -> None:
    """A group's name is not one that stands for several groups; who has individual supervision is followed alone."""
    groups = settings.tables["groups"]
    sizes = people["group"].value_counts()
    alone = groups["form"].isin(["individual"])
    for at, (group, line) in enumerate(zip(groups["group"], settings.lines["groups"], strict=True)):
        if not pd.isna(group) and group in POOLED_GROUPS and len(groups) > 1:
            problems.add("group_name_reserved", file=FILE, row=line, column="groups.id",
                         reserved=", ".join(POOLED_GROUPS))  # fmt: skip
        if alone[at] and sizes.get(group, 0) > 1:
            problems.add("individual_group_of_several", file=FILE, row=line, column="groups.form")


def _check_membership(found: Found, people: pd.DataFrame, problems: Problems) -> None:
    """Nobody left before joining; nobody was there before joining, after leaving, or in another group unseen."""
    listed = found.tables["people"]
    for row in listed[listed["left"] < listed["joined"]].index:
        places = found.sources[int(listed.loc[row, "_part"])].columns
        found.tell(listed.loc[[row]], "dates_backwards", problems, "left",
                   first=places.get("joined", ""), second=places.get("left", ""))  # fmt: skip
    seen = _with_sessions(found, "attendance")
    present, held = seen["present"].isin([True]), ~seen["_status"].isin(["cancelled"])
    joined, left, group = (_looked_up(seen["person"], people, "person", it) for it in ("joined", "left", "group"))
    early, late = seen["_date"] < joined, seen["_date"] > left
    found.tell(seen[early & present], "attendance_before_joining", problems, "person")
    found.tell(seen[late & present], "attendance_after_leaving", problems, "person")
    found.tell(seen[(early | late) & seen["present"].isin([False]) & held], "absence_not_member", problems, "person")
    strange = seen["_group"].notna() & group.notna() & (seen["_group"] != group).fillna(False).astype(bool)
    found.tell(seen[strange & present], "other_group_attends", problems, "person")


def _check_sessions(found: Found, settings: Settings, problems: Problems) -> None:
    """No session was held before the contract began (or was signed) or after it ended."""
    sessions, contract = found.tables["sessions"], settings.tables["contract"]
    if contract.empty:
        return
    begins, ends = contract[["start", "signed"]].iloc[0].min(), contract["end"].iloc[0]
    outside = (sessions["date"] < begins) | (sessions["date"] > ends)
    found.tell(sessions[outside & _held(sessions)], "session_outside_contract", problems, "date")


def _check_cancelled(found: Found, problems: Problems) -> None:
    """Nothing happened at a session that was cancelled."""
    happened = (("attendance", "present", (True,)), ("strengths", "given", (True,)),
                ("questions", "handled", ("yes", "partly")), ("ideas", "idea", None),
                ("follow_ups", "followed_up", (True,)))  # fmt: skip
    for name, column, values in happened:
        rows = _with_sessions(found, name)
        told = rows[column].notna() if values is None else rows[column].isin(list(values))
        found.tell(rows[told & rows["_status"].isin(["cancelled"])], "happened_at_cancelled", problems, "session")


def _check_questions(found: Found, problems: Problems) -> None:
    """An order is an order, and a question is carried forward."""
    questions = _with_sessions(found, "questions")
    for rank in _RANKS:
        again = questions.duplicated(subset=["session", rank]) & questions[rank].notna() & questions["session"].notna()
        found.tell(questions[again], "order_used_twice", problems, rank)
    to = _looked_up(questions["carried_to"], found.tables["sessions"], "session", "date")
    same = (questions["carried_to"] == questions["session"]).fillna(False).astype(bool)
    found.tell(questions[(to < questions["_date"]) | same], "carried_backwards", problems, "carried_to")


def _check_presence(found: Found, problems: Problems) -> None:
    """Who gave something or had a question handled was there."""
    attendance = found.tables["attendance"]
    away = attendance[attendance["present"].isin([False])]
    absent = set(zip(away["session"], away["person"], strict=True))
    strengths, questions = found.tables["strengths"], found.tables["questions"]
    gave = _pairs_in(strengths, "person", absent) & strengths["given"].isin([True])
    found.tell(strengths[gave], "strength_of_absent", problems, "person")
    handled = _pairs_in(questions, "owner", absent) & questions["handled"].isin(["yes", "partly"])
    found.tell(questions[handled], "owner_absent", problems, "owner")


def _check_ideas(found: Found, problems: Problems) -> None:
    """An idea is followed up after it came; what was not tried did not help; what was not asked has no answer."""
    follow_ups = _with_sessions(found, "follow_ups")
    came = _looked_up(follow_ups["idea"], found.tables["ideas"], "idea", "session")
    day = _looked_up(came, found.tables["sessions"], "session", "date")
    same = (came == follow_ups["session"]).fillna(False).astype(bool)
    found.tell(follow_ups[(follow_ups["_date"] <= day) | same], "follow_up_too_early", problems, "session")
    used = follow_ups["helped"].isin(["yes", "partly"]) | follow_ups["still_used"].isin([True])
    not_tried = follow_ups["tried"].isin([False])
    column = "helped" if follow_ups["helped"].notna().any() else "still_used"
    found.tell(follow_ups[used & not_tried], "helped_not_tried", problems, column)
    answered = follow_ups["tried"].isin([True]) | follow_ups["helped"].notna()
    found.tell(follow_ups[answered & follow_ups["followed_up"].isin([False])], "not_asked_but_answered", problems,
               "followed_up")  # fmt: skip


def _check_cases(found: Found, problems: Problems) -> None:
    """A wish or complaint is closed after it came, and an approval withdrawn after it was given."""
    feedback, approvals = found.tables["feedback"], found.tables["approvals"]
    found.tell(feedback[feedback["closed"] < feedback["date"]], "closed_before_it_came", problems, "closed")
    found.tell(approvals[approvals["withdrawn"] < approvals["on"]], "withdrawn_before_given", problems, "withdrawn")


def _check_quotes(found: Found, people: pd.DataFrame, problems: Problems) -> None:
    """A comment that is approved for a reader names no participant: nobody's code stands in it as a word.

    Codes without a letter are no words: a 7 in a text is nearly always a number.
    """
    comments, approved = found.tables["comments"], found.tables["approvals"]["comment"].dropna()
    codes = [code for code in people["person"].dropna() if len(code) > 1 and any(map(str.isalpha, code))]
    names = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, codes))})(?!\w)") if codes else None
    for_others = comments[comments["comment"].isin(approved)]
    named = [bool(names and names.search(text)) for text in for_others["text"].fillna("")]
    found.tell(for_others[np.array(named, bool)], "quote_names_participant", problems, "text")


def _check_goal_ratings(found: Found, settings: Settings, problems: Problems) -> None:
    """A rating means something only for a goal whose levels are written down; who rated is better known."""
    ratings, goals = found.tables["goal_ratings"], settings.tables["goals"]
    bare = goals["goal"][goals["levels"].isna()].dropna().tolist()
    found.tell(ratings[ratings["goal"].isin(bare)], "rating_without_levels", problems, "goal")
    found.tell(ratings[ratings["rater"].isna()].assign(_column=""), "rating_without_rater", problems)


def _check_report_date(found: Found, settings: Settings, problems: Problems) -> None:
    """What is told as having happened does not lie after the report."""
    report = pd.Timestamp(settings.report_date) if settings.report_date.year > 1 else pd.Timestamp.max
    sessions = found.tables["sessions"]
    found.tell(sessions[(sessions["date"] > report) & _held(sessions)], "dated_after_report", problems, "date")
    for table, column in _REPORTED:
        rows = found.tables[table]
        found.tell(rows[rows[column] > report], "dated_after_report", problems, column)
    for table, column in (("evaluation_plan", "delivered"), ("events", "date")):
        for late, line in zip(settings.tables[table][column] > report, settings.lines[table], strict=True):
            if late:
                problems.add("dated_after_report", file=FILE, row=line, column=f"{table}.{column}")


def _held(sessions: _Rows) -> pd.Series[bool]:
    return sessions["status"].isin(["held"])


def _with_sessions(found: Found, name: str) -> _Rows:
    """A table with the date, status and group of each row's session beside it; missing where it is not known."""
    table, sessions = found.tables[name], found.tables["sessions"]
    beside = {f"_{it}": _looked_up(table["session"], sessions, "session", it) for it in ("date", "status", "group")}
    return table.assign(**beside)


def _looked_up(codes: pd.Series[Any], table: _Rows, key: str, column: str) -> pd.Series[Any]:
    """What a table says of each code in one column; missing where the code is blank or not there."""
    known: Mapping[Any, Any] = dict(zip(table[key], table[column], strict=True))
    kind = "date" if str(table[column].dtype).startswith("datetime") else "text"
    values: Sequence[Any] = [None if pd.isna(code) or pd.isna(it := known.get(code)) else it for code in codes]
    return typed_column(list(values), kind).set_axis(codes.index)


def _pairs_in(table: _Rows, person: str, pairs: set[tuple[Any, Any]]) -> pd.Series[bool]:
    """The rows whose session and person are among some pairs; a row without a person is not."""
    of = zip(table["session"], table[person], strict=True)
    return pd.Series([pd.notna(who) and (session, who) in pairs for session, who in of], index=table.index, dtype=bool)
