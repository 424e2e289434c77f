"""Builtin values as JSON and back, exactly: what a test's inputs and outputs are written in.

JSON alone cannot tell a tuple from a list, has no sets, bytes or NaN, and only text keys. Whatever
plain JSON cannot say is an object with a single key that starts with ``$``: ``{"$tuple": [...]}``,
``{"$set": [...]}``, ``{"$frozenset": [...]}``, ``{"$bytes": base64}``, ``{"$complex": [re, im]}``,
``{"$float": "nan" | "inf" | "-inf"}``, ``{"$int": "0x..."}`` (beyond 64 bits) and
``{"$dict": [[key, value], ...]}`` (keys that are not text, or that start with ``$``).

Only exact builtin types are taken: a subclass of ``int`` is not an ``int``. Never pickle.

Reading is safe whoever wrote the data: it takes time in proportion to its length, and data made to
take longer is refused (``TooMuchWork``) by counting, not by a clock, so on every machine alike.
"""

import base64
import binascii
import math
from collections.abc import Collection, Iterable
from typing import Any

MAX_DEPTH = 200
# Hash tables of few keys are quick whatever the keys. In larger ones a key may meet this many taken
# places on average; without malice it meets one or two.
_FEW_KEYS, _MOST_LOOKS, _SPARE_LOOKS = 16, 32, 10_000
_FLAT = frozenset({bool, int, float, str, type(None)})


class TooMuchWork(ValueError):
    """Data that would take far longer to read than its length explains."""


def encode(value: Any, depth: int = 0) -> Any:
    """Return ``value`` as plain JSON data.

    Raises:
        TypeError: a part of it is not of an exact builtin type.
        ValueError: it is nested more than 200 deep (or contains itself).
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"value is nested more than {MAX_DEPTH} deep")
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**63 else {"$int": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"$float": str(value)}
    if kind is list:
        return [encode(item, depth + 1) for item in value]
    if kind in (tuple, set, frozenset):
        items = [encode(item, depth + 1) for item in value]
        # Sets have no order; a sorted one makes equal sets equal text.
        return {f"${kind.__name__}": items if kind is tuple else sorted(items, key=repr)}
    if kind is dict:
        if all(type(key) is str and not key.startswith("$") for key in value):
            return {key: encode(item, depth + 1) for key, item in value.items()}
        pairs = [[encode(k, depth + 1), encode(v, depth + 1)] for k, v in value.items()]
        return {"$dict": pairs}
    if kind is bytes:
        return {"$bytes": base64.b64encode(value).decode()}
    if kind is complex:
        return {"$complex": [encode(value.real), encode(value.imag)]}
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} is not a builtin value")


def decode(data: Any, most_containers: int | None = None) -> Any:
    """Return the value that ``encode`` wrote.

    Args:
        data: parsed JSON, by whomever.
        most_containers: the most lists, tuples, sets and dicts it may hold, inner ones included.

    Raises:
        TooMuchWork: it holds more containers, or keys made to collide in a hash table.
        ValueError: not such data (an unknown ``$`` tag, a wrong payload, nested too deep).
    """
    return _Reader(most_containers).value(data, 0)


class _Reader:
    def __init__(self, most_containers: int | None) -> None:
        self._left = math.inf if most_containers is None else most_containers

    def value(self, data: Any, depth: int) -> Any:
        if isinstance(data, list):
            return self._items(data, depth)
        if not isinstance(data, dict):
            return data
        tag = next(iter(data), "")
        if tag.startswith("$"):
            if len(data) != 1:
                raise ValueError(f"a tagged value has a single key, this one has {len(data)}")
            try:
                return self._tagged(tag, data[tag], depth)
            except (TypeError, OverflowError, binascii.Error) as error:
                raise ValueError(f"wrong payload for {tag}: {error}") from error
        if any(key.startswith("$") for key in data):
            raise ValueError("a tagged value has a single key")
        self._enter(depth)
        return {key: self.value(item, depth + 1) for key, item in data.items()}

    def _enter(self, depth: int) -> None:
        """Count a container."""
        if depth > MAX_DEPTH:
            raise ValueError(f"value is nested more than {MAX_DEPTH} deep")
        self._left -= 1
        if self._left < 0:
            raise TooMuchWork("a value of too many parts")

    def _items(self, payload: Any, depth: int) -> list[Any]:
        if not isinstance(payload, list):
            raise ValueError(f"expected a list, not {type(payload).__name__}")
        self._enter(depth)
        if _FLAT.issuperset(map(type, payload)):
            return payload.copy()
        return [self.value(item, depth + 1) for item in payload]

    def _tagged(self, tag: str, payload: Any, depth: int) -> Any:
        if tag == "$tuple":
            return tuple(self._items(payload, depth))
        if tag in ("$set", "$frozenset"):
            items = self._items(payload, depth)
            _check_keys(items, neighbours=9)
            return set(items) if tag == "$set" else frozenset(items)
        if tag == "$dict":
            self._enter(depth)
            pairs = [self._pair(pair, depth + 1) for pair in payload]
            _check_keys([key for key, _ in pairs], neighbours=0)
            return dict(pairs)
        if tag == "$bytes":
            return base64.b64decode(payload, validate=True)
        if tag == "$complex":
            real, imaginary = self._pair(payload, depth)
            return complex(real, imaginary)
        if tag == "$float" and payload in ("nan", "inf", "-inf"):
            return float(payload)
        if tag == "$int":
            return int(payload, 16)
        raise ValueError(f"unknown tag {tag[:20]}")

    def _pair(self, payload: Any, depth: int) -> tuple[Any, Any]:
        if not isinstance(payload, list) or len(payload) != 2:
            raise ValueError("expected a list of two")
        return self.value(payload[0], depth), self.value(payload[1], depth)


def _check_keys(keys: Collection[Any], neighbours: int) -> None:
    """Refuse keys that would collide in a hash table without end.

    The hashes of numbers, and of what is made of them, can be chosen: n keys with one hash take n²
    steps. So the walk of Python's tables is counted first, for each size that a table of these
    keys goes through while it grows.

    Args:
        keys: of a set or dict.
        neighbours: places behind a taken one that are tried before the walk jumps (sets: 9).

    Raises:
        TooMuchWork: they meet far more taken places than keys do without malice.
    """
    if len(keys) <= _FEW_KEYS:
        return
    hashes = [hash(key) for key in keys]
    looks, size = _MOST_LOOKS * len(keys) + _SPARE_LOOKS, 2 * _FEW_KEYS
    while looks >= 0:
        fill = size * 2 // 3
        looks = _walk(hashes[:fill], size, neighbours + 1, looks)
        if fill >= len(keys):
            return
        size *= 2
    raise TooMuchWork(f"{len(keys)} keys that collide")


def _walk(hashes: Iterable[int], size: int, window: int, looks: int) -> int:
    """Return how many looks at taken places are left after putting keys into an empty table."""
    taken, mask = bytearray(size), size - 1
    for start in hashes:
        place, rest = start & mask, start & (2**64 - 1)
        while (free := taken.find(0, place, place + window)) < 0:
            if (looks := looks - 1) < 0:
                return looks
            rest >>= 5
            place = (5 * place + rest + 1) & mask
        taken[free] = 1
    return looks
