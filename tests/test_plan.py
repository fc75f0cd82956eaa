"""What `evaltools plan` promises: its chances against simulated groups, and its words for every size of group."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from evaltools import plan as plan_room
from evaltools.cli import main
from evaltools.errors import FolderError
from evaltools.instruments import Reference, Scale, shipped_instruments
from evaltools.plan import Plan, plan_evaluation
from evaltools.plan_text import plan_json, plan_text
from evaltools.statistics.change import mean_change
from evaltools.statistics.precision import VerdictChances, verdict_chances
from evaltools.statistics.verdicts import verdict

GROUPS = 20_000
WITHIN = 0.02  # two percentage points; the simulation itself errs by a third of one


def verdicts_of(before: np.ndarray, after: np.ndarray, minimal: float) -> dict[str, float]:
    """Shares of verdicts over simulated groups, by the statistics and the rule that make the reports."""
    sure, hint = (mean_change(before, after, level=level) for level in (0.95, 0.80))
    words = Counter(
        verdict(float(value), float(wide), float(narrow), minimal)
        for value, wide, narrow in zip(sure.value, sure.high - sure.value, hint.high - hint.value, strict=True)
    )
    return {word: number / len(sure.value) for word, number in words.items()}


def furthest(promised: VerdictChances, found: dict[str, float]) -> float:
    return max(abs(chance - found.get(word, 0.0)) for word, chance in promised._asdict().items())


def normal_changes(n: int, change: float, sd: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    before = draw.normal(3.4, 0.8, (GROUPS, n))
    return before, before + draw.normal(change, sd, (GROUPS, n))


def likert_means(draw: np.random.Generator, shape: tuple[int, ...], items: int, top: int, shift: float) -> np.ndarray:
    """Two waves of means of answers 1 to top: a person's level, which moves, and chance in every answer."""
    person = draw.normal(0, 0.7, shape)
    waves = []
    for level in (0.0, shift):
        state = person + draw.normal(level, 0.6, shape)
        answers = state[..., None] + draw.normal(0, 0.7, (*shape, items))
        waves.append(np.clip(np.round((top + 1) / 2 - 0.4 + answers), 1, top).mean(axis=-1))
    return np.stack(waves)


@pytest.mark.parametrize("people", [5, 7, 10, 24])
def test_the_plans_chances_hold_for_simulated_normal_changes(people: int) -> None:
    plan = plan_evaluation(people, 3, "perceived_competence", "sv")
    for name, change in plan.changes.items():
        scores = normal_changes(people, change, plan.sd_of_change, seed=people)
        assert furthest(plan.outlooks[0].chances[name], verdicts_of(*scores, plan.minimal)) < WITHIN, name


@pytest.mark.parametrize("people", [5, 8, 16])
@pytest.mark.parametrize(("items", "top"), [(4, 5), (7, 7), (1, 5), (1, 7)])
@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0])
def test_chances_hold_for_simulated_likert_means(people: int, items: int, top: int, shift: float) -> None:
    """The true change and spread are those of a population of such people, however far they are from normal."""
    draw = np.random.default_rng([people, items, round(shift * 10)])
    everyone = likert_means(draw, (200_000,), items, top, shift)
    changes = everyone[1] - everyone[0]
    minimal = (top - 1) / 8
    promised = verdict_chances(float(changes.mean()), float(changes.std()), people, minimal, step=1 / items / people)
    before, after = likert_means(draw, (GROUPS, people), items, top, shift)
    assert furthest(promised, verdicts_of(before, after, minimal)) < WITHIN


def test_a_change_of_the_smallest_size_is_shown_as_often_as_promised() -> None:
    plan = plan_evaluation(7, 2, "job_satisfaction", "sv")
    scores = normal_changes(7, plan.outlooks[0].smallest, plan.sd_of_change, seed=1)
    assert verdicts_of(*scores, plan.minimal)["increase"] == pytest.approx(plan.chance, abs=0.01)


@pytest.mark.parametrize("waves", [2, 3, 5])
def test_the_chance_of_any_false_alarm_holds_for_people_who_differ(waves: int) -> None:
    plan = plan_evaluation(6, waves, "job_satisfaction", "sv")
    draw = np.random.default_rng(waves)
    people = draw.normal(0, 1, (GROUPS, 6))
    scores = people + draw.normal(0, 0.7, (waves, GROUPS, 6))
    lows = np.array([mean_change(scores[0], scores[wave], level=0.80).low for wave in range(1, waves)])
    assert plan.false_one == pytest.approx((lows[0] > 0).mean(), abs=0.01)
    assert plan.false_any == pytest.approx((lows > 0).any(axis=0).mean(), abs=0.01)


def test_the_same_plan_is_the_same_to_the_last_digit() -> None:
    assert plan_json(plan_evaluation(9, 4, "biajs", "sv")) == plan_json(plan_evaluation(9, 4, "biajs", "en"))


def test_a_published_retest_is_used_before_the_assumption(monkeypatch: pytest.MonkeyPatch) -> None:
    assumed = plan_evaluation(7, 3, "job_satisfaction", "sv")
    given = with_scale(monkeypatch, references=(Reference(0.5, 0.82, "retest", "4 weeks", "staff", "Author (2000)"),))
    assert given.sd_of_change == pytest.approx(0.3)  # 0.5 times the root of 2 (1 - .82) = .36
    assert "Author (2000)" in plan_text(given, "en")
    assert given.outlooks[0].smallest < assumed.outlooks[0].smallest


def with_scale(monkeypatch: pytest.MonkeyPatch, **changed: object) -> Plan:
    scale: Scale = replace(shipped_instruments()["toolkit_job_satisfaction"].scales[0], **changed)
    monkeypatch.setattr(plan_room, "_scales", lambda: {"other": scale})
    return plan_evaluation(7, 3, "other", "sv")


def test_a_scale_on_which_lower_is_better_hopes_for_a_decrease(monkeypatch: pytest.MonkeyPatch) -> None:
    told = plan_text(with_scale(monkeypatch, higher_is_better=False), "sv")
    assert "visa en minskning på 1,3 poäng" in told
    assert "under 2,3 finns det inte plats" in told
    assert "ökning" not in told


def test_below_five_people_nothing_is_promised() -> None:
    plan = plan_evaluation(4, 3, "job_satisfaction", "sv")
    assert not plan.outlooks[0].shown
    told = plan_text(plan, "sv")
    assert "inga siffror om gruppen" in told
    assert "poäng" not in told
    assert {outlook["smallest_change"] for outlook in json.loads(plan_json(plan))["outlooks"]} == {None}


def test_a_group_that_falls_below_five_is_told_so() -> None:
    told = plan_text(plan_evaluation(6, 2, "job_satisfaction", "en"), "en")
    assert "5 left: an increase of 1.7 points or more can be shown." in told
    assert "4 left: no figures about the group are shown" in told


def test_a_smallest_change_is_never_rounded_down() -> None:
    for people in range(5, 15):
        plan = plan_evaluation(people, 2, "job_satisfaction", "en")
        told = plan_text(plan, "en").partition(" points or more")[0].rpartition(" ")[2]
        assert 0 <= float(told) - plan.outlooks[0].smallest < 0.1


def test_the_commissioners_smallest_difference_is_where_the_released_verdict_turns() -> None:
    """Seven people, scale 1 to 5: 1.2 times 1.96 / root of 7 = .889, and .1 for the rounding of two means: from 1.0."""
    outlook = plan_evaluation(7, 3, "job_satisfaction", "sv").outlooks[0]
    assert (outlook.released, outlook.uncertainty) == (1.0, 0.8)
    single = plan_evaluation(7, 3, "job_satisfaction_single", "sv")
    assert math.isnan(single.outlooks[0].released)
    assert "vilket band" in plan_text(single, "sv")


def test_an_instruments_name_will_do_where_it_has_one_scale() -> None:
    assert plan_evaluation(7, 3, "toolkit_competence", "sv").scale.id == "perceived_competence"


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(FolderError) as caught:
        plan_evaluation(1, 1, "nonsense", "en")
    told = str(caught.value)
    assert all(f"EV-30{number}" in told for number in (0, 1, 2))
    assert "perceived_competence" in told
    with pytest.raises(FolderError, match=r"EV-303[^$]*EV-304"):
        plan_evaluation(1000, 99, "biajs", "sv")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_command_line_tells_the_plan(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    for people in (2, 5, 7, 40):
        for waves in (2, 6):
            given = ["--people", str(people), "--waves", str(waves), "--scale", "oss_sf", "--lang", language]
            assert main(["plan", *given]) == 0
            told = capsys.readouterr()
            assert told.err == ""
            assert "nan" not in told.out.split()
            assert "{" not in told.out
            assert max(map(len, told.out.splitlines())) <= 120


def test_the_command_line_gives_json_and_tells_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--people", "7", "--waves", "3", "--scale", "biajs", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert sum(data["outlooks"][0]["chances"]["small"].values()) == pytest.approx(1)
    assert main(["plan", "--people", "7", "--waves", "1", "--scale", "biajs"]) == 1
    told = capsys.readouterr().err
    assert "EV-302" in told
    assert "Traceback" not in told


def test_a_single_question_is_planned_with_the_lattice_of_its_means() -> None:
    """Means of 16 people on whole numbers move in sixteenths, so .75 is reached more often than by any number."""
    found = plan_evaluation(16, 2, "job_satisfaction_single", "sv").outlooks[0].chances["small"]
    assert found == verdict_chances(0.75, 1.5, 16, 0.75, step=1 / 16)
    assert found.increase > verdict_chances(0.75, 1.5, 16, 0.75).increase + 0.01
