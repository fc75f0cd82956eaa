"""What has been released, to whom, about which keyed set of people. A figure that is out stays as it was.

One line a figure in ``ledger.jsonl`` in the evaluation folder, each with the hash of the line before it; the key's
entry, outside the folder, knows how many lines there are and the hash of the last. So a ledger that was edited, cut,
removed, or half written in a crash is seen, and then nothing is released. Only `disclosure` writes.

A release writes in three steps, so that a crash between two of them leaves nothing unclear: the key notes the end that
is to come, the ledger is replaced whole, the key notes that it is there.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaltools.errors import LedgerError, message
from evaltools.file_lock import only_one
from evaltools.keys import LEDGER, Head, Key, load_key, lock_file, note_head
from evaltools.language import DEFAULT
from evaltools.pseudonyms import pseudonymiser
from evaltools.settings import evaluation_id

_FIRST = "0" * 64
_PATIENCE = 10.0  # seconds that a run waits for another that is just writing
_Json = dict[str, Any]


@dataclass(frozen=True, repr=False)
class Entry:
    """One released figure: what it is about, the keyed people behind it, and its text as released.

    ``reader`` is to whom it was released and ``on`` the date of the report, as the evaluation declares it; blank in
    ledgers of older versions.
    """

    policy: str
    key: str
    scale: str
    group_by: str
    group: str
    wave: str
    people: frozenset[str]
    figure: _Json
    measure: str = "level"
    reader: str = "commissioner"
    on: str = ""


@dataclass(frozen=True, repr=False)
class Event:
    """Something else that is remembered: a quote that went out, or one whose approval was withdrawn.

    ``event`` is ``"quote_released"`` or ``"quote_withdrawn"``; ``comment`` the quote's own id; ``by`` and ``text`` are
    keyed marks of who approved it and of its text, ``on`` the date of the approval or withdrawal, ``report`` that of
    the report.
    """

    event: str
    key: str
    comment: str
    reader: str
    by: str
    text: str
    on: str
    report: str


@dataclass(frozen=True, repr=False)
class Ledger:
    """The release ledger of one evaluation, as it was when opened, and the mark of the key now in use.

    ``token`` gives a text's keyed mark, by which the ledger knows it again without holding it.
    """

    path: Path
    key: str
    entries: tuple[Entry, ...]
    language: str = DEFAULT
    events: tuple[Event, ...] = ()
    evaluation: str = ""
    token: Callable[[str], str] = str

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


def open_ledger(folder: str | Path, *, language: str = DEFAULT) -> Ledger:
    """The ledger of an evaluation folder; empty where nothing has been released.

    Raises
    ------
    LedgerError
        If the ledger is missing though something was released, or a line is damaged, edited, cut off or half written,
        or it is not the ledger that the key knows: then nothing may be released on its strength. Also if another run
        is writing and does not end.
    KeyFileError
        If the pseudonym key cannot be used.
    FolderError
        If the folder has no evaluation to speak of.
    """
    folder = Path(folder)
    evaluation = evaluation_id(folder, language)
    load_key(folder, evaluation, language)  # made here where there is none: to make it takes the lock too
    fault = ""
    try:
        # not between the two writings of another run: the ledger and the key's note of its end belong together
        with only_one(lock_file(folder, evaluation, language), patience=_PATIENCE):
            return _opened(folder, evaluation, language)
    except BlockingIOError:
        fault = "ledger_in_use"
    except OSError:
        fault = "ledger_unreadable"
    raise LedgerError(message(fault, language, file=LEDGER))


def _opened(folder: Path, evaluation: str, language: str) -> Ledger:
    """The ledger as it stands; for whoever holds the lock."""
    key = load_key(folder, evaluation, language)
    lines = _lines(folder / LEDGER, language)
    kept = _read(lines, language)
    end = _end(lines)
    fault = _unlike(end, key, {one.key for one in kept})
    if fault:
        known = key.head.lines if key.head else 0
        raise LedgerError(message(fault, language, file=LEDGER, evaluation=evaluation, lines=len(lines), known=known))
    if key.coming is not None and end == key.coming:  # a run crashed after it had written the ledger
        note_head(folder, evaluation, key.coming, None, language)
    entries = tuple(one for one in kept if isinstance(one, Entry))
    events = tuple(one for one in kept if isinstance(one, Event))
    token = pseudonymiser(key.secret, f"{evaluation} ledger")
    return Ledger(folder / LEDGER, key.mark, entries, language, events, evaluation, token)


def append(ledger: Ledger, new: Sequence[Entry], events: Sequence[Event] = ()) -> Ledger:
    """Write new figures and events behind the old; the file is replaced whole, so that a crash leaves the old one.

    Raises
    ------
    LedgerError
        If another run is writing, or has written to the ledger since it was opened, or if it cannot be written.
    KeyFileError
        If the ledger's new end cannot be noted beside the key; then the ledger is left as it is.
    """
    if not new and not events:
        return ledger
    folder, fault = ledger.path.parent, ""
    try:
        with only_one(lock_file(folder, ledger.evaluation, ledger.language), patience=_PATIENCE):
            if _is_changed(ledger):
                fault = "ledger_in_use"
            else:
                _write(ledger, [*new, *events])
    except BlockingIOError:
        fault = "ledger_in_use"
    except OSError:
        fault = "ledger_not_written"
    if fault:
        raise LedgerError(message(fault, ledger.language, file=ledger.path.name))
    return open_ledger(folder, language=ledger.language)


def _is_changed(ledger: Ledger) -> bool:
    now = _opened(ledger.path.parent, ledger.evaluation, ledger.language)
    return (now.entries, now.events) != (ledger.entries, ledger.events)


def _write(ledger: Ledger, new: Sequence[Entry | Event]) -> None:
    folder = ledger.path.parent
    lines = _lines(ledger.path, ledger.language)
    before = _end(lines)
    for one in new:
        lines.append(_line(one, _hash(lines[-1]) if lines else _FIRST))
    note_head(folder, ledger.evaluation, before, _end(lines), ledger.language)
    _replace(ledger.path, "\n".join(lines) + "\n")
    note_head(folder, ledger.evaluation, _end(lines), None, ledger.language)


def _replace(path: Path, text: str) -> None:
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(path)
    if os.name == "posix":  # the new name itself must outlive a power cut; elsewhere a folder cannot be synced
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _lines(path: Path, language: str) -> list[str]:
    """The lines of the ledger; none where there is no file."""
    try:
        return path.read_bytes().decode("utf-8").removesuffix("\n").split("\n") if path.exists() else []
    except (OSError, UnicodeDecodeError):
        unread = message("ledger_unreadable", language, file=path.name)
    raise LedgerError(unread)


def _read(lines: Sequence[str], language: str) -> list[Entry | Event]:
    """The lines as what they hold; each must know the one before it."""
    kept: list[Entry | Event] = []
    previous = _FIRST
    for number, line in enumerate(lines, start=1):
        one = _read_line(line, previous)
        if one is None:
            half = number == len(lines) and not _is_json(line)
            raise LedgerError(
                message("ledger_half_written" if half else "ledger_damaged", language, file=LEDGER, row=number)
            )
        kept.append(one)
        previous = _hash(line)
    return kept


def _unlike(end: Head | None, key: Key, marks: set[str]) -> str:
    """Why the ledger is not the one that the key knows; "" where it is."""
    known = [head for head in (key.head, key.coming) if head is not None]
    if marks - {key.mark}:
        return "ledger_of_another_key"
    if end in known or (end is None and key.head is None):
        return ""
    if end is None:
        return "ledger_gone"
    if not known:
        return "" if key.older else "ledger_not_known"
    return "ledger_cut" if key.head and end.lines < key.head.lines else "ledger_not_known"


def _end(lines: Sequence[str]) -> Head | None:
    return Head(len(lines), _hash(lines[-1])) if lines else None


def ledger_from(folder: Path, head: Head | None, language: str = DEFAULT) -> Head | None:
    """The end of a folder's ledger, if it goes on from an end that is known, else the known end.

    For a key that comes back from a copy: releases since the copy was made are taken up, a shortened ledger is not.

    Raises
    ------
    LedgerError
        If a line is damaged.
    """
    lines = _lines(folder / LEDGER, language)
    _read(lines, language)
    goes_on = head is None or _end(lines[: head.lines]) == head
    return _end(lines) if lines and goes_on else head


def _line(one: Entry | Event, previous: str) -> str:
    fields = vars(one) | {"previous": previous}
    if isinstance(one, Entry):
        fields["people"] = sorted(one.people)
    return json.dumps(fields, sort_keys=True, ensure_ascii=False)


def _read_line(line: str, previous: str) -> Entry | Event | None:
    try:
        fields = json.loads(line)
        if fields.pop("previous") != previous:
            return None
        return Event(**fields) if "event" in fields else Entry(**fields | {"people": frozenset(fields["people"])})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _hash(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
