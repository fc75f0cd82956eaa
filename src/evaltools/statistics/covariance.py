"""How the scores of one person, or of one group, vary together: the covariance structures of models over waves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.statistics.estimate import Array

_EDGE = 1e-4  # a share of 1 leaves nothing for the rest, and layers multiply what they leave
_WIDE = 1e4


@dataclass(frozen=True)
class Covariance:
    """A covariance structure of the positions (waves, or people times waves) of one unit.

    Attributes
    ----------
    name : str
        As in the literature.
    starts : tuple of tuple of float
        Where the search for the best fit may begin: the likelihood can have more than one top.
    bounds : tuple of (float, float)
        Of each free parameter.
    unit : callable
        Free parameters to the structure's parameters on a scale of 1 (the overall variance is found by itself),
        and their derivatives, shape (parameters, free).
    matrices : callable
        Parameters to the covariance matrix (t, t), its first derivatives (k, t, t) and its second ones
        (k, k, t, t); None where the matrix is linear in the parameters.
    scaled : ndarray of bool, shape (k,)
        Which parameters are variances and grow with the overall variance.
    near : float
        A free parameter this close to its bound lies on it.
    layered : bool
        Whether each free parameter is the share of a variance that may be 0 and then be dropped.
    residual : bool
        Whether an upper bound is reached when no residual is left.
    """

    name: str
    starts: tuple[tuple[float, ...], ...]
    bounds: tuple[tuple[float, float], ...]
    unit: Callable[[Array], tuple[Array, Array]]
    matrices: Callable[[Array], tuple[Array, Array, Array | None]]
    scaled: NDArray[np.bool_]
    near: float = 1e-8
    layered: bool = False
    residual: bool = True


def three_level(people: int, waves: int) -> Covariance:
    """Levels of groups and of people in them; positions are people times waves, people first.

    Parameters: variance between groups, between people of a group, residual variance.

    >>> three_level(2, 1).matrices(np.array([1.0, 2.0, 4.0]))[0].tolist()
    [[7.0, 1.0], [1.0, 7.0]]
    """
    size = people * waves
    same_person = np.kron(np.eye(people), np.ones((waves, waves)))
    return _shares("three-level random intercepts", np.stack([np.ones((size, size)), same_person, np.eye(size)]))


def random_slope(times: ArrayLike) -> Covariance:
    """Every person has a level and a trend of their own.

    Parameters: variance of the level at time 0, covariance of level and trend, variance of the trend, residual
    variance. The search keeps the first three a covariance matrix through its Cholesky factor.

    >>> random_slope([0, 1]).matrices(np.array([1.0, 0.5, 2.0, 1.0]))[0].tolist()
    [[2.0, 1.5], [1.5, 5.0]]
    """
    t = np.asarray(times, float)
    one = np.ones_like(t)
    parts = np.stack([np.outer(one, one), np.outer(one, t) + np.outer(t, one), np.outer(t, t), np.eye(len(t))])

    def unit(free: Array) -> tuple[Array, Array]:
        a, b, c = free
        slopes = np.array([[2 * a, 0, 0], [b, a, 0], [0, 2 * b, 2 * c], [0, 0, 0]])
        return np.array([a * a, a * b, b * b + c * c, 1.0]), slopes

    starts = tuple((level, turn * trend, trend) for level in (0.2, 1.0, 3.0) for trend in (0.1, 0.5, 1.5)
                   for turn in (-1, 0, 1))  # fmt: skip
    bounds = ((0, _WIDE), (-_WIDE, _WIDE), (0, _WIDE))
    return _linear("random intercept and slope", parts, starts, bounds, unit, near=1e-4)


def autoregressive(waves: int) -> Covariance:
    """AR(1): the same variance at every wave; the correlation falls with the distance in waves.

    Parameters: variance, correlation of neighbouring waves.

    >>> autoregressive(3).matrices(np.array([4.0, 0.5]))[0][0].tolist()
    [4.0, 2.0, 1.0]
    """
    apart = np.abs(np.subtract.outer(np.arange(waves), np.arange(waves))).astype(float)

    def power(rho: float, less: int) -> Array:
        return np.asarray(rho ** np.maximum(apart - less, 0), float)

    def matrices(theta: Array) -> tuple[Array, Array, Array]:
        variance, rho = theta
        slope = apart * power(rho, 1)
        bend = variance * apart * (apart - 1) * power(rho, 2)
        first = np.stack([power(rho, 0), variance * slope])
        second = np.stack([np.stack([np.zeros_like(apart), slope]), np.stack([slope, bend])])
        return variance * first[0], first, second

    def unit(free: Array) -> tuple[Array, Array]:
        return np.array([1.0, free[0]]), np.array([[0.0], [1.0]])

    edge = 1 - 1e-7
    return Covariance(
        "AR(1)",
        tuple((rho,) for rho in (-0.95, -0.7, -0.4, 0.0, 0.3, 0.6, 0.8, 0.95)),
        ((-edge, edge),),
        unit,
        matrices,
        np.array([True, False]),
    )


def unstructured(start: ArrayLike) -> Covariance:
    """Every variance and covariance of the waves is free; ``start`` is a first guess of the matrix, (waves, waves).

    Parameters: the lower triangle, row by row. The search goes over the Cholesky factor.

    >>> unstructured([[2.0, 1.0], [1.0, 3.0]]).matrices(np.array([2.0, 1.0, 3.0]))[0].tolist()
    [[2.0, 1.0], [1.0, 3.0]]
    """
    guess = np.asarray(start, float)
    waves = len(guess)
    rows, columns = np.tril_indices(waves)
    parts = np.zeros((len(rows), waves, waves))
    parts[np.arange(len(rows)), rows, columns] = parts[np.arange(len(rows)), columns, rows] = 1

    def unit(free: Array) -> tuple[Array, Array]:
        factor = np.zeros((waves, waves))
        factor[rows, columns] = [1.0, *free]
        moved = parts_of_factor @ factor.T
        return (factor @ factor.T)[rows, columns], (moved + moved.swapaxes(1, 2))[:, rows, columns].T[:, 1:]

    parts_of_factor = np.zeros_like(parts)
    parts_of_factor[np.arange(len(rows)), rows, columns] = 1
    factor = np.linalg.cholesky(guess)
    factor = factor / factor[0, 0]
    smallest, widest = 1e-3 * float(factor.diagonal().min()), 1e3 * float(np.abs(factor).max())
    bounds = tuple(
        (smallest if row == column else -widest, widest) for row, column in zip(rows[1:], columns[1:], strict=True)
    )
    starts = (tuple(factor[rows, columns][1:]),)
    found = _linear("unstructured", parts, starts, bounds, unit, near=smallest)
    return replace(found, residual=False)


def _linear(
    name: str, parts: Array, starts: tuple[tuple[float, ...], ...], bounds: tuple[tuple[float, float], ...],
    unit: Callable[[Array], tuple[Array, Array]], near: float = 1e-8, layered: bool = False,
) -> Covariance:  # fmt: skip
    """A matrix that is a sum of known parts, each times a parameter."""

    def matrices(theta: Array) -> tuple[Array, Array, None]:
        return np.tensordot(theta, parts, 1), parts, None

    return Covariance(name, starts, bounds, unit, matrices, np.ones(len(parts), bool), near, layered)


def _shares(name: str, parts: Array) -> Covariance:
    """Variances in layers: each layer takes its share of what the ones before left, the last takes the rest.

    Shares end at 0 with a slope, so that a search sees whether a layer is wanted at all.
    """
    layers = len(parts) - 1

    def unit(free: Array) -> tuple[Array, Array]:
        left = np.concatenate([[1.0], np.cumprod(1 - free)])
        taken = np.append(free, 1.0)
        slopes = np.zeros((layers + 1, layers))
        for layer in range(layers):
            slopes[layer, layer] = left[layer]
            slopes[layer + 1 :, layer] = -(left * taken)[layer + 1 :] / (1 - free[layer])
        return left * taken, slopes

    starts = tuple(product((0.1, 0.4, 0.8), repeat=layers))
    return _linear(name, parts, starts, ((0.0, 1 - _EDGE),) * layers, unit, layered=True)
