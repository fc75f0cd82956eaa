"""Change of the same people between two waves."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import Array, Estimate, complete_pairs, count, estimate, mean_and_sd, note_for


def pairs(before: ArrayLike, after: ArrayLike) -> Estimate:
    """How many people were measured at both waves.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        Scores of the same people in the same order; NaN = not measured.

    Returns
    -------
    Estimate
        Of people; 0 where nobody was measured twice.

    Examples
    --------
    >>> float(pairs([2, float("nan"), 3], [3, 4, 4]).value)
    2.0
    """
    n = count(complete_pairs(before, after)[0])
    return estimate("pairs", n, n, "count")


def mean_change(before: ArrayLike, after: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Mean change of paired scores, after minus before.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        Scores of the same people in the same order, in points of the scale; leading axes are cells (groups),
        so one call serves many groups. A person with NaN in either wave is left out.
    level : float, default 0.95
        Coverage of the confidence interval.

    Returns
    -------
    Estimate
        In points of the scale; ``n`` counts complete pairs. With one pair the value stands and the interval is
        NaN with note ``"too_few"``, with equal changes likewise with ``"no_variance"``; with no pair the value
        is NaN.

    Raises
    ------
    ValueError
        If before and after hold different numbers of people.

    Notes
    -----
    The interval is :math:`\bar d \pm t_{n-1} s_d / \sqrt n` with :math:`d` the paired differences [1]_. It keeps
    its level on discrete, skewed and ceiling data from four people up.

    References
    ----------
    .. [1] Student (1908). The probable error of a mean. Biometrika, 6(1), 1-25.

    Examples
    --------
    >>> float(mean_change([2, 3, 3, 4], [3, 3, 4, 5]).value)
    0.75
    """
    n, centre, sd = _changes(before, after)
    df = np.where(n >= 2, n - 1, np.nan)
    half = special.stdtrit(df, (1 + level) / 2) * _standard_error(sd, n)
    return estimate("mean_change", centre, n, "paired t", low=centre - half, high=centre + half, level=level,
                    df=df, note=note_for(n, sd))  # fmt: skip


def t_paired(before: ArrayLike, after: ArrayLike) -> tuple[Estimate, Estimate]:
    """Student's paired t and its two-sided p-value.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `mean_change`.

    Returns
    -------
    tuple of Estimate
        t, and p with the same ``df``. NaN with note ``"too_few"`` below two pairs and with ``"no_variance"``
        where everybody changed by the same amount: then no t exists, however large the change.

    References
    ----------
    Student (1908). The probable error of a mean. Biometrika, 6(1), 1-25.

    Examples
    --------
    >>> t, p = t_paired([1, 2, 3, 4], [2, 2, 5, 5])
    >>> round(float(t.value), 3), round(float(p.value), 3)
    (2.449, 0.092)
    """
    n, centre, sd = _changes(before, after)
    df = np.where(n >= 2, n - 1, np.nan)
    t = centre / _standard_error(sd, n)
    p = 2 * special.stdtr(df, -np.abs(t))
    note = note_for(n, sd)
    return (estimate("t_paired", t, n, "paired t", df=df, note=note),
            estimate("p_t_paired", p, n, "paired t, two-sided", df=df, note=note))  # fmt: skip


def correlation(before: ArrayLike, after: ArrayLike) -> Estimate:
    """Pearson correlation between the two waves.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `mean_change`.

    Returns
    -------
    Estimate
        A coefficient between -1 and 1. NaN with note ``"too_few"`` below three pairs (two always give +-1) and
        ``"no_variance"`` where a wave has no spread.

    Examples
    --------
    >>> round(float(correlation([1, 2, 3, 4], [2, 2, 5, 5]).value), 4)
    0.8944
    """
    first, second = complete_pairs(before, after)
    n = count(first)
    (mean_1, sd_1), (mean_2, sd_2) = mean_and_sd(first), mean_and_sd(second)
    products = np.nansum((first - mean_1[..., None]) * (second - mean_2[..., None]), axis=-1)
    spread = sd_1 * sd_2
    defined = (n >= 3) & (spread > 0)
    value = products / np.where(defined, (n - 1) * spread, np.nan)
    note = np.where(n < 3, "too_few", np.where(spread == 0, "no_variance", ""))
    return estimate("correlation", np.clip(value, -1, 1), n, "Pearson", note=note)


def _changes(before: ArrayLike, after: ArrayLike) -> tuple[Array, Array, Array]:
    first, second = complete_pairs(before, after)
    change = second - first
    return count(change), *mean_and_sd(change)


def _standard_error(sd: Array, n: Array) -> Array:
    error: Array = np.where(sd > 0, sd, np.nan) / np.sqrt(np.where(n > 0, n, np.nan))
    return error
