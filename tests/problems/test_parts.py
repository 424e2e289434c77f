"""A statement has parts, and its examples are in the prompt exactly once, whatever the source."""

import gzip
import json
import re

import pytest
from helpers.codeforces_pages import page, page_of_raw_example
from helpers.example_rows import FUNCTION, load, one
from helpers.places import SHARED

from codepref.problems.builtin import builtin_problems
from codepref.problems.settings import DataSetSource
from codepref.problems.sources import datasets
from codepref.problems.sources.codeforces import Entry, problem_from_page
from codepref.problems.sources.leetcode import problem_from_question
from codepref.problems.statements.parts import Parts, of_question, of_sections
from codepref.prompts import problem_text
from codepref.records import Problem

QUESTION = """Add two numbers.
An example is none of these.

Example 1:

Input: a = 1, b = 2
Output: 3
Explanation: 1 + 2 = 3.
Note that it is symmetric.

Example 2:
Input: a = 0, b = 0
Output: 0

Constraints:

0 <= a, b <= 10

Follow up: without a plus?"""
CONTEST = """Add two numbers.

Input

Two numbers.

Output

Their sum.

Examples

Input

1 2

Output

3

Input

0 0


Output

0

Note

In the first example 1 + 2 = 3."""


def times(problem: Problem, text: str) -> int:
    """How often a text stands in the prompt, apart from white space."""
    return squeezed(problem_text(problem)).count(squeezed(text))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def assert_examples_once(problem: Problem) -> None:
    for example in problem.examples:
        assert times(problem, example) == 1, (problem.id, example)
    for test in problem.tests:
        if problem.interface == "stdio" and test.visible:
            found = max(times(problem, f"Input:{test.input}Output:"), times(problem, test.input))
            assert found >= 1, (problem.id, test.input)
    outputs = re.findall(r"^\s*Output:", problem_text(problem), re.M)
    assert len(outputs) in (0, len(problem.examples)), problem.id


def test_a_question_has_parts():
    parts = of_question(QUESTION)
    assert parts.examples == [
        "Input: a = 1, b = 2\nOutput: 3\nExplanation: 1 + 2 = 3.",
        "Input: a = 0, b = 0\nOutput: 0",
    ]
    assert parts.statement.startswith("Add two numbers.\nAn example is none of these.\n\n")
    assert parts.statement.endswith("0 <= a, b <= 10\n\nFollow up: without a plus?")
    assert "Example 1" not in parts.statement and "symmetric" in parts.statement


def test_a_contests_text_has_parts():
    assert of_sections(CONTEST) == Parts(
        statement="Add two numbers.",
        input_format="Two numbers.",
        output_format="Their sum.",
        notes="In the first example 1 + 2 = 3.",
        examples=["Input:\n1 2\n\nOutput:\n3", "Input:\n0 0\n\nOutput:\n0"],
    )
    ruled = re.sub(r"^(Input|Output|Examples|Note)$", r"-----\1-----", CONTEST, flags=re.M)
    inner = ruled.split("-----Examples-----")[1]
    plain = inner.replace("-----Input-----", "Input").replace("-----Output-----", "Output")
    assert of_sections(ruled.replace(inner, plain)) == of_sections(CONTEST)


@pytest.mark.parametrize(
    "text",
    [
        "Add two numbers.",
        "Add.\n\nInput\n\nTwo numbers.\n\nOutput\n\nThe sum.",  # without examples
        "Example\n\nInput\n\n1\n\nOutput\n\n1",  # without anything else
        "Say Example 1: then stop.\nInput: x\nOutput: y",
        "Add.\n# Example\n>>> add(1, 2)\n3",
    ],
)
def test_what_has_no_known_form_stays_as_it_is(text):
    assert of_question(text) == Parts(text) and of_sections(text) == Parts(text)


def test_a_text_is_put_together_again_in_the_usual_order():
    record = next(builtin_problems())
    parts = vars(of_sections(CONTEST))
    text = problem_text(record.model_copy(update=parts))
    assert squeezed(text) == squeezed(
        CONTEST.replace("Examples\n\nInput", "Example 1:\nInput:")
        .replace("3\n\nInput\n", "3\n\nExample 2:\nInput:\n")
        .replace("Output\n\n3", "Output:\n3")
        .replace("Output\n\n0", "Output:\n0")
    )


@pytest.mark.parametrize("problem", list(builtin_problems()), ids=lambda problem: problem.id)
def test_builtin_problems_show_one_example(problem):
    (example,) = problem.examples
    assert problem_text(problem).endswith(f"\n\nExample: {example}")
    assert "xample" not in problem.statement
    assert times(problem, example) == 1


def test_rows_of_every_data_set_show_their_examples_once(tmp_path):
    tests = {"input": ["1 2\n", "0 0\n"], "output": ["3\n", "0\n"]}
    rows = [
        one(tmp_path, "leetcode_dataset"),
        one(tmp_path, "open_r1_codeforces", note="In the first sample 1 + 2."),
        one(tmp_path, "code_contests", description=CONTEST, public_tests=tests),
        one(tmp_path, "code_contests", description="No examples here."),
        one(tmp_path, "apps", question=CONTEST),
        one(tmp_path, "apps"),
        one(tmp_path, "taco", question=CONTEST),
        *load(tmp_path, "apps", {**FUNCTION, "question": QUESTION})[0],
    ]
    assert [len(problem.examples) for problem in rows] == [1, 1, 2, 1, 2, 0, 2, 2]
    for problem in rows:
        assert_examples_once(problem)
    assert rows[1].notes == "In the first sample 1 + 2." and rows[1].input_format == "A number."


def test_a_page_shows_its_samples_once_also_where_the_note_speaks_of_them():
    html = page(samples=[("8\n", "YES\n"), ("9\n", "NO\n")], note="<p>In the first sample 8.</p>")
    problem = problem_from_page(html, Entry(contestId=4, index="A", name="Watermelon"))
    assert problem_text(problem) == (
        "Divide the watermelon.\n\nInput\nOne integer.\n\nOutput\nPrint YES or NO.\n\n"
        "Example 1:\nInput:\n8\n\nOutput:\nYES\n\nExample 2:\nInput:\n9\n\nOutput:\nNO\n\n"
        "Note\nIn the first sample 8."
    )
    assert (problem.statement, problem.input_format) == ("Divide the watermelon.", "One integer.")
    assert (problem.output_format, problem.notes) == ("Print YES or NO.", "In the first sample 8.")


# --- The real files -------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize(
    ("kind", "path", "least"),
    [
        ("leetcode_dataset", "leetcode_dataset/LeetCodeDataset-v0.2.0-train.jsonl.gz", 1888),
        ("leetcode_dataset", "leetcode_dataset/LeetCodeDataset-v0.3.1-test.jsonl.gz", 222),
        ("code_contests", "code_contests/sandboxfusion_code_eval_code_contests.jsonl", 20),
    ],
)
def test_every_real_row_shows_its_examples_once(kind, path, least):
    rows = datasets.collect(DataSetSource(kind=kind, path=str(SHARED / path)))
    problems = [row for row in rows if isinstance(row, Problem)]
    assert len(problems) >= least
    for problem in problems:
        assert problem.examples, problem.id
        assert_examples_once(problem)
        if kind == "code_contests":
            assert problem.input_format and problem.output_format
            assert any(test.visible for test in problem.tests)


@pytest.mark.shared
def test_every_real_page_shows_its_samples_once():
    for path in sorted((SHARED / "codeforces/raw_examples").glob("*.json")):
        raw = json.loads(path.read_text())
        problem = problem_from_page(page_of_raw_example(raw), Entry.model_validate(raw))
        assert len(problem.examples) == len(raw["samples"]) > 0
        assert problem.input_format and problem.output_format
        assert bool(problem.notes) == bool(raw["note"])
        assert_examples_once(problem)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["selectProblem", "dailyProblem"])
def test_every_recorded_question_shows_its_examples_once(name):
    data = json.loads((SHARED / f"leetcode_api/alfa-leetcode-api_{name}.json").read_text())["data"]
    found = data.get("question") or data["activeDailyCodingChallengeQuestion"]["question"]
    problem = problem_from_question(found)
    assert len(problem.examples) == len(problem.tests)
    assert_examples_once(problem)


@pytest.mark.shared
def test_the_examples_of_real_statements_can_be_told_from_the_text():
    from codepref.problems.statements.text import html_to_text

    path = SHARED / "leetcode_statements/statements_500.jsonl.gz"
    with gzip.open(path, "rt") as stream:
        rows = [json.loads(line) for line in stream]
    field = next(key for key in rows[0] if "<p>" in str(rows[0][key]))
    left = [row for row in rows if not of_question(html_to_text(row[field])).examples]
    assert len(left) / len(rows) < 0.03
