"""Staff, managers and individual supervision are never one mean; groups come to agree; a new supervisor is seen."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import shared
from evaluations import analysed, group_of, released, write_folder
from folders import small
from scipy import stats

from evaltools import contract_report, outcome_report, supervisor
from evaltools.analysis import Analysis, analyse
from evaltools.blocks import Table
from evaltools.case_rows import case_rows, session_series_rows
from evaltools.cells import audiences_of, cells_of
from evaltools.folder import read_evaluation
from evaltools.instruments import Scale
from evaltools.levels import taken_apart
from evaltools.statistics.phase_change import phase_changes, phase_coefficients

WAVES = ([2, 2, 3], [4, 3, 3])
KINDS = {"M": 'audience = "managers"', "I": 'form = "individual"'}


def mixed(folder: Path, *, managers: int = 5, kinds: dict[str, str] | None = None) -> Path:
    """Two staff groups, a managers' group and one person alone."""
    low, high = ([1, 2, 2], [3, 3, 4]), ([5, 4, 5], [2, 3, 2])
    groups = {
        "A": group_of(6, *WAVES, name="a"), "B": group_of(6, *low, name="b"),
        "M": group_of(managers, *high, name="m"), "I": group_of(1, *WAVES, name="i"),
    }  # fmt: skip
    write_folder(folder, groups)
    text = (folder / "evaluation.toml").read_text("utf-8")
    for group, kind in (KINDS if kinds is None else kinds).items():
        text = text.replace(f'label = "Grupp {group}"', f'label = "Grupp {group}"\n{kind}')
    (folder / "evaluation.toml").write_text(text, "utf-8")
    return folder


def figure(analysis: Analysis, measure: str, group_by: str, group: str, **more: str) -> pd.Series:
    rows = analysis.estimates
    same = (rows["measure"] == measure) & (rows["group_by"] == group_by) & (rows["group"] == group)
    for column, value in more.items():
        same &= rows[column] == value
    (found,) = [row for _, row in rows[same].iterrows()]
    return found


def test_no_figure_is_about_staff_and_managers_together(tmp_path: Path) -> None:
    analysis = analysed(mixed(tmp_path / "it"))
    of_scale = analysis.estimates[analysis.estimates["scale"] == "own"]
    assert set(of_scale["group_by"]) == {"audience", "group"}
    people = read_evaluation(tmp_path / "it").people
    kinds = {"A": "staff", "B": "staff", "M": "managers", "I": "alone"}
    kind_of = dict(zip(people["person"], people["group"].map(kinds), strict=True))
    for members in analysis.sets.values():
        assert len({kind_of[person] for person in members}) <= 1


def test_each_kind_of_group_has_its_own_mean(tmp_path: Path) -> None:
    analysis = analysed(mixed(tmp_path / "it"))
    # staff: six people who answer 2 2 3 and six who answer 1 2 2; managers: five who answer 5 4 5
    assert figure(analysis, "mean", "audience", "all_staff", wave="w0")["value"] == pytest.approx(2.0)
    assert figure(analysis, "mean", "audience", "all_staff", wave="w0")["n"] == 12
    assert figure(analysis, "mean", "audience", "all_managers", wave="w0")["value"] == pytest.approx(14 / 3)
    assert math.isnan(figure(analysis, "mean", "audience", "all_staff_individual", wave="w0")["value"])


def test_where_all_groups_are_of_one_kind_they_stand_together(tmp_path: Path) -> None:
    evaluation = read_evaluation(mixed(tmp_path / "it", kinds={}))
    assert audiences_of(evaluation) == {}
    assert cells_of(evaluation).names[0] == ("evaluation", "all")


def test_what_a_group_does_not_say_of_itself_is_taken_from_the_contract(tmp_path: Path) -> None:
    folder = mixed(tmp_path / "it", kinds={"A": 'audience = "staff"'})
    text = (folder / "evaluation.toml").read_text("utf-8").replace("[contract]", '[contract]\naudience = "managers"')
    (folder / "evaluation.toml").write_text(text, "utf-8")
    assert audiences_of(read_evaluation(folder)) == {"all_staff": ("A",), "all_managers": ("B", "M", "I")}


def overlap(sets: list[frozenset[str]]) -> bool:
    return any(a & b for at, a in enumerate(sets) for b in sets[:at])


@pytest.mark.parametrize("managers", [4, 5, 6])
def test_a_release_of_a_mixed_evaluation_never_overlaps_and_never_mixes(tmp_path: Path, managers: int) -> None:
    from evaltools.ledger import open_ledger

    folder = mixed(tmp_path / "it", managers=managers)
    document = released(folder).document
    entries = [entry for entry in open_ledger(folder).entries if entry.wave == "w0"]
    assert not overlap([entry.people for entry in entries])
    assert all(figure["n"] <= 12 for figure in document["figures"])
    told = {figure["group"] for figure in document["figures"]}
    assert "Grupp I" not in told
    assert ("Grupp M" in told) <= (managers >= 5)


def test_a_mixed_evaluation_with_groups_enough_to_pool_is_never_pooled_over_kinds(tmp_path: Path) -> None:
    groups = {name: group_of(6, *WAVES, name=name.lower()) for name in "ABCM"}
    write_folder(tmp_path / "it", groups)
    path = tmp_path / "it" / "evaluation.toml"
    path.write_text(path.read_text("utf-8").replace('label = "Grupp M"', f'label = "Grupp M"\n{KINDS["M"]}'), "utf-8")
    document = released(tmp_path / "it").document
    assert all(figure["n"] < 24 for figure in document["figures"])


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_supervisor_reads_of_each_kind_by_itself(tmp_path: Path, language: str) -> None:
    analysis = analysed(mixed(tmp_path / "it"))
    assert [kind for kind, _ in taken_apart(analysis)] == ["all_staff", "all_managers", "all_staff_individual"]
    sections = (supervisor.data, outcome_report.outcomes, outcome_report.statistics)
    text = str([section(analysis, language).blocks for section in sections])
    for kind in ({"sv": "Medarbetare", "en": "Staff"}, {"sv": "Chefer", "en": "Managers"}):
        assert f"– {kind[language]}" in text
    tables = [block for block in supervisor.data(analysis, language).blocks if isinstance(block, Table)]
    managers = next(table for table in tables if "Chefer" in table.caption or "Managers" in table.caption)
    assert [row[1:] for row in managers.rows] == [("5", "5")]


SHERIF = """
[[scales]]
scale = "inches"
label = "Tum"
given_as = "score"
low = 0
high = 12
items = 1
step = 0.1
"""


def test_groups_come_to_agree_while_no_mean_moves(tmp_path: Path) -> None:
    # Sherif (1935), eight groups of three; the spread within groups and ICC(1) from the one-way analysis of variance
    data = pd.read_csv(shared("data/sherifdat.csv"))
    people = data[["group", "person"]].drop_duplicates()
    files = {
        "people.csv": "person;group\n" + "".join(f"p{g}x{p};G{g}\n" for g, p in people.itertuples(index=False)),
        "answers.csv": "Who;When;Inches\n"
        + "".join(f"p{row.group}x{row.person};w{row.time};{row.y}\n" for row in data.itertuples()),
    }
    settings = (
        'schema = 1\nid = "sherif"\nlanguage = "en"\nreport_date = 2026-01-31\n[contract]\ncommissioner = "C"\n'
        'purpose = "P"\nstart = 2025-02-01\n'
        + "".join(f'[[groups]]\nid = "G{g}"\nlabel = "G{g}"\n' for g in sorted(set(data["group"])))
        + "".join(f'[[waves]]\nid = "w{t}"\nlabel = "W{t}"\n' for t in range(3)) + SHERIF
        + '[[files]]\npath = "people.csv"\ntable = "people"\n'
        '[[files]]\npath = "answers.csv"\ntable = "responses"\nmapping = "m"\n'
        '[[mapping.m.columns]]\nmatch = { heading = "Who" }\ncolumn = "person"\n'
        '[[mapping.m.columns]]\nmatch = { heading = "When" }\ncolumn = "wave"\n'
        '[[mapping.m.columns]]\nmatch = { heading = "Inches" }\nscore = "inches"\n'
    )  # fmt: skip
    analysis = analyse(read_evaluation(small(tmp_path / "it", files, settings=settings)))
    spreads = [figure(analysis, "pooled_sd", "evaluation", "all", wave=f"w{t}") for t in range(3)]
    for time, row in enumerate(spreads):
        values = [own["y"].to_numpy() for _, own in data[data["time"] == time].groupby("group")]
        within = sum(float(((own - own.mean()) ** 2).sum()) for own in values) / (24 - 8)
        assert (row["value"], row["n"]) == (pytest.approx(math.sqrt(within), rel=1e-9), 24)
        icc = figure(analysis, "group_icc_1", "evaluation", "all", wave=f"w{time}")["value"]
        f_test = float(stats.f_oneway(*values).statistic)
        assert icc == pytest.approx((f_test - 1) / (f_test + 2), rel=1e-9)  # ICC(1) of groups of three, from F
    assert spreads[0]["value"] > spreads[1]["value"] > spreads[2]["value"]
    assert spreads[2]["value"] < spreads[0]["value"] / 2
    change = figure(analysis, "mean_change", "evaluation", "all", wave="w0", wave_to="w2")
    assert change["low"] < 0 < change["high"]


def test_agreement_of_a_group_is_that_of_its_items_and_of_nobody_else(tmp_path: Path) -> None:
    alike = {f"a{at}": [[3, 3, 3]] for at in range(5)}
    torn = {f"b{at}": [[1 + 4 * (at % 2)] * 3] for at in range(6)}
    analysis = analysed(write_folder(tmp_path / "it", {"A": alike, "B": torn}))
    assert figure(analysis, "r_wg_j", "group", "A", wave="w0")["value"] == 1
    assert figure(analysis, "r_wg_j", "group", "B", wave="w0")["value"] == 0  # more torn than at random
    assert not (analysis.estimates["measure"].isin(["r_wg_j"]) & (analysis.estimates["group_by"] != "group")).any()


def tank() -> np.ndarray:
    wide = pd.read_csv(shared("data/tankdat.csv")).pivot(index="TIME", columns="ID", values="SCORE")
    return wide.to_numpy(float)


def test_a_change_of_phase_agrees_with_another_programs_lines() -> None:
    # the design of Bliese and Lang (2016): TIME, TRANS from occasion 6 on, RECOV; each person's own least squares by
    # statsmodels, summarised by scipy's t
    sm = pytest.importorskip("statsmodels.api")
    scores = tank()
    time = np.arange(12.0)
    trans = (time >= 6).astype(float)
    design = sm.add_constant(np.column_stack([time, trans, trans * (time - 6)]))
    theirs = np.array([sm.OLS(own, design).fit().params[1:] for own in scores.T]).T
    assert phase_coefficients(scores, 6) == pytest.approx(theirs, abs=1e-8)
    for own, expected in zip(phase_changes(scores, 6), theirs[1:], strict=True):
        test = stats.ttest_1samp(expected, 0)
        interval = test.confidence_interval(0.95)
        assert (own.value[0], own.low[0], own.high[0]) == pytest.approx((expected.mean(), *interval), rel=1e-8)
        assert own.n[0] == 184


def test_with_all_points_the_mean_lines_are_those_of_the_mixed_model() -> None:
    formula = pytest.importorskip("statsmodels.formula.api")
    scores = tank()[:, :40]
    rows = [(person, time, score) for (time, person), score in np.ndenumerate(scores)]
    long = pd.DataFrame(rows, columns=["person", "time", "score"]).astype({"time": float})
    long = long.assign(trans=(long["time"] >= 6).astype(float))
    long = long.assign(recov=long["trans"] * (long["time"] - 6))
    fit = formula.mixedlm("score ~ time + trans + recov", long, groups=long["person"]).fit(reml=True)
    jump, turn = phase_changes(scores, 6)
    assert (jump.value[0], turn.value[0]) == pytest.approx((fit.params["trans"], fit.params["recov"]), abs=1e-4)


def test_a_person_without_two_points_on_each_side_has_no_line() -> None:
    nan = math.nan
    scores = np.array([[1, 1, nan], [2, nan, nan], [5, 5, 5], [6, 7, 6]], float)
    found = phase_coefficients(scores, 2)
    assert np.isnan(found).all(axis=0).tolist() == [False, True, True]
    assert [str(one.note[0]) for one in phase_changes(scores[:, 1:], 2)] == ["too_few", "too_few"]


FORM = """
[[waves]]
id = "after"
label = "Efter träffen"
kind = "session_form"

[[supervisor_periods]]
supervisor = "Ada"
from = 2024-09-01
to = 2025-02-28

[[supervisor_periods]]
supervisor = "Bo"
from = 2025-03-01

[[files]]
path = "sessions.csv"
table = "sessions"

[[files]]
path = "after.csv"
table = "responses"
instrument = "own"
"""


def rated(folder: Path) -> Path:
    """Ten sessions of group A and of one person, with a new supervisor from the sixth; ratings rise by 1 there."""
    mixed(folder)
    (folder / "evaluation.toml").write_text((folder / "evaluation.toml").read_text("utf-8") + FORM, "utf-8")
    months = ["2024-10", "2024-11", "2024-12", "2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06",
              "2025-08"]  # fmt: skip
    sessions = [(f"{group}{at}", group, f"{month}-02") for group in "AI" for at, month in enumerate(months)]
    lines = ["session;group;date;status", *(f"{code};{group};{day};held" for code, group, day in sessions)]
    (folder / "sessions.csv").write_text("\n".join(lines), "utf-8")
    answers = ["person;wave;session;item;code"]
    for group, people in (("A", [f"a{at}" for at in range(6)]), ("I", ["i0"])):
        for at in range(10):
            for place, person in enumerate(people):
                rating = 2 + (at >= 5) + (place % 2) * (at % 2)
                answers += [f"{person};after;{group}{at};{item};{rating}" for item in ("q1", "q2", "q3")]
    (folder / "after.csv").write_text("\n".join(answers), "utf-8")
    return folder


def test_a_new_supervisor_is_seen_in_the_ratings_of_a_group(tmp_path: Path) -> None:
    analysis = analysed(rated(tmp_path / "it"))
    jump = figure(analysis, "phase_level_change", "group", "A")
    assert (jump["n"], jump["period"], jump["scale"]) == (6, "A5", "own")
    # half the group jumps by 1; the other half alternate as well, and theirs is numpy's least squares
    t = np.arange(10.0)
    trans = (t >= 5).astype(float)
    own = np.linalg.lstsq(np.column_stack([np.ones(10), t, trans, trans * (t - 5)]),
                          np.array([2, 3, 2, 3, 2, 4, 3, 4, 3, 4.0]), rcond=None)[0][2]  # fmt: skip
    assert jump["value"] == pytest.approx((1 + own) / 2)
    section = contract_report.timeline(analysis, "en")
    text = str(section.blocks)
    (phases,) = [it for it in section.blocks if isinstance(it, Table) and "change of supervisor" in it.caption]
    assert phases.rows[0][1:4] == ("Grupp A", "A5", "6")
    assert phases.rows[0][4].startswith(f"{jump['value']:+.2f} (")
    assert "Change of supervisor: Bo" in text


def test_one_persons_series_is_computed_for_the_persons_page_and_told_nowhere_else(tmp_path: Path) -> None:
    evaluation = read_evaluation(rated(tmp_path / "it"))
    people = evaluation.people["person"].tolist()
    rows = [row for row in session_series_rows(evaluation, cells_of(evaluation), people) if row["group"] == "I"]
    by = {row["measure"]: row for row in rows}
    assert by["nap"]["value"] == 1  # every session with the new supervisor is rated higher
    assert (by["nap"]["n"], by["nap"]["of"], by["nap"]["period"], by["nap"]["note"]) == (1, 10, "I5", "")
    assert by["case_trend"]["of"] == 10
    table = analyse(evaluation).estimates
    alone = table[(table["group"] == "I") & table["measure"].isin(["nap", "tau_ab", "case_trend"])]
    assert len(alone)
    assert alone["value"].isna().all()
    assert alone["low"].isna().all()
    assert set(alone["note"]) == {"too_few"}


def test_a_person_with_few_measurements_is_marked(tmp_path: Path) -> None:
    evaluation = read_evaluation(mixed(tmp_path / "it"))
    scale: Scale = next(iter(next(iter(evaluation.instruments.values())).scales))
    values = np.full((2, len(evaluation.people)), 3.0)
    rows = list(case_rows(values, evaluation, cells_of(evaluation), ["w0", "w1"], scale))
    assert {row["note"] for row in rows} == {"below_limit"}
    assert {row["group"] for row in rows} == {"I"}
