"""How sure a rate of solved tasks is, and pass@k."""

import math

from scipy.stats import norm

CONFIDENCE = 0.95
LEAST_CLUSTERS = 10
"""no interval is given from fewer independent tasks, templates or problems"""


def wilson_interval(
    solved: float, total: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return the Wilson score interval of a rate, as fractions in [0, 1].

    ``solved`` may be a mean over seeds, hence no integer; ``total`` stays the number of tasks, so
    more seeds do not pretend to be more tasks.
    Source: E. B. Wilson, JASA 22 (1927) 209-212; R. G. Newcombe, Statist. Med. 17 (1998) 857-872.

    Raises:
        ValueError: ``total`` is not positive or ``solved`` is not within [0, total].
    """
    if total <= 0 or not 0 <= solved <= total:
        raise ValueError(f"{solved} of {total} is not a rate")
    z = float(norm.ppf(0.5 + confidence / 2))
    rate = solved / total
    denominator = 1 + z * z / total
    centre = (rate + z * z / (2 * total)) / denominator
    half = z / denominator * math.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    # At 0 and at total the bound is exact; rounding must not push it past the rate itself.
    low = 0.0 if solved == 0 else centre - half
    high = 1.0 if solved == total else centre + half
    return low, high


def rate_interval(
    solved: float, total: int, independent: int | None = None
) -> tuple[float, float] | None:
    """Return the Wilson interval of a rate; None: fewer than ``LEAST_CLUSTERS`` are independent.

    ``independent``: how many of the ``total`` are; None: all.
    """
    few = (total if independent is None else independent) < LEAST_CLUSTERS
    return None if few else wilson_interval(solved, total)


def pass_at_k(samples: int, solved: int, k: int) -> float:
    """Return the unbiased estimate of pass@k of one task, ``1 - C(n - c, k) / C(n, k)``.

    It is the share of the sets of ``k`` of the task's ``samples`` that hold one of the ``solved``.
    Source: M. Chen et al., Evaluating Large Language Models Trained on Code (2021), equation 1.

    Raises:
        ValueError: there are fewer samples than ``k``, or fewer than are solved.
    """
    if not 1 <= k <= samples or not 0 <= solved <= samples:
        raise ValueError(f"pass@{k} of {solved} solved among {samples} samples is not defined")
    return 1 - math.comb(samples - solved, k) / math.comb(samples, k)
