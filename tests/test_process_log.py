"""The session cycle, worked out by hand on a small log; every denominator, and who is behind a figure."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from logs import LOG, SETTINGS, analysed_log, rows_of

from evaltools.analysis import Analysis
from evaltools.process.intervals import as_agreed, days_of_breaks

Found = dict[str, float]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analysed_log(tmp_path_factory.mktemp("log") / "log")


def told(analysis: Analysis, measure: str, group: str = "A", basis: str = "", period: str = "") -> Found:
    """The one row about a group: its value, its n and of."""
    rows = analysis.estimates
    group_by = "evaluation" if group == "all" else "person" if group.isdecimal() else "group"
    rows = rows[(rows["measure"] == measure) & (rows["group"] == group) & (rows["group_by"] == group_by)]
    rows = rows[(rows["basis"] == basis) & (rows["period"] == period)]
    assert len(rows) == 1, f"{measure}: {len(rows)} rows"
    return {name: float(rows[name].iloc[0]) for name in ("value", "low", "high", "n", "of")}


def value_and_of(analysis: Analysis, measure: str, *where: str) -> tuple[float, float]:
    found = told(analysis, measure, *where)
    return found["value"], found["of"]


@pytest.mark.parametrize(
    ("measure", "where", "value", "of"),
    [
        ("sessions_held", ("A",), 4, 5),
        ("sessions_cancelled", ("A",), 1, 5),
        ("sessions_kept", ("A",), 4 / 5, 5),
        ("sessions_planned", ("all",), 9, 9),
        # group A met on 7 and 28 January, 4 March and 1 April: 21, 35 and 28 days; agreed are 21 to 28
        ("interval_median", ("A",), 28, 3),
        ("interval_longest", ("A",), 35, 3),
        ("interval_sd", ("A",), 7, 3),
        ("interval_as_agreed", ("A",), 2 / 3, 3),
        ("interval_median", ("all",), 28, 4),
        ("hours_held", ("A",), 330 / 60, 4),
        # 90, 60, 90 and 90 minutes of 90 planned each, and none of the 90 of the cancelled session
        ("protected_time", ("A",), 330 / 450, 5),
        ("sessions_shortened", ("A",), 1 / 4, 4),
        ("reflection_share", ("A",), 210 / 330, 4),
        ("individual_met", ("A",), 1 / 2, 3),
        ("session_method", ("A", "round"), 4, 4),
        ("session_method", ("A", "scaling"), 1, 4),
        ("order_decided_by", ("A", "participants"), 3 / 4, 4),
        ("reflection_not_advice", ("A",), 7.5, 4),
        ("reflection_not_advice", ("A", "", "a3"), 8, 1),
    ],
)
def test_sessions(log: Analysis, measure: str, where: tuple[str, ...], value: float, of: float) -> None:
    assert value_and_of(log, measure, *where) == pytest.approx((value, of))
    assert told(log, measure, *where)["n"] == 0  # a session is nobody's


@pytest.mark.parametrize(
    ("measure", "where", "value", "n", "of"),
    [
        ("attendance_share", ("A",), 10 / 12, 3, 12),
        ("attendance_share", ("all",), 14 / 16, 5, 16),
        ("attendance_share", ("A", "", "a2"), 2 / 3, 3, 3),
        ("sessions_attended", ("2",), 3, 1, 4),
        ("mean_sessions_attended", ("A",), 10 / 3, 3, 3),
        ("share_asked", ("A",), 5 / 10, 3, 10),  # of attendances at which somebody was there
        ("share_feedback_useful", ("A",), 1 / 2, 2, 2),  # of those who received any
        ("silent_people", ("A",), 1, 3, 3),  # p3 came three times and was silent each time
        ("silent_people", ("B",), 0, 2, 2),
        # active marks a session attended: p1 (3 + 2 + 1 + 1) / 4, p2 (2 + 1 + 2) / 3, p3 none
        ("participation_gini", ("A",), (1.75 - 5 / 3 + 1.75 + 5 / 3) / (2 * (1.75 + 5 / 3)), 3, 10),
    ],
)
def test_attendance(log: Analysis, measure: str, where: tuple[str, ...], value: float, n: float, of: float) -> None:
    found = told(log, measure, *where)
    assert (found["value"], found["n"], found["of"]) == pytest.approx((value, n, of))


@pytest.mark.parametrize(
    ("measure", "where", "value", "n", "of"),
    [
        ("questions_listed", ("A",), 6, 2, 6),
        ("questions_per_session", ("A",), 2, 2, 3),
        ("owner_gini", ("A",), 1 / 2, 3, 6),  # three, three and none
        ("handled_gini", ("A",), 3 / 4, 3, 4),  # three, one and none
        ("question_handled", ("A", "yes"), 3 / 6, 2, 6),
        ("question_handled", ("A", "partly"), 1 / 6, 2, 6),
        ("questions_carried", ("A",), 1, 1, 1),
        ("questions_left", ("A",), 2, 2, 6),  # f2 partly and f6 not, neither with a new session
        ("question_waiting_days", ("A",), 56, 1, 1),
        ("question_focus", ("A", "case"), 2 / 6, 2, 6),
        ("question_focus", ("A", "case", "first_half"), 2 / 4, 2, 4),
        ("question_focus", ("A", "self", "second_half"), 1, 1, 2),
        ("question_owner_satisfied", ("A",), 3 / 4, 2, 4),
        ("question_alternatives", ("A",), 2.5, 2, 4),
        ("difficulty_before", ("A",), 7.5, 2, 4),
        ("difficulty_change", ("A",), -2.25, 2, 4),  # -3, +1, -7 and 0
        ("understanding_change", ("A",), 2.25, 2, 4),
        ("order_kept", ("A", "", "a1"), 1 / 3, 2, 3),  # 1, 2, 3 taken as 1, 3, 2
        ("order_kept", ("A", "", "a3"), -1, 1, 1),
        ("order_kept", ("A",), 0, 2, 4),
    ],
)
def test_questions(log: Analysis, measure: str, where: tuple[str, ...], value: float, n: float, of: float) -> None:
    found = told(log, measure, *where)
    assert (found["value"], found["n"], found["of"]) == pytest.approx((value, n, of))


@pytest.mark.parametrize(
    ("measure", "basis", "value", "of"),
    [
        # of five ideas, i1, i2 and i4 were followed up (of i3 it is said that it was not, of i5 nothing)
        ("idea_followed_up", "all", 3 / 5, 5),
        ("idea_followed_up", "due", 3 / 4, 4),  # after i5's session the group has not met again
        ("idea_tried", "all", 2 / 5, 5),
        ("idea_tried", "followed_up", 2 / 3, 3),
        ("idea_helped", "all", 1 / 5, 5),
        ("idea_helped", "followed_up", 1 / 3, 3),
        ("idea_helped", "tried", 1 / 2, 2),
        ("idea_helped_fully", "tried", 0, 2),  # i1 helped at first, and later only partly
        ("idea_still_used", "all", 0, 5),  # i1 was used at first, and later no more
        ("idea_retention", "01", 1 / 2, 2),
        ("idea_retention", "02", 0, 1),
        ("idea_noticed_by", "self", 1 / 2, 2),
        ("idea_kind", "tool", 2 / 5, 5),
    ],
)
def test_the_idea_chain_has_three_denominators(
    log: Analysis, measure: str, basis: str, value: float, of: float
) -> None:
    assert value_and_of(log, measure, "A", basis) == pytest.approx((value, of))


def test_an_idea_without_its_person_is_its_questions_owners(log: Analysis) -> None:
    # p1 has i1, i2 (through the question f2) and i4; p2 has i3, p3 has i5
    assert told(log, "ideas_noted")["n"] == 3
    assert told(log, "idea_tried", "A", "followed_up")["n"] == 1


def test_the_ideas_that_helped_are_followed_session_by_session(log: Analysis) -> None:
    assert value_and_of(log, "idea_helped_at_session", "A", "", "a2") == pytest.approx((1 / 2, 2))
    assert value_and_of(log, "idea_helped_at_session", "A", "", "a3") == pytest.approx((1, 1))


@pytest.mark.parametrize(
    ("measure", "basis", "value", "of"),
    [
        ("feedback_cases", "wish", 2, 3), ("feedback_cases", "complaint", 1, 3), ("feedback_closed", "wish", 0.5, 2),
        ("feedback_open", "wish", 1, 2), ("feedback_open", "complaint", 0, 1),
        ("feedback_days_to_close", "wish", 10, 1), ("feedback_days_to_close", "complaint", 20, 1),
        ("wishes_met", "", 1, 1),
    ],
)  # fmt: skip
def test_wishes_and_complaints(log: Analysis, measure: str, basis: str, value: float, of: float) -> None:
    assert value_and_of(log, measure, "A", basis) == pytest.approx((value, of))


def test_a_complaint_that_names_no_group_is_every_groups_and_counted_once_in_the_whole(log: Analysis) -> None:
    assert value_and_of(log, "feedback_cases", "B", "complaint") == (1, 1)
    assert value_and_of(log, "feedback_cases", "all", "complaint") == (1, 3)


@pytest.mark.parametrize(
    ("measure", "value", "of"),
    [("moment_given", 3 / 4, 4), ("moment_within_24h", 2 / 3, 3), ("moment_tools", 2, 3),
     ("moment_reinforced", 2 / 3, 3)],
)  # fmt: skip
def test_proud_moments(log: Analysis, measure: str, value: float, of: float) -> None:
    assert value_and_of(log, measure, "A") == pytest.approx((value, of))


def test_every_row_counts_the_people_that_are_behind_it(log: Analysis) -> None:
    for row in log.estimates.to_dict("records"):
        assert row["n"] == len(log.sets[row["people_set"]]), row["measure"]


def test_no_interval_leaves_the_values_that_are_possible(log: Analysis) -> None:
    found = log.estimates[log.estimates["measure"] == "difficulty_before"]
    assert found["low"].min() >= 0
    assert found["high"].max() <= 10


def test_the_estimates_tell_no_code_of_a_person(log: Analysis) -> None:
    texts = {
        str(cell) for column in log.estimates.select_dtypes(["object", "string"]) for cell in log.estimates[column]
    }
    assert texts & {"p1", "p2", "p3", "q1", "q2"} == set()
    assert texts & set(frozenset().union(*log.sets.values())) == set()


def test_things_whose_person_is_unknown_count_and_are_one_more_person_for_the_interval(tmp_path: Path) -> None:
    known = rows_of("questions")
    unknown = [row | {"owner": ""} if row["owner"] == "p2" else row for row in known]
    one, other = analysed_log(tmp_path / "a"), analysed_log(tmp_path / "b", tables={"questions": unknown})
    before, after = (told(it, "question_concrete") for it in (one, other))
    assert (after["value"], after["of"]) == (before["value"], before["of"])
    assert (before["n"], after["n"]) == (2, 1)
    assert (after["low"], after["high"]) == pytest.approx((before["low"], before["high"]))


def test_a_session_that_names_no_group_counts_in_each_group_and_once_in_the_whole(tmp_path: Path) -> None:
    joint = [row | {"group": ""} if row["session"] == "a4" else row for row in rows_of("sessions")]
    found = analysed_log(tmp_path / "a", tables={"sessions": joint})
    assert [told(found, "sessions_held", group)["value"] for group in ("A", "B", "all")] == [4, 3, 6]


def test_the_figures_do_not_depend_on_the_order_of_rows_or_on_the_key(tmp_path: Path, log: Analysis) -> None:
    turned = {name: rows_of(name)[::-1] for name in LOG if name != "people"}
    again = analysed_log(tmp_path / "a", tables=turned)
    columns = [name for name in log.estimates if name not in ("evaluation",)]
    assert again.estimates[columns].equals(log.estimates[columns])


@pytest.mark.parametrize("table", [name for name in LOG if name not in ("people", "attendance")])
def test_a_log_of_one_table_is_read_and_tells_only_what_it_can(table: str, tmp_path: Path) -> None:
    found = analysed_log(tmp_path / "a", without=[name for name in LOG if name not in ("people", table)]).estimates
    assert len(found) or table == "follow_ups"
    assert np.isfinite(found["value"]).all()


def test_a_log_of_sessions_alone_tells_of_sessions_alone(tmp_path: Path) -> None:
    others = [name for name in LOG if name not in ("people", "sessions")]
    found = analysed_log(tmp_path / "a", without=others)
    assert told(found, "sessions_held")["value"] == 4
    named = set(found.estimates["measure"])
    assert {name for name in named if name.startswith(("question", "idea_", "moment", "feedback", "share_"))} == set()


def test_what_is_recorded_in_one_group_only_has_no_row_in_the_other(tmp_path: Path) -> None:
    silent = [row | {"helped": ""} if row["idea"] == "j1" else row for row in rows_of("follow_ups")]
    found = analysed_log(tmp_path / "a", tables={"follow_ups": silent}).estimates
    assert set(found[(found["measure"] == "idea_helped") & (found["group_by"] == "group")]["group"]) == {"A"}


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (date(2025, 3, 3), date(2025, 3, 24), True),  # 21 days
        (date(2025, 3, 3), date(2025, 3, 23), False),  # 20: too soon, and no break makes it later
        (date(2025, 3, 3), date(2025, 4, 1), False),  # 29, and no break between
        (date(2025, 6, 16), date(2025, 8, 12), True),  # 57, of which 31 in July
        (date(2025, 6, 16), date(2025, 8, 15), False),  # 60: 29 without July
        (date(2025, 12, 10), date(2026, 1, 20), True),  # 41, of which 16 from 22 December to 6 January
        (
            date(2025, 4, 1),
            date(2025, 5, 2),
            True,
        ),  # 31, of which 5 at Easter (17 to 21 April)
        (date(2025, 7, 1), date(2025, 7, 25), True),  # 24 days, held in July all the same
    ],
)
def test_an_interval_is_as_agreed_when_it_is_not_too_long_without_the_usual_breaks(
    first: date, second: date, kept: bool
) -> None:
    assert as_agreed(first, second, 21, 28) is kept


def test_easter_is_where_the_calendar_has_it() -> None:
    # Easter Sunday: 31 March 2024, 20 April 2025, 5 April 2026
    for sunday in (date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5)):
        monday = date.fromordinal(sunday.toordinal() + 1)
        assert days_of_breaks(date.fromordinal(sunday.toordinal() - 4), monday) == 5
        assert days_of_breaks(monday, date.fromordinal(monday.toordinal() + 20)) == 0


def test_without_agreed_days_no_interval_is_judged(tmp_path: Path) -> None:
    found = analysed_log(tmp_path / "a", settings=SETTINGS.replace(", interval_days = [21, 28]", "")).estimates
    assert "interval_as_agreed" not in set(found["measure"])
    assert np.isfinite(found[found["measure"] == "interval_median"]["value"]).all()
