"""What has been released, to whom, about which keyed set of people. A figure that is out stays as it was.

One line a figure in ``ledger.jsonl`` in the evaluation folder, each with the hash of the line before it, so that
an edited or shortened ledger is seen. Only `disclosure` writes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaltools.errors import LedgerError, message
from evaltools.language import DEFAULT
from evaltools.pseudonyms import key_fingerprint, load_key

FILE = "ledger.jsonl"
_FIRST = "0" * 64


@dataclass(frozen=True, repr=False)
class Entry:
    """One released figure: what it is about, the keyed people behind it, and its text as released."""

    policy: str
    key: str
    scale: str
    group_by: str
    group: str
    wave: str
    people: frozenset[str]
    figure: dict[str, Any]
    measure: str = "level"
    reader: str = "commissioner"
    on: str = ""


@dataclass(frozen=True, repr=False)
class Ledger:
    """The release ledger of one evaluation, as it was when opened, and the mark of the key now in use."""

    path: Path
    key: str
    entries: tuple[Entry, ...]
    language: str = DEFAULT

    def same_key(self) -> bool:
        """Whether the people in the ledger can be recognised: it was written with the key now in use."""
        return all(entry.key == self.key for entry in self.entries)

    def figure(self, scale: str, group_by: str, group: str, wave: str) -> Entry | None:
        """What is out about this figure, or None."""
        sought = (scale, group_by, group, wave)
        found = (entry for entry in self.entries if (entry.scale, entry.group_by, entry.group, entry.wave) == sought)
        return next(found, None)

    def panel(self, scale: str, group_by: str, group: str) -> frozenset[str] | None:
        """The frozen set of people of a scale and group; None before its first release."""
        sought = (scale, group_by, group)
        found = [entry.people for entry in self.entries if (entry.scale, entry.group_by, entry.group) == sought]
        return found[-1] if found and self.same_key() else None

    def divided_by(self, scale: str) -> str:
        """By what the figures of a scale are out: ``"evaluation"``, ``"group"``, or "" where none is out."""
        return next((entry.group_by for entry in self.entries if entry.scale == scale), "")

    def sets_at(self, scale: str, wave: str) -> list[frozenset[str]]:
        """The sets of people about whom a figure of this scale and wave is out."""
        return [entry.people for entry in self.entries if (entry.scale, entry.wave) == (scale, wave)]


def open_ledger(folder: str | Path, *, language: str = DEFAULT) -> Ledger:
    """The ledger of an evaluation folder; without a file, an empty one that the first release will write.

    Raises
    ------
    LedgerError
        If a line is damaged, edited or missing: then nothing may be released on its strength.
    KeyFileError
        If the pseudonym key cannot be used.
    """
    path = Path(folder) / FILE
    mark = key_fingerprint(load_key(Path(folder), language))
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    entries = []
    previous = _FIRST
    for number, line in enumerate(lines, start=1):
        entry = _read_line(line, previous)
        if entry is None:
            raise LedgerError(message("ledger_damaged", language, file=path.name, row=number))
        entries.append(entry)
        previous = _hash(line)
    return Ledger(path, mark, tuple(entries), language)


def append(ledger: Ledger, new: Sequence[Entry]) -> Ledger:
    """Write new figures behind the old; the file is replaced whole, so that a crash leaves the old one.

    Raises
    ------
    LedgerError
        If another run has written to the ledger since it was opened.
    """
    if not new:
        return ledger
    if open_ledger(ledger.path.parent, language=ledger.language).entries != ledger.entries:
        raise LedgerError(message("ledger_in_use", ledger.language, file=ledger.path.name))
    lines = ledger.path.read_text("utf-8").splitlines() if ledger.path.exists() else []
    for entry in new:
        lines.append(_line(entry, _hash(lines[-1]) if lines else _FIRST))
    unfinished = ledger.path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write("\n".join(lines) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(ledger.path)
    return Ledger(ledger.path, ledger.key, (*ledger.entries, *new), ledger.language)


def _line(entry: Entry, previous: str) -> str:
    return json.dumps(
        vars(entry) | {"people": sorted(entry.people), "previous": previous},
        sort_keys=True,
        ensure_ascii=False,
    )


def _read_line(line: str, previous: str) -> Entry | None:
    try:
        fields = json.loads(line)
        if fields.pop("previous") != previous:
            return None
        return Entry(**fields | {"people": frozenset(fields["people"])})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _hash(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
