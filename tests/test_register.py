"""A register of many groups: the same figures as group by group, however it is parted, and every bad row counted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

pytest.importorskip("pyarrow", reason="a register needs the extra `register` (pyarrow)")

import pyarrow.parquet as pq
from make_register import ITEMS, PLANTED, REVERSED, SCALES, WAVES, make_register

from evaltools.register.declaration import read_register
from evaltools.register.partial import Partial, evaluate_partition, merged
from evaltools.register.parts import frames, parts_of

GROUPS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small register, cut into many row groups, so that groups lie on both sides of cuts."""
    path = tmp_path_factory.mktemp("register")
    table = pq.read_table(make_register(path, GROUPS))
    pq.write_table(table, path / "answers.parquet", row_group_size=1_000)
    return path


def evaluated(folder: Path, rows: int, name: str = "answers.parquet") -> Partial:
    register = read_register(folder, "en")
    parts = parts_of(folder / name, "en", rows)
    return merged([evaluate_partition(frames(part), register, part.name) for part in parts])


def assert_same(one: Partial, other: Partial) -> None:
    """Equal to the last digit."""
    pd.testing.assert_frame_equal(one.groups, other.groups, check_exact=True)
    assert (one.rows, one.missing, one.people) == (other.rows, other.missing, other.people)
    assert one.measured.tolist() == other.measured.tolist()
    assert [[np.asarray(part).tolist() for part in sums] for sums in one.items] == [
        [np.asarray(part).tolist() for part in sums] for sums in other.items
    ]
    assert one.violations == other.violations


def clean(folder: Path) -> pd.DataFrame:
    """The rows that break no rule, found by plain pandas, with what breaks a rule named in ``rule``."""
    frame = pd.read_parquet(folder / "answers.parquet")
    frame = frame.astype(dict.fromkeys(("group", "person", "wave", "item"), "object"))
    frame["row"] = np.arange(1, len(frame) + 1)
    known = {f"{scale}{item + 1}" for scale in SCALES for item in range(ITEMS)}
    breaks = {
        "group_missing": frame["group"].isna(), "person_missing": frame["person"].isna(),
        "wave_unknown": ~frame["wave"].isin(WAVES), "item_unknown": ~frame["item"].isin(known),
        "answer_outside": frame["answer"].notna() & ~frame["answer"].between(1, 5),
    }  # fmt: skip
    frame["rule"] = ""
    for rule, rows in breaks.items():
        frame.loc[rows & (frame["rule"] == ""), "rule"] = rule
    twice = frame[frame["rule"] == ""].duplicated(["group", "person", "wave", "item"])
    frame.loc[twice[twice].index, "rule"] = "answer_twice"
    return frame


def test_every_group_has_the_figures_of_pandas_and_scipy(folder: Path) -> None:
    frame = clean(folder)
    frame = frame[frame["rule"] == ""].dropna(subset="answer")
    frame["scale"] = frame["item"].str.rstrip("0123456789")
    turned = frame["item"].str.extract(r"(\d+)$")[0].astype(int).sub(1).isin(REVERSED)
    frame["answer"] = frame["answer"].where(~turned, 6 - frame["answer"])
    scored = frame.groupby(["group", "scale", "person", "wave"])["answer"].agg(["mean", "size"])
    wide = scored["mean"].where(scored["size"] >= 8).unstack("wave")
    pairs = wide[["start", "end"]].dropna()
    found = evaluated(folder, 3_000).groups.set_index(["group", "scale"])
    assert len(found) == GROUPS * len(SCALES)
    for key, own in pairs.groupby(level=["group", "scale"]):
        change = (own["end"] - own["start"]).to_numpy()
        ours = found.loc[key]
        interval = stats.ttest_rel(own["end"], own["start"]).confidence_interval()
        assert ours["n"] == len(own)
        expected = [
            own["start"].mean(),
            own["end"].mean(),
            change.mean(),
            interval.low,
            interval.high,
            change.std(ddof=1),
        ]
        names = ["mean_before", "mean_after", "change", "low", "high", "sd_change"]
        assert ours[names].astype(float).tolist() == pytest.approx(expected, rel=1e-9, abs=1e-12)
        flipped = stats.permutation_test((change.round(9),), np.mean, permutation_type="samples", n_resamples=np.inf)
        assert ours["p_sign_flip"] == pytest.approx(flipped.pvalue, abs=1e-12)


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_parts_make_no_difference(folder: Path, parts: int) -> None:
    whole = evaluated(folder, 10**9)
    rows = -(-whole.rows // parts)
    assert len(parts_of(folder / "answers.parquet", "en", rows)) == parts
    assert_same(evaluated(folder, rows), whole)


def test_every_bad_row_is_counted_and_named_by_its_place(folder: Path) -> None:
    frame, truth = clean(folder), json.loads((folder / "truth.json").read_text("utf-8"))
    found = evaluated(folder, 5_000)
    assert found.violations.counts == {rule: truth[rule] for rule in PLANTED}
    assert (found.rows, found.missing) == (truth["rows"], truth["missing"])
    for rule in PLANTED:
        expected = frame.loc[frame["rule"] == rule, "row"].tolist()
        assert found.violations.rows[rule] == tuple(("answers.parquet", row) for row in expected)


def test_the_order_of_rows_and_the_kind_of_file_make_no_difference(folder: Path, tmp_path: Path) -> None:
    whole = evaluated(folder, 10**9)
    for options in ({"csv": True}, {"shuffled": True}):
        make_register(tmp_path, GROUPS, **options)  # type: ignore[arg-type]
        name = "answers.csv" if "csv" in options else "answers.parquet"
        other = evaluated(tmp_path, 5_000, name)
        pd.testing.assert_frame_equal(other.groups, whole.groups, check_exact=True)
        assert other.violations.counts == whole.violations.counts


def test_a_register_is_the_same_register_from_the_same_seed(folder: Path, tmp_path: Path) -> None:
    again = pq.read_table(make_register(tmp_path, GROUPS))
    assert again.equals(pq.read_table(folder / "answers.parquet"))
    other = pq.read_table(make_register(tmp_path, GROUPS, seed=2))
    assert not again.equals(other)
