"""Figure 1's claim at scale: does the implicit reward rank failing programs by how wrong they are?

The rule reward (eq. 2) gives two failing samples of one problem the same score if they fail in the
same way. Over all such pairs of which one passes more tests than the other: how often does a score
prefer that one (the area under the ROC curve, AUC; 0.5 is chance, ties count half)? The implicit
reward is compared with scores that know nothing of preferences: the initial model's log-probability
of the response, the same per token, and shortness. Pairs of one problem are not independent, so
intervals come from a bootstrap over problems.

Two counts of passed tests can be compared only if all tests were executed: samples whose run ended
early (a timeout, a lost process, an executor told to stop at the first failure) are left out, and
counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from statistics import mean

import numpy as np
from pydantic import Field

from codepref.rates import LEAST_CLUSTERS
from codepref.records import RewardRecord, Strict
from codepref.sandbox.verdicts import reward_of

RESAMPLES = 2000
NOT_FAILING = ("passed", "infra_error", None)


class Estimate(Strict):
    """A value with its 95% interval (bootstrap over problems); None: too few problems for one."""

    value: float
    low: float | None
    high: float | None


class RewardAnalysis(Strict):
    """How one policy's implicit reward ranks the samples of its own model.

    The AUC of each score, how far the implicit reward is ahead of each control, and in how many
    problems passing samples have the higher mean reward than failing ones.
    """

    model: str = ""
    method: str = ""
    seed: int = 0
    problems: int
    pairs: int
    failing_samples: int
    not_run_on_all_tests: int = Field(description="of the failing samples; left out")
    auc: dict[str, Estimate] = Field(default={}, description="of each score; none if no pairs")
    ahead_of: dict[str, Estimate] = Field(
        default={}, description="implicit reward less each control"
    )
    mixed_problems: int = Field(description="those with passing and with failing samples")
    passing_ahead: int = Field(description="of the mixed problems: the passing samples' mean is")
    mixed_ties: int = Field(default=0, description="of the mixed problems: both means are equal")

    def shown(self, score: str) -> str:
        """Return a score's AUC as text: ``0.61 [0.52, 0.70]``, or ``0.61 [too few: 8]``."""
        found = self.auc[score]
        if found.low is None or found.high is None:
            return f"{found.value:.2f} [too few: {self.problems}]"
        return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"

    @property
    def decided(self) -> int:
        """Mixed problems in which one side is ahead: a sign test leaves ties out."""
        return self.mixed_problems - self.mixed_ties


def analyse(records: Iterable[RewardRecord], seed: int = 0) -> RewardAnalysis:
    """Return the AUC of every score over the pairs that the rule reward scores alike.

    Scores: ``implicit_reward``; ``implicit_reward_length_controlled`` (what a regression on the
    token count, with an intercept per problem, leaves of it); ``reference_log_prob``;
    ``reference_log_prob_per_token``; ``shortness``. ``ahead_of`` holds the difference of
    ``implicit_reward`` to each of the last three on the same resamples.
    """
    records = list(records)
    failing = [record for record in records if record.verdict not in NOT_FAILING]
    complete = [
        record
        for record in failing
        if record.tests_total is not None and record.tests_run == record.tests_total
    ]
    scores = _scores(complete)
    wins = _wins(complete, scores)
    count = len(wins)
    mixed, ahead, ties = _passing_ahead(records)
    found = RewardAnalysis(
        problems=count,
        pairs=sum(map(len, wins)),
        failing_samples=len(failing),
        not_run_on_all_tests=len(failing) - len(complete),
        mixed_problems=mixed,
        passing_ahead=ahead,
        mixed_ties=ties,
    )
    if not count:
        return found
    # Sums per problem, so that a resample of problems is a weighted sum.
    totals = np.array([rows.sum(axis=0) for rows in wins])
    sizes = np.array([len(rows) for rows in wins])
    draws = np.random.default_rng(seed).multinomial(count, [1 / count] * count, RESAMPLES)
    value = totals.sum(axis=0) / sizes.sum()
    resampled = (draws @ totals) / (draws @ sizes)[:, None]

    def estimate(point: float, sample: np.ndarray) -> Estimate:
        if count < LEAST_CLUSTERS:
            return Estimate(value=float(point), low=None, high=None)
        low, high = np.quantile(sample, [0.025, 0.975])
        return Estimate(value=float(point), low=float(low), high=float(high))

    auc = {name: estimate(value[i], resampled[:, i]) for i, name in enumerate(scores)}
    ahead_of = {
        name: estimate(value[0] - value[i], resampled[:, 0] - resampled[:, i])
        for i, name in enumerate(scores)
        if not name.startswith("implicit_reward")
    }
    return found.model_copy(update={"auc": auc, "ahead_of": ahead_of})


def _passing_ahead(records: Iterable[RewardRecord]) -> tuple[int, int, int]:
    """Compare the mean rewards of passing and failing samples, problem by problem.

    Returns:
        How many problems have both; in how many of them passing ones are ahead, in how many none.
    """
    sides: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for record in records:
        if record.verdict not in (None, "infra_error"):
            sides[record.problem_id][record.verdict != "passed"].append(record.reward)
    both = [(mean(good), mean(bad)) for good, bad in sides.values() if good and bad]
    ahead = sum(good > bad for good, bad in both)
    return len(both), ahead, sum(good == bad for good, bad in both)


def _scores(records: Sequence[RewardRecord]) -> dict[str, np.ndarray]:
    reward = np.array([record.reward for record in records])
    reference = np.array([record.reference_log_prob for record in records])
    tokens = np.array([float(record.tokens) for record in records])
    return {
        "implicit_reward": reward,
        "implicit_reward_length_controlled": without_length(
            reward, tokens, [record.problem_id for record in records]
        ),
        "reference_log_prob": reference,
        "reference_log_prob_per_token": reference / np.maximum(tokens, 1),
        "shortness": -tokens,
    }


def without_length(score: np.ndarray, tokens: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """Return a score less what a linear function of the token count explains within groups."""
    if not len(score):
        return score
    _, group = np.unique(groups, return_inverse=True)
    counts = np.bincount(group)

    def centred(values: np.ndarray) -> np.ndarray:
        return values - (np.bincount(group, values) / counts)[group]

    length = centred(tokens)
    spread = float(length @ length)
    slope = float(length @ centred(score)) / spread if spread else 0.0
    return score - slope * tokens


def alike(records: Iterable[RewardRecord]) -> list[tuple[RewardRecord, RewardRecord]]:
    """Return all pairs of failing samples of one problem with the same rule reward."""
    groups: dict[tuple[str, float], list[RewardRecord]] = defaultdict(list)
    for record in records:
        if record.verdict is not None and record.verdict not in NOT_FAILING:
            groups[record.problem_id, reward_of(record.verdict)].append(record)
    return [pair for members in groups.values() for pair in combinations(members, 2)]


def _wins(records: Sequence[RewardRecord], scores: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return per problem an array [pairs, scores]: 1, 0.5 or 0 for preferred, tied, not."""
    table = np.stack(list(scores.values()), axis=1)
    place = {id(record): i for i, record in enumerate(records)}
    wins: dict[str, list[np.ndarray]] = {record.problem_id: [] for record in records}
    for one, other in alike(records):
        gap = (one.tests_passed or 0) - (other.tests_passed or 0)
        if gap:
            ahead = np.sign(gap) * np.sign(table[place[id(one)]] - table[place[id(other)]])
            wins[one.problem_id].append((ahead + 1) / 2)
    return [np.array(rows) for rows in wins.values() if rows]
