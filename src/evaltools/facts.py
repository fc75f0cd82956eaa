"""What reports tell beside the estimates: the contract, the goals, the sessions, the instruments used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evaltools.cells import audiences_of, individual_groups
from evaltools.contract_facts import ContractFact, contract_facts
from evaltools.errors import Problem
from evaltools.folder import Evaluation
from evaltools.instruments import Instrument, Scale
from evaltools.language import texts
from evaltools.ledger import Ledger
from evaltools.plan_items import PlanItem, plan_hash, plan_items
from evaltools.quotes import Quote, decided_quotes, held_against
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.timeline import Moment, timeline


@dataclass(frozen=True, repr=False)
class Facts:
    """What reports tell beside the estimates: the contract, the goals, the sessions, the instruments used.

    ``waves``, ``groups`` and ``goals`` are in the contract's order; ``waves`` holds no forms after sessions, and
    ``then_tests`` are waves of their own kind, from which no change over time is counted, each with its label and the
    wave beside which it was asked; ``sessions`` counts sessions by status, ``session_dates`` has every session's date,
    in the order of time; ``compared`` names for every scale the waves that the commissioner's report compares, and
    ``smallest_groups`` the smallest group that the contract's plan lets it tell of (0: as the policy says), and
    ``policies`` the policy of the scales for which the plan names one.
    ``audiences`` has the groups of each kind under the name of their cell, and is empty where all are of one kind,
    ``individual`` those with individual supervision;
    ``contract_facts``, ``plan`` and ``moments`` are what the contract, its plan and the time line tell; ``plan_hash``
    is the mark of contract, goals and plan. ``raters`` of a goal counts the people who rated it themselves, and it is
    ``rated_together`` where a rating is nobody's own: the group's, the supervisor's, a manager's, the commissioner's.
    ``quotes`` says of every quote that anybody has approved what becomes of it for each reader.
    """

    evaluation: str
    language: str
    report_date: date
    notice: str
    policy: str
    recommendations: str
    quotes: tuple[Quote, ...]
    contract: Mapping[str, Any]
    supervisors: tuple[str, ...]
    goals: tuple[Mapping[str, Any], ...]
    plan: tuple[PlanItem, ...]
    plan_hash: str
    contract_facts: tuple[ContractFact, ...]
    moments: tuple[Moment, ...]
    groups: Mapping[str, str]
    audiences: Mapping[str, tuple[str, ...]]
    individual: tuple[str, ...]
    waves: Mapping[str, str]
    then_tests: Mapping[str, tuple[str, str]]
    sessions: Mapping[str, Mapping[str, int]]
    session_dates: Mapping[str, date]
    instruments: tuple[Instrument, ...]
    scales: Mapping[str, Scale]
    compared: Mapping[str, tuple[str, ...]]
    smallest_groups: Mapping[str, int]
    policies: Mapping[str, str]
    people: Mapping[str, int]
    load_log: pd.DataFrame
    notes: tuple[Problem, ...]

    @property
    def every_scale(self) -> dict[str, Scale]:
        """Every scale of the questionnaires by its id, those of forms after a session too."""
        return {scale.id: scale for key in self.instruments for scale in key.scales}

    def group_label(self, group: str) -> str:
        """A group as the contract names it; "" for the whole evaluation, and where there is one group only.

        The groups of one kind together are named in the evaluation's own language.
        """
        if group in self.audiences:
            return str(texts(self.language)["contract_report"]["audiences"][group])
        return self.groups.get(group, "") if len(self.groups) > 1 else ""


def facts_of(evaluation: Evaluation, ledger: Ledger | None = None) -> Facts:
    """The facts of an evaluation as read; with a ledger, quotes are held against those that are out."""
    scales = {scale.id: scale for key in evaluation.instruments.values() for scale in key.scales}
    answered = set(zip(evaluation.responses["instrument"], evaluation.responses["item"], strict=True))
    used = {
        name: scale
        for name, scale in sorted(scales.items())
        if any((scale.instrument, item) in answered for item in (*scale.items, name))
    }
    groups = dict(zip(evaluation.groups["group"], evaluation.groups["label"], strict=True))
    sessions: dict[str, dict[str, int]] = {}
    for session in row_dicts(evaluation.sessions):
        counts = sessions.setdefault(session["group"] if pd.notna(session["group"]) else SUMMARY_GROUP, {})
        counts[session["status"]] = counts.get(session["status"], 0) + 1
    linked = evaluation.people[evaluation.people["linked"]]
    asked = evaluation.waves[_is_point_in_time(evaluation)]
    quotes = decided_quotes(evaluation.comments, evaluation.approvals, evaluation.report_date)
    contract = evaluation.contract.iloc[0] if len(evaluation.contract) else pd.Series(dtype="object")
    return Facts(
        evaluation=evaluation.id, language=evaluation.language, report_date=evaluation.report_date,
        notice=evaluation.notice, policy=evaluation.policy, recommendations=evaluation.recommendations,
        quotes=held_against(quotes, ledger) if ledger else quotes,
        contract={str(name): value for name, value in contract.items() if pd.notna(value)},
        supervisors=tuple(dict.fromkeys(evaluation.supervisor_periods["supervisor"])),
        goals=_goals(evaluation), plan=plan_items(evaluation), plan_hash=plan_hash(evaluation),
        contract_facts=contract_facts(evaluation), moments=timeline(evaluation),
        groups=groups, audiences=audiences_of(evaluation), individual=individual_groups(evaluation),
        waves=dict(zip(asked["wave"], asked["label"], strict=True)), then_tests=_then_tests(evaluation),
        sessions=sessions, session_dates=dict(zip(evaluation.sessions["session"], evaluation.sessions["date"].dt.date,
                                                  strict=True)),
        instruments=tuple(evaluation.instruments.values()), scales=used,
        compared={name: _compared(evaluation, scale) for name, scale in used.items()},
        smallest_groups={name: _smallest_group(evaluation, scale) for name, scale in used.items()},
        policies={name: policy for name, scale in used.items() if (policy := _policy(evaluation, scale))},
        people={group: int((linked["group"] == group).sum()) for group in groups},
        load_log=evaluation.load_log, notes=evaluation.notes,
    )  # fmt: skip


def _goals(evaluation: Evaluation) -> tuple[dict[str, Any], ...]:
    """The goals as the contract says them, without blanks, and by whom each was rated."""
    ratings = evaluation.goal_ratings
    together = set(ratings["goal"][ratings["person"].isna()])
    raters = ratings.groupby("goal")["person"].nunique()
    return tuple(
        {name: value for name, value in goal.items() if pd.notna(value)}
        | {"raters": int(raters.get(goal["goal"], 0)), "rated_together": goal["goal"] in together}
        for goal in row_dicts(evaluation.goals)
    )


def _is_point_in_time(evaluation: Evaluation) -> pd.Series[bool]:
    """Whether each wave is one between which change is counted: no then-test, and no form after sessions."""
    return ~evaluation.waves["kind"].isin(["then_test", "session_form"]).fillna(False).astype(bool)


def _is_then_test(evaluation: Evaluation) -> pd.Series[bool]:
    return evaluation.waves["kind"].eq("then_test").fillna(False).astype(bool)


def _then_tests(evaluation: Evaluation) -> dict[str, tuple[str, str]]:
    """Each then-test, with its label and the wave beside which it was asked: the nearest one listed before it.

    Where only the first wave is listed before it, the next one after it; where there is none, it is left empty.
    """
    found = {}
    asked = _is_point_in_time(evaluation)
    for at in np.flatnonzero(_is_then_test(evaluation)):
        before = evaluation.waves["wave"][:at][asked[:at]].tolist()[1:]
        after = evaluation.waves["wave"][at:][asked[at:]].tolist()
        row = evaluation.waves.iloc[at]
        found[str(row["wave"])] = (str(row["label"]), str([*before[-1:], *after, ""][0]))
    return {wave: (label, end) for wave, (label, end) in found.items() if end}


def _planned(evaluation: Evaluation, scale: Scale) -> pd.DataFrame:
    """The rows of the plan that tell the commissioner of a scale."""
    plan = evaluation.evaluation_plan
    return plan[(plan["to"] == "commissioner") & plan["what"].isin([scale.id, scale.instrument])]


def _smallest_group(evaluation: Evaluation, scale: Scale) -> int:
    smallest = _planned(evaluation, scale)["smallest_group"].max()
    return 0 if pd.isna(smallest) else int(smallest)


def _policy(evaluation: Evaluation, scale: Scale) -> str:
    """The policy that the plan names for a scale and the commissioner, "" where it names none; of two the stricter."""
    named = set(_planned(evaluation, scale)["policy"].dropna())
    return max(named, default="")  # "strict" stands behind "standard" in the alphabet, too


def _compared(evaluation: Evaluation, scale: Scale) -> tuple[str, ...]:
    """The waves that the commissioner is told of: those of the plan that have answers.

    Where the plan tells the commissioner of nothing, and for a goal's own scale, the first and the last; of any other
    scale that the plan leaves out, none.
    """
    own = evaluation.responses["instrument"] == scale.instrument
    answered = set(evaluation.responses[own & evaluation.responses["code"].notna()]["wave"])
    delivered = [wave for wave in evaluation.waves["wave"][_is_point_in_time(evaluation)] if wave in answered]
    told = set(_planned(evaluation, scale)["wave"])
    if told:
        return tuple(wave for wave in delivered if wave in told)
    by_plan = (evaluation.evaluation_plan["to"] == "commissioner").any()
    if by_plan and scale.id not in set(evaluation.goals["indicator"]):
        return ()
    return tuple(dict.fromkeys([*delivered[:1], *delivered[-1:]]))
