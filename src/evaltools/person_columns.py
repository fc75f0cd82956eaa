"""Which columns of a table are about people: the participants' codes, and what seems to be personal data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from evaltools.column_names import Names
from evaltools.draft_waves import map_words
from evaltools.exports.grid import Grid, column_letter
from evaltools.exports.recognition import Recognition, folded
from evaltools.personal_data import personal_columns

_PERSONAL = {
    "email": "email",
    "name": "name",
    "first_name": "name",
    "last_name": "name",
    "ip": "ip",
    "submitter": "name",
}


def personal_kinds_by_column(grid: Grid, recognition: Recognition) -> dict[int, tuple[str, ...]]:
    """The kinds of personal data that each column seems to hold, by what it holds or by its heading."""
    letters = {column_letter(at): at for at in range(grid.width)}
    kinds: dict[int, list[str]] = {}
    for column in personal_columns(grid, recognition):
        at = letters.get(column.column.split(" ")[0])
        if at is not None:
            kinds.setdefault(at, []).append(column.kind)
    for meaning, kind in _PERSONAL.items():
        for at in recognition.columns.get(meaning, ()):
            kinds.setdefault(at, []).append(kind)
    return {at: tuple(dict.fromkeys(told)) for at, told in kinds.items()}


def person_column(names: Sequence[Names], recognition: Recognition, closed: Iterable[int]) -> int | None:
    """Where the participants' codes stand: under one of their headings, else where the tool has them."""
    words = map_words()["columns"]["person"]
    own = set(closed) | {at for key, places in recognition.columns.items() if key != "respondent" for at in places}
    told = [(words.index(word), each.at) for each in names if each.at not in own
            for name in each.names if (word := _before_help(name)) in words]  # fmt: skip
    if told:
        return min(told)[1]
    return next((at for at in recognition.columns.get("respondent", ()) if at not in closed), None)


def _before_help(heading: str) -> str:
    """A heading without the explanation that follows it and the words that ask for it.

    >>> _before_help("Din kod (två bokstäver och två siffror)"), _before_help("What is your code?")
    ('din kod', 'your code')
    """
    plain = re.split(r"[(:?*.,]| [-–] ", folded(heading[:300]), maxsplit=1)[0].strip()
    asked = next((asks for asks in map_words()["columns"]["asks"] if plain.startswith(f"{asks} ")), "")
    return plain[len(asked) :].strip()
