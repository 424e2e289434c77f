"""Benchmark tasks in disguise are found: as programs, with answers as text, renamed, wrapped."""

import gzip
import textwrap
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from helpers.places import SHARED
from helpers.records import make_problem

from codepref.problems.decontamination.behaviour import behavioural_matches
from codepref.problems.decontamination.contamination import Task, read_tasks
from codepref.problems.decontamination.kinds import kind_of
from codepref.problems.decontamination.subjects import Unchecked
from codepref.records import Problem, TestCase
from codepref.values import encode

FOLDER = Path(__file__).parent / "disguised"


@pytest.fixture(scope="module")
def benchmark_tasks(tmp_path_factory) -> dict[str, Task]:
    paths = []
    for name in ("HumanEvalPlus-v0.1.10", "MbppPlus-v0.2.0"):
        with gzip.open(SHARED / "evalplus" / f"{name}.jsonl.gz") as stream:
            paths.append(tmp_path_factory.mktemp("tasks") / f"{name}.jsonl")
            paths[-1].write_bytes(stream.read())
    return {task.id: task for task in read_tasks(paths)}


def disguised(name: str) -> list[tuple[str, Problem]]:
    """The tasks of a file with the problems that they are disguised as."""
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    found = []
    for kind in ("program", "function"):
        for number, entry in enumerate(data[kind]):
            fields: dict[str, Any] = {
                "reference_solution": entry["code"],
                "tests": [TestCase(input=given, expected=right) for given, right in entry["tests"]],
            }
            if kind == "program":
                fields["interface"] = "stdio"
            else:
                fields["parameter_types"] = entry["types"]
                fields["parameters"] = [f"a{place}" for place in range(len(entry["types"]))]
            found.append((entry["task"], make_problem(f"d/{kind}{number}", **fields)))
    return found


def renamed(task: Task) -> Problem:
    """A task's own solution as a method of another name that calls it."""
    names: dict[str, Any] = {}
    exec(task.solution, names)
    inputs = task.inputs[:3]
    parameters = [f"a{place}" for place in range(len(inputs[0]))]
    listed = ", ".join(parameters)
    code = f"class Solution:\n    def go(self, {listed}):\n"
    code += textwrap.indent(f"{task.solution}\nreturn {task.entry_point}({listed})\n", " " * 8)
    return make_problem(
        f"renamed/{task.id.replace('/', '-')}",
        entry_point="Solution.go",
        parameters=parameters,
        parameter_types=[kind_of(column) for column in zip(*task.inputs[:100], strict=True)],
        reference_solution=code,
        tests=[
            TestCase(
                input=[encode(item) for item in given],
                expected=encode(names[task.entry_point](*given)),
            )
            for given in inputs
        ],
    )


def missed(problems: list[tuple[str, Problem]], tasks: list[Task]) -> list[tuple[str, str]]:
    """The disguised tasks that are not found."""
    unchecked: Unchecked = defaultdict(list)
    found = behavioural_matches([one for _, one in problems], tasks, 12, unchecked)
    real = {(item.task, item.problem) for item in found if not item.by_chance}
    return [(task, one.id) for task, one in problems if (task, one.id) not in real]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["seen", "held_out"])
def test_tasks_are_found_as_programs_as_text_and_with_swapped_arguments(benchmark_tasks, name):
    problems = disguised(name)
    assert len(problems) == 20
    assert missed(problems, [benchmark_tasks[task] for task, _ in problems]) == []


@pytest.mark.shared
def test_thirty_renamed_and_wrapped_tasks_are_found(benchmark_tasks):
    chosen = list(benchmark_tasks.values())[5:160:5]
    problems = [(task.id, renamed(task)) for task in chosen]
    assert len(problems) >= 30
    assert missed(problems, chosen) == []
