"""Training problems that are benchmark tasks by behaviour: their reference solutions answer them.

Each reference solution of a ``call`` problem runs, in the sandbox, on the inputs of every benchmark
task whose arguments fit its declared types. One that answers a task's inputs as the canonical
solution does is the same task under another name, unless the canonical solution gives other answers
to the problem's own tests. First a few telling inputs are tried; only solutions that answer these
are run on the rest.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from codepref import values
from codepref.problems.contamination import Contamination, Task
from codepref.progress import Progress
from codepref.records import Comparison, Limits, Problem
from codepref.sandbox import Executor, Outcome, Program
from codepref.sandbox.compare import values_match
from codepref.sandbox.settings import ExecutionConfig

_PROBES = 3
_MOST_INPUTS = 100  # of a task: all base inputs and the first plus inputs
_LARGEST = 400  # characters of an input or an answer
_rough_program = partial(
    Program,
    limits=Limits(cpu_seconds=0.05, memory_mb=512, output_kb=1024),
    give_up_after=6,  # timeouts of one solution before its remaining, longer inputs are given up
    rough_timing=True,
)
_NO_ANSWER = ("timeout", "memory_limit", "output_limit")
_TYPES = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}
_LEAST_ANSWERS = 2  # different answers: a constant function agrees with anything constant


@dataclass(frozen=True)
class _Oracle:
    """A task's inputs with its canonical answers, the most telling first."""

    task: Task
    inputs: list[list[Any]]
    answers: list[Any]

    def agreements(self, outcomes: list[Outcome], start: int) -> int | None:
        """Return how many outcomes are the canonical answers; None if one is another answer.

        The outcomes are on the inputs from ``start`` on. One that ran out of time or memory is no
        answer: the same task may come with smaller inputs elsewhere.
        """
        tolerance = max(self.task.tolerance, 1e-6)
        comparison = Comparison(kind="close", relative_tolerance=1e-6, absolute_tolerance=tolerance)
        pairs = zip(outcomes, self.answers[start:], strict=False)
        answered = [(found, right) for found, right in pairs if found.failure not in _NO_ANSWER]
        agreed = all(
            found.failure is None and _same(found.value, right, comparison)
            for found, right in answered
        )
        return len(answered) if agreed else None

    def is_shown_by(self, agreed: int, least_inputs: int) -> bool:
        """Tell whether so many agreements rule out chance."""
        return agreed >= min(least_inputs, max(len(self.task.inputs), _PROBES))

    def evidence(self, agreed: int) -> str:
        """Return what a solution has shown that agrees on so many inputs, and on no other."""
        distinct = len({repr(answer) for answer in self.answers})
        slow = len(self.inputs) - agreed
        return (
            f"answers {agreed} of {len(self.inputs)} inputs ({distinct} different answers) as "
            f"{self.task.entry_point} does" + (f", {slow} too slowly" if slow else "")
        )


def behavioural_matches(
    problems: Iterable[Problem],
    tasks: list[Task],
    least_inputs: int,
    unchecked: Counter[str],
    config: ExecutionConfig | None = None,
    total: int = 0,
) -> Iterator[Contamination]:
    """Yield the problems whose reference solution answers a benchmark task, by chance or not.

    Args:
        problems: may be a stream; read a little ahead of what is yielded.
        tasks: benchmark tasks.
        least_inputs: a match counts only if it was seen on this many inputs (all of a task's, if
            it has fewer but at least three).
        unchecked: counts the problems and tasks that cannot be checked, by reason.
        config: of the sandbox.
        total: number of problems, for the progress shown.
    """
    with Executor(config=config) as executor:
        oracles = _oracles(executor, tasks, unchecked)
        candidates = list(_probed(executor, problems, oracles, unchecked, total))
        # Most candidates fail soon: try some more inputs before all of them.
        for start, stop in ((_PROBES, 4 * _PROBES), (4 * _PROBES, _MOST_INPUTS)):
            programs = (_program(c.problem, c.oracle.inputs[start:stop]) for c in candidates)
            results = zip(candidates, executor.values(programs), strict=True)
            candidates = [
                replace(candidate, agreed=candidate.agreed + more)
                for candidate, outcomes in results
                if (more := candidate.oracle.agreements(outcomes, start)) is not None
            ]
        shown = [c for c in candidates if c.oracle.is_shown_by(c.agreed, least_inputs)]
        programs = (
            _rough_program(
                c.oracle.task.checked_solution(),
                c.oracle.task.entry_point,
                tuple(given for given, _ in _tests(c.problem)),
            )
            for c in shown
        )
        for candidate, outcomes in zip(shown, executor.values(programs), strict=True):
            yield candidate.verdict(outcomes)


@dataclass(frozen=True)
class _Candidate:
    """A problem that has answered some inputs of a task, and none differently."""

    problem: Problem
    oracle: _Oracle
    agreed: int

    def verdict(self, outcomes: list[Outcome]) -> Contamination:
        """Return the finding, given what the canonical solution makes of the problem's tests.

        A different answer there shows that the two agree on the task's inputs only: a function
        that counts the unmatched brackets of texts without brackets "is" ``len``. A failure shows
        nothing, since the task may be defined on fewer inputs; an input outside of its contract is
        a failure. A task of round brackets is contained in the problem of all kinds of brackets.
        """
        right = wrong = 0
        for outcome, (_, expected) in zip(outcomes, _tests(self.problem), strict=True):
            if outcome.failure is None:
                same = _same(outcome.value, expected, self.problem.comparison)
                right, wrong = right + same, wrong + (not same)
        task, total = self.oracle.task, len(outcomes)
        evidence = self.oracle.evidence(self.agreed)
        evidence += f"; {task.entry_point} solves {right} of the problem's {total} tests"
        return Contamination(self.problem.id, task.id, "behaviour", evidence, by_chance=wrong > 0)


def _probed(
    executor: Executor,
    problems: Iterable[Problem],
    oracles: list[_Oracle],
    unchecked: Counter[str],
    total: int,
) -> Iterator[_Candidate]:
    """Yield the problems and tasks that agree on the task's first few inputs."""
    progress = Progress("reference solutions against benchmark tasks", total)
    waiting: deque[tuple[Problem, list[_Oracle], list[str]]] = deque()

    def probes() -> Iterator[Program]:
        for problem in problems:
            fitting = _fitting(problem, oracles, unchecked)
            if fitting:
                inputs = [given for oracle in fitting for given in oracle.inputs[:_PROBES]]
                # Tasks share inputs. Short ones first: given up after timeouts are the long.
                different = {repr(given): given for given in inputs}
                order = sorted(different, key=lambda text: (len(text), text))
                waiting.append((problem, fitting, order))
                yield _program(problem, [different[text] for text in order])
            else:
                progress.advance()

    for outcomes in executor.values(probes()):
        problem, fitting, order = waiting.popleft()
        progress.advance()
        outcome = dict(zip(order, outcomes, strict=True))
        for oracle in fitting:
            found = [outcome[repr(given)] for given in oracle.inputs[:_PROBES]]
            if agreed := oracle.agreements(found, 0):
                yield _Candidate(problem, oracle, agreed)


def _oracles(executor: Executor, tasks: list[Task], unchecked: Counter[str]) -> list[_Oracle]:
    """Run the canonical solutions; return what each task's answers are."""
    small = [[given for given in task.inputs if _size(given) <= _LARGEST] for task in tasks]
    chosen = [sorted(inputs[:_MOST_INPUTS], key=_size) for inputs in small]
    programs = map(_canonical_program, tasks, chosen)
    oracles = []
    for task, inputs, outcomes in zip(tasks, chosen, executor.values(programs), strict=True):
        pairs = [
            (given, outcome.value)
            for given, outcome in zip(inputs, outcomes, strict=True)
            if outcome.failure is None and _size(outcome.value) <= _LARGEST
        ]
        if len({repr(answer) for _, answer in pairs}) < _LEAST_ANSWERS:
            unchecked["benchmark task without telling answers"] += 1
            continue
        pairs = _telling_first(pairs)
        oracles.append(_Oracle(task, [given for given, _ in pairs], [a for _, a in pairs]))
    return oracles


def _same(found: Any, right: Any, comparison: Comparison) -> bool:
    alike = isinstance(found, bool) == isinstance(right, bool)  # True is not 1 here
    return alike and values_match(found, right, comparison)


def _size(value: Any) -> float:
    """Return the length of a value as text (an integer may have too many digits to write)."""
    try:
        return len(repr(value))
    except ValueError:
        return float("inf")


def _telling_first(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Order pairs so that the first have different, rare answers: chance seldom finds them."""
    counts = Counter(repr(answer) for _, answer in pairs)
    # Short inputs first among equals: they seldom run into a time limit.
    ordered = sorted(pairs, key=lambda pair: (counts[repr(pair[1])], len(repr(pair[0]))))
    first: list[tuple[Any, Any]] = []
    rest: list[tuple[Any, Any]] = []
    seen: set[str] = set()
    for pair in ordered:
        (rest if repr(pair[1]) in seen else first).append(pair)
        seen.add(repr(pair[1]))
    return first + rest


def _fitting(problem: Problem, oracles: list[_Oracle], unchecked: Counter[str]) -> list[_Oracle]:
    """Return the tasks whose inputs fit a problem's parameters."""
    if problem.reference_solution is None:
        unchecked["no reference solution"] += 1
        return []
    if problem.interface != "call" or problem.in_place is not None:
        unchecked["not a function that returns its answer"] += 1
        return []
    kinds = problem.parameter_types or []
    if len(kinds) != len(problem.parameters or []):
        unchecked["parameters not declared"] += 1
        return []
    return [
        oracle
        for oracle in oracles
        if all(
            len(given) == len(kinds)
            and all(fits(item, kind) for item, kind in zip(given, kinds, strict=True))
            for given in oracle.inputs[:_PROBES]
        )
    ]


def _canonical_program(task: Task, inputs: list[list[Any]]) -> Program:
    return _rough_program(task.solution, task.entry_point, tuple(inputs))


def _tests(problem: Problem) -> list[tuple[list[Any], Any]]:
    """Return (positional arguments, answer) of the tests that have them."""
    tests = []
    for test in problem.tests:
        if test.check is None:
            given = test.input
            if isinstance(given, dict):
                given = [given[name] for name in problem.parameters or given]
            tests.append(([values.decode(item) for item in given], values.decode(test.expected)))
    return tests


def _program(problem: Problem, inputs: list[list[Any]]) -> Program:
    return _rough_program(
        str(problem.reference_solution),
        str(problem.entry_point),
        tuple(inputs),
        parameters=problem.parameters,
        parameter_types=problem.parameter_types,
        return_type=problem.return_type,
    )


def fits(value: Any, kind: str) -> bool:
    """Tell whether a value fits a declared parameter type.

    >>> fits([1, 2], "list[int]"), fits("ab", "list[str]"), fits(1, "float")
    (True, False, True)
    """
    if kind.startswith("list[") and kind.endswith("]"):
        return isinstance(value, (list, tuple)) and all(fits(item, kind[5:-1]) for item in value)
    if kind == "list":
        return isinstance(value, (list, tuple))
    if kind in _TYPES:
        return type(value) in _TYPES[kind]
    if kind == "ListNode":
        return isinstance(value, (list, tuple)) and not any(isinstance(i, list) for i in value)
    return kind == "Any" and _is_plain(value)


def _is_plain(value: Any) -> bool:
    try:
        values.encode(value)
    except (TypeError, ValueError):
        return False
    return True
