"""LeetCode: the list of questions and each question from the site's GraphQL interface."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import Field, Json
from pydantic_core import from_json

from codepref.problems.comparisons.answers import call_comparison
from codepref.problems.sources.crawl import Client, CrawlProgress, Unusable
from codepref.problems.sources.foreign import Foreign, NotUnderstood, Skip, Skipped, attempt, parse
from codepref.problems.sources.signatures import signature_of
from codepref.problems.statements.parts import of_question
from codepref.problems.statements.text import html_to_text
from codepref.records import Problem, TestCase
from codepref.values import decode, encode

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
_NOT_PYTHON = "not in Python (database, shell or concurrency)"

Answer = TypeVar("Answer", "_ListData", "_QuestionData")


class _Tag(Foreign):
    name: str
    slug: str


_Tags = Annotated[list[_Tag], Field(default_factory=list)]


class _Listed(Foreign):
    titleSlug: str
    paidOnly: bool = False
    topicTags: _Tags


class _Envelope(Foreign):
    data: dict[str, Any] | None = None
    errors: Any = None


class _Page(Foreign):
    total: int
    questions: list[Any]


class _ListData(Foreign):
    problemsetQuestionList: _Page

    def check(self, variables: dict[str, Any]) -> None:
        """Raise Unusable if this does not answer a request with these variables."""
        if not self.problemsetQuestionList.questions:
            raise Unusable("an empty page of the list", f"from question {variables['skip']} on")


class _QuestionData(Foreign):
    question: dict[str, Any]

    def check(self, variables: dict[str, Any]) -> None:
        """Raise Unusable if this does not answer a request with these variables."""
        if self.question.get("titleSlug") != variables["titleSlug"]:
            raise Unusable("an answer about another question")
        if self.question.get("content") is None and not self.question.get("isPaidOnly"):
            raise Unusable("an answer without a statement")


class _Snippet(Foreign):
    langSlug: str
    code: str


class _Type(Foreign):
    type: str


class _Returned(Foreign):
    type: str = "void"


class _Output(Foreign):
    paramindex: int = Field(default=0, ge=0)


class _MetaData(Foreign):
    name: str | None = None  # a class to design has none
    params: list[_Type] = Field(default_factory=list)
    returned: _Returned = Field(default=_Returned(), alias="return")
    output: _Output = _Output()
    classname: str | None = None
    systemdesign: bool = False
    manual: bool = False


class _Question(Foreign):
    titleSlug: str
    title: str
    isPaidOnly: bool = False
    content: str = ""
    difficulty: str = ""
    exampleTestcases: str = ""
    topicTags: _Tags
    codeSnippets: list[_Snippet] = Field(default_factory=list)
    metaData: Json[_MetaData]


def collect(client: Client, address: str = ADDRESS) -> Iterator[Problem | Skipped]:
    """Yield the site's questions in its own order, or why one is left out.

    Raises:
        UserError: the site refuses, or its answers are not understood.
    """
    skip, total = 0, 1
    progress = None
    while skip < total:
        variables = {"categorySlug": "", "limit": _PAGE, "skip": skip, "filters": {}}
        payload = {"query": _LIST, "variables": variables}
        page = _ask(client, address, payload, _ListData).problemsetQuestionList
        total = page.total
        progress = progress or CrawlProgress("leetcode: problems", total, client)
        for number, listed in enumerate(page.questions, start=skip + 1):
            slug = listed.get("titleSlug") if isinstance(listed, dict) else None
            make = partial(_listed_problem, client, address, listed)
            yield progress.of(attempt(str(slug or f"question {number}"), "answer", make))
        skip += len(page.questions)


def _ask(client: Client, address: str, payload: dict[str, Any], model: type[Answer]) -> Answer:
    def read(body: str) -> Answer:
        whole = parse(_Envelope, body, "answer")
        if whole.errors or whole.data is None:
            raise Unusable("an answer without data", str(whole.errors or "no reason given")[:200])
        answer = parse(model, whole.data, "answer")
        answer.check(payload["variables"])
        return answer

    return client.post_json(f"{address}/graphql", payload, read)


def _listed_problem(client: Client, address: str, data: Any) -> Problem:
    listed = parse(_Listed, data, "answer")
    if listed.paidOnly:
        raise Skip("premium")
    if {tag.slug for tag in listed.topicTags} & _OTHER_LANGUAGES:
        raise Skip(_NOT_PYTHON)
    payload = {"query": _QUESTION, "variables": {"titleSlug": listed.titleSlug}}
    return problem_from_question(_ask(client, address, payload, _QuestionData).question)


def problem_from_question(data: dict[str, Any]) -> Problem:
    """Return the problem of a question as the GraphQL interface gives it.

    Raises:
        Skip: it cannot be posed as a function with given arguments and answers.
    """
    if not data.get("content"):
        raise Skip("premium")
    question = parse(_Question, data, "answer")
    if question.isPaidOnly:
        raise Skip("premium")
    starter = next((s.code for s in question.codeSnippets if s.langSlug == "python3"), None)
    if starter is None:
        raise Skip(_NOT_PYTHON)
    meta = question.metaData
    if meta.classname is not None or meta.systemdesign:
        raise Skip("design of a class")
    if meta.manual:
        raise Skip("judged by a program of its own")
    if meta.name is None:
        raise NotUnderstood("answer", "metaData.name", "is missing")
    signature = signature_of(starter, f"Solution.{meta.name}")
    types = [parameter.type for parameter in meta.params]
    in_place = meta.output.paramindex if meta.returned.type == "void" else None
    if in_place is not None and in_place >= len(types):
        raise NotUnderstood("answer", "metaData.output.paramindex", f"{len(types)} parameters")
    answer_type = types[in_place] if in_place is not None else meta.returned.type
    for name in [*types, answer_type]:
        if name.removeprefix("list<").rstrip(">[]") not in _TYPES:
            raise Skip(f"values of type {name.rstrip('[]')}")

    statement = html_to_text(question.content)
    if statement.startswith("English description is not available"):
        raise Skip("no statement in English")
    tests = _tests(statement, question.exampleTestcases, types, answer_type)
    outputs = [decode(test.expected) for test in tests]
    comparison, checker = call_comparison(statement, answer_type, outputs)
    return Problem(
        id=f"leetcode/{question.titleSlug}",
        source="leetcode",
        url=f"{ADDRESS}/problems/{question.titleSlug}/",
        licence=LICENCE,
        title=question.title,
        **vars(of_question(statement)),
        interface="call",
        **vars(signature),
        in_place=in_place,
        starter_code=starter.rstrip(),
        tests=tests,
        comparison=comparison,
        difficulty=question.difficulty.lower() or None,
        tags=[tag.name for tag in question.topicTags],
        needs_checker=checker,
    )


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
    pattern = r"^\s*Output:?\s*(.*?)(?=^\s*(?:Expl\w*|Example|Constraints|Input|Note)\b|\n\n|\Z)"
    found = re.findall(pattern, statement, flags=re.S | re.M | re.I)
    return [text.strip() for text in found]


def _value(text: str, kind: str) -> Any:
    """Read a value in LeetCode's notation (JSON) and check it against its declared type."""
    # "5, nums = [0,1]": an in-place answer with its length; nothing that one value can say.
    text = re.sub(r"^\w+\s*=\s*", "", text.strip())
    try:
        value = from_json(text)
    except ValueError as error:
        raise Skip("an example's value is not plain JSON") from error
    if not _fits(value, kind):
        raise Skip("an example's value is not of the declared type")
    if value is None:  # LeetCode writes an empty list or tree as [] or as null
        return []
    return float(value) if kind == "double" else value


def _fits(value: Any, kind: str) -> bool:
    if kind.startswith("list<"):
        kind = kind[5:-1] + "[]"
    if kind.endswith("[]"):
        return isinstance(value, list) and all(_fits(item, kind[:-2]) for item in value)
    if kind in ("integer", "long"):
        return type(value) is int
    if kind == "double":
        return type(value) is float or (type(value) is int and abs(value) < 2**1000)
    if kind in ("string", "character"):
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    return isinstance(value, list) or value is None  # ListNode, TreeNode
