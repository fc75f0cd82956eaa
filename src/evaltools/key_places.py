"""Where a pseudonym key lies: in the system's keyring where there is one, else in a file of its own.

Never in the evaluation's folder, and never in a folder that a program copies to other computers.
"""

from __future__ import annotations

import contextlib
import os
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from evaltools.errors import KeyFileError, message
from evaltools.language import DEFAULT

KEY_FILE_VARIABLE = "EVALTOOLS_KEY_FILE"
_SERVICE = "evaltools"  # under which the keyring knows our keys
_IN_KEYRING = '{"in": "keyring", "schema": 1}'
_WORKING = 1.0  # priority from which a keyring is one of the system's own and works


@dataclass(frozen=True)
class Place:
    """Where one evaluation's key lies, or will lie.

    ``named`` says that the user named the file; then the keyring is left alone.
    """

    path: Path
    evaluation: str
    named: bool
    language: str = DEFAULT

    @property
    def lock(self) -> Path:
        """The file that a run locks while it changes the key's entry."""
        return self.path.with_name(self.path.name + ".lock")

    @property
    def in_keyring(self) -> bool:
        """Whether the system's keyring holds the key; then the file says so and nothing else."""
        return not self.named and (_text(self) or _IN_KEYRING) == _IN_KEYRING and _keyring() is not None


def user_folder() -> Path:
    """The user's own configuration folder; on Windows in the profile, and not in the part of it that roams."""
    from platformdirs import user_config_path

    return user_config_path("evaltools", appauthor=False)


def key_place(folder: Path, evaluation: str, language: str = DEFAULT) -> Place:
    """The place of an evaluation's key.

    Parameters
    ----------
    folder : Path
        The evaluation folder.
    evaluation : str
        The evaluation's id: every commission has a key of its own.
    language : str
        Language of the error messages.

    Raises
    ------
    KeyFileError
        If the key would lie inside the evaluation folder, or in a synchronised folder.
    """
    named = os.environ.get(KEY_FILE_VARIABLE, "")
    path = Path(named) if named else user_folder() / "keys" / f"{evaluation}.key"
    refuse_place(path, folder, language)
    return Place(path, evaluation, bool(named), language)


def refuse_place(path: Path, folder: Path, language: str = DEFAULT) -> None:
    """Refuse a file for a key that lies inside the evaluation folder or in a synchronised one.

    Raises
    ------
    KeyFileError
        If it does, or if its place cannot be made out.
    """
    fault = "key_unreadable"
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # links in a circle, or a name that no file can have
        inside = path.resolve().is_relative_to(folder.resolve())
        fault = "key_inside_folder" if inside else "key_synchronised" if is_synchronised(path) else ""
    if fault:
        raise KeyFileError(message(fault, language, file=path.name))


def is_synchronised(path: Path) -> bool:
    """Whether a file would lie in a folder that a program copies elsewhere, by the signs that are known.

    >>> is_synchronised(Path("C:/Users/x/OneDrive - Kommunen/Dokument/my.key"))
    True
    >>> is_synchronised(Path("/home/x/.config/evaltools/my.key"))
    False
    """
    signs = _signs()
    full = path.resolve()
    parents = {*path.parents, *full.parents}
    if any(_is_named(parent.name.casefold(), signs["names"]) for parent in parents):
        return True
    said = [Path(os.environ[name]).resolve() for name in signs["variables"] if os.environ.get(name)]
    return any(full.is_relative_to(root) for root in said) or any(
        (parent / mark).exists() for parent in full.parents for mark in signs["marks"]
    )


def _is_named(name: str, known: list[str]) -> bool:
    return any(name == one or (name.startswith(one) and name[len(one)] in " -_(@") for one in known)


@lru_cache
def _signs() -> dict[str, list[str]]:
    return tomllib.loads((files("evaltools") / "synchronised.toml").read_text("utf-8"))


def read_entry(place: Place) -> str | None:
    """What is kept at a place; None where nothing is.

    Raises
    ------
    KeyFileError
        If the file cannot be read, or if it says that the keyring has the key and the keyring does not give it.
    """
    found = _text(place)
    if place.named or found not in (None, _IN_KEYRING):
        return found
    try:
        keyring = _keyring()
        kept = keyring.get_password(_SERVICE, place.evaluation) if keyring else None
    except Exception:  # whatever a backend raises: a locked keyring, a refused question, a bus that is away
        kept = None
    if kept is None and found == _IN_KEYRING:
        raise KeyFileError(message("key_not_in_keyring", place.language))
    return None if kept is None else str(kept)


def write_entry(place: Place, text: str) -> None:
    """Keep a text at a place: where it is already, else in the keyring if there is one that works, else in the file.

    The file is replaced whole, so that a crash leaves the old one, and can be read by its owner only.

    Raises
    ------
    KeyFileError
        If it cannot be kept.
    """
    kept = _text(place)
    if not place.named and kept in (None, _IN_KEYRING) and _kept_in_keyring(place, text):
        text = _IN_KEYRING
    elif kept == _IN_KEYRING:
        raise KeyFileError(message("key_not_in_keyring", place.language))
    if text != kept:
        _replace(place, text)


def bury_entry(place: Place, text: str) -> None:
    """Take the key away for ever and leave a text that says so in its place.

    Raises
    ------
    KeyFileError
        If the keyring does not let it go, or the file cannot be written.
    """
    if place.in_keyring and read_entry(place) is not None:
        try:
            _keyring().delete_password(_SERVICE, place.evaluation)
        except Exception:
            left = True
        else:
            left = False
        if left:
            raise KeyFileError(message("key_not_in_keyring", place.language))
    _replace(place, text)


def _text(place: Place) -> str | None:
    """The text of the file; None where it does not exist."""
    try:
        return place.path.read_bytes().strip().decode("utf-8", "surrogateescape")  # an older key may be any bytes
    except FileNotFoundError:
        return None
    except OSError:
        unread = message("key_unreadable", place.language, file=place.path)
    raise KeyFileError(unread)


def _kept_in_keyring(place: Place, text: str) -> bool:
    try:
        keyring = _keyring()
        if keyring is not None:
            keyring.set_password(_SERVICE, place.evaluation, text)
            return bool(keyring.get_password(_SERVICE, place.evaluation) == text)
    except Exception:  # a keyring that cannot keep it is no keyring for us; the file is
        return False
    return False


def _keyring() -> Any:
    """The system's keyring; None where there is none that works."""
    try:
        import keyring

        found = keyring.get_keyring()
        return found if found.priority >= _WORKING else None
    except Exception:  # not installed, or a backend that fails while it is looked for
        return None


def _replace(place: Place, text: str) -> None:
    unfinished = place.path.with_name(place.path.name + ".unfinished")
    refused = False
    try:
        place.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished.unlink(missing_ok=True)  # of a run that crashed
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text.encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(place.path)
    except OSError:
        refused = True
    if refused:
        raise KeyFileError(message("key_unreadable", place.language, file=place.path))
