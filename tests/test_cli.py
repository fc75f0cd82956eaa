"""The command line: what it prints, what it returns, and how fast it says so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from evaluations import group_of, write_folder
from folders import PRE, small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from evaltools import cli, folder
from evaltools.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_check_tells_what_was_read_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(small(tmp_path / "a").iterdir())
    code, out, err = run(capsys, "check", tmp_path / "a")
    assert (code, err) == (0, "")
    assert "pre.csv: rows read 3 = used 3 + blank 0 + left out 0; columns not read: 0" in out
    assert "People with answers: Before 3; After 3 (new 0, gone 0, back 0)." in out
    assert "small: everything is in order. People: 3, waves: 2, answers: 23." in out
    assert sorted((tmp_path / "a").iterdir()) == before
    assert "Personer: 3" in run(capsys, "check", tmp_path / "a", "--lang", "sv")[1]


def test_check_tells_all_folders_and_returns_1_if_one_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = small(tmp_path / "good"), small(tmp_path / "bad", {"pre.csv": PRE.replace("AB02;3", "AB02;33")})
    code, out, err = run(capsys, "check", bad, good, tmp_path / "none")
    assert code == 1
    assert "small: everything is in order" in out
    assert "bad: One error to correct" in err
    assert "none: " in err
    assert "Traceback" not in err
    assert "33" not in err


def test_notes_are_told_after_the_counts_and_nothing_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted = small(tmp_path / "a", more='\n[codes]\n"never" = "AB02"\n')
    code, out, err = run(capsys, "check", noted, "--problems", tmp_path / "notes.xlsx")
    assert (code, err) == (0, "")
    assert re.search(r"rows read 3 .*\nOne thing to know:\nEV-278 .*\nsmall: everything is in order\. Things to know "
                     r"\(see above\): 1\. People: 3", out, re.DOTALL)  # fmt: skip
    assert f"All errors and notes are in {tmp_path / 'notes.xlsx'}, with a link to each cell (rows: 1)." in out
    assert (tmp_path / "notes.xlsx").exists()


def test_the_supervisor_is_told_by_which_rule_a_result_is_kept_in_and_the_commissioner_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ("report", small(tmp_path / "a"), "--format", "html", "--out", tmp_path / "out")
    out = run(capsys, *made)[1]
    assert "Not shown to the commissioner, where it is put in the same words whatever the reason:\n  " in out
    assert ": too few people have answered at all the measurements that are compared." in out
    delivered = (tmp_path / "out" / "small" / "commissioner.html").read_text("utf-8")
    assert "so that nobody" in delivered
    assert "too few people have answered" not in delivered


def test_all_problems_of_all_folders_go_to_one_workbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = [small(tmp_path / name, {"pre.csv": PRE.replace("AB02;3", "AB02;33")}) for name in ("a", "b")]
    report = tmp_path / "all.xlsx"
    code, out, _ = run(capsys, "check", *bad, small(tmp_path / "good"), tmp_path / "none", "--problems", report)
    assert code == 1
    assert "(rows: 3)" in out
    sheet = load_workbook(report).active
    assert isinstance(sheet, Worksheet)
    told = {(sheet.cell(row, 1).value, sheet.cell(row, 3).value) for row in range(2, sheet.max_row + 1)}
    assert told == {("EV-059", str(bad[0])), ("EV-059", str(bad[1])), ("EV-001", str(tmp_path / "none"))}
    made = report.read_bytes()
    code, out, err = run(capsys, "check", *bad, "--problems", report)
    assert (code, out, err.count("EV-280")) == (1, "", 1)
    assert report.read_bytes() == made


def test_where_there_is_nothing_to_write_no_workbook_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "check", small(tmp_path / "a"), "--problems", tmp_path / "all.xlsx")
    assert code == 0
    assert "no errors and nothing to know" in out
    assert not (tmp_path / "all.xlsx").exists()


def test_the_report_command_tells_the_counts_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_folder(tmp_path / "e", {"g": group_of(6, [3, 4, 3], [4, 4, 4])})
    with (folder / "answers.csv").open("a", encoding="utf-8") as stream:
        stream.write(";;;\n")
    with (folder / "evaluation.toml").open("a", encoding="utf-8") as stream:
        stream.write('\n[codes]\n"aldrig" = "p0"\n')
    code, out, _ = run(capsys, "report", folder, "--out", tmp_path / "out")
    assert code == 0
    assert "answers.csv: lästa rader 37 = använda 36 + tomma 1 + utelämnade 0" in out
    assert out.index("answers.csv: ") < out.index("EV-278 evaluation.toml") < out.index("commissioner.html")


@pytest.mark.parametrize("console", ["cp437", "cp850", "cp1252", "ascii"])
def test_messages_survive_an_old_console(tmp_path: Path, console: str) -> None:
    folder = small(tmp_path / "a", {"pre.csv": PRE.replace("AB02", "ab02")},
                   change={'"The purpose"': '"–Ω"'}, more='\n[codes]\n"never" = "AB02"\n')  # fmt: skip
    command = [sys.executable, "-m", "evaltools", "check", str(folder), "--lang", "sv"]
    surroundings = {**os.environ, "PYTHONIOENCODING": console}
    done = subprocess.run(command, capture_output=True, env=surroundings, check=False)
    assert done.returncode == 1
    assert "EV-270" in done.stderr.decode(console)
    assert b"Traceback" not in done.stderr
    if console != "ascii":
        assert "nollor och stora bokstäver" in done.stderr.decode(console)


@given(
    st.lists(st.sampled_from(["", "1", "2", "7"]), max_size=12),
    st.sampled_from([";;;;\n", "", "\n", "\n\n;;;;\n"]),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_that_is_read_is_used_blank_or_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given_answers: list[str], blank: str
) -> None:
    rows = [f"P{at};{answer};{answer};3;3\n" for at, answer in enumerate(given_answers)]
    pre = "Code;Q1;Q2;Q3;Q4\n" + "".join(blank + row for row in rows)
    people = "Person;Group\n" + "".join(f"P{at};A\n" for at in range(len(rows))) + "AB01;A\nAB02;A\n007;A\n"
    code, out, err = run(capsys, "check", small(tmp_path, {"pre.csv": pre, "people.csv": people}))
    assert code in (0, 1)
    assert code or not err
    counted = re.findall(r"rows read (\d+) = used (\d+) \+ blank (\d+) \+ left out (\d+)(?: \((.*)\))?;", out)
    assert len(counted) == (0 if code else 3)
    for read, used, empty, left_out, because in counted:
        assert int(read) == int(used) + int(empty) + int(left_out)
        assert int(left_out) == sum(int(n) for n in re.findall(r": (\d+)", because))
    if not code:
        assert int(counted[1][1]) == len(rows)  # no row of answers is left out here


def test_the_reasons_why_rows_were_left_out_are_told_with_their_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calendar = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
        + "".join(
            f"BEGIN:VEVENT\r\nUID:{at}\r\nSUMMARY:{what}\r\nDTSTART:2025030{at}T090000Z\r\n"
            f"DTEND:2025030{at}T100000Z\r\nEND:VEVENT\r\n"
            for at, what in ((1, "Handledning"), (2, "Lunch"), (3, "Lunch"))
        )
        + "END:VCALENDAR\r\n"
    )
    more = '\n[[files]]\npath = "c.ics"\ntable = "sessions"\nsubject = "Handledning"\ntimezone = "Europe/Stockholm"\n'
    folder = small(tmp_path, {"c.ics": calendar}, more=more)
    _, out, _ = run(capsys, "check", folder, "--lang", "sv")
    assert "c.ics: lästa rader 3 = använda 1 + tomma 0 + utelämnade 2 (annat ämne: 2);" in out


def test_a_key_that_cannot_be_used_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(small(tmp_path) / "my.key"))
    code, _, err = run(capsys, "check", tmp_path)
    assert code == 1
    assert "my.key is in the evaluation's folder" in err


def test_a_fault_of_ours_is_told_without_what_it_quotes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("KANARIE")

    monkeypatch.setattr(folder, "check_answers", broken)
    code, out, err = run(capsys, "check", small(tmp_path), "--lang", "en")
    assert code == 1
    assert "ZeroDivisionError, test_cli.py:" in err
    assert "KANARIE" not in out + err
    assert "Traceback" not in err


def test_a_stopped_run_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "read_settings", stopped)
    assert run(capsys, "check", small(tmp_path)) == (cli.INTERRUPTED, "", "")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["check"],
        ["no-such"],
        ["check", ".", "--lang", "xx"],
        ["report", ".", "--lang", "sv,xx"],
        ["report", "--lang", "sv,en"],
        ["report", "--lang", "sv", "en"],
        ["check", ".", "--lang", "sv", "en"],
    ],
)
def test_a_wrong_command_is_refused_with_its_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: evaltools" in capsys.readouterr().err


def test_help_comes_without_the_heavy_packages() -> None:
    code = (
        "import sys, evaltools.cli as cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'scipy', 'pandera', 'matplotlib', 'openpyxl', 'python_calamine', 'nbformat',\n"
        "         'dataclasses', 'tomllib', 'json', 'evaltools.language'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True).stdout
    assert "usage: evaltools" in shown
    assert shown.rstrip().endswith("heavy: []")
    assert "check" in shown


def test_the_module_runs_as_a_program(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "evaltools", "check", str(tmp_path / "none")],
                          capture_output=True, encoding="utf-8", check=False)  # fmt: skip
    assert done.returncode == 1
    assert "none: " in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_told_is_in_the_evaluations_own_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_folder(tmp_path / "e", {"g": group_of(6, [3, 4, 3], [4, 4, 4])})
    settings = folder / "evaluation.toml"
    settings.write_text(settings.read_text("utf-8").replace('language = "sv"', 'language = "en"'), "utf-8")
    assert main(["report", str(folder), "--out", str(tmp_path / "out"), "--format", "html,png"]) == 0
    *_, made, pictures = capsys.readouterr().out.partition("Double-click a file to open it")[2].splitlines()
    assert made.strip() == f"{Path('confidential', 'supervisor.html')} (confidential: for the supervisor only)"
    assert re.fullmatch(r"  figures \(pictures: [1-9]\d*\)", pictures)
    assert 'lang="en-GB"' in (tmp_path / "out" / "made" / "commissioner.html").read_text("utf-8")


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_folder(tmp_path / "e", {"g": group_of(6, [3, 4, 3], [4, 4, 4])})
    (tmp_path / "file").write_text("")
    assert main(["report", str(folder), "--out", str(tmp_path / "file")]) == 1
    shown = capsys.readouterr().err
    assert "kan inte sparas" in shown
    assert "Traceback" not in shown


def test_a_reader_that_has_read_enough_is_no_fault(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "evaltools", "instruments", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def several(place: Path) -> list[Path]:
    """Two evaluations, a copy of the first, a folder that is wrong and one that does not exist."""
    for name, change in (("a", 0), ("b", 1), ("c", 0)):
        folder = write_folder(place / name, {"g": group_of(6, [3, 4, 3], [4, 4 + change, 4])})
        settings = (folder / "evaluation.toml").read_text("utf-8")
        (folder / "evaluation.toml").write_text(
            settings.replace('"made"', '"a"' if name == "c" else f'"{name}"'), "utf-8"
        )
    (place / "wrong").mkdir()
    (place / "wrong" / "evaluation.toml").write_text("id = ", "utf-8")
    return [place / name for name in ("a", "wrong", "b", "none", "c")]


def test_several_folders_at_once_give_and_say_the_same_as_one_after_another(tmp_path: Path) -> None:
    told, files = [], []
    for jobs in (1, 2):
        place = tmp_path / str(jobs)
        place.mkdir()
        command = [sys.executable, "-m", "evaltools", "report", *(each.name for each in several(place)),
                   "--jobs", str(jobs), "--format", "html"]  # fmt: skip
        done = subprocess.run(command, cwd=place, capture_output=True, encoding="utf-8", check=False,
                              env=os.environ | {"EVALTOOLS_KEY_FILE": str(tmp_path / f"{jobs}.key")})  # fmt: skip
        told.append((done.returncode, done.stdout, done.stderr))
        files.append({path.relative_to(place): path.read_bytes() for path in (place / "reports").rglob("*.*")})
    assert told[0] == told[1]
    assert files[0] == files[1]
    assert {path.parts[1] for path in files[0]} == {"a", "b"}
    code, _, err = told[0]
    assert code == 1
    assert re.findall(r"^(\w+): ", err, re.MULTILINE) == ["wrong", "none", "c"], "a copy of an evaluation is refused"
    assert "Traceback" not in err


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5"])
def test_a_number_of_folders_at_once_that_is_none_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["report", "a", "b", "--jobs", number])
    assert "a whole number, 1 or more" in capsys.readouterr().err
