"""What a survey's structure says of its questions: their stable names, their text, and the options in their order."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_TAG = re.compile(r"<[^<>]{0,2000}>")
_NOT_IN_KEY = re.compile(r"[\W_]+")
_NOT_IN_TEXT = re.compile(r"\W+")


@dataclass(frozen=True)
class Question:
    """One question, or one row of a question in the form of a table.

    ``key`` is its stable name in an export and ``also`` are other names that exports give it. ``stem`` is what stands
    above the rows of a table. ``options`` are pairs of code and label in the order of the form, none where the answer
    is written freely; ``several`` says that more than one may be chosen.
    """

    key: str
    text: str
    options: tuple[tuple[str, str], ...] = ()
    stem: str = ""
    several: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Structure:
    """The questions of a survey in one of its languages; ``languages`` are all that it has, the first its own.

    >>> asked = Structure((Question("Q1[SQ001]", "Jag trivs.", (("A1", "Ja"),)),))
    >>> asked.find(["q1_sq001"]).options, asked.find(["Q2"]) is None
    ((('A1', 'Ja'),), True)
    """

    questions: tuple[Question, ...]
    language: str = ""
    languages: tuple[str, ...] = ()
    _by_name: dict[str, Question | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look-up tables: by name however it is written, and by text where only one question has it."""
        for question in self.questions:
            for name in {plain_key(name) for name in (question.key, *question.also)} - {""}:
                self._by_name.setdefault(name, question)
        for question in self.questions:
            for told in {plain_text(question.text), plain_text(f"{question.stem} {question.text}")} - {""}:
                name = f" {told}"  # no key holds a blank
                self._by_name[name] = None if name in self._by_name else question

    def find(self, names: Iterable[str], texts: Iterable[str] = ()) -> Question | None:
        """The question that a column holds, by its names or else by its texts; None where it is not clear."""
        wanted = [plain_key(name) for name in names] + [f" {plain_text(text)}" for text in texts]
        return next((found for name in wanted if name.strip() and (found := self._by_name.get(name))), None)


def plain_key(name: str) -> str:
    """A stable name without what tools write differently: brackets, lines and capitals.

    >>> plain_key("Q1[SQ001]") == plain_key("q1_SQ001")
    True
    """
    return _NOT_IN_KEY.sub("", name.casefold())


def plain_text(text: str) -> str:
    """A question's words only, so that punctuation, capitals and decoration make no difference.

    >>> plain_text("<b>Jag trivs</b> i mitt&nbsp;arbete.")
    'jag trivs i mitt arbete'
    """
    return _NOT_IN_TEXT.sub(" ", cleaned(text).casefold()).strip()


def cleaned(text: str) -> str:
    """A text without HTML and with blanks alike.

    >>> cleaned("<p>Ja,&nbsp;<strong>absolut</strong></p>")
    'Ja, absolut'
    """
    return " ".join(html.unescape(_TAG.sub(" ", text)).split()).replace(" ,", ",")
