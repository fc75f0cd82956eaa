"""Funnel limits: within which a group of its size is expected to lie by chance alone.

Groups lie on the last axis, one cell a group. About 1 group in 20 lies outside the 95 % limits by chance; groups are
never ranked by their raw means.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import Array, Estimate, estimate, numbers
from evaltools.statistics.group_changes import pooled_sd
from evaltools.statistics.rates import binomial_quantile


def funnel_limits_mean(mean: ArrayLike, sd: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Limits around the mean over all people, for groups of each size.

    Parameters
    ----------
    mean, sd, n : array_like, shape (n_groups,)
        Each group's mean (for example change), standard deviation and number of people; NaN = no figure.
    level : float, default 0.95
        Share of groups expected within the limits; .95 and .998 are customary.

    Returns
    -------
    Estimate
        Value: the mean over all people, the same for every group; low and high: the limits of that group's size; ``n``
        its people. Limits are NaN with note ``"too_few"`` for an empty group and ``"no_variance"`` where nobody within
        any group differs.

    Notes
    -----
    :math:`\bar y \pm z s_p/\sqrt{n_i}` with :math:`s_p` the pooled standard deviation within groups [1]_.

    References
    ----------
    .. [1] Spiegelhalter (2005). Funnel plots for comparing institutional performance. Statistics in Medicine, 24(8),
       1185-1202.

    Examples
    --------
    >>> limits = funnel_limits_mean([0.2, 0.8], [1.0, 1.0], [4, 8])
    >>> round(float(limits.value[0]), 2), limits.low.round(2).tolist()
    (0.6, [-0.38, -0.09])
    """
    size, centre, error, note = _means(mean, sd, n)
    half = float(special.ndtri((1 + level) / 2)) * error
    return estimate("funnel_mean", np.broadcast_to(centre, size.shape), np.nan_to_num(size), "pooled SD",
                    low=centre - half, high=centre + half, level=level, note=note)  # fmt: skip


def funnel_z(mean: ArrayLike, sd: ArrayLike, n: ArrayLike) -> Estimate:
    """How far each group's mean lies from the mean over all people, in standard errors of a group of its size.

    Parameters
    ----------
    mean, sd, n
        As in `funnel_limits_mean`.

    Returns
    -------
    Estimate
        One cell a group; NaN with the notes of `funnel_limits_mean`.

    Examples
    --------
    >>> funnel_z([0.2, 0.8], [1.0, 1.0], [4, 8]).value.round(2).tolist()
    [-0.8, 0.57]
    """
    size, centre, error, note = _means(mean, sd, n)
    value = (numbers(mean) - centre) / error
    return estimate("funnel_z", value, np.nan_to_num(size), "pooled SD", note=note)


def overdispersion(mean: ArrayLike, sd: ArrayLike, n: ArrayLike) -> Estimate:
    """Whether the groups lie further apart than chance: the mean of their squared `funnel_z`.

    Parameters
    ----------
    mean, sd, n
        As in `funnel_limits_mean`.

    Returns
    -------
    Estimate
        About 1 where groups differ by chance alone; much above, the funnel's limits are too narrow and groups outside
        them are no exceptions. ``n`` counts groups. NaN with note ``"too_few"`` below two groups.

    Examples
    --------
    >>> round(float(overdispersion([0.2, 0.8], [1.0, 1.0], [4, 8]).value), 2)
    0.48
    """
    z = funnel_z(mean, sd, n).value
    groups = np.isfinite(z).sum(axis=-1)
    value = np.nansum(z**2, axis=-1) / np.where(groups >= 2, groups, np.nan)
    return estimate("overdispersion", value, groups, "mean squared z", note=np.where(groups >= 2, "", "too_few"))


def funnel_limits_share(count: ArrayLike, of: ArrayLike, *, level: float = 0.95, exact: bool = True) -> Estimate:
    r"""Limits around the share over all groups, for groups of each size.

    Parameters
    ----------
    count, of : array_like, shape (n_groups,)
        How many of how many in each group.
    level : float, default 0.95
        Share of groups expected within the limits.
    exact : bool, default True
        Binomial limits, interpolated between counts and kept within 0 to 1; else normal ones, which small groups
        carry beyond 0 and 1.

    Returns
    -------
    Estimate
        Value: the share over all; low and high: the limits of that group's size; ``n`` and ``of`` its denominator.
        NaN limits with note ``"too_few"`` for an empty group and ``"no_variance"`` where the share is 0 or 1.

    Notes
    -----
    Exact limit :math:`(r - \alpha)/n` with :math:`r` the binomial quantile of :math:`q` and
    :math:`\alpha = (F(r) - q)/(F(r) - F(r - 1))` [1]_.

    References
    ----------
    .. [1] Spiegelhalter (2005). Funnel plots for comparing institutional performance. Statistics in Medicine, 24(8),
       1185-1202, appendix.

    Examples
    --------
    >>> limits = funnel_limits_share([2, 6], [6, 10])
    >>> limits.low.round(3).tolist(), limits.high.round(3).tolist()
    ([0.017, 0.132], [0.817, 0.768])
    """
    x, total = numbers(count), numbers(of)
    there = np.isfinite(x) & (total > 0)
    size = np.where(there, total, np.nan)
    people = np.nansum(size)
    centre = np.where(there, x, 0).sum() / people if people > 0 else np.nan
    fixed = centre in (0, 1)
    tails = ((1 - level) / 2, (1 + level) / 2)
    if fixed or not people > 0:
        low, high = np.full(size.shape, np.nan), np.full(size.shape, np.nan)
    elif exact:
        low, high = (np.clip(_binomial_limit(q, size, centre), 0, 1) for q in tails)
    else:
        low, high = (centre + special.ndtri(q) * np.sqrt(centre * (1 - centre) / size) for q in tails)
    note, method = np.where(there, "no_variance" if fixed else "", "too_few"), "binomial" if exact else "normal"
    return estimate("funnel_share", np.full(size.shape, centre), np.nan_to_num(size), method, low=low, high=high,
                    level=level, note=note)  # fmt: skip


def _means(mean: ArrayLike, sd: ArrayLike, n: ArrayLike) -> tuple[Array, Array, Array, Array]:
    """People of each group with a mean, the mean over all, each group's standard error, and why one is missing."""
    centres, people = numbers(mean), numbers(n)
    there = np.isfinite(centres) & (people >= 1)
    size = np.where(there, people, np.nan)
    total = np.nansum(size, axis=-1, keepdims=True)
    centre = np.where(there, people * np.where(there, centres, 0), 0).sum(axis=-1, keepdims=True)
    spread = np.atleast_1d(pooled_sd(sd, n).value)[..., None] if centres.ndim > 1 else pooled_sd(sd, n).value
    error = np.where(spread > 0, spread, np.nan) / np.sqrt(size)
    note = np.where(~there, "too_few", np.where(np.isfinite(error), "", "no_variance"))
    return size, centre / np.where(total > 0, total, np.nan), error, note


def _binomial_limit(q: float, n: Array, p: float) -> Array:
    quantile = binomial_quantile(q, n, p)
    above, below = (special.betaincc(most + 1, n - most, p) for most in (quantile, quantile - 1))
    limit: Array = (quantile - (above - q) / (above - below)) / n
    return limit
