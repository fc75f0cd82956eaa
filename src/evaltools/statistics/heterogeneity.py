"""How much the groups' true changes differ: Cochran's Q, the variance between groups, I squared.

Groups lie on the last axis (NaN = no figure for that group), sets of groups on the leading ones; ``n`` of these
estimates counts groups. Take the variances from `group_changes.sampling_variances`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evaltools.statistics.estimate import R_ROOT_TOLERANCE, Array, Estimate, estimate, numbers

ESTIMATORS = ("REML", "PM", "DL")
_WIDEST = 100.0  # where metafor begins to look for Paule and Mandel's variance
_HALVINGS, _NARROW = 200, 1e-14  # a bracket so narrow is a root to the last digit but one
_MANY = 1000  # groups from which on those of equal variance are looked at together
_GRID = np.concatenate([[0.0], np.geomspace(1e-5, 1e2, 57)])


class Effects(NamedTuple):
    """Groups' changes and their variances, NaN in both where a group has none; how many; why nothing can be said.

    Groups of the same variance may stand together as one: then ``y`` is their mean, ``many`` says how many they are,
    and ``within`` is the sum of their squared distances from it.
    """

    y: Array
    v: Array
    k: Array
    note: NDArray[np.str_]
    many: Array | float = 1.0
    within: Array | float = 0.0


def cochran_q(yi: ArrayLike, vi: ArrayLike) -> tuple[Estimate, Estimate]:
    """Cochran's Q, and the chance of so large a one if all groups changed alike.

    Parameters
    ----------
    yi, vi : array_like, shape (..., n_groups)
        As in `common_effect`.

    Returns
    -------
    tuple of Estimate
        Q and its p-value, with ``df`` groups minus 1. Below two groups NaN with note ``"too_few"``.

    References
    ----------
    Cochran (1954). The combination of estimates from different experiments. Biometrics, 10(1), 101-129.

    Examples
    --------
    >>> q, p = cochran_q([0.2, 0.6], [0.1, 0.3])
    >>> round(float(q.value), 3), round(float(p.value), 3)
    (0.4, 0.527)
    """
    effects = effects_of(yi, vi)
    df = freedom(effects)
    q = np.where(np.isfinite(df), weighted(effects, np.zeros(effects.k.shape))[2], np.nan)
    note = note_of(effects)
    return (estimate("cochran_q", q, effects.k, "Cochran", df=df, note=note),
            estimate("p_cochran_q", special.chdtrc(df, q), effects.k, "Cochran", df=df, note=note))  # fmt: skip


def tau2(yi: ArrayLike, vi: ArrayLike, *, estimator: str = "REML", level: float = 0.95) -> Estimate:
    """Variance of the true changes between groups.

    Parameters
    ----------
    yi, vi : array_like, shape (..., n_groups)
        As in `common_effect`.
    estimator : {"REML", "PM", "DL"}
        Restricted maximum likelihood, Paule and Mandel, or DerSimonian and Laird.
    level : float, default 0.95
        Coverage of the Q-profile interval.

    Returns
    -------
    Estimate
        In points of the scale squared, at least 0. Below two groups NaN with note ``"too_few"``. Where the groups are
        more alike than chance would have them in all but 1 of 40 cases, no variance fits and the interval is NaN.

    References
    ----------
    Viechtbauer (2005). Bias and efficiency of meta-analytic variance estimators in the random-effects model. Journal
    of Educational and Behavioral Statistics, 30(3), 261-293; (2007). Confidence intervals for the amount of
    heterogeneity in meta-analysis. Statistics in Medicine, 26(1), 37-52; Paule & Mandel (1982). Journal of Research
    of the National Bureau of Standards, 87(5), 377-385; DerSimonian & Laird (1986). Controlled Clinical Trials, 7(3),
    177-188.

    Examples
    --------
    >>> round(float(tau2([0.1, 0.9, 0.3, 1.2], [0.05, 0.05, 0.05, 0.05]).value), 4)
    0.2125
    """
    effects = effects_of(yi, vi)
    whole = together(effects)  # the other estimators look at each group
    low, high = (_q_profile(whole, (1 + side * level) / 2) for side in (1, -1))
    return estimate("tau2", between_groups(effects, estimator), effects.k, f"{estimator}, Q-profile interval", low=low,
                    high=high, level=level, df=freedom(effects), note=note_of(effects))  # fmt: skip


def i_squared(yi: ArrayLike, vi: ArrayLike, *, estimator: str = "REML", level: float = 0.95) -> Estimate:
    """Share of the variance between the groups' changes that is more than chance.

    Parameters
    ----------
    yi, vi, estimator, level
        As in `tau2`.

    Returns
    -------
    Estimate
        Between 0 and 1, with the Q-profile interval. It says nothing about how large the differences are: that is
        `tau2`.

    References
    ----------
    Higgins & Thompson (2002). Quantifying heterogeneity in a meta-analysis. Statistics in Medicine, 21(11), 1539-1558.

    Examples
    --------
    >>> round(float(i_squared([0.1, 0.9, 0.3, 1.2], [0.05, 0.05, 0.05, 0.05]).value), 4)
    0.8095
    """
    effects, between = effects_of(yi, vi), tau2(yi, vi, estimator=estimator, level=level)
    weights = _weights(effects, np.zeros(effects.k.shape))
    total, squares = weights.sum(axis=-1), (weights**2).sum(axis=-1)
    room = np.where(effects.k >= 2, total**2 - squares, np.nan)
    typical = (effects.k - 1) * total / room
    value, low, high = (part / (part + typical) for part in (between.value, between.low, between.high))
    return estimate("i_squared", value, effects.k, between.method, low=low, high=high, level=level, df=between.df,
                    note=between.note)  # fmt: skip


def effects_of(yi: ArrayLike, vi: ArrayLike) -> Effects:
    """Changes and variances side by side, those of groups with both."""
    y, v = np.broadcast_arrays(numbers(yi), numbers(vi))
    there = np.isfinite(y) & np.isfinite(v)
    sure = (there & ~(np.where(there, v, 1) > 0)).any(axis=-1)  # a variance of 0 would weigh without end
    there = there & ~sure[..., None]
    k = there.sum(axis=-1).astype(float)
    note = np.where(sure, "no_variance", np.where(k < 1, "too_few", ""))
    return Effects(np.where(there, y, np.nan), np.where(there, v, np.nan), k, note)


def freedom(effects: Effects) -> Array:
    """Degrees of freedom between groups; NaN below two groups."""
    df: Array = np.where(effects.k >= 2, effects.k - 1, np.nan)
    return df


def note_of(effects: Effects) -> NDArray[np.str_]:
    """Why nothing can be said about differences between groups: fewer than two, or a variance of 0."""
    return np.where((effects.note == "") & (effects.k < 2), "too_few", effects.note)


def weighted(effects: Effects, between: Array) -> tuple[Array, Array, Array]:
    """Weighted mean, sum of weights (NaN for none), and weighted squared distances from the mean."""
    each = _weights(effects, between)
    weights = effects.many * each
    total = weights.sum(axis=-1)
    total = np.where(total > 0, total, np.nan)
    y = np.where(weights > 0, effects.y, 0.0)
    mean = (weights * y).sum(axis=-1) / total
    return mean, total, (weights * (y - mean[..., None]) ** 2 + each * effects.within).sum(axis=-1)


def between_groups(effects: Effects, estimator: str) -> Array:
    """The variance of the true changes between groups; NaN below two groups."""
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator must be one of {', '.join(ESTIMATORS)}")
    found = {"REML": _reml, "PM": _paule_mandel, "DL": _dersimonian_laird}[estimator](
        together(effects) if estimator == "REML" else effects
    )
    return np.where(effects.k >= 2, found, np.nan)


def are_many(effects: Effects) -> bool:
    """Whether it is one set of so many groups that those of equal variance are looked at together."""
    return effects.y.ndim == 1 and effects.y.size >= _MANY


def together(effects: Effects) -> Effects:
    """The same with groups of equal variance as one, where there are very many: a search then looks at a few sizes.

    >>> found = together(effects_of([0.0, 1.0] * 1000, [0.5] * 2000))
    >>> found.y.tolist(), np.asarray(found.many).tolist(), np.asarray(found.within).tolist()
    ([0.5], [2000.0], [500.0])
    """
    if not are_many(effects) or np.ndim(effects.many):
        return effects
    there = np.isfinite(effects.y)
    v = np.unique(effects.v[there])
    at = np.searchsorted(v, effects.v[there])  # of few values many times as fast as what unique would return
    y, many = effects.y[there], np.bincount(at, minlength=len(v)).astype(float)
    mean = np.bincount(at, y, minlength=len(v)) / many
    within = np.bincount(at, (y - mean[at]) ** 2, minlength=len(v)).astype(float)
    return Effects(mean, v, effects.k, effects.note, many, within)


def without(effects: Effects, y: Array, v: Array) -> Effects:
    """Those that `together` made, less one group of this change and variance: a set for each of several groups.

    >>> whole = together(effects_of([0.0, 1.0, 4.0] * 1000, [0.5, 0.5, 0.7] * 1000))
    >>> less = without(whole, np.array([4.0, 0.0]), np.array([0.7, 0.5]))
    >>> less.y.round(4).tolist(), np.asarray(less.many).tolist(), less.k.tolist()
    ([[0.5, 4.0], [0.5003, 4.0]], [[2000.0, 999.0], [1999.0, 1000.0]], [2999.0, 2999.0])
    """
    own, change = effects.v == v[:, None], y[:, None]
    many = effects.many - own
    left = np.where(many > 0, many, 1.0)
    mean = effects.y + np.where(own, (effects.y - change) / left, 0.0)
    within = effects.within - np.where(own, (change - effects.y) ** 2 * effects.many / left, 0.0)
    return Effects(mean, np.broadcast_to(effects.v, own.shape), np.full(len(y), effects.k - 1.0),
                   np.broadcast_to(effects.note, len(y)), many, np.maximum(within, 0.0))  # fmt: skip


def _weights(effects: Effects, between: Array) -> Array:
    weights: Array = 1 / (effects.v + between[..., None])
    return np.where(np.isfinite(weights), weights, 0.0)


def _dersimonian_laird(effects: Effects) -> Array:
    weights = _weights(effects, np.zeros(effects.k.shape))
    total, squares = weights.sum(axis=-1), (weights**2).sum(axis=-1)
    excess = weighted(effects, np.zeros(effects.k.shape))[2] - (effects.k - 1)
    room = np.where(effects.k >= 2, total**2 - squares, np.nan) / np.where(total > 0, total, np.nan)
    return np.maximum(excess / room, 0.0)


def _paule_mandel(effects: Effects) -> Array:
    """Where Q is what is expected of k groups, found as metafor finds it; 0 where it is less without any variance."""
    cells = zip(effects.y.reshape(-1, effects.y.shape[-1]), effects.v.reshape(-1, effects.v.shape[-1]), strict=True)
    return np.reshape([_paule_mandel_of(*cell) for cell in cells], effects.k.shape)


def _paule_mandel_of(y: Array, v: Array) -> float:
    effects = Effects(y, v, np.isfinite(y).sum(axis=-1), np.array(""))

    def excess(between: float) -> float:
        return float(weighted(effects, np.array(between))[2] - (effects.k - 1))

    if effects.k < 2 or excess(0.0) <= 0:
        return 0.0
    high = _WIDEST
    while excess(high) > 0:
        high *= 4
    from scipy import optimize  # a quarter of a second, wanted here only

    return float(optimize.brentq(excess, 0.0, high, xtol=R_ROOT_TOLERANCE))


def _q_profile(effects: Effects, probability: float) -> Array:
    """The variance under which Q lies at a quantile of its distribution; NaN where even 0 is too much."""
    effects = together(effects)
    quantile = special.chdtri(freedom(effects), 1 - probability)
    at_none = weighted(effects, np.zeros(effects.k.shape))[2] - quantile
    root = _falling_root(effects, lambda between: weighted(effects, between)[2] - quantile)
    return np.where(effects.k < 2, np.nan, np.where((probability < 0.5) & (at_none < 0), np.nan, root))


def _scale(effects: Effects) -> Array:
    """A variance of the order of those at hand, to search by; 1 where there is none."""
    mean = np.nansum(effects.many * effects.y, axis=-1) / np.maximum(effects.k, 1)
    squares = np.nansum(effects.many * (effects.y - mean[..., None]) ** 2 + effects.within, axis=-1)
    scale: Array = squares + np.where(effects.k > 0, np.nansum(effects.many * effects.v, axis=-1), 1.0)
    return scale


def _falling_root(effects: Effects, function: Callable[[Array], Array]) -> Array:
    """Where a function of the variance between groups falls to 0; 0 where it starts below."""
    high = _scale(effects)
    while (function(high) > 0).any():
        high = np.where(function(high) > 0, high * 4, high)
    return _bisect(function, np.zeros(high.shape), high)


def _bisect(function: Callable[[Array], Array], low: Array, high: Array) -> Array:
    start = np.where(function(low) > 0, np.nan, low)  # already at or past the root: stay there
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if ((high - low <= _NARROW * high) | ~np.isnan(start)).all():
            break
        above = function(middle) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(np.isnan(start), (low + high) / 2, start)


def _reml(effects: Effects) -> Array:
    """The highest point of the restricted likelihood: found on a grid, which sees every hill, then by its slope."""
    scale = _scale(effects)
    heights = np.stack([_restricted_likelihood(effects, step * scale) for step in _GRID], axis=-1)
    best = np.argmax(heights, axis=-1)
    low, high = _GRID[np.maximum(best - 1, 0)] * scale, _GRID[np.minimum(best + 1, len(_GRID) - 1)] * scale
    return _bisect(lambda between: _restricted_slope(effects, between), low, high)


def _restricted_likelihood(effects: Effects, between: Array) -> Array:
    """Up to a constant, twice the restricted log-likelihood."""
    _, total, squares = weighted(effects, between)
    weights = _weights(effects, between)
    logs = (effects.many * np.log(np.where(weights > 0, weights, 1.0))).sum(axis=-1)
    height: Array = logs - np.log(np.where(np.isfinite(total), total, 1.0)) - np.where(effects.k > 0, squares, 0.0)
    return height


def _restricted_slope(effects: Effects, between: Array) -> Array:
    mean, total, _ = weighted(effects, between)
    weights = _weights(effects, between)
    y = np.where(weights > 0, effects.y, 0.0)
    pull = (weights**2 * (effects.many * (y - mean[..., None]) ** 2 + effects.within)).sum(axis=-1)
    left = (effects.many * weights).sum(axis=-1) - (effects.many * weights**2).sum(axis=-1) / total
    slope: Array = pull - left
    return slope
