"""Models in which all scores of a person are equally alike, fitted by REML to all groups at once.

A person counts by the sums over their waves and by how many waves there are, whichever they are: the likelihood has one
unknown, and groups differ only in a few sums of cross-products.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaltools.statistics.estimate import Array
from evaltools.statistics.fit import Fit, informations, shaped, smallest_spread

Complex = NDArray[np.complex128]

# Where the search begins, as logarithms of how many times more the mean of a person with all waves varies than if
# waves were independent: 0 where people do not differ in level, below 0 where a person's waves are opposed.
_GRID = (-16, -10, -6, -4, -2.6, -1.6, -0.8, -0.3, 0, 0.3, 0.8, 1.6, 2.6, 4, 6, 10, 16, 32)
_IMAGINARY = 1e-20
_STEPS = 60
_FOUND = 1e-7
_NOTHING = 1e-12  # of a column's squares, or of the scores': less is rounding
_ALMOST = 1e-14  # of what is between people, where only what is within them counts
_NO_LEVELS = 1e-8
_POWERS = np.array([[2.0, 1.0], [1.0, 0.0]])


def fit_random_intercept(scores: ArrayLike, design: ArrayLike) -> Fit:
    """Fit by REML: y ~ design + (1 | person).

    Parameters
    ----------
    scores : array_like, shape (..., n_waves, n_people)
        NaN = not measured; a person counts with the waves that there are. Leading axes are groups.
    design : array_like, shape (n_waves, p) or (n_people, n_waves, p)
        Columns of the fixed part.

    Returns
    -------
    Fit
        ``theta``: variance between people, residual variance. Where the first is estimated as 0 it is dropped and
        ``singular`` says so, as it does where no person's waves tell the two apart.

    Raises
    ------
    ValueError
        If the measured scores of a group do not determine every coefficient of the design.

    References
    ----------
    Laird & Ware (1982). Random-effects models for longitudinal data. Biometrics, 38(4), 963-974.

    Examples
    --------
    >>> design = [[1.0, 0.0], [1.0, 1.0]]
    >>> fit_random_intercept([[1, 2, 3, 4], [2, 2, 5, 5]], design).beta.round(6).tolist()
    [2.5, 1.0]
    """
    return _fit(np.asarray(scores, float), np.asarray(design, float), opposed=False)


def fit_compound_symmetry(scores: ArrayLike, design: ArrayLike) -> Fit:
    """Fit by REML a model with one variance at all waves and one covariance of any two, which may be negative.

    Parameters
    ----------
    scores, design
        As in `fit_random_intercept`.

    Returns
    -------
    Fit
        ``theta``: covariance of two waves, and what the variance is more than that.

    References
    ----------
    Jennrich & Schluchter (1986). Unbalanced repeated-measures models with structured covariance matrices.
    Biometrics, 42(4), 805-820.

    Examples
    --------
    >>> design = [[1.0, 0.0], [1.0, 1.0]]
    >>> bool(fit_compound_symmetry([[1, 2, 3], [3, 2, 1]], design).singular)  # opposed: nothing lower is possible
    True
    """
    return _fit(np.asarray(scores, float), np.asarray(design, float), opposed=True)


def fit_random_intercept_of_sums(
    seen: ArrayLike, people: ArrayLike, sums: ArrayLike, products: ArrayLike, design: ArrayLike
) -> Fit:
    """The same as `fit_random_intercept` from sums over the people who have the same waves, without their scores.

    Parameters
    ----------
    seen : array_like of bool, shape (k, n_waves)
        Which waves the people of each kind have; one at least.
    people : array_like, shape (k,)
        How many people of each kind there are.
    sums : array_like, shape (k, n_waves)
        Sums of their scores at each wave; 0 at waves that they do not have.
    products : array_like, shape (k, n_waves, n_waves)
        Sums of the products of their scores at two waves.
    design : array_like, shape (n_waves, p)
        Columns of the fixed part.

    Returns
    -------
    Fit
        As `fit_random_intercept`, of all people together.

    Raises
    ------
    ValueError
        If the measured scores do not determine every coefficient of the design.

    Examples
    --------
    >>> found = fit_random_intercept_of_sums([[1, 1]], [4], [[10, 14]], [[[30, 40], [40, 58]]], [[1, 0], [1, 1]])
    >>> found.beta.round(6).tolist()
    [2.5, 1.0]
    """
    return shaped(_fit_of(_added(*(np.asarray(given, float) for given in (seen, people, sums, products, design))),
                          opposed=False), ())  # fmt: skip


@dataclass(frozen=True)
class _Sums:
    """Cross-products of design and scores (q = p + 1 columns, scores last) with groups on the last axis.

    ``sizes`` (j,) are numbers of waves; the first, 0, stands for what is within people. ``products`` (j, q, q, g) are
    those of people's means, times their waves, by their number of waves; ``many`` (j, g) how many there are.
    ``ordinary`` (g, p) is the least-squares fit, which has been taken away from the scores; ``least`` (g,) the spread
    below which there is only rounding.
    """

    sizes: Array
    products: Array
    many: Array
    ordinary: Array
    least: Array
    waves: int

    @property
    def df(self) -> Array:
        """Scores less coefficients."""
        return np.asarray(self.rows - self.ordinary.shape[1], float)

    @property
    def rows(self) -> Array:
        return np.asarray(self.many[0] + self.many[1:].sum(axis=0), float)

    def of(self, groups: NDArray[np.intp]) -> _Sums:
        """Those of some groups only."""
        return _Sums(self.sizes, self.products[..., groups], self.many[:, groups], self.ordinary[groups],
                     self.least[groups], self.waves)  # fmt: skip


def _fit(scores: Array, design: Array, *, opposed: bool) -> Fit:
    """Groups by themselves; ``opposed`` says whether waves of a person may be less alike than those of two people."""
    groups = scores.shape[:-2]
    return shaped(_fit_of(_sums(scores.reshape(prod(groups), *scores.shape[-2:]), design), opposed=opposed), groups)


def _fit_of(sums: _Sums, *, opposed: bool) -> Fit:
    """The fit that belongs to the sums."""
    grid = np.array(_GRID if opposed else [at for at in _GRID if at >= 0], float)
    estimable, exact = _left_within(sums)
    found = np.where(exact, grid[-1], 0.0)
    proper = estimable & ~exact
    found[proper] = _highest(sums.of(np.flatnonzero(proper)), grid)
    edge = proper & (found <= grid[0] + _NO_LEVELS)
    kept = np.stack([proper & ~edge, proper & ~(edge & opposed)], axis=-1)
    fit = _fit_at(sums, np.where(edge, grid[0], found), proper)
    return replace(fit, kept=kept, singular=edge | ~(estimable | exact), exact=exact)


def _sums(scores: Array, design: Array) -> _Sums:
    """The sums that the likelihood is made of, from scores (g, waves, people)."""
    by_person = scores.swapaxes(1, 2)
    seen = np.isfinite(by_person)
    table = np.concatenate([np.broadcast_to(design, (*seen.shape, design.shape[-1])), by_person[..., None]], axis=-1)
    table = np.where(seen[..., None], table, 0.0)  # (g, people, waves, q)
    ordinary = _least_squares(table.reshape(len(table), -1, table.shape[-1]))
    table[..., -1] -= (table[..., :-1] @ ordinary[:, None, :, None])[..., 0]
    size = seen.sum(axis=-1)
    means = table.sum(axis=-2) / np.maximum(size, 1)[..., None]
    within = np.where(seen[..., None], table - means[..., None, :], 0.0).reshape(len(table), -1, table.shape[-1])
    sizes = np.unique(size[size > 0])
    people = [means * (np.sqrt(size) * (size == own))[..., None] for own in sizes]
    products = np.stack([part.swapaxes(1, 2) @ part for part in (within, *people)])
    many = np.stack([(size - (size > 0)).sum(axis=1), *((size == own).sum(axis=1) for own in sizes)])
    return _Sums(np.append(0.0, sizes), np.moveaxis(products, 1, -1).copy(), many.astype(float), ordinary,
                 smallest_spread(scores), by_person.shape[2])  # fmt: skip


def _added(seen: Array, people: Array, sums: Array, products: Array, design: Array) -> _Sums:
    """The same sums of one group, from sums over the people who have the same waves."""
    size = seen.sum(axis=1)
    by_wave = seen[..., None] * design
    turned, many = by_wave.swapaxes(1, 2), people[:, None, None]
    both = (turned @ sums[..., None])[..., 0]
    whole = _with_scores(many * turned @ by_wave, both, products.trace(axis1=1, axis2=2))
    level = by_wave.sum(axis=1)
    squares = many * level[:, :, None] * level[:, None, :]
    between = _with_scores(squares, level * sums.sum(axis=1)[:, None], products.sum(axis=(1, 2)))
    between /= size[:, None, None]
    ordinary = _solved(whole.sum(axis=0)[None])
    less = np.eye(whole.shape[1])
    less[:-1, -1] = -ordinary[0]
    sizes = np.unique(size)
    parts = [(whole - between).sum(axis=0), *(between[size == own].sum(axis=0) for own in sizes)]
    counts = [(people * (size - 1)).sum(), *(people[size == own].sum() for own in sizes)]
    largest = np.sqrt(products.diagonal(axis1=1, axis2=2).max(initial=0.0))
    return _Sums(np.append(0.0, sizes), (less.T @ np.stack(parts) @ less)[..., None], np.array(counts)[:, None],
                 ordinary, smallest_spread(np.full((1, 1, 1), largest)), seen.shape[1])  # fmt: skip


def _with_scores(design: Array, both: Array, scores: Array) -> Array:
    """Cross-products of the design with those of the scores as one more column."""
    beside = np.concatenate([design, both[:, None, :]], axis=1)
    return np.concatenate([beside, np.append(both, scores[:, None], axis=1)[..., None]], axis=2)


def _least_squares(table: Array) -> Array:
    """Coefficients as if all scores were independent, shape (g, p)."""
    return _solved(table.swapaxes(1, 2) @ table)


def _solved(squares: Array) -> Array:
    """The same from the cross-products, scores last."""
    scale = np.sqrt(np.diagonal(squares, axis1=1, axis2=2)[:, :-1, None])
    scale = np.where(scale > 0, scale, 1.0)
    inner = squares[:, :-1, :-1] / (scale * scale.swapaxes(1, 2))
    if (np.linalg.eigvalsh(inner)[:, 0] < _NOTHING).any():
        raise ValueError("the measured scores do not determine every coefficient of the design")
    return np.asarray((np.linalg.solve(inner, squares[:, :-1, -1:] / scale) / scale)[..., 0], float)


def _eliminated(rows: list[Array | Complex]) -> tuple[Array | Complex, Array | Complex]:
    """Gauss: the pivot of each column of the design, and the squares of the scores that are left, for each group.

    ``rows`` hold a symmetric matrix from its diagonal on: shapes (q, g), (q - 1, g) ... (1, g).
    """
    for at in range(len(rows) - 1):
        pivoted = rows[at]
        for below in range(1, len(pivoted)):
            rows[at + below] = rows[at + below] - pivoted[below:] * (pivoted[below] / pivoted[0])
    return np.stack([row[0] for row in rows[:-1]]), rows[-1][0]


def _weighted(sums: _Sums, ratios: Array | Complex) -> list[Array | Complex]:
    """Cross-products under a ratio for each number of waves, row by row from the diagonal on."""
    shrunk = 1 / ratios[1:, None]
    return [sums.products[0, row, row:] + (sums.products[1:, row, row:] * shrunk).sum(axis=0)
            for row in range(sums.products.shape[1])]  # fmt: skip


def _left_within(sums: _Sums) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether waves of a person tell the two variances apart, and whether those leave no residual."""
    whole = sums.products.sum(axis=0)
    columns = range(len(whole) - 1)
    pivots, squares = _eliminated(_weighted(sums, np.full(sums.many.shape, 1 / _ALMOST)))
    df = sums.many[0] - (pivots > _NOTHING * whole[columns, columns]).sum(axis=0)
    alike = squares <= np.maximum(df * sums.least**2, _NOTHING * whole[-1, -1])
    nothing = whole[-1, -1] <= sums.df * sums.least**2
    return df >= 1, ((df >= 1) & alike) | nothing


def _profile(sums: _Sums, at: Array | Complex) -> Array | Complex:
    """The restricted log-likelihood, constants apart, with the overall variance at its best."""
    ratios = 1 + sums.sizes[:, None] * np.expm1(at) / sums.waves
    pivots, squares = _eliminated(_weighted(sums, ratios))
    logdet = (sums.many * np.log(ratios)).sum(axis=0) + np.log(pivots).sum(axis=0)
    height: Array | Complex = -(sums.df * np.log(squares) + logdet) / 2
    return height


def _slope(sums: _Sums, at: Array) -> Array:
    """The profile's slope, exact by a step in an imaginary direction."""
    slope: Array = _profile(sums, np.asarray(at + _IMAGINARY * 1j, complex)).imag / _IMAGINARY
    return slope


def _highest(sums: _Sums, grid: Array) -> Array:
    """Where each group's profile is highest: the best point of the grid, and from there to where the slope is 0."""
    groups = sums.many.shape[1]
    best = np.stack([_profile(sums, np.full(groups, at)) for at in grid]).argmax(axis=0)
    found = np.asarray(grid[best], float)
    slope = _slope(sums, found)
    beside = np.clip(best + np.where(slope > 0, 1, -1), 0, len(grid) - 1)
    inside = np.flatnonzero(beside != best)
    if inside.size:
        own, ends = sums.of(inside), np.stack([found[inside], grid[beside[inside]]])
        slopes = np.stack([slope[inside], _slope(own, ends[1])])
        order = ends.argsort(axis=0)
        ends, slopes = np.take_along_axis(ends, order, axis=0), np.take_along_axis(slopes, order, axis=0)
        found[inside] = _turning_point(lambda at: _slope(own, at), ends, slopes)
    return found


def _turning_point(slope: Callable[[Array], Array], ends: Array, slopes: Array) -> Array:
    """Where slopes that rise at the low end have turned to fall: false position (Anderson & Björck 1973)."""
    (low, high), (at_low, at_high) = ends, slopes
    last, before, done = low, np.zeros(low.shape), np.zeros(low.shape, bool)
    for _ in range(_STEPS):
        bracket = (at_low > 0) & (at_high <= 0)
        share = np.where(bracket, at_low / np.where(bracket, at_low - at_high, 1.0), 0.5)
        found = np.where(done, last, low + share * (high - low))  # so that a group does not depend on the others
        at_found = slope(found)
        rising = at_found > 0
        end = np.where(rising, at_low, at_high)
        less = 1 - at_found / np.where(end == 0, np.inf, end)
        same = np.where(rising, before > 0, before < 0)
        held = np.where(same, np.where(less > 0, less, 0.5), 1.0)  # the end that stays twice counts less
        low, at_low = np.where(rising, found, low), np.where(rising, at_found, at_low * held)
        high, at_high = np.where(rising, high, found), np.where(rising, at_high * held, at_found)
        done |= np.abs(found - last) < _FOUND
        if done.all():
            break
        last, before = found, np.where(rising, 1.0, -1.0)
    return np.asarray(found, float)


def _fit_at(sums: _Sums, at: Array, proper: NDArray[np.bool_]) -> Fit:
    """The models at given points of the profile; where there is nothing proper, only the coefficients stand."""
    gamma = np.expm1(at) / sums.waves
    products = sums.products.transpose(3, 0, 1, 2).copy()
    many, ratios = sums.many.T, 1 + sums.sizes * gamma[:, None]
    matrix = (products / ratios[..., None, None]).sum(axis=1)
    unit = np.linalg.inv(matrix[:, :-1, :-1])
    beta = (unit @ matrix[:, :-1, -1:])[..., 0]
    solution = np.append(-beta, np.ones((len(beta), 1)), axis=1)
    squares = (solution[:, None] @ matrix @ solution[..., None])[:, 0, 0]
    residual = np.where(proper, squares / np.where(proper, sums.df, np.nan), np.nan)
    each = residual[:, None] * ratios  # variance of people's means times their waves, by number of waves
    weights = sums.sizes[:, None, None] ** _POWERS  # (j, 2, 2): of second derivatives
    cross = np.einsum("gj,jk,gjqr->gkqr", each**-2, weights[:, 1], products)
    second = np.einsum("gj,jkl,gjqr->gklqr", each**-3, weights, products)
    traces = np.einsum("gj,gj,jkl->gkl", many, each**-2, weights)
    variance = unit * residual[:, None, None]
    expected, observed = informations(cross, second, traces, variance, solution)
    loglik = -(sums.df * (np.log(2 * np.pi * residual) + 1) + (many * np.log(ratios)).sum(axis=1)
               - np.linalg.slogdet(unit)[1]) / 2  # fmt: skip
    theta = np.stack([gamma * residual, residual], axis=1)
    alike, own = np.ones((sums.waves, sums.waves)), np.eye(sums.waves)
    return Fit(theta, sums.ordinary + beta, variance, loglik, cross[..., :-1, :-1], second[..., :-1, :-1], expected,
               observed, np.ones(theta.shape, bool), ~proper, ~proper, sums.rows,
               theta[:, :1, None] * alike + theta[:, 1:, None] * own)  # fmt: skip
