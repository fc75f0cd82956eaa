"""Tables for the statistically minded: every figure that belongs to a change, with the number of people behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaltools.blocks import Block, Table, Text
from evaltools.companions import at_an_end
from evaltools.schemas import row_dicts
from evaltools.statistics.precision import smallest_exact_p
from evaltools.wording import Words, figure_text, interval_text, level_text, p_text

_Row = Mapping[Any, Any]
_SIZES = ("g_z", "d_av", "probability_of_superiority", "rank_biserial")
_COUNTING = ("probability_of_superiority", "rank_biserial")
_OVER_WAVES = ("mean_last_change", "mean_trend", "mixed_change", "mmrm_change", "kendall_w", "dose_slope")
_TOLD_FLOOR = 0.001  # below this the smallest possible p is no limit that anybody meets


def details(rows: pd.DataFrame, title: str, waves: Mapping[str, str], final: str, own: Words) -> tuple[Block, ...]:
    """The table of one scale: everyone's change to the wave that counts, and over all waves.

    Parameters
    ----------
    rows : DataFrame
        The estimates of everyone of a kind of group, of the scale.
    title : str
        The scale's name.
    waves : mapping
        Labels of the waves at which anybody was measured, in order.
    final : str
        The wave to which change is told.
    own : Words
        The words of the reader's language.
    """
    first = next(iter(waves))
    same = row_dicts(rows[(rows["wave"] == first) & (rows["wave_to"] == final)])
    by: dict[str, _Row] = {
        f"holm_{row['basis']}" if row["measure"] == "p_holm" else row["measure"]: row for row in same
    }
    caption = own.text("details.figures", scale=title, wave=waves[first], wave_to=waves[final])
    heads = ("figure", "people", "value", "interval_and_level", "p")
    body = (*_tests(by, own), *_sizes(by, own), *_over_waves(rows, waves, own))
    blocks: list[Block] = [Table(caption, tuple(own.text(f"heads.{head}") for head in heads), body)]
    if not (rows["measure"] == "dose_slope").any():
        blocks.append(Text((own.text("details.no_dose"),)))
    return tuple(blocks)


def _tests(by: Mapping[str, _Row], own: Words) -> list[tuple[str, ...]]:
    """The robust change with the exact test, the t test, and what so many people can show."""
    robust, n = by["hodges_lehmann"], str(by["pairs"]["n"])
    return [
        (own.text("heads.robust"), n, figure_text(robust, own.language, signed=True), _with_level(robust, own),
         _floored(by, own)),
        (own.text("heads.p_t"), n, "", "", _p(by, "p_t_paired", own)),
        (own.text("heads.detectable"), n, figure_text(by["smallest_detectable_change"], own.language), "", ""),
    ]  # fmt: skip


def _sizes(by: Mapping[str, _Row], own: Words) -> list[tuple[str, ...]]:
    return [(own.text(f"heads.{measure}"), str(by["pairs"]["n"]), *_size(by, measure, own), "") for measure in _SIZES]


def _over_waves(rows: pd.DataFrame, waves: Mapping[str, str], own: Words) -> list[tuple[str, ...]]:
    """Figures over all waves and the dose."""
    found = rows[(rows["wave"] == next(iter(waves))) & (rows["wave_to"] == list(waves)[-1])]
    p = {row["measure"]: row for row in row_dicts(found[found["measure"] == "p_friedman"])}
    body: list[tuple[str, ...]] = []
    for measure in _OVER_WAVES:
        for row in row_dicts(found[found["measure"] == measure]):
            per = row["basis"] if measure == "mean_trend" else ""
            friedman = p_text(p["p_friedman"], own.language) if measure == "kendall_w" else ""
            note = own.text("details.singular") if row["note"] == "singular" else ""
            body.append((own.text(f"details.{measure}{'_' + per if per else ''}"), str(row["n"]),
                         note or figure_text(row, own.language, signed=measure != "kendall_w"),
                         "" if note else _interval(row, own), friedman))  # fmt: skip
    return body


def _with_level(row: _Row, own: Words) -> str:
    interval = _interval(row, own)
    return own.text("details.with_level", interval=interval, level=level_text(row, own.language)) if interval else ""


def _size(by: Mapping[str, _Row], measure: str, own: Words) -> tuple[str, str]:
    """An effect size and its interval; one that would count the few who changed the other way is not shown."""
    row = by[measure]
    if measure in _COUNTING and not row["note"] and at_an_end(by["probability_of_superiority"]):
        return own.text("details.at_an_end"), ""
    return figure_text(row, own.language, signed=measure != "probability_of_superiority"), _interval(row, own)


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
