"""The grid of text that every file of answers becomes: what stands in which row and column of which sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property


@dataclass(frozen=True, repr=False)
class Grid:
    """One table as text: ``rows[i][j]`` is the cell in spreadsheet row ``numbers[i]``, column ``j``.

    ``form`` is how the file is made (``"text"``, ``"xlsx"``, ``"xls"``, ``"ods"``, ``"sav"``, ``"zsav"``, ``"por"``,
    ``"dta"``, ``"json"``, ``"xml"``). ``encoding`` and ``delimiter`` are those of a text file (no delimiter where it
    has one column); ``encoding_assumed`` says that nothing in the file tells the encoding, but that its letters read
    as Western ones in it.

    A file of SPSS or Stata says itself what its codes mean: then ``labels`` has the label of each code of a column,
    ``user_missing`` the codes that its maker declared as missing, and ``questions`` a column's question, all by the
    column's position from 0. Other files leave them empty.

    >>> grid = Grid("svar.csv", "", (("kod", "svar"), ("AB12", "4")), (1, 2))
    >>> grid.width, grid.below(1).numbers
    (2, (2,))
    """

    file: str
    sheet: str
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]
    form: str = "text"
    encoding: str = ""
    delimiter: str = ""
    labels: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    user_missing: Mapping[int, frozenset[str]] = field(default_factory=dict)
    questions: Mapping[int, str] = field(default_factory=dict)
    encoding_assumed: bool = False

    @cached_property
    def width(self) -> int:
        """Number of columns of the widest row."""
        return max(map(len, self.rows), default=0)

    def column(self, at: int, start: int = 0, end: int | None = None) -> list[str]:
        """The cells of one column in some rows; a row that is too short has a blank."""
        return [row[at] if at < len(row) else "" for row in self.rows[start:end]]

    def below(self, header_rows: int) -> Grid:
        """The same grid without its first rows."""
        return replace(self, rows=self.rows[header_rows:], numbers=self.numbers[header_rows:])


def column_letter(position: int) -> str:
    """Name of a column as Excel shows it, position counted from 0.

    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
