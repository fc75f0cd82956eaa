"""Person codes become keyed one-way pseudonyms at the door; what looks like a person is told.

HMAC-SHA256 with the commission's key (`keys`), which lies outside the evaluation folder: without the key, nobody can
find out whose pseudonym it is by trying all codes (or all personnummer, which takes seconds without a key).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable

_PERSONNUMMER = re.compile(r"(?<!\d)(?:19|20)?(\d{2})(\d{2})(\d{2})[-+ ]?(\d{3})(\d)(?!\d)")
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
    if any(_is_personnummer(found) for found in _PERSONNUMMER.finditer(text)):
        return "personnummer"
    return "email" if _EMAIL.search(text) else ""


def _is_personnummer(found: re.Match[str]) -> bool:
    month, day = int(found[2]), int(found[3])
    day -= 60 if day > 60 else 0  # samordningsnummer
    digits = [int(digit) for part in found.groups() for digit in part]
    doubled = [digit * (2 - position % 2) for position, digit in enumerate(digits)]
    return 1 <= month <= 12 and 1 <= day <= 31 and sum(sum(divmod(value, 10)) for value in doubled) % 10 == 0
