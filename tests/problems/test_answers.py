"""How answers compare is read from the sentence on the output, and from the tests."""

import gzip
import json
from pathlib import Path

import pytest
from helpers.codeforces_pages import page_of_raw_example
from helpers.places import SHARED

from codepref.problems.collect import Account, collect
from codepref.problems.comparisons.answers import call_comparison, stdio_comparison
from codepref.problems.comparisons.order import answer_order
from codepref.problems.comparisons.tolerances import stated_tolerance
from codepref.problems.settings import DataSetSource
from codepref.problems.sources.codeforces import statement_from_page
from codepref.problems.sources.foreign import Skip
from codepref.problems.sources.signatures import plain_type
from codepref.problems.statements.text import html_to_text
from codepref.records import Comparison
from codepref.sandbox.compare import texts_match, values_match

LABELS = Path(__file__).parent / "labels"


def labels(name: str) -> dict[str, str]:
    """Labels that the rules were written with, or (``held_out``) made when they were written."""
    lines = (LABELS / f"{name}.txt").read_text("utf-8").splitlines()
    return dict(line.split() for line in lines if not line.startswith("#"))


# --- Tolerances -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [
        ("Its absolute or relative error does not exceed 10^{-6}.", 1e-6),
        ("Your answer will be checked with the relative or absolute error 10^(- 4).", 1e-4),
        ("The answer may differ from the correct one by at most 1e - 9.", 1e-9),
        ("Print the answer with at least 5 digits after the decimal point.", 1e-5),
        ("Print a real number with accuracy 10^-4.", 1e-4),
        ("The absolute or relative error should not exceed $10^{-6}$.", 1e-6),
        (r"absolute or relative error at most $$$10^{\text{-}6}$$$.", 1e-6),
        ("An error of 10⁻⁶, absolute or relative, is fine.", 1e-6),
        ("an absolute or relative error of no more than 10 − 6", 1e-6),
        ("Absolute or relative error up to 0.000001 is allowed.", 1e-6),
        ("Answers within 1e-5 of the actual answer will be accepted.", 1e-5),
        ("Answers within 10<sup>-5</sup> of the actual answer will be accepted.", 1e-5),
        (
            "The precision of at least 6 digits after the decimal point is asked of your answer",
            1e-6,
        ),
        ("Your answer should be accurate to six decimal places.", 1e-6),
        ("An absolute or relative error of 5 · 10^{-4} is allowed.", 5e-4),
        ("The error must be below 2.5e - 6.", 2.5e-6),
        ("An absolute or relative error of 0.005 is accepted.", 0.005),
        ("It should be correct to within 1/1000.", 1e-3),
        (
            "Let your answer be a, and the jury's answer be b. Your answer is accepted if and only "
            "if |a - b|/max(1,|b|) ≤ 10^(-6).",
            1e-6,
        ),
    ],
)
def test_every_spelling_of_a_tolerance(text, tolerance):
    comparison, _ = stdio_comparison(f"Find the area.\n\nOutput\n{text}", ["3.162277660\n"])
    assert comparison.kind == "close"
    assert comparison.absolute_tolerance == pytest.approx(tolerance)
    assert comparison.relative_tolerance == pytest.approx(tolerance)


@pytest.mark.parametrize(
    "text",
    [
        "The coordinates are given with at most 5 digits after the decimal point.",
        "All numbers in the input contain at least 5 digits after the point.",
        "The difference of m,1 and n is 10 at most. 1 ≤ a ≤ 10^5.",
        "Print the answer rounded to two decimals.",
    ],
)
def test_what_is_no_tolerance(text):
    assert stated_tolerance(text) is None


def test_one_kind_of_error_alone_is_taken_at_its_word():
    close = stated_tolerance("The absolute error must not exceed 10^-3.")
    assert (close.absolute_tolerance, close.relative_tolerance) == (pytest.approx(1e-3), 1e-9)


@pytest.mark.parametrize(
    ("expected", "right", "wrong"),
    [
        ("0.67\n", ["0.67", "0.666667", "0.670"], ["0.66", "0.68"]),
        ("0.13\n", ["0.125"], ["0.12"]),
        ("3.162277660\n", ["3.1622776601"], ["3.1623"]),
        ("1234567.89\n", ["1234567.890"], ["1234567.99", "1234568"]),
        ("5\n1.5\n", ["5\n1.50"], ["6\n1.5"]),
    ],
)
def test_decimals_without_a_tolerance_are_close_by_their_digits(expected, right, wrong):
    comparison, checker = stdio_comparison("Print the number.", [expected])
    assert comparison.kind == "close" and not checker
    assert all(texts_match(one, expected, comparison) for one in right)
    assert not any(texts_match(one, expected, comparison) for one in wrong)


def test_the_stated_error_decides_not_the_digits():
    comparison, _ = stdio_comparison("Accuracy 10^-4 is enough for the answer.", ["3.162277660\n"])
    assert texts_match("3.162280", "3.162277660", comparison)
    comparison, _ = call_comparison("Answers within 10^-5 are accepted.", "float", [0.5])
    assert comparison.absolute_tolerance == pytest.approx(1e-5)
    assert call_comparison("Return the mean.", None, [[0.5]])[0].kind == "close"


# --- Order ----------------------------------------------------------------------------------------

NUMBERS, ROWS, TEXTS, GROUPS = "list[int]", "list[list[int]]", "list[str]", "list[list[str]]"


@pytest.mark.parametrize(
    ("statement", "kind", "outputs", "order"),
    [
        (
            "You can order the deck in any order you want. Return an order of it.",
            NUMBERS,
            [],
            "exact",
        ),
        ("The pairs can appear in any order. Return any such array.", NUMBERS, [], "several"),
        ("Replacing them in any arbitrary order leads to the same result.", NUMBERS, [], "exact"),
        ("Return the largest number formed in any order.", "str", [], "exact"),
        ("Return the answer with any order you want.", NUMBERS, [], "unordered"),
        (
            "Return the days. The order that they are returned in does not matter.",
            NUMBERS,
            [],
            "unordered",
        ),
        ("You may return the answer in any order that satisfies this.", ROWS, [], "several"),
        ("Return any array such that x holds.", NUMBERS, [], "several"),
        (
            "Return a matrix.\nExplanation: [[2,1]] is also a valid answer.",
            ROWS,
            [[[3, 0]]],
            "several",
        ),
        (
            "Return the root.\nAnother valid answer is [5,2] and it is accepted.",
            "TreeNode",
            [],
            "several",
        ),
        (
            'Return the longest one.\nExplanation: "aba" is also a valid answer.',
            "str",
            [],
            "several",
        ),
        (
            "If there are multiple peaks, return the index to any of the peaks.",
            "int",
            [],
            "several",
        ),
        ("Any valid answer with 10 * n flips will be judged as correct.", NUMBERS, [], "several"),
        ("Return a 2D array representing any matrix that fulfills this.", ROWS, [], "several"),
        ("Return any solution if there is more than one.", NUMBERS, [], "several"),
        ("Return any team. You may return the answer in any order.", NUMBERS, [], "several"),
        (
            "Reorder it.\nExplanation: [1,4,1,5] is also accepted.",
            NUMBERS,
            [[1, 5, 1, 4]],
            "several",
        ),
        ("Return all words on the board.", TEXTS, [], "unordered"),
        ("Generate all combinations of well-formed parentheses.", TEXTS, [], "unordered"),
        ("Return all the words in the same order in which they appear.", TEXTS, [], "exact"),
        ("Return all the integers that appear twice.", NUMBERS, [[2, 3], [3, 1]], "unordered"),
        ("Return all the integers that appear twice.", NUMBERS, [[2, 3], [1]], "exact"),
        ("Return all paths in any order.", ROWS, [], "unordered"),
        (
            "Return all the triplets. The order of the output and of the triplets does not matter.",
            ROWS,
            [],
            "unordered_nested",
        ),
        (
            "Group the anagrams together. You can return the answer in any order.",
            GROUPS,
            [],
            "unordered_nested",
        ),
        ("The accounts themselves can be returned in any order.", GROUPS, [], "unordered"),
        (
            "Return all duplicate files by their paths, in any order.",
            GROUPS,
            [],
            "unordered_nested",
        ),
        (
            "Return all connections in any order.\n[[3,1]] is also accepted.",
            ROWS,
            [[[1, 3]]],
            "unordered_nested",
        ),
        (
            "answer[0] is a list. The integers in the lists may be returned in any order.",
            ROWS,
            [],
            "unordered_inside",
        ),
        ("You can return the indices of the edges in any order.", ROWS, [], "unordered_inside"),
        ("Collect.\n[[3,4],[2]] is also accepted.", ROWS, [[[4, 3], [2]]], "unordered_inside"),
        ("Do not return any value.", NUMBERS, [], "exact"),
        ("Items of the result may be listed in arbitrary order.", NUMBERS, [], "unordered"),
        ("Return the items in no particular order.", NUMBERS, [], "unordered"),
        ("You need not preserve the order of the returned items.", NUMBERS, [], "unordered"),
        ("The order of the items in the answer can be arbitrary.", NUMBERS, [], "unordered"),
        ("The order of operations is arbitrary, return the result.", NUMBERS, [], "exact"),
        ("If several pairs qualify, return whichever you like.", NUMBERS, [], "several"),
        ("The judge accepts any arrangement that fits.", NUMBERS, [], "several"),
    ],
)
def test_the_sentence_on_the_output_decides(statement, kind, outputs, order):
    assert answer_order(statement, kind, outputs) == order


def test_lists_inside_compare_without_order_and_stay_in_their_places():
    inside = Comparison(kind="unordered_inside")
    assert values_match([[2, 1], [3]], [[1, 2], [3]], inside)
    assert not values_match([[3], [1, 2]], [[1, 2], [3]], inside)
    assert not values_match(5, [[1, 2]], inside)


@pytest.mark.shared
def test_a_sorted_deck_does_not_reveal_the_cards():
    path = SHARED / "leetcode_dataset" / "LeetCodeDataset-v0.2.0-train.jsonl.gz"
    source = DataSetSource(kind="leetcode_dataset", path=str(path))
    problems = collect("leetcode_dataset", source, Account())
    deck = next(p for p in problems if p.id.endswith("/reveal-cards-in-increasing-order"))
    assert not values_match(sorted(deck.tests[0].input[0]), deck.tests[0].expected, deck.comparison)


@pytest.mark.parametrize(
    ("text", "tags", "checker"),
    [
        ("Print any of them.", [], True),
        ("Output n integers — any suitable matrix.", [], True),
        ("Print one line containing any permutation of length n.", [], True),
        ("Find any way to do it with at most 100 moves.", [], True),
        ("Patch cords can be printed in arbitrary order.", [], True),
        ("The order of the lines doesn't matter.", [], True),
        ("Otherwise print YES and then n integers, or print NO if it is impossible.", [], True),
        ("Print two integers.", ["constructive algorithms"], True),
        ("Print the lexicographically smallest array.", ["constructive algorithms"], False),
        ("Print two integers.", ["math"], False),
        ("Cells make moves in any order.", [], False),
        ("You can perform the operations in any order. Print the minimum.", [], False),
        ("A permutation is an array of the integers from 1 to n in any order.", [], False),
        ("You can print each letter in any case.", [], False),
        ("Choose any index i and print the minimum number of moves.", [], False),
        ("If there are several such types, he can choose any of them. Print YES or NO.", [], False),
    ],
)
def test_several_right_outputs(text, tags, checker):
    assert stdio_comparison(text, ["1 2\n"], tags)[1] == checker


# --- Measured on what was labelled by reading -----------------------------------------------------


def precision_and_recall(
    truth: dict[str, str], found: dict[str, str], plain: set[str]
) -> tuple[float, float]:
    right = sum(found[name] == label for name, label in truth.items() if label not in plain)
    flagged = sum(found[name] not in plain for name in truth)
    return right / flagged, right / sum(label not in plain for label in truth.values())


def label(comparison: Comparison, checker: bool) -> str:
    return "several" if checker else comparison.kind


@pytest.mark.shared
@pytest.mark.slow
def test_leetcode_answers_are_compared_as_labelled():
    found: dict[str, str] = {}
    for version in ("v0.2.0-train", "v0.3.1-test"):
        path = SHARED / "leetcode_dataset" / f"LeetCodeDataset-{version}.jsonl.gz"
        source = DataSetSource(kind="leetcode_dataset", path=str(path))
        for problem in collect("leetcode_dataset", source, Account()):
            slug = problem.id.split("/")[1]
            found.setdefault(slug, label(problem.comparison, problem.needs_checker))
    with gzip.open(SHARED / "leetcode_statements" / "statements_500.jsonl.gz", "rt") as lines:
        for row in map(json.loads, lines):
            signature = next((s for s in row["signatures"] if s.startswith("Solution.")), "")
            returned = plain_type(signature.split("->")[1].strip()) if "->" in signature else None
            answer = call_comparison(html_to_text(row["content"]), returned)
            found.setdefault(row["slug"], label(*answer))
    plain = {"exact", "close"}
    truth, held_out = labels("leetcode_answers"), labels("leetcode_held_out")
    assert len(truth) >= 350 and len(held_out) >= 130
    for known in (truth, truth | held_out):
        precision, recall = precision_and_recall(known, found, plain)
        assert precision >= 0.97 and recall >= 0.97
    assert not [name for name, one in held_out.items() if one in plain and found[name] not in plain]


@pytest.mark.shared
def test_codeforces_problems_need_checkers_as_labelled():
    truth, held_out = labels("codeforces_answers"), labels("codeforces_held_out")
    found: dict[str, str] = {}
    with gzip.open(SHARED / "codeforces" / "scraped_800.jsonl.gz", "rt") as lines:
        for raw in map(json.loads, lines):
            if raw["id"] not in truth | held_out:
                continue
            try:
                page = statement_from_page(page_of_raw_example(raw))
            except Skip:
                continue
            outputs = [expected for _, expected in page.samples]
            checker = stdio_comparison(page.text, outputs, raw["tags"])[1]
            found[raw["id"]] = "several" if checker else "one"
    assert found.keys() == truth.keys() | held_out.keys()
    precision, recall = precision_and_recall(truth, found, {"one"})
    assert precision >= 0.97 and recall >= 0.92
    assert not [name for name, one in held_out.items() if one == "one" and found[name] != "one"]
