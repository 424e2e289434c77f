"""Merging: what counts as one problem, which record is kept, and that every drop is accounted."""

import gzip
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from helpers.places import ROOT, SHARED
from helpers.records import make_problem

from codepref.errors import UserError
from codepref.files import write_json, write_records
from codepref.problems.behaviour import behavioural_matches
from codepref.problems.builtin import builtin_problems
from codepref.problems.collect import Account, collect
from codepref.problems.contamination import CodeOverlap, Task, TextOverlap, read_tasks
from codepref.problems.leetcode import problem_from_question
from codepref.problems.merge import address_of, deduplicate, drop_contaminated, limit
from codepref.problems.report import report, table
from codepref.problems.settings import DataSetSource, ProblemsConfig
from codepref.records import Problem, TestCase

CONFIG = ProblemsConfig(limit=None)

LONG = (
    "You are given an array of integers and a target. Walk through the array from left to right, "
    "keep the running sum of what you have seen, and return the first position at which that "
    "running sum reaches the target, or minus one if it never does before the end is reached."
)


def problem(name: str, statement: str = LONG, tests: int = 1, **fields) -> Problem:
    values = {
        "licence": "MIT",
        "title": name,
        "statement": statement,
        "parameters": ["a"],
        "parameter_types": ["int"],
        "tests": [TestCase(input=[n], expected=n) for n in range(tests)],
    }
    return make_problem(name, **values | fields)


def files(tmp_path, *groups: list[Problem]) -> list[Path]:
    paths = []
    for number, group in enumerate(groups):
        paths.append(tmp_path / f"{number}.jsonl")
        write_records(paths[-1], group)
    return paths


def kept(merged) -> list[str]:
    return [found.id for found in merged.problems()]


def test_the_record_with_more_tests_is_kept_whatever_the_order(tmp_path):
    few, many = problem("a/1", tests=2), problem("b/1", tests=5)
    for groups in ([[few], [many]], [[many], [few]]):
        merged = deduplicate(files(tmp_path, *groups), CONFIG)
        assert kept(merged) == ["b/1"]
        assert [(d.problem, d.kept) for d in merged.duplicates] == [("a/1", "b/1")]
        assert merged.dropped["same address or text"] == {"a": 1}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda text: text.upper(), True),
        (lambda text: text.replace(", ", ",\n\n"), True),
        (lambda text: text + " At most 10^4 of them.", True),
        (lambda text: text.replace("running sum", "total"), False),
        (lambda text: "Given two words, return their longest common prefix in lower case.", False),
    ],
)
def test_near_duplicates_are_found_by_their_words(tmp_path, change, same):
    merged = deduplicate(files(tmp_path, [problem("a/1")], [problem("b/1", change(LONG))]), CONFIG)
    assert len(kept(merged)) == (1 if same else 2)


def test_the_same_address_is_the_same_problem_however_it_is_worded(tmp_path):
    merged = deduplicate(
        files(
            tmp_path,
            [problem("a/1", "Sum all.", url="https://codeforces.com/contest/4/problem/A")],
            [problem("b/1", LONG, url="https://codeforces.com/problemset/problem/4/A?locale=en")],
        ),
        CONFIG,
    )
    assert len(kept(merged)) == 1


def test_other_addresses_stay_apart():
    assert address_of("https://codeforces.com/problemset/problem/4/A") != address_of(
        "https://codeforces.com/problemset/problem/4/A1"
    )
    assert address_of("https://leetcode.com/problems/two-sum/") != address_of(
        "https://leetcode.com/problems/two-sum-ii/"
    )
    assert address_of(None) is None


def test_short_statements_of_the_demo_stay_apart(tmp_path):
    merged = deduplicate(files(tmp_path, list(builtin_problems())), CONFIG)
    assert len(kept(merged)) == 50


def test_checker_problems_are_dropped_unless_wanted(tmp_path):
    paths = files(tmp_path, [problem("a/1", needs_checker=True), problem("a/2", "Other words.")])
    merged = deduplicate(paths, CONFIG)
    assert kept(merged) == ["a/2"]
    assert merged.dropped["needs a checker"] == {"a": 1}
    wanted = deduplicate(paths, ProblemsConfig(limit=None, keep_checker_problems=True))
    assert kept(wanted) == ["a/1", "a/2"]


def test_the_limit_does_not_depend_on_order_and_grows_by_adding(tmp_path):
    problems = [problem(f"a/{n}", f"{'word ' * 4}{chr(97 + n) * 5} {n}") for n in range(20)]
    chosen = {}
    for count in (5, 6):
        for order in (problems, problems[::-1]):
            merged = deduplicate(
                files(tmp_path, order), ProblemsConfig(limit=None, near_duplicate=1)
            )
            limit(merged, ProblemsConfig(limit=count))
            assert chosen.setdefault(count, kept(merged)) == kept(merged)
    assert len(chosen[5]) == 5 and set(chosen[5]) < set(chosen[6])


def test_errors_name_file_line_and_field(tmp_path):
    paths = files(tmp_path, [problem("a/1")], [problem("a/1")])
    with pytest.raises(UserError, match=r"1\.jsonl: the problem id 'a/1' is already in .*0\.jsonl"):
        deduplicate(paths, CONFIG)
    paths[1].write_text(paths[0].read_text().replace('"licence":"MIT"', '"licence":3'))
    with pytest.raises(UserError, match=r"1\.jsonl:1: .*field 'licence'"):
        deduplicate(paths, CONFIG)
    with pytest.raises(UserError, match="no such file"):
        deduplicate([tmp_path / "none.jsonl"], CONFIG)
    paths[1].write_text("")
    merged = deduplicate([paths[1]], CONFIG)
    with pytest.raises(UserError, match="no problem is left"):
        limit(merged, CONFIG)


# --- Decontamination ------------------------------------------------------------------------------


def task(number: int, text: str, solution: str, inputs: list, name: str = "f") -> dict:
    return {
        "task_id": f"HumanEval/{number}",
        "prompt": f'def {name}(a):\n    """{text}\n    >>> {name}(1)\n    """\n',
        "entry_point": name,
        "contract": "",
        "canonical_solution": solution,
        "base_input": inputs[:3],
        "plus_input": inputs[3:],
        "atol": 0,
    }


TASKS = [
    task(0, "Return how many ones the binary form of a positive number has when written out.",
         "    return bin(a).count('1')\n", [[n] for n in range(40)]),
    task(1, "Add ten to it.", "    return a + 10\n", [[n] for n in range(40)]),
    task(2, "Always the same.", "    return 0\n", [[n] for n in range(40)]),
    task(3, "Sum what is even.",
         "    total = 0\n    for x in a:\n        if x % 2 == 0:\n            total += x\n"
         "    return total\n", [[list(range(n))] for n in range(40)]),
]  # fmt: skip


@pytest.fixture
def tasks(tmp_path):
    path = tmp_path / "tasks.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in TASKS))
    return read_tasks([path])


def test_shared_words_are_found_and_short_tasks_compared_whole(tasks):
    overlap = TextOverlap(tasks, 10)

    def found(statement: str) -> list[str]:
        return [item.task for item in overlap.find(problem("a/1", statement))]

    copied = "Please: return how many ONES the binary form of a positive number has, soon."
    assert found(copied) == ["HumanEval/0"]
    assert found("Return how many ones there are, and how many twos.") == []
    assert found("Take n. Add ten to it. Print.") == ["HumanEval/1"]  # a whole task of four words
    assert found("Add ten to her number.") == []
    (item,) = overlap.find(problem("a/1", copied))
    assert "return how many ones" in item.evidence


def test_shared_rows_of_numbers_are_no_shared_text():
    numbers = " ".join(map(str, range(12)))
    task = Task("HumanEval/9", "f", f"Turn the dial. {numbers}", "", [], 0.0)
    overlap = TextOverlap([task], 10)
    assert list(overlap.find(problem("a/1", f"The wheel has {numbers}"))) == []


def test_alike_solutions_are_found_whatever_their_names(tasks):
    overlap = CodeOverlap(tasks, 0.9)

    def found(code: str) -> list[str]:
        return [item.task for item in overlap.find(problem("a/1", reference_solution=code))]

    renamed = (
        "class Solution:\n    def f(self, nums: list[int]) -> int:\n        '''Doc.'''\n"
        "        s = 0\n        for value in nums:\n            if value % 2 == 0:\n"
        "                s += value\n        return s\n"
    )
    assert found(renamed) == ["HumanEval/3"]
    assert found(renamed.replace("% 2 == 0", "> 7").replace("+=", "-=")) == []
    assert found("def f(a):\n    return a + 10\n") == []  # too short to tell
    assert found("def f(a:") == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def f(a):\n    n = 0\n    while a:\n        n, a = n + a % 2, a // 2\n    return n", [0]),
        ("def f(a):\n    return 10 - -a", [1]),
        ("def f(a):\n    return a + 10 if a < 30 else 0", []),
        ("def f(a):\n    return 0", []),  # a constant agrees with anything constant
        ("def f(a):\n    return float(bin(a).count('1'))", [0]),
        ("def f(a):\n    raise ValueError", []),
        ("def f(a):\n    while a > 35: pass\n    return bin(a).count('1')", [0]),  # slow on some
        ("import os\nos._exit(0)", []),
    ],
)
def test_solutions_that_answer_a_task_are_the_task(tasks, code, expected):
    unchecked: Counter[str] = Counter()
    found = behavioural_matches([problem("a/1", reference_solution=code)], tasks, 12, unchecked)
    assert [item.task for item in found] == [f"HumanEval/{number}" for number in expected]
    assert unchecked["benchmark task without telling answers"] == 1


def test_a_match_that_the_problems_own_tests_refute_is_by_chance(tmp_path, tasks):
    """It counts ones, as the task does, but of negative numbers too: the task has no such input."""
    ones = "def f(a):\n    return format(a, 'b').count('1') if a >= 0 else -1"
    tests = [TestCase(input=[5], expected=2), TestCase(input=[-5], expected=-1)]
    different = problem("a/1", reference_solution=ones).model_copy(update={"tests": tests})
    (found,) = behavioural_matches([different], tasks, 12, Counter())
    assert found.by_chance
    assert "f solves 1 of the problem's 2 tests" in found.evidence
    merged = deduplicate(files(tmp_path, [different]), CONFIG)
    drop_contaminated(merged, [found], CONFIG)
    data = report(merged, [])
    assert data["kept_total"] == 1 and data["contaminated"] == []
    assert "### By chance only" in table(data) and "| a/1 | HumanEval/0 |" in table(data)


def test_what_behaviour_cannot_check_is_counted(tasks):
    unchecked: Counter[str] = Counter()
    stdio = problem("a/2", interface="stdio", reference_solution="print(1)")
    assert list(behavioural_matches([problem("a/1"), stdio], tasks, 12, unchecked)) == []
    assert unchecked["no reference solution"] == 1
    assert unchecked["not a function that returns its answer"] == 1


@pytest.mark.slow
def test_the_script_drops_lists_and_explains(tmp_path, tasks):
    ones = "def f(a):\n    return format(a, 'b').count('1')"
    problems = [
        problem("a/ones", "Weigh a.", reference_solution=ones),
        problem("a/text", "Now add ten to it.", tests=3),
        problem("a/fine", LONG, difficulty="easy"),
    ]
    write_json(tmp_path / "a.json", {"source": "a", "collected": 3, "skipped": {"premium": 4}})
    (path,) = files(tmp_path, problems)

    def run(*options: str) -> tuple[dict, str, list[str]]:
        command = [sys.executable, "scripts/merge_problems.py", "--inputs", str(path)]
        command += ["--benchmarks", str(tmp_path / "tasks.jsonl")]
        command += ["--collected", str(tmp_path / "a.json")]
        for name in ("output", "report", "table", "page"):
            command += [f"--{name}", str(tmp_path / f"out.{name}")]
        subprocess.run([*command, *options], check=True, cwd=ROOT, capture_output=True)
        lines = (tmp_path / "out.output").read_text().splitlines()
        data = json.loads((tmp_path / "out.report").read_text())
        return data, (tmp_path / "out.table").read_text(), [json.loads(x)["id"] for x in lines]

    data, page, ids = run()
    assert ids == ["a/fine"]
    assert data["dropped"] == {"benchmark task": {"a": 2}}
    assert [(c["problem"], c["task"], c["way"]) for c in data["contaminated"]] == [
        ("a/ones", "HumanEval/0", "behaviour"),
        ("a/text", "HumanEval/1", "text"),
    ]
    assert "| a | 4 | 3 | 2 | 1 |" in page
    assert "| a | premium | 4 |" in page
    assert "| a/ones | HumanEval/0 | behaviour | answers 40 of 40 inputs" in page
    assert "<td>a/ones</td>\n<td>HumanEval/0</td>" in (tmp_path / "out.page").read_text()
    data, page, ids = run("--no-decontaminate")
    assert len(ids) == 3
    assert len(data["contaminated"]) == 2  # the list is kept all the same


def test_the_report_counts_everything(tmp_path):
    groups = [[problem("a/1", tests=2), problem("a/2", "Words here only.")], [problem("b/1")]]
    merged = deduplicate(files(tmp_path, *groups), CONFIG)
    drop_contaminated(merged, [], CONFIG)
    data = report(merged, [])
    assert data["collected"] == {"a": 2, "b": 1}
    assert data["kept"] == {"a": 2}
    assert data["tests_per_problem"]["hidden"] == {
        "least": 1,
        "median": 1.5,
        "mean": 1.5,
        "most": 2,
    }
    assert data["licence"] == {"MIT": 2}
    assert "| b/1 | a/1 | 1.00 |" in table(data)
    kept = json.loads(json.dumps(data, sort_keys=True))  # as it lies in report.json
    assert table(kept) == table(data)


# --- The real files -------------------------------------------------------------------------------


def leetcode_dataset() -> list[Problem]:
    path = SHARED / "leetcode_dataset" / "LeetCodeDataset-v0.2.0-train.jsonl.gz"
    return list(collect("lcd", DataSetSource(kind="leetcode_dataset", path=str(path)), Account()))


@pytest.mark.shared
@pytest.mark.parametrize("with_addresses", [True, False])
def test_leetcode_dataset_and_recorded_questions_share_what_they_share(tmp_path, with_addresses):
    recorded = []
    for name in ("selectProblem", "dailyProblem"):
        data = json.loads((SHARED / f"leetcode_api/alfa-leetcode-api_{name}.json").read_text())
        data = data["data"]
        found = data.get("question") or data["activeDailyCodingChallengeQuestion"]["question"]
        recorded.append(problem_from_question(found))
    problems = leetcode_dataset()
    if not with_addresses:  # by their words alone
        recorded = [one.model_copy(update={"url": None}) for one in recorded]
        problems = [one.model_copy(update={"url": None}) for one in problems]
    config = ProblemsConfig(limit=None, keep_checker_problems=True)
    merged = deduplicate(files(tmp_path, problems, recorded), config)
    names = {one.id.split("/")[1] for one in problems}
    shared = {one.id.split("/")[1] for one in recorded} & names
    pairs = {(d.problem.split("/")[1], d.kept.split("/")[1]) for d in merged.duplicates}
    assert "two-sum" in shared
    assert {(name, name) for name in shared} <= pairs


@pytest.mark.shared
def test_the_recorded_list_shares_most_of_leetcode_dataset():
    with gzip.open(SHARED / "leetcode_api/problemsetQuestionList_2738.json.gz", "rt") as stream:
        listed = json.load(stream)["data"]["problemsetQuestionList"]["questions"]
    theirs = {address_of(f"https://leetcode.com/problems/{q['titleSlug']}") for q in listed}
    ours = [address_of(one.url) for one in leetcode_dataset()]
    assert sum(address in theirs for address in ours) / len(ours) > 0.95


@pytest.mark.shared
@pytest.mark.slow
def test_renamed_benchmark_tasks_are_found_in_leetcode_dataset(tmp_path):
    """The four known ones, and few others; all 1,890 against all 542 take too long for here."""
    expected = {
        ("fibonacci-number", "HumanEval/55"),
        ("monotonic-array", "HumanEval/57"),
        ("to-lower-case", "Mbpp/477"),
        ("number-of-1-bits", "Mbpp/224"),
    }
    wanted = {task for _, task in expected}
    paths = []
    for name in ("HumanEvalPlus-v0.1.10", "MbppPlus-v0.2.0"):
        with gzip.open(SHARED / "evalplus" / f"{name}.jsonl.gz", "rt") as stream:
            lines = stream.readlines()
        paths.append(tmp_path / f"{name}.jsonl")
        chosen = [line for line in lines[15:] if json.loads(line)["task_id"] in wanted]
        paths[-1].write_text("".join(lines[:15] + chosen))
    slugs = {slug for slug, _ in expected}
    problems = [
        one
        for number, one in enumerate(leetcode_dataset())
        if one.id.split("/")[1] in slugs or number % 60 == 0
    ]
    found = behavioural_matches(problems, read_tasks(paths), 12, Counter())
    pairs = {(item.problem.split("/")[1], item.task) for item in found}
    assert expected <= pairs
    assert len(pairs) <= len(expected) + 3
