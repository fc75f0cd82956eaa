"""A register's files as parts that hold whole groups, and the rows of a part in pieces that fit in memory.

A Parquet file tells between which words the groups of each of its row groups lie. Where it is sorted by group it is cut
between row groups, and a group on both sides of a cut belongs to the part before it. Where it is not sorted it is one
part, as is a CSV file: then there is a byte for every answer, and no more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from evaltools.errors import ReportError, message
from evaltools.pseudonyms import looks_personal
from evaltools.register.cube import COLUMNS

ROWS = 4_000_000  # of a part; so many answers are scored at once
_PIECE = 2**20  # rows
_FIRST, _LOOKED_AT = 2**16, 1_000  # rows, and of them person codes, that are looked at before a file is read
_BLOCK = 2**24  # bytes of CSV at a time
_WORDS = pa.dictionary(pa.int32(), pa.string())

_Seen = dict[str, tuple[Any, Any]]  # of each column: the words of the piece before, and the categories that they became


@dataclass(frozen=True)
class Part:
    """Some rows of a file that hold whole groups.

    ``row_groups`` are read whole, but for the group ``left``, which belongs to the part before; of ``more`` only the
    rows of the group ``last`` count. Without any the whole file is the part. ``first`` and ``further`` are the file's
    rows before these; ``digest`` is a mark of the file's content; ``by`` names the columns of classes that are read.
    """

    path: str
    digest: str
    row_groups: tuple[int, ...] = ()
    left: str | None = None
    more: tuple[int, ...] = ()
    last: str | None = None
    by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's name, as messages give it."""
        return Path(self.path).name

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        return (*COLUMNS, *self.by)

    @property
    def mark(self) -> str:
        """A mark of which rows these are, wherever the file lies."""
        told = asdict(self) | {"path": self.name}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def parts_of(path: Path, language: str, rows: int = ROWS, by: tuple[str, ...] = ()) -> list[Part]:
    """A file as parts of at least so many rows, in the file's order.

    ``by`` names the columns that say to what groups belong.

    Raises
    ------
    ReportError
        If the file cannot be read, is neither Parquet nor CSV, or lacks a column.
    """
    lacking = [name for name in (*COLUMNS, *by) if name not in _headings(path, language)]
    if lacking:
        raise ReportError(message("register_columns_missing", language, columns=", ".join(lacking)))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    whole = Part(str(path.absolute()), digest, by=by)  # workers elsewhere have another folder of their own
    _refuse_personal(whole, language)
    if path.suffix.lower() != ".parquet":
        return [whole]
    footer, starts = _footer(whole.path, whole.digest)
    ends = _ends(footer)
    return _cut(whole, ends, [end - start for start, end in pairwise(starts)], rows) or [whole]


def _refuse_personal(part: Part, language: str) -> None:
    """Refuse a file whose first person codes are no codes."""
    kind = next(filter(None, map(looks_personal, _first_codes(part))), "")
    if kind:
        raise ReportError(message(f"looks_like_{kind}", language))


def _first_codes(part: Part) -> list[str]:
    """Person codes of a file's first rows."""
    if part.path.lower().endswith(".parquet"):
        batch = next(_opened(part).iter_batches(_FIRST, columns=["person"], use_threads=False), None)
        column = None if batch is None else _coded("person", batch.column(0), {})
    else:
        frame = next(_csv_pieces(part, []), None)
        column = None if frame is None else frame["person"].array
    return [] if column is None else list(map(str, column.categories[:_LOOKED_AT]))


def _headings(path: Path, language: str) -> list[str]:
    """The names of a file's columns."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            return list(pa.parquet.read_schema(path).names)
        if suffix == ".csv":
            with path.open(encoding="utf-8-sig") as file:
                return [word.strip('"') for word in file.readline().rstrip("\r\n").split(_delimiter(path))]
    except (OSError, ValueError, pa.ArrowInvalid):  # the text of the error could quote a cell
        pass
    raise ReportError(message("register_file_unreadable", language))


def _delimiter(path: Path) -> str:
    """What stands between the headings of a CSV file."""
    with path.open(encoding="utf-8-sig") as file:
        line = file.readline()
    return max(",;\t", key=line.count)


def _ends(footer: Any) -> list[tuple[Any, Any]]:
    """The first and the last group of each row group; nothing where the file does not tell."""
    column = footer.schema.names.index("group")
    found = []
    for at in range(footer.num_row_groups):
        told = footer.row_group(at).column(column).statistics
        if told is None or not told.has_min_max:
            return []
        found.append((told.min, told.max))
    return found


def _cut(whole: Part, ends: list[tuple[Any, Any]], sizes: list[int], rows: int) -> list[Part]:
    """Parts between row groups, wherever no group of those before can stand in more than the first of those after."""
    cuts: list[int] = []
    held, since = 0, None  # rows since the last cut, and the group that it goes through
    highest = np.maximum.accumulate(np.array([high for _, high in ends], object))
    lowest = np.minimum.accumulate(np.array([low for low, _ in ends], object)[::-1])[::-1]
    for at in range(len(ends) - 1):
        held += sizes[at]
        if held >= rows and highest[at] <= lowest[at + 1] and highest[at] != since:
            cuts.append(at + 1)
            held, since = 0, highest[at] if highest[at] == lowest[at + 1] else None
    found, left = [], None
    for start, end in zip([0, *cuts], [*cuts, len(ends)], strict=True):
        last = highest[end - 1] if end < len(ends) and highest[end - 1] == lowest[end] else None
        more = tuple(at for at in range(end, len(ends)) if last is not None and ends[at][0] == last)
        found.append(Part(whole.path, whole.digest, tuple(range(start, end)), left, more, _word(last), whole.by))
        left = _word(last)
    return found


def _word(group: Any) -> str | None:
    return None if group is None else str(group)


def frames(part: Part, broken: list[int] | None = None) -> Iterator[pd.DataFrame]:
    """The rows of a part in pieces, as `partial.evaluate_partition` takes them.

    Parameters
    ----------
    part : Part
        Of `parts_of`.
    broken : list of int, optional
        Takes the rows of a CSV file, from 0, that have too many or too few columns and stand in no piece.

    Yields
    ------
    DataFrame
        The columns of `Part.columns`, words as categories; the index is the row in the file, from 0.
    """
    if not part.row_groups:
        yield from _whole_file(part, [] if broken is None else broken)
        return
    parquet, starts = _opened(part), _footer(part.path, part.digest)[1]
    seen: _Seen = {}
    for at in (*part.row_groups, *part.more):
        for frame in _pieces(parquet, part.columns, [at], starts[at], seen):
            if at in part.more:
                yield frame[(frame["group"].astype(str) == part.last).to_numpy(bool)]
            elif part.left is not None and part.left in set(map(str, frame["group"].cat.categories)):
                yield frame[(frame["group"].astype(str) != part.left).to_numpy(bool)]
            else:
                yield frame


def _opened(part: Part) -> Any:
    footer, _ = _footer(part.path, part.digest)
    schema = footer.schema.to_arrow_schema()
    texts = [name for name in part.columns if schema.field(name).type in (pa.string(), pa.large_string())]
    return pa.parquet.ParquetFile(part.path, metadata=footer, read_dictionary=texts)


@lru_cache(maxsize=1)
def _footer(path: str, digest: str) -> tuple[Any, list[int]]:
    """What a Parquet file tells of itself, and before which row each of its row groups begins; all parts ask for it."""
    footer = pa.parquet.read_metadata(path)
    sizes = [footer.row_group(at).num_rows for at in range(footer.num_row_groups)]
    return footer, list(accumulate(sizes, initial=0))


def _whole_file(part: Part, broken: list[int]) -> Iterator[pd.DataFrame]:
    if part.path.lower().endswith(".parquet"):
        parquet = _opened(part)
        yield from _pieces(parquet, part.columns, list(range(parquet.num_row_groups)), 0, {})
    else:
        yield from _csv_pieces(part, broken)


def _pieces(
    parquet: Any, columns: tuple[str, ...], row_groups: list[int], first: int, seen: _Seen
) -> Iterator[pd.DataFrame]:
    for batch in parquet.iter_batches(_PIECE, row_groups, list(columns), use_threads=False):
        yield _frame(batch, pd.RangeIndex(first, first + batch.num_rows), seen)
        first += batch.num_rows


def _csv_pieces(part: Part, broken: list[int]) -> Iterator[pd.DataFrame]:
    """A CSV file in blocks; every column as words, so that what is no number can be counted."""

    def skip(row: Any) -> str:
        broken.append(row.number - 2)  # the heading is number 1
        return "skip"

    reader = pa.csv.open_csv(
        part.path,
        read_options=pa.csv.ReadOptions(block_size=_BLOCK, use_threads=False),
        parse_options=pa.csv.ParseOptions(delimiter=_delimiter(Path(part.path)), invalid_row_handler=skip),
        convert_options=pa.csv.ConvertOptions(
            include_columns=list(part.columns), column_types=dict.fromkeys(part.columns, _WORDS), null_values=[""],
            strings_can_be_null=True,
        ),
    )  # fmt: skip
    first = 0
    seen: _Seen = {}
    for batch in reader:
        rows = _numbered(first, batch.num_rows, broken)
        yield _frame(batch, rows, seen)
        first = int(rows[-1]) + 1 if len(rows) else first


def _numbered(first: int, many: int, broken: list[int]) -> pd.Index[Any]:
    """So many rows of a file from one on, those left out that are broken.

    >>> _numbered(10, 4, [3, 11, 12, 99]).tolist()
    [10, 13, 14, 15]
    """
    end, out = first + many, []
    for row in sorted(broken):
        if first <= row < end:
            end += 1
            out.append(row)
    return pd.RangeIndex(first, end) if not out else pd.Index(np.setdiff1d(np.arange(first, end), out))


def _frame(batch: Any, rows: pd.Index[Any], seen: _Seen) -> pd.DataFrame:
    """A piece as pandas has it; the codes are taken over as they are."""
    columns = {name: _column(name, batch.column(name), seen) for name in batch.schema.names}
    return pd.DataFrame(columns, index=rows, copy=False)


def _column(name: str, values: Any, seen: _Seen) -> Any:
    if name != "answer" or not pa.types.is_integer(values.type):
        return _coded(name, values, seen)
    if not values.null_count:
        return values.to_numpy()
    return pd.arrays.IntegerArray(values.fill_null(0).to_numpy(), _mask(values.is_null()))


def _mask(bits: Any) -> NDArray[np.bool_]:
    """Arrow's bits as numpy's bytes, many times as fast as Arrow itself makes them."""
    told = np.frombuffer(bits.buffers()[1], np.uint8)
    return np.unpackbits(told, count=bits.offset + len(bits), bitorder="little")[bits.offset :].view(bool)


def _coded(name: str, values: Any, seen: _Seen) -> Any:
    """A column of words; where the words are those of the piece before, they are not made anew."""
    coded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    words, dtype = seen.get(name, (None, None))
    if words is None or not coded.dictionary.equals(words):
        dtype = pd.CategoricalDtype(pd.Index(coded.dictionary.to_numpy(zero_copy_only=False), dtype=object))
        seen[name] = coded.dictionary, dtype
    codes = coded.indices.fill_null(-1) if coded.null_count else coded.indices
    return pd.Categorical.from_codes(codes.to_numpy(), dtype=dtype, validate=False)
