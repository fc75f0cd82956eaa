"""What an organisation reads about how the work went, from what sites have counted over several evaluations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evaltools.blocks import Heading, Section, Table, Text
from evaltools.counts import Counted, Span, added_counts, share_ends
from evaltools.organisation_outcomes import heads_of
from evaltools.portfolio import Portfolio
from evaltools.wording import Words, words

# Every row of the table: its key, what is counted together, the number told, and of what it is a share or a mean.
_ROWS = (
    ("response_first", "response_first", "answered", "asked"),
    ("response_last", "response_last", "answered", "asked"),
    ("intervals", "intervals", "days", "intervals"),
    ("questions", "questions", "handled", "brought"),
    ("followed_up", "ideas", "followed_up", "due"),
    ("tried", "ideas", "tried", "noted"),
    ("helped", "ideas", "helped", "noted"),
    ("wishes", "wishes", "cases", ""),
    ("wishes_closed", "wishes", "closed", ""),
    ("wishes_days", "wishes", "days_to_close", ""),
    ("complaints", "complaints", "cases", ""),
    ("complaints_closed", "complaints", "closed", ""),
    ("complaints_days", "complaints", "days_to_close", ""),
    ("own_supervision", "own_supervision", "with_own", "evaluations"),
)
_PARAGRAPHS = (
    ("response_first", "response_last"),
    ("intervals", "questions"),
    ("followed_up", "tried", "helped"),
    ("wishes", "wishes_closed", "wishes_days"),
    ("complaints", "complaints_closed", "complaints_days"),
    ("own_supervision",),
)  # which sentences stand together
_MEAN = "intervals"
_DIGITS = 1


@dataclass(frozen=True)
class _Figure:
    """One row: what is told, of how many where it is of something, and who is behind it."""

    key: str
    shown: str
    of: str
    behind: Counted


def work_counted(portfolio: Portfolio, language: str) -> Section:
    """Response, days between sessions, questions, ideas, wishes, complaints, supervisors' own supervision.

    A sentence for everything that can be said, and a table of everything, with who is behind it. Where nobody has
    handed on any counts it is said which command makes them.
    """
    own = words(language)
    heading = Heading(own.text("organisation.counted.title"))
    if not portfolio.counts:
        return Section((heading, Text((own.text("organisation.counted.nothing"),))))
    figures = {figure.key: figure for figure in _figures(portfolio, own)}
    evaluations = {name for count in portfolio.counts for name in count.evaluations}
    lead = own.text("organisation.counted.lead", n=len(evaluations), of=len(portfolio.releases))
    sentences = {key: own.text(f"organisation.counted.sentences.{key}", shown=figure.shown, of=figure.of)
                 for key, figure in figures.items()}  # fmt: skip
    told = (" ".join(sentences[key] for key in keys if key in sentences) for keys in _PARAGRAPHS)
    heads = heads_of(["figure", "counted", "counted_of", "evaluations", "groups", "people"], own)
    rows = tuple(_row(key, figures.get(key), own) for key, *_ in _ROWS)
    table = Table(own.text("organisation.counted.caption"), heads, rows, own.text("organisation.counted.note"))
    return Section((heading, Text((lead, *filter(None, told))), table))


def _figures(portfolio: Portfolio, own: Words) -> Iterator[_Figure]:
    """Everything that can be said; not what is left open from none to all."""
    for key, measure, name, of in _ROWS:
        part = added_counts(portfolio.counts, measure, name)
        whole = added_counts(portfolio.counts, measure, of) if of else None
        if part is None:
            continue
        if whole is None:
            yield _Figure(key, _span((part.low, part.high), own), "", part)
        elif key == _MEAN:
            yield _Figure(key, own.number(part.low / whole.low, _DIGITS), own.number(whole.low, 0), part)
        elif ends := share_ends(part, whole):
            shown = own.text("organisation.counted.per_cent", span=_span(ends, own))
            yield _Figure(key, shown, own.number(whole.low, 0), part)


def _span(ends: Span, own: Words) -> str:
    low, high = (own.number(end, 0) for end in ends)
    return low if low == high else own.text("organisation.counted.span", low=low, high=high)


def _row(key: str, figure: _Figure | None, own: Words) -> tuple[str, ...]:
    name = own.text(f"organisation.counted.names.{key}")
    if figure is None:
        return name, own.text("organisation.counted.cannot_be_said"), *[own.text("organisation.counted.no_number")] * 4
    counts = (figure.behind.evaluations, figure.behind.groups, figure.behind.people)
    return name, figure.shown, figure.of or own.text("organisation.counted.no_number"), *map(str, counts)
