"""Quotes go out where they are approved for that reader, and are gone from the next report when that is taken back."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from evaluations import group_of, write_folder
from test_disclosure_canary import scanner

from evaltools.analysis import analyse
from evaltools.cli import main
from evaltools.disclosure import release
from evaltools.folder import read_evaluation
from evaltools.ledger import Ledger, append, open_ledger
from evaltools.policy import policies
from evaltools.quotes import decided_quotes, held_against, quote_events
from evaltools.reports import FORMATS, write_reports

FEBRUARY = date(2026, 2, 1)
COMMENTS = pd.DataFrame(
    {
        "comment": ["c1", "c2", "c3"], "person": ["p1", "p2", "p3"], "wave": ["w", "w", "w"],
        "session": [None, None, None], "item": [None, None, None],
        "text": ["It helped me.", "A bad year.", "Write to a.b@example.se"], "theme": ["b", "a", None],
    }
)  # fmt: skip


def approvals(*rows: tuple[str, str, str | None, str | None, str | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["comment", "reader", "by", "on", "withdrawn"])
    return table.assign(on=pd.to_datetime(table["on"]), withdrawn=pd.to_datetime(table["withdrawn"]))


def shown(*rows: tuple[str, str, str | None, str | None, str | None], on: date = FEBRUARY) -> list[str]:
    quotes = decided_quotes(COMMENTS, approvals(*rows), on)
    return [quote.comment for quote in quotes if (quote.reader, quote.state) == ("commissioner", "out")]


def issued(
    ledger: Ledger, on: date, *rows: tuple[str, str, str | None, str | None, str | None],
    comments: pd.DataFrame = COMMENTS,
) -> tuple[dict[str, str], Ledger]:  # fmt: skip
    """What a report does with each quote for the commissioner, and the ledger after it."""
    quotes = held_against(decided_quotes(comments, approvals(*rows), on), ledger)
    assert held_against(quotes, ledger) == quotes
    return {quote.comment: quote.state for quote in quotes}, append(ledger, [], list(quote_events(quotes, ledger, on)))


def events(ledger: Ledger) -> list[tuple[str, str, str]]:
    return [(event.event, event.on, event.report) for event in ledger.events]


@pytest.fixture
def empty(tmp_path: Path) -> Ledger:
    return open_ledger(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))


def test_only_what_is_approved_for_this_reader_by_somebody_by_that_day_is_shown() -> None:
    assert shown() == []
    assert shown(("c1", "commissioner", "Anna", "2026-01-10", None)) == ["c1"]
    assert shown(("c1", "commissioner", "Anna", "2026-02-01", None)) == ["c1"]
    assert shown(("c1", "supervisor", "Anna", "2026-01-10", None)) == []
    assert shown(("c1", "commissioner", None, "2026-01-10", None)) == []
    assert shown(("c1", "commissioner", "  ", "2026-01-10", None)) == []
    assert shown(("c1", "commissioner", "Anna", None, None)) == []
    assert shown(("c1", "commissioner", "Anna", "2026-02-02", None)) == []
    assert shown(("c9", "commissioner", "Anna", "2026-01-10", None)) == []


@pytest.mark.parametrize(
    ("withdrawn", "again", "expected"),
    [
        ("2026-01-20", None, []),
        ("2026-02-01", None, []),
        ("2026-02-02", None, ["c1"]),
        ("2026-01-20", "2026-01-25", ["c1"]),
        ("2026-01-20", "2026-01-20", []),
        ("2026-01-20", "2026-01-15", []),
    ],
)
def test_what_was_taken_back_is_not_shown_until_it_is_approved_anew(
    withdrawn: str, again: str | None, expected: list[str]
) -> None:
    rows: list[tuple[str, str, str | None, str | None, str | None]] = [
        ("c1", "commissioner", "Anna", "2026-01-10", withdrawn)
    ]
    if again:
        rows.append(("c1", "commissioner", "Bo", again, None))
    assert shown(*rows) == expected


def test_a_quote_with_an_address_is_never_shown_and_the_order_says_nothing_of_the_writers() -> None:
    rows = [(comment, "commissioner", "Anna", "2026-01-10", None) for comment in ("c1", "c2", "c3")]
    assert shown(*rows) == ["c2", "c1"]


def test_a_quote_is_not_printed_by_accident() -> None:
    quotes = decided_quotes(COMMENTS, approvals(("c1", "commissioner", "Anna", "2026-01-10", None)), FEBRUARY)
    assert quotes[0].text == "It helped me."
    assert "helped" not in repr(quotes)


def test_what_is_not_out_has_no_words_to_show() -> None:
    withdrawn = ("c1", "commissioner", "Anna", "2026-01-10", "2026-01-12")
    others = ("c2", "participants", "Bo", "2026-03-01", None), ("c3", "commissioner", "Bo", "2026-01-10", None)
    quotes = decided_quotes(COMMENTS, approvals(withdrawn, *others), FEBRUARY)
    assert {quote.state for quote in quotes} == {"withdrawn", "not_yet", "personal"}
    assert {quote.text + quote.theme for quote in quotes} == {""}


def test_the_ledger_remembers_what_was_out_and_what_was_taken_back(empty: Ledger) -> None:
    given = ("c1", "commissioner", "Anna", "2026-01-10")
    states, first = issued(empty, FEBRUARY, (*given, None))
    assert states == {"c1": "out"}
    assert events(first) == [("quote_released", "2026-01-10", "2026-02-01")]
    assert issued(first, date(2026, 3, 1), (*given, None)) == ({"c1": "out"}, first)
    states, second = issued(first, date(2026, 4, 1), (*given, "2026-03-15"))
    assert states == {"c1": "withdrawn"}
    assert events(second)[1:] == [("quote_withdrawn", "2026-03-15", "2026-04-01")]
    assert issued(second, date(2026, 5, 1), (*given, "2026-03-15")) == ({"c1": "withdrawn"}, second)
    text = second.path.read_text("utf-8")
    assert "Anna" not in text
    assert "helped" not in text


def test_an_approval_that_has_vanished_counts_as_taken_back(empty: Ledger) -> None:
    _, first = issued(empty, FEBRUARY, ("c1", "commissioner", "Anna", "2026-01-10", None))
    states, second = issued(first, date(2026, 4, 1))
    assert states == {"c1": "gone"}
    assert events(second)[1:] == [("quote_withdrawn", "", "2026-04-01")]
    assert issued(second, date(2026, 5, 1)) == ({}, second)


def test_a_text_changed_after_it_was_out_needs_a_new_approval(empty: Ledger) -> None:
    given = ("c1", "commissioner", "Anna", "2026-01-10", None)
    _, first = issued(empty, FEBRUARY, given)
    other = COMMENTS.assign(text=["It helped me and Eva.", "A bad year.", ""])
    states, second = issued(first, date(2026, 4, 1), given, comments=other)
    assert states == {"c1": "changed"}
    states, again = issued(second, date(2026, 4, 1), given)  # the words that were out, again
    assert states == {"c1": "out"}
    anew = ("c1", "commissioner", "Anna", "2026-04-02", None)
    states, third = issued(again, date(2026, 5, 1), anew, comments=other)
    assert states == {"c1": "out"}
    kinds = [event.removeprefix("quote_") for event, *_ in events(third)]
    assert kinds == ["released", "withdrawn", "released", "released"]


# --- from the folder to what is delivered

COMMENT_ROWS = """Citat;Person;Text;Tema
c1;p0;Kanarie ett & <b>två</b>;trygghet
c2;p1;Kanarie tre;
c3;p2;Kanarie fyra;
"""
TABLES = """[[files]]
path = "comments.csv"
table = "comments"
[[files]]
path = "approvals.csv"
table = "approvals"
"""


def delivered(folder: Path, out: Path, approvals: str, day: str = "2026-01-31", text: str = COMMENT_ROWS) -> Path:
    """The reports of a folder with these quotes, in all formats, in the folder of reports."""
    write_folder(folder, {"a": group_of(6, [3, 4, 3], [4, 4, 4])}, more=TABLES)
    (folder / "comments.csv").write_text(text, "utf-8")
    (folder / "approvals.csv").write_text(
        f"Citat;Får läsas av;Godkänt av;Godkänt den;Återtaget den\n{approvals}", "utf-8"
    )
    settings = folder / "evaluation.toml"
    settings.write_text(settings.read_text("utf-8").replace("2026-01-31", day), "utf-8")
    write_reports(folder, out=out, formats=list(FORMATS))
    return out / "made"


def found(scan: Any, path: Path, *sought: str) -> set[str]:
    return {sought for sought in sought if scan.scan_bytes(path.read_bytes(), path.name, [sought])}


def test_a_quote_stands_with_the_reader_for_whom_it_was_approved_and_nowhere_else(tmp_path: Path) -> None:
    scan = scanner()
    given = "c1;commissioner;p0;2026-01-10;\nc2;participants;p1;2026-01-10;\nc3;commissioner;p3;2026-02-10;\n"
    made = delivered(tmp_path / "e", tmp_path / "out", given)
    words = ("Kanarie ett", "Kanarie tre", "Kanarie fyra")
    for form in FORMATS:
        assert found(scan, made / f"commissioner.{form}", *words) == {"Kanarie ett"}, form
        assert found(scan, made / f"participants.{form}", *words) == {"Kanarie tre"}, form
    assert found(scan, made / "release.json", *words) == {"Kanarie ett"}
    assert found(scan, made / "confidential" / "supervisor.html", *words) == set()
    assert "trygghet: ”Kanarie ett &amp; &lt;b&gt;två&lt;/b&gt;”" in (made / "commissioner.html").read_text("utf-8")
    quotes = json.loads((made / "release.json").read_text("utf-8"))["quotes"]
    assert quotes == [{"text": "Kanarie ett & <b>två</b>", "theme": "trygghet"}]


def test_a_withdrawn_approval_takes_effect_in_the_next_issue_is_logged_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "e", tmp_path / "out"
    first = "c1;commissioner;p0;2026-01-10;\nc2;participants;p1;2026-01-10;\n"
    made = delivered(folder, out, first)
    second = "c1;commissioner;p0;2026-01-10;2026-02-20\nc2;participants;p1;2026-01-10;2026-02-21\n"
    delivered(folder, out, second, "2026-03-31")
    for report in ("commissioner", "participants"):
        assert "Kanarie" not in (made / f"{report}.html").read_text("utf-8")
    told = (made / "confidential" / "supervisor.html").read_text("utf-8")
    assert "Godkännandet återtogs 20 februari 2026." in told
    assert "Godkännandet återtogs 21 februari 2026." in told
    capsys.readouterr()
    assert main(["ledger", str(folder), "--lang", "sv"]) == 0
    shown = capsys.readouterr().out
    for line in (
        "citat c1: godkänt 10 januari 2026 för beställaren, utlämnat i rapport 31 januari 2026",
        "citat c2: godkänt 10 januari 2026 för deltagarna, utlämnat i rapport 31 januari 2026",
        "citat c1: godkännandet för beställaren återtaget 20 februari 2026, borta från och med rapport 31 mars 2026",
        "citat c2: godkännandet för deltagarna återtaget 21 februari 2026, borta från och med rapport 31 mars 2026",
    ):
        assert line in shown
    assert "Kanarie" not in shown + (folder / "ledger.jsonl").read_text("utf-8")


def test_a_changed_text_is_held_back_also_where_the_analysis_knew_no_ledger(tmp_path: Path) -> None:
    folder, given = tmp_path / "e", "c1;commissioner;p0;2026-01-10;\n"
    delivered(folder, tmp_path / "out", given)
    (folder / "comments.csv").write_text(COMMENT_ROWS.replace("Kanarie ett", "Kanarie annat"), "utf-8")
    for known in (False, True):
        opened = open_ledger(folder)
        analysis = analyse(read_evaluation(folder), opened if known else None)
        assert release(analysis, policies()["standard"], opened).document["quotes"] == []
        assert analysis.facts.quotes[0].state == ("changed" if known else "out")


def test_a_folder_without_quotes_has_no_section_of_them(tmp_path: Path) -> None:
    made = delivered(tmp_path / "e", tmp_path / "out", "", text=COMMENT_ROWS.partition("\n")[0])
    for path in (made / "commissioner.html", made / "participants.html", made / "confidential" / "supervisor.html"):
        assert "<h2>Citat</h2>" not in path.read_text("utf-8")
