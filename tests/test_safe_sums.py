"""Which sums over groups may go out: drawn groups near the ends of many scales, attacked with and without the rules."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
from audit_totals import Groups, Sum, jointly, square_findings, sum_findings
from conftest import shared
from hypothesis import given
from hypothesis import strategies as st
from pooling_loss import Scenario, tried

from evaltools.instruments import Scale, score_only_scale
from evaltools.policy import policies, shown_mean
from evaltools.safe_sums import GroupScores, squares_may_go_out, sum_may_go_out, within_squares


@pytest.fixture(autouse=True)
def _with_auditor() -> None:
    shared("tools/audit/reconstruct.py")


def scale_of(steps: int) -> Scale:
    """One question from 0 to a highest answer."""
    return score_only_scale("q", "Question", 0, steps, 1, 1.0).scales[0]


def drawn(draw: random.Random, scale: Scale, sizes: Sequence[int], styles: Sequence[str]) -> list[GroupScores]:
    """Groups with the figures that would be out about them; the same answers at both waves but for their order."""
    steps, groups = int(scale.score_range[1]), []
    for size in sizes:
        style = draw.choice(styles)
        near = {"top": steps, "bottom": 0, "middle": steps // 2}.get(style)
        answers = [
            draw.choice((0, steps)) if style == "split"
            else draw.randint(0, steps) if near is None or draw.random() < 0.3 else near for _ in range(size)
        ]  # fmt: skip
        after = draw.sample(answers, size) if draw.random() < 0.7 else answers
        scores = np.array([answers, after], float)
        shown = shown_mean(float(scores[0].mean()), size, scale, policies()["standard"])
        groups.append(GroupScores(scores, (shown, shown)))
    return groups


def sums_attacked(groups: Sequence[GroupScores], scale: Scale) -> list[str]:
    """What the exact sum of all groups tells beside their figures; small ones with all answers listed at once."""
    known = Groups(
        int(scale.score_range[1]),
        {str(at): group.scores.shape[1] for at, group in enumerate(groups)},
        {str(at): (math.ceil(group.scores.shape[1] * group.shown[0].reach[0] - 1e-9),
                   math.floor(group.scores.shape[1] * group.shown[0].reach[1] + 1e-9))
         for at, group in enumerate(groups)},
    )  # fmt: skip
    total = int(sum(group.scores[0].sum() for group in groups))
    told = [Sum(frozenset(known.people), total, total)]
    return sum_findings(known, told) + (jointly(known, told, 2e5) or [])


def squares_attacked(groups: Sequence[GroupScores], scale: Scale) -> list[str]:
    steps = int(scale.score_range[1])
    before, after = ({str(at): [int(score) for score in group.scores[wave]] for at, group in enumerate(groups)}
                     for wave in (0, 1))  # fmt: skip
    change = {at: [two - one + steps for one, two in zip(before[at], after[at], strict=True)] for at in before}
    return square_findings(before, steps) + square_findings(after, steps) + square_findings(change, 2 * steps)


ENDS = ("top", "bottom", "top", "any")


@pytest.mark.parametrize("steps", [3, 4, 6, 10])
def test_no_exact_sum_that_goes_out_tells_of_anybody(steps: int) -> None:
    draw, scale, out = random.Random(steps), scale_of(steps), 0
    for _ in range(60):
        sizes = [draw.randint(5, 8) for _ in range(draw.randint(3, 5))] if draw.random() < 0.8 else [5, 5, 5]
        groups = drawn(draw, scale, sizes, ENDS)
        if sum_may_go_out(groups, 0, scale):
            out += 1
            assert sums_attacked(groups, scale) == []
    assert out >= 10, "otherwise nothing has been attacked"


def test_without_the_rule_sums_do_tell() -> None:
    draw, scale, found = random.Random(1), scale_of(4), 0
    for _ in range(40):
        groups = drawn(draw, scale, [5, 6, 7], ENDS)
        if not sum_may_go_out(groups, 0, scale):
            found += bool(sums_attacked(groups, scale))
    assert found >= 5


@pytest.mark.parametrize("steps", [3, 4, 6])
def test_no_squares_that_go_out_tell_of_anybody(steps: int) -> None:
    draw, scale, out = random.Random(steps), scale_of(steps), 0
    for _ in range(40):
        groups = drawn(draw, scale, [draw.randint(5, 8) for _ in range(6)], ("any", "split", "middle"))
        inside = [group for group in groups if group.is_inside(0) and group.is_inside(1)]
        if len(inside) > 3 and squares_may_go_out(inside, scale):
            out += 1
            assert squares_attacked(inside, scale) == []
    assert out >= 5, "otherwise nothing has been attacked"


def test_without_the_rule_squares_do_tell() -> None:
    """All alike but for a few: then a colleague who is one of the few knows what everybody else answered."""
    scale = scale_of(4)
    scores = np.array([[2, 2, 2, 2, 2], [2, 2, 2, 2, 2]], float)
    shown = shown_mean(2.0, 5, scale, policies()["standard"])
    groups = [GroupScores(scores, (shown, shown)) for _ in range(6)]
    groups[0] = GroupScores(np.array([[1, 2, 2, 2, 3], [3, 2, 2, 2, 1]], float), (shown, shown))
    assert not squares_may_go_out(groups, scale)
    assert squares_attacked(groups, scale) == ["SQUARES"] * 3


def test_answers_at_the_two_ends_only_have_no_squares() -> None:
    """Then the squares say that nobody answered anything between: how many lie at each end is what the mean says."""
    scale = scale_of(4)
    shown = shown_mean(2.4, 5, scale, policies()["standard"])
    draw = random.Random(1)
    groups = []
    for _ in range(6):
        answers = [0, 0, 4, 4, 4]
        groups.append(GroupScores(np.array([answers, draw.sample(answers, 5)], float), (shown, shown)))
    assert min(within_squares(groups)) > 4**2 + 2**2 + 30 / 4
    assert not squares_may_go_out(groups, scale)


@given(st.lists(st.lists(st.integers(0, 6), min_size=5, max_size=8), min_size=3, max_size=6))
def test_squares_within_groups_are_as_numpy_reckons_them(answers: list[list[int]]) -> None:
    scale = scale_of(6)
    shown = partial(shown_mean, scale=scale, policy=policies()["standard"])
    groups = []
    for own in answers:
        scores = np.array([own, own[::-1]], float)
        groups.append(GroupScores(scores, (shown(scores[0].mean(), len(own)), shown(scores[1].mean(), len(own)))))
    series = [[group.scores[0] for group in groups], [group.scores[1] for group in groups],
              [group.scores[1] - group.scores[0] for group in groups]]  # fmt: skip
    assert within_squares(groups) == pytest.approx([sum(len(own) * np.var(own) for own in each) for each in series])


def test_where_no_group_is_near_the_end_pooling_loses_little_and_the_spread_is_the_peoples_own() -> None:
    row = tried(Scenario(groups=12, between=0.3, spread=0.9, before=2.6), reviews=6)
    assert row["inside"] > 0.9
    assert row["squares"] > 0.6
    assert row["spread_told"] == pytest.approx(1, abs=0.05)
    assert 0.9 < row["handed_on_width"] / row["raw_width"] < 1.6
    assert row["handed_on_off"] < 0.1
