"""Whether an output is the expected one. Runs in the parent, on decoded builtin values only.

The rules for ``call`` problems:

- a tuple equals a list with the same items (LeetCode's JSON knows only lists); a set equals a set;
- numbers compare as in Python: ``1 == 1.0 == True``, and integers exactly at any size, so that
  10**18 is not 10**18 + 1; a tolerance applies only where the expected number is a float;
- NaN equals only an expected NaN, also inside sets, keys and complex numbers; infinities equal
  themselves;
- text compares exactly, letter case included, unless the problem says ``ignore_case``.

For ``stdio`` problems trailing newlines never decide; what else is white space's business is the
problem's ``kind`` (see ``Comparison``). Numbers are written as a C++ reader takes them: ASCII
digits without underscores, also ``inf`` and ``nan``. A tolerance never covers the step from one
integer to the next: where an integer is expected, it is the one nearest to the printed number.

Outputs come from hostile programs: every comparison takes time in proportion to the two values
(times the logarithm, where they are sorted), whatever they hold.
"""

import json
import math
import re
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from codepref.records import Comparison

CALL_KINDS = ("exact", "close", "unordered", "unordered_nested", "unordered_inside", "any_of")
STDIO_KINDS = ("exact", "lines", "decimals", "tokens", "close", "any_of")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan)",
    re.IGNORECASE,
)
_LONGEST_KEY = 100
_EXACT = Comparison()


def values_match(actual: Any, expected: Any, comparison: Comparison) -> bool:
    """Return whether a returned value is the expected one."""
    if comparison.kind == "any_of":
        return isinstance(expected, (list, tuple)) and any(
            _equal(actual, accepted, comparison) for accepted in expected
        )
    if actual == expected:  # at the speed of C; what Python calls equal is equal by every rule
        return True
    if comparison.kind == "unordered_nested":
        return _key(actual, comparison) == _key(expected, comparison)
    if comparison.kind in ("unordered", "unordered_inside") and isinstance(expected, (list, tuple)):
        keys = _sorted_keys if comparison.kind == "unordered" else _inner_keys
        return (
            isinstance(actual, (list, tuple))
            and len(actual) == len(expected)
            and keys(actual, comparison) == keys(expected, comparison)
        )
    return _equal(actual, expected, comparison)


def texts_match(actual: str, expected: Any, comparison: Comparison) -> bool:
    """Return whether printed text is the expected one (``any_of``: one of the expected ones)."""
    if comparison.ignore_case:
        actual = actual.casefold()
        expected = (
            [accepted.casefold() for accepted in expected]
            if comparison.kind == "any_of"
            else expected.casefold()
        )
    if comparison.kind == "any_of":
        lines = _lines(actual)
        return any(_lines(accepted) == lines for accepted in expected)
    if comparison.kind == "exact":
        return _newlines(actual) == _newlines(expected)
    if comparison.kind == "lines":
        return _lines(actual) == _lines(expected)
    if comparison.kind == "decimals":
        pairs = zip(*(text.strip().split("\n") for text in (actual, expected)), strict=False)
        same_length = actual.strip().count("\n") == expected.strip().count("\n")
        return same_length and all(
            one.strip() == other.strip() or _equal_decimals(one, other) for one, other in pairs
        )
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
    if not (_NUMBER.fullmatch(actual) and _NUMBER.fullmatch(expected)):
        return False
    if not _close(float(actual), float(expected), comparison):
        return False
    return not _INTEGER.fullmatch(expected) or _is_nearest(actual, int_text=expected)


def _is_nearest(actual: str, int_text: str) -> bool:
    """Return whether a number rounds to an integer; exact, at any length."""
    try:
        return abs(Decimal(actual) - Decimal(int_text)) < Decimal("0.5")
    except ArithmeticError:
        return False  # an exponent beyond all bounds


def _equal_decimals(actual: str, expected: str) -> bool:
    """Return whether two lines are numbers, and the same ones."""
    try:
        return list(map(Decimal, actual.split())) == list(map(Decimal, expected.split()))
    except ArithmeticError:
        return False  # no number, or one with an exponent beyond all bounds


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
        if not isinstance(actual, dict) or len(actual) != len(expected):
            return False
        if actual.keys() == expected.keys():
            return all(_equal(actual[key], value, comparison) for key, value in expected.items())
        return all(  # a NaN may be among the keys
            key == other and _equal(actual[one], expected[two], comparison)
            for (key, one), (other, two) in zip(_by_key(actual), _by_key(expected), strict=True)
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
    if isinstance(expected, (set, frozenset, complex)):
        return _key(actual, _EXACT) == _key(expected, _EXACT)
    return bool(actual == expected)


def _by_key(value: dict[Any, Any]) -> list[tuple[str, Any]]:
    return sorted(((_key(key, _EXACT), key) for key in value), key=lambda pair: pair[0])


def _inner_keys(items: Any, comparison: Comparison) -> list[Any]:
    """Return something to compare the items by, in their order; inside them order is free."""
    nested = comparison.model_copy(update={"kind": "unordered_nested"})
    return [_key(item, nested) for item in items]


def _sorted_keys(items: Any, comparison: Comparison) -> list[Any]:
    """Return something to compare the items by, sorted."""
    kinds = set(map(type, items))
    if kinds <= {int} or (kinds <= {str} and not comparison.ignore_case):
        return sorted(items)
    return sorted([_key(item, comparison) for item in items])


def _key(value: Any, comparison: Comparison) -> str:
    """Return a text that all equal values have, and no others: to sort and compare by it.

    Made from the inside out, shortened where it grows long: linear, at any depth of nesting.
    """
    if isinstance(value, str):
        return json.dumps(value.casefold() if comparison.ignore_case else value)
    if isinstance(value, (int, float)):
        return _number_key(value)
    if isinstance(value, (list, tuple)):
        keys = [_key(item, comparison) for item in value]
        if comparison.kind == "unordered_nested":
            keys.sort()
        return _shortened("[", keys)
    # As everywhere, keys and members of sets are equal as Python says: exactly.
    if isinstance(value, dict):
        return _shortened(
            "{",
            sorted([_key(k, _EXACT) + ":" + _key(item, comparison) for k, item in value.items()]),
        )
    if isinstance(value, (set, frozenset)):
        return _shortened("<", sorted([_key(item, _EXACT) for item in value]))
    if isinstance(value, complex):
        real = _number_key(value.real)
        return real if value.imag == 0 else f"{real}+{_number_key(value.imag)}j"
    return repr(value)


def _shortened(opening: str, keys: list[str]) -> str:
    text = opening + ",".join(keys) + "."
    if len(text) > _LONGEST_KEY:
        return "#" + blake2b(text.encode(), digest_size=20).hexdigest()
    return text


def _number_key(value: float) -> str:
    if isinstance(value, float):
        if not value.is_integer():
            return repr(value)  # also infinities and NaN
        value = int(value)
    if -(2**63) < value < 2**63:
        return f"{value}" if type(value) is int else f"{int(value)}"
    # Short for 1e300 too: an odd number and a power of two.
    zeros = (value & -value).bit_length() - 1
    return f"{value >> zeros:x}p{zeros}"
