"""Write the demo's tasks in LiveCodeBench's public format: our own, with made-up dates.

Writes test.jsonl and test2.jsonl into src/codepref/evaluation/builtin/livecodebench; no run of the
workflow needs it again. Expected outputs are those of the solutions below.
"""

import base64
import contextlib
import io
import json
import pickle
import sys
import zlib
from pathlib import Path
from typing import Any
from unittest import mock

FOLDER = Path(__file__).parents[1] / "src/codepref/evaluation/builtin/livecodebench"

# Day, title, what is asked, arguments with types and the result's, solution, inputs.
CALLS: list[tuple[str, str, str, str, str, list[list[Any]]]] = [
    (
        *("2024-03-02", "sum of two numbers", "Return the sum of the integers a and b."),
        *("addTwo(self, a: int, b: int) -> int", "return a + b"),
        [[1, 2], [-4, 4], [10, 5], [0, 0], [1000, 1]],
    ),
    (
        *("2024-06-15", "largest of a list", "Return the largest number of the list nums."),
        *("largest(self, nums: List[int]) -> int", "return max(nums)"),
        [[[3, 9, 2]], [[-5, -7]], [[4]], [[1, 1, 2, 2]]],
    ),
    (
        *("2024-12-07", "backwards", "Return the text s with its characters in reverse order."),
        *("backwards(self, s: str) -> str", "return s[::-1]"),
        [["abc"], ["level"], [""], ["a b"]],
    ),
    (
        *("2025-01-18", "count the even", "Return how many numbers of the list nums are even."),
        *("countEven(self, nums: List[int]) -> int", "return sum(n % 2 == 0 for n in nums)"),
        [[[1, 2, 4]], [[1, 3]], [[]], [[0, -2, 7]]],
    ),
    (
        *("2025-02-22", "double all", "Return a list with every number of nums times two."),
        *("doubleAll(self, nums: List[int]) -> List[int]", "return [2 * n for n in nums]"),
        [[[1, 2]], [[]], [[-3, 0, 5]]],
    ),
]
# Day, title, what is asked, solution, inputs.
PROGRAMS: list[tuple[str, str, str, str, list[str]]] = [
    (
        *("2024-04-20", "Sum", "Two integers a and b are given in one line. Print their sum."),
        "a, b = map(int, input().split())\nprint(a + b)",
        ["1 2\n", "-3 3\n", "100 250\n"],
    ),
    (
        *("2024-08-31", "Shout", "A word is given in one line. Print it in upper case letters."),
        "print(input().upper())",
        ["abc\n", "Word\n", "x\n"],
    ),
    (
        *("2024-12-21", "Half", "An integer n is given. Print n divided by 2, with one decimal."),
        "print(int(input()) / 2)",
        ["3\n", "10\n", "-7\n"],
    ),
    (
        "2025-01-25",
        "Count lines",
        "The first line holds an integer n, each of the next n lines a word. Print how many of the "
        "words have more than three letters.",
        "print(sum(len(input()) > 3 for _ in range(int(input()))))",
        ["3\nsun\nmoon\nstars\n", "1\na\n", "2\nabcd\nefgh\n"],
    ),
    (
        *(
            "2025-03-08",
            "Even or odd",
            "An integer n is given. Print even if it is even, else odd.",
        ),
        "print('even' if int(input()) % 2 == 0 else 'odd')",
        ["4\n", "7\n", "0\n", "-1\n"],
    ),
]


def row(number: int, day: str, title: str, text: str, tests: list[Any], **more: str) -> str:
    """Return a line of the public format; its first test is public."""
    hidden = zlib.compress(pickle.dumps(json.dumps(tests[1:]), protocol=4))
    return json.dumps(
        {
            "question_title": title,
            "question_content": text,
            "platform": "leetcode" if more["starter_code"] else "atcoder",
            "question_id": f"own{number}",
            "contest_id": "own",
            "contest_date": f"{day}T00:00:00",
            "starter_code": more["starter_code"],
            "difficulty": "easy",
            "public_test_cases": json.dumps(tests[:1]),
            "private_test_cases": base64.b64encode(hidden).decode(),
            "metadata": more["metadata"],
        }
    )


def of_call(number: int, task: tuple[Any, ...]) -> str:
    """Return the line of a task that asks for a method."""
    day, title, text, signature, body, inputs = task
    name = signature.split("(")[0]
    starter = f"class Solution:\n    def {signature}:\n        "
    scope: dict[str, Any] = {}
    exec(f"from typing import List\n{starter}{body}", scope)
    tests = [
        {
            "input": "\n".join(map(json.dumps, given)),
            "output": json.dumps(getattr(scope["Solution"](), name)(*given)),
            "testtype": "functional",
        }
        for given in inputs
    ]
    given, expected = (tests[0][key].replace("\n", ", ") for key in ("input", "output"))
    text = f"{text}\n\nExample:\n\nInput: {given}\nOutput: {expected}"
    return row(
        *(number, day, title, text, tests),
        starter_code=starter,
        metadata=json.dumps({"func_name": name}),
    )


def of_program(number: int, task: tuple[Any, ...]) -> str:
    """Return the line of a task that asks for a program."""
    day, title, text, solution, inputs = task
    tests = []
    for given in inputs:
        printed = io.StringIO()
        with mock.patch("sys.stdin", io.StringIO(given)), contextlib.redirect_stdout(printed):
            exec(solution, {})
        tests.append({"input": given, "output": printed.getvalue(), "testtype": "stdin"})
    text = f"{text}\n\nSample Input\n\n{tests[0]['input']}\nSample Output\n\n{tests[0]['output']}"
    return row(number, day, title, text, tests, starter_code="", metadata="{}")


def main() -> None:
    lines = [of_call(number, task) for number, task in enumerate(CALLS, start=1)]
    lines += [of_program(number, task) for number, task in enumerate(PROGRAMS, start=11)]
    FOLDER.mkdir(exist_ok=True)
    for name, year in (("test.jsonl", "2024"), ("test2.jsonl", "2025")):
        mine = [line for line in lines if json.loads(line)["contest_date"].startswith(year)]
        (FOLDER / name).write_text("".join(f"{line}\n" for line in mine), encoding="utf-8")
    print(f"wrote {len(lines)} tasks to {FOLDER}", file=sys.stderr)


if __name__ == "__main__":
    main()
