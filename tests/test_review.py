"""The organisation's review: released only, nobody ranked, the same bytes, one bad folder stops nothing."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import page as validator
import pytest
from browser import axe, violations, widths
from conftest import shared
from evaluations import group_of, released, write_folder
from made_releases import Make, said, ten
from scipy import stats
from univbct import FILE, univbct_settings

from evaltools.blocks import Figure, Section, Table, Text
from evaltools.cli import main
from evaltools.colours import PICTURE_CONTRAST, contrast
from evaltools.errors import DisclosureError, ReportError
from evaltools.language import languages
from evaltools.notebook import RELEASE_FILE, notebook_path, run_notebook, run_walled
from evaltools.organisation import cover, goals, reported, summary
from evaltools.organisation_by import side_by_side
from evaltools.organisation_outcomes import known_outcomes, outcomes
from evaltools.organisation_work import process
from evaltools.page import Page
from evaltools.pdf import pdf_file
from evaltools.portfolio import PORTFOLIO_FILE, Portfolio, read_portfolio
from evaltools.released_changes import outcomes_of
from evaltools.review import released_of, write_review
from evaltools.sealed import Release, issue
from evaltools.web_page import web_page

_Json = dict[str, Any]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def evaluation(folder: Path, name: str, *waves: list[int], size: int = 6) -> Path:
    """An evaluation folder with an id of its own."""
    write_folder(folder, {"a": group_of(size, *waves)})
    settings = folder / "evaluation.toml"
    settings.write_text(settings.read_text("utf-8").replace('id = "made"', f'id = "{name}"'), "utf-8")
    return folder


# --- released only


def test_a_review_lets_out_nothing_and_leaves_every_folder_as_it_was(tmp_path: Path) -> None:
    """One has released, one never has, one has a new wave that nobody has been told of yet."""
    first = evaluation(tmp_path / "a", "a", [3, 4, 3], [4, 4, 3])
    never = evaluation(tmp_path / "b", "b", [3, 4, 3], [4, 4, 3])
    grown = evaluation(tmp_path / "c", "c", [3, 4, 3], [4, 4, 3])
    out = {folder.name: released(folder).document for folder in (first, grown)}
    evaluation(grown, "c", [3, 4, 3], [4, 4, 3], [5, 5, 5])
    before = files_of(tmp_path)
    portfolio, _ = write_review([first, never, grown], ["en"], tmp_path / "reports")
    assert len(files_of(tmp_path)) > len(before)
    after = {name: content for name, content in files_of(tmp_path).items() if not name.startswith("reports/")}
    assert after == before
    assert portfolio.waiting == ("b",)
    read = {release.document["evaluation"]: release.document for release in portfolio.releases}
    assert {name: (document["figures"], document["changes"]) for name, document in read.items()} == {
        name: (document["figures"], document["changes"]) for name, document in out.items()
    }
    assert len(released(grown).document["figures"]) > len(out["c"]["figures"]), "only a report lets the new wave out"


def test_the_folder_of_its_reports_says_the_same_as_the_evaluation(tmp_path: Path) -> None:
    folder = evaluation(tmp_path / "a", "a", [3, 4, 3], [4, 4, 3])
    made = released(folder)
    reports = tmp_path / "reports of a"
    reports.mkdir()
    (reports / RELEASE_FILE).write_bytes(made.content)
    kept, repeated = released_of(reports), released_of(folder)
    assert kept is not None
    assert repeated is not None
    assert kept.content == repeated.content == made.content


def test_shares_that_are_out_are_read_and_those_that_are_not_stay_in(sample: Callable[[str], Path]) -> None:
    folder = sample("hemtjanst")
    assert released_of(folder) is None
    made = released(folder).document
    again = released_of(folder)
    assert again is not None
    for part in ("figures", "changes", "shares", "share_absences", "process", "plan", "contract"):
        assert again.document[part] == made[part], part
    assert made["shares"], "otherwise the test shows nothing"


_QUOTES = """
[[files]]
path = "comments.csv"
table = "comments"
[[files]]
path = "approvals.csv"
table = "approvals"
"""


def test_a_review_touches_no_quote_and_passes_none_on(tmp_path: Path) -> None:
    """One quote is out, its approval is then taken back, and another is approved: that is for a report to tell."""
    folder = evaluation(tmp_path / "a", "a", [3, 4, 3], [4, 4, 3])
    with (folder / "evaluation.toml").open("a", encoding="utf-8") as stream:
        stream.write(_QUOTES)
    (folder / "comments.csv").write_text("comment;text\nc1;Det hjälpte.\nc2;Mer tid.\n", "utf-8")
    approved = "comment;reader;by;on;withdrawn\nc1;commissioner;p1;2026-01-02;{}\n"
    (folder / "approvals.csv").write_text(approved.format(""), "utf-8")
    made = released(folder)
    assert made.document["quotes"]
    more = approved.format("2026-01-20") + "c2;commissioner;p2;2026-01-20;\n"
    (folder / "approvals.csv").write_text(more, "utf-8")
    before = files_of(folder)
    read = released_of(folder)
    assert read is not None
    assert files_of(folder) == before
    for release in (made, read):
        assert "hjälpte" not in Portfolio((release,)).content.decode()
    assert "Mer tid." in [quote["text"] for quote in released(folder).document["quotes"]], "a report lets it out"


def test_a_portfolio_takes_nothing_but_releases(tmp_path: Path, make: Make) -> None:
    with pytest.raises(DisclosureError, match="EV-096"):
        Portfolio(({"evaluation": "a"},))  # type: ignore[arg-type]  # what has not been let out
    path = tmp_path / PORTFOLIO_FILE
    portfolio = Portfolio((make("a", "3.0", "3.4"),), ("b",), ("c",), ("year", "sector"))
    path.write_bytes(portfolio.content)
    assert read_portfolio(path).content == portfolio.content
    path.write_bytes(portfolio.content.replace(b'"n": 6', b'"n": 7'))
    with pytest.raises(DisclosureError, match="EV-097"):
        read_portfolio(path)
    for damaged in (b"{}", b"[1]", b"no json", portfolio.content.replace(b'"sector"', b'"person"')):
        path.write_bytes(damaged)
        with pytest.raises(DisclosureError, match=r"EV-480|EV-098"):
            read_portfolio(path)


def test_the_walled_process_sees_the_portfolio_and_nothing_else(tmp_path: Path, make: Make) -> None:
    notebook = tmp_path / "own.ipynb"
    source = "import os\nfrom evaltools.blocks import Section, Text\nSection((Text((repr(sorted(os.listdir())),)),))"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": [source], "outputs": [], "execution_count": None}
    notebook.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    (shown,) = run_walled(notebook, Portfolio((make("a", "3.0", "3.4"),)), "sv")
    assert shown == Text(("['own.ipynb', 'portfolio.json']",))


# --- the report


@pytest.mark.parametrize("language", languages())
def test_the_notebook_gives_the_same_behind_the_wall(make: Make, language: str) -> None:
    portfolio = ten(make)
    walled = run_walled(notebook_path("organisation"), portfolio, language)
    assert walled == run_notebook(notebook_path("organisation"), {"language": language, "portfolio": portfolio})
    pictures = [block for block in walled if isinstance(block, Figure)]
    assert len(pictures) == 2, "the groups, and the funnel"
    assert all('role="img"' in picture.svg for picture in pictures)


def test_the_same_releases_give_the_same_files_in_every_format(tmp_path: Path, make: Make) -> None:
    folders = []
    for release in ten(make).releases[:6]:
        folder = tmp_path / "in" / release.document["evaluation"]
        folder.mkdir(parents=True)
        (folder / RELEASE_FILE).write_bytes(release.content)
        folders.append(folder)
    made = []
    for out in ("one", "two"):
        _, paths = write_review(folders, ["sv", "en"], tmp_path / out, ["year", "unit"], ["html", "pdf", "docx"])
        made.append(files_of(tmp_path / out))
        assert len(paths) == 7
    assert made[0] == made[1]
    assert not re.search(rb"(?<![a-z])" + str(tmp_path).encode(), b"".join(made[0].values()))


@pytest.fixture
def page(make: Make) -> Page:
    """A review with both pictures, in Swedish."""
    return Page(run_walled(notebook_path("organisation"), ten(make), "sv"), "sv", date(2026, 1, 31))


def test_the_pdf_is_right_for_screen_readers_and_archives(page: Page) -> None:
    for profile in ("ua1", "3a"):
        told = validator.validate_pdf_bytes(pdf_file(page), profile=profile)
        assert told.rules.total > 100
        assert [str(failure) for failure in told.failures] == []


def test_a_browser_finds_nothing_against_the_page_and_a_telephone_shows_it(page: Page, tmp_path: Path) -> None:
    shown = web_page(page)
    assert widths({"review": shown}, 320, tmp_path)["review"] <= 320
    axe()
    assert violations(shown, tmp_path) == []


def test_colours_of_the_pictures_are_told_from_the_paper(page: Page) -> None:
    drawn = {colour for figure in page.figures() for colour in re.findall(r"(?:stroke|fill): (#\w{6})", figure.svg)}
    assert len(drawn) > 2
    assert [colour for colour in drawn - {"#ffffff"} if contrast(colour, "#ffffff") < PICTURE_CONTRAST] == []


def test_no_supervisor_is_named_and_the_order_is_that_of_the_folders(make: Make) -> None:
    releases = [make(name, "3.0", after, supervisors=["Vera Vit"], commissioner=f"Unit {name}")
                for name, after in (("b", "3.1"), ("a", "3.9"), ("d", "3.0"), ("c", "3.5"), ("e", "3.2"))]  # fmt: skip
    portfolio = Portfolio(tuple(releases), by=("unit", "sector", "year"))
    blocks = run_notebook(notebook_path("organisation"), {"language": "en", "portfolio": portfolio})
    page = said(Section(blocks)) + "".join(block.alternative for block in blocks if isinstance(block, Figure))
    assert "Vera" not in page + portfolio.content.decode()
    for table in (block.table if isinstance(block, Figure) else block for block in blocks):
        for column in zip(*table.rows, strict=True) if isinstance(table, Table) else ():
            names = [cell.removeprefix("Unit ") for cell in column]
            assert set(names) != set("abcde") or names == list("badce"), "as the folders were named"


def test_a_unit_with_fewer_than_three_groups_shows_no_mean(make: Make) -> None:
    units = ["North", "North", "North", "South", "South"]
    releases = [make(f"e{at}", "3.0", f"3.{at}", commissioner=unit) for at, unit in enumerate(units)]
    told = side_by_side(Portfolio(tuple(releases), by=("unit",)), "en")
    table, _ = (block for block in told.blocks if isinstance(block, Table))
    north, south = table.rows
    assert north[:5] == ("Own scale", "North", "3", "18", "+0.10")
    assert south == ("Own scale", "South", "2", "12", "too few groups", "no interval")


def test_years_stand_in_the_order_of_time(make: Make) -> None:
    days = ["2027-01-31", "2026-01-31", "2028-01-31"]
    portfolio = Portfolio(tuple(make(f"e{day}", "3.0", "3.4", report_date=day) for day in days))
    changes, work = (block for block in side_by_side(portfolio, "sv").blocks if isinstance(block, Table))
    assert [row[1] for row in changes.rows] == [row[0] for row in work.rows] == ["2026", "2027", "2028"]


def test_a_group_like_the_others_is_not_named_and_one_far_away_is(make: Make) -> None:
    alike, apart = said(outcomes(ten(make), "en")), said(outcomes(ten(make, last="5.0"), "en"))
    assert "No group can be told apart from the others." in alike
    assert "Different from the others by more than chance: e9." in apart
    few = Portfolio(ten(make, last="5.0").releases[-4:])
    assert "The groups are too few to be compared with each other." in said(outcomes(few, "en"))
    assert "Together with the others" not in said(outcomes(few, "en"))


@pytest.mark.parametrize(("groups", "told"), [
    (1, "One group (8 people) has a released result"),
    (3, "With fewer than 5 groups it is not possible to say how much"),
    (10, "In a new group of the same kind"),
])  # fmt: skip
def test_what_so_many_groups_can_say_is_said_and_no_more(make: Make, groups: int, told: str) -> None:
    page = said(outcomes(Portfolio(ten(make).releases[:groups]), "en"))
    assert told in page
    assert ("95% prediction interval" in page) == (groups >= 5)


def test_an_interval_ends_where_the_scale_does(make: Make) -> None:
    pair = Portfolio((make("a", "2.0", "4.0"), make("b", "4.0", "2.0")))
    assert "(95% confidence interval −4.00 to +4.00)" in said(outcomes(pair, "en"))


def test_changes_that_are_all_equal_have_no_interval(make: Make) -> None:
    same = Portfolio(tuple(make(f"e{at}", "3.0", "3.4") for at in range(6)))
    page = said(outcomes(same, "en"))
    assert "all have the same released change: +0.40" in page
    assert "nan" not in page


def test_a_band_widens_the_mean_by_what_it_leaves_open(make: Make) -> None:
    exact = ten(make)
    banded = Portfolio((make("band", "3.0", "2.9-3.9", 8), *exact.releases[1:]))
    sure, open_ = (known_outcomes(portfolio)[0] for portfolio in (exact, banded))
    assert sure.changes[0].slack == 0
    assert open_.changes[0].slack == pytest.approx(0.5)
    page = said(outcomes(banded, "en"))
    assert "For 1 of 10, at least one mean is shown as a range" in page
    assert "between −0.1 and +0.9" in page


def test_rounding_adds_the_variance_of_what_it_hides(make: Make) -> None:
    """Chance as the quarter of the range has it, and for each rounded mean a uniform distribution one decimal wide."""
    (outcome,) = known_outcomes(Portfolio((make("a", "3.0", "3.4", 8), make("b", "3.0", "2.9-3.9", 8))))
    y, v, slack = outcome.effects
    hidden = stats.uniform(0, 0.1).var()
    assert y.tolist() == pytest.approx([0.4, 0.4])
    assert v.tolist() == pytest.approx([1 / 8 + 2 * hidden, 1 / 8 + hidden])
    assert slack.tolist() == pytest.approx([0, 0.5])


def test_outcomes_with_other_questions_are_never_pooled(make: Make, template: _Json) -> None:
    other = deepcopy(template["scales"])
    other[0]["high"] = 7.0
    newer = deepcopy(template["instruments"])
    newer[0]["version"] = "2"
    portfolio = Portfolio((make("a", "3.0", "3.4"), make("b", "3.0", "3.4", scales=other),
                           make("c", "3.0", "3.4", instruments=newer), make("d", "3.0", "3.5")))  # fmt: skip
    assert [[change.evaluation for change in outcome.changes] for outcome in outcomes_of(portfolio)] == [
        ["a", "d"], ["b"], ["c"]
    ]  # fmt: skip
    page = said(summary(portfolio, "en"))
    assert all(f"number {place} of that name" in page for place in (1, 2, 3))


def test_of_a_published_spread_the_releases_room_is_used(make: Make, template: _Json) -> None:
    """Half widths of 0.8 and 0.5, rounded up, of 6 and 16 people: the spread is at most 1.00 and 1.02."""
    changes = deepcopy(template["changes"])
    changes[0] |= {"basis": "Nurses 2020"}
    both = []
    for n, half in ((6, "0.8"), (16, "0.5")):
        document = make(f"n{n}", "3.0", "3.4", n).document
        del document["checksum"]
        document["changes"][0] |= {"basis": "Nurses 2020", "uncertainty": half}
        both.append(issue(document))
    (outcome,) = outcomes_of(Portfolio(tuple(both)))
    assert outcome.spread == pytest.approx(0.8 * 6**0.5 / 1.959964, abs=1e-5)
    assert "Nurses 2020" in said(outcomes(Portfolio(tuple(both)), "sv"))


def test_goals_are_counted_as_their_contracts_wish(make: Make, template: _Json) -> None:
    lower = deepcopy(template["scales"])
    lower[0]["higher_is_better"] = False
    unmeasured = [*template["contract"]["goals"], {"goal": "g2", "text": "Målet två"}]
    portfolio = Portfolio((
        make("a", "3.0", "4.0", verdict="increase", goals=unmeasured),
        make("b", "3.0", "3.5", verdict="suggests_decrease"),
        make("c", "4.0", "3.0", verdict="decrease", scales=lower), make("d", "3.0", "3.0"),
    ))  # fmt: skip
    told = goals(portfolio, "en")
    assert "The contracts state 5 goals. 4 of them have at least one released result, 4 results in all" in said(told)
    (table,) = (block for block in told.blocks if isinstance(block, Table))
    assert table.rows == (("Own scale", "4", "2", "0", "1", "1", "0"),)
    assert "2 of 4" in said(summary(portfolio, "en"))


def test_shares_are_told_between_the_ends_that_are_known(make: Make) -> None:
    def share(low: str, high: str) -> list[_Json]:
        return [{"measure": "idea_tried", "group": "", "n": 6, "until": "2026-01",
                 "shown": {"kind": "between", "low": low, "high": high}}]  # fmt: skip

    absent = [{"measure": "idea_tried", "group": "", "absence": "not_shown"}]
    portfolio = Portfolio((
        make("a", "3.0", "3.4", shares=share("50", "71"), process={"sessions_held": 12}),
        make("b", "3.0", "3.4", shares=share("0", "30"), process={"sessions_held": 8, "sessions_planned": 10}),
        make("c", "3.0", "3.4", share_absences=absent, process={}),
    ))  # fmt: skip
    sums, shares = (block for block in process(portfolio, "en").blocks if isinstance(block, Table))
    assert sums.rows == (("Sessions planned", "10", "1"), ("Sessions held", "20", "2"))
    assert shares.rows[0][1:] == ("2", "between 25 and 51 per cent", "1", "1", "1")


def test_a_goal_of_one_group_is_answered_by_that_group_alone(make: Make, template: _Json) -> None:
    two = make("a", "3.0", "4.0", verdict="increase").document
    del two["checksum"]
    rows = {part: [row | {"group": group} for group in ("North", "South") for row in two[part]]
            for part in ("figures", "changes")}  # fmt: skip
    contract = two["contract"] | {"groups": ["North", "South"]}
    contract["goals"] = [{**two["contract"]["goals"][0], "group": "South"}]
    portfolio = Portfolio((issue(two | rows | {"contract": contract}),))
    assert "1 results in all" in said(goals(portfolio, "en"))
    contract["goals"] = two["contract"]["goals"]
    assert "2 results in all" in said(goals(Portfolio((issue(two | rows | {"contract": contract}),)), "en"))


def test_what_was_due_by_the_plans_is_added_up(make: Make, template: _Json) -> None:
    plan = template["plan"]
    portfolio = Portfolio((make("a", "3.0", "3.4", plan=plan | {"due": 3, "delivered": 2}, process={}),
                           make("b", "3.0", "3.4", plan=plan | {"due": 1, "delivered": 1}, process={}),
                           make("c", "3.0", "3.4", plan=plan | {"due": 0, "delivered": 0}, process={})))  # fmt: skip
    (table,) = (block for block in process(portfolio, "sv").blocks if isinstance(block, Table))
    assert [row[1:] for row in table.rows] == [("4", "2"), ("3", "2")]


def test_a_portfolio_of_nothing_released_makes_sections_all_the_same() -> None:
    empty = Portfolio((), ("a",), ("b",))
    for section in (cover, summary, reported, outcomes, side_by_side, goals, process):
        for language in languages():
            assert section(empty, language).blocks
    assert "No result reported yet (1): a." in said(reported(empty, "en"))
    assert "Could not be read (1): b." in said(reported(empty, "en"))


def test_notices_that_data_are_made_up_stand_first(make: Make) -> None:
    portfolio = Portfolio((make("a", "3.0", "3.4", notice="Allt är påhittat."), make("b", "3.0", "3.4")))
    assert "Allt är påhittat." in str(cover(portfolio, "sv").blocks[1])


# --- the command


def test_one_bad_folder_is_told_and_does_not_stop_the_others(
    tmp_path: Path, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("good", "copy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / RELEASE_FILE).write_bytes(make("same", "3.0", "3.4").content)
    (tmp_path / "edited").mkdir()
    (tmp_path / "edited" / RELEASE_FILE).write_bytes(make("x", "3.0", "3.4").content.replace(b'"n": 6', b'"n": 7'))
    (tmp_path / "empty").mkdir()
    never = evaluation(tmp_path / "never", "never", [3, 4, 3], [4, 4, 3])
    broken = evaluation(tmp_path / "broken", "broken", [3, 4, 3], [4, 4, 3])
    (broken / "answers.csv").unlink()
    folders = [tmp_path / name for name in ("none", "edited", "empty", "good", "copy")] + [never, broken]
    out = tmp_path / "reports"
    code = main(["review", *map(str, folders), "--out", str(out), "--format", "html", "--lang", "en"])
    shown = capsys.readouterr()
    assert code == 1
    assert "The review is made: 1 of 7 have reported." in shown.out
    for told in ("none: ", "edited: EV-097", "empty: EV-482", "copy: EV-481", "broken: ", "review: EV-484 "):
        assert told in shown.err, told
    assert "Traceback" not in shown.err
    page = (out / "organisation" / "organisation.html").read_text("utf-8")
    assert "No result reported yet (1): never." in page
    assert "Could not be read (5): none, edited, empty, copy and broken." in page


def test_all_well_returns_0_and_nothing_released_at_all_is_told(
    tmp_path: Path, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / RELEASE_FILE).write_bytes(make("a", "3.0", "3.4").content)
    out = ["--out", str(tmp_path / "reports"), "--format", "html"]
    assert main(["review", str(tmp_path / "good"), "--by", "sector,year", *out]) == 0
    assert capsys.readouterr().err == ""
    never = evaluation(tmp_path / "never", "never", [3, 4, 3], [4, 4, 3])
    assert main(["review", str(never), *out]) == 1
    assert "EV-483" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["review", str(never), "--by", "person"])


def test_a_fault_of_ours_in_one_folder_does_not_stop_the_others(
    tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / RELEASE_FILE).write_bytes(make("a", "3.0", "3.4").content)
    real = released_of

    def failing(folder: Path, language: str) -> Release | None:
        if folder.name == "good":
            return real(folder, language)
        raise ValueError("hemligt svar")

    monkeypatch.setattr("evaltools.review.released_of", failing)
    folders = [str(tmp_path / "other"), str(tmp_path / "good")]
    assert main(["review", *folders, "--out", str(tmp_path / "r"), "--format", "html"]) == 1
    err = capsys.readouterr().err
    assert "ValueError" in err
    assert "hemligt" not in err


def test_an_out_that_cannot_be_written_is_told(tmp_path: Path, make: Make) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / RELEASE_FILE).write_bytes(make("a", "3.0", "3.4").content)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReportError, match="EV-100"):
        write_review([tmp_path / "good"], ["en"], tmp_path / "file")


# --- a real portfolio: 43 companies of soldiers, three waves

_COLUMNS = ["SUBNUM", "JOBSAT1", "JOBSAT2", "JOBSAT3"]


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], dict[str, list[dict[str, str]]]]:
    """An evaluation folder for each company, reported; and the rows of the file by company."""
    rows: dict[str, list[dict[str, str]]] = {}
    with shared("data/univbct_wide.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            rows.setdefault(f"{row['BTN']}-{row['COMPANY']}".lower(), []).append(row)
    top = tmp_path_factory.mktemp("companies")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path_factory.mktemp("key") / "k"))
        for name, own in sorted(rows.items()):
            (top / name).mkdir()
            settings = univbct_settings(name, f"Battalion {own[0]['BTN']}")
            (top / name / "evaluation.toml").write_text(settings, "utf-8")
            with (top / name / FILE).open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([_COLUMNS, *([row[column] for column in _COLUMNS] for row in own)])
            made = released(top / name)
            if made.document["changes"]:
                (top / name / "reports").mkdir()
                (top / name / "reports" / RELEASE_FILE).write_bytes(made.content)
    folders = [top / name / "reports" if (top / name / "reports").exists() else top / name for name in sorted(rows)]
    return folders, rows


def test_forty_three_real_groups_give_what_their_people_say(
    companies: tuple[list[Path], dict[str, list[dict[str, str]]]], tmp_path: Path
) -> None:
    folders, rows = companies
    assert len(folders) == 43
    portfolio, _ = write_review(folders, ["en"], tmp_path)
    assert (len(portfolio.releases), len(portfolio.waiting)) == (28, 15)
    (outcome,) = known_outcomes(portfolio)
    people: list[float] = []
    for change in outcome.changes:
        pairs = [(float(row["JOBSAT1"]), float(row["JOBSAT3"])) for row in rows[change.evaluation]
                 if row["JOBSAT1"] and row["JOBSAT3"]]  # fmt: skip
        mean = sum(after - before for before, after in pairs) / len(pairs)
        assert change.n == len(pairs)
        assert abs(change.middle - mean) <= 0.1 + change.slack + 1e-6, "two means, each rounded to one decimal"
        people += [after - before for before, after in pairs]
    assert len(people) == 411
    page = (tmp_path / "organisation" / "organisation.html").read_text("utf-8")
    found = re.search(r"In 28 groups \(411 people\), the average change is \+(0\.\d\d)", page)
    assert found, "the groups do not differ, so it is the mean over all people, up to rounding"
    assert float(found[1]) == pytest.approx(sum(people) / len(people), abs=0.03)
    assert "No group can be told apart from the others." in page
