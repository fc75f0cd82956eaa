"""Whether a group stands out from all the others: further away than chance, and than the others lie from each other.

Groups lie on the last axis (NaN = no figure for that group), sets of groups on the leading ones. Of a thousand groups
that are all alike, fifty lie outside a 95 % limit: here the limit is set so wide that in about 95 of 100 whole sets of
groups that are all alike not a single one is named.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evaltools.statistics.estimate import Array, Estimate, cell_rows, estimate, numbers
from evaltools.statistics.heterogeneity import (
    Effects,
    are_many,
    between_groups,
    effects_of,
    together,
    weighted,
    without,
)

_CELLS = 2**20  # of groups times variances that are searched at once


def naming_level(groups: ArrayLike, *, level: float = 0.95) -> Array:
    r"""Coverage of each group's interval at which all of so many hold together in ``level`` of the sets.

    Parameters
    ----------
    groups : array_like
        How many groups are looked at.
    level : float, default 0.95
        How often no group is named where none differs.

    Returns
    -------
    ndarray
        Each group is named with probability 1 minus this; 1 without groups.

    Notes
    -----
    :math:`.95^{1/k}` [1]_.

    References
    ----------
    .. [1] Šidák (1967). Rectangular confidence regions for the means of multivariate normal distributions. Journal of
       the American Statistical Association, 62(318), 626-633.

    Examples
    --------
    >>> naming_level([1, 10, 1000]).round(5).tolist()
    [0.95, 0.99488, 0.99995]
    """
    k = numbers(groups)
    found: Array = level ** (1 / np.where(k > 0, k, np.inf))
    return found


def deviation(yi: ArrayLike, vi: ArrayLike, *, slack: ArrayLike = 0.0, level: float = 0.95) -> Estimate:
    r"""How far each group's change lies from the mean of all the others, with the interval that decides on naming it.

    Parameters
    ----------
    yi, vi : array_like, shape (..., n_groups)
        Change of each group and its sampling variance, as in `pooling.common_effect`; take the variances from one
        spread, not from each group's own.
    slack : array_like, shape (..., n_groups)
        How far a change that is known by its ends only may lie from ``yi``; widens the interval on both sides.
    level : float, default 0.95
        As in `naming_level`.

    Returns
    -------
    Estimate
        In points of the scale, one cell a group. A group stands out where the interval does not hold 0. ``level`` is
        each interval's own coverage, ``n`` counts groups. NaN with note ``"too_few"`` below three groups, for then
        there are no others that can differ, and for a group without figure; ``"no_variance"`` where a variance is 0.

    Notes
    -----
    First the others are taken to be alike: :math:`y_i - \hat\mu_{(i)} \pm z\sqrt{v_i + 1/\sum_{j \ne i} w_j}` with
    :math:`w_j = 1/v_j`. Where that interval does not hold 0, the wider one counts that lets the others' true changes
    differ, :math:`\pm z\sqrt{v_i + \tau^2_{(i)} + 1/\sum w_j}` with :math:`\tau^2_{(i)}` by REML from the others only
    and :math:`w_j = 1/(v_j + \tau^2_{(i)})`: the deleted residual of [1]_, z at Šidák's level. ``docs/review.md``
    tells how often groups are named.

    References
    ----------
    .. [1] Viechtbauer & Cheung (2010). Outlier and influence diagnostics for meta-analysis. Research Synthesis
       Methods, 1(2), 112-125.

    Examples
    --------
    >>> found = deviation([0.2, 0.3, 0.1, 0.25, 0.15, 3.0], [0.1] * 6)
    >>> ((found.low > 0) | (found.high < 0)).tolist()
    [False, False, False, False, False, True]
    """
    effects = effects_of(yi, vi)
    usable, own = (effects.k >= 3)[..., None], np.isfinite(effects.y)
    z = -special.ndtri((1 - naming_level(effects.k, level=level)) / 2)[..., None]
    value, error = _from_the_others(effects)
    room = np.broadcast_to(numbers(slack), value.shape)
    stands_out = usable & (np.abs(value) - room > z * error)
    if stands_out.any():
        value[stands_out], error[stands_out] = _where_the_others_differ(effects, stands_out)
    half = np.where(usable, z * error + room, np.nan)
    note = np.where(effects.note[..., None] == "no_variance", "no_variance", np.where(usable & own, "", "too_few"))
    return estimate("deviation", np.where(usable, value, np.nan), np.broadcast_to(effects.k[..., None], value.shape),
                    "deleted residual, Šidák", low=value - half, high=value + half,
                    level=np.broadcast_to(naming_level(effects.k, level=level)[..., None], value.shape),
                    note=note)  # fmt: skip


def _from_the_others(effects: Effects) -> tuple[Array, Array]:
    """Distance from the weighted mean of the others, who are taken to be alike, and its standard error."""
    weight = np.where(np.isfinite(effects.y), 1 / effects.v, 0.0)
    y = np.where(np.isfinite(effects.y), effects.y, 0.0)
    others = weight.sum(axis=-1, keepdims=True) - weight
    others = np.where(others > 0, others, np.nan)
    mean = ((weight * y).sum(axis=-1, keepdims=True) - weight * y) / others
    return effects.y - mean, np.sqrt(effects.v + 1 / others)


def _where_the_others_differ(effects: Effects, chosen: NDArray[np.bool_]) -> tuple[Array, Array]:
    """The same for some groups, with the variance between the others in the standard error."""
    if are_many(effects):
        return _left_out_of_many(effects, chosen)
    sets, place = np.nonzero(chosen.reshape(-1, chosen.shape[-1]))
    each = np.arange(len(place))
    y, v = cell_rows(effects.y)[sets], cell_rows(effects.v)[sets]
    own_y, own_v = y[each, place], v[each, place]
    y[each, place] = np.nan
    others = effects_of(y, v)
    between = between_groups(others, "REML")
    mean, total, _ = weighted(others, between)
    return own_y - mean, np.sqrt(own_v + between + 1 / total)


def _left_out_of_many(effects: Effects, chosen: NDArray[np.bool_]) -> tuple[Array, Array]:
    """The same for one set of very many groups: each is taken out of the sums over those of its variance."""
    whole, y, v = together(effects), effects.y[chosen], effects.v[chosen]
    found = np.empty((2, len(y)))
    at_once = max(_CELLS // len(whole.y), 1)
    for start in range(0, len(y), at_once):
        own = slice(start, start + at_once)
        others = without(whole, y[own], v[own])
        between = between_groups(others, "REML")
        mean, total, _ = weighted(others, between)
        found[:, own] = y[own] - mean, np.sqrt(v[own] + between + 1 / total)
    return found[0], found[1]
