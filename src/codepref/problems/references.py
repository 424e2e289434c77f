"""Reference solutions and checkers tried on their problems' own tests, before anything is sampled.

A wrong test fails every right answer; a solution that does not pass shows that one of both is
wrong. In a file of one's own that is an error with its place. Of other sources the problem is left
out and counted, where the configuration asks for all to be run (``problems.check_references``).
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import Any

from codepref.errors import UserError
from codepref.files import read_records
from codepref.problems.merge import Merged
from codepref.progress import Progress
from codepref.records import Execution, Problem
from codepref.sandbox import Executor, SandboxError
from codepref.sandbox.settings import ExecutionConfig

BROKEN = "its reference solution fails its tests"
_SHOWN = 10  # mistakes
_CLIP = 80  # characters of an input


def check_own(
    inputs: Iterable[str],
    collected: Iterable[Mapping[str, Any]],
    config: ExecutionConfig | None = None,
) -> None:
    """Try the reference solutions and checkers of one's own problems.

    Args:
        inputs: files of problem records (JSONL).
        collected: the reports of the sources, which say where each problem of one's own stands in
            its file (``Account.places``).
        config: of the sandbox.

    Raises:
        UserError: some fail (their places, the test, expected and got); no isolation works here, or
            the sandbox failed.
    """
    places = {name: at for one in collected for name, at in one.get("places", {}).items()}
    if not places:
        return
    own = [  # a file holds nothing but problems of one's own, or none
        one
        for path in inputs
        for one in takewhile(lambda one: one.id in places, read_records(path, Problem))
    ]
    broken = {problem.id: why for problem, why in broken_checkers(own, config)}
    tried = [one for one in own if one.id not in broken]  # a checker judges the solution's answers
    broken |= {problem.id: why for problem, why in broken_references(tried, len(tried), config)}
    if broken:
        told = [
            f"{places[one.id]}: problem '{one.id}': {broken[one.id]}"
            for one in own
            if one.id in broken
        ]
        more = [f"(and {len(told) - _SHOWN} more)"] if len(told) > _SHOWN else []
        raise UserError("\n  ".join(told[:_SHOWN] + more))


def drop_broken(merged: Merged, config: ExecutionConfig | None = None) -> None:
    """Leave out the kept problems whose reference solution fails a test; count and name them."""
    found = broken_references(merged.problems(), len(merged.kept), config)
    broken = {problem.id: why for problem, why in found}
    for group in merged.kept:
        if group.id in broken:
            merged.dropped[BROKEN][group.source] += 1
    merged.broken_references = broken
    merged.kept = [group for group in merged.kept if group.id not in broken]


def broken_references(
    problems: Iterable[Problem], total: int, config: ExecutionConfig | None = None
) -> Iterator[tuple[Problem, str]]:
    """Yield the problems whose reference solution fails one of their tests, each with why.

    Problems without a solution are passed over.

    Args:
        problems: may be a stream.
        total: how many, for the progress shown.
        config: limits that override the problems' own, and isolation.

    Raises:
        UserError: no isolation works here, or the sandbox failed.
    """
    config = (config or ExecutionConfig()).model_copy(update={"run_all_tests": False})
    waiting: deque[Problem] = deque()
    progress = Progress("reference solutions run", total)

    def pairs() -> Iterator[tuple[Problem, str]]:
        for problem in problems:
            if problem.reference_solution is None:
                progress.advance()
                continue
            waiting.append(problem)
            yield problem, problem.reference_solution

    with Executor(config=config) as executor:
        for verdict in executor.run_programs(pairs()):
            problem = waiting.popleft()
            progress.advance()
            if verdict.verdict == "infra_error":
                raise UserError(
                    f"reference solutions could not be run because the sandbox failed "
                    f"({verdict.message}); run again"
                )
            if verdict.verdict != "passed":
                yield problem, _failure(problem, verdict)


def _failure(problem: Problem, verdict: Execution) -> str:
    what = f"{verdict.verdict.replace('_', ' ')}: {verdict.message or 'no message'}"
    number = verdict.first_failing_test or 0
    test = problem.tests[number]
    given = test.input if isinstance(test.input, str) else json.dumps(test.input)
    shown = "" if test.check is not None else f" with input {given[:_CLIP]!r}"
    return (
        f"its reference_solution fails test {number + 1} of {len(problem.tests)}{shown} ({what}); "
        "correct the solution or the test"
    )


def broken_checkers(
    problems: Iterable[Problem], config: ExecutionConfig | None = None
) -> Iterator[tuple[Problem, str]]:
    """Yield the problems whose checker does not judge their expected answers right, with why.

    Raises:
        UserError: no isolation works here, or the sandbox failed.
    """
    having = [problem for problem in problems if problem.checker is not None]
    if not having:
        return
    try:
        with Executor(config=config) as executor:
            for problem, fault in zip(having, executor.checker_faults(having), strict=True):
                if fault is not None:
                    why = f"{fault.reason} ({fault.evidence})"
                    yield problem, f"{why}; correct the checker or the test"
    except SandboxError as error:
        raise UserError(
            f"checkers could not be tried because the sandbox failed ({error}); run again"
        ) from error
