"""What the contract says is told as it is; what it does not say is told as not recorded."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from evaluations import analysed, group_of, write_folder

from evaltools import contract_report
from evaltools.contract_facts import contract_facts, supervisor_changes
from evaltools.folder import read_evaluation
from evaltools.language import texts
from evaltools.measures import measures

CONTRACT = """signed = 2024-08-20
end = 2026-03-01
form = "group"
form_reason = "Gruppen ville det"
audience = "staff"
sector = "hemtjänst"
mission = "Stöd i mötet"
joint = true
interval_days = [21, 28]
rules_reviewed = 2024-09-12
choice_basis = "Tre tillfrågades"
chosen_by = "both"
frames = { length = "två timmar", place = "utanför" }
dialogue_dates = [2024-08-20, 2025-06-01]
"""
MORE = """
[[supervisors]]
id = "Ada"
approach = "systemteori"
external = true

[[qualifications]]
supervisor = "Ada"
name = "Handledarutbildning"
points = 30
year = 2012

[[qualifications]]
supervisor = "Ada"
name = "Grupprocesser"
points = 7.5

[[supervisor_periods]]
supervisor = "Ada"
from = 2024-09-01
to = 2025-03-01

[[supervisor_periods]]
supervisor = "Bo"
from = 2025-03-01

[[goals]]
id = "g2"
text = "Gemensamt"
level = "group"
organisation_goal = "God vård"
"""
FILES = {
    "sessions": "session;group;date;status\ns1;A;2024-09-12;held\ns2;A;2025-09-10;held\n",
    "supervisor_development": (
        "supervisor;date;kind;hours\nAda;2024-12-12;own_supervision;2\nAda;2025-03-12;own_supervision;2\n"
        "Ada;2025-09-12;own_supervision;2\nAda;2025-10-01;training;6\n"
    ),
    "contacts": (
        "date;with;kind;number\n2024-09-02;commissioner;start;\n2025-06-01;commissioner;midterm;\n"
        "2025-02-01;peers;other;3\n2026-03-10;peers;other;\n"
    ),
    "ideas": "idea;session;shared_strategy\ni1;s1;yes\ni2;s1;no\ni3;s2;yes\n",
}


def folder(path: Path) -> Path:
    """A contract with everything that a contract can say; report of 31 March 2026."""
    files = "".join(f'\n[[files]]\npath = "{name}.csv"\ntable = "{name}"\n' for name in FILES)
    write_folder(path, {"A": group_of(6, [2, 2]), "B": group_of(5, [2, 2], name="b")}, more=MORE + files)
    for name, text in FILES.items():
        (path / f"{name}.csv").write_text(text, "utf-8")
    people = "person;group;role;profession\n" + "".join(f"p{at};A;staff;Undersköterska\n" for at in range(6))
    (path / "people.csv").write_text(people + "".join(f"b{at};B;{'manager' if at == 0 else ''};\n" for at in range(5)))
    settings = (path / "evaluation.toml").read_text("utf-8").replace("2026-01-31", "2026-03-31")
    settings = settings.replace("start = 2024-09-01\n", f"start = 2024-09-01\n{CONTRACT}")
    (path / "evaluation.toml").write_text(settings, "utf-8")
    return path


def test_every_fact_of_a_full_contract_is_told(tmp_path: Path) -> None:
    found = {
        (fact.measure, fact.where): fact.value for fact in contract_facts(read_evaluation(folder(tmp_path / "it")))
    }
    months = {name: found.pop((name, "")) for name in ("contract_duration_months", "duration_deviation_months")}
    assert list(months.values()) == pytest.approx([546 / 30.4375, 546 / 30.4375 - 18])  # 1 September to 1 March
    gap = found.pop(("own_supervision_longest_gap", "Ada"))
    assert gap == pytest.approx(184 / 30.4375)  # 12 March to 12 September 2025
    assert found.pop(("own_supervision_per_year", "Ada")) == pytest.approx(3 / (535 / 365.25))
    assert found.pop(("supervisor_months", "Ada")) == pytest.approx(181 / 30.4375)
    assert found.pop(("supervisor_months", "Bo")) == pytest.approx(365 / 30.4375)
    expected: dict[tuple[str, str], Any] = {
        ("contract_purpose", ""): "Syftet", ("contract_mission", ""): "Stöd i mötet",
        ("frames_length", ""): "två timmar", ("frames_place", ""): "utanför",
        ("supervision_form", ""): "group", ("supervision_audience", ""): "staff",
        ("form_reason", ""): "Gruppen ville det", ("contract_sector", ""): "hemtjänst",
        ("contract_signed", ""): date(2024, 8, 20), ("contract_signed_in_time", ""): True,
        ("rules_reviewed", ""): date(2024, 9, 12), ("rules_reviewed_in_time", ""): True,
        ("contract_joint", ""): True, ("contract_frames_stated", ""): 5, ("dialogues_before_start", ""): 2,
        ("choice_basis", ""): "Tre tillfrågades", ("chosen_by", ""): "both", ("goals_stated", ""): 2,
        ("goals_linked", ""): 1, ("goals_shared", ""): 1, ("strategies_shared", ""): 2,
        ("commissioner_meetings", ""): 3, ("midterm_meeting", ""): True, ("peer_contacts", ""): 4,
        ("peer_contacts_after_end", ""): 1, ("group_size_smallest", ""): 5, ("group_size_largest", ""): 6,
        ("supervisor_approach", "Ada"): "systemteori", ("supervisor_external", "Ada"): True,
        ("supervisor_points", "Ada"): 37.5, ("training_hours", "Ada"): 6, ("supervisor_changes", ""): 1,
        ("supervisor_qualification", "Ada"): "Grupprocesser",  # the last of two; the other is tested below
    }  # fmt: skip
    assert found == expected


def test_each_qualification_is_a_fact_of_its_own(tmp_path: Path) -> None:
    facts = contract_facts(read_evaluation(folder(tmp_path / "it")))
    told = [fact.value for fact in facts if fact.measure == "supervisor_qualification"]
    assert told == ["Handledarutbildning (2012)", "Grupprocesser"]


@pytest.mark.parametrize(
    ("old", "new", "measure"),
    [("signed = 2024-08-20", "signed = 2024-10-01", "contract_signed_in_time"),
     ("rules_reviewed = 2024-09-12", "rules_reviewed = 2024-09-13", "rules_reviewed_in_time")],
)  # fmt: skip
def test_what_came_after_the_first_session_is_told_as_late(tmp_path: Path, old: str, new: str, measure: str) -> None:
    path = folder(tmp_path / "it") / "evaluation.toml"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    facts = {fact.measure: fact.value for fact in contract_facts(read_evaluation(path.parent))}
    assert facts[measure] is False


def test_a_bare_contract_has_what_it_says_and_the_rest_is_not_recorded(tmp_path: Path) -> None:
    write_folder(tmp_path / "it", {"A": group_of(6, [2, 2])})
    analysis = analysed(tmp_path / "it")
    assert {fact.measure for fact in analysis.facts.contract_facts} == {
        "contract_purpose", "goals_stated", "group_size_smallest", "group_size_largest"
    }  # fmt: skip
    text = str(contract_report.contract(analysis, "en").blocks)
    facts = texts("en")["contract_report"]["facts"]
    for name, measure in measures().items():
        if measure.unit == "fact" and not name.startswith(("contract_purpose", "goals_stated", "group_size")):
            assert facts[name] in text.partition("Not recorded: ")[2]


def test_every_fact_has_its_words() -> None:
    for language in ("sv", "en"):
        facts = [name for name, measure in measures().items() if measure.unit == "fact"]
        assert sorted(texts(language)["contract_report"]["facts"]) == sorted(facts)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_supervisor_reads_every_fact(tmp_path: Path, language: str) -> None:
    text = str(contract_report.contract(analysed(folder(tmp_path / "it")), language).blocks)
    for word in ("Gruppen ville det", "systemteori", "Handledarutbildning (2012)", "Tre tillfrågades"):
        assert word in text


def test_the_same_supervisor_going_on_is_no_change(tmp_path: Path) -> None:
    path = folder(tmp_path / "it") / "evaluation.toml"
    path.write_text(path.read_text("utf-8").replace('"Bo"', '"Ada"'), "utf-8")
    assert supervisor_changes(read_evaluation(path.parent), "A") == []


def test_who_takes_part_is_counted_among_those_of_whom_it_is_known(tmp_path: Path) -> None:
    rows = analysed(folder(tmp_path / "it")).estimates
    told = {
        (row.measure, row.basis): (row.value, row.n, row.of)
        for row in rows.itertuples()
        if row.measure[:9] == "people_by"
    }
    assert told == {
        ("people_by_role", "staff"): (6, 6, 7), ("people_by_role", "manager"): (1, 1, 7),
        ("people_by_profession", "1"): (6, 6, 6),
    }  # fmt: skip
