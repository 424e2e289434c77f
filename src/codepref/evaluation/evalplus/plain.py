"""Values that Python finds equal to plain ones, as the plain ones.

EvalPlus compares with ``==`` in the process that made the value, so it accepts a named tuple for a
tuple, a counter for a dict, ``Fraction(1, 2)`` for 0.5. The second judge sees plain values only;
this makes them, by the builtin types' own methods, so that what a class says about itself does not
count. Stands alone (standard library only): its source also runs inside the executor.
"""

import collections
import decimal
import fractions
import hashlib
import marshal
import sys
import types
from typing import Any

DEEPEST = 200  # as codepref.values, which refuses what is nested deeper
_FLAT = frozenset({bool, int, float, complex, str, bytes, type(None)})
_LIKE_SETS: tuple[type, ...] = (
    type({}.keys()),
    type({}.items()),
    type(collections.OrderedDict().keys()),
    type(collections.OrderedDict().items()),
)
_USER = (collections.UserList, collections.UserDict, collections.UserString)
_LARGEST_EXPONENT = 1000
_AT_ONCE = 10_000


def plain(value: Any, depth: int = 0) -> Any:
    """Return ``value`` with all that equals a builtin value replaced by that; the rest stays."""
    kind = type(value)
    if kind in _FLAT or depth > DEEPEST:
        return value
    if kind in (list, tuple) and _FLAT.issuperset(map(type, value)):
        return value
    for base, items in _CONTAINERS:
        if isinstance(value, base):
            return base([plain(item, depth + 1) for item in items(value)])
    if isinstance(value, dict):
        pairs = dict.items(value)
        return {plain(key, depth + 1): plain(item, depth + 1) for key, item in pairs}
    for base, exact in _SCALARS:
        if isinstance(value, base):
            return exact(value)
    return _standard(value, kind, depth)


_CONTAINERS: tuple[Any, ...] = (
    (list, list.__iter__),
    (tuple, tuple.__iter__),
    (set, set.__iter__),
    (frozenset, frozenset.__iter__),
)
_SCALARS: tuple[Any, ...] = (
    (int, int.__pos__),
    (float, float.__pos__),
    (complex, complex.__pos__),
    (str, str.__str__),
    (bytes, lambda value: bytes.__add__(value, b"")),
    (bytearray, lambda value: bytes(bytearray.__add__(value, b""))),
)


def fingerprint(value: Any) -> str:
    """Return a hash of a list of builtin values without sets and dicts; "" for anything else.

    Version 2 of the format writes nothing down but the values (later ones also which are shared).
    """
    if type(value) is not list:
        return ""
    found = hashlib.sha256()
    for start in range(0, len(value), _AT_ONCE):
        found.update(marshal.dumps(value[start : start + _AT_ONCE], 2))
    return found.hexdigest()


def _standard(value: Any, kind: type, depth: int) -> Any:
    """Return what a value of the standard library or numpy equals."""
    if kind in _LIKE_SETS:
        return {plain(item, depth + 1) for item in value}
    if kind in _USER:
        return plain(value.data, depth + 1)
    if kind in (types.MappingProxyType, collections.ChainMap):
        return plain(dict(value), depth + 1)
    if kind is fractions.Fraction:
        return _number(value, value.denominator == 1)
    if kind is decimal.Decimal:
        if not value.is_finite() or abs(value.adjusted()) > _LARGEST_EXPONENT:
            return value
        return _number(value, value == value.to_integral_value())
    numpy = sys.modules.get("numpy")
    if numpy is not None and kind in numpy._core.numerictypes.sctypeDict.values():
        return value.item()
    return value


def _number(value: Any, whole: bool) -> Any:
    found = int(value) if whole else float(value)
    return found if found == value else value
