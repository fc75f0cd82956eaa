"""How attendance lists, the toolkit's own tables and plain tables are known, one function a kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from evaltools.exports.grid import Grid
from evaltools.exports.recognition import (
    Recognition,
    are_times,
    body,
    first_rows,
    folded,
    headings,
    listed,
    meanings,
    sample,
    signatures,
)
from evaltools.language import known_as, known_headings, languages, texts

_SECTION = re.compile(r"(\d)\. \D")
_SHORT_DATE = re.compile(r"\d{1,2}[/.]\d{1,2}\.?|[vV]\.? ?\d{1,2}")
_ZOOM_ROWS = 6


def teams(grid: Grid) -> Recognition | None:
    """Teams attendance: tables numbered 1., 2., 3. under each other, or the older list of joins and leaves."""
    top = first_rows(grid)[0]
    heads = headings(grid, top)
    columns = meanings(heads, "teams", "actions")
    if len(columns) == len(signatures()["teams"]["actions"]):
        return Recognition(
            "teams", "actions", "certain", (("headings", listed(heads, columns)),), top + 1, top, columns
        )
    starts = {found[1]: at for at, row in reversed(list(body(grid, 0))) if (found := _SECTION.match(row[0]))}
    if starts.get("1") != top or "2" not in starts:
        return None
    below = [at for at, _ in body(grid, starts["2"] + 1)]
    if not below:
        return None
    columns = meanings(headings(grid, below[0]), "teams", "sections")
    columns.setdefault("name", (0,))
    return Recognition("teams", "sections", "certain", (("sections", ""),), below[0] + 1, below[0], columns,
                       starts.get("3"))  # fmt: skip


def zoom(grid: Grid) -> Recognition | None:
    """Zoom participants: its heading for names within the first rows, alone or below the meeting's own table."""
    for at in range(min(_ZOOM_ROWS, len(grid.rows))):
        heads = headings(grid, at)
        columns = meanings(heads, "zoom")
        if "name" in columns:
            variant = "meeting" if any(any(row) for row in grid.rows[:at]) else "participants"
            reasons = (("headings", listed(heads, columns)),)
            return Recognition("zoom", variant, "certain", reasons, at + 1, at, columns)
    return None


def toolkit(grid: Grid) -> Recognition | None:
    """The toolkit's own tables, by headings that are their columns in any language, and the sheets beside them."""
    top = first_rows(grid)[0]
    beside = _help_sheet(grid, top)
    if beside:
        return beside
    heads = headings(grid, top)
    if 2 * sum(head in known_as("columns") for head in heads) < len([head for head in heads if head]):
        return None
    fits = [(meant, table) for table, needed in signatures()["toolkit"]["needed"].items()
            if set(needed) <= (meant := _canonical(heads, table)).keys()]  # fmt: skip
    if not fits:
        return None
    meant, table = max(fits, key=lambda fit: len(fit[0]))
    columns = {"respondent" if meaning == "person" else meaning: places for meaning, places in meant.items()}
    confidence = "certain" if len(meant) >= 3 else "likely"
    return Recognition("toolkit", table, confidence, (("headings", listed(heads, meant)),), top + 1, top, columns)


def _canonical(heads: Sequence[str], table: str) -> dict[str, tuple[int, ...]]:
    """Where the columns of one of the toolkit's tables stand, by its headings in any language."""
    known, meant = known_headings(table), dict[str, tuple[int, ...]]()
    for at, head in enumerate(heads):
        if head in known:
            meant.setdefault(known[head], (at,))
    return meant


def _help_sheet(grid: Grid, top: int) -> Recognition | None:
    """A sheet of the session log that nobody fills in with answers: known by its name and its first cell together."""
    first = folded(next(filter(None, grid.rows[top])))
    for words in map(texts, languages()):
        new = words["new"]
        begins = {"read_me": new["read_me"][0], "groups": words["columns"]["group"], "example": new["example_lead"]}
        for variant, begin in begins.items():
            spelled = begin if isinstance(begin, str) else begin[0]
            if grid.sheet == new["sheets"][variant] and first == folded(spelled):
                return Recognition("toolkit", variant, "certain", (("sheet_name", ""),), top + 1, top)
    return None


def attendance_matrix(grid: Grid) -> Recognition | None:
    """An Excel sheet of dates by persons, or persons by dates, filled with x, yes, true and the like."""
    rows = first_rows(grid)
    top = next((at for at in rows if sum(1 for cell in grid.rows[at] if cell) >= 3), None)
    if top is None:
        return None
    heads = headings(grid, top)
    words = signatures()["attendance_matrix"]["words"]
    cells = sample(grid, top + 1, 0)
    marked = _marked_columns(grid, top, len(heads))
    if len(marked) < 2 or 2 * len(marked) < len(heads) - 1:
        return None
    if _dates(cells):
        named = heads[0] in words["date"]
        reasons = (("dates_down", ""), ("marks", str(len(marked))))
        return Recognition("attendance_matrix", "dates_down", "likely" if named else "guess", reasons, top + 1, top,
                           {"date": (0,)})  # fmt: skip
    if _dates(grid.rows[top][at] for at in marked):
        reasons = (("dates_across", ""), ("marks", str(len(marked))))
        confidence = "likely" if heads[0] in words["person"] else "guess"
        return Recognition("attendance_matrix", "dates_across", confidence, reasons, top + 1, top, {"name": (0,)})
    return None


def _marked_columns(grid: Grid, top: int, width: int) -> list[int]:
    marks = set(signatures()["attendance_matrix"]["words"]["mark"])
    found = []
    for at in range(1, width):
        cells = Counter(sample(grid, top + 1, at))
        marked = sum(times for cell, times in cells.items() if folded(cell) in marks)
        if cells and marked >= 0.9 * cells.total():
            found.append(at)
    return found


def _dates(cells: Iterable[str]) -> bool:
    """Whether nearly all cells are dates, also without a year; a total row or two may stand below.

    >>> _dates(["10/1", "10/8", "10/15", "10/22", "Summa"]), _dates(["1", "2"])
    (True, False)
    """
    told = list(cells)
    dates = [cell for cell in told if are_times([cell]) or _SHORT_DATE.fullmatch(cell)]
    return len(dates) >= 2 and len(dates) >= 0.8 * len(told)


def generic(grid: Grid) -> Recognition:
    """A table of no known tool: titles are passed over, and the first row that looks like headings is taken."""
    rows = first_rows(grid)
    if not rows:
        return Recognition("generic", "empty", "guess", (("nothing", ""),), 0)
    widest = max(sum(1 for cell in grid.rows[at] if cell) for at in rows)
    top = next(at for at in rows if 2 * sum(1 for cell in grid.rows[at] if cell) >= min(widest, 4))
    heads = headings(grid, top)
    columns = meanings(heads, "generic")
    if not _are_headings(heads):
        return Recognition("generic", "no_headings", "guess", (("no_headings", ""),), top, top, {})
    return Recognition("generic", "", "guess", (("no_signature", ""),), top + 1, top, columns)


def _are_headings(heads: list[str]) -> bool:
    """Whether a row may be headings: words, not figures, times or addresses."""
    told = [head for head in heads if head]
    figures = sum(re.fullmatch(r"[\d\s.,:%/+-]+", head[:40]) is not None or are_times([head]) for head in told)
    return 2 * figures < len(told) and not any("@" in head for head in told)
