"""Seeds for everything random, derived from the configured one so that no two uses coincide.

And a choice that needs none.
"""

import hashlib
from collections.abc import Sequence
from typing import Any


def derive_seed(seed: int, *parts: str | int) -> int:
    """Return a seed in [0, 2**31) that depends on ``seed`` and on what it is for.

    ``derive_seed(0, "sample", "demo/add", 3)`` is the same on every machine and unrelated to the
    seed of the next sample. Inserting or removing another problem does not change it.
    """
    text = "\0".join(str(part) for part in (seed, *parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) & 0x7FFFFFFF


def evenly_spaced(items: Sequence[Any], count: int) -> list[Any]:
    """Return at most ``count`` items at equal distances, so that every kind is among them."""
    if len(items) <= count:
        return list(items)
    return [items[number * len(items) // count] for number in range(count)]
