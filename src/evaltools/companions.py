"""What stands beside a change in the supervisor's report: a plainer second look, what so few can show, individuals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evaltools.instruments import Scale
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.wording import Words, figure_text, interval_text, level_text

_Row = Mapping[Any, Any]
_END = 2  # counts of up to two people, or of all but two, are told as one


def companion(rows: pd.DataFrame, change: _Row, own: Words) -> str:
    """One line beside a sentence about a change: robust figure, how many rose, effect size; "" where there is none.

    Parameters
    ----------
    rows : DataFrame
        The estimates of the scale.
    change : mapping
        The row of mean change that the sentence is about.
    own : Words
        The words of the reader's language.
    """
    by = _beside(rows, change)
    if change["note"] or "hodges_lehmann" not in by or by["hodges_lehmann"]["note"] not in ("", "level_not_reached"):
        return ""
    robust = by["hodges_lehmann"]
    return own.text("companion.line", robust=figure_text(robust, own.language, signed=True),
                    interval=interval_text(robust, own.language, signed=True), level=level_text(robust, own.language),
                    risen=merged_ends(by["share_risen"], own),
                    size=figure_text(by["g_z"], own.language, signed=True))  # fmt: skip


def sensitivity(rows: pd.DataFrame, changes: Sequence[_Row], own: Words) -> str:
    """The smallest true change that groups of these sizes could have shown; "" where no group is shown."""
    found = [_beside(rows, change)["smallest_detectable_change"] for change in changes]
    shown = {row["n"]: row for row in found if not row["note"]}
    if not shown:
        return ""
    sizes = [own.text("companion.size", points=figure_text(shown[n], own.language), n=n) for n in sorted(shown)]
    basis = next(iter(shown.values()))["basis"]
    told = own.text("companion.assumed") if basis == "assumed" else own.text("companion.reference", basis=basis)
    return own.text("companion.sensitivity", sizes=own.listed(sizes), basis=told)


def everyone_kept(rows: pd.DataFrame, waves: Mapping[str, str], own: Words) -> str:
    """The change with everyone who answered at any time kept, where somebody missed a wave; "" elsewhere."""
    first, last = next(iter(waves)), list(waves)[-1]
    everyone = rows[(rows["group"] == SUMMARY_GROUP) & (rows["wave"] == first) & (rows["wave_to"] == last)]
    by = {row["measure"]: row for row in row_dicts(everyone)}
    if "mixed_change" not in by or by["mean_change"]["note"] in ("below_limit", "too_few"):
        return ""
    row = by.get("mmrm_change", by["mixed_change"])
    fill = {"n": row["n"], "wave": waves[first], "wave_to": waves[last]}
    if row["note"]:
        return own.text("companion.kept_not_fitted", **fill)
    return own.text("companion.kept", change=figure_text(row, own.language, signed=True),
                    interval=interval_text(row, own.language, signed=True), **fill)  # fmt: skip


def individuals(rows: pd.DataFrame, waves: Mapping[str, str], own: Words) -> str:
    """How many of everyone changed by more than measurement error from the first to the last wave, or why not told."""
    first, last = next(iter(waves)), list(waves)[-1]
    own_rows = rows[(rows["group"] == SUMMARY_GROUP) & (rows["wave"] == first) & (rows["wave_to"] == last)]
    by = {row["measure"]: row for row in row_dicts(own_rows)}
    if "share_improved" not in by:
        return own.text("supervisor.one_wave")
    improved = by["share_improved"]
    if improved["note"]:
        return own.text(f"supervisor.reliable_{improved['note']}", n=improved["n"])
    return own.text(
        "supervisor.reliable", wave=waves[first], wave_to=waves[last], improved=merged_ends(improved, own),
        worse=merged_ends(by["share_deteriorated"], own), basis=improved["basis"],
        missing=int(improved["of"]) - improved["n"],
    )  # fmt: skip


def reversed_items(rows: pd.DataFrame, scale: Scale, waves: Mapping[str, str], own: Words) -> tuple[str, ...]:
    """A warning for each item that looks as if it had not been turned, with the wave and how many answered."""
    looks = row_dicts(rows[(rows["measure"] == "item_rest_correlation") & (rows["note"] == "looks_reversed")])
    return tuple(
        own.text("companion.looks_reversed", item=row["basis"], wave=waves[row["wave"]], n=row["n"],
                 r=figure_text(row, own.language), turned=own.text(f"companion.turned_{_is_turned(row, scale)}"))
        for row in looks if row["wave"] in waves
    )  # fmt: skip


def merged_ends(share: _Row, own: Words) -> str:
    """How many people, the smallest and the largest counts told as one each: they would point at persons."""
    count, of = round(share["value"] * share["of"]), int(share["of"])
    if count <= _END:
        return own.text("supervisor.at_most", count=_END, of=of)
    if count >= of - _END:
        return own.text("supervisor.at_least", count=of - _END, of=of)
    return own.text("language.count_of", count=count, of=of)


def at_an_end(share: _Row) -> bool:
    """Whether a share counts so few people, or so nearly all, that the count would point at persons."""
    count, of = share["value"] * share["of"], share["of"]
    return bool(count <= _END or count >= of - _END)


def _beside(rows: pd.DataFrame, change: _Row) -> dict[str, _Row]:
    """The rows about the same group and waves as a change."""
    same = (rows["group"] == change["group"]) & (rows["group_by"] == change["group_by"])
    same &= (rows["wave"] == change["wave"]) & (rows["wave_to"] == change["wave_to"])
    return {row["measure"]: row for row in row_dicts(rows[same])}


def _is_turned(row: _Row, scale: Scale) -> str:
    return "yes" if row["basis"] in scale.reversed else "no"
