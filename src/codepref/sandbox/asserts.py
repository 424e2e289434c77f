"""Assert-style tests (``assert candidate(...) == ...``) as inputs and expected outputs.

An assert runs beside the program it tests and can be fooled by it. Where its shape allows, it is
rewritten to an input and an expected output, so that the comparison happens in the parent. What
is left (loops over random numbers, tests of truth rather than equality, helpers) stays a ``check``
that runs in the program's process: the weaker kind.

Rewritten are, in ``check`` or in a ``for`` loop over constants, with constant arguments:
``candidate(..) == value`` and its mirror image, ``is`` with True, False and None,
``abs(candidate(..) - value) < tolerance``, ``math.isclose(candidate(..), value)``,
``sorted(candidate(..)) == [..]``, ``list`` or ``tuple`` around the call, and LeetCodeDataset's
``is_same_list``, ``is_same_tree``, ``list_node`` and ``tree_node``.
"""

import ast
import copy
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from codepref import values
from codepref.records import Comparison, TestCase

_MOST_CASES = 2000
_WRAPPERS = ("abs", "sorted", "list", "tuple")
_LARGEST = 10_000_000  # items or bits of a value made by an operator
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_SIGNS: dict[type, Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "bool": bool,
    "dict": dict,
    "float": float,
    "frozenset": frozenset,
    "int": int,
    "len": len,
    "list": list,
    "max": max,
    "min": min,
    "range": range,
    "reversed": lambda items: list(reversed(items)),
    "round": round,
    "set": set,
    "sorted": sorted,
    "str": str,
    "sum": sum,
    "tuple": tuple,
    # LeetCode's list forms stand for the nodes; the parameter's type says which.
    "list_node": lambda items: items,
    "tree_node": lambda items: items,
}
_CONSTANTS = {
    "inf": math.inf,
    "math.e": math.e,
    "math.inf": math.inf,
    "math.nan": math.nan,
    "math.pi": math.pi,
}


@dataclass(frozen=True)
class Rewritten:
    """Tests and the rule by which their outputs are compared.

    Attributes:
        nodes: which arguments (by position or name) the tests build with ``list_node`` or
            ``tree_node``: ``ListNode`` or ``TreeNode``.
    """

    tests: list[TestCase]
    comparison: Comparison
    nodes: dict[int | str, str] = field(default_factory=dict)


class _NotConstant(Exception):
    """An expression whose value is not plain from the test's text."""


@dataclass(frozen=True)
class _Case:
    input: Any
    expected: Any
    kind: str = "exact"
    tolerance: float = 0.0


def rewrite_asserts(source: str, parameters: list[str] | None = None) -> Rewritten:
    """Rewrite a test file that defines ``check(candidate)``.

    Args:
        source: Python source of the tests.
        parameters: the function's parameters in order; keyword arguments then become positional.

    Returns:
        One test per rewritten assert, in order, and one with a ``check`` for what remains.

    Raises:
        ValueError: the source is not Python or defines no ``check``.
    """
    try:
        module = ast.parse(source)
    except SyntaxError as error:
        raise ValueError(f"the tests are not Python: {error}") from error
    check = next(
        (n for n in module.body if isinstance(n, ast.FunctionDef) and n.name == "check"), None
    )
    if check is None or not check.args.args:
        raise ValueError("the tests define no function 'check(candidate)'")
    rewriter = _Rewriter(check.args.args[0].arg, parameters)
    rewriter.note_constants(module.body)
    remaining = [node for node in check.body if not rewriter.take(node)]
    kinds = {case.kind for case in rewriter.cases}
    if "unordered" in kinds and kinds != {"unordered"}:
        return Rewritten([TestCase(check=source)], Comparison())  # one rule per problem
    tests = [
        TestCase(input=case.input, expected=values.encode(case.expected)) for case in rewriter.cases
    ]
    if any(isinstance(node, ast.Assert) for part in remaining for node in ast.walk(part)):
        check.body = remaining
        tests.append(TestCase(check=ast.unparse(module)))
    if not tests:
        tests = [TestCase(check=source)]
    return Rewritten(tests, _comparison(rewriter.cases, kinds), rewriter.nodes)


def _comparison(cases: list[_Case], kinds: set[str]) -> Comparison:
    if "unordered" in kinds:
        return Comparison(kind="unordered")
    tolerances = [case.tolerance for case in cases if case.kind == "close"]
    if not tolerances:
        return Comparison()
    return Comparison(kind="close", relative_tolerance=0.0, absolute_tolerance=max(tolerances))


class _Rewriter:
    """Walks through ``check``, collecting cases and the values of constant names."""

    def __init__(self, candidate: str, parameters: list[str] | None) -> None:
        self.cases: list[_Case] = []
        self._candidate, self._parameters = candidate, parameters
        self.nodes: dict[int | str, str] = {}
        self._names: dict[str, Any] = {}

    def note_constants(self, body: list[ast.stmt]) -> None:
        """Remember constants that are assigned in front of ``check``."""
        for node in body:
            self._assign(node)

    def take(self, node: ast.stmt) -> bool:
        """Rewrite one statement wholly, or leave it (False)."""
        if isinstance(node, ast.Assert):
            if isinstance(node.test, ast.Constant) and node.test.value:
                return True  # "assert True" asks nothing
            try:
                self.cases.append(self._case(node.test))
            except _NotConstant:
                return False
            return True
        if isinstance(node, ast.For):
            return self._unroll(node)
        self._assign(node)
        return False

    def _assign(self, node: ast.stmt) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else []
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        if len(targets) == 1 and isinstance(targets[0], ast.Name):
            try:
                self._names[targets[0].id] = self._value(node.value)  # type: ignore[attr-defined]
                return
            except _NotConstant:
                pass
        for name in names:
            self._names.pop(name, None)  # whatever this does to it, it is known no longer

    def _unroll(self, node: ast.For) -> bool:
        """Take a loop over constants all of whose statements can be taken."""
        before, names = len(self.cases), dict(self._names)
        try:
            if node.orelse or not isinstance(node.target, (ast.Name, ast.Tuple)):
                raise _NotConstant
            for item in self._value(node.iter):
                self._bind(node.target, item)
                for part in node.body:
                    if not isinstance(part, (ast.Assert, ast.For)) or not self.take(part):
                        raise _NotConstant
                if len(self.cases) > _MOST_CASES:
                    raise _NotConstant
        except (_NotConstant, TypeError, ValueError):
            del self.cases[before:]
            self._names = names
            return False
        return True

    def _bind(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self._names[target.id] = value
            return
        parts = target.elts if isinstance(target, ast.Tuple) else []
        if not parts or len(parts) != len(value):
            raise _NotConstant
        for part, item in zip(parts, value, strict=True):
            self._bind(part, item)

    # -- asserts --

    def _case(self, test: ast.expr) -> _Case:
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            left, right, how = test.left, test.comparators[0], test.ops[0]
            if isinstance(how, ast.Eq):
                return self._equality(left, right)
            if isinstance(how, ast.Is) and isinstance(right, ast.Constant):
                return self._equality(left, right)
            if isinstance(how, (ast.Lt, ast.LtE)) and _calls(left, "abs"):
                return self._difference(left.args[0], float(self._value(right)))  # type: ignore[attr-defined]
        if isinstance(test, ast.Call) and len(test.args) == 2:
            if ast.unparse(test.func) in ("is_same_list", "is_same_tree"):
                return self._equality(*test.args)
            if ast.unparse(test.func) in ("math.isclose", "isclose") and not test.keywords:
                expected = float(self._value(test.args[1]))
                tolerance = 1e-9 * abs(expected)
                return _Case(self._input(test.args[0]), expected, "close", tolerance)
        raise _NotConstant

    def _equality(self, left: ast.expr, right: ast.expr) -> _Case:
        if not self._mentions_candidate(left):
            left, right = right, left
        expected = self._value(right)
        for name in ("list", "tuple"):  # a list equals a tuple anyway
            if _calls(left, name) and isinstance(expected, (list, tuple)):
                left = left.args[0]  # type: ignore[attr-defined]
        if _calls(left, "sorted") and isinstance(expected, list):
            return _Case(self._input(left.args[0]), expected, "unordered")  # type: ignore[attr-defined]
        return _Case(self._input(left), expected)

    def _difference(self, inner: ast.expr, tolerance: float) -> _Case:
        if not (isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub)):
            raise _NotConstant
        left, right = inner.left, inner.right
        if not self._mentions_candidate(left):
            left, right = right, left
        return _Case(self._input(left), float(self._value(right)), "close", tolerance)

    def _mentions_candidate(self, node: ast.expr) -> bool:
        return any(isinstance(n, ast.Name) and n.id == self._candidate for n in ast.walk(node))

    def _input(self, node: ast.expr) -> Any:
        """Return the arguments of ``candidate(...)`` in tagged JSON."""
        if not _calls(node, self._candidate):
            raise _NotConstant
        assert isinstance(node, ast.Call)
        try:
            positional = [values.encode(self._value(item)) for item in node.args]
            named = {str(k.arg): values.encode(self._value(k.value)) for k in node.keywords}
        except (TypeError, ValueError) as error:
            raise _NotConstant from error
        places: list[int | str] = [*range(len(node.args)), *(str(k.arg) for k in node.keywords)]
        items = [*node.args, *(keyword.value for keyword in node.keywords)]
        for place, item in zip(places, items, strict=True):
            for function, kind in (("list_node", "ListNode"), ("tree_node", "TreeNode")):
                if _calls(item, function):
                    self.nodes[place] = kind
        if not named:
            return positional
        if self._parameters and set(named) == set(self._parameters[len(positional) :]):
            return positional + [named[name] for name in self._parameters[len(positional) :]]
        if positional or any(name.startswith("$") or name == "None" for name in named):
            raise _NotConstant
        return named

    # -- constants --

    def _value(self, node: ast.expr) -> Any:
        try:
            # A copy: the test's own names must not change under a later case.
            return copy.deepcopy(self._evaluate(node))
        except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise _NotConstant from error

    def _evaluate(self, node: ast.expr) -> Any:
        evaluate = self._evaluate
        match node:
            case ast.Constant(value=value) if value is not Ellipsis:
                return value
            case ast.Name(id=name) if name in self._names:
                return self._names[name]
            case ast.List(elts=items):
                return [evaluate(item) for item in items]
            case ast.Tuple(elts=items):
                return tuple(evaluate(item) for item in items)
            case ast.Set(elts=items):
                return {evaluate(item) for item in items}
            case ast.Dict(keys=keys, values=items) if None not in keys:
                return {evaluate(k): evaluate(v) for k, v in zip(keys, items, strict=True)}  # type: ignore[arg-type]
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _SIGNS:
                return _SIGNS[type(op)](evaluate(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _operate(type(op), evaluate(left), evaluate(right))
            case ast.Call(func=ast.Name(id=name), args=items, keywords=[]) if (
                name in _FUNCTIONS and name not in self._names
            ):
                return _FUNCTIONS[name](*(evaluate(item) for item in items))
            case ast.Name() | ast.Attribute() if ast.unparse(node) in _CONSTANTS:
                return _CONSTANTS[ast.unparse(node)]
            case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Slice):
                return evaluate(value)[evaluate(index)]
        raise _NotConstant


def _calls(node: ast.expr, name: str) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == name
        and bool(node.args or node.keywords or name not in _WRAPPERS)
    )


def _operate(kind: type, left: Any, right: Any) -> Any:
    """Apply an operator, unless the result would be huge.

    Raises:
        _NotConstant: it would.
    """
    size = 1
    if kind is ast.Mult:
        lengths = [len(side) for side in (left, right) if hasattr(side, "__len__")]
        numbers = [side for side in (left, right) if isinstance(side, int)]
        size = max(lengths, default=1) * max(numbers, default=1) if lengths else 1
    elif kind is ast.Pow and isinstance(left, int) and isinstance(right, int):
        size = left.bit_length() * max(right, 1)
    if size > _LARGEST:
        raise _NotConstant
    return _OPERATORS[kind](left, right)
