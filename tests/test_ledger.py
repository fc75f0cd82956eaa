"""The release ledger: nothing is forgotten, whatever happens to the file, to the run, or to the folder."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from evaluations import group_of, released, write_folder

from evaltools import keys, ledger
from evaltools.errors import EvaltoolsError, FolderError, KeyFileError, LedgerError
from evaltools.file_lock import only_one
from evaltools.ledger import Entry, Event, append, open_ledger

pytestmark = pytest.mark.one_commission
TWO = {"a": group_of(6, [3, 4, 3], [4, 4, 4])}
THREE = {"a": group_of(6, [3, 4, 3], [4, 4, 4], [5, 4, 4])}


def entry(opened: ledger.Ledger, wave: str = "w9") -> Entry:
    return Entry("p", opened.key, "own", "group", "a", wave, frozenset({"x"}), {"n": 6})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An evaluation from which two figures are out."""
    released(write_folder(tmp_path / "e", TWO))
    return tmp_path / "e"


def told(folder: Path) -> str:
    with pytest.raises(EvaltoolsError) as caught:
        open_ledger(folder, language="en")
    assert caught.value.__context__ is None
    with pytest.raises(EvaltoolsError):
        released(folder)
    return str(caught.value)


Damage = Callable[[list[str]], str]
DAMAGES: dict[str, tuple[str, Damage]] = {
    "its first line is gone": ("EV-088", lambda lines: "".join(lines[1:])),
    "its last line is gone": ("EV-341", lambda lines: "".join(lines[:-1])),
    "all its lines are gone": ("EV-343", lambda _: ""),
    "a figure was changed": ("EV-088", lambda lines: lines[0].replace('"n": 6', '"n": 9') + lines[1]),
    "the last figure was changed": ("EV-342", lambda lines: lines[0] + lines[1].replace('"n": 6', '"n": 9')),
    "a person was taken out of the last": ("EV-342", lambda lines: lines[0] + without_a_person(lines[1])),
    "lines changed places": ("EV-088", lambda lines: lines[1] + lines[0]),
    "the last line is half written": ("EV-343", lambda lines: lines[0] + lines[1][:60]),
    "the last line ends inside a letter": ("EV-343", lambda lines: lines[0] + lines[1][:60] + "\\"),
    "a line in the middle is half": ("EV-088", lambda lines: lines[0][:60] + "\n" + lines[1]),
    "a line was added": ("EV-088", lambda lines: "".join(lines) + lines[-1]),
    "it is something else": ("EV-343", lambda _: "KANARIE\n"),
    "a deep nest": ("EV-343", lambda _: "[" * 100_000),
}


def without_a_person(line: str) -> str:
    fields = json.loads(line)
    return json.dumps(fields | {"people": fields["people"][1:]}, sort_keys=True) + "\n"


@pytest.mark.parametrize("damage", DAMAGES)
def test_whatever_is_done_to_the_ledger_is_told_and_nothing_is_released(folder: Path, damage: str) -> None:
    path = folder / "ledger.jsonl"
    expected, change = DAMAGES[damage]
    whole = path.read_text("utf-8")
    path.write_text(change(whole.splitlines(keepends=True)), "utf-8")
    message = told(folder)
    assert message.startswith(expected)
    assert "KANARIE" not in message
    path.write_text(whole, "utf-8")
    assert len(open_ledger(folder).entries) == 2


def test_lines_added_with_a_right_hash_are_seen_too(folder: Path) -> None:
    path = folder / "ledger.jsonl"
    last = path.read_text("utf-8").splitlines()[-1]
    forged = json.dumps(json.loads(last) | {"wave": "w7", "previous": ledger._hash(last)}, sort_keys=True)
    path.write_text(path.read_text("utf-8") + forged + "\n", "utf-8")
    assert told(folder).startswith("EV-342")


def test_a_removed_ledger_is_told_and_can_be_brought_back(folder: Path, tmp_path: Path) -> None:
    shutil.move(folder / "ledger.jsonl", tmp_path / "kept")
    assert "EV-340" in told(folder)
    assert not (folder / "ledger.jsonl").exists()
    shutil.move(tmp_path / "kept", folder / "ledger.jsonl")
    released(folder)


def test_an_older_ledger_from_a_backup_is_told(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "ledger.jsonl", tmp_path / "backup")
    released(write_folder(folder, THREE))
    shutil.copy(tmp_path / "backup", folder / "ledger.jsonl")
    assert "it has 2 lines and should have 3" in told(folder)


def test_a_ledger_that_is_no_text_or_no_file_is_told(folder: Path) -> None:
    (folder / "ledger.jsonl").write_bytes(b"\xff\xfe\x00")
    assert told(folder).startswith("EV-345")
    (folder / "ledger.jsonl").unlink()
    (folder / "ledger.jsonl").mkdir()
    assert told(folder).startswith("EV-345")


def test_a_copy_of_the_folder_goes_on_only_with_the_same_ledger(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "moved")
    released(write_folder(tmp_path / "moved", THREE))
    assert told(folder).startswith("EV-341")
    shutil.copy(tmp_path / "moved" / "ledger.jsonl", folder / "ledger.jsonl")
    assert len(open_ledger(folder).entries) == 3


def test_a_copy_with_an_id_of_its_own_is_an_evaluation_of_its_own(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "trial", ignore=shutil.ignore_patterns("ledger.jsonl"))
    settings = tmp_path / "trial" / "evaluation.toml"
    settings.write_text(settings.read_text("utf-8").replace('id = "made"', 'id = "trial"'), "utf-8")
    assert len(released(tmp_path / "trial").document["figures"]) == 2
    assert len(open_ledger(folder).entries) == 2


def test_a_ledger_that_the_key_has_never_heard_of_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = keys.load_key(folder, "made").secret
    fresh = {"schema": 1, "key": secret.decode(), "older": False, "ledgers": {}}
    (tmp_path / "fresh.key").write_text(json.dumps(fresh))
    monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path / "fresh.key"))
    assert told(folder).startswith("EV-342")


def test_another_key_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.key").write_text("k" * 40)
    monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path / "other.key"))
    assert told(folder).startswith("EV-344")


def test_a_folder_without_an_evaluation_has_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="EV-002"):
        open_ledger(tmp_path)
    (tmp_path / "evaluation.toml").write_text('id = "../up"')
    with pytest.raises(FolderError, match="id"):
        open_ledger(tmp_path)


# --- crashes: a process that dies at each step of a release

_CRASH = """
import os, sys
from pathlib import Path
from evaltools import keys, ledger
step, at = 0, int(sys.argv[2])
def dying(name, module):
    real = getattr(module, name)
    def call(*given, **named):
        global step
        if step == at:
            os._exit(9)
        step += 1
        return real(*given, **named)
    setattr(module, name, call)
for name, module in (("fsync", os), ("note_head", ledger), ("_replace", ledger), ("write_entry", keys)):
    dying(name, module)
from evaltools.analysis import analyse
from evaltools.disclosure import release
from evaltools.folder import read_evaluation
from evaltools.policy import policies
folder = sys.argv[1]
opened = ledger.open_ledger(folder)
release(analyse(read_evaluation(folder), opened), policies()["standard"], opened)
"""


@pytest.mark.parametrize("at", range(14))
def test_a_run_that_dies_at_any_step_leaves_nothing_unclear(folder: Path, at: int) -> None:
    """After the crash the ledger is the old or the new one, whole, and the next run goes on from it."""
    write_folder(folder, THREE)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", _CRASH, str(folder), str(at)], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode in (0, 9), done.stderr
    assert len(open_ledger(folder).entries) in (2, 3)
    figures = released(folder).document["figures"]
    assert [figure["n"] for figure in figures] == [6, 6, 6]
    assert len(open_ledger(folder).entries) == 3
    if at == 13:
        assert done.returncode == 0, "the steps of a release are more than were tried"


def test_a_disk_that_is_full_leaves_the_old_ledger_and_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (folder / "ledger.jsonl").read_bytes()
    write_folder(folder, THREE)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledger, "_replace", full)
    with pytest.raises(LedgerError, match="EV-346"):
        released(folder)
    monkeypatch.undo()
    assert (folder / "ledger.jsonl").read_bytes() == before


def test_where_the_key_cannot_note_it_nothing_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (folder / "ledger.jsonl").read_bytes()
    write_folder(folder, THREE)

    def silent(*_: object) -> None:
        raise KeyFileError("no")

    monkeypatch.setattr(keys, "write_entry", silent)
    with pytest.raises(KeyFileError):
        released(folder)
    assert (folder / "ledger.jsonl").read_bytes() == before


# --- two runs


def test_two_runs_at_once_refuse_each_other(folder: Path) -> None:
    first, second = open_ledger(folder), open_ledger(folder)
    append(first, [entry(first)])
    with pytest.raises(LedgerError, match="EV-089"):
        append(second, [entry(second, "w8")])
    assert [one.wave for one in open_ledger(folder).entries] == ["w0", "w1", "w9"]


def test_while_one_run_writes_another_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaltools.ledger.PATIENCE", 0.1)
    opened = open_ledger(folder)
    with only_one(keys.lock_file(folder, "made")), pytest.raises(LedgerError, match="EV-089"):
        append(opened, [entry(opened)])
    append(opened, [entry(opened)])


def _race(folder: str, waves: list[str], key_file: str) -> list[str]:
    """Write one line after the other beside other processes that do so too; the waves whose lines were written."""
    os.environ["EVALTOOLS_KEY_FILE"] = key_file
    written = []
    for wave in waves:
        opened = open_ledger(folder)
        with contextlib.suppress(LedgerError):
            append(opened, [entry(opened, wave)])
            written.append(wave)
    return written


def test_many_processes_at_once_lose_no_line(folder: Path) -> None:
    key_file = os.environ["EVALTOOLS_KEY_FILE"]
    jobs = [(str(folder), [f"x{of}.{at}" for at in range(25)], key_file) for of in range(3)]
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        written = [wave for one in pool.starmap(_race, jobs) for wave in one]
    lines = [one.wave for one in open_ledger(folder).entries]
    assert sorted(lines) == sorted(["w0", "w1", *written])
    assert written


# --- what it holds


def test_events_are_kept_between_the_figures(folder: Path) -> None:
    opened = open_ledger(folder)
    event = Event("quote_released", opened.key, "c1", "commissioner", opened.token("Kanarie"), "t", "2026-01-01", "r")
    after = append(append(opened, [entry(opened)], [event]), [entry(opened, "w8")])
    assert after.events == open_ledger(folder).events == (event,)
    assert [one.wave for one in after.entries] == ["w0", "w1", "w9", "w8"]
    assert "Kanarie" not in (folder / "ledger.jsonl").read_text("utf-8")


def test_a_line_of_an_older_version_is_read(folder: Path) -> None:
    line = json.loads((folder / "ledger.jsonl").read_text("utf-8").splitlines()[0])
    for name in ("measure", "reader", "on"):
        del line[name]
    read = ledger._read_line(json.dumps(line), line["previous"])
    assert isinstance(read, Entry)
    assert (read.reader, read.measure, read.on) == ("commissioner", "level", "")


def test_a_release_that_lets_out_nothing_new_writes_nothing(folder: Path) -> None:
    before = (folder / "ledger.jsonl").stat().st_mtime_ns
    released(folder)
    assert (folder / "ledger.jsonl").stat().st_mtime_ns == before
