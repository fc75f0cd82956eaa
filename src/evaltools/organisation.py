"""What an organisation reads about all its supervision. Every function takes a `Portfolio` of releases, nothing else.

Nobody is ranked: groups stand in the order in which their folders were named. Supervisors are not named at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from evaltools.blocks import Block, Callout, Heading, KeyFigures, Section, Table, Text
from evaltools.measures import limits
from evaltools.organisation_outcomes import known_outcomes, outcome_name, pooled_sentences
from evaltools.pooled_changes import may_compare
from evaltools.portfolio import Portfolio
from evaltools.released_work import REACHED, changes_of, documents_of, goal_results, groups_in, reached_share
from evaltools.wording import Words, words

_Json = Mapping[str, Any]
_ANSWERS = (REACHED, "towards", "cannot_tell", "away", "against")


def cover(portfolio: Portfolio, language: str) -> Section:
    """Title, what the report is made of, and what the evaluations themselves ask to be noted."""
    own, documents = words(language), documents_of(portfolio)
    facts = [
        ("evaluations", str(_folders(portfolio))), ("reported", str(len(documents))),
        ("units", str(len({document["contract"]["commissioner"] for document in documents}))),
        ("groups", str(sum(map(groups_in, documents)))),
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
    results = [answer for document in documents_of(portfolio) for _, answer in goal_results(document)]
    figures = [(reported, own.text("organisation.key.reported"))]
    if results:
        reached = own.text("language.count_of", count=results.count(REACHED), of=len(results))
        figures.append((reached, own.text("organisation.key.goals")))
    several = [outcome for outcome in told if len(outcome.changes) >= limits()["pooled_groups"]]
    sentences = [f"{outcome_name(each, told, own)}: {' '.join(pooled_sentences(each, own))}" for each in several]
    few = [outcome_name(outcome, told, own) for outcome in told if outcome not in several]
    if few:
        fewest = int(limits()["pooled_groups"])
        sentences.append(own.text("organisation.summary_few", names=own.listed(few), fewest=fewest))
    if not told:
        sentences.append(own.text("organisation.no_outcomes"))
    closing = (own.text("organisation.no_ranking"), own.text("report.no_cause"))
    return Section((Heading(own.text("report.summary")), KeyFigures(tuple(figures)), Text((*sentences, *closing))))


def reported(portfolio: Portfolio, language: str) -> Section:
    """Which evaluations have reported, and which folders have not or could not be read."""
    own, documents = words(language), documents_of(portfolio)
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
    own, documents = words(language), documents_of(portfolio)
    heading = Heading(own.text("organisation.goals"))
    declared = sum(len(document["contract"]["goals"]) for document in documents)
    if not declared:
        return Section((heading, Text((own.text("organisation.no_goals"),))))
    answers = [result for document in documents for result in goal_results(document)]
    with_result = sum(
        bool(changes_of(goal, document)) for document in documents for goal in document["contract"]["goals"]
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
    return Section((heading, Text((lead, *_reached(documents, own))), table))


def _reached(documents: Sequence[_Json], own: Words) -> list[str]:
    """The share of results that reach their goal, where the evaluations are enough to say how much they differ."""
    results = [answers for document in documents if (answers := [answer for _, answer in goal_results(document)])]
    if not may_compare(len(results)):
        return []
    found = reached_share(results)
    share, low, high = (own.number(100 * float(end), 0) for end in (found.value, found.low, found.high))
    return [own.text("organisation.goals_share", n=len(results), share=share, low=low, high=high)]


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
    own, documents = words(language), documents_of(portfolio)
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
    return document["evaluation"], contract["commissioner"], sector, str(groups_in(document)), period, own.day(day)
