"""What each method says of drawn answers, shape (groups, waves, people, items), and what is true of everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from groups import Array, Scenario, draw, generator
from scipy import special

from evaltools.statistics.bounded import mean_on_scale
from evaltools.statistics.change import mean_change, t_paired
from evaltools.statistics.clinical_significance import class_shares, reliable_classes
from evaltools.statistics.cluster_robust import cluster_robust_change
from evaltools.statistics.clustered_rates import clustered_share
from evaltools.statistics.dose import dose_slope
from evaltools.statistics.estimate import Estimate, count, mean_and_sd
from evaltools.statistics.friedman import friedman
from evaltools.statistics.group_changes import sampling_variances
from evaltools.statistics.growth import first_and_last, mean_last_change, mean_trend, t_trend
from evaltools.statistics.model_changes import mixed_change, mmrm_change
from evaltools.statistics.model_trend import mixed_trend
from evaltools.statistics.pooling import random_effects, t_random_effects
from evaltools.statistics.rank_change import hodges_lehmann, wilcoxon
from evaltools.statistics.rates import mcnemar
from evaltools.statistics.reliability import cronbach_alpha
from evaltools.statistics.reliable_change_indices import reliable_change_index
from evaltools.statistics.sign_flip import sign_flip, sign_flip_change

MANY = 100_000  # people who stand for everybody, where the truth has no formula
YES = 4  # from this answer on, an item counts as a yes


@dataclass(frozen=True)
class Tried:
    """What a method says of every group: p (NaN where it has none), the interval, and the level that it prints."""

    p: Array
    low: Array
    high: Array
    level: Array


def said(figure: Estimate, p: Array | float = np.nan) -> Tried:
    """One estimate a group."""
    return Tried(np.broadcast_to(p, figure.value.shape), figure.low, figure.high, figure.level)


def _first_and_last_wave(answers: Array) -> tuple[Array, Array]:
    scores = answers.mean(axis=-1)
    return scores[:, 0], scores[:, -1]


# --- one group


def paired_t(answers: Array) -> Tried:
    before, after = _first_and_last_wave(answers)
    return said(mean_change(before, after), t_paired(before, after)[1].value)


def last_minus_first(answers: Array) -> Tried:
    """Each person's last score minus the first, whichever waves they are; t over people."""
    scores = answers.mean(axis=-1)
    return said(mean_last_change(scores), t_paired(*first_and_last(scores))[1].value)


def own_trends(answers: Array) -> Tried:
    scores = answers.mean(axis=-1)
    return said(mean_trend(scores), t_trend(scores)[1].value)


def flipped(answers: Array) -> Tried:
    before, after = _first_and_last_wave(answers)
    return said(sign_flip_change(before, after), sign_flip(before, after).value)


def ranked(answers: Array) -> Tried:
    before, after = _first_and_last_wave(answers)
    return said(hodges_lehmann(before, after), wilcoxon(before, after)[1].value)


def paired(figure: Callable[[Array, Array], Estimate]) -> Callable[[Array], Tried]:
    """A figure of the scores before and after that has an interval and no test of its own."""
    return lambda answers: said(figure(*_first_and_last_wave(answers)))


def wave_mean(answers: Array) -> Tried:
    return said(mean_on_scale(answers[:, 0].mean(axis=-1), 1, Scenario.options))


def alpha(interval: str) -> Callable[[Array], Tried]:
    return lambda answers: said(cronbach_alpha(np.moveaxis(answers[:, 0], -1, -2), interval=interval))


def dose(answers: Array) -> Tried:
    """Sessions attended have nothing to do with the change."""
    before, after = _first_and_last_wave(answers)
    sessions = np.random.default_rng(answers.shape).binomial(12, 0.8, before.shape)
    slope, p = dose_slope(after - before, sessions)
    return said(slope, p.value)


def reliably_up(scenario: Scenario) -> Callable[[Array, Array], Estimate]:
    """With the spread of everybody and a reliability of .8, as if they were published."""
    sd = float(everybody(scenario)[0].mean(axis=-1).std())

    def improved(before: Array, after: Array) -> Estimate:
        index = reliable_change_index(before, after, sd, 0.8)
        classes = reliable_classes(index, float(special.ndtri(0.975)), "higher")
        return class_shares(classes, count(index), method="Jacobson-Truax", basis="everybody")[1]

    return improved


# --- shares that rest on several answers


def said_yes(answers: Array) -> Tried:
    """Share of the items with a yes, all items of a person belonging together."""
    known = np.isfinite(answers[:, 0])
    yes = (answers[:, 0] >= YES) & known
    return said(clustered_share("idea_helped", yes.sum(axis=-1), known.sum(axis=-1)))


def yes_before_and_after(answers: Array) -> Tried:
    """The first item as a yes or no, before and after: exact McNemar, change of the share."""
    before, after = answers[:, 0, :, 0], answers[:, -1, :, 0]
    both = np.isfinite(before) & np.isfinite(after)
    gained = ((before < YES) & (after >= YES) & both).sum(axis=-1)
    lost = ((before >= YES) & (after < YES) & both).sum(axis=-1)
    p, change = mcnemar(gained, lost, both.sum(axis=-1))
    return said(change, p.value)


# --- all waves, group after group


def each(method: Callable[[Array], tuple[Estimate, Estimate]], last: bool = True) -> Callable[[Array], Tried]:
    """A model that takes one group at a time, scores (waves, people); the change to the last wave."""

    def run(answers: Array) -> Tried:
        found = [method(scores) for scores in answers.mean(axis=-1)]
        at = -1 if last else ()
        rows = [(p.value[at], figure.low[at], figure.high[at], figure.level[at]) for figure, p in found]
        return Tried(*np.array(rows, float).T)

    return run


MIXED = each(mixed_change)
OWN_TREND = each(mixed_trend, last=False)
ROBUST = each(cluster_robust_change)
FRIEDMAN = each(friedman, last=False)


def mmrm(structure: str) -> Callable[[Array], Tried]:
    return each(lambda scores: mmrm_change(scores, structure))


# --- several groups


def team_changes(answers: Array, teams: int) -> tuple[Array, Array]:
    """Mean change of each team and its variance, from the spread pooled over the teams."""
    before, after = _first_and_last_wave(answers)
    change = (after - before).reshape(len(answers), teams, -1)
    mean, sd = mean_and_sd(change)
    return mean, sampling_variances(sd, count(change))


def pooled(scenario: Scenario) -> Callable[[Array], Tried]:
    def run(answers: Array) -> Tried:
        effects = team_changes(answers, scenario.teams)
        return said(random_effects(*effects), t_random_effects(*effects)[1].value)

    return run


def robust_teams(scenario: Scenario) -> Callable[[Array], Tried]:
    team = np.repeat(np.arange(scenario.teams), scenario.n)
    return each(lambda scores: cluster_robust_change(scores, team))


# --- what is true


@lru_cache(maxsize=4)
def everybody(scenario: Scenario) -> Array:
    """Answers of so many people that they stand for everybody, shape (waves, people, items)."""
    all_people = replace(scenario, n=MANY, dropout=0.0, joiners=0.0, teams=1, between=0.0)
    return draw(all_people, 1, generator(0, "everybody"))[0]


def of_everybody(figure: Callable[[Array, Array], Estimate]) -> Callable[[Scenario], float]:
    def truth(scenario: Scenario) -> float:
        scores = everybody(scenario).mean(axis=-1)
        return float(figure(scores[0], scores[-1]).value)

    return truth


def true_last_minus_first(scenario: Scenario) -> float:
    """Of people who come and go: those who left early have changed less."""
    if scenario.change == 0:
        return 0.0
    scores = draw(replace(scenario, n=MANY), 1, generator(0, "last minus first"))[0].mean(axis=-1)
    return float(mean_last_change(scores).value)


def true_alpha(scenario: Scenario) -> float:
    return float(cronbach_alpha(everybody(scenario)[0].T).value)


def true_yes(scenario: Scenario) -> float:
    return float((everybody(scenario)[0] >= YES).mean())


def true_change_of_yes(scenario: Scenario) -> float:
    if scenario.change == scenario.trend == 0:
        return 0.0
    first, last = (everybody(scenario)[at, :, 0] >= YES for at in (0, -1))
    return float(last.mean() - first.mean())


def middle_of_pairs(scenario: Scenario) -> float:
    """What Hodges and Lehmann estimate: the median of the mean of two people's changes."""
    scores = everybody(scenario).mean(axis=-1)
    change, people = np.unique((scores[-1] - scores[0]).round(9), return_counts=True)
    means = ((change[:, None] + change) / 2).ravel()
    weight = np.outer(people, people).ravel() / float(people.sum()) ** 2
    order = np.argsort(means)
    return float(means[order][np.searchsorted(weight[order].cumsum(), 0.5)])
