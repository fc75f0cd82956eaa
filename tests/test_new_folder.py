"""A new evaluation folder: it checks as it is, and filled in with a form's export it gives the reports."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from evaltools.cli import main
from evaltools.errors import FolderError
from evaltools.folder import read_evaluation
from evaltools.forms import forms_of
from evaltools.inspect_file import inspect_file
from evaltools.instruments import shipped_instruments
from evaltools.language import languages, texts
from evaltools.new_folder import DEFAULT_INSTRUMENTS, write_new_folder
from evaltools.reports import write_reports
from evaltools.schemas import TABLES
from evaltools.workbook import LOG_TABLES, headings, sheet_name

KEYS = tuple(shipped_instruments())
CHOICES = [(), *((key,) for key in KEYS), KEYS]
CODES = ["001", "002", "A03", "Å04", "A05", "A06"]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def google_headings(form: str, language: str) -> list[str]:
    """The headings that Google Forms gives to a form that was pasted together from the text."""
    told = texts(language)["forms"]
    found, stem = re.findall(rf"--- {told['asked_heading']} ---\n(.*)\n", form), ""
    for section in re.split(r"\n(?=--- )", form):
        head, _, body = section.partition("\n")
        if head == f"--- {told['rows']} ---":
            found += [f"{stem} [{row}]" for row in body.strip().split("\n")]
        elif re.match(rf"--- {told['part'].split(' ')[0]} \d", head):
            stem = body.strip().split("\n")[-1]
            if told["grid"] not in body:
                found.append(stem)
    return found


def google_export(folder: Path, language: str, shift: int) -> str:
    """An export of the form: everyone answers, and higher the second time."""
    form = (folder / "forms" / "google_microsoft_forms.txt").read_text("utf-8-sig")
    columns = google_headings(form, language)
    words = shipped_instruments()["toolkit_job_satisfaction"].anchors[language]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["Tidstämpel", *columns])
    for at, code in enumerate(CODES):
        level = 2 + (at + shift) % 3
        answers = [words[level - 1] if re.search(r"\bjs\d", column) else str(level + shift) for column in columns[1:]]
        writer.writerow([f"2027/01/2{at} 9:00:00 AM CET", code, *answers])
    return text.getvalue()


def uncomment(folder: Path, name: str) -> None:
    """Take the # away from the five lines of the file that is there now."""
    settings = folder / "evaluation.toml"
    lines = settings.read_text("utf-8").split("\n")
    at = next(number for number, line in enumerate(lines) if f'path = "exports/{name}"' in line)
    for number in range(at - 1, at + 4):
        assert lines[number].startswith("# ")
        lines[number] = lines[number].removeprefix("# ")
    assert lines[at - 1] == "[[files]]"
    settings.write_text("\n".join(lines), "utf-8")


def fill_in(folder: Path, language: str) -> None:
    """Write in the workbook what a supervisor would."""
    path = folder / "sessions.xlsx"
    workbook = load_workbook(path)
    said = texts(language)["values"]
    group = texts(language)["new"]["group"]
    people, sessions, attendance = (
        workbook[sheet_name(table, language)] for table in ("people", "sessions", "attendance")
    )
    held = said["status"]["held"]
    for at, code in enumerate(CODES, start=2):
        people.cell(at, 1, code)
        people.cell(at, 2, group)
        attendance.cell(at, 1, "1")
        attendance.cell(at, 2, code)
        attendance.cell(at, 3, said["yes_no"]["yes"][0])
    for at, value in enumerate(["1", group, date(2027, 2, 1), held if isinstance(held, str) else held[0]], start=1):
        sessions.cell(2, at, value)
    workbook.save(path)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("chosen", CHOICES, ids=lambda chosen: "+".join(chosen) or "default")
def test_a_new_folder_checks_without_a_problem(
    language: str, chosen: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "Min utvärdering på Ö"
    more = ["--instruments", *chosen] if chosen else []
    assert main(["new", str(folder), "--lang", language, *more]) == 0
    told = capsys.readouterr()
    assert str(folder / "evaluation.toml") in told.out
    assert main(["check", str(folder)]) == 0
    assert capsys.readouterr().err == ""
    evaluation = read_evaluation(folder)
    assert (evaluation.id, evaluation.language) == ("min-utvardering-pa-o", language)
    assert set(evaluation.evaluation_plan["what"]) == set(chosen or DEFAULT_INSTRUMENTS)
    assert evaluation.people.empty
    assert not evaluation.load_log["columns_left_out"].any()  # every heading is known, but the supervisor's own note


@pytest.mark.parametrize("language", languages())
def test_a_filled_in_folder_with_an_export_of_google_forms_gives_the_reports(language: str, tmp_path: Path) -> None:
    folder = tmp_path / "Hemtjänst Åre"
    write_new_folder(folder, language, [*DEFAULT_INSTRUMENTS, "job_satisfaction_single"])
    fill_in(folder, language)
    named = re.findall(r"exports/(\w+\.csv)", (folder / "evaluation.toml").read_text("utf-8"))
    assert len(named) == 4  # three measurements, and the form after sessions
    for shift, name in enumerate((named[0], named[2])):
        (folder / "exports" / name).write_text(google_export(folder, language, shift), "utf-8")
        uncomment(folder, name)
    evaluation = read_evaluation(folder)
    assert len(evaluation.people) == len(evaluation.attendance) == len(CODES)
    assert len(evaluation.responses) == 2 * len(CODES) * 12
    assert evaluation.responses["code"].notna().all()
    paths = write_reports(folder, [], tmp_path / "reports")
    page = next(path for path in paths if path.name == "commissioner.html").read_text("utf-8")
    scale = {"sv": "Upplevd kompetens", "en": "Perceived competence"}[language]
    assert f"{scale}: " in page


@pytest.mark.parametrize("language", languages())
def test_answers_on_paper_to_every_form_are_read_with_the_mapping_that_was_written(
    language: str, tmp_path: Path
) -> None:
    folder = write_new_folder(tmp_path / "ny", language, KEYS)[0].parent
    fill_in(folder, language)
    forms = forms_of([shipped_instruments()[key] for key in KEYS], language)
    files = dict(re.findall(r"\((forms[^)]*)\):\n# \[\[files\]\]\n# path = \"exports/(\w+)\.csv",
                            (folder / "evaluation.toml").read_text("utf-8")))  # fmt: skip
    assert list(files) == [form.folder for form in forms]
    for form, code in zip(forms, [*CODES, "", ""], strict=True):
        workbook = load_workbook(folder / form.folder / "paper_answers.xlsx")
        sheet = workbook.active
        assert sheet is not None
        asked = {"session": ["001", "1"], "commissioner": []}.get(form.kind, [code])
        for column in range(1, sheet.max_column + 1):
            sheet.cell(2, column, asked[column - 1] if column <= len(asked) else 3)
        name = files[form.folder]
        workbook.save(folder / "exports" / f"{name}.xlsx")
        uncomment(folder, f"{name}.csv")
    settings = folder / "evaluation.toml"
    text = settings.read_text("utf-8")
    for name in files.values():
        text = text.replace(f'"exports/{name}.csv"', f'"exports/{name}.xlsx"')
    settings.write_text(text, "utf-8")
    evaluation = read_evaluation(folder)
    asked_of = [item.id for form in forms if form.kind != "session" for key in form.instruments for item in key.items]
    assert sorted(evaluation.responses["item"]) == sorted(asked_of)
    after = [item.id for item in shipped_instruments()["toolkit_session"].items]
    assert sorted(evaluation.session_responses["item"]) == after
    assert set(evaluation.session_responses["session"]) == {"1"}
    assert (evaluation.responses["code"] == 3).all()
    assert evaluation.people["linked"].sum() == len(CODES)


@pytest.mark.parametrize("language", languages())
def test_the_workbook_has_sheets_headings_in_view_drop_downs_and_real_dates(language: str, tmp_path: Path) -> None:
    write_new_folder(tmp_path / "ny", language)
    workbook = load_workbook(tmp_path / "ny" / "sessions.xlsx")
    words = texts(language)["new"]["sheets"]
    order = ("read_me", *LOG_TABLES, "groups", "example")
    assert workbook.sheetnames == [words[name] for name in order]
    for table in LOG_TABLES:
        sheet = workbook[sheet_name(table, language)]
        named = headings(table, language)
        assert sheet.freeze_panes == "A2"
        in_sheet = [cell.value for cell in sheet[1]]
        assert [name for name in in_sheet if name != texts(language)["new"]["note"]] == list(named.values())
        assert sheet.max_row == 1
        ruled = {str(rule.sqref).split("2:")[0]: rule for rule in sheet.data_validations.dataValidation}
        assert set(named) == set(TABLES[table])
        for column, heading in named.items():
            letter, field = get_column_letter(in_sheet.index(heading) + 1), TABLES[table][column]
            assert sheet.column_dimensions[letter].hidden is not field.short
            if field.kind == "date":
                assert ruled[letter].type == "date"
                assert sheet.column_dimensions[letter].number_format == "yyyy-mm-dd"
            if field.kind in ("choice", "yes_no") or column == "group":
                assert ruled[letter].type == "list"
            if field.kind == "person" and table != "people":
                assert f"'{words['people']}'!$A$2" in str(ruled[letter].formula1)
            if field.kind in ("code", "person"):
                assert sheet.column_dimensions[letter].number_format == "@"  # 007 stays 007
    example = workbook[words["example"]]
    assert any(isinstance(cell.value, datetime) for row in example.iter_rows() for cell in row)


@pytest.mark.parametrize("language", languages())
def test_inspect_knows_every_sheet_of_the_workbook(language: str, tmp_path: Path) -> None:
    write_new_folder(tmp_path / "ny", language)
    tables = inspect_file(tmp_path / "ny" / "sessions.xlsx", language)["tables"]
    sheets = [(table["tool"], table["variant"], table["confidence"]) for table in tables]
    assert sheets == [("toolkit", name, "certain") for name in ("read_me", *LOG_TABLES, "groups", "example")]
    kinds = {"people": "attendance", "sessions": "sessions", "attendance": "attendance"}
    assert [table["kind"] for table in tables] == [
        "help",
        *(kinds.get(name, "log") for name in LOG_TABLES),
        *["help"] * 2,
    ]


@pytest.mark.parametrize("language", languages())
def test_the_example_would_be_read_if_it_stood_on_the_sheets(language: str, tmp_path: Path) -> None:
    folder = tmp_path / "ny"
    write_new_folder(folder, language)
    workbook = load_workbook(folder / "sessions.xlsx")
    example = [
        [cell.value for cell in row] for row in workbook[texts(language)["new"]["sheets"]["example"]].iter_rows()
    ]
    target = None
    for first, *cells in example[1:]:
        if first:
            target = workbook[first]
            named = [cell for cell in cells if cell]
            assert [cell.value for cell in target[1]][: len(named)] == named
        elif any(cells) and target is not None:
            target.append(cells)
    workbook.save(folder / "sessions.xlsx")
    settings = folder / "evaluation.toml"
    goal = {"sv": "mal-1", "en": "goal-1"}[language]  # as in the example
    text = settings.read_text("utf-8")
    assert f'id = "{goal}"' in text
    levels = ", ".join(f'"{step}"' for step in range(5))
    text = text.replace(f'id = "{goal}"', f'id = "{goal}"\nlevels = [{levels}]', 1)
    settings.write_text(re.sub('supervisor = ".*"', 'supervisor = "Kim"', text, count=1), "utf-8")
    evaluation = read_evaluation(folder)
    assert (len(evaluation.people), len(evaluation.sessions), len(evaluation.attendance)) == (2, 3, 4)
    for table in LOG_TABLES:
        assert len(getattr(evaluation, table)), table
    assert list(evaluation.sessions["status"]) == ["held", "moved", "held"]
    assert evaluation.sessions["actual_minutes"].notna().any()


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for number in ("one", "two"):
        write_new_folder(tmp_path / number / "ny", "sv", KEYS)
        made.append(files_of(tmp_path / number / "ny"))
    assert made[0] == made[1]


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "gammal"
    folder.mkdir()
    (folder / "anteckning.txt").write_text("kvar")
    assert main(["new", str(folder)]) == 1
    told = capsys.readouterr().err
    assert "gammal" in told
    assert "skrivs aldrig över" in told
    assert files_of(folder) == {"anteckning.txt": b"kvar"}
    (tmp_path / "fil").write_text("kvar")
    with pytest.raises(FolderError, match="not an empty folder"):
        write_new_folder(tmp_path / "fil", "en")
    write_new_folder(tmp_path / "fil2", "en")
    with pytest.raises(FolderError):
        write_new_folder(tmp_path / "fil2", "en")


def test_an_empty_folder_is_used_and_a_bad_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "tom").mkdir()
    assert write_new_folder(tmp_path / "tom")
    (tmp_path / "fil").write_text("")
    with pytest.raises(FolderError, match="går inte att skriva"):
        write_new_folder(tmp_path / "fil" / "under")


def test_an_unknown_instrument_is_told_with_those_that_exist(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", str(tmp_path / "ny"), "--instruments", "mcss"]) == 1
    told = capsys.readouterr().err
    assert "mcss" in told
    assert "toolkit_competence" in told
    assert not (tmp_path / "ny").exists()


@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_may_wait_is_right_when_its_marks_are_taken_away(tmp_path: Path, language: str) -> None:
    write_new_folder(tmp_path / "it", language)
    path = tmp_path / "it" / "evaluation.toml"
    lines, uncommented = path.read_text("utf-8").splitlines(), []
    waiting = ("[[supervisors]]", "[[qualifications]]", "[[events]]", "[[goals]]")
    inside = False
    for line in lines:
        inside = line.startswith("# ") and (inside or line.removeprefix("# ") in waiting)
        uncommented.append(line.removeprefix("# ") if inside or line.startswith(("# joint", "# chosen_by")) else line)
    path.write_text("\n".join(uncommented), "utf-8")
    evaluation = read_evaluation(path.parent)
    assert evaluation.notes == ()
    assert len(evaluation.supervisors) == len(evaluation.qualifications) == len(evaluation.events) == 1
    assert evaluation.goals["levels"].notna().sum() == 1
    assert evaluation.contract["chosen_by"].tolist() == ["both"]
