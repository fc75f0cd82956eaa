"""Make the files of the sample evaluation hemtjanst: a session log in Excel and four survey exports.

Usage: python data/sample/make_hemtjanst.py

Everything is invented: no person, no municipality and no answer is real. The numbers are drawn with a fixed
seed from a model that is written out below, so that the script always gives the same files, byte for byte.
"""

import csv
import io
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from evaltools.instruments import Instrument, shipped_instruments
from evaltools.workbook import saved

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent / "hemtjanst")
SEED = 2063
SESSIONS_PLANNED = 20
PAUSES = (
    (date(2024, 12, 19), date(2025, 1, 7)),
    (date(2025, 6, 19), date(2025, 8, 11)),
    (date(2025, 12, 18), date(2026, 1, 7)),
)
DO_NOT_KNOW = "Vet ej"
COMMENTS = (
    "Bra att få prata till punkt; det hinner vi aldrig annars.",
    "Ibland var det svårt att komma ifrån från schemat.",
    "Jag tar mig mer tid att tänka innan jag går in till en brukare nu.",
)
SESSION_HEADINGS = [
    "Träff",
    "Grupp",
    "Datum",
    "Status",
    "Form",
    "Planerade minuter",
    "Minuter",
    "Anteckning",
]
Cells = list[list[Any]]


@dataclass(frozen=True)
class Group:
    """A team: the weekday of its sessions, how many people it has, and how their scores move (model)."""

    name: str
    first_session: date
    size: int
    competence_gain: float
    satisfaction_gain: float


@dataclass(frozen=True)
class Wave:
    """A measurement: its export file, when it opened, and how much of the gain is reached by then (model)."""

    id: str
    file: str
    opened: date
    reached: float
    encoding: str = "utf-8"
    line_end: str = "\n"
    quotes_all: bool = False


@dataclass(frozen=True)
class Person:
    """A participant with a self-made code, and the levels from which the answers are drawn (model)."""

    code: str
    group: Group
    number: int
    profession: str
    joined: date
    left: date | None
    reason_left: str
    competence: float
    competence_gain: float
    satisfaction: float
    satisfaction_gain: float

    def belongs(self, day: date) -> bool:
        """Whether the person is in the group on a day; everyone of the start is asked just before it."""
        return (self.joined <= max(day, self.group.first_session)) and (self.left is None or day <= self.left)


GROUPS = (
    Group("Norr", date(2024, 9, 10), 8, 1.4, 0.5),
    Group("Centrum", date(2024, 9, 11), 7, 0.05, -0.10),
    Group("Söder", date(2024, 9, 12), 5, 1.3, 0.4),
)
WAVES = (
    Wave("baseline", "enkat_2024-09.csv", date(2024, 9, 3), 0.0, "cp1252", "\r\n"),
    Wave("mid", "enkat_2025-06.csv", date(2025, 6, 2), 0.5, "utf-8-sig", "\r\n", quotes_all=True),
    Wave("end", "enkat_2026-03.csv", date(2026, 3, 16), 1.1),
    Wave("follow_up", "enkat_2026-09.csv", date(2026, 9, 14), 1.0),
)
# Number in the group, counted from 0: when the person joined late or left, and why.
JOINED = {("Centrum", 6): date(2025, 2, 3)}
LEFT = {
    ("Norr", 7): (date(2025, 4, 30), "nytt arbete"),
    ("Centrum", 5): (date(2025, 11, 30), "föräldraledig"),
}
# Who did not answer a wave at all, and who left the end of the form blank.
NOT_ANSWERED = {("Norr", 2, "mid"), ("Söder", 4, "follow_up")}
STOPPED_EARLY = {("Norr", 5, "end")}


def make_people(rng: np.random.Generator) -> list[Person]:
    """Draw the participants of every group."""
    codes = make_codes(rng, sum(group.size for group in GROUPS))
    return [make_person(rng, codes.pop(), group, number) for group in GROUPS for number in range(group.size)]


def make_codes(rng: np.random.Generator, count: int) -> list[str]:
    """Codes as people make them: the first two letters of a name and a day of the month, each once."""
    starts = ["AN", "BI", "EV", "GU", "HE", "IN", "KA", "LE", "MA", "MO", "PI", "SI", "SO", "UL", "YV"]
    codes = [f"{start}{day:02d}" for start in starts for day in range(1, 32)]
    return [str(code) for code in rng.choice(codes, size=count, replace=False)]


def make_person(rng: np.random.Generator, code: str, group: Group, number: int) -> Person:
    """Draw one participant: people start at different levels and change by different amounts."""
    left, reason = LEFT.get((group.name, number), (None, ""))
    return Person(
        code=code,
        group=group,
        number=number,
        profession=str(rng.choice(["undersköterska", "undersköterska", "vårdbiträde"])),
        joined=JOINED.get((group.name, number), group.first_session),
        left=left,
        reason_left=reason,
        competence=rng.normal(4.35, 0.65),
        competence_gain=rng.normal(group.competence_gain, 0.35),
        satisfaction=rng.normal(3.4, 0.5),
        satisfaction_gain=rng.normal(group.satisfaction_gain, 0.35),
    )


def roster(people: list[Person]) -> Cells:
    """The list of participants: who belongs to which group, and from when to when."""
    rows: Cells = [
        [
            person.code,
            person.group.name,
            "medarbetare",
            person.profession,
            person.joined,
            person.left,
            person.reason_left,
        ]
        for person in people
    ]
    return [["Person", "Grupp", "Roll", "Yrke", "Började", "Slutade", "Orsak till slut"], *rows]


def session_rows(rng: np.random.Generator, group: Group) -> Cells:
    """The log of one group's sessions; a moved session stands on its old date and is held a week later."""
    days = planned_days(rng, group)
    cancelled, *moved = (int(at) for at in rng.choice(range(3, SESSIONS_PLANNED - 1), size=3, replace=False))
    rows: Cells = []
    for at, day in enumerate(days):
        if at == cancelled:
            rows.append([day, "inställd", None, "många sjuka"])
        elif at in moved:
            held = after_holiday(day + timedelta(weeks=1))
            rows += [[day, "flyttad", None, f"ny tid {held}"], [held, "genomförd", minutes(rng), None]]
        else:
            rows.append([day, "genomförd", minutes(rng), None])
    return [
        [f"{group.name[0]}{number:02d}", group.name, day, status, "grupp", 120, actual, note]
        for number, (day, status, actual, note) in enumerate(rows, start=1)
    ]


def planned_days(rng: np.random.Generator, group: Group) -> list[date]:
    """Dates three or four weeks apart, later where they fall in a holiday."""
    days = [group.first_session]
    while len(days) < SESSIONS_PLANNED:
        days.append(after_holiday(days[-1] + timedelta(weeks=int(rng.choice([3, 4])))))
    return days


def after_holiday(day: date) -> date:
    """The day itself, or the first same weekday after the holiday that it falls in."""
    while any(first <= day <= last for first, last in PAUSES):
        day += timedelta(weeks=1)
    return day


def minutes(rng: np.random.Generator) -> int:
    """How long a session of two hours became."""
    return int(rng.choice([120, 120, 120, 120, 105, 90]))


def attendance_rows(rng: np.random.Generator, sessions: Cells, people: list[Person]) -> Cells:
    """Who was there, for every session held and everyone who then belonged to the group."""
    rows: Cells = [
        [session, person.code, "ja" if rng.random() < 0.88 else "nej"]
        for session, group, day, status, *_ in sessions
        for person in people
        if status == "genomförd" and person.group.name == group and person.belongs(day)
    ]
    return [["Träff", "Person", "Närvarande"], *rows]


def answer_rows(rng: np.random.Generator, wave: Wave, people: list[Person]) -> Cells:
    """One survey export: a row a person in the order of their time stamps, as the survey tool writes it."""
    rows: Cells = []
    for person in people:
        place = (person.group.name, person.number, wave.id)
        answers = answers_of(rng, person, wave)
        if place in STOPPED_EARLY:
            answers[-2:] = ["", ""]
        if person.belongs(wave.opened) and place not in NOT_ANSWERED:
            rows.append([time_stamp(rng, wave), person.code, *answers, ""])
    for comment in COMMENTS if wave.id == "end" else ():
        rows[int(rng.integers(len(rows)))][-1] = comment
    return sorted(rows, key=lambda row: str(row[0]))


def time_stamp(rng: np.random.Generator, wave: Wave) -> str:
    """When a form was sent in: within six days, in working hours."""
    sent = datetime(wave.opened.year, wave.opened.month, wave.opened.day, 7)
    sent += timedelta(days=int(rng.integers(6)), seconds=int(rng.integers(10 * 60 * 60)))
    return sent.isoformat(sep=" ")


def answers_of(rng: np.random.Generator, person: Person, wave: Wave) -> list[str]:
    """One person's answers at one wave: numbers for competence, words for job satisfaction."""
    competence = person.competence + person.competence_gain * wave.reached
    satisfaction = person.satisfaction + person.satisfaction_gain * wave.reached
    keys = shipped_instruments()
    words = keys["toolkit_job_satisfaction"].anchors["sv"]
    numbers = drawn(rng, competence, 0.75, keys["toolkit_competence"])
    labels = [words[number - 1] for number in drawn(rng, satisfaction, 0.6, keys["toolkit_job_satisfaction"])]
    return [some_missing(rng, answer) for answer in [*map(str, numbers), *labels]]


def drawn(rng: np.random.Generator, level: float, spread: float, key: Instrument) -> list[int]:
    """Answers around a level, rounded and kept on the scale; a reversed item is answered the other way."""
    low, high = int(key.low), int(key.high)
    answers = np.clip(np.rint(level + rng.normal(0, spread, len(key.items))), low, high).astype(int)
    return [
        low + high - int(answer) if item.reversed else int(answer)
        for answer, item in zip(answers, key.items, strict=True)
    ]


def some_missing(rng: np.random.Generator, answer: str) -> str:
    """Now and then an answer is left out, or is that one does not know."""
    chance = rng.random()
    return "" if chance < 0.015 else DO_NOT_KNOW if chance < 0.03 else answer


def headings() -> list[str]:
    """The survey tool's column headings: number and full text of each question."""
    keys = shipped_instruments()
    questions = [
        f"{part}.{number} {item.text['sv']}"
        for part, name in enumerate(("toolkit_competence", "toolkit_job_satisfaction"), start=1)
        for number, item in enumerate(keys[name].items, start=1)
    ]
    return ["Tidstämpel", "Din kod", *questions, "3.1 Är det något mer du vill berätta?"]


def write_export(wave: Wave, rows: Cells) -> None:
    """Write one wave's export in the encoding and with the line ends of its survey tool."""
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=";",
        lineterminator=wave.line_end,
        quoting=csv.QUOTE_ALL if wave.quotes_all else csv.QUOTE_MINIMAL,
    )
    writer.writerows([headings(), *rows])
    path = FOLDER / "exports" / wave.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue().encode(wave.encoding))


def write_log(sheets: dict[str, Cells]) -> None:
    """Write the session log as a workbook that is the same, byte for byte, whenever it is made."""
    workbook = Workbook()
    del workbook["Sheet"]
    workbook.properties.creator = "evaltools developers"
    workbook.properties.created = datetime(2026, 10, 1)
    for name, rows in sheets.items():
        write_sheet(workbook, name, rows)
    (FOLDER / "handledningslogg.xlsx").write_bytes(saved(workbook))


def write_sheet(workbook: Workbook, name: str, rows: Cells) -> None:
    """One sheet: bold headings that stay in view, real dates, columns as wide as they need."""
    sheet = workbook.create_sheet(name)
    for row in rows:
        sheet.append(row)
    sheet.freeze_panes = "A2"
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for at, column in enumerate(sheet.iter_cols(), start=1):
        widest = max(len(str(cell.value)) for cell in column if cell.value is not None)
        sheet.column_dimensions[get_column_letter(at)].width = widest + 2
        for cell in column:
            if isinstance(cell.value, date):
                cell.number_format = "yyyy-mm-dd"


def main() -> None:
    """Make all files."""
    answers, log = np.random.default_rng(SEED), np.random.default_rng(SEED + 1)
    people = make_people(answers)
    for wave in WAVES:
        write_export(wave, answer_rows(answers, wave, people))
    sessions = [row for group in GROUPS for row in session_rows(log, group)]
    attendance = attendance_rows(log, sessions, people)
    write_log({"Personer": roster(people), "Träffar": [SESSION_HEADINGS, *sessions], "Närvaro": attendance})


if __name__ == "__main__":
    main()
