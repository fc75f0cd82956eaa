"""The session log as an Excel workbook: drop-downs, real dates, headings that stay in view, and a filled example."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from evaltools.archives import without_times
from evaltools.canonical import FROM_FILES, TABLES, Field
from evaltools.exports.decode import iso_date
from evaltools.language import texts

if TYPE_CHECKING:
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.worksheet import Worksheet

LOG_TABLES = tuple(table for table in FROM_FILES if table != "responses")
_MADE = datetime(2026, 10, 1)  # the same in every workbook, so that equal content is equal bytes
_LAST_ROW = 2000
_DATE_FORMAT, _TEXT_FORMAT = "yyyy-mm-dd", "@"
_NEEDED, _OPTIONAL = "FFD9E6F2", "FFF2F2F2"  # fills of the headings
_LISTED = {"session": "sessions", "carried_to": "sessions", "question": "questions", "idea": "ideas",
           "comment": "comments"}  # the table whose first column lists the codes  # fmt: skip


def session_log(language: str, groups: Sequence[str]) -> bytes:
    """The workbook in which a supervisor keeps people, sessions and what happens in them: two minutes a session.

    The columns of the short form stand first; the others lie folded to their right, for those who want to know more.

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


def answer_sheet(language: str, asked: Sequence[str], codes: Sequence[str], low: int, high: int) -> bytes:
    """A workbook for typing in answers given on paper: a row a person, short questions as text, then the answers."""
    workbook = empty_workbook()
    sheet = workbook.create_sheet(texts(language)["new"]["sheets"]["answers"])
    named = [*asked, *codes]
    _write_headings(sheet, named, needed=named)
    for at in range(len(asked)):
        sheet.column_dimensions[_letter(at + 1)].number_format = _TEXT_FORMAT
    rule = _validation(language, "answers", type="whole", operator="between", formula1=str(low), formula2=str(high))
    sheet.add_data_validation(rule)
    rule.add(f"{_letter(len(asked) + 1)}2:{_letter(len(named))}{_LAST_ROW}")
    return saved(workbook)


def headings(table: str, language: str) -> dict[str, str]:
    """The columns of a table, each with the heading that the reader of files knows it by in a language.

    The columns of the short form come first.

    >>> headings("attendance", "sv")  # doctest: +ELLIPSIS
    {'session': 'Träff', 'person': 'Person', 'present': 'Närvarande', 'listed': 'Tog upp en fråga', ...}
    """
    spelled = texts(language)["columns"]
    ordered = sorted(TABLES[table].items(), key=lambda named: not named[1].short)
    return {column: _heading(_first(spelled[column])) for column, _ in ordered}


def short_headings(table: str, language: str) -> dict[str, str]:
    """The same, of the columns in the short session form only.

    >>> list(short_headings("attendance", "sv"))
    ['session', 'person', 'present']
    """
    return {column: name for column, name in headings(table, language).items() if TABLES[table][column].short}


def _heading(word: str) -> str:
    return word[:1].upper() + word[1:]


def sheet_name(table: str, language: str) -> str:
    """The sheet that holds a table in the workbook of a language.

    >>> sheet_name("sessions", "sv")
    'Träffar'
    """
    return str(texts(language)["new"]["sheets"][table])


def _first(spelled: Any) -> str:
    return str(spelled if isinstance(spelled, str) else spelled[0])


def streamed_workbook() -> Any:
    """The same for tens of thousands of rows: cells are written as they come and cannot be changed afterwards."""
    from openpyxl import Workbook

    return _dated(Workbook(write_only=True))


def empty_workbook() -> Any:
    """A workbook without sheets, that bears the same date whenever it is made."""
    from openpyxl import Workbook

    workbook = Workbook()
    del workbook["Sheet"]
    return _dated(workbook)


def _dated(workbook: Any) -> Any:
    workbook.properties.creator = "evaltools"
    workbook.properties.created = _MADE
    return workbook


def _write_table(sheet: Worksheet, table: str, language: str) -> None:
    """One sheet to fill in: its headings, and for every column its format and what may be entered."""
    short, every = short_headings(table, language), headings(table, language)
    note = (
        {"": texts(language)["new"]["note"]} if table == "sessions" else {}
    )  # the supervisor's own, which nobody reads
    named = short | note | every
    needed = [heading for column, heading in every.items() if _is_needed(table, column)]
    _write_headings(sheet, list(named.values()), needed)
    for at, column in enumerate(named, start=1):
        if not column:
            continue
        letter, field = _letter(at), TABLES[table][column]
        kept = {"date": _DATE_FORMAT, "code": _TEXT_FORMAT, "person": _TEXT_FORMAT}.get(field.kind)
        if not field.short:
            sheet.column_dimensions[letter].outlineLevel = 1
            sheet.column_dimensions[letter].hidden = True
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
    listed = "people" if field.kind == "person" else _LISTED.get(column, table)
    if listed != table:
        return _validation(language, column, type="list", formula1=_codes_of(listed, language))
    if field.kind in ("choice", "yes_no"):
        spelled = texts(language)["values"]["yes_no" if field.kind == "yes_no" else column]
        choices = ",".join(_first(spelled[choice]) for choice in field.allowed or spelled)
        return _validation(language, column, type="list", formula1=f'"{choices}"')
    if field.kind == "date":
        return _validation(language, column, type="date", operator="between", formula1="36526", formula2="73050")
    if field.kind == "count" or field.high is not None:
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
    made.prompt = words["hint"].get(column, words["hint"]["other"])
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
    """The tables' short forms filled in, one below the other, on a sheet that nothing reads."""
    from openpyxl.styles import Font

    words: Mapping[str, Any] = texts(language)["new"]
    sheet.append([words["example_lead"]])
    for table in LOG_TABLES:
        notes = [words["note"]] if table == "sessions" else []
        sheet.append([])
        sheet.append([sheet_name(table, language), *short_headings(table, language).values(), *notes])
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


def saved(workbook: Any, *, packed: bool = False) -> bytes:
    """The workbook as a file; equal workbooks give equal bytes, packed ones where Python has the same zlib."""
    written = io.BytesIO()
    workbook.save(written)
    return without_times(written.getvalue(), packed=packed)
