"""Builtin values as JSON and back, exactly: what a test's inputs and outputs are written in.

JSON alone cannot tell a tuple from a list, has no sets, bytes or NaN, and only text keys. Whatever
plain JSON cannot say is an object with a single key that starts with ``$``: ``{"$tuple": [...]}``,
``{"$set": [...]}``, ``{"$frozenset": [...]}``, ``{"$bytes": base64}``, ``{"$complex": [re, im]}``,
``{"$float": "nan" | "inf" | "-inf"}``, ``{"$int": "0x..."}`` (beyond 64 bits) and
``{"$dict": [[key, value], ...]}`` (keys that are not text, or that start with ``$``).

Only exact builtin types are taken: a subclass of ``int`` is not an ``int``. Never pickle.
"""

import base64
import binascii
import math
from typing import Any

MAX_DEPTH = 200


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


def decode(data: Any, depth: int = 0) -> Any:
    """Return the value that ``encode`` wrote.

    Raises:
        ValueError: not such data (an unknown ``$`` tag, a wrong payload, nested too deep).
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"value is nested more than {MAX_DEPTH} deep")
    if isinstance(data, list):
        return [decode(item, depth + 1) for item in data]
    if not isinstance(data, dict):
        return data
    tag = next(iter(data), "")
    if not tag.startswith("$"):
        if any(key.startswith("$") for key in data):
            raise ValueError("a tagged value has a single key")
        return {key: decode(item, depth + 1) for key, item in data.items()}
    if len(data) != 1:
        raise ValueError(f"a tagged value has a single key, this one has {len(data)}")
    try:
        return _decode_tagged(tag, data[tag], depth)
    except (TypeError, binascii.Error) as error:
        raise ValueError(f"wrong payload for {tag}: {error}") from error


def _decode_tagged(tag: str, payload: Any, depth: int) -> Any:
    if tag in ("$tuple", "$set", "$frozenset", "$dict") and not isinstance(payload, list):
        raise ValueError(f"wrong payload for {tag}: expected a list")
    if tag == "$tuple":
        return tuple(decode(item, depth + 1) for item in payload)
    if tag == "$set":
        return {decode(item, depth + 1) for item in payload}
    if tag == "$frozenset":
        return frozenset(decode(item, depth + 1) for item in payload)
    if tag == "$dict":
        return {decode(key, depth + 1): decode(item, depth + 1) for key, item in payload}
    if tag == "$bytes":
        return base64.b64decode(payload, validate=True)
    if tag == "$complex":
        real, imaginary = (decode(part, depth + 1) for part in payload)
        return complex(real, imaginary)
    if tag == "$float" and payload in ("nan", "inf", "-inf"):
        return float(payload)
    if tag == "$int":
        return int(payload, 16)
    raise ValueError(f"unknown tag {tag}")
