"""Years, commissioners, sectors and supervisors side by side, as an organisation reads of them; never a ranking.

Supervisors are told apart by number only, each by three groups or more, and only where three supervisors have so many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from evaltools.blocks import Block, Heading, Section, Table, Text
from evaltools.measures import limits
from evaltools.organisation_outcomes import (
    ends_told,
    heads_of,
    known_outcomes,
    outcome_name,
    people_in,
    pooled_within,
)
from evaltools.portfolio import QUARTER, SEVERAL, SUPERVISORS, Portfolio, belonging, in_order
from evaltools.released_changes import Outcome, told_apart
from evaltools.released_work import (
    REACHED,
    documents_of,
    goal_results,
    groups_in,
    has_ended,
    sessions_kept,
    shares_told,
)
from evaltools.wording import Words, words

_SHARES = ("attendance_share", "idea_helped", "question_handled_share")
_WORK = ("sessions_kept", "goals_reached", *_SHARES)
_Documents = list[dict[str, Any]]
_Part = TypeVar("_Part")


def side_by_side(portfolio: Portfolio, language: str) -> Section:
    """Outcomes, sessions, goals and shares for every year, commissioner, sector or supervisor, as asked for."""
    own = words(language)
    fill = {"least": int(limits()["modelled_groups"]), "fewest": int(limits()["pooled_groups"])}
    blocks: list[Block] = []
    for by in portfolio.by:
        blocks += [Heading(own.text(f"organisation.by.{by}")), Text((own.text(f"organisation.by_lead.{by}", **fill),))]
        tables = [_changes_table(portfolio, by, own), work_table(portfolio, by, own)]
        nothing = own.text("organisation.by_nothing" if by == SUPERVISORS else "organisation.no_outcomes", **fill)
        blocks += [table for table in tables if table] or [Text((nothing,))]
        left_out = _not_told_apart(portfolio) if by == SUPERVISORS else 0
        blocks += [Text((own.text("organisation.supervisors_left_out", n=left_out),))] if left_out else []
    return Section(tuple(blocks))


def work_table(portfolio: Portfolio, by: str, own: Words) -> Table | None:
    """Sessions, goals and shares of each category, as far as any has some; None where none may be told of."""
    documents = documents_of(portfolio)
    parts = _categories(documents, by)
    cells = [list(_work_cells(part, own)) for _, part in parts]
    told = [at for at in range(len(_WORK)) if any(row[at] for row in cells)]
    if not told:
        return None
    rows = tuple(
        (_with_period(name, by, part, own), str(len(part)), str(sum(map(groups_in, part))),
         *(row[at] or own.text("organisation.none") for at in told))
        for (name, part), row in zip(parts, cells, strict=True)
    )  # fmt: skip
    heads = heads_of([by, "evaluations", "groups", *(_WORK[at] for at in told)], own)
    note = own.text("organisation.work_note", fewest=int(limits()["pooled_groups"]))
    return Table(own.text(f"organisation.work_caption.{by}"), heads, rows, note)


def category_name(category: str, by: str, own: Words) -> str:
    """How a category is written; a supervisor by number."""
    if by == QUARTER:
        year, _, number = category.partition("-")
        return own.text("organisation.quarter", year=year, number=number)
    if by == SUPERVISORS:
        return own.text("organisation.supervisor", number=category)
    return category or own.text("organisation.not_stated")


def _with_period(category: str, by: str, documents: _Documents, own: Words) -> str:
    """The same; of a supervisor with the time from the first contract to the last, as far as it is reported."""
    name = category_name(category, by, own)
    if by != SUPERVISORS:
        return name
    start = min(document["contract"]["start_month"] for document in documents)
    end = max(document["contract"]["end_month"] if has_ended(document) else document["report_date"][:7]
              for document in documents)  # fmt: skip
    period = own.text("report.period", start=own.month(start), end=own.month(end))
    return own.text("organisation.supervisor_period", supervisor=name, period=period)


def mean_and_interval(part: Outcome, own: Words) -> tuple[str, str]:
    """In words; of fewer than three groups nothing, for that would be a table of single groups."""
    if len(part.changes) < limits()["pooled_groups"]:
        return own.text("organisation.too_few_groups"), own.text("organisation.no_interval")
    found = pooled_within(part)
    interval = ends_told(found, None, own) if np.isfinite(found.low) else own.text("organisation.no_interval")
    return own.number(float(found.value), 2, signed=True), interval


def _not_told_apart(portfolio: Portfolio) -> int:
    """Groups whose supervisor is not told apart: has too few, is not named, or is one of several."""
    documents = documents_of(portfolio)
    told = [part for _, part in _categories(documents, SUPERVISORS)]
    return sum(map(groups_in, documents)) - sum(groups_in(document) for part in told for document in part)


def _categories(documents: _Documents, by: str) -> list[tuple[str, _Documents]]:
    """The releases of each category that may be told of."""
    parts = {name: [document for document in documents if belonging(document, by) == name]
             for name in in_order((belonging(document, by) for document in documents), by)}  # fmt: skip
    return _may_be_told([(name, part, sum(map(groups_in, part))) for name, part in parts.items()], by)


def _changes_table(portfolio: Portfolio, by: str, own: Words) -> Table | None:
    told = known_outcomes(portfolio)
    fill = {"least": int(limits()["modelled_groups"]), "fewest": int(limits()["pooled_groups"])}
    rows = [row for outcome in told
            for row in _change_rows(outcome, by, outcome_name(outcome, told, own), own)]  # fmt: skip
    heads = heads_of(["scale", by, "groups", "people", "mean_change", "interval_95"], own)
    note = own.text("organisation.by_note", **fill)
    return Table(own.text(f"organisation.by_caption.{by}"), heads, tuple(rows), note) if rows else None


def _change_rows(outcome: Outcome, by: str, name: str, own: Words) -> Iterator[tuple[str, ...]]:
    for category, part in _may_be_told([(key, part, len(part.changes)) for key, part in told_apart(outcome, by)], by):
        counts = str(len(part.changes)), str(people_in(part))
        yield (name, category_name(category, by, own), *counts, *mean_and_interval(part, own))


def _may_be_told(told: Sequence[tuple[str, _Part, int]], by: str) -> list[tuple[str, _Part]]:
    """Of categories with their number of groups those that may stand in a table: supervisors not if few."""
    if by != SUPERVISORS:
        return [(name, part) for name, part, _ in told]
    least = limits()["pooled_groups"]
    enough = [(name, part) for name, part, groups in told if name not in ("", SEVERAL) and groups >= least]
    return enough if len(enough) >= least else []


def _work_cells(documents: _Documents, own: Words) -> Iterator[str]:
    """The figures of `_WORK`; "" where nothing is released."""
    held, planned, _ = sessions_kept(documents)
    yield own.text("language.count_of", count=held, of=planned) if planned else ""
    results = [answer for document in documents for _, answer in goal_results(document)]
    reached = own.text("language.count_of", count=results.count(REACHED), of=len(results))
    yield reached if results else ""
    for measure in _SHARES:
        yield _share_cell(documents, measure, own)


def _share_cell(documents: _Documents, measure: str, own: Words) -> str:
    found = shares_told(documents, measure)
    if found.mean is None:
        return ""
    if len(found.ends) < limits()["pooled_groups"]:
        return own.text("organisation.too_few_groups")
    return own.text("organisation.share_span", low=found.mean[0], high=found.mean[1])
