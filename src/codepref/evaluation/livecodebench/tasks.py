"""A task of the data file (see ``rows``) as a problem of ours, and as a question to a model.

Graded as LiveCodeBench's own ``testing_util.py`` grades: six seconds a test; 50,000 levels of
recursion; a program may exit with any status; its output line by line without the white space at
both ends, numbers equal as decimals; a function's value by ``==``, a tuple as good as a list. Not
as there: time is processor time; inner tuples are as good as lists, too; the answer must define
what the starter code defines; a program imports what it uses.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from pydantic import ValidationError

from codepref.evaluation.entry import BenchmarkEntry, Question, Source
from codepref.evaluation.executor_judge import ExecutorJudge
from codepref.evaluation.livecodebench.pickled import inflated
from codepref.evaluation.livecodebench.rows import content_of_release
from codepref.evaluation.settings import LiveCodeBenchData
from codepref.prompts import problem_messages
from codepref.records import Comparison, Limits, Problem, Strict, TestCase
from codepref.sandbox.forms import malformed
from codepref.strict import explain_record
from codepref.values import encode

SECONDS = 6.0
_RECURSION = 50_000  # set in the imports that it puts before each program


class _Line(Strict):
    task_id: str
    prompt: str
    title: str
    platform: str
    difficulty: str
    released: str
    version: str
    starter_code: str
    function: str | None
    public: list[list[str]]
    private: str


@dataclass(frozen=True)
class PackedTask:
    """A task whose private tests stay packed until it is graded: all of them are gigabytes."""

    line: _Line

    def problem(self) -> Problem:
        """Return the task with all of its tests, the public ones first."""
        return _problem(self.line, _private_tests(self.line))


def parse(task: dict[str, Any]) -> PackedTask:
    """Check a task of the data file.

    Raises:
        ValueError: it is not in the format of ``rows``, or a test is not of the task's kind.
    """
    packed = PackedTask(_line(task))
    date.fromisoformat(packed.line.released)
    problem = packed.problem()
    for number, test in enumerate(problem.tests, start=1):
        for wrong in malformed(problem, test):
            raise ValueError(f"test {number}: {wrong}")
    return packed


def question(task: Mapping[str, Any], style: str) -> Question:
    """Put a task in the words of the training problems.

    Raises:
        ValueError: another style is asked for.
    """
    if style not in LIVECODEBENCH.styles:
        raise ValueError(
            f"generation.prompt_style '{style}' is not for LiveCodeBench; set the benchmark's "
            "prompt_style to chat"
        )
    line = _line(dict(task))
    problem = _problem(line, [] if line.public else _private_tests(line))
    return Question(problem_messages(problem), problem.entry_point, problem.starter_code)


def _line(task: dict[str, Any]) -> _Line:
    try:
        return _Line.model_validate(task)
    except ValidationError as error:
        raise ValueError(f"not a LiveCodeBench task: {explain_record(error, _Line)}") from error


def _private_tests(line: _Line) -> list[list[str]]:
    try:
        tests = json.loads(inflated(base64.b64decode(line.private, validate=True)))
    except (ValueError, zlib.error) as error:
        raise ValueError(f"not a LiveCodeBench task: field 'private': {error}") from error
    found: list[list[str]] = tests
    return found


def _problem(line: _Line, private: list[list[str]]) -> Problem:
    method = "class Solution" in line.starter_code
    entry_point = f"Solution.{line.function}" if method else line.function
    tests = [(test, True) for test in line.public] + [(test, False) for test in private]
    return Problem(
        id=f"livecodebench/{line.task_id}",
        source="livecodebench",
        licence="CC (statements: their sites' terms)",
        title=line.title,
        statement=line.prompt,
        interface="call" if line.function else "stdio",
        entry_point=entry_point if line.function else None,
        starter_code=line.starter_code if line.function else "",
        tests=[
            _test(given, expected, bool(line.function), visible)
            for (given, expected), visible in tests
        ],
        comparison=Comparison(kind="exact" if line.function else "decimals"),
        limits=Limits(recursion=_RECURSION),
        exit_status_counts=False,
        difficulty=line.difficulty,
    )


def _test(given: str, expected: str, call: bool, visible: bool) -> TestCase:
    """Return a test; a call's input has the JSON of one argument a line."""
    if not call:
        return TestCase(input=given, expected=expected, visible=visible)
    arguments = [encode(json.loads(argument)) for argument in given.split("\n")]
    return TestCase(input=arguments, expected=encode(json.loads(expected)), visible=visible)


LIVECODEBENCH = BenchmarkEntry(
    judge=partial(ExecutorJudge, problem_of=PackedTask.problem, least_seconds=SECONDS),
    task=parse,
    question=question,
    sources={"livecodebench": Source(LiveCodeBenchData, content_of_release)},
    columns=(", public tests", ""),
    styles=("chat",),
    dated=True,
)
