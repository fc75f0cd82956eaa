"""Which tool a file comes from: newly written files that have each tool's signature, and the real ones beside us."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from evaltools.errors import Problems
from evaltools.exports.documents import read_document
from evaltools.exports.grid import Grid, read_grid
from evaltools.exports.recognition import Recognition, signatures
from evaltools.exports.signatures import STATUSES, recognise, row_statuses
from evaltools.language import languages, texts


class Export(NamedTuple):
    """A newly written file, what it should be taken for, and the status of its rows."""

    content: bytes
    tool: str
    variant: str
    confidence: str = "certain"
    statuses: tuple[str, ...] = ()


def text(*lines: str, encoding: str = "utf-8", ending: str = "\r\n") -> bytes:
    return (ending.join(lines) + ending).encode(encoding)


def workbook(rows: list[list[object]], title: str = "Sheet1") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def archive(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return stream.getvalue()


FIELDS = ("startDate", "status", "finished", "_recordId", "QID1")
IDS = ",".join(f'"{{""ImportId"":""{name}""}}"' for name in FIELDS)
PYTHON_IDS = ",".join(f"\"{{'ImportId': '{name}'}}\"" for name in FIELDS)
QUALTRICS = "StartDate,Status,Finished,ResponseId,Q1"
LSS = (
    b'<?xml version="1.0" encoding="UTF-8"?><document><LimeSurveyDocType>Survey</LimeSurveyDocType><DBVersion>638'
    b"</DBVersion><languages><language>sv</language></languages><questions><rows><row><qid>1</qid><parent_qid>0"
    b"</parent_qid></row><row><qid>2</qid><parent_qid>1</parent_qid></row></rows></questions></document>"
)


def labelled(suffix: str, **options: Any) -> bytes:
    """A small file of SPSS or Stata, as another program writes it."""
    writers = {".sav": pyreadstat.write_sav, ".por": pyreadstat.write_por, ".dta": pyreadstat.write_dta}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"data{suffix}"
        writers[suffix](pd.DataFrame({"KOD": ["AB12", "AB13"], "Q1": [1.0, 4.0]}), path, **options)
        return path.read_bytes()


EXPORTS = {
    "limesurvey_code.csv": Export(
        text(
            '"id","submitdate","lastpage","startlanguage","seed","token","G01Q01[SQ001]"',
            '"1","1980-01-01 00:00:00","2","sv","77","ab1","A3"',
            '"2","","1","sv","78","ab2","A1"',
            '"3","","","sv","79","ab3",""',
            "",
            encoding="utf-8-sig",
        ),
        "limesurvey",
        "code",
        statuses=("complete", "partial", "empty", "empty"),
    ),
    "limesurvey_full.csv": Export(
        text(
            '"Svars-ID";"Datum inskickat";"Sista sidan";"Startspråk";"Hur nöjd är du? [Lön]"',
            '"1";"2025-01-02 10:00:00";"1";"sv";"Mycket"',
        ),
        "limesurvey",
        "full",
        statuses=("complete",),
    ),
    "limesurvey_codetext.csv": Export(
        text('"id. Response ID","submitdate. Date submitted","lastpage. Last page","Q1. Nöjd?"', '"1","","1","4"'),
        "limesurvey",
        "code_text",
        statuses=("partial",),
    ),
    "vvexport.csv": Export(
        text(
            "Svar\tInskickat\tSpråk\tNöjd?",
            "id\tsubmitdate\tstartlanguage\tQ1",
            "1\t2025-01-01\tsv\t{question_not_shown}",
        ),
        "limesurvey",
        "vv",
        statuses=("complete",),
    ),
    "structure.txt": Export(
        text("id\trelated_id\tclass\ttype/scale\tname", "\t\tS\t\tsid"), "limesurvey", "tsv_structure"
    ),
    "structure.lss": Export(LSS, "limesurvey", "lss"),
    "archive.lsa": Export(
        archive({"survey_1.lss": LSS, "survey_1_responses.lsr": b"<document/>"}), "limesurvey", "lsa"
    ),
    "survey_1_R_syntax_file.R": Export(
        text('data <- read.csv("survey_1_R_data_file.csv")', 'attributes(data)$variable.labels[1] <- "id"'),
        "limesurvey",
        "r_syntax",
    ),
    "survey_1_SPSS_syntax_file.sps": Export(
        text("GET DATA /FILE='survey_1_SPSS_data_file.dat'.", "VARIABLE LABELS V1 'Nöjd'."), "limesurvey", "spss_syntax"
    ),
    "qualtrics.csv": Export(
        text(
            QUALTRICS,
            "Startdatum,Status,Klar,Svars-ID,Nöjd?",
            IDS,
            "2025-01-01,IP Address,True,R_1aaaaaaa,4",
            "2025-01-01,Survey Preview,True,R_1aaaaaab,4",
            "2025-01-01,Survey Test,1,R_1aaaaaac,4",
            "2025-01-01,0,0,R_1aaaaaad,2",
            "2025-01-01,0,False,R_1aaaaaae,",
        ),
        "qualtrics",
        "three_rows",
        statuses=("complete", "preview", "test", "partial", "empty"),
    ),
    "qualtrics_python.csv": Export(
        text(QUALTRICS, "a,b,c,d,e", PYTHON_IDS, "2025,0,1,R_1,4"), "qualtrics", "three_rows", statuses=("complete",)
    ),
    "qualtrics_legacy.csv": Export(
        text(
            "V1,V2,V3,V7,V10,Q1,",
            "ResponseID,ResponseSet,Name,Status,Finished,Nöjd?,",
            "R_1,Default,Anonymous,0,1,4,",
            "R_2,Default,Anonymous,1,1,4,",
            encoding="utf-8-sig",
        ),
        "qualtrics",
        "legacy",
        statuses=("complete", "preview"),
    ),
    "qualtrics_one.csv": Export(
        text("ResponseId,RecordedDate,Status,Finished,Q1", "R_1aaaaaaa,2025-01-01,2,1,4"),
        "qualtrics",
        "one_row",
        statuses=("test",),
    ),
    "qualtrics_two.csv": Export(
        text(
            "ResponseId,RecordedDate,Status,Finished,Q1", "Svars-ID,Datum,Typ,Klar,Nöjd?", "R_1aaaaaaa,2025-01-01,0,1,4"
        ),
        "qualtrics",
        "two_rows",
        "likely",
        ("complete",),
    ),
    "qualtrics.xml": Export(
        b"<Responses><Response><_recordId>R_1</_recordId><recordedDate>2025-01-01</recordedDate><status>0</status><finished>1</finished><Q1>4</Q1></Response></Responses>",
        "qualtrics",
        "xml",
        statuses=("complete",),
    ),
    "survey.qsf": Export(
        json.dumps({"SurveyEntry": {}, "SurveyElements": [{"Element": "SQ"}, {"Element": "BL"}]}).encode("utf-8-sig"),
        "qualtrics",
        "qsf",
    ),
    "surveymonkey.csv": Export(
        text(
            "Respondent ID,Collector ID,Start Date,End Date,Nöjd?,",
            ",,,,Response,Open-Ended Response",
            "1,9,2025-01-01,2025-01-01,4,",
            "2,9,2025-01-01,2025-01-01,,",
        ),
        "surveymonkey",
        "two_rows",
        statuses=("complete", "empty"),
    ),
    "surveymonkey_one.csv": Export(
        text("RespondentID,Nöjd?", "1,4"), "surveymonkey", "one_row", "likely", ("complete",)
    ),
    "google_forms.csv": Export(
        text('"Tidstämpel","Din kod","Nöjd? [Lön]"', '"2020/06/05 11:34:01 AM EST","AB12","4"'),
        "google_forms",
        "",
        "likely",
        ("complete",),
    ),
    "google_forms.xlsx": Export(
        workbook([["Timestamp", "Nöjd?"], ["12/13/2019 12:02:32", 4]], "Form Responses 1"),
        "google_forms",
        "",
        statuses=("complete",),
    ),
    "microsoft_forms.xlsx": Export(
        workbook(
            [
                ["ID", "Starttid", "Slutförandetid", "E-post", "Namn", "Nöjd?"],
                [1, "2025-01-01 10:00", "2025-01-01 10:05", "anonymous", None, "4"],
            ]
        ),
        "microsoft_forms",
        "",
        statuses=("complete",),
    ),
    "redcap.csv": Export(
        text("record_id,kon___1,kon___2,q1,bas_complete", "1,1,0,4,2", "2,0,0,3,1"),
        "redcap",
        "raw",
        statuses=("complete", "partial"),
    ),
    "redcap_long.csv": Export(
        text("study_id,redcap_event_name,q1,bas_complete", "1,start_arm_1,4,2", "1,slut_arm_1,,0"),
        "redcap",
        "longitudinal",
        statuses=("complete", "empty"),
    ),
    "redcap_repeat.csv": Export(
        text("record_id,redcap_repeat_instrument,redcap_repeat_instance,bp,bp_complete", "1,bp,1,120,2"),
        "redcap",
        "repeating",
        statuses=("complete",),
    ),
    "redcap_both.csv": Export(
        text(
            "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,bp,bp_timestamp,bp_complete",
            "1,a_arm_1,bp,1,120,[not completed],0",
        ),
        "redcap",
        "longitudinal_repeating",
        statuses=("partial",),
    ),
    "redcap_labels.csv": Export(
        text("Record ID,Event Name,Kön (choice=Man),Nöjd?,Complete?", "1,Start,Checked,Ja,Complete"),
        "redcap",
        "labels",
        statuses=("complete",),
    ),
    "redcap_dictionary.csv": Export(
        text('"Variable / Field Name","Form Name","Field Type"', "record_id,bas,text"), "redcap", "dictionary"
    ),
    "redcap_events.csv": Export(
        text("event_name,arm_num,unique_event_name", "Start,1,start_arm_1"), "redcap", "events"
    ),
    "formr.json": Export(
        b'[{"session":"a1","created":"2025-01-01","modified":"2025-01-01","ended":"2025-01-01","expired":null,"q1":"4"},'
        b'{"session":"a2","created":"2025-01-01","modified":"2025-01-01","ended":null,"expired":"2025-02-01","q1":"4"},'
        b'{"session":"a3","created":"2025-01-01","modified":null,"ended":null,"expired":null,"q1":null}]',
        "formr",
        "json",
        statuses=("complete", "partial", "empty"),
    ),
    "formr.csv": Export(
        text("session,created,modified,ended,q1R", "a1,2025,2025,2025,4"), "formr", "table", statuses=("complete",)
    ),
    "formr_items.json": Export(b'{"name": "bas", "items": [{"type": "mc", "name": "q1"}]}', "formr", "items"),
    "kobo.csv": Export(
        text("start;end;bas/q1;_id;_uuid;_submission_time;_index", "2025;2025;4;1;u1;2025-01-01;1"),
        "kobo",
        "submissions",
        statuses=("complete",),
    ),
    "kobo_repeat.csv": Export(
        text("q1;_index;_parent_table_name;_parent_index", "4;1;bas;1"), "kobo", "repeat", statuses=("complete",)
    ),
    "odk.csv": Export(text("q1,meta/instanceID", "4,uuid:1"), "kobo", "odk", statuses=("complete",)),
    "odk_central.csv": Export(
        text("SubmissionDate,q1,KEY,SubmitterID,SubmitterName,ReviewState", "2025-01-01,4,uuid:1,5,App,"),
        "kobo",
        "central",
        statuses=("complete",),
    ),
    "typeform.csv": Export(
        text(
            "#,Nöjd?,Start Date (UTC),Submit Date (UTC),Network ID",
            "ab,4,2025-01-01,2025-01-01,f1",
            "ac,4,2025-01-01,,f2",
        ),
        "typeform",
        "",
        statuses=("complete", "partial"),
    ),
    "data.sav": Export(labelled(".sav"), "spss", "sav", "certain", ("complete", "complete")),
    "data.por": Export(labelled(".por"), "spss", "por", "certain", ("complete", "complete")),
    "data.dta": Export(labelled(".dta"), "stata", "dta", "certain", ("complete", "complete")),
    "old.dta": Export(labelled(".dta", version=8), "stata", "dta", "certain", ("complete", "complete")),
    "enalyzer.xlsx": Export(
        workbook(
            [
                ["Respondent", "Nöjd? - Text", "Nöjd? - Etikettnummer", "Lön? - Text", "Lön? - Etikettnummer"],
                ["r1", "Ja", 1, "Nej", 2],
            ]
        ),
        "enalyzer",
        "",
        "guess",
        ("complete",),
    ),
    "calendar.ics": Export(
        text(
            "BEGIN:VCALENDAR",
            "BEGIN:VEVENT",
            "ATTENDEE;CN=Kanarie Kanariesson:mailto:kanarie@example.se",
            "END:VEVENT",
            "END:VCALENDAR",
            encoding="utf-8-sig",
        ),
        "ics",
        "",
    ),
    "teams.csv": Export(
        text(
            "1. Sammanfattning",
            "Mötesrubrik\tHandledning",
            "",
            "2. Deltagare",
            "Namn\tFörsta anslutning\tLämnade senast\tE-post",
            "Kanarie Kanariesson\t2025-01-01 10:00\t2025-01-01 11:00\tkanarie@example.se",
            "",
            "3. Aktiviteter",
            "Namn\tAnslöt",
            "Kanarie\t10:00",
            encoding="utf-16",
        ),
        "teams",
        "sections",
    ),
    "teams_old.csv": Export(
        text(
            "Full Name\tUser Action\tTimestamp", "Kanarie Kanariesson\tJoined\t2025-01-01, 10:00:00", encoding="utf-16"
        ),
        "teams",
        "actions",
    ),
    "zoom.csv": Export(
        text(
            "Meeting ID,Topic,Duration (Minutes),",
            "1,Handledning,60,",
            "",
            "Name (Original Name),User Email,Total Duration (Minutes),Guest",
            "Kanarie Kanariesson,kanarie@example.se,55,No",
            encoding="utf-8-sig",
        ),
        "zoom",
        "meeting",
    ),
    "matrix.xlsx": Export(
        workbook(
            [["Närvaro 2025"], ["Datum", "Kanarie A", "Kanarie B"], ["2025-01-10", "x", None], ["2025-02-10", "x", "x"]]
        ),
        "attendance_matrix",
        "dates_down",
        "likely",
    ),
    "matrix_across.csv": Export(
        text("Namn;2025-01-10;2025-02-10", "Kanarie A;x;", "Kanarie B;x;x"),
        "attendance_matrix",
        "dates_across",
        "likely",
    ),
    "own.xlsx": Export(workbook([["Träff", "Person", "Närvarande"], ["N01", "AB12", "ja"]]), "toolkit", "attendance"),
    "own_sessions.csv": Export(text("session;date;status", "N01;2025-01-10;held"), "toolkit", "sessions"),
    "plain.csv": Export(text("kod;fråga ett", "AB12;4", ";"), "generic", "", "guess", ("complete", "empty")),
    "numbers.csv": Export(text("1;4", "2;5"), "generic", "no_headings", "guess", ("complete", "complete")),
}


def recognised(path: Path) -> tuple[Recognition, Grid | None]:
    document = read_document(path.read_bytes(), path.name)
    if document and document.recognition:
        return document.recognition, document.grid
    problems = Problems()
    delimiter = "\t" if path.read_bytes().startswith(b"\xff\xfe") else ""
    grid = read_grid(path, path.name, problems, delimiter=delimiter)
    assert grid is not None, problems.found
    return recognise(grid), grid


@pytest.mark.parametrize("name", EXPORTS)
def test_every_tool_is_known_by_its_signature(name: str, tmp_path: Path) -> None:
    wanted = EXPORTS[name]
    path = tmp_path / "a file without a telling name.bin"
    path.write_bytes(wanted.content)
    found, grid = recognised(path)
    assert (found.tool, found.variant, found.confidence) == (wanted.tool, wanted.variant, wanted.confidence)
    assert found.reasons
    if wanted.statuses:
        assert grid is not None
        assert tuple(row_statuses(grid, found)) == wanted.statuses


def test_every_named_tool_has_a_file_here_and_words_in_every_language() -> None:
    tools = signatures()["tools"]
    assert {export.tool for export in EXPORTS.values()} == set(tools)
    for language in languages():
        words = texts(language)["inspect"]
        assert set(words["tools"]) == set(tools)
        assert {export.variant for export in EXPORTS.values()} - {""} <= set(words["variants"])
        for entry in tools.values():
            seen = entry["experimental"] if isinstance(entry["experimental"], list) else []
            assert {*seen, *entry.get("structures", ())} <= set(words["variants"])


def test_tools_without_a_real_sample_are_marked_experimental() -> None:
    experimental = {name for name, export in EXPORTS.items() if Recognition(export.tool, export.variant).experimental}
    assert {
        "microsoft_forms.xlsx",
        "typeform.csv",
        "enalyzer.xlsx",
        "vvexport.csv",
        "redcap_labels.csv",
    } <= experimental
    assert not {"qualtrics.csv", "redcap.csv", "kobo.csv", "zoom.csv", "teams.csv", "plain.csv"} & experimental


def test_a_declared_tool_stands_whatever_the_table_looks_like() -> None:
    grid = Grid("a.csv", "", (("kod", "fråga"), ("AB12", "4")), (1, 2))
    found = recognise(grid, "redcap")
    assert (found.tool, found.confidence, found.header_rows) == ("redcap", "declared", 1)
    with pytest.raises(KeyError):
        recognise(grid, "no such tool")


def test_a_table_of_nothing_is_generic_and_has_no_rows() -> None:
    for rows in ((), (("",),), (("", ""), ())):
        grid = Grid("a.csv", "", rows, tuple(range(1, len(rows) + 1)))
        found = recognise(grid)
        assert (found.tool, found.variant) == ("generic", "empty")
        assert set(row_statuses(grid, found)) <= {"empty"}


def test_statuses_are_one_for_each_row_from_the_closed_list(tmp_path: Path) -> None:
    for name, export in EXPORTS.items():
        path = tmp_path / name
        path.write_bytes(export.content)
        found, grid = recognised(path)
        if grid is not None:
            statuses = row_statuses(grid, found)
            assert len(statuses) == len(grid.rows[found.header_rows : found.end])
            assert set(statuses) <= set(STATUSES)


def test_a_persons_own_sheet_with_the_name_of_a_help_sheet_is_no_help_sheet() -> None:
    for name, head in (("Exempel", "Kod"), ("Groups", "Kod"), ("Blad1", "Grupp")):
        grid = Grid("a.xlsx", name, ((head, "fråga"), ("AB12", "4")), (1, 2), "xlsx")
        assert recognise(grid).tool == "generic"


def test_teams_takes_only_the_table_of_participants(tmp_path: Path) -> None:
    path = tmp_path / "teams.csv"
    path.write_bytes(EXPORTS["teams.csv"].content)
    found, grid = recognised(path)
    assert grid is not None
    assert [row[0] for row in grid.rows[found.header_rows : found.end] if any(row)] == ["Kanarie Kanariesson"]
    assert found.column("email") == 3


@pytest.mark.parametrize(
    ("head", "second", "tool"),
    [
        ("id;namn", "1;4", "generic"),  # id alone is no LimeSurvey
        ("Timestamp;q", "Ja;4", "generic"),  # not a time
        ("status;kod", "1;4", "generic"),
        ("v1,v2,v3", "1,2,3", "generic"),  # names without the second row
        ("a_complete;b", "Ja;4", "generic"),  # not REDCap's codes
        ("name;email", "x;y", "generic"),
    ],
)
def test_half_a_signature_is_none(head: str, second: str, tool: str) -> None:
    for delimiter in (";", ","):
        if delimiter in head:
            grid = Grid("a.csv", "", (tuple(head.split(delimiter)), tuple(second.split(delimiter))), (1, 2))
            assert recognise(grid).tool == tool
