"""Types of parameters in a signature that a model wrote, and values of them."""

import ast
from typing import Any

from codepref.problems.sources.signatures import parse_python
from codepref.values import decode

_SIMPLE: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "None": (type(None),),
    "list": (list,),
    "tuple": (tuple, list),  # as everywhere, a list does for a tuple
    "dict": (dict,),
    "set": (set,),
}


def is_plain(annotation: str) -> bool:
    """Tell whether a type is made of Python's own: ``list[dict[str, int]]``, ``int | None``."""
    node = _node(annotation)
    return node is not None and all(
        one.id in _SIMPLE or one.id in ("Any", "Union", "Optional")
        for one in ast.walk(node)
        if isinstance(one, ast.Name)
    )


def fits(value: Any, annotation: str) -> bool:
    """Tell whether a value in tagged JSON is of a type; what the type leaves open, fits.

    >>> fits([1, 2], "list[int]"), fits({"a": "b"}, "dict[str, int]"), fits(None, "int | None")
    (True, False, True)
    """
    node = _node(annotation)
    return node is not None and _is_of(decode(value), node)


def _node(annotation: str) -> ast.expr | None:
    try:
        statement = parse_python(annotation).body[0]
    except (ValueError, IndexError):
        return None
    return statement.value if isinstance(statement, ast.Expr) else None


def _is_of(value: Any, node: ast.expr) -> bool:
    match node:
        case ast.Name(name) if name in _SIMPLE:
            return type(value) in _SIMPLE[name]
        case ast.Constant(None):
            return value is None
        case ast.BinOp(left, ast.BitOr(), right):
            return _is_of(value, left) or _is_of(value, right)
        case ast.Subscript(ast.Name("Union"), ast.Tuple(kinds)):
            return any(_is_of(value, kind) for kind in kinds)
        case ast.Subscript(ast.Name("Optional"), kind):
            return value is None or _is_of(value, kind)
        case ast.Subscript(ast.Name("dict"), ast.Tuple([keys, kind])):
            return isinstance(value, dict) and all(
                _is_of(name, keys) and _is_of(item, kind) for name, item in value.items()
            )
        case ast.Subscript(ast.Name("tuple"), ast.Tuple([kind, ast.Constant(last)])) if last is ...:
            return isinstance(value, (list, tuple)) and all(_is_of(item, kind) for item in value)
        case ast.Subscript(ast.Name("tuple"), ast.Tuple(kinds)):
            return (
                isinstance(value, (list, tuple))
                and len(value) == len(kinds)
                and all(map(_is_of, value, kinds))
            )
        case ast.Subscript(ast.Name("list" | "set" as name), kind):
            return type(value) in _SIMPLE[name] and all(_is_of(item, kind) for item in value)
    return True
