"""Shares of people."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import Array, Estimate, estimate, numbers

_NOISE = 1e-9


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
    >>> share = wilson("share_improved", 2, 8)
    >>> round(float(share.low), 4), round(float(share.high), 4)
    (0.0715, 0.5907)
    """
    x, total = numbers(count), numbers(of)
    n = np.where(total > 0, total, np.nan)
    z2 = float(special.ndtri((1 + level) / 2)) ** 2
    centre = (x + z2 / 2) / (n + z2)
    half = np.sqrt(z2) * np.sqrt(x * (n - x) / n + z2 / 4) / (n + z2)
    return estimate(measure, x / n, total, method, low=np.maximum(centre - half, 0), high=np.minimum(centre + half, 1),
                    level=level, basis=basis, note=np.where(total > 0, "", "too_few"))  # fmt: skip


def clopper_pearson(measure: str, count: ArrayLike, of: ArrayLike, *, level: float = 0.95, basis: str = "") -> Estimate:
    r"""A share with Clopper and Pearson's exact interval, which covers in at least the level asked for.

    Parameters
    ----------
    measure : str
        Key into ``measures.toml``.
    count, of : array_like
        How many of how many people.
    level : float, default 0.95
        Coverage of the interval, reached or passed.
    basis : str
        What the counting rests on, for the table of results.

    Returns
    -------
    Estimate
        Between 0 and 1; ``n`` and ``of`` are the denominator. NaN with note ``"too_few"`` where it is 0.

    References
    ----------
    Clopper & Pearson (1934). The use of confidence or fiducial limits illustrated in the case of the binomial.
    Biometrika, 26(4), 404-413.

    Examples
    --------
    >>> share = clopper_pearson("share_improved", 2, 8)
    >>> round(float(share.low), 4), round(float(share.high), 4)
    (0.0319, 0.6509)
    """
    x, total = numbers(count), numbers(of)
    low, high = beta_limits(x, total, level)
    return estimate(measure, x / np.where(total > 0, total, np.nan), total, "Clopper-Pearson interval", low=low,
                    high=high, level=level, basis=basis, note=np.where(total > 0, "", "too_few"))  # fmt: skip


def mcnemar(gained: ArrayLike, lost: ArrayLike, people: ArrayLike, *, level: float = 0.95) -> tuple[Estimate, Estimate]:
    r"""Change of a yes-no answer of the same people: exact McNemar test, and the change of the share of yes.

    Parameters
    ----------
    gained, lost : array_like
        People who went from no to yes, and from yes to no.
    people : array_like
        People with both answers.
    level : float, default 0.95
        Coverage of the confidence interval.

    Returns
    -------
    tuple of Estimate
        Two-sided p (1 where nobody changed), and the change of the share, later minus earlier, with Bonett and Price's
        interval, which never has zero width. NaN with note ``"too_few"`` without people.

    Notes
    -----
    p is binomial among those who changed [1]_. The interval adds one person to each kind of change and two in all
    [2]_.

    References
    ----------
    .. [1] McNemar (1947). Note on the sampling error of the difference between correlated proportions or percentages.
       Psychometrika, 12(2), 153-157.
    .. [2] Bonett & Price (2012). Adjusted Wald confidence interval for a difference of binomial proportions based on
       paired data. Journal of Educational and Behavioral Statistics, 37(4), 479-488.

    Examples
    --------
    >>> p, change = mcnemar(5, 0, 10)
    >>> float(p.value), float(change.value), round(float(change.low), 4)
    (0.0625, 0.5, 0.0545)
    """
    up, down, total = (numbers(part) for part in (gained, lost, people))
    if ((up < 0) | (down < 0) | (up + down > total)).any():
        raise ValueError("gained and lost must be at least 0 and together at most the number of people")
    n = np.where(total > 0, total, np.nan)
    p_1, p_2 = (up + 1) / (n + 2), (down + 1) / (n + 2)
    half = special.ndtri((1 + level) / 2) * np.sqrt((p_1 + p_2 - (p_1 - p_2) ** 2) / (n + 2))
    note = np.where(total > 0, "", "too_few")
    p = np.where(total > 0, fair_coin_p(up, up + down), np.nan)
    return (estimate("p_mcnemar", p, total, "exact McNemar, two-sided", of=up + down, note=note),
            estimate("change_of_share", (up - down) / n, total, "Bonett-Price interval",
                     low=np.maximum(p_1 - p_2 - half, -1), high=np.minimum(p_1 - p_2 + half, 1), level=level,
                     note=note))  # fmt: skip


def fair_coin_p(heads: ArrayLike, tosses: ArrayLike) -> Array:
    """Two-sided exact binomial p against one half: the chance of a result at least as uneven; 1 for no toss.

    >>> float(fair_coin_p(0, 6)), float(fair_coin_p(0, 0))
    (0.03125, 1.0)
    """
    x, n = numbers(heads), numbers(tosses)
    p: Array = np.minimum(1, 2 * special.bdtr(np.minimum(x, n - x), n.astype(int), 0.5))
    return p


def beta_limits(count: ArrayLike, of: ArrayLike, level: float) -> tuple[Array, Array]:
    """Clopper and Pearson's limits, for whole and for effective numbers; NaN where the denominator is 0.

    >>> low, high = beta_limits(0, 6, 0.95)
    >>> float(low), round(float(high), 4)
    (0.0, 0.4593)
    """
    x, n = np.broadcast_arrays(numbers(count), numbers(of))
    some = n > 0
    n = np.where(some, n, 1.0)
    x = np.clip(x, 0, n)
    none, all_ = x <= _NOISE, x >= n - _NOISE
    low = special.betaincinv(np.where(none, 1, x), np.where(none, 1, n - x + 1), (1 - level) / 2)
    high = special.betaincinv(np.where(all_, 1, x + 1), np.where(all_, 1, n - x), (1 + level) / 2)
    return (np.where(some, np.where(none, 0.0, low), np.nan), np.where(some, np.where(all_, 1.0, high), np.nan))


def binomial_quantile(q: float, n: ArrayLike, p: float) -> Array:
    """The smallest number of cases that a binomial stays at or below with a probability of at least q.

    Parameters
    ----------
    q, p : float
        The probability asked for, and that of one case; both between 0 and 1.
    n : array_like
        Of how many. NaN gives NaN.

    Examples
    --------
    >>> binomial_quantile(0.05, [9, 10, 11], 0.5)  # as R: qbinom(0.05, 9:11, 0.5)
    array([2., 2., 3.])
    """
    size = numbers(n)
    near = np.ceil(special.bdtrik(q, size, p))  # one too many where rounding lifts an exact whole number
    quantile: Array = np.where((near > 0) & (special.betaincc(near, size - near + 1, p) >= q), near - 1, near)
    return quantile
