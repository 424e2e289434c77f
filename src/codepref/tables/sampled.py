"""Samples of benchmark tasks: mean pass rates, pass@k and failure classes of every policy."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import mean
from typing import Any

import pandas as pd

from codepref.config import Config
from codepref.rates import pass_at_k
from codepref.tables.frames import FAILURES
from codepref.tables.labels import benchmark_label
from codepref.tables.paper import PaperTables

KS = (1, 2, 4, 8, 16)
"""the k of pass@k that tables and figures show, as far as there are as many samples"""


@dataclass(frozen=True)
class SampledCell:
    """The samples of one policy (all its training seeds) on one benchmark column."""

    model: str
    method: str
    benchmark: str
    samples_per_task: int
    solved: Mapping[int, tuple[int, ...]]
    """by seed: of each task, how many of its samples are solved"""
    failures: Mapping[str, int]
    """how many samples of all seeds failed, by class"""

    @property
    def total(self) -> int:
        """Samples of all seeds."""
        return self.samples_per_task * sum(map(len, self.solved.values()))

    @property
    def passed(self) -> int:
        """Solved samples of all seeds."""
        return sum(map(sum, self.solved.values()))

    def by_seed(self, k: int) -> list[float]:
        """Return pass@k in percent, mean over tasks, of each seed; k = 1 is the mean pass rate.

        Raises:
            ValueError: there are fewer than ``k`` samples a task.
        """
        n = self.samples_per_task
        each = [pass_at_k(n, solved, k) for solved in range(n + 1)]
        return [100 * mean(each[solved] for solved in of) for of in self.solved.values()]

    def pass_at(self, k: int) -> float | None:
        """Return the mean of ``by_seed`` over seeds; None: there are fewer than ``k`` samples."""
        return mean(self.by_seed(k)) if k <= self.samples_per_task else None


@dataclass(frozen=True)
class SampledResults:
    """All samples of a run and their verdicts."""

    config: Config
    paper: PaperTables
    samples: pd.DataFrame
    """``SAMPLE_COLUMNS``: a row per sample"""

    @property
    def benchmarks(self) -> list[str]:
        """The columns, in the configuration's order: each sampled benchmark, and its plus."""
        names = filter(self.config.samples_per_task, self.config.use_benchmarks)
        return [f"{name}{plus}" for name in names for plus in ("", "+")]

    def label(self, benchmark: str) -> str:
        """Return the heading of a column, with what sets its data apart from the paper's."""
        name = benchmark.removesuffix("+")
        suffix = benchmark.removeprefix(name)
        return benchmark_label(self.config, self.paper, name, suffix, self._tasks)

    @cached_property
    def _tasks(self) -> dict[str, int]:
        """Tasks by benchmark."""
        counts: Any = self.samples.groupby("benchmark")["task_id"].nunique()
        return counts.to_dict()

    @cached_property
    def cells(self) -> list[SampledCell]:
        """One cell per policy and column that has samples, in the configuration's order."""
        groups: Any = dict(iter(self.samples.groupby(["model", "method", "benchmark"])))
        policies = [(e.model, method) for e in self.config.experiments for method in e.methods]
        keys = [(*policy, b) for policy in dict.fromkeys(policies) for b in self.benchmarks]
        return [
            _cell(groups[model, method, b.removesuffix("+")], model, method, b)
            for model, method, b in keys
            if (model, method, b.removesuffix("+")) in groups
        ]


def _cell(rows: pd.DataFrame, model: str, method: str, benchmark: str) -> SampledCell:
    part = "plus" if benchmark.endswith("+") else "base"
    counts = rows.groupby(["seed", "task_id"], sort=False)[part].agg(["sum", "count"])
    seeds = rows["seed"].unique().tolist()
    solved = {seed: tuple(counts.loc[seed]["sum"].tolist()) for seed in sorted(seeds)}
    found = Counter(rows.loc[~rows[part], "failure"])
    failures = {name: found[name] for name in FAILURES if found[name]}
    return SampledCell(model, method, benchmark, int(counts["count"].iloc[0]), solved, failures)
