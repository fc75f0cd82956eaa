"""What the supervisor reads, confidentially: everything computed, down to groups of five."""

from __future__ import annotations

from collections.abc import Iterator

from evaltools.analysis import Analysis
from evaltools.blocks import Block, Callout, Heading, KeyFigures, Section, Table, Text
from evaltools.contract_report import goal_estimates, goal_results
from evaltools.errors import sentences
from evaltools.instruments import Scale
from evaltools.levels import taken_apart
from evaltools.outcome_choice import last_change, main_outcomes, titled
from evaltools.plan_items import due_items
from evaltools.process_report import process, signals
from evaltools.released_contract import plan_kept
from evaltools.scale_overview import remaining
from evaltools.tables import load_log, measured
from evaltools.wording import Words, confidential_change, confidential_verdict, words

_FIRST_SIGNALS = 6  # what stands out beyond these is told in the section about the sessions


def cover(analysis: Analysis, language: str) -> Section:
    """Title, a warning whom it is for, and the size of the evaluation."""
    facts, own = analysis.facts, words(language)
    blocks: list[Block] = [
        Heading(own.text("supervisor.title"), 1, facts.contract.get("commissioner", facts.evaluation)),
        Callout(own.text("supervisor.confidential"), own.text("supervisor.confidential_why")),
    ]
    if facts.notice:
        blocks.append(Callout(own.text("report.notice"), facts.notice))
    figures = [
        (str(sum(facts.people.values())), own.text("key.people_all")),
        (str(len(facts.groups)), own.text("key.groups")),
        (str(len(facts.waves)), own.text("key.waves")),
        (
            str(sum(counts.get("held", 0) for counts in facts.sessions.values())),
            own.text("key.sessions_held"),
        ),
    ]
    return Section((*blocks, KeyFigures(tuple(figures))))


def brief(analysis: Analysis, language: str) -> Section:
    """A page that stands alone: what changed, the goals, how the plan was kept, and what wants attention."""
    facts, own = analysis.facts, words(language)
    changed = tuple(_changed(analysis, own))
    wanting = tuple(_wanting(analysis, own))
    lost = _unanswered(analysis, own)
    blocks: list[Block] = [Heading(own.text("report.summary")), *_results(analysis, len(lost), own)]
    blocks += [Heading(own.text("supervisor.changed"), 3), Text(changed or (own.text("report.no_outcomes"),))]
    due = due_items(facts.plan, facts.report_date)
    kept = own.text(f"contract_report.{plan_kept([item.state for item in facts.plan], len(due))}",
                    due=len(due), delivered=sum(item.delivered is not None for item in due))  # fmt: skip
    blocks += [Heading(own.text("supervisor.goals_and_plan"), 3), Text((_goals_told(analysis, lost, own), kept))]
    blocks.append(Heading(own.text("process.report.signals"), 3))
    return Section((*blocks, Text(wanting or (own.text("process.report.no_signals"),))))


def data(analysis: Analysis, language: str) -> Section:
    """What was read, used and left out, what is to be known about it, and who has been measured when."""
    facts, own = analysis.facts, words(language)
    counts = (
        measured(part, titled(own.text("supervisor.scales"), kind, own), language)
        for kind, part in taken_apart(analysis)
    )
    told = sentences(facts.notes, language)
    notes: tuple[Block, ...] = (Heading(own.text("supervisor.notes"), 3), Text(tuple(told))) if told else ()
    tables = (table for table in counts if table)
    return Section((Heading(own.text("supervisor.data")), load_log(facts.load_log, language), *notes, *tables))


def sessions(analysis: Analysis, language: str) -> Section:
    """The session cycle: sessions, who took part, questions, ideas, wishes and complaints, and what stands out."""
    return process(analysis, language)


def method(analysis: Analysis, language: str) -> Section:
    """How the figures were computed, and which instruments they rest on."""
    facts, own = analysis.facts, words(language)
    heads = tuple(own.text(f"heads.{head}") for head in ("instrument", "version", "status", "licence", "source"))
    rows = tuple(
        (own.label(key.label), key.version, own.text(f"status.{key.status}"), key.licence, key.source)
        for key in facts.instruments
    )
    points = ("change", "interval", "standardised", "several", "reliable", "cause")
    return Section((
        Heading(own.text("supervisor.method")), Text(tuple(own.text(f"method.{point}") for point in points)),
        Table(own.text("tables.instruments"), heads, rows),
    ))  # fmt: skip


def _results(analysis: Analysis, lost: int, own: Words) -> list[Block]:
    """How many goals have a result, and how much of what was due has been delivered."""
    facts, figures = analysis.facts, list[tuple[str, str]]()
    if facts.goals:
        of = own.text("language.count_of", count=len(facts.goals) - lost, of=len(facts.goals))
        figures.append((of, own.text("key.goals_answered")))
    due = due_items(facts.plan, facts.report_date)
    if due and plan_kept([item.state for item in facts.plan], len(due)) == "plan_told":
        done = sum(item.delivered is not None for item in due)
        figures.append((own.text("language.count_of", count=done, of=len(due)), own.text("key.plan_delivered")))
    return [KeyFigures(tuple(figures))] if figures else []


def _changed(analysis: Analysis, own: Words) -> Iterator[str]:
    """Everyone's change of every outcome that goals and plan name; then which of the others went up or down."""
    for part, scale, label in main_outcomes(analysis, own):
        change = last_change(part, scale)
        if change is not None:
            waves = part.facts.waves
            said = confidential_change(change, own.text("supervisor.everyone"), waves[change["wave"]],
                                       waves[change["wave_to"]], scale.minimal_change.value, own.language)  # fmt: skip
            yield own.text("released.in_group", group=label, sentence=said)
    verdicts: dict[str, list[str]] = {}
    for kind, part, scales in remaining(analysis, own):
        for scale in scales:
            verdicts.setdefault(_said(part, scale), []).append(titled(own.label(scale.label), kind, own))
    for said in ("increase", "decrease"):
        if verdicts.get(said):
            yield own.text(f"supervisor.others_{said}", scales="; ".join(verdicts[said]))
    if verdicts:
        counted = sum(map(len, verdicts.values()))
        clear = sum(len(verdicts.get(said, [])) for said in ("increase", "decrease"))
        yield own.text("supervisor.others_unclear", unclear=counted - clear, of=counted)


def _said(part: Analysis, scale: Scale) -> str:
    change = last_change(part, scale)
    if change is None or change["note"] in ("below_limit", "too_few"):
        return "not_measurable"
    return confidential_verdict(change, scale.minimal_change.value)


def _unanswered(analysis: Analysis, own: Words) -> list[str]:
    """The goals that nothing measures, in the contract's words."""
    rows, none = goal_estimates(analysis), [own.text("goals.not_measured")]
    return [str(goal["text"]) for goal in analysis.facts.goals if goal_results(goal, rows, analysis, own) == none]


def _goals_told(analysis: Analysis, lost: list[str], own: Words) -> str:
    """That every goal has a result, or which have none."""
    if not analysis.facts.goals:
        return own.text("report.no_goals")
    return own.text("supervisor.goals_without", goals=" ".join(lost)) if lost else own.text("supervisor.all_goals")


def _wanting(analysis: Analysis, own: Words) -> Iterator[str]:
    """What wants attention: overdue rows of the plan, what the files leave to be known, what stands out in the log."""
    facts = analysis.facts
    for item in facts.plan:
        if item.state == "overdue":
            yield own.text("supervisor.overdue", item=own.text("contract_report.item", what=own.label(item.label),
                                                               wave=item.wave_label), days=item.days_late)  # fmt: skip
    if facts.notes:
        yield own.text("supervisor.notes_told", n=len(facts.notes))
    told = signals(analysis, own)
    yield from told[:_FIRST_SIGNALS]
    if len(told) > _FIRST_SIGNALS:
        yield own.text("supervisor.more_signals", n=len(told) - _FIRST_SIGNALS)
