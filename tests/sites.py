"""Evaluations of one site, made without files of answers: what the tests of totals over many of them take."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from audit_logs import log_tables, random_things
from audit_worlds import Answers, Report, World, _table, evaluation_of

from evaltools.analysis import analyse
from evaltools.disclosure import release
from evaltools.folder import Evaluation
from evaltools.ledger import open_ledger
from evaltools.policy import policies
from evaltools.sealed import Release

EVALUATIONS: dict[Path, Evaluation] = {}  # as they would be read, by folder
_TOML = 'schema = 1\nid = "{}"\nlanguage = "sv"\nreport_date = 2026-01-31\n[contract]\ncommissioner = "Beställaren"\n'


def people_of(name: str, size: int, centre: float = 2.8, low: int = 1, high: int = 5) -> Answers:
    """A group whose answers to three questions lie widely around a centre at both waves."""
    draw = random.Random(name)

    def answers(own: float) -> list[int]:
        return [min(high, max(low, round(own + draw.uniform(-1.2, 1.2)))) for _ in range(3)]

    middles = [centre + (at - (size - 1) / 2) * 3.8 / size for at in range(size)]
    return {f"{name}{at}": [answers(own), answers(own + (-1) ** at * 1.6)] for at, own in enumerate(middles)}


def folder_of(folder: Path, name: str, groups: Mapping[str, Answers], *, low: int = 1, high: int = 5) -> Path:
    """An evaluation of which nothing has been released; its folder holds what its ledger needs."""
    answers = {who: own for people in groups.values() for who, own in people.items()}
    waves = max(len(own) for own in answers.values())
    items = next(len(own[0] or ()) for own in answers.values())
    handed_in = Report({who: group for group, people in groups.items() for who in people}, answers, waves)
    world = World(0, low, high, items, "standard", True, (handed_in,))
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "evaluation.toml").write_text(_TOML.format(name), "utf-8")
    EVALUATIONS[folder / name] = replace(evaluation_of(world, handed_in), id=name)
    return folder / name


def reported(folder: Path) -> Release:
    """What the next report of an evaluation lets out."""
    ledger = open_ledger(folder)
    return release(analyse(EVALUATIONS[folder], ledger), policies()["standard"], ledger)


def site(folder: Path, names: str, *, size: int = 6) -> list[Path]:
    """An evaluation of one group for each letter, whose report has been made."""
    folders = [folder_of(folder, name, {"a": people_of(name, size)}) for name in names]
    for made in folders:
        reported(made)
    return folders


def with_log(folder: Path, complaints: Sequence[str | None] = (), *, own_supervision: bool = True) -> None:
    """Give an evaluation a log: sessions, questions and ideas as drawn for its name; a complaint a closing date.

    Its supervisor is called as the evaluation. Nothing may have been released of it yet.
    """
    evaluation = EVALUATIONS[folder]
    of = dict(zip(evaluation.people["person"], evaluation.people["group"], strict=True))
    log = {name: _table(name, *rows) for name, rows in
           log_tables(random_things(random.Random(folder.name), of, 2), of).items() if rows[1]}  # fmt: skip
    cases = [(f"c{at}", "2025-03-01", "complaint", closed) for at, closed in enumerate(complaints)]
    done = [(folder.name, "2025-02-15", "own_supervision")] if own_supervision else []
    EVALUATIONS[folder] = replace(
        evaluation, **log, load_log=pd.DataFrame({"table": ["feedback", "supervisor_development"]}),
        feedback=_table("feedback", ["case", "date", "kind", "closed"], cases),
        supervisor_periods=_table("supervisor_periods", ["supervisor", "from"], [(folder.name, "2024-09-01")]),
        supervisor_development=_table("supervisor_development", ["supervisor", "date", "kind"], done),
    )  # fmt: skip


def corrected(folder: Path, code: int, to: int) -> None:
    """Everybody who gave one answer at the second wave is found to have given another."""
    responses = EVALUATIONS[folder].responses
    wrong = (responses["wave"] == "w1") & (responses["code"] == code)
    assert wrong.any(), "otherwise nothing is corrected"
    EVALUATIONS[folder] = replace(EVALUATIONS[folder], responses=responses.assign(
        code=responses["code"].where(~wrong, float(to))))  # fmt: skip


def raw(folders: Sequence[Path]) -> pd.DataFrame:
    """Everybody's mean of the questions before, after and their difference: plain pandas on the answers."""
    tables = []
    for folder in folders:
        wide = EVALUATIONS[folder].responses.groupby(["person", "wave"], observed=True)["code"].mean().unstack()
        table = wide.rename(columns={"w0": "before", "w1": "after"})
        tables.append(table.assign(change=table["after"] - table["before"], evaluation=folder.name))
    return pd.concat(tables)
