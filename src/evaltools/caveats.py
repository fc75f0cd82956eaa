"""What can make a change look other than it is: a sentence for each check, or why it is not possible to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaltools.measures import limits
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.wording import Words, figure_text, interval_text

_Row = Mapping[Any, Any]


def caveats(rows: pd.DataFrame, waves: Mapping[str, str], then_tests: Mapping[str, tuple[str, str]],
            own: Words) -> tuple[str, ...]:  # fmt: skip
    """Sentences about one scale, for everyone together, from the first wave to the last.

    Parameters
    ----------
    rows : DataFrame
        The estimates of the scale.
    waves : mapping
        Labels of the waves at which anybody was measured, in order.
    then_tests : mapping
        Label of each then-test, and the wave beside which it was asked.
    own : Words
        The words of the reader's language.
    """
    everyone = rows[rows["group"] == SUMMARY_GROUP]
    by = {(row["measure"], row["wave"], row["wave_to"]): row for row in row_dicts(everyone)}
    first, last = next(iter(waves)), list(waves)[-1]
    told = [_ends(by, first, waves, own), _regression(by, first, waves, own)]
    if last != first:
        told.append(_dropout(by, first, last, waves, own))
        told.append(_response_shift(by, first, waves, then_tests, own))
    return tuple(told)


def _ends(by: Mapping[tuple[str, str, str], _Row], first: str, waves: Mapping[str, str], own: Words) -> str:
    """Whether so many lie at an end of the scale that they have no room to rise, or to fall."""
    floor, ceiling = by["at_floor", first, ""], by["at_ceiling", first, ""]
    fill = {"wave": waves[first], "n": floor["n"], "of": floor["n"],
            "low": _count(floor), "high": _count(ceiling)}  # fmt: skip
    if floor["note"]:
        return own.text("caveats.ends_unknown", **fill)
    large = [name for name, row in (("ceiling", ceiling), ("floor", floor)) if row["value"] >= _many()]
    return " ".join(own.text(f"caveats.{name}", **fill) for name in large) or own.text("caveats.ends", **fill)


def _many() -> float:
    return limits()["people_at_an_end"] - 1e-9


def _count(share: _Row) -> int:
    return 0 if share["note"] else round(share["value"] * share["of"])


def _regression(by: Mapping[tuple[str, str, str], _Row], first: str, waves: Mapping[str, str], own: Words) -> str:
    """What a group chosen for its first scores would change by itself."""
    expected = by["regression_to_mean", first, ""]
    if expected["note"]:
        key = "unknown" if expected["note"] == "no_reference" else "too_few"
        return own.text(f"caveats.regression_{key}", n=expected["n"], wave=waves[first])
    return own.text("caveats.regression", wave=waves[first], mean=figure_text(by["mean", first, ""], own.language),
                    change=figure_text(expected, own.language, signed=True), basis=expected["basis"])  # fmt: skip


def _dropout(by: Mapping[tuple[str, str, str], _Row], first: str, last: str, waves: Mapping[str, str],
             own: Words) -> str:  # fmt: skip
    """How many left, where they began, and how far they could move the mean change."""
    share, pairs = (by[name, first, last] for name in ("dropouts", "pairs"))
    fill = {"wave": waves[first], "wave_to": waves[last], "of": by["people_measured", first, ""]["n"], "n": pairs["n"],
            "count": by["people_measured", first, ""]["n"] - pairs["n"], "least": limits()["group_figure"]}  # fmt: skip
    if share["note"]:
        return own.text("caveats.dropout_unknown", **fill)
    if not fill["count"]:
        return own.text("caveats.dropout_none", **fill)
    change, low, high = (by[name, first, last] for name in ("mean_change", "change_if_lowest", "change_if_highest"))
    told, gone = [own.text("caveats.dropout", **fill)], by["baseline_of_dropouts", first, last]
    if gone["note"] or pairs["n"] < limits()["group_figure"]:
        told.append(own.text("caveats.dropout_baseline_unknown", **fill))
    else:
        stayed = figure_text(by["mean_before", first, last], own.language)
        told.append(own.text("caveats.dropout_baseline", gone=figure_text(gone, own.language), stayed=stayed))
    if low["note"]:
        return " ".join([*told, own.text("caveats.dropout_bounds_unknown", **fill)])
    names = {"low": low, "high": high, "change": change}
    figures = {name: figure_text(row, own.language, signed=True) for name, row in names.items()}
    return " ".join([*told, own.text("caveats.dropout_bounds", **figures)])


def _response_shift(by: Mapping[tuple[str, str, str], _Row], first: str, waves: Mapping[str, str],
                    then_tests: Mapping[str, tuple[str, str]], own: Words) -> str:  # fmt: skip
    """Change counted from the then-test, and whether the start is judged otherwise afterwards."""
    told = []
    for then, (label, end) in then_tests.items():
        shift, change = by.get(("response_shift", first, then)), by.get(("then_test_change", then, end))
        if shift is None or change is None:
            continue
        ordinary = by["mean_change", first, end]
        fill = {"then": label, "wave": waves[first], "wave_to": waves.get(end, end), "n": shift["n"]}
        if any(row["note"] in ("below_limit", "too_few") for row in (shift, change, ordinary)):
            told.append(own.text("caveats.shift_too_few", **fill))
            continue
        fill |= {name: figure_text(row, own.language, signed=True)
                 for name, row in (("shift", shift), ("change", change), ("ordinary", ordinary))}  # fmt: skip
        fill |= {name: interval_text(row, own.language, signed=True) or own.text("notes.no_variance")
                 for name, row in (("interval", change), ("shift_interval", shift))}  # fmt: skip
        told.append(" ".join([own.text("caveats.shift", **fill), own.text(f"caveats.shift_{_side(shift)}")]))
    return " ".join(told) or own.text("caveats.shift_unknown")


def _side(shift: _Row) -> str:
    """Whether the interval of the response shift lies above or below 0, or on both sides."""
    if shift["note"]:
        return "not_told"
    return "higher" if shift["low"] > 0 else "lower" if shift["high"] < 0 else "not_told"
