"""One of n samples, chosen by what is known without their verdicts, and how often it is right.

``agreement``: of a task's samples, one whose outputs on the visible inputs most samples share
(MBR-EXEC, Shi et al. 2022, section 3; AlphaCode's largest cluster, Li et al. 2022). ``reward``: the
one with the highest implicit reward of the policy that drew it (the paper's eq. 4). Where several
are equal the result is the mean over them, so nothing is drawn at random.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from statistics import mean
from typing import Any

from codepref.errors import UserError
from codepref.evaluation.entry import Question
from codepref.evaluation.sampled_records import (
    Reranked,
    RerankedTask,
    SampledSolution,
    SampledVerdict,
    SampledVerdicts,
    VisibleRun,
)
from codepref.evaluation.visible import visible_inputs
from codepref.progress import Progress
from codepref.records import Comparison, Limits, RewardRecord
from codepref.sandbox import Executor, Outcome, Program, SandboxError
from codepref.sandbox.compare import values_match
from codepref.sandbox.settings import ExecutionConfig

_ALIKE = Comparison(kind="exact")


def run_visible(
    questions: Mapping[str, Question],
    solutions: Sequence[SampledSolution],
    config: ExecutionConfig,
    workers: int,
) -> Iterator[VisibleRun]:
    """Yield of each sample what it did on its task's visible inputs, in the samples' order.

    Equal programs of a task run once.

    Raises:
        UserError: a sample is of an unknown task, no isolation works, or the sandbox failed.
    """
    unknown = sorted({one.task_id for one in solutions} - questions.keys())
    if unknown:
        raise UserError(f"samples of a task that the data file does not have: {unknown[0]}")
    inputs = {task_id: visible_inputs(question) for task_id, question in questions.items()}
    distinct = {(one.task_id, one.solution): None for one in solutions}
    runs = [(task, code) for task, code in distinct if code and inputs[task]]
    own = {"cpu_seconds": config.cpu_seconds, "memory_mb": config.memory_mb}
    given = {name: value for name, value in own.items() if value is not None}
    limits = Limits().model_copy(update=given)
    programs = (
        Program(code, str(questions[task].entry_point), tuple(inputs[task]), limits)
        for task, code in runs
    )
    progress = Progress("programs on visible inputs", len(runs))
    groups: dict[tuple[str, str], int | None] = {}
    seen: dict[str, list[list[Any]]] = defaultdict(list)
    try:
        with Executor(workers, config) as executor:
            for run, outcomes in zip(runs, executor.values(programs), strict=True):
                groups[run] = _group(outcomes, seen[run[0]])
                progress.advance()
    except SandboxError as error:
        raise UserError(f"the sandbox failed ({error}); run again") from error
    for one in solutions:
        group = groups.get((one.task_id, one.solution))
        count = len(inputs[one.task_id])
        yield VisibleRun(task_id=one.task_id, index=one.index, inputs=count, group=group)


def _group(outcomes: Iterable[Outcome], seen: list[list[Any]]) -> int | None:
    """Return the number of the outputs among those seen of the task, adding them if new."""
    outputs = []
    for outcome in outcomes:
        if outcome.failure is not None:
            return None
        outputs.append(outcome.value)
    for number, known in enumerate(seen):
        if values_match(outputs, known, _ALIKE):
            return number
    seen.append(outputs)
    return len(seen) - 1


def rerank(
    verdicts: SampledVerdicts,
    runs: Iterable[VisibleRun] | None,
    rewards: Iterable[RewardRecord] | None,
) -> Reranked:
    """Return how often the chosen sample passes, task by task.

    Args:
        verdicts: on all samples of one policy on one benchmark.
        runs: what they did on visible inputs; None: no choice by agreement.
        rewards: of the samples of each task that has passing and failing ones (elsewhere the
            choice changes nothing); None: no choice by reward.

    Raises:
        UserError: runs or rewards are of other samples.
    """
    tasks: dict[str, dict[int, SampledVerdict]] = defaultdict(dict)
    for one in verdicts.samples:
        tasks[one.task_id][one.index] = one
    groups: dict[str, dict[int, int | None]] = defaultdict(dict)
    shown = set()
    for run in runs or ():
        groups[run.task_id][run.index] = run.group
        if run.inputs:
            shown.add(run.task_id)
    scores = _scores(rewards or (), verdicts.model)
    found = []
    for task_id, samples in tasks.items():
        passed = {index: float(one.plus) for index, one in samples.items()}
        mixed = len(set(passed.values())) == 2
        for what, given in (("runs", groups[task_id]), ("rewards", scores[task_id])):
            needed = runs is not None if what == "runs" else rewards is not None and mixed
            if (needed or given) and given.keys() != samples.keys():
                raise UserError(
                    f"{what} of {task_id}: samples {sorted(given)}, its verdicts have "
                    f"{sorted(samples)}; make them again"
                )
        best = max(scores[task_id].values(), default=0.0)
        by_reward = [i for i, score in scores[task_id].items() if score == best] or list(samples)
        found.append(
            RerankedTask(
                task_id=task_id,
                passed=mean(passed.values()),
                agreement=None
                if runs is None
                else mean(passed[i] for i in largest_group(groups[task_id])),
                implicit_reward=None if rewards is None else mean(passed[i] for i in by_reward),
            )
        )
    return Reranked(
        **verdicts.model_dump(include={"model", "method", "seed", "benchmark", "samples_per_task"}),
        shown=None if runs is None else len(shown),
        tasks=found,
    )


def _scores(rewards: Iterable[RewardRecord], model: str) -> dict[str, dict[int, float]]:
    scores: dict[str, dict[int, float]] = defaultdict(dict)
    for record in rewards:
        if not isfinite(record.reward) or record.model != model:
            raise UserError(
                f"reward of sample {record.index} of {record.problem_id}: {record.reward}, model "
                f"'{record.model}'; expected a number, '{model}': score the answers again"
            )
        scores[record.problem_id][record.index] = record.reward
    return scores


def largest_group(groups: Mapping[int, int | None]) -> list[int]:
    """Return the samples in the largest group, or groups; all samples if none is in a group."""
    sizes = Counter(group for group in groups.values() if group is not None)
    if not sizes:
        return list(groups)
    most = max(sizes.values())
    return [i for i, group in groups.items() if group is not None and sizes[group] == most]
