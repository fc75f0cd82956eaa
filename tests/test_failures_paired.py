"""What other programs get wrong in a group of six, each with the bar that we set ourselves (paired change, scales)."""

from __future__ import annotations

import numpy as np
import pytest

from evaltools.statistics.change import mean_change, t_paired
from evaltools.statistics.clinical_significance import class_shares, reliable_classes
from evaltools.statistics.item_analysis import alpha_without_item, item_rest_correlations
from evaltools.statistics.omega import omega_total
from evaltools.statistics.rank_change import hodges_lehmann, wilcoxon
from evaltools.statistics.reliability import cronbach_alpha, standardised_alpha
from evaltools.statistics.reliable_change_indices import hageman_arrindell_index, reliable_change_index
from evaltools.statistics.scale_scores import prorated_scores, turned
from evaltools.statistics.sign_flip import sign_flip, sign_flip_change
from evaltools.statistics.standardised_change import d_av, d_b, d_rm, d_z, hedges
from evaltools.statistics.superiority import probability_of_superiority, rank_biserial

# Six people; three of them at both waves, all three rising.
BEFORE = np.array([3.0, 2.4, 3.4, np.nan, 3.8, 2.8])
AFTER = np.array([3.6, 3.2, 3.8, 4.2, np.nan, np.nan])


def test_every_standardised_change_names_its_standardiser_and_has_an_interval() -> None:
    """F3: three programs gave 2.07, 1.66 and 0.84 for the same three pairs, none said in units of what."""
    found = [d_z(BEFORE, AFTER), d_av(BEFORE, AFTER), d_rm(BEFORE, AFTER), d_b(BEFORE, AFTER)]
    found += [hedges(figure) for figure in found]
    assert len({(figure.measure, figure.basis) for figure in found}) == 8
    for figure in found:
        assert figure.basis
        assert figure.low < figure.value < figure.high
        assert figure.n == 3
    assert len({figure.basis for figure in found}) == 4


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 8])
def test_everybody_up_is_never_an_interval_of_zero_width(n: int) -> None:
    """F4: r = 1.00 with 95 % interval [1.00, 1.00] at three people."""
    before, after = np.zeros(n), np.arange(1.0, n + 1)
    found = rank_biserial(before, after)
    assert (found.value, found.high) == (1, 1)
    assert found.low < 0.7
    share = probability_of_superiority(before, after)
    assert (share.value, share.high) == (1, 1)
    assert share.low < 0.7


def test_an_exact_interval_tells_the_level_it_reaches() -> None:
    """F5: asked for 95 %, an interval of 75 % was printed."""
    for statistic in (hodges_lehmann, sign_flip_change):
        found = statistic(BEFORE, AFTER)
        assert (found.level, found.note) == (0.75, "level_not_reached")
        six = statistic(np.zeros(6), np.arange(1.0, 7))
        assert (six.level, six.note) == (0.96875, "")


def test_everyone_up_by_one_has_a_value_and_a_word_but_no_infinite_t() -> None:
    """F8: T = inf, p = 0.0, interval [nan, nan], d = 1.73."""
    before, after = np.array([2.0, 3, 3, 4, 5, 4]), np.array([3.0, 4, 4, 5, 6, 5])
    t, p = t_paired(before, after)
    for figure in (t, p, d_z(before, after), d_rm(before, after)):
        assert np.isnan(figure.value)
        assert figure.note == "no_variance"
    for figure in (mean_change(before, after), hodges_lehmann(before, after), sign_flip_change(before, after),
                   d_av(before, after)):  # fmt: skip
        assert np.isfinite(figure.value)
        assert np.isnan([figure.low, figure.high]).all()
        assert figure.note == "no_variance"
    assert sign_flip(before, after).value == wilcoxon(before, after)[1].value == 0.03125  # 2 / 2^6


# Five items, the fourth worded the other way and not turned.
ANSWERS = np.array([[4, 2, 5, 3, 1, 4], [4, 3, 5, 3, 2, 5], [5, 2, 4, 3, 1, 4], [2, 4, 1, 3, 5, 1], [4, 2, 5, 4, 2, 4]])


def test_an_item_that_was_not_turned_is_named() -> None:
    """F9: alpha 0.61 without a word."""
    notes = item_rest_correlations(ANSWERS).note.tolist()
    assert notes == ["", "", "", "looks_reversed", ""]
    assert set(item_rest_correlations(turned(ANSWERS, [3], 1, 5)).note) == {""}


def test_items_that_pull_together_are_seldom_accused() -> None:
    """A warning that cries wolf is not read: at six people at most one true item in thirty is named."""
    rng = np.random.default_rng(9)
    people = rng.normal(0, 1, (4000, 1, 6))
    answers = np.clip(np.round(3 + 0.8 * people + rng.normal(0, 0.8, (4000, 5, 6))), 1, 5)
    assert (item_rest_correlations(answers).note == "looks_reversed").mean() < 1 / 30
    answers[:, 3] = 6 - answers[:, 3]
    assert (item_rest_correlations(answers).note[:, 3] == "looks_reversed").mean() > 0.6


def test_no_coefficient_is_above_one() -> None:
    """F10: item-rest 1.03 and an upper limit of 1.03 at five people."""
    rng = np.random.default_rng(10)
    for items in (2, 5, 9):
        answers = np.clip(np.round(3 + rng.normal(0, 1, (300, 1, 5)) + rng.normal(0, 0.3, (300, items, 5))), 1, 5)
        figures = [cronbach_alpha(answers), cronbach_alpha(answers, interval="bonett"), *standardised_alpha(answers),
                   item_rest_correlations(answers), alpha_without_item(answers), omega_total(answers)]  # fmt: skip
        for figure in figures:
            for values in (figure.value, figure.low, figure.high):
                assert not (values > 1).any(), figure.measure
    same = np.array([[1.0, 2, 3, 4, 5]] * 3)
    assert float(cronbach_alpha(same).value) == pytest.approx(1, abs=1e-12)
    assert cronbach_alpha(same).note == "no_variance"
    assert omega_total(same).note == "no_variance"


def test_those_who_could_not_be_measured_stay_in_the_denominator() -> None:
    """F11: "Improved 2, 66.67 %" where three of six could not be measured."""
    index = reliable_change_index(BEFORE, AFTER, sd=0.6, reliability=0.9)
    classes = reliable_classes(index, 1.96, "higher")
    shares = class_shares(classes, 6, method="Jacobson-Truax", basis="SD 0.6 (norms), r .90")
    by = {share.measure: share for share in shares}
    improved = by["share_improved"]
    assert (round(float(improved.value * 6)), float(improved.of), float(improved.n)) == (2, 6, 3)
    assert by["share_not_measurable"].value == 0.5
    assert sum(float(share.value) for share in shares) == pytest.approx(1)
    # Wilson's limits of 2 of 6 and 5 of 6 (Newcombe 1998, formula 3), since the three may all have improved
    assert (round(float(improved.low), 3), round(float(improved.high), 3)) == (0.097, 0.970)
    assert improved.method.startswith("Jacobson-Truax")
    assert improved.basis == "SD 0.6 (norms), r .90"


def test_a_method_that_needs_a_large_group_says_so_instead_of_giving_a_number() -> None:
    """F11: the methods disagree wildly at three people; without reliable differences there is no index at all."""
    index, r_dd = hageman_arrindell_index([3.0, 2.4, 3.4], [3.6, 3.1, 4.0], sd=0.6, reliability=0.5)
    assert np.isnan(index).all()
    assert float(r_dd) < 0, "no reliability at all, and it says so"


def test_an_answer_outside_the_scale_is_refused_before_scoring() -> None:
    """F14: 33 typed in place of 3 gave a scale mean of 8.8."""
    with pytest.raises(ValueError, match=r"positions \[1\]") as error:
        turned([[3, 4], [33, 2]], [], 1, 5)
    assert "33" not in str(error.value)
    assert prorated_scores(turned([[3, 4], [3, np.nan]], [1], 1, 5), 1).tolist() == [3.0, 4.0]
