"""The canonical tables as pandera schemas, and the one table of results: checked in one place.

A table is checked when it is complete, in the shape of the file that it came from, so that a failure still
knows its row. Inside the house nobody checks again.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from evaltools.canonical import KEYS, TABLES, Field

if TYPE_CHECKING:
    import pandera.pandas as pa

SUMMARY_GROUP = "all"

_DTYPES = {"code": "string", "person": "string", "text": "string", "choice": "string", "date": "datetime64[ns]",
           "number": "float64", "count": "float64", "yes_no": "boolean", "time": "datetime64[ns, UTC]"}  # fmt: skip

ESTIMATES: dict[str, str] = {
    "evaluation": "string", "scale": "string", "group_by": "string", "group": "string", "wave": "string",
    "wave_to": "string", "period": "string", "people_set": "int64", "measure": "string", "value": "float64",
    "low": "float64", "high": "float64", "level": "float64", "n": "int64", "of": "float64", "df": "float64",
    "basis": "string", "method": "string", "note": "string",
}  # fmt: skip
ESTIMATES_KEY = ("evaluation", "scale", "group_by", "group", "wave", "wave_to", "period", "measure", "basis")


@dataclass(frozen=True)
class Failure:
    """A cell that breaks its table's declaration: the problem's key, the frame's row number and the column."""

    key: str
    row: int | None
    column: str
    allowed: str = ""


def empty_table(name: str) -> pd.DataFrame:
    """A canonical table without rows, every column with its type."""
    return _empty(name).copy()


@lru_cache
def _empty(name: str) -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(dtype=_DTYPES[field.kind]) for column, field in TABLES[name].items()})


def row_dicts(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Each row of a table as a dictionary from column name to value; no choice or text is None, no number NaN.

    >>> row_dicts(pd.DataFrame({"n": [5]}))
    [{'n': 5}]
    """
    # pandas' own to_dict takes five times as long, and reports ask for rows by the hundred
    columns = [[None if value is pd.NA else value for value in column.tolist()] for _, column in frame.items()]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def typed_column(values: list[Any], kind: str) -> pd.Series[Any]:
    """Decoded values as a column of the type that a kind of column has.

    >>> str(typed_column(["a", None], "code").dtype)
    'string'
    """
    if kind == "date":
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object"))).astype("datetime64[ns]")
    if kind == "time":
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object"), utc=True)).astype("datetime64[ns, UTC]")
    typed: pd.Series[Any] = pd.Series(values, dtype="object").astype(cast("Any", _DTYPES[kind]))
    return typed


def validate(frame: pd.DataFrame, name: str) -> list[Failure]:
    """Check a canonical table against its declaration.

    Parameters
    ----------
    frame : DataFrame
        With a plain running index, so that a failure's row is a position.
    name : str
        Name of the table (a key of `TABLES`).

    Returns
    -------
    list of Failure
        Everything wrong, never quoting a cell; empty when the table is right.
    """
    if frame.empty:
        return []
    from pandera.errors import SchemaErrors

    cases: pd.DataFrame | None = None
    try:
        with _checks_on():
            _schema(name).validate(frame, lazy=True)
    except SchemaErrors as errors:  # its text quotes the data, so only places leave this block
        cases = errors.failure_cases[["column", "check", "index"]]
    failures = [] if cases is None else [_failure(name, *case) for case in cases.itertuples(index=False)]
    return failures + _duplicates(frame, name)


def _failure(name: str, column: str, check: str, index: float | None) -> Failure:
    field = TABLES[name][column]
    key = check if check in ("value_not_allowed", "number_outside") else "cell_missing"
    bounds = " – ".join("" if bound is None else f"{bound:g}" for bound in (field.low, field.high))
    allowed = ", ".join(field.allowed) if field.allowed else bounds
    return Failure(key, None if index is None or pd.isna(index) else int(index), column, allowed)


def _duplicates(frame: pd.DataFrame, name: str) -> list[Failure]:
    """Rows whose key has been used before; by position, since pandera's own report multiplies rows by columns."""
    key = [column for column in KEYS[name] if column in frame]
    if not key or frame.empty:
        return []
    again = frame.duplicated(subset=key) & has_key(frame, name)
    return [Failure("key_used_twice", int(row), key[-1], ", ".join(key)) for row in frame.index[again]]


def has_key(frame: pd.DataFrame, name: str) -> pd.Series[bool]:
    """The rows whose key can be compared: a blank is a value where the column is optional, else told elsewhere."""
    needed = [column for column in KEYS[name] if TABLES[name][column].required]
    return frame[needed].notna().all(axis=1)


def _checks_on() -> AbstractContextManager[None]:
    """Every check is made, whatever stands in the environment: a variable left there must not switch them off."""
    from pandera.config import ValidationDepth, config_context

    return config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA)


@lru_cache
def _schema(name: str) -> pa.DataFrameSchema:
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {column: _pandera_column(field) for column, field in TABLES[name].items()}, strict=True, ordered=False
    )


def _pandera_column(field: Field) -> pa.Column:
    import pandera.pandas as pa

    checks = []
    if field.allowed:
        checks.append(pa.Check.isin(field.allowed, error="value_not_allowed"))
    if field.low is not None:
        checks.append(pa.Check.ge(field.low, error="number_outside"))
    if field.high is not None:
        checks.append(pa.Check.le(field.high, error="number_outside"))
    kind = _DTYPES[field.kind]
    # `typed_column` makes texts only of texts; pandera would ask of every single one again whether it is
    return pa.Column(None if kind == "string" else kind, checks=checks, nullable=not field.required)


def validate_estimates(frame: pd.DataFrame) -> pd.DataFrame:
    """Check the one table of results: its columns, types, and that no key stands twice.

    Raises
    ------
    pandera.errors.SchemaError
        If it is not right, which is a fault of the toolkit and not of the data.
    """
    import pandera.pandas as pa

    measured = ("value", "low", "high", "level", "of", "df")
    columns = {name: pa.Column(dtype, nullable=name in measured) for name, dtype in ESTIMATES.items()}
    with _checks_on():
        checked = pa.DataFrameSchema(columns, strict=True, ordered=True).validate(frame)
    if checked.duplicated(subset=list(ESTIMATES_KEY)).any():
        raise ValueError("two estimates have the same key")
    return checked
