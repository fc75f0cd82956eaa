"""Which changes of single people are larger than measurement error."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import Estimate, complete_pairs, count, estimate
from evaltools.statistics.rates import wilson
from evaltools.statistics.reliable_change_indices import reliable_change_index


def reliable_change(
    before: ArrayLike, after: ArrayLike, sd: float, reliability: float, *, basis: str, level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Shares of people whose score rose, or fell, by more than measurement error (Jacobson and Truax).

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `reliable_change_index`.
    sd, reliability : float
        Published standard deviation and reliability of the scale; NaN where none is known.
    basis : str
        Names them, with their source.
    level : float, default 0.95
        An index beyond this two-sided normal quantile counts; also the coverage of the Wilson interval.

    Returns
    -------
    tuple of Estimate
        Share that rose, share that fell, of those measured at both waves. Without a published sd and
        reliability: NaN with note ``"no_reference"``; without pairs: NaN with ``"too_few"``.

    References
    ----------
    Jacobson & Truax (1991). Journal of Consulting and Clinical Psychology, 59(1), 12-19.

    Examples
    --------
    >>> up, down = reliable_change([20, 30, 40], [30, 30, 39], sd=5, reliability=0.8, basis="SD 5, r .8")
    >>> round(float(up.value), 3), float(down.value)
    (0.333, 0.0)
    """
    method = "Jacobson-Truax, Wilson interval"
    if not (np.isfinite(sd) and np.isfinite(reliability)):
        n = count(complete_pairs(before, after)[0])
        nothing = np.full(n.shape, np.nan)
        return (estimate("reliably_up", nothing, n, method, note="no_reference"),
                estimate("reliably_down", nothing, n, method, note="no_reference"))  # fmt: skip
    index = reliable_change_index(before, after, sd, reliability)
    limit = float(special.ndtri((1 + level) / 2))
    n = count(index)
    up, down = (index > limit).sum(axis=-1), (index < -limit).sum(axis=-1)
    return (wilson("reliably_up", up, n, level=level, basis=basis, method=method),
            wilson("reliably_down", down, n, level=level, basis=basis, method=method))  # fmt: skip
