"""Restricted maximum likelihood (REML) for linear models whose errors vary together within people or groups."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evaltools.statistics.blocks import Blocks
from evaltools.statistics.covariance import Covariance
from evaltools.statistics.estimate import Array
from evaltools.statistics.fit import Fit, informations

_STEPS = 30
_SEARCHES = 4
_CLIMBED = 1e-13  # of the log-likelihood: less is rounding


@dataclass(frozen=True)
class _Terms:
    """The likelihood and its slopes at given covariance parameters."""

    loglik: float
    beta: Array
    variance: Array
    squares: float  # generalised residual sum of squares
    gradient: Array
    residual_slopes: Array
    inverse: Array
    weighted: Array  # V^-1 V_i, by pattern
    cross: Array  # cross-products in V^-1 V_i V^-1
    solution: Array  # turns cross-products into those of residuals


def fit_reml(data: Blocks, covariance: Covariance) -> Fit:
    """Fit by REML: a bounded search over the structure's shape from every start, then Newton's method.

    Parameters
    ----------
    data : Blocks
        As made by `blocks`.
    covariance : Covariance
        The structure of a unit's positions.

    Returns
    -------
    Fit
        ``exact`` where nothing is left to explain: then the coefficients stand and nothing else does.

    References
    ----------
    Patterson & Thompson (1971). Recovery of inter-block information when block sizes are unequal. Biometrika,
    58(3), 545-554.

    Examples
    --------
    >>> from evaltools.statistics.blocks import blocks
    >>> from evaltools.statistics.covariance import autoregressive
    >>> scores = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 3.0]])  # three people, two waves
    >>> design = np.broadcast_to([[1.0, 0.0], [1.0, 1.0]], (3, 2, 2))
    >>> fit_reml(blocks(scores, design), autoregressive(2)).beta.round(6).tolist()
    [2.0, 1.0]
    """
    if data.exact:
        return _exact(data, covariance)
    shape = _best_shape(data, covariance)
    kept, singular, exact = _edges(covariance, shape)
    theta, _ = covariance.unit(shape)
    overall = _terms(data, covariance, theta).squares / (data.rows - len(data.ordinary))
    theta = _polish(data, covariance, np.where(covariance.scaled, theta * overall, theta), kept)
    fit = fit_at(data, covariance, theta)
    return replace(fit, kept=kept, singular=np.array(singular), exact=np.array(exact))


def fit_at(data: Blocks, covariance: Covariance, theta: Array) -> Fit:
    """The model with given covariance parameters, as if they had been estimated.

    Parameters
    ----------
    data, covariance
        As in `fit_reml`.
    theta : ndarray, shape (k,)
        Covariance parameters, in the order of the structure.
    """
    terms, second, expected, observed = _informations(data, covariance, theta)
    everything = np.ones(len(theta), bool)
    return Fit(theta, data.ordinary + terms.beta, terms.variance, np.array(terms.loglik), terms.cross[:, :-1, :-1],
               second, expected, observed, everything, np.array(False), np.array(False), np.array(float(data.rows)),
               covariance.matrices(theta)[0])  # fmt: skip


def loglik_and_slopes(data: Blocks, covariance: Covariance, theta: Array) -> tuple[float, Array]:
    """The restricted log-likelihood of covariance parameters and its slopes; minus infinity where they are none."""
    try:
        terms = _terms(data, covariance, theta)
    except np.linalg.LinAlgError:  # no covariance matrix there
        return -np.inf, np.zeros(len(theta))
    return terms.loglik, terms.gradient


def _best_shape(data: Blocks, covariance: Covariance) -> Array:
    """The shape with the highest likelihood, searched from the best start; from more where that ends on an edge."""
    starts = sorted(covariance.starts, key=lambda start: -_profile(data, covariance, np.array(start))[0])
    best, highest = np.array([]), -np.inf
    for start in starts[:_SEARCHES]:
        loglik, shape = _climb(data, covariance, start)
        if loglik > highest:
            best, highest = shape, loglik
        if not _edges(covariance, best)[1]:
            break
    return best


def _climb(data: Blocks, covariance: Covariance, start: tuple[float, ...]) -> tuple[float, Array]:
    """The best shape that a search from one start finds, with its log-likelihood."""
    from scipy import optimize  # a third of a second, wanted here only

    def cost(free: Array) -> tuple[float, Array]:
        try:
            loglik, slopes = _profile(data, covariance, free)
        except np.linalg.LinAlgError:  # too close to an edge to be computed
            return np.inf, np.zeros_like(free)
        return -loglik, -slopes

    found = optimize.minimize(cost, np.array(start), jac=True, method="L-BFGS-B", bounds=covariance.bounds,
                              options={"ftol": 1e-12, "gtol": 1e-6, "maxiter": 500})  # fmt: skip
    return -float(found.fun), np.asarray(found.x, float)


def _profile(data: Blocks, covariance: Covariance, free: Array) -> tuple[float, Array]:
    """Log-likelihood with the overall variance at its best for the shape, and its slopes."""
    theta, slopes = covariance.unit(free)
    terms = _terms(data, covariance, theta)
    df = data.rows - len(data.ordinary)
    variance = terms.squares / df
    if variance <= 0:  # rounding, beside an edge
        raise np.linalg.LinAlgError
    loglik = terms.loglik + terms.squares / 2 - df / 2 * (np.log(variance) + 1)
    gradient = terms.gradient + (1 / variance - 1) * terms.residual_slopes / 2
    return float(loglik), np.asarray(gradient @ slopes, float)


def _terms(data: Blocks, covariance: Covariance, theta: Array) -> _Terms:
    """Everything that the likelihood at ``theta`` is made of."""
    matrix, slopes, _ = covariance.matrices(theta)
    seen = data.seen[:, :, None] & data.seen[:, None, :]
    absent = np.eye(len(matrix)) * ~data.seen[:, None, :]
    full = np.where(seen, matrix, 0.0) + absent
    factor = np.linalg.cholesky(full)
    inverse = np.where(seen, np.linalg.inv(full), 0.0)
    logdet = 2 * float(np.log(factor.diagonal(axis1=1, axis2=2)).sum(axis=1) @ data.many)
    at_theta = _products(data, inverse[None])[0]
    variance = np.linalg.inv(at_theta[:-1, :-1])
    beta = variance @ at_theta[:-1, -1]
    solution = np.append(-beta, 1.0)
    squares = float(solution @ at_theta @ solution)
    weighted = inverse @ slopes[:, None]
    cross = _products(data, weighted @ inverse)
    traces = np.einsum("kbtt,b->k", weighted, data.many) - np.einsum("ij,kij->k", variance, cross[:, :-1, :-1])
    residual_slopes = np.einsum("i,kij,j->k", solution, cross, solution)
    df = data.rows - len(beta)
    loglik = -(df * np.log(2 * np.pi) + logdet - np.linalg.slogdet(variance)[1] + squares) / 2
    return _Terms(float(loglik), beta, variance, squares, (residual_slopes - traces) / 2, residual_slopes, inverse,
                  weighted, cross, solution)  # fmt: skip


def _products(data: Blocks, weights: Array) -> Array:
    """Cross-products of design and scores, weighted by matrices of shape (..., b, t, t)."""
    width = len(data.ordinary) + 1
    flat = weights.reshape(len(weights), -1) @ data.products
    return flat.reshape(len(weights), width, width)


def _informations(data: Blocks, covariance: Covariance, theta: Array) -> tuple[_Terms, Array, Array, Array]:
    """The terms at ``theta``, the second cross-products, expected and observed information."""
    terms = _terms(data, covariance, theta)
    count = len(theta)
    second = np.stack([_products(data, weighted @ (terms.weighted @ terms.inverse)) for weighted in terms.weighted])
    traces = np.einsum("kbts,lbst,b->kl", terms.weighted, terms.weighted, data.many)
    expected, observed = informations(terms.cross, second, traces, terms.variance, terms.solution)
    bends = covariance.matrices(theta)[2]
    if bends is not None:
        observed = observed + _of_bends(data, terms, bends.reshape(count * count, *bends.shape[2:])).reshape(count, -1)
    return terms, second[:, :, :-1, :-1], expected, (observed + observed.T) / 2


def _of_bends(data: Blocks, terms: _Terms, bends: Array) -> Array:
    """What second derivatives of the covariance matrix add to the observed information."""
    weighted = terms.inverse @ bends[:, None]
    cross = _products(data, weighted @ terms.inverse)
    traces = np.einsum("kbtt,b->k", weighted, data.many) - np.einsum("ij,kij->k", terms.variance, cross[:, :-1, :-1])
    return np.asarray((traces - np.einsum("i,kij,j->k", terms.solution, cross, terms.solution)) / 2, float)


def _edges(covariance: Covariance, free: Array) -> tuple[NDArray[np.bool_], bool, bool]:
    """Which parameters are estimated rather than 0; whether the fit lies on an edge; whether no residual is left.

    A layer of variance that is 0 is dropped; on any other edge nothing can be said about any parameter.
    """
    low, high = np.array(covariance.bounds, float).T
    nothing, everything = free - low <= covariance.near, high - free <= covariance.near
    singular, exact = bool((nothing | everything).any()), covariance.residual and bool(everything.any())
    if covariance.layered and not exact:
        return np.append(~nothing, True), singular, False
    return np.full(len(covariance.scaled), not singular), singular, exact


def _polish(data: Blocks, covariance: Covariance, theta: Array, kept: NDArray[np.bool_]) -> Array:
    """Newton's method from a point near the maximum; a step that does not climb is halved, and then left."""
    for _ in range(_STEPS if kept.any() else 0):
        terms, _, expected, observed = _informations(data, covariance, theta)
        chosen = observed[np.ix_(kept, kept)]
        if np.linalg.eigvalsh(chosen)[0] <= 0:
            chosen = expected[np.ix_(kept, kept)]
        step = np.zeros_like(theta)
        step[kept] = np.linalg.lstsq(chosen, terms.gradient[kept], rcond=None)[0]
        if float(step @ terms.gradient) < _CLIMBED:
            return theta
        tried = [theta + step / 2**halving for halving in range(8)]
        if covariance.layered:  # a variance that is nearly 0 is not let below
            tried = [at for at in tried if (at[kept] > 0).all()]
        theta = next(
            (at for at in tried if loglik_and_slopes(data, covariance, at)[0] > terms.loglik - _CLIMBED), theta
        )
    return theta


def _exact(data: Blocks, covariance: Covariance) -> Fit:
    """A fit without any residual: coefficients, and nothing known about their uncertainty."""
    k, p, t = len(covariance.scaled), len(data.ordinary), data.seen.shape[1]
    unknown = np.full((k, k), np.nan)
    return Fit(np.zeros(k), data.ordinary, np.full((p, p), np.nan), np.array(np.nan), np.full((k, p, p), np.nan),
               np.full((k, k, p, p), np.nan), unknown, unknown, np.zeros(k, bool), np.array(False), np.array(True),
               np.array(float(data.rows)), np.zeros((t, t)))  # fmt: skip
