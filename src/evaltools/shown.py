"""A figure in the form in which it may be shown to others than the supervisor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """A mean in the form in which it may be shown: a rounded value, or the ends between which it lies.

    ``kind`` is ``"value"``, ``"at_most"``, ``"at_least"`` or ``"between"``; ``low`` and ``high`` are texts with a
    decimal point and, for a value, equal.

    >>> Shown("value", "4.3", "4.3").reach == (4.25, 4.35)
    True
    """

    kind: str
    low: str
    high: str

    @property
    def reach(self) -> tuple[float, float]:
        """Between which numbers the mean lies, rounding included."""
        slack = 0.5 * 10 ** -_places(self.low) if self.kind == "value" else 0.0
        return float(self.low) - slack, float(self.high) + slack


def _places(text: str) -> int:
    return len(text.partition(".")[2])
