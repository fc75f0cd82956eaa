"""Tests and intervals for models fitted by REML when there are few people: Satterthwaite and Kenward-Roger."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evaltools.statistics.estimate import Array, Estimate, estimate
from evaltools.statistics.fit import Fit

_ALIKE = 1e-8
_NOTHING = 1e-10


@dataclass(frozen=True)
class Approximation:
    """Fits of groups (leading axes) with what a small-sample method makes of them.

    ``covariance`` (..., p, p) is the coefficients' covariance, adjusted where the method adjusts it, and ``spread``
    (..., k, k) the covariance of the covariance parameters; NaN where the fit lies on an edge or leaves no residual.
    """

    fit: Fit
    name: str
    covariance: Array
    spread: Array

    @property
    def proper(self) -> NDArray[np.bool_]:
        """Whether a fit lies inside what is possible, and has a covariance of its parameters."""
        return ~self.fit.singular & np.isfinite(self.spread).all(axis=(-2, -1))

    @property
    def instead(self) -> NDArray[np.bool_]:
        """Whether a plainer figure should stand in the place of the model's: no proper fit, but something to say."""
        return ~self.proper & ~self.fit.exact


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
        Fits under one of the methods of this module.
    contrasts : array_like, shape (c, p) or (..., c, p)
        The weights of the coefficients in each of c sums, the same for all groups or each group's own.

    Returns
    -------
    ndarray, shape (..., c)
        :math:`2 v^2 / (g' W g)` with :math:`v` the variance of the sum, :math:`g` its slopes in the covariance
        parameters and :math:`W` their covariance; NaN where that is not known.
    """
    rows, fit = np.asarray(contrasts, float), approximation.fit
    pulled = rows @ fit.variance
    slopes = ((pulled[..., None, :, :] @ fit.first) * pulled[..., None, :, :]).sum(axis=-1)  # (..., k, c)
    variance = (pulled * rows).sum(axis=-1)
    noise = (slopes * (approximation.spread @ slopes)).sum(axis=-2)
    return np.asarray(2 * variance**2 / np.where(noise > 0, noise, np.nan), float)


def t_tests(approximation: Approximation, contrasts: ArrayLike) -> tuple[Array, Array, Array]:
    """Estimate, standard error and degrees of freedom of each sum of coefficients, shape (..., c).

    Parameters
    ----------
    approximation, contrasts
        As in `t_degrees`.
    """
    rows = np.asarray(contrasts, float)
    value = np.asarray((rows @ approximation.fit.beta[..., None])[..., 0], float)
    variance = ((rows @ approximation.covariance) * rows).sum(axis=-1)
    error = np.sqrt(np.where(variance > 0, variance, np.nan))  # an adjustment can overshoot in tiny data
    return value, np.asarray(error, float), t_degrees(approximation, rows)


def f_test(approximation: Approximation, contrasts: ArrayLike) -> tuple[Array, Array, Array]:
    """F for several sums of coefficients at once, its denominator degrees of freedom and p, shape (...).

    Parameters
    ----------
    approximation : Approximation
        Under Satterthwaite (denominator as in lmerTest) or Kenward-Roger (scaled F, as in pbkrtest).
    contrasts : array_like, shape (q, p) or (..., q, p)
        Linearly independent sums of coefficients that are all 0 if there is nothing.
    """
    known = np.asarray(np.isfinite(approximation.spread).all(axis=(-2, -1)))
    rows = np.broadcast_to(np.asarray(contrasts, float), (*known.shape, *np.shape(contrasts)[-2:]))
    q = rows.shape[-2]
    value = rows @ approximation.fit.beta[..., None]
    scale, df = (_f_satterthwaite if approximation.name == "Satterthwaite" else _f_kenward_roger)(approximation, rows)
    df = np.where(known & (df > 0), df, np.nan)
    spread = np.where(known[..., None, None], rows @ approximation.covariance @ rows.swapaxes(-1, -2), np.eye(q))
    f = scale * (value * np.linalg.solve(spread, value)).sum(axis=(-2, -1)) / q
    f = np.where(np.isfinite(df) & (f >= 0), f, np.nan)  # an adjustment can overshoot in tiny data
    return f, df, np.asarray(special.fdtrc(q, df, f), float)


def _f_satterthwaite(approximation: Approximation, rows: Array) -> tuple[Array, Array]:
    """F as a mean of squared independent t (Fai & Cornelius 1996); no scaling."""
    spread = rows @ approximation.covariance @ rows.swapaxes(-1, -2)
    _, axes = np.linalg.eigh(np.where(np.isfinite(spread), spread, np.eye(rows.shape[-2])))
    degrees = t_degrees(approximation, axes.swapaxes(-1, -2) @ rows)
    above = np.where(degrees > 2, degrees, np.nan)
    expected = (above / (above - 2)).sum(axis=-1)
    df = np.where(np.isnan(expected), 2.0, 2 * expected / (expected - rows.shape[-2]))
    alike = np.ptp(degrees, axis=-1) < _ALIKE
    df = np.where(alike, degrees.mean(axis=-1), df)
    return np.ones_like(df), df


def _f_kenward_roger(approximation: Approximation, rows: Array) -> tuple[Array, Array]:
    """Scale and denominator of F, from matching its first two moments (Kenward & Roger 1997, section 4)."""
    fit, spread, q = approximation.fit, approximation.spread, rows.shape[-2]
    inner = rows @ fit.variance @ rows.swapaxes(-1, -2)
    inner = np.where(np.isfinite(inner), inner, np.eye(q))
    theta = rows.swapaxes(-1, -2) @ np.linalg.solve(inner, rows @ fit.variance)
    pieces = theta[..., None, :, :] @ fit.first @ fit.variance[..., None, :, :]
    sums = np.trace(pieces, axis1=-2, axis2=-1)
    a1 = np.einsum("...k,...kl,...l->...", sums, spread, sums)
    a2 = np.einsum("...kl,...kij,...lji->...", spread, pieces, pieces)
    if q == 1:  # what the formulas below come to
        return np.ones_like(a2), _over(np.full_like(a2, 2.0), a2)
    b = (a1 + 6 * a2) / (2 * q)
    g = _over((q + 1) * a1 - (q + 4) * a2, (q + 2) * a2)
    below = 3 * q + 2 * (1 - g)
    c1, c2, c3 = _over(g, below), _over(q - g, below), _over(q + 2 - g, below)
    above, under = 1 - a2 / q, 1 - c2 * b
    ratio = np.where(np.maximum(np.abs(above), np.abs(under)) < _NOTHING, 1.0, _over(above, under))
    rho = _over(ratio**2 * (1 + c1 * b), (1 - c3 * b) * q)
    df = 4 + _over(np.asarray(q + 2.0), q * rho - 1)
    return np.where(np.abs(df - 2) < 1e-2, 1.0, _over(df * (1 - a2 / q), df - 2)), df


def _over(above: Array, below: Array) -> Array:
    """A ratio; NaN where it does not exist: with two or three people the moments of F may not."""
    return np.asarray(above / np.where(np.abs(below) < _NOTHING, np.nan, below), float)


def _adjusted(fit: Fit, spread: Array) -> Array:
    """The coefficients' covariance with the uncertainty of the covariance parameters added."""
    turned = fit.first @ fit.variance[..., None, :, :]
    crossed = fit.second - turned[..., :, None, :, :] @ fit.first[..., None, :, :, :]
    added = np.einsum("...kl,...klij->...ij", spread, crossed)
    return np.asarray(fit.variance + fit.variance @ (added + added.swapaxes(-1, -2)) @ fit.variance, float)


def _inverse(fit: Fit, information: Array) -> Array:
    """Covariance of the covariance parameters; those that were dropped are known to be 0."""
    kept = fit.kept & np.isfinite(information).all(axis=-1)
    both = kept[..., :, None] & kept[..., None, :]
    units = np.sqrt(np.maximum(np.diagonal(information, axis1=-2, axis2=-1), 0.0))
    usable = kept.any(axis=-1) & (kept == fit.kept).all(axis=-1) & ((units > 0) | ~kept).all(axis=-1) & ~fit.exact
    units = np.where(kept & (units > 0), units, 1.0)
    scaled = np.where(both & usable[..., None, None], information, np.eye(kept.shape[-1]))
    scaled = scaled / (units[..., :, None] * units[..., None, :])
    usable = usable & (np.linalg.eigvalsh(scaled)[..., 0] >= _NOTHING)
    spread = np.linalg.inv(np.where(usable[..., None, None], scaled, np.eye(kept.shape[-1])))
    spread = np.where(both, spread / (units[..., :, None] * units[..., None, :]), 0.0)
    return np.asarray(np.where(usable[..., None, None], spread, np.nan), float)


def contrast_estimates(
    measure: str, approximation: Approximation, contrasts: ArrayLike, n: ArrayLike, level: float
) -> tuple[Estimate, Estimate]:
    """Sums of coefficients with their t intervals, and their two-sided p-values (``p_`` and the measure's name).

    Parameters
    ----------
    measure : str
        Key into ``measures.toml``.
    approximation, contrasts
        As in `t_degrees`; with one sum of shape (p,) the figures have the groups' shape.
    n : array_like
        People behind them.
    level : float
        Coverage of the interval.

    Returns
    -------
    tuple of Estimate, shape (..., c)
        Without interval and p where the fit leaves no residual (note ``"no_variance"``) or lies on an edge
        (``"singular"``; where only a layer of variance was dropped, the interval stands beside the note).
    """
    rows = np.asarray(contrasts, float)
    value, error, df = t_tests(approximation, np.atleast_2d(rows))
    note = t_notes(approximation, error, df)
    if rows.ndim == 1:
        value, error, df, note = value[..., 0], error[..., 0], df[..., 0], note[..., 0]
    return t_estimates(measure, (value, error, df), n, approximation.name, level, note)


def t_notes(approximation: Approximation, error: Array, df: Array) -> NDArray[np.str_]:
    """Why figures of shape (..., c) have no interval, or a doubtful one; "" where they are sound."""
    exact, known = approximation.fit.exact[..., None], approximation.proper[..., None]
    known = known & np.isfinite(error) & np.isfinite(df)
    return np.where(exact, "no_variance", np.where(known, "", "singular"))


def t_estimates(
    measure: str, found: tuple[Array, Array, Array], n: ArrayLike, method: str, level: float, note: ArrayLike
) -> tuple[Estimate, Estimate]:
    """Values, standard errors and degrees of freedom as a figure with its t interval, and its two-sided p-value."""
    value, error, df = found
    half = special.stdtrit(df, (1 + level) / 2) * error
    p = 2 * special.stdtr(df, -np.abs(value) / np.where(error > 0, error, np.nan))
    return (estimate(measure, value, n, method, low=value - half, high=value + half, level=level, df=df, note=note),
            estimate(f"p_{measure}", p, n, f"{method}, two-sided", df=df, note=note))  # fmt: skip


def standing_in(model: Estimate, plain: Estimate, where: NDArray[np.bool_]) -> Estimate:
    """A model's figures, with plainer ones in the place of those that have no proper fit.

    Parameters
    ----------
    model : Estimate
        Of all groups.
    plain : Estimate
        Of the groups ``where``; its notes go first, else the note is ``"singular"``.
    where : ndarray of bool
        Groups, on the leading axes of ``model``.
    """

    def with_plain(name: str) -> Array:
        field = np.array(getattr(model, name), float)
        field[where] = getattr(plain, name)
        return field

    note = np.array(model.note)
    note[where] = np.where(plain.note == "", "singular", plain.note)
    return replace(
        model, value=with_plain("value"), low=with_plain("low"), high=with_plain("high"), n=with_plain("n"),
        of=with_plain("of"), df=with_plain("df"), note=note, method=f"{model.method}; where singular, {plain.method}",
    )  # fmt: skip
