"""McDonald's omega: reliability of a sum score by a model with one common factor."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.estimate import Array, Estimate, count, estimate, mean_and_sd
from evaltools.statistics.reliability import complete_answers

_SMALLEST = 1e-4  # of an item's variance is its own at least: a factor never explains an item wholly
_STARTS = 0.5


def omega_total(items: ArrayLike, *, standardised: bool = False) -> Estimate:
    r"""McDonald's omega total: share of the sum score's variance that the items' common factor explains.

    Parameters
    ----------
    items : array_like, shape (..., n_items, n_people)
        Answers after reversed items have been turned, NaN = missing. Only people who answered every item count.
    standardised : bool, default False
        Omega of the sum of items put on the same spread, in place of the sum as it is.

    Returns
    -------
    Estimate
        A coefficient from 0 to 1, without interval; ask for at least a hundred people. NaN with note ``"too_few"``
        with fewer than three items or no more people than items, ``"no_variance"`` where an item does not vary or
        two items say the same, ``"no_fit"`` where the model cannot be fitted.

    Notes
    -----
    :math:`\omega = (\sum\lambda_i)^2 / ((\sum\lambda_i)^2 + \sum\psi_i)` [1]_ with loadings and unique variances by
    maximum likelihood [2]_.

    References
    ----------
    .. [1] McDonald (1999). Test theory: A unified treatment. Erlbaum.
    .. [2] Lawley & Maxwell (1971). Factor analysis as a statistical method (2nd ed.). Butterworths.

    Examples
    --------
    >>> answers = [[1, 2, 3, 4, 5, 2], [2, 2, 3, 5, 4, 1], [1, 3, 3, 4, 5, 3], [2, 1, 4, 4, 3, 2]]
    >>> round(float(omega_total(answers).value), 2)
    0.92
    """
    answers = complete_answers(items)
    n = count(answers[..., 0, :])
    _, spread = mean_and_sd(answers)
    cells = [
        _omega(cell, sd, standardised)
        for cell, sd in zip(
            answers.reshape(n.size, *answers.shape[-2:]), spread.reshape(n.size, spread.shape[-1]), strict=True
        )
    ]
    value = np.array([found for found, _ in cells]).reshape(n.shape)
    note = np.array([why for _, why in cells]).reshape(n.shape)
    return estimate("omega_total", value, n, "one factor, maximum likelihood", note=note)


def one_factor(answers: Array) -> tuple[Array, Array]:
    """Loadings and unique variances of items put on the same spread, by maximum likelihood.

    Parameters
    ----------
    answers : ndarray, shape (n_items, n_people)
        Complete answers, more people than items.

    Returns
    -------
    tuple of ndarray, shape (n_items,)
        Loadings, positive in sum, and unique variances. NaN where the fit does not settle, and where it cannot begin:
        an item does not vary, two items say the same, or there are too few people.

    Examples
    --------
    >>> answers = np.array([[1, 2, 3, 4, 5, 2], [2, 2, 3, 5, 4, 1], [1, 3, 3, 4, 5, 3.]])
    >>> loadings, unique = one_factor(answers)
    >>> bool(np.allclose(loadings**2 + unique, 1, atol=1e-4))
    True
    """
    from scipy import optimize  # half a second, wanted here only

    nothing = np.full(len(answers), np.nan)
    if not _distinct(answers):
        return nothing, nothing
    related: Array = np.atleast_2d(np.corrcoef(answers))
    start = np.clip(_STARTS / np.diag(np.linalg.inv(related)), _SMALLEST, 1)
    found = optimize.minimize(
        _misfit, start, (related,), "L-BFGS-B", jac=True, bounds=[(_SMALLEST, 1.0)] * len(related),
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 2000},
    )  # fmt: skip
    if not np.isfinite(found.fun):
        return nothing, nothing
    loadings = _loadings(found.x, related)
    return loadings * (1 if loadings.sum() >= 0 else -1), found.x


def _omega(answers: Array, spread: Array, standardised: bool) -> tuple[float, str]:
    people = answers[:, np.isfinite(answers[0])]
    if people.shape[0] < 3 or people.shape[1] <= people.shape[0]:
        return np.nan, "too_few"
    if not _distinct(people):
        return np.nan, "no_variance"
    loadings, unique = one_factor(people)
    scale = np.ones(len(spread)) if standardised else spread
    common, own = (loadings * scale).sum() ** 2, (unique * scale**2).sum()
    value = common / (common + own)
    return (float(value), "") if np.isfinite(value) else (np.nan, "no_fit")


def _distinct(people: Array) -> bool:
    """Whether every item varies and says something that the others do not."""
    if people.shape[1] < 2 or not (mean_and_sd(people)[1] > 0).all():
        return False
    return bool(np.linalg.matrix_rank(np.atleast_2d(np.corrcoef(people))) == len(people))


def _misfit(unique: Array, related: Array) -> tuple[float, Array]:
    """Likelihood left over when the best loadings for these unique variances are taken, and its slope."""
    root = np.sqrt(unique)
    values = np.linalg.eigvalsh(related / np.outer(root, root))[:-1]
    values = np.maximum(values, 1e-12)
    misfit = float((values - np.log(values) - 1).sum())
    loadings = _loadings(unique, related)
    slope: Array = np.diag(np.outer(loadings, loadings) + np.diag(unique) - related) / unique**2
    return misfit, slope


def _loadings(unique: Array, related: Array) -> Array:
    root = np.sqrt(unique)
    values, vectors = np.linalg.eigh(related / np.outer(root, root))
    loadings: Array = root * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0))
    return loadings
