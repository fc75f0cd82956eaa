"""Which sums over several groups may go out beside the groups' own figures.

Every group's mean is out, rounded, or as the end of the scale near which it lies. Whoever has an exact sum over all
groups can take the means of all but one away from it, and so knows that one more exactly than it was told. The rules
here suppose the worst: that the sum of every group whose figure lies inside the scale is known exactly. That is
harmless, since such a sum is further than R + h from both ends (`policy.end_width`). What must not be learnt is how
near the end the others lie; so together they are told of as one group would be: exactly only if they too are further
than R + h from where they would be if all answered alike at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaltools.instruments import Scale
from evaltools.policy import end_width
from evaltools.shown import Shown
from evaltools.statistics.estimate import Array

_TOP, _BOTTOM = "at_least", "at_most"
_STEPS = 3  # of a person's score: with fewer, a colleague who knows one answer knows the others
_NEAR = 1e-9  # sums of scores; two that differ by less are equal


@dataclass(frozen=True, repr=False)
class GroupScores:
    """One group's scores at two waves, in points of the scale, shape (2, people), and the two means as let out."""

    scores: Array
    shown: tuple[Shown, Shown]

    def is_inside(self, wave: int) -> bool:
        """Whether the mean at a wave is told to lie inside the scale, away from its ends."""
        return self.shown[wave].kind not in (_TOP, _BOTTOM)


def has_steps(scale: Scale) -> bool:
    """Whether a person's score can take four values or more.

    >>> from evaltools.instruments import score_only_scale
    >>> [has_steps(score_only_scale("q", "Three", 1, high, 1, 1.0).scales[0]) for high in (3, 4)]
    [False, True]
    """
    low, high = scale.score_range
    return high - low > _STEPS * scale.step - _NEAR


def sum_may_go_out(groups: Sequence[GroupScores], wave: int, scale: Scale) -> bool:
    """Whether the exact sum of all scores of the groups at a wave (0 or 1) may be told.

    Parameters
    ----------
    groups : sequence of GroupScores
        Every group in the sum.
    wave : int
        The first or the second of the two.
    scale : Scale
        Its range and step say how far is far enough.

    Returns
    -------
    bool
        Always where no group's mean is told as the end of the scale. Where some are, only if these together lie
        further than R + h from the end, and not so far that each must lie at the edge of what was told of it.

    Examples
    --------
    >>> from evaltools.instruments import score_only_scale
    >>> scale = score_only_scale("q", "One question", 1, 5, 1, 1.0).scales[0]
    >>> top, inside = Shown("at_least", "3.8", "5"), Shown("between", "2.6", "3")
    >>> def group(shown, *scores):
    ...     return GroupScores(np.array([scores, scores], float), (shown, shown))
    >>> others = [group(inside, 3, 3, 3, 2, 3)] * 2
    >>> sum_may_go_out([group(top, 5, 5, 5, 5, 5), *others], 0, scale)
    False
    >>> sum_may_go_out([group(top, 5, 5, 4, 3, 3), group(top, 5, 4, 4, 4, 4), *others], 0, scale)
    True
    """
    low, high = scale.score_range
    room = end_width(1, scale)
    top = [group for group in groups if group.shown[wave].kind == _TOP]
    bottom = [group for group in groups if group.shown[wave].kind == _BOTTOM]
    below_top = sum(group.scores.shape[1] * (high - float(group.shown[wave].low)) for group in top)
    above_bottom = sum(group.scores.shape[1] * (float(group.shown[wave].high) - low) for group in bottom)
    distance = math.fsum([*(high - score for group in top for score in group.scores[wave]),
                          *(low - score for group in bottom for score in group.scores[wave])])  # fmt: skip
    least = room - above_bottom if top else -math.inf
    most = below_top - room if bottom else math.inf
    return least + _NEAR < distance < most - _NEAR


def squares_may_go_out(groups: Sequence[GroupScores], scale: Scale) -> bool:
    """Whether exact sums of squares over these groups may be told.

    Parameters
    ----------
    groups : sequence of GroupScores
        Groups whose means lie inside the scale at both waves.
    scale : Scale
        Its range and step.

    Returns
    -------
    bool
        If the squares about the groups' means, of both waves, of the changes, and of both waves added, are each more
        than R² + h² and what the steps of the scale may add: then also a colleague who lies the whole scale from the
        mean leaves half of it to everybody else. And if the answers are not all at the two ends of the scale.
    """
    low, high = scale.score_range
    span, half = high - low, end_width(1, scale) - (high - low)
    people = sum(group.scores.shape[1] for group in groups)
    least = span**2 + half**2 + people * scale.step**2 / 4
    spread = within_squares(groups)
    added = 2 * (spread[0] + spread[1]) - spread[2]
    most_at_ends = (len(groups) + 2) * span**2 / 4
    from_ends = [
        math.fsum(float((score - low) * (high - score)) for group in groups for score in group.scores[wave])
        for wave in (0, 1)
    ]
    return min(*spread, added) > least and min(from_ends) > most_at_ends


def within_squares(groups: Sequence[GroupScores]) -> tuple[float, float, float]:
    """Squares about each group's own mean, summed over the groups: before, after, of the changes."""
    series = [(group.scores[0], group.scores[1], group.scores[1] - group.scores[0]) for group in groups]
    before, after, change = (
        math.fsum(float(square) for each in series for square in (each[at] - each[at].mean()) ** 2) for at in range(3)
    )
    return before, after, change


def squares_and_products(groups: Sequence[GroupScores]) -> tuple[float, float, float]:
    """Sums of squares before and after, and of the products of the two, over all people."""
    both = np.concatenate([group.scores for group in groups], axis=1)
    before, after, products = (
        math.fsum(one * other for one, other in zip(both[a].tolist(), both[b].tolist(), strict=True))
        for a, b in ((0, 0), (1, 1), (0, 1))
    )
    return before, after, products
