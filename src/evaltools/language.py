"""The languages of the house: every sentence a person reads lies in ``texts/<language>.toml``.

A third language is one more file; nothing else knows which languages exist.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from evaltools.canonical import TABLES

DEFAULT = "sv"


@lru_cache
def languages() -> tuple[str, ...]:
    """Languages that have a text file, sorted, the default first.

    >>> languages()
    ('sv', 'en')
    """
    names = {entry.name.removesuffix(".toml") for entry in (files("evaltools") / "texts").iterdir()}
    return (DEFAULT, *sorted(names - {DEFAULT}))


@lru_cache
def texts(language: str) -> dict[str, Any]:
    """All texts of one language, as nested tables.

    Raises
    ------
    KeyError
        If there is no such language; the command line offers only those that exist.
    """
    if language not in languages():
        raise KeyError(language)
    return tomllib.loads((files("evaltools") / "texts" / f"{language}.toml").read_text("utf-8"))


@lru_cache
def known_as(kind: str) -> dict[str, str]:
    """Every spelling of a heading or value, in any language, and the canonical word that it stands for.

    Parameters
    ----------
    kind : str
        ``"columns"`` for column headings, or the name of a column whose values are a closed list.

    Returns
    -------
    dict
        Casefolded spelling to canonical word. A word is always a spelling of itself.

    Examples
    --------
    >>> known_as("status")["genomförd"]
    'held'
    """
    spellings: dict[str, str] = {}
    for language in languages():
        words = texts(language)["columns" if kind == "columns" else "values"]
        for canonical, spelled in (words if kind == "columns" else words.get(kind, {})).items():
            for word in (canonical, *([spelled] if isinstance(spelled, str) else spelled)):
                spellings[word.casefold()] = canonical
    return spellings


@lru_cache
def known_headings(table: str) -> dict[str, str]:
    """Every spelling of a canonical table's headings, in any language, and the column that it stands for.

    A word may name columns of two tables: only those of the table that is read are looked up.

    >>> known_headings("questions")["frågeställning"], known_headings("responses")["fråga"]
    ('question', 'item')
    >>> known_headings("sessions")["minutes"], known_headings("questions")["minutes"]
    ('actual_minutes', 'minutes')
    """
    named = [
        (column, texts(language)["columns"].get(column, ())) for language in languages() for column in TABLES[table]
    ]
    own = {
        word.casefold(): column for column, words in named for word in ([words] if isinstance(words, str) else words)
    }
    return own | {column: column for column in TABLES[table]}
