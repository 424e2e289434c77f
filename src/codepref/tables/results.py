"""Graded results joined with the paper's numbers: one ``Cell`` per model, method and benchmark."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from codepref.config import Config
from codepref.errors import UserError
from codepref.tables.paper import PaperTables
from codepref.tables.statistics import Paired, Verdict, paired, verdict, wilson_interval


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # tables need only these columns


class BenchmarkRow(_Row):
    """One line of ``benchmarks.csv``: one model, method, seed and benchmark."""

    model: str
    method: str
    seed: int
    benchmark: str
    solved: int
    total: int
    engine: str = ""
    evalplus_version: str = ""
    dataset_sha256: str = ""
    seconds: float | None = None
    verdicts: str = ""
    samples: str = ""


class TaskRow(_Row):
    """One line of ``task_verdicts.csv``: one task of one such line."""

    model: str
    method: str
    seed: int
    benchmark: str
    task_id: str
    passed: bool


AnyRow = TypeVar("AnyRow", bound=_Row)


def read_rows(path: str | Path, model: type[AnyRow]) -> Iterator[AnyRow]:
    """Yield the lines of a CSV file with a header as records.

    Raises:
        UserError: the file is missing, a column is missing, or a value is malformed (names line).
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; scripts/collect_benchmarks.py makes it")
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        needed = {name for name, info in model.model_fields.items() if info.is_required()}
        missing = sorted(needed - set(reader.fieldnames or []))
        if missing:
            raise UserError(f"{path}:1: column '{missing[0]}' is missing")
        for line in reader:
            try:
                yield model.model_validate(
                    {key: value for key, value in line.items() if value != ""}
                )
            except ValidationError as error:
                first = error.errors()[0]
                column = ".".join(str(part) for part in first["loc"])
                raise UserError(
                    f"{path}:{reader.line_num}: column '{column}': {first['msg']}"
                ) from error


@dataclass(frozen=True)
class Cell:
    """One score of Table 1 or 2: ours over seeds, the paper's, and how they compare."""

    model: str
    method: str
    benchmark: str
    seeds: tuple[int, ...] = ()
    solved: tuple[int, ...] = ()
    """tasks solved, per seed; empty if not run"""
    total: int = 0
    tests: tuple[Paired, ...] = ()
    """against base on the same tasks, per seed; empty for base"""
    paper_solved: int | None = None
    paper_total: int | None = None
    paper_base_solved: int | None = None
    published_data: bool = True
    """graded on the published EvalPlus data, not on a demo subset"""

    @property
    def run(self) -> bool:
        """Whether this run has a result."""
        return bool(self.solved)

    @property
    def mean_solved(self) -> float:
        """Mean over seeds."""
        return mean(self.solved)

    @property
    def rate(self) -> float:
        """Pass@1 in percent, mean over seeds."""
        return 100 * self.mean_solved / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson interval in percent."""
        low, high = wilson_interval(self.mean_solved, self.total)
        return 100 * low, 100 * high

    @property
    def spread(self) -> float | None:
        """Standard deviation over seeds in percentage points; None for a single seed."""
        return 100 * stdev(self.solved) / self.total if len(self.solved) > 1 else None

    @property
    def paper_rate(self) -> float | None:
        """The paper's score in percent."""
        if self.paper_solved is None or not self.paper_total:
            return None
        return 100 * self.paper_solved / self.paper_total

    @property
    def comparable(self) -> bool:
        """Whether the paper has this cell and used as many tasks of the same data."""
        return (
            self.run
            and self.published_data
            and self.paper_solved is not None
            and self.paper_total == self.total
        )

    @property
    def difference(self) -> float | None:
        """Ours minus the paper's, in tasks; None if the two cannot be compared."""
        if not self.comparable or self.paper_solved is None:
            return None
        return self.mean_solved - self.paper_solved

    @property
    def paper_change(self) -> int | None:
        """Tasks the paper's variant solves more than the paper's base; None for base."""
        if self.method == "base" or self.paper_solved is None or self.paper_base_solved is None:
            return None
        return self.paper_solved - self.paper_base_solved

    @property
    def p_value(self) -> float | None:
        """Exact McNemar against base: the largest over seeds, so that every seed must agree."""
        return max(test.p_value for test in self.tests) if self.tests else None

    @property
    def verdict(self) -> Verdict:
        """The cell's verdict (``statistics.VERDICT_RULE``)."""
        if not self.comparable or self.paper_rate is None:
            return "not run"
        low, high = self.interval
        return verdict(
            interval=(low / 100, high / 100),
            paper_rate=self.paper_rate / 100,
            paper_change=self.paper_change,
            tests=self.tests,
        )


TaskVerdicts = dict[tuple[str, str, int, str], dict[str, bool]]


@dataclass(frozen=True)
class Results:
    """Everything the tables, claims and report are made from."""

    config: Config
    paper: PaperTables
    rows: dict[tuple[str, str, int, str], BenchmarkRow]
    tasks: TaskVerdicts
    totals: dict[str, int] = field(default_factory=dict)
    """tasks per benchmark column in this run"""

    @property
    def benchmarks(self) -> list[str]:
        """The columns, in the configuration's order: each benchmark and its plus version."""
        return [f"{name}{plus}" for name in self.config.use_benchmarks for plus in ("", "+")]

    def label(self, benchmark: str) -> str:
        """Return the heading of a column; demo subsets say that they are."""
        name, plus = _split(benchmark)
        label = self.config.benchmarks[name].label + plus
        demo = self.config.scale == "demo" and "demo" not in label.lower()
        return f"{label} (demo subset)" if demo else label

    def dataset(self, benchmark: str) -> str:
        """Return the paper's column that a column of ours corresponds to."""
        name, plus = _split(benchmark)
        return self.config.benchmarks[name].dataset + plus

    def seeds(self, model: str, method: str, benchmark: str) -> list[int]:
        """Return the seeds with a result."""
        return sorted(
            seed for (a, b, seed, c) in self.rows if (a, b, c) == (model, method, benchmark)
        )

    def compare(self, model: str, old: str, new: str, benchmark: str) -> list[Paired]:
        """Compare two methods of a model on the same tasks, for each seed of ``new``.

        A method with a single seed (base) is compared with every seed of the other.
        """
        olds = self.seeds(model, old, benchmark)
        tests = []
        for seed in self.seeds(model, new, benchmark):
            partner = seed if seed in olds else olds[0] if len(olds) == 1 else None
            if partner is None:
                continue
            before = self.tasks[model, old, partner, benchmark]
            after = self.tasks[model, new, seed, benchmark]
            try:
                tests.append(paired(before, after))
            except ValueError as error:
                raise UserError(f"{model}, {benchmark}: {old} against {new}: {error}") from error
        return tests

    def cell(self, model: str, method: str, benchmark: str) -> Cell:
        """Return one cell."""
        seeds = self.seeds(model, method, benchmark)
        rows = [self.rows[model, method, seed, benchmark] for seed in seeds]
        totals = {row.total for row in rows}
        if len(totals) > 1:
            raise UserError(
                f"benchmarks: {model} {method} {benchmark}: seeds differ in their number of tasks "
                f"({sorted(totals)}); grade them on the same data set"
            )
        has_base = method != "base" and bool(self.seeds(model, "base", benchmark))
        paper_model = self.config.models[model].paper_model
        reported = self.paper.row(paper_model, method)
        base = self.paper.row(paper_model, "base")
        column = self.dataset(benchmark)
        return Cell(
            model=model,
            method=method,
            benchmark=benchmark,
            seeds=tuple(seeds),
            solved=tuple(row.solved for row in rows),
            total=totals.pop() if totals else self.totals.get(benchmark, 0),
            tests=tuple(self.compare(model, "base", method, benchmark)) if has_base else (),
            # The paper has no column of a benchmark that was added.
            paper_solved=reported.solved.get(column) if reported else None,
            paper_total=self.paper.totals.get(column) if reported else None,
            paper_base_solved=base.solved.get(column) if base else None,
            published_data=self.config.benchmarks[_split(benchmark)[0]].data.kind == "evalplus",
        )


def _split(benchmark: str) -> tuple[str, str]:
    return (benchmark[:-1], "+") if benchmark.endswith("+") else (benchmark, "")


def load_results(
    config: Config, paper: PaperTables, benchmarks: str | Path, tasks: str | Path
) -> Results:
    """Read ``benchmarks.csv`` and ``task_verdicts.csv`` and check that they tell the same story.

    Raises:
        UserError: a malformed file, a row twice, or a count that the task verdicts do not add up
            to.
    """
    rows: dict[tuple[str, str, int, str], BenchmarkRow] = {}
    known = {f"{name}{plus}" for name in config.use_benchmarks for plus in ("", "+")}
    for row in read_rows(benchmarks, BenchmarkRow):
        if row.benchmark not in known:
            raise UserError(
                f"{benchmarks}: benchmark '{row.benchmark}' is not one of this run's: "
                f"{', '.join(sorted(known))}"
            )
        key = (row.model, row.method, row.seed, row.benchmark)
        if key in rows:
            raise UserError(f"{benchmarks}: {' '.join(map(str, key))} occurs twice")
        rows[key] = row
    verdicts: TaskVerdicts = {key: {} for key in rows}
    for task in read_rows(tasks, TaskRow):
        key = (task.model, task.method, task.seed, task.benchmark)
        if key not in verdicts:
            raise UserError(f"{tasks}: {' '.join(map(str, key))} is not in {benchmarks}")
        verdicts[key][task.task_id] = task.passed
    for key, row in rows.items():
        found = (sum(verdicts[key].values()), len(verdicts[key]))
        if found != (row.solved, row.total):
            raise UserError(
                f"{benchmarks}: {' '.join(map(str, key))} says {row.solved} of {row.total}, but "
                f"{tasks} says {found[0]} of {found[1]}"
            )
    totals = {row.benchmark: row.total for row in rows.values()}
    return Results(config=config, paper=paper, rows=rows, tasks=verdicts, totals=totals)
