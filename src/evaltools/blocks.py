"""The pieces that reports are made of. A notebook cell shows them; every format is rendered from the same pieces.

Each piece displays itself in JupyterLab, and carries itself as data, so that a notebook run in any way gives the
same report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

from evaltools.errors import ReportError, message

MIME = "application/vnd.evaltools.blocks+json"
SHORTEST_ALTERNATIVE = 20


@dataclass(frozen=True)
class Heading:
    """A section's heading. ``level`` 1 is the report's title."""

    kind: ClassVar[str] = "heading"
    text: str
    level: int = 2
    lead: str = ""


@dataclass(frozen=True)
class Text:
    """Paragraphs of prose."""

    kind: ClassVar[str] = "text"
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Callout:
    """Something that must not be overlooked."""

    kind: ClassVar[str] = "callout"
    title: str
    text: str


@dataclass(frozen=True)
class KeyFigures:
    """A few figures at a glance, each with what it counts."""

    kind: ClassVar[str] = "key_figures"
    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """A table with caption and header cells; the first column holds the rows' headers.

    ``mark`` is unique within a page where something links to the table, else "".
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    mark: str = ""


@dataclass(frozen=True)
class FigureTables:
    """Where in a report the tables of all its pictures stand, each with a link from its picture."""

    kind: ClassVar[str] = "figure_tables"


@dataclass(frozen=True)
class Figure:
    """A picture with caption, a text alternative that says what is seen, and its data as a table.

    ``apart`` says where the table stands, if it does not stand below the picture.

    Raises
    ------
    ReportError
        If the alternative text is missing or too short to be one.
    """

    kind: ClassVar[str] = "figure"
    svg: str
    alternative: str
    caption: str
    table: Table
    apart: str = ""

    def __post_init__(self) -> None:
        """Refuse a picture that a blind reader would miss."""
        if len(self.alternative.strip()) < SHORTEST_ALTERNATIVE:
            raise ReportError(message("alternative_missing", least=SHORTEST_ALTERNATIVE))


Block = Heading | Text | Callout | KeyFigures | Table | Figure | FigureTables
_KINDS: dict[str, type] = {
    kind.kind: kind for kind in (Heading, Text, Callout, KeyFigures, Table, Figure, FigureTables)
}


@dataclass(frozen=True)
class Section:
    """What one notebook cell shows: some blocks, in order."""

    blocks: tuple[Block, ...] = field(default=())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """How JupyterLab shows it, and the data from which every report format is rendered."""
        return {"text/html": str(render("section.html", blocks=self.blocks)), MIME: to_data(self.blocks)}


def to_data(blocks: tuple[Block, ...]) -> list[dict[str, Any]]:
    """Blocks as plain data."""
    return [{"kind": block.kind} | asdict(block) for block in blocks]


def from_data(data: list[Mapping[str, Any]]) -> tuple[Block, ...]:
    """Blocks from plain data, as `to_data` gave it."""
    return tuple(_block(entry) for entry in data)


def _block(entry: Mapping[str, Any]) -> Block:
    fields = {name: _frozen(value) for name, value in entry.items() if name != "kind"}
    if entry["kind"] == "figure":
        fields["table"] = _block({"kind": "table"} | dict(entry["table"]))
    made: Block = _KINDS[entry["kind"]](**fields)
    return made


def _frozen(value: Any) -> Any:
    return tuple(_frozen(entry) for entry in value) if isinstance(value, (list, tuple)) else value


def render(template: str, **values: Any) -> str:
    """A template of ``templates/`` filled with values; text is escaped."""
    return str(_templates().get_template(template).render(**values))


@lru_cache
def _templates() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(loader=PackageLoader("evaltools"), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)  # fmt: skip
