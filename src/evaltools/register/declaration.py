"""``register.toml``: what a register's files hold. It lies beside them."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from evaltools.errors import Problems
from evaltools.instruments import Instrument, Scale, read_keys, shipped_instruments
from evaltools.register.belonging import CLASSES
from evaltools.settings import REGISTER_FILE as FILE

ENDINGS = (".parquet", ".csv")  # of the files of answers
KEYS = "scoring_keys"  # the folder of a register's own scoring keys, as in an evaluation folder
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SETTINGS = {"schema": int, "id": str, "report_date": date, "waves": list, "instruments": list}
_OPTIONAL = {"compare": list, "notice": str, "by": list}
_WIDEST = 253  # what one byte an answer can tell apart, beside "nothing" and "missing"


@dataclass(frozen=True)
class Register:
    """What ``register.toml`` declares. It can be sent to another process.

    Attributes
    ----------
    id, notice : str
        The register's name; what a reader of the review shall note.
    report_date : date
        Stands on the review.
    waves : tuple of str
        Words of the column ``wave``, in the order of time.
    compare : tuple of two str
        The waves between which change is told; without a declaration the first and the last.
    instruments : tuple of Instrument
        Whose questions stand in the column ``item``.
    by : tuple of str
        Columns that say to what a group belongs, of `belonging.CLASSES`.
    """

    id: str
    report_date: date
    waves: tuple[str, ...]
    compare: tuple[str, str]
    instruments: tuple[Instrument, ...]
    notice: str = ""
    by: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[str, ...]:
        """The questions of all instruments, in their order."""
        return tuple(item.id for instrument in self.instruments for item in instrument.items)

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The scales of all instruments, in their order."""
        return tuple(scale for instrument in self.instruments for scale in instrument.scales)

    @property
    def digest(self) -> str:
        """A mark of all on which figures depend: waves, comparison, scoring keys, and to what groups belong."""
        keys = [
            (scale.id, scale.items, sorted(scale.reversed), scale.low, scale.high, scale.rule, scale.min_answered)
            for scale in self.scales
        ]
        content = json.dumps([self.waves, self.compare, self.items, keys, self.by])
        return hashlib.sha256(content.encode()).hexdigest()


def is_register(path: Path) -> bool:
    """Whether a path is a register's file, or the folder of one.

    >>> is_register(Path("answers.parquet")), is_register(Path("home-care"))
    (True, False)
    """
    return path.suffix.lower() in ENDINGS or (path / FILE).exists()


def read_register(folder: Path, language: str) -> Register:
    """Read and check ``register.toml`` and the scoring keys that it names.

    Parameters
    ----------
    folder : Path
        Where the register's files lie.
    language : str
        Of messages.

    Raises
    ------
    FolderError
        With everything that is wrong in the declaration.
    """
    problems = Problems()
    table = _table(folder / FILE, problems)
    if not problems.found:
        _check_shape(table, problems)
    instruments = () if problems.found else _instruments(folder, table["instruments"], problems)
    problems.raise_if_any(language)
    compare = table.get("compare", [table["waves"][0], table["waves"][-1]])
    return Register(table["id"], table["report_date"], tuple(table["waves"]), (compare[0], compare[1]), instruments,
                    table.get("notice", ""), tuple(table.get("by", ())))  # fmt: skip


def _table(path: Path, problems: Problems) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError:
        problems.add("register_not_declared", file=FILE)
    except (ValueError, RecursionError):  # no UTF-8, or no TOML; its text could quote a line
        problems.add("register_broken", file=FILE)
    return {}


def _check_shape(table: Mapping[str, Any], problems: Problems) -> None:
    for name in sorted(set(table) - set(_SETTINGS) - set(_OPTIONAL)):
        problems.add("register_setting_unknown", file=FILE, name=name)
    for name, kind in (_SETTINGS | _OPTIONAL).items():
        if name not in table and name in _OPTIONAL:
            continue
        if type(table.get(name)) is not kind or (kind is list and not _words(table[name])):
            problems.add("register_setting_unclear", file=FILE, name=name)
    if problems.found:
        return
    if table["schema"] != 1 or not _ID.fullmatch(table["id"]):
        problems.add("register_setting_unclear", file=FILE, name="schema" if table["schema"] != 1 else "id")
    if not set(table.get("by", ())) <= set(CLASSES):
        problems.add("register_setting_unclear", file=FILE, name="by")
    compared = table.get("compare", table["waves"])
    if len(table["waves"]) < 2 or not set(compared) <= set(table["waves"]) or len(table.get("compare", "ab")) != 2:
        problems.add("register_waves_unclear", file=FILE)


def _words(values: list[Any]) -> bool:
    """Whether a list holds words, each once, and one at least."""
    return bool(values) and all(isinstance(word, str) and word for word in values) and len(set(values)) == len(values)


def _instruments(folder: Path, names: list[str], problems: Problems) -> tuple[Instrument, ...]:
    """The instruments of these names: those that come with the toolkit, or in the folder's own scoring keys."""
    known = dict(shipped_instruments())
    if (folder / KEYS).is_dir():
        own, faults = read_keys(folder / KEYS)
        known |= own
        for file, wrong in faults.items():
            problems.add("own_key_broken", file=f"{KEYS}/{file}", wrong="; ".join(wrong))
    for name in names:
        if name not in known:
            problems.add("register_instrument_unknown", file=FILE, name=name)
    found = tuple(known[name] for name in names if name in known)
    items = [item.id for instrument in found for item in instrument.items]
    if len(set(items)) < len(items):
        problems.add("register_items_shared", file=FILE)
    ends = [end for each in found for end in (each.low, each.high)]
    if found and (max(ends) - min(ends) > _WIDEST or any(end != int(end) for end in ends)):
        problems.add("register_too_wide", file=FILE, most=_WIDEST)
    return found
