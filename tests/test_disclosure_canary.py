"""A canary in every field, name, path and comment, and unusual numbers: none of them in any delivered byte."""

from __future__ import annotations

import getpass
import importlib.util
import io
import json
import platform
from itertools import count
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from conftest import ROOT, shared

from evaltools.canonical import TABLES
from evaltools.cli import main
from evaltools.folder import read_evaluation

SEEN = {"participants.sv": "Kan min chef se", "participants.en": "Can my manager see"}  # they tell of no contract
APP = "docProps/app.xml!text"
NUMBERS = ("4.7913", "4,7913", "5.1377", "3.7182", "1237", "2025-02-17", "17 februari", "February 17")
MEANT_TO_BE_SEEN = {
    ("contract", "commissioner"), ("contract", "purpose"), ("goals", "text"), ("groups", "label"), ("waves", "label"),
    ("goals", "organisation_goal"), ("supervisor_periods", "supervisor"), ("supervisors", "supervisor"),
    ("qualifications", "supervisor"),
    ("supervisor_development", "supervisor"),
}  # fmt: skip
NOT_FILLED_IN = {  # the names that are meant to be seen once more, and a list of dates
    ("contract", "sector"), ("goals", "owner"), ("sessions", "supervisor"), ("contract", "dialogue_dates"),
}  # fmt: skip
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
mission = "{c}"
form_reason = "{c}"
dialogue_dates = [2025-02-17]
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
expected = 1.1
organisation_goal = "The goal of the organisation"

[[goals]]
id = "g2"
text = "The rated goal"
levels = ["{c} a", "{c} b", "{c} c", "{c} d", "{c} e"]

[[supervisors]]
supervisor = "The supervisor"
approach = "{c}"

[[qualifications]]
supervisor = "The supervisor"
name = "{c}"
level = "advanced"

[[events]]
date = 2025-02-17
kind = "other"
label = "{c}"

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

{files}
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
                   *([who, name, "staff", canary(), "2025-02-17", "", ""] for who in people[1:]),
                   [people[0], name, "staff", canary(), "2025-02-17", "2025-12-30", canary()]],
        "sessions": [["Session", "Group", "Date", "Status", "Minutes", "Format", "Methods", "Teaching on",
                      "Note"],
                     *([f"{name}{at}", name, f"2025-0{at}-17", "held", "1237", *(canary() for _ in range(4))]
                       for at in (2, 3, 4))],
        "attendance": [["Session", "Person", "Present", "Comment"],
                       *([f"{name}{at}", who, "yes", canary()] for at in (2, 3, 4) for who in people)],
        "questions": [["Question", "Session", "Owner", "Handled", "Comment"],
                      *([f"{name}q{at}", f"{name}2", who, "yes", canary()] for at, who in enumerate(people))],
        "ideas": [["Idea", "Session", "Person", "Comment"],
                  *([f"{name}i{at}", f"{name}2", who, canary()] for at, who in enumerate(people))],
        "follow_ups": [["Idea", "Session", "Tried", "Helped", "Comment"],
                       *([f"{name}i{at}", f"{name}3", "yes", "no", canary()] for at in range(7))],
        "strengths": [["Session", "Person", "Given", "Comment"],
                      *([f"{name}2", who, "yes", canary()] for who in people)],
        "feedback": [["Case", "Date", "Kind", "From role", "Action"],
                     [f"{name}c1", "2025-02-17", "complaint", "participant", canary()]],
        "supervisor_development": [["Supervisor", "Date", "Kind", "Hours", "Comment"],
                                   ["The supervisor", "2025-02-17", "training", "237", canary()]],
        "contacts": [["Date", "With", "Kind", "Number", "Comment"],
                     ["2025-02-17", "commissioner", "other", "237", canary()]],
        "goal_ratings": [["Goal", "Wave", "Person", "Reached", "Comment"],
                         *(["g2", f"{name}b", who, "1", canary()] for who in people)],
        "comments": [["Comment", "Person", "Text", "Theme"],
                     *([f"{name}k{at}", who, canary(), canary()] for at, who in enumerate(people[:3]))],
        "approvals": [["Comment", "Reader", "By", "On", "Withdrawn"],
                      [f"{name}k0", "commissioner", people[0], "2025-02-17", "2025-02-18"],
                      [f"{name}k1", "commissioner", people[1], "2026-02-17", ""]],
        "answers": [["Code", "When", heading, "Comment", "Name"],
                    *([who, f"{name} {wave}", "4.7913" if at % 2 else "5.1377", canary(), canary("Kanarie Fågel{}")]
                      for wave in ("one", "two") for at, who in enumerate(people))],
    }  # fmt: skip
    folder.mkdir(parents=True)
    for kind, rows in files.items():
        text = "\n".join(";".join(row) for row in rows)
        (folder / f"{name}.{kind}.csv").write_text(text, "utf-8", newline="\n")
    tables = [kind for kind in files if kind != "answers"]
    entries = "\n".join(f'[[files]]\npath = "{name}.{kind}.csv"\ntable = "{kind}"' for kind in tables)
    settings = SETTINGS.format(c=heading, i=name, files=entries)
    (folder / "evaluation.toml").write_text(settings, "utf-8", newline="\n")
    return folder, made


def test_there_is_a_canary_in_every_text_that_can_be_recorded(tmp_path: Path) -> None:
    folder, made = canary_folder(tmp_path / "evaluation")
    evaluation = read_evaluation(folder)
    texts = {(table, column) for table, columns in TABLES.items() for column, field in columns.items()
             if field.kind == "text" and table not in ("files", "scales")}  # fmt: skip
    planted = set()
    for table, column in texts:
        cells = getattr(evaluation, table)[column].dropna().astype(str)
        if len(cells) and all(any(canary in cell for canary in made) for cell in cells):
            planted.add((table, column))
    assert texts - planted == MEANT_TO_BE_SEEN | NOT_FILLED_IN


def scanner() -> Any:
    spec = importlib.util.spec_from_file_location("canary_scan", shared("tools/audit/canary_scan.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def overprecise(scan: Any, data: bytes, name: str) -> list[tuple[str, str]]:
    """Numbers with more than one decimal among all that can be read in a file, a PDF's text as laid out included.

    Three things are no statistics. The streams that draw a PDF's pages give places, sizes and colours in points; they
    hold glyphs, no text, and the text that they show is read instead. They are told by their bytes, page by page.
    A .docx names the version of Word that its form is of. (The pictures of a page are drawn from rounded figures: the
    notebook is handed the release and nothing else.)
    """
    found = scan.overprecise(data, name, 1)
    if name.endswith(".docx"):
        return [(where, number) for where, number in found if (where, number) != (f"{name}!{APP}", "14.0000")]
    if not name.endswith(".pdf"):
        return list(found)
    layers = list(scan.layers(data, name))
    text = [content for where, content in layers if where == f"{name}!pdftext"]
    assert text, "the text of a PDF is read"
    with pikepdf.open(io.BytesIO(data)) as pdf:
        drawn = {page.Contents.read_bytes() for page in pdf.pages}
    streams = [(where, content) for where, content in layers if where.rpartition("!")[2].startswith("pdfstream")]
    drawings = {where for where, content in streams if content in drawn}
    assert len(drawings) == len(drawn), "each drawing is one of the layers that were searched"
    read = [hit for hit in found if hit[0].removesuffix("!text") not in drawings]
    return read + [hit for content in text for hit in scan.overprecise(content, f"{name}!pdftext", 1)]


def unusual(scan: Any, data: bytes, name: str) -> list[str]:
    """Which of the unusual numbers stand in a file; of a PDF in its text, since its structure is full of offsets."""
    read = [text for where, text in scan.layers(data, name) if not name.endswith(".pdf") or where.endswith("pdftext")]
    assert read
    return [number for number in NUMBERS for text in read if number.encode() in text]


def test_no_canary_and_no_unusual_number_in_any_delivered_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = scanner()
    folder, canaries = canary_folder(tmp_path / "kanarie-mapp" / "evaluation")
    out = tmp_path / "out"
    assert main(["report", str(folder), "--out", str(out), "--lang", "sv,en"]) == 0, capsys.readouterr().err
    delivered = [path for path in out.rglob("*") if path.is_file() and "confidential" not in path.parts]
    assert {
        "release.json",
        "commissioner.sv.html",
        "commissioner.en.html",
        "commissioner.sv.pdf",
        "commissioner.sv.docx",
    } <= {path.name for path in delivered}
    assert (
        len(json.loads((out / "made" / "release.json").read_text("utf-8"))["figures"]) == 2
    )  # there is something to leak
    machine = [str(ROOT), str(tmp_path), "kanarie-mapp", getpass.getuser() * 2, platform.node()]
    sought = [*canaries, *(word for word in machine if len(word) > 3)]
    for path in delivered:
        assert scan.scan_bytes(path.read_bytes(), path.name, sought) == []
        assert unusual(scan, path.read_bytes(), path.name) == []
        assert overprecise(scan, path.read_bytes(), path.name) == []
        seen = SEEN.get(path.name.rpartition(".")[0], "The purpose")
        if "figures" not in path.parts:  # a picture for slides tells of an outcome only
            assert scan.scan_bytes(path.read_bytes(), path.name, [seen])  # what is meant to be seen is found
    confidential = next(out.rglob("supervisor.sv.html")).read_bytes()
    assert scan.scan_bytes(confidential, "supervisor", ["KANARIEKOD"]) == []  # codes are pseudonyms there, too
