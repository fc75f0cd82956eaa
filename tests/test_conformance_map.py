"""The nasty inputs that concern structures and drafts of mappings; the fixtures are newly made and small."""

from __future__ import annotations

import csv
import io
import json
import random
import tomllib
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from conftest import SHARED, shared
from made_exports import ANSWERS, CODES, INSTRUMENT, LABELS, TEXTS, csv_text, limesurvey

from evaltools.answer_table import Declared
from evaltools.draft_mapping import draft_mapping
from evaltools.errors import Problems
from evaltools.exports.questions import Structure
from evaltools.exports.structures import read_structure
from evaltools.map_text import map_text

ENGLISH = INSTRUMENT.anchors["en"]


def rows(section: str, *records: dict[str, object]) -> str:
    told = (
        "<row>" + "".join(f"<{key}><![CDATA[{value}]]></{key}>" for key, value in record.items()) + "</row>"
        for record in records
    )
    return f"<{section}><fields/><rows>{''.join(told)}</rows></{section}>"


def survey(version: int, *sections: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><document><LimeSurveyDocType>Survey</LimeSurveyDocType>'
        f"<DBVersion>{version}</DBVersion><languages><language>sv</language><language>en</language></languages>"
        f"{''.join(sections)}</document>"
    ).encode()


def new_survey() -> bytes:
    """Texts in tables of their own; the answers stand in another order than ``sortorder``."""
    order = (3, 1, 5, 2, 4)
    asked = rows("questions", {"qid": 1, "parent_qid": 0, "gid": 1, "type": "F", "title": "q1", "question_order": 1})
    below = rows("subquestions", *(
        {"qid": 10 + n, "parent_qid": 1, "gid": 1, "type": "T", "title": f"js{n}", "question_order": n, "scale_id": 0}
        for n in range(1, 5)
    ))  # fmt: skip
    texts = rows("question_l10ns", {"qid": 1, "question": "<p>Hur är det?</p>", "language": "sv"}, *(
        {"qid": 10 + n, "question": item.text[spoken], "language": spoken}
        for n, item in enumerate(INSTRUMENT.items, 1) for spoken in ("en", "sv")
    ))  # fmt: skip
    answers = rows("answers", *(
        {"aid": 100 + n, "qid": 1, "code": f"A{n}", "sortorder": n, "scale_id": 0} for n in order
    ))  # fmt: skip
    labels = rows("answer_l10ns", *(
        {"aid": 100 + n, "answer": INSTRUMENT.anchors[spoken][n - 1], "language": spoken}
        for n in order for spoken in ("sv", "en")
    ))  # fmt: skip
    return survey(638, asked, below, texts, answers, labels)


def old_survey() -> bytes:
    """Texts beside the questions, one row a language."""
    asked = rows("questions", *(
        {"qid": 1, "parent_qid": 0, "gid": 1, "type": "F", "title": "q1", "question": "Hur?", "language": spoken}
        for spoken in ("sv", "en")
    ))  # fmt: skip
    below = rows("subquestions", *(
        {"qid": 10 + n, "parent_qid": 1, "gid": 1, "title": f"js{n}", "question": item.text[spoken],
         "question_order": n, "language": spoken, "scale_id": 0}
        for spoken in ("sv", "en") for n, item in enumerate(INSTRUMENT.items, 1)
    ))  # fmt: skip
    answers = rows("answers", *(
        {"qid": 1, "code": f"A{n}", "answer": INSTRUMENT.anchors[spoken][n - 1], "sortorder": n, "language": spoken,
         "scale_id": 0}
        for spoken in ("sv", "en") for n in (3, 1, 5, 2, 4)
    ))  # fmt: skip
    return survey(177, asked, below, answers)


def structure(content: bytes, folder: Path, name: str, language: str = "sv") -> Structure:
    path = folder / name
    path.write_bytes(content)
    problems = Problems()
    found = read_structure(path, problems, language)
    assert found is not None, problems.found
    return found


@pytest.mark.parametrize("make", [new_survey, old_survey])
@pytest.mark.parametrize(("language", "labels"), [("sv", LABELS), ("en", ENGLISH)])
def test_case_14_codes_and_a_structure_in_two_languages(
    make: Callable[[], bytes], language: str, labels: Sequence[str], tmp_path: Path
) -> None:
    found = structure(make(), tmp_path, "survey.lss", language)
    asked = found.find(["q1_js2"])
    assert asked is not None
    assert (asked.key, asked.text) == ("q1[js2]", INSTRUMENT.items[1].text[language])
    assert asked.options == tuple((f"A{n}", label) for n, label in enumerate(labels, 1))
    assert found.languages == ("sv", "en")
    path = tmp_path / "fore.csv"
    path.write_bytes(limesurvey())
    draft = map_text(draft_mapping(path, Declared(structure=tmp_path / "survey.lss"), language), language)
    assert '"?"' not in draft
    scale = next(iter(next(iter(tomllib.loads(draft)["mapping"].values()))["scales"].values()))
    assert scale["labels"] == {"A1": 1, "A2": 2, "A3": 3, "A4": 4, "A5": 5}
    assert f'"A1" = 1  # {labels[0]}' in draft


def test_the_structure_in_an_archive_is_the_same(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("survey_1.lss", new_survey())
    found = structure(packed.getvalue(), tmp_path, "a.lsa")
    assert found.questions == structure(new_survey(), tmp_path, "a.lss").questions


COMMAS = ("Samtal, enskilt", "Samtal, i grupp", "Inget")


def test_case_15_options_with_commas_are_listed_and_no_answer_is_split(tmp_path: Path) -> None:
    dictionary = [
        ["Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label", "Choices"],
        ["stod", "enkat", "", "checkbox", "Vilket stöd?", " | ".join(f"{n}, {it}" for n, it in enumerate(COMMAS, 1))],
    ]
    (tmp_path / "dictionary.csv").write_bytes(b"\xef\xbb\xbf" + csv_text(dictionary))
    found = structure((tmp_path / "dictionary.csv").read_bytes(), tmp_path, "dictionary.csv")
    assert found.questions[0].options == tuple((str(n), it) for n, it in enumerate(COMMAS, 1))
    assert [question.key for question in found.questions[1:]] == ["stod___1", "stod___2", "stod___3"]
    said = [["kod", "stod"], *([code, f"{COMMAS[0]}, {COMMAS[1]}"] for code in CODES)]
    (tmp_path / "svar.csv").write_bytes(csv_text(said))
    declared = map_text(draft_mapping(tmp_path / "svar.csv", Declared(structure=tmp_path / "dictionary.csv")))
    assert all(f'"{option}"' in declared for option in COMMAS)
    without = map_text(draft_mapping(tmp_path / "svar.csv", Declared()))
    for draft in (declared, without):
        assert len(tomllib.loads(draft)["mapping"]["enkat"]["columns"]) == 1  # the participants' codes
    assert "Samtal" not in without
    rule = declared[declared.index("# [[mapping.enkat.columns]]") :].replace("# ", "").strip()
    assert tomllib.loads(rule)["mapping"]["enkat"]["columns"] == [
        {"match": {"heading": "stod"}, "options": dict.fromkeys(COMMAS, "?")}
    ]


def test_case_17_a_misspelt_label_is_told_by_the_declared_one_only(tmp_path: Path) -> None:
    said = ["4", "4 – Instämmer i hög grad", "Instämmer i hög grad ", "Instämmer  delvis", "Instemmer inte alls", "5"]
    rows_of = [["kod", "Jag får stöd."], *([code, it] for code, it in zip(CODES, said, strict=True))]
    (tmp_path / "svar.csv").write_bytes(csv_text(rows_of))
    draft = map_text(draft_mapping(tmp_path / "svar.csv", Declared()))
    assert 'scale = "agree5"' in draft
    assert '"Instämmer inte alls"' in draft
    assert "Instemmer" not in draft


def qsf(*, as_list: bool) -> bytes:
    """A matrix whose codes run against the labels' order in the file, and a single choice with short names."""
    choices = {str(n): {"Display": text} for n, text in enumerate(TEXTS, 1)}
    answers = {
        str(n): {"Display": f"<b>{label}</b>"} for n, label in zip((11, 12, 13, 14, 15), reversed(LABELS), strict=True)
    }
    matrix = {
        "QuestionID": "QID2", "QuestionText": "Hur är det?", "DataExportTag": "Q2", "QuestionType": "Matrix",
        "Choices": list(choices.values()) if as_list else choices, "ChoiceOrder": ["1", "2", "3", "4"],
        "Answers": answers, "AnswerOrder": [15, 14, 13, 12, 11],
        "RecodeValues": {str(10 + n): str(6 - n) for n in range(1, 6)}, "ChoiceDataExportTags": False,
    }  # fmt: skip
    single = {
        "QuestionID": "QID3", "QuestionText": "Ja?", "DataExportTag": "Q3", "QuestionType": "MC", "Selector": "SAVR",
        "Choices": {"1": {"Display": "Ja, absolut"}, "2": {"Display": "Nej"}}, "VariableNaming": {"2": "N"},
    }  # fmt: skip
    elements = [
        {"Element": "SQ", "Payload": matrix},
        {"Element": "SQ", "Payload": single},
        {"Element": "BL", "Payload": None},
    ]
    return json.dumps({"SurveyEntry": {"SurveyLanguage": "SV"}, "SurveyElements": elements}).encode("utf-8-sig")


@pytest.mark.parametrize("as_list", [True, False])
def test_a_qualtrics_structure_gives_the_codes_of_the_export(as_list: bool, tmp_path: Path) -> None:
    found = structure(qsf(as_list=as_list), tmp_path, "survey.qsf")
    asked = found.find(["QID2_3"])
    assert asked is not None
    assert asked.text == TEXTS[2]
    assert asked.options == tuple((str(n), label) for n, label in enumerate(LABELS, 1))
    single = found.find(["Q3"])
    assert single is not None
    assert single.options == (("1", "Ja, absolut"), ("2", "N"))


R_SYNTAX = r"""data <- read.csv("survey_1_R_data_file.csv", quote = "'\"")
# LimeSurvey Field type: F
attributes(data)$variable.labels[6] <- "[Jag trivs \"bra\".] Hur är det?"
data[, 6] <- factor(data[, 6], levels=c("A1","A2"),labels=c("Nej, inte alls", "Ja (oftast)"))
names(data)[6] <- "q1_js1"
system("echo never run")
"""
SPSS_SYNTAX = """GET DATA /TYPE=TXT /FILE='survey_1_SPSS_data_file.dat'.
*Define variable properties: don't stop here.
VARIABLE LABELS q1_js1 "[Jag trivs] Hur är det?".
VARIABLE LABELS q2.x 'It''s /fine/.'.
*Define Value labels.
VALUE LABELS  q1_js1
1 "Nej, inte alls"
2.0 "Ja. Oftast".
VALUE LABELS q2.x a b 'A1' 'Ett' 'A2' 'Två' /c -99 'Vet ej'.
"""


def test_syntax_files_are_read_as_text(tmp_path: Path) -> None:
    of_r = structure(R_SYNTAX.encode(), tmp_path, "syntax.R").questions[0]
    assert (of_r.key, of_r.text, of_r.stem) == ("q1_js1", 'Jag trivs "bra".', "Hur är det?")
    assert of_r.options == (("A1", "Nej, inte alls"), ("A2", "Ja (oftast)"))
    of_spss = structure(SPSS_SYNTAX.encode("cp1252"), tmp_path, "syntax.sps")
    told = {question.key: (question.text, question.options) for question in of_spss.questions}
    assert told["q1_js1"] == ("Jag trivs", (("1", "Nej, inte alls"), ("2.0", "Ja. Oftast")))
    assert told["q2.x"] == ("It's /fine/.", (("A1", "Ett"), ("A2", "Två")))
    assert told["b"][1] == told["a"][1]
    assert told["c"] == ("", (("-99", "Vet ej"),))


def test_the_structure_that_new_writes_for_limesurvey_gives_its_own_questions(tmp_path: Path) -> None:
    from evaltools.forms import forms_of, limesurvey_structure

    (form,) = forms_of([INSTRUMENT], "sv")
    found = structure(limesurvey_structure(form).encode("utf-8-sig"), tmp_path, "lime.txt")
    asked = found.find(["q1[js3]"])
    assert asked is not None
    assert (asked.text, asked.options) == (TEXTS[2], tuple((str(n), it) for n, it in enumerate(LABELS, 1)))


def test_reversed_codes_of_a_structure_are_turned_by_the_questionnaires_labels(tmp_path: Path) -> None:
    dictionary = [["Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label", "Choices"]]
    choices = " | ".join(f"{6 - n}, {label}" for n, label in enumerate(LABELS, 1))
    dictionary += [[f"js{n}", "enkat", "", "radio", text, choices] for n, text in enumerate(TEXTS, 1)]
    (tmp_path / "dictionary.csv").write_bytes(csv_text(dictionary))
    said = [["kod", "js1", "js2", "js3", "js4"], *([code, *row] for code, row in zip(CODES, ANSWERS, strict=True))]
    (tmp_path / "fore.csv").write_bytes(csv_text(said))
    draft = map_text(draft_mapping(tmp_path / "fore.csv", Declared(structure=tmp_path / "dictionary.csv")))
    scale = next(iter(tomllib.loads(draft)["mapping"]["enkat"]["scales"].values()))
    assert scale["labels"] == {"5": 1, "4": 2, "3": 3, "2": 4, "1": 5}


def test_real_structures_are_read(tmp_path: Path) -> None:
    asked = Problems()
    found = read_structure(shared("exports/limesurvey/answers.lss"), asked, "en")
    assert found is not None
    tea = found.find(["Q02_SQ001"])
    assert tea is not None
    assert [code for code, _ in tea.options] == ["AO01", "AO02", "AO03", "AO04", "AO05"]
    formr = read_structure(shared("exports/formr/BFI_post_items.json"), asked, "en")
    assert formr is not None
    assert len(formr.questions) == 22


STRUCTURES = {"a.lss": new_survey(), "b.lss": old_survey(), "c.qsf": qsf(as_list=True), "d.R": R_SYNTAX.encode(),
              "e.sps": SPSS_SYNTAX.encode()}  # fmt: skip


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_broken_structure_is_refused_and_never_a_traceback(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    content = STRUCTURES[name]
    for number in range(120):
        spoilt = bytearray(content[: chance.randrange(1, len(content))] if number % 2 else content)
        for _ in range(chance.randrange(1, 12)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        path = tmp_path / name
        path.write_bytes(bytes(spoilt))
        problems = Problems()
        found = read_structure(path, problems, "sv")
        assert (found is None) == bool(problems.errors)


@pytest.mark.parametrize("content", [
    b'{"SurveyEntry":3,"SurveyElements": [1, {"Element": "SQ", "Payload": {"Choices": [1, null], "RecodeValues": 2}}]}',
    b'{"name": "x", "items": [1, null, {"name": {}}]}',
    b'{"SurveyEntry": {}, "SurveyElements": []}',
    survey(638), survey(638, rows("questions", {"title": "q"}, {"qid": "x", "question_order": "y"})),
])  # fmt: skip
def test_a_structure_of_odd_shape_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    problems = Problems()
    found = read_structure(path, problems, "sv")
    assert (found is None) == bool(problems.errors)


@pytest.mark.parametrize("name", sorted(path.name for path in (SHARED / "exports").rglob("*_dictionary.csv")) or [
    pytest.param("", marks=pytest.mark.skip("no real files beside us"))
])  # fmt: skip
def test_real_dictionaries_are_read(name: str) -> None:
    problems = Problems()
    path = shared(f"exports/redcap/{name}")
    found = read_structure(path, problems, "en")
    assert found is not None
    with path.open(encoding="utf-8-sig", newline="") as file:
        fields = [row[0] for row in csv.reader(file)][1:]
    assert [question.key for question in found.questions if "___" not in question.key] == fields
