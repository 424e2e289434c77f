"""What the report can drill down to: tasks, answers and verdicts; pairs and their samples."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codepref.files import read_records, read_text
from codepref.gradings import BenchmarkVerdicts, PartVerdict, Solution
from codepref.prompts import problem_text
from codepref.records import Execution, Pair, Problem, Sample
from codepref.tables.inputs import read_of_run
from codepref.tables.results import Results

# A report stays a file one can mail: what goes beyond is left to scripts/trace.py, and said so.
MAX_PAIRS = 60
MAX_ANSWERS = 4000
MAX_TEXT = 6000
MAX_VALUE = 300


@dataclass(frozen=True)
class Sources:
    """Files behind the tables."""

    problems: Path
    samples: Sequence[Path] = ()
    executions: Sequence[Path] = ()
    pairs: Sequence[Path] = ()
    benchmark_data: Sequence[Path] = ()
    """of the configuration's benchmarks, in its order"""
    verdicts: Sequence[Path] = ()
    solutions: Sequence[Path] = ()
    """what was graded, in the order of the verdicts"""


@dataclass
class DrillDown:
    """The data that the report's page carries, and what had to be left out."""

    data: dict[str, Any]
    left_out: list[str]


def collect(results: Results, sources: Sources) -> DrillDown:
    """Gather everything that the page shows on demand."""
    left_out: list[str] = []
    data_files = zip(results.config.use_benchmarks, sources.benchmark_data, strict=True)
    data = {
        "models": {name: model.label for name, model in results.config.models.items()},
        "methods": {name: results.config.method_label(name) for name in results.config.methods},
        "benchmarks": {name: results.label(name) for name in results.benchmarks},
        "passed": {
            "/".join(map(str, key)): {task: int(passed) for task, passed in tasks.items()}
            for key, tasks in results.passed.items()
        },
        "tasks": {name: _tasks(path) for name, path in data_files},
        "answers": _answers(results, sources, left_out),
        **_training_data(sources, left_out),
    }
    return DrillDown(data, left_out)


def _clip(text: str, limit: int = MAX_TEXT) -> str:
    more = len(text) - limit
    return text if more <= 0 else f"{text[:limit]}\n[… {more} characters more]"


def _value(value: Any) -> str:
    return _clip(json.dumps(value, ensure_ascii=False), MAX_VALUE)


def _tasks(path: Path) -> dict[str, Any]:
    return {
        task["task_id"]: {
            "prompt": _clip(task["prompt"]),
            "base": [_value(value) for value in task["base_input"][:3]],
            "base_total": len(task["base_input"]),
            "plus_total": len(task["plus_input"]),
        }
        for task in (json.loads(line) for line in read_text(path).split("\n") if line.strip())
    }


def _part(verdict: PartVerdict) -> str:
    again = " (graded again alone)" if verdict.graded_again else ""
    at = "" if verdict.failing_input is None else f", input {verdict.failing_input}"
    return f"{verdict.status}{at}{': ' + verdict.reason if verdict.reason else ''}{again}"


def _answers(results: Results, sources: Sources, left_out: list[str]) -> dict[str, Any]:
    """Return per grading the answers; where there are too many, only those of changed tasks."""
    gradings = read_of_run(results.config, sources.verdicts, BenchmarkVerdicts)
    total = sum(grading.total for grading in gradings)
    changed = _changed(results) if total > MAX_ANSWERS else None
    if changed is not None:
        left_out.append(
            f"answers to tasks that no variant changed against base ({total} answers in all; "
            "python scripts/trace.py shows any of them)"
        )
    answers: dict[str, Any] = {}
    for grading, path in zip(gradings, sources.solutions, strict=True):
        model, benchmark = grading.model, grading.benchmark
        by_task = {verdict.task_id: verdict for verdict in grading.tasks}
        answers[f"{model}/{grading.method}/{grading.seed}/{benchmark}"] = {
            solution.task_id: {
                "solution": _clip(solution.solution),
                "cut": solution.finish_reason == "length",
                "base": _part(by_task[solution.task_id].base),
                "plus": _part(by_task[solution.task_id].plus),
            }
            for solution in read_records(path, Solution)
            if changed is None or (model, benchmark, solution.task_id) in changed
        }
    return answers


def _changed(results: Results) -> set[tuple[str, str, str]]:
    """Return the (model, benchmark, task) on which the model's variants differ, base or plus."""
    variants = results.tasks.groupby(["model", "benchmark", "task_id"])["passed"].nunique()
    return {
        (model, benchmark.removesuffix("+"), task)
        for model, benchmark, task in variants[variants > 1].index
    }


def _training_data(sources: Sources, left_out: list[str]) -> dict[str, Any]:
    pairs: dict[str, list[Pair]] = {}
    for everything in (list(read_records(path, Pair)) for path in sources.pairs):
        if not everything:
            continue
        model, step = everything[0].model, -(-len(everything) // MAX_PAIRS)
        pairs[model] = everything[::step]
        if step > 1:
            left_out.append(
                f"{len(everything) - len(pairs[model])} of {len(everything)} pairs of {model} "
                f"(every {step}th is shown)"
            )
    shown = {(model, pair.problem_id) for model, items in pairs.items() for pair in items}
    every = {problem for _, problem in shown}
    return {
        "problems": {
            problem.id: _problem(problem)
            for problem in read_records(sources.problems, Problem)
            if problem.id in every
        },
        "pairs": {model: [_pair(pair) for pair in items] for model, items in pairs.items()},
        "samples": _samples(sources, shown),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    visible = [test for test in problem.tests if test.visible]
    return {
        "title": problem.title,
        "statement": _clip(problem_text(problem)),
        "source": problem.source,
        "difficulty": problem.difficulty or "unknown",
        "starter": _clip(problem.starter_code),
        "tests": [f"{_value(test.input)} → {_value(test.expected)}" for test in visible[:5]],
        "visible": len(visible),
        "hidden": len(problem.tests) - len(visible),
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "problem": pair.problem_id,
        "chosen": pair.chosen_from.index,
        "rejected": pair.rejected_from.index,
        "rejected_verdict": pair.rejected_from.verdict,
    }


def _samples(sources: Sources, shown: Collection[tuple[str, str]]) -> dict[str, Any]:
    """Return by model and problem the samples of the pairs that are shown, with their verdicts."""
    executions = {
        (e.model, e.problem_id, e.index): e
        for path in sources.executions
        for e in read_records(path, Execution)
        if (e.model, e.problem_id) in shown
    }
    samples: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for sample in (sample for path in sources.samples for sample in read_records(path, Sample)):
        if (sample.model, sample.problem_id) not in shown:
            continue
        execution = executions.get((sample.model, sample.problem_id, sample.index))
        samples[sample.model][sample.problem_id].append(
            {
                "index": sample.index,
                "completion": _clip(sample.completion),
                "cut": sample.finish_reason == "length",
                "verdict": execution.verdict if execution else "not run",
                "tests": f"{execution.tests_passed}/{execution.tests_total}" if execution else "",
                "message": (execution.message or "") if execution else "",
                "checker": (execution.checker or "") if execution else "",
            }
        )
    return samples
