"""The idea chain: ideas noted, followed up, tried, that helped, still used; how it was noticed, and by whom.

The same share has three denominators, and ``basis`` names the one used: all ideas, those followed up, those tried.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from evaltools.cells import Cells, Row
from evaltools.folder import Evaluation
from evaltools.process.things import (
    Chosen,
    Things,
    as_numbers,
    choice_rows,
    count_rows,
    days_of,
    group_rows,
    is_known,
    is_one_of,
    is_true,
    looked_up,
    people_rows,
    share_rows,
    things_of,
)
from evaltools.statistics.estimate import Array

_YES = (("idea_resource_named", "resource_named"), ("idea_spread", "spread"),
        ("idea_shared_strategy", "shared_strategy"))  # fmt: skip
_FOLLOWED = (("follow_up_reinforced", "reinforced"), ("follow_up_adapted", "adapted"))
_LINKS = (("idea_tried", "tried"), ("idea_helped", "helped"), ("idea_helped_fully", "helped"),
          ("idea_still_used", "still_used"))  # fmt: skip
_LATEST = ("followed_up", "tried", "helped", "still_used")


def idea_rows(evaluation: Evaluation, cells: Cells) -> Iterator[Row]:
    """Everything about the ideas of each group.

    Parameters
    ----------
    evaluation : Evaluation
        Its sessions, questions, ideas and follow-ups.
    cells : Cells
        The groups; an idea belongs to the group of its person (else its question's owner), else of its session.
    """
    ideas = ideas_of(evaluation, cells)
    every = np.ones(len(ideas.rows), bool)
    yield from count_rows("ideas_noted", ideas, every, every)
    yield from choice_rows("idea_kind", ideas, "kind", "ideas")
    for measure, column in _YES:
        yield from share_rows(measure, ideas, is_true(ideas.rows, column), is_known(ideas.rows, column))
    yield from _tool_rows(ideas)
    yield from chain_rows(evaluation, ideas)
    yield from _follow_up_rows(evaluation, cells, _with_person(evaluation))


def ideas_of(evaluation: Evaluation, cells: Cells) -> Things:
    """The ideas, with the last that is recorded of each question about them."""
    return things_of(evaluation, cells, _with_person(evaluation).join(_latest(evaluation), on="idea"), "person")


def _with_person(evaluation: Evaluation) -> pd.DataFrame:
    """The ideas; where an idea names a question and no person, it is the question's owner's."""
    ideas = evaluation.ideas
    owners = looked_up(ideas["question"], evaluation.questions, "question", "owner")
    return ideas.assign(person=ideas["person"].fillna(owners))


def _latest(evaluation: Evaluation) -> pd.DataFrame:
    """For every idea the last that is recorded of each question about it; once tried, an idea stays tried.

    A row of the follow-ups is a follow-up unless it says that it is none.
    """
    asked = evaluation.follow_ups.assign(date=days_of(evaluation, evaluation.follow_ups["session"]))
    asked = asked.sort_values(["date", "session"], kind="stable")
    asked = asked.assign(followed_up=asked["followed_up"].fillna(value=True))
    found = asked.groupby("idea")[list(_LATEST)].last()
    for column in ("followed_up", "tried"):
        ever = asked[asked[column].fillna(value=False)]["idea"].unique()
        found.loc[ever, column] = True
    return found


def _tool_rows(ideas: Things) -> Iterator[Row]:
    """How many tools each person has noted, of those with any idea."""
    owned = is_known(ideas.rows, "kind", "person")
    tools, any_idea = ideas.within(owned & is_one_of(ideas.rows, "kind", "tool"))[0], ideas.within(owned)[0]
    yield from people_rows("tools_per_person", ideas, np.where(any_idea > 0, tools, np.nan)[:-1])


def chain_rows(evaluation: Evaluation, ideas: Things) -> Iterator[Row]:
    """The chain with its denominators; an idea of which nothing is recorded counts as not tried, helped or used."""
    rows = ideas.rows
    every, followed, tried = np.ones(len(rows), bool), is_true(rows, "followed_up"), is_true(rows, "tried")
    if followed.any():
        yield from share_rows("idea_followed_up", ideas, followed, every, basis="all")
        yield from share_rows("idea_followed_up", ideas, followed, due_ideas(evaluation, ideas), basis="due")
    hits = {"idea_tried": tried, "idea_helped": is_one_of(rows, "helped", "yes", "partly"),
            "idea_helped_fully": is_one_of(rows, "helped", "yes"),
            "idea_still_used": is_true(rows, "still_used")}  # fmt: skip
    for measure, column in _LINKS:
        recorded = _cells_with(ideas, is_known(rows, column))
        bases = {"all": every, "followed_up": followed} | ({} if column == "tried" else {"tried": tried})
        for basis, known in bases.items():
            yield from _of_cells(recorded, share_rows(measure, ideas, hits[measure], known, basis=basis))


def due_ideas(evaluation: Evaluation, ideas: Things) -> Chosen:
    """The ideas after which their group has held another session, at which they could be followed up."""
    held = evaluation.sessions[evaluation.sessions["status"] == "held"]
    groups = looked_up(ideas.rows["session"], evaluation.sessions, "session", "group").fillna("")
    last = held.assign(group=held["group"].fillna("")).groupby("group")["date"].max().reset_index()
    dates = days_of(evaluation, ideas.rows["session"])
    due: Chosen = (looked_up(groups, last, "group", "date") > dates).to_numpy(bool)
    return due


def _cells_with(ideas: Things, known: Chosen) -> set[tuple[str, str]]:
    """The cells in which anything is known; elsewhere a share would be 0 of things that nobody recorded."""
    return {ideas.cells.names[cell] for cell in np.flatnonzero((ideas.inside & known).any(axis=1))}


def _of_cells(recorded: set[tuple[str, str]], rows: Iterator[Row]) -> Iterator[Row]:
    return (row for row in rows if (row["group_by"], row["group"]) in recorded)


def _follow_up_rows(evaluation: Evaluation, cells: Cells, ideas: pd.DataFrame) -> Iterator[Row]:
    """What each follow-up tells: how it was noticed and by whom, and how long ideas stay in use."""
    known = ideas.set_index("idea")[["person", "session"]].rename(columns={"session": "noted"})
    asked = things_of(evaluation, cells, evaluation.follow_ups.join(known, on="idea"), "person")
    for column in ("noticed_by", "noticed_how"):
        yield from choice_rows(f"idea_{column}", asked, column, "follow_ups")
    for measure, column in _FOLLOWED:
        yield from share_rows(measure, asked, is_true(asked.rows, column), is_known(asked.rows, column))
    yield from _at_session_rows(asked)
    since = _sessions_since(evaluation, asked.rows)
    used, answered = is_true(asked.rows, "still_used"), is_known(asked.rows, "still_used")
    for lag in np.unique(since[np.isfinite(since) & answered]):
        yield from share_rows("idea_retention", asked, used, answered & (since == lag), basis=f"{int(lag):02d}")


def _at_session_rows(asked: Things) -> Iterator[Row]:
    """Session by session, the ideas that had helped, of those asked about at that session."""
    helped, known = is_one_of(asked.rows, "helped", "yes", "partly"), is_known(asked.rows, "helped")
    for session in asked.rows["session"].unique():
        own = known & (asked.rows["session"] == session).to_numpy(bool)
        yield from group_rows(share_rows("idea_helped_at_session", asked, helped, own, period=str(session)))


def _sessions_since(evaluation: Evaluation, asked: pd.DataFrame) -> Array:
    """How many held sessions of the group lie between the idea and the follow-up: 1 for the next one."""
    held = evaluation.sessions[evaluation.sessions["status"] == "held"].sort_values(["date", "session"])
    numbered = held.assign(number=held.groupby("group", dropna=False).cumcount())
    asked_at, noted_at = (looked_up(asked[column], numbered, "session", "number") for column in ("session", "noted"))
    return as_numbers(asked_at - noted_at)
