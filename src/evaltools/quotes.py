"""Quotes: somebody's own words, let out only where that quote is approved for that reader, and no longer than that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from evaltools.ledger import Event, Ledger
from evaltools.pseudonyms import looks_personal
from evaltools.schemas import row_dicts

_Row = Mapping[Any, Any]


@dataclass(frozen=True, repr=False)
class Quote:
    """One quote and one reader, and what becomes of it in a report.

    ``state`` is ``"out"`` (in the report), ``"withdrawn"`` (the approval was taken back, on the day ``on``), ``"gone"``
    (it was out, and its approval stands nowhere any more), ``"not_yet"`` (approved after the report's date),
    ``"changed"`` (the text is another than the one that was out, and not approved anew) or ``"personal"`` (it seems to
    hold a personnummer or an e-mail address). ``comment`` is the quote's own id, ``by`` and ``on`` are who approved it
    and when. Only a quote that is out has a ``text`` and a ``theme``, and these two are all that is for its reader.
    """

    comment: str
    reader: str
    state: str
    on: date | None = None
    by: str = ""
    text: str = ""
    theme: str = ""


def decided_quotes(comments: pd.DataFrame, approvals: pd.DataFrame, on: date) -> tuple[Quote, ...]:
    """What becomes of every quote that anybody has approved, for each reader.

    Parameters
    ----------
    comments : DataFrame
        ``comment, text, theme`` and whatever else is known of a comment, which is not looked at.
    approvals : DataFrame
        ``comment, reader, by, on, withdrawn``: who approved the quote for which reader, when, and when that was taken
        back (missing where it was not).
    on : date
        The date of the report.

    Returns
    -------
    tuple of Quote
        A quote is out if somebody has approved it for this reader by that date, and nothing given by then was taken
        back later: a withdrawal counts against every approval that is not newer. By reader; those that are out first,
        in the order of themes and texts, which says nothing of who wrote them, then the others by their ids.

    Examples
    --------
    >>> comments = pd.DataFrame({"comment": ["c1"], "text": ["It helped."], "theme": ["support"]})
    >>> approvals = pd.DataFrame({"comment": ["c1"], "reader": ["commissioner"], "by": ["the writer"],
    ...                           "on": [pd.Timestamp("2026-01-10")], "withdrawn": [pd.NaT]})
    >>> [(quote.text, quote.reader) for quote in decided_quotes(comments, approvals, date(2026, 2, 1))]
    [('It helped.', 'commissioner')]
    >>> [quote.state for quote in decided_quotes(comments, approvals, date(2026, 1, 1))]
    ['not_yet']
    """
    said = {row["comment"]: row for row in row_dicts(comments)}
    asked: dict[tuple[str, str], list[_Row]] = {}
    for row in row_dicts(approvals):
        asked.setdefault((row["comment"], row["reader"]), []).append(row)
    quotes = [
        _decided(said[comment], Quote(comment, reader, ""), rows, on)
        for (comment, reader), rows in asked.items()
        if comment in said
    ]
    return tuple(sorted(quotes, key=_place))


def held_against(quotes: Iterable[Quote], ledger: Ledger) -> tuple[Quote, ...]:
    """The same with regard to what is out already.

    A quote whose text was changed after it was out needs a new approval, and one that was out and is approved nowhere
    any more is gone. To hold quotes against the same ledger twice changes nothing.
    """
    last = {(event.comment, event.reader): event for event in ledger.events}
    held = [_held(quote, last.get((quote.comment, quote.reader)), ledger) for quote in quotes]
    known = {(quote.comment, quote.reader) for quote in held}
    gone = [Quote(*key, "gone") for key, event in last.items() if _was_out(event) and key not in known]
    return tuple(sorted([*held, *gone], key=_place))


def quote_events(quotes: Iterable[Quote], ledger: Ledger, on: date) -> Iterator[Event]:
    """What the ledger is to remember of a report's quotes, held against it.

    Parameters
    ----------
    quotes : iterable of Quote
        As `held_against` gave them.
    ledger : Ledger
        What is out already.
    on : date
        The date of the report.

    Yields
    ------
    Event
        One for each quote that goes out for the first time or with another text, and one for each that was out and is
        not any more; `append` writes them. They hold keyed marks in place of the text and of who approved it.
    """
    last = {(event.comment, event.reader): event for event in ledger.events}
    for quote in quotes:
        before, day = last.get((quote.comment, quote.reader)), quote.on.isoformat() if quote.on else ""
        text, out_before = ledger.token(quote.text), before.text if before and _was_out(before) else None
        if quote.state == "out" and text != out_before:
            yield Event("quote_released", ledger.key, quote.comment, quote.reader, ledger.token(quote.by), text, day,
                        on.isoformat())  # fmt: skip
        elif quote.state != "out" and before and out_before:
            yield Event("quote_withdrawn", ledger.key, quote.comment, quote.reader, before.by, before.text,
                        day if quote.state == "withdrawn" else "", on.isoformat())  # fmt: skip


def _decided(said: _Row, quote: Quote, given: Sequence[_Row], on: date) -> Quote:
    """One quote for one reader: out, or why not."""
    standing = _standing(given, on)
    if standing is None:
        state, day = _fallen(given, on)
        return replace(quote, state=state, on=day)
    (by, day), text = standing, _text(said, "text")
    if looks_personal(text):
        return replace(quote, state="personal", on=day)
    if not text:
        return replace(quote, state="gone")
    return replace(quote, state="out", on=day, by=by, text=text, theme=_text(said, "theme"))


def _standing(given: Sequence[_Row], on: date) -> tuple[str, date] | None:
    """Who approved last and when, of what stands on a date; None where nothing stands."""
    since = _withdrawn(given, on) or date.min
    standing = [
        (day, by) for row in given if (day := _day(row["on"])) and since < day <= on and (by := _text(row, "by"))
    ]
    return (max(standing)[1], max(standing)[0]) if standing else None


def _fallen(given: Sequence[_Row], on: date) -> tuple[str, date | None]:
    """Why no approval stands on a date, and the day that this is about."""
    withdrawn = _withdrawn(given, on)
    if withdrawn:
        return "withdrawn", withdrawn
    coming = min((day for row in given if (day := _day(row["on"])) and day > on), default=None)
    return ("not_yet", coming) if coming else ("gone", None)


def _withdrawn(given: Sequence[_Row], on: date) -> date | None:
    """When an approval that had been given was last taken back, by a date."""
    days = [_day(row["withdrawn"]) for row in given if (day := _day(row["on"])) and day <= on]
    return max((day for day in days if day and day <= on), default=None)


def _held(quote: Quote, before: Event | None, ledger: Ledger) -> Quote:
    """The quote; or that its text is another than the one that was out, and its approval is not newer."""
    if quote.state != "out" or before is None or quote.on is None or before.text == ledger.token(quote.text):
        return quote
    newer = quote.on.isoformat() > before.report
    return quote if newer else Quote(quote.comment, quote.reader, "changed", quote.on)


def _place(quote: Quote) -> tuple[str, bool, str, str, str]:
    return (quote.reader, quote.state != "out", quote.theme.casefold(), quote.text.casefold(),
            quote.comment)  # fmt: skip


def _was_out(event: Event) -> bool:
    return event.event == "quote_released"


def _text(row: _Row, column: str) -> str:
    return "" if pd.isna(row[column]) else str(row[column]).strip()


def _day(value: Any) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()
