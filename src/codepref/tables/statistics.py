"""The statistics of the tables: the test of a difference, its interval, the rule of a verdict."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm
from scipy.stats import t as student

from codepref.rates import CONFIDENCE

Numbers = NDArray[np.float64]
Verdict = Literal[
    "agrees",
    "reproduced",
    "undecided",
    "differs",
    "not run",
    "no greedy score",
    "not in the paper",
    "not comparable",
    "no base",
]
DECIDED: tuple[Verdict, ...] = ("agrees", "reproduced", "undecided", "differs")
"""verdicts on a cell that can be compared with the paper's"""

SIGNIFICANCE = 0.05
REPETITIONS = 5_000
"""of the bootstrap; its random numbers are always the same"""
_FEW_KINDS = 40
_FINEST_GRID = 1 << 16
_BLOCK = 64
_LARGEST_DENOMINATOR = 1000

VERDICT_RULE = (
    'A cell is "not run" if this run has no result for it, "not comparable" if its tasks are not '
    'the paper\'s, "no base" if there is no base to compare it with. A base row "agrees" if the '
    "paper's score lies inside our "
    f'{CONFIDENCE:.0%} Wilson interval, else it "differs". A trained row is judged by its '
    'difference to base: it is "reproduced" if the paper\'s difference lies inside our '
    f"{CONFIDENCE:.0%} interval and ours is beyond chance (p < {SIGNIFICANCE:g}) in the paper's "
    'direction; it "differs" if the paper\'s difference lies outside, or if ours is beyond chance '
    'in another direction; else it is "undecided". Behind the verdict: the least number of tasks '
    "that must come out otherwise for another verdict."
)


def sign_flip_p(sums: Numbers) -> float:
    """Return the two-sided p of the sign-flip permutation test that a mean difference is 0.

    Under the null a cluster's difference is as likely as its opposite; all ways to flip the signs
    are counted (exactly, not by drawing some). With one answer to each task this is McNemar's
    exact test. Source: R. A. Fisher, The Design of Experiments (1935), section 21.

    Args:
        sums: of each cluster of tasks, its summed difference.
    """
    grid = _on_grid(sums)
    magnitudes, counts = np.unique(np.abs(grid), return_counts=True)
    return float(sign_flip_tails(magnitudes, counts[None, :], np.array([grid.sum()]))[0])


def sign_flip_tails(
    magnitudes: NDArray[np.int64], counts: NDArray[np.int64], totals: NDArray[np.int64]
) -> Numbers:
    """Return the p of many sign-flip tests whose differences have the same magnitudes.

    Args:
        magnitudes: the sizes that a difference can have, in units of a grid.
        counts: of each test (row), how many differences have each of them.
        totals: of each test, the sum of its differences.
    """
    size = 1 << int(2 * (counts @ magnitudes).max() + 1).bit_length()
    angles = 2 * np.pi * np.arange(size // 2 + 1) / size
    # A sum of independent +-m has the characteristic function product of cos(m * angle).
    logs, flips = np.zeros((len(counts), len(angles))), np.zeros((len(counts), len(angles)))
    for start in range(0, len(magnitudes), _BLOCK):
        block = slice(start, start + _BLOCK)
        cosines = np.cos(np.outer(magnitudes[block], angles))
        logs += counts[:, block] @ np.log(np.maximum(np.abs(cosines), 1e-300))
        flips += counts[:, block] @ (cosines < 0)
    signs = 1 - 2 * (flips % 2)
    chances = np.fft.irfft(signs * np.exp(logs), size, axis=1)[:, : size // 2]
    beyond = np.arange(size // 2)[None, :] >= np.abs(totals)[:, None]
    tails = np.where(totals == 0, 1.0, 2 * (chances * beyond).sum(axis=1))
    return np.clip(tails, 0.0, 1.0)


def _on_grid(sums: Numbers) -> NDArray[np.int64]:
    """Return differences as whole numbers of a unit that fits all of them.

    Means of counts are fractions; where their common denominator is too large, a fine grid is near
    enough.
    """
    sizes = np.abs(sums)
    denominators = {
        Fraction(float(x)).limit_denominator(_LARGEST_DENOMINATOR).denominator
        for x in np.unique(sizes)
    }
    scale: float = math.lcm(*denominators)
    finest = _FINEST_GRID / max(float(sizes.sum()), 1.0)
    return np.rint(sums * min(scale, finest)).astype(np.int64)


def difference_interval(sums: Numbers, sizes: Numbers) -> tuple[float, float]:
    """Return the bootstrap interval of a mean difference, drawing clusters of tasks.

    Percentiles of the resampled means. Few clusters, or few that changed, make plain percentiles
    too narrow: the levels are widened as Student's t is wider than the normal (T. Hesterberg, Am.
    Statist. 69 (2015) 371-386), and two clusters are added, one up and one down by the root mean
    square of those that changed over the root of 2, as A. Agresti and Y. Min (Statist. Med. 24
    (2005) 729-740) add one half to each cell. How often the truth is covered is a test.

    Args:
        sums: of each cluster, its summed difference.
        sizes: of each cluster, how many tasks it has.

    Raises:
        ValueError: there is no cluster.
    """
    if not len(sums):
        raise ValueError("an interval needs at least one task")
    changed = sums[sums != 0]
    shift = np.sqrt(np.mean(changed**2) / 2) if changed.size else sizes.mean() / np.sqrt(2)
    rows = np.column_stack(
        [np.append(sums, [shift, -shift]), np.append(sizes, [sizes.mean(), sizes.mean()])]
    ).round(12)
    n = len(rows)
    means = _resampled_means(rows)
    level = (1 - CONFIDENCE) / 2
    tail = float(norm.cdf(student.ppf(level, n - 1) * np.sqrt(n / (n - 1))))
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def _resampled_means(rows: Numbers) -> Numbers:
    """Return mean differences of clusters (rows of sum and size) drawn with replacement."""
    generator, n = np.random.default_rng(0), len(rows)
    kinds, counts = np.unique(rows, axis=0, return_counts=True)
    if len(kinds) <= _FEW_KINDS:  # how often each was drawn is quicker to draw
        drawn = generator.multinomial(n, counts / n, size=REPETITIONS)
        return (drawn @ kinds[:, 0]) / (drawn @ kinds[:, 1])
    ordered = np.repeat(kinds, counts, axis=0)
    means = []
    for _ in range(0, REPETITIONS, 500):
        totals = ordered[generator.integers(0, n, size=(500, n))].sum(axis=1)
        means.append(totals[:, 0] / totals[:, 1])
    return np.concatenate(means)


def holm(p_values: Sequence[float], tests: int | None = None) -> list[float]:
    """Return p-values adjusted for their number (S. Holm, Scand. J. Statist. 6 (1979) 65-70).

    ``tests``: how many were announced, if some of them have no p-value; those count as 1.
    """
    total = len(p_values) if tests is None else tests
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        running = max(running, (total - rank) * p_values[index])
        adjusted[index] = min(1.0, running)
    return adjusted


def least_p_value(change: int) -> float:
    """Return the smallest p that one run can give for a net change of ``change`` tasks.

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


def score_verdict(interval: tuple[float, float], paper_rate: float) -> Verdict:
    """Apply ``VERDICT_RULE`` to a base row; all as fractions."""
    return "agrees" if _inside(interval, paper_rate) else "differs"


def verdict(
    interval: tuple[float, float] | None, direction: int, paper_difference: float
) -> Verdict:
    """Apply ``VERDICT_RULE`` to a trained row.

    Args:
        interval: of our difference to base; None: too few tasks for one.
        direction: of our difference: 1 or -1 beyond chance, else 0.
        paper_difference: the paper's difference to its base.
    """
    if interval is None:
        return "undecided"
    if not _inside(interval, paper_difference):
        return "differs"
    if not direction:
        return "undecided"
    return "reproduced" if direction == np.sign(paper_difference) else "differs"


def _inside(interval: tuple[float, float], value: Any) -> bool:
    low, high = interval
    return bool(low - 1e-12 <= value <= high + 1e-12)
