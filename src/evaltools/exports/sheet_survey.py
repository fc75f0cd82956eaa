"""A second look at a sheet, before its values are read: how far it reaches, error cells, merged cells.

The reader of values takes memory for a sheet's whole extent at once and gives an error cell as a blank, which would
be silence. This look reads the sheet as a stream, keeps nothing but counts and places, and stops where it is too large.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import IO, Any
from xml.parsers import expat

from evaltools.measures import limits

Span = tuple[tuple[int, int], tuple[int, int]]
_CHUNK = 1 << 16
_DIGITS = "0123456789"
_COLUMN = re.compile("[A-Za-z]{1,3}")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ODS_ERROR = re.compile(r"#(?:N/A|DIV/0!|VALUE!|REF!|NAME\?|NUM!|NULL!)|(?:Err:|#ERR)[0-9]{3}")


class TooLargeError(Exception):
    """The sheet reaches too far, or holds too much, to be read."""


@dataclass(repr=False)
class Survey:
    """What a sheet holds: ``height`` and ``width`` of its filled part, places of errors (row, column from 0), spans.

    ``letters`` are those of its texts together, as each cell would hold its own copy.
    """

    height: int = 0
    width: int = 0
    letters: int = 0
    errors: list[tuple[int, int]] = field(default_factory=list)
    merged: list[Span] = field(default_factory=list)

    def reach(self, row: int, column: int, *, error: bool = False) -> None:
        """Take a filled cell into account; one that stands nowhere is damage."""
        if min(row, column) < 0:
            raise ValueError("a cell outside the sheet")
        if row >= self.height:
            self.height = row + 1
            self.check()
        if column >= self.width:
            self.width = column + 1
            self.check()
        if error:
            self.errors.append((row, column))

    def check(self) -> None:
        """Raise where the sheet has become too large."""
        bounds = limits()
        too_wide = self.width > bounds["table_columns"]
        if too_wide or self.height * self.width > bounds["table_cells"] or self.letters > bounds["table_letters"]:
            raise TooLargeError


class SharedTexts:
    """The texts that the cells of an XLSX file share, which stand in a part of their own."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @cached_property
    def _part(self) -> bytes:
        with zipfile.ZipFile(io.BytesIO(self._data)) as archive:
            part = next((name for name in archive.namelist() if name.lower() == "xl/sharedstrings.xml"), "")
            return archive.read(part) if part else b""

    @cached_property
    def longest(self) -> int:
        """No text has more letters; its marks are counted too, which is quick."""
        return max(map(len, re.split(rb"</(?:\w+:)?si>", self._part)))

    @cached_property
    def lengths(self) -> list[int]:
        """How many letters each text has."""
        look = _SharedLook()
        if self._part:
            _parse(io.BytesIO(self._part), look)
        return look.lengths


def survey_xlsx(data: bytes, sheet: str, shared: SharedTexts) -> Survey:
    """Look at a sheet of an XLSX file.

    Raises
    ------
    TooLargeError
        Where it is too large to be read.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = _part_of(archive, sheet)
        look = _XlsxLook(None)
        with archive.open(part) as stream:
            _parse(stream, look)
        if look.survey.letters + look.references * shared.longest > limits()["table_letters"]:
            look = _XlsxLook(shared.lengths)
            with archive.open(part) as stream:
                _parse(stream, look)
    return look.survey


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The path of a sheet inside the archive."""
    from defusedxml.ElementTree import fromstring

    book = next(name for name in archive.namelist() if name.lower() == "xl/workbook.xml")
    relations = "xl/_rels/workbook.xml.rels"
    targets = {each.get("Id"): each.get("Target", "") for each in fromstring(archive.read(relations), forbid_dtd=True)}
    for element in fromstring(archive.read(book), forbid_dtd=True).iter():
        if element.tag.endswith("}sheet") and element.get("name") == sheet:
            key = next(value for name, value in element.attrib.items() if name.endswith("}id"))
            target = targets[key]
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError(sheet)


class _SharedLook:
    """How many letters each of the texts has that the cells share."""

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self._inside = False

    def handle(self, parser: Any) -> None:
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text

    def _start(self, tag: str, _: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "si":
            self.lengths.append(0)
        self._inside = name == "t"

    def _end(self, _: str) -> None:
        self._inside = False

    def _text(self, letters: str) -> None:
        if self._inside and self.lengths:
            self.lengths[-1] += len(letters)


class _XlsxLook:
    """What is remembered while a sheet's XML goes by; shared texts are only counted where no lengths are given."""

    def __init__(self, lengths: list[int] | None) -> None:
        self.survey, self.references, self._lengths = Survey(), 0, lengths
        self._row = self._column = -1
        self._kind = self._value = ""
        self._parser: Any = None
        self._steps = {"c": self._cell, "v": self._content, "t": self._content, "row": self._new_row,
                       "mergeCell": self._merge}  # fmt: skip

    def handle(self, parser: Any) -> None:
        """Let the parser call this look; ends and letters only where a text is read, which saves most of the time."""
        self._parser = parser
        parser.StartElementHandler = self._start

    def _start(self, tag: str, given: dict[str, str]) -> None:
        if step := self._steps.get(tag.rpartition(":")[2]):
            step(given)

    def _cell(self, given: dict[str, str]) -> None:
        place = given.get("r")
        self._column = _column_number(place.rstrip(_DIGITS)) if place else self._column + 1
        self._kind = given.get("t", "n")

    def _content(self, _: dict[str, str]) -> None:
        self.survey.reach(self._row, self._column, error=self._kind == "e")
        if self._kind == "s" and self._lengths is None:
            self.references += 1
        elif self._kind != "n":
            self._value = ""
            self._parser.CharacterDataHandler, self._parser.EndElementHandler = self._text, self._end

    def _new_row(self, given: dict[str, str]) -> None:
        self._row, self._column = int(given.get("r", self._row + 2)) - 1, -1

    def _merge(self, given: dict[str, str]) -> None:
        if ends := _REFERENCE.findall(given.get("ref", "")):
            places = [(int(row) - 1, _column_number(column)) for column, row in ends]
            self.survey.merged.append((places[0], places[-1]))

    def _text(self, letters: str) -> None:
        self._value += letters

    def _end(self, _: str) -> None:
        self._parser.CharacterDataHandler = self._parser.EndElementHandler = None
        self.survey.letters += self._letters()
        self.survey.check()

    def _letters(self) -> int:
        if self._kind == "s" and self._value.strip().isdecimal():
            lengths, at = self._lengths or (), int(self._value)
            return lengths[at] if at < len(lengths) else 0
        return len(self._value)


@lru_cache(maxsize=20_000)
def _column_number(letters: str) -> int:
    if not _COLUMN.fullmatch(letters):
        raise ValueError("no column")
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def survey_ods(data: bytes) -> dict[str, Survey]:
    """Look at every sheet of an OpenDocument spreadsheet, as all are read when it is opened.

    Raises
    ------
    TooLargeError
        Where one is too large to be read.
    """
    look = _OdsLook()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("content.xml") as stream:
        _parse(stream, look)
    return look.surveys


class _OdsLook:
    """What is remembered while the sheets of a document go by."""

    def __init__(self) -> None:
        self.surveys: dict[str, Survey] = {}
        self.survey = Survey()
        self._row = self._column = 0
        self._rows = 1
        self._cell: dict[str, str] | None = None
        self._value = ""

    def handle(self, parser: Any) -> None:
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text

    def _start(self, tag: str, given: dict[str, str]) -> None:
        if tag == "table:table":
            self._row = 0
            self.survey = self.surveys[given.get("table:name", "")] = Survey()
        elif tag == "table:table-row":
            self._rows, self._column = int(given.get("table:number-rows-repeated", "1")), 0
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._cell, self._value = given, ""

    def _text(self, letters: str) -> None:
        if self._cell is not None:
            self._value += letters

    def _end(self, tag: str) -> None:
        if tag == "table:table-row":
            self._row += self._rows
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._take(self._cell or {})
            self._cell = None

    def _take(self, cell: dict[str, str]) -> None:
        """One cell, which may stand for several beside and below each other."""
        times = int(cell.get("table:number-columns-repeated", "1"))
        kind, value = cell.get("office:value-type", ""), self._value.strip()
        if kind or value:
            self.survey.reach(self._row + self._rows - 1, self._column + times - 1)
            self.survey.letters += len(value) * times * self._rows
            self.survey.check()
            if cell.get("calcext:value-type") == "error" or (cell.get("table:formula") and _ODS_ERROR.fullmatch(value)):
                self.survey.errors += [(self._row + down, self._column + right)
                                       for down in range(self._rows) for right in range(times)]  # fmt: skip
        wide, high = (int(cell.get(f"table:number-{way}-spanned", "1")) for way in ("columns", "rows"))
        if max(wide, high) > 1:
            self.survey.merged.append(((self._row, self._column), (self._row + high - 1, self._column + wide - 1)))
        self._column += times


def _parse(stream: IO[bytes], look: Any) -> None:
    """Run a part's XML past a look; a document type, where bombs are declared, is refused."""

    def refuse(*_: Any) -> None:
        raise ValueError("a document type")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    look.handle(parser)
    while chunk := stream.read(_CHUNK):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
