"""Least squares with cluster-robust standard errors: people measured several times, or people in groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.estimate import NO_SPREAD, Array, Estimate, numbers
from evaltools.statistics.mixed_models import wave_design
from evaltools.statistics.small_sample import t_estimates

KINDS = ("CR0", "CR1", "CR1S", "CR2")
_SMALLEST = 1e-12


def cluster_robust(
    values: ArrayLike, design: ArrayLike, clusters: ArrayLike, kind: str = "CR2"
) -> tuple[Array, Array, Array]:
    r"""Coefficients of least squares, their cluster-robust standard errors and Satterthwaite degrees of freedom.

    Parameters
    ----------
    values : array_like, shape (n_rows,)
        Scores, none missing.
    design : array_like, shape (n_rows, p)
        Columns of the model.
    clusters : array_like, shape (n_rows,)
        Which rows belong together (a person, or a group).
    kind : str, default "CR2"
        "CR0" (sandwich), "CR1", "CR1S" (Stata) or "CR2" (bias-reduced, working model: independent rows).

    Returns
    -------
    tuple of ndarray, shape (p,)
        Coefficient, standard error, degrees of freedom; the last two NaN below two clusters.

    Raises
    ------
    ValueError
        If the kind is not known, or the design does not determine every coefficient.

    Notes
    -----
    CR2 multiplies each cluster's residuals by :math:`(I - H_{gg})^{-1/2}` [1]_ [2]_. The degrees of freedom are
    those of the variance's own distribution under independent rows, so an interval from four clusters knows that
    it has four.

    References
    ----------
    .. [1] Bell & McCaffrey (2002). Bias reduction in standard errors for linear regression with multi-stage
       samples. Survey Methodology, 28(2), 169-181.
    .. [2] Pustejovsky & Tipton (2018). Small-sample methods for cluster-robust variance estimation. Journal of
       Business & Economic Statistics, 36(4), 672-683.

    Examples
    --------
    >>> beta, error, df = cluster_robust([1, 2, 3, 5], [[1], [1], [1], [1]], ["a", "a", "b", "b"])
    >>> float(beta[0]), round(float(error[0]), 3), round(float(df[0]), 3)
    (2.75, 1.25, 1.0)
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    y, x = numbers(values), numbers(design)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise ValueError("the design does not determine every coefficient")
    bread = np.asarray(np.linalg.inv(x.T @ x), float)
    beta = bread @ (x.T @ y)
    residuals = y - x @ beta
    names, member = np.unique(np.asarray(clusters), return_inverse=True)
    unknown = np.full(len(beta), np.nan)
    if len(names) < 2:
        return beta, unknown, unknown
    rows = [np.flatnonzero(member == at) for at in range(len(names))]
    factor = _factor(kind, len(names), *x.shape)
    weights = [factor * _leverage(x[own], bread, kind) @ x[own] @ bread for own in rows]
    scores = np.stack([residuals[own] @ weight for own, weight in zip(rows, weights, strict=True)])
    error = np.sqrt((scores**2).sum(axis=0))
    return beta, error, _degrees(x, bread, rows, weights)


def cluster_robust_change(
    scores: ArrayLike, groups: ArrayLike | None = None, *, level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Change from the first wave to each later one, everyone's scores pooled, with CR2 standard errors.

    Parameters
    ----------
    scores : array_like, shape (n_waves, n_people)
        In points of the scale; NaN = not measured. A person with any wave counts.
    groups : array_like, shape (n_people,), optional
        Each person's group: what belongs together. Without it, each person's own scores do.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    tuple of Estimate, shape (n_waves - 1,)
        Difference of means in points of the scale, and its two-sided p by t with Satterthwaite degrees of
        freedom. ``n`` counts people with any wave. Note ``"too_few"`` where there are fewer than two clusters or a
        wave has no scores, ``"no_variance"`` where no standard error exists.

    References
    ----------
    Pustejovsky & Tipton (2018). Journal of Business & Economic Statistics, 36(4), 672-683.

    Examples
    --------
    >>> change, p = cluster_robust_change([[1, 2, 3, 4], [2, 2, 5, 5]])
    >>> round(float(change.value[0]), 3), round(float(p.value[0]), 3)  # complete: the paired t
    (1.0, 0.092)
    """
    values = numbers(scores)
    seen = np.isfinite(values)
    measured, people = (np.asarray(seen.any(axis=axis)) for axis in (1, 0))
    own = np.arange(values.shape[1]) if groups is None else np.asarray(groups)
    cells = np.full((3, len(values) - 1), np.nan)
    if measured[0] and measured.sum() > 1:
        wave, person = np.nonzero(seen[measured])
        design = wave_design(int(measured.sum()))[wave]
        cells[:, measured[1:]] = np.stack(cluster_robust(values[measured][wave, person], design, own[person]))[:, 1:]
    value, error, df = cells
    alike = error <= NO_SPREAD
    error, df = (np.where(alike, np.nan, field) for field in (error, df))
    note = np.where(alike, "no_variance", np.where(np.isfinite(error), "", "too_few"))
    method = "least squares, CR2, Satterthwaite"
    return t_estimates("cluster_robust_change", (value, error, df), people.sum(), method, level, note)


def _factor(kind: str, clusters: int, rows: int, columns: int) -> float:
    if kind == "CR1":
        return float(np.sqrt(clusters / (clusters - 1)))
    if kind == "CR1S":
        return float(np.sqrt(clusters * (rows - 1) / ((clusters - 1) * (rows - columns))))
    return 1.0


def _leverage(own: Array, bread: Array, kind: str) -> Array:
    """What a cluster's residuals are multiplied by: for CR2 the inverse root of I - H, where that exists."""
    identity = np.eye(len(own))
    if kind != "CR2":
        return identity
    values, vectors = np.linalg.eigh(identity - own @ bread @ own.T)
    root = np.where(values > _SMALLEST, 1 / np.sqrt(np.maximum(values, _SMALLEST)), 0.0)
    adjusted: Array = (vectors * root) @ vectors.T
    return adjusted


def _degrees(x: Array, bread: Array, rows: list[np.ndarray[tuple[int], np.dtype[np.intp]]],
             weights: list[Array]) -> Array:  # fmt: skip
    """Satterthwaite: the mean of each variance under independent rows, squared, over half its variance."""
    pulled = np.stack([x[own].T @ weight for own, weight in zip(rows, weights, strict=True)])
    own_squares = np.stack([(weight**2).sum(axis=0) for weight in weights])
    degrees = np.empty(len(bread))
    for at in range(len(bread)):
        products = np.diag(own_squares[:, at]) - pulled[:, :, at] @ bread @ pulled[:, :, at].T
        squares = float((products**2).sum())
        degrees[at] = float(np.trace(products)) ** 2 / squares if squares > 0 else np.nan
    return degrees
