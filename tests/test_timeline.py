"""Everything that is dated stands on one time line; who came and left is counted, and nobody is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from evaluations import analysed, write_folder

from evaltools import contract_report
from evaltools.folder import read_evaluation
from evaltools.timeline import timeline

MORE = """
[[supervisor_periods]]
supervisor = "Ada"
from = 2024-09-01

[[supervisor_periods]]
supervisor = "Bo"
from = 2025-03-01
group = "A"

[[events]]
date = 2025-01-15
kind = "new_manager"
label = "Ny enhetschef"

[[files]]
path = "sessions.csv"
table = "sessions"
"""


def folder(path: Path) -> Path:
    """Two groups of six; in A one leaves between the waves and one comes."""
    answers = {name: {f"{name.lower()}{at}": [[2, 2], [3, 3]] for at in range(6)} for name in "AB"}
    write_folder(path, answers, more=MORE)
    people = [f"a{at};A;;" for at in range(1, 5)] + [f"b{at};B;2024-09-20;" for at in range(6)]
    people += ["a0;A;;2025-02-01", "a5;A;2025-01-01;"]
    (path / "people.csv").write_text("person;group;joined;left\n" + "\n".join(people), "utf-8")
    sessions = "session;group;date;status\ns0;A;2024-09-10;cancelled\ns1;A;2024-09-12;held\ns2;B;2024-09-20;held\n"
    (path / "sessions.csv").write_text(sessions, "utf-8")
    text = (path / "evaluation.toml").read_text("utf-8")
    for wave, day in (("0", "2024-09-02"), ("1", "2025-06-01")):
        text = text.replace(f'id = "w{wave}"', f'id = "w{wave}"\nactual = {day}')
    text = text.replace("start = 2024-09-01", "start = 2024-09-01\nsigned = 2024-08-20\ndialogue_dates = [2024-08-20]")
    (path / "evaluation.toml").write_text(text, "utf-8")
    return path


def test_the_time_line_counts_months_from_the_first_session_that_was_held(tmp_path: Path) -> None:
    moments = timeline(read_evaluation(folder(tmp_path / "it")))
    assert [moment.day for moment in moments] == sorted(moment.day for moment in moments)
    told = {(moment.kind, moment.day, moment.label, moment.number, moment.group) for moment in moments}
    assert told == {
        ("signed", date(2024, 8, 20), "", 0, ""), ("dialogue", date(2024, 8, 20), "", 0, ""),
        ("start", date(2024, 9, 1), "", 0, ""), ("wave", date(2024, 9, 2), "Mätning 1", 0, ""),
        ("joined", date(2025, 1, 1), "", 1, "A"), ("new_manager", date(2025, 1, 15), "Ny enhetschef", 0, ""),
        ("left", date(2025, 2, 1), "", 1, "A"), ("supervisor", date(2025, 3, 1), "Bo", 0, "A"),
        ("wave", date(2025, 6, 1), "Mätning 2", 0, ""),
    }  # fmt: skip
    signed = next(moment for moment in moments if moment.kind == "signed")
    assert signed.month == pytest.approx(-23 / 30.4375)  # 20 August to 12 September


def test_who_belonged_at_each_measurement_is_counted(tmp_path: Path) -> None:
    rows = analysed(folder(tmp_path / "it")).estimates
    counts = {
        (row.measure, row.group, row.wave): row.value
        for row in rows[rows["measure"].isin(["people_members", "people_joined", "people_left"])].itertuples()
    }
    assert [counts["people_members", group, wave] for group in ("A", "B", "all") for wave in ("w0", "w1")] == [
        5, 5, 6, 6, 11, 11
    ]  # fmt: skip
    assert [counts[measure, "A", "w1"] for measure in ("people_joined", "people_left")] == [1, 1]
    assert [counts[measure, "B", "w1"] for measure in ("people_joined", "people_left")] == [0, 0]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_supervisor_reads_the_time_line_without_a_code_of_anybody(tmp_path: Path, language: str) -> None:
    text = str(contract_report.timeline(analysed(folder(tmp_path / "it")), language).blocks)
    assert "Ny enhetschef" in text
    assert "Bo" in text
    assert not any(f"'{code}{at}" in text for code in "ab" for at in range(6))


def test_without_dates_there_is_no_time_line_and_who_belonged_is_not_recorded(tmp_path: Path) -> None:
    write_folder(tmp_path / "it", {"A": {f"p{at}": [[2, 2]] for at in range(5)}})
    analysis = analysed(tmp_path / "it")
    assert not (analysis.estimates["measure"] == "people_members").any()
    assert "not recorded when people joined" in str(contract_report.timeline(analysis, "en").blocks)
