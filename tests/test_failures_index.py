"""Every failure of another program has its bar and its tests, and every such test its failure."""

from __future__ import annotations

import ast
import tomllib
from functools import lru_cache

import pytest
from conftest import ROOT

INDEX = tomllib.loads((ROOT / "tests" / "reference" / "failures_of_others.toml").read_text("utf-8"))
LISTED = {test for entry in INDEX.values() for test in entry["tests"]}


@lru_cache
def found_in(name: str) -> set[str]:
    """The tests of a file."""
    tree = ast.parse((ROOT / "tests" / name).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_failure_from_1_to_22_is_listed() -> None:
    assert list(INDEX) == [*(f"F{number}" for number in range(1, 23)), "facts"]
    for entry in INDEX.values():
        assert set(entry) == {"peer", "bar", "tests"}
        assert entry["bar"]
        assert entry["tests"]


@pytest.mark.parametrize("listed", sorted(LISTED))
def test_every_listed_test_exists(listed: str) -> None:
    file, _, name = listed.partition("::")
    assert name in found_in(file)


def test_every_test_of_a_failure_is_listed() -> None:
    files = sorted(path.name for path in (ROOT / "tests").glob("test_failures_*.py") if "index" not in path.name)
    assert len(files) >= 4
    assert {f"{file}::{name}" for file in files for name in found_in(file)} <= LISTED
