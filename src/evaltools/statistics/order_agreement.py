"""How far things were taken in the order that had been decided."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.estimate import Estimate, estimate


def kendall_tau_within(measure: str, decided: ArrayLike, taken: ArrayLike, blocks: ArrayLike) -> Estimate:
    r"""Kendall's tau between two orders of the same things, where orders hold within blocks (sessions) only.

    Parameters
    ----------
    measure : str
        Key into ``measures.toml``.
    decided, taken : array_like, shape (n_things,)
        Ranks; NaN = not recorded.
    blocks : array_like of int, shape (n_things,)
        Which session a thing belongs to; things of two sessions are never compared.

    Returns
    -------
    Estimate
        1 where every session kept to the order, -1 where it was turned around. ``n`` counts the things compared,
        ``of`` the pairs of things. NaN with note ``"too_few"`` without a session in which two things have both ranks.

    Notes
    -----
    :math:`(C - D) / P`: concordant minus discordant pairs over all pairs within sessions [1]_; for one session
    without ties it is Kendall's tau. A pair of equal ranks counts as neither.

    References
    ----------
    .. [1] Kendall (1938). A new measure of rank correlation. Biometrika, 30(1/2), 81-93.

    Examples
    --------
    >>> float(kendall_tau_within("order_kept", [1, 2, 3, 1, 2], [1, 3, 2, 1, 2], [0, 0, 0, 1, 1]).value)
    0.5
    """
    first, second, within = (np.asarray(values, float) for values in (decided, taken, blocks))
    known = np.isfinite(first) & np.isfinite(second)
    first, second, within = first[known], second[known], within[known]
    one, other = np.triu_indices(len(first), k=1)
    same = within[one] == within[other]
    one, other = one[same], other[same]
    agreed = np.sign(first[one] - first[other]) * np.sign(second[one] - second[other])
    things = len(np.unique(np.concatenate([one, other])))
    if not len(agreed):
        return estimate(measure, np.nan, 0, "Kendall's tau within sessions", of=0, note="too_few")
    return estimate(measure, agreed.mean(), things, "Kendall's tau within sessions", of=len(agreed))
