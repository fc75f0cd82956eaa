"""Alpha, reliable change, shares and verdicts against other people's programs and printed tables."""

from __future__ import annotations

import csv
import json
import statistics

import numpy as np
import pandas as pd
import pytest
from conftest import shared
from scipy import stats

from evaltools.statistics.clinical_significance import class_shares, reliable_classes
from evaltools.statistics.describe import mean, people_measured, sd
from evaltools.statistics.rates import wilson
from evaltools.statistics.reliability import cronbach_alpha
from evaltools.statistics.reliable_change_indices import reliable_change_index
from evaltools.statistics.verdicts import half_width, verdict


def test_alpha_and_feldts_interval_agree_with_psych() -> None:
    path = shared("golden/visible.json")
    cases = [case for case in json.loads(path.read_text("utf-8"))["cases"] if case["method"] == "cronbach_alpha"]
    assert cases
    for case in cases:
        entry, expected = case["input"], case["expected"]
        items = pd.read_csv(path.parent / entry["file"])[entry["items"]].astype(float)
        items[entry["reverse"]] = entry["min"] + entry["max"] - items[entry["reverse"]]
        found = cronbach_alpha(items.to_numpy().T)
        assert float(found.value) == pytest.approx(expected["alpha_raw"], rel=1e-9), case["id"]
        assert [found.low, found.high] == pytest.approx(expected["feldt_ci"], rel=1e-6), case["id"]
        assert found.n == expected["n"], case["id"]


def test_alpha_of_equal_answers_or_two_people_is_a_note() -> None:
    assert cronbach_alpha([[3, 3, 3], [4, 4, 4]]).note == "no_variance"
    assert cronbach_alpha([[3, 4], [4, 5]]).note == "too_few"
    assert cronbach_alpha([[3, 4, 5]]).note == "too_few"


def test_reliable_change_agrees_with_jacobsons_own_data() -> None:
    # Jacobson et al. (1989) as in the R package clinicalsignificance 3.0.0, `das`, reliability .88:
    # S_diff 5.7934; index above 1.96 in 19 of 30 couples, below -1.96 in one.
    with shared("data/jacobson_1989.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    subjects = {row["subject"]: {} for row in rows}
    for row in rows:
        subjects[row["subject"]][row["time"]] = float(row["das"]) if row["das"] not in ("", "NA") else np.nan
    before, after = (np.array([waves[when] for waves in subjects.values()]) for when in ("pre", "post"))
    spread = float(np.std(before, ddof=1))
    assert spread * np.sqrt(2 * 0.12) == pytest.approx(5.7934, abs=5e-5)
    classes = reliable_classes(reliable_change_index(before, after, spread, 0.88), 1.96, "higher")
    _, up, _, down, *_ = class_shares(classes, len(before), method="", basis="")
    assert (round(float(up.value * up.of)), round(float(down.value * down.of)), float(up.of)) == (19, 1, 30)


def test_the_index_is_the_published_example() -> None:
    # Jacobson & Truax (1991), p. 14: from 47.5 to 32.5, SD 7.5, reliability .80: RC = -15 / 4.74 = -3.16
    assert reliable_change_index([47.5], [32.5], 7.5, 0.80)[0] == pytest.approx(-3.16, abs=0.005)


def test_an_impossible_reference_is_refused() -> None:
    for sd_, reliability in ((0, 0.8), (5, 1.0), (5, -0.1)):
        with pytest.raises(ValueError, match="positive"):
            reliable_change_index([1], [2], sd_, reliability)


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3 (score without continuity correction).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_agrees_with_newcombes_table(count: int, of: int, low: float, high: float) -> None:
    found = wilson("share_improved", count, of)
    assert (float(found.low), float(found.high)) == pytest.approx((low, high), abs=5e-5)


def test_a_share_of_nobody_is_a_note() -> None:
    assert wilson("share_improved", 0, 0).note == "too_few"


def test_mean_and_spread_of_one_wave() -> None:
    scores = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]  # Student (1908), first drug
    found, by_scipy = mean(scores), stats.ttest_1samp(scores, 0).confidence_interval(0.95)
    assert (found.value, found.low, found.high) == pytest.approx((0.75, by_scipy.low, by_scipy.high), rel=1e-12)
    assert float(sd(scores).value) == pytest.approx(statistics.stdev(scores), rel=1e-12)
    assert people_measured([*scores, np.nan]).value == 10
    assert mean([4.0]).note == "too_few"
    assert mean([4.0, 4.0, 4.0]).note == "no_variance"


@pytest.mark.parametrize(
    ("change", "half_95", "half_80", "expected"),
    [
        (0.9, 0.6, 0.4, "increase"),
        (0.4, 0.3, 0.2, "suggests_increase"),  # certain, but smaller than what matters
        (0.55, 0.6, 0.4, "suggests_increase"),
        (0.3, 0.6, 0.4, "cannot_tell"),
        (0.0, 0.6, 0.4, "cannot_tell"),
        (-0.55, 0.6, 0.4, "suggests_decrease"),
        (-0.9, 0.6, 0.4, "decrease"),
        (np.nan, 0.6, 0.4, "not_measurable"),
        (0.9, np.nan, np.nan, "not_measurable"),
    ],
)
def test_verdicts_follow_the_rule(change: float, half_95: float, half_80: float, expected: str) -> None:
    assert verdict(change, half_95, half_80, 0.5) == expected


def test_the_narrower_interval_is_the_one_scipy_gives() -> None:
    before, after = [2, 3, 3, 4, 2, 5], [3, 3, 5, 4, 4, 5]
    wide, narrow = (stats.ttest_rel(after, before).confidence_interval(level) for level in (0.95, 0.80))
    assert half_width(wide.low, wide.high, 5, 0.95, 0.80) == pytest.approx((narrow.high - narrow.low) / 2, rel=1e-12)
