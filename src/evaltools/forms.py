"""Questionnaire forms to use in a survey tool or on paper, for the instruments whose wording may be used freely."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaltools.blocks import render
from evaltools.instruments import Instrument
from evaltools.key_rules import FORMS
from evaltools.language import texts
from evaltools.wording import words
from evaltools.workbook import answer_sheet

FOLDER = "forms"
BEFORE_START = "before_start"  # the form without the questions that cannot be answered before the start
LIMESURVEY_COLUMNS = (
    "id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language", "validation",
    "mandatory", "encrypted", "other", "default", "same_default", "same_script",
)  # fmt: skip
REDCAP_COLUMNS = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A short question before the others; ``variable`` is what LimeSurvey and REDCap call it, and the column it is."""

    variable: str
    question: str
    help: str


@dataclass(frozen=True)
class Part:
    """One instrument as a part of a form; ``questions`` and ``options`` are pairs of code and text."""

    instrument: str
    title: str
    stem: str
    ends: str
    questions: tuple[tuple[str, str], ...]
    options: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Form:
    """One form: for whom (see `Instrument.forms`), what it asks first, and its instruments in the order of the form.

    ``before_start`` marks the form without the questions that cannot be answered before the start.
    """

    kind: str
    before_start: bool
    language: str
    asked: tuple[Asked, ...]
    instruments: tuple[Instrument, ...]

    @property
    def folder(self) -> str:
        """Where its files lie in the evaluation folder.

        >>> Form("session", False, "sv", (), ()).folder, Form("wave", True, "sv", (), ()).folder
        ('forms/session', 'forms/before_start')
        """
        kind = self.kind if self.kind != "wave" else ""
        return "/".join(filter(None, (FOLDER, kind, BEFORE_START if self.before_start else "")))

    @property
    def said(self) -> Mapping[str, Any]:
        """Its title, description and what is to be done with it, in its language."""
        told: Mapping[str, Any] = texts(self.language)["bank"][self.kind]
        return told

    @property
    def parts(self) -> list[Part]:
        """The instruments whose wording is held."""
        return [part_of(key, self.language) for key in self.instruments if is_held(key, self.language)]

    @property
    def others(self) -> list[Instrument]:
        """The instruments whose wording is not held."""
        return [key for key in self.instruments if not is_held(key, self.language)]


def forms_of(instruments: Sequence[Instrument], language: str) -> list[Form]:
    """The forms that some instruments make, each for those who are to answer it.

    A form is made where one of the instruments was made for it first; it holds all of them that are a part of it. Where
    some of these cannot be answered before the start, there is a second form without them.

    >>> from evaltools.instruments import shipped_instruments
    >>> keys = shipped_instruments()
    >>> made = forms_of([keys["toolkit_competence"], keys["toolkit_manager"], keys["toolkit_supervision"]], "sv")
    >>> [(form.kind, form.before_start, len(form.instruments)) for form in made]
    [('wave', True, 1), ('wave', False, 2), ('manager', True, 2), ('manager', False, 3)]
    """
    made = []
    for kind in FORMS:
        if not any(key.forms[0] == kind for key in instruments):
            continue
        own = tuple(key for key in instruments if kind in key.forms)
        early = tuple(key for key in own if key.valid_before_start)
        if early and len(early) < len(own):
            made.append(Form(kind, True, language, _asked(kind, language), early))
        made.append(Form(kind, False, language, _asked(kind, language), own))
    return made


def _asked(kind: str, language: str) -> tuple[Asked, ...]:
    """Who answers and, after a session, which session it was; the commissioner has no code."""
    variables = {"session": ("person", "session"), "commissioner": ()}.get(kind, ("person",))
    told = texts(language)["forms"]
    return tuple(Asked(name, told[name], told[f"{name}_help"]) for name in variables)


def form_code(item: str) -> str:
    """How a form calls an item: letters and digits only, which every survey tool accepts.

    >>> form_code("oss_sf_1")
    'osssf1'
    """
    return item.replace("_", "")


def is_held(instrument: Instrument, language: str) -> bool:
    """Whether the wording of every item is held in a language, and so may be used freely."""
    return all(item.text.get(language) for item in instrument.items)


def heading_rules(instrument: Instrument) -> list[tuple[str, str]]:
    r"""The mapping rules that find an instrument's items in an export: heading as a regular expression, and item.

    They fit ``tc1. The question`` and ``The stem [tc1. The question]`` (forms on the web), ``tc1`` and ``q1[tc1]``.

    >>> from evaltools.instruments import shipped_instruments
    >>> heading_rules(shipped_instruments()["toolkit_competence"])
    [('(.*\\[)?tc(?P<number>[1-7])\\b.*', 'tc{number}')]
    """
    series: dict[str, list[int]] = {}
    rules = []
    for item in instrument.items:
        found = re.fullmatch(r"(.*?)([1-9]\d*)", item.id)
        if found:
            series.setdefault(found[1], []).append(int(found[2]))
        else:
            rules.append((rf"(.*\[)?{form_code(item.id)}\b.*", item.id))
    numbered = [
        (rf"(.*\[)?{form_code(stem)}(?P<number>{_any_of(numbers)})\b.*", f"{stem}{{number}}")
        for stem, numbers in series.items()
    ]
    return [*numbered, *rules]


def _any_of(numbers: Sequence[int]) -> str:
    """A regular expression for some numbers.

    >>> _any_of([1, 2, 3]), _any_of([9, 10])
    ('[1-3]', '9|10')
    """
    runs = len(numbers) > 1 and list(numbers) == list(range(numbers[0], numbers[-1] + 1)) and numbers[-1] < 10
    return f"[{numbers[0]}-{numbers[-1]}]" if runs else "|".join(map(str, numbers))


def answer_labels(instrument: Instrument, language: str) -> list[tuple[str, int]]:
    """The texts that an export holds as answers, and their numbers: the anchors where every option has one."""
    codes = range(int(instrument.low), int(instrument.high) + 1)
    anchors = instrument.anchors.get(language, ())
    return list(zip(anchors if len(anchors) == len(codes) else map(str, codes), codes, strict=True))


def part_of(instrument: Instrument, language: str) -> Part:
    """An instrument, its wording held, as a part of a form."""
    told = texts(language)["forms"]
    anchors = instrument.anchors.get(language, ())
    labels = answer_labels(instrument, language)
    ends = ""
    if len(anchors) == 2 < len(labels):
        ends = told["ends"].format(low=labels[0][1], first=anchors[0], high=labels[-1][1], last=anchors[1])
    stem = "stem_one" if len(instrument.items) == 1 else "stem"
    return Part(
        instrument.id,
        words(language).label(instrument.label),
        told[stem].format(timeframe=words(language).label(instrument.timeframe)),
        ends,
        tuple((form_code(item.id), item.text[language]) for item in instrument.items),
        tuple((code, label) for label, code in labels),
    )


def write_forms(instruments: Sequence[Instrument], language: str) -> dict[str, bytes]:
    """Every form as bytes, by file name.

    Parameters
    ----------
    instruments : sequence of Instrument
        They make the forms that `forms_of` says. Those whose wording is not held in the language are only described,
        in the text for Google and Microsoft Forms; where none is held, there are no forms to import or print.
    language : str
        Language of the forms.

    Returns
    -------
    dict
        Name in the folder to content.
    """
    return {
        f"{form.folder}/{name}": content
        for form in forms_of(instruments, language)
        for name, content in _files(form).items()
    }


def _files(form: Form) -> dict[str, bytes]:
    made = {"google_microsoft_forms.txt": _text_form(form).encode("utf-8-sig")}
    if form.parts:
        sheet = render("new/questionnaire.html", words=words(form.language), form=form)
        made |= {
            "limesurvey.txt": limesurvey_structure(form).encode("utf-8-sig"),
            "redcap.csv": redcap_dictionary(form).encode(),
            "print.html": sheet.encode(),
        }
    return made | {"paper_answers.xlsx": _paper_answers(form)}


def _paper_answers(form: Form) -> bytes:
    asked = [one.question for one in form.asked]
    codes = [form_code(item.id) for key in form.instruments for item in key.items]
    low, high = min(key.low for key in form.instruments), max(key.high for key in form.instruments)
    return answer_sheet(form.language, asked, codes, int(low), int(high))


def _text_form(form: Form) -> str:
    """What to paste into Google Forms or Microsoft Forms, step by step."""
    told, said = texts(form.language)["forms"], form.said
    lines = [told["title_text"], "", *told["how"], *said["how"], "", _rule(told["title_heading"]), said["title"], "",
             _rule(told["description_heading"]), *said["description"], ""]  # fmt: skip
    for one in form.asked:
        lines += [_rule(told["asked_heading"]), one.question, one.help, ""]
    for number, part in enumerate(form.parts, start=1):
        lines += _text_part(part, number, told)
    for number, instrument in enumerate(form.others, start=len(form.parts) + 1):
        lines += _text_source(instrument, number, form.language)
    return "\n".join([*lines, *told["after"], ""])


def _rule(text: str) -> str:
    return f"--- {text} ---"


def _text_part(part: Part, number: int, told: Mapping[str, Any]) -> list[str]:
    questions = [f"{code}. {text}" for code, text in part.questions]
    stem = " ".join(filter(None, [part.stem, part.ends]))
    options = [label for _, label in part.options]
    head = _rule(told["part"].format(number=number, title=part.title))
    if len(questions) == 1:
        kind = told["one_question"].format(low=part.options[0][0], high=part.options[-1][0])
        return [head, kind, "", *questions, "", _rule(told["help_heading"]), stem, "", _rule(told["options"]),
                *options, ""]  # fmt: skip
    return [head, told["grid"], "", stem, "", _rule(told["rows"]), *questions, "", _rule(told["columns"]), *options, ""]


def _text_source(instrument: Instrument, number: int, language: str) -> list[str]:
    """An instrument whose wording is not held: where it is found, and what each question must begin with."""
    told = texts(language)["forms"]
    label = words(language).label
    codes = ", ".join(form_code(item.id) for item in instrument.items)
    filled = {"terms": label(instrument.licence_terms), "source": instrument.source, "codes": codes,
              "low": f"{instrument.low:g}", "high": f"{instrument.high:g}"}  # fmt: skip
    spoken = [] if language in instrument.languages else [told["not_in_language"]]
    lines = [line.format(**filled) for line in told["from_source"]]
    return [_rule(told["part"].format(number=number, title=label(instrument.label))), *lines, *spoken, ""]


def limesurvey_structure(form: Form) -> str:
    """A survey as tab-separated values in LimeSurvey's form for import ("Tab-separated-values format")."""
    language, said = form.language, form.said
    settings = {"language": language, "format": "G", "anonymized": "Y", "ipaddr": "N", "refurl": "N"}
    spoken = {"surveyls_title": said["title"], "surveyls_welcometext": " ".join(said["description"])}
    asked = [_lime("G", form.asked[0].question, "")] if form.asked else []
    asked += [
        _lime("Q", one.variable, one.question, "S") | {"help": one.help, "mandatory": "Y"} for one in form.asked
    ]  # fmt: skip
    for number, part in enumerate(form.parts, start=1):
        asked += _limesurvey_part(part, number)
    rows = [
        *(_lime("S", name, text) for name, text in settings.items()),
        *(_lime("SL", name, text) | {"language": language} for name, text in spoken.items()),
        *(row | {"language": language} for row in asked),
    ]
    return _table(LIMESURVEY_COLUMNS, rows, "\t")


def _lime(kind: str, name: str, text: str, scale: str = "") -> dict[str, str]:
    relevance = {"relevance": "1"} if kind in ("G", "Q", "SQ") else {}
    return {"class": kind, "type/scale": scale, "name": name, "text": text} | relevance


def _limesurvey_part(part: Part, number: int) -> list[dict[str, str]]:
    """A group with one question: an array of statements, or a list of options where there is a single item."""
    stem = " ".join(filter(None, [part.stem, part.ends]))
    rows = [_lime("G", part.title, "")]
    if len(part.questions) == 1:
        code, text = part.questions[0]
        rows.append(_lime("Q", code, text, "L") | {"help": stem, "mandatory": "N", "other": "N"})
    else:
        rows.append(_lime("Q", f"q{number}", stem, "F") | {"mandatory": "N", "other": "N"})
        rows += [_lime("SQ", code, text, "0") for code, text in part.questions]
    return rows + [_lime("A", str(code), label, "0") for code, label in part.options]


def redcap_dictionary(form: Form) -> str:
    """A data dictionary for REDCap, with its eighteen columns."""
    rows = [{"Variable / Field Name": "record_id", "Field Type": "text", "Field Label": "Record ID"}]
    rows += [
        {"Variable / Field Name": one.variable, "Field Type": "text", "Field Label": one.question,
         "Field Note": one.help, "Required Field?": "y"}
        for one in form.asked
    ]  # fmt: skip
    for part in form.parts:
        rows += _redcap_part(part)
    lead = " ".join([*form.said["description"], rows[1].get("Section Header", "")]).strip()
    rows[1] = rows[1] | {"Section Header": lead}
    return _table(REDCAP_COLUMNS, [row | {"Form Name": "questionnaire"} for row in rows], ",")


def _redcap_part(part: Part) -> list[dict[str, str]]:
    choices = " | ".join(f"{code}, {label}" for code, label in part.options)
    matrix = part.instrument if len(part.questions) > 1 else ""
    head = " ".join(filter(None, [part.stem, part.ends]))
    return [
        {"Variable / Field Name": code, "Field Type": "radio", "Field Label": text, "Matrix Group Name": matrix,
         "Choices, Calculations, OR Slider Labels": choices, "Section Header": "" if at else head}
        for at, (code, text) in enumerate(part.questions)
    ]  # fmt: skip


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, str]], delimiter: str) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
