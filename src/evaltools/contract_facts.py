"""What the contract and the session log tell that is no estimate: dates, words, yes or no, counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd

from evaltools.cells import Row, plain_row
from evaltools.folder import Evaluation
from evaltools.schemas import row_dicts

Value = str | bool | int | float | date
_MONTH = 365.25 / 12
_USUAL_MONTHS = 18  # process supervision lasts about one and a half years
_FRAMES = ("interval_days_from", "frames_length", "frames_place", "frames_cost")


@dataclass(frozen=True)
class ContractFact:
    """One thing known of the contract: its measure, what is known, and which group or supervisor it is about.

    ``measure`` is a key into ``measures.toml`` (unit ``fact``); a code such as ``group`` stands as in the data model.
    What is not recorded has no fact. ``where`` is the group's code, the supervisor's name, or "" for the whole.
    """

    measure: str
    value: Value
    where: str = ""


def contract_facts(evaluation: Evaluation) -> tuple[ContractFact, ...]:
    """Everything that is recorded of the contract, in the order in which a report tells it."""
    parts = (_length, _forms, _agreement, _choice, _goals, _contacts, _sizes, _supervisors, _own_supervision, _periods)
    return tuple(fact for part in parts for fact in part(evaluation))


def composition_rows(evaluation: Evaluation) -> Iterator[Row]:
    """How many people have each role, profession and level of management (``basis``), of those for whom it is known.

    A profession is free text, which stands in no table of results: there it is a running number.
    """
    people = evaluation.people[evaluation.people["linked"]]
    for column, measure in (("role", "people_by_role"), ("profession", "people_by_profession"),
                            ("manager_level", "people_by_manager_level")):  # fmt: skip
        known = people[people[column].notna()]
        for number, value in enumerate(dict.fromkeys(known[column]), start=1):
            whom = tuple(int(at) for at in known.index[known[column] == value])
            yield plain_row(measure, float(len(whom)), people=whom, of=len(known),
                            basis=str(number) if column == "profession" else value)  # fmt: skip


def first_session(evaluation: Evaluation) -> date | None:
    """The day of the first session that was held, else the contract's start."""
    held = evaluation.sessions[evaluation.sessions["status"].isin(["held"])]["date"].min()
    return held.date() if pd.notna(held) else _day(_said(evaluation, "start"))


def months_between(first: date, second: date) -> float:
    """Months from one day to another, of 365.25/12 days.

    >>> round(months_between(date(2025, 1, 1), date(2026, 7, 2)), 1)
    18.0
    """
    return (second - first).days / _MONTH


def _said(evaluation: Evaluation, column: str) -> Any:
    value = evaluation.contract[column].iloc[0] if len(evaluation.contract) else None
    return None if pd.isna(value) else value


def _day(value: Any) -> date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()


def _length(evaluation: Evaluation) -> Iterator[ContractFact]:
    start = _day(_said(evaluation, "start"))
    end = _day(_said(evaluation, "end")) or _day(_said(evaluation, "planned_end"))
    if start and end:
        months = months_between(start, end)
        yield ContractFact("contract_duration_months", months)
        yield ContractFact("duration_deviation_months", months - _USUAL_MONTHS)


def _forms(evaluation: Evaluation) -> Iterator[ContractFact]:
    for column, measure in (("form", "supervision_form"), ("audience", "supervision_audience")):
        yield from _texts(evaluation, measure, column)
        for group in row_dicts(evaluation.groups):
            if pd.notna(group[column]):
                yield ContractFact(measure, group[column], group["group"])
    yield from _texts(evaluation, "form_reason", "form_reason")
    yield from _texts(evaluation, "contract_sector", "sector")


def _texts(evaluation: Evaluation, measure: str, column: str) -> Iterator[ContractFact]:
    value = _said(evaluation, column)
    if value is not None:
        yield ContractFact(measure, value)


def _agreement(evaluation: Evaluation) -> Iterator[ContractFact]:
    """Purpose, mission, frames; when contract, rules and dialogue were, and whether before the first session."""
    yield from _texts(evaluation, "contract_purpose", "purpose")
    yield from _texts(evaluation, "contract_mission", "mission")
    for frame in ("frames_length", "frames_place", "frames_cost"):
        yield from _texts(evaluation, frame, frame)
    first = first_session(evaluation)
    for column, measure in (("signed", "contract_signed"), ("rules_reviewed", "rules_reviewed")):
        day = _day(_said(evaluation, column))
        if day:
            yield ContractFact(measure, day)
        if day and first:  # on the day itself, rules are gone through before the session begins
            yield ContractFact(f"{measure}_in_time", day <= first)
    joint = _said(evaluation, "joint")
    if joint is not None:
        yield ContractFact("contract_joint", bool(joint))
    frames = [_said(evaluation, column) is not None for column in _FRAMES]
    if any(frames):  # and to whom and for what, which every contract says
        yield ContractFact("contract_frames_stated", sum(frames) + 2)
    days = _dialogues(evaluation)
    if days and first:
        yield ContractFact("dialogues_before_start", sum(day <= first for day in days))


def _dialogues(evaluation: Evaluation) -> list[date]:
    """The days on which supervisor and commissioner met, each once."""
    told = _said(evaluation, "dialogue_dates")
    days = {date.fromisoformat(day) for day in str(told).split(", ")} if told else set()
    contacts = evaluation.contacts[evaluation.contacts["with"].isin(["commissioner"])]
    return sorted(days | {day.date() for day in contacts["date"]})


def _choice(evaluation: Evaluation) -> Iterator[ContractFact]:
    yield from _texts(evaluation, "choice_basis", "choice_basis")
    yield from _texts(evaluation, "chosen_by", "chosen_by")


def _goals(evaluation: Evaluation) -> Iterator[ContractFact]:
    goals, strategies = evaluation.goals, evaluation.ideas["shared_strategy"]
    if len(goals):
        yield ContractFact("goals_stated", len(goals))
    if goals["organisation_goal"].notna().any():
        yield ContractFact("goals_linked", int(goals["organisation_goal"].notna().sum()))
    if goals["level"].notna().any():
        yield ContractFact("goals_shared", int(goals["level"].isin(["group"]).sum()))
    if strategies.notna().any():
        yield ContractFact("strategies_shared", int(strategies.isin([True]).sum()))


def _contacts(evaluation: Evaluation) -> Iterator[ContractFact]:
    """Meetings with the commissioner, one of them midway, and contacts between peers outside the sessions."""
    days, contacts = _dialogues(evaluation), evaluation.contacts
    start, end = (_day(_said(evaluation, column)) for column in ("start", "end"))
    end = end or _day(_said(evaluation, "planned_end"))
    if days:
        yield ContractFact("commissioner_meetings", len(days))
    midterm = bool(contacts["kind"].isin(["midterm"]).any())
    if days and (midterm or (start and end)):
        yield ContractFact("midterm_meeting", midterm or any(start < day < end for day in days if start and end))
    peers = contacts[contacts["with"].isin(["peers"])]
    if len(peers):
        yield ContractFact("peer_contacts", int(peers["number"].fillna(1).sum()))
    if len(peers) and end:
        later = peers[peers["date"] > pd.Timestamp(end)]
        yield ContractFact("peer_contacts_after_end", int(later["number"].fillna(1).sum()))


def _sizes(evaluation: Evaluation) -> Iterator[ContractFact]:
    """How many people the smallest and the largest group have ever had, individual supervision left out."""
    alone = evaluation.groups["form"].fillna(_said(evaluation, "form") or "group").isin(["individual"])
    people = evaluation.people[evaluation.people["linked"]]
    sizes = [int((people["group"] == group).sum()) for group in evaluation.groups["group"][~alone]]
    if any(sizes):
        yield ContractFact("group_size_smallest", min(size for size in sizes if size))
        yield ContractFact("group_size_largest", max(sizes))


def _supervisors(evaluation: Evaluation) -> Iterator[ContractFact]:
    for row in row_dicts(evaluation.supervisors):
        if pd.notna(row["approach"]):
            yield ContractFact("supervisor_approach", row["approach"], row["supervisor"])
        if pd.notna(row["external"]):
            yield ContractFact("supervisor_external", bool(row["external"]), row["supervisor"])
    for row in row_dicts(evaluation.qualifications):
        year = "" if pd.isna(row["year"]) else f" ({row['year']:.0f})"
        yield ContractFact("supervisor_qualification", f"{row['name']}{year}", row["supervisor"])
    points = evaluation.qualifications.dropna(subset=["points"])
    for name in dict.fromkeys(points["supervisor"]):
        total = float(points["points"][points["supervisor"] == name].sum())
        yield ContractFact("supervisor_points", total, name)


def _own_supervision(evaluation: Evaluation) -> Iterator[ContractFact]:
    """Each supervisor's own supervision and training: how often a year, and the longest time without."""
    begins, report = first_session(evaluation), evaluation.report_date
    end = _day(_said(evaluation, "end"))
    until = min(report, end) if end else report
    done = evaluation.supervisor_development
    for name in dict.fromkeys(done["supervisor"]):
        own = done[(done["supervisor"] == name) & done["kind"].isin(["own_supervision"])]
        training = done[(done["supervisor"] == name) & done["kind"].isin(["training"])]
        if training["hours"].notna().any():
            yield ContractFact("training_hours", float(training["hours"].sum()), name)
        days = sorted(day.date() for day in own["date"])
        if not days or not begins or until <= begins:
            continue
        inside = [day for day in days if begins <= day <= until]
        yield ContractFact("own_supervision_per_year", len(inside) / (months_between(begins, until) / 12), name)
        marks = [begins, *inside, until]
        gaps = [months_between(one, other) for one, other in pairwise(marks)]
        yield ContractFact("own_supervision_longest_gap", max(gaps), name)


def _periods(evaluation: Evaluation) -> Iterator[ContractFact]:
    """How long each supervisor had each group, and how often the supervisor changed."""
    end = _day(_said(evaluation, "end")) or evaluation.report_date
    for row in row_dicts(evaluation.supervisor_periods):
        begun, ended = row["from"].date(), _day(row["to"]) or end
        if ended > begun:
            where = row["supervisor"] if pd.isna(row["group"]) else f"{row['supervisor']} ({row['group']})"
            yield ContractFact("supervisor_months", months_between(begun, ended), where)
    if len(evaluation.supervisor_periods):
        groups = evaluation.groups["group"].tolist() or [""]
        changes = {day for group in groups for day, _ in supervisor_changes(evaluation, group)}
        yield ContractFact("supervisor_changes", len(changes))


def supervisor_changes(evaluation: Evaluation, group: str) -> list[tuple[date, str]]:
    """The days on which a group got another supervisor, and who it was, in order of time.

    Periods without a group are every group's; the same supervisor going on is no change.
    """
    periods = evaluation.supervisor_periods
    own = periods[periods["group"].isna() | (periods["group"] == group).fillna(False)].sort_values("from")
    found: list[tuple[date, str]] = []
    before = ""
    for row in row_dicts(own):
        if before and row["supervisor"] != before:
            found.append((row["from"].date(), row["supervisor"]))
        before = row["supervisor"]
    return found
