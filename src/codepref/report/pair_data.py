"""Preference pairs for the report: prompt, both sides, verdicts, log-probabilities, rewards."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codepref.config import Config
from codepref.files import read_records
from codepref.prompts import problem_text
from codepref.records import Execution, Pair, Problem, RewardRecord, Sample, TestCase
from codepref.report.clip import clip, value_text
from codepref.report.marked import marked
from codepref.tables.inputs import read_of_run
from codepref.training.reward_analysis import RewardAnalysis

MAX_PAIRS = 60
"""of a model"""

ScoreKey = tuple[str, str, int]
"""model, problem and index of a sample"""


@dataclass(frozen=True)
class PairFiles:
    """Files behind the pairs."""

    problems: Path
    samples: Sequence[Path] = ()
    executions: Sequence[Path] = ()
    pairs: Sequence[Path] = ()
    analyses: Sequence[Path] = ()
    """of the rewards: they name the policy"""
    rewards: Sequence[Path] = ()
    """of samples, by a trained policy and the model it started from, in the analyses' order"""


def pair_data(config: Config, files: PairFiles, left_out: list[str]) -> dict[str, Any]:
    """Return the pairs that the page shows and everything that it says of them.

    Args:
        config: the run's.
        files: the records.
        left_out: gets a line for each model some of whose pairs are not shown.
    """
    scores = _scores(config, files)
    pairs: dict[str, list[Pair]] = {}
    for everything in (list(read_records(path, Pair)) for path in files.pairs):
        if everything:
            pairs[everything[0].model] = _chosen(everything, scores, left_out)
    shown = {(model, pair.problem_id) for model, items in pairs.items() for pair in items}
    every = {problem for _, problem in shown}
    problems = {p.id: p for p in read_records(files.problems, Problem) if p.id in every}
    executions = _executions(files.executions, shown)
    return {
        "problems": {name: _problem(problem) for name, problem in problems.items()},
        "pairs": {
            model: [_pair(pair, problems[pair.problem_id], executions, scores) for pair in items]
            for model, items in pairs.items()
        },
        "samples": _samples(files.samples, executions, shown),
    }


def _scores(config: Config, files: PairFiles) -> dict[ScoreKey, list[tuple[str, RewardRecord]]]:
    """Return by sample what the implicit reward of each method's policy says of it."""
    found: dict[ScoreKey, list[tuple[str, RewardRecord]]] = defaultdict(list)
    policies = read_of_run(config, files.analyses, RewardAnalysis)
    for policy, path in zip(policies, files.rewards, strict=True):
        for record in read_records(path, RewardRecord):
            found[record.model, record.problem_id, record.index].append((policy.method, record))
    return found


def _chosen(
    everything: Sequence[Pair], scores: Collection[ScoreKey], left_out: list[str]
) -> list[Pair]:
    """Return the pairs to show: first those with rewards, then every nth of the others."""
    model = everything[0].model
    scored = [
        pair for pair in everything if (model, pair.problem_id, pair.chosen_from.index) in scores
    ][:MAX_PAIRS]
    taken = {pair.problem_id for pair in scored}
    rest = [pair for pair in everything if pair.problem_id not in taken]
    room = MAX_PAIRS - len(scored)
    step = -(-len(rest) // room) if room else len(rest) + 1
    shown = scored + (rest[::step] if rest and room else [])
    if len(shown) < len(everything):
        of_others = f"one in {step}" if room else "none"
        left_out.append(
            f"{len(everything) - len(shown)} of {len(everything)} pairs of {model} (those with "
            f"implicit rewards come first, of the others {of_others} is shown; "
            "python scripts/trace.py shows any)"
        )
    return shown


def _executions(
    paths: Iterable[Path], shown: Collection[tuple[str, str]]
) -> dict[ScoreKey, Execution]:
    return {
        (e.model, e.problem_id, e.index): e
        for path in paths
        for e in read_records(path, Execution)
        if (e.model, e.problem_id) in shown
    }


def _problem(problem: Problem) -> dict[str, Any]:
    visible = [test for test in problem.tests if test.visible]
    return {
        "title": problem.title,
        "statement": clip(problem_text(problem)),
        "source": problem.source,
        "difficulty": problem.difficulty or "unknown",
        "starter": clip(problem.starter_code),
        "tests": [
            f"{value_text(test.input)} → {value_text(test.expected)}" for test in visible[:5]
        ],
        "visible": len(visible),
        "hidden": len(problem.tests) - len(visible),
    }


def _pair(
    pair: Pair,
    problem: Problem,
    executions: dict[ScoreKey, Execution],
    scores: dict[ScoreKey, list[tuple[str, RewardRecord]]],
) -> dict[str, Any]:
    chosen, rejected = pair.chosen[-1].content, pair.rejected[-1].content
    sides = marked(clip(chosen), clip(rejected))
    key = (pair.model, pair.problem_id, pair.rejected_from.index)
    return {
        "problem": pair.problem_id,
        "prompt": clip("\n\n".join(message.content for message in pair.prompt)),
        "chosen": pair.chosen_from.index,
        "rejected": pair.rejected_from.index,
        "rejected_verdict": pair.rejected_from.verdict,
        "marked": sides,
        "failing": _failing(problem, executions.get(key)),
        "scores": _pair_scores(pair, scores),
    }


def _failing(problem: Problem, execution: Execution | None) -> dict[str, str] | None:
    """Return the first test that the rejected side fails; None: it was not run, or has none."""
    at = execution.first_failing_test if execution else None
    if execution is None or at is None or at >= len(problem.tests):
        return None
    test: TestCase = problem.tests[at]
    said = execution.message or execution.verdict.replace("_", " ")
    got = said.rpartition(", got ")[2] if ", got " in said else said
    return {
        "test": f"test {at + 1} of {len(problem.tests)}",
        "input": value_text(test.input) if test.check is None else clip(test.check),
        "expected": value_text(test.expected) if test.check is None else "no assertion fails",
        "got": clip(got),
    }


def _pair_scores(
    pair: Pair, scores: dict[ScoreKey, list[tuple[str, RewardRecord]]]
) -> list[dict[str, Any]]:
    """Return what each policy says of both sides; only policies that scored both."""
    sides = []
    for side in (pair.chosen_from.index, pair.rejected_from.index):
        sides.append(dict(scores.get((pair.model, pair.problem_id, side), [])))
    return [
        {
            "method": method,
            "beta": sides[0][method].beta,
            **{
                role: {
                    "policy": side[method].policy_log_prob,
                    "reference": side[method].reference_log_prob,
                    "reward": side[method].reward,
                    "tokens": side[method].tokens,
                }
                for role, side in zip(("chosen", "rejected"), sides, strict=True)
            },
        }
        for method in sides[0]
        if method in sides[1]
    ]


def _samples(
    paths: Iterable[Path],
    executions: dict[ScoreKey, Execution],
    shown: Collection[tuple[str, str]],
) -> dict[str, Any]:
    """Return by model and problem the samples of the pairs that are shown, with their verdicts."""
    samples: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for sample in (sample for path in paths for sample in read_records(path, Sample)):
        if (sample.model, sample.problem_id) not in shown:
            continue
        execution = executions.get((sample.model, sample.problem_id, sample.index))
        samples[sample.model][sample.problem_id].append(
            {
                "index": sample.index,
                "completion": clip(sample.completion),
                "tokens": sample.tokens,
                "cut": sample.finish_reason == "length",
                "verdict": execution.verdict if execution else "not run",
                "tests": f"{execution.tests_passed}/{execution.tests_total}" if execution else "",
                "message": (execution.message or "") if execution else "",
                "checker": (execution.checker or "") if execution else "",
            }
        )
    return samples
