"""What a file is, before anyone has declared anything about it: ``evaltools inspect FILE``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaltools.errors import ROWS_NAMED, Problem, Problems, message
from evaltools.exports.documents import Document, read_document
from evaltools.exports.file_forms import SHEETS, plain_bytes
from evaltools.exports.grid import File, Grid, grid_of, open_file, visible_grids
from evaltools.exports.recognition import Recognition, body, signatures, value
from evaltools.exports.signatures import STATUSES, recognise, row_statuses
from evaltools.language import DEFAULT, texts
from evaltools.personal_data import Personal, personal_columns, personnummer_lines, place


def inspect_file(path: Path, language: str = DEFAULT, *, tool: str = "", encoding: str = "",
                 delimiter: str = "") -> dict[str, Any]:  # fmt: skip
    """What a file is, as a table for programs; nothing that a person answered is in it.

    Parameters
    ----------
    path : Path
        Any file at all.
    language : str
        Language of reasons and problems.
    tool, encoding, delimiter : str
        As declared; empty means as recognised.

    Returns
    -------
    dict
        ``file`` : its name. ``read`` : whether it could be described. ``format`` : ``"text"``, ``"xlsx"``, ``"json"``,
        ``"xml"``, ``"ics"``, ``"sav"`` and so on, or null. ``encoding``, ``delimiter`` : of a text file, else null.
        ``encoding_assumed`` : whether nothing in a text file tells its encoding, else null.
        ``hidden_sheets`` : how many sheets are passed over. ``tables`` : one for every visible sheet, or one.
        ``problems`` : what is wrong or to be known, each with ``id``, ``level`` (``"error"``, ``"note"``), ``key``,
        ``sheet``, ``column``, ``rows`` (the first few), ``count`` and ``text``.

        Each table has ``sheet`` (null if none), ``tool``, ``variant``, ``confidence`` (``"certain"``, ``"likely"``,
        ``"guess"``, ``"declared"``), ``experimental`` (no real file of the kind has been seen), ``kind``
        (``"answers"``, ``"structure"``, ``"sessions"``, ``"attendance"``; of the session log also ``"log"``, and
        ``"help"`` for a sheet that nobody reads), ``reasons`` (sentences), ``header_rows`` (from the top),
        ``key_row`` (row with stable names), ``rows``, ``blank_rows``, ``columns``, ``respondents``,
        ``waves``, ``statuses`` (rows by ``complete``, ``partial``, ``test``, ``preview``, ``empty``),
        ``own_columns`` (the tool's own columns by meaning), ``personal_data`` (each ``column``, ``kind``, ``rows``,
        and ``more``: whether there may be more rows, as counting stops at a thousand) and ``facts`` (other counts).
        Null means: not known for this kind of file.

    Examples
    --------
    >>> told = inspect_file(Path("no such file.csv"), "en")
    >>> told["read"], told["problems"][0]["key"]
    (False, 'file_not_found')
    """
    problems = Problems()
    _check_declared(path.name, tool, delimiter, problems)
    told: dict[str, Any] = dict.fromkeys(("format", "encoding", "encoding_assumed", "delimiter")) | {
        "hidden_sheets": 0, "tables": [],
    }  # fmt: skip
    if not problems.found:
        told |= _described(path, language, tool, encoding, delimiter, problems)
    read = bool(told["tables"])
    return {"file": path.name, "read": read, **told, "problems": _told_problems(problems, language)}


def _described(path: Path, language: str, tool: str, encoding: str, delimiter: str,
               problems: Problems) -> dict[str, Any]:  # fmt: skip
    """What the file is: a document by its bytes, else the tables of a text file or a workbook."""
    file = open_file(path, path.name, problems)
    if file is None:
        return {}
    document = read_document(file.data, path.name)
    if document is None:
        return _grid_tables(file, language, tool, encoding, delimiter, problems)
    key, form = document.problem
    if key:
        problems.add(key, file=path.name, form=form)
        return {}
    if tool and document.grid is not None:
        document = replace(document, recognition=recognise(document.grid, tool))
    if document.form == "ics" and personnummer_lines(plain_bytes(file.data).decode("utf-8", errors="replace")):
        document = replace(document, personal=("personnummer", *document.personal))
    return {"format": document.form, "tables": [_document_table(document, language)]}


def _check_declared(name: str, tool: str, delimiter: str, problems: Problems) -> None:
    known = signatures()["tools"]
    if tool and tool not in known:
        problems.add("tool_unknown", file=name, allowed=", ".join(known))
    if len(delimiter) > 1 or (delimiter and delimiter in '"\r\n'):
        problems.add("delimiter_unclear", file=name, key="--delimiter")


def _grid_tables(file: File, language: str, tool: str, encoding: str, delimiter: str,
                 problems: Problems) -> dict[str, Any]:  # fmt: skip
    """The tables of a text file, of a file of SPSS or Stata, or of every visible sheet of a workbook."""
    if file.form in SHEETS:
        read, hidden = visible_grids(file, problems)
    else:
        grid = grid_of(file, problems, encoding=encoding, delimiter=delimiter)
        read, hidden = [grid] if grid else [], 0
    tables = [_grid_table(grid, recognise(grid, tool), language) for grid in read]
    if not any(table["rows"] or table["header_rows"] for table in tables):
        if not problems.errors:
            problems.add("file_empty", file=file.name)
        return {}
    is_text = read[0].form == "text"
    return {
        "format": read[0].form,
        "encoding": read[0].encoding or None,
        "encoding_assumed": read[0].encoding_assumed if is_text else None,
        "delimiter": read[0].delimiter or None,
        "hidden_sheets": hidden,
        "tables": tables,
    }


def _grid_table(grid: Grid, found: Recognition, language: str) -> dict[str, Any]:
    filled = list(body(grid, found.header_rows, found.end))
    below = grid.rows[found.header_rows : found.end]
    statuses = row_statuses(grid, found) if found.kind == "answers" else []
    counted = Counter(status for status, row in zip(statuses, below, strict=False) if any(row))
    own = {meaning: [place(grid, found, at) for at in places] for meaning, places in found.columns.items()}
    return _table(found, language) | {
        "sheet": grid.sheet or None,
        "header_rows": found.header_rows,
        "key_row": grid.numbers[found.key_row] if found.header_rows and found.key_row < len(grid.numbers) else None,
        "rows": len(filled),
        "blank_rows": len(below) - len(filled),
        "columns": grid.width,
        "respondents": _respondents(grid, found, statuses),
        "waves": _distinct(filled, found.column("wave")),
        "statuses": {status: counted[status] for status in STATUSES} if statuses else None,
        "own_columns": own,
        "personal_data": [_finding(column) for column in personal_columns(grid, found)],
    }


def _finding(column: Personal) -> dict[str, Any]:
    return {"column": column.column, "kind": column.kind, "rows": column.rows, "more": column.more}


def _respondents(grid: Grid, found: Recognition, statuses: Sequence[str]) -> int | None:
    """How many different people stand in the rows that count; None where no column says who answered."""
    at = found.column("name") if found.kind == "attendance" and "name" in found.columns else found.column("respondent")
    left_out = {found.header_rows + number for number, status in enumerate(statuses) if status in ("test", "preview")}
    rows = [(number, row) for number, row in body(grid, found.header_rows, found.end) if number not in left_out]
    return _distinct(rows, at) or None


def _distinct(rows: Sequence[tuple[int, tuple[str, ...]]], at: int | None) -> int | None:
    return None if at is None else len({value(row, at) for _, row in rows} - {""})


def _document_table(document: Document, language: str) -> dict[str, Any]:
    found = document.recognition
    if found is None:
        return {}
    if document.grid is not None:
        return _grid_table(document.grid, found, language)
    table = _table(found, language)
    table["rows"] = document.facts.get("rows")
    table["facts"] = {key: fact for key, fact in document.facts.items() if key != "rows"}
    table["personal_data"] = [{"column": None, "kind": kind, "rows": None, "more": False} for kind in document.personal]
    return table


def _table(found: Recognition, language: str) -> dict[str, Any]:
    """What every table tells, with null for what is not known of its kind."""
    words = texts(language)["inspect"]["reasons"]
    unknown = ("header_rows", "key_row", "rows", "blank_rows", "columns", "respondents", "waves", "statuses")
    return {
        "sheet": None,
        "tool": found.tool,
        "variant": found.variant or None,
        "confidence": found.confidence,
        "experimental": found.experimental,
        "kind": found.kind,
        "reasons": [words[key].format(it=it) for key, it in found.reasons],
        **dict.fromkeys(unknown),
        "own_columns": {},
        "personal_data": [],
        "facts": {},
    }


def _told_problems(problems: Problems, language: str) -> list[dict[str, Any]]:
    """Every problem once a place, with its sentence and the first rows."""
    rows: dict[Problem, list[int]] = {}
    for found in problems.found:
        alike = Problem(found.key, found.file, found.sheet, None, found.column, found.details)
        rows.setdefault(alike, []).extend([] if found.row is None else [found.row])
    return [
        {
            "id": found.kind.id,
            "level": found.kind.level,
            "key": found.key,
            "sheet": found.sheet or None,
            "column": found.column or None,
            "rows": lines[:ROWS_NAMED],
            "count": max(len(lines), 1),
            "text": message(found.key, language, **{"file": found.file, "sheet": found.sheet, "column": found.column},
                            **dict(found.details)),
        }
        for found, lines in rows.items()
    ]  # fmt: skip
