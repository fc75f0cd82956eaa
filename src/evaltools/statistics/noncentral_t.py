"""Which noncentral t an observed t comes from: the exact limits of a standardised change."""

from __future__ import annotations

import numpy as np
from scipy import special

from evaltools.statistics.estimate import Array

_STEPS = 64  # enough by halving alone
_CLOSE = 1e-11  # in normal quantiles
_CONFIRMED = 1e-9


def noncentrality(t: Array, df: Array, probability: float) -> Array:
    """The noncentrality under which a noncentral t lies below ``t`` with the given probability.

    scipy's own inverse (``nctdtrinc``) does not return on some inputs, and its distribution function gives NaN here
    and there in the far tails, where the probability is 0 or 1. A limit that the distribution function does not
    confirm is NaN.
    """
    defined = np.isfinite(t) & np.isfinite(df)
    at, freedom = t[defined], df[defined]
    with np.errstate(invalid="ignore"):  # the normal quantiles of 0 and 1 are infinite, and so is no secant
        found = _searched(at, freedom, probability)
    limit = np.full(t.shape, np.nan)
    limit[defined] = np.where(np.abs(special.nctdtr(freedom, found, at) - probability) < _CONFIRMED, found, np.nan)
    return limit


def _searched(t: Array, df: Array, probability: float) -> Array:
    """Noncentralities by secant steps, each cell until it has its own.

    The normal quantile of the probability is nearly a straight line in the noncentrality: four or five steps do.
    Where a step leaves the bracket, the bracket is halved.
    """
    wanted = float(special.ndtri(probability))
    slope = -1 / np.sqrt(1 + t**2 / (2 * df))  # of the normal approximation
    at, low, high = t + wanted / slope, -10 - 5 * np.abs(t), 10 + 5 * np.abs(t)
    found, left = np.full(t.shape, np.nan), np.arange(t.size)
    last = last_off = found.copy()
    for _ in range(_STEPS):
        below = special.nctdtr(df, at, t)  # falls as the noncentrality grows
        off = special.ndtri(below) - wanted
        found[left] = at
        too_small = np.where(np.isnan(below), at < t, off > 0)
        low, high = np.where(too_small, at, low), np.where(too_small, high, at)
        secant = (off - last_off) / (at - last)
        slope = np.where(np.isfinite(secant) & (secant < 0), secant, slope)
        step = at - off / slope
        step = np.where((low < step) & (step < high), step, (low + high) / 2)
        far = ~(np.abs(off) <= _CLOSE)
        if not far.any():
            break
        last, last_off, at = at[far], off[far], step[far]
        t, df, low, high, slope, left = (field[far] for field in (t, df, low, high, slope, left))
    return found
