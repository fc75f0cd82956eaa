"""Nasty files of every tool through a whole folder: what counts, what does not, and what is told.

The numbers in the names are those of the conformance list of hard cases. Every file here is made for its test.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from conftest import shared
from folders import PEOPLE, PRE, SETTINGS, answers, small, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaltools.analysis import analyse
from evaltools.disclosure import release
from evaltools.errors import Problems
from evaltools.exports.decode import decode_table
from evaltools.exports.grid import Grid, read_grid
from evaltools.exports.mapping import Mapping, Rule, read_mapping
from evaltools.exports.records import Catalogue
from evaltools.exports.responses import response_records
from evaltools.exports.times import point_in_time
from evaltools.folder import Evaluation, read_evaluation
from evaltools.instruments import shipped_instruments
from evaltools.ledger import open_ledger
from evaltools.policy import policies

RULES = SETTINGS.index("[[mapping.wide.columns]]")
AGREE = """
[mapping.wide.scales.agree]
labels = { "Stämmer inte alls" = 1, "Stämmer dåligt" = 2, "Stämmer delvis" = 3, "Stämmer bra" = 4, "Stämmer helt" = 5 }
missing = { "Vet ej" = "dont_know" }
"""
EXPECTED = {(1, "pre"): [1.0, 2.0, 5.0, 2.0], (2, "pre"): [3.0, 3.0, 4.0, 3.0], (0, "pre"): [5.0, 5.0, 1.0, 5.0]}
ROWS = (("AB01", "1", "2", "5", "2"), ("AB02", "3", "3", "4", "3"), ("007", "5", "5", "1", "5"))
QUESTIONS = ("js1", "js2", "js3", "js4")
FITS = "How well does this fit?"


def table(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    """Rows as a text file, quoted where needed."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return stream.getvalue()


def rules(*pairs: str) -> str:
    return "".join(f"[[mapping.wide.columns]]\nmatch = {{ {match} }}\n{meaning}\n"
                   for match, meaning in zip(pairs[::2], pairs[1::2], strict=True))  # fmt: skip


def items(kind: str, *names: str, scale: str = "") -> str:
    meaning = [f'item = "js{at}"' + (f'\nscale = "{scale}"' if scale else "") for at in range(1, 5)]
    return "".join(rules(f"{kind} = {json.dumps(name, ensure_ascii=False)}", what)
                   for name, what in zip(names, meaning, strict=True))  # fmt: skip


def one_wave(folder: Path, content: str | bytes, mapping: str, *, name: str = "pre.csv", entry: str = "",
             people: str = PEOPLE) -> Path:  # fmt: skip
    """A folder with one file of answers at the first wave."""
    start = SETTINGS[: SETTINGS.index('[[files]]\npath = "pre.csv"')]
    file = f'[[files]]\npath = "{name}"\ntable = "responses"\nmapping = "wide"\n' + (entry or 'wave = "pre"\n')
    return small(folder, {name: content, "people.csv": people}, settings=start + file + mapping)


def left_out(evaluation: Evaluation) -> dict[str, int]:
    """The rows left out of the answers by reason, the counts of the load log checked."""
    log = evaluation.load_log
    counted = log["rows_used"] + log["blank_rows"] + log["rows_left_out"]
    assert counted.tolist() == log["rows_read"].tolist()
    because = log.set_index("table").loc["responses", "left_out_because"]
    return {part.split(": ")[0]: int(part.split(": ")[1]) for part in str(because).split(", ") if part}


def by_person(evaluation: Evaluation) -> dict[tuple[int, str], list[float | str]]:
    found: dict[tuple[int, str], list[float | str]] = {}
    for (person, wave, _), answer in sorted(answers(evaluation).items()):
        found.setdefault((person, wave), []).append(answer)
    return found


def noted(evaluation: Evaluation) -> list[str]:
    return [note.key for note in evaluation.notes]


# -- every tool's own layout --------------------------------------------------------------------------------------


def limesurvey_code() -> str:
    head = ("id", "submitdate", "lastpage", "startlanguage", "seed", "token", *(f"Q1[{name}]" for name in QUESTIONS))
    return table([head, *((str(at), "2025-01-15 10:00:00", "2", "sv", "7", who, *given)
                          for at, (who, *given) in enumerate(ROWS, 1))])  # fmt: skip


def limesurvey_code_text() -> str:
    own = ("id. Response ID", "submitdate. Date submitted", "lastpage. Last page", "startlanguage. Start language",
           "token. Access code")  # fmt: skip
    head = (*own, *(f"Q1[{name}]. How well does this fit? [{name}]" for name in QUESTIONS))
    return table([head, *((str(at), "2025-01-15 10:00:00", "2", "sv", who, *given)
                          for at, (who, *given) in enumerate(ROWS, 1))])  # fmt: skip


def limesurvey_full() -> str:
    own = ("Response ID", "Date submitted", "Last page", "Start language", "Access code")
    head = (*own, *(f"How well? [{name}]" for name in QUESTIONS))
    return table([head, *((str(at), "2025-01-15 10:00:00", "2", "sv", who, *given)
                          for at, (who, *given) in enumerate(ROWS, 1))])  # fmt: skip


def limesurvey_vv() -> str:
    own = ("id", "submitdate", "lastpage", "startlanguage", "token")
    codes = (*own, *(f"Q1_{name}" for name in QUESTIONS))
    texts = ("Response ID", "Date submitted", "Last page", "Start language", "Access code", "One", "Two", "Two", "")
    return table([texts, codes, *((str(at), "2025-01-15 10:00:00", "2", "sv", who, *given)
                                  for at, (who, *given) in enumerate(ROWS, 1))], "\t")  # fmt: skip


QUALTRICS = ("StartDate", "Status", "Progress", "Finished", "RecordedDate", "ResponseId", "ExternalReference")


def qualtrics_row(at: int, who: str, given: Sequence[str], status: str = "0", finished: str = "1") -> list[str]:
    return ["2025-01-15 09:58:00", status, "100", finished, "2025-01-15 10:00:00", f"R_{at:07d}xyz", who, *given]


def qualtrics_rows() -> list[list[str]]:
    return [qualtrics_row(at, who, given) for at, (who, *given) in enumerate(ROWS, 1)]


def qualtrics_three(rows: list[list[str]], quote: str = '"') -> str:
    head = (*QUALTRICS, *(f"Q1_{at}" for at in range(1, 5)))
    localised = ("Startdatum", "Svarstyp", "Förlopp", "Slutförd", "Registrerat", "Svars-ID", "Extern referens",
                 *("Frågan - del",) * 4)  # fmt: skip
    ids = [f'{{"ImportId":"{name[0].lower()}{name[1:]}","timeZone":"Europe/Stockholm"}}' for name in QUALTRICS]
    ids += [f'{{"ImportId":"QID5","choiceId":"{at}"}}' for at in range(1, 5)]
    return table([head, localised, [cell.replace('"', quote) for cell in ids], *rows])


def qualtrics_one(rows: list[list[str]]) -> str:
    return table([(*QUALTRICS, *(f"Q1_{at}" for at in range(1, 5))), *rows])


def qualtrics_legacy(rows: list[list[str]]) -> str:
    names = ("V1", "V2", "V3", "V4", "V7", "V8", "V9", "V10", *(f"Q1_{at}" for at in range(1, 5)), "")
    texts = ("ResponseID", "ResponseSet", "Name", "ExternalDataReference", "Status", "StartDate", "EndDate", "Finished",
             *("Question",) * 4, "")  # fmt: skip
    told = [[row[5], "Default", "Anonymous", row[6], row[1], row[0], row[4], row[3], *row[7:], ""] for row in rows]
    return table([names, texts, *told])


def surveymonkey(two_rows: bool) -> str:
    own = ("Respondent ID", "Collector ID", "Start Date", "End Date", "Custom Data 1")
    questions = (FITS, "", "", "") if two_rows else QUESTIONS
    second = [("", "", "", "", "", *QUESTIONS, "Open-Ended Response")] if two_rows else []
    rows = [(str(70001234500 + at), "9", "01/15/2025", "01/15/2025", who, *given, "text")
            for at, (who, *given) in enumerate(ROWS)]  # fmt: skip
    return table([(*own, *questions, "Anything else?"), *second, *rows])


def google() -> str:
    return table([("Tidstämpel", "Din kod", *(f"Fråga [{name}]" for name in QUESTIONS)),
                  *(("2025/01/15 10:00:00", who, *given) for who, *given in ROWS)])  # fmt: skip


def microsoft() -> str:
    own = ("ID", "Starttid", "Slutförandetid", "E-post", "Namn", "Din kod")
    return table([(*own, *QUESTIONS), *((str(at), "2025-01-15 09:58:00", "2025-01-15 10:00:00", "anonymous", "", who,
                                         *given) for at, (who, *given) in enumerate(ROWS, 1))], ";")  # fmt: skip


def redcap_labels() -> str:
    head = ("Record ID", "Survey Identifier", "Survey Timestamp", *QUESTIONS, "Complete?")
    return table([head, *((who, "", "2025-01-15 10:00:00", *given, "Complete") for who, *given in ROWS)])


def redcap_raw() -> str:
    head = ("record_id", "redcap_survey_identifier", "survey_timestamp", *QUESTIONS, "survey_complete")
    return table([head, *((who, "", "2025-01-15 10:00:00", *given, "2") for who, *given in ROWS)])


def formr() -> str:
    names = ("session", "created", "modified", "ended", "expired", *QUESTIONS)
    rows = [(who, "2025-01-15 09:58:00", "2025-01-15 10:00:00", "2025-01-15 10:00:00", None, *given)
            for who, *given in ROWS]  # fmt: skip
    return json.dumps([dict(zip(names, row, strict=True)) for row in rows])


def kobo() -> str:
    head = (
        "start",
        "end",
        "code",
        *(f"page/{name}" for name in QUESTIONS),
        "_id",
        "_uuid",
        "_submission_time",
        "_index",
    )
    return table(
        [
            head,
            *(
                (
                    "2025-01-15T09:58:00.000+01:00",
                    "2025-01-15T10:00:00.000+01:00",
                    who,
                    *given,
                    str(at),
                    f"u{at}",
                    "2025-01-15T09:00:00",
                    str(at),
                )
                for at, (who, *given) in enumerate(ROWS, 1)
            ),
        ]
    )


def typeform() -> str:
    head = ("#", "Your code", *QUESTIONS, "Start Date (UTC)", "Submit Date (UTC)", "Network ID")
    return table([head, *((f"h{at}", who, *given, "2025-01-15 08:58:00", "2025-01-15 09:00:00", "x")
                          for at, (who, *given) in enumerate(ROWS, 1))])  # fmt: skip


LIME = items("code", *(f"Q1[{name}]" for name in QUESTIONS))
Q1 = items("code", *(f"Q1_{at}" for at in range(1, 5)))
OWN = 'column = "person"'
MADE: dict[str, tuple[str, str]] = {
    "limesurvey code": (limesurvey_code(), LIME),
    "limesurvey code text": (limesurvey_code_text(), LIME),
    "limesurvey full": (limesurvey_full(), rules('heading_regex = ".* \\\\[js(?P<n>.)\\\\]"', 'item = "js{n}"')),
    "limesurvey vv": (limesurvey_vv(), LIME),
    "qualtrics three rows": (qualtrics_three(qualtrics_rows()), items("code", *(f"QID5_{at}" for at in range(1, 5)))),
    "qualtrics names": (qualtrics_three(qualtrics_rows(), "'"), Q1),
    "qualtrics legacy": (qualtrics_legacy(qualtrics_rows()), Q1),
    "qualtrics one row": (qualtrics_one(qualtrics_rows()), Q1),
    "surveymonkey two rows": (surveymonkey(True), items("heading", *(f"{FITS} [{q}]" for q in QUESTIONS))),
    "surveymonkey one row": (surveymonkey(False), items("heading", *QUESTIONS)),
    "google forms": (google(), items("heading", *(f"Fråga [{name}]" for name in QUESTIONS))),
    "microsoft forms": (microsoft(), '[mapping.wide.rows]\nrespondent = "Din kod"\n' + items("heading", *QUESTIONS)),
    "redcap labels": (redcap_labels(), items("heading", *QUESTIONS)),
    "redcap raw": (redcap_raw(), items("code", *QUESTIONS)),
    "formr": (formr(), items("code", *QUESTIONS)),
    "kobo": (kobo(), '[mapping.wide.rows]\nrespondent = "code"\n' + items("code", *QUESTIONS)),
    "typeform": (typeform(), rules('heading = "Your code"', OWN) + items("heading", *QUESTIONS)),
}  # fmt: skip


@pytest.mark.parametrize("made", MADE)
def test_every_tools_export_gives_the_same_answers(tmp_path: Path, made: str) -> None:
    content, mapping = MADE[made]
    found = read_evaluation(one_wave(tmp_path, content, mapping))
    assert by_person(found) == EXPECTED
    assert left_out(found) == {}
    assert set(found.responses["status"]) == {"complete"}
    assert found.people["linked"].all()


@pytest.mark.parametrize("made", ["limesurvey code", "qualtrics one row", "kobo", "formr", "redcap raw"])
def test_times_are_kept_in_universal_time_where_the_zone_is_known(tmp_path: Path, made: str) -> None:
    content, mapping = MADE[made]
    source = '[mapping.wide.source]\ntimezone = "Europe/Stockholm"\n' if made != "kobo" else ""
    found = read_evaluation(one_wave(tmp_path, content, source + mapping))
    assert {str(moment) for moment in found.responses["answered_at"]} == {"2025-01-15 09:00:00+00:00"}


def test_08_three_rows_and_legacy_are_the_same_answers_and_times(tmp_path: Path) -> None:
    zone = '[mapping.wide.source]\ntimezone = "Europe/Stockholm"\n'
    utc = '[mapping.wide.source]\ntimezone = "UTC"\n'
    legacy = [[cell.replace("10:00:00", "09:00:00") for cell in row] for row in qualtrics_rows()]
    one = read_evaluation(one_wave(tmp_path / "a", qualtrics_three(qualtrics_rows()), zone + Q1)).responses
    two = read_evaluation(one_wave(tmp_path / "b", qualtrics_legacy(legacy), utc + Q1)).responses
    kept = ["wave", "item", "code", "missing", "response", "status"]
    assert one[kept].equals(two[kept])
    for each in (one, two):
        assert each["answered_at"].map(str).unique().tolist() == ["2025-01-15 09:00:00+00:00"]


@pytest.mark.parametrize("quote", ['"', "'"])
def test_09_import_ids_in_either_quotes_and_a_localised_second_row(tmp_path: Path, quote: str) -> None:
    mapping = items("code", *(f"QID5[{at}]" for at in range(1, 5)))
    found = read_evaluation(one_wave(tmp_path, qualtrics_three(qualtrics_rows(), quote), mapping))
    assert by_person(found) == EXPECTED
    assert "times_zone_from_file" in noted(found)


@pytest.mark.parametrize(
    "words", [("Survey Preview", "Survey Test", "Spam", "IP Address", "True"), ("1", "2", "8", "0", "1")]
)
def test_10_previews_tests_and_spam_are_counted_and_left_out(tmp_path: Path, words: Sequence[str]) -> None:
    *unreal, real, finished = words
    rows = [qualtrics_row(9, "XX99", ("1", "1", "1", "1"), status, finished) for status in unreal]
    rows += [qualtrics_row(at, who, given, real, finished) for at, (who, *given) in enumerate(ROWS, 1)]
    found = read_evaluation(one_wave(tmp_path, qualtrics_one(rows), Q1))
    assert by_person(found) == EXPECTED
    assert left_out(found) == {"preview": 1, "test": 2}


LIME_HEAD = ("id", "submitdate", "lastpage", "startlanguage", "token", *QUESTIONS)
LIME_ITEMS = items("code", *QUESTIONS)


def test_11_partial_opened_and_complete_without_a_date(tmp_path: Path) -> None:
    rows = [LIME_HEAD, ("1", "1980-01-01 00:00:00", "2", "sv", "AB01", "1", "", "5", ""),
            ("2", "", "1", "sv", "AB02", "3", "", "4", ""), ("3", "", "", "sv", "007", "", "", "", "")]  # fmt: skip
    found = read_evaluation(one_wave(tmp_path / "a", table(rows), LIME_ITEMS))
    assert by_person(found) == {(1, "pre"): [1.0, "skipped", 5.0, "skipped"],
                                (2, "pre"): [3.0, "skipped", 4.0, "not_reached"]}  # fmt: skip
    assert left_out(found) == {"opened_only": 1}
    assert found.responses["answered_at"].isna().all()
    assert sorted(set(found.responses["status"])) == ["complete", "partial"]
    strict = '[mapping.wide.rows]\npartial = "leave_out"\n'
    assert left_out(read_evaluation(one_wave(tmp_path / "b", table(rows), strict + LIME_ITEMS))) == {
        "opened_only": 1, "partial": 1,
    }  # fmt: skip


def test_12_other_is_decoded_as_declared_and_a_question_not_shown_has_its_reason(tmp_path: Path) -> None:
    head = ("id", "submitdate", "lastpage", "startlanguage", "token", "js1", "js1[other]", "js2", "js3", "js4")
    done = "2025-01-15 10:00:00"
    rows = [head, ("1", done, "2", "sv", "AB01", "-oth-", "KANARIE", "{question_not_shown}", "5", "2")]
    scale = '[mapping.wide.scales.s]\nlabels = { "A1" = 1, "A2" = 2, "-oth-" = 5 }\n'
    mapping = scale + rules('code = "js1"', 'item = "js1"\nscale = "s"') + items("code", *QUESTIONS).partition(
        'item = "js1"\n')[2]  # fmt: skip
    found = read_evaluation(one_wave(tmp_path, table(rows), mapping))
    assert by_person(found) == {(1, "pre"): [5.0, "not_shown", 5.0, 2.0]}


def test_13_duplicated_blank_and_endless_headings_are_read_by_position_and_code(tmp_path: Path) -> None:
    endless = "Hur väl " * 155
    head = ("token", "startlanguage", "submitdate", "lastpage", endless, "", endless, "js4")
    rows = [("AB01", "sv", "2025-01-15 10:00:00", "2", "9", "2", "5", "2")]
    mapping = "".join(rules(f"position = {at + 4}", f'item = "js{at}"') for at in (1, 2, 3))
    mapping += rules('code = "js4"', 'item = "js4"')
    assert "column E: The answer lies outside" in told(one_wave(tmp_path / "a", table([head, *rows]), mapping))
    mapping = mapping.replace("position = 5", f'heading = "{endless.strip()}"')
    message = told(one_wave(tmp_path / "b", table([head, *rows]), mapping))
    assert f"column G ({endless[:59]}…): The column means the same as column E ({endless[:59]}…)" in message


def test_15_several_choices_in_a_cell_are_never_split_by_guess(tmp_path: Path) -> None:
    mapping = '[mapping.wide.scales.s]\nlabels = { "Samtal, enskilt" = 1, "Grupp" = 2 }\n'
    mapping += rules('heading = "Code"', OWN, 'heading = "Q1"', 'item = "js1"\nscale = "s"')
    right = "Code;Q1\nAB01;Samtal, enskilt\nAB02;Grupp\n"
    assert by_person(read_evaluation(one_wave(tmp_path / "a", right, mapping))) == {
        (1, "pre"): [1.0],
        (2, "pre"): [2.0],
    }
    message = told(one_wave(tmp_path / "b", right.replace("AB02;Grupp", "AB02;Samtal, enskilt, Grupp"), mapping))
    assert "pre.csv, row 3, column B (Q1)" in message


@pytest.mark.parametrize("word", ["N/A", "None", "NA", "-", "n/a", "nan", "NULL", "#N/A"])
def test_16_words_that_programs_take_for_missing_stay_text_until_the_scale_says_otherwise(
    tmp_path: Path, word: str
) -> None:
    mapping = rules('heading = "Code"', OWN, 'heading = "Q1"', 'item = "js1"\nscale = "s"')
    content = f"Code;Q1\nAB01;{word}\n"
    unknown = '[mapping.wide.scales.s]\nlabels = { "Ja" = 1 }\n'
    assert "not one of those declared" in told(one_wave(tmp_path / "a", content, unknown + mapping))
    label = f'[mapping.wide.scales.s]\nlabels = {{ "{word}" = 1, "Ja" = 2 }}\n'
    assert by_person(read_evaluation(one_wave(tmp_path / "b", content, label + mapping))) == {(1, "pre"): [1.0]}
    missing = f'[mapping.wide.scales.s]\nlabels = {{ "Ja" = 2 }}\nmissing = {{ "{word}" = "not_applicable" }}\n'
    assert by_person(read_evaluation(one_wave(tmp_path / "c", content, missing + mapping))) == {
        (1, "pre"): ["not_applicable"]
    }


def test_17_codes_labels_and_both_are_read_and_a_misspelling_is_told_with_all_its_rows(tmp_path: Path) -> None:
    mapping = AGREE + rules('heading = "Code"', OWN) + items("heading", "Q1", "Q2", "Q3", "Q4", scale="agree")
    right = "Code;Q1;Q2;Q3;Q4\nAB01;4;4 – Stämmer bra;Stämmer bra ;vet ej\n"
    assert by_person(read_evaluation(one_wave(tmp_path / "a", right, mapping))) == {
        (1, "pre"): [4.0, 4.0, 4.0, "dont_know"]
    }
    wrong = right + "AB02;Stämer bra;1;1;1\n007;Stämer bra;1;1;Blå kanarie\n"
    message = told(one_wave(tmp_path / "b", wrong, mapping))
    assert "pre.csv, rows 3, 4, column B (Q1): The answer text is not one of those declared, but is like ‘" in (
        message
    )  # fmt: skip
    assert "pre.csv, row 4, column E (Q4): The answer text is not one of those declared." in message
    assert "Stämmer inte alls, Stämmer dåligt" in message
    assert "kanarie" not in message.casefold()
    assert "Stämer" not in message


def test_a_built_in_scale_may_be_named_and_the_mappings_own_goes_first(tmp_path: Path) -> None:
    mapping = rules('heading = "Code"', OWN, 'heading = "Q1"', 'item = "js1"\nscale = "agree5"')
    content = "Code;Q1\nAB01;Instämmer helt\nAB02;strongly agree\n007;Vet ej\n"
    assert by_person(read_evaluation(one_wave(tmp_path / "a", content, mapping))) == {
        (0, "pre"): ["dont_know"], (1, "pre"): [5.0], (2, "pre"): [5.0],
    }  # fmt: skip
    own = '[mapping.wide.scales.agree5]\nlabels = { "Instämmer helt" = 1 }\n'
    assert "not one of those declared" in told(one_wave(tmp_path / "b", content, own + mapping))


def workbook(rows: Sequence[Sequence[str | None]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_18_title_rows_are_asked_about_and_sums_and_notes_are_left_out(tmp_path: Path) -> None:
    rows: list[tuple[str | None, ...]] = [
        ("Enkät i hemtjänsten",), (None,), ("Code", "Q1", "Q2", "Q3", "Q4"), *ROWS, ("Summa", "9", "10", "10", "10"),
        (None, "3", "3", "3", "3"), (None,), ("Tre svar kom på papper.",), (None, "Källa: enkäten"),
    ]  # fmt: skip
    mapping = rules('heading = "Code"', OWN) + items("heading", "Q1", "Q2", "Q3", "Q4")
    message = told(one_wave(tmp_path / "a", workbook(rows), mapping, name="pre.xlsx"))
    assert "row 3: The headings seem to stand on this row" in message
    assert "header_rows = 3" in message
    asked = "[mapping.wide.source]\nheader_rows = 3\n"
    assert "row 8, column A (Code): The cell is blank" in told(
        one_wave(tmp_path / "b", workbook(rows), asked + mapping, name="pre.xlsx")
    )  # a row of answers without a code is nobody's guess
    rows[7] = ("Medelvärde", "3", "3", "3", "3")
    found = read_evaluation(one_wave(tmp_path / "c", workbook(rows), asked + mapping, name="pre.xlsx"))
    assert by_person(found) == EXPECTED
    assert left_out(found) == {"total_row": 2, "note_row": 2}


EVENTS = '[mapping.wide.waves]\nbaseline_arm_1 = "pre"\n"follow_arm_1/1" = "post"\n"follow_arm_1/2" = ""\n'


def redcap_long(*rows: Sequence[str]) -> str:
    head = ("record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "age", *QUESTIONS,
            "survey_complete")  # fmt: skip
    return table([head, *rows])


def test_22_redcap_by_event_and_instance(tmp_path: Path) -> None:
    content = redcap_long(
        ("AB01", "baseline_arm_1", "", "", "40", "1", "2", "5", "2", "2"),
        ("AB01", "follow_arm_1", "survey", "1", "", "2", "2", "5", "2", "2"),
        ("AB01", "follow_arm_1", "survey", "2", "", "3", "3", "3", "3", "2"),
        ("AB02", "baseline_arm_1", "", "", "51", "", "", "", "", "0"),
        ("AB02", "visit_arm_1", "", "", "51", "", "", "", "", "0"),
    )  # fmt: skip
    mapping = EVENTS + items("code", *QUESTIONS)
    found = read_evaluation(one_wave(tmp_path / "a", content, mapping, entry="\n"))
    assert by_person(found) == {(1, "pre"): [1.0, 2.0, 5.0, 2.0], (1, "post"): [2.0, 2.0, 5.0, 2.0]}
    assert left_out(found) == {"other_event": 1, "nothing_answered": 2}
    message = told(one_wave(tmp_path / "b", content.replace("baseline_arm_1", "other_arm_1"), mapping, entry="\n"))
    assert "row 2, column B (redcap_event_name): The word in the column does not stand under [mapping.wide.waves]" in (
        message
    )
    assert "other_arm_1" not in message
    no_instance = mapping.replace("follow_arm_1/1", "follow_arm_1").replace('"follow_arm_1/2" = ""\n', "")
    assert "row 4, column A (record_id): The person has answered the same questionnaire more than once" in told(
        one_wave(tmp_path / "c", content, no_instance, entry="\n")
    )
    assert "column mapping.wide.waves: The wave is not" in told(
        one_wave(tmp_path / "d", content, mapping.replace('"pre"', '"before"'), entry="\n")
    )


def test_22_a_survey_not_completed_is_partial_and_an_empty_project_has_no_answers(tmp_path: Path) -> None:
    head = ("record_id", "redcap_survey_identifier", "survey_timestamp", *QUESTIONS, "survey_complete")
    content = table([head, ("AB01", "", "[not completed]", "1", "2", "", "", "0")])
    found = read_evaluation(one_wave(tmp_path / "a", content, items("code", *QUESTIONS)))
    assert by_person(found) == {(1, "pre"): [1.0, 2.0, "not_reached", "not_reached"]}
    assert set(found.responses["status"]) == {"partial"}
    assert "no answers" in told(one_wave(tmp_path / "b", table([head]), items("code", *QUESTIONS)))
    assert "empty" in told(one_wave(tmp_path / "c", "\n", items("code", *QUESTIONS)))


def test_22_decimal_comma_and_dot_in_one_file(tmp_path: Path) -> None:
    scale = '[[scales]]\nid = "given"\nlabel = "G"\ngiven_as = "score"\nlow = 0\nhigh = 10\nitems = 4\n'
    scale += '[[scales]]\nid = "other"\nlabel = "O"\ngiven_as = "score"\nlow = 0\nhigh = 10\nitems = 4\n'
    content = table([("record_id", "comma", "dot", "form_complete"), ("AB01", "3,5", "4.25", "2")])
    mapping = scale + rules('code = "comma"', 'score = "given"', 'code = "dot"', 'score = "other"')
    found = read_evaluation(one_wave(tmp_path, content, mapping))
    assert by_person(found) == {(1, "pre"): [3.5, 4.25]}


@pytest.mark.parametrize(
    "number",
    ["19811218-9876", "811218-9876", "8112189876", "198112189876", "811218+9876", "811278-9873", "811218 9876"],
)
@pytest.mark.parametrize("text", ["{}", "ring mig, {} är mitt nummer"])
def test_23_a_personnummer_in_any_column_is_refused_and_never_printed(tmp_path: Path, number: str, text: str) -> None:
    content = PRE.replace("Q4\n", "Q4;Övrigt\n").replace(";2\nAB02", f";2;{text.format(number)}\nAB02")
    mapping = rules('heading = "Code"', OWN, 'heading_regex = "Q(?P<n>.)"', 'item = "js{n}"')
    message = told(one_wave(tmp_path / "a", content, mapping))
    assert "pre.csv, column F (Övrigt): The column seems to contain Swedish personal identity numbers" in message
    assert number not in message
    dropped = '[mapping.wide.privacy]\ndrop = ["Övrigt"]\n'
    assert read_evaluation(one_wave(tmp_path / "b", content, mapping + dropped)).notes == ()


def test_names_and_addresses_in_columns_that_nobody_reads_are_told_once(tmp_path: Path) -> None:
    content = PRE.replace("Q4\n", "Q4;E-post;Förnamn\n").replace(";2\nAB02", ";2;a.b@example.se;Kanarie\nAB02")
    mapping = rules('heading = "Code"', OWN, 'heading_regex = "Q(?P<n>.)"', 'item = "js{n}"')
    (note,) = read_evaluation(one_wave(tmp_path / "a", content, mapping)).notes
    assert note.key == "personal_columns_not_read"
    assert dict(note.details)["columns"] == "F (E-post), G (Förnamn)"
    drop = '[mapping.wide.privacy]\ndrop = ["E-post", "Förnamn"]\n'
    assert noted(read_evaluation(one_wave(tmp_path / "b", content, mapping + drop))) == []
    typo = '[mapping.wide.privacy]\ndrop = ["E-post", "Fornamn"]\n'
    assert noted(read_evaluation(one_wave(tmp_path / "c", content, mapping + typo))) == [
        "drop_not_found", "personal_columns_not_read",
    ]  # fmt: skip
    both = '[mapping.wide.privacy]\ndrop = ["Q1"]\n'
    assert "stands under drop but also has a rule" in told(one_wave(tmp_path / "d", content, mapping + both))


# -- duplicates -----------------------------------------------------------------------------------------------------

TWICE = [
    LIME_HEAD, ("1", "2025-01-15 10:00:00", "2", "sv", "AB01", "1", "1", "1", "1"),
    ("2", "2025-01-15 12:00:00", "2", "sv", "AB01", "2", "2", "2", "2"), ("3", "", "1", "sv", "AB01", "3", "3", "", ""),
]  # fmt: skip
ZONE = '[mapping.wide.source]\ntimezone = "Europe/Stockholm"\n'


def rule(name: str) -> str:
    return f'[mapping.wide.rows]\nduplicates = "{name}"\n'


def test_24_a_person_twice_is_told_with_the_rules_that_may_be_stated(tmp_path: Path) -> None:
    message = told(one_wave(tmp_path, table(TWICE), LIME_ITEMS))
    assert "pre.csv, rows 3, 4, column E (token): The person has answered" in message
    assert 'duplicates = "last_complete"' in message
    assert "[mapping.wide.rows]" in message
    assert message.startswith("One error")


@pytest.mark.parametrize(("name", "kept"), [("first", 1.0), ("last_complete", 2.0)])
@pytest.mark.parametrize("backwards", [False, True])
def test_24_the_stated_rule_goes_by_time_and_not_by_the_order_of_rows(
    tmp_path: Path, name: str, kept: float, backwards: bool
) -> None:
    head, *rows = TWICE[:3]
    content = table([head, *(rows[::-1] if backwards else rows), TWICE[3]])
    if name == "first":
        content = content.replace("3,,1,sv,AB01", "3,,1,sv,AB02")
    found = read_evaluation(one_wave(tmp_path, content, ZONE + rule(name) + LIME_ITEMS))
    assert by_person(found)[1, "pre"] == [kept] * 4
    assert left_out(found) == {"duplicate": 1 if name == "first" else 2}


def test_24_without_a_zone_the_rule_asks_for_it(tmp_path: Path) -> None:
    message = told(one_wave(tmp_path / "a", table(TWICE), rule("last_complete") + LIME_ITEMS))
    assert "pre.csv, rows 2, 3, column B (submitdate): It is not known which time zone" in message
    one_complete = table([TWICE[0], TWICE[1], TWICE[3]])
    found = read_evaluation(one_wave(tmp_path / "b", one_complete, rule("last_complete") + LIME_ITEMS))
    assert by_person(found) == {(1, "pre"): [1.0] * 4}  # complete before partial needs no time
    same = table([TWICE[0], TWICE[1], ("2", "2025-01-15 10:00:00", "2", "sv", "AB01", "2", "2", "2", "2")])
    assert "it cannot be seen which answer came first" in told(
        one_wave(tmp_path / "c", same, ZONE + rule("last_complete") + LIME_ITEMS)
    )


def test_24_without_any_times_the_first_is_the_first_in_the_file(tmp_path: Path) -> None:
    mapping = rules('heading = "Code"', OWN, 'heading_regex = "Q(?P<n>.)"', 'item = "js{n}"')
    content = PRE + "AB01;5;5;5;5\n"
    found = read_evaluation(one_wave(tmp_path / "a", content, rule("first") + mapping))
    assert by_person(found)[1, "pre"] == [1.0, 2.0, 5.0, 2.0]
    assert left_out(found) == {"duplicate": 1}
    assert "it cannot be seen which answer came first" in told(
        one_wave(tmp_path / "b", content, rule("last_complete") + mapping)
    )


def test_24_a_file_loaded_twice_or_copied_is_refused(tmp_path: Path) -> None:
    twice = SETTINGS.replace('path = "post.csv"', 'path = "pre.csv"').replace('wave = "post"', 'wave = "pre"')
    assert "EV-184 evaluation.toml, row 35: The file pre.csv stands twice" in told(
        small(tmp_path / "a", settings=twice)
    )
    assert "post.csv: The file has exactly the same content as pre.csv" in told(
        small(tmp_path / "b", {"post.csv": PRE})
    )
    both = SETTINGS.replace('path = "post.csv"', 'path = "pre.csv"')  # as two waves: no change, and untrue
    assert "EV-184 evaluation.toml, row 35: The file pre.csv stands twice" in told(small(tmp_path / "c", settings=both))
    other = SETTINGS[RULES:].replace("wide", "then").replace('"Q(?P<number>[1-4])"', '"T(?P<number>[1-4])"')
    at, asked = both.rindex('mapping = "wide"'), "Code;Q1;Q2;Q3;Q4;T1;T2;T3;T4\nAB01;1;2;5;2;2;3;4;3\n"
    settings = both[:at] + both[at:].replace('mapping = "wide"', 'mapping = "then"', 1) + other
    found = read_evaluation(small(tmp_path / "d", {"pre.csv": asked}, settings=settings))  # other columns of the file
    assert by_person(found) == {(1, "pre"): [1.0, 2.0, 5.0, 2.0], (1, "post"): [2.0, 3.0, 4.0, 3.0]}


# -- anonymous waves ------------------------------------------------------------------------------------------------

ANONYMOUS = "[mapping.wide.rows]\nanonymous = true\n" + rules('heading_regex = "Q(?P<n>.)"', 'item = "js{n}"')


def anonymous_folder(folder: Path, post: str = "Q1;Q2;Q3;Q4\n" + "4;4;2;4\n" * 6) -> Path:
    """Six people with codes before, six without after."""
    codes = [f"P{at}" for at in range(6)]
    people = "Person;Group\n" + "".join(f"{code};A\n" for code in codes)
    pre = "Code;Q1;Q2;Q3;Q4\n" + "".join(f"{code};3;3;3;{1 + at % 3}\n" for at, code in enumerate(codes))
    settings = SETTINGS.replace('wave = "post"\nmapping = "wide"', 'wave = "post"\nmapping = "no_codes"')
    more = ANONYMOUS.replace("mapping.wide", "mapping.no_codes")
    return small(folder, {"people.csv": people, "pre.csv": pre, "post.csv": post}, settings=settings, more=more)


def test_an_anonymous_wave_has_its_mean_and_no_pair_and_says_so(tmp_path: Path) -> None:
    found = read_evaluation(anonymous_folder(tmp_path))
    assert found.people["linked"].tolist() == [True] * 6 + [False] * 6
    assert noted(found) == ["wave_not_linked"]
    estimates = analyse(found).estimates
    own = estimates[(estimates["group_by"] == "evaluation") & (estimates["scale"] == "job_satisfaction")]
    level = own[own["wave"] == "post"].set_index("measure")
    assert (level.loc["people_measured", "n"], level.loc["mean", "value"]) == (6, 4.0)
    assert own[own["measure"] == "pairs"]["n"].tolist() == [0]
    assert own[own["measure"] == "panel_mean"]["n"].tolist() == [0, 0]


@pytest.mark.parametrize(
    "plan", ["", '[[evaluation_plan]]\nwhat = "job_satisfaction"\nwave = "post"\nto = "commissioner"\n']
)
def test_nothing_of_people_without_codes_can_go_out(tmp_path: Path, plan: str) -> None:
    folder = anonymous_folder(tmp_path)
    (folder / "evaluation.toml").write_text((folder / "evaluation.toml").read_text() + plan)
    ledger = open_ledger(folder)
    analysis = analyse(read_evaluation(folder), ledger)
    unlinked = set(read_evaluation(folder).people.query("~linked")["person"])
    sets = analysis.estimates[analysis.estimates["measure"] == "panel_mean"]["people_set"]
    assert not any(unlinked & analysis.sets[number] for number in sets)
    out = release(analysis, policies()["standard"], ledger)
    document = out.document
    assert document["figures"] == []
    assert document["changes"] == []


def test_anonymous_answers_need_their_group_and_no_codes(tmp_path: Path) -> None:
    groups = SETTINGS.replace('[[waves]]\nid = "pre"', '[[groups]]\nid = "B"\nlabel = "B"\n\n[[waves]]\nid = "pre"')
    start = groups[: groups.index('[[files]]\npath = "pre.csv"')]
    entry = '[[files]]\npath = "pre.csv"\ntable = "responses"\nwave = "pre"\nmapping = "wide"\n'
    content = "Avdelning;Q1;Q2;Q3;Q4\nA;1;2;5;2\nB;1;2;5;2\n"
    assert "which group the anonymous answers come from" in told(
        small(tmp_path / "a", {"pre.csv": content}, settings=start + entry + ANONYMOUS)
    )
    found = read_evaluation(
        small(tmp_path / "b", {"pre.csv": content}, settings=start + entry + 'group = "B"\n' + ANONYMOUS)
    )
    assert found.people["group"].tolist() == ["A", "A", "A", "B", "B"]
    column = ANONYMOUS + rules('heading = "Avdelning"', 'column = "group"')
    found = read_evaluation(small(tmp_path / "c", {"pre.csv": content}, settings=start + entry + column))
    assert sorted(found.people["group"][3:]) == ["A", "B"]
    codes = ANONYMOUS + rules('heading = "Avdelning"', OWN)
    assert "points out a column of person codes" in told(
        small(tmp_path / "d", {"pre.csv": content}, settings=start + entry + codes)
    )


def test_the_same_anonymous_answers_within_ten_minutes_are_told(tmp_path: Path) -> None:
    content = "Submitted;Q1;Q2;Q3;Q4\n2025-01-15 10:00;1;2;5;2\n2025-01-15 10:08;1;2;5;2\n2025-01-15 10:19;1;2;5;2\n"
    mapping = ZONE + ANONYMOUS.replace("anonymous = true", 'anonymous = true\nsubmitted = "Submitted"')
    notes = read_evaluation(one_wave(tmp_path, content, mapping)).notes
    assert [(note.key, note.row) for note in notes if note.row] == [("same_answers_soon", 3)]


def test_a_blank_code_among_codes_is_told(tmp_path: Path) -> None:
    mapping = rules('heading = "Code"', OWN, 'heading_regex = "Q(?P<n>.)"', 'item = "js{n}"')
    assert "row 3, column A (Code): The cell is blank" in told(one_wave(tmp_path, PRE.replace("AB02", ""), mapping))


# -- times ----------------------------------------------------------------------------------------------------------


def test_times_that_nobody_needs_are_let_be_and_those_that_are_mapped_are_asked_for(tmp_path: Path) -> None:
    mapping = rules('heading = "Code"', OWN, 'heading_regex = "Q(?P<n>.)"', 'item = "js{n}"')
    content = "Timestamp;Code;Q1;Q2;Q3;Q4\n3/4/2025 9:05:00;AB01;1;2;5;2\n4/4/2025 9:05:00;AB02;3;3;4;3\n"
    found = read_evaluation(one_wave(tmp_path / "a", content, mapping))
    assert noted(found) == []
    without = content.replace("Timestamp;Code;", "Timestamp;Kod;")
    assert "times_not_read" in noted(read_evaluation(one_wave(tmp_path / "e", without, ANONYMOUS)))
    assert found.responses["answered_at"].isna().all()
    rows = '[mapping.wide.rows]\nsubmitted = "Timestamp"\n'
    assert "rows 2, 3, column A (Timestamp): It is not known what is the day" in told(
        one_wave(tmp_path / "b", content, rows + mapping)
    )
    order = ZONE + 'date_order = "dmy"\n'
    found = read_evaluation(one_wave(tmp_path / "c", content, rows + mapping + order))
    assert str(found.responses["answered_at"].min()) == "2025-04-03 07:05:00+00:00"
    short = content.replace("/2025", "")
    assert "has no year" in told(one_wave(tmp_path / "d", short, rows + mapping + order))


@pytest.mark.parametrize(
    ("text", "order", "zone", "expected"),
    [
        ("2020/06/05 11:34:01 AM EST", "", "America/Jamaica", "2020-06-05 16:34:01+00:00"),
        ("2020/06/05 11:34:01 AM EDT", "", "America/New_York", "2020-06-05 15:34:01+00:00"),
        ("12/13/2019 12:02:32", "mdy", "Europe/Stockholm", "2019-12-13 11:02:32+00:00"),
        ("13.12.2019 12:02 AM", "dmy", "UTC", "2019-12-13 00:02:00+00:00"),
        ("1/2/2019 12:02 PM", "dmy", "UTC", "2019-02-01 12:02:00+00:00"),
        ("2019-12-13T12:02:32.123+05:30", "", "", "2019-12-13 06:32:32+00:00"),
        ("2019-12-13 12:02:32 UTC", "", "Europe/Stockholm", "2019-12-13 12:02:32+00:00"),
        ("2025-10-26 02:30:00 CET", "", "Europe/Stockholm", "2025-10-26 01:30:00+00:00"),
        ("2025-10-26 02:30:00 CEST", "", "Europe/Stockholm", "2025-10-26 00:30:00+00:00"),
    ],
)
def test_a_point_in_time_is_read_as_declared(text: str, order: str, zone: str, expected: str) -> None:
    moment, key = point_in_time(text, order, zone)
    assert (str(moment), key) == (expected, "")


@pytest.mark.parametrize(
    ("text", "order", "zone", "key"),
    [
        ("2020/06/05 11:34:01 AM EST", "", "Europe/Stockholm", "time_suffix_unclear"),
        ("2020/06/05 11:34:01 AM EST", "", "America/New_York", "time_suffix_unclear"),  # in June it is EDT there
        ("5/6/2020 11:34", "", "UTC", "time_order_missing"),
        ("13/13/2020 11:34", "dmy", "UTC", "time_unreadable"),
        ("5/6/20 11:34", "dmy", "UTC", "time_unreadable"),
        ("5/6/2020 13:34 PM", "dmy", "UTC", "time_unreadable"),
        ("2020-05-06 11:34+99:99", "", "", "time_unreadable"),
        ("10/1 11:34", "dmy", "UTC", "date_without_year"),
        ("i går", "dmy", "UTC", "time_unreadable"),
        ("2020-05-06 11:34", "", "", "time_zone_missing"),
        ("2020-05-06 11:34", "", "Sverige", "time_zone_missing"),
    ],
)
def test_a_time_that_is_not_clear_is_none(text: str, order: str, zone: str, key: str) -> None:
    assert point_in_time(text, order, zone) == (None, key)


@pytest.mark.parametrize("text", ["2025-10-26 02:30", "2025-03-30 02:30"])
def test_an_hour_that_the_clock_shows_twice_or_never_is_flagged(text: str) -> None:
    moment, key = point_in_time(text, "", "Europe/Stockholm")
    assert key == "times_in_autumn_hour"
    assert moment is not None


@given(st.text(max_size=30), st.sampled_from(["", "dmy", "mdy", "ymd"]), st.sampled_from(["", "UTC", "../x", "a b"]))
def test_no_text_breaks_the_reading_of_times(text: str, order: str, zone: str) -> None:
    moment, key = point_in_time(text, order, zone)
    assert (moment is None) == (key != "")


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ('[mapping.x.source]\ntool = "papper"', "mapping.x.source.tool"),
        ('[mapping.x.source]\ndate_order = "dym"', "mapping.x.source.date_order"),
        ('[mapping.x.source]\ntimezone = "Sverige"', "Sverige"),
        ("[mapping.x.source]\ntimezone = 1", "mapping.x.source.timezone"),
        ('[mapping.x.rows]\npartial = "drop"', "mapping.x.rows.partial"),
        ("[mapping.x.rows]\npartial = [1]", "mapping.x.rows.partial"),
        ('[mapping.x.rows]\nduplicates = "last"', "mapping.x.rows.duplicates"),
        ("[mapping.x.rows]\nanonymous = 1", "mapping.x.rows.anonymous"),
        ("[mapping.x.rows]\nrespondent = 1", "mapping.x.rows.respondent"),
        ("[mapping.x.rows]\ncomplete = 1", "mapping.x.rows.complete"),
        ("[mapping.x]\nrows = 1", "mapping.x.rows"),
        ("[mapping.x]\nwaves = 1", "mapping.x.waves"),
        ("[mapping.x.waves]\na = 1", "mapping.x.waves.a"),
        ('[mapping.x.privacy]\ndrop = "A"', "mapping.x.privacy.drop"),
        ("[mapping.x.privacy]\ndrop = [1]", "mapping.x.privacy.drop"),
        ('[mapping.x.privacy]\npersonnummer = "refuse"', "mapping.x.privacy.personnummer"),
        ('[mapping.wide.rows]\nrespondent = "Kod"', "respondent = Kod"),
        ('[mapping.wide.rows]\nrespondent = "Code"', "fits two rules"),
    ],
)
def test_every_new_part_of_a_mapping_has_one_form(tmp_path: Path, section: str, place: str) -> None:
    assert place in told(small(tmp_path, more=section))


# -- laws -----------------------------------------------------------------------------------------------------------

cells = st.sampled_from(["", "1", "3", "5", "{question_not_shown}"])
lime_rows = st.lists(
    st.tuples(st.sampled_from(["", "2025-01-15 10:00:00", "1980-01-01 00:00:00"]),
              st.sampled_from(["AB01", "AB02", "007"]),
              cells, cells, cells, cells, st.sampled_from(["row", "blank", "Summa"])), max_size=8)  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=lime_rows)
def test_rows_read_are_rows_used_and_left_out(rows: list[tuple[str, ...]]) -> None:
    lines = [LIME_HEAD]
    for at, (done, who, *given_answers, kind) in enumerate(rows):
        row = (str(at), done, "1", "sv", who, *given_answers)
        lines.append(("",) * 9 if kind == "blank" else ("Summa", *row[1:4], "", *row[5:]) if kind == "Summa" else row)
    grid = Grid("x.csv", "", tuple(lines), tuple(range(1, len(lines) + 1)))
    problems = Problems()
    table_of = {"rows": {"duplicates": "first", "partial": "leave_out"},
                "columns": [{"match": {"code": name}, "item": name} for name in QUESTIONS]}  # fmt: skip
    mapping = read_mapping("m", table_of, "evaluation.toml", problems)
    catalogue = Catalogue.of(shipped_instruments(), ["pre"])
    found = response_records(grid, mapping, "pre", "", catalogue, problems)
    used = found.rows_read - found.blank_rows - found.left_out.total()
    assert found.rows_read == len(rows)
    assert found.blank_rows == sum(row[-1] == "blank" for row in rows)
    assert used == len(set(found.source.rows))
    assert len(found.values) == 4 * used
    assert used <= 3  # so many people


# -- SPSS -----------------------------------------------------------------------------------------------------------


def spss(rows: Sequence[Sequence[str]], problems: Problems, *, missing: dict[str, str] | None = None) -> list[object]:
    scale = {"labels": {"Inte alls": 1, "Lite": 2, "Helt": 5}, "missing": missing or {}}
    table_of = {"scales": {"s": scale}, "columns": [{"match": {"code": "code"}, "column": "person"},
                                                    {"match": {"code": "js1"}, "item": "js1",
                                                     "scale": "s"}]}  # fmt: skip
    mapping = read_mapping("m", table_of, "evaluation.toml", problems)
    labels = {1: {"0": "Inte alls", "1": "Lite", "4": "Helt", "98": "Vill inte svara", "99": "Okänt"}}
    grid = Grid("x.sav", "", (("code", "js1"), *rows), tuple(range(1, len(rows) + 2)), "sav", labels=labels,
                user_missing={1: frozenset({"98", "99"})})  # fmt: skip
    found = response_records(grid, mapping, "pre", "", Catalogue.of(shipped_instruments(), ["pre"]), problems)
    frame = decode_table(found.values, "responses", found.source, problems)
    return [code if code == code else missing for code, missing in zip(frame["code"], frame["missing"], strict=True)]


def test_spss_codes_are_decoded_by_their_own_labels_and_missing_codes_by_their_reason() -> None:
    problems = Problems()
    assert spss([("a", "0"), ("b", "4"), ("c", "98"), ("d", "")], problems) == [1.0, 5.0, "refused"]
    assert problems.errors == []


def test_a_missing_code_of_spss_without_a_reason_is_asked_about() -> None:
    problems = Problems()
    spss([("a", "99"), ("b", "4")], problems)
    assert [(found.key, found.row) for found in problems.errors] == [("user_missing_unclear", 2)]
    problems = Problems()
    assert spss([("a", "99"), ("b", "4")], problems, missing={"99": "invalid"}) == ["invalid", 5.0]
    assert spss([("a", "99"), ("b", "4")], problems, missing={"Okänt": "not_shown"}) == ["not_shown", 5.0]
    assert problems.errors == []


# -- files that are not what they seem, and real ones -----------------------------------------------------------------


def test_json_that_is_no_list_of_answers_is_refused(tmp_path: Path) -> None:
    assert "not a table of answers" in told(one_wave(tmp_path, '{"name": "x", "items": []}', ANONYMOUS, name="x.json"))


def real(path: str, tool: str, *columns: str) -> tuple[Grid, Mapping, Problems]:
    problems = Problems()
    grid = read_grid(shared(path), path, problems)
    assert grid is not None
    mapping = Mapping(
        "m", tool=tool, rules=tuple(Rule({"code": code}, item=f"js{at}") for at, code in enumerate(columns, 1))
    )
    return grid, mapping, problems


def test_real_qualtrics_files_of_the_same_answers_are_read_alike() -> None:
    values = []
    for path in ("exports/qualtrics/qualtrics_sample.csv", "exports/qualtrics/qualtrics_sample_legacy.csv"):
        grid, mapping, problems = real(path, "", "Q1")
        found = response_records(grid, mapping, "pre", "", Catalogue.of(shipped_instruments(), ["pre"]), problems)
        assert found.rows_read - found.blank_rows - found.left_out.total() == len(set(found.source.rows))
        values.append([(record["response"], record["code"], record["status"]) for record in found.values])
        assert problems.errors == []
    assert values[0] == values[1]
    assert values[0]


@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("exports/redcap/redcapr_survey_data.csv", "pmq1"),
        ("exports/redcap/redcapr_longitudinal_data.csv", "pmq1"),
        ("exports/redcap/redcapr_repeating-instruments_data.csv", "bp_systolic"),
    ],
)
def test_real_redcap_rows_are_all_accounted_for(path: str, column: str) -> None:
    grid, mapping, problems = real(path, "redcap", column)
    found = response_records(grid, mapping, "pre", "", Catalogue.of(shipped_instruments(), ["pre"]), problems)
    at = grid.rows[0].index(column)
    answered = sum(1 for row in grid.rows[1:] if row[at])
    assert found.rows_read == len(grid.rows) - 1
    assert found.left_out["nothing_answered"] + found.left_out["opened_only"] == found.rows_read - answered
