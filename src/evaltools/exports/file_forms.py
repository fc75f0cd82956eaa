"""How a file is made, known by its first bytes and never by its suffix."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

from evaltools.measures import limits

SHEETS = ("xlsx", "xls", "ods")
LABELLED = ("sav", "zsav", "por", "dta")
DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError, KeyError, struct.error)
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_OTHERS = {
    b"%PDF": "PDF", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"\x1f\x8b": "gzip", b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR", b"{\\rtf": "RTF",
}  # fmt: skip
_HTML = (b"<html", b"<!doctype html", b"<table", b"<body", b"<head>", b"<meta")
_XML = (b"<?xml", b"<document", b"<Responses")
_STATA_STARTS = (b"\x01\x01\x00", b"\x02\x01\x00")
_MARKS = {b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16",
          b"\xef\xbb\xbf": "utf-8-sig"}  # fmt: skip
_SUFFIXES = {
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".ods": "ods", ".sav": "sav", ".zsav": "sav", ".por": "por",
    ".dta": "dta", ".csv": "text", ".tsv": "text", ".txt": "text", ".tab": "text",
}  # fmt: skip


def file_form(data: bytes) -> str:
    r"""How a file is made.

    Returns
    -------
    str
        ``"text"``, ``"xlsx"``, ``"xls"`` (any file in Microsoft's older container), ``"ods"``, ``"sav"``, ``"zsav"``,
        ``"por"``, ``"dta"``, ``"json"``, ``"xml"``, ``"ics"``; ``"zip"`` for any other archive, ``"zip_broken"`` for a
        damaged one; else the name of the format in capitals (``"PDF"``, ``"HTML"``, ``"XLSB"`` ...).

    Examples
    --------
    >>> file_form(b"id;svar\n1;4\n"), file_form(b"%PDF-1.7"), file_form(b"$FL2@(#)")
    ('text', 'PDF', 'sav')
    """
    if data.startswith(_ZIP):
        return _packed_form(data)
    if data.startswith(_OLE):
        return "xls"
    if data.startswith((b"$FL2", b"$FL3")):
        return "zsav" if data.startswith(b"$FL3") else "sav"
    if b"SPSS PORT FILE" in data[:512]:
        return "por"
    if data.startswith(b"<stata_dta") or (data[:1] and 0x69 <= data[0] <= 0x73 and data[1:4] in _STATA_STARTS):
        return "dta"
    return _text_form(plain_bytes(data[:4096]), data)


def _text_form(start: bytes, data: bytes) -> str:
    other = next((form for mark, form in _OTHERS.items() if start.startswith(mark)), "")
    if other:
        return other
    if start[:15].lower().startswith(_HTML) or b"<html" in start[:400].lower():
        return "HTML"
    if start[:15].upper() == b"BEGIN:VCALENDAR":
        return "ics"
    if start.startswith(_XML):
        return "xml"
    return "json" if _is_json(start) else "text"


def _is_json(start: bytes) -> bool:
    """Whether text that starts with a bracket goes on as JSON does; a table may start with a bracket too."""
    return re.match(rb'\{\s*(?:"|\})|\[\s*(?:[\[{"\]\-\d]|null|true|false)', start[:400]) is not None


def _packed_form(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            kind = archive.read("mimetype")[:100].strip() if "mimetype" in names else b""
    except DAMAGED_ZIP:
        return "zip_broken"
    if "xl/workbook.bin" in names:
        return "XLSB"
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "content.xml" in names:
        return "ods" if kind in (b"", b"application/vnd.oasis.opendocument.spreadsheet") else "ODF"
    return "DOCX" if "word/document.xml" in names else "zip"


def unpacks_within_limits(data: bytes) -> bool:
    """Whether a packed file says that it unpacks to a bearable size; a damaged one is let through to be told later."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except DAMAGED_ZIP:
        return True
    bound = limits()
    small = unpacked <= int(bound["unpacked_unsuspected_megabytes"]) * 1_000_000
    bearable = unpacked <= int(bound["unpacked_megabytes"]) * 1_000_000
    return bearable and (small or unpacked <= int(bound["unpacked_times"]) * len(data))


def calendar_is_too_large(data: bytes) -> bool:
    """Whether a calendar has more lines, and dates in lists, than can be read in reasonable time."""
    dates = data.count(b",") - data.count(b"\\,")  # commas in texts have a mark before them
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n") + dates > limits()["calendar_lines"]


def byte_order_mark(data: bytes) -> str:
    r"""The encoding that a mark at the start of a text tells; blank without one.

    >>> byte_order_mark(b"\xff\xfeA\x00"), byte_order_mark(b"A")
    ('utf-16', '')
    """
    return next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), "")


def plain_bytes(data: bytes) -> bytes:
    """Text as UTF-8 without a mark and without blanks before the first letter."""
    encoding = byte_order_mark(data)
    if encoding in ("utf-16", "utf-32"):
        data = data.decode(encoding, errors="replace").encode("utf-8", errors="replace")
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()


def promised_form(suffix: str) -> str:
    """The form that a suffix promises; blank where it promises none that is known.

    >>> promised_form(".XLSX"), promised_form(".dat")
    ('xlsx', '')
    """
    return _SUFFIXES.get(suffix.lower(), "")
