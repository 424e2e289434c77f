"""Grading of several samples per benchmark task; equal programs of a task run once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

from codepref.errors import UserError
from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.evaluation.entry import confirmed
from codepref.evaluation.sampled_records import (
    FailureClass,
    SampledSolution,
    SampledVerdict,
    SampledVerdicts,
)
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import TaskFile, repeated, some_of
from codepref.files import read_records, sha256_of
from codepref.gradings import BenchmarkVerdicts, GradingFacts, PartVerdict, TaskVerdict


def read_sampled(path: str | Path, benchmark: TaskFile[Any]) -> list[SampledSolution]:
    """Read sampled solutions: of each task of the benchmark as many, numbered from 0.

    Raises:
        UserError: a record is malformed, or tasks or samples are missing, unknown or repeated.
    """
    solutions = list(read_records(path, SampledSolution))
    counts = Counter(solution.task_id for solution in solutions)
    if counts.keys() != benchmark.tasks.keys():
        differ = sorted(counts.keys() ^ benchmark.tasks.keys())
        raise UserError(
            f"{path}: {len(differ)} tasks are in only one of this file and {benchmark.path.name}: "
            f"{some_of(differ)}; generate the samples from this data file"
        )
    each = min(max(counts.values()), 1 + max(solution.index for solution in solutions))
    found = Counter((solution.task_id, solution.index) for solution in solutions)
    wanted = Counter((task_id, index) for task_id in benchmark.tasks for index in range(each))
    if found != wanted:
        task_id, index = sorted((found - wanted) | (wanted - found))[0]
        raise UserError(
            f"{path}: sample {index} of {task_id} is there {found[task_id, index]} times; each "
            f"task needs its samples 0 to {each - 1} once: generate the samples again"
        )
    return solutions


def grade_sampled(
    benchmark: TaskFile[Any],
    path: str | Path,
    config: GradingConfig,
    cache: str | Path,
    workers: int = 1,
) -> SampledVerdicts:
    """Grade a file of sampled solutions.

    The second judge runs what passes EvalPlus's base part: what EvalPlus failed stays failed.

    Raises:
        UserError: as ``read_sampled``, or the judge cannot grade here.
    """
    solutions = read_sampled(path, benchmark)
    entry, sha256 = BENCHMARKS[benchmark.dataset], sha256_of(path)
    first: dict[tuple[str, str], SampledSolution] = {}
    for solution in sorted(solutions, key=lambda solution: solution.index):
        first.setdefault((solution.task_id, solution.solution), solution)
    programs = {_name(solution): solution.solution for solution in first.values()}
    tasks = {_name(solution): solution.task_id for solution in first.values()}
    whole = repeated(benchmark, tasks)
    judge = entry.judge(whole, config, cache, workers)
    verdicts = judge.grade(programs, sha256, every_part=False)
    passing = {task.task_id: task for task in verdicts.tasks if task.base_solved}
    if entry.second_judge is not None and passing:
        few = replace(whole, tasks={name: whole.tasks[name] for name in passing})
        judge = entry.judge(few, config, cache, workers)
        some = verdicts.model_copy(update={"tasks": list(passing.values())})
        own = {name: programs[name] for name in passing}
        verdicts = confirmed(verdicts, entry.second_judge(judge, own, some))
    return _sampled_verdicts(verdicts, benchmark, solutions, first, tasks)


def _name(solution: SampledSolution) -> str:
    return f"{solution.task_id}#{solution.index}"


def _sampled_verdicts(
    verdicts: BenchmarkVerdicts,
    benchmark: TaskFile[Any],
    solutions: Sequence[SampledSolution],
    first: Mapping[tuple[str, str], SampledSolution],
    tasks: Mapping[str, str],
) -> SampledVerdicts:
    """Return a verdict for every sample from those on the programs that were run.

    Args:
        verdicts: on the programs that were run, by name.
        benchmark: the data file.
        solutions: all of them.
        first: the sample whose program was run, by task and program.
        tasks: the task of each name.
    """
    by_name = {task.task_id: task for task in verdicts.tasks}
    order = {task_id: number for number, task_id in enumerate(benchmark.tasks)}
    facts = verdicts.model_dump(include=set(GradingFacts.model_fields))
    facts["repaired"] = sorted({tasks[name] for name in verdicts.repaired})
    if verdicts.judges is not None:
        facts["seconds"] = round(verdicts.seconds + verdicts.judges.seconds, 3)
    samples = []
    for solution in sorted(solutions, key=lambda one: (order[one.task_id], one.index)):
        ran = first[solution.task_id, solution.solution]
        samples.append(_of_sample(solution, by_name[_name(ran)], ran.index))
    return SampledVerdicts(
        **facts,
        samples_per_task=len(solutions) // len(benchmark.tasks),
        programs=len(first),
        samples=samples,
    )


def _of_sample(solution: SampledSolution, task: TaskVerdict, same_as: int) -> SampledVerdict:
    failed = next((part for part in (task.base, task.plus) if part.status != "pass"), None)
    return SampledVerdict(
        task_id=solution.task_id,
        index=solution.index,
        base=task.base_solved,
        plus=task.plus_solved,
        failure=None if failed is None else _failure_class(failed, solution.solution),
        reason=None if failed is None else failed.reason,
        overruled=failed is not None and failed.overruled,
        same_as=same_as,
    )


def _failure_class(failed: PartVerdict, program: str) -> FailureClass:
    if not program:
        return "no_code"
    if failed.failure in get_args(FailureClass):
        return cast(FailureClass, failed.failure)
    return "timeout" if failed.status == "timeout" else "other"
