"""The picture of steps: how far along a short ladder of words each thing has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaltools.plots import ACCENT, INK, TRACK, Row, as_svg, drawing_style, open_rows, write_foot

_TICK = 0.05  # inches, half the height of a step's upright line


@dataclass(frozen=True)
class Step:
    """One row: its name, on which step it stands (None: on none), whether that is certain, and its words."""

    name: str
    words: str
    at: int | None = None
    sure: bool = True


def steps_plot(steps: Sequence[Step], ends: tuple[str, str], middle: int, of: int, key: str) -> str:
    """Rows on a ladder of steps, as SVG.

    Parameters
    ----------
    steps : sequence of Step
        From top to bottom.
    ends : tuple of str
        What stands under the first step and under the last.
    middle : int
        The step that is neither way: its upright line is higher than the others.
    of : int
        How many steps there are.
    key : str
        Unique within a page; keeps the ids of several pictures apart.

    Returns
    -------
    str
        An SVG element with the same bytes for the same input. A filled square is certain, a hollow one is not; a row
        without a step has its words only, and no line.
    """
    with drawing_style():
        canvas, axes, places = open_rows([Row(step.name, (step.words,)) for step in steps], (0, of - 1))
        for place, step in zip(places, steps, strict=True):
            if step.at is None:
                continue
            axes.plot((0, of - 1), (place, place), color=TRACK, linewidth=0.8, zorder=1)
            for tick in range(of):
                height, colour = (2 * _TICK, INK) if tick == middle else (_TICK, TRACK)
                axes.plot((tick, tick), (place - height, place + height), color=colour, linewidth=1.2, zorder=1)
            axes.plot([step.at], [place], marker="s", markersize=9, color=ACCENT, markeredgewidth=2,
                      markerfacecolor=ACCENT if step.sure else "white", zorder=2, clip_on=False)  # fmt: skip
        write_foot(axes, {0: ends[0], of - 1: ends[1]})
        return as_svg(canvas, key)
