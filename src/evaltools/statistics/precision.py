"""What so many people can show: power, smallest detectable change, how wide an interval will be, which verdict.

These functions are asked before anybody has answered, so they take numbers, not scores; ``n`` is people measured at
both waves. All rest on one integral over the group's own spread, which is as unknown beforehand as its mean: scipy's
noncentral t has holes in the far tails, and a verdict needs the mean and the interval together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

from evaltools.statistics.estimate import Array, Estimate, estimate
from evaltools.statistics.verdicts import verdict_rule

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_TAIL = 1e-18  # of the distribution of the spread, left out of the integral at either end
_HALVINGS = 200


class VerdictChances(NamedTuple):
    """The chance of each verdict on a change, before it is measured; they sum to 1."""

    increase: float
    suggests_increase: float
    cannot_tell: float
    suggests_decrease: float
    decrease: float


def power_paired_t(d_z: float, n: float, *, alpha: float = 0.05, sides: int = 2) -> Estimate:
    r"""Chance that the paired t test finds a change of a given size.

    Parameters
    ----------
    d_z : float
        True change in standard deviations of the changes.
    n : float
        People measured at both waves.
    alpha : float, default 0.05
        Significance level.
    sides : {1, 2}
        Two-sided (a change in the wrong direction counts as found too), or one-sided upwards.

    Returns
    -------
    Estimate
        A probability. NaN with note ``"too_few"`` below two people.

    Notes
    -----
    :math:`P(|T| > t_{1-\alpha/2, n-1})` for T noncentral t with noncentrality :math:`d_z\sqrt n` [1]_.

    References
    ----------
    .. [1] Cohen (1988). Statistical power analysis for the behavioral sciences, 2nd ed. Erlbaum.

    Examples
    --------
    >>> round(float(power_paired_t(1.0, 5).value), 4)
    0.4014
    """
    few = n < 2
    value = math.nan if few else _power(d_z, n, alpha, sides)
    return estimate("power", value, n, "noncentral t", df=math.nan if few else n - 1, note="too_few" if few else "")


def minimal_detectable_dz(n: float, *, power: float = 0.80, alpha: float = 0.05, sides: int = 2) -> Estimate:
    """The smallest change, in standard deviations of the changes, that the paired t test finds with a given chance.

    Parameters
    ----------
    n : float
        People measured at both waves.
    power : float, default 0.80
        The chance asked for; above ``alpha``.
    alpha, sides
        As in `power_paired_t`.

    Returns
    -------
    Estimate
        In standard deviations of the changes. NaN with note ``"too_few"`` below two people.

    Raises
    ------
    ValueError
        If the power asked for is not between alpha and 1.

    Examples
    --------
    >>> [round(float(minimal_detectable_dz(n).value), 2) for n in (5, 7, 10)]
    [1.68, 1.27, 1.0]
    """
    _check_power(power, alpha)
    few = n < 2
    value = math.nan if few else _rising_root(lambda d: _power(d, n, alpha, sides) - power, 0.0)
    return estimate("minimal_detectable_dz", value, n, f"paired t, power {power:g}", basis="sd_of_changes",
                    df=math.nan if few else n - 1, note="too_few" if few else "")  # fmt: skip


def smallest_detectable_change(n: float, sd_of_change: float, *, power: float = 0.80, alpha: float = 0.05) -> Estimate:
    """The smallest true mean change, in points of the scale, that the paired t test finds with a given chance.

    Parameters
    ----------
    n : float
        People measured at both waves.
    sd_of_change : float
        Standard deviation of people's changes, from a reference or an assumption (see `sd_of_changes`).
    power, alpha
        As in `minimal_detectable_dz`.

    Returns
    -------
    Estimate
        In points of the scale. NaN with note ``"too_few"`` below two people.

    Examples
    --------
    >>> round(float(smallest_detectable_change(7, 1.0).value), 2)
    1.27
    """
    found = minimal_detectable_dz(n, power=power, alpha=alpha)
    return estimate("smallest_detectable_change", found.value * sd_of_change, n, found.method, df=found.df,
                    note=found.note)  # fmt: skip


def n_for_dz(d_z: float, *, power: float = 0.80, alpha: float = 0.05) -> Estimate:
    """How many people are needed to find a change of a given size with a given chance.

    Parameters
    ----------
    d_z : float
        True change in standard deviations of the changes, of either sign.
    power, alpha
        As in `minimal_detectable_dz`, two-sided.

    Returns
    -------
    Estimate
        People measured at both waves, unrounded: the next whole number suffices; at least 2. NaN with note
        ``"no_variance"`` for a change of 0, which no number of people finds.

    Examples
    --------
    >>> round(float(n_for_dz(0.5).value), 2)
    33.37
    """
    _check_power(power, alpha)
    if d_z == 0:
        return estimate("n_for_dz", math.nan, math.nan, f"paired t, power {power:g}", note="no_variance")
    value = _rising_root(lambda n: _power(abs(d_z), n, alpha, 2) - power, 2.0)
    return estimate("n_for_dz", value, value, f"paired t, power {power:g}", basis="sd_of_changes")


def sd_of_changes(sd: float, correlation: float) -> float:
    r"""Standard deviation of people's changes, from that of their scores and the correlation between waves.

    Parameters
    ----------
    sd : float
        Standard deviation of the scores at a wave, in points of the scale.
    correlation : float
        Between the two waves, for example a published retest reliability.

    Returns
    -------
    float
        :math:`s\sqrt{2(1 - r)}`, in points of the scale.

    Examples
    --------
    >>> sd_of_changes(1.0, 0.5), round(sd_of_changes(1.0, 0.8), 3)
    (1.0, 0.632)
    """
    return sd * math.sqrt(2 * (1 - correlation))


def expected_half_width(n: float, sd_of_change: float, *, level: float = 0.95) -> Estimate:
    r"""How wide the interval of the mean change will be: half its width, on average.

    Parameters
    ----------
    n : float
        People measured at both waves.
    sd_of_change : float
        Standard deviation of people's changes.
    level : float, default 0.95
        Coverage of the t interval.

    Returns
    -------
    Estimate
        In points of the scale. NaN with note ``"too_few"`` below two people.

    Notes
    -----
    :math:`t_{n-1}\,c\,\sigma/\sqrt n` with c the expected standard deviation of n normal draws in units of
    :math:`\sigma` (c is .94 for five people).

    Examples
    --------
    >>> round(float(expected_half_width(7, 1.0).value), 2)
    0.89
    """
    few = n < 2
    df = math.nan if few else n - 1
    shrink = math.exp(special.gammaln((df + 1) / 2) - special.gammaln(df / 2)) * math.sqrt(2 / df)
    value = float(special.stdtrit(df, (1 + level) / 2)) * shrink * sd_of_change / math.sqrt(max(n, 1))
    return estimate("expected_half_width", value, n, "paired t", df=df, note="too_few" if few else "")


def smallest_exact_p(n: int) -> Estimate:
    """The smallest two-sided p-value that a sign-flip, sign or Wilcoxon test of n people can give.

    Parameters
    ----------
    n : int
        People measured at both waves.

    Returns
    -------
    Estimate
        2 divided by 2 to the power of n, at most 1: below six people it cannot fall under .05.

    Examples
    --------
    >>> float(smallest_exact_p(5).value), float(smallest_exact_p(6).value)
    (0.0625, 0.03125)
    """
    return estimate("smallest_exact_p", min(2.0 ** (1 - n), 1.0), n, "exact, two-sided")


def verdict_chances(
    change: float, sd_of_change: float, n: float, minimal_important_change: float, *, step: float = 0.0
) -> VerdictChances:
    """Which verdict a group will get, if its true mean change is the one given (the rule: `verdicts.verdict`).

    Parameters
    ----------
    change : float
        True mean change, in points of the scale.
    sd_of_change : float
        Standard deviation of people's changes, taken as normal; above 0.
    n : float
        People measured at both waves, at least 2.
    minimal_important_change : float
        The smallest change that matters, in points of the scale.
    step : float, default 0
        The smallest difference between two mean changes of n people; 0 where any is possible. A mean that can only
        be a multiple of it reaches a threshold more often than one that can be anything.

    Returns
    -------
    VerdictChances
        Probabilities that sum to 1.

    Raises
    ------
    ValueError
        If there are fewer than two people or the standard deviation is not above 0.

    Examples
    --------
    >>> chances = verdict_chances(0.0, 1.0, 7, 0.5)
    >>> round(chances.increase, 3), round(chances.suggests_increase, 3), round(chances.cannot_tell, 3)
    (0.022, 0.078, 0.8)
    """
    if n < 2 or not sd_of_change > 0:
        raise ValueError("two people and a spread are the least that a verdict needs")
    unit = sd_of_change / math.sqrt(n)
    floor = _least_reached(minimal_important_change, step) / unit
    rule = verdict_rule()
    t_sure, t_hint = (float(special.stdtrit(n - 1, (1 + level) / 2)) for level in (rule.sure, rule.likely))
    sure = [_chance_above(side * change / unit, t_sure, n - 1, floor) for side in (1, -1)]
    hint = [_chance_above(side * change / unit, t_hint, n - 1) for side in (1, -1)]
    return VerdictChances(sure[0], hint[0] - sure[0], 1 - hint[0] - hint[1], hint[1] - sure[1], sure[1])


def smallest_shown_change(
    n: float, sd_of_change: float, minimal_important_change: float, *, chance: float = 0.80, step: float = 0.0
) -> Estimate:
    """The smallest true change that a group will with a given chance be told is an increase.

    Parameters
    ----------
    n, sd_of_change, minimal_important_change, step
        As in `verdict_chances`.
    chance : float, default 0.80
        The chance asked for.

    Returns
    -------
    Estimate
        In points of the scale. NaN with note ``"too_few"`` below two people.

    Examples
    --------
    >>> round(float(smallest_shown_change(7, 1.0, 0.5).value), 2)
    1.27
    """
    few = n < 2

    def missing(change: float) -> float:
        return verdict_chances(change, sd_of_change, n, minimal_important_change, step=step).increase - chance

    value = math.nan if few else _rising_root(missing, 0.0)
    return estimate("smallest_shown_change", value, n, f"rule of verdicts, chance {chance:g}",
                    df=math.nan if few else n - 1, note="too_few" if few else "")  # fmt: skip


def _check_power(power: float, alpha: float) -> None:
    if not 0 < alpha < power < 1:
        raise ValueError("power must lie between alpha and 1")


def _power(d_z: float, n: float, alpha: float, sides: int) -> float:
    t = float(special.stdtrit(n - 1, 1 - alpha / sides))
    shift = d_z * math.sqrt(n)
    found = _chance_above(shift, t, n - 1)
    return found + _chance_above(-shift, t, n - 1) if sides == 2 else found


def _chance_above(shift: float, t: float, df: float, floor: float = -math.inf) -> float:
    """Chance that a mean with standard error 1 around ``shift`` exceeds both t estimated errors and ``floor``.

    Integrates over the estimated standard error u (its square times df is chi-squared), in panels that end where the
    integrand bends: there 64 nodes a panel give all digits.
    """
    lowest, highest = (math.sqrt(2 * float(inverse(df / 2, _TAIL)) / df)
                       for inverse in (special.gammaincinv, special.gammainccinv))  # fmt: skip
    bends = (floor / t, (shift - 8) / t, (shift - 2) / t, shift / t, (shift + 2) / t, (shift + 8) / t, 0.5, 1.0, 1.5)
    edges = np.array([lowest, *sorted(at for at in bends if lowest < at < highest), highest])
    half = np.diff(edges)[:, None] / 2
    u = edges[:-1, None] + half * (1 + _NODES)
    inside = special.ndtr(shift - np.maximum(t * u, floor)) * _spread_density(u, df)
    return float((half * _WEIGHTS * inside).sum())


def _spread_density(u: Array, df: float) -> Array:
    """Density of a standard deviation with so many degrees of freedom, where the true one is 1."""
    log = math.log(2) + df / 2 * math.log(df / 2) - math.lgamma(df / 2) + special.xlogy(df - 1, u) - df * u**2 / 2
    return np.exp(log)


def _least_reached(threshold: float, step: float) -> float:
    """The threshold as a continuous mean has it that stands for one on a lattice: half a step below its first point."""
    if step <= 0:
        return threshold
    return (math.ceil(threshold / step - 1e-9) - 0.5) * step


def _rising_root(function: Callable[[float], float], low: float) -> float:
    """Where a rising function passes 0, or ``low`` where it starts above."""
    if function(low) >= 0:
        return low
    high = max(2 * low, 1.0)
    while function(high) < 0:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2
