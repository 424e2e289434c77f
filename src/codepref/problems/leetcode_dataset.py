"""LeetCodeDataset: LeetCode problems with reference solutions and assert-style tests."""

import ast
import re
from typing import Any

from codepref.problems.answers import call_comparison
from codepref.problems.signatures import signature_of
from codepref.problems.skipped import MalformedRow, Skip, field
from codepref.records import Problem, TestCase
from codepref.values import encode

LICENCE = "MIT (statements: LeetCode terms)"
_BUILDERS = ("list_node", "tree_node")
_TYPING_ERRORS = {"reeNode": "TreeNode"}  # of starter code: one row of v0.2.0
_COMPARERS = ("is_same_list", "is_same_tree")


def to_problem(row: dict[str, Any], number: int) -> Problem:
    """Return the problem of a row (schema of v0.2.0 or v0.3.1).

    Raises:
        Skip: its tests are not calls with plain values.
        MalformedRow: it is not of the schema.
    """
    slug = field(row, "task_id", str)
    statement = field(row, "problem_description", str, None) or field(
        row, "meta.question_title", str
    )
    starter = field(row, "starter_code", str, None) or field(row, "meta.lang_code", str)
    difficulty = field(row, "difficulty", str, None) or field(row, "meta.difficulty", str)
    for wrong, right in _TYPING_ERRORS.items():
        starter = re.sub(rf"\b{wrong}\b", right, starter)
    entry_point = field(row, "entry_point", str).replace("Solution()", "Solution")
    try:
        signature = signature_of(starter, entry_point)
    except ValueError as error:
        raise Skip(f"starter code not understood: {error}") from error
    tests = _tests(field(row, "test", str), signature.parameters)
    statement = statement.replace("\xa0", " ").strip()
    examples = _squeezed(statement)
    texts = [_squeezed(field(case, "input", str)) for case in field(row, "input_output", list, [])]
    # The tests and the input/output pairs come in the same order; a few tests have no pair.
    comparison, checker = call_comparison(statement, signature.return_type)
    return Problem(
        id=f"leetcode_dataset/{slug}",
        source="leetcode_dataset",
        url=f"https://leetcode.com/problems/{slug}/",
        licence=LICENCE,
        title=slug.replace("-", " ").title(),
        statement=statement,
        interface="call",
        entry_point=signature.entry_point,
        parameters=signature.parameters,
        parameter_types=signature.parameter_types,
        return_type=signature.return_type,
        starter_code=starter.rstrip(),
        reference_solution=field(row, "completion", str),
        tests=[
            TestCase(
                input=given,
                expected=expected,
                visible=position < len(texts) and texts[position] in examples,
            )
            for position, (given, expected) in enumerate(tests)
        ],
        comparison=comparison,
        difficulty=difficulty.lower(),
        tags=field(row, "tags", list, []),
        needs_checker=checker,
    )


def _tests(code: str, parameters: list[str]) -> list[tuple[list[Any], Any]]:
    """Return (arguments, answer) of each assert of a ``check`` function, in tagged JSON."""
    try:
        check = ast.parse(code).body[0]
    except (SyntaxError, IndexError) as error:
        raise MalformedRow("field 'test': not a Python function") from error
    if not isinstance(check, ast.FunctionDef):
        raise MalformedRow("field 'test': expected the function check")
    tests = []
    for node in check.body:
        if not isinstance(node, ast.Assert):
            raise Skip("a test is not a plain assert")
        call, expected = _sides(node.test)
        try:
            arguments = _arguments(call, parameters)
            answer = _value(expected)
        except ValueError as error:
            raise Skip("a test's values are not plain") from error
        if isinstance(expected, ast.Call) and isinstance(answer, list):
            while answer and answer[-1] is None:
                answer.pop()
        tests.append(([encode(argument) for argument in arguments], encode(answer)))
    if not tests:
        raise Skip("no tests")
    return tests


def _arguments(call: ast.Call, parameters: list[str]) -> list[Any]:
    """Return a call's arguments in the order of the parameters.

    LeetCode renamed some parameters after the tests were written (``start`` is ``startGene`` now):
    arguments with other names belong to the parameters left, in the order written.
    """
    arguments = [_value(argument) for argument in call.args]
    left = parameters[len(arguments) :]
    given = {str(keyword.arg): _value(keyword.value) for keyword in call.keywords}
    if len(given) != len(left):
        raise Skip("a test's arguments are not the parameters")
    renamed = (value for name, value in given.items() if name not in left)
    return arguments + [given[name] if name in given else next(renamed) for name in left]


def _sides(test: ast.expr) -> tuple[ast.Call, ast.expr]:
    """Return the candidate's call and the expected value of an assert."""
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
        call, expected = test.left, test.comparators[0]
    elif isinstance(test, ast.Call) and ast.unparse(test.func) in _COMPARERS:
        call, expected = test.args[0], test.args[1]
    else:
        raise Skip("a test is not a plain assert")
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != "candidate":
        raise Skip("a test is not a plain assert")
    return call, expected


def _value(node: ast.expr) -> Any:
    """Return a literal; ``list_node([...])`` and ``tree_node([...])`` as LeetCode's list form."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in _BUILDERS:
        return _value(node.args[0])
    if isinstance(node, ast.List):
        return [_value(item) for item in node.elts]
    return ast.literal_eval(node)


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)
