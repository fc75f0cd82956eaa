"""Pictures of figures: each draws exactly the figure that the text shows, nothing finer."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

INK, ACCENT, TRACK = "#1b2a33", "#0b5394", "#7d8b96"
WIDTH, _ROW, _SERIES = 7.0, 0.5, 1.9  # inches
_ABOVE, _BELOW = 0.25, 0.3  # inches of a series for its name and its dates
_DATES = 8  # side by side below a series


@dataclass(frozen=True)
class Mark:
    """One row of a picture: its name, what is shown in words, and where it lies on the scale.

    ``dot`` is a value, ``bar`` the ends between which it lies (a band, or a confidence interval around the dot);
    with neither, only the words are shown.
    """

    name: str
    words: str
    dot: float | None = None
    bar: tuple[float, float] | None = None


def levels_plot(marks: Sequence[Mark], ends: tuple[float, float], end_words: tuple[str, str], key: str) -> str:
    """Rows of marks on one scale, as SVG.

    Parameters
    ----------
    marks : sequence of Mark
        From top to bottom.
    ends : tuple of float
        Lowest and highest possible score.
    end_words : tuple of str
        How the two ends are written.
    key : str
        Unique within a page; keeps the ids of several pictures apart.

    Returns
    -------
    str
        An SVG element with the same bytes for the same input. It holds no more digits of a figure than its marks.
    """
    from matplotlib.figure import Figure as Canvas

    height = _ROW * (len(marks) + 0.25)
    with drawing_style():
        canvas = Canvas(figsize=(WIDTH, height))
        axes = canvas.add_axes((0.02, 0.0, 0.96, 1.0))
        span = ends[1] - ends[0]
        axes.set_xlim(ends[0] - 0.01 * span, ends[1] + 0.01 * span)
        axes.set_ylim(len(marks) - 0.35, -0.6)
        axes.axis("off")
        for row, mark in enumerate(marks):
            axes.plot(ends, (row, row), color=TRACK, linewidth=2, solid_capstyle="butt", zorder=1)
            axes.text(ends[0], row - 0.2, mark.name, color=INK, fontsize=10, va="bottom", ha="left",
                      parse_math=False)  # fmt: skip
            axes.text(
                ends[1],
                row - 0.2,
                mark.words,
                color=INK,
                fontsize=10,
                va="bottom",
                ha="right",
                weight="bold",
                parse_math=False,
            )
            if mark.bar:
                axes.plot(mark.bar, (row, row), color=ACCENT, linewidth=6 if mark.dot is None else 3,
                          solid_capstyle="butt", zorder=2)  # fmt: skip
            if mark.dot is not None:
                axes.plot(
                    [mark.dot],
                    [row],
                    marker="o",
                    markersize=10,
                    color=ACCENT,
                    markeredgecolor="white",
                    zorder=3,
                )
        foot = len(marks) - 1 + 0.3
        for at, text, side in zip(ends, end_words, ("left", "right"), strict=True):
            axes.text(at, foot, text, color=INK, fontsize=9, va="top", ha=side, parse_math=False)
        return as_svg(canvas, key)


@dataclass(frozen=True)
class Point:
    """One point of a series: where it stands, its value, the limits at it (None: no limits), whether it is a signal."""

    name: str
    value: float
    limits: tuple[float, float] | None = None
    signal: bool = False


@dataclass(frozen=True)
class Series:
    """Points in the order of time, and the middle that they lie about; with several, the name stands above."""

    name: str
    points: Sequence[Point]
    middle: float


def series_plot(several: Sequence[Series], ends: tuple[float, float], words: Sequence[str], key: str) -> str:
    """Series over sessions, one above the other on the same scale, each with its middle and limits, as SVG.

    Parameters
    ----------
    several : sequence of Series
        From top to bottom.
    ends : tuple of float
        Lowest and highest possible value.
    words : sequence of str
        How the two ends are written.
    key : str
        Unique within a page; keeps the ids of several pictures apart.
    """
    from matplotlib.figure import Figure as Canvas

    with drawing_style():
        height = _SERIES * len(several)
        canvas = Canvas(figsize=(WIDTH, height))
        for at, series in enumerate(several):
            low = height - _SERIES * (at + 1) + _BELOW
            axes = canvas.add_axes((0.09, low / height, 0.86, (_SERIES - _BELOW - _ABOVE) / height))
            _draw_series(axes, series, ends, words, named=len(several) > 1)
        return as_svg(canvas, key)


def _draw_series(
    axes: Axes, series: Series, ends: tuple[float, float], words: Sequence[str], *, named: bool
) -> None:  # fmt: skip
    points, places = series.points, range(len(series.points))
    values = [point.value for point in points]
    axes.axhline(series.middle, color=TRACK, linewidth=2, zorder=1)
    for end in (0, 1):
        limit = [(at, point.limits[end]) for at, point in enumerate(points) if point.limits]
        axes.plot([at for at, _ in limit], [y for _, y in limit], color=INK, linewidth=1, linestyle="--", zorder=1)
    axes.plot(places, values, color=ACCENT, linewidth=1.5, marker="o", markersize=6, zorder=2)
    marked = [at for at in places if points[at].signal]
    axes.plot(marked, [values[at] for at in marked], color=INK, linewidth=0, marker="D", markersize=9, zorder=3)
    told = places[:: math.ceil(len(points) / _DATES)]  # so many that they stand side by side
    axes.set_xticks(list(told), [points[at].name for at in told], fontsize=8, parse_math=False)
    axes.set_yticks(list(ends), list(words), fontsize=9, parse_math=False)
    span = ends[1] - ends[0]
    axes.set_ylim(ends[0] - 0.05 * span, ends[1] + 0.05 * span)
    if named:
        axes.set_title(series.name, fontsize=10, color=INK, loc="left", pad=4, parse_math=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def drawing_style() -> AbstractContextManager[None]:
    """The same bytes and the same letters on every machine."""
    from matplotlib import rc_context

    return rc_context({"svg.hashsalt": "evaltools", "svg.fonttype": "none", "font.family": "DejaVu Sans"})


def as_svg(canvas: Canvas, key: str) -> str:
    """The picture as an element, with the same bytes every time."""
    stream = io.StringIO()
    canvas.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _inline(stream.getvalue(), key)


def _inline(svg: str, key: str) -> str:
    """The bare element, its ids made unique on the page, hidden from screen readers' file headers."""
    element = svg[svg.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>\s*", "", element, flags=re.DOTALL)
    element = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", element, flags=re.DOTALL)
    element = re.sub(r'\bid="', f'id="{key}-', element)
    element = re.sub(r'(xlink:href|href)="#', rf'\1="#{key}-', element)
    return re.sub(r"url\(#", f"url(#{key}-", element).strip()


def with_alternative(svg: str, alternative: str) -> str:
    """The picture with its text alternative, as one image for screen readers."""
    told = escape(alternative, quote=False)
    opening = f"""<svg role="img" aria-label="{told.replace('"', "&quot;")}" """
    return svg.replace("<svg ", opening, 1).replace(">", f"><title>{told}</title>", 1)
