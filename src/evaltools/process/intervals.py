"""The days between two sessions, and whether they were as many as agreed, with the usual breaks tolerated."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from dateutil.easter import easter


def as_agreed(first: date, second: date, low: float, high: float) -> bool:
    """Whether two sessions lie as many days apart as agreed, days of breaks tolerated.

    Parameters
    ----------
    first, second : date
        Of the two sessions.
    low, high : float
        Fewest and most days that were agreed.

    Returns
    -------
    bool
        Fewer days than agreed are never as agreed; more are where the interval without the days of July, of
        Christmas and of Easter (``breaks.toml``) is not too long.

    Examples
    --------
    >>> as_agreed(date(2025, 3, 3), date(2025, 4, 2), 21, 28), as_agreed(date(2025, 6, 23), date(2025, 8, 18), 21, 28)
    (False, True)
    """
    days = (second - first).days
    return low <= days and days - days_of_breaks(first, second) <= high


def days_of_breaks(first: date, second: date) -> int:
    """How many of the days after one date, up to another, belong to a break.

    >>> days_of_breaks(date(2025, 12, 1), date(2026, 1, 15))
    16
    """
    return sum(_is_break(first + timedelta(days=after)) for after in range(1, (second - first).days + 1))


@lru_cache(maxsize=4096)
def _is_break(day: date) -> bool:
    return any(_falls_in(day, entry) for entry in _breaks())


def _falls_in(day: date, entry: dict[str, Any]) -> bool:
    if "easter" in entry:
        from_easter = (day - easter(day.year)).days
        return bool(entry["easter"][0] <= from_easter <= entry["easter"][1])
    month_and_day, start, end = f"{day:%m-%d}", entry["from"], entry["to"]
    if start <= end:
        return bool(start <= month_and_day <= end)
    return bool(month_and_day >= start or month_and_day <= end)  # over the turn of the year


@lru_cache
def _breaks() -> list[dict[str, Any]]:
    text = (files("evaltools") / "process" / "breaks.toml").read_text("utf-8")
    return list(tomllib.loads(text)["breaks"])
