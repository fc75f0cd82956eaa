"""Change of the same people: from a golden case to our functions, and back to its fields."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from golden import Case, waves
from scipy import special

from evaltools.statistics import describe
from evaltools.statistics.bootstrap import acceleration, bca_change
from evaltools.statistics.change import correlation, mean_change, pairs, t_paired
from evaltools.statistics.estimate import Estimate, complete_pairs, tied_changes
from evaltools.statistics.rank_change import hodges_lehmann, sign_test, signed_rank_sums, wilcoxon
from evaltools.statistics.sign_flip import sign_flip, sign_flip_change
from evaltools.statistics.standardised_change import d_av, d_b, d_rm, d_z, hedges
from evaltools.statistics.superiority import probability_of_superiority, rank_biserial, share_risen

Found = dict[str, Any]


def ends(found: Estimate) -> list[Any]:
    return [found.low, found.high]


def people(case: Case) -> Found:
    n = int(pairs(*waves(case)).value)
    return {"n": n, "n_dropped": len(case["input"]["pre"]) - n}


def paired_t(case: Case, folder: Path) -> Found:
    both = waves(case)
    before, after = complete_pairs(*both)
    found, (t, p) = mean_change(*both), t_paired(*both)
    error = found.value / t.value if t.value else (found.high - found.low) / 2 / special.stdtrit(t.df, 0.975)
    return people(case) | {
        "se": error, "mean_pre": describe.mean(before).value, "mean_post": describe.mean(after).value,
        "sd_pre": describe.sd(before).value, "sd_post": describe.sd(after).value,
        "mean_diff": found.value, "sd_diff": describe.sd(after - before).value, "t": t.value, "df": t.df,
        "p_two_sided": p.value, "ci95": ends(found), "ci90": ends(mean_change(*both, level=0.90)),
    }  # fmt: skip


def edge_case(case: Case, folder: Path) -> Found:
    found, (t, p) = mean_change(*waves(case)), t_paired(*waves(case))
    before, after = complete_pairs(*waves(case))
    return people(case) | {
        "mean_diff": found.value, "sd_diff": describe.sd(after - before).value, "t_defined": bool(np.isfinite(t.value)),
        "t": t.value, "p_two_sided_t": p.value, "ci95": ends(found), "p_sign_flip": sign_flip(*waves(case)).value,
    }  # fmt: skip


def cohens_dz(case: Case, folder: Path) -> Found:
    d, g = d_z(*waves(case)), hedges(d_z(*waves(case)))
    found = people(case) | {"d_z": d.value, "d_z_ci": ends(d), "g_z": g.value, "g_z_ci": ends(g)}
    return found | ({"J": g.value / d.value} if abs(d.value) > 0 else {})


def repeated_measures_d(case: Case, folder: Path) -> Found:
    found: Found = people(case) | {"r_pre_post": correlation(*waves(case)).value}
    normal = partial(d_av, interval="normal")  # as effectsize; ours by default is Bonett's
    for name, statistic in (("rm", d_rm), ("av", normal), ("b", d_b)):
        d = statistic(*waves(case))
        g = hedges(d)
        found |= {f"d_{name}": d.value, f"d_{name}_ci": ends(d), f"g_{name}": g.value, f"g_{name}_ci": ends(g)}
    d = d_z(*waves(case))
    return found | {"d_z": d.value, "g_z": hedges(d).value}  # its interval here is normal-theory; ours is exact


def signed_ranks(zeros: str) -> Callable[[Case, Path], Found]:
    def adapter(case: Case, folder: Path) -> Found:
        rises, falls = signed_rank_sums(*waves(case), zeros=zeros)
        p = {
            side: wilcoxon(*waves(case), zeros=zeros, alternative=side)[1] for side in ("two-sided", "greater", "less")
        }
        return people(case) | {
            "n_nonzero": p["less"].of, "W_plus": rises, "W_minus": falls, "p_two_sided": p["two-sided"].value,
            "p_greater": p["greater"].value, "p_less": p["less"].value,
        }  # fmt: skip

    return adapter


def hodges_lehmann_case(case: Case, folder: Path) -> Found:
    found = hodges_lehmann(*waves(case))
    change = tied_changes(*waves(case))
    before, after = complete_pairs(*waves(case))
    changed = np.where(change == 0, np.nan, after)
    return people(case) | {
        "hl": found.value, "ci": ends(found), "achieved_level": found.level,
        "hl_nonzero_only": hodges_lehmann(before, changed).value,
    }  # fmt: skip


def sign_flip_case(case: Case, folder: Path) -> Found:
    p = {side: sign_flip(*waves(case), alternative=side).value for side in ("two-sided", "greater", "less")}
    found = sign_flip_change(*waves(case))
    return people(case) | {
        "p_two_sided": p["two-sided"], "p_greater": p["greater"], "p_less": p["less"], "ci": ends(found),
        "achieved_level": found.level,
    }  # fmt: skip


def sign_test_case(case: Case, folder: Path) -> Found:
    found = sign_test(*waves(case))
    return people(case) | {"n_nonzero": found.of, "p_two_sided": found.value}


def superiority(case: Case, folder: Path) -> Found:
    both, n = waves(case), people(case)["n"]
    up, down = (n * share_risen(*pair).value for pair in (both, both[::-1]))
    found = {"ps_dependent": probability_of_superiority(*both).value, "n_up": up, "n_down": down}
    return people(case) | found | {"n_tied": n - up - down}


def rank_biserial_case(case: Case, folder: Path) -> Found:
    found = rank_biserial(*waves(case))  # the interval is our own: the one given here shrinks to a point
    return people(case) | {"n_nonzero": found.of, "r_rb": found.value}


def bca(case: Case, folder: Path) -> Found:
    found = bca_change(*waves(case))
    before, after = complete_pairs(*waves(case))
    change = (after - before)[np.isfinite(before)]
    own = people(case) | {
        "mean_diff": found.value, "acceleration": acceleration(change), "bca_boot_mean_of_3_seeds": ends(found)
    }  # fmt: skip
    return own | ({"ideal_bca_mid": ends(found)} if own["n"] <= 8 else {})


ADAPTERS = {
    "paired_t": paired_t, "edge_case": edge_case, "cohens_dz": cohens_dz, "repeated_measures_d": repeated_measures_d,
    "wilcoxon_exact_dropzeros": signed_ranks("drop"), "wilcoxon_exact_pratt": signed_ranks("pratt"),
    "hodges_lehmann": hodges_lehmann_case, "sign_flip": sign_flip_case, "sign_test": sign_test_case,
    "prob_superiority": superiority, "rank_biserial_matched": rank_biserial_case, "bca_bootstrap": bca,
}  # fmt: skip
