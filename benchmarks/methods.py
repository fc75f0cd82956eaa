"""The methods whose false alarms and coverage are tried: a row each.

To add one, write a row in `METHODS` (figures of groups) or `RATES` (shares of people). A row without ``demoted`` is a
default: the bars of docs/calibration.md hold for it, and tests/test_calibration.py sees to that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import figures as see
from figures import Tried
from groups import Array, Scenario

from evaltools.statistics.estimate import Estimate
from evaltools.statistics.rates import clopper_pearson, wilson
from evaltools.statistics.standardised_change import d_av, d_rm, d_z, g_z
from evaltools.statistics.superiority import probability_of_superiority, rank_biserial

ONE_GROUP = ("two_waves", "coming_and_going", "own_trends", "six_people_four_waves")
PAIRS = ("two_waves", "coming_and_going")
TRENDS = ("coming_and_going", "own_trends", "six_people_four_waves")
MODELS = ("models", "six_people_four_waves")
TEAMS = ("several_groups",)


@dataclass(frozen=True)
class Method:
    """One row: a name, what the method says of answers (groups, waves, people, items), and what is true.

    ``of`` stands in place of ``run`` where the method must know the scenario. ``grids`` names the scenarios that it is
    tried on. ``exact`` methods keep the level that they print, so they may have fewer false alarms than 3.5 %;
    ``average`` ones are shares, which keep their level on average over scenarios. ``part`` is the share of the groups
    that a slow method is tried on. ``demoted`` says why a method is shown beside the defaults only, or not at all.
    """

    name: str
    run: Callable[[Array], Tried] | None
    truth: Callable[[Scenario], float]
    grids: tuple[str, ...]
    exact: bool = False
    average: bool = False
    part: float = 1.0
    of: Callable[[Scenario], Callable[[Array], Tried]] | None = None
    demoted: str = ""

    def on(self, scenario: Scenario) -> Callable[[Array], Tried]:
        """What the method says of answers of this scenario."""
        found = self.of(scenario) if self.of else self.run
        if found is None:
            raise ValueError(f"{self.name}: either run or of")
        return found


def _change(scenario: Scenario) -> float:
    return scenario.true_change


def _trend(scenario: Scenario) -> float:
    return scenario.true_change / (scenario.waves - 1)


def _none(_: Scenario) -> float:
    return 0.0


def _mean(scenario: Scenario) -> float:
    return float(scenario.true_means[0])


def _reliably_up(scenario: Scenario) -> Callable[[Array], Tried]:
    return see.paired(see.reliably_up(scenario))


def _true_reliably_up(scenario: Scenario) -> float:
    return see.of_everybody(see.reliably_up(scenario))(scenario)


WRONG_MODEL = "it takes it that all people change at one pace; where they do not, its interval is too short"
NORMAL = "no interval for it holds in groups so small, so reports do not show it; d_av says nearly the same"
SYMMETRIC = "its test is exact; reports show its p without its interval, which needs changes that lie evenly"
LEVELS = "its test is exact; where changes lie unevenly its interval covers up to 2 percentage points less than told"
ENDS = "its interval covers less than 93 % where the scale lies near its end, so reports show alpha without it"

METHODS = (
    Method("mean change, paired t", see.paired_t, _change, ONE_GROUP),
    Method("own trends, weighted", see.own_trends, _trend, TRENDS),
    Method("own last minus first, t", see.last_minus_first, see.true_last_minus_first, TRENDS),
    Method("sign-flip, exact", see.flipped, _change, ONE_GROUP, exact=True, demoted=SYMMETRIC),
    Method("Wilcoxon and Hodges-Lehmann, exact", see.ranked, see.middle_of_pairs, ONE_GROUP, exact=True,
           demoted=LEVELS),
    Method("probability of superiority", see.paired(probability_of_superiority),
           see.of_everybody(probability_of_superiority), PAIRS, exact=True),
    Method("rank-biserial", see.paired(rank_biserial), see.of_everybody(rank_biserial), PAIRS),
    Method("d_z, noncentral t", see.paired(d_z), see.of_everybody(d_z), PAIRS, part=0.2),
    Method("g_z, limits of d_z", see.paired(g_z), see.of_everybody(d_z), PAIRS, part=0.2),
    Method("d_av, Bonett with t", see.paired(d_av), see.of_everybody(d_av), PAIRS, part=0.2),
    Method("d_rm, normal theory", see.paired(d_rm), see.of_everybody(d_rm), PAIRS, part=0.2, demoted=NORMAL),
    Method("mean of one wave, score interval", see.wave_mean, _mean, ("two_waves",)),
    Method("change against sessions attended", see.dose, _none, PAIRS),
    Method("Friedman, exact", see.FRIEDMAN, _none, ("alike",), exact=True, part=0.1),
    Method("reliably up, Wilson", None, _true_reliably_up, PAIRS, average=True, of=_reliably_up),
    Method("yes before and after, McNemar", see.yes_before_and_after, see.true_change_of_yes, PAIRS, exact=True,
           average=True),
    Method("share of things, people as clusters", see.said_yes, see.true_yes, ("two_waves",), average=True),
    Method("mean of several groups, Knapp-Hartung", None, _change, TEAMS, part=0.5, of=see.pooled),
    Method("groups as clusters, CR2", None, _change, TEAMS, part=0.02, of=see.robust_teams,
           demoted="for models over several groups; the pooled mean is plainer and as right"),
    Method("people as clusters, CR2", see.ROBUST, _change, MODELS, part=0.04,
           demoted="beside the paired t, which needs no model"),
    Method("random intercept, Kenward-Roger", see.MIXED, _change, MODELS, part=0.04, demoted=WRONG_MODEL),
    Method("random slope, Kenward-Roger", see.OWN_TREND, _trend, MODELS, part=0.04,
           demoted="many fits are singular in small groups; weighted own trends say the same"),
    Method("MMRM, compound symmetry", see.mmrm("compound_symmetry"), _change, MODELS, part=0.04, demoted=WRONG_MODEL),
    Method("MMRM, AR(1)", see.mmrm("autoregressive"), _change, MODELS, part=0.04,
           demoted="it takes it that the spread is the same at all waves, and is too careful where it is not"),
    Method("MMRM, unstructured", see.mmrm("unstructured"), _change, ("unstructured",), part=0.04,
           demoted="it needs fifteen people and more; beside the paired t, where people have left"),
    Method("Cronbach's alpha, Feldt", see.alpha("feldt"), see.true_alpha, ("pooled",), demoted=ENDS),
    Method("Cronbach's alpha, Bonett", see.alpha("bonett"), see.true_alpha, ("pooled",), demoted=ENDS),
)  # fmt: skip


@dataclass(frozen=True)
class Rate:
    """A share with its interval; its coverage is enumerated, not drawn, over all shares from 0 to 1."""

    name: str
    interval: Callable[[Array, Array], Estimate]
    exact: bool = False


RATES = (
    Rate("share, Wilson", lambda count, of: wilson("share", count, of)),
    Rate("share, Clopper-Pearson", lambda count, of: clopper_pearson("share", count, of), exact=True),
)
