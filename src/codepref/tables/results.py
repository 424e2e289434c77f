"""Graded results joined with the paper's numbers: one ``Cell`` per model, method and benchmark."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pandas as pd

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import read_text
from codepref.rates import wilson_interval
from codepref.tables.paper import PaperTables
from codepref.tables.statistics import Paired, Verdict, paired, verdict

Key = tuple[str, str, int, str]
"""model, method, seed, benchmark column"""

KEY = {"model": "str", "method": "str", "seed": "int64", "benchmark": "str"}
SCORE_COLUMNS = {**KEY, "solved": "int64", "total": "int64"}
"""what is read of ``benchmarks.csv``: column -> dtype"""
TASK_COLUMNS = {**KEY, "task_id": "str", "passed": "bool"}
"""what is read of ``task_verdicts.csv``: column -> dtype"""

_FORMS = {
    "str": (r".+", "text"),
    "text": (r".*", "text, or nothing"),
    "int64": (r"\d{1,15}", "a count"),
    "bool": (r"true|false|1|0", "true or false"),
}
"""dtype -> how its values are written, and what they are"""


def read_frame(path: str | Path, columns: Mapping[str, str]) -> pd.DataFrame:
    """Read columns of a CSV file with the dtypes declared for them; others are left out.

    Raises:
        UserError: the file is missing or no CSV, a column is missing, or a value is malformed
            (names file, line and column).
    """
    text = read_text(path, "a table of scripts/collect_benchmarks.py")
    try:
        frame = pd.read_csv(
            io.StringIO(text), dtype=str, keep_default_na=False, skip_blank_lines=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"{path}: not a CSV table: {error}") from error
    for name, dtype in columns.items():
        if name not in frame:
            raise UserError(f"{path}:1: column '{name}' is missing")
        form, words = _FORMS[dtype]
        malformed = ~frame[name].str.fullmatch(form, na=False)
        if malformed.any():
            row = int(malformed.to_numpy().argmax())  # line 1 is the header
            raise UserError(
                f"{path}:{row + 2}: column '{name}': '{frame[name].iloc[row]}' is not {words}"
            )
        if dtype == "bool":
            frame[name] = frame[name].isin(["true", "1"])
        elif dtype == "int64":
            frame[name] = frame[name].astype("int64")
    return frame[list(columns)]


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
    paper_change: int | None = None
    """tasks the paper's variant solves more than the paper's base; None for base"""
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
        reported = self.paper_solved is not None and self.paper_total == self.total
        return self.run and self.published_data and reported

    @property
    def difference(self) -> float | None:
        """Ours minus the paper's, in tasks; None if the two cannot be compared."""
        if not self.comparable or self.paper_solved is None:
            return None
        return self.mean_solved - self.paper_solved

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


@dataclass(frozen=True)
class Results:
    """Everything the tables, claims and report are made from."""

    config: Config
    paper: PaperTables
    scores: pd.DataFrame
    """``SCORE_COLUMNS``: one row per model, method, seed and benchmark"""
    tasks: pd.DataFrame
    """``TASK_COLUMNS``: one row per task of each of them"""

    @cached_property
    def passed(self) -> dict[Key, pd.Series]:
        """Whether each task passed, by its id, for each row of ``scores``."""
        groups: Any = self.tasks.set_index("task_id").groupby(list(KEY), sort=False)["passed"]
        return dict(iter(groups))

    @cached_property
    def totals(self) -> dict[str, int]:
        """Tasks per benchmark column in this run."""
        totals: Any = self.scores.groupby("benchmark")["total"].last()
        return totals.to_dict()

    @property
    def benchmarks(self) -> list[str]:
        """The columns, in the configuration's order: each greedy benchmark and its plus version."""
        names = filter(self.config.is_greedy, self.config.use_benchmarks)
        return [f"{name}{plus}" for name in names for plus in ("", "+")]

    def label(self, benchmark: str) -> str:
        """Return the heading of a column; demo subsets say that they are."""
        name = benchmark.removesuffix("+")
        return benchmark_label(self.config, name, benchmark.removeprefix(name))

    def dataset(self, benchmark: str) -> str:
        """Return the paper's column that a column of ours corresponds to."""
        name = benchmark.removesuffix("+")
        return self.config.benchmarks[name].dataset + benchmark.removeprefix(name)

    def base(self, model: str) -> str | None:
        """Return the method that is the model as it came, None if no row is that."""
        names = (m for e in self.config.experiments if e.model == model for m in e.methods)
        return next((name for name in names if self.config.methods[name].trainer == "none"), None)

    def of(self, model: str, method: str, benchmark: str) -> pd.DataFrame:
        """Return the rows of ``scores`` of one cell, by seed."""
        s = self.scores
        mine = (s["model"] == model) & (s["method"] == method) & (s["benchmark"] == benchmark)
        return s[mine].sort_values("seed")

    def compare(self, model: str, old: str, new: str, benchmark: str) -> list[Paired]:
        """Compare two methods of a model on the same tasks, for each seed of ``new``.

        A method with a single seed (base) is compared with every seed of the other.
        """
        olds = self.of(model, old, benchmark)["seed"].tolist()
        tests = []
        for seed in self.of(model, new, benchmark)["seed"].tolist():
            partner = olds[0] if len(olds) == 1 else seed
            if partner not in olds:
                continue
            before = self.passed[model, old, partner, benchmark]
            try:
                tests.append(paired(before, self.passed[model, new, seed, benchmark]))
            except ValueError as error:
                raise UserError(f"{model}, {benchmark}: {old} against {new}: {error}") from error
        return tests

    def cell(self, model: str, method: str, benchmark: str) -> Cell:
        """Return one cell."""
        rows = self.of(model, method, benchmark)
        totals = sorted(set(rows["total"].tolist()))
        if len(totals) > 1:
            raise UserError(
                f"benchmarks: {model} {method} {benchmark}: seeds differ in their number of tasks "
                f"({totals}); grade them on the same data set"
            )
        base = self.base(model) or ""
        trained = method != base
        paper_model = self.config.models[model].paper_model
        # The paper has no column of a benchmark that was added.
        column = self.dataset(benchmark)
        reported, before = (
            row.solved.get(column) if row else None
            for row in (self.paper.row(paper_model, name) for name in (method, base))
        )
        change = None if reported is None or before is None else reported - before
        data = self.config.benchmarks[benchmark.removesuffix("+")].data
        return Cell(
            model=model,
            method=method,
            benchmark=benchmark,
            seeds=tuple(rows["seed"].tolist()),
            solved=tuple(rows["solved"].tolist()),
            total=totals[0] if totals else self.totals.get(benchmark, 0),
            tests=tuple(self.compare(model, base, method, benchmark)) if trained else (),
            paper_solved=reported,
            paper_total=None if reported is None else self.paper.totals.get(column),
            paper_change=change if trained else None,
            published_data=data.kind == "evalplus",
        )


def benchmark_label(config: Config, name: str, suffix: str = "") -> str:
    """Return how tables and figures name a benchmark; demo subsets say that they are."""
    label = config.benchmarks[name].label + suffix
    demo = config.scale == "demo" and "demo" not in label.lower()
    return f"{label} (demo subset)" if demo else label


def load_results(
    config: Config, paper: PaperTables, benchmarks: str | Path, tasks: str | Path
) -> Results:
    """Read ``benchmarks.csv`` and ``task_verdicts.csv`` and check that they tell the same story.

    Raises:
        UserError: a malformed file, a row twice or of no row of the run, or a count that the task
            verdicts do not add up to.
    """
    scores, verdicts = read_frame(benchmarks, SCORE_COLUMNS), read_frame(tasks, TASK_COLUMNS)
    results = Results(config, paper, scores, verdicts)
    unknown = scores[~scores["benchmark"].isin(results.benchmarks)]
    if len(unknown):
        raise UserError(
            f"{benchmarks}: benchmark '{unknown['benchmark'].iloc[0]}' is not one of this run's: "
            f"{', '.join(sorted(results.benchmarks))}"
        )
    for model, method, seed in scores[["model", "method", "seed"]].itertuples(index=False):
        config.check_row(str(benchmarks), model, method, seed)
    for path, frame, key in ((benchmarks, scores, [*KEY]), (tasks, verdicts, [*KEY, "task_id"])):
        repeated = frame.loc[frame.duplicated(key), key]
        if len(repeated):
            raise UserError(f"{path}: {_words(repeated)} occurs twice")
    counted = verdicts.groupby(list(KEY), as_index=False)["passed"].agg(found="sum", of="count")
    joined = scores.merge(counted, how="outer", on=list(KEY))
    if len(alone := joined[joined["total"].isna()]):
        raise UserError(f"{tasks}: {_words(alone[list(KEY)])} is not in {benchmarks}")
    joined = joined.fillna({"found": 0, "of": 0})
    differ = joined[(joined["solved"] != joined["found"]) | (joined["total"] != joined["of"])]
    if len(differ):
        solved, total, found, of = map(int, differ.iloc[0][["solved", "total", "found", "of"]])
        raise UserError(
            f"{benchmarks}: {_words(differ[list(KEY)])} says {solved} of {total}, but {tasks} says "
            f"{found} of {of}"
        )
    return results


def _words(keys: pd.DataFrame) -> str:
    return " ".join(map(str, keys.iloc[0]))
