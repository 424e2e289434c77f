"""Two policies on the same tasks: their difference, how sure it is, and what would change it."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from codepref.rates import LEAST_CLUSTERS
from codepref.tables.statistics import (
    SIGNIFICANCE,
    Numbers,
    difference_interval,
    sign_flip_p,
)


@dataclass(frozen=True)
class Noise:
    """Where the uncertainty of a difference comes from: standard errors, as fractions.

    They add up in squares. Sources: S. Wang (arXiv 2512.21326); E. Miller (arXiv 2411.00640).
    """

    tasks: float
    """another set of tasks like these would give another difference"""
    seeds: float | None
    """so would training again; None: one training seed, so it is unknown"""
    answers: float | None
    """so would asking again; None: one greedy answer and one seed, so it is part of ``tasks``"""


@dataclass(frozen=True, eq=False)
class Pairing:
    """How often two policies solve each task: rows are tasks, columns training seeds.

    Greedy answers give 0 or 1, several samples a mean pass rate.
    """

    old: pd.DataFrame
    new: pd.DataFrame
    """of the same rows and columns"""
    clusters: pd.Series
    """of each task, the cluster of tasks made alike that it belongs to; by itself: its own"""
    samples: tuple[int, int] = (1, 1)
    """how many answers a rate is the mean of (old, new)"""
    shared_old: bool = False
    """every column of ``old`` is the same policy: it has no training seed"""

    @property
    def seeds(self) -> tuple[int, ...]:
        """The training seeds that were compared."""
        return tuple(map(int, self.new.columns))

    @property
    def tasks(self) -> int:
        """How many tasks were compared."""
        return len(self.new)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """New minus old, by task and seed."""
        return self.new - self.old

    @cached_property
    def sums(self) -> tuple[Numbers, Numbers]:
        """Of each cluster, its summed difference (mean over seeds) and its number of tasks."""
        by_task = self.differences.mean(axis=1)
        grouped = by_task.groupby(self.clusters.to_numpy(), sort=True)
        # The order of seeds must not show in the last digits.
        return grouped.sum().to_numpy().round(12), grouped.size().to_numpy().astype(float)

    @property
    def estimate(self) -> float:
        """The mean difference, as a fraction."""
        sums, sizes = self.sums
        return float(sums.sum() / sizes.sum())

    @property
    def independent(self) -> int:
        """How many clusters of tasks there are."""
        return len(self.sums[0])

    @cached_property
    def interval(self) -> tuple[float, float] | None:
        """Its 95% interval, as fractions; None: there are fewer than ``LEAST_CLUSTERS``."""
        return None if self.independent < LEAST_CLUSTERS else difference_interval(*self.sums)

    @cached_property
    def p_value(self) -> float:
        """Two-sided p of the sign-flip permutation test."""
        return sign_flip_p(self.sums[0])

    @property
    def direction(self) -> int:
        """1 or -1 if the difference is beyond chance in that direction, else 0."""
        return int(np.sign(self.estimate)) if self.p_value < SIGNIFICANCE else 0

    @property
    def gained(self) -> tuple[int, ...]:
        """Of each seed, how many tasks are solved more often than before."""
        return tuple((self.differences > 0).sum().tolist())

    @property
    def lost(self) -> tuple[int, ...]:
        """Of each seed, how many tasks are solved less often than before."""
        return tuple((self.differences < 0).sum().tolist())

    @cached_property
    def noise(self) -> Noise | None:
        """Where the uncertainty comes from; None if nothing is several (or one cluster only)."""
        if len(self.seeds) < 2 and max(self.samples) < 2:
            return None
        table = self.differences.groupby(self.clusters.to_numpy()).mean().to_numpy()
        return _noise(table, *self._sampling()) if len(table) > 1 else None

    def _sampling(self) -> tuple[float, float]:
        """The variance of the mean difference from single samples, old and new; 0 if greedy."""

        def of(rates: pd.DataFrame, samples: int, policies: int) -> float:
            if samples < 2:
                return 0.0
            spread = (rates * (1 - rates)).to_numpy().mean() / (samples - 1)
            return float(spread / (len(rates) * policies))

        old, new = self.samples
        seeds = len(self.seeds)
        return of(self.old, old, 1 if self.shared_old else seeds), of(self.new, new, seeds)

    def least_change(self, outcome: Callable[["Pairing"], Hashable]) -> int | None:
        """Return how many tasks the new policy must answer otherwise for another outcome.

        A task answered otherwise is solved always, or never, at every seed. Tasks whose rate moves
        furthest change first, of these either those that the old policy solves or the others: for
        0 and 1 this is the least number. Every number is tried: an outcome may change and change
        back. None: no number of tasks changes the outcome.
        """
        now, orders = outcome(self), list(self._orders())
        for count in range(1, self.tasks + 1):
            for value, order in orders:
                if count > len(order):
                    continue
                rates = self.new.to_numpy().copy()
                rates[order[:count]] = value
                new = pd.DataFrame(rates, self.new.index, self.new.columns)
                if outcome(self._with(new)) != now:
                    return count
        return None

    def _orders(self) -> Iterator[tuple[float, list[int]]]:
        new, old = self.new.mean(axis=1).to_numpy(), self.old.mean(axis=1).to_numpy()
        for value in (1.0, 0.0):
            moves = np.abs(value - new).round(9)
            for tie in (old, -old):
                order = np.lexsort((tie, -moves))
                yield value, [int(task) for task in order if moves[task] > 0]

    def _with(self, new: pd.DataFrame) -> "Pairing":
        return Pairing(self.old, new, self.clusters, self.samples, self.shared_old)


def pair(
    old: pd.DataFrame,
    new: pd.DataFrame,
    clusters: pd.Series,
    samples: tuple[int, int] = (1, 1),
    shared_old: bool = False,
) -> Pairing | None:
    """Pair two policies' rates (rows tasks, columns seeds); None: they have no seed in common.

    Args:
        old, new: rates by task and seed. Seeds are matched by number.
        clusters: of each task, its cluster.
        samples: answers behind each rate (old, new).
        shared_old: the old policy was not trained, so its one column meets every seed.

    Raises:
        ValueError: they were not graded on the same tasks (names one that only one has).
    """
    if only := sorted(set(old.index) ^ set(new.index)):
        raise ValueError(f"task '{only[0]}' was graded for one of the two variants only")
    seeds = sorted(new.columns) if shared_old else sorted(set(old.columns) & set(new.columns))
    if not seeds or old.empty:
        return None
    tasks = sorted(old.index)
    before = pd.DataFrame({s: old.iloc[:, 0] if shared_old else old[s] for s in seeds})
    return Pairing(
        before.loc[tasks], new.loc[tasks, seeds], clusters.loc[tasks], samples, shared_old
    )


def pool(pairings: Sequence[Pairing]) -> Pairing | None:
    """Put tasks of several benchmarks together, of the seeds that all of them have."""
    if not pairings:
        return None
    seeds = sorted(set.intersection(*(set(one.seeds) for one in pairings)))
    if not seeds:
        return None
    numbers = range(len(pairings))

    def together(part: str) -> pd.DataFrame:
        return pd.concat([getattr(one, part)[seeds] for one in pairings], keys=numbers)

    clusters = [one.clusters.map(lambda name, n=n: f"{n}/{name}") for n, one in enumerate(pairings)]
    return Pairing(
        together("old"),
        together("new"),
        pd.concat(clusters, keys=numbers),
        (min(one.samples[0] for one in pairings), min(one.samples[1] for one in pairings)),
        all(one.shared_old for one in pairings),
    )


def _noise(table: Numbers, old_sampling: float, new_sampling: float) -> Noise:
    """Split the variance of a mean difference by the two-way layout of clusters and seeds."""
    n, seeds = table.shape
    by_task, by_seed = table.mean(axis=1), table.mean(axis=0)
    whole = float(by_task.var(ddof=1)) / n
    if seeds == 1:
        answers = old_sampling + new_sampling
        return Noise(_root(whole - answers), None, _root(answers))
    rest = table - by_task[:, None] - by_seed[None, :] + table.mean()
    residual = float((rest**2).sum()) / ((n - 1) * (seeds - 1)) / (n * seeds)
    of_seeds = max(0.0, float(by_seed.var(ddof=1)) / seeds - residual)
    if new_sampling:  # what is left of the residual is what a seed did to single tasks
        of_seeds += max(0.0, residual - new_sampling)
    answers = old_sampling + (new_sampling or residual)
    return Noise(_root(whole - residual - old_sampling), _root(of_seeds), _root(answers))


def _root(variance: float) -> float:
    return float(np.sqrt(max(0.0, variance)))
