"""Where the parts of a register are evaluated: one after the other, in several processes, or by Dask on other machines.

All three are a plain `map` of one function, so the figures are the same. The function is here too, since a process or
worker that is begun imports the room of what it is to do: of this one it needs everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, TypeVar

import numpy as np

from evaltools.errors import ReportError, message
from evaltools.jobs import each_result
from evaltools.register.declaration import Register
from evaltools.register.partial import Partial, evaluate_partition
from evaltools.register.parts import Part, frames
from evaltools.register.violations import broken, joined

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")


def evaluate_part(part: Part, register: Register) -> Partial | str:
    """A part's figures, or the key of the message that says why there are none."""
    rows: list[int] = []
    try:
        found = evaluate_partition(frames(part, rows), register, part.name)
    except (OSError, ValueError, KeyError):  # pyarrow's errors of a file are among these; their text could quote a cell
        return "register_file_damaged"
    left_out = broken("row_broken", part.name, np.array(rows, np.int64) + 1)
    return replace(found, rows=found.rows + len(rows), violations=joined([found.violations, left_out]))


def mapped(
    function: Callable[[_Given], _Found], given: Sequence[_Given], language: str, *, jobs: int = 1, dask: str = ""
) -> Iterator[tuple[_Given, _Found | Exception]]:  # fmt: skip
    """Each thing given with what the function finds of it, or the error that it ends in.

    Parameters
    ----------
    function : callable
        Of one thing; it can be sent to another process, as can what it is given and finds.
    given : sequence
        Things that can be told apart by ``==``.
    language : str
        Of messages.
    jobs : int
        How many processes.
    dask : str
        Address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``; then its workers do it.

    Raises
    ------
    ReportError
        If the extra for Dask is not installed, or nobody answers at the address.
    """
    if dask:
        return _by_dask(function, given, dask, language)
    return zip(given, each_result(function, given, jobs), strict=True)


def _by_dask(
    function: Callable[[_Given], _Found], given: Sequence[_Given], address: str, language: str
) -> Iterator[tuple[_Given, _Found | Exception]]:  # fmt: skip
    client = _client(address, language)
    with client:
        futures = client.map(function, given, pure=False)
        things = dict(zip((future.key for future in futures), given, strict=True))
        as_ready = import_module("distributed").as_completed(futures, with_results=True)
        for future, found in as_ready:
            yield things[future.key], found
            future.release()


def _client(address: str, language: str) -> Any:
    try:
        return import_module("distributed").Client(address, timeout="10s")
    except ImportError:
        key = "register_dask_missing"
    except (OSError, ValueError):  # nobody there, or no address
        key = "register_dask_silent"
    raise ReportError(message(key, language, address=address))
