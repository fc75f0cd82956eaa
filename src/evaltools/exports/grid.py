"""Bytes to a grid of text that remembers file, sheet, row and column.

Everything is text first. No reader guesses a type or decides what is missing: "007" stays "007",
"NA" stays "NA", and a blank stays blank until a declaration says what it means.
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from evaltools.errors import Problems
from evaltools.measures import limits

DELIMITERS = (";", ",", "\t", "|")
_SIGNATURES = {b"PK\x03\x04": "xlsx", b"\xd0\xcf\x11\xe0": "ole"}
_TEXT_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class Grid:
    """One table as text: ``rows[i][j]`` is the cell in spreadsheet row ``numbers[i]``, column ``j``."""

    file: str
    sheet: str
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]
    encoding: str = ""

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
        BOM, strict UTF-8, cp1252.

    Returns
    -------
    Grid or None
        Wholly blank rows are kept: whoever uses the grid counts them.
    """
    if not path.is_file():
        problems.add("file_not_found", file=name)
        return None
    try:
        data = _bytes_within_limit(path, name, problems)
    except PermissionError:
        problems.add("file_locked", file=name)
        return None
    if data is None:
        return None
    kind = next((kind for mark, kind in _SIGNATURES.items() if data.startswith(mark)), "text")
    if kind == "ole":
        problems.add("file_old_or_protected", file=name)
        return None
    if kind == "xlsx":
        return _read_workbook(data, name, sheet, problems)
    return _read_text(data, name, delimiter, encoding, problems)


def _bytes_within_limit(path: Path, name: str, problems: Problems) -> bytes | None:
    largest = int(limits()["file_megabytes"])
    if path.stat().st_size > largest * 1_000_000:
        problems.add("file_too_large", file=name, largest=largest)
        return None
    data = path.read_bytes()
    if not data.strip():
        problems.add("file_empty", file=name)
        return None
    return data


def _read_text(data: bytes, name: str, delimiter: str, encoding: str, problems: Problems) -> Grid | None:
    text, used = _decode(data, encoding)
    if text is None or "\x00" in text:
        problems.add("encoding_unknown", file=name)
        return None
    lines_before = 0
    if text[:4].casefold() == "sep=":  # Excel's own hint; the file's row numbers still count this line
        first, _, text = text.partition("\n")
        delimiter, lines_before = delimiter or first[4:5], 1
    delimiter = delimiter or _voted_delimiter(text)
    rows, numbers = [], []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1 + lines_before
    try:
        for cells in reader:
            rows.append(tuple(cell.strip() for cell in cells))
            numbers.append(line)
            line = reader.line_num + 1 + lines_before
    except csv.Error:
        problems.add("csv_broken", file=name, row=line)
        return None
    return Grid(name, "", tuple(rows), tuple(numbers), used)


def _decode(data: bytes, encoding: str) -> tuple[str | None, str]:
    """Text and the encoding it was read with: as declared, else BOM, strict UTF-8, cp1252."""
    marked = next((name for mark, name in _TEXT_MARKS.items() if data.startswith(mark)), "")
    for candidate in [encoding] if encoding else [marked] if marked else ["utf-8", "cp1252"]:
        try:
            return data.decode(candidate), candidate
        except (UnicodeDecodeError, LookupError):
            continue
    return None, ""


def _voted_delimiter(text: str) -> str:
    """The delimiter under which most rows have the same number of cells, wider tables preferred."""

    def vote(delimiter: str) -> float:
        sample = io.StringIO(text[:200_000], newline="")
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        except csv.Error:
            return 0.0
        common = max(set(widths), key=widths.count, default=0)
        return widths.count(common) / max(len(widths), 1) * common**0.5 if common > 1 else 0.0

    return max(DELIMITERS, key=vote)


def _read_workbook(data: bytes, name: str, sheet: str, problems: Problems) -> Grid | None:
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    if not _unpacks_within_limit(data):
        problems.add("file_unpacks_too_large", file=name)
        return None
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible = [entry.name for entry in workbook.sheets_metadata if entry.visible == SheetVisibleEnum.Visible]
        chosen = _chosen_sheet(visible, sheet, name, problems)
        values = None if chosen is None else workbook.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    except CalamineError:
        problems.add("workbook_broken", file=name)
        return None
    if chosen is None or values is None:
        return None
    for row, column in _error_cells(data, chosen):
        problems.add("error_cell", file=name, sheet=chosen, row=row, column=column)
    rows = tuple(tuple(_cell_text(value) for value in row) for row in values)
    return Grid(name, chosen, rows, tuple(range(1, len(rows) + 1)), "xlsx")


def _unpacks_within_limit(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        return True  # the workbook reader says what is wrong with it
    return unpacked <= int(limits()["unpacked_megabytes"]) * 1_000_000


def _chosen_sheet(visible: list[str], sheet: str, name: str, problems: Problems) -> str | None:
    if sheet in visible:
        return sheet
    if not sheet and len(visible) == 1:
        return visible[0]
    key = "sheet_not_found" if sheet else "sheet_not_named"
    problems.add(key, file=name, sheet=sheet, sheets=", ".join(visible))
    return None


def _error_cells(data: bytes, sheet: str) -> list[tuple[int, str]]:
    """Cells that hold #N/A, #DIV/0! and the like; calamine gives them as blanks, which would be silence."""
    from openpyxl import load_workbook

    worksheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True)[sheet]
    return [
        (cell.row, column_letter(cell.column - 1))
        for row in worksheet.iter_rows()
        for cell in row
        if cell.data_type == "e" and cell.row and cell.column
    ]


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
