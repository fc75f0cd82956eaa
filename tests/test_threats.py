"""What can make a change look other than it is: each check counts right, is told in words, and keeps to the limits."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from evaluations import analysed, group_of, released, write_folder
from folders import small, told
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from test_analysis import row

from evaltools.reports import commissioner_report, supervisor_report
from evaltools.statistics.bounded import mean_on_scale
from evaltools.statistics.change import mean_change
from evaltools.statistics.rates import wilson
from evaltools.statistics.threats import (
    at_the_ends,
    baseline_of_dropouts,
    change_with_dropouts,
    dropouts,
    regression_to_the_mean,
)

NAN = float("nan")
scores = st.lists(st.one_of(st.sampled_from(np.arange(1, 5.25, 0.25).tolist()), st.just(NAN)), min_size=2, max_size=12)


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def then_tested(folder: Path, answers: dict[str, list[list[int] | None]], label: str = "Starten i efterhand") -> Path:
    """A folder whose third wave is a then-test, asked at the second."""
    write_folder(folder, {"g": answers})
    settings = folder / "evaluation.toml"
    text = settings.read_text("utf-8")
    text = text.replace('id = "w2"\nlabel = "Mätning 3"', f'id = "w2"\nlabel = "{label}"\nkind = "then_test"')
    text = text.replace('wave = "w2"\nto = "commissioner"', 'wave = "w2"\nto = "supervisor"')
    settings.write_text(text, "utf-8")
    return folder


SHIFTED: dict[str, list[list[int] | None]] = {
    f"p{at}": [[3, 3, 4], [4, 4, 4 + at % 2], [2, 2, 2 + at % 2]] for at in range(6)
}


# --- the statistics


def test_people_at_the_very_end_and_one_step_from_it_count_as_at_the_end() -> None:
    floor, ceiling = at_the_ends([1, 1.25, 1.5, 4.5, 4.75, 5, NAN], 1, 5, 0.25)
    assert (float(floor.value) * 6, float(ceiling.value) * 6, float(ceiling.n)) == pytest.approx((2, 2, 6))
    thirds = at_the_ends([14 / 3, 4.666667, 4.3333], 1, 5, 1 / 3)[1]  # printed with a few decimals, a step is a step
    assert float(thirds.value) * 3 == pytest.approx(2)


def test_regression_to_the_mean_is_what_a_selected_group_does_in_a_simulation() -> None:
    """Of 400 000 people whose true level never changes, those who scored below 2.5 are asked again."""
    rng = np.random.default_rng(7)
    level = rng.standard_normal(400_000) * np.sqrt(0.6)
    first, second = (3.5 + level + rng.standard_normal(400_000) * np.sqrt(0.4) for _ in range(2))
    low = first < 2.5
    expected = regression_to_the_mean(first[low], 3.5, 0.6, basis="simulated")
    assert float(expected.value) == pytest.approx(float((second[low] - first[low]).mean()), abs=0.01)
    assert float(expected.value) > 0.5


def test_dropouts_and_where_they_began() -> None:
    before, after = [2, 3, 4, NAN, 5], [3, NAN, 4, 4, NAN]
    assert (float(dropouts(before, after).value), float(dropouts(before, after).n)) == (0.5, 4)
    assert float(baseline_of_dropouts(before, after).value) == 4.0
    assert str(baseline_of_dropouts([2, 3], [3, 3]).note) == "too_few"


@given(scores, st.randoms(use_true_random=False))
def test_the_bounds_hold_whatever_the_missing_people_did(before: list[float], random: object) -> None:
    """Whoever left changed by something between the smallest and the largest change seen: the mean is inside."""
    first = np.array(before)
    rng = np.random.default_rng(abs(hash(tuple(map(str, before)))) % 2**32)
    truth = np.clip(first + rng.integers(-4, 5, len(first)) / 4, 1, 5)
    seen = np.where(rng.random(len(first)) < 0.6, truth, np.nan)
    low, high = change_with_dropouts(first, seen)
    change = (seen - first)[np.isfinite(seen - first)]
    if not len(change):
        assert str(low.note) == str(high.note) == "too_few"
        return
    full = np.clip(truth - first, change.min(), change.max())
    mean = full[np.isfinite(full)].mean()
    assert float(low.value) - 1e-9 <= mean <= float(high.value) + 1e-9


def test_without_dropout_the_bounds_are_the_mean_change() -> None:
    before, after = [2, 3, 4, 3], [3, 3, 5, 3]
    assert [float(bound.value) for bound in change_with_dropouts(before, after)] == [0.5, 0.5]
    assert float(mean_change(before, after).value) == 0.5


def test_groups_side_by_side_give_what_each_gives_alone() -> None:
    before = np.array([[2, 3, 4, NAN], [5, 5, 1, 2.0], [NAN, NAN, 3, NAN]])
    after = np.array([[3, NAN, 4, 4], [5, NAN, NAN, 2.0], [1, 2, NAN, NAN]])
    together = [*change_with_dropouts(before, after), dropouts(before, after), baseline_of_dropouts(before, after),
                *at_the_ends(before, 1, 5, 1), mean_on_scale(before, 1, 5)]  # fmt: skip
    for cell in range(3):
        alone = [*change_with_dropouts(before[cell], after[cell]), dropouts(before[cell], after[cell]),
                 baseline_of_dropouts(before[cell], after[cell]), *at_the_ends(before[cell], 1, 5, 1),
                 mean_on_scale(before[cell], 1, 5)]  # fmt: skip
        for one, many in zip(alone, together, strict=True):
            assert [float(many.value[cell]), float(many.low[cell])] == pytest.approx(
                [float(one.value), float(one.low)], nan_ok=True
            )


# --- a mean on a scale with ends


@given(st.lists(st.integers(0, 20), min_size=2, max_size=12))
def test_the_interval_of_a_mean_lies_on_the_scale_and_turns_with_it(answers: list[int]) -> None:
    values = np.array(answers) / 4
    figure, turned = mean_on_scale(values, 0, 5), mean_on_scale(5 - values, 0, 5)
    if figure.note == "no_variance":
        assert np.isnan(figure.low)
        return
    assert 0 <= figure.low < figure.value < figure.high <= 5
    assert (5 - turned.high, 5 - turned.low) == pytest.approx((float(figure.low), float(figure.high)))
    stretched = mean_on_scale(10 + 3 * values, 10, 25)
    assert float(stretched.low) == pytest.approx(10 + 3 * float(figure.low))


def test_for_answers_of_yes_and_no_in_a_large_group_it_is_wilsons_interval() -> None:
    answers = np.repeat([1.0, 0.0], [1_500, 98_500])
    figure, share = mean_on_scale(answers, 0, 1), wilson("share", 1_500, 100_000)
    assert (float(figure.low), float(figure.high)) == pytest.approx((float(share.low), float(share.high)), rel=1e-4)


# --- what the supervisor reads


def test_a_ceiling_is_told_and_so_is_room_in_both_directions(tmp_path: Path) -> None:
    high = {f"p{at}": [[5, 5, 5 - (at > 3)], [5, 5, 4 + at % 2]] for at in range(6)}
    assert "Tak: 6 av 6" in plain(supervisor_report(analysed(write_folder(tmp_path / "a", {"g": high}))))
    low = {f"p{at}": [[1, 1, 1 + (at > 3)], [2, 1, 1 + at % 2]] for at in range(6)}
    assert "Golv: 6 av 6" in plain(supervisor_report(analysed(write_folder(tmp_path / "b", {"g": low}))))
    middle = {f"p{at}": [[3, 3, 2 + at % 2], [4, 3, 4]] for at in range(6)}
    page = plain(supervisor_report(analysed(write_folder(tmp_path / "c", {"g": middle}))))
    assert "utrymme åt båda hållen" in page


def test_regression_to_the_mean_needs_published_values_and_says_so(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"g": {f"p{at}": [[2, 2, 2 + at % 2], [3, 3, 3 + at % 3]] for at in range(6)}})
    page = plain(supervisor_report(analysed(folder)))
    assert "Regression mot medelvärdet: det går inte att säga" in page
    key = folder / "scoring_keys" / "own.toml"
    reference = """
[[scales.references]]
mean = 3.5
sd = 0.8
reliability = 0.6
reliability_kind = "retest"
interval = "one year"
population = "norm group"
citation = "Author (2020)"
"""
    key.write_text(key.read_text("utf-8") + reference, "utf-8")
    expected = row(analysed(folder).estimates, "regression_to_mean", group_by="evaluation")
    assert expected["value"] == pytest.approx(0.4 * (3.5 - 13 / 6))  # first mean: three of 2 and three of 7/3
    page = plain(supervisor_report(analysed(folder)))
    assert "ändras med omkring +0,53 av sig självt" in page
    assert "Author (2020)" in page


def test_dropout_is_counted_with_its_bounds_and_small_sides_are_not_shown(tmp_path: Path) -> None:
    people: dict[str, list[list[int] | None]] = {f"p{at}": [[3, 3, 3], [3, 3 + at % 2, 4]] for at in range(6)}
    people |= {"gone1": [[1, 2, 1], None], "gone2": [[2, 1, 1], None], "new": [None, [5, 5, 5]]}
    analysis = analysed(write_folder(tmp_path, {"g": people}))
    page = plain(supervisor_report(analysis))
    # six people rose by 1/3 or 2/3; the two who left take the smallest or the largest of these
    assert "Bortfall: 2 av de 8" in page
    assert "hade medelförändringen varit +0,46" in page
    assert "ökade mest +0,54, i stället för +0,50" in page
    assert "går inte att säga: det behövs minst 5" in page
    gone = row(analysis.estimates, "baseline_of_dropouts", group_by="evaluation")
    assert (gone["n"], gone["note"]) == (2, "below_limit")
    assert "1,33" not in page


def test_five_who_left_are_held_beside_those_who_stayed(tmp_path: Path) -> None:
    people: dict[str, list[list[int] | None]] = {f"p{at}": [[3, 3, 3], [3, 3 + at % 2, 4]] for at in range(6)}
    people |= {f"gone{at}": [[2, 2, 2], None] for at in range(5)}
    page = plain(supervisor_report(analysed(write_folder(tmp_path, {"g": people}))))
    assert "De som saknas hade medelvärdet 2,00 från början, de som svarade båda gångerna 3,00." in page


def test_a_full_house_is_told_as_such(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"g": group_of(6, [3, 3, 4], [4, 4, 4])})
    assert "Bortfall: alla 6 som svarade vid ”Mätning 1” svarade också" in plain(supervisor_report(analysed(folder)))


def test_four_people_get_a_reason_and_no_figure(tmp_path: Path) -> None:
    people = {f"p{at}": [[2, 3, 2 + at % 3], [3, 3, 4]] for at in range(4)}
    page = plain(supervisor_report(analysed(write_folder(tmp_path, {"g": people}))))
    assert "Tak och golv: det går inte att säga" in page
    assert "Bortfall: alla 4" in page
    assert not re.search(r"\d av 4 ", page)


# --- then-test


def test_a_then_test_stands_beside_the_ordinary_change(tmp_path: Path) -> None:
    analysis = analysed(then_tested(tmp_path, SHIFTED))
    change = row(analysis.estimates, "then_test_change", group_by="evaluation")
    shift = row(analysis.estimates, "response_shift", group_by="evaluation")
    shifts = [-4 / 3, -1] * 3  # of ten points over three items, three people give six afterwards and three seven
    interval = stats.ttest_1samp(shifts, 0).confidence_interval(0.95)
    assert (shift["value"], shift["low"], shift["high"]) == pytest.approx((-7 / 6, interval.low, interval.high))
    assert (change["wave"], change["wave_to"], change["n"]) == ("w2", "w1", 6)
    assert (shift["wave"], shift["wave_to"]) == ("w0", "w2")
    page = plain(supervisor_report(analysis))
    assert "starten lägre i efterhand än då" in page
    assert "räknat från svaren vid ”Mätning 1” +0,83" in page


def test_a_then_test_is_no_wave_in_time(tmp_path: Path) -> None:
    analysis = analysed(then_tested(tmp_path, SHIFTED))
    assert list(analysis.facts.waves) == ["w0", "w1"]
    rows = analysis.estimates
    at = rows[(rows["wave"] == "w2") | (rows["wave_to"] == "w2")]
    assert set(at["measure"]) == {"then_test_change", "response_shift"}


def test_nothing_of_a_then_test_reaches_the_commissioner(tmp_path: Path) -> None:
    """The same people with and without a then-test, and with other then-test answers: the release is the same.

    Only the plan, which the contract declares, says that it was agreed.
    """
    without = {who: [*waves[:2]] for who, waves in SHIFTED.items()}
    other = {who: [*waves[:2], [5, 1, 5]] for who, waves in SHIFTED.items()}
    made = [
        released(then_tested(tmp_path / "a", SHIFTED, "KANARIE")),
        released(then_tested(tmp_path / "b", other, "KANARIE")),
        released(write_folder(tmp_path / "c", {"g": without})),
    ]
    assert made[0].content == made[1].content
    beside = [{name: it for name, it in one.document.items() if name not in ("plan", "checksum")} for one in made]
    assert beside[0] == beside[2]
    assert "KANARIE" not in str(beside[0])
    assert commissioner_report(made[0]).count("KANARIE") == made[0].content.count(b"KANARIE") == 1


def test_a_plan_that_gives_a_then_test_to_the_commissioner_is_refused(tmp_path: Path) -> None:
    more = '\n[[waves]]\nid = "then"\nlabel = "Then"\nactual = 2025-12-01\nkind = "then_test"\n'
    plan = '\n[[evaluation_plan]]\nwhat = "toolkit_job_satisfaction"\nwave = "then"\nto = "{}"\n'
    text = told(small(tmp_path / "a", more=more + plan.format("commissioner")))
    assert "EV-310" in text
    assert 'to = "supervisor"' in text
    analysed(small(tmp_path / "b", more=more + plan.format("supervisor")))


@pytest.mark.parametrize("change", [{'id = "pre"': 'kind = "then_test"\nid = "pre"'},
                                    {'id = "post"': 'kind = "then_test"\nid = "post"'}])  # fmt: skip
def test_a_then_test_without_a_start_or_an_end_is_refused(tmp_path: Path, change: dict[str, str]) -> None:
    assert "EV-311" in told(small(tmp_path, change=change))


def test_a_then_test_listed_before_the_end_belongs_to_the_end(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"g": {who: [a, c, b] for who, (a, b, c) in SHIFTED.items()}})
    settings = folder / "evaluation.toml"
    text = settings.read_text("utf-8").replace('label = "Mätning 2"', 'label = "Då"\nkind = "then_test"')
    settings.write_text(text.replace('wave = "w1"\nto = "commissioner"', 'wave = "w1"\nto = "supervisor"'), "utf-8")
    analysis = analysed(folder)
    assert analysis.facts.then_tests == {"w1": ("Då", "w2")}
    assert row(analysis.estimates, "response_shift", group_by="evaluation")["value"] == pytest.approx(-7 / 6)


def test_a_then_test_of_four_people_is_not_shown(tmp_path: Path) -> None:
    few = {who: waves if at < 4 else [*waves[:2], None] for at, (who, waves) in enumerate(SHIFTED.items())}
    analysis = analysed(then_tested(tmp_path, few))
    shift = row(analysis.estimates, "response_shift", group_by="evaluation")
    assert (shift["n"], shift["note"]) == (4, "below_limit")
    page = plain(supervisor_report(analysis))
    assert "Ändrad måttstock: det går inte att säga, eftersom bara 4 personer" in page


def test_without_a_then_test_it_is_said_that_the_yardstick_is_not_known(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"g": group_of(6, [3, 3, 4], [4, 4, 4])})
    assert "Ändrad måttstock: det går inte att säga" in plain(supervisor_report(analysed(folder)))
    assert pd.notna(row(analysed(folder).estimates, "dropouts", group_by="evaluation")["value"])
