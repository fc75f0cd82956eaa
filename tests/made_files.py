"""Small files of every form, written here byte by byte or by another program: what the readers are tried on."""

from __future__ import annotations

import csv
import io
import struct
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import pandas as pd
import pyreadstat

Table = Sequence[Sequence[Any]]
_ODS_KIND = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_NAMES = (
    " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"))
    )
    + ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def as_csv(rows: Table, delimiter: str = ";", encoding: str = "utf-8", ending: str = "\r\n") -> bytes:
    stream = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if ending == "\r" else csv.QUOTE_MINIMAL
    csv.writer(stream, delimiter=delimiter, lineterminator=ending, quoting=quoting).writerows(rows)
    return stream.getvalue().encode(encoding)


def as_xlsx(sheets: Mapping[str, Table], *, hidden: Sequence[str] = (), merged: Sequence[str] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for cells in merged:
            sheet.merge_cells(cells)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def packed(parts: Mapping[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def edited(data: bytes, part: str, old: str, new: str) -> bytes:
    """A packed file with a text replaced in one of its parts."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    return packed(parts)


def as_ods(sheets: Mapping[str, Table], *, hidden: Sequence[str] = ()) -> bytes:
    """A document of LibreOffice with the least that it needs; a cell may be given as its XML, in bytes."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)} table:style-name={quoteattr('off' if name in hidden else 'on')}>"
        + "".join("<table:table-row>" + "".join(map(_ods_cell, row)) + "</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    styles = "".join(
        f'<style:style style:name="{name}" style:family="table"><style:table-properties table:display="{shown}"/>'
        "</style:style>"
        for name, shown in (("on", "true"), ("off", "false"))
    )
    content = (
        f"<?xml version='1.0' encoding='UTF-8'?><office:document-content {_ODS_NAMES}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return packed({"mimetype": _ODS_KIND, "content.xml": content, "META-INF/manifest.xml": manifest})


def _ods_cell(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, (int, float)):
        given = f'office:value-type="float" office:value="{value}"'
    else:
        given = 'office:value-type="string"'
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
    return f"<table:table-cell {given}>{lines}</table:table-cell>"


def as_sav(rows: Table, suffix: str = ".sav", **options: Any) -> bytes:
    """The rows as a file of SPSS or Stata, the first row as its names."""
    heads, *body = rows
    frame = pd.DataFrame([list(row) for row in body], columns=pd.Index(list(heads)))
    writers = {".sav": pyreadstat.write_sav, ".zsav": pyreadstat.write_sav, ".por": pyreadstat.write_por}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"made{suffix}"
        compress = {"compress": True} if suffix == ".zsav" else {}
        writers.get(suffix, pyreadstat.write_dta)(frame, path, **compress, **options)
        return path.read_bytes()


def as_xls(sheets: Mapping[str, Table], *, hidden: Sequence[str] = (), locked: bool = False, shared: int = 0) -> bytes:
    """A workbook as Excel 97 writes it: records (MS-XLS) in a container (MS-CFB). An `Exception` is an error cell.

    With ``shared``, texts stand once in a table that cells point to, in records of at most so many bytes.
    """
    found = (value for rows in sheets.values() for row in rows for value in row if isinstance(value, str) and value)
    texts = list(dict.fromkeys(found)) if shared else []
    parts = [_xls_sheet(rows, texts) for rows in sheets.values()]
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6))
    start += _record(0x002F, bytes(6)) if locked else b""
    names = [name.encode("utf-16-le") for name in sheets]
    listed = sum(4 + 8 + len(name) for name in names)
    table = _shared_texts(texts, shared)
    at = len(start) + listed + len(table) + 4
    for (title, part), name in zip(zip(sheets, parts, strict=True), names, strict=True):
        head = struct.pack("<IBBBB", at, title in hidden, 0, len(title), 1)
        start += _record(0x0085, head + name)
        at += len(part)
    return container({"Workbook": start + table + _record(0x000A, b"") + b"".join(parts)})


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _shared_texts(texts: Sequence[str], most: int) -> bytes:
    """The table of shared texts; every second one has formatted runs, and letters of one byte where that is enough."""
    if not texts:
        return b""
    done, record = b"", struct.pack("<II", len(texts), len(texts))
    kind = 0x00FC
    for number, text in enumerate(texts):
        narrow, runs = max(text) < "\x80", number % 2
        head = struct.pack("<HB", len(text), (not narrow) | 8 * runs) + (struct.pack("<H", 1) if runs else b"")
        letters = [text[at : at + 1].encode("latin-1" if narrow else "utf-16-le") for at in range(len(text))]
        if len(record) + len(head) + len(letters[0]) > most:
            done, record, kind = done + _record(kind, record), b"", 0x003C
        record += head
        for letter in letters:
            if len(record) + len(letter) > most:
                done, record, kind = done + _record(kind, record), bytes([not narrow]), 0x003C
            record += letter
        tail = bytes(4 * runs)
        if len(record) + len(tail) > most:
            done, record, kind = done + _record(kind, record), b"", 0x003C
        record += tail
    return done + _record(kind, record)


def _xls_sheet(rows: Table, texts: Sequence[str]) -> bytes:
    cells = b"".join(
        _xls_cell(row, column, value, texts) for row, line in enumerate(rows) for column, value in enumerate(line)
    )
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    return begin + cells + _record(0x000A, b"")


def _xls_cell(row: int, column: int, value: Any, texts: Sequence[str]) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if value is None or value == "":
        return b""
    if isinstance(value, Exception):
        return _record(0x0205, place + b"\x2a\x01")  # #N/A
    if isinstance(value, bool):
        return _record(0x0205, place + bytes([value, 0]))
    if isinstance(value, (int, float)):
        return _record(0x0203, place + struct.pack("<d", value))
    if value in texts:
        return _record(0x00FD, place + struct.pack("<I", texts.index(value)))
    letters = str(value).encode("utf-16-le")
    return _record(0x0204, place + struct.pack("<HB", len(letters) // 2, 1) + letters)


def container(streams: Mapping[str, bytes]) -> bytes:
    """Microsoft's older container with the streams, each long enough to have sectors of its own."""
    padded = {name: content.ljust(4096, b"\x00") for name, content in streams.items()}
    table, body, entries = [0xFFFFFFFD, 0xFFFFFFFE], b"", [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    for number, (name, content) in enumerate(padded.items(), 1):
        first, sectors = len(table), -(-len(content) // 512)
        following = number + 1 if number < len(padded) else 0xFFFFFFFF
        entries.append(_entry(name, 2, first, len(content), right=following))
        table += [*range(first + 1, first + sectors), 0xFFFFFFFE]
        body += content.ljust(sectors * 512, b"\x00")
    assert len(table) <= 128
    assert len(entries) <= 4
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    header += struct.pack("<IIIIIIII", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    sectors_of = struct.pack("<128I", *table, *[0xFFFFFFFF] * (128 - len(table)))
    directory = b"".join(entries).ljust(512, b"\x00")
    return header + sectors_of + directory + body


def _entry(name: str, kind: int, first: int, size: int, *, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF) -> bytes:
    letters = (name + "\x00").encode("utf-16-le")
    told = letters.ljust(64, b"\x00") + struct.pack("<HBBIII", len(letters), kind, 1, 0xFFFFFFFF, right, child)
    return told + bytes(36) + struct.pack("<IQ", first, size)
