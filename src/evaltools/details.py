"""Tables for the statistically minded: every figure that belongs to a change, with the number of people behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pandas as pd

from evaltools.blocks import Block, Table, Text
from evaltools.companions import at_an_end
from evaltools.schemas import row_dicts
from evaltools.statistics.precision import smallest_exact_p
from evaltools.wording import Words, figure_text, interval_text, level_text, p_text

_Row = Mapping[Any, Any]
_Change = tuple[str, Mapping[str, _Row]]
_SIZES = ("g_z", "d_av", "probability_of_superiority", "rank_biserial")
_COUNTING = ("probability_of_superiority", "rank_biserial")
_OVER_WAVES = ("mean_last_change", "mean_trend", "mixed_change", "mmrm_change", "kendall_w", "dose_slope")
_TOLD_FLOOR = 0.001  # below this the smallest possible p is no limit that anybody meets


def details(rows: pd.DataFrame, title: str, groups: Mapping[str, str], waves: Mapping[str, str],
            own: Words) -> tuple[Block, ...]:  # fmt: skip
    """The tables of one scale.

    Parameters
    ----------
    rows : DataFrame
        The estimates of the scale, of the groups that are shown.
    title : str
        The scale's name.
    groups, waves : mapping
        Labels of the groups and of the waves at which anybody was measured, in order.
    own : Words
        The words of the reader's language.
    """
    changes = list(_changes(rows, groups, waves, own))
    over = tuple(_over_waves(rows, groups, waves, own))
    blocks: list[Block] = [_tests(changes, title, own), _sizes(changes, title, own)]
    if over:
        heads = ("figure", "group", "people", "value", "interval", "p")
        blocks.append(_table("over_waves", title, heads, over, own))
    if not (rows["measure"] == "dose_slope").any():
        blocks.append(Text((own.text("details.no_dose"),)))
    return tuple(blocks)


def _changes(rows: pd.DataFrame, groups: Mapping[str, str], waves: Mapping[str, str], own: Words) -> list[_Change]:
    """Every change from the first wave: its name, and its rows by measure (Holm's p by the test that it adjusts)."""
    first = next(iter(waves))
    found: list[_Change] = []
    for key, same in rows[rows["wave"] == first].groupby(["group", "wave_to"], sort=False):
        group, wave_to = map(str, cast("tuple[str, str]", key))
        if group in groups and wave_to in waves:
            name = own.text("tables.group_and_waves", group=groups[group], wave=waves[first], wave_to=waves[wave_to])
            by: dict[str, _Row] = {f"holm_{row['basis']}" if row["measure"] == "p_holm" else row["measure"]: row
                  for row in row_dicts(same)}  # fmt: skip
            found.append((name, by))
    return found


def _tests(changes: list[_Change], title: str, own: Words) -> Table:
    heads = ("group_and_waves", "people", "robust", "interval_and_level", "p_t", "p_exact", "detectable")
    body = tuple(
        (name, str(by["pairs"]["n"]), figure_text(by["hodges_lehmann"], own.language, signed=True),
         _with_level(by["hodges_lehmann"], own), _p(by, "p_t_paired", own),
         _floored(by, own), figure_text(by["smallest_detectable_change"], own.language))
        for name, by in changes
    )  # fmt: skip
    return _table("tests", title, heads, body, own)


def _sizes(changes: list[_Change], title: str, own: Words) -> Table:
    body = tuple(
        (name, str(by["pairs"]["n"]), *(_size(by, measure, own) for measure in _SIZES)) for name, by in changes
    )
    return _table("sizes", title, ("group_and_waves", "people", *_SIZES), body, own)


def _over_waves(
    rows: pd.DataFrame, groups: Mapping[str, str], waves: Mapping[str, str], own: Words
) -> list[tuple[str, ...]]:
    """Figures over all waves and the dose, group by group."""
    first, last = next(iter(waves)), list(waves)[-1]
    found = rows[(rows["wave"] == first) & (rows["wave_to"] == last)]
    p = {row["group"]: row for row in row_dicts(found[found["measure"] == "p_friedman"])}
    body: list[tuple[str, ...]] = []
    for measure in _OVER_WAVES:
        for row in row_dicts(found[found["measure"] == measure]):
            per = row["basis"] if measure == "mean_trend" else ""
            friedman = p_text(p[row["group"]], own.language) if measure == "kendall_w" else ""
            note = own.text("details.singular") if row["note"] == "singular" else ""
            body.append((own.text(f"details.{measure}{'_' + per if per else ''}"), groups[row["group"]], str(row["n"]),
                         note or figure_text(row, own.language, signed=measure != "kendall_w"),
                         "" if note else _interval(row, own), friedman))  # fmt: skip
    return body


def _table(kind: str, title: str, heads: tuple[str, ...], body: tuple[tuple[str, ...], ...], own: Words) -> Table:
    return Table(own.text(f"details.{kind}", scale=title), tuple(own.text(f"heads.{head}") for head in heads), body,
                 own.text(f"details.{kind}_note"))  # fmt: skip


def _with_level(row: _Row, own: Words) -> str:
    interval = _interval(row, own)
    return own.text("details.with_level", interval=interval, level=level_text(row, own.language)) if interval else ""


def _size(by: Mapping[str, _Row], measure: str, own: Words) -> str:
    """An effect size with its interval; one that would count the few who changed the other way is not shown."""
    row = by[measure]
    if measure in _COUNTING and not row["note"] and at_an_end(by["probability_of_superiority"]):
        return own.text("details.at_an_end")
    value, interval = (
        figure_text(row, own.language, signed=measure != "probability_of_superiority"),
        _interval(row, own),
    )
    return own.text("details.with_interval", value=value, interval=interval) if interval else value


def _interval(row: _Row, own: Words) -> str:
    signed = row["measure"] != "probability_of_superiority"
    return interval_text(row, own.language, signed=signed).replace(" ", "\N{NO-BREAK SPACE}")


def _p(by: Mapping[str, _Row], test: str, own: Words) -> str:
    """The p of the primary change as it is; of every other one adjusted by Holm, and so named."""
    adjusted = by.get(f"holm_{test}")
    if adjusted is None:
        return p_text(by[test], own.language)
    return own.text("details.holm", p=p_text(adjusted, own.language))


def _floored(by: Mapping[str, _Row], own: Words) -> str:
    """The exact p, with the smallest that so many people can give."""
    told, row = _p(by, "p_sign_flip", own), by["p_sign_flip"]
    floor = smallest_exact_p(row["n"]).value.item()
    if row["note"] or floor < _TOLD_FLOOR:
        return told
    return own.text("details.floor", p=told, floor=own.number(floor, 3))
