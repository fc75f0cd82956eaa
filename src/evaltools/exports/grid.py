"""The door for files: bytes of any form to a grid of text that remembers file, sheet, row and column.

Everything is text first. No reader guesses a type or decides what is missing: "007" stays "007",
"NA" stays "NA", and a blank stays blank until a declaration says what it means.
"""

from __future__ import annotations

from pathlib import Path

from evaltools.errors import Problems
from evaltools.exports.file_forms import LABELLED, SHEETS, file_form, promised_form
from evaltools.exports.labelled_files import read_labelled
from evaltools.exports.text_files import DELIMITERS, read_text
from evaltools.exports.text_grid import Grid, column_letter
from evaltools.exports.workbooks import read_workbook
from evaltools.measures import limits

__all__ = ["DELIMITERS", "WORKBOOK", "Grid", "column_letter", "file_bytes", "read_grid"]

WORKBOOK = "xlsx"
_LOCK = "~$"  # how Excel begins the name of the small file that it lays beside an open workbook
_NO_TABLES = {"json": "JSON", "xml": "XML", "ics": "ICS"}


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
    data = file_bytes(path, name, problems)
    if data is None:
        return None
    form = file_form(data)
    if form in SHEETS:
        grid = read_workbook(data, form, name, sheet, problems)
        if grid:  # a container may hold another workbook, under a password
            _tell_renamed(path.suffix, form, name, problems)
        return grid
    _tell_renamed(path.suffix, form, name, problems)
    if form == "text":
        return read_text(data, name, delimiter, encoding, problems)
    if form in LABELLED:
        return read_labelled(data, form, name, encoding, problems)
    key = {"zip": "archive_unknown", "zip_broken": "workbook_broken"}.get(form, "file_no_table")
    problems.add(key, file=name, form=_NO_TABLES.get(form, form.upper()))
    return None


def _tell_renamed(suffix: str, form: str, name: str, problems: Problems) -> None:
    promised = promised_form(suffix)
    if promised and promised != {"zsav": "sav"}.get(form, form) and form != "zip_broken":
        problems.add("suffix_differs", file=name, suffix=suffix, form={"text": "CSV"}.get(form, form.upper()))


def file_bytes(path: Path, name: str, problems: Problems) -> bytes | None:
    """The bytes of a file of reasonable size; None, with a problem, where it is missing, locked, empty or too large."""
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
    except OSError:
        key = "file_locked"
    if key:
        problems.add(key, file=name, largest=largest)
    return None if key else data
