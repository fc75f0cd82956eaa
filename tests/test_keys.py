"""Where a commission's key lies, that it is made once, moved, and destroyed for ever."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from evaluations import group_of, released, write_folder

from evaltools import key_places, keys
from evaltools.errors import KeyFileError, LedgerError
from evaltools.file_lock import only_one
from evaltools.key_places import Place, is_synchronised
from evaltools.keys import Head, Key, destroy_key, find_key, load_key, make_key, note_head

pytestmark = pytest.mark.one_commission
GROUP = {"a": group_of(6, [3, 4, 3], [4, 4, 4])}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without a named key file, and with a configuration folder of their own."""
    monkeypatch.delenv("EVALTOOLS_KEY_FILE")
    monkeypatch.setattr(key_places, "user_folder", lambda: tmp_path / "config")
    monkeypatch.setattr(keys, "user_folder", lambda: tmp_path / "config")
    monkeypatch.setitem(sys.modules, "keyring", None)
    return tmp_path / "config"


class FakeKeyring:
    """A system's keyring; ``locked`` makes it answer nothing."""

    priority = 5.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def _open(self) -> None:
        if self.locked:
            raise RuntimeError("locked")

    def get_password(self, service: str, name: str) -> str | None:
        self._open()
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, text: str) -> None:
        self._open()
        self.kept[service, name] = text

    def delete_password(self, service: str, name: str) -> None:
        self._open()
        del self.kept[service, name]


@pytest.fixture
def keyring(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKeyring]:
    ring = FakeKeyring()
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_keyring=lambda: ring))
    yield ring


def refused(folder: Path, evaluation: str = "made") -> str:
    with pytest.raises(KeyFileError) as caught:
        load_key(folder, evaluation, "en")
    assert caught.value.__context__ is None
    return str(caught.value)


# --- where it lies


def test_every_commission_has_a_key_of_its_own_that_its_owner_alone_can_read(home: Path, tmp_path: Path) -> None:
    first, second = (load_key(tmp_path / "e", name) for name in ("one", "two"))
    assert first.secret != second.secret
    assert len(first.secret) == 64
    assert load_key(tmp_path / "e", "one").secret == first.secret
    path = home / "keys" / "one.key"
    assert first.secret.decode() in path.read_text()
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0


def test_the_key_lies_in_the_users_configuration_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVALTOOLS_KEY_FILE")
    if sys.platform.startswith("linux"):
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
        assert key_places.key_place(tmp_path / "e", "one").path == tmp_path / "c" / "evaltools" / "keys" / "one.key"
    assert key_places.key_place(tmp_path / "e", "one").path.name == "one.key"


def test_the_systems_keyring_is_used_where_it_works(keyring: FakeKeyring, home: Path, tmp_path: Path) -> None:
    key = load_key(tmp_path / "e", "one")
    assert key.secret.decode() in keyring.kept["evaltools", "one"]
    assert key.secret.decode() not in (home / "keys" / "one.key").read_text()
    assert load_key(tmp_path / "e", "one").secret == key.secret
    (home / "keys" / "one.key").unlink()
    assert load_key(tmp_path / "e", "one").secret == key.secret
    note_head(tmp_path / "e", "one", Head(3, "abc"), None, "en")
    assert load_key(tmp_path / "e", "one").head == Head(3, "abc")


def test_a_keyring_that_is_locked_is_told_and_no_new_key_is_made(
    keyring: FakeKeyring, home: Path, tmp_path: Path
) -> None:
    key = load_key(tmp_path / "e", "one")
    keyring.locked = True
    assert "does not give it" in refused(tmp_path / "e", "one")
    with pytest.raises(KeyFileError, match="lämnar inte ut"):
        note_head(tmp_path / "e", "one", Head(1, "a"), None, "sv")
    keyring.locked = False
    assert load_key(tmp_path / "e", "one").secret == key.secret


def test_a_keyring_that_cannot_keep_a_key_leaves_it_to_the_file(
    keyring: FakeKeyring, home: Path, tmp_path: Path
) -> None:
    keyring.locked = True
    key = load_key(tmp_path / "e", "one")
    assert key.secret.decode() in (home / "keys" / "one.key").read_text()
    keyring.locked = False
    assert load_key(tmp_path / "e", "one").secret == key.secret
    assert keyring.kept == {}


@pytest.mark.parametrize("priority", [0.0, 0.5])
def test_a_keyring_that_is_none_or_an_open_text_file_is_passed_over(
    keyring: FakeKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, priority: float
) -> None:
    monkeypatch.setattr(FakeKeyring, "priority", priority)
    load_key(tmp_path / "e", "one")
    assert keyring.kept == {}


def test_a_named_file_goes_before_the_keyring(
    keyring: FakeKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path / "my.key"))
    assert load_key(tmp_path / "e", "one").secret.decode() in (tmp_path / "my.key").read_text()
    assert keyring.kept == {}


def test_a_key_inside_the_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path / "my.key", tmp_path / "deep" / "my.key", tmp_path / "deep" / ".." / "my.key"):
        monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(path))
        assert "in the evaluation's folder" in refused(tmp_path)
    assert not (tmp_path / "my.key").exists()


@pytest.mark.parametrize(
    "path",
    ["OneDrive/x.key", "OneDrive - Lindmarka kommun/Dokument/x.key", "Dropbox/x.key", "Dropbox (Privat)/a/x.key",
     "Google Drive/x.key", "Min enhet/x.key", "My Drive/x.key", "iCloudDrive/x.key", "iCloud Drive/x.key",
     "Library/Mobile Documents/com~apple~CloudDocs/x.key", "Library/CloudStorage/GoogleDrive-a@example.org/x.key",
     "Nextcloud/x.key", "GOOGLEDRIVE/x.key"],
)  # fmt: skip
def test_a_key_in_a_synchronised_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path / "home" / path))
    assert "copied to other computers" in refused(tmp_path / "e")
    assert not (tmp_path / "home").exists()


def test_synchronised_folders_are_known_by_what_lies_in_them_and_by_what_windows_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("plain", "marked/deep", "said"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "marked" / ".stfolder").mkdir()
    monkeypatch.setenv("OneDriveCommercial", str(tmp_path / "said"))
    found = {name: is_synchronised(tmp_path / name / "x.key") for name in ("plain", "marked/deep", "said")}
    assert found == {"plain": False, "marked/deep": True, "said": True}


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_into_a_synchronised_folder_is_seen(tmp_path: Path) -> None:
    (tmp_path / "Dropbox").mkdir()
    (tmp_path / "innocent").symlink_to(tmp_path / "Dropbox")
    assert is_synchronised(tmp_path / "innocent" / "x.key")


@pytest.mark.parametrize("path", ["dropboxes/x.key", "my drives/x.key", "onedrivers/x.key", "boxes/x.key"])
def test_a_folder_of_a_like_name_is_not_taken_for_one(path: str) -> None:
    assert not is_synchronised(Path("/srv") / path)


# --- that it is right


def test_a_short_key_is_refused_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (b"", b"  \n", b"kanariefagel"):
        (tmp_path / "short.key").write_bytes(content)
        monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path / "short.key"))
        told = refused(tmp_path / "e")
        assert "shorter than 16" in told
        assert "kanarie" not in told


def test_a_key_that_cannot_be_read_or_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    for path in (tmp_path / "file" / "my.key", tmp_path, tmp_path / ("long" * 100)):
        monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(path))
        assert "cannot be read or created" in refused(tmp_path / "e")


def test_two_runs_that_need_the_key_at_once_get_the_same(home: Path, tmp_path: Path) -> None:
    found: list[bytes] = []
    runs = [threading.Thread(target=lambda: found.append(load_key(tmp_path / "e", "one").secret)) for _ in range(8)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_crash_while_a_key_is_written_leaves_no_half_key(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: int) -> None:
        raise OSError

    monkeypatch.setattr(os, "fsync", crash)
    refused(tmp_path / "e", "one")
    monkeypatch.undo()
    monkeypatch.delenv("EVALTOOLS_KEY_FILE", raising=False)
    assert not (home / "keys" / "one.key").exists()


def test_nothing_of_a_key_is_shown_by_accident() -> None:
    key = Key(b"kanariefagel-kanariefagel")
    assert "kanarie" not in repr(key) + str(key)
    assert key.mark not in hashlib.sha256(key.secret).hexdigest()
    assert key.mark != Key(key.secret + b"!").mark


# --- older keys


def test_an_older_named_key_of_any_bytes_keeps_working(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = bytes(range(128, 168))
    (tmp_path / "old.key").write_bytes(secret + b"\n")
    monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path / "old.key"))
    assert load_key(tmp_path / "e", "one").secret == secret
    note_head(tmp_path / "e", "one", Head(2, "ab"), None, "sv")
    note_head(tmp_path / "f", "two", Head(1, "cd"), None, "sv")
    assert [load_key(tmp_path / "e", name).head for name in ("one", "two")] == [Head(2, "ab"), Head(1, "cd")]
    assert load_key(tmp_path / "e", "one").secret == secret


def old_release(folder: Path, common: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A folder released with the common key of older versions, which noted nothing of ledgers."""
    common.parent.mkdir(parents=True, exist_ok=True)
    common.write_bytes(b"c" * 64 + b"\n")
    with monkeypatch.context() as old:
        old.setenv("EVALTOOLS_KEY_FILE", str(common))
        made = released(write_folder(folder, GROUP)).content
    common.write_bytes(b"c" * 64 + b"\n")
    return made


def test_the_common_key_of_older_versions_is_taken_over_where_its_ledger_lies(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = old_release(tmp_path / "e", home / "pseudonym.key", monkeypatch)
    assert released(tmp_path / "e").content == first
    assert load_key(tmp_path / "e", "made").secret == b"c" * 64
    assert load_key(tmp_path / "f", "other").secret != b"c" * 64
    people = {who: [*answers, [5, 4, 4]] for who, answers in GROUP["a"].items()}
    assert len(released(write_folder(tmp_path / "e", {"a": people})).document["figures"]) == 3
    ledger = tmp_path / "e" / "ledger.jsonl"
    ledger.write_text("".join(ledger.read_text("utf-8").splitlines(keepends=True)[:2]), "utf-8")
    with pytest.raises(LedgerError, match="sista raderna"):
        released(tmp_path / "e")


# --- destroyed, and where none is


def test_a_missing_key_is_told_where_something_was_released_and_no_other_is_made(home: Path, tmp_path: Path) -> None:
    released(write_folder(tmp_path / "e", GROUP))
    (home / "keys" / "made.key").rename(tmp_path / "kept")
    assert "EV-347" in refused(tmp_path / "e")
    assert find_key(tmp_path / "e", "made") is None
    with pytest.raises(KeyFileError, match="EV-347"):
        make_key(tmp_path / "e", "made")
    (tmp_path / "kept").rename(home / "keys" / "made.key")
    released(tmp_path / "e")


@pytest.mark.parametrize("where", ["file", "keyring", "named"])
def test_a_destroyed_key_is_gone_for_ever(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    ring = request.getfixturevalue("keyring" if where == "keyring" else "home")
    if where == "named":
        monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path / "my.key"))
    secret = load_key(tmp_path / "e", "one").secret.decode()
    assert destroy_key(tmp_path / "e", "one") is None
    for attempt in (load_key, make_key, find_key, destroy_key):
        with pytest.raises(KeyFileError, match="slutgiltigt"):
            attempt(tmp_path / "e", "one")
    left = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert left
    assert secret not in "".join(left)
    assert where != "keyring" or secret not in json.dumps(list(ring.kept.values()))


def test_a_key_that_a_locked_keyring_holds_is_not_said_to_be_destroyed(keyring: FakeKeyring, tmp_path: Path) -> None:
    key = load_key(tmp_path / "e", "one")
    keyring.locked = True
    with pytest.raises(KeyFileError, match="EV-353"):
        destroy_key(tmp_path / "e", "one")
    keyring.locked = False
    assert load_key(tmp_path / "e", "one").secret == key.secret


def test_what_cannot_be_destroyed_is_told(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyFileError, match="EV-349"):
        destroy_key(tmp_path / "e", "one")
    old_release(tmp_path / "old", home / "pseudonym.key", monkeypatch)
    load_key(tmp_path / "old", "made")
    assert destroy_key(tmp_path / "old", "made") == home / "pseudonym.key"
    monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path / "shared.key"))
    for name in ("one", "two"):
        note_head(tmp_path / name, name, Head(1, "a"), None, "sv")
    with pytest.raises(KeyFileError, match="EV-350"):
        destroy_key(tmp_path / "one", "one")
    assert load_key(tmp_path / "one", "one").head == Head(1, "a")


# --- one run at a time


def test_a_lock_is_held_by_one_and_let_go_at_the_end(tmp_path: Path) -> None:
    with only_one(tmp_path / "lock"):
        with pytest.raises(BlockingIOError), only_one(tmp_path / "lock"):
            pass
        with pytest.raises(BlockingIOError), only_one(tmp_path / "lock", patience=0.1):
            pass
    with only_one(tmp_path / "lock"):
        pass


def test_a_place_says_whether_the_keyring_has_the_key(keyring: FakeKeyring, tmp_path: Path) -> None:
    place = key_places.key_place(tmp_path / "e", "one")
    load_key(tmp_path / "e", "one")
    assert place.in_keyring
    assert not Place(tmp_path / "x", "one", named=True).in_keyring
