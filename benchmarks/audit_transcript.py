"""Reads a delivered report as a stranger does: every figure in its tables, drawings and sentences, and nothing else.

A number that is not one of the published levels, or plain arithmetic on them, is a finding of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

_LEVELS = re.compile(r"^(?P<scale>.+): medelvärde på skalan (?P<low>[\d−]+)–(?P<high>[\d−]+)$")
_FORMS = (
    ("at_least", re.compile(r"^([\d,−]+) eller högre$")),
    ("at_most", re.compile(r"^([\d,−]+) eller lägre$")),
    ("between", re.compile(r"^mellan ([\d,−]+) och ([\d,−]+)$")),
    ("value", re.compile(r"^([\d,−]+)$")),
)
_CHANGES = "Förändring av varje resultat, i poäng på dess skala"
SHARES = ("Idéerna, i steg så breda att ingen kan pekas ut", "Andelar, i steg så breda att ingen kan pekas ut")
_GOALS = "Hur långt varje mål har kommit"
_RESPONSES = "Hur många som står bakom resultaten"
_TIMELINE = "Perioden, månad för månad"
_STEPS = {"Åt fel håll": 0, "Inte nått": 1, "Pekar åt fel håll, men osäkert": 1, "Går inte att avgöra": 2,
          "Pekar åt rätt håll, men osäkert": 3, "Åt rätt håll": 3, "Nått": 4}  # fmt: skip
_MONTHS = ("januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober",
           "november", "december")  # fmt: skip
_ASSUMED_SHARE = 0.25  # of the range: the spread of changes that the report says it assumes


class TranscriptError(Exception):
    """The page shows a number that the transcript cannot account for."""


@dataclass(frozen=True)
class Statement:
    """One published level: the words as printed, and what they say of the mean (``sd`` only if a page has one)."""

    scale: str
    ends: tuple[str, str]
    group: str
    wave: str
    n: int
    low: str
    high: str
    decimals: int
    sd: str = ""

    @property
    def reach(self) -> tuple[float, float]:
        """Between which numbers the mean lies."""
        slack = 0.5 * 10**-self.decimals if self.low == self.high else 0.0
        return float(self.low) - slack, float(self.high) + slack


class Page(HTMLParser):
    """Tables with their captions, drawings as raw text, and all visible text."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[dict[str, list[list[str]] | str]] = []
        self.text: list[str] = []
        self._cell: list[str] | None = None
        self._inside = ""
        self._main = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._main |= tag == "main"
        if tag == "table":
            self.tables.append({"caption": "", "rows": []})
        elif tag == "tr":
            self.tables[-1]["rows"].append([])  # type: ignore[union-attr]
        elif tag in ("td", "th", "caption"):
            self._cell, self._inside = [], tag
        self.text += [f"\n{value}\n" for name, value in attributes if name in ("aria-label", "alt", "title") and value]

    def handle_endtag(self, tag: str) -> None:
        if self._cell is not None and tag == self._inside:
            text = "".join(self._cell).strip()
            if tag == "caption":
                self.tables[-1]["caption"] = text
            else:
                self.tables[-1]["rows"][-1].append(text)  # type: ignore[union-attr, index]
            self._cell = None
        self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
        if self._main:
            self.text.append(data)


def transcribe(page: str) -> list[Statement]:
    """Every published level of a Swedish commissioner's report.

    Raises
    ------
    TranscriptError
        If a drawing or a sentence shows another number than the tables do.
    """
    read = Page()
    read.feed(page)
    statements = []
    drawn = _drawings(page)
    if len(drawn) != page.count("<svg"):
        raise TranscriptError("a drawing without a table of its own")
    tables = {str(table["caption"]): table for table in read.tables}
    levels = [table for caption, table in tables.items() if _LEVELS.match(caption)]
    if {str(table["caption"]) for table in levels} - set(drawn):
        raise TranscriptError("not every table has its drawing")
    for table in levels:
        own = _statements(table)
        check_drawing(drawn.pop(str(table["caption"])), own)
        statements += own
    if _CHANGES in drawn:
        _check_changes(drawn.pop(_CHANGES), tables[_CHANGES], {one.scale: one.ends for one in statements})
    others = {_GOALS: _check_goals, _RESPONSES: _check_responses, _TIMELINE: _check_timeline}
    for caption, check in others.items():
        if caption in drawn:
            check(drawn.pop(caption), tables[caption])
    if set(drawn) - set(SHARES):  # `audit_shares` reads them
        raise TranscriptError("a drawing that nobody has declared")
    _check_numbers("".join(read.text), statements)
    return statements


def drawing_of(page: str, caption: str) -> str:
    """The drawing that belongs to the table of a caption."""
    return _drawings(page)[caption]


def _drawings(page: str) -> dict[str, str]:
    """Every drawing under the caption of the table to which it leads."""
    drawings = re.findall(r'(<svg.*?</svg>)(?:(?!<svg).)*?<a href="#(figure-\d+)">', page, re.DOTALL)
    captions = dict(re.findall(r'<div class="table" id="(figure-\d+)".*?<caption>(.*?)</caption>', page, re.DOTALL))
    return {unescape(captions[mark]): drawing for drawing, mark in drawings}


def _statements(table: dict[str, list[list[str]] | str]) -> list[Statement]:
    match = _LEVELS.match(str(table["caption"]))
    assert match
    ends = (_number(match["low"]), _number(match["high"]))
    heads, *rows = table["rows"]
    found = []
    for row in rows:
        cells = dict(zip(heads, row, strict=True))
        unknown = set(cells) - {"Grupp", "Mätning", "Medelvärde", "Personer", "Standardavvikelse"}
        if unknown:
            raise TranscriptError("a column that nobody has declared")
        low, high, decimals = _form(cells["Medelvärde"], ends)
        found.append(Statement(match["scale"], ends, cells.get("Grupp", ""), cells["Mätning"], int(cells["Personer"]),
                               low, high, decimals, _number(cells.get("Standardavvikelse", ""))))  # fmt: skip
    return found


def _form(words: str, ends: tuple[str, str]) -> tuple[str, str, int]:
    for kind, pattern in _FORMS:
        match = pattern.match(words)
        if match:
            numbers = [_number(text) for text in match.groups()]
            low = ends[0] if kind == "at_most" else numbers[0]
            high = ends[1] if kind == "at_least" else numbers[-1]
            return low, high, len(numbers[0].partition(".")[2])
    raise TranscriptError("a level in a form that nobody has declared")


def _number(text: str) -> str:
    return text.lstrip("+").replace("−", "-").replace(",", ".")


def check_drawing(drawing: str, statements: list[Statement]) -> None:
    """What is drawn lies where the printed figure lies, to the thousandth of the scale."""
    track = re.search(r'd="M ([\d.]+) [\d.]+ \nL ([\d.]+) [\d.]+ \n"[^>]*stroke: #7d8b96', drawing)
    if not track:
        raise TranscriptError("a drawing without a scale")
    left, right = map(float, track.groups())
    dots = {y: [x] for x, y in re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"', drawing)}
    bars = {y: [x, end] for x, y, end in
            re.findall(r'd="M ([\d.]+) ([\d.]+) \nL ([\d.]+) [\d.]+ \n"[^>]*stroke: #0b5394', drawing)}  # fmt: skip
    drawn = [marks for _, marks in sorted((dots | bars).items(), key=lambda row: float(row[0]))]
    if len(drawn) != len(statements):
        raise TranscriptError("not every figure is drawn")
    for marks, statement in zip(drawn, statements, strict=True):
        low, high = map(float, statement.ends)
        shown = [low + (float(x) - left) / (right - left) * (high - low) for x in marks]
        told = (
            [float(statement.low)] if statement.low == statement.high else [float(statement.low), float(statement.high)]
        )
        if len(shown) != len(told) or max(abs(a - b) for a, b in zip(shown, told, strict=True)) > (high - low) / 1000:
            raise TranscriptError("a drawing finer than its figure")


def _check_changes(drawing: str, table: dict[str, list[list[str]] | str], ends: dict[str, tuple[str, str]]) -> None:
    """What is drawn of a change lies where the printed change and its uncertainty lie, in shares of the scale."""
    zero = re.search(r'd="M ([\d.]+) [\d.]+ \nL \1 [\d.]+ \n"[^>]*stroke: #1b2a33', drawing)
    places: dict[str, set[float]] = {}
    for x, y in re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"[^>]*stroke: #0b5394', drawing):
        places.setdefault(y, set()).add(float(x))
    for x, y, end in re.findall(r'd="M ([\d.]+) ([\d.]+) \nL ([\d.]+) [\d.]+ \n"[^>]*stroke: #0b5394', drawing):
        places.setdefault(y, set()).update((float(x), float(end)))
    drawn = [sorted(row) for _, row in sorted(places.items(), key=lambda row: float(row[0]))]
    heads, *rows = table["rows"]
    told = [_change_told(dict(zip(heads, row, strict=True)), ends) for row in rows]
    if not zero or [len(row) for row in drawn] != [len(row) for row in told]:
        raise TranscriptError("not every change is drawn")
    marks = [
        (x - float(zero[1]), share)
        for xs, row in zip(drawn, told, strict=True)
        for x, share in zip(xs, row, strict=True)
    ]
    one = sum(abs(x) for x, _ in marks) / sum(abs(share) for _, share in marks)
    if max(abs(x - share * one) for x, share in marks) > one / 1000:
        raise TranscriptError("a drawing finer than its change")


def _change_told(row: dict[str, str], ends: dict[str, tuple[str, str]]) -> list[float]:
    """The values at which a change has marks, as its table tells them, in shares of its scale."""
    scale = next(scale for scale in ends if row["Resultat"].endswith(scale))
    breadth = float(ends[scale][1]) - float(ends[scale][0])
    values = [float(_number(number)) for number in re.findall(r"[+−]?\d+(?:,\d+)?", row["Ändring"])]
    unsure = float(_number(row["Osäkerhet"].lstrip("±")))
    return sorted({value / breadth for value in (*values, min(values) - unsure, max(values) + unsure)})


def _check_goals(drawing: str, table: dict[str, list[list[str]] | str]) -> None:
    """Every goal stands on the step of its verdict, and on none where it has no verdict."""
    xs = [float(x) for x, _ in re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"', drawing)]
    track = re.search(r'd="M ([\d.]+) [\d.]+ \nL ([\d.]+) [\d.]+ \n"[^>]*stroke: #7d8b96', drawing)
    if not track:
        raise TranscriptError("a drawing without steps")
    left, right = map(float, track.groups())
    drawn = [(x - left) / (right - left) * max(_STEPS.values()) for x in xs]
    told = [_STEPS[row[-1]] for row in table["rows"][1:] if row[-1] in _STEPS]
    if len(drawn) != len(told) or any(abs(one - other) > 0.01 for one, other in zip(drawn, told, strict=True)):
        raise TranscriptError("a goal drawn on another step than its verdict")


def _check_responses(drawing: str, table: dict[str, list[list[str]] | str]) -> None:
    """Every bar reaches as far as the number of people beside it."""
    people = [re.match(r"\d+", row[1]) for row in table["rows"][1:]]
    counts = [match[0] for match in people if match]
    ends = ("0", max(counts, key=int))
    check_drawing(drawing, [Statement("", ends, "", "", int(count), "0", count, 0) for count in counts])


def _check_timeline(drawing: str, table: dict[str, list[list[str]] | str]) -> None:
    """Every mark lies in the month beside it; no mark tells a day."""
    spans = [[_month(month) for month in row[1].split(" till ")] for row in table["rows"][1:]]
    every = [month for span in spans for month in span]
    ends = (str(min(every)), str(max(max(every), min(every) + 1)))
    check_drawing(drawing, [Statement("", ends, "", "", 0, str(span[0]), str(span[-1]), 0) for span in spans])


def _month(words: str) -> int:
    month, year = words.split()[-2:]
    return int(year) * 12 + _MONTHS.index(month) + 1


def _check_numbers(text: str, statements: list[Statement]) -> None:
    """Every number with decimals in the page is a level, a difference of two, or known without any answer."""
    told, _, rest = text.partition("Så genomfördes handledningen")
    text = told + rest.partition("Bilaga: bildernas siffror i tabeller")[2].partition("Bilaga: ordlista")[0]
    found = {_number(number.lstrip("+−")) for number in re.findall(r"[+−]?\d+,\d+", text)}
    known = set()
    for scale in {statement.scale for statement in statements}:
        own = [statement for statement in statements if statement.scale == scale]
        reaches = {end for one in own for end in (*one.reach, float(one.low), float(one.high))}
        width = float(own[0].ends[1]) - float(own[0].ends[0])
        known |= reaches | {abs(a - b) for a in reaches for b in reaches} | {width / 8}
        known |= {1.96 * _ASSUMED_SHARE * width / one.n**0.5 for one in own}
        known |= {float(one.sd) for one in own if one.sd}
    for number in found:
        places = len(number.partition(".")[2])
        if not any(abs(float(number) - value) < 10**-places + 1e-9 for value in known):
            raise TranscriptError("a number that is no level and no difference of levels")
