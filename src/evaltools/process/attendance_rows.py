"""Rows about who was there and who took part; each person's own, which are for the supervisor alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from evaltools.cells import PERSON, Cells, Row, figure_rows
from evaltools.folder import Evaluation
from evaltools.process.things import (
    Things,
    days_of,
    group_rows,
    is_known,
    is_true,
    people_rows,
    rows_about,
    share_rows,
    things_of,
)
from evaltools.statistics.concentration import gini
from evaltools.statistics.estimate import Array, estimate

_SILENT = 2  # sessions in a row: more than so many and somebody should ask
_ACTIVE = ("asked", "analysed", "reflected")
_MARKS = {"share_listed": "listed", "share_asked": "asked", "share_analysed": "analysed",
          "share_reflected": "reflected", "share_contributed": "contributed",
          "share_took_from_others": "took_from_others", "share_feedback_received": "feedback_received",
          "share_feedback_useful": "feedback_useful"}  # fmt: skip


def attendance_rows(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """Attendance and participation, of held sessions.

    Parameters
    ----------
    evaluation : Evaluation
        Its sessions and attendance.
    cells : Cells
        The groups; a mark belongs to the group of its person.
    """
    held = evaluation.sessions["session"][evaluation.sessions["status"] == "held"]
    marks = evaluation.attendance[evaluation.attendance["session"].isin(held)]
    expected = things_of(evaluation, cells, marks, "person")
    present = expected.where(is_true(expected.rows, "present"))
    yield from _presence_rows(evaluation, expected)
    for measure, column in _MARKS.items():
        yield from share_rows(measure, present, is_true(present.rows, column), is_known(present.rows, column))
    yield from _equality_rows(evaluation, present)


def _presence_rows(evaluation: Evaluation, expected: Things) -> Iterator[Row]:
    there, known = is_true(expected.rows, "present"), is_known(expected.rows, "present")
    yield from share_rows("attendance_share", expected, there, known)
    at = expected.rows["session"].to_numpy(object)
    for session in evaluation.sessions["session"]:
        own = known & (at == session)
        yield from group_rows(share_rows("attendance_share", expected, there, own, period=str(session)))
    count, of = (expected.within(chosen)[0, :-1] for chosen in (there, known))
    for who in np.flatnonzero(of):
        person = Cells(((PERSON, str(who + 1)),), np.ones((1, 1), bool))
        behind = np.arange(len(of))[None] == who
        attended = estimate("sessions_attended", count[[who]], np.ones(1), "count", of=of[[who]])
        yield from figure_rows(attended, person, behind)
    yield from people_rows("mean_sessions_attended", expected, np.where(of > 0, count, np.nan))


def _equality_rows(evaluation: Evaluation, present: Things) -> Iterator[Row]:
    """How evenly people took part, and how many were silent for more than two sessions in a row."""
    known = is_known(present.rows, *_ACTIVE)
    marks = sum((is_true(present.rows, column).astype(float) for column in _ACTIVE), np.zeros(len(known)))
    sessions = present.within(known)[:, :-1]
    active = np.array([np.bincount(present.owner[own], marks[own], sessions.shape[1] + 1)[:-1]
                       for own in present.inside & known])  # fmt: skip
    rate = np.where(sessions > 0, active / np.where(sessions > 0, sessions, 1), np.nan)
    evenness = rows_about(replace(gini("participation_gini", rate), of=sessions.sum(axis=1)), present, known, "")
    yield from (row for row in evenness if np.isfinite(row["value"]))
    silent = np.zeros(sessions.shape[1])
    for person in np.unique(present.owner[known]):
        own = (present.owner == person) & known
        if person < len(silent):
            silent[person] = _longest_silence(evaluation, present.rows[own], marks[own])
    people = (sessions > 0).sum(axis=1)
    value = ((sessions > 0) & (silent > _SILENT)).sum(axis=1)
    yield from rows_about(estimate("silent_people", value, people, "count", of=people), present, known, "")


def _longest_silence(evaluation: Evaluation, attended: pd.DataFrame, marks: Array) -> int:
    """The most sessions in a row, of those that a person came to, in which nothing is marked."""
    in_order = np.argsort(days_of(evaluation, attended["session"]).to_numpy(), kind="stable")
    longest = row = 0
    for nothing in (marks[in_order] == 0).tolist():
        row = row + 1 if nothing else 0
        longest = max(longest, row)
    return longest
