"""Every case of the golden file against our functions, at the tolerance given there."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from adapters_waves import Table
from golden import FROZEN, Case, compare, golden_file, plain, read_golden, write_tables

from evaltools.statistics.marginal_models import fit_marginal
from evaltools.statistics.mixed_models import wave_design

HERE = Path(__file__).parent
CONTENT = read_golden(golden_file())
FAMILIES = [import_module(path.stem) for path in sorted(HERE.glob("adapters_*.py"))]
ADAPTERS = {method: adapter for family in FAMILIES for method, adapter in family.ADAPTERS.items()}
LISTED = tomllib.loads((HERE / "not_offered.toml").read_text("utf-8"))
NOT_OFFERED = {method: entry["reason"] for method, entry in LISTED.items() if "reason" in entry}
FIELDS_NOT_OFFERED = {
    method: [*LISTED["every_method"]["fields"], *LISTED.get(method, {}).get("fields", {})] for method in ADAPTERS
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if "tables" not in CONTENT:
        return golden_file().parent
    own = tmp_path_factory.mktemp("frozen")
    write_tables(CONTENT, own)
    return own


@pytest.mark.parametrize("case", CONTENT["cases"], ids=lambda case: case["id"])
def test_our_numbers_are_the_other_programs(case: Case, folder: Path) -> None:
    method = case["method"]
    if method in NOT_OFFERED:
        pytest.skip(f"{method} is not offered: {NOT_OFFERED[method]}")
    assert method in ADAPTERS, f"{method} is neither computed nor listed in not_offered.toml with a reason"
    compared = compare(case, plain(ADAPTERS[method](case, folder)), case["expected"])
    numbers = compare(case, case["expected"], case["expected"])
    left_out = [path for path in numbers if path not in compared]
    without_reason = [path for path in left_out if not any(_named(field, path) for field in FIELDS_NOT_OFFERED[method])]
    assert without_reason == [], "neither given nor listed in not_offered.toml with a reason"
    assert compared or not numbers, "no number was compared"


def _named(field: str, path: str) -> bool:
    """Whether the parts of a dotted field stand in a path in that order ("fixed.df" in "fixed.wave2.df")."""
    parts = iter(path.split("."))
    return all(part in parts for part in field.split("."))


def test_whatever_is_not_offered_has_a_reason_and_a_method_that_exists() -> None:
    methods = {case["method"] for case in CONTENT["cases"]} | set(ADAPTERS) | {"every_method"}
    assert sorted(set(LISTED) - methods) == []
    reasons = [*NOT_OFFERED.values(), *(why for entry in LISTED.values() for why in entry.get("fields", {}).values())]
    assert all(len(reason) > 15 for reason in reasons)


UNSTRUCTURED = [case for case in CONTENT["cases"] if case["method"] in ("gls_us", "mmrm_us")]


@pytest.mark.parametrize("case", UNSTRUCTURED, ids=lambda case: case["id"])
def test_our_own_optimum_is_at_least_as_high_as_nlme_s_and_mmrm_s(case: Case, folder: Path) -> None:
    # mmrm ends its search early (see adapters_waves); nlme does not, and there the likelihoods are the same
    scores = Table(case, folder).scores
    own = fit_marginal(scores, wave_design(len(scores)), "unstructured")
    expected = case["expected"]["reml_loglik"]
    assert float(own.loglik) >= expected - 1e-7 * abs(expected)
    if case["method"] == "gls_us":
        assert float(own.loglik) == pytest.approx(expected, rel=1e-7)


def test_a_method_is_offered_or_not_but_never_both() -> None:
    assert sorted(set(ADAPTERS) & set(NOT_OFFERED)) == []
    assert len(ADAPTERS) == sum(len(family.ADAPTERS) for family in FAMILIES), "two adapters of one method"


def test_the_frozen_selection_needs_nothing_beside_the_repository() -> None:
    content = read_golden(FROZEN)
    named = {case["input"]["file"] for case in content["cases"] if "file" in case["input"]}
    assert named == set(content["tables"])
    assert {case["method"] for case in content["cases"]} <= set(ADAPTERS) | set(NOT_OFFERED)


@pytest.mark.parametrize(
    ("got", "expected", "agrees"),
    [
        ({"a": 1.0, "more": 5}, {"a": 1.0 + 1e-10}, True),
        ({"a": 1.0}, {"a": 1.1}, False),
        ({"a": [1.0]}, {"a": [1.0, 2.0]}, False),
        ({"a": float("nan")}, {"a": None}, True),
        ({"a": float("nan")}, {"a": 1.0}, False),
        ({"a": 0.5}, {"a": None}, False),
        ({"a": float("inf")}, {"a": "Inf"}, True),
        ({"a": 1.0}, {"a": "Inf"}, False),
        ({"a": "up"}, {"a": "down"}, False),
    ],
)
def test_the_comparison_itself_can_fail(got: dict[str, object], expected: dict[str, object], agrees: bool) -> None:
    case = {"id": "made up", "tolerance": {"rel": 1e-9, "abs": 1e-12}}
    if agrees:
        compare(case, got, expected)
    else:
        with pytest.raises(AssertionError):
            compare(case, got, expected)
