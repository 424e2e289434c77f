"""The corpus: hostile and honest programs, each with the verdict it must get, and their problems.

A program is a file ``corpus/<group>/<name>.py`` that starts with header lines::

    #: problem: add
    #: expect: timeout|runtime_error
    #: tampered: yes
    #: message: no other processes

``expect`` names the verdicts that are right (some attacks may end in more than one way),
``message`` what the message says, alternatives likewise; the last two are optional. So is ``begins
with``, which names a file of ``corpus`` whose text stands before the program's own. What follows
the header is the completion, byte for byte. ``checker`` names a file of ``corpus/checkers/judges``
that judges the problem's answers instead of its comparison. ``seconds`` is the limit of CPU time;
without it a program has half a second where it may time out, and else what suffices on a machine
ten times as slow.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codepref import values
from codepref.records import Comparison, Execution, Limits, Problem, Sample, TestCase
from helpers.places import TESTS

FOLDER = TESTS / "sandbox" / "corpus"


@dataclass(frozen=True)
class CorpusProgram:
    """One program and what must come of it."""

    group: str
    name: str
    problem: Problem
    expect: frozenset[str]
    tampered: bool
    message: str
    completion: str

    def sample(self, index: int = 0) -> Sample:
        return Sample(
            problem_id=self.problem.id,
            index=index,
            model=f"{self.group}/{self.name}",
            prompt_sha256="0" * 64,
            completion=self.completion,
            finish_reason="stop",
            tokens=0,
            seed=0,
            engine="none",
            model_revision="none",
        )

    def complaint(self, execution: Execution) -> str | None:
        """Return what is wrong with a verdict, or None."""
        if execution.verdict not in self.expect:
            return f"expected {'|'.join(sorted(self.expect))}, got {execution.verdict}"
        if self.tampered and not execution.tampered:
            return "tampering went unnoticed"
        if not any(part in (execution.message or "") for part in self.message.split("|")):
            return f"message '{execution.message}' does not say '{self.message}'"
        return None


def _problem(
    name: str,
    tests: list[tuple[object, object]],
    comparison: str = "exact",
    entry_point: str | None = None,
    **more: object,
) -> Problem:
    interface = "stdio" if isinstance(tests[0][0], str) else "call"
    encode = (lambda value: value) if interface == "stdio" else values.encode
    return Problem(
        id=f"corpus/{name}",
        source="corpus",
        licence="Apache-2.0",
        title=name,
        statement=name,
        interface=interface,
        entry_point=(entry_point or name) if interface == "call" else None,
        tests=[
            TestCase(input=encode(given), expected=encode(expected), visible=number == 0)
            for number, (given, expected) in enumerate(tests)
        ],
        comparison=Comparison(kind=comparison),
        limits=Limits(cpu_seconds=0.5),
        **more,
    )


_ADD = [([1, 2], 3), ([10, -4], 6), ([0, 0], 0)]
_MANY = list(range(100_000))  # more than the channel's buffer holds
_TREE = {"parameters": ["root"], "parameter_types": ["Optional[TreeNode]"]}
_LIST = {"parameters": ["head"], "parameter_types": ["Optional[ListNode]"]}
PROBLEMS = {
    problem.title: problem
    for problem in (
        _problem("add", _ADD),
        _problem("solution_add", _ADD, entry_point="Solution.add"),
        _problem(
            "add_with_starter",
            _ADD,
            entry_point="add",
            starter_code="def helper(a):\n    return a\n\n\ndef add(a, b):\n",
        ),
        _problem(
            "solution_add_with_starter",
            _ADD,
            entry_point="Solution.add",
            starter_code="class Solution:\n    def add(self, a: int, b: int) -> int:\n        ",
        ),
        _problem(
            "nothing",
            [([[1]], None), ([[]], None)],
            entry_point="Solution.nothing",
            starter_code="class Solution:\n    def nothing(self, items: list) -> None:\n        ",
        ),
        _problem("add_all", [([[1, 2, 3]], 6), ([[]], 0)]),
        _problem("shout", [(["hello"], "HELLO"), (["a"], "A")]),
        _problem("pair", [([1, 2], [1, 2]), ([3, 3], [3, 3])]),
        _problem("count", [(["aab"], {"a": 2, "b": 1}), (["z"], {"z": 1})]),
        _problem("is_even", [([2], True), ([3], False)]),
        _problem("big", [([1], 10**18 + 1)]),
        _problem("mean", [([[1.0, 2.0]], 1.5), ([[0.1, 0.2]], 0.15)], "close"),
        _problem("not_a_number", [([1], float("nan"))]),
        _problem(
            "subsets", [([[1, 2]], [[], [1], [2], [1, 2]]), ([[5]], [[], [5]])], "unordered_nested"
        ),
        _problem("either", [([1], [[1, 2], [2, 1]])], "any_of"),
        _problem("in_place", [([[3, 1, 2]], [1, 2, 3])], entry_point="Solution.sort", in_place=0),
        _problem(
            "reverse",
            [([[1, 2, 3]], [3, 2, 1]), ([[]], [])],
            entry_point="Solution.reverse",
            return_type="Optional[ListNode]",
            **_LIST,
        ),
        _problem(
            "halves",
            [([[1, 2, 3]], [[1, 2], [3]]), ([[1]], [[1], []])],
            entry_point="Solution.halves",
            return_type="list[Optional[ListNode]]",
            **_LIST,
        ),
        _problem("present_absent", [([[1, 2, 3]], [[1, 2], [3]])], "unordered_inside"),
        _problem(
            "invert",
            [([[1, 2, 3, None, 4]], [1, 3, 2, None, None, 4]), ([[]], [])],
            entry_point="Solution.invert",
            return_type="Optional[TreeNode]",
            **_TREE,
        ),
        _problem(
            "flatten",
            [
                ([[1, 2, 5, 3, 4, None, 6]], [1, None, 2, None, 3, None, 4, None, 5, None, 6]),
                ([[]], []),
            ],
            entry_point="Solution.flatten",
            return_type="None",
            in_place=0,
            **_TREE,
        ),
        _problem(
            "split_list",
            [([[1, 2, 3], 2], [[1, 2], [3]]), ([[1], 3], [[1], [], []]), ([[], 1], [[]])],
            entry_point="Solution.split",
            parameters=["head", "k"],
            parameter_types=["Optional[ListNode]", "int"],
            return_type="List[Optional[ListNode]]",
        ),
        _problem(
            "merge_lists",
            [([[[1, 4], [], [2]]], [1, 2, 4]), ([[]], []), ([[[]]], [])],
            entry_point="Solution.merge",
            parameters=["lists"],
            parameter_types=["list[ListNode | None]"],
            return_type="ListNode | None",
        ),
        _problem(
            "heights",
            [([{"a": [1, 2], "b": []}, [[], [1]]], [{"a": 2, "b": 0}, [0, 1]])],
            entry_point="heights",
            parameters=["named", "others"],
            parameter_types=["Dict[str, Optional['TreeNode']]", "tuple[TreeNode, ...]"],
            return_type="tuple",
        ),
        _problem("power", [([5000], 10**5000)]),
        _problem("digits", [("5000\n", "1" + "0" * 5000)]),
        _problem("total", [("1 2 3\n", "6\n"), ("10\n-4\n", "6"), ("7", "7\n")], "tokens"),
        _problem("mean_script", [("1 2\n", "1.5\n"), ("1 2 3 4 5 6\n", "3.5")], "close"),
        _problem(
            "sum_of_many",
            [([[1, 2, 3]], 6), ([_MANY], sum(_MANY)), ([_MANY[::-1]], sum(_MANY))],
        ),
        _problem("squares", [([50_000], {i * i for i in range(50_000)})]),
        _problem("words", [(["a bb ccc"], {"a", "bb", "ccc"})]),
        _problem("modulus_script", [("1000000007\n", "1000000007\n")], "close"),
        _problem("big_script", [("1\n", str(10**18 + 1))], "close"),
        # Codeforces 1971C and 1977B: any answer will do.
        _problem(
            "different_string",
            [
                ("4\ncodeforces\naaaaa\nxxxxy\nco\n", "YES\nforcodesec\nNO\nYES\nxxyxx\nYES\noc\n"),
                ("2\nd\nnutdealer\n", "NO\nYES\nundertale\n"),
            ],
            "tokens",
        ),
        _problem(
            "signed_binary",
            [
                ("3\n1\n14\n24\n", "1\n1\n5\n0 -1 0 0 1\n6\n0 0 0 -1 0 1\n"),
                ("2\n15\n27\n", "5\n-1 0 0 0 1\n6\n-1 0 -1 0 0 1\n"),
            ],
            "tokens",
        ),
        _problem(
            "pair_with_sum",
            [
                ([[1, 5, 3, 5, 5], 6], [0, 4]),
                ([[2, 2, 3], 100], []),
                ({"numbers": [0, 4, 4, 0], "target": 4}, [0, 1]),
            ],
            entry_point="pair",
        ),
        _problem(
            "any_rotation",
            [([[1, 2, 3]], [2, 3, 1]), ([[]], [])],
            entry_point="Solution.turn",
            return_type="Optional[ListNode]",
            **_LIST,
        ),
    )
}
PROBLEMS["add_by_check"] = PROBLEMS["add"].model_copy(
    update={
        "id": "corpus/add_by_check",
        "tests": [
            TestCase(
                check="def check(candidate):\n"
                "    for a in range(1, 5):\n"
                "        assert abs(candidate(a, a) - (a + a)) < 1e-6\n"
                "        assert candidate(a, 1) == a + 1\n"
            )
        ],
    }
)
PROBLEMS["sum_by_long_check"] = PROBLEMS["sum_of_many"].model_copy(
    update={
        "id": "corpus/sum_by_long_check",
        "tests": [
            TestCase(
                check=f"def check(candidate):\n    numbers = {_MANY}\n"
                f"    assert candidate(numbers) == {sum(_MANY)}\n"
            )
        ]
        * 2,
    }
)


def load_corpus(*groups: str) -> list[CorpusProgram]:
    """Return the corpus, or some of its groups."""
    files = sorted(
        path for path in FOLDER.glob("*/*.py") if not groups or path.parent.name in groups
    )
    return [_read(path) for path in files]


def _read(path: Path) -> CorpusProgram:
    lines = _text(path).splitlines(keepends=True)
    header: dict[str, str] = {}
    while lines and lines[0].startswith("#: "):
        key, value = lines.pop(0)[3:].split(":", 1)
        header[key.strip()] = value.strip()
    beginning = _text(FOLDER / header["begins with"]) if "begins with" in header else ""
    name = header["problem"]
    problem = with_checker(name, header["checker"]) if "checker" in header else PROBLEMS[name]
    expect = frozenset(header["expect"].split("|"))
    seconds = float(header.get("seconds", 0.5 if "timeout" in expect else 5.0))
    return CorpusProgram(
        group=path.parent.name,
        name=path.stem,
        problem=problem.model_copy(update={"limits": Limits(cpu_seconds=seconds)}),
        expect=expect,
        tampered=header.get("tampered") == "yes",
        message=header.get("message", ""),
        completion=beginning + "".join(lines),
    )


@cache
def with_checker(problem: str, name: str) -> Problem:
    """Return a problem of the corpus, judged by one of the corpus's checkers."""
    source = _text(FOLDER / "checkers/judges" / name)
    return PROBLEMS[problem].model_copy(update={"needs_checker": True, "checker": source})


def _text(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as stream:
        return stream.read()
