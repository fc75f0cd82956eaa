"""What a column holds, and which of its texts may be shown to a person: never free text, personal data or a code.

In a group of six everybody's own words are six different texts, just as an answer scale has. So a text is shown only
where it cannot be one person's: it is known from a questionnaire, a built-in answer scale or the survey's structure, it
is a small number, or several people have given it, and in a draft in several columns too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evaltools.exports.answer_scales import folded_answer
from evaltools.exports.grid import Grid
from evaltools.exports.recognition import Recognition
from evaltools.personal_texts import personal_kinds

_LONGEST = 60  # letters; an option is rarely longer, and an answer in one's own words rarely shorter
_MOST = 12  # different options
_MOST_COUNTED = 1000  # different texts; more are no answers to choose from
_SEVERAL = 2  # people, by whom a text is not one person's own
_SMALL = re.compile(r"(?:10|\d)(?:[.,]0+)?")
_PROSE = re.compile(r"[.!?]\s+\S|\n")


@dataclass(frozen=True, repr=False)
class Answers:
    """The different texts of one column: `folded_answer` text to the text itself, and to two of those who gave it.

    Of more than a thousand texts, which no answer scale has, each stands as it is and nobody is counted.
    """

    texts: dict[str, str]
    people: dict[str, frozenset[str]]

    @property
    def are_too_many(self) -> bool:
        """Whether there are more texts than any answer scale or column of measurements has."""
        return len(self.texts) > _MOST_COUNTED

    @property
    def seen(self) -> tuple[str, ...]:
        """The different texts as they stand, sorted."""
        return tuple(sorted(self.texts.values(), key=str.casefold))

    @property
    def are_small_numbers(self) -> bool:
        """Whether there are answers and all are whole numbers from 0 to 10."""
        return bool(self.texts) and all(_SMALL.fullmatch(text) for text in self.texts.values())

    @property
    def may_be_options(self) -> bool:
        """Whether all are short, few, and none is prose or seems to hold personal data."""
        return 0 < len(self.texts) <= _MOST and not any(
            len(text) > _LONGEST or _PROSE.search(text) or personal_kinds(text) for text in self.texts.values()
        )

    def of_several(self) -> set[str]:
        """The `folded_answer` texts that at least two people have given."""
        return {text for text, people in self.people.items() if len(people) >= _SEVERAL}


def column_answers(grid: Grid, recognition: Recognition, person: int | None) -> list[Answers]:
    """What every column holds below the headings; a row counts as a person where no column says who answered.

    >>> from evaltools.exports.signatures import recognise
    >>> grid = Grid("a.csv", "", (("kod", "svar"), ("A", "Ofta"), ("B", "ofta ")), (1, 2, 3))
    >>> column_answers(grid, recognise(grid), 0)[1].of_several()
    {'ofta'}
    """
    start, end = recognition.header_rows, recognition.end
    lines = [f" {line}" for line in range(len(grid.rows[start:end]))]
    codes = grid.column(person, start, end) if person is not None else lines
    who = [code or line for code, line in zip(codes, lines, strict=True)]
    return [_answers(grid.column(at, start, end), who) for at in range(grid.width)]


def _answers(cells: Sequence[str], who: Sequence[str]) -> Answers:
    """The different texts of one column's cells; ``who`` gave each."""
    different = dict.fromkeys(filter(None, cells))
    if len(different) > _MOST_COUNTED:
        return Answers({cell: cell for cell in different}, {})
    plain = {cell: folded_answer(cell) for cell in different}
    people: dict[str, set[str]] = {text: set() for text in plain.values()}
    for cell, person in zip(cells, who, strict=True):
        if cell and len(people[plain[cell]]) < _SEVERAL:
            people[plain[cell]].add(person)
    texts = {text: cell for cell, text in reversed(plain.items())}
    return Answers({text: texts[text] for text in people}, {text: frozenset(who) for text, who in people.items()})


def alike_columns(columns: Iterable[tuple[int, Answers]]) -> list[list[int]]:
    """The columns that share their answers, in groups: each has at least half of its texts in common with the group.

    A column that is alone says nothing of its kind: it may as well hold everybody's own words.
    """
    groups: list[tuple[list[int], set[str]]] = []
    for at, answers in columns:
        own = set(answers.texts)
        home = next((group for group in groups if 2 * len(own & group[1]) >= min(len(own), len(group[1]))), None)
        if home:
            home[0].append(at)
            home[1].update(own)
        else:
            groups.append(([at], own))
    return [members for members, _ in groups if len(members) > 1]


def shared_texts(members: Sequence[Answers]) -> tuple[tuple[str, ...], int]:
    """The texts of alike columns that may be shown, and how many others there are.

    A text is shown where it stands in at least two of the columns, with at least two people. None is shown where more
    than half of the texts are not of that kind: then they are rather everybody's own words.
    """
    texts: dict[str, str] = {}
    for answers in reversed(members):
        texts |= answers.texts
    shown = []
    for plain, text in texts.items():
        columns = sum(plain in answers.texts for answers in members)
        people = {who for answers in members for who in answers.people.get(plain, ())}
        if columns >= 2 and len(people) >= _SEVERAL:
            shown.append(text)
    hidden = len(texts) - len(shown)
    return (tuple(sorted(shown, key=str.casefold)), hidden) if hidden <= len(shown) else ((), len(texts))
