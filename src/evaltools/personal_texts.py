"""Which texts seem to hold personal data, and of what kind: many texts looked through at once.

The texts of a column are put together and searched as one, so that a million of them take a second or two.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice
from typing import NamedTuple

from evaltools.pseudonyms import personnummer_places

_ENOUGH = 1000  # of one kind in a column: more say nothing more
# Each begins with the letters that it can begin with, and looks back from there: much quicker to search for.
_EMAIL = re.compile(r"@(?<=[^@\s]@)[^@\s]{1,255}\.[^@\s.]{2,}")
_DATE = (  # a day with its year, two numbers of a date with slashes and its year, a month with its year
    r"0\d[-/ ][0-3]\d[-/ ](?:19|20)\d\d(?!\d)|0\d/[0-3]\d/\d\d(?!\d)|0\d/(?:19|20)\d\d(?! ?\d)"
)
_ABROAD = r"\+\d{1,3}[ -]?(?:\(0\) ?)?\d(?:[ /-]{0,3}\d){5,10}"
_AT_HOME = r"0(?:7|(?=[1-9]\d{0,12}[ /-]{1,3}\d)[1-9])(?:[ /-]{0,3}\d){6,12}"  # a bare number only where it is mobile
_PHONE = re.compile(rf"(?=[+0])(?<![\w.+/-])(?:({_DATE})|(?:{_ABROAD}|{_AT_HOME})(?![\w./-]))")
_AMERICAN = re.compile(r"\((?<!\d\()\d{3}\) ?\d{3}-\d{4}(?!\d)")
_IPV4 = re.compile(r"\d(?<![\d.]\d)\d{0,2}(?:\.\d{1,3}){3}(?![\d.])")
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_FOUR_BYTES = re.compile(rf"(?:{_BYTE}\.){{3}}{_BYTE}")
_GROUPS = "(?:[0-9A-Fa-f]{1,4}:){%s}[0-9A-Fa-f]{1,4}"
_TOO_MANY = r"(?:[^:]*:){9}|[^:]+(?::?:[^:]+){7}"  # groups around two colons
_SHORTENED = rf"(?!{_TOO_MANY})(?:{_GROUPS % '0,6'})?::(?:{_GROUPS % '0,6'})?"
_IPV6 = re.compile(rf"(?:{_GROUPS % 7}|{_SHORTENED})(?:%\w+)?")


class Holders(NamedTuple):
    """Which texts hold a kind of personal data, by their places from 0; ``more`` where others may hold it too."""

    places: set[int]
    more: bool = False


def personal_kinds(text: str) -> set[str]:
    """The kinds of personal data that a text seems to hold, wherever in it they stand.

    >>> sorted(personal_kinds("ring 070-123 45 67 eller skriv till a.b@example.se"))
    ['email', 'phone']
    >>> personal_kinds("192.168.1.20"), personal_kinds("2018-03-06 15:52:43"), personal_kinds("19811218-9876")
    ({'ip'}, set(), {'personnummer'})
    """
    return {kind for kind, holders in texts_by_kind([text]).items() if holders.places}


def texts_by_kind(texts: Sequence[str]) -> dict[str, Holders]:
    """Which of the texts seem to hold each kind of personal data; names are not looked for.

    Every personnummer is found. Of each other kind, no more is looked for when a thousand have been found. What is a
    personnummer is not taken for a telephone number too.

    >>> found = texts_by_kind(["Ofta", "ring 070-123 45 67", "a.b@example.se"])
    >>> {kind: holders.places for kind, holders in found.items()}
    {'personnummer': set(), 'email': {2}, 'phone': {1}, 'ip': set()}
    """
    whole = "\n".join(texts)
    starts = list(accumulate((len(text) + 1 for text in texts), initial=0))

    def texts_at(places: Iterable[int]) -> Iterator[int]:
        return (bisect_right(starts, place) - 1 for place in places)

    numbered = set(texts_at(personnummer_places(whole)))
    return {
        "personnummer": Holders(numbered),
        "email": _first(texts_at(found.start() for found in _EMAIL.finditer(whole))),
        "phone": _first(at for at in texts_at(_phones(whole)) if at not in numbered),
        "ip": _first(chain(texts_at(_ipv4(whole)), _ipv6(texts))),
    }


def _first(found: Iterator[int]) -> Holders:
    places = list(islice(found, _ENOUGH))
    return Holders(set(places), more=len(places) == _ENOUGH)


def _phones(text: str) -> Iterator[int]:
    yield from (found.start() for found in _PHONE.finditer(text) if found[1] is None)
    yield from (found.start() for found in _AMERICAN.finditer(text))


def _ipv4(text: str) -> Iterator[int]:
    found = _IPV4.finditer(text) if text.count(".") > 2 else ()
    return (each.start() for each in found if _FOUR_BYTES.fullmatch(each[0]))


def _ipv6(texts: Sequence[str]) -> Iterator[int]:
    """Texts that are wholly such an address: a few colons stand in many others."""
    return (at for at, text in enumerate(texts) if ":" in text and _IPV6.fullmatch(text.strip()))
