"""Change over waves against R and SAS: every golden case at the tolerance that it carries."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from adapters_waves import ADAPTERS

GOLDEN = Path(os.environ.get("EVALTOOLS_GOLDEN", Path(__file__).resolve().parents[3] / "shared/golden/visible.json"))
CASES = [
    case
    for case in (json.loads(GOLDEN.read_text("utf-8"))["cases"] if GOLDEN.exists() else [])
    if case["method"] in ADAPTERS
]
REQUIRED = {
    "lmm_ri_categorical": {"fixed.estimate", "fixed.se", "reml_loglik", "varcomp.vcov"},
    "lmm_ri_linear": {"fixed.estimate", "fixed.kenward_roger.df", "fixed.satterthwaite.df", "varcomp.vcov"},
    "lmm_rs_linear": {"fixed.estimate", "fixed.kenward_roger.df", "fixed.satterthwaite.df", "varcomp.vcov"},
    "lmm_three_level_categorical": {"fixed.estimate", "fixed.se", "reml_loglik", "varcomp.vcov"},
    "lmm_three_level_linear": {"fixed.estimate", "fixed.se", "reml_loglik", "varcomp.vcov"},
    "gls_cs": {"fixed.estimate", "fixed.se", "covariance", "reml_loglik"},
    "gls_ar1": {"fixed.estimate", "fixed.se", "covariance", "reml_loglik"},
    "gls_us": {"fixed.estimate", "fixed.se", "covariance", "reml_loglik"},
    "mmrm_cs": {"fixed.kenward_roger_linear.se", "fixed.kenward_roger_linear.df", "fixed.satterthwaite.p"},
    "mmrm_ar1": {"fixed.kenward_roger_linear.se", "fixed.kenward_roger_linear.df", "fixed.satterthwaite.p"},
    "mmrm_us": {"fixed.kenward_roger_linear.se", "fixed.kenward_roger_linear.df", "fixed.satterthwaite.p"},
    "mmrm_sas_documented": set(),
    "cluster_robust": {"CR2.se", "CR2.df_satterthwaite", "CR0.se", "CR1.se", "CR1S.se"},
    "rubin_pooling": {"qbar", "df", "ci95", "p", "fmi"},
    "friedman_kendall_w": {"chi2", "kendall_w"},
    "p_adjust": {"holm", "BH"},
    "shrunken_group_change_lmm": {"shrunken_group_mean", "var_group", "mean"},
}


def tolerance(case: dict[str, Any], path: str) -> dict[str, float]:
    own = case["tolerance"]
    best = max((key for key in own.get("fields", {}) if f".{key}." in f".{path}."), key=len, default=None)
    chosen: dict[str, float] = own["fields"][best] if best else own
    return chosen


def compared(case: dict[str, Any], got: Any, expected: Any, path: str = "") -> set[str]:
    """The paths of the numbers that were held against each other; coefficients' names are left out of them."""
    if isinstance(expected, dict):
        return {
            found for key, value in expected.items() if key in got
            for found in compared(case, got[key], value, f"{path}.{key}".lstrip("."))
        }  # fmt: skip
    if isinstance(expected, list):
        assert len(got) == len(expected), (case["id"], path)
        pairs = zip(got, expected, strict=True)
        return {path} | {found for g, e in pairs for found in compared(case, g, e, path)}
    if expected is None:
        assert got is None or got != got, (case["id"], path, got)
    elif isinstance(expected, (int, float)) and not isinstance(expected, bool):
        limits = tolerance(case, path)
        assert abs(got - expected) <= limits["abs"] + limits["rel"] * abs(expected), (case["id"], path, got, expected)
    else:
        assert got == expected, (case["id"], path, got, expected)
    return {path}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_agrees_with_other_programs(case: dict[str, Any]) -> None:
    found = compared(case, ADAPTERS[case["method"]](case, GOLDEN.parent), case["expected"])
    fixed = [".".join([path.split(".")[0], *path.split(".")[2:]]) for path in found]
    assert found, "nothing was compared"
    assert REQUIRED[case["method"]] <= found | set(fixed)
