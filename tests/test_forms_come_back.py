"""What `evaltools new` writes is used as its readers would use it, and comes back without a question."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from made_files import as_xlsx
from openpyxl import load_workbook
from test_new_folder import CODES, KEYS, fill_in, google_headings, uncomment

from evaltools.cli import main
from evaltools.folder import read_evaluation
from evaltools.forms import Form, form_code, forms_of
from evaltools.instruments import Instrument, shipped_instruments
from evaltools.language import languages, texts
from evaltools.new_folder import write_new_folder

KINDS = {form.folder: form for form in forms_of(list(shipped_instruments().values()), "en")}
Answers = Mapping[tuple[str, str], int]
CHOICES = "Choices, Calculations, OR Slider Labels"
SESSION = "1"  # the session that `fill_in` writes in the log
EVERY_TOOL = ("forms", "forms/session", "forms/commissioner")  # no two of these ask the same first


def items_of(form: Form) -> dict[str, tuple[str, Instrument]]:
    """What a form calls its questions, and which these are."""
    return {form_code(item.id): (item.id, key) for key in form.instruments for item in key.items}


def month_of(form: Form) -> int:
    """When a form is answered: before the start, after the session, or in the middle."""
    return 1 if form.before_start else {"session": 2}.get(form.kind, 10)


def asked_of(form: Form, code: str) -> list[str]:
    """What somebody answers to the questions that come first."""
    said = {"person": code, "session": SESSION}
    return [said[one.variable] for one in form.asked]


def given(form: Form) -> dict[tuple[str, str], int]:
    """What everybody answers: a different pattern for each, over the whole range of every question."""
    return {
        (code, item): int(key.low) + (3 * at + number) % int(key.high - key.low + 1)
        for at, code in enumerate(CODES)
        for number, (item, key) in enumerate(items_of(form).values())
    }


def in_words(form: Form, asked: str, answer: int) -> str:
    """How a form shows an answer: by the options' words where each has one."""
    key = items_of(form)[asked][1]
    words = key.anchors.get(form.language, ())
    return words[answer - int(key.low)] if len(words) == key.high - key.low + 1 else str(answer)


def forms_headings(folder: Path, form: Form) -> list[str]:
    """What is asked first, and every question of the text for Google and Microsoft Forms, also those of a source."""
    text = (folder / form.folder / "google_microsoft_forms.txt").read_text("utf-8-sig")
    written = google_headings(text, form.language)
    first, items = written[: len(form.asked)], items_of(form)
    coded = {asked_in(heading): heading for heading in written[len(first) :]}
    known = {key: heading for key, heading in coded.items() if key in items}
    return [*first, *known.values()] + [f"{code}. Påståendet, ur källan" for code in items if code not in known]


def asked_in(heading: str) -> str:
    found = re.search(r"(?:^|\[)(\w+)\. ", heading)
    return found[1] if found else ""


def in_words_of(form: Form, code: str, heads: Sequence[str], answers: Answers) -> list[str]:
    """What somebody has answered in a form on the web: what is asked first, then every question."""
    items, asked = items_of(form), [asked_in(head) for head in heads[len(form.asked) :]]
    return asked_of(form, code) + [in_words(form, one, answers[code, items[one][0]]) for one in asked]


def google(folder: Path, form: Form, answers: Answers) -> tuple[str, bytes]:
    heads = forms_headings(folder, form)
    stamp = {"sv": ("Tidstämpel", "fm", "GMT+1"), "en": ("Timestamp", "AM", "CET")}[form.language]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow([stamp[0], *heads])
    for at, code in enumerate(CODES):
        time = f"2027/{month_of(form):02}/1{at} 9:00:0{at} {stamp[1]} {stamp[2]}"
        writer.writerow([time, *in_words_of(form, code, heads, answers)])
    return "csv", text.getvalue().encode()


def google_sheet(folder: Path, form: Form, answers: Answers) -> tuple[str, bytes]:
    """The same out of the linked sheet, downloaded as CSV: no time zone, and the order of day and month unsaid."""
    _, content = google(folder, form, answers)
    month = str(month_of(form)).encode()
    return "csv", re.sub(rb"2027/\d\d/(1\d) 9:00:0(\d)[^\"]*", month + rb"/\1/2027 9:00:0\2", content)


def microsoft(folder: Path, form: Form, answers: Answers) -> tuple[str, bytes]:
    own = {
        "sv": ["ID", "Starttid", "Slutförandetid", "E-post", "Namn", "Tid för senaste ändring"],
        "en": ["ID", "Start time", "Completion time", "Email", "Name", "Last modified time"],
    }[form.language]
    heads = [heading.rpartition("[")[2].rstrip("]") for heading in forms_headings(folder, form)]
    begun = datetime(2027, month_of(form), 20, 9)
    rows = [
        [at, begun, begun + timedelta(minutes=at), "anonymous", "", "", *in_words_of(form, code, heads, answers)]
        for at, code in enumerate(CODES, 1)
    ]
    return "xlsx", as_xlsx({"Sheet1": [[*own, *heads], *rows]})


def added(form: Form, heads: Sequence[str]) -> list[str]:
    """The questions whose wording is not held: whoever may use them adds them in the tool, with their codes."""
    return [code for code in items_of(form) if not any(re.search(rf"\b{code}\b", head) for head in heads)]


def limesurvey(folder: Path, form: Form, answers: Answers) -> tuple[str, bytes]:
    """Response data with codes: the survey is anonymous, so its times are not recorded."""
    text = (folder / form.folder / "limesurvey.txt").read_text("utf-8-sig")
    heads, question = [], ""
    for row in csv.DictReader(io.StringIO(text), delimiter="\t"):
        if row["class"] == "Q":
            question = row["name"]
            heads.append(question)
        elif row["class"] == "SQ":
            heads[-1:] = [] if heads[-1] == question else heads[-1:]
            heads.append(f"{question}[{row['name']}]")
    heads += [f"q99[{code}]" for code in added(form, heads)]
    own, items = ["id", "submitdate", "lastpage", "startlanguage", "seed"], items_of(form)
    asked = [items[head.partition("[")[2].rstrip("]") or head][0] for head in heads[len(form.asked) :]]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow([*own, *heads])
    for at, code in enumerate(CODES, 1):
        told = [*asked_of(form, code), *(answers[code, item] for item in asked)]
        writer.writerow([at, "1980-01-01 00:00:00", 5, form.language, 10_000_000 + at, *told])
    return "csv", "\ufeff".encode() + out.getvalue().encode()


def redcap(folder: Path, form: Form, answers: Answers) -> tuple[str, bytes]:
    rows = list(csv.DictReader(io.StringIO((folder / form.folder / "redcap.csv").read_text("utf-8"))))
    written, items = [row["Variable / Field Name"] for row in rows], items_of(form)
    heads = written + added(form, written)
    asked = heads[1 + len(form.asked) :]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*heads, f"{rows[0]['Form Name']}_complete"])
    for at, code in enumerate(CODES, 1):
        told = [answers[code, items[head][0]] for head in asked]
        for head, answer in zip(asked, told, strict=True):
            choices = [row[CHOICES] for row in rows if row["Variable / Field Name"] == head]
            assert all(str(answer) in re.findall(r"(?:^|\| )(\d+),", options) for options in choices)
        writer.writerow([at, *asked_of(form, code), *told, 2])
    return "csv", out.getvalue().encode()


def paper(folder: Path, form: Form, answers: Answers) -> tuple[str, bytes]:
    workbook = load_workbook(folder / form.folder / "paper_answers.xlsx")
    sheet = workbook.active
    assert sheet is not None
    asked, items = [str(cell.value) for cell in sheet[1]][len(form.asked) :], items_of(form)
    for row, code in enumerate(CODES, 2):
        told = [*asked_of(form, code), *(answers[code, items[head][0]] for head in asked)]
        for column, value in enumerate(told, 1):
            sheet.cell(row, column, value)
    out = io.BytesIO()
    workbook.save(out)
    return "xlsx", out.getvalue()


TOOLS: Mapping[str, Callable[[Path, Form, Answers], tuple[str, bytes]]] = {
    "google": google, "google_sheet": google_sheet, "microsoft": microsoft, "limesurvey": limesurvey,
    "redcap": redcap, "paper": paper,
}  # fmt: skip


def put_in(folder: Path, form: Form, suffix: str, content: bytes) -> None:
    """Lay an export of a form into the folder and name it, as the text in evaluation.toml asks for."""
    settings = folder / "evaluation.toml"
    expected = rf"\({form.folder}\):\n# \[\[files\]\]\n# path = \"exports/(\w+)\.csv"
    name = re.findall(expected, settings.read_text("utf-8"))[0]
    uncomment(folder, f"{name}.csv")
    settings.write_text(settings.read_text("utf-8").replace(f"{name}.csv", f"{name}.{suffix}"), "utf-8")
    (folder / "exports" / f"{name}.{suffix}").write_bytes(content)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    ("tool", "kind"), [(tool, kind) for tool in TOOLS for kind in KINDS if tool == "google" or kind in EVERY_TOOL]
)
def test_every_form_comes_back_with_everybodys_answers_and_nothing_to_ask(
    tool: str, kind: str, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, form = tmp_path / "ny", replace(KINDS[kind], language=language)
    write_new_folder(folder, language, KEYS)
    fill_in(folder, language)
    answers = given(form)
    put_in(folder, form, *TOOLS[tool](folder, form, answers))
    assert main(["check", str(folder), "--lang", language]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    # without codes the answers are anonymous, and times may tell who has answered twice: unclear ones are told too
    notes = set(re.findall(r"EV-\d+", told.out))
    assert notes in ([set()] if form.asked else [{"EV-201"}, {"EV-198", "EV-201"}])
    evaluation = read_evaluation(folder)
    assert len({note.key for note in evaluation.notes}) == len(notes)
    assert evaluation.load_log["left_out_because"].tolist() == [""] * len(evaluation.load_log)
    found = evaluation.session_responses if form.kind == "session" else evaluation.responses
    assert len(evaluation.responses) + len(evaluation.session_responses) == len(found) == len(answers)
    if form.kind == "session":
        assert set(found["session"]) == {SESSION}
    if form.asked:
        people = dict(zip(evaluation.people["person"], sorted(CODES), strict=True))
    else:  # nobody is asked for a code: the answers stand in the order of the rows
        people = dict(zip(found["person"].unique(), CODES, strict=True))
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
