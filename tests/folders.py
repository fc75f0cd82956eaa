"""The smallest evaluation folder that is right, for tests that spoil one thing in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from evaltools.errors import FolderError
from evaltools.folder import Evaluation, read_evaluation

SETTINGS = """schema = 1
id = "small"
language = "en"
report_date = 2026-01-31

[contract]
commissioner = "The commissioner"
purpose = "The purpose"
start = 2025-02-01

[[groups]]
id = "A"
label = "Group A"

[[waves]]
id = "pre"
label = "Before"
actual = 2025-01-15

[[waves]]
id = "post"
label = "After"
actual = 2025-12-01

[[files]]
path = "people.csv"
table = "people"

[[files]]
path = "pre.csv"
table = "responses"
wave = "pre"
mapping = "wide"

[[files]]
path = "post.csv"
table = "responses"
wave = "post"
mapping = "wide"

[[mapping.wide.columns]]
match = { heading = "Code" }
column = "person"

[[mapping.wide.columns]]
match = { heading_regex = "Q(?P<number>[1-4])" }
item = "js{number}"
"""
PEOPLE = "Person;Group\nAB01;A\nAB02;A\n007;A\n"
PRE = "Code;Q1;Q2;Q3;Q4\nAB01;1;2;5;2\nAB02;3;3;;3\n007;5;5;1;5\n"
POST = "Code;Q1;Q2;Q3;Q4\n007;5;4;1;5\nAB02;4;4;2;4\nAB01;2;2;4;2\n"
FILES = {"people.csv": PEOPLE, "pre.csv": PRE, "post.csv": POST}


def small(
    folder: Path,
    files: Mapping[str, str | bytes] | None = None,
    *,
    change: Mapping[str, str] | None = None,
    more: str = "",
    settings: str | bytes = SETTINGS,
) -> Path:
    """Write the folder with some files replaced, some words of its settings changed, and more settings at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**FILES, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    if isinstance(settings, str):
        for old, new in (change or {}).items():
            assert old in settings, f"nothing to change: {old}"
            settings = settings.replace(old, new, 1)
        settings = (settings + more).encode()
    (folder / "evaluation.toml").write_bytes(settings)
    return folder


def told(folder: Path, language: str = "en") -> str:
    """What the reader is told of a folder that is not right."""
    with pytest.raises(FolderError) as caught:
        read_evaluation(folder, language=language)
    return str(caught.value)


def answers(evaluation: Evaluation) -> dict[tuple[int, str, str], float | str]:
    """Every answer, or the reason why it is missing, by the person's place among the people, wave and item."""
    places = {code: at for at, code in enumerate(evaluation.people["person"])}
    return {
        (places[row["person"]], row["wave"], row["item"]): row["missing"] if row["code"] != row["code"] else row["code"]
        for row in evaluation.responses.to_dict("records")
    }
