"""A second judge, independent of EvalPlus's process: our executor on the same inputs.

EvalPlus compares inside the process that runs the solution, where a solution can reach the expected
outputs and the verdict. Here the solution's process gets inputs only and returns plain values;
expected outputs stay in this process, which compares by EvalPlus's rules.
"""

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
from codepref.evaluation.evalplus.judge import PARTS, EvalPlusJudge, Part
from codepref.records import BenchmarkVerdicts, Disagreement, JudgeComparison, Limits, PartVerdict
from codepref.sandbox.executor import Executor
from codepref.sandbox.meter import SandboxError
from codepref.sandbox.outcomes import Outcome
from codepref.sandbox.programs import FunctionRun, Mode, Program, call_request
from codepref.sandbox.settings import ExecutionConfig
from codepref.sandbox.worker import Worker

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

Job = tuple[str, Part]  # a task, and the part of its inputs that its program is tried on


@dataclass(frozen=True)
class SecondVerdict:
    """What the second judge says; ``outcome.failure`` is None for a pass."""

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

    def __init__(self, judge: EvalPlusJudge, truth: Path, programs: dict[str, str]) -> None:
        weaker = judge.config.weaker_isolation
        super().__init__(judge.workers, ExecutionConfig(weaker_isolation=weaker))
        self._limits, self._dataset = judge.config, judge.benchmark.dataset
        self._truth, self._programs = truth, programs

    def verdicts(self, jobs: Iterable[Job]) -> Iterator[SecondVerdict]:
        """Yield a verdict per job, in order."""
        return self._in_order(self._grade, jobs)

    def _grade(self, job: Job) -> SecondVerdict:
        with part_file(self._truth, *job).open("rb") as stream:
            truth = pickle.load(stream)
        entry_point, _, _, _, seconds = truth
        slowest = self._limits.ground_truth_time_factor * max(seconds, default=0.0)
        program = Program(
            code=adapted_program(self._programs[job[0]], self._dataset, entry_point),
            entry_point="judged",
            limits=Limits(
                cpu_seconds=max(self._limits.min_time_limit, slowest),
                memory_mb=self._limits.memory_mb,
                output_kb=LONGEST_ANSWER_KB,
            ),
        )

        def attempt(mode: Mode) -> SecondVerdict:
            return _compare(self._dataset, self._worker(program.code), program, truth, mode)

        try:
            return self._attempt(attempt)
        except SandboxError as error:
            return SecondVerdict(Outcome(failure="runtime_error", message=f"sandbox: {error}"))


def _compare(
    dataset: str, worker: Worker, program: Program, truth: Any, mode: Mode
) -> SecondVerdict:
    entry_point, tolerance, inputs, expected, _ = truth
    comparison = OutputComparison(dataset, entry_point, tolerance)
    requests = [call_request([values.encode(argument) for argument in given]) for given in inputs]
    used = 0.0
    with FunctionRun(worker, program, mode) as run:
        for number, outcome in enumerate(run.outcomes(requests)):
            used += outcome.cpu_seconds
            if outcome.failure is not None:
                return SecondVerdict(outcome, None if run.failed_to_load else number)
            if not comparison.is_right(inputs[number], outcome.value, expected[number]):
                wrong = Outcome(failure="wrong_answer", message="not the expected value")
                return SecondVerdict(wrong, number)
            if used > LONGEST_TASK:
                late = Outcome(failure="timeout", message="used up the whole task's CPU time")
                return SecondVerdict(late, number)
        return SecondVerdict(run.finish())


def compare_judges(
    judge: EvalPlusJudge, programs: dict[str, str], verdicts: BenchmarkVerdicts
) -> JudgeComparison:
    """Grade programs by the second judge and set them against EvalPlus's verdicts.

    Tasks whose ground truth fails are left out: there is nothing to compare with.
    """
    truth, tasks = judge.ground_truth(), judge.benchmark.tasks
    start = time.monotonic()
    gradable = [key for key in tasks if key not in truth.failures]
    jobs: list[Job] = [(key, part) for key in gradable for part in PARTS]
    with SecondJudge(judge, truth.folder, programs) as second:
        found = dict(zip(jobs, second.verdicts(jobs), strict=True))
    passed = {job for job, verdict in found.items() if verdict.outcome.failure is None}
    base = {key for key, part in passed if part == "base"}
    oracles = ORACLE_TASKS[judge.benchmark.dataset]
    first = {(task.task_id, part): getattr(task, part) for task in verdicts.tasks for part in PARTS}
    disagreements = [
        _disagreement(job, first[job], verdict, tasks[job[0]].entry_point in oracles)
        for job, verdict in found.items()
        if (first[job].status == "pass") != (job in passed)
    ]
    return JudgeComparison(
        **verdicts.model_dump(include={"dataset", "data_sha256", "samples_sha256"}),
        tasks=len(tasks),
        base_solved=[verdicts.base_solved, len(base)],
        plus_solved=[verdicts.plus_solved, sum((key, "plus") in passed for key in base)],
        isolation=second.isolation.name,
        seconds=round(time.monotonic() - start, 3),
        disagreements=disagreements,
    )


def _disagreement(
    job: Job, first: PartVerdict, second: SecondVerdict, special_oracle: bool
) -> Disagreement:
    where = "" if second.input is None else f" on input {second.input}"
    message = f" ({second.outcome.message})" if second.outcome.message else ""
    return Disagreement(
        task_id=job[0],
        part=job[1],
        evalplus=first.status + (f": {first.reason}" if first.reason else ""),
        second=(second.outcome.failure or "passed") + where + message,
        reason=_reason(first, second.outcome, special_oracle),
    )


def _reason(
    first: PartVerdict, outcome: Outcome, special_oracle: bool
) -> Literal["time", "memory", "tamper", "oracle", "type", "other"]:
    """Return the probable cause of a disagreement."""
    if outcome.tampered:
        return "tamper"
    if outcome.failure == "timeout" or "out of time" in (first.reason or ""):
        return "time"
    if outcome.failure in ("memory_limit", "output_limit") or "Memory" in (first.reason or ""):
        return "memory"
    if special_oracle:
        return "oracle"
    if "not a builtin value" in outcome.message:
        return "type"
    # EvalPlus was told a value that leaves the process as another one: an object that claims to be
    # equal to everything, or a verdict written by the program itself.
    if first.status == "pass" and outcome.failure == "wrong_answer":
        return "tamper"
    return "other"
