"""Runs one candidate's code inside its confined process and answers requests on the channel.

The code is hostile: it shares this process and may change anything here. That gains it nothing,
because no expected output ever comes in; all that leaves are plain values, which the parent judges.

Frames on the channel: four bytes of length (big endian), then JSON.
"""

import builtins
import collections
import contextlib
import errno
import gc
import json
import os
import socket
import sys
import traceback
import types
from collections.abc import Callable
from typing import Any, NoReturn

import limits
import nodes
import script
import values

# As on LeetCode; of names that are both a module and something in one, the module stays.
_PRELUDE_SOURCE = """
from string import *
from re import *
from datetime import *
from copy import *
from random import *
from typing import *
from functools import *
from collections import *
from itertools import *
from heapq import *
from bisect import *
from operator import *
from math import *
from builtins import *
import bisect, collections, copy, datetime, functools, heapq, io, itertools, json, math, operator
import random, re, string, sys, time, typing
from sortedcontainers import SortedDict, SortedList, SortedSet
"""
_MESSAGE_LENGTH, _TRACEBACK_LENGTH, _FRAMES_SHOWN = 300, 2000, 6


def _prelude() -> dict[str, Any]:
    """Return the names that LeetCode has imported before a solution starts."""
    names: dict[str, Any] = {}
    exec(_PRELUDE_SOURCE, names)
    del names["__builtins__"]
    names.update(ListNode=nodes.ListNode, TreeNode=nodes.TreeNode, inf=float("inf"))
    return names


PRELUDE = _prelude()
_WITH_PRELUDE = {**PRELUDE, **vars(builtins)}


# --- Plain values out of what a program returns ---------------------------------------------------


def plain(value: Any, depth: int = 0) -> Any:
    """Return nodes, numpy scalars and arrays, and standard containers as builtin values.

    Only exact types are looked into; anything else is left for ``values.encode`` to refuse.
    """
    kind = type(value)
    if value is None or kind in (bool, int, str, float):
        return value
    if depth > values.MAX_DEPTH:
        raise ValueError(f"value is nested more than {values.MAX_DEPTH} deep")
    if kind in (list, tuple):
        if not _PLAIN.issuperset(map(type, value)):
            return kind([plain(item, depth + 1) for item in value])
        return value
    if kind in (set, frozenset):
        return kind([plain(item, depth + 1) for item in value])
    if kind in (dict, collections.OrderedDict, collections.defaultdict, collections.Counter):
        items = dict.items(value)
        return {plain(key, depth + 1): plain(item, depth + 1) for key, item in items}
    if kind is collections.deque:
        return [plain(item, depth + 1) for item in value]
    if kind.__name__ == "ListNode":
        return plain(nodes.list_items(value), depth + 1)
    if kind.__name__ == "TreeNode":
        return plain(nodes.tree_items(value), depth + 1)
    numpy = sys.modules.get("numpy")
    if numpy is not None and (kind in _numpy_scalars(numpy) or kind is numpy.ndarray):
        return plain(value.tolist(), depth + 1)
    return value


_PLAIN = frozenset({bool, int, str, float, type(None)})


def _numpy_scalars(numpy: Any) -> Any:
    return numpy._core.numerictypes.sctypeDict.values()


# --- The channel ----------------------------------------------------------------------------------


class Channel:
    """Frames to and from the parent."""

    def __init__(self, connection: socket.socket) -> None:
        self._receive, self._send = connection.recv, connection.sendall
        self.close = connection.close
        self._encode, self._decode = _ENCODE, _DECODE
        self._buffer = b""

    def read(self) -> Any:
        """Return the next request, or None when the parent has no more."""
        while len(self._buffer) < 4 or len(self._buffer) < 4 + self._length():
            missing = 4 + self._length() - len(self._buffer) if len(self._buffer) >= 4 else 0
            received = self._receive(max(missing, 1 << 16))
            if not received:
                return None
            self._buffer += received
        end = 4 + self._length()
        data, self._buffer = self._buffer[4:end], self._buffer[end:]
        return self._decode(data.decode())

    def _length(self) -> int:
        return int.from_bytes(self._buffer[:4], "big")

    def write(self, message: Any, limit: int | None = None) -> None:
        """Send a frame; one longer than ``limit`` bytes is replaced by an error."""
        data = self._encode(message).encode()
        if limit is not None and len(data) > limit:
            message = {"error": _too_long(limit), "nonce": message["nonce"]}
            data = self._encode(message).encode()
        self._send(len(data).to_bytes(4, "big") + data)


_ENCODE = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_DECODE = json.JSONDecoder().decode


# --- Jobs -----------------------------------------------------------------------------------------


def serve(connection: socket.socket) -> Callable[[], None] | None:
    """Run the job that comes first on the channel; return what runs a whole program."""
    channel = Channel(connection)
    channel.write("hello")
    job = channel.read()
    if job is None:
        return None
    recursion = job["recursion"] or limits.RECURSION[job["interface"]]
    if job["interface"] == "call":
        sys.setrecursionlimit(recursion)
        gc.set_threshold(5000)  # after endless recursion, collecting frames takes longest
        _serve_calls(channel, job)
        return None
    code = _compile(channel, job, script.path_of_program())
    if code is None:
        return None
    channel.write({"nonce": job["nonce"]})
    channel.close()
    return script.prepare(job["code"], code, recursion, job["exit_status_counts"])


def _compile(channel: Channel, job: dict[str, Any], name: str) -> Any:
    """Return the compiled program, or None after reporting why it does not compile."""
    try:
        return compile(job["code"], name, "exec", dont_inherit=True)
    except BaseException as error:
        channel.write({"error": _describe(error) | {"kind": "compile"}, "nonce": job["nonce"]})
        return None


def _module(name: str, builtin_names: dict[str, Any]) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__["__builtins__"] = builtin_names
    sys.modules[name] = module
    sys.argv = [f"{name}.py"]
    return module


def _serve_calls(channel: Channel, job: dict[str, Any]) -> None:
    read, write, run_one = channel.read, channel.write, _run_one
    code = _compile(channel, job, "<solution>")
    if code is None:
        return
    # As further builtins: to put hundreds of names into every module would cost more than a fork.
    module = _module("solution", _WITH_PRELUDE)
    try:
        # A program that tries itself out and then calls exit(): its definitions stand.
        with contextlib.suppress(SystemExit):
            exec(code, module.__dict__)
        function = _find(module, job["entry_point"])
    except BaseException as error:
        write({"error": _describe(error), "nonce": job["nonce"]})
        return
    write({"nonce": job["nonce"]})
    while (request := read()) is not None:
        write({**run_one(function, request, job), "nonce": request["nonce"]}, job["answer_bytes"])
    with contextlib.suppress(BaseException):
        sys.stdout.flush()


def _find(module: types.ModuleType, entry_point: str) -> Any:
    """Return a maker of fresh callables: each test gets its own Solution object.

    Raises:
        AttributeError: the program defines neither the method nor a function of that name.
    """
    *owner, name = entry_point.split(".")
    holder = module.__dict__.get(owner[0]) if owner else None
    if holder is not None and hasattr(holder, name):
        return lambda: getattr(holder(), name)
    if callable(function := module.__dict__.get(name)):
        return lambda: function
    raise AttributeError(f"the program does not define {entry_point}")


def _run_one(make: Any, request: dict[str, Any], job: dict[str, Any]) -> dict[str, Any]:
    """Run one test; return its value, its error, or (asserts) the token that says it ended."""
    try:
        if "check" in request:
            return _run_check(make(), request)
        positional, named = _arguments(request["input"], job)
        result = make()(*positional, **named)
        if (place := job.get("in_place")) is not None:
            result = [*positional, *named.values()][place]
    except BaseException as error:
        return {"error": _describe(error)}
    try:
        if (convert := _answer_converter(job)) is not None:
            result = convert(result)
        if _shortest(result) > job["answer_bytes"]:
            return {"error": _too_long(job["answer_bytes"])}
        return {"value": values.encode(plain(result))}
    except MemoryError as error:
        return {"error": _describe(error)}
    except BaseException as error:
        return {"error": {"kind": "value", "message": _describe(error)["message"]}}


def _shortest(value: Any, depth: int = 0) -> int:
    """Return a length in bytes that the value's JSON is not below.

    To write a far too long answer would take the program's time, so whether it ended in time or
    only said too much would depend on the machine.
    """
    kind = type(value)
    if kind in (str, bytes):
        return len(value)
    if kind not in (list, tuple, set, frozenset, dict) or depth > values.MAX_DEPTH:
        return 1
    if len(value) > _ITEMS_LOOKED_AT:
        return len(value)
    items = value.values() if kind is dict else value
    return 2 + sum([_shortest(item, depth + 1) for item in items])


_ITEMS_LOOKED_AT = 100  # a large honest answer, a matrix say, is not walked for this


def _too_long(limit: int) -> dict[str, str]:
    return {"kind": "output", "message": f"an answer of more than {limit} bytes"}


def _arguments(given: Any, job: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return a test's input (list: by position, object: by keyword) as the program takes it."""
    declared = job.get("parameter_types") or []
    if isinstance(given, dict):
        by_name = dict(zip(job.get("parameters") or [], declared, strict=False))
        return [], {name: _argument(by_name.get(name, ""), item) for name, item in given.items()}
    declared = declared + [""] * (len(given) - len(declared))
    return [_argument(kind, item) for kind, item in zip(declared, given, strict=False)], {}


def _argument(declared: str, encoded: Any) -> Any:
    convert = nodes.to_parameter(declared)
    value = values.decode(encoded)
    return value if convert is None else convert(value)


def _answer_converter(job: dict[str, Any]) -> nodes.Converter | None:
    """Return what completes an answer: it is of the changed argument's type, or the returned."""
    declared = job.get("return_type") or ""
    if (place := job.get("in_place")) is not None:
        kinds = job.get("parameter_types") or []
        declared = kinds[place] if place < len(kinds) else ""
    return nodes.to_answer(declared)


def _run_check(function: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Run an assert-style test in here, on plain values only: no object with a lying ``__eq__``."""

    def candidate(*arguments: Any, **names: Any) -> Any:
        return values.decode(values.encode(plain(function(*arguments, **names))))

    scope = dict(PRELUDE)
    # What tests take from the program (its helpers), but nothing that they would find without it.
    for name, value in vars(sys.modules["solution"]).items():
        if name not in scope and not hasattr(builtins, name):
            scope[name] = value
    exec(compile(request["check"], "<test>", "exec", dont_inherit=True), scope)
    try:
        scope["check"](candidate)
    except AssertionError as error:
        return {"error": _describe(error) | {"kind": "assert"}}
    return {"token": request["token"]}


def _last_frames(error: BaseException) -> tuple[types.TracebackType | None, bool]:
    """Return the end of an exception's traceback, and whether there is much before it.

    Python's own functions look at every frame, which after endless recursion takes a second.
    """
    last = following = error.__traceback__
    count = 0
    while following is not None:
        count += 1
        following = following.tb_next
        if count > _FRAMES_SHOWN and last is not None:
            last = last.tb_next
    return last, count > 1000


def _describe(error: BaseException) -> dict[str, str]:
    """Return an exception's kind, its last line and the end of its traceback, all shortened."""
    no_memory = isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno == errno.ENOMEM
    )
    kind = "memory" if no_memory else "exception"
    try:
        message = f"{type(error).__name__}: {error}"[:_MESSAGE_LENGTH]
        last, deep = _last_frames(error)
        lines = traceback.format_exception(
            type(error), error, last, limit=-_FRAMES_SHOWN, chain=not deep
        )
        trace = "".join(lines)[-_TRACEBACK_LENGTH:]
        str.encode(message), str.encode(trace)
    except BaseException:
        message, trace = "an exception that cannot be described", ""
    return {"kind": kind, "message": message, "trace": trace}


def warm_up() -> None:
    """Run what every candidate runs a few times, so that children need not change those pages."""
    job = {"interface": "call", "entry_point": "f", "answer_bytes": 1000, "nonce": "0"}
    job["code"] = "from typing import List\ndef f(a: List[int]):\n    return [x + 1 for x in a]\n"
    output = sys.stdout
    for _ in range(10):
        ours, theirs = socket.socketpair()
        parent = Channel(ours)
        for request in (job, {"input": [[1, 2]], "nonce": "1"}):
            parent.write(request)
        ours.shutdown(socket.SHUT_WR)
        channel = Channel(theirs)
        _serve_calls(channel, channel.read())
        ours.close()
        theirs.close()
    sys.stdout = output
    del sys.modules["solution"]


def refuse_processes() -> None:
    """Make Python's ways of starting a process fail with a message that says why.

    The system-call filter is what stops them; this only names it.
    """

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise PermissionError(1, "the sandbox lets a program start no other processes")

    import _posixsubprocess

    for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system", "execv", "execve"):
        setattr(os, name, refuse)
    _posixsubprocess.fork_exec = refuse
