"""Numbers of other programs: reading the cases, and comparing ours with them."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from conftest import SHARED

Case = dict[str, Any]
FROZEN = Path(__file__).with_name("frozen.json")


def golden_file() -> Path:
    """The file that EVALTOOLS_GOLDEN names, else the one beside the repository, else the frozen selection."""
    named = os.environ.get("EVALTOOLS_GOLDEN")
    if named:
        return Path(named)  # a wrong name is an error, never a quiet fallback
    beside = SHARED / "golden" / "visible.json"
    return beside if beside.exists() else FROZEN


def read_golden(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def write_tables(content: dict[str, Any], folder: Path) -> None:
    """The data files of a frozen selection, which holds them as text, where its cases look for them."""
    for name, text in content["tables"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def table(case: Case, folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / case["input"]["file"], encoding="utf-8")


def items(case: Case, folder: Path) -> np.ndarray:
    """Answers as they were given, shape (items, people)."""
    return table(case, folder)[case["input"]["items"]].to_numpy(float).T


def waves(case: Case) -> tuple[np.ndarray, np.ndarray]:
    before, after = (
        np.array([np.nan if score is None else score for score in case["input"][wave]], float)
        for wave in ("pre", "post")
    )
    return before, after


def plain(value: Any) -> Any:
    """Arrays and numpy numbers as the JSON has them."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim):
        return [plain(part) for part in value]
    return value.item() if isinstance(value, (np.generic, np.ndarray)) else value


def tolerance(case: Case, path: str) -> tuple[float, float]:
    """Relative and absolute; the longest key of dotted fragments that fits the path wins."""
    known = case["tolerance"]
    fitting = [key for key in known.get("fields", {}) if f".{key}." in f".{path}."]
    found = known["fields"][max(fitting, key=len)] if fitting else known
    return found["rel"], found["abs"]


def compare(case: Case, got: Any, expected: Any, path: str = "") -> list[str]:
    """Every field that both have, at the case's tolerance; the paths of the numbers compared (lists: once a number)."""
    where = (case["id"], path, got, expected)
    if isinstance(expected, dict):
        both = [name for name in expected if name in got]
        return [
            found for name in both for found in compare(case, got[name], expected[name], f"{path}.{name}".lstrip("."))
        ]
    if isinstance(expected, list):
        assert len(got) == len(expected), where
        return [
            found for ours, theirs in zip(got, expected, strict=True) for found in compare(case, ours, theirs, path)
        ]
    if expected is None:
        assert got is None or got != got, where
        return []
    if isinstance(expected, bool) or (isinstance(expected, str) and expected not in ("Inf", "-Inf")):
        assert got == expected, where
        return []
    relative, absolute = tolerance(case, path)
    wanted = float(expected)
    close = math.isfinite(wanted) and abs(got - wanted) <= absolute + relative * abs(wanted)
    assert close or got == wanted, where
    return [path]
