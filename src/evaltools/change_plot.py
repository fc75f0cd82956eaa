"""The picture of change: every outcome on a line of its own, with how sure it is and what it may be called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaltools.plots import ACCENT, INK, TRACK, Row, as_svg, drawing_style, open_rows, write_foot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEAST_REACH = 0.25  # of a scale's range, to each side: a small change looks small
_MINIMAL = 0.07  # inches, half the height of the short upright lines


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
    reach = max((abs(end) for change in changes for end in (*change.spread, *change.ends)), default=0.0)
    reach = max(reach * 1.08, _LEAST_REACH)
    with drawing_style():
        rows = [Row(change.name, (change.said, change.figure)) for change in changes]
        canvas, axes, places = open_rows(rows, (-reach, reach))
        axes.plot((0, 0), axes.get_ylim(), color=INK, linewidth=1.2, zorder=1)
        for place, change in zip(places, changes, strict=True):
            _draw(axes, place, change, reach)
        write_foot(axes, dict(zip((-reach, 0, reach), words, strict=True)))
        return as_svg(canvas, key)


def _draw(axes: Axes, place: float, change: Change, reach: float) -> None:
    """One line: the smallest change that counts to each side, the uncertainty, and the change."""
    axes.plot((-reach, reach), (place, place), color=TRACK, linewidth=0.8, zorder=1)
    for at in (-change.minimal, change.minimal):
        if abs(at) <= reach:
            axes.plot((at, at), (place - _MINIMAL, place + _MINIMAL), color=TRACK, linewidth=1.6, zorder=1)
    axes.plot(change.spread, (place, place), color=ACCENT, linewidth=2.5, solid_capstyle="butt", zorder=2)
    if change.ends[0] != change.ends[1]:
        axes.plot(change.ends, (place, place), color=ACCENT, linewidth=8, solid_capstyle="butt", zorder=3)
    else:
        axes.plot([change.ends[0]], [place], marker="o", markersize=9, color=ACCENT, markeredgewidth=2,
                  markerfacecolor=ACCENT if change.sure else "white", zorder=3)  # fmt: skip
