"""Each group's change as a figure to be pooled: spread within groups, sampling variances, standardised changes.

Groups lie on the last axis. A variance estimated from a group of six is itself so uncertain that weighting by it
biases the result: take the variances from `sampling_variances`, which uses one spread pooled over all groups.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import NO_SPREAD, Array, Estimate, estimate, numbers


def pooled_sd(sd: ArrayLike, n: ArrayLike) -> Estimate:
    r"""Standard deviation within groups, pooled over the groups.

    Parameters
    ----------
    sd : array_like, shape (..., n_groups)
        Standard deviations (n - 1), for example of the changes; NaN where a group has none.
    n : array_like, shape (..., n_groups)
        People in each group.

    Returns
    -------
    Estimate
        In points of the scale; ``n`` counts people in groups of two and more, ``df`` those minus groups. NaN with note
        ``"too_few"`` without such a group.

    Notes
    -----
    :math:`\sqrt{\sum (n_i - 1) s_i^2 / \sum (n_i - 1)}`.

    Examples
    --------
    >>> float(pooled_sd([1.0, 2.0], [5, 5]).value).__round__(4)
    1.5811
    """
    spread, people = numbers(sd), numbers(n)
    there = np.isfinite(spread) & (people >= 2)
    df = np.where(there, people - 1, 0).sum(axis=-1)
    squares = np.where(there, (people - 1) * np.where(there, spread, 0) ** 2, 0).sum(axis=-1)
    value = np.sqrt(squares / np.where(df > 0, df, np.nan))
    return estimate("pooled_sd", value, np.where(there, people, 0).sum(axis=-1), "pooled within groups",
                    df=np.where(df > 0, df, np.nan), note=np.where(df > 0, "", "too_few"))  # fmt: skip


def sampling_variances(sd: ArrayLike, n: ArrayLike) -> Array:
    """Sampling variance of each group's mean change, from the spread pooled over groups.

    Parameters
    ----------
    sd, n : array_like, shape (..., n_groups)
        As in `pooled_sd`. A group of one person has a variance too, since the spread is the others'.

    Returns
    -------
    ndarray, shape (..., n_groups)
        In points of the scale squared; NaN for an empty group.

    Examples
    --------
    >>> sampling_variances([1.0, 1.0], [4, 10]).tolist()
    [0.25, 0.1]
    """
    people = numbers(n)
    variance: Array = pooled_sd(sd, n).value[..., None] ** 2 / np.where(people >= 1, people, np.nan)
    return variance


def standardised_mean_change(
    n: ArrayLike, mean_before: ArrayLike, mean_after: ArrayLike, sd_before: ArrayLike, sd_after: ArrayLike,
    correlation: ArrayLike, *, standardiser: str, level: float = 0.95,
) -> tuple[Estimate, Array]:  # fmt: skip
    r"""Each group's mean change in standard deviations, with its sampling variance, for pooling over scales.

    Parameters
    ----------
    n, mean_before, mean_after, sd_before, sd_after, correlation : array_like, shape (n_groups,)
        The people measured at both waves, and what is known of them.
    standardiser : {"change", "before", "none"}
        Standard deviation of the changes (SMCC), of the first wave (SMCR), or none: the change in points.
    level : float, default 0.95
        Coverage of the normal interval.

    Returns
    -------
    tuple
        The `Estimate`, with Hedges' correction where standardised, and its sampling variance. NaN with note
        ``"too_few"`` below two people and ``"no_variance"`` where the standardiser is 0.

    Notes
    -----
    Variances :math:`1/n + g^2/2n` (change) and :math:`2(1 - r)/n + g^2/2n` (before) [1]_; of points
    :math:`(s_1^2 + s_2^2 - 2 r s_1 s_2)/n`.

    References
    ----------
    .. [1] Becker (1988). Synthesizing standardized mean-change measures. British Journal of Mathematical and
       Statistical Psychology, 41(2), 257-278.

    Examples
    --------
    >>> found, variance = standardised_mean_change(6, 3.2, 3.8, 0.6, 0.6, 0.5, standardiser="change")
    >>> round(float(found.value), 3), round(float(variance), 3)
    (0.841, 0.226)
    """
    people, first, last, sd_1, sd_2, r = (
        numbers(given) for given in (n, mean_before, mean_after, sd_before, sd_after, correlation)
    )
    change, squared = last - first, np.maximum(sd_1**2 + sd_2**2 - 2 * r * sd_1 * sd_2, 0)
    unit = {"change": np.sqrt(squared), "before": sd_1, "none": np.ones_like(sd_1)}[standardiser]
    defined = (people >= 2) & (unit > NO_SPREAD)
    size = np.where(defined, people, np.nan)
    value = change / np.where(defined, unit, np.nan) * (1 if standardiser == "none" else _hedges(size - 1))
    per_person = {"change": 1.0, "before": 2 * (1 - r), "none": squared}[standardiser]
    variance = per_person / size + (0 if standardiser == "none" else value**2 / (2 * size))
    half = float(special.ndtri((1 + level) / 2)) * np.sqrt(variance)
    basis = {"change": "sd_of_changes", "before": "sd_before", "none": ""}[standardiser]
    note = np.where(people < 2, "too_few", np.where(unit > NO_SPREAD, "", "no_variance"))
    return estimate("standardised_mean_change", value, people, "normal interval", low=value - half, high=value + half,
                    level=level, basis=basis, note=note), variance  # fmt: skip


def _hedges(df: Array) -> Array:
    """Hedges' correction of a standardised mean for the bias of a standard deviation with so many df."""
    usable = np.where(df > 1, df, np.nan)
    log = special.gammaln(usable / 2) - special.gammaln((usable - 1) / 2)
    return np.where(df > 1, np.exp(log) / np.sqrt(usable / 2), 1.0)
