"""Rows about the questions that people brought: how many and whose, of what kind, what became of them, what changed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaltools.cells import Cells, Row, figure_rows, part
from evaltools.folder import Evaluation
from evaltools.process.things import (
    Chosen,
    Things,
    as_numbers,
    choice_rows,
    count_rows,
    days_of,
    group_rows,
    halves,
    is_known,
    is_one_of,
    is_true,
    mean_rows,
    median_rows,
    numbers,
    rows_about,
    share_rows,
    things_of,
)
from evaltools.statistics.concentration import gini
from evaltools.statistics.estimate import Array, estimate
from evaltools.statistics.order_agreement import kendall_tau_within

_CHOICES = ("type", "formulated_by", "concerns", "counterpart", "focus", "level", "theme")
_DRIFTS = ("type", "focus")
_YES = ("concrete", "ethics", "emotion_named", "insight", "owner_satisfied")
_COUNTS = ("alternatives", "perspectives", "possibilities", "resources", "minutes")
_CHANGES = ("difficulty", "lingers", "understanding")


def question_rows(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """Everything about the questions of each group.

    Parameters
    ----------
    evaluation : Evaluation
        Its sessions and questions.
    cells : Cells
        The groups; a question belongs to the group of its owner, else of its session.
    """
    questions = questions_of(evaluation, cells)
    yield from _listed_rows(evaluation, questions)
    yield from handled_rows(evaluation, questions)
    for column in _CHOICES:
        yield from choice_rows(f"question_{column}", questions, column, "questions")
    for period, chosen in halves(evaluation, questions):
        for column in _DRIFTS:
            yield from choice_rows(f"question_{column}", questions.where(chosen), column, "questions", period=period)
    for column in _YES:
        known = is_known(questions.rows, column)
        yield from share_rows(f"question_{column}", questions, is_true(questions.rows, column), known)
    for column in _COUNTS:
        yield from median_rows(f"question_{column}", questions, numbers(questions.rows, column))
    yield from mean_rows("question_usefulness", questions, numbers(questions.rows, "usefulness"))
    for name in _CHANGES:
        yield from _change_rows(name, questions)
    yield from _order_rows(questions)


def questions_of(evaluation: Evaluation, cells: Cells) -> Things:
    """The questions, each its owner's."""
    return things_of(evaluation, cells, evaluation.questions, "owner")


def _listed_rows(evaluation: Evaluation, questions: Things) -> Iterator[Row]:
    """How many questions, in how many sessions, and how evenly they came from the people of the group."""
    every = np.ones(len(questions.rows), bool)
    yield from count_rows("questions_listed", questions, every, every)
    first = ~questions.rows.duplicated("session").to_numpy(bool)
    sessions = (questions.inside & first).sum(axis=1)
    mean = questions.inside.sum(axis=1) / np.where(sessions > 0, sessions, np.nan)
    yield from rows_about(estimate("questions_per_session", mean, 0, "mean", of=sessions), questions, every, "")
    owned, handled = is_known(questions.rows, "owner"), is_one_of(questions.rows, "handled", "yes", "partly")
    yield from _spread_rows("owner_gini", evaluation, questions, owned)
    yield from _spread_rows("handled_gini", evaluation, questions, owned & handled)


def _spread_rows(measure: str, evaluation: Evaluation, questions: Things, chosen: Chosen) -> Iterator[Row]:
    """How evenly some questions are spread over everybody in the group, those without any included."""
    members = questions.cells.member & evaluation.people["linked"].to_numpy(bool)
    figure = gini(measure, np.where(members, questions.within(chosen)[:, :-1], np.nan))
    yield from (row for row in figure_rows(figure, questions.cells, members) if np.isfinite(row["value"]))


def handled_rows(evaluation: Evaluation, questions: Things) -> Iterator[Row]:
    """What became of the questions: handled or not, carried over, and how long those waited."""
    rows = questions.rows
    yield from choice_rows("question_handled", questions, "handled", "questions")
    taken_up = is_one_of(rows, "handled", "yes", "partly")
    yield from share_rows("question_handled_share", questions, taken_up, is_known(rows, "handled"))
    carried, known = is_known(rows, "carried_to"), is_known(rows, "handled")
    yield from count_rows("questions_carried", questions, carried, carried)
    waited = (days_of(evaluation, rows["carried_to"]) - days_of(evaluation, rows["session"])).dt.days
    yield from median_rows("question_waiting_days", questions, as_numbers(waited))
    waiting = ~is_one_of(rows, "handled", "yes") & ~carried
    yield from count_rows("questions_left", questions, waiting, known)


def _change_rows(name: str, questions: Things) -> Iterator[Row]:
    """The same questions before and after they were talked about, each counted once, clustered by owner."""
    before, after = (numbers(questions.rows, f"{name}_{when}") for when in ("before", "after"))
    both = np.isfinite(before) & np.isfinite(after)
    for measure, values in ((f"{name}_before", before), (f"{name}_after", after), (f"{name}_change", after - before)):
        yield from mean_rows(measure, questions, np.where(both, values, np.nan))


def _order_rows(questions: Things) -> Iterator[Row]:
    """How far the questions were taken in the order decided: over all sessions, and session by session."""
    decided, taken = (numbers(questions.rows, f"order_{what}") for what in ("decided", "taken"))
    sessions, names = pd.factorize(questions.rows["session"])
    yield from _tau_rows(questions, decided, taken, sessions, "")
    for number, name in enumerate(names):
        own = np.where(sessions == number, decided, np.nan)
        yield from group_rows(_tau_rows(questions, own, taken, sessions, str(name)))


def _tau_rows(questions: Things, decided: Array, taken: Array, sessions: ArrayLike, period: str) -> Iterator[Row]:
    for own in questions.cell_by_cell():
        found = part(kendall_tau_within("order_kept", np.where(own.inside[0], decided, np.nan), taken, sessions), ...)
        ranked = np.isfinite(decided) & np.isfinite(taken)
        rows = rows_about(found, own, ranked, period)
        yield from (row for row in rows if np.isfinite(row["value"]))
