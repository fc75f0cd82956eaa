"""Which items pull with their scale, and which look as if they had not been turned."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evaltools.statistics.change import correlation
from evaltools.statistics.estimate import Array, Estimate, estimate
from evaltools.statistics.reliability import complete_answers, cronbach_alpha

_ORDINARY = 0.30  # an item of a published scale agrees at least so with the rest (Nunnally & Bernstein 1994)
_CERTAINTY = 0.90  # one-sided


def item_rest_correlations(items: ArrayLike) -> Estimate:
    r"""Correlation of each item with the sum of the others; an item that looks not reversed has a note.

    Parameters
    ----------
    items : array_like, shape (..., n_items, n_people)
        Answers after reversed items have been turned, NaN = missing. Only people who answered every item count.

    Returns
    -------
    Estimate
        Fields of shape (..., n_items), coefficients between -1 and 1. Note ``"looks_reversed"``: the correlation is
        negative, and even the upper limit of its one-sided 90 % interval lies below .30, so the item seems to be
        scored the wrong way round. ``"too_few"`` (NaN) below three people or two items, ``"no_variance"`` where
        the item or the rest does not vary.

    Notes
    -----
    The item is not part of the sum it is compared with [1]_. The limit is Fisher's :math:`z`. With six people an
    item is named from about -.4 downwards; with thirty any negative correlation is enough.

    References
    ----------
    .. [1] Nunnally & Bernstein (1994). Psychometric theory (3rd ed.). McGraw-Hill.

    Examples
    --------
    >>> answers = [[1, 2, 3, 4, 5, 5], [2, 2, 3, 5, 4, 5], [1, 3, 3, 4, 5, 4], [5, 4, 3, 2, 1, 1]]
    >>> item_rest_correlations(answers).note.tolist()
    ['', '', '', 'looks_reversed']
    """
    answers = complete_answers(items)
    rest = answers.sum(axis=-2, keepdims=True) - answers
    if answers.shape[-2] < 2:
        rest = np.full(answers.shape, np.nan)
    found = correlation(answers, rest)
    note = np.where(_looks_reversed(found.value, found.n), "looks_reversed", found.note)
    return estimate("item_rest_correlation", found.value, found.n, "Pearson, item against the sum of the others",
                    note=note)  # fmt: skip


def alpha_without_item(items: ArrayLike) -> Estimate:
    """Cronbach's alpha of the scale without each item in turn.

    Parameters
    ----------
    items : array_like, shape (..., n_items, n_people)
        As in `item_rest_correlations`.

    Returns
    -------
    Estimate
        Fields of shape (..., n_items), without interval. NaN with note ``"too_few"`` below three people or three
        items.

    References
    ----------
    Cronbach (1951). Coefficient alpha and the internal structure of tests. Psychometrika, 16, 297-334.

    Examples
    --------
    >>> alpha_without_item([[1, 2, 3, 4, 5], [2, 2, 3, 5, 4], [1, 3, 3, 4, 5]]).value.round(3).tolist()
    [0.853, 0.978, 0.909]
    """
    answers = complete_answers(items)
    parts = [cronbach_alpha(np.delete(answers, item, axis=-2)) for item in range(answers.shape[-2])]
    value, n, note = (np.stack([getattr(part, name) for part in parts], axis=-1) for name in ("value", "n", "note"))
    return estimate("alpha_without_item", value, n, "Cronbach, one item left out", note=note)


def _looks_reversed(r: Array, n: Array) -> NDArray[np.bool_]:
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    limit = z + special.ndtri(_CERTAINTY) / np.sqrt(np.where(n > 3, n - 3, np.nan))
    looks: NDArray[np.bool_] = (r < 0) & (limit < np.arctanh(_ORDINARY))
    return looks
