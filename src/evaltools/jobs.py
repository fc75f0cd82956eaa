"""The same work on many things, in several processes where asked for; one that fails does not stop the others."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def each_result(
    work: Callable[[_Item], _Result], items: Sequence[_Item], jobs: int = 1
) -> Iterator[_Result | Exception]:
    """What comes of each thing, in their order, whatever the number of processes.

    Parameters
    ----------
    work : callable
        With several processes a function of a module, or a `functools.partial` of one; what it takes and gives, its
        errors too, goes from process to process.
    items : sequence
        What it is done to, one at a time.
    jobs : int, default 1
        Processes. With 1 all is done here, each when it is asked for. A script that asks for more is read by every
        process, so its own commands stand under ``if __name__ == "__main__":``.

    Yields
    ------
    result or Exception
        The error itself where the work failed. Where a process ended without a word, what it was at is tried once more
        in a process of its own, and only what ends that one too is told as failed.

    Examples
    --------
    >>> [str(found) for found in each_result(int, ["1", "two", "3"])]
    ['1', "invalid literal for int() with base 10: 'two'", '3']
    """
    if jobs == 1 or len(items) < 2:
        for item in items:
            yield _tried(partial(work, item))
        return
    pool = _pool(min(jobs, len(items)))
    try:
        waiting = [_begun(pool, work, item) for item in items]
        for item, begun in zip(items, waiting, strict=True):
            found = _tried(begun.result) if begun else BrokenExecutor()
            yield _alone(work, item) if isinstance(found, BrokenExecutor) else found
    finally:
        pool.shutdown(cancel_futures=True)


def _pool(processes: int) -> ProcessPoolExecutor:
    """Processes that begin anew: the same on every system, and none inherits a lock or a thread.

    Ctrl+C stops the first process only, which then hands out nothing more.
    """
    return ProcessPoolExecutor(processes, get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN))


def _begun(pool: ProcessPoolExecutor, work: Callable[[_Item], _Result], item: _Item) -> Future[_Result] | None:
    """The work in one of the processes; None where one of them has ended already."""
    try:
        return pool.submit(work, item)
    except BrokenExecutor:
        return None


def _alone(work: Callable[[_Item], _Result], item: _Item) -> _Result | Exception:
    with _pool(1) as pool:
        return _tried(pool.submit(work, item).result)


def _tried(call: Callable[[], _Result]) -> _Result | Exception:
    try:
        return call()
    except Exception as error:  # whatever it is, it must not stop the others
        return error
