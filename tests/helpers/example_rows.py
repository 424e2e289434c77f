"""A valid row of every data set, and how tests read rows."""

import json
from collections import Counter
from pathlib import Path

from codepref.problems.settings import DataSetSource
from codepref.problems.sources import datasets
from codepref.problems.sources.foreign import Skipped
from codepref.records import Problem

LEETCODE = {
    "task_id": "swap-pairs",
    "problem_description": "Swap nodes.\nExample 1:\n\nInput: head = [1,2]\nOutput: [2,1]",
    "starter_code": "# class ListNode:\n#     def __init__(self, val=0):\nclass Solution:\n"
    "    def swap(self, head: Optional[ListNode], k: int = 1) -> Optional[ListNode]:\n        ",
    "difficulty": "Easy",
    "entry_point": "Solution().swap",
    "completion": "class Solution:\n    def swap(self, head, k=1):\n        return head\n",
    "test": "def check(candidate):\n"
    "    assert is_same_list(candidate(head = list_node([1,2]), k = 1), list_node([2,1]))\n"
    "    assert is_same_list(candidate(k = 1, head = list_node([])), list_node([]))\n",
    "input_output": [{"input": "head = [1,2]", "output": "[2,1]"}, {"input": "head = []"}],
    "tags": ["Linked List"],
}
OPEN_R1 = {
    "id": "852/A",
    "title": "Digits",
    "description": "Sum the digits.",
    "input_format": "A number.",
    "output_format": "Its digit sum. Print YES in any case.",
    "interaction_format": None,
    "note": None,
    "examples": [{"input": "12\n", "output": "3\n"}],
    "official_tests": [
        {"input": "12\n", "output": "3\n"},
        {"input": "99\n", "output": "18\n"},
        {"input": "1 2 3...", "output": "4..."},
    ],
    "official_tests_complete": False,
    "time_limit": 2.0,
    "memory_limit": 256.0,
    "input_mode": "stdio",
    "rating": 900,
    "tags": ["math"],
    "generated_checker": None,
    "executable": True,
}
CODE_CONTESTS = {
    "name": "1_A. Theatre Square",
    "description": "How many stones?\n\nInput\n\nThree numbers.\n\nExample",
    "public_tests": {"input": ["6 6 4\n"], "output": ["4\n"]},
    "private_tests": {"input": ["1 1 1\n", "6 6 4\n"], "output": ["1\n", "4\n"]},
    "generated_tests": {"input": ["2 1 1\n"], "output": ["2\n"]},
    "source": 2,
    "difficulty": 7,
    "solutions": {"language": [1, 3], "solution": ["print 1", "print(1)"]},
    "incorrect_solutions": {"language": [], "solution": []},
    "cf_rating": 1000,
    "cf_tags": ["math", ""],
    "time_limit": {"seconds": 1, "nanos": 500000000},
    "memory_limit_bytes": 256000000,
    "input_file": "",
    "output_file": "",
}
APPS = {
    "problem_id": 7,
    "question": "Add numbers.\n\nSample Input\n1 2\n",
    "solutions": json.dumps(["print(sum(map(int, input().split())))"]),
    "input_output": json.dumps({"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]}),
    "difficulty": "interview",
    "url": "https://example.org/7",
    "starter_code": "",
}
FUNCTION = {
    **APPS,
    "problem_id": 8,
    "starter_code": "class Solution:\n    def add(self, a: int, b: int) -> int:\n        ",
    "input_output": json.dumps({"fn_name": "add", "inputs": [[1, 2]], "outputs": [[3]]}),
}
TACO = {
    "question": "Add numbers.",
    "solutions": json.dumps(["print(3)"]),
    "starter_code": "",
    "input_output": json.dumps({"inputs": [["1", "2"]], "outputs": [["3"]]}),
    "difficulty": "EASY",
    "raw_tags": "[]",
    "name": "Sum",
    "source": "codechef",
    "tags": "['Mathematics', 'Sorting']",
    "skill_types": "[]",
    "url": "https://example.org/sum",
    "Expected Auxiliary Space": None,
    "time_limit": "2.5 seconds",
    "date": None,
    "picture_num": None,
    "memory_limit": "0.5 gigabytes",
    "Expected Time Complexity": None,
}
SANDBOX_FUSION = (
    "code_contests",
    {
        "id": 1,
        "content": "Add numbers.\n\nExample\n1 2\n",
        "labels": json.dumps({"name": "A", "source": "CODEFORCES", "difficulty": "EASY"}),
        "test": json.dumps([{"input": {"stdin": "1 2\n"}, "output": {"stdout": "3\n"}}]),
    },
)
ROWS = {
    "leetcode_dataset": LEETCODE,
    "open_r1_codeforces": OPEN_R1,
    "code_contests": CODE_CONTESTS,
    "apps": APPS,
    "taco": TACO,
}


def written(tmp_path: Path, kind: str, rows: list) -> DataSetSource:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return DataSetSource(kind=kind, path=str(path))


def load(tmp_path, kind: str, *rows) -> tuple[list[Problem], dict]:
    found = list(datasets.collect(written(tmp_path, kind, rows)))
    skipped = Counter(item.reason for item in found if isinstance(item, Skipped))
    return [item for item in found if isinstance(item, Problem)], dict(skipped)


def one(tmp_path, kind: str, **changes) -> Problem:
    problems, skipped = load(tmp_path, kind, {**ROWS[kind], **changes})
    assert skipped == {}
    return problems[0]
