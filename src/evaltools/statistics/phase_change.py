"""A change of phase within a series: does the level jump, does the trend turn, person by person, summarised by t."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.describe import mean
from evaltools.statistics.estimate import Array, Estimate

_EACH = 2  # points in each phase, without which it has no line


def phase_coefficients(scores: ArrayLike, change_at: int, times: ArrayLike | None = None) -> Array:
    r"""Each person's trend before the change, jump at it, and turn of the trend after it.

    Parameters
    ----------
    scores : array_like, shape (n_points, n_people)
        In points of the scale, in order of time; NaN = not measured.
    change_at : int
        Place of the first point of the new phase, from 0.
    times : array_like, shape (n_points,), optional
        When the points were; 0, 1, 2 ... if not given.

    Returns
    -------
    ndarray, shape (3, n_people)
        Trend per unit of time before the change; jump, in points of the scale, at the first point of the new phase
        from where the old line would have been; difference of the two trends. NaN for a person with fewer than two
        points in either phase.

    Examples
    --------
    >>> phase_coefficients([[1], [2], [3], [6], [8], [10]], 3).round(6).tolist()
    [[1.0], [2.0], [1.0]]
    """
    values = np.asarray(scores, float)
    when = np.arange(len(values), dtype=float) if times is None else np.asarray(times, float)
    after = np.arange(len(values)) >= change_at
    start = when[change_at] if change_at < len(when) else 0.0
    design = np.column_stack([np.ones(len(when)), when, after, after * (when - start)])
    found = np.full((3, values.shape[1]), np.nan)
    for person, series in enumerate(values.T):
        seen = np.isfinite(series)
        if (seen & after).sum() >= _EACH and (seen & ~after).sum() >= _EACH:
            found[:, person] = np.linalg.lstsq(design[seen], series[seen], rcond=None)[0][1:]
    return found


def phase_changes(
    scores: ArrayLike, change_at: int, times: ArrayLike | None = None, *, level: float = 0.95
) -> tuple[Estimate, Estimate]:  # fmt: skip
    r"""Mean jump in level and mean turn of the trend at a change of phase, such as a change of supervisor.

    Parameters
    ----------
    scores, change_at, times
        As in `phase_coefficients`.
    level : float, default 0.95
        Coverage of the intervals.

    Returns
    -------
    tuple of Estimate
        ``phase_level_change`` in points of the scale and ``phase_slope_change`` in points per unit of time, of shape
        (1,); ``n`` counts people with two points in each phase. NaN with note ``"too_few"`` without one.

    Notes
    -----
    Discontinuous growth [1]_: :math:`y = b_0 + b_1 t + b_2 \text{TRANS} + b_3 \text{RECOV}` is fitted to each person,
    and the people's coefficients are summarised by t. With every point of everybody, the means are those of the mixed
    model with these terms.

    References
    ----------
    .. [1] Bliese & Lang (2016). Understanding relative and absolute change in discontinuous growth models.
       Organizational Research Methods, 19(4), 562-592.

    Examples
    --------
    >>> jump, turn = phase_changes([[1, 2], [2, 3], [3, 4], [6, 8], [8, 9], [10, 10]], 3)
    >>> float(jump.value[0].round(6)), float(turn.value[0].round(6))
    (2.5, 0.5)
    """
    _, jump, turn = phase_coefficients(scores, change_at, times)
    return (replace(mean(jump[None], level=level), measure="phase_level_change", method="own lines, t"),
            replace(mean(turn[None], level=level), measure="phase_slope_change", method="own lines, t"))  # fmt: skip
