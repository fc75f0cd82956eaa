"""Every real file beside the repository goes through `inspect` and `map`, with the outcome that is expected of it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from conftest import SHARED, shared

from evaltools.cli import main

EXPECTED = tomllib.loads((Path(__file__).parent / "expected_exports.toml").read_text("utf-8"))
_ID = re.compile(r"EV-\d{3}")


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_file_is_read_or_refused_as_expected(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path, expected = shared(f"exports/{name}"), EXPECTED[name]
    code = main(["inspect", str(path), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (code, found["read"]) == (0 if expected["read"] else 1, expected["read"])
    assert sorted({table["tool"] for table in found["tables"]}) == expected["tools"]
    assert sum(table["rows"] or 0 for table in found["tables"]) == expected["rows"]
    assert sorted({problem["id"] for problem in found["problems"]}) == expected["inspect"]
    code = main(["map", str(path)])
    draft, refusal = capsys.readouterr()
    assert (code, sorted(set(_ID.findall(refusal)))) == (1 if expected["map"] else 0, expected["map"])
    if not expected["map"]:
        assert tomllib.loads(draft)["files"][0]["path"] == f"exports/{path.name}"


def test_every_real_file_has_an_expected_outcome() -> None:
    shared("exports")
    files = {path.relative_to(SHARED / "exports").as_posix() for path in (SHARED / "exports").rglob("*")
             if path.is_file() and path.name != "PROVENANCE.md"}  # fmt: skip
    assert files == set(EXPECTED)
