"""What stands beside a change: right people, named methods, no figure that so few cannot carry, nothing let out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from evaluations import Answers, analysed, group_of, write_folder
from test_analysis import row

from evaltools.analysis import Analysis
from evaltools.disclosure import release
from evaltools.folder import read_evaluation
from evaltools.ledger import open_ledger
from evaltools.policy import policies
from evaltools.reports import commissioner_report, supervisor_report
from evaltools.wave_rows import sessions_attended

Sample = Callable[[str], Path]
# beside the levels, spread, change, t, d_z, d_av, correlation, panel and threats, everything came later
BESIDE = ("hodges_lehmann", "p_sign_flip", "g_z", "d_rm", "share_risen", "probability_of_superiority", "rank_biserial",
          "share_improved", "share_unchanged", "share_deteriorated", "share_not_measurable",
          "smallest_detectable_change", "p_holm", "mean_last_change", "mean_trend", "t_trend", "p_t_trend",
          "friedman_chi2", "p_friedman", "kendall_w", "mixed_change", "p_mixed_change", "dose_slope", "p_dose_slope",
          "item_rest_correlation")  # fmt: skip
REFERENCE = """
[[scales.references]]
sd = 0.6
reliability = 0.8
reliability_kind = "alpha"
population = "norm group"
citation = "Author (2020)"
"""
RISING: Answers = {f"p{at}": [[2, 2, 3], [2, 3, 3 + at % 2], [3, 3 + at % 2, 3 + at % 3]] for at in range(6)}


def without_beside(analysis: Analysis) -> Analysis:
    return replace(analysis, estimates=analysis.estimates[~analysis.estimates["measure"].isin(BESIDE)])


def test_nothing_beside_a_change_reaches_the_commissioner(sample: Sample, key_file: Path) -> None:
    """The release and its report are the same bytes with every new figure, without any, and with other values."""
    folder = sample("hemtjanst")
    whole = analysed(folder)
    assert set(BESIDE) - {"share_not_measurable"} <= set(whole.estimates["measure"])
    table = whole.estimates.copy()
    table.loc[table["measure"].isin(BESIDE), ["value", "low", "high"]] = 7.7777
    made = set()
    before = key_file.read_bytes()  # it knows the end of the ledger, and each release here is to be the first
    for analysis in (whole, without_beside(whole), replace(whole, estimates=table)):
        issued = release(analysis, policies()["standard"], open_ledger(folder))
        made.add((issued.content, commissioner_report(issued, "sv"), commissioner_report(issued, "en")))
        (folder / "ledger.jsonl").unlink()
        key_file.write_bytes(before)
    assert len(made) == 1


def test_no_person_is_counted_by_rises_at_either_end(tmp_path: Path) -> None:
    """Six of six rose: the supervisor reads at least four, and no share that says all."""
    people = {f"p{at}": [[2, 2, 2], [3, 3, 3 + at % 2]] for at in range(6)}
    analysis = analysed(write_folder(tmp_path, {"g": people}))
    assert row(analysis.estimates, "share_risen", group_by="evaluation")["value"] == 1
    page = supervisor_report(analysis, "sv")
    assert "Antal som ökade: minst 4 av 6" in page
    assert "ändpunkt" in page
    assert "6 av 6" not in page.partition("Resultat</h2>")[2].partition("Att väga in")[0]


def test_no_figure_of_the_report_says_95_per_cent_of_an_interval_that_covers_less(tmp_path: Path) -> None:
    """docs/calibration.md: d_rm's interval and alpha's are too short, g_z's is d_z's, d_av's is Bonett's with t."""
    people = {f"p{at}": [[1 + at % 5, 2, 2 + at % 3], [2 + at % 3, 3, 3 + at % 2]] for at in range(32)}
    analysis = analysed(write_folder(tmp_path, {"g": people}))
    found = {name: row(analysis.estimates, name, group_by="evaluation") for name in ("g_z", "d_z", "d_av", "d_rm")}
    assert (found["g_z"]["low"], found["g_z"]["high"]) == (found["d_z"]["low"], found["d_z"]["high"])
    assert "Bonett" in found["d_av"]["method"]
    assert np.isnan([found["d_rm"]["low"], found["d_rm"]["level"]]).all()
    alpha = analysis.estimates[analysis.estimates["measure"] == "alpha"]
    assert np.isfinite(alpha["value"]).all()
    assert alpha[["low", "high", "level"]].isna().all(axis=None)
    page = supervisor_report(analysis, "sv")
    assert "d_rm" not in page
    assert ", 32 personer)" not in page.partition("Cronbachs alfa")[2][:60]
    assert "(32 personer)" in page.partition("Cronbachs alfa")[2][:60]


def test_the_exact_p_tells_the_smallest_that_so_few_can_give(tmp_path: Path) -> None:
    people = {f"p{at}": [[2, 2, 2], [3, 3, 3 + at % 2]] for at in range(6)}
    page = supervisor_report(analysed(write_folder(tmp_path, {"g": people})), "sv")
    assert "0,031, lägst 0,031" in page


def test_five_people_reach_less_than_95_per_cent_and_it_is_not_rounded_up(tmp_path: Path) -> None:
    people = {f"p{at}": [[2, 2, 2], [2 + at % 3, 3, 3]] for at in range(5)}
    analysis = analysed(write_folder(tmp_path, {"g": people}))
    found = row(analysis.estimates, "hodges_lehmann", group_by="evaluation")
    assert (found["level"], found["note"]) == (0.9375, "level_not_reached")
    assert "93,7\N{NO-BREAK SPACE}% konfidensintervall, Hodges-Lehmann" in supervisor_report(analysis, "sv")


def test_four_people_get_no_figure_beside_their_change(tmp_path: Path) -> None:
    people = {f"p{at}": [[1, 2, 1 + at], [3, 4, 5 - at], [4, 4, 5 - at]] for at in range(4)}
    analysis = analysed(write_folder(tmp_path, {"g": people}))
    table = analysis.estimates
    beside = table[table["measure"].isin(BESIDE) & ~table["measure"].isin(["share_not_measurable"])]
    assert beside["value"].notna().any()  # kept in the table
    assert set(beside["note"]) <= {"below_limit", "no_reference"}
    page = supervisor_report(analysis, "sv")
    statistics = page.partition("För den statistikkunniga</h2>")[2].partition("Så är det räknat")[0]
    for found in beside["value"].dropna().round(2).unique():
        assert f"{found:+.2f}".replace(".", ",").replace("-", "−") not in statistics
    assert "Hodges-Lehmann). " not in page


def test_other_changes_than_the_main_one_have_holms_p_and_it_is_named(sample: Sample) -> None:
    """By hand: sorted from the smallest, times the number of tests that are left, never falling."""
    table = analysed(sample("hemtjanst")).estimates
    own = table[(table["scale"] == "job_satisfaction") & (table["wave"] == "baseline")]
    plain = own[(own["measure"] == "p_t_paired") & (own["note"] == "")]
    main = (plain["group"] == "all") & (plain["wave_to"] == "follow_up")
    secondary = plain[~main].sort_values("value")
    adjusted = own[(own["measure"] == "p_holm") & (own["basis"] == "p_t_paired")].set_index(["group", "wave_to"])
    assert main.sum() == 1
    assert len(adjusted) == len(secondary) == adjusted["of"].iloc[0]
    highest = 0.0
    for left, (_, test) in zip(range(len(secondary), 0, -1), secondary.iterrows(), strict=True):
        highest = max(highest, min(1.0, left * test["value"]))
        assert adjusted.loc[(test["group"], test["wave_to"]), "value"] == pytest.approx(highest)
    assert set(adjusted["method"]) == {f"Holm, {len(secondary)} tests"}


def test_who_could_not_be_measured_stays_in_the_denominator(tmp_path: Path) -> None:
    people: dict[str, list[list[int] | None]] = {f"p{at}": [[2, 2, 2], [2 + at % 3] * 3] for at in range(9)}
    people |= {"gone": [[3, 3, 3], None], "late": [None, [3, 3, 3]]}
    folder = write_folder(tmp_path, {"g": people})
    key = folder / "scoring_keys" / "own.toml"
    key.write_text(key.read_text("utf-8") + REFERENCE, "utf-8")
    analysis = analysed(folder)
    improved = row(analysis.estimates, "share_improved", group_by="evaluation")
    assert (round(improved["value"] * improved["of"]), improved["of"], improved["n"]) == (6, 11, 9)
    page = supervisor_report(analysis, "sv")
    assert "6 av 11 förbättrades" in page
    assert "2 kunde inte mätas båda gångerna" in page
    assert "Jacobson och Truax; SD 0.6 (norm group), alpha 0.8: Author (2020)" in page


def test_a_scale_where_lower_is_better_improves_downwards(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"g": {f"p{at}": [[4, 4, 4], [4 - at % 3] * 3] for at in range(9)}})
    key = folder / "scoring_keys" / "own.toml"
    text = key.read_text("utf-8").replace("higher_is_better = true", "higher_is_better = false")
    key.write_text(text + REFERENCE, "utf-8")
    improved = row(analysed(folder).estimates, "share_improved", group_by="evaluation")
    assert round(improved["value"] * improved["of"]) == 6


def test_two_waves_have_nothing_over_waves_and_three_no_straight_line(tmp_path: Path) -> None:
    two = analysed(write_folder(tmp_path / "2", {"g": {who: waves[:2] for who, waves in RISING.items()}})).estimates
    assert not two["measure"].isin(["mean_last_change", "mean_trend", "kendall_w", "mixed_change"]).any()
    three = analysed(write_folder(tmp_path / "3", {"g": RISING}))
    assert row(three.estimates, "mean_trend", group_by="evaluation")["note"] == "below_limit"
    assert row(three.estimates, "mean_last_change", group_by="evaluation")["note"] == ""
    assert not three.estimates["measure"].isin(["mixed_change"]).any()  # nobody missed a wave


def test_a_model_keeps_who_missed_a_wave_and_the_row_knows_them(tmp_path: Path) -> None:
    people = dict(RISING) | {"gone": [[2, 3, 3], [3, 3, 4], None]}
    analysis = analysed(write_folder(tmp_path, {"g": people}))
    last = row(analysis.estimates, "mixed_change", group_by="evaluation", wave_to="w2")
    pairs = row(analysis.estimates, "pairs", group_by="evaluation", wave="w0", wave_to="w2")
    assert (last["n"], pairs["n"]) in [(7, 6), (6, 6)]
    assert (last["n"] == 6) == (last["note"] == "singular")
    assert len(analysis.sets[last["people_set"]]) == last["n"]
    page = supervisor_report(analysis, "sv")
    assert ("Om alla 7 som svarat" in page) or ("går inte att anpassa till så få svar" in page)


@pytest.mark.parametrize("measures", [("share_risen", "p_sign_flip"), ("mean_last_change", "kendall_w")])
def test_every_row_beside_a_change_belongs_to_its_people(sample: Sample, measures: tuple[str, ...]) -> None:
    analysis = analysed(sample("hemtjanst"))
    rows = analysis.estimates[analysis.estimates["measure"].isin(measures)]
    assert (rows["n"] == [len(analysis.sets[number]) for number in rows["people_set"]]).all()


def test_attended_sessions_are_counted_only_where_all_are_known(sample: Sample) -> None:
    evaluation = read_evaluation(sample("hemtjanst"))
    attended = sessions_attended(evaluation, "baseline", "end")
    held = evaluation.sessions[(evaluation.sessions["status"] == "held")
                               & evaluation.sessions["date"].between("2024-09-04", "2026-03-16")]  # fmt: skip
    records = evaluation.attendance[evaluation.attendance["session"].isin(held["session"])]
    for person, group, found in zip(evaluation.people["person"], evaluation.people["group"], attended, strict=True):
        own = records[(records["person"] == person) & records["session"].isin(held[held["group"] == group]["session"])]
        if len(own) < (held["group"] == group).sum():
            assert np.isnan(found)
        else:
            assert found == own["present"].sum()
    assert np.isfinite(attended).sum() > 10
    later = replace(evaluation, waves=evaluation.waves.assign(actual=pd.NaT, planned=pd.NaT))
    assert np.isnan(sessions_attended(later, "baseline", "end")).all()


def test_an_item_that_looks_not_turned_is_named_when_enough_have_answered(tmp_path: Path) -> None:
    def answers(level: int) -> list[int]:
        return [level, level, 6 - level]

    def folder(size: int) -> Path:
        people = {f"p{at}": [answers(1 + at % 5), answers(1 + (at + at % 2) % 5)] for at in range(size)}
        return write_folder(tmp_path / str(size), {"g": people})

    assert "Kontrollera frågan q3" in supervisor_report(analysed(folder(30)), "sv")
    assert "Check the question q3" in supervisor_report(analysed(folder(30)), "en")
    assert "Kontrollera frågan" not in supervisor_report(analysed(folder(29)), "sv")


def test_nobody_is_told_that_nothing_happened_where_so_few_cannot_tell(tmp_path: Path) -> None:
    people = {f"p{at}": [[3, 3, 3], [3 + (at % 3 - 1)] * 3] for at in range(6)}
    page = supervisor_report(analysed(write_folder(tmp_path, {"g": people})), "sv")
    assert "det går inte att avgöra med så få personer" in page
    # golden: a change of 1.43 standard deviations for six people; the assumed spread is a quarter of 4 points
    assert "1,43 poäng för 6 personer" in page


def test_everybody_alike_has_no_line_beside_and_no_figure_from_nothing(tmp_path: Path) -> None:
    page = supervisor_report(analysed(write_folder(tmp_path, {"g": group_of(6, [3, 3], [4, 4], [4, 4])})), "en")
    assert "changed by the same amount" in page
    assert "single large changes" not in page
    assert ">nan<" not in page
    assert "inf" not in page.partition("statistically minded</h2>")[2].partition("</section>")[0].split()
