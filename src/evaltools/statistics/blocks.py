"""Scores of independent people or groups, pooled by what is missing.

All that a model needs from people with the same missing waves are their cross-products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaltools.statistics.estimate import Array
from evaltools.statistics.fit import smallest_spread


@dataclass(frozen=True)
class Blocks:
    """Scores and design of independent units, pooled by which positions were measured.

    ``many`` (b,) counts the units of a pattern, ``seen`` (b, t) says which positions it has, ``products``
    (b*t*t, q*q) holds the sums of cross-products of the design's columns and, last, the scores, from which the
    least-squares fit ``ordinary`` (p,) has been taken away. ``rows`` is the number of scores,
    ``exact`` whether that fit leaves nothing but rounding.
    """

    many: Array
    seen: NDArray[np.bool_]
    products: Array
    ordinary: Array
    rows: int
    exact: bool


def blocks(scores: Array, design: Array) -> Blocks:
    """Pool independent units by their pattern of missing scores.

    Parameters
    ----------
    scores : ndarray, shape (n_units, t)
        NaN = not measured.
    design : ndarray, shape (n_units, t, p)
        Known wherever there is a score.

    Raises
    ------
    ValueError
        If the measured scores do not determine every coefficient of the design.
    """
    seen = np.isfinite(scores)
    columns, values = design[seen], scores[seen]
    found, _, rank, _ = np.linalg.lstsq(columns, values, rcond=None)
    if rank < design.shape[2]:
        raise ValueError("the measured scores do not determine every coefficient of the design")
    ordinary = np.asarray(found, float)
    left = np.where(seen, scores - np.where(seen[..., None], design, 0.0) @ ordinary, 0.0)
    table = np.concatenate([np.where(seen[..., None], design, 0.0), left[..., None]], axis=2)
    patterns, which = np.unique(seen, axis=0, return_inverse=True)
    which = which.reshape(-1)  # some numpy give it a second axis
    products = np.stack(
        [np.einsum("mti,msj->tsij", table[which == at], table[which == at]) for at in range(len(patterns))]
    )
    width = table.shape[2] ** 2
    df = len(values) - len(ordinary)
    exact = df < 1 or bool((left**2).sum() <= df * smallest_spread(scores) ** 2)
    return Blocks(np.bincount(which).astype(float), patterns, products.reshape(-1, width), ordinary, len(values), exact)
