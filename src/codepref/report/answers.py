"""Answers to benchmark tasks for the report: how often each was solved, and the programs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codepref.evaluation.sampled_records import SampledSolution, SampledVerdict, SampledVerdicts
from codepref.files import read_records
from codepref.gradings import BenchmarkVerdicts, PartVerdict, Solution
from codepref.report.clip import clip
from codepref.tables.inputs import read_of_run
from codepref.tables.results import Key, Results

MAX_ANSWERS = 4000
PROGRAMS = 2
"""of the samples of a task this many passing and failing programs are shown, most frequent first"""


@dataclass(frozen=True)
class Program:
    """A program that answers a task, and what the judges said of it."""

    solution: str
    count: int
    """how many of the samples are this program"""
    base: bool
    plus: bool
    said: str
    cut: bool

    def passed(self, benchmark: str) -> bool:
        """Return whether it solves the task in this column."""
        return self.plus if benchmark.endswith("+") else self.base

    @property
    def data(self) -> dict[str, Any]:
        """As the page's data."""
        return {**vars(self), "solution": clip(self.solution)}


@dataclass
class Answers:
    """All answers that the report may show."""

    rates: dict[Key, dict[str, float]]
    """by policy and column: how often each task was solved, 0 to 1"""
    samples: dict[str, int]
    """by benchmark: answers to each task"""
    programs: dict[tuple[str, str, int, str], dict[str, list[Program]]]
    """by policy and benchmark, by task"""
    left_out: list[str] = field(default_factory=list)

    def data(self, results: Results) -> dict[str, Any]:
        """Return what the page carries; where there are too many, answers of changed tasks only."""
        total = sum(map(len, self.programs.values()))
        changed = _changed(results, self.rates) if total > MAX_ANSWERS else None
        if changed is not None:
            self.left_out.append(
                f"answers to tasks that no variant changed against base ({total} answers in all; "
                "python scripts/trace.py shows any of them)"
            )
        return {
            "/".join(map(str, key)): {
                task: [program.data for program in found]
                for task, found in tasks.items()
                if changed is None or (key[0], key[3], task) in changed
            }
            for key, tasks in self.programs.items()
        }


@dataclass(frozen=True)
class AnswerFiles:
    """Where the answers lie; solutions are in the order of the verdicts."""

    verdicts: Sequence[Path] = ()
    solutions: Sequence[Path] = ()
    sampled_verdicts: Sequence[Path] = ()
    sampled_solutions: Sequence[Path] = ()


def read_answers(results: Results, files: AnswerFiles) -> Answers:
    """Read greedy answers and, of benchmarks that have none, the samples."""
    rates = {key: dict(of_task.astype(float)) for key, of_task in results.passed.items()}
    samples = dict.fromkeys(results.answered("greedy"), 1)
    programs = {}
    gradings = read_of_run(results.config, files.verdicts, BenchmarkVerdicts)
    for grading, path in zip(gradings, files.solutions, strict=True):
        key = (grading.model, grading.method, grading.seed, grading.benchmark)
        programs[key] = _greedy(grading, read_records(path, Solution))
    only = [name for name in results.answered("sampled") if name not in samples]
    for model, method, _ in results.config.rows:
        for column in (f"{name}{plus}" for name in only for plus in ("", "+")):
            table, each = results.rates(model, method, column, "sampled")
            if not table.empty:
                samples[column.removesuffix("+")] = each
            for seed in table.columns:
                rates[model, method, int(seed), column] = table[seed].to_dict()
    drawn = read_of_run(results.config, files.sampled_verdicts, SampledVerdicts)
    for found, path in zip(drawn, files.sampled_solutions, strict=True):
        if found.benchmark in only:
            key = (found.model, found.method, found.seed, found.benchmark)
            programs[key] = _distinct(found.samples, read_records(path, SampledSolution))
    return Answers(rates, samples, programs)


def _part(verdict: PartVerdict) -> str:
    again = " (graded again alone)" if verdict.graded_again else ""
    at = "" if verdict.failing_input is None else f", input {verdict.failing_input}"
    return f"{verdict.status}{at}{': ' + verdict.reason if verdict.reason else ''}{again}"


def _greedy(grading: BenchmarkVerdicts, solutions: Iterable[Solution]) -> dict[str, list[Program]]:
    by_task = {verdict.task_id: verdict for verdict in grading.tasks}
    found = {}
    for one in solutions:
        verdict = by_task[one.task_id]
        said = f"base tests: {_part(verdict.base)}; plus tests: {_part(verdict.plus)}"
        passed = verdict.base_solved, verdict.plus_solved
        found[one.task_id] = [
            Program(one.solution, 1, *passed, said, one.finish_reason == "length")
        ]
    return found


def _distinct(
    verdicts: Sequence[SampledVerdict], solutions: Iterable[SampledSolution]
) -> dict[str, list[Program]]:
    """Return the most frequent passing and failing programs of each task."""
    counts = Counter((one.task_id, one.same_as) for one in verdicts)
    said = {(one.task_id, one.index): one for one in verdicts if one.same_as == one.index}
    found: dict[str, list[Program]] = {}
    for one in solutions:
        verdict = said.get((one.task_id, one.index))
        if verdict is None:
            continue
        name = (verdict.failure or "passed").replace("_", " ")
        why = f"{name}: {verdict.reason}" if verdict.reason else name
        count = counts[one.task_id, one.index]
        cut = one.finish_reason == "length"
        program = Program(one.solution, count, verdict.base, verdict.plus, why, cut)
        found.setdefault(one.task_id, []).append(program)
    return {task: _most_frequent(programs) for task, programs in found.items()}


def _most_frequent(programs: Sequence[Program]) -> list[Program]:
    ordered = sorted(programs, key=lambda one: (-one.count, len(one.solution), one.solution))
    passed = [one for one in ordered if one.base][:PROGRAMS]
    return passed + [one for one in ordered if not one.base][:PROGRAMS]


def _changed(
    results: Results, rates: Mapping[Key, Mapping[str, float]]
) -> set[tuple[str, str, str]]:
    """Return the (model, benchmark, task) on which some variant differs from base."""
    changed = set()
    for (model, _, _, column), tasks in rates.items():
        before = rates.get(
            (model, results.config.base_of(model) or "", _first_seed(results), column), {}
        )
        name = column.removesuffix("+")
        changed |= {(model, name, task) for task, now in tasks.items() if before.get(task) != now}
    return changed


def _first_seed(results: Results) -> int:
    untrained = [row for row in results.config.rows if results.config.base_of(row[0]) == row[1]]
    return untrained[0][2] if untrained else 0
