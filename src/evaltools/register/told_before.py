"""What has been told of a register, as its ledger remembers it: figures in ``ledger.jsonl``, their groups in files.

A million groups do not fit into a line. So a line names a file in ``ledger_groups``, by a mark of its content, that
holds the groups of all figures of one review. It is written before the line is; the figures are told after both.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from evaltools.errors import DisclosureError, LedgerError, message
from evaltools.ledger import Entry, Ledger, append
from evaltools.policy import Policy
from evaltools.register.declaration import Register
from evaltools.register.door import About, Door, Told
from evaltools.register.told_groups import Behind, Ids, all_ids

FOLDER = "ledger_groups"
READER = "organisation"
_GROUP_BY = "register"


def group_ids(groups: NDArray[np.object_], ledger: Ledger) -> Ids:
    """The groups' keyed marks, by which the ledger knows them again."""
    found: Ids = pd.util.hash_array(groups, hash_key=ledger.token("groups")[:16], categorize=False)
    return found


def opened_door(ledger: Ledger, policy: Policy) -> Door:
    """What is out, from the ledger and its files.

    Raises
    ------
    LedgerError
        If a file is missing, damaged or has been changed: then nothing may be told on its strength.
    DisclosureError
        If the policy is not the one of the first review.
    """
    if any(entry.policy != policy.hash for entry in ledger.entries):
        raise DisclosureError(message("policy_locked", ledger.language, policy=policy.name))
    files = {name: _file(ledger, name) for name in dict.fromkeys(entry.figure["file"] for entry in ledger.entries)}
    ids = {name: table.column("ids").to_numpy() for name, table in files.items()}
    return Door(policy, [_told(entry, files[entry.figure["file"]], ids[entry.figure["file"]])
                         for entry in ledger.entries])  # fmt: skip


def remember(ledger: Ledger, door: Door, register: Register) -> None:
    """Note the figures that are new; without any, nothing is written.

    Raises
    ------
    LedgerError
        If it cannot be written, or another run has written meanwhile.
    """
    if not door.new:
        return
    content = _content(door.new)
    name = f"{hashlib.sha256(content).hexdigest()[:32]}.parquet"
    lines = [_entry(ledger, door, told, name, at, register) for at, told in enumerate(door.new)]
    _write(ledger, name, content)
    append(ledger, lines)


def _told(entry: Entry, table: Any, ids: Ids) -> Told:
    own = entry.figure
    columns = {name: table.column(f"{own['place']}.{name}") for name in _columns(entry.group)}
    if columns["people"].null_count:
        ids = ids[columns["people"].is_valid().to_numpy()]
    values = {name: column.drop_null().to_numpy() for name, column in columns.items()}
    found = Behind(
        ids, values["marks"], values["people"], values.get("figure", np.broadcast_to(np.int32(0), ids.shape))
    )
    return Told(About(entry.measure, entry.scale, tuple(own["waves"]), tuple(own["compare"]), own["key"],
                      frozenset(own["answers"]), entry.group), found)  # fmt: skip


def _entry(ledger: Ledger, door: Door, told: Told, file: str, place: int, register: Register) -> Entry:
    own = told.about
    figure = {"answers": sorted(own.questions), "n": int(told.behind.people.sum()), "groups": len(told.behind.ids),
              "waves": own.waves, "compare": own.compare, "key": own.key, "file": file, "place": place}  # fmt: skip
    return Entry(door.policy.hash, ledger.key, own.scale, _GROUP_BY, own.by, ", ".join(own.waves), frozenset(), figure,
                 own.measure, READER, register.report_date.isoformat())  # fmt: skip


def _content(new: Sequence[Told]) -> bytes:
    """One file of all figures: a row a group, blank in the columns of figures that it is not in."""
    ids = all_ids([told.behind for told in new])
    columns = {"ids": pa.array(ids)}
    for at, told in enumerate(new):
        there = np.zeros(len(ids), bool)
        there[np.searchsorted(ids, told.behind.ids)] = True
        for name in _columns(told.about.by):
            columns[f"{at}.{name}"] = _spread(getattr(told.behind, name), there)
    stream = io.BytesIO()
    pa.parquet.write_table(pa.table(columns), stream, compression="zstd", use_dictionary=False)
    return stream.getvalue()


def _columns(by: str) -> tuple[str, ...]:
    """What is kept of the groups behind a figure; in which of several they are only where they are told apart."""
    return ("marks", "people", "figure") if by else ("marks", "people")


def _spread(values: NDArray[Any], there: NDArray[np.bool_]) -> Any:
    if there.all():
        return pa.array(values)
    column = np.zeros(len(there), values.dtype)
    column[there] = values
    return pa.array(column, mask=~there)


def _write(ledger: Ledger, name: str, content: bytes) -> None:
    folder = ledger.path.parent / FOLDER
    fault = False
    try:
        folder.mkdir(exist_ok=True)
        half = folder / f"{name}.half"
        half.write_bytes(content)
        half.replace(folder / name)
    except OSError:
        fault = True
    if fault:
        raise LedgerError(message("ledger_not_written", ledger.language, file=f"{FOLDER}/{name}"))


def _file(ledger: Ledger, name: str) -> Any:
    try:
        content = (ledger.path.parent / FOLDER / Path(name).name).read_bytes()
    except OSError:
        content = b""
    if not name.startswith(hashlib.sha256(content).hexdigest()[:32]):
        raise LedgerError(message("register_groups_damaged", ledger.language, file=f"{FOLDER}/{name}"))
    return pa.parquet.read_table(io.BytesIO(content), use_threads=False)
