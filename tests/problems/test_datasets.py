"""Rows of public data sets become problem records; what cannot is counted, or named."""

import json

import pytest
from helpers.example_rows import FUNCTION, LEETCODE, OPEN_R1, ROWS, TACO, load, one
from helpers.places import SHARED
from helpers.records import make_sample

from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.problems.collect import Account, collect
from codepref.problems.comparisons.answers import call_comparison
from codepref.problems.settings import DataSetSource
from codepref.records import Problem
from codepref.sandbox import Executor


def test_leetcode_dataset(tmp_path):
    problem = one(tmp_path, "leetcode_dataset")
    assert problem.id == "leetcode_dataset/swap-pairs"
    assert problem.entry_point == "Solution.swap"
    assert problem.parameters == ["head", "k"]
    assert problem.parameter_types == ["ListNode", "int"]
    # By position, whatever the order of the keywords; nodes in LeetCode's list form.
    assert [(t.input, t.expected, t.visible) for t in problem.tests] == [
        ([[1, 2], 1], [2, 1], True),
        ([[], 1], [], False),
    ]


def test_leetcode_dataset_parameters_renamed_since_and_a_typing_error(tmp_path):
    test = LEETCODE["test"].replace("head =", "first =")
    assert one(tmp_path, "leetcode_dataset", test=test).tests[0].input == [[1, 2], 1]
    starter = LEETCODE["starter_code"].replace("k: int = 1", "k: reeNode")
    problem = one(tmp_path, "leetcode_dataset", starter_code=starter)
    assert problem.parameter_types == ["ListNode", "TreeNode"]
    assert "k: TreeNode" in problem.starter_code


@pytest.mark.parametrize(
    ("statement", "returned", "kind"),
    [
        ("Return an array of all the palindrome pairs of words.", "list[list[int]]", "unordered"),
        ("Find all unique combinations.", "list[list[int]]", "unordered_nested"),
        ("Return all the shortest sequences.", "list[list[str]]", "unordered"),
        ("Return all pairs in sorted order.", "list[list[int]]", "exact"),
        ("Return all levels, top to bottom order.", "list[list[int]]", "exact"),
        ("Return a list of all self-dividing numbers.", "list[int]", "exact"),
        ("Return the matrix.", "list[list[int]]", "exact"),
    ],
)
def test_all_of_something_has_no_order(statement, returned, kind):
    assert call_comparison(statement, returned)[0].kind == kind


def test_open_r1_codeforces(tmp_path):
    problem = one(tmp_path, "open_r1_codeforces")
    assert problem.id == "open_r1_codeforces/852A"
    assert problem.url == "https://codeforces.com/problemset/problem/852/A"
    # The example is not repeated, the test that was cut off is none.
    assert [(t.input, t.visible) for t in problem.tests] == [("12\n", True), ("99\n", False)]
    assert problem.limits.cpu_seconds == 10
    assert problem.comparison.ignore_case
    assert problem.input_format == "A number."
    assert one(tmp_path, "open_r1_codeforces", generated_checker="def check(): ...").needs_checker


def test_code_contests(tmp_path):
    problem = one(tmp_path, "code_contests")
    assert [(t.input, t.visible) for t in problem.tests] == [
        ("6 6 4\n", True),
        ("1 1 1\n", False),
        ("2 1 1\n", False),
    ]
    assert problem.reference_solution == "print(1)"  # the Python 3 one
    assert problem.url == "https://codeforces.com/problemset/problem/1/A"
    assert one(tmp_path, "code_contests", source=1).url is None  # another site's name
    assert one(tmp_path, "code_contests", name="p02640 AtCoder").url is None
    assert problem.limits.cpu_seconds == 7.5
    assert problem.tags == ["codeforces", "math"]


def test_apps_programs_and_functions(tmp_path):
    problem = one(tmp_path, "apps")
    assert problem.id == "apps/0007"
    assert [(t.input, t.visible) for t in problem.tests] == [("1 2\n", True), ("3 4\n", False)]
    (function,) = load(tmp_path, "apps", FUNCTION)[0]
    assert function.interface == "call"
    assert function.entry_point == "Solution.add"
    # Whether [3] means 3 is not said: its graders accept both, and so do we.
    assert function.comparison.kind == "any_of"
    assert function.tests[0].expected == [[3], 3]


def test_taco(tmp_path):
    problem = one(tmp_path, "taco")
    assert problem.id == "taco/00000"
    assert (problem.tests[0].input, problem.tests[0].expected) == ("1\n2\n", "3\n")
    assert problem.limits.cpu_seconds == 12.5
    assert problem.limits.memory_mb == 512
    assert problem.tags == ["Mathematics", "Sorting"]


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        ("leetcode_dataset", {"starter_code": "class Solution:"}, "starter code not understood"),
        ("leetcode_dataset", {"test": "def check(c):\n    print(c)"}, "not a plain assert"),
        ("leetcode_dataset", {"test": LEETCODE["test"].replace(", k = 1", "")}, "not the param"),
        ("open_r1_codeforces", {"interaction_format": "Ask."}, "interactive"),
        ("open_r1_codeforces", {"input_mode": "file"}, "reads or writes files"),
        ("open_r1_codeforces", {"description": ""}, "no statement"),
        ("open_r1_codeforces", {"description": "See ![x](y.png)"}, "statement needs an image"),
        ("open_r1_codeforces", {"examples": [], "official_tests": []}, "no tests"),
        ("code_contests", {"input_file": "in.txt"}, "reads or writes files"),
        ("apps", {"input_output": ""}, "no tests"),
        ("apps", {"input_output": '{"inputs": [], "outputs": []}'}, "no tests"),
        ("apps", {"input_output": '{"inputs": [1], "outputs": [2]}'}, "tests are not text"),
        ("taco", {"picture_num": "2"}, "statement needs an image"),
    ],
)
def test_rows_that_are_no_problems_of_ours_are_counted(tmp_path, kind, changes, reason):
    problems, skipped = load(tmp_path, kind, {**ROWS[kind], **changes})
    assert problems == []
    assert len(skipped) == 1 and reason in next(iter(skipped))


def test_a_row_that_comes_twice_is_skipped_and_limits_are_kept(tmp_path):
    rows = [OPEN_R1, OPEN_R1, {**OPEN_R1, "id": "852/B"}, {**OPEN_R1, "id": "852/C"}]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    account = Account()
    source = DataSetSource(kind="open_r1_codeforces", path=str(path), limit=2, max_tests=1)
    problems = list(collect("open_r1", source, account))
    assert [problem.id[-4:] for problem in problems] == ["852A", "852B"]
    assert all(len(problem.tests) == 1 and problem.tests[0].visible for problem in problems)
    assert account.skipped["id comes twice"] == 1


@pytest.mark.parametrize(
    ("given_keys", "unknown"),
    [
        ({"kind": "builtin", "revision": "a" * 40}, "revision"),
        ({"kind": "apps", "revision": "a" * 40, "contact": "me"}, "contact"),
        ({"kind": "jsonl", "path": "x", "split": "test"}, "split"),
        ({"kind": "codeforces", "path": "x"}, "path"),
    ],
)
def test_a_key_that_does_nothing_for_a_kind_of_source_is_refused(given_keys, unknown):
    with pytest.raises(UserError, match=f"unknown key 'problem_sources.mine.{unknown}'"):
        load_config({"problem_sources": {"mine": given_keys}})


def test_an_unreachable_hub_is_one_message(tmp_path, monkeypatch):
    import datasets

    def refuse(*_, **__):
        raise ConnectionError("no route")

    monkeypatch.setattr(datasets, "load_dataset", refuse)
    source = DataSetSource(kind="code_contests", revision="8" * 40)
    with pytest.raises(UserError, match=r"cannot be read from the hub .*give a local 'path'"):
        list(collect("code_contests", source, Account()))


def test_hub_rows_are_streamed_at_the_pinned_revision(tmp_path, monkeypatch):
    import datasets

    asked = []

    def load_dataset(*arguments, **options):
        asked.append((arguments, options))
        return iter([TACO if "arrow" in arguments else OPEN_R1])

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    for kind in ("open_r1_codeforces", "taco"):
        source = DataSetSource(kind=kind, revision="a" * 40)
        assert len(list(collect(kind, source, Account()))) == 1
    assert asked[0] == (
        ("open-r1/codeforces",),
        {"revision": "a" * 40, "split": "train", "streaming": True},
    )
    assert asked[1][1]["data_files"] == {
        "train": f"hf://datasets/BAAI/TACO@{'a' * 40}/train/data-*.arrow"
    }


# --- The real files -------------------------------------------------------------------------------


def passing(problems: list[Problem]) -> int:
    """Run the reference solutions; return how many pass all their tests."""
    samples = (
        (problem, make_sample(problem, 0, f"```python\n{problem.reference_solution}\n```"))
        for problem in problems
    )
    with Executor() as executor:
        return sum(execution.verdict == "passed" for execution in executor.run(samples))


@pytest.mark.shared
@pytest.mark.slow
def test_leetcode_dataset_becomes_records_whose_references_pass():
    path = SHARED / "leetcode_dataset" / "LeetCodeDataset-v0.2.0-train.jsonl.gz"
    account = Account()
    source = DataSetSource(kind="leetcode_dataset", path=str(path))
    problems = list(collect("leetcode_dataset", source, account))
    assert account.collected == 1888
    assert account.skipped == {"no statement in English": 2}
    assert passing(problems) == 1888


@pytest.mark.shared
def test_the_newer_leetcode_dataset_has_visible_and_hidden_tests():
    path = SHARED / "leetcode_dataset" / "LeetCodeDataset-v0.3.1-test.jsonl.gz"
    source = DataSetSource(kind="leetcode_dataset", path=str(path))
    problems = list(collect("leetcode_dataset", source, Account()))
    assert len(problems) >= 0.97 * 228
    shown = sum(any(test.visible for test in problem.tests) for problem in problems)
    hidden = sum(any(not test.visible for test in problem.tests) for problem in problems)
    assert shown / len(problems) > 0.95 and hidden == len(problems)
    assert passing(problems[:3]) == 3


@pytest.mark.shared
def test_code_contests_samples_become_records():
    path = SHARED / "code_contests" / "sandboxfusion_code_eval_code_contests.jsonl"
    account = Account()
    source = DataSetSource(kind="code_contests", path=str(path))
    problems = list(collect("code_contests", source, account))
    assert len(problems) / 20 >= 0.95
    assert all(35 <= len(problem.tests) <= 331 for problem in problems)
    assert sum(any(test.visible for test in problem.tests) for problem in problems) >= 19
    ambiguous = {problem.id for problem in problems if problem.needs_checker}
    assert {"code_contests/1025_B.-Weakened-Common-Divisor"} < ambiguous
    assert len(ambiguous) <= 4
