"""Merging: what counts as one problem, which record is kept, and that every drop is accounted."""

import gzip
import json
import subprocess
import sys
from collections import defaultdict
from functools import partial
from pathlib import Path

import pytest
from helpers.places import ROOT, SHARED
from helpers.records import make_problem

from codepref.errors import UserError
from codepref.files import read_json, write_json, write_records
from codepref.problems.builtin import builtin_problems
from codepref.problems.collect import Account, collect
from codepref.problems.decontamination.behaviour import behavioural_matches
from codepref.problems.decontamination.contamination import (
    CodeOverlap,
    Task,
    TextOverlap,
    read_tasks,
)
from codepref.problems.decontamination.subjects import Unchecked
from codepref.problems.merge import Merged, address_of, deduplicate, drop_contaminated, limit
from codepref.problems.report import report, table
from codepref.problems.settings import DataSetSource, ProblemsConfig
from codepref.problems.sources.leetcode import problem_from_question
from codepref.records import Comparison, Problem, TestCase
from codepref.sampling.shards import split_problems
from codepref.tables.render import markdown_page

CONFIG = ProblemsConfig(limit=None)

LONG = (
    "You are given an array of integers and a target. Walk through the array from left to right, "
    "keep the running sum of what you have seen, and return the first position at which that "
    "running sum reaches the target, or minus one if it never does before the end is reached."
)


def problem(name: str, statement: str = LONG, tests: int | list = 1, **fields) -> Problem:
    values = {
        "licence": "MIT",
        "title": name,
        "statement": statement,
        "parameters": ["a"],
        "parameter_types": ["int"],
        "tests": tests
        if isinstance(tests, list)
        else [TestCase(input=[n], expected=n) for n in range(tests)],
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
    assert kept(wanted) == ["a/2"] and wanted.dropped == merged.dropped  # it has none


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
    with pytest.raises(
        UserError, match=r"1\.jsonl:1: the problem id 'a/1' is already at .*0\.jsonl:1"
    ):
        deduplicate(paths, CONFIG)
    paths[1].write_text(paths[0].read_text().replace('"licence":"MIT"', '"licence":3'))
    with pytest.raises(UserError, match=r"1\.jsonl:1: .*field 'licence'"):
        deduplicate(paths, CONFIG)
    with pytest.raises(UserError, match="no such file"):
        deduplicate([tmp_path / "none.jsonl"], CONFIG)


CONTEST = "https://codeforces.com/contest/9/problem"
LEETCODE = "https://leetcode.com/problems"
EASY = LONG + " The array has 100 numbers."


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        # Another address on the same site is another problem, whatever the words.
        ({"url": f"{CONTEST}/C1"}, {"url": f"{CONTEST}/C2"}, False),
        ({"url": f"{LEETCODE}/combine/"}, {"url": f"{LEETCODE}/combine-ii/"}, False),
        # Two contests that share a problem: the same page at two addresses.
        (
            {"url": f"{CONTEST}/C", "statement": EASY},
            {"url": f"{CONTEST.replace('9', '8')}/A", "statement": EASY},
            True,
        ),
        # Versions are told apart by their titles where one has no address.
        ({"title": "Sums (easy version)"}, {"title": "Sums (hard version)"}, False),
        ({"title": "9_C1. Sums (easy version)"}, {"title": "Sums (easy version)"}, True),
        (
            {"title": "Sums (Easy Version)", "url": f"{CONTEST}/C1"},
            {"title": "Sums (hard version)"},
            False,
        ),
        # Words alone, where nothing else is known.
        ({"url": "https://atcoder.jp/contests/a/tasks/b"}, {"url": "https://other.org/b"}, True),
        ({"url": f"{CONTEST}/C"}, {}, True),
    ],
)
def test_versions_are_two_problems_and_other_sources_of_one_are_one(tmp_path, first, second, same):
    one = problem("a/1", **{"statement": EASY, "title": "t", **first})
    two = problem("b/1", **{"statement": EASY.replace("100", "10000"), "title": "t", **second})
    for order in ([[one], [two]], [[two], [one]]):
        assert len(kept(deduplicate(files(tmp_path, *order), CONFIG))) == (1 if same else 2)


def test_each_version_finds_its_own_duplicate(tmp_path):
    easy, hard = EASY, EASY.replace("100", "10000")
    merged = deduplicate(
        files(
            tmp_path,
            [
                problem("a/C1", easy, 3, url=f"{CONTEST}/C1", title="Sums (easy version)"),
                problem("a/C2", hard, 3, url=f"{CONTEST}/C2", title="Sums (hard version)"),
            ],
            [
                problem("b/C2", hard, 2, title="9_C2. Sums (hard version)"),
                problem("b/C1", easy, 2, title="9_C1. Sums (easy version)"),
                problem("b/x", hard, 1, title="Sums (hard version)"),
            ],
        ),
        CONFIG,
    )
    pairs = {(one.problem, one.kept) for one in merged.duplicates}
    assert pairs == {("b/C1", "a/C1"), ("b/C2", "a/C2"), ("b/x", "a/C2")}


# --- What duplicates know together ----------------------------------------------------------------

SITE = f"{LEETCODE}/valid-parentheses/"
ONES = "class Solution:\n    def f(self, a):\n        return bin(a).count('1')\n"


def answers(*pairs: tuple[int, int]) -> list[TestCase]:
    return [TestCase(input=[given], expected=expected) for given, expected in pairs]


def test_a_twin_gives_its_reference_tests_and_tags(tmp_path):
    text, licence = "The site's own text.", "LeetCode terms"
    crawled = problem("leetcode/v", text, 3, url=SITE, tags=["String"], licence=licence)
    twin = problem(
        "leetcode_dataset/v",
        "A copy of its text.",
        answers((2, 2), (7, 7)),
        url=SITE,
        reference_solution=ONES,
        tags=["Stack", "String"],
        difficulty="easy",
    )
    for groups in ([[crawled], [twin]], [[twin], [crawled]]):
        merged = deduplicate(files(tmp_path, *groups), CONFIG)
        (found,) = merged.problems()
        assert found.id == "leetcode/v" and found.reference_solution == ONES
        assert [test.input for test in found.tests] == [[0], [1], [2], [7]]
        assert found.statement == text
        assert sorted(found.tags) == ["Stack", "String"] and found.difficulty == "easy"
        assert found.licence == "LeetCode terms; MIT"


def test_the_better_text_comes_with_the_comparison_read_from_it(tmp_path):
    close = Comparison(kind="close", absolute_tolerance=1e-5)
    site = problem("leetcode/v", "Within 10^-5.", 1, url=SITE, comparison=close, title="V")
    copy = problem("leetcode_dataset/v", "Within 105.", 5, url=SITE, title="v")
    (found,) = deduplicate(files(tmp_path, [copy], [site]), CONFIG).problems()
    assert (found.id, found.statement, found.title) == ("leetcode_dataset/v", "Within 10^-5.", "V")
    assert found.comparison == close and len(found.tests) == 5
    renamed = site.model_copy(update={"parameters": ["b"]})  # its text speaks of another name
    (found,) = deduplicate(files(tmp_path, [copy], [renamed]), CONFIG).problems()
    assert found.statement == "Within 105."
    own = problem("mine/v", "My own words.", 9, url=SITE)
    (found,) = deduplicate(files(tmp_path, [own], [site]), CONFIG).problems()
    assert found.statement == "My own words."


def test_answers_that_disagree_are_reported_and_the_first_is_kept(tmp_path):
    first = problem("leetcode/v", tests=3, url=SITE)
    other = problem("leetcode_dataset/v", tests=answers((2, 5), (9, 9)), url=SITE)
    merged = deduplicate(files(tmp_path, [first], [other]), CONFIG)
    (found,) = merged.problems()
    assert [(test.input, test.expected) for test in found.tests][2:] == [([2], 2), ([9], 9)]
    data = report(merged, [])
    (conflict,) = data["conflicts"]
    assert list(conflict.values()) == ["leetcode/v", "leetcode_dataset/v", "[2]", "2", "5"]
    assert "| leetcode/v | leetcode_dataset/v | [2] | 2 | 5 |" in table(data)


def test_several_right_answers_disagree_about_nothing(tmp_path):
    checker = "def check(arguments, answer, expected): return True"
    first = problem("mine/v", tests=3, url=SITE, needs_checker=True)
    other = problem("leetcode_dataset/v", tests=answers((2, 5), (9, 9)), url=SITE, checker=checker)
    keep = ProblemsConfig(limit=None, keep_checker_problems=True)
    merged = deduplicate(files(tmp_path, [first], [other]), keep)
    (found,) = merged.problems()
    assert found.checker == checker and len(found.tests) == 4
    assert report(merged, [])["conflicts"] == []


@pytest.mark.parametrize(
    ("tests", "pooled"),
    [
        ([(0, 0), (50, 7)], True),  # an example in common
        ([(50, 7)], False),  # nothing shows that it is the same
        ([(0, 0), (1, 0), (50, 7)], False),  # a variant: another answer to the same input
    ],
)
def test_words_alone_do_not_make_two_records_share_tests(tmp_path, tests, pooled):
    alike = LONG + " At most ten of them."
    other = problem("b/1", alike, answers(*tests), reference_solution=ONES)
    merged = deduplicate(files(tmp_path, [problem("a/1", tests=4)], [other]), CONFIG)
    (found,) = merged.problems()
    assert len(merged.duplicates) == 1
    assert (found.reference_solution is not None) == pooled
    assert len(found.tests) == (5 if pooled else 4)


def program(name: str, *tests: tuple[str, str], visible: bool = False, **fields) -> Problem:
    cases = [TestCase(input=a, expected=b, visible=visible) for a, b in tests]
    plain = {"entry_point": None, "parameters": None, "comparison": Comparison(kind="tokens")}
    return problem(name, tests=cases, interface="stdio", **plain, **fields)


def test_a_duplicate_of_another_interface_adds_nothing(tmp_path):
    first = program("a/1", ("1\n", "1\n"), ("2\n", "2\n"), url=SITE)
    function = problem("b/1", url=SITE, reference_solution=ONES)
    (found,) = deduplicate(files(tmp_path, [first], [function]), CONFIG).problems()
    assert found == first


def test_the_tests_of_programs_are_the_same_whatever_their_spacing(tmp_path):
    first = program("a/1", ("1 2\n", "3\n"), ("3 4\n", "7\n"))
    second = program("b/1", ("1 2", "3"), ("5 6\n", "11\n"), visible=True)
    (found,) = deduplicate(files(tmp_path, [first], [second]), CONFIG).problems()
    assert [(test.input, test.visible) for test in found.tests] == [
        ("1 2\n", True),
        ("3 4\n", False),
        ("5 6\n", True),
    ]


def test_a_problem_needs_a_checker_if_one_of_its_records_says_so(tmp_path):
    """The site's page has no phrase for it, but a data set has a checker for the problem."""
    page = problem("codeforces/9C", tests=9, url=f"{CONTEST}/C")
    row = page.model_copy(
        update={"id": "open_r1_codeforces/9C", "needs_checker": True, "checker": "def check(): ..."}
    )
    paths = files(tmp_path, [page], [row])
    merged = deduplicate(paths, CONFIG)
    assert kept(merged) == [] and merged.dropped["needs a checker"] == {"codeforces": 1}
    (found,) = deduplicate(paths, ProblemsConfig(limit=None, keep_checker_problems=True)).problems()
    assert found.needs_checker and found.checker == row.checker


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
    unchecked: Unchecked = defaultdict(list)
    found = behavioural_matches([problem("a/1", reference_solution=code)], tasks, 12, unchecked)
    assert [item.task for item in found] == [f"HumanEval/{number}" for number in expected]
    assert unchecked["benchmark task without telling answers"] == ["HumanEval/2"]


def test_a_match_that_the_problems_own_tests_refute_is_by_chance(tmp_path, tasks):
    """It counts ones, as the task does, but of negative numbers too: the task has no such input."""
    ones = "def f(a):\n    return format(a, 'b').count('1') if a >= 0 else -1"
    tests = [TestCase(input=[5], expected=2), TestCase(input=[-5], expected=-1)]
    different = problem("a/1", reference_solution=ones).model_copy(update={"tests": tests})
    (found,) = behavioural_matches([different], tasks, 12, defaultdict(list))
    assert found.by_chance
    assert "f solves 1 of the problem's 2 tests" in found.evidence
    merged = deduplicate(files(tmp_path, [different]), CONFIG)
    drop_contaminated(merged, [found], CONFIG)
    data = report(merged, [])
    assert data["kept_total"] == 1 and data["contaminated"] == []
    assert "### By chance only" in table(data) and "| a/1 | HumanEval/0 |" in table(data)


def test_what_behaviour_cannot_check_is_counted(tasks):
    unchecked: Unchecked = defaultdict(list)
    solved = partial(problem, reference_solution="def f(a):\n    return 7")
    programs = partial(
        problem,
        interface="stdio",
        parameters=None,
        parameter_types=None,
        reference_solution="x = 1",
    )
    problems = [
        problem("a/none"),
        solved("a/tree", parameter_types=["TreeNode"]),
        solved("a/asserts", parameter_types=None, tests=[TestCase(check="def check(f): f(1)")]),
        solved("a/broken", reference_solution="def f(a:"),
        programs("a/form", tests=[TestCase(input="a = 1; b = [2]\nok\n", expected="1")]),
        programs("a/fails", tests=[TestCase(input="1\n", expected="1")]),
    ]
    assert list(behavioural_matches(problems, tasks, 12, unchecked)) == []
    assert unchecked == {
        "benchmark task without telling answers": ["HumanEval/2"],
        "no reference solution": ["a/none"],
        "no benchmark task's arguments fit its parameters": ["a/tree"],
        "parameters not declared, and no test shows them": ["a/asserts"],
        "its reference solution does not run": ["a/broken"],
        "its standard input has no form that a benchmark task's arguments fit": ["a/form"],
        "its reference solution fails on its own tests": ["a/fails"],
    }
    data = report(Merged([], unchecked=unchecked), [])
    assert data["unchecked"]["no reference solution"] == 1
    assert data["unchecked_ids"] == unchecked
    assert "| its reference solution does not run | 1 |" in table(data)


@pytest.mark.slow
def test_a_report_is_written_when_every_problem_is_a_benchmark_task(tmp_path, tasks):
    (path,) = files(tmp_path, [problem("a/1", "Now add ten to it.")])
    command = [sys.executable, "scripts/merge_problems.py", "--inputs", str(path)]
    command += ["--benchmarks", str(tmp_path / "tasks.jsonl")]
    for name in ("output", "report"):
        command += [f"--{name}", str(tmp_path / f"out.{name}")]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    why = "no problem is left (1 benchmark task)"
    assert f"{why}; {tmp_path / 'out.report'} says more" in done.stderr
    assert "| a/1 | HumanEval/1 | text |" in table(read_json(tmp_path / "out.report"))
    assert (tmp_path / "out.output").read_text() == ""
    with pytest.raises(UserError, match=r"no problem is left after .*; its log says why"):
        split_problems(tmp_path / "out.output", [tmp_path / "0.jsonl"], 4)


@pytest.mark.slow
def test_a_benchmark_task_is_found_in_any_record_of_a_problem(tmp_path, tasks):
    """By a twin's solution or text, though another record gives the problem its name."""
    ones = "def f(a):\n    return format(a, 'b').count('1')"
    url = "https://leetcode.com/problems/p{}/"
    counts = answers((0, 0), (2, 1), (3, 2))
    crawled = [
        problem(f"leetcode/p{n}", f"Weigh {'abc'[n]}.", counts, url=url.format(n)) for n in range(3)
    ]
    twins = [
        problem("leetcode_dataset/p0", "Weigh it.", url=url.format(0), reference_solution=ones),
        problem("leetcode_dataset/p1", "Now add ten to it.", url=url.format(1)),
        problem(
            "leetcode_dataset/p2",
            "Weigh it all.",
            answers((1, 1)),
            url=url.format(2),
            entry_point="g",
            reference_solution=ones.replace("def f", "def g"),
        ),
    ]
    merged = deduplicate(files(tmp_path, crawled, twins), CONFIG)
    texts = [hit for one in merged.records() for hit in TextOverlap(tasks, 10).find(one)]
    assert {(hit.problem, hit.task) for hit in texts} == {("leetcode/p1", "HumanEval/1")}
    unchecked: Unchecked = defaultdict(list)
    hits = list(behavioural_matches(merged.solved(), tasks, 12, unchecked))
    assert {(hit.problem, hit.task) for hit in hits} == {
        ("leetcode/p0", "HumanEval/0"),
        ("leetcode/p2", "HumanEval/0"),
    }
    drop_contaminated(merged, texts + hits, CONFIG)
    assert merged.kept == [] and merged.dropped["benchmark task"] == {"leetcode": 3}


def test_a_duplicate_that_is_a_program_is_compared_too(tmp_path, tasks):
    url = "https://leetcode.com/problems/p/"
    program = problem(
        "b/p",
        interface="stdio",
        url=url,
        parameters=None,
        parameter_types=None,
        reference_solution="print(bin(int(input())).count('1'))",
        tests=[TestCase(input="5\n", expected="2\n")],
    )
    merged = deduplicate(files(tmp_path, [problem("a/p", tests=3, url=url)], [program]), CONFIG)
    unchecked: Unchecked = defaultdict(list)
    (found,) = behavioural_matches(merged.solved(), tasks, 12, unchecked)
    assert (found.problem, found.task, found.by_chance) == ("a/p", "HumanEval/0", False)
    assert "standard input: word 1; the answers in words" in found.evidence
    assert "no reference solution" not in unchecked  # another record of it has one


def test_a_solution_that_changes_its_argument_is_compared_by_it():
    inputs = [[[n % 7, n % 5, n]] for n in range(40)]
    task = Task("T/1", "f", "", "def f(a):\n    return sorted(a)\n", inputs, 0.0)
    sorting = problem(
        "a/1",
        parameter_types=["list[int]"],
        in_place=0,
        reference_solution="def f(a):\n    a.sort()",
        tests=[TestCase(input=[[2, 1]], expected=[1, 2])],
    )
    (found,) = behavioural_matches([sorting], [task], 12, defaultdict(list))
    assert not found.by_chance and "f solves 1 of the problem's 1 tests" in found.evidence


@pytest.mark.slow
def test_the_script_drops_lists_and_explains(tmp_path, tasks):
    ones = "def f(a):\n    return format(a, 'b').count('1')"
    problems = [
        problem("a/ones", "Weigh a.", reference_solution=ones),
        problem("a/text", "Now add ten to it.", tests=3),
        problem("a/fine", LONG, difficulty="easy"),
    ]
    account = {"source": "a", "collected": 3, "skipped": {"premium": 4}}
    write_json(tmp_path / "a.json", {**account, "seconds": 7.5, "mib": 1.25})
    (path,) = files(tmp_path, problems)

    def run(*options: str) -> tuple[dict, str, list[str]]:
        command = [sys.executable, "scripts/merge_problems.py", "--inputs", str(path)]
        command += ["--benchmarks", str(tmp_path / "tasks.jsonl")]
        command += ["--collected", str(tmp_path / "a.json")]
        for name in ("output", "report"):
            command += [f"--{name}", str(tmp_path / f"out.{name}")]
        subprocess.run([*command, *options], check=True, cwd=ROOT, capture_output=True)
        lines = (tmp_path / "out.output").read_text().splitlines()
        data = json.loads((tmp_path / "out.report").read_text())
        return data, table(data), [json.loads(x)["id"] for x in lines]

    data, page, ids = run()
    assert ids == ["a/fine"]
    assert data["dropped"] == {"benchmark task": {"a": 2}}
    assert [(c["problem"], c["task"], c["way"]) for c in data["contaminated"]] == [
        ("a/ones", "HumanEval/0", "behaviour"),
        ("a/text", "HumanEval/1", "text"),
    ]
    assert "| a | 4 | 3 | 2 | 1 |" in page
    assert "| a | premium | 4 |" in page
    assert "| a | 7.5 | 1.25 |" in page and "| **merging** |" in page
    assert "| a/ones | HumanEval/0 | behaviour | answers 40 of 40 inputs" in page
    assert "<td>a/ones</td>\n<td>HumanEval/0</td>" in markdown_page(page)
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
    merged = deduplicate(files(tmp_path, problems, recorded), CONFIG)
    names = {one.id.split("/")[1] for one in problems}
    shared = {one.id.split("/")[1] for one in recorded} & names
    pairs = {(d.problem.split("/")[1], d.kept.split("/")[1]) for d in merged.duplicates}
    assert "two-sum" in shared
    assert {(name, name) for name in shared} <= pairs


@pytest.mark.shared
def test_no_two_questions_of_leetcode_dataset_are_one(tmp_path):
    """Each has its own address, also guess-numbers, whose English statement is missing."""
    problems = leetcode_dataset()
    merged = deduplicate(files(tmp_path, problems), CONFIG)
    kept_or_dropped = len(merged.kept) + merged.dropped["needs a checker"].total()
    assert merged.duplicates == [] and kept_or_dropped == len(problems) == 1888


@pytest.mark.shared
@pytest.mark.slow
def test_valid_parentheses_is_a_benchmark_task_with_and_without_a_crawled_twin(tmp_path):
    """The twin has more examples and no reference solution: the record kept has both."""
    twin = next(one for one in leetcode_dataset() if one.id.endswith("/valid-parentheses"))
    more = [
        TestCase(input=[text], expected=right) for text, right in (("([])", True), ("([)]", False))
    ]
    crawled = twin.model_copy(
        update={
            "id": "leetcode/valid-parentheses",
            "source": "leetcode",
            "reference_solution": None,
            "tests": [*twin.tests, *more],
        }
    )
    path = SHARED / "evalplus/HumanEvalPlus-v0.1.10.jsonl.gz"
    with gzip.open(path, "rt") as stream:
        lines = [line for line in stream if json.loads(line)["task_id"] == "HumanEval/61"]
    (tmp_path / "tasks.jsonl").write_text("".join(lines))
    tasks = read_tasks([tmp_path / "tasks.jsonl"])
    for records in ([[twin]], [[twin], [crawled]]):
        merged = deduplicate(files(tmp_path, *records), CONFIG)
        (found,) = behavioural_matches(merged.solved(), tasks, 12, defaultdict(list))
        assert (found.problem, found.task) == (merged.kept[0].id, "HumanEval/61")
        assert not found.by_chance
        (kept_one,) = merged.problems()
        assert len(kept_one.tests) == len(twin.tests) + 2 * (len(records) - 1)


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
    found = behavioural_matches(problems, read_tasks(paths), 12, defaultdict(list))
    pairs = {(item.problem.split("/")[1], item.task) for item in found}
    assert expected <= pairs
    assert len(pairs) <= len(expected) + 3
