"""What one column of a file seems to be, by itself and beside its neighbours: always a proposal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from evaltools.column_answers import Answers, alike_columns, shared_texts
from evaltools.column_names import Guess, ItemIndex, Names
from evaltools.draft_scales import UNKNOWN, ScaleDraft, fitting_scale
from evaltools.draft_scores import score_of
from evaltools.draft_waves import Wave, map_words, without_wave
from evaltools.exports.questions import Question
from evaltools.exports.recognition import folded

ANSWERED = ("item", "score", "score_beside")  # roles of columns whose heading may say the measurement
_SURE = ("code", "text")
_NOBODY_KNOWS = Guess()


@dataclass(frozen=True)
class ColumnDraft:
    """What one column seems to be.

    ``role`` is ``"person"``, ``"group"``, ``"wave"``, ``"item"``, ``"score"`` (of a scale, ``score`` says of which),
    ``"score_beside"`` (the same, where the scale's questions stand in the file too), ``"proposed"`` (to be confirmed),
    ``"options"`` (answers to choose from, of no known item), ``"several"``, ``"own"`` (the tool's), ``"personal"``,
    ``"free_text"`` or ``"empty"``. ``word`` is what the heading calls the measurement. ``personal`` are the kinds of
    personal data that it seems to hold.
    """

    names: Names
    letter: str
    role: str
    guess: Guess = _NOBODY_KNOWS
    scale: ScaleDraft | None = None
    question: Question | None = None
    personal: tuple[str, ...] = ()
    score: str = ""
    word: str = ""


def answer_column(column: ColumnDraft, answers: Answers, index: ItemIndex, waves: Sequence[Wave],
                  user_missing: Iterable[str]) -> ColumnDraft:  # fmt: skip
    """A column that is neither the tool's own nor a person's: an item, a score, options, free text or nothing."""
    guess, word = _guessed(column, index, waves)
    if guess.how not in _SURE:
        score, at = score_of(column.names, answers, index.owner.values(), waves)
        if score:
            return replace(column, role="score", score=score, word=at)
    column = replace(column, word=word)
    several = column.question is not None and column.question.several
    instrument = index.owner[guess.items[0]] if len(guess.items) == 1 else None
    looked = bool(answers.texts) and not answers.are_too_many
    scale = fitting_scale(answers.seen, instrument, column.question, user_missing) if looked else None
    if scale is None and answers.are_small_numbers:
        scale = ScaleDraft("", "numbers")
    if several or (guess.how == "" and not answers.texts):
        return replace(column, role="several" if several else "empty")
    role = {"code": "item", "text": "item", "near": "proposed", "unclear": "proposed"}.get(guess.how, "")
    in_words = asks_for_words(column.names) or not answers.may_be_options
    role = role or ("options" if scale and scale.kind != "numbers" else "numbers" if scale else "")
    role = {"numbers": "options"}.get(role, role) or ("free_text" if in_words else "unsure")
    return replace(column, role=role, guess=guess, scale=scale)


def _guessed(column: ColumnDraft, index: ItemIndex, waves: Sequence[Wave]) -> tuple[Guess, str]:
    """Which item a column is, and the word of its heading for the measurement, where it is an item without that."""
    whole = index.guess(column.names, column.question)
    for rest, word in without_wave(column.names, waves):
        part = index.guess(replace(column.names, names=(rest,), texts=(rest,)), None)
        if part.how in _SURE and (whole.how not in _SURE or whole.items == part.items):
            return part, word
    return whole, ""


def asks_for_words(names: Names) -> bool:
    """Whether a heading asks for an answer in one's own words.

    >>> asks_for_words(Names(0, ("position", 1), (), ("Övriga kommentarer:",)))
    True
    """
    words = {word for text in names.texts for word in re.findall(r"\w+", folded(text[:500]))}
    return bool(words & set(map_words()["columns"]["free_text"]))


def _without_doubles(columns: Sequence[ColumnDraft]) -> list[ColumnDraft]:
    """Two columns that seem to be the same item are both left for the person to tell apart."""
    counted = Counter((column.guess.items, column.word) for column in columns if column.role == "item")
    return [
        replace(column, role="proposed", guess=Guess("unclear", column.guess.items))
        if column.role == "item" and counted[column.guess.items, column.word] > 1
        else column
        for column in columns
    ]


def _shared_scales(columns: Sequence[ColumnDraft], answers: Sequence[Answers]) -> list[ColumnDraft]:
    """Columns whose answers are alike get one scale with the texts found; what is left alone counts as free text."""
    without = [column for column in columns if column.scale is None and column.role in ("item", "proposed", "unsure")]
    candidates = [(each.names.at, answers[each.names.at]) for each in without if answers[each.names.at].may_be_options]
    drafted: dict[int, ScaleDraft] = {}
    for members in alike_columns(candidates):
        texts, hidden = shared_texts([answers[at] for at in members])
        if texts:
            scale = ScaleDraft("", "found", tuple((text, UNKNOWN, "") for text in texts), hidden=hidden)
            drafted |= dict.fromkeys(members, scale)
    found = []
    for column in columns:
        shared = drafted.get(column.names.at)
        if shared is not None:
            found.append(replace(column, scale=shared, role="options" if column.role == "unsure" else column.role))
        else:
            found.append(replace(column, role="free_text") if column.role == "unsure" else column)
    return found


def related_columns(columns: Sequence[ColumnDraft], answers: Sequence[Answers], index: ItemIndex) -> list[ColumnDraft]:
    """The columns as they are beside each other: doubles told, scales shared, scores beside their questions left off.

    ``answers`` are those of every column of the file.
    """
    columns = _one_scale_each(_shared_scales(_without_doubles(columns), answers), index)
    asked = {(item, column.word) for column in columns if column.role == "item" for item in column.guess.items}
    scales = {scale.id: scale for owner in index.owner.values() for scale in owner.scales}
    return [
        replace(column, role="score_beside")
        if column.role == "score" and any((item, column.word) in asked for item in scales[column.score].items)
        else column
        for column in columns
    ]


def _one_scale_each(columns: Sequence[ColumnDraft], index: ItemIndex) -> list[ColumnDraft]:
    """The questions of a questionnaire share its scale, also where only numbers were answered: words may follow."""
    told = [column.scale for column in columns if column.scale]
    scales = {scale.name: scale for scale in told if scale.kind == "instrument"}
    sure = {scale.name: scale for scale in told if scale.kind in ("built_in", "extended") and not scale.nearest}
    columns = [_like_its_neighbours(column, sure) for column in columns]
    return [
        replace(column, scale=scales.get(index.owner[column.guess.items[0]].id, column.scale))
        if column.scale and column.scale.kind == "numbers" and column.role == "item"
        else column
        for column in columns
    ]


def _like_its_neighbours(column: ColumnDraft, sure: Mapping[str, ScaleDraft]) -> ColumnDraft:
    """A column whose answers fit several scales has the one that other columns of the file surely have."""
    if column.scale is None or column.scale.kind != "unclear":
        return column
    used = [name for name in column.scale.nearest if name in sure]
    return replace(column, scale=sure[used[0]]) if len(used) == 1 and not column.scale.missing else column
