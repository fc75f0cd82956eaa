"""Answers to the score of a scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.estimate import Array, numbers


def turned(items: ArrayLike, reversed_items: Sequence[int], low: float, high: float) -> Array:
    """Answers with the reversed items turned, so that a high answer means the same on every item.

    Parameters
    ----------
    items : array_like, shape (..., n_items, n_people)
        Answers as given; NaN = missing.
    reversed_items : sequence of int
        Positions of the items to turn, counted from 0.
    low, high : float
        The lowest and the highest answer that the items allow.

    Returns
    -------
    ndarray, shape (..., n_items, n_people)
        An answer x of a reversed item becomes low + high - x.

    Raises
    ------
    ValueError
        If an answer lies outside the range: a typing error must not become a score.

    Examples
    --------
    >>> turned([[1, 2], [5, 4]], [1], 1, 5).tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    answers = np.array(items, float)
    outside = (answers < low) | (answers > high)
    if outside.any():
        positions = sorted(set(np.nonzero(outside)[-2].tolist()))
        raise ValueError(f"answers outside {low} to {high} on the items at positions {positions}; correct them first")
    at = list(reversed_items)
    answers[..., at, :] = low + high - answers[..., at, :]
    return answers


def prorated_scores(items: ArrayLike, min_answered: int, *, rule: str = "mean") -> Array:
    """Each person's scale score from the items that were answered.

    Parameters
    ----------
    items : array_like, shape (..., n_items, n_people)
        Answers after reversed items have been turned; NaN = missing.
    min_answered : int
        The smallest number of answered items that gives a score.
    rule : {"mean", "sum"}
        Mean of the answered items, or that mean times the number of items.

    Returns
    -------
    ndarray, shape (..., n_people)
        In points of the scale; NaN for a person who answered fewer items (or none).

    Examples
    --------
    >>> prorated_scores([[4, 2], [5, float("nan")], [3, float("nan")]], 2).tolist()
    [4.0, nan]
    """
    answers = numbers(items)
    answered = np.isfinite(answers).sum(axis=-2)
    return score_of_sum(np.nansum(answers, axis=-2), answered, answers.shape[-2], min_answered, rule=rule)


def score_of_sum(total: ArrayLike, answered: ArrayLike, items: int, min_answered: int, *, rule: str = "mean") -> Array:
    """The same from the sum of the answers, where answers have been added up already.

    Parameters
    ----------
    total : array_like
        Sum of the answered items, after reversed items have been turned.
    answered : array_like
        How many items were answered.
    items : int
        How many items the scale has.
    min_answered, rule
        As in `prorated_scores`.

    Returns
    -------
    ndarray
        In points of the scale; NaN where fewer items (or none) were answered.

    Examples
    --------
    >>> score_of_sum([12, 2], [3, 1], 3, 2).tolist()
    [4.0, nan]
    """
    many = np.asarray(answered)
    enough = many >= max(min_answered, 1)
    mean: Array = np.asarray(total, float) / np.where(enough, many, np.nan)
    return mean * items if rule == "sum" else mean
