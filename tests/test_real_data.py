"""Real data through the whole house, against numbers that R computed from them."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SAMPLES, shared
from univbct import FILE, univbct_settings

from evaltools.reports import write_reports

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def small_groups(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The estimates of 19 groups of 4 to 10 soldiers, job satisfaction at three waves."""
    source = shared("data/univbct_smallgroups_wide.csv")
    folder = tmp_path_factory.mktemp("univbct")
    (folder / FILE).write_bytes(source.read_bytes())
    with source.open(encoding="utf-8") as stream:
        names = sorted({row["GROUP"] for row in csv.DictReader(stream)})
    settings = univbct_settings("univbct", "Real data: R package multilevel, data(univbct)", names)
    (folder / "evaluation.toml").write_text(settings, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path_factory.mktemp("key") / "k"))
        write_reports(folder, [], folder / "out")
    rows: Rows = json.loads((folder / "out" / "univbct" / "confidential" / "estimates.json").read_text("utf-8"))
    return rows


def first_to_last(rows: Rows, group: str) -> dict[str, dict[str, Any]]:
    own = [row for row in rows if (row["group"], row["wave"], row["wave_to"]) == (group, "1", "3")]
    return {row["measure"]: row for row in own}


FIELDS = {
    "m1": ("mean_before", "value"), "sd1": ("sd_before", "value"), "m3": ("mean_after", "value"),
    "sd3": ("sd_after", "value"), "md": ("mean_change", "value"), "lo": ("mean_change", "low"),
    "hi": ("mean_change", "high"), "t": ("t_paired", "value"), "p": ("p_t_paired", "value"),
    "dz": ("d_z", "value"), "dav": ("d_av", "value"),
}  # fmt: skip


def test_fifteen_real_groups_agree_with_r(small_groups: Rows) -> None:
    with shared("data/reference_univbct_smallgroups.csv").open(encoding="utf-8") as stream:
        reference = list(csv.DictReader(stream))
    assert len(reference) == 15
    for expected in reference:
        found = first_to_last(small_groups, expected["group"])
        assert {found[measure]["n"] for measure, _ in FIELDS.values()} == {int(expected["n"])}
        for name, (measure, field) in FIELDS.items():
            assert found[measure][field] == pytest.approx(float(expected[name]), abs=1e-9), (expected["group"], name)


def test_the_four_groups_with_fewer_pairs_are_rows_with_their_n_and_a_note(small_groups: Rows) -> None:
    with shared("data/reference_univbct_smallgroups.csv").open(encoding="utf-8") as stream:
        large = {row["group"] for row in csv.DictReader(stream)}
    few = {row["group"] for row in small_groups if row["group_by"] == "group"} - large
    assert len(few) == 4
    for group in few:
        row = first_to_last(small_groups, group)["mean_change"]
        assert row["n"] < 4
        assert row["note"] in ("below_limit", "too_few")
        assert (row["value"] is None) == (row["n"] < 2)


def golden(case: str) -> dict[str, Any]:
    cases = json.loads(shared("golden/visible.json").read_text("utf-8"))
    found = cases if isinstance(cases, list) else cases["cases"]
    expected: dict[str, Any] = next(one["expected"] for one in found if one["id"] == case)
    return expected


@pytest.mark.parametrize("company", ["299B", "299C"])
def test_the_companions_of_a_change_are_those_of_other_programs(small_groups: Rows, company: str) -> None:
    """Other programs had the sums of three items, ours are means: points of change are three times theirs."""
    found = first_to_last(small_groups, f"{company[:3]}_{company[3]}")
    near = {name: golden(f"b.{name}.jobsat13_{company}") for name in ("hodges_lehmann", "sign_flip", "cohens_dz",
            "prob_superiority", "rank_biserial_matched", "repeated_measures_d")}  # fmt: skip
    ranks, size = near["hodges_lehmann"], near["cohens_dz"]
    robust = [3 * found["hodges_lehmann"][field] for field in ("value", "low", "high")]
    assert robust == pytest.approx([ranks["hl"], *ranks["ci"]], abs=1e-5)
    assert found["hodges_lehmann"]["level"] == ranks["achieved_level"]
    assert found["p_sign_flip"]["value"] == near["sign_flip"]["p_two_sided"]
    standardised = [found["g_z"][field] for field in ("value", "low", "high")]
    assert standardised == pytest.approx([size["g_z"], *size["d_z_ci"]], abs=1e-6)
    assert found["d_rm"]["value"] == pytest.approx(near["repeated_measures_d"]["d_rm"], abs=1e-6)
    assert found["share_risen"]["value"] * 9 == pytest.approx(near["prob_superiority"]["n_up"])
    assert found["probability_of_superiority"]["value"] == near["prob_superiority"]["ps_dependent"]
    assert found["rank_biserial"]["value"] == pytest.approx(near["rank_biserial_matched"]["r_rb"])
    assert {found[name]["n"] for name in ("hodges_lehmann", "p_sign_flip", "g_z", "share_risen")} == {9}


def test_what_is_said_over_all_waves_is_what_other_programs_say(small_groups: Rows) -> None:
    found, ranks = first_to_last(small_groups, "299_B"), golden("e.friedman.jobsat_299B")
    assert found["p_friedman"]["n"] == found["kendall_w"]["n"] == 9  # of ten, one answered twice only
    assert found["kendall_w"]["value"] == pytest.approx(ranks["kendall_w"])
    assert found["p_friedman"]["value"] == pytest.approx(ranks["p_exact_permutation"])


def test_the_model_keeps_who_missed_a_wave_and_is_that_of_lme4(small_groups: Rows) -> None:
    model = golden("d.lmm_ri_categorical.jobsat_299B")
    found = first_to_last(small_groups, "299_B")["mixed_change"]
    expected = model["fixed"]["wave3"]
    assert (found["n"], found["note"]) == (10, "")
    assert found["value"] == pytest.approx(expected["estimate"], abs=1e-5)
    assert [found["low"], found["high"]] == pytest.approx(expected["kenward_roger"]["ci95"], abs=1e-4)
    assert found["df"] == pytest.approx(expected["kenward_roger"]["df"], abs=1e-3)


def test_every_row_has_its_number_of_people(small_groups: Rows) -> None:
    assert all(isinstance(row["n"], int) for row in small_groups)
    assert len({row["group"] for row in small_groups}) == 20


def test_vogel_and_willems_as_printed(sample: Callable[[str], Path], tmp_path: Path) -> None:
    write_reports(sample("vogel-willems"), [], tmp_path / "out")
    path = tmp_path / "out" / "vogel-willems-2020" / "confidential" / "estimates.json"
    rows = [row for row in json.loads(path.read_text("utf-8")) if row["scale"] == "prosocial_impact"]
    by = {row["measure"]: row for row in rows if row["group_by"] == "evaluation" and row["wave_to"]}
    assert round(by["mean_before"]["value"], 4) == 5.5687
    assert round(by["sd_before"]["value"], 4) == 1.2849
    assert round(by["mean_after"]["value"], 4) == 5.6411
    assert round(by["sd_after"]["value"], 4) == 1.1457
    assert round(by["t_paired"]["value"], 4) == 1.7366
    assert by["t_paired"]["df"] == 482
    assert round(by["p_t_paired"]["value"], 4) == 0.0831
    assert round(by["correlation"]["value"], 5) == 0.72095
    alpha = next(row for row in rows if row["measure"] == "alpha" and row["wave"] == "pre")
    assert round(alpha["value"], 4) == 0.9246


def test_the_synthetic_sample_is_what_its_script_makes(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, str(SAMPLES / "make_hemtjanst.py"), str(tmp_path)], capture_output=True, check=False
    )
    assert made.returncode == 0, made.stderr
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (SAMPLES / "hemtjanst" / path.relative_to(tmp_path)).read_bytes(), path.name


def test_the_samples_say_what_they_are() -> None:
    assert "påhittade" in (SAMPLES / "hemtjanst" / "evaluation.toml").read_text("utf-8")
    licence = (SAMPLES / "vogel-willems" / "LICENSE-DATA.md").read_text("utf-8")
    assert "MIT" in licence
    assert "Vogel" in licence
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")
