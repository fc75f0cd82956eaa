"""A key on its way to another computer: a file that can be read with a code only, which travels apart from it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaltools.errors import KeyFileError, message
from evaltools.key_places import refuse_place
from evaltools.keys import Head, Key, find_key, keep_key
from evaltools.language import DEFAULT
from evaltools.ledger import ledger_from

SCHEMA = 1
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that look alike on paper
_GROUPS, _LENGTH = 5, 4  # 20 letters of 31: 99 bits, which nobody finds by trial
_COST = {"n": 2**14, "r": 8, "p": 1}  # scrypt (RFC 7914): 16 MB for each try
_SEAL = 32  # bytes
_Json = dict[str, Any]


def send_key(folder: Path, evaluation: str, out: Path, language: str = DEFAULT) -> str:
    """Write the key of an evaluation to a new file, for another computer; it stays on this one too.

    Parameters
    ----------
    folder : Path
        The evaluation folder.
    evaluation : str
        Its id.
    out : Path
        The file, which must not exist, nor lie in the evaluation folder or a synchronised folder.
    language : str
        Language of the error messages.

    Returns
    -------
    str
        The code without which the file cannot be read. It is kept nowhere.

    Raises
    ------
    KeyFileError
        If there is no key, or the file cannot be written there.
    """
    refuse_place(out, folder, language)
    key = find_key(folder, evaluation, language)
    if key is None:
        raise KeyFileError(message("key_none", language, evaluation=evaluation))
    letters = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(_GROUPS)]
    taken = False
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(_sealed(key, evaluation, "".join(letters)) + "\n")
    except OSError:
        taken = True
    if taken:
        raise KeyFileError(message("key_copy_taken", language, out=out))
    return "-".join(letters)


def receive_key(folder: Path, evaluation: str, file: Path, code: str, language: str = DEFAULT) -> None:
    """Read a key that `send_key` wrote on another computer, and keep it on this one.

    Releases made since the file was written are taken up if the folder's ledger goes on from what the key knows.

    Parameters
    ----------
    folder : Path
        The evaluation folder.
    evaluation : str
        Its id.
    file : Path
        What `send_key` wrote.
    code : str
        What `send_key` returned; capitals, blanks and hyphens make no difference.
    language : str
        Language of the error messages.

    Raises
    ------
    KeyFileError
        If the file is not of this evaluation, the code is wrong, or another key lies here.
    LedgerError
        If the ledger of the folder is damaged.
    """
    letters = "".join(letter for letter in code.casefold() if letter.isalnum())
    sent = _opened(file, evaluation, letters, language)
    here = find_key(folder, evaluation, language)
    head = ledger_from(folder, sent.head, language)
    known = [one for one in (head, here.head if here else None) if one is not None]
    newest = max(known, key=lambda one: one.lines, default=None)
    keep_key(folder, evaluation, replace(sent, head=newest), language)


def _sealed(key: Key, evaluation: str, letters: str) -> str:
    """The key under a pad that the code gives, used once because its salt is new, with a seal over the whole."""
    salt = secrets.token_bytes(16)
    content = json.dumps(
        {
            "key": key.secret.decode("utf-8", "surrogateescape"),
            "head": [key.head.lines, key.head.hash] if key.head else None,
            "older": key.older,
        }
    ).encode()
    pad = _pad(letters, salt, len(content))
    hidden = bytes(one ^ other for one, other in zip(content, pad, strict=False))
    seal = _seal(pad, evaluation, hidden)
    return json.dumps(
        {"evaltools_key": SCHEMA, "evaluation": evaluation, "salt": salt.hex(), "key": hidden.hex(), "seal": seal},
        indent=1,
    )


def _opened(file: Path, evaluation: str, letters: str, language: str) -> Key:
    fault = "key_copy_unreadable"
    try:
        told = json.loads(file.read_bytes().decode("utf-8-sig"))
        if told["evaltools_key"] == SCHEMA and told["evaluation"] == evaluation:
            salt, hidden = bytes.fromhex(told["salt"]), bytes.fromhex(told["key"])
            pad = _pad(letters, salt, len(hidden))
            fault = "key_copy_wrong_code"
            if hmac.compare_digest(_seal(pad, evaluation, hidden), str(told["seal"])):
                return _key(bytes(one ^ other for one, other in zip(hidden, pad, strict=False)))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, AttributeError):
        fault = "key_copy_unreadable"
    raise KeyFileError(message(fault, language, file=file.name, evaluation=evaluation))


def _key(content: bytes) -> Key:
    told: _Json = json.loads(content)
    head = Head(*told["head"]) if told["head"] else None
    return Key(told["key"].encode("utf-8", "surrogateescape"), head, None, told["older"])


def _pad(letters: str, salt: bytes, length: int) -> bytes:
    return hashlib.scrypt(letters.encode(), salt=salt, dklen=length + _SEAL, **_COST)


def _seal(pad: bytes, evaluation: str, hidden: bytes) -> str:
    return hmac.digest(pad[-_SEAL:], evaluation.encode() + b"\0" + hidden, hashlib.sha256).hex()
