"""Training problems that are benchmark tasks: by their text, by their code (see ``behaviour``)."""

import ast
import builtins
import keyword
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from pydantic import Field

from codepref.errors import UserError
from codepref.files import numbered_records
from codepref.problems.sources.foreign import Foreign
from codepref.problems.sources.signatures import parse_python
from codepref.prompts import problem_text
from codepref.records import Problem

# Solutions with fewer tokens (``return a + b``) are alike by chance.
_LEAST_TOKENS = 20
_CODE_SHINGLE = 4


@dataclass(frozen=True)
class Contamination:
    """A problem that is, or may be, a benchmark task.

    Attributes:
        problem, task: their ids.
        way: ``text``, ``code`` or ``behaviour``.
        evidence: what was found, for a reader to judge.
        by_chance: the two agree on the task's inputs but differ elsewhere: not the same task.
    """

    problem: str
    task: str
    way: str
    evidence: str
    by_chance: bool = False


@dataclass(frozen=True)
class Task:
    """A benchmark task in EvalPlus's format; one of another benchmark has a text only."""

    id: str
    entry_point: str
    text: str  # the prompt's wording, without code and examples
    solution: str  # the whole program; empty: none is known
    inputs: list[list[Any]]
    tolerance: float
    contract: str = ""  # asserts on the arguments, as EvalPlus has them; empty: none are known

    def checked_solution(self) -> str:
        """Return the solution as a program that fails on arguments outside of the contract."""
        function = _function(self.solution, self.entry_point)
        if not self.contract.strip() or function is None:
            return self.solution
        asserts = textwrap.indent(textwrap.dedent(self.contract.strip("\n")), "    ")
        names = ", ".join(argument.arg for argument in function.args.args)
        return (
            f"{self.solution}\n_solve = {self.entry_point}\n"
            f"def {self.entry_point}({ast.unparse(function.args)}):\n{asserts}\n"
            f"    return _solve({names})\n"
        )


class BenchmarkTask(Foreign):
    """A line of a benchmark's data file, in EvalPlus's format or with a text only."""

    task_id: str
    prompt: str
    entry_point: str = ""
    canonical_solution: str = ""
    contract: str = ""
    base_input: list[list[Any]] | dict[str, Any] = Field(default_factory=list)
    plus_input: list[list[Any]] | dict[str, Any] = Field(default_factory=list)
    atol: float = Field(default=0.0, ge=0, allow_inf_nan=False)


def read_tasks(paths: Iterable[str | Path]) -> list[Task]:
    """Read benchmark tasks from files in EvalPlus's format.

    Raises:
        UserError: a file is missing or a line is not such a task (names file, line and field).
    """
    return [
        _task(line, f"{path}:{number}")
        for path in paths
        for number, line in numbered_records(path, BenchmarkTask)
    ]


def _task(line: BenchmarkTask, where: str) -> Task:
    inputs: list[Any] = [line.base_input, line.plus_input]
    if line.canonical_solution and line.task_id.startswith("Mbpp/"):
        from evalplus.data.mbpp import mbpp_deserialize_inputs

        try:
            inputs = [mbpp_deserialize_inputs(line.task_id, part) for part in inputs]
        except Exception as error:  # EvalPlus expects the inputs of its own tasks
            raise UserError(
                f"{where}: fields 'base_input' and 'plus_input' are not inputs of EvalPlus's task "
                f"{line.task_id} ({type(error).__name__}: {error})"
            ) from error
    return Task(
        id=line.task_id,
        entry_point=line.entry_point,
        text=_wording(line.prompt, line.entry_point),
        solution=line.prompt + line.canonical_solution if line.canonical_solution else "",
        inputs=[list(arguments) for part in inputs for arguments in part],
        tolerance=line.atol,
        contract=line.contract,
    )


def _wording(prompt: str, entry_point: str) -> str:
    """Return what a prompt says in words: its docstring, without examples and asserts."""
    try:
        tree = parse_python(prompt + "\n    pass" if "def " in prompt else prompt)
    except ValueError:
        return prompt
    nodes = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Module)
        or (isinstance(node, ast.FunctionDef) and node.name == entry_point)
    ]
    text = "\n".join(ast.get_docstring(node) or "" for node in nodes)
    lines = takewhile(lambda line: not re.match(r"\s*(>>>|assert\b)", line), text.splitlines())
    return "\n".join(lines)


# --- Text -----------------------------------------------------------------------------------------


class TextOverlap:
    """Finds statements that share ``words`` words in a row with a task's wording.

    A task shorter than that is compared whole. At least half of the words are not numbers.
    """

    def __init__(self, tasks: list[Task], words: int) -> None:
        # Spans by their length: most tasks have `words`, the short ones their own.
        self._spans: dict[int, dict[str, str]] = defaultdict(dict)
        for task in tasks:
            found = _words(task.text)
            size = min(words, len(found))
            if size < 3:
                continue
            for at in range(len(found) - size + 1):
                span = found[at : at + size]
                # Rows of numbers (1 2 3 4 5 6 7 8 9 10) are shared by examples of all kinds.
                if 2 * sum(map(str.isalpha, span)) >= size:
                    self._spans[size].setdefault(" ".join(span), task.id)

    def find(self, problem: Problem) -> Iterator[Contamination]:
        """Yield each task whose wording a statement shares, with the shared words."""
        for task, span in self.shared(problem_text(problem)):
            yield Contamination(problem.id, task, "text", f"shares the words: {span}")

    def shared(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the id of each task whose wording a text shares, with the shared words."""
        words = _words(text)
        seen: set[str] = set()
        for size, spans in self._spans.items():
            for at in range(len(words) - size + 1):
                span = " ".join(words[at : at + size])
                task = spans.get(span)
                if task is not None and task not in seen:
                    seen.add(task)
                    yield task, span


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


# --- Code -----------------------------------------------------------------------------------------


class CodeOverlap:
    """Finds reference solutions whose syntax tree is (nearly) that of a canonical solution.

    Names, annotations and docstrings do not count: trees are compared as sets of runs of four
    tokens of the code with names numbered by first use, by their Jaccard similarity.
    """

    def __init__(self, tasks: list[Task], threshold: float) -> None:
        self._threshold = threshold
        self._tasks = [(task.id, _code_shingles(task.solution, task.entry_point)) for task in tasks]
        self._by_shingle: dict[str, list[int]] = defaultdict(list)
        for number, (_, shingles) in enumerate(self._tasks):
            for shingle in shingles:
                self._by_shingle[shingle].append(number)

    def find(self, problem: Problem) -> Iterator[Contamination]:
        """Yield each task whose canonical solution a problem's reference solution resembles."""
        if not problem.reference_solution or not problem.entry_point:
            return
        shingles = _code_shingles(problem.reference_solution, problem.entry_point.split(".")[-1])
        shared = Counter(number for one in shingles for number in self._by_shingle.get(one, ()))
        for number, count in sorted(shared.items()):
            task, theirs = self._tasks[number]
            similarity = count / (len(shingles) + len(theirs) - count)
            if similarity >= self._threshold:
                evidence = f"solutions are {similarity:.0%} alike but for names"
                yield Contamination(problem.id, task, "code", evidence)


def _code_shingles(code: str, name: str) -> set[str]:
    tokens = normalised_tokens(code, name)
    if len(tokens) < _LEAST_TOKENS:
        return set()
    return {
        " ".join(tokens[at : at + _CODE_SHINGLE]) for at in range(len(tokens) - _CODE_SHINGLE + 1)
    }


def normalised_tokens(code: str, name: str) -> list[str]:
    """Return the tokens of a function's body with its names numbered by first use.

    >>> normalised_tokens("def f(a):\\n    b = a\\n    return b", "f")
    ['v0', '=', 'v1', 'return', 'v0']
    """
    function = _function(code, name)
    if function is None:
        return []
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        word = match.group()
        if word in _KEYWORDS:
            return word
        return numbers.setdefault(word, f"v{len(numbers)}")

    text = "\n".join(ast.unparse(_Bare().visit(statement)) for statement in body)
    pieces = re.findall(r"'[^'\n]*'|\"[^\"\n]*\"|[A-Za-z_]\w*|\d+(?:\.\d+)?|[^\s\w]+", text)
    return [re.sub(r"^[A-Za-z_]\w*$", number, piece) for piece in pieces]


def _function(code: str, name: str) -> ast.FunctionDef | None:
    try:
        tree = parse_python(code)
    except ValueError:
        return None
    return next(
        (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == name), None
    )


class _Bare(ast.NodeTransformer):
    """Drops annotations and ``self.``."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            return ast.Name(node.attr, ast.Load())
        return node


# Words that mean the same in every program keep their names.
_KEYWORDS = frozenset(keyword.kwlist).union(
    dir(builtins), *(dir(kind) for kind in (str, list, dict, set))
)
