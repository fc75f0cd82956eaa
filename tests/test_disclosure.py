"""Attacks: everything here tries to learn what somebody answered, or to get past the only door."""

from __future__ import annotations

import copy
import json
import pickle
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from audit_sets import cell_findings
from conftest import shared
from evaluations import analysed, group_of, refused, released, write_folder

from evaltools import sealed
from evaltools.disclosure import release
from evaltools.errors import DisclosureError, LedgerError
from evaltools.instruments import Scale, shipped_instruments
from evaltools.ledger import open_ledger
from evaltools.policy import Policy, end_width, policies, shown_mean
from evaltools.reports import commissioner_report
from evaltools.sealed import Release, read_release
from evaltools.shown import Shown

STANDARD = policies()["standard"]
COMPETENCE = shipped_instruments()["toolkit_competence"].scales[0]


def scale_of(low: int, high: int, items: int) -> Scale:
    names = tuple(f"q{at}" for at in range(items))
    return replace(COMPETENCE, items=names, low=low, high=high, item_count=items, step=1 / items, min_answered=items)


# --- the type wall


def forged() -> object:
    made = object.__new__(Release)
    object.__setattr__(made, "_content", b"{}")
    return made


@pytest.mark.parametrize("attempt", [lambda: Release(), lambda: Release(b"{}"), lambda: type("Own", (Release,), {})])
def test_a_release_cannot_be_built_by_hand(attempt: Callable[[], object]) -> None:
    with pytest.raises(DisclosureError, match="för hand"):
        attempt()


def test_a_forged_release_is_refused_by_the_report() -> None:
    for thing in (forged(), {}, None, "release.json"):
        with pytest.raises(DisclosureError):
            commissioner_report(thing)  # type: ignore[arg-type]


def test_a_release_cannot_be_copied_or_changed(tmp_path: Path) -> None:
    made = released(write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    for attempt in (lambda: copy.copy(made), lambda: copy.deepcopy(made), lambda: pickle.dumps(made)):
        with pytest.raises(DisclosureError):
            attempt()
    with pytest.raises(DisclosureError):
        made._content = b"{}"
    object.__setattr__(made, "_content", made._content.replace(b"Syftet", b"Annat!"))
    with pytest.raises(DisclosureError):
        commissioner_report(made)


def test_the_commissioners_report_refuses_the_analysis(tmp_path: Path) -> None:
    analysis = analysed(write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    with pytest.raises(DisclosureError, match="bara emot"):
        commissioner_report(analysis)  # type: ignore[arg-type]
    assert repr(analysis) == "<Analysis made>"


def test_an_edited_release_file_is_refused(tmp_path: Path) -> None:
    made = released(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    path = tmp_path / "release.json"
    path.write_bytes(made.content)
    assert read_release(path).content == made.content
    path.write_bytes(made.content.replace(b'"n": 6', b'"n": 7'))
    with pytest.raises(DisclosureError, match="ändrad"):
        read_release(path)


def test_nothing_outside_the_closed_vocabulary_gets_through(tmp_path: Path) -> None:
    document = released(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])})).document
    for change in ({"people": ["p1"]}, {"figures": [document["figures"][0] | {"sd": "0.5"}]}, {"quotes": ["citat"]}):
        edited = {name: value for name, value in (document | change).items() if name != "checksum"}
        edited["checksum"] = sealed.checksum(edited)
        path = tmp_path / "release.json"
        path.write_bytes(json.dumps(edited).encode())
        with pytest.raises(DisclosureError, match="inte hör dit"):
            read_release(path)


@pytest.mark.parametrize(
    "weaker", [{"smallest_panel": 4}, {"decimals": 2}, {"pooled_groups": 2}, {"pooled_people": 14}]
)
def test_no_policy_protects_less_than_five_people(weaker: dict[str, int]) -> None:
    with pytest.raises(DisclosureError, match="skyddar för lite"):
        replace(STANDARD, **weaker)


# --- the form of a figure, against the independent auditor


def passes(shown: Shown, n: int, scale: Scale) -> bool:
    """Whether the auditor finds nothing in one published mean: an insider, half the scale protected."""
    shared("tools/audit/reconstruct.py")
    low, high = (f"{end:g}" for end in scale.score_range)
    return not cell_findings(shown.low, shown.high, 1, "", n, low, high, scale.item_count)


def reachable(n: int, scale: Scale, form: Callable[[float], Shown]) -> Iterator[Shown]:
    """Every form that a mean of n people can take."""
    steps = n * scale.item_count
    low, high = scale.score_range
    return iter(dict.fromkeys(form(low + total / steps) for total in range(round((high - low) * steps) + 1)))


@pytest.mark.parametrize("n", [5, 6, 8, 10])
@pytest.mark.parametrize(
    ("low", "high", "items"),
    [(1, 5, 3), (1, 4, 3), (1, 6, 1), (0, 10, 1), (1, 5, 2), (0, 1, 2), (0, 1, 4), (0, 2, 1), (-2, 2, 3)],
)
def test_no_reachable_figure_gives_anyone_away(n: int, low: int, high: int, items: int) -> None:
    scale = scale_of(low, high, items)
    for policy in policies().values():
        for shown in reachable(n, scale, lambda mean, policy=policy: shown_mean(mean, n, scale, policy)):
            assert passes(shown, n, scale), (policy.name, shown)


@pytest.mark.parametrize("n", [5, 6, 8])
@pytest.mark.parametrize(("low", "high", "items"), [(1, 4, 1), (1, 6, 1), (0, 10, 1), (1, 5, 2)])
def test_with_closed_ends_a_decimal_of_a_short_scale_would_pass_too(n: int, low: int, high: int, items: int) -> None:
    """As docs/confidentiality.md says: the bands of short scales are there for several colleagues together."""
    scale, tried = scale_of(low, high, items), replace(STANDARD, bands_up_to_items=0)
    assert all(passes(shown, n, scale) for shown in reachable(n, scale, lambda mean: shown_mean(mean, n, scale, tried)))


def test_the_auditor_sees_a_leak_when_the_ends_are_open() -> None:
    scale = scale_of(1, 5, 3)
    open_ends = [Shown("value", f"{mean:.1f}", f"{mean:.1f}") for mean in (1.0, 1.2, 4.9, 5.0)]
    assert not all(passes(shown, 6, scale) for shown in open_ends)
    narrower = Shown("at_least", f"{5 - end_width(6, scale) + 0.2:.1f}", "5")
    assert not passes(narrower, 6, scale)


def test_every_form_holds_the_mean_that_it_shows() -> None:
    for items in (1, 2, 3, 7):
        scale = scale_of(1, 7, items)
        for policy in policies().values():
            for n in range(5, 13):
                for total in range(6 * n * items + 1):
                    mean = 1 + total / (n * items)
                    low, high = shown_mean(mean, n, scale, policy).reach
                    assert low - 1e-9 <= mean <= high + 1e-9


def test_a_smaller_panel_has_no_form() -> None:
    with pytest.raises(DisclosureError):
        shown_mean(3.0, 4, COMPETENCE, STANDARD)


# --- whole releases


def test_four_people_are_told_of_in_one_fixed_sentence_without_n(tmp_path: Path) -> None:
    few = released(write_folder(tmp_path / "a", {"a": group_of(4, [3, 4, 3], [4, 4, 4])})).document
    other = released(write_folder(tmp_path / "b", {"a": group_of(3, [1, 1, 1], [5, 5, 5])})).document
    assert few["figures"] == few["changes"] == []
    assert few["absences"] == other["absences"] == [{"scale": "own", "group": "", "absence": "not_shown"}]
    assert refused(tmp_path / "a") == [("own", "", "too_few")]


def test_one_question_of_yes_and_no_is_not_shown(tmp_path: Path) -> None:
    """Of six people, 34 to 50 per cent are three: the set of answers is known."""
    people = {f"p{at}": [[at % 2], [1]] for at in range(6)}
    document = released(write_folder(tmp_path, {"a": people}, low=0, high=1)).document
    assert document["figures"] == []
    assert [absence["absence"] for absence in document["absences"]] == ["not_shown"]
    assert refused(tmp_path) == [("own", "", "yes_or_no")]


def test_refusals_do_not_depend_on_the_answers(tmp_path: Path) -> None:
    draw = random.Random(7)
    sizes = {"a": 6, "b": 4, "c": 5}
    patterns = set()
    for number in range(6):
        groups = {
            group: {f"{group}{at}": [[draw.randint(1, 5) for _ in range(3)] for _ in range(2)] for at in range(size)}
            for group, size in sizes.items()
        }
        document = released(write_folder(tmp_path / str(number), groups)).document
        shown = tuple((figure["group"], figure["wave"], figure["n"]) for figure in document["figures"])
        patterns.add((shown, json.dumps(document["absences"])))
    assert len(patterns) == 1


def test_one_wave_stays_with_the_supervisor(tmp_path: Path) -> None:
    document = released(write_folder(tmp_path, {"a": group_of(8, [3, 4, 3])})).document
    assert document["figures"] == []
    assert document["absences"][0]["absence"] == "one_wave"


def test_the_whole_or_its_groups_never_both(tmp_path: Path) -> None:
    three = {name: group_of(6, [3, 4, 3], [4, 4, 4], name=name) for name in "abc"}
    pooled = released(write_folder(tmp_path / "three", three)).document
    assert {figure["group"] for figure in pooled["figures"]} == {""}
    assert {figure["n"] for figure in pooled["figures"]} == {18}
    two = {name: three[name] for name in "ab"}
    apart = released(write_folder(tmp_path / "two", two)).document
    assert {figure["group"] for figure in apart["figures"]} == {"Grupp a", "Grupp b"}


def test_a_group_above_half_is_not_pooled(tmp_path: Path) -> None:
    sizes = {"a": 12, "b": 5, "c": 5}
    groups = {name: group_of(size, [3, 4, 3], [4, 4, 4], name=name) for name, size in sizes.items()}
    assert {figure["group"] for figure in released(write_folder(tmp_path, groups)).document["figures"]} == {
        "Grupp a", "Grupp b", "Grupp c"
    }  # fmt: skip


def test_after_a_leaver_the_new_level_stands_and_the_change_cannot_be_read(tmp_path: Path) -> None:
    people = group_of(7, [3, 4, 3], [4, 4, 4])
    first = released(write_folder(tmp_path, {"a": people})).document
    later: dict[str, list[list[int] | None]] = {who: [*answers, [5, 4, 4]] for who, answers in people.items()}
    later["p0"][2] = None
    second = released(write_folder(tmp_path, {"a": later})).document
    assert [figure["n"] for figure in second["figures"]] == [7, 7, 6]
    assert second["figures"][:2] == first["figures"]
    assert second["changes"] == first["changes"]
    assert second["absences"] == [{"scale": "own", "group": "", "absence": "people_not_same"}]


def test_a_corrected_answer_or_a_late_one_does_not_change_what_is_out(tmp_path: Path) -> None:
    people = group_of(6, [3, 4, 3], [4, 4, 4])
    first = released(write_folder(tmp_path, {"a": people})).document
    corrected = people | {"p0": [[1, 1, 1], [5, 5, 5]], "late": [[2, 2, 2], [3, 3, 3]]}
    second = released(write_folder(tmp_path, {"a": corrected})).document
    assert (second["figures"], second["changes"]) == (first["figures"], first["changes"])


def test_groups_that_differ_by_one_person_are_refused(tmp_path: Path) -> None:
    people = group_of(6, [3, 4, 3], [4, 4, 4])
    write_folder(tmp_path, {"a": people, "b": group_of(5, [2, 2, 2], [3, 3, 3], name="q")})
    released(tmp_path)
    moved = {who: answers for who, answers in people.items() if who != "p0"}
    write_folder(tmp_path, {"c": moved, "b": group_of(5, [2, 2, 2], [3, 3, 3], name="q") | {"p0": people["p0"]}})
    document = released(tmp_path).document
    assert {figure["group"] for figure in document["figures"]} == {"Grupp b"}
    assert [absence["absence"] for absence in document["absences"]] == ["not_shown"]
    assert refused(tmp_path) == [("own", "Grupp c", "answers_out")]


def test_a_scale_and_another_of_the_same_items_are_not_both_shown(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4])})
    key = folder / "scoring_keys" / "own.toml"
    text = key.read_text("utf-8")
    part = text[text.index("[[scales]]") :].replace('"own"', '"zpart"').replace('["q1", "q2", "q3"]', '["q1", "q2"]')
    key.write_text(text + part.replace("min_answered = 3", "min_answered = 2"), "utf-8")
    document = released(folder).document
    assert {figure["scale"] for figure in document["figures"]} == {"own"}
    assert document["absences"] == [{"scale": "zpart", "group": "", "absence": "not_shown"}]
    assert refused(folder) == [("zpart", "", "answers_out")]


def test_a_part_is_not_shown_after_its_total_is_out(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4])})
    first = released(folder)
    key = folder / "scoring_keys" / "own.toml"
    text = key.read_text("utf-8")
    part = text[text.index("[[scales]]") :].replace('"own"', '"a_part"').replace('["q1", "q2", "q3"]', '["q1", "q2"]')
    key.write_text(text + part.replace("min_answered = 3", "min_answered = 2"), "utf-8")
    second = released(folder)
    assert {figure["scale"] for figure in second.document["figures"]} == {"own"}
    assert second.document["figures"] == first.document["figures"]
    assert released(folder).content == second.content


# --- the ledger


def test_the_policy_is_locked_at_the_first_release(tmp_path: Path) -> None:
    released(write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4])}), "strict")
    with pytest.raises(DisclosureError, match="första utlämnandet"):
        released(tmp_path, "standard")


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: lines[1:],
        lambda lines: [lines[0].replace('"n": 6', '"n": 9'), *lines[1:]],
        lambda lines: [*lines[:-1], lines[-1][:40]],
        lambda lines: ["", *lines],
    ],
)
def test_an_edited_ledger_refuses_everything(tmp_path: Path, damage: Callable[[list[str]], list[str]]) -> None:
    released(write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    path = tmp_path / "ledger.jsonl"
    path.write_text("\n".join(damage(path.read_text("utf-8").splitlines())) + "\n", "utf-8")
    with pytest.raises(LedgerError, match=r"skadad|bara halv"):
        released(tmp_path)


def test_two_runs_at_once_cannot_both_release(tmp_path: Path) -> None:
    write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4])})
    opened, analysis = open_ledger(tmp_path), analysed(tmp_path)
    released(tmp_path)
    with pytest.raises(LedgerError, match="annan körning"):
        release(analysis, STANDARD, opened)


def test_with_another_key_nothing_is_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    (tmp_path / "other.key").write_text("k" * 40)
    monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path / "other.key"))
    with pytest.raises(LedgerError, match="en annan nyckel"):
        released(tmp_path / "e")


def test_the_ledger_holds_no_code_and_no_answer(tmp_path: Path) -> None:
    released(write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4], name="kanarie")}))
    assert "kanarie" not in (tmp_path / "ledger.jsonl").read_text("utf-8")


def test_the_policy_hash_covers_every_field() -> None:
    assert Policy(**{**vars(STANDARD), "pooled_people": 20}).hash != STANDARD.hash


def test_a_late_answer_does_not_enter_a_frozen_panel(tmp_path: Path) -> None:
    people = group_of(6, [3, 4, 3], [4, 4, 4])
    released(write_folder(tmp_path, {"a": people}))
    later = {who: [*answers, [5, 4, 4]] for who, answers in people.items()}
    later["late0"] = [[2, 2, 2], [2, 2, 2], [2, 2, 2]]
    document = released(write_folder(tmp_path, {"a": later})).document
    assert [figure["n"] for figure in document["figures"]] == [6, 6, 6]
    assert [(change["wave"], change["wave_to"]) for change in document["changes"]] == [(0, 1), (0, 2)]
