"""Intervals and tests against scipy, statsmodels and published worked examples."""

import itertools
from unittest import mock

import pandas as pd
import pytest
from evalplus.eval import estimate_pass_at_k
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from codepref.rates import pass_at_k, wilson_interval
from codepref.tables.statistics import (
    Paired,
    holm,
    least_p_value,
    least_significant_change,
    paired,
    significant_direction,
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


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_agrees_with_statsmodels(gained: int, lost: int) -> None:
    test = Paired(gained=gained, lost=lost, both=10, neither=10)
    reference = mcnemar([[10, lost], [gained, 10]], exact=True)
    assert test.p_value == pytest.approx(reference.pvalue, abs=1e-9)
    assert test.change == gained - lost


def test_mcnemar_gives_a_published_example() -> None:
    # Agresti, Categorical Data Analysis, 2nd ed. (2002), section 10.1: approval ratings, 794 of
    # the same people asked twice; 150 and 86 changed their minds, z^2 = 17.36, P < 0.001. The
    # exact test must agree with it.
    test = Paired(gained=86, lost=150, both=794, neither=570)
    z_squared = (test.gained - test.lost) ** 2 / (test.gained + test.lost)
    assert z_squared == pytest.approx(17.36, abs=5e-3)
    assert test.p_value == pytest.approx(3.7e-5, abs=1e-6)


@given(st.dictionaries(st.text(max_size=3), st.tuples(st.booleans(), st.booleans()), max_size=30))
def test_pairing_counts_every_task_once(tasks: dict[str, tuple[bool, bool]]) -> None:
    base = pd.Series({task: old for task, (old, _) in tasks.items()}, dtype=bool)
    other = pd.Series({task: new for task, (_, new) in reversed(tasks.items())}, dtype=bool)
    test = paired(base, other)
    assert test.gained + test.lost + test.both + test.neither == len(tasks)
    assert test.change == sum(new - old for old, new in tasks.values())


def test_pairing_refuses_different_tasks() -> None:
    with pytest.raises(ValueError, match="'b' was graded for one"):
        paired(pd.Series({"a": True, "b": False}), pd.Series({"a": True}))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_agrees_with_statsmodels(p_values: list[float]) -> None:
    with mock.patch("gc.collect"):  # which statsmodels calls every time: a minute in a long run
        expected = multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(list(expected))


@given(st.integers(0, 12), st.integers(0, 40))
def test_no_discordance_beats_the_least_p_value(change: int, lost: int) -> None:
    test = Paired(gained=lost + change, lost=lost, both=0, neither=0)
    assert test.p_value >= least_p_value(change) - 1e-12


def test_gains_needed_at_ten_percent_discordance() -> None:
    assert [least_significant_change(n, 0.1) for n in (164, 378, 542)] == [10, 14, 16]


UP = Paired(gained=20, lost=2, both=100, neither=42)
DOWN = Paired(gained=2, lost=20, both=100, neither=42)
FLAT = Paired(gained=5, lost=4, both=100, neither=42)
NEAR = (0.70, 0.85)


@pytest.mark.parametrize(
    ("interval", "paper_rate", "paper_change", "tests", "expected"),
    [
        (None, 0.8, 8, [UP], "not run"),
        (NEAR, None, None, [], "not run"),
        (NEAR, 0.8, None, [], "reproduced"),  # a base row has only its score
        (NEAR, 0.9, None, [], "differs"),
        (NEAR, 0.9, 8, [UP], "differs"),  # the right effect does not excuse another score
        (NEAR, 0.8, 8, [UP], "reproduced"),
        (NEAR, 0.8, 8, [DOWN], "differs"),
        (NEAR, 0.8, -8, [DOWN], "reproduced"),
        (NEAR, 0.8, 8, [FLAT], "within noise"),
        (NEAR, 0.8, 0, [FLAT], "within noise"),  # no test confirms equality
        (NEAR, 0.8, 0, [UP], "differs"),
        (NEAR, 0.8, 8, [UP, UP, FLAT], "within noise"),  # every seed must agree
        (NEAR, 0.8, 8, [UP, UP, UP], "reproduced"),
        (NEAR, 0.8, 8, [], "within noise"),  # base was not run
        (NEAR, 0.70, None, [], "reproduced"),  # the bound belongs to the interval
    ],
)
def test_the_rule_of_the_verdict(interval, paper_rate, paper_change, tests, expected) -> None:
    found = verdict(
        interval=interval, paper_rate=paper_rate, paper_change=paper_change, tests=tests
    )
    assert found == expected


def test_direction_needs_every_seed() -> None:
    assert significant_direction([UP, UP]) == 1
    assert significant_direction([DOWN]) == -1
    assert significant_direction([UP, DOWN]) == 0
    assert significant_direction([]) == 0


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
