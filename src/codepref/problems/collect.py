"""From a configured source to problem records."""

import itertools
from collections.abc import Iterator
from pathlib import Path

from codepref.config import ProblemSource
from codepref.errors import UserError
from codepref.files import read_records
from codepref.problems.builtin import builtin_problems
from codepref.records import Problem


def collect(name: str, source: ProblemSource) -> Iterator[Problem]:
    """Yield the problems of a source, in the source's own order; ``limit`` takes the first ones.

    Args:
        name: the source's name in the configuration.
        source: what and where it is.

    Raises:
        UserError: the source is not readable, a record is malformed, or an id comes twice.
    """
    seen: set[str] = set()
    for problem in itertools.islice(_problems(name, source), source.limit):
        if problem.id in seen:
            raise UserError(f"source '{name}': the problem id '{problem.id}' comes twice")
        seen.add(problem.id)
        yield problem


def _problems(name: str, source: ProblemSource) -> Iterator[Problem]:
    if source.kind == "builtin":
        return builtin_problems()
    if source.path is None:
        raise UserError(f"source '{name}': kind '{source.kind}' needs a path")
    return read_records(Path(source.path), Problem)
