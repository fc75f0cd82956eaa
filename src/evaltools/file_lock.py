"""One run at a time: a lock on a file that the system lets go of by itself when a run ends, however it ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE = 0.05  # seconds between two tries


@contextmanager
def only_one(path: Path, *, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock while the block runs.

    Parameters
    ----------
    path : Path
        An empty file that is made where it is missing, and left: to remove it would let a third run lock another
        file of the same name.
    patience : float
        Seconds to wait for another run.

    Raises
    ------
    BlockingIOError
        If another run holds the lock.
    OSError
        If the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(descriptor, time.monotonic() + patience)
        yield
    finally:
        os.close(descriptor)  # the lock goes with it


def _take(descriptor: int, until: float) -> None:
    while not _taken(descriptor):
        if time.monotonic() >= until:
            raise BlockingIOError
        time.sleep(_PAUSE)


def _taken(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
