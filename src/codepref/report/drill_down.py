"""What the report can drill down to: tasks, answers and verdicts; pairs and their samples."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codepref.problems.sources.lines import numbered_lines
from codepref.report.answers import AnswerFiles, Answers, read_answers
from codepref.report.clip import clip, value_text
from codepref.report.pair_data import PairFiles, pair_data
from codepref.tables.results import Results


@dataclass(frozen=True)
class Sources(AnswerFiles, PairFiles):
    """Files behind the tables."""

    benchmark_data: Sequence[Path] = ()
    """of the configuration's benchmarks, in its order"""


@dataclass
class DrillDown:
    """The data that the report's page carries, and what had to be left out."""

    data: dict[str, Any]
    answers: Answers
    left_out: list[str]


def collect(results: Results, sources: Sources) -> DrillDown:
    """Gather everything that the page shows on demand."""
    config, left_out = results.config, list[str]()
    data_files = list(zip(config.use_benchmarks, sources.benchmark_data, strict=True))
    answers = read_answers(results, sources)
    models = {name for name, _, _ in config.rows}
    data = {
        "models": {name: model.label for name, model in config.models.items()},
        "methods": {name: config.method_label(name) for name in config.methods},
        "base": {name: results.config.base_of(name) for name in models},
        "benchmarks": {
            f"{name}{plus}": results.label(f"{name}{plus}")
            for name in config.use_benchmarks
            for plus in ("", "+")
        },
        "samples_per_task": answers.samples,
        "rates": {"/".join(map(str, key)): tasks for key, tasks in answers.rates.items()},
        "tasks": {name: _tasks(path) for name, path in data_files},
        "answers": answers.data(results),
        **pair_data(config, sources, left_out),
    }
    return DrillDown(data, answers, [*answers.left_out, *left_out])


def _tasks(path: Path) -> dict[str, Any]:
    lines = numbered_lines(path, "a benchmark's tasks (JSONL)")
    return dict(_task(json.loads(line)) for _, line in lines if line.strip())


def _task(task: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    # A benchmark that was added may have its tests otherwise than EvalPlus has inputs.
    base = task.get("base_input", [test[0] for test in task.get("public", [])])
    return task["task_id"], {
        "prompt": clip(task["prompt"]),
        "base": [value_text(value) for value in base[:3]],
        "base_total": len(base),
        "plus_total": len(task.get("plus_input", [])),
    }
