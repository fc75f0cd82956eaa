"""Several tests at once: p-values adjusted so that the whole family keeps its promise."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.estimate import Array, Estimate, estimate, numbers


def holm(p_values: ArrayLike, n: ArrayLike = np.nan) -> Estimate:
    r"""Holm's adjusted p-values: the chance of any false alarm in the family stays below the level.

    Parameters
    ----------
    p_values : array_like, shape (n_tests,)
        The p-values of one family; NaN for a test that could not be made, which does not count.
    n : array_like, optional
        People behind each test.

    Returns
    -------
    Estimate, shape (n_tests,)
        In the given order; ``of`` is the number of tests that were made. NaN stays NaN with note ``"missing"``.

    Raises
    ------
    ValueError
        If a p-value lies outside 0 to 1, or the p-values do not stand on one axis.

    Notes
    -----
    Sorted from the smallest, :math:`p_{(i)}` is multiplied by :math:`m - i + 1`, never falling below the one
    before [1]_.

    References
    ----------
    .. [1] Holm (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of
       Statistics, 6(2), 65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).value.round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    p = _checked(p_values)
    adjusted, order = _sorted(p)
    tests = len(order)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * (tests - np.arange(tests))), 1.0)
    return _family("p_holm", adjusted, n, tests, "Holm")


def benjamini_hochberg(p_values: ArrayLike, n: ArrayLike = np.nan) -> Estimate:
    r"""Benjamini and Hochberg's adjusted p-values: the expected share of false alarms among the findings.

    Parameters
    ----------
    p_values, n
        As in `holm`.

    Returns
    -------
    Estimate, shape (n_tests,)
        As in `holm`. For screening many scales, not for claims about any one of them.

    Notes
    -----
    Sorted from the smallest, :math:`p_{(i)}` is multiplied by :math:`m / i`, never rising above the one after [1]_.

    References
    ----------
    .. [1] Benjamini & Hochberg (1995). Controlling the false discovery rate. Journal of the Royal Statistical
       Society B, 57(1), 289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).value.round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    p = _checked(p_values)
    adjusted, order = _sorted(p)
    tests = len(order)
    raised = p[order] * tests / np.arange(1, tests + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return _family("p_bh", adjusted, n, tests, "Benjamini-Hochberg")


def _checked(p_values: ArrayLike) -> Array:
    p = numbers(p_values)
    if p.ndim != 1:
        raise ValueError("the p-values of one family must stand on one axis")
    if (p < 0).any() or (p > 1).any():
        raise ValueError("p-values lie between 0 and 1")
    return p


def _sorted(p: Array) -> tuple[Array, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """An empty answer, and the tests that were made from the smallest p to the largest."""
    order = np.argsort(p, kind="stable")
    return np.full(len(p), np.nan), order[: int(np.isfinite(p).sum())]


def _family(measure: str, adjusted: Array, n: ArrayLike, tests: int, method: str) -> Estimate:
    note = np.where(np.isfinite(adjusted), "", "missing")
    return estimate(measure, adjusted, n, f"{method}, {tests} tests", of=tests, note=note)
