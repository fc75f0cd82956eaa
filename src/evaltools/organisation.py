"""What an organisation reads about all its supervision. Every function takes a `Portfolio` of releases, nothing else.

Nobody is ranked: groups stand in the order in which their folders were named. Supervisors are not named at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from evaltools.blocks import Block, Callout, Heading, KeyFigures, Section, Table, Text
from evaltools.organisation_outcomes import known_outcomes, outcome_name, pooled_sentences
from evaltools.portfolio import Portfolio
from evaltools.released_contract import final_changes
from evaltools.wording import Words, words

_Json = Mapping[str, Any]
_SESSIONS = ("sessions_planned", "sessions_held", "sessions_moved", "sessions_cancelled")
_ANSWERS = ("wished", "towards", "cannot_tell", "away", "against")
_HALF = 50  # per cent


def cover(portfolio: Portfolio, language: str) -> Section:
    """Title, what the report is made of, and what the evaluations themselves ask to be noted."""
    own, documents = words(language), _documents(portfolio)
    facts = [
        ("evaluations", str(_folders(portfolio))), ("reported", str(len(documents))),
        ("units", str(len({document["contract"]["commissioner"] for document in documents}))),
        ("groups", str(sum(map(_groups, documents)))),
        ("report_dates", _days(documents, own)),
    ]  # fmt: skip
    rows = tuple((own.text(f"organisation.facts.{name}"), value) for name, value in facts)
    blocks: list[Block] = [Heading(own.text("organisation.title"), 1)]
    notices = dict.fromkeys(document["notice"] for document in documents if document["notice"])
    blocks += [Callout(own.text("report.notice"), notice) for notice in notices]
    heads = (own.text("heads.fact"), own.text("heads.value"))
    return Section((*blocks, Table(own.text("organisation.facts_caption"), heads, rows)))


def summary(portfolio: Portfolio, language: str) -> Section:
    """The report on one page: who has reported, and a sentence for each outcome."""
    own, told = words(language), known_outcomes(portfolio)
    reported = own.text("language.count_of", count=len(portfolio.releases), of=_folders(portfolio))
    results = [answer for _, answer in _goal_answers(portfolio)]
    figures = [(reported, own.text("organisation.key.reported"))]
    if results:
        reached = own.text("language.count_of", count=results.count("wished"), of=len(results))
        figures.append((reached, own.text("organisation.key.goals")))
    sentences = [f"{outcome_name(outcome, told, own)}: {' '.join(pooled_sentences(outcome, own))}" for outcome in told]
    if not told:
        sentences.append(own.text("organisation.no_outcomes"))
    closing = (own.text("organisation.no_ranking"), own.text("report.no_cause"))
    return Section((Heading(own.text("report.summary")), KeyFigures(tuple(figures)), Text((*sentences, *closing))))


def reported(portfolio: Portfolio, language: str) -> Section:
    """Which evaluations have reported, and which folders have not or could not be read."""
    own, documents = words(language), _documents(portfolio)
    blocks: list[Block] = [Heading(own.text("organisation.reported"))]
    if documents:
        heads = tuple(own.text(f"organisation.heads.{name}") for name in
                      ("evaluation", "unit", "sector", "groups", "period", "report_date"))  # fmt: skip
        rows = tuple(_evaluation(document, own) for document in documents)
        blocks.append(Table(own.text("organisation.reported_caption"), heads, rows))
    sentences = []
    for kind, names in (("waiting", portfolio.waiting), ("unread", portfolio.unread)):
        if names:
            sentences.append(own.text(f"organisation.{kind}", n=len(names), names=own.listed(list(names))))
    if not sentences:
        sentences.append(own.text("organisation.all_reported"))
    return Section((*blocks, Text(tuple(sentences))))


def goals(portfolio: Portfolio, language: str) -> Section:
    """How many goals have a result, and which way it points; a goal of several groups counts in each."""
    own, documents = words(language), _documents(portfolio)
    heading = Heading(own.text("organisation.goals"))
    declared = sum(len(document["contract"]["goals"]) for document in documents)
    if not declared:
        return Section((heading, Text((own.text("organisation.no_goals"),))))
    answers = list(_goal_answers(portfolio))
    with_result = sum(
        bool(_changes_of(goal, document)) for document in documents for goal in document["contract"]["goals"]
    )
    lead = own.text("organisation.goals_lead", goals=declared, with_result=with_result, answers=len(answers))
    if not answers:
        return Section((heading, Text((lead,))))
    heads = tuple(own.text(f"organisation.heads.{name}") for name in ("scale", "results", *_ANSWERS))
    rows = []
    for name in dict.fromkeys(own.label(scale["label"]) for scale, _ in answers):
        found = [answer for scale, answer in answers if own.label(scale["label"]) == name]
        rows.append((name, str(len(found)), *(str(found.count(answer)) for answer in _ANSWERS)))
    table = Table(own.text("organisation.goals_caption"), heads, tuple(rows), own.text("organisation.goals_note"))
    return Section((heading, Text((lead,)), table))


def process(portfolio: Portfolio, language: str) -> Section:
    """How the supervision was carried out: sums of what nobody stands behind, and bounds from released bands."""
    own, documents = words(language), _documents(portfolio)
    blocks: list[Block] = [Heading(own.text("report.process"))]
    counts = [*_session_rows(documents, own), *_plan_rows(documents, own)]
    if counts:
        heads = tuple(own.text(f"organisation.heads.{name}") for name in ("figure", "sum", "evaluations"))
        blocks.append(Table(own.text("organisation.counts_caption"), heads, tuple(counts)))
    shares = list(_share_rows(documents, own))
    if shares:
        heads = tuple(own.text(f"organisation.heads.{name}") for name in
                      ("figure", "groups", "mean_share", "at_least_half", "at_most_half", "not_shown"))  # fmt: skip
        blocks.append(Table(own.text("organisation.shares_caption"), heads, tuple(shares),
                            own.text("organisation.shares_note")))  # fmt: skip
    if not counts and not shares:
        blocks.append(Text((own.text("process.not_recorded"),)))
    return Section((*blocks, Text((own.text("organisation.not_released"),))))


def limits_of_claims(portfolio: Portfolio, language: str) -> Section:
    """What may not be concluded from the report."""
    own = words(language)
    points = [f"claims.{point}" for point in ("cause", "mean_and_people", "chance")]
    points += [f"organisation.claims.{point}" for point in ("ranking", "same_people", "who")]
    return Section((Heading(own.text("report.claims")), Text(tuple(own.text(point) for point in points))))


def protection(portfolio: Portfolio, language: str) -> Section:
    """How the answers are protected, in plain words."""
    own = words(language)
    points = tuple(own.text(f"organisation.protection.{point}") for point in ("released", "wall", "supervisors"))
    return Section((Heading(own.text("report.protection")), Text(points)))


def appendix(portfolio: Portfolio, language: str) -> Section:
    """The questionnaires, and of which releases the report is made."""
    own, documents = words(language), _documents(portfolio)
    keys = {(key["instrument"], key["version"], key["source"]): key
            for document in documents for key in document["instruments"]}  # fmt: skip
    blocks: list[Block] = []
    if keys:
        heads = tuple(own.text(f"heads.{head}") for head in ("instrument", "version", "status", "licence", "source"))
        rows = tuple((own.label(key["label"]), key["version"], own.text(f"status.{key['status']}"), key["licence"],
                      key["source"]) for key in keys.values())  # fmt: skip
        blocks += [Heading(own.text("report.instruments")), Table(own.text("tables.instruments"), heads, rows)]
    blocks.append(Heading(own.text("report.about")))
    if documents:
        heads = tuple(own.text(f"organisation.heads.{name}") for name in
                      ("evaluation", "report_date", "policy", "program"))  # fmt: skip
        made_of = tuple(
            (document["evaluation"], own.day(date.fromisoformat(document["report_date"])),
             document["policy"]["name"], document["versions"]["evaltools"])
            for document in documents
        )  # fmt: skip
        blocks.append(Table(own.text("organisation.releases_caption"), heads, made_of))
    return Section((*blocks, Text((own.text("organisation.made"), own.text("organisation.accessibility")))))


def _documents(portfolio: Portfolio) -> list[dict[str, Any]]:
    return [release.document for release in portfolio.releases]


def _folders(portfolio: Portfolio) -> int:
    return len(portfolio.releases) + len(portfolio.waiting) + len(portfolio.unread)


def _days(documents: Sequence[_Json], own: Words) -> str:
    """From the earliest report to the latest."""
    days = sorted(document["report_date"] for document in documents)
    if not days:
        return own.text("organisation.none")
    first, last = (own.day(date.fromisoformat(day)) for day in (days[0], days[-1]))
    return first if first == last else own.text("report.period", start=first, end=last)


def _evaluation(document: _Json, own: Words) -> tuple[str, ...]:
    contract = document["contract"]
    start, day = own.month(contract["start_month"]), date.fromisoformat(document["report_date"])
    sector = contract.get("sector", own.text("organisation.not_stated"))
    period = (own.text("report.period", start=start, end=own.month(contract["end_month"]))
              if "end_month" in contract else own.text("report.from_month", start=start))  # fmt: skip
    return document["evaluation"], contract["commissioner"], sector, str(_groups(document)), period, own.day(day)


def _groups(document: _Json) -> int:
    """Groups of an evaluation, individual supervision not counted; one where the contract names none."""
    contract = document["contract"]
    return max(len(contract["groups"]), 1) - len(contract.get("individual", ()))


def _changes_of(goal: _Json, document: _Json) -> list[_Json]:
    """The released changes of a goal's scale: of its own group, where it is one group's goal."""
    changes = final_changes(goal.get("indicator", ""), document)
    return [change for change in changes if goal.get("group", "") in ("", change["group"])]


def _goal_answers(portfolio: Portfolio) -> Iterator[tuple[_Json, str]]:
    """For every goal and group that has a released change: its scale, and which way the change points."""
    for document in _documents(portfolio):
        scales = {scale["scale"]: scale for scale in document["scales"]}
        for goal in document["contract"]["goals"]:
            if goal.get("indicator") not in scales:
                continue
            scale = scales[goal["indicator"]]
            for row in _changes_of(goal, document):
                yield scale, _answer(row["verdict"], scale["higher_is_better"])


def _answer(verdict: str, higher_is_better: bool) -> str:
    """A released verdict as seen from the goal: whether the level moved as was wished.

    >>> _answer("decrease", False), _answer("suggests_decrease", True), _answer("cannot_tell", True)
    ('wished', 'away', 'cannot_tell')
    """
    if verdict == "cannot_tell":
        return verdict
    wished = verdict.endswith("increase") == higher_is_better
    if verdict.startswith("suggests"):
        return "towards" if wished else "away"
    return "wished" if wished else "against"


def _session_rows(documents: Sequence[_Json], own: Words) -> Iterator[tuple[str, str, str]]:
    for name in _SESSIONS:
        told = [document["process"][name] for document in documents if name in document["process"]]
        if told:
            yield own.text(f"organisation.sessions.{name}"), own.number(sum(told), 0), str(len(told))


def _plan_rows(documents: Sequence[_Json], own: Words) -> Iterator[tuple[str, str, str]]:
    """What was due by the plans, and what of it had been delivered, where a plan had something due."""
    plans = [document["plan"] for document in documents if document["plan"]["due"]]
    for name in ("due", "delivered") if plans else ():
        told = own.text(f"organisation.plan.{name}")
        yield told, own.number(sum(plan[name] for plan in plans), 0), str(len(plans))


def _share_rows(documents: Sequence[_Json], own: Words) -> Iterator[tuple[str, ...]]:
    """For each share: how many groups show it, between which ends their mean lies, how many are surely on one side."""
    shown = [share for document in documents for share in document["shares"]]
    absent = [absence for document in documents for absence in document["share_absences"]]
    for measure in dict.fromkeys(row["measure"] for row in (*shown, *absent)):
        ends = [(int(row["shown"]["low"]), int(row["shown"]["high"])) for row in shown if row["measure"] == measure]
        missing = sum(row["measure"] == measure for row in absent)
        mean = own.text("organisation.none")
        if ends:
            low, high = (sum(end) / len(ends) for end in zip(*ends, strict=True))
            mean = own.text("organisation.share_between", low=math.floor(low), high=math.ceil(high))
        yield (own.text(f"shares.names.{measure}"), str(len(ends)), mean, str(sum(low >= _HALF for low, _ in ends)),
               str(sum(high <= _HALF for _, high in ends)), str(missing))  # fmt: skip
