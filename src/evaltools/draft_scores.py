"""Which column holds the score of a scale, where a survey tool or a person has worked it out: always a proposal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from evaltools.column_answers import Answers
from evaltools.column_names import Names
from evaltools.draft_waves import Wave, map_words, without_wave
from evaltools.exports.questions import plain_text
from evaltools.instruments import Instrument, Scale


def score_of(names: Names, answers: Answers, instruments: Iterable[Instrument], waves: Sequence[Wave]
             ) -> tuple[str, str]:  # fmt: skip
    """The scale whose score a column seems to hold, and its heading's word for the measurement; else blanks.

    The heading is the scale's id or name, alone or with a word such as *mean*, and every answer is a number that the
    scale's score can have.

    >>> from evaltools.draft_waves import usual_waves
    >>> from evaltools.instruments import shipped_instruments
    >>> names = Names(0, ("heading", "Arbetstillfredsställelse, medel"), (), ("Arbetstillfredsställelse, medel",))
    >>> numbers = Answers({"3,5": "3,5", "4": "4"}, {})
    >>> score_of(names, numbers, shipped_instruments().values(), usual_waves())
    ('job_satisfaction', '')
    """
    if not answers.texts:
        return "", ""
    scales = {scale.id: scale for instrument in instruments for scale in instrument.scales}
    whole = ((name, "") for name in (*names.names, *names.texts))
    for name, word in (*without_wave(names, waves), *whole):
        called = _called(name)
        found = [scale.id for scale in scales.values() if called & _names_of(scale) and _fits(answers, scale)]
        if len(found) == 1:
            return found[0], word
    return "", ""


def _called(name: str) -> set[str]:
    """What a heading calls its column: the whole, and what is left without the words for a score."""
    plain = plain_text(name.replace("_", " "))
    words = [word for word in plain.split() if word not in map_words()["columns"]["score"]]
    return {plain, " ".join(words)} - {""}


def _names_of(scale: Scale) -> set[str]:
    return {plain_text(name) for name in (scale.id.replace("_", " "), *scale.label.values())}


def _fits(answers: Answers, scale: Scale) -> bool:
    low, high = scale.score_range
    return all(low <= _number(text) <= high for text in answers.texts.values())


def _number(text: str) -> float:
    """A number with a decimal point or comma; not a number where it is none."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return math.nan
