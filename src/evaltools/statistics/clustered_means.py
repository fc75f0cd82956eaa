"""Means of things of which several come from the same person."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.cluster_robust import cluster_robust
from evaltools.statistics.estimate import NO_SPREAD, Estimate, estimate


def clustered_mean(measure: str, values: ArrayLike, people: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Mean of things where several come from one person: how hard a question was, say, or by how much it eased.

    Parameters
    ----------
    measure : str
        Key into ``measures.toml``.
    values : array_like, shape (n_things,)
        One a thing, in its own unit; NaN = not recorded. For a paired change, after minus before.
    people : array_like of int, shape (n_things,)
        Whose the thing is.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    Estimate
        The mean of all things, each counted once. ``n`` counts people, ``of`` things. NaN without any thing; below
        two people no interval, note ``"too_few"``; where people do not differ likewise, note ``"no_variance"``.

    Notes
    -----
    The t interval with the cluster-robust standard error CR2 and Satterthwaite's degrees of freedom [1]_, since
    things of the same person resemble each other. With equally many things a person it is the t interval of
    people's own means.

    References
    ----------
    .. [1] Pustejovsky & Tipton (2018). Small-sample methods for cluster-robust variance estimation. Journal of
       Business & Economic Statistics, 36(4), 672-683.

    Examples
    --------
    >>> change = clustered_mean("difficulty_change", [-3, -2, -4, -1], [0, 0, 1, 2])
    >>> float(change.value), float(change.n), float(change.of)
    (-2.5, 3.0, 4.0)
    """
    numbers, whose = np.asarray(values, float), np.asarray(people)
    known = np.isfinite(numbers)
    order = np.lexsort((numbers[known], whose[known]))  # sums in one order, whatever the order of the rows
    numbers, whose = numbers[known][order], whose[known][order]
    n, method = len(np.unique(whose)), "CR2, Satterthwaite t interval"
    if not len(numbers):
        return estimate(measure, np.nan, 0, method, note="too_few")
    (centre,), (error,), (df,) = cluster_robust(numbers, np.ones((len(numbers), 1)), whose)
    note = "too_few" if n < 2 else "no_variance" if error <= NO_SPREAD else ""
    half = np.nan if note else special.stdtrit(df, (1 + level) / 2) * error
    return estimate(measure, centre, n, method, low=centre - half, high=centre + half,
                    level=np.nan if note else level, of=len(numbers), df=np.nan if note else df, note=note)  # fmt: skip
