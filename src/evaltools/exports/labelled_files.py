"""Files of SPSS (.sav, .zsav, .por) and Stata (.dta) to a grid of text with labels, missing codes and questions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaltools.errors import Problems
from evaltools.exports import labelled_reader
from evaltools.exports.text_grid import Grid, column_letter
from evaltools.measures import limits


def read_labelled(data: bytes, form: str, name: str, encoding: str, problems: Problems) -> Grid | None:
    """A file of SPSS or Stata as a grid.

    Parameters
    ----------
    data : bytes
        The whole file.
    form : str
        ``"sav"``, ``"zsav"``, ``"por"`` or ``"dta"``.
    name, encoding : str
        How messages call the file; the encoding of its texts as declared, or blank for what the file says.
    problems : Problems
        Collects a damaged or too large file (then the result is None). Notes tell where the texts fit no encoding
        that the file names, where dates lie outside the calendar and stay numbers, and that a .por file does not let
        its missing codes be told from blanks.

    Returns
    -------
    Grid or None
        Row 1 holds the names of the variables. A cell is the code as text (3.0 as "3"), a date as ISO; blank where
        the system has no value. Codes that the file declares as missing stay in their cells and are listed in
        ``user_missing``, Stata's as ".a" to ".z"; ``labels`` and ``questions`` hold what the file says of a column.

    Notes
    -----
    The file is read by a program of its own: the native reader crashes on some damaged files.
    """
    told = _answer(data, form, encoding)
    if key := told.get("problem", ""):
        bounds = limits()
        problems.add(key, file=name, form=form, most=int(bounds["table_cells"]), widest=int(bounds["table_columns"]))
        return None
    if told["encoding_assumed"]:
        problems.add("labels_encoding_assumed", file=name)
    if told["unconverted"]:
        columns = ", ".join(column_letter(at) for at in told["unconverted"])
        problems.add("dates_outside_calendar", file=name, columns=columns)
    if form == "por":
        problems.add("portable_missing_unknown", file=name)
    return _grid(told, form, name)


def _answer(data: bytes, form: str, encoding: str) -> dict[str, Any]:
    """What the reading program answers; a damaged file where it crashes, hangs or makes no sense."""
    bounds = limits()
    most = [str(int(bounds[bound])) for bound in ("table_cells", "table_columns", "table_letters")]
    asked = [sys.executable, "-P", str(Path(labelled_reader.__file__)), form, *most, encoding]
    try:
        done = subprocess.run(asked, input=data, capture_output=True, timeout=bounds["labelled_seconds"], check=False)
        told = json.loads(done.stdout) if done.returncode == 0 else {}
    except (subprocess.TimeoutExpired, OSError, ValueError):
        told = {}
    return told if isinstance(told, dict) and told else {"problem": "document_broken"}


def _grid(told: Mapping[str, Any], form: str, name: str) -> Grid:
    rows = (tuple(told["names"]), *zip(*told["columns"], strict=True))
    return Grid(
        name, "", rows, tuple(range(1, len(rows) + 1)), form,
        labels={at: labels for at, labels in enumerate(told["labels"]) if labels},
        user_missing={at: frozenset(codes) for at, codes in enumerate(told["missing"]) if codes},
        questions=_filled(told["questions"]),
    )  # fmt: skip


def _filled(texts: Sequence[str]) -> dict[int, str]:
    return {at: text.strip() for at, text in enumerate(texts) if text.strip()}
