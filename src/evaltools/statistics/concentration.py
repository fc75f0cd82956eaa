"""How unevenly something is spread over people."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaltools.statistics.estimate import Estimate, cell_rows, estimate


def gini(measure: str, amounts: ArrayLike) -> Estimate:
    r"""Gini's coefficient: 0 where everybody has as much, 1 where one person has everything.

    Parameters
    ----------
    measure : str
        Key into ``measures.toml``.
    amounts : array_like, shape (..., n_people)
        How much each person has, 0 or more; NaN for a person who does not count.

    Returns
    -------
    Estimate
        Between 0 and 1; ``n`` counts people, ``of`` the sum of what they have. NaN with note ``"too_few"`` below two
        people, and where nobody has anything.

    Notes
    -----
    :math:`\sum_{i<j} |x_i - x_j| \,/\, ((n - 1) \sum x_i)`: the mean difference between two people as a share of twice
    the mean. Divided by n - 1 and not by n, so that groups of different sizes can be compared and 1 can be
    reached in a small one [1]_.

    References
    ----------
    .. [1] Deltas (2003). The small-sample bias of the Gini coefficient. Review of Economics and Statistics, 85(1),
       226-234.

    Examples
    --------
    >>> float(gini("owner_gini", [4, 4, 4]).value), float(gini("owner_gini", [0, 0, 6]).value)
    (0.0, 1.0)
    """
    x = np.asarray(amounts, float)
    if (x < 0).any():
        raise ValueError("amounts must be 0 or more")
    shape, cells = x.shape[:-1], [row[np.isfinite(row)] for row in cell_rows(x)]
    n = np.array([len(row) for row in cells], float)
    total = np.array([row.sum() for row in cells])
    apart = np.array([np.abs(row[:, None] - row).sum() / 2 for row in cells])
    some = (n > 1) & (total > 0)
    value = apart / np.where(some, (n - 1) * total, np.nan)
    fields = (field.reshape(shape) for field in (value, n, total, np.where(some, "", "too_few")))
    found, people, of, note = fields
    return estimate(measure, found, people, "Gini, corrected for few people", of=of, note=note)
