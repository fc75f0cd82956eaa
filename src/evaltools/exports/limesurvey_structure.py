"""The structure of a LimeSurvey survey (.lss, .lsg, .lsq, .lsa, or tab-separated), of old and new versions."""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from evaltools.exports.grid import Grid
from evaltools.exports.questions import Question, Structure, cleaned

_Row = dict[str, str]
_Options = tuple[tuple[str, str], ...]
_NUMBERED = {"5": 5, "A": 5, "B": 10}  # five-point choice, tables of five and of ten points
_LISTS = frozenset("L!O")
_TABLES = frozenset("FH")
_MULTIPLE = frozenset("MP")


def limesurvey_xml(data: bytes, language: str) -> Structure:
    """The questions of a survey, a group or a question in LimeSurvey's XML, or of the survey in an archive (.lsa).

    Parameters
    ----------
    data : bytes
        The file. Versions before 4 keep texts beside the questions, one row a language; later ones in tables of their
        own (``question_l10ns``, ``answer_l10ns``). Both are read.
    language : str
        The language wanted; where the survey lacks it, the survey's first.

    Returns
    -------
    Structure
        Keys as in an export with code headings (``Q1``, ``Q1[SQ001]``), options in the order of ``sortorder``.

    Raises
    ------
    ValueError, SyntaxError
        If it is no well-formed XML, or asks for entities; whoever calls says so in a sentence.
    """
    from defusedxml.ElementTree import fromstring

    root = fromstring(_survey_of_archive(data) if data.startswith(b"PK") else data, forbid_dtd=True)
    languages = tuple(dict.fromkeys(filter(None, ((told.text or "").strip() for told in root.iter("language")))))
    survey = _Survey(root, _chosen(languages, language))
    return Structure(tuple(survey.questions()), survey.language, languages)


def limesurvey_table(grid: Grid, language: str) -> Structure:
    """The same out of LimeSurvey's tab-separated structure, where rows follow the question that they belong to."""
    heads = [cell.casefold() for cell in grid.rows[0]] if grid.rows else []
    rows = [dict(zip(heads, row, strict=False)) for row in grid.rows[1:]]
    languages = tuple(dict.fromkeys(row["language"] for row in rows if row.get("language")))
    spoken = _chosen(languages, language)
    found: list[tuple[_Row, list[_Row], list[_Row]]] = []
    for row in rows:
        kind = row.get("class", "").upper()
        if row.get("language", spoken) not in ("", spoken):
            continue
        if kind == "Q":
            found.append((row, [], []))
        elif found and kind in ("SQ", "A"):
            (found[-1][1] if kind == "SQ" else found[-1][2]).append(row)
    questions = [question for entry in found for question in _of_table(*entry)]
    return Structure(tuple(questions), spoken, languages)


def _of_table(row: _Row, below: Sequence[_Row], answers: Sequence[_Row]) -> Iterator[Question]:
    def scale(number: str) -> _Options:
        told = (answer for answer in answers if (answer.get("type/scale") or "0") == number)
        return tuple((answer.get("name", ""), cleaned(answer.get("text", ""))) for answer in told)

    rows = [(each.get("name", ""), cleaned(each.get("text", "")), each.get("type/scale") or "0") for each in below]
    kind = row.get("type/scale", "")
    return _asked(row.get("name", ""), kind, cleaned(row.get("text", "")), rows, (scale("0"), scale("1")))


def _survey_of_archive(data: bytes) -> bytes:
    """The .lss of an archive; the size that it unpacks to has been looked at when the archive was recognised."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = next((name for name in archive.namelist() if name.lower().endswith(".lss")), "")
        return archive.read(name) if name else b""


def _chosen(languages: Sequence[str], wanted: str) -> str:
    alike = [language for language in languages if language.partition("-")[0].casefold() == wanted.casefold()]
    return next(iter([*alike, *languages]), "")


class _Survey:
    """The tables of the XML, joined for one language."""

    def __init__(self, root: Any, language: str) -> None:
        self.language = language
        spoken = [*_rows(root, "questions"), *_rows(root, "subquestions")]
        self.texts = self._texts(_rows(root, "question_l10ns"), "qid", "question") | self._texts(
            spoken, "qid", "question"
        )
        self.labels = self._texts(_rows(root, "answer_l10ns"), "aid", "answer")
        asked = {row.get("qid", ""): row for row in reversed(spoken)}
        self.asked = sorted(asked.values(), key=lambda row: (_number(row, "gid"), _number(row, "question_order")))
        self.answers: dict[tuple[str, str], dict[str, tuple[float, str]]] = defaultdict(dict)
        self._read_answers(_rows(root, "answers"))

    def _texts(self, rows: Sequence[_Row], key: str, text: str) -> dict[str, str]:
        """Text by id: in the language wanted, or in any where it lacks there."""
        told = {row[key]: row[text] for row in rows if key in row and row.get(text)}
        return told | {
            row[key]: row[text] for row in rows if key in row and row.get(text) and row.get("language") == self.language
        }

    def _read_answers(self, rows: Sequence[_Row]) -> None:
        for row in sorted(rows, key=lambda row: row.get("language", self.language) == self.language):
            label = cleaned(self.labels.get(row.get("aid", ""), row.get("answer", "")))
            place = (row.get("qid", ""), row.get("scale_id") or "0")
            self.answers[place][row.get("code", "")] = (_number(row, "sortorder"), label)

    def _options(self, qid: str, scale: str) -> _Options:
        told = sorted(self.answers.get((qid, scale), {}).items(), key=lambda entry: entry[1][0])
        return tuple((code, label) for code, (_, label) in told)

    def questions(self) -> Iterator[Question]:
        below: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for row in self.asked:
            place = (row.get("title", ""), self._text(row), row.get("scale_id") or "0")
            below[row.get("parent_qid") or "0"].append(place)
        for row in self.asked:
            if (row.get("parent_qid") or "0") != "0":
                continue
            qid = row.get("qid", "")
            scales = (self._options(qid, "0"), self._options(qid, "1"))
            yield from _asked(row.get("title", ""), row.get("type", ""), self._text(row), below[qid], scales)

    def _text(self, row: _Row) -> str:
        return cleaned(self.texts.get(row.get("qid", ""), ""))


def _rows(root: Any, section: str) -> list[_Row]:
    return [{child.tag: (child.text or "").strip() for child in row} for row in root.iterfind(f".//{section}/rows/row")]


def _number(row: _Row, name: str) -> float:
    try:
        return float(row.get(name) or 0)
    except ValueError:
        return 0.0


def _asked(key: str, kind: str, text: str, rows: Sequence[tuple[str, str, str]],
           scales: tuple[_Options, _Options]) -> Iterator[Question]:  # fmt: skip
    """One question as the columns that an export has of it."""
    if kind in _NUMBERED:
        scales = (tuple((str(n), str(n)) for n in range(1, _NUMBERED[kind] + 1)), ())
    down = [(code, told) for code, told, scale in rows if scale == "0"]
    across = [(code, told) for code, told, scale in rows if scale == "1"]
    if kind in _MULTIPLE:
        yield Question(key, text, tuple(down), several=True)
        yield from (Question(f"{key}[{code}]", told, (("Y", told),), text, several=True) for code, told in down)
    elif kind == "1":
        for code, told in down:
            for number, options in enumerate(scales, start=1):
                also = (f"{key}[{code}][{number}]", f"{key}_{code}_{number - 1}")
                yield Question(f"{key}[{code}#{number - 1}]", told, options, text, also=also)
    elif down and across:
        for code, told in down:
            yield from (Question(f"{key}[{code}_{second}]", f"{told} {said}", (), text) for second, said in across)
    elif down:
        choices = scales[0] if kind in _TABLES or kind in _NUMBERED else ()
        yield from (Question(f"{key}[{code}]", told, choices, text) for code, told in down)
    else:
        yield Question(key, text, scales[0] if kind in _LISTS or kind in _NUMBERED else ())
