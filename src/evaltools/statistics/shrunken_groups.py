"""Groups compared fairly: each group's mean change drawn towards the mean of all, the more the smaller it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import Array, Estimate, estimate, numbers
from evaltools.statistics.fit import Fit
from evaltools.statistics.random_intercept import fit_random_intercept
from evaltools.statistics.small_sample import contrast_estimates, kenward_roger, satterthwaite

_IMAGINARY = 1e-20


def fit_groups(change: ArrayLike, groups: ArrayLike) -> Fit:
    """Fit by REML: change ~ 1 + (1 | group).

    Parameters
    ----------
    change : array_like, shape (n_people,)
        In points of the scale; NaN = not known.
    groups : array_like, shape (n_people,)
        Each person's group.

    Returns
    -------
    Fit
        ``theta``: variance between groups, variance between people of a group.

    Examples
    --------
    >>> fit_groups([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], ["a", "a", "b", "b", "c", "c"]).theta.round(3).tolist()
    [3.75, 0.5]
    """
    _, table = _by_group(numbers(change), np.asarray(groups))
    return fit_random_intercept(table.T, np.ones((table.shape[1], 1)))


def overall_change(change: ArrayLike, groups: ArrayLike, *, level: float = 0.95) -> tuple[Estimate, Estimate]:
    """Mean change of an average group, with the spread between groups in its interval; Kenward-Roger.

    Parameters
    ----------
    change, groups
        As in `fit_groups`.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    tuple of Estimate
        In points of the scale, and the two-sided p. ``n`` counts people. Note ``"too_few"`` below two groups or
        three people, ``"singular"`` where groups are estimated not to differ (then people are compared as if of
        one group), ``"no_variance"`` where all changed alike.

    Examples
    --------
    >>> mean, p = overall_change([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], ["a", "a", "b", "b", "c", "c"])
    >>> round(float(mean.value), 3), round(float(mean.df), 3)
    (3.5, 2.0)
    """
    values = numbers(change)
    n = float(np.isfinite(values).sum())
    if _too_few(values, np.asarray(groups)):
        return (estimate("overall_change", np.nan, n, "Kenward-Roger", level=level, note="too_few"),
                estimate("p_overall_change", np.nan, n, "Kenward-Roger, two-sided", note="too_few"))  # fmt: skip
    return contrast_estimates("overall_change", kenward_roger(fit_groups(values, groups)), np.ones(1), n, level)


def shrunken_change(change: ArrayLike, groups: ArrayLike, *, level: float = 0.95) -> tuple[list[str], Estimate]:
    r"""Each group's mean change, shrunken towards the mean of all groups (BLUP).

    A group of four is extreme by chance; this says how far its own answers can be believed.

    Parameters
    ----------
    change, groups
        As in `fit_groups`.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    list of str, Estimate
        The groups that have anyone measured, sorted, and a figure a group, in points of the scale; ``n`` counts
        its people. Note ``"too_few"`` below two groups or three people, ``"singular"`` where groups are estimated
        not to differ: then each value is the mean of all, without interval, which would be far too narrow.

    Notes
    -----
    :math:`\hat\mu + \lambda_g (\bar d_g - \hat\mu)`, :math:`\lambda_g = n_g\tau^2 / (n_g\tau^2 + \sigma^2)` [1]_.
    The interval is t with Satterthwaite's degrees of freedom of the prediction's variance
    :math:`\tau^2(1 - \lambda_g) + (1 - \lambda_g)^2 var(\hat\mu)`.

    References
    ----------
    .. [1] Robinson (1991). That BLUP is a good thing: the estimation of random effects. Statistical Science,
       6(1), 15-32.

    Examples
    --------
    >>> names, found = shrunken_change([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], ["a", "a", "b", "b", "c", "c"])
    >>> names, found.value.round(3).tolist()
    (['a', 'b', 'c'], [1.625, 3.5, 5.375])
    """
    values, member = numbers(change), np.asarray(groups)
    names, table = _by_group(values, member)
    n = np.isfinite(table).sum(axis=1).astype(float)
    method = "BLUP, REML, Satterthwaite"
    if _too_few(values, member):
        return names, estimate("shrunken_change", np.full(len(names), np.nan), n, method, level=level, note="too_few")
    fit = fit_groups(values, member)
    if fit.singular or fit.exact:
        note = "no_variance" if fit.exact else "singular"
        same = np.full(len(names), fit.beta[0])
        return names, estimate("shrunken_change", same, n, method, level=level, note=note)
    between, within = fit.theta
    weight = n * between / (n * between + within)
    value = fit.beta[0] + weight * (np.nansum(table, axis=1) / n - fit.beta[0])
    variance, df = prediction_variance(fit.theta, n), _degrees(fit, n)
    half = special.stdtrit(df, (1 + level) / 2) * np.sqrt(variance)
    unsure = np.where(np.isfinite(half), "", "singular")
    return names, estimate("shrunken_change", value, n, method, low=value - half, high=value + half, level=level, df=df,
                           note=unsure)  # fmt: skip


def prediction_variance(theta: Array, n: Array) -> Array:
    """Variance of each group's shrunken mean around its true mean, from the two variances and the groups' sizes.

    >>> prediction_variance(np.array([1.0, 4.0]), np.array([4.0, 4.0])).tolist()
    [0.75, 0.75]
    """
    between, within = theta
    weight = n * between / (n * between + within)
    mean: Array = between * (1 - weight) + (1 - weight) ** 2 / (n / (n * between + within)).sum()
    return mean


def _degrees(fit: Fit, n: Array) -> Array:
    """Satterthwaite: slopes of the variance in both parameters, exact by steps in an imaginary direction."""
    spread = satterthwaite(fit).spread
    steps = fit.theta + _IMAGINARY * 1j * np.eye(2)
    slopes = np.stack([np.imag(prediction_variance(step, n)) / _IMAGINARY for step in steps])
    noise = np.einsum("kg,kl,lg->g", slopes, spread, slopes)
    return 2 * prediction_variance(fit.theta, n) ** 2 / np.where(noise > 0, noise, np.nan)


def _by_group(change: Array, groups: np.ndarray[tuple[int], np.dtype[np.str_]]) -> tuple[list[str], Array]:
    """The groups that have anyone measured, and their people's changes in rows, NaN where a row has no more."""
    known = np.isfinite(change)
    names = np.unique(groups[known])
    members = [np.sort(change[known & (groups == name)]) for name in names]
    table = np.full((len(names), max((len(own) for own in members), default=0)), np.nan)
    for row, own in zip(table, members, strict=True):
        row[: len(own)] = own
    return [str(name) for name in names], table


def _too_few(change: Array, groups: np.ndarray[tuple[int], np.dtype[np.str_]]) -> bool:
    known = np.isfinite(change)
    return len(np.unique(groups[known])) < 2 or int(known.sum()) <= len(np.unique(groups[known]))
