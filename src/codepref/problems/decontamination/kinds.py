"""What kind of value an argument is: which benchmark inputs a function can be called with."""

from collections.abc import Sequence
from typing import Any

from codepref import values

_TYPES = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}


def fits(value: Any, kind: str) -> bool:
    """Tell whether a value fits a declared parameter type.

    >>> fits([1, 2], "list[int]"), fits("ab", "list[str]"), fits(1, "float")
    (True, False, True)
    """
    if kind.startswith("list[") and kind.endswith("]"):
        return isinstance(value, (list, tuple)) and all(fits(item, kind[5:-1]) for item in value)
    if kind == "list":
        return isinstance(value, (list, tuple))
    if kind in _TYPES:
        return type(value) in _TYPES[kind]
    if kind == "ListNode":
        return isinstance(value, (list, tuple)) and not any(isinstance(i, list) for i in value)
    return kind == "Any" and _is_plain(value)


def kind_of(examples: Sequence[Any]) -> str:
    """Return the narrowest type that all examples fit.

    >>> kind_of([1, 2.5]), kind_of([[1], []]), kind_of([[], ()]), kind_of([1, "a"])
    ('float', 'list[int]', 'list', 'Any')
    """
    if examples and all(isinstance(one, (list, tuple)) for one in examples):
        items = [item for one in examples for item in one]
        return f"list[{kind_of(items)}]" if items else "list"
    types = set(map(type, examples))
    fitting = (name for name in ("bool", "int", "float", "str") if types <= set(_TYPES[name]))
    return next(fitting, "Any") if examples else "Any"


def size_of(value: Any) -> float:
    """Return the length of a value as text (an integer may have too many digits to write)."""
    try:
        return len(repr(value))
    except ValueError:
        return float("inf")


def _is_plain(value: Any) -> bool:
    try:
        values.encode(value)
    except (TypeError, ValueError):
        return False
    return True
