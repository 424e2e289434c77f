"""Builtin values as JSON and back, exactly: what a test's inputs and outputs are written in.

JSON alone cannot tell a tuple from a list, has no sets, bytes or NaN, and only text keys. Whatever
plain JSON cannot say is an object with a single key that starts with ``$``: ``{"$tuple": [...]}``,
``{"$set": [...]}``, ``{"$frozenset": [...]}``, ``{"$bytes": base64}``, ``{"$complex": [re, im]}``,
``{"$float": "nan" | "inf" | "-inf"}``, ``{"$int": "0x..."}`` (beyond 64 bits), ``{"$str": base64}``
(text with half of a surrogate pair, which no UTF-8 file can hold) and ``{"$dict": [[key, value],
...]}`` (keys that are not text, that start with ``$`` or are such a half).

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
_HALVES = ("utf-8", "surrogatepass")
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
    if value is None or kind is bool:
        return value
    if kind is str:
        return value if _fits_a_file(value) else {"$str": _packed(value.encode(*_HALVES))}
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
        if all(type(key) is str and key[:1] != "$" and _fits_a_file(key) for key in value):
            return {key: encode(item, depth + 1) for key, item in value.items()}
        pairs = [[encode(k, depth + 1), encode(v, depth + 1)] for k, v in value.items()]
        return {"$dict": pairs}
    if kind is bytes:
        return {"$bytes": _packed(value)}
    if kind is complex:
        return {"$complex": [encode(part, depth + 1) for part in (value.real, value.imag)]}
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} is not a builtin value")


def _fits_a_file(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _packed(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def decode(data: Any, most_containers: int | None = None) -> Any:
    """Return the value that ``encode`` wrote.

    Args:
        data: parsed JSON, by whomever.
        most_containers: the most lists and objects it may hold, inner ones included.

    Raises:
        TooMuchWork: it holds more of them, or keys made to collide in a hash table.
        ValueError: not such data (an unknown ``$`` tag, a wrong payload, nested too deep).
    """
    return _Reader(most_containers).value(data, 0)


class _Reader:
    def __init__(self, most_containers: int | None) -> None:
        self._left = math.inf if most_containers is None else most_containers

    def value(self, data: Any, depth: int) -> Any:
        if isinstance(data, list):
            self._enter(depth)
            if _FLAT.issuperset(map(type, data)):
                return data.copy()
            read, inner = self.value, depth + 1
            return [read(item, inner) for item in data]
        if not isinstance(data, dict):
            return data
        self._enter(depth)
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
        return {key: self.value(item, depth + 1) for key, item in data.items()}

    def _enter(self, depth: int) -> None:
        """Count a list or object."""
        if depth > MAX_DEPTH:
            raise ValueError(f"value is nested more than {MAX_DEPTH} deep")
        self._left -= 1
        if self._left < 0:
            raise TooMuchWork("too many lists or the like")

    def _tagged(self, tag: str, payload: Any, depth: int) -> Any:
        if tag == "$bytes":
            return base64.b64decode(payload, validate=True)
        if tag == "$str":
            return base64.b64decode(payload, validate=True).decode(*_HALVES)
        if tag == "$float" and payload in ("nan", "inf", "-inf"):
            return float(payload)
        if tag == "$int":
            return int(payload, 16)
        if not isinstance(payload, list):
            raise ValueError(f"unknown tag {tag[:20]}, or its payload is no list")
        # Calls of its own would make the deepest value too deep for Python's stack.
        items = payload
        if tag == "$dict":
            _check_pairs(payload)
            keys, items = [key for key, _ in payload], [item for _, item in payload]
            if not _FLAT.issuperset(map(type, keys)):
                keys = [self.value(key, depth + 1) for key in keys]
            _check_keys(keys, neighbours=0)
        if not _FLAT.issuperset(map(type, items)):
            items = [self.value(item, depth + 1) for item in items]
        if tag == "$dict":
            return dict(zip(keys, items, strict=True))
        if tag == "$tuple":
            return tuple(items)
        if tag == "$complex":
            _check_pairs([items])
            return complex(*items)
        if tag in ("$set", "$frozenset"):
            _check_keys(items, neighbours=9)
            return set(items) if tag == "$set" else frozenset(items)
        raise ValueError(f"unknown tag {tag[:20]}")


def _check_pairs(pairs: list[Any]) -> None:
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise ValueError("expected lists of two")


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
    hashes = list(map(hash, keys))
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
        place = start & mask
        if taken[place]:
            rest = start & (2**64 - 1)
            while (free := taken.find(0, place, place + window)) < 0:
                if (looks := looks - 1) < 0:
                    return looks
                rest >>= 5
                place = (5 * place + rest + 1) & mask
            place = free
        taken[place] = 1
    return looks
