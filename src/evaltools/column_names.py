"""What a column is called, in all the ways that a tool has, and which question of a questionnaire it seems to be."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from evaltools.exports.grid import Grid
from evaltools.exports.questions import Question, cleaned, plain_key, plain_text
from evaltools.exports.recognition import Recognition, folded, signatures, value
from evaltools.forms import form_code
from evaltools.instruments import Instrument, Item
from evaltools.personal_data import is_answered
from evaltools.personal_texts import personal_kinds

CODED = (
    "limesurvey",
    "qualtrics",
    "redcap",
    "formr",
    "kobo",
    "spss",
    "stata",
)  # tools with stable names in their exports
_WITHOUT_CODES = (("limesurvey", "full"), ("redcap", "labels"), ("qualtrics", "xml"))
_IMPORT_ID = re.compile(r"""ImportId["']\s*:\s*["']([^"']+)["']""")
_CODE_FIRST = re.compile(r"(?:.*\[)?\s*([A-Za-z]\w{0,40})\s*[.:)\]]")
_NUMBERING = re.compile(r"^\s*[A-Za-z]{0,8}\d+(?:\.\d+)*\s*[.:)]?\s+")
_ROW = re.compile(r"\[([^\[\]]+)\]\s*$")
_VARIABLE = re.compile(r"[\w\[\]/#.-]{1,80}")
_NEAR = 0.82


@dataclass(frozen=True)
class Names:
    """The ways in which one column is named: ``match`` is how a rule of the mapping finds it."""

    at: int
    match: tuple[str, str | int]
    names: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Guess:
    """Which items a column may be: ``how`` is ``"code"``, ``"text"``, ``"near"``, ``"unclear"`` or ``""``."""

    how: str = ""
    items: tuple[str, ...] = ()


def column_names(grid: Grid, recognition: Recognition) -> list[Names]:
    """Every column's names. A heading that could be an answer or a person's name is not used; its position is.

    >>> from evaltools.exports.signatures import recognise
    >>> grid = Grid("a.csv", "", (("id", "submitdate", "lastpage", "Q1[SQ001]"), ("1", "", "2", "4")), (1, 2))
    >>> column_names(grid, recognise(grid))[3].match
    ('code', 'Q1[SQ001]')
    """
    heads = _heads(grid, recognition)
    coded = recognition.tool in CODED and (recognition.tool, recognition.variant) not in _WITHOUT_CODES
    keys = [_key(grid, recognition, at) if coded else "" for at in range(grid.width)]
    shown = [
        _safe(" ".join(heads[at][-1].split()) if heads[at] else "", grid, recognition, at) for at in range(grid.width)
    ]
    several_rows = recognition.tool == "surveymonkey" and recognition.header_rows > 1
    same_key, same_heading = Counter(keys), Counter(shown)
    found = []
    for at in range(grid.width):
        match: tuple[str, str | int] = ("position", at + 1)
        if keys[at] and same_key[keys[at]] == 1 and not personal_kinds(keys[at]):
            match = ("code", keys[at])
        elif shown[at] and same_heading[shown[at]] == 1 and not coded and not several_rows:
            match = ("heading", shown[at])
        told = tuple(dict.fromkeys(filter(None, (_safe(text, grid, recognition, at) for text in heads[at]))))
        found.append(Names(at, match, tuple(dict.fromkeys(filter(None, (keys[at], *told)))), told))
    return found


def _heads(grid: Grid, recognition: Recognition) -> list[list[str]]:
    """The header cells of every column from the top; a heading that stands once over several columns is repeated."""
    rows = [row for row in grid.rows[: recognition.header_rows] if any(row)]
    if recognition.tool != "surveymonkey":
        rows = rows if recognition.tool in CODED else rows[-1:]
        return [
            [told for row in rows if (told := value(row, at)) and "ImportId" not in told] for at in range(grid.width)
        ]
    stem = ""
    found: list[list[str]] = []
    for at in range(grid.width):
        cells = [value(row, at) for row in rows]
        stem = cells[0] if cells and cells[0] else stem
        rows_of_it = [
            cell for cell in cells[1:] if folded(cell) not in signatures()["surveymonkey"]["second_row"]["answer"]
        ]
        found.append(list(filter(None, [stem, *rows_of_it])))
    return found


def _key(grid: Grid, recognition: Recognition, at: int) -> str:
    cell = value(grid.rows[recognition.key_row], at) if recognition.key_row < len(grid.rows) else ""
    found = _IMPORT_ID.search(cell)
    if found:
        return found[1]
    return re.split(r"\s*[.:|]\s", cell, maxsplit=1)[0] if recognition.variant == "code_text" else cell.strip()


def _safe(heading: str, grid: Grid, recognition: Recognition, at: int) -> str:
    """A heading that may be shown; blank where it is an answer or seems to hold personal data."""
    if personal_kinds(heading) or recognition.header_rows == 0:
        return ""
    return "" if is_answered(heading, grid, recognition, at) else heading


class ItemIndex:
    """The items of some instruments, found by code, by text or by a text that is nearly the same."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self.owner: dict[str, Instrument] = {}
        self._codes: dict[str, set[str]] = defaultdict(set)
        self._texts: dict[str, set[str]] = defaultdict(set)
        for instrument in instruments.values():
            for item in instrument.items:
                self._add(item, instrument)

    def _add(self, item: Item, instrument: Instrument) -> None:
        self.owner.setdefault(item.id, instrument)
        self._codes[plain_key(form_code(item.id))].add(item.id)
        for text in item.text.values():
            self._texts[plain_text(text)].add(item.id)

    def guess(self, column: Names, question: Question | None) -> Guess:
        """Which item a column is: exactly by code or wording, or nearly by wording, or nobody knows."""
        names = [*column.names, *([question.key] if question else [])]
        texts = [*column.texts, *([question.text] if question else [])]
        by_code = {item for name in names for code in _codes_of(name) for item in self._codes.get(code, ())}
        plain = [plain_text(part) for text in texts for part in _parts_of(text)]
        by_text = {item for text in plain for item in self._texts.get(text, ())}
        found = tuple(sorted(by_code | by_text))
        if len(found) == 1:
            return Guess("code" if by_code else "text", found)
        if found:
            return Guess("unclear", found)
        near = [close for text in plain if len(text) > 12 for close in get_close_matches(text, self._texts, 1, _NEAR)]
        alike = tuple(sorted({item for text in near for item in self._texts[text]}))
        return Guess("near", alike) if alike else Guess()


def _codes_of(name: str) -> set[str]:
    """The item codes that a name or a heading may give: the whole, its last part, or the code before the text.

    >>> sorted(_codes_of("q1[tc1]")), sorted(_codes_of("tc1. Jag trivs.")), sorted(_codes_of("grupp/tc1"))
    (['q1tc1', 'tc1'], ['tc1'], ['grupptc1', 'tc1'])
    """
    codes = set()
    if _VARIABLE.fullmatch(name):
        codes.add(plain_key(name))
        codes |= {plain_key(part) for part in (*_ROW.findall(name), name.rpartition("/")[2]) if part}
        parts = name.split("_")
        codes |= {plain_key("_".join(parts[at:])) for at in range(1, len(parts))}
    first = _CODE_FIRST.match(name[:2000])
    return codes | ({plain_key(first[1])} if first else set())


def _parts_of(text: str) -> Iterable[str]:
    """A heading's text, also without the tool's decoration: ``Question [row]``, ``Question - row``, ``1.1``."""
    plain = cleaned(text[:4000])
    parts = [plain, *_ROW.findall(plain)]
    pieces: Sequence[str] = re.split(r"\s+[-–:]\s+", plain)
    parts += [plain[plain.rfind(piece) :] for piece in pieces[1:]]
    return dict.fromkeys(form for part in parts for form in (part, _NUMBERING.sub("", part)))
