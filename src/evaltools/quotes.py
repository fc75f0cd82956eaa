"""Quotes: somebody's own words, let out only where that quote is approved for that reader, and no longer than that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from evaltools.ledger import Event, Ledger
from evaltools.pseudonyms import looks_personal
from evaltools.schemas import row_dicts


@dataclass(frozen=True, repr=False)
class Quote:
    """One approved quote: the comment's id, its text and theme, who approved it and when.

    Only ``text`` and ``theme`` are for the reader.
    """

    comment: str
    text: str
    theme: str
    by: str
    on: date


def approved_quotes(
    comments: pd.DataFrame, approvals: pd.DataFrame, reader: str, on: date
) -> tuple[Quote, ...]:  # fmt: skip
    """The quotes that a reader may be shown in a report of a date.

    Parameters
    ----------
    comments : DataFrame
        ``comment, text, theme`` and whatever else is known of a comment, which is not looked at.
    approvals : DataFrame
        ``comment, reader, by, on, withdrawn``: who approved the quote for which reader, when, and when that was taken
        back (missing where it was not).
    reader : str
        Such as ``"commissioner"``.
    on : date
        The date of the report.

    Returns
    -------
    tuple of Quote
        A comment is in it if somebody named has approved it for this reader by that date, and nothing given by then was
        taken back later: a withdrawal counts against every approval that is not newer. A comment that seems to hold a
        personnummer or an e-mail address is never in it. In the order of themes and texts, which says nothing of who
        wrote them.

    Examples
    --------
    >>> comments = pd.DataFrame({"comment": ["c1"], "text": ["It helped."], "theme": ["support"]})
    >>> approvals = pd.DataFrame({"comment": ["c1"], "reader": ["commissioner"], "by": ["the writer"],
    ...                           "on": [pd.Timestamp("2026-01-10")], "withdrawn": [pd.NaT]})
    >>> [quote.text for quote in approved_quotes(comments, approvals, "commissioner", date(2026, 2, 1))]
    ['It helped.']
    >>> approved_quotes(comments, approvals, "supervisor", date(2026, 2, 1))
    ()
    """
    found = []
    for row in row_dicts(comments):
        given = _standing(approvals, row["comment"], reader, on)
        text = "" if pd.isna(row["text"]) else str(row["text"]).strip()
        if given and text and not looks_personal(text):
            theme = "" if pd.isna(row["theme"]) else str(row["theme"]).strip()
            found.append(Quote(row["comment"], text, theme, *given))
    return tuple(sorted(found, key=lambda quote: (quote.theme.casefold(), quote.text.casefold(), quote.comment)))


def issued_quotes(
    ledger: Ledger, comments: pd.DataFrame, approvals: pd.DataFrame, reader: str, on: date
) -> tuple[tuple[Quote, ...], tuple[Event, ...]]:  # fmt: skip
    """What goes out in a report, and what the ledger is to remember of it.

    Parameters
    ----------
    ledger : Ledger
        What is out already.
    comments, approvals, reader, on
        As for `approved_quotes`.

    Returns
    -------
    tuple
        The quotes, without those whose text was changed after it was out and not approved anew; and an event for each
        quote that goes out for the first time, and for each that was out and is not approved any more. `append` writes
        the events; they hold keyed marks in place of the text and of who approved it.
    """
    last = {event.comment: event for event in ledger.events if event.reader == reader}
    approved = approved_quotes(comments, approvals, reader, on)
    quotes = tuple(quote for quote in approved if not _is_changed(quote, last.get(quote.comment), ledger))
    out = {quote.comment for quote in quotes}
    events = [
        Event("quote_released", ledger.key, quote.comment, reader, ledger.token(quote.by), ledger.token(quote.text),
              quote.on.isoformat(), on.isoformat())
        for quote in quotes
        if not _is_out(last.get(quote.comment)) or last[quote.comment].text != ledger.token(quote.text)
    ]  # fmt: skip
    events += [
        Event("quote_withdrawn", ledger.key, comment, reader, event.by, event.text,
              _withdrawn(approvals, comment, reader, on), on.isoformat())
        for comment, event in sorted(last.items())
        if _is_out(event) and comment not in out
    ]  # fmt: skip
    return quotes, tuple(events)


def _is_out(event: Event | None) -> bool:
    return event is not None and event.event == "quote_released"


def _is_changed(quote: Quote, last: Event | None, ledger: Ledger) -> bool:
    """Whether the text is another than the one that was out, and the approval is not newer than that report."""
    return last is not None and last.text != ledger.token(quote.text) and quote.on.isoformat() <= last.report


def _standing(approvals: pd.DataFrame, comment: str, reader: str, on: date) -> tuple[str, date] | None:
    """Who approved last and when, of what stands on a date; None where nothing stands."""
    rows = _given(approvals, comment, reader, on)
    taken_back = [day for row in rows if (day := _day(row["withdrawn"])) and day <= on]
    since = max(taken_back, default=date.min)
    standing = [
        (day, str(row["by"]).strip())
        for row in rows
        if (day := _day(row["on"])) and since < day and pd.notna(row["by"]) and str(row["by"]).strip()
    ]
    return (max(standing)[1], max(standing)[0]) if standing else None


def _withdrawn(approvals: pd.DataFrame, comment: str, reader: str, on: date) -> str:
    """When the approval was last taken back; "" where it is gone without a date."""
    days = [_day(row["withdrawn"]) for row in _given(approvals, comment, reader, on)]
    return max((day.isoformat() for day in days if day and day <= on), default="")


def _given(approvals: pd.DataFrame, comment: str, reader: str, on: date) -> list[dict[Any, Any]]:
    """The approvals of a comment for a reader that were given by a date."""
    rows = row_dicts(approvals[(approvals["comment"] == comment) & (approvals["reader"] == reader)])
    return [row for row in rows if (day := _day(row["on"])) and day <= on]


def _day(value: Any) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()
