"""Which answer scale the answers of a column fit: the questionnaire's, a built-in one, or that of the structure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from evaltools.exports.answer_scales import (
    Labels,
    answer_scale_labels,
    answer_scale_tables,
    folded_answer,
    missing_labels,
)
from evaltools.exports.questions import Question
from evaltools.forms import answer_labels
from evaltools.instruments import Instrument
from evaltools.language import languages

UNKNOWN = "?"  # what a person has to fill in
_NUMBER = re.compile(r"-?\d{1,3}(?:[.,]0+)?")


@dataclass(frozen=True)
class ScaleDraft:
    """An answer scale as a draft has it.

    ``labels`` are label, number (or ``"?"``) and a remark; ``missing`` are label and reason (or ``"?"``). A scale of
    ``kind`` ``"built_in"`` is only named, and one of ``"numbers"`` has no name. ``hidden`` counts texts not shown.
    ``nearest`` are the declared labels that misspelt ones are close to, or, of a scale that is ``"unclear"``, the
    built-in scales that the answers fit.
    """

    name: str
    kind: str
    labels: tuple[tuple[str, str, str], ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    hidden: int = 0
    nearest: tuple[str, ...] = ()

    @property
    def open_places(self) -> int:
        """How many numbers and reasons a person has to fill in."""
        return sum(UNKNOWN in entry for entry in (*self.labels, *self.missing))


def scale_of(instrument: Instrument) -> Labels:
    """The answers of a questionnaire in every language; bare numbers where the options have no words."""
    numbers = {label: float(n) for spoken in languages() for label, n in answer_labels(instrument, spoken)}
    for words in instrument.anchors.values():
        if len(words) == 2:
            numbers |= {words[0]: instrument.low, words[1]: instrument.high}
    return Labels.of(numbers, {})


def fitting_scale(seen: Sequence[str], instrument: Instrument | None, question: Question | None,
                  user_missing: Iterable[str] = ()) -> ScaleDraft | None:  # fmt: skip
    """The scale that the answers of a column fit, or None where nobody knows their numbers.

    Parameters
    ----------
    seen : sequence of str
        The different answers of the column.
    instrument : Instrument or None
        Whose item the column seems to be.
    question : Question or None
        What the survey's structure says of the column.
    user_missing : iterable of str
        Codes that the file itself declares as missing.

    Returns
    -------
    ScaleDraft or None
        Never with a text that no questionnaire, built-in scale or structure has.
    """
    own = scale_of(instrument) if instrument else None
    if question and question.options and not question.several:
        found = _of_structure(seen, own, question, frozenset(user_missing))
        if found:
            return found
    reasons = {cell: missing_labels().get(folded_answer(cell)) for cell in seen}
    answers = [cell for cell, reason in reasons.items() if reason is None]
    missing = tuple((cell, reason) for cell, reason in reasons.items() if reason is not None)
    if not answers:
        return None
    if instrument and own and all(own.number(cell) is not None for cell in answers):
        if not missing and all(_NUMBER.fullmatch(cell) for cell in answers):
            return ScaleDraft("", "numbers")
        return ScaleDraft(instrument.id, "instrument", _labels_in_use(instrument, answers), missing)
    return _built_in(answers, missing, own)


def _labels_in_use(instrument: Instrument, answers: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    """The questionnaire's labels in the languages that the answers are in."""
    told: dict[str, str] = {}
    texts = {folded_answer(cell).partition(" - ")[2] or folded_answer(cell) for cell in answers}
    for spoken in languages():
        labels = [*answer_labels(instrument, spoken)]
        ends = instrument.anchors.get(spoken, ())
        labels += zip(ends, (int(instrument.low), int(instrument.high)), strict=True) if len(ends) == 2 else []
        if any(folded_answer(label) in texts and not _NUMBER.fullmatch(label) for label, _ in labels):
            told |= {label: str(number) for label, number in labels}
    told = told or {label: str(number) for label, number in answer_labels(instrument, languages()[0])}
    return tuple((label, number, "") for label, number in told.items())


def _built_in(answers: Sequence[str], missing: tuple[tuple[str, str], ...], own: Labels | None) -> ScaleDraft | None:
    """The one built-in scale with every answer; of several the one that all agree with about the numbers."""
    scales = {
        name: each for name, each in answer_scale_labels().items()
        if each.codes and (own is None or each.ends == own.ends)
    }  # fmt: skip
    words = [cell for cell in answers if not _NUMBER.fullmatch(cell)]
    if not words:
        return None
    fits = {name: each for name, each in scales.items() if all(each.number(cell) is not None for cell in answers)}
    if fits and len({tuple(each.number(cell) for cell in answers) for each in fits.values()}) == 1:
        best = min(fits, key=lambda name: len(fits[name].codes))
        if all(folded_answer(label) in fits[best].missing for label, _ in missing):
            return ScaleDraft(best, "built_in")
        return ScaleDraft(best, "extended", declared_labels(best), missing)
    if fits:  # the answers given so far do not tell which: "Often" is 3 of 4 or 4 of 5
        return ScaleDraft(UNKNOWN, "unclear", missing=missing, nearest=tuple(fits))
    return _nearly_built_in(answers, scales)


def _nearly_built_in(answers: Sequence[str], scales: Mapping[str, Labels]) -> ScaleDraft | None:
    """The scale that all answers fit but a misspelling or two; what is misspelt is never told, only what it is near."""
    near = {name: found for name, each in scales.items() if (found := _misspelt(answers, each))}
    if not near:
        return None
    if len({_read_as(answers, scales[name], near[name]) for name in near}) > 1:
        return ScaleDraft(UNKNOWN, "unclear", nearest=tuple(near))
    name = min(near, key=lambda each: len(scales[each].codes))
    return ScaleDraft(name, "built_in", hidden=len(near[name]), nearest=tuple(dict.fromkeys(near[name].values())))


def _misspelt(answers: Sequence[str], scale: Labels) -> dict[str, str]:
    """The few answers that are no labels of a scale and the label that each is near; none where that is not so."""
    strange = [cell for cell in answers if scale.number(cell) is None]
    if 3 * len(strange) > len(answers) - len(strange) + 1:
        return {}
    near = {cell: close for cell in strange if (close := scale.near(cell))}
    return near if len(near) == len(strange) else {}


def _read_as(answers: Sequence[str], scale: Labels, near: Mapping[str, str]) -> tuple[float | None, ...]:
    """The number of every answer on a scale, of a misspelt one that of the label it is near."""
    return tuple(scale.number(near.get(cell, cell)) for cell in answers)


@lru_cache
def declared_labels(name: str) -> tuple[tuple[str, str, str], ...]:
    """The labels of a built-in scale as they are written in its file."""
    spoken = answer_scale_tables()[name].values()
    return tuple((label, str(number), "") for table in spoken for label, number in table["labels"].items())


def _of_structure(seen: Sequence[str], own: Labels | None, question: Question, user_missing: frozenset[str]
                  ) -> ScaleDraft | None:  # fmt: skip
    """The options that the structure declares, written as the file has them: by code or by label."""
    codes = {code for code, _ in question.options}
    labels = {folded_answer(label) for _, label in question.options}
    coded = {cell for cell in seen if cell in codes | user_missing}
    worded = {cell for cell in seen if folded_answer(cell) in labels}
    strange = set(seen) - coded - worded
    by_code = len(coded) > len(worded)
    if 2 * len(strange) > len(seen):
        return None
    told, missing = [], []
    for code, label in question.options:
        written, remark = (code, label if label != code else "") if by_code else (label, "")
        reason = missing_labels().get(folded_answer(label))
        if reason or code in user_missing:
            missing.append((written, reason or UNKNOWN))
        else:
            told.append((written, _number_of(code, label, own), remark))
    missing += [(code, UNKNOWN) for code in sorted(user_missing - codes) if code in seen]
    plain = by_code and not missing and not strange and all(written == number for written, number, _ in told)
    return (
        ScaleDraft("", "numbers") if plain else ScaleDraft("", "structure", tuple(told), tuple(missing), len(strange))
    )


def _number_of(code: str, label: str, own: Labels | None) -> str:
    """An option's number: what its label is in the questionnaire, else its own code; else a person has to say."""
    number = own.codes.get(folded_answer(label)) if own else None
    if number is not None:
        return f"{number:g}"
    return code.replace(",", ".").partition(".")[0] if _NUMBER.fullmatch(code) else UNKNOWN
