"""Which measurement a file or an event seems to be, by its name; always a proposal."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

_MONTH = re.compile(r"(20\d\d)[-_. ]?(0[1-9]|1[0-2])(?!\d\d\d)")
_NUMBERED = re.compile(r"(?:t|wave|våg|mätning|matning|omgång|measurement)[ _-]?(\d)")


@dataclass(frozen=True)
class Wave:
    """A measurement of an evaluation: its id, its label, and the months (``"2027-02"``) in which it lies."""

    id: str
    label: str = ""
    months: tuple[str, ...] = ()


@lru_cache
def map_words() -> dict[str, Any]:
    """The words by which columns and measurements are proposed."""
    return tomllib.loads((files("evaltools") / "map_words.toml").read_text("utf-8"))


def usual_waves() -> tuple[Wave, ...]:
    """The measurements of a new evaluation folder, where no folder says which there are."""
    return tuple(Wave(name) for name in map_words()["waves"])


def wave_of(text: str, waves: Sequence[Wave]) -> tuple[str, str]:
    """The id of the measurement that a file's name or an event names, and why; blank where it is not clear.

    >>> waves = (Wave("baseline", "Före start", ("2027-01",)), Wave("end", "Vid slutet"))
    >>> wave_of("enkat_fore.csv", waves), wave_of("svar 2027-01-20.xlsx", waves), wave_of("enkat.csv", waves)
    (('baseline', 'word'), ('baseline', 'date'), ('', ''))
    """
    text = text.casefold()
    named = [
        wave.id
        for wave in waves
        if _plain(wave.id) in _pieces(text) or (wave.label and _plain(wave.label) in _pieces(text))
    ]
    if len(named) == 1:
        return named[0], "name"
    kind = _kind(text)
    alike = [wave.id for wave in waves if kind and kind in (wave.id, _kind(f"{wave.id} {wave.label}".casefold()))]
    if len(alike) == 1:
        return alike[0], "word"
    months = {f"{year}-{month}" for year, month in _MONTH.findall(text)}
    dated = [wave.id for wave in waves if months & set(wave.months)]
    if len(dated) == 1:
        return dated[0], "date"
    number = _NUMBERED.search(text)
    if number and 1 <= int(number[1]) <= len(waves) and any(wave.label for wave in waves):
        return waves[int(number[1]) - 1].id, "order"
    return "", ""


def _plain(text: str) -> str:
    return "".join(re.findall(r"[^\W_]+", text.casefold()))


def _pieces(text: str) -> set[str]:
    """The words of a text, and each two and three in a row as one."""
    words = re.findall(r"[^\W_\d]+|\d+", text)
    return {"".join(words[at : at + n]) for n in (1, 2, 3) for at in range(len(words))}


def _kind(text: str) -> str:
    """The one kind of measurement that the words of a text name; a follow-up may lie "after the end"."""
    pieces = _pieces(text)
    kinds = [kind for kind, words in map_words()["waves"].items() if pieces & {_plain(word) for word in words}]
    return "follow_up" if "follow_up" in kinds else kinds[0] if len(kinds) == 1 else ""
