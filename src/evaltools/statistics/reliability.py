"""How consistently a scale measures, and how much of a difference is measurement error."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evaltools.statistics.estimate import NO_SPREAD, Array, Estimate, count, estimate, mean_and_sd, numbers

_PERFECT = 1e-12


def cronbach_alpha(items: ArrayLike, *, level: float = 0.95, interval: str = "feldt") -> Estimate:
    r"""Cronbach's alpha: how far the items of a scale vary together.

    Parameters
    ----------
    items : array_like, shape (..., n_items, n_people)
        Answers after reversed items have been turned, NaN = missing. Only people who answered every item count.
    level : float, default 0.95
        Coverage of the confidence interval.
    interval : {"feldt", "bonett"}
        Feldt's interval from the F distribution, or Bonett's from the logarithm of 1 - alpha.

    Returns
    -------
    Estimate
        A coefficient, at most 1; ``n`` counts people with complete answers. NaN with note ``"too_few"`` below
        three people or two items, ``"no_variance"`` where the sum scores do not vary. Where the items agree
        perfectly alpha is 1 and there is no interval, note ``"no_variance"``.

    Raises
    ------
    ValueError
        If the interval is unknown.

    Notes
    -----
    :math:`\alpha = \frac{k}{k-1}\left(1 - \frac{\sum s_i^2}{s_{sum}^2}\right)` [1]_ with Feldt's interval from
    the F distribution with :math:`n-1` and :math:`(n-1)(k-1)` degrees of freedom [2]_, or Bonett's:
    :math:`\ln(1-\alpha)` has variance :math:`2k/((k-1)(n-2))` [3]_.

    References
    ----------
    .. [1] Cronbach (1951). Coefficient alpha and the internal structure of tests. Psychometrika, 16, 297-334.
    .. [2] Feldt, Woodruff & Salih (1987). Statistical inference for coefficient alpha. Applied Psychological
       Measurement, 11(1), 93-103.
    .. [3] Bonett (2002). Sample size requirements for testing and estimating coefficient alpha. Journal of
       Educational and Behavioral Statistics, 27(4), 335-340.

    Examples
    --------
    >>> round(float(cronbach_alpha([[1, 2, 3, 4, 5], [2, 2, 3, 5, 4], [1, 3, 3, 4, 5]]).value), 4)
    0.9451
    """
    answers = numbers(items)
    complete = np.asarray(np.isfinite(answers).all(axis=-2))
    k, n = answers.shape[-2], complete.sum(axis=-1).astype(float)
    own, together = _squares(np.where(complete[..., None, :], answers, 0.0), complete, np.maximum(n, 1))
    return alpha_of_squares(own, together, n, k, level=level, interval=interval)


def alpha_of_squares(
    own: ArrayLike, together: ArrayLike, n: ArrayLike, k: int, *, level: float = 0.95, interval: str = "feldt"
) -> Estimate:
    """Cronbach's alpha from sums of squares, where the answers of very many people have been added up already.

    Parameters
    ----------
    own : array_like
        Squared distances of the answers from their item's mean, summed over people and items.
    together : array_like
        Squared distances of people's sums from the mean of these, summed over people.
    n : array_like
        People who answered every item.
    k : int
        Items.
    level, interval
        As in `cronbach_alpha`.

    Returns
    -------
    Estimate
        As from `cronbach_alpha`.

    Examples
    --------
    >>> round(float(alpha_of_squares(27.2, 73.2, 5, 3).value), 4)
    0.9426
    """
    if interval not in ("feldt", "bonett"):
        raise ValueError('interval must be "feldt" or "bonett"')
    own, together, n = numbers(own), numbers(together), numbers(n)
    enough = (n >= 3) & (k >= 2)
    varies = enough & (together > (n - 1) * NO_SPREAD**2)
    ratio = own / np.where(varies, together, np.nan)
    value = np.minimum(k / max(k - 1, 1) * (1 - ratio), 1)
    note = np.where(~enough, "too_few", np.where(~varies, "no_variance", ""))
    df = np.where(varies, n - 1, np.nan)
    limits = _feldt if interval == "feldt" else _bonett
    low, high = (limits(value, n, k, tail) for tail in ((1 + level) / 2, (1 - level) / 2))
    perfect = varies & (value > 1 - _PERFECT)
    low, high = (np.where(perfect, np.nan, limit) for limit in (low, high))
    note = np.where(perfect, "no_variance", note)
    return estimate("alpha", value, n, f"Cronbach, {interval.capitalize()} interval", low=low, high=high, level=level,
                    df=df, note=note)  # fmt: skip


def standardised_alpha(items: ArrayLike) -> tuple[Estimate, Estimate]:
    r"""Alpha of the items put on the same spread, and the mean correlation between two items that it rests on.

    Parameters
    ----------
    items : array_like, shape (..., n_items, n_people)
        As in `cronbach_alpha`.

    Returns
    -------
    tuple of Estimate
        Standardised alpha and the mean inter-item correlation, without intervals. NaN with note ``"too_few"`` below
        three people or two items, ``"no_variance"`` where an item does not vary.

    Notes
    -----
    :math:`k \bar r / (1 + (k-1) \bar r)` [1]_.

    References
    ----------
    .. [1] Nunnally & Bernstein (1994). Psychometric theory (3rd ed.). McGraw-Hill.

    Examples
    --------
    >>> alpha, r = standardised_alpha([[1, 2, 3, 4, 5], [2, 2, 3, 5, 4], [1, 3, 3, 4, 5]])
    >>> round(float(alpha.value), 4), round(float(r.value), 4)
    (0.9455, 0.8527)
    """
    answers = complete_answers(items)
    k, n = answers.shape[-2], count(answers[..., 0, :])
    mean, spread = mean_and_sd(answers)
    enough, varies = (n >= 3) & (k >= 2), (spread > 0).all(axis=-1)
    scaled = (answers - mean[..., None]) / np.where(spread > 0, spread, np.nan)[..., None]
    squares = np.nansum(scaled.sum(axis=-2) ** 2, axis=-1)  # (n - 1) times the sum of all correlations
    r = (squares / np.where(enough & varies, n - 1, np.nan) - k) / max(k * (k - 1), 1)
    r = np.minimum(r, 1)
    below = 1 + (k - 1) * r
    note = np.where(~enough, "too_few", np.where(~varies, "no_variance", ""))
    return (estimate("standardised_alpha", k * r / np.where(below > 0, below, np.nan), n, "Cronbach, standardised",
                     note=note),
            estimate("mean_inter_item_correlation", r, n, "mean of Pearson correlations", note=note))  # fmt: skip


def standard_error_of_measurement(sd: ArrayLike, reliability: ArrayLike) -> Array:
    r"""How far a person's score lies from the true score for chance alone, in points of the scale.

    Parameters
    ----------
    sd, reliability : array_like
        Standard deviation and reliability of the scale, published rather than the group's own.

    Returns
    -------
    ndarray
        :math:`s\sqrt{1 - r}`; NaN where sd is negative or the reliability lies outside 0 to 1.

    References
    ----------
    Lord & Novick (1968). Statistical theories of mental test scores. Addison-Wesley.

    Examples
    --------
    >>> round(float(standard_error_of_measurement(7.5, 0.8)), 4)
    3.3541
    """
    spread, r = numbers(sd), numbers(reliability)
    known = (spread >= 0) & (r >= 0) & (r <= 1)
    error: Array = np.where(known, spread, np.nan) * np.sqrt(np.where(known, 1 - r, np.nan))
    return error


def minimal_detectable_change(sem: ArrayLike, *, level: float = 0.95) -> Array:
    r"""The smallest change of one person that is larger than measurement error, in points of the scale.

    Parameters
    ----------
    sem : array_like
        Standard error of measurement, in points of the scale.
    level : float, default 0.95
        Share of unchanged people who stay below it.

    Returns
    -------
    ndarray
        :math:`z \sqrt 2 \, SEM`.

    References
    ----------
    Weir (2005). Quantifying test-retest reliability using the intraclass correlation coefficient and the SEM. Journal
    of Strength and Conditioning Research, 19(1), 231-240.

    Examples
    --------
    >>> round(float(minimal_detectable_change(2.0)), 4)
    5.5436
    """
    change: Array = special.ndtri((1 + level) / 2) * np.sqrt(2) * numbers(sem)
    return change


def complete_answers(items: ArrayLike) -> Array:
    """The answers of the people who answered every item; the others NaN in all.

    >>> complete_answers([[1, 2], [3, float("nan")]]).tolist()
    [[1.0, nan], [3.0, nan]]
    """
    answers = numbers(items)
    complete = np.isfinite(answers).all(axis=-2, keepdims=True)
    return np.where(complete, answers, np.nan)


def _squares(answers: Array, complete: NDArray[np.bool_], n: Array) -> tuple[Array, Array]:
    """Squared distances from the mean: of the items, summed over them, and of their sum. Others' answers are 0."""
    centred = answers - (answers.sum(axis=-1) / n[..., None])[..., None]
    centred *= complete[..., None, :]
    total = centred.sum(axis=-2)
    return np.einsum("...kp,...kp->...", centred, centred), np.einsum("...p,...p->...", total, total)


def _feldt(alpha: Array, n: Array, k: int, tail: float) -> Array:
    sizes, at = np.unique(n, return_inverse=True)  # a quantile takes longer than all the rest: one a group size
    df = np.where(sizes > 1, sizes - 1, np.nan)
    quantile = special.fdtri(df, df * max(k - 1, 1), tail)[at].reshape(n.shape)
    limit: Array = 1 - (1 - alpha) * quantile
    return limit


def _bonett(alpha: Array, n: Array, k: int, tail: float) -> Array:
    error = np.sqrt(2 * k / (max(k - 1, 1) * np.where(n > 2, n - 2, np.nan)))
    limit: Array = 1 - (1 - alpha) * np.exp(special.ndtri(tail) * error)
    return limit
