"""How consistently a scale measures."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import Estimate, estimate


def cronbach_alpha(items: ArrayLike, *, level: float = 0.95) -> Estimate:
    r"""Cronbach's alpha: how far the items of a scale vary together.

    Parameters
    ----------
    items : array_like, shape (..., n_items, n_people)
        Answers after reversed items have been turned, NaN = missing. Only people who answered every item count.
    level : float, default 0.95
        Coverage of the confidence interval.

    Returns
    -------
    Estimate
        A coefficient, at most 1; ``n`` counts people with complete answers. NaN with note ``"too_few"`` below
        three people or two items, ``"no_variance"`` where the sum scores do not vary.

    Notes
    -----
    :math:`\alpha = \frac{k}{k-1}\left(1 - \frac{\sum s_i^2}{s_{sum}^2}\right)` [1]_ with Feldt's interval from
    the F distribution with :math:`n-1` and :math:`(n-1)(k-1)` degrees of freedom [2]_.

    References
    ----------
    .. [1] Cronbach (1951). Coefficient alpha and the internal structure of tests. Psychometrika, 16, 297-334.
    .. [2] Feldt, Woodruff & Salih (1987). Statistical inference for coefficient alpha. Applied Psychological
       Measurement, 11(1), 93-103.

    Examples
    --------
    >>> round(float(cronbach_alpha([[1, 2, 3, 4, 5], [2, 2, 3, 5, 4], [1, 3, 3, 4, 5]]).value), 4)
    0.9451
    """
    answers = np.asarray(items, float)
    k = answers.shape[-2]
    complete = np.isfinite(answers).all(axis=-2)
    answers = np.where(complete[..., None, :], answers, np.nan)
    n = complete.sum(axis=-1).astype(float)
    enough = (n >= 3) & (k >= 2)
    mean = np.nansum(answers, axis=-1) / np.where(n > 0, n, np.nan)[..., None]
    squares = np.nansum((answers - mean[..., None]) ** 2, axis=-1)
    total = answers.sum(axis=-2)
    total_mean = np.nansum(total, axis=-1) / np.where(n > 0, n, np.nan)
    total_squares = np.nansum((total - total_mean[..., None]) ** 2, axis=-1)
    varies = enough & (total_squares > 1e-12)
    value = k / max(k - 1, 1) * (1 - squares.sum(axis=-1) / np.where(varies, total_squares, np.nan))
    df_1 = np.where(varies, n - 1, np.nan)
    df_2 = df_1 * (k - 1)
    low, high = (1 - (1 - value) * special.fdtri(df_1, df_2, tail) for tail in ((1 + level) / 2, (1 - level) / 2))
    note = np.where(~enough, "too_few", np.where(~varies, "no_variance", ""))
    return estimate("alpha", value, n, "Cronbach, Feldt interval", low=low, high=high, level=level, df=df_1, note=note)
