"""Evaluations of one site for the tests of what is handed on without answers: released, with ids of their own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from evaluations import Answers, released, write_folder


def people_of(
    name: str, size: int, centre: float, *, rise: float = 0.1, seed: int = 1, low: int = 1, high: int = 5
) -> dict[str, list[list[int]]]:
    """A group whose answers to three questions lie around a centre, widely spread, and higher at the second wave."""
    draw = random.Random(f"{name} {seed}")

    def answers(own: float, shift: float) -> list[int]:
        return [min(high, max(low, round(own + shift + draw.uniform(-1.2, 1.2)))) for _ in range(3)]

    middles = [centre + (at - (size - 1) / 2) * 3.8 / size for at in range(size)]
    return {
        f"{name}{at}": [answers(own, 0), answers(own + draw.uniform(-2.2, 2.2), rise)] for at, own in enumerate(middles)
    }


def folder_of(folder: Path, name: str, groups: dict[str, Answers], *, low: int = 1, high: int = 5) -> Path:
    """An evaluation folder with an id of its own, of which nothing has been released."""
    write_folder(folder / name, groups, low=low, high=high)
    settings = folder / name / "evaluation.toml"
    settings.write_text(settings.read_text("utf-8").replace('id = "made"', f'id = "{name}"'), "utf-8")
    return folder / name


def site(folder: Path, names: str, *, size: int = 6, centre: float = 2.8) -> list[Path]:
    """An evaluation of one group for each letter, whose report has been made."""
    folders = [folder_of(folder, name, {"a": people_of(name, size, centre)}) for name in names]
    for made in folders:
        released(made)
    return folders


def raw(folders: Sequence[Path]) -> pd.DataFrame:
    """Everybody's mean of the questions before and after, with evaluation and group: plain pandas on the files."""
    tables = []
    for folder in folders:
        answers = pd.read_csv(folder / "answers.csv", sep=";")
        people = pd.read_csv(folder / "people.csv", sep=";")
        wide = answers.groupby(["person", "wave"])["code"].mean().unstack()
        table = people.set_index("person").join(wide).assign(evaluation=folder.name)
        tables.append(table.rename(columns={"w0": "before", "w1": "after"}))
    return pd.concat(tables)
