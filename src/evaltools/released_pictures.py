"""Pictures for the commissioner, drawn from what has been released and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaltools.blocks import Figure, Table
from evaltools.change_plot import Change, change_plot
from evaltools.plots import with_alternative
from evaltools.shown import Shown
from evaltools.wording import Words

_Json = Mapping[str, Any]
_SURE = ("increase", "decrease")


def change_picture(changes: list[_Json], document: _Json, own: Words, caption: str) -> Figure:
    """One change an outcome, with its uncertainty and what it may be called; the same figures as a table.

    Parameters
    ----------
    changes : list of mapping
        Rows of ``changes`` in the release, from top to bottom.
    document : mapping
        The release.
    own : Words
        The words of the reader's language.
    caption : str
        What the picture shows.
    """
    scales = {scale["scale"]: scale for scale in document["scales"]}
    waves = document["contract"]["waves"]
    drawn, body = [], []
    for change in changes:
        scale, figure = scales[change["scale"]], own.shown(Shown(**change["shown"]), signed=True)
        name = own.label(scale["label"])
        name = own.text("figures.group_and", group=change["group"], rest=name) if change["group"] else name
        said = own.text(f"figures.verdicts.{change['verdict']}")
        spread = own.text("figures.plus_minus", uncertainty=own.decimal(change["uncertainty"]))
        between = own.text("figures.from_to", wave=waves[change["wave"]], wave_to=waves[change["wave_to"]])
        drawn.append(_change(change, scale, name, f"{figure} ({spread})", said))
        body.append((name, between, str(change["n"]), figure, spread, said))
    told = "; ".join(f"{change.name}: {change.figure}, {change.said}" for change in drawn)
    alternative = own.text("figures.changes_alternative", marks=told)
    ends = tuple(own.text(f"figures.change_{end}") for end in ("lower", "none", "higher"))
    heads = ("outcome", "waves", "people", "change", "uncertainty", "said")
    table = Table(own.text("tables.released_changes"), tuple(own.text(f"heads.{head}") for head in heads), tuple(body))
    svg = with_alternative(change_plot(drawn, (ends[0], ends[1], ends[2]), "changes"), alternative)
    return Figure(svg, alternative, caption, table)


def _change(change: _Json, scale: _Json, name: str, figure: str, said: str) -> Change:
    """The change in shares of its scale's range: outcomes on different scales share one line of no change."""
    breadth = scale["high"] - scale["low"]
    shown, uncertainty = change["shown"], float(change["uncertainty"])
    low, high = float(shown["low"]), float(shown["high"] or shown["low"])
    return Change(
        name, figure, said, (low / breadth, high / breadth),
        ((low - uncertainty) / breadth, (high + uncertainty) / breadth),
        float(scale["minimal_change"]["value"]) / breadth, change["verdict"] in _SURE,
    )  # fmt: skip
