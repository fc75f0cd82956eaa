"""Text files (CSV and the like) to a grid of text: delimiter, quotes, rows that count from the file's first line."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager

from evaltools.errors import Problems
from evaltools.exports.text_encodings import decode_text
from evaltools.exports.text_grid import Grid
from evaltools.measures import limits

DELIMITERS = (";", ",", "\t", "|")
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?(?:\r\n|\r|\n|\Z)', re.IGNORECASE)  # Excel's own hint
_SAMPLE = 200_000  # letters that are parsed to find the delimiter


def read_text(data: bytes, name: str, delimiter: str, encoding: str, problems: Problems) -> Grid | None:
    """A text file as a grid.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        How messages call it.
    delimiter, encoding : str
        As declared; blank means as found.
    problems : Problems
        Collects what cannot be read; then the result is None. A note tells of columns at the end that are wholly
        empty, which a delimiter at the end of every line makes; they are left out.

    Returns
    -------
    Grid or None
        A row is numbered by the line of the file in which it begins, also after line breaks inside quotes and
        after Excel's ``sep=`` line. Blank rows are kept.
    """
    decoded = decode_text(data, encoding, name, problems)
    if decoded is None:
        return None
    text = decoded.text
    if not text.strip():
        problems.add("file_empty", file=name)
        return None
    hint = _SEPARATOR_LINE.match(text)
    if hint:
        delimiter, text = delimiter or hint[1], text[hint.end() :]
    delimiter = delimiter or voted_delimiter(text)
    parsed = _parsed(text, delimiter or DELIMITERS[0], name, 1 if hint else 0, problems)
    if parsed is None:
        return None
    rows = _without_empty_end(parsed[0], name, problems)
    return Grid(name, "", tuple(rows), tuple(parsed[1]), "text", decoded.encoding, delimiter,
                encoding_assumed=decoded.assumed)  # fmt: skip


def _parsed(
    text: str, delimiter: str, name: str, lines_before: int, problems: Problems
) -> tuple[list[tuple[str, ...]], list[int]] | None:
    rows: list[tuple[str, ...]] = []
    numbers: list[int] = []
    line, cells = 1 + lines_before, 0
    most, widest = int(limits()["table_cells"]), int(limits()["table_columns"])
    with _cells_of_any_length():
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            for row in reader:
                rows.append(tuple(cell.strip() for cell in row))
                numbers.append(line)
                line = reader.line_num + 1 + lines_before
                cells += len(row)
                if cells > most or len(row) > widest:
                    problems.add("table_too_large", file=name, most=most, widest=widest)
                    return None
        except csv.Error:
            problems.add("csv_broken", file=name, row=line)
            return None
    return rows, numbers


@contextmanager
def _cells_of_any_length() -> Iterator[None]:
    """Let a cell be as long as a file may be; otherwise a long answer would be told as a missing quotation mark."""
    before = csv.field_size_limit(int(limits()["file_megabytes"]) * 1_000_000)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _without_empty_end(rows: list[tuple[str, ...]], name: str, problems: Problems) -> list[tuple[str, ...]]:
    width = max(map(len, rows), default=0)
    filled = max((at + 1 for row in rows for at in range(len(row) - 1, -1, -1) if row[at]), default=0)
    if not 0 < filled < width:
        return rows
    problems.add("empty_columns_left_out", file=name, n=width - filled)
    return [row[:filled] for row in rows]


def voted_delimiter(text: str) -> str:
    r"""The delimiter under which the rows fit together best; blank where the text seems to have one column.

    A real parser reads the start of the text with each delimiter. A row fits where it has as many cells as the row
    above or below it, or as most rows have: so reports with several tables under each other are understood too.
    Wide tables are preferred; a delimiter that does not divide a first row which another one does counts half, so that
    decimal commas do not win.

    >>> voted_delimiter("a;b\n1,5;2,5\n"), voted_delimiter("Kod\nAB12\n")
    (';', '')
    """
    votes = {delimiter: _vote(text[:_SAMPLE], delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: votes[delimiter])
    return best if votes[best] else ""


def _vote(text: str, delimiter: str) -> float:
    with _cells_of_any_length():
        try:
            rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            return 0.0
    widths = [len(row) for row in rows]
    common = max(set(widths), key=widths.count, default=0)
    around = zip([0, *widths], widths, [*widths[1:], 0], strict=False)
    fitting = [width for above, width, below in around if width > 1 and width in (above, below, common)]
    if not fitting:
        return 0.0
    return sum(map(math.sqrt, fitting)) / len(widths) / (1 if _heads(rows[0], delimiter) else 2)


def _heads(first: list[str], delimiter: str) -> bool:
    """Whether the first row is divided by the delimiter, or by none: then it is a title."""
    return len(first) > 1 or not any(other in cell for cell in first for other in DELIMITERS if other != delimiter)
