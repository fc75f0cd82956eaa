"""Changes of several groups taken together: one mean, where a new group is expected, each group in the others' light.

Groups lie on the last axis (NaN = no figure for that group), sets of groups on the leading ones; ``n`` of these
estimates counts groups. Take the variances from `group_changes.sampling_variances`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evaltools.statistics.estimate import NO_SPREAD, Array, Estimate, estimate
from evaltools.statistics.heterogeneity import Effects, between_groups, effects_of, freedom, note_of, weighted


def common_effect(yi: ArrayLike, vi: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Mean change, on the assumption that the true change is the same in every group.

    Parameters
    ----------
    yi, vi : array_like, shape (..., n_groups)
        Change of each group and its sampling variance; NaN = no figure.
    level : float, default 0.95
        Coverage of the normal interval.

    Returns
    -------
    Estimate
        NaN with note ``"too_few"`` without a group, ``"no_variance"`` where a variance is 0.

    Notes
    -----
    :math:`\sum w_i y_i/\sum w_i` with :math:`w_i = 1/v_i` and variance :math:`1/\sum w_i` [1]_.

    References
    ----------
    .. [1] Borenstein, Hedges, Higgins & Rothstein (2009). Introduction to meta-analysis. Wiley.

    Examples
    --------
    >>> round(float(common_effect([0.2, 0.6], [0.1, 0.3]).value), 3)
    0.3
    """
    effects = effects_of(yi, vi)
    mean, weight, _ = weighted(effects, np.zeros(effects.k.shape))
    half = float(special.ndtri((1 + level) / 2)) / np.sqrt(weight)
    return estimate("common_effect", mean, effects.k, "inverse variance", low=mean - half, high=mean + half,
                    level=level, note=effects.note)  # fmt: skip


def random_effects(
    yi: ArrayLike, vi: ArrayLike, *, estimator: str = "REML", interval: str = "Knapp-Hartung", level: float = 0.95
) -> Estimate:
    r"""Mean of the groups' true changes, which may differ between groups.

    Parameters
    ----------
    yi, vi : array_like, shape (..., n_groups)
        As in `common_effect`.
    estimator : {"REML", "PM", "DL"}
        Of the variance between groups, as in `tau2`.
    interval : {"Knapp-Hartung", "Knapp-Hartung ad hoc", "Wald"}
        t interval with k - 1 degrees of freedom and a variance scaled by how far the groups lie apart; the same
        never scaled down; or normal, which is too narrow for few groups.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    Estimate
        With one group the value stands without interval, note ``"too_few"``; where all groups changed alike the
        Knapp-Hartung interval would have no width and is NaN, note ``"no_variance"``.

    Notes
    -----
    Weights :math:`w_i = 1/(v_i + \tau^2)`; variance :math:`q/\sum w_i` with
    :math:`q = \sum w_i(y_i - \hat\mu)^2/(k - 1)` [1]_ [2]_.

    References
    ----------
    .. [1] Hartung & Knapp (2001). A refined method for the meta-analysis of controlled clinical trials with binary
       outcome. Statistics in Medicine, 20(24), 3875-3889.
    .. [2] IntHout, Ioannidis & Borm (2014). The Hartung-Knapp-Sidik-Jonkman method is straightforward. BMC Medical
       Research Methodology, 14, 25.

    Examples
    --------
    >>> found = random_effects([0.1, 0.9, 0.3, 1.2], [0.05, 0.05, 0.05, 0.05])
    >>> round(float(found.value), 3), round(float(found.low), 3), round(float(found.high), 3)
    (0.625, -0.19, 1.44)
    """
    effects = effects_of(yi, vi)
    mean, error, df = _mean_and_error(effects, between_groups(effects, estimator), interval)
    half = _quantile(df, interval, level) * error
    return estimate("random_effects", mean, effects.k, f"{estimator}, {interval}", low=mean - half, high=mean + half,
                    level=level, df=df, note=_note(effects, error))  # fmt: skip


def t_random_effects(
    yi: ArrayLike, vi: ArrayLike, *, estimator: str = "REML", interval: str = "Knapp-Hartung"
) -> tuple[Estimate, Estimate]:
    """The random-effects mean in its standard errors, and the two-sided p-value that goes with its interval.

    Parameters
    ----------
    yi, vi, estimator, interval
        As in `random_effects`.

    Returns
    -------
    tuple of Estimate
        t (with ``"Wald"``: z) and p; NaN with the note of `random_effects` where that has no interval.

    Examples
    --------
    >>> t, p = t_random_effects([0.1, 0.9, 0.3, 1.2], [0.05, 0.05, 0.05, 0.05])
    >>> round(float(t.value), 3), round(float(p.value), 3)
    (2.44, 0.093)
    """
    effects = effects_of(yi, vi)
    mean, error, df = _mean_and_error(effects, between_groups(effects, estimator), interval)
    t = mean / error
    below = special.ndtr(-np.abs(t)) if interval == "Wald" else special.stdtr(df, -np.abs(t))
    note, method = _note(effects, error), f"{estimator}, {interval}"
    return (estimate("t_random_effects", t, effects.k, method, df=df, note=note),
            estimate("p_random_effects", 2 * below, effects.k, method, df=df, note=note))  # fmt: skip


def prediction_interval(
    yi: ArrayLike, vi: ArrayLike, *, estimator: str = "REML", interval: str = "Knapp-Hartung", lost: int = 1,
    level: float = 0.95,
) -> Estimate:  # fmt: skip
    """Where the true change of a new group of the same kind is expected.

    Parameters
    ----------
    yi, vi, estimator, interval, level
        As in `random_effects`.
    lost : {1, 2}
        Degrees of freedom are groups minus this: 1, or 2 as Higgins, Thompson and Spiegelhalter have it, which is
        wider. Without effect on the normal interval (``"Wald"``).

    Returns
    -------
    Estimate
        The random-effects mean with the prediction interval; NaN limits where `random_effects` has none or no degree
        of freedom is left (note ``"too_few"``).

    Notes
    -----
    The variance between groups is taken as if it were known. In simulated sets of 12 groups of 4 to 10 people (spread
    of a change 1) 95 % intervals held 95 % of new groups where groups do not differ, 86 % where they differ a
    little (standard deviation .3) and 94 % where they differ much (1.0): read them as no wider than they should be.

    References
    ----------
    Higgins, Thompson & Spiegelhalter (2009). A re-evaluation of random-effects meta-analysis. Journal of the Royal
    Statistical Society A, 172(1), 137-159.

    Examples
    --------
    >>> found = prediction_interval([0.1, 0.9, 0.3, 1.2], [0.05, 0.05, 0.05, 0.05])
    >>> round(float(found.low), 3), round(float(found.high), 3)
    (-1.053, 2.303)
    """
    effects = effects_of(yi, vi)
    between = between_groups(effects, estimator)
    mean, error, df = _mean_and_error(effects, between, interval)
    left = np.where(df + 1 - lost >= 1, df + 1 - lost, np.nan)
    half = _quantile(left, interval, level) * np.sqrt(error**2 + between)
    note = _note(effects, error)
    note = np.where((note == "") & (effects.k <= lost), "too_few", note)
    return estimate("prediction_interval", mean, effects.k, f"{estimator}, {interval}, k - {lost}", low=mean - half,
                    high=mean + half, level=level, df=left, note=note)  # fmt: skip


def empirical_bayes(yi: ArrayLike, vi: ArrayLike, *, estimator: str = "REML", level: float = 0.95) -> Estimate:
    r"""Each group's change, drawn towards the mean of all groups as far as its own uncertainty asks.

    Parameters
    ----------
    yi, vi, estimator, level
        As in `random_effects`.

    Returns
    -------
    Estimate
        One cell a group, in the order given; a group without figure is NaN with note ``"too_few"``. A group of four is
        extreme by chance: these values, not the raw means, are what groups may be compared by.

    Notes
    -----
    :math:`\lambda_i y_i + (1 - \lambda_i)\hat\mu` with :math:`\lambda_i = \tau^2/(\tau^2 + v_i)`; variance
    :math:`\lambda_i v_i + (1 - \lambda_i)^2 \mathrm{SE}(\hat\mu)^2`; t interval with k - 1 degrees of freedom [1]_.
    The variance between groups is taken as if it were known: in simulated sets of 12 groups of 4 to 10 people (spread
    of a change 1) 95 % intervals held 95 % of true changes where groups do not differ, 87 % where they differ a
    little (standard deviation .3) and 97 % where they differ much (1.0).

    References
    ----------
    .. [1] Raudenbush & Bryk (1985). Empirical Bayes meta-analysis. Journal of Educational Statistics, 10(2), 75-98.

    Examples
    --------
    >>> empirical_bayes([0.1, 0.9, 0.3, 1.2], [0.05, 0.05, 0.05, 0.05]).value.round(2).tolist()
    [0.2, 0.85, 0.36, 1.09]
    """
    effects = effects_of(yi, vi)
    value, low, high, note = drawn_to_the_mean(effects, between_groups(effects, estimator), level)
    df = np.where(np.isfinite(effects.y), freedom(effects)[..., None], np.nan)
    return estimate("shrunken_change", value, np.broadcast_to(effects.k[..., None], value.shape),
                    f"{estimator}, empirical Bayes", low=low, high=high, level=level, df=df, note=note)  # fmt: skip


def drawn_to_the_mean(effects: Effects, between: Array, level: float) -> tuple[Array, Array, Array, NDArray[np.str_]]:
    """Value, limits and note of empirical Bayes at a given variance between groups; see `empirical_bayes`."""
    mean, error, df = (part[..., None] for part in _mean_and_error(effects, between, "Knapp-Hartung"))
    share = between[..., None] / (between[..., None] + effects.v)
    value = share * effects.y + (1 - share) * mean
    half = _quantile(df, "Knapp-Hartung", level) * np.sqrt(share * effects.v + ((1 - share) * error) ** 2)
    note = np.where(np.isfinite(effects.y), _note(effects, error[..., 0])[..., None], "too_few")
    return value, value - half, value + half, note


def _mean_and_error(effects: Effects, between: Array, interval: str) -> tuple[Array, Array, Array]:
    """Mean, standard error (NaN where it is not defined) and degrees of freedom (NaN for a normal interval)."""
    df = freedom(effects)
    # With one group there is no variance between groups: its own change is the mean, without interval.
    mean, total, squares = weighted(effects, np.where(np.isfinite(between), between, 0.0))
    if interval == "Wald":
        return mean, np.where(effects.k >= 2, np.sqrt(1 / total), np.nan), np.full(df.shape, np.nan)
    factor = squares / df
    if interval == "Knapp-Hartung ad hoc":
        factor = np.maximum(factor, 1.0)
    apart = np.where(factor > NO_SPREAD**2, factor, np.nan)
    return mean, np.sqrt(apart / total), df


def _note(effects: Effects, error: Array) -> NDArray[np.str_]:
    """Why an interval is missing: too few groups, or all changed alike."""
    note = note_of(effects)
    return np.where((note == "") & ~np.isfinite(error), "no_variance", note)


def _quantile(df: Array, interval: str, level: float) -> Array:
    if interval == "Wald":
        return np.full(df.shape, float(special.ndtri((1 + level) / 2)))
    return np.asarray(special.stdtrit(df, (1 + level) / 2), float)
