"""The most telling gained and lost tasks: chosen by a rule, which the page prints."""

from dataclasses import dataclass
from statistics import mean
from typing import Any

from codepref.report.answers import Answers, Program
from codepref.report.finding import Finding
from codepref.report.marked import Segment, marked
from codepref.tables.layout import number
from codepref.tables.results import Results

RULE = (
    "Chosen by rule: of the training with the largest difference above, the task whose share of "
    "solved answers rose most against base and the one whose share fell most, means over training "
    "seeds; of equals the pair of programs with the fewest characters. Shown are the most frequent "
    "failing and the most frequent passing program of the first training seed; what differs "
    "between them is marked."
)


@dataclass(frozen=True)
class Telling:
    """A task that a training gained or lost."""

    change: str
    """gained or lost"""
    task: str
    prompt: str
    before: str
    """how often base solved it, in words"""
    after: str
    sides: tuple[tuple[str, str, list[Segment]], ...]
    """(who, what the judge said, program in segments), base first"""
    link: str


def telling(
    results: Results, finding: Finding, answers: Answers, tasks: dict[str, Any]
) -> list[Telling]:
    """Return at most one gained and one lost task of the finding's first training.

    Args:
        results: name models and methods.
        finding: whose first change is shown.
        answers: rates and programs.
        tasks: by benchmark and task, with its ``prompt``.
    """
    if not finding.changes:
        return []
    found = []
    for change, sign in (("gained", 1), ("lost", -1)):
        best: tuple[tuple[float, int, str], Telling] | None = None
        for column in finding.basis.columns:
            of_benchmark = tasks[column.removesuffix("+")]
            one = _best(results, finding, answers, of_benchmark, column, change, sign)
            if one and (best is None or one[0] < best[0]):
                best = one
        if best:
            found.append(best[1])
    return found


def _best(
    results: Results,
    finding: Finding,
    answers: Answers,
    tasks: dict[str, Any],
    column: str,
    change: str,
    sign: int,
) -> tuple[tuple[float, int, str], Telling] | None:
    first, benchmark = finding.changes[0], column.removesuffix("+")
    model, method, base = first.model, first.method, first.base
    seeds = sorted(k[2] for k in answers.rates if (k[0], k[1], k[3]) == (model, method, column))
    start = min(k[2] for k in answers.rates if (k[0], k[1], k[3]) == (model, base, column))
    before = answers.rates[model, base, start, column]
    ours = [answers.rates[model, method, seed, column] for seed in seeds]
    of_base = answers.programs.get((model, base, start, benchmark), {})
    of_ours = answers.programs.get((model, method, seeds[0], benchmark), {})
    candidates = []
    for task in sorted(before):
        now = mean(rates[task] for rates in ours)
        sides = _sides(of_base.get(task, []), of_ours.get(task, []), column, sign > 0)
        if (now - before[task]) * sign > 0 and sides:
            length = sum(len(side.solution) for side in sides)
            candidates.append(((-abs(now - before[task]), length, task), now, sides))
    if not candidates:
        return None
    order, now, sides = min(candidates, key=lambda item: item[0])
    task, samples = order[2], answers.samples[benchmark]
    left, right = marked(*(side.solution for side in sides))
    who = (results.config.method_label(base), results.config.method_label(method))
    shown = Telling(
        change=change,
        task=task,
        prompt=tasks[task]["prompt"],
        before=_often(before[task], samples, len(seeds) > 1),
        after=_often(now, samples, len(seeds) > 1),
        sides=tuple((w, s.said, seg) for w, s, seg in zip(who, sides, (left, right), strict=True)),
        link=f"#task/{model}/{method}/{seeds[0]}/{benchmark}/{task}",
    )
    return order, shown


def _sides(
    base: list[Program], ours: list[Program], column: str, gained: bool
) -> tuple[Program, Program] | None:
    """Return the most frequent programs of both: base's fails and ours passes, or the reverse."""
    before = next((one for one in base if one.passed(column) != gained), None)
    after = next((one for one in ours if one.passed(column) == gained), None)
    return (before, after) if before and after else None


def _often(rate: float, samples: int, several: bool) -> str:
    if several:
        return f"{number(100 * rate)}% of answers"
    if samples == 1:
        return "solved" if rate else "not solved"
    return f"{round(rate * samples)} of {samples} samples"
