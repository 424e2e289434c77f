"""Problems and samples for execution, checked before anything runs."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from codepref.errors import UserError
from codepref.files import numbered_records, read_records
from codepref.records import Problem, Sample
from codepref.sandbox.judge import refusal


def read_problems(path: Path) -> dict[str, Problem]:
    """Return a file's problems by their id.

    Raises:
        UserError: a malformed line, an id that occurs twice, a problem that cannot be judged.
    """
    problems: dict[str, Problem] = {}
    for number, problem in enumerate(read_records(path, Problem), start=1):
        if problem.id in problems:
            raise UserError(f"{path}: problem {problem.id} occurs twice (second: record {number})")
        if reason := refusal(problem):
            raise UserError(
                f"{path}: problem {problem.id} (record {number}) cannot be judged: {reason}; "
                "leave it out"
            )
        problems[problem.id] = problem
    return problems


def validate_samples(path: Path, problems: dict[str, Problem]) -> int:
    """Check every sample of a file; return how many there are.

    Raises:
        UserError: a malformed line, an unknown problem, a sample that occurs twice (file and line).
    """
    seen: dict[bytes, int] = {}
    count = 0
    for line, sample in numbered_records(path, Sample):
        if sample.problem_id not in problems:
            raise UserError(
                f"{path}:{line}: there is no problem '{sample.problem_id}' in the problems file"
            )
        key = hashlib.sha256(
            f"{sample.model}\0{sample.problem_id}\0{sample.index}".encode()
        ).digest()[:8]
        if key in seen:
            raise UserError(
                f"{path}:{line}: sample {sample.index} of {sample.problem_id} by {sample.model} "
                f"is already on line {seen[key]}"
            )
        seen[key] = line
        count += 1
    return count


def read_pairs(path: Path, problems: dict[str, Problem]) -> Iterator[tuple[Problem, Sample]]:
    """Yield each sample with its problem, one at a time."""
    for sample in read_records(path, Sample):
        yield problems[sample.problem_id], sample
