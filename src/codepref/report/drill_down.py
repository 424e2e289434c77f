"""What the report can drill down to: tasks, answers and verdicts; pairs and their samples."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codepref.files import read_records
from codepref.records import (
    BenchmarkVerdicts,
    Execution,
    Pair,
    PartVerdict,
    Problem,
    Sample,
    Solution,
)
from codepref.tables.results import Results

# A report stays a file one can mail: what goes beyond is left to scripts/trace.py, and said so.
MAX_PAIRS = 60
MAX_ANSWERS = 4000
MAX_TEXT = 6000
MAX_VALUE = 300


@dataclass(frozen=True)
class Sources:
    """Files behind the tables; each list holds one file per model or benchmark, named by it."""

    problems: Path | None = None
    samples: Sequence[Path] = ()
    executions: Sequence[Path] = ()
    pairs: Sequence[Path] = ()
    benchmark_data: Sequence[Path] = ()


@dataclass
class DrillDown:
    """The data that the report's page carries, and what had to be left out."""

    data: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def collect(results: Results, sources: Sources) -> DrillDown:
    """Gather everything that the page shows on demand."""
    found = DrillDown()
    found.data = {
        "models": {name: model.label for name, model in results.config.models.items()},
        "methods": {name: results.config.method_label(name) for name in results.config.methods},
        "benchmarks": {name: results.label(name) for name in results.benchmarks},
        "passed": {
            "/".join(map(str, key)): {task: int(passed) for task, passed in tasks.items()}
            for key, tasks in results.tasks.items()
        },
        "tasks": {path.stem: _tasks(path) for path in sources.benchmark_data},
        "answers": _answers(results, found.left_out),
    }
    if sources.problems:
        found.data |= _training_data(sources, found.left_out)
    return found


def _clip(text: str, limit: int = MAX_TEXT) -> str:
    return (
        text if len(text) <= limit else f"{text[:limit]}\n[… {len(text) - limit} characters more]"
    )


def _value(value: Any) -> str:
    return _clip(json.dumps(value, ensure_ascii=False), MAX_VALUE)


def _tasks(path: Path) -> dict[str, Any]:
    tasks = {}
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            task = json.loads(line)
            tasks[task["task_id"]] = {
                "prompt": _clip(task["prompt"]),
                "base": [_value(value) for value in task["base_input"][:3]],
                "base_total": len(task["base_input"]),
                "plus_total": len(task["plus_input"]),
            }
    return tasks


def _part(verdict: PartVerdict) -> str:
    again = " (graded again alone)" if verdict.graded_again else ""
    at = "" if verdict.failing_input is None else f", input {verdict.failing_input}"
    return f"{verdict.status}{at}{': ' + verdict.reason if verdict.reason else ''}{again}"


def _answers(results: Results, left_out: list[str]) -> dict[str, Any]:
    """Return per grading the answers; where there are too many, only those of changed tasks."""
    gradings = {
        key: row
        for key, row in results.rows.items()
        if not key[3].endswith("+") and row.samples and Path(row.samples).is_file()
    }
    total = sum(row.total for row in gradings.values())
    changed_only = total > MAX_ANSWERS
    if changed_only:
        left_out.append(
            f"answers to tasks that no variant changed against base ({total} answers in all; "
            "python scripts/trace.py shows any of them)"
        )
    answers: dict[str, Any] = {}
    for (model, method, seed, benchmark), row in gradings.items():
        verdicts = BenchmarkVerdicts.model_validate_json(Path(row.verdicts).read_text("utf-8"))
        by_task = {verdict.task_id: verdict for verdict in verdicts.tasks}
        wanted = _changed(results, model, benchmark) if changed_only else set(by_task)
        answers[f"{model}/{method}/{seed}/{benchmark}"] = {
            solution.task_id: {
                "solution": _clip(solution.solution),
                "cut": solution.finish_reason == "length",
                "base": _part(by_task[solution.task_id].base),
                "plus": _part(by_task[solution.task_id].plus),
            }
            for solution in read_records(row.samples, Solution)
            if solution.task_id in wanted
        }
    return answers


def _changed(results: Results, model: str, benchmark: str) -> set[str]:
    changed: set[str] = set()
    for name in (benchmark, f"{benchmark}+"):
        variants = [
            tasks for key, tasks in results.tasks.items() if (key[0], key[3]) == (model, name)
        ]
        changed |= {task for task in variants[0] if len({v.get(task) for v in variants}) > 1}
    return changed


def _training_data(sources: Sources, left_out: list[str]) -> dict[str, Any]:
    assert sources.problems is not None
    pairs: dict[str, list[Pair]] = {}
    for path in sources.pairs:
        everything = list(read_records(path, Pair))
        step = max(1, -(-len(everything) // MAX_PAIRS))
        pairs[path.stem] = everything[::step]
        if step > 1:
            left_out.append(
                f"{len(everything) - len(pairs[path.stem])} of {len(everything)} pairs of "
                f"{path.stem} (every {step}th is shown)"
            )
    shown = {model: {pair.problem_id for pair in items} for model, items in pairs.items()}
    every = set().union(*shown.values()) if shown else set()
    executions = {
        path.stem: {(e.problem_id, e.index): e for e in read_records(path, Execution)}
        for path in sources.executions
    }
    return {
        "problems": {
            problem.id: _problem(problem)
            for problem in read_records(sources.problems, Problem)
            if problem.id in every
        },
        "pairs": {model: [_pair(pair) for pair in items] for model, items in pairs.items()},
        "samples": {
            path.stem: _samples(path, shown.get(path.stem, set()), executions.get(path.stem, {}))
            for path in sources.samples
        },
    }


def _problem(problem: Problem) -> dict[str, Any]:
    visible = [test for test in problem.tests if test.visible]
    return {
        "title": problem.title,
        "statement": _clip(problem.statement),
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


def _samples(
    path: Path, wanted: set[str], executions: Mapping[tuple[str, int], Execution]
) -> dict[str, list[dict[str, Any]]]:
    samples: dict[str, list[dict[str, Any]]] = {problem: [] for problem in sorted(wanted)}
    for sample in read_records(path, Sample):
        if sample.problem_id in wanted:
            execution = executions.get((sample.problem_id, sample.index))
            passed = f"{execution.tests_passed}/{execution.tests_total}" if execution else ""
            samples[sample.problem_id].append(
                {
                    "index": sample.index,
                    "completion": _clip(sample.completion),
                    "cut": sample.finish_reason == "length",
                    "verdict": execution.verdict if execution else "not run",
                    "tests": passed,
                    "message": (execution.message or "") if execution else "",
                }
            )
    return samples
