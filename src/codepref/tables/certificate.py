"""The certificate of generation: base rows beside published scores, and why what fails fails.

Grading alone is certified by published answers (``make certify``). A base row whose published score
lies in our interval says the same of what comes before it: weights, prompts, decoding, extraction.
Where one lies outside, every task that our answers fail is listed with its probable cause.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from codepref.errors import UserError
from codepref.files import READ, read_records, sha256_of
from codepref.gradings import BenchmarkVerdicts, Solution, TaskVerdict
from codepref.tables.layout import number, plural
from codepref.tables.published import Comparison, PublishedScores, comparisons
from codepref.tables.results import Results

CUT = "cut at the token limit"
_ENDS = {
    "end": "answers are graded whole",
    "block": "answers end behind a solution, where its code block closes or its main begins",
    "tests": "answers end behind a solution, before tests of the model's own, whose failing would "
    "fail the answer",
}
_NO_CODE = "no code"


def certificate(
    results: Results,
    published: PublishedScores,
    verdicts: Sequence[BenchmarkVerdicts],
    answers: Sequence[Path],
) -> list[str]:
    """Return the lines of the certificate; none if no base row is of a model with known scores.

    Args:
        results: the run's.
        published: scores of known models.
        verdicts: gradings of the run, those of base rows among them.
        answers: the greedy answers that were graded (``*.samples.jsonl``); of base rows at least.

    Raises:
        UserError: a grading's answers are not there, or malformed.
    """
    READ.update(answers)  # which of them were graded follows from what is in all
    files = {sha256_of(path): path for path in answers}
    graded = {(one.model, one.method, one.benchmark): one for one in verdicts}
    lines: list[str] = []
    for one in comparisons(results, published):
        base = results.config.base_of(one.model) or ""
        name = one.benchmark.removesuffix("+")
        lines.append(_score(results, one))
        if grading := graded.get((one.model, base, name)):
            lines += _told(one, grading, _faults(grading, files))
    asked = results.config.generation
    how = f"prompt style '{asked.prompt_style}', stop_at: {asked.stop_at}: {_ENDS[asked.stop_at]}"
    return [how, *lines] if lines else []


def _score(results: Results, one: Comparison) -> str:
    label = f"{results.config.models[one.model].label}, {results.label(one.benchmark)}"
    ours = f"{one.solved}/{one.total} = {number(one.rate)}%"
    interval = f"95% interval {number(one.interval[0])} to {number(one.interval[1])}"
    where = "inside" if one.inside else "outside"
    other = "" if one.tasks == one.total else f" (of {one.tasks} tasks)"
    return f"{label}: published {number(one.score)}{other}; ours {ours}, {interval}: **{where}**"


def _faults(grading: BenchmarkVerdicts, files: Mapping[str, Path]) -> dict[str, set[str]]:
    """Return the tasks whose answer the token limit cut, and those whose answer has no code."""
    path = files.get(grading.samples_sha256)
    if path is None:
        raise UserError(
            f"the answers of {grading.model} {grading.method} to {grading.benchmark} that were "
            "graded are not among the files given; give its *.samples.jsonl"
        )
    found: dict[str, set[str]] = {CUT: set(), _NO_CODE: set()}
    for one in read_records(path, Solution):
        if one.finish_reason == "length":
            found[CUT].add(one.task_id)
        if not one.solution.strip():
            found[_NO_CODE].add(one.task_id)
    return found


def _told(
    one: Comparison, grading: BenchmarkVerdicts, faults: Mapping[str, set[str]]
) -> Iterator[str]:
    """Count what was cut and what had no code; where the score is outside, list what failed."""
    plus = one.benchmark.endswith("+")
    causes: dict[str, list[str]] = {}
    for task in grading.tasks:
        if not (task.plus_solved if plus else task.base_solved):
            causes.setdefault(_cause(task, faults), []).append(task.task_id)
    yield (
        f"of {plural(len(grading.tasks), 'answer')} {len(faults[CUT])} were {CUT} "
        f"({len(causes.get(CUT, []))} of these failed), {len(faults[_NO_CODE])} had no code"
    )
    if one.inside:
        return
    yield "failed tasks, by the probable cause: " + "; ".join(
        f"{cause} ({len(tasks)}): {', '.join(tasks)}"
        for cause, tasks in sorted(causes.items(), key=lambda item: -len(item[1]))
    )


def _cause(task: TaskVerdict, faults: Mapping[str, set[str]]) -> str:
    for fault, tasks in faults.items():
        if task.task_id in tasks:
            return fault
    part = task.plus if task.base_solved else task.base
    cause = str(part.failure or "no class").replace("_", " ")
    return f"{cause}, on extra tests only" if task.base_solved else cause
