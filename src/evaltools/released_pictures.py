"""Pictures for the commissioner, drawn from what has been released and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaltools.blocks import Figure, Table
from evaltools.change_plot import Change, change_plot
from evaltools.plots import Mark, levels_plot, with_alternative
from evaltools.shown import Shown
from evaltools.wording import Words

_Json = Mapping[str, Any]
_SURE = ("increase", "decrease")


def change_picture(changes: list[_Json], document: _Json, own: Words) -> Figure:
    """One change an outcome, with its uncertainty and what it may be called; the same figures as a table.

    Parameters
    ----------
    changes : list of mapping
        Rows of ``changes`` in the release, from top to bottom.
    document : mapping
        The release.
    own : Words
        The words of the reader's language.
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
    return Figure(svg, alternative, own.text("figures.changes_caption"), table)


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


def shares_picture(document: _Json, own: Words) -> Figure | None:
    """The shares that have been released, ideas and questions among them, each as the band that it lies in.

    None where nothing of the kind has been released.
    """
    marks, body = [], []
    for share in document["shares"]:
        name = own.text(f"shares.names.{share['measure']}")
        name = own.text("figures.group_and", group=share["group"], rest=name) if share["group"] else name
        shown = own.text(f"shares.shown.{share['shown']['kind']}", **share["shown"])
        marks.append(Mark(name, shown, bar=(float(share["shown"]["low"]), float(share["shown"]["high"]))))
        body.append((name, shown, str(share["n"]), own.month(share["until"])))
    if not marks:
        return None
    told = "; ".join(f"{mark.name}: {mark.words}" for mark in marks)
    alternative = own.text("figures.shares_alternative", marks=told)
    heads = tuple(own.text(f"heads.{head}") for head in ("what_share", "share", "people", "until"))
    ends = (own.text("figures.share_none"), own.text("figures.share_all"))
    svg = with_alternative(levels_plot(marks, (0, 100), ends, "shares"), alternative)
    table = Table(own.text("tables.released_shares"), heads, tuple(body))
    return Figure(svg, alternative, own.text("figures.shares_caption"), table)


def sessions_table(document: _Json, own: Words) -> Table | None:
    """How many sessions were planned, held, moved and cancelled; None where nothing is recorded."""
    counts = document["process"]
    names = [name for name in ("planned", "held", "moved", "cancelled") if f"sessions_{name}" in counts]
    if not names:
        return None
    rows = tuple((own.text(f"heads.sessions_{name}"), own.number(counts[f"sessions_{name}"], 0)) for name in names)
    return Table(own.text("tables.released_sessions"), (own.text("heads.session"), own.text("heads.number")), rows)
