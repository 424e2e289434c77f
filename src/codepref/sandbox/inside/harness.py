"""Runs one candidate's code inside its confined process and answers requests on the channel.

The code is hostile: it shares this process and may change anything here. That gains it nothing,
because no expected output ever comes in; all that leaves are plain values, which the parent judges.

Frames on the channel: four bytes of length (big endian), then JSON.
"""

import builtins
import collections
import contextlib
import errno
import io
import json
import os
import socket
import sys
import threading
import traceback
import types
from typing import Any, NoReturn

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
_MESSAGE_LENGTH, _TRACEBACK_LENGTH = 300, 2000
_MAX_NODES = 1_000_000


class ListNode:
    """LeetCode's node of a singly linked list."""

    def __init__(self, val: Any = 0, next: Any = None) -> None:
        self.val = val
        self.next = next


class TreeNode:
    """LeetCode's node of a binary tree."""

    def __init__(self, val: Any = 0, left: Any = None, right: Any = None) -> None:
        self.val = val
        self.left = left
        self.right = right


def _prelude() -> dict[str, Any]:
    """Return the names that LeetCode has imported before a solution starts."""
    names: dict[str, Any] = {}
    exec(_PRELUDE_SOURCE, names)
    del names["__builtins__"]
    names.update(ListNode=ListNode, TreeNode=TreeNode, inf=float("inf"))
    return names


PRELUDE = _prelude()
_WITH_PRELUDE = {**PRELUDE, **vars(builtins)}


# --- Linked lists and trees -----------------------------------------------------------------------


def build_list(items: list[Any] | None) -> ListNode | None:
    """Return LeetCode's list form ``[1, 2, 3]`` as linked nodes."""
    head: ListNode | None = None
    for item in reversed(items or []):
        head = ListNode(item, head)
    return head


def build_tree(items: list[Any] | None) -> TreeNode | None:
    """Return LeetCode's level order ``[1, null, 2, 3]`` as tree nodes."""
    if not items or items[0] is None:
        return None
    root = TreeNode(items[0])
    waiting, rest = collections.deque([root]), iter(items[1:])
    for item in rest:
        node = waiting.popleft()
        if item is not None:
            node.left = TreeNode(item)
            waiting.append(node.left)
        if (item := next(rest, None)) is not None:
            node.right = TreeNode(item)
            waiting.append(node.right)
        if not waiting:
            break
    return root


def list_items(node: Any) -> list[Any]:
    """Return linked nodes as LeetCode's list form.

    Raises:
        ValueError: the list is longer than a million nodes, or runs in a circle.
    """
    items: list[Any] = []
    while node is not None:
        items.append(node.val)
        node = node.next
        if len(items) > _MAX_NODES:
            raise ValueError("the linked list does not end")
    return items


def tree_items(root: Any) -> list[Any]:
    """Return tree nodes in LeetCode's level order, without the empty places at the end.

    Raises:
        ValueError: the tree has more than a million places, or runs in a circle.
    """
    items: list[Any] = []
    waiting = collections.deque([root])
    while waiting:
        node = waiting.popleft()
        items.append(None if node is None else node.val)
        if node is not None:
            waiting += (node.left, node.right)
        if len(items) > _MAX_NODES:
            raise ValueError("the tree does not end")
    while items and items[-1] is None:
        items.pop()
    return items


def to_parameter(kind: str, value: Any) -> Any:
    """Return a test's value as what a parameter of this declared type takes."""
    if "ListNode" in kind:
        nested = kind.count("[") - kind.count("Optional[") > 0
        return [build_list(item) for item in value] if nested else build_list(value)
    if "TreeNode" in kind:
        nested = kind.count("[") - kind.count("Optional[") > 0
        return [build_tree(item) for item in value] if nested else build_tree(value)
    return value


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
        return plain(list_items(value), depth + 1)
    if kind.__name__ == "TreeNode":
        return plain(tree_items(value), depth + 1)
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
            error = {"kind": "output", "message": f"an answer of more than {limit} bytes"}
            data = self._encode({"error": error, "nonce": message["nonce"]}).encode()
        self._send(len(data).to_bytes(4, "big") + data)


_ENCODE = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_DECODE = json.JSONDecoder().decode


# --- Jobs -----------------------------------------------------------------------------------------


def serve(connection: socket.socket) -> int:
    """Run the job that comes first on the channel; return the process's exit status."""
    channel = Channel(connection)
    channel.write("hello")
    job = channel.read()
    if job is None:
        return 0
    if job["interface"] == "stdio":
        return _run_script(channel, job)
    return _serve_calls(channel, job)


def open_streams() -> None:
    """Make the standard streams anew, over descriptors that each child replaces."""
    for number, (name, mode, errors) in enumerate(
        (
            ("stdin", "r", "strict"),
            ("stdout", "w", "surrogateescape"),
            ("stderr", "w", "backslashreplace"),
        )
    ):
        raw = io.FileIO(number, mode, closefd=False)
        raw.name = f"<{name}>"
        buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
        stream = io.TextIOWrapper(buffer, encoding="utf-8", errors=errors)
        stream.mode = mode  # type: ignore[misc]  # programs with their own fast input look at it
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


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


def _serve_calls(channel: Channel, job: dict[str, Any]) -> int:
    read, write, run_one = channel.read, channel.write, _run_one
    code = _compile(channel, job, "<solution>")
    if code is None:
        return 0
    # As further builtins: to put hundreds of names into every module would cost more than a fork.
    module = _module("solution", _WITH_PRELUDE)
    try:
        exec(code, module.__dict__)
        function = _find(module, job["entry_point"])
    except BaseException as error:
        write({"error": _describe(error), "nonce": job["nonce"]})
        return 0
    write({"nonce": job["nonce"]})
    while (request := read()) is not None:
        write({**run_one(function, request, job), "nonce": request["nonce"]}, job["answer_bytes"])
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
    return 0


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
        if "Node" in (job.get("return_type") or ""):
            result = _empty_for_none(result)
        return {"value": values.encode(plain(result))}
    except MemoryError as error:
        return {"error": _describe(error)}
    except BaseException as error:
        return {"error": {"kind": "value", "message": _describe(error)["message"]}}


def _empty_for_none(result: Any) -> Any:
    """Return nodes, or a list of them, with LeetCode's ``[]`` for an empty list or tree."""
    if type(result) in (list, tuple):
        return [[] if item is None else item for item in result]
    return [] if result is None else result


def _arguments(given: Any, job: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return a test's input (list: by position, object: by keyword) as the program takes it."""
    kinds = job.get("parameter_types") or []
    if isinstance(given, dict):
        by_name = dict(zip(job.get("parameters") or [], kinds, strict=False))
        return [], {
            name: to_parameter(by_name.get(name, ""), values.decode(item))
            for name, item in given.items()
        }
    kinds = kinds + [""] * (len(given) - len(kinds))
    decoded = [values.decode(item) for item in given]
    return [to_parameter(kind, item) for kind, item in zip(kinds, decoded, strict=False)], {}


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


def _run_script(channel: Channel, job: dict[str, Any]) -> int:
    """Run a whole program as ``__main__`` on its standard streams; return its exit status."""
    code = _compile(channel, job, "main.py")
    if code is None:
        return 1
    channel.write({"nonce": job["nonce"]})
    channel.close()
    status = 0
    try:
        exec(code, _module("__main__", vars(builtins)).__dict__)
    except SystemExit as error:
        status = _exit_status(error.code)
    except BaseException as error:
        status = 1
        _print_traceback(error)
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as Python does
        import atexit

        atexit._run_exitfuncs()
        sys.stdout.flush()
    except BaseException as error:
        status = status or 120
        _print_traceback(error)
    with contextlib.suppress(BaseException):
        sys.stderr.flush()
    return status


def _exit_status(code: Any) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    with contextlib.suppress(BaseException):
        print(code, file=sys.stderr)
    return 1


def _print_traceback(error: BaseException) -> None:
    with contextlib.suppress(BaseException):
        lines = traceback.format_exception(error, limit=-8)
        sys.stderr.flush()
        os.write(2, "".join(lines).encode("utf-8", "backslashreplace"))


def _describe(error: BaseException) -> dict[str, str]:
    """Return an exception's kind, its last line and the end of its traceback, all shortened."""
    no_memory = isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno == errno.ENOMEM
    )
    kind = "memory" if no_memory else "exception"
    try:
        message = f"{type(error).__name__}: {error}"[:_MESSAGE_LENGTH]
        trace = "".join(traceback.format_exception(error, limit=-6))[-_TRACEBACK_LENGTH:]
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
