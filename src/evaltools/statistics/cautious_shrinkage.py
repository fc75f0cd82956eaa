"""Each group's change in the light of the others, with an interval that also holds where groups differ only a little.

Groups lie on the last axis (NaN = no figure for that group), sets of groups on the leading ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.estimate import Estimate, estimate
from evaltools.statistics.heterogeneity import effects_of, freedom, tau2
from evaltools.statistics.pooling import drawn_to_the_mean


def cautious_empirical_bayes(yi: ArrayLike, vi: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Each group's change drawn towards the mean of all, its interval wide enough for all that groups may differ.

    Parameters
    ----------
    yi, vi : array_like, shape (..., n_groups)
        As in `pooling.common_effect`.
    level : float, default 0.95
        Coverage at least intended; the interval of the variance between groups has the same.

    Returns
    -------
    Estimate
        One cell a group, in points of the scale; ``n`` counts groups. The value is that of `pooling.empirical_bayes`. A
        group without figure is NaN with note ``"too_few"``, as all are below two groups; where all changed alike, there
        is no interval (note ``"no_variance"``).

    Notes
    -----
    Empirical Bayes takes the variance between groups as if it were known. In groups of four to ten people it is often
    estimated as 0 although groups differ; then all groups get the same far too narrow interval. Here the interval
    spans both that at the REML estimate and that at the upper limit of the Q-profile interval [1]_. In simulated sets
    of 10 to 1,000 groups it held at least 95 % of the true changes where empirical Bayes' own held 84 to 99 %
    (``docs/review.md``).

    References
    ----------
    .. [1] Viechtbauer (2007). Confidence intervals for the amount of heterogeneity in meta-analysis. Statistics in
       Medicine, 26(1), 37-52.

    Examples
    --------
    >>> found = cautious_empirical_bayes([0.1, 0.9, 0.3, 1.2], [0.05, 0.05, 0.05, 0.05])
    >>> found.value.round(2).tolist(), found.low.round(2).tolist()
    ([0.2, 0.85, 0.36, 1.09], [-0.6, 0.19, -0.4, 0.43])
    """
    effects, between = effects_of(yi, vi), tau2(yi, vi, level=level)
    largest = np.fmax(between.high, between.value)  # no upper limit: the groups are more alike than chance
    value, low, high, note = drawn_to_the_mean(effects, between.value, level)
    _, lowest, highest, _ = drawn_to_the_mean(effects, largest, level)
    df = np.where(np.isfinite(effects.y), freedom(effects)[..., None], np.nan)
    return estimate("shrunken_change", value, np.broadcast_to(effects.k[..., None], value.shape),
                    "REML, empirical Bayes, Q-profile", low=np.fmin(low, lowest), high=np.fmax(high, highest),
                    level=level, df=df, note=note)  # fmt: skip
