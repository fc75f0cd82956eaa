"""Change over waves by models that keep people with missing waves: sensitivity analyses beside the paired t.

People stand on the last axis, waves before it, groups that are fitted each by themselves before those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.statistics.change import mean_change, t_paired
from evaltools.statistics.estimate import Array, Estimate, estimate, numbers
from evaltools.statistics.fit import Fit, stacked
from evaltools.statistics.marginal_models import can_be_fitted, fit_marginal
from evaltools.statistics.mixed_models import fit_three_level, wave_design
from evaltools.statistics.random_intercept import fit_compound_symmetry, fit_random_intercept
from evaltools.statistics.small_sample import (
    APPROXIMATIONS,
    f_test,
    kenward_roger,
    standing_in,
    t_estimates,
    t_notes,
    t_tests,
)

# With less the approximation has failed: limits of 10^49 points were seen. The paired t never has less.
_LEAST_DF = 1.0
_Fitter = Callable[[Array], Fit]
_NOTE = "<U16"
_AT_ONCE = 1000  # groups: more do not fit beside the processor
_STRUCTURES = {"unstructured": "unstructured", "autoregressive": "AR(1)", "compound_symmetry": "compound symmetry"}
_DEGREES = {
    "satterthwaite": "Satterthwaite",
    "kenward_roger": "Kenward-Roger",
    "kenward_roger_linear": "Kenward-Roger-Linear",
}


def mixed_change(
    scores: ArrayLike, groups: ArrayLike | None = None, *, degrees: str = "kenward_roger", level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Change from the first wave to each later one in a mixed model of all waves.

    It uses everyone, but takes it that all people change at one pace and that all waves are equally alike.

    Parameters
    ----------
    scores : array_like, shape (..., n_waves, n_people)
        In points of the scale; NaN = not measured. A person with any wave counts. Leading axes are groups, each a
        model of its own.
    groups : array_like, shape (n_people,), optional
        Each person's group within one model: then groups differ in level as well (three-level model).
    degrees : str, default "kenward_roger"
        Or "satterthwaite": the small-sample method.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    tuple of Estimate, shape (..., n_waves - 1)
        Change in points of the scale, and its two-sided p. ``n`` counts people with any wave. Where a variance is
        estimated as 0 the fit is singular: the paired t of the people measured at both waves is given instead,
        with note ``"singular"`` and their number; so it is where the approximate degrees of freedom fall below 1.
        Note ``"too_few"`` where fewer than two people have two waves
        or a wave has no scores, ``"no_variance"`` where nothing is left to explain.

    References
    ----------
    Kenward & Roger (1997). Biometrics, 53(3), 983-997. Halekoh & Højsgaard (2014). Journal of Statistical
    Software, 59(9).

    Examples
    --------
    >>> change, p = mixed_change([[1, 2, 3, 4], [2, 2, 5, 5]])
    >>> round(float(change.value[0]), 3), round(float(p.value[0]), 3)  # two complete waves: the paired t
    (1.0, 0.092)
    """
    name = f"{_model_name(groups)}, REML"
    return _change("mixed_change", scores, "random_intercept", _mixed(groups), degrees, name, level)


def mmrm_change(
    scores: ArrayLike, structure: str, *, degrees: str = "kenward_roger_linear", level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Change from the first wave to each later one in a mixed model for repeated measures (MMRM).

    Parameters
    ----------
    scores : array_like, shape (..., n_waves, n_people)
        As in `mixed_change`.
    structure : str
        "unstructured", "autoregressive" or "compound_symmetry". Unstructured needs about 15 people (`limits`):
        with fewer and missing waves its degrees of freedom hardly mean anything.
    degrees : str, default "kenward_roger_linear"
        Or "satterthwaite": the small-sample method.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    tuple of Estimate, shape (..., n_waves - 1)
        As in `mixed_change`; ``"too_few"`` also where there are not more people than waves, or fewer than two
        people measured at some two waves, for an unstructured matrix.

    References
    ----------
    Mallinckrodt et al. (2008). Drug Information Journal, 42, 303-319. Kenward & Roger (2009). Computational
    Statistics & Data Analysis, 53(7), 2583-2595.

    Examples
    --------
    >>> scores = [[1, 2, 3, 4, 3], [2, 2, 5, 5, 3], [3, 2, 4, 5, 5]]
    >>> change, p = mmrm_change(scores, "unstructured")  # complete: the paired t of each wave
    >>> change.value.round(3).tolist(), p.df.round(6).tolist()
    ([0.8, 1.2], [4.0, 4.0])
    """

    def fit(cells: Array) -> Fit:
        design = wave_design(cells.shape[1])
        if structure == "compound_symmetry":
            return fit_compound_symmetry(cells, design)
        return stacked([fit_marginal(own, design, structure) for own in cells])

    name = f"MMRM, {_STRUCTURES[structure]}, REML"
    return _change("mmrm_change", scores, structure, fit, degrees, name, level)


def mixed_mean(scores: ArrayLike, groups: ArrayLike | None = None, *, level: float = 0.95) -> Estimate:
    """Mean of everyone at each wave in the mixed model, as if nobody had missed one; Kenward-Roger.

    Parameters
    ----------
    scores, groups, level
        As in `mixed_change`.

    Returns
    -------
    Estimate, shape (..., n_waves)
        In points of the scale. Notes as in `mixed_change`, but a singular fit keeps its values and intervals,
        with the variance that was estimated as 0 left out.

    Examples
    --------
    >>> mixed_mean([[1, 2, 3, 4], [2, 2, 5, float("nan")]]).value.round(3).tolist()
    [2.5, 3.389]
    """
    cells, groups_shape = _cells(scores)
    measured, people = _measured(cells)
    found, note = np.full((3, *measured.shape), np.nan), np.full(measured.shape, "too_few", dtype=_NOTE)
    for (at, waves), fit in _fits(cells, can_be_fitted(cells, "random_intercept"), _mixed(groups)):
        fitted = kenward_roger(fit)
        own = t_tests(fitted, wave_design(waves.size))
        found[:, at, waves], note[at, waves] = own, t_notes(fitted, *own[1:])
    method, n = f"{_model_name(groups)}, REML, Kenward-Roger", np.where(measured, people[:, None], 0)
    return _laid_out(t_estimates("mixed_mean", tuple(found), n, method, level, note)[0], groups_shape)


def wave_effect(
    scores: ArrayLike, groups: ArrayLike | None = None, *, degrees: str = "kenward_roger"
) -> tuple[Estimate, Estimate]:
    """Whether the waves differ at all: F of the mixed model, and its p.

    Parameters
    ----------
    scores, groups, degrees
        As in `mixed_change`.

    Returns
    -------
    tuple of Estimate, shape (...)
        F and p; ``df`` is the denominator's. Notes as in `mixed_mean`.

    References
    ----------
    Kenward & Roger (1997). Biometrics, 53(3), 983-997.

    Examples
    --------
    >>> f, p = wave_effect([[1, 2, 3, 4], [2, 2, 5, 5]])
    >>> round(float(f.value), 3), round(float(p.value), 3)  # the square of the paired t
    (6.0, 0.092)
    """
    cells, groups_shape = _cells(scores)
    found, note = np.full((3, len(cells)), np.nan), np.full(len(cells), "too_few", dtype=_NOTE)
    for (at, waves), fit in _fits(cells, can_be_fitted(cells, "random_intercept"), _mixed(groups)):
        own = f_test(APPROXIMATIONS[degrees](fit), _sequential(cells[at, waves]))
        found[:, at[:, 0]] = own
        edge = np.where(fit.singular, "singular", np.where(np.isfinite(own[0]), "", "too_few"))
        note[at[:, 0]] = np.where(fit.exact, "no_variance", edge)
    (f, df, p), n = found, _measured(cells)[1]
    method = f"{_model_name(groups)}, REML, F, {_DEGREES[degrees]}"
    figures = (estimate("F_waves", f, n, method, df=df, note=note),
               estimate("p_F_waves", p, n, method, df=df, note=note))  # fmt: skip
    return _laid_out(figures[0], groups_shape), _laid_out(figures[1], groups_shape)


def _mixed(groups: ArrayLike | None) -> _Fitter:
    """What fits the mixed model to cells of scores (g, waves, people)."""

    def fit(cells: Array) -> Fit:
        design = wave_design(cells.shape[1])
        if groups is None:
            return fit_random_intercept(cells, design)
        return stacked([fit_three_level(own, design, groups) for own in cells])

    return fit


def _sequential(scores: Array) -> Array:
    """The later waves' coefficients, each freed of the waves after it (Doolittle), as lmerTest takes them.

    Under Satterthwaite the denominator's degrees of freedom depend on the choice a little. Shape (g, w - 1, w).
    """
    design = wave_design(scores.shape[1])
    factor = np.linalg.cholesky(design.T @ (np.isfinite(scores).sum(axis=2)[..., None] * design))
    diagonal = np.diagonal(factor, axis1=1, axis2=2)
    return np.asarray((factor / diagonal[:, None]).swapaxes(1, 2)[:, 1:], float)


def _model_name(groups: ArrayLike | None) -> str:
    return "random intercept" if groups is None else "random intercepts of groups and people"


def _cells(scores: ArrayLike) -> tuple[Array, tuple[int, ...]]:
    """The groups one below the other, (g, waves, people), and how they were laid out."""
    values = numbers(scores)
    groups = values.shape[:-2]
    return values.reshape((prod(groups), *values.shape[-2:])), groups


def _measured(cells: Array) -> tuple[NDArray[np.bool_], Array]:
    """Which waves of a group have any score; how many people have."""
    seen = np.isfinite(cells)
    return np.asarray(seen.any(axis=2)), seen.any(axis=1).sum(axis=1).astype(float)


def _fits(
    cells: Array, fittable: NDArray[np.bool_], fit: _Fitter
) -> Iterator[tuple[tuple[NDArray[np.intp], NDArray[np.intp]], Fit]]:  # fmt: skip
    """Fits of groups that have the same waves measured, with where these groups (g, 1) and waves (1, w) stand."""
    measured, _ = _measured(cells)
    for waves in np.unique(measured[fittable], axis=0):
        same = np.flatnonzero(fittable & (measured == waves).all(axis=1))
        for at in np.array_split(same, -(-len(same) // _AT_ONCE)):
            where = at[:, None], np.flatnonzero(waves)[None]
            yield where, fit(cells[where])


def _change(
    measure: str, scores: ArrayLike, structure: str, fit: _Fitter, degrees: str, name: str, level: float
) -> tuple[Estimate, Estimate]:
    """Changes from the first wave in a fitted model; where the fit is singular, the paired t instead."""
    cells, groups_shape = _cells(scores)
    measured, people = _measured(cells)
    found, note = np.full((3, *measured[:, 1:].shape), np.nan), np.full(measured[:, 1:].shape, "too_few", dtype=_NOTE)
    instead = np.zeros(len(cells), bool)
    fittable = can_be_fitted(cells, structure) & measured[:, 0] & (measured.sum(axis=1) > 1)
    for (at, waves), fitted in _fits(cells, fittable, fit):
        approximation = APPROXIMATIONS[degrees](fitted)
        own = t_tests(approximation, np.eye(waves.size)[1:])
        later = waves[:, 1:] - 1
        found[:, at, later], note[at, later] = own, t_notes(approximation, *own[1:])
        instead[at[:, 0]] = approximation.instead | (own[2] < _LEAST_DF).any(axis=-1)
    n, method = np.where(measured[:, 1:], people[:, None], 0), f"{name}, {_DEGREES[degrees]}"
    model = t_estimates(measure, tuple(found), n, method, level, note)
    plain = _paired(cells[instead], level)
    change, p = (standing_in(figure, other, instead) for figure, other in zip(model, plain, strict=True))
    return _laid_out(change, groups_shape), _laid_out(p, groups_shape)


def _paired(cells: Array, level: float) -> tuple[Estimate, Estimate]:
    before = np.broadcast_to(cells[:, :1], cells[:, 1:].shape)
    return mean_change(before, cells[:, 1:], level=level), t_paired(before, cells[:, 1:])[1]


def _laid_out(figure: Estimate, groups: tuple[int, ...]) -> Estimate:
    """The figure with its groups as the scores had them."""

    def shaped(field: Array) -> Array:
        return field.reshape((*groups, *field.shape[1:]))

    return replace(figure, value=shaped(figure.value), low=shaped(figure.low), high=shaped(figure.high),
                   level=shaped(figure.level), n=shaped(figure.n), of=shaped(figure.of), df=shaped(figure.df),
                   note=figure.note.reshape((*groups, *figure.note.shape[1:])))  # fmt: skip
