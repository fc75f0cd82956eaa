"""The pseudonym key of a commission, and what it knows of the commission's release ledger.

Every evaluation has a key of its own. Its entry, which lies outside the evaluation folder, also notes how many lines
the ledger has and the hash of the last: a ledger that was removed, cut or edited in the folder is seen.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaltools.errors import KeyFileError, message
from evaltools.file_lock import only_one
from evaltools.key_places import Place, bury_entry, key_place, read_entry, user_folder, write_entry
from evaltools.language import DEFAULT

LEDGER = "ledger.jsonl"
SCHEMA = 1
_SHORTEST_KEY = 16  # bytes; shorter keys can be found by trial
_PATIENCE = 10.0  # seconds that a run waits for another that is just making the key
_Json = dict[str, Any]


@dataclass(frozen=True)
class Head:
    """The end of a ledger: how many lines it has, and the hash of the last."""

    lines: int
    hash: str


@dataclass(frozen=True, repr=False)
class Key:
    """One evaluation's key.

    ``head`` is the ledger's end as last noted, None where the key knows of no ledger; ``coming`` the end that a release
    was about to write, None where none was under way. ``older`` says that the key was in use before ends were noted.
    """

    secret: bytes
    head: Head | None = None
    coming: Head | None = None
    older: bool = False

    @property
    def mark(self) -> str:
        """A mark by which a ledger knows the key it was written with; it gives nothing of the key away."""
        return hmac.digest(self.secret, b"evaltools fingerprint", hashlib.sha256).hex()[:16]


def load_key(folder: str | Path, evaluation: str, language: str = DEFAULT) -> Key:
    """The key of an evaluation; made at first use.

    Parameters
    ----------
    folder : path
        The evaluation folder. A key inside it is refused: whoever gets the folder would get the key with it.
    evaluation : str
        The evaluation's id.
    language : str
        Language of the error messages.

    Raises
    ------
    KeyFileError
        If the key is missing though something has been released with it, has been destroyed, lies inside the folder or
        in a synchronised one, is too short, or cannot be read or made.
    """
    place = key_place(Path(folder), evaluation, language)
    return _opened(place) or make_key(folder, evaluation, language)


def find_key(folder: str | Path, evaluation: str, language: str = DEFAULT) -> Key | None:
    """The key of an evaluation, if it lies on this computer; none is made.

    Raises
    ------
    KeyFileError
        As `load_key`.
    """
    return _opened(key_place(Path(folder), evaluation, language))


def make_key(folder: str | Path, evaluation: str, language: str = DEFAULT) -> Key:
    """Make the key of an evaluation that has none; if another run makes it in the same moment, its key counts.

    Where a ledger lies in the folder, the key that it was written with is meant: the one common key of older versions
    is taken over, and no other is made.

    Raises
    ------
    KeyFileError
        If a ledger lies there and its key does not, or if the key cannot be kept.
    """
    place = key_place(Path(folder), evaluation, language)
    with _alone(place):
        found = _opened(place)
        if found:
            return found
        mark = ledger_mark(Path(folder))
        key = _common_key(mark) if mark is not None else Key(secrets.token_hex(32).encode())
        if key is None:
            raise KeyFileError(message("key_missing", language, evaluation=evaluation))
        write_entry(place, _entry_text(place, key))
    return key


def note_head(folder: str | Path, evaluation: str, head: Head | None, coming: Head | None, language: str) -> None:
    """Note the ledger's end beside the key: before a release what is to come, and after it what is there.

    Raises
    ------
    KeyFileError
        If it cannot be noted; then nothing may be released.
    """
    place = key_place(Path(folder), evaluation, language)
    key = load_key(folder, evaluation, language)
    write_entry(place, _entry_text(place, Key(key.secret, head, coming, key.older)))


def keep_key(folder: str | Path, evaluation: str, key: Key, language: str = DEFAULT) -> None:
    """Keep a key that was made on another computer.

    Raises
    ------
    KeyFileError
        If another key lies here for this evaluation, or if it cannot be kept.
    """
    place = key_place(Path(folder), evaluation, language)
    with _alone(place):
        found = _opened(place)
        if found and found.secret != key.secret:
            raise KeyFileError(message("key_another", language, evaluation=evaluation))
        write_entry(place, _entry_text(place, key))


def destroy_key(folder: str | Path, evaluation: str, language: str = DEFAULT) -> Path | None:
    """Destroy the key of an evaluation on this computer, for ever; a note that it is destroyed stays in its place.

    Returns
    -------
    Path or None
        The common key file of older versions, where it still holds the same key.

    Raises
    ------
    KeyFileError
        If there is none, if the file that the user named may serve other evaluations too, or if it cannot be done.
    """
    place = key_place(Path(folder), evaluation, language)
    with _alone(place):
        key = _opened(place)
        if key is None:
            raise KeyFileError(message("key_none", language, evaluation=evaluation))
        if place.named and (key.older or set(_ledgers(_entry(place))) - {evaluation}):
            raise KeyFileError(message("key_shared", language, file=place.path))
        bury_entry(place, json.dumps({"destroyed": True, "schema": SCHEMA}, sort_keys=True))
    return common_key_file() if _common_key(key.mark) else None


def lock_file(folder: str | Path, evaluation: str, language: str = DEFAULT) -> Path:
    """The file that a run locks while it changes an evaluation's key or ledger.

    Raises
    ------
    KeyFileError
        If the key's place is refused.
    """
    return key_place(Path(folder), evaluation, language).lock


def ledger_mark(folder: Path) -> str | None:
    """The mark of the key that a folder's ledger was written with; None without a ledger, "" where it is unreadable."""
    path = folder / LEDGER
    if not path.exists():
        return None
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError), path.open("rb") as stream:
        return str(json.loads(stream.readline())["key"])
    return ""


def common_key_file() -> Path:
    """Where older versions kept one key for all evaluations of a user."""
    return user_folder() / "pseudonym.key"


def _common_key(mark: str) -> Key | None:
    """The common key of older versions, if the ledger was written with it."""
    with contextlib.suppress(OSError):
        key = Key(common_key_file().read_bytes().strip(), older=True)
        return key if len(key.secret) >= _SHORTEST_KEY and key.mark == mark else None
    return None


def _opened(place: Place) -> Key | None:
    """The key at a place, as it stands there; None where there is none."""
    entry = _entry(place)
    if entry is None:
        return None
    if entry.get("destroyed"):
        raise KeyFileError(message("key_destroyed", place.language, evaluation=place.evaluation))
    secret = str(entry.get("key", "")).encode("utf-8", "surrogateescape")
    if len(secret) < _SHORTEST_KEY:
        raise KeyFileError(message("key_too_short", place.language, file=place.path, least=_SHORTEST_KEY))
    noted = _ledgers(entry).get(place.evaluation, {})
    return Key(secret, _head(noted.get("head")), _head(noted.get("coming")), bool(entry.get("older")))


def _entry(place: Place) -> _Json | None:
    """The entry; a file of older versions holds nothing but the key."""
    text = read_entry(place)
    if text is None:
        return None
    with contextlib.suppress(ValueError, RecursionError):
        entry = json.loads(text)
        if isinstance(entry, dict):
            return entry
    return {"key": text, "older": True}


def _ledgers(entry: _Json | None) -> dict[str, _Json]:
    ledgers = (entry or {}).get("ledgers", {})
    return ledgers if isinstance(ledgers, dict) else {}


def _head(noted: Any) -> Head | None:
    return Head(int(noted[0]), str(noted[1])) if isinstance(noted, list) and len(noted) == 2 else None


def _entry_text(place: Place, key: Key) -> str:
    """The entry as it is to be kept; what the file knows of other evaluations' ledgers stays."""
    noted = {
        name: [head.lines, head.hash] for name, head in (("head", key.head), ("coming", key.coming)) if head is not None
    }
    ledgers = _ledgers(_entry(place)) | {place.evaluation: noted}
    return json.dumps(
        {
            "schema": SCHEMA,
            "key": key.secret.decode("utf-8", "surrogateescape"),
            "older": key.older,
            "ledgers": ledgers,
        },
        sort_keys=True,
    )


@contextlib.contextmanager
def _alone(place: Place) -> Iterator[None]:
    """Only one run makes, moves or destroys a key at a time."""
    refused = False
    try:
        place.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with only_one(place.lock, patience=_PATIENCE):
            yield
            return
    except KeyFileError:
        raise
    except OSError:
        refused = True
    if refused:
        raise KeyFileError(message("key_unreadable", place.language, file=place.path))
