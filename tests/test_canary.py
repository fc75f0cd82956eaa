"""No text that somebody wrote in a file gets into what the commands say, or into what they write for others to read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from folders import PEOPLE, POST, PRE, small
from made_exports import csv_text, workbook_bytes

from evaltools.cli import main

CANARY = "KANARIE"
HEADINGS = ["Code", "Name", "E-mail", "Date", "Session", "Group", "Q1", "Q2", "Q3", "Q4", "Comment"]
LOG = """
[[files]]
path = "sessions.csv"
table = "sessions"

[[files]]
path = "attendance.csv"
table = "attendance"
"""
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//{0}1//{0}2//SV
BEGIN:VEVENT
UID:{0}3@{0}4
DTSTAMP:20250301T080000Z
DTSTART:20250301T080000Z
DTEND:{0}5
SUMMARY:{0}6
DESCRIPTION:{0}7
LOCATION:{0}8
ATTENDEE;CN={0}9:mailto:{0}10@example.org
END:VEVENT
END:VCALENDAR
"""


def canaries() -> Iterator[str]:
    """One text after the other, none of them twice."""
    return (f"{CANARY}-{number} é; @ 19121212-1212"[: 12 + number % 24] for number in count(1))


def rows(people: int = 7) -> list[list[str]]:
    """Headings, and a canary in every other cell."""
    texts = canaries()
    return [HEADINGS, *([next(texts) for _ in HEADINGS] for _ in range(people))]


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    main([str(argument) for argument in arguments])
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err and "EV-107" not in shown.err  # a fault of ours would say nothing, too
    return shown.out + shown.err


def written(path: Path) -> str:
    """Every text of a file; of a workbook, every part that it is packed from."""
    if path.suffix != ".xlsx":
        return path.read_bytes().decode("utf-8", "replace")
    with zipfile.ZipFile(path) as packed:
        return "\n".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


FILES: dict[str, Callable[[], bytes]] = {
    "answers.csv": lambda: csv_text(rows(), ";"),
    "answers.tsv": lambda: csv_text(rows(), "\t"),
    "answers.xlsx": lambda: workbook_bytes(rows()),
    "answers_cp1252.csv": lambda: csv_text(rows(), ",").decode("utf-8-sig").encode("cp1252"),
    "cut_off.csv": lambda: csv_text(rows(), ";")[:-40] + b'"' + CANARY.encode(),
    "calendar.ics": lambda: CALENDAR.format(CANARY).replace("\n", "\r\n").encode(),
    "structure.lss": lambda: f"<document><{CANARY}>{CANARY}</{CANARY}>".encode(),
    "structure.qsf": lambda: f'{{"{CANARY}": "{CANARY}"'.encode(),
    "answers.json": lambda: f'[{{"Code": "{CANARY}"}}]'.encode(),
    "answers.sav": lambda: b"$FL2@(#) " + CANARY.encode() * 40,
    "answers.pdf": lambda: b"%PDF-1.4 " + CANARY.encode(),
}


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("name", FILES)
def test_looking_at_a_file_of_texts_shows_none_of_them(
    name: str, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, draft = tmp_path / name, tmp_path / "draft.toml"
    file.write_bytes(FILES[name]())
    shown = [
        told(capsys, "inspect", file, "--lang", language),
        told(capsys, "map", file, "--lang", language),
        told(capsys, "map", file, "--out", draft, "--lang", language),
        told(capsys, "map", file, "--labels", "G", "--lang", language),
        told(capsys, "map", file, "--structure", file, "--lang", language),
    ]
    assert all(shown)
    assert CANARY not in "".join(shown)
    assert not draft.exists() or CANARY not in written(draft)


def wrong_folder(folder: Path) -> Path:
    """Every table of the folder holds a text in every cell."""
    texts = canaries()
    tables = {
        "people.csv": ["Person", "Group", "Role", "Joined", "Left", "Reason"],
        "pre.csv": HEADINGS,
        "post.csv": HEADINGS,
        "sessions.csv": ["Session", "Group", "Date", "Status", "Minutes", "Note"],
        "attendance.csv": ["Session", "Person", "Present", "Reason"],
    }
    files = {
        name: csv_text([headings, *([next(texts) for _ in headings] for _ in range(5))], ";")
        for name, headings in tables.items()
    }
    return small(folder, files, more=LOG)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("command", ["check", "report"])
def test_a_folder_with_a_text_in_every_cell_is_told_of_without_quoting_one(
    command: str, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, listed = wrong_folder(tmp_path / "e"), tmp_path / "problems.xlsx"
    out = ["--problems", listed] if command == "check" else ["--out", tmp_path / "reports"]
    shown = told(capsys, command, folder, "--lang", language, *out)
    assert len(re.findall(r"EV-\d+", shown)) > 10
    assert CANARY not in shown
    assert not (tmp_path / "reports").exists()
    assert command == "report" or ("EV-" in written(listed) and CANARY not in written(listed))


def test_texts_of_a_folder_that_is_right_stay_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Codes, names and comments beside answers that are as they should be."""
    codes = {"AB01": f"{CANARY}-01", "AB02": f"{CANARY}-22", "007": f"{CANARY}-7777"}
    files = {"people.csv": PEOPLE, "pre.csv": PRE, "post.csv": POST}
    for old, new in codes.items():
        files = {name: text.replace(old, new) for name, text in files.items()}
    for name in ("pre.csv", "post.csv"):
        head, *lines = files[name].splitlines()
        lines = [f"{line};{CANARY} {at};{CANARY} said {at}" for at, line in enumerate(lines)]
        files[name] = "\n".join([f"{head};Name;Comment", *lines])
    folder = small(tmp_path / "e", files)
    shown = told(capsys, "check", folder) + told(capsys, "report", folder, "--out", tmp_path / "reports")
    assert CANARY not in shown
    paths = [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]
    assert {"release.json", "commissioner.html", "supervisor.html"} <= {path.name for path in paths}, shown
    assert not [path.name for path in (*paths, *folder.glob("ledger.jsonl")) if CANARY in written(path)]
