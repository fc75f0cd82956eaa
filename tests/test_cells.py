"""Groups as cells: each set of people is computed once, and told under all its names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from evaluations import Answers, analysed, write_folder

from evaltools.cells import cells_of, of_members, one_by_one
from evaltools.folder import read_evaluation

GAPPY: Answers = {f"p{at}": [[2, 2, 3], [2, 3, 3 + at % 2], [3, 3 + at % 2, 3 + at % 3]] for at in range(6)} | {
    "gone": [[2, 3, 3], [3, 3, 4], None]
}


def test_one_group_is_computed_once_and_told_as_the_evaluation_and_as_the_group(tmp_path: Path) -> None:
    cells = cells_of(read_evaluation(write_folder(tmp_path, {"g": GAPPY})))
    only = list(one_by_one(cells))
    assert [each.names for each in only] == [(("evaluation", "all"), ("group", "g"))]
    assert of_members(np.ones(7), only[0]).shape == (1, 7)
    table = analysed(tmp_path).estimates
    both = [
        table[table["group_by"] == by].drop(columns=["group_by", "group"]).reset_index(drop=True)
        for by in ("evaluation", "group")
    ]
    over_waves = [
        own[own["measure"].isin(["mixed_change", "p_mixed_change", "kendall_w", "p_friedman"])].reset_index(drop=True)
        for own in both
    ]
    assert len(over_waves[0]) == 6
    assert over_waves[0].equals(over_waves[1])


def test_two_groups_are_three_sets_of_people(tmp_path: Path) -> None:
    other = {f"q{at}": answers for at, answers in enumerate(GAPPY.values())}
    cells = cells_of(read_evaluation(write_folder(tmp_path, {"g": GAPPY, "h": other})))
    assert [(each.names, int(each.member.sum())) for each in one_by_one(cells)] == [
        ((("evaluation", "all"),), 14), ((("group", "g"),), 7), ((("group", "h"),), 7),
    ]  # fmt: skip
