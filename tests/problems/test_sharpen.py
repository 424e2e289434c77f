"""Tests made with reference solutions: inside of the contract, of the same types, repeatable."""

import importlib
import itertools
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from helpers.places import ROOT, SCRIPTS, SHARED
from helpers.records import make_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from codepref.files import read_json, write_records
from codepref.problems.report import table
from codepref.problems.sharpening.comparisons import comparisons
from codepref.problems.sharpening.constraints import Constraints
from codepref.problems.sharpening.contract import Contract
from codepref.problems.sharpening.input_facts import is_search_tree, is_tree
from codepref.problems.sharpening.mutate import Mutator
from codepref.problems.sharpening.ranges import stated_ranges
from codepref.problems.sharpening.sharpen import ENOUGH, UNREAD, Sharpened, sharpen
from codepref.problems.sharpening.small import SmallInputs
from codepref.records import Comparison, Problem, TestCase, read_problems
from codepref.values import decode, encode

REFERENCE = "def f(nums, k):\n    return sorted(nums)[k - 1]\n"


def problem(inputs: list[list[Any]], answers: list[Any], **changes: Any) -> Problem:
    fields: dict[str, Any] = {
        "parameters": ["nums", "k"],
        "parameter_types": ["list[int]", "int"],
        "reference_solution": REFERENCE,
        "tests": [
            TestCase(input=encode(arguments), expected=encode(answer), visible=True)
            for arguments, answer in zip(inputs, answers, strict=True)
        ],
    }
    return make_problem(changes.pop("name", "t/kth"), **fields | changes)


KTH = problem(
    [[[3, 1, 2], 2], [[5, 4], 1], [[7, 7, 1, 0], 4]],
    [2, 4, 7],
    statement="Return the k-th least number.\nConstraints:\n1 <= k <= nums.length <= 100\n",
)


def made_inputs(of: Problem, attempts: int = 600, seed: int = 0) -> list[list[Any]]:
    inputs = [decode(test.input) for test in of.tests]
    return list(Mutator(inputs, Contract(inputs, of), seed).new_inputs(attempts))


# --- Inputs --------------------------------------------------------------------------------------

values = st.recursive(
    st.integers(-50, 50)
    | st.booleans()
    | st.text("ab1( ", max_size=5)
    | st.floats(-9, 9, width=16)
    | st.none(),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)


def types_of(value: Any) -> set[type]:
    inner = value if isinstance(value, list) else []
    return {type(value)}.union(*map(types_of, inner))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3).flatmap(
    lambda n: st.lists(st.lists(values, min_size=n, max_size=n), min_size=1, max_size=3)
), st.integers(0, 99))  # fmt: skip
def test_inputs_made_keep_types_and_what_the_given_ones_share(inputs, seed):
    of = make_problem("t/any")
    contract = Contract(inputs, of)
    assert all(contract.allows(arguments) for arguments in inputs)
    for maker in (Mutator, SmallInputs):
        seen: set[str] = {repr(arguments) for arguments in inputs}
        for arguments in maker(inputs, contract, seed).new_inputs(60):
            assert repr(arguments) not in seen
            seen.add(repr(arguments))
            for position, value in enumerate(arguments):
                types = types_of([given[position] for given in inputs])
                assert types_of(value) <= types
            encode(arguments)


def test_inputs_made_depend_on_the_seed_only():
    assert made_inputs(KTH) == made_inputs(KTH) != made_inputs(KTH, seed=1)
    assert len(made_inputs(KTH)) > 50


def test_numbers_and_lengths_stay_near_what_was_seen_and_stated():
    for nums, k in made_inputs(KTH):
        assert 1 <= k <= len(nums) <= 8
        assert all(0 <= number <= 7 for number in nums)


def pairs_of(tests: list[list[Any]], **changes: Any) -> Iterator[list[Any]]:
    names = ["a", "b"][: len(tests[0])]
    yield from made_inputs(
        problem(tests, [0] * len(tests), parameters=names, parameter_types=None, **changes)
    )


@pytest.mark.parametrize(
    ("tests", "holds"),
    [
        ([[[1, 3, 9]], [[2, 4]]], lambda a: a == sorted(a)),
        ([[[4, 1, 2]], [[8, 3]]], lambda a: len(set(a)) == len(a)),
        ([[[[1, 2], [3, 4]]], [[[5]]]], lambda a: all(len(row) == len(a) for row in a)),
        ([[3, [[0, 1], [1, 2]]], [4, [[0, 1], [0, 2], [0, 3]]]], lambda n, e: len(e) == n - 1),
        ([["ab", "ba"], ["xyz", "zxy"]], lambda a, b: sorted(a) == sorted(b)),
        ([[[1, 2], [3, 4]], [[5, 6, 7], [8, 9, 1]]], lambda a, b: len(a) == len(b)),
        ([["(())"], ["()()"]], lambda a: a.count("(") == a.count(")")),
        ([["2024-01-30"], ["1999-12-01"]], lambda a: a[4] == a[7] == "-" and len(a) == 10),
        ([[[2, 1, 3]], [[5, 3, 6, 2, 4]]], lambda a: len(a) % 2 == 1),
    ],
)  # fmt: skip
def test_what_all_given_inputs_have_is_kept(tests, holds):
    assert all(holds(*arguments) for arguments in pairs_of(tests))


def test_search_trees():
    assert is_search_tree([2, 1, 3]) and is_search_tree([5, 3, None, None, 4])
    assert not is_search_tree([1, 2, 3]) and not is_search_tree([5, 3, None, None, 6])
    assert not is_search_tree([]) and not is_search_tree([1, None, None, 4])


# --- What the smallest inputs find ---------------------------------------------------------------

WRONG = {
    # By name: parameters, given inputs and constraints of a LeetCode problem, and an input on which
    # a model's wrong program had been passed by twenty tests.
    "row-with-maximum-ones": (["mat"], [[[[0, 1], [1, 0]]], [[[0, 0, 0], [0, 1, 1]]],
        [[[0, 0], [1, 1], [0, 0]]]],
        "m == mat.length\nn == mat[i].length\n1 <= m, n <= 100\nmat[i][j] is either 0 or 1.",
        [[[0]]]),
    "sum-of-all-subset-xor-totals": (["nums"], [[[1, 3]], [[5, 1, 6]], [[3, 4, 5, 6, 7, 8]]],
        "1 <= nums.length <= 12\n1 <= nums[i] <= 20", [[2]]),
    "reaching-points": (["sx", "sy", "tx", "ty"], [[1, 1, 3, 5], [1, 1, 2, 2], [1, 1, 1, 1]],
        "1 <= sx, sy, tx, ty <= 109", [2, 1, 2, 2]),
    "integer-break": (["n"], [[2], [10]], "2 <= n <= 58", [3]),
    "rotate-string": (["s", "goal"], [["abcde", "cdeab"], ["abcde", "abced"]],
        "1 <= s.length, goal.length <= 100\ns and goal consist of lowercase English letters.",
        ["aa", "aa"]),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_inputs_that_told_wrong_programs_from_right_ones_are_made(name: str) -> None:
    parameters, given, listed, telling = WRONG[name]
    of = problem(given, [0] * len(given), parameters=parameters, parameter_types=None,
                 statement=f"Answer the query.\nExample 1:\nConstraints:\n{listed}")  # fmt: skip
    contract = Contract(given, of)
    assert not contract.unread and contract.allows(telling)
    assert telling in SmallInputs(given, contract, 0).new_inputs(3000)


@pytest.mark.parametrize(
    ("described", "refused"),
    [("distinct numbers", [4, 4]), ("the array in sorted order", [9, 3]), ("numbers", None)],
)
def test_what_examples_share_is_chance_only_if_no_word_may_mean_it(
    described: str, refused: list[int] | None
) -> None:
    given = [[[1, 3, 9]], [[2, 4, 5, 8]]]
    of = problem(given, [0] * 2, parameters=["nums"], parameter_types=None,
                 statement=f"You get {described}.\nConstraints:\n1 <= nums.length <= 9",
                 )  # fmt: skip
    contract = Contract(given, of)
    allowed = [one for one in ([4, 4], [9, 3]) if contract.allows([one])]
    assert allowed == [one for one in ([4, 4], [9, 3]) if one != refused]
    unlisted = of.model_copy(update={"statement": "You get numbers."})
    assert not Contract(given, unlisted).allows([[4, 4]])  # nothing says what is promised


GROWING = {
    "the bound is a product": (["s", "goal"], [["ab", "ba"], ["aa", "aa"]], "",
        "1 <= s.length, goal.length <= 2 * 10^4\ns and goal consist of lowercase letters."),
    "a list that is never as long as its numbers are large": (["height"],
        [[[1, 8, 6, 2, 5, 4, 8, 3, 7]], [[1, 1]]], "",
        "n == height.length\n2 <= n <= 105\n0 <= height[i] <= 104"),
    "a permutation": (["row"], [[[0, 2, 1, 3]], [[3, 2, 0, 1]]], "",
        "2n == row.length\n2 <= n <= 30\nn is even.\n0 <= row[i] < 2n\n"
        "All the elements of row are unique."),
    "lists of one length": (["names", "heights"],
        [[["Mary", "John"], [180, 165]], [["Al", "Bob"], [155, 185]]], "",
        "n == names.length == heights.length\n1 <= n <= 103\n1 <= names[i].length <= 20\n"
        "1 <= heights[i] <= 105\nAll the values of heights are distinct."),
    "a matrix": (["grid"], [[[[1, 2], [4, 5]]], [[[1, 1], [3, 1]]]], "",
        "m == grid.length\nn == grid[i].length\n1 <= m, n <= 200\n0 <= grid[i][j] <= 200"),
    "a triangle": (["triangle"], [[[[2], [3, 4], [6, 5, 7]]]], "",
        "1 <= triangle.length <= 200\ntriangle[0].length == 1\n"
        "triangle[i].length == triangle[i - 1].length + 1\n-104 <= triangle[i][j] <= 104"),
    "edges of a tree": (["n", "edges"],
        [[4, [[1, 0], [1, 2], [1, 3]]], [6, [[3, 0], [3, 1], [3, 2], [3, 4], [5, 4]]]],
        "A tree is a graph; edges[i] = [ai, bi] connects two of its nodes.",
        "1 <= n <= 2 * 104\nedges.length == n - 1\n0 <= ai, bi < n\nai != bi\n"
        "The given input is guaranteed to be a tree and there will be no repeated edges."),
    "a search tree": (["root"], [[[2, 1, 4]], [[1, 0, 3]]], "Given a binary search tree.",
        "The number of nodes in the tree is in the range [0, 5000].\n-105 <= Node.val <= 105"),
    "words of a sentence": (["text"], [["one two"], ["three"]], "",
        "1 <= text.length <= 100\ntext consists of lowercase English letters and spaces.\n"
        "The words in text are separated by a single space."),
}  # fmt: skip


@pytest.mark.parametrize("name", GROWING)
def test_inputs_made_are_also_longer_than_the_given_ones(name: str) -> None:
    parameters, given, told, listed = GROWING[name]
    types = ["TreeNode"] if parameters == ["root"] else None
    statement = f"{told}\nConstraints:\n{listed}"
    of = problem(given, [0] * len(given), parameters=parameters, parameter_types=types,
                 statement=statement)  # fmt: skip
    contract = Contract(given, of)
    assert not contract.unread

    def size(arguments: list[Any]) -> int:
        return max(len(value) for value in arguments if isinstance(value, (list, str)))

    made = [
        one for maker in (SmallInputs, Mutator) for one in maker(given, contract, 0).new_inputs(600)
    ]
    longer = [one for one in made if size(one) > max(map(size, given))]
    assert len(longer) > 5
    if name == "a permutation":
        assert all(sorted(row) == [*range(len(row))] and len(row) % 4 == 0 for (row,) in made)
    if name == "edges of a tree":
        ends = [({*itertools.chain(*edges)}, n) for n, edges in made if edges]
        assert all(names == {*range(n)} for names, n in ends)
    if name == "a search tree":
        assert all(is_search_tree(root) for (root,) in made if root)


LENGTHS = ((0, "length"), (1, "length"))


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("1 <= s.length <= 2 * 10^4", {(0, "length"): (1, 20000)}),
        ("-2 * 10**3 <= s[i] <= 5", {(0, "*"): (-2000, 5)}),
        ("n == s.length == t.length\n1 <= n <= 9", dict.fromkeys(LENGTHS, (1, 9))),
        ("t.length == s.length\n2 <= s.length <= 9", dict.fromkeys(LENGTHS, (2, 9))),
        ("s.length == n + 1\n1 <= n <= 9", {}),
        ("2 * n == s.length\n2n == t.length\n1 <= n <= 9", {}),
        ("m == s[i].length\n1 <= m, t <= 9", {(0, "*", "length"): (1, 9), (1,): (1, 9)}),
    ],
)  # fmt: skip
def test_ranges_are_read(text: str, ranges: dict[Any, Any]) -> None:
    of = problem([[[1], [2]]], [0], parameters=["s", "t"], parameter_types=None,
                 statement=f"Do it.\nConstraints:\n{text}")  # fmt: skip
    assert stated_ranges(of) == ranges


@pytest.mark.parametrize(
    ("levels", "is_one"),
    [([], True), ([1], True), ([1, None, 2, 3], True), ([1, None, None, 2], False),
     ([1, 2, None], False), ([None, 1], False)],
)  # fmt: skip
def test_lists_that_are_no_trees_are_told(levels: list[Any], is_one: bool) -> None:
    assert is_tree(levels) == is_one


def test_texts_of_one_length_stay_so_where_the_statement_says_it() -> None:
    given = [[["ab", "cd"]], [["abc", "bca", "aab"]]]
    allowed = []
    for said in ("n texts, all of the same length", "n texts"):
        of = problem(given, [0] * 2, parameters=["strs"], parameter_types=None,
                     statement=f"{said}.\nConstraints:\nn == strs.length\n1 <= n <= 9\n"
                     "1 <= strs[i].length <= 9")  # fmt: skip
        allowed.append(Contract(given, of).allows([["ab", "c"]]))
    assert allowed == [False, True]


def test_cells_of_a_grid_of_letters_stay_letters() -> None:
    given = [[[["a", "b"], ["c", "a"]]], [[["a", "b", "c"]]]]
    of = problem(given, [0] * 2, parameters=["grid"], parameter_types=None,
                 statement="A grid.\nConstraints:\nm == grid.length\nn == grid[i].length\n"
                 "1 <= m, n <= 9\ngrid consists only of lowercase English letters.")  # fmt: skip
    made = list(SmallInputs(given, Contract(given, of), 0).new_inputs(300))
    assert made and all(len(cell) == 1 for (grid,) in made for row in grid for cell in row)


# --- What statements promise ---------------------------------------------------------------------


def constraints(lines: str, inputs: list[list[Any]], *names: str) -> Constraints:
    of = problem(inputs, [0] * len(inputs), parameters=list(names), parameter_types=None,
                 statement=f"Do it.\nConstraints:\n{lines}")  # fmt: skip
    return Constraints(of, inputs)


@pytest.mark.parametrize(
    ("lines", "inside", "outside"),
    [
        ("1 <= k <= nums.length", [[1, 2], 2], [[1, 2], 3]),
        ("n == nums.length\n1 <= k < n", [[1, 2], 1], [[1, 2], 2]),
        ("1 <= nums[i], k <= 9", [[1, 9], 2], [[1, 10], 2]),
        ("nums.length == k * 2", [[1, 2], 1], [[1, 2, 3], 1]),
        ("1 <= k <= nums.length!", [[1, 2, 3], 6], [[1, 2, 3], 7]),
        ("1 <= nums[i] <= 2^k", [[1, 2], 1], [[3, 2], 1]),
        ("1 <= k <= floor(nums.length / 3)", [[0, 0, 0], 1], [[0, 0, 0], 2]),
        ("k <= min(nums.length, 3)", [[0, 0], 2], [[0] * 5, 4]),
        ("max(nums[i]) <= k and sum(nums[i]) == 6", [[1, 5], 5], [[1, 5], 4]),
        ("sum(nums) >= k", [[1, 2], 3], [[1, 2], 4]),
        ("|k| <= 3", [[1], -3], [[1], -4]),
        ("nums[0] == k\nnums[nums.length - 1] != k", [[1, 0, 2], 1], [[1, 0, 1], 1]),
        ("nums[k] == 0", [[1, 0], 1], [[1, 0], 0]),
        ("nums[i] < nums[i + 1]", [[1, 3, 4], 0], [[1, 4, 3], 0]),
        ("1 <= nums[i] < nums[i + 1] < k", [[1, 3, 4], 5], [[5], 5]),
        ("k >= nums[i] > nums[i - 1] >= 0", [[1, 3, 4], 5], [[-1], 5]),
        ("nums[i] != i for i != 0", [[0, 2], 0], [[2, 1], 0]),
        ("0 <= nums[i] <= k for all i >= 1", [[-5, 2], 3], [[0, 5], 3]),
        ("nums.length == 2 * n\n1 <= n\nk < n", [[1, 2, 3, 4], 1], [[1, 2, 3, 4], 2]),
        ("2n == nums.length\n0 <= nums[i] < 2n", [[0, 3, 1, 2], 1], [[0, 4, 1, 2], 1]),
        ("nums.length == n - 1\nk < n", [[1, 2], 2], [[1, 2], 3]),
        ("nums[i] is either 0 or 1.", [[0, 1], 2], [[0, 2], 2]),
        ("nums[i] is -1, 0, or 1.", [[0, -1], 2], [[0, 2], 2]),
        ("NUMS[i] <= k", [[0, 1], 2], [[3, 1], 2]),
        ("nums % 10 != 0", [11, 0], [10, 0]),
        ("nums[i][j] == nums[j][i]", [[[0, 1], [1, 0]], 0], [[[0, 1], [2, 0]], 0]),
        ("nums[i].length == nums[i - 1].length + 1", [[[0], [1, 0]], 0], [[[0], [2]], 0]),
        ("nums[m - 1][n - 1] == 0\nm == nums.length\nn == nums[i].length",
         [[[1, 1], [1, 0]], 0], [[[0, 0], [0, 1]], 0]),
        ("'0' <= nums[i] <= '9'", ["09", 0], ["0a", 0]),
        ("nums[0] == '(' and nums[nums.length - 1] == ')'", ["(a)", 0], ["(a", 0]),
        ("1 <= nums <= 99", ["12", 0], ["100", 0]),
        ("nums <= k", ["50", "100"], ["50", "6"]),
        ("nums = [row, col]\n0 <= row < k\ncol != row", [[1, 0], 2], [[2, 0], 2]),
        ("nums[i] = [ai, bi]\n0 <= ai, bi < k\nai != bi", [[[0, 1]], 2], [[[0, 2]], 2]),
        ("nums[i] = [ai, bi]\nai < bi", [[[0, 1], [0, 2]], 2], [[[0, 1], [3, 2]], 2]),
        ("Note: pairs are [starti, endi].\nendi-1 < starti", [[[1, 2], [3, 4]], 0],
         [[[1, 3], [3, 4]], 0]),
        ("nums.length == 3 * n\nk < n", [[1, 2, 3], 0], [[1, 2, 3, 4], 0]),
        ("1 <= k and nums[i] <= 9", [[1, 9], 9], [[1, 9], 10]),
        ("k >= 1,000", [[1], 1000], [[1], 5]),
        ("k == nums.length / 2", [[1, 2], 1], [[1, 2, 3], 1]),
        ("nums != k", ["1", "01"], ["1", "1"]),
        ("k is in the range [1, nums.length].", [[1, 2], 2], [[1, 2], 3]),
        ("nums.length is a multiple of 2.", [[1, 2], 2], [[1, 2, 3], 3]),
        ("nums[i] and k are 0 or 1.", [[1, 0], 1], [[1, 0], 2]),
        ("1 <= k <= min(nums.length, 104)", [[0] * 300, 200], [[0, 0], 3]),  # 10^4
    ],
)  # fmt: skip
def test_comparisons_are_read(lines, inside, outside):
    found = constraints(lines, [inside], "nums", "k")
    assert not found.unread
    assert found.allow(inside) and not found.allow(outside)


def test_sizes_of_trees_are_known():
    of = problem(
        [[[2, 1, 3], 3]],
        [0],
        parameters=["root", "k"],
        parameter_types=["TreeNode", "int"],
        statement="Do.\nConstraints:\nThe number of nodes in the tree is n.\n1 <= k <= n",
    )
    found = Constraints(of, [[[2, 1, 3], 3]])
    assert not found.unread
    assert found.allow([[2, None, 3], 2]) and not found.allow([[2, None, 3], 3])


@pytest.mark.parametrize(
    ("line", "inside", "outside"),
    [
        ("The number of nodes in the list is in the range [1, m * n].", [[1, 2, 3, 4], []],
         [[1, 2, 3, 4, 5], []]),
        ("The number of nodes in each linked list is in the range [0, 3].", [[1, 2, 3], [1]],
         [[1, 2, 3], [1] * 4]),
        ("The number of the nodes in the given list will be in the range [2, 2 * 10^1]",
         [[1, 2], [1, 2]], [[1, 2], [1]]),
    ],
)  # fmt: skip
def test_ranges_of_how_many_nodes_are_read(line, inside, outside):
    given = [2, 2, *inside]
    of = problem(
        [given],
        [0],
        parameters=["m", "n", "head", "other"],
        parameter_types=["int", "int", "ListNode", "ListNode"],
        statement=f"Do.\nConstraints:\n{line}",
    )
    found = Constraints(of, [given])
    assert not found.unread
    assert found.allow(given) and not found.allow([2, 2, *outside])


PIECES = [*"nkij[](),.+-*/%^!|02 ", "nums", "<=", "<", "==", "!=", " = ", "10^9", "'a'", ".length"]
PIECES += [
    "sum(",
    "min(",
    "floor(",
    "factorial(",
    " is either ",
    " or ",
    " and ",
    " for all ",
    "[i]",
]


@settings(max_examples=300, deadline=1000)
@given(st.lists(st.sampled_from([*PIECES, "[i + 1]", "**", "\\", "\0"]), max_size=24), values)
def test_any_line_is_read_or_left_in_no_time(words, value):
    for comparison in comparisons("".join(words)):
        known = {"nums": value, "k": 7}
        comparison.learn(known)
        assert comparison.holds(known) in (True, False, None)


def test_a_comparison_that_a_given_input_breaks_is_not_believed():
    found = constraints("1 <= nums.length <= 104", [[[0] * 200]], "nums")  # 10^4
    assert found.allow([[0] * 300]) and not found.unread


@pytest.mark.parametrize(
    "promise",
    [
        "The test cases are generated such that you can reach the end.",
        "You may assume that each input would have exactly one solution.",
        "The decoded string is guaranteed to be short.",
        "s is a valid roman numeral.",
        "Each value of inorder also appears in preorder.",
        "1 <= nums[i] <= 2n - 1",  # 2 * n - 1, or what is left of a power
        "nums[i] < n",
        "0 <= indexi < nums.length",  # of a list that is not known
        "nums[k] != 0 (1-indexed)",
        "nums[i] < nums[j] for 1 <= i < j <= nums.length",
        "k is in the range [1, the number of words in s].",
        "The sum of all Node.val is n.",
        "nums consists of 6 and 9 digits.",
        "nums contains n + 1 unique elements and one of them is repeated exactly n times.",
        "obstacles[0] == obstacles[n]",
        "t[i] where i is even is either 'R' or 'G'.",
        "There is exactly one integer in nums that occurs more than 25% of the time.",
        "t can be converted to a palindrome using a finite number of moves.",
        "Note that there will be no obstacle at nums[0].",
        "nums may contain a city twice, but it will not be listed consecutively.",
        "It is guaranteed that k is less than or equal to the length of the decoded string.",
        "It is guaranteed that the answer fits in a 32-bit integer and that each step is valid.",
        "The number of nodes in the list is in the range [1, m * n].",  # of no list that is known
    ],
)
def test_what_cannot_be_read_is_named(promise):
    of = problem([[[1, 2], 1]], [0], parameter_types=None,
                 statement=f"Do it.\nConstraints:\n{promise}")  # fmt: skip
    assert Contract([[[1, 2], 1]], of).unread


@pytest.mark.parametrize(
    "harmless",
    [
        "t consists of lowercase English letters.",
        "The number of nodes in the tree is in the range [0, 100].",
        "Follow up: could you do it in place?",
        "It is guaranteed that the answer fits in a 32-bit integer.",
        "nums is sorted in ascending order.",
        "You may assume that you have an infinite number of each.",
        "Can you solve it in O(1) space?",
        "num1 can contain leading zeros.",
        "There can be several ghosts.",
    ],
)
def test_what_inputs_show_or_what_is_no_promise_is_not(harmless):
    of = problem([[[1, 2], "ab"]], [0], parameters=["nums", "t"], parameter_types=None,
                 statement=f"Do it.\nConstraints:\n{harmless}")  # fmt: skip
    assert not Contract([[[1, 2], "ab"]], of).unread


@pytest.mark.parametrize(
    ("promise", "shows", "does_not"),
    [
        ("nums does not contain any leading zeros.", ["102", 1], ["012", 1]),
        ("nums has no leading or trailing spaces.", ["a b", 1], ["a b ", 1]),
        ("Words in nums have only a single space, nothing else is guaranteed.", ["a b", 1],
         ["a  b", 1]),
        ("nums is guaranteed to be a mountain array.", [[1, 3, 2], 1], [[3, 2, 1], 1]),
        ("nums is strictly increasing.", [[1, 3, 4], 1], [[1, 3, 3], 1]),
        ("k is in nums.", [[1, 3], 3], [[1, 3], 2]),
        ("It is guaranteed that nums is a palindrome.", ["aba", 1], ["ab", 1]),
        ("nums is guaranteed to be a permutation of n integers.", [[1, 0, 2], 1], [[1, 0, 3], 1]),
        ("There are no self-loops.", [[[0, 1], [1, 2]], 1], [[[0, 1], [1, 1]], 1]),
        ("There are no repeated edges.", [[[0, 1], [1, 2]], 1], [[[0, 1], [1, 0]], 1]),
        ("The input graph is always connected.", [[[0, 1], [1, 2]], 3], [[[0, 1], [3, 2]], 4]),
        ("The input graph is always connected.", [[[0, 1], [1, 2]], 3], [[[0, 1], [1, 2]], 4]),
        ("nums represents a valid tree.", [[[0, 1], [1, 2]], 3], [[[0, 1], [1, 2], [2, 0]], 3]),
        ("All the values of nums are unique.", [[1, 3, 2], 1], [[1, 3, 1], 1]),
        ("All the values of nums[i] are unique.", [[[1, 3], [1]], 1], [[[1, 3], [1, 1]], 1]),
        ("Each value nums[i][j] is unique.", [[[1, 3], [4, 5]], 1], [[[1, 3], [4, 1]], 1]),
        ("nums[i] = [ai, bi]\nAll values of ai are unique.", [[[1, 3], [2, 3]], 1],
         [[[1, 3], [1, 2]], 1]),
        ("All the pairs in nums are distinct.", [[[1, 3], [2, 3]], 1], [[[1, 3], [1, 3]], 1]),
        ("nums is sorted in ascending order.", [[1, 3, 3], 1], [[3, 1, 3], 1]),
        ("nums is sorted and rotated.", [[3, 4, 1], 1], [[3, 1, 4], 1]),
    ],
)  # fmt: skip
def test_a_promise_that_facts_show_is_kept_by_all_inputs_made(promise, shows, does_not):
    def contract(given: list[Any]) -> Contract:
        of = problem([given], [0], parameter_types=None,
                     statement=f"Do it.\nConstraints:\n{promise}")  # fmt: skip
        return Contract([given], of)

    assert not contract(shows).unread
    assert not contract(shows).allows(does_not)
    assert contract(does_not).unread


@pytest.mark.parametrize(
    "promise",
    [
        "nums has no leading zeros and is a valid expression.",
        "It is guaranteed that no leading zeros are possible between any two.",
        "k does not contain any leading zeros.",
        "The list represents a number without leading zeros, nodes in reverse order, always.",
        "x is in nums.",
        "parent represents a valid tree.",
        "nums[j] is an edge of the tree.",
        "The names and numbers of all people are unique.",
        "b has unique values, it is guaranteed.",
    ],
)
def test_a_promise_of_more_or_of_something_else_is_not_taken_for_shown(promise):
    of = problem([[[1, 2], 7]], [0], parameter_types=None,
                 statement=f"Do it.\nConstraints:\n{promise}")  # fmt: skip
    assert Contract([[[1, 2], 7]], of).unread == [promise]


def test_distinct_values_of_two_lists_are_not_sure_to_be_distinct_in_each_alone():
    lines = "Do it.\nConstraints:\nAll the values of nums and k are unique."
    for arguments, unread in (([[1, 2], [3]], True), ([[1, 2], [2]], False)):
        of = problem([arguments], [0], parameter_types=None, statement=lines)
        assert bool(Contract([arguments], of).unread) == unread


def test_an_empty_list_hides_no_fact_of_the_others():
    inputs = [[[[1, 2], [3, 5]], 1], [[], 1]]
    contract = Contract(inputs, problem(inputs, [0, 0], parameter_types=None))
    assert all(map(contract.allows, inputs))
    assert not contract.allows([[[2, 1]], 1])


def test_a_comparison_that_cannot_be_decided_is_not_kept():
    found = constraints("nums[i] != nums[j] for i != j", [[[1, 2]]], "nums")
    assert found.allow([[1, 3]]) and not found.allow([list(range(1000))])


# --- Tests ---------------------------------------------------------------------------------------


def sharpened(*problems: Problem, wanted: int = 20) -> tuple[list[Problem], Sharpened]:
    found = Sharpened()
    return list(sharpen(problems, wanted, 0, found)), found


def test_tests_made_are_hidden_marked_and_answered_by_the_reference():
    (after,), found = sharpened(KTH)
    assert after.tests[:3] == KTH.tests and len(after.tests) == 20
    for test in after.tests[3:]:
        nums, k = decode(test.input)
        assert test.made and not test.visible
        assert test.expected == sorted(nums)[k - 1]
    assert found.tests == {"t": 17} and found.problems == {"t": 1} and found.added == {KTH.id: 17}
    assert sharpened(KTH)[0] == [after]
    assert not any(test.made for test in KTH.tests)


def reference(body: str) -> str:
    return f"import random\ndef f(nums, k):\n    {body}\n"


NOT_SHARPENED = {
    "no reference solution": {"reference_solution": None},
    "reads standard input": {
        "interface": "stdio", "tests": [TestCase(input="1\n", expected="1\n")],
        "comparison": Comparison(kind="tokens"),
    },
    "several right answers": {"needs_checker": True},
    "tests that are asserts": {"tests": [TestCase(check="def check(f):\n    assert f([1], 1)")]},
    UNREAD: {"statement": "It is guaranteed that the number k occurs."},
    "the reference fails a given test": {"reference_solution": reference("return 0")},
    "no answer was sure": {
        "reference_solution": reference(
            "known = {'[3, 1, 2]2': 2, '[5, 4]1': 4, '[7, 7, 1, 0]4': 7}\n"
            "    return known.get(str(nums) + str(k)) or random.SystemRandom().randrange(10**9)"
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("reason", NOT_SHARPENED)
def test_other_problems_are_left_as_they_were_and_counted(reason):
    before = KTH.model_copy(update=NOT_SHARPENED[reason])
    (after,), found = sharpened(before)
    assert after == before
    assert found.left == {reason: 1}


def test_inputs_on_which_the_reference_fails_make_no_test():
    partial = "def f(nums, k):\n    assert sum(nums) % 2 == 0 or len(nums) < 5\n"
    partial += "    while nums[:2] == [4, 4]: pass\n    return sorted(nums)[k - 1]\n"
    (after,), _ = sharpened(KTH.model_copy(update={"reference_solution": partial}), wanted=12)
    made = [decode(test.input)[0] for test in after.tests if test.made]
    assert made and all(
        nums[:2] != [4, 4] and (sum(nums) % 2 == 0 or len(nums) < 5) for nums in made
    )


@pytest.mark.parametrize(
    ("number", "statement"),
    [
        (float("inf"), "Do it."),
        (float("nan"), "Do it."),
        (10**5000, "Do it."),
        (1, "Constraints:\n1 <= " + "a" * 5000 + "! <= 10^999999999\n1 <= " + "9" * 6000),
        (1, "Constraints:\n1 <= nums[i] <= 9^9^9^9\n" + "(" * 150 + "<= k"),
    ],
    ids=["infinite", "no number", "long", "hostile names", "hostile powers"],
)
def test_odd_numbers_and_hostile_statements_cost_neither_time_nor_a_traceback(number, statement):
    odd = problem([[[number, 2], 1], [[3, number], 2]], [number, 3], statement=statement)
    sharpened(odd)


def test_off_and_enough():
    assert sharpened(KTH, wanted=0)[0] == [KTH]
    (after,), found = sharpened(KTH, wanted=3)
    assert after == KTH and found.left == {ENOUGH: 1}


def test_merging_makes_tests_and_reports_them(tmp_path):
    other = problem([[[1], 1]], [1], name="t/other", statement="Other words for another problem.",
                    reference_solution=None)  # fmt: skip
    write_records(tmp_path / "t.jsonl", [KTH, other])
    command = [sys.executable, SCRIPTS / "merge_problems.py", "--inputs", "t.jsonl", "--seed", "3"]
    command += ["--output", "all.jsonl", "--report", "report.json"]
    done = subprocess.run(
        [*command, "--sharpen-tests", "8"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    kth, _ = read_problems(tmp_path / "all.jsonl").values()
    assert [test.made for test in kth.tests] == [False] * 3 + [True] * 5
    data = read_json(tmp_path / "report.json")
    assert data["sharpened"]["tests"] == {"t": 5}
    assert data["sharpened"]["left"] == {"no reference solution": 1}
    assert data["tests_per_problem"]["hidden"]["most"] == 5
    text = table(data)
    assert "Tests made" in text and "no reference solution: 1" in text


def test_real_samples_that_pass_the_given_tests_fail_made_ones(monkeypatch):
    """A piece of the measurement in docs/problems.md (``make label-noise``)."""
    if not (SHARED / "leetcode_samples").is_dir():
        pytest.skip("needs ../shared/data/leetcode_samples")
    monkeypatch.syspath_prepend(str(ROOT / "maintenance"))
    measure = importlib.import_module("label_noise")
    monkeypatch.setattr(sys.modules["workloads"], "SHARED", SHARED)
    slugs = {"word-break", "redundant-connection-ii", "strong-password-checker"}
    found = Sharpened()
    given_tests, problems = measure.sharpened_problems(50, 0, found, slugs)
    assert found.tests.total() > 40
    verdicts = measure.judged(problems)
    own = {of.id: len(of.tests) for of in given_tests.values()}
    passing = [e for e, _ in verdicts if measure.leading_passes(e) >= own[e.problem_id]]
    assert sum(e.verdict != "passed" for e in passing) >= 5
