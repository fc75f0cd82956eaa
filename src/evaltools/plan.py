"""What an evaluation of so many people and waves can show and what not, before the contract is written."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from scipy import special

from evaltools.errors import Problems
from evaltools.instruments import Scale, shipped_instruments
from evaltools.measures import limits
from evaltools.policy import policies, read_change, reference_spread
from evaltools.shown import Shown
from evaltools.statistics.precision import (
    VerdictChances,
    expected_half_width,
    smallest_shown_change,
    verdict_chances,
)
from evaltools.statistics.verdicts import verdict_rule


@dataclass(frozen=True)
class Outlook:
    """What so many people, measured at the first wave and at the last, can show.

    ``smallest`` is the smallest true change that gets its verdict with the chance of the plan, ``half_width`` half the
    expected 95 % interval, both in points of the scale; ``chances`` hold for each true change of the plan. Below the
    limit of a group figure nothing is shown: the figures are NaN and ``chances`` empty. ``released`` is the smallest
    difference between two published means that the commissioner's report calls an increase, NaN where it shows
    none; ``uncertainty`` is what that report prints beside it.
    """

    people: int
    smallest: float
    half_width: float
    chances: dict[str, VerdictChances]
    released: float
    uncertainty: float

    @property
    def shown(self) -> bool:
        """Whether any figure of the group is shown at all."""
        return bool(self.chances)


@dataclass(frozen=True)
class Plan:
    """A planned evaluation and its outlooks: with everybody, then with people who leave.

    ``changes`` are the true changes asked about and ``minimal`` the smallest that matters, in points of the scale;
    ``sd_of_change`` is known or assumed (``basis``); ``false_one`` and ``false_any`` are the chances that, where
    nothing has changed, the comparison of first and last, or any comparison with the first, at least suggests an
    increase (NaN where nothing is shown).
    """

    people: int
    waves: int
    scale: Scale
    chance: float
    sd_of_change: float
    basis: str
    minimal: float
    changes: dict[str, float]
    outlooks: tuple[Outlook, ...]
    false_one: float
    false_any: float


def plan_evaluation(people: int, waves: int, scale: str, language: str) -> Plan:
    """Work out what an evaluation can show.

    Parameters
    ----------
    people, waves : int
        People in the group, and how many times they answer.
    scale : str
        A shipped scale's id, or that of an instrument with a single scale.
    language : str
        Language of what is told if something is wrong.

    Returns
    -------
    Plan
        Its chances hold for normal changes of everybody with the spread that is known or assumed of the scale.

    Raises
    ------
    FolderError
        Telling everything that is wrong: an unknown scale, fewer than two people or waves, or more than a
        group has.

    Examples
    --------
    >>> plan = plan_evaluation(7, 3, "job_satisfaction", "sv")
    >>> round(plan.outlooks[0].smallest, 1), [outlook.people for outlook in plan.outlooks]
    (1.3, [7, 6, 5])
    """
    known = _scales()
    _refuse(people, waves, scale, known, language)
    asked, chosen = _asked(), known[scale]
    minimal, (spread, basis) = chosen.minimal_change.value, reference_spread(chosen)
    changes = {name: times * minimal for name, times in asked["changes"].items()}
    left = [people - gone for gone in asked["leavers"] if people - gone >= 1]
    outlooks = tuple(_outlook(n, chosen, spread, minimal, changes, asked["chance"]) for n in left)
    one, some = _false_alarms(people, waves, asked) if outlooks[0].shown else (math.nan, math.nan)
    return Plan(people, waves, chosen, asked["chance"], spread, basis, minimal, changes, outlooks, one, some)


@lru_cache
def _asked() -> dict[str, Any]:
    return tomllib.loads((files("evaltools") / "plan.toml").read_text("utf-8"))


def _scales() -> dict[str, Scale]:
    """Scales by what they may be called: their own id, or their instrument's where it has no other."""
    instruments = shipped_instruments().values()
    alone = {instrument.id: instrument.scales[0] for instrument in instruments if len(instrument.scales) == 1}
    return alone | {scale.id: scale for instrument in instruments for scale in instrument.scales}


def _refuse(people: int, waves: int, scale: str, known: dict[str, Scale], language: str) -> None:
    problems = Problems()
    if scale not in known:
        problems.add("plan_scale_unknown", it=scale, allowed=", ".join(sorted({each.id for each in known.values()})))
    if people < 2:
        problems.add("plan_too_few_people", n=people)
    if people > limits()["plan_people"]:
        problems.add("plan_too_many_people", n=people, most=limits()["plan_people"])
    if waves < 2:
        problems.add("plan_too_few_waves", n=waves)
    if waves > limits()["plan_waves"]:
        problems.add("plan_too_many_waves", n=waves, most=limits()["plan_waves"])
    problems.raise_if_any(language)


def _outlook(n: int, scale: Scale, spread: float, minimal: float, changes: dict[str, float], chance: float) -> Outlook:
    if n < limits()["group_figure"]:
        return Outlook(n, math.nan, math.nan, {}, math.nan, math.nan)
    step = scale.step / n
    smallest = smallest_shown_change(n, spread, minimal, chance=chance, step=step)
    chances = {name: verdict_chances(change, spread, n, minimal, step=step) for name, change in changes.items()}
    return Outlook(n, float(smallest.value), float(expected_half_width(n, spread).value), chances, *_released(n, scale))


def _released(n: int, scale: Scale) -> tuple[float, float]:
    """The smallest difference that the commissioner's report calls an increase, and the uncertainty beside it."""
    policy, (low, high) = policies()["standard"], scale.score_range
    if n < policy.smallest_panel or scale.item_count <= policy.bands_up_to_items:
        return math.nan, math.nan
    none = Shown("value", "0.0", "0.0")
    for tenths in range(1, math.floor((high - low) * 10) + 1):
        rise = f"{tenths / 10:.1f}"
        told = read_change(none, Shown("value", rise, rise), n, scale)
        if told["verdict"] == "increase":
            return tenths / 10, float(told["uncertainty"])
    return math.nan, math.nan


def _false_alarms(people: int, waves: int, asked: dict[str, Any]) -> tuple[float, float]:
    """Chances that one comparison, or any of all with the first wave, suggests an increase where there is none.

    One is known: half of what the interval that suggests leaves out. The comparisons share the first wave and the
    people, so for any of them groups are simulated, a few at a time to spare memory. Neither depends on the
    spread, or on how strongly the waves go together as long as that is the same for all.
    """
    one = (1 - verdict_rule().likely) / 2
    if waves == 2:
        return one, one
    draw = np.random.default_rng(asked["seed"])
    limit = special.stdtrit(people - 1, 1 - one) / math.sqrt(people)
    at_once, alarms = max(1, 2_000_000 // (people * waves)), 0
    for start in range(0, asked["groups"], at_once):
        scores = draw.standard_normal((min(at_once, asked["groups"] - start), waves, people))
        changes = scores[:, 1:] - scores[:, :1]
        alarms += int((changes.mean(axis=-1) > limit * changes.std(axis=-1, ddof=1)).any(axis=-1).sum())
    return one, alarms / asked["groups"]
