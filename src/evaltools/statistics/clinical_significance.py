"""Who changed so that it matters: classes of people, and their shares of everyone who should have been measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.statistics.estimate import Array, Estimate, complete_pairs, estimate, numbers
from evaltools.statistics.rates import wilson

CLASSES = ("recovered", "improved", "unchanged", "deteriorated", "harmed")
_NOISE = 1e-9


def cutoff(
    kind: str, better: str, *, mean: float = np.nan, sd: float = np.nan, functional_mean: float = np.nan,
    functional_sd: float = np.nan,
) -> float:  # fmt: skip
    r"""Jacobson and Truax's cut-off between the population in need of help and the one that is not.

    Parameters
    ----------
    kind : {"a", "b", "c"}
        a: two standard deviations beyond the mean in need; b: within two standard deviations of the functional mean;
        c: between the two, weighted by their spread. c needs all four numbers and is the one to use with real norms.
    better : {"higher", "lower"}
        Which scores are better.
    mean, sd : float
        Mean and standard deviation of the population in need, in points of the scale.
    functional_mean, functional_sd : float
        The same of the functional population.

    Returns
    -------
    float
        In points of the scale; NaN where a number that the kind needs is missing.

    Raises
    ------
    ValueError
        If kind or better is unknown.

    Notes
    -----
    For b the spread is that of the functional population, as published [1]_; some programs take the other.

    References
    ----------
    .. [1] Jacobson & Truax (1991). Clinical significance. Journal of Consulting and Clinical Psychology, 59(1), 12-19.

    Examples
    --------
    >>> cutoff("c", "higher", mean=40, sd=7.5, functional_mean=60, functional_sd=7.5)  # the published example
    50.0
    """
    if kind not in ("a", "b", "c") or better not in ("higher", "lower"):
        raise ValueError('kind must be "a", "b" or "c", and better "higher" or "lower"')
    direction = 1 if better == "higher" else -1
    if kind == "a":
        return float(mean + direction * 2 * sd)
    if kind == "b":
        return float(functional_mean - direction * 2 * functional_sd)
    return float((sd * functional_mean + functional_sd * mean) / (sd + functional_sd))


def reliable_classes(index: ArrayLike, limit: float, better: str) -> NDArray[np.str_]:
    """Whether each person improved or deteriorated by more than measurement error.

    Parameters
    ----------
    index : array_like, shape (..., n_people)
        A reliable change index, or any change; NaN for a person who could not be measured twice.
    limit : float
        What the index must pass, for example 1.96.
    better : {"higher", "lower"}
        Which scores are better.

    Returns
    -------
    ndarray of str, shape (..., n_people)
        "improved", "unchanged", "deteriorated", or "" for a person who could not be measured.

    Examples
    --------
    >>> reliable_classes([2.4, -1.0, -2.1, float("nan")], 1.96, "higher").tolist()
    ['improved', 'unchanged', 'deteriorated', '']
    """
    good = numbers(index) * (1 if better == "higher" else -1)
    return np.select([np.isnan(good), good > limit, good < -limit], ["", "improved", "deteriorated"], "unchanged")


def clinical_classes(
    before: ArrayLike, after: ArrayLike, index: ArrayLike, limit: float, cut: float, better: str
) -> NDArray[np.str_]:
    """Jacobson and Truax's classes: reliable change, and on which side of the cut-off people stand.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        Scores of the same people in the same order, in points of the scale.
    index, limit, better
        As in `reliable_classes`.
    cut : float
        From `cutoff`.

    Returns
    -------
    ndarray of str, shape (..., n_people)
        "recovered": from the wrong side of the cut-off to strictly beyond it, and reliably improved; "harmed": the same
        way back; "improved", "deteriorated", "unchanged" for the others; "" for a person who could not be measured.

    References
    ----------
    Jacobson & Truax (1991). Journal of Consulting and Clinical Psychology, 59(1), 12-19.

    Examples
    --------
    >>> clinical_classes([40, 40, 55], [55, 48, 54], [3.2, 2.0, -0.2], 1.96, 50, "higher").tolist()
    ['recovered', 'improved', 'unchanged']
    """
    first, second = complete_pairs(before, after)
    direction = 1 if better == "higher" else -1
    was, became = (direction * (scores - cut) > 0 for scores in (first, second))
    classes = reliable_classes(index, limit, better)
    measured = np.isfinite(first)
    return np.select(
        [~measured, (classes == "improved") & ~was & became, (classes == "deteriorated") & was & ~became],
        ["", "recovered", "harmed"],
        classes,
    )


def percentage_change(before: ArrayLike, after: ArrayLike) -> Array:
    """Each person's change as a share of the score before.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        Scores of the same people on a scale with a true zero.

    Returns
    -------
    ndarray, shape (..., n_people)
        0.3 = 30 % higher. Infinite for a change from 0, which is more than any share of 0; NaN for a person without
        both scores, or with 0 both times.

    Examples
    --------
    >>> percentage_change([20, 30, 0, 0], [26, 24, 5, 0]).tolist()
    [0.3, -0.2, inf, nan]
    """
    first, second = complete_pairs(before, after)
    change, some = second - first, np.abs(first) > _NOISE
    from_zero = np.where(np.abs(change) > _NOISE, np.copysign(np.inf, change), np.nan)
    share: Array = np.where(some | np.isnan(first), change / np.where(some, first, 1.0), from_zero)
    return share


def percentage_classes(before: ArrayLike, after: ArrayLike, least: float, better: str) -> NDArray[np.str_]:
    """Whether each person's score changed by at least a given share of the score before.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `percentage_change`. On a questionnaire that starts at 1 use a reliable change index.
    least : float
        The share that counts, for example 0.3; reaching it is enough.
    better : {"higher", "lower"}
        Which scores are better.

    Returns
    -------
    ndarray of str, shape (..., n_people)
        As in `reliable_classes`. Any change from 0 counts, and 0 both times is unchanged.

    Examples
    --------
    >>> percentage_classes([20, 30], [26, 24], 0.3, "higher").tolist()
    ['improved', 'unchanged']
    """
    share = percentage_change(before, after)
    measured = np.isfinite(complete_pairs(before, after)[0])
    return reliable_classes(np.where(measured & np.isnan(share), 0.0, share), least - _NOISE, better)


def class_shares(
    classes: NDArray[np.str_], people: ArrayLike, *, method: str, basis: str, level: float = 0.95
) -> tuple[Estimate, ...]:
    """Shares of the classes, of everybody who should have been measured, and of those who could not be.

    Parameters
    ----------
    classes : ndarray of str, shape (..., n_people)
        From `reliable_classes` or `clinical_classes`.
    people : array_like, shape (...)
        How many people the group has, measured or not.
    method, basis : str
        The index, and the standard deviation and reliability that it rests on with their source.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    tuple of Estimate
        Recovered, improved, unchanged, deteriorated, harmed, not measurable, as shares of ``of``, everybody; ``n``
        counts the people measured. Wilson's interval, from its lower limit if nobody of the others had been in the
        class to its upper limit if all had. NaN with note ``"too_few"`` without people.

    Raises
    ------
    ValueError
        If more people have a class than the group has.

    References
    ----------
    Wilson (1927), see `wilson`; the bounds for people who are missing: Horowitz & Manski (2000). Nonparametric
    analysis of randomized experiments with missing covariate and outcome data. JASA, 95(449), 77-84.

    Examples
    --------
    >>> classes = np.array(["improved", "improved", "unchanged", "", "", ""])
    >>> improved = class_shares(classes, 6, method="Jacobson-Truax", basis="SD 0.7, r .82")[1]
    >>> round(float(improved.value * improved.of)), float(improved.of), float(improved.of - improved.n)
    (2, 6.0, 3.0)
    """
    everybody = numbers(people)
    measured = (classes != "").sum(axis=-1).astype(float)
    if (measured > everybody).any():
        raise ValueError("more people have a class than the group has")
    missing = everybody - measured
    named = f"{method}, Wilson interval widened by the people not measured"
    shares = []
    for name in CLASSES:
        found = (classes == name).sum(axis=-1)
        measure = f"share_{name}"
        low, high = (wilson(measure, found + more, everybody, level=level) for more in (0, missing))
        shares.append(estimate(measure, low.value, measured, named, low=low.low, high=high.high, level=level,
                               of=everybody, basis=basis, note=low.note))  # fmt: skip
    gone = missing / np.where(everybody > 0, everybody, np.nan)
    return (*shares, estimate("share_not_measurable", gone, measured, "count", of=everybody,
                              note=np.where(everybody > 0, "", "too_few")))  # fmt: skip
