"""How answers are compared: what the statement says, and what the tests show where it is silent.

The wording is read by ``wording`` (several answers, any order), ``order`` (of functions' answers)
and ``tolerances`` (errors of numbers).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from codepref.problems.comparisons.order import answer_order
from codepref.problems.comparisons.tolerances import default_tolerance, stated_tolerance
from codepref.problems.comparisons.wording import (
    accepts_several,
    asks_to_construct,
    frees_order,
    names_one,
    sentences,
    shows_another,
)
from codepref.records import Comparison

_CALL_TOLERANCE = 1e-5  # LeetCode's, where a statement says nothing
_ANY_CASE = re.compile(
    r"\bin any (case|register)\b|\bcase[- ]insensitive\b|\b(upper|lower)[- ]?case or \w+ ?case\b|"
    r"\byou (can|may) (print|output) each letter in\b"
)


def needs_checker(statement: str) -> bool:
    """Tell whether a statement accepts several different answers, so that equality is unfair."""
    return accepts_several(sentences(statement))


def call_comparison(
    statement: str, return_type: str | None, outputs: Sequence[Any] = ()
) -> tuple[Comparison, bool]:
    """Return how answers of a function are compared, and whether a checker would be needed.

    Args:
        statement: the whole of it, examples included.
        return_type: as in ``Problem``; None: not known.
        outputs: the tests' expected answers, decoded; they decide where words are open.
    """
    kind = (return_type or "").lower()
    if "float" in kind or "double" in kind or any(_holds_float(output) for output in outputs):
        default = Comparison(
            kind="close", relative_tolerance=_CALL_TOLERANCE, absolute_tolerance=_CALL_TOLERANCE
        )
        return stated_tolerance(statement) or default, needs_checker(statement)
    order = answer_order(statement, return_type, outputs)
    if order == "several":
        return Comparison(), True
    return Comparison(kind=order), False


def stdio_comparison(
    statement: str, outputs: Sequence[str] = (), tags: Iterable[str] = ()
) -> tuple[Comparison, bool]:
    """Return how the output of a program is compared, and whether a checker would be needed.

    Contest judges compare tokens, numbers within the stated error, and words in any case where
    the statement allows it. Decimal numbers without a stated error compare within the default of
    ``default_tolerance``.

    Args:
        statement: the whole of it.
        outputs: the tests' expected outputs.
        tags: of the problem, where its source has some.
    """
    parts = sentences(statement)
    checker = (
        accepts_several(parts)
        or any(frees_order(part) or shows_another(part) for part in parts)
        or _constructs(statement, outputs, tags)
    )
    close = stated_tolerance(statement) or default_tolerance(outputs)
    comparison = close or Comparison(kind="tokens")
    ignore_case = bool(_ANY_CASE.search(" ".join(statement.lower().split())))
    return comparison.model_copy(update={"ignore_case": ignore_case}), checker


def _constructs(statement: str, outputs: Sequence[str], tags: Iterable[str]) -> bool:
    """Tell whether an answer is some object of many: more than a number or a word a line."""
    if "constructive algorithms" not in {tag.lower() for tag in tags}:
        return asks_to_construct(statement)
    objects = any(len(line.split()) > 1 for output in outputs for line in output.split("\n"))
    return asks_to_construct(statement) or (objects and not names_one(statement))


def _holds_float(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_holds_float(item) for item in value)
    return isinstance(value, float)
