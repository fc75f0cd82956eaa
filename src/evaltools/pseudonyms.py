"""Person codes become keyed one-way pseudonyms at the door; what looks like a person is told.

HMAC-SHA256 with the commission's key (`keys`), which lies outside the evaluation folder: without the key, nobody can
find out whose pseudonym it is by trying all codes (or all personnummer, which takes seconds without a key).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable

_PERSONNUMMER = re.compile(r"(?<!\d)(?:19|20)?(\d\d)(\d\d)(\d\d)[-+ ]?(\d\d)(\d\d)(?!\d)")
_WEIGHED = [sum(divmod(2 * (pair // 10), 10)) + pair % 10 for pair in range(100)]  # two digits in a Luhn sum
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
    """Whether a personnummer or samordningsnummer stands in a short text.

    >>> names_personnummer("om 811218-9876"), names_personnummer("om 811218-9875")
    (True, False)
    """
    return any(map(_is_personnummer, _PERSONNUMMER.finditer(text)))


def _is_personnummer(found: re.Match[str]) -> bool:
    pairs = [int(pair) for pair in found.groups()]
    month, day = pairs[1], pairs[2]
    day -= 60 if day > 60 else 0  # samordningsnummer
    return 1 <= month <= 12 and 1 <= day <= 31 and sum(map(_WEIGHED.__getitem__, pairs)) % 10 == 0
