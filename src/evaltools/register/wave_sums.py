"""Sums over the waves of people's scores, exact in any order; a model over waves is fitted from them.

A score is a sum of answers divided by how many were answered. Multiplied by a number that all of these divide, it is
whole; so are the sums and products, and parts can be added in any order to the same digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import lcm
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaltools.instruments import Scale
from evaltools.statistics.estimate import Array
from evaltools.statistics.mixed_models import wave_design
from evaltools.statistics.random_intercept import fit_random_intercept_of_sums

_ROOM = 2**62  # what a whole number of 64 bits holds; beyond it Python's own numbers count, which are slow


class Moments(NamedTuple):
    """Of people who have a score at the same waves: how many, and sums and products of their scores made whole.

    ``sums`` has a place a wave, ``products`` one for two waves; 0 at waves that these people do not have.
    """

    n: int
    sums: tuple[int, ...]
    products: tuple[tuple[int, ...], ...]


WaveSums = Mapping[int, Moments]  # by which waves there are, the first wave counting 1, the second 2, the third 4


def wave_sums(total: NDArray[np.int64], answered: NDArray[np.int64], scale: Scale) -> dict[int, Moments]:
    """Sums over people.

    Parameters
    ----------
    total, answered : ndarray, shape (people, waves)
        Sum of the answered items, reversed ones turned, and how many were answered.
    scale : Scale
        How many items must be answered, and between which numbers the answers lie.

    Returns
    -------
    dict
        Moments by which waves there are; whoever has none is left out.

    Examples
    --------
    >>> from evaltools.instruments import shipped_instruments
    >>> scale = shipped_instruments()["toolkit_competence"].scales[0]
    >>> found = wave_sums(np.array([[21, 30], [24, 0]]), np.array([[7, 6], [6, 0]]), scale)
    >>> {waves: (own.n, [total / whole(scale) for total in own.sums]) for waves, own in found.items()}
    {1: (1, [4.0, 0.0]), 3: (1, [3.0, 5.0])}
    """
    times, most = whole(scale), max(abs(scale.low), abs(scale.high))
    kind: Any = np.int64 if (times * most) ** 2 * max(len(total), 1) < _ROOM else object
    least = max(scale.min_answered, 1)
    factors = np.array([times // many if many >= least else 0 for many in range(scale.item_count + 1)], kind)
    scores = total.astype(kind) * factors[answered]
    seen = answered >= least
    waves = seen @ (1 << np.arange(seen.shape[1]))
    found = {}
    for own in np.unique(waves[waves > 0]):
        part = scores[waves == own]
        products = (part.T @ part).tolist()
        found[int(own)] = Moments(len(part), tuple(map(int, part.sum(axis=0))), tuple(map(_whole_numbers, products)))
    return found


def whole(scale: Scale) -> int:
    """By what a mean of answers is multiplied to be whole, however many were answered.

    >>> from evaltools.instruments import shipped_instruments
    >>> whole(shipped_instruments()["toolkit_competence"].scales[0])
    210
    """
    return lcm(*range(max(scale.min_answered, 1), scale.item_count + 1))


def added_sums(one: WaveSums, other: WaveSums) -> dict[int, Moments]:
    """Sums over the people of two parts."""
    return {waves: _both(one.get(waves), other.get(waves)) for waves in sorted({*one, *other})}


def mean_course(sums: WaveSums, scale: Scale) -> Array:
    """Mean change from the first wave to each later one, everybody counted with the waves that there are.

    Parameters
    ----------
    sums : mapping
        Of everybody, see `wave_sums`.
    scale : Scale
        Whose scores they are of.

    Returns
    -------
    ndarray, shape (waves - 1,)
        In points of the scale, by the model with random intercepts; empty where a wave has no scores.
    """
    many = len(next(iter(sums.values())).sums) if sums else 0
    seen = np.array([[bool(waves >> at & 1) for at in range(many)] for waves in sums])
    if not many or not seen.any(axis=0).all():
        return np.empty(0)
    times = whole(scale)
    moments = list(sums.values())
    fit = fit_random_intercept_of_sums(
        seen, [own.n for own in moments], [[total / times for total in own.sums] for own in moments],
        [[[product / times**2 for product in row] for row in own.products] for own in moments], wave_design(many),
    )  # fmt: skip
    changes: Array = fit.beta[1:] * (scale.item_count if scale.rule == "sum" else 1)
    return changes


def _whole_numbers(row: list[Any]) -> tuple[int, ...]:
    return tuple(map(int, row))


def _both(one: Moments | None, other: Moments | None) -> Moments:
    if one is None or other is None:
        found = one or other
        assert found is not None
        return found
    sums = tuple(mine + theirs for mine, theirs in zip(one.sums, other.sums, strict=True))
    products = tuple(tuple(mine + theirs for mine, theirs in zip(row, beside, strict=True))
                     for row, beside in zip(one.products, other.products, strict=True))  # fmt: skip
    return Moments(one.n + other.n, sums, products)
