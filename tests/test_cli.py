"""The command line: what it prints, what it returns, and how fast it says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from evaluations import group_of, write_folder
from folders import PRE, small

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
    assert "pre.csv: rows read: 3, used: 3, blank: 0, left out: 0; columns not used: 0" in out
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


@pytest.mark.parametrize("arguments", [[], ["check"], ["no-such"], ["check", ".", "--lang", "xx"]])
def test_a_wrong_command_is_refused_with_its_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: evaltools" in capsys.readouterr().err


def test_help_comes_without_the_heavy_packages() -> None:
    code = (
        "import sys, evaltools.cli as cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'scipy', 'pandera', 'matplotlib', 'openpyxl', 'python_calamine', 'nbformat'}\n"
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
    assert main(["report", str(folder), "--out", str(tmp_path / "out")]) == 0
    assert "Open the files in a web browser" in capsys.readouterr().out
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
