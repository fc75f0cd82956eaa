"""A draft of the mapping of a file, to be confirmed by hand: ``evaltools map FILE``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evaltools.answer_table import Declared, read_answers
from evaltools.column_answers import Answers, alike_columns, column_answers, shared_texts
from evaltools.column_names import Guess, ItemIndex, Names, column_names
from evaltools.draft_scales import UNKNOWN, ScaleDraft, fitting_scale
from evaltools.draft_times import Times, draft_times
from evaltools.draft_waves import Wave, map_words, usual_waves, wave_of
from evaltools.errors import Problems
from evaltools.exports.grid import Grid, column_letter
from evaltools.exports.question_lists import labelled_questions
from evaltools.exports.questions import Question, Structure
from evaltools.exports.recognition import Recognition, body, folded, value
from evaltools.exports.structures import read_structure
from evaltools.folder import OWN_KEYS
from evaltools.instruments import Instrument, read_keys, shipped_instruments
from evaltools.language import DEFAULT
from evaltools.person_columns import person_column, personal_kinds_by_column
from evaltools.schemas import row_dicts
from evaltools.settings import read_settings

_NOBODY_KNOWS = Guess()
_NO_TIMES = Times()


@dataclass(frozen=True)
class ColumnDraft:
    """What one column seems to be.

    ``role`` is ``"person"``, ``"wave"``, ``"item"``, ``"proposed"`` (to be confirmed), ``"options"`` (answers to choose
    from, of no known item), ``"several"``, ``"own"`` (the tool's), ``"personal"``, ``"free_text"`` or ``"empty"``.
    ``personal`` are the kinds of personal data that it seems to hold.
    """

    names: Names
    letter: str
    role: str
    guess: Guess = _NOBODY_KNOWS
    scale: ScaleDraft | None = None
    question: Question | None = None
    personal: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """The draft of a mapping: the source as recognised, every column, and the measurement.

    ``wave`` and ``wave_why`` are of the whole file; ``events`` are the values of a column of measurements and the
    measurement that each seems to be, ``hidden_events`` how many are not shown. ``times`` is what has to be declared of
    the tool's own times.
    """

    file: str
    sheet: str
    form: str
    declared: Declared
    recognition: Recognition
    rows: int
    columns: tuple[ColumnDraft, ...]
    waves: tuple[str, ...]
    wave: str = ""
    wave_why: str = ""
    events: tuple[tuple[str, str], ...] = ()
    hidden_events: int = 0
    taken: tuple[str, ...] = ()
    times: Times = _NO_TIMES


def draft_mapping(path: Path, declared: Declared, language: str = DEFAULT) -> Draft:
    """Propose what every column of a file means.

    Parameters
    ----------
    path : Path
        A survey tool's export.
    declared : Declared
        The tool, encoding, delimiter and sheet where they are recognised wrongly; a file with the survey's structure;
        the evaluation folder whose measurements and questionnaires are meant.
    language : str
        Language of labels in the structure, and of messages.

    Returns
    -------
    Draft
        Nothing in it is anyone's own words, name or code.

    Raises
    ------
    FolderError
        With every reason why no draft can be made.

    Examples
    --------
    >>> draft_mapping(Path("no such file.csv"), Declared())
    Traceback (most recent call last):
    ...
    evaltools.errors.FolderError: ...
    """
    problems = Problems()
    grid, found = read_answers(path, declared, problems, language)
    structure = _structure(grid, declared, problems, language)
    instruments, waves, taken = _folder(declared.folder, problems)
    problems.raise_if_any(language)
    columns, person = _columns(grid, found, structure, ItemIndex(instruments))
    event = next((column.names.at for column in columns if column.role == "wave"), None)
    events, hidden = _events(grid, found, event, person, waves)
    wave, why = ("", "") if event is not None else wave_of(path.stem, waves)
    rows = sum(1 for _ in body(grid, found.header_rows, found.end))
    ids = tuple(each.id for each in waves)
    return Draft(path.name, grid.sheet, grid.form, declared, found, rows, tuple(columns), ids, wave, why,
                 events, hidden, taken, draft_times(grid, found))  # fmt: skip


def _structure(grid: Grid, declared: Declared, problems: Problems, language: str) -> Structure:
    """The survey's structure: the file named, else what the answers' own file says."""
    if declared.structure is None:
        return labelled_questions(grid)
    return read_structure(declared.structure, problems, language) or Structure(())


def _folder(folder: Path | None, problems: Problems) -> tuple[dict[str, Instrument], tuple[Wave, ...], tuple[str, ...]]:
    """The questionnaires, the measurements and the names of mappings of a folder; without one, the usual ones."""
    instruments = dict(shipped_instruments())
    if folder is None:
        return instruments, usual_waves(), ()
    settings = read_settings(folder, problems)
    if (folder / OWN_KEYS).is_dir():
        instruments |= read_keys(folder / OWN_KEYS)[0]
    if settings is None:
        return instruments, usual_waves(), ()
    waves = tuple(
        Wave(str(row["wave"]), str(row.get("label") or ""), _months(row)) for row in row_dicts(settings.tables["waves"])
    )
    return instruments, waves or usual_waves(), tuple(settings.mappings)


def _months(row: Mapping[str, object]) -> tuple[str, ...]:
    told = (str(row.get(key) or "")[:7] for key in ("actual", "planned"))
    return tuple(dict.fromkeys(month for month in told if re.fullmatch(r"\d{4}-\d\d", month)))


def _columns(grid: Grid, recognition: Recognition, structure: Structure, index: ItemIndex
             ) -> tuple[list[ColumnDraft], int | None]:  # fmt: skip
    """What every column seems to be, and where the participants' codes stand."""
    names = column_names(grid, recognition)
    personal = personal_kinds_by_column(grid, recognition)
    person = person_column(names, recognition, personal)
    wave = recognition.column("wave") if recognition.column("wave") is not None else _wave_column(names, recognition)
    answers = column_answers(grid, recognition, person)
    own = {at for places in recognition.columns.values() for at in places}
    columns = []
    for each in names:
        column = ColumnDraft(each, column_letter(each.at), "", question=structure.find(each.names, each.texts))
        if each.at in personal:
            column = replace(column, role="personal", personal=personal[each.at])
        elif each.at in (person, wave):
            column = replace(column, role="person" if each.at == person else "wave")
        elif each.at in own:
            column = replace(column, role="own")
        else:
            column = _answer_column(column, answers[each.at], index, grid.user_missing.get(each.at, frozenset()))
        columns.append(column)
    return _one_scale_each(_shared_scales(_without_doubles(columns), answers), index), person


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


def _wave_column(names: Sequence[Names], recognition: Recognition) -> int | None:
    words = map_words()["columns"]["wave"]
    own = {at for places in recognition.columns.values() for at in places}
    return next(
        (each.at for each in names if each.at not in own and {folded(n) for n in each.names} & set(words)), None
    )


def _answer_column(column: ColumnDraft, answers: Answers, index: ItemIndex, user_missing: Iterable[str]) -> ColumnDraft:
    """A column that is neither the tool's own nor a person's: an item, options, free text or nothing."""
    guess = index.guess(column.names, column.question)
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


def asks_for_words(names: Names) -> bool:
    """Whether a heading asks for an answer in one's own words.

    >>> asks_for_words(Names(0, ("position", 1), (), ("Övriga kommentarer:",)))
    True
    """
    words = {word for text in names.texts for word in re.findall(r"\w+", folded(text[:500]))}
    return bool(words & set(map_words()["columns"]["free_text"]))


def _without_doubles(columns: Sequence[ColumnDraft]) -> list[ColumnDraft]:
    """Two columns that seem to be the same item are both left for the person to tell apart."""
    counted = Counter(column.guess.items for column in columns if column.role == "item")
    return [
        replace(column, role="proposed", guess=Guess("unclear", column.guess.items))
        if column.role == "item" and counted[column.guess.items] > 1
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


def _events(grid: Grid, recognition: Recognition, event: int | None, person: int | None, waves: Sequence[Wave]
            ) -> tuple[tuple[tuple[str, str], ...], int]:  # fmt: skip
    """The values of the column of measurements with what they seem to be; one that only one person has is not shown."""
    if event is None:
        return (), 0
    answers = column_answers(grid, recognition, person)[event]
    if answers.are_too_many:
        return (), len(answers.texts)
    first = list(dict.fromkeys(value(row, event) for _, row in body(grid, recognition.header_rows, recognition.end)))
    different = set(answers.texts.values())
    told = [(cell, wave_of(cell, waves)[0]) for cell in first if cell in different]
    fixed = recognition.column("wave") == event and recognition.tool in ("redcap", "qualtrics")
    shown = [
        (cell, wave or UNKNOWN) for cell, wave in told
        if fixed or (answers.may_be_options and (wave or folded(cell) in answers.of_several()))
    ]  # fmt: skip
    return tuple(shown), len(told) - len(shown)
