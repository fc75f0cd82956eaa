"""The page for those who answer, "Can my manager see what I answered?": from the policy and the scoring keys alone."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

import numpy as np

from evaltools.blocks import Block, Callout, Heading, Section, Table, Text
from evaltools.facts import Facts
from evaltools.instruments import Scale
from evaltools.policy import Policy, policies, shown_mean
from evaltools.quotes import Quote
from evaltools.shown import Shown
from evaltools.wording import Words, words

SIZES = (3, 5, 8)
_OUT_HERE = ("participants", "out")  # a quote's reader and state
_STEPS = 2000  # means tried along a scale: finer than any rounding


def page(facts: Facts, language: str) -> Section:
    """The page of one evaluation, as its notebook shows it."""
    return Section(participants_page(policies()[facts.policy], facts.scales.values(), facts.smallest_groups, language,
                                     facts.quotes, facts.policies))  # fmt: skip


def participants_page(
    policy: Policy, scales: Iterable[Scale], smallest: Mapping[str, int], language: str,
    quotes: Iterable[Quote] = (), named: Mapping[str, str] | None = None,
) -> tuple[Block, ...]:  # fmt: skip
    """What the manager can see of a participant's answers at three, five and eight people, and what not.

    Parameters
    ----------
    policy : Policy
        The one that this evaluation's reports are made by.
    scales : iterable of Scale
        What is measured in this evaluation.
    smallest : mapping
        For each scale the smallest group that the contract lets the report tell of (0: as the policy says).
    language : str
        ``"sv"`` or ``"en"``.
    quotes : iterable of Quote
        What becomes of quotes, for all readers; those that are out for the participants stand last on the page.

    named : mapping, optional
        The policy of the scales for which the plan names one.

    Returns
    -------
    tuple of Block
        Nothing but these quotes comes from the answers, so the page can be given out before anybody has answered.
    """
    own = words(language)
    blocks: list[Block] = [
        Heading(own.text("participants.title"), 1, own.text("participants.lead")),
        Callout(own.text("participants.answer_title"), own.text("participants.answer", least=policy.smallest_panel)),
        Heading(own.text("participants.sizes_title")),
        Text((own.text("participants.sizes"),)),
    ]
    blocks += _sizes(scales, policy, smallest, named or {}, own)
    never = ("spread", "change", "frozen", "whole_or_groups", "log", "individual", "words")
    return (
        *blocks,
        Heading(own.text("participants.tried_title")),
        Text(_tried(own)),
        Heading(own.text("participants.never_title")),
        Text(tuple(own.text(f"participants.never_{one}", **vars(policy)) for one in never)),
        Heading(own.text("participants.limits_title")),
        Text(tuple(own.text(f"participants.limit_{one}") for one in ("supervisor", "together", "one", "public"))),
        Heading(own.text("participants.rights_title")),
        Text((own.text("participants.rights"),)),
        *_quoted(quotes, own),
    )


def _quoted(quotes: Iterable[Quote], own: Words) -> tuple[Block, ...]:
    """What participants have said, where they have approved that the others read it; nothing where nobody has."""
    said = [own.quote(quote.text, quote.theme) for quote in quotes if (quote.reader, quote.state) == _OUT_HERE]
    if not said:
        return ()
    return Heading(own.text("report.quotes")), Text((own.text("participants.quotes_lead"), *said))


def _sizes(scales: Iterable[Scale], policy: Policy, smallest: Mapping[str, int], named: Mapping[str, str],
           own: Words) -> list[Table]:  # fmt: skip
    """What is shown at each size; scales of which the same is shown share a table."""
    alike: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[str]] = {}
    for scale in scales:
        least = max(policy.smallest_panel, smallest.get(scale.id, 0))
        rows = _rows(scale, least, policies()[named[scale.id]] if scale.id in named else policy, own)
        low, high = (own.number(end, 0) for end in scale.score_range)
        alike.setdefault((low, high, rows), []).append(own.label(scale.label))
    heads = (own.text("participants.group"), own.text("participants.sees"))
    return [Table(own.text("participants.table", scale=own.listed(names), low=low, high=high), heads, rows)
            for (low, high, rows), names in alike.items()]  # fmt: skip


def _rows(scale: Scale, least: int, policy: Policy, own: Words) -> tuple[tuple[str, str], ...]:
    nothing = own.text("participants.nothing", least=least)
    return tuple((own.text("participants.people", n=n), _told(scale, n, policy, own) if n >= least else nothing)
                 for n in SIZES)  # fmt: skip


def _told(scale: Scale, n: int, policy: Policy, own: Words) -> str:
    """Every form that the mean of so many people can take, in words."""
    low, high = scale.score_range
    forms = list(dict.fromkeys(shown_mean(mean, n, scale, policy) for mean in np.linspace(low, high, _STEPS).tolist()))
    values = [form for form in forms if form.kind == "value"]
    if not values:
        return own.text("participants.bands", bands="; ".join(own.shown(form) for form in forms))
    first, last = _number(values[0], own), _number(values[-1], own)
    return own.text("participants.rounded", first=first, last=last, low=own.shown(forms[0]), high=own.shown(forms[-1]))


def _number(form: Shown, own: Words) -> str:
    return own.decimal(form.low)


def _tried(own: Words) -> tuple[str, ...]:
    """What came out when the figures were attacked: as usually published, and as published here."""
    usual = [
        own.text("participants.tried_usual", n=entry["people"], share=own.number(100 * entry["pinned"], 0))
        for entry in _attacks()["usual"]
    ]
    return (own.text("participants.tried"), *usual, own.text("participants.tried_ours"))


@lru_cache
def _attacks() -> dict[str, list[dict[str, float]]]:
    return tomllib.loads((files("evaltools") / "attacks.toml").read_text("utf-8"))
