"""Person codes become keyed one-way pseudonyms at the door; what looks like a person is told.

HMAC-SHA256 with a key that lies outside the evaluation folder: without the key, nobody can find out
whose pseudonym it is by trying all codes (or all personnummer, which takes seconds without a key).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from evaltools.errors import KeyFileError, message
from evaltools.language import DEFAULT

KEY_FILE_VARIABLE = "EVALTOOLS_KEY_FILE"
_SHORTEST_KEY = 16  # bytes; shorter keys can be found by trial
_PERSONNUMMER = re.compile(r"(?<!\d)(?:19|20)?(\d\d)(\d\d)(\d\d)[-+ ]?(\d\d)(\d\d)(?!\d)")
_WEIGHED = [sum(divmod(2 * (pair // 10), 10)) + pair % 10 for pair in range(100)]  # two digits in a Luhn sum
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}\.[^@\s.]{2,}")  # bounded: a long text must not take long


def key_file() -> Path:
    """Where the key lies: the file that ``EVALTOOLS_KEY_FILE`` names, else in the user's configuration folder."""
    named = os.environ.get(KEY_FILE_VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_config_path

    return user_config_path("evaltools", appauthor=False) / "pseudonym.key"


def load_key(evaluation_folder: Path, language: str = DEFAULT) -> bytes:
    """The key of this user; made at first use, readable by its owner only.

    Parameters
    ----------
    evaluation_folder : Path
        A key inside it is refused: whoever gets the folder would get the key with it.
    language : str
        Language of the error messages.

    Raises
    ------
    KeyFileError
        If the key lies inside the folder, is too short, or cannot be read or made.
    """
    path, key, inside = key_file(), None, False
    with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: links in a circle
        inside = path.resolve().is_relative_to(evaluation_folder.resolve())
        if not inside:
            key = path.read_bytes().strip() if path.exists() else _make_key(path)
    if inside:
        raise KeyFileError(message("key_inside_folder", language, file=path.name))
    if key is None:
        raise KeyFileError(message("key_unreadable", language, file=path))
    if len(key) < _SHORTEST_KEY:
        raise KeyFileError(message("key_too_short", language, file=path, least=_SHORTEST_KEY))
    return key


def _make_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_hex(32).encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another run made it in the same moment; its key counts
        return path.read_bytes().strip()
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(key + b"\n")
    return key


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


def key_fingerprint(key: bytes) -> str:
    """A mark by which a ledger knows the key it was written with; it gives nothing of the key away."""
    return hmac.digest(key, b"evaltools fingerprint", hashlib.sha256).hex()[:16]


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
