"""The demo's own problems and benchmark tasks are right, and no task of one is in the other."""

import copy
import inspect
import io
import json
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from codepref.errors import UserError
from codepref.evaluation import data as benchmark_data
from codepref.evaluation.benchmarks import benchmark_bytes
from codepref.evaluation.settings import BuiltinHumanEval, BuiltinMbpp, EvalPlusData
from codepref.problems.builtin import builtin_problems
from codepref.records import Problem
from codepref.values import decode

PROBLEMS = list(builtin_problems())
FREEZE = Path(__file__).parents[2] / "maintenance" / "freeze_humaneval.py"


def frozen(tasks: int = 163, plus_inputs: int = 20) -> bytes:
    section = BuiltinHumanEval(kind="builtin_humaneval", tasks=tasks, plus_inputs=plus_inputs)
    return benchmark_bytes("humaneval", section)


def tasks_of(content: bytes) -> list[dict]:
    return [json.loads(line) for line in content.splitlines()]


HUMANEVAL = tasks_of(frozen())
MBPP = tasks_of(benchmark_bytes("mbpp", BuiltinMbpp(kind="builtin_mbpp", tasks=24)))


def freeze(*options: object) -> subprocess.CompletedProcess:
    command = [sys.executable, FREEZE, *map(str, options)]
    return subprocess.run(command, check=True, capture_output=True, text=True)


def answer(problem: Problem, given):
    """Run a reference solution of our own on one input, in this process."""
    namespace: dict = {"__name__": "__main__"}
    if problem.interface == "stdio":
        output, stdin = io.StringIO(), sys.stdin
        sys.stdin = io.StringIO(given)
        try:
            with redirect_stdout(output):
                exec(problem.reference_solution, namespace)
        finally:
            sys.stdin = stdin
        return output.getvalue()
    exec(problem.reference_solution, namespace)
    owner, _, name = problem.entry_point.rpartition(".")
    function = getattr(namespace[owner](), name) if owner else namespace[name]
    return function(*copy.deepcopy(given))


def equal(problem: Problem, found, expected) -> bool:
    if problem.comparison.kind == "close":
        return found == pytest.approx(expected)
    if problem.comparison.kind == "unordered":
        return sorted(found) == sorted(expected)
    return type(found) is type(expected) and found == expected


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.id)
def test_reference_solution_passes_every_test(problem):
    for test in problem.tests:
        found = answer(problem, decode(test.input))
        assert equal(problem, found, decode(test.expected)), test


def test_problems_have_enough_tests_and_different_names():
    assert len(PROBLEMS) == 50
    assert len({problem.id for problem in PROBLEMS}) == 50
    for problem in PROBLEMS:
        assert sum(test.visible for test in problem.tests) >= 3, problem.id
        assert sum(not test.visible for test in problem.tests) >= 5, problem.id
        inputs = [repr(test.input) for test in problem.tests]
        assert len(set(inputs)) == len(inputs), f"{problem.id}: an input comes twice"
    assert sum(problem.interface == "stdio" for problem in PROBLEMS) == 3
    assert sum((p.entry_point or "").startswith("Solution.") for p in PROBLEMS) == 4


def canonical_answers(task):
    namespace: dict = {}
    exec(task["prompt"] + task["canonical_solution"], namespace)
    function = namespace[task["entry_point"]]
    return [
        (given, function(*copy.deepcopy(given)))
        for given in task["base_input"] + task["plus_input"]
    ]


def test_builtin_mbpp_prompts_hold_for_their_solutions():
    for task in MBPP:
        namespace: dict = {}
        exec(task["canonical_solution"] + task["prompt"].split("\n")[2], namespace)
        assert len(canonical_answers(task)) >= 11


def test_no_training_problem_is_a_demo_benchmark_task():
    calls = [problem for problem in PROBLEMS if problem.interface == "call"]
    same = []
    for task in MBPP + HUMANEVAL:
        answers = canonical_answers(task)
        arity = len(answers[0][0])
        for problem in calls:
            if len(problem.parameters) == arity and _answers_all(problem, answers):
                same.append((problem.id, task["task_id"]))
    assert same == []


def _answers_all(problem, answers) -> bool:
    try:
        return all(answer(problem, given) == expected for given, expected in answers)
    except Exception:
        return False


def test_frozen_tasks_are_all_but_the_one_judged_by_a_property():
    assert len(HUMANEVAL) == 163
    by_id = {task["task_id"]: task for task in HUMANEVAL}
    assert "HumanEval/32" not in by_id
    assert by_id["HumanEval/2"]["atol"] == 1e-6
    assert by_id["HumanEval/0"]["atol"] == 0
    assert [[1.0, 2.0, 3.9, 4.0, 5.0, 2.2], 0.3] in by_id["HumanEval/0"]["base_input"]
    assert sum(len(task["plus_input"]) >= 10 for task in HUMANEVAL) > 150


@pytest.mark.slow
def test_the_script_makes_the_frozen_tasks_again():
    done = freeze("--check")
    assert "HumanEval/32 left out: its check judges a property" in done.stderr


def test_frozen_tasks_that_were_changed_are_refused(monkeypatch, tmp_path):
    (tmp_path / "humaneval.jsonl").write_bytes(frozen().replace(b"21.8", b"21.9", 1))
    monkeypatch.setattr(benchmark_data, "_BUILTIN", tmp_path)
    with pytest.raises(UserError, match=r"humaneval.jsonl: not the frozen tasks .* from git"):
        frozen()


def test_fewer_tasks_and_plus_inputs_are_the_first_ones():
    few = tasks_of(frozen(3, 5))
    whole = [{**task, "plus_input": task["plus_input"][:5]} for task in HUMANEVAL[:3]]
    assert few == whole


def test_mutated_inputs_differ_from_base_keep_the_contract_and_are_answered():
    for task in HUMANEVAL:
        base = [repr(given) for given in task["base_input"]]
        head = f"def accepts({', '.join(_parameters(task))}):"
        contract: dict = {}
        exec(f"{head}{task['contract']}    return True", contract)
        for given in task["base_input"] + task["plus_input"]:
            assert contract["accepts"](*copy.deepcopy(given))
        assert len(canonical_answers(task)) == len(task["base_input"] + task["plus_input"])
        assert not {repr(given) for given in task["plus_input"]} & set(base)


def _parameters(task) -> list[str]:
    namespace: dict = {}
    exec(task["prompt"] + task["canonical_solution"], namespace)
    return list(inspect.signature(namespace[task["entry_point"]]).parameters)


def test_conversion_repeats_to_the_byte_and_depends_on_the_seed(tmp_path):
    def made(seed):
        freeze("--tasks", 20, "--plus-inputs", 5, "--seed", seed, "--output", tmp_path / "made")
        return (tmp_path / "made").read_bytes()

    assert made(0) == frozen(20, 5)
    assert made(0) != made(1)


@pytest.mark.parametrize(
    ("dataset", "data", "message"),
    [
        ("humaneval", BuiltinMbpp(kind="builtin_mbpp", tasks=1), "belongs to dataset 'mbpp'"),
        (
            "humaneval",
            EvalPlusData(kind="evalplus", version="v0", md5="0" * 32, path="missing.jsonl"),
            "missing.jsonl: no such file",
        ),
        (
            "humaneval",
            EvalPlusData(kind="evalplus", version="v0", md5="0" * 32, path=__file__),
            "md5 of the decompressed data is",
        ),
    ],
)
def test_wrong_benchmark_data_is_one_clear_message(dataset, data, message):
    with pytest.raises(UserError, match=message):
        benchmark_bytes(dataset, data)
