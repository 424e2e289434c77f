"""What a statement promises about its inputs: comparisons that can be read, and prose that cannot.

``1 <= k <= nums.length`` is checked on every input made. "The test cases are generated such that
you can reach the end" is no such thing: who makes inputs for that problem makes wrong tests, so it
is better left alone.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from codepref.records import Problem

Values = list[Any]
"""of an expression: one, or one for each element where it has an index"""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}
_COMPUTE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_MOST_POWER = 64
_LONGEST = 200  # characters of a comparison; what is longer is prose

# Sentences that promise something, and those among them that the facts of the inputs show anyway
# (codepref.problems.sharpening.contract) or that say nothing about the inputs.
_PROMISE = re.compile(
    r"guarante|may assume|generated (?:such|so) that|input is generated|appears?\b.*\bexcept|"
    r"will never|will not be|will be no|always|not contain any|there (?:is|will be) at least one|"
    r"(?:given|represent\w*) an? (?:valid|roman)\b|leading (?:zero|0)",
    re.IGNORECASE,
)
_SHOWN = re.compile(
    r"sorted|unique|distinct|rotated|fit|32-bit|less than or equal to", re.IGNORECASE
)
_ONE_ANSWER = re.compile(
    r"(?:answer|solution)\w* (?:exists|is unique|will be unique)|guaranteed to be unique|"
    r"exactly one (?:valid )?(?:answer|solution)|only one (?:valid )?(?:answer|solution)",
    re.IGNORECASE,
)
# Lines of a list of constraints that are shown by the inputs: characters, nodes, order.
_SHOWN_LINE = re.compile(
    r"consists?\b|contains? only|only contain|contains? .*letters|number of (?:the )?nodes|sorted|"
    r"unique|distinct|rotated|is either|is '|is a digit|^(?:\S+|\S+ and \S+) (?:is|are) in the "
    r"range|"
    r"is -?\d+(?:, | or )|non-decreasing|ascending|follow.?up|^note|fit|may contain|Node\.val|"
    r"separated by|only space|is (?:even|odd)\.|not exceed",
    re.IGNORECASE,
)


Comparison = tuple[str, ast.expr, ast.expr]
"""a sign and its two sides"""


class Constraints:
    """The comparisons of a statement, and what it promises that cannot be read.

    A comparison that a given input breaks is not believed: data sets write ``10^4`` as ``104``.

    Args:
        problem: whose statement is read.
        inputs: its given inputs, as decoded arguments.

    Attributes:
        unread: sentences, lines and comparisons that promise something unknown.
    """

    def __init__(self, problem: Problem, inputs: Sequence[list[Any]]) -> None:
        self._names = {name: i for i, name in enumerate(problem.parameters or [])}
        self._lists = [
            i for i, kind in enumerate(problem.parameter_types or []) if kind == "ListNode"
        ]
        text = "\n".join([problem.statement, problem.input_format, problem.notes])
        self._size_names = re.findall(r"number of nodes in the list is ([a-z]\w*)\b", text)
        before, _, listed = text.partition("Constraints:")
        sentences = re.split(r"(?<=[.!?])\s+|\n+", before)
        self.unread = [
            sentence.strip()
            for sentence in [*sentences, *listed.splitlines()]
            if _ONE_ANSWER.search(sentence)
            or (_PROMISE.search(sentence) and not _SHOWN.search(sentence))
        ]
        self._comparisons: list[Comparison] = []
        for line in filter(None, map(str.strip, listed.splitlines())):
            found = list(_comparisons(line))
            self._comparisons += found
            if not found and not _SHOWN_LINE.search(line):
                self.unread.append(line)

        verdicts = [self._judge(given) for given in inputs]
        self._comparisons = [
            item
            for number, item in enumerate(self._comparisons)
            if not any(found[number] is False for found in verdicts)
        ]
        self.unread += [
            f"{ast.unparse(left)} {sign} {ast.unparse(right)}"
            for number, (sign, left, right) in enumerate(self._comparisons)
            if any(found.get(number, True) is None for found in map(self._judge, inputs))
        ]

    def allow(self, arguments: list[Any]) -> bool:
        """Tell whether an input keeps all comparisons that could be read."""
        return False not in self._judge(arguments).values()

    def _judge(self, arguments: list[Any]) -> dict[int, bool | None]:
        """Return which comparisons hold, by their number; None: it cannot be evaluated."""
        known = {name: arguments[i] for name, i in self._names.items() if i < len(arguments)}
        known |= {name: len(arguments[i]) for name in self._size_names for i in self._lists[:1]}
        verdicts: dict[int, bool | None] = {}
        for _ in range(3):  # names like n are known once "n == nums.length" was read
            for number, item in enumerate(self._comparisons):
                if number not in verdicts and _bind(item, known):
                    verdicts[number] = True
        for number, item in enumerate(self._comparisons):
            if number not in verdicts:
                verdicts[number] = _holds(item, known)
        return verdicts


def _holds(item: Comparison, known: dict[str, Any]) -> bool | None:
    sign, left, right = item
    try:
        ours, theirs = _values(left, known), _values(right, known)
        if min(len(ours), len(theirs)) > 1:
            return None  # two indices
        return all(_COMPARE[sign](a, b) for a in ours for b in theirs)
    except LookupError:
        return True if _of_a_column(left, right, known) else None
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None


def _comparisons(line: str) -> Iterator[Comparison]:
    """Yield the comparisons of a line; none if it is prose."""
    text = line.replace("≤", "<=").replace("^", "**").rstrip(". ")
    if len(text) > _LONGEST:
        return
    text = re.sub(r"\b([\w.]+)!(?!=)", r"factorial(\1)", text)
    parts = re.split(r"(<=|>=|==|!=|<|>|(?<=\w) = (?=\w))", text)
    if len(parts) < 3:
        return
    sides: list[list[ast.expr]] = []
    for part in parts[::2]:
        try:
            whole = ast.parse(part.strip(), mode="eval").body
        except (SyntaxError, ValueError):
            return
        sides.append(whole.elts if isinstance(whole, ast.Tuple) else [whole])
    for sign, left, right in zip(parts[1::2], sides, sides[1:], strict=False):
        sign = "==" if sign == " = " else sign
        yield from ((sign, a, b) for a in left for b in right)


def _bind(item: Comparison, known: dict[str, Any]) -> bool:
    """Learn a name from an equation with one; tell whether it was learned."""
    sign, *sides = item
    for one, other in (sides, sides[::-1]):
        if sign == "==" and isinstance(one, ast.Name) and one.id not in known:
            try:
                values = _values(other, known)
            except (LookupError, TypeError, ValueError, OverflowError):
                continue
            if len(set(map(repr, values))) == 1:
                known[one.id] = values[0]
                return True
    return False


def _values(node: ast.expr, known: dict[str, Any]) -> Values:
    """Return an expression's values.

    Raises:
        LookupError: a name or a construct that is not known.
    """
    match node:
        case ast.Constant(value=int() | float() as number):
            return [number]
        case ast.Name(id=name):
            return [known[name]]
        case ast.Attribute(value=inner, attr="length"):
            return [len(value) for value in _values(inner, known)]
        case ast.Subscript(value=inner, slice=ast.Name(id=index)) if index not in known:
            return [item for value in _values(inner, known) for item in value]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return [-value for value in _values(inner, known)]
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return [_power(a, b) for a in _values(left, known) for b in _values(right, known)]
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _COMPUTE:
            compute = _COMPUTE[type(sign)]
            return [compute(a, b) for a in _values(left, known) for b in _values(right, known)]
        case ast.Call(func=ast.Name(id="factorial"), args=[inner]):
            return [math.factorial(min(value, 1000)) for value in _values(inner, known)]
    raise LookupError(ast.unparse(node))


def _power(base: Any, power: Any) -> Any:
    if not 0 <= power <= _MOST_POWER:
        raise ValueError("too large a power")
    return base**power


def _of_a_column(left: ast.expr, right: ast.expr, known: dict[str, Any]) -> bool:
    """Tell whether a comparison is of a row's parts (``starti``) or a node: facts show these."""
    names = [n.id for side in (left, right) for n in ast.walk(side) if isinstance(n, ast.Name)]
    unknown = [name for name in names if name not in known]
    return all(name == "Node" or re.fullmatch(r"\w+[ij]", name) for name in unknown) and bool(
        unknown
    )
