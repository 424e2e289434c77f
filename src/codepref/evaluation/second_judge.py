"""A second judge, independent of EvalPlus's process: our executor on the same inputs.

EvalPlus compares inside the process that runs the solution, where a solution can reach the expected
outputs and the verdict. Here the solution's process gets inputs only and returns plain values;
expected outputs stay in this process, which compares by EvalPlus's rules.
"""

import contextlib
import pickle
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy
from evalplus.eval import is_floats
from evalplus.eval._special_oracle import (
    MBPP_OUTPUT_NOT_NONE_TASKS,
    MBPP_OUTPUT_SET_EQ_TASKS,
    _digit_distance_nums,
    _poly,
    _surface_Area,
)

from codepref import values
from codepref.evaluation.evalplus.files import part_file
from codepref.evaluation.evalplus.judge import PARTS, EvalPlusJudge
from codepref.evaluation.settings import GradingConfig
from codepref.records import (
    BenchmarkVerdicts,
    Disagreement,
    JudgeComparison,
    Limits,
    PartVerdict,
)
from codepref.sandbox.executor import Executor
from codepref.sandbox.outcomes import Outcome
from codepref.sandbox.programs import FunctionRun, Mode, Program, call_request
from codepref.sandbox.settings import ExecutionConfig
from codepref.sandbox.worker import SandboxError, Worker

LONGEST_TASK = 62.0  # CPU seconds for all inputs of a part, as EvalPlus allows
LONGEST_ANSWER_KB = 256 * 1024
ORACLE_TASKS = {
    "humaneval": {"find_zero"},
    "mbpp": {
        *("are_equivalent", "sum_div", "surface_Area", "digit_distance_nums"),
        *MBPP_OUTPUT_SET_EQ_TASKS,
        *MBPP_OUTPUT_NOT_NONE_TASKS,
    },
}


@dataclass(frozen=True)
class Job:
    """One program on one part of its task."""

    task_id: str
    part: str
    dataset: str
    code: str
    folder: Path


@dataclass(frozen=True)
class SecondVerdict:
    """What the second judge says; ``outcome.failure`` is None for a pass."""

    job: Job
    outcome: Outcome
    input: int | None = None  # the failing one


class OutputComparison:
    """EvalPlus's rule for whether an output is right, applied to plain values.

    One per run: EvalPlus keeps the tolerance it switches on at the first float for all later inputs
    of the same part.
    """

    def __init__(self, dataset: str, entry_point: str, tolerance: float) -> None:
        self.dataset, self.entry_point, self.tolerance = dataset, entry_point, tolerance

    def is_right(self, given: Any, actual: Any, expected: Any) -> bool:
        """Return whether ``actual`` is right; like EvalPlus, an error while comparing is a no."""
        try:
            return self._is_right(given, actual, expected)
        except Exception:
            return False

    def _is_right(self, given: Any, actual: Any, expected: Any) -> bool:
        name = self.entry_point
        if self.dataset == "humaneval" and name == "find_zero":
            return bool(abs(_poly(*given, actual)) <= self.tolerance)
        equal = bool(actual == expected)
        if self.dataset == "mbpp":
            if name == "are_equivalent":
                equal = True
            elif name == "sum_div":
                equal = equal or actual == 0
            elif name == "surface_Area":
                equal = equal or abs(actual - _surface_Area(*given)) <= self.tolerance
            elif name == "digit_distance_nums":
                equal = equal or actual == _digit_distance_nums(*given)
            elif name in MBPP_OUTPUT_SET_EQ_TASKS:
                equal = set(actual) == set(expected)
        if self.tolerance == 0 and is_floats(expected):
            self.tolerance = 1e-6
        if equal or self.tolerance == 0:
            return equal
        if type(actual) is not type(expected):
            return False
        if isinstance(expected, (list, tuple)) and len(actual) != len(expected):
            return False
        return bool(numpy.allclose(actual, expected, rtol=1e-07, atol=self.tolerance))


def adapted_program(code: str, dataset: str, entry_point: str) -> str:
    """Return the program for the executor: loaded as EvalPlus loads it, outputs made plain.

    EvalPlus starts from empty globals, the executor has LeetCode's imports among its builtins.
    Where EvalPlus accepts any iterable as a set, or only asks whether a match was found, the output
    may be no plain value.
    """
    adapt = ""
    if dataset == "mbpp" and entry_point in MBPP_OUTPUT_SET_EQ_TASKS:
        adapt = "judged = lambda *given: set(function(*given))\n"
    elif dataset == "mbpp" and entry_point in MBPP_OUTPUT_NOT_NONE_TASKS:
        adapt = (
            "def judged(*given):\n"
            "    found = function(*given)\n"
            "    return found if isinstance(found, bool) else found is not None\n"
        )
    return (
        "import builtins\n"
        "scope = {'__builtins__': builtins}\n"
        f"exec(compile({code!r}, '<string>', 'exec', dont_inherit=True), scope)\n"
        f"judged = function = scope[{entry_point!r}]\n{adapt}"
    )


class SecondJudge(Executor):
    """Runs programs on a benchmark's inputs and compares their outputs here."""

    def __init__(self, config: GradingConfig, workers: int) -> None:
        super().__init__(workers, ExecutionConfig(weaker_isolation=config.weaker_isolation))
        self.limits = config

    def verdicts(self, jobs: Iterable[Job]) -> Iterator[SecondVerdict]:
        """Yield a verdict per job, in order."""
        for _, verdict in self._in_order(self._grade, jobs):
            yield verdict

    def _grade(self, job: Job) -> SecondVerdict:
        with part_file(job.folder, job.task_id, job.part).open("rb") as stream:
            truth = pickle.load(stream)
        entry_point, _, _, _, seconds = truth
        slowest = self.limits.ground_truth_time_factor * max(seconds, default=0.0)
        program = Program(
            code=adapted_program(job.code, job.dataset, entry_point),
            entry_point="judged",
            limits=Limits(
                cpu_seconds=max(self.limits.min_time_limit, slowest),
                memory_mb=self.limits.memory_mb,
                output_kb=LONGEST_ANSWER_KB,
            ),
        )
        with_numpy = "numpy" in job.code
        try:
            return self._attempt(
                lambda mode: _compare(job, self._worker(with_numpy), program, truth, mode)
            )
        except SandboxError as error:
            return SecondVerdict(job, Outcome(failure="runtime_error", message=f"sandbox: {error}"))


def _compare(job: Job, worker: Worker, program: Program, truth: Any, mode: Mode) -> SecondVerdict:
    entry_point, tolerance, inputs, expected, _ = truth
    comparison = OutputComparison(job.dataset, entry_point, tolerance)
    requests = [call_request([values.encode(argument) for argument in given]) for given in inputs]
    used = 0.0
    with FunctionRun(worker, program, mode) as run:
        for number, outcome in enumerate(run.outcomes(requests)):
            used += outcome.cpu_seconds
            if outcome.failure is not None:
                return SecondVerdict(job, outcome, None if run.failed_to_load else number)
            if not comparison.is_right(inputs[number], outcome.value, expected[number]):
                wrong = Outcome(failure="wrong_answer", message="not the expected value")
                return SecondVerdict(job, wrong, number)
            if used > LONGEST_TASK:
                late = Outcome(failure="timeout", message="used up the whole task's CPU time")
                return SecondVerdict(job, late, number)
        return SecondVerdict(job, run.finish())


def compare_judges(
    judge: EvalPlusJudge, programs: dict[str, str], verdicts: BenchmarkVerdicts
) -> JudgeComparison:
    """Grade programs by the second judge and set them against EvalPlus's verdicts.

    Tasks whose ground truth fails are left out: there is nothing to compare with.
    """
    truth, benchmark = judge.ground_truth(), judge.benchmark
    start = time.monotonic()
    first = {
        (task.task_id, part): verdict
        for task in verdicts.tasks
        for part, verdict in (("base", task.base), ("plus", task.plus))
    }
    jobs = [
        Job(key, part, benchmark.dataset, programs[key], truth.folder)
        for key in benchmark.tasks
        for part in PARTS
        if key not in truth.failures
    ]
    found: list[Disagreement] = []
    passed: dict[str, set[str]] = {part: set() for part in PARTS}
    with contextlib.closing(SecondJudge(judge.config, judge.workers)) as second:
        isolation = second.isolation.name
        for verdict in second.verdicts(jobs):
            job = verdict.job
            if verdict.outcome.failure is None:
                passed[job.part].add(job.task_id)
            entry_point = benchmark.tasks[job.task_id].entry_point
            if difference := disagreement(first[job.task_id, job.part], verdict, entry_point):
                found.append(difference)
    return JudgeComparison(
        dataset=verdicts.dataset,
        data_sha256=verdicts.data_sha256,
        samples_sha256=verdicts.samples_sha256,
        tasks=len(benchmark.tasks),
        base_solved=[verdicts.base_solved, len(passed["base"])],
        plus_solved=[verdicts.plus_solved, len(passed["base"] & passed["plus"])],
        isolation=isolation,
        seconds=round(time.monotonic() - start, 3),
        disagreements=found,
    )


def disagreement(
    first: PartVerdict, second: SecondVerdict, entry_point: str
) -> Disagreement | None:
    """Return how two verdicts differ, or None if they agree on pass or not."""
    outcome, job = second.outcome, second.job
    if (first.status == "pass") == (outcome.failure is None):
        return None
    where = "" if second.input is None else f" on input {second.input}"
    message = f" ({outcome.message})" if outcome.message else ""
    part: Literal["base", "plus"] = "base" if job.part == "base" else "plus"
    return Disagreement(
        task_id=job.task_id,
        part=part,
        evalplus=first.status + (f": {first.reason}" if first.reason else ""),
        second=(outcome.failure or "passed") + where + message,
        reason=_reason(first, second, entry_point),
    )


def _reason(
    first: PartVerdict, second: SecondVerdict, entry_point: str
) -> Literal["time", "memory", "tamper", "oracle", "type", "other"]:
    outcome = second.outcome
    if outcome.tampered:
        return "tamper"
    if outcome.failure == "timeout" or "out of time" in (first.reason or ""):
        return "time"
    if outcome.failure in ("memory_limit", "output_limit") or "Memory" in (first.reason or ""):
        return "memory"
    if entry_point in ORACLE_TASKS[second.job.dataset]:
        return "oracle"
    if "not a builtin value" in outcome.message:
        return "type"
    # EvalPlus was told a value that leaves the process as another one: an object that claims to be
    # equal to everything, or a verdict written by the program itself.
    if first.status == "pass" and outcome.failure == "wrong_answer":
        return "tamper"
    return "other"
