"""A canary in every field, name, path and comment, and unusual numbers: none of them in any delivered byte."""

from __future__ import annotations

import getpass
import importlib.util
import json
import platform
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, shared

from evaltools.cli import main

NUMBERS = ("4.7913", "4,7913", "5.1377", "3.7182", "1237", "1117", "2025-02-17", "17 februari", "February 17")
SETTINGS = """# {c} in a comment
schema = 1
id = "made"
language = "en"
report_date = 2026-01-31

[contract]
commissioner = "The commissioner"
purpose = "The purpose"
start = 2025-02-17
end = 2025-12-30
signed = 2024-11-19
choice_basis = "{c}"
rules_reviewed = 2024-11-27
frames = {{ length = "{c}", place = "{c}", cost = "{c}" }}

[[supervisor_periods]]
supervisor = "The supervisor"
from = 2025-02-17

[[goals]]
id = "g1"
text = "The goal"
indicator = "own"
baseline = 3.7182
expected = 1117
organisation_goal = "{c}"

[[groups]]
id = "{i}"
label = "The group"

[[waves]]
id = "{i}a"
label = "Before"
actual = 2025-02-17

[[waves]]
id = "{i}b"
label = "After"
actual = 2025-12-01

[[scales]]
scale = "own"
label = "Own scale"
given_as = "score"
low = 1
high = 7
items = 4
step = 0.0001

[[files]]
path = "{i}.people.csv"
table = "people"

[[files]]
path = "{i}.sessions.csv"
table = "sessions"

[[files]]
path = "{i}.attendance.csv"
table = "attendance"

[[files]]
path = "{i}.answers.csv"
table = "responses"
mapping = "{i}"

[mapping.{i}.waves]
"{i} one" = "{i}a"
"{i} two" = "{i}b"

[[mapping.{i}.columns]]
match = {{ heading = "Code" }}
column = "person"

[[mapping.{i}.columns]]
match = {{ heading = "When" }}
column = "wave"

[[mapping.{i}.columns]]
match = {{ heading = "{c}" }}
score = "own"
"""


def canary_folder(folder: Path) -> tuple[Path, list[str]]:
    """An evaluation in which everything that the commissioner is not meant to see is a canary, and the canaries."""
    numbers, made = count(1), []

    def canary(form: str = "KANARIE-{}-fågel") -> str:
        made.append(form.format(next(numbers)))
        return made[-1]

    name, heading = "kanariefil", canary("KANARIE-{} ruta")
    made.append(name)
    people = [canary("KANARIEKOD{}") for _ in range(7)]
    files = {
        "people": [["Person", "Group", "Role", "Profession", "Joined", "Left", "Reason for leaving"],
                   *([who, name, "staff", canary(), "2025-02-17", "", ""] for who in people)],
        "sessions": [["Session", "Group", "Date", "Status", "Minutes", "Format", "Note"],
                     *([f"{name}{at}", name, f"2025-0{at}-17", "held", "1237", canary(), canary()]
                       for at in (2, 3, 4))],
        "attendance": [["Session", "Person", "Present", "Comment"],
                       *([f"{name}{at}", who, "yes", canary()] for at in (2, 3, 4) for who in people)],
        "answers": [["Code", "When", heading, "Comment", "Name"],
                    *([who, f"{name} {wave}", "4.7913" if at % 2 else "5.1377", canary(), canary("Kanarie Fågel{}")]
                      for wave in ("one", "two") for at, who in enumerate(people))],
    }  # fmt: skip
    folder.mkdir(parents=True)
    for kind, rows in files.items():
        text = "\n".join(";".join(row) for row in rows)
        (folder / f"{name}.{kind}.csv").write_text(text, "utf-8", newline="\n")
    settings = SETTINGS.format(c=heading, i=name)
    (folder / "evaluation.toml").write_text(settings, "utf-8", newline="\n")
    return folder, made


def scanner() -> Any:
    spec = importlib.util.spec_from_file_location("canary_scan", shared("tools/audit/canary_scan.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_canary_and_no_unusual_number_in_any_delivered_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = scanner()
    folder, canaries = canary_folder(tmp_path / "kanarie-mapp" / "evaluation")
    out = tmp_path / "out"
    assert main(["report", str(folder), "--out", str(out), "--lang", "sv,en"]) == 0, capsys.readouterr().err
    delivered = [path for path in out.rglob("*") if path.is_file() and "confidential" not in path.parts]
    assert {"release.json", "commissioner.sv.html", "commissioner.en.html"} <= {path.name for path in delivered}
    assert (
        len(json.loads((out / "made" / "release.json").read_text("utf-8"))["figures"]) == 2
    )  # there is something to leak
    machine = [str(ROOT), str(tmp_path), "kanarie-mapp", getpass.getuser() * 2, platform.node()]
    sought = [*canaries, *NUMBERS, *(word for word in machine if len(word) > 3)]
    for path in delivered:
        assert scan.scan_bytes(path.read_bytes(), path.name, sought) == []
        assert scan.overprecise(path.read_bytes(), path.name, 1) == []
        assert scan.scan_bytes(path.read_bytes(), path.name, ["The purpose"])  # what is meant to be seen is found
    confidential = next(out.rglob("supervisor.sv.html")).read_bytes()
    assert scan.scan_bytes(confidential, "supervisor", ["KANARIEKOD"]) == []  # codes are pseudonyms there, too
