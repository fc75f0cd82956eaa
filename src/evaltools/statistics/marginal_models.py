"""The mixed model for repeated measures (MMRM): no random effects, the waves' covariance itself is modelled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.statistics import covariance
from evaltools.statistics.blocks import blocks
from evaltools.statistics.estimate import Array
from evaltools.statistics.fit import Fit
from evaltools.statistics.random_intercept import fit_compound_symmetry
from evaltools.statistics.reml import fit_reml

STRUCTURES = ("unstructured", "autoregressive", "compound_symmetry")
_OWN_SHARE = 0.01  # of a wave's variance that the other waves do not give


def fit_marginal(scores: ArrayLike, design: ArrayLike, structure: str) -> Fit:
    """Fit by REML a model whose errors at the waves have a covariance matrix of a given structure.

    Parameters
    ----------
    scores : array_like, shape (n_waves, n_people)
        NaN = not measured; a person counts with the waves that there are.
    design : array_like, shape (n_waves, p) or (n_people, n_waves, p)
        Columns of the fixed part.
    structure : str
        One of `STRUCTURES`.

    Returns
    -------
    Fit
        ``matrix`` is the estimated covariance of the waves.

    Raises
    ------
    ValueError
        If the structure is not known, or the scores cannot determine it: `can_be_fitted` says so beforehand.

    References
    ----------
    Jennrich & Schluchter (1986). Unbalanced repeated-measures models with structured covariance matrices.
    Biometrics, 42(4), 805-820. Mallinckrodt et al. (2008). Recommendations for the primary analysis of continuous
    endpoints in longitudinal clinical trials. Drug Information Journal, 42, 303-319.

    Examples
    --------
    >>> design = np.array([[1.0, 0.0], [1.0, 1.0]])
    >>> fit_marginal([[1, 2, 3, 4], [2, 2, 5, 5]], design, "unstructured").matrix.round(3).tolist()
    [[1.667, 2.0], [2.0, 3.0]]
    """
    by_person = np.asarray(scores, float).T
    waves = by_person.shape[1]
    if structure not in STRUCTURES:
        raise ValueError(f"structure must be one of {', '.join(STRUCTURES)}")
    if not can_be_fitted(scores, structure):
        raise ValueError("too few people measured at the same waves for this structure")
    if structure == "compound_symmetry":
        return fit_compound_symmetry(scores, design)
    data = blocks(by_person, np.broadcast_to(design, (*by_person.shape, np.shape(design)[-1])))
    if structure == "unstructured":
        return _believable(fit_reml(data, covariance.unstructured(_guess(by_person))))
    return fit_reml(data, covariance.autoregressive(waves))


def can_be_fitted(scores: ArrayLike, structure: str) -> NDArray[np.bool_]:
    """Whether there are scores enough for a structure's parameters to exist at all; `limits` says when it is wise.

    Unstructured: more people than waves, and for every two waves two people measured at both. The others: two
    people with two waves. Leading axes of scores (..., n_waves, n_people) are groups; a wave that nobody answered does
    not count.

    >>> bool(can_be_fitted([[1, 2, 3], [2, 3, 3], [3, 4, 5]], "unstructured"))
    False
    """
    seen = np.isfinite(np.asarray(scores, float))
    if structure != "unstructured":
        return np.asarray((seen.sum(axis=-2) >= 2).sum(axis=-1) >= 2)
    measured = seen.any(axis=-1)
    together = seen.astype(int) @ seen.swapaxes(-1, -2)
    enough = (together >= 2) | ~(measured[..., :, None] & measured[..., None, :])
    return np.asarray((seen.any(axis=-2).sum(axis=-1) > measured.sum(axis=-1)) & enough.all(axis=(-2, -1)))


def _believable(fit: Fit) -> Fit:
    """The fit, marked as singular where one wave all but follows from the others, which no questionnaire's does.

    Then the few people have been fitted and not their scores: the likelihood is flat and has several maxima close
    by, and rounding (a unit, an order of people) would decide what the fit says. Tried on 884 drawn groups
    (tests/test_flat_fits.py): with the mark nothing depends on a unit or an order, and nobody is marked in groups as
    large as `limits` asks for.
    """
    if fit.exact or fit.singular:
        return fit
    times_given = fit.matrix.diagonal() * np.linalg.inv(fit.matrix).diagonal()  # one over a wave's own share
    if (times_given > 0).all() and times_given.max() <= 1 / _OWN_SHARE:
        return fit
    return replace(fit, singular=np.array(True), kept=np.zeros_like(fit.kept))


def _guess(by_person: Array) -> Array:
    """A first covariance matrix: that of the pairs that there are, drawn towards no correlation."""
    seen = np.isfinite(by_person)
    centred = np.where(seen, by_person - np.nanmean(by_person, axis=0), 0.0)
    pairs = np.maximum(seen.T.astype(float) @ seen, 1.0)
    found = centred.T @ centred / pairs
    spread = found.diagonal() + 1e-6 * max(float(found.diagonal().max()), np.finfo(float).tiny)
    drawn: Array = 0.6 * found + np.diag(spread - 0.6 * found.diagonal())
    while np.linalg.eigvalsh(drawn)[0] <= 1e-3 * spread.min():
        drawn = (drawn + np.diag(drawn.diagonal())) / 2
    return drawn
