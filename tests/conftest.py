"""What every test shares: a key of its own, the samples, and what lies beside the repository."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from evaluations import group_of, released, write_folder
from hypothesis import settings
from made_releases import Make, made_release

from evaltools import key_places, keys

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "data" / "sample"
SHARED = ROOT.parent / "shared"

# A shared machine may be slow, so no example has a deadline; a change is judged by the same examples every time,
# while at a developer's desk new ones are tried.
settings.register_profile("house", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("house")


@pytest.fixture(autouse=True)
def key_file(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test touches the user's own key, and every test starts without one."""
    path = tmp_path_factory.mktemp("key") / "pseudonym.key"
    monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(path))
    return path


@pytest.fixture(autouse=True)
def folders_of_their_own(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folder of a test is an evaluation of its own to the key, even where two have the same id.

    A test that is marked ``one_commission`` goes without: there the id decides, as it does for users.
    """
    if request.node.get_closest_marker("one_commission"):
        return

    def own_place(folder: Path, evaluation: str, language: str = "sv") -> key_places.Place:
        return replace(key_places.key_place(folder, evaluation, language), evaluation=f"{evaluation} in {folder}")

    monkeypatch.setattr(keys, "key_place", own_place)


@pytest.fixture
def sample(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a sample evaluation, without a ledger of earlier releases."""

    def copy(name: str) -> Path:
        target = tmp_path / name
        shutil.copytree(SAMPLES / name, target, ignore=shutil.ignore_patterns("ledger.jsonl"))
        return target

    return copy


def shared(relative: str) -> Path:
    """A file beside the repository; the test is skipped where it is absent."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"shared/{relative} does not lie beside the repository")
    return path


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one small evaluation releases."""
    folder = write_folder(tmp_path_factory.mktemp("one") / "e", {"a": group_of(6, [3, 4, 3, 3], [4, 4, 4, 4])})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALTOOLS_KEY_FILE", str(tmp_path_factory.mktemp("key") / "k"))
        return released(folder).document


@pytest.fixture
def make(template: dict[str, Any]) -> Make:
    """Makes a release like it with other figures, see `made_release`."""
    return partial(made_release, template)
