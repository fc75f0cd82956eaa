"""Workbooks of Excel (.xlsx, .xls) and of LibreOffice (.ods) to a grid of text."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from evaltools.errors import Problems
from evaltools.exports.file_forms import DAMAGED_ZIP, unpacks_within_limits
from evaltools.exports.old_workbooks import container_streams, is_encrypted, survey_xls
from evaltools.exports.sheet_survey import SharedTexts, Survey, TooLargeError, survey_ods, survey_xlsx
from evaltools.exports.text_grid import Grid, column_letter
from evaltools.measures import limits
from evaltools.pseudonyms import looks_personal

_HEADING_ROWS = 5  # a merged range that begins below them is not a heading
_ERRORS_TOLD = 1000  # of a sheet; whoever mends these sees the others next time
_PERSONAL_NAME = "…"


@dataclass(frozen=True, repr=False)
class _Book:
    """An opened workbook, and what its container holds where it is an old one."""

    workbook: Any
    data: bytes
    form: str
    surveys: Mapping[str, Survey]

    def tables(self) -> list[tuple[str, bool]]:
        """The sheets that are tables (charts are not), each with whether it is visible."""
        from python_calamine import SheetTypeEnum, SheetVisibleEnum

        return [(entry.name, entry.visible == SheetVisibleEnum.Visible) for entry in self.workbook.sheets_metadata
                if entry.typ == SheetTypeEnum.WorkSheet]  # fmt: skip

    @cached_property
    def _shared(self) -> SharedTexts:
        return SharedTexts(self.data)

    def survey(self, sheet: str) -> Survey:
        """What a sheet holds, before its values are read."""
        return survey_xlsx(self.data, sheet, self._shared) if self.form == "xlsx" else self.surveys[sheet]


def read_workbook(data: bytes, form: str, name: str, sheet: str, problems: Problems) -> Grid | None:
    """One sheet of a workbook as a grid.

    Parameters
    ----------
    data : bytes
        The whole file.
    form : str
        ``"xlsx"``, ``"xls"`` or ``"ods"``.
    name, sheet : str
        How messages call the file; the sheet as declared, or blank for the only visible one.
    problems : Problems
        Collects what cannot be read (then the result is None): a password, a damaged file, no visible sheet, an
        empty or too large sheet, and every error cell such as ``#N/A``. A note counts the hidden sheets.

    Returns
    -------
    Grid or None
        Cells as a person sees them: 3.0 as "3", a date as ISO, true as "true", a text as it is (a date that was
        typed as text stays so). A merged heading stands in every cell of its range: in the first five rows, a range
        that has other cells beside it is filled with its text. A merged title, alone in its row, is not.
    """
    with _told_damage(name, sheet, problems):
        book = _opened(data, form, name, problems)
        chosen = _chosen(book, name, sheet, problems) if book else ""
        return _read_sheet(book, name, chosen, problems) if book and chosen else None
    return None


def read_sheets(data: bytes, form: str, name: str, problems: Problems) -> tuple[list[Grid], int]:
    """The visible sheets of a workbook, each as `read_workbook` reads it, and how many are hidden.

    Of several sheets, an empty one is a grid without rows. Sheets that follow upon as many cells as one table may have
    are not read, which a note tells.
    """
    with _told_damage(name, "", problems):
        book = _opened(data, form, name, problems)
        if book:
            visible = [sheet for sheet, seen in book.tables() if seen]
            hidden = len(book.tables()) - len(visible)
            if len(visible) < 2:
                visible = list(filter(None, [_chosen(book, name, "", problems)]))
            elif hidden:
                problems.add("hidden_sheets_left_out", file=name, n=hidden)
            return _every(book, name, visible, problems), hidden
    return [], 0


def _every(book: _Book, name: str, sheets: Sequence[str], problems: Problems) -> list[Grid]:
    grids: list[Grid] = []
    left = int(limits()["table_cells"])
    for at, sheet in enumerate(sheets):
        if left <= 0:
            problems.add("sheets_not_looked_at", file=name, n=len(sheets) - at)
            break
        grid = _one_of(book, name, sheet, len(sheets), problems)
        if grid:
            grids.append(grid)
            left -= len(grid.rows) * grid.width
    return grids


def _one_of(book: _Book, name: str, sheet: str, sheets: int, problems: Problems) -> Grid | None:
    """One of several sheets; where it is empty, it is an empty table and nothing to mend."""
    own, grid = Problems(), None
    with _told_damage(name, sheet, own):
        grid = _read_sheet(book, name, sheet, own)
    if sheets > 1 and [problem.key for problem in own.errors] == ["sheet_empty"]:
        return Grid(name, sheet, (), (), book.form)
    problems.found += own.found
    return grid


@contextlib.contextmanager
def _told_damage(name: str, sheet: str, problems: Problems) -> Iterator[None]:
    """Tell whatever the readers of workbooks stumble over; there are very many ways in which one can be damaged."""
    told = len(problems.errors)
    try:
        with _no_panic():
            yield
    except TooLargeError:
        problems.add("sheet_too_large", file=name, sheet=sheet)
    except Exception:
        if len(problems.errors) == told:
            problems.add("workbook_broken", file=name, sheet=sheet)


@contextlib.contextmanager
def _no_panic() -> Iterator[None]:
    """A panic of the reader, which is no ordinary exception, becomes one."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError("the reader gave up") from None


def _opened(data: bytes, form: str, name: str, problems: Problems) -> _Book | None:
    from python_calamine import CalamineWorkbook

    streams = container_streams(data) if form == "xls" else {}
    stream = streams.get("workbook", b"") or streams.get("book", b"")
    key = _why_not(data, form, streams, stream)
    if key:
        problems.add(key, file=name, form="DOC/PPT/MSG")
        return None
    looked = survey_xls(stream) if form == "xls" else []  # before the reader, which takes memory for every sheet
    surveys = survey_ods(data) if form == "ods" else {}
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    if form == "xls":
        surveys = {entry.name: look for entry, look in zip(workbook.sheets_metadata, looked, strict=True)}
    return _Book(workbook, data, form, surveys)


def _why_not(data: bytes, form: str, streams: dict[str, bytes], stream: bytes) -> str:
    """Why a workbook must not or cannot be opened; blank where it can."""
    if form == "xls":
        if "encryptedpackage" in streams or (stream and is_encrypted(stream)):
            return "workbook_password"
        return "" if stream else "document_unknown"
    if not unpacks_within_limits(data):
        return "file_unpacks_too_large"
    return _why_not_unpacked(data)


def _why_not_unpacked(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            manifest = "META-INF/manifest.xml"
            if manifest in archive.namelist() and b"encryption-data" in archive.read(manifest):
                return "workbook_password"
            return "workbook_broken" if archive.testzip() else ""
    except DAMAGED_ZIP:
        return "workbook_broken"


def _chosen(book: _Book, name: str, sheet: str, problems: Problems) -> str:
    """The sheet that is meant: as declared, or the only visible one; blank, with a problem, where none is."""
    tables = book.tables()
    visible, hidden = [title for title, seen in tables if seen], [title for title, seen in tables if not seen]
    if "" in visible:
        raise ValueError("a sheet without a name, which no program writes")
    sheets = ", ".join(_PERSONAL_NAME if looks_personal(title) else title for title in visible)
    if sheet in visible or (not sheet and len(visible) == 1):
        if hidden:
            problems.add("hidden_sheets_left_out", file=name, n=len(hidden))
        return sheet or visible[0]
    if not tables:
        key = "workbook_empty"
    elif not visible:
        key = "sheets_all_hidden"
    elif sheet:
        key = "sheet_hidden" if sheet in hidden else "sheet_not_found"
    else:
        key = "sheet_not_named"
    problems.add(key, file=name, sheet=sheet, sheets=sheets)
    return ""


def _read_sheet(book: _Book, name: str, sheet: str, problems: Problems) -> Grid | None:
    survey = book.survey(sheet)
    for row, column in survey.errors[:_ERRORS_TOLD]:
        problems.add("error_cell", file=name, sheet=sheet, row=row + 1, column=column_letter(column))
    table = book.workbook.get_sheet_by_name(sheet)
    values = table.to_python(skip_empty_area=False)
    for row, column in _false_days(values):
        problems.add("day_of_1900", file=name, sheet=sheet, row=row + 1, column=column_letter(column))
    rows = [[_cell_text(value) for value in row] for row in values]
    if not any(any(row) for row in rows):
        if not survey.errors:
            problems.add("sheet_empty", file=name, sheet=sheet)
        return None
    _fill_merged_headings(rows, survey.merged or table.merged_cell_ranges or ())
    return Grid(name, sheet, tuple(map(tuple, rows)), tuple(range(1, len(rows) + 1)), book.form)


def _false_days(values: Sequence[Sequence[object]]) -> list[tuple[int, int]]:
    """Where a date may be 29 February 1900, a day that only Excel knows; the reader gives the day before."""
    false = date(1900, 2, 28)
    return [(row, column) for row, cells in enumerate(values) for column, value in enumerate(cells)
            if type(value) is date and value == false][:_ERRORS_TOLD]  # fmt: skip


def _fill_merged_headings(rows: list[list[str]], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Let a merged heading stand in each of its cells; nothing is written outside the merged range.

    >>> rows = [["Kod", "Före", ""], ["", "Q1", "Q2"], ["A", "1", "2"]]
    >>> _fill_merged_headings(rows, [((0, 0), (1, 0)), ((0, 1), (0, 2))])
    >>> rows[:2]
    [['Kod', 'Före', 'Före'], ['Kod', 'Q1', 'Q2']]
    """
    beside = [{at for at, cell in enumerate(row) if cell} for row in rows[:_HEADING_ROWS]]
    for (top, left), (bottom, right) in merged:
        if top >= len(beside) or not beside[top] - set(range(left, right + 1)):
            continue
        for row in rows[top : bottom + 1]:
            for at in range(left, min(right + 1, len(row))):
                row[at] = row[at] or (rows[top][left] if left < len(rows[top]) else "")


def _cell_text(value: object) -> str:
    """A spreadsheet value as the text that a person sees: 3.0 as "3", a date as ISO, true as "true"."""
    if isinstance(value, str):
        return value.strip()
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
