"""What an organisation reads from releases about response, attendance and how the supervision was carried out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaltools.blocks import Block, Heading, Section, Table, Text
from evaltools.organisation_outcomes import heads_of, known_outcomes, outcome_name, people_in
from evaltools.portfolio import Portfolio
from evaltools.released_changes import Outcome, scales_of
from evaltools.released_work import Frequency, documents_of, frequencies, sessions_kept, shares_told
from evaltools.wording import Words, words

_Json = Mapping[str, Any]
_SESSIONS = ("sessions_planned", "sessions_held", "sessions_moved", "sessions_cancelled")
_ATTENDANCE = "attendance_share"
_KEPT = ("as_agreed", "oftener", "more_seldom", "cannot_tell")
_HALF = 50  # per cent


def response(portfolio: Portfolio, language: str) -> Section:
    """Of how many evaluations each outcome has a released change, from how many people; who was there."""
    own, documents, told = words(language), documents_of(portfolio), known_outcomes(portfolio)
    blocks: list[Block] = [Heading(own.text("organisation.response"))]
    if told:
        heads = heads_of(["scale", "asked", "with_change", "groups", "people", "fewest_most"], own)
        rows = tuple((outcome_name(outcome, told, own), *_response_cells(outcome, documents)) for outcome in told)
        note = own.text("organisation.response_note")
        blocks.append(Table(own.text("organisation.response_caption"), heads, rows, note))
    silent = _without_change(documents, told, own)
    if silent:
        blocks.append(Text((own.text("organisation.without_change", scales=own.listed(silent)),)))
    attendance = _shares(documents, [_ATTENDANCE], "attendance", own)
    return Section((*blocks, attendance or Text((own.text("organisation.no_attendance"),))))


def process(portfolio: Portfolio, language: str) -> Section:
    """How the supervision was carried out: sums of what is nobody's answer, and bounds from bands."""
    own, documents = words(language), documents_of(portfolio)
    blocks: list[Block] = [Heading(own.text("report.process"))]
    counts = [*_session_rows(documents, own), *_plan_rows(documents, own)]
    if counts:
        heads = heads_of(["figure", "sum", "evaluations"], own)
        blocks.append(Table(own.text("organisation.counts_caption"), heads, tuple(counts)))
    often = _frequency_sentences(list(frequencies(documents)), own)
    blocks += [Text(tuple(often))] if often else []
    rows = [row for document in documents for row in (*document["shares"], *document["share_absences"])]
    others = [measure for measure in dict.fromkeys(row["measure"] for row in rows) if measure != _ATTENDANCE]
    shares = _shares(documents, others, "shares", own)
    blocks += [shares] if shares else []
    if len(blocks) == 1:
        blocks.append(Text((own.text("process.not_recorded"),)))
    return Section(tuple(blocks))


def _response_cells(outcome: Outcome, documents: Sequence[_Json]) -> tuple[str, ...]:
    asked = sum(_asks(document, outcome) for document in documents)
    with_change = len({change.evaluation for change in outcome.changes})
    sizes = [change.n for change in outcome.changes]
    between = str(min(sizes)) if min(sizes) == max(sizes) else f"{min(sizes)}–{max(sizes)}"
    return str(asked), str(with_change), str(len(sizes)), str(people_in(outcome)), between


def _asks(document: _Json, outcome: Outcome) -> bool:
    """Whether an evaluation asks for the outcome by the same scale of the same version of its questionnaire."""
    versions = {key["instrument"]: key["version"] for key in document["instruments"]}
    return any(scale == outcome.scale and versions[scale["instrument"]] == outcome.instrument["version"]
               for scale in scales_of(document))  # fmt: skip


def _without_change(documents: Sequence[_Json], told: Sequence[Outcome], own: Words) -> list[str]:
    """The names of scales of which no change has been released anywhere, with how many evaluations ask for them."""
    known = [outcome.scale for outcome in told]
    names = [own.label(scale["label"]) for document in documents for scale in scales_of(document) if scale not in known]
    return [own.text("organisation.asked_by", scale=name, n=names.count(name)) for name in dict.fromkeys(names)]


def _session_rows(documents: Sequence[_Json], own: Words) -> Iterator[tuple[str, str, str]]:
    for name in _SESSIONS:
        told = [document["process"][name] for document in documents if name in document["process"]]
        if told:
            yield own.text(f"organisation.sessions.{name}"), own.number(sum(told), 0), str(len(told))
    held, planned, evaluations = sessions_kept(documents)
    if evaluations:
        of = own.text("language.count_of", count=own.number(held, 0), of=own.number(planned, 0))
        yield own.text("organisation.sessions.kept"), of, str(evaluations)


def _plan_rows(documents: Sequence[_Json], own: Words) -> Iterator[tuple[str, str, str]]:
    """What was due by the plans, and what of it had been delivered, where a plan had something due."""
    plans = [document["plan"] for document in documents if document["plan"]["due"]]
    for name in ("due", "delivered") if plans else ():
        told = own.text(f"organisation.plan.{name}")
        yield told, own.number(sum(plan[name] for plan in plans), 0), str(len(plans))


def _frequency_sentences(found: Sequence[Frequency], own: Words) -> list[str]:
    """How many days of contract time there were for each session, and how that lies against what was agreed."""
    if not found:
        return []
    sessions = sum(each.sessions for each in found)
    low, high = (sum(each.days[end] for each in found) / sessions for end in (0, 1))
    told = [own.text("organisation.frequency", n=len(found), sessions=own.number(sessions, 0),
                     low=own.number(low, 0), high=own.number(high, 0))]  # fmt: skip
    kept = [each.kept for each in found if each.agreed]
    if kept:
        counts = {name: kept.count(name) for name in _KEPT}
        told.append(own.text("organisation.frequency_agreed", n=len(kept), **counts))
    return told


def _shares(documents: Sequence[_Json], measures: Sequence[str], caption: str, own: Words) -> Table | None:
    """For each share: how many groups show it, between which ends their mean lies, how many are surely on one side."""
    rows = []
    for measure in measures:
        found = shares_told(documents, measure)
        if not found.ends and not found.missing:
            continue
        mean = own.text("organisation.none")
        if found.mean:
            mean = own.text("organisation.share_between", low=found.mean[0], high=found.mean[1])
        sides = sum(low >= _HALF for low, _ in found.ends), sum(high <= _HALF for _, high in found.ends)
        rows.append((own.text(f"shares.names.{measure}"), str(len(found.ends)), mean, *map(str, sides),
                     str(found.missing)))  # fmt: skip
    heads = heads_of(["figure", "groups", "mean_share", "at_least_half", "at_most_half", "not_shown"], own)
    note = own.text("organisation.shares_note")
    return Table(own.text(f"organisation.{caption}_caption"), heads, tuple(rows), note) if rows else None
