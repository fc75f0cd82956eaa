"""A key on its way to another computer, and what the commands about keys say."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from evaluations import group_of, released, write_folder

from evaltools import key_places, keys
from evaltools.cli import main
from evaltools.errors import EvaltoolsError
from evaltools.key_transfer import receive_key, send_key
from evaltools.keys import load_key
from evaltools.ledger import open_ledger
from evaltools.pseudonyms import pseudonymiser

pytestmark = pytest.mark.one_commission
TWO = {"a": group_of(6, [3, 4, 3], [4, 4, 4])}
THREE = {"a": group_of(6, [3, 4, 3], [4, 4, 4], [5, 4, 4])}


@pytest.fixture(autouse=True)
def old_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVALTOOLS_KEY_FILE")
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    at_computer("old", tmp_path, monkeypatch)


def at_computer(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """From now on the user sits at another computer."""
    for module in (key_places, keys):
        monkeypatch.setattr(module, "user_folder", lambda: tmp_path / f"computer {name}")
    return tmp_path / f"computer {name}"


def refused(folder: Path, file: Path, code: str) -> str:
    with pytest.raises(EvaltoolsError) as caught:
        receive_key(folder, "made", file, code, "en")
    assert caught.value.__context__ is None
    return str(caught.value)


def test_after_a_move_the_same_people_have_the_same_pseudonyms_and_releases_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over eighteen months: the first report on one computer, the next on another."""
    first = released(write_folder(tmp_path / "e", TWO)).document
    token = pseudonymiser(load_key(tmp_path / "e", "made").secret, "made")("p0")
    code = send_key(tmp_path / "e", "made", tmp_path / "stick.key")
    at_computer("new", tmp_path, monkeypatch)
    with pytest.raises(EvaltoolsError, match="EV-347"):
        released(tmp_path / "e")
    receive_key(tmp_path / "e", "made", tmp_path / "stick.key", code.upper().replace("-", " "))
    assert pseudonymiser(load_key(tmp_path / "e", "made").secret, "made")("p0") == token
    second = released(write_folder(tmp_path / "e", THREE)).document
    assert second["figures"][:2] == first["figures"]
    assert [change["wave_to"] for change in second["changes"]] == [1, 2]
    at_computer("old", tmp_path, monkeypatch)
    with pytest.raises(EvaltoolsError, match="EV-342"):
        released(tmp_path / "e")


def test_the_file_says_nothing_without_the_code(tmp_path: Path) -> None:
    released(write_folder(tmp_path / "e", TWO))
    secret = load_key(tmp_path / "e", "made").secret.decode()
    codes = [send_key(tmp_path / "e", "made", tmp_path / name) for name in ("a", "b")]
    texts = [(tmp_path / name).read_text("utf-8") for name in ("a", "b")]
    assert codes[0] != codes[1]
    assert secret not in texts[0] + bytes.fromhex(json.loads(texts[0])["key"]).decode("latin-1")
    hidden = [json.loads(text)["key"] for text in texts]
    assert hidden[0][:32] != hidden[1][:32], "the same key under the same pad"
    assert refused(tmp_path / "e", tmp_path / "a", codes[1]).startswith("EV-356")
    assert refused(tmp_path / "e", tmp_path / "a", "").startswith("EV-356")


@pytest.mark.parametrize("at", [0, 40, -1])
def test_an_edited_file_is_refused(tmp_path: Path, at: int) -> None:
    load_key(write_folder(tmp_path / "e", TWO), "made")
    code = send_key(tmp_path / "e", "made", tmp_path / "a")
    told = json.loads((tmp_path / "a").read_text("utf-8"))
    digits = list(told["key"])
    digits[at] = "0" if digits[at] != "0" else "1"
    (tmp_path / "a").write_text(json.dumps(told | {"key": "".join(digits)}), "utf-8")
    assert refused(tmp_path / "e", tmp_path / "a", code).startswith("EV-356")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{}", b'{"evaltools_key": 1}', b"[" * 100_000])
def test_a_file_that_is_no_moved_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert refused(tmp_path / "e", tmp_path / "a", "code").startswith("EV-355")
    assert refused(tmp_path / "e", tmp_path / "missing", "code").startswith("EV-355")


def test_the_key_of_another_evaluation_is_refused(tmp_path: Path) -> None:
    load_key(tmp_path / "e", "other")
    code = send_key(tmp_path / "e", "other", tmp_path / "a")
    assert refused(tmp_path / "e", tmp_path / "a", code).startswith("EV-355")


def test_another_key_that_lies_here_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_key(tmp_path / "e", "made")
    code = send_key(tmp_path / "e", "made", tmp_path / "a")
    at_computer("new", tmp_path, monkeypatch)
    own = load_key(tmp_path / "e", "made").secret
    assert refused(tmp_path / "e", tmp_path / "a", code).startswith("EV-348")
    assert load_key(tmp_path / "e", "made").secret == own


def test_a_reserve_copy_takes_up_what_was_released_since_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_key(write_folder(tmp_path / "e", TWO), "made")
    code = send_key(tmp_path / "e", "made", tmp_path / "reserve")
    released(tmp_path / "e")
    at_computer("new", tmp_path, monkeypatch)
    receive_key(tmp_path / "e", "made", tmp_path / "reserve", code)
    assert len(open_ledger(tmp_path / "e").entries) == 2


def test_a_reserve_copy_does_not_hide_that_the_ledger_was_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released(write_folder(tmp_path / "e", TWO))
    early = send_key(tmp_path / "e", "made", tmp_path / "early")
    shutil.copy(tmp_path / "e" / "ledger.jsonl", tmp_path / "kept")
    released(write_folder(tmp_path / "e", THREE))
    late = send_key(tmp_path / "e", "made", tmp_path / "late")
    shutil.copy(tmp_path / "kept", tmp_path / "e" / "ledger.jsonl")
    receive_key(tmp_path / "e", "made", tmp_path / "early", early)
    with pytest.raises(EvaltoolsError, match="EV-341"):
        open_ledger(tmp_path / "e")
    at_computer("new", tmp_path, monkeypatch)
    receive_key(tmp_path / "e", "made", tmp_path / "late", late)
    with pytest.raises(EvaltoolsError, match="EV-341"):
        open_ledger(tmp_path / "e")


def test_the_file_is_not_written_where_it_should_not_lie_or_over_another(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "e", TWO)
    with pytest.raises(EvaltoolsError, match="EV-349"):
        send_key(folder, "made", tmp_path / "a")
    load_key(folder, "made")
    (tmp_path / "taken").write_text("mine")
    places = {folder: "EV-085", tmp_path / "OneDrive": "EV-352", tmp_path / "no folder": "EV-354"}
    for out, wrong in [*((place / "a", wrong) for place, wrong in places.items()), (tmp_path / "taken", "EV-354")]:
        with pytest.raises(EvaltoolsError, match=wrong):
            send_key(folder, "made", out)
    assert (tmp_path / "taken").read_text() == "mine"


# --- the commands


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main([str(argument) for argument in arguments])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def test_the_key_is_made_moved_and_destroyed_by_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, stick = write_folder(tmp_path / "e", TWO), tmp_path / "stick.key"
    done, told = run(capsys, "key", "make", folder)
    assert done == 0
    assert str(tmp_path / "computer old" / "keys" / "made.key") in told
    released(folder)
    done, told = run(capsys, "key", "move", folder, "--out", stick, "--lang", "en")
    assert done == 0
    code = next(line.strip() for line in told.splitlines() if line.startswith("    "))
    at_computer("new", tmp_path, monkeypatch)
    monkeypatch.setattr("sys.stdin", io.StringIO("not the code\n"))
    assert run(capsys, "key", "move", folder, "--from", stick)[0] == 1
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{code}\n"))
    assert run(capsys, "key", "move", folder, "--from", stick)[0] == 0
    assert len(open_ledger(folder).entries) == 2
    for written, done in (("", 1), ("MADE\n", 1), ("made\n", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(written))
        assert run(capsys, "key", "destroy", folder)[0] == done
    assert run(capsys, "check", folder)[0] == 1
    assert "EV-351" in run(capsys, "key", "make", folder)[1]


def test_the_ledger_is_shown_without_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_folder(tmp_path / "e", TWO)
    assert "Inget har lämnats ut" in run(capsys, "ledger", folder)[1]
    released(folder)
    people = {token for entry in open_ledger(folder).entries for token in entry.people}
    done, told = run(capsys, "ledger", folder)
    assert done == 0
    assert [line.strip() for line in told.splitlines()[2:]] == [
        "Egen skala, Grupp a, Mätning 1: 3,3 (personer: 6)",
        "Egen skala, Grupp a, Mätning 2: 4 eller högre (personer: 6)",
    ]
    as_json = run(capsys, "ledger", folder, "--json")[1]
    released_figures = json.loads(as_json)["released"]
    assert [(one["to"], one["scale"], one["wave"], one["n"]) for one in released_figures] == [
        ("commissioner", "own", "w0", 6), ("commissioner", "own", "w1", 6)
    ]  # fmt: skip
    assert len(people) == 6
    assert not [token for token in people if token in told + as_json]


def test_the_ledger_of_a_damaged_folder_is_refused_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_folder(tmp_path / "e", TWO)
    released(folder)
    (folder / "ledger.jsonl").unlink()
    done, told = run(capsys, "ledger", folder, "--lang", "en")
    assert done == 1
    assert "EV-340" in told


def test_a_figure_of_a_later_version_or_of_another_kind_is_told_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from evaltools.ledger import Entry, Event, append

    folder = write_folder(tmp_path / "e", TWO)
    opened = open_ledger(folder)
    append(
        opened,
        [Entry("p", opened.key, "", "group", "gone", "", frozenset({"t" * 32}),
               {"until": "2026-01", "n": 7, "shown": "?"}, measure="session_held_count", on="2026-02-01")],
        [Event("quote_released", opened.key, "c1", "commissioner", "b" * 32, "x" * 32, "2026-01-15", "2026-02-01"),
         Event("quote_withdrawn", opened.key, "c1", "commissioner", "b" * 32, "x" * 32, "2026-03-01", "2026-04-01")],
    )  # fmt: skip
    told = run(capsys, "ledger", folder, "--lang", "en")[1]
    assert "To the commissioner, report of 1 February 2026:" in told
    assert "session_held_count, gone, 2026-01: released (people: 7)" in told
    assert "quote c1: approved 15 January 2026 for the commissioner, released in the report of 1 February 2026" in told
    assert "withdrawn 1 March 2026, gone from the report of 1 April 2026 on" in told
    for hidden in ("t" * 32, "b" * 32, "x" * 32):
        assert hidden not in told + run(capsys, "ledger", folder, "--json")[1]
