"""Change judged by ranks and by signs, with exact distributions; companions to the mean change."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.statistics.estimate import (
    NO_SPREAD,
    Array,
    Estimate,
    cell_rows,
    complete_pairs,
    count,
    estimate,
    mean_and_sd,
    same_number_of_people,
    tied_changes,
)
from evaltools.statistics.rates import fair_coin_p
from evaltools.statistics.sign_flip import share_of_subsets

_ENUMERATED = 10  # people up to whom all cells are counted at once
_EXACT = 500  # people up to whom an exact distribution takes a second or two


def signed_rank_sums(before: ArrayLike, after: ArrayLike, *, zeros: str = "drop") -> tuple[Array, Array]:
    """Sums of the ranks of the rises and of the falls, the changes ranked by their size.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        Scores of the same people in the same order; a person with NaN in either wave is left out.
    zeros : {"drop", "pratt"}
        Whether people who did not change are dropped before or after ranking.

    Returns
    -------
    tuple of ndarray, shape (...)
        Sum for those who rose, sum for those who fell; equal sizes share their mean rank.

    Examples
    --------
    >>> rises, falls = signed_rank_sums([3, 3, 3, 3], [3, 4, 5, 2])
    >>> float(rises), float(falls)
    (4.5, 1.5)
    """
    doubled, change = _doubled_ranks(before, after, zeros)
    rises, falls = ((doubled * (sign * change > 0)).sum(axis=-1) / 2 for sign in (1, -1))
    return rises, falls


def wilcoxon(
    before: ArrayLike, after: ArrayLike, *, zeros: str = "drop", alternative: str = "two-sided"
) -> tuple[Estimate, Estimate]:
    """Wilcoxon's signed-rank test, exact with zeros and ties.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `signed_rank_sums`.
    zeros : {"drop", "pratt"}
        What is done with people who did not change: left out before ranking (Wilcoxon), or ranked and then left
        out (Pratt).
    alternative : {"two-sided", "greater", "less"}
        The change that counts against "no change": either way, a rise, a fall.

    Returns
    -------
    tuple of Estimate
        The sum of the ranks of the rises, and p; ``n`` counts pairs, ``of`` those that changed. Where nobody
        changed p is 1; NaN with note ``"too_few"`` without pairs and ``"too_many"`` above 500.

    Raises
    ------
    ValueError
        If zeros or alternative is unknown.

    Notes
    -----
    p is the share of all ways to give the ranks at hand signs that are at least as far out as the one seen [1]_ [2]_:
    no table that holds without ties only, and no normal approximation.

    References
    ----------
    .. [1] Wilcoxon (1945). Individual comparisons by ranking methods. Biometrics Bulletin, 1(6), 80-83.
    .. [2] Pratt (1959). Remarks on zeros and ties in the Wilcoxon signed rank procedures. Journal of the American
       Statistical Association, 54(287), 655-667.

    Examples
    --------
    >>> rises, p = wilcoxon([1, 2, 3, 4, 2, 3], [2, 3, 5, 5, 4, 4])
    >>> float(rises.value), float(p.value)
    (21.0, 0.03125)
    """
    if alternative not in ("two-sided", "greater", "less"):
        raise ValueError('alternative must be "two-sided", "greater" or "less"')
    doubled, change = _doubled_ranks(before, after, zeros)
    n, changed = count(change), (doubled > 0).sum(axis=-1).astype(float)
    rises, falls = ((doubled * (sign * change > 0)).sum(axis=-1) for sign in (1, -1))
    p = np.full(n.size, np.nan)
    some_people = (n.reshape(-1) >= 1) & (n.reshape(-1) <= _EXACT)
    weights = cell_rows(doubled)[some_people]
    p[some_people] = _rank_p(weights, rises.reshape(-1)[some_people], falls.reshape(-1)[some_people], alternative)
    note = np.where(n < 1, "too_few", np.where(n > _EXACT, "too_many", ""))
    method = f"exact signed-rank, {'zeros dropped' if zeros == 'drop' else 'Pratt zeros'}, {alternative}"
    return (estimate("rank_sum_of_rises", np.where(n < 1, np.nan, rises / 2), n, method, of=changed, note=note),
            estimate("p_wilcoxon", p.reshape(n.shape), n, method, of=changed, note=note))  # fmt: skip


def sign_test(before: ArrayLike, after: ArrayLike) -> Estimate:
    """Exact sign test: whether as many rises against falls could come from tossing a coin.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `signed_rank_sums`.

    Returns
    -------
    Estimate
        Two-sided p; ``n`` counts pairs, ``of`` those that changed, the others are left out. 1 where nobody
        changed; NaN with note ``"too_few"`` without pairs.

    References
    ----------
    Dixon & Mood (1946). The statistical sign test. Journal of the American Statistical Association, 41, 557-566.

    Examples
    --------
    >>> float(sign_test([1, 2, 3, 4, 2, 3], [2, 3, 5, 5, 4, 3]).value)
    0.0625
    """
    change = tied_changes(before, after)
    n, up, down = count(change), (change > 0).sum(axis=-1), (change < 0).sum(axis=-1)
    p = np.where(n < 1, np.nan, fair_coin_p(up, up + down))
    return estimate("p_sign_test", p, n, "exact sign test, two-sided", of=up + down,
                    note=np.where(n < 1, "too_few", ""))  # fmt: skip


def hodges_lehmann(before: ArrayLike, after: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Hodges-Lehmann estimate of the change: the median of all means of two people's changes.

    Parameters
    ----------
    before, after : array_like, shape (..., n_people)
        As in `signed_rank_sums`; people who did not change stay in.
    level : float, default 0.95
        Coverage asked for.

    Returns
    -------
    Estimate
        In points of the scale, with the exact interval. ``level`` is the coverage reached, with note
        ``"level_not_reached"`` where it lies below the one asked for (five people reach .9375, four .875). One
        pair, or everybody changed alike (or so many that the interval would be a point): the value without
        interval, note ``"too_few"`` or ``"no_variance"``; above 500 people nothing, note ``"too_many"``.

    Notes
    -----
    Of the :math:`n(n+1)/2` Walsh averages (each person's with itself too) the limits are the k-th smallest and the
    k-th largest, k the smallest count whose signed-rank probability passes :math:`(1 - level)/2`, at least 1; the
    coverage is :math:`1 - 2P(T \le k - 1)` [1]_. With ties it is at least that.

    References
    ----------
    .. [1] Hodges & Lehmann (1963). Estimates of location based on rank tests. Annals of Mathematical Statistics,
       34(2), 598-611; Hollander & Wolfe (1999). Nonparametric statistical methods (2nd ed.), section 3.3.

    Examples
    --------
    >>> found = hodges_lehmann([1, 2, 3, 4, 2, 3], [2, 2, 5, 5, 4, 4])
    >>> float(found.value), float(found.low), float(found.high), float(found.level)
    (1.0, 0.0, 2.0, 0.96875)
    """
    first, second = complete_pairs(before, after)
    change = second - first
    n, (_, sd) = count(change), mean_and_sd(change)
    value, low, high, reached = np.full((4, n.size), np.nan)
    for at, changes in same_number_of_people(change):
        if 1 <= (size := changes.shape[1]) <= _EXACT:
            walsh = _walsh_averages(changes)
            value[at] = np.median(walsh, axis=1)
            k, reached[at] = _walsh_rank(size, level)
            low[at], high[at] = walsh[:, k - 1], walsh[:, -k]
    low, high, reached = (limit.reshape(n.shape) for limit in (low, high, reached))
    alike = (sd == 0) | (high - low <= NO_SPREAD)
    low, high, reached = (np.where((n < 2) | alike, np.nan, limit) for limit in (low, high, reached))
    note = np.select(
        [n < 2, n > _EXACT, alike, reached < level - 1e-9],
        ["too_few", "too_many", "no_variance", "level_not_reached"],
        "",
    )  # fmt: skip
    return estimate("hodges_lehmann", value.reshape(n.shape), n, "exact signed-rank interval", low=low, high=high,
                    level=reached, note=note)  # fmt: skip


def _doubled_ranks(before: ArrayLike, after: ArrayLike, zeros: str) -> tuple[Array, Array]:
    """Twice the mean rank of each change's size (a whole number), 0 for no change and for missing; the changes."""
    if zeros not in ("drop", "pratt"):
        raise ValueError('zeros must be "drop" or "pratt"')
    change = tied_changes(before, after)
    size = np.abs(change)
    ranked = np.where(size > 0, size, np.nan) if zeros == "drop" else size
    order = np.argsort(ranked, axis=-1, kind="stable")  # NaN last
    ordered = np.take_along_axis(ranked, order, axis=-1)
    starts = np.concatenate([np.ones_like(ordered[..., :1], bool), ordered[..., 1:] != ordered[..., :-1]], axis=-1)
    place = np.broadcast_to(np.arange(ordered.shape[-1]), ordered.shape)
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=-1)
    ends = np.concatenate([starts[..., 1:], np.ones_like(starts[..., :1])], axis=-1)
    last = np.minimum.accumulate(np.where(ends, place, ordered.shape[-1])[..., ::-1], axis=-1)[..., ::-1]
    doubled = np.empty(ordered.shape)
    np.put_along_axis(doubled, order, (first + last + 2).astype(float), axis=-1)
    return np.where(size > 0, doubled, 0.0), change


def _rank_p(doubled: Array, rises: Array, falls: Array, alternative: str) -> Array:
    """The p of each cell. Missing people and zeros weigh nothing: they double every count and leave p as it is."""
    if alternative == "two-sided":
        return np.minimum(1, 2 * _share_at_least(doubled, np.maximum(rises, falls)))
    return _share_at_least(doubled, rises if alternative == "greater" else falls)


def _share_at_least(weights: Array, bar: Array) -> Array:
    """Share of all subsets whose weights sum to at least ``bar``."""
    if weights.shape[1] <= _ENUMERATED:
        return share_of_subsets(weights, bar - 0.5)
    return np.array([_convolved_share(row, least) for row, least in zip(weights, bar, strict=True)])


def _convolved_share(weights: Array, bar: float) -> float:
    whole = weights.astype(int)
    step = max(int(np.gcd.reduce(whole)), 1)  # without ties every doubled rank is even
    return float(_convolved(whole // step)[int(bar) // step :].sum())


def _convolved(weights: NDArray[np.int_]) -> Array:
    """Probability of every sum of a random subset of whole weights, one person after the other, small ones first."""
    chance = np.zeros(int(weights.sum()) + 1)
    chance[0], end = 1.0, 1
    for weight in np.sort(weights[weights > 0]):
        half = chance[:end] / 2
        chance[:end] = half
        chance[weight : weight + end] += half
        end += int(weight)
    return chance


@lru_cache(maxsize=64)
def _walsh_rank(n: int, level: float) -> tuple[int, float]:
    """Which Walsh average from either end is the limit, and the coverage that it gives."""
    below = np.cumsum(_convolved(np.arange(1, n + 1)))
    k = max(1, int(np.searchsorted(below, (1 - level) / 2 - 1e-12)))
    return k, 1 - 2 * float(below[k - 1])


def _walsh_averages(changes: Array) -> Array:
    """Means of every two people's changes, and of each person's with itself, from the smallest."""
    one, other = np.triu_indices(changes.shape[1])
    walsh: Array = np.sort((changes[:, one] + changes[:, other]) / 2, axis=1)
    return walsh
