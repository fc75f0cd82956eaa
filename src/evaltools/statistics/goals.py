"""Goal attainment scaling."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.estimate import Estimate, estimate, numbers


def goal_attainment_t(
    attained: ArrayLike, weights: ArrayLike = 1.0, *, rho: float = 0.3, people: ArrayLike = 1
) -> Estimate:
    r"""Goal attainment T: how far the goals were reached together; 50 is as expected.

    Parameters
    ----------
    attained : array_like, shape (..., n_goals)
        Level of each goal, from -2 (much less than expected) over 0 (as expected) to +2 (much more); NaN for a goal
        that was not rated, which is left out together with its weight.
    weights : array_like, broadcast to the shape of ``attained``
        Importance of each goal, at least 0; equal weights where none is given.
    rho : float, default 0.3
        Assumed correlation between goals, 0 to 1.
    people : array_like, default 1
        How many people the goals belong to.

    Returns
    -------
    Estimate
        In T points (mean 50, standard deviation 10 under the assumptions), without interval: the levels are ordered
        words, so describe T, do not test it. ``n`` counts people, ``of`` goals. NaN with note ``"too_few"`` without
        a rated goal of positive weight.

    Raises
    ------
    ValueError
        If a level lies outside -2 to 2, a weight is negative or rho lies outside 0 to 1.

    Notes
    -----
    :math:`T = 50 + 10 \sum w x / \sqrt{(1-\rho)\sum w^2 + \rho(\sum w)^2}` [1]_.

    References
    ----------
    .. [1] Kiresuk & Sherman (1968). Goal attainment scaling. Community Mental Health Journal, 4(6), 443-453.

    Examples
    --------
    >>> round(float(goal_attainment_t([1, 0, 1]).value), 4)
    59.1287
    """
    levels = numbers(attained)
    importance = np.broadcast_to(numbers(weights), levels.shape)
    if (np.abs(levels) > 2).any():
        raise ValueError("a goal level lies outside -2 to 2")
    if not (np.nanmin(importance, initial=0) >= 0 and 0 <= rho <= 1):
        raise ValueError("weights must be at least 0, and rho must lie between 0 and 1")
    rated = np.isfinite(levels) & (importance > 0)
    w, x = np.where(rated, importance, 0.0), np.where(rated, levels, 0.0)
    spread = (1 - rho) * (w**2).sum(axis=-1) + rho * w.sum(axis=-1) ** 2
    value = 50 + 10 * (w * x).sum(axis=-1) / np.sqrt(np.where(spread > 0, spread, np.nan))
    return estimate("goal_attainment_t", value, people, "Kiresuk-Sherman", of=rated.sum(axis=-1),
                    basis=f"rho {rho:g}", note=np.where(spread > 0, "", "too_few"))  # fmt: skip
