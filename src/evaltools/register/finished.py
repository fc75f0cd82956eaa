"""Finished parts of a register, kept beside the output, so that a run that was broken off goes on where it was.

A part's file is named by a mark of all on which it depends: the rows, what is declared of them, and this program.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from evaltools import __version__
from evaltools.register.declaration import Register
from evaltools.register.group_figures import ItemSums
from evaltools.register.partial import Partial
from evaltools.register.parts import Part
from evaltools.register.violations import Violations
from evaltools.register.wave_sums import Moments

_TOLD = b"evaltools"  # where what is no table stands in the file
_FORM = 2  # of the files: raised whenever figures come to be reckoned in another way


def finished_file(folder: Path, part: Part, register: Register) -> Path:
    """Where a part's figures lie once it is finished."""
    mark = hashlib.sha256(json.dumps([_FORM, __version__, register.digest, part.mark]).encode()).hexdigest()
    return folder / f"{mark[:32]}.parquet"


def keep(path: Path, partial: Partial) -> None:
    """Write a finished part; whole or not at all."""
    told = {
        "rows": partial.rows, "missing": partial.missing, "people": partial.people,
        "measured": partial.measured.tolist(), "violations": asdict(partial.violations),
        "items": [[np.asarray(field).tolist() for field in sums] for sums in partial.items],
        "courses": [[[waves, *own] for waves, own in sums.items()] for sums in partial.courses],
    }  # fmt: skip
    table = pa.Table.from_pandas(partial.groups, preserve_index=False)
    table = table.replace_schema_metadata((table.schema.metadata or {}) | {_TOLD: json.dumps(told).encode()})
    half = path.with_suffix(".half")
    pa.parquet.write_table(table, half, compression="lz4", use_dictionary=columns_of_words(table.schema))
    half.replace(path)


def columns_of_words(schema: Any) -> list[str]:
    """Which columns of a table of groups hold words: they repeat, while a dictionary of figures only takes time."""
    return [field.name for field in schema if not pa.types.is_floating(field.type) | pa.types.is_integer(field.type)]


def kept(path: Path, columns: Sequence[str]) -> Partial | None:
    """A finished part with some columns of its groups' table; None where there is none, or it is damaged."""
    try:
        table = pa.parquet.read_table(path, columns=list(columns))
        told: dict[str, Any] = json.loads(table.schema.metadata[_TOLD])
    except (OSError, ValueError, KeyError):  # pyarrow's errors of a file are among these
        return None
    rows = {rule: tuple((file, row) for file, row in places) for rule, places in told["violations"]["rows"].items()}
    items = tuple(ItemSums(n, np.array(sums), np.array(squares), total, total_squares)
                  for n, sums, squares, total, total_squares in told["items"])  # fmt: skip
    courses = tuple({waves: Moments(n, tuple(sums), tuple(map(tuple, products))) for waves, n, sums, products in own}
                    for own in told["courses"])  # fmt: skip
    return Partial(table.to_pandas(), told["rows"], told["missing"], told["people"], np.array(told["measured"]), items,
                   courses, Violations(told["violations"]["counts"], rows))  # fmt: skip
