"""Training problems that are benchmark tasks by behaviour: their reference solutions answer them.

Each reference solution of a ``call`` problem runs, in the sandbox, on the inputs of every benchmark
task whose arguments fit its declared types. One that answers all of a task's inputs as the
canonical solution does is the same task under another name. First a few telling inputs are tried;
only solutions that answer these are run on the rest.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from codepref import values
from codepref.config import ExecutionConfig
from codepref.problems.contamination import Contamination, Task
from codepref.progress import Progress
from codepref.records import Comparison, Limits, Problem
from codepref.sandbox import Executor, Outcome, Program
from codepref.sandbox.compare import values_match

_LIMITS = Limits(cpu_seconds=0.25, memory_mb=512, output_kb=1024)
_PROBES = 3
_MOST_INPUTS = 150  # of a task: all base inputs and the first plus inputs
_LARGEST = 2_000  # characters of an input or an answer
_LEAST_ANSWERS = 2  # different answers: a constant function agrees with anything constant


@dataclass(frozen=True)
class _Oracle:
    """A task's inputs with its canonical answers, the most telling first."""

    task: Task
    inputs: list[list[Any]]
    answers: list[Any]

    def agrees(self, outcomes: list[Outcome], start: int) -> bool:
        """Tell whether the outcomes on the inputs from ``start`` on are the canonical answers."""
        tolerance = max(self.task.tolerance, 1e-6)
        comparison = Comparison(kind="close", relative_tolerance=1e-6, absolute_tolerance=tolerance)
        return all(
            outcome.failure is None
            and isinstance(outcome.value, bool) == isinstance(answer, bool)
            and values_match(outcome.value, answer, comparison)
            for outcome, answer in zip(outcomes, self.answers[start:], strict=False)
        )

    def is_complete(self) -> bool:
        """Tell whether these are all of a task's inputs."""
        return len(self.inputs) == len(self.task.inputs) >= _PROBES

    def evidence(self) -> str:
        """Return what a solution that agrees on all inputs has shown."""
        distinct = len({repr(answer) for answer in self.answers})
        return (
            f"answers all of {len(self.inputs)} inputs ({distinct} different answers) as "
            f"{self.task.entry_point} does"
        )


def behavioural_matches(
    problems: Iterable[Problem],
    tasks: list[Task],
    least_inputs: int,
    unchecked: Counter[str],
    config: ExecutionConfig | None = None,
    total: int = 0,
) -> Iterator[Contamination]:
    """Yield the problems whose reference solution answers a benchmark task.

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
        progress = Progress("reference solutions against benchmark tasks", total)
        waiting: list[tuple[Problem, list[_Oracle]]] = []

        def probes() -> Iterator[Program]:
            for problem in problems:
                fitting = _fitting(problem, oracles, unchecked)
                if fitting:
                    waiting.append((problem, fitting))
                    inputs = [given for oracle in fitting for given in oracle.inputs[:_PROBES]]
                    yield _program(problem, inputs)
                else:
                    progress.advance()

        candidates: list[tuple[Problem, _Oracle]] = []
        for outcomes in executor.values(probes()):
            problem, fitting = waiting.pop(0)
            progress.advance()
            at = 0
            for oracle in fitting:
                count = min(_PROBES, len(oracle.inputs))
                if oracle.agrees(outcomes[at : at + count], 0):
                    candidates.append((problem, oracle))
                at += count
        # Most candidates fail soon: try some more inputs before all of them.
        for start, stop in ((_PROBES, 4 * _PROBES), (4 * _PROBES, _MOST_INPUTS)):
            programs = (_program(problem, o.inputs[start:stop]) for problem, o in candidates)
            candidates = [
                candidate
                for candidate, outcomes in zip(candidates, executor.values(programs), strict=True)
                if candidate[1].agrees(outcomes, start)
            ]
        for problem, oracle in candidates:
            if len(oracle.inputs) >= least_inputs or oracle.is_complete():
                yield Contamination(problem.id, oracle.task.id, "behaviour", oracle.evidence())


def _oracles(executor: Executor, tasks: list[Task], unchecked: Counter[str]) -> list[_Oracle]:
    """Run the canonical solutions; return what each task's answers are."""
    limits = _LIMITS.model_copy(update={"cpu_seconds": 5.0})
    chosen = [
        [given for given in task.inputs if len(repr(given)) <= _LARGEST][:_MOST_INPUTS]
        for task in tasks
    ]
    programs = [
        Program(task.solution, task.entry_point, tuple(inputs), limits)
        for task, inputs in zip(tasks, chosen, strict=True)
    ]
    oracles = []
    for task, inputs, outcomes in zip(tasks, chosen, executor.values(programs), strict=True):
        pairs = [
            (given, outcome.value)
            for given, outcome in zip(inputs, outcomes, strict=True)
            if outcome.failure is None and len(repr(outcome.value)) <= _LARGEST
        ]
        if len({repr(answer) for _, answer in pairs}) < _LEAST_ANSWERS:
            unchecked["benchmark task without telling answers"] += 1
            continue
        pairs = _telling_first(pairs)
        oracles.append(_Oracle(task, [given for given, _ in pairs], [a for _, a in pairs]))
    return oracles


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


def _program(problem: Problem, inputs: list[list[Any]]) -> Program:
    return Program(
        code=str(problem.reference_solution),
        entry_point=str(problem.entry_point),
        inputs=tuple(inputs),
        limits=_LIMITS,
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
    if kind == "int":
        return type(value) is int
    if kind == "float":
        return type(value) in (int, float)
    if kind == "str":
        return isinstance(value, str)
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "ListNode":
        return isinstance(value, (list, tuple)) and not any(isinstance(i, list) for i in value)
    return kind == "Any" and _is_plain(value)


def _is_plain(value: Any) -> bool:
    try:
        values.encode(value)
    except (TypeError, ValueError):
        return False
    return True
