"""Comparisons of a list of constraints (``1 <= k <= nums.length``), read and checked on inputs."""

import ast
import contextlib
import itertools
import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Values = list[Any]
"""of an expression: one, or one for each element where it has an index"""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda one, several: any(operator.eq(*_alike(one, other)) for other in several),
}
_SIGNS = re.compile(r"(<=|>=|==|!=|<|>|(?<=[\w)\]]) = (?=[\w(]))")
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
_INDEX = re.compile(r"(?![mn])[a-z]")  # m and n are sizes
_ONE_OF = re.compile(r"(\S+) is (?:either )?(\S+(?:, \S+)*,? or \S+)")  # "s[i] is '0' or '1'"
_FOR_ALL = re.compile(r",? (?:for|where) (?:all |any |every |each )?")
_ALL_OF_THEM = re.compile(r"(?:valid |row |index )?\w")
_MOST_POWER = 64
_MOST_BASE = 10**6
_LONGEST = 200  # characters of a comparison; what is longer is prose
_MOST_CASES = 20_000  # index values, or pairs of values, of one comparison

UNKNOWN = (LookupError, AttributeError, TypeError, ValueError, ArithmeticError)
"""what evaluating raises where an expression has no value"""


class _OutOfRangeError(LookupError):
    """An index behind the end, of which a constraint says nothing."""


@dataclass(frozen=True)
class Comparison:
    """Two sides and a sign, for all indices that keep the conditions ("... for i != 0").

    Attributes:
        sign: of ``<= < >= > == != in``.
        left: an expression of names, numbers, texts, indices, lengths and a few functions.
        right: likewise.
        conditions: comparisons of indices.
    """

    sign: str
    left: ast.expr
    right: ast.expr
    conditions: tuple["Comparison", ...] = ()

    def __str__(self) -> str:
        return f"{ast.unparse(self.left)} {self.sign} {ast.unparse(self.right)}"

    def holds(self, known: dict[str, Any]) -> bool | None:
        """Tell whether it holds for an input.

        Args:
            known: arguments and sizes by name.

        Returns:
            None: it cannot be evaluated.
        """
        try:
            indices = self._shared_indices(known)
            longest = max(map(_longest, known.values()), default=0) if indices else 0
            if longest ** len(indices) > _MOST_CASES:
                return None
            cases = itertools.product(range(longest), repeat=len(indices))
            return all(self._case(known | dict(zip(indices, case, strict=True))) for case in cases)
        except UNKNOWN:
            return True if self._is_of_a_column(known) else None

    def learn(self, known: dict[str, Any]) -> bool:
        """Learn a name from an equation that has one unknown; tell whether it was learned."""
        sides = (self.left, self.right)
        names = {name for side in sides for name in _names(side)}
        unknown = names - known.keys() - _in_slices(*sides)
        if self.sign != "==" or len(unknown) != 1:
            return False
        (name,) = unknown
        try:
            found = self._solution(name, known)
        except UNKNOWN:
            return False
        if found is None:
            return False
        known[name] = found
        return True

    def _solution(self, name: str, known: dict[str, Any]) -> Any:
        """Return what a name must be: one side of the equation, or a whole number."""
        for one, other in ((self.left, self.right), (self.right, self.left)):
            if isinstance(one, ast.Name) and one.id == name:
                values = _values(other, known)
                return values[0] if len(set(map(repr, values))) == 1 else None
        gaps = [self._gap(known | {name: number}) for number in (0, 1)]
        number = round(gaps[0] / (gaps[0] - gaps[1]))
        return number if self._gap(known | {name: number}) == 0 else None

    def _gap(self, known: dict[str, Any]) -> float:
        (left,), (right,) = _values(self.left, known), _values(self.right, known)
        return left - right

    def _case(self, known: dict[str, Any]) -> bool:
        try:
            if not all(condition._case(known) for condition in self.conditions):
                return True
            ours, theirs = _values(self.left, known), _values(self.right, known)
        except _OutOfRangeError:
            return True
        if len(ours) * len(theirs) > max(_MOST_CASES, len(ours), len(theirs)):
            raise ValueError("too many pairs")
        return all(_COMPARE[self.sign](*_alike(a, b)) for a in ours for b in theirs)

    def _shared_indices(self, known: dict[str, Any]) -> list[str]:
        """Return the indices that must be the same wherever they stand."""
        sides = [side for one in (self, *self.conditions) for side in (one.left, one.right)]
        names = Counter(name for side in sides for name in _names(side))
        computed = _in_slices(*sides, plain=False)
        return sorted(
            name
            for name in _in_slices(*sides) - known.keys()
            if _INDEX.fullmatch(name) and (names[name] > 1 or name in computed)
        )

    def _is_of_a_column(self, known: dict[str, Any]) -> bool:
        """Tell whether it is of a row's parts (``starti``) or a node: facts show these."""
        unknown = [n for side in (self.left, self.right) for n in _names(side) if n not in known]
        return bool(unknown) and all(
            name == "Node" or re.fullmatch(r"\w+[ij]", name) for name in unknown
        )


def comparisons(line: str) -> Iterator[Comparison]:
    """Yield the comparisons of a line; none if it is prose."""
    if len(line) > _LONGEST:
        return
    text = _as_python(line)
    if one_of := _ONE_OF.fullmatch(text):
        yield from _memberships(*one_of.groups())
    elif " or " not in text:
        text, *condition = _FOR_ALL.split(text, maxsplit=1)
        of_indices = tuple(comparisons(condition[0])) if condition else ()
        if condition and not of_indices and not _ALL_OF_THEM.fullmatch(condition[0]):
            return
        parts = text.split(" and ")
        parts = parts if all(map(_SIGNS.search, parts)) else [text]
        found = [list(_chain(part, of_indices)) for part in parts]
        if all(found):
            yield from itertools.chain.from_iterable(found)


def _as_python(line: str) -> str:
    text = line.replace("≤", "<=").replace("≥", ">=").replace("^", "**").rstrip(". ")
    text = re.sub(r"\s+\([01]-indexed\)", "", text)
    text = re.sub(r"\b([\w.]+)!(?!=)", r"factorial(\1)", text)
    return re.sub(r"\|([^|]+)\|", r"abs(\1)", text)


def _memberships(one: str, several: str) -> Iterator[Comparison]:
    members = ", ".join(re.split(r",? or |, ", several))
    with contextlib.suppress(SyntaxError, ValueError):
        left, right = (ast.parse(side, mode="eval").body for side in (one, f"({members},)"))
        yield Comparison("in", left, right)


def _chain(text: str, conditions: tuple[Comparison, ...]) -> Iterator[Comparison]:
    parts = _SIGNS.split(text)
    if len(parts) < 3:
        return
    sides: list[Sequence[ast.expr]] = []
    for part in parts[::2]:
        try:
            whole = ast.parse(part.strip(), mode="eval").body
        except (SyntaxError, ValueError):
            return
        match whole:
            case ast.Tuple(elts=several) | ast.BoolOp(op=ast.And(), values=several):
                sides.append(several)
            case _:
                sides.append([whole])
    for sign, left, right in zip(parts[1::2], sides, sides[1:], strict=False):
        sign = "==" if sign == " = " else sign
        yield from (Comparison(sign, a, b, conditions) for a in left for b in right)


def _values(node: ast.expr, known: dict[str, Any]) -> Values:
    """Return an expression's values.

    Raises:
        LookupError: a name or a construct that is not known.
        _OutOfRangeError: an index behind the end.
    """
    match node:
        case ast.Constant(value=int() | float() | str() as constant):
            return [constant]
        case ast.Tuple(elts=members):
            return [[value for member in members for value in _values(member, known)]]
        case ast.Name(id=name):
            return [known[name]]
        case ast.Attribute(value=inner, attr="length"):
            return [len(value) for value in _values(inner, known)]
        case ast.Attribute(value=inner, attr="val"):
            return [value[0] for value in _values(inner, known) if value]
        case ast.Subscript(value=inner, slice=ast.Name(id=index)) if index not in known:
            if not _INDEX.fullmatch(index):
                raise LookupError(index)
            return [item for value in _values(inner, known) for item in value]
        case ast.Subscript(value=inner, slice=index):
            (place,) = _values(index, known)
            return [_at(value, place) for value in _values(inner, known)]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return [-value for value in _values(inner, known)]
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return [_power(a, b) for a in _values(left, known) for b in _values(right, known)]
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _COMPUTE:
            return [
                _computed(sign, a, b) for a in _values(left, known) for b in _values(right, known)
            ]
        case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _OF_ONE:
            return [_OF_ONE[name](value) for value in _values(inner, known)]
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in _OF_MEMBERS:
            return [_OF_MEMBERS[name](_members([_values(one, known) for one in arguments]))]
    raise LookupError(ast.unparse(node))


def _members(values: list[Values]) -> Values:
    """Return what a function of several numbers is given: arguments, or the members of one."""
    if len(values) > 1:
        return [value for (value,) in values]
    (members,) = values
    return members[0] if len(members) == 1 and isinstance(members[0], list) else members


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Return two values to compare; as numbers, where both are or are written as some."""
    numbers = [
        int(side) if isinstance(side, str) and re.fullmatch(r"-?[0-9]{1,1000}", side) else side
        for side in (left, right)
    ]
    of_numbers = all(isinstance(side, (int, float)) for side in numbers)
    return (numbers[0], numbers[1]) if of_numbers else (left, right)


def _at(value: Any, place: int) -> Any:
    if not 0 <= place < len(value):
        raise _OutOfRangeError
    return value[place]


def _computed(sign: ast.operator, left: Any, right: Any) -> Any:
    if not all(isinstance(side, (int, float)) for side in (left, right)):
        raise TypeError("numbers only")
    return _COMPUTE[type(sign)](left, right)


def _power(base: Any, power: Any) -> Any:
    if not 0 <= power <= _MOST_POWER or abs(base) > _MOST_BASE:
        raise ValueError("too large a power")
    return base**power


def _names(node: ast.expr) -> list[str]:
    """Return the names of an expression that stand for values, each as often as it stands."""
    called = {id(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
    return [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in called]


def _in_slices(*sides: ast.expr, plain: bool = True) -> set[str]:
    """Return the names inside of square brackets; not those that stand there alone, if asked."""
    slices = [n.slice for side in sides for n in ast.walk(side) if isinstance(n, ast.Subscript)]
    return {
        name for one in slices if plain or not isinstance(one, ast.Name) for name in _names(one)
    }


def _longest(value: Any) -> int:
    if not isinstance(value, (list, tuple, str)):
        return 0
    inner = max(map(_longest, value), default=0) if not isinstance(value, str) else 0
    return max(len(value), inner)
