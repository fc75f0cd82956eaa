"""Counts over several evaluations: the logs' own numbers, what they leave open, when they go out, how they read."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from audit_worlds import NOT_RELEASED
from made_releases import said, tables
from sites import EVALUATIONS, folder_of, people_of, reported, with_log

from evaltools import analysis, ledgers, partial_site, review
from evaltools.cells import Cells, Row
from evaltools.counts import NUMBERS, Behind, Count, added_counts, read_count
from evaltools.errors import DisclosureError
from evaltools.folder import Evaluation
from evaltools.language import languages
from evaltools.ledger import Ledger, open_ledger
from evaltools.ledger_text import ledger_text
from evaltools.organisation_counts import work_counted
from evaltools.partial import Made, write_partial
from evaltools.partial_file import Partial, merge, open_partial
from evaltools.partial_text import partial_text
from evaltools.portfolio import Portfolio, read_portfolio
from evaltools.process.idea_rows import chain_rows, ideas_of
from evaltools.process.question_rows import handled_rows, questions_of
from evaltools.process.rows import process_rows
from evaltools.review import read_folders
from evaltools.safe_counts import case_stretch, count_rule, stretch

_CLOSED = "2025-03-11"  # ten days after it came


@pytest.fixture(autouse=True)
def only_what_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes most of the time is left out: rows that no release draws on, and files of answers."""
    for rows in NOT_RELEASED:
        monkeypatch.setattr(analysis, rows, lambda *_: [])
    monkeypatch.setattr(analysis, "process_rows", _shares)

    def as_made(folder: Path, **_: Any) -> Evaluation:
        return EVALUATIONS[folder]

    for module in (partial_site, review):
        monkeypatch.setattr(module, "read_evaluation", as_made)


def _shares(evaluation: Evaluation, cells: Cells) -> list[Row]:
    """Of the rows about the work those that are released."""
    rows = list(handled_rows(evaluation, questions_of(evaluation, cells))) if len(evaluation.questions) else []
    return rows + (list(chain_rows(evaluation, ideas_of(evaluation, cells))) if len(evaluation.ideas) else [])


def worked(
    folder: Path, names: str, complaints: dict[str, list[str | None]] | None = None, size: int = 6
) -> list[Path]:
    """Evaluations with a log, of which the report has been made."""
    folders = [folder_of(folder, name, {"a": people_of(name, size)}) for name in names]
    for made in folders:
        with_log(made, (complaints or {}).get(made.name, ()))
        reported(made)
    return folders


def handed_on(folders: Sequence[Path], out: Path) -> Made:
    return write_partial(folders, out, "en")


def by_measure(made: Made) -> dict[str, Count]:
    assert len(made.partial.counts) == len({count.measure for count in made.partial.counts}), "one of each here"
    return {count.measure: count for count in made.partial.counts}


def every(folders: Sequence[Path], table: str) -> pd.DataFrame:
    """The rows of a table of all evaluations, each with its evaluation."""
    return pd.concat([getattr(EVALUATIONS[folder], table).assign(of=folder.name) for folder in folders])


# --- the logs' own numbers


def test_counts_are_what_plain_pandas_counts_in_all_the_logs(tmp_path: Path) -> None:
    folders = worked(tmp_path, "abcdef", {"b": [_CLOSED] * 2, "c": [_CLOSED, None], "d": ["2025-03-31"] * 3})
    counts = by_measure(handed_on(folders, tmp_path / "p.json"))
    questions, ideas, asked = (every(folders, name) for name in ("questions", "ideas", "follow_ups"))
    sessions = every(folders, "sessions").sort_values("date")
    apart = sessions.groupby("of")["date"].diff().dt.days.dropna()
    truth = {
        ("questions", "brought"): len(questions), ("questions", "handled"): (questions["handled"] == "yes").sum(),
        ("ideas", "noted"): len(ideas), ("ideas", "tried"): asked["tried"].sum(),
        ("ideas", "helped"): (asked["helped"] == "yes").sum(), ("ideas", "followed_up"): len(asked),
        ("ideas", "due"): len(asked),
        ("intervals", "days"): apart.sum(), ("intervals", "intervals"): len(apart),
        ("response_first", "asked"): 36, ("response_first", "answered"): 36, ("response_last", "answered"): 36,
        ("complaints", "cases"): 7, ("complaints", "closed"): 6, ("own_supervision", "with_own"): 6,
    }  # fmt: skip
    for (measure, name), expected in truth.items():
        low, high = counts[measure].numbers[name]
        assert low <= expected <= high, (measure, name)
    exact = {("questions", "brought"), ("ideas", "noted"), ("intervals", "days"), ("intervals", "intervals"),
             ("response_first", "asked"), ("response_first", "answered")}  # fmt: skip
    assert all(low == high for measure, name in exact for low, high in [counts[measure].numbers[name]])
    assert counts["complaints"].numbers["days_to_close"] == (20, 20), "three after ten days and three after thirty"
    assert counts["wishes"].numbers == {}
    owned = questions.groupby(["of", "owner"]).size().sort_values()
    low, high = counts["questions"].numbers["handled"]
    assert high - low >= owned.iloc[-2:].sum(), "who has most knows of them, and leaves the next one's open"


def test_who_did_not_answer_is_counted_as_asked_and_those_who_had_left_are_not(tmp_path: Path) -> None:
    folders = worked(tmp_path, "abc", size=10)
    for folder in folders:
        evaluation = EVALUATIONS[folder]
        responses, people = evaluation.responses, evaluation.people
        silent, left = people["person"].iloc[0], people["person"].iloc[1]
        kept = responses[~responses["person"].isin([silent, left]) | (responses["wave"] == "w0")]
        waves = evaluation.waves.assign(actual=pd.to_datetime(["2024-09-01", "2025-06-01"]))
        gone = people["left"].where(people["person"] != left, pd.Timestamp("2025-01-01"))
        EVALUATIONS[folder] = replace(evaluation, responses=kept.reset_index(drop=True), waves=waves,
                                      people=people.assign(left=gone))  # fmt: skip
    made = handed_on(folders, tmp_path / "p.json")
    assert {(one.measure, one.why) for one in made.uncounted} >= {("response_last", "corrected")}, "ten had been told"
    again = [_renamed(folder) for folder in folders]
    last = by_measure(handed_on(again, tmp_path / "q.json"))["response_last"]
    assert last.numbers["asked"] == (27, 27)
    assert last.numbers["answered"] == (24, 27), "eight of each are told of already, and one did not answer"


# --- what a count leaves open


@pytest.mark.parametrize("values", [2, 3, 5])
def test_stretches_hold_every_number_once_and_none_is_short(values: int) -> None:
    for low, high in ((0, 0), (0, 3), (2, 9), (0, 23), (7, 40)):
        told = [stretch(count, low, high, values) for count in range(low, high + 1)]
        assert [number for one in dict.fromkeys(told) for number in range(one[0], one[1] + 1)] == [
            *range(low, high + 1)
        ]
        assert all(a <= count <= b for count, (a, b) in zip(range(low, high + 1), told, strict=True))
        assert min(b - a + 1 for a, b in told) >= min(values, high - low + 1)


@pytest.mark.parametrize("boxes", [((0, 6), (0, 6), (0, 6)), ((5, 6), (0, 6), (3, 6)), ((6, 6), (5, 5), (0, 9))])
def test_whoever_takes_the_others_away_is_left_with_as_many_numbers(boxes: Sequence[tuple[int, int]]) -> None:
    """Every combination of numbers that fits what is out of three groups, and what is told of their sum, is listed."""
    values = 5
    left: dict[tuple[int, int], list[set[int]]] = {}
    low, high = (sum(box[end] for box in boxes) for end in (0, 1))
    for numbers in itertools.product(*(range(box[0], box[1] + 1) for box in boxes)):
        told = stretch(sum(numbers), low, high, values)
        for met, number in zip(left.setdefault(told, [set(), set(), set()]), numbers, strict=True):
            met.add(number)
    for met in left.values():
        assert all(len(one) >= min(values, box[1] - box[0] + 1) for one, box in zip(met, boxes, strict=True))


def test_complaints_that_are_told_of_tell_of_no_evaluation_whether_it_had_any() -> None:
    """All numbers of five evaluations are listed; somebody knows one of them exactly."""
    rule, met = count_rule(), dict[object, dict[int, set[int]]]()
    for cases in itertools.product(range(8), repeat=5):
        told = case_stretch(sum(cases), rule) if rule.may_tell_cases(cases) else None
        if sum(cases) < 15:
            met.setdefault(told, {}).setdefault(cases[1], set()).add(cases[0])
    assert set(met) == {None, (5, 9), (10, 14)}
    assert all(set(range(3)) <= left for known in met.values() for left in known.values())


def test_complaints_take_five_cases_of_three_in_five_evaluations_none_with_more_than_half() -> None:
    may = count_rule().may_tell_cases
    assert may([2, 2, 1, 0, 0])
    for few in ([5, 0, 0, 0, 0], [3, 3, 0, 0, 0], [1, 1, 2, 0, 0], [4, 1, 1, 0, 0], [2, 2, 2, 2]):
        assert not may(few)


def test_complaints_that_are_too_few_are_told_of_by_the_same_silence(tmp_path: Path) -> None:
    """Six, but more than half of them of one evaluation; those without any are in the count as well."""
    made = handed_on(worked(tmp_path, "abcde", {"a": [None] * 4, "b": [None], "c": [None]}), tmp_path / "p.json")
    counts = by_measure(made)
    assert (counts["complaints"].numbers, counts["wishes"].numbers) == ({}, {})
    assert counts["complaints"].evaluations == counts["wishes"].evaluations == tuple("abcde")
    lines = [line.partition(")")[2] for line in partial_text(made, tmp_path, "en").split("\n")
             if line.strip().startswith(("Complaints", "Wishes"))]  # fmt: skip
    assert len(lines) == 2
    assert lines[0] == lines[1], "some and none are told of alike"


def test_own_supervision_takes_three_supervisors(tmp_path: Path) -> None:
    folders = [folder_of(tmp_path, name, {"a": people_of(name, 6)}) for name in "abcdef"]
    for folder in folders:
        with_log(folder, own_supervision=folder.name in "ab")
        reported(folder)
    three = by_measure(handed_on(folders, tmp_path / "p.json"))["own_supervision"]
    assert three.numbers == {"with_own": (0, 2), "evaluations": (6, 6)}
    for folder in folders[:3]:
        periods = EVALUATIONS[folder].supervisor_periods
        EVALUATIONS[folder] = replace(EVALUATIONS[folder], supervisor_periods=periods.assign(
            supervisor=pd.Series(["V" if folder.name in "ab" else "W"], dtype="string")))  # fmt: skip
        (folder / "ledger.jsonl").unlink()
    again = [_renamed(folder) for folder in folders[:3]]
    two = handed_on(again, tmp_path / "q.json")
    assert "own_supervision" not in by_measure(two)
    assert {one.why for one in two.uncounted if one.measure == "own_supervision"} == {"too_few"}


def _renamed(folder: Path) -> Path:
    """The same as another evaluation, reported anew."""
    new = folder.parent / f"{folder.name}-2"
    new.mkdir()
    text = (folder / "evaluation.toml").read_text("utf-8")
    (new / "evaluation.toml").write_text(text.replace(f'id = "{folder.name}"', f'id = "{new.name}"'), "utf-8")
    EVALUATIONS[new] = replace(EVALUATIONS[folder], id=new.name)
    reported(new)
    return new


# --- when they go out


def test_an_evaluation_stands_in_one_count_of_a_measure_and_what_is_out_is_repeated(tmp_path: Path) -> None:
    folders = worked(tmp_path, "abcdef")
    first = handed_on(folders[:3], tmp_path / "1.json")
    four = handed_on(folders[:4], tmp_path / "2.json")
    assert four.partial.counts == first.partial.counts
    assert {one.evaluation for one in four.uncounted if one.why == "too_few"} == {"d"}
    six = handed_on(folders, tmp_path / "3.json")
    assert set(six.partial.counts) > set(first.partial.counts)
    for measure in ("questions", "ideas", "response_first", "complaints"):
        sets = sorted(count.evaluations for count in six.partial.counts if count.measure == measure)
        assert sets == [tuple("abc"), tuple("def")]
    handed_on(folders[::-1], tmp_path / "4.json")
    assert (tmp_path / "3.json").read_bytes() == (tmp_path / "4.json").read_bytes()


def test_every_count_is_noted_in_every_ledger_and_repeated_as_it_was_but_not_without_one_of_its_evaluations(
    tmp_path: Path,
) -> None:
    folders = worked(tmp_path, "abc")
    made = handed_on(folders, tmp_path / "p.json")
    ids = {count.document["id"] for count in made.partial.counts}
    for folder in folders:
        noted = [entry for entry in open_ledger(folder).entries if entry.measure == "count"]
        assert {entry.group for entry in noted} == ids
        assert {len(entry.people) for entry in noted} == {6}
    told = ledger_text(open_ledger(folders[0]), "en")
    assert "count over several evaluations" in told
    assert "complaints" in told
    changed = EVALUATIONS[folders[0]]
    EVALUATIONS[folders[0]] = replace(changed, questions=changed.questions.iloc[:0])
    assert handed_on(folders, tmp_path / "2.json").partial.counts == made.partial.counts
    with pytest.raises(DisclosureError, match=r"EV-525 .*: c\."):
        handed_on(folders[:2], tmp_path / "3.json")


def test_a_run_broken_off_between_two_ledgers_is_finished_by_the_next(tmp_path: Path, monkeypatch: Any) -> None:
    folders = worked(tmp_path, "abc")
    write: Callable[..., None] = ledgers.write
    left = iter([True])

    def breaking(ledger: Ledger, new: Any) -> None:
        if not next(left, False):
            raise KeyboardInterrupt
        write(ledger, new)

    with monkeypatch.context() as patch:
        patch.setattr(ledgers, "write", breaking)
        with pytest.raises(KeyboardInterrupt):
            handed_on(folders, tmp_path / "p.json")
    made = handed_on(folders, tmp_path / "p.json")
    noted = [{entry.group for entry in open_ledger(folder).entries if entry.measure == "count"} for folder in folders]
    assert noted == [{count.document["id"] for count in made.partial.counts}] * 3
    assert made.new_counts == ()


def _still_going_on(folder: Path) -> None:
    EVALUATIONS[folder] = replace(EVALUATIONS[folder], contract=EVALUATIONS[folder].contract.assign(
        end=pd.Timestamp("2027-01-01")))  # fmt: skip


def _individual(folder: Path) -> None:
    EVALUATIONS[folder] = replace(EVALUATIONS[folder], groups=EVALUATIONS[folder].groups.assign(
        form=pd.Series(["individual"], dtype="string")))  # fmt: skip


@pytest.mark.parametrize(("spoil", "why"), [(_still_going_on, "not_ended"), (_individual, "individual")])
def test_an_evaluation_that_may_not_be_counted_is_left_out_and_told(
    tmp_path: Path, spoil: Callable[[Path], None], why: str
) -> None:
    folders = worked(tmp_path, "abcd")
    spoil(folders[3])
    made = handed_on(folders, tmp_path / "p.json")
    assert {count.evaluations for count in made.partial.counts} == {tuple("abc")}
    assert {(one.evaluation, one.why) for one in made.uncounted} == {("d", why)}
    for language, left_out in (("sv", "Räknas inte i "), ("en", "Not counted in ")):
        lines = [line for line in partial_text(made, tmp_path, language).split("\n") if left_out in line]
        assert len(lines) == 1, "one line for all the counts that it is not in"
        assert ": d. " in lines[0]


def test_shares_that_the_next_report_would_let_out_come_first(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(analysis, "process_rows", process_rows)
    folders = [folder_of(tmp_path, name, {"a": people_of(name, 6)}) for name in "abc"]
    for folder in folders:
        reported(folder)
        with_log(folder)
    early = handed_on(folders, tmp_path / "1.json")
    assert early.partial.counts == ()
    assert {one.why for one in early.uncounted} == {"report_first"}
    for folder in folders:
        reported(folder)
    assert {count.evaluations for count in handed_on(folders, tmp_path / "2.json").partial.counts} == {tuple("abc")}


def test_no_share_of_the_same_things_comes_out_after_a_count(tmp_path: Path, monkeypatch: Any) -> None:
    """Without owners the questions had no share; with them it would stand beside the count."""
    monkeypatch.setattr(analysis, "process_rows", process_rows)
    folders = [folder_of(tmp_path, name, {"a": people_of(name, 6)}) for name in "abc"]
    kept = {}
    for folder in folders:
        with_log(folder)
        kept[folder] = EVALUATIONS[folder].questions
        EVALUATIONS[folder] = replace(EVALUATIONS[folder], questions=kept[folder].assign(
            owner=pd.Series([None] * len(kept[folder]), dtype="string")))  # fmt: skip
        reported(folder)
    assert "questions" in by_measure(handed_on(folders, tmp_path / "p.json"))
    EVALUATIONS[folders[0]] = replace(EVALUATIONS[folders[0]], questions=kept[folders[0]])
    told = {share["measure"] for share in reported(folders[0]).document["shares"]}
    assert "question_handled_share" not in told
    assert told, "the other shares stay as they were"


def test_what_is_not_recorded_is_in_no_count_and_is_told(tmp_path: Path) -> None:
    folders = worked(tmp_path, "abcd")
    bare = EVALUATIONS[folders[3]]
    nothing = {name: getattr(bare, name).iloc[:0] for name in ("ideas", "follow_ups")}
    nothing["supervisor_development"] = bare.supervisor_development.iloc[:0]
    EVALUATIONS[folders[3]] = replace(bare, **nothing, load_log=pd.DataFrame({"table": ["sessions"]}))
    made = handed_on(folders, tmp_path / "p.json")
    measures = {"ideas", "wishes", "complaints", "own_supervision"}
    assert {(one.measure, one.why) for one in made.uncounted} == {(measure, "not_recorded") for measure in measures}


# --- files and pages


def _resealed(document: dict[str, Any]) -> bytes:
    from evaltools.sealed import canonical_bytes, checksum

    del document["checksum"]
    return canonical_bytes(document | {"checksum": checksum(document)})


def test_a_tampered_count_is_refused(tmp_path: Path) -> None:
    partial = handed_on(worked(tmp_path, "abc"), tmp_path / "p.json").partial
    content = (tmp_path / "p.json").read_bytes()
    changes: list[Callable[[dict[str, Any]], Any]] = [
        lambda count: count["numbers"].update({"asked": [1, 1]}),
        lambda count: count["members"][0].update({"groups": [5]}),
        lambda count: count.update({"measure": "own"}),
        lambda count: count.update({"row": 1}),
    ]
    for change in changes:
        document = json.loads(content)
        change(document["counts"][0])
        with pytest.raises(DisclosureError, match="EV-529"):
            open_partial(_resealed(document), "p.json")
    one = partial.counts[0]
    for members, id_ in (
        (one.members[:2], "EV-529"),
        ((Behind("a", (20,)), *one.members[1:]), "EV-529"),
        ((Behind("x", (6,)), *one.members[1:]), "EV-524"),
    ):
        with pytest.raises(DisclosureError, match=id_):
            Partial(partial.releases, (), (Count(one.measure, members, one.numbers),))
    with pytest.raises(DisclosureError, match="EV-523"):
        Partial(partial.releases, (), (one, Count(one.measure, one.members, {})))
    wrong: list[tuple[str, dict[str, tuple[int, int]]]] = [
        ("response_first", {"answered": (3, 2), "asked": (5, 5)}), ("response_first", {"answered": (3, 3)}),
        ("complaints", {"cases": (5, 9), "days_to_close": (3, 3)}), ("complaints", {"cases": (0, 4)}),
        ("intervals", {"days": (0, 0), "intervals": (0, 0)}), ("questions", {"tried": (3, 3)}),
    ]  # fmt: skip
    for measure, numbers in wrong:
        with pytest.raises(DisclosureError, match="EV-529"):
            read_count(Count(measure, one.members, numbers).document)


def test_files_with_counts_are_merged_in_any_order_with_the_same_bytes(tmp_path: Path) -> None:
    one, two = (handed_on(worked(tmp_path / name, name), tmp_path / f"{name}.json").partial for name in ("abc", "def"))
    both = merge(one, two)
    assert both.content == merge(two, one).content
    assert open_partial(both.content, "both.json").counts == both.counts
    asked = added_counts(both.counts, "response_first", "asked")
    assert asked is not None
    assert (asked.low, asked.high, asked.evaluations, asked.groups, asked.people) == (36, 36, 6, 6, 36)


def test_the_mean_of_days_holds_every_mean_that_the_files_leave_open() -> None:
    told = [(10, (5, 9)), (14, (10, 14)), (31, (5, 9))]
    counts = [Count("complaints", (), {"cases": closed, "closed": closed, "days_to_close": (mean, mean)})
              for mean, closed in told]  # fmt: skip
    found = added_counts(counts, "complaints", "days_to_close")
    assert found is not None
    means = [sum(number * mean for number, (mean, _) in zip(numbers, told, strict=True)) / sum(numbers)
             for numbers in itertools.product(*(range(low, high + 1) for _, (low, high) in told))]  # fmt: skip
    assert found.low <= min(means) - 0.5 < found.low + 1
    assert found.high - 1 < max(means) + 0.5 <= found.high
    assert added_counts(counts[:1], "complaints", "days_to_close") == replace(found, low=10, high=10)


def test_the_review_tells_how_the_work_went_with_who_is_behind_it(tmp_path: Path) -> None:
    folders = worked(tmp_path, "abcdef", {name: [_CLOSED] for name in "abcde"})
    handed_on(folders[:5], tmp_path / "p.json")
    portfolio = read_folders([tmp_path / "p.json", folders[5]], ["year"], "en", lambda _: None, lambda *_: None)
    (tmp_path / "portfolio.json").write_bytes(portfolio.content)
    assert read_portfolio(tmp_path / "portfolio.json").counts == portfolio.counts
    names = {"sv": ("Svarade vid första mätningen", "Önskemål", "Klagomål",
                    "Dagar till avslutat klagomål, i genomsnitt"),
             "en": ("Answered at the first measurement", "Wishes", "Complaints",
                    "Days until a complaint was closed, on average")}  # fmt: skip
    for language, unknown, behind in (
        ("sv", "kan inte sägas", "ur 5 av de 6"),
        ("en", "cannot be said", "from 5 of the 6"),
    ):
        section = work_counted(portfolio, language)
        (table,) = tables(section)
        rows = {row[0]: row[1:] for row in table.rows}
        first, wishes, complaints, days = (rows[name] for name in names[language])
        assert first == ({"sv": "100 procent", "en": "100 per cent"}[language], "30", "5", "5", "30")
        assert (wishes[0], complaints[0], days[0], len(rows)) == (unknown, "5–9", "10", 14)
        assert behind in said(section)


@pytest.mark.parametrize("language", languages())
def test_a_review_of_folders_only_says_which_command_counts(language: str) -> None:
    section = work_counted(Portfolio(()), language)
    assert "evaltools partial" in said(section)
    assert tables(section) == []


def test_what_is_left_open_from_none_to_all_cannot_be_said() -> None:
    members = tuple(Behind(name, (6,)) for name in "abc")
    numbers = {"handled": (0, 4), "brought": (4, 4)}
    table = tables(work_counted(Portfolio((), counts=(Count("questions", members, numbers),)), "en"))[0]
    assert all(row[1] == "cannot be said" for row in table.rows)


def test_every_measure_and_number_has_its_words() -> None:
    from evaltools.organisation_counts import _ROWS

    named = {(measure, name) for _, measure, name, _ in _ROWS}
    whole = {(measure, of) for _, measure, _, of in _ROWS if of}
    assert named | whole == {(measure, name) for measure, names in NUMBERS.items() for name in names}
