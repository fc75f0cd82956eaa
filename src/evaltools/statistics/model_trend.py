"""Mean trend over waves by a model where people differ in level and in trend: beside the default in `growth`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.estimate import Estimate, estimate, numbers
from evaltools.statistics.growth import mean_trend, t_trend
from evaltools.statistics.mixed_models import fit_random_slope
from evaltools.statistics.small_sample import APPROXIMATIONS, contrast_estimates, standing_in


def mixed_trend(
    scores: ArrayLike, times: ArrayLike | None = None, *, degrees: str = "kenward_roger", level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Mean trend in a mixed model where people differ in level and in trend.

    Parameters
    ----------
    scores : array_like, shape (n_waves, n_people)
        In points of the scale; NaN = not measured.
    times : array_like, shape (n_waves,), optional
        When the waves were, in the unit of the trend; 0, 1, 2 ... if not given.
    degrees : str, default "kenward_roger"
        Or "satterthwaite": the small-sample method.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    tuple of Estimate
        Points of the scale per unit of time, and the two-sided p. In a small group the fit is often singular
        (four times in ten with six people and four waves): then `mean_trend`, each person's own trend summarised
        by t, is given instead, with note ``"singular"``. Note ``"too_few"`` where fewer than two people have
        three waves, ``"no_variance"`` where nothing is left to explain.

    References
    ----------
    Laird & Ware (1982). Biometrics, 38(4), 963-974. Kenward & Roger (1997). Biometrics, 53(3), 983-997.

    Examples
    --------
    >>> trend, p = mixed_trend([[2, 3, 2, 4], [3, 3, 4, 4], [3, 5, 4, 4], [5, 5, 4, 6]])
    >>> round(float(trend.value), 3), str(trend.note)  # four people: people's own trends instead
    (0.725, 'singular')
    """
    values = numbers(scores)
    t = np.arange(len(values), dtype=float) if times is None else numbers(times)
    waves = np.isfinite(values).sum(axis=0)
    n, name = float((waves > 0).sum()), "random intercept and slope, REML"
    if (waves >= 3).sum() < 2:
        return (estimate("mixed_trend", np.nan, n, name, level=level, note="too_few"),
                estimate("p_mixed_trend", np.nan, n, name, note="too_few"))  # fmt: skip
    fitted = APPROXIMATIONS[degrees](fit_random_slope(values[:, waves > 0], t))
    found = contrast_estimates("mixed_trend", fitted, np.array([0.0, 1.0]), n, level)
    plain = mean_trend(values, t, level=level), t_trend(values, t)[1]
    trend, p = (replace(figure, method=f"{name}, {figure.method}") for figure in found)
    return standing_in(trend, plain[0], fitted.instead), standing_in(p, plain[1], fitted.instead)
