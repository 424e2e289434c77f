"""One score of Table 1 or 2: ours, the paper's, and how they compare."""

from dataclasses import dataclass
from functools import cached_property
from statistics import mean, stdev

from codepref.rates import rate_interval, wilson_interval
from codepref.tables.differences import Pairing
from codepref.tables.statistics import DECIDED, Verdict, score_verdict, verdict


@dataclass(frozen=True)
class Cell:
    """One score of Table 1 or 2: ours over seeds, the paper's, and how they compare."""

    model: str
    method: str
    benchmark: str
    seeds: tuple[int, ...] = ()
    solved: tuple[int, ...] = ()
    """tasks solved, per seed; empty if not run"""
    total: int = 0
    templates: int | None = None
    """that the tasks were made from; None: each task is its own"""
    pairing: Pairing | None = None
    """with base on the same tasks; None for base, or if base was not run"""
    paper_solved: int | None = None
    paper_total: int | None = None
    paper_change: int | None = None
    """tasks the paper's variant solves more than the paper's base; None for base"""
    sampled: bool = False
    """whether sampled answers of it were graded"""
    published_data: bool = True
    """graded on the published EvalPlus data, not on a demo subset"""

    @property
    def run(self) -> bool:
        """Whether this run has a result."""
        return bool(self.solved)

    @property
    def mean_solved(self) -> float:
        """Mean over seeds."""
        return mean(self.solved)

    @property
    def rate(self) -> float:
        """Pass@1 in percent, mean over seeds."""
        return 100 * self.mean_solved / self.total

    @property
    def interval(self) -> tuple[float, float] | None:
        """95% Wilson interval in percent; None: too few tasks (or templates) for one."""
        found = rate_interval(self.mean_solved, self.total, self.templates)
        return None if found is None else (100 * found[0], 100 * found[1])

    @property
    def independent(self) -> int:
        """How many of the tasks are independent: those made from one template count once."""
        return self.total if self.templates is None else self.templates

    @property
    def spread(self) -> float | None:
        """Standard deviation over seeds in percentage points; None for a single seed."""
        return 100 * stdev(self.solved) / self.total if len(self.solved) > 1 else None

    @property
    def paper_rate(self) -> float | None:
        """The paper's score in percent."""
        if self.paper_solved is None or not self.paper_total:
            return None
        return 100 * self.paper_solved / self.paper_total

    @property
    def paper_to_base(self) -> float | None:
        """The paper's difference to its base in percentage points; None for base."""
        if self.paper_change is None or not self.paper_total:
            return None
        return 100 * self.paper_change / self.paper_total

    @property
    def comparable(self) -> bool:
        """Whether the paper has this cell and used as many tasks of the same data."""
        reported = self.paper_solved is not None and self.paper_total == self.total
        return self.run and self.published_data and reported

    @property
    def difference(self) -> float | None:
        """Ours minus the paper's, in tasks; None if the two cannot be compared."""
        if not self.comparable or self.paper_solved is None:
            return None
        return self.mean_solved - self.paper_solved

    @property
    def verdict(self) -> Verdict:
        """The cell's verdict (``statistics.VERDICT_RULE``)."""
        if not self.run:
            return "no greedy score" if self.sampled else "not run"
        if self.paper_solved is None:
            return "not in the paper"
        if not self.comparable:
            return "not comparable"
        if self.paper_change is None:
            return self._of_score(self.mean_solved)
        return "no base" if self.pairing is None else self._of_difference(self.pairing)

    @cached_property
    def flips_at(self) -> int | None:
        """The least number of tasks that must come out otherwise for another verdict."""
        now = self.verdict
        if now not in DECIDED:
            return None
        if self.pairing is not None and self.paper_change is not None:
            return self.pairing.least_change(self._of_difference)
        for tasks in range(1, self.total + 1):
            for solved in (self.mean_solved - tasks, self.mean_solved + tasks):
                if 0 <= solved <= self.total and self._of_score(solved) != now:
                    return tasks
        return None

    def _of_score(self, solved: float) -> Verdict:
        assert self.paper_rate is not None
        return score_verdict(wilson_interval(solved, self.total), self.paper_rate / 100)

    def _of_difference(self, pairing: Pairing) -> Verdict:
        assert self.paper_change is not None
        return verdict(pairing.interval, pairing.direction, self.paper_change / self.total)
