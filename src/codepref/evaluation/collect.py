"""All gradings of a run in two tidy tables: ``benchmarks.csv`` and one line per task."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.files import (
    check_writable,
    read_record,
    read_records,
    sha256_of,
    write_whole,
)
from codepref.records import BenchmarkVerdicts, Solution

ROW_COLUMNS = [
    *("model", "method", "seed", "benchmark", "solved", "total", "pass_at_1"),
    *("prompt_style", "engine", "model_revision", "evalplus_version", "python_version"),
    *("isolation", "dataset_sha256", "truncated", "known_oracle_failures", "repaired"),
    "seconds",
]
TASK_COLUMNS = ["model", "method", "seed", "benchmark", "task_id", "passed"]


def read_verdicts(path: str | Path) -> BenchmarkVerdicts:
    """Read what ``scripts/grade_benchmark.py`` wrote.

    Raises:
        UserError: the file is missing or malformed.
    """
    return read_record(path, BenchmarkVerdicts)


def _the_one(values: set[str], what: str, path: Path) -> str:
    if len(values) != 1:
        raise UserError(
            f"{path}: mixes {what} {', '.join(sorted(values))}; one row of benchmarks.csv needs "
            "one: generate the samples again"
        )
    return values.pop()


def _rows(path: Path, samples: Path) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield the base and the plus row of a grading, each with its task lines."""
    verdicts = read_verdicts(path)
    solutions = list(read_records(samples, Solution))
    if verdicts.samples_sha256 != sha256_of(samples):
        raise UserError(f"{path}: was made from other samples than {samples}; grade again")
    start = {"model": verdicts.model, "method": verdicts.method, "seed": verdicts.seed}
    for plus in (False, True):
        name = verdicts.benchmark + ("+" if plus else "")
        tasks = [
            {
                **start,
                "benchmark": name,
                "task_id": task.task_id,
                "passed": str(task.plus_solved if plus else task.base_solved).lower(),
            }
            for task in verdicts.tasks
        ]
        solved = verdicts.plus_solved if plus else verdicts.base_solved
        row = {
            **start,
            "benchmark": name,
            "solved": solved,
            "total": verdicts.total,
            "pass_at_1": f"{solved / verdicts.total:.6f}",
            "prompt_style": _the_one({s.prompt_style for s in solutions}, "prompt styles", samples),
            "engine": _the_one({s.engine for s in solutions}, "engines", samples),
            "model_revision": _the_one(
                {s.model_revision for s in solutions}, "model revisions", samples
            ),
            "evalplus_version": verdicts.evalplus,
            "python_version": verdicts.python,
            "isolation": verdicts.isolation,
            "dataset_sha256": verdicts.data_sha256,
            "truncated": sum(s.finish_reason == "length" for s in solutions),
            "known_oracle_failures": " ".join(verdicts.known_oracle_failures),
            "repaired": " ".join(verdicts.repaired),
            "seconds": verdicts.seconds,
        }
        yield row, tasks


def collect(
    verdicts: Sequence[Path], samples: Sequence[Path], rows_path: Path, tasks_path: Path
) -> int:
    """Write the two tables, or neither; return how many rows ``benchmarks.csv`` has.

    Args:
        verdicts: the gradings; each says which policy and benchmark it is of.
        samples: what was graded, in the same order.
        rows_path: ``benchmarks.csv``.
        tasks_path: one line per task.

    Raises:
        UserError: a table cannot be written; a grading occurs twice, is malformed, or belongs to
            other samples.
    """
    for path in (rows_path, tasks_path):
        check_writable(path)
    if len(verdicts) != len(samples):
        raise UserError(f"{len(verdicts)} files of verdicts, but {len(samples)} of samples")
    found = [row for pair in zip(verdicts, samples, strict=True) for row in _rows(*pair)]
    keys = [tuple(row[name] for name in ROW_COLUMNS[:4]) for row, _ in found]
    if repeated := [key for key in keys if keys.count(key) > 1]:
        raise UserError(f"graded twice: {' '.join(map(str, repeated[0]))}")
    _write(rows_path, ROW_COLUMNS, [row for row, _ in found])
    _write(tasks_path, TASK_COLUMNS, [task for _, tasks in found for task in tasks])
    return len(found)


def _write(path: Path, columns: list[str], rows: list[dict[str, Any]]) -> None:
    with write_whole(path) as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
