"""The files of a stored ground truth and what is in them: inputs, expected outputs, times.

They are in the project's own encoding (``codepref.values``), never pickles: what stands there was
computed by a data file's reference solutions, and reading it must run nobody's code. Only the
grading command reads and writes them by name; sandboxes get one open file at a time.

A file is a line of JSON. Behind it lie, in bytes, outputs that would take seconds to read as text:
the floats of long lists (ten million in HumanEval/130), and lists of many rows made of few
different values (150 million in Mbpp/255), as places in a table.
"""

import array
import contextlib
import fcntl
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from codepref import values
from codepref.evaluation.evalplus.plain import fingerprint

MANIFEST = "manifest.json"
LONGEST_PART = 256 << 20  # bytes; of EvalPlus's data HumanEval/15 has the most, 141 MiB
MOST_CONTAINERS = 4_000_000
_LONG_LIST = 1000
_MANY_CELLS = 4_000_000
TEXT = frozenset({str})  # rows of it are compared by digest
_ROWS: dict[str, type] = {"tuple": tuple, "list": list}


@dataclass(frozen=True)
class Digest:
    """Stands for an output of many rows of text: its ``plain.fingerprint``.

    Rows of numbers are compared as such, since 1 is 1.0 is True.
    """

    text: str


@dataclass(frozen=True)
class PartTruth:
    """What grading one part (base, plus) of one task needs.

    Attributes:
        inputs: the arguments of each call.
        expected: what the reference solution returned; a ``Digest`` for many rows of text,
            if asked for.
        seconds: CPU time that it took for each.
        encoding: CPU seconds that an executor takes to write down the largest output.
    """

    inputs: list[Any]
    expected: list[Any]
    seconds: list[float]
    encoding: float


def part_file(folder: str | Path, task_id: str, part: str) -> Path:
    """Return the file of the ground truth of one part of a task."""
    return Path(folder) / f"{task_id.replace('/', '_')}.{part}.truth"


def encode_part(truth: PartTruth, rows: list[frozenset[type] | None]) -> Iterator[bytes]:
    """Yield the bytes that ``decode_part`` reads; ``rows`` has the ``row_kinds`` of each output.

    Raises:
        TypeError, ValueError: an output is no plain value (see ``codepref.values``).
    """
    expected: list[dict[str, Any]] = []
    blocks: list[bytes] = []
    for output, kinds in zip(truth.expected, rows, strict=True):
        if kinds is not None:
            described, *data = _encode_rows(output, kinds)
        elif (others := _not_floats(output)) is not None:
            numbers = array.array("d", output if not others else _zeros_for(others, output))
            described, data = {"floats": len(output), "others": values.encode(others)}, [numbers]
        else:
            described, data = {"value": values.encode(output)}, []
        expected.append(described)
        blocks += [_little(numbers).tobytes() for numbers in data]
    head = {
        "inputs": values.encode(truth.inputs),
        "expected": expected,
        "seconds": truth.seconds,
        "encoding": truth.encoding,
    }
    yield json.dumps(head, separators=(",", ":")).encode() + b"\n"
    yield from blocks


def row_kinds(output: Any) -> frozenset[type] | None:
    """Return the cells' types of an output of many rows of few values; None: it is none.

    Such an output is a long list of tuples (or of lists) of texts or numbers. Costly: 150 million
    cells are looked at.
    """
    if type(output) is not list or len(output) < _LONG_LIST:
        return None
    if set(map(type, output)) not in ({tuple}, {list}) or sum(map(len, output)) < _MANY_CELLS:
        return None
    kinds = frozenset(map(type, chain.from_iterable(output)))
    if not kinds <= {str, bool, int, float}:
        return None
    cells = set(chain.from_iterable(output))
    ambiguous = float in kinds and 0 in cells  # -0.0 is 0.0
    return None if len(cells) > 200 or ambiguous else kinds


def _encode_rows(output: list[Any], kinds: frozenset[type]) -> tuple[dict[str, Any], Any, Any]:
    table: list[Any]
    if kinds == TEXT:
        table = sorted(set(chain.from_iterable(output)))
        places = {text: place for place, text in enumerate(table)}
        cells = array.array("B", map(places.__getitem__, chain.from_iterable(output)))
    else:  # True is 1 is 1.0
        typed: dict[Any, int] = {}
        pairs = ((type(cell), cell) for cell in chain.from_iterable(output))
        cells = array.array("B", (typed.setdefault(pair, len(typed)) for pair in pairs))
        table = [value for _, value in typed]
    described = {
        "rows": type(output[0]).__name__,
        "count": len(output),
        "cells": len(cells),
        "table": values.encode(table),
        "digest": fingerprint(output) if kinds == TEXT else None,
    }
    return described, array.array("I", map(len, output)), cells


def _decode_rows(described: dict[str, Any], data: memoryview) -> list[Any]:
    count = described["count"]
    lengths = array.array("I")
    lengths.frombytes(data[: 4 * count])
    row, table = _ROWS[described["rows"]], values.decode(described["table"])
    table += [None] * (256 - len(table))
    cells = map(table.__getitem__, data[4 * count :])
    return [row(islice(cells, length)) for length in _little(lengths)]


def _not_floats(output: Any) -> list[Any] | None:
    """Return the places and items of a long list of floats that are none; None: no such list."""
    if type(output) is not list or len(output) < _LONG_LIST or type(output[-1]) is not float:
        return None
    others = [[place, item] for place, item in enumerate(output) if type(item) is not float]
    return others if len(others) < len(output) // 10 else None


def _zeros_for(others: list[Any], output: list[Any]) -> list[float]:
    floats = output.copy()
    for place, _ in others:
        floats[place] = 0.0
    return floats


def decode_part(descriptor: int, digests: bool = False) -> PartTruth:
    """Read a part from an open file; it may have been written by anybody.

    Args:
        descriptor: of the file, at its beginning.
        digests: give digests for outputs of many rows of text.

    Raises:
        ValueError: it is no such part, or larger than any.
    """
    with open(descriptor, "rb", closefd=False) as stream:
        head = stream.readline(LONGEST_PART + 1)
        rest = stream.read(LONGEST_PART + 1)
    if len(head) + len(rest) > LONGEST_PART:
        raise ValueError(f"its inputs and outputs are more than {LONGEST_PART >> 20} MiB")
    if head.count(b"[") + head.count(b"{") > MOST_CONTAINERS:
        raise ValueError("its inputs and outputs have too many parts")
    try:
        found = json.loads(head)
        columns = [found[name] for name in ("inputs", "expected", "seconds")]
        if len({len(column) for column in columns}) != 1:
            raise ValueError("not as many outputs as inputs")
        inputs, seconds = values.decode(columns[0]), [*map(float, columns[2])]
        encoding = float(found["encoding"])
        if not all(0 <= time < math.inf for time in (*seconds, encoding)):
            raise ValueError("times out of range")
        if not all(isinstance(given, (list, tuple)) for given in inputs):
            raise ValueError("arguments that are no list")
        expected = _outputs(columns[1], memoryview(rest), digests)
    except (KeyError, TypeError, ValueError, RecursionError, OverflowError) as error:
        raise ValueError(f"not a part of a ground truth ({error})") from error
    return PartTruth(inputs, expected, seconds, encoding)


def _outputs(written: list[Any], data: memoryview, digests: bool) -> list[Any]:
    outputs: list[Any] = []
    for one in written:
        if "value" in one:
            outputs.append(values.decode(one["value"]))
            continue
        size = 8 * one["floats"] if "floats" in one else 4 * one["count"] + one["cells"]
        if not 0 < size <= len(data):
            raise ValueError("numbers are missing")
        block, data = data[:size], data[size:]
        if "rows" in one:
            digest = one["digest"] if digests else None
            outputs.append(Digest(digest) if digest else _decode_rows(one, block))
            continue
        numbers = array.array("d")
        numbers.frombytes(block)
        outputs.append(_little(numbers).tolist())
        for position, item in values.decode(one["others"]):
            outputs[-1][position] = item
    return outputs


def _little(numbers: "array.array[Any]") -> "array.array[Any]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def read_part(path: Path) -> PartTruth:
    """Read a part of a stored ground truth, with digests for outputs of many rows of text.

    Raises:
        OSError: the file cannot be read.
        ValueError: as ``decode_part``.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return decode_part(descriptor, digests=True)
    finally:
        os.close(descriptor)


def read_manifest(folder: Path, parts: Iterable[str]) -> dict[str, Any] | None:
    """Return a stored ground truth's manifest, or None unless all is there in its full size."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        for key, entry in manifest.items():
            for part in parts if "broken" not in entry else ():
                if part_file(folder, key, part).stat().st_size != entry[part]["bytes"]:
                    return None
        return manifest
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock, so that parallel gradings compute a ground truth once."""
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
