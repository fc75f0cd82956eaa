"""Pooling without answers: what a site hands on, that it adds up to the raw data's own figures, and what it refuses."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from audit_worlds import NOT_RELEASED
from sites import EVALUATIONS, corrected, folder_of, people_of, raw, reported, site

from evaltools import analysis, ledgers, partial_site, review
from evaltools.cli import main
from evaltools.errors import DisclosureError, EvaltoolsError, FolderError, LedgerError, ReportError
from evaltools.folder import Evaluation
from evaltools.language import languages
from evaltools.ledger import Ledger, open_ledger
from evaltools.ledger_text import ledger_text
from evaltools.organisation_totals import people_together
from evaltools.partial import Made, write_partial
from evaltools.partial_file import Partial, merge, read_partial
from evaltools.portfolio import Portfolio, read_portfolio
from evaltools.released_changes import outcomes_of
from evaltools.review import read_folders, write_review
from evaltools.totals import Ends, Total, added_up

_EXACT = 1e-9


@pytest.fixture(autouse=True)
def only_what_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes most of the time is left out: rows that no release draws on, and files of answers."""
    for rows in NOT_RELEASED:
        monkeypatch.setattr(analysis, rows, lambda *_: [])

    def as_made(folder: Path, **_: Any) -> Evaluation:
        if folder not in EVALUATIONS:
            raise FolderError("no such evaluation")
        return EVALUATIONS[folder]

    for module in (partial_site, review):
        monkeypatch.setattr(module, "read_evaluation", as_made)


def handed_on(folders: Sequence[Path], out: Path) -> Made:
    return write_partial(folders, out, "en")


def ledgers_of(folders: Sequence[Path]) -> list[bytes]:
    return [(folder / "ledger.jsonl").read_bytes() for folder in folders]


def total_lines(folder: Path) -> list[str]:
    return [entry.group for entry in open_ledger(folder).entries if entry.measure == "total"]


# --- the same as with all answers in one place


def test_merged_totals_are_the_raw_datas_own_means_and_standard_deviations(tmp_path: Path) -> None:
    """Three sites, groups of different sizes; plain pandas on all the answers is the measure."""
    sites = [site(tmp_path / "x", "abcde"), site(tmp_path / "y", "fghi", size=8), site(tmp_path / "z", "lmn", size=5)]
    partials = [handed_on(folders, tmp_path / f"{at}.json").partial for at, folders in enumerate(sites)]
    together = added_up(itertools.chain.from_iterable(partial.totals for partial in partials))
    table = raw([folder for folders in sites for folder in folders])
    assert (together.people, together.groups) == (30 + 32 + 15, 12)
    means = table[["before", "after", "change"]].mean()
    assert [low for low, _ in together.means] == pytest.approx(list(means), rel=_EXACT)
    assert all(low == high for low, high in together.means), "every group lies inside the scale"
    with_squares = table[table["evaluation"].isin(list("abcdefghi"))]
    assert (together.squared, together.compared) == (62, 62), "fifteen people are too few for squares"
    of_all = with_squares[["before", "after", "change"]].std()
    assert together.sd == pytest.approx(tuple(of_all), rel=_EXACT)
    about = with_squares.groupby("evaluation")[["before", "after", "change"]].transform("mean")
    within = ((with_squares[["before", "after", "change"]] - about) ** 2).sum() / (62 - 9)
    assert together.sd_within == pytest.approx(tuple(within**0.5), rel=_EXACT)


def test_files_are_merged_in_any_order_and_grouping_with_the_same_bytes(tmp_path: Path) -> None:
    partials = [
        handed_on(site(tmp_path / name, name), tmp_path / f"{name}.json").partial for name in ("abc", "def", "ghi")
    ]
    one, two, three = partials
    expected = merge(merge(one, two), three).content
    assert merge(one, merge(two, three)).content == expected
    for order in itertools.permutations(partials):
        assert merge(merge(order[0], order[1]), order[2]).content == expected
    read = read_partial(_written(tmp_path / "all.json", expected))
    assert read.content == expected
    forward, backward = (added_up(totals) for totals in (read.totals, read.totals[::-1]))
    assert forward.means == backward.means


def test_the_file_does_not_depend_on_the_order_of_the_folders(tmp_path: Path) -> None:
    folders = site(tmp_path, "abcdef")
    first = handed_on(folders, tmp_path / "1.json")
    again = handed_on(folders[::-1], tmp_path / "2.json")
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert (len(first.new), len(again.new)) == (1, 0)


# --- what goes out, and what does not


def test_no_row_of_a_person_or_a_group_and_no_code_is_in_the_file(tmp_path: Path) -> None:
    made = handed_on(site(tmp_path, "abcdef"), tmp_path / "p.json")
    document = json.loads((tmp_path / "p.json").read_text("utf-8"))
    assert set(document) == {"format", "releases", "totals", "counts", "waiting", "checksum"}
    (total,) = document["totals"]
    assert set(total) == {"id", "scale", "instrument", "basis", "members", "sums", "squares"}
    assert {name for member in total["members"] for name in member} == {"evaluation", "group", "wave", "wave_to", "n"}
    tokens = {person for folder in (tmp_path / name for name in "abcdef") for entry in open_ledger(folder).entries
              for person in entry.people}  # fmt: skip
    assert tokens.isdisjoint(_words(document))
    assert all(release["contract"]["supervisors"] == [] for release in document["releases"])
    assert made.partial.content == (tmp_path / "p.json").read_bytes()


def _words(part: Any) -> set[str]:
    """Every text in a document, headings too."""
    if isinstance(part, dict):
        return set(part) | set().union(*map(_words, part.values()))
    if isinstance(part, list):
        return set().union(*map(_words, part))
    return {part} if isinstance(part, str) else set()


@pytest.mark.parametrize(("names", "size", "sums", "squares"), [
    ("ab", 10, False, False),
    ("abc", 5, True, False),
    ("abcde", 5, True, False),
    ("abcdef", 5, True, True),
])  # fmt: skip
def test_sums_take_three_groups_and_fifteen_people_and_squares_thirty(
    tmp_path: Path, names: str, size: int, sums: bool, squares: bool
) -> None:
    made = handed_on(site(tmp_path, names, size=size), tmp_path / "p.json")
    assert bool(made.partial.totals) == sums
    assert any(total.squares for total in made.partial.totals) == squares
    assert [one.why for one in made.left_out] == ([] if sums else ["too_few"] * len(names))


def test_no_group_may_be_more_than_half(tmp_path: Path) -> None:
    folders = [*site(tmp_path, "ab", size=5), *site(tmp_path, "c", size=12)]
    assert handed_on(folders, tmp_path / "p.json").partial.totals == ()


def test_groups_of_one_evaluation_told_of_as_a_whole_count_as_the_groups_they_are(tmp_path: Path) -> None:
    whole = folder_of(tmp_path, "w", {name: people_of(name, 6) for name in "abcdef"})
    reported(whole)
    (total,) = handed_on([whole], tmp_path / "p.json").partial.totals
    assert [(member.group, member.n) for member in total.members] == [("", 36)]
    assert total.squares is not None
    assert total.squares.groups == 1
    assert added_up([total]).means[0][0] == pytest.approx(raw([whole])["before"].mean(), rel=_EXACT)


def test_an_answer_corrected_after_the_release_leaves_its_group_out(tmp_path: Path) -> None:
    folders = site(tmp_path, "abcd")
    corrected(folders[0], 1, 5)
    made = handed_on(folders, tmp_path / "p.json")
    assert [(one.evaluation, one.why) for one in made.left_out] == [("a", "corrected")]
    assert [member.evaluation for member in made.partial.totals[0].members] == ["b", "c", "d"]


def test_a_scale_of_three_steps_has_no_totals(tmp_path: Path) -> None:
    folders = [
        folder_of(tmp_path, name, {"a": {f"{name}{at}": [[2], [2]] for at in range(6)}}, high=3) for name in "abc"
    ]
    for folder in folders:
        reported(folder)
    made = handed_on(folders, tmp_path / "p.json")
    assert made.partial.totals == ()
    assert {one.why for one in made.left_out} == {"few_steps"}


def test_folders_without_a_release_are_told_and_nothing_of_them_goes_out(tmp_path: Path) -> None:
    waiting = folder_of(tmp_path, "w", {"a": people_of("w", 6)})
    made = handed_on([*site(tmp_path, "abc"), waiting], tmp_path / "p.json")
    assert made.partial.waiting == ("w",)
    assert made.partial.evaluations == ("a", "b", "c")
    portfolio = read_folders([tmp_path / "p.json"], ["year"], "en", lambda _: None, lambda *_: None)
    assert portfolio.waiting == ("w",), "the organisation is told who has not reported"
    with pytest.raises(ReportError, match="EV-526"):
        handed_on([waiting], tmp_path / "q.json")


# --- earlier totals


def test_one_group_more_waits_and_the_earlier_total_is_repeated_as_it_was(tmp_path: Path) -> None:
    """Of totals over a to c and over a to d, the difference would be d alone."""
    folders = site(tmp_path, "abc")
    first = handed_on(folders, tmp_path / "1.json")
    more = [*folders, *site(tmp_path, "d")]
    second = handed_on(more, tmp_path / "2.json")
    assert second.partial.totals == first.partial.totals
    assert [(one.evaluation, one.why) for one in second.left_out] == [("d", "too_few")]
    assert total_lines(tmp_path / "d") == []


def test_groups_that_come_later_are_a_total_of_their_own_once_they_are_enough(tmp_path: Path) -> None:
    folders = site(tmp_path, "abc")
    first = handed_on(folders, tmp_path / "1.json")
    second = handed_on([*folders, *site(tmp_path, "def")], tmp_path / "2.json")
    assert set(second.partial.totals) > set(first.partial.totals)
    sets = [{member.evaluation for member in total.members} for total in second.partial.totals]
    assert sorted(map(sorted, sets)) == [["a", "b", "c"], ["d", "e", "f"]]


def test_one_group_less_is_refused_and_named(tmp_path: Path) -> None:
    folders = site(tmp_path, "abcd")
    handed_on(folders, tmp_path / "1.json")
    before = ledgers_of(folders)
    with pytest.raises(DisclosureError, match=r"EV-525 .*: d\."):
        handed_on(folders[:3], tmp_path / "2.json")
    assert ledgers_of(folders) == before
    assert not (tmp_path / "2.json").exists()


def test_a_later_measurement_does_not_open_a_total_again(tmp_path: Path) -> None:
    folders = site(tmp_path, "abc")
    first = handed_on(folders, tmp_path / "1.json")
    for folder in folders:
        people = people_of(folder.name, 6)
        third = {who: [*waves, waves[1]] for who, waves in people.items()}
        folder_of(tmp_path, folder.name, {"a": third})
        assert len(reported(folder).document["figures"]) == 3
    second = handed_on(folders, tmp_path / "2.json")
    assert second.partial.totals == first.partial.totals
    assert second.left_out == ()


def test_a_total_is_repeated_as_it_was_also_when_an_answer_has_been_corrected(tmp_path: Path) -> None:
    folders = site(tmp_path, "abc")
    first = handed_on(folders, tmp_path / "1.json")
    corrected(folders[0], 1, 2)
    assert handed_on(folders, tmp_path / "2.json").partial.totals == first.partial.totals


def test_a_report_goes_on_as_before_after_a_partial(tmp_path: Path) -> None:
    folders = site(tmp_path, "abc")
    before = [reported(folder).content for folder in folders]
    handed_on(folders, tmp_path / "1.json")
    assert [reported(folder).content for folder in folders] == before
    assert read_folders(folders, ["year"], "en", lambda _: None, lambda *_: None).releases


def test_the_ledger_tells_of_the_sum_and_to_whom_it_went(tmp_path: Path) -> None:
    folders = site(tmp_path, "abc")
    (total,) = handed_on(folders, tmp_path / "1.json").partial.totals
    for folder in folders:
        assert total_lines(folder) == [total.document["id"]] * 2
        told = ledger_text(open_ledger(folder), "en")
        assert "sum over several groups" in told
        assert "the organisation" in told


# --- all ledgers or none


def test_a_run_broken_off_between_two_ledgers_is_finished_by_the_next(tmp_path: Path, monkeypatch: Any) -> None:
    folders = site(tmp_path, "abcd")
    write: Callable[..., None] = ledgers.write
    for noted in range(1, 4):
        with monkeypatch.context() as patch:
            left = iter([True])

            def breaking(ledger: Ledger, new: Any, left: Any = left) -> None:
                if not next(left, False):
                    raise KeyboardInterrupt
                write(ledger, new)

            patch.setattr(ledgers, "write", breaking)
            with pytest.raises(KeyboardInterrupt):
                handed_on(folders, tmp_path / "p.json")
        assert [len(total_lines(folder)) for folder in folders] == [2] * noted + [0] * (4 - noted)
        assert not (tmp_path / "p.json").exists(), "nothing is out"
    made = handed_on(folders, tmp_path / "p.json")
    assert [total_lines(folder) for folder in folders] == [[made.partial.totals[0].document["id"]] * 2] * 4
    assert len(made.partial.totals[0].members) == 4


def test_a_total_that_was_begun_is_not_lost_for_a_nearby_one(tmp_path: Path, monkeypatch: Any) -> None:
    """Broken off after the first ledger: naming other folders than then would leave the first one's line behind."""
    folders = site(tmp_path, "abcd")
    write: Callable[..., None] = ledgers.write
    left = iter([True])

    def breaking(ledger: Ledger, new: Any) -> None:
        if not next(left, False):
            raise OSError
        write(ledger, new)

    with monkeypatch.context() as patch:
        patch.setattr(ledgers, "write", breaking)
        with pytest.raises(LedgerError, match="EV-"):
            handed_on(folders, tmp_path / "p.json")
    with pytest.raises(DisclosureError, match="EV-525"):
        handed_on(folders[:3], tmp_path / "p.json")
    later = handed_on([*folders[1:]], tmp_path / "q.json")
    assert [member.evaluation for member in later.partial.totals[0].members] == ["b", "c", "d"]
    blocked = handed_on(folders, tmp_path / "r.json")
    assert blocked.partial.totals == later.partial.totals
    assert [(one.evaluation, one.why) for one in blocked.left_out] == [("a", "taken")]


def test_two_runs_at_once_write_nothing(tmp_path: Path, monkeypatch: Any) -> None:
    folders = site(tmp_path, "abc")
    before = ledgers_of(folders)
    monkeypatch.setattr(ledgers, "is_changed", lambda ledger: ledger.path.parent.name == "c")
    with pytest.raises(LedgerError, match="EV-089"):
        handed_on(folders, tmp_path / "p.json")
    assert ledgers_of(folders) == before
    assert not (tmp_path / "p.json").exists()


def test_one_folder_with_errors_stops_everything(tmp_path: Path) -> None:
    folders = site(tmp_path, "abcd")
    del EVALUATIONS[folders[3]]
    before = ledgers_of(folders)
    with pytest.raises(EvaltoolsError):
        handed_on(folders, tmp_path / "p.json")
    assert ledgers_of(folders) == before


def test_a_file_that_exists_or_cannot_be_written_is_told(tmp_path: Path) -> None:
    folders = site(tmp_path, "abc")
    taken = _written(tmp_path / "taken.json", b"own")
    before = ledgers_of(folders)
    with pytest.raises(FolderError, match="EV-527"):
        handed_on(folders, taken)
    assert (taken.read_bytes(), ledgers_of(folders)) == (b"own", before)
    with pytest.raises(FolderError, match="EV-528"):
        handed_on(folders, tmp_path / "nowhere" / "p.json")
    assert len(handed_on(folders, tmp_path / "p.json").partial.totals) == 1


# --- reading and reviewing


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _resealed(document: dict[str, Any]) -> bytes:
    """A file changed by somebody who knows how its checksum is made."""
    from evaltools.sealed import canonical_bytes, checksum

    del document["checksum"]
    return canonical_bytes(document | {"checksum": checksum(document)})


def test_a_tampered_file_is_refused(tmp_path: Path) -> None:
    handed_on(site(tmp_path, "abcdef"), tmp_path / "p.json")
    content = (tmp_path / "p.json").read_bytes()
    for damaged in (b"", b"[]", b"{}", content[:-9], content.replace(b'"n": 6', b'"n": 7', 1)):
        with pytest.raises(DisclosureError, match="EV-521"):
            read_partial(_written(tmp_path / "d.json", damaged), "en")
    changes: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
        ("EV-520", lambda total: total["sums"].__setitem__(0, [99.0, 99.0])),
        ("EV-520", lambda total: total.__setitem__("people", [1])),
        ("EV-520", lambda total: total["squares"].__setitem__("people", 4)),
        ("EV-520", lambda total: total["members"].pop()),
    ]
    for id_, change in changes:
        document = json.loads(content)
        change(document["totals"][0])
        with pytest.raises(DisclosureError, match=id_):
            read_partial(_written(tmp_path / "d.json", _resealed(document)), "en")


def _total(members: Sequence[Any], pattern: Total, sums: tuple[Ends, Ends]) -> Total:
    return Total(pattern.scale, pattern.instrument, pattern.basis, tuple(members), sums, None)


def test_a_total_that_the_released_figures_rule_out_is_refused(tmp_path: Path) -> None:
    partial = handed_on(site(tmp_path, "abcdef"), tmp_path / "p.json").partial
    (total,) = partial.totals
    (low, high), after = total.sums
    for members, sums, id_ in (
        (total.members, ((low + 4, high + 4), after), "EV-524"),
        (total.members, ((high + 1e-6, low), after), "EV-524"),
        (total.members[:2], total.sums, "EV-520"),
        ((*total.members, total.members[0]), total.sums, "EV-523"),
    ):
        with pytest.raises(DisclosureError, match=id_):
            Partial(partial.releases, (_total(members, total, sums),))
    with pytest.raises(DisclosureError, match="EV-524"):
        Partial(partial.releases[1:], (total,))
    with pytest.raises(DisclosureError, match="EV-522"):
        merge(partial, partial)


def test_a_review_merges_files_with_each_other_and_with_folders(tmp_path: Path) -> None:
    one, two = site(tmp_path / "x", "abcde"), site(tmp_path / "y", "ghi")
    files = [tmp_path / "x.json", tmp_path / "y.json"]
    for folders, out in zip((one, two), files, strict=True):
        handed_on(folders, out)
    own = site(tmp_path / "z", "lm")
    told: list[Exception] = []
    places = [own[0], files[0], files[1], files[0], own[1], one[0]]
    portfolio = read_folders(places, ["year"], "en", lambda _: None, lambda _, error: told.append(error))
    assert [release.document["evaluation"] for release in portfolio.releases] == [*"labcdeghim"]
    assert ["EV-481" in str(error) for error in told] == [True, True], "a file or folder whose people are in already"
    assert portfolio.unread == ("x.json", "a")
    (outcome,) = outcomes_of(portfolio)
    table = raw([*one, *two])
    means = table[["before", "after", "change"]].mean()
    assert [low for low, _ in outcome.together.means] == pytest.approx(list(means), rel=_EXACT)
    assert outcome.spread == outcome.together.sd_within[2], "of the people, in place of what is assumed"
    assert len(outcome.changes) == 10


@pytest.mark.parametrize("language", languages())
def test_the_review_tells_of_all_people_together_and_whom_it_leaves_out(tmp_path: Path, language: str) -> None:
    one = site(tmp_path / "x", "abcdef")
    handed_on(one, tmp_path / "x.json")
    places = [tmp_path / "x.json", *site(tmp_path / "z", "lm")]
    portfolio, _ = write_review(places, [language], tmp_path / "reports")
    page = (tmp_path / "reports" / "organisation" / "organisation.html").read_text("utf-8")
    mean = f"{raw(one)['before'].mean():.2f}".replace(".", "," if language == "sv" else ".")
    assert mean in page
    assert ("12 av 48" if language == "sv" else "12 of 48") in page
    again = read_portfolio(tmp_path / "reports" / "organisation" / "portfolio.json")
    assert again.content == portfolio.content
    assert people_together(again, language) == people_together(portfolio, language)


def test_a_review_without_such_files_has_no_such_section(tmp_path: Path) -> None:
    portfolio = read_folders(site(tmp_path, "abc"), ["year"], "sv", lambda _: None, lambda *_: None)
    assert people_together(portfolio, "sv").blocks == ()
    assert Portfolio(portfolio.releases).totals == ()


@pytest.mark.parametrize("language", languages())
def test_the_command_tells_what_it_has_handed_on_and_never_a_sum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    folders = [*site(tmp_path, "abcdef"), folder_of(tmp_path, "w", {"a": people_of("w", 6)})]
    out = tmp_path / "p.json"
    assert main(["partial", *map(str, folders), "--out", str(out), "--lang", language]) == 0
    told = capsys.readouterr().out
    (total,) = read_partial(out).totals
    assert "36" in told
    for value in (*total.sums[0], *total.sums[1], *(total.squares.within if total.squares else ())):
        assert str(value) not in told
    assert main(["partial", *map(str, folders), "--out", str(out), "--lang", language]) == 1
    assert "EV-527" in capsys.readouterr().err
