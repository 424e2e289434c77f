"""Whether an output is the expected one. Runs in the parent, on decoded builtin values only.

The rules for ``call`` problems:

- a tuple equals a list with the same items (LeetCode's JSON knows only lists); a set equals a set;
- numbers compare as in Python: ``1 == 1.0 == True``, and integers exactly at any size, so that
  10**18 is not 10**18 + 1; a tolerance applies only where the expected number is a float;
- NaN equals only an expected NaN; infinities equal themselves;
- text compares exactly, letter case included, unless the problem says ``ignore_case``.

For ``stdio`` problems trailing newlines never decide; what else is white space's business is the
problem's ``kind`` (see ``Comparison``).
"""

import math
import re
from decimal import Decimal
from typing import Any

from codepref.records import Comparison

CALL_KINDS = ("exact", "close", "unordered", "unordered_nested", "unordered_inside", "any_of")
STDIO_KINDS = ("exact", "lines", "tokens", "close", "any_of")
_INTEGER = re.compile(r"[+-]?[0-9]+")


def values_match(actual: Any, expected: Any, comparison: Comparison) -> bool:
    """Return whether a returned value is the expected one."""
    if comparison.kind == "any_of":
        return isinstance(expected, (list, tuple)) and any(
            _equal(actual, accepted, comparison) for accepted in expected
        )
    if comparison.kind in ("unordered", "unordered_nested"):
        nested = comparison.kind == "unordered_nested"
        actual, expected = _ordered(actual, nested), _ordered(expected, nested)
    if comparison.kind == "unordered_inside":
        actual, expected = _ordered_inside(actual), _ordered_inside(expected)
    return _equal(actual, expected, comparison)


def texts_match(actual: str, expected: Any, comparison: Comparison) -> bool:
    """Return whether printed text is the expected one (``any_of``: one of the expected ones)."""
    if comparison.kind == "any_of":
        lines = comparison.model_copy(update={"kind": "lines"})
        return any(texts_match(actual, accepted, lines) for accepted in expected)
    if comparison.ignore_case:
        actual, expected = actual.casefold(), expected.casefold()
    if comparison.kind == "exact":
        return _newlines(actual) == _newlines(expected)
    if comparison.kind == "lines":
        return _lines(actual) == _lines(expected)
    found, wanted = actual.split(), expected.split()
    if comparison.kind == "tokens" or found == wanted:
        return found == wanted
    return len(found) == len(wanted) and all(
        one == other or _tokens_close(one, other, comparison)
        for one, other in zip(found, wanted, strict=True)
    )


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\r\n")


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _tokens_close(actual: str, expected: str, comparison: Comparison) -> bool:
    if _INTEGER.fullmatch(actual) and _INTEGER.fullmatch(expected):
        return Decimal(actual) == Decimal(expected)  # exact, and unlike int() of any length
    try:
        return _close(float(actual), float(expected), comparison)
    except ValueError:
        return False


def _close(actual: float, expected: float, comparison: Comparison) -> bool:
    if math.isnan(expected):
        return math.isnan(actual)
    return math.isclose(
        actual,
        expected,
        rel_tol=comparison.relative_tolerance,
        abs_tol=comparison.absolute_tolerance,
    )


def _equal(actual: Any, expected: Any, comparison: Comparison) -> bool:
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(actual, (list, tuple))
            and len(actual) == len(expected)
            and all(
                _equal(one, other, comparison) for one, other in zip(actual, expected, strict=True)
            )
        )
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict)
            and actual.keys() == expected.keys()
            and all(_equal(actual[key], value, comparison) for key, value in expected.items())
        )
    if isinstance(expected, float) and isinstance(actual, (int, float)):
        if comparison.kind == "close":
            try:
                return _close(float(actual), expected, comparison)
            except OverflowError:
                return False
        return actual == expected or (expected != expected and actual != actual)
    if isinstance(expected, str) and isinstance(actual, str) and comparison.ignore_case:
        return actual.casefold() == expected.casefold()
    return bool(actual == expected)


def _ordered(value: Any, nested: bool) -> Any:
    """Return lists and tuples sorted by ``_sort_key``, inner ones too if ``nested``."""
    if isinstance(value, (list, tuple)):
        items = [_ordered(item, nested) for item in value] if nested else list(value)
        return sorted(items, key=_sort_key)
    if nested and isinstance(value, dict):
        return {key: _ordered(item, nested) for key, item in value.items()}
    return value


def _ordered_inside(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_ordered(item, nested=True) for item in value]
    return value


def _sort_key(value: Any) -> tuple[Any, ...]:
    """Return a key under which any builtin values have an order, and equal ones are neighbours."""
    if isinstance(value, (bool, int, float)):
        return (1, 0.0) if value != value else (2, value)
    if isinstance(value, str):
        return (3, value)
    if isinstance(value, (list, tuple)):
        return (4, [_sort_key(item) for item in value])
    if isinstance(value, dict):
        return (5, sorted([_sort_key(key), _sort_key(item)] for key, item in value.items()))
    if isinstance(value, (set, frozenset)):
        return (6, sorted(_sort_key(item) for item in value))
    return (7, repr(value))
