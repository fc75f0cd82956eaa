"""What an organisation follows quarter by quarter: pooled changes and sessions kept, as charts where long enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evaltools.blocks import Block, Figure, Heading, Section, Table, Text
from evaltools.measures import limits
from evaltools.organisation_by import category_name, mean_and_interval, work_table
from evaltools.organisation_outcomes import heads_of, known_outcomes, outcome_name, pooled_within, round_scale
from evaltools.plots import Line, Point, series_plot, with_alternative
from evaltools.portfolio import QUARTER, Portfolio, belonging
from evaltools.quarter_charts import Chart, chart_of
from evaltools.released_changes import Outcome, told_apart
from evaltools.released_work import documents_of, sessions_kept
from evaltools.wording import Words, words

_PERCENT = 100


@dataclass(frozen=True)
class Quarter:
    """One quarter of a series: on how many it rests, how the figure is written, and its value; None where too few."""

    key: str
    rests_on: int
    shown: str
    value: float | None


@dataclass(frozen=True)
class Series:
    """One figure over all quarters. ``always`` are values that its picture must hold, ``lowest`` the least possible."""

    name: str
    every: tuple[Quarter, ...]
    always: tuple[float, ...]
    lowest: float = -np.inf

    @property
    def measured(self) -> list[tuple[str, float]]:
        """The quarters that have a value, and the values."""
        return [(quarter.key, quarter.value) for quarter in self.every if quarter.value is not None]


def quarters(portfolio: Portfolio, language: str) -> Section:
    """Run charts over quarters for what has enough of them; how far the rest is from that; quarters side by side."""
    own = words(language)
    told = list(all_quarters(portfolio))
    fill = {"fewest": int(limits()["pooled_groups"]), "least": int(limits()["run_chart_points"]),
            "most": int(limits()["control_chart_points"])}  # fmt: skip
    blocks: list[Block] = [
        Heading(own.text("organisation.quarters")), Text((own.text("organisation.quarters_lead", **fill),))
    ]  # fmt: skip
    short = []
    for number, series in enumerate(_all_series(portfolio, told, own)):
        chart = chart_of([value for _, value in series.measured])
        if chart is None:
            short.append(own.text("organisation.series_short", name=series.name, n=len(series.measured)))
        else:
            blocks += [_figure(series, chart, own, f"q{number}"), Text(tuple(_found(series, chart, own)))]
    if short:
        blocks.append(Text((own.text("organisation.series_too_short", series="; ".join(short), **fill),)))
    table = work_table(portfolio, QUARTER, own) if len(told) > 1 else None
    return Section((*blocks, table) if table else tuple(blocks))


def all_quarters(portfolio: Portfolio) -> Iterator[str]:
    """Every quarter from the first report's to the last one's, those without a report too."""
    met = sorted(belonging(document, QUARTER) for document in documents_of(portfolio))
    if not met:
        return
    (year, number), last = (int(part) for part in met[0].split("-")), met[-1]
    while f"{year}-{number}" <= last:
        yield f"{year}-{number}"
        year, number = (year, number + 1) if number < 4 else (year + 1, 1)


def _all_series(portfolio: Portfolio, told: list[str], own: Words) -> Iterator[Series]:
    outcomes = known_outcomes(portfolio)
    for outcome in outcomes:
        parts = dict(told_apart(outcome, QUARTER))
        every = tuple(_change(quarter, parts.get(quarter), own) for quarter in told)
        yield Series(outcome_name(outcome, outcomes, own), every, (0.0,))
    every = tuple(_sessions(quarter, portfolio, own) for quarter in told)
    yield Series(own.text("organisation.sessions_share"), every, (0.0, float(_PERCENT)), lowest=0.0)


def _change(quarter: str, part: Outcome | None, own: Words) -> Quarter:
    """The mean change of the groups whose report is of the quarter."""
    if part is None:
        return Quarter(quarter, 0, own.text("organisation.none"), None)
    enough = len(part.changes) >= limits()["pooled_groups"]
    value = float(pooled_within(part).value) if enough else None
    return Quarter(quarter, len(part.changes), mean_and_interval(part, own)[0], value)


def _sessions(quarter: str, portfolio: Portfolio, own: Words) -> Quarter:
    """Of the sessions planned, those that were held, of the contracts that ended; by the report's quarter."""
    own_documents = [document for document in documents_of(portfolio) if belonging(document, QUARTER) == quarter]
    held, planned, evaluations = sessions_kept(own_documents)
    if evaluations < limits()["pooled_groups"]:
        told = own.text("organisation.too_few_evaluations" if evaluations else "organisation.none")
        return Quarter(quarter, evaluations, told, None)
    return Quarter(quarter, evaluations, own.number(_PERCENT * held / planned, 0), _PERCENT * held / planned)


def _figure(series: Series, chart: Chart, own: Words, key: str) -> Figure:
    bounds = chart.limits and (max(chart.limits[0], series.lowest), chart.limits[1])
    drawn = [Point(category_name(quarter, QUARTER, own), value, bounds, at in chart.signals)
             for at, (quarter, value) in enumerate(series.measured)]  # fmt: skip
    rows = tuple((category_name(quarter.key, QUARTER, own), str(quarter.rests_on), quarter.shown)
                 for quarter in series.every)  # fmt: skip
    table = Table(own.text("organisation.series_table", name=series.name),
                  heads_of(["quarter", "rests_on", "series_value"], own), rows)  # fmt: skip
    told = own.text("organisation.series_limits" if bounds else "organisation.series_no_limits",
                    most=int(limits()["control_chart_points"]))  # fmt: skip
    alternative = own.text("organisation.series_alternative", name=series.name,
                           marks="; ".join(f"{name}: {shown}" for name, _, shown in rows))  # fmt: skip
    step, ends = round_scale([*series.always, *(value for _, value in series.measured), *(bounds or ())])
    digits = 0 if step >= 1 else 2 if step < 0.1 else 1
    low, high = (own.number(end, digits, signed=series.lowest < 0) for end in ends)
    svg = with_alternative(series_plot([Line(series.name, drawn, chart.middle)], ends, (low, high), key), alternative)
    return Figure(svg, alternative, own.text("organisation.series_caption", name=series.name, limits=told), table)


def _found(series: Series, chart: Chart, own: Words) -> Iterator[str]:
    """What may be a signal, in words; that nothing is, where nothing is."""
    names = [category_name(quarter, QUARTER, own) for quarter, _ in series.measured]
    if chart.shift:
        yield own.text("organisation.series_shift", name=series.name)
    if chart.signals:
        found = own.listed([names[at] for at in chart.signals])
        yield own.text("organisation.series_signal", name=series.name, quarters=found)
    if not chart.shift and not chart.signals:
        yield own.text("organisation.series_nothing", name=series.name)
