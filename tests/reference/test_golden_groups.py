"""Charts, single case, pooling and precision against R: every golden case of these methods, field by field."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from adapters_groups import ADAPTERS, COARSE

FILE = Path(os.environ.get("EVALTOOLS_GOLDEN", Path(__file__).parents[3] / "shared" / "golden" / "visible.json"))
CASES = json.loads(FILE.read_text("utf-8"))["cases"] if FILE.exists() else []
OURS = [case for case in CASES if case["method"] in ADAPTERS]
# What evaltools does not offer: other programs' own variants, and indices that the literature has left behind.
_POOLED = {"se_tau2", "blup_pi_kh", "shrinkage_weight"}
NOT_OFFERED = {
    "xmr_chart": {"moving_ranges", "sigma_textbook", "qcc_std_dev", "qcc_limits", "qicharts2_screened_limits"},
    "single_case_nonoverlap": {"pnd", "pem", "pand", "ird"},
    "common_effect": {"z", "p"},
    "random_effects_REML": _POOLED,
    "random_effects_PM": _POOLED,
    "random_effects_DL": _POOLED,
}


def tolerance(case: dict[str, Any], path: str) -> dict[str, float]:
    for method, part, allowed in COARSE:
        if case["method"] == method and f".{part}." in (f".{path}." if part else ".."):
            return {"rel": 0, "abs": allowed}
    given = case["tolerance"]
    fitting = [key for key in given.get("fields", {}) if f".{key}." in f".{path}."]
    return given["fields"][max(fitting, key=len)] if fitting else given


def differences(case: dict[str, Any], got: Any, expected: Any, path: str = "") -> list[str]:
    """Every field that differs by more than the case allows."""
    if isinstance(expected, dict):
        return [
            told
            for key, value in expected.items()
            if key in got
            for told in differences(case, got[key], value, f"{path}.{key}".lstrip("."))
        ]
    if isinstance(expected, list):
        if len(got) != len(expected):
            return [f"{path}: {got} for {expected}"]
        pairs = zip(got, expected, strict=True)
        return [told for one, other in pairs for told in differences(case, one, other, path)]
    if expected is None:
        same = got is None or got != got
    elif isinstance(expected, (int, float)) and not isinstance(expected, bool):
        allowed = tolerance(case, path)
        same = abs(got - expected) <= allowed["abs"] + allowed["rel"] * abs(expected)
    else:
        same = got == expected or (expected in ("Inf", "-Inf") and got == float(expected))
    return [] if same else [f"{path}: {got} for {expected}"]


@pytest.mark.skipif(not OURS, reason="the golden cases do not lie beside the repository")
@pytest.mark.parametrize("case", OURS, ids=lambda case: case["id"])
def test_agrees_with_r(case: dict[str, Any]) -> None:
    got = ADAPTERS[case["method"]](case, FILE.parent)
    assert differences(case, got, case["expected"]) == []
    assert set(case["expected"]) - set(got) <= NOT_OFFERED.get(case["method"], set())
