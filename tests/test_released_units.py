"""Staff, managers and individual supervision are told of apart: each kind together or group by group."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from evaluations import analysed, group_of, refused, released, write_folder

from evaltools.instruments import shipped_instruments
from evaltools.ledger import Entry, open_ledger
from evaltools.ledger_text import ledger_text
from evaltools.policy import policies
from evaltools.released_units import units_of
from evaltools.reports import commissioner_report

KINDS = {"c": 'audience = "managers"', "i": 'form = "individual"'}


def several_kinds(folder: Path, *, staff: str = "xyz") -> Path:
    """Groups of six staff, one of six managers, and one person with individual supervision."""
    sizes = {**dict.fromkeys(staff, 6), "c": 6, "i": 1}
    write_folder(folder, {name: group_of(size, [3, 4, 3], [4, 4, 4], name=name) for name, size in sizes.items()})
    settings = folder / "evaluation.toml"
    text = settings.read_text("utf-8")
    for name, kind in KINDS.items():
        text = text.replace(f'label = "Grupp {name}"', f'label = "Grupp {name}"\n{kind}')
    settings.write_text(text, "utf-8")
    return folder


def test_groups_of_one_kind_go_out_together_and_other_kinds_by_themselves(tmp_path: Path) -> None:
    issued = released(several_kinds(tmp_path))
    told = [(figure["group"], figure["wave"], figure["n"]) for figure in issued.document["figures"]]
    assert told == [("Medarbetare", 0, 18), ("Medarbetare", 1, 18), ("Grupp c", 0, 6), ("Grupp c", 1, 6)]
    assert released(tmp_path).document["figures"] == issued.document["figures"]


def test_few_groups_of_staff_are_told_of_one_by_one(tmp_path: Path) -> None:
    document = released(several_kinds(tmp_path, staff="xy")).document
    assert [change["group"] for change in document["changes"]] == ["Grupp x", "Grupp y", "Grupp c"]


def test_individual_supervision_is_left_out_and_told_so_once(tmp_path: Path) -> None:
    issued = released(several_kinds(tmp_path))
    assert "Grupp i" not in str(issued.document["figures"] + issued.document["absences"])
    assert commissioner_report(issued, "sv").count("Individuell handledning (Grupp i)") == 1
    assert "Individuell" not in commissioner_report(released(_staff_only(tmp_path / "other")), "sv")


def _staff_only(folder: Path) -> Path:
    return write_folder(folder, {"a": group_of(6, [3, 4, 3], [4, 4, 4])})


def test_fifteen_people_with_individual_supervision_are_not_told_of_together(tmp_path: Path) -> None:
    write_folder(tmp_path, {f"g{at}": group_of(1, [3, 4, 3], [4, 4, 4], name=f"p{at}") for at in range(15)})
    settings = tmp_path / "evaluation.toml"
    settings.write_text(settings.read_text("utf-8").replace("[contract]", '[contract]\nform = "individual"'), "utf-8")
    document = released(tmp_path).document
    assert (document["figures"], document["changes"]) == ([], [])
    assert document["absences"] == [{"scale": "own", "group": "", "absence": "not_shown"}]
    assert refused(tmp_path) == [("own", "", "individual")]


def test_managers_questions_are_not_said_to_be_missing_of_staff(tmp_path: Path) -> None:
    key = shipped_instruments()["toolkit_manager"]
    facts = analysed(several_kinds(tmp_path)).facts
    facts = replace(facts, instruments=(*facts.instruments, key))
    asked = {unit.cell: unit.is_asked(key.scales[0], facts) for unit in units_of(facts)}
    assert asked == {"all_staff": False, "all_managers": True}
    assert all(unit.is_asked(facts.scales["own"], facts) for unit in units_of(facts))


def test_what_is_out_decides_whether_groups_are_told_of_together(tmp_path: Path) -> None:
    several_kinds(tmp_path)
    released(tmp_path)
    facts, out = analysed(tmp_path).facts, _entries(tmp_path)
    staff, managers = units_of(facts)
    policy = policies()["standard"]
    assert staff.told_as({"x": 6, "y": 6, "z": 1}, policy, out) == [("audience", "all_staff")]
    assert staff.told_as({"x": 6, "y": 6, "z": 1}, policy, []) == [("group", name) for name in "xyz"]
    assert staff.told_as({"x": 6, "y": 6, "z": 6}, policy, []) == [("audience", "all_staff")]
    assert managers.told_as({"c": 6}, policy, out) == [("group", "c")]


def _entries(folder: Path) -> tuple[Entry, ...]:
    return open_ledger(folder).entries


def test_the_ledger_names_the_kind(tmp_path: Path) -> None:
    released(several_kinds(tmp_path))
    told = ledger_text(open_ledger(tmp_path), "sv")
    assert "Egen skala, Medarbetare, Mätning 1" in told
    assert "all_staff" not in told
