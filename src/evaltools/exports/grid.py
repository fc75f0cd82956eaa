"""The door for files: bytes of any form to a grid of text that remembers file, sheet, row and column.

Everything is text first. No reader guesses a type or decides what is missing: "007" stays "007",
"NA" stays "NA", and a blank stays blank until a declaration says what it means.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evaltools.errors import Problems
from evaltools.exports.file_forms import LABELLED, SHEETS, file_form, promised_form
from evaltools.exports.labelled_files import read_labelled
from evaltools.exports.text_files import DELIMITERS, read_text
from evaltools.exports.text_grid import Grid, column_letter
from evaltools.exports.workbooks import read_sheets, read_workbook
from evaltools.measures import limits

__all__ = ["DELIMITERS", "WORKBOOK", "File", "Grid", "column_letter", "grid_of", "open_file", "read_grid",
           "visible_grids"]  # fmt: skip

WORKBOOK = "xlsx"
_LOCK = "~$"  # how Excel begins the name of the small file that it lays beside an open workbook
_NO_TABLES = {"json": "JSON", "xml": "XML", "ics": "ICS"}


@dataclass(frozen=True, repr=False)
class File:
    """A file whose bytes have been read, once: how messages call it, its suffix, and what it holds."""

    name: str
    suffix: str
    data: bytes

    @cached_property
    def form(self) -> str:
        """How the file is made, by its first bytes."""
        return file_form(self.data)


def read_grid(path: Path, name: str, problems: Problems, *, sheet: str = "", delimiter: str = "",
              encoding: str = "") -> Grid | None:  # fmt: skip
    """Read one table, as text, out of a CSV, a workbook (XLSX, XLS, ODS) or a file of SPSS or Stata.

    Parameters
    ----------
    path : Path
        The file; what it is its first bytes say, not its suffix. A note tells where they differ.
    name : str
        How messages call it (its path inside the evaluation folder).
    problems : Problems
        Collects what cannot be read, then the result is None; and notes of what is left out or assumed.
    sheet, delimiter, encoding : str
        As declared; empty means the only visible sheet, the delimiter that fits best, and the encoding ladder
        BOM, strict UTF-8, cp1252. A BOM is believed before a declaration.

    Returns
    -------
    Grid or None
        Wholly blank rows are kept: whoever uses the grid counts them.
    """
    file = open_file(path, name, problems)
    return grid_of(file, problems, sheet=sheet, delimiter=delimiter, encoding=encoding) if file else None


def grid_of(file: File, problems: Problems, *, sheet: str = "", delimiter: str = "", encoding: str = ""
            ) -> Grid | None:  # fmt: skip
    """The table in an opened file; see `read_grid`."""
    if file.form in SHEETS:
        grid = read_workbook(file.data, file.form, file.name, sheet, problems)
        if grid:  # a container may hold another workbook, under a password
            _tell_renamed(file, problems)
        return grid
    _tell_renamed(file, problems)
    if file.form == "text":
        return read_text(file.data, file.name, delimiter, encoding, problems)
    if file.form in LABELLED:
        return read_labelled(file.data, file.form, file.name, encoding, problems)
    key = {"zip": "archive_unknown", "zip_broken": "workbook_broken"}.get(file.form, "file_no_table")
    problems.add(key, file=file.name, form=_NO_TABLES.get(file.form, file.form.upper()))
    return None


def visible_grids(file: File, problems: Problems) -> tuple[list[Grid], int]:
    """Every visible sheet of a workbook as a grid, one without rows where it is empty; and how many are hidden."""
    grids, hidden = read_sheets(file.data, file.form, file.name, problems)
    if grids:
        _tell_renamed(file, problems)
    return grids, hidden


def _tell_renamed(file: File, problems: Problems) -> None:
    promised, form = promised_form(file.suffix), file.form
    if promised and promised != {"zsav": "sav"}.get(form, form) and form != "zip_broken":
        told = {"text": "CSV"}.get(form, form.upper())
        problems.add("suffix_differs", file=file.name, suffix=file.suffix, form=told)


def open_file(path: Path, name: str, problems: Problems) -> File | None:
    """A file of reasonable size; None, with a problem, where it is missing, locked, empty or too large."""
    largest = int(limits()["file_megabytes"])
    data = b""
    try:
        if not path.is_file():
            key = "file_not_found"
        elif path.name.startswith(_LOCK):
            key = "file_lock_mark"
        elif path.stat().st_size > largest * 1_000_000:
            key = "file_too_large"
        else:
            data = path.read_bytes()
            key = "" if data.strip() else "file_empty"
    except OSError as fault:  # where a name is longer than the system's names, no file bears it
        key = "file_not_found" if fault.errno == errno.ENAMETOOLONG else "file_locked"
    if key:
        problems.add(key, file=name, largest=largest)
    return None if key else File(name, path.suffix, data)
