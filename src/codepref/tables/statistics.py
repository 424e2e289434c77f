"""The statistics of the tables: paired tests, and the rule behind a cell's verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from scipy.stats import binomtest

from codepref.rates import CONFIDENCE

Verdict = Literal["reproduced", "within noise", "differs", "not run"]

SIGNIFICANCE = 0.05

VERDICT_RULE = (
    "A cell is \"not run\" if this run has no result for it on the paper's model and the paper's "
    'number of tasks. Otherwise it "differs" if the paper\'s score lies outside our '
    f"{CONFIDENCE:.0%} Wilson interval, or if our change against base is significant (exact "
    f"McNemar, p < {SIGNIFICANCE:g}, in every seed) in a direction that is not the paper's. It is "
    '"reproduced" if the paper\'s score lies inside the interval and, for a trained variant, our '
    "change against base is significant in the paper's direction. What remains, a compatible score "
    'whose change against base cannot be told from chance, is "within noise".'
)


@dataclass(frozen=True)
class Paired:
    """Two variants on the same tasks: who solved what the other did not."""

    gained: int
    """tasks the trained variant solves and the base does not"""
    lost: int
    """tasks the base solves and the trained variant does not"""
    both: int
    neither: int

    @property
    def p_value(self) -> float:
        """Two-sided exact McNemar test of the discordant tasks (binomial, 1/2); 1 if none.

        Source: Q. McNemar, Psychometrika 12 (1947) 153-157, in its exact form.
        """
        discordant = self.gained + self.lost
        return float(binomtest(self.gained, discordant, 0.5).pvalue) if discordant else 1.0

    @property
    def change(self) -> int:
        """Tasks solved more than by the base."""
        return self.gained - self.lost


def paired(base: pd.Series, other: pd.Series) -> Paired:
    """Compare two variants task by task; each says by task id whether the task passed.

    Raises:
        ValueError: they were not graded on the same tasks (names one that only one has).
    """
    if only := sorted(set(base.index) ^ set(other.index)):
        raise ValueError(f"task '{only[0]}' was graded for one of the two variants only")
    other = other.reindex(base.index)
    return Paired(
        gained=int((~base & other).sum()),
        lost=int((base & ~other).sum()),
        both=int((base & other).sum()),
        neither=int((~base & ~other).sum()),
    )


def least_p_value(change: int) -> float:
    """Return the smallest p that exact McNemar can give for a net change of ``change`` tasks.

    It is reached when nothing was lost: then the discordant tasks all point one way.
    """
    return min(1.0, 2.0 * 0.5 ** abs(change))


def least_significant_change(total: int, discordance: float) -> int:
    """Return the smallest net change that is significant if this share of tasks is discordant."""
    discordant = round(total * discordance)
    for change in range(discordant % 2, discordant + 1, 2):
        if binomtest((discordant + change) // 2, discordant, 0.5).pvalue < SIGNIFICANCE:
            return change
    raise ValueError(f"{discordant} discordant tasks can never be significant")


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number (S. Holm, Scand. J. Statist. 6 (1979) 65-70)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        running = max(running, (len(p_values) - rank) * p_values[index])
        adjusted[index] = min(1.0, running)
    return adjusted


def verdict(
    *,
    interval: tuple[float, float] | None,
    paper_rate: float | None,
    paper_change: int | None = None,
    tests: Sequence[Paired] = (),
) -> Verdict:
    """Apply ``VERDICT_RULE`` to one cell.

    Args:
        interval: ours, as fractions; None if this run cannot be compared with the paper.
        paper_rate: the paper's score as a fraction; None if the paper has no such cell.
        paper_change: tasks the paper's variant solves more than its base; None for a base row.
        tests: our comparisons with base, one per seed; empty for a base row.
    """
    if interval is None or paper_rate is None:
        return "not run"
    low, high = interval
    if not low - 1e-12 <= paper_rate <= high + 1e-12:
        return "differs"
    if paper_change is None:
        return "reproduced"
    direction = significant_direction(tests)
    if not direction:
        return "within noise"
    return "reproduced" if direction == _sign(paper_change) else "differs"


def significant_direction(tests: Sequence[Paired]) -> int:
    """Return 1 or -1 if every seed changed significantly in that direction, else 0."""
    directions = {_sign(test.change) if test.p_value < SIGNIFICANCE else 0 for test in tests}
    return directions.pop() if len(directions) == 1 else 0


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)
