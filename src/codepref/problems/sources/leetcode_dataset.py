"""LeetCodeDataset: LeetCode problems with reference solutions and assert-style tests."""

import ast
import re
from typing import Any

from pydantic import Field

from codepref.problems.comparisons.answers import call_comparison
from codepref.problems.sources.foreign import Foreign, NotUnderstood, Skip, Texts, parse
from codepref.problems.sources.signatures import parse_python, signature_of
from codepref.problems.statements.parts import of_question
from codepref.records import Problem, TestCase
from codepref.values import decode, encode

LICENCE = "MIT (statements: LeetCode terms)"
_NO_ENGLISH = "English description is not available"
_TYPING_ERRORS = {"reeNode": "TreeNode"}  # of starter code: one row of v0.2.0


class _Meta(Foreign):
    question_title: str
    lang_code: str
    difficulty: str


class _Pair(Foreign):
    input: str


class _Row(Foreign):
    """Of v0.3.1; v0.2.0 has what describes the question in ``meta``."""

    task_id: str
    problem_description: str = ""
    starter_code: str = ""
    difficulty: str = ""
    meta: _Meta | None = None
    entry_point: str
    completion: str
    test: str
    input_output: list[_Pair] = Field(default_factory=list)
    tags: Texts


def to_problem(data: Any, number: int) -> Problem:
    """Return the problem of a row (schema of v0.2.0 or v0.3.1).

    Raises:
        Skip: its tests are not calls with plain values, or it is not of the schema.
    """
    row = parse(_Row, data, "row")
    slug, meta = row.task_id, row.meta
    statement = row.problem_description or (meta.question_title if meta else "")
    starter = row.starter_code or (meta.lang_code if meta else "")
    if not starter:
        raise NotUnderstood("row", "starter_code", "is missing, and so is meta.lang_code")
    if not statement:
        raise NotUnderstood("row", "problem_description", "is missing, and meta.question_title")
    if statement.startswith(_NO_ENGLISH):
        raise Skip("no statement in English")
    difficulty = row.difficulty or (meta.difficulty if meta else "")
    for wrong, right in _TYPING_ERRORS.items():
        starter = re.sub(rf"\b{wrong}\b", right, starter)
    entry_point = row.entry_point.replace("Solution()", "Solution")
    signature = signature_of(starter, entry_point)
    tests = _tests(row.test, signature.parameters, signature.return_type)
    statement = statement.replace("\xa0", " ").strip()
    examples = _squeezed(statement)
    texts = [_squeezed(pair.input) for pair in row.input_output]
    # The tests and the input/output pairs come in the same order; a few tests have no pair.
    comparison, checker = call_comparison(
        statement, signature.return_type, [decode(expected) for _, expected in tests]
    )
    return Problem(
        id=f"leetcode_dataset/{slug}",
        source="leetcode_dataset",
        url=f"https://leetcode.com/problems/{slug}/",
        licence=LICENCE,
        title=slug.replace("-", " ").title(),
        **vars(of_question(statement)),
        interface="call",
        **vars(signature),
        starter_code=starter.rstrip(),
        reference_solution=row.completion,
        tests=[
            TestCase(
                input=given,
                expected=expected,
                visible=position < len(texts) and texts[position] in examples,
            )
            for position, (given, expected) in enumerate(tests)
        ],
        comparison=comparison,
        difficulty=difficulty.lower() or None,
        tags=row.tags,
        needs_checker=checker,
    )


def _tests(
    code: str, parameters: list[str], return_type: str | None
) -> list[tuple[list[Any], Any]]:
    """Return (arguments, answer) of each assert of a ``check`` function, in tagged JSON."""
    try:
        check = next(iter(parse_python(code).body), None)
    except ValueError as error:
        raise NotUnderstood("row", "test", str(error)) from error
    if not isinstance(check, ast.FunctionDef):
        raise NotUnderstood("row", "test", "expected the function check")
    tests = []
    for node in check.body:
        call, expected = _sides(node)
        try:
            arguments = [encode(argument) for argument in _arguments(call, parameters)]
            answer = _value(expected)
            if answer is None and "Node" in (return_type or ""):
                answer = []  # an empty list or tree
            if isinstance(expected, ast.Call) and isinstance(answer, list):
                while answer and answer[-1] is None:
                    answer.pop()
            tests.append((arguments, encode(answer)))
        except (ValueError, TypeError) as error:
            raise Skip("a test's values are not plain") from error
    if not tests:
        raise Skip("no tests")
    return tests


def _sides(node: ast.stmt) -> tuple[ast.Call, ast.expr]:
    """Return the candidate's call and the expected value of an assert."""
    match node:
        case ast.Assert(
            test=ast.Compare(left=ast.Call() as call, ops=[ast.Eq()], comparators=[expected])
            | ast.Call(
                func=ast.Name("is_same_list" | "is_same_tree"), args=[ast.Call() as call, expected]
            )
        ) if ast.unparse(call.func) == "candidate":
            return call, expected
    raise Skip("a test is not a plain assert")


def _arguments(call: ast.Call, parameters: list[str]) -> list[Any]:
    """Return a call's arguments in the order of the parameters.

    LeetCode renamed some parameters after the tests were written (``start`` is ``startGene`` now):
    arguments with other names belong to the parameters left, in the order written.
    """
    arguments = [_value(argument) for argument in call.args]
    left = parameters[len(arguments) :]
    given = {keyword.arg: _value(keyword.value) for keyword in call.keywords}
    if None in given or len(arguments) + len(given) != len(parameters):
        raise Skip("a test's arguments are not the parameters")
    renamed = (value for name, value in given.items() if name not in left)
    return arguments + [given[name] if name in given else next(renamed) for name in left]


def _value(node: ast.expr) -> Any:
    """Return a literal; ``list_node([...])`` and ``tree_node([...])`` as LeetCode's list form."""
    match node:
        case ast.Call(func=ast.Name("list_node" | "tree_node"), args=[items], keywords=[]):
            return _value(items)
        case ast.List(elts=items):
            return [_value(item) for item in items]
    return ast.literal_eval(node)


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)
