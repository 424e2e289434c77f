"""Intervals and tests against scipy, statsmodels and published worked examples."""

import itertools
from unittest import mock

import numpy as np
import pytest
from evalplus.eval import estimate_pass_at_k
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from codepref.rates import pass_at_k, wilson_interval
from codepref.tables.statistics import (
    difference_interval,
    holm,
    least_p_value,
    least_significant_change,
    score_verdict,
    sign_flip_p,
    verdict,
)

counts = st.integers(1, 600).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_wilson_agrees_with_statsmodels_and_scipy(case: tuple[int, int]) -> None:
    solved, total = case
    ours = wilson_interval(solved, total)
    assert ours == pytest.approx(proportion_confint(solved, total, method="wilson"), abs=1e-12)
    scipy = binomtest(solved, total).proportion_ci(method="wilson")
    assert ours == pytest.approx((scipy.low, scipy.high), abs=1e-12)
    assert 0 <= ours[0] <= solved / total <= ours[1] <= 1


@pytest.mark.parametrize(
    ("solved", "total", "interval"),
    [  # Newcombe (1998), Statist. Med. 17:857-872, Table I, method 3 (score without correction)
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_wilson_gives_newcombes_published_examples(
    solved: int, total: int, interval: tuple[float, float]
) -> None:
    assert wilson_interval(solved, total) == pytest.approx(interval, abs=5e-5)


def test_wilson_refuses_what_is_no_rate() -> None:
    for solved, total in ((1, 0), (-1, 5), (6, 5)):
        with pytest.raises(ValueError, match="not a rate"):
            wilson_interval(solved, total)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 9))
def test_with_one_answer_the_sign_flip_test_is_mcnemars(gained: int, lost: int, same: int) -> None:
    differences = np.repeat([1.0, -1.0, 0.0], [gained, lost, same + 1])
    reference = mcnemar([[10, lost], [gained, 10]], exact=True)
    assert sign_flip_p(differences) == pytest.approx(reference.pvalue, abs=1e-9)


def test_the_sign_flip_test_gives_a_published_example() -> None:
    # Agresti, Categorical Data Analysis, 2nd ed. (2002), section 10.1: approval ratings, 794 of
    # the same people asked twice; 150 and 86 changed their minds, z^2 = 17.36, P < 0.001. The
    # exact test must agree with it.
    assert pytest.approx(17.36, abs=5e-3) == (150 - 86) ** 2 / (150 + 86)
    differences = np.repeat([1.0, -1.0, 0.0], [86, 150, 794 + 570])
    assert sign_flip_p(differences) == pytest.approx(3.7e-5, abs=1e-6)


@given(st.lists(st.sampled_from([-1, -2 / 3, -1 / 3, 0, 1 / 3, 0.5, 1]), min_size=1, max_size=9))
def test_the_sign_flip_test_counts_all_flips(differences: list[float]) -> None:
    values = np.array(differences)
    flips = np.array(list(itertools.product([-1, 1], repeat=len(values))))
    expected = np.mean(np.abs(flips @ values) >= abs(values.sum()) - 1e-9)
    assert sign_flip_p(values) == pytest.approx(expected, abs=1e-9)


def test_differences_without_a_common_unit_are_tested_on_a_fine_grid() -> None:
    values = np.random.default_rng(0).normal(0.02, 0.2, 400)
    expected = 2 * norm.sf(abs(values.sum()) / np.sqrt((values**2).sum()))
    assert sign_flip_p(values) == pytest.approx(expected, rel=0.05)


def test_an_interval_needs_a_task_and_holds_nothing_that_changed() -> None:
    with pytest.raises(ValueError, match="at least one task"):
        difference_interval(np.array([]), np.array([]))
    low, high = difference_interval(np.zeros(48), np.ones(48))
    assert -0.06 < low < 0 < high < 0.06  # no change among 48 tasks does not prove that none can


def test_many_values_and_few_give_the_same_interval() -> None:
    few = np.repeat([0.25, -0.25, 0.0], [30, 14, 120])
    many = few + np.linspace(-1e-6, 1e-6, len(few))  # all different: drawn in another way
    assert difference_interval(many, np.ones(164)) == pytest.approx(
        difference_interval(few, np.ones(164)), abs=2e-3
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_agrees_with_statsmodels(p_values: list[float]) -> None:
    with mock.patch("gc.collect"):  # which statsmodels calls every time: a minute in a long run
        expected = multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(list(expected))
    announced = [*p_values, 1.0, 1.0]
    assert holm(p_values, len(announced)) == pytest.approx(holm(announced)[:-2])


@given(st.integers(0, 12), st.integers(0, 40))
def test_no_discordance_beats_the_least_p_value(change: int, lost: int) -> None:
    differences = np.repeat([1.0, -1.0, 0.0], [lost + change, lost, 1])
    assert sign_flip_p(differences) >= least_p_value(change) - 1e-12


def test_gains_needed_at_ten_percent_discordance() -> None:
    assert [least_significant_change(n, 0.1) for n in (164, 378, 542)] == [10, 14, 16]


NEAR = (0.01, 0.05)


@pytest.mark.parametrize(
    ("interval", "direction", "paper", "expected"),
    [
        (NEAR, 1, 0.03, "reproduced"),
        (NEAR, 1, 0.01, "reproduced"),  # the bound belongs to the interval
        (NEAR, 0, 0.03, "undecided"),
        (NEAR, 1, 0.06, "differs"),  # the same direction, another size
        (NEAR, 1, -0.01, "differs"),
        ((-0.05, -0.01), -1, -0.03, "reproduced"),
        ((-0.05, 0.01), -1, 0.005, "differs"),  # beyond chance in the other direction
        ((-0.02, 0.02), 0, 0.0, "undecided"),  # no test confirms equality
        ((-0.01, 0.02), 1, 0.0, "differs"),
    ],
)
def test_the_rule_of_a_trained_row(interval, direction, paper, expected) -> None:
    assert verdict(interval, direction, paper) == expected


def test_the_rule_of_a_base_row() -> None:
    assert score_verdict((0.70, 0.85), 0.70) == "agrees"
    assert score_verdict((0.70, 0.85), 0.86) == "differs"


@pytest.mark.parametrize("samples", [1, 2, 5, 8])
def test_pass_at_k_is_the_share_of_sets_that_hold_a_solved_sample(samples: int) -> None:
    for solved in range(samples + 1):
        for k in range(1, samples + 1):
            sets = list(itertools.combinations(range(samples), k))
            expected = sum(min(found) < solved for found in sets) / len(sets)
            assert pass_at_k(samples, solved, k) == pytest.approx(expected, abs=1e-15)
            evalplus = estimate_pass_at_k(samples, [solved], k)[0]
            assert pass_at_k(samples, solved, k) == pytest.approx(evalplus, abs=1e-12)


def test_pass_at_k_needs_k_samples() -> None:
    for samples, solved, k in ((1, 1, 2), (3, 4, 1), (3, 1, 0), (0, 0, 1)):
        with pytest.raises(ValueError, match="not defined"):
            pass_at_k(samples, solved, k)
