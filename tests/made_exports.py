"""Newly made exports of the toolkit's own short job satisfaction scale, as each survey tool writes them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl

from evaltools.instruments import shipped_instruments

INSTRUMENT = shipped_instruments()["toolkit_job_satisfaction"]
TEXTS = [item.text["sv"] for item in INSTRUMENT.items]
LABELS = INSTRUMENT.anchors["sv"]
CODES = ("AB12", "CD34", "EF56", "GH78", "IJ90", "KL11")
ANSWERS = ((5, 4, 2, 4), (3, 3, 3, 3), (4, 4, 1, 5), (2, 1, 5, 2), (4, 3, 2, 4), (5, 5, 1, 5))
FREE = (
    "Karin lyssnar aldrig på mig", "Anna är bäst", "ring mig", "Bo slutar i maj", "jag gråter ofta", "inget"
)  # fmt: skip


def csv_text(rows: Sequence[Sequence[object]], delimiter: str = ",") -> bytes:
    cells = ((str(cell).replace('"', '""') for cell in row) for row in rows)
    return "".join(delimiter.join(f'"{cell}"' for cell in row) + "\r\n" for row in cells).encode()


def workbook_bytes(rows: Sequence[Sequence[object]], title: str = "Sheet1") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def words(row: Sequence[int]) -> list[str]:
    return [LABELS[code - 1] for code in row]


def google_forms() -> bytes:
    """A grid question, with free text after it."""
    heads = ["Tidstämpel", "Din kod", *(f"Hur är det? [js{n}. {text}]" for n, text in enumerate(TEXTS, 1)), "Övrigt"]
    body = [
        [f"2027/01/2{at} 10:0{at}:00 fm CET".replace(" fm CET", ""), code, *words(row), free]
        for at, (code, row, free) in enumerate(zip(CODES, ANSWERS, FREE, strict=True))
    ]
    return csv_text([heads, *body])


def microsoft_forms() -> bytes:
    heads = ["ID", "Starttid", "Slutförandetid", "E-post", "Namn", "Din kod", *TEXTS]
    body = [
        [at, f"2027-01-2{at} 10:00:00", f"2027-01-2{at} 10:05:00", "anonymous", "", code, *words(row)]
        for at, (code, row) in enumerate(zip(CODES, ANSWERS, strict=True))
    ]
    return workbook_bytes([heads, *body])


def surveymonkey() -> bytes:
    first = ["Respondent ID", "Collector ID", "Start Date", "End Date", "Din kod", "Hur är det?", "", "", ""]
    second = ["", "", "", "", "Open-Ended Response", *TEXTS]
    body = [
        [100 + at, 7, "01/20/2027", "01/20/2027", code, *words(row)]
        for at, (code, row) in enumerate(zip(CODES, ANSWERS, strict=True))
    ]
    return csv_text([first, second, *body])


def limesurvey() -> bytes:
    heads = ["id", "submitdate", "lastpage", "startlanguage", "seed", "person", *(f"q1[js{n}]" for n in range(1, 5))]
    body = [
        [at, "2027-01-20 10:00:00", 2, "sv", 77, code, *(f"A{answer}" for answer in row)]
        for at, (code, row) in enumerate(zip(CODES, ANSWERS, strict=True), 1)
    ]
    return csv_text([heads, *body])


def qualtrics() -> bytes:
    heads = ["StartDate", "Status", "Finished", "ResponseId", "person", *(f"Q2_{n}" for n in range(1, 5))]
    asked = ["Start", "Svarstyp", "Klar", "Svars-ID", "Din kod", *(f"Hur är det? - {text}" for text in TEXTS)]
    ids = ["startDate", "status", "finished", "_recordId", "QID1_TEXT", *(f"QID2_{n}" for n in range(1, 5))]
    body = [
        ["2027-01-20 10:00:00", "IP Address", "True", f"R_{at}abcdefgh", code, *words(row)]
        for at, (code, row) in enumerate(zip(CODES, ANSWERS, strict=True))
    ]
    return csv_text([heads, asked, [f'{{"ImportId":"{name}"}}' for name in ids], *body])


def redcap() -> bytes:
    heads = ["record_id", "redcap_event_name", "person", *(f"js{n}" for n in range(1, 5)), "questionnaire_complete"]
    body = [[at, "fore_arm_1", code, *row, 2] for at, (code, row) in enumerate(zip(CODES, ANSWERS, strict=True), 1)]
    return csv_text([heads, *body])


def kobo() -> bytes:
    heads = ["start", "person", *(f"arbete/js{n}" for n in range(1, 5)), "_id", "_uuid", "_submission_time", "_index"]
    body = [
        ["2027-01-20T10:00:00", code, *words(row), 9000 + at, f"u{at}", "2027-01-20T10:05:00", at]
        for at, (code, row) in enumerate(zip(CODES, ANSWERS, strict=True), 1)
    ]
    return csv_text([heads, *body])


MADE: dict[str, Callable[[], bytes]] = {
    "google_fore.csv": google_forms, "forms_fore.xlsx": microsoft_forms, "monkey_fore.csv": surveymonkey,
    "limesurvey_fore.csv": limesurvey, "qualtrics_fore.csv": qualtrics, "redcap.csv": redcap, "kobo_fore.csv": kobo,
}  # fmt: skip


def made(folder: Path, name: str) -> Path:
    """One of the exports as a file."""
    path = folder / name
    path.write_bytes(MADE[name]())
    return path
