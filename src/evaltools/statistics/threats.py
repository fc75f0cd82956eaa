"""What can make a change look other than it is: ends of the scale, regression to the mean, people who left."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.estimate import Estimate, complete_pairs, count, estimate, mean_and_sd, numbers
from evaltools.statistics.rates import wilson

_ROUNDING = 1e-5  # scores are often printed with a few decimals


def at_the_ends(scores: ArrayLike, low: float, high: float, step: float) -> tuple[Estimate, Estimate]:
    """Shares of people at or within one step of the lower and the upper end of the scale (floor and ceiling).

    Parameters
    ----------
    scores : array_like, shape (..., n_people)
        Scores in points of the scale; a person with NaN is left out.
    low, high : float
        Ends of the scale, in points.
    step : float
        The smallest difference between two scores of one person, in points.

    Returns
    -------
    tuple of Estimate
        Share at the lower end and share at the upper end, of the people measured, with Wilson's interval. NaN with
        note ``"too_few"`` where nobody was measured.

    References
    ----------
    Terwee et al. (2007). Quality criteria were proposed for measurement properties of health status questionnaires.
    Journal of Clinical Epidemiology, 60(1), 34-42.

    Examples
    --------
    >>> floor, ceiling = at_the_ends([1.0, 3.0, 4.75, 5.0], 1, 5, 0.25)
    >>> float(floor.value), float(ceiling.value)
    (0.25, 0.5)
    """
    values = numbers(scores)
    n = count(values)
    below = (values <= low + step + _ROUNDING).sum(axis=-1)
    above = (values >= high - step - _ROUNDING).sum(axis=-1)
    method = "within one step of the end, Wilson interval"
    return wilson("at_floor", below, n, method=method), wilson("at_ceiling", above, n, method=method)


def regression_to_the_mean(scores: ArrayLike, mean: float, retest: float, *, basis: str) -> Estimate:
    r"""Change of the mean that is expected of itself in a group that was chosen for how it scored.

    Parameters
    ----------
    scores : array_like, shape (..., n_people)
        Scores at the first wave, in points of the scale; a person with NaN is left out.
    mean, retest : float
        Published mean of the scale and its correlation between two occasions; NaN where none is known.
    basis : str
        Names them, with their source.

    Returns
    -------
    Estimate
        In points of the scale, without interval: what the published values say of such a group, not what this
        group did. NaN with note ``"no_reference"`` without published values, with ``"too_few"`` where nobody was
        measured.

    Notes
    -----
    :math:`(1 - r)(\mu - \bar x)` [1]_. A group that was not chosen for its scores regresses less or not at all.

    References
    ----------
    .. [1] Barnett, van der Pols & Dobson (2005). Regression to the mean: what it is and how to deal with it.
       International Journal of Epidemiology, 34(1), 215-220.

    Examples
    --------
    >>> float(regression_to_the_mean([2.0, 3.0], 3.5, 0.5, basis="Author (1990)").value)
    0.5
    """
    values = numbers(scores)
    n = count(values)
    known = np.isfinite(mean) and np.isfinite(retest)
    expected = (1 - retest) * (mean - mean_and_sd(values)[0])
    note = np.where(n < 1, "too_few", "") if known else "no_reference"
    return estimate("regression_to_mean", expected, n, "(1 - r)(published mean - own mean)",
                    basis=basis if known else "", note=note)  # fmt: skip


def dropouts(before: ArrayLike, after: ArrayLike) -> Estimate:
    """Share of the people measured at the first wave who were not measured at the later one.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        Scores of the same people in the same order; NaN = not measured.

    Returns
    -------
    Estimate
        Between 0 and 1, with Wilson's interval; NaN with note ``"too_few"`` where nobody was measured at first.

    Examples
    --------
    >>> share = dropouts([2, 3, 4, 3], [3, float("nan"), 4, 4])
    >>> float(share.value), float(share.of)
    (0.25, 4.0)
    """
    first = numbers(before)
    stayed = complete_pairs(before, after)[0]
    return wilson("dropouts", count(first) - count(stayed), count(first))


def baseline_of_dropouts(before: ArrayLike, after: ArrayLike) -> Estimate:
    """Mean score at the first wave of those who were not measured at the later one.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `dropouts`.

    Returns
    -------
    Estimate
        In points of the scale, to hold beside the first mean of those who stayed; ``n`` counts those who left. NaN
        with note ``"too_few"`` where nobody left.

    Examples
    --------
    >>> float(baseline_of_dropouts([2, 3, 4, 3], [3, float("nan"), 4, 4]).value)
    3.0
    """
    gone = np.where(np.isfinite(numbers(after)), np.nan, numbers(before))
    n = count(gone)
    return estimate("baseline_of_dropouts", mean_and_sd(gone)[0], n, "mean", note=np.where(n < 1, "too_few", ""))


def change_with_dropouts(before: ArrayLike, after: ArrayLike) -> tuple[Estimate, Estimate]:
    """Mean change if everybody who left had changed as the one who changed least, and as the one who changed most.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `dropouts`.

    Returns
    -------
    tuple of Estimate
        The lower and the upper bound, in points of the scale; equal to the mean change where nobody left. ``n``
        counts those measured at both waves, ``of`` those measured at the first. NaN with note ``"too_few"`` where
        nobody was measured at both.

    Notes
    -----
    The bounds take nothing for granted but that nobody who left changed more than somebody who stayed [1]_.

    References
    ----------
    .. [1] Horowitz & Manski (2000). Nonparametric analysis of randomized experiments with missing covariate and outcome
       data. Journal of the American Statistical Association, 95(449), 77-84.

    Examples
    --------
    >>> low, high = change_with_dropouts([2, 3, 4, 3], [3, float("nan"), 4, 5])
    >>> float(low.value), float(high.value)
    (0.75, 1.25)
    """
    first, second = complete_pairs(before, after)
    change = second - first
    n, everyone = count(change), count(numbers(before))
    some = np.where(n > 0, n, np.nan)
    least = np.where(np.isfinite(change), change, np.inf).min(axis=-1, initial=np.inf)
    most = np.where(np.isfinite(change), change, -np.inf).max(axis=-1, initial=-np.inf)
    low, high = (
        (np.nansum(change, axis=-1) + (everyone - some) * np.where(n > 0, extreme, np.nan))
        / np.where(n > 0, everyone, np.nan)
        for extreme in (least, most)
    )  # fmt: skip
    note, method = np.where(n < 1, "too_few", ""), "people who left take an observed change"
    return (estimate("change_if_lowest", low, n, method, of=everyone, note=note),
            estimate("change_if_highest", high, n, method, of=everyone, note=note))  # fmt: skip
