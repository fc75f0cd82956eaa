"""Rows about the change of the people measured at two waves, and what belongs to the change from the first wave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from evaltools.cells import Cells, Row, cell_rows, of_members
from evaltools.facts import Facts
from evaltools.instruments import Scale
from evaltools.policy import reference_spread
from evaltools.statistics import change
from evaltools.statistics.clinical_significance import class_shares, reliable_classes
from evaltools.statistics.estimate import Array, Estimate, complete_pairs, estimate, mean_and_sd, without_interval
from evaltools.statistics.multiplicity import holm
from evaltools.statistics.precision import smallest_detectable_change
from evaltools.statistics.rank_change import hodges_lehmann
from evaltools.statistics.reliable_change_indices import reliable_change_index
from evaltools.statistics.sign_flip import sign_flip
from evaltools.statistics.standardised_change import d_av, d_rm, d_z, g_z
from evaltools.statistics.superiority import probability_of_superiority, rank_biserial, share_risen

_RELIABLY = float(special.ndtri(0.975))
_CLASSES = ("share_improved", "share_unchanged", "share_deteriorated", "share_not_measurable")
_TESTS = ("p_t_paired", "p_sign_flip")


def change_rows(
    values: Array, linked: NDArray[np.bool_], cells: Cells, waves: list[str], scale: Scale
) -> Iterator[Row]:  # fmt: skip
    """Change of the people measured at both waves, for every pair of waves; more of it from the first wave.

    Parameters
    ----------
    values : ndarray, shape (waves, people)
        Scores; NaN = not measured, or answered without a code.
    linked : ndarray of bool, shape (people,)
        Who has a code: everybody whose change could have been known.
    cells, waves, scale
        The groups, the waves in order, and the scale.
    """
    answered = np.flatnonzero(np.isfinite(values).any(axis=1))
    for first, second in combinations(range(len(waves)), 2):
        before, after = (of_members(values[at], cells) for at in (first, second))
        measured = cells.member & np.isfinite(values[first]) & np.isfinite(values[second])
        figures = _change_figures(before, after)
        if len(answered) and first == answered[0]:
            people = (cells.member & linked).sum(axis=1)
            figures = (*figures, *_companions(before, after), *_classes(before, after, people, scale),
                       _detectable(figures[0].n, scale))  # fmt: skip
        yield from cell_rows(figures, cells, measured, scale, waves[first], waves[second])


def primary_contrast(facts: Facts, scale: Scale, answered: list[str]) -> tuple[str, str]:
    """The two waves whose change, everyone together, is the question: those of the plan, else the first and the last.

    Every other change of the scale is secondary. ("", "") where there are not two waves with answers.
    """
    planned = [wave for wave in facts.compared[scale.id] if wave in answered]
    chosen = planned if len(planned) > 1 else answered
    return (chosen[0], chosen[-1]) if len(chosen) > 1 else ("", "")


def holm_rows(rows: Iterable[Row], primary: tuple[str, str], first: str, several_groups: bool) -> Iterator[Row]:
    """Holm's p of every secondary change from the first wave that is shown; one family a scale and test.

    A change of too few people is no test and does not count; an only group is not counted twice.
    """
    kinds = ("evaluation", "audience", "group") if several_groups else ("evaluation",)
    tests = [row for row in rows if row["measure"] in _TESTS and row["wave"] == first and row["group_by"] in kinds
             and not row["note"] and (row["group_by"] == "group" or (first, row["wave_to"]) != primary)]  # fmt: skip
    for test in _TESTS:
        family = [row for row in tests if row["measure"] == test]
        adjusted = holm([row["value"] for row in family], [row["n"] for row in family])
        for row, value in zip(family, adjusted.value.tolist(), strict=True):
            yield row | {"measure": adjusted.measure, "value": value, "of": float(len(family)), "df": np.nan,
                         "basis": test, "method": adjusted.method}  # fmt: skip


def _change_figures(before: Array, after: Array) -> tuple[Estimate, ...]:
    figures = [change.pairs(before, after), change.mean_change(before, after), *change.t_paired(before, after),
               d_z(before, after), d_av(before, after), change.correlation(before, after)]  # fmt: skip
    n = figures[0].n
    for name, values in zip(("before", "after"), complete_pairs(before, after), strict=True):
        centre, spread = mean_and_sd(values)
        figures.append(estimate(f"mean_{name}", centre, n, "mean of the pairs", note=np.where(n < 1, "too_few", "")))
        figures.append(estimate(f"sd_{name}", spread, n, "standard deviation of the pairs",
                                note=np.where(n < 2, "too_few", "")))  # fmt: skip
    return tuple(figures)


def _companions(before: Array, after: Array) -> tuple[Estimate, ...]:
    """Robust, exact and standardised figures beside the mean change."""
    return (hodges_lehmann(before, after), sign_flip(before, after), g_z(before, after),
            without_interval(d_rm(before, after)),
            share_risen(before, after), probability_of_superiority(before, after),
            rank_biserial(before, after))  # fmt: skip


def _classes(before: Array, after: Array, people: Array, scale: Scale) -> tuple[Estimate, ...]:
    """Who changed by more than measurement error, of everybody; without a published reference nobody can say."""
    method, known = "Jacobson-Truax", scale.reference
    if known is None:
        n, everybody = np.isfinite(complete_pairs(before, after)[0]).sum(axis=-1), np.asarray(people, float)
        nothing = np.full(n.shape, np.nan)
        return tuple(estimate(name, nothing, n, method, of=everybody, note="no_reference") for name in _CLASSES[:3])
    index = reliable_change_index(before, after, known.sd, known.reliability)
    classes = reliable_classes(index, _RELIABLY, "higher" if scale.higher_is_better else "lower")
    shares = class_shares(classes, people, method=method, basis=known.name)
    return tuple(share for share in shares if share.measure in _CLASSES)


def _detectable(n: Array, scale: Scale) -> Estimate:
    """The smallest true change that so many people show in 80 cases of 100, whatever they answered."""
    spread, basis = reference_spread(scale)
    found = [_detected(int(size), spread) for size in n]
    value, df, note = ([getattr(one, name).item() for one in found] for name in ("value", "df", "note"))
    return estimate("smallest_detectable_change", value, n, "paired t, two-sided 5 %, power 80 %", df=df, basis=basis,
                    note=note)  # fmt: skip


@lru_cache(maxsize=1024)
def _detected(n: int, spread: float) -> Estimate:
    return smallest_detectable_change(n, spread)
