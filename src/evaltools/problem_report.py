"""The problems of evaluation folders as an Excel workbook: a row a cell, with a link that opens the cell."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaltools.errors import Problem, ReportError, message, told_once, what_why_mend
from evaltools.language import DEFAULT, texts
from evaltools.workbook import empty_workbook, saved, write_text

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.hyperlink import Hyperlink
    from openpyxl.worksheet.worksheet import Worksheet

ROWS_AT_MOST = 60_000  # Excel opens no sheet with more links than 65,530
_WIDTHS = {"id": 9, "level": 14, "folder": 24, "file": 32, "sheet": 16, "row": 8, "column": 28, "link": 10,
           "what": 50, "why": 50, "mend": 60}  # fmt: skip
_WRAPPED = ("folder", "file", "sheet", "column", "what", "why", "mend")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
_UNSAFE_IN_LINKS = str.maketrans({letter: f"%{ord(letter):02X}" for letter in '%# "<>?[]^`{|}'})

Told = Sequence[tuple[Path, Sequence[Problem]]]


def write_problem_report(path: Path, told: Told, language: str = DEFAULT) -> int:
    """Write the workbook, and say how many rows it has.

    Parameters
    ----------
    path : Path
        A new file whose name ends with ``.xlsx``.
    told : sequence of (folder, problems)
        Evaluation folders, each with its errors and notes.
    language : str
        Language of headings and sentences.

    Returns
    -------
    int
        How many rows with a problem the workbook has; 0 where there was nothing to write, and no file.

    Raises
    ------
    ReportError
        If the file exists (nothing is overwritten), cannot be written, or is not named ``.xlsx``.
    """
    rows = [(folder, problem) for folder, problems in told for problem in told_once(problems)]
    if not rows:
        return 0
    refuse_report_path(path, language)
    made = _problem_workbook(path, rows, len(told) > 1, language)
    refused = False
    try:
        with path.open("xb") as stream:
            stream.write(made)
    except OSError:
        refused = True
    if refused:
        raise ReportError(message("problem_report_not_written", language, out=path))
    return min(len(rows), ROWS_AT_MOST)


def refuse_report_path(path: Path, language: str = DEFAULT) -> None:
    """Raise `ReportError` where no workbook may be written at a place."""
    if path.suffix.casefold() != ".xlsx":
        raise ReportError(message("problem_report_not_xlsx", language, out=path))
    if os.path.lexists(path):
        raise ReportError(message("problem_report_taken", language, out=path))


def _problem_workbook(path: Path, rows: Sequence[tuple[Path, Problem]], folders: bool, language: str) -> bytes:
    """The workbook as bytes, equal for equal problems; the folder has a column where there are several."""
    words = texts(language)["problem_report"]
    columns = [column for column in words["heads"] if folders or column != "folder"]
    workbook = empty_workbook()
    sheet = workbook.create_sheet(words["sheet"])
    _write_heads(sheet, [words["heads"][column] for column in columns], columns)
    for at, (folder, problem) in enumerate(rows[:ROWS_AT_MOST], start=2):
        values = _values(folder, problem, language)
        for place, column in enumerate(columns, start=1):
            _write(sheet.cell(at, place), values[column], wrapped=column in _WRAPPED)
            if column == "link" and values[column]:
                _link(sheet.cell(at, place), path, folder, problem)
    if len(rows) > ROWS_AT_MOST:
        more = words["more"].format(n=len(rows) - ROWS_AT_MOST)
        _write(sheet.cell(ROWS_AT_MOST + 2, columns.index("what") + 1), more, wrapped=True)
    sheet.auto_filter.ref = f"A1:{sheet.cell(1, len(columns)).column_letter}{min(len(rows), ROWS_AT_MOST) + 1}"
    return saved(workbook)


def _values(folder: Path, problem: Problem, language: str) -> dict[str, str | int | None]:
    words = texts(language)["problem_report"]
    is_there = bool(problem.file) and os.path.lexists(folder / problem.file)
    what, why, mend = what_why_mend(problem, language)
    return {
        "id": problem.kind.id, "level": words["levels"][problem.kind.level], "folder": str(folder),
        "file": problem.file, "sheet": problem.sheet, "row": problem.row, "column": problem.column,
        "link": words["open"] if is_there else "", "what": what, "why": why, "mend": mend,
    }  # fmt: skip


def _write_heads(sheet: Worksheet, heads: Sequence[str], columns: Sequence[str]) -> None:
    from openpyxl.styles import Font, PatternFill
    from openpyxl.worksheet.properties import PageSetupProperties

    for at, (head, column) in enumerate(zip(heads, columns, strict=True), start=1):
        cell = sheet.cell(1, at, head)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="FFD9E6F2")
        sheet.column_dimensions[cell.column_letter].width = _WIDTHS[column]
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def _write(cell: Any, value: str | int | None, *, wrapped: bool) -> None:
    """A value in a cell: a text is always text, even where it begins like a formula."""
    from openpyxl.styles import Alignment

    cell.alignment = Alignment(vertical="top", wrap_text=wrapped)
    if value in ("", None):
        return
    if isinstance(value, str):
        write_text(cell, value)
    else:
        cell.value = value


def _link(cell: Cell, report: Path, folder: Path, problem: Problem) -> None:
    from openpyxl.styles import Font

    cell.hyperlink = _hyperlink(cell.coordinate, report, folder / problem.file, problem)
    cell.font = Font(color="FF0563C1", underline="single")


def _hyperlink(at: str, report: Path, file: Path, problem: Problem) -> Hyperlink:
    """A link from the report to a file, as a relative path, and in a workbook to the cell."""
    from openpyxl.worksheet.hyperlink import Hyperlink

    location = None
    if problem.sheet and file.suffix.casefold() in _WORKBOOKS:
        quoted = problem.sheet.replace("'", "''")
        location = f"'{quoted}'!{problem.letters or 'A'}{problem.row or 1}"
    return Hyperlink(ref=at, target=_target(report, file), location=location)


def _target(report: Path, file: Path) -> str:
    """The way from the report to a file, written as links are; the whole path where they lie on different drives."""
    try:
        way = Path(os.path.relpath(file.absolute(), report.absolute().parent)).as_posix()
    except ValueError:
        return file.absolute().as_uri()
    return way.translate(_UNSAFE_IN_LINKS)
