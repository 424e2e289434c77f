"""All gradings of a run in two tidy tables: ``benchmarks.csv`` and one line per task."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from codepref.errors import UserError
from codepref.files import check_writable, read_record, read_records, sha256_of, write_whole
from codepref.records import BenchmarkVerdicts, Solution

KEY = ["model", "method", "seed", "benchmark"]
_OF_SAMPLES = ("prompt_style", "engine", "model_revision")


def read_verdicts(path: str | Path) -> BenchmarkVerdicts:
    """Read what ``scripts/grade_benchmark.py`` wrote.

    Raises:
        UserError: the file is missing or malformed.
    """
    return read_record(path, BenchmarkVerdicts)


def collect(
    verdicts: Sequence[Path], samples: Sequence[Path], rows_path: Path, tasks_path: Path
) -> int:
    """Write the two tables, or neither; return how many rows ``benchmarks.csv`` has.

    Args:
        verdicts: the gradings; each says which policy and benchmark it is of.
        samples: what was graded, in the same order.
        rows_path: ``benchmarks.csv``: a row of each grading's base tests and one of its plus tests.
        tasks_path: one line per task of each row.

    Raises:
        UserError: a table cannot be written; a grading occurs twice, is malformed, or belongs to
            other samples.
    """
    for path in (rows_path, tasks_path):
        check_writable(path)
    if len(verdicts) != len(samples):
        raise UserError(f"{len(verdicts)} files of verdicts, but {len(samples)} of samples")
    gradings = [_grading(*files) for files in zip(verdicts, samples, strict=True)]
    rows = pd.concat([row for row, _ in gradings])
    if (repeated := rows.duplicated(KEY)).any():
        raise UserError(f"graded twice: {' '.join(map(str, rows[repeated][KEY].iloc[0]))}")
    for path, table in ((rows_path, rows), (tasks_path, pd.concat([task for _, task in gradings]))):
        with write_whole(path) as stream:
            table.to_csv(stream, index=False, lineterminator="\n")
    return len(rows)


def _grading(path: Path, samples: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the base and the plus row of a grading, and the lines of their tasks."""
    verdicts = read_verdicts(path)
    solutions = list(read_records(samples, Solution))
    if verdicts.samples_sha256 != sha256_of(samples):
        raise UserError(f"{path}: was made from other samples than {samples}; grade again")
    tasks = pd.concat(
        pd.DataFrame(
            {
                "model": verdicts.model,
                "method": verdicts.method,
                "seed": verdicts.seed,
                "benchmark": f"{verdicts.benchmark}{plus}",
                "task_id": [task.task_id for task in verdicts.tasks],
                "passed": [t.plus_solved if plus else t.base_solved for t in verdicts.tasks],
            }
        )
        for plus in ("", "+")
    )
    rows = tasks.groupby(KEY, as_index=False)["passed"].agg(solved="sum", total="count")
    rows["pass_at_1"] = (rows["solved"] / rows["total"]).map("{:.6f}".format)
    for name in _OF_SAMPLES:
        rows[name] = _the_one({getattr(solution, name) for solution in solutions}, name, samples)
    rows = rows.assign(
        evalplus_version=verdicts.evalplus,
        python_version=verdicts.python,
        isolation=verdicts.isolation,
        dataset_sha256=verdicts.data_sha256,
        truncated=sum(solution.finish_reason == "length" for solution in solutions),
        known_oracle_failures=" ".join(verdicts.known_oracle_failures),
        repaired=" ".join(verdicts.repaired),
        overruled=" ".join(
            task.task_id for task in verdicts.tasks if task.base.overruled or task.plus.overruled
        ),
        seconds=verdicts.seconds,
    )
    return rows, tasks.assign(passed=tasks["passed"].map({True: "true", False: "false"}))


def _the_one(values: set[str], field: str, path: Path) -> str:
    if len(values) != 1:
        raise UserError(
            f"{path}: mixes {field.replace('_', ' ')}s {', '.join(sorted(values))}; one row of "
            "benchmarks.csv needs one: generate the samples again"
        )
    return values.pop()
