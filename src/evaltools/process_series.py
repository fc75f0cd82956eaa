"""What was followed session by session: charts where a series is long enough, lists where it is not, and signals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evaltools.blocks import Block, Figure, Heading, Table, Text
from evaltools.facts import Facts
from evaltools.measures import limits, measures
from evaltools.plots import Line, Point, series_plot, with_alternative
from evaltools.process_tables import measure_label, value_text
from evaltools.schemas import row_dicts
from evaltools.wording import Words

_Row = Mapping[Any, Any]
_CHARTED = ("session_mean", "reflection_not_advice", "idea_helped_at_session", "attendance_share", "moment_given")
_WHERE = ["group", "measure", "scale", "wave"]
_FEW = 6  # so many series are all drawn
_NOT_A_POINT = ("below_limit", "too_few")
_NONE = "–"


class _Followed(NamedTuple):
    """A series: its sessions, what is known of it as a whole, and whose it is."""

    rows: pd.DataFrame
    chart: pd.DataFrame
    group: str


def series_blocks(rows: pd.DataFrame, facts: Facts, groups: Mapping[str, str], own: Words) -> list[Block]:
    """A figure for each series, if they are few, else for each in which something stands out; all of them in a table.

    A series of fewer than six sessions is no figure: of few series it is a table of its own.

    Parameters
    ----------
    rows : DataFrame
        The estimates of the groups that are shown.
    facts : Facts
        Knows when the sessions were, and the names of scales.
    groups : mapping
        Labels of the groups.
    own : Words
        The words of the reader's language.
    """
    found = rows[rows["measure"].isin(_CHARTED) & rows["period"].isin(list(facts.session_dates))]
    if found.empty:
        return []
    lead = own.text("process.report.series_lead", least=own.number(limits()["run_chart_points"], 0),
                    most=own.number(limits()["control_chart_points"], 0))  # fmt: skip
    several = [
        _Followed(same, _chart_of(rows, map(str, key)), groups[str(key[0])])
        for name in _CHARTED
        for key, same in found[found["measure"] == name].groupby(_WHERE, sort=False)
    ]
    blocks: list[Block] = [Heading(own.text("process.report.ratings"), 3)]
    drawn = several if len(several) <= _FEW else [it for it in several if _stands_out(it.chart)]
    blocks.append(Text((lead, *([own.text("process.report.series_chosen")] if len(several) > _FEW else []))))
    if len(several) > _FEW:
        blocks.append(_all_series(several, facts, own))
    about: dict[str, list[_Followed]] = {}
    for it in drawn:
        about.setdefault(series_label(row_dicts(it.rows)[0], facts, own), []).append(it)
    for number, (what, same) in enumerate(about.items()):
        blocks += _series(same, what, facts, own, f"series{number}")
    return blocks


def _chart_of(rows: pd.DataFrame, key: Iterable[str]) -> pd.DataFrame:
    """What is known of a series as a whole: its middle, its limits, its runs, its signals."""
    group, measure, scale, wave = key
    return rows[
        (rows["group"] == group) & (rows["basis"] == measure) & (rows["scale"] == scale) & (rows["wave"] == wave)
    ]


def _stands_out(chart: pd.DataFrame) -> bool:
    """Whether anything of a series is a reason to look closer."""
    run, crossings = (chart[chart["measure"] == f"series_{name}"] for name in ("longest_run", "crossings"))
    marked = bool((chart["measure"] == "series_signal").any())
    return marked or bool((run["value"] > run["high"]).any() or (crossings["value"] < crossings["low"]).any())


def _all_series(several: Sequence[_Followed], facts: Facts, own: Words) -> Table:
    """A row for what was followed, a column a group, each series in short."""
    told: dict[str, dict[str, list[str]]] = {}
    for it in several:
        cells = told.setdefault(series_label(row_dicts(it.rows)[0], facts, own), {}).setdefault(it.group, [])
        cells += [said for said in [_in_short(it, own)] if said not in cells]
    columns = list(dict.fromkeys(it.group for it in several))
    body = tuple((what, *("; ".join(cells.get(group, [_NONE])) for group in columns)) for what, cells in told.items())
    return Table(own.text("process.report.series_all"), (own.text("process.report.series_head"), *columns), body,
                 own.text("process.report.series_all_note"))  # fmt: skip


def _in_short(it: _Followed, own: Words) -> str:
    """A series in a cell; why there is nothing to tell where no session has a value."""
    rows = row_dicts(it.rows)
    values = [float(row["value"]) for row in rows if _is_point(row)]
    if not values:
        return _point_text(rows[0], own)
    low, high = (_of_measure(end, rows[0], own) for end in (min(values), max(values)))
    middle = "".join(_of_measure(value, rows[0], own) for value in _middle(it.chart))
    said = own.text(f"process.report.series_in_short.{'from_middle' if middle else 'few'}", low=low, high=high,
                    middle=middle, n=len(values))  # fmt: skip
    return own.text("process.report.series_in_short.out", series=said) if _stands_out(it.chart) else said


def _of_measure(value: float, row: _Row, own: Words) -> str:
    """A value of a series: a share in per cent, anything else with its measure's digits."""
    if measures()[row["measure"]].unit.startswith("share"):
        return own.text("process.report.percent", share=own.number(value * 100, 0))
    return own.number(value, measures()[row["measure"]].digits)


def _series(several: Sequence[_Followed], what: str, facts: Facts, own: Words, key: str) -> list[Block]:
    """What was followed in one or more groups: those that are long enough in one picture, each other as a table."""
    long = [it for it in several if not _middle(it.chart).empty]
    short = [_table([it], what, facts, own) for it in several if _middle(it.chart).empty]
    return [*([_figure(long, what, facts, own, key)] if long else []), *short]


def _middle(chart: pd.DataFrame) -> pd.Series[float]:
    return chart[chart["measure"] == "series_median"]["value"]


def _table(several: Sequence[_Followed], what: str, facts: Facts, own: Words) -> Table:
    """A row a session. Of one group its day and its value; of several a column a group, each with its own days."""
    group, head, value = _names(several, own), *(own.text(f"process.report.{it}_head") for it in ("session", "value"))
    caption = own.text("process.report.series_table", group=group, what=what)
    told = [[(facts.session_dates[row["period"]], _point_text(row, own)) for row in row_dicts(it.rows)]
            for it in several]  # fmt: skip
    if len(several) == 1:
        return Table(caption, (head, value), tuple((own.day(day), said) for day, said in told[0]))
    cells = zip_longest(*([f"{_short(day)}: {said}" for day, said in one] for one in told), fillvalue=_NONE)
    body = tuple((own.number(at, 0), *row) for at, row in enumerate(cells, start=1))
    return Table(caption, (head, *(it.group for it in several)), body)


def _names(several: Sequence[_Followed], own: Words) -> str:
    return own.listed([it.group for it in several])


def _figure(several: Sequence[_Followed], what: str, facts: Facts, own: Words, key: str) -> Figure:
    first = row_dicts(several[0].rows)[0]
    ends, group = _ends(first, facts), _names(several, own)
    drawn = [_drawn(it, ends, facts) for it in several]
    told = own.text("process.report.series_limits_told") if any(p.limits for it in drawn for p in it.points) else ""
    alternative = " ".join(
        own.text("process.report.series_alternative", group=it.group, what=what,
                 marks="; ".join(f"{day}: {value}" for day, value in _table([it], what, facts, own).rows))
        for it in several
    )  # fmt: skip
    words = tuple(_end_text(end, first, own) for end in ends)
    svg = with_alternative(series_plot(drawn, ends, words, key), alternative)
    caption = own.text("process.report.series_caption", group=group, what=what, limits=told)
    return Figure(svg, alternative, caption, _table(several, what, facts, own))


def _drawn(it: _Followed, ends: tuple[float, float], facts: Facts) -> Line:
    bounds = {row["period"]: row for row in row_dicts(it.chart[it.chart["measure"] == "series_limits"])}
    marked = set(it.chart[it.chart["measure"] == "series_signal"]["period"])
    points = [Point(_short(facts.session_dates[row["period"]]), row["value"], _limits(bounds.get(row["period"]), ends),
                    row["period"] in marked) for row in row_dicts(it.rows) if _is_point(row)]  # fmt: skip
    return Line(it.group, points, float(_middle(it.chart).iloc[0]))


def series_label(row: _Row, facts: Facts, own: Words) -> str:
    """What a series is called: the scale of the session form, else the measure."""
    if not row["scale"]:
        return measure_label(row["measure"], own)
    return own.text("process.report.scale_series", scale=own.label(facts.every_scale[row["scale"]].label))


def _point_text(row: _Row, own: Words) -> str:
    """A value without its interval, which few people make so wide that it says nothing of one session."""
    if not _is_point(row):
        return own.text(f"notes.{row['note'] or 'missing'}")
    return value_text(dict(row) | {"low": np.nan, "high": np.nan}, own)


def _is_point(row: _Row) -> bool:
    hidden = row["measure"] == "session_mean" and row["note"] in _NOT_A_POINT
    return bool(np.isfinite(row["value"])) and not hidden


def _ends(row: _Row, facts: Facts) -> tuple[float, float]:
    """The ends of the scale that a series lies on."""
    if row["scale"]:
        low, high = facts.every_scale[row["scale"]].score_range
        return float(low), float(high)
    measure = measures()[row["measure"]]
    return measure.low or 0.0, 1.0 if measure.high is None else measure.high


def _end_text(end: float, row: _Row, own: Words) -> str:
    is_share = measures()[row["measure"]].unit.startswith("share")
    return own.text("process.report.percent", share=own.number(end * 100, 0)) if is_share else own.number(end, 0)


def _limits(row: _Row | None, ends: tuple[float, float]) -> tuple[float, float] | None:
    """The limits at a point as far as they are possible values; None where there are none."""
    if row is None or not (np.isfinite(row["low"]) and np.isfinite(row["high"])):
        return None
    return max(row["low"], ends[0]), min(row["high"], ends[1])


def _short(day: date) -> str:
    return f"{day:%Y-%m-%d}"


def signal_sentences(rows: pd.DataFrame, facts: Facts, groups: Mapping[str, str], own: Words) -> Iterator[str]:
    """What stands out in the log, a sentence each: a reason to ask the group, for the supervisor alone."""
    labels = {group: label for group, label in groups.items() if len(groups) == 1 or group in facts.groups}
    found = row_dicts(rows[rows["group"].isin(list(labels))])
    points: dict[tuple[str, ...], list[str]] = {}
    for row in found:
        if row["measure"] == "series_signal":
            points.setdefault(_series_of(row), []).append(row["period"])
    for row in found:
        fill: dict[str, object] = {"group": labels[row["group"]], "n": _whole(row["value"]), "of": _whole(row["of"])}
        if row["measure"] == "silent_people" and row["value"] > 0:
            yield own.text("process.report.signal_silent", **fill)
        elif row["measure"] == "feedback_open" and row["value"] > 0:
            yield own.text("process.report.signal_open", **fill, kind=own.text(f"process.report.open_{row['basis']}"))
        elif row["measure"] == "questions_left" and row["value"] > 0:
            yield own.text("process.report.signal_left", **fill)
        elif row["measure"].startswith("series_"):
            yield from _series_signal(row, points.get(_series_of(row), []), fill, facts, own)


def _series_of(row: _Row) -> tuple[str, ...]:
    return row["group"], row["basis"], row["scale"], row["wave"]


def _series_signal(
    row: _Row, points: Sequence[str], fill: Mapping[str, object], facts: Facts, own: Words
) -> Iterator[str]:
    """A sentence about a series; its sessions out of the ordinary stand in one, at the first of them."""
    what = series_label(dict(row) | {"measure": row["basis"]}, facts, own)
    if row["measure"] == "series_signal" and row["period"] == points[0]:
        day = own.listed([own.day(facts.session_dates[session]) for session in points])
        yield own.text("process.report.signal_point", **fill, what=what, day=day)
    elif row["measure"] == "series_longest_run" and row["value"] > row["high"]:
        yield own.text("process.report.signal_run", **fill, what=what, most=_whole(row["high"]))
    elif row["measure"] == "series_crossings" and row["value"] < row["low"]:
        yield own.text("process.report.signal_crossings", **fill, what=what, least=_whole(row["low"]))


def _whole(value: float) -> int:
    return round(value) if np.isfinite(value) else 0
