"""Shares of people."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import Estimate, estimate


def wilson(measure: str, count: ArrayLike, of: ArrayLike, *, level: float = 0.95, basis: str = "",
           method: str = "Wilson interval") -> Estimate:  # fmt: skip
    r"""A share with Wilson's interval, which behaves at small numbers and at shares of 0 and 1.

    Parameters
    ----------
    measure : str
        Key into ``measures.toml``.
    count, of : array_like
        How many of how many people.
    level : float, default 0.95
        Coverage of the interval.
    basis, method : str
        What the counting rests on, for the table of results.

    Returns
    -------
    Estimate
        Between 0 and 1; ``n`` and ``of`` are the denominator. NaN with note ``"too_few"`` where it is 0.

    Notes
    -----
    With :math:`z` the normal quantile: centre :math:`(x + z^2/2)/(n + z^2)`, half width
    :math:`z\sqrt{x(n-x)/n + z^2/4}/(n + z^2)` [1]_.

    References
    ----------
    .. [1] Wilson (1927). Probable inference, the law of succession, and statistical inference. Journal of the
       American Statistical Association, 22, 209-212.

    Examples
    --------
    >>> share = wilson("reliably_up", 2, 8)
    >>> round(float(share.low), 4), round(float(share.high), 4)
    (0.0715, 0.5907)
    """
    x, total = np.asarray(count, float), np.asarray(of, float)
    n = np.where(total > 0, total, np.nan)
    z2 = float(special.ndtri((1 + level) / 2)) ** 2
    centre = (x + z2 / 2) / (n + z2)
    half = np.sqrt(z2) * np.sqrt(x * (n - x) / n + z2 / 4) / (n + z2)
    return estimate(measure, x / n, total, method, low=np.maximum(centre - half, 0), high=np.minimum(centre + half, 1),
                    level=level, basis=basis, note=np.where(total > 0, "", "too_few"))  # fmt: skip
