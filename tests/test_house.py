"""The house itself: rooms import only earlier rooms, texts agree between languages, start-up stays light."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

import evaltools
from evaltools.errors import problem_kinds
from evaltools.language import known_as, languages, texts
from evaltools.measures import limits, measures
from evaltools.schemas import TABLES

SOURCE = ROOT / "src" / "evaltools"
MODULES = sorted(path.relative_to(SOURCE).with_suffix("").as_posix().replace("/", ".") for path in SOURCE.rglob("*.py"))


def rooms() -> list[str]:
    """The rooms in the order of README's architecture table."""
    table = (ROOT / "README.md").read_text("utf-8").partition("## Architecture")[2].partition("\n## ")[0]
    return [
        room
        for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
        for room in re.findall(r"`([\w./]+)\.py`", row)
    ]


def imported(path: Path) -> set[str]:
    """The modules of ours that a module imports anywhere, by their path in the package."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "evaltools":
            below = node.module.partition(".")[2]
            names = [below] if below else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name.partition(".")[2] for alias in node.names if alias.name.startswith("evaltools.")]
        found |= {name.replace(".", "/") for name in names}
    return {name for name in found if (SOURCE / f"{name}.py").exists()} | {
        f"{name}/__init__" for name in found if (SOURCE / name / "__init__.py").exists()
    }


def test_readmes_table_names_every_room_once() -> None:
    named = rooms()
    exist = [name.replace(".", "/") for name in MODULES if not name.endswith(("__init__", "__main__"))]
    assert sorted(named) == sorted(exist)


@pytest.mark.parametrize(
    "room", [name.replace(".", "/") for name in MODULES if not name.endswith(("__init__", "__main__"))]
)
def test_a_room_imports_only_rooms_before_it(room: str) -> None:
    order = rooms()
    later = [
        name for name in imported(SOURCE / f"{room}.py") if name in order and order.index(name) >= order.index(room)
    ]
    assert later == []


@pytest.mark.parametrize("module", [name for name in MODULES if not name.endswith("__init__")])
def test_rooms_stay_small(module: str) -> None:
    lines = (SOURCE / f"{module.replace('.', '/')}.py").read_text("utf-8").count("\n")
    assert lines <= 460, "is it still one room?"


def test_the_public_names_are_all_there() -> None:
    assert sorted(evaltools.__all__) == sorted(evaltools._HOMES)
    for name in evaltools.__all__:
        assert getattr(evaltools, name) is getattr(import_module(f"evaltools.{evaltools._HOMES[name]}"), name)
    with pytest.raises(AttributeError):
        evaltools.no_such_name  # noqa: B018


def test_help_and_import_are_light() -> None:
    code = "import sys, evaltools.cli as cli; cli._parser([]); print('numpy' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def leaves(table: dict[str, Any], path: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= leaves(value, f"{path}{name}.")
        else:
            found[f"{path}{name}"] = " ".join(value) if isinstance(value, list) else str(value)
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", [language for language in languages() if language != "sv"])
def test_every_language_has_the_same_keys_and_placeholders(language: str) -> None:
    ours, theirs = leaves(texts("sv")), leaves(texts(language))
    assert set(ours) == set(theirs)
    assert [key for key in ours if placeholders(ours[key]) != placeholders(theirs[key])] == []


def test_every_problem_has_its_sentence_and_every_sentence_its_problem() -> None:
    source = "\n".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    kinds = {field.kind for fields in TABLES.values() for field in fields.values()}
    built = {f"not_a_{kind}" for kind in kinds} | {"looks_like_personnummer", "looks_like_email"}
    told = set(texts("sv")["problems"])
    unused = {key for key in told - built if f'"{key}"' not in source}
    assert unused == set()
    used = set(re.findall(r'(?:problems\.add|message)\(\s*"(\w+)"', source))
    assert used <= told
    assert set(problem_kinds()) == told
    ids = [kind.id for kind in problem_kinds().values()]
    assert len(set(ids)) == len(ids)
    assert {kind.level for kind in problem_kinds().values()} <= {"error", "note"}


def test_no_spelling_means_two_things() -> None:
    for kind in ("columns", "status", "role", "yes_no", "missing"):
        seen: dict[str, str] = {}
        for language in languages():
            words = texts(language)["columns" if kind == "columns" else "values"]
            for canonical, spelled in (words if kind == "columns" else words[kind]).items():
                for word in [spelled] if isinstance(spelled, str) else spelled:
                    assert seen.setdefault(word.casefold(), canonical) == canonical, word
        assert known_as(kind)


def test_every_measure_has_a_limit_and_bounds_that_fit() -> None:
    for measure in measures().values():
        assert measure.limit in limits()
        assert ("commissioner" in measure.readers) == bool(measure.form)
        assert measure.form in ("", "share")
        assert bool(measure.answers) == measure.form.endswith("share")
        assert all(measure.id in texts(language)["shares"]["names"] for language in languages() if measure.form)
        if measure.low is not None and measure.high is not None:
            assert measure.low < measure.high


def test_the_repository_names_no_host_and_no_machine() -> None:
    for lock in ("requirements.txt", "requirements-pandas2.txt"):
        text = (ROOT / lock).read_text("utf-8")
        assert "://" not in text
        assert "index-url" not in text
        assert "--hash=sha256:" in text
