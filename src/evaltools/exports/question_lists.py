"""The questions as other tools write them down: Qualtrics, REDCap, formr, and data files with labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaltools.exports.grid import Grid
from evaltools.exports.questions import Question, Structure, cleaned
from evaltools.exports.recognition import Recognition, folded, value

_Options = tuple[tuple[str, str], ...]
_DICTIONARY = {"name": 0, "type": 3, "label": 4, "choices": 5}  # the columns of REDCap's dictionary never change places
_CHOSEN = ("radio", "dropdown", "checkbox")
_SEVERAL_FORMR = (
    "mc_multiple",
    "mc_multiple_button",
    "check",
    "check_button",
    "select_multiple",
    "select_or_add_multiple",
)


def qualtrics_questions(data: bytes) -> Structure:
    """The questions of a Qualtrics survey (.qsf), with the codes that an export uses (``RecodeValues``).

    Raises
    ------
    ValueError, RecursionError
        If it is no JSON.
    """
    content = json.loads(data.decode("utf-8-sig"))
    elements = _entries(_table(content).get("SurveyElements"))
    asked = [_table(_table(each).get("Payload")) for _, each in elements if _table(each).get("Element") == "SQ"]
    language = _said(_table(_table(content).get("SurveyEntry")).get("SurveyLanguage")).casefold()
    return Structure(tuple(question for each in asked for question in _of_qualtrics(each)), language, (language,))


def _of_qualtrics(asked: Mapping[str, Any]) -> Iterator[Question]:
    qid, tag = _said(asked.get("QuestionID")), _said(asked.get("DataExportTag"))
    text = cleaned(_said(asked.get("QuestionText")))
    several = (
        _said(asked.get("Selector")) in ("MAVR", "MAHR", "MACOL", "MSB") or asked.get("SubSelector") == "MultipleAnswer"
    )
    choices = _ordered(asked.get("Choices"), asked.get("ChoiceOrder"))
    if asked.get("QuestionType") != "Matrix":
        options = _coded(choices, asked)
        yield Question(tag or qid, text, options, several=several, also=(qid,))
        if several:
            for number, label in choices:
                chosen = (("1", label),)
                yield Question(f"{tag}_{number}", label, chosen, text, several=True, also=(f"{qid}_{number}",))
        return
    options = _coded(_ordered(asked.get("Answers"), asked.get("AnswerOrder")), asked)
    tags = _table(asked.get("ChoiceDataExportTags"))
    for number, row in choices:
        own = _said(tags.get(number))
        also = tuple(filter(None, (f"{qid}_{number}", f"{tag}_{number}")))
        yield Question(own or f"{tag}_{number}", row, options, text, several, also)


def _ordered(choices: Any, order: Any) -> list[tuple[str, str]]:
    """The choices (a table, or a list counted from 1) as id and text, in the order of the form."""
    told = {number: cleaned(_said(_table(each).get("Display"))) for number, each in _entries(choices)}
    wanted = [_said(number) for number in order] if isinstance(order, list) else []
    return [(number, told[number]) for number in dict.fromkeys([*wanted, *told]) if number in told]


def _coded(choices: Sequence[tuple[str, str]], asked: Mapping[str, Any]) -> _Options:
    """Code and label; an export has the short name of a choice (``VariableNaming``) where there is one."""
    codes, names = _table(asked.get("RecodeValues")), _table(asked.get("VariableNaming"))
    return tuple((_said(codes.get(at)) or at, cleaned(_said(names.get(at))) or label) for at, label in choices)


def _entries(value: Any) -> list[tuple[str, Any]]:
    """A JSON object's entries, or a list's, counted from 1."""
    if isinstance(value, list):
        return [(str(number), each) for number, each in enumerate(value, start=1)]
    return [(str(key), each) for key, each in value.items()] if isinstance(value, dict) else []


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _said(value: Any) -> str:
    return str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def redcap_questions(grid: Grid, recognition: Recognition) -> Structure:
    """The fields of a REDCap dictionary; a tick box has a column for each choice."""
    questions: list[Question] = []
    for row in grid.rows[recognition.header_rows :]:
        name, kind, label, choices = (value(row, at) for at in _DICTIONARY.values())
        if name:
            questions += _of_redcap(name, folded(kind), cleaned(label), choices)
    return Structure(tuple(questions))


def _of_redcap(name: str, kind: str, label: str, choices: str) -> list[Question]:
    if kind == "yesno":
        return [Question(name, label, (("1", "Yes"), ("0", "No")))]
    if kind == "truefalse":
        return [Question(name, label, (("1", "True"), ("0", "False")))]
    options = redcap_choices(choices) if kind in _CHOSEN else ()
    if kind != "checkbox":
        return [Question(name, label, options)]
    boxes = [Question(f"{name}___{code}", told, (("1", told),), label, True) for code, told in options]
    return [Question(name, label, options, several=True), *boxes]


def redcap_choices(text: str) -> _Options:
    """The choices of a field: parted by upright lines, then at the first comma, since labels have commas too.

    >>> redcap_choices("1, Ja, ofta (varje dag) | 2, <b>Nej</b>")
    (('1', 'Ja, ofta (varje dag)'), ('2', 'Nej'))
    """
    parts = (part.partition(",") for part in text.replace("\n", "|").split("|"))
    return tuple((code.strip(), cleaned(label)) for code, comma, label in parts if comma and code.strip())


def formr_questions(data: bytes) -> Structure:
    """The items of a formr survey (JSON).

    Raises
    ------
    ValueError, RecursionError
        If it is no JSON.
    """
    items = (_table(item) for _, item in _entries(_table(json.loads(data.decode("utf-8-sig"))).get("items")))
    return Structure(tuple(
        Question(
            _said(item.get("name")), cleaned(_said(item.get("label_parsed")) or _said(item.get("label"))),
            tuple((code, cleaned(_said(label))) for code, label in _entries(item.get("choices"))),
            several=_said(item.get("type")) in _SEVERAL_FORMR,
        )
        for item in items if _said(item.get("name"))
    ))  # fmt: skip


def labelled_questions(grid: Grid) -> Structure:
    """What a file of SPSS or Stata says itself of its variables.

    >>> grid = Grid("a.sav", "", (("q1",), ("1",)), (1, 2), "sav", labels={0: {"1": "Ja"}}, questions={0: "Nöjd?"})
    >>> labelled_questions(grid).find(["q1"]).options
    (('1', 'Ja'),)
    """
    names = grid.rows[0] if grid.rows else ()
    told = [
        Question(name, cleaned(grid.questions.get(at, "")), tuple(grid.labels.get(at, {}).items()))
        for at, name in enumerate(names)
        if at in grid.labels or at in grid.questions
    ]
    return Structure(tuple(told))
