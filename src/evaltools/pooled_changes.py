"""Changes of many groups taken together, as an organisation is told of them. A band is carried as what it is: its ends.

Every function takes the arrays that `released_changes.Outcome.effects` gives, a group a place: changes ``y``, their
sampling variances ``v``, and the slack ``slack`` by which a change that is known by its ends may lie from ``y``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.measures import limits
from evaltools.statistics.cautious_shrinkage import cautious_empirical_bayes
from evaltools.statistics.change import mean_change
from evaltools.statistics.deviations import deviation
from evaltools.statistics.estimate import Array, Estimate, numbers
from evaltools.statistics.funnel import funnel_limits_mean
from evaltools.statistics.heterogeneity import i_squared, tau2
from evaltools.statistics.pooling import prediction_interval, random_effects

FUNNEL = (0.95, 0.998)


@dataclass(frozen=True)
class Between:
    """How the groups' true changes differ, and where that of a new group is expected."""

    tau2: Estimate
    i_squared: Estimate
    prediction: Estimate


def may_compare(groups: int) -> bool:
    """Whether there are groups enough to say how they differ, and to see one in the others' light.

    >>> may_compare(4), may_compare(5)
    (False, True)
    """
    return groups >= limits()["modelled_groups"]


def pooled_change(y: ArrayLike, v: ArrayLike, slack: ArrayLike) -> Estimate:
    """Mean change of the groups; its interval is stretched by how far the bands let the mean move.

    Parameters
    ----------
    y, v, slack : array_like, shape (n_groups,)
        See the module; at least one group.

    Returns
    -------
    Estimate
        In points of the scale, ``n`` counts groups. From five groups on (``modelled_groups``) the random-effects mean
        (REML, Knapp-Hartung), below that the mean of the groups with its t interval; with one group no interval (note
        ``"too_few"``), with equal changes likewise (``"no_variance"``). The low limit is that of all changes at their
        lowest, the high limit that of all at their highest.

    Examples
    --------
    >>> found = pooled_change([0.2, 0.4, 0.6], [0.2, 0.2, 0.2], [0, 0, 0])
    >>> round(float(found.value), 2), round(float(found.low), 2), round(float(found.high), 2)
    (0.4, -0.1, 0.9)
    """
    change, variance = numbers(y), numbers(v)
    return _over_the_bands(lambda at: _mean(at, variance), change, numbers(slack))


def between_groups(y: ArrayLike, v: ArrayLike, slack: ArrayLike) -> Between | None:
    """How much the groups differ and where a new one is expected; None where there are too few to say.

    The prediction interval is stretched over the bands as in `pooled_change`; variance and share are of the middles.
    """
    change, variance = numbers(y), numbers(v)
    if not may_compare(len(change)):
        return None
    expected = _over_the_bands(lambda at: prediction_interval(at, variance), change, numbers(slack))
    return Between(tau2(change, variance), i_squared(change, variance), expected)


def shrunken_changes(y: ArrayLike, v: ArrayLike, slack: ArrayLike) -> Estimate | None:
    """Each group's change in the light of the others, in their order; None where there are too few.

    The interval of a group that is shown as a band is wider by what the band leaves open. See
    `cautious_empirical_bayes`.
    """
    found = cautious_empirical_bayes(y, v)
    if not may_compare(len(found.value)):
        return None
    room = numbers(slack)
    return replace(found, low=found.low - room, high=found.high + room)


def standing_out(y: ArrayLike, v: ArrayLike, slack: ArrayLike) -> NDArray[np.bool_]:
    """Which groups may be named as different from the others, see `deviation`; none where there are too few.

    >>> standing_out([0.2, 0.3, 0.1, 0.25, 3.0], [0.1] * 5, [0] * 5).tolist()
    [False, False, False, False, True]
    >>> standing_out([0.2, 0.3, 0.1, 0.25, 3.0], [0.1] * 5, [0, 0, 0, 0, 3]).tolist()
    [False, False, False, False, False]
    """
    found = deviation(y, v, slack=slack)
    named: NDArray[np.bool_] = ((found.low > 0) | (found.high < 0)) & may_compare(len(found.value))
    return named


def funnel(y: ArrayLike, spread: float, n: ArrayLike) -> tuple[Estimate, Estimate]:
    """Within which limits groups of their sizes are expected if all are alike, 95 and 99.8 %.

    Parameters
    ----------
    y, n : array_like, shape (n_groups,)
        Changes, and people behind them.
    spread : float
        Standard deviation of people's changes.
    """
    people = numbers(n)
    narrow, wide = (funnel_limits_mean(y, np.full(people.shape, spread), people, level=level) for level in FUNNEL)
    return narrow, wide


def _mean(y: Array, v: Array) -> Estimate:
    """Below five groups the spread between them is hardly known: the plain mean and its t interval."""
    return random_effects(y, v) if may_compare(len(y)) else mean_change(np.zeros_like(y), y)


def _over_the_bands(figure: Callable[[Array], Estimate], y: Array, slack: Array) -> Estimate:
    """The figure of the middles, its interval stretched to that of all lowest and of all highest changes."""
    middle = figure(y)
    if not slack.any():
        return middle
    low, high = np.fmin(middle.low, figure(y - slack).low), np.fmax(middle.high, figure(y + slack).high)
    return replace(middle, low=low, high=high)
