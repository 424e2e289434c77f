"""From verdicts to preference pairs (paper, section 2.2), and the subsets that ablations train on.

One (chosen, rejected) pair is drawn per problem: chosen passed every test, rejected did not. Each
problem has its own seed, so adding or removing a problem leaves the other draws as they were.
Never a side of a pair: a sample whose execution failed for reasons of our own (``infra_error``) or
that was caught tampering, an empty response, and a program that some of its samples passed with and
some failed (its verdict depends on chance).
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import Levenshtein

from codepref.errors import UserError
from codepref.pairs.settings import PairsConfig
from codepref.prompts import problem_messages, prompt_sha256
from codepref.records import Execution, Message, Pair, PairSide, Problem, Sample
from codepref.seeds import derive_seed

OUTCOMES = ("all_passed", "all_failed", "mixed", "no_samples", "too_few_tests")
"""of the samples of a problem"""


@dataclass(frozen=True)
class Judged:
    """A sample and the verdict on it."""

    sample: Sample
    execution: Execution

    @property
    def passed(self) -> bool:
        """Whether it may be chosen."""
        return self.execution.verdict == "passed"

    @property
    def program(self) -> str:
        """What makes two samples the same: their code, or their text where there is none."""
        return self.execution.code_sha256 or self.sample.completion

    def side(self) -> PairSide:
        """Return the record of where this side of a pair came from."""
        return PairSide(
            index=self.sample.index,
            verdict=self.execution.verdict,
            tests_passed=self.execution.tests_passed,
            tests_total=self.execution.tests_total,
            code_sha256=self.execution.code_sha256,
            truncated=self.sample.finish_reason == "length",
        )


def join_verdicts(
    problems: Sequence[Problem],
    samples: Iterable[Sample],
    executions: Iterable[Execution],
    model: str,
) -> dict[str, list[Judged]]:
    """Return each problem's samples with their verdicts, by problem id in the problems' order.

    Raises:
        UserError: a sample of another model, of an unknown problem, written for another prompt,
            given twice, or without exactly one verdict.
    """
    verdicts: dict[tuple[str, int], Execution] = {}
    for execution in executions:
        key = (execution.problem_id, execution.index)
        if execution.model != model:
            raise UserError(f"execution {key} is of model '{execution.model}', not of '{model}'")
        if key in verdicts:
            raise UserError(f"two executions of sample {key}; run the executions stage again")
        verdicts[key] = execution
    prompts = {problem.id: prompt_sha256(problem_messages(problem)) for problem in problems}
    judged: dict[str, list[Judged]] = {problem.id: [] for problem in problems}
    for sample in samples:
        key = (sample.problem_id, sample.index)
        if sample.model != model:
            raise UserError(f"sample {key} is of model '{sample.model}', not of '{model}'")
        if sample.problem_id not in prompts:
            raise UserError(f"sample {key} is of a problem that is not in the problems file")
        if sample.prompt_sha256 != prompts[sample.problem_id]:
            raise UserError(
                f"sample {key} answers another prompt than the problem's present one; the problem "
                "or the wording changed since: sample again"
            )
        if key not in verdicts:
            raise UserError(f"sample {key} has no execution (or comes twice); run the executions")
        judged[sample.problem_id].append(Judged(sample, verdicts.pop(key)))
    if verdicts:
        raise UserError(
            f"execution {next(iter(verdicts))} belongs to no sample in the samples file"
        )
    return judged


def usable_sides(
    judged: Sequence[Judged], reject_no_code: bool = True
) -> tuple[list[Judged], list[Judged]]:
    """Return the samples that may be chosen and those that may be rejected, by index."""
    labelled = [
        item
        for item in sorted(judged, key=lambda item: item.sample.index)
        if item.execution.verdict != "infra_error"
        and not item.execution.tampered
        and item.sample.completion.strip()
        and (reject_no_code or item.execution.verdict != "no_code")
    ]
    passing = {item.program for item in labelled if item.passed}
    failing = {item.program for item in labelled if not item.passed}
    undecided = passing & failing
    labelled = [item for item in labelled if item.program not in undecided]
    return (
        [item for item in labelled if item.passed],
        [item for item in labelled if not item.passed],
    )


def draw_pairs(
    problem: Problem, judged: Sequence[Judged], model: str, seed: int, config: PairsConfig
) -> list[Pair]:
    """Return the pairs of one problem: none unless something passed and something did not.

    A problem with fewer tests than ``min_tests`` gives none either.
    Several pairs of one problem never repeat a combination. Ties of ``shortest_edit`` (Levenshtein
    distance of the responses, in characters) and ``most_tests_rejected`` are broken at random. The
    latter needs executions that continue after a failed test; a sample that timed out or crashed
    counts with the tests it had passed by then.
    """
    if len(problem.tests) < config.min_tests:
        return []
    chosen, rejected = usable_sides(judged, config.reject_no_code)
    combinations = [(good, bad) for good in chosen for bad in rejected]
    random.Random(derive_seed(seed, "pairs", model, problem.id)).shuffle(combinations)
    if config.choice == "shortest_edit":
        combinations.sort(
            key=lambda sides: Levenshtein.distance(*(side.sample.completion for side in sides))
        )
    elif config.choice == "most_tests_rejected":
        combinations.sort(key=lambda sides: -sides[1].execution.tests_passed)
    prompt = problem_messages(problem)
    return [
        Pair(
            problem_id=problem.id,
            model=model,
            prompt=prompt,
            chosen=[Message(role="assistant", content=good.sample.completion)],
            rejected=[Message(role="assistant", content=bad.sample.completion)],
            prompt_sha256=prompt_sha256(prompt),
            chosen_from=good.side(),
            rejected_from=bad.side(),
        )
        for good, bad in combinations[: config.pairs_per_problem or None]
    ]


def nested_subset(pairs: Sequence[Pair], size: int | None, seed: int) -> list[Pair]:
    """Return ``size`` pairs drawn at random, in their original order; smaller sets are subsets.

    A pair's rank depends on the seed, its problem and its number among the problem's pairs only,
    so two models' subsets of one size cover much the same problems.
    """
    if size is None or size >= len(pairs):
        return list(pairs)
    seen: Counter[str] = Counter()
    ranked = []
    for position, pair in enumerate(pairs):
        number = seen[pair.problem_id]
        seen[pair.problem_id] += 1
        ranked.append((derive_seed(seed, "subset", pair.problem_id, number), position))
    kept = sorted(position for _, position in sorted(ranked)[:size])
    return [pairs[position] for position in kept]


def build_pairs(
    problems: Sequence[Problem],
    judged: dict[str, list[Judged]],
    model: str,
    seed: int,
    config: PairsConfig,
) -> tuple[list[Pair], dict[str, Any]]:
    """Return the pairs of all problems, in the problems' order, and statistics of the yield."""
    pairs = [
        pair
        for problem in problems
        for pair in draw_pairs(problem, judged[problem.id], model, seed, config)
    ]
    kept = nested_subset(pairs, config.max_pairs, seed)
    statistics = yield_statistics(problems, judged, config.min_tests)
    executions = [item.execution for items in judged.values() for item in items]
    unfinished = {(e.problem_id, e.index) for e in executions if e.tests_run < e.tests_total}
    sides = [side for pair in kept for side in (pair.chosen_from, pair.rejected_from)]
    statistics |= {
        "model": model,
        "seed": seed,
        "options": config.model_dump(),
        "pairs": len(kept),
        "pairs_before_max_pairs": len(pairs),
        "problems_with_pairs": len({pair.problem_id for pair in kept}),
        "rejected_by_verdict": Counter(pair.rejected_from.verdict for pair in kept),
        "rejected_not_run_on_all_tests": sum(
            (pair.problem_id, pair.rejected_from.index) in unfinished for pair in kept
        ),
        "truncated_sides": sum(side.truncated for side in sides),
    }
    return kept, statistics


def yield_statistics(
    problems: Sequence[Problem], judged: dict[str, list[Judged]], min_tests: int = 0
) -> dict[str, Any]:
    """Return counts of problems by the outcome of their samples, and of samples.

    Outcomes are all passed, all failed, mixed, no samples, and too few tests (``min_tests``), which
    comes before the others.
    """
    outcomes: Counter[str] = Counter()
    by_source: dict[str, Counter[str]] = defaultdict(Counter)
    by_difficulty: dict[str, Counter[str]] = defaultdict(Counter)
    distinct = []
    for problem in problems:
        items = [i for i in judged[problem.id] if i.execution.verdict != "infra_error"]
        passed = sum(item.passed for item in items)
        outcome = "mixed" if 0 < passed < len(items) else "all_passed" if passed else "all_failed"
        outcome = outcome if items else "no_samples"
        outcome = outcome if len(problem.tests) >= min_tests else "too_few_tests"
        outcomes[outcome] += 1
        for group in (by_source[problem.source], by_difficulty[problem.difficulty or "unknown"]):
            group.update({"problems": 1, outcome: 1, "samples": len(items), "passed": passed})
        distinct.append(len({item.program for item in items}))
    everything = [item for items in judged.values() for item in items]
    return {
        "problems": {
            "total": len(problems),
            **{outcome: outcomes[outcome] for outcome in OUTCOMES},
        },
        "samples": {
            "total": len(everything),
            "passed": sum(item.passed for item in everything),
            "truncated": sum(item.sample.finish_reason == "length" for item in everything),
            "empty": sum(not item.sample.completion.strip() for item in everything),
            "tampered": sum(item.execution.tampered for item in everything),
            "by_verdict": Counter(item.execution.verdict for item in everything),
        },
        "distinct_programs_per_problem": sum(distinct) / len(distinct) if distinct else 0.0,
        "by_source": by_source,
        "by_difficulty": by_difficulty,
    }


# --- Controls of the off-policy comparison ------------------------------------------------------


def shared_problems(pairs: Sequence[Pair], other: Sequence[Pair]) -> list[Pair]:
    """Return the pairs whose problem has a pair of the other model, too (Table 2's control)."""
    common = {pair.problem_id for pair in other}
    return [pair for pair in pairs if pair.problem_id in common]


def response_length(pair: Pair) -> int:
    """Return the length of both responses together, in characters."""
    return sum(len(turn.content) for turn in (*pair.chosen, *pair.rejected))


def length_matched(
    pairs: Sequence[Pair], other: Sequence[Pair], caliper: float = 0.1
) -> list[Pair]:
    """Return the pairs that can be matched one to one with pairs of the other model in length.

    Both sets are walked in the order of their lengths; two pairs match if the logarithms of their
    lengths differ by at most ``caliper``. Exchanging the arguments gives the partners, so the two
    models' matched sets have the same size and nearly the same lengths.
    """

    def by_length(items: Sequence[Pair]) -> list[int]:
        return sorted(range(len(items)), key=lambda i: (response_length(items[i]), i))

    mine, theirs = by_length(pairs), by_length(other)
    kept, i, j = [], 0, 0
    while i < len(mine) and j < len(theirs):
        difference = math.log(response_length(pairs[mine[i]])) - math.log(
            response_length(other[theirs[j]])
        )
        if abs(difference) <= caliper:
            kept.append(mine[i])
        i, j = i + (difference <= caliper), j + (difference >= -caliper)
    return [pairs[position] for position in sorted(kept)]
