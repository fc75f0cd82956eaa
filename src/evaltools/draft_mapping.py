"""A draft of the mapping of a file, to be confirmed by hand: ``evaltools map FILE``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evaltools.answer_table import Declared, read_answers
from evaltools.column_answers import column_answers
from evaltools.column_names import ItemIndex, Names, column_names
from evaltools.draft_columns import ANSWERED, ColumnDraft, answer_column, related_columns
from evaltools.draft_scales import UNKNOWN
from evaltools.draft_times import Times, draft_times
from evaltools.draft_waves import Wave, map_words, usual_waves, wave_of, waves_of_words
from evaltools.errors import Problems
from evaltools.exports.grid import Grid, column_letter
from evaltools.exports.question_lists import labelled_questions
from evaltools.exports.questions import Structure
from evaltools.exports.recognition import Recognition, body, folded, value
from evaltools.exports.structures import read_structure
from evaltools.folder import OWN_KEYS
from evaltools.instruments import Instrument, read_keys, shipped_instruments
from evaltools.language import DEFAULT
from evaltools.person_columns import person_column, personal_kinds_by_column
from evaltools.schemas import row_dicts
from evaltools.settings import read_settings


@dataclass(frozen=True)
class Draft:
    """The draft of a mapping: the source as recognised, every column, and the measurement.

    ``wave`` and ``wave_why`` are of the whole file, ``words`` the measurements that headings name, by their words for
    them (a blank where it is not clear); ``events`` are the values of a column of measurements and the
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
    times: Times = field(default_factory=Times)
    words: Mapping[str, str] = field(default_factory=dict)


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
    columns, person = _columns(grid, found, structure, ItemIndex(instruments), waves)
    event = next((column.names.at for column in columns if column.role == "wave"), None)
    events, hidden = _events(grid, found, event, person, waves)
    wave, why = ("", "") if event is not None else wave_of(path.stem, waves)
    words = waves_of_words((column.word for column in columns if column.role in ANSWERED), waves)
    rows = sum(1 for _ in body(grid, found.header_rows, found.end))
    ids = tuple(each.id for each in waves)
    return Draft(path.name, grid.sheet, grid.form, declared, found, rows, tuple(columns), ids, wave, why,
                 events, hidden, taken, draft_times(grid, found), words)  # fmt: skip


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


def _columns(grid: Grid, recognition: Recognition, structure: Structure, index: ItemIndex, waves: Sequence[Wave]
             ) -> tuple[list[ColumnDraft], int | None]:  # fmt: skip
    """What every column seems to be, and where the participants' codes stand."""
    names = column_names(grid, recognition)
    personal = personal_kinds_by_column(grid, recognition)
    person = person_column(names, recognition, personal)
    wave = recognition.column("wave") if recognition.column("wave") is not None else _named(names, recognition, "wave")
    group = _named(names, recognition, "group")
    answers = column_answers(grid, recognition, person)
    own = {at for places in recognition.columns.values() for at in places}
    columns = []
    for each in names:
        column = ColumnDraft(each, column_letter(each.at), "", question=structure.find(each.names, each.texts))
        if each.at in personal:
            column = replace(column, role="personal", personal=personal[each.at])
        elif each.at in (person, wave, group):
            column = replace(column, role={group: "group", wave: "wave", person: "person"}[each.at])
        elif each.at in own:
            column = replace(column, role="own")
        else:
            missing = grid.user_missing.get(each.at, frozenset())
            column = answer_column(column, answers[each.at], index, waves, missing)
        columns.append(column)
    return related_columns(columns, answers, index), person


def _named(names: Sequence[Names], recognition: Recognition, meaning: str) -> int | None:
    """The first column that is not the tool's own and whose heading is in the closed list of a meaning."""
    words = set(map_words()["columns"][meaning])
    own = {at for places in recognition.columns.values() for at in places}
    return next((each.at for each in names if each.at not in own and {folded(n) for n in each.names} & words), None)


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
