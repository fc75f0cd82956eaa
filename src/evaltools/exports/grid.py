"""Bytes to a grid of text that remembers file, sheet, row and column.

Everything is text first. No reader guesses a type or decides what is missing: "007" stays "007",
"NA" stays "NA", and a blank stays blank until a declaration says what it means.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from evaltools.errors import Problems
from evaltools.measures import limits

DELIMITERS = (";", ",", "\t", "|")
_MOST_CELLS = 5_000_000  # of a sheet; one forgotten cell in its far corner would otherwise fill the memory
_SIGNATURES = {b"PK\x03\x04": "xlsx", b"\xd0\xcf\x11\xe0": "ole"}
WORKBOOK = "xlsx"
_TEXT_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?(?:\r\n|\r|\n|\Z)', re.IGNORECASE)  # Excel's own hint
_WESTERN = frozenset("åäöÅÄÖéÉèàüÜæøÆØ–—‘’“”„…•·´¨§°½×€«»\u00a0")


@dataclass(frozen=True, repr=False)
class Grid:
    """One table as text: ``rows[i][j]`` is the cell in spreadsheet row ``numbers[i]``, column ``j``.

    ``form`` is how the file is made (``"text"``, ``"xlsx"``, ``"sav"`` ...), ``encoding`` and ``delimiter`` are those
    of a text file. A file of SPSS or Stata says itself what its codes mean: then ``labels`` has the label of each code
    of a column, ``user_missing`` the codes that its maker declared as missing, and ``questions`` a column's question.
    """

    file: str
    sheet: str
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]
    form: str = "text"
    encoding: str = ""
    delimiter: str = ""
    labels: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    user_missing: Mapping[int, frozenset[str]] = field(default_factory=dict)
    questions: Mapping[int, str] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Number of columns of the widest row."""
        return max((len(row) for row in self.rows), default=0)

    def below(self, header_rows: int) -> Grid:
        """The same grid without its first rows."""
        return replace(self, rows=self.rows[header_rows:], numbers=self.numbers[header_rows:])


def column_letter(position: int) -> str:
    """Name of a column as Excel shows it, position counted from 0.

    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def read_grid(path: Path, name: str, problems: Problems, *, sheet: str = "", delimiter: str = "",
              encoding: str = "") -> Grid | None:  # fmt: skip
    """Read one table out of a CSV or XLSX file, as text.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        How messages call it (its path inside the evaluation folder).
    problems : Problems
        Collects what cannot be read; then the result is None.
    sheet, delimiter, encoding : str
        As declared; empty means the only sheet, the delimiter that fits best, and the encoding ladder
        BOM, strict UTF-8, cp1252. A BOM is believed before a declaration.

    Returns
    -------
    Grid or None
        Wholly blank rows are kept: whoever uses the grid counts them.
    """
    data = file_bytes(path, name, problems)
    if data is None:
        return None
    kind = next((kind for mark, kind in _SIGNATURES.items() if data.startswith(mark)), "text")
    if kind == "ole":
        problems.add("file_old_or_protected", file=name)
        return None
    if kind == "xlsx":
        return _read_workbook(data, name, sheet, problems)
    return _read_text(data, name, delimiter, encoding, problems)


def file_bytes(path: Path, name: str, problems: Problems) -> bytes | None:
    """The bytes of a file of reasonable size; None, with a problem, where it is missing, locked, empty or too large."""
    largest = int(limits()["file_megabytes"])
    data = b""
    try:
        if not path.is_file():
            key = "file_not_found"
        elif path.stat().st_size > largest * 1_000_000:
            key = "file_too_large"
        else:
            data = path.read_bytes()
            key = "" if data.strip() else "file_empty"
    except OSError:
        key = "file_locked"
    if key:
        problems.add(key, file=name, largest=largest)
    return None if key else data


def _read_text(data: bytes, name: str, delimiter: str, encoding: str, problems: Problems) -> Grid | None:
    text, used = _decode(data, encoding)
    if text is None or "\x00" in text or not text.strip():
        problems.add("file_empty" if text is not None and not text.strip() else "encoding_unknown", file=name)
        return None
    hint = _SEPARATOR_LINE.match(text)
    lines_before = 1 if hint else 0  # the file's row numbers still count that line
    if hint:
        delimiter, text = delimiter or hint[1], text[hint.end() :]
    rows, numbers = [], []
    delimiter = delimiter or _voted_delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1 + lines_before
    try:
        for cells in reader:
            rows.append(tuple(cell.strip() for cell in cells))
            numbers.append(line)
            line = reader.line_num + 1 + lines_before
    except csv.Error:
        problems.add("csv_broken", file=name, row=line)
        return None
    return Grid(name, "", tuple(rows), tuple(numbers), "text", used, delimiter)


def _decode(data: bytes, encoding: str) -> tuple[str | None, str]:
    """Text and the encoding it was read with: by BOM, else as declared, else strict UTF-8, else cp1252."""
    marked = next((name for mark, name in _TEXT_MARKS.items() if data.startswith(mark)), "")
    for candidate in filter(None, [marked or encoding or "utf-8", "" if marked or encoding else "cp1252"]):
        try:
            text = data.decode(candidate)
        except (LookupError, ValueError):
            continue
        if candidate == "cp1252" and not encoding and not _reads_as_western(text):
            continue
        return text, candidate
    return None, ""


def _reads_as_western(text: str) -> bool:
    """Whether most letters beyond ASCII are those of Western languages; else the page is another (Mac Roman, Greek).

    >>> _reads_as_western("Träffar på Öland"), _reads_as_western("Tr\u0160ffar p\u0152 \u2026land")
    (True, False)
    """
    beyond = [letter for letter in text if letter > "\x7f"]
    return 2 * sum(letter in _WESTERN for letter in beyond) >= len(beyond)


def _voted_delimiter(text: str) -> str:
    """The delimiter under which most rows have the same number of cells as the headings, wider tables preferred."""

    def vote(delimiter: str) -> tuple[bool, float]:
        sample = io.StringIO(text[:200_000], newline="")
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        except csv.Error:
            return False, 0.0
        common = max(set(widths), key=widths.count, default=0)
        if common < 2:
            return False, 0.0
        return widths[0] == common, widths.count(common) / len(widths) * common**0.5

    return max(DELIMITERS, key=vote)


def _read_workbook(data: bytes, name: str, sheet: str, problems: Problems) -> Grid | None:
    if not _unpacks_within_limit(data):
        problems.add("file_unpacks_too_large", file=name)
        return None
    told = len(problems.found)
    grid = None
    with contextlib.suppress(Exception):  # two readers, each with many ways to fail on a damaged file
        grid = _read_sheet(data, name, sheet, problems)
    if grid is None and len(problems.found) == told:
        problems.add("workbook_broken", file=name)
    return grid


def _read_sheet(data: bytes, name: str, sheet: str, problems: Problems) -> Grid | None:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    visible = [
        entry.name for entry in workbook.sheets_metadata
        if entry.visible == SheetVisibleEnum.Visible and entry.typ == SheetTypeEnum.WorkSheet
    ]  # fmt: skip
    chosen = sheet if sheet in visible else visible[0] if not sheet and len(visible) == 1 else None
    if chosen is None:
        key = "sheet_not_found" if sheet else "sheet_not_named"
        problems.add(key, file=name, sheet=sheet, sheets=", ".join(visible))
        return None
    cells, errors = _extent_and_errors(data, chosen)
    for row, column in errors:
        problems.add("error_cell", file=name, sheet=chosen, row=row, column=column)
    if cells > _MOST_CELLS:
        problems.add("sheet_too_large", file=name, sheet=chosen)
        return None
    values = workbook.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    rows = tuple(tuple(_cell_text(value) for value in row) for row in values)
    return Grid(name, chosen, rows, tuple(range(1, len(rows) + 1)), WORKBOOK)


def _unpacks_within_limit(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return True  # damaged: the workbook reader says so
    return unpacked <= int(limits()["unpacked_megabytes"]) * 1_000_000


def _extent_and_errors(data: bytes, sheet: str) -> tuple[int, list[tuple[int, str]]]:
    """How many cells a sheet spans, and which hold #N/A, #DIV/0! and the like.

    Calamine gives such cells as blanks, which would be silence, and takes memory for the whole extent at once.
    """
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about parts of the workbook that are not read
        worksheet: Any = load_workbook(io.BytesIO(data), read_only=True, data_only=True)[sheet]
        worksheet.reset_dimensions()  # what the file says of its own size may be wrong
        filled = [cell for row in worksheet.iter_rows() for cell in row if cell.value is not None]
    span = [max(places, default=0) for places in zip(*((cell.row, cell.column) for cell in filled), strict=True)]
    errors = [(cell.row, column_letter(cell.column - 1)) for cell in filled if cell.data_type == "e"]
    return (span[0] * span[1] if span else 0), errors


def _cell_text(value: object) -> str:
    """A spreadsheet value as the text that a person sees: 3.0 as "3", a date as ISO, true as "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).strip()
