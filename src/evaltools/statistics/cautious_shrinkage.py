"""Each group's change in the light of the others, with an interval that also holds where groups differ only a little.

Groups lie on the last axis (NaN = no figure for that group), sets of groups on the leading ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import NO_SPREAD, Array, Estimate, estimate
from evaltools.statistics.heterogeneity import Effects, effects_of, freedom, note_of, tau2, weighted


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
    value, low, high = _drawn(effects, between.value, level)
    _, lowest, highest = _drawn(effects, largest, level)
    here = np.isfinite(effects.y)
    alike = here & ~np.isfinite(low) & (effects.k >= 2)[..., None]
    note = np.where(alike, "no_variance", np.where(here, note_of(effects)[..., None], "too_few"))
    return estimate("shrunken_change", value, np.broadcast_to(effects.k[..., None], value.shape),
                    "REML, empirical Bayes, Q-profile", low=np.fmin(low, lowest), high=np.fmax(high, highest),
                    level=level, df=np.where(here, freedom(effects)[..., None], np.nan), note=note)  # fmt: skip


def _drawn(effects: Effects, between: Array, level: float) -> tuple[Array, Array, Array]:
    """Value and limits of empirical Bayes, Knapp and Hartung's mean included, at a given variance between groups."""
    df = freedom(effects)
    mean, total, squares = weighted(effects, np.where(np.isfinite(between), between, 0.0))
    factor = squares / df
    error = np.sqrt(np.where(factor > NO_SPREAD**2, factor, np.nan) / total)[..., None]
    share = between[..., None] / (between[..., None] + effects.v)
    value = share * effects.y + (1 - share) * mean[..., None]
    half = special.stdtrit(df, (1 + level) / 2)[..., None] * np.sqrt(share * effects.v + ((1 - share) * error) ** 2)
    return value, value - half, value + half
