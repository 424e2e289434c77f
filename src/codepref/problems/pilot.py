"""Which problems are worth all samples: a pilot of a few of each says where mixed ones are likely.

Only a problem with a passing and a failing sample gives a pair (paper, section 2.2). In each group
of problems of one difficulty the pass rates are taken for draws from a beta distribution, fitted to
the pilot's counts by moments; what a problem's own pilot samples did then says how probable it is
that its samples, all together, are mixed. The most probable are kept, of those with enough tests to
give a pair.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, lgamma
from typing import Any

from codepref.errors import UserError
from codepref.records import Execution, Problem
from codepref.seeds import derive_seed

RULE = (
    "kept are the problems whose samples, all together, are most probably mixed (some pass, some "
    "fail): of one difficulty, pass rates are draws from a beta distribution fitted to the pilot's "
    "counts by moments; a problem's own pilot samples update it; ties are drawn by the seed"
)
_CORRELATIONS = (0.05, 0.95)
"""Between samples of a problem: few problems can give any estimate, also an impossible one."""


@dataclass(frozen=True)
class Group:
    """The problems of one difficulty.

    Attributes:
        problems: how many have how many passing pilot samples, from none to all.
        prior: the fitted beta distribution of pass rates.
        mixed: the probability of being mixed, by the number of passing pilot samples.
    """

    problems: list[int]
    prior: tuple[float, float]
    mixed: list[float]


def select(
    problems: Sequence[Problem],
    executions: Iterable[Execution],
    samples: int,
    of: int,
    keep: int,
    seed: int,
    min_tests: int = 0,
) -> tuple[list[Problem], dict[str, Any]]:
    """Return the problems kept, in their order, and the record of the selection.

    Problems without a verdict on each pilot sample (the model could not be asked, or the sandbox
    failed) are left out.

    Args:
        problems: the candidates.
        executions: verdicts on the pilot's samples.
        samples: pilot samples of each candidate.
        of: samples that a kept problem has in the end, the pilot's among them.
        keep: how many are kept.
        seed: of the draw among equals.
        min_tests: problems with fewer tests are left out too.

    Raises:
        UserError: no candidate has its verdicts, or none has enough tests.
    """
    verdicts = _verdicts(executions, samples)
    enough = [problem for problem in problems if len(problem.tests) >= min_tests]
    if problems and not enough:
        raise UserError(f"no candidate has {min_tests} tests; lower pairs.min_tests")
    passed = {name: classes.count("passed") for name, classes in verdicts.items()}
    tried = [problem for problem in enough if problem.id in passed]
    if not tried:
        raise UserError("no candidate has a verdict on each of its pilot samples")
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * (samples + 1))
    for problem in tried:
        counts[_group(problem)][passed[problem.id]] += 1
    groups = {name: fit(found, of) for name, found in sorted(counts.items())}

    drawn = list(tried)
    random.Random(derive_seed(seed, "pilot")).shuffle(drawn)
    drawn.sort(key=lambda problem: -groups[_group(problem)].mixed[passed[problem.id]])
    chosen = {problem.id for problem in drawn[:keep]}
    record = {
        "rule": RULE,
        "seed": seed,
        "samples": samples,
        "samples_in_the_end": of,
        "candidates": len(problems),
        "min_tests": min_tests,
        "too_few_tests": len(problems) - len(enough),
        "without_verdicts": len(enough) - len(tried),
        "groups": {name: asdict(group) for name, group in groups.items()},
        "kept": [problem.id for problem in tried if problem.id in chosen],
        "verdicts": {problem.id: verdicts[problem.id] for problem in tried},
    }
    return [problem for problem in tried if problem.id in chosen], record


def _verdicts(executions: Iterable[Execution], samples: int) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in executions:
        if one.verdict != "infra_error":
            found[one.problem_id].append(one.verdict)
    return {name: classes for name, classes in found.items() if len(classes) == samples}


def _group(problem: Problem) -> str:
    return problem.difficulty or "unknown"


def fit(problems: Sequence[int], of: int) -> Group:
    """Fit the pass rates of a group, and say how probably its problems are mixed.

    The mean and the correlation of a problem's samples are those of the beta-binomial distribution:
    k passing of s has variance s m (1 - m) (1 + (s - 1) r), with r = 1 / (a + b + 1). Half a
    passing and half a failing sample are added, so that a mean is never 0 or 1.

    Args:
        problems: how many have how many passing pilot samples, from none to all.
        of: samples in the end.
    """
    samples, total = len(problems) - 1, sum(problems)
    passing = sum(count * number for count, number in enumerate(problems))
    mean = (passing + 0.5) / (total * samples + 1)
    low, high = _CORRELATIONS
    if samples == 1 or total < 2:  # nothing to tell it from
        correlation = (low + high) / 2
    else:
        variance = sum(n * (k - samples * mean) ** 2 for k, n in enumerate(problems)) / total
        independent = samples * mean * (1 - mean)
        correlation = min(max((variance / independent - 1) / (samples - 1), low), high)
    weight = 1 / correlation - 1
    a, b = mean * weight, (1 - mean) * weight
    mixed = [_mixed(a, b, count, samples, of) for count in range(samples + 1)]
    return Group(list(problems), (round(a, 4), round(b, 4)), [round(p, 4) for p in mixed])


def _mixed(a: float, b: float, passed: int, samples: int, of: int) -> float:
    """Return the probability that ``of`` samples are mixed if ``passed`` of the first pass.

    Of a rate with the beta distribution (a, b): 1 - B(a, b + of) / B(a, b + samples) if none has
    passed, and the same with a and b exchanged if all have.
    """
    if 0 < passed < samples:
        return 1.0
    if passed:
        a, b = b, a
    return 1 - exp(_log_beta(a, b + of) - _log_beta(a, b + samples))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
