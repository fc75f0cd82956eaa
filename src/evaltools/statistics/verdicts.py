"""What a change may be called, by a rule that is fixed beforehand."""

from __future__ import annotations

import math

from scipy import special

VERDICTS = ("increase", "suggests_increase", "cannot_tell", "suggests_decrease", "decrease", "not_measurable")
LEVELS = (0.95, 0.80)  # of the interval that establishes a change, and of the one that suggests it


def verdict(change: float, half_95: float, half_80: float, minimal_important_change: float) -> str:
    """The word for a change, from its estimate and the half widths of two intervals around it.

    Parameters
    ----------
    change : float
        In points of the scale.
    half_95, half_80 : float
        Half widths of the 95 % and the 80 % interval, in points of the scale.
    minimal_important_change : float
        The smallest change that matters, in points of the scale.

    Returns
    -------
    str
        ``"increase"``: the 95 % interval lies above 0 and the estimate reaches the minimal important change;
        ``"suggests_increase"``: the 80 % interval lies above 0; the same downwards; ``"cannot_tell"``: neither;
        ``"not_measurable"``: there is no estimate or no interval.

    Examples
    --------
    >>> verdict(0.8, 0.6, 0.4, 0.5), verdict(0.5, 0.6, 0.4, 0.5), verdict(0.3, 0.6, 0.4, 0.5)
    ('increase', 'suggests_increase', 'cannot_tell')
    """
    if not (math.isfinite(change) and math.isfinite(half_95) and math.isfinite(half_80)):
        return "not_measurable"
    direction = "increase" if change > 0 else "decrease"
    size = abs(change)
    if size > half_95 and size >= minimal_important_change - 1e-9:
        return direction
    return f"suggests_{direction}" if size > half_80 else "cannot_tell"


def minimal_important_change(score_range: float) -> float:
    """The smallest change that matters, in points of the scale: an eighth of its range.

    Parameters
    ----------
    score_range : float
        Highest minus lowest possible score.

    Examples
    --------
    >>> minimal_important_change(4)
    0.5
    """
    return score_range / 8


def half_width(low: float, high: float, df: float, level: float, wanted: float) -> float:
    """Half width of a t interval at another level, from the interval at hand.

    >>> round(half_width(-1.0, 1.0, 5, 0.95, 0.80), 4)
    0.5741
    """
    at_hand, asked = special.stdtrit(df, (1 + level) / 2), special.stdtrit(df, (1 + wanted) / 2)
    return float((high - low) / 2 * asked / at_hand)
