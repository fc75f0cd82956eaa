"""What a file was recognised as, and the closed lists of words by which the tools are known."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from evaltools.exports.grid import Grid

CONFIDENCES = ("guess", "likely", "certain", "declared")
SAMPLE = 200  # rows of answers that a signature looks at
_FIRST_ROWS = 12
_TOLD = 6  # headings named as a reason
_GRID_ROW = re.compile(r"\[[^\[\]]+\]$")  # how survey tools write the row after the question
_TIME = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)? ?"
    r"(?:[AaPpFfEe]\.?[Mm]\.?)?(?: ?(?:Z|[A-Z]{2,5}|(?:UTC|GMT)?[+-]\d\d?(?::?\d\d)?))?)?"
)


@dataclass(frozen=True)
class Recognition:
    """What a table or document is, why, and where its own columns stand.

    ``reasons`` are pairs of a key of the texts and what to fill in, from closed lists only, never from cells.
    ``header_rows`` counts from the first row of the grid, titles included; ``key_row`` is the one of them that
    holds stable names; ``columns`` are the tool's own columns by meaning; ``end`` is where the rows end, where
    another table stands below.
    """

    tool: str
    variant: str = ""
    confidence: str = "guess"
    reasons: tuple[tuple[str, str], ...] = ()
    header_rows: int = 1
    key_row: int = 0
    columns: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    end: int | None = None

    @property
    def experimental(self) -> bool:
        """Whether no real file of this kind has been seen.

        >>> Recognition("typeform").experimental, Recognition("qualtrics", "three_rows").experimental
        (True, False)
        """
        unseen = signatures()["tools"][self.tool]["experimental"]
        return unseen if isinstance(unseen, bool) else self.variant in unseen

    @property
    def kind(self) -> str:
        """What the rows are: ``"answers"``, ``"structure"``, ``"sessions"``, ``"attendance"``, ``"log"`` or ``"help"``.

        >>> Recognition("redcap", "dictionary").kind, Recognition("zoom").kind
        ('structure', 'attendance')
        """
        entry = signatures()["tools"][self.tool]
        named = ("structures", "sessions", "attendance", "log", "help")
        found = next((key for key in named if self.variant in entry.get(key, ())), str(entry["kind"]))
        return "structure" if found == "structures" else found

    def column(self, meaning: str) -> int | None:
        """Position of the first column with a meaning; None where there is none."""
        return next(iter(self.columns.get(meaning, ())), None)


@lru_cache
def signatures() -> dict[str, Any]:
    """The closed lists of words, by tool.

    >>> signatures()["limesurvey"]["code"]["submitted"]
    ['submitdate']
    """
    return tomllib.loads((files("evaltools.exports") / "signatures.toml").read_text("utf-8"))


def folded(text: str) -> str:
    r"""A heading as headings are compared.

    >>> folded(" Response\u00a0ID\n")
    'response id'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("\ufeff", "").split())


def shortened(heading: str, letters: int) -> str:
    """A heading of at most so many letters; of a row in a grid of questions, what tells it from the others.

    >>> shortened("Hur ofta händer detta i din grupp?", 12), shortened("Hur ofta händer detta? [js1. Vi lyssnar]", 20)
    ('Hur ofta hä…', '…[js1. Vi lyssnar]')
    """
    if len(heading) <= letters:
        return heading
    row = _GRID_ROW.search(heading)
    shown = f"…{row[0]}" if row else heading
    return shown if len(shown) <= letters else shown[: letters - 1] + "…"


def first_rows(grid: Grid) -> list[int]:
    """Indices of the first rows that hold anything."""
    found = []
    for at, row in enumerate(grid.rows):
        if any(row):
            found.append(at)
        if len(found) == _FIRST_ROWS:
            break
    return found


def headings(grid: Grid, at: int) -> list[str]:
    """The folded cells of one row; none where the row does not exist."""
    return [folded(cell) for cell in grid.rows[at]] if at < len(grid.rows) else []


def meanings(heads: Sequence[str], tool: str, group: str = "names") -> dict[str, tuple[int, ...]]:
    """The columns whose heading is in a closed list, by meaning.

    >>> meanings(["id", "q1", "submitdate"], "limesurvey", "code")
    {'response': (0,), 'submitted': (2,)}
    """
    found: dict[str, tuple[int, ...]] = {}
    spelled = _spelled(tool, group)
    for at, head in enumerate(heads):
        if meaning := spelled.get(head):
            found[meaning] = (*found.get(meaning, ()), at)
    return {meaning: found[meaning] for meaning in signatures()[tool][group] if meaning in found}


@lru_cache
def _spelled(tool: str, group: str) -> dict[str, str]:
    """Every spelling of a closed list, and its meaning."""
    return {word: meaning for meaning, words in signatures()[tool][group].items() for word in words}


def listed(heads: Sequence[str], columns: Mapping[str, tuple[int, ...]]) -> str:
    """Some of the headings found, for a reason: they are in a closed list, so nothing of a person is told."""
    found = [heads[places[0]] for places in columns.values()]
    return ", ".join(found[:_TOLD]) + (" …" if len(found) > _TOLD else "")


def body(grid: Grid, start: int, end: int | None = None) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows of a table that hold anything, with their index in the grid."""
    stop = len(grid.rows) if end is None else end
    return ((at, grid.rows[at]) for at in range(start, stop) if any(grid.rows[at]))


def sample(grid: Grid, start: int, column: int) -> list[str]:
    """What the first rows of a table hold in one column, blanks left out."""
    return [cell for cell in grid.column(column, start, start + SAMPLE) if cell]


def value(row: Sequence[str], column: int | None) -> str:
    """One cell; blank where the row is shorter or there is no such column."""
    return row[column] if column is not None and column < len(row) else ""


def are_times(cells: Iterable[str]) -> bool:
    """Whether there are cells and nearly all are dates or points in time.

    >>> are_times(["2020/06/05 11:34:01 AM EST", "2027/01/20 9:00:00 fm CET"]), are_times(["Ja"]), are_times([])
    (True, False, False)
    """
    looked = [_TIME.fullmatch(cell[:60]) is not None for cell in cells]
    return bool(looked) and sum(looked) >= 0.9 * len(looked)
