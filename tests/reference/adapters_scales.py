"""Scales, single people, shares and goals: from a golden case to our functions, and back to its fields."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from adapters_paired import Found, ends
from golden import Case, items, table, waves
from scipy import special

from evaltools.statistics import describe
from evaltools.statistics import reliable_change_indices as indices
from evaltools.statistics.agreement import group_icc, intraclass_correlations, intraclass_f, r_wg_j, retest_error
from evaltools.statistics.change import correlation
from evaltools.statistics.clinical_significance import (
    CLASSES,
    class_shares,
    clinical_classes,
    cutoff,
    percentage_change,
    percentage_classes,
    reliable_classes,
)
from evaltools.statistics.clustered_rates import clustered_share, design_effect
from evaltools.statistics.estimate import complete_pairs
from evaltools.statistics.goals import goal_attainment_t
from evaltools.statistics.item_analysis import alpha_without_item, item_rest_correlations
from evaltools.statistics.omega import omega_total, one_factor
from evaltools.statistics.rates import clopper_pearson, fair_coin_p, mcnemar, wilson
from evaltools.statistics.reliability import (
    complete_answers,
    cronbach_alpha,
    minimal_detectable_change,
    standard_error_of_measurement,
    standardised_alpha,
)
from evaltools.statistics.scale_scores import prorated_scores, turned


def turned_items(case: Case, folder: Path) -> np.ndarray:
    known = case["input"]
    return turned(items(case, folder), [known["items"].index(item) for item in known["reverse"]], known["min"],
                  known["max"])  # fmt: skip


def prorated(case: Case, folder: Path) -> Found:
    answers = turned_items(case, folder)
    least = case["params"]["min_valid"]
    score = prorated_scores(answers, least)
    return {
        "n_valid": np.isfinite(answers).sum(axis=0), "mean_score": score,
        "sum_prorated": prorated_scores(answers, least, rule="sum"), "sample_mean": describe.mean(score).value,
        "sample_sd": describe.sd(score).value, "n_scored": describe.people_measured(score).value,
    }  # fmt: skip


def alpha(case: Case, folder: Path) -> Found:
    answers = complete_answers(turned_items(case, folder))
    feldt, bonett = (cronbach_alpha(answers, interval=interval) for interval in ("feldt", "bonett"))
    standardised, r = standardised_alpha(answers)
    mean_sd, sum_sd = describe.sd(answers.mean(axis=0)).value, describe.sd(answers.sum(axis=0)).value
    total = np.broadcast_to(answers.sum(axis=0), answers.shape)
    return {
        "n": feldt.n, "k": len(answers), "alpha_raw": feldt.value, "feldt_ci": ends(feldt), "bonett_ci": ends(bonett),
        "alpha_std": standardised.value, "mean_inter_item_r": r.value,
        "item_total_r": correlation(answers, total).value,
        "item_rest_r": item_rest_correlations(answers).value, "alpha_if_dropped": alpha_without_item(answers).value,
        "item_mean": describe.mean(answers).value, "item_sd": describe.sd(answers).value, "mean_score_sd": mean_sd,
        "sum_score_sd": sum_sd, "sem_mean_score": standard_error_of_measurement(mean_sd, feldt.value),
        "sem_sum_score": standard_error_of_measurement(sum_sd, feldt.value),
    }  # fmt: skip


def omega(case: Case, folder: Path) -> Found:
    answers = complete_answers(turned_items(case, folder))
    answers = answers[:, np.isfinite(answers[0])]
    loadings, unique = one_factor(answers)
    spread = answers.std(axis=1)  # lavaan divides by n
    raw = omega_total(answers)
    return {
        "n": raw.n, "k": len(answers), "omega_ml_cor": omega_total(answers, standardised=True).value,
        "loadings_ml": loadings, "omega_cfa_ml_cov": raw.value, "loadings_cfa": loadings * spread,
        "residual_variances_cfa": unique * spread**2,
    }  # fmt: skip


def icc(case: Case, folder: Path) -> Found:
    scores = table(case, folder)[case["input"]["columns"]].to_numpy(float).T
    found: Found = {}
    f, p = intraclass_f(scores)
    for name, one, test in zip(
        ("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"), intraclass_correlations(scores), 2 * (0, 1, 1), strict=True
    ):
        tested = {"F": f.value[test], "df2": f.df[test], "p": p.value[test]}
        found[name] = {"icc": one.value, "df1": one.df} | tested | ({} if name == "ICC2k" else {"ci": ends(one)})
    sem, mdc = retest_error(scores)
    found |= {"n": sem.n, "k": len(scores), "sem_consistency": sem.value, "mdc95_consistency": mdc.value}
    if len(scores) == 2:
        first, second = complete_pairs(*scores)
        sd, r = describe.sd(first).value, correlation(first, second).value
        found |= {
            "pearson_r": r, "typical_error": sem.value, "sd_diff": describe.sd(second - first).value, "sd_time1": sd,
            "sem_sd1_r": standard_error_of_measurement(sd, r),
        }  # fmt: skip
    return found


def group(case: Case, folder: Path) -> Found:
    data = table(case, folder)
    names = list(dict.fromkeys(data[case["input"]["group"]]))
    rows = [data[data[case["input"]["group"]] == name][case["input"]["items"]].to_numpy(float).T for name in names]
    width = max(answers.shape[1] for answers in rows)
    padded = np.array(
        [np.pad(answers, ((0, 0), (0, width - answers.shape[1])), constant_values=np.nan) for answers in rows]
    )
    one, two = group_icc(padded.mean(axis=1))
    agreement = r_wg_j(padded, case["input"]["n_options"])
    return {
        "icc1": one.value, "icc2": two.value, "rwg_j": agreement.value, "group_n": agreement.n,
        "groups": [str(name) for name in names],
    }  # fmt: skip


def reliable_index(case: Case, method: str) -> tuple[np.ndarray, Found]:
    known = case["params"]
    before, after = complete_pairs(*waves(case))
    m_1, m_2 = (float(describe.mean(wave).value) for wave in (before, after))
    s_1, s_2 = (float(describe.sd(wave).value) for wave in (before, after))
    r = known["reliability"]
    r_dd = None
    if method == "JT":
        index = indices.reliable_change_index(before, after, s_1, r)
    elif method == "GLN":
        index = indices.gulliksen_lord_novick_index(before, after, m_1, s_1, r)
    elif method == "HLL":
        index = indices.hsu_linn_lord_index(before, after, m_1, m_2, s_1, r)
    elif method == "EN":
        index = indices.edwards_nunnally_index(before, after, m_1, s_1, r)
    elif method == "NK":
        index = indices.nunnally_kotsch_index(before, after, m_1, s_1, r, known["reliability_post"])
    else:
        index, r_dd = indices.hageman_arrindell_index(before, after, s_1, r)
    sem = standard_error_of_measurement(s_1, r)
    facts: Found = {
        "mean_pre": m_1, "sd_pre": s_1, "mean_post": m_2, "sd_post": s_2, "se_measurement": sem,
        "s_diff": minimal_detectable_change(sem) / special.ndtri(0.975), "r_dd": r_dd,
    }  # fmt: skip
    return index, facts


def limit(case: Case, *, one_sided: bool = False) -> float:
    wrong = case["params"]["significance_level"]
    return float(special.ndtri(1 - wrong if one_sided else 1 - wrong / 2))


def measured_only(case: Case, values: np.ndarray) -> Found:
    """The people of the case that have both scores, in its order."""
    both = np.isfinite(complete_pairs(*waves(case))[0])
    ids = case["input"].get("ids", list(range(1, len(both) + 1)))
    return {"ids": [name for name, has in zip(ids, both, strict=True) if has], "values": values[both]}


def counts(classes: np.ndarray) -> Found:
    shares = class_shares(classes, classes.shape[-1], method="", basis="")
    found = {f"n_{name}": share.value * share.of for name, share in zip(CLASSES, shares[:-1], strict=True)}
    return found | {"n_used": shares[0].n, "n_total": shares[0].of}


def reliable(method: str) -> Callable[[Case, Path], Found]:
    def adapter(case: Case, folder: Path) -> Found:
        index, facts = reliable_index(case, method)
        bar = limit(case, one_sided=method == "HA")
        classes = reliable_classes(index, bar, case["params"]["better_is"])
        own = measured_only(case, classes)
        return facts | counts(classes) | {
            "critical_value": bar, "rci": measured_only(case, index)["values"], "category": own["values"],
            "ids": own["ids"],
        }  # fmt: skip

    return adapter


def clinical(case: Case, folder: Path) -> Found:
    known = case["params"]
    index, facts = reliable_index(case, "JT")
    cut = cutoff(known["cutoff_type"], known["better_is"], mean=facts["mean_pre"], sd=facts["sd_pre"],
                 functional_mean=known["m_functional"], functional_sd=known["sd_functional"])  # fmt: skip
    classes = clinical_classes(*waves(case), index, limit(case), cut, known["better_is"])
    own = measured_only(case, classes)
    return counts(classes) | {"cutoff": cut, "cutoff_2dec": cut, "category": own["values"], "ids": own["ids"]}


def detectable(case: Case, folder: Path) -> Found:
    before, after = complete_pairs(*waves(case))
    sem = standard_error_of_measurement(describe.sd(before).value, case["params"]["reliability"])
    mdc = minimal_detectable_change(sem)
    change = after - before
    beyond = counts(
        reliable_classes(change, float(mdc), case["params"]["better_is"])
    )  # "above" is in the better direction
    return {
        "n_used": beyond["n_used"], "sem": sem, "mdc95": mdc, "mdc90": minimal_detectable_change(sem, level=0.90),
        "s_diff": mdc / special.ndtri(0.975), "change": measured_only(case, change)["values"],
        "n_above_mdc95": beyond["n_improved"], "n_below_minus_mdc95": beyond["n_deteriorated"],
    }  # fmt: skip


def percentage(case: Case, folder: Path) -> Found:
    known = case["params"]
    own = measured_only(case, percentage_change(*waves(case)))
    found = counts(percentage_classes(*waves(case), known["pct_improvement"], known["better_is"]))
    return {"ids": own["ids"], "pct_change": own["values"]} | {
        name: found[name] for name in ("n_improved", "n_unchanged", "n_deteriorated")
    }


def proportion(case: Case, folder: Path) -> Found:
    x, n, level = case["input"]["x"], case["input"]["n"], case["params"]["level"]
    score, exact = (statistic("share_improved", x, n, level=level) for statistic in (wilson, clopper_pearson))
    return {
        "p_hat": score.value, "wilson": ends(score), "clopper_pearson": ends(exact), "p_vs_half": fair_coin_p(x, n)
    }  # fmt: skip


def clustered(case: Case, folder: Path) -> Found:
    data = table(case, folder)
    per_person = data.groupby(case["input"]["cluster"])[case["input"]["y"]].agg(["sum", "count"])
    x, size = per_person["sum"].to_numpy(float), per_person["count"].to_numpy(float)
    beta, robust = (clustered_share("share_improved", x, size, interval=kind) for kind in ("korn_graubard", "cr2"))
    ignoring = wilson("share_improved", x.sum(), size.sum())
    half = (robust.high - robust.low) / 2
    by_person = describe.mean(x / size)
    return {
        "n": beta.of, "n_clusters": beta.n, "p_hat": beta.value, "svyciprop_beta": ends(beta), "df_design": beta.df,
        "deff": design_effect(x, size).value, "wilson_ignoring_clusters": ends(ignoring),
        "cr2": {"df": robust.df, "ci95": ends(robust), "se": half / special.stdtrit(robust.df, 0.975)},
        "cluster_mean_t": {"mean": by_person.value, "ci95": ends(by_person)},
    }  # fmt: skip


def mcnemar_case(case: Case, folder: Path) -> Found:
    p, change = mcnemar(case["input"]["b"], case["input"]["c"], case["input"]["n"])
    return {"p_exact": p.value, "diff": change.value, "bonett_price_ci": ends(change)}


def gas(case: Case, folder: Path) -> Found:
    x, w, rho = np.array(case["input"]["x"], float), case["input"]["w"], case["params"]["rho"]
    t, one_below, two_below = (
        goal_attainment_t(levels, w, rho=rho).value for levels in (x, np.full(x.shape, -1), np.full(x.shape, -2))
    )
    return {"t_score": t, "t_if_all_minus1": one_below, "t_if_all_minus2": two_below}


ADAPTERS: dict[str, Callable[[Case, Path], dict[str, Any]]] = {
    "scale_score_prorated": prorated, "cronbach_alpha": alpha, "omega_total_one_factor": omega, "icc_test_retest": icc,
    "group_icc_rwg": group, "clinical_significance_JT": clinical, "clinical_significance_JT_documented": clinical,
    "mdc_sem": detectable, "percentage_change": percentage, "proportion_ci": proportion,
    "clustered_proportion": clustered, "mcnemar_exact": mcnemar_case, "gas_t_score": gas,
} | {f"rci_{method}": reliable(method) for method in ("JT", "GLN", "HLL", "EN", "NK", "HA")}  # fmt: skip
