"""Small registers for tests: who is in which group, to what the group belongs, and what each answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from make_register import write_declaration

from evaltools.register.review import Run, write_register_review

ITEMS = [f"calm{at + 1}" for at in range(10)]
Answers = dict[str, list[int]]  # of one person, by wave


@dataclass
class Group:
    """People's answers by code, and the columns that say to what the group belongs."""

    people: dict[str, Answers]
    belongs: dict[str, str] = field(default_factory=dict)


def answers(rng: np.random.Generator, waves: Iterable[str] = ("start", "end")) -> Answers:
    return {wave: rng.integers(1, 6, len(ITEMS)).tolist() for wave in waves}


def groups_of(rng: np.random.Generator, sizes: Sequence[int], waves: Sequence[str] = ("start", "end"), first: int = 0,
              **belongs: Sequence[str]) -> dict[str, Group]:  # fmt: skip
    """So many groups, ``g0``, ``g1`` ...; of each named column a value a group."""
    return {
        f"g{first + at:02d}": Group({f"p{person}": answers(rng, waves) for person in range(size)},
                                    {name: values[at] for name, values in belongs.items()})
        for at, size in enumerate(sizes)
    }  # fmt: skip


def write_register(folder: Path, groups: dict[str, Group], waves: Sequence[str] = ("start", "end"),
                   by: Sequence[str] = (), compare: Sequence[str] = ()) -> Path:  # fmt: skip
    """The files of a register; what lies there is written over, but for its ledger."""
    folder.mkdir(parents=True, exist_ok=True)
    write_declaration(folder)
    lines = ["schema = 1", 'id = "small"', "report_date = 2027-12-31", 'instruments = ["made_up_work"]',
             f"waves = {list(waves)}"]  # fmt: skip
    lines += [f"by = {list(by)}"] if by else []
    lines += [f"compare = {list(compare)}"] if compare else []
    (folder / "register.toml").write_text("\n".join(lines).replace("'", '"') + "\n", "utf-8")
    frame(groups, by).to_parquet(folder / "answers.parquet")
    return folder


def frame(groups: dict[str, Group], by: Sequence[str]) -> pd.DataFrame:
    rows = [
        (code, person, wave, item, value, *(group.belongs.get(name) for name in by))
        for code, group in groups.items()
        for person, own in group.people.items()
        for wave, given in own.items()
        for item, value in zip(ITEMS, given, strict=True)
    ]
    return pd.DataFrame(rows, columns=["group", "person", "wave", "item", "answer", *by])


def reviewed(folder: Path, out: Path, by: Sequence[str] | None = None) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """What is told of the scale that has answers, and which figures are kept in; no page is made."""
    kept: list[tuple[str, str]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evaltools.register.review.run_walled", lambda *_: ())
        summary, _ = write_register_review([folder], ["en"], out, (), Run(), by=by, kept_in=kept.extend)
    return next(one for one in summary.document["outcomes"] if one["scale"] == "calm"), kept
