"""Reads one file of SPSS or Stata from standard input and writes it as JSON: a program of its own.

The reader is native code, and some damaged files make it crash. Here that ends this program and not the one that
asked; `exports.labelled_files` starts it and understands its answer.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import sys
import warnings
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

_FALLBACK = "WINDOWS-1252"
_MEMORY = 2 << 30  # bytes of address space, where the system can hold a program to it
_PADDING = 10  # a text takes its declared width in the file, most of it blanks


def main(form: str, most: Mapping[str, int], declared: str) -> int:
    """Answer with the table; ``{"problem": key}`` where it cannot be read."""
    _bound_memory()
    data = sys.stdin.buffer.read()
    try:
        told = _table(data, form, most, declared)
    except Exception:  # whatever is wrong with the file, the answer is that it is damaged
        told = {"problem": "document_broken"}
    sys.stdout.buffer.write(json.dumps(told).encode())
    return 0


def _bound_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such bound, macOS refuses it
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _table(data: bytes, form: str, bounds: Mapping[str, int], declared: str) -> dict[str, Any]:
    about, encoding, assumed = _described(data, form, declared)
    columns = len(about.column_names)
    width = sum((about.variable_storage_width or {}).values())
    most = min(bounds["cells"] // max(columns, 1), _PADDING * bounds["letters"] // max(width, 1))
    if columns > bounds["columns"] or (about.number_rows or 0) > most:
        return {"problem": "table_too_large"}
    values, meta, unconverted = _values(data, form, {"row_limit": most + 1} | encoding)
    if max((len(column) for column in values.values()), default=0) > most:
        return {"problem": "table_too_large"}
    cells = {name: _texts(column, meta.readstat_variable_types.get(name, "")) for name, column in values.items()}
    return {
        "names": list(meta.column_names),
        "columns": [cells[name] for name in meta.column_names],
        "labels": [_labels(meta.variable_value_labels.get(name, {}), _is_text(meta, name)) for name in
                   meta.column_names],
        "missing": [sorted(_missing(meta, name, values[name], cells[name])) for name in meta.column_names],
        "questions": [question or "" for question in meta.column_labels],
        "encoding_assumed": assumed,
        "unconverted": [at for at, name in enumerate(meta.column_names) if name in unconverted],
    }  # fmt: skip


def _described(data: bytes, form: str, declared: str) -> tuple[Any, dict[str, str], bool]:
    """The description without values, in the encoding that it and the values can be read in."""
    if form == "por":  # always read in one encoding
        return _read(data, form, {"metadataonly": True})[1], {}, False
    tries: list[tuple[dict[str, str], bool]] = [({"encoding": declared} if declared else {}, False)]
    tries += [({"encoding": _FALLBACK}, True), ({"encoding": "LATIN1"}, True)]
    for encoding, assumed in tries:
        try:
            _read(data, form, {"row_limit": 50, "disable_datetime_conversion": True} | encoding)
            return _read(data, form, {"metadataonly": True} | encoding)[1], encoding, assumed
        except Exception as error:
            if "encoding" not in str(error) and not isinstance(error, UnicodeDecodeError):
                raise
    raise ValueError("no encoding fits")


def _values(data: bytes, form: str, options: dict[str, Any]) -> tuple[dict[str, list[Any]], Any, set[str]]:
    """The values by column, and the columns whose dates lie outside the calendar and stay numbers."""
    try:
        values, meta = _read(data, form, options)
        return values, meta, set()
    except (OverflowError, TypeError, ValueError):
        pass
    values, meta = _read(data, form, options | {"disable_datetime_conversion": True})
    unconverted = set()
    for name, kind in meta.original_variable_types.items():
        if not _is_date(str(kind)):
            continue
        try:
            values |= _read(data, form, options | {"usecols": [name]})[0]
        except (OverflowError, TypeError, ValueError):
            unconverted.add(name)
    return values, meta, unconverted


def _is_date(kind: str) -> bool:
    """Whether a format is one of dates or times: ``ADATE10``, ``TIME8``, ``%td``."""
    starts = ("DATE", "ADATE", "EDATE", "SDATE", "JDATE", "TIME", "DTIME", "DATETIME", "YMDHMS", "MTIME", "%t", "%d")
    return kind.startswith(starts)


def _read(data: bytes, form: str, options: Mapping[str, Any]) -> tuple[dict[str, list[Any]], Any]:
    import pyreadstat

    readers: dict[str, Any] = {"por": pyreadstat.read_por, "dta": pyreadstat.read_dta}
    read = readers.get(form, pyreadstat.read_sav)
    missing = {} if form == "por" else {"user_missing": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names that stand twice
        values, meta = read(io.BytesIO(data), output_format="dict", **missing, **options)
    return {name: list(column) for name, column in values.items()}, meta


def _texts(values: Iterable[Any], kind: str) -> list[str]:
    """Values as text; Stata's letters for missing values as Stata writes them."""
    return [_text(value, kind) for value in values]


def _text(value: Any, kind: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return f".{value}" if kind != "string" and len(value) == 1 and value.isalpha() else value.strip()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(value, ".7g") if kind == "float" else repr(value)
    return str(value).strip()


def _is_text(meta: Any, name: str) -> bool:
    return bool(meta.readstat_variable_types.get(name) == "string")


def _labels(labels: Mapping[Any, str], text: bool) -> dict[str, str]:
    return {_text(code, "string" if text else "double"): str(label).strip() for code, label in labels.items()}


def _missing(meta: Any, name: str, values: list[Any], cells: list[str]) -> set[str]:
    """The codes that are declared as missing: single ones, and those of a range that the file holds or labels."""
    kind = "string" if _is_text(meta, name) else "double"
    found = {_text(code, kind) for code in meta.missing_user_values.get(name, ())}
    held = [*zip(values, cells, strict=True),
            *((code, _text(code, kind)) for code in meta.variable_value_labels.get(name, ()))]  # fmt: skip
    for span in meta.missing_ranges.get(name, ()):
        low, high = (span["lo"], span["hi"]) if isinstance(span, dict) else (span, span)
        if low == high:
            found.add(_text(low, kind))
        found |= {cell for value, cell in held if type(value) is type(low) and low <= value <= high}
    return found - {""}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], dict(zip(("cells", "columns", "letters"), map(int, sys.argv[2:5]), strict=True)),
                  sys.argv[5]))  # fmt: skip
