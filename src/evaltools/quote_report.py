"""What the supervisor reads of quotes: which are in this report's issue, for whom, and why others are not."""

from __future__ import annotations

from evaltools.analysis import Analysis
from evaltools.blocks import Heading, Section, Table, Text
from evaltools.quotes import Quote
from evaltools.wording import Words, words


def quotes(analysis: Analysis, language: str) -> Section:
    """Every quote that anybody has approved or that has been out, a row a reader; nothing where there is none.

    By their ids: a quote's own words stand with the reader whom they are approved for, and nowhere else.
    """
    own = words(language)
    if not analysis.facts.quotes:
        return Section(())
    heads = tuple(own.text(f"quote_report.{head}") for head in ("quote", "reader", "state"))
    rows = tuple(
        (quote.comment, own.text(f"contract_report.readers.{quote.reader}"), _state(quote, own))
        for quote in sorted(analysis.facts.quotes, key=lambda quote: (quote.comment, quote.reader))
    )
    heading = Heading(own.text("report.quotes"))
    return Section(
        (heading, Text((own.text("quote_report.lead"),)), Table(own.text("quote_report.table"), heads, rows))
    )


def _state(quote: Quote, own: Words) -> str:
    day = own.day(quote.on) if quote.on else ""
    return own.text(f"quote_report.{quote.state}", day=day)
