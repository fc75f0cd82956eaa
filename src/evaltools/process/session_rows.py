"""Rows about the sessions: how many, how far apart, how long, and how they were held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from evaltools.cells import Cells, Row
from evaltools.folder import Evaluation
from evaltools.process.intervals import as_agreed
from evaltools.process.things import (
    Things,
    choice_rows,
    count_rows,
    group_rows,
    is_known,
    is_one_of,
    is_true,
    mean_rows,
    median_rows,
    numbers,
    rows_about,
    share_rows,
    summary_rows,
    things_of,
)
from evaltools.statistics.estimate import Array, estimate, mean_and_sd

_HOUR = 60  # minutes
_YES = (("sessions_interrupted", "interrupted"), ("mission_clarified", "mission_clarified"),
        ("sessions_with_new", "tried_new"))  # fmt: skip


def session_rows(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """Everything about the sessions of each group.

    Parameters
    ----------
    evaluation : Evaluation
        Its sessions and contract.
    cells : Cells
        The groups. A session is nobody's: ``n`` is 0, and ``of`` counts sessions.
    """
    every = things_of(evaluation, cells, evaluation.sessions)
    held = every.where(is_one_of(every.rows, "status", "held"))
    yield from _status_rows(evaluation, every)
    yield from interval_rows(evaluation, cells)
    yield from _minute_rows(every, held)
    yield from _content_rows(held)


def _status_rows(evaluation: Evaluation, every: Things) -> Iterator[Row]:
    known = is_known(every.rows, "status")
    for status in ("held", "cancelled", "moved"):
        yield from count_rows(f"sessions_{status}", every, is_one_of(every.rows, "status", status), known)
    due = is_one_of(every.rows, "status", "held", "cancelled")
    yield from share_rows("sessions_kept", every, is_one_of(every.rows, "status", "held"), due)
    planned = evaluation.contract["sessions_planned"].dropna()
    if len(planned):  # the contract counts all groups together
        together = [group_by == "evaluation" or len(every.cells.names) == 2 for group_by, _ in every.cells.names]
        value = np.where(together, float(planned.iloc[0]), np.nan)
        rows = rows_about(estimate("sessions_planned", value, 0, "contract", of=value), every, known, "")
        yield from (row for row in rows if np.isfinite(row["value"]))


def interval_rows(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """Days between the sessions of a group, against the agreed ones; over all groups, their intervals together."""
    apart = things_of(evaluation, cells, intervals_of(evaluation))
    days = numbers(apart.rows, "days")
    yield from median_rows("interval_median", apart, days)
    yield from summary_rows("interval_iqr", apart, days, lambda own: np.subtract(*np.percentile(own, [75, 25])), "IQR")
    yield from summary_rows("interval_longest", apart, days, np.max, "longest")
    several = summary_rows("interval_sd", apart, days, lambda own: mean_and_sd(own)[1], "sd")
    yield from (row for row in several if np.isfinite(row["value"]))
    agreed = evaluation.contract[["interval_days_from", "interval_days_to"]].dropna()
    if len(agreed) and len(apart.rows):
        low, high = agreed.iloc[0].tolist()
        dates = zip(apart.rows["before"].dt.date, apart.rows["date"].dt.date, strict=True)
        kept = np.array([as_agreed(first, second, low, high) for first, second in dates], bool)
        yield from share_rows("interval_as_agreed", apart, kept, np.ones(len(kept), bool))


def intervals_of(evaluation: Evaluation) -> pd.DataFrame:
    """Each held session but a group's first, with the date of the one before it and the days between."""
    held = evaluation.sessions[evaluation.sessions["status"] == "held"].sort_values(["date", "session"])
    before = held.groupby("group", dropna=False)["date"].shift()
    found = held.assign(before=before, days=(held["date"] - before).dt.days)
    return found[found["days"].notna()]


def _minute_rows(every: Things, held: Things) -> Iterator[Row]:
    actual, planned = (numbers(held.rows, f"{kind}_minutes") for kind in ("actual", "planned"))
    yield from summary_rows("hours_held", held, actual / _HOUR, np.sum, "sum")
    yield from median_rows("minutes_held", held, actual)
    both = np.isfinite(actual) & np.isfinite(planned)
    yield from share_rows("sessions_shortened", held, actual < planned, both)
    if np.isfinite(actual).any():  # else a cancelled session would be all that is known
        due = every.where(is_one_of(every.rows, "status", "held", "cancelled"))
        asked, given = (numbers(due.rows, f"{kind}_minutes") for kind in ("planned", "actual"))
        given = np.where(is_one_of(due.rows, "status", "cancelled"), 0.0, given)
        yield from _ratio_rows("protected_time", due, np.minimum(given, asked), asked)
    yield from _ratio_rows("reflection_share", held, numbers(held.rows, "reflection_minutes"), actual)


def _ratio_rows(measure: str, things: Things, part: Array, whole: Array) -> Iterator[Row]:
    """One sum as a share of another, of the sessions in which both are recorded."""
    known = np.isfinite(part) & np.isfinite(whole)
    top, bottom = (np.array([values[inside & known].sum() for inside in things.inside]) for values in (part, whole))
    value = top / np.where(bottom > 0, bottom, np.nan)
    of = np.array([(inside & known).sum() for inside in things.inside])
    rows = rows_about(estimate(measure, value, of, "ratio of sums", of=of), things, known, "")
    yield from (row for row in rows if np.isfinite(row["value"]))


def _content_rows(held: Things) -> Iterator[Row]:
    for measure, column in _YES:
        yield from share_rows(measure, held, is_true(held.rows, column), is_known(held.rows, column))
    yield from choice_rows("order_decided_by", held, "order_decided_by", "sessions")
    for measure, column in (("session_format", "format"), ("session_method", "methods")):
        yield from named_rows(measure, held, column)
    yield from summary_rows("teaching_minutes", held, numbers(held.rows, "teaching_minutes"), np.sum, "sum")
    topics = is_known(held.rows, "teaching_topic")
    yield from count_rows("sessions_with_teaching", held, topics, topics)
    yield from _reflection_rows(held)
    asked, met = (numbers(held.rows, f"individual_{kind}") for kind in ("requested", "held"))
    yield from _ratio_rows("individual_met", held, np.minimum(met, asked), asked)


def _reflection_rows(held: Things) -> Iterator[Row]:
    """Reflection against advice, over all sessions and session by session."""
    rated = numbers(held.rows, "reflection_not_advice")
    yield from mean_rows("reflection_not_advice", held, rated)
    sessions = held.rows["session"].to_numpy(object)
    for session in sessions:
        own = np.where(sessions == session, rated, np.nan)
        yield from group_rows(mean_rows("reflection_not_advice", held, own, period=str(session)))


def named_rows(measure: str, held: Things, column: str) -> Iterator[Row]:
    """How many sessions had each of the things that a cell names in the supervisor's own words, parted by commas."""
    known = is_known(held.rows, column)
    named = [named_in(value) for value in held.rows[column]]
    for name in sorted(set().union(*named)):
        yield from count_rows(measure, held, np.array([name in own for own in named], bool), known, basis=name)


def named_in(value: Any) -> set[str]:
    """The names in a cell: parted by commas, semicolons or lines, without regard to case.

    >>> sorted(named_in("Reflekterande team; rollspel, Rollspel"))
    ['reflekterande team', 'rollspel']
    """
    if pd.isna(value):
        return set()
    parts = str(value).replace(";", ",").replace("\n", ",").split(",")
    return {" ".join(part.split()).casefold() for part in parts if part.strip()}
