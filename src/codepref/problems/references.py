"""Reference solutions tried on their problems' own tests, before anything is sampled."""

from collections import deque
from collections.abc import Iterable, Iterator

from codepref.errors import UserError
from codepref.records import Execution, Problem, Sample
from codepref.sandbox.executor import Executor
from codepref.sandbox.settings import ExecutionConfig


def broken_references(
    problems: Iterable[Problem], total: int, config: ExecutionConfig | None = None
) -> Iterator[tuple[Problem, str]]:
    """Yield the problems whose reference solution fails one of their tests, each with why.

    Problems without a solution are passed over.

    Args:
        problems: may be a stream.
        total: how many.
        config: limits that override the problems' own, and isolation.

    Raises:
        UserError: no isolation works here, or the sandbox failed.
    """
    config = (config or ExecutionConfig()).model_copy(update={"run_all_tests": False})
    waiting: deque[Problem] = deque()

    def solved() -> Iterator[tuple[Problem, Sample]]:
        for problem in problems:
            if problem.reference_solution is not None:
                waiting.append(problem)
                yield problem, _sample(problem, problem.reference_solution)

    with Executor(config=config) as executor:
        for verdict in executor.run(solved()):
            problem = waiting.popleft()
            if verdict.verdict == "infra_error":
                raise UserError(
                    f"reference solutions could not be run because the sandbox failed "
                    f"({verdict.message}); run again"
                )
            if verdict.verdict != "passed":
                yield problem, _failure(problem, verdict)


def _failure(problem: Problem, verdict: Execution) -> str:
    what = f"{verdict.verdict.replace('_', ' ')}: {verdict.message or 'no message'}"
    number = (verdict.first_failing_test or 0) + 1
    return f"its reference_solution fails test {number} of {len(problem.tests)} ({what})"


def _sample(problem: Problem, program: str) -> Sample:
    return Sample(
        problem_id=problem.id,
        index=0,
        model="reference",
        prompt_sha256="",
        completion=f"```python\n{program}\n```",
        finish_reason="stop",
        tokens=0,
        seed=0,
        engine="none",
        model_revision="none",
    )
