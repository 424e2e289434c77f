"""Recursion of every kind: its verdicts must not depend on the limits of the user's shell.

Run as a program it prints the outcome of each as JSON: see ``test_recursion.py``.
"""

import json

from codepref.records import Limits
from codepref.sandbox.isolation import find_isolation
from codepref.sandbox.programs import FunctionRun, Mode, Program, ScriptRun, call_request
from codepref.sandbox.worker import Worker

_PLAIN = "def f(n): return 0 if n == 0 else 1 + f(n - 1)\n"
_CACHE = "from functools import cache\n@cache\n" + _PLAIN
_LRU = "from functools import lru_cache\n@lru_cache(None)\n" + _PLAIN
_KEY = "def f(n): return 0 if n == 0 else 1 + max([n], key=lambda x: f(n - 1))and n\n"
_OPERATOR = (
    "class A:\n    def __init__(self, n): self.n = n\n"
    "    def __add__(self, other): return self.n and 1 + (A(self.n - 1) + other)\n"
    "def f(n): return A(n) + 0\n"
)
_METHOD = (
    "class N:\n    def __init__(self, n): self.child = N(n - 1) if n else None\n"
    "def f(n):\n    node = N(n)\n    while node.child: node = node.child\n    return n\n"
)
_GENERATOR = (
    "def g(n):\n    if n: yield from g(n - 1)\n    yield n\ndef f(n): return len(list(g(n))) - 1\n"
)
_NESTED = "def nest(n):\n    x = []\n    for _ in range(n): x = [x]\n    return x\n"
_REPR = _NESTED + "def f(n): return len(repr(nest(n))) // 2 - 1\n"
_JSON = _NESTED + "import json\ndef f(n): return len(json.dumps(nest(n))) // 2 - 1\n"
_PICKLE = _NESTED + "import pickle\ndef f(n): return pickle.loads(pickle.dumps(nest(n))) and n\n"
_COPY = _NESTED + "import copy\ndef f(n): return bool(copy.deepcopy(nest(n))) and n\n"
_EQUAL = _NESTED + "def f(n): return (nest(n) == nest(n)) and n\n"
_REGEX = "import re\ndef f(n): return len(re.match('(a|b)*', 'ab' * n).group()) // 2\n"
_TREE = (
    "class T:\n    def __init__(self): self.left = None\n"
    "def f(n):\n    root = node = T()\n    for _ in range(n): node.left = T(); node = node.left\n"
    "    def depth(node): return 0 if node.left is None else 1 + depth(node.left)\n"
    "    return depth(root)\n"
)


def _in_thread(mib: int) -> str:
    return (
        "import sys, threading\nsys.setrecursionlimit(10**6)\n"
        f"threading.stack_size({mib} << 20)\n" + _CACHE + "def main(): print(f(int(input())))\n"
        "thread = threading.Thread(target=main)\nthread.start()\nthread.join()\n"
    )


def _call_in_thread(mib: int) -> str:
    return (
        "import threading\n"
        + _CACHE.replace("def f", "def deep").replace("f(n - 1)", "deep(n - 1)")
        + f"threading.stack_size({mib} << 20)\n"
        "def f(n):\n    found = []\n"
        "    thread = threading.Thread(target=lambda: found.append(deep(n)))\n"
        "    thread.start()\n    thread.join()\n    return found[0]\n"
    )


_MAIN = "print(f(int(input())))\n"
_HIGH = "import sys\nsys.setrecursionlimit(10**6)\n"
# name: (interface, program, argument, outcome: its answer or how it fails)
PROGRAMS = {
    "plain_900": ("stdio", _PLAIN + _MAIN, 900, 900),
    "plain_1100": ("stdio", _PLAIN + _MAIN, 1100, "runtime_error"),
    "plain_limit_raised": ("stdio", _HIGH + _PLAIN + _MAIN, 200_000, 200_000),
    "cache_900": ("stdio", _CACHE + _MAIN, 900, "runtime_error"),  # as in Python 3.11
    "cache_limit_raised": ("stdio", _HIGH + _CACHE + _MAIN, 200_000, 200_000),
    "key_limit_raised": ("stdio", _HIGH + _KEY + _MAIN, 100_000, 100_000),
    "operator_limit_raised": ("stdio", _HIGH + _OPERATOR + _MAIN, 100_000, 100_000),
    "endless_limit_raised": ("stdio", _HIGH + _CACHE + "f(-1)\n", 0, "runtime_error"),
    "json_limit_raised": ("stdio", _HIGH + _JSON + _MAIN, 50_000, 50_000),
    "thread_16": ("stdio", _in_thread(16), 10_000, 10_000),
    "thread_64": ("stdio", _in_thread(64), 50_000, 50_000),
    "thread_256": ("stdio", _in_thread(256), 200_000, 200_000),
    "thread_512": ("stdio", _in_thread(512), 200_000, 200_000),
    "call_plain": ("call", _PLAIN, 100_000, 100_000),
    "call_endless": ("call", "def f(n): return f(n + 1)\n", 1, "runtime_error"),
    "call_cache_900": ("call", _CACHE, 900, 900),
    "call_cache": ("call", _CACHE, 100_000, 100_000),
    "call_lru_cache": ("call", _LRU, 20_000, 20_000),
    "call_operator": ("call", _OPERATOR, 50_000, 50_000),
    "call_constructors": ("call", _METHOD, 50_000, 50_000),
    "call_generators": ("call", _GENERATOR, 1_500, 1_500),
    "call_repr": ("call", _REPR, 10_000, 10_000),
    "call_pickle": ("call", _PICKLE, 20_000, 20_000),
    "call_deepcopy": ("call", _COPY, 20_000, 20_000),
    "call_equal": ("call", _EQUAL, 50_000, 50_000),
    "call_regex": ("call", _REGEX, 100_000, 100_000),
    "call_tree": ("call", _TREE, 100_000, 100_000),
    "call_thread_512": ("call", _call_in_thread(512), 100_000, 100_000),
}
_LIMITS = Limits(cpu_seconds=10.0)


def outcomes() -> dict[str, object]:
    """Return the answer of each program (call: the same three times over), or how it failed."""
    worker, found = Worker(find_isolation()), {}
    try:
        for name, (interface, code, argument, _) in PROGRAMS.items():
            if interface == "stdio":
                outcome = ScriptRun(worker, code, _LIMITS, Mode.ALONE).run(f"{argument}\n")
                value = outcome.value and int(outcome.value)
            else:
                program = Program(code, "f", limits=_LIMITS)
                with FunctionRun(worker, program, Mode.ALONE) as run:
                    answers = list(run.outcomes([call_request([argument])] * 3))
                outcome = next((one for one in answers if one.failure), answers[0])
                value = outcome.value
            found[name] = outcome.failure or value
    finally:
        worker.stop()
    return found


if __name__ == "__main__":
    print(json.dumps(outcomes()))
