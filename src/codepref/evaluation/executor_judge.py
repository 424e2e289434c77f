"""A judge of benchmarks whose tasks are problems like those of training: our own executor."""

import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import TaskFile
from codepref.gradings import BenchmarkVerdicts, GradingLimits, PartVerdict, TaskVerdict
from codepref.records import Execution, Problem
from codepref.sandbox.executor import Executor
from codepref.sandbox.settings import ExecutionConfig


def _as_it_is(task: Any) -> Problem:
    problem: Problem = task
    return problem


class ExecutorJudge:
    """Runs programs in the sandbox; what they return or print is compared outside of it.

    Base are the visible tests, which come first, and plus is all of them. A task without visible
    tests, or with no others, has the same verdict in both.

    Args:
        data: the data file's tasks.
        config: the limits; ``min_time_limit`` is of processor seconds per test.
        cache: for what is computed once per data file: here nothing.
        workers: sandboxes at work.
        problem_of: the problem of what was parsed of a task; by default that is the problem.
        least_seconds: the least time per test that the benchmark allows.
    """

    def __init__(
        self,
        data: TaskFile[Any],
        config: GradingConfig,
        cache: str | Path,
        workers: int = 1,
        problem_of: Callable[[Any], Problem] = _as_it_is,
        least_seconds: float = 0.0,
    ) -> None:
        self.data, self.config, self.workers, self._problem_of = data, config, workers, problem_of
        self._seconds = max(config.min_time_limit, least_seconds)

    def grade(
        self, programs: dict[str, str], samples_sha256: str, every_part: bool = True
    ) -> BenchmarkVerdicts:
        """Grade one program per task.

        Raises:
            UserError: the sandbox failed; run again.
        """
        start, names = time.monotonic(), list(self.data.tasks)
        own = ExecutionConfig(run_all_tests=False, weaker_isolation=self.config.weaker_isolation)
        own_limits = {"cpu_seconds": self._seconds, "memory_mb": self.config.memory_mb}
        visible: list[int] = []  # of the tasks that were handed over

        def pairs() -> Any:
            for name in names:
                problem = self._problem_of(self.data.tasks[name])
                visible.append(sum(test.visible for test in problem.tests))
                limits = problem.limits.model_copy(update=own_limits)
                yield problem.model_copy(update={"limits": limits}), programs[name]

        with Executor(self.workers, own) as executor:
            tasks = [
                _task_verdict(names[number], done, visible[number])
                for number, done in enumerate(executor.run_programs(pairs()))
            ]
        return BenchmarkVerdicts(
            dataset=self.data.dataset,
            data_md5=self.data.md5,
            data_sha256=self.data.sha256,
            samples_sha256=samples_sha256,
            evalplus="not used",
            python=platform.python_version(),
            isolation=executor.isolation.name,
            limits=GradingLimits(
                min_time_limit=self._seconds,
                ground_truth_time_factor=self.config.ground_truth_time_factor,
                memory_mb=self.config.memory_mb,
            ),
            known_oracle_failures=[],
            repaired=[],
            workers=self.workers,
            seconds=round(time.monotonic() - start, 3),
            total=len(tasks),
            base_solved=sum(task.base_solved for task in tasks),
            plus_solved=sum(task.plus_solved for task in tasks),
            tasks=tasks,
        )


def _task_verdict(name: str, done: Execution, visible: int) -> TaskVerdict:
    if done.verdict == "infra_error":
        raise UserError(f"{name}: the sandbox failed ({done.message}); grade again")
    plus = _part(done)
    # A program that broke a rule after its answers has no failing test to tell the parts apart by.
    late = done.first_failing_test is not None and done.first_failing_test >= visible > 0
    passed_base = late and not done.tampered
    base = PartVerdict(status="pass", seconds=done.wall_seconds) if passed_base else plus
    return TaskVerdict(task_id=name, base=base, plus=plus)


def _part(done: Execution) -> PartVerdict:
    if done.verdict == "passed" and not done.tampered:
        return PartVerdict(status="pass", seconds=done.wall_seconds)
    reason = "tampered with its sandbox" if done.tampered else done.verdict.replace("_", " ")
    where = "" if done.first_failing_test is None else f" on test {done.first_failing_test}"
    return PartVerdict(
        status="timeout" if done.verdict == "timeout" else "fail",
        reason=reason + where,
        failure="runtime_error" if done.verdict == "passed" else done.verdict,
        failing_input=done.first_failing_test,
        seconds=done.wall_seconds,
    )
