"""How far measurements of the same people agree, and how far people of one group do."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import Array, Estimate, count, estimate, mean_and_sd, numbers
from evaltools.statistics.reliability import complete_answers, minimal_detectable_change

_NOISE = 1e-10
_NAMES = ("icc_1", "icc_2", "icc_3", "icc_1k", "icc_2k", "icc_3k")


def intraclass_correlations(scores: ArrayLike, *, level: float = 0.95) -> tuple[Estimate, ...]:
    r"""Intraclass correlations of Shrout and Fleiss: how far repeated measurements of the same people agree.

    Parameters
    ----------
    scores : array_like, shape (..., n_waves, n_people)
        Scores of the same people; NaN = missing. Only people measured at every wave count.
    level : float, default 0.95
        Coverage of the confidence intervals.

    Returns
    -------
    tuple of Estimate
        ICC(1,1), ICC(2,1) absolute agreement, ICC(3,1) consistency, and the same for the mean of all waves:
        ICC(1,k), ICC(2,k), ICC(3,k). At most 1; ``df`` is that of the people. NaN with note ``"too_few"`` below
        three people or two waves, ``"no_variance"`` where nothing differs that it could compare; where all waves
        agree perfectly the value stands without an interval, note ``"no_variance"``.

    Notes
    -----
    From the mean squares of the analysis of variance; F intervals, for ICC(2,1) with Satterthwaite's degrees of
    freedom [1]_ [2]_. The limits for the mean of all waves are those of one wave, stepped up.

    References
    ----------
    .. [1] Shrout & Fleiss (1979). Intraclass correlations: uses in assessing rater reliability. Psychological
       Bulletin, 86(2), 420-428.
    .. [2] McGraw & Wong (1996). Forming inferences about some intraclass correlation coefficients. Psychological
       Methods, 1(1), 30-46.

    Examples
    --------
    >>> judges = [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]]
    >>> [round(float(icc.value), 2) for icc in intraclass_correlations(judges)]
    [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    """
    values = complete_answers(scores)
    k, n = values.shape[-2], count(values[..., 0, :])
    between, within, waves, left = _mean_squares(values)
    tail = (1 - level) / 2
    one = _one_wave(between, within, within, 0.0, k)
    three = _one_wave(between, left, left, 0.0, k)
    two = _one_wave(between, left, left, k * (waves - left) / _some(n), k)
    limits = (
        _f_limits(between / _some(within), n - 1, n * (k - 1), k, tail),
        _agreement_limits(two, (between, waves, left), n, k, tail),
        _f_limits(between / _some(left), n - 1, (n - 1) * (k - 1), k, tail),
    )
    found = [(value, *ends) for value, ends in zip((one, two, three), limits, strict=True)]
    stepped = [tuple(_stepped_up(part, k) for part in icc) for icc in found]
    return tuple(_icc(name, icc, n, k, level) for name, icc in zip(_NAMES, found + stepped, strict=True))


def intraclass_f(scores: ArrayLike) -> tuple[Estimate, Estimate]:
    r"""Whether people differ more than their own waves do: the F tests behind the intraclass correlations.

    Parameters
    ----------
    scores : array_like, shape (..., n_waves, n_people)
        As in `intraclass_correlations`.

    Returns
    -------
    tuple of Estimate, shape (..., 2)
        F and p; first one-way, for ICC(1), then with what waves have in common taken out, for ICC(2) and ICC(3).
        ``df`` is the denominator's, the other is people less one. Notes as in `intraclass_correlations`.

    Notes
    -----
    The mean square of people over that within people, or over what is left over [1]_.

    References
    ----------
    .. [1] Shrout & Fleiss (1979). Intraclass correlations: uses in assessing rater reliability. Psychological
       Bulletin, 86(2), 420-428.

    Examples
    --------
    >>> judges = [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]]
    >>> f, p = intraclass_f(judges)
    >>> f.value.round(2).tolist(), f.df.tolist(), p.value.round(4).tolist()
    ([1.79, 11.03], [18.0, 15.0], [0.1648, 0.0001])
    """
    values = complete_answers(scores)
    k, n = values.shape[-2], count(values[..., 0, :])[..., None]
    between, within, _, left = _mean_squares(values)
    enough = (n >= 3) & (k >= 2)
    df = np.concatenate([n * (k - 1), (n - 1) * (k - 1)], axis=-1)
    f = between[..., None] / _some(np.stack([within, left], axis=-1))
    f, df = np.where(enough, f, np.nan), np.where(enough, df, np.nan)
    p = special.fdtrc(np.where(enough, n - 1, np.nan), df, f)
    note = np.where(~enough, "too_few", np.where(np.isnan(f), "no_variance", ""))
    n = np.broadcast_to(n, f.shape)
    return (estimate("F_icc", f, n, "analysis of variance", df=df, note=note),
            estimate("p_icc", p, n, "analysis of variance, F", df=df, note=note))  # fmt: skip


def retest_error(scores: ArrayLike) -> tuple[Estimate, Estimate]:
    r"""Standard error of measurement from repeated measurements of unchanged people, and the change beyond it.

    Parameters
    ----------
    scores : array_like, shape (..., n_waves, n_people)
        As in `intraclass_correlations`.

    Returns
    -------
    tuple of Estimate
        Standard error of measurement and minimal detectable change (95 %), in points of the scale, without
        intervals. NaN with note ``"too_few"`` below two people or two waves.

    Notes
    -----
    Root of the mean square left over when people and waves are taken out; with two waves the standard deviation of the
    changes over :math:`\sqrt 2` [1]_.

    References
    ----------
    .. [1] Weir (2005). Quantifying test-retest reliability using the intraclass correlation coefficient and the SEM.
       Journal of Strength and Conditioning Research, 19(1), 231-240.

    Examples
    --------
    >>> sem, mdc = retest_error([[10, 12, 15, 11], [11, 12, 17, 11]])
    >>> round(float(sem.value), 3), round(float(mdc.value), 3)
    (0.677, 1.877)
    """
    values = complete_answers(scores)
    n = count(values[..., 0, :])
    sem = np.sqrt(_mean_squares(values)[3])
    note = np.where(np.isnan(sem), "too_few", "")
    return (estimate("sem", sem, n, "analysis of variance", note=note),
            estimate("mdc", minimal_detectable_change(sem), n, "analysis of variance, 95 %", note=note))  # fmt: skip


def r_wg_j(items: ArrayLike, options: int) -> Estimate:
    r"""Within-group agreement r_wg(j): how much less the people of a group differ than if they answered at random.

    Parameters
    ----------
    items : array_like, shape (..., n_items, n_people)
        Answers after reversed items have been turned; NaN = missing. Only people who answered every item count.
    options : int
        Number of answers to choose from.

    Returns
    -------
    Estimate
        From 0 (as at random, or more different) to 1, without interval. NaN with note ``"too_few"`` below two people.

    Notes
    -----
    With :math:`\bar s^2` the items' mean variance over :math:`(A^2-1)/12`, that of evenly spread answers:
    :math:`J(1-\bar s^2)/(J(1-\bar s^2)+\bar s^2)` [1]_.

    References
    ----------
    .. [1] James, Demaree & Wolf (1984). Estimating within-group interrater reliability with and without response
       bias. Journal of Applied Psychology, 69(1), 85-98.

    Examples
    --------
    >>> round(float(r_wg_j([[4, 4, 5, 4], [3, 4, 4, 4]], 5).value), 3)
    0.933
    """
    answers = complete_answers(items)
    n = count(answers[..., 0, :])
    variance = (mean_and_sd(answers)[1] ** 2).mean(axis=-1)
    ratio = np.minimum(variance / ((options**2 - 1) / 12), 1)
    value = answers.shape[-2] * (1 - ratio) / (answers.shape[-2] * (1 - ratio) + ratio)
    return estimate("r_wg_j", value, n, "evenly spread answers as null", note=np.where(np.isnan(value), "too_few", ""))


def group_icc(scores: ArrayLike) -> tuple[Estimate, Estimate]:
    r"""ICC(1) and ICC(2) of groups: share of the differences that lies between groups; reliability of group means.

    Parameters
    ----------
    scores : array_like, shape (..., n_groups, n_people)
        A row a group, padded with NaN.

    Returns
    -------
    tuple of Estimate
        ICC(1) and ICC(2), at most 1, without intervals; ``n`` counts people, ``of`` groups. NaN with note
        ``"too_few"`` below two groups or without a group of two, ``"no_variance"`` where nobody differs.

    Notes
    -----
    From the one-way analysis of variance, ICC(1) with the mean group size [1]_.

    References
    ----------
    .. [1] Bliese (2000). Within-group agreement, non-independence, and reliability. In Klein & Kozlowski (eds.),
       Multilevel theory, research, and methods in organizations. Jossey-Bass.

    Examples
    --------
    >>> icc_1, icc_2 = group_icc([[3, 4, 3], [5, 5, 4], [2, 3, 3]])
    >>> round(float(icc_1.value), 3), round(float(icc_2.value), 3)
    (0.735, 0.893)
    """
    values = numbers(scores)
    sizes = count(values)
    n, groups = sizes.sum(axis=-1), (sizes > 0).sum(axis=-1).astype(float)
    centre = np.nansum(values, axis=-1) / _some(sizes)
    grand = np.nansum(values, axis=(-2, -1)) / _some(n)
    enough = (groups >= 2) & (n > groups)
    between = np.nansum(sizes * (centre - grand[..., None]) ** 2, axis=-1) / np.where(enough, groups - 1, np.nan)
    within = np.nansum((values - centre[..., None]) ** 2, axis=(-2, -1)) / np.where(enough, n - groups, np.nan)
    one = (between - within) / _some(between + (n / _some(groups) - 1) * within)
    two = (between - within) / _some(between)
    note = np.where(~enough, "too_few", np.where(np.isnan(two), "no_variance", ""))
    method = "one-way analysis of variance"
    return (estimate("group_icc_1", one, n, method, of=groups, note=note),
            estimate("group_icc_2", two, n, method, of=groups, note=note))  # fmt: skip


def _mean_squares(values: Array) -> tuple[Array, Array, Array, Array]:
    """Mean squares between people, within people, between waves, and left over; NaN where not defined."""
    k, n = values.shape[-2], count(values[..., 0, :])
    people = values.mean(axis=-2)
    waves = np.nansum(values, axis=-1) / _some(n)[..., None]
    grand = waves.mean(axis=-1)
    of_people = k * np.nansum((people - grand[..., None]) ** 2, axis=-1)
    of_waves = n * ((waves - grand[..., None]) ** 2).sum(axis=-1)
    within = np.nansum((values - people[..., None, :]) ** 2, axis=(-2, -1))
    df = np.where(n >= 2, n - 1, np.nan)
    more = k - 1 if k > 1 else np.nan
    left = np.maximum(within - of_waves, 0) / (df * more)
    return of_people / df, within / (df + 1) / more, of_waves / more, np.where(left < _NOISE, 0.0, left)


def _one_wave(between: Array, within: Array, left: Array, shift: ArrayLike, k: int) -> Array:
    value: Array = (between - left) / _some(between + (k - 1) * within + np.asarray(shift, float))
    return value


def _stepped_up(single: Array, k: int) -> Array:
    """Reliability of the mean of k measurements from that of one (Spearman and Brown)."""
    return k * single / _some(1 + (k - 1) * single)


def _f_limits(f: Array, df_1: Array, df_2: Array, k: int, tail: float) -> tuple[Array, Array]:
    some = np.isfinite(f) & (df_1 >= 1) & (df_2 >= 1)
    df_1, df_2 = np.where(some, df_1, np.nan), np.where(some, df_2, np.nan)
    low, high = f / special.fdtri(df_1, df_2, 1 - tail), f * special.fdtri(df_2, df_1, 1 - tail)
    return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)


def _agreement_limits(
    icc: Array, squares: tuple[Array, Array, Array], n: Array, k: int, tail: float
) -> tuple[Array, Array]:
    """Limits of ICC(2,1), McGraw and Wong's case 2A."""
    between, waves, left = squares
    ratio = waves / _some(left)
    rest = n * (1 + (k - 1) * icc) - k * icc
    df = (k - 1) * (n - 1) * (k * icc * ratio + rest) ** 2 / _some((n - 1) * (k * icc * ratio) ** 2 + rest**2)
    people = np.where(np.isfinite(df), n - 1, np.nan)
    f_low, f_high = special.fdtri(people, df, 1 - tail), special.fdtri(df, people, 1 - tail)
    error = k * waves + (k * n - k - n) * left
    return (n * (between - f_low * left) / (f_low * error + n * between),
            n * (f_high * between - left) / (error + n * f_high * between))  # fmt: skip


def _icc(name: str, icc: tuple[Array, ...], n: Array, k: int, level: float) -> Estimate:
    enough = (n >= 3) & (k >= 2)
    value, low, high = (np.where(enough, part, np.nan) for part in icc)
    note = np.where(~enough, "too_few", np.where(np.isnan(value) | np.isnan(low), "no_variance", ""))
    return estimate(name, value, n, "Shrout-Fleiss, F interval", low=low, high=high, level=level,
                    df=np.where(enough, n - 1, np.nan), note=note)  # fmt: skip


def _some(values: Array) -> Array:
    return np.where(values > _NOISE, values, np.nan)
