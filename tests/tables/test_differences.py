"""Two policies on the same tasks: pairing, intervals that cover, what would change an outcome."""

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codepref.rates import LEAST_CLUSTERS
from codepref.tables.differences import Pairing, pair, pool
from codepref.tables.power import step_chances
from codepref.tables.statistics import SIGNIFICANCE, difference_interval, sign_flip_p, verdict


def table(columns: dict[int, list[float]]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype=float)
    return frame.set_axis([f"T/{n}" for n in range(len(frame))])


def paired(old: dict[int, list[float]], new: dict[int, list[float]], **options) -> Pairing:
    before, after = table(old), table(new)
    clusters = pd.Series(before.index, before.index)
    found = pair(before, after, options.pop("clusters", clusters), **options)
    assert found is not None
    return found


def test_seeds_are_matched_by_number_never_by_position() -> None:
    found = paired({0: [1, 0], 1: [0, 0], 2: [1, 1]}, {2: [1, 1], 1: [1, 0], 7: [0, 0]})
    assert found.seeds == (1, 2)
    assert (found.gained, found.lost) == ((1, 0), (0, 0))
    assert pair(table({0: [1]}), table({1: [1]}), pd.Series(["T/0"], ["T/0"])) is None
    # A trained method with one seed is not a base: it meets its own seed only.
    assert paired({1: [1, 0]}, {0: [0, 0], 1: [1, 1]}).seeds == (1,)
    assert paired({0: [1, 0]}, {3: [0, 0], 4: [1, 1]}, shared_old=True).lost == (1, 0)


def test_pools_join_benchmarks_by_seed() -> None:
    first = paired({0: [0, 0]}, {0: [1, 0], 1: [1, 1]}, shared_old=True)
    second = paired({0: [1]}, {1: [0], 2: [1]}, shared_old=True)
    found = pool([first, second])
    assert found is not None
    assert (found.seeds, found.tasks, found.gained, found.lost) == ((1,), 3, (2,), (1,))
    assert len(set(found.clusters)) == 3  # tasks of the same name are other tasks
    assert pool([]) is None


def test_pairing_refuses_different_tasks() -> None:
    other = table({0: [1, 0, 1]})
    with pytest.raises(ValueError, match="'T/2' was graded for one"):
        pair(table({0: [1, 0]}), other, pd.Series(dtype=str))


rates = st.sampled_from([0.0, 1 / 3, 0.5, 1.0])
tables = st.integers(2, 4).flatmap(
    lambda seeds: st.lists(st.lists(rates, min_size=seeds, max_size=seeds), min_size=1, max_size=12)
)


@settings(max_examples=25)
@given(tables, st.randoms())
def test_seeds_and_tasks_permuted_change_nothing(rows: list[list[float]], random) -> None:
    base = {0: [float(n % 2) for n in range(len(rows))]}
    columns = [list(column) for column in zip(*rows, strict=True)]
    one = paired(base, dict(enumerate(columns)), shared_old=True)
    random.shuffle(columns)
    other = paired(base, dict(reversed([*enumerate(columns)])), shared_old=True)
    assert (one.estimate, one.interval, one.p_value) == (
        other.estimate,
        other.interval,
        other.p_value,
    )
    order = list(range(len(rows)))
    random.shuffle(order)
    if one.interval is not None:
        assert difference_interval(one.sums[0][order], one.sums[1][order]) == one.interval
    assert (one.interval is None) == (len(rows) < LEAST_CLUSTERS)
    assert sign_flip_p(one.sums[0][order]) == one.p_value


def test_tasks_of_one_template_are_one_observation() -> None:
    base, new = {0: [0.0] * 12}, {0: [1.0] * 6 + [0.0] * 6}
    alone = paired(base, new)
    names = pd.Series([f"family{n // 6}" for n in range(12)], [f"T/{n}" for n in range(12)])
    together = paired(base, new, clusters=names)
    assert alone.estimate == together.estimate == 0.5
    assert alone.p_value == pytest.approx(2 * 0.5**6)
    assert together.p_value == pytest.approx(1)  # one family rose, one did not
    assert alone.interval is not None and together.interval is None  # two say too little
    width = [high - low for low, high in (difference_interval(*p.sums) for p in (alone, together))]
    assert width[1] > 1.5 * width[0]


# --- The interval covers the truth ----------------------------------------------------------------


def runs(n: int, seeds: int, discordance: float, effect: float, count: int) -> Iterator[np.ndarray]:
    """Differences to base by task, mean over seeds: greedy answers, half of them persisting."""
    chances = step_chances(effect, discordance, 0.5, seeds)
    drawn = np.random.default_rng(n + seeds).choice(
        np.arange(-seeds, seeds + 1) / seeds, size=(count, n), p=chances
    )
    yield from drawn


def sampled_runs(n: int, count: int) -> Iterator[np.ndarray]:
    """Differences of mean pass rates over 8 samples; the true mean is 0.05."""
    generator = np.random.default_rng(n)
    for _ in range(count):
        base = generator.beta(0.6, 0.6, n) * 0.9
        new = base + generator.choice([0.0, 0.1], n)
        yield (generator.binomial(8, new) - generator.binomial(8, base)) / 8


def coverage(of: Iterator[np.ndarray], truth: float, size: int = 1) -> float:
    found = []
    for differences in of:
        sums = differences.reshape(-1, size).sum(axis=1)
        low, high = difference_interval(sums, np.full(len(sums), float(size)))
        found.append(low <= truth <= high)
    return float(np.mean(found))


DESIGNS = [(1, 0.05, 0.02), (1, 0.08, 0.03), (6, 0.08, 0.02), (3, 0.1, 0.0), (3, 0.2, 0.1)]


@pytest.mark.long
@pytest.mark.parametrize(("seeds", "discordance", "effect"), DESIGNS)
def test_intervals_cover_the_truth(seeds: int, discordance: float, effect: float) -> None:
    many = coverage(runs(542, seeds, discordance, effect, 2000), effect)
    assert 0.94 <= many <= 0.96
    assert coverage(runs(48, seeds, discordance, effect, 1000), effect) >= 0.92


@pytest.mark.long
def test_intervals_of_pass_rates_cover_the_truth() -> None:
    assert 0.94 <= coverage(sampled_runs(542, 1000), 0.05) <= 0.96
    assert coverage(sampled_runs(48, 1000), 0.05) >= 0.92


@pytest.mark.long
def test_intervals_of_templates_cover_the_truth() -> None:
    """24 templates of two tasks that rise and fall together."""
    doubled = (np.repeat(run, 2) for run in runs(24, 3, 0.3, 0.1, 1000))
    assert coverage(doubled, 0.1, size=2) >= 0.92


def test_intervals_cover_the_truth_in_few_runs() -> None:
    assert coverage(runs(542, 3, 0.08, 0.02, 80), 0.02) >= 0.9
    assert coverage(runs(48, 3, 0.1, 0.0, 80), 0.0) >= 0.9


# --- What would change the outcome ----------------------------------------------------------------


def least_by_trying(found: Pairing) -> int | None:
    old, new = found.old[0].to_numpy(), found.new[0].to_numpy()
    for count in range(1, found.tasks + 1):
        for chosen in itertools.combinations(range(found.tasks), count):
            changed = new.copy()
            changed[list(chosen)] = 1 - changed[list(chosen)]
            difference = changed - old
            significant = sign_flip_p(difference) < SIGNIFICANCE
            if significant * np.sign(difference.sum()) != found.direction:
                return count
    return None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([0] * 7, [1] * 7),  # p = 2/128: one lost, or two, takes it away
        ([0] * 6 + [1], [1] * 5 + [0, 1]),
        ([0, 0, 0, 0, 1, 1, 1], [1, 1, 1, 1, 0, 1, 1]),
        ([1] * 7, [1] * 7),
    ],
)
def test_the_least_number_of_tasks_is_the_least(old: list[float], new: list[float]) -> None:
    found = paired({0: old}, {0: new})
    assert found.least_change(lambda one: one.direction) == least_by_trying(found)


def test_an_outcome_that_changes_and_changes_back_is_seen() -> None:
    """Far below the paper's gain, then undecided, then above: 'differs' at both ends."""
    old = [1.0] * 137 + [0.0] * 27
    new = [0.0] * 45 + [1.0] * 92 + [1.0] * 2 + [0.0] * 25
    found = paired({0: old}, {0: new})

    def outcome(one: Pairing) -> str:
        return verdict(one.interval, one.direction, 8 / 164)

    assert outcome(found) == "differs"
    assert found.least_change(outcome) == 36


def test_what_no_number_of_tasks_changes_is_none() -> None:
    found = paired({0: [0, 1]}, {0: [1, 1]})
    assert found.least_change(lambda one: one.direction) is None  # two tasks are never significant


# --- Where the uncertainty comes from -------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 16])
def test_noise_is_split_as_it_was_made(samples: int) -> None:
    """Known variances of tasks, seeds and single answers are found again."""
    generator = np.random.default_rng(samples)
    tasks, seeds, spread, wander = 4000, 8, 0.15, 0.02
    base = generator.uniform(0.3, 0.6, tasks)
    shift = 0.1 + generator.normal(0, spread, tasks)
    columns = {}
    for seed, luck in enumerate(generator.normal(0, wander, seeds)):
        chance = np.clip(base + shift + luck, 0, 1)
        columns[seed] = list(generator.binomial(samples, chance) / samples)
    old = {0: list(generator.binomial(samples, base) / samples)}
    noise = paired(old, columns, samples=(samples, samples), shared_old=True).noise
    assert noise is not None and noise.seeds is not None and noise.answers is not None
    assert noise.seeds == pytest.approx(wander / np.sqrt(seeds), rel=0.5)
    chances = np.clip(base + shift, 0, 1)
    luck_old = np.mean(base * (1 - base)) / samples
    luck_new = np.mean(chances * (1 - chances)) / samples / seeds
    if samples == 1:  # one answer of base cannot be told from its task
        assert noise.answers == pytest.approx(np.sqrt(luck_new / tasks), rel=0.1)
        assert noise.tasks == pytest.approx(np.sqrt((spread**2 + luck_old) / tasks), rel=0.1)
    else:
        assert noise.answers == pytest.approx(np.sqrt((luck_old + luck_new) / tasks), rel=0.1)
        assert noise.tasks == pytest.approx(spread / np.sqrt(tasks), rel=0.1)


def test_one_greedy_answer_cannot_be_split() -> None:
    assert paired({0: [0, 1, 1]}, {0: [1, 1, 0]}).noise is None
    one_seed = paired({0: [0, 0.5, 1]}, {0: [1, 1, 0.5]}, samples=(2, 2)).noise
    assert one_seed is not None and one_seed.seeds is None


# --- The verdict's words --------------------------------------------------------------------------


def reproduced(effect: float, paper: float, count: int) -> float:
    """Share of simulated runs (378 tasks, 8% discordant, half of it persisting) that reproduce."""
    words = []
    for differences in runs(378, 6, 0.08, effect, count):
        if sign_flip_p(differences) < SIGNIFICANCE:  # else no word but "undecided" or "differs"
            interval = difference_interval(differences, np.ones(378))
            words.append(verdict(interval, int(np.sign(differences.mean())), paper))
    return words.count("reproduced") / count


@pytest.mark.parametrize("paper", [8 / 378, 3 / 378, -6 / 378])
def test_without_an_effect_nothing_is_reproduced(paper: float) -> None:
    assert reproduced(0.0, paper, 400) <= 0.05


@pytest.mark.long
def test_without_an_effect_nothing_is_reproduced_in_many_runs() -> None:
    assert reproduced(0.0, 8 / 378, 5000) <= 0.05


@pytest.mark.long
def test_with_the_papers_effect_the_verdict_seldom_differs() -> None:
    paper = 8 / 378
    outside = 1 - coverage(runs(378, 6, 0.08, paper, 1000), paper)
    assert outside <= 0.06  # "differs"
    assert reproduced(paper, paper, 1000) >= 0.4  # one benchmark alone; the pooled test decides
