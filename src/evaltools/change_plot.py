"""The picture of change: every outcome on a line of its own, with how sure it is and what it may be called."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from evaltools.plots import ACCENT, INK, TRACK, WIDTH, as_svg, drawing_style

_LINE, _SPACE, _FOOT, _HEAD = 0.17, 0.2, 0.4, 0.12  # inches
_NAME, _FROM, _TO = 0.01, 0.34, 0.74  # where the name begins, and the line begins and ends, as shares of the width
_LETTERS, _SAID_LETTERS = 30, 22
_LEAST_REACH = 0.25  # of a scale's range, to each side: a small change looks small


@dataclass(frozen=True)
class Change:
    """One outcome's change, in shares of its scale's range, and the words beside it.

    ``ends`` are the values between which the change lies (equal where it is one value), ``spread`` those between which
    the true change may lie, ``minimal`` the smallest change that counts. ``sure`` says whether the change may be called
    one.
    """

    name: str
    figure: str
    said: str
    ends: tuple[float, float]
    spread: tuple[float, float]
    minimal: float
    sure: bool


def change_plot(changes: Sequence[Change], words: tuple[str, str, str], key: str) -> str:
    """Changes under each other about a common line of no change, as SVG.

    Parameters
    ----------
    changes : sequence of Change
        From top to bottom.
    words : tuple of str
        What stands under the left end, the line of no change, and the right end.
    key : str
        Unique within a page; keeps the ids of several pictures apart.

    Returns
    -------
    str
        An SVG element with the same bytes for the same input. A filled dot is a change that may be called one, a
        hollow dot one that may not; the short upright lines are the smallest change that counts.
    """
    from matplotlib.figure import Figure as Canvas

    lines = max((len(_name(change)) + 1 for change in changes), default=1)
    height = _HEAD + (lines * _LINE + _SPACE) * len(changes) + _FOOT
    reach = max((abs(end) for change in changes for end in (*change.spread, *change.ends)), default=0.0)
    reach = max(reach * 1.08, _LEAST_REACH)
    with drawing_style():
        canvas = Canvas(figsize=(WIDTH, height))
        axes = canvas.add_axes((_FROM, _FOOT / height, _TO - _FROM, 1 - (_FOOT + _HEAD) / height))
        axes.set_xlim(-reach, reach)
        axes.set_ylim(len(changes) - 0.5, -0.5)
        axes.axis("off")
        axes.plot((0, 0), (-0.5, len(changes) - 0.5), color=INK, linewidth=1.2, zorder=1)
        for row, change in enumerate(changes):
            _draw(axes, row, change, reach)
        foot = len(changes) - 0.4
        for at, text, side in zip((-reach, 0, reach), words, ("left", "center", "right"), strict=True):
            axes.text(at, foot, text, color=INK, fontsize=9, va="top", ha=side, parse_math=False)
        return as_svg(canvas, key)


def _name(change: Change) -> list[str]:
    """The lines of a name; what does not fit in two is in the table beside the picture."""
    return textwrap.wrap(change.name, _LETTERS)[:2]


def _draw(axes: object, row: int, change: Change, reach: float) -> None:
    """One line: name and figure at the left, the change in the middle, what it may be called at the right."""
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    axes.plot((-reach, reach), (row, row), color=TRACK, linewidth=0.8, zorder=1)
    for at in (-change.minimal, change.minimal):
        if abs(at) <= reach:
            axes.plot((at, at), (row - 0.16, row + 0.16), color=TRACK, linewidth=1.6, zorder=1)
    axes.plot(change.spread, (row, row), color=ACCENT, linewidth=2.5, solid_capstyle="butt", zorder=2)
    if change.ends[0] != change.ends[1]:
        axes.plot(change.ends, (row, row), color=ACCENT, linewidth=8, solid_capstyle="butt", zorder=3)
    else:
        axes.plot([change.ends[0]], [row], marker="o", markersize=9, color=ACCENT, markeredgewidth=2,
                  markerfacecolor=ACCENT if change.sure else "white", zorder=3)  # fmt: skip
    place = axes.get_yaxis_transform()
    name = "\n".join(_name(change))
    scale = 1 / (_TO - _FROM)
    axes.text((_NAME - _FROM) * scale, row, f"{name}\n{change.figure}", color=INK, fontsize=9.5, va="center", ha="left",
              transform=place, linespacing=1.25, parse_math=False)  # fmt: skip
    axes.text(1 + 0.02 * scale, row, "\n".join(textwrap.wrap(change.said, _SAID_LETTERS)), color=INK, fontsize=9.5,
              va="center", ha="left", weight="bold", transform=place, linespacing=1.25, parse_math=False)  # fmt: skip
