"""LeetCode: the list of questions and each question from the site's GraphQL interface."""

import json
import re
from collections.abc import Iterator
from typing import Any

from codepref.problems.answers import call_comparison
from codepref.problems.crawl import Client, Unusable
from codepref.problems.signatures import signature_of
from codepref.problems.skipped import MalformedRow, Skip, Skipped, field
from codepref.problems.text import html_to_text
from codepref.records import Problem, TestCase
from codepref.values import encode

ADDRESS = "https://leetcode.com"
LICENCE = "LeetCode terms"
_PAGE = 100

_LIST = """
query problemsetQuestionList($categorySlug: String, $limit: Int, $skip: Int,
    $filters: QuestionListFilterInput) {
  problemsetQuestionList: questionList(categorySlug: $categorySlug, limit: $limit, skip: $skip,
      filters: $filters) {
    total: totalNum
    questions: data {
      difficulty frontendQuestionId: questionFrontendId paidOnly: isPaidOnly title titleSlug
      topicTags { name slug }
    }
  }
}
"""
_QUESTION = """
query question($titleSlug: String!) {
  question(titleSlug: $titleSlug) {
    questionFrontendId title titleSlug content isPaidOnly difficulty exampleTestcases
    topicTags { name slug } codeSnippets { langSlug code } metaData
  }
}
"""
# LeetCode's names of types whose values are plain JSON, or lists that stand for nodes.
_TYPES = {"integer", "long", "double", "string", "character", "boolean", "ListNode", "TreeNode"}
_OTHER_LANGUAGES = {"database", "shell", "concurrency"}


def collect(client: Client, address: str = ADDRESS) -> Iterator[Problem | Skipped]:
    """Yield the site's questions in its own order, or why one is left out.

    Raises:
        UserError: the site refuses, or its answers are not understood.
    """
    skip, total = 0, 1
    while skip < total:
        variables = {"categorySlug": "", "limit": _PAGE, "skip": skip, "filters": {}}
        answer = client.post_json(
            f"{address}/graphql", {"query": _LIST, "variables": variables}, _check("list")
        )
        listed = json.loads(answer)["data"]["problemsetQuestionList"]
        total = listed["total"]
        if not listed["questions"]:
            break
        skip += len(listed["questions"])
        for entry in listed["questions"]:
            try:
                yield _question(client, address, entry)
            except Skip as reason:
                yield Skipped(entry["titleSlug"], str(reason))


def _question(client: Client, address: str, entry: dict[str, Any]) -> Problem:
    if entry.get("paidOnly"):
        raise Skip("premium")
    if {tag["slug"] for tag in entry.get("topicTags") or []} & _OTHER_LANGUAGES:
        raise Skip("not in Python (database, shell or concurrency)")
    payload = {"query": _QUESTION, "variables": {"titleSlug": entry["titleSlug"]}}
    answer = client.post_json(f"{address}/graphql", payload, _check("question"))
    question = json.loads(answer)["data"]["question"]
    if question is None:
        raise Skip("no such question")
    return problem_from_question(question)


def problem_from_question(question: dict[str, Any]) -> Problem:
    """Return the problem of a question as the GraphQL interface gives it.

    Raises:
        Skip: it cannot be posed as a function with given arguments and answers.
    """
    try:
        return _problem(question)
    except MalformedRow as error:
        raise Skip(f"answer not understood ({error})") from error


def _problem(question: dict[str, Any]) -> Problem:
    if field(question, "isPaidOnly", bool, False) or not question.get("content"):
        raise Skip("premium")
    snippets = field(question, "codeSnippets", list, None) or []
    starter = next((s["code"] for s in snippets if s.get("langSlug") == "python3"), None)
    if starter is None:
        raise Skip("not in Python (database, shell or concurrency)")
    meta = _meta_data(question)
    try:
        signature = signature_of(starter, f"Solution.{meta['name']}")
    except ValueError as error:
        raise Skip(f"starter code not understood: {error}") from error
    types = [parameter["type"] for parameter in meta["params"]]
    in_place = None
    return_type = field(meta, "return.type", str, "void")
    if return_type == "void":
        in_place = field(meta, "output.paramindex", int, 0)
    answer_type = types[in_place] if in_place is not None else return_type
    for name in [*types, answer_type]:
        if name.removeprefix("list<").rstrip(">[]") not in _TYPES:
            raise Skip(f"values of type {name.rstrip('[]')}")

    statement = html_to_text(question["content"])
    tests = _tests(statement, field(question, "exampleTestcases", str, ""), types, answer_type)
    comparison, checker = call_comparison(statement, answer_type)
    return Problem(
        id=f"leetcode/{question['titleSlug']}",
        source="leetcode",
        url=f"{ADDRESS}/problems/{question['titleSlug']}/",
        licence=LICENCE,
        title=question["title"],
        statement=statement,
        interface="call",
        entry_point=signature.entry_point,
        parameters=signature.parameters,
        parameter_types=signature.parameter_types,
        return_type=signature.return_type,
        in_place=in_place,
        starter_code=starter.rstrip(),
        tests=tests,
        comparison=comparison,
        difficulty=str(question.get("difficulty", "")).lower() or None,
        tags=[tag["name"] for tag in question.get("topicTags") or []],
        needs_checker=checker,
    )


def _meta_data(question: dict[str, Any]) -> dict[str, Any]:
    try:
        meta = json.loads(field(question, "metaData", str))
    except json.JSONDecodeError as error:
        raise Skip("answer not understood (metaData is not JSON)") from error
    if "classname" in meta or meta.get("systemdesign"):
        raise Skip("design of a class")
    if meta.get("manual"):
        raise Skip("judged by a program of its own")
    for parameter in field(meta, "params", list):
        field(parameter, "type", str)
    field(meta, "name", str)
    return meta


def _tests(statement: str, inputs: str, types: list[str], answer_type: str) -> list[TestCase]:
    """Return the examples: inputs from the question's test cases, answers from its statement."""
    outputs = example_outputs(statement)
    lines = [line for line in inputs.split("\n") if line.strip()]
    if not lines or not types or len(lines) % len(types):
        raise Skip("example inputs do not fit the parameters")
    groups = [lines[at : at + len(types)] for at in range(0, len(lines), len(types))]
    if len(groups) != len(outputs):
        raise Skip("examples of the statement and example inputs differ in number")
    return [
        TestCase(
            input=[encode(_value(text, kind)) for text, kind in zip(group, types, strict=True)],
            expected=encode(_value(output, answer_type)),
            visible=True,
        )
        for group, output in zip(groups, outputs, strict=True)
    ]


def example_outputs(statement: str) -> list[str]:
    """Return the outputs of a statement's examples, as their text.

    >>> example_outputs("Input: x = 1\\nOutput: [2,\\n 3]\\nExplanation: because")
    ['[2,\\n 3]']
    """
    pattern = (
        r"^\s*Output:?\s*(.*?)(?=^\s*(?:Explanation|Example|Constraints|Input|Note)\b|\n\n|\Z)"
    )
    found = re.findall(pattern, statement, flags=re.S | re.M | re.I)
    return [text.strip() for text in found]


def _value(text: str, kind: str) -> Any:
    """Read a value in LeetCode's notation (JSON) and check it against its declared type."""
    # "5, nums = [0,1]": an in-place answer with its length; nothing that one value can say.
    text = re.sub(r"^\w+\s*=\s*", "", text.strip())
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise Skip("an example's value is not plain JSON") from error
    if not _fits(value, kind):
        raise Skip("an example's value is not of the declared type")
    return float(value) if kind == "double" else value


def _fits(value: Any, kind: str) -> bool:
    if kind.startswith("list<"):
        kind = kind[5:-1] + "[]"
    if kind.endswith("[]"):
        return isinstance(value, list) and all(_fits(item, kind[:-2]) for item in value)
    if kind in ("integer", "long"):
        return type(value) is int
    if kind == "double":
        return type(value) in (int, float)
    if kind in ("string", "character"):
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    return isinstance(value, list) or value is None  # ListNode, TreeNode


def _check(what: str) -> Any:
    key = {"list": "problemsetQuestionList", "question": "question"}[what]

    def check(body: str) -> None:
        try:
            answer = json.loads(body)
        except json.JSONDecodeError as error:
            raise Unusable("the answer is not JSON (cut off, or a page for humans)") from error
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), dict):
            raise Unusable(f"no data ({str(answer.get('errors', 'no reason given'))[:200]})")
        if key == "list" and not isinstance(answer["data"].get(key, {}).get("questions"), list):
            raise Unusable("the list of questions is missing: the interface may have changed")
        if key == "question" and not isinstance(answer["data"].get(key, ""), dict | None):
            raise Unusable("the question is missing: the interface may have changed")

    return check
