"""The organisation's review of response, work, categories and quarters; reading in several processes."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from evaluations import group_of, released, write_folder
from made_releases import Make, said, tables
from scipy import stats

from evaltools.blocks import Figure
from evaltools.cli import main
from evaltools.cli_organisation import BY
from evaltools.jobs import each_result
from evaltools.notebook import RELEASE_FILE
from evaltools.organisation import goals
from evaltools.organisation_by import side_by_side
from evaltools.organisation_quarters import all_quarters, quarters
from evaltools.organisation_work import process, response
from evaltools.portfolio import BY as KNOWN
from evaltools.portfolio import PORTFOLIO_FILE, Portfolio, read_portfolio
from evaltools.quarter_charts import chart_of
from evaltools.released_changes import outcomes_of
from evaltools.released_work import frequencies, has_ended

_Json = dict[str, Any]


def band(measure: str, low: int, high: int, group: str = "") -> _Json:
    shown = {"kind": "between", "low": str(low), "high": str(high)}
    return {"measure": measure, "group": group, "n": 6, "until": "2026-01", "shown": shown}


# --- response and attendance


def test_response_tells_who_asks_who_has_a_change_and_how_many_people_stand_behind(make: Make, template: _Json) -> None:
    silent = make("c", "3.0", "3.0", changes=[], figures=[])
    portfolio = Portfolio((make("a", "3.0", "3.4", 6), make("b", "3.0", "3.1", 9), silent))
    (table,) = tables(response(portfolio, "en"))
    assert table.rows == (("Own scale", "3", "2", "2", "15", "6–9"),)
    assert "Nothing has been released about attendance yet." in said(response(portfolio, "en"))


def test_a_scale_without_any_released_change_is_named(make: Make) -> None:
    nothing = [make(name, "3.0", "3.0", changes=[], figures=[]) for name in "ab"]
    told = said(response(Portfolio(tuple(nothing)), "en"))
    assert "Without a released change: Own scale (evaluations that ask: 2)." in told


def test_attendance_stands_with_response_and_ideas_with_the_work(make: Make) -> None:
    shares = [band("attendance_share", 80, 100), band("idea_helped", 30, 50)]
    portfolio = Portfolio((make("a", "3.0", "3.4", shares=shares),))
    assert "between 80 and 100 per cent" in said(response(portfolio, "en"))
    assert "between 30 and 50 per cent" not in said(response(portfolio, "en"))
    assert "between 30 and 50 per cent" in said(process(portfolio, "en"))
    assert "between 80 and 100 per cent" not in said(process(portfolio, "en"))


def test_a_policy_of_its_own_makes_no_other_outcome(make: Make, template: _Json) -> None:
    strict = [template["scales"][0] | {"policy": "strict"}]
    portfolio = Portfolio((make("a", "3.0", "3.4"), make("b", "3.0", "3.4", scales=strict)))
    (outcome,) = outcomes_of(portfolio)
    assert [change.evaluation for change in outcome.changes] == ["a", "b"]
    assert tables(response(portfolio, "en"))[0].rows[0][:3] == ("Own scale", "2", "2")


# --- the work


def test_sessions_are_held_of_planned_only_where_the_contract_has_ended(make: Make) -> None:
    counts = {"sessions_held": 18, "sessions_planned": 20}
    ended = make("a", "3.0", "3.4", process=counts, end_month="2025-12", report_date="2026-01-31")
    open_ = make("b", "3.0", "3.4", process=counts, end_month="2026-02", report_date="2026-01-31")
    endless = make("c", "3.0", "3.4", process=counts)
    assert has_ended(ended.document)
    assert not has_ended(open_.document)
    rows = tables(process(Portfolio((ended, open_, endless)), "en"))[0].rows
    assert ("Sessions held of those planned, in contracts that have ended", "18 of 20", "1") in rows


def test_days_for_each_session_lie_between_what_the_months_leave_open(make: Make) -> None:
    """January to June: at the least from 31 January to 1 June, at the most from 1 January to 30 June."""
    dates = {"start_month": "2025-01", "end_month": "2025-06", "report_date": "2025-09-01"}
    one = make("a", "3.0", "3.4", process={"sessions_held": 6}, interval_days=[20, 30], groups=["x"], **dates)
    two = make("b", "3.0", "3.4", process={"sessions_held": 12}, interval_days=[7, 14], groups=["x", "y"], **dates)
    mixed = make("c", "3.0", "3.4", process={"sessions_held": 9}, groups=["x", "i"], individual=["i"], **dates)
    found = list(frequencies([release.document for release in (one, two, mixed)]))
    assert [each.days for each in found] == [(121, 180), (242, 360)]
    assert [each.kept for each in found] == ["as_agreed", "more_seldom"]
    told = said(process(Portfolio((one, two, mixed)), "en"))
    assert "Sessions held: 18 (evaluations: 2). That is one session for every 20 to 30 days" in told
    assert "1 surely kept it, 0 surely met more often and 1 surely more seldom. For 0 it cannot" in told


def test_before_the_end_the_days_go_to_the_report(make: Make) -> None:
    dates = {"start_month": "2025-01", "end_month": "2026-06", "report_date": "2025-03-31"}
    (found,) = frequencies([make("a", "3.0", "3.4", process={"sessions_held": 3}, groups=["x"], **dates).document])
    assert found.days == (59, 89)


def test_the_share_of_goals_reached_takes_an_evaluation_s_results_together(make: Make, template: _Json) -> None:
    """Nine goals that go with the first in every evaluation tell hardly more than the first: eight results, not 72."""
    verdicts = ["increase"] * 4 + ["cannot_tell"] * 4
    goal = template["contract"]["goals"][0]
    exact = stats.binomtest(4, 8).proportion_ci(method="exact")
    for often in (1, 9):
        portfolio = Portfolio(tuple(make(f"e{at}", "3.0", "3.4", verdict=each, goals=[goal] * often)
                                    for at, each in enumerate(verdicts)))  # fmt: skip
        told = re.search(r"8 evaluations, 50% show .* interval (\d+) to (\d+)%", said(goals(portfolio, "en")))
        assert told
        assert int(told[1]) <= 100 * exact.low + 2
        assert int(told[2]) >= 100 * exact.high - 2
    assert "confidence interval" not in said(goals(Portfolio(portfolio.releases[:4]), "en"))


# --- side by side


def test_the_command_knows_the_same_categories() -> None:
    assert BY == KNOWN


def by_supervisor(make: Make, named: dict[str, int], **changed: Any) -> Portfolio:
    releases = [make(f"e{number}-{at}", "3.0", f"3.{at}", supervisors=name.split("+"), **changed)
                for number, (name, count) in enumerate(named.items()) for at in range(count)]  # fmt: skip
    return Portfolio(tuple(releases), by=("supervisor-period",))


def test_supervisors_are_told_apart_by_number_from_three_groups_and_three_supervisors(make: Make) -> None:
    portfolio = by_supervisor(make, {"Vera": 3, "Moa": 2, "Ali": 4, "Bo": 3, "Vera+Bo": 3}, groups=["x"])
    assert b"Vera" not in portfolio.content
    changes, work = tables(side_by_side(portfolio, "en"))
    assert [row[1:3] for row in changes.rows] == [("Supervisor 1", "3"), ("Supervisor 3", "4"), ("Supervisor 4", "3")]
    assert [row[0].partition(" (")[0] for row in work.rows] == ["Supervisor 1", "Supervisor 3", "Supervisor 4"]
    told = said(side_by_side(portfolio, "en"))
    assert "Groups whose supervisor is not told apart: 5." in told


def test_two_supervisors_are_no_table(make: Make) -> None:
    portfolio = by_supervisor(make, {"Vera": 5, "Moa": 5, "Ali": 2})
    assert tables(side_by_side(portfolio, "en")) == []
    assert "it takes at least 3 supervisors with at least 3 groups each" in said(side_by_side(portfolio, "en"))


def test_numbers_of_supervisors_stay_when_the_portfolio_is_read_back(make: Make, tmp_path: Path) -> None:
    portfolio = by_supervisor(make, {"Vera+Moa": 1, "Moa": 1, "Ali": 1})
    assert [release.document["contract"]["supervisors"] for release in portfolio.releases] == [["1", "2"], ["2"], ["3"]]
    (tmp_path / PORTFOLIO_FILE).write_bytes(portfolio.content)
    assert read_portfolio(tmp_path / PORTFOLIO_FILE).content == portfolio.content


def test_without_being_asked_for_a_portfolio_does_not_tell_who_shares_a_supervisor(make: Make) -> None:
    portfolio = Portfolio(by_supervisor(make, {"Vera": 3}).releases)
    assert all(release.document["contract"]["supervisors"] == [] for release in portfolio.releases)


def test_years_side_by_side_tell_of_sessions_goals_and_shares(make: Make) -> None:
    counts = {"sessions_held": 18, "sessions_planned": 20}
    releases = [make(f"e{year}{at}", "3.0", "3.4", verdict="increase" if at else "cannot_tell", process=counts,
                     end_month="2025-01", report_date=f"{year}-02-01", groups=["x"],
                     shares=[band("attendance_share", 70 + 10 * at, 100)])
                for year, count in (("2026", 3), ("2025", 2)) for at in range(count)]  # fmt: skip
    _, work = tables(side_by_side(Portfolio(tuple(releases)), "en"))
    assert work.rows == (("2025", "2", "2", "36 of 40", "1 of 2", "too few groups"),
                         ("2026", "3", "3", "54 of 60", "2 of 3", "80–100%"))  # fmt: skip
    assert work.columns[-1] == "Attendance", "nothing is released of ideas and questions"


# --- quarters


def series(make: Make, levels: list[tuple[str, str, int]]) -> Portfolio:
    """So many groups each quarter, with the level after in that quarter."""
    return Portfolio(tuple(make(f"e{day}{at}", "3.0", after, report_date=day, groups=["x"])
                           for day, after, count in levels for at in range(count)))  # fmt: skip


RISEN = ["3.1", "3.2", "3.1", "3.2", "3.1", "3.2", "3.6", "3.7", "3.6", "3.7", "3.6", "3.7"]
DAYS = [f"{year}-{month:02d}-15" for year in (2023, 2024, 2025) for month in (2, 5, 8, 11)]


def test_quarters_without_a_report_stand_between_the_first_and_the_last(make: Make) -> None:
    portfolio = series(make, [("2025-11-01", "3.4", 1), ("2025-03-31", "3.4", 1), ("2026-01-01", "3.4", 1)])
    assert list(all_quarters(portfolio)) == ["2025-1", "2025-2", "2025-3", "2025-4", "2026-1"]
    assert list(all_quarters(Portfolio(()))) == []


def test_below_six_quarters_there_is_no_chart_and_it_is_said_how_many_there_are(make: Make) -> None:
    levels = [(day, f"3.{at}", 3) for at, day in enumerate(DAYS[:6])]
    for count, drawn in ((5, 0), (6, 1)):
        section = quarters(series(make, levels[:count]), "en")
        assert sum(isinstance(block, Figure) for block in section.blocks) == drawn
        assert ("Own scale (5)" in said(section)) == (not drawn)


def test_a_quarter_with_two_groups_is_no_point(make: Make) -> None:
    levels = [(day, f"3.{at}", 2 if at == 3 else 3) for at, day in enumerate(DAYS[:7])]
    (figure,) = (block for block in quarters(series(make, levels), "en").blocks if isinstance(block, Figure))
    assert figure.table.rows[3] == ("Q4 2023", "2", "too few groups")
    assert figure.table.rows[4] == ("Q1 2024", "3", "+0.40")
    assert "Own scale (5)" in said(quarters(series(make, levels[:6]), "en")), "six quarters, five of them points"
    assert "Limits of ordinary variation are drawn from 12 points on" in figure.caption


def test_from_twelve_quarters_limits_are_drawn_and_what_lies_outside_is_named_without_a_group(make: Make) -> None:
    after = ["3.4", "3.5", "3.4", "3.3", "3.4", "3.5", "3.4", "3.3", "3.4", "3.5", "3.4", "5.0"]
    wild, calm, risen = (said(quarters(series(make, [(day, level, 3) for day, level in zip(DAYS, levels, strict=True)]),
                                       "en")) for levels in (after, [*after[:-1], "3.3"], RISEN))  # fmt: skip
    assert "Own scale: outside the ordinary in Q4 2025." in wild
    assert "Own scale: nothing suggests more than ordinary variation" in calm
    assert "stay on one side of the middle for long, or seldom cross it" in risen


def test_a_series_without_any_variation_has_no_limits() -> None:
    assert chart_of([0.3] * 12) is not None
    chart = chart_of([0.3] * 12)
    assert chart is not None
    assert (chart.limits, chart.signals, chart.shift) == (None, (), False)


# --- several processes


def _double(number: int) -> int:
    if number == 13:
        raise ValueError("thirteen")
    if number == 666:
        os._exit(1)  # as a crash in somebody's library would
    return 2 * number


def test_one_that_fails_or_crashes_does_not_stop_the_others() -> None:
    items = [1, 13, 2, 666, 3, 4]
    found = list(each_result(_double, items, 2))
    assert [number for number in found if not isinstance(number, Exception)] == [2, 4, 6, 8]
    assert isinstance(found[1], ValueError)
    assert isinstance(found[3], Exception)
    harmless = [item for item in items if item != 666]
    assert [str(each) for each in each_result(_double, harmless, 1)] == [
        str(each) for each in each_result(_double, harmless, 3)
    ]


@pytest.mark.one_commission
def test_several_processes_write_the_same_bytes_and_tell_the_same_errors(
    tmp_path: Path, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = []
    for name in ("a", "b", "broken"):
        folder = write_folder(tmp_path / name, {"g": group_of(6, [3, 4, 3], [4, 4, 3])})
        settings = folder / "evaluation.toml"
        settings.write_text(settings.read_text("utf-8").replace('id = "made"', f'id = "{name}"'), "utf-8")
        folders.append(folder)
    released(folders[0])
    (folders[2] / "answers.csv").unlink()
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / RELEASE_FILE).write_bytes(make("kept", "3.0", "3.4").content)
    made, told = [], []
    for jobs in ("1", "3"):
        out = tmp_path / f"out{jobs}"
        code = main(["review", *map(str, [*folders, kept]), "--out", str(out), "--format", "html", "--jobs", jobs])
        assert code == 1
        told.append(capsys.readouterr().err)
        made.append({path.name: path.read_bytes() for path in (out / "organisation").iterdir()})
    assert made[0] == made[1]
    assert told[0] == told[1]
    assert "broken: " in told[0]
    assert "Traceback" not in told[0]


def test_jobs_is_a_whole_number_of_one_or_more(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in ("0", "two", "-1"):
        with pytest.raises(SystemExit):
            main(["review", "folder", "--jobs", wrong])
        assert "whole number" in capsys.readouterr().err
