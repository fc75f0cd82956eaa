"""What an organisation reads about all people together, from the sums that sites have handed on in place of answers."""

from __future__ import annotations

import math
from collections.abc import Iterator

from evaltools.blocks import Block, Heading, Section, Table, Text
from evaltools.organisation_outcomes import known_outcomes, outcome_name
from evaltools.portfolio import Portfolio
from evaltools.totals import Together
from evaltools.wording import Words, words

_DIGITS = 2


def people_together(portfolio: Portfolio, language: str) -> Section:
    """Means of all people in the sums, before, after and of the change; nothing where nobody has handed on any.

    Says of each outcome how many people with a released change are not in the means.
    """
    own, told = words(language), known_outcomes(portfolio)
    with_sums = [(outcome, outcome.together) for outcome in told if outcome.together.people]
    if not with_sums:
        return Section(())
    rows, left = [], []
    for outcome, together in with_sums:
        name = outcome_name(outcome, told, own)
        rows.append((name, str(together.people), *_cells(together, own)))
        of = sum(change.n for change in outcome.changes)
        if together.people < of:
            left.append(own.text("organisation.totals.left_out", scale=name, people=of - together.people, of=of))
    heads = tuple(own.text(f"organisation.heads.{name}") for name in
                  ("scale", "people", "mean_before", "mean_after", "mean_change", "sd_within"))  # fmt: skip
    table = Table(own.text("organisation.totals.caption"), heads, tuple(rows), own.text("organisation.totals.note"))
    blocks: list[Block] = [
        Heading(own.text("organisation.totals.title")),
        Text((own.text("organisation.totals.lead"),)),
    ]
    return Section((*blocks, table, *([Text(tuple(left))] if left else [])))


def _cells(together: Together, own: Words) -> Iterator[str]:
    """Mean before, after and of the change; the spread of changes with the people behind it."""
    for ends, signed in zip(together.means, (False, False, True), strict=True):
        low, high = (own.number(end, _DIGITS, signed=signed) for end in ends)
        yield low if ends[0] == ends[1] else own.text("language.from_to", low=low, high=high)
    spread = together.sd_within[2]
    if math.isfinite(spread):
        yield own.text("organisation.totals.with_people", value=own.number(spread, _DIGITS), n=together.squared)
    else:
        yield own.text("organisation.totals.unknown")
