"""Groups of people drawn by chance: discrete scores on a Likert scale at several waves, from a latent trait.

Each item is the sum of the person's trait at the wave and noise of its own, rounded to the nearest option and cut at
the ends. The trait has a correlation between waves, and each person may have a trend of their own. Where the scale
lies and how far it moves is set on the scale itself: the latent mean is solved for, so the true mean change is known
exactly, near the ends too.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
TRAIT = 0.6  # share of an item's latent variance that is the person's trait


@dataclass(frozen=True)
class Scenario:
    """One kind of group.

    Everything but counts, correlations and probabilities is a share of the scale's range: ``middle`` where the mean
    lies at the first wave, ``change`` the true mean change from the first wave to the last (a straight line),
    ``spread`` the standard deviation of an item before rounding, ``trend`` that of people's own trends, per wave.
    ``dropout`` is the probability of leaving before each later wave, ``joiners`` that of having missed the first.
    ``teams`` groups of ``n`` people may be drawn side by side, whose true changes differ by ``between``.
    """

    grid: str
    n: int
    waves: int = 2
    items: int = 5
    options: int = 5
    middle: float = 0.5
    change: float = 0.0
    spread: float = 0.3
    retest: float = 0.6
    trend: float = 0.0
    dropout: float = 0.0
    joiners: float = 0.0
    teams: int = 1
    between: float = 0.0

    @property
    def name(self) -> str:
        """All that it is, in one line: a cell's seed and its place in the results come from it."""
        return " ".join(f"{name}={value:g}" if name != "grid" else value for name, value in asdict(self).items())

    @property
    def true_means(self) -> Array:
        """True mean score at each wave."""
        width = self.options - 1
        return 1 + width * (self.middle + self.change * np.linspace(0, 1, self.waves))

    @property
    def true_change(self) -> float:
        """True mean change from the first wave to the last, in points."""
        means = self.true_means
        return float(means[-1] - means[0])


def generator(seed: int, *cell: str) -> np.random.Generator:
    """Random numbers of one cell: the same whatever else is drawn, and in whatever order."""
    mark = hashlib.sha256("\n".join(cell).encode()).digest()[:8]
    return np.random.default_rng([seed, int.from_bytes(mark, "big")])


def draw(scenario: Scenario, groups: int, rng: np.random.Generator) -> Array:
    """Answers, shape (groups, waves, people, items), team after team; NaN where a person was not measured."""
    people, width = scenario.teams * scenario.n, scenario.options - 1
    shape = (groups, scenario.waves, people)
    trait = np.sqrt(scenario.retest) * rng.standard_normal((groups, 1, people))
    trait = trait + np.sqrt(1 - scenario.retest) * rng.standard_normal(shape)
    slopes = scenario.trend * width * rng.standard_normal((groups, 1, people))
    at = np.arange(scenario.waves)[:, None]
    person = scenario.spread * width * np.sqrt(TRAIT) * trait + slopes * at
    if scenario.between:
        own = scenario.between * width * rng.standard_normal((groups, 1, scenario.teams))
        person = person + np.repeat(own, scenario.n, axis=-1) * at / (scenario.waves - 1)
    noise = scenario.spread * width * np.sqrt(1 - TRAIT) * rng.standard_normal((*shape, scenario.items))
    latent = _latent_means(scenario)[:, None, None] + person[..., None] + noise
    answers = np.clip(np.rint(latent), 1, scenario.options)
    return np.where(_absent(scenario, shape, rng)[..., None], np.nan, answers)


def _absent(scenario: Scenario, shape: tuple[int, int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    leaves = rng.random(shape) < scenario.dropout
    leaves[:, 0] = False
    absent = np.maximum.accumulate(leaves, axis=1)
    absent[:, 0] |= rng.random((shape[0], shape[2])) < scenario.joiners
    return absent


def _latent_means(scenario: Scenario) -> Array:
    """The latent mean of each wave that gives its true mean score, by bisection."""
    width, waves = scenario.options - 1, np.arange(scenario.waves)
    own = (scenario.trend * waves) ** 2 + (scenario.between * waves / max(scenario.waves - 1, 1)) ** 2
    sd = width * np.sqrt(scenario.spread**2 + own)
    cuts = np.arange(1, scenario.options) + 0.5
    low, high = np.full(scenario.waves, -9.0 * width), np.full(scenario.waves, 11.0 * width)
    for _ in range(80):
        middle = (low + high) / 2
        mean = 1 + special.ndtr((middle[:, None] - cuts) / sd[:, None]).sum(axis=1)
        below = mean < scenario.true_means
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


@lru_cache
def spread_with(ratio: float, retest: float, items: int, options: int) -> float:
    """The latent spread at which people's changes have a standard deviation of ``ratio`` quarters of the range."""
    low, high = 0.05, 1.5
    for _ in range(16):
        middle = (low + high) / 2
        trial = Scenario("trial", n=20000, items=items, options=options, spread=middle, retest=retest)
        if spread_of_changes(trial) < ratio:
            low = middle
        else:
            high = middle
    return round((low + high) / 2, 4)


def spread_of_changes(scenario: Scenario) -> float:
    """Standard deviation of people's changes from the first wave to the last, in quarters of the range."""
    many = replace(scenario, n=20000, dropout=0.0, joiners=0.0)
    scores = draw(many, 1, generator(0, "spread"))[0].mean(axis=-1)
    return float((scores[-1] - scores[0]).std() * 4 / (scenario.options - 1))
