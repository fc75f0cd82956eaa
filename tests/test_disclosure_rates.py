"""Shares of things that people own, and what may not vanish from what is out."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from evaluations import analysed, group_of, refused, released, write_folder

from evaltools.analysis import Analysis, analyse
from evaltools.disclosure import release
from evaltools.errors import DisclosureError
from evaltools.folder import read_evaluation
from evaltools.ledger import open_ledger
from evaltools.policy import policies
from evaltools.released_contract import goal_answer
from evaltools.reports import commissioner_report
from evaltools.sealed import Release
from evaltools.wording import words

Owned = Mapping[str, Mapping[str, int]]  # by group: how many things each person owns
TEAM = {"a": {f"p{at}": 2 for at in range(6)}}


def with_shares(analysis: Analysis, owned: Owned, measures: Mapping[str, float]) -> Analysis:
    """The analysis with rows about shares, as the rooms of the session cycle make them."""
    rows, sets, all_owned = [], dict(analysis.sets), dict(analysis.owned)
    whole = {who: things for group in owned.values() for who, things in group.items()}
    for measure, share in measures.items():
        for group_by, group, own in [
            ("evaluation", "all", whole),
            *(("group", name, own) for name, own in owned.items()),
        ]:
            number = len(sets)
            sets[number] = frozenset(own)
            all_owned[measure, group_by, group] = own
            rows.append(analysis.estimates.iloc[0].to_dict() | {
                "scale": "", "group_by": group_by, "group": group, "wave": "", "wave_to": "", "measure": measure,
                "value": share, "n": len(own), "of": float(sum(own.values())), "people_set": number, "note": "",
            })  # fmt: skip
    extra = pd.DataFrame(rows).astype(analysis.estimates.dtypes.to_dict())
    return replace(
        analysis, estimates=pd.concat([analysis.estimates, extra], ignore_index=True), sets=sets, owned=all_owned
    )


def let_out(folder: Path, owned: Owned = TEAM, **measures: float) -> Release:
    """What the folder's next report lets out, with these shares beside the scales."""
    return release(with_shares(analysed(folder), owned, measures), policies()["standard"], open_ledger(folder))


def team(folder: Path, end: str = "2025-12-31") -> Path:
    """A group of six, measured twice; the contract ends on a day."""
    write_folder(folder, {"a": group_of(6, [3, 4, 3], [4, 4, 4])})
    settings = folder / "evaluation.toml"
    settings.write_text(settings.read_text("utf-8").replace("start =", f"end = {end}\nstart ="), "utf-8")
    return folder


def test_a_share_goes_out_as_a_band_with_its_month(tmp_path: Path) -> None:
    issued = let_out(team(tmp_path), idea_helped=0.55)
    assert issued.document["shares"] == [
        {"measure": "idea_helped", "group": "", "n": 6, "until": "2026-01",
         "shown": {"kind": "between", "low": "50", "high": "70"}}
    ]  # fmt: skip
    told = {
        "sv": ("Idéer som hjälpte", "mellan 50 och 70 procent", "6", "januari 2026"),
        "en": ("Ideas that helped", "between 50 and 70 per cent", "6", "January 2026"),
    }
    for language, (name, *cells) in told.items():
        row = f'<th scope="row">{name}</th>' + "".join(f"<td>{cell}</td>" for cell in cells)
        assert row in commissioner_report(issued, language)


def test_a_share_is_repeated_as_it_was_even_when_more_has_come(tmp_path: Path) -> None:
    first = let_out(team(tmp_path), idea_helped=0.55).document
    second = let_out(tmp_path, {"a": {f"p{at}": 5 for at in range(6)}}, idea_helped=0.95).document
    assert second["shares"] == first["shares"]


def test_a_share_waits_for_the_end_of_the_supervision(tmp_path: Path) -> None:
    issued = let_out(team(tmp_path, "2026-02-01"), idea_helped=0.55)
    assert issued.document["shares"] == []
    assert issued.document["share_absences"] == [{"measure": "idea_helped", "group": "", "absence": "at_the_end"}]
    what = words("sv").text("shares.names.idea_helped")
    assert words("sv").text("shares.at_the_end", what=what) in commissioner_report(issued, "sv")
    assert not any(entry.measure != "level" for entry in open_ledger(tmp_path).entries)


@pytest.mark.parametrize(
    "owned",
    [{"a": dict.fromkeys(("p0", "p1", "p2", "p3"), 2)}, {"a": {"p0": 9, "p1": 1, "p2": 1, "p3": 1, "p4": 1}}],
    ids=["four people", "one owns nearly all"],
)
def test_too_few_owners_and_one_who_owns_nearly_all_get_the_same_words(owned: Owned, tmp_path: Path) -> None:
    document = let_out(team(tmp_path), owned, question_handled_share=0.5).document
    assert document["shares"] == []
    assert document["share_absences"] == [{"measure": "question_handled_share", "group": "", "absence": "not_shown"}]


def test_a_share_without_its_owners_is_not_let_out(tmp_path: Path) -> None:
    analysis = with_shares(analysed(team(tmp_path)), TEAM, {"attendance_share": 0.9})
    document = release(replace(analysis, owned={}), policies()["standard"], open_ledger(tmp_path)).document
    assert document["shares"] == []


def test_a_log_lets_out_its_attendance_in_a_band_and_no_more(sample: Callable[[str], Path]) -> None:
    folder = sample("hemtjanst")
    ledger = open_ledger(folder)
    evaluation = read_evaluation(folder)
    document = release(analyse(evaluation, ledger), policies()["standard"], ledger).document
    present = evaluation.attendance["present"].mean()
    (share,) = document["shares"]
    assert (share["measure"], share["group"], share["n"]) == ("attendance_share", "", len(evaluation.people))
    assert float(share["shown"]["low"]) <= 100 * present <= float(share["shown"]["high"])
    assert float(share["shown"]["high"]) - float(share["shown"]["low"]) >= 10


def test_only_what_the_plan_tells_the_commissioner_of_is_let_out(sample: Callable[[str], Path]) -> None:
    folder = sample("hemtjanst")
    text = (folder / "evaluation.toml").read_text("utf-8")

    def told(name: str, changed: str) -> set[str]:
        own = shutil.copytree(folder, folder.with_name(name))
        (own / "evaluation.toml").write_text(changed, "utf-8")
        return {entry["scale"] for entry in released(own).document["scales"]}

    both = {"job_satisfaction", "perceived_competence"}
    planned = r'(what = "toolkit_job_satisfaction"\nwave = "\w+"\nto = )"commissioner"'
    less, changes = re.subn(planned, r'\1"supervisor"', text)
    assert changes == 3
    goals = 'indicator = "job_satisfaction"\n'
    assert told("planned", text) == both
    assert told("goal", less) == both  # a goal of the contract asks for it still
    assert told("less", less.replace(goals, "")) == {"perceived_competence"}
    assert told("none", less.replace(goals, "").replace('to = "commissioner"', 'to = "supervisor"')) == both


def test_each_of_two_groups_has_its_own_share(tmp_path: Path) -> None:
    write_folder(tmp_path, {name: group_of(6, [3, 4, 3], [4, 4, 4], name=name) for name in "ab"})
    owned = {"a": {f"a{at}": 2 for at in range(6)}, "b": {f"b{at}": 2 for at in range(4)}}
    document = let_out(tmp_path, owned, idea_helped=0.55).document
    assert [share["group"] for share in document["shares"]] == ["Grupp a"]
    assert [absence["group"] for absence in document["share_absences"]] == ["Grupp b"]


def test_whether_a_share_is_refused_does_not_depend_on_it(tmp_path: Path) -> None:
    patterns = set()
    for number, share in enumerate((0.0, 0.4, 1.0)):
        document = let_out(team(tmp_path / str(number)), idea_helped=share, idea_tried=1.0).document
        shares = tuple((row["measure"], row["n"]) for row in document["shares"])
        patterns.add((shares, json.dumps(document["share_absences"])))
    assert len(patterns) == 1


# --- what is out may not vanish


def _changed(folder: Path, old: str, new: str) -> Path:
    for path in (folder / "evaluation.toml", folder / "answers.csv", folder / "scoring_keys" / "own.toml"):
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [("w1", "w9", "EV-370"), ('"own"\nlabel = { sv = "Egen skala"', '"new"\nlabel = { sv = "Egen skala"', "EV-371")],
    ids=["a wave", "a scale"],
)
def test_a_new_name_for_what_is_out_is_refused(old: str, new: str, told: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4])})
    released(folder)
    _changed(folder, old, new)
    if told == "EV-371":
        _changed(folder, 'indicator = "own"', 'indicator = "new"')
        _changed(folder, 'what = "own"', 'what = "new"')
    with pytest.raises(DisclosureError, match=told):
        released(folder)


def test_other_questions_under_the_name_of_a_scale_that_is_out_are_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4])})
    released(folder)
    _changed(folder, 'items = ["q1", "q2", "q3"]', 'items = ["q1", "q2"]')
    _changed(folder, "min_answered = 3", "min_answered = 2")
    with pytest.raises(DisclosureError, match="EV-372"):
        released(folder)


def test_a_new_label_is_no_new_name(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4])})
    first = released(folder).document
    assert released(_changed(folder, "Mätning 2", "Efter")).document["figures"] == first["figures"]


def test_the_ledger_says_when_and_of_what(tmp_path: Path) -> None:
    let_out(team(tmp_path), idea_helped=0.55)
    entries = open_ledger(tmp_path).entries
    assert {entry.measure for entry in entries} == {"level", "idea_helped"}
    assert {date.fromisoformat(entry.on) for entry in entries} == {date(2026, 1, 31)}


def test_a_level_alone_does_not_go_out(tmp_path: Path) -> None:
    """At the first wave all six are asked of anew, as a larger group; at the second nobody's answer is out."""
    people = group_of(6, [3, 4, 3], [4, 4, 4])
    write_folder(tmp_path, {"a": people})
    released(tmp_path)
    waves = {who: [*answers, [5, 5, 5]] for who, answers in people.items()}
    moved = write_folder(tmp_path, {"b": waves})
    document = released(moved).document
    assert document["figures"] == []
    assert [absence["absence"] for absence in document["absences"]] == ["not_shown"]
    assert refused(moved) == [("own", "", "answers_out")]


def with_goal(folder: Path, more: str) -> Path:
    """The folder with one goal more."""
    path = team(folder) / "evaluation.toml"
    path.write_text(path.read_text("utf-8") + f'\n[[goals]]\nid = "share"\ntext = "Idéer"\n{more}\n', "utf-8")
    return folder


def test_a_goal_is_answered_by_its_released_share(tmp_path: Path) -> None:
    issued = let_out(with_goal(tmp_path, 'indicator = "idea_helped"\nexpected = 0.3'), idea_helped=0.55)
    known, told = goal_answer(issued.document["contract"]["goals"][-1], issued.document, words("en"))
    assert known
    assert told == (
        "Ideas that helped: between 50 and 70 per cent (6 people). "
        "The contract expected +0.3: it is not possible to tell whether this has been reached."
    )
    assert "mellan 50 och 70 procent (6 personer)" in commissioner_report(issued, "sv")


@pytest.mark.parametrize(
    ("shares", "said"),
    [({"idea_helped": 0.5}, "Ideas that helped: not shown"), ({"idea_tried": 0.5}, "Not measured.")],
)
def test_a_goal_whose_share_may_not_go_out_says_so(
    tmp_path: Path, shares: Mapping[str, float], said: str
) -> None:  # fmt: skip
    few = {"a": {f"p{at}": 2 for at in range(4)}}
    issued = let_out(with_goal(tmp_path, 'indicator = "idea_helped"'), few, **shares)
    known, told = goal_answer(issued.document["contract"]["goals"][-1], issued.document, words("en"))
    assert not known
    assert said in told


def test_a_goal_of_one_group_is_not_answered_by_the_share_of_all(tmp_path: Path) -> None:
    path = with_goal(tmp_path, 'indicator = "idea_helped"')
    issued = let_out(path, idea_helped=0.55)
    goal = issued.document["contract"]["goals"][-1] | {"group": "Group B"}
    known, told = goal_answer(goal, issued.document, words("en"))
    assert not known
    assert "Group B" in told
    assert "50" not in told
