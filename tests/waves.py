"""Scores over waves that several tests share."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Scores = NDArray[np.float64]

# Six people, four waves: one joins at the second wave, one leaves after it, one after the third.
ORDINARY: Scores = np.array(
    [
        [3.2, 2.4, 3.0, 4.0, 2.2, np.nan],
        [3.4, 2.8, 3.0, 4.4, 2.6, 3.0],
        [3.6, 2.6, 3.4, 4.2, np.nan, 3.4],
        [3.4, 3.4, 3.6, np.nan, np.nan, 3.2],
    ]
)


def drawn(seed: int, waves: int, people: int, *, missing: float = 0.0, trends: float = 0.2) -> Scores:
    """Scores of people who differ in level and trend, with waves missing at random but the first two people's."""
    random = np.random.default_rng(seed)
    levels, slopes = random.normal(3, 0.6, people), random.normal(0.1, trends, people)
    scores = levels + slopes * np.arange(waves)[:, None] + random.normal(0, 0.5, (waves, people))
    gone = random.random((waves, people)) < missing
    gone[:, :2] = False
    return np.asarray(np.where(gone, np.nan, scores), float)


seeds = st.integers(0, 10_000)
shapes = st.tuples(st.integers(2, 5), st.integers(6, 10))
