"""Tests and intervals for models fitted by REML when there are few people: Satterthwaite and Kenward-Roger."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import Array, Estimate, estimate
from evaltools.statistics.reml import Fit

_ALIKE = 1e-8
_NOTHING = 1e-10


@dataclass(frozen=True)
class Approximation:
    """A fit with what a small-sample method makes of it.

    ``covariance`` (p, p) is the coefficients' covariance, adjusted where the method adjusts it, and ``spread``
    (k, k) the covariance of the covariance parameters; NaN where the fit lies on an edge or leaves no residual.
    """

    fit: Fit
    name: str
    covariance: Array
    spread: Array

    @property
    def proper(self) -> bool:
        """Whether the fit lies inside what is possible, and has a covariance of its parameters."""
        return not self.fit.singular and bool(np.isfinite(self.spread).all())


def satterthwaite(fit: Fit) -> Approximation:
    """Satterthwaite's degrees of freedom, with the observed information (as lmerTest and mmrm).

    References
    ----------
    Satterthwaite (1946). An approximate distribution of estimates of variance components. Biometrics Bulletin,
    2(6), 110-114. Kuznetsova, Brockhoff & Christensen (2017). lmerTest package. Journal of Statistical Software,
    82(13).
    """
    return Approximation(fit, "Satterthwaite", fit.variance, _inverse(fit, fit.observed))


def kenward_roger(fit: Fit) -> Approximation:
    """Kenward-Roger's adjusted covariance and degrees of freedom, with the expected information (as pbkrtest).

    For structures that are linear in their parameters: random effects and compound symmetry.

    References
    ----------
    Kenward & Roger (1997). Small sample inference for fixed effects from restricted maximum likelihood.
    Biometrics, 53(3), 983-997. Halekoh & Højsgaard (2014). Journal of Statistical Software, 59(9).
    """
    spread = _inverse(fit, fit.expected)
    return Approximation(fit, "Kenward-Roger", _adjusted(fit, spread), spread)


def kenward_roger_linear(fit: Fit) -> Approximation:
    """Kenward-Roger without the term of second derivatives, with the observed information.

    As mmrm's "Kenward-Roger-Linear": the answer does not depend on how the covariance is written down.

    References
    ----------
    Kenward & Roger (2009). An improved approximation to the precision of fixed effects from restricted maximum
    likelihood. Computational Statistics & Data Analysis, 53(7), 2583-2595.
    """
    spread = _inverse(fit, fit.observed)
    return Approximation(fit, "Kenward-Roger-Linear", _adjusted(fit, spread), spread)


APPROXIMATIONS = {
    "satterthwaite": satterthwaite,
    "kenward_roger": kenward_roger,
    "kenward_roger_linear": kenward_roger_linear,
}


def t_degrees(approximation: Approximation, contrasts: ArrayLike) -> Array:
    r"""Degrees of freedom of t for sums of coefficients.

    Parameters
    ----------
    approximation : Approximation
        A fit under one of the methods of this module.
    contrasts : array_like, shape (..., p)
        The weights of the coefficients in each sum.

    Returns
    -------
    ndarray, shape (...)
        :math:`2 v^2 / (g' W g)` with :math:`v` the variance of the sum, :math:`g` its slopes in the covariance
        parameters and :math:`W` their covariance; NaN where that is not known.
    """
    rows, fit = np.asarray(contrasts, float), approximation.fit
    pulled = rows @ fit.variance
    slopes = np.einsum("...i,kij,...j->...k", pulled, fit.first, pulled)
    variance = (pulled * rows).sum(axis=-1)
    noise = np.einsum("...k,kl,...l->...", slopes, approximation.spread, slopes)
    return np.asarray(2 * variance**2 / np.where(noise > 0, noise, np.nan), float)


def t_tests(approximation: Approximation, contrasts: ArrayLike, level: float) -> tuple[Array, Array, Array, Array]:
    """Estimate, standard error, degrees of freedom and half width of the interval of each sum of coefficients.

    Parameters
    ----------
    approximation, contrasts
        As in `t_degrees`.
    level : float
        Coverage of the interval.
    """
    rows = np.asarray(contrasts, float)
    value = rows @ approximation.fit.beta
    variance = np.einsum("...i,ij,...j->...", rows, approximation.covariance, rows)
    error = np.asarray(
        np.sqrt(np.where(variance > 0, variance, np.nan)), float
    )  # an adjustment can overshoot in tiny data
    df = t_degrees(approximation, rows)
    return value, error, df, np.asarray(special.stdtrit(df, (1 + level) / 2) * error, float)


def f_test(approximation: Approximation, contrasts: ArrayLike) -> tuple[float, float, float]:
    """F for several sums of coefficients at once, its denominator degrees of freedom and p.

    Parameters
    ----------
    approximation : Approximation
        Under Satterthwaite (denominator as in lmerTest) or Kenward-Roger (scaled F, as in pbkrtest).
    contrasts : array_like, shape (q, p)
        Linearly independent sums of coefficients that are all 0 if there is nothing.
    """
    rows = np.asarray(contrasts, float)
    value = rows @ approximation.fit.beta
    q = len(rows)
    if not np.isfinite(approximation.spread).all():
        return np.nan, np.nan, np.nan
    scale, df = _f_satterthwaite(approximation, rows) if approximation.name == "Satterthwaite" else _f_kenward_roger(
        approximation, rows)  # fmt: skip
    if not df > 0:
        return np.nan, np.nan, np.nan
    f = scale * float(value @ np.linalg.solve(rows @ approximation.covariance @ rows.T, value)) / q
    return f, df, float(special.fdtrc(q, df, f))


def _f_satterthwaite(approximation: Approximation, rows: Array) -> tuple[float, float]:
    """F as a mean of squared independent t (Fai & Cornelius 1996); no scaling."""
    _, axes = np.linalg.eigh(rows @ approximation.covariance @ rows.T)
    degrees = t_degrees(approximation, axes.T @ rows)
    if np.ptp(degrees) < _ALIKE:
        return 1.0, float(degrees.mean())
    if (degrees <= 2).any():
        return 1.0, 2.0
    expected = float((degrees / (degrees - 2)).sum())
    return 1.0, 2 * expected / (expected - len(degrees))


def _f_kenward_roger(approximation: Approximation, rows: Array) -> tuple[float, float]:
    """Scale and denominator of F, from matching its first two moments (Kenward & Roger 1997, section 4)."""
    fit, spread, q = approximation.fit, approximation.spread, len(rows)
    theta = rows.T @ np.linalg.solve(rows @ fit.variance @ rows.T, rows) @ fit.variance
    pieces = np.einsum("ij,kjl,lm->kim", theta, fit.first, fit.variance)
    sums = np.einsum("kii->k", pieces)
    a1 = float(sums @ spread @ sums)
    a2 = float(np.einsum("kl,kij,lji->", spread, pieces, pieces))
    if q == 1:  # what the formulas below come to
        return 1.0, 2 / a2
    b = (a1 + 6 * a2) / (2 * q)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    below = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / below, (q - g) / below, (q + 2 - g) / below
    above, under = 1 - a2 / q, 1 - c2 * b
    if min(abs(under), abs(1 - c3 * b)) < _NOTHING < abs(above):
        return np.nan, np.nan  # with two or three people the moments do not exist
    rho = (1.0 if max(abs(above), abs(under)) < _NOTHING else above / under) ** 2 * (1 + c1 * b) / (1 - c3 * b) / q
    df = 4 + (q + 2) / (q * rho - 1)
    return (1.0 if abs(df - 2) < 1e-2 else df * (1 - a2 / q) / (df - 2)), df


def _adjusted(fit: Fit, spread: Array) -> Array:
    """The coefficients' covariance with the uncertainty of the covariance parameters added."""
    crossed = fit.second - np.einsum("kij,jm,lmn->klin", fit.first, fit.variance, fit.first)
    added = np.einsum("kl,klij->ij", spread, crossed)
    adjusted = fit.variance + fit.variance @ (added + added.T) @ fit.variance
    return np.asarray(adjusted, float)


def _inverse(fit: Fit, information: Array) -> Array:
    """Covariance of the covariance parameters; those that were dropped are known to be 0."""
    spread = np.full_like(information, np.nan)
    kept = fit.kept
    if not kept.any() or fit.exact:
        return spread
    inner = information[np.ix_(kept, kept)]
    units = np.sqrt(np.maximum(inner.diagonal(), 0.0))
    if (units == 0).any() or np.linalg.eigvalsh(inner / np.outer(units, units))[0] < _NOTHING:
        return spread
    spread[:] = 0.0
    spread[np.ix_(kept, kept)] = np.linalg.inv(inner)
    return spread


def contrast_estimates(
    measure: str, approximation: Approximation, contrasts: ArrayLike, n: ArrayLike, level: float
) -> tuple[Estimate, Estimate]:
    """Sums of coefficients with their t intervals, and their two-sided p-values (``p_`` and the measure's name).

    Parameters
    ----------
    measure : str
        Key into ``measures.toml``.
    approximation, contrasts, level
        As in `t_tests`.
    n : array_like
        People behind them.

    Returns
    -------
    tuple of Estimate, shape (...)
        Without interval and p where the fit leaves no residual (note ``"no_variance"``) or lies on an edge
        (``"singular"``; where only a layer of variance was dropped, the interval stands beside the note).
    """
    fit = approximation.fit
    value, error, df, half = t_tests(approximation, contrasts, level)
    known = approximation.proper & np.isfinite(half)
    note = "no_variance" if fit.exact else np.where(known, "", "singular")
    p = 2 * special.stdtr(df, -np.abs(value) / np.where(error > 0, error, np.nan))
    return (estimate(measure, value, n, approximation.name, low=value - half, high=value + half, level=level, df=df,
                     note=note),
            estimate(f"p_{measure}", p, n, f"{approximation.name}, two-sided", df=df, note=note))  # fmt: skip


def standing_in(figure: Estimate, measure: str, name: str) -> Estimate:
    """A plainer figure in the place of a model's that has no proper fit."""
    note = np.where(figure.note == "", "singular", figure.note)
    return replace(figure, measure=measure, method=f"{figure.method}; {name}, is singular", note=note)
