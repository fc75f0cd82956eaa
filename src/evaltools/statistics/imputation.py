"""Pooling the answers of several imputed data sets into one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import Estimate, estimate, numbers


def rubin_variance(estimates: ArrayLike, variances: ArrayLike) -> tuple[float, float, float]:
    r"""The mean variance within imputations, the variance between them, and the total.

    Parameters
    ----------
    estimates, variances : array_like, shape (n_imputations,)
        The figure and its squared standard error in each imputed data set.

    Notes
    -----
    :math:`T = \bar U + (1 + 1/m) B` [1]_.

    References
    ----------
    .. [1] Rubin (1987). Multiple imputation for nonresponse in surveys. Wiley.

    Examples
    --------
    >>> within, between, total = rubin_variance([1.0, 2.0, 3.0], [0.5, 0.5, 0.5])
    >>> within, between, round(total, 4)
    (0.5, 1.0, 1.8333)
    """
    values = numbers(estimates)
    within, between = float(np.mean(numbers(variances))), float(values.var(ddof=1))
    return within, between, within + (1 + 1 / len(values)) * between


def pool_imputations(
    measure: str, estimates: ArrayLike, variances: ArrayLike, df_complete: float, n: float, *, level: float = 0.95
) -> tuple[Estimate, Estimate, Estimate]:
    r"""One figure from several imputed data sets, by Rubin's rules.

    With ten people or fewer an imputation has little to go by: use fifty or more data sets, and read the result as
    a sensitivity analysis.

    Parameters
    ----------
    measure : str
        Key into ``measures.toml`` of what was estimated.
    estimates, variances : array_like, shape (n_imputations,)
        The figure and its squared standard error in each imputed data set; at least two.
    df_complete : float
        Degrees of freedom that the figure would have with nothing missing; infinite for a normal one.
    n : float
        People in the data set.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    tuple of Estimate
        The pooled figure with its t interval; its two-sided p (``p_pooled``); the fraction of information that is
        missing (``missing_information``). Without variance, NaN with note ``"no_variance"`` but for the value.

    Raises
    ------
    ValueError
        If there are fewer than two imputations, or a variance is missing or negative.

    Notes
    -----
    Degrees of freedom after Barnard and Rubin [2]_, Rubin's [1]_ where ``df_complete`` is infinite.

    References
    ----------
    .. [1] Rubin (1987). Multiple imputation for nonresponse in surveys. Wiley.
    .. [2] Barnard & Rubin (1999). Small-sample degrees of freedom with multiple imputation. Biometrika, 86(4),
       948-955.

    Examples
    --------
    >>> pooled, p, missing = pool_imputations("mean_change", [0.5, 0.6, 0.4], [0.04, 0.05, 0.04], 7, 8)
    >>> round(float(pooled.value), 3), round(float(pooled.df), 2)
    (0.5, 3.83)
    """
    values, squares = numbers(estimates), numbers(variances)
    if len(values) < 2 or not np.isfinite(values).all() or not (squares >= 0).all():
        raise ValueError("at least two imputations, each with its estimate and variance, are needed")
    within, _, total = rubin_variance(values, squares)
    method, centre = f"Rubin's rules, {len(values)} imputations", float(values.mean())
    if total <= 0:
        return (estimate(measure, centre, n, method, level=level, note="no_variance"),
                estimate("p_pooled", np.nan, n, method, note="no_variance"),
                estimate("missing_information", np.nan, n, method, note="no_variance"))  # fmt: skip
    df = _barnard_rubin(len(values), (total - within) / total, df_complete)
    increase = (total - within) / within if within > 0 else np.inf
    missing = (increase + 2 / (df + 3)) / (increase + 1) if np.isfinite(increase) else 1.0
    error = float(np.sqrt(total))
    half = _t_quantile(df, (1 + level) / 2) * error
    p = 2 * _t_below(df, -abs(centre) / error)
    return (estimate(measure, centre, n, method, low=centre - half, high=centre + half, level=level, df=df),
            estimate("p_pooled", p, n, method, df=df),
            estimate("missing_information", missing, n, method))  # fmt: skip


def _barnard_rubin(count: int, share: float, complete: float) -> float:
    """Degrees of freedom from the number of imputations, the share of variance between them and the complete df."""
    old = (count - 1) / share**2 if share > 0 else np.inf
    if np.isinf(complete):
        return old
    observed = (complete + 1) / (complete + 3) * complete * (1 - share)
    return observed if np.isinf(old) else old * observed / (old + observed)


def _t_quantile(df: float, probability: float) -> float:
    return float(special.ndtri(probability) if np.isinf(df) else special.stdtrit(df, probability))


def _t_below(df: float, t: float) -> float:
    return float(special.ndtr(t) if np.isinf(df) else special.stdtr(df, t))
