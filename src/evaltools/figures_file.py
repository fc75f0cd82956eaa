"""Every figure of an analysis as an Excel workbook, for the supervisor: what the report has no room for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from evaltools.analysis import Analysis
from evaltools.language import texts
from evaltools.schemas import SUMMARY_GROUP, row_dicts
from evaltools.wording import Words, is_shown, words
from evaltools.workbook import saved, streamed_workbook, write_text

_Row = Mapping[Any, Any]
_NUMBERS = ("value", "low", "high", "level")
_PLACE = ("scale", "group_by", "group", "wave", "wave_to", "period", "n", "note")
_WIDTHS = (30, 24, 22, 22, 22, 34, 28, 12, 12, 12, 9, 10, 10, 20, 34, 26)


def figures_file(analysis: Analysis, language: str) -> bytes:
    """The workbook: a row a figure, in the order of the estimates, with a filter on every column.

    What has no value for the same reason, about the same people, shares one row, which names all of it.

    Parameters
    ----------
    analysis : Analysis
        As `evaltools.analyse` made it.
    language : str
        Of headings, scales, groups and waves.

    Returns
    -------
    bytes
        Of an XLSX file; equal for equal analyses, as far as Python packs with the same zlib: it is one of the files
        that stay with the supervisor, and unpacked it is twenty times as large. A figure of fewer people than its limit
        has its note and no value, as in the report; ``estimates.json`` has all of them.
    """
    from openpyxl.utils import get_column_letter

    own = words(language)
    workbook = streamed_workbook()
    sheet = workbook.create_sheet(own.text("figures_file.sheet"))
    for at, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.freeze_panes = "A2"
    rows = list(_rows(analysis, own))
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(_WIDTHS))}{len(rows) + 1}"
    sheet.append([_text(sheet, head, bold=True) for head in texts(language)["figures_file"]["heads"].values()])
    for row in rows:
        sheet.append([_text(sheet, it) if isinstance(it, str) and it.startswith("=") else it for it in row])
    return saved(workbook, packed=True)


def _rows(analysis: Analysis, own: Words) -> Iterator[list[Any]]:
    facts, language = analysis.facts, texts(own.language)
    scales = {name: own.label(scale.label) for name, scale in facts.every_scale.items()}
    waves = dict(facts.waves) | {wave: label for wave, (label, _) in facts.then_tests.items()}
    notes: Mapping[str, str] = language["notes"]
    measured: Mapping[str, str] = language["process"]["measures"]
    for same in _told_together(row_dicts(analysis.estimates)):
        row = same[0]
        figures = [_number(row[name], is_shown(row)) for name in _NUMBERS]
        yield [
            scales.get(row["scale"], row["scale"]), _group(row, analysis, own),
            *(waves.get(row[name], row[name]) for name in ("wave", "wave_to")), _period(row, analysis, own),
            _all(measured.get(each["measure"], "") for each in same), _all(each["basis"] for each in same), *figures,
            row["n"], _number(row["of"], shown=len({each["of"] for each in same}) == 1),
            notes.get(row["note"], row["note"]), _all(each["method"] for each in same),
            _all(each["measure"] for each in same),
        ]  # fmt: skip


def _told_together(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """A figure by itself; all that has no value, where it stands one after another for the same reason, as one."""
    for (valued, *_), rest in groupby(rows, lambda row: (_has_value(row), *(row[name] for name in _PLACE))):
        same = list(rest)
        yield from ([row] for row in same) if valued else [same]


def _has_value(row: _Row) -> bool:
    return is_shown(row) and any(math.isfinite(row[name]) for name in ("value", "low", "high"))


def _all(names: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, names)))


def _group(row: _Row, analysis: Analysis, own: Words) -> str:
    if row["group_by"] == "person":
        return own.text("process.report.person", place=row["group"])
    if row["group_by"] == "audience":
        return own.text(f"contract_report.audiences.{row['group']}")
    if row["group"] == SUMMARY_GROUP:
        return own.text("supervisor.everyone")
    return analysis.facts.groups.get(row["group"], row["group"])


def _period(row: _Row, analysis: Analysis, own: Words) -> str:
    day = analysis.facts.session_dates.get(row["period"])
    return own.day(day) if day else row["period"]


def _number(value: float, shown: bool) -> float | None:
    return float(value) if shown and math.isfinite(value) else None


def _text(sheet: Any, text: str, *, bold: bool = False) -> Any:
    """A cell of text, which stays text even where it begins like a formula."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cell = WriteOnlyCell(sheet)
    write_text(cell, text)
    cell.font = Font(bold=bold)
    return cell
