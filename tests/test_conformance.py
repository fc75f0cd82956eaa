"""Where each of the 25 hard cases is held: the tests by number, so that none of them can be lost unseen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_NAMED = re.compile(r"^def (test_\w+)", re.MULTILINE)
_NUMBERED = re.compile(r"test_(?:case_)?(\d+)_")
# Cases, and parts of them, that stand under other names in the tests of their own module.
ELSEWHERE = {
    3: ("test_property_formats.py::test_every_combination_of_delimiter_encoding_and_line_ending_is_read",),
    18: ("test_attendance.py::test_titles_second_headings_notes_and_sums_are_no_sessions",),
    20: ("test_attendance.py::test_text_dates_follow_the_declared_order",),
    24: ("test_conformance_rows.py::test_the_same_anonymous_answers_within_ten_minutes_are_told",),
    25: ("test_calendars.py::test_windows_zone_names_are_known",
         "test_calendars.py::test_a_time_whose_day_is_not_known_is_told_with_its_line",
         "test_calendars.py::test_a_cancelled_meeting_stays_as_cancelled_and_a_moved_one_stands_on_both_days",
         "test_calendars.py::test_a_series_keeps_its_time_of_day_across_the_change_of_clocks",
         "test_calendars.py::test_the_newest_version_of_an_entry_counts",
         "test_attendance.py::test_teams_tables_are_kept_apart_and_people_found_by_name_or_address",
         "test_attendance.py::test_zoom_tables_are_kept_apart_and_renamed_people_found"),
}  # fmt: skip


def named_by_file() -> dict[str, list[str]]:
    return {path.name: _NAMED.findall(path.read_text("utf-8")) for path in Path(__file__).parent.glob("test_*.py")}


@pytest.mark.parametrize("case", range(1, 26))
def test_every_hard_case_is_held_by_a_test(case: int) -> None:
    known = named_by_file()
    numbered = [name for file, names in known.items() if file.startswith("test_conformance") for name in names
                if (found := _NUMBERED.match(name)) and int(found[1]) == case]  # fmt: skip
    elsewhere = [place.split("::") for place in ELSEWHERE.get(case, ())]
    assert numbered or elsewhere
    assert [name for file, name in elsewhere if name not in known.get(file, ())] == []
