"""Graded results, read and joined with the paper's numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from codepref.config import Config
from codepref.errors import UserError
from codepref.tables.cells import Cell
from codepref.tables.deviations import Facts, check_reasons
from codepref.tables.differences import Pairing, pair, pool
from codepref.tables.frames import KEY, SCORE_COLUMNS, TASK_COLUMNS, read_frame, read_samples
from codepref.tables.labels import benchmark_label
from codepref.tables.paper import PaperTables
from codepref.tables.stamp import Stamp, stamp

Key = tuple[str, str, int, str]
"""model, method, seed, benchmark column"""

Answers = Literal["greedy", "sampled"]
"""which answers to the tasks are compared: the paper's greedy ones, or samples"""


@dataclass(frozen=True)
class Results:
    """Everything the tables, claims and report are made from."""

    config: Config
    paper: PaperTables
    scores: pd.DataFrame
    """``SCORE_COLUMNS``: one row per model, method, seed and benchmark"""
    tasks: pd.DataFrame
    """``TASK_COLUMNS``: one row per task of each of them"""
    clusters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """by benchmark and task: the template that the task was made from, if it was"""
    samples: pd.DataFrame | None = None
    """``SAMPLE_COLUMNS``: a row per sampled answer; None: this run has none"""
    pair_statistics: Sequence[Mapping[str, Any]] = ()
    """``pairs/<model>.stats.json`` of each model, as far as they are given"""

    @cached_property
    def passed(self) -> dict[Key, pd.Series]:
        """Whether each task passed, by its id, for each row of ``scores``."""
        groups: Any = self.tasks.set_index("task_id").groupby(list(KEY), sort=False)["passed"]
        return dict(iter(groups))

    @cached_property
    def totals(self) -> dict[str, int]:
        """Tasks per benchmark column in this run."""
        totals: Any = self.scores.groupby("benchmark")["total"].last()
        found: dict[str, int] = totals.to_dict()
        if self.samples is not None:
            asked: Any = self.samples.groupby("benchmark")["task_id"].nunique()
            found = {**asked.to_dict(), **found}
        return found

    def task_counts(self, benchmark: str) -> list[int]:
        """Return how many tasks of a column each model has that was asked any, by model."""
        mine = self.scores[self.scores["benchmark"] == benchmark]
        counts: list[int] = mine.groupby("model")["total"].last().tolist()
        return counts

    @property
    def benchmarks(self) -> list[str]:
        """The columns, in the configuration's order: each greedy benchmark and its plus version."""
        return [f"{name}{plus}" for name in self.answered("greedy") for plus in ("", "+")]

    def answered(self, answers: Answers) -> list[str]:
        """The benchmarks that have such answers, in the configuration's order (base columns)."""
        having = self.config.is_greedy if answers == "greedy" else self.config.samples_per_task
        return list(filter(having, self.config.use_benchmarks))

    def label(self, benchmark: str) -> str:
        """Return the heading of a column, with what sets its data apart from the paper's."""
        name = benchmark.removesuffix("+")
        suffix = benchmark.removeprefix(name)
        return benchmark_label(self.config, self.paper, name, suffix, self.totals)

    @cached_property
    def facts(self) -> Facts:
        """What the data say of the run."""
        found = [self.scores] if self.samples is None else [self.scores, self.samples]
        rows = {
            (str(model), str(method))
            for one in found
            for model, method in one[["model", "method"]].drop_duplicates().to_numpy()
        }
        counts = {item["model"]: item["pairs"] for item in self.pair_statistics}
        problems = {item["problems"]["total"] for item in self.pair_statistics}
        return Facts(self.totals, frozenset(rows), max(problems, default=None), counts)

    @cached_property
    def stamp(self) -> Stamp:
        """What the run is: the paper's experiment, a part of it, or one of its own."""
        return stamp(self.config, self.paper, self.facts)

    def dataset(self, benchmark: str) -> str:
        """Return the paper's column that a column of ours corresponds to."""
        name = benchmark.removesuffix("+")
        return self.config.benchmarks[name].dataset + benchmark.removeprefix(name)

    def of(self, model: str, method: str, benchmark: str) -> pd.DataFrame:
        """Return the rows of ``scores`` of one cell, by seed."""
        s = self.scores
        mine = (s["model"] == model) & (s["method"] == method) & (s["benchmark"] == benchmark)
        return s[mine].sort_values("seed")

    @cached_property
    def _sampled(self) -> dict[Key, pd.DataFrame]:
        """Mean pass rate and number of samples of each task, by its id."""
        if self.samples is None:
            return {}
        found = {}
        for part, plus in (("base", ""), ("plus", "+")):
            by_task = self.samples.groupby([*KEY, "task_id"])[part].agg(rate="mean", count="count")
            groups: Any = by_task.groupby(level=list(KEY), sort=False)
            for (model, method, seed, benchmark), table in groups:
                found[model, method, seed, benchmark + plus] = table.droplevel(list(KEY))
        return found

    def rates(
        self, model: str, method: str, benchmark: str, answers: Answers = "greedy"
    ) -> tuple[pd.DataFrame, int]:
        """Return how often tasks (rows) were solved at each seed (columns), and of how many."""
        tables: Mapping[Key, Any] = self.passed if answers == "greedy" else self._sampled
        mine = {
            key[2]: table
            for key, table in tables.items()
            if (key[0], key[1], key[3]) == (model, method, benchmark)
        }
        if answers == "greedy":
            return pd.DataFrame({s: mine[s].astype(float) for s in sorted(mine)}), 1
        least = min((int(table["count"].min()) for table in mine.values()), default=1)
        return pd.DataFrame({s: mine[s]["rate"] for s in sorted(mine)}), least

    def pairing(
        self,
        model: str,
        old: str,
        new: str,
        benchmarks: Sequence[str],
        answers: Answers = "greedy",
    ) -> Pairing | None:
        """Pair two methods of a model on the tasks of benchmark columns.

        A model as it came meets every seed of the other; seeds of two trained methods are matched
        by number. None: there is no column, or some has no seed that both were run with.
        """
        pairings = []
        for benchmark in benchmarks:
            before, asked = self.rates(model, old, benchmark, answers)
            after, asked_after = self.rates(model, new, benchmark, answers)
            if before.empty or after.empty:
                return None
            known = self.clusters.get(benchmark.removesuffix("+"), {})
            clusters = pd.Series({task: known.get(task, task) for task in before.index})
            untrained = self.config.methods[old].trainer == "none"
            try:
                found = pair(before, after, clusters, (asked, asked_after), untrained)
            except ValueError as error:
                raise UserError(f"{model}, {benchmark}: {old} against {new}: {error}") from error
            if found is None:
                return None
            pairings.append(found)
        return pairings[0] if len(pairings) == 1 else pool(pairings)

    def cell(self, model: str, method: str, benchmark: str) -> Cell:
        """Return one cell."""
        key = (model, method, benchmark)
        if key not in self._cells:
            self._cells[key] = self._new_cell(*key)
        return self._cells[key]

    @cached_property
    def _cells(self) -> dict[tuple[str, str, str], Cell]:
        """Cells that were asked for: what they compute, they keep."""
        return {}

    def _new_cell(self, model: str, method: str, benchmark: str) -> Cell:
        rows = self.of(model, method, benchmark)
        totals = sorted(set(rows["total"].tolist()))
        if len(totals) > 1:
            raise UserError(
                f"benchmarks: {model} {method} {benchmark}: seeds differ in their number of tasks "
                f"({totals}); grade them on the same data set"
            )
        base = self.config.base_of(model) or ""
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
        known = self.clusters.get(benchmark.removesuffix("+"), {})
        tasks = {t for s in rows["seed"] for t in self.passed[model, method, s, benchmark].index}
        return Cell(
            model=model,
            method=method,
            benchmark=benchmark,
            seeds=tuple(rows["seed"].tolist()),
            solved=tuple(rows["solved"].tolist()),
            total=totals[0] if totals else self.totals.get(benchmark, 0),
            pairing=self.pairing(model, base, method, [benchmark]) if trained and base else None,
            paper_solved=reported,
            paper_total=None if reported is None else self.paper.totals.get(column),
            paper_change=change if trained else None,
            sampled=any((k[0], k[1], k[3]) == (model, method, benchmark) for k in self._sampled),
            published_data=data.kind == "evalplus",
            templates=len({known.get(task, task) for task in tasks}) if tasks else None,
        )


def load_results(
    config: Config,
    paper: PaperTables,
    benchmarks: str | Path,
    tasks: str | Path,
    sampled: str | Path | None = None,
    clusters: Mapping[str, Mapping[str, str]] | None = None,
    pair_statistics: Sequence[Mapping[str, Any]] = (),
) -> Results:
    """Read ``benchmarks.csv`` and ``task_verdicts.csv`` and check that they tell the same story.

    Args:
        config: the run's.
        paper: what it is compared with.
        benchmarks: a row per score.
        tasks: a row per task.
        sampled: a row per sampled answer, if there are any.
        clusters, pair_statistics: see ``Results``.

    Raises:
        UserError: a malformed file, a row twice or of no row of the run, a count that the task
            verdicts do not add up to, or a reason for what does not deviate from the paper.
    """
    check_reasons(config, paper)
    scores, verdicts = read_frame(benchmarks, SCORE_COLUMNS), read_frame(tasks, TASK_COLUMNS)
    samples = read_samples(config, sampled) if sampled else None
    results = Results(config, paper, scores, verdicts, clusters or {}, samples, pair_statistics)
    unknown = scores[~scores["benchmark"].isin(results.benchmarks)]
    if len(unknown):
        raise UserError(
            f"{benchmarks}: benchmark '{unknown['benchmark'].iloc[0]}' is not one of this run's: "
            f"{', '.join(sorted(results.benchmarks))}"
        )
    for model, method, seed in scores[["model", "method", "seed"]].drop_duplicates().to_numpy():
        config.check_row(str(benchmarks), model, method, int(seed))
    for path, frame, key in (
        (benchmarks, scores, [*KEY]),
        (tasks, verdicts, [*KEY, "task_id"]),
    ):
        repeated = frame.loc[frame.duplicated(key), key]
        if len(repeated):
            raise UserError(f"{path}: {_words(repeated)} occurs twice")
    _check_counts(benchmarks, scores, tasks, verdicts)
    return results


def _check_counts(
    benchmarks: str | Path, scores: pd.DataFrame, tasks: str | Path, verdicts: pd.DataFrame
) -> None:
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


def _words(keys: pd.DataFrame) -> str:
    return " ".join(map(str, keys.iloc[0]))
