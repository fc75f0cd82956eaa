"""Quotes go out where they are approved for that reader, and are gone from the next report when that is taken back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from evaluations import group_of, write_folder

from evaltools.ledger import append, open_ledger
from evaltools.quotes import approved_quotes, issued_quotes

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
    return [quote.comment for quote in approved_quotes(COMMENTS, approvals(*rows), "commissioner", on)]


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
    (quote,) = approved_quotes(
        COMMENTS, approvals(("c1", "commissioner", "Anna", "2026-01-10", None)), "commissioner", FEBRUARY
    )
    assert "helped" not in repr(quote) + str([quote])


def test_the_ledger_remembers_what_was_out_and_what_was_taken_back(tmp_path: Path) -> None:
    opened = open_ledger(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    given = ("c1", "commissioner", "Anna", "2026-01-10")
    quotes, events = issued_quotes(opened, COMMENTS, approvals((*given, None)), "commissioner", FEBRUARY)
    assert [quote.comment for quote in quotes] == ["c1"]
    assert [(event.event, event.on, event.report) for event in events] == [
        ("quote_released", "2026-01-10", "2026-02-01")
    ]
    opened = append(opened, [], events)
    again = issued_quotes(opened, COMMENTS, approvals((*given, None)), "commissioner", date(2026, 3, 1))
    assert [quote.comment for quote in again[0]] == ["c1"]
    assert again[1] == ()
    back = approvals((*given, "2026-03-15"))
    quotes, events = issued_quotes(opened, COMMENTS, back, "commissioner", date(2026, 4, 1))
    assert quotes == ()
    assert [(event.event, event.on, event.report) for event in events] == [
        ("quote_withdrawn", "2026-03-15", "2026-04-01")
    ]
    opened = append(opened, [], events)
    assert issued_quotes(opened, COMMENTS, back, "commissioner", date(2026, 5, 1)) == ((), ())
    text = opened.path.read_text("utf-8")
    assert "Anna" not in text
    assert "helped" not in text


def test_an_approval_that_has_vanished_counts_as_taken_back(tmp_path: Path) -> None:
    opened = open_ledger(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    _, events = issued_quotes(
        opened, COMMENTS, approvals(("c1", "commissioner", "Anna", "2026-01-10", None)), "commissioner", FEBRUARY
    )
    opened = append(opened, [], events)
    quotes, events = issued_quotes(opened, COMMENTS, approvals(), "commissioner", date(2026, 4, 1))
    assert quotes == ()
    assert [(event.event, event.on) for event in events] == [("quote_withdrawn", "")]


def test_a_text_changed_after_it_was_out_needs_a_new_approval(tmp_path: Path) -> None:
    opened = open_ledger(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    given = ("c1", "commissioner", "Anna", "2026-01-10", None)
    opened = append(opened, [], issued_quotes(opened, COMMENTS, approvals(given), "commissioner", FEBRUARY)[1])
    other = COMMENTS.assign(text=["It helped me and Eva.", "A bad year.", ""])
    later = date(2026, 4, 1)
    assert issued_quotes(opened, other, approvals(given), "commissioner", later)[0] == ()
    anew = approvals(given, ("c1", "commissioner", "Anna", "2026-03-01", None))
    quotes, events = issued_quotes(opened, other, anew, "commissioner", later)
    assert [quote.text for quote in quotes] == ["It helped me and Eva."]
    assert [event.event for event in events] == ["quote_released"]
