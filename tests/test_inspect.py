"""``evaltools inspect``: every file described or refused with a sentence, and nothing that a person answered told."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from conftest import SAMPLES, SHARED, shared
from test_signatures import EXPORTS, LSS, archive, text, workbook

from evaltools.cli import main
from evaltools.errors import FolderError, Problems
from evaltools.exports.grid import read_grid
from evaltools.exports.layout import table_layout
from evaltools.exports.mapping import Mapping
from evaltools.exports.recognition import signatures
from evaltools.exports.signatures import STATUSES
from evaltools.inspect_file import inspect_file
from evaltools.inspect_text import inspection_text, refuse_unread
from evaltools.language import languages, texts
from evaltools.measures import limits
from evaltools.personal_texts import personal_kinds

TOP = {"file", "read", "format", "encoding", "encoding_assumed", "delimiter", "hidden_sheets", "tables", "problems"}
TABLE = {
    "sheet", "tool", "variant", "confidence", "experimental", "kind", "reasons", "header_rows", "key_row", "rows",
    "blank_rows", "columns", "respondents", "waves", "statuses", "own_columns", "personal_data", "facts",
}  # fmt: skip
CANARY = "Kanarie"

# What the real files should be taken for: tool and variant by the start of the path, the longest start first.
EXPECTED = {
    "attendance/carpentrycon": ("generic", None),
    "attendance/sheetjs": ("attendance_matrix", "dates_down"),
    "attendance/zoom": ("zoom", "meeting"),
    "csv_quirks/": ("generic", None),
    "csv_quirks/frictionless_empty": "file_empty",
    "excel_quirks/": ("generic", None),
    "excel_quirks/calamine_date": ("generic", "no_headings"),
    "excel_quirks/calamine_date_1904.xlsx": ("generic", "no_headings"),
    "excel_quirks/calamine_empty_sheet": "sheet_empty",
    "excel_quirks/calamine_errors": "error_cell",
    "excel_quirks/calamine_pass_protected": "workbook_password",
    "excel_quirks/sheetjs_1900": ("generic", "no_headings"),
    "formr/BFI_post.json": ("formr", "json"),
    "formr/BFI_post_items": ("formr", "items"),
    "google_forms/": ("google_forms", None),
    "ics/": ("ics", None),
    "limesurvey/": ("limesurvey", "lss"),
    "limesurvey/free_text": ("limesurvey", "lsq"),
    "qualtrics/qualtrics_sample.csv": ("qualtrics", "three_rows"),
    "qualtrics/qualtrics_sample_legacy": ("qualtrics", "legacy"),
    "qualtrics/sp_test": ("qualtrics", "xml"),
    "redcap/": ("redcap", "raw"),
    "redcap/redcapr_longitudinal_arm": ("redcap", "arms"),
    "redcap/redcapr_longitudinal_data": ("redcap", "longitudinal"),
    "redcap/redcapr_longitudinal_event": ("redcap", "events"),
    "redcap/redcapr_repeating": ("redcap", "repeating"),
    "redcap/redcapr_potentially-problematic-dictionary_data": "file_empty",
    "spss_stata/": ("spss", "sav"),
    "surveymonkey/steak": ("surveymonkey", "two_rows"),
    "surveymonkey/food": "encoding_likely",
}
REAL = sorted(
    path.relative_to(SHARED / "exports").as_posix()
    for path in (SHARED / "exports").rglob("*")
    if path.is_file() and path.suffix != ".md"
)


def expected(name: str) -> tuple[str, str | None] | str:
    if name.endswith("_dictionary.csv"):
        return "redcap", "dictionary"
    suffix = name.rpartition(".")[2]
    if suffix in ("dta", "zsav", "por"):
        return ("stata" if suffix == "dta" else "spss"), suffix
    return EXPECTED[max((start for start in EXPECTED if name.startswith(start)), key=len)]


def written(folder: Path, content: bytes, name: str = "fil.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def inspected(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(["inspect", *arguments])
    out, told = capsys.readouterr()
    return code, out, told


@pytest.mark.parametrize("name", REAL or [pytest.param("", marks=pytest.mark.skip("no real files beside us"))])
def test_real_files_are_recognised_or_refused(name: str) -> None:
    told = inspect_file(shared(f"exports/{name}"))
    wanted = expected(name)
    if isinstance(wanted, str):
        assert not told["read"]
        assert wanted in [problem["key"] for problem in told["problems"]]
    else:
        assert told["read"]
        assert (told["tables"][0]["tool"], told["tables"][0]["variant"]) == wanted


def test_real_rows_and_people_are_counted() -> None:
    table = inspect_file(shared("exports/redcap/redcapr_longitudinal_data.csv"))["tables"][0]
    assert (table["rows"], table["columns"], table["respondents"], table["waves"]) == (18, 125, 3, 12)
    steak = inspect_file(shared("exports/surveymonkey/steak-risk-survey.csv"))["tables"][0]
    assert (steak["header_rows"], steak["rows"], steak["statuses"]["complete"]) == (2, 550, 550)
    world = shared("exports/surveymonkey/food-world-cup-data.csv")
    assert inspect_file(world, encoding="mac_roman")["tables"][0]["rows"] == 1373


def test_our_own_samples_are_known() -> None:
    log = inspect_file(SAMPLES / "hemtjanst" / "handledningslogg.xlsx")
    assert [(table["tool"], table["variant"]) for table in log["tables"]] == [
        ("toolkit", "people"), ("toolkit", "sessions"), ("toolkit", "attendance"),
    ]  # fmt: skip
    survey = inspect_file(SAMPLES / "hemtjanst" / "exports" / "enkat_2024-09.csv")
    assert (survey["encoding"], survey["delimiter"], survey["tables"][0]["tool"]) == ("cp1252", ";", "google_forms")
    assert survey["tables"][0]["respondents"] == 19


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_is_told_in_every_language_and_as_json(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, EXPORTS[name].content, name)
    for language in languages():
        code, out, told = inspected([str(path), "--lang", language], capsys)
        assert (code, told) == (0, "")
        assert len(out.splitlines()) >= 3
        assert CANARY not in out
    code, out, told = inspected([str(path), "--json"], capsys)
    assert (code, told) == (0, "")
    assert CANARY not in out
    content = json.loads(out)
    assert set(content) == TOP
    for table in content["tables"]:
        assert set(table) == TABLE
        assert table["tool"] == EXPORTS[name].tool
        assert table["statuses"] is None or list(table["statuses"]) == list(STATUSES)
        counted = table["statuses"]
        assert counted is None or sum(counted.values()) == table["rows"]


# What the tools in the list of those that are read look like here; what has no real sample is told to be experimental.
LISTED = {
    "limesurvey_code.csv": True, "limesurvey_full.csv": False, "vvexport.csv": True, "structure.lss": False,
    "archive.lsa": True, "survey_1_R_syntax_file.R": True, "survey_1_SPSS_syntax_file.sps": True,
    "qualtrics.csv": False, "qualtrics_legacy.csv": False, "qualtrics_one.csv": False, "survey.qsf": False,
    "surveymonkey.csv": False, "surveymonkey_one.csv": False, "google_forms.csv": False, "google_forms.xlsx": False,
    "microsoft_forms.xlsx": True, "redcap.csv": False, "redcap_labels.csv": True, "redcap_dictionary.csv": False,
    "redcap_long.csv": False, "redcap_repeat.csv": False, "redcap_both.csv": False, "formr.json": False,
    "kobo.csv": False, "odk.csv": False, "odk_central.csv": True, "typeform.csv": True, "data.sav": False,
    "data.dta": False, "enalyzer.xlsx": True, "plain.csv": False, "calendar.ics": False, "teams.csv": False,
    "zoom.csv": False, "matrix.xlsx": False, "own.xlsx": False,
}  # fmt: skip


@pytest.mark.parametrize("name", LISTED)
def test_every_tool_of_the_list_is_told_with_its_reasons_and_whether_it_is_experimental(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, EXPORTS[name].content, "a name that tells nothing.bin")
    (table,) = inspect_file(path, "en")["tables"]
    assert (table["tool"], table["variant"]) == (EXPORTS[name].tool, EXPORTS[name].variant or None)
    out = inspected([str(path), "--lang", "en"], capsys)[1]
    assert table["reasons"]
    assert all(reason in out for reason in table["reasons"])
    words = texts("en")["inspect"]
    assert words["confidences"][EXPORTS[name].confidence] in out
    assert words["tools"][EXPORTS[name].tool] in out
    assert (words["experimental"] in out) == LISTED[name]


def test_the_list_holds_every_tool() -> None:
    assert {EXPORTS[name].tool for name in LISTED} == set(signatures()["tools"])


@pytest.mark.parametrize("tool", signatures()["tools"])
def test_every_tool_can_be_declared_for_a_file_and_in_its_mapping(tool: str, tmp_path: Path) -> None:
    for name in ("plain.csv", "google_forms.csv", "limesurvey_code.csv"):
        path = written(tmp_path, EXPORTS[name].content)
        (table,) = inspect_file(path, tool=tool)["tables"]
        assert (table["tool"], table["confidence"]) == (tool, "declared")
        problems = Problems()
        grid = read_grid(path, path.name, problems)
        assert grid is not None
        found = table_layout(grid, Mapping("m", tool=tool, header_rows=1), "responses", problems).recognition
        assert (found.tool, problems.errors) == (tool, [])


def test_every_json_key_is_documented() -> None:
    documented = inspect_file.__doc__ or ""
    assert [
        key for key in TOP | TABLE | {"id", "level", "key", "text", "count", "column"} if f"``{key}``" not in documented
    ] == []


def test_experimental_is_seen_by_the_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, seen in (("typeform.csv", True), ("qualtrics.csv", False)):
        out = inspected([str(written(tmp_path, EXPORTS[name].content)), "--lang", "en"], capsys)[1]
        assert ("Experimental" in out) == seen


def test_the_three_rows_of_qualtrics_are_told(tmp_path: Path) -> None:
    table = inspect_file(written(tmp_path, EXPORTS["qualtrics.csv"].content))["tables"][0]
    assert (table["header_rows"], table["key_row"], table["rows"]) == (3, 3, 5)
    assert table["statuses"] == {"complete": 1, "partial": 1, "test": 1, "preview": 1, "empty": 1}
    assert table["own_columns"]["status"] == ["B (Status)"]


ANSWERS = {
    "email": f"skriv till {CANARY}@example.se tack",
    "personnummer": "jag är 19811218-9876 och nöjd",
    "phone": "ring 070-123 45 67",
    "ip": "192.168.17.20",
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_personal_data_are_warned_of_by_kind_and_never_told(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ANSWERS[kind]
    for content in (
        text("Tidstämpel;Din kod;Något mer?", f"2025-01-01 10:00:00;AB12;{answer}"),
        text(f"kod;{answer};svar", f"AB12;4;{answer}"),  # in a heading too
        workbook([["kod", "svar"], ["AB12", answer]]),
    ):
        path = written(tmp_path, content)
        kinds = [found["kind"] for table in inspect_file(path)["tables"] for found in table["personal_data"]]
        assert kind in kinds
        for extra in ([], ["--json"], ["--lang", "en"]):
            code, out, told = inspected([str(path), *extra], capsys)
            assert code == 0
            assert answer not in out + told
            assert CANARY not in out + told


def test_a_row_of_answers_is_not_shown_as_headings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, text(f"{CANARY};a@example.se;5", "Bo;b@example.se;4"))
    assert CANARY not in "".join(map(str, inspected([str(path)], capsys)))


def test_free_text_is_never_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = f"{CANARY} hatar chefen"
    path = written(tmp_path, text("kod;Kommentar", f"AB12;{secret}", f'AB13;"{secret}"'))
    for extra in ([], ["--json"]):
        assert CANARY not in "".join(map(str, inspected([str(path), *extra], capsys)))


@pytest.mark.parametrize(
    "harmless",
    [
        "2018-03-06 15:52:43", "01-02-2024", "3,14", "0701", "12:30:45", "SI04", "2020/06/05 11:34:01 AM", "1.2",
        "20/01/2027", "08/12/2026", "08 12 2026", "05/02 2027", "05-02 2027 kl. 9", "01/02/27 10:30",
        "01/02/27-03/02/27", "01/2027-02/2027", "20/01 2027 till 03/03 2027",
    ],
)  # fmt: skip
def test_times_and_figures_are_not_taken_for_persons(harmless: str) -> None:
    assert personal_kinds(harmless) == set()


@pytest.mark.parametrize(
    "number", ["08-12 34 56 78", "08/12 34 56", "031/12 34 56", "08-1220 26 70", "070-123 45 67", "0701234567"]
)
def test_telephone_numbers_that_begin_like_a_date_are_still_found(number: str) -> None:
    assert personal_kinds(f"ring {number} då") == {"phone"}


def test_a_personnummer_in_a_calendar_is_told_by_kind(tmp_path: Path) -> None:
    entry = "BEGIN:VEVENT\nUID:1\nDTSTART:20250303T090000Z\nDESCRIPTION:om 1981121\n 8-9876\nEND:VEVENT"
    for described, kinds in ((entry, ["personnummer"]), (entry.replace("DESCRIPTION", "UID"), [])):
        path = written(tmp_path, f"BEGIN:VCALENDAR\n{described}\nEND:VCALENDAR\n".encode())
        table = inspect_file(path)["tables"][0]
        assert [found["kind"] for found in table["personal_data"]] == kinds


def test_long_answer_numbers_are_not_personnummer(tmp_path: Path) -> None:
    numbers = [str(3237654000 + 11 * at) for at in range(300)]
    path = written(tmp_path, text("RespondentID,q", *(f"{number},4" for number in numbers)))
    assert inspect_file(path)["tables"][0]["personal_data"] == []


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><document>&c;</document>'
REFUSED = {
    "document_broken": [b'{"SurveyEntry": ', b"<?xml version='1.0'?><document>", b"BEGIN:VCALENDAR\r\n", b"$FL2", BOMB,
                        b"[" * 200_000, b"<stata_dta>", b'<?xml version="1.0" encoding="none"?><a/>'],
    "document_unknown": [b"%PDF-1.7", b"<html><table/></html>", b'{"a": 1}', b"<?xml version='1.0'?><a/>", b"[1, 2]",
                         b"\x89PNG\r\n", b"{\\rtf1"],
    "archive_unknown": [archive({"svar.csv": b"a;b"})],
    "file_empty": [b"", b" \r\n", b";;;\r\n;;;\r\n"],
    "sheet_empty": [workbook([[]])],
    "workbook_broken": [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"PK\x03\x04" + bytes(50),
                        archive({"xl/workbook.xml": b"<a"})],
    "text_binary": [bytes(range(256)), b"a;b\x00"],
    "encoding_mark_wrong": [b"\xff\xfe\x00"],
    "csv_broken": [b'a;b\n"1;2\n'],
}  # fmt: skip


@pytest.mark.parametrize("key", REFUSED)
def test_what_cannot_be_read_is_refused_with_a_sentence(
    key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for content in REFUSED[key]:
        path = written(tmp_path, content)
        code, out, told = inspected([str(path), "--json"], capsys)
        content_told = json.loads(out)
        assert (code, content_told["read"], content_told["tables"]) == (1, False, [])
        assert key in [problem["key"] for problem in content_told["problems"]], content[:20]
        assert told.startswith("fil.csv: ")
        assert "evaltools (" not in told
        assert inspected([str(path)], capsys)[:2] == (1, "")


def test_an_archive_that_unpacks_too_far_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits(), "unpacked_megabytes", 0)
    told = inspect_file(written(tmp_path, archive({"a.lss": LSS})))
    assert [problem["key"] for problem in told["problems"]] == ["file_unpacks_too_large"]


def test_what_is_no_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path, tmp_path / "saknas.csv", tmp_path / ("x" * 300)):
        assert inspected([str(path)], capsys)[0] == 1


def test_what_is_declared_goes_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, text("a|b;c", "1|2;3"))
    code, out, _ = inspected([str(path), "--json", "--tool", "qualtrics", "--delimiter", "|"], capsys)
    table = json.loads(out)["tables"][0]
    assert (code, table["tool"], table["confidence"], table["columns"]) == (0, "qualtrics", "declared", 2)
    for wrong in (["--tool", "okänt"], ["--delimiter", "ab"], ["--encoding", "no such"]):
        code, _, told = inspected([str(path), *wrong], capsys)
        assert (code, "evaltools (" in told) == (1, False)


def test_every_visible_sheet_is_described_and_hidden_ones_counted(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for name, state in (("Svar", "visible"), ("Dold", "hidden"), ("Tomt", "visible")):
        sheet = book.create_sheet(name)
        sheet.sheet_state = state
        if name != "Tomt":
            sheet.append(["kod", "svar"])
            sheet.append(["AB12", 4])
    book.remove(book.worksheets[0])
    book.save(tmp_path / "bok.xlsx")
    told = inspect_file(tmp_path / "bok.xlsx")
    assert [(table["sheet"], table["rows"]) for table in told["tables"]] == [("Svar", 1), ("Tomt", 0)]
    assert told["hidden_sheets"] == 1
    assert "Tomt" in inspection_text(told)


def test_refusing_raises_only_for_what_was_not_read(tmp_path: Path) -> None:
    refuse_unread(inspect_file(written(tmp_path, b"a;b\n1;2\n")))
    with pytest.raises(FolderError, match="tom"):
        refuse_unread(inspect_file(written(tmp_path, b"")))


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content with a few bytes changed, taken out, doubled or cut off."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        what = chance.randrange(5)
        if what == 0 and at < len(data):
            data[at] = chance.randrange(256)
        elif what == 1:
            data[at:at] = chance.choice([b'"', b";", b"\n", b"\x00", b"\xff", b"PK\x03\x04", b"{", b"<", "å".encode()])
        elif what == 2:
            del data[at : at + chance.randint(1, 30)]
        elif what == 3:
            data[at:at] = data[at : at + chance.randint(1, 200)]
        elif chance.random() < 0.3:
            del data[at:]
    return bytes(data)


def fuzz(folder: Path, rounds: int, seed: int) -> dict[bool, int]:
    """Inspect mutated files; whatever they hold, they are described or refused, and every text can be made."""
    chance = random.Random(seed)
    counted = {True: 0, False: 0}
    for number in range(rounds):
        content = mutated(EXPORTS[chance.choice(sorted(EXPORTS))].content, chance)
        told = inspect_file(written(folder, content, "fuzz.bin"), chance.choice(languages()))
        counted[told["read"]] += 1
        json.dumps(told)
        assert inspection_text(told)
        assert told["read"] or told["problems"], (seed, number)
    return counted


@pytest.mark.parametrize("seed", range(4))
def test_no_bytes_make_a_traceback(seed: int, tmp_path: Path) -> None:
    counted = fuzz(tmp_path, 100, seed)
    assert counted[True]
    assert counted[False]
