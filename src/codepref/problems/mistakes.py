"""What is wrong with a problem although its record is valid: what the executor would trip over.

Nothing is run here; whether a reference solution passes, only the sandbox tells
(``codepref.problems.references``).
"""

import ast
import inspect
import math
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from codepref import values
from codepref.problems.sources.signatures import complete_bodies
from codepref.records import Limits, Problem, TestCase
from codepref.sandbox.compare import texts_match, values_match
from codepref.sandbox.forms import kind_of_value, malformed
from codepref.sandbox.inside.nodes import to_parameter
from codepref.sandbox.isolation import MAX_FILE_BYTES
from codepref.sandbox.judge import refusal
from codepref.sandbox.source import Source, find_entry, function_names
from codepref.strict import nearest

MOST = Limits(cpu_seconds=600.0, memory_mb=65536, output_kb=MAX_FILE_BYTES >> 10)
"""the most that a problem may let a program use"""
_LEAST_MEMORY_MB = 16  # Python with the modules that solutions import takes as much
_ENTRY_POINT = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)?")
_LEAVES_SIGNATURE = ("staticmethod", "classmethod", "cache", "lru_cache")


@dataclass(frozen=True)
class _Declared:
    """How a problem's function is called, and what says so."""

    where: str
    signature: inspect.Signature


def mistakes(problem: Problem) -> list[str]:
    """Return what makes a problem unusable, each mistake with its field or test (from 1).

    An empty list says that every part can be handed to the executor: tests have the form of the
    interface and fit the signature, code compiles and defines what is asked for, values can be
    carried to a program and compared, limits are within ``MOST``.
    """
    found = list(_of_fields(problem))
    if problem.interface == "stdio":
        found += _compiled("reference_solution", problem.reference_solution)[1]
        for number, test in enumerate(problem.tests, start=1):
            found += [f"test {number}: {what}" for what in malformed(problem, test)]
    else:
        found += _of_function(problem)
    return (
        found + list(_of_checker(problem)) + (list(_contradictions(problem)) if not found else [])
    )


# --- Fields ---------------------------------------------------------------------------------------


def _of_fields(problem: Problem) -> Iterator[str]:
    if reason := refusal(problem):
        yield f"it cannot be judged: {reason}"
    if not problem.statement.strip():
        yield "its statement is blank"
    for name in ("relative_tolerance", "absolute_tolerance"):
        value = getattr(problem.comparison, name)
        if not (math.isfinite(value) and value >= 0):
            yield f"comparison.{name} is {value:g}; expected 0 or more"
    for name in ("cpu_seconds", "memory_mb", "output_kb"):
        if (value := getattr(problem.limits, name)) > (most := getattr(MOST, name)):
            yield f"limits.{name} is {value:g}; at most {most:g} can be granted"
    if problem.limits.memory_mb < _LEAST_MEMORY_MB:
        yield f"limits.memory_mb is {problem.limits.memory_mb}; Python needs {_LEAST_MEMORY_MB}"


def _of_checker(problem: Problem) -> Iterator[str]:
    source, wrong = _compiled("checker", problem.checker)
    yield from wrong
    if source is not None and problem.interface == "call":
        arguments = "(arguments, answer, expected)"
        yield from _defines(source, "check", 3, f"checker: it defines no function check{arguments}")


def _defines(source: Source, name: str, count: int, message: str) -> Iterator[str]:
    """Yield a message unless a program defines a function that takes so many arguments."""
    node = find_entry(source, name)
    if node is None and re.search(rf"\b{name}\b", source.text) and "*" in source.defined:
        return  # maybe imported
    if node is None or ((made := _signature(node)) and _misfit(made, [None] * count)):
        yield message


def _compiled(name: str, code: str | None) -> tuple[Source | None, list[str]]:
    """Return a field's code with its tree, or why it does not compile."""
    if code is None:
        return None, []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, name, "exec", dont_inherit=True)
            return Source(code, ast.parse(code)), []
    except SyntaxError as error:
        why = f"line {error.lineno}: {error.msg}" if error.lineno else error.msg
    except (ValueError, MemoryError, RecursionError) as error:
        why = str(error) or type(error).__name__
    return None, [f"{name} does not compile ({why})"]


# --- Functions ------------------------------------------------------------------------------------


def _of_function(problem: Problem) -> Iterator[str]:
    entry = str(problem.entry_point)
    if not _ENTRY_POINT.fullmatch(entry):
        yield f"entry_point '{entry}' is neither 'name' nor 'Class.name'"
        return
    declared: list[_Declared] = []
    starter = complete_bodies(problem.starter_code) if problem.starter_code.strip() else None
    for name, code in (
        ("starter_code", starter),
        ("reference_solution", problem.reference_solution),
    ):
        source, wrong = _compiled(name, code)
        yield from wrong
        if source is None:
            continue
        node, bound = _entry(source, entry)
        if node is None:
            yield from _undefined(source, name, entry, starter is code)
        elif made := _signature(node, bound):
            declared.append(_Declared(name, made))
    yield from _of_parameters(problem, declared)
    if problem.parameters is not None and not declared:
        parameters = [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            for name in dict.fromkeys(problem.parameters)
            if name.isidentifier()
        ]
        declared.append(_Declared("parameters", inspect.Signature(parameters)))
    for number, test in enumerate(problem.tests, start=1):
        if test.check is not None:
            told = list(_of_check(test))
        else:
            told = list(malformed(problem, test)) or list(_of_test(problem, test, declared))
        yield from (f"test {number}: {what}" for what in told)


def _entry(source: Source, entry: str) -> tuple[ast.AST | None, bool]:
    """Return what defines the entry point, and whether it is a method; a function does for one."""
    *owner, name = entry.split(".")
    node = find_entry(source, entry)
    if node is not None or not owner:
        return node, bool(owner)
    return find_entry(source, name), False


def _undefined(source: Source, where: str, entry: str, is_starter: bool) -> Iterator[str]:
    """Yield a mistake unless the name may still come into being when the program runs."""
    *owner, name = entry.split(".")
    methods = [
        f"{node.name}.{member.name}"
        for node in (source.tree.body if source.tree else [])
        if isinstance(node, ast.ClassDef)
        for member in node.body
        if isinstance(member, ast.FunctionDef) and not member.name.startswith("__")
    ]
    known = methods + function_names(source)
    if is_starter and not known:
        return  # imports and helpers only
    if not is_starter and "*" in source.defined:
        return
    if (
        not is_starter
        and not owner
        and re.search(rf"\b{name}\b\s*(?:=|\(|\bas\b|,|$)", source.text)
    ):
        return  # made in a way that only running it tells
    close = nearest(entry, known) if known else "; it defines no function"
    yield f"entry_point '{entry}' is not defined in {where}{close}"


def _signature(node: ast.AST, bound: bool = False) -> inspect.Signature | None:
    """Return the signature of a function's definition; None: it is not known.

    Args:
        node: what defines it.
        bound: it is a method, whose first parameter is given by itself.
    """
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return None
    decorators = {ast.unparse(one).split("(")[0].split(".")[-1] for one in node.decorator_list}
    if not decorators <= set(_LEAVES_SIGNATURE):
        return None
    given, kinds = node.args, inspect.Parameter
    first, without = len(given.posonlyargs), len(given.args) - len(given.defaults)
    made = [
        kinds(
            one.arg,
            kinds.POSITIONAL_ONLY if place < 0 else kinds.POSITIONAL_OR_KEYWORD,
            default=kinds.empty if place < without else None,
        )
        for place, one in enumerate([*given.posonlyargs, *given.args], start=-first)
    ]
    if bound and "staticmethod" not in decorators:
        made = made[1:]
    if given.vararg:
        made.append(kinds(given.vararg.arg, kinds.VAR_POSITIONAL))
    for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        value = kinds.empty if default is None else None
        made.append(kinds(one.arg, kinds.KEYWORD_ONLY, default=value))
    if given.kwarg:
        made.append(kinds(given.kwarg.arg, kinds.VAR_KEYWORD))
    return inspect.Signature(made)


def _of_parameters(problem: Problem, declared: list[_Declared]) -> Iterator[str]:
    names, kinds = problem.parameters, problem.parameter_types
    if names is not None:
        if len(set(names)) < len(names):
            yield "parameters: a name occurs twice"
        for one in declared:
            if why := _misfit(one.signature, [None] * len(names)):
                yield f"parameters: {one.where} takes other ones ({why})"
        if kinds is not None and len(kinds) != len(names):
            yield f"parameter_types: {len(kinds)} types for {len(names)} parameters"
    count = len(names) if names is not None else len(kinds or ())
    if problem.in_place is not None and count and problem.in_place >= count:
        yield f"in_place is {problem.in_place}, but the last of {count} arguments is {count - 1}"


def _misfit(signature: inspect.Signature, given: Any) -> str:
    """Return why a function cannot be called with a test's input; empty: it can."""
    try:
        signature.bind(**given) if isinstance(given, dict) else signature.bind(*given)
    except TypeError as error:
        return str(error)
    return ""


def _of_check(test: TestCase) -> Iterator[str]:
    source, wrong = _compiled("check", test.check)
    yield from wrong
    if source is not None:
        yield from _defines(source, "check", 1, "check: it defines no function check(candidate)")


def _of_test(problem: Problem, test: TestCase, declared: list[_Declared]) -> Iterator[str]:
    """Yield why a test that is well formed does not fit the function's signature."""
    given = test.input
    for one in declared:
        if why := _misfit(one.signature, given):
            arguments = f"{problem.entry_point}{one.signature}".replace("=None", "=...")
            yield f"its input does not fit {arguments} of {one.where} ({why})"
            return
    if isinstance(given, dict) and (
        missing := [name for name in problem.parameters or [] if name not in given]
    ):
        yield f"its input has no '{missing[0]}', which is one of parameters"
        return
    if problem.in_place is not None and problem.in_place >= len(given):
        yield f"in_place is {problem.in_place}, but its last argument is {len(given) - 1}"
    yield from _of_nodes(problem, given)


def _of_nodes(problem: Problem, given: Any) -> Iterator[str]:
    """Yield which argument cannot be made the linked list or tree that its type says."""
    types = problem.parameter_types or []
    if isinstance(given, dict):
        by_name = dict(zip(problem.parameters or [], types, strict=False))
        arguments = [(by_name.get(name, ""), item) for name, item in given.items()]
    else:
        arguments = list(zip(types, given, strict=False))
    for number, (declared, item) in enumerate(arguments, start=1):
        if (convert := to_parameter(declared)) is None:
            continue
        try:
            convert(values.decode(item))
        except Exception:
            kind = kind_of_value(item)
            yield f"argument {number} is {kind}; of {declared} it is LeetCode's list form"


# --- Tests against each other ---------------------------------------------------------------------


def _contradictions(problem: Problem) -> Iterator[str]:
    """Yield tests that expect another answer to the same input: no program passes both."""
    if problem.has_several_answers or problem.comparison.kind == "any_of":
        return
    first: dict[str, tuple[int, Any]] = {}
    for number, test in enumerate(problem.tests, start=1):
        if test.check is not None:
            continue
        before, expected = first.setdefault(repr(test.input), (number, test.expected))
        if expected == test.expected:
            continue
        if problem.interface == "stdio":
            same = texts_match(test.expected, expected, problem.comparison)
        else:
            right, other = values.decode(expected), values.decode(test.expected)
            same = values_match(other, right, problem.comparison)
        if not same:
            yield f"test {number} has the input of test {before} and expects another answer"
