"""docs/statistics.md says what is so: the counts of cases, the functions and the limits that it names."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import import_module

from conftest import ROOT, shared

from evaltools.measures import limits

PAGE = (ROOT / "docs" / "statistics.md").read_text("utf-8")
MODULES = sorted(path.stem for path in (ROOT / "src" / "evaltools" / "statistics").glob("[a-z]*.py"))


def test_every_golden_case_is_counted_once_in_the_table() -> None:
    cases = Counter(case["method"] for case in json.loads(shared("golden/visible.json").read_text("utf-8"))["cases"])
    rows = re.findall(r"^\| [^|]+ \| [^|]+ \| ([a-zA-Z0-9_, ]+) \| (\d+) \|$", PAGE, flags=re.M)
    assert len(rows) > 15
    named = [method for methods, _ in rows for method in methods.split(", ")]
    assert sorted(named) == sorted(cases)
    for methods, count in rows:
        assert sum(cases[method] for method in methods.split(", ")) == int(count), methods
    assert f"{sum(cases.values())} in all" in PAGE


def test_every_function_that_the_page_names_exists() -> None:
    public = {name for module in MODULES for name in vars(import_module(f"evaltools.statistics.{module}"))}
    named = set(re.findall(r"`([a-z_]+)`", PAGE)) - {"estimates"}
    assert len(named) > 20
    assert named <= public


def test_the_page_is_linked_and_links_to_what_there_is() -> None:
    assert "](docs/statistics.md)" in (ROOT / "README.md").read_text("utf-8")
    for target in (*re.findall(r"\]\(([\w./]+)\)", PAGE), *re.findall(r"`(tests/[\w./]+)`", PAGE)):
        assert (ROOT / "docs" / target).exists() or (ROOT / target).exists(), target


def test_the_page_names_the_limits_that_are_kept() -> None:
    own = limits()
    assert own["own_reliability"] == 30
    assert own["modelled_groups"] == own["group_figure"] == 5
    assert (own["unstructured_people"], own["unstructured_people_per_parameter"]) == (15, 5)
    said = " ".join(PAGE.split())
    for told in ("Alpha is shown from 30 people on", "prediction interval from five groups on",
                 "fewer than five people", "from 15 people and 5 for each parameter"):  # fmt: skip
        assert told in said
