"""Small evaluation folders made for a test: people, groups, and their answers at each wave."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaltools.analysis import Analysis, analyse
from evaltools.disclosure import Refusal, release
from evaltools.folder import read_evaluation
from evaltools.ledger import open_ledger
from evaltools.policy import policies
from evaltools.sealed import Release

Answers = Mapping[str, Sequence[Sequence[int] | None]]

_KEY = """schema = 1
id = "own"
version = "1"
label = {{ sv = "Egen", en = "Own" }}
languages = ["sv"]
response_range = [{low}, {high}]
timeframe = {{ sv = "nu", en = "now" }}
valid_before_start = true
health_data = false
certainty = "sure"
status = "not_yet_validated"
source = "made for a test"
licence = {{ name = "CC0-1.0", may_ship = true, terms = {{ sv = "fri", en = "free" }} }}
{items}
[[scales]]
id = "own"
label = {{ sv = "Egen skala", en = "Own scale" }}
items = [{names}]
rule = "mean"
min_answered = {count}
missing_rule_source = "all"
higher_is_better = true
covers = []
"""


def write_folder(
    folder: Path,
    groups: Mapping[str, Answers],
    *,
    low: int = 1,
    high: int = 5,
    policy: str = "standard",
    more: str = "",
) -> Path:
    """An evaluation folder: for every group the people's answers, one list of items a wave (None: not measured).

    ``more`` stands at the end of the settings.
    """
    waves = max(len(answers) for people in groups.values() for answers in people.values())
    items = max(
        len(answer) for people in groups.values() for answers in people.values() for answer in answers if answer
    )
    names = [f"q{number}" for number in range(1, items + 1)]
    (folder / "scoring_keys").mkdir(parents=True, exist_ok=True)
    entries = "\n".join(f'[[items]]\nid = "{name}"\nreversed = false\ncovers = []' for name in names)
    key = _KEY.format(low=low, high=high, items=entries, names=", ".join(f'"{name}"' for name in names), count=items)
    (folder / "scoring_keys" / "own.toml").write_text(key, "utf-8")
    settings = [
        'schema = 1\nid = "made"\nlanguage = "sv"\nreport_date = 2026-01-31',
        '[contract]\ncommissioner = "Beställaren"\npurpose = "Syftet"\nstart = 2024-09-01',
        f'[confidentiality]\npolicy = "{policy}"',
        '[[goals]]\nid = "g1"\ntext = "Målet"\nindicator = "own"',
        *(f'[[groups]]\nid = "{group}"\nlabel = "Grupp {group}"' for group in groups),
        *(f'[[waves]]\nid = "w{wave}"\nlabel = "Mätning {wave + 1}"' for wave in range(waves)),
        *(f'[[evaluation_plan]]\nwhat = "own"\nwave = "w{wave}"\nto = "commissioner"' for wave in range(waves)),
        '[[files]]\npath = "people.csv"\ntable = "people"',
        '[[files]]\npath = "answers.csv"\ntable = "responses"\ninstrument = "own"',
        more,
    ]
    (folder / "evaluation.toml").write_text("\n".join(settings), "utf-8")
    _write(folder / "people.csv", [("person", "group"), *((who, group) for group in groups for who in groups[group])])
    rows: list[tuple[Any, ...]] = [("person", "wave", "item", "code")]
    for people in groups.values():
        for who, answers in people.items():
            for wave, answer in enumerate(answers):
                rows += [(who, f"w{wave}", name, code) for name, code in zip(names, answer or (), strict=False)]
    _write(folder / "answers.csv", rows)
    return folder


def _write(path: Path, rows: Sequence[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(rows)


def analysed(folder: Path) -> Analysis:
    """The analysis of a folder, on its ledger's frozen panels."""
    return analyse(read_evaluation(folder), open_ledger(folder))


def released(folder: Path, policy: str = "standard") -> Release:
    """What a folder's next release lets out."""
    ledger = open_ledger(folder)
    return release(analyse(read_evaluation(folder), ledger), policies()[policy], ledger)


def refused(folder: Path) -> list[tuple[str, str, str]]:
    """Scale, group and rule of what a folder's next release keeps in; its own words for them are all the same."""
    found: list[Refusal] = []
    ledger = open_ledger(folder)
    issued = release(analyse(read_evaluation(folder), ledger), policies()["standard"], ledger, found.append)
    kept_in = [(absence["scale"], absence["group"]) for absence in issued.document["absences"]
               if absence["absence"] == "not_shown"]  # fmt: skip
    assert set(kept_in) == {(one.scale.id, one.group) for one in found}
    return [(one.scale.id, one.group, one.rule) for one in found]


def group_of(size: int, *waves: Sequence[int], name: str = "p") -> dict[str, list[list[int]]]:
    """A group in which everybody gives the same answers, one list of items a wave."""
    return {f"{name}{at}": [list(answers) for answers in waves] for at in range(size)}
