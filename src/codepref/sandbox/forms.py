"""Whether a test has the form that its problem's interface and comparison ask for."""

from collections.abc import Iterator
from typing import Any

from codepref import values
from codepref.records import Problem, TestCase


def malformed(problem: Problem, test: TestCase) -> Iterator[str]:
    """Yield why a test cannot be run, or no answer compared with what it expects.

    An assert-style test has no such form; ``judge.refusal`` says which interface takes it.
    """
    if test.check is not None:
        return
    if problem.interface == "stdio":
        yield from _not_text(problem, test)
        return
    given = test.input
    if not isinstance(given, (list, dict)):
        yield (
            f"input is {kind_of_value(given)}; with interface 'call' it is the list of arguments, "
            "or an object of them by name"
        )
    elif odd := [name for name in given if isinstance(given, dict) and not name.isidentifier()]:
        yield f"input is an object of arguments by name, and '{odd[0]}' is no name"
    else:
        yield from _not_carried("input", list(given.values()) if isinstance(given, dict) else given)
    yield from (wrong := list(_not_carried("expected", test.expected)))
    if problem.comparison.kind == "any_of" and not wrong:
        accepted = values.decode(test.expected)
        if not (isinstance(accepted, (list, tuple)) and accepted):
            yield "with 'any_of' expected is a list of the answers that are accepted"


def _not_carried(field: str, data: Any) -> Iterator[str]:
    try:
        values.decode(data)
    except ValueError as error:
        yield f"{field} cannot be carried to a program ({error})"


def _not_text(problem: Problem, test: TestCase) -> Iterator[str]:
    if not isinstance(test.input, str):
        yield _text_wanted("input", test.input)
    accepted = test.expected if problem.comparison.kind == "any_of" else [test.expected]
    if not isinstance(accepted, list) or not accepted:
        yield "with 'any_of' expected is a list of the texts that are accepted"
    elif wrong := [one for one in accepted if not isinstance(one, str)]:
        yield _text_wanted("expected", wrong[0])


def _text_wanted(field: str, value: Any) -> str:
    return (
        f"{field} is {kind_of_value(value)}; with interface 'stdio' it is text, as a program reads "
        'or prints it ("1 2\\n")'
    )


def kind_of_value(value: Any) -> str:
    """Return what a JSON value is, in words."""
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return {**names, str: "text", dict: "an object"}[type(value)]
