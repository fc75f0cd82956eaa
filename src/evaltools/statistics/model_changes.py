"""Change over waves by models that keep people with missing waves: sensitivity analyses beside the paired t.

One group, or several groups as levels of one model, at a time; people stand on the last axis, waves before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.statistics.change import mean_change, t_paired
from evaltools.statistics.estimate import Array, Estimate, estimate, numbers
from evaltools.statistics.marginal_models import can_be_fitted, fit_marginal
from evaltools.statistics.mixed_models import fit_random_intercept, fit_three_level, wave_design
from evaltools.statistics.reml import Fit
from evaltools.statistics.small_sample import (
    APPROXIMATIONS,
    Approximation,
    contrast_estimates,
    f_test,
    kenward_roger,
    standing_in,
)

# With less the approximation has failed: limits of 10^49 points were seen. The paired t never has less.
_LEAST_DF = 1.0
_SPELLED = {"unstructured": "unstructured", "autoregressive": "AR(1)", "compound_symmetry": "compound symmetry"}


def mixed_change(
    scores: ArrayLike, groups: ArrayLike | None = None, *, degrees: str = "kenward_roger", level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Change from the first wave to each later one in a mixed model of all waves.

    It uses everyone, but takes it that all people change at one pace and that all waves are equally alike.

    Parameters
    ----------
    scores : array_like, shape (n_waves, n_people)
        In points of the scale; NaN = not measured. A person with any wave counts.
    groups : array_like, shape (n_people,), optional
        Each person's group: then groups differ in level as well (three-level model).
    degrees : str, default "kenward_roger"
        Or "satterthwaite": the small-sample method.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    tuple of Estimate, shape (n_waves - 1,)
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
    values = numbers(scores)
    name = f"{_model_name(groups)}, REML"

    def fit(kept: Array, people: NDArray[np.bool_]) -> Fit:
        return _mixed_fit(kept, None if groups is None else np.asarray(groups)[people])

    if not can_be_fitted(values, "random_intercept"):
        return _no_change("mixed_change", values, name, level)
    return _change("mixed_change", values, fit, APPROXIMATIONS[degrees], name, level)


def mmrm_change(
    scores: ArrayLike, structure: str, *, degrees: str = "kenward_roger_linear", level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Change from the first wave to each later one in a mixed model for repeated measures (MMRM).

    Parameters
    ----------
    scores : array_like, shape (n_waves, n_people)
        In points of the scale; NaN = not measured. A person with any wave counts.
    structure : str
        "unstructured", "autoregressive" or "compound_symmetry". Unstructured needs about 15 people (`limits`):
        with fewer and missing waves its degrees of freedom hardly mean anything.
    degrees : str, default "kenward_roger_linear"
        Or "satterthwaite": the small-sample method.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    tuple of Estimate, shape (n_waves - 1,)
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
    values = numbers(scores)
    name = f"MMRM, {_SPELLED[structure]}, REML"
    measured = np.isfinite(values).any(axis=1)
    if not can_be_fitted(values[measured], structure):
        return _no_change("mmrm_change", values, name, level)

    def fit(kept: Array, _: NDArray[np.bool_]) -> Fit:
        return fit_marginal(kept, wave_design(len(kept)), structure)

    return _change("mmrm_change", values, fit, APPROXIMATIONS[degrees], name, level)


def mixed_mean(scores: ArrayLike, groups: ArrayLike | None = None, *, level: float = 0.95) -> Estimate:
    """Mean of everyone at each wave in the mixed model, as if nobody had missed one; Kenward-Roger.

    Parameters
    ----------
    scores, groups, level
        As in `mixed_change`.

    Returns
    -------
    Estimate, shape (n_waves,)
        In points of the scale. Notes as in `mixed_change`, but a singular fit keeps its values and intervals,
        with the variance that was estimated as 0 left out.

    Examples
    --------
    >>> mixed_mean([[1, 2, 3, 4], [2, 2, 5, float("nan")]]).value.round(3).tolist()
    [2.5, 3.389]
    """
    values = numbers(scores)
    measured, people = _measured(values)
    method = f"{_model_name(groups)}, REML, Kenward-Roger"
    if not can_be_fitted(values, "random_intercept"):
        return _nothing("mixed_mean", len(values), float(people.sum()), method, level)
    kept = values[np.ix_(measured, people)]
    fit = _mixed_fit(kept, None if groups is None else np.asarray(groups)[people])
    found, _ = contrast_estimates("mixed_mean", kenward_roger(fit), wave_design(len(kept)), people.sum(), level)
    return replace(_placed(found, measured), method=method)


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
    tuple of Estimate
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
    values = numbers(scores)
    measured, people = _measured(values)
    n, method = float(people.sum()), f"{_model_name(groups)}, REML, F, {degrees}"
    f, df, p, note = np.nan, np.nan, np.nan, "too_few"
    if can_be_fitted(values, "random_intercept"):
        kept = values[np.ix_(measured, people)]
        fit = _mixed_fit(kept, None if groups is None else np.asarray(groups)[people])
        f, df, p = f_test(APPROXIMATIONS[degrees](fit), _sequential(kept))
        note = "no_variance" if fit.exact else "singular" if fit.singular else "" if np.isfinite(f) else "too_few"
    return (estimate("F_waves", f, n, method, df=df, note=note),
            estimate("p_F_waves", p, n, method, df=df, note=note))  # fmt: skip


def _mixed_fit(scores: Array, groups: NDArray[np.str_] | None) -> Fit:
    design = wave_design(len(scores))
    return fit_random_intercept(scores, design) if groups is None else fit_three_level(scores, design, groups)


def _sequential(scores: Array) -> Array:
    """The later waves' coefficients, each freed of the waves after it (Doolittle), as lmerTest takes them.

    Under Satterthwaite the denominator's degrees of freedom depend on the choice a little.
    """
    rows = wave_design(len(scores))[np.nonzero(np.isfinite(scores))[0]]
    factor = np.linalg.cholesky(rows.T @ rows)
    return np.asarray((factor / factor.diagonal()).T[1:], float)


def _model_name(groups: ArrayLike | None) -> str:
    return "random intercept" if groups is None else "random intercepts of groups and people"


def _measured(values: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which waves and which people have any score."""
    seen = np.isfinite(values)
    return np.asarray(seen.any(axis=1)), np.asarray(seen.any(axis=0))


def _change(
    measure: str, values: Array, fit: Callable[[Array, NDArray[np.bool_]], Fit],
    approximate: Callable[[Fit], Approximation], name: str, level: float,
) -> tuple[Estimate, Estimate]:  # fmt: skip
    """Changes from the first wave in a fitted model; the paired t instead where that fit cannot carry them."""
    measured, people = _measured(values)
    if not measured[0] or measured.sum() < 2:
        return _no_change(measure, values, name, level)
    fitted = approximate(fit(values[np.ix_(measured, people)], people))
    if not fitted.proper and not fitted.fit.exact:
        return _paired_instead(measure, values, name, level)
    contrasts = np.eye(int(measured.sum()))[1:]
    change, p = contrast_estimates(measure, fitted, contrasts, people.sum(), level)
    if (change.df < _LEAST_DF).any():
        return _paired_instead(measure, values, name, level)
    return (replace(_placed(change, measured[1:]), method=f"{name}, {change.method}"),
            replace(_placed(p, measured[1:]), method=f"{name}, {p.method}"))  # fmt: skip


def _no_change(measure: str, values: Array, name: str, level: float) -> tuple[Estimate, Estimate]:
    n, waves = float(_measured(values)[1].sum()), len(values) - 1
    return (_nothing(measure, waves, n, name, level), _nothing(f"p_{measure}", waves, n, name, np.nan))


def _nothing(measure: str, cells: int, n: float, method: str, level: float) -> Estimate:
    return estimate(measure, np.full(cells, np.nan), n, method, level=level, note="too_few")


def _paired_instead(measure: str, values: Array, name: str, level: float) -> tuple[Estimate, Estimate]:
    before = np.broadcast_to(values[0], values[1:].shape)
    change, (_, p) = mean_change(before, values[1:], level=level), t_paired(before, values[1:])
    return standing_in(change, measure, name), standing_in(p, f"p_{measure}", name)


def _placed(figure: Estimate, where: NDArray[np.bool_]) -> Estimate:
    """The cells of a figure among all waves; the others have nobody."""
    if where.all():
        return figure

    def spread(field: Array, empty: float) -> Array:
        full = np.full(len(where), empty)
        full[where] = field
        return full

    note = np.full(len(where), "too_few", dtype="<U16")
    note[where] = figure.note
    return replace(figure, value=spread(figure.value, np.nan), low=spread(figure.low, np.nan),
                   high=spread(figure.high, np.nan), n=spread(figure.n, 0.0), of=spread(figure.of, 0.0),
                   df=spread(figure.df, np.nan), note=note)  # fmt: skip
