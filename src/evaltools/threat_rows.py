"""Rows about what can make a change look other than it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from evaltools.cells import Cells, Row, cell_rows, of_members
from evaltools.facts import Facts
from evaltools.instruments import Scale
from evaltools.statistics import change, threats
from evaltools.statistics.estimate import Array


def threat_rows(values: Array, cells: Cells, waves: list[str], scale: Scale) -> Iterator[Row]:
    """What can make a change look other than it is: ends of the scale, regression to the mean, people who left."""
    answered = np.flatnonzero(np.isfinite(values).any(axis=1))
    if not len(answered):
        return
    first, *later = answered.tolist()
    before, measured = of_members(values[first], cells), cells.member & np.isfinite(values[first])
    known = scale.retest_reference
    mean, retest, basis = (known.mean, known.reliability, known.name) if known else (np.nan, np.nan, "")
    figures = (*threats.at_the_ends(before, *scale.score_range, scale.step),
               threats.regression_to_the_mean(before, mean, retest, basis=basis))  # fmt: skip
    yield from cell_rows(figures, cells, measured, scale, waves[first])
    for wave in later:
        after, again = of_members(values[wave], cells), np.isfinite(values[wave])
        where = (scale, waves[first], waves[wave])
        yield from cell_rows((threats.dropouts(before, after),), cells, measured, *where)
        gone = cell_rows((threats.baseline_of_dropouts(before, after),), cells, measured & ~again, *where)
        yield from (row for row in gone if row["n"])  # where nobody left, there is nobody to tell of
        yield from cell_rows(threats.change_with_dropouts(before, after), cells, measured & again, *where)


def then_test_rows(values: Array, cells: Cells, facts: Facts, scale: Scale) -> Iterator[Row]:
    """Change from each then-test to the wave beside it, and how the then-test differs from the first wave."""
    at = {wave: row for row, wave in enumerate([*facts.waves, *facts.then_tests])}
    answered = [wave for wave in facts.waves if np.isfinite(values[at[wave]]).any()]
    for then, (_, end) in facts.then_tests.items():
        compared = [("then_test_change", then, end)]
        if answered and answered[0] != end:
            compared.append(("response_shift", answered[0], then))
        for measure, first, second in compared:
            before, after = (of_members(values[at[wave]], cells) for wave in (first, second))
            figure = replace(change.mean_change(before, after), measure=measure)
            measured = np.isfinite(before) & np.isfinite(after)
            yield from cell_rows((figure,), cells, measured, scale, first, second)
