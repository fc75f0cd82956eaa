"""A folder of files to one `Evaluation`: links, repeats, ranges, and messages that give nothing away."""

from __future__ import annotations

import ast
import shutil
import string
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, SAMPLES
from folders import PEOPLE, POST, PRE, SETTINGS, answers, small, told

from evaltools.errors import FolderError, Problems, problem_text
from evaltools.folder import read_evaluation
from evaltools.language import languages, texts
from evaltools.schemas import ESTIMATES, validate_estimates

JOB = "toolkit_job_satisfaction"
LOG = """
[[files]]
path = "sessions.csv"
table = "sessions"

[[files]]
path = "attendance.csv"
table = "attendance"
"""
SESSIONS = "Session;Group;Date;Status\n1;A;2025-02-01;held\n2;A;2025-03-01;cancelled\n"
ATTENDANCE = "Session;Person;Present\n1;AB01;yes\n1;007;no\n"


def test_a_right_folder_becomes_one_evaluation(tmp_path: Path) -> None:
    found = read_evaluation(small(tmp_path, {"sessions.csv": SESSIONS, "attendance.csv": ATTENDANCE}, more=LOG))
    assert (found.id, found.language, str(found.report_date), found.policy) == ("small", "en", "2026-01-31", "standard")
    assert found.waves["wave"].tolist() == ["pre", "post"]
    assert found.people["group"].tolist() == ["A", "A", "A"]
    assert found.sessions["status"].tolist() == ["held", "cancelled"]
    assert found.attendance["present"].tolist() == [False, True]  # 007 stands before AB01
    assert answers(found)[0, "pre", "js1"] == 5
    assert set(found.instruments) == {JOB}
    assert (found.load_log["rows_read"] == found.load_log["rows_used"] + found.load_log["blank_rows"]).all()


def test_rows_of_different_files_are_joined_by_code_and_not_by_their_order(tmp_path: Path) -> None:
    found = answers(read_evaluation(small(tmp_path)))
    assert [found[2, wave, "js1"] for wave in ("pre", "post")] == [3, 4]  # AB02 stands second in both files
    assert [found[0, wave, "js1"] for wave in ("pre", "post")] == [5, 5]  # 007 stands last, then first


def test_leading_zeros_and_trailing_blanks_of_codes(tmp_path: Path) -> None:
    spaced = PRE.replace("AB01;", " AB01 ;").replace("007;", "007\u00a0;")
    assert answers(read_evaluation(small(tmp_path / "a", {"pre.csv": spaced}))) == answers(
        read_evaluation(small(tmp_path / "b"))
    )
    message = told(small(tmp_path / "c", {"pre.csv": PRE.replace("007", "7")}))
    assert "pre.csv, row 4, column A (Code): The person code is not in the list of people" in message


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"pre.csv": PRE.replace("AB02;3", "AB02;33")}, "pre.csv, row 3, column B (Q1): The answer lies outside"),
        ({"pre.csv": PRE.replace("AB02;3", "AB02;3,5")}, "pre.csv, row 3, column B (Q1): The answer lies outside"),
        ({"pre.csv": PRE.replace("AB02;3", "AB02;0")}, "pre.csv, row 3, column B (Q1): The answer lies outside"),
        ({"pre.csv": PRE.replace("AB02;3", "AB02;x")}, "pre.csv, row 3, column B (Q1): The cell cannot be read"),
        ({"pre.csv": PRE.replace("AB02", "AB01")}, "pre.csv, row 3, column A (Code): The person has answered"),
        ({"pre.csv": PRE.replace("AB02", "")}, "pre.csv, row 3, column A (Code): The cell is blank"),
        ({"pre.csv": PRE.replace("AB02", "XX99")}, "pre.csv, row 3, column A (Code): The person code is not in"),
        ({"pre.csv": PRE.replace("AB02", "19811218-9876")}, "row 3, column A (Code): There seems to be a Swed"),
        ({"people.csv": PEOPLE.replace("AB02;A", "AB02;B")}, "people.csv, row 3, column B (Group): The group is not"),
        ({"people.csv": PEOPLE.replace("AB02;A", "AB01;A")}, "people.csv, row 3, column A (Person): The same person"),
        ({"sessions.csv": SESSIONS.replace("held", "done")}, "row 2, column D (Status): The value is not one of"),
        ({"sessions.csv": SESSIONS.replace("1;A", "1;B")}, "sessions.csv, row 2, column B (Group): The group is not"),
        ({"sessions.csv": SESSIONS.replace("2025-03-01", "1/3")}, "row 3, column C (Date): The cell cannot be read"),
        ({"sessions.csv": SESSIONS.replace("2;A", "1;A")}, "row 3, column A (Session): The same session appears twice"),
        ({"attendance.csv": ATTENDANCE.replace("1;007", "9;007")}, "row 3, column A (Session): The session is not"),
        ({"attendance.csv": ATTENDANCE.replace("007", "7")}, "row 3, column B (Person): The person code is not in"),
        ({"attendance.csv": ATTENDANCE.replace("no", "?")}, "row 3, column C (Present): The cell cannot be read as y"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(tmp_path: Path, files: dict[str, str], says: str) -> None:
    log = {"sessions.csv": SESSIONS, "attendance.csv": ATTENDANCE}
    message = told(small(tmp_path, {**log, **files}, more=LOG))
    assert says in message


def test_one_mistake_is_told_once(tmp_path: Path) -> None:
    people = PEOPLE.replace("Group\n", "Group;Joined\n").replace("AB02;A", "AB02;A;last year")
    assert told(small(tmp_path / "a", {"people.csv": people})).startswith("One error")
    assert told(small(tmp_path / "b", {"pre.csv": PRE.replace("AB02", "XX99")})).startswith("One error")
    assert told(small(tmp_path / "c", change={'wave = "pre"': 'wave = "before"'})).startswith("One error")
    assert told(small(tmp_path / "d", change={'wave = "pre"': 'instrument = "x"'})).count("questionnaire x") == 1


def test_an_answer_given_in_two_files_is_told(tmp_path: Path) -> None:
    again = {"more.csv": "Code;Q1;Q2;Q3;Q4\nAB02;3;3;;3\n"}
    more = SETTINGS.replace('[[files]]\npath = "post.csv"', '[[files]]\npath = "more.csv"\ntable = "responses"\n'
                            'wave = "pre"\nmapping = "wide"\n\n[[files]]\npath = "post.csv"')  # fmt: skip
    assert "more.csv, row 2, column B (Q1): The same person, wave, instrument, item" in told(
        small(tmp_path / "a", again, settings=more)
    )
    twice = SETTINGS.replace('path = "post.csv"', 'path = "pre.csv"').replace('wave = "post"', 'wave = "pre"')
    assert "The file pre.csv stands twice under [[files]]" in told(small(tmp_path / "b", settings=twice))
    people = SETTINGS.replace(
        'path = "pre.csv"\ntable = "responses"\nwave = "pre"', 'path = "people.csv"\ntable="people"'
    )
    assert "The file people.csv stands twice under [[files]]" in told(
        small(tmp_path / "c", settings=people.replace('mapping = "wide"\n\n', "\n", 1))
    )


def test_a_score_is_given_or_computed_and_not_both(tmp_path: Path) -> None:
    rule = '[[mapping.wide.columns]]\nmatch = { heading = "Mean" }\nscore = "job_satisfaction"\n'
    pre = "\n".join(f"{line};{'Mean' if line.startswith('Code') else 3}" for line in PRE.splitlines())
    post = "\n".join(f"{line};{'Mean' if line.startswith('Code') else ''}" for line in POST.splitlines())
    message = told(small(tmp_path, {"pre.csv": pre, "post.csv": post}, more=rule))
    assert "pre.csv, rows 2, 3, 4, column F (Mean): The score of the scale job_satisfaction is given" in message


def test_a_given_score_must_lie_on_its_scale(tmp_path: Path) -> None:
    rules = SETTINGS[: SETTINGS.index("[[mapping.wide.columns]]\nmatch = { heading_regex")]
    rules += '[[mapping.wide.columns]]\nmatch = { heading = "Mean" }\nscore = "job_satisfaction"\n'
    scores = "Code;Mean\nAB01;2,25\nAB02;{}\n007;5\n"
    good = {"pre.csv": scores.format("3.666667"), "post.csv": scores.format(1)}
    assert answers(read_evaluation(small(tmp_path / "a", good, settings=rules)))[1, "pre", "job_satisfaction"] == 2.25
    bad = good | {"post.csv": scores.format("5,1")}
    assert "post.csv, row 3, column B (Mean)" in told(small(tmp_path / "b", bad, settings=rules))


def test_unknown_waves_items_and_questionnaires_of_a_long_file_are_not_quoted(tmp_path: Path) -> None:
    long = f"person;wave;instrument;item;code\nAB01;KANARIE1;{JOB};js1;3\nAB01;pre;KANARIE2;js1;3\n"
    long += f"AB01;pre;{JOB};KANARIE3;3\nAB01;post;{JOB};js2;KANARIE4\n"
    settings = SETTINGS[: SETTINGS.index('[[files]]\npath = "pre.csv"')]
    settings += '[[files]]\npath = "long.csv"\ntable = "responses"\n'
    message = told(small(tmp_path, {"long.csv": long}, settings=settings))
    assert "long.csv, row 2, column B (wave): The wave is not under [[waves]]" in message
    assert "long.csv, row 3, column C (instrument): The questionnaire is unknown" in message
    assert f"long.csv, row 4, column D (item): The question is not in the questionnaire {JOB}" in message
    assert "long.csv, row 5, column E (code): The cell cannot be read as a number" in message
    assert "KANARIE" not in message


def test_a_questionnaire_about_the_supervision_is_refused_before_it_starts(tmp_path: Path) -> None:
    key = (ROOT / "src/evaltools/scoring_keys/toolkit_job_satisfaction.toml").read_text("utf-8")
    key = key.replace(f'"{JOB}"', '"about"').replace('"job_satisfaction"', '"about_scale"').replace('"js', '"ab')
    key = key.replace("valid_before_start = true", "valid_before_start = false")
    change = {'item = "js{number}"': 'item = "ab{number}"'}
    message = told(small(tmp_path / "a", {"scoring_keys/about.toml": key}, change=change))
    assert "pre.csv, row 2: The questionnaire about has been used before the start" in message
    assert "post.csv" not in message
    change |= {"start = 2025-02-01": "start = 2025-01-01"}
    read_evaluation(small(tmp_path / "b", {"scoring_keys/about.toml": key}, change=change))
    undated = {**change, "actual = 2025-01-15": "", "actual = 2025-12-01": ""}
    assert "before the start" in told(small(tmp_path / "c", {"scoring_keys/about.toml": key}, change=undated))


def test_without_a_list_of_people_those_who_occur_are_the_people(tmp_path: Path) -> None:
    settings = SETTINGS.replace('[[files]]\npath = "people.csv"\ntable = "people"\n', "")
    log = {"sessions.csv": SESSIONS, "attendance.csv": ATTENDANCE + "1;ZZ;yes\n"}
    found = read_evaluation(small(tmp_path / "a", log, settings=settings + LOG))
    assert found.people["group"].tolist() == ["A"] * 4
    two = settings.replace("[[waves]]", '[[groups]]\nid = "B"\nlabel = "Group B"\n\n[[waves]]', 1)
    message = told(small(tmp_path / "b", settings=two))
    assert message.startswith("One error")
    assert "There are several groups but no list of the people" in message


def test_with_several_groups_everybody_needs_one(tmp_path: Path) -> None:
    change = {"[[waves]]": '[[groups]]\nid = "B"\nlabel = "Group B"\n\n[[waves]]'}
    message = told(small(tmp_path, {"people.csv": PEOPLE.replace("AB02;A", "AB02;")}, change=change))
    assert "people.csv, row 3, column B (Group): The group of this person is missing" in message


def test_all_problems_of_a_folder_are_told_at_once(tmp_path: Path) -> None:
    files = {
        "people.csv": PEOPLE.replace("AB02;A", "AB02;X"),
        "pre.csv": PRE.replace("AB02;3", "AB02;33").replace("007", "19811218-9876"),
        "post.csv": POST.replace("Code", "Kod"),
        "scoring_keys/one.toml": "id = 1",
        "scoring_keys/two.toml": "[",
    }
    change = {'purpose = "The purpose"': "", "report_date": "reported", 'label = "After"': ""}
    message = told(small(tmp_path, files, change=change, more='[[files]]\npath = "../x"\ntable = "people"\n'))
    for part in ("contract.purpose", "reported", "report_date", "waves.label", "people.csv, row 3", "pre.csv, row 3",
                 "pre.csv, row 4", "post.csv", "heading = Code", "one.toml", "two.toml", "../x"):  # fmt: skip
        assert part in message
    assert len(message.splitlines()) == int(message.split()[0]) + 1


def test_many_problems_are_cut_and_counted(tmp_path: Path) -> None:
    more = "".join(f'[[files]]\npath = "f{at}.csv"\ntable = "people"\n' for at in range(60))
    message = told(small(tmp_path, more=more))
    assert message.startswith("60 errors")
    assert "and 10 more" in message


def test_no_message_ever_quotes_an_answer_a_name_or_a_code(tmp_path: Path) -> None:
    canary = "KANARIE"
    people = f"Person;Group;Role;Joined\n{canary}1;{canary}2;{canary}3;{canary}4\n{canary}1;A;staff;2025-01-01\n"
    pre = f"Code;Q1;Q2;Q3;Q4;Name\n{canary}5;{canary}6;3.5;77;;{canary}7\n{canary}5;1;1;1;1;{canary}8;{canary}9\n"
    post = f'Code;Q1;Q2;Q3;Q4\n{canary}1;"{canary}'
    sessions = f"Session;Group;Date;Status;Minutes\n{canary};{canary};{canary};{canary};{canary}\n"
    attendance = f"Session;Person;Present\n{canary}a;{canary}b;{canary}c\n"
    log = {"sessions.csv": sessions, "attendance.csv": attendance}
    folder = small(tmp_path, {"people.csv": people, "pre.csv": pre, "post.csv": post, **log}, more=LOG)
    for language in ("en", "sv"):
        message = told(folder, language)
        assert len(message.splitlines()) > 12
        assert canary not in message
        assert "77" not in message


def test_what_the_error_carries_is_the_message_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(FolderError) as caught:
        read_evaluation(small(tmp_path, {"sessions.csv": SESSIONS.replace("held", "KANARIE")}, more=LOG))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert len(caught.value.args) == 1


def test_messages_come_in_the_evaluations_language(tmp_path: Path) -> None:
    folder = small(tmp_path, {"pre.csv": PRE.replace("AB02;3", "AB02;33")}, change={'"en"': '"sv"'})
    with pytest.raises(FolderError, match="rad 3, kolumn B"):
        read_evaluation(folder)
    with pytest.raises(FolderError, match="row 3, column B"):
        read_evaluation(folder, language="en")


def test_checks_cannot_be_switched_off_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pandera.config import reset_config_context

    monkeypatch.setenv("PANDERA_VALIDATION_ENABLED", "False")
    monkeypatch.setenv("PANDERA_VALIDATION_DEPTH", "SCHEMA_ONLY")
    reset_config_context()
    assert "column D (Status)" in told(
        small(tmp_path, {"sessions.csv": SESSIONS.replace("held", "done"), "attendance.csv": ATTENDANCE}, more=LOG)
    )


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.csv").write_text(PRE)
    folder = small(tmp_path / "in")
    (folder / "pre.csv").unlink()
    try:
        (folder / "pre.csv").symlink_to(tmp_path / "outside.csv")
    except OSError:
        pytest.skip("links need a right that this user does not have")
    assert "leads out of the folder" in told(folder)


def test_an_evaluation_prints_its_name_only(tmp_path: Path) -> None:
    found = read_evaluation(small(tmp_path))
    assert repr(found) == str(found) == "<Evaluation small>"


@pytest.mark.parametrize("name", ["hemtjanst", "vogel-willems"])
def test_the_samples_are_right(name: str) -> None:
    found = read_evaluation(SAMPLES / name)
    assert len(found.responses) > 500
    assert found.people["person"].str.fullmatch("[0-9a-f]{32}").all()


def test_two_keys_give_the_same_tables_in_the_same_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "hemtjanst"
    shutil.copytree(SAMPLES / "hemtjanst", folder)
    seen = []
    for number in range(2):
        monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path / f"{number}.key"))
        seen.append(read_evaluation(folder))
    one, two = seen
    renamed = dict(zip(one.people["person"], two.people["person"], strict=True))
    assert not set(renamed) & set(renamed.values())
    for name in ("people", "attendance", "responses", "sessions", "waves", "groups"):
        mine, other = getattr(one, name), getattr(two, name)
        mine = mine.assign(person=mine["person"].map(renamed).astype("string")) if "person" in mine else mine
        pd.testing.assert_frame_equal(mine, other)


def test_the_table_of_results_must_have_its_columns() -> None:
    import pandera.errors

    with pytest.raises(pandera.errors.SchemaError):
        validate_estimates(pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in list(ESTIMATES.items())[1:]}))


def test_every_problem_is_told_with_everything_that_its_sentence_needs() -> None:
    place = {"file", "sheet", "row", "column"}
    for path in (ROOT / "src" / "evaltools").rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
            key = next((part.value for part in call.args[:2] if isinstance(part, ast.Constant)), None)
            if getattr(call.func, "attr", "") not in ("add", "tell") or key not in texts("sv")["problems"]:
                continue
            given = {keyword.arg for keyword in call.keywords}
            for language in languages():
                sentence = " ".join(texts(language)["problems"][key].values())
                needed = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
                assert needed <= given | place, (path.name, call.lineno, key)


def test_a_message_stays_on_its_line() -> None:
    problems = Problems()
    problems.add("scale_unknown", file="a\nb.csv", column="A (\x1b[2Jx)", item="two\r\nlines")
    assert (
        problem_text(problems.found, "en")
        .splitlines()[1]
        .startswith("EV-057 a b.csv, column A ( [2Jx): The scale two lines")
    )
