"""Pictures of figures: each draws exactly the figure that the text shows, nothing finer."""

from __future__ import annotations

import io
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

INK, ACCENT, TRACK = "#1b2a33", "#0b5394", "#7d8b96"
WIDTH, _SERIES = 7.0, 1.9  # inches
_ABOVE, _BELOW = 0.25, 0.3  # inches of a series for its name and its dates
_DATES = 8  # side by side below a series
_LINE, _SPACE, _FOOT = 0.155, 0.11, 0.27  # inches: a line of text, between two rows, the words below
_NAME, _FROM, _TO, _WORDS = 0.005, 0.335, 0.685, 0.70  # where name, line and words begin, as shares of the width
_LETTERS, _BOLD_LETTERS, _LIGHT_LETTERS, _NAME_LINES = 30, 25, 31, 2
_FONT, _LIGHT = 9, 8.5
_EDGE = 0.1  # of the line: words nearer to an end than this keep inside it


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
    rows = [Row(mark.name, (mark.words,)) for mark in marks]
    with drawing_style():
        canvas, axes, places = open_rows(rows, ends)
        for place, mark in zip(places, marks, strict=True):
            axes.plot(ends, (place, place), color=TRACK, linewidth=2, solid_capstyle="butt", zorder=1)
            if mark.bar:
                axes.plot(mark.bar, (place, place), color=ACCENT, linewidth=6 if mark.dot is None else 3,
                          solid_capstyle="butt", zorder=2)  # fmt: skip
            if mark.dot is not None:
                axes.plot([mark.dot], [place], marker="o", markersize=9, color=ACCENT, markeredgecolor="white",
                          zorder=3, clip_on=False)  # fmt: skip
        write_foot(axes, dict(zip(ends, end_words, strict=True)))
        return as_svg(canvas, key)


@dataclass(frozen=True)
class Row:
    """The words of one row: its name at the left; at the right what is said, each on a line, the first in bold."""

    name: str
    said: tuple[str, ...]

    def lines(self) -> tuple[list[str], list[tuple[str, bool]]]:
        """The lines at the left and at the right; a name that does not fit in two is cut, and whole in the table."""
        names = textwrap.wrap(self.name, _LETTERS, max_lines=_NAME_LINES, placeholder=" …")
        bold, *light = self.said
        said = [(line, True) for line in textwrap.wrap(bold, _BOLD_LETTERS)]
        return names, said + [(line, False) for text in light for line in textwrap.wrap(text, _LIGHT_LETTERS)]


def open_rows(rows: Sequence[Row], ends: tuple[float, float]) -> tuple[Canvas, Axes, list[float]]:
    """A canvas with the words of rows under each other, the axes between them, and at which height each row lies.

    Parameters
    ----------
    rows : sequence of Row
        From top to bottom; each is as high as its words.
    ends : tuple of float
        What lies at the left and at the right end of the axes.
    """
    from matplotlib.figure import Figure as Canvas

    lines = [row.lines() for row in rows]
    heights = [max(1, len(own[0]), len(own[1])) * _LINE + _SPACE for own in lines]
    total = sum(heights) + _FOOT
    canvas = Canvas(figsize=(WIDTH, total))
    axes = canvas.add_axes((_FROM, _FOOT / total, _TO - _FROM, 1 - _FOOT / total))
    reach = 0.01 * (ends[1] - ends[0])
    axes.set_xlim(ends[0] - reach, ends[1] + reach)
    axes.set_ylim(sum(heights), 0)
    axes.axis("off")
    places = [sum(heights[:at]) + height / 2 for at, height in enumerate(heights)]
    for place, (names, said) in zip(places, lines, strict=True):
        _write(axes, place, _NAME, [(name, False) for name in names])
        _write(axes, place, _WORDS, said)
    return canvas, axes, places


def write_foot(axes: Axes, words: Mapping[float, str]) -> None:
    """Words under the lowest row, each where it belongs on the line."""
    low, high = axes.get_xlim()
    for at, text in words.items():
        share = (at - low) / (high - low)
        side = "left" if share < _EDGE else "right" if share > 1 - _EDGE else "center"
        axes.text(at, axes.get_ylim()[0] + 0.02, text, color=INK, fontsize=_FONT - 0.5, va="top", ha=side,
                  parse_math=False)  # fmt: skip


def _write(axes: Axes, place: float, at: float, lines: Sequence[tuple[str, bool]]) -> None:
    """Lines of text about a height, each bold or not."""
    for number, (text, bold) in enumerate(lines):
        height = place + (number - (len(lines) - 1) / 2) * _LINE
        axes.text((at - _FROM) / (_TO - _FROM), height, text, color=INK, fontsize=_FONT if bold else _LIGHT,
                  va="center", ha="left", weight="bold" if bold else "normal", transform=axes.get_yaxis_transform(),
                  parse_math=False)  # fmt: skip


@dataclass(frozen=True)
class Point:
    """One point of a series: where it stands, its value, the limits at it (None: no limits), whether it is a signal."""

    name: str
    value: float
    limits: tuple[float, float] | None = None
    signal: bool = False


@dataclass(frozen=True)
class Line:
    """Points in the order of time, and the middle that they lie about; with several, the name stands above."""

    name: str
    points: Sequence[Point]
    middle: float


def series_plot(several: Sequence[Line], ends: tuple[float, float], words: Sequence[str], key: str) -> str:
    """Series over sessions, one above the other on the same scale, each with its middle and limits, as SVG.

    Parameters
    ----------
    several : sequence of Line
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
    axes: Axes, series: Line, ends: tuple[float, float], words: Sequence[str], *, named: bool
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
    axes.set_xticks(list(told), [points[at].name for at in told], fontsize=_LIGHT, parse_math=False)
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
