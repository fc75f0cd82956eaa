"""What a change may be called, by a rule that is fixed beforehand and lies in ``verdicts.toml``."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_EXACT = 1e-9  # changes are sums of a few scores; two that differ by less are equal


@dataclass(frozen=True)
class VerdictRule:
    """The rule as data; ``verdicts.toml`` gives the reason for each number.

    ``sure`` and ``likely`` are the levels of the two intervals, ``share_of_range`` the minimal important change where
    none is published, ``reserve`` how many times wider the intervals of released figures are taken.
    """

    words: tuple[str, ...]
    sure: float
    likely: float
    share_of_range: float
    reserve: float


@lru_cache
def verdict_rule() -> VerdictRule:
    """The rule by which every change gets its word.

    >>> verdict_rule().sure, verdict_rule().likely
    (0.95, 0.8)
    """
    table = tomllib.loads((files("evaltools") / "verdicts.toml").read_text("utf-8"))
    return VerdictRule(**table | {"words": tuple(table["words"])})


def verdict(change: float, half_95: float, half_80: float, minimal_important_change: float) -> str:
    """The word for a change, from its estimate and the half widths of the rule's two intervals around it.

    Parameters
    ----------
    change : float
        In points of the scale.
    half_95, half_80 : float
        Half widths of the rule's ``sure`` (95 %) and ``likely`` (80 %) interval, in points of the scale.
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
    if size > half_95 and size >= minimal_important_change - _EXACT:
        return direction
    return f"suggests_{direction}" if size > half_80 else "cannot_tell"


def half_width(low: float, high: float, df: float, level: float, wanted: float) -> float:
    """Half width of a t interval at another level, from the interval at hand.

    >>> round(half_width(-1.0, 1.0, 5, 0.95, 0.80), 4)
    0.5741
    """
    from scipy import special  # what is only told of released figures needs none of it, and starts in half the time

    at_hand, asked = special.stdtrit(df, (1 + level) / 2), special.stdtrit(df, (1 + wanted) / 2)
    return float((high - low) / 2 * asked / at_hand)
