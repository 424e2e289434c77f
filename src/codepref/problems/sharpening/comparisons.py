"""Comparisons of a list of constraints (``1 <= k <= nums.length``), read and checked on inputs."""

import ast
import contextlib
import copy
import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from codepref.problems.sharpening.expressions import (
    INDEX,
    MOST_CASES,
    UNKNOWN,
    OutOfRangeError,
    compare,
    longest_list,
    names_in,
    names_in_slices,
    pairs_of,
    values_of,
    whole_number,
)

_SIGNS = re.compile(r"(<=|>=|==|!=|<|>|(?<=[\w)\]]) = (?=[\w(]))")
_ONE_OF = re.compile(  # "s[i] is '0' or '1'"
    r"(\S+(?:(?:,| and) \S+)*) (?:is|are|will be|==) (?:either )?(\S+(?:, \S+)*,? or \S+)"
)
_FOR_ALL = re.compile(r",? (?:for|where) (?:all |any |every |each )?")
_ALL_OF_THEM = re.compile(r"(?:valid |row |index )?\w")
# What is written in words, and how Python writes it.
_WORDS = [
    (re.compile(pattern), form)
    for pattern, form in (
        (r"\s+\([01]-indexed\)", ""),
        (r"(?<=\d),(?=\d{3}\b)", ""),
        (r"(?<=\d) x (?=10\*\*)", " * "),
        (r"\b([\w.]+)!(?!=)", r"factorial(\1)"),
        (r"\|([^|]+)\|", r"abs(\1)"),
        (r"^(\S+(?: and \S+|, \S+)*) (?:is|are)(?: an integer| integers)? in the range "
         r"\[(\S+), ([^\]]+)\]$", r"\2 <= \1 <= \3"),
        (r"^(\S+) is(?: a)? multiple of (\d+)$", r"\1 % \2 == 0"),
        (r"^(\S+) is even$", r"\1 % 2 == 0"),
        (r"^(\S+) is odd$", r"\1 % 2 == 1"),
    )
]  # fmt: skip
_LONGEST = 200  # characters of a comparison; what is longer is prose
_MOST_STEPS = 200_000


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
            names = {name for side in self.sides for name in names_in(side)} & known.keys()
            longest = max((longest_list(known[name]) for name in names), default=0)
            places = range(longest + any(map(_is_upper_bound, self.conditions)))
            others = names_in_slices(*self.sides) - known.keys() - {*indices}
            steps = len(places) ** len(indices) * (longest ** bool(others) if indices else 1)
            if steps > _MOST_STEPS or len(places) ** len(indices) > MOST_CASES:
                return None
            cases = itertools.product(places, repeat=len(indices))
            return all(self._case(known | dict(zip(indices, case, strict=True))) for case in cases)
        except UNKNOWN:
            return None

    @property
    def sides(self) -> list[ast.expr]:
        """Both sides, and those of the conditions."""
        return [side for one in (self, *self.conditions) for side in (one.left, one.right)]

    def counts_places(self, names: Collection[str]) -> bool:
        """Whether an index is computed, a number or one of these, so that 0 or 1 is the first."""
        found = [n for s in self.sides for n in ast.walk(s) if isinstance(n, ast.Subscript)]
        of_lists = [n.slice for n in found if isinstance(n.value, ast.Name)]
        return bool(self.conditions) or any(
            not isinstance(one, ast.Name) or one.id in names for one in of_lists
        )

    def with_powers(self) -> "Comparison":
        """Return the comparison with ``10^4`` for ``104``: data sets lose how a power was set."""
        left, right = (_Powers().visit(copy.deepcopy(side)) for side in (self.left, self.right))
        return Comparison(self.sign, left, right, self.conditions)

    def learn(self, known: dict[str, Any]) -> bool:
        """Learn a name from an equation that has one unknown; tell whether it was learned."""
        sides = (self.left, self.right)
        names = {name for side in sides for name in names_in(side)}
        unknown = names - known.keys() - names_in_slices(*sides)
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
                values = values_of(other, known)
                return whole_number(values[0]) if len(set(map(repr, values))) == 1 else None
        gaps = [self._gap(known | {name: number}) for number in (0, 1)]
        number = round(gaps[0] / (gaps[0] - gaps[1]))
        return number if self._gap(known | {name: number}) == 0 else None

    def _gap(self, known: dict[str, Any]) -> float:
        (left,), (right,) = values_of(self.left, known), values_of(self.right, known)
        return left - right

    def _case(self, known: dict[str, Any]) -> bool:
        """Tell whether it holds for these indices; also where one is behind the end."""
        if not all(condition._case(known) for condition in self.conditions):
            return True
        try:
            ours, theirs = values_of(self.left, known), values_of(self.right, known)
        except OutOfRangeError:
            if self.conditions:  # they count from 1
                raise ValueError("an index that the conditions allow") from None
            return True
        return all(compare(self.sign, a, b) for a, b in pairs_of(ours, theirs))

    def _shared_indices(self, known: dict[str, Any]) -> list[str]:
        """Return the indices that must be the same wherever they stand."""
        names = Counter(name for side in self.sides for name in names_in(side))
        computed = names_in_slices(*self.sides, plain=False)
        return sorted(
            name
            for name in names_in_slices(*self.sides) - known.keys()
            if INDEX.fullmatch(name) and (names[name] > 1 or name in computed)
        )


def _is_upper_bound(condition: Comparison) -> bool:
    """Tell whether it may allow an index behind the end, as one that counts from 1 does."""
    side = {"<=": condition.left, ">=": condition.right}.get(condition.sign)
    return isinstance(side, ast.Name)


class _Powers(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        lost = re.fullmatch(r"10([1-9]\d?)|2([1-9]\d)", str(node.value))
        if not lost or isinstance(node.value, str):
            return node
        power = 10 ** int(lost[1]) if lost[1] else 2 ** int(lost[2])
        return ast.copy_location(ast.Constant(power), node)


def comparisons(line: str) -> Iterator[Comparison]:
    """Yield the comparisons of a line; none if it is prose."""
    if len(line) > _LONGEST:
        return
    text = _as_python(line)
    if one_of := _ONE_OF.fullmatch(text):
        yield from _memberships(*one_of.groups())
    elif " or " not in text:
        text, *condition = _FOR_ALL.split(text, maxsplit=1)
        of_indices: tuple[Comparison, ...] = ()
        if condition and not _ALL_OF_THEM.fullmatch(condition[0]):
            of_indices = () if "[" in condition[0] else tuple(comparisons(condition[0]))
            if not of_indices:
                return
        found = [list(_chain(part, of_indices)) for part in _parts(text)]
        if all(found):
            yield from itertools.chain.from_iterable(found)


def _parts(text: str) -> list[str]:
    """Return the whole comparisons of a line: parts with a sign each, where that is sure.

    "1 <= a and b <= 9" is one, as is "1 <= a, b <= 9".
    """
    for separator in (" and ", ", "):
        parts = text.split(separator)
        signs = [_SIGNS.findall(part) for part in parts]
        if all(one and (len(one) > 1 or one[0].strip() in ("=", "==", "!=")) for one in signs):
            return parts
    return [text]


def _as_python(line: str) -> str:
    text = line.replace("≤", "<=").replace("≥", ">=").replace("^", "**").rstrip(". ")
    for pattern, form in _WORDS:
        text = pattern.sub(form, text)
    return text


def _memberships(ones: str, several: str) -> Iterator[Comparison]:
    members = ", ".join(re.split(r",? or |, ", several))
    with contextlib.suppress(SyntaxError, ValueError):
        right = ast.parse(f"({members},)", mode="eval").body
        for one in re.split(r", | and ", ones):
            yield Comparison("in", ast.parse(one, mode="eval").body, right)


def _chain(text: str, conditions: tuple[Comparison, ...]) -> Iterator[Comparison]:
    """Yield the comparisons of ``a <= b < c``.

    The middle of ``a[i] < a[i + 1] < b`` has no value for the last index: its neighbours are
    compared, too, so that a single element is below ``b``.
    """
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
    signs = ["==" if sign == " = " else sign for sign in parts[1::2]]
    links = list(zip(sides, signs, sides[1:], strict=False))
    links += [
        (sides[i], min(signs[i : i + 2], key=len), sides[i + 2])
        for i, (one, other) in enumerate(itertools.pairwise(signs))
        if one[0] == other[0] in "<>" and any(names_in_slices(s, plain=False) for s in sides[i + 1])
    ]
    for left, sign, right in links:
        yield from (Comparison(sign, a, b, conditions) for a in left for b in right)
