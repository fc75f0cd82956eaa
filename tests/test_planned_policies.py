"""The plan may name a policy for a measure and its reader; what is out keeps the one that it went out by."""

from __future__ import annotations

from pathlib import Path

import pytest
from evaluations import group_of, released, write_folder

from evaltools.errors import DisclosureError, FolderError
from evaltools.ledger import open_ledger
from evaltools.policy import policies
from evaltools.reports import commissioner_report, write_reports


def planned(folder: Path, policy: str, *, to: str = "commissioner", rows: int = 2) -> Path:
    """A group of six whose plan names a policy in so many of its two rows; the evaluation's own is `standard`."""
    write_folder(folder, {"a": group_of(6, [3, 4, 3], [3, 3, 3])})
    settings = folder / "evaluation.toml"
    text = settings.read_text("utf-8")
    for wave in range(rows):
        row = f'wave = "w{wave}"\nto = "commissioner"'
        assert row in text
        more = "" if to == "commissioner" else f'\n[[evaluation_plan]]\nwhat = "own"\nwave = "w{wave}"\nto = "{to}"'
        text = text.replace(row, f'{row}{more}\npolicy = "{policy}"')
    settings.write_text(text, "utf-8")
    return folder


def kinds(folder: Path) -> list[str]:
    return [figure["shown"]["kind"] for figure in released(folder).document["figures"]]


@pytest.mark.parametrize("rows", [1, 2])
def test_a_measure_goes_out_by_the_policy_that_the_plan_names_for_the_commissioner(rows: int, tmp_path: Path) -> None:
    assert kinds(planned(tmp_path / "strict", "strict", rows=rows)) == ["between", "between"]
    assert kinds(planned(tmp_path / "standard", "standard", rows=rows)) == ["value", "value"]


def test_a_policy_named_for_another_reader_changes_nothing(tmp_path: Path) -> None:
    assert kinds(planned(tmp_path, "strict", to="supervisor")) == ["value", "value"]


def test_the_stricter_of_two_counts(tmp_path: Path) -> None:
    folder = planned(tmp_path, "standard")
    settings = folder / "evaluation.toml"
    settings.write_text(
        settings.read_text("utf-8").replace('policy = "standard"\n[[files]]', 'policy = "strict"\n[[files]]'), "utf-8"
    )
    assert kinds(folder) == ["between", "between"]


def test_what_is_out_keeps_its_policy(tmp_path: Path) -> None:
    released(planned(tmp_path, "strict"))
    marks = {entry.policy for entry in open_ledger(tmp_path).entries}
    assert marks == {policies()["strict"].hash}
    assert kinds(tmp_path) == ["between", "between"]
    with pytest.raises(DisclosureError, match="EV-091"):
        released(planned(tmp_path, "standard"))
    with pytest.raises(DisclosureError, match="EV-091"):
        released(planned(tmp_path, "strict", rows=0))


def test_readers_are_told_which_rule_holds_for_which_measure(tmp_path: Path) -> None:
    folder = planned(tmp_path / "e", "strict")
    page = commissioner_report(released(folder), "sv")
    assert "Regeln är en annan för Egen skala: Av varje medelvärde visas bara mellan vilka värden det ligger." in page
    write_reports(folder, out=tmp_path / "out")
    asked = (tmp_path / "out" / "made" / "participants.html").read_text("utf-8")
    assert "mellan 2,2 och 3" in asked
    other = commissioner_report(released(write_folder(tmp_path / "o", {"a": group_of(6, [3], [4])})), "sv")
    assert "Regeln är en annan" not in other


def test_an_unknown_policy_in_the_plan_is_told(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="evaluation_plan"):
        released(planned(tmp_path, "loose"))
