"""An open block ends only where lines behind it are no part of its solution."""

import gzip
import itertools
import json
import re
from collections import Counter

import pytest
from helpers.places import SHARED
from hypothesis import given, settings
from hypothesis import strategies as st

from codepref.sandbox.scopes import bound, read_by_definition, reads
from codepref.sandbox.solution_end import ENDING, StopAt, solution_end
from codepref.sandbox.source import Reader

MODES: tuple[StopAt, ...] = ("block", "tests")
GUARD = 'if __name__ == "__main__":\n    print(f(1))\n'
PRINT = "print(1)\n"


def end_of(answer: str, stop_at: StopAt, entry_point: str = "f") -> str | None:
    """Return the answer up to its end, found on texts that grow by a character."""
    start = 0
    for length in range(1, len(answer) + 1):
        if answer[length - 1] not in ENDING:
            continue
        end = solution_end(answer[:length], entry_point, stop_at, start)
        if end is not None:
            return answer[:end]
        start = answer.rfind("\n", 0, length) + 1
    return None


NOT_YET = {
    "another scope's name": (
        "def other(helper):\n    return helper\n\ndef f(x):\n    return helper(x)\n",
        "def helper(x):\n    return x + 1\n",
    ),
    "a comprehension's name": (
        "def f(x):\n    return n + x\n\ndef g(x):\n    return [n for n in x]\n",
        "n = 2\n",
    ),
    "another branch": ("K = 0\ndef f(x):\n    return x + K\n", "K = 2\n"),
    "a list that is filled": (
        "primes = []\ndef f(i):\n    return primes[i]\n",
        "for n in (2, 3):\n    primes.append(n)\n",
    ),
    "a function's attribute": ("def f(x):\n    return f.table[x]\n", "f.table = {1: 2}\n"),
    "a class's value": (
        "class Box:\n    size = 0\n\ndef f(x):\n    return Box.size + x\n",
        "Box.size = 3\n",
    ),
    "a class's new value": (
        "class Box:\n    def get(self):\n        return Box.size\n\n"
        "def f(x):\n    return Box().get() + x\n",
        "Box.size = 3\n",
    ),
    "a global statement's": (
        "def fill():\n    global table\n    table = {1: 2}\n\ndef f(x):\n    return table[x]\n",
        "fill()\n",
    ),
    "what a helper reads": (
        "table = {}\ndef helper(x):\n    return table[x]\n\ndef f(x):\n    return helper(x)\n",
        "table[1] = 2\n",
    ),
    "what a default reads": (
        "table = {}\ndef f(x, table=table):\n    return table[x]\n",
        "table[1] = 2\n",
    ),
    "a helper to come": (
        "def helper(x):\n    pass\n\ndef f(x):\n    return helper(x)\n",
        "def helper(x):\n    return x + 1\n",
    ),
    "a helper that returns None": (
        "def helper():\n    return None\n\ndef f(x):\n    return helper()\n",
        "def helper():\n    return 1\n",
    ),
    "a solution to come": (
        "def f(x):\n    result = None\n    return result\n",
        "def f(x):\n    return x + 1\n",
    ),
    "a solution to come, of the module's None": (
        "result = None\ndef f(x):\n    return result\n",
        "def f(x):\n    return x + 1\n",
    ),
    "a method to come": (
        "class Box:\n    def get(self, x):\n        ...\n\ndef f(x):\n    return Box().get(x)\n",
        "class Box:\n    def get(self, x):\n        return x\n",
    ),
}


@pytest.mark.parametrize("name", NOT_YET)
def test_an_open_block_goes_on_where_its_solution_may(name: str) -> None:
    head, tail = NOT_YET[name]
    for stop_at, between in (("block", GUARD), ("tests", GUARD), ("tests", PRINT)):
        answer = f"{head}\n{between}\n{tail}```\n"
        assert end_of(answer, stop_at) in (None, answer.strip()), (stop_at, between)


def test_the_other_branch_of_a_guard_is_waited_for() -> None:
    head = "K = 0\ndef f(x):\n    return x + K\n"
    answer = f'{head}if __name__ == "__main__": K = 1\nelse: K = 2\n```\n'
    for stop_at in MODES:
        assert end_of(answer, stop_at) == answer.strip()


def test_a_condition_that_begins_like_a_guard_is_none() -> None:
    answer = 'def f(x):\n    return x\n\nif __name__ == "__main__" or True:\n    f = abs\n```\n'
    for stop_at in MODES:
        assert end_of(answer, stop_at) == answer.strip()


@pytest.mark.parametrize(
    "head",
    [
        "def f(x):\n    return x\n",
        # The names of the tries are the functions' own, too.
        "def f(x):\n    result = x + 1\n    return result\n\nresult = f(1)\n",
        "from functools import cache\n\n@cache\ndef f(x):\n    return x and f(x - 1)\n",
        "import math\n\ndef g(x):\n    return math.exp(x)\n\ndef f(x):\n    return g(x)\n",
        "class Box:\n    def __init__(self):\n        pass\n\n    def get(self, x):\n"
        "        return x\n\ndef f(x):\n    return Box.get(Box(), x)\n",
        "table = []\ndef unused():\n    pass\n\ndef f(x):\n    return x\n",
        "def f():\n    return 4\n",
        "def f(x):\n    match x:\n        case [a, *b]:\n            return a, b\n",
    ],
)
def test_a_whole_solution_ends_before_its_tries(head: str) -> None:
    for stop_at, between in (("block", GUARD), ("tests", GUARD), ("tests", PRINT)):
        assert end_of(f"{head}\n{between}```\n", stop_at) == f"{head}\n"


# Parts of programs: of each kind, what may stand before an end, and what then makes it whole.
KINDS = {
    "a number": (["K = 1\n"], ["", "K = 2\n", "K += 1\n"], "K"),
    "a list": (["L = [0]\n"], ["", "L.append(7)\n", "L[0] = 3\n"], "L[-1]"),
    "a function": (["def h(n):\n    return n * 2\n"], ["", "h.k = 1\n"], "h(x)"),
    "an attribute": (["def a(n):\n    return n\n\na.k = 1\n"], ["", "a.k = 2\n"], "a.k"),
    "a stub": (
        ["def s(n):\n    pass\n", "def s(n):\n    '''To do.'''\n    return None\n", ""],
        ["def s(n):\n    return n - 1\n"],
        "s(x)",
    ),
    "a class": (
        ["class C:\n    v = 1\n", "class C:\n    def m(self):\n        return C.v\n\nC.v = 1\n"],
        ["", "C.v = 2\n"],
        "C.v",
    ),
    "of another scope": (
        ["def o(w):\n    return w\n", "def o(q):\n    return [w for w in q]\n"],
        ["w = abs\n"],
        "w(x)",
    ),
    "nothing": (["", "import math\n"], ["", "x = f(2)\n", "print(f(2))\n"], "x"),
}


@st.composite
def answers(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=2, unique=True))
    kinds = [KINDS[name] for name in names]
    before = [draw(st.sampled_from(kind[0])) for kind in kinds]
    behind = [draw(st.sampled_from(kind[1])) for kind in kinds]
    value = draw(st.sampled_from([kind[2] for kind in kinds]))
    solution = draw(
        st.sampled_from(
            [
                f"def f(x):\n    return {value}\n",
                f"def g(x):\n    return {value}\n\ndef f(x):\n    return x + g(x)\n",
            ]
        )
    )
    between = draw(st.sampled_from([GUARD, PRINT, "def main():\n    pass\n"]))
    return "".join([*before, solution, between, *behind, "```\n"])


@given(answers(), st.sampled_from(MODES))
@settings(max_examples=300)
def test_what_is_left_out_changes_no_result(answer: str, stop_at: StopAt) -> None:
    short = end_of(answer, stop_at)
    if short is None:
        return

    def results(program: str) -> list[object]:
        names: dict[str, object] = {"__name__": "solution"}
        exec(program.replace("```", ""), names)
        return [names["f"](x) for x in (1, 2)]  # type: ignore[operator]

    try:
        expected = results(answer)
    except Exception:  # a program that does not run has no results to lose
        return
    assert results(short) == expected


@pytest.mark.shared
def test_real_answers_end_as_often_as_documented() -> None:
    """deepseek-coder-6.7b-instruct's to LeetCode: what is left out is code that runs at the end."""
    file = SHARED / "leetcode_samples/deepseek-coder-6.7b-instruct_samples.json.gz"
    answers = [
        one["completion"]
        for of in json.loads(gzip.decompress(file.read_bytes())).values()
        for one in of
    ]
    ends: Counter[str] = Counter()
    for answer, stop_at in itertools.product(answers, MODES):
        names = re.findall(r"^    def (?!_)(\w+)", answer, re.MULTILINE)
        entry_point = f"Solution.{names[0]}" if names else "Solution"
        short = end_of(answer, stop_at, entry_point)
        ends[stop_at] += short is not None
        if short is not None and answer[len(short) :].startswith("print("):
            ends["print"] += 1
    assert (len(answers), ends) == (1280, {"block": 6, "tests": 53, "print": 47})


def test_names_are_looked_up_where_python_does() -> None:
    table = (
        Reader()
        .read(
            "import os.path, sys as system\n"
            "class A:\n    z = 1\n    def m(self, own):\n        return z, own, __class__\n"
            "def g(given, d=default):\n    global made\n    made = [i for i in given]\n"
            "    def inner():\n        return made, given, far\n"
            "with open('x') as file:\n    pass\n"
            "match file:\n    case [first, *rest]:\n        pass\n"
            "print(first, rest, i)\n"
        )
        .table
    )
    assert table is not None
    assert bound(table) == {"A", "g", "made", "os", "system", "file", "first", "rest"}
    assert reads(table) - bound(table) == {"z", "default", "far", "open", "print", "i"}
    assert read_by_definition(table, "g") == {"made", "far"}
