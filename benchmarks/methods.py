"""The methods whose false alarms and coverage are tried: a row each.

To add one, write a row in `METHODS` (figures of groups) or `RATES` (shares of people).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from groups import Array, Scenario, draw, generator

from evaltools.statistics.bounded import mean_on_scale
from evaltools.statistics.change import mean_change, t_paired
from evaltools.statistics.estimate import Estimate
from evaltools.statistics.rates import wilson
from evaltools.statistics.reliability import cronbach_alpha
from evaltools.statistics.standardised_change import d_z

NOTHING = np.array(np.nan)
MANY = 200_000  # people who stand for everybody, where the truth has no formula


@dataclass(frozen=True)
class Tried:
    """What a method says about every group: p (NaN where it has none) and the interval."""

    p: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Method:
    """One row: a name, what it says of answers (groups, waves, people, items), and what is true.

    ``grids`` names the scenarios that it is tried on (all where empty); ``exact`` methods keep the level that they
    print, so they may have fewer false alarms than 3.5 %; ``slow`` ones are tried on a fifth of the groups.
    """

    name: str
    run: Callable[[Array], Tried]
    truth: Callable[[Scenario], float]
    grids: tuple[str, ...] = ("two_waves", "coming_and_going", "own_trends", "six_people_four_waves")
    exact: bool = False
    slow: bool = False


def _interval(figure: Estimate, p: Array = NOTHING) -> Tried:
    return Tried(np.broadcast_to(p, figure.value.shape), figure.low, figure.high)


def _paired_t(answers: Array) -> Tried:
    scores = answers.mean(axis=-1)
    return _interval(mean_change(scores[:, 0], scores[:, -1]), t_paired(scores[:, 0], scores[:, -1])[1].value)


def _own_last_minus_first(answers: Array) -> Tried:
    """Each person's last score minus the first, whichever waves they are; t over people."""
    scores = np.moveaxis(answers.mean(axis=-1), 1, -1)
    measured = np.isfinite(scores)
    first = np.take_along_axis(scores, measured.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    at_last = scores.shape[-1] - 1 - measured[..., ::-1].argmax(axis=-1)
    last = np.take_along_axis(scores, at_last[..., None], axis=-1)[..., 0]
    last = np.where(measured.sum(axis=-1) >= 2, last, np.nan)
    return _interval(mean_change(first, last), t_paired(first, last)[1].value)


def _mean(answers: Array) -> Tried:
    return _interval(mean_on_scale(answers[:, 0].mean(axis=-1), 1, Scenario.options))


def _d_z(answers: Array) -> Tried:
    scores = answers.mean(axis=-1)
    return _interval(d_z(scores[:, 0], scores[:, -1]))


def _alpha(answers: Array) -> Tried:
    return _interval(cronbach_alpha(np.moveaxis(answers[:, 0], -1, -2)))


def _change_in_sds(scenario: Scenario) -> float:
    scores = _everybody(scenario).mean(axis=-1)
    return scenario.true_change / float((scores[-1] - scores[0]).std())


def _true_alpha(scenario: Scenario) -> float:
    return float(cronbach_alpha(_everybody(scenario)[0].T).value)


@lru_cache(maxsize=4)
def _everybody(scenario: Scenario) -> Array:
    """Answers of so many people that they stand for everybody, shape (waves, people, items)."""
    everybody = replace(scenario, n=MANY, dropout=0.0, joiners=0.0)
    return draw(everybody, 1, generator(0, "everybody"))[0]


METHODS = (
    Method("mean change, paired t", _paired_t, lambda scenario: scenario.true_change),
    Method("own last minus first, t", _own_last_minus_first, lambda _: 0.0, ("own_trends", "six_people_four_waves")),
    Method("mean of one wave, score interval", _mean, lambda scenario: float(scenario.true_means[0]), ("two_waves",)),
    Method("d_z, noncentral t", _d_z, _change_in_sds, ("two_waves", "coming_and_going"), slow=True),
    Method("Cronbach's alpha, Feldt", _alpha, _true_alpha, ("pooled",)),
)  # fmt: skip


@dataclass(frozen=True)
class Rate:
    """A share with its interval; its coverage is enumerated, not drawn, over all shares from 0 to 1."""

    name: str
    interval: Callable[[Array, Array], Estimate]
    exact: bool = False


RATES = (Rate("share, Wilson", lambda count, of: wilson("share", count, of)),)
