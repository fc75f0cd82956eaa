"""Make the files of the sample evaluation socialtjanst: a session log with every sheet filled, and all survey exports.

Usage: python data/sample/make_socialtjanst.py

Everything is invented: no person, no municipality and no answer is real. What is drawn is drawn with a fixed seed from
a model that is written out below, so that the script always gives the same files, byte for byte.
"""

import csv
import io
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from evaltools.forms import form_code
from evaltools.instruments import Instrument, shipped_instruments
from evaltools.language import texts
from evaltools.workbook import LOG_TABLES, empty_workbook, headings, saved, sheet_name

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent / "socialtjanst")
SEED = 2071
SESSIONS = 20
LAST_DAY = date(2026, 6, 17)
PAUSES = (
    (date(2025, 6, 16), date(2025, 8, 10)),
    (date(2025, 12, 15), date(2026, 1, 6)),
)
FIRST_SUPERVISOR, SECOND_SUPERVISOR = "Inga Lavendel (påhittad)", "Olof Timjan (påhittad)"
CHANGE_OF_SUPERVISOR = date(2025, 11, 1)  # in the two groups of staff
KEYS = shipped_instruments()
WAVE_FORM = ("toolkit_competence", "toolkit_job_satisfaction", "toolkit_work", "toolkit_scaling", "toolkit_group",
             "toolkit_supervision")  # fmt: skip
NOT_ALONE = ("toolkit_group", "toolkit_supervision")  # what a person who has supervision alone is not asked
COMMENT = "Är det något mer du vill berätta?"
Cells = list[list[Any]]
Row = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """A group: its first session, size and minutes, and how its people's answers move until the end (model).

    ``gain`` is a share of the range of the answers; ``gains`` are those of single scales that go their own way.
    """

    id: str
    first_session: date
    size: int
    minutes: int
    gain: float
    gains: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Wave:
    """A measurement: when it opened, how much of the gain is reached, and the tool of its export (model)."""

    id: str
    opened: date
    reached: float
    tool: str


@dataclass(frozen=True)
class Person:
    """A participant with a code that was given, and the level from which the answers are drawn (model)."""

    code: str
    group: Group
    joined: date
    left: date | None
    reason_left: str
    profession: str
    manager_level: str
    level: float
    gain: float

    def belongs(self, day: date) -> bool:
        """Whether the person is in the group on a day; everyone of the start is asked just before it."""
        return self.joined <= max(day, self.group.first_session) and (self.left is None or day <= self.left)


FAMILY = Group("Familj", date(2025, 1, 15), 7, 120, 0.16, (("group_safety", 0.25), ("preparedness", 0.25)))
ADULTS = Group("Vuxen", date(2025, 1, 16), 7, 120, -0.06, (("group_safety", -0.22), ("job_satisfaction", -0.18),
                                                           ("mission_clarity", -0.2)))  # fmt: skip
MANAGERS = Group("Chefer", date(2025, 1, 17), 5, 120, 0.10)
ALONE = Group("Enskild", date(2025, 1, 20), 1, 60, 0.12)
GROUPS = (FAMILY, ADULTS, MANAGERS, ALONE)
WAVES = (
    Wave("baseline", date(2025, 1, 7), 0.0, "google"),
    Wave("mid", date(2025, 9, 29), 0.6, "microsoft"),
    Wave("end", date(2026, 6, 8), 1.0, "limesurvey"),
    Wave("follow_up", date(2026, 10, 5), 0.9, "google"),
)
# Number in the group, counted from 0: who joined late or left, and why; and who did not answer a wave.
JOINED = {("Familj", 6): date(2025, 8, 18), ("Vuxen", 6): date(2025, 8, 18)}
LEFT = {("Vuxen", 4): (date(2025, 10, 31), "nytt arbete efter omorganisationen"),
        ("Familj", 5): (date(2026, 3, 31), "föräldraledig")}  # fmt: skip
NOT_ANSWERED = {("Familj", 2, "mid"), ("Chefer", 4, "follow_up")}
PROFESSIONS = {"Familj": ["socionom", "socionom", "familjebehandlare"], "Vuxen": ["socionom", "boendestödjare"],
               "Chefer": ["enhetschef"], "Enskild": ["samordnare"]}  # fmt: skip
MANAGER_LEVELS = ["top", "middle", "first_line", "first_line", "first_line"]


def said(kind: str, value: str) -> str:
    """A value as the Swedish log spells it."""
    spelled = texts("sv")["values"][kind][value]
    return str(spelled if isinstance(spelled, str) else spelled[0])


def yes(rng: np.random.Generator, chance: float) -> str:
    """Yes with a chance, else no."""
    return said("yes_no", "yes" if rng.random() < chance else "no")


def one_of(rng: np.random.Generator, kind: str, choices: dict[str, float]) -> str:
    """One of some values, drawn by its weight."""
    weights = np.array(list(choices.values()))
    return said(kind, list(choices)[int(rng.choice(len(weights), p=weights / weights.sum()))])


def make_people(rng: np.random.Generator) -> list[Person]:
    """Draw the participants of every group: people start at different levels and change by different amounts."""
    people = []
    for group in GROUPS:
        for number in range(group.size):
            left, reason = LEFT.get((group.id, number), (None, ""))
            people.append(Person(
                code=f"{group.id[0]}{number + 1:02d}", group=group,
                joined=JOINED.get((group.id, number), group.first_session), left=left, reason_left=reason,
                profession=str(rng.choice(PROFESSIONS[group.id])),
                manager_level=said("manager_level", MANAGER_LEVELS[number]) if group is MANAGERS else "",
                level=rng.normal(0.55, 0.09), gain=rng.normal(0, 0.05),
            ))  # fmt: skip
    return people


def people_rows(people: list[Person]) -> list[Row]:
    """The list of participants: who belongs to which group, and from when to when."""
    return [
        {"person": person.code, "group": person.group.id, "joined": person.joined, "left": person.left,
         "role": said("role", "manager" if person.group is MANAGERS else "staff"), "profession": person.profession,
         "reason_left": person.reason_left, "manager_level": person.manager_level}
        for person in people
    ]  # fmt: skip


def planned_days(rng: np.random.Generator, group: Group) -> list[date]:
    """Dates three or four weeks apart, later where they fall in a holiday, until supervision ends."""
    days = [group.first_session]
    while len(days) < SESSIONS:
        weeks = 3 if rng.random() < 0.8 else 4
        day = days[-1] + timedelta(weeks=weeks)
        while any(first <= day <= last for first, last in PAUSES):
            day += timedelta(weeks=1)
        if day > LAST_DAY:
            break
        days.append(day)
    return days


def session_rows(rng: np.random.Generator, group: Group) -> list[Row]:
    """One group's sessions: one of them cancelled, and one moved, which is held a week later."""
    days = planned_days(rng, group)
    cancelled, moved = (int(at) for at in rng.choice(range(3, len(days) - 2), size=2, replace=False))
    planned = [(day, "cancelled" if at == cancelled else "moved" if at == moved else "held")
               for at, day in enumerate(days)]  # fmt: skip
    planned.insert(moved + 1, (days[moved] + timedelta(weeks=1), "held"))
    return [
        {"session": f"{group.id[0]}-{number:02d}", "group": group.id, "date": day, "status": said("status", status),
         "planned_minutes": group.minutes, "format": "enskilt" if group is ALONE else "grupp",
         "supervisor": supervisor(group, day)} | (held(rng, group, number, len(planned)) if status == "held" else {})
        for number, (day, status) in enumerate(planned, start=1)
    ]  # fmt: skip


def supervisor(group: Group, day: date) -> str:
    """Who led a session: the groups of staff change supervisor."""
    changed = group in (FAMILY, ADULTS) and day >= CHANGE_OF_SUPERVISOR
    return SECOND_SUPERVISOR if changed else FIRST_SUPERVISOR


def held(rng: np.random.Generator, group: Group, number: int, of: int) -> Row:
    """What is noted of a session that was held: towards the end there is more reflection and less advice."""
    teaches, asked = rng.random() < 0.3, int(rng.random() < 0.25)
    return {
        "actual_minutes": group.minutes - int(rng.choice([0, 0, 0, 0, 10, 25])),
        "reflection_not_advice": int(np.clip(rng.normal(5 + 3 * number / of, 1), 0, 10)),
        "order_decided_by": one_of(rng, "order_decided_by", {"participants": 7, "together": 2, "supervisor": 1}),
        "interrupted": yes(rng, 0.15), "reflection_minutes": int(rng.integers(4, 8)) * group.minutes // 10,
        "mission_clarified": yes(rng, 0.3), "individual_requested": asked,
        "individual_held": int(asked and rng.random() < 0.8),
        "methods": str(rng.choice(["reflekterande team", "rollspel", "skalfrågor", "samtal", "kort och bilder"])),
        "tried_new": yes(rng, 0.3),
        "teaching_topic": str(rng.choice(["svåra samtal", "motiverande samtal", "hot"])) if teaches else None,
        "teaching_minutes": int(rng.choice([10, 15, 20])) if teaches else None,
    }  # fmt: skip


def is_held(session: Row) -> bool:
    """Whether a session took place."""
    return bool(session["status"] == said("status", "held"))


def present_at(rng: np.random.Generator, sessions: list[Row], people: list[Person]) -> dict[str, list[Person]]:
    """Who came to every session held: most of those who then belonged to the group; who is alone always comes."""
    return {
        session["session"]: [
            person for person in people
            if person.group.id == session["group"] and person.belongs(session["date"])
            and (rng.random() < 0.88 or person.group is ALONE)
        ]
        for session in sessions if is_held(session)
    }  # fmt: skip


def question_rows(rng: np.random.Generator, sessions: list[Row], present: dict[str, list[Person]]) -> list[Row]:
    """The questions of every round, in the order that was decided, and those that were left for the next session."""
    rows: list[Row] = []
    for at, session in enumerate(sessions):
        code = session["session"]
        owners = list(present.get(code, ()))
        if not owners:
            continue
        rng.shuffle(owners)  # type: ignore[arg-type]  # people are drawn as they are
        listed = owners[: min(len(owners), int(rng.integers(3, 6)))]
        later = [other["session"] for other in sessions[at + 1 :]
                 if other["group"] == session["group"] and is_held(other)]  # fmt: skip
        time_for = max(1, len(listed) - int(rng.integers(0, 3)))
        taken = list(range(1, time_for + 1))
        if time_for > 1 and rng.random() < 0.15:
            taken[0], taken[1] = taken[1], taken[0]
        for rank, owner in enumerate(listed, start=1):
            handled = rank <= time_for
            rows.append({
                "question": f"{code}-{rank}", "session": code, "owner": owner.code, "order_decided": rank,
                "order_taken": taken[rank - 1] if handled else None,
                "handled": one_of(rng, "handled", {"yes": 6, "partly": 1}) if handled else said("handled", "no"),
                "carried_to": later[0] if later and not handled else None,
            } | question_kind(rng, owner.group) | (question_course(rng) if handled else {}))  # fmt: skip
    return rows


def question_kind(rng: np.random.Generator, group: Group) -> Row:
    """What a question is about."""
    types = ("event", "action", "situation", "reaction", "experience", "relation", "goal", "task")
    focus = one_of(rng, "focus", {"case": 5, "self": 3, "group": 3 if group is ADULTS else 1})
    return {
        "type": one_of(rng, "type", dict.fromkeys(types, 1.0)), "focus": focus,
        "formulated_by": one_of(rng, "formulated_by", {"participant": 8, "together": 1, "supervisor": 1}),
        "concerns": one_of(rng, "concerns", {"client": 5, "colleague": 3, "manager": 1, "organisation_goal": 2}),
        "counterpart": one_of(rng, "counterpart", {"client": 5, "relative": 2, "colleague": 2, "manager": 1,
                                                   "other": 1}),
        "level": one_of(rng, "level", {"individual": 4, "group": 3, "organisation": 2, "society": 1}),
        "theme": one_of(rng, "theme", {"values": 2, "conflict": 2 if group is ADULTS else 1, "other": 5}),
        "concrete": yes(rng, 0.8), "ethics": yes(rng, 0.3), "emotion_named": yes(rng, 0.6),
        "difficulty_before": int(rng.integers(5, 11)), "lingers_before": int(rng.integers(4, 10)),
        "understanding_before": int(rng.integers(2, 7)),
    }  # fmt: skip


def question_course(rng: np.random.Generator) -> Row:
    """What came of a question that was handled."""
    return {
        "owner_satisfied": yes(rng, 0.85), "alternatives": int(rng.integers(1, 6)),
        "perspectives": int(rng.integers(1, 5)), "possibilities": int(rng.integers(0, 4)),
        "resources": int(rng.integers(0, 4)), "insight": yes(rng, 0.6), "usefulness": int(rng.integers(4, 11)),
        "difficulty_after": int(rng.integers(2, 8)), "lingers_after": int(rng.integers(1, 7)),
        "understanding_after": int(rng.integers(5, 11)), "minutes": int(rng.integers(3, 10)) * 5,
    }  # fmt: skip


def attendance_rows(
    rng: np.random.Generator, sessions: list[Row], people: list[Person], present: dict[str, list[Person]],
    questions: list[Row],
) -> list[Row]:  # fmt: skip
    """Who was there, for everyone who then belonged to the group, and what they took part in."""
    listed = {(question["session"], question["owner"]) for question in questions}
    rows: list[Row] = []
    for session in filter(is_held, sessions):
        code = session["session"]
        for person in people:
            if person.group.id != session["group"] or not person.belongs(session["date"]):
                continue
            here = person in present[code]
            row: Row = {"session": code, "person": person.code, "present": said("yes_no", "yes" if here else "no")}
            if here:
                row |= {"listed": said("yes_no", "yes" if (code, person.code) in listed else "no"),
                        "asked": yes(rng, 0.8), "analysed": yes(rng, 0.6), "reflected": yes(rng, 0.9),
                        "contributed": yes(rng, 0.85), "took_from_others": yes(rng, 0.7)}  # fmt: skip
                received = yes(rng, 0.65)
                row["feedback_received"] = received
                row["feedback_useful"] = yes(rng, 0.8) if received == said("yes_no", "yes") else None
            rows.append(row)
    return rows


def idea_rows(rng: np.random.Generator, questions: list[Row]) -> list[Row]:
    """The ideas that came of questions that were handled: what the owner wants to try."""
    rows: list[Row] = []
    for question in questions:
        if question["handled"] == said("handled", "no") or rng.random() > 0.6:
            continue
        rows.append({
            "idea": f"i{len(rows) + 1:03d}", "session": question["session"], "person": question["owner"],
            "question": question["question"],
            "kind": one_of(rng, "kind", {"approach": 2, "action": 3, "tool": 2}), "resource_named": yes(rng, 0.6),
            "spread": yes(rng, 0.15), "shared_strategy": yes(rng, 0.2),
        })  # fmt: skip
    return rows


def follow_up_rows(
    rng: np.random.Generator, ideas: list[Row], sessions: list[Row], people: list[Person]
) -> list[Row]:  # fmt: skip
    """Every idea at the next session and, where it helped, four sessions later, while its owner is in the group."""
    of = {person.code: person for person in people}
    own = {session["session"]: session["group"] for session in sessions}
    after = {group.id: [session for session in sessions if session["group"] == group.id and is_held(session)]
             for group in GROUPS}  # fmt: skip
    rows: list[Row] = []
    for idea in ideas:
        held_here = after[own[idea["session"]]]
        at = next(place for place, session in enumerate(held_here) if session["session"] == idea["session"])
        coming = [session for session in held_here[at + 1 :] if of[idea["person"]].belongs(session["date"])]
        first = first_follow_up(rng, own[idea["session"]])
        rows += [{"idea": idea["idea"], "session": session["session"]} | first for session in coming[:1]]
        if first.get("helped") in (said("helped", "yes"), said("helped", "partly")):
            still = {"followed_up": said("yes_no", "yes"), "still_used": yes(rng, 0.75)}
            rows += [{"idea": idea["idea"], "session": session["session"]} | still for session in coming[4:5]]
    return rows


def first_follow_up(rng: np.random.Generator, group: str) -> Row:
    """What was said of an idea at the next session."""
    if rng.random() > 0.85:
        return {"followed_up": said("yes_no", "no")}
    if rng.random() > 0.75:
        return {"followed_up": said("yes_no", "yes"), "tried": said("yes_no", "no")}
    worked = {"yes": 3, "partly": 3, "no": 4} if group == ADULTS.id else {"yes": 6, "partly": 2, "no": 1}
    helped = one_of(rng, "helped", dict(worked))
    row = {"followed_up": said("yes_no", "yes"), "tried": said("yes_no", "yes"), "helped": helped}
    if helped == said("helped", "no"):
        return row | {"adapted": yes(rng, 0.5)}
    how = ("calmer", "safer", "contact", "cooperation", "time", "result", "other")
    return row | {
        "noticed_by": one_of(rng, "noticed_by", {"self": 5, "colleague": 3, "client": 3, "relative": 1, "manager": 1}),
        "noticed_how": one_of(rng, "noticed_how", dict.fromkeys(how, 1.0)), "reinforced": yes(rng, 0.7),
        "still_used": yes(rng, 0.9), "adapted": yes(rng, 0.3),
    }  # fmt: skip


def strength_rows(rng: np.random.Generator, present: dict[str, list[Person]]) -> list[Row]:
    """The proud moments of everyone who was there."""
    what = ("meeting", "calm", "courage", "cooperation", "creativity", "boundary", "other")
    rows: list[Row] = []
    for code, people in present.items():
        for person in people:
            given = yes(rng, 0.75)
            more = {"within_24h": yes(rng, 0.7), "tools": int(rng.integers(0, 4)), "reinforced": yes(rng, 0.75),
                    "what": one_of(rng, "what", dict.fromkeys(what, 1.0))}  # fmt: skip
            told = more if given == said("yes_no", "yes") else {}
            rows.append({"session": code, "person": person.code, "given": given} | told)
    return rows


def feedback_rows() -> list[Row]:
    """Wishes and a complaint; one wish is still open."""
    cases = (
        ("k1", date(2025, 3, 5), "wish", "participant", "Familj", "mer tid till rundan", date(2025, 3, 26), "met"),
        ("k2", date(2025, 5, 8), "wish", "manager", "Vuxen", "genomgång av hot och våld", date(2025, 6, 5), "met"),
        ("k3", date(2025, 10, 23), "complaint", "participant", "Vuxen", "samtal med handledaren och med gruppen",
         date(2025, 11, 20), "partly_met"),
        ("k4", date(2025, 12, 4), "wish", "participant", "Chefer", "annan lokal", date(2026, 1, 30), "not_met"),
        ("k5", date(2026, 2, 12), "wish", "commissioner", None, "kort lägesbild i halvtid", date(2026, 2, 13),
         "withdrawn"),
        ("k6", date(2026, 5, 20), "wish", "client", "Familj", "tydligare återkoppling efter möten", None, None),
        ("k7", date(2026, 6, 3), "wish", "other", "Enskild", "fortsatta samtal till hösten", None, None),
    )  # fmt: skip
    return [
        {"case": case, "date": day, "kind": said("kind", kind), "from_role": said("from_role", role), "group": group,
         "action": action, "closed": closed, "outcome": said("outcome", outcome) if outcome else None}
        for case, day, kind, role, group, action, closed, outcome in cases
    ]  # fmt: skip


def development_rows() -> list[Row]:
    """The supervisors' own supervision every eighth week, and their training."""
    rows: list[Row] = []
    for name, first, times in ((FIRST_SUPERVISOR, date(2025, 1, 31), 9), (SECOND_SUPERVISOR, date(2025, 11, 14), 4)):
        rows += [{"supervisor": name, "date": first + timedelta(weeks=8 * number), "hours": 2,
                  "kind": said("kind", "own_supervision")} for number in range(times)]  # fmt: skip
        rows.append({"supervisor": name, "date": first + timedelta(weeks=10), "hours": 14,
                     "kind": said("kind", "training")})  # fmt: skip
    return rows


def contact_rows(rng: np.random.Generator) -> list[Row]:
    """Meetings with the commissioner, and support between participants, after the last session too."""
    meetings = ((date(2024, 11, 20), "start", 3), (date(2024, 12, 11), "start", 5), (date(2025, 10, 8), "midterm", 4),
                (date(2026, 3, 4), "other", 2), (date(2026, 6, 24), "end", 5))  # fmt: skip
    rows = [{"date": day, "with": said("with", "commissioner"), "kind": said("kind", kind), "number": number}
            for day, kind, number in meetings]  # fmt: skip
    rows += [{"date": date(2025, 2, 12) + timedelta(weeks=6 * number), "with": said("with", "peers"),
              "kind": said("kind", "other"), "number": int(rng.integers(2, 6))} for number in range(14)]  # fmt: skip
    return rows


def goal_rating_rows(people: list[Person]) -> list[Row]:
    """How far each goal came: one is reached, one is not, and one differs from person to person."""
    rows: list[Row] = []
    for goal, rater, levels in (
        ("gemensamt-arbetssatt", "group", (-1, 0, 1, 1)),
        ("lugnare-moten", "group", (-1, -2, -2, -2)),
        ("personal-stannar", "commissioner", (-1, -1, -1, -1)),
        ("ledarskap", "supervisor", (-1, 0, 0, 1)),
    ):
        rows += [{"goal": goal, "wave": wave.id, "reached": level, "rater": said("rater", rater)}
                 for wave, level in zip(WAVES, levels, strict=True)]  # fmt: skip
    for number, person in enumerate(person for person in people if person.group is FAMILY and not person.left):
        rows += [{"goal": "egna-mal", "wave": wave, "person": person.code, "rater": said("rater", "participant"),
                  "reached": reached} for wave, reached in (("mid", -1 + number % 2), ("end", number % 3))]  # fmt: skip
    rows.append(
        {"goal": "enskilt-mal", "wave": "end", "person": "E01", "reached": 1, "rater": said("rater", "manager")}
    )
    return rows


def comment_rows() -> list[Row]:
    """Quotes, confidential until they are approved one by one."""
    quotes = (
        ("c1", "F01", "end", None, "tg1", "Jag vågar säga att jag inte vet.", "trygghet"),
        ("c2", "F03", "end", None, "ts7", "Vi kommer vidare i stället för att älta.", "struktur"),
        ("c3", "V02", "end", None, "tw8", "Efter omorganisationen vet jag inte vad som är mitt.", "uppdrag"),
        ("c4", "V03", None, "V-12", "tr7", "Det blev mycket prat om schemat i dag.", "struktur"),
        ("c5", "C02", "end", None, "tm6", "Nu ringer vi varandra innan det brinner.", "stöd"),
        ("c6", "E01", "end", None, "ti1", "Jag har fått tänka färdigt.", "reflektion"),
    )
    names = ("comment", "person", "wave", "session", "item", "text", "theme")
    return [dict(zip(names, quote, strict=True)) for quote in quotes]


def approval_rows() -> list[Row]:
    """Who has said that a quote may be read, by whom; one took it back."""
    said_yes = (("c1", "commissioner", "F01", None), ("c1", "participants", "F01", None),
                ("c2", "commissioner", "F03", None), ("c3", "commissioner", "V02", date(2026, 6, 22)),
                ("c5", "participants", "C02", None))  # fmt: skip
    return [{"comment": comment, "reader": said("reader", reader), "by": by, "on": date(2026, 6, 18),
             "withdrawn": withdrawn} for comment, reader, by, withdrawn in said_yes]  # fmt: skip


def level_of(person: Person, instrument: Instrument, item: str, wave: Wave) -> float:
    """Where a person lies on an item's range, from 0 to 1 in the direction that one hopes for (model)."""
    gains = dict(person.group.gains)
    own = [gains[scale.id] for scale in instrument.scales if item in scale.items and scale.id in gains]
    return person.level + person.gain * wave.reached + (own[0] if own else person.group.gain) * wave.reached


def answers_of(rng: np.random.Generator, person: Person, instrument: Instrument, wave: Wave) -> list[str]:
    """One person's answers to an instrument, kept on the scale; what is reversed, or better when low, is turned."""
    answers = []
    for item in instrument.items:
        level = level_of(person, instrument, item.id, wave) + rng.normal(0, 0.1)
        turned = item.reversed or any(item.id in scale.items and not scale.higher_is_better
                                      for scale in instrument.scales)  # fmt: skip
        share = float(np.clip(1 - level if turned else level, 0, 1))
        answers.append(
            ""
            if rng.random() < 0.01
            else str(int(np.rint(instrument.low + share * (instrument.high - instrument.low))))
        )
    return answers  # fmt: skip


def instruments_for(group: Group, wave: Wave) -> list[Instrument]:
    """What the people of a group are asked at a wave: nothing about the supervision before it starts."""
    ids = [name for name in WAVE_FORM if group is not ALONE or name not in NOT_ALONE]
    ids += {"Chefer": ["toolkit_manager"], "Enskild": ["toolkit_individual"]}.get(group.id, [])
    return [KEYS[name] for name in ids if KEYS[name].valid_before_start or wave.id != "baseline"]


def response_rows(rng: np.random.Generator, wave: Wave, people: list[Person], groups: tuple[Group, ...]) -> Cells:
    """The responses of some groups at one wave, in the order of their times: time, code, and the answers."""
    rows: Cells = []
    for group in groups:
        for number, person in enumerate(person for person in people if person.group is group):
            answers = [answer for key in instruments_for(group, wave) for answer in answers_of(rng, person, key, wave)]
            if person.belongs(wave.opened) and (group.id, number, wave.id) not in NOT_ANSWERED:
                rows.append([moment(rng, wave.opened), person.code, *answers])
    return sorted(rows, key=lambda row: row[0])


def moment(rng: np.random.Generator, day: date) -> datetime:
    """When a form was sent in: within six days, in working hours."""
    sent = datetime(day.year, day.month, day.day, 7)
    return sent + timedelta(days=int(rng.integers(6)), seconds=int(rng.integers(10 * 60 * 60)))


def exported(tool: str, keys: list[Instrument], asked: list[str], rows: Cells) -> bytes:
    """Responses as a survey tool exports them: times and short questions first, then a column an item."""
    if tool == "limesurvey":
        return limesurvey_csv(keys, asked, rows)
    worded = [spelled(key) for key in keys for _ in key.items]
    told = [[row[0], *row[1 : 1 + len(asked)], *(words.get(answer, answer) for words, answer in
             zip(worded, row[1 + len(asked):], strict=True))] for row in rows]  # fmt: skip
    return (google_csv if tool == "google" else microsoft_xlsx)(keys, asked, told)


def spelled(key: Instrument) -> dict[str, str]:
    """The words of the options, where each has one."""
    words = key.anchors["sv"]
    options = range(int(key.low), int(key.high) + 1)
    return {str(code): word for code, word in zip(options, words, strict=True)} if len(words) == len(options) else {}


def google_csv(keys: list[Instrument], asked: list[str], rows: Cells) -> bytes:
    """Google Forms: a grid's heading holds its question, and the row in brackets."""
    stem = texts("sv")["forms"]["stem"]
    questions = [f"{stem.format(timeframe=key.timeframe['sv'])} [{form_code(item.id)}. {item.text['sv']}]"
                 for key in keys for item in key.items]  # fmt: skip
    table = [["Tidstämpel", *asked, *questions, COMMENT],
             *([row[0].strftime("%Y-%m-%d %H:%M:%S"), *row[1:], ""] for row in rows)]  # fmt: skip
    return csv_bytes(table, ",")


def microsoft_xlsx(keys: list[Instrument], asked: list[str], rows: Cells) -> bytes:
    """Microsoft Forms: a workbook with its own five columns first; the rows of a Likert question are columns."""
    questions = [f"{form_code(item.id)}. {item.text['sv']}" for key in keys for item in key.items]
    workbook = empty_workbook()
    sheet = workbook.create_sheet("Sheet1")
    sheet.append(["ID", "Starttid", "Slutförandetid", "E-post", "Namn", *asked, *questions])
    for number, row in enumerate(rows, start=1):
        answers = [int(answer) if str(answer).isdigit() else answer or None for answer in row[1 + len(asked) :]]
        sheet.append([number, row[0] - timedelta(minutes=9), row[0], "anonymous", None,
                      *row[1 : 1 + len(asked)], *answers])  # fmt: skip
    return saved(workbook)


def limesurvey_csv(keys: list[Instrument], asked: list[str], rows: Cells) -> bytes:
    """LimeSurvey, exported with question codes and answer codes."""
    variables = {texts("sv")["forms"][name]: name for name in ("person", "session")}
    questions = [f"q{number}[{form_code(item.id)}]" for number, key in enumerate(keys, start=1) for item in key.items]
    own = ["id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"]
    table = [[*own, *(variables[question] for question in asked), *questions]]
    for number, row in enumerate(rows, start=1):
        sent, begun = (str(time) for time in (row[0], row[0] - timedelta(minutes=9)))
        table.append([str(number), sent, str(len(keys) + 1), "sv", str(1000 + 7 * number), begun, sent, *row[1:]])
    return csv_bytes(table, ",")


def csv_bytes(table: Cells, delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(table)
    return text.getvalue().encode()


def session_form_rows(
    rng: np.random.Generator, sessions: list[Row], present: dict[str, list[Person]]
) -> Cells:  # fmt: skip
    """The forms after the sessions: most of those who were there answer; the ratings follow the group's course."""
    key = KEYS["toolkit_session"]
    rows: Cells = []
    for session in filter(is_held, sessions):
        course = (session["date"] - session_start(session["group"])) / (LAST_DAY - session_start(session["group"]))
        wave = Wave("after_session", session["date"], 0.2 + course, "google")
        for person in present[session["session"]]:
            answers = answers_of(rng, person, key, wave)
            last_alone = person.group is ALONE and session["session"] == last_session_alone(sessions)
            if rng.random() < 0.85 and not last_alone:
                sent = datetime.combine(session["date"], datetime.min.time()).replace(hour=16)
                sent += timedelta(seconds=int(rng.integers(3 * 60 * 60)))
                rows.append([sent, person.code, session["session"], *answers])
    return sorted(rows, key=lambda row: (row[0], row[1]))


def session_start(group: str) -> date:
    """A group's first session."""
    return next(own.first_session for own in GROUPS if own.id == group)


def last_session_alone(sessions: list[Row]) -> str:
    """The last session of the person who has supervision alone, whose form was filled in on paper."""
    return str([session["session"] for session in sessions if session["group"] == ALONE.id and is_held(session)][-1])


def write(name: str, content: bytes) -> None:
    """Write one file of the folder."""
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def paper_xlsx(keys: list[Instrument], asked: list[str], rows: Cells) -> bytes:
    """Answers on paper, typed into the sheet that ``evaltools new`` gives: no times."""
    workbook = empty_workbook()
    sheet = workbook.create_sheet(texts("sv")["new"]["sheets"]["answers"])
    sheet.append([*asked, *(form_code(item.id) for key in keys for item in key.items)])
    for row in rows:
        sheet.append([*row[: len(asked)], *(int(answer) if answer else None for answer in row[len(asked) :])])
    return saved(workbook)


def write_exports(rng: np.random.Generator, people: list[Person], sessions: list[Row],
                  present: dict[str, list[Person]]) -> None:  # fmt: skip
    """All exports: staff with three tools, managers with one, who is alone on paper, the forms after sessions."""
    told = texts("sv")["forms"]
    for number, wave in enumerate(WAVES):
        suffix = {"microsoft": "xlsx"}.get(wave.tool, "csv")
        name = ("fore", "mitt", "slut", "uppfoljning")[number]
        staff = response_rows(rng, wave, people, (FAMILY, ADULTS))
        write(f"exports/{name}.{suffix}", exported(wave.tool, instruments_for(FAMILY, wave), [told["person"]], staff))
        managers = response_rows(rng, wave, people, (MANAGERS,))
        write(f"exports/chefer_{name}.csv",
              exported("google", instruments_for(MANAGERS, wave), [told["person"]], managers))  # fmt: skip
        alone = [row[1:] for row in response_rows(rng, wave, people, (ALONE,))]
        write(f"exports/enskild_{name}.xlsx", paper_xlsx(instruments_for(ALONE, wave), [told["person"]], alone))
    key = [KEYS["toolkit_session"]]
    after = session_form_rows(rng, sessions, present)
    write("exports/efter_traffen.csv", exported("google", key, [told["person"], told["session"]], after))
    last = next(person for person in people if person.group is ALONE)
    paper = [[last.code, *answers_of(rng, last, key[0], WAVES[2])]]
    write("exports/enskild_sista_traffen.xlsx", paper_xlsx(key, [told["person"]], paper))
    commissioner = [KEYS["toolkit_commissioner"]]
    for wave, name in ((WAVES[1], "bestallare_mitt"), (WAVES[2], "bestallare_slut")):
        rows = [[moment(rng, wave.opened), *answers_of(rng, person, commissioner[0], wave)] for person in people[:3]]
        write(f"exports/{name}.xlsx", exported("microsoft", commissioner, [], sorted(rows, key=lambda row: row[0])))


def write_log(tables: dict[str, list[Row]]) -> None:
    """Write the session log: the sheets and headings that ``evaltools new`` gives, filled in."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    workbook = empty_workbook()
    for table in LOG_TABLES:
        named = headings(table, "sv")
        sheet = workbook.create_sheet(sheet_name(table, "sv"))
        sheet.append(list(named.values()))
        for row in tables[table]:
            assert set(row) <= set(named), (table, set(row) - set(named))
            sheet.append([row.get(column) or (row.get(column) if row.get(column) == 0 else None) for column in named])
        sheet.freeze_panes = "A2"
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            sheet.column_dimensions[get_column_letter(cell.column)].width = max(len(str(cell.value)) + 3, 12)
        for cells in sheet.iter_rows(min_row=2):
            for cell in cells:
                if isinstance(cell.value, date):
                    cell.number_format = "yyyy-mm-dd"
    write("handledningslogg.xlsx", saved(workbook))


def main() -> None:
    """Make all files."""
    answers, log = np.random.default_rng(SEED), np.random.default_rng(SEED + 1)
    people = make_people(answers)
    sessions = [row for group in GROUPS for row in session_rows(log, group)]
    present = present_at(log, sessions, people)
    questions = question_rows(log, sessions, present)
    ideas = idea_rows(log, questions)
    write_log({
        "people": people_rows(people), "sessions": sessions, "questions": questions, "ideas": ideas,
        "attendance": attendance_rows(log, sessions, people, present, questions),
        "follow_ups": follow_up_rows(log, ideas, sessions, people), "strengths": strength_rows(log, present),
        "feedback": feedback_rows(), "supervisor_development": development_rows(), "contacts": contact_rows(log),
        "goal_ratings": goal_rating_rows(people), "comments": comment_rows(), "approvals": approval_rows(),
    })  # fmt: skip
    write_exports(answers, people, sessions, present)


if __name__ == "__main__":
    main()
