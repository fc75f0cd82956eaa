"""How each method of the golden cases is asked of evaltools: charts, single case, pooling, precision.

An adapter takes a case and the folder of the JSON file and gives a dictionary shaped like ``expected``, with the fields
that evaltools offers. Interval and p-value are taken from where they stand; a standard error, which no `Estimate`
holds, is the half width in quantiles.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from evaltools.statistics.estimate import Estimate
from evaltools.statistics.funnel import funnel_limits_mean, funnel_limits_share, funnel_z, overdispersion
from evaltools.statistics.group_changes import pooled_sd, standardised_mean_change
from evaltools.statistics.heterogeneity import cochran_q, i_squared, tau2
from evaltools.statistics.pooling import (
    common_effect,
    empirical_bayes,
    prediction_interval,
    random_effects,
    t_random_effects,
)
from evaltools.statistics.precision import minimal_detectable_dz, n_for_dz, power_paired_t, smallest_exact_p
from evaltools.statistics.run_charts import (
    beyond_limits,
    most_beyond,
    p_chart,
    run_on_one_side,
    runs,
    steady_trend,
    xmr_chart,
)
from evaltools.statistics.single_case import kendall_s, nap, tau_ab, tau_baseline_corrected, tau_u

Case = dict[str, Any]


def _floats(values: list[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], float)


def _ends(found: Estimate) -> list[float]:
    return [float(found.low), float(found.high)]


def _half(found: Estimate) -> float:
    return float(found.high - found.low) / 2


def _places(marks: np.ndarray) -> list[int]:
    return [int(at) + 1 for at in np.flatnonzero(marks)]


def xmr(case: Case, _: Path) -> Case:
    values = _floats(case["input"]["values"])
    chosen = case["input"].get("baseline")
    baseline = None if chosen is None else np.isin(np.arange(len(values)) + 1, chosen)
    chart, moving = xmr_chart(values, baseline=baseline)
    exact, exact_moving = xmr_chart(values, baseline=baseline, constants="exact")
    median, median_moving = xmr_chart(values, baseline=baseline, constants="median")
    centre, sigma = float(chart.value), _half(chart) / 3
    ranges = np.abs(np.diff(values))
    found = {
        "n": len(values), "center": centre,
        "mr_bar": float(moving.value), "ucl_x": float(chart.high), "lcl_x": float(chart.low),
        "ucl_mr": float(moving.high), "ucl_x_exact": float(exact.high), "lcl_x_exact": float(exact.low),
        "ucl_mr_exact": float(exact_moving.high), "median": float(median.value),
        "median_mr": float(median_moving.value), "ucl_x_median": float(median.high),
        "lcl_x_median": float(median.low), "ucl_mr_median": float(median_moving.high),
        "moving_ranges": ranges.tolist(), "rule1_beyond_limits": _places(beyond_limits(values, chart)),
        "mr_beyond_ucl": [at + 1 for at in _places(beyond_limits(ranges, moving))],
        "rule2_run8_one_side": _places(run_on_one_side(values, centre, 8)),
        "rule2_run9_one_side": _places(run_on_one_side(values, centre, 9)),
        "rule3_trend6": _places(steady_trend(values, 6)),
        "rule5_2of3_beyond_2sigma": _places(most_beyond(values, centre, 2 * sigma, 2, 3)),
        "rule6_4of5_beyond_1sigma": _places(most_beyond(values, centre, sigma, 4, 5)),
        "wheeler_3of4_closer_to_limit": _places(most_beyond(values, centre, 1.5 * sigma, 3, 4)),
    }  # fmt: skip
    if baseline is None:
        found["anhoej_mean"] = _anhoej(values, centre)
        found["anhoej_median_run_chart"] = _anhoej(values, float(median.value)) | {"median": float(median.value)}
    return found


def _anhoej(values: np.ndarray, centre: float) -> Case:
    longest, crossings = runs(values, centre)
    return {
        "n_useful": int(longest.n), "longest_run": float(longest.value), "longest_run_max": float(longest.high),
        "n_crossings": float(crossings.value), "n_crossings_min": float(crossings.low),
        "signal": bool(longest.value > longest.high or crossings.value < crossings.low),
    }  # fmt: skip


def p(case: Case, _: Path) -> Case:
    count, of = _floats(case["input"]["x"]), _floats(case["input"]["n"])
    chart = p_chart(count, of)
    return {"center": float(chart.value[0]), "lcl": chart.low.tolist(), "ucl": chart.high.tolist(),
            "beyond_limits": _places(beyond_limits(count / of, chart))}  # fmt: skip


def single_case(case: Case, _: Path) -> Case:
    side = -1 if case["params"]["improvement"] == "decrease" else 1
    a, b = side * _floats(case["input"]["A"]), side * _floats(case["input"]["B"])
    found: Case = {"tau_u": float(tau_u(a, b).value), "S_A_trend": kendall_s(a),
                   "S_AB": round(float(tau_ab(a, b).value) * len(a) * len(b), 9)}  # fmt: skip
    for name, figure in (("nap", nap(a, b)), ("tau", tau_ab(a, b)), ("tau_bc", tau_baseline_corrected(a, b))):
        found[name] = {"est": float(figure.value)}
        # Where B lies wholly above (or below) A, SingleCaseES gives an interval of no width; ours has a width.
        if abs(float(figure.value)) not in ((0, 1) if name == "nap" else (1,)):
            found[name]["ci95"] = _ends(figure)
    return found


def pooled(estimator: str, case: Case, _: Path) -> Case:
    y, v = _floats(case["input"]["yi"]), _floats(case["input"]["vi"])
    mean = random_effects(y, v, estimator=estimator)
    ad_hoc = random_effects(y, v, estimator=estimator, interval="Knapp-Hartung ad hoc")
    wald = random_effects(y, v, estimator=estimator, interval="Wald")
    t, p_kh = t_random_effects(y, v, estimator=estimator)
    between, inconsistency = tau2(y, v, estimator=estimator), i_squared(y, v, estimator=estimator)
    q, p_q = cochran_q(y, v)
    groups = empirical_bayes(y, v, estimator=estimator)
    apart = np.where(y == mean.value, np.inf, y - mean.value)  # where nothing differs, nothing counts
    weight = (groups.value - mean.value) / apart  # how much a group's own change counts
    quantile, normal = stats.t.ppf(0.975, float(mean.df)), stats.norm.ppf(0.975)
    return {
        "k": int(mean.n), "estimate": float(mean.value), "se_kh": _half(mean) / quantile, "t_kh": float(t.value),
        "p_kh": float(p_kh.value), "ci_kh": _ends(mean), "se_wald": _half(wald) / normal,
        "p_wald": float(t_random_effects(y, v, estimator=estimator, interval="Wald")[1].value),
        "ci_wald": _ends(wald), "se_kh_adhoc": _half(ad_hoc) / quantile, "ci_kh_adhoc": _ends(ad_hoc),
        "tau2": float(between.value), "tau": math.sqrt(float(between.value)), "tau2_ci_qprofile": _ends(between),
        "I2": 100 * float(inconsistency.value), "H2": 1 / (1 - float(inconsistency.value)), "Q": float(q.value),
        "p_Q": float(p_q.value), "pi_kh_t_km1": _ends(prediction_interval(y, v, estimator=estimator)),
        "pi_kh_t_km2_hts": _ends(prediction_interval(y, v, estimator=estimator, lost=2)),
        "pi_wald_z": _ends(prediction_interval(y, v, estimator=estimator, interval="Wald")),
        "blup": groups.value.tolist(), "blup_se_kh": ((groups.high - groups.low) / 2 / quantile).tolist(),
        "shrinkage_weight": weight.tolist(),
    }  # fmt: skip


def common(case: Case, _: Path) -> Case:
    y, v = _floats(case["input"]["yi"]), _floats(case["input"]["vi"])
    mean, (q, p_q) = common_effect(y, v), cochran_q(y, v)
    error = _half(mean) / stats.norm.ppf(0.975)
    z = float(mean.value) / error
    return {"estimate": float(mean.value), "se": error, "ci": _ends(mean), "z": z, "p": 2 * stats.norm.sf(abs(z)),
            "Q": float(q.value), "df": float(q.df), "p_Q": float(p_q.value)}  # fmt: skip


def standardised(case: Case, _: Path) -> Case:
    given = case["input"]
    names = ("n", "mean_pre", "mean_post", "sd_pre", "sd_post", "r")
    found: Case = {}
    for short, standardiser in (("MC", "none"), ("SMCC", "change"), ("SMCR", "before")):
        figure, variance = standardised_mean_change(
            *(_floats(given[name]) for name in names), standardiser=standardiser
        )
        found |= {f"{short}_yi": figure.value.tolist(), f"{short}_vi": variance.tolist()}
    return found


def funnel_mean(case: Case, _: Path) -> Case:
    given = case["input"]
    mean, sd, n = (_floats(given[name]) for name in ("mean", "sd", "n"))
    narrow, wide = (funnel_limits_mean(mean, sd, n, level=level) for level in (0.95, 0.998))
    return {
        "target": float(narrow.value[0]), "sd_pooled": float(pooled_sd(sd, n).value),
        "lower95": narrow.low.tolist(), "upper95": narrow.high.tolist(), "lower998": wide.low.tolist(),
        "upper998": wide.high.tolist(), "z": funnel_z(mean, sd, n).value.tolist(),
        "phi": float(overdispersion(mean, sd, n).value), "outside95": _outside(given["labels"], mean, narrow),
        "outside998": _outside(given["labels"], mean, wide),
    }  # fmt: skip


def _outside(labels: list[str], values: np.ndarray, limits: Estimate) -> list[str]:
    return [labels[at - 1] for at in _places(beyond_limits(values, limits))]


def funnel_share(case: Case, _: Path) -> Case:
    given = case["input"]
    x, n = _floats(given["x"]), _floats(given["n"])
    found: Case = {}
    for name, level in (("95", 0.95), ("998", 0.998)):
        for kind, exact in (("normal", False), ("exact", True)):
            limits = funnel_limits_share(x, n, level=level, exact=exact)
            found |= {f"lower{name}_{kind}": limits.low.tolist(), f"upper{name}_{kind}": limits.high.tolist()}
    normal = funnel_limits_share(x, n, exact=False)
    return found | {"p0": float(normal.value[0]), "outside95_normal": _outside(given["labels"], x / n, normal)}


def detectable(case: Case, _: Path) -> Case:
    n, power, alpha = case["input"]["n"], case["params"]["power"], case["params"]["alpha"]
    one_sided = partial(minimal_detectable_dz, n, power=power, sides=1)
    return {
        "d_z": float(minimal_detectable_dz(n, power=power, alpha=alpha).value),
        "d_z_nonstrict": float(one_sided(alpha=alpha / 2).value), "d_z_one_sided": float(one_sided(alpha=alpha).value),
        "min_p_sign_flip": float(smallest_exact_p(n).value),
    }  # fmt: skip


def power_of(case: Case, _: Path) -> Case:
    params = case["params"]
    return {"power": float(power_paired_t(params["d_z"], case["input"]["n"], alpha=params["alpha"]).value)}


def people_needed(case: Case, _: Path) -> Case:
    params = case["params"]
    n = float(n_for_dz(params["d_z"], power=params["power"], alpha=params["alpha"]).value)
    return {"n_real": n, "n_ceiling": math.ceil(n)}


ADAPTERS: dict[str, Callable[[Case, Path], Case]] = {
    "xmr_chart": xmr,
    "p_chart": p,
    "single_case_nonoverlap": single_case,
    "random_effects_REML": partial(pooled, "REML"),
    "random_effects_PM": partial(pooled, "PM"),
    "random_effects_DL": partial(pooled, "DL"),
    "common_effect": common,
    "standardised_mean_change": standardised,
    "funnel_limits_mean": funnel_mean,
    "funnel_limits_proportion": funnel_share,
    "minimal_detectable_dz": detectable,
    "power_paired_t": power_of,
    "n_for_dz": people_needed,
}
