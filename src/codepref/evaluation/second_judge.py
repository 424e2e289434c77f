"""A second judge, independent of EvalPlus's process: our executor on the same inputs.

EvalPlus compares inside the process that runs the solution, where a solution can reach the expected
outputs and the verdict. Here the solution's process gets inputs only and returns plain values;
expected outputs stay in this process, which compares by EvalPlus's rules. So this is the verdict
that no solution can forge: what only EvalPlus's process passes has failed (``entry.confirmed``).
"""

import inspect
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
from codepref.errors import UserError
from codepref.evaluation.evalplus import plain
from codepref.evaluation.evalplus.files import Digest, PartTruth, part_file, read_part
from codepref.evaluation.evalplus.grader import EXTRA_SECONDS, LONGEST_TASK
from codepref.evaluation.evalplus.judge import PARTS, EvalPlusJudge, Part
from codepref.evaluation.tasks import Task
from codepref.gradings import BenchmarkVerdicts, Disagreement, JudgeComparison, PartVerdict
from codepref.progress import Progress
from codepref.records import Limits
from codepref.sandbox.executor import Executor
from codepref.sandbox.meter import SandboxError
from codepref.sandbox.outcomes import Outcome
from codepref.sandbox.programs import FunctionRun, Mode, Program, call_request
from codepref.sandbox.settings import ExecutionConfig
from codepref.sandbox.worker import Worker

# EvalPlus's process holds solutions to its limits. Here an honest one has ample: writing an answer
# down costs time and memory, too.
GENEROUS = 2.0
MEMORY_FOR_WRITING_MB = 2048
LONGEST_ANSWER_KB = 256 * 1024
MOST_COMPARED = 20_000_000  # numbers, after numpy has stretched one array to the other's shape
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
        self._given_tolerance = tolerance

    def fresh(self) -> "OutputComparison":
        """Return one for another run."""
        return OutputComparison(self.dataset, self.entry_point, self._given_tolerance)

    def is_right(self, given: Any, actual: Any, expected: Any) -> bool:
        """Return whether ``actual`` is right; like EvalPlus, an error while comparing is a no."""
        try:
            return self._is_right(given, actual, expected)
        except Exception:
            return False

    def _is_right(self, given: Any, actual: Any, expected: Any) -> bool:
        name = self.entry_point
        if isinstance(expected, Digest):
            return bool(actual == expected.text)
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
        arrays = numpy.asarray(actual), numpy.asarray(expected)
        if numpy.prod(numpy.broadcast_shapes(*(a.shape for a in arrays)), dtype=float) > (
            MOST_COMPARED
        ):
            return False  # a column given for a row: not the answer, but a table of n x n
        return bool(numpy.allclose(*arrays, rtol=1e-07, atol=self.tolerance))


def adapted_program(code: str, dataset: str, entry_point: str, digests: bool = False) -> str:
    """Return the program for the executor: loaded as EvalPlus loads it, outputs made plain.

    EvalPlus starts from empty globals, the executor has LeetCode's imports among its builtins.
    What EvalPlus's ``==`` takes for a plain value becomes one (see ``plain``). Where EvalPlus
    accepts any iterable as a set, any answer at all, whatever its oracle computes with, or only
    asks whether a match was found, the output need not be one. With ``digests`` the first argument
    says whether the output's fingerprint is wanted.
    """
    made = "function(*given)"
    if dataset == "mbpp" and entry_point in MBPP_OUTPUT_SET_EQ_TASKS:
        made = f"set({made})"
    elif dataset == "mbpp" and entry_point in MBPP_OUTPUT_NOT_NONE_TASKS:
        made = f"(lambda found: found if isinstance(found, bool) else found is not None)({made})"
    elif dataset == "mbpp" and entry_point == "are_equivalent":
        made = f"({made}, True)[1]"
    elif dataset == "humaneval" and entry_point == "find_zero":
        made = f"float({made})"
    return (
        "import builtins\n"
        "helpers, scope = {'__name__': 'helpers'}, {'__builtins__': builtins}\n"
        f"exec(compile({_PLAIN!r}, '<plain>', 'exec', dont_inherit=True), helpers)\n"
        f"exec(compile({code!r}, '<string>', 'exec', dont_inherit=True), scope)\n"
        f"function = scope[{entry_point!r}]\n"
        f"judged = lambda *given: helpers['plain']({made})\n" + (_WITH_DIGESTS if digests else "")
    )


_PLAIN = inspect.getsource(plain)
_WITH_DIGESTS = (
    "value_of, digest = judged, helpers['fingerprint']\n"
    "judged = lambda asked, *given: digest(value_of(*given)) if asked else value_of(*given)\n"
)


class SecondJudge(Executor):
    """Runs programs on a benchmark's inputs and compares their outputs here."""

    def __init__(self, judge: EvalPlusJudge, truth: Path, programs: dict[str, str]) -> None:
        weaker = judge.config.weaker_isolation
        super().__init__(judge.workers, ExecutionConfig(weaker_isolation=weaker))
        self._benchmark, self._config = judge.benchmark, judge.config
        self._truth, self._programs = truth, programs

    def verdicts(self, jobs: Iterable[Job]) -> Iterator[SecondVerdict]:
        """Yield a verdict per job, in order.

        Raises:
            UserError: the sandbox fails, and not only with one program.
        """
        return self._in_order(self._verdict, jobs)

    def _verdict(self, job: Job) -> SecondVerdict:
        task = self._benchmark.tasks[job[0]]
        truth = read_part(part_file(self._truth, task.task_id, job[1]))
        try:
            return self._grade(task, self._programs[job[0]], truth)
        except SandboxError as error:
            try:
                self._grade(task, task.canonical, truth)
            except SandboxError:
                raise UserError(f"{job[0]} ({job[1]}) cannot be graded: {error}") from error
            message = f"disturbed its sandbox: {error}"
            return SecondVerdict(Outcome(failure="runtime_error", message=message, tampered=True))

    def _grade(self, task: Task, code: str, truth: PartTruth) -> SecondVerdict:
        slowest = self._config.ground_truth_time_factor * max(truth.seconds, default=0.0)
        writing = self._config.ground_truth_time_factor * truth.encoding
        program = Program(
            code=adapted_program(code, self._benchmark.dataset, task.entry_point, _digests(truth)),
            entry_point="judged",
            limits=Limits(
                cpu_seconds=GENEROUS * max(self._config.min_time_limit, slowest) + writing,
                memory_mb=self._config.memory_mb + MEMORY_FOR_WRITING_MB,
                output_kb=LONGEST_ANSWER_KB,
            ),
        )
        comparison = OutputComparison(self._benchmark.dataset, task.entry_point, task.tolerance)

        def attempt(mode: Mode) -> SecondVerdict:
            # By the solution's own code: that of ours names numpy, too.
            return _compare(comparison.fresh(), self._worker(code), program, truth, mode)

        return self._attempt(attempt)


def _digests(truth: PartTruth) -> bool:
    return any(isinstance(output, Digest) for output in truth.expected)


def _compare(
    comparison: OutputComparison, worker: Worker, program: Program, truth: PartTruth, mode: Mode
) -> SecondVerdict:
    inputs = truth.inputs
    allowed = GENEROUS * (LONGEST_TASK + EXTRA_SECONDS) + len(inputs) * truth.encoding
    flags = [[isinstance(output, Digest)] if _digests(truth) else [] for output in truth.expected]
    requests = [
        call_request([values.encode(argument) for argument in (*flag, *given)])
        for flag, given in zip(flags, inputs, strict=True)
    ]
    used = 0.0
    with FunctionRun(worker, program, mode) as run:
        for number, outcome in enumerate(run.outcomes(requests)):
            used += outcome.cpu_seconds
            if outcome.failure is not None:
                return SecondVerdict(outcome, None if run.failed_to_load else number)
            if not comparison.is_right(inputs[number], outcome.value, truth.expected[number]):
                wrong = Outcome(failure="wrong_answer", message="not the expected value")
                return SecondVerdict(wrong, number)
            if used > allowed:
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
    gradable = [key for key, task in tasks.items() if task.task_id not in truth.failures]
    jobs: list[Job] = [(key, part) for key in gradable for part in PARTS]
    progress = Progress(f"second judge of {judge.benchmark.dataset}", len(jobs))
    found: dict[Job, SecondVerdict] = {}
    with SecondJudge(judge, truth.folder, programs) as second:
        for job, verdict in zip(jobs, second.verdicts(jobs), strict=True):
            found[job] = verdict
            progress.advance()
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
        failure=second.outcome.failure,
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
    # A value that leaves the process as another one, a verdict written by the program itself, or
    # an answer that is only found where the expected one is.
    if first.status == "pass" and outcome.failure in ("wrong_answer", "runtime_error"):
        return "tamper"
    return "other"
