"""Files that are no tables: known by their first bytes, never by their suffix; described, not loaded."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from evaltools.exports.file_forms import (
    DAMAGED_ZIP,
    LABELLED,
    SHEETS,
    calendar_is_too_large,
    file_form,
    plain_bytes,
    unpacks_within_limits,
)
from evaltools.exports.grid import Grid
from evaltools.exports.recognition import Recognition
from evaltools.exports.signatures import recognise
from evaltools.measures import limits

_R_SYNTAX = re.compile(rb"survey_\d+_R_data_file\.csv|attributes\(data\)\$variable\.labels")
_SPSS_SYNTAX = re.compile(rb"^\s{0,8}(VARIABLE LABELS|GET DATA|VALUE LABELS)\b", re.IGNORECASE | re.MULTILINE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_LIMESURVEY_KINDS = {"survey": "lss", "group": "lsg", "question": "lsq", "responses": "lsr"}


@dataclass(frozen=True, repr=False)
class Document:
    """A file that `read_grid` does not read: what it is, a table where it holds one, counts, or what is wrong.

    ``problem`` is a key of the texts and its detail; ``personal`` are the kinds of personal data that it holds.
    """

    form: str
    recognition: Recognition | None = None
    grid: Grid | None = None
    facts: Mapping[str, int | str] = field(default_factory=dict)
    personal: tuple[str, ...] = ()
    problem: tuple[str, str] = ("", "")


def read_document(data: bytes, name: str) -> Document | None:
    """What a file is by its bytes; None for what `read_grid` reads: text, workbooks, SPSS and Stata.

    >>> read_document(b"BEGIN:VCALENDAR BEGIN:VEVENT", "cut off.ics").problem
    ('document_broken', 'ics')
    >>> read_document(b"id;Q1 1;4", "svar.csv") is None
    True
    """
    form = file_form(data)
    if form in SHEETS or form in LABELLED:
        return None
    plain = plain_bytes(data)
    if form == "text":
        return _syntax(plain[:100_000])
    if form in ("zip", "zip_broken"):
        return _archive(data)
    if form == "ics":
        return _calendar(plain)
    if form == "xml":
        return _xml(data, name)
    return _json(plain, name) if form == "json" else _refused(form, "document_unknown")


def _refused(form: str, key: str) -> Document:
    return Document(form, problem=(key, form))


def _archive(data: bytes) -> Document:
    """A LimeSurvey archive; whatever else is packed has to be unpacked first."""
    if not unpacks_within_limits(data):
        return _refused("ZIP", "file_unpacks_too_large")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            structure = next((name for name in names if name.lower().endswith(".lss")), "")
            packed = archive.read(structure) if structure else b""
    except DAMAGED_ZIP:
        return _refused("ZIP", "workbook_broken")
    if structure:
        inner = _xml(packed, structure)
        found = Recognition("limesurvey", "lsa", "certain", (("archive", ""),), 0)
        return replace(inner, form="lsa", recognition=found) if inner.recognition else inner
    return _refused("ZIP", "archive_unknown")


def _calendar(plain: bytes) -> Document:
    if calendar_is_too_large(plain):
        return _refused("ics", "calendar_too_large")
    lines = [line.strip().upper() for line in plain.splitlines()]
    if b"END:VCALENDAR" not in lines:
        return _refused("ics", "document_broken")
    people = any(line.startswith((b"ATTENDEE", b"ORGANIZER")) for line in lines)
    facts = {
        "sessions": lines.count(b"BEGIN:VEVENT"),
        "cancelled": lines.count(b"STATUS:CANCELLED"),
        "repeated": sum(line.startswith(b"RRULE") for line in lines),
    }
    found = Recognition("ics", "", "certain", (("first_bytes", ""),), 0)
    return Document("ics", found, facts=facts, personal=("name", "email") if people else ())


def _xml(data: bytes, name: str) -> Document:
    from defusedxml.ElementTree import fromstring

    if _marks(plain_bytes(data), b"<", b"=") > limits()["document_marks"]:
        return _refused("XML", "document_too_large")
    try:
        root = fromstring(data, forbid_dtd=True)
    except (SyntaxError, ValueError, LookupError):  # ParseError is a SyntaxError, what defusedxml forbids a ValueError
        return _refused("XML", "document_broken")
    kind = (root.findtext("LimeSurveyDocType") or "").strip().lower()
    if root.tag == "document" and kind:
        return _limesurvey_xml(root, _LIMESURVEY_KINDS.get(kind, "lss"))
    responses = root.findall("Response")
    if root.tag != "Responses" or not responses:
        return _refused("XML", "document_unknown")
    records = [{child.tag: (child.text or "").strip() for child in response} for response in responses]
    return _of_records("xml", records, name)


def _limesurvey_xml(root: Any, variant: str) -> Document:
    languages = [(entry.text or "").strip() for entry in root.findall("languages/language")]
    questions = [
        row for row in root.findall("questions/rows/row") if (row.findtext("parent_qid") or "0").strip() == "0"
    ]
    facts: dict[str, int | str] = {"questions": len(questions)}
    if variant == "lsr":
        facts = {"rows": len(root.findall("responses/rows/row"))}
    if known := [language for language in languages if _LANGUAGE.fullmatch(language)]:
        facts["languages"] = ", ".join(known[:20])
    return Document(variant, Recognition("limesurvey", variant, "certain", (("xml_root", ""),), 0), facts=facts)


def _marks(data: bytes, *signs: bytes) -> int:
    """How often some signs stand in a text: how much memory its parts will take, before anything is taken."""
    return sum(map(data.count, signs))


def _json(plain: bytes, name: str) -> Document:
    if _marks(plain, b"{", b"[", b",") > limits()["document_marks"]:
        return _refused("JSON", "document_too_large")
    try:
        content = json.loads(plain)
    except (ValueError, RecursionError):
        return _refused("JSON", "document_broken")
    table = content if isinstance(content, dict) else {}
    if isinstance(table.get("SurveyElements"), list) and "SurveyEntry" in table:
        asked = [part for part in table["SurveyElements"] if isinstance(part, dict) and part.get("Element") == "SQ"]
        found = Recognition("qualtrics", "qsf", "certain", (("json_keys", "SurveyEntry, SurveyElements"),), 0)
        return Document("qsf", found, facts={"questions": len(asked)})
    if isinstance(table.get("items"), list) and "name" in table:
        found = Recognition("formr", "items", "certain", (("json_keys", "name, items"),), 0)
        return Document("json", found, facts={"questions": len(table["items"])})
    records = next((table[key] for key in ("responses", "results") if isinstance(table.get(key), list)), content)
    if not (isinstance(records, list) and records and all(isinstance(record, dict) for record in records)):
        return _refused("JSON", "document_unknown")
    return _of_records("json", [{key: _text(item) for key, item in record.items()} for record in records], name)


def _text(item: object) -> str:
    if item is None:
        return ""
    if isinstance(item, bool):
        return str(item).lower()
    return item.strip() if isinstance(item, str) else "…" if isinstance(item, (dict, list)) else repr(item)


def _of_records(form: str, records: Iterable[Mapping[str, str]], name: str) -> Document:
    """The records as a table with a column for every key, recognised as any other table."""
    told = list(records)
    keys = list(dict.fromkeys(key for record in told for key in record))
    if not keys:
        return _refused(form.upper(), "document_unknown")
    if len(keys) > limits()["table_columns"] or len(keys) * len(told) > limits()["table_cells"]:
        return _refused(form.upper(), "document_too_large")
    rows = (tuple(keys), *(tuple(record.get(key, "") for key in keys) for record in told))
    grid = Grid(name, "", rows, tuple(range(1, len(rows) + 1)), form)
    found = recognise(grid)
    if form == "xml":
        found = replace(found, variant="xml") if found.tool == "qualtrics" else found
    return Document(form, found, grid)


def _syntax(start: bytes) -> Document | None:
    """The syntax files that go with a LimeSurvey or SPSS data file; read as text, never run."""
    of_limesurvey = re.search(rb"survey_\d+|LimeSurvey", start) is not None
    if _R_SYNTAX.search(start):
        return Document("R", Recognition("limesurvey", "r_syntax", "certain", (("syntax", ""),), 0))
    commands = {found.upper() for found in _SPSS_SYNTAX.findall(start)}
    if len(commands) < 2:
        return None
    tool, variant = ("limesurvey", "spss_syntax") if of_limesurvey else ("spss", "syntax")
    return Document("sps", Recognition(tool, variant, "certain", (("syntax", ""),), 0))
