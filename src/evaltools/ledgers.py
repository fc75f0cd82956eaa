"""Several ledgers written as one: a figure about people of several evaluations is noted in each, or not let out.

A run that is broken off between two ledgers leaves the figure noted in some. It was not let out then, for that comes
last; the next run finds it by its lines and notes it in the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from evaltools.errors import LedgerError, message
from evaltools.file_lock import only_one
from evaltools.keys import LEDGER, lock_file
from evaltools.language import DEFAULT
from evaltools.ledger import PATIENCE, Entry, Ledger, is_changed, write


def append_to_all(new: Sequence[tuple[Ledger, Sequence[Entry]]], language: str = DEFAULT) -> None:
    """Write new figures into several ledgers, all of them locked until the last is written.

    Parameters
    ----------
    new : sequence of (Ledger, sequence of Entry)
        Each ledger as it was opened, and what is new in it.
    language : str
        Language of messages.

    Raises
    ------
    LedgerError
        If another run is writing to any of them, or has written since it was opened: then none is written to. If one
        cannot be written: then those before it hold the new lines, and the next run goes on from there.
    """
    written = [(ledger, entries) for ledger, entries in new if entries]
    fault = ""
    try:
        with ExitStack() as locks:
            files = {lock_file(ledger.path.parent, ledger.evaluation, language) for ledger, _ in written}
            for file in sorted(files):  # always in the same order, so that two runs cannot wait for each other
                locks.enter_context(only_one(file, patience=PATIENCE))
            if any(is_changed(ledger) for ledger, _ in written):
                fault = "ledger_in_use"
            else:
                for ledger, entries in written:
                    write(ledger, entries)
    except BlockingIOError:
        fault = "ledger_in_use"
    except OSError:
        fault = "ledger_not_written"
    if fault:
        raise LedgerError(message(fault, language, file=LEDGER))
