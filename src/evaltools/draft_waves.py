"""Which measurement a file or an event seems to be, by its name; always a proposal."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from evaltools.column_names import Names

_MONTH = re.compile(r"(20\d\d)[-_. ]?(0[1-9]|1[0-2])(?!\d\d\d)")
_AT_END = re.compile(r"(.*\S)[ _.(–-]+([^\W_]+(?:[ _-]?(?:up|upp))?)\)?", re.DOTALL)
_AT_START = re.compile(r"([^\W_]+)[ _.:–-]+(\S.*)", re.DOTALL)
_JOINED = re.compile(r"(\w*\d)(t\d|pre|post)", re.IGNORECASE)  # tools whose codes are letters and digits only
_SHORT = re.compile(r"(?:t|m|w|wave|våg|mätning|matning|omgång|measurement)(\d)")
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


def without_wave(names: Names, waves: Sequence[Wave]) -> Iterator[tuple[str, str]]:
    """The ways to read a column's names as something at a measurement: the name without its word for it, and the word.

    >>> list(without_wave(Names(0, ("heading", "js1_T2"), ("js1_T2",), ()), usual_waves()))
    [('js1', 't2')]
    >>> list(without_wave(Names(0, ("heading", "Vi lyssnar (före)"), (), ("Vi lyssnar (före)",)), usual_waves()))
    [('Vi lyssnar', 'före')]
    """
    for name in dict.fromkeys((*names.names, *names.texts)):
        text = " ".join(name[:2000].split())
        ways = ((_AT_END, 1, 2), (_AT_START, 2, 1), (_JOINED, 1, 2))
        for found, rest, word in ((pattern.fullmatch(text), rest, word) for pattern, rest, word in ways):
            if found and _names_wave(found[word].casefold(), waves):
                yield found[rest], found[word].casefold()


def _names_wave(word: str, waves: Sequence[Wave]) -> bool:
    own = {_plain(wave.id) for wave in waves}
    return _SHORT.fullmatch(word) is not None or _plain(word) in own or bool(_kind(word))


def waves_of_words(words: Iterable[str], waves: Sequence[Wave]) -> dict[str, str]:
    """The measurement that each word of headings means; a blank where it is not clear or two mean the same.

    >>> waves = (Wave("baseline", "Före start"), Wave("mid", "Mitt i"), Wave("end", "Vid slutet"))
    >>> waves_of_words(["t0", "t1", "t2"], waves), waves_of_words(["pre", "före"], waves)
    ({'t0': 'baseline', 't1': 'mid', 't2': 'end'}, {'pre': '', 'före': ''})
    """
    told = dict.fromkeys(filter(None, words), "")
    numbers = {word: int(short[1]) for word in told if (short := _SHORT.fullmatch(word))}
    known = any(wave.label for wave in waves)  # those of a folder, in their order
    for word in told:
        at = numbers.get(word, 0) - (min(numbers.values(), default=1) != 0)
        if word in numbers and known:
            told[word] = waves[at].id if at < len(waves) else ""
        else:
            told[word] = wave_of(word, waves)[0]
    meant = list(told.values())
    return {word: wave if meant.count(wave) == 1 else "" for word, wave in told.items()}


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
