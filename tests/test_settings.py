"""``evaluation.toml``: whatever is written in it, the answer is a clear message."""

from __future__ import annotations

from pathlib import Path

import pytest
from folders import SETTINGS, small, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaltools.errors import FolderError
from evaltools.folder import read_evaluation

HEAD = SETTINGS[: SETTINGS.index("[contract]")]
CONTRACT = SETTINGS[SETTINGS.index("[contract]") : SETTINGS.index("[[groups]]")]
GOAL = "[[goals]]\nid = 'g'\ntext = 't'\nindicator = 'biajs'\n"  # of a scale from 1 to 5
NO_MAPPING = SETTINGS[: SETTINGS.index("[[mapping.wide.columns]]")]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("schema = 1", "", "schema must be 1"),
        ("schema = 1", "schema = 2", "schema must be 1"),
        ("schema = 1", "schema = true", "schema must be 1"),
        ("schema = 1", 'schema = "1"', "schema must be 1"),
        ('id = "small"', "", "id is missing or cannot be used"),
        ('id = "small"', "id = 3", "id is missing or cannot be used"),
        ('id = "small"', 'id = "../out"', "id is missing or cannot be used"),
        ('language = "en"', 'language = "xx"', "There is no such language"),
        ('language = "en"', "language = 5", "There is no such language"),
        ('language = "en"', 'language = ["en"]', "There is no such language"),
        ("report_date = 2026-01-31", "", "report_date is missing or is not a date"),
        ("report_date = 2026-01-31", "report_date = 5", "report_date is missing or is not a date"),
        ("report_date = 2026-01-31", "report_date = 10:00:00", "report_date is missing or is not a date"),
        ("report_date = 2026-01-31", "report_date = 9999-12-31", "report_date is missing or is not a date"),
        ("report_date = 2026-01-31", "report_date = 2026-01-31\nnotice = 5", "notice is not text"),
        ("report_date = 2026-01-31", "report_date = 2026-01-31\nnotes = 5", "setting notes is unknown"),
        ("report_date = 2026-01-31", "report_date = 2026-01-31\ngoals = 3", "section goals has the wrong form"),
        ("report_date = 2026-01-31", "report_date = 2026-01-31\ngoals = [3]", "section goals has the wrong form"),
        ("report_date = 2026-01-31", "report_date = 2026-01-31\nreport = 3", "section report has the wrong form"),
        ("report_date = 2026-01-31", "report_date = 2026-01-31\nconfidentiality = []", "section confidentiality"),
        ('commissioner = "The commissioner"', "", "contract.commissioner: The cell is blank"),
        ('commissioner = "The commissioner"', 'commissioner = "  "', "contract.commissioner: The cell is blank"),
        ('commissioner = "The commissioner"', "commissioner = 7", "contract.commissioner is not text"),
        ('commissioner = "The commissioner"', 'commissioner = ["a"]', "contract.commissioner is not text"),
        ('commissioner = "The commissioner"', 'commisioner = "a"', "contract.commisioner is unknown"),
        ("start = 2025-02-01", "start = 5", "contract.start: The cell cannot be read as a date"),
        ("start = 2025-02-01", 'start = "1/2 2025"', "contract.start: The cell cannot be read as a date"),
        ("start = 2025-02-01", "start = 1500-01-01", "contract.start: The cell cannot be read as a date"),
        ("start = 2025-02-01", "start = 2025-02-01\ninterval_days = 21", "interval_days must be two numbers"),
        ("start = 2025-02-01", "start = 2025-02-01\ninterval_days = [28, 21]", "interval_days must be two numbers"),
        ("start = 2025-02-01", 'start = 2025-02-01\ninterval_days = ["a", 2]', "interval_days must be two numbers"),
        ("start = 2025-02-01", "start = 2025-02-01\nframes = 3", "contract.frames has the wrong form"),
        ("start = 2025-02-01", "start = 2025-02-01\nframes = { colour = 'red' }", "contract.frames_colour is unknown"),
        ("start = 2025-02-01", "start = 2025-02-01\nframes = { length = 2 }", "contract.frames_length is not text"),
        ("start = 2025-02-01", "start = 2025-02-01\ndialogue_dates = 3", "contract.dialogue_dates"),
        ("start = 2025-02-01", "start = 2025-02-01\ndialogue_dates = [3]", "contract.dialogue_dates"),
        ("start = 2025-02-01", "start = 2025-02-01\nsessions_planned = 1.5", "cannot be read as a whole number"),
        ("start = 2025-02-01", "start = 2025-02-01\nsessions_planned = 0", "outside what is possible"),
        ("start = 2025-02-01", "start = 2025-02-01\nsessions_planned = inf", "cannot be read as a whole number"),
        ("start = 2025-02-01", 'start = 2025-02-01\nform = "both"', "one of: group, individual"),
        ("start = 2025-02-01", "start = 2025-02-01\nform = [1]", "one of: group, individual"),
        ("start = 2025-02-01", 'start = 2025-02-01\nsector = "19811218-9876"', "personnummer"),
        ("start = 2025-02-01", 'start = 2025-02-01\nsector = "a.b@example.se"', "e-mail"),
        ('id = "A"', "id = 3", "groups.group is not text"),
        ('id = "pre"', "", "waves.wave: The cell is blank"),
        ('id = "pre"', 'id = "post"', "The same wave appears twice"),
        ("actual = 2025-01-15", "actual = 2026-01-15", "The waves are not in order of time"),
        ("actual = 2025-01-15", "actual = true", "waves.actual: The cell cannot be read as a date"),
        ('path = "pre.csv"', "", "files.path: The cell is blank"),
        ('path = "pre.csv"', 'path = "../pre.csv"', "The path ../pre.csv leads out of the folder"),
        ('path = "pre.csv"', 'path = "/etc/hostname"', "leads out of the folder"),
        ('path = "pre.csv"', 'path = "a\\u0000b"', "a character that cannot be shown"),
        ('path = "pre.csv"', "path = 3", "files.path is not text"),
        ('path = "pre.csv"', 'path = "."', "The file does not exist"),
        ('table = "responses"', 'table = "answers"', "one of: people, sessions, attendance, questions"),
        ('wave = "pre"', 'wave = "before"', "files.wave: The wave is not under [[waves]]"),
        ('wave = "pre"', "wave = 3", "files.wave is not text"),
        ('wave = "pre"', "", "not said which measurement"),
        ('wave = "pre"', 'wave = "pre"\ninstrument = "none"', "The questionnaire none is unknown"),
    ],
)
def test_a_setting_that_is_wrong_is_told(tmp_path: Path, old: str, new: str, says: str) -> None:
    message = told(small(tmp_path, change={old: new}))
    assert says in message
    assert "evaluation.toml" in message or "pre.csv" in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD, "The section [contract] is missing"),
        (HEAD + "contract = 3", "The section contract has the wrong form"),
        (HEAD + "[[contract]]\nstart = 2025-01-01", "The section contract has the wrong form"),
        (HEAD + "waves = 3\n" + CONTRACT, "The section waves has the wrong form"),
        (HEAD + CONTRACT + "[waves]\nid = 'a'", "The section waves has the wrong form"),
        (HEAD + "mapping = 3\n" + CONTRACT, "The section mapping has the wrong form"),
        (NO_MAPPING + "[mapping]\nwide = 3\n", "The section mapping.wide has the wrong form"),
        (NO_MAPPING + "[mapping.wide]\ncolumns = 'a'\n", "The section mapping.wide.columns has the wrong form"),
        (SETTINGS + "[confidentiality]\npolicy = 7", "confidentiality.policy is not text"),
        (SETTINGS + "[confidentiality]\npolicy = 'none'", "Choose one of: standard, strict"),
        (SETTINGS + "[confidentiality]\nlevel = 'none'", "confidentiality.level is unknown"),
        (SETTINGS + "[report]\nrecommendations = 7", "report.recommendations is not text"),
        (SETTINGS + "[[evaluation_plan]]\nwhat = 'x'\nwave = 'pre'\nto = 'commissioner'", "called x"),
        (SETTINGS + "[[evaluation_plan]]\nwhat = 'biajs'\nwave = 'x'\nto = 'commissioner'", "evaluation_plan.wave"),
        (SETTINGS + "[[goals]]\nid = 'g'\ntext = 't'\nindicator = 'happiness'", "no scale or share called happiness"),
        (SETTINGS + GOAL + "expected = 4.1", "goals.expected: The scale biajs goes from 1 to 5"),
        (SETTINGS + GOAL + "expected = -2\nbaseline = 2.5", "not the level that you want to reach"),
        (SETTINGS + "[[goals]]\nid = 'g'\ntext = 't'\nbaseline = [1]", "goals.baseline: The cell cannot be read"),
        (SETTINGS + "[[goals]]\nid = 'g'\ntext = 't'\nweight = -1", "outside what is possible"),
        (SETTINGS + "[[scales]]\nid = 's'\nlabel = 'S'\ngiven_as = 'score'\nlow = 5\nhigh = 1\nitems = 3", "scale s"),
        (SETTINGS + "[[scales]]\nid = 's'\nlabel = 'S'\ngiven_as = 'score'\nlow = 1\nhigh = 5\nitems = 3\nstep = 0",
         "scale s"),
        (SETTINGS + "[[scales]]\nid = 's'\nlabel = 'S'\ngiven_as = 'score'\nlow = 1\nhigh = 5", "scales.items"),
        (SETTINGS + "[[scales]]\nid = 's'\nlabel = 'S'\ngiven_as = 'score'\nlow = 'a'\nhigh = {}\nitems = 'b'",
         "scales.items"),
        (SETTINGS + "[[scales]]\nid = 'biajs'\nlabel = 'S'\ngiven_as = 'score'\nlow = 1\nhigh = 5\nitems = 4",
         "The scale biajs exists twice"),
        (SETTINGS + "[[scales]]\nid='toolkit_competence'\nlabel = 'S'\ngiven_as = 'score'\nlow = 1\nhigh = 5\nitems=4",
         "The scale toolkit_competence exists twice"),
    ],
)  # fmt: skip
def test_a_section_that_is_wrong_is_told(tmp_path: Path, text: str, says: str) -> None:
    assert says in told(small(tmp_path, settings=text))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"schema = 1\nid = small\n", "evaluation.toml, row 2: The row cannot be read"),
        (b"schema = 1\nschema = 1\n", "row 2"),
        (b"[contract\n", "row 1"),
        (b"a = " + b"[" * 5000, "cannot be read"),
        (b"a = " + b"1" * 5000, "cannot be read"),
        (b"report_date = 2026-13-45", "row 1"),
        ("id = 'å'".encode("cp1252"), "not saved as UTF-8"),
        ("id = 'å'".encode("utf-16"), "not saved as UTF-8"),
        (b"", "schema must be 1"),
    ],
)
def test_settings_that_are_no_toml_are_told(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in told(small(tmp_path, settings=content))


def test_a_folder_or_file_that_is_missing_is_told(tmp_path: Path) -> None:
    assert "The folder does not exist" in told(tmp_path / "none")
    assert "The file evaluation.toml is missing" in told(tmp_path)
    (tmp_path / "evaluation.toml").mkdir()
    assert "The file evaluation.toml is missing" in told(tmp_path)


def test_a_byte_order_mark_before_the_settings_is_harmless(tmp_path: Path) -> None:
    small(tmp_path, settings=SETTINGS.encode("utf-8-sig").replace(b"\n", b"\r\n"))
    assert read_evaluation(tmp_path).id == "small"


def test_a_message_names_the_line_on_which_the_entry_begins(tmp_path: Path) -> None:
    line = SETTINGS.split("\n").index("[[waves]]") + 1
    message = told(small(tmp_path, change={'label = "Before"': 'lable = "Before"'}))
    assert f"evaluation.toml, row {line}: The setting waves.lable is unknown" in message
    assert f"evaluation.toml, row {line}, column waves.label: The cell is blank" in message


def test_one_spoilt_section_does_not_cast_doubt_on_the_rest(tmp_path: Path) -> None:
    assert told(small(tmp_path, change={'label = "Before"': "", "actual = 2025-01-15": ""})).startswith("One error")


def test_a_date_with_a_time_of_day_is_that_day(tmp_path: Path) -> None:
    found = read_evaluation(small(tmp_path, change={"report_date = 2026-01-31": "report_date = 2026-01-31T10:00:00"}))
    assert str(found.report_date) == "2026-01-31"


VALUES = st.sampled_from(
    ['""', '"x"', "0", "-1", "3", "1.5", "nan", "inf", "true", "[]", "[1]", '["a"]', "[[1]]", "[{}]", "{}", "{ a = 1 }",
     "2025-01-01", "0001-01-01", "9999-12-31", "10:00:00", "2025-01-01T10:00:00Z", '"19811218-9876"', '"a\\u0000"',
     "100000000000000000000", '"\\u2028"', '"{0}"', '"{file}"']
)  # fmt: skip
LINES = [at for at, line in enumerate(SETTINGS.split("\n")) if " = " in line]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.sampled_from(LINES), value=VALUES)
def test_no_value_anywhere_breaks_the_reader(tmp_path: Path, at: int, value: str) -> None:
    lines = SETTINGS.split("\n")
    lines[at] = f"{lines[at].partition(' = ')[0]} = {value}"
    try:
        read_evaluation(small(tmp_path, settings="\n".join(lines)))
    except FolderError as error:
        assert "evaluation.toml" in str(error) or ".csv" in str(error)
