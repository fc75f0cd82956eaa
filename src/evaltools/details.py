"""Tables for the statistically minded: every figure that belongs to a change, with the number of people behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evaltools.blocks import Table
from evaltools.companions import at_an_end
from evaltools.schemas import row_dicts
from evaltools.statistics.precision import smallest_exact_p
from evaltools.wording import Words, figure_text, interval_text, is_shown, level_text, p_text

_Row = Mapping[Any, Any]
_SIZES = ("g_z", "d_av", "probability_of_superiority", "rank_biserial")
_COUNTING = ("probability_of_superiority", "rank_biserial")
_OVER_WAVES = ("mean_last_change", "mean_trend", "mixed_change", "mmrm_change", "kendall_w", "p_friedman",
               "dose_slope")  # fmt: skip
_SIDE_BY_SIDE = 3  # so many scales have room in a table
_TOLD_FLOOR = 0.001  # below this the smallest possible p is no limit that anybody meets


def details(rows: pd.DataFrame, waves: Mapping[str, str], final: str, own: Words) -> dict[str, str]:
    """What the table says of one scale: everyone's change to the wave that counts, and over all waves.

    Parameters
    ----------
    rows : DataFrame
        The estimates of everyone of a kind of group, of the scale.
    waves : mapping
        Labels of the waves at which anybody was measured, in order.
    final : str
        The wave to which change is told.
    own : Words
        The words of the reader's language.

    Returns
    -------
    dict
        Each figure with its interval, by what it is called; of how many people where these are others than those
        whose change it is.
    """
    same = row_dicts(rows[(rows["wave"] == next(iter(waves))) & (rows["wave_to"] == final)])
    by: dict[str, _Row] = {
        f"holm_{row['basis']}" if row["measure"] == "p_holm" else row["measure"]: row for row in same
    }
    return _tests(by, own) | _sizes(by, own) | _over_waves(rows, waves, by["pairs"]["n"], own)


def details_tables(told: Sequence[tuple[str, str, dict[str, str]]], own: Words) -> list[Table]:
    """The figures of all scales side by side: a row a figure, a column a scale.

    Parameters
    ----------
    told : sequence of (str, str, dict)
        The caption of the table to which a scale belongs, the scale's name, and its `details`.
    own : Words
        The words of the reader's language.
    """
    tables = []
    for caption in dict.fromkeys(caption for caption, _, _ in told):
        same = [(name, figures) for of, name, figures in told if of == caption]
        each = math.ceil(len(same) / math.ceil(len(same) / _SIDE_BY_SIDE))
        for some in (same[at : at + each] for at in range(0, len(same), each)):
            names = dict.fromkeys(name for _, figures in some for name in figures)
            body = tuple((name, *(figures.get(name, "") for _, figures in some)) for name in names)
            tables.append(Table(caption, (own.text("heads.figure"), *(name for name, _ in some)), body))
    return tables


def _tests(by: Mapping[str, _Row], own: Words) -> dict[str, str]:
    """The robust change with the exact test, the t test, and what so many people can show."""
    return {
        own.text("heads.people"): str(by["pairs"]["n"]),
        own.text("heads.robust"): _with_level(by["hodges_lehmann"], own),
        own.text("heads.p_exact"): _floored(by, own),
        own.text("heads.p_t"): _p(by, "p_t_paired", own),
        own.text("heads.detectable"): figure_text(by["smallest_detectable_change"], own.language),
    }


def _sizes(by: Mapping[str, _Row], own: Words) -> dict[str, str]:
    return {own.text(f"heads.{measure}"): _size(by, measure, own) for measure in _SIZES}


def _over_waves(rows: pd.DataFrame, waves: Mapping[str, str], people: int, own: Words) -> dict[str, str]:
    """Figures over all waves and the dose."""
    found = rows[(rows["wave"] == next(iter(waves))) & (rows["wave_to"] == list(waves)[-1])]
    told = {}
    for measure in _OVER_WAVES:
        for row in row_dicts(found[found["measure"] == measure]):
            per = row["basis"] if measure == "mean_trend" else ""
            figure = own.text("details.singular") if row["note"] == "singular" else _over_waves_figure(row, own)
            name = own.text(f"details.{measure}{'_' + per if per else ''}")
            among = "of_people" if is_shown(row) else "of_too_few"
            told[name] = own.text(f"details.{among}", figure=figure, n=row["n"]) if row["n"] != people else figure
    return told


def _over_waves_figure(row: _Row, own: Words) -> str:
    if row["measure"] == "p_friedman":
        return p_text(row, own.language)
    return _with_interval(row, figure_text(row, own.language, signed=row["measure"] != "kendall_w"), own)


def _with_interval(row: _Row, figure: str, own: Words) -> str:
    interval = _interval(row, own)
    return own.text("details.with_interval", value=figure, interval=interval) if interval else figure


def _with_level(row: _Row, own: Words) -> str:
    figure, interval = figure_text(row, own.language, signed=True), _interval(row, own)
    if not interval:
        return figure
    return own.text("details.with_level", value=figure, interval=interval, level=level_text(row, own.language))


def _size(by: Mapping[str, _Row], measure: str, own: Words) -> str:
    """An effect size and its interval; one that would count the few who changed the other way is not shown."""
    row = by[measure]
    if measure in _COUNTING and not row["note"] and at_an_end(by["probability_of_superiority"]):
        return own.text("details.at_an_end")
    return _with_interval(row, figure_text(row, own.language, signed=measure != "probability_of_superiority"), own)


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
