"""Whether several waves differ, by ranks within people: Friedman's test and Kendall's W."""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evaltools.statistics.estimate import Array, Estimate, by_wave, estimate

_DECIMALS = 9  # means of thirds tie only up to rounding noise
_LARGEST = 2**62
_MOST_STEPS = 1_000_000  # one person's orders times the sums that can occur: about a second in all


def friedman(scores: ArrayLike) -> tuple[Estimate, Estimate]:
    r"""Friedman's chi-square for differences between waves, and its p.

    Parameters
    ----------
    scores : array_like, shape (n_waves, n_people)
        NaN = not measured. Only people measured at every wave can be ranked.

    Returns
    -------
    tuple of Estimate
        Chi-square (``df`` waves less one) and p: exact over all orders within people, where their number allows
        it, else by Iman and Davenport's F; ``method`` says which. ``n`` counts people measured at every wave.
        NaN with note ``"too_few"`` without such people or with one wave, and ``"no_variance"`` where everybody's
        scores are all equal.

    Raises
    ------
    ValueError
        If the scores have another number of axes.

    Notes
    -----
    With ties, mid-ranks and the correction for ties [1]_. The chi-square approximation is poor below about ten
    people, so it is not used for p.

    References
    ----------
    .. [1] Friedman (1937). The use of ranks to avoid the assumption of normality. Journal of the American
       Statistical Association, 32, 675-701. Iman & Davenport (1980). Communications in Statistics, 9(6), 571-595.

    Examples
    --------
    >>> chi2, p = friedman([[1, 2, 1, 3], [2, 3, 2, 4], [3, 4, 4, 5]])  # everyone in the same order
    >>> round(float(chi2.value), 3), round(float(p.value), 4)  # 6 of 6 ** 4 orders
    (8.0, 0.0046)
    """
    ranks = _ranks(scores)
    people, waves = ranks.shape
    concordance = _concordance(ranks)
    note, method = _note(ranks, concordance), "Friedman, exact"
    p = _exact_p(ranks) if not note else np.nan
    if p is None:
        method = "Friedman, Iman-Davenport F"
        p = _iman_davenport_p(ranks, concordance)
    chi2 = concordance * people * (waves - 1)
    return (estimate("friedman_chi2", chi2, people, "Friedman, mid-ranks", df=waves - 1, note=note),
            estimate("p_friedman", p, people, method, note=note))  # fmt: skip


def kendall_w(scores: ArrayLike) -> Estimate:
    r"""Kendall's W: how far people agree in the order of the waves, from 0 to 1.

    Parameters
    ----------
    scores : array_like, shape (n_waves, n_people)
        As in `friedman`.

    Returns
    -------
    Estimate
        Corrected for ties, without interval; its test is `friedman`'s. Notes as there.

    Notes
    -----
    :math:`W = \chi^2 / (n (k - 1))` [1]_. With one person it is always 1 and says nothing.

    References
    ----------
    .. [1] Kendall & Babington Smith (1939). The problem of m rankings. Annals of Mathematical Statistics, 10(3),
       275-287.

    Examples
    --------
    >>> round(float(kendall_w([[1, 2, 1, 3], [2, 3, 2, 4], [3, 4, 4, 5]]).value), 3)
    1.0
    """
    ranks = _ranks(scores)
    concordance = _concordance(ranks)
    return estimate("kendall_w", concordance, len(ranks), "Kendall, mid-ranks", note=_note(ranks, concordance))


def _ranks(scores: ArrayLike) -> Array:
    """Ranks of the waves within each person measured at all of them, (people, waves)."""
    values = by_wave(scores)
    if values.ndim > 2:
        raise ValueError("ranks are made of one group at a time: scores must have waves and people only")
    by_person = values.T
    complete = by_person[np.isfinite(by_person).all(axis=1)]
    if not complete.size:
        return np.empty(complete.shape)
    rounded = complete.round(_DECIMALS)
    lower, equal = (compare(rounded[:, :, None], rounded[:, None, :]).sum(axis=2) for compare in (np.greater, np.equal))
    return np.asarray(lower + (equal + 1) / 2, float)


def _note(ranks: Array, concordance: float) -> str:
    if len(ranks) < 1 or ranks.shape[1] < 2:
        return "too_few"
    return "" if np.isfinite(concordance) else "no_variance"


def _concordance(ranks: Array) -> float:
    """Kendall's W: the spread of the rank sums as a share of the largest possible with these ties."""
    people, waves = ranks.shape
    middle = (waves + 1) / 2
    largest = people * float(((ranks - middle) ** 2).sum())
    found = float(((ranks.sum(axis=0) - people * middle) ** 2).sum())
    return found / largest if largest > 0 else np.nan


def _iman_davenport_p(ranks: Array, concordance: float) -> float:
    people, waves = ranks.shape
    if concordance > 1 - 1e-12:  # all in one order: only that order, taken by all, is as far
        _, ties = np.unique(ranks[0], return_counts=True)
        share = float(special.factorial(ties).prod() / special.factorial(waves))
        return float(share ** (people - 1))
    f = (people - 1) * concordance / (1 - concordance)
    return float(special.fdtrc(waves - 1, (waves - 1) * (people - 1), f))


def _exact_p(ranks: Array) -> float | None:
    """Share of all orders within people whose rank sums spread at least as far; None if there are too many."""
    doubled = np.rint(2 * ranks).astype(np.int64)  # mid-ranks become whole numbers
    people, waves = doubled.shape
    if (2 * waves * people + 1) ** (waves - 1) > _LARGEST:
        return None
    alike = _if_nothing_differs(tuple(sorted(map(tuple, np.sort(doubled, axis=1).tolist()))))
    if alike is None:
        return None
    spreads, chances = alike
    found = ((doubled.sum(axis=0) - doubled.sum() / waves) ** 2).sum()
    return float(min(chances[spreads >= found - 1e-6].sum(), 1.0))


@lru_cache(maxsize=64)  # groups of as many people without ties, and the same scale cell by cell, ask for the same
def _if_nothing_differs(people: tuple[tuple[int, ...], ...]) -> tuple[Array, Array] | None:
    """How far the rank sums can spread if each person's ranks come in any order, and each spread's chance.

    One person after the other is added to the distribution of the sums. The waves are alike if nothing differs,
    so sums are kept sorted, which leaves a fraction of them.
    """
    waves = len(people[0])
    places = (2 * waves * len(people) + 1) ** np.arange(waves - 1)  # sums as digits; the last follows from the others
    sums: NDArray[np.int64] = np.zeros((1, waves), np.int64)
    chances: Array = np.ones(1)
    for own in people:
        orders = _orders(own)
        if orders is None or len(orders) * len(sums) > _MOST_STEPS:
            return None
        sums = (sums[:, None, :] + orders).reshape(-1, waves)
        chances = np.repeat(chances / len(orders), len(orders))
        sums, chances = _pooled(sums, chances, places)
    return ((sums - sums.sum(axis=1, keepdims=True) / waves) ** 2).sum(axis=1), chances


def _pooled(sums: NDArray[np.int64], chances: Array, places: NDArray[np.int64]) -> tuple[NDArray[np.int64], Array]:
    """Sums that are the same but for the order of the waves, as one with their chances together."""
    ordered = np.sort(sums, axis=1)
    _, chosen, which = np.unique(ordered[:, :-1] @ places, return_index=True, return_inverse=True)
    return ordered[chosen], np.asarray(np.bincount(which.reshape(-1), chances), float)


def _orders(own: tuple[int, ...]) -> NDArray[np.int64] | None:
    """Every different order of one person's ranks, each equally likely; None from eight waves on."""
    return None if len(own) > 7 else np.unique(np.array(list(permutations(own))), axis=0)
