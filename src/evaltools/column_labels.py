"""The different answers of one column, asked for by a person: no rows, no counts, never anyone's own words."""

from __future__ import annotations

from pathlib import Path

from evaltools.answer_table import Declared, read_answers
from evaltools.column_answers import Answers, column_answers
from evaltools.column_names import Names, column_names
from evaltools.draft_columns import asks_for_words
from evaltools.draft_mapping import draft_mapping
from evaltools.errors import Problems
from evaltools.exports.answer_scales import answer_scale_labels, folded_answer, missing_labels
from evaltools.exports.grid import column_letter
from evaltools.exports.recognition import folded
from evaltools.language import DEFAULT, texts

_CLOSED = {"personal": "labels_personal", "person": "labels_person", "own": "labels_own"}


def column_labels(path: Path, wanted: str, declared: Declared, language: str = DEFAULT) -> tuple[tuple[str, ...], int]:
    """The different answers of a column, and how many are not shown.

    Parameters
    ----------
    path : Path
        A survey tool's export.
    wanted : str
        The column: its letter, its heading or its code.
    declared : Declared
        What is said of the file besides.
    language : str
        Language of messages.

    Returns
    -------
    tuple of str, int
        The texts, in the order of the structure or of the scale that they belong to, else by the alphabet; and how many
        are left out since only one person gave them.

    Raises
    ------
    FolderError
        If there is no such column, or it seems to hold personal data, codes or answers in people's own words.
    """
    problems = Problems()
    draft = draft_mapping(path, declared, language)
    grid, recognition = read_answers(path, declared, problems, language)
    names = column_names(grid, recognition)
    at = _position(wanted, names)
    if at is None:
        problems.add("labels_column_unknown", file=path.name, last=column_letter(grid.width - 1))
    problems.raise_if_any(language)
    column = draft.columns[at or 0]
    person = next((each.names.at for each in draft.columns if each.role == "person"), None)
    answers = column_answers(grid, recognition, person)[column.names.at]
    kinds = ", ".join(texts(language)["inspect"]["personal"][kind] for kind in column.personal)
    if column.role in _CLOSED:
        problems.add(_CLOSED[column.role], file=path.name, column=column.letter, kinds=kinds)
    elif column.role == "empty" or not answers.texts:
        problems.add("labels_empty", file=path.name, column=column.letter)
    elif column.question and column.question.options and column.scale:
        return tuple(f"{code} = {label}" for code, label in column.question.options), 0
    problems.raise_if_any(language)
    shown, hidden = _shown(answers, known=column.scale is not None and column.scale.kind != "found")
    if not shown or (column.scale is None and asks_for_words(column.names)):
        problems.add("labels_free_text", file=path.name, column=column.letter)
    problems.raise_if_any(language)
    return shown, hidden


def _position(wanted: str, names: list[Names]) -> int | None:
    """The one column with this letter, code or heading; a letter goes first."""
    plain = folded(wanted)
    letter = [each.at for each in names if column_letter(each.at).casefold() == wanted.strip().casefold()]
    named = [each.at for each in names if plain in {folded(name) for name in (*each.names, *each.texts)}]
    found = letter or named
    return found[0] if len(found) == 1 else None


def _shown(answers: Answers, *, known: bool) -> tuple[tuple[str, ...], int]:
    """What may be told: all of a known scale, else what two people or more gave; nothing where most stand alone."""
    if known or answers.are_small_numbers:
        return tuple(sorted(answers.seen, key=_order)), 0
    shared = answers.of_several()
    hidden = len(answers.texts) - len(shared)
    if not answers.may_be_options or hidden > len(shared):
        return (), len(answers.texts)
    return tuple(text for text in answers.seen if folded_answer(text) in shared), hidden


def _order(text: str) -> tuple[bool, float, str]:
    """Texts of a scale by their number, no answers last, the rest by the alphabet."""
    numbers = [n for scale in answer_scale_labels().values() if (n := scale.number(text)) is not None]
    return folded_answer(text) in missing_labels(), min(numbers, default=0.0), text.casefold()
