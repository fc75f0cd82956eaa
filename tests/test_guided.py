"""Without a command, a person is asked: language, folder, check, report."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from evaluations import group_of, write_folder
from folders import PRE, small

from evaltools import cli
from evaltools.guided import guide, typed_path
from evaltools.language import texts

SWEDISH = texts("sv")["guided"]


class Person:
    """Types one answer after another, and closes the window where there is none left."""

    def __init__(self, *answers: str | Callable[[], str]) -> None:
        self.answers: Iterator[str | Callable[[], str]] = iter(answers)
        self.asked: list[str] = []
        self.opened: list[str] = []

    def __call__(self, question: str) -> str:
        self.asked.append(question)
        answer = next(self.answers, None)
        if answer is None:
            raise EOFError
        return answer if isinstance(answer, str) else answer()

    def show(self, address: str) -> bool:
        self.opened.append(address)
        return True

    def goes_through(self, run: Callable[[Sequence[str]], int] = cli.main) -> int:
        return guide(run, self, self.show)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "Åsas möten & annat"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "1000")
    return place


def test_a_psychologist_comes_from_a_dragged_folder_to_her_reports(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_folder(tmp_path / "Grupp Öst, höst 2026", {"g": group_of(6, [3, 4, 3], [4, 4, 4])})
    person = Person("", f'"{folder}" ', "ja", "3", "J", "")
    assert person.goes_through() == 0
    told = capsys.readouterr().out
    placed = list((tmp_path / "reports").iterdir())
    assert len(placed) == 1
    assert str(placed[0]) in told
    assert person.opened == [
        (placed[0] / "confidential" / "supervisor.sv.html").as_uri(), (placed[0] / "commissioner.sv.html").as_uri(),
    ]  # fmt: skip
    made = {path.name for path in placed[0].rglob("*")}
    assert {f"commissioner.{of}" for of in ("sv.html", "en.html", "sv.pdf", "en.docx")} <= made
    assert told.index("Steg 1 av 3") < told.index("Steg 2 av 3") < told.index("Steg 3 av 3")
    assert next(person.answers, None) is None


def test_what_is_wrong_is_mended_between_two_checks_and_can_be_had_as_a_workbook(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = small(home / "a", {"pre.csv": PRE.replace("AB02;3", "AB02;33")})

    def mended() -> str:
        (folder / "pre.csv").write_text(PRE, "utf-8")
        return ""

    person = Person("2", "1", "e", "E", mended, "no")
    assert person.goes_through() == 0
    told = capsys.readouterr()
    assert told.err.count("EV-059") == 3
    assert "small: everything is in order" in told.out
    assert sorted(path.name for path in home.glob("*.xlsx")) == ["a, to correct 1.xlsx", "a, to correct 2.xlsx"]
    assert not (home / "reports").exists()
    assert not (folder / "ledger.jsonl").exists()


def test_a_folder_that_does_not_exist_can_become_a_new_evaluation(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = Person("", "", "Hemtjänst Väst", "kanske", "nej", "Hemtjänst Väst", "ja", "")
    assert person.goes_through() == 0
    assert (home / "Hemtjänst Väst" / "evaluation.toml").is_file()
    assert SWEDISH["yes_or_no"] in capsys.readouterr().out
    assert any(str(home / "Hemtjänst Väst") in question for question in person.asked)
    assert Person("", "1", "nej").goes_through() == 0  # it is close at hand the next time, and in order
    assert "allt stämmer" in capsys.readouterr().out


def test_a_file_and_a_folder_of_something_else_are_told_apart(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = small(home / "a")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.txt").touch()
    person = Person(
        "1", str(folder / "pre.csv"), str(tmp_path / "other"), "\0", "nej", str(folder / "evaluation.toml"), "nej"
    )
    assert person.goes_through() == 0
    told = capsys.readouterr().out
    assert SWEDISH["is_a_file"] in told
    assert SWEDISH["no_settings"].partition("{folder}")[2] in told
    assert "allt stämmer" in told


def test_a_report_that_cannot_be_made_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small(home / "a")
    person = Person("", "1", "ja", "", "")
    person.goes_through(lambda command: int(command[0] == "report"))
    assert SWEDISH["report_failed"] in capsys.readouterr().out
    assert person.opened == []


def test_stopping_leaves_quietly_at_every_question(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small(home / "a")
    whole = ["", "1", "nej"]
    for answered in range(len(whole)):
        assert Person(*whole[:answered]).goes_through() == 0
    assert capsys.readouterr().err == ""
    assert sorted(path.name for path in home.iterdir()) == ["a"]
    with pytest.raises(KeyboardInterrupt):
        Person("", "1").goes_through(lambda _: cli.INTERRUPTED)


@pytest.mark.parametrize("typed", ['"{}"', "'{}'", "“{}”", " {} ", "& '{}'", "\u202a{}", '\u202a"{}"', "{}"])
def test_a_path_is_understood_however_it_came_into_the_window(tmp_path: Path, typed: str) -> None:
    folder = tmp_path / "Räksmörgås, grupp 2 (höst)"
    folder.mkdir()
    assert typed_path(typed.format(folder)) == folder
    assert typed_path(folder.as_uri()) == folder


@pytest.mark.skipif(os.name == "nt", reason="on Windows a backslash stands between folders")
def test_blanks_and_apostrophes_that_a_terminal_marks_are_understood(tmp_path: Path) -> None:
    for name in ("Åsas grupp 2", "Lars' grupp", "a\\b"):
        folder = tmp_path / name
        folder.mkdir()
        marked = str(folder).replace("\\", "\\\\").replace(" ", "\\ ").replace("'", "\\'")
        assert typed_path(f"{marked} ") == folder
        assert typed_path(str(folder)) == folder


def test_where_nobody_sits_at_a_terminal_the_help_is_shown(home: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "evaltools"], input="", capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage: evaltools" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("typed", "code"), [(b"\n1\nnej\n", 0), (b"\n\x04", 0), (b"\n\x03", 130)])
def test_in_a_real_terminal_the_questions_come_and_stopping_is_quiet(home: Path, typed: bytes, code: int) -> None:
    import pty

    small(home / "a")
    own, other = pty.openpty()
    command = [sys.executable, "-m", "evaltools"]
    child = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, start_new_session=True,
                             preexec_fn=_takes_the_terminal)  # fmt: skip
    os.close(other)
    shown = b""
    for line in typed.splitlines(keepends=True):
        while not shown.rstrip().endswith((b"]:", b"Mapp:", b"(ja/nej):")):
            shown += os.read(own, 4096)
        shown = b""
        os.write(own, line)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(10)
    if child.returncode is None:  # Python can miss a signal that comes just as it begins to wait for a line
        os.write(own, typed[-1:])
    assert child.wait(60) == code
    rest = b""
    try:
        while part := os.read(own, 4096):
            rest += part
    except OSError:  # the other end is closed
        pass
    assert b"Traceback" not in rest


def _takes_the_terminal() -> None:
    """Make the terminal the one whose Ctrl+C stops the program, as a window's is."""
    import fcntl
    import signal
    import termios

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the tests may be run where it is ignored
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
