"""Person codes become keyed one-way pseudonyms at the door; what looks like a person is told.

HMAC-SHA256 with the commission's key (`keys`), which lies outside the evaluation folder: without the key, nobody can
find out whose pseudonym it is by trying all codes (or all personnummer, which takes seconds without a key).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator

_PERSONNUMMER = re.compile(  # begins with a digit and not with what stands before it: much quicker to search for
    r"(\d(?<!\d\d)\d)(\d\d)(\d\d)(\d\d)?[-+ ]?(\d\d)(\d\d)(?!\d)", re.ASCII
)
_WEIGHTS = {f"{pair:02}": sum(divmod(2 * (pair // 10), 10)) + pair % 10 for pair in range(100)}  # in a Luhn sum
_MONTHS = {f"{month:02}" for month in range(1, 13)}
_DAYS = {f"{day + shift:02}" for day in range(1, 32) for shift in (0, 60)}  # 60 more in a samordningsnummer
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}\.[^@\s.]{2,}")  # bounded: a long text must not take long


def pseudonymiser(key: bytes, evaluation: str) -> Callable[[str], str]:
    """A function from person code to pseudonym, of its own for every evaluation.

    >>> pseudonym = pseudonymiser(b"a key of 16 bytes or more", "example")
    >>> pseudonym("AB12") == pseudonym("AB12"), pseudonym("AB12") == pseudonym("AB13")
    (True, False)
    """
    own_key = hmac.digest(key, f"evaltools person {evaluation}".encode(), hashlib.sha256)

    def pseudonym(code: str) -> str:
        return hmac.digest(own_key, code.encode(), hashlib.sha256).hex()[:32]

    return pseudonym


def looks_personal(text: str) -> str:
    """What kind of personal data a text seems to hold: ``"personnummer"``, ``"email"`` or ``""``.

    A personnummer or samordningsnummer is found anywhere in the text, with or without century and sign, and
    counts only when its date is possible and its check digit is right (Luhn), so that phone numbers and
    case numbers are rarely taken for one.

    >>> looks_personal("tel 08-123 456 78"), looks_personal("19811218-9876"), looks_personal("a.b@example.se")
    ('', 'personnummer', 'email')
    """
    if names_personnummer(text):
        return "personnummer"
    return "email" if _EMAIL.search(text) else ""


def names_personnummer(text: str) -> bool:
    """Whether a personnummer or samordningsnummer stands anywhere in a text.

    >>> names_personnummer("om 811218-9876"), names_personnummer("om 811218-9875")
    (True, False)
    """
    return next(personnummer_places(text), None) is not None


def personnummer_places(text: str) -> Iterator[int]:
    """Where in a text each personnummer or samordningsnummer begins.

    >>> list(personnummer_places("811218-9876, 8112189875 och 198112189876"))
    [0, 28]
    """
    return (found.start() for found in _PERSONNUMMER.finditer(text) if _is_personnummer(found))


def _is_personnummer(found: re.Match[str]) -> bool:
    century, year, month, day, serial, last = found.groups()
    if day is None:
        century, year, month, day = "20", century, year, month
    elif century not in ("19", "20"):
        return False
    if month not in _MONTHS or day not in _DAYS:
        return False
    return (_WEIGHTS[year] + _WEIGHTS[month] + _WEIGHTS[day] + _WEIGHTS[serial] + _WEIGHTS[last]) % 10 == 0
