"""The session log as an Excel workbook: drop-downs, real dates, headings that stay in view, and a filled example."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from evaltools.exports.decode import iso_date
from evaltools.language import texts
from evaltools.schemas import TABLES, Field

if TYPE_CHECKING:
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.worksheet import Worksheet

LOG_TABLES = ("people", "sessions", "attendance")
_MADE = datetime(2026, 10, 1)  # the same in every workbook, so that equal content is equal bytes
_LAST_ROW = 2000
_DATE_FORMAT, _TEXT_FORMAT = "yyyy-mm-dd", "@"
_NEEDED, _OPTIONAL = "FFD9E6F2", "FFF2F2F2"  # fills of the headings
_LISTED = {"session": "sessions", "person": "people"}  # the table whose first column lists the codes


def session_log(language: str, groups: Sequence[str]) -> bytes:
    """The workbook in which a supervisor keeps people, sessions and attendance.

    Parameters
    ----------
    language : str
        Language of the sheets, headings, drop-downs and explanations.
    groups : sequence of str
        The groups' ids, as in ``evaluation.toml``; they become a drop-down.

    Returns
    -------
    bytes
        Of an XLSX file; equal for equal arguments, on every machine.
    """
    words = texts(language)["new"]
    workbook = empty_workbook()
    _write_lines(workbook.create_sheet(words["sheets"]["read_me"]), words["read_me"])
    for table in LOG_TABLES:
        _write_table(workbook.create_sheet(words["sheets"][table]), table, language)
    _write_groups(workbook.create_sheet(words["sheets"]["groups"]), groups, language)
    _write_example(workbook.create_sheet(words["sheets"]["example"]), language)
    return saved(workbook)


def answer_sheet(language: str, headings: Sequence[str], low: int, high: int) -> bytes:
    """A workbook for typing in answers given on paper: one row a person, one column a question."""
    workbook = empty_workbook()
    sheet = workbook.create_sheet(texts(language)["new"]["sheets"]["answers"])
    _write_headings(sheet, headings, needed=headings)
    sheet.column_dimensions["A"].number_format = _TEXT_FORMAT
    rule = _validation(language, "answers", type="whole", operator="between", formula1=str(low), formula2=str(high))
    sheet.add_data_validation(rule)
    rule.add(f"B2:{_letter(len(headings))}{_LAST_ROW}")
    return saved(workbook)


def headings(table: str, language: str) -> dict[str, str]:
    """The columns of a table, each with the heading that the reader of files knows it by in a language.

    >>> headings("attendance", "sv")
    {'session': 'Träff', 'person': 'Person', 'present': 'Närvarande'}
    """
    spelled = texts(language)["columns"]
    return {column: _first(spelled[column]).capitalize() for column in TABLES[table]}


def sheet_name(table: str, language: str) -> str:
    """The sheet that holds a table in the workbook of a language.

    >>> sheet_name("sessions", "sv")
    'Träffar'
    """
    return str(texts(language)["new"]["sheets"][table])


def _first(spelled: Any) -> str:
    return str(spelled if isinstance(spelled, str) else spelled[0])


def empty_workbook() -> Any:
    """A workbook without sheets, that bears the same date whenever it is made."""
    from openpyxl import Workbook

    workbook = Workbook()
    del workbook["Sheet"]
    workbook.properties.creator = "evaltools"
    workbook.properties.created = _MADE
    return workbook


def _write_table(sheet: Worksheet, table: str, language: str) -> None:
    """One sheet to fill in: its headings, and for every column its format and what may be entered."""
    named = headings(table, language)
    notes = [texts(language)["new"]["note"]] if table == "sessions" else []
    needed = [heading for column, heading in named.items() if _is_needed(table, column)]
    _write_headings(sheet, [*named.values(), *notes], needed)
    for at, (column, field) in enumerate(TABLES[table].items(), start=1):
        letter = _letter(at)
        kept = {"date": _DATE_FORMAT, "code": _TEXT_FORMAT}.get(field.kind)
        if kept:
            sheet.column_dimensions[letter].number_format = kept
        rule = _rule(table, column, field, language)
        if rule:
            sheet.add_data_validation(rule)
            rule.add(f"{letter}2:{letter}{_LAST_ROW}")


def _is_needed(table: str, column: str) -> bool:
    return TABLES[table][column].required or column == "group"


def _rule(table: str, column: str, field: Field, language: str) -> DataValidation | None:
    """What Excel lets someone enter in a column; None where any text will do."""
    if column == "group":
        return _validation(language, column, type="list", formula1=_codes_of("groups", language))
    if column in _LISTED and _LISTED[column] != table:
        return _validation(language, column, type="list", formula1=_codes_of(_LISTED[column], language))
    if field.kind in ("choice", "yes_no"):
        kind = "yes_no" if field.kind == "yes_no" else column
        choices = ",".join(_first(spelled) for spelled in texts(language)["values"][kind].values())
        return _validation(language, column, type="list", formula1=f'"{choices}"')
    if field.kind == "date":
        return _validation(language, column, type="date", operator="between", formula1="36526", formula2="73050")
    if field.kind == "count":
        low, high = (f"{bound or 0:g}" for bound in (field.low, field.high))
        return _validation(language, column, type="whole", operator="between", formula1=low, formula2=high)
    return None


def _codes_of(table: str, language: str) -> str:
    """The filled part of the first column of a sheet, so that the drop-down holds no blank lines."""
    name = f"'{sheet_name(table, language)}'"
    return f"OFFSET({name}!$A$2,0,0,MAX(1,COUNTA({name}!$A$2:$A${_LAST_ROW})),1)"


def _validation(language: str, column: str, **rule: Any) -> DataValidation:
    from openpyxl.worksheet.datavalidation import DataValidation

    words = texts(language)["new"]
    made = DataValidation(allow_blank=True, showErrorMessage=True, showInputMessage=True, **rule)
    made.errorTitle, made.error = words["wrong_title"], words["wrong"][rule["type"]]
    made.prompt = words["hint"][column]
    return made


def _write_headings(sheet: Worksheet, names: Sequence[str], needed: Sequence[str]) -> None:
    """Bold headings that stay in view, those that must be filled in with a colour of their own."""
    from openpyxl.styles import Font, PatternFill

    sheet.freeze_panes = "A2"
    for at, name in enumerate(names, start=1):
        cell = sheet.cell(1, at)
        write_text(cell, name)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor=_NEEDED if name in needed else _OPTIONAL)
        sheet.column_dimensions[_letter(at)].width = max(len(name) + 3, 13)


def _write_groups(sheet: Worksheet, groups: Sequence[str], language: str) -> None:
    heading = headings("people", language)["group"]
    _write_headings(sheet, [heading], [heading])
    sheet.column_dimensions["A"].number_format = _TEXT_FORMAT
    for at, group in enumerate(groups, start=2):
        write_text(sheet.cell(at, 1), group)


def write_text(cell: Any, text: str) -> None:
    """Put a text in a cell; it stays text even where it begins like a formula."""
    cell.value = text
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(("=", "+", "-", "@"))


def _write_lines(sheet: Worksheet, lines: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.column_dimensions["A"].width = 100
    for at, line in enumerate(lines, start=1):
        cell = sheet.cell(at, 1, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = Font(bold=at == 1)


def _write_example(sheet: Worksheet, language: str) -> None:
    """The three tables filled in, one below the other, on a sheet that nothing reads."""
    from openpyxl.styles import Font

    words: Mapping[str, Any] = texts(language)["new"]
    sheet.append([words["example_lead"]])
    for table in LOG_TABLES:
        notes = [words["note"]] if table == "sessions" else []
        sheet.append([])
        sheet.append([sheet_name(table, language), *headings(table, language).values(), *notes])
        for cell in sheet[sheet.max_row]:
            cell.font = Font(bold=True)
        for row in words["example"][table]:
            sheet.append(["", *(_cell(text.strip()) for text in row.split(";"))])
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, date):
                cell.number_format = _DATE_FORMAT
    for at in range(1, sheet.max_column + 1):
        sheet.column_dimensions[_letter(at)].width = 17


def _cell(text: str) -> date | int | str | None:
    return iso_date(text) or (int(text) if text.isdigit() else text or None)


def _letter(at: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(at)


def saved(workbook: Any) -> bytes:
    """The workbook with fixed times inside, and without compression, which differs between machines."""
    written, made = io.BytesIO(), io.BytesIO()
    workbook.save(written)
    fixed = rf"\g<1>{_MADE:%Y-%m-%dT%H:%M:%S}Z".encode()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _MADE.timetuple()[:6])
            entry.create_system = 0  # else the bytes tell on which system they were made
            target.writestr(entry, re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", fixed, source.read(name)))
    return made.getvalue()
