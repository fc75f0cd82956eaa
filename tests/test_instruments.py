"""Scoring keys: the shipped ones are sure, and a broken one says what is wrong with it."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT
from folders import small, told
from hypothesis import given
from hypothesis import strategies as st

from evaltools import instruments
from evaltools.errors import InstrumentError
from evaltools.instruments import read_instruments, score_only_scale, shipped_instruments
from evaltools.key_rules import faults_of

KEYS = ROOT / "src" / "evaltools" / "scoring_keys"
GOOD = (KEYS / "toolkit_job_satisfaction.toml").read_text("utf-8")


def test_shipped_keys_are_sure_and_may_be_shipped() -> None:
    shipped = shipped_instruments()
    assert set(shipped) == {path.stem for path in KEYS.glob("*.toml")}
    for key in shipped.values():
        assert key.certainty == "sure"
        assert key.may_ship
        assert set(key.label) >= {"sv", "en"}
        assert key.source
        for scale in key.scales:
            assert scale.reversed <= set(scale.items)
            assert 1 <= scale.min_answered <= scale.item_count == len(scale.items)


def test_published_items_are_not_shipped() -> None:
    for key in shipped_instruments().values():
        assert all(item.text for item in key.items) or not any(item.text for item in key.items)
        if key.status == "published" and not key.licence.startswith("CC"):
            assert not any(item.text for item in key.items)


@pytest.mark.parametrize(
    ("instrument", "turned", "answers", "rule"),
    [
        ("brayfield_rothe_5", {"br_3", "br_5"}, (1, 7), "mean"),
        ("biajs", set(), (1, 5), "mean"),
        ("oss_sf", set(), (1, 6), "mean"),
    ],
)
def test_keys_are_as_published(instrument: str, turned: set[str], answers: tuple[int, int], rule: str) -> None:
    key = shipped_instruments()[instrument]
    assert (key.low, key.high) == answers
    assert [(scale.reversed, scale.rule) for scale in key.scales] == [(frozenset(turned), rule)]


@pytest.mark.parametrize(("old", "new"), [('"sure"', '"verify"'), ("may_ship = true", "may_ship = false")])
def test_an_uncertain_or_unfree_key_is_not_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    assert old in GOOD
    (tmp_path / "scoring_keys").mkdir()
    (tmp_path / "scoring_keys" / "own.toml").write_text(GOOD.replace(old, new), "utf-8")
    monkeypatch.setattr(instruments, "files", lambda _: tmp_path)
    shipped_instruments.cache_clear()
    try:
        with pytest.raises(InstrumentError, match="toolkit_job_satisfaction"):
            shipped_instruments()
    finally:
        shipped_instruments.cache_clear()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('version = "1', 'verson = "1', "version is missing"),
        ('version = "1', 'verson = "1', "verson is not a known key"),
        ("schema = 1", "schema = 2", "schema must be 1"),
        ("schema = 1", "schema = true", "schema must be int"),
        ("response_range = [1, 5]", "response_range = [5, 1]", "response_range must be"),
        ("response_range = [1, 5]", "response_range = [1, 3, 5]", "response_range must be"),
        ("response_range = [1, 5]", 'response_range = ["1", "5"]', "response_range must be list of float"),
        ("response_range = [1, 5]", "response_range = [1, inf]", "response_range must be list of float"),
        ('certainty = "sure"', 'certainty = "maybe"', "certainty must be"),
        ('"js4"]', '"js9"]', "item js9 is not among the items"),
        ('"js4"]', '"js3"]', "needs items, each once"),
        ('"js4"]', "4]", "item 4 is not among the items"),
        ('"js4"]', '["js4"]]', "is not among the items"),
        ('items = ["js1", "js2", "js3", "js4"]', "items = []", "needs items, each once"),
        ('id = "js4"', 'id = "js3"', "an item id stands twice"),
        ('rule = "mean"', 'rule = "median"', "rule must be mean or sum"),
        ("min_answered = 3", "min_answered = 5", "min_answered must lie"),
        ("min_answered = 3", "min_answered = 0", "min_answered must lie"),
        ("min_answered = 3", "min_answered = true", "min_answered must be int"),
        ("reversed = true", 'reversed = "yes"', "reversed must be bool"),
        ("may_ship = true", 'may_ship = "yes"', "may_ship must be bool"),
        ("covers = []", "covers = [1]", "covers must be list of str"),
        (
            "reversed = false\ncovers = []\ntext",
            "reversed = false\ncovers = []\ntext.sv = 3\n#",
            "text must be dict of str",
        ),
        ("[[scales]]", "[scales]", "scales must be list"),
        ("[[scales]]", "[[scales]]\nreferences = 3", "references must be list"),
        ("[[scales]]", "[[scales]]\nreferences = [3]", "must be a section of its own"),
        ("[[scales]]", "[[scales]]\nreferences = [{ reliability = 0.8 }]", "reliability_kind is missing"),
    ],
)
def test_a_key_that_breaks_a_rule_says_which(old: str, new: str, says: str) -> None:
    assert old in GOOD
    assert any(says in wrong for wrong in faults_of(tomllib.loads(GOOD.replace(old, new, 1))))


REFERENCE = '{{ reliability = {}, reliability_kind = "retest", population = "P", citation = "C"{} }}'


@pytest.mark.parametrize(
    ("reliability", "more", "right"),
    [
        ("0.8", "", True),
        ("0.8", ", sd = 1.5, n = 100, interval = '3 months'", True),
        ("0.8", ", rule = 'mean', response_range = [1, 5]", True),
        ("0.8", ", rule = 'sum'", False),
        ("0.8", ", response_range = [0, 4]", False),
        ("1.2", "", False),
        ("0", "", False),
        ("nan", "", False),
        ("0.8", ", sd = 0", False),
        ("0.8", ", sd = -1.0", False),
    ],
)
def test_a_reference_belongs_to_exactly_this_scoring(reliability: str, more: str, right: bool) -> None:
    reference = REFERENCE.format(reliability, more)
    text = GOOD.replace("[[scales]]", f"[[scales]]\nreferences = [{reference}]")
    assert (faults_of(tomllib.loads(text)) == []) == right


def test_every_broken_file_of_a_folder_is_named(tmp_path: Path) -> None:
    for name, content in {"a.toml": b"[", "b.toml": b"\xff", "c.toml": b"id = 1", "d.txt": b"["}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "e.toml").mkdir()
    (tmp_path / "f.toml").write_text(GOOD, "utf-8")
    (tmp_path / "g.toml").write_text(GOOD, "utf-8")
    with pytest.raises(InstrumentError) as caught:
        read_instruments(tmp_path)
    message = str(caught.value)
    assert [name for name in "abcdefg" if f"{name}.toml" in message] == ["a", "b", "c", "e", "g"]


def test_a_key_of_ones_own_does_not_take_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    message = told(
        small(tmp_path / "a", {"scoring_keys/own.toml": GOOD.replace("min_answered = 3", "min_answered = 1")})
    )
    assert "the same id as one that is included: toolkit_job_satisfaction" in message
    other = GOOD.replace('id = "toolkit_job_satisfaction"', 'id = "own"').replace('"js', '"own')
    assert "The scale job_satisfaction exists twice" in told(small(tmp_path / "b", {"scoring_keys/own.toml": other}))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.data(), values)
def test_no_value_anywhere_in_a_key_breaks_the_reader(data: st.DataObject, value: object) -> None:
    table = tomllib.loads(GOOD)
    place: object = table
    while isinstance(place, (dict, list)) and place:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or data.draw(st.booleans()):
            place[key] = value
            break
        place = place[key]
    if not faults_of(table):
        instruments._instrument(table)


def test_a_scale_of_which_only_the_score_is_known() -> None:
    key = score_only_scale("given", "Given", 0, 10, 4, 0.25)
    scale = key.scales[0]
    assert (scale.score_range, scale.item_count, scale.step, scale.items) == ((0, 10), 4, 0.25, ())


def test_the_reference_used_has_a_spread_and_a_retest_goes_first() -> None:
    entries = [REFERENCE.format("0.8", ", sd = 1.0").replace("retest", "alpha"),
               REFERENCE.format("0.9", ""), REFERENCE.format("0.7", ", sd = 2.0")]  # fmt: skip
    text = GOOD.replace("[[scales]]", f"[[scales]]\nreferences = [{', '.join(entries)}]")
    scale = instruments._instrument(tomllib.loads(text)).scales[0]
    assert scale.reference is not None
    assert (scale.reference.reliability, scale.reference.sd) == (0.7, 2.0)
    assert math.isnan(scale.references[1].sd)


MINIMAL = """
[scales.minimal_important_change]
value = 0.4
citation = "Author (2020)"
certainty = "sure"
"""


def test_a_published_minimal_important_change_comes_before_an_eighth_of_the_range(tmp_path: Path) -> None:
    for name, more in (("without", ""), ("published", MINIMAL)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "own.toml").write_text(GOOD + more, "utf-8")
    own, assumed = (
        read_instruments(tmp_path / name)["toolkit_job_satisfaction"].scales[0].minimal_change
        for name in ("published", "without")
    )
    assert (own.value, own.citation) == (0.4, "Author (2020)")
    assert (assumed.value, assumed.citation) == (0.5, "")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('certainty = "sure"\n', 'certainty = "verify"\n', "leave out one to verify"),
        ('citation = "Author (2020)"', 'citation = " "', "needs a citation"),
        ("value = 0.4", "value = 0", "above 0"),
        ("value = 0.4", "value = 5", "no larger than the scale's range"),
        ("value = 0.4", "value = true", "value must be float"),
        ("value = 0.4", "amount = 0.4", "value is missing"),
        ("value = 0.4", 'value = 0.4\nrule = "sum"', "another scoring"),
        ("value = 0.4", "value = 0.4\nresponse_range = [1, 7]", "another scoring"),
    ],
)
def test_a_minimal_important_change_that_cannot_be_right_is_refused(old: str, new: str, says: str) -> None:
    assert old in MINIMAL
    assert any(says in wrong for wrong in faults_of(tomllib.loads(GOOD + MINIMAL.replace(old, new))))
    assert faults_of(tomllib.loads(GOOD + MINIMAL)) == []


@pytest.mark.parametrize(("mean", "right"), [(3.0, True), (0.5, False), (20.0, False)])
def test_the_mean_of_a_reference_lies_on_its_scale(mean: float, right: bool) -> None:
    reference = f"""
[[scales.references]]
mean = {mean}
reliability = 0.6
reliability_kind = "retest"
population = "p"
citation = "c"
"""
    assert (faults_of(tomllib.loads(GOOD + reference)) == []) is right
