"""All gradings of a run in tidy tables: ``benchmarks.csv``, a line per task, a line per sample."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from codepref.errors import UserError
from codepref.evaluation.sampled_records import (
    SampledSolution,
    SampledVerdict,
    SampledVerdicts,
)
from codepref.files import (
    check_writable,
    read_record,
    read_records,
    reading,
    sha256_of,
    write_whole,
)
from codepref.gradings import BenchmarkVerdicts, GradingFacts, Solution

_KEY = ["model", "method", "seed", "benchmark"]
SAMPLE_FIELDS = ["task_id", "index", "base", "plus", "failure"]
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
    """Write the two tables, one after the other; return how many rows ``benchmarks.csv`` has.

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
    alike = _Alike()
    gradings = [_grading(*files, alike) for files in zip(verdicts, samples, strict=True)]
    rows = pd.concat([row for row, _ in gradings])
    if (repeated := rows.duplicated(_KEY)).any():
        raise UserError(f"graded twice: {' '.join(map(str, rows[repeated][_KEY].iloc[0]))}")
    for path, table in ((rows_path, rows), (tasks_path, pd.concat([task for _, task in gradings]))):
        with write_whole(path) as stream:
            table.to_csv(stream, index=False, lineterminator="\n")
    return len(rows)


def collect_sampled(verdicts: Sequence[Path], samples: Sequence[Path], output: Path) -> int:
    """Write ``samples.csv``, one line per sample of each grading; return how many.

    Its columns are ``_KEY`` (the benchmark without its plus) and ``SAMPLE_FIELDS``: whether both
    judges passed a sample, and the class of the first part that failed, or nothing.

    Args:
        verdicts: the gradings (``scripts/grade_sampled.py``).
        samples: what was graded, in the same order.
        output: where to write.

    Raises:
        UserError: the table cannot be written; a grading occurs twice, is malformed, or belongs to
            other samples.
    """
    check_writable(output)
    if len(verdicts) != len(samples):
        raise UserError(f"{len(verdicts)} files of verdicts, but {len(samples)} of samples")
    seen: set[tuple[str, str, int, str]] = set()
    lines, alike = 0, _Alike()
    with write_whole(output) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*_KEY, *SAMPLE_FIELDS])
        for path, drawn in zip(verdicts, samples, strict=True):
            found = read_record(path, SampledVerdicts)
            with reading(drawn):
                if found.samples_sha256 != sha256_of(drawn):
                    raise UserError(
                        f"{path}: was made from other samples than {drawn}; grade again"
                    )
            alike.check(path, found)
            answers = read_records(drawn, SampledSolution)
            _check_answers(
                path,
                [(one.task_id, one.index) for one in found.samples],
                [(one.task_id, one.index) for one in answers],
            )
            key = (found.model, found.method, found.seed, found.benchmark)
            if key in seen:
                raise UserError(f"graded twice: {' '.join(map(str, key))}")
            seen.add(key)
            writer.writerows([*key, *sample_row(sample)] for sample in found.samples)
            lines += len(found.samples)
    return lines


def sample_row(sample: SampledVerdict) -> list[str | int]:
    """Return a verdict as ``SAMPLE_FIELDS``."""
    base, plus = (str(passed).lower() for passed in (sample.base, sample.plus))
    return [sample.task_id, sample.index, base, plus, sample.failure or ""]


class _Alike:
    """Refuses gradings that cannot stand in one table."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, ...], tuple[Path, object]] = {}

    def check(self, path: Path, found: GradingFacts) -> None:
        """Raise UserError if a benchmark, or a model's tasks of it, were graded in another way."""
        limits = found.limits.model_dump()
        self._same((found.benchmark, "dataset"), path, found.dataset)
        self._same((found.benchmark, "EvalPlus version"), path, found.evalplus)
        self._same((found.benchmark, "limits"), path, limits)
        # Of a benchmark with dates, models are asked different tasks.
        self._same((found.benchmark, found.model, "tasks"), path, found.data_sha256)

    def _same(self, key: tuple[str, ...], path: Path, value: object) -> None:
        first, known = self._first.setdefault(key, (path, value))
        if known != value:
            raise UserError(
                f"{path}: its {key[-1]} ({value}) differ from those of {first} ({known}), of the "
                "same benchmark; grade again"
            )


def _check_answers(path: Path, judged: Sequence[object], answers: Sequence[object]) -> None:
    """Refuse verdicts that are not of each answer once.

    Raises:
        UserError: names one answer.
    """
    for wrong, what in (
        (Counter(judged) - Counter(answers), "has a verdict on {}, of which there is no answer"),
        (Counter(answers) - Counter(judged), "has no verdict on {}"),
    ):
        if wrong:
            one = next(iter(wrong))
            name = " ".join(map(str, one)) if isinstance(one, tuple) else one
            raise UserError(f"{path}: {what.format(name)}; grade again")


def _grading(path: Path, samples: Path, alike: _Alike) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the base and the plus row of a grading, and the lines of their tasks."""
    verdicts = read_verdicts(path)
    solutions = list(read_records(samples, Solution))
    if verdicts.samples_sha256 != sha256_of(samples):
        raise UserError(f"{path}: was made from other samples than {samples}; grade again")
    alike.check(path, verdicts)
    _check_answers(
        path, [one.task_id for one in verdicts.tasks], [one.task_id for one in solutions]
    )
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
    rows = tasks.groupby(_KEY, as_index=False)["passed"].agg(solved="sum", total="count")
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
