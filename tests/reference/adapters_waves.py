"""Golden cases of change over waves: each case's input to our functions, the answers in the shape of `expected`."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import optimize, special

from evaltools.statistics import covariance
from evaltools.statistics.blocks import blocks
from evaltools.statistics.cluster_robust import KINDS, cluster_robust
from evaltools.statistics.estimate import Array, Estimate
from evaltools.statistics.fit import Fit
from evaltools.statistics.friedman import friedman, kendall_w
from evaltools.statistics.imputation import pool_imputations, rubin_variance
from evaltools.statistics.marginal_models import fit_marginal
from evaltools.statistics.mixed_models import (
    fit_random_slope,
    fit_three_level,
    trend_design,
    wave_design,
)
from evaltools.statistics.model_changes import mixed_mean, wave_effect
from evaltools.statistics.multiplicity import benjamini_hochberg, holm
from evaltools.statistics.random_intercept import fit_random_intercept
from evaltools.statistics.reml import fit_at, loglik_and_slopes
from evaltools.statistics.shrunken_groups import fit_groups, overall_change, shrunken_change
from evaltools.statistics.small_sample import (
    Approximation,
    contrast_estimates,
    kenward_roger,
    kenward_roger_linear,
    satterthwaite,
    t_estimates,
)

Case = dict[str, Any]
STRUCTURES = {"cs": "compound_symmetry", "ar1": "autoregressive", "us": "unstructured"}


def mixed(case: Case, folder: Path) -> Case:
    table = Table(case, folder)
    linear = case["method"].endswith("linear")
    design = trend_design(table.waves) if linear else wave_design(len(table.waves))
    if case["method"].startswith("lmm_three"):
        fit = fit_three_level(table.scores, design, table.groups)
    elif case["method"].startswith("lmm_rs"):
        fit = fit_random_slope(table.scores, table.waves)
    else:
        fit = fit_random_intercept(table.scores, design)
    found = table.counts() | {
        "singular": fit.singular,
        "reml_loglik": fit.loglik,
        "residual_sd": float(np.sqrt(fit.theta[-1])),
        "varcomp": components(case, fit),
        "fixed": coefficients(["intercept", "wave"] if linear else table.names(), fit,
                              {"satterthwaite": satterthwaite, "kenward_roger": kenward_roger}),
    }  # fmt: skip
    if linear or fit.singular:
        return found
    groups = table.groups if case["method"].startswith("lmm_three") else None
    effects = {name: wave_effect(table.scores, groups, degrees=name) for name in ("satterthwaite", "kenward_roger")}
    means = mixed_mean(table.scores, groups)
    return found | {
        "omnibus": {"term": "wave", **{
            name: {"F": float(f.value), "ndf": len(table.waves) - 1, "ddf": float(f.df), "p": float(p.value)}
            for name, (f, p) in effects.items()
        }},
        "wave_means_kr": [
            {"wave": label(wave), "mean": means.value[at], "df": means.df[at], "ci95": [means.low[at], means.high[at]],
             "se": (means.high[at] - means.low[at]) / 2 / special.stdtrit(means.df[at], 0.975)}
            for at, wave in enumerate(table.waves)
        ],
    }  # fmt: skip


def components(case: Case, fit: Fit) -> list[Case]:
    theta = fit.theta.tolist()
    if case["method"].startswith("lmm_three"):
        theta = [theta[1], theta[0], theta[2]]
    if case["method"].startswith("lmm_rs"):
        theta = [theta[0], theta[2], theta[1], theta[3]]
    found: list[Case] = [{"vcov": value, "sdcor": float(np.sqrt(abs(value)))} for value in theta]
    if case["method"].startswith("lmm_rs"):
        both = float(np.sqrt(theta[0] * theta[1]))
        found[2]["sdcor"] = theta[2] / both if both > 0 else np.nan
    return found


def marginal(case: Case, folder: Path) -> Case:
    table = Table(case, folder)
    structure = STRUCTURES[case["method"].partition("_")[2]]
    fit = fit_marginal(table.scores, wave_design(len(table.waves)), structure)
    if case["method"] == "mmrm_us" and not fit.exact:
        reached = fit_where_mmrm_stops(table.scores)
        # at an edge ours has no proper fit and evaltools gives the paired t instead; mmrm goes on
        assert fit.singular or fit.loglik >= reached.loglik - 1e-9, "the search must come at least as far as mmrm's"
        fit = reached
    found = table.counts() | {"reml_loglik": fit.loglik, "covariance": fit.matrix.tolist()}
    if case["method"].startswith("mmrm"):
        methods = {"satterthwaite": satterthwaite, "kenward_roger_linear": kenward_roger_linear}
        return found | {"fixed": coefficients(table.names(), fit, methods)}
    found |= {"residual_df": fit.rows - len(fit.beta), "fixed": coefficients(table.names(), fit, {})}
    if structure == "unstructured":  # nlme's sigma is that of whichever wave stands first in its file
        return found
    return found | {"sigma": float(np.sqrt(fit.matrix[0, 0]))}


def fit_where_mmrm_stops(scores: Array) -> Fit:
    """Our fit at the covariance at which mmrm stops its search for an unstructured matrix.

    mmrm 0.3.18 hands the log-Cholesky factor, from 0, to R's optim with L-BFGS-B, which ends when a step gains less
    than 2e-9 of the log-likelihood. evaltools itself uses the maximum: that is a test of its own in `test_golden`
    (never below mmrm's, the same as nlme's). On small data the likelihood is so flat there that the covariance is still
    up to 4e-3 away from the maximum, more than the golden tolerance; nlme and our own search go on to the maximum and
    agree with each other (the `gls_us` cases). Likelihood, tests and degrees of freedom are therefore compared at
    the same covariance.
    """
    by_person, waves = scores.T, len(scores)
    data = blocks(by_person, np.broadcast_to(wave_design(waves), (*by_person.shape, waves)))
    structure = covariance.unstructured(np.eye(waves))
    rows, columns = np.tril_indices(waves)
    below = np.tril_indices(waves, -1)

    def factor(free: Array) -> Array:
        lower = np.eye(waves)
        lower[below] = free[waves:]
        return np.exp(free[:waves])[:, None] * lower

    def cost(free: Array) -> tuple[float, Array]:
        root = factor(free)
        slopes = np.zeros((waves, waves))
        loglik, slopes[rows, columns] = loglik_and_slopes(data, structure, (root @ root.T)[rows, columns])
        moved = (slopes + slopes.T) @ root
        gradient = np.concatenate([(moved * root).sum(axis=1), (np.exp(free[:waves])[:, None] * moved)[below]])
        return -loglik, -gradient

    start = np.zeros(waves * (waves + 1) // 2)
    with np.errstate(over="ignore", invalid="ignore"):  # a long first step
        found = optimize.minimize(cost, start, jac=True, method="L-BFGS-B",
                                  options={"maxcor": 5, "ftol": 1e7 * np.finfo(float).eps, "gtol": 0})  # fmt: skip
    reached = factor(found.x)
    return fit_at(data, structure, (reached @ reached.T)[rows, columns])


def coefficients(names: list[str], fit: Fit, methods: dict[str, Callable[[Fit], Approximation]]) -> Case:
    error = np.sqrt(np.diag(fit.variance))
    found: Case = {
        name: {"estimate": fit.beta[at], "se": error[at], "t": fit.beta[at] / error[at]}
        for at, name in enumerate(names)
    }
    for method, approximate in methods.items():
        if fit.singular:
            continue
        approximation = approximate(fit)
        values, p = contrast_estimates("mixed_change", approximation, np.eye(len(names)), 0, 0.95)
        adjusted = np.sqrt(np.diag(approximation.covariance))
        for at, name in enumerate(names):
            found[name][method] = tested(values, p, at) | {"se": adjusted[at], "t": fit.beta[at] / adjusted[at]}
    return found


def tested(values: Estimate, p: Estimate, at: int) -> Case:
    return {"df": values.df[at], "p": p.value[at], "ci95": [values.low[at], values.high[at]]}


def sas(case: Case, folder: Path) -> Case:
    table = Table(case, folder)
    columns = {"arm_TRT": ("arm", "TRT"), "sex_Female": ("sex", "Female")}
    names = ["intercept", *(name for name, (column, _) in columns.items() if column in case["params"]["formula"])]
    design = np.ones((len(table.people), len(table.waves), len(names)))
    for at, name in enumerate(names[1:], start=1):
        column, word = columns[name]
        design[:, :, at] = [[float(table.of(person, column) == word)] for person in table.people]
    fit = fit_marginal(table.scores, design, "unstructured")
    found: Case = {"n_obs": fit.rows, "minus2_reml_loglik": -2 * fit.loglik, "covariance": fit.matrix.tolist()}
    fixed = coefficients(names, fit, {"satterthwaite": satterthwaite, "kenward_roger_linear": kenward_roger_linear})
    for name, own in fixed.items():
        found[name] = own | {"df_rounded": own["satterthwaite"]["df"]} | {
            key: own["satterthwaite"][key] for key in ("p", "ci95")
        }  # fmt: skip
    return found


def robust(case: Case, folder: Path) -> Case:
    table = Table(case, folder)
    seen = np.isfinite(table.scores)
    wave, person = np.nonzero(seen)
    linear = "factor" not in case["params"]["formula"]
    design = trend_design(table.waves) if linear else wave_design(len(table.waves))
    people = np.array(table.people)
    clusters = people if case["params"]["cluster"] == case["input"]["id"] else np.array(table.clusters)
    found: Case = {"n_obs": int(seen.sum()), "n_clusters": len(set(clusters[person]))}
    names = ["intercept", "wave"] if linear else table.names()
    for kind in KINDS:
        beta, error, df = cluster_robust(table.scores[seen], design[wave], clusters[person], kind)
        ci, p = t_estimates("cluster_robust_change", (beta, error, df), 0, kind, 0.95, "")
        found[kind] = {
            name: {
                "estimate": beta[at],
                "se": error[at],
                "t": beta[at] / error[at],
                "df_satterthwaite": df[at],
                "p_satterthwaite": p.value[at],
                "ci95": [ci.low[at], ci.high[at]],
            }
            for at, name in enumerate(names)
        }
    return found


def rubin(case: Case, _: Path) -> Case:
    own = case["input"]
    complete = float(str(own["n"]).lower()) - own["k"]
    pooled, p, missing = pool_imputations("mean_change", own["estimates"], own["variances"], complete, np.nan)
    within, between, total = rubin_variance(own["estimates"], own["variances"])
    return {
        "m": len(own["estimates"]), "qbar": float(pooled.value), "ubar": within, "b": between, "t_var": total,
        "df": float(pooled.df), "r": (total - within) / within, "fmi": float(missing.value),
        "ci95": [float(pooled.low), float(pooled.high)], "p": float(p.value),
    }  # fmt: skip


def ranks(case: Case, _: Path) -> Case:
    rows = np.array([[np.nan if value is None else value for value in row] for row in case["input"]["rows"]], float)
    chi2, p = friedman(rows.T)
    found = {"n_complete": float(chi2.n), "k": rows.shape[1], "chi2": float(chi2.value), "df": float(chi2.df),
             "kendall_w": float(kendall_w(rows.T).value)}  # fmt: skip
    name = "p_exact_permutation" if "exact" in p.method else "p_iman_davenport"
    return found | {name: float(p.value)}


def adjusted(case: Case, _: Path) -> Case:
    p = [np.nan if value is None else value for value in case["input"]["p"]]
    return {"holm": holm(p).value.tolist(), "BH": benjamini_hochberg(p).value.tolist()}


def shrunken(case: Case, folder: Path) -> Case:
    own = case["input"]
    rows = [row for row in read(folder / own["file"]) if row[own["value"]] not in ("", "NA")]
    change, groups = np.array([float(row[own["value"]]) for row in rows]), np.array([row[own["group"]] for row in rows])
    fit = fit_groups(change, groups)
    between, within = fit.theta
    names, values = shrunken_change(change, groups)
    found: Case = {
        "n": fit.rows, "n_groups": len(names), "singular": fit.singular, "mean": fit.beta[0],
        "se": float(np.sqrt(fit.variance[0, 0])), "var_group": between, "var_residual": within,
        "icc": between / (between + within), "groups": names, "group_n": values.n.tolist(),
        "raw_group_mean": [change[groups == name].mean() for name in names],
        "shrunken_group_mean": values.value.tolist(),
    }  # fmt: skip
    if fit.singular:
        return found
    adjusted_error = float(np.sqrt(kenward_roger(fit).covariance[0, 0]))
    mean, p = overall_change(change, groups)
    plain, plain_p = contrast_estimates("overall_change", satterthwaite(fit), np.ones(1), fit.rows, 0.95)
    return found | {
        "satterthwaite": {"df": float(plain.df), "p": float(plain_p.value)},
        "kenward_roger": {"se": adjusted_error, "df": float(mean.df), "p": float(p.value)},
    }


class Table:
    """A long file as scores, waves by people."""

    def __init__(self, case: Case, folder: Path) -> None:
        own = case["input"]
        self.rows = read(folder / own["file"])
        self.people = list(dict.fromkeys(row[own["id"]] for row in self.rows))
        self.waves: Array = np.array(sorted({float(row[own["wave"]]) for row in self.rows}))
        self.scores: Array = np.full((len(self.waves), len(self.people)), np.nan)
        self.first = {row[own["id"]]: row for row in reversed(self.rows)}
        at_person = {person: at for at, person in enumerate(self.people)}
        at_wave = {wave: at for at, wave in enumerate(self.waves.tolist())}
        for row in self.rows:
            if row[own["y"]] not in ("", "NA"):
                self.scores[at_wave[float(row[own["wave"]])], at_person[row[own["id"]]]] = float(row[own["y"]])
        self.groups = self.along(own.get("group"))
        self.clusters = self.along(own.get("cluster"))

    def along(self, column: str | None) -> list[str]:
        return [self.of(person, column) for person in self.people] if column else []

    def of(self, person: str, column: str) -> str:
        return self.first[person][column]

    def names(self) -> list[str]:
        return ["intercept", *(f"wave{label(wave)}" for wave in self.waves[1:])]

    def counts(self) -> Case:
        seen = np.isfinite(self.scores)
        return {
            "n_obs": int(seen.sum()), "n_ids": int(seen.any(axis=0).sum()), "waves": self.waves.tolist(),
            "n_per_wave": seen.sum(axis=1).tolist(),
        }  # fmt: skip


def label(wave: float) -> str:
    return f"{wave:g}"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


ADAPTERS: dict[str, Callable[[Case, Path], Case]] = {
    "lmm_ri_categorical": mixed,
    "lmm_ri_linear": mixed,
    "lmm_rs_linear": mixed,
    "lmm_three_level_categorical": mixed,
    "lmm_three_level_linear": mixed,
    "gls_cs": marginal,
    "gls_ar1": marginal,
    "gls_us": marginal,
    "mmrm_cs": marginal,
    "mmrm_ar1": marginal,
    "mmrm_us": marginal,
    "mmrm_sas_documented": sas,
    "cluster_robust": robust,
    "rubin_pooling": rubin,
    "friedman_kendall_w": ranks,
    "p_adjust": adjusted,
    "shrunken_group_change_lmm": shrunken,
}
