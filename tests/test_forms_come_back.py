"""What `evaltools new` writes is used as its readers would use it, and comes back without a question."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from made_files import as_xlsx
from openpyxl import load_workbook
from test_new_folder import CODES, KEYS, fill_in, google_headings, uncomment

from evaltools.cli import main
from evaltools.folder import read_evaluation
from evaltools.instruments import shipped_instruments
from evaltools.language import languages, texts
from evaltools.new_folder import write_new_folder

ITEMS = {item.id.replace("_", ""): (item.id, key) for key in shipped_instruments().values() for item in key.items}
Answers = Mapping[tuple[str, str], int]
CHOICES = "Choices, Calculations, OR Slider Labels"


def given() -> dict[tuple[str, str], int]:
    """What everybody answers: a different pattern for each, over the whole range of every question."""
    return {
        (code, item): int(key.low) + (3 * at + number) % int(key.high - key.low + 1)
        for at, code in enumerate(CODES)
        for number, (item, key) in enumerate(ITEMS.values())
    }


def in_words(item: str, answer: int, language: str) -> str:
    """How a form shows an answer: by the options' words where each has one."""
    key = next(key for known, key in ITEMS.values() if known == item)
    words = key.anchors.get(language, ())
    return words[answer - int(key.low)] if len(words) == key.high - key.low + 1 else str(answer)


def forms_headings(folder: Path, language: str) -> list[str]:
    """The code, and every question of the text for Google and Microsoft Forms, also those taken from their source."""
    form = (folder / "forms" / "google_microsoft_forms.txt").read_text("utf-8-sig")
    code, *written = google_headings(form, language)
    coded = {found[1]: heading for heading in written if (found := re.search(r"(?:\[|^)(\w+)\. ", heading))}
    known = {key: heading for key, heading in coded.items() if key in ITEMS}
    return [code, *known.values()] + [f"{code}. Påståendet, ur källan" for code in ITEMS if code not in known]


def item_of(heading: str) -> str:
    found = re.search(r"(?:^|\[)(\w+)\. ", heading)
    assert found
    return ITEMS[found[1]][0]


def google(folder: Path, language: str, answers: Answers) -> tuple[str, bytes]:
    heads = forms_headings(folder, language)
    stamp = {"sv": ("Tidstämpel", "fm", "GMT+1"), "en": ("Timestamp", "AM", "CET")}[language]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow([stamp[0], *heads])
    for at, code in enumerate(CODES):
        words = [in_words(item_of(head), answers[code, item_of(head)], language) for head in heads[1:]]
        writer.writerow([f"2027/01/1{at} 9:00:0{at} {stamp[1]} {stamp[2]}", code, *words])
    return "csv", text.getvalue().encode()


def google_sheet(folder: Path, language: str, answers: Answers) -> tuple[str, bytes]:
    """The same out of the linked sheet, downloaded as CSV: no time zone, and the order of day and month unsaid."""
    _, content = google(folder, language, answers)
    return "csv", re.sub(rb"2027/01/(1\d) 9:00:0(\d)[^\"]*", rb"1/\1/2027 9:00:0\2", content)


def microsoft(folder: Path, language: str, answers: Answers) -> tuple[str, bytes]:
    own = {
        "sv": ["ID", "Starttid", "Slutförandetid", "E-post", "Namn", "Tid för senaste ändring"],
        "en": ["ID", "Start time", "Completion time", "Email", "Name", "Last modified time"],
    }[language]
    heads = [heading.rpartition("[")[2].rstrip("]") for heading in forms_headings(folder, language)]
    begun = datetime(2027, 1, 20, 9)
    rows = [
        [at, begun, begun + timedelta(minutes=at), "anonymous", "", "", code]
        + [in_words(item_of(head), answers[code, item_of(head)], language) for head in heads[1:]]
        for at, code in enumerate(CODES, 1)
    ]
    return "xlsx", as_xlsx({"Sheet1": [[*own, *heads], *rows]})


def added(heads: Sequence[str]) -> list[str]:
    """The questions whose wording is not held: whoever may use them adds them in the tool, with their codes."""
    return [code for code in ITEMS if not any(re.search(rf"\b{code}\b", head) for head in heads)]


def limesurvey(folder: Path, _language: str, answers: Answers) -> tuple[str, bytes]:
    """Response data with codes: the survey is anonymous, so its times are not recorded."""
    text = (folder / "forms" / "limesurvey.txt").read_text("utf-8-sig")
    heads, question = [], ""
    for row in csv.DictReader(io.StringIO(text), delimiter="\t"):
        if row["class"] == "Q":
            question = row["name"]
            heads.append(question)
        elif row["class"] == "SQ":
            heads[-1:] = [] if heads[-1] == question else heads[-1:]
            heads.append(f"{question}[{row['name']}]")
    heads += [f"q9[{code}]" for code in added(heads)]
    own = ["id", "submitdate", "lastpage", "startlanguage", "seed"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow([*own, *heads])
    for at, code in enumerate(CODES, 1):
        items = [ITEMS[head.partition("[")[2].rstrip("]") or head][0] for head in heads[1:]]
        told = [answers[code, item] for item in items]
        writer.writerow([at, "1980-01-01 00:00:00", 5, "sv", 10_000_000 + at, code, *told])
    return "csv", "\ufeff".encode() + out.getvalue().encode()


def redcap(folder: Path, _language: str, answers: Answers) -> tuple[str, bytes]:
    rows = list(csv.DictReader(io.StringIO((folder / "forms" / "redcap.csv").read_text("utf-8"))))
    written = [row["Variable / Field Name"] for row in rows]
    heads = written + added(written)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*heads, f"{rows[0]['Form Name']}_complete"])
    for at, code in enumerate(CODES, 1):
        told = [answers[code, ITEMS[head][0]] for head in heads[2:]]
        for head, answer in zip(heads[2:], told, strict=True):
            choices = [row[CHOICES] for row in rows if row["Variable / Field Name"] == head]
            assert all(str(answer) in re.findall(r"(?:^|\| )(\d+),", options) for options in choices)
        writer.writerow([at, code, *told, 2])
    return "csv", out.getvalue().encode()


def paper(folder: Path, _language: str, answers: Answers) -> tuple[str, bytes]:
    workbook = load_workbook(folder / "forms" / "paper_answers.xlsx")
    sheet = workbook.active
    assert sheet is not None
    heads = [cell.value for cell in sheet[1]]
    for row, code in enumerate(CODES, 2):
        for column, head in enumerate(heads, 1):
            sheet.cell(row, column, code if column == 1 else answers[code, ITEMS[str(head)][0]])
    out = io.BytesIO()
    workbook.save(out)
    return "xlsx", out.getvalue()


FORMS: Mapping[str, Callable[[Path, str, Answers], tuple[str, bytes]]] = {
    "google": google, "google_sheet": google_sheet, "microsoft": microsoft, "limesurvey": limesurvey,
    "redcap": redcap, "paper": paper,
}  # fmt: skip


def put_in(folder: Path, suffix: str, content: bytes) -> None:
    """Lay an export into the folder and name it, as the text in evaluation.toml asks for."""
    settings = folder / "evaluation.toml"
    name = re.findall(r"exports/(\w+)\.csv", settings.read_text("utf-8"))[0]
    uncomment(folder, f"{name}.csv")
    settings.write_text(settings.read_text("utf-8").replace(f"{name}.csv", f"{name}.{suffix}"), "utf-8")
    (folder / "exports" / f"{name}.{suffix}").write_bytes(content)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("form", FORMS)
def test_every_form_comes_back_with_everybodys_answers_and_nothing_to_ask(
    form: str, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "ny"
    write_new_folder(folder, language, KEYS)
    fill_in(folder, language)
    answers = given()
    put_in(folder, *FORMS[form](folder, language, answers))
    assert main(["check", str(folder), "--lang", language]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert "EV-" not in told.out
    evaluation = read_evaluation(folder)
    assert evaluation.notes == ()
    assert evaluation.load_log["left_out_because"].tolist() == [""] * len(evaluation.load_log)
    found = evaluation.responses
    people = dict(zip(evaluation.people["person"], sorted(CODES), strict=True))
    assert {
        (people[person], item): code
        for person, item, code in zip(found["person"], found["item"], found["code"], strict=True)
    } == answers


@pytest.mark.parametrize("language", languages())
def test_the_session_log_comes_back_as_it_was_filled_in(
    language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "ny"
    write_new_folder(folder, language)
    path, said = folder / "sessions.xlsx", texts(language)
    workbook = load_workbook(path)
    sheets = said["new"]["sheets"]
    held, cancelled = (_first(said["values"]["status"][status]) for status in ("held", "cancelled"))
    yes, no = (_first(said["values"]["yes_no"][word]) for word in ("yes", "no"))
    group = said["new"]["group"]
    for row, code in enumerate(CODES, 2):
        for column, value in enumerate((code, group), 1):
            workbook[sheets["people"]].cell(row, column, value)
    days = [(date(2027, 2, 1), held), (date(2027, 2, 22), cancelled), (date(2027, 3, 15), held)]
    for row, (day, status) in enumerate(days, 2):
        for column, value in enumerate((str(row - 1), group, day, status), 1):
            workbook[sheets["sessions"]].cell(row, column, value)
    here = [(session, code, no if (session, code) == ("3", "A05") else yes) for session in ("1", "3") for code in CODES]
    for row, line in enumerate(here, 2):
        for column, value in enumerate(line, 1):
            workbook[sheets["attendance"]].cell(row, column, value)
    workbook.save(path)
    assert main(["check", str(folder), "--lang", language]) == 0
    told = capsys.readouterr()
    assert (told.err, "EV-" in told.out) == ("", False)
    evaluation = read_evaluation(folder)
    assert evaluation.notes == ()
    assert [str(day.date()) for day in evaluation.sessions["date"]] == [str(day) for day, _ in days]
    assert evaluation.sessions["status"].tolist() == ["held", "cancelled", "held"]
    assert evaluation.attendance["present"].tolist().count(False) == 1
    assert len(evaluation.attendance) == len(here)
    absent = evaluation.attendance[~evaluation.attendance["present"].astype(bool)]
    people = dict(zip(evaluation.people["person"], sorted(CODES), strict=True))
    assert [(row["session"], people[row["person"]]) for _, row in absent.iterrows()] == [("3", "A05")]


def _first(spelled: str | list[str]) -> str:
    return spelled if isinstance(spelled, str) else spelled[0]
