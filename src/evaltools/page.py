"""A report as it leaves its notebook: blocks in order, in one language. Every format is made of this alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from evaltools.blocks import Block, Figure, FigureTables, Heading, Table
from evaltools.brand import PLAIN, Brand
from evaltools.plots import ACCENT
from evaltools.wording import words

_GUTTER = 2  # letters between two columns
_LITTLE = 2 / 3  # of an equal share: a column that wants no more gets it
_LONG = 1.5  # power of a text's need: 1 would let many short texts take the room of a long one


@dataclass(frozen=True)
class Page:
    """A report before it is a file.

    ``day`` is the date that the report bears, which files that want a date get instead of the day they were made;
    ``banner`` stands at the top of every format where it is not blank; a confidential report has one. ``brand`` gives
    the colours, those of the pictures too, and the logo.
    """

    blocks: tuple[Block, ...]
    language: str
    day: date
    banner: str = ""
    brand: Brand = PLAIN

    def __post_init__(self) -> None:
        """Give the pictures the brand's colour, and their tables the place that the report has for them."""
        if any(isinstance(block, FigureTables) for block in self.blocks):
            object.__setattr__(self, "blocks", _tables_apart(self.blocks, self.language))
        if self.brand.main != ACCENT:
            object.__setattr__(self, "blocks", tuple(_coloured(block, self.brand.main) for block in self.blocks))

    @property
    def title(self) -> str:
        """The report's heading, and whom it is for."""
        heading = next(block for block in self.blocks if isinstance(block, Heading))
        return f"{heading.text} – {heading.lead}" if heading.lead else heading.text

    def figures(self) -> Iterator[Figure]:
        """The pictures, in order."""
        return (block for block in self.blocks if isinstance(block, Figure))


def _tables_apart(blocks: tuple[Block, ...], language: str) -> tuple[Block, ...]:
    """The tables of all pictures at the one place for them, and at each picture the words that say so."""
    marked: list[Block] = []
    for block in blocks:
        if isinstance(block, Figure):
            table = replace(block.table, mark=f"figure-{sum(isinstance(one, Figure) for one in marked) + 1}")
            block = replace(block, table=table, apart=words(language).text("figures.apart", caption=table.caption))
        marked.append(block)
    tables = [block.table for block in marked if isinstance(block, Figure)]
    at = next(number for number, block in enumerate(marked) if isinstance(block, FigureTables))
    return (*marked[:at], *tables, *marked[at + 1 :])


def _coloured(block: Block, colour: str) -> Block:
    return replace(block, svg=block.svg.replace(ACCENT, colour)) if isinstance(block, Figure) else block


def column_widths(table: Table, letters: float) -> list[float]:
    """How wide each column of a table is set, in letters: its longest word fits, and what is left is shared.

    A number and its unit, or an interval, is one word: the blank in it does not break. What is left goes first
    to columns of short texts, which then stand on one line, and to the others by how much their texts need beyond the
    longest word, a long text counting for more than several short ones, since a row is as high as its longest text: of
    the ways tried this made the reports shortest. None gets more than its texts need. Where the words alone need more
    than there is, the widths add up to more.

    >>> column_widths(Table("", ("Group", "n"), (("The group that meets in the north", "7"),)), 20)
    [17.0, 3.0]
    """
    columns = [(name, *cells) for name, *cells in zip(table.columns, *table.rows, strict=True)]
    words = [max(len(word) for cell in column for word in cell.split(" ")) + _GUTTER for column in columns]
    beyond = [
        [max(len(cell) + _GUTTER - word, 0) for cell in column] for column, word in zip(columns, words, strict=True)
    ]
    weights = [sum(need**_LONG for need in more) for more in beyond]
    shared = _shared(weights, [max(more) for more in beyond], max(letters - sum(words), 0))
    return [word + more for word, more in zip(words, shared, strict=True)]


def _shared(weights: list[float], wanted: list[int], room: float) -> list[float]:
    """Room shared by weight, after those who want little; what one does not need goes to the others."""
    little = _LITTLE * room / len(wanted)
    got = [float(want) if want <= little else 0.0 for want in wanted]
    for _ in wanted:
        open_to = [weight if have < want else 0 for weight, want, have in zip(weights, wanted, got, strict=True)]
        left = room - sum(got)
        if left <= 0 or not any(open_to):
            break
        got = [min(have + left * weight / sum(open_to), want)
               for have, weight, want in zip(got, open_to, wanted, strict=True)]  # fmt: skip
    return got


def table_csv(table: Table) -> bytes:
    r"""A table as CSV that Excel opens with its letters right: semicolons, and a mark that it is UTF-8.

    >>> table_csv(Table("Mean", ("Group", "n"), (("North", "7"),)))
    b'\xef\xbb\xbfGroup;n\r\nNorth;7\r\n'
    """
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows((table.columns, *table.rows))
    return text.getvalue().encode("utf-8-sig")
