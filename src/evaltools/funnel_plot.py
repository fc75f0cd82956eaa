"""The picture of a funnel: every group's released change by its size, within the limits of chance. It names nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaltools.plots import ACCENT, INK, TRACK, WIDTH, as_svg, drawing_style

_HEIGHT = 3.6  # inches
_DASHES = ("--", ":")


@dataclass(frozen=True)
class Dot:
    """One group: its people, the middle of its released change, and the ends between which the change lies."""

    n: int
    middle: float
    ends: tuple[float, float]


@dataclass(frozen=True)
class Limits:
    """Within which a group of so many people is expected, at one level."""

    n: Sequence[int]
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True)
class Axis:
    """What stands along an axis, and where a number is written, in words."""

    name: str
    ticks: Sequence[tuple[float, str]]


def funnel_plot(
    dots: Sequence[Dot], centre: float, limits: Sequence[Limits], people: Axis, change: Axis, key: str
) -> str:
    """Groups by size, the mean of all, and limits on both sides of it, as SVG.

    Parameters
    ----------
    dots : sequence of Dot
        The groups; of a change that is known by its ends only, a line shows them.
    centre : float
        The mean over all people.
    limits : sequence of Limits
        The narrow ones first.
    people, change : Axis
        The two axes in words.
    key : str
        Unique within a page; keeps the ids of several pictures apart.
    """
    from matplotlib.figure import Figure as Canvas

    with drawing_style():
        canvas = Canvas(figsize=(WIDTH, _HEIGHT))
        axes = canvas.add_axes((0.1, 0.15, 0.88, 0.82))
        axes.axhline(centre, color=TRACK, linewidth=2, zorder=1)
        for limit, dash in zip(limits, _DASHES, strict=True):
            for edge in (limit.low, limit.high):
                axes.plot(limit.n, edge, color=INK, linewidth=1, linestyle=dash, zorder=1)
        for dot in dots:
            axes.plot((dot.n, dot.n), dot.ends, color=ACCENT, linewidth=3, solid_capstyle="butt", zorder=2)
        axes.plot([dot.n for dot in dots], [dot.middle for dot in dots], color=ACCENT, linewidth=0, marker="o",
                  markersize=6, alpha=0.7, markeredgecolor="white", zorder=3)  # fmt: skip
        axes.set_xlabel(people.name, fontsize=9, parse_math=False)
        axes.set_ylabel(change.name, fontsize=9, parse_math=False)
        axes.set_xticks(*zip(*people.ticks, strict=True), fontsize=9, parse_math=False)
        axes.set_yticks(*zip(*change.ticks, strict=True), fontsize=9, parse_math=False)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return as_svg(canvas, key)
