"""Shares of things of which several come from the same person."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import Array, Estimate, estimate, numbers
from evaltools.statistics.rates import beta_limits

_NOISE = 1e-9


def clustered_share(
    measure: str, count: ArrayLike, of: ArrayLike, *, level: float = 0.95, interval: str = "korn_graubard"
) -> Estimate:
    r"""A share of things where several come from one person: ideas that helped, say.

    Parameters
    ----------
    measure : str
        Key into ``measures.toml``.
    count, of : array_like, shape (..., n_people)
        For each person, how many of how many things; 0 of 0 or NaN for a person without any.
    level : float, default 0.95
        Coverage of the interval.
    interval : {"korn_graubard", "cr2"}
        Exact limits for the number of things that would tell as much if all were independent; or the t interval
        with the cluster-robust standard error CR2 and Satterthwaite's degrees of freedom, which can leave 0 to 1.

    Returns
    -------
    Estimate
        Between 0 and 1. ``n`` counts people with at least one thing, ``of`` things, ``df`` belongs to the interval.
        Below two people: the value without interval, note ``"too_few"``. Where all things agree, the interval
        counts each person once ("korn_graubard") or is missing with note ``"no_variance"`` ("cr2").

    Notes
    -----
    Linearised variance :math:`v = \frac{m}{m-1}\sum (x_i - p n_i)^2 / N^2` over m people; effective size
    :math:`p(1-p)/v` times the squared ratio of the t quantiles with N - 1 and m - 1 degrees of freedom [1]_, and at
    most N [3]_: things of the same people never tell more than as many independent ones (R's ``svyciprop`` does not
    stop there). CR2 and its degrees of freedom for a mean [2]_.

    References
    ----------
    .. [1] Korn & Graubard (1998). Confidence intervals for proportions with small expected number of positive counts
       estimated from survey data. Survey Methodology, 24(2), 193-201.
    .. [2] Pustejovsky & Tipton (2018). Small-sample methods for cluster-robust variance estimation. Journal of
       Business & Economic Statistics, 36(4), 672-683.
    .. [3] Parker et al. (2017). National Center for Health Statistics data presentation standards for proportions.
       Vital and Health Statistics, 2(175).

    Examples
    --------
    >>> share = clustered_share("idea_helped", [2, 3, 0, 1], [3, 3, 2, 1])
    >>> round(float(share.value), 3), float(share.n), float(share.of)
    (0.667, 4.0, 9.0)
    """
    if interval not in ("korn_graubard", "cr2"):
        raise ValueError('interval must be "korn_graubard" or "cr2"')
    x, size = _of_each_person(count, of)
    people, total = (size > 0).sum(axis=-1).astype(float), size.sum(axis=-1)
    value = x.sum(axis=-1) / np.where(total > 0, total, np.nan)
    limits = _korn_graubard if interval == "korn_graubard" else _cr2
    low, high, df = limits(x - value[..., None] * size, size, value, level)
    note = np.where(people < 2, "too_few", np.where(np.isnan(low), "no_variance", ""))
    low, high = (np.where(people < 2, np.nan, limit) for limit in (low, high))
    method = "Korn-Graubard interval" if interval == "korn_graubard" else "CR2, Satterthwaite t interval"
    return estimate(measure, value, people, method, low=low, high=high, level=level, of=total, df=df, note=note)


def design_effect(count: ArrayLike, of: ArrayLike) -> Estimate:
    r"""How many times the variance of a share grows because things come from the same people.

    Parameters
    ----------
    count, of : array_like, shape (..., n_people)
        As in `clustered_share`.

    Returns
    -------
    Estimate
        A factor; 1 where it makes no difference. NaN with note ``"too_few"`` below two people and
        ``"no_variance"`` where all things agree.

    Notes
    -----
    Linearised variance over :math:`p(1-p)/(N-1)` [1]_.

    References
    ----------
    .. [1] Kish (1965). Survey sampling. Wiley; Lumley (2010). Complex surveys. Wiley.

    Examples
    --------
    >>> round(float(design_effect([3, 3, 0, 0], [3, 3, 3, 3]).value), 2)
    3.67
    """
    x, size = _of_each_person(count, of)
    people, total = (size > 0).sum(axis=-1).astype(float), size.sum(axis=-1)
    value = x.sum(axis=-1) / np.where(total > 0, total, np.nan)
    variance = _linearised_variance(x - value[..., None] * size, size)
    simple = value * (1 - value) / np.where(total > 1, total - 1, np.nan)
    factor = variance / np.where(simple > 0, simple, np.nan)
    note = np.where(people < 2, "too_few", np.where(np.isnan(factor), "no_variance", ""))
    return estimate("design_effect", factor, people, "linearisation", of=total, note=note)


def _of_each_person(count: ArrayLike, of: ArrayLike) -> tuple[Array, Array]:
    x, size = numbers(count), numbers(of)
    known = np.isfinite(x) & np.isfinite(size)
    x, size = np.where(known, x, 0.0), np.where(known, size, 0.0)
    if ((x < 0) | (x > size)).any():
        raise ValueError("count must lie between 0 and of for every person")
    return x, size


def _linearised_variance(residuals: Array, size: Array) -> Array:
    people = (size > 0).sum(axis=-1).astype(float)
    total = np.where(size.sum(axis=-1) > 0, size.sum(axis=-1), np.nan)
    inflation = people / np.where(people > 1, people - 1, np.nan)
    variance: Array = inflation * (residuals**2).sum(axis=-1) / total**2
    return variance


def _korn_graubard(residuals: Array, size: Array, value: Array, level: float) -> tuple[Array, Array, Array]:
    people, total = (size > 0).sum(axis=-1).astype(float), size.sum(axis=-1)
    variance = _linearised_variance(residuals, size)
    df = np.where(people > 1, people - 1, np.nan)
    tail = (1 + level) / 2
    quantiles = special.stdtrit(np.where(total > 1, total - 1, np.nan), tail) / special.stdtrit(df, tail)
    effective = value * (1 - value) / np.where(variance > _NOISE**2, variance, np.nan) * quantiles**2
    # without any spread between people the data do not tell how alike a person's things are: each person counts once
    effective = np.where(np.isnan(effective), people, np.minimum(effective, total))
    return (*beta_limits(value * effective, effective, level), df)


def _cr2(residuals: Array, size: Array, value: Array, level: float) -> tuple[Array, Array, Array]:
    total = np.where(size.sum(axis=-1) > 0, size.sum(axis=-1), np.nan)[..., None]
    part = size / total
    weight = 1 / (total * np.sqrt(np.where(part < 1, 1 - part, np.nan)))
    error = np.sqrt(np.nansum((weight * residuals) ** 2, axis=-1))
    between = -(size * weight)[..., :, None] * (size * weight)[..., None, :] / total[..., None]
    between = between + np.eye(size.shape[-1]) * (size * weight**2)[..., None, :]
    trace, squares = np.trace(between, axis1=-2, axis2=-1), (between**2).sum(axis=(-2, -1))
    df = trace**2 / np.where(squares > 0, squares, np.nan)
    half = special.stdtrit(df, (1 + level) / 2) * np.where(error > _NOISE, error, np.nan)
    return value - half, value + half, df
