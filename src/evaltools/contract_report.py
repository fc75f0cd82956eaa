"""What the supervisor reads of the contract: what was agreed, every goal's result, the plan, the time line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from evaltools.analysis import Analysis
from evaltools.blocks import Block, Heading, Section, Table, Text
from evaltools.contract_facts import ContractFact, Value
from evaltools.goal_rows import goal_changes, goal_rates
from evaltools.measures import measures, share_measures
from evaltools.plan_items import due_items
from evaltools.process_tables import value_text
from evaltools.released_contract import beyond_a_rate, goal_level, goal_name, plan_kept
from evaltools.scale_overview import change_text, word_of
from evaltools.schemas import row_dicts
from evaltools.wording import Words, confidential_verdict, figure_text, interval_text, is_shown, words

_Row = Mapping[Any, Any]
_OF_GOALS = ("mean_change", "change_beyond_expected", "goal_level", "goal_attainment_t")
_PHASES = ("phase_level_change", "phase_slope_change")
_CODED = ("supervision_form", "supervision_audience", "chosen_by")  # facts whose value is a code of the data model


def contract(analysis: Analysis, language: str) -> Section:
    """What is recorded of the contract, what is not, the plan row by row, and the mark of contract, goals and plan."""
    facts, own = analysis.facts, words(language)
    heads = (own.text("heads.fact"), own.text("heads.what"))
    rows = tuple((_fact_name(fact, analysis, own), _fact_value(fact, own)) for fact in facts.contract_facts)
    known = {fact.measure for fact in facts.contract_facts}
    unknown = [_fact_label(name, own) for name, it in measures().items() if it.unit == "fact" and name not in known]
    blocks: list[Block] = [Heading(own.text("contract_report.title"))]
    if rows:
        blocks.append(Table(own.text("contract_report.facts_table"), heads, rows))
    if unknown:
        blocks.append(Text((own.text("contract_report.not_recorded", facts="; ".join(unknown)),)))
    return Section((*blocks, *_plan(analysis, own)))


def goals(analysis: Analysis, language: str) -> Section:
    """Every goal of the contract in the contract's order and words, with its result or that it is not measured."""
    facts, own = analysis.facts, words(language)
    blocks: list[Block] = [Heading(own.text("report.goals"))]
    if not facts.goals:
        return Section((*blocks, Text((own.text("report.no_goals"),))))
    rows = goal_estimates(analysis)
    heads = tuple(own.text(f"heads.{head}") for head in ("goal", "owner", "level", "answer"))
    body = tuple(
        (goal_name(goal, own), goal.get("owner", ""), goal_level(goal, own),
         " ".join(goal_results(goal, rows, analysis, own)))
        for goal in facts.goals
    )  # fmt: skip
    blocks.append(Table(own.text("tables.goals"), heads, body))
    attained = tuple(_attainments(rows, analysis, own))
    if any(row["measure"] == "goal_level" for row in rows):
        blocks.append(Text((own.text("contract_report.levels_explained"),)))
    if attained:
        blocks.append(Text((own.text("contract_report.attainment_lead"), *attained)))
    return Section(tuple(blocks))


def timeline(analysis: Analysis, language: str) -> Section:
    """What happened when, who belonged to the groups at each measurement, and series that cross a new supervisor."""
    facts, own = analysis.facts, words(language)
    blocks: list[Block] = [Heading(own.text("contract_report.timeline"))]
    if not facts.moments:
        return Section((*blocks, Text((own.text("contract_report.no_timeline"),))))
    heads = tuple(own.text(f"contract_report.heads.{head}") for head in ("day", "month", "moment", "group"))
    body = tuple(
        (own.day(moment.day), own.number(moment.month, 1),
         own.text(f"contract_report.moments.{moment.kind}", label=moment.label, number=moment.number),
         facts.groups.get(moment.group, moment.group))
        for moment in facts.moments
    )  # fmt: skip
    blocks.append(Table(own.text("contract_report.timeline_table"), heads, body))
    blocks += _members(analysis, own)
    series = _series(analysis, own)
    if series:
        blocks += [Heading(own.text("contract_report.series"), 3), *series]
    return Section(tuple(blocks))


def goal_estimates(analysis: Analysis) -> list[dict[str, Any]]:
    """The rows of the estimates that answer goals."""
    rows = analysis.estimates
    return row_dicts(rows[rows["measure"].isin([*_OF_GOALS, *share_measures()])])


def goal_results(goal: _Row, rows: list[dict[str, Any]], analysis: Analysis, own: Words) -> list[str]:
    """The sentences that answer a goal; that it is not measured where nothing does.

    Parameters
    ----------
    goal : mapping
        One of the facts' goals.
    rows : list of dict
        As `goal_estimates` gives them.
    analysis : Analysis
        Whose facts name groups and waves.
    own : Words
        The words of the reader's language.
    """
    told: list[str] = []
    if goal.get("indicator") in analysis.facts.scales:
        changes = goal_changes([row for row in rows if row["measure"] == "mean_change"], goal, analysis.facts)
        if changes:
            scale = analysis.facts.scales[goal["indicator"]]
            told += [own.text("contract_report.indicator", scale=own.label(scale.label)), *_baseline_told(goal, own)]
        for change in changes:
            told += _change_told(goal, change, rows, analysis, own)
    elif goal.get("indicator") in share_measures():
        for rate in goal_rates(rows, goal):
            told += _rate_told(goal, rate, analysis, own)
    told += _levels_told(goal, rows, analysis, own)
    return told or [own.text("goals.not_measured")]


def _change_told(goal: _Row, change: _Row, rows: list[dict[str, Any]], analysis: Analysis, own: Words) -> list[str]:
    """The change of a goal's indicator in one cell, and whether it reached the expected change."""
    facts = analysis.facts
    told = [own.text(f"contract_report.{'change' if is_shown(change) else 'too_few'}",
                     group=group_label(change, analysis, own), wave=facts.waves[change["wave"]],
                     wave_to=facts.waves[change["wave_to"]], n=change["n"],
                     word=word_of(change, facts.scales[goal["indicator"]], own),
                     change=change_text(change, own))]  # fmt: skip
    for row in rows:
        same = all(row[key] == change[key] for key in ("group_by", "group", "wave", "wave_to"))
        if row["measure"] == "change_beyond_expected" and row["basis"] == goal["goal"] and same:
            expected = own.number(goal["expected"], measures()[row["measure"]].digits, signed=True)
            told.append(own.text(f"contract_report.expected.{expectation(row, goal['expected'])}", expected=expected))
    return told


def _rate_told(goal: _Row, row: _Row, analysis: Analysis, own: Words) -> list[str]:
    """The share that is a goal's indicator, in one cell; that it shows no change, where one was expected."""
    said = own.text("contract_report.rate", what=own.text(f"shares.names.{row['measure']}"),
                    group=group_label(row, analysis, own), figure=value_text(row, own))  # fmt: skip
    return [said, *_baseline_told(goal, own), *beyond_a_rate(goal, own)]


def _baseline_told(goal: _Row, own: Words) -> list[str]:
    if "baseline" not in goal:
        return []
    return [own.text("contract_report.baseline", baseline=own.number(goal["baseline"], 2))]


def expectation(row: _Row, expected: float) -> str:
    """Whether an expected change was reached, from the row of the change beyond it.

    Returns
    -------
    str
        ``reached``, ``suggests_reached``, ``cannot_tell``, ``suggests_not_reached``, ``not_reached``, by the two
        intervals by which every change gets its word.

    Examples
    --------
    >>> row = {"note": "", "value": -0.6, "low": -0.9, "high": -0.3, "df": 5.0, "level": 0.95}
    >>> expectation(row, 0.5), expectation(row, -0.5)
    ('not_reached', 'reached')
    """
    said = confidential_verdict(row, 0.0)
    if said in ("cannot_tell", "not_measurable"):
        return "cannot_tell"
    reached = said.endswith("increase") == (expected >= 0)
    return ("suggests_" if said.startswith("suggests_") else "") + ("reached" if reached else "not_reached")


def group_label(row: _Row, analysis: Analysis, own: Words) -> str:
    """What a row's cell is called: the whole evaluation, a kind of group, or a group by its name in the contract."""
    if row["group_by"] == "group":
        return analysis.facts.groups.get(row["group"], row["group"])
    if row["group_by"] == "audience":
        return own.text(f"contract_report.audiences.{row['group']}")
    return own.text("supervisor.everyone")


def _levels_told(goal: _Row, rows: list[dict[str, Any]], analysis: Analysis, own: Words) -> list[str]:
    """The levels that a goal has reached, a sentence for each kind of rater and cell, wave by wave."""
    reached: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        name, _, rater = row["basis"].partition("|")
        if row["measure"] == "goal_level" and name == goal["goal"]:
            said = own.text("contract_report.at_wave", wave=analysis.facts.waves.get(row["wave"], row["wave"]),
                            value=figure_text(row, own.language, signed=True))  # fmt: skip
            reached.setdefault((rater or "unknown", group_label(row, analysis, own)), []).append(said)
    return [own.text("contract_report.level_rated", rater=own.text(f"contract_report.raters.{rater}"), group=group,
                     levels="; ".join(said)) for (rater, group), said in reached.items()]  # fmt: skip


def _attainments(rows: list[dict[str, Any]], analysis: Analysis, own: Words) -> Iterator[str]:
    """Goal attainment T of several goals of a level, a sentence for each kind of rater and cell, wave by wave."""
    reached: dict[tuple[str, str, int], list[str]] = {}
    for row in rows:
        if row["measure"] == "goal_attainment_t" and not row["note"] and row["of"] > 1:
            said = own.text("contract_report.at_wave", wave=analysis.facts.waves.get(row["wave"], row["wave"]),
                            value=figure_text(row, own.language))  # fmt: skip
            reached.setdefault((row["basis"], group_label(row, analysis, own), int(row["of"])), []).append(said)
    for (basis, group, number), told in reached.items():
        level, _, rater = basis.partition("|")
        yield own.text("contract_report.attainment", level=own.text(f"contract_report.levels.{level or 'unknown'}"),
                       rater=own.text(f"contract_report.raters.{rater or 'unknown'}"), goals=number, group=group,
                       t="; ".join(told))  # fmt: skip


def _fact_label(measure: str, own: Words) -> str:
    return own.text(f"contract_report.facts.{measure}")


def _fact_name(fact: ContractFact, analysis: Analysis, own: Words) -> str:
    label = _fact_label(fact.measure, own)
    where = analysis.facts.groups.get(fact.where, fact.where)
    return own.text("contract_report.fact_of", fact=label, where=where) if where else label


def _fact_value(fact: ContractFact, own: Words) -> str:
    value: Value = fact.value
    if isinstance(value, bool):
        return own.text(f"contract_report.{'yes' if value else 'no'}")
    if isinstance(value, date):
        return own.day(value)
    if isinstance(value, str):
        return own.text(f"contract_report.codes.{value}") if fact.measure in _CODED else value
    return own.number(value, measures()[fact.measure].digits)


def _plan(analysis: Analysis, own: Words) -> list[Block]:
    facts = analysis.facts
    blocks: list[Block] = [Heading(own.text("contract_report.plan"), 3)]
    heads = tuple(own.text(f"contract_report.heads.{head}") for head in ("item", "to", "due", "smallest", "state"))
    rows = []
    for item in facts.plan:
        delivered = own.day(item.delivered) if item.delivered else ""
        rows.append((
            own.text("contract_report.item", what=own.label(item.label), wave=item.wave_label),
            own.text(f"contract_report.readers.{item.to}"),
            own.day(item.due) if item.due else own.text("contract_report.no_day"), str(item.smallest_group or ""),
            own.text(f"contract_report.states.{item.state}", delivered=delivered, days=item.days_late),
        ))  # fmt: skip
    if rows:
        blocks.append(Table(own.text("contract_report.plan_table"), heads, tuple(rows)))
    due = due_items(facts.plan, facts.report_date)
    kept = own.text(f"contract_report.{plan_kept([item.state for item in facts.plan], len(due))}",
                    due=len(due), delivered=sum(item.delivered is not None for item in due))  # fmt: skip
    return [*blocks, Text((kept, own.text("contract_report.plan_hash", hash=facts.plan_hash)))]


def _members(analysis: Analysis, own: Words) -> list[Block]:
    """Who belonged at each measurement, who came and left since the first, and how many the change is about."""
    rows = analysis.estimates
    counted = row_dicts(rows[rows["measure"].isin(["people_members", "people_joined", "people_left"])])
    if not counted:
        return [Text((own.text("contract_report.members_not_recorded"),))]
    numbers: dict[str, dict[str, dict[str, int]]] = {}
    for row in counted:
        of_group = numbers.setdefault(group_label(row, analysis, own), {})
        of_group.setdefault(row["wave"], {})[row["measure"].removeprefix("people_")] = row["n"]
    waves = {wave: label for wave, label in analysis.facts.waves.items() if any(wave in it for it in numbers.values())}
    body = tuple((group, *(own.text("contract_report.members_at", **at[wave]) for wave in waves))
                 for group, at in numbers.items())  # fmt: skip
    heads = (own.text("heads.group"), *waves.values())
    return [Table(own.text("contract_report.members_table"), heads, body, own.text("contract_report.members_note"))]


def _series(analysis: Analysis, own: Words) -> list[Block]:
    """That one person's series are the person's own; and what groups' series did where a new supervisor began."""
    rows = analysis.estimates
    alone: dict[str, list[str]] = {}
    for row in row_dicts(rows[rows["measure"] == "case_trend"]):
        alone.setdefault(group_label(row, analysis, own), []).append(_scale_label(row["scale"], analysis, own))
    told = [own.text("contract_report.series_one", group=group, n=len(set(names))) for group, names in alone.items()]
    body: dict[tuple[str, ...], list[str]] = {}
    for row in row_dicts(rows[rows["measure"].isin(_PHASES)]):
        where = (
            _scale_label(row["scale"], analysis, own),
            group_label(row, analysis, own),
            row["period"],
            str(row["n"]),
        )
        value, interval = (form(row, own.language, signed=True) for form in (figure_text, interval_text))
        both = own.text("details.with_interval", value=value, interval=interval) if interval else value
        body.setdefault(where, []).append(both)
    blocks: list[Block] = [Text(tuple(told))] if told else []
    if body:
        heads = tuple(own.text(f"contract_report.phases.{it}")
                      for it in ("series", "group", "session", "people", "level", "slope"))  # fmt: skip
        table = tuple((*where, *values) for where, values in body.items())
        blocks.append(
            Table(own.text("contract_report.phases.caption"), heads, table, own.text("contract_report.phases.note"))
        )
    return blocks


def _scale_label(scale: str, analysis: Analysis, own: Words) -> str:
    labels = {it.id: it.label for key in analysis.facts.instruments for it in key.scales}
    return own.label(labels[scale]) if scale in labels else scale
