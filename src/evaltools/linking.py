"""Person codes over the waves: codes that are nearly alike, codes that were changed, and who came and went.

Codes are compared as they are written, without blanks at their ends. Nothing here joins two codes: what is nearly
alike is proposed, and a person says in ``[codes]`` of ``evaluation.toml`` which codes are the same person's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from evaltools.errors import Problems
from evaltools.exports.records import Records

_SHORTEST = 4  # characters; among shorter codes, one letter apart says nothing
_LOOK_ALIKE = str.maketrans("oli", "011")


@dataclass(repr=False)
class Codes:
    """The section ``[codes]``: what is written in the files, and the code of the person who wrote it.

    ``used`` collects what was found in the files, and ``seen`` every code that stands there as it is.
    """

    given: Mapping[str, str]
    used: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    def meant(self, written: str) -> str:
        """The person's code for what is written.

        >>> Codes({"lo12": "LO12"}).meant("lo12")
        'LO12'
        """
        if written not in self.given:
            return written
        self.used.add(written)
        return self.given[written]

    def apply(self, records: Records, columns: Collection[str], problems: Problems) -> None:
        """Put the persons' codes into some columns of a file's records; each row in which one was changed is told."""
        source = records.source
        for column in columns:
            told = set[int | None]()
            place = source.columns.get(column, "")
            for at, record in enumerate(records.values):
                written = record.get(column, "")
                if written not in self.given:
                    self.seen.add(written)
                    continue
                record[column] = self.meant(written)
                row = source.rows[at]
                if row not in told:
                    told.add(row)
                    problems.add("codes_applied", file=source.file, sheet=source.sheet, row=row, column=place)


def near_codes(codes: Iterable[str], others: Collection[str]) -> dict[str, tuple[str, ...]]:
    """For each code, those of the others that are nearly the same.

    Parameters
    ----------
    codes, others : str
        Person codes as they are written.

    Returns
    -------
    dict
        Only codes that have a near one. Near are codes that differ in capitals, leading zeros, blanks or hyphens,
        or in O for 0 and l or I for 1; and, where both have four characters or more, in one letter added, left out
        or changed, or in two neighbours swapped. A code is not near itself.

    Notes
    -----
    Every code is filed under what it would be with any one character left out, so that no two codes have to be
    compared letter by letter [1]_.

    References
    ----------
    .. [1] Mor, M., & Fraenkel, A. S. (1982). A hash code method for detecting and correcting spelling errors.
       Communications of the ACM, 25(12), 935-938.

    Examples
    --------
    >>> near_codes(["007", "ANNA03", "BO11"], ["7", "anna03", "ANNA30", "BO12", "KI99"])
    {'007': ('7',), 'ANNA03': ('ANNA30', 'anna03'), 'BO11': ('BO12',)}
    """
    filed: dict[object, list[str]] = {}
    for other in sorted(others):
        for key in _filed_under(other):
            filed.setdefault(key, []).append(other)
    found = {
        code: tuple(sorted({other for key in _looked_under(code) for other in filed.get(key, ())} - {code}))
        for code in codes
    }
    return {code: near for code, near in found.items() if near}


def _plain(code: str) -> str:
    """A code without what is easily written in two ways."""
    letters = "".join(letter for letter in code.casefold().translate(_LOOK_ALIKE) if letter.isalnum())
    return letters.lstrip("0") or letters[:1]


def _filed_under(code: str) -> Iterator[object]:
    yield "plain", _plain(code)
    folded = code.casefold()
    if len(code) >= _SHORTEST:
        yield "whole", folded
        for at, shorter in _without_one(folded):
            yield "changed", at, shorter
            yield "longer", shorter


def _looked_under(code: str) -> Iterator[object]:
    yield "plain", _plain(code)
    folded = code.casefold()
    if len(code) >= _SHORTEST:
        yield "longer", folded
        for at, shorter in _without_one(folded):
            yield "changed", at, shorter
            yield "whole", shorter
            yield "whole", folded[:at] + folded[at : at + 2][::-1] + folded[at + 2 :]


def _without_one(code: str) -> Iterator[tuple[int, str]]:
    """The code with each of its characters left out in turn, and which."""
    return ((at, code[:at] + code[at + 1 :]) for at in range(len(code)))


def near_over_waves(waves: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    """For codes of later waves, the nearly same codes of earlier waves that may be the same person's.

    Parameters
    ----------
    waves : mapping
        The codes at each wave, in order of time.

    Returns
    -------
    dict
        Two codes are near only where each is missing in a wave that has the other, and no wave has both: those are
        two people.

    Examples
    --------
    >>> near_over_waves({"before": {"AB12", "CD34", "CD35"}, "after": {"ab12", "CD35", "EF56"}})
    {'ab12': ('AB12',)}
    """
    at = {wave: set(codes) for wave, codes in waves.items()}
    found: dict[str, dict[str, None]] = {}
    told: set[frozenset[str]] = set()
    for earlier, later in combinations(at.values(), 2):
        for code, near in near_codes(sorted(later - earlier), earlier - later).items():
            for other in near:
                pair = frozenset((code, other))
                if pair not in told and not any(pair <= codes for codes in at.values()):
                    told.add(pair)
                    found.setdefault(code, {})[other] = None
    return {code: tuple(near) for code, near in found.items()}


class Turnover(NamedTuple):
    """How many people there are at a wave, and how they relate to the waves before it."""

    wave: str
    people: int
    new: int
    gone: int
    back: int


def turnover(waves: Mapping[str, Collection[str]]) -> list[Turnover]:
    """How many people are new at each wave, are gone since the wave before, and came back after an absence.

    Parameters
    ----------
    waves : mapping
        The people at each wave, in order of time; a wave without people has not been measured and is passed over.

    Returns
    -------
    list of Turnover
        At the first wave nobody is new: everyone is there for the first time.

    Examples
    --------
    >>> turnover({"before": "abc", "mid": "bd", "end": "abd"})[1:]
    [Turnover(wave='mid', people=2, new=1, gone=2, back=0), Turnover(wave='end', people=3, new=0, gone=0, back=1)]
    """
    told: list[Turnover] = []
    before: set[str] = set()
    ever: set[str] = set()
    for wave, people in waves.items():
        now = set(people)
        if not now:
            continue
        new, back = now - ever, (now - before) & ever
        told.append(Turnover(wave, len(now), len(new) if ever else 0, len(before - now), len(back)))
        before, ever = now, ever | now
    return told
