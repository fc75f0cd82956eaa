"""A second look at a workbook of Excel 97-2003 (.xls): what the container holds, extent and error cells of a sheet.

The container is a small file system (Microsoft's MS-CFB), the workbook in it a row of records (MS-XLS). Only what the
look needs is read: the directory, the record that says that the workbook is encrypted, where sheets begin, and which
cells are filled or hold an error.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from evaltools.exports.sheet_survey import Survey

_FREE = 0xFFFFFFFA  # from here on a number marks the end of a chain, and no sector
_HEADER = (("<H", 30), ("<I", 48), ("<I", 60))
_SMALL, _SMALL_SECTOR = 4096, 64  # shorter streams are packed together
_ROOT, _STREAM = 5, 2
_BOUNDSHEET, _FILEPASS, _EOF, _FORMULA, _ERROR, _BOF = 0x85, 0x2F, 0x0A, 0x06, 0x0205, 0x0809
_ONE_CELL = {0x0203, 0x0204, 0x00D6, 0x00FD, 0x027E, _ERROR, _FORMULA}  # numbers, texts, booleans and errors, formulas
_SEVERAL = 0x00BD  # several numbers beside each other
_SHARED_TEXTS, _MORE, _SHARED = 0x00FC, 0x003C, 0x00FD  # the table of shared texts, its continuation, a cell with one
_NO_ERROR = 0xFFFF


def container_streams(data: bytes) -> dict[str, bytes]:
    """The named streams of a container that may be a workbook; the others are only named, with no bytes.

    Raises
    ------
    ValueError, struct.error, IndexError
        Where the container is damaged.
    """
    shift, directory, small_table = (struct.unpack_from(form, data, at)[0] for form, at in _HEADER)
    if shift not in (9, 12):
        raise ValueError("sector size")
    body, sector = data[1 << shift :], 1 << shift
    table = _sector_table(data, sector)
    small = _chained(body, small_table, table, sector) if small_table < _FREE else b""
    entries = [_entry(part) for part in _parts(_chained(body, directory, table, sector), 128)]
    packed = next((_chained(body, first, table, sector) for _, kind, first, _ in entries if kind == _ROOT), b"")
    streams: dict[str, bytes] = {}
    for name, kind, first, size in entries:
        if kind == _STREAM:
            place = (body, table, sector) if size >= _SMALL else (packed, _numbers(small), _SMALL_SECTOR)
            is_book = name in ("workbook", "book")
            streams[name] = _chained(place[0], first, place[1], place[2])[:size] if is_book else b""
    return streams


def _entry(part: bytes) -> tuple[str, int, int, int]:
    """An entry of the directory: name, kind, where it begins, how long it is."""
    length, kind = struct.unpack_from("<HB", part, 64)
    first, size = struct.unpack_from("<II", part, 116)
    name = part[: min(max(length - 2, 0), 64)].decode("utf-16-le", errors="replace")
    return name.lower(), kind, first, size


def _parts(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data) - size + 1, size)]


def _numbers(data: bytes) -> list[int]:
    return list(struct.unpack_from(f"<{len(data) // 4}I", data, 0))


def _sector_table(data: bytes, sector: int) -> list[int]:
    """Which sector follows upon which."""
    places = list(struct.unpack_from("<109I", data, 76))
    (more,) = struct.unpack_from("<I", data, 68)
    seen: set[int] = set()
    while more < _FREE and more not in seen:
        seen.add(more)
        *part, more = struct.unpack_from(f"<{sector // 4}I", data, (more + 1) * sector)
        places += part
    table: list[int] = []
    for place in places:
        if place < _FREE:
            table += struct.unpack_from(f"<{sector // 4}I", data, (place + 1) * sector)
        if len(table) * sector > len(data) + 2 * sector * sector:
            raise ValueError("more sectors than bytes")
    return table


def _chained(data: bytes, first: int, table: list[int], sector: int) -> bytes:
    """What stands in a chain of sectors."""
    parts: list[bytes] = []
    seen: set[int] = set()
    while first < _FREE:
        if first in seen:
            raise ValueError("a chain without end")
        seen.add(first)
        parts.append(data[first * sector : (first + 1) * sector])
        first = table[first]
    return b"".join(parts)


def is_encrypted(stream: bytes) -> bool:
    """Whether a workbook needs a password to be read: a record at its start says so."""
    return any(kind == _FILEPASS for kind, _, _ in _records(stream, 0))


def survey_xls(stream: bytes) -> list[Survey]:
    """Look at every sheet of a workbook, in the order in which it lists them, as all are read when it is opened.

    Raises
    ------
    TooLargeError
        Where one is too large to be read.
    ValueError, struct.error, IndexError
        Where the workbook is damaged.
    """
    starts = [struct.unpack_from("<I", stream, at)[0] for kind, at, _ in _records(stream, 0) if kind == _BOUNDSHEET]
    lengths = _shared_lengths(stream)
    return [_survey(stream, start, lengths) for start in starts]


def _shared_lengths(stream: bytes) -> list[int]:
    """How many letters each text has that cells share; a text may go on in the next record, with a mark before it."""
    parts: list[bytes] = []
    for kind, at, size in _records(stream, 0):
        if kind == _SHARED_TEXTS or (parts and kind == _MORE):
            parts.append(stream[at : at + size])
        elif parts:
            break
    if not parts:
        return []
    texts = _Parts(parts)
    _, count = struct.unpack("<II", texts.take(8))
    lengths: list[int] = []
    while len(lengths) < count and not texts.at_end():
        letters, marks = struct.unpack("<HB", texts.take(3))
        runs = struct.unpack("<H", texts.take(2))[0] if marks & 8 else 0
        extra = struct.unpack("<I", texts.take(4))[0] if marks & 4 else 0
        texts.pass_letters(letters, wide=bool(marks & 1))
        texts.skip(4 * runs + extra)
        lengths.append(letters)
    return lengths


class _Parts:
    """Records that belong together, read on from one into the next."""

    def __init__(self, parts: list[bytes]) -> None:
        self._parts, self._part, self._at = parts, 0, 0

    def at_end(self) -> bool:
        """Whether nothing is left."""
        while self._part < len(self._parts) and self._at >= len(self._parts[self._part]):
            self._part, self._at = self._part + 1, 0
        return self._part >= len(self._parts)

    def take(self, size: int) -> bytes:
        """The next bytes; they stand in one record."""
        if self.at_end():
            raise ValueError("the texts are cut off")
        self._at += size
        return self._parts[self._part][self._at - size : self._at]

    def skip(self, size: int) -> None:
        """Pass over bytes that may go on in the next record."""
        while size > 0 and not self.at_end():
            step = min(size, len(self._parts[self._part]) - self._at)
            self._at, size = self._at + step, size - step

    def pass_letters(self, letters: int, *, wide: bool) -> None:
        """Pass over letters of one or two bytes; in the next record, its first byte says which again."""
        while letters > 0 and not self.at_end():
            if self._at == 0 and self._part > 0:
                wide, self._at = bool(self.take(1)[0] & 1), 1
            step = min(letters, (len(self._parts[self._part]) - self._at) // (1 + wide))
            self._at += step * (1 + wide)
            letters -= step
            if not step:
                self._at = len(self._parts[self._part])


def _survey(stream: bytes, start: int, lengths: Sequence[int]) -> Survey:
    survey = Survey()
    for kind, at, size in _records(stream, start):
        if kind in _ONE_CELL and size >= 6:
            row, column = struct.unpack_from("<HH", stream, at)
            survey.reach(row, column, error=_is_error(stream, kind, at, size))
            if kind == _SHARED and size >= 10:
                (text,) = struct.unpack_from("<I", stream, at + 6)
                survey.letters += lengths[text] if text < len(lengths) else 0
                survey.check()
        elif kind == _SEVERAL and size >= 6:
            (row,) = struct.unpack_from("<H", stream, at)
            survey.reach(row, struct.unpack_from("<H", stream, at + size - 2)[0])
    return survey


def _is_error(stream: bytes, kind: int, at: int, size: int) -> bool:
    """Whether a cell is an error: told beside its value, or in a formula's last value."""
    if kind == _ERROR:
        return size >= 8 and stream[at + 7] == 1
    if kind != _FORMULA or size < 14:
        return False
    return stream[at + 6] == 2 and struct.unpack_from("<H", stream, at + 12)[0] == _NO_ERROR


def _records(stream: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """The records of one part of the workbook, to its end: kind, where the content begins, how long it is."""
    at, depth = start, 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        yield kind, at + 4, size
        if depth <= 0:
            return
        at += 4 + size
