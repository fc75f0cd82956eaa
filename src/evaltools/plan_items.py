"""The evaluation plan of the contract: what was to be told to whom, when, and whether it was; the plan's own mark."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from evaltools.cells import Row, plain_row
from evaltools.folder import Evaluation
from evaltools.schemas import row_dicts

# What came to be, not what was planned: the plan's mark stays the same while they are filled in.
_CAME_TO_BE = ("delivered", "end")


@dataclass(frozen=True)
class PlanItem:
    """One row of the plan: what is told of which wave, to whom, when it was due and when it was delivered.

    ``state`` is ``delivered``, ``delivered_late``, ``overdue``, ``today`` (its day is that of the report, by which it
    may be delivered), ``waiting`` (its day has not come at the date of the report), ``no_date`` (no day was agreed and
    none is recorded), or ``not_recorded`` (due, but deliveries are not recorded at all). ``days_late`` counts from the
    agreed day to the delivery, or to the report; 0 where it came in time, None where it cannot be told. ``label`` is
    what the questionnaire or the scale is called, by language, and ``wave_label`` what the contract calls the wave.
    """

    what: str
    label: Mapping[str, str]
    wave: str
    wave_label: str
    to: str
    due: date | None
    delivered: date | None
    smallest_group: int
    state: str
    days_late: int | None


def plan_items(evaluation: Evaluation) -> tuple[PlanItem, ...]:
    """The plan, row by row in the contract's order, as it stands at the date of the report."""
    plan = evaluation.evaluation_plan
    recorded = bool(plan["delivered"].notna().any())
    waves = dict(zip(evaluation.waves["wave"], evaluation.waves["label"], strict=True))
    return tuple(
        PlanItem(row["what"], evaluation.planned[row["what"]], row["wave"], waves[row["wave"]], row["to"],
                 **_state(row, evaluation.report_date, recorded))
        for row in row_dicts(plan)
    )  # fmt: skip


def due_items(items: Iterable[PlanItem], report: date) -> list[PlanItem]:
    """The rows of the plan that should have been delivered by the date of the report.

    One whose day is the report's is among them when it has been delivered; until then it is neither late nor missing.
    """
    return [item for item in items if item.due and item.due <= report and item.state != "today"]


def plan_hash(evaluation: Evaluation) -> str:
    """SHA-256 of what the contract, the goals and the plan say, in a form that does not depend on how it is written.

    What came to be (``delivered``, the contract's ``end``) is left out: the mark shows that what was agreed at the
    start is what the report answers to.
    """
    tables = {"contract": evaluation.contract, "goals": evaluation.goals, "evaluation_plan": evaluation.evaluation_plan}
    said = {name: [_said(row) for row in row_dicts(table)] for name, table in tables.items()}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def plan_rows(evaluation: Evaluation) -> Iterator[Row]:
    """How many rows of the plan have been due, which share of them was delivered, and how late each is, in days.

    ``basis`` of ``plan_days_late`` names the row of the plan: what, wave and reader. Without a row that is due there
    is nothing to tell; where deliveries are not recorded, only how many are due.
    """
    items = plan_items(evaluation)
    due = due_items(items, evaluation.report_date)
    if not due:
        return
    yield plain_row("plan_items_due", len(due), of=len(items))
    done = [item for item in due if item.delivered]
    if any(item.delivered for item in items):
        yield plain_row("plan_items_delivered_share", len(done) / len(due), of=len(due), method="share")
        for item in due:
            yield plain_row("plan_days_late", float(item.days_late or 0), basis=f"{item.what}|{item.wave}|{item.to}",
                            of=1, note="" if item.delivered else "not_delivered")  # fmt: skip


def _state(row: dict[str, Any], report: date, recorded: bool) -> dict[str, Any]:
    """When a row was due and delivered, and what that makes it at the date of the report."""
    due, delivered = (None if pd.isna(row[name]) else row[name].date() for name in ("due", "delivered"))
    late = None
    if delivered:
        state = "delivered_late" if due and delivered > due else "delivered"
        late = max((delivered - due).days, 0) if due else None
    elif due is None:
        state = "no_date"
    elif due >= report:
        state = "today" if due == report else "waiting"
    else:
        state, late = ("overdue", (report - due).days) if recorded else ("not_recorded", None)
    smallest = 0 if pd.isna(row["smallest_group"]) else int(row["smallest_group"])
    return {"due": due, "delivered": delivered, "smallest_group": smallest, "state": state, "days_late": late}


def _said(row: dict[str, Any]) -> dict[str, Any]:
    """What is said in a row, without blanks; dates as text."""
    return {
        name: value.date().isoformat() if isinstance(value, pd.Timestamp) else value
        for name, value in row.items()
        if name not in _CAME_TO_BE and pd.notna(value)
    }
