"""What has been let out, as a sealed thing: the commissioner's side takes a `Release` and nothing else.

Only `disclosure.release` makes one out of an analysis; `read_release` opens one that it made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import WeakKeyDictionary

from evaltools.closed_vocabulary import outside_vocabulary
from evaltools.errors import DisclosureError, message
from evaltools.language import DEFAULT

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

VOCABULARY = "release.schema.json"


class Release:
    """What has been let out, as the canonical bytes of ``release.json``. Cannot be built by hand.

    Raises
    ------
    DisclosureError
        When called, subclassed, copied, changed or pickled: use `release` or `read_release`.
    """

    __slots__ = ("__weakref__", "_content")
    _content: bytes

    def __init__(self, *_: object, **__: object) -> None:
        """Refuse to be built by hand."""
        raise DisclosureError(message("release_by_hand"))

    def __init_subclass__(cls) -> NoReturn:
        """Refuse to be imitated."""
        raise DisclosureError(message("release_by_hand"))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse to be changed."""
        raise DisclosureError(message("release_by_hand"))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse to be copied or pickled."""
        raise DisclosureError(message("release_by_hand"))

    def __repr__(self) -> str:
        """Only that it is a release."""
        return "<Release>"

    @property
    def content(self) -> bytes:
        """The bytes of ``release.json``."""
        if type(self) is not Release or _issued.get(self) != hashlib.sha256(self._content).digest():
            raise DisclosureError(message("release_by_hand"))
        return self._content

    @property
    def document(self) -> dict[str, Any]:
        """The release as nested tables, a fresh copy."""
        document: dict[str, Any] = json.loads(self.content)
        return document


_issued: WeakKeyDictionary[Release, bytes] = WeakKeyDictionary()


def require_release(candidate: object) -> Release:
    """The candidate, if it is a release that this process issued.

    Raises
    ------
    DisclosureError
        If it is anything else.
    """
    if not isinstance(candidate, Release):
        raise DisclosureError(message("not_a_release"))
    candidate.content  # noqa: B018 - raises where the release was not issued here
    return candidate


def read_release(path: str | Path) -> Release:
    """Read a ``release.json`` back, as the walled report process does.

    Raises
    ------
    DisclosureError
        If the file has been edited (its checksum is wrong) or holds anything outside the closed vocabulary.
    """
    try:
        content = Path(path).read_bytes()
    except OSError:
        content = b""
    return open_release(content, Path(path).name)


def open_release(content: bytes, file: str) -> Release:
    """The same from the bytes of such a file; messages name ``file``.

    Raises
    ------
    DisclosureError
        As `read_release`.
    """
    try:
        document = json.loads(content)
        claimed = document.pop("checksum")
    except (ValueError, KeyError, AttributeError):
        document, claimed = {}, ""
    if not claimed or claimed != checksum(document):
        raise DisclosureError(message("release_edited", DEFAULT, file=file))
    return issue(document)


def issue(document: dict[str, Any]) -> Release:
    """A release of a document that keeps to the closed vocabulary.

    For `disclosure.release`, for `open_release`, and for `portfolio`, which takes something out of a release.

    Raises
    ------
    DisclosureError
        If the document holds anything else; names the place, never the content.
    """
    full = document | {"checksum": checksum(document)}
    fault = outside_vocabulary(full, VOCABULARY)
    if fault:
        raise DisclosureError(message("release_outside_vocabulary", DEFAULT, place=fault))
    made = Release.__new__(Release)
    content = canonical_bytes(full)
    object.__setattr__(made, "_content", content)
    _issued[made] = hashlib.sha256(content).digest()
    return made


def canonical_bytes(document: Mapping[str, Any]) -> bytes:
    """Nested tables as JSON in one form: the same content gives the same bytes."""
    return (json.dumps(document, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


def checksum(document: Mapping[str, Any]) -> str:
    """A mark of everything in nested tables, by which an edited file is known."""
    return hashlib.sha256(canonical_bytes(document)).hexdigest()


def with_mark(told: DataclassInstance) -> dict[str, Any]:
    """A record as nested tables, with a mark of everything in it as its ``id``."""
    document: dict[str, Any] = json.loads(json.dumps(asdict(told)))
    return document | {"id": hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]}
