"""One time line of an evaluation: contract, measurements, supervisors, events, people who came and left; who counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evaltools.canonical import TABLES
from evaltools.cells import Cells, Row, plain_row
from evaltools.contract_facts import first_session, months_between, supervisor_changes
from evaltools.folder import Evaluation
from evaltools.schemas import row_dicts, typed_column

EVENT_KINDS = tuple(TABLES["events"]["kind"].allowed)
_OF_CONTRACT = ("signed", "rules_reviewed", "start", "planned_end", "end")


@dataclass(frozen=True)
class Moment:
    """Something that happened, in months since the first session (negative before it).

    ``kind`` is a key under ``contract_report.moments`` of the texts, ``label`` what the contract calls it (a
    measurement, a supervisor, an event), ``number`` how many people it is about where it counts people (else 0), and
    ``group`` the group's code, or "" where it is about all.
    """

    day: date
    month: float
    kind: str
    label: str = ""
    number: int = 0
    group: str = ""


def timeline(evaluation: Evaluation) -> tuple[Moment, ...]:
    """Everything that is dated, in order of time; empty where no session was held and the contract has no start.

    People who were there from the first session on have not joined. How many joined and left a group on a day is
    counted; nobody is named.
    """
    zero = first_session(evaluation)
    if zero is None:
        return ()
    parts = (_contract, _waves, _supervisors, _events, _people, _deliveries)
    found = [moment for part in parts for moment in part(evaluation, zero)]
    return tuple(sorted(found, key=lambda moment: (moment.day, moment.kind, moment.group, moment.label)))


def membership_rows(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """For each wave with a date, how many belonged to each cell, and how many came and left since the first wave.

    Only where it is recorded when anybody joined or left. Change between two waves is about those who belonged at
    both and answered at both: these rows say how many could have.
    """
    people, waves = evaluation.people, evaluation.waves
    dates = waves["actual"].fillna(waves["planned"])[~waves["kind"].isin(["then_test", "session_form"])].dropna()
    dated = list(zip(waves["wave"][dates.index], dates, strict=True))
    if not dated or not people[["joined", "left"]].notna().any().any():
        return
    joined = joined_later(evaluation).fillna(pd.Timestamp.min).to_numpy()
    left = people["left"].fillna(pd.Timestamp.max).to_numpy()
    first = np.datetime64(dated[0][1])
    for wave, day in dated:
        at = np.datetime64(day)
        whom = {"people_members": (joined <= at) & (at <= left), "people_joined": (joined > first) & (joined <= at),
                "people_left": (left >= first) & (left < at)}  # fmt: skip
        for (group_by, group), member in zip(cells.names, cells.member, strict=True):
            for measure, counted in whom.items():
                behind = tuple(np.flatnonzero(member & counted).tolist())
                yield plain_row(measure, float(len(behind)), people=behind, of=float(member.sum()), wave=wave,
                                group_by=group_by, group=group)  # fmt: skip


def joined_later(evaluation: Evaluation) -> pd.Series[Any]:
    """When each person joined a group that had begun already; missing for those who were there from the first session.

    A group begins with its first session that was held, or with the contract.
    """
    people, sessions = evaluation.people, evaluation.sessions
    held = sessions[sessions["status"].isin(["held"])]
    zero = first_session(evaluation)
    begun = {
        group: held["date"][held["group"].isna() | (held["group"] == group).fillna(False)].min()
        for group in people["group"].unique()
    }
    begins = [zero if pd.isna(begun[group]) else begun[group] for group in people["group"]]
    return people["joined"].where(people["joined"] > typed_column(begins, "date"))


def _moment(
    day: pd.Timestamp | date, zero: date, kind: str, *, label: str = "", number: int = 0, group: str = ""
) -> Moment:  # fmt: skip
    own = day.date() if isinstance(day, pd.Timestamp) else day
    return Moment(own, months_between(zero, own), kind, label, number, group)


def _contract(evaluation: Evaluation, zero: date) -> Iterator[Moment]:
    for row in row_dicts(evaluation.contract):
        yield from (_moment(row[kind], zero, kind) for kind in _OF_CONTRACT if pd.notna(row[kind]))
        told = "" if pd.isna(row["dialogue_dates"]) else row["dialogue_dates"]
        days = {date.fromisoformat(day) for day in told.split(", ") if day}
        contacts = evaluation.contacts[evaluation.contacts["with"].isin(["commissioner"])]
        days |= {day.date() for day in contacts["date"]}
        yield from (_moment(day, zero, "dialogue") for day in days)


def _waves(evaluation: Evaluation, zero: date) -> Iterator[Moment]:
    for row in row_dicts(evaluation.waves):
        if pd.notna(row["actual"]):
            yield _moment(row["actual"], zero, "wave", label=row["label"])


def _supervisors(evaluation: Evaluation, zero: date) -> Iterator[Moment]:
    """A change that all groups share is told once."""
    groups = evaluation.groups["group"].tolist()
    changes = {group: supervisor_changes(evaluation, group) for group in groups or [""]}
    shared = set.intersection(*(set(own) for own in changes.values()))
    for day, name in sorted(shared):
        yield _moment(day, zero, "supervisor", label=name)
    for group, own in changes.items():
        yield from (_moment(day, zero, "supervisor", label=name, group=group) for day, name in own
                    if (day, name) not in shared)  # fmt: skip


def _events(evaluation: Evaluation, zero: date) -> Iterator[Moment]:
    for row in row_dicts(evaluation.events):
        yield _moment(row["date"], zero, row["kind"], label=row["label"],
                      group="" if pd.isna(row["group"]) else row["group"])  # fmt: skip


def _people(evaluation: Evaluation, zero: date) -> Iterator[Moment]:
    for kind, dates in (("joined", joined_later(evaluation)), ("left", evaluation.people["left"])):
        dated = zip(dates.dropna(), evaluation.people["group"][dates.notna()], strict=True)
        for (day, group), number in Counter(dated).items():
            yield _moment(day, zero, kind, number=number, group=group)


def _deliveries(evaluation: Evaluation, zero: date) -> Iterator[Moment]:
    plan = evaluation.evaluation_plan
    told = {(row["delivered"], row["to"]) for row in row_dicts(plan[plan["delivered"].notna()])}
    yield from (_moment(day, zero, f"delivered_{to}") for day, to in sorted(told))
