"""The arguments that a test of a function calls it with."""

from typing import Any

from codepref import values
from codepref.records import Problem, TestCase


def positional(problem: Problem, test: TestCase) -> list[Any]:
    """Return a test's arguments, decoded and by position, also where it gives them by name."""
    given = test.input
    if isinstance(given, dict):
        given = [given[name] for name in problem.parameters or given]
    return [values.decode(item) for item in given]


def tagged(problem: Problem, test: TestCase) -> list[Any]:
    """Return the same in tagged JSON: alike for equal arguments, however the test gives them."""
    return [values.encode(item) for item in positional(problem, test)]
