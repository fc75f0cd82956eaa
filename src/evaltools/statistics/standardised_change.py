"""Change in standard deviations; each function names the standard deviation that it means."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.change import correlation
from evaltools.statistics.estimate import Array, Estimate, complete_pairs, count, estimate, mean_and_sd, note_for
from evaltools.statistics.noncentral_t import noncentrality

_NORMAL = "ratio of mean and standard deviation, normal-theory interval"


def d_z(before: ArrayLike, after: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Standardised change d_z: mean change in standard deviations of the changes.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        Scores of the same people in the same order; a person with NaN in either wave is left out.
    level : float, default 0.95
        Coverage of the confidence interval.

    Returns
    -------
    Estimate
        In standard deviations of the changes (``basis`` "sd_of_changes"), without small-sample correction. NaN
        with note ``"too_few"`` below two pairs and ``"no_variance"`` where everybody changed alike.

    Notes
    -----
    :math:`d_z = \bar d / s_d`. The limits are the noncentralities under which the observed t lies at the ends of
    the central ``level``, divided by :math:`\sqrt n` [1]_.

    References
    ----------
    .. [1] Cumming & Finch (2001). A primer on the understanding, use, and calculation of confidence intervals.
       Educational and Psychological Measurement, 61(4), 532-574.

    Examples
    --------
    >>> round(float(d_z([1, 2, 3, 4], [2, 2, 5, 5]).value), 4)
    1.2247
    """
    n, centre, sd, _ = _moments(before, after)
    df = np.where(n >= 2, n - 1, np.nan)
    root = _root(n)
    t = centre / _positive(sd) * root
    low, high = (noncentrality(t, df, tail) / root for tail in ((1 + level) / 2, (1 - level) / 2))
    return estimate("d_z", t / root, n, "noncentral t interval", low=low, high=high, level=level, df=df,
                    basis="sd_of_changes", note=note_for(n, sd))  # fmt: skip


def g_z(before: ArrayLike, after: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Standardised change g_z: d_z with Hedges' correction, and with d_z's exact interval.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `d_z`.
    level : float, default 0.95
        Coverage of the confidence interval.

    Returns
    -------
    Estimate
        In standard deviations of the changes (``basis`` "sd_of_changes"). NaN with note ``"too_few"`` below three
        pairs, where Hedges' correction does not exist, and ``"no_variance"`` where everybody changed alike.

    Notes
    -----
    The correction is for the estimate, which is too large on average; the limits are right as they are [1]_. Drawn
    in as well, as `hedges` does for comparison with other programs, they held the truth in 90 % of groups of three.

    References
    ----------
    .. [1] Cumming (2012). Understanding the new statistics. Routledge. Chapter 11.

    Examples
    --------
    >>> found = g_z([1, 2, 3, 4], [2, 2, 5, 5])
    >>> round(float(found.value), 4), round(float(found.low), 4), round(float(found.high), 4)
    (0.8862, -0.1702, 2.5335)
    """
    d = d_z(before, after, level=level)
    g = hedges(d)
    low, high = (np.where(np.isfinite(g.value), limit, np.nan) for limit in (d.low, d.high))
    return replace(g, low=low, high=high, method="Hedges' correction, noncentral t interval")


def d_av(before: ArrayLike, after: ArrayLike, *, level: float = 0.95, interval: str = "bonett") -> Estimate:
    r"""Standardised change d_av: mean change in standard deviations of a wave.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        Scores of the same people in the same order; a person with NaN in either wave is left out.
    level : float, default 0.95
        Coverage of the confidence interval.
    interval : {"bonett", "normal"}
        Bonett's variance with t in place of the normal distribution, or the interval of other programs, which takes
        the denominator as known and is too short for few people (it holds the truth in 80 % of groups of three).

    Returns
    -------
    Estimate
        In standard deviations (``basis`` "mean_variance_of_waves"), without small-sample correction. NaN with
        note ``"too_few"`` below two pairs and ``"no_variance"`` where both waves have no spread; where everybody
        changed alike the value stands without an interval.

    Raises
    ------
    ValueError
        If the interval is unknown.

    Notes
    -----
    :math:`d_{av} = \bar d / s` with :math:`s^2 = (s_1^2 + s_2^2)/2` [1]_, the two variances of the people measured
    at both waves. Bonett's variance is :math:`d^2 (s_1^4 + s_2^4 + 2 s_{12}^2) / (8 s^4 (n-1)) + s_d^2 / (s^2 (n-1))`
    [2]_; with :math:`t_{n-1}` its interval holds the truth in 95 to 100 % of groups of three to twelve people. The
    normal one has the standard error :math:`s_d / (s \sqrt n)`.

    References
    ----------
    .. [1] Cumming (2012). Understanding the new statistics. Routledge.
    .. [2] Bonett (2008). Confidence intervals for standardized linear contrasts of means. Psychological Methods,
       13(2), 99-109.

    Examples
    --------
    >>> round(float(d_av([1, 2, 3, 4], [2, 2, 5, 5]).value), 4)
    0.6547
    """
    if interval not in ("bonett", "normal"):
        raise ValueError('interval must be "bonett" or "normal"')
    n, centre, spread, (sd_1, sd_2) = _moments(before, after)
    pooled = _positive(np.sqrt((sd_1**2 + sd_2**2) / 2))
    note = np.where(np.isnan(pooled) & (n >= 2), "no_variance", note_for(n, spread))
    value, basis = centre / pooled, "mean_variance_of_waves"
    if interval == "normal":
        return _normal("d_av", value, _positive(spread) / _root(n) / pooled, n, basis, note, level)
    df = np.where(n >= 2, n - 1, np.nan)
    together = (sd_1**2 + sd_2**2 - spread**2) / 2  # the covariance; 0 where a wave has no spread
    fourth = sd_1**4 + sd_2**4 + 2 * together**2
    error = np.sqrt(value**2 * fourth / (8 * pooled**4 * df) + _positive(spread) ** 2 / (pooled**2 * df))
    half = special.stdtrit(df, (1 + level) / 2) * error
    return estimate("d_av", value, n, "ratio of mean and standard deviation, Bonett's variance with t",
                    low=value - half, high=value + half, level=level, df=df, basis=basis, note=note)  # fmt: skip


def d_rm(before: ArrayLike, after: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Standardised change d_rm: mean change in standard deviations of the changes, corrected for the correlation.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `d_av`.
    level : float, default 0.95
        Coverage of the confidence interval.

    Returns
    -------
    Estimate
        In standard deviations (``basis`` "sd_of_changes_over_root_2_1_minus_r"), without small-sample correction.
        NaN with note ``"too_few"`` below three pairs and ``"no_variance"`` where everybody changed alike, a wave
        has no spread or the waves correlate perfectly.

    Notes
    -----
    :math:`d_{rm} = \bar d \sqrt{2(1-r)} / s_d` [1]_; standard error
    :math:`\sqrt{(1/n + d^2/(2n)) \, 2(1-r)}` [2]_.

    References
    ----------
    .. [1] Lakens (2013). Calculating and reporting effect sizes to facilitate cumulative science. Frontiers in
       Psychology, 4, 863.
    .. [2] Borenstein, Hedges, Higgins & Rothstein (2009). Introduction to meta-analysis. Wiley. Chapter 4.

    Examples
    --------
    >>> round(float(d_rm([1, 2, 3, 4], [2, 2, 5, 5]).value), 4)
    0.5628
    """
    n, centre, spread, _ = _moments(before, after)
    related = correlation(before, after)
    factor = np.where(related.value < 1, 2 * (1 - related.value), np.nan)
    value = centre * np.sqrt(factor) / _positive(spread)
    error = np.sqrt((1 + value**2 / 2) / _root(n) ** 2 * factor)
    note = np.where(n < 3, "too_few", np.where(np.isnan(value), "no_variance", ""))
    return _normal("d_rm", value, error, n, "sd_of_changes_over_root_2_1_minus_r", note, level)


def d_b(before: ArrayLike, after: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Standardised change d_b (Becker): mean change in standard deviations of the earlier wave.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `d_av`.
    level : float, default 0.95
        Coverage of the confidence interval.

    Returns
    -------
    Estimate
        In standard deviations (``basis`` "sd_before"), without small-sample correction. NaN with note
        ``"too_few"`` below two pairs and ``"no_variance"`` where the earlier wave has no spread; without a
        correlation between the waves the value stands without an interval.

    Notes
    -----
    :math:`d_b = \bar d / s_1`; standard error :math:`\sqrt{2(1-r)/n + d^2/(2n)}` [1]_.

    References
    ----------
    .. [1] Becker (1988). Synthesizing standardized mean-change measures. British Journal of Mathematical and
       Statistical Psychology, 41(2), 257-278.

    Examples
    --------
    >>> round(float(d_b([1, 2, 3, 4], [2, 2, 5, 5]).value), 4)
    0.7746
    """
    n, centre, _, (sd_1, _) = _moments(before, after)
    related = correlation(before, after)
    value = centre / _positive(sd_1)
    error = np.sqrt((2 * (1 - related.value) + value**2 / 2) / _root(n) ** 2)
    note = np.where(n < 2, "too_few", np.where(np.isnan(value), "no_variance", related.note))
    return _normal("d_b", value, error, n, "sd_before", note, level)


def hedges(standardised: Estimate) -> Estimate:
    r"""The same standardised change with Hedges' small-sample correction: g in place of d.

    Parameters
    ----------
    standardised : Estimate
        From `d_z`, `d_av`, `d_rm` or `d_b`.

    Returns
    -------
    Estimate
        Value and limits times J (`g_z` leaves the limits as they are), as other programs print it;
        measure ``g_`` in place of ``d_``, the same basis. At two pairs J is 0 by its
        formula's limit: then everything is NaN with note ``"too_few"``.

    Notes
    -----
    :math:`J = \Gamma(m/2) / (\sqrt{m/2}\,\Gamma((m-1)/2))` with :math:`m = n - 1` degrees of freedom [1]_.

    References
    ----------
    .. [1] Hedges (1981). Distribution theory for Glass's estimator of effect size and related estimators. Journal of
       Educational Statistics, 6(2), 107-128.

    Examples
    --------
    >>> round(float(hedges(d_z([1, 2, 3, 4], [2, 2, 5, 5])).value), 4)
    0.8862
    """
    m = np.where(standardised.n > 2, standardised.n - 1, np.nan)
    j = np.exp(special.gammaln(m / 2) - special.gammaln((m - 1) / 2)) / np.sqrt(m / 2)
    note = np.where(standardised.n <= 2, "too_few", standardised.note)
    return replace(standardised, measure="g" + standardised.measure[1:], value=standardised.value * j,
                   low=standardised.low * j, high=standardised.high * j, note=note,
                   method=f"{standardised.method}, Hedges' correction")  # fmt: skip


def _moments(before: ArrayLike, after: ArrayLike) -> tuple[Array, Array, Array, tuple[Array, Array]]:
    """How many pairs, mean and standard deviation of the changes, standard deviations of the two waves."""
    first, second = complete_pairs(before, after)
    return count(first), *mean_and_sd(second - first), (mean_and_sd(first)[1], mean_and_sd(second)[1])


def _normal(
    measure: str, value: Array, error: Array, n: Array, basis: str, note: ArrayLike, level: float
) -> Estimate:  # fmt: skip
    half = special.ndtri((1 + level) / 2) * error
    return estimate(measure, value, n, _NORMAL, low=value - half, high=value + half, level=level,
                    df=np.where(n >= 2, n - 1, np.nan), basis=basis, note=note)  # fmt: skip


def _positive(spread: Array) -> Array:
    return np.where(spread > 0, spread, np.nan)


def _root(n: Array) -> Array:
    root: Array = np.sqrt(np.where(n > 0, n, np.nan))
    return root
