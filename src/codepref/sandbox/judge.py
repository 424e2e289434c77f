"""The verdict on one sample: what its program does with its problem's tests."""

import hashlib
import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from codepref import values
from codepref.records import Execution, Limits, Problem, Sample, TestCase, VerdictClass
from codepref.sandbox.checkers import Checker, checker_name
from codepref.sandbox.compare import CALL_KINDS, STDIO_KINDS, texts_match, values_match
from codepref.sandbox.extract import Extracted
from codepref.sandbox.inside.limits import runtime
from codepref.sandbox.outcomes import Outcome
from codepref.sandbox.programs import (
    FunctionRun,
    Mode,
    Program,
    ScriptRun,
    call_request,
    check_request,
)
from codepref.sandbox.settings import ExecutionConfig
from codepref.sandbox.worker import Worker

# After these a script is not tried on further tests: they would fail alike, and cost the most.
_FATAL: set[VerdictClass | None] = {"compile_error", "timeout", "memory_limit", "output_limit"}


@dataclass
class Findings:
    """What executing a sample found out, before it becomes a record."""

    verdict: VerdictClass = "passed"
    passed: int = 0
    run: int = 0
    first_failing: int | None = None
    outcome: Outcome = field(default_factory=Outcome)  # of the first test that failed
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_memory_mb: float = 0.0
    tampered: bool = False
    weak: bool = False

    def add(self, outcome: Outcome) -> None:
        """Count one test's outcome; the first failure is the verdict."""
        self.run += 1
        self.tampered |= outcome.tampered
        if outcome.failure is None:
            self.passed += 1
        elif self.first_failing is None:
            self.first_failing = self.run - 1
            self.outcome, self.verdict = outcome, outcome.failure

    def fail_last_test(self, outcome: Outcome) -> None:
        """Let the last test, which had passed, fail: the program broke a rule after its answer."""
        self.tampered |= outcome.tampered
        if self.first_failing is None:
            self.run, self.passed = self.run - 1, self.passed - 1
            self.add(outcome)

    def execution(
        self, problem: Problem, sample: Sample, code: str | None, isolation: str
    ) -> Execution:
        """Return the verdict as a record."""
        return Execution(
            problem_id=sample.problem_id,
            index=sample.index,
            model=sample.model,
            verdict=self.verdict,
            tests_passed=self.passed,
            tests_run=self.run,
            tests_total=len(problem.tests),
            first_failing_test=self.first_failing,
            message=_one_line(self.outcome.message) or None,
            stderr_tail=self.outcome.trace or None,
            cpu_seconds=round(self.cpu_seconds, 4),
            wall_seconds=round(self.wall_seconds, 4),
            peak_memory_mb=round(self.peak_memory_mb, 1),
            code_sha256=None if code is None else code_sha256(code),
            tampered=self.tampered,
            isolation=isolation,
            runtime=runtime(problem.interface, problem.limits.recursion),
            weak=self.weak,
            checker=checker_name(problem),
        )


def refusal(problem: Problem) -> str | None:
    """Return why this problem cannot be judged here, or None."""
    if any(tag.casefold() == "interactive" for tag in problem.tags):
        return "it needs an interactive judge"
    kinds = STDIO_KINDS if problem.interface == "stdio" else CALL_KINDS
    if problem.comparison.kind not in kinds:
        return (
            f"comparison '{problem.comparison.kind}' is not one for '{problem.interface}' problems "
            f"({', '.join(kinds)})"
        )
    if problem.interface == "stdio" and any(test.check is not None for test in problem.tests):
        return "assert-style tests need interface 'call'"
    if problem.checker is not None and problem.comparison.kind == "any_of":
        return "a checker takes one right answer, but with 'any_of' a test expects several"
    return None


def limits_of(problem: Problem, config: ExecutionConfig) -> Limits:
    """Return a problem's limits with the configuration's overrides."""
    chosen = config.model_dump(include={"cpu_seconds", "memory_mb"}, exclude_none=True)
    return problem.limits.model_copy(update=chosen)


def judge(
    problem: Problem,
    sample: Sample,
    program: Extracted,
    worker: Worker,
    limits: Limits,
    mode: Mode,
    run_all_tests: bool,
    checker: Checker | None = None,
) -> Execution:
    """Run a sample's program on the problem's tests and return the verdict.

    Args:
        program: what was extracted from its completion.
        mode: how carefully.
        run_all_tests: whether to continue after a failed test (``ExecutionConfig.run_all_tests``).
        checker: the problem's, in a sandbox of its own; None: the comparison judges.

    Raises:
        Inconclusive: the sample must be judged again in the next mode.
        SandboxError: the sandbox failed; try again.
    """
    began, code = time.monotonic(), program.code
    if code is None:
        found = Findings(verdict="no_code", outcome=Outcome(message=program.reason))
    elif problem.interface == "stdio":
        found = _judge_script(problem, code, worker, limits, mode, run_all_tests, checker)
    else:
        found = _judge_function(problem, code, worker, limits, mode, run_all_tests, checker)
    found.wall_seconds = time.monotonic() - began
    return found.execution(problem, sample, code, worker.isolation.name)


def _judge_function(
    problem: Problem,
    code: str,
    worker: Worker,
    limits: Limits,
    mode: Mode,
    run_all_tests: bool,
    checker: Checker | None,
) -> Findings:
    found = Findings(weak=any(test.check is not None for test in problem.tests))
    requests = [
        call_request(test.input) if test.check is None else check_request(test.check)
        for test in problem.tests
    ]
    names = {"entry_point", "parameters", "parameter_types", "return_type", "in_place"}
    program = Program(code=code, limits=limits, **problem.model_dump(include=names))
    with FunctionRun(worker, program, mode) as run:
        for test, outcome in zip(problem.tests, run.outcomes(requests), strict=False):
            if outcome.failure is None and test.check is None:
                outcome = _judged(problem, test, outcome, checker)
            found.add(outcome)
            if outcome.failure is not None and (not run_all_tests or _is_lost(checker)):
                break
        if found.run == len(problem.tests) and outcome.failure is None:
            ending = run.finish()
            if ending.failure is not None:
                found.fail_last_test(ending)
    found.cpu_seconds, found.peak_memory_mb = run.cpu_seconds, run.peak_memory_mb
    return found


def _judge_script(
    problem: Problem,
    code: str,
    worker: Worker,
    limits: Limits,
    mode: Mode,
    run_all_tests: bool,
    checker: Checker | None,
) -> Findings:
    found = Findings()
    run = ScriptRun(worker, code, limits, mode, problem.exit_status_counts)
    try:
        for test in problem.tests:
            outcome = run.run(test.input)
            if outcome.failure is None:
                outcome = _judged(problem, test, outcome, checker)
            found.add(outcome)
            fatal = outcome.failure in _FATAL or _is_lost(checker)
            if fatal or (outcome.failure and not run_all_tests):
                break
    finally:
        found.cpu_seconds, found.peak_memory_mb = run.cpu_seconds, run.peak_memory_mb
    return found


def _judged(problem: Problem, test: TestCase, outcome: Outcome, checker: Checker | None) -> Outcome:
    """Return the outcome of an answer: as it is if the checker or the comparison accepts it."""
    stdio = problem.interface == "stdio"
    expected = test.expected if stdio else values.decode(test.expected)
    if checker is None:
        match = texts_match if stdio else values_match
        if match(outcome.value, expected, problem.comparison):
            return outcome
        message = f"expected {_short(expected)}, got {_short(outcome.value)}"
        return Outcome(failure="wrong_answer", message=message)
    opinion = checker.opinion(test, outcome.value)
    if opinion.accepts:
        return outcome
    shown = _short(outcome.value)
    if opinion.failure:
        message = f"the checker failed ({opinion.failure}) on {shown}"
    else:
        message = f"the checker refuses {shown}; right is, for example, {_short(expected)}"
    return Outcome(failure="wrong_answer", message=message)


def _is_lost(checker: Checker | None) -> bool:
    """Tell whether a checker ran into a limit, so that it is not asked again."""
    return checker is not None and checker.lost


def _short(value: Any) -> str:
    """Return the start of a value as Python writes it; a set's members in an order of their own.

    Costs little however large the value is.
    """
    text = ""
    for part in _parts(value):
        text += part
        if len(text) > 120:
            return text[:117] + "..."
    return text


def _parts(value: Any) -> Iterator[str]:
    """Yield the text of a value piece by piece."""
    if isinstance(value, (list, tuple)):
        opening, closing = "[]" if isinstance(value, list) else ("(", ",)"[len(value) != 1 :])
        yield from _joined(opening, (_parts(item) for item in value), closing)
    elif isinstance(value, dict):
        pairs = (itertools.chain(_parts(key), ": ", _parts(item)) for key, item in value.items())
        yield from _joined("{", pairs, "}")
    elif isinstance(value, (set, frozenset)):
        name = type(value).__name__
        if len(value) > 1000:
            yield f"a {name} of {len(value)} values"
        elif not value:
            yield f"{name}()"
        else:
            # Not Python's order, which changes from run to run with the hashes of text.
            members = sorted(map(_short, value), key=lambda text: (len(text), text))
            opening, closing = ("{", "}") if name == "set" else ("frozenset({", "})")
            yield from _joined(opening, members, closing)
    elif isinstance(value, int) and value.bit_length() > 10_000:
        yield "an integer of thousands of digits"  # Python refuses to print those
    else:
        yield repr(value[:200] if isinstance(value, (str, bytes)) else value)


def _joined(opening: str, items: Iterable[Iterable[str]], closing: str) -> Iterator[str]:
    yield opening
    for number, item in enumerate(items):
        if number:
            yield ", "
        yield from item
    yield closing


def _one_line(text: str) -> str:
    return " ".join(_bytes(text).decode("utf-8", "replace").split())[:300]


def code_sha256(code: str) -> str:
    """Return the hash of a program, which the verdict on it records."""
    return hashlib.sha256(_bytes(code)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # a model's text may hold lone surrogates
