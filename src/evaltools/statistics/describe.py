"""One wave: how many, mean, spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import Estimate, count, estimate, mean_and_sd, note_for, numbers


def people_measured(scores: ArrayLike) -> Estimate:
    """How many people have a score.

    Parameters
    ----------
    scores : array_like, shape (..., n_people)
        Scores; NaN for a person who was not measured.

    Returns
    -------
    Estimate
        Of people; 0 where nobody was measured.

    Examples
    --------
    >>> float(people_measured([3.0, float("nan"), 4.0]).value)
    2.0
    """
    n = count(numbers(scores))
    return estimate("people_measured", n, n, "count")


def mean(scores: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Mean score of the people measured.

    Parameters
    ----------
    scores : array_like, shape (..., n_people)
        Scores in points of the scale; a person with NaN is left out.
    level : float, default 0.95
        Coverage of the confidence interval.

    Returns
    -------
    Estimate
        In points of the scale. One person: the value stands, no interval, note ``"too_few"``; all scores equal:
        no interval, note ``"no_variance"``; nobody: NaN.

    Notes
    -----
    The interval is :math:`\bar x \pm t_{n-1} s / \sqrt n` [1]_.

    References
    ----------
    .. [1] Student (1908). The probable error of a mean. Biometrika, 6(1), 1-25.

    Examples
    --------
    >>> float(mean([2, 3, 3, 4]).value)
    3.0
    """
    values = numbers(scores)
    n = count(values)
    centre, sd = mean_and_sd(values)
    df = np.where(n >= 2, n - 1, np.nan)
    half = special.stdtrit(df, (1 + level) / 2) * np.where(sd > 0, sd, np.nan) / np.sqrt(np.where(n > 0, n, np.nan))
    return estimate("mean", centre, n, "t interval", low=centre - half, high=centre + half, level=level, df=df,
                    note=note_for(n, sd))  # fmt: skip


def sd(scores: ArrayLike) -> Estimate:
    """Standard deviation of the scores, with n - 1.

    Parameters
    ----------
    scores : array_like, shape (..., n_people)
        Scores in points of the scale; a person with NaN is left out.

    Returns
    -------
    Estimate
        In points of the scale; NaN with note ``"too_few"`` below two people, 0 where all are equal.

    Examples
    --------
    >>> float(sd([2.0, 4.0]).value)
    1.4142135623730951
    """
    values = numbers(scores)
    n = count(values)
    _, spread = mean_and_sd(values)
    return estimate("sd", spread, n, "standard deviation", note=np.where(n < 2, "too_few", ""))
