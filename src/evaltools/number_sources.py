"""Every number that the commissioner reads stands in the release: the machine that says so before a report leaves."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from functools import lru_cache
from typing import Any

from evaltools.blocks import Block, Figure, Heading, Table
from evaltools.errors import ReportError, message
from evaltools.language import texts
from evaltools.one_page import counted
from evaltools.wording import Words, words

_NUMBER = re.compile(r"[−+]?\w*\d\w*(?:[.,\u00a0]\d\w*)*")
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")
_DAY, _MONTH = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d{4}-\d\d")
_AS_WRITTEN = ("version", "evaltools", "hash")  # names of values that look like decimals and are none
_CHECKSUM_SHOWN = 16
_NO_READING_MATTER = ("problems", "inspect", "map")  # sentences that stand in no report

Source = tuple[str, frozenset[str]]  # which scale a number belongs to ("": none in particular), and its spellings


def require_sources(blocks: Sequence[Block], document: Mapping[str, Any], language: str) -> None:
    """Refuse a report in which a number stands that the release does not hold.

    A number may come from any value of the release, as the language writes it, or stand in a sentence of the
    language's own. Where a text names scales, no other scale's figures count as its source. Texts inside pictures,
    text alternatives and tables are read too.

    Parameters
    ----------
    blocks : sequence of Block
        The report.
    document : mapping
        The release, as `Release.document` gives it.
    language : str
        The report's language.

    Raises
    ------
    ReportError
        Names the section and how many numbers in it have no source; never the numbers, which may be an answer.
    """
    own = words(language)
    sources, labels = list(_sources(document, own)), _labels(document, own)
    section = ""
    for block in blocks:
        section = block.text if isinstance(block, Heading) else section
        unknown = [number for text in _texts(block) for number in _unknown(text, sources, labels, language)]
        if unknown:
            told = message("number_without_source", language, section=section, n=len(unknown), kind=block.kind)
            raise ReportError(told)


def _unknown(text: str, sources: Iterable[Source], labels: Mapping[str, str], language: str) -> list[str]:
    """The numbers of a text that come from nowhere."""
    found = _NUMBER.findall(text)
    if not found:
        return []
    named = {scale for scale, label in labels.items() if label in text}
    known = {spelling for scale, spellings in sources if not named or not scale or scale in named
             for spelling in spellings}  # fmt: skip
    left = [number for number in found if number not in known]
    return [number for number in left if number not in _of_own_sentences(text, language)] if left else []


def _texts(block: Block) -> Iterator[str]:
    """All that a block says, in letters: a table row by row under its caption."""
    if isinstance(block, Table):
        yield from (block.caption, *block.columns, block.note)
        yield from ("\n".join((block.caption, *row)) for row in block.rows)
        return
    if isinstance(block, Figure):
        drawn = re.findall(r"<text[^>]*>(.*?)</text>", block.svg, re.DOTALL)
        yield from (block.caption, block.alternative, block.apart, *(f"{block.caption}\n{word}" for word in drawn))
        yield from _texts(block.table)
        return
    for field in fields(block):
        yield from _strings(getattr(block, field.name))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for entry in value:
            yield from _strings(entry)


def _labels(document: Mapping[str, Any], own: Words) -> dict[str, str]:
    return {scale["scale"]: own.label(scale["label"]) for scale in document["scales"]}


def _sources(document: Mapping[str, Any], own: Words) -> Iterator[Source]:
    """Every value of the release as the language writes it, and the few counts of its rows that a report tells."""
    yield from _values(document, own, "", "")
    yield "", frozenset(_numbers(str(document["checksum"])[:_CHECKSUM_SHOWN]))
    yield "", frozenset(own.number(count, 0) for count in counted(document))


def _values(value: Any, own: Words, scale: str, name: str) -> Iterator[Source]:
    if isinstance(value, Mapping):
        scale = str(value.get("scale", scale))
        for key, entry in value.items():
            yield from _values(entry, own, scale, key)
    elif isinstance(value, list):
        for entry in value:
            yield from _values(entry, own, scale, name)
    elif not isinstance(value, bool):
        yield scale, frozenset(_spellings(str(value), own, name))


def _spellings(value: str, own: Words, name: str) -> Iterator[str]:
    """How a language writes a value: numbers with and without sign, days and months in words, names as they are."""
    if _DECIMAL.fullmatch(value) and name not in _AS_WRITTEN:
        whole = value.removesuffix(".0")
        for text in (value, whole, f"{float(value):.3g}"):  # the last as an expected change is told
            yield from (own.decimal(text), own.decimal(text, signed=True), *([text] if "." not in text else []))
    elif _DAY.fullmatch(value):
        yield from _numbers(own.day(date.fromisoformat(value)))
    elif _MONTH.fullmatch(value):
        yield from _numbers(own.month(value))
    else:
        yield from _numbers(value)


def _numbers(text: str) -> list[str]:
    return _NUMBER.findall(text)


def _of_own_sentences(text: str, language: str) -> set[str]:
    """The numbers that stand in the language's own sentences, of those sentences that the text is made of."""
    return {number for pattern, numbers in _own_sentences(language) if pattern.search(text) for number in numbers}


@lru_cache
def _own_sentences(language: str) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    readable = {name: entry for name, entry in texts(language).items() if name not in _NO_READING_MATTER}
    found = []
    for sentence in _leaves(readable):
        fixed = [part for part, *_ in string.Formatter().parse(sentence)]
        numbers = tuple(number for part in fixed for number in _NUMBER.findall(part))
        if numbers:
            found.append((re.compile(".*?".join(map(re.escape, fixed)), re.DOTALL), numbers))
    return tuple(found)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list)):
        for entry in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(entry)
