"""Which problem a text asks: the one whose whole statement stands in it."""

import re
from collections.abc import Iterable

from codepref.records import Problem

_SPAN = 6  # words and signs of a statement by which it is looked for
_LEAST_WORDS = 6


class Statements:
    """Finds the problems whose whole statement stands in a text, sign by sign.

    Only white space does not count: a sign or a capital may be all that two problems differ in.
    A function's name must stand there, too: else a right answer may be one under another name.
    Statements of fewer than six words are not looked for.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self._known: dict[tuple[str, ...], list[tuple[list[str], Problem]]] = {}
        for problem in problems:
            signs = _signs(problem.statement)
            if sum(re.match(r"\w", sign) is not None for sign in signs) >= _LEAST_WORDS:
                self._known.setdefault(tuple(signs[:_SPAN]), []).append((signs, problem))

    def find(self, text: str) -> list[Problem]:
        """Return the problems that the text may ask, each once; of none: it holds no statement.

        A statement that is part of another one there, as of a problem with one condition more, is
        passed over.
        """
        signs = _signs(text)
        spans = [
            (start, start + len(statement), problem)
            for start in range(len(signs) - _SPAN + 1)
            for statement, problem in self._known.get(tuple(signs[start : start + _SPAN]), ())
            if signs[start : start + len(statement)] == statement and _is_named(problem, text)
        ]
        found: dict[str, Problem] = {}
        furthest = (0, 0)
        # From left to right, longer ones first: what ends no later than one before is part of it.
        for start, end, problem in sorted(spans, key=lambda span: (span[0], -span[1])):
            if end > furthest[1]:
                furthest = start, end
            if (start, end) == furthest:
                found[problem.id] = problem
        return list(found.values())


def _signs(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text)


def _is_named(problem: Problem, text: str) -> bool:
    name = (problem.entry_point or "").split(".")[-1]
    return not name or re.search(rf"\b{re.escape(name)}\b", text) is not None
