"""Calendars: right local days and times, what became of each meeting, nothing guessed, nothing told that is private."""

from __future__ import annotations

import random
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from conftest import shared
from folders import small, told

from evaltools.errors import Problems, problem_text
from evaltools.exports.calendars import calendar_meetings, calendar_records
from evaltools.exports.roster import Asked
from evaltools.folder import read_evaluation

ANY = Asked(group="A", subject="*", until=date(2026, 3, 1))
Told = list[tuple[str, int | None, str]]


def entry(*lines: str, uid: str = "1", subject: str = "Handledning") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{subject}", *lines, "END:VEVENT"])


def calendar(*entries: str, head: str = "VERSION:2.0") -> bytes:
    return "\n".join(["BEGIN:VCALENDAR", head, *entries, "END:VCALENDAR", ""]).replace("\n", "\r\n").encode()


def stockholm(start: str, end: str = "") -> tuple[str, ...]:
    ends = (f"DTEND;TZID=Europe/Stockholm:{end}",) if end else ()
    return (f"DTSTART;TZID=Europe/Stockholm:{start}", *ends)


def read(data: bytes, asked: Asked = ANY) -> tuple[list[str], Told]:
    problems = Problems()
    meetings, _, _ = calendar_meetings(data, "cal.ics", asked, problems)
    found = [f"{meeting.day} {meeting.at and f'{meeting.at:%H:%M}'} {meeting.status}" for meeting in meetings]
    return found, [(problem.key, problem.row, problem.column) for problem in problems.found]


def records(data: bytes, asked: Asked = ANY) -> tuple[list[dict[str, str]], int, dict[str, int]]:
    problems = Problems()
    found = calendar_records(data, "cal.ics", asked, problems)
    assert problems.found == []
    return found.values, found.rows_read, dict(found.left_out)


def test_a_meeting_has_its_local_day_and_its_length() -> None:
    found, rows, left_out = records(calendar(entry(*stockholm("20250310T090000", "20250310T110000"))))
    assert found == [
        {"session": "A-2025-03-10", "group": "A", "date": "2025-03-10", "status": "held", "planned_minutes": "120"}
    ]
    assert (rows, left_out) == (1, {})


def test_windows_zone_names_are_known() -> None:
    times = ("DTSTART;TZID=W. Europe Standard Time:20250310T090000", "DTEND:20250310T100000Z")
    asked = Asked(subject="*", timezone="Europe/Stockholm", until=date(2026, 1, 1))
    found, wrong = read(calendar(entry(*times)), asked)
    assert (found, wrong) == (["2025-03-10 09:00 held"], [])


@pytest.mark.parametrize(
    ("start", "key"),
    [
        ("DTSTART;TZID=Middle Earth:20250310T090000", "calendar_zone_unknown"),
        ('DTSTART;TZID="(GMT+01:00) Stockholm, Vienna":20250310T090000', "calendar_zone_unknown"),
        ("DTSTART:20250310T090000", "calendar_zone_missing"),
        ("DTSTART:20250310T230000Z", "calendar_zone_missing"),
        ("DTSTART:yesterday", "calendar_entry_broken"),
        ("DTSTART:090000", "calendar_entry_broken"),
        ("DTSTAMP:20250310T230000Z", "calendar_entry_broken"),
        ("DTSTART:00010101T000000Z\nDTSTART:20250101T000000Z", "calendar_entry_broken"),
    ],
)
def test_a_time_whose_day_is_not_known_is_told_with_its_line(start: str, key: str) -> None:
    assert read(calendar(entry(start))) == ([], [(key, 3, "DTSTART")])


def test_utc_counts_in_the_calendars_or_the_declared_zone() -> None:
    late = calendar(entry("DTSTART:20250310T233000Z"), head="X-WR-TIMEZONE:Europe/Stockholm")
    assert read(late) == (["2025-03-11 00:30 held"], [])  # an hour ahead in winter: the next day
    summer = calendar(entry("DTSTART:20250630T220000Z"))
    declared = Asked(subject="*", timezone="Europe/Stockholm", until=date(2026, 1, 1))
    assert read(summer, declared) == (["2025-07-01 00:00 held"], [])
    unknown = Asked(subject="*", timezone="Europe/Handen", until=date(2026, 1, 1))
    assert read(summer, unknown) == ([], [("timezone_unknown", None, "")])


def test_a_zone_that_the_file_defines_itself_is_used() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Own\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0700\n"
        "TZOFFSETTO:+0700\nEND:STANDARD\nEND:VTIMEZONE"
    )
    own = entry("DTSTART;TZID=Own:20250310T060000")
    assert read(calendar(zone, own)) == (["2025-03-10 06:00 held"], [])
    declared = Asked(subject="*", timezone="Europe/Stockholm", until=date(2026, 1, 1))
    assert read(calendar(zone, own), declared)[0] == ["2025-03-10 00:00 held"]  # seven hours from UTC, less one


def test_a_series_keeps_its_time_of_day_across_the_change_of_clocks() -> None:
    weekly = entry(*stockholm("20250320T140000", "20250320T160000"), "RRULE:FREQ=WEEKLY;COUNT=3")
    found, _, _ = records(calendar(weekly))  # clocks changed on 30 March 2025
    assert [row["date"] for row in found] == ["2025-03-20", "2025-03-27", "2025-04-03"]
    assert read(calendar(weekly))[0] == [f"{row['date']} 14:00 held" for row in found]
    utc = entry("DTSTART:20250320T130000Z", "RRULE:FREQ=WEEKLY;COUNT=3")
    assert read(calendar(utc, head="X-WR-TIMEZONE:Europe/Stockholm"))[0][-1] == "2025-04-03 15:00 held"


def test_minutes_across_the_change_of_clocks_are_those_that_passed() -> None:
    night = entry(*stockholm("20250330T010000", "20250330T040000"))
    assert records(calendar(night))[0][0]["planned_minutes"] == "120"


def test_a_cancelled_meeting_stays_as_cancelled_and_a_moved_one_stands_on_both_days() -> None:
    data = calendar(
        entry(*stockholm("20250303T090000"), "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20250310T080000Z"),
        entry(*stockholm("20250317T090000"), "RECURRENCE-ID;TZID=Europe/Stockholm:20250317T090000", "STATUS:CANCELLED"),
        entry(*stockholm("20250326T130000"), "RECURRENCE-ID:20250324T080000Z", subject="Annan lokal"),
        head="X-WR-TIMEZONE:Europe/Stockholm",
    )  # fmt: skip
    expected = [
        "2025-03-03 09:00 held",
        "2025-03-17 09:00 cancelled",
        "2025-03-24 09:00 moved",
        "2025-03-26 13:00 held",
    ]
    assert read(data) == (expected, [])
    assert read(data, Asked(subject="Handledning", until=date(2026, 1, 1))) == (expected, [])
    names = [row["session"] for row in records(data)[0]]
    assert names == ["A-2025-03-03", "A-2025-03-17-0900", "A-2025-03-24-0900", "A-2025-03-26"]


def test_another_time_on_the_same_day_is_not_moved() -> None:
    data = calendar(
        entry(*stockholm("20250303T090000"), "RRULE:FREQ=WEEKLY;COUNT=1"),
        entry(*stockholm("20250303T130000"), "RECURRENCE-ID;VALUE=DATE:20250303"),
    )
    assert read(data) == (["2025-03-03 13:00 held"], [])


def test_a_calendar_of_cancellations_cancels() -> None:
    data = calendar(entry(*stockholm("20250303T090000")), head="METHOD:CANCEL")
    assert read(data)[0] == ["2025-03-03 09:00 cancelled"]


def test_the_newest_version_of_an_entry_counts() -> None:
    old = entry(*stockholm("20250303T090000"), "SEQUENCE:2")
    new = entry(*stockholm("20250305T090000"), "SEQUENCE:10")
    for data in (calendar(old, new), calendar(new, old)):
        found, rows, left_out = records(data)
        assert [row["date"] for row in found] == ["2025-03-05"]
        assert (rows, left_out) == (2, {"older_version": 1})
    stamped = entry(*stockholm("20250306T090000"), "SEQUENCE:2", "LAST-MODIFIED:20250101T000000Z")
    assert read(calendar(stamped, old))[0] == ["2025-03-06 09:00 held"]


def test_two_versions_of_which_none_is_newer_are_told() -> None:
    one, other = entry(*stockholm("20250303T090000")), entry(*stockholm("20250305T090000"))
    assert read(calendar(one, other))[1] == [("calendar_entry_twice", 8, "")]
    assert read(calendar(one, one)) == (["2025-03-03 09:00 held"], [])


def test_entries_without_uid_are_different_meetings() -> None:
    data = calendar(entry(*stockholm("20250303T090000")), entry(*stockholm("20250305T090000")))
    assert len(read(data.replace(b"UID:1\r\n", b""))[0]) == 2


def test_other_entries_are_left_out_and_counted() -> None:
    data = calendar(
        entry(*stockholm("20250303T090000")),
        entry(*stockholm("20250304T090000"), "STATUS:TENTATIVE", uid="2"),
        entry(*stockholm("20270304T090000"), uid="3"),
        entry("DTSTART;VALUE=DATE:20250606", uid="4", subject="Nationaldagen"),
        entry("DTSTART:broken", uid="5", subject="Tandläkare"),
        entry(*stockholm("20250331T090000"), "STATUS:CANCELLED", uid="6", subject="Inställt: Handledning"),
    )
    found, rows, left_out = records(data, Asked(subject="Handledning", until=date(2026, 1, 1)))
    assert [(row["date"], row["status"]) for row in found] == [("2025-03-03", "held"), ("2025-03-31", "cancelled")]
    assert (rows, left_out) == (6, {"other_subject": 2, "tentative": 1, "after_report_date": 1})


def test_which_entries_are_sessions_is_asked() -> None:
    data = calendar(entry(*stockholm("20250303T090000")), entry("DTSTART;VALUE=DATE:20250606", uid="2", subject="Helg"))
    assert read(data, Asked(until=date(2026, 1, 1))) == ([], [("calendar_subject_missing", None, "")])
    assert read(data, Asked(subject="Semester")) == ([], [("calendar_subject_not_found", None, "")])


def test_two_sessions_on_a_day_have_ids_of_their_own() -> None:
    data = calendar(entry(*stockholm("20250303T090000")), entry(*stockholm("20250303T130000"), uid="2"))
    assert [row["session"] for row in records(data)[0]] == ["A-2025-03-03-0900", "A-2025-03-03-1300"]


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=", "nonsense", "FREQ=WEEKLY\nRRULE:FREQ=DAILY"],
)
def test_a_rule_that_cannot_be_followed_is_told(rule: str) -> None:
    assert read(calendar(entry(*stockholm("20250303T090000"), f"RRULE:{rule}")))[1] == [
        ("calendar_series_unclear", 3, "RRULE")
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("RRULE;X:FREQ=DAILY", ("calendar_entry_broken", 3, "RRULE")),
        ("EXDATE:foo", ("calendar_series_unclear", 3, "EXDATE")),
        ("DESCRIPTION;X:RRULE", None),
    ],
)
def test_a_damaged_line_is_told_where_it_says_when(line: str, expected: tuple[str, int, str] | None) -> None:
    assert read(calendar(entry(*stockholm("20250303T090000"), line)))[1] == ([expected] if expected else [])


def test_an_endless_series_ends_at_the_report() -> None:
    daily = calendar(entry(*stockholm("20250303T090000"), "RRULE:FREQ=DAILY"))
    assert len(read(daily, Asked(until=date(2025, 3, 12)))[0]) == 10


def test_without_the_extra_a_series_is_told_and_a_single_meeting_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "recurring_ical_events", None)
    data = calendar(
        entry(*stockholm("20250303T090000")), entry(*stockholm("20250303T090000"), "RRULE:FREQ=DAILY", uid="2")
    )
    assert read(data) == (["2025-03-03 09:00 held"], [("calendar_extra_missing", 8, "RRULE")])


@pytest.mark.parametrize("data", [b"BEGIN:VCALENDAR", b"BEGIN:VCALENDAR\r\n\xff\xfe\x00", b"", b"END:VCALENDAR"])
def test_what_is_no_calendar_is_told(data: bytes) -> None:
    assert read(data)[1][0][0] in ("calendar_broken", "calendar_empty")


REAL = {
    # by hand: 24 Mondays and Wednesdays from 8 December 2025 to 25 February 2026, and two single meetings
    "allenporter_office_360_nz_tz.ics": (26, "2025-10-08 09:00 held", "2026-02-25 15:00 held", []),
    # by hand: one meeting whose series ends as it begins; 47 alternate Tuesdays less two that are excepted
    "allenporter_office_356_custom_timezone.ics": (46, "2024-05-02 11:00 held", "2026-02-24 15:00 held", []),
    "allenporter_office_365_extended_timezone.ics": (1, "2024-04-26 14:00 held", "2024-04-26 14:00 held", []),
    # by hand: Thursdays from 5 October to 28 December 2023
    "allenporter_google_dtstart_until_mismatch.ics": (13, "2023-10-05 09:00 held", "2023-12-28 09:00 held", []),
    "allenporter_recurring_with_single_change.ics": (3, "2026-02-01 10:00 held", "2026-02-03 10:00 held", []),
    "nodeical_google-recurrence-order.ics": (3, "2026-02-10 10:00 held", "2026-02-12 10:00 held", []),
    "nodeical_exchange-custom-tz.ics": (1, "2019-04-30 09:00 held", "2019-04-30 09:00 held", []),
    "nodeical_tentative-apple-calendar.ics": (3, "2022-07-05 09:00 held", "2022-07-07 09:00 held", []),
    "nodeical_whole_day_moved_over_dst_change_berlin.ics": (4, "2024-10-27 None held", "2024-10-30 None held", []),
    "icalendar_issue_237_fail_to_parse_timezone_with_non_ascii_tzid.ics": (
        1, "2017-05-11 13:30 held", "2017-05-11 13:30 held", []),
    "icalendar_multiple_calendar_components.ics": (3, "2003-05-01 None held", "2003-12-25 None held", []),
    "allenporter_calendar_labs_same_day_dtend.ics": (1, "2025-12-08 None held", "2025-12-08 None held", []),
    "allenporter_google_calendar_public_holidays.ics": (111, "2021-01-01 None held", "2023-12-31 None held", []),
    "allenporter_google_calendar_invalid_offset.ics": (0, "", "", []),  # tentative
    "nodeical_Office-2012-owa.ics": (0, "", "", [("calendar_zone_unknown", row, "DTSTART") for row in (6, 25, 44, 63)]),
    "nodeical_windows-quoted-tz-rrule.ics": (0, "", "", [("calendar_zone_unknown", 2, "DTSTART")]),
    "icalendar_issue_127_categories_with_commas.ics": (0, "", "", [("calendar_zone_missing", 4, "DTSTART")]),
    "icalendar_broken_dtstart.ics": (0, "", "", [("calendar_entry_broken", 4, "DTSTART")]),
    "icalendar_bom_calendar.ics": (0, "", "", [("calendar_empty", None, "")]),
    "icalendar_empty.ics": (0, "", "", [("calendar_empty", None, "")]),
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_real_calendars(name: str) -> None:
    count, first, last, wrong = REAL[name]
    found, problems = read(shared(f"exports/ics/{name}").read_bytes())
    assert (len(found), problems) == (count, wrong)
    assert ([*found, ""][0], ["", *found][-1]) == (first, last)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("DESCRIPTION:Ta upp 811218-9876", (7, "DESCRIPTION")),
        ("DESCRIPTION;LANGUAGE=sv:Ta upp\\n1981121\n 8-9876 igen", (7, "DESCRIPTION")),
        ("ATTENDEE;CN=Vera 19811218-9876:mailto:vera@example.se", (7, "ATTENDEE")),
        ("19811218-9876:x", (7, "")),
        ("UID:198112189876", None),
        ("DESCRIPTION:Ring 08-123 456 78", None),
    ],
)
def test_a_personnummer_in_any_entry_is_refused_by_its_line(line: str, told: tuple[int, str] | None) -> None:
    data = calendar(entry("DTSTART;TZID=Europe/Stockholm:20250303T090000", line, subject="Annat"))
    problems = Problems()
    calendar_records(data, "cal.ics", Asked(subject="*", until=date(2026, 1, 1)), problems)
    found = [(problem.row, problem.column) for problem in problems.found if problem.key == "looks_like_personnummer"]
    assert found == ([told] if told else [])
    assert "9876" not in problem_text(problems.found, "sv")


def test_one_broken_entry_of_a_real_calendar_does_not_hide_the_others() -> None:
    data = shared("exports/ics/nodeical_ms_timezones.ics").read_bytes()
    found, wrong = read(data, Asked(subject="*", until=date(2020, 9, 30)))
    assert wrong == [("calendar_entry_broken", 145, "DTSTART")]
    assert "2020-09-10 09:00 held" in found  # W. Europe Standard Time
    assert "2020-09-15 08:30 held" in found  # Pacific Standard Time
    assert "2020-07-21 12:00 held" not in found  # excepted


def test_exceptions_given_as_days_hold_for_a_series_with_times() -> None:
    data = shared("exports/ics/allenporter_google_calendar_invalid_offset.ics").read_bytes()
    found, _ = read(data.replace(b"TENTATIVE", b"CONFIRMED"))  # by hand: 3 to 12 February 2003 but the 8th and 9th
    assert [line[:10] for line in found] == [f"2003-02-{day:02d}" for day in (3, 4, 5, 6, 7, 10, 11, 12)]


def test_messages_hold_no_subject_and_no_address() -> None:
    spoilt = calendar(
        entry("DTSTART:20250303T090000", "ATTENDEE;CN=Vera Vall:mailto:vera@example.se", subject="Vera Vall"),
        entry("DTSTART:never", uid="vera@example.se", subject="Samtal med Vera Vall"),
    )  # fmt: skip
    problems = Problems()
    calendar_records(spoilt, "cal.ics", ANY, problems)
    for language in ("sv", "en"):
        text = problem_text(problems.found, language)
        assert "Vera" not in text
        assert "vera" not in text
        assert "cal.ics" in text


SESSIONS = """
[[files]]
path = "cal.ics"
table = "sessions"
subject = "Handledning"
"""


def test_a_folder_takes_its_sessions_from_a_calendar(tmp_path: Path) -> None:
    data = calendar(
        entry(*stockholm("20250303T090000", "20250303T110000"), "RRULE:FREQ=WEEKLY;COUNT=2"),
        entry("DTSTART;VALUE=DATE:20250606", uid="2", subject="Nationaldagen"),
    )
    evaluation = read_evaluation(small(tmp_path, {"cal.ics": data}, more=SESSIONS))
    sessions = evaluation.sessions[["session", "group", "status", "planned_minutes"]]
    assert sessions.to_numpy().tolist() == [["A-2025-03-03", "A", "held", 120.0], ["A-2025-03-10", "A", "held", 120.0]]
    log = evaluation.load_log.set_index("file").loc["cal.ics"]
    assert (log["rows_read"], log["rows_used"], log["rows_left_out"]) == (2, 1, 1)
    assert log["left_out_because"] == "other_subject: 1"


def test_whose_sessions_they_are_is_asked_where_there_are_several_groups(tmp_path: Path) -> None:
    files = {"cal.ics": calendar(entry(*stockholm("20250303T090000")))}
    two = {'label = "Group A"': 'label = "Group A"\n\n[[groups]]\nid = "B"\nlabel = "Group B"'}
    assert "cal.ics: It is not said which group" in told(small(tmp_path / "a", files, change=two, more=SESSIONS))
    unknown = SESSIONS + 'group = "C"\n'
    assert "The group is not in evaluation.toml" in told(small(tmp_path / "b", files, change=two, more=unknown))
    right = SESSIONS + 'group = "B"\n'
    assert read_evaluation(small(tmp_path / "c", files, change=two, more=right)).sessions["group"].tolist() == ["B"]


def test_a_calendar_cannot_be_read_as_attendance(tmp_path: Path) -> None:
    files = {"cal.ics": calendar(entry(*stockholm("20250303T090000")))}
    wrong = SESSIONS.replace('"sessions"', '"attendance"')
    assert "ics cannot be read as attendance" in told(small(tmp_path, files, more=wrong))


def _seeds() -> list[bytes]:
    zone = "BEGIN:VTIMEZONE\nTZID:Own\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\n" \
           "TZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE"  # fmt: skip
    return [
        calendar(
            zone,
            entry(*stockholm("20250303T090000", "20250303T110000"), "RRULE:FREQ=WEEKLY;COUNT=9", "SEQUENCE:1"),
            entry(*stockholm("20250319T090000"), "RECURRENCE-ID;TZID=Europe/Stockholm:20250317T090000"),
            entry("DTSTART;TZID=Own:20250401T090000", "DURATION:PT2H", "STATUS:CANCELLED", uid="2"),
            entry("DTSTART;VALUE=DATE:20250606", "RRULE:FREQ=YEARLY;BYMONTH=6;UNTIL=20300101", uid="3"),
            head="X-WR-TIMEZONE:Europe/Stockholm",
        )
    ]  # fmt: skip


def test_damaged_calendars_are_told_or_read_but_never_break() -> None:
    rng = random.Random(25)
    alphabet = b"0123456789:;=,\r\n TZ-" + bytes(range(256))
    for seed in _seeds():
        for _ in range(400):
            data = bytearray(seed)
            for _ in range(rng.randint(1, 6)):
                at = rng.randrange(len(data))
                act = rng.randrange(3)
                if act == 0:
                    data[at] = rng.choice(alphabet)
                elif act == 1:
                    del data[at : at + rng.randint(1, 30)]
                else:
                    data[at:at] = data[at : at + rng.randint(1, 40)]
            began, problems = time.perf_counter(), Problems()
            found = calendar_records(bytes(data), "cal.ics", ANY, problems)
            assert found.values or problems.found or found.left_out
            assert problem_text(problems.found, "sv")
            assert time.perf_counter() - began < 20
