"""What reviews of a register let out together: a ledger remembers it, and small differences stay in."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="a register needs the extra `register` (pyarrow)")

from make_register import REVERSED
from registers import ITEMS, Group, answers, frame, groups_of, reviewed, write_register

from evaltools.blocks import Section, Table, Text
from evaltools.cli import main
from evaltools.errors import DisclosureError, LedgerError, ReportError
from evaltools.register import page
from evaltools.register.declaration import read_register
from evaltools.register.partial import evaluate_partition, merged
from evaltools.register.review import write_register_review
from evaltools.register.summary import Summary, read_summary
from evaltools.register.wave_sums import mean_course
from evaltools.statistics.model_changes import mixed_change

CHANGE = ("pooled_change", "calm")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def test_a_review_of_a_few_groups_more_does_not_let_out_the_difference(
    tmp_path: Path, rng: np.random.Generator
) -> None:  # fmt: skip
    groups = groups_of(rng, [6] * 8)
    first, kept = reviewed(write_register(tmp_path / "r", groups), tmp_path / "a")
    assert "mean" in first
    assert not kept
    for more in (1, 2):
        later = groups | groups_of(rng, [6] * more, first=8)
        told, kept = reviewed(write_register(tmp_path / "r", later), tmp_path / "b")
        assert not {"mean", "tau2", "alpha", "funnel"} & set(told)
        assert CHANGE in kept
    later = groups | groups_of(rng, [6] * 3, first=8)
    told, kept = reviewed(write_register(tmp_path / "r", later), tmp_path / "c")
    assert (told["groups"], kept) == (11, [])


def test_fewer_groups_and_small_ones_are_differences_too(tmp_path: Path, rng: np.random.Generator) -> None:
    groups = groups_of(rng, [6] * 9)
    reviewed(write_register(tmp_path / "r", groups), tmp_path / "a")
    fewer = {name: groups[name] for name in list(groups)[2:]}
    assert CHANGE in reviewed(write_register(tmp_path / "r", fewer), tmp_path / "b")[1]
    small = groups | groups_of(rng, [4] * 3, first=20)  # three groups, but twelve people
    assert CHANGE in reviewed(write_register(tmp_path / "r", small), tmp_path / "b")[1]
    large = groups | groups_of(rng, [30, 4, 4], first=20)  # one group is more than half of the difference
    assert CHANGE in reviewed(write_register(tmp_path / "r", large), tmp_path / "b")[1]


@pytest.mark.parametrize(("changed", "told"), [(1, False), (14, False), (15, True)])
def test_a_corrected_answer_is_a_difference_of_one_person(
    tmp_path: Path, rng: np.random.Generator, changed: int, told: bool
) -> None:
    groups = groups_of(rng, [5] * 20)
    reviewed(write_register(tmp_path / "r", groups), tmp_path / "a")
    for name in list(groups)[:changed]:
        groups[name].people["p0"]["end"] = [6 - value for value in groups[name].people["p0"]["end"][:9]] + [
            groups[name].people["p0"]["end"][9] % 5 + 1
        ]
    found, kept = reviewed(write_register(tmp_path / "r", groups), tmp_path / "b")
    assert ("mean" in found) is told
    assert (CHANGE in kept) is not told


def test_somebody_who_joins_or_leaves_is_a_difference_of_one_person(tmp_path: Path, rng: np.random.Generator) -> None:
    groups = groups_of(rng, [6] * 6)
    reviewed(write_register(tmp_path / "r", groups), tmp_path / "a")
    del groups["g00"].people["p0"]
    assert CHANGE in reviewed(write_register(tmp_path / "r", groups), tmp_path / "b")[1]
    groups["g00"].people["p9"] = answers(rng)
    assert CHANGE in reviewed(write_register(tmp_path / "r", groups), tmp_path / "b")[1]


def test_three_reviews_that_differ_enough_two_by_two_are_looked_at_together(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    """The first, and it with three groups more, and it with three others more; then with all but one of these."""
    groups, others = groups_of(rng, [6] * 6), groups_of(rng, [6] * 3, first=20)
    more = groups_of(rng, [6] * 3, first=10)
    for own in (groups, groups | more, groups | others):
        assert "mean" in reviewed(write_register(tmp_path / "r", own), tmp_path / "a")[0]
    almost = groups | more | {name: others[name] for name in list(others)[1:]}
    assert CHANGE in reviewed(write_register(tmp_path / "r", almost), tmp_path / "b")[1]


def test_the_same_review_again_is_the_same_to_the_last_byte_and_leaves_the_ledger_as_it_was(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    groups = groups_of(rng, [6] * 12, unit=["a", "b", "c"] * 4)
    folder = write_register(tmp_path / "r", groups, by=["unit"])
    made = []
    for out in ("a", "b"):
        reviewed(folder, tmp_path / out, ["unit"])
        ledger = (folder / "ledger.jsonl").read_bytes()
        made.append(((tmp_path / out / "small" / "register.json").read_bytes(), ledger))
    assert made[0] == made[1]
    grown = groups | groups_of(rng, [6], first=30, unit=["a"])
    assert CHANGE in reviewed(write_register(folder, grown, by=["unit"]), tmp_path / "c", ["unit"])[1]
    reviewed(write_register(folder, groups, by=["unit"]), tmp_path / "d", ["unit"])
    assert (tmp_path / "d" / "small" / "register.json").read_bytes() == made[0][0]


def test_without_its_ledger_or_the_groups_in_it_nothing_is_told(tmp_path: Path, rng: np.random.Generator) -> None:
    folder = write_register(tmp_path / "r", groups_of(rng, [6] * 5))
    reviewed(folder, tmp_path / "a")
    (kept,) = (folder / "ledger_groups").iterdir()
    content = kept.read_bytes()
    kept.write_bytes(content[:-1] + b"0")
    with pytest.raises(LedgerError, match="EV-552"):
        reviewed(folder, tmp_path / "a")
    kept.unlink()
    with pytest.raises(LedgerError, match="EV-552"):
        reviewed(folder, tmp_path / "a")
    kept.write_bytes(content)
    (folder / "ledger.jsonl").unlink()
    with pytest.raises(LedgerError, match="EV-3"):
        reviewed(folder, tmp_path / "a")


def test_the_ledger_tells_what_is_out_and_about_nobody(
    tmp_path: Path, rng: np.random.Generator, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_register(tmp_path / "r", groups_of(rng, [6] * 5))
    reviewed(folder, tmp_path / "a")
    assert main(["ledger", str(folder), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "Calm, start, end" in told
    assert "31 December 2027" in told
    assert main(["key", "make", str(folder), "--lang", "en"]) == 0
    stored = (folder / "ledger.jsonl").read_text("utf-8")
    assert "g00" not in stored
    assert "p0" not in stored


def test_other_measurements_may_be_compared_unless_three_changes_make_a_ring(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    waves = ("start", "half", "end")
    groups = groups_of(rng, [6] * 6, ("start", "end"))
    for group in groups.values():  # a course over all waves would bind all of them together
        for at, person in enumerate(group.people.values()):
            person["half"] = answers(rng, ["half"])["half"]
            if at == 0:
                del person["start"]
    groups["g00"].people["p1"].pop("end")
    found = []
    for compare in (("half", "end"), ("start", "half"), ("start", "end")):
        folder = write_register(tmp_path / "r", groups, waves, compare=compare)
        told, kept = reviewed(folder, tmp_path / "a")
        found.append(("mean" in told, CHANGE in kept, "course" in told))
    assert found == [(True, False, False), (True, False, False), (False, True, False)]


def test_an_answer_counts_in_one_scale(tmp_path: Path, rng: np.random.Generator) -> None:
    folder = write_register(tmp_path / "r", groups_of(rng, [6] * 6))
    key = folder / "scoring_keys" / "made_up_work.toml"
    part = key.read_text("utf-8") + (
        '[[scales]]\nid = "part"\nlabel = { sv = "Del", en = "Part" }\nitems = ["calm1", "calm2", "calm3"]\n'
        'rule = "mean"\nmin_answered = 2\nmissing_rule_source = "."\nhigher_is_better = true\ncovers = []\n'
    )
    key.write_text(part, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evaltools.register.review.run_walled", lambda *_: ())
        summary, _ = write_register_review([folder], ["en"], tmp_path / "a", ())
    told = {outcome["scale"]: "mean" in outcome for outcome in summary.document["outcomes"]}
    assert told == {"calm": True, "skill": False, "trust": False, "part": False}


# --- classes


def rows_of(told: dict[str, Any], by: str) -> dict[str, tuple[int, int]]:
    return {row["name"]: (row["groups"], row["with_change"]) for row in told["by"][by]["classes"]}


def test_units_side_by_side_are_those_with_enough_and_never_one_left_over(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    unit = ["a"] * 4 + ["b"] * 3 + ["c"] * 4 + ["d"] * 2
    groups = groups_of(rng, [6] * 13, unit=unit)
    told, _ = reviewed(write_register(tmp_path / "r", groups, by=["unit"]), tmp_path / "a", ["unit"])
    # d is too few; so that it cannot be had by subtraction, the smallest of the others is kept in beside it
    assert rows_of(told, "unit") == {"a": (4, 24), "c": (4, 24)}
    assert told["by"]["unit"]["others"] == 5


def test_the_mean_of_a_class_is_that_of_its_groups(tmp_path: Path, rng: np.random.Generator) -> None:
    groups = groups_of(rng, [5, 6, 7, 8] * 3, unit=["a"] * 4 + ["b"] * 8)
    told, _ = reviewed(write_register(tmp_path / "r", groups, by=["unit"]), tmp_path / "a", ["unit"])
    changes = [np.mean([_score(own["end"]) - _score(own["start"]) for own in group.people.values()])
               for group in groups.values() if group.belongs["unit"] == "a"]  # fmt: skip
    (row,) = (row for row in told["by"]["unit"]["classes"] if row["name"] == "a")
    assert row["mean"][0] == pytest.approx(np.mean(changes), abs=1e-4)  # four groups: the plain mean


def test_supervisors_are_numbered_and_told_of_by_three_or_not_at_all(tmp_path: Path, rng: np.random.Generator) -> None:
    names = ["Bo"] * 3 + ["Ann"] * 3 + ["Cy"] * 3
    groups = groups_of(rng, [6] * 9, supervisor=names)
    told, _ = reviewed(write_register(tmp_path / "r", groups, by=["supervisor"]), tmp_path / "a", ["supervisor-period"])
    assert list(rows_of(told, "supervisor-period")) == ["1", "2", "3"]
    assert "Ann" not in (tmp_path / "a" / "small" / "register.json").read_text("utf-8")
    two = groups_of(rng, [6] * 8, supervisor=["Bo"] * 4 + ["Ann"] * 4)
    told, _ = reviewed(write_register(tmp_path / "s", two, by=["supervisor"]), tmp_path / "b", ["supervisor-period"])
    assert told["by"]["supervisor-period"] == {"classes": [], "others": 8}


def test_another_division_of_the_same_groups_tells_only_what_both_together_may(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    """Sector x is unit a and one group of unit b: told beside the units, that group would stand alone."""
    unit = ["a"] * 6 + ["b"] * 6
    sector = ["x"] * 7 + ["y"] * 5
    groups = groups_of(rng, [6] * 12, unit=unit, sector=sector)
    folder = write_register(tmp_path / "r", groups, by=["unit", "sector"])
    assert len(rows_of(reviewed(folder, tmp_path / "a", ["unit"])[0], "unit")) == 2
    assert rows_of(reviewed(folder, tmp_path / "b", ["sector"])[0], "sector") == {}
    both = reviewed(write_register(tmp_path / "s", groups, by=["unit", "sector"]), tmp_path / "c", ["sector", "unit"])
    assert [len(rows_of(both[0], by)) for by in ("sector", "unit")] == [2, 0]


def test_years_stand_in_the_order_of_time_and_are_told_where_they_are_declared(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    groups = groups_of(rng, [6] * 6, year=["2027"] * 3 + ["2026"] * 3)
    told, _ = reviewed(write_register(tmp_path / "r", groups, by=["year"]), tmp_path / "a")
    assert list(rows_of(told, "year")) == ["2026", "2027"]
    told, _ = reviewed(write_register(tmp_path / "s", groups), tmp_path / "b")
    assert "by" not in told
    with pytest.raises(ReportError, match="EV-550"):
        reviewed(write_register(tmp_path / "s", groups), tmp_path / "b", ["year"])


def test_a_row_that_says_another_unit_than_its_group_is_left_out_and_counted(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    groups = groups_of(rng, [6] * 6, unit=["a"] * 3 + ["b"] * 3)
    folder = write_register(tmp_path / "r", groups, by=["unit"])
    rows = frame(groups, ["unit"])
    rows.loc[[5, 700], "unit"] = ["b", None]
    register = read_register(folder, "en")
    whole = evaluate_partition([rows], register, "f")
    assert whole.violations.rows == {"class_differs": (("f", 6), ("f", 701))}
    assert whole.missing == 0
    pieces = evaluate_partition([rows.iloc[:3], rows.iloc[3:704], rows.iloc[704:]], register, "f")
    assert pieces.violations == whole.violations
    assert pieces.groups["unit"].tolist() == whole.groups["unit"].tolist()


def test_a_unit_that_looks_like_a_person_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    groups = groups_of(rng, [6] * 4, unit=["a", "a", "a", "anna@example.se"])
    with pytest.raises(ReportError) as refused:
        reviewed(write_register(tmp_path / "r", groups, by=["unit"]), tmp_path / "a", ["unit"])
    assert "anna" not in str(refused.value)


def test_a_csv_gives_the_same_classes(tmp_path: Path, rng: np.random.Generator) -> None:
    groups = groups_of(rng, [6] * 6, year=["2027"] * 3 + ["2026"] * 3)
    folder = write_register(tmp_path / "r", groups, by=["year"])
    first = reviewed(folder, tmp_path / "a")[0]
    (folder / "answers.parquet").unlink()
    frame(groups, ["year"]).to_csv(folder / "answers.csv", index=False)
    assert reviewed(folder, tmp_path / "b")[0] == first


# --- what is told of how groups differ


def test_a_count_of_few_groups_is_told_in_words(tmp_path: Path, rng: np.random.Generator) -> None:
    groups = groups_of(rng, [6] * 30)
    for own in groups["g00"].people.values():
        own["start"], own["end"] = _answers_of(1), _answers_of(5)
    told, _ = reviewed(write_register(tmp_path / "r", groups), tmp_path / "a")
    assert told["beyond"] == [0, 2]
    assert told["funnel"][0]["outside"][1] == [0, 2]
    text = "\n".join(_told(page.outcomes(read_summary(tmp_path / "a" / "small" / "register.json"), "en")))
    assert "At most two of 30 groups" in text
    assert "fewer than 3" in text


def test_many_groups_that_stand_out_are_counted_and_not_named(tmp_path: Path, rng: np.random.Generator) -> None:
    groups = groups_of(rng, [6] * 100)
    for name in ("g00", "g01", "g02", "g03"):
        for own in groups[name].people.values():
            own["start"], own["end"] = _answers_of(1), _answers_of(5)
    told, _ = reviewed(write_register(tmp_path / "r", groups), tmp_path / "a")
    assert told["beyond"] == [4, 4]
    assert told["apart"]["drawn"] < told["apart"]["own"]
    text = "\n".join(_told(page.outcomes(read_summary(tmp_path / "a" / "small" / "register.json"), "en")))
    assert "4 of 100 groups differ" in text
    assert "g00" not in text


# --- the course over waves


def test_the_course_is_that_of_a_model_of_the_same_people(tmp_path: Path, rng: np.random.Generator) -> None:
    waves = ("start", "half", "end")
    groups = groups_of(rng, [6] * 9, waves)
    for group in groups.values():  # people differ in level
        for person in group.people.values():
            level = int(rng.integers(2, 5))
            person |= {wave: _answers_of(level)[:5] + person[wave][5:] for wave in waves}
    for name in list(groups)[:4]:  # four groups in which all but two people have missed the end
        for own in list(groups[name].people.values())[2:]:
            own.pop("end")
    groups["g08"].people["p0"].pop("half")
    folder = write_register(tmp_path / "r", groups, waves)
    register = read_register(folder, "en")
    scores = np.array([[_score(own[wave]) if wave in own else np.nan for group in groups.values()
                        for own in group.people.values()] for wave in waves])  # fmt: skip
    expected = mixed_change(scores)[0].value
    rows = frame(groups, [])
    parts = [evaluate_partition([rows[rows["group"].isin(names)]], register)
             for names in (["g00", "g05"], ["g01"], ["g02", "g03", "g04", "g06", "g07", "g08"])]  # fmt: skip
    whole = evaluate_partition([rows], register)
    assert merged(parts).courses == whole.courses == merged(parts[::-1]).courses
    assert mean_course(whole.courses[0], register.scales[0]) == pytest.approx(expected, abs=1e-9, rel=1e-9)
    told, _ = reviewed(folder, tmp_path / "a")
    assert told["course"]["people"] == 54
    assert told["course"]["changes"] == pytest.approx(expected, abs=1e-4)


def test_a_course_of_a_few_people_more_than_the_change_is_kept_in(tmp_path: Path, rng: np.random.Generator) -> None:
    waves = ("start", "half", "end")
    groups = groups_of(rng, [6] * 6, waves)
    groups["g00"].people["p0"].pop("end")
    told, _ = reviewed(write_register(tmp_path / "r", groups, waves), tmp_path / "a")
    assert "mean" in told
    assert "course" not in told


# --- the closed vocabulary


@pytest.mark.parametrize("place", ["", "outcomes", "funnel", "by"])
def test_a_summary_with_anything_else_is_refused_by_hand_too(
    tmp_path: Path, rng: np.random.Generator, place: str
) -> None:
    groups = groups_of(rng, [6] * 6, unit=["a", "b"] * 3)
    reviewed(write_register(tmp_path / "r", groups, by=["unit"]), tmp_path / "a", ["unit"])
    document = json.loads((tmp_path / "a" / "small" / "register.json").read_bytes())
    document.pop("checksum")
    assert Summary(document).document == document
    outcome = document["outcomes"][0]
    where = {"": document, "outcomes": outcome, "funnel": outcome["funnel"][0], "by": outcome["by"]["unit"]}[place]
    where["g00"] = 3.5
    with pytest.raises(DisclosureError, match="EV-553"):
        Summary(document)


def test_a_summary_of_too_few_groups_is_refused_by_hand_too(tmp_path: Path, rng: np.random.Generator) -> None:
    reviewed(write_register(tmp_path / "r", groups_of(rng, [6] * 6)), tmp_path / "a")
    document = json.loads((tmp_path / "a" / "small" / "register.json").read_bytes())
    document.pop("checksum")
    document["outcomes"][0]["groups"] = 2
    with pytest.raises(DisclosureError, match="EV-553"):
        Summary(document)


# --- the audit: whoever has every review, and knows who is where, adds and subtracts what has been told


def test_reviews_of_changing_registers_leave_nothing_that_can_be_solved(tmp_path: Path) -> None:
    told = 0
    for seed in range(8):
        figures = list(_campaign(tmp_path / str(seed), seed))
        told += len(figures)
        assert _least_solved(figures) >= (3, 15), seed
    assert told > 20


def test_the_audit_finds_what_a_ledger_that_forgets_lets_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaltools.register.door.may_stand_together", lambda figures, policy: policy.may_pool(
        figures[-1].people.tolist()))  # fmt: skip
    found = [_least_solved(list(_campaign(tmp_path / str(seed), seed))) for seed in range(4)]
    assert min(found) < (3, 15)


def _campaign(folder: Path, seed: int) -> Iterator[frozenset[tuple[str, str, float]]]:
    """Of every figure that four reviews of a changing register tell, whose changes it is about."""
    rng = np.random.default_rng([7, seed])
    many = int(rng.integers(8, 20))
    groups = groups_of(rng, rng.integers(4, 9, many).tolist(), unit=rng.choice(list("abc"), many).tolist(),
                       sector=rng.choice(list("xy"), many).tolist())  # fmt: skip
    for at in range(4):
        by = [["unit"], ["sector"], [], ["sector", "unit"]][int(rng.integers(4))]
        write_register(folder / "r", groups, by=["unit", "sector"])
        told, _ = reviewed(folder / "r", folder / "o", by)
        if "mean" in told:
            yield _about(groups, told["groups"])
            for one in by:
                for row in told["by"][one]["classes"]:
                    own = {code: group for code, group in groups.items() if group.belongs[one] == row["name"]}
                    yield _about(own, row["groups"])
        _change(groups, rng, at)


def _about(groups: dict[str, Group], many: int) -> frozenset[tuple[str, str, float]]:
    assert len(groups) == many
    return frozenset((code, person, round(_score(own["end"]) - _score(own["start"]), 6))
                     for code, group in groups.items() for person, own in group.people.items())  # fmt: skip


def _change(groups: dict[str, Group], rng: np.random.Generator, at: int) -> None:
    """Groups come and go, people join and leave, answers are corrected: sometimes few, sometimes many."""
    kind = int(rng.integers(5))
    some = rng.permutation(list(groups)).tolist()[: int(rng.choice([1, 2, 4, 15]))]
    if kind == 0:
        groups |= groups_of(rng, [6] * len(some), first=30 + 20 * at, unit=["a", "b", "c", "a"] * 4,
                            sector=["x", "y"] * 8)  # fmt: skip
    for code in some:
        people = groups[code].people
        if kind == 1 and len(groups) > 4:
            del groups[code]
        elif kind == 2:
            people[f"new{at}"] = answers(rng)
        elif kind == 3:
            people.pop(next(iter(people)))
        elif kind == 4:
            people[next(iter(people))] = answers(rng)


def _least_solved(figures: list[frozenset[tuple[str, str, float]]]) -> tuple[int, int]:
    """The fewest groups, and the fewest people, that some sum and difference of the figures is about."""
    figures = list(dict.fromkeys(figures))
    changes = sorted(set().union(*figures))
    stands = np.array([[change in figure for change in changes] for figure in figures], int)
    reach = (-2, -1, 0, 1, 2) if len(figures) <= 5 else (-1, 0, 1)
    taken = np.array(list(itertools.product(reach, repeat=min(len(figures), 9))))
    left = taken @ stands[: taken.shape[1]] != 0
    people, of_person = np.unique([f"{code} {person}" for code, person, _ in changes], return_inverse=True)
    groups, of_group = np.unique([code for code, _, _ in changes], return_inverse=True)
    least = [10**9, 10**9]
    for place, (names, owner) in enumerate(((groups, of_group), (people, of_person))):
        touched = left.astype(np.int32) @ (owner[:, None] == np.arange(len(names))) > 0
        counts = touched.sum(axis=1)
        least[place] = int(counts[counts > 0].min(initial=10**9))
    return least[0], least[1]


def _score(given: list[int]) -> float:
    return float(np.mean([6 - value if at in REVERSED else value for at, value in enumerate(given)]))


def _answers_of(level: int) -> list[int]:
    return [6 - level if at in REVERSED else level for at in range(len(ITEMS))]


def _told(section: Section) -> Iterator[str]:
    for block in section.blocks:
        if isinstance(block, Text):
            yield from block.paragraphs
        elif isinstance(block, Table):
            yield from (cell for row in block.rows for cell in row)
