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

from evaltools.reports import write_reports

Rows = list[dict[str, Any]]

_SETTINGS = """schema = 1
id = "univbct"
language = "en"
report_date = 2002-12-31
[contract]
commissioner = "Real data: R package multilevel, data(univbct)"
purpose = "Bliese and Ployhart (2002)"
start = 1999-01-01
{groups}
[[waves]]
id = "1"
label = "Wave 1"
[[waves]]
id = "2"
label = "Wave 2"
[[waves]]
id = "3"
label = "Wave 3"
[[scales]]
id = "jobsat"
label = "Job satisfaction"
given_as = "score"
low = 1
high = 5
items = 3
[[files]]
path = "univbct.csv"
table = "people"
mapping = "people"
[[files]]
path = "univbct.csv"
table = "responses"
mapping = "scores"
[[mapping.people.columns]]
match = {{ heading = "SUBNUM" }}
column = "person"
[[mapping.people.columns]]
match = {{ heading = "GROUP" }}
column = "group"
[[mapping.scores.columns]]
match = {{ heading = "SUBNUM" }}
column = "person"
[[mapping.scores.columns]]
match = {{ heading_regex = 'JOBSAT(?P<wave>[123])' }}
score = "jobsat"
wave = "{{wave}}"
"""


@pytest.fixture(scope="module")
def small_groups(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The estimates of 19 groups of 4 to 10 soldiers, job satisfaction at three waves."""
    source = shared("data/univbct_smallgroups_wide.csv")
    folder = tmp_path_factory.mktemp("univbct")
    (folder / "univbct.csv").write_bytes(source.read_bytes())
    with source.open(encoding="utf-8") as stream:
        names = sorted({row["GROUP"] for row in csv.DictReader(stream)})
    groups = "\n".join(f'[[groups]]\nid = "{name}"\nlabel = "{name}"' for name in names)
    (folder / "evaluation.toml").write_text(_SETTINGS.format(groups=groups), "utf-8")
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
