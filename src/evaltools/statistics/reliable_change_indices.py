"""Each person's change set against measurement error, by the published methods."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.change import correlation
from evaltools.statistics.estimate import Array, complete_pairs, mean_and_sd


def reliable_change_index(before: ArrayLike, after: ArrayLike, sd: float, reliability: float) -> Array:
    r"""Each person's change in standard errors of a difference between two scores (Jacobson and Truax).

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        Scores of the same people in the same order, in points of the scale.
    sd, reliability : float
        Published standard deviation and reliability of the scale, never the group's own.

    Returns
    -------
    ndarray, shape (..., n_people)
        In standard errors; NaN for a person without both scores.

    Raises
    ------
    ValueError
        If sd is not positive or reliability does not lie between 0 and 1 (1 excluded: no error, no index).

    Notes
    -----
    :math:`(x_2 - x_1) / (s \sqrt{2(1 - r)})` [1]_.

    References
    ----------
    .. [1] Jacobson & Truax (1991). Clinical significance. Journal of Consulting and Clinical Psychology, 59(1),
       12-19.

    Examples
    --------
    >>> float(reliable_change_index([47.5], [32.5], sd=7.5, reliability=0.8).round(2)[0])
    -3.16
    """
    first, second = _pairs(before, after, sd, reliability)
    index: Array = (second - first) / (sd * np.sqrt(2 * (1 - reliability)))
    return index


def gulliksen_lord_novick_index(
    before: ArrayLike, after: ArrayLike, mean: float, sd: float, reliability: float
) -> Array:  # fmt: skip
    r"""Each person's change beyond what regression to the mean leads to expect (Gulliksen, Lord and Novick).

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `reliable_change_index`.
    mean, sd, reliability : float
        Mean and standard deviation before, and reliability, of the population that the people come from.

    Returns
    -------
    ndarray, shape (..., n_people)
        In standard errors of prediction; NaN for a person without both scores.

    Notes
    -----
    :math:`((x_2 - m) - r(x_1 - m)) / (s \sqrt{1 - r^2})` [1]_.

    References
    ----------
    .. [1] Lord & Novick (1968). Statistical theories of mental test scores. Addison-Wesley; Hsu (1989). Reliable
       changes in psychotherapy: taking into account regression toward the mean. Behavioral Assessment, 11, 459-467.

    Examples
    --------
    >>> float(gulliksen_lord_novick_index([47.5], [32.5], 40, sd=7.5, reliability=0.8).round(2)[0])
    -3.0
    """
    return hsu_linn_lord_index(before, after, mean, mean, sd, reliability)


def hsu_linn_lord_index(
    before: ArrayLike, after: ArrayLike, mean: float, mean_after: float, sd: float, reliability: float
) -> Array:
    r"""As `gulliksen_lord_novick_index`, with a mean of its own after (Hsu, Linn and Lord).

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `reliable_change_index`.
    mean, mean_after, sd, reliability : float
        Means before and after, standard deviation before, and reliability.

    Returns
    -------
    ndarray, shape (..., n_people)
        In standard errors of prediction; NaN for a person without both scores.

    Notes
    -----
    :math:`((x_2 - m_2) - r(x_1 - m_1)) / (s \sqrt{1 - r^2})` [1]_.

    References
    ----------
    .. [1] Hsu (1989). Reliable changes in psychotherapy: taking into account regression toward the mean. Behavioral
       Assessment, 11, 459-467.

    Examples
    --------
    >>> float(hsu_linn_lord_index([47.5], [32.5], 40, 38, sd=7.5, reliability=0.8).round(2)[0])
    -2.56
    """
    first, second = _pairs(before, after, sd, reliability)
    index: Array = ((second - mean_after) - reliability * (first - mean)) / (sd * np.sqrt(1 - reliability**2))
    return index


def edwards_nunnally_index(before: ArrayLike, after: ArrayLike, mean: float, sd: float, reliability: float) -> Array:
    r"""Each person's later score against the estimated true earlier one, in measurement errors (Edwards and Nunnally).

    Parameters
    ----------
    before, after, mean, sd, reliability
        As in `gulliksen_lord_novick_index`.

    Returns
    -------
    ndarray, shape (..., n_people)
        In standard errors of measurement; NaN for a person without both scores.

    Notes
    -----
    :math:`(x_2 - (r(x_1 - m) + m)) / (s \sqrt{1 - r})` [1]_.

    References
    ----------
    .. [1] Speer (1992). Clinically significant change: Jacobson and Truax (1991) revisited. Journal of Consulting and
       Clinical Psychology, 60(3), 402-408.

    Examples
    --------
    >>> float(edwards_nunnally_index([47.5], [32.5], 40, sd=7.5, reliability=0.8).round(2)[0])
    -4.02
    """
    first, second = _pairs(before, after, sd, reliability)
    index: Array = (second - (reliability * (first - mean) + mean)) / (sd * np.sqrt(1 - reliability))
    return index


def nunnally_kotsch_index(
    before: ArrayLike, after: ArrayLike, mean: float, sd: float, reliability: float, reliability_after: float
) -> Array:
    r"""Each person's later score against the estimated true earlier one, with both errors (Nunnally and Kotsch).

    Parameters
    ----------
    before, after, mean, sd, reliability
        As in `gulliksen_lord_novick_index`.
    reliability_after : float
        Reliability of the later measurement.

    Returns
    -------
    ndarray, shape (..., n_people)
        In standard errors of the difference; NaN for a person without both scores.

    Notes
    -----
    :math:`(x_2 - (r_1(x_1 - m) + m)) / (s \sqrt{r_1^2(1 - r_1) + 1 - r_2})` [1]_.

    References
    ----------
    .. [1] Nunnally & Kotsch (1983). Studies of individual subjects: logic and methods of analysis. British Journal of
       Clinical Psychology, 22(2), 83-93.

    Examples
    --------
    >>> float(nunnally_kotsch_index([47.5], [32.5], 40, 7.5, reliability=0.8, reliability_after=0.8).round(2)[0])
    -3.14
    """
    first, second = _pairs(before, after, sd, reliability)
    _check(sd, reliability_after)
    error = sd * np.sqrt(reliability**2 * (1 - reliability) + 1 - reliability_after)
    index: Array = (second - (reliability * (first - mean) + mean)) / error
    return index


def hageman_arrindell_index(
    before: ArrayLike, after: ArrayLike, sd: float, reliability: float
) -> tuple[Array, Array]:  # fmt: skip
    r"""Each person's change, drawn towards the group's by the reliability of changes (Hageman and Arrindell).

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `reliable_change_index`.
    sd, reliability : float
        They give the error of measurement. The reliability of changes is by definition the group's own, so the method
        is for large groups.

    Returns
    -------
    tuple of ndarray
        The index, shape (..., n_people), and the reliability of changes, shape (...). The index is NaN where the
        latter is not above 0, as nothing can then be said of single people; both are below three pairs. The index
        counts beyond a one-sided normal quantile.

    Notes
    -----
    :math:`(d\,r_{DD} + \bar d(1 - r_{DD})) / (\sqrt{2 r_{DD}}\,SEM)` with
    :math:`r_{DD} = (s_1^2 r_1 + s_2^2 r_2 - 2 s_1 s_2 r_{12}) / s_d^2` and :math:`s_j^2 r_j = s_j^2 - SEM^2` [1]_.

    References
    ----------
    .. [1] Hageman & Arrindell (1999). Establishing clinically significant change: increment of precision and the
       distinction between individual and group level of analysis. Behaviour Research and Therapy, 37(12), 1169-1193.

    Examples
    --------
    >>> index, r_dd = hageman_arrindell_index([20, 31, 40, 25], [32, 30, 39, 44], sd=5, reliability=0.8)
    >>> index.round(2).tolist(), round(float(r_dd), 2)
    ([3.84, -0.06, -0.06, 5.94], 0.9)
    """
    first, second = _pairs(before, after, sd, reliability)
    sem_2 = sd**2 * (1 - reliability)
    (mean_1, sd_1), (mean_2, sd_2) = mean_and_sd(first), mean_and_sd(second)
    shared = 2 * sd_1 * sd_2 * correlation(first, second).value
    spread_2 = sd_1**2 + sd_2**2 - shared
    r_dd = (spread_2 - 2 * sem_2) / np.where(spread_2 > 0, spread_2, np.nan)
    usable = np.where(r_dd > 0, r_dd, np.nan)
    drawn = (second - first) * usable[..., None] + ((mean_2 - mean_1) * (1 - usable))[..., None]
    return drawn / (np.sqrt(2 * usable) * np.sqrt(sem_2))[..., None], r_dd


def _pairs(before: ArrayLike, after: ArrayLike, sd: float, reliability: float) -> tuple[Array, Array]:
    _check(sd, reliability)
    return complete_pairs(before, after)


def _check(sd: float, reliability: float) -> None:
    if not (sd > 0 and 0 <= reliability < 1):
        raise ValueError("sd must be positive and reliability at least 0 and below 1")
