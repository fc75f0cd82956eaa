"""Answers to scores: reversed once, missing by the key's rule, paired by person."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from folders import SETTINGS, small
from hypothesis import given, settings
from hypothesis import strategies as st

from evaltools.folder import read_evaluation
from evaltools.instruments import Scale, shipped_instruments
from evaltools.scores import item_arrays, score, side_by_side, turned_answers

SCALE = shipped_instruments()["toolkit_job_satisfaction"].scales[0]  # js3 is reversed, three of four must be answered
LQ2002 = Path(__file__).parents[2] / "shared" / "data" / "lq2002.csv"


def responses(rows: list[tuple[str, str, list[float | None]]], scale: Scale = SCALE) -> pd.DataFrame:
    table = pd.DataFrame(
        [
            (person, wave, scale.instrument, item, "item", np.nan if code is None else code)
            for person, wave, codes in rows
            for item, code in zip(scale.items, codes, strict=True)
        ],
        columns=["person", "wave", "instrument", "item", "given_as", "code"],
    )
    text = ["person", "wave", "instrument", "item", "given_as"]
    return table.astype(dict.fromkeys(text, "string")).astype({"code": "float64"})


def scored(*codes: float | None, scale: Scale = SCALE) -> dict[str, Any]:
    return score(responses([("a", "w", list(codes))], scale), scale).to_dict("records")[0]


def test_reversed_items_are_turned_once() -> None:
    assert scored(1, 1, 5, 1)["score"] == 1
    assert scored(5, 5, 1, 5)["score"] == 5
    table = responses([("a", "w", [2, 3, 4, 5])])
    assert turned_answers(table, SCALE).iloc[0].tolist() == [2, 3, 2, 5]
    assert turned_answers(table, SCALE).iloc[0].tolist() == [2, 3, 2, 5]  # the table itself is left as it was
    assert table["code"].tolist() == [2, 3, 4, 5]


def test_a_scale_that_starts_at_zero_is_turned_within_its_range() -> None:
    assert scored(0, 0, 4, 0, scale=replace(SCALE, low=0.0, high=4.0))["score"] == 0


@pytest.mark.parametrize(
    ("codes", "expected", "missing"),
    [((4, 4, 2, 4), 4, 0), ((4, 4, None, 1), 3, 1), ((None, 4, 2, 4), 4, 1), ((None, None, 2, 4), np.nan, 2),
     ((None, None, None, None), np.nan, 4)],
)  # fmt: skip
def test_the_missing_rule_comes_from_the_key(codes: tuple[float, ...], expected: float, missing: int) -> None:
    row = scored(*codes)
    assert row["score"] == pytest.approx(expected, nan_ok=True)
    assert (row["items_answered"], row["items_missing"]) == (4 - missing, missing)


def test_a_sum_is_made_up_to_the_full_number_of_items() -> None:
    scale = replace(SCALE, rule="sum")
    assert scored(4, 4, 2, 4, scale=scale)["score"] == 16
    assert scored(4, None, 2, 1, scale=scale)["score"] == pytest.approx(12)  # three items, mean 3, times four
    assert scale.score_range == (4, 20)


codes = st.lists(st.none() | st.integers(1, 5), min_size=4, max_size=4)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.tuples(st.sampled_from("abcd"), st.sampled_from("vw")), codes, min_size=1), st.randoms())
def test_scores_do_not_depend_on_the_order_of_rows(answers: dict[tuple[str, str], list[Any]], random: Any) -> None:
    table = responses([(person, wave, items) for (person, wave), items in answers.items()])
    order = list(table.index)
    random.shuffle(order)
    mine, other = score(table, SCALE), score(table.loc[order], SCALE)
    key = ["person", "wave"]
    pd.testing.assert_frame_equal(mine.sort_values(key, ignore_index=True), other.sort_values(key, ignore_index=True))


@settings(max_examples=40, deadline=None)
@given(codes)
def test_a_score_lies_on_its_scale(items: list[int | None]) -> None:
    value = scored(*items)["score"]
    assert np.isnan(value) or 1 <= value <= 5


def test_scores_stand_in_the_order_of_the_responses_and_not_of_the_pseudonyms() -> None:
    table = responses([("z", "pre", [1, 1, 5, 1]), ("a", "pre", [5, 5, 1, 5]), ("z", "post", [2, 2, 4, 2])])
    assert score(table, SCALE)[["person", "wave"]].to_numpy().tolist() == [["z", "pre"], ["a", "pre"], ["z", "post"]]


def test_waves_are_paired_by_person() -> None:
    table = responses(
        [
            ("b", "pre", [1, 1, 5, 1]),
            ("a", "pre", [2, 2, 4, 2]),
            ("a", "post", [4, 4, 2, 4]),
            ("c", "post", [5, 5, 1, 5]),
        ]
    )
    values = side_by_side(score(table, SCALE), ["a", "b", "c"], ["pre", "post"])
    np.testing.assert_array_equal(values, [[2, 1, np.nan], [4, np.nan, 5]])
    items = item_arrays(table, SCALE, ["a", "b", "c"], ["pre"])[0]
    np.testing.assert_array_equal(items, np.array([[2, 2, 2, 2], [1, 1, 1, 1], [np.nan] * 4]).T)


def test_a_person_with_two_scores_at_a_wave_is_never_averaged() -> None:
    scores = pd.DataFrame({"person": ["a", "a"], "wave": ["pre", "pre"], "score": [1.0, 2.0]})
    with pytest.raises(ValueError, match="duplicate"):
        side_by_side(scores, ["a"], ["pre"])


def test_given_scores_are_taken_as_they_are(tmp_path: Path) -> None:
    rules = SETTINGS[: SETTINGS.index("[[mapping.wide.columns]]\nmatch = { heading_regex")]
    rules += '[[mapping.wide.columns]]\nmatch = { heading = "Mean" }\nscore = "job_satisfaction"\n'
    given_scores = "Code;Mean\nAB01;2,25\nAB02;\n007;5\n"
    found = read_evaluation(small(tmp_path, {"pre.csv": given_scores, "post.csv": given_scores + "\n"}, settings=rules))
    values = side_by_side(score(found.responses, SCALE), found.people["person"].tolist(), ["pre", "post"])
    np.testing.assert_array_equal(values, [[5, 2.25, np.nan]] * 2)


def test_given_and_computed_scores_may_stand_at_different_waves(tmp_path: Path) -> None:
    more = '[[mapping.given.columns]]\nmatch = { heading = "Code" }\ncolumn = "person"\n'
    more += '[[mapping.given.columns]]\nmatch = { heading = "Mean" }\nscore = "job_satisfaction"\n'
    post = "Code;Mean\nAB01;2,25\n007;5\n"
    change = {'wave = "post"\nmapping = "wide"': 'wave = "post"\nmapping = "given"'}
    found = read_evaluation(small(tmp_path, {"post.csv": post}, change=change, more=more))
    values = side_by_side(score(found.responses, SCALE), found.people["person"].tolist(), ["pre", "post"])
    np.testing.assert_array_equal(values, [[5, 1.5, 3], [5, 2.25, np.nan]])


def key_of(name: str, items: list[str], low: int, high: int) -> str:
    listed = ", ".join(f'"{item}"' for item in items)
    entries = "\n".join(f'[[items]]\nid = "{item}"\nreversed = false\ncovers = []' for item in items)
    return f"""schema = 1
id = "{name}"
version = "1"
label = {{ en = "{name}" }}
languages = ["en"]
response_range = [{low}, {high}]
timeframe = {{ en = "now" }}
valid_before_start = true
health_data = false
certainty = "sure"
status = "published"
source = "multilevel::lq2002"
licence = {{ name = "GPL", may_ship = false, terms = {{ en = "tests only" }} }}
{entries}
[[scales]]
id = "{name}_scale"
label = {{ en = "{name}" }}
items = [{listed}]
rule = "mean"
min_answered = {len(items)}
missing_rule_source = "all"
higher_is_better = true
covers = []
"""


def test_scores_agree_with_those_of_the_authors(tmp_path: Path) -> None:
    # multilevel::lq2002 (R, GPL): 2042 soldiers with the authors' own scale scores, printed with nine decimals
    if not LQ2002.exists():
        pytest.skip("shared/data/lq2002.csv does not lie beside the repository")
    with LQ2002.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    scales = {"LEAD": ("LEAD", 11, 1, 5), "TSIG": ("TSIG", 3, 1, 5), "HOSTILE": ("HOSTIL", 5, 0, 4)}
    items = {name: [f"{stem}{at:02}" for at in range(1, count + 1)] for name, (stem, count, _, _) in scales.items()}
    keys = {f"scoring_keys/{name}.toml": key_of(name, items[name], *scales[name][2:]) for name in scales}
    heads = [item for name in scales for item in items[name]]
    lines = ["Code;" + ";".join(heads), *(f"p{at:04};" + ";".join(row[item] for item in heads)
                                          for at, row in enumerate(rows))]  # fmt: skip
    settings = SETTINGS[: SETTINGS.index('[[files]]\npath = "people.csv"')]
    settings += '[[files]]\npath = "lq.csv"\ntable = "responses"\nwave = "post"\nmapping = "lq"\n'
    settings += '[[mapping.lq.columns]]\nmatch = { heading = "Code" }\ncolumn = "person"\n'
    settings += '[[mapping.lq.columns]]\nmatch = { heading_regex = "(?P<item>[A-Z]+[0-9]+)" }\nitem = "{item}"\n'
    found = read_evaluation(small(tmp_path, {**keys, "lq.csv": "\n".join(lines)}, settings=settings))
    for name in scales:
        scores = score(found.responses, found.instruments[name].scales[0])
        values = side_by_side(scores, found.people["person"].tolist(), ["post"])[0]
        np.testing.assert_allclose(values, [float(row[name]) for row in rows], atol=5e-10, rtol=0)
