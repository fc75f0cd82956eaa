"""Dose: whether those who came to more sessions changed more."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evaltools.statistics.estimate import NO_SPREAD, Array, Estimate, count, estimate, numbers


def dose_slope(change: ArrayLike, sessions: ArrayLike, *, level: float = 0.95) -> tuple[Estimate, Estimate]:
    r"""How much more people changed for each session more that they attended.

    It describes; those who came more often may differ in other ways.

    Parameters
    ----------
    change : array_like, shape (..., n_people)
        Each person's change, in points of the scale; NaN = not known.
    sessions : array_like, shape (..., n_people)
        How many sessions the person attended between the two waves; NaN = not known.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    tuple of Estimate
        Points of the scale per session, and the two-sided p. ``n`` counts people with both. NaN with note
        ``"too_few"`` below two people and ``"no_variance"`` where all attended equally many; with two people, or
        all on one line, the value stands without interval (``"too_few"``, ``"no_variance"``).

    Raises
    ------
    ValueError
        If the two do not hold the same people.

    Notes
    -----
    The least-squares slope with :math:`t_{n-2}` [1]_.

    References
    ----------
    .. [1] Draper & Smith (1998). Applied regression analysis (3rd ed.). Wiley.

    Examples
    --------
    >>> slope, p = dose_slope([0.0, 0.5, 0.5, 1.0], [4, 6, 8, 10])
    >>> round(float(slope.value), 3), round(float(p.value), 3)
    (0.15, 0.051)
    """
    y, x = _both(change, sessions)
    n = count(y)
    dx, dy = (values - (np.nansum(values, axis=-1) / np.where(n > 0, n, np.nan))[..., None] for values in (x, y))
    squares = np.nansum(dx**2, axis=-1)
    varies = (n >= 2) & (squares > NO_SPREAD**2)
    slope = np.nansum(dx * dy, axis=-1) / np.where(varies, squares, np.nan)
    left = np.sqrt(np.nansum((dy - slope[..., None] * dx) ** 2, axis=-1) / np.where(n >= 3, n - 2, np.nan))
    error = np.where(left > NO_SPREAD, left, np.nan) / np.sqrt(np.where(varies, squares, np.nan))
    df = np.where(np.isfinite(error), n - 2, np.nan)
    half = special.stdtrit(df, (1 + level) / 2) * error
    p = 2 * special.stdtr(df, -np.abs(slope / error))
    note = np.where((n < 3) & (varies | (n < 2)), "too_few", np.where(np.isfinite(error), "", "no_variance"))
    method = "least squares, t"
    return (estimate("dose_slope", slope, n, method, low=slope - half, high=slope + half, level=level, df=df,
                     note=note),
            estimate("p_dose_slope", p, n, f"{method}, two-sided", df=df, note=note))  # fmt: skip


def _both(change: ArrayLike, sessions: ArrayLike) -> tuple[Array, Array]:
    y, x = numbers(change), numbers(sessions)
    if y.shape != x.shape:
        raise ValueError("change and sessions must hold the same people in the same order")
    known = np.isfinite(y) & np.isfinite(x)
    return np.where(known, y, np.nan), np.where(known, x, np.nan)
