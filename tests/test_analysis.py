"""Every row of the estimates: the people behind it, its limits, and the evaluations that are hardly any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from evaluations import analysed, group_of, released, write_folder

from evaltools.folder import read_evaluation
from evaltools.measures import measures
from evaltools.reports import commissioner_report, estimates_json, supervisor_report
from evaltools.schemas import ESTIMATES

Sample = Callable[[str], Path]


def row(table: pd.DataFrame, measure: str, **where: str) -> pd.Series:
    found = table[(table["measure"] == measure)]
    for column, value in where.items():
        found = found[found[column] == value]
    assert len(found) == 1
    return found.iloc[0]


def test_every_row_knows_the_people_behind_it(sample: Sample) -> None:
    analysis = analysed(sample("hemtjanst"))
    table = analysis.estimates
    assert list(table.columns) == list(ESTIMATES)
    assert set(table["people_set"]) == set(analysis.sets)
    assert (table["n"] == [len(analysis.sets[number]) for number in table["people_set"]]).all()
    first_seen = table["people_set"].drop_duplicates().tolist()
    assert first_seen == sorted(first_seen) == list(range(len(analysis.sets)))


def test_every_measure_is_declared_and_within_its_bounds(sample: Sample) -> None:
    table = analysed(sample("hemtjanst")).estimates
    assert set(table["measure"]) <= set(measures())
    for measure in measures().values():
        values = table.loc[table["measure"] == measure.id, "value"].dropna()
        assert measure.low is None or (values >= measure.low).all(), measure.id
        assert measure.high is None or (values <= measure.high).all(), measure.id
    assert not np.isinf(table[["value", "low", "high"]].to_numpy()).any()


def test_pairs_are_made_by_person_and_not_by_row(tmp_path: Path) -> None:
    """The same number of people at both waves, but only three of them the same."""
    people = {"a": [[1], [2]], "b": [[2], [4]], "c": [[3], [3]], "d": [[5], None], "e": [None, [1]]}
    table = analysed(write_folder(tmp_path, {"g": people})).estimates
    change = row(table, "mean_change", group_by="group")
    assert (change["n"], change["value"]) == (3, pytest.approx(1.0))
    assert row(table, "people_measured", group_by="group", wave="w0")["n"] == 4


@pytest.mark.parametrize(
    ("size", "note", "has_value"), [(1, "too_few", False), (2, "below_limit", True), (4, "below_limit", True)]
)
def test_small_groups_are_rows_with_a_note(tmp_path: Path, size: int, note: str, has_value: bool) -> None:
    people = {f"p{at}": [[1 + at % 3], [2 + at]] for at in range(size)}
    change = row(analysed(write_folder(tmp_path, {"g": people})).estimates, "mean_change", group_by="group")
    assert (change["n"], change["note"], pd.notna(change["value"])) == (size, note, has_value)


def test_everyone_up_by_one_is_told_in_words(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"g": group_of(6, [3, 3, 3], [4, 4, 4])})
    analysis = analysed(folder)
    change = row(analysis.estimates, "mean_change", group_by="evaluation")
    assert (change["value"], change["note"]) == (1.0, "no_variance")
    assert pd.isna(change["low"])
    page = supervisor_report(analysis)
    assert "alla 6 personer har ändrats lika mycket (+1,00)" in page
    assert "nan" not in page.casefold().replace("annan", "").replace("finansi", "")


def without_answers(folder: Path) -> Path:
    settings = folder / "evaluation.toml"
    settings.write_text(settings.read_text("utf-8").partition('[[files]]\npath = "answers.csv"')[0], "utf-8")
    return folder


def test_an_evaluation_without_answers_still_makes_both_reports(tmp_path: Path) -> None:
    folder = without_answers(write_folder(tmp_path, {"g": group_of(6, [3], [4])}))
    analysis = analysed(folder)
    assert analysis.estimates.empty
    assert estimates_json(analysis) == "[]\n"
    assert "Inga enkätsvar" in supervisor_report(analysis)
    assert "Inte mätt" in commissioner_report(released(folder))


def test_a_planned_wave_without_answers_is_not_told_of_yet(tmp_path: Path) -> None:
    people = {who: [*answers, None] for who, answers in group_of(6, [3, 3, 4], [4, 4, 4]).items()}
    folder = write_folder(tmp_path, {"g": people})
    page = supervisor_report(analysed(folder))
    told = page.partition("Resultat</h2>")[2].partition("Så genomfördes")[0]
    assert "Mätning 2" in told
    assert "Mätning 3" not in told
    assert [figure["wave"] for figure in released(folder).document["figures"]] == [0, 1]


def test_one_wave_is_a_level_and_no_change(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"g": group_of(6, [3, 3, 4])})
    assert "bara en mätning" in supervisor_report(analysed(folder))
    assert "först när två mätningar" in commissioner_report(released(folder))


def test_too_few_are_told_so_and_no_figure_is_shown(tmp_path: Path) -> None:
    people = {f"p{at}": [[1, 2, 1 + at], [5, 4, 5 - at]] for at in range(4)}
    page = supervisor_report(analysed(write_folder(tmp_path, {"g": people})))
    assert "för få personer (4)" in page
    change = row(analysed(tmp_path).estimates, "mean_change", group_by="evaluation")
    assert f"{change['value']:+.2f}".replace(".", ",") not in page


def test_the_plan_decides_which_waves_the_commissioner_compares(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"g": group_of(6, [3, 3, 4], [3, 3, 3], [4, 4, 4])})
    settings = folder / "evaluation.toml"
    text = settings.read_text("utf-8")
    middle = '[[evaluation_plan]]\nwhat = "own"\nwave = "w1"\nto = "commissioner"'
    settings.write_text(text.replace(middle, middle.replace("commissioner", "supervisor")), "utf-8")
    assert [figure["wave"] for figure in released(folder).document["figures"]] == [0, 2]


def test_the_contract_may_ask_for_a_larger_smallest_group(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"g": group_of(7, [3, 3, 4], [4, 4, 4])})
    settings = folder / "evaluation.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace('to = "commissioner"', 'to = "commissioner"\nsmallest_group = 8'), "utf-8")
    assert released(folder).document["figures"] == []


def test_published_reference_gives_reliable_change_with_its_name(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"g": {f"p{at}": [[2, 2, 2], [2 + at % 3] * 3] for at in range(9)}})
    key = folder / "scoring_keys" / "own.toml"
    reference = """
[[scales.references]]
sd = 0.6
reliability = 0.8
reliability_kind = "alpha"
population = "norm group"
citation = "Author (2020)"
"""
    key.write_text(key.read_text("utf-8") + reference, "utf-8")
    table = analysed(folder).estimates
    up = row(table, "share_improved", group_by="evaluation")
    # limit 1.96 * 0.6 * sqrt(0.4) = 0.744: the six who rose by 1 or 2 points
    assert (up["value"] * up["of"], up["n"]) == (pytest.approx(6), 9)
    assert up["basis"] == "SD 0.6 (norm group), alpha 0.8: Author (2020)"
    assert "6 av 9" in supervisor_report(analysed(folder))


def test_without_a_reference_reliable_change_is_not_said(sample: Sample) -> None:
    table = analysed(sample("hemtjanst")).estimates
    rows = table[table["measure"].isin(["share_improved", "share_deteriorated"]) & (table["n"] > 1)]
    assert len(rows)
    assert set(rows["note"]) == {"no_reference"}
    assert rows["value"].isna().all()


def test_reading_prints_nothing_of_people(sample: Sample) -> None:
    evaluation = read_evaluation(sample("hemtjanst"))
    assert repr(evaluation) == "<Evaluation hemtjanst-lindmarka>"
