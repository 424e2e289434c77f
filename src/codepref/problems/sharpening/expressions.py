"""What an expression of a constraint is worth for an input: ``nums[i] + 1``, ``m * n``, lengths."""

import ast
import itertools
import math
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

Values = list[Any]
"""of an expression: one, or one for each element where it has an index"""

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
}
_COMPUTE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_OF_MEMBERS: dict[str, Callable[[Values], Any]] = {"sum": sum, "min": min, "max": max}
_OF_ONE: dict[str, Callable[[Any], Any]] = {
    "abs": abs,
    "floor": math.floor,
    "factorial": lambda value: math.factorial(min(value, 1000)),
}
INDEX = re.compile(r"(?![mn])[a-z]")  # m and n are sizes
_MOST_POWER = 64
_MOST_BASE = 10**6
MOST_CASES = 20_000
"""values of all indices of a comparison, or of an expression"""

UNKNOWN = (LookupError, AttributeError, TypeError, ValueError, ArithmeticError)
"""what evaluating raises where an expression has no value"""


class OutOfRangeError(LookupError):
    """An index behind the end, of which a constraint says nothing."""


def values_of(node: ast.expr, known: dict[str, Any]) -> Values:
    """Return an expression's values.

    Raises:
        LookupError: a name or a construct that is not known.
        OutOfRangeError: an index behind the end.
    """
    match node:
        case ast.Constant(value=int() | float() | str() as constant):
            return [constant]
        case ast.Tuple(elts=members):
            return [[value for member in members for value in values_of(member, known)]]
        case ast.Name(id=name):
            return [known[name]]
        case ast.Attribute(value=inner, attr="length"):
            return [len(value) for value in values_of(inner, known)]
        case ast.Attribute(value=ast.Name(id="Node"), attr="val"):
            return list(known["Node"])
        case ast.Attribute(value=inner, attr="val"):
            return [value[0] for value in values_of(inner, known) if value]
        case ast.Subscript(value=inner, slice=ast.Name(id=index)) if index not in known:
            if not INDEX.fullmatch(index):
                raise LookupError(index)
            return [item for value in values_of(inner, known) for item in value]
        case ast.Subscript(value=inner, slice=index):
            (place,) = values_of(index, known)
            return [_at(value, place) for value in values_of(inner, known)]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return [-value for value in values_of(inner, known)]
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return [
                _power(a, b) for a, b in pairs_of(values_of(left, known), values_of(right, known))
            ]
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _COMPUTE:
            pairs = pairs_of(values_of(left, known), values_of(right, known))
            return [_computed(sign, a, b) for a, b in pairs]
        case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _OF_ONE:
            return [_OF_ONE[name](value) for value in values_of(inner, known)]
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in _OF_MEMBERS:
            return [_OF_MEMBERS[name](_members([values_of(one, known) for one in arguments]))]
    raise LookupError(ast.unparse(node))


def _members(values: list[Values]) -> Values:
    """Return what a function of several numbers is given: arguments, or the members of one."""
    if len(values) > 1:
        return [value for (value,) in values]
    (members,) = values
    return members[0] if len(members) == 1 and isinstance(members[0], list) else members


def pairs_of(left: Values, right: Values) -> Iterator[tuple[Any, Any]]:
    """Return every value of one side with every one of the other.

    Raises:
        ValueError: they are too many.
    """
    if len(left) * len(right) > max(MOST_CASES, len(left), len(right)):
        raise ValueError("too many pairs")
    return itertools.product(left, right)


def compare(sign: str, left: Any, right: Any) -> bool:
    """Compare two values; numbers that are written as texts by what they are worth."""
    if sign == "in":
        return any(compare("==", left, member) for member in right)
    if sign in _ORDER or not isinstance(left, str) or not isinstance(right, str):
        numbers = [_number(side) for side in (left, right)]
        if all(isinstance(side, (int, float)) for side in numbers):
            left, right = numbers
    if sign in _ORDER:
        return _ORDER[sign](left, right)
    return bool(left == right) == (sign == "==")


def _number(value: Any) -> Any:
    is_one = isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,1000}", value)
    return int(value) if is_one else value


def whole_number(value: Any) -> Any:
    """Return a size: None where it is no whole number."""
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else None


def _at(value: Any, place: int) -> Any:
    if not 0 <= place < len(value):
        raise OutOfRangeError
    return value[place]


def _computed(sign: ast.operator, left: Any, right: Any) -> Any:
    if not all(isinstance(side, (int, float)) for side in (left, right)):
        raise TypeError("numbers only")
    return _COMPUTE[type(sign)](left, right)


def _power(base: Any, power: Any) -> Any:
    if not 0 <= power <= _MOST_POWER or abs(base) > _MOST_BASE:
        raise ValueError("too large a power")
    return base**power


def names_in(node: ast.expr) -> list[str]:
    """Return the names of an expression that stand for values, each as often as it stands."""
    called = {id(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
    return [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in called]


def names_in_slices(*sides: ast.expr, plain: bool = True) -> set[str]:
    """Return the names inside of square brackets; not those that stand there alone, if asked."""
    slices = [n.slice for side in sides for n in ast.walk(side) if isinstance(n, ast.Subscript)]
    return {
        name for one in slices if plain or not isinstance(one, ast.Name) for name in names_in(one)
    }


def longest_list(value: Any) -> int:
    """Return the length of the longest list or text of a value, itself included; 0 for a number."""
    if not isinstance(value, (list, tuple, str)):
        return 0
    inner = max(map(longest_list, value), default=0) if not isinstance(value, str) else 0
    return max(len(value), inner)
