"""A small session log in which every column of the process is filled, for tests that work figures out by hand.

Two groups, A (p1, p2, p3) and B (q1, q2); group A has four sessions and one that was cancelled, group B two.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from evaltools.analysis import Analysis, analyse
from evaltools.folder import read_evaluation

SETTINGS = """schema = 1
id = "log"
language = "en"
report_date = 2026-01-31
contract = { commissioner = "C", purpose = "P", start = 2025-01-01, interval_days = [21, 28], sessions_planned = 9 }
groups = [{ id = "A", label = "Group A" }, { id = "B", label = "Group B" }]
waves = [{ id = "after", label = "After each session", kind = "session_form" }]
"""
Table = list[str]
LOG: Mapping[str, Table] = {
    "people": ["person group role", "p1 A staff", "p2 A staff", "p3 A staff", "q1 B staff", "q2 B staff"],
    "sessions": [
        "session group date status format planned_minutes actual_minutes reflection_not_advice order_decided_by "
        "interrupted reflection_minutes mission_clarified individual_requested individual_held methods tried_new "
        "teaching_topic teaching_minutes",
        "a1 A 2025-01-07 held group 90 90 6 participants no 60 yes 1 1 round,scaling no questions 10",
        "a2 A 2025-01-28 held group 90 60 7 participants yes 30 no 1 0 round yes . .",
        "ax A 2025-02-25 cancelled group 90 . . . . . . . . . . . .",
        "a3 A 2025-03-04 held group 90 90 8 supervisor no 60 no 0 0 round no scaling 20",
        "a4 A 2025-04-01 held group 90 90 9 participants no 60 no . . round no . .",
        "b1 B 2025-01-08 held group 60 60 5 together no 30 no . . . no . .",
        "b2 B 2025-02-05 held group 60 60 5 together no 30 no . . . no . .",
    ],
    "attendance": [
        "session person present listed asked analysed reflected contributed took_from_others feedback_received "
        "feedback_useful",
        "a1 p1 yes yes yes yes yes yes no yes yes", "a1 p2 yes yes yes no yes yes yes no .",
        "a1 p3 yes no no no no no yes no .", "a2 p1 yes no yes yes no yes yes no .",
        "a2 p2 no . . . . . . . .", "a2 p3 yes no no no no no no no .",
        "a3 p1 yes yes yes no no yes no no .", "a3 p2 yes yes no no yes yes yes no .",
        "a3 p3 yes no no no no no no yes no", "a4 p1 yes no no no yes yes no no .",
        "a4 p2 yes no yes no yes yes no no .", "a4 p3 no . . . . . . . .",
        "b1 q1 yes yes yes yes yes yes yes yes yes", "b1 q2 yes yes yes yes yes yes yes yes yes",
        "b2 q1 yes yes yes yes yes yes yes yes yes", "b2 q2 yes yes yes yes yes yes yes yes yes",
    ],
    "questions": [
        "question session owner order_decided order_taken handled owner_satisfied carried_to type formulated_by "
        "concerns counterpart focus level theme concrete ethics emotion_named alternatives perspectives possibilities "
        "resources insight usefulness difficulty_before difficulty_after lingers_before lingers_after "
        "understanding_before understanding_after minutes",
        "f1 a1 p1 1 1 yes yes . event participant client client case individual other yes no yes 2 3 1 2 yes 8 8 5 7 4 "
        "3 6 30",
        "f2 a1 p1 2 3 partly no . action participant client client case individual other yes no yes 3 2 1 1 no 6 7 5 7 "
        "6 4 5 20",
        "f3 a1 p2 3 2 no . a3 relation supervisor colleague colleague group group conflict no yes no . . . . . . . . . "
        ". . . .",
        "f4 a2 p1 1 1 yes yes . task together organisation_goal other self organisation values yes no no 1 1 2 1 yes 9 "
        "6 2 5 1 5 9 25",
        "f5 a3 p2 1 2 yes yes . relation participant manager manager self society conflict yes yes yes 4 4 2 2 yes 7 9 "
        "9 6 6 2 3 40",
        "f6 a3 p2 2 1 no . . goal participant client relative self individual other no no no . . . . . . . . . . . . .",
        "g1 b1 q1 1 1 yes yes . event participant client client case individual other yes no yes 2 2 2 2 yes 5 5 4 5 4 "
        "5 6 30",
    ],
    "strengths": [
        "session person given within_24h tools reinforced what",
        "a1 p1 yes yes 2 yes calm", "a1 p2 yes no 1 no courage",
        "a1 p3 no . . . .", "a2 p1 yes yes 3 yes calm", "b1 q1 yes yes 1 yes meeting",
    ],
    "ideas": [
        "idea session person question kind resource_named spread shared_strategy", "i1 a1 p1 f1 tool yes no no",
        "i2 a1 . f2 action no no yes", "i3 a1 p2 . approach yes yes no", "i4 a2 p1 f4 tool no no no",
        "i5 a4 p3 . action yes no no", "j1 b1 q1 g1 tool yes no no",
    ],
    "follow_ups": [
        "idea session followed_up tried helped noticed_by noticed_how still_used reinforced adapted",
        "i1 a2 yes yes yes self calmer yes yes no", "i2 a2 yes yes no . . no no yes", "i3 a2 no . . . . . . .",
        "i1 a3 yes yes partly colleague contact no no yes", "i4 a3 yes no . . . . no no",
        "j1 b2 yes yes yes client safer yes yes no",
    ],
    "feedback": [
        "case date kind from_role group action closed outcome",
        "c1 2025-02-01 wish participant A talked 2025-02-11 met",
        "c2 2025-03-01 wish participant A . . .", "c3 2025-03-05 complaint manager . talked 2025-03-25 partly_met",
    ],
}  # fmt: skip


def rows_of(table: str) -> list[dict[str, str]]:
    """The rows of one table of the log; a dot is a blank cell."""
    heads = LOG[table][0].split()
    return [
        {head: "" if cell == "." else cell for head, cell in zip(heads, row.split(), strict=True)}
        for row in LOG[table][1:]
    ]


def write_log(
    folder: Path, *, without: Collection[str] = (), tables: Mapping[str, list[dict[str, str]]] | None = None,
    settings: str = SETTINGS, more: str = "",
) -> Path:  # fmt: skip
    """Write the folder, some tables replaced, some columns (``"questions.handled"``) or whole tables left out."""
    folder.mkdir(parents=True, exist_ok=True)
    given = {name: rows_of(name) for name in LOG} | dict(tables or {})
    kept = {name: rows for name, rows in given.items() if name not in without}
    files = [f'[[files]]\npath = "{name}.csv"\ntable = "{name}"' for name in kept]
    (folder / "evaluation.toml").write_text("\n".join([settings, *files, more]), "utf-8")
    for name, rows in kept.items():
        heads = [head for head in rows[0] if f"{name}.{head}" not in without]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, heads, delimiter=";", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def analysed_log(folder: Path, **changes: object) -> Analysis:
    """The analysis of the written folder."""
    return analyse(read_evaluation(write_log(folder, **changes)))  # type: ignore[arg-type]


SESSION_FORM = """schema = 1
id = "after_session"
version = "1"
label = { sv = "Efter träffen", en = "After the session" }
languages = ["sv"]
response_range = [0, 10]
timeframe = { sv = "nu", en = "now" }
valid_before_start = false
health_data = false
certainty = "sure"
status = "not_yet_validated"
source = "made for a test"
licence = { name = "CC0-1.0", may_ship = true, terms = { sv = "fri", en = "free" } }
[[items]]
id = "learned"
reversed = false
covers = []
[[scales]]
id = "learned"
label = { sv = "Lärande", en = "Learning" }
items = ["learned"]
rule = "mean"
min_answered = 1
missing_rule_source = "all"
higher_is_better = true
covers = ["0.4"]
"""
RATERS = [{"person": f"p{at}", "group": "A"} for at in range(1, 7)] + [{"person": "q1", "group": "B"}]


def followed(
    folder: Path, means: list[int], people: int = 6, methods: Sequence[str] = (), away: Collection[tuple[int, int]] = ()
) -> Analysis:
    """A folder in which so many people rated each of some sessions, a fortnight apart, all alike but two.

    ``methods`` has the words of the log for the first sessions; ``away`` says which person missed which session.
    """
    sessions = [
        {"session": f"s{at}", "group": "A", "status": "held", "date": str(date(2025, 1, 7) + timedelta(days=14 * at)),
         "methods": methods[at] if at < len(methods) else ""}
        for at in range(len(means))
    ]  # fmt: skip
    answers = [
        {"person": f"p{who}", "wave": "after", "session": f"s{at}", "instrument": "after_session", "item": "learned",
         "code": str(mean + (1 if who == 1 else -1 if who == 2 else 0))}
        for at, mean in enumerate(means) for who in range(1, people + 1) if (who, at) not in away
    ]  # fmt: skip
    (folder / "scoring_keys").mkdir(parents=True)
    (folder / "scoring_keys" / "after_session.toml").write_text(SESSION_FORM, "utf-8")
    tables = {"people": RATERS, "sessions": sessions, "responses": answers}
    others = ("attendance", "questions", "ideas", "follow_ups", "strengths", "feedback")
    return analysed_log(folder, tables=tables, without=others)
