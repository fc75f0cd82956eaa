"""A model over waves that has been fitted by REML: of one group, or of many groups at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from evaltools.statistics.estimate import NO_SPREAD, Array

_FLOATING = 1e-14  # what fitting costs, as a share of the scores


@dataclass(frozen=True)
class Fit:
    """A model fitted by REML, with what small-sample tests need; leading axes are groups, fitted each by itself.

    Attributes
    ----------
    theta : ndarray, shape (..., k)
        Covariance parameters, in the order of the structure.
    beta, variance : ndarray, shapes (..., p) and (..., p, p)
        Coefficients and their covariance, with the covariance parameters taken as known.
    loglik : ndarray, shape (...)
        The restricted log-likelihood, constants as in lme4, nlme and mmrm.
    first : ndarray, shape (..., k, p, p)
        :math:`X'V^{-1}V_iV^{-1}X`, with :math:`V_i` the derivative of the covariance matrix.
    second : ndarray, shape (..., k, k, p, p)
        :math:`X'V^{-1}V_iV^{-1}V_jV^{-1}X`.
    expected, observed : ndarray, shape (..., k, k)
        Information about theta.
    kept : ndarray of bool, shape (..., k)
        False for a variance that was estimated as 0.
    singular : ndarray of bool, shape (...)
        Whether the fit lies at the edge of what is possible: a variance of 0, a correlation of 1.
    exact : ndarray of bool, shape (...)
        Whether the model leaves no residual at all, so that there is no likelihood to speak of.
    rows : ndarray, shape (...)
        Number of scores.
    matrix : ndarray, shape (..., t, t)
        The covariance matrix of a unit measured at every position.
    """

    theta: Array
    beta: Array
    variance: Array
    loglik: Array
    first: Array
    second: Array
    expected: Array
    observed: Array
    kept: NDArray[np.bool_]
    singular: NDArray[np.bool_]
    exact: NDArray[np.bool_]
    rows: Array
    matrix: Array


def smallest_spread(scores: Array) -> Array:
    """The standard deviation from which on scores (..., n_waves, n_people) differ by more than rounding.

    >>> smallest_spread(np.array([[[3.0, 4.0]], [[3e12, 4e12]]])).tolist()
    [1e-05, 0.04]
    """
    largest = np.abs(np.where(np.isfinite(scores), scores, 0.0)).max(axis=(-2, -1), initial=0.0)
    return np.asarray(np.maximum(NO_SPREAD, _FLOATING * largest), float)


def stacked(fits: Sequence[Fit]) -> Fit:
    """Fits of several groups as one, with the groups on a leading axis."""
    return Fit(*(np.stack([getattr(fit, field.name) for fit in fits]) for field in fields(Fit)))


def shaped(fit: Fit, groups: tuple[int, ...]) -> Fit:
    """The same fits, their one axis of groups laid out anew; () for the fit of one group alone."""
    arrays = (getattr(fit, field.name) for field in fields(Fit))
    return Fit(*(array.reshape((*groups, *array.shape[1:])) for array in arrays))


def informations(cross: Array, second: Array, traces: Array, variance: Array, solution: Array) -> tuple[Array, Array]:
    """Expected and observed information about the covariance parameters, where the matrix is linear in them.

    Parameters
    ----------
    cross, second : ndarray, shapes (..., k, q, q) and (..., k, k, q, q)
        As `Fit.first` and `Fit.second`, with the scores as one more column of the design, the last.
    traces : ndarray, shape (..., k, k)
        Traces of :math:`V^{-1}V_iV^{-1}V_j`.
    variance : ndarray, shape (..., p, p)
        Covariance of the coefficients.
    solution : ndarray, shape (..., q)
        Turns cross-products into those of residuals: the coefficients' negatives, and 1.

    References
    ----------
    Harville (1977). Maximum likelihood approaches to variance component estimation and to related problems. Journal
    of the American Statistical Association, 72(358), 320-338.
    """
    turned = variance[..., None, :, :] @ cross[..., :-1, :-1]
    once = np.einsum("...ij,...klji->...kl", variance, second[..., :-1, :-1])
    twice = np.einsum("...kij,...lji->...kl", turned, turned)
    left = traces - 2 * once + twice
    beside = (cross @ solution[..., None, :, None])[..., 0]
    pulled = beside[..., :-1]
    inner = np.einsum("...klij,...i,...j->...kl", second, solution, solution)
    squares = inner - pulled @ variance @ pulled.swapaxes(-1, -2)
    return left / 2, squares - left / 2
